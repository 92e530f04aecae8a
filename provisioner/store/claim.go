package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// Claim gives a worker up to n of the attempts at an app that are due, those of the
// first lanes first, and in each lane those that have waited longest. If there are
// fewer, wait is how long it takes until the next one is due, 0 if there is none. An
// app at which no attempts are made has none; the error is [provisioner.ErrNotFound] for one that
// does not exist.
//
// The claims are on disk before anything is sent: an attempt that dies with its
// worker is known to have been under way.
func (s *Store) Claim(ctx context.Context, worker, app string, n int) (claims []provisioner.Claim, wait time.Duration, err error) {
	ctx = s.dialect.unhurried(ctx)
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		claims, wait = nil, 0
		var state provisioner.AppState
		err := tx.QueryRowContext(ctx, "SELECT state FROM app WHERE name = $1", app).Scan(&state)
		if errors.Is(err, sql.ErrNoRows) {
			return provisioner.ErrNotFound
		}
		if err != nil || !state.Sends() {
			return err
		}
		now := s.nowMillis()
		for lane := range provisioner.Lanes {
			taken, err := s.claimLane(ctx, tx, worker, app, lane, now, n-len(claims))
			if err != nil {
				return err
			}
			if claims = append(claims, taken...); len(claims) == n {
				return nil
			}
		}
		wait, err = nextDue(ctx, tx, app, now)
		return err
	})
	return claims, wait, err
}

// claimLane has the lane in the text: SQLite parses a statement anew for each value of a
// parameter that could make a partial index fit.
func (s *Store) claimLane(ctx context.Context, tx *sql.Tx, worker, app string, lane provisioner.Lane, now int64, n int) ([]provisioner.Claim, error) {
	rows, err := tx.QueryContext(ctx, `
		UPDATE link SET worker = $1 WHERE (kind, subject, app) IN (
			SELECT kind, subject, app FROM link
			WHERE app = $2 AND lane = `+strconv.Itoa(int(lane))+` AND due <> 0 AND worker = '' AND due <= $3 ORDER BY due LIMIT $4`+s.dialect.skipLocked+`)
		RETURNING kind, subject, due`, worker, app, now, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type claim struct {
		provisioner.Claim
		due int64
	}
	var taken []claim
	for rows.Next() {
		c := claim{Claim: provisioner.Claim{Key: provisioner.Key{App: app}, Lane: lane, Worker: worker}}
		if err := rows.Scan(&c.Kind, &c.Subject, &c.due); err != nil {
			return nil, err
		}
		taken = append(taken, c)
	}
	slices.SortStableFunc(taken, func(a, b claim) int { return int(a.due - b.due) })
	var claims []provisioner.Claim
	for _, c := range taken {
		claims = append(claims, c.Claim)
	}
	return claims, rows.Err()
}

// nextDue returns how long it is until something is due that is not yet.
func nextDue(ctx context.Context, tx *sql.Tx, app string, now int64) (time.Duration, error) {
	var first int64
	for lane := range provisioner.Lanes {
		var due int64
		err := tx.QueryRowContext(ctx, "SELECT COALESCE(MIN(due), 0) FROM link WHERE app = $1 AND lane = "+strconv.Itoa(int(lane))+" AND due <> 0 AND worker = '' AND due > $2", app, now).Scan(&due)
		if err != nil {
			return 0, err
		}
		if due > 0 && (first == 0 || due < first) {
			first = due
		}
	}
	if first == 0 {
		return 0, nil
	}
	return time.Duration(first-now) * time.Millisecond, nil
}

// atOnce returns when something is due that is due now. It is a number below zero, so
// that a clock that is set back cannot put it off.
func (s *Store) atOnce() int64 { return s.nowMillis() - dueBefore }

// dueBefore makes of a time the place in the row of what is due at once.
const dueBefore = 1 << 50

// Release gives a claim back without an attempt.
func (s *Store) Release(ctx context.Context, claim provisioner.Claim) error {
	_, err := s.db.ExecContext(ctx, "UPDATE link SET worker = '' WHERE app = $1 AND kind = $2 AND subject = $3 AND worker = $4",
		claim.App, claim.Kind, claim.Subject, claim.Worker)
	return err
}
