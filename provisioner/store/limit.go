package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// Reserve takes the next place in the row of requests to an app, one each time that
// every is over, and returns how long it is until its turn. The row is one for all
// processes.
func (s *Store) Reserve(ctx context.Context, app string, every time.Duration) (wait time.Duration, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		var next, now int64 // microseconds
		err := tx.QueryRowContext(ctx, "SELECT next_request, "+s.dialect.micros+" FROM app WHERE name = $1"+s.dialect.forUpdate, app).Scan(&next, &now)
		if errors.Is(err, sql.ErrNoRows) {
			return provisioner.ErrNotFound
		}
		if err != nil {
			return err
		}
		if now == 0 {
			now = s.now().UnixMicro()
		}
		// A row that begins later than the last in it can wait was written by a clock
		// that was ahead.
		if next > now+longestRow.Microseconds() {
			next = now
		}
		turn := max(next, now)
		wait = time.Duration(turn-now) * time.Microsecond
		_, err = tx.ExecContext(ctx, "UPDATE app SET next_request = $1 WHERE name = $2", turn+max(every.Microseconds(), 1), app)
		return err
	})
	return wait, err
}

// longestRow is longer than requests wait for their turn.
const longestRow = 30 * time.Minute

// Probe returns the apps that are paused until they answer and that it is time to ask
// again: after tells how long to wait after so many times in vain. Of several
// processes one gets each.
func (s *Store) Probe(ctx context.Context, after func(cause provisioner.PauseCause, probes int) time.Duration) ([]string, error) {
	paused, err := s.pausedApps(ctx)
	if err != nil {
		return nil, err
	}
	var due []string
	for _, p := range paused {
		last, probes := p.probedAt, p.probes
		if last < p.since {
			last, probes = p.since, 0
		}
		now := s.nowMillis()
		wait := after(p.cause, probes).Milliseconds()
		// A time that has not come yet was written by a clock that was ahead.
		if now >= last && now < last+wait {
			continue
		}
		result, err := s.db.ExecContext(ctx, "UPDATE app SET probed_at = $1, probes = $2 WHERE name = $3 AND probed_at = $4", now, probes+1, p.name, p.probedAt)
		if err != nil {
			return due, err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			continue // somebody else asks
		}
		due = append(due, p.name)
	}
	return due, nil
}

// A pausedApp waits until the app answers.
type pausedApp struct {
	name            string
	cause           provisioner.PauseCause
	since, probedAt int64
	probes          int
}

func (s *Store) pausedApps(ctx context.Context) ([]pausedApp, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT name, cause, state_since, probed_at, probes FROM app WHERE state = 'paused' AND cause IN ('auth', 'endpoint')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []pausedApp
	for rows.Next() {
		var p pausedApp
		if err := rows.Scan(&p.name, &p.cause, &p.since, &p.probedAt, &p.probes); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}
