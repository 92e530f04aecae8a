package store

import (
	"context"

	"github.com/permiso/scimwright/provisioner"
)

// maxNamed bounds the users and groups that a result names of each sort. All are
// counted.
const maxNamed = 1000

// doneTo is, for each subject, the action that says most about what was done to it
// since a log entry.
const doneTo = `(SELECT kind, subject, SUBSTR(MAX(CASE action
	WHEN 'create' THEN '4create' WHEN 'delete' THEN '3delete' WHEN 'disable' THEN '2disable' WHEN 'update' THEN '1update' ELSE '0none' END), 2) AS action
	FROM log WHERE app = $1 AND id > $2 AND ok = 1 GROUP BY kind, subject)`

// Outcome tells how the app's links are, and what was done to them since the log
// entry with id since.
func (s *Store) Outcome(ctx context.Context, app string, since int64) (*provisioner.Result, error) {
	r := &provisioner.Result{}
	err := s.db.QueryRowContext(ctx, "SELECT COALESCE(SUM(requests), 0) FROM log WHERE app = $1 AND id > $2", app, since).Scan(&r.Requests)
	if err != nil {
		return nil, err
	}
	if err := s.tally(ctx, r, app, since); err != nil {
		return nil, err
	}
	return r, s.name(ctx, r, app)
}

// tally counts links by state and by what was done to them, and those that have gone
// together with the resource.
func (s *Store) tally(ctx context.Context, r *provisioner.Result, app string, since int64) error {
	rows, err := s.db.QueryContext(ctx, `
		SELECT l.kind, l.state, COALESCE(d.action, 'none'), COUNT(*) FROM link l
		LEFT JOIN `+doneTo+` d ON d.kind = l.kind AND d.subject = l.subject
		WHERE l.app = $1 GROUP BY l.kind, l.state, d.action
		UNION ALL
		SELECT d.kind, 'gone', d.action, COUNT(*) FROM `+doneTo+` d
		WHERE NOT EXISTS (SELECT 1 FROM link l WHERE l.app = $1 AND l.kind = d.kind AND l.subject = d.subject) GROUP BY d.kind, d.action`, app, since)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind provisioner.Kind
		var state provisioner.LinkState
		var action provisioner.Action
		var n int
		if err := rows.Scan(&kind, &state, &action, &n); err != nil {
			return err
		}
		r.Count(kind, state, action, n)
	}
	return rows.Err()
}

// name lists the links with something left to do.
func (s *Store) name(ctx context.Context, r *provisioner.Result, app string) error {
	rows, err := s.db.QueryContext(ctx, `
		SELECT kind, subject, state, last_error FROM link WHERE app = $1 AND `+open+` AND state = 'pending'
		UNION ALL SELECT kind, subject, state, last_error FROM link WHERE app = $1 AND `+stuck+`
		ORDER BY kind DESC, subject`, app)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var f provisioner.Failure
		var state provisioner.LinkState
		if err := rows.Scan(&f.Kind, &f.ID, &state, &f.Reason); err != nil {
			return err
		}
		list := &r.Failures
		if state == provisioner.LinkHeld {
			list = &r.Held
		}
		if f.Reason == "" {
			f.Reason = "not tried yet"
		}
		if len(*list) < maxNamed {
			*list = append(*list, f)
		}
	}
	return rows.Err()
}
