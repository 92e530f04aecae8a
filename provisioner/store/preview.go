package store

import (
	"context"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
)

// Preview returns the work at a user of the directory that an app would have by other
// settings, or by its own if they are nil. The error is [provisioner.ErrNotFound] if
// there is no such app or user.
func (s *Store) Preview(ctx context.Context, app, user string, settings *provisioner.Settings) (*provisioner.Work, error) {
	var w *provisioner.Work
	err := s.reading(ctx, func(q queryer) (err error) {
		w, err = s.load(ctx, q, provisioner.Key{App: app, Kind: provisioner.KindUser, Subject: user})
		switch {
		case err != nil:
			return err
		case w.Gone():
			return notInDirectory(provisioner.KindUser, user)
		case settings == nil:
			return nil
		}
		w.App.Settings = *settings
		if err := w.App.Prepare(); err != nil {
			return fmt.Errorf("settings of app %q: %w", app, err)
		}
		granted, err := grantedBy(ctx, q, settings.Scope, user)
		w.NoAccess = !settings.Scope.Everybody() && !granted[user]
		return err
	})
	return w, err
}

// grantedBy returns the users to whom the groups of a scope give access, of these or,
// if none are named, of all.
func grantedBy(ctx context.Context, q queryer, scope provisioner.Scope, users ...string) (set, error) {
	if len(scope.Groups) == 0 {
		return nil, nil
	}
	args := values(scope.Groups)
	query := "SELECT DISTINCT user_id FROM member WHERE group_id IN (" + rowsOf(len(args), 0, "%s") + ")"
	if len(users) > 0 {
		query += " AND user_id IN (" + rowsOf(len(users), len(args), "%s") + ")"
		args = append(args, values(users)...)
	}
	ids, err := texts(ctx, q, query, args...)
	return set{}.add(ids...), err
}
