package provisioner_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
)

// A program that knows users and groups tells the engine what happens to them. It owns
// the database handle and the transport: the engine keeps what it has to remember in
// the one, and sends every request through the other. Each event costs the app one
// request.
func Example() {
	ctx := context.Background()
	dir, app, token := startWiki()
	defer os.RemoveAll(dir)
	defer app.Close()
	db, err := sql.Open("sqlite", store.SQLiteDSN(filepath.Join(dir, "program.db"))) // or "pgx"
	ok(err)
	defer db.Close()
	transport := &recorder{next: http.DefaultTransport}

	s, err := store.Open(ctx, store.Config{DB: db})
	ok(err)
	defer s.Close()
	engine := provisioner.New(provisioner.Config{Store: s, Transport: transport, PrivateNetwork: true}) // the wiki is on this machine
	q, err := queue.Start(ctx, queue.Config{Store: s, Engine: engine})
	ok(err)
	defer q.Stop(ctx)
	// The engine works in the background; only the example has to wait for it.
	show := func(event string, err error) {
		ok(err)
		_, err = engine.Await(ctx, "wiki", 0, time.Minute, nil)
		ok(err)
		fmt.Printf("%s: %s\n", event, transport.take())
	}

	ok(s.PutGroup(ctx, provisioner.Group{ID: "g1", Attributes: object(`{"displayName": "Staff"}`)}))
	ok(s.PutApp(ctx, provisioner.App{Name: "wiki", Endpoint: app.URL + "/scim/v2", Token: token}))
	_, err = engine.Sync(ctx, "wiki")
	show("connected", err)
	ada := provisioner.User{ID: "u1", Attributes: object(`{"userName": "ada", "title": "Clerk"}`)}
	show("created", s.PutUser(ctx, ada))
	ada.Attributes.Set("title", "Librarian")
	show("updated", s.PutUser(ctx, ada))
	show("added to a group", s.AddMember(ctx, "g1", "u1"))
	ada.Attributes.Set("active", false)
	show("disabled", s.PutUser(ctx, ada))
	// Output:
	// connected: GET Users, GET Groups, POST Groups
	// created: POST Users
	// updated: PATCH Users
	// added to a group: PATCH Groups
	// disabled: PATCH Users
}

// A recorder is a transport that takes note of the requests that go through it.
type recorder struct {
	next http.RoundTripper
	mu   sync.Mutex
	seen []string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	collection, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/scim/v2/"), "/")
	r.seen = append(r.seen, req.Method+" "+collection)
	r.mu.Unlock()
	return r.next.RoundTrip(req)
}

// take returns the requests since it was last called.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := strings.Join(r.seen, ", ")
	r.seen = nil
	return seen
}

// startWiki starts an app with a SCIM endpoint, and makes a directory for a database.
func startWiki() (dir string, app *httptest.Server, token string) {
	dir, err := os.MkdirTemp("", "scimwright-example-")
	ok(err)
	mock, err := mocktarget.New(mocktarget.Config{})
	ok(err)
	return dir, httptest.NewServer(mock), mock.Token()
}

func object(text string) *scim.Object {
	o, err := scim.ParseObject([]byte(text))
	ok(err)
	return o
}

func ok(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
