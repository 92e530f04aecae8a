package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner"
)

// Touch marks links as changed and makes an attempt at each due at once, each in its
// lane.
func (s *Store) Touch(ctx context.Context, keys map[provisioner.Lane][]provisioner.Key) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.touchLanes(ctx, tx, keys) })
}

// touchLanes touches links, each in its lane.
func (s *Store) touchLanes(ctx context.Context, tx *sql.Tx, keys map[provisioner.Lane][]provisioner.Key) error {
	for lane := range provisioner.Lanes {
		if err := s.touch(ctx, tx, lane, keys[lane]); err != nil {
			return err
		}
	}
	return nil
}

// byKind puts links into the lanes of attempts that say no goodbye.
func byKind(keys []provisioner.Key) map[provisioner.Lane][]provisioner.Key {
	lanes := map[provisioner.Lane][]provisioner.Key{}
	for _, k := range keys {
		lanes[k.Kind.Lane()] = append(lanes[k.Kind.Lane()], k)
	}
	return lanes
}

// touch counts one more change that concerns each link, makes the links that do not
// exist, and an attempt at each due at once, in a lane that is not behind the one it
// waits in already. The row locks it takes order it against an attempt that is about
// to finish. A link that waits for its attempt already is left as it is: nobody has
// read yet what the attempt will find. One that waited for another link comes before
// those that have become due since: they may wait for it.
func (s *Store) touch(ctx context.Context, tx *sql.Tx, lane provisioner.Lane, keys []provisioner.Key) error {
	keys = sortedKeys(keys)
	if err := s.count(ctx, tx, lane, keys); err != nil {
		return err
	}
	return s.announce(ctx, tx, keys)
}

// count is touch for sorted keys, and tells nobody.
func (s *Store) count(ctx context.Context, tx *sql.Tx, lane provisioner.Lane, keys []provisioner.Key) error {
	for chunk := range slices.Chunk(keys, rowsPerStatement) {
		args := []any{lane, s.atOnce(), s.nowMillis()}
		var rows strings.Builder
		for i, k := range chunk {
			if i > 0 {
				rows.WriteString(", ")
			}
			fmt.Fprintf(&rows, "($%d, $%d, $%d, CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))", len(args)+1, len(args)+2, len(args)+3)
			args = append(args, k.App, k.Kind, k.Subject)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO link (app, kind, subject, lane, due, behind_since) VALUES "+rows.String()+`
			ON CONFLICT (kind, subject, app) DO UPDATE SET desired = link.desired + 1, state = 'pending', next_attempt = 0,
				lane = CASE WHEN link.due < 0 AND link.lane < excluded.lane THEN link.lane ELSE excluded.lane END,
				due = CASE WHEN link.due < 0 THEN link.due WHEN link.state = 'waiting' THEN link.behind_since - `+strconv.Itoa(dueBefore)+` ELSE excluded.due END,
				behind_since = CASE WHEN link.desired > link.applied THEN link.behind_since ELSE excluded.behind_since END,
				undo = ''
			WHERE NOT (link.lane <= excluded.lane AND `+strings.ReplaceAll(ahead, "l.", "link.")+`)`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// OnDue has due called after each change that makes attempts due, with their links.
// It is set once, before the store is shared.
func (s *Store) OnDue(due func(keys []provisioner.Key)) { s.onDue = due }

// announce tells, once the transaction is committed, that attempts are due: this
// process by the function given to [Store.OnDue], the others by PostgreSQL.
func (s *Store) announce(ctx context.Context, tx *sql.Tx, keys []provisioner.Key) error {
	if len(keys) == 0 {
		return nil
	}
	s.duesMu.Lock()
	s.dues[tx] = append(s.dues[tx], keys...)
	s.duesMu.Unlock()
	if s.dialect.notify == "" {
		return nil
	}
	apps := make([]string, len(keys))
	for i, k := range keys {
		apps[i] = k.App
	}
	slices.Sort(apps)
	payload := strings.Join(slices.Compact(apps), ",")
	if len(payload) > maxNotification {
		payload = "" // all of them
	}
	_, err := tx.ExecContext(ctx, s.dialect.notify, dueChannel, payload)
	return err
}

const (
	// dueChannel is where PostgreSQL tells other processes which apps have attempts
	// due.
	dueChannel = "scimwright_due"
	// maxNotification is how many bytes PostgreSQL lets a notification have.
	maxNotification = 7999
)

// countDues returns how many links a transaction has announced, and forgetDues drops
// those after the first n.
func (s *Store) countDues(tx *sql.Tx) int {
	s.duesMu.Lock()
	defer s.duesMu.Unlock()
	return len(s.dues[tx])
}

func (s *Store) forgetDues(tx *sql.Tx, n int) {
	s.duesMu.Lock()
	defer s.duesMu.Unlock()
	s.dues[tx] = s.dues[tx][:min(n, len(s.dues[tx]))]
}

// takeDues returns what a transaction that has ended had announced.
func (s *Store) takeDues(tx *sql.Tx) []provisioner.Key {
	s.duesMu.Lock()
	defer s.duesMu.Unlock()
	keys := s.dues[tx]
	delete(s.dues, tx)
	return keys
}

// tellDue tells this process what a transaction has made due.
func (s *Store) tellDue(keys []provisioner.Key) {
	if len(keys) > 0 && s.onDue != nil {
		s.onDue(keys)
	}
}

// sortedKeys returns the keys without repetition in the order in which every
// transaction locks them.
func sortedKeys(keys []provisioner.Key) []provisioner.Key {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

// compareKeys puts users before groups: a group refers to its members.
func compareKeys(a, b provisioner.Key) int {
	if c := strings.Compare(a.App, b.App); c != 0 {
		return c
	}
	if c := strings.Compare(string(b.Kind), string(a.Kind)); c != 0 {
		return c
	}
	return strings.Compare(a.Subject, b.Subject)
}

// ahead is the condition that a link waits for an attempt that is due, and that nobody
// has begun.
const ahead = "(l.state = 'pending' AND l.due < 0 AND l.worker = '' AND l.undo = '' AND l.desired > l.applied)"

// untried is the condition that a link has never been attempted, in the words of
// the index link_untried.
func untried(alias string) string {
	return strings.ReplaceAll("l.remote_id = '' AND l.attempts = 0 AND l.state IN ('pending', 'waiting')", "l.", alias+".")
}
