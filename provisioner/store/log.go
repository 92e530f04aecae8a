package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// nextID returns an id for a log entry that is above all before it: the time in
// microseconds, or one more than the last if the clock has not moved on.
func (s *Store) nextID() int64 {
	s.idMu.Lock()
	defer s.idMu.Unlock()
	s.lastID = max(s.lastID+1, s.now().UnixMicro())
	return s.lastID
}

// writeEntry adds an entry to the log. Another process may have taken the id.
func (s *Store) writeEntry(ctx context.Context, tx *sql.Tx, e *provisioner.LogEntry) error {
	for {
		result, err := tx.ExecContext(ctx, `
			INSERT INTO log (id, at, app, kind, subject, action, ok, requests, status, cause, next_attempt, duration_us)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`,
			s.nextID(), millis(e.At), e.App, e.Kind, e.Subject, e.Action, flag(e.OK), e.Requests, e.Status, e.Cause,
			millis(e.NextAttempt), e.Duration.Microseconds())
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err
		}
	}
}

// LogSince returns the app's log entries with an id above after, oldest first.
func (s *Store) LogSince(ctx context.Context, app string, after int64) ([]provisioner.LogEntry, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, at, app, kind, subject, action, ok, requests, status, cause, next_attempt, duration_us
		FROM log WHERE app = $1 AND id > $2 ORDER BY id`, app, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []provisioner.LogEntry
	for rows.Next() {
		var e provisioner.LogEntry
		var at, ok, next, duration int64
		if err := rows.Scan(&e.ID, &at, &e.App, &e.Kind, &e.Subject, &e.Action, &ok, &e.Requests, &e.Status, &e.Cause, &next, &duration); err != nil {
			return nil, err
		}
		e.At, e.OK, e.NextAttempt = fromMillis(at), ok != 0, fromMillis(next)
		e.Duration = time.Duration(duration) * time.Microsecond
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// LastLogID returns the id of the newest log entry, 0 if there is none.
func (s *Store) LastLogID(ctx context.Context) (int64, error) {
	var id int64
	err := s.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM log").Scan(&id)
	return id, err
}

// Tidy removes log entries that are kept no longer. Their ids tell their age.
func (s *Store) Tidy(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM log WHERE id < $1", s.now().Add(-s.keepLog).UnixMicro())
	return err
}
