package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

// The secrets of the scenario. They occur nowhere else.
const (
	secretToken    = "tok-Zq7xW4-never-to-be-seen-9Kd"
	secretAPIKey   = "key-Vb2mT8-never-to-be-seen-3Lp"
	secretPassword = "pas-Hr5yQ1-never-to-be-seen-7Ws"
	secretClient   = "oau-Nc8jF6-never-to-be-seen-4Gx"
	secretHeader   = "hea-Du3kP9-never-to-be-seen-2Bz"
)

// disguises are the forms in which a secret would give itself away.
func disguises(secret string) []string {
	return []string{
		secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret))[:36], base64.URLEncoding.EncodeToString([]byte(secret))[:36],
	}
}

// A gossip is an app that tells the credentials it was given to everybody: in errors, in
// pages, in headers, in what it returns, and by sending clients somewhere else.
type gossip struct {
	mock      *mocktarget.Server
	elsewhere *httptest.Server

	mu    sync.Mutex
	told  []string        // credentials that have come to the other server
	given map[string]bool // those that have come to this one, without their scheme
	n     int
}

func (g *gossip) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.Header.Get("Authorization")
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.mu.Lock()
	g.n++
	turn := g.n
	if _, credential, ok := strings.Cut(token, " "); ok {
		g.given[credential] = true
	}
	g.mu.Unlock()
	token += " " + r.Header.Get("X-Key")
	if strings.HasSuffix(r.URL.Path, "/oauth/token") {
		if turn%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintf(w, `{"error": "server_error", "error_description": %q}`, token+" "+string(body))
			return
		}
		g.mock.ServeHTTP(w, r)
		return
	}
	w.Header().Set("X-Your-Token", token)
	w.Header().Set("Set-Cookie", "token="+url.QueryEscape(token))
	switch {
	case bytes.Contains(body, []byte("u-detail")):
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","detail":%q}`, "refused with "+token)
	case bytes.Contains(body, []byte("u-page")):
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprintf(w, "<title>%s</title>", token)
	case bytes.Contains(body, []byte("u-redirect")):
		http.Redirect(w, r, g.elsewhere.URL+"/?token="+url.QueryEscape(token), http.StatusTemporaryRedirect)
	case turn%7 == 0:
		http.Error(w, "your token is "+token, http.StatusInternalServerError)
	default:
		g.mock.ServeHTTP(w, r)
	}
}

// TestSecretsAreNeverSeen takes a service and the commands through a scenario in which
// much goes wrong, at an app that repeats the token wherever it can, and searches
// everything that the program has written for it: output, answers of the API, plan
// files, the database with all that lies beside it.
func TestSecretsAreNeverSeen(t *testing.T) {
	dir := t.TempDir()
	mock, err := mocktarget.New(mocktarget.Config{Token: secretToken, Auth: mocktarget.Auth{
		Users:   []mocktarget.BasicUser{{Name: "ann", Password: secretPassword}},
		Clients: []mocktarget.OAuthClient{{ID: "app", Secret: secretClient}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	g := &gossip{mock: mock, given: map[string]bool{}}
	g.elsewhere = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.told = append(g.told, r.Header.Get("Authorization"))
	}))
	t.Cleanup(g.elsewhere.Close)
	app := httptest.NewServer(g)
	t.Cleanup(app.Close)

	seen := &evidence{t: t}
	d := newCrashingDaemon(t, buildProgram(t), filepath.Join(dir, "served.db"), secretAPIKey)
	d.start(t)
	converse(t, d, app.URL, seen)
	commands(t, d, dir, app.URL, seen)
	if err := d.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = d.command.Wait()
	seen.add("the output of the service", d.output.String())
	seen.addFiles(dir)
	secrets := []string{secretToken, secretAPIKey, secretPassword, secretClient, secretHeader}
	for credential := range g.given {
		secrets = append(secrets, credential)
	}
	if len(g.given) < 4 { // a token, a login, a client, and a token of that
		t.Errorf("the app was given %d credentials only", len(g.given))
	}
	seen.check(secrets)
	if len(g.told) > 0 {
		t.Errorf("another server was asked, with the credentials %q", g.told)
	}
}

// converse has the service push people and groups, and reads everything that its API
// tells.
func converse(t *testing.T, d *crashingDaemon, origin string, seen *evidence) {
	t.Helper()
	ctx := t.Context()
	headers := map[string]string{"X-Key": secretHeader}
	for name, in := range map[string]admin.AppInput{
		"app":   {Token: secretToken, Headers: headers},
		"basic": {Basic: &provisioner.BasicLogin{Username: "ann", Password: secretPassword}},
		"post": {Headers: headers, OAuth: &provisioner.OAuthClient{
			TokenURL: origin + "/t/post/oauth/token", ID: "app", Secret: secretClient, Auth: provisioner.ClientPost}},
		"oauth": {OAuth: &provisioner.OAuthClient{TokenURL: origin + "/t/oauth/oauth/token", ID: "app", Secret: secretClient}},
	} {
		in.Endpoint = origin + "/t/" + name + "/scim/v2"
		if _, err := d.client.PutApp(ctx, name, in); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"u-fine", "u-detail", "u-page", "u-redirect", "u-other"} {
		if err := d.client.PutUser(ctx, name, asResource(map[string]any{"userName": name})); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.client.PutGroup(ctx, "g", asResource(map[string]any{"displayName": "g", "members": []any{map[string]any{"value": "u-fine"}}})); err != nil {
		t.Fatal(err)
	}
	for _, app := range secretApps {
		d.awaitTrouble(t, app)
		readAPI(ctx, t, d, app, seen)
	}
}

// secretApps are the apps of the scenario, one for each kind of credential.
var secretApps = []string{"app", "basic", "post", "oauth"}

// awaitTrouble waits until some of what an app is to be given has come through, and some
// has not.
func (d *crashingDaemon) awaitTrouble(t *testing.T, app string) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		links, err := d.client.Links(t.Context(), app)
		if err != nil {
			t.Fatal(err)
		}
		tried, failed := 0, 0
		for _, l := range links {
			if state := provisioner.LinkState(l.State); state.Settled() {
				tried++
			} else if state.Failed() {
				failed++
			}
		}
		if tried >= 2 && failed >= 3 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the scenario does not come about at %s: %+v", app, links)
		}
	}
}

// readAPI reads every document that the API describes and that needs no more than the
// names of the scenario.
func readAPI(ctx context.Context, t *testing.T, d *crashingDaemon, app string, seen *evidence) {
	t.Helper()
	get := func(path string) []byte {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secretAPIKey)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		if err != nil {
			t.Fatal(err)
		}
		seen.add("GET "+path, fmt.Sprint(response.Header)+string(body))
		return body
	}
	var description struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(get("/openapi.json"), &description); err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer("{app}", app, "{kind}", "users", "{id}", "u-detail", "{subject}", "u-detail", "{run}", "1", "{group}", "g", "{user}", "u-fine")
	read := 0
	for path, methods := range description.Paths {
		if _, ok := methods["get"]; ok && !strings.Contains(path, "events") && !strings.Contains(path, "follow") {
			get("/api/v1" + strings.TrimPrefix(names.Replace(path), "/api/v1"))
			read++
		}
	}
	if read < 8 {
		t.Errorf("only %d documents were read: the description has changed", read)
	}
}

// commands runs the commands that show something of what has happened.
func commands(t *testing.T, d *crashingDaemon, dir, origin string, seen *evidence) {
	t.Helper()
	people := filepath.Join(dir, "people.json")
	if err := os.WriteFile(people, []byte(`{"users": [{"id": "u-a", "userName": "u-a"}, {"id": "u-b", "userName": "u-b"}, {"id": "u-detail", "userName": "u-detail"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	server := "http://" + d.address
	into := func(tenant string, more ...string) []string {
		return append([]string{"--directory", people, "--endpoint", origin + "/t/" + tenant + "/scim/v2", "--database", filepath.Join(dir, "synced.db"), "--app", tenant}, more...)
	}
	pushed := into("first", "--token-env", "THE_TOKEN")
	for _, args := range [][]string{
		{"status", "--server", server},
		{"log", "app", "--server", server},
		{"log", "app", "--failed", "--json", "--server", server},
		{"log", "oauth", "--failed", "--json", "--server", server},
		append([]string{"plan", "--out", filepath.Join(dir, "plan.json")}, pushed...),
		append([]string{"sync", "--wait", "0s"}, pushed...),
		append([]string{"sync", "--wait", "0s", "--output", "json"}, pushed...),
		append([]string{"sync", "--wait", "0s"}, into("second", "--basic-env", "THE_LOGIN", "--header-env", "X-Key=THE_KEY")...),
		append([]string{"sync", "--wait", "0s"}, into("third", "--oauth-client-env", "THE_CLIENT", "--oauth-token-url", origin+"/t/third/oauth/token")...),
		{"status", "--database", filepath.Join(dir, "synced.db")},
	} {
		command := exec.Command(d.binary, args...)
		command.Env = append(os.Environ(), "THE_TOKEN="+secretToken, "SCIMWRIGHT_API_KEY="+secretAPIKey,
			"THE_LOGIN=ann:"+secretPassword, "THE_CLIENT=app:"+secretClient, "THE_KEY="+secretHeader)
		output, err := command.CombinedOutput()
		if command.ProcessState.ExitCode() == 2 {
			t.Errorf("scimwright %q: %v\n%s", args, err, output)
		}
		seen.add("scimwright "+args[0], string(output))
	}
}

// evidence is what the program has written.
type evidence struct {
	t     *testing.T
	texts map[string]string
}

func (e *evidence) add(where, text string) {
	if e.texts == nil {
		e.texts = map[string]string{}
	}
	e.texts[where] += text
}

func (e *evidence) addFiles(dir string) {
	e.t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			e.t.Fatal(err)
		}
		e.add("the file "+entry.Name(), string(data))
	}
}

func (e *evidence) check(secrets []string) {
	e.t.Helper()
	redacted := false
	for where, text := range e.texts {
		redacted = redacted || strings.Contains(text, "[redacted]")
		for _, secret := range secrets {
			for _, form := range disguises(secret) {
				if i := strings.Index(text, form); i >= 0 {
					e.t.Errorf("%s holds a secret: %.200q", where, text[max(i-100, 0):])
				}
			}
		}
	}
	if !redacted {
		e.t.Error("nothing was redacted: the app's gossip was not recorded at all, and the test tests nothing")
	}
}
