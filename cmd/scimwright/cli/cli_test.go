package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/permiso/scimwright/cmd/scimwright/cli"
	"github.com/permiso/scimwright/mocktarget"
)

// run runs a command line and returns what a shell would see.
func run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = cli.Run(ctx, args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// An app is a mock behind a handler that can get in its way.
type app struct {
	*httptest.Server
	mock     *mocktarget.Server
	requests atomic.Int64
	// before may answer a request itself, and returns true if it did.
	before atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func newApp(t *testing.T) *app {
	t.Helper()
	mock, err := mocktarget.New(mocktarget.Config{Token: "app-token"})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{mock: mock}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		if before := a.before.Load(); before != nil && (*before)(w, r) {
			return
		}
		mock.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { a.Close(); mock.Close() })
	t.Setenv("APP_TOKEN", "app-token")
	return a
}

// sync is the command line that pushes people into the app.
func (a *app) sync(t *testing.T, directory, database string, more ...string) []string {
	t.Helper()
	return append([]string{"sync", "--directory", directory, "--endpoint", a.URL + "/scim/v2", "--token-env", "APP_TOKEN", "--database", database}, more...)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const people = `{"users": [{"id": "u1", "userName": "ann"}, {"id": "u2", "userName": "ben"}, {"id": "u3", "userName": "cleo", "active": false}],
 "groups": [{"id": "g1", "displayName": "All", "members": [{"value": "u1"}, {"value": "u2"}]}]}`

// TestSyncJSON holds the document to its documented fields, no more and no less.
func TestSyncJSON(t *testing.T) {
	code, stdout, stderr := run(t.Context(), "sync", "--directory", "../../../testdata/directory/acme.json", "--mock", "--output", "json")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	var doc map[string]any
	d := json.NewDecoder(strings.NewReader(stdout))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if d.More() {
		t.Errorf("there is more than one document: %s", stdout)
	}
	wantKeys(t, doc, "app", "duration_ms", "endpoint", "failures", "groups", "held", "requests", "users")
	users, groups := doc["users"].(map[string]any), doc["groups"].(map[string]any)
	wantKeys(t, users, "created", "deleted", "disabled", "failed", "held", "skipped", "unchanged", "updated")
	wantKeys(t, groups, "created", "deleted", "failed", "held", "skipped", "unchanged", "updated")
	if users["created"] != json.Number("60") || users["skipped"] != json.Number("2") || groups["created"] != json.Number("8") {
		t.Errorf("users %v, groups %v", users, groups)
	}
	if failures, ok := doc["failures"].([]any); !ok || len(failures) != 0 {
		t.Errorf("failures %v", doc["failures"])
	}
	if n, err := doc["requests"].(json.Number).Int64(); err != nil || n < 68 {
		t.Errorf("%v requests", doc["requests"])
	}
}

func wantKeys(t *testing.T, object map[string]any, want ...string) {
	t.Helper()
	var got []string
	for k := range object {
		got = append(got, k)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("fields %q, want %q", got, want)
	}
}

// TestSyncWithGroupsInTrouble: users arrive, what fails is named, and the next run
// makes up for it.
func TestSyncWithGroupsInTrouble(t *testing.T) {
	a := newApp(t)
	broken := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/Groups") {
			return false
		}
		http.Error(w, "boom", http.StatusInternalServerError)
		return true
	}
	a.before.Store(&broken)
	directory, database := write(t, "people.json", people), filepath.Join(t.TempDir(), "state.db")
	code, stdout, stderr := run(t.Context(), a.sync(t, directory, database, "--wait", "100ms", "--output", "json")...)
	if code != 1 {
		t.Errorf("exit code %d, want 1; %s", code, stderr)
	}
	var doc struct {
		Users    struct{ Created, Failed int }
		Groups   struct{ Created, Failed int }
		Failures []struct{ Kind, ID, Reason string }
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if doc.Users.Created != 2 || doc.Users.Failed != 0 || doc.Groups.Failed != 1 || len(doc.Failures) != 1 {
		t.Fatalf("%+v", doc)
	}
	if f := doc.Failures[0]; f.Kind != "Group" || f.ID != "g1" || !strings.Contains(f.Reason, "500") {
		t.Errorf("failure %+v", f)
	}
	if !strings.Contains(stderr, "1 subject failed") || !strings.Contains(stderr, database) {
		t.Errorf("stderr %q", stderr)
	}

	a.before.Store(nil)
	if code, stdout, stderr := run(t.Context(), a.sync(t, directory, database)...); code != 0 || !strings.Contains(stdout, "groups") {
		t.Errorf("exit code %d, %s %s", code, stdout, stderr)
	}
	if n := a.mock.Tenant(mocktarget.DefaultTenant).Count("Group"); n != 1 {
		t.Errorf("the app has %d groups, want 1", n)
	}
}

// TestSyncRefusedOnTheWay: a token that is withdrawn in the middle of a run.
func TestSyncRefusedOnTheWay(t *testing.T) {
	a := newApp(t)
	refuse := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	a.before.Store(&refuse)
	directory, database := write(t, "people.json", people), filepath.Join(t.TempDir(), "state.db")
	code, _, stderr := run(t.Context(), a.sync(t, directory, database)...)
	if code != 3 || !strings.Contains(stderr, "401") {
		t.Errorf("exit code %d, %s; want 3 and a word about 401", code, stderr)
	}
	a.before.Store(nil)
	if code, _, stderr := run(t.Context(), a.sync(t, directory, database)...); code != 0 {
		t.Errorf("with the token back: exit code %d, %s", code, stderr)
	}
	if n := a.mock.Tenant(mocktarget.DefaultTenant).Count("User"); n != 2 {
		t.Errorf("the app has %d users, want 2", n)
	}
}

// TestSyncInterrupted: a run that is stopped ends with 130 and can be repeated.
func TestSyncInterrupted(t *testing.T) {
	a := newApp(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupt := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		cancel(cli.Stopped{Signal: syscall.SIGINT})
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	a.before.Store(&interrupt)
	directory, database := write(t, "people.json", people), filepath.Join(t.TempDir(), "state.db")
	code, stdout, stderr := run(ctx, a.sync(t, directory, database)...)
	if code != 130 || stdout != "" || !strings.Contains(stderr, "interrupted") {
		t.Errorf("exit code %d, stdout %q, stderr %q; want 130", code, stdout, stderr)
	}
	a.before.Store(nil)
	if code, stdout, stderr := run(t.Context(), a.sync(t, directory, database)...); code != 0 {
		t.Errorf("the run after it: exit code %d, %s%s", code, stdout, stderr)
	}
}

// TestWhatAnEarlierRunLeftUndone checks that a run judges the work an earlier one
// has left by the directory it is given itself, and sends nothing if it cannot go on.
func TestWhatAnEarlierRunLeftUndone(t *testing.T) {
	a := newApp(t)
	dir := t.TempDir()
	t.Setenv("APP_TOKEN", "app-token")
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	many := write("many.json", `{"users": [{"id": "u1", "userName": "ann"}, {"id": "u2", "userName": "ben"}, {"id": "u3", "userName": "cid"}]}`)
	one := write("one.json", `{"users": [{"id": "u1", "userName": "ann"}]}`)
	sync := func(directory, endpoint string) (int, string, string) {
		return run(t.Context(), "sync", "--directory", directory, "--endpoint", endpoint, "--token-env", "APP_TOKEN",
			"--app", "app", "--database", filepath.Join(dir, "test.db"), "--wait", "0s", "--output", "json")
	}
	var posts atomic.Int64
	down := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	up := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			posts.Add(1)
		}
		return false
	}
	a.before.Store(&down)
	if code, out, stderr := sync(many, a.URL+"/scim/v2"); code != cli.ExitBad {
		t.Fatalf("with the app down: %d %s %s", code, out, stderr)
	}
	a.before.Store(&up)
	if code, _, stderr := sync(many, a.URL+"/elsewhere"); code == cli.ExitGood || posts.Load() > 0 {
		t.Errorf("at another endpoint: %d %s, %d writes; want a refusal and none", code, stderr, posts.Load())
	}
	code, out, stderr := sync(one, a.URL+"/scim/v2")
	if code != cli.ExitGood || posts.Load() != 1 {
		t.Errorf("with a smaller directory: %d %s %s, %d writes; want 1", code, out, stderr, posts.Load())
	}
	var report struct {
		Users struct{ Created, Disabled int }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Users.Created != 1 || report.Users.Disabled != 0 {
		t.Errorf("report %s: want one created, %v", out, err)
	}
}
