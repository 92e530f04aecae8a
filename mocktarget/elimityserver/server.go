// Package elimityserver is a SCIM server that we did not write: Users and Groups
// on the Server of github.com/elimity-com/scim, which real Go applications ship.
// Provisioning and verification run against it so that one misreading of the
// RFCs in our own server cannot confirm itself.
//
// The library's, untouched: routing, decoding, the schemas, validation of
// resources and of PATCH requests, discovery documents, the shape and status of
// every answer. So are its ways: 404 for a wrong method, itemsPerPage that
// repeats the count asked for, every extension in "schemas" whether present or
// not, neither projection, sorting, ETag nor bulk, 400 for many valid filters.
//
// Ours: the resources in memory, PATCH operations applied (the library only
// validates them), filters evaluated (the library's evaluation panics), a
// userName only once whatever its case, groups losing members that are deleted,
// passwords neither kept nor returned, the bearer token; and a guard, since the
// library alone can be killed by one request: long or deeply nested filters and
// paths and large bodies are refused, a panic becomes a 500.
//
// A [Server] answers below /scim/v2 and /v2.
package elimityserver

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Config sets up a [Server]. The zero Config is good.
type Config struct {
	// Token is the bearer token that requests must carry. Empty means to make
	// one, see [Server.Token].
	Token string
	// MaxResults is the largest page of a list. Zero means 100.
	MaxResults int
	// MaxBody is the largest request body in bytes. Zero means 1 MiB.
	MaxBody int64
	// Now gives the time for meta.created and meta.lastModified. Nil means
	// [time.Now].
	Now func() time.Time
	// NewID gives the id of a new resource. Nil means random ones.
	NewID func() string
}

// A Server is an [http.Handler]. Make one with [New].
type Server struct {
	token   string
	maxBody int64
	args    elimity.ServerArgs
}

// New returns a server without resources. It fails if the library refuses the
// configuration.
func New(cfg Config) (*Server, error) {
	if cfg.Token == "" {
		cfg.Token = rand.Text()
	}
	if cfg.MaxResults <= 0 {
		cfg.MaxResults = 100
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = 1 << 20
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = rand.Text
	}
	s := &Server{token: cfg.Token, maxBody: cfg.MaxBody}
	mem := newMemory(cfg.Now, cfg.NewID)
	s.args = elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{
			MaxResults:       cfg.MaxResults,
			SupportFiltering: true,
			SupportPatch:     true,
			AuthenticationSchemes: []elimity.AuthenticationScheme{{
				Type:        elimity.AuthenticationTypeOauthBearerToken,
				Name:        "OAuth Bearer Token",
				Description: "A bearer token in the Authorization header",
				Primary:     true,
			}},
		},
		ResourceTypes: []elimity.ResourceType{
			{
				ID:               optional.NewString("User"),
				Name:             "User",
				Endpoint:         "/Users",
				Schema:           schema.CoreUserSchema(),
				SchemaExtensions: []elimity.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}},
				Handler:          &handler{memory: mem, table: mem.users},
			},
			{
				ID:       optional.NewString("Group"),
				Name:     "Group",
				Endpoint: "/Groups",
				Schema:   schema.CoreGroupSchema(),
				Handler:  &handler{memory: mem, table: mem.groups},
			},
		},
	}
	if _, err := elimity.NewServer(&s.args); err != nil {
		return nil, fmt.Errorf("setting up elimity's server: %w", err)
	}
	return s, nil
}

// Token returns the bearer token that requests must carry.
func (s *Server) Token() string { return s.token }

// ServeHTTP checks the token, guards the library and lets it answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guarded := &recorder{ResponseWriter: w}
	defer guarded.recover()
	prefix, path, ok := route(r.URL.Path)
	switch {
	case !ok:
		writeError(guarded, scim.Status(http.StatusNotFound, "%s is outside the SCIM endpoint /scim/v2", r.URL.Path))
		return
	case !s.authorized(r):
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
		writeError(guarded, scim.Status(http.StatusUnauthorized, "the request needs a valid bearer token"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.maxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			writeError(guarded, scim.Status(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", s.maxBody))
			return
		}
		panic(http.ErrAbortHandler) // the client went away
	}
	if err := guard(r, body); err != nil {
		writeError(guarded, *err)
		return
	}
	// The library knows one base URL for all requests and only the path that
	// goes with it, hence a Server, which is a few words large, per request.
	library, serverErr := elimity.NewServer(&s.args, elimity.WithBaseURL(origin(r)+prefix))
	if serverErr != nil {
		panic(serverErr) // New has had the same one
	}
	inner := r.Clone(r.Context())
	// It drops one leading /v2, also where there is none too many.
	inner.URL.Path, inner.URL.RawPath = "/v2"+path, ""
	inner.Body = io.NopCloser(bytes.NewReader(body))
	library.ServeHTTP(guarded, inner)
}

// route splits a path into the base path and what the library is to see of it.
func route(path string) (prefix, rest string, ok bool) {
	for _, prefix := range []string{"/scim/v2", "/v2"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') {
			return prefix, rest, true
		}
	}
	return "", "", false
}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *Server) authorized(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") &&
		subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(s.token)) == 1
}
