// Package mocktargettest starts a mock SCIM server for a Go test:
//
//	target := mocktargettest.New(t)
//	// … let the client under test provision into target.URL() with target.Token()
//	users := target.Users()
//
// The server runs in-process on a loopback port, is closed when the test ends, and
// shows the last exchanges in the test's log if the test has failed. Tests that
// run in parallel take a server each, or a tenant each of one server.
package mocktargettest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// A Target is one tenant of a mock server.
type Target struct {
	server *mocktarget.Server
	tenant *mocktarget.Tenant
	origin string
	t      testing.TB
}

// An Option changes the configuration of the server that [New] starts.
type Option func(*settings)

type settings struct {
	config mocktarget.Config
	seed   string
	tail   int
}

// WithConfig starts the server with a configuration.
func WithConfig(config mocktarget.Config) Option {
	return func(s *settings) { s.config = config }
}

// WithSeed adds resources to the tenant before the test goes on: a JSON object such
// as {"Users": […], "Groups": […]}, see [mocktarget.Tenant.Seed].
func WithSeed(json string) Option { return func(s *settings) { s.seed = json } }

// WithSequentialIDs gives resources ids that are the same in each run.
func WithSequentialIDs() Option {
	return func(s *settings) { s.config.IDs = mocktarget.SequentialIDs }
}

// WithJournalTail sets how many exchanges of each tenant a failed test shows, 0 for
// none; without it, 20.
func WithJournalTail(n int) Option { return func(s *settings) { s.tail = n } }

// New starts a server on a free loopback port and returns its default tenant. The
// test fails at once if it cannot start; t.Cleanup closes it.
func New(t testing.TB, options ...Option) *Target {
	t.Helper()
	s := settings{tail: 20}
	for _, option := range options {
		option(&s)
	}
	server, err := mocktarget.New(s.config)
	if err != nil {
		t.Fatalf("starting the mock: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("starting the mock: %v", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	target := &Target{
		server: server, tenant: server.Tenant(mocktarget.DefaultTenant), origin: "http://" + listener.Addr().String(), t: t,
	}
	t.Cleanup(func() {
		if t.Failed() && s.tail > 0 {
			for _, tenant := range server.Tenants() {
				t.Log(tail(tenant, s.tail))
			}
		}
		// A test is over: nobody waits for what is in flight.
		if err := server.Close(); err != nil {
			t.Logf("closing the mock: %v", err)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("the mock stopped: %v", err)
		}
	})
	if s.seed != "" {
		target.Seed(s.seed)
	}
	return target
}

// URL returns the address of the tenant's SCIM service.
func (g *Target) URL() string { return g.origin + g.tenant.Path() }

// Origin returns scheme, host and port of the server.
func (g *Target) Origin() string { return g.origin }

// Token returns the bearer token the server accepts.
func (g *Target) Token() string { return g.server.Token() }

// Server returns the server.
func (g *Target) Server() *mocktarget.Server { return g.server }

// Handler returns the server as a handler, for requests without a socket.
func (g *Target) Handler() http.Handler { return g.server.Handler() }

// Tenant returns another tenant of the same server: a directory of its own.
func (g *Target) Tenant(name string) *Target {
	g.t.Helper()
	return &Target{server: g.server, tenant: g.server.Tenant(name), origin: g.origin, t: g.t}
}

// Seed adds resources to the tenant; the test fails at once if it cannot.
func (g *Target) Seed(json string) {
	g.t.Helper()
	if err := g.tenant.Seed(strings.NewReader(json)); err != nil {
		g.t.Fatalf("seeding tenant %s: %v", g.tenant.Name(), err)
	}
}

// Reset deletes all resources of the tenant.
func (g *Target) Reset() { g.tenant.Reset() }

// Users returns the users of the tenant as a client would read them, in the order
// of their creation. Locations are without scheme and host.
func (g *Target) Users() []*scim.Object { return g.tenant.Resources("User") }

// Groups returns the groups of the tenant like [Target.Users].
func (g *Target) Groups() []*scim.Object { return g.tenant.Resources("Group") }

// Resources returns the resources of a type like [Target.Users].
func (g *Target) Resources(resourceType string) []*scim.Object {
	return g.tenant.Resources(resourceType)
}

// Journal returns the exchanges of the tenant, oldest first.
func (g *Target) Journal() []mocktarget.Entry {
	kept := g.tenant.Journal()
	entries := make([]mocktarget.Entry, len(kept))
	for i, e := range kept {
		entries[i] = *e
	}
	return entries
}

// ClearJournal forgets the exchanges of the tenant so far.
func (g *Target) ClearJournal() { g.tenant.ClearJournal() }

// Snapshot returns the state of the tenant.
func (g *Target) Snapshot() mocktarget.Snapshot { return g.tenant.Snapshot() }

// Restore puts back a state of any tenant of the same server.
func (g *Target) Restore(s mocktarget.Snapshot) { g.tenant.Restore(s) }

// tail describes the last exchanges of a tenant.
func tail(tenant *mocktarget.Tenant, most int) string {
	entries := tenant.Journal()
	skipped := max(0, len(entries)-most)
	var b strings.Builder
	fmt.Fprintf(&b, "mock tenant %s: %d exchanges", tenant.Name(), len(entries))
	if skipped > 0 {
		fmt.Fprintf(&b, ", the last %d of them", most)
	}
	for _, e := range entries[skipped:] {
		fmt.Fprintf(&b, "\n#%d %s %s → %d", e.Seq, e.Request.Method, e.Request.URL, e.Response.Status)
		for _, part := range []struct{ mark, body string }{{">", e.Request.Body}, {"<", e.Response.Body}} {
			if part.body != "" {
				fmt.Fprintf(&b, "\n  %s %s", part.mark, short(part.body))
			}
		}
	}
	return b.String()
}

// short cuts a body for the log.
func short(body string) string {
	const most = 2000
	if len(body) <= most {
		return body
	}
	return strings.ToValidUTF8(body[:most], "") + "…"
}
