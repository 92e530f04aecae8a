// Package inspector is the page at which people look at a mock SCIM server: the
// exchanges of a tenant as they happen, what each was understood as and what it
// changed, what clients did wrong, the resources, the tenants and their clocks.
//
// The page is rendered here, piece by piece; a small script fetches the pieces,
// follows the tenant's events and sends what buttons ask for to the control API. It
// needs nothing from anywhere else.
package inspector

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"github.com/permiso/scimwright/mocktarget"
)

//go:embed page
var page embed.FS

// An inspector serves the page of one server.
type inspector struct {
	server    *mocktarget.Server
	api       string // path of the control API
	templates *template.Template
}

// New returns the page of a server, for mounting below a path that is stripped and
// ends in a slash. api is the path of the control API on the same host, such as
// "/_mock/api/v1".
func New(server *mocktarget.Server, api string) http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // embedded
	}
	i := &inspector{server: server, api: api, templates: template.Must(template.ParseFS(files, "*.html"))}
	router := mux.NewRouter().UseEncodedPath()
	get := func(path string, render func(*http.Request) (string, any, error)) {
		router.HandleFunc(path, i.render(render)).Methods(http.MethodGet, http.MethodHead)
	}
	get("/", i.page)
	router.Handle("/assets/{file}", http.StripPrefix("/assets/", assets(files))).Methods(http.MethodGet, http.MethodHead)
	get("/{tenant}/timeline", i.timeline)
	get("/{tenant}/exchanges/{seq}", i.exchange)
	get("/{tenant}/findings", i.findings)
	get("/{tenant}/resources", i.resources)
	get("/{tenant}/resources/{type}/{id}", i.resource)
	get("/{tenant}/tenants", i.tenants)
	get("/{tenant}/clock", i.clock)
	return secured(router)
}

// assets serves the script and the style, and no template.
func assets(files fs.FS) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".html") || strings.HasSuffix(r.URL.Path, "/") || r.URL.Path == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		server.ServeHTTP(w, r)
	})
}

// secured keeps what clients have sent from running in the page, and the page from
// being framed.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// A notice is an error that is shown to whoever looks.
type notice struct {
	status int
	text   string
}

func (n notice) Error() string { return n.text }

// render makes a handler of a function that returns the name of a template and its
// data.
func (i *inspector) render(view func(*http.Request) (string, any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, data, err := view(r)
		if err != nil {
			status := http.StatusInternalServerError
			var n notice
			if errors.As(err, &n) {
				status = n.status
			}
			http.Error(w, err.Error(), status)
			return
		}
		var b bytes.Buffer
		if err := i.templates.ExecuteTemplate(&b, name, data); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(b.Bytes()) // nobody is left to tell
	}
}

// tenant returns the tenant that a request names. Looking brings none into being.
func (i *inspector) tenant(r *http.Request) (*mocktarget.Tenant, error) {
	name := variable(r, "tenant")
	return i.find(name)
}

func (i *inspector) find(name string) (*mocktarget.Tenant, error) {
	for _, t := range i.server.Tenants() {
		if t.Name() == name {
			return t, nil
		}
	}
	return nil, notice{http.StatusNotFound, "There is no tenant " + name + " any more."}
}

// variable returns a variable of the route, unescaped.
func variable(r *http.Request, name string) string {
	value := mux.Vars(r)[name]
	if unescaped, err := url.PathUnescape(value); err == nil {
		return unescaped
	}
	return value
}

// A viewTab is one view of the page.
type viewTab struct{ Name, Title, Key string }

// page renders the frame; the views come into it as fragments.
func (i *inspector) page(r *http.Request) (string, any, error) {
	name := r.URL.Query().Get("tenant")
	if name == "" {
		name = mocktarget.DefaultTenant
	}
	t, err := i.find(name)
	if err != nil {
		return "", nil, err
	}
	return "page", map[string]any{
		"Tenant": t.Name(), "Path": t.Path(), "API": i.api, "Tenants": tenantNames(i.server.Tenants()),
		"Views": []viewTab{
			{"timeline", "Timeline", "1"}, {"resources", "Resources", "2"}, {"findings", "Findings", "3"},
			{"tenants", "Tenants", "4"}, {"clock", "Clock", "5"},
		},
	}, nil
}

func tenantNames(tenants []*mocktarget.Tenant) []struct{ Name string } {
	names := make([]struct{ Name string }, len(tenants))
	for i, t := range tenants {
		names[i].Name = t.Name()
	}
	return names
}
