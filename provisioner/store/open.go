// Package store keeps directory, apps, links and the log in one SQLite file, or in a
// PostgreSQL database that several processes share. A change of the directory, the
// mark on the links it concerns and the jobs that will work on them are written in
// one transaction.
//
// Methods own their transaction; the functions that take one are steps of it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"

	"github.com/permiso/scimwright/provisioner"
)

// Config says where a store keeps its data.
type Config struct {
	// Database is the path of the SQLite file, made if it does not exist, or the
	// URL of a PostgreSQL database (postgres://…). Required, unless DB is given.
	Database string
	// DB is a database that the program has opened itself and goes on to own, in place
	// of Database: PostgreSQL through the driver pgx, or a SQLite file through the
	// driver sqlite of modernc.org, see [SQLiteDSN]; this package registers both. It has to
	// allow 4 connections or more. The store makes its tables in it; to keep them apart from
	// the program's own, give them a schema (search_path) or a file.
	DB *sql.DB
	// Key is the secret that seals tokens at rest, of 16 bytes or more. Empty means
	// one kept beside the SQLite file, in a file that only its owner can read;
	// PostgreSQL, which has no such place, needs one.
	Key []byte
	// ForgetSecrets is for when the key is lost: what it has sealed is dropped, in place of
	// a [KeyError], and each app that this concerns is paused until its credential, and its
	// headers, are saved again.
	ForgetSecrets bool
	// Reading opens Database for somebody who only looks. A SQLite file may then be in
	// use by another process; nothing can be written in that case.
	Reading bool
	// KeepLog is how long log entries are kept. Zero means 30 days.
	KeepLog time.Duration
	// Now is the clock. Nil means [time.Now].
	Now func() time.Time
}

// A Store is an open database. It implements [provisioner.Store].
type Store struct {
	db   *sql.DB
	lent bool // db is the caller's, who closes it
	// writer has the transactions that write. It is db, or on SQLite one connection, which
	// never finds that somebody else has changed the pages it keeps.
	writer  *sql.DB
	dialect dialect
	file    string       // "" on PostgreSQL
	lock    *flock.Flock // nil on PostgreSQL
	seal    *sealer
	now     func() time.Time
	keepLog time.Duration
	// readOnly says that another process is at work on the file.
	readOnly bool
	onDue    func([]provisioner.Key)

	line line // of writes, on SQLite

	// dues are the links that a transaction under way makes due.
	duesMu sync.Mutex
	dues   map[*sql.Tx][]provisioner.Key

	pulses   map[string]pulse // of the other workers; [Store.Beat] alone uses it
	alone    bool             // on SQLite: what earlier processes left is taken over
	settings readSettings

	sweepMu sync.Mutex
	swept   time.Time // when Tidy has swept last

	idMu   sync.Mutex
	lastID int64
}

var _ provisioner.Store = (*Store)(nil)

// Open opens the database and brings its tables up to date. A SQLite file is locked
// against other processes: the error is [ErrLocked] if one is in already. It is a
// [KeyError] if the apps' credentials were sealed with another key.
func Open(ctx context.Context, config Config) (_ *Store, err error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.KeepLog <= 0 {
		config.KeepLog = 30 * 24 * time.Hour
	}
	s := &Store{now: config.Now, keepLog: config.KeepLog, dues: map[*sql.Tx][]provisioner.Key{}, pulses: map[string]pulse{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err = s.open(ctx, config); err != nil {
		return nil, err
	}
	if s.writer == nil {
		s.writer = s.db
	}
	if err := s.migrate(ctx); err != nil {
		return nil, err
	}
	if err := s.openSecrets(ctx, config.Key, config.ForgetSecrets); err != nil {
		return nil, err
	}
	if config.Reading && s.lock != nil {
		if err := s.lock.Unlock(); err != nil { // whoever wants to work may come
			return nil, err
		}
	}
	s.lastID, err = s.LastLogID(ctx)
	return s, err
}

// open connects to the database.
func (s *Store) open(ctx context.Context, config Config) error {
	switch {
	case config.DB != nil && (config.Database != "" || config.Reading):
		return errors.New("a store takes either a database that is open already or the name of one")
	case config.DB != nil:
		return s.borrow(ctx, config.DB)
	case isPostgres(config.Database):
		return s.openPostgres(ctx, config.Database)
	case strings.Contains(config.Database, "://"):
		return errNotPostgres
	default:
		return s.openSQLite(config.Database, config.Reading)
	}
}

// migrate brings the tables up to date. Processes that start together take turns.
func (s *Store) migrate(ctx context.Context) error {
	files, err := newSchema(s.dialect)
	if err != nil {
		return err
	}
	options, err := s.dialect.migrating()
	if err != nil {
		return err
	}
	// The program that has opened the database may have migrations of its own.
	options = append(options, goose.WithTableName("scimwright_version"))
	provider, err := goose.NewProvider(s.dialect.goose, s.db, files, options...)
	if err != nil {
		return err
	}
	has, want, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema version of the database: %w", err)
	}
	switch {
	case has > want:
		return fmt.Errorf("the database's schema version %d is newer than this program's %d: use a newer scimwright", has, want)
	case has == want:
		return nil
	case s.readOnly:
		return fmt.Errorf("the database's schema version %d is older than this program's %d, and an older scimwright is at work on it: start that again as this version", has, want)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("updating the schema of the database: %w", err)
	}
	return nil
}

// DB returns the database handle.
func (s *Store) DB() *sql.DB { return s.db }

// Close closes the database, unless the caller has opened it, and lets other processes
// in.
func (s *Store) Close() error {
	var errs []error
	if s.writer != nil && s.writer != s.db {
		errs = append(errs, s.writer.Close())
	}
	if s.db != nil && !s.lent {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// inTx runs f in a transaction and commits if it returns nil. If another
// transaction got in the way it is run again, so f must not build on an earlier
// run of itself.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	return s.transact(ctx, false, f)
}

// transact is inTx for a transaction that may go ahead of others.
func (s *Store) transact(ctx context.Context, ahead bool, f func(*sql.Tx) error) error {
	if !s.dialect.shared {
		return s.writeInLine(ctx, ahead, f)
	}
	var dues []provisioner.Key
	var err error
	for range mostTries {
		if dues, err = s.tryTx(ctx, f); err == nil || !s.dialect.repeatable(err) || ctx.Err() != nil {
			break
		}
	}
	s.tellDue(dues)
	return err
}

// mostTries bounds how often a transaction is tried that others get in the way of.
const mostTries = 10

// tryTx runs f in a transaction. It returns the links that this has made due, of which
// nobody has been told yet.
func (s *Store) tryTx(ctx context.Context, f func(*sql.Tx) error) (dues []provisioner.Key, err error) {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() {
		_ = tx.Rollback()
		if dues = s.takeDues(tx); err != nil {
			dues = nil
			s.settings.keep(nil)
		}
	}()
	if s.dialect.lockWrites != "" {
		if _, err := tx.ExecContext(ctx, s.dialect.lockWrites); err != nil {
			return nil, err
		}
	}
	if err := f(tx); err != nil {
		return nil, err
	}
	return nil, tx.Commit()
}

// lockName keeps other processes' transactions that lock the same name waiting
// until this one ends; shared ones only those that do not share.
func (s *Store) lockName(ctx context.Context, tx *sql.Tx, name string, shared bool) error {
	statement := s.dialect.lockName
	if shared {
		statement = s.dialect.lockNameShared
	}
	if statement == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, statement, name)
	return err
}

func (s *Store) nowMillis() int64 { return s.now().UnixMilli() }

// millis and fromMillis translate times; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
