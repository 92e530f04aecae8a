// Package mocktargettest starts a mock SCIM server for a Go test:
//
//	target := mocktargettest.New(t)
//	// … let the client under test provision into target.URL() with target.Token()
//	users := target.Users()
//
// The server runs in-process on a loopback port with its control API and is closed
// when the test ends. If the test has failed, its log shows the last exchanges, which
// invariants were broken and what lint found. Tests that run in parallel take a server each, or a
// tenant each of one server. Code that shall work with a mock elsewhere too takes
// [Target.Target].
package mocktargettest

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
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
	control.New(ctx, server, control.Config{}).Mount()
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	target := &Target{
		server: server, tenant: server.Tenant(mocktarget.DefaultTenant), origin: "http://" + listener.Addr().String(), t: t,
	}
	t.Cleanup(func() {
		if t.Failed() && s.tail > 0 {
			for _, tenant := range server.Tenants() {
				t.Log(report(tenant, s.tail))
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

// Target returns the tenant as code sees it that takes a mock wherever it runs.
func (g *Target) Target() mocktarget.Target { return mocktarget.NewLocal(g.tenant, g.origin) }

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

// Data returns the resources of the tenant for reading and writing without HTTP.
func (g *Target) Data() mocktarget.Data { return g.tenant.Data() }

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

// Restore puts back a state of any tenant of the same server with the same resource
// types; the test fails at once if it is another one.
func (g *Target) Restore(s mocktarget.Snapshot) {
	g.t.Helper()
	if err := g.tenant.Restore(s); err != nil {
		g.t.Fatalf("restoring tenant %s: %v", g.tenant.Name(), err)
	}
}
