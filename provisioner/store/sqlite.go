package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// ErrLocked is returned when another process uses the database file.
var ErrLocked = errors.New("the database is in use by another scimwright process")

var errInMemory = errors.New("the database is in memory, where every connection has its own: open a file")

// sqliteConnections is how many connections to the file are kept beside the one that
// writes.
const sqliteConnections = 4

// openSQLite opens a database file and takes the lock that keeps other processes
// out: SQLite would let them in, but two queues on one file would run jobs twice.
// Somebody who only looks gets in without it.
func (s *Store) openSQLite(path string, reading bool) error {
	switch {
	case path == "":
		return errors.New("none is named: give the path of a file, or a postgres:// URL")
	case strings.Contains(path, ":memory:"):
		return errInMemory
	}
	if err := s.lockFile(path, reading); err != nil {
		return err
	}
	connector, err := newConnector(sqliteDSN(path, s.readOnly))
	if err != nil {
		return fmt.Errorf("opening database %s: %w", path, err)
	}
	s.dialect = sqliteDialect
	s.db = sql.OpenDB(connector)
	s.db.SetMaxOpenConns(sqliteConnections)
	s.db.SetMaxIdleConns(sqliteConnections)
	s.writer = sql.OpenDB(connector)
	s.writer.SetMaxOpenConns(1)
	return nil
}

func (s *Store) lockFile(path string, reading bool) error {
	s.file, s.lock = path, flock.New(path+".lock")
	locked, err := s.lock.TryLock()
	if err != nil {
		return fmt.Errorf("locking database %s: %w", path, err)
	}
	if !locked && !reading {
		return fmt.Errorf("%w: %s", ErrLocked, path)
	}
	s.readOnly = !locked
	// It tells about people. What SQLite makes beside it gets the same permissions.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return s.mustWrite(reading)
	case err != nil:
		return errors.Join(fmt.Errorf("making the database: %w", err), s.lock.Unlock())
	default:
		return file.Close()
	}
}

// mustWrite finds out before anything is sent whether the file can be written, unless
// somebody only looks.
func (s *Store) mustWrite(reading bool) error {
	if reading {
		return nil
	}
	file, err := os.OpenFile(s.file, os.O_RDWR, 0)
	if err != nil {
		return errors.Join(fmt.Errorf("it cannot be written: %w", err), s.lock.Unlock())
	}
	return file.Close()
}

// SQLiteDSN returns the data source name with which a program that has the database
// for itself opens a SQLite file, to hand it to a store:
//
//	db, err := sql.Open("sqlite", store.SQLiteDSN("directory.db"))
//	s, err := store.Open(ctx, store.Config{DB: db})
func SQLiteDSN(path string) string { return sqliteDSN(path, false) }

// sqliteDSN returns the data source name: write-ahead log, every commit on disk
// before it is confirmed, and write locks taken when a transaction begins, so that
// none has to be given up half way. What undoes a part of a transaction is kept in
// memory, not in a file.
func sqliteDSN(path string, readOnly bool) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	u := url.URL{Scheme: "file", Path: path}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "busy_timeout(10000)", "synchronous(FULL)", "cache_size(-16000)", "wal_autocheckpoint(4000)", "temp_store(MEMORY)"}}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	}
	return u.String() + "?" + q.Encode()
}
