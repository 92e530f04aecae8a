// Package control serves the control API of a mock SCIM server, described by an
// OpenAPI document at /_mock/api/v1/openapi.json, and has the client for it.
//
// [New] makes the [API] of a server; it is an [http.Handler] for a listener of its
// own, or answers beside the SCIM services after [API.Mount]. [Dial] returns a
// [Remote], which is a [mocktarget.Target] like a tenant in this process.
//
// Whoever steers a mock can read all that it holds, and make tokens. So without a
// token of its own the API is for this machine alone, see [Access]. People use the
// API through the page at [PagePath]. Errors are
// problem details (RFC 9457) that say what to do.
package control

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

// Path is where the control API is.
const Path = "/_mock/api/v1"

// Config says how an [API] behaves. The zero Config is a working one.
type Config struct {
	// Access says who is let in.
	Access Access
	// Origin is scheme, host and port at which the SCIM services are reached, such
	// as "http://127.0.0.1:8080"; without a host, as in "http://:8080", it has the
	// one that a request has reached the API at. "" takes all three from there.
	Origin string
	// Version is shown in the OpenAPI document. "" means "dev".
	Version string
	// Log receives what goes wrong inside. nil means nothing is logged.
	Log *slog.Logger
}

// An API answers the requests of the control API, and those of /healthz and /readyz.
type API struct {
	server  *mocktarget.Server
	config  Config
	handler http.Handler
	life    context.Context // what lasts ends with it
}

// New returns the control API of a server. Streams of events and requests that wait
// end with ctx.
func New(ctx context.Context, server *mocktarget.Server, config Config) *API {
	if config.Version == "" {
		config.Version = "dev"
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{server: server, config: config, life: ctx}
	a.handler = a.routes()
	return a
}

// Mount has the server answer the control API, and the page at [PagePath], beside its
// SCIM services.
func (a *API) Mount() {
	a.MountHealth()
	a.server.Mount(PagePath, a)
}

// MountHealth has the server answer /healthz and /readyz alone.
func (a *API) MountHealth() {
	a.server.Mount(healthPath, http.HandlerFunc(serveHealth))
	a.server.Mount(readyPath, http.HandlerFunc(serveHealth))
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

func (a *API) routes() http.Handler {
	c := huma.DefaultConfig("scimwright mock: control API", a.config.Version)
	c.OpenAPIPath = Path + "/openapi"
	c.CreateHooks = nil // no "$schema" in answers
	c.DocsPath = ""     // a page that loads code from elsewhere
	c.SchemasPath = ""
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{plain}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"controlToken": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"controlToken": {}}, {}}

	router := newRouter()
	api := huma.NewAPI(c, router)
	a.registerTenants(api)
	a.registerContent(api)
	a.registerStates(api)
	a.registerClock(api)
	a.registerTokens(api)
	a.registerJournal(api)
	a.registerJudge(api)
	a.registerInvariants(api)
	a.registerEvents(api)
	a.registerDeviations(api)

	description := Path + "/openapi"
	guarded, page := a.config.Access.Guard(router), a.page()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == healthPath || r.URL.Path == readyPath:
			serveHealth(w, r)
		case !strings.HasPrefix(r.URL.Path, Path) && strings.HasPrefix(r.URL.Path+"/", PagePath):
			page.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, description):
			router.ServeHTTP(w, r) // it says nothing about anybody
		default:
			guarded.ServeHTTP(w, r)
		}
	})
}
