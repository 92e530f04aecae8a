package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// Tied returns the works of the links that resources of an app are tied to, in no
// order.
func (s *Store) Tied(ctx context.Context, app string, kind provisioner.Kind, remoteIDs []string) (works []*provisioner.Work, err error) {
	err = s.reading(ctx, func(q queryer) error {
		for chunk := range slices.Chunk(remoteIDs, rowsPerStatement) {
			args := []any{app, kind}
			for _, id := range chunk {
				args = append(args, id)
			}
			keys, err := keysOf(ctx, q, "SELECT app, kind, subject FROM link WHERE app = $1 AND kind = $2 AND remote_id <> '' AND remote_id IN ("+rowsOf(len(chunk), 2, "%s")+")", args...)
			if err != nil {
				return err
			}
			for _, key := range keys {
				w, err := s.load(ctx, q, key)
				if err != nil {
					return err
				}
				works = append(works, w)
			}
		}
		return nil
	})
	return works, err
}

// Amend corrects what an app is known to hold, and makes an attempt due at once, for
// every link that has not moved on since. It returns how many those are.
func (s *Store) Amend(ctx context.Context, amendments []provisioner.Amendment) (amended int, err error) {
	for chunk := range slices.Chunk(amendments, rowsPerStatement) {
		n := 0
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			n = 0
			for i := range chunk {
				ok, err := s.amend(ctx, tx, &chunk[i])
				if err != nil {
					return err
				}
				if ok {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return amended, err
		}
		amended += n
	}
	return amended, nil
}

func (s *Store) amend(ctx context.Context, tx *sql.Tx, a *provisioner.Amendment) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, `
		SELECT 1 FROM link WHERE app = $1 AND kind = $2 AND subject = $3 AND desired = $4 AND applied = $5 AND worker = ''`+s.dialect.forUpdate,
		a.App, a.Kind, a.Subject, a.Want, a.Had).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := amendHolding(ctx, tx, a); err != nil {
		return false, err
	}
	if a.Kind == provisioner.KindGroup && a.Members != nil {
		if err := writeMembers(ctx, tx, a.Key, a.HadMembers, a.Members); err != nil {
			return false, err
		}
	}
	return true, s.touch(ctx, tx, a.Lane, []provisioner.Key{a.Key})
}

func amendHolding(ctx context.Context, tx *sql.Tx, a *provisioner.Amendment) error {
	if !a.Gone {
		_, err := tx.ExecContext(ctx, `INSERT INTO holding (app, kind, subject, version, acked) VALUES ($1, $2, $3, '', $4)
			ON CONFLICT (app, kind, subject) DO UPDATE SET acked = excluded.acked`, a.App, a.Kind, a.Subject, string(a.Acked.AppendJSON(nil)))
		return err
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE link SET remote_id = '', origin = '', ambiguous = 0, recreated_at = 0, disabled_for = '', disabled_at = 0, delete_at = 0
		WHERE app = $1 AND kind = $2 AND subject = $3`, a.App, a.Kind, a.Subject)
	if err != nil {
		return err
	}
	return dropHolding(ctx, tx, a.Key)
}

// Unaudited returns the apps that work goes on for, that were pushed all, that had a
// run before a time, and that have had no audit since; none while an audit is under
// way.
func (s *Store) Unaudited(ctx context.Context, since time.Time) ([]string, error) {
	return texts(ctx, s.db, `
		SELECT a.name FROM app a WHERE a.synced = 1 AND a.state IN ('active', 'throttled')
		AND EXISTS (SELECT 1 FROM run r WHERE r.app = a.name AND r.started < $1)
		AND NOT EXISTS (SELECT 1 FROM run r WHERE r.app = a.name AND r.kind = 'audit' AND r.started >= $1)
		AND NOT EXISTS (SELECT 1 FROM run r WHERE r.kind = 'audit' AND r.state = 'running')
		ORDER BY (SELECT COALESCE(MAX(r.started), 0) FROM run r WHERE r.app = a.name AND r.kind = 'audit'), a.name`, millis(since))
}

// FailingAudits returns the apps whose newest audit has failed, by name.
func (s *Store) FailingAudits(ctx context.Context) (map[string]provisioner.FailingAudit, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT `+runColumns+` FROM run WHERE kind = 'audit' AND state = 'failed' AND id >
			(SELECT COALESCE(MAX(d.id), 0) FROM run d WHERE d.kind = 'audit' AND d.state = 'done' AND d.app = run.app)
		ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	failing := map[string]provisioner.FailingAudit{}
	for rows.Next() {
		run, err := scanRun(rows)
		if err != nil {
			return nil, err
		}
		audit, again := failing[run.App]
		if !again {
			audit.Since = run.Finished
		}
		audit.Failure = run.Failure()
		failing[run.App] = audit
	}
	return failing, rows.Err()
}
