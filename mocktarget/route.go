package mocktarget

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A target is what the path of a request names (RFC 7644 section 3.2, Table 2).
type target struct {
	kind targetKind
	typ  *resourceType // of kindCollection, kindResource and kindTypeSearch
	id   string        // of kindResource, kindSchema and kindResourceType
}

type targetKind int

const (
	kindUnknown targetKind = iota
	kindCollection
	kindResource
	kindTypeSearch
	kindRoot
	kindRootSearch
	kindMe
	kindBulk
	kindConfig
	kindResourceTypes
	kindResourceType
	kindSchemas
	kindSchema
	kindToken
)

// An operation answers one method on one kind of target.
type operation func(*exchange) (*answer, error)

// operations tells what can be done with each kind of target. HEAD comes with GET.
func operations() map[targetKind]map[string]operation {
	return map[targetKind]map[string]operation{
		kindCollection: {http.MethodGet: (*exchange).list, http.MethodPost: (*exchange).create},
		kindResource: {
			http.MethodGet: (*exchange).get, http.MethodPut: (*exchange).replace,
			http.MethodPatch: (*exchange).patch, http.MethodDelete: (*exchange).delete,
		},
		kindTypeSearch: {http.MethodPost: (*exchange).search},
		kindRoot:       {http.MethodGet: (*exchange).list},
		kindRootSearch: {http.MethodPost: (*exchange).search},
		kindMe: {
			http.MethodGet: (*exchange).me, http.MethodPut: (*exchange).me, http.MethodPatch: (*exchange).me,
			http.MethodDelete: (*exchange).me, http.MethodPost: (*exchange).createMe,
		},
		kindBulk:          {http.MethodPost: (*exchange).bulk},
		kindConfig:        {http.MethodGet: (*exchange).serviceProviderConfig},
		kindResourceTypes: {http.MethodGet: (*exchange).resourceTypes},
		kindResourceType:  {http.MethodGet: (*exchange).resourceType},
		kindSchemas:       {http.MethodGet: (*exchange).schemas},
		kindSchema:        {http.MethodGet: (*exchange).schema},
		kindToken:         {http.MethodPost: (*exchange).issueToken},
	}
}

// reservedEndpoint reports whether the protocol itself uses a path below the base.
func reservedEndpoint(endpoint string) bool {
	return slices.Contains([]string{"/Me", "/Bulk", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/.search"}, endpoint)
}

// routes returns the handler of all paths. The journal is around the router, so
// that what the router refuses is recorded too.
func (s *Server) routes() http.Handler {
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	for _, prefix := range []string{"", "/t/{tenant}"} {
		router.HandleFunc(prefix+"/oauth/token", s.serveToken)
		router.HandleFunc(prefix+"/scim{rest:(?:/.*)?}", s.serveSCIM)
	}
	router.NotFoundHandler = http.HandlerFunc(s.serveUnknown)
	table := operations()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{server: s, w: w, r: r, began: time.Now(), operations: table}
		defer x.finish()
		x.asJSON, x.acceptable = acceptable(r.Header.Values("Accept"))
		if err := x.checkHeader(); err != nil {
			x.fail(err)
			return
		}
		router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	})
}

type exchangeKey struct{}

// exchangeOf returns the exchange a request belongs to.
func exchangeOf(r *http.Request) *exchange {
	x := r.Context().Value(exchangeKey{}).(*exchange)
	x.r = r // the router's request knows the variables of the route
	return x
}

func (s *Server) serveUnknown(_ http.ResponseWriter, r *http.Request) {
	exchangeOf(r).fail(scim.Status(http.StatusNotFound, "nothing is at %s; the SCIM endpoint is /scim/v2 or /t/{tenant}/scim/v2", r.URL.Path))
}

// serveSCIM takes a request for a tenant's SCIM service through its phases.
func (s *Server) serveSCIM(_ http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r)
	if err := x.route(mux.Vars(r)["tenant"], mux.Vars(r)["rest"]); err != nil {
		x.fail(err)
		return
	}
	x.deviate()
	x.serve()
}

func (s *Server) serveToken(_ http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r)
	if err := x.enter(mux.Vars(r)["tenant"]); err != nil {
		x.fail(err)
		return
	}
	x.target = target{kind: kindToken}
	x.serve()
}

// enter finds the tenant of a request.
func (x *exchange) enter(name string) error {
	if name == "" {
		name = DefaultTenant
	}
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	if !validTenant(name) {
		return scim.Status(http.StatusNotFound, "%q cannot be a tenant: use letters, digits, \".\", \"-\" and \"_\"", clip(name))
	}
	x.tenantName = name
	x.server.mu.RLock()
	t := x.server.tenants[name]
	x.server.mu.RUnlock()
	if t != nil {
		x.use(t)
	}
	return nil
}

// use makes a tenant the one the request is for, from its arrival on.
func (x *exchange) use(t *Tenant) {
	x.tenant, x.settings, x.start = t, t.settings.Load(), t.clock.Now()
	x.noted.before = t.root.Load()
}

// route is the first phase: what does the path name? The path may leave the
// version out, which means the newest one.
func (x *exchange) route(tenant, rest string) error {
	if err := x.enter(tenant); err != nil {
		return err
	}
	prefix := strings.TrimSuffix(x.r.URL.EscapedPath(), rest)
	if first, below, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/"); isVersion(first) {
		if first != "v2" {
			return scim.InvalidVersion("protocol version %s is not served, v2 is", clip(first))
		}
		prefix += "/v2"
		rest = "/" + below
	}
	x.base = x.origin() + prefix
	x.rest = rest
	m := x.server.model
	if x.tenant != nil {
		m = x.tenant.model
	}
	x.target = m.target(rest)
	return nil
}

// isVersion reports whether a path segment is a protocol version (RFC 7644 section
// 3.13).
func isVersion(segment string) bool {
	if len(segment) < 2 || segment[0] != 'v' {
		return false
	}
	return strings.Trim(segment[1:], "0123456789") == ""
}

// target returns what a path below the base names, whose segments may be
// percent-encoded. A slash at the end does not matter.
func (m *model) target(path string) target {
	path = strings.TrimPrefix(path, "/")
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i := range segments {
		unescaped, err := url.PathUnescape(segments[i])
		if err != nil {
			return target{kind: kindUnknown}
		}
		segments[i] = unescaped
	}
	switch len(segments) {
	case 1:
		if kind := fixedTarget(segments[0]); kind != kindUnknown {
			return target{kind: kind}
		}
		if typ := m.byEndpoint(segments[0]); typ != nil {
			return target{kind: kindCollection, typ: typ}
		}
	case 2:
		switch segments[0] {
		case "ResourceTypes":
			return target{kind: kindResourceType, id: segments[1]}
		case "Schemas":
			return target{kind: kindSchema, id: segments[1]}
		}
		if typ := m.byEndpoint(segments[0]); typ != nil && segments[1] == ".search" {
			return target{kind: kindTypeSearch, typ: typ}
		} else if typ != nil {
			return target{kind: kindResource, typ: typ, id: segments[1]}
		}
	}
	return target{kind: kindUnknown}
}

// fixedTarget returns what a path segment of the protocol's own names.
func fixedTarget(segment string) targetKind {
	switch segment {
	case "":
		return kindRoot
	case ".search":
		return kindRootSearch
	case "Me":
		return kindMe
	case "Bulk":
		return kindBulk
	case "ServiceProviderConfig":
		return kindConfig
	case "ResourceTypes":
		return kindResourceTypes
	case "Schemas":
		return kindSchemas
	default:
		return kindUnknown
	}
}

// origin returns scheme and host of the server as the client sees them.
func (x *exchange) origin() string {
	if base := x.server.config.BaseURL; base != "" {
		return base
	}
	scheme := "http://"
	if x.r.TLS != nil {
		scheme = "https://"
	}
	return scheme + x.r.Host
}

// serve takes a routed request through the other phases.
func (x *exchange) serve() {
	answer, err := x.handle()
	if err != nil {
		x.fail(err)
		return
	}
	x.respond(answer)
}

func (x *exchange) handle() (*answer, error) {
	if x.deviant.Admits() {
		x.caller = caller{name: anonymous}
	} else if err := x.authenticate(); err != nil {
		return nil, err
	}
	if err := x.claim(); err != nil {
		return nil, err
	}
	x.fault = x.settings.faults.Next(x.r.Method, x.rest)
	if x.fault == nil {
		return x.carryOut()
	}
	return x.goWrong()
}

// carryOut does what the request asks for.
func (x *exchange) carryOut() (*answer, error) {
	if x.deviant.Answers() {
		_ = x.read(x.server.config.Limits.Body, "the limit") // for the journal
		return &answer{}, nil
	}
	operation, err := x.operation()
	if err != nil {
		return nil, err
	}
	if err := x.authorize(); err != nil {
		return nil, err
	}
	if err := x.negotiate(); err != nil {
		return nil, err
	}
	if err := x.refuseFindings(); err != nil {
		return nil, err
	}
	return operation(x)
}

// operation returns what answers the request: the tenant's engine, or what the method
// does with the target.
func (x *exchange) operation() (operation, error) {
	if x.engine() != nil {
		return (*exchange).serveEngine, nil
	}
	methods, ok := x.operations[x.target.kind]
	if !ok {
		return nil, scim.Status(http.StatusNotFound, "there is no endpoint %s", clip(x.r.URL.Path))
	}
	method := x.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if operation, ok := methods[method]; ok {
		return operation, nil
	}
	x.w.Header().Set("Allow", allowed(methods))
	if method == http.MethodOptions {
		return func(*exchange) (*answer, error) { return &answer{status: http.StatusNoContent}, nil }, nil
	}
	return nil, scim.Status(http.StatusMethodNotAllowed, "%s cannot be done here; these can: %s", clip(method), allowed(methods))
}

// claim brings the tenant of the request into being if there is none yet. Strangers
// bring nothing into being.
func (x *exchange) claim() error {
	switch {
	case x.tenant != nil:
	case x.caller.name == anonymous && !x.server.config.Auth.Open:
		x.use(newTenant(x.server, x.tenantName, x.server.model))
	default:
		t, err := x.server.tenant(x.tenantName, true)
		if err != nil {
			return err
		}
		x.use(t)
		x.deviate()
		if t.model != x.server.model && x.target.kind != kindToken { // somebody has just created it with types of its own
			x.target = t.model.target(x.rest)
		}
	}
	return nil
}

// allowed lists methods as the Allow header does.
func allowed(methods map[string]operation) string {
	names := []string{http.MethodOptions}
	for name := range methods {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// finish ends an exchange: a panic becomes a 500.
func (x *exchange) finish() {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler {
			panic(p)
		}
		x.server.log.Error("a request made the mock panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		if x.sent == nil {
			x.fail(scim.Status(http.StatusInternalServerError, "the mock failed on this request; this is a defect of the mock"))
		}
	}
}

// clip shortens what a client sent for showing it in a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
