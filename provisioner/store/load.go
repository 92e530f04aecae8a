package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

const linkColumns = `l.app, l.kind, l.subject, l.remote_id, l.origin, l.state, l.acked, l.desired, l.applied,
	l.attempts, l.ambiguous, l.last_error, l.next_attempt, l.recreated_at, l.updated_at,
	l.disabled_at, l.delete_at, l.decision, l.decision_about`

func scanLink(row interface{ Scan(...any) error }, more ...any) (*provisioner.Link, error) {
	var l provisioner.Link
	var acked string
	var ambiguous, next, recreated, updated, disabled, deleteAt int64
	err := row.Scan(append([]any{&l.App, &l.Kind, &l.Subject, &l.RemoteID, &l.Origin, &l.State, &acked, &l.Desired, &l.Applied,
		&l.Attempts, &ambiguous, &l.LastError, &next, &recreated, &updated,
		&disabled, &deleteAt, &l.Decision, &l.DecisionAbout}, more...)...)
	if err != nil {
		return nil, err
	}
	l.Ambiguous = ambiguous != 0
	l.NextAttempt, l.RecreatedAt, l.UpdatedAt = fromMillis(next), fromMillis(recreated), fromMillis(updated)
	l.DisabledAt, l.DeleteAt = fromMillis(disabled), fromMillis(deleteAt)
	if acked != "" {
		if l.Acked, err = scim.ParseObjectLenient([]byte(acked)); err != nil {
			return nil, fmt.Errorf("what %s is known to hold is damaged: %w", l.Key, err)
		}
	}
	return &l, nil
}

// Load reads the work of a link in one transaction.
func (s *Store) Load(ctx context.Context, key provisioner.Key) (*provisioner.Work, error) {
	tx, err := s.db.BeginTx(ctx, s.dialect.reading)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	return s.load(ctx, tx, key)
}

func (s *Store) load(ctx context.Context, q queryer, key provisioner.Key) (*provisioner.Work, error) {
	app, err := s.findApp(ctx, q, key.App)
	if err != nil {
		return nil, err
	}
	link, err := scanLink(q.QueryRowContext(ctx, "SELECT "+linkColumns+" FROM link l WHERE app = $1 AND kind = $2 AND subject = $3", key.App, key.Kind, key.Subject))
	if errors.Is(err, sql.ErrNoRows) {
		// A subject that nothing has touched since the app was connected.
		link, err = &provisioner.Link{Key: key, State: provisioner.LinkPending}, nil
	}
	if err != nil {
		return nil, err
	}
	w := &provisioner.Work{App: *app, Link: *link}
	attributes, err := subject(ctx, q, key.Kind, key.Subject)
	gone := errors.Is(err, provisioner.ErrNotFound)
	if err != nil && !gone {
		return nil, err
	}
	if key.Kind == provisioner.KindGroup {
		if !gone {
			w.Group = &provisioner.Group{ID: key.Subject, Attributes: attributes}
		}
		return w, loadMembers(ctx, q, w)
	}
	if !gone {
		w.User = &provisioner.User{ID: key.Subject, Attributes: attributes}
		return w, loadManager(ctx, q, w)
	}
	return w, nil
}

func loadManager(ctx context.Context, q queryer, w *provisioner.Work) error {
	manager := w.User.Manager()
	if manager == "" || manager == w.User.ID {
		return nil
	}
	err := q.QueryRowContext(ctx, "SELECT remote_id FROM link WHERE app = $1 AND kind = 'User' AND subject = $2", w.App.Name, manager).Scan(&w.ManagerRemoteID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	w.Blocked, err = blocked(ctx, q, w.Link.Key)
	return err
}

// blocked reports whether a resource that the subject refers to has not been tried
// in the app yet: a member of the group, or the user's manager unless the chain of
// managers comes back to the user.
func blocked(ctx context.Context, q queryer, key provisioner.Key) (bool, error) {
	query := `SELECT EXISTS (SELECT 1 FROM link l WHERE l.app = $1 AND l.kind = 'User' AND ` + untried("l") + `
		AND EXISTS (SELECT 1 FROM member m WHERE m.group_id = $2 AND m.user_id = l.subject))`
	if key.Kind == provisioner.KindUser {
		query = `WITH RECURSIVE chain (id, depth) AS (
			SELECT manager, 1 FROM subject WHERE kind = 'User' AND id = $2
			UNION ALL
			SELECT s.manager, chain.depth + 1 FROM chain
			JOIN link l ON l.app = $1 AND l.kind = 'User' AND l.subject = chain.id AND ` + untried("l") + `
			JOIN subject s ON s.kind = 'User' AND s.id = chain.id
			WHERE s.manager <> '' AND chain.id <> $2 AND chain.depth < 100)
		SELECT EXISTS (SELECT 1 FROM chain JOIN link l ON l.app = $1 AND l.kind = 'User' AND l.subject = chain.id AND ` + untried("l") + ` WHERE chain.depth = 1)
			AND NOT EXISTS (SELECT 1 FROM chain WHERE id = $2)`
	}
	var is bool
	err := q.QueryRowContext(ctx, query, key.App, key.Subject).Scan(&is)
	return is, err
}

func loadMembers(ctx context.Context, q queryer, w *provisioner.Work) error {
	rows, err := q.QueryContext(ctx, `
		SELECT m.user_id, COALESCE(l.remote_id, ''), COALESCE(l.in_use, 0) = 1 FROM member m
		LEFT JOIN link l ON l.app = $1 AND l.kind = 'User' AND l.subject = m.user_id
		WHERE m.group_id = $2 ORDER BY m.user_id`, w.App.Name, w.Link.Subject)
	if err != nil {
		return err
	}
	for rows.Next() {
		var m provisioner.Member
		if err := rows.Scan(&m.Subject, &m.RemoteID, &m.InUse); err != nil {
			return errors.Join(err, rows.Close())
		}
		m.Presence = provisioner.Present
		w.Members = append(w.Members, m)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if err := loadLeaving(ctx, q, w); err != nil {
		return err
	}
	if w.AckedMembers, err = ackedMembers(ctx, q, w.Link.Key); err != nil {
		return err
	}
	w.Blocked, err = blocked(ctx, q, w.Link.Key)
	return err
}

// loadLeaving adds the members who have left the directory and whose account the app
// has not disabled yet: whoever may still be in the app, be it that the guard holds
// the goodbye back, stays in its groups.
func loadLeaving(ctx context.Context, q queryer, w *provisioner.Work) error {
	rows, err := q.QueryContext(ctx, `
		SELECT m.user_id, m.remote_id FROM link_member m
		JOIN link l ON l.app = m.app AND l.kind = 'User' AND l.subject = m.user_id AND l.remote_id = m.remote_id AND l.in_use = 1
		WHERE m.app = $1 AND m.group_id = $2 AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.kind = 'User' AND s.id = m.user_id)`,
		w.App.Name, w.Link.Subject)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		m := provisioner.Member{Presence: provisioner.Left, InUse: true}
		if err := rows.Scan(&m.Subject, &m.RemoteID); err != nil {
			return err
		}
		w.Members = append(w.Members, m)
	}
	return rows.Err()
}

func ackedMembers(ctx context.Context, q queryer, key provisioner.Key) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, "SELECT user_id, remote_id FROM link_member WHERE app = $1 AND group_id = $2", key.App, key.Subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	acked := map[string]string{}
	for rows.Next() {
		var user, remote string
		if err := rows.Scan(&user, &remote); err != nil {
			return nil, err
		}
		acked[user] = remote
	}
	return acked, rows.Err()
}

// LinkOf returns the subject that a resource of the app is tied to, or
// [provisioner.ErrNotFound].
func (s *Store) LinkOf(ctx context.Context, app string, kind provisioner.Kind, remoteID string) (provisioner.Key, error) {
	key := provisioner.Key{App: app, Kind: kind}
	err := s.db.QueryRowContext(ctx, "SELECT subject FROM link WHERE app = $1 AND kind = $2 AND remote_id = $3 AND remote_id <> ''", app, kind, remoteID).Scan(&key.Subject)
	if errors.Is(err, sql.ErrNoRows) {
		return key, provisioner.ErrNotFound
	}
	return key, err
}

// Works calls visit with the work of every subject of the directory and of every
// link whose subject has left.
func (s *Store) Works(ctx context.Context, app string, visit func(*provisioner.Work) error) error {
	keys, err := keysOf(ctx, s.db, `
		SELECT CAST($1 AS TEXT), kind, id FROM subject
		UNION SELECT app, kind, subject FROM link WHERE app = $1`, app)
	if err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, s.dialect.reading)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, key := range sortedKeys(keys) {
		w, err := s.load(ctx, tx, key)
		if err != nil {
			return err
		}
		if err := visit(w); err != nil {
			return err
		}
	}
	return nil
}

// AppLinks returns every link of the app, users first.
func (s *Store) AppLinks(ctx context.Context, app string) ([]provisioner.Link, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+linkColumns+" FROM link l WHERE app = $1 ORDER BY kind DESC, subject", app)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var links []provisioner.Link
	for rows.Next() {
		l, err := scanLink(rows)
		if err != nil {
			return nil, err
		}
		links = append(links, *l)
	}
	return links, rows.Err()
}

// Progress counts the app's links by state.
func (s *Store) Progress(ctx context.Context, app string) (provisioner.Progress, error) {
	var p provisioner.Progress
	rows, err := s.db.QueryContext(ctx, "SELECT state, COUNT(*), MIN(next_attempt) FROM link WHERE app = $1 GROUP BY state", app)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	for rows.Next() {
		var state provisioner.LinkState
		var n int
		var next int64
		if err := rows.Scan(&state, &n, &next); err != nil {
			return p, err
		}
		p.Total += n
		switch {
		case state.Settled():
			p.Settled += n
		case state == provisioner.LinkHeld:
			p.Held += n
		case state.Failed():
			p.Failed += n
			if at := fromMillis(next); p.NextAttempt.IsZero() || at.Before(p.NextAttempt) {
				p.NextAttempt = at
			}
		}
	}
	return p, rows.Err()
}
