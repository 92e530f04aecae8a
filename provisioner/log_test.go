package provisioner_test

import (
	"crypto/rand"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

// TestR25_EveryAttemptTellsWhatHappened checks that a failure can be understood, and
// shown to the app's developers, from its log entry alone.
func TestR25_EveryAttemptTellsWhatHappened(t *testing.T) {
	b := setup(t)
	b.sync(t, "app")
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"O'Hara needs a seat"}`))
		return true
	})
	b.putUser(t, "u1", "o'hara", true)
	b.settle(t, "app")
	list, err := b.Log(t.Context(), provisioner.LogQuery{App: "app", Subject: "u1", Failed: true})
	if err != nil || len(list) != 1 {
		t.Fatalf("the log has %+v, %v; want the failed attempt", list, err)
	}
	e, err := b.LogEntry(t.Context(), "app", list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != "o'hara" || e.Action != provisioner.ActionCreate || e.Status != http.StatusBadRequest ||
		!strings.Contains(e.Cause, "O'Hara needs a seat") || !e.NextAttempt.After(e.At) {
		t.Errorf("entry %+v", e)
	}
	last := e.Exchanges[len(e.Exchanges)-1]
	if last.Method != http.MethodPost || !strings.Contains(last.Request.Body, `"userName":"o'hara"`) || !strings.Contains(last.Response.Body, "needs a seat") {
		t.Errorf("exchange %+v", last)
	}
	if strings.Contains(last.Curl(), b.app.token) || strings.Contains(last.Request.Header.Get("Authorization"), b.app.token) {
		t.Error("the log holds the token")
	}

	// What a shell makes of the command is the very same request.
	shell := exec.Command("sh", "-c", `curl() { printf '%s\0' "$@"; }`+"\n"+last.Curl())
	shell.Env = append(shell.Environ(), "TOKEN="+b.app.token)
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	arguments := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for _, want := range []string{"POST", b.app.url + "/Users", "Authorization: Bearer " + b.app.token, "Content-Type: application/scim+json", last.Request.Body} {
		if !slices.Contains(arguments, want) {
			t.Errorf("the command has the arguments %q, want %q among them", arguments, want)
		}
	}
}

// TestLogKeepsBothEndsOfALongAttempt has an app that cannot filter and gives its
// accounts one to a page.
func TestLogKeepsBothEndsOfALongAttempt(t *testing.T) {
	b := setup(t)
	for range 40 {
		b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+rand.Text()+`"}`)
	}
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if r.Method == http.MethodGet && q.Has("filter") {
			w.WriteHeader(http.StatusBadRequest)
			return true
		}
		if r.Method == http.MethodGet {
			q.Set("count", "1")
			r.URL.RawQuery = q.Encode()
		}
		return false
	})
	b.putUser(t, "u1", "ada", true)
	b.settle(t, "app")
	list, err := b.Log(t.Context(), provisioner.LogQuery{App: "app"})
	if err != nil || len(list) != 1 {
		t.Fatalf("the log has %+v, %v", list, err)
	}
	e, err := b.LogEntry(t.Context(), "app", list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if e.Requests <= len(e.Exchanges) || len(e.Exchanges) > 20 {
		t.Errorf("%d requests, %d of them kept", e.Requests, len(e.Exchanges))
	}
	if first, last := e.Exchanges[0], e.Exchanges[len(e.Exchanges)-1]; first.Method != http.MethodGet || last.Method != http.MethodPost {
		t.Errorf("kept from %s %s to %s %s", first.Method, first.URL, last.Method, last.URL)
	}
}
