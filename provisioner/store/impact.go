package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/permiso/scimwright/provisioner"
)

// Impact returns what other settings of an app would change of what it holds. It
// changes nothing, and asks the app nothing. The error is [provisioner.ErrNotFound] if
// there is no such app, and says what is wrong with settings that make no sense.
func (s *Store) Impact(ctx context.Context, name string, settings provisioner.Settings) (*provisioner.Impact, error) {
	app, err := s.App(ctx, name)
	if err != nil {
		return nil, err
	}
	other := *app
	other.Settings = settings
	if err := other.Prepare(); err != nil {
		return nil, fmt.Errorf("settings of app %q: %w", name, err)
	}
	losses, err := s.Losses(ctx, name)
	if err != nil {
		return nil, err
	}
	var impact provisioner.Impact
	err = s.reading(ctx, func(q queryer) error {
		now, err := grantees(ctx, q, app)
		if err != nil {
			return err
		}
		then := access{everybody: settings.Scope.Everybody()}
		if then.users, err = grantedBy(ctx, q, settings.Scope); err != nil {
			return err
		}
		v := works{q: q, app: app, everybody: true, visit: func(w *provisioner.Work) error {
			before, after := now.seen(w, app), then.seen(w, &other)
			impact.Add(before, after, s.now())
			return nil
		}}
		return v.run(ctx)
	})
	if err != nil {
		return nil, err
	}
	impact.Judge(&other, losses)
	return &impact, nil
}

// An access says who has access to an app.
type access struct {
	everybody bool
	users     set
}

// grantees returns who has access to an app by its settings.
func grantees(ctx context.Context, q queryer, app *provisioner.App) (access, error) {
	users, err := texts(ctx, q, "SELECT user_id FROM access WHERE app = $1", app.Name)
	return access{everybody: app.Settings.Scope.Everybody(), users: set{}.add(users...)}, err
}

// seen returns a work as it is for an app, be it by other settings, to which these have
// access.
func (a access) seen(w *provisioner.Work, app *provisioner.App) *provisioner.Work {
	out := *w
	out.App = *app
	out.NoAccess = w.User != nil && !a.everybody && !a.users[w.User.ID]
	out.Members = slices.Clone(w.Members)
	for i := range out.Members {
		m := &out.Members[i]
		m.NoAccess = !m.Gone && !a.everybody && !a.users[m.Subject]
	}
	return &out
}
