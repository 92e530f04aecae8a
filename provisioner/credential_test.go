package provisioner_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

const tokenPath = "POST /oauth/token"

// newGuarded returns a mock that lets requests in by HTTP Basic, and by the tokens of
// an OAuth client.
func newGuarded(t *testing.T) *moody {
	t.Helper()
	target := mocktargettest.New(t, mocktargettest.WithJournalTail(0), mocktargettest.WithConfig(mocktarget.Config{Auth: mocktarget.Auth{
		Users:   []mocktarget.BasicUser{{Name: "ann", Password: "pass:wörd"}},
		Clients: []mocktarget.OAuthClient{{ID: "app", Secret: "s3cret/+", Lifetime: time.Hour}},
	}}))
	return &moody{Target: target, t: t, tenant: target.Server().Tenant(mocktarget.DefaultTenant)}
}

// oauth is an app that is let in by tokens of a client with a secret.
func (m *moody) oauth(secret string) provisioner.App {
	return provisioner.App{Name: "app", Endpoint: m.URL(), OAuth: &provisioner.OAuthClient{
		TokenURL: m.Origin() + "/oauth/token", ID: "app", Secret: secret,
	}}
}

func (m *moody) tokenRequests() (n int) {
	for _, r := range m.requests() {
		if r == tokenPath {
			n++
		}
	}
	return n
}

// refused counts the answers that did not let a request in.
func (m *moody) refused() (n int) {
	for _, e := range m.tenant.Journal() {
		if e.Response.Status == http.StatusUnauthorized {
			n++
		}
	}
	return n
}

func (r *rig) save(app provisioner.App) {
	r.t.Helper()
	if err := r.PutApp(r.t.Context(), app); err != nil {
		r.t.Fatal(err)
	}
}

// TestBasicLogin: an app lets requests in by user name and password. One that refuses
// them is paused, and goes on with others.
func TestBasicLogin(t *testing.T) {
	m := newGuarded(t)
	r := newRig(t, rigConfig{})
	app := provisioner.App{Name: "app", Endpoint: m.URL(), Basic: &provisioner.BasicLogin{Username: "ann", Password: "wrong"}}
	r.save(app)
	r.put(5, "a", nil)
	r.paused("app", provisioner.PauseAuth)
	if reason := r.app("app").Reason; !strings.Contains(reason, "refuses the login (401)") {
		t.Errorf("it is paused: %s", reason)
	}
	r.advance(time.Second)
	app.Basic = &provisioner.BasicLogin{Username: "ann", Password: "pass:wörd"}
	r.save(app)
	r.settle("app")
	m.wantUsers(5, "a", nil)
	r.wantCurl(`-u "$LOGIN"`, "pass:wörd")
}

// wantCurl checks the command that repeats the last request to the app.
func (r *rig) wantCurl(want, secret string) {
	r.t.Helper()
	list, err := r.Log(r.t.Context(), provisioner.LogQuery{App: "app", Limit: 1})
	if err != nil || len(list) != 1 {
		r.t.Fatalf("the log has %v, %v", list, err)
	}
	e, err := r.LogEntry(r.t.Context(), "app", list[0].ID)
	if err != nil || len(e.Exchanges) == 0 {
		r.t.Fatalf("the entry is %+v, %v", e, err)
	}
	if curl := e.Exchanges[0].Curl(); !strings.Contains(curl, want) || strings.Contains(curl, secret) {
		r.t.Errorf("the command is %s, want one with %s and without the secret", curl, want)
	}
}

// TestOAuthTokens: requests are let in by tokens that are fetched once for all of them,
// again shortly before they expire, and again when the app takes them no longer: that
// is no failure of anybody.
func TestOAuthTokens(t *testing.T) {
	const users = 30
	m := newGuarded(t)
	r := newRig(t, rigConfig{})
	r.save(m.oauth("s3cret/+"))
	must(t, r.engine.Pause(t.Context(), "app", ""))
	r.put(users, "a", nil)
	if plan, err := r.engine.PlanSync(t.Context(), "app"); err != nil || len(plan.Changes) != users {
		t.Errorf("the plan is %+v, %v", plan, err)
	}
	must(t, r.engine.Resume(t.Context(), "app"))
	r.settle("app")
	if n := m.tokenRequests(); n != 1 || m.refused() > 0 {
		t.Errorf("%d tokens were fetched and %d requests refused, want one and none", n, m.refused())
	}
	m.wantUsers(users, "a", nil)
	r.wantCurl(`-H "Authorization: Bearer $TOKEN"`, "s3cret")

	m.tenant.ClearJournal()
	r.advance(time.Hour, "app")
	r.put(users, "b", nil)
	r.settle("app")
	if n := m.tokenRequests(); n != 1 || m.refused() > 0 {
		t.Errorf("%d tokens were fetched and %d requests refused after the first has expired, want one and none", n, m.refused())
	}

	m.tenant.ClearJournal()
	m.tenant.Clock().Advance(2 * time.Hour)
	r.put(users, "c", nil)
	r.settle("app")
	m.wantUsers(users, "c", nil)
	if n := m.tokenRequests(); n != 1 || m.refused() == 0 {
		t.Errorf("%d tokens were fetched and %d requests refused after the second was taken no longer, want one and some", n, m.refused())
	}
	if failed, err := r.Log(t.Context(), provisioner.LogQuery{App: "app", Failed: true}); err != nil || len(failed) > 0 {
		t.Errorf("failed: %+v, %v", failed, err)
	}
	if app := r.app("app"); app.State != provisioner.AppActive {
		t.Errorf("the app is %s: %s", app.State, app.Reason)
	}
}

// TestOAuthClientIsRefused: an app for which no tokens are to be had is paused as one
// that refuses them is. It is tried again by one request each time, and goes on.
func TestOAuthClientIsRefused(t *testing.T) {
	m := newGuarded(t)
	r := newRig(t, rigConfig{})
	r.save(m.oauth("wrong"))
	r.advance(time.Second)
	r.put(20, "a", nil)
	r.paused("app", provisioner.PauseAuth)
	if reason := r.app("app").Reason; !strings.Contains(reason, "/oauth/token, which answered 401 (invalid_client)") || !strings.Contains(reason, "save an OAuth client") {
		t.Errorf("it is paused: %s", reason)
	}
	if requests := m.requests(); len(requests) > 4 || slices.ContainsFunc(requests, func(s string) bool { return s != tokenPath }) {
		t.Errorf("asked %q, want tokens, four times at the most", requests)
	}
	if failed, err := r.Log(t.Context(), provisioner.LogQuery{App: "app", Failed: true}); err != nil || len(failed) == 0 || !strings.Contains(failed[0].Cause, "invalid_client") {
		t.Errorf("the log tells %+v, %v", failed, err)
	}
	for range 2 {
		m.tenant.ClearJournal()
		r.advance(15*time.Minute-time.Second, "app")
		r.tend()
		if requests := m.requests(); len(requests) > 0 {
			t.Errorf("asked %q a second too early", requests)
		}
		r.advance(time.Second, "app")
		r.tend()
		r.tend()
		if requests := m.requests(); !slices.Equal(requests, []string{tokenPath}) {
			t.Errorf("asked %q after a quarter of an hour, want a token", requests)
		}
	}
	found, err := r.engine.TestConnection(t.Context(), "app", false)
	if err != nil || found.OK || !strings.Contains(found.Checks[0].Detail, "invalid_client") {
		t.Errorf("a test of the connection says %+v, %v", found, err)
	}
	r.save(m.oauth("s3cret/+"))
	r.settle("app")
	m.wantUsers(20, "a", nil)
}

// TestTokenEndpointIsDown: an app whose token endpoint is in trouble is one that is not
// reached: it is paused after some failures, asked again soon, and loses nothing.
func TestTokenEndpointIsDown(t *testing.T) {
	m := newGuarded(t)
	var down atomic.Bool
	var asked atomic.Int32
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		m.Server().ServeHTTP(w, r)
	}))
	t.Cleanup(tokens.Close)
	r := newRig(t, rigConfig{})
	app := m.oauth("s3cret/+")
	app.OAuth.TokenURL = tokens.URL + "/oauth/token"
	down.Store(true)
	r.save(app)
	r.put(20, "a", nil)
	r.paused("app", provisioner.PauseEndpoint)
	if reason := r.app("app").Reason; !strings.Contains(reason, "no token from "+tokens.URL) || len(m.requests()) > 0 || asked.Load() > 30 {
		t.Errorf("it is paused: %s; %d tokens were asked for, and the app %q", reason, asked.Load(), m.requests())
	}
	down.Store(false)
	r.advance(30*time.Second, "app")
	r.tend()
	r.advance(time.Minute, "app")
	r.settle("app")
	m.wantUsers(20, "a", nil)
}

// TestCheckOfAnAppWithoutItsCredential: one that is saved need not be given again, unless
// it would go to another server.
func TestCheckOfAnAppWithoutItsCredential(t *testing.T) {
	r := newRig(t, rigConfig{})
	app := provisioner.App{Name: "app", Endpoint: "https://app.example/scim/v2", Token: "token"}
	r.save(app)
	app.Token = ""
	if err := r.engine.Check(t.Context(), app); err != nil {
		t.Errorf("on the same server: %v", err)
	}
	app.Endpoint = "https://other.example/scim/v2"
	if _, ok := errors.AsType[*provisioner.EndpointError](r.engine.Check(t.Context(), app)); !ok {
		t.Error("another server is given what the first one was let in by")
	}
}

// TestTokenEndpointInAPrivateNetwork: tokens are fetched by the rules by which the app
// is reached.
func TestTokenEndpointInAPrivateNetwork(t *testing.T) {
	m := newGuarded(t)
	r := newRig(t, rigConfig{publicOnly: true})
	app := m.oauth("s3cret/+")
	if err := r.engine.Check(t.Context(), app); err == nil {
		t.Error("the app may be on this machine")
	}
	app.Endpoint = "https://app.example/scim/v2"
	refused, ok := errors.AsType[*provisioner.EndpointError](r.engine.Check(t.Context(), app))
	if !ok || !strings.Contains(refused.Error(), "OAuth token endpoint") || !strings.Contains(refused.Error(), "privateNetwork") {
		t.Errorf("a token endpoint on this machine: %v", refused)
	}
	// A name is judged when it is resolved, before the app is asked.
	app.OAuth.TokenURL = strings.Replace(app.OAuth.TokenURL, "127.0.0.1", "localhost", 1)
	r.save(app)
	r.put(1, "a", nil)
	r.until("the attempt has failed", func() bool { return r.link("u0").State == provisioner.LinkFailing })
	if reason := r.link("u0").LastError; !strings.Contains(reason, "private address") || !strings.Contains(reason, "privateNetwork") || len(m.requests()) > 0 {
		t.Errorf("it fails: %s; asked %q", reason, m.requests())
	}
	app.Endpoint, app.Settings.PrivateNetwork = m.URL(), true
	r.save(app)
	r.advance(time.Minute, "app")
	r.settle("app")
	m.wantUsers(1, "a", nil)
	// Neither a token that was fetched there is used any more, nor is one fetched.
	m.tenant.ClearJournal()
	app.Endpoint, app.Settings.PrivateNetwork = "https://app.example/scim/v2", false
	r.save(app)
	r.put(1, "b", nil)
	r.until("the attempt has failed", func() bool { return r.link("u0").State == provisioner.LinkFailing })
	if reason := r.link("u0").LastError; !strings.Contains(reason, "private address") || len(m.requests()) > 0 {
		t.Errorf("without the setting it fails: %s; asked %q", reason, m.requests())
	}
}

// TestFurtherHeaders: an app, or what stands before it, wants a header in each request.
func TestFurtherHeaders(t *testing.T) {
	m := newMoody(t)
	key := rand.Text()
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != key {
			http.Error(w, "no key", http.StatusForbidden)
			return
		}
		m.Server().ServeHTTP(w, r)
	}))
	t.Cleanup(gateway.Close)
	r := newRig(t, rigConfig{})
	r.save(provisioner.App{Name: "app", Endpoint: gateway.URL + "/scim/v2", Token: m.Token(), Headers: map[string]string{"x-api-key": key}})
	r.put(5, "a", nil)
	r.settle("app")
	m.wantUsers(5, "a", nil)
	r.wantCurl(`-H "X-Api-Key: $X_API_KEY"`, key)
}

// TestCredentialIsValidated: an app is saved with one credential that can be sent.
func TestCredentialIsValidated(t *testing.T) {
	for name, test := range map[string]struct {
		app  provisioner.App
		says string
	}{
		"none":            {provisioner.App{}, "no credential"},
		"two":             {provisioner.App{Token: "t", OAuth: &provisioner.OAuthClient{}}, "several credentials"},
		"no password":     {provisioner.App{Basic: &provisioner.BasicLogin{Username: "ann"}}, "password: it is empty"},
		"no secret":       {provisioner.App{OAuth: &provisioner.OAuthClient{TokenURL: "https://a.example", ID: "id"}}, "no id or no secret"},
		"metadata":        {provisioner.App{OAuth: &provisioner.OAuthClient{TokenURL: "http://169.254.169.254/", ID: "id", Secret: "s"}}, "never contacted"},
		"header":          {provisioner.App{Token: "t", Headers: map[string]string{"authorization": "x"}}, "cannot be set"},
		"header by value": {provisioner.App{Token: "t", Headers: map[string]string{"X-Key": "x\ny"}}, "line break"},
	} {
		test.app.Name, test.app.Endpoint = "app", "https://app.example"
		if err := test.app.Validate(); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
}

// TestSyncWithoutAToken: a sync that cannot begin says why.
func TestSyncWithoutAToken(t *testing.T) {
	m := newGuarded(t)
	r := newRig(t, rigConfig{})
	r.save(m.oauth("wrong"))
	_, err := r.engine.Sync(t.Context(), "app")
	if refused, ok := errors.AsType[*scimclient.TokenError](err); !ok || refused.Code != "invalid_client" {
		t.Errorf("a sync says %v", err)
	}
}
