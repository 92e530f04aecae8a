package store

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// The job queue runs the same long statements over and over, and SQLite spends
// most of its time parsing them. connector keeps every connection's prepared
// statements; the connections offer nothing but Prepare, so that database/sql
// takes that road for every query.
type connector struct{ driver.Connector }

func newConnector(dsn string) (driver.Connector, error) {
	inner, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return &connector{inner}, nil
}

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(preparer)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's connection lacks a method"), inner.Close())
	}
	return &conn{preparer: full, statements: map[string]*statement{}}, nil
}

// preparer is what a connection has to be able to do.
type preparer interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
}

// maxStatements bounds the cache: statements with a varying number of values have
// a text for each number.
const maxStatements = 200

// A conn is used by one goroutine at a time, as database/sql promises.
type conn struct {
	preparer
	statements map[string]*statement
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := c.statements[query]; ok && !s.busy {
		s.busy = true
		return s, nil
	}
	inner, err := c.preparer.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(contextStmt)
	if _, cached := c.statements[query]; cached || !ok || len(c.statements) >= maxStatements {
		return inner, nil
	}
	s := &statement{contextStmt: full, busy: true}
	c.statements[query] = s
	return s, nil
}

func (c *conn) Close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.contextStmt.Close())
	}
	return errors.Join(append(errs, c.preparer.Close())...)
}

type contextStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A statement goes back to its connection when it is closed.
type statement struct {
	contextStmt
	busy bool
}

func (s *statement) Close() error {
	s.busy = false
	return nil
}
