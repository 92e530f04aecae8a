package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// sweepEvery is how often Tidy sweeps.
const sweepEvery = time.Hour

// Tidy removes log entries that are kept no longer, and goodbyes that count no longer.
// When it is called first and once an hour it also sweeps, see [Store.Sweep].
func (s *Store) Tidy(ctx context.Context) error {
	err := errors.Join(s.dropLog(ctx), s.dropGoodbyes(ctx))
	s.sweepMu.Lock()
	due := s.swept.IsZero() || s.now().Sub(s.swept) >= sweepEvery
	if due {
		s.swept = s.now()
	}
	s.sweepMu.Unlock()
	if !due {
		return err
	}
	return errors.Join(err, s.Sweep(ctx))
}

// Sweep touches the links that should have been touched by a change and were not,
// whoever has made it and how: what follows from the directory is worked out again,
// and each link is compared with what it was last settled by. What a clock has dated into
// the future is corrected. It makes no request to any app. Apps that are paused have their
// turn when they go on, drafts with their first sync, and one that cannot be swept is no
// reason to leave out the others: the error is that of all of them.
func (s *Store) Sweep(ctx context.Context) error {
	err := s.edit(ctx, true, func(e *edit) error {
		nesting, err := texts(ctx, e.tx, "SELECT group_id FROM subgroup UNION SELECT group_id FROM member WHERE direct = 0")
		for _, group := range nesting {
			e.disturb(group, nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	apps, err := s.Apps(ctx)
	if err != nil {
		return err
	}
	errs := []error{s.bringForward(ctx)}
	for i := range apps {
		if err := s.sweepApp(ctx, &apps[i]); err != nil {
			errs = append(errs, fmt.Errorf("sweeping app %q: %w", apps[i].Name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// bringForward corrects when accounts are to be deleted that were disabled by a clock that
// was ahead: as long after now as they would have been after that.
func (s *Store) bringForward(ctx context.Context) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE link SET disabled_at = CAST($1 AS BIGINT), delete_at = delete_at - disabled_at + CAST($1 AS BIGINT),
				due = CASE WHEN due = delete_at THEN delete_at - disabled_at + CAST($1 AS BIGINT) ELSE due END
			WHERE delete_at > 0 AND disabled_at > CAST($1 AS BIGINT)`, s.nowMillis())
		return err
	})
}

func (s *Store) sweepApp(ctx context.Context, app *provisioner.App) error {
	if !app.Settings.Scope.Everybody() {
		err := s.edit(ctx, true, func(e *edit) error {
			changed, err := grant(ctx, e.tx, app, nil)
			e.access[app.Name] = e.access[app.Name].add(changed...)
			return err
		})
		if err != nil {
			return err
		}
	}
	if !app.State.Sends() || app.State == provisioner.AppRemoving {
		return nil
	}
	keys := map[provisioner.Lane][]provisioner.Key{}
	err := s.stale(ctx, app, !app.Synced, func(w *provisioner.Work) error {
		// What has not come to an end has an attempt ahead already.
		if w.Link.State.Settled() || w.Link.Desired == 0 {
			keys[w.Lane()] = append(keys[w.Lane()], w.Link.Key)
		}
		return nil
	})
	if err != nil || len(keys) == 0 {
		return err
	}
	return s.Touch(ctx, keys)
}

// Stale calls visit with the work of every subject that concerns the app and at which
// an attempt could have something to do. Works do not say whether they are blocked.
func (s *Store) Stale(ctx context.Context, app *provisioner.App, visit func(*provisioner.Work) error) error {
	return s.stale(ctx, app, false, visit)
}

func (s *Store) stale(ctx context.Context, app *provisioner.App, linked bool, visit func(*provisioner.Work) error) error {
	var found []settled
	err := s.reading(ctx, func(q queryer) error {
		v := works{q: q, app: app, behind: true, linked: linked, visit: func(w *provisioner.Work) error {
			if w.Stale() {
				return visit(w)
			}
			if w.Link.State != provisioner.LinkSkipped {
				found = append(found, settled{w.Link.Key, w.Link.Desired, w.Basis})
			}
			return nil
		}}
		return v.run(ctx)
	})
	if err != nil || s.readOnly {
		return err
	}
	return s.settleBy(ctx, found)
}

// settled is a link that has nothing to do, as of so many changes, by a basis that is
// not yet on record.
type settled struct {
	provisioner.Key
	desired int64
	basis   string
}

// settleBy records by what links have nothing to do, so that it need not be found out
// again.
func (s *Store) settleBy(ctx context.Context, found []settled) error {
	for chunk := range slices.Chunk(found, rowsPerStatement) {
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			for _, f := range chunk {
				_, err := tx.ExecContext(ctx, "UPDATE link SET basis = $1 WHERE app = $2 AND kind = $3 AND subject = $4 AND desired = $5 AND applied = $5",
					f.basis, f.App, f.Kind, f.Subject, f.desired)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reading runs f on the database as it is at one moment.
func (s *Store) reading(ctx context.Context, f func(queryer) error) error {
	tx, err := s.db.BeginTx(ctx, s.dialect.reading)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return f(tx)
}
