package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// Depart decides whether a goodbye may be said, see [provisioner.Guards]. Those who
// ask about one app take turns, so that no two count on the same room. An approved
// goodbye is not asked for; one that is held is not asked for again.
func (s *Store) Depart(ctx context.Context, g provisioner.Goodbye) (held string, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		held = ""
		if err := s.lockName(ctx, tx, "guard:"+g.App, false); err != nil {
			return err
		}
		decided := false
		var err error
		if held, decided, err = standing(ctx, tx, g); err != nil || decided {
			return err
		}
		app, err := s.findApp(ctx, tx, g.App)
		if err != nil {
			return err
		}
		losses, err := s.losses(ctx, tx, app, g)
		if err != nil {
			return err
		}
		if held = app.Hold(losses); held != "" {
			return s.hold(ctx, tx, app, g, held)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO goodbye (app, kind, subject, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (app, kind, subject) DO UPDATE SET at = excluded.at`, g.App, g.Kind, g.Subject, s.nowMillis())
		return err
	})
	return held, err
}

// standing returns what a decision says that has been made about a goodbye, be it since
// the attempt that asks began.
func standing(ctx context.Context, tx *sql.Tx, g provisioner.Goodbye) (held string, decided bool, err error) {
	var decision provisioner.Decision
	var about, note string
	err = tx.QueryRowContext(ctx, "SELECT decision, decision_about, decision_note FROM link WHERE app = $1 AND kind = $2 AND subject = $3",
		g.App, g.Kind, g.Subject).Scan(&decision, &about, &note)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", false, nil
	case err != nil:
		return "", false, err
	case decision == provisioner.DecisionHold:
		return note, true, nil
	case decision == provisioner.DecisionApprove && about == g.About():
		return "", true, nil
	case decision == provisioner.DecisionReject && about == g.About():
		return "somebody has rejected it", true, nil
	default:
		return "", false, nil
	}
}

// leaving are the conditions that a link is to lose something now, that nothing has
// been decided about it, and that it is not on its way already: the first is of what is
// in use, the second of accounts that are disabled and to be deleted. The first is true
// of too many groups if an app is given selected ones. Their parameters are the app, the
// time, the beginning of the guard's window, and whether the app has a scope and selects
// groups.
var leaving = [...]string{
	`l.app = $1 AND l.lane = 0 AND l.in_use = 1 AND l.desired > l.applied AND NOT EXISTS (
		SELECT 1 FROM subject s WHERE s.kind = l.kind AND s.id = l.subject AND (
			s.kind = 'Group' AND CAST($5 AS BIGINT) = 0
			OR s.kind = 'User' AND s.active = 1 AND (
				CAST($4 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM access x WHERE x.app = l.app AND x.user_id = l.subject))))
	AND CAST($2 AS BIGINT) > 0 AND ` + unasked,
	`l.app = $1 AND l.in_use = 0 AND l.delete_at > 0 AND l.delete_at <= CAST($2 AS BIGINT)
	AND CAST($4 AS BIGINT) >= 0 AND CAST($5 AS BIGINT) >= 0 AND ` + unasked,
}

const unasked = `l.decision = '' AND NOT EXISTS (
	SELECT 1 FROM goodbye g WHERE g.app = l.app AND g.kind = l.kind AND g.subject = l.subject AND g.at > $3)`

func (s *Store) leavingArgs(app *provisioner.App) []any {
	scoped, selected := !app.Settings.Scope.Everybody(), app.Settings.Groups == provisioner.GroupsSelected
	return []any{app.Name, s.nowMillis(), s.windowStart(), flag(scoped), flag(selected)}
}

// dropGoodbyes forgets goodbyes that count no longer.
func (s *Store) dropGoodbyes(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM goodbye WHERE at <= $1", s.windowStart())
	return err
}

func (s *Store) windowStart() int64 { return s.now().Add(-provisioner.GuardWindow).UnixMilli() }

// Losses returns what goodbyes of an app are judged by, without those to come.
func (s *Store) Losses(ctx context.Context, name string) (l provisioner.Losses, err error) {
	err = s.reading(ctx, func(q queryer) error {
		app, err := s.findApp(ctx, q, name)
		if err != nil {
			return err
		}
		if l, err = s.lost(ctx, q, app, provisioner.Key{}); err != nil {
			return err
		}
		inUse, err := accountsInUse(ctx, q, app)
		l.Managed += inUse
		return err
	})
	return l, err
}

// lost counts what the app has lost lately, but for one link. Of what is managed it
// counts only those.
func (s *Store) lost(ctx context.Context, q queryer, app *provisioner.App, but provisioner.Key) (l provisioner.Losses, err error) {
	if l.Distrust, _, err = distrusted(ctx, q); err != nil {
		return l, err
	}
	err = q.QueryRowContext(ctx, `
		SELECT COUNT(*), COALESCE(SUM(CASE WHEN kind = 'User' THEN 1 ELSE 0 END), 0)
		FROM goodbye WHERE app = $1 AND at > $2 AND NOT (kind = $3 AND subject = $4)`,
		app.Name, s.windowStart(), but.Kind, but.Subject).Scan(&l.Gone, &l.Managed)
	if err != nil {
		return l, err
	}
	l.Nobody, err = nobody(ctx, q, app)
	return l, err
}

func accountsInUse(ctx context.Context, q queryer, app *provisioner.App) (n int, err error) {
	err = q.QueryRowContext(ctx, "SELECT COUNT(*) FROM link WHERE app = $1 AND kind = 'User' AND in_use = 1", app.Name).Scan(&n)
	return n, err
}

// losses counts what the app has lost lately and is about to lose, as far as it
// matters. How many accounts are in use takes long to count, and matters only to many.
func (s *Store) losses(ctx context.Context, tx *sql.Tx, app *provisioner.App, g provisioner.Goodbye) (provisioner.Losses, error) {
	l, err := s.lost(ctx, tx, app, g.Key)
	if err != nil {
		return l, err
	}
	guard := app.Settings.Guard
	if l.Going, err = s.going(ctx, tx, app, g, guard.Limit(0)-l.Gone); err != nil || l.Gone+l.Going <= guard.Limit(0) {
		return l, err
	}
	inUse, err := accountsInUse(ctx, tx, app)
	if err != nil {
		return l, err
	}
	l.Managed += inUse
	l.Going, err = s.going(ctx, tx, app, g, guard.Limit(l.Managed)-l.Gone)
	return l, err
}

// going counts what is to go from the app now, a goodbye that asks included, and stops
// when it is more than enough.
func (s *Store) going(ctx context.Context, tx *sql.Tx, app *provisioner.App, g provisioner.Goodbye, enough int) (int, error) {
	going := 1
	for _, condition := range leaving {
		keys, err := keysOf(ctx, tx, "SELECT l.app, l.kind, l.subject FROM link l WHERE "+condition, s.leavingArgs(app)...)
		if err != nil {
			return 0, err
		}
		for _, key := range keys {
			if going > enough {
				return going, nil
			}
			if key == g.Key {
				continue
			}
			w, err := s.load(ctx, tx, key)
			if err != nil {
				return 0, err
			}
			if _, ok := w.Goodbye(s.now()); ok {
				going++
			}
		}
	}
	return going, nil
}

// nobody reports whether the app should have no account at all.
func nobody(ctx context.Context, q queryer, app *provisioner.App) (bool, error) {
	query, args := "SELECT NOT EXISTS (SELECT 1 FROM access WHERE app = $1)", []any{app.Name}
	if app.Settings.Scope.Everybody() {
		query, args = "SELECT NOT EXISTS (SELECT 1 FROM subject WHERE kind = 'User')", nil
	}
	var is bool
	err := q.QueryRowContext(ctx, query, args...).Scan(&is)
	return is, err
}

// hold holds back a goodbye and all others that the app is to say now. Attempts at
// those find out by themselves, as do attempts at links that the condition is true of
// by mistake.
func (s *Store) hold(ctx context.Context, tx *sql.Tx, app *provisioner.App, g provisioner.Goodbye, reason string) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE link SET decision = 'hold', decision_about = $4, decision_note = $5, decided_at = $6
		WHERE app = $1 AND kind = $2 AND subject = $3`, g.App, g.Kind, g.Subject, g.About(), reason, s.nowMillis())
	if err != nil {
		return err
	}
	args := append(s.leavingArgs(app), reason)
	for _, condition := range leaving {
		_, err := tx.ExecContext(ctx, "UPDATE link AS l SET decision = 'hold', decision_note = $6, decided_at = CAST($2 AS BIGINT) WHERE "+condition, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// dropDecision forgets a decision that is dealt with, unless another one has been made
// since.
func dropDecision(ctx context.Context, tx *sql.Tx, l *provisioner.Link) error {
	_, err := tx.ExecContext(ctx, "UPDATE link SET "+undecided+" WHERE app = $1 AND kind = $2 AND subject = $3 AND decision = $4",
		l.App, l.Kind, l.Subject, l.Decision)
	return err
}

// rejudge has the guard judge again what it holds back, and what was approved, since
// the settings that it did so by are others now; and has another look at what is kept.
func (s *Store) rejudge(ctx context.Context, tx *sql.Tx, old, app *provisioner.App) error {
	was, is := &old.Settings, &app.Settings
	if was.Guard == is.Guard && was.Deprovision == is.Deprovision && slices.Equal(was.Pins, is.Pins) && reflect.DeepEqual(was.Scope, is.Scope) {
		return nil
	}
	keys, err := keysOf(ctx, tx, "UPDATE link SET "+undecided+" WHERE app = $1 AND decision IN ('hold', 'approve') RETURNING app, kind, subject", app.Name)
	if err != nil {
		return err
	}
	kept, err := keysOf(ctx, tx, "SELECT app, kind, subject FROM link WHERE app = $1 AND state = 'kept'", app.Name)
	if err != nil {
		return err
	}
	return s.touch(ctx, tx, provisioner.LaneGoodbye, append(keys, kept...))
}

// Holding counts the goodbyes that are held back, by app.
func (s *Store) Holding(ctx context.Context) (map[string]int, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT app, COUNT(*) FROM link WHERE decision = 'hold' AND decision <> '' GROUP BY app")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	held := map[string]int{}
	for rows.Next() {
		var app string
		var n int
		if err := rows.Scan(&app, &n); err != nil {
			return nil, err
		}
		held[app] = n
	}
	return held, rows.Err()
}

// Held returns the goodbyes of an app that the guard holds back, users first, each
// with the name that the app knows: those behind the one of a subject, the zero Key for
// all, and no more than limit, zero for all.
func (s *Store) Held(ctx context.Context, app string, after provisioner.Key, limit int) ([]provisioner.Held, error) {
	keys, err := keysOf(ctx, s.db, "SELECT app, kind, subject FROM link WHERE app = $1 AND decision = 'hold'", app)
	if err != nil {
		return nil, err
	}
	after.App = app
	var held []provisioner.Held
	for _, key := range sortedKeys(keys) {
		if after.Kind != "" && compareKeys(key, after) <= 0 {
			continue
		}
		if limit > 0 && len(held) == limit {
			break
		}
		w, err := s.Load(ctx, key)
		if errors.Is(err, provisioner.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		g, ok := w.Goodbye(s.now())
		if !ok {
			continue // the next attempt will see that, too
		}
		h := provisioner.Held{Goodbye: g, Action: w.Parting(g), Name: w.Link.Name(), RemoteID: w.Link.RemoteID}
		var since int64
		err = s.db.QueryRowContext(ctx, "SELECT decision_note, decided_at FROM link WHERE app = $1 AND kind = $2 AND subject = $3", key.App, key.Kind, key.Subject).Scan(&h.Reason, &since)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		h.Since = fromMillis(since)
		held = append(held, h)
	}
	return held, nil
}

// Approve lets goodbyes through that the guard holds back, those of the keys or, if
// there are none, all of the app's. It returns how many; the error is
// [provisioner.ErrNotFound] if one of the keys is not held, and then none is let
// through.
func (s *Store) Approve(ctx context.Context, app string, keys ...provisioner.Key) (int, error) {
	return s.decide(ctx, app, keys, provisioner.DecisionApprove)
}

// Reject makes the app keep what the guard holds back, those of the keys or, if there
// are none, all of it. It stays as it is until the directory wants something else.
// It returns how many, and an error as [Store.Approve] does.
func (s *Store) Reject(ctx context.Context, app string, keys ...provisioner.Key) (int, error) {
	return s.decide(ctx, app, keys, provisioner.DecisionReject)
}

func (s *Store) decide(ctx context.Context, app string, keys []provisioner.Key, decision provisioner.Decision) (int, error) {
	decided := 0
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		decided = 0
		if _, err := s.findApp(ctx, tx, app); err != nil {
			return err
		}
		held, err := keysOf(ctx, tx, "SELECT app, kind, subject FROM link WHERE app = $1 AND decision = 'hold'", app)
		if err != nil {
			return err
		}
		chosen, err := choose(held, keys)
		if err != nil {
			return err
		}
		var touched []provisioner.Key
		for _, key := range sortedKeys(chosen) {
			w, err := s.load(ctx, tx, key)
			if err != nil {
				return err
			}
			g, ok := w.Goodbye(s.now())
			if !ok {
				continue
			}
			_, err = tx.ExecContext(ctx, `
				UPDATE link SET decision = $1, decision_about = $2, decision_note = '', decided_at = $3
				WHERE app = $4 AND kind = $5 AND subject = $6`, decision, g.About(), s.nowMillis(), key.App, key.Kind, key.Subject)
			if err != nil {
				return err
			}
			touched = append(touched, key)
		}
		decided = len(touched)
		return s.touch(ctx, tx, provisioner.LaneGoodbye, touched)
	})
	return decided, err
}

// choose returns the keys that are to be decided about, all if none are named.
func choose(held, keys []provisioner.Key) ([]provisioner.Key, error) {
	if len(keys) == 0 {
		return held, nil
	}
	known := make(map[provisioner.Key]bool, len(held))
	for _, key := range held {
		known[key] = true
	}
	for _, key := range keys {
		if !known[key] {
			return nil, fmt.Errorf("%s is not held: %w", key, provisioner.ErrNotFound)
		}
	}
	return keys, nil
}

// Distrust says why the directory is not to be trusted with goodbyes, such as that the
// source it is read from has failed half way: all of them are held back until
// somebody approves them, in every app. An empty reason ends that, and has what is held
// judged again.
func (s *Store) Distrust(ctx context.Context, reason string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if reason == "" {
			return s.trust(ctx, tx, distrustedByPerson, distrustedAsEmpty)
		}
		return s.distrust(ctx, tx, distrustedByPerson, reason)
	})
}

// Who distrusts the directory.
const (
	distrustedByPerson = "person"
	distrustedAsEmpty  = "empty" // it was replaced by one without users
)

func (s *Store) distrust(ctx context.Context, tx *sql.Tx, source, reason string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO distrust (source, reason, since) VALUES ($1, $2, $3)
		ON CONFLICT (source) DO UPDATE SET reason = excluded.reason`, source, reason, s.nowMillis())
	return err
}

// trust ends the distrust of some sources.
func (s *Store) trust(ctx context.Context, tx *sql.Tx, sources ...string) error {
	result, err := tx.ExecContext(ctx, "DELETE FROM distrust WHERE source IN ("+rowsOf(len(sources), 0, "%s")+")", values(sources)...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	keys, err := keysOf(ctx, tx, "UPDATE link SET "+undecided+" WHERE decision = 'hold' RETURNING app, kind, subject")
	if err != nil {
		return err
	}
	return s.touch(ctx, tx, provisioner.LaneGoodbye, keys)
}

// undecided sets the columns of a link without a decision.
const undecided = "decision = '', decision_about = '', decision_note = '', decided_at = 0"

// Distrusted returns why the directory is not trusted with goodbyes and since when, ""
// if it is.
func (s *Store) Distrusted(ctx context.Context) (reason string, since time.Time, err error) {
	return distrusted(ctx, s.db)
}

func distrusted(ctx context.Context, q queryer) (reason string, since time.Time, err error) {
	var at int64
	err = q.QueryRowContext(ctx, "SELECT reason, since FROM distrust ORDER BY since LIMIT 1").Scan(&reason, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	return reason, fromMillis(at), err
}

// suspect distrusts a directory that had somebody and is replaced by one that has
// nobody, until it is replaced by one that has.
func (e *edit) suspect(ctx context.Context, d *provisioner.Directory) error {
	if len(d.Users) > 0 {
		return e.trust(ctx, e.tx, distrustedAsEmpty)
	}
	var had bool
	err := e.tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM subject WHERE kind = 'User')").Scan(&had)
	if err != nil || !had {
		return err
	}
	return e.distrust(ctx, e.tx, distrustedAsEmpty, "all of it was replaced by a directory without users")
}
