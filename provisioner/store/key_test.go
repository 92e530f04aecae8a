package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// TestAnotherKeyIsRefused before anything is sealed with it, and changes nothing; what
// was sealed with it is forgotten only if that is asked for, and of those apps alone that
// it concerns.
func TestAnotherKeyIsRefused(t *testing.T) { storetest.Each(t, testAnotherKeyIsRefused) }

func testAnotherKeyIsRefused(t *testing.T, database string) {
	ctx := t.Context()
	open := func(key string, forget bool) (*store.Store, error) {
		return store.Open(ctx, store.Config{Database: database, Key: []byte(key), ForgetSecrets: forget})
	}
	const first, second = "the first key, long enough", "the second key, long enough"
	s, err := open(first, false)
	must(t, err)
	for i := range 7 {
		must(t, s.PutApp(ctx, provisioner.App{Name: fmt.Sprintf("app%d", i), Endpoint: "https://a.example", Token: "first", Headers: map[string]string{"X-Key": "first"}}))
	}
	must(t, s.Close())

	_, err = open(second, false)
	wrong, ok := errors.AsType[*store.KeyError](err)
	if !ok || len(wrong.Apps) != 7 || wrong.Missing != "" || !strings.Contains(err.Error(), "app0, app1, app2, app3, app4 and 2 other apps") {
		t.Fatalf("another key: %v, want an error that names the apps", err)
	}
	s, err = open(first, true)
	must(t, err)
	if app, err := s.App(ctx, "app0"); err != nil || app.Token != "first" || app.State != provisioner.AppActive {
		t.Errorf("with the first key again the app is %+v, %v", app, err)
	}
	must(t, s.Close())

	s, err = open(second, true)
	must(t, err)
	app, err := s.App(ctx, "app0")
	must(t, err)
	if app.Token != "" || len(app.Headers) > 0 || app.State != provisioner.AppPaused || app.Cause != provisioner.PauseAuth || !strings.Contains(app.Reason, "save it again") {
		t.Errorf("without the first key the app is %+v", app)
	}
	app.Token = "second"
	must(t, s.PutApp(ctx, *app))
	must(t, s.Close())
	s, err = open(second, true)
	must(t, err)
	defer s.Close()
	if app, err := s.App(ctx, "app0"); err != nil || app.Token != "second" || app.State != provisioner.AppActive {
		t.Errorf("with a new credential the app is %+v, %v", app, err)
	}
}

// TestLostKeyFile: a key is made for a database that has nothing sealed, and in no other.
func TestLostKeyFile(t *testing.T) {
	ctx, file := t.Context(), filepath.Join(t.TempDir(), "test.db")
	must(t, openOwnKey(t, file).Close())
	must(t, os.Remove(file+".key"))
	s := openOwnKey(t, file)
	must(t, s.PutApp(ctx, provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "token"}))
	must(t, s.Close())
	key, err := os.ReadFile(file + ".key")
	must(t, err)
	must(t, os.Remove(file+".key"))
	for _, reading := range []bool{false, true} {
		_, err := store.Open(ctx, store.Config{Database: file, Reading: reading})
		wrong, ok := errors.AsType[*store.KeyError](err)
		if !ok || wrong.Missing != file+".key" || !slices.Equal(wrong.Apps, []string{"chat"}) {
			t.Errorf("without the key file: %v", err)
		}
		if _, err := os.Stat(file + ".key"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("another key took its place: %v", err)
		}
	}
	must(t, os.WriteFile(file+".key", key, 0o600))
	s = openOwnKey(t, file)
	if app, err := s.App(ctx, "chat"); err != nil || app.Token != "token" {
		t.Errorf("with the key file the app is %+v, %v", app, err)
	}
	must(t, s.Close())
	must(t, os.Chmod(file+".key", 0o644))
	if _, err := store.Open(ctx, store.Config{Database: file}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key file that everybody can read: %v", err)
	}
	entries, err := filepath.Glob(file + ".key.*")
	if err != nil || len(entries) > 0 {
		t.Errorf("beside the key file there are %q, %v", entries, err)
	}
}

// TestNotADatabase: what is no database is given no key.
func TestNotADatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.json")
	must(t, os.WriteFile(file, []byte(strings.Repeat("not a database", 100)), 0o600))
	if s, err := store.Open(t.Context(), store.Config{Database: file}); err == nil {
		t.Errorf("it is opened: %v", s.Close())
	}
	if _, err := os.Stat(file + ".key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it has a key: %v", err)
	}
}
