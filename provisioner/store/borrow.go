package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// fewestConnections is how many connections a database has to allow: one listens, and
// attempts must not wait for each other.
const fewestConnections = 4

// borrow makes use of a database that the caller has opened. What would go wrong later,
// and seldom, with the way it was opened is refused.
func (s *Store) borrow(ctx context.Context, db *sql.DB) error {
	s.db, s.lent = db, true
	if n := db.Stats().MaxOpenConnections; n > 0 && n < fewestConnections {
		return fmt.Errorf("the database is open with %d connections at the most: allow %d or more (SetMaxOpenConns)", n, fewestConnections)
	}
	var version string
	if db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version) == nil {
		return s.borrowSQLite(ctx)
	}
	if err := db.QueryRowContext(ctx, "SHOW server_version_num").Scan(&version); err != nil {
		return fmt.Errorf("the database is neither SQLite nor PostgreSQL, or cannot be reached: %w", err)
	}
	s.dialect = postgresDialect
	return s.withPgx(ctx, func(*pgx.Conn) error { return nil })
}

func (s *Store) borrowSQLite(ctx context.Context) error {
	s.dialect = sqliteDialect
	// Whatever kind of transactions it was opened for.
	s.dialect.lockWrites = "DELETE FROM removal WHERE 1 = 0"
	var order, file, journal string
	var timeout int
	err := errors.Join(
		s.db.QueryRowContext(ctx, "SELECT $2 || $1", "a", "b").Scan(&order),
		s.db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file),
		s.db.QueryRowContext(ctx, "SELECT journal_mode FROM pragma_journal_mode").Scan(&journal),
		s.db.QueryRowContext(ctx, "SELECT timeout FROM pragma_busy_timeout").Scan(&timeout))
	switch {
	case err != nil:
		return fmt.Errorf("looking at how the database was opened: %w", err)
	case order != "ba":
		return errors.New("the database's driver takes $2 for its first argument: open it with the driver sqlite of modernc.org/sqlite")
	case file == "":
		return errInMemory
	case journal != "wal" || timeout <= 0:
		return fmt.Errorf("the database is open with the journal mode %s and %d ms of patience with other writers: open it with the name that SQLiteDSN returns", journal, timeout)
	}
	return s.lockFile(file, false)
}
