package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// tables are the tables of the schema, which a snapshot holds all of.
var tables = [...]string{"app", "subject", "member", "subgroup", "access", "link", "holding", "link_member", "log", "run", "goodbye", "distrust", "removal"}

// Snapshot writes the state of the database into a SQLite file that must not exist
// yet. Apps' tokens in it open with the same key.
func (s *Store) Snapshot(ctx context.Context, path string) error {
	if !s.dialect.shared {
		_, err := s.db.ExecContext(ctx, "VACUUM INTO $1", path)
		return err
	}
	to := &Store{now: s.now}
	if err := to.openSQLite(path, false); err != nil {
		return errors.Join(err, to.Close())
	}
	err := to.migrate(ctx)
	if err == nil {
		err = s.copyTo(ctx, to)
	}
	return errors.Join(err, to.Close())
}

func (s *Store) copyTo(ctx context.Context, to *Store) error {
	from, err := s.db.BeginTx(ctx, s.dialect.reading)
	if err != nil {
		return err
	}
	defer func() { _ = from.Rollback() }()
	return to.inTx(ctx, func(tx *sql.Tx) error {
		for _, table := range tables {
			if err := copyTable(ctx, from, tx, table); err != nil {
				return fmt.Errorf("copying the table %s: %w", table, err)
			}
		}
		return nil
	})
}

func copyTable(ctx context.Context, from, to *sql.Tx, table string) error {
	rows, err := from.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	insert := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + rowsOf(len(names), 0, "%s") + ")"
	values, places := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if _, err := to.ExecContext(ctx, insert, values...); err != nil {
			return err
		}
	}
	return rows.Err()
}
