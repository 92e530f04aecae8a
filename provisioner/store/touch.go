package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner"
)

// Touch marks links as changed and schedules an attempt at each, at once.
func (s *Store) Touch(ctx context.Context, keys []provisioner.Key) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.touch(ctx, tx, keys) })
}

// touchEverywhere touches a subject's link in every app.
func (s *Store) touchEverywhere(ctx context.Context, tx *sql.Tx, kind provisioner.Kind, id string) error {
	apps, err := appNames(ctx, tx)
	if err != nil {
		return err
	}
	keys := make([]provisioner.Key, len(apps))
	for i, app := range apps {
		keys[i] = provisioner.Key{App: app, Kind: kind, Subject: id}
	}
	return s.touch(ctx, tx, keys)
}

// touch counts one more change that concerns each link, makes the links that do not
// exist, and schedules an attempt. The row locks it takes order it against an
// attempt that is about to finish.
func (s *Store) touch(ctx context.Context, tx *sql.Tx, keys []provisioner.Key) error {
	keys = sortedKeys(keys)
	for chunk := range slices.Chunk(keys, rowsPerStatement) {
		args := []any{s.nowMillis()}
		var rows strings.Builder
		for i, k := range chunk {
			if i > 0 {
				rows.WriteString(", ")
			}
			fmt.Fprintf(&rows, "($%d, $%d, $%d, CAST($1 AS BIGINT))", len(args)+1, len(args)+2, len(args)+3)
			args = append(args, k.App, k.Kind, k.Subject)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO link (app, kind, subject, behind_since) VALUES "+rows.String()+`
			ON CONFLICT (app, kind, subject) DO UPDATE SET desired = link.desired + 1, state = 'pending', next_attempt = 0,
				behind_since = CASE WHEN link.desired > link.applied THEN link.behind_since ELSE excluded.behind_since END`, args...)
		if err != nil {
			return err
		}
	}
	return s.schedule(ctx, tx, keys, true)
}

func (s *Store) schedule(ctx context.Context, tx *sql.Tx, keys []provisioner.Key, hasten bool) error {
	if s.scheduler == nil || len(keys) == 0 {
		return nil
	}
	return s.scheduler.Schedule(ctx, tx, keys, hasten)
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

// Overdue returns links that have work ahead but may have lost their job, up to limit
// of those that were due a minute ago, and links whose account is to be deleted now.
func (s *Store) Overdue(ctx context.Context, limit int) ([]provisioner.Key, error) {
	return keysOf(ctx, s.db, `
		SELECT app, kind, subject FROM link l
		WHERE desired > applied AND next_attempt <= $1 AND updated_at <= $1 AND state <> 'held'
		AND (state <> 'waiting' OR NOT EXISTS (SELECT 1 FROM link u WHERE u.app = l.app AND u.kind = 'User' AND `+untried("u")+` AND u.state = 'pending'))
		UNION
		SELECT app, kind, subject FROM link
		WHERE delete_at > 0 AND delete_at <= $3 AND next_attempt <= $3 AND state IN ('converged', 'gone')
		LIMIT $2`, s.nowMillis()-overdueAfter, limit, s.nowMillis())
}

// overdueAfter is in milliseconds.
const overdueAfter = 60_000

// Reschedule asks for an attempt at each link at once.
func (s *Store) Reschedule(ctx context.Context, keys []provisioner.Key) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.schedule(ctx, tx, sortedKeys(keys), true) })
}

// Moved reports whether a link that an attempt has left to sleep was changed since:
// that change found the job still running and could not wake it.
func (s *Store) Moved(ctx context.Context, key provisioner.Key) (bool, error) {
	var moved bool
	err := s.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM link WHERE app = $1 AND kind = $2 AND subject = $3 AND state = 'pending')", key.App, key.Kind, key.Subject).Scan(&moved)
	return moved, err
}

// untried is the condition that a link has never been attempted, in the words of
// the index link_untried.
func untried(alias string) string {
	return strings.ReplaceAll("l.remote_id = '' AND l.attempts = 0 AND l.state IN ('pending', 'waiting')", "l.", alias+".")
}
