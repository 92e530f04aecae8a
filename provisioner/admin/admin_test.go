package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/store"
)

const apiKey = "correct-horse"

// working is the real engine over a database of the test's own.
type working struct {
	store  *store.Store
	queue  *queue.Queue
	engine *provisioner.Engine
}

// newServer serves the API over the wire and returns its address and a client.
func newServer(t *testing.T) (address string, client *admin.Client) {
	t.Helper()
	w := &working{}
	var err error
	if w.store, err = store.Open(t.Context(), store.Config{Database: filepath.Join(t.TempDir(), "test.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.engine = provisioner.New(provisioner.Config{Store: w.store, PrivateNetwork: true, Backoff: provisioner.Backoff{Base: 50 * time.Millisecond}})
	if w.queue, err = queue.Start(t.Context(), queue.Config{Store: w.store, Engine: w.engine}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.queue.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	handler, err := admin.New(admin.Config{Store: w.store, Steward: w.engine, Runner: w.engine, Tester: w.engine, APIKey: apiKey})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, admin.NewClient(server.URL, apiKey, server.Client())
}

// call makes a raw request and returns the answer with its body.
func call(t *testing.T, method, url, key, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(data)
}

func raw(text string) admin.Resource { return admin.Resource{RawMessage: json.RawMessage(text)} }

// wantStatus checks that an error is an answer of a status whose text says parts.
func wantStatus(t *testing.T, err error, status int, parts ...string) {
	t.Helper()
	var answer *admin.Error
	if !errors.As(err, &answer) || answer.Status != status {
		t.Errorf("error %v, want status %d", err, status)
		return
	}
	for _, p := range parts {
		if !strings.Contains(answer.Detail, p) {
			t.Errorf("%q does not say %q", answer.Detail, p)
		}
	}
}

func TestAuthorization(t *testing.T) {
	address, _ := newServer(t)
	for _, key := range []string{"", "wrong", apiKey + "x", "correct"} {
		for _, path := range []string{"/api/v1/apps", "/api/v1/users/u1", "/nowhere", "/"} {
			resp, body := call(t, http.MethodGet, address+path, key, "")
			if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") == "" ||
				resp.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, "Bearer KEY") {
				t.Errorf("GET %s with key %q: %d %s", path, key, resp.StatusCode, body)
			}
		}
	}
	if resp, _ := call(t, http.MethodGet, address+"/api/v1/apps", apiKey, ""); resp.StatusCode != http.StatusOK {
		t.Errorf("the right key gives %d", resp.StatusCode)
	}
}

func TestOpenAPI(t *testing.T) {
	address, _ := newServer(t)
	resp, body := call(t, http.MethodGet, address+"/openapi.json", "", "")
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", resp.StatusCode, err)
	}
	want := map[string][]string{
		"/api/v1/apps": {"get"}, "/api/v1/apps/{app}": {"delete", "get", "put"},
		"/api/v1/apps/{app}/links": {"get"}, "/api/v1/apps/{app}/held": {"get"},
		"/api/v1/apps/{app}/held/approve": {"post"}, "/api/v1/apps/{app}/held/reject": {"post"},
		"/api/v1/apps/{app}/plan": {"post"}, "/api/v1/apps/{app}/audits": {"post"}, "/api/v1/apps/{app}/runs": {"get", "post"}, "/api/v1/apps/{app}/runs/{run}": {"get"}, "/api/v1/apps/{app}/runs/{run}/cancel": {"post"},
		"/api/v1/directory/distrust": {"delete", "get", "put"}, "/api/v1/apps/{app}/foreign": {"get"},
		"/api/v1/apps/{app}/holdings": {"get"}, "/api/v1/removals/{app}": {"get"},
		"/api/v1/apps/{app}/links/{kind}/{id}/resolve": {"post"}, "/api/v1/apps/{app}/resources/{kind}/{id}": {"get"},
		"/api/v1/apps/{app}/pause": {"post"}, "/api/v1/apps/{app}/resume": {"post"},
		"/api/v1/status": {"get"}, "/api/v1/apps/{app}/status": {"get"},
		"/api/v1/apps/{app}/capabilities": {"get"}, "/api/v1/apps/{app}/test": {"post"},
		"/api/v1/apps/{app}/log": {"get"}, "/api/v1/apps/{app}/log/{entry}": {"get"},
		"/api/v1/users": {"get"}, "/api/v1/users/{id}": {"delete", "get", "put"},
		"/api/v1/groups": {"get"}, "/api/v1/groups/{id}": {"delete", "get", "put"},
		"/api/v1/groups/{id}/members/{user}": {"delete", "put"}, "/api/v1/groups/{id}/groups/{group}": {"delete", "put"},
		"/api/v1/presets": {"get"}, "/api/v1/apps/{app}/preview": {"post"}, "/api/v1/apps/{app}/impact": {"post"},
	}
	for path, methods := range want {
		for _, m := range methods {
			if doc.Paths[path][m] == nil {
				t.Errorf("%s %s is not described", m, path)
			}
		}
		if len(doc.Paths[path]) != len(methods) {
			t.Errorf("%s has %d operations, want %d", path, len(doc.Paths[path]), len(methods))
		}
	}
	if len(doc.Paths) != len(want) {
		t.Errorf("%d paths are described, want %d", len(doc.Paths), len(want))
	}
}

func TestRoutes(t *testing.T) {
	address, _ := newServer(t)
	tests := []struct {
		method, path, body string
		status             int
		allow, says        string
	}{
		{"GET", "/", "", 404, "", "/openapi.json"},
		{"GET", "/api/v1/nowhere", "", 404, "", "/api/v1/nowhere"},
		{"PATCH", "/api/v1/users/u1", "{}", 405, "GET, PUT, DELETE", "takes GET, PUT, DELETE"},
		{"POST", "/api/v1/apps/a/links", "", 405, "GET", "takes GET"},
		{"PUT", "/api/v1/users/u1", "{", 400, "", ""},
		{"PUT", "/api/v1/users/u1", "[]", 422, "", ""},
		{"PUT", "/api/v1/users/u1", "", 400, "", "body"},
		{"PUT", "/api/v1/users/u1", `{"userName": "a", "title": "` + strings.Repeat("x", 2<<20) + `"}`, 413, "", ""},
		{"PUT", "/api/v1/apps/a", `{"token": "tkn-5"}`, 422, "", "endpoint"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "https://a.example", "token": "tkn-5", "extra": "tkn-6"}`, 422, "", "extra"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "ftp://a.example", "token": "tkn-5"}`, 422, "", "must start with https:// or http://"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "https://me:tkn-7@a.example", "token": "tkn-5"}`, 422, "", "give them separately"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "https://a.example/?key=tkn-7", "token": "tkn-5"}`, 422, "", "must not have a query"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "https://a.example/%zz?tkn-7", "token": "tkn-5"}`, 422, "", "not a URL"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "https://a.example", "token": "tkn 5"}`, 422, "", "token: it holds a space"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "http://[::ffff:169.254.169.254]/scim", "token": "tkn-5"}`, 422, "", "never contacted"},
		{"PUT", "/api/v1/apps/a", `{"endpoint": "https://a.example"}`, 422, "", "no credential"},
		{"PUT", "/api/v1/apps/a%20b", `{"endpoint": "https://a.example", "token": "tkn-5"}`, 422, "", "app name"},
	}
	for _, tt := range tests {
		resp, body := call(t, tt.method, address+tt.path, apiKey, tt.body)
		if resp.StatusCode != tt.status || resp.Header.Get("Allow") != tt.allow || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s: %d, Allow %q, %s; want %d, %q, %q", tt.method, tt.path, resp.StatusCode, resp.Header.Get("Allow"), body, tt.status, tt.allow, tt.says)
		}
		if ct := resp.Header.Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("%s %s: content type %q", tt.method, tt.path, ct)
		}
		if strings.Contains(body, "tkn-") {
			t.Errorf("%s %s echoes the token: %s", tt.method, tt.path, body)
		}
	}
}

func TestApps(t *testing.T) {
	address, client := newServer(t)
	ctx := t.Context()
	app, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: "https://wiki.example/scim/v2", Token: "tkn-1"})
	if err != nil || app.Since == nil {
		t.Fatalf("%+v, %v", app, err)
	}
	app.Since = nil
	if want := (admin.App{Name: "wiki", Endpoint: "https://wiki.example/scim/v2", Auth: "bearer", Groups: "auto", State: "active"}); !reflect.DeepEqual(*app, want) {
		t.Fatalf("%+v, want %+v", *app, want)
	}
	// The token stays when it is left out, and never comes back.
	if _, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: "https://wiki.example/v2", Groups: "off"}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/apps", "/api/v1/apps/wiki"} {
		_, body := call(t, http.MethodGet, address+path, apiKey, "")
		if strings.Contains(body, "tkn-1") || !strings.Contains(body, `"endpoint":"https://wiki.example/v2"`) || !strings.Contains(body, `"groups":"off"`) {
			t.Errorf("GET %s: %s", path, body)
		}
	}
	apps, err := client.Apps(ctx)
	if err != nil || len(apps) != 1 {
		t.Errorf("%d apps, %v", len(apps), err)
	}
	if r, err := client.RemoveApp(ctx, "wiki", "", false); err != nil || r != nil {
		t.Error(err)
	}
	_, err = client.App(ctx, "wiki")
	wantStatus(t, err, http.StatusNotFound, `"wiki"`)
	_, err = client.RemoveApp(ctx, "wiki", "", false)
	wantStatus(t, err, http.StatusNotFound)
	_, err = client.StartRun(ctx, "wiki", admin.RunInput{})
	wantStatus(t, err, http.StatusNotFound)
	_, err = client.Links(ctx, "wiki")
	wantStatus(t, err, http.StatusNotFound)
}

func TestUsers(t *testing.T) {
	_, client := newServer(t)
	ctx := t.Context()
	// Ids are the directory's business; whatever they hold, they are one segment of
	// the address.
	for _, id := range []string{"u1", "a/b", "ü 1", "50%", "x?y#z", "a+b", "..."} {
		text := `{"id":` + quote(id) + `,"userName":` + quote(id+"@acme.example") + `,"active":true}`
		if err := client.PutUser(ctx, id, raw(text)); err != nil {
			t.Errorf("%q: %v", id, err)
			continue
		}
		user, err := client.User(ctx, id)
		if err != nil || string(user.RawMessage) != text {
			t.Errorf("%q: %s, %v; want %s", id, user.RawMessage, err, text)
		}
	}
	users, err := client.Users(ctx)
	if err != nil || len(users) != 7 {
		t.Errorf("%d users, %v", len(users), err)
	}

	err = client.PutUser(ctx, "u2", raw(`{"userName": "U1@acme.example"}`))
	wantStatus(t, err, http.StatusConflict, "u1")
	err = client.PutUser(ctx, "u2", raw(`{"id": "u3", "shoe": 1, "active": "yes"}`))
	wantStatus(t, err, http.StatusUnprocessableEntity, "/id", "shoe", "/active", "userName")
	err = client.PutUser(ctx, "u2", raw(`{"userName": "a", "USERNAME": "b"}`))
	wantStatus(t, err, http.StatusUnprocessableEntity, "twice")
	_, err = client.User(ctx, "u2")
	wantStatus(t, err, http.StatusNotFound, `"u2"`)

	if err := client.DeleteUser(ctx, "u1"); err != nil {
		t.Error(err)
	}
	wantStatus(t, client.DeleteUser(ctx, "u1"), http.StatusNotFound)
}

func quote(s string) string {
	data, _ := json.Marshal(s)
	return string(data)
}

func TestGroups(t *testing.T) {
	_, client := newServer(t)
	ctx := t.Context()
	for _, id := range []string{"u1", "u2"} {
		if err := client.PutUser(ctx, id, raw(`{"userName": "`+id+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	wantStatus(t, client.PutGroup(ctx, "g1", raw(`{"displayName": "One", "members": [{"value": "u9"}]}`)), http.StatusNotFound, `"u9"`)
	wantStatus(t, client.PutGroup(ctx, "g1", raw(`{"members": [{"value": "u1", "type": "Robot"}]}`)), http.StatusUnprocessableEntity, "displayName", "/members/0")
	if err := client.PutGroup(ctx, "g1", raw(`{"displayName": "One", "members": [{"value": "u1"}]}`)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again changes nothing
		if err := client.AddMember(ctx, "g1", "u2"); err != nil {
			t.Error(err)
		}
		if err := client.RemoveMember(ctx, "g1", "u1"); err != nil {
			t.Error(err)
		}
	}
	group, err := client.Group(ctx, "g1")
	if want := `{"id":"g1","displayName":"One","members":[{"value":"u2"}]}`; err != nil || string(group.RawMessage) != want {
		t.Errorf("%s, %v; want %s", group.RawMessage, err, want)
	}
	// Groups in groups.
	wantStatus(t, client.AddSubgroup(ctx, "g1", "g2"), http.StatusNotFound, `"g2"`)
	must(t, client.PutGroup(ctx, "g2", raw(`{"displayName": "Two", "members": [{"value": "u1"}, {"value": "g1", "type": "Group"}]}`)))
	for range 2 {
		must(t, client.AddSubgroup(ctx, "g1", "g2"))
	}
	group, err = client.Group(ctx, "g2")
	if want := `{"id":"g2","displayName":"Two","members":[{"value":"u1"},{"value":"g1","type":"Group"}]}`; err != nil || string(group.RawMessage) != want {
		t.Errorf("%s, %v; want %s", group.RawMessage, err, want)
	}
	for range 2 {
		must(t, client.RemoveSubgroup(ctx, "g1", "g2"))
	}
	must(t, client.DeleteGroup(ctx, "g2"))
	wantStatus(t, client.AddMember(ctx, "g1", "u9"), http.StatusNotFound, `"u9"`)
	wantStatus(t, client.AddMember(ctx, "g9", "u1"), http.StatusNotFound, `"g9"`)
	if err := client.DeleteGroup(ctx, "g1"); err != nil {
		t.Error(err)
	}
	groups, err := client.Groups(ctx)
	if err != nil || len(groups) != 0 {
		t.Errorf("%d groups, %v", len(groups), err)
	}
}

// TestDelivery follows changes into an app, without a sync.
func TestDelivery(t *testing.T) {
	target := mocktargettest.New(t)
	_, client := newServer(t)
	ctx := t.Context()
	if _, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: target.URL(), Token: target.Token()}); err != nil {
		t.Fatal(err)
	}
	must(t, client.PutUser(ctx, "u1", raw(`{"userName": "zoë", "active": true}`)))
	must(t, client.PutGroup(ctx, "g1", raw(`{"displayName": "One", "members": [{"value": "u1"}]}`)))
	waitConverged(t, client, "wiki", 2)
	users, groups := target.Users(), target.Groups()
	if len(users) != 1 || users[0].String("userName") != "zoë" || users[0].ExternalID() != "u1" {
		t.Errorf("the app has users %v", users)
	}
	if len(groups) != 1 || len(groups[0].Array("members")) != 1 {
		t.Errorf("the app has groups %v", groups)
	}
	must(t, client.DeleteUser(ctx, "u1"))
	waitConverged(t, client, "wiki", 2)
	if active, _ := target.Users()[0].Bool("active"); active {
		t.Error("the account of somebody who left is active")
	}
	links, err := client.Links(ctx, "wiki")
	must(t, err)
	i := slices.IndexFunc(links, func(l admin.Link) bool { return l.ID == "u1" })
	if i < 0 || links[i].State != "gone" || links[i].RemoteID == "" || links[i].Origin != "created" {
		t.Errorf("links %+v", links)
	}
}

// TestSyncOfAnAppThatIsDown says at once that nothing can be done.
func TestSyncOfAnAppThatIsDown(t *testing.T) {
	_, client := newServer(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, err := client.PutApp(t.Context(), "wiki", admin.AppInput{Endpoint: gone.URL, Token: "tkn-1"})
	must(t, err)
	_, err = client.StartRun(t.Context(), "wiki", admin.RunInput{})
	wantStatus(t, err, http.StatusBadGateway, "wiki")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// waitConverged waits until the app has n links and nothing is left to do.
func waitConverged(t *testing.T, client *admin.Client, app string, n int) {
	t.Helper()
	var links []admin.Link
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var err error
		links, err = client.Links(t.Context(), app)
		must(t, err)
		behind := slices.ContainsFunc(links, func(l admin.Link) bool { return !provisioner.LinkState(l.State).Settled() })
		if len(links) == n && !behind {
			return
		}
	}
	t.Fatalf("not converged: %+v", links)
}

// TestStatusAndLog reads over the wire how an app is doing and what was tried.
func TestStatusAndLog(t *testing.T) {
	address, client := newServer(t)
	target := mocktargettest.New(t)
	ctx := t.Context()
	if _, err := client.PutApp(ctx, "chat", admin.AppInput{Endpoint: target.URL(), Token: target.Token()}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"u1", "u2"} {
		if err := client.PutUser(ctx, id, raw(`{"userName": "`+id+`@acme.example"}`)); err != nil {
			t.Fatal(err)
		}
	}
	waitConverged(t, client, "chat", 2)
	if s, err := client.Status(ctx, "chat"); err != nil || s.Converged != 2 || !s.Good || s.OldestPending != nil {
		t.Errorf("status %+v, %v", s, err)
	}
	if all, err := client.Statuses(ctx); err != nil || len(all) != 1 || all[0].App != "chat" {
		t.Errorf("all statuses: %+v, %v", all, err)
	}
	entries, err := client.Log(ctx, provisioner.LogQuery{App: "chat", Subject: "u2"})
	if err != nil || len(entries) != 1 || entries[0].Name != "u2@acme.example" || !entries[0].OK || entries[0].Action != "create" {
		t.Fatalf("log %+v, %v", entries, err)
	}
	if older, err := client.Log(ctx, provisioner.LogQuery{App: "chat", Before: entries[0].ID, After: 0, Limit: 1}); err != nil || len(older) > 1 {
		t.Errorf("an older page: %+v, %v", older, err)
	}
	if failed, err := client.Log(ctx, provisioner.LogQuery{App: "chat", Failed: true}); err != nil || len(failed) != 0 {
		t.Errorf("failures: %+v, %v", failed, err)
	}
	entry, err := client.LogEntry(ctx, "chat", entries[0].ID)
	if err != nil || len(entry.Exchanges) == 0 {
		t.Fatalf("entry %+v, %v", entry, err)
	}
	last := entry.Exchanges[len(entry.Exchanges)-1]
	if last.Method != http.MethodPost || last.Status != http.StatusCreated || !strings.Contains(last.Curl, "$TOKEN") {
		t.Errorf("exchange %+v", last)
	}
	_, text := call(t, http.MethodGet, fmt.Sprintf("%s/api/v1/apps/chat/log/%d", address, entry.ID), apiKey, "")
	if strings.Contains(text, target.Token()) {
		t.Errorf("the log tells the token: %s", text)
	}
	_, err = client.Log(ctx, provisioner.LogQuery{App: "nobody"})
	wantStatus(t, err, http.StatusNotFound, "nobody")
	_, err = client.LogEntry(ctx, "chat", 1)
	wantStatus(t, err, http.StatusNotFound)
	_, err = client.Status(ctx, "nobody")
	wantStatus(t, err, http.StatusNotFound)
}

// TestRuns starts, reads, lists and cancels runs over the wire.
func TestRuns(t *testing.T) {
	_, client := newServer(t)
	target := mocktargettest.New(t)
	ctx := t.Context()
	for _, app := range []string{"chat", "wiki"} {
		_, err := client.PutApp(ctx, app, admin.AppInput{Endpoint: target.URL(), Token: target.Token()})
		must(t, err)
	}
	must(t, client.PutUser(ctx, "u1", raw(`{"userName": "ada@acme.example"}`)))
	run, err := client.StartRun(ctx, "chat", admin.RunInput{By: "a test"})
	if err != nil || run.App != "chat" || run.By != "a test" || run.Kind != "sync" {
		t.Fatalf("%+v, %v", run, err)
	}
	for deadline := time.Now().Add(2 * time.Minute); run.State == "running" && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		run, err = client.Run(ctx, "chat", run.ID)
		must(t, err)
	}
	if run.State != "done" || run.Finished == nil || run.Result == nil || run.Result.Users.Created+run.Result.Users.Unchanged != 1 || !run.Progress.Ready {
		t.Errorf("ended as %+v", run)
	}
	if run, err = client.CancelRun(ctx, "chat", run.ID); err != nil || run.State != "done" {
		t.Errorf("cancelling what has ended: %+v, %v", run, err)
	}
	if runs, err := client.Runs(ctx, provisioner.RunQuery{App: "chat"}); err != nil || len(runs) != 1 || runs[0].ID != run.ID {
		t.Errorf("runs %+v, %v", runs, err)
	}
	_, err = client.Run(ctx, "wiki", run.ID)
	wantStatus(t, err, http.StatusNotFound, "another app")
	_, err = client.CancelRun(ctx, "chat", 1)
	wantStatus(t, err, http.StatusNotFound)
}
