package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/permiso/scimwright/provisioner"
)

// readSettings keeps apps' settings as they were read, by their text: every change of
// the directory asks for those of all apps.
type readSettings struct {
	mu   sync.Mutex
	apps map[string]*provisioner.App
	// all are the recipients, on SQLite, where nobody else changes apps; nil if they have
	// to be read.
	all []provisioner.App
}

// recipients returns what was kept, nil if nothing is.
func (r *readSettings) recipients() []provisioner.App {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// keep keeps the recipients until an app changes, or what a transaction has changed is
// undone: nil forgets them.
func (r *readSettings) keep(all []provisioner.App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = all
}

// maxReadSettings bounds how many texts are kept.
const maxReadSettings = 1000

// app returns an app that has nothing but the settings. It is shared and must not be
// changed.
func (r *readSettings) app(text string) (*provisioner.App, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if app := r.apps[text]; app != nil {
		return app, nil
	}
	app := &provisioner.App{}
	if err := json.Unmarshal([]byte(text), &app.Settings); err != nil {
		return nil, err
	}
	// Settings that make no sense any more are told at the attempts that need them.
	_ = app.Prepare()
	if r.apps == nil || len(r.apps) >= maxReadSettings {
		r.apps = map[string]*provisioner.App{}
	}
	r.apps[text] = app
	return app, nil
}

// recipients returns all apps but those that are being removed, in the order of their
// names, as far as changes of the directory concern them: names and settings. They must
// not be changed.
func (s *Store) recipients(ctx context.Context, tx *sql.Tx) ([]provisioner.App, error) {
	if kept := s.settings.recipients(); kept != nil {
		return kept, nil
	}
	all, err := s.readRecipients(ctx, tx)
	if err == nil && !s.dialect.shared {
		s.settings.keep(all)
	}
	return all, err
}

func (s *Store) readRecipients(ctx context.Context, q queryer) ([]provisioner.App, error) {
	rows, err := q.QueryContext(ctx, "SELECT name, settings FROM app WHERE state <> 'removing' ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var apps []provisioner.App
	for rows.Next() {
		var name, settings string
		if err := rows.Scan(&name, &settings); err != nil {
			return nil, err
		}
		read, err := s.settings.app(settings)
		if err != nil {
			return nil, fmt.Errorf("the settings of app %q are damaged: %w", name, err)
		}
		app := *read
		app.Name = name
		apps = append(apps, app)
	}
	return apps, rows.Err()
}
