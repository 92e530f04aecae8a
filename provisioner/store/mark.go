package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner"
)

// Mark marks links as work of a run, each in its lane, and remembers how each was in
// case the run is cancelled. [Store.Begin] makes them start: no subject is to be
// written to the app before those it refers to are marked.
func (s *Store) Mark(ctx context.Context, run *provisioner.Run, keys map[provisioner.Lane][]provisioner.Key) error {
	for lane := range provisioner.Lanes {
		for chunk := range slices.Chunk(sortedKeys(keys[lane]), rowsPerStatement) {
			err := s.inTx(ctx, func(tx *sql.Tx) error {
				if err := s.mustRun(ctx, tx, run.ID); err != nil {
					return err
				}
				n, err := s.mark(ctx, tx, run.ID, lane, chunk)
				if err != nil {
					return err
				}
				return tx.QueryRowContext(ctx, "UPDATE run SET marked = marked + $1 WHERE id = $2 RETURNING marked", n, run.ID).Scan(&run.Marked)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// mark marks links that are not work of the run already, and returns how many.
func (s *Store) mark(ctx context.Context, tx *sql.Tx, run int64, lane provisioner.Lane, keys []provisioner.Key) (int64, error) {
	args := []any{s.nowMillis(), run, undoNew, lane}
	var rows strings.Builder
	for i, k := range keys {
		if i > 0 {
			rows.WriteString(", ")
		}
		fmt.Fprintf(&rows, "($%d, $%d, $%d, CAST($1 AS BIGINT), CAST($2 AS BIGINT), $3, CAST($4 AS BIGINT))", len(args)+1, len(args)+2, len(args)+3)
		args = append(args, k.App, k.Kind, k.Subject)
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO link (app, kind, subject, behind_since, run, undo, lane) VALUES "+rows.String()+`
		ON CONFLICT (kind, subject, app) DO UPDATE SET desired = link.desired + 1, state = 'pending', next_attempt = 0, run = excluded.run,
			lane = CASE WHEN link.due < 0 AND link.lane < excluded.lane THEN link.lane ELSE excluded.lane END,
			behind_since = CASE WHEN link.desired > link.applied THEN link.behind_since ELSE excluded.behind_since END,
			undo = CASE WHEN link.desired > link.applied THEN '' ELSE link.state END
		WHERE link.run <> excluded.run`, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Begin makes an attempt at everything that the run has marked due at once, also at
// what waits for its next one, and the run ready; an app that was a draft is none any
// more. The error is [provisioner.ErrCancelled] if the run has ended meanwhile, see
// [provisioner.App.Start] for another one.
func (s *Store) Begin(ctx context.Context, run *provisioner.Run) error {
	ready := *run
	ready.Ready = true
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.mustRun(ctx, tx, run.ID); err != nil {
			return err
		}
		if err := s.updateDraft(ctx, tx, run.App, (*provisioner.App).Start); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE link SET state = 'pending', next_attempt = 0, due = CASE WHEN due < 0 THEN due ELSE $3 END
			WHERE app = $1 AND run = $2 AND run <> 0 AND state <> 'waiting'`, run.App, run.ID, s.atOnce())
		if err != nil {
			return err
		}
		if err := s.saveRun(ctx, tx, &ready); err != nil {
			return err
		}
		return s.announceApp(ctx, tx, run.App)
	})
	if err == nil {
		*run = ready
	}
	return err
}

// follow makes links that were touched for what a run has done work of that run, too.
func follow(ctx context.Context, tx *sql.Tx, run int64, keys []provisioner.Key) error {
	if run == 0 {
		return nil
	}
	for _, k := range keys {
		_, err := tx.ExecContext(ctx, "UPDATE link SET run = $1 WHERE app = $2 AND kind = $3 AND subject = $4", run, k.App, k.Kind, k.Subject)
		if err != nil {
			return err
		}
	}
	return nil
}

// RunProgress counts what the run has marked.
func (s *Store) RunProgress(ctx context.Context, run *provisioner.Run) (provisioner.RunProgress, error) {
	counts, err := s.countLinks(ctx, `
		SELECT state, COUNT(*), MIN(next_attempt) FROM link WHERE app = $1 AND run = $2 AND run <> 0 GROUP BY state`, run.App, run.ID)
	return provisioner.RunProgress{
		Marked: run.Marked, Active: counts.other, Failed: counts.failed, Held: counts.held, NextAttempt: counts.next,
	}, err
}
