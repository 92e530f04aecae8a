package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// isPostgres tells a PostgreSQL URL from the name of a file.
func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

var errNotPostgres = errors.New("the database URL is not one of PostgreSQL: write postgres://user:password@host:5432/name")

// postgresConnections is how many connections there are at the most unless the URL says
// so. Outcomes that are committed at the same time share the wait for the disk.
const postgresConnections = 16

// openPostgres connects to a PostgreSQL database, which any number of processes may
// share. The URL may say how many connections there are, and for how long
// (pool_max_conns, pool_max_conn_lifetime, pool_max_conn_idle_time).
func (s *Store) openPostgres(ctx context.Context, url string) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return errNotPostgres
	}
	s.dialect = postgresDialect
	s.db = stdlib.OpenDB(*config.ConnConfig)
	connections := int(config.MaxConns)
	if !strings.Contains(url, "pool_max_conns") {
		connections = postgresConnections
	}
	s.db.SetMaxOpenConns(connections)
	s.db.SetMaxIdleConns(connections)
	s.db.SetConnMaxLifetime(config.MaxConnLifetime)
	s.db.SetConnMaxIdleTime(config.MaxConnIdleTime)
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("connecting to PostgreSQL at %s: %w", config.ConnConfig.Host, err)
	}
	return nil
}

// withPgx calls f with a connection that nobody else uses meanwhile.
func (s *Store) withPgx(ctx context.Context, f func(*pgx.Conn) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(c any) error {
		pg, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the database was opened with another driver than pgx (%T): open it with github.com/jackc/pgx/v5/stdlib", c)
		}
		return f(pg.Conn())
	})
}

// listenPostgres tells of what other processes make due, until the connection is lost
// or ctx ends.
func (s *Store) listenPostgres(ctx context.Context) error {
	return s.withPgx(ctx, func(conn *pgx.Conn) error {
		// A connection that has listened is not given to anybody else.
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		if _, err := conn.Exec(ctx, "LISTEN "+dueChannel); err != nil {
			return err
		}
		if err := s.tellAll(ctx); err != nil {
			return err
		}
		for {
			n, err := conn.WaitForNotification(ctx)
			if err != nil {
				return err
			}
			if n.Payload == "" {
				err = s.tellAll(ctx)
			} else {
				s.tell(n.Payload)
			}
			if err != nil {
				return err
			}
		}
	})
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
