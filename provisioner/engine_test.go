package provisioner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
)

// bundle is a whole engine on a database file, and an app on a server that we did
// not write, behind a door that tests can count at and slam.
type bundle struct {
	*store.Store
	engine *provisioner.Engine
	app    *door
}

// door stands in front of an app.
type door struct {
	http.Handler
	token string
	url   string

	mu   sync.Mutex
	seen []string // "METHOD /path" of each request
	// answer, if not nil, may answer instead of the app.
	answer atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.seen = append(d.seen, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/scim/v2"))
	d.mu.Unlock()
	if answer := d.answer.Load(); answer != nil && (*answer)(w, r) {
		return
	}
	d.Handler.ServeHTTP(w, r)
}

func (d *door) answerWith(f func(w http.ResponseWriter, r *http.Request) bool) { d.answer.Store(&f) }

// open lets every request through again.
func (d *door) open() { d.answer.Store(nil) }

// requests returns the requests since the last call.
func (d *door) requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := d.seen
	d.seen = nil
	return seen
}

// writes returns the requests since the last call that change something.
func (d *door) writes() (writes []string) {
	for _, s := range d.requests() {
		if !strings.HasPrefix(s, "GET ") {
			writes = append(writes, s)
		}
	}
	return writes
}

func newDoor(t *testing.T) *door {
	t.Helper()
	server, err := mocktarget.New(elimityserver.Configure(mocktarget.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Handler: server, token: server.Token()}
	listener := httptest.NewServer(d)
	t.Cleanup(listener.Close)
	d.url = listener.URL + "/scim/v2"
	return d
}

func setup(t *testing.T) *bundle {
	t.Helper()
	app := newDoor(t)
	b := start(t, filepath.Join(t.TempDir(), "test.db"))
	b.app = app
	b.connect(t, "app", b.app)
	return b
}

func (b *bundle) connect(t *testing.T, name string, d *door) {
	t.Helper()
	b.connectWith(t, name, d, provisioner.Settings{})
}

func (b *bundle) connectWith(t *testing.T, name string, d *door, settings provisioner.Settings) {
	t.Helper()
	if err := b.PutApp(t.Context(), provisioner.App{Name: name, Endpoint: d.url, Token: d.token, Settings: settings}); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, file string) *bundle {
	t.Helper()
	b, stop := startAt(t, file, time.Now)
	t.Cleanup(stop)
	return b
}

// startAt starts an engine that lives by a clock, until stop is called.
func startAt(t *testing.T, file string, now func() time.Time) (b *bundle, stop func()) {
	t.Helper()
	ctx := t.Context()
	s, err := store.Open(ctx, store.Config{Database: file, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	engine := provisioner.New(provisioner.Config{Store: s, Now: now, PrivateNetwork: true, Backoff: provisioner.Backoff{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond}})
	q, err := queue.Start(ctx, queue.Config{Store: s, Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := q.Stop(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bundle{Store: s, engine: engine}, stop
}

// sync pushes the whole state to the app and waits until it has settled.
func (b *bundle) sync(t *testing.T, app string) *provisioner.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run, err := b.engine.StartSync(ctx, app, "test", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = b.engine.AwaitRun(ctx, run.ID, nil); err != nil || run.State != provisioner.RunDone {
		links, _ := b.AppLinks(t.Context(), app)
		t.Fatalf("run %+v, %v; links: %+v", run, err, links)
	}
	return run.Result
}

// settle waits until the app has nothing ahead.
func (b *bundle) settle(t *testing.T, app string) *provisioner.Result {
	t.Helper()
	return b.await(t, app, 0)
}

func (b *bundle) await(t *testing.T, app string, since int64) *provisioner.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r, err := b.engine.Await(ctx, app, since, 10*time.Second, nil)
	if err != nil {
		links, _ := b.AppLinks(t.Context(), app)
		t.Fatalf("%v; links: %+v", err, links)
	}
	return r
}

func attributes(t *testing.T, text string, args ...any) *scim.Object {
	t.Helper()
	o, err := scim.ParseObject(fmt.Appendf(nil, text, args...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// remote reads what the app holds, straight from it.
func (d *door) remote(t *testing.T, endpoint string) []map[string]any {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/scim/v2"+endpoint+"?count=1000", nil)
	r.Header.Set("Authorization", "Bearer "+d.token)
	w := httptest.NewRecorder()
	d.Handler.ServeHTTP(w, r)
	var list struct{ Resources []map[string]any }
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s (%v)", endpoint, w.Code, w.Body, err)
	}
	return list.Resources
}

// post makes a resource in the app behind the engine's back.
func (d *door) post(t *testing.T, endpoint, body string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/scim/v2"+endpoint, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	d.Handler.ServeHTTP(w, r)
	var created struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &created); err != nil || w.Code != http.StatusCreated {
		t.Fatalf("POST %s: %d %s (%v)", endpoint, w.Code, w.Body, err)
	}
	return created.ID
}

const userText = `{"userName": %q, "name": {"givenName": "Given", "familyName": "Family"},
	"emails": [{"value": "%[1]s@acme.example", "type": "work", "primary": true}], "active": %t}`

func (b *bundle) putUser(t *testing.T, id, name string, active bool) {
	t.Helper()
	if err := b.PutUser(t.Context(), provisioner.User{ID: id, Attributes: attributes(t, userText, name, active)}); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) putGroup(t *testing.T, id, name string, members ...string) {
	t.Helper()
	if err := b.PutGroup(t.Context(), provisioner.Group{ID: id, Attributes: attributes(t, `{"displayName": %q}`, name), Members: members}); err != nil {
		t.Fatal(err)
	}
}

func wantRequests(t *testing.T, d *door, want ...string) {
	t.Helper()
	if got := d.requests(); strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("requests %q, want %q", got, want)
	}
}

// TestFourEvents checks the events that Permiso lives for, and that each costs one
// request.
func TestFourEvents(t *testing.T) {
	b := setup(t)
	b.sync(t, "app")
	b.app.requests()
	b.putUser(t, "u1", "ada", true)
	b.settle(t, "app")
	wantRequests(t, b.app, "POST /Users")

	b.putUser(t, "u1", "ada.l", true)
	b.settle(t, "app")
	id := b.app.remote(t, "/Users")[0]["id"].(string)
	wantRequests(t, b.app, "PATCH /Users/"+id)

	b.putUser(t, "u1", "ada.l", true) // nothing new
	b.settle(t, "app")
	wantRequests(t, b.app)

	b.putGroup(t, "g1", "staff", "u1")
	b.settle(t, "app")
	wantRequests(t, b.app, "POST /Groups")

	b.putUser(t, "u1", "ada.l", false)
	b.settle(t, "app")
	wantRequests(t, b.app, "PATCH /Users/"+id)
	if got := b.app.remote(t, "/Users")[0]; got["active"] != false || got["userName"] != "ada.l" {
		t.Errorf("the app holds %v", got)
	}
}
