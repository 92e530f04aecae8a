package elimityserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a mock whose default tenant is served by the library, and returns the
// mock and a client of that tenant.
func start(t *testing.T, config mocktarget.Config) (*mocktarget.Server, *client) {
	t.Helper()
	config.Token = token
	mock, err := mocktarget.New(elimityserver.Configure(config))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mock)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
	})
	return mock, clientOf(t, mock.Tenant(mocktarget.DefaultTenant), server.URL)
}

func clientOf(t *testing.T, tenant *mocktarget.Tenant, origin string) *client {
	t.Helper()
	return &client{t: t, base: origin + tenant.Path(), token: token}
}

func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("answered %d, want %d: %s", r.status, status, r.raw)
	}
	return r
}

// wantError wants a SCIM error.
func (r reply) wantError(t *testing.T, status int, scimType string) {
	t.Helper()
	kind, _ := r.at("scimType").(string)
	if r.status != status || kind != scimType || r.at("status") != strconv.Itoa(status) ||
		!reflect.DeepEqual(r.at("schemas"), []any{"urn:ietf:params:scim:api:messages:2.0:Error"}) {
		t.Errorf("answered %d %.300s, want a SCIM error %d %q", r.status, r.raw, status, scimType)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func user(name string) string {
	return long.Replace(`{"schemas":["$USER"],"userName":` + strconv.Quote(name) + `}`)
}

func patch(operations string) string {
	return long.Replace(`{"schemas":["$PATCH"],"Operations":[` + operations + `]}`)
}

func filter(text string) string { return "?filter=" + url.QueryEscape(text) }

// TestSameData: what is written through one engine is what the other one serves.
func TestSameData(t *testing.T) {
	mock, c := start(t, mocktarget.Config{})
	tenant := mock.Tenant(mocktarget.DefaultTenant)
	use := func(engine string) {
		t.Helper()
		if err := tenant.Configure(func(s *mocktarget.Settings) { s.Engine = engine }); err != nil {
			t.Fatal(err)
		}
	}
	made := c.do("POST", "/Users", long.Replace(`{"schemas":["$USER"],"userName":"Zoë","password":"hunter2","$ENTERPRISE":{"department":"Sales"}}`)).want(t, 201)
	id := made.at("id").(string)
	equal(t, "Location", made.header.Get("Location"), c.base+"/Users/"+id)
	equal(t, "meta.location", made.at("meta", "location"), c.base+"/Users/"+id)
	group := c.do("POST", "/Groups", long.Replace(`{"schemas":["$GROUP"],"displayName":"Staff","members":[{"value":"`+id+`"}]}`)).want(t, 201).at("id").(string)
	equal(t, "the group of the user", c.do("GET", "/Users/"+id, "").at("groups", 0, "display"), "Staff")
	equal(t, "$ref", c.do("GET", "/Groups/"+group, "").at("members", 0, "$ref"), c.base+"/Users/"+id)

	use(mocktarget.OwnEngine)
	seen := c.do("GET", "/Users/"+id, "").want(t, 200)
	equal(t, "department", seen.at("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "department"), "Sales")
	c.do("HEAD", "/Users/"+id, "").want(t, 200)
	equal(t, "users with that password", c.do("POST", "/Users/.search",
		long.Replace(`{"schemas":["$SEARCH"],"filter":"userName eq \"zoë\" and password eq \"hunter2\""}`)).at("totalResults"), 1)
	if strings.Contains(made.raw, "hunter2") {
		t.Errorf("the password is returned: %s", made.raw)
	}

	use(elimityserver.Name)
	c.do("HEAD", "/Users/"+id, "").want(t, 404)
	c.do("DELETE", "/Users/"+id, "").want(t, 204)
	use("")
	equal(t, "members", c.do("GET", "/Groups/"+group, "").at("members"), nil)
}

// TestTenants: each tenant has its own engine and its own data.
func TestTenants(t *testing.T) {
	mock, c := start(t, mocktarget.Config{IDs: mocktarget.SequentialIDs})
	origin := strings.TrimSuffix(c.base, "/scim/v2")
	own := mock.Tenant("own")
	if err := own.Configure(func(s *mocktarget.Settings) { s.Engine = mocktarget.OwnEngine }); err != nil {
		t.Fatal(err)
	}
	clients := map[string]*client{"default": c, "own": clientOf(t, own, origin), "new": {t: t, base: origin + "/t/new/scim/v2", token: token}}
	for name, c := range clients {
		c.do("POST", "/Users", user(name)).want(t, 201)
		equal(t, "users of "+name, c.do("GET", "/Users", "").at("totalResults"), 1)
		equal(t, "status of a wrong method at "+name, c.do("DELETE", "/Users", "").status, map[bool]int{true: 405, false: 404}[name == "own"])
	}
	if err := own.Configure(func(s *mocktarget.Settings) { s.Engine = "nobody" }); err == nil || !strings.Contains(err.Error(), "elimity, rfc") {
		t.Errorf("an engine there is not: %v", err)
	}
	for _, engines := range []map[string]mocktarget.Engine{{"": elimityserver.Engine{}}, {"rfc": elimityserver.Engine{}}, {"none": nil}} {
		if _, err := mocktarget.New(mocktarget.Config{Engines: engines}); err == nil {
			t.Errorf("the engines %v are taken", engines)
		}
	}
}

// TestJournal: the journal knows what the library was asked and what that changed.
func TestJournal(t *testing.T) {
	mock, c := start(t, mocktarget.Config{})
	id := c.do("POST", "/Users", long.Replace(`{"schemas":["$USER"],"userName":"ann","password":"hunter2"}`)).want(t, 201).at("id").(string)
	c.do("GET", "/Users"+filter(`USERNAME eq "ann"`), "").want(t, 200)
	c.do("PATCH", "/Users/"+id, patch(`{"op":"replace","path":"title","value":"Dr"}`)).want(t, 200)
	c.do("GET", "/Schemas", "").want(t, 200)
	c.do("GET", "/Nothing", "").want(t, 404)
	entries := mock.Tenant(mocktarget.DefaultTenant).Journal()
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%s %s %s %d", e.Operation.Kind, e.Operation.ResourceType, e.Operation.Filter, len(e.Changes)))
		if strings.Contains(e.Request.Body, "hunter2") {
			t.Error("the journal shows the password")
		}
	}
	want := []string{"create User  1", `list User USERNAME eq "ann" 0`, "patch User  1", "discovery   0", "   0"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the journal has %q, want %q", got, want)
	}
	if op := entries[2].Operation; op.ID != id || len(op.Patch) != 1 || op.Patch[0].Path != "title" {
		t.Errorf("the patch is noted as %+v", op)
	}
	equal(t, "id of the created user", entries[0].Operation.ID, id)
}

// TestWhatTheMockKeeps: credentials and limits are the mock's, whatever the engine.
func TestWhatTheMockKeeps(t *testing.T) {
	mock, c := start(t, mocktarget.Config{
		Auth:   mocktarget.Auth{Tokens: []mocktarget.BearerToken{{Value: "reader", ReadOnly: true}}},
		Limits: mocktarget.Limits{Body: 64 << 10},
	})
	for _, value := range []string{"", "Bearer wrong", "Basic " + token} {
		r := c.do("GET", "/Users", "", "Authorization: "+value)
		r.wantError(t, 401, "")
		if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("Authorization %q: no challenge in %v", value, r.header)
		}
	}
	c.do("POST", "/Users", user("ann"), "Authorization: Bearer reader").wantError(t, 403, "")
	c.do("GET", "/Users", "", "Authorization: Bearer reader").want(t, 200)
	c.do("POST", "/Users", user(strings.Repeat("x", 64<<10))).wantError(t, 413, "")
	equal(t, "users", mock.Tenant(mocktarget.DefaultTenant).Count("User"), 0)
}

// TestLint: requests to the library are judged as others are, and a strict tenant
// refuses what is found before the library sees it.
func TestLint(t *testing.T) {
	mock, c := start(t, mocktarget.Config{})
	tenant := mock.Tenant(mocktarget.DefaultTenant)
	both := "/Users?attributes=userName&excludedAttributes=title"
	c.do("GET", both, "").want(t, 200)
	if findings := tenant.Findings(); len(findings) == 0 || findings[0].Rule != "attributes-both" {
		t.Errorf("the findings are %+v", findings)
	}
	if err := tenant.Configure(func(s *mocktarget.Settings) { s.Strict = true }); err != nil {
		t.Fatal(err)
	}
	c.do("GET", both, "").wantError(t, 400, "invalidValue")
	c.do("GET", "/Users", "").want(t, 200)
}

// TestHostileRequests sends what kills or crashes the library alone, and looks whether
// the server lives on.
func TestHostileRequests(t *testing.T) {
	parens := strings.Repeat("(", 100_000)
	nested := strings.Repeat("(", 65) + "a pr" + strings.Repeat(")", 65)
	deepJSON := strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000)
	search := func(filter string) string { return long.Replace(`{"schemas":["$SEARCH"],"filter":"` + filter + `"}`) }
	tests := []struct {
		name               string
		method, path, body string
		status             int
		scimType           string
		guarded            bool // before the library saw it
	}{
		{"parentheses", "GET", "/Users?filter=" + parens, "", 400, "invalidFilter", true},
		{"parentheses on discovery", "GET", "/Schemas?filter=" + parens, "", 400, "invalidFilter", true},
		{"parentheses in a search", "POST", "/Users/.search", search(parens), 400, "invalidFilter", true},
		{"parentheses in a search of everything", "POST", "/.search", search(parens), 400, "invalidFilter", true},
		{"parentheses in a search, odd spelling", "POST", "/Users/.search", strings.Replace(search(parens), "filter", "FILTER", 1), 400, "invalidFilter", true},
		{"nested too deep", "GET", "/Users" + filter(nested), "", 400, "invalidFilter", true},
		{"long", "GET", "/Users" + filter(`userName eq "`+strings.Repeat("x", 8192)+`"`), "", 400, "invalidFilter", true},
		{"path", "PATCH", "/Users/ann", patch(`{"op":"remove","path":"emails[` + parens + `"}`), 400, "invalidPath", true},
		{"nested path", "PATCH", "/Users/ann", patch(`{"op":"remove","path":"emails[` + nested + `]"}`), 400, "invalidPath", true},
		{"path, odd spelling", "PATCH", "/Users/ann", strings.NewReplacer("Operations", "oPERATIONS", "path", "PATH").Replace(patch(`{"op":"remove","path":"emails[` + nested + `]"}`)), 400, "invalidPath", true},
		{"name in a value", "PATCH", "/Users/ann", patch(`{"op":"add","value":{"emails[` + nested + `]":1}}`), 400, "invalidPath", true},
		{"name in an extension", "PATCH", "/Users/ann", patch(`{"op":"add","value":{"$ENTERPRISE":{"a[` + nested + `]":1}}}`), 400, "invalidPath", true},
		{"deep JSON", "POST", "/Users", deepJSON, 400, "invalidSyntax", false},
		{"garbage", "POST", "/Users", `{"userName":`, 400, "invalidSyntax", false},
		{"a panic in the library", "GET", "/Schemas" + filter(`attributes eq "x"`), "", 500, "", false},
	}
	mock, c := start(t, mocktarget.Config{})
	if err := mock.Tenant(mocktarget.DefaultTenant).Seed(strings.NewReader(`{"Users":[{"id":"ann","userName":"ann"}]}`)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := c.do(tt.method, tt.path, tt.body)
			r.wantError(t, tt.status, tt.scimType)
			if ours := strings.Contains(fmt.Sprint(r.at("detail")), "nested deeper"); ours != tt.guarded {
				t.Errorf("refused by the guard: %v, want %v", ours, tt.guarded)
			}
			if r.status == 500 && !strings.Contains(fmt.Sprint(r.at("detail")), "the engine") {
				t.Errorf("the blame is on somebody else: %s", r.raw)
			}
			equal(t, "users afterwards", c.do("GET", "/Users"+filter(`userName eq "ann"`), "").at("totalResults"), 1)
		})
	}
	// Brackets inside strings and large attributes of other requests are no danger.
	c.do("GET", "/Users"+filter(`userName eq "`+strings.Repeat("(", 100)+`"`), "").want(t, 200)
	c.do("POST", "/Users", long.Replace(`{"schemas":["$USER"],"userName":"big","filter":"`+parens+`"}`)).want(t, 201)
}

// TestConcurrentUse: eight clients create users, let them join a group, look for them
// and delete every other one.
func TestConcurrentUse(t *testing.T) {
	_, c := start(t, mocktarget.Config{})
	group := c.do("POST", "/Groups", long.Replace(`{"schemas":["$GROUP"],"displayName":"All"}`)).want(t, 201).at("id").(string)
	const workers, each = 8, 10
	errs := make(chan error, workers*each)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				errs <- c.churn(group, fmt.Sprintf("u%d-%d", w, i), i%2 == 0)
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	equal(t, "users left", c.do("GET", "/Users?count=0", "").at("totalResults"), workers*each/2)
	members, _ := c.do("GET", "/Groups/"+group, "").at("members").([]any)
	equal(t, "members left", len(members), workers*each/2)
}

func (c *client) churn(group, name string, stays bool) error {
	expect := func(status int, method, path, body string) (reply, error) {
		r, err := c.try(method, path, body)
		if err == nil && r.status != status {
			err = fmt.Errorf("%s %s: %d %s, want %d", method, path, r.status, r.raw, status)
		}
		return r, err
	}
	made, err := expect(201, "POST", "/Users", user(name))
	if err != nil {
		return err
	}
	id := made.at("id").(string)
	if _, err := expect(200, "PATCH", "/Groups/"+group, patch(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)); err != nil {
		return err
	}
	found, err := expect(200, "GET", "/Users"+filter(`userName eq "`+name+`"`), "")
	if err != nil || fmt.Sprint(found.at("totalResults")) != "1" || stays {
		return err
	}
	_, err = expect(204, "DELETE", "/Users/"+id, "")
	return err
}
