// Package store keeps directory, apps, links and the log in one SQLite file. A
// change of the directory, the mark on the links it concerns and the jobs that
// will work on them are written in one transaction.
//
// Methods own their transaction; the functions that take one are steps of it.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"

	"github.com/permiso/scimwright/provisioner"
)

// ErrLocked is returned when another process uses the database file.
var ErrLocked = errors.New("the database is in use by another scimwright process")

// Config says where a store keeps its data.
type Config struct {
	// Database is the path of the SQLite file, made if it does not exist. Required.
	Database string
	// Key is the secret that seals tokens at rest, of 16 bytes or more. Empty means
	// one kept beside the database, in a file that only its owner can read.
	Key []byte
	// KeepLog is how long log entries are kept. Zero means 30 days.
	KeepLog time.Duration
	// Now is the clock. Nil means [time.Now].
	Now func() time.Time
}

// A Store is an open database. It implements [provisioner.Store].
type Store struct {
	db        *sql.DB
	lock      *flock.Flock
	seal      *sealer
	now       func() time.Time
	keepLog   time.Duration
	scheduler provisioner.Scheduler

	idMu   sync.Mutex
	lastID int64
}

//go:embed migrations/*.sql
var migrations embed.FS

// connections is how many connections to the file are kept. Writers take turns
// whatever their number.
const connections = 4

// Open opens the database, brings its tables up to date and takes the lock that
// keeps other processes out. The error is [ErrLocked] if one is in already.
//
// Until [Store.UseScheduler] is called, changes only mark links.
func Open(ctx context.Context, config Config) (_ *Store, err error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.KeepLog <= 0 {
		config.KeepLog = 30 * 24 * time.Hour
	}
	s := &Store{now: config.Now, keepLog: config.KeepLog, lock: flock.New(config.Database + ".lock")}
	locked, err := s.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking database %s: %w", config.Database, err)
	}
	if !locked {
		return nil, fmt.Errorf("%w: %s", ErrLocked, config.Database)
	}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	if s.seal, err = openSealer(config); err != nil {
		return nil, err
	}
	connector, err := newConnector(dsn(config.Database))
	if err != nil {
		return nil, fmt.Errorf("opening database %s: %w", config.Database, err)
	}
	s.db = sql.OpenDB(connector)
	s.db.SetMaxOpenConns(connections)
	s.db.SetMaxIdleConns(connections)
	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("database %s: %w", config.Database, err)
	}
	if s.lastID, err = s.LastLogID(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// dsn returns the data source name: write-ahead log, every commit on disk before
// it is confirmed, and write locks taken when a transaction begins, so that none
// has to be given up half way.
func dsn(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	u := url.URL{Scheme: "file", Path: path}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "busy_timeout(10000)", "synchronous(FULL)"}}
	return u.String() + "?" + q.Encode()
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.db, files)
	if err != nil {
		return err
	}
	has, want, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	if has > want {
		return fmt.Errorf("its schema version %d is newer than this program's %d: use a newer scimwright", has, want)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("updating the schema: %w", err)
	}
	return nil
}

// DB returns the database handle, for the job queue that shares it.
func (s *Store) DB() *sql.DB { return s.db }

// UseScheduler makes changes schedule attempts. It is called once, before the
// store is shared.
func (s *Store) UseScheduler(scheduler provisioner.Scheduler) { s.scheduler = scheduler }

// Close closes the database and lets other processes in.
func (s *Store) Close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.lock.Close())
}

// Snapshot writes a copy of the database to a file that must not exist yet.
func (s *Store) Snapshot(ctx context.Context, path string) error {
	_, err := s.db.ExecContext(ctx, "VACUUM INTO $1", path)
	return err
}

// inTx runs f in a transaction and commits if it returns nil.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
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
