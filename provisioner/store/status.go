package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
)

// Statuses returns how every app is doing, in the order of their names.
func (s *Store) Statuses(ctx context.Context) ([]provisioner.Status, error) {
	apps, err := s.Apps(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]provisioner.Status, 0, len(apps))
	for i := range apps {
		status, err := s.statusOf(ctx, &apps[i])
		if err != nil {
			return nil, err
		}
		list = append(list, *status)
	}
	return list, nil
}

// Status returns how an app is doing, or [provisioner.ErrNotFound].
func (s *Store) Status(ctx context.Context, name string) (*provisioner.Status, error) {
	app, err := s.App(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.statusOf(ctx, app)
}

func (s *Store) statusOf(ctx context.Context, app *provisioner.App) (*provisioner.Status, error) {
	p, err := s.Progress(ctx, app.Name)
	if err != nil {
		return nil, err
	}
	status := &provisioner.Status{
		App: app.Name, Endpoint: app.Endpoint, State: app.State, Reason: app.Reason,
		Notice:    app.Notice(s.now()),
		Expired:   app.Settings.Expired(s.now()),
		Converged: p.Settled, Pending: p.Active(), Failing: p.Failed, Held: p.Held,
	}
	var oldest int64
	err = s.db.QueryRowContext(ctx, `SELECT COALESCE(MIN(since), 0) FROM (
		SELECT MIN(behind_since) AS since FROM link WHERE app = $1 AND `+open+` AND desired > applied
		UNION ALL SELECT MIN(behind_since) FROM link WHERE app = $1 AND `+stuck+` AND desired > applied) AS behind`, app.Name).Scan(&oldest)
	if err != nil {
		return nil, err
	}
	status.OldestPending = fromMillis(oldest)
	if p.Failed > 0 {
		if status.LastError, err = s.lastError(ctx, app.Name); err != nil {
			return nil, err
		}
	}
	if status.Unsynced, err = s.unsynced(ctx, app); err != nil {
		return nil, err
	}
	return status, s.findings(ctx, status)
}

// findings fills in what the last complete audit has found, and why the newest failed.
func (s *Store) findings(ctx context.Context, status *provisioner.Status) error {
	done, err := s.lastAudit(ctx, status.App, provisioner.RunDone)
	if err != nil {
		return err
	}
	failed, err := s.lastAudit(ctx, status.App, provisioner.RunFailed)
	if err != nil {
		return err
	}
	if done != nil {
		status.Finding, status.FoundAt = done.Audit.Finding(), done.Finished
	}
	if failed != nil && (done == nil || failed.ID > done.ID) {
		status.AuditFailure, status.AuditFailedAt = failed.Failure(), failed.Finished
	}
	return nil
}

// lastAudit returns the newest audit that has ended so, nil if there is none.
func (s *Store) lastAudit(ctx context.Context, app string, state provisioner.RunState) (*provisioner.Run, error) {
	runs, err := s.Runs(ctx, provisioner.RunQuery{App: app, Kind: provisioner.RunAudit, State: state, Limit: 1})
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	return &runs[0], nil
}

// unsynced says why an app was not given all that a sync would have given it.
func (s *Store) unsynced(ctx context.Context, app *provisioner.App) (string, error) {
	runs, err := s.Runs(ctx, provisioner.RunQuery{App: app.Name, Kind: provisioner.RunSync, Limit: 1})
	switch {
	case err != nil:
		return "", err
	case len(runs) > 0 && runs[0].State == provisioner.RunFailed && !runs[0].Ready:
		return "the last sync could not begin: " + runs[0].Error, nil
	case app.Synced, len(runs) > 0 && runs[0].State == provisioner.RunRunning:
		return "", nil
	}
	n, err := lacking(ctx, s.db, app)
	switch {
	case err != nil || n == 0:
		return "", err
	case !app.Started:
		return fmt.Sprintf("waits for its first sync, which is to give it %d of the directory's users: look at the plan, then sync", n), nil
	default:
		return fmt.Sprintf("waits for its first sync: it does not have %d of the directory's users, who were there before it was connected", n), nil
	}
}

// lacking counts the users whom an app is to be given by its first sync.
func lacking(ctx context.Context, q queryer, app *provisioner.App) (n int, err error) {
	query := "SELECT COUNT(*) FROM subject s WHERE s.kind = 'User'"
	if !app.Settings.CreateDisabled {
		query += " AND s.active = 1"
	}
	if !app.Settings.Scope.Everybody() {
		query += " AND EXISTS (SELECT 1 FROM access x WHERE x.app = $1 AND x.user_id = s.id)"
	}
	query += " AND NOT EXISTS (SELECT 1 FROM link l WHERE l.app = $1 AND l.kind = 'User' AND l.subject = s.id"
	if !app.Started {
		query += " AND l.remote_id <> ''" // who has changed since has a link, and waits with the others
	}
	return n, q.QueryRowContext(ctx, query+")", app.Name).Scan(&n)
}

// failedStates are those of which [provisioner.LinkState.Failed] is true.
const failedStates = "'failing', 'rejected', 'refused', 'not_honoured', 'flapping', 'conflict', 'ambiguous', 'needs_review', 'needs_decision'"

func (s *Store) lastError(ctx context.Context, app string) (*provisioner.LastError, error) {
	var e provisioner.LastError
	var at int64
	err := s.db.QueryRowContext(ctx, `
		SELECT updated_at, kind, subject, last_error FROM link
		WHERE app = $1 AND `+stuck+` AND state IN (`+failedStates+`) ORDER BY updated_at DESC LIMIT 1`, app).Scan(&at, &e.Kind, &e.Subject, &e.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	e.At = fromMillis(at)
	return &e, err
}
