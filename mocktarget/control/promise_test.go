package control_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/control"
)

// promised passes requests on and fails the test for each answer whose status the
// OpenAPI document does not list.
func promised(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost"+control.Path+"/openapi.json", nil)
	w := httptest.NewRecorder()
	next.ServeHTTP(w, r)
	var document struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	check(t, json.Unmarshal(w.Body.Bytes(), &document))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		for path, methods := range document.Paths {
			operation, there := methods[strings.ToLower(strings.Replace(r.Method, "HEAD", "GET", 1))]
			if !there || !fits(path, r.URL.EscapedPath()) || seen.status == 0 {
				continue
			}
			if _, listed := operation.Responses[strconv.Itoa(seen.status)]; !listed {
				t.Errorf("%s %s answers %d, which the OpenAPI document does not list", r.Method, path, seen.status)
			}
		}
	})
}

// fits reports whether a path is one of those that a pattern with {variables} stands
// for.
func fits(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

// A statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
