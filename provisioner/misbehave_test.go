package provisioner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// Apps that misbehave are the mock behind a door, whose keeper answers some requests
// in its place or changes what it answers.

// A keeper answers a request in place of the app and returns true, or leaves it to
// the app.
type keeper func(w http.ResponseWriter, r *http.Request) bool

// either lets each keeper have a try in turn.
func either(keepers ...keeper) keeper {
	return func(w http.ResponseWriter, r *http.Request) bool {
		for _, k := range keepers {
			if k(w, r) {
				return true
			}
		}
		return false
	}
}

// on answers requests of a method, "" for all, to a path with this beginning.
func on(method, path string, answer http.HandlerFunc) keeper {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if method != "" && r.Method != method || !strings.HasPrefix(strings.TrimPrefix(r.URL.Path, "/scim/v2"), path) {
			return false
		}
		answer(w, r)
		return true
	}
}

// patching answers requests with an operation on a path.
func patching(path string, answer http.HandlerFunc) keeper {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || !slices.ContainsFunc(operations(r), func(op map[string]any) bool { return op["path"] == path }) {
			return false
		}
		answer(w, r)
		return true
	}
}

// times limits a keeper to the first n requests that it answers.
func times(n int, k keeper) keeper {
	left := n
	return func(w http.ResponseWriter, r *http.Request) bool {
		if left == 0 || !k(w, r) {
			return false
		}
		left--
		return true
	}
}

// refuse answers with a SCIM error.
func refuse(status int, scimType scim.ScimType, detail string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(status)
		body, _ := json.Marshal(scim.NewError(status, scimType, "%s", detail))
		_, _ = w.Write(body)
	}
}

// page answers with a status and an HTML page, as a web server does that knows
// nothing of SCIM.
func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<html><title>%s</title></html>", http.StatusText(status))
	}
}

// bare answers with a status and nothing else.
func bare(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// inner has the app answer and returns what it says.
func (d *door) inner(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.Handler.ServeHTTP(w, r)
	return w
}

// edit has the app answer, and changes the resource in its answer on the way, or each
// of those in a list.
func (d *door) edit(change func(map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got := d.inner(r)
		var body map[string]any
		if json.Unmarshal(got.Body.Bytes(), &body) == nil && got.Code < 300 {
			if list, ok := body["Resources"].([]any); ok {
				for _, v := range list {
					change(v.(map[string]any))
				}
			} else {
				change(body)
			}
			text, _ := json.Marshal(body)
			got.Body = bytes.NewBuffer(text)
		}
		send(w, got)
	}
}

// bodiless has the app answer and leaves the body out.
func (d *door) bodiless(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got := d.inner(r)
		if got.Code < 300 {
			got.Code, got.Body = status, new(bytes.Buffer)
		}
		send(w, got)
	}
}

func send(w http.ResponseWriter, got *httptest.ResponseRecorder) {
	for name, values := range got.Header() {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(got.Code)
	_, _ = w.Write(got.Body.Bytes())
}

// rewrite changes the body of a request before the app sees it.
func (d *door) rewrite(change func(map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := bodyOf(r)
		change(body)
		text, _ := json.Marshal(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		send(w, d.inner(r))
	}
}

// bodyOf returns the body of a request and leaves it to be read again.
func bodyOf(r *http.Request) map[string]any {
	text, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(text))
	var body map[string]any
	_ = json.Unmarshal(text, &body)
	return body
}

// operations returns the operations of a PATCH.
func operations(r *http.Request) (ops []map[string]any) {
	list, _ := bodyOf(r)["Operations"].([]any)
	for _, v := range list {
		ops = append(ops, v.(map[string]any))
	}
	return ops
}

// mock is a bundle whose app is the mock with an engine of its own.
func mock(t *testing.T, settings provisioner.Settings) *bundle {
	t.Helper()
	b := start(t, filepath.Join(t.TempDir(), "test.db"))
	b.app = newMock(t)
	b.connectWith(t, "app", b.app, settings)
	return b
}

// peopled is a mock that has ada and bob, who is in the group staff.
func peopled(t *testing.T) *bundle {
	t.Helper()
	b := mock(t, provisioner.Settings{})
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u2")
	b.sync(t, "app")
	b.app.requests()
	return b
}

// trusting has used each form often enough for it to be trusted.
func trusting(t *testing.T) *bundle {
	t.Helper()
	b := peopled(t)
	for i := range 3 {
		b.putUser(t, "u1", fmt.Sprint("ada", i), true)
		b.settle(t, "app")
		b.putUser(t, "u1", fmt.Sprint("ada", i), false)
		b.settle(t, "app")
		b.putUser(t, "u1", "ada", true)
		b.settle(t, "app")
		b.putGroup(t, "g1", "staff", "u1", "u2")
		b.settle(t, "app")
		b.putGroup(t, "g1", "staff", "u2")
		b.settle(t, "app")
	}
	b.app.requests()
	return b
}

// id returns the id of a resource in the app.
func (d *door) id(t *testing.T, endpoint, name string) string {
	t.Helper()
	for _, r := range d.remote(t, endpoint) {
		if r["userName"] == name || r["displayName"] == name {
			return r["id"].(string)
		}
	}
	t.Fatalf("the app has no %s in %s", name, endpoint)
	return ""
}

// fact returns what is known of the app.
func (b *bundle) fact(t *testing.T, name provisioner.Capability) provisioner.Fact {
	t.Helper()
	app, err := b.App(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	return app.Capabilities().Fact(name)
}

func (b *bundle) wantFact(t *testing.T, name provisioner.Capability, value, reason string) {
	t.Helper()
	if f := b.fact(t, name); f.Value != value || f.Source != provisioner.SourceObserved || !strings.Contains(f.Reason, reason) {
		t.Errorf("%s is %+v, want %s because %q was observed", name, f, value, reason)
	}
}

// wantLink wants a link in a state, for a reason, that is tried again after a wait.
func (b *bundle) wantLink(t *testing.T, kind provisioner.Kind, id string, state provisioner.LinkState, reason string, wait time.Duration) {
	t.Helper()
	l := b.waitState(t, kind, id, state)
	if !strings.Contains(l.LastError, reason) {
		t.Errorf("%s is %s: %q, want a reason with %q", l.Key, l.State, l.LastError, reason)
	}
	if got := l.NextAttempt.Sub(l.UpdatedAt); wait > 0 && (got < wait-time.Minute || got > wait+time.Minute) {
		t.Errorf("%s is tried again after %s, want %s", l.Key, got, wait)
	}
}
