// Package mocktarget is a SCIM 2.0 server to test clients against: complete as to
// RFC 7643, RFC 7644 and RFC 9865, in memory, and open to inspection.
//
// [New] makes a [Server], which is an [http.Handler]; [Server.Serve] runs it on a
// listener with timeouts that fit. Each path /t/{tenant}/scim/v2 is a [Tenant], a
// directory of its own that comes into being when it is first used, and /scim/v2 is
// the tenant "default"; so parallel tests never meet. [Server.CreateTenant] makes one
// that differs: with resource types, a token, a [Clock] or ids of its own.
//
// A tenant is a test double. [Tenant.Journal] holds what it was asked and answered
// and what that changed, [Tenant.Verify] tests what a client has asked for,
// [Tenant.Expect] and [Tenant.Await] what the tenant holds in the end, and
// [Tenant.AddInvariant] finds the request after which a rule no longer holds.
// [Tenant.Save] and [Server.Fork] keep a state to go on from; that takes no time
// however large it is. What a client did wrong, by the RFCs or by good manners, is
// among its findings, see [Tenant.Findings] and [LintRules]. Package control has all
// of this done over HTTP, and a [Target] is a tenant wherever it runs.
//
// A request passes fixed phases: route, authenticate, decode, plan (filter or
// patch), store, project, respond. Each is one function on the exchange. An [Engine]
// in the configuration, such as that of package elimityserver, can answer in the place
// of this package, on the same data.
//
// Go tests start a server with package mocktargettest. Go code has what clients have
// by [Tenant.Data], without HTTP.
package mocktarget

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// DefaultTenant is the name of the tenant at /scim/v2.
const DefaultTenant = "default"

// A Server is a mock SCIM server. Its methods may be called from any goroutine.
type Server struct {
	config  Config
	model   *model
	handler http.Handler
	log     *slog.Logger
	auth    *authenticator
	cursors *sealer
	mounts  []mount
	zones   zoneNames

	mu      sync.RWMutex
	tenants map[string]*Tenant
	serving []*http.Server
	closed  bool
}

// New returns a server without tenants; they come into being when they are used.
// It refuses a configuration that cannot work.
func New(config Config) (*Server, error) {
	config.Limits = config.Limits.withDefaults()
	config.Journal = config.Journal.withDefaults()
	if config.Token == "" {
		config.Token = rand.Text()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.IDs == nil {
		config.IDs = randomID
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.ResourceTypes == nil {
		config.ResourceTypes = []*scim.ResourceType{scim.UserType(), scim.GroupType()}
	}
	if err := checkBaseURL(config.BaseURL); err != nil {
		return nil, err
	}
	config.BaseURL = strings.TrimSuffix(config.BaseURL, "/")
	config.Engines = maps.Clone(config.Engines)
	m, err := newModel(config.ResourceTypes, maphash.MakeSeed())
	if err != nil {
		return nil, fmt.Errorf("mocktarget: %w", err)
	}
	auth, err := newAuthenticator(config)
	if err != nil {
		return nil, fmt.Errorf("mocktarget: %w", err)
	}
	cursors, err := newSealer("cursor")
	if err != nil {
		return nil, fmt.Errorf("mocktarget: cursor key: %w", err)
	}
	s := &Server{
		config: config, model: m, log: config.Log, auth: auth, cursors: cursors,
		tenants: map[string]*Tenant{},
	}
	s.tenants[DefaultTenant] = newTenant(s, DefaultTenant, m)
	if err := errors.Join(config.checkEngines(), s.check(config.Settings)); err != nil {
		return nil, fmt.Errorf("mocktarget: %w", err)
	}
	s.handler = s.routes()
	return s, nil
}

func checkBaseURL(base string) error {
	if base == "" {
		return nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" ||
		strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("mocktarget: BaseURL %q must look like https://host:port, without a path or query", base)
	}
	return nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := s.mounted(r.URL.Path); h != nil {
		h.ServeHTTP(w, r)
		return
	}
	s.handler.ServeHTTP(w, r)
}

// Handler returns the server as a handler, for mounting at the root of another
// server.
func (s *Server) Handler() http.Handler { return s }

// Token returns the bearer token that every tenant accepts.
func (s *Server) Token() string { return s.config.Token }

// Tenant returns the tenant of a name and makes it if there is none yet; the
// limit on tenants does not count here. It panics if the name is not one to six
// dozen letters, digits, dots, dashes or underscores.
func (s *Server) Tenant(name string) *Tenant {
	if !validTenant(name) {
		panic(fmt.Sprintf("mocktarget: %q cannot be the name of a tenant", name))
	}
	t, err := s.tenant(name, false)
	if err != nil {
		panic(err) // only the limit makes an error
	}
	return t
}

// Tenants returns the tenants there are, by name.
func (s *Server) Tenants() []*Tenant {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*Tenant, 0, len(s.tenants))
	for _, t := range s.tenants {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *Tenant) int { return strings.Compare(a.name, b.name) })
	return list
}

// tenant returns the tenant of a name and makes it if there is none yet.
func (s *Server) tenant(name string, limited bool) (*Tenant, error) {
	s.mu.RLock()
	t := s.tenants[name]
	s.mu.RUnlock()
	if t != nil {
		return t, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tenants[name]; t != nil {
		return t, nil
	}
	if limited && len(s.tenants) >= s.config.Limits.Tenants {
		return nil, scim.Status(http.StatusForbidden, "there are %d tenants already, the limit; use one of them", len(s.tenants))
	}
	t = newTenant(s, name, s.model)
	s.tenants[name] = t
	return t, nil
}

// Serve answers requests on a listener until ctx ends, and then gives those in
// flight five seconds to finish, or until the server is closed. It closes the
// listener. Slow headers, idle and half-open connections are cut off.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: s.config.Limits.HeaderTimeout,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      5 * time.Minute, // a page of large groups to a slow reader
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    4 << 20, // a filter of 1 MB shall get a SCIM error; ours is the smaller limit
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return listener.Close()
	}
	s.serving = append(s.serving, server)
	s.mu.Unlock()

	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // whoever is left has had the time
		}
	})
	err := server.Serve(listener)
	if !stop() {
		<-ended
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("mocktarget: serving on %s: %w", listener.Addr(), err)
	}
	return nil
}

// Close cuts the connections of all listeners being served. The data stay
// readable. Closing twice is allowed.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	serving := s.serving
	s.serving = nil
	s.mu.Unlock()
	var errs []error
	for _, server := range serving {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

// randomID returns a random UUID (version 4).
func randomID(string, string, int) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return formatUUID(b, 4)
}

// formatUUID writes 16 bytes as a UUID of a version (RFC 9562).
func formatUUID(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 36)
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}
