package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
)

// Holdings counts what an app has of ours.
func (s *Store) Holdings(ctx context.Context, app string) (*provisioner.Holdings, error) {
	a, err := s.App(ctx, app)
	if err != nil {
		return nil, err
	}
	return holdings(ctx, s.db, a)
}

func holdings(ctx context.Context, q queryer, app *provisioner.App) (*provisioner.Holdings, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT kind, origin, COUNT(*), SUM(in_use) FROM link WHERE app = $1 AND remote_id <> '' GROUP BY kind, origin`, app.Name)
	if err != nil {
		return nil, err
	}
	h := &provisioner.Holdings{}
	for rows.Next() {
		var kind provisioner.Kind
		var origin provisioner.Origin
		var n, inUse int
		if err := rows.Scan(&kind, &origin, &n, &inUse); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		switch {
		case kind == provisioner.KindGroup && origin == provisioner.OriginCreated:
			h.Groups += n
		case kind == provisioner.KindGroup:
			h.AdoptedGroups += n
		case origin == provisioner.OriginCreated:
			h.Accounts, h.InUse = h.Accounts+n, h.InUse+inUse
		default:
			h.AdoptedAccounts, h.InUse = h.AdoptedAccounts+n, h.InUse+inUse
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(app.Settings.Pins) == 0 {
		return h, err
	}
	args := append([]any{app.Name}, values(app.Settings.Pins)...)
	err = q.QueryRowContext(ctx, "SELECT COUNT(*) FROM link WHERE app = $1 AND kind = 'User' AND remote_id <> '' AND subject IN ("+
		rowsOf(len(app.Settings.Pins), 1, "%s")+")", args...).Scan(&h.Pinned)
	return h, err
}

// BeginRemoval begins to remove an app, see [provisioner.Removals].
func (s *Store) BeginRemoval(ctx context.Context, r provisioner.Removal) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.lockDirectory(ctx, tx, true); err != nil {
			return err
		}
		app, err := s.lockApp(ctx, tx, r.App)
		if err != nil {
			return err
		}
		if old := app.Removal; old != nil {
			r.Started, r.Disabled, r.Deleted = old.Started, old.Disabled, old.Deleted
		}
		app.Resume()
		app.State, app.Removal = provisioner.AppRemoving, &r
		app.Reason = fmt.Sprintf("is being removed: %s what it has", r.Accounts)
		if err := s.writeApp(ctx, tx, app); err != nil {
			return err
		}
		if r.Accounts == provisioner.PartLeave {
			return s.endRemoval(ctx, tx, app)
		}
		_, err = tx.ExecContext(ctx, "UPDATE link SET "+undecided+" WHERE app = $1 AND decision <> '' AND decision <> 'ignore'", app.Name)
		if err != nil {
			return err
		}
		// An attempt that is under way may be making an account.
		keys, err := keysOf(ctx, tx, "SELECT app, kind, subject FROM link WHERE app = $1 AND (remote_id <> '' OR ambiguous = 1 OR worker <> '')", app.Name)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return s.endRemoval(ctx, tx, app)
		}
		return s.touch(ctx, tx, provisioner.LaneGoodbye, keys)
	})
}

// advanceRemoval counts what an attempt has done towards the removal of its app, and
// ends the removal if there is nothing left to try.
func (s *Store) advanceRemoval(ctx context.Context, tx *sql.Tx, o *provisioner.Outcome) error {
	app, err := s.lockApp(ctx, tx, o.Link.App)
	if errors.Is(err, provisioner.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if e := o.Entry; e != nil && e.OK {
		switch e.Action {
		case provisioner.ActionDisable:
			app.Removal.Disabled++
		case provisioner.ActionDelete:
			app.Removal.Deleted++
		}
		if err := s.writeApp(ctx, tx, app); err != nil {
			return err
		}
	}
	var more bool
	err = tx.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM link WHERE app = $1 AND due <> 0 AND worker = '' AND state IN ('pending', 'waiting', 'failing'))
			OR EXISTS (SELECT 1 FROM link WHERE worker <> '' AND app = $1)`, app.Name).Scan(&more)
	if err != nil || more {
		return err
	}
	return s.endRemoval(ctx, tx, app)
}

// endRemoval forgets an app, and puts on record what could not be done.
func (s *Store) endRemoval(ctx context.Context, tx *sql.Tx, app *provisioner.App) error {
	r := app.Removal
	r.Ended = s.now()
	if r.Accounts != provisioner.PartLeave {
		left, err := leftovers(ctx, tx, app)
		if err != nil {
			return err
		}
		r.Left = left
	}
	report, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO removal (app, report) VALUES ($1, $2)
		ON CONFLICT (app) DO UPDATE SET report = excluded.report`, app.Name, string(report))
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM app WHERE name = $1", app.Name); err != nil {
		return err
	}
	return s.forgetApp(ctx, tx, app.Name)
}

// leftovers lists what an app still has and should not have.
func leftovers(ctx context.Context, q queryer, app *provisioner.App) ([]provisioner.Leftover, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+linkColumns+" FROM "+linkTables+`
		WHERE l.app = $1 AND l.remote_id <> '' AND (l.kind = 'User' OR $2 = 'delete') AND (l.in_use = 1 OR $2 = 'delete') ORDER BY l.kind DESC, l.subject`,
		app.Name, string(app.Removal.Accounts))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var left []provisioner.Leftover
	for rows.Next() {
		l, err := scanLink(rows)
		if err != nil {
			return nil, err
		}
		reason := l.LastError
		if reason == "" {
			reason = fmt.Sprintf("is %s", l.State)
		}
		left = append(left, provisioner.Leftover{Kind: l.Kind, Subject: l.Subject, Name: l.Name(), RemoteID: l.RemoteID, Reason: reason})
	}
	return left, rows.Err()
}

// Removal returns how the removal of an app is going, or has ended, or
// [provisioner.ErrNotFound] if there was none.
func (s *Store) Removal(ctx context.Context, app string) (*provisioner.Removal, error) {
	a, err := s.App(ctx, app)
	if err == nil && a.Removal != nil {
		return a.Removal, nil
	}
	if err != nil && !errors.Is(err, provisioner.ErrNotFound) {
		return nil, err
	}
	var report string
	err = s.db.QueryRowContext(ctx, "SELECT report FROM removal WHERE app = $1", app).Scan(&report)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("there is no removal of app %q: %w", app, provisioner.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	r := new(provisioner.Removal)
	return r, json.Unmarshal([]byte(report), r)
}
