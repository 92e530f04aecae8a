package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/permiso/scimwright/provisioner"
)

// Decide records a decision about a link, "" for none, and makes an attempt due at
// once. confirmed is the externalId whose resource is taken over. Without a decision the link starts afresh: also what has vanished twice is
// made again. It returns [provisioner.ErrNotFound] if there is no such link.
func (s *Store) Decide(ctx context.Context, key provisioner.Key, decision provisioner.Decision, about, confirmed string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		now := s.nowMillis()
		if decision == "" {
			now = 0
		}
		result, err := tx.ExecContext(ctx, `
			UPDATE link SET decision = $1, decision_about = $2, decision_note = $7, decided_at = $3,
				recreated_at = CASE WHEN CAST($3 AS BIGINT) = 0 THEN 0 ELSE recreated_at END
			WHERE app = $4 AND kind = $5 AND subject = $6`, decision, about, now, key.App, key.Kind, key.Subject, confirmed)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%s: %w", key, provisioner.ErrNotFound))
		}
		return s.touch(ctx, tx, key.Kind.Lane(), []provisioner.Key{key})
	})
}

// Confirmed returns what was confirmed with the decision about a link.
func (s *Store) Confirmed(ctx context.Context, key provisioner.Key) (confirmed string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT decision_note FROM link WHERE app = $1 AND kind = $2 AND subject = $3",
		key.App, key.Kind, key.Subject).Scan(&confirmed)
	return confirmed, err
}

// RemoteIDs returns the app's ids of all its resources of a kind that links are tied
// to.
func (s *Store) RemoteIDs(ctx context.Context, app string, kind provisioner.Kind) (map[string]bool, error) {
	ids, err := texts(ctx, s.db, "SELECT remote_id FROM link WHERE app = $1 AND kind = $2 AND remote_id <> ''", app, kind)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(ids))
	for _, id := range ids {
		known[id] = true
	}
	return known, nil
}
