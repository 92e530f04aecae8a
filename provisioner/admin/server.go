package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
)

// Config says what a server works with.
type Config struct {
	// Store keeps what is served. Required.
	Store *store.Store
	// Steward does what people decide. Required.
	Steward Steward
	// Runner starts and stops full passes over apps. Required.
	Runner Runner
	// Tester tells what apps are like. Required.
	Tester Tester
	// APIKey is what every request has to carry as a bearer token. Required.
	APIKey string
	// Version is shown in the OpenAPI document. Empty means "dev".
	Version string
	// Log receives what goes wrong inside. Nil means nowhere.
	Log *slog.Logger
	// Candid tells callers what goes wrong inside: they are in the same process. Zero
	// keeps it from them.
	Candid bool
}

// A Steward does what a person decides about an app. [provisioner.Engine] is one.
type Steward interface {
	Pause(ctx context.Context, app, reason string) error
	Resume(ctx context.Context, app string) error
	// Remove begins to remove an app.
	Remove(ctx context.Context, app string, accounts provisioner.Parting, adopted bool) (*provisioner.Removal, error)
	// Resolve, Remote and Foreign are about links that need a person, and about what
	// the app holds. Their error is a [*provisioner.ProbeError] if the app does not
	// tell.
	Resolve(ctx context.Context, r provisioner.Resolution) error
	Remote(ctx context.Context, app string, kind provisioner.Kind, id string) (*provisioner.Remote, error)
	Foreign(ctx context.Context, app string, kind provisioner.Kind, visit func(*scim.Object) error) error
}

// A Tester finds out what an app is like. [provisioner.Engine] is one.
type Tester interface {
	// Check returns a [*provisioner.EndpointError] if requests could not be sent to an app
	// that is to be saved.
	Check(ctx context.Context, app provisioner.App) error
	TestConnection(ctx context.Context, app string, write bool) (*provisioner.Connection, error)
}

// The size a body may have. A group may list hundreds of thousands of members.
const (
	maxBody      = 1 << 20
	maxGroupBody = 64 << 20
	bodyTimeout  = 30 * time.Second
)

type server struct {
	config Config
	key    [sha256.Size]byte
}

// New returns a handler that serves the admin API under /api/v1/ and its
// description at /openapi.json. It returns an error if the config lacks something.
func New(config Config) (http.Handler, error) {
	if config.Store == nil || config.Steward == nil || config.Runner == nil || config.Tester == nil || config.APIKey == "" {
		return nil, errors.New("admin: Config needs a store, a steward, a runner, a tester and an API key")
	}
	if config.Version == "" {
		config.Version = "dev"
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{config: config, key: sha256.Sum256([]byte(config.APIKey))}

	c := huma.DefaultConfig("scimwright admin API", config.Version)
	c.CreateHooks = nil // no "$schema" in answers
	c.DocsPath = ""     // a page that loads code from elsewhere
	c.SchemasPath = ""
	c.Transformers = []huma.Transformer{dropValues}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"apiKey": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"apiKey": {}}}

	mux := http.NewServeMux()
	api := humago.New(mux, c)
	s.registerApps(api)
	s.registerSettings(api)
	s.registerAppState(api)
	s.registerCapabilities(api)
	s.registerGuard(api)
	s.registerRuns(api)
	s.registerResolve(api)
	s.registerRemove(api)
	s.registerStatus(api)
	s.registerLog(api)
	s.registerUsers(api)
	s.registerGroups(api)
	mux.HandleFunc("/", noRoute(mux))
	return s.authorized(mux), nil
}

// authorized lets requests with the API key pass. Only the description is open: it
// says nothing about anybody.
func (s *server) authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		// Hashing makes both sides one length, so that the comparison takes one time.
		given := sha256.Sum256([]byte(strings.TrimSpace(token)))
		good := strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(given[:], s.key[:]) == 1
		if !good && !strings.HasPrefix(r.URL.Path, "/openapi") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="scimwright"`)
			writeProblem(w, http.StatusUnauthorized, "send the API key the server was started with: Authorization: Bearer KEY")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// operation describes one route.
func operation(method, path, id, summary string) huma.Operation {
	op := huma.Operation{
		Method: method, Path: "/api/v1" + path, OperationID: id, Summary: summary,
		MaxBodyBytes: maxBody, BodyReadTimeout: bodyTimeout,
		Errors: []int{http.StatusUnauthorized},
	}
	if strings.Contains(path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	switch method {
	case http.MethodPut, http.MethodPost:
		op.Errors = append(op.Errors, http.StatusConflict, http.StatusUnprocessableEntity)
	case http.MethodDelete:
		op.DefaultStatus = http.StatusNoContent
	}
	return op
}

// body carries an answer.
type body[T any] struct{ Body T }

// list is the shape of every list.
type list[T any] struct {
	Items []T `json:"items" nullable:"false"`
}
