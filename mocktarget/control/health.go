package control

import (
	"io"
	"net/http"
)

// Where the state of the process is told. A mock that answers has loaded what it
// starts with, so it is ready as soon as it is alive.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// serveHealth is open to everybody: it is asked by machines without credentials,
// under whatever host name they know.
func serveHealth(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeProblem(w, http.StatusMethodNotAllowed, r.URL.Path+" takes GET, HEAD")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n") // nobody is left to tell
}
