package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
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
	exchanges := ""
	if len(e.Exchanges) > 0 {
		text, err := json.Marshal(e.Exchanges)
		if err != nil {
			return fmt.Errorf("keeping the exchanges of an attempt: %w", err)
		}
		exchanges = string(text)
	}
	for {
		result, err := tx.ExecContext(ctx, `
			INSERT INTO log (id, at, app, kind, subject, name, action, ok, requests, status, cause, next_attempt, duration_us, exchanges)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING`,
			s.nextID(), millis(e.At), e.App, e.Kind, e.Subject, e.Name, e.Action, flag(e.OK), e.Requests, e.Status, e.Cause,
			millis(e.NextAttempt), e.Duration.Microseconds(), exchanges)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err
		}
	}
}

const entryColumns = "id, at, app, kind, subject, name, action, ok, requests, status, cause, next_attempt, duration_us"

func scanEntry(row interface{ Scan(...any) error }, more ...any) (*provisioner.LogEntry, error) {
	var e provisioner.LogEntry
	var at, ok, next, duration int64
	err := row.Scan(append([]any{&e.ID, &at, &e.App, &e.Kind, &e.Subject, &e.Name, &e.Action, &ok, &e.Requests, &e.Status, &e.Cause, &next, &duration}, more...)...)
	e.At, e.OK, e.NextAttempt = fromMillis(at), ok != 0, fromMillis(next)
	e.Duration = time.Duration(duration) * time.Microsecond
	return &e, err
}

func entriesOf(ctx context.Context, q queryer, query string, args ...any) ([]provisioner.LogEntry, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []provisioner.LogEntry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, *e)
	}
	return entries, rows.Err()
}

// Log returns the entries that q selects, without their exchanges: the newest of
// them, newest first, or with After the oldest, oldest first.
func (s *Store) Log(ctx context.Context, q provisioner.LogQuery) ([]provisioner.LogEntry, error) {
	query, args := "SELECT "+entryColumns+" FROM log WHERE app = $1", []any{q.App}
	where := func(condition string, arg any) {
		args = append(args, arg)
		query += fmt.Sprintf(" AND "+condition, len(args))
	}
	if q.Kind != "" {
		where("kind = $%d", q.Kind)
	}
	if q.Subject != "" {
		where("subject = $%d", q.Subject)
	}
	if q.Failed {
		query += " AND ok = 0"
	}
	if q.Before > 0 {
		where("id < $%d", q.Before)
	}
	order := " ORDER BY id DESC"
	if q.After > 0 {
		where("id > $%d", q.After)
		order = " ORDER BY id"
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	args = append(args, q.Limit)
	return entriesOf(ctx, s.db, query+order+fmt.Sprintf(" LIMIT $%d", len(args)), args...)
}

// LogEntry returns one entry of an app's log with its exchanges, or
// [provisioner.ErrNotFound].
func (s *Store) LogEntry(ctx context.Context, app string, id int64) (*provisioner.LogEntry, error) {
	var exchanges string
	e, err := scanEntry(s.db.QueryRowContext(ctx, "SELECT "+entryColumns+", exchanges FROM log WHERE id = $1 AND app = $2", id, app), &exchanges)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("the log of app %q has no entry %d: %w", app, id, provisioner.ErrNotFound)
	}
	if err != nil || exchanges == "" {
		return e, err
	}
	if err := json.Unmarshal([]byte(exchanges), &e.Exchanges); err != nil {
		return nil, fmt.Errorf("the exchanges of log entry %d are damaged: %w", id, err)
	}
	return e, nil
}

// LastLogID returns the id of the newest log entry, 0 if there is none.
func (s *Store) LastLogID(ctx context.Context) (int64, error) {
	var id int64
	err := s.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM log").Scan(&id)
	return id, err
}

// dropLog removes log entries and ended runs that are kept no longer. Their ids tell
// their age. The last complete audit of each app stays, and those that have failed since.
func (s *Store) dropLog(ctx context.Context) error {
	before := s.now().Add(-s.keepLog).UnixMicro()
	if _, err := s.db.ExecContext(ctx, "DELETE FROM log WHERE id < $1", before); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, `DELETE FROM run WHERE id < $1 AND state <> 'running' AND NOT (kind = 'audit' AND id >=
		(SELECT COALESCE(MAX(d.id), 0) FROM run d WHERE d.kind = 'audit' AND d.state = 'done' AND d.app = run.app))`, before)
	return err
}
