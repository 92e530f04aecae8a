package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/permiso/scimwright/provisioner"
)

// Finish writes the outcome of a claimed attempt in one transaction and gives the
// claim back. Whether the directory has moved since the work was loaded is decided in
// it: then the next attempt is due at once. The error is [provisioner.ErrLost], and
// nothing is written, if the claim has passed to somebody else.
func (s *Store) Finish(ctx context.Context, worker string, o *provisioner.Outcome) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.finish(ctx, tx, worker, o) })
}

func (s *Store) finish(ctx context.Context, tx *sql.Tx, worker string, o *provisioner.Outcome) error {
	key := o.Link.Key
	if err := s.lockWaiting(ctx, tx, o.Link); err != nil {
		return err
	}
	var desired, inUse, run int64
	var was account
	var holder string
	err := tx.QueryRowContext(ctx, "SELECT desired, run, remote_id, in_use, worker FROM link WHERE app = $1 AND kind = $2 AND subject = $3"+s.dialect.forUpdate, key.App, key.Kind, key.Subject).Scan(&desired, &run, &was.remoteID, &inUse, &holder)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil // the app was removed meanwhile
	case err != nil:
		return err
	case holder != worker:
		return fmt.Errorf("the attempt at %s: %w", key, provisioner.ErrLost)
	}
	was.inUse = inUse != 0
	link := o.Link
	due, err := s.judge(ctx, tx, o, &link, desired)
	if err != nil {
		return err
	}
	if o.Forget && link.Applied == desired {
		err = forget(ctx, tx, key)
	} else {
		err = s.writeLink(ctx, tx, &link, due, was)
	}
	if err != nil {
		return err
	}
	if key.Kind == provisioner.KindGroup {
		if err := writeMembers(ctx, tx, key, o.HadMembers, o.Members); err != nil {
			return err
		}
	}
	if o.Decided {
		if err := dropDecision(ctx, tx, &link); err != nil {
			return err
		}
	}
	if err := s.learn(ctx, tx, o); err != nil {
		return err
	}
	if o.Entry != nil {
		if err := s.writeEntry(ctx, tx, o.Entry); err != nil {
			return err
		}
	}
	if o.Removing {
		return s.advanceRemoval(ctx, tx, o)
	}
	if key.Kind == provisioner.KindUser {
		if was.remoteID != "" && link.RemoteID == "" {
			// The account is gone, or no longer ours: so are its memberships.
			if _, err := tx.ExecContext(ctx, "DELETE FROM link_member WHERE app = $1 AND user_id = $2", key.App, key.Subject); err != nil {
				return err
			}
		}
		err = s.wake(ctx, tx, key, run, was != account{link.RemoteID, link.InUse()}, link.State)
	}
	return err
}

// lockWaiting keeps apart a link that goes to wait for a user and the user's attempt
// that ends: either the one sees that the user has been tried, or the other sees
// who waits. Any number of users may end at a time.
func (s *Store) lockWaiting(ctx context.Context, tx *sql.Tx, link provisioner.Link) error {
	waits := link.State == provisioner.LinkWaiting
	if !waits && link.Kind != provisioner.KindUser {
		return nil
	}
	return s.lockName(ctx, tx, "waiting:"+link.App, !waits)
}

// judge decides when the next attempt is due, 0 for never, and puts link into the
// state it has if the directory has moved.
func (s *Store) judge(ctx context.Context, tx *sql.Tx, o *provisioner.Outcome, link *provisioner.Link, desired int64) (due int64, err error) {
	link.Desired = desired
	moved := desired > o.Want
	if link.State == provisioner.LinkWaiting && !moved {
		// What it waits for may have arrived while the attempt went on.
		is, err := blocked(ctx, tx, link.Key)
		if err != nil || is {
			return 0, err
		}
		moved = true
	}
	switch {
	case moved:
		link.State = provisioner.LinkPending
		return s.atOnce(), nil
	case link.State.Failed():
		return s.now().Add(o.Retry).UnixMilli(), nil
	case link.State.Settled():
		link.Applied, link.Basis = o.Want, o.Basis
		switch link.State {
		case provisioner.LinkKept:
			return 0, nil // also what was to be deleted
		case provisioner.LinkPartial:
			return millis(link.NextAttempt), nil
		default:
			return millis(link.DeleteAt), nil
		}
	case link.State == provisioner.LinkHeld:
		return 0, nil // until somebody decides
	default:
		return s.atOnce(), nil
	}
}

// writeLink stores a link whose attempt has ended. The account is left out if it is as
// it was: the indexes of all accounts need not be written then.
func (s *Store) writeLink(ctx context.Context, tx *sql.Tx, l *provisioner.Link, due int64, was account) error {
	args := []any{
		l.Origin, l.State, l.Applied, l.Attempts, flag(l.Ambiguous), l.LastError, millis(l.NextAttempt), millis(l.RecreatedAt),
		s.nowMillis(), millis(l.DisabledAt), l.DisabledFor, millis(l.DeleteAt), due, l.Basis, millis(l.AckedAt), l.App, l.Kind, l.Subject,
	}
	change := ""
	if is := (account{l.RemoteID, l.InUse()}); is != was {
		change = ", remote_id = $19, in_use = $20"
		args = append(args, is.remoteID, flag(is.inUse))
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE link SET origin = $1, state = $2, applied = $3, attempts = $4, ambiguous = $5, last_error = $6, next_attempt = $7,
			recreated_at = $8, updated_at = $9, disabled_at = $10, disabled_for = $11, delete_at = $12,
			due = $13, lane = CASE WHEN CAST($13 AS BIGINT) = CAST($12 AS BIGINT) THEN 0 ELSE lane END, worker = '', basis = $14, acked_at = $15,
			run = CASE WHEN desired > $3 THEN run ELSE 0 END, undo = CASE WHEN $2 = 'waiting' THEN undo ELSE '' END`+change+`
		WHERE app = $16 AND kind = $17 AND subject = $18`, args...)
	if err != nil {
		return err
	}
	return writeHolding(ctx, tx, l)
}

// writeHolding stores what an app is known to hold of a subject, if that has changed.
func writeHolding(ctx context.Context, tx *sql.Tx, l *provisioner.Link) error {
	if l.Acked == nil && l.Version == "" {
		return dropHolding(ctx, tx, l.Key)
	}
	acked := ""
	if l.Acked != nil {
		acked = string(l.Acked.AppendJSON(nil))
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO holding (app, kind, subject, version, acked) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (app, kind, subject) DO UPDATE SET version = excluded.version, acked = excluded.acked
		WHERE holding.version <> excluded.version OR holding.acked <> excluded.acked`, l.App, l.Kind, l.Subject, l.Version, acked)
	return err
}

func dropHolding(ctx context.Context, tx *sql.Tx, key provisioner.Key) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM holding WHERE app = $1 AND kind = $2 AND subject = $3", key.App, key.Kind, key.Subject)
	return err
}

func forget(ctx context.Context, tx *sql.Tx, key provisioner.Key) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM link WHERE app = $1 AND kind = $2 AND subject = $3", key.App, key.Kind, key.Subject)
	if err != nil {
		return err
	}
	return dropHolding(ctx, tx, key)
}

// writeMembers stores what an attempt has changed of the members that an app is known
// to hold, and leaves alone what others have changed meanwhile.
func writeMembers(ctx context.Context, tx *sql.Tx, key provisioner.Key, was, now map[string]string) error {
	for user := range was {
		if _, kept := now[user]; kept {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM link_member WHERE app = $1 AND group_id = $2 AND user_id = $3", key.App, key.Subject, user); err != nil {
			return err
		}
	}
	for _, user := range slices.Sorted(maps.Keys(now)) {
		if was[user] == now[user] {
			continue
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO link_member (app, group_id, user_id, remote_id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (app, group_id, user_id) DO UPDATE SET remote_id = excluded.remote_id`, key.App, key.Subject, user, now[user])
		if err != nil {
			return err
		}
	}
	return nil
}

// learn stores what the attempt found out about the app, and pauses it if that is
// what the answer calls for.
func (s *Store) learn(ctx context.Context, tx *sql.Tx, o *provisioner.Outcome) error {
	if len(o.Learn) == 0 && o.Pause == nil {
		return nil
	}
	app, err := s.lockApp(ctx, tx, o.Link.App)
	if err != nil {
		return err
	}
	for _, learn := range o.Learn {
		learn(&app.Learned)
	}
	if o.Pause != nil {
		app.Pause(*o.Pause)
	}
	return s.writeApp(ctx, tx, app)
}

// wake schedules the links that refer to a user whose link has changed: those that
// waited for it, and, if its id in the app or its use of the account is another one,
// all that name it. What follows from a run is part of it.
func (s *Store) wake(ctx context.Context, tx *sql.Tx, key provisioner.Key, run int64, changed bool, state provisioner.LinkState) error {
	if changed {
		keys, err := s.unaware(ctx, tx, key)
		if err != nil {
			return err
		}
		if err := s.touchLanes(ctx, tx, byKind(keys)); err != nil {
			return err
		}
		if err := follow(ctx, tx, run, keys); err != nil {
			return err
		}
	}
	if state == provisioner.LinkWaiting || state == provisioner.LinkPending {
		return nil
	}
	waiting, err := keysOf(ctx, tx, `
		SELECT l.app, l.kind, l.subject FROM subject s CROSS JOIN link l
		WHERE s.manager = $2 AND s.manager <> ''
		AND l.app = $1 AND l.kind = 'User' AND l.subject = s.id AND l.state = 'waiting'
		UNION ALL
		SELECT l.app, l.kind, l.subject FROM link l WHERE l.app = $1 AND l.kind = 'Group' AND l.state = 'waiting' AND l.`+stuck+`
		AND NOT EXISTS (SELECT 1 FROM link u WHERE u.app = $1 AND u.kind = 'User' AND `+untried("u")+`)`, key.App, key.Subject)
	if err != nil {
		return err
	}
	if err := s.touchLanes(ctx, tx, byKind(waiting)); err != nil {
		return err
	}
	return follow(ctx, tx, run, waiting)
}

// unaware returns the links that name a user and have no attempt ahead that will see how
// the user is by then. On SQLite a link that is due is loaded after this transaction.
// Elsewhere it is kept from being claimed until this transaction ends, in a way that any
// number of transactions can: a group is told of by the attempts at all its members.
func (s *Store) unaware(ctx context.Context, tx *sql.Tx, key provisioner.Key) ([]provisioner.Key, error) {
	if !s.dialect.shared {
		return referrers(ctx, tx, key, " AND NOT (l.due < 0 AND l.worker = '')")
	}
	keys, err := referrers(ctx, tx, key, "")
	if err != nil {
		return nil, err
	}
	aware := map[provisioner.Key]bool{}
	lanes := byKind(sortedKeys(keys))
	for lane := range provisioner.Lanes {
		for chunk := range slices.Chunk(lanes[lane], rowsPerStatement) {
			args := []any{key.App, chunk[0].Kind}
			for _, k := range chunk {
				args = append(args, k.Subject)
			}
			kept, err := keysOf(ctx, tx, "SELECT l.app, l.kind, l.subject FROM link l WHERE l.app = $1 AND l.kind = $2 AND l.subject IN ("+rowsOf(len(chunk), 2, "%s")+
				") AND "+ahead+" ORDER BY l.subject"+s.dialect.forShare, args...)
			if err != nil {
				return nil, err
			}
			for _, k := range kept {
				aware[k] = true
			}
		}
	}
	return slices.DeleteFunc(keys, func(k provisioner.Key) bool { return aware[k] }), nil
}

// Referrers returns the links that name a user: of groups, and of users whose manager
// it is.
func (s *Store) Referrers(ctx context.Context, key provisioner.Key) ([]provisioner.Key, error) {
	return referrers(ctx, s.db, key, "")
}

// referrers returns the links that name a user and do not wait for one anyway, but for
// those that a further condition leaves out.
//
// CROSS JOIN makes SQLite start from the few that refer to the user, and not from
// all links of the app, which it would guess to be fewer.
func referrers(ctx context.Context, q queryer, key provisioner.Key, but string) ([]provisioner.Key, error) {
	return keysOf(ctx, q, `
		SELECT l.app, l.kind, l.subject FROM subject s CROSS JOIN link l
		WHERE s.manager = $2 AND s.manager <> '' AND s.id <> $2
		AND l.app = $1 AND l.kind = 'User' AND l.subject = s.id AND l.state <> 'waiting'`+but+`
		UNION
		SELECT l.app, l.kind, l.subject FROM member m CROSS JOIN link l
		WHERE m.user_id = $2 AND l.app = $1 AND l.kind = 'Group' AND l.subject = m.group_id AND l.state <> 'waiting'`+but+`
		UNION
		SELECT app, 'Group', group_id FROM link_member WHERE app = $1 AND user_id = $2`, key.App, key.Subject)
}
