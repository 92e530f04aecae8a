package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// recorder remembers what became due.
type recorder struct {
	mu   sync.Mutex
	keys []provisioner.Key
}

func (r *recorder) due(keys []provisioner.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = append(r.keys, keys...)
}

func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, k := range r.keys {
		names = append(names, k.String())
	}
	r.keys = nil
	return strings.Join(names, " ")
}

func open(t *testing.T, database string) (*store.Store, *recorder) {
	t.Helper()
	s := storetest.Open(t, database)
	r := &recorder{}
	s.OnDue(r.due)
	return s, r
}

func setup(t *testing.T, database string) (*store.Store, *recorder) {
	t.Helper()
	s, r := open(t, database)
	for _, app := range []string{"chat", "wiki"} {
		if err := s.PutApp(t.Context(), provisioner.App{Name: app, Endpoint: "https://" + app + ".example/scim", Token: "secret-of-" + app}); err != nil {
			t.Fatal(err)
		}
	}
	r.take()
	return s, r
}

func user(t *testing.T, id, name string) provisioner.User {
	t.Helper()
	return provisioner.User{ID: id, Attributes: scim.NewObject(scim.Field{Name: "userName", Value: name})}
}

func group(id string, members ...string) provisioner.Group {
	return provisioner.Group{ID: id, Attributes: scim.NewObject(scim.Field{Name: "displayName", Value: id}), Members: members}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTouch checks that a change concerns exactly the links it should.
func TestTouch(t *testing.T) { storetest.Each(t, testTouch) }

func testTouch(t *testing.T, database string) {
	s, r := setup(t, database)
	ctx := t.Context()
	want := func(what, keys string) {
		t.Helper()
		if got := r.take(); got != keys {
			t.Errorf("%s touches %q, want %q", what, got, keys)
		}
	}
	must(t, s.PutUser(ctx, user(t, "u1", "ada")))
	want("a new user", "chat/users/u1 wiki/users/u1")
	must(t, s.PutUser(ctx, user(t, "u1", "ada")))
	want("the same user", "")
	must(t, s.PutUser(ctx, user(t, "u2", "bob")))
	r.take()
	must(t, s.PutGroup(ctx, group("g1", "u1")))
	want("a new group", "chat/groups/g1 wiki/groups/g1")
	must(t, s.PutGroup(ctx, group("g1", "u1")))
	want("the same group", "")
	must(t, s.AddMember(ctx, "g1", "u2"))
	want("a new member", "chat/groups/g1 wiki/groups/g1")
	must(t, s.AddMember(ctx, "g1", "u2"))
	want("a member who is in already", "")
	must(t, s.RemoveMember(ctx, "g1", "u2"))
	want("a member who leaves", "chat/groups/g1 wiki/groups/g1")
	must(t, s.RemoveMember(ctx, "g1", "u2"))
	want("a member who has left", "")
	must(t, s.DeleteUser(ctx, "u1"))
	want("a user who goes", "chat/users/u1 chat/groups/g1 wiki/users/u1 wiki/groups/g1")
	must(t, s.ReplaceDirectory(ctx, &provisioner.Directory{Users: []provisioner.User{user(t, "u2", "bob"), user(t, "u3", "eve")}}))
	want("a directory with one more user and one less group", "chat/groups/g1 wiki/groups/g1 chat/users/u3 wiki/users/u3")
}

func TestRefusals(t *testing.T) { storetest.Each(t, testRefusals) }

func testRefusals(t *testing.T, database string) {
	s, r := setup(t, database)
	ctx := t.Context()
	must(t, s.PutUser(ctx, user(t, "u1", "ada")))
	r.take()
	for _, test := range []struct {
		name string
		err  error
		want error
	}{
		{"a second user of a name", s.PutUser(ctx, user(t, "u2", "ADA")), provisioner.ErrConflict},
		{"a member nobody knows", s.PutGroup(ctx, group("g1", "u1", "u9")), provisioner.ErrNotFound},
		{"joining a group nobody knows", s.AddMember(ctx, "g9", "u1"), provisioner.ErrNotFound},
		{"deleting a user nobody knows", s.DeleteUser(ctx, "u9"), provisioner.ErrNotFound},
		{"deleting a group nobody knows", s.DeleteGroup(ctx, "g9"), provisioner.ErrNotFound},
		{"deleting an app nobody knows", s.DeleteApp(ctx, "nobody"), provisioner.ErrNotFound},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, test.err, test.want)
		}
	}
	if got := r.take(); got != "" {
		t.Errorf("refused changes touched %s", got)
	}
	if groups, err := s.Groups(ctx); err != nil || len(groups) != 0 {
		t.Errorf("a refused group was half saved: %v, %v", groups, err)
	}
}

// TestNamesChangeHands puts a directory in which two users swap names.
func TestNamesChangeHands(t *testing.T) { storetest.Each(t, testNamesChangeHands) }

func testNamesChangeHands(t *testing.T, database string) {
	s, _ := setup(t, database)
	ctx := t.Context()
	must(t, s.ReplaceDirectory(ctx, &provisioner.Directory{Users: []provisioner.User{user(t, "u1", "ada"), user(t, "u2", "bob")}}))
	must(t, s.ReplaceDirectory(ctx, &provisioner.Directory{Users: []provisioner.User{user(t, "u1", "bob"), user(t, "u2", "ada")}}))
	u, err := s.User(ctx, "u1")
	if err != nil || u.Attributes.String("userName") != "bob" {
		t.Errorf("u1 is %v, %v", u, err)
	}
	if err := s.PutUser(ctx, user(t, "u1", "ada")); !errors.Is(err, provisioner.ErrConflict) {
		t.Errorf("u1 takes the name that u2 has now: %v", err)
	}
}

func TestOneProcess(t *testing.T) {
	file := storetest.SQLite(t)
	first, _ := open(t, file)
	if _, err := store.Open(t.Context(), store.Config{Database: file}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second process gets %v, want ErrLocked", err)
	}
	must(t, first.Close())
	open(t, file)
}

// openOwnKey opens a file whose key is beside it.
func openOwnKey(t *testing.T, file string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: file})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestFilesAreTheirOwners: what lies on the disk tells about people, and is for nobody
// else to read.
func TestFilesAreTheirOwners(t *testing.T) {
	dir := t.TempDir()
	s := openOwnKey(t, filepath.Join(dir, "test.db"))
	must(t, s.PutUser(t.Context(), user(t, "u1", "ada"))) // so that there is a log, too
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) < 4 {
		t.Errorf("only %v are there", entries)
	}
	for _, e := range entries {
		info, err := e.Info()
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the permissions %s", e.Name(), info.Mode())
		}
	}
}

func TestTokensAreSealed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "test.db")
	s := openOwnKey(t, file)
	app := provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "very-secret-token"}
	must(t, s.PutApp(t.Context(), app))
	must(t, s.Close())
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		if strings.Contains(string(data), app.Token) {
			t.Errorf("%s holds the token in the clear", e.Name())
		}
	}
	info, err := os.Stat(file + ".key")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info, err)
	}
	s = openOwnKey(t, file)
	if got, err := s.App(t.Context(), "chat"); err != nil || got.Token != app.Token {
		t.Errorf("after opening again: %v, %v", got, err)
	}
	must(t, s.Close())
	if _, err := store.Open(t.Context(), store.Config{Database: filepath.Join(dir, "short.db"), Key: []byte("fifteen bytes..")}); err == nil {
		t.Error("a key of 15 bytes is accepted")
	}
	enough, err := store.Open(t.Context(), store.Config{Database: filepath.Join(dir, "short.db"), Key: []byte("sixteen bytes...")})
	must(t, err)
	must(t, enough.Close())
}

func TestNewerSchemaIsRefused(t *testing.T) { storetest.Each(t, testNewerSchemaIsRefused) }

func testNewerSchemaIsRefused(t *testing.T, database string) {
	s, _ := open(t, database)
	_, err := s.DB().ExecContext(t.Context(), "INSERT INTO scimwright_version (version_id, is_applied) VALUES (99, "+truth(database)+")")
	must(t, err)
	must(t, s.Close())
	if _, err := store.Open(t.Context(), store.Config{Database: database, Key: []byte(storetest.Key)}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer database: %v, want a refusal", err)
	}
}

func TestOlderSchemaIsBroughtUpToDate(t *testing.T) {
	storetest.Each(t, testOlderSchemaIsBroughtUpToDate)
}

// testOlderSchemaIsBroughtUpToDate takes a database back to where apps were no drafts yet:
// who was given what changes goes on, and who waited for a first sync waits.
func testOlderSchemaIsBroughtUpToDate(t *testing.T, database string) {
	s, _ := open(t, database)
	for _, name := range []string{"chat", "wiki"} {
		must(t, s.PutApp(t.Context(), provisioner.App{Name: name, Endpoint: "https://" + name + ".example", Token: "t"}))
	}
	for _, statement := range []string{
		"ALTER TABLE app DROP COLUMN started",
		"UPDATE app SET state = 'paused', cause = 'first' WHERE name = 'wiki'",
		"DELETE FROM scimwright_version WHERE version_id = 2",
	} {
		_, err := s.DB().ExecContext(t.Context(), statement)
		must(t, err)
	}
	must(t, s.Close())
	s, _ = open(t, database)
	for name, want := range map[string]provisioner.AppState{"chat": provisioner.AppActive, "wiki": provisioner.AppDraft} {
		if app, err := s.App(t.Context(), name); err != nil || app.State != want || app.Started == app.State.Drafted() || app.Cause != "" {
			t.Errorf("%s is %+v, %v; want %s", name, app, err, want)
		}
	}
}

func TestLogIsKeptForATime(t *testing.T) { storetest.Each(t, testLogIsKeptForATime) }

func testLogIsKeptForATime(t *testing.T, database string) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := store.Open(t.Context(), store.Config{Database: database, Key: []byte(storetest.Key), KeepLog: 24 * time.Hour, Now: func() time.Time { return now }})
	must(t, err)
	defer s.Close()
	must(t, s.PutApp(t.Context(), provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "t"}))
	for _, id := range []string{"u1", "u2"} {
		must(t, s.PutUser(t.Context(), user(t, id, id)))
		key := provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: id}
		w, err := s.Load(t.Context(), key)
		must(t, err)
		w.Link.State = provisioner.LinkConverged
		o := &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired, Entry: &provisioner.LogEntry{Key: key, At: now, Action: provisioner.ActionCreate, OK: true}}
		must(t, s.Finish(t.Context(), "", o))
		now = now.Add(20 * time.Hour)
	}
	must(t, s.Tidy(t.Context()))
	entries, err := s.Log(t.Context(), provisioner.LogQuery{App: "chat"})
	if err != nil || len(entries) != 1 || entries[0].Subject != "u2" {
		t.Errorf("after 40 hours the log has %+v, %v; want that of the last day", entries, err)
	}
}

func TestSnapshot(t *testing.T) { storetest.Each(t, testSnapshot) }

// truth is how the migrations' own table spells true.
func truth(database string) string {
	if strings.HasPrefix(database, "postgres") {
		return "true"
	}
	return "1"
}

func testSnapshot(t *testing.T, database string) {
	s, _ := setup(t, database)
	must(t, s.PutUser(t.Context(), user(t, "u1", "ada")))
	must(t, s.PutGroup(t.Context(), group("g1", "u1")))
	file := storetest.SQLite(t)
	must(t, s.Snapshot(t.Context(), file))
	c, _ := open(t, file)
	if a, err := c.App(t.Context(), "chat"); err != nil || a.Token != "secret-of-chat" {
		t.Errorf("the copy holds the app %+v, %v", a, err)
	}
	if links, err := c.AppLinks(t.Context(), "wiki"); err != nil || len(links) != 2 {
		t.Errorf("the copy holds the links %v, %v, want two", links, err)
	}
	if u, err := c.User(t.Context(), "u1"); err != nil || u.Attributes.String("userName") != "ada" {
		t.Errorf("the copy holds %v, %v", u, err)
	}
}

// TestManyProcesses changes one directory from several stores at a time: names stay
// unique, members exist, and no change is refused because of another one.
func TestManyProcesses(t *testing.T) {
	database := storetest.Postgres(t)
	ctx := t.Context()
	setup(t, database)
	var wg sync.WaitGroup
	var conflicts atomic.Int64
	unless := func(err, expected error) bool {
		if err != nil && !errors.Is(err, expected) {
			t.Error(err)
		}
		return err != nil
	}
	const processes, rounds = 4, 25
	for p := range processes {
		s, _ := open(t, database)
		wg.Go(func() {
			for i := range rounds {
				id := fmt.Sprintf("u%d-%d", i, p)
				if unless(s.PutUser(ctx, user(t, id, fmt.Sprintf("name%d", i))), provisioner.ErrConflict) {
					conflicts.Add(1)
				}
				unless(s.PutUser(ctx, user(t, "shared", fmt.Sprintf("shared%d-%d", p, i))), nil)
				unless(s.PutGroup(ctx, group("g", "shared")), provisioner.ErrNotFound)
				unless(s.AddMember(ctx, "g", id), provisioner.ErrNotFound)
				if i%5 == 0 {
					unless(s.DeleteUser(ctx, "shared"), provisioner.ErrNotFound)
				}
			}
		})
	}
	wg.Wait()
	if got, want := conflicts.Load(), int64((processes-1)*rounds); got != want {
		t.Errorf("%d users of a name that was taken were refused, want %d", got, want)
	}
	s, _ := open(t, database)
	groups, err := s.Groups(ctx)
	must(t, err)
	for _, g := range groups {
		for _, m := range g.Members {
			if _, err := s.User(ctx, m); err != nil {
				t.Errorf("group %s has the member %s: %v", g.ID, m, err)
			}
		}
	}
}

func TestPostgresWantsAKey(t *testing.T) {
	database := storetest.Postgres(t)
	if _, err := store.Open(t.Context(), store.Config{Database: database}); err == nil || !strings.Contains(err.Error(), "SCIMWRIGHT_KEY") {
		t.Errorf("without a key: %v, want an error that names SCIMWRIGHT_KEY", err)
	}
	_, err := store.Open(t.Context(), store.Config{Database: "postgres://who:very-secret@127.0.0.1:1/x?connect_timeout=1", Key: []byte(storetest.Key)})
	if err == nil || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("a server that is not there: %v, want an error without the password", err)
	}
}

// TestAddressWrittenOtherwise: another way to write an app's address is not another app,
// and forgets nothing of what is known of it.
func TestAddressWrittenOtherwise(t *testing.T) { storetest.Each(t, testAddressWrittenOtherwise) }

func testAddressWrittenOtherwise(t *testing.T, database string) {
	s := storetest.Open(t, database)
	put := func(endpoint string) *provisioner.App {
		t.Helper()
		must(t, s.PutApp(t.Context(), provisioner.App{Name: "a", Endpoint: endpoint, Token: "t"}))
		app, err := s.App(t.Context(), "a")
		must(t, err)
		return app
	}
	put("https://A.example/scim/")
	must(t, s.UpdateApp(t.Context(), "a", func(a *provisioner.App) {
		a.Learned.Observe(provisioner.UserUpdate, provisioner.FormPut, "PATCH answered 405", time.Now())
		a.Limit.Concurrency = 3
	}))
	for _, endpoint := range []string{"https://a.example/scim", "HTTPS://a.Example:443/scim//", " https://a.example/scim"} {
		app := put(endpoint)
		if app.Endpoint != "https://a.example/scim" || len(app.Learned.Observed) != 1 || app.Limit.Concurrency != 3 {
			t.Errorf("saved as %q: %s, learned %v, limit %+v", endpoint, app.Endpoint, app.Learned.Observed, app.Limit)
		}
	}
	if app := put("https://a.example/Scim"); len(app.Learned.Observed) != 0 || app.Limit.Concurrency != 0 {
		t.Errorf("at another address: learned %v, limit %+v", app.Learned.Observed, app.Limit)
	}
}
