// Package console is the page at which the administrator of an identity provider looks
// after connected apps: how each is doing and what somebody has to do, what was tried
// and what came of it, what is held back, how an app is connected.
//
// The page holds no data and no secret. Whoever looks gives it the API key, which stays
// in that tab of the browser, and its script calls the admin API as any client does. It
// needs nothing from anywhere else. Whatever an app has answered is shown as text and
// never as HTML, which the policy of the page enforces as well.
package console

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed page
var page embed.FS

// policy lets the page run its own scripts and call its own server, and keeps every text
// from becoming HTML or a script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// assets is where the script and the style of the page are.
const assets = "/assets/"

// New returns a handler that serves the page at / with what it is made of below /assets/,
// and leaves everything else to the admin API.
func New(api http.Handler) http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // embedded
	}
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, asset := strings.CutPrefix(r.URL.Path, assets)
		switch {
		case !asset && r.URL.Path != "/":
			api.ServeHTTP(w, r)
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this is a page to look at", http.StatusMethodNotAllowed)
			return
		case asset && !strings.HasSuffix(name, ".js") && !strings.HasSuffix(name, ".css"):
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		if asset {
			http.StripPrefix(assets, server).ServeHTTP(w, r)
			return
		}
		http.ServeFileFS(w, r, files, "page.html")
	})
}
