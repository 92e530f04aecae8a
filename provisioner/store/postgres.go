package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// isPostgres tells a PostgreSQL URL from the name of a file.
func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// openPostgres connects to a PostgreSQL database, which any number of processes may
// share. The URL may set the size of the pool (pool_max_conns).
func (s *Store) openPostgres(ctx context.Context, url string) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return errors.New("the database URL is not one of PostgreSQL: write postgres://user:password@host:5432/name")
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connecting to PostgreSQL at %s: %w", config.ConnConfig.Host, err)
	}
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("connecting to PostgreSQL at %s: %w", config.ConnConfig.Host, err)
	}
	s.dialect = postgresDialect
	s.db = stdlib.OpenDBFromPool(s.pool)
	s.db.SetMaxOpenConns(int(config.MaxConns))
	return nil
}

// The errors of PostgreSQL after which the same transaction may succeed.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

func postgresRepeatable(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == serializationFailure || refused.Code == deadlockDetected)
}
