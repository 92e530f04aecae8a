package control

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"
)

// A router brings huma's operations to gorilla/mux: one route for each path, which
// picks the method itself so that 405 and Allow are right, and with variables that
// may hold an escaped slash, as the id of a resource can.
type router struct {
	mux   *mux.Router
	paths map[string]methods
}

func newRouter() *router {
	r := &router{mux: mux.NewRouter().SkipClean(true).UseEncodedPath(), paths: map[string]methods{}}
	r.mux.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusNotFound, "there is nothing at "+r.URL.Path+"; GET "+Path+"/openapi.json lists what there is")
	})
	return r
}

// Handle adds an operation.
func (r *router) Handle(op *huma.Operation, handle func(huma.Context)) {
	at, known := r.paths[op.Path]
	if !known {
		at = methods{}
		r.paths[op.Path] = at
		r.mux.Handle(op.Path, at)
	}
	at[op.Method] = func(w http.ResponseWriter, r *http.Request) {
		handle(humamux.NewContext(op, r, w))
	}
}

// ServeHTTP answers one request.
func (r *router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if mediaType, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";"); strings.TrimSpace(mediaType) == "application/x-www-form-urlencoded" {
		req.Header.Set("Content-Type", "application/json") // what curl --data says of any body
	}
	r.mux.ServeHTTP(w, req)
}

// methods holds what can be done at one path.
type methods map[string]http.HandlerFunc

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handle, ok := m[method]
	if !ok {
		w.Header().Set("Allow", m.allowed())
		writeProblem(w, http.StatusMethodNotAllowed, r.URL.Path+" takes "+m.allowed())
		return
	}
	variables := mux.Vars(r)
	for name, value := range variables {
		if unescaped, err := url.PathUnescape(value); err == nil {
			variables[name] = unescaped
		}
	}
	handle(w, r)
}

func (m methods) allowed() string {
	var names []string
	for name := range m {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
