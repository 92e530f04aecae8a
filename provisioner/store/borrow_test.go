package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// handle opens a database as a program does that has it for itself.
func handle(t *testing.T, database string) *sql.DB {
	t.Helper()
	driver, name := "sqlite", store.SQLiteDSN(database)
	if strings.Contains(database, "://") {
		driver, name = "pgx", database
	}
	return openDB(t, driver, name)
}

func openDB(t *testing.T, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func borrow(t *testing.T, db *sql.DB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{DB: db, Key: []byte(storetest.Key)})
	must(t, err)
	return s
}

// TestProgramsOwnDatabase has a store work in a database that a program has opened,
// while the program writes to tables of its own.
func TestProgramsOwnDatabase(t *testing.T) { storetest.Each(t, testProgramsOwnDatabase) }

func testProgramsOwnDatabase(t *testing.T, database string) {
	ctx := t.Context()
	db := handle(t, database)
	_, err := db.ExecContext(ctx, "CREATE TABLE goose_db_version (version_id BIGINT, note TEXT)")
	must(t, err)
	s := borrow(t, db)
	must(t, s.PutApp(ctx, provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "t"}))
	const each = 100
	var writing sync.WaitGroup
	for w := range 3 {
		writing.Go(func() {
			for i := range each {
				if err := s.PutUser(ctx, user(t, fmt.Sprintf("u%d-%d", w, i), fmt.Sprintf("n%d-%d", w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Go(func() {
		for i := range each {
			if err := writeAfterReading(ctx, db, i); err != nil {
				t.Error(err)
			}
		}
	})
	writing.Wait()
	if p, err := s.Progress(ctx, "chat"); err != nil || p.Total != 3*each {
		t.Errorf("%+v, %v", p, err)
	}
	must(t, s.Close())
	var own int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM goose_db_version").Scan(&own); err != nil || own != each {
		t.Errorf("the program's own table has %d rows, %v", own, err)
	}
	again := borrow(t, db)
	defer again.Close()
	if users, err := again.Users(ctx); err != nil || len(users) != 3*each {
		t.Errorf("%d users, %v", len(users), err)
	}
}

func writeAfterReading(ctx context.Context, db *sql.DB, i int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM goose_db_version").Scan(&n); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, note) VALUES ($1, 'mine')", i); err != nil {
		return err
	}
	return tx.Commit()
}

// TestReadersThatBecomeWriters works on a file whose transactions take no lock when they
// begin.
func TestReadersThatBecomeWriters(t *testing.T) {
	file := storetest.SQLite(t)
	deferred := strings.Replace(store.SQLiteDSN(file), "_txlock=immediate", "_txlock=deferred", 1)
	db := openDB(t, "sqlite", deferred)
	s := borrow(t, db)
	defer s.Close()
	must(t, s.PutApp(t.Context(), provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "t"}))
	_, err := db.ExecContext(t.Context(), "CREATE TABLE own (n BIGINT)")
	must(t, err)
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 300 {
			if _, err := db.ExecContext(t.Context(), "INSERT INTO own VALUES ($1)", i); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 100 {
		if err := s.PutUser(t.Context(), user(t, fmt.Sprint("u", i), fmt.Sprint("n", i))); err != nil {
			t.Error(err)
		}
	}
	writing.Wait()
}

// TestTwoStoresOnOneDatabase checks that a database that somebody has opened is no way
// round the rules for those that the store opens.
func TestTwoStoresOnOneDatabase(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		file := storetest.SQLite(t)
		s := borrow(t, handle(t, file))
		if _, err := store.Open(t.Context(), store.Config{Database: file}); !errors.Is(err, store.ErrLocked) {
			t.Errorf("a second store on the file: %v", err)
		}
		must(t, s.Close())
		must(t, storetest.Open(t, file).Close())
	})
	t.Run("postgres", func(t *testing.T) {
		database := storetest.Postgres(t)
		s, other := borrow(t, handle(t, database)), storetest.Open(t, database)
		defer s.Close()
		told := make(chan provisioner.Key, 100)
		s.OnDue(func(keys []provisioner.Key) {
			for _, key := range keys {
				told <- key
			}
		})
		ctx, stop := context.WithCancel(t.Context())
		var listening sync.WaitGroup
		defer listening.Wait()
		defer stop()
		must(t, other.PutApp(ctx, provisioner.App{Name: "first", Endpoint: "https://chat.example", Token: "t"}))
		listening.Go(func() {
			if err := s.Listen(ctx); err != nil {
				t.Error(err)
			}
		})
		for key := range told {
			if key.App == "first" { // it listens
				break
			}
		}
		must(t, other.PutApp(ctx, provisioner.App{Name: "second", Endpoint: "https://chat.example", Token: "t"}))
		for key := range told {
			if key.App == "second" {
				break
			}
		}
	})
}

// TestDatabasesThatAreRefused checks that a database that was opened in a way that goes
// wrong later is refused, with what to do.
func TestDatabasesThatAreRefused(t *testing.T) {
	file := storetest.SQLite(t)
	narrow := openDB(t, "sqlite", store.SQLiteDSN(file))
	narrow.SetMaxOpenConns(1)
	for _, test := range []struct {
		name   string
		config store.Config
		want   string
	}{
		{"no patience", store.Config{DB: openDB(t, "sqlite", "file:"+file)}, "SQLiteDSN"},
		{"one connection", store.Config{DB: narrow}, "allow 4 or more"},
		{"in memory", store.Config{DB: openDB(t, "sqlite", ":memory:")}, "in memory"},
		{"both", store.Config{DB: openDB(t, "sqlite", store.SQLiteDSN(file)), Database: file}, "either"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), test.config)
			if err == nil {
				_ = s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q in it", err, test.want)
			}
			if err := test.config.DB.PingContext(t.Context()); err != nil {
				t.Errorf("the program's handle afterwards: %v", err)
			}
		})
	}
}
