package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
)

const runColumns = "id, app, kind, asked_by, state, started, finished, until, since, about, repair, ready, marked, probes, error, result"

func scanRun(row interface{ Scan(...any) error }) (*provisioner.Run, error) {
	var r provisioner.Run
	var started, finished, until, repair, ready int64
	var only, result string
	err := row.Scan(&r.ID, &r.App, &r.Kind, &r.By, &r.State, &started, &finished, &until, &r.Since, &only, &repair, &ready, &r.Marked, &r.Probes, &r.Error, &result)
	if err != nil {
		return nil, err
	}
	r.Started, r.Finished, r.Until, r.Ready = fromMillis(started), fromMillis(finished), fromMillis(until), ready != 0
	r.Repair = repair != 0
	if only != "" {
		if err := json.Unmarshal([]byte(only), &r.Only); err != nil {
			return nil, fmt.Errorf("what run %d is about is damaged: %w", r.ID, err)
		}
	}
	if result == "" {
		return &r, nil
	}
	if r.Kind == provisioner.RunAudit {
		err = json.Unmarshal([]byte(result), &r.Audit)
	} else {
		err = json.Unmarshal([]byte(result), &r.Result)
	}
	if err != nil {
		return nil, fmt.Errorf("the result of run %d is damaged: %w", r.ID, err)
	}
	return &r, nil
}

// StartRun records a run; a queue takes it up. If one of its kind is running for the app
// already, that one is returned and looks for work once more. One that could not begin is
// recorded as it is.
func (s *Store) StartRun(ctx context.Context, run *provisioner.Run) (*provisioner.Run, error) {
	var started *provisioner.Run
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		started, err = s.startRun(ctx, tx, run)
		return err
	})
	return started, err
}

func (s *Store) startRun(ctx context.Context, tx *sql.Tx, run *provisioner.Run) (*provisioner.Run, error) {
	if err := s.lockName(ctx, tx, "run:"+run.App, false); err != nil {
		return nil, err
	}
	if run.State != provisioner.RunRunning {
		started, err := s.addRun(ctx, tx, run)
		if err != nil {
			return nil, err
		}
		return started, s.shelve(ctx, tx, run)
	}
	started, err := scanRun(tx.QueryRowContext(ctx, "SELECT "+runColumns+" FROM run WHERE app = $1 AND kind = $2 AND state = 'running'", run.App, run.Kind))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		started, err = s.addRun(ctx, tx, run)
	case err == nil:
		if run.Only != nil {
			return nil, fmt.Errorf("a sync of app %q is under way: wait until it has ended, or cancel it: %w", run.App, provisioner.ErrConflict)
		}
		err = s.rejoin(ctx, tx, started, run)
	}
	if err == nil && run.Kind == provisioner.RunSync {
		err = s.updateDraft(ctx, tx, run.App, func(a *provisioner.App) error {
			a.Plan()
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	return started, s.announceApp(ctx, tx, run.App)
}

// shelve makes an app a draft again whose first sync has ended before anything was done.
func (s *Store) shelve(ctx context.Context, tx *sql.Tx, run *provisioner.Run) error {
	if run.Kind != provisioner.RunSync || run.State == provisioner.RunRunning {
		return nil
	}
	return s.updateDraft(ctx, tx, run.App, func(a *provisioner.App) error {
		a.Shelve(run)
		return nil
	})
}

func (s *Store) addRun(ctx context.Context, tx *sql.Tx, run *provisioner.Run) (*provisioner.Run, error) {
	only := ""
	if run.Only != nil {
		text, err := json.Marshal(run.Only)
		if err != nil {
			return nil, err
		}
		only = string(text)
	}
	for {
		run.ID = s.nextID()
		result, err := tx.ExecContext(ctx, `
			INSERT INTO run (id, app, kind, asked_by, state, started, finished, until, since, about, repair, ready, marked, probes, error, result)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, '') ON CONFLICT (id) DO NOTHING`,
			run.ID, run.App, run.Kind, run.By, run.State, millis(run.Started), millis(run.Finished), millis(run.Until), run.Since, only, flag(run.Repair), flag(run.Ready), run.Probes, run.Error)
		if err != nil {
			return nil, err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return run, err
		}
	}
}

// rejoin makes a run look for work once more. What it has done so far stays counted.
func (s *Store) rejoin(ctx context.Context, tx *sql.Tx, run, asked *provisioner.Run) error {
	run.Only, run.Ready, run.Until, run.Probes = nil, false, asked.Until, run.Probes+asked.Probes
	if _, err := tx.ExecContext(ctx, "UPDATE run SET about = '' WHERE id = $1", run.ID); err != nil {
		return err
	}
	return s.saveRun(ctx, tx, run)
}

// Run returns a run, or [provisioner.ErrNotFound].
func (s *Store) Run(ctx context.Context, id int64) (*provisioner.Run, error) {
	run, err := scanRun(s.db.QueryRowContext(ctx, "SELECT "+runColumns+" FROM run WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("there is no run %d: %w", id, provisioner.ErrNotFound)
	}
	return run, err
}

// Runs returns runs of an app, the newest first.
func (s *Store) Runs(ctx context.Context, q provisioner.RunQuery) ([]provisioner.Run, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+runColumns+` FROM run
		WHERE app = $1 AND ($2 = '' OR kind = $2) AND ($3 = '' OR state = $3)
		ORDER BY id DESC LIMIT $4`, q.App, string(q.Kind), string(q.State), cmp.Or(q.Limit, 20))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var runs []provisioner.Run
	for rows.Next() {
		run, err := scanRun(rows)
		if err != nil {
			return nil, err
		}
		runs = append(runs, *run)
	}
	return runs, rows.Err()
}

// SaveRun writes how a run has gone on, unless it has ended meanwhile in another way:
// then the error is [provisioner.ErrCancelled]. A sync that is done has pushed all of the
// directory to its app.
func (s *Store) SaveRun(ctx context.Context, run *provisioner.Run) error {
	if run.State == provisioner.RunRunning {
		return s.saveRun(ctx, s.db, run)
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.saveRun(ctx, tx, run); err != nil {
			return err
		}
		if run.Kind == provisioner.RunSync && run.State == provisioner.RunDone {
			if _, err := tx.ExecContext(ctx, "UPDATE app SET synced = 1 WHERE name = $1", run.App); err != nil {
				return err
			}
		}
		return s.shelve(ctx, tx, run)
	})
}

func (s *Store) saveRun(ctx context.Context, q queryer, run *provisioner.Run) error {
	var ended any
	switch {
	case run.Audit != nil:
		ended = run.Audit
	case run.Result != nil:
		ended = run.Result
	}
	text := ""
	if ended != nil {
		data, err := json.Marshal(ended)
		if err != nil {
			return err
		}
		text = string(data)
	}
	result, err := q.ExecContext(ctx, `
		UPDATE run SET state = $1, finished = $2, until = $3, ready = $4, marked = $5, probes = $6, error = $7, result = $8
		WHERE id = $9 AND (state = 'running' OR state = 'cancelled' AND $1 = 'cancelled')`,
		run.State, millis(run.Finished), millis(run.Until), flag(run.Ready), run.Marked, run.Probes, run.Error, text, run.ID)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, provisioner.ErrCancelled)
	}
	return nil
}

// mustRun keeps a run from ending until the transaction does, and returns
// [provisioner.ErrCancelled] if it has ended.
func (s *Store) mustRun(ctx context.Context, tx *sql.Tx, id int64) error {
	var state provisioner.RunState
	err := tx.QueryRowContext(ctx, "SELECT state FROM run WHERE id = $1"+s.dialect.forUpdate, id).Scan(&state)
	if err == nil && state != provisioner.RunRunning {
		err = provisioner.ErrCancelled
	}
	return err
}

// CancelRun ends a run that is running and takes back every mark on a link that no
// attempt has been made at. Links that had work ahead before the run keep it.
func (s *Store) CancelRun(ctx context.Context, id int64) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.mustRun(ctx, tx, id); err != nil {
			if errors.Is(err, provisioner.ErrCancelled) {
				return nil // it has ended already
			}
			return err
		}
		run := provisioner.Run{State: provisioner.RunCancelled}
		err := tx.QueryRowContext(ctx, "UPDATE run SET state = 'cancelled', finished = $1 WHERE id = $2 RETURNING app, kind", s.nowMillis(), id).Scan(&run.App, &run.Kind)
		if err != nil {
			return err
		}
		if err := s.shelve(ctx, tx, &run); err != nil {
			return err
		}
		app := run.App
		// What a worker has is under way and will be finished.
		_, err = tx.ExecContext(ctx, `
			DELETE FROM link WHERE app = $1 AND run = $2 AND run <> 0 AND undo = $3 AND worker = '' AND state IN ('pending', 'waiting')`, app, id, undoNew)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE link SET state = undo, applied = desired, due = delete_at, lane = CASE WHEN delete_at <> 0 THEN 0 ELSE lane END
			WHERE app = $1 AND run = $2 AND run <> 0 AND undo <> '' AND worker = '' AND state IN ('pending', 'waiting')`, app, id)
		if err != nil {
			return err
		}
		// The others have their work ahead. What was held, or waited, before the run marked
		// it is neither any more: an attempt says again what it is.
		_, err = tx.ExecContext(ctx, `
			UPDATE link SET run = 0, undo = '',
				due = CASE WHEN due = 0 AND worker = '' AND state = 'pending' AND desired > applied THEN $3 ELSE due END
			WHERE app = $1 AND run = $2 AND run <> 0`, app, id, s.atOnce())
		if err != nil {
			return err
		}
		return s.announceApp(ctx, tx, app)
	})
}

// undoNew marks a link that there was not before the run.
const undoNew = "new"

// ClaimRuns returns the runs that a worker is to advance: its own, and those that
// nobody looks after.
func (s *Store) ClaimRuns(ctx context.Context, worker string) ([]int64, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, worker FROM run WHERE state = 'running' AND worker IN ('', $1)", worker)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var mine, free []int64
	for rows.Next() {
		var id int64
		var holder string
		if err := rows.Scan(&id, &holder); err != nil {
			return nil, err
		}
		if holder == "" {
			free = append(free, id)
		} else {
			mine = append(mine, id)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for _, id := range free {
		result, err := s.db.ExecContext(ctx, "UPDATE run SET worker = $1 WHERE id = $2 AND worker = ''", worker, id)
		if err != nil {
			return nil, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return nil, err
		}
		if n == 1 {
			mine = append(mine, id)
		}
	}
	return mine, nil
}
