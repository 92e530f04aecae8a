package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// A dialect holds all that differs between the databases; the statements are the
// same text on both.
//
// SQLite has one writer at a time, so that a transaction sees nothing change. On
// PostgreSQL the same is had by locking what a transaction relies on.
type dialect struct {
	goose goose.Dialect
	// clustered has a table kept in the order of its primary key, "" where a table is
	// kept as it grows.
	clustered string
	// shared says that several processes may use the database at a time.
	shared bool
	// reading are the options of a transaction that reads several tables as they
	// were at one moment.
	reading *sql.TxOptions
	// forUpdate and forShare lock the rows of a SELECT until the transaction ends;
	// skipLocked locks those that nobody else has locked, and leaves the others out.
	forUpdate, forShare, skipLocked string
	// lockWrites keeps other writers waiting until the transaction ends, "" where there
	// is no need to say so.
	lockWrites string
	// lockName and lockNameShared lock a text until the transaction ends, "" where
	// there is no need.
	lockName, lockNameShared string
	// micros is the database's time in microseconds, 0 where this process's is as good.
	micros string
	// notify sends a text to the processes that listen on a channel, "" where there
	// are no others.
	notify string
	// repeatable reports whether a transaction failed only because of another one
	// that ran beside it.
	repeatable func(error) bool
}

var sqliteDialect = dialect{
	goose:      goose.DialectSQLite3,
	clustered:  "WITHOUT ROWID",
	reading:    &sql.TxOptions{ReadOnly: true},
	micros:     "0",
	repeatable: func(error) bool { return false },
}

var postgresDialect = dialect{
	goose:          goose.DialectPostgres,
	shared:         true,
	reading:        &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	forUpdate:      " FOR UPDATE",
	forShare:       " FOR SHARE",
	skipLocked:     " FOR UPDATE SKIP LOCKED",
	lockName:       "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
	lockNameShared: "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))",
	micros:         "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
	notify:         "SELECT pg_notify($1, $2)",
	repeatable:     postgresRepeatable,
}

// unhurried returns a context for statements that take no time worth mention where
// the database is a file: watching whether it ends costs more than they do.
func (d dialect) unhurried(ctx context.Context) context.Context {
	if d.shared {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// migrating returns how migrations are run: one process at a time.
func (d dialect) migrating() ([]goose.ProviderOption, error) {
	if !d.shared {
		return nil, nil
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return []goose.ProviderOption{goose.WithSessionLocker(locker)}, nil
}
