package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
)

// queryer is a database or a transaction.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// PutApp connects an app, or changes its endpoint, credential and settings. A credential
// that is left out is the one the app has, see [provisioner.App.Inherit]. A change of the
// settings touches the links for which it makes a difference; what a new app is to be
// given of the directory as it is waits for its first sync. What an app was given is still
// known if its address changes, and an audit finds out whether it is there. Whether
// requests can be sent there is for [provisioner.Engine.Check] to say beforehand.
// [provisioner.App.Connect] says which state the app has then, and
// [provisioner.App.Remembered] what is still known of it.
func (s *Store) PutApp(ctx context.Context, app provisioner.App) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.lockDirectory(ctx, tx, true); err != nil {
			return err
		}
		old, err := s.lockApp(ctx, tx, app.Name)
		if err != nil && !errors.Is(err, provisioner.ErrNotFound) {
			return err
		}
		if old != nil {
			app.Inherit(old)
		}
		if err := app.Validate(); err != nil {
			return err
		}
		app.Normalise()
		_ = app.Prepare() // it was validated
		anybody := false
		if old == nil {
			if anybody, err = s.anybody(ctx, tx, &app); err != nil {
				return err
			}
		}
		app.Connect(old, anybody)
		app.Learned = app.Remembered(old)
		if old != nil {
			app.Synced, app.Alerts, app.Revision = old.Synced, old.Alerts, old.Revision
		} else if _, err := tx.ExecContext(ctx, "DELETE FROM removal WHERE app = $1", app.Name); err != nil {
			return err // of another app of that name
		}
		app.Limit = provisioner.Limit{}
		if old != nil && old.IsAt(app.Endpoint) {
			app.Limit = old.Limit
		}
		if err := s.writeApp(ctx, tx, &app); err != nil {
			return err
		}
		if old != nil {
			if err := s.resettle(ctx, tx, old, &app); err != nil {
				return err
			}
			if err := s.rejudge(ctx, tx, old, &app); err != nil {
				return err
			}
			if err := s.auditMoved(ctx, tx, old, &app); err != nil {
				return err
			}
		}
		return s.goOn(ctx, tx, old, &app)
	})
}

// anybody reports whether the directory has somebody whom a new app is to be given.
func (s *Store) anybody(ctx context.Context, tx *sql.Tx, app *provisioner.App) (bool, error) {
	if _, err := grant(ctx, tx, app, nil); err != nil {
		return false, err
	}
	n, err := lacking(ctx, tx, app)
	return n > 0, err
}

// goOn has attempts made at what is due of an app that has changed, and at what it has
// missed if none were made before.
func (s *Store) goOn(ctx context.Context, tx *sql.Tx, old, app *provisioner.App) error {
	if old != nil && !old.State.Sends() && app.State.Sends() {
		return s.resume(ctx, tx, app.Name)
	}
	return s.announceApp(ctx, tx, app.Name)
}

// auditMoved has an app audited that is saved with another address: nothing but a look
// tells whether it has moved there with all it was given.
func (s *Store) auditMoved(ctx context.Context, tx *sql.Tx, old, app *provisioner.App) error {
	if old.IsAt(app.Endpoint) || !app.Synced || app.State == provisioner.AppRemoving {
		return nil
	}
	now := s.now()
	_, err := s.startRun(ctx, tx, &provisioner.Run{App: app.Name, Kind: provisioner.RunAudit, By: "a new address", State: provisioner.RunRunning, Started: now, Until: now})
	return err
}

// resume makes everything due that an app has missed.
func (s *Store) resume(ctx context.Context, tx *sql.Tx, app string) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE link SET due = $2 WHERE app = $1 AND `+open+` AND desired > applied AND due >= 0 AND state NOT IN ('waiting', 'held')`, app, s.atOnce())
	if err != nil {
		return err
	}
	return s.announceApp(ctx, tx, app)
}

// announceApp tells that there may be attempts due at any link of an app.
func (s *Store) announceApp(ctx context.Context, tx *sql.Tx, app string) error {
	return s.announce(ctx, tx, []provisioner.Key{{App: app}})
}

// writeApp writes an app under a new revision, which is the time or later, so that that
// of an app that was removed and is connected again is higher than before.
func (s *Store) writeApp(ctx context.Context, q queryer, app *provisioner.App) error {
	s.settings.keep(nil)
	app.Revision = max(app.Revision+1, s.nowMillis())
	learned, err := json.Marshal(app.Learned)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(app.Settings)
	if err != nil {
		return err
	}
	removal, err := json.Marshal(app.Removal)
	if err != nil {
		return err
	}
	alerts, err := json.Marshal(app.Alerts)
	if err != nil {
		return err
	}
	sealed, err := s.seal.seal(app)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO app (name, endpoint, secrets, settings, state, cause, reason, state_since, learned, updated_at, synced, concurrency, paused_until, removal, alerts, revision, started)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $9, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (name) DO UPDATE SET endpoint = excluded.endpoint, secrets = excluded.secrets, settings = excluded.settings,
			state_since = CASE WHEN app.state = excluded.state AND app.cause = excluded.cause THEN app.state_since ELSE excluded.state_since END,
			state = excluded.state, cause = excluded.cause, reason = excluded.reason, learned = excluded.learned, updated_at = excluded.updated_at,
			synced = excluded.synced, concurrency = excluded.concurrency, paused_until = excluded.paused_until, removal = excluded.removal, alerts = excluded.alerts,
			revision = excluded.revision, started = excluded.started`,
		app.Name, app.Endpoint, sealed, string(settings), app.State, app.Cause, app.Reason, string(learned), s.nowMillis(),
		flag(app.Synced), app.Limit.Concurrency, millis(app.Limit.PausedUntil), string(removal), string(alerts), app.Revision, flag(app.Started))
	return err
}

const appColumns = "name, endpoint, secrets, settings, state, cause, reason, state_since, learned, synced, concurrency, paused_until, removal, alerts, revision, started"

func (s *Store) scanApp(row interface{ Scan(...any) error }) (*provisioner.App, error) {
	var app provisioner.App
	var sealed, settings, learned, removal, alerts string
	var since, synced, pausedUntil, started int64
	err := row.Scan(&app.Name, &app.Endpoint, &sealed, &settings, &app.State, &app.Cause, &app.Reason, &since, &learned,
		&synced, &app.Limit.Concurrency, &pausedUntil, &removal, &alerts, &app.Revision, &started)
	if err != nil {
		return nil, err
	}
	app.StateSince, app.Synced, app.Limit.PausedUntil, app.Started = fromMillis(since), synced != 0, fromMillis(pausedUntil), started != 0
	app.Lapse(s.now())
	if err := json.Unmarshal([]byte(settings), &app.Settings); err != nil {
		return nil, fmt.Errorf("the settings of app %q are damaged: %w", app.Name, err)
	}
	read, err := s.settings.app(settings)
	if err != nil {
		return nil, err
	}
	app.PrepareAs(read)
	if err := json.Unmarshal([]byte(learned), &app.Learned); err != nil {
		return nil, fmt.Errorf("what was learned of app %q is damaged: %w", app.Name, err)
	}
	if err := json.Unmarshal([]byte(removal), &app.Removal); err != nil {
		return nil, fmt.Errorf("how app %q is removed is damaged: %w", app.Name, err)
	}
	if err := json.Unmarshal([]byte(alerts), &app.Alerts); err != nil {
		return nil, fmt.Errorf("the alerts about app %q are damaged: %w", app.Name, err)
	}
	return &app, s.seal.open(&app, sealed)
}

func (s *Store) findApp(ctx context.Context, q queryer, name string) (*provisioner.App, error) {
	return s.selectApp(ctx, q, name, "")
}

// lockApp finds an app that the transaction is going to change.
func (s *Store) lockApp(ctx context.Context, tx *sql.Tx, name string) (*provisioner.App, error) {
	return s.selectApp(ctx, tx, name, s.dialect.forUpdate)
}

func (s *Store) selectApp(ctx context.Context, q queryer, name, lock string) (*provisioner.App, error) {
	app, err := s.scanApp(q.QueryRowContext(ctx, "SELECT "+appColumns+" FROM app WHERE name = $1"+lock, name))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("app %q is not connected: %w", name, provisioner.ErrNotFound)
	}
	return app, err
}

// App returns an app with its credential, or [provisioner.ErrNotFound].
func (s *Store) App(ctx context.Context, name string) (*provisioner.App, error) {
	return s.findApp(ctx, s.db, name)
}

// Apps returns every app, in the order of their names.
func (s *Store) Apps(ctx context.Context) ([]provisioner.App, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+appColumns+" FROM app ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var apps []provisioner.App
	for rows.Next() {
		app, err := s.scanApp(rows)
		if err != nil {
			return nil, err
		}
		apps = append(apps, *app)
	}
	return apps, rows.Err()
}

// UpdateApp changes an app's state and what was learned of it. An app that goes on takes
// up what it has missed.
func (s *Store) UpdateApp(ctx context.Context, name string, change func(*provisioner.App)) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		app, err := s.lockApp(ctx, tx, name)
		if err != nil {
			return err
		}
		was := *app
		change(app)
		if err := s.writeApp(ctx, tx, app); err != nil {
			return err
		}
		return s.goOn(ctx, tx, &was, app)
	})
}

// updateDraft changes an app whose first sync is to come or under way; it leaves others,
// and what is no more, as they are.
func (s *Store) updateDraft(ctx context.Context, tx *sql.Tx, name string, change func(*provisioner.App) error) error {
	var started bool
	err := tx.QueryRowContext(ctx, "SELECT started <> 0 FROM app WHERE name = $1", name).Scan(&started)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil || started {
		return err
	}
	app, err := s.lockApp(ctx, tx, name)
	if err != nil {
		return err
	}
	if err := change(app); err != nil {
		return err
	}
	return s.writeApp(ctx, tx, app)
}

// resettle touches what a change of an app's settings makes a difference to. What
// nobody has touched yet of an app that was never synced waits for that.
func (s *Store) resettle(ctx context.Context, tx *sql.Tx, old, app *provisioner.App) error {
	if !app.Redesired(old) {
		return nil
	}
	had, err := grantees(ctx, tx, old)
	if err != nil {
		return err
	}
	if _, err := grant(ctx, tx, app, nil); err != nil {
		return err
	}
	keys := map[provisioner.Lane][]provisioner.Key{}
	v := works{q: tx, app: app, linked: !app.Synced, visit: func(w *provisioner.Work) error {
		if w.Differs(had.seen(w, old)) {
			keys[w.Lane()] = append(keys[w.Lane()], w.Link.Key)
		}
		return nil
	}}
	if err := v.run(ctx); err != nil {
		return err
	}
	return s.touchLanes(ctx, tx, keys)
}

// DeleteApp forgets an app, its links and its log. The accounts in the app stay as
// they are.
func (s *Store) DeleteApp(ctx context.Context, name string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM app WHERE name = $1", name)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("app %q is not connected: %w", name, provisioner.ErrNotFound))
		}
		return s.forgetApp(ctx, tx, name)
	})
}

// forgetApp drops all that is known of an app that is no more, but for how it was
// removed.
func (s *Store) forgetApp(ctx context.Context, tx *sql.Tx, name string) error {
	s.settings.keep(nil)
	for _, table := range []string{"access", "link", "holding", "link_member", "log", "run", "goodbye"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE app = $1", name); err != nil {
			return err
		}
	}
	return nil
}

// appNames returns the names of all apps.
func appNames(ctx context.Context, q queryer) ([]string, error) {
	return texts(ctx, q, "SELECT name FROM app ORDER BY name")
}

// texts returns the single column of a query.
func texts(ctx context.Context, q queryer, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// keysOf returns the app, kind and subject columns of a query as keys.
func keysOf(ctx context.Context, q queryer, query string, args ...any) ([]provisioner.Key, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []provisioner.Key
	for rows.Next() {
		var k provisioner.Key
		if err := rows.Scan(&k.App, &k.Kind, &k.Subject); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}
