// Package storetest gives tests databases of every kind that a store runs on:
//
//	storetest.Each(t, func(t *testing.T, database string) {
//		s := storetest.Open(t, database)
//		// …
//	})
//
// SQLite is always there. PostgreSQL is the server whose URL is in the environment
// variable SCIMWRIGHT_TEST_POSTGRES; without it those tests are skipped, and fail
// instead where SCIMWRIGHT_CI says that nothing may be left out.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/permiso/scimwright/provisioner/store"
)

// Key seals the tokens in the databases of tests.
const Key = "a key for tests that is long enough"

const serverEnv = "SCIMWRIGHT_TEST_POSTGRES"

// Each runs a test on each kind of database, new and empty.
func Each(t *testing.T, test func(t *testing.T, database string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns the name of a database file that does not exist yet.
func SQLite(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

// Postgres returns the URL of a new database, which is dropped when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(serverEnv)
	switch {
	case server == "" && os.Getenv("SCIMWRIGHT_CI") != "":
		t.Fatalf("%s is not set: name a PostgreSQL server in which databases can be made", serverEnv)
	case server == "":
		t.Skipf("%s is not set: there is no PostgreSQL server to test with", serverEnv)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", serverEnv, err)
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := "scimwright_test_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("making a database on the server of %s: %v", serverEnv, err)
	}
	t.Cleanup(func() {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		if err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
		_ = db.Close()
	})
	u.Path = "/" + name
	return u.String()
}

// Open opens a store on a database and closes it when the test ends.
func Open(t testing.TB, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: database, Key: []byte(Key)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
