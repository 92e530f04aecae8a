package scimclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "s3cret-Token_0123456789.abc"

// serve starts a server on loopback and returns a client for its /scim/v2.
func serve(t *testing.T, h http.HandlerFunc, adjust ...func(*scimclient.Config)) (*scimclient.Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(h)
	c := connect(t, srv.URL+"/scim/v2", adjust...)
	t.Cleanup(func() {
		c.CloseIdleConnections()
		srv.CloseClientConnections()
		srv.Close()
	})
	return c, srv
}

func connect(t *testing.T, endpoint string, adjust ...func(*scimclient.Config)) *scimclient.Client {
	t.Helper()
	cfg := scimclient.Config{Endpoint: endpoint, Credential: scimclient.Bearer(token), UserAgent: "scimwright/1.2 (+https://example.org)"}
	for _, f := range adjust {
		f(&cfg)
	}
	c, err := scimclient.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// answer returns a handler with one fixed answer.
func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func user(name string) *scim.Object {
	return scim.NewObject(
		scim.Field{Name: "schemas", Value: []any{scim.UserSchema}},
		scim.Field{Name: "userName", Value: name},
	)
}

func deactivate() *scim.Patch {
	return &scim.Patch{Operations: []scim.Operation{{Op: "replace", PathText: "active", Value: false, HasValue: true}}}
}

// failure returns err as the client's error, which it must be.
func failure(t *testing.T, err error) *scimclient.Error {
	t.Helper()
	e, ok := errors.AsType[*scimclient.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *scimclient.Error", err)
	}
	if text := e.Error(); strings.Contains(text, token) || strings.ContainsAny(text, "\r\n\x1b") {
		t.Errorf("error text is not fit to print: %q", text)
	}
	return e
}

func TestNewChecksAndNormalises(t *testing.T) {
	tests := []struct{ name, endpoint, token, want, wantErr string }{
		{name: "plain", endpoint: "https://app.example/scim/v2", want: "https://app.example/scim/v2"},
		{name: "slashes and spaces", endpoint: " https://App.Example:8443/scim/v2// ", want: "https://app.example:8443/scim/v2"},
		{name: "no path", endpoint: "HTTP://app.example/", want: "http://app.example"},
		{name: "port of https", endpoint: "https://app.example:443/scim/v2", want: "https://app.example/scim/v2"},
		{name: "port of http", endpoint: "http://[2001:DB8::80]:80/", want: "http://[2001:db8::80]"},
		{name: "port of the other", endpoint: "https://app.example:80", want: "https://app.example:80"},
		{name: "escaped path", endpoint: "https://app.example/t/a%2Fb/", want: "https://app.example/t/a%2Fb"},
		{name: "loopback", endpoint: "http://127.0.0.1:1/", want: "http://127.0.0.1:1"},
		{name: "empty", endpoint: "", wantErr: "no URL given"},
		{name: "no scheme", endpoint: "app.example/scim", wantErr: "must start with https://"},
		{name: "other scheme", endpoint: "file:///etc/passwd", wantErr: "must start with https://"},
		{name: "password", endpoint: "https://u:hunter2@app.example/", wantErr: "user name or password"},
		{name: "password without scheme", endpoint: "u:hunter2@app.example/", wantErr: "must start with https://"},
		{name: "query", endpoint: "https://app.example/?hunter2=1", wantErr: "query or fragment"},
		{name: "query without anything", endpoint: "https://app.example/?", wantErr: "query or fragment"},
		{name: "fragment", endpoint: "https://app.example/#", wantErr: "query or fragment"},
		{name: "no host", endpoint: "https:///scim", wantErr: "names no host"},
		{name: "opaque", endpoint: "https:app.example", wantErr: "names no host"},
		{name: "dots", endpoint: "https://app.example/a/../b", wantErr: ". or .. segment"},
		{name: "port", endpoint: "https://app.example:99999/", wantErr: "port 99999"},
		{name: "port zero", endpoint: "https://app.example:0/", wantErr: "port 0"},
		{name: "garbage", endpoint: "https://[::1/%zz", wantErr: "not a URL"},
		{name: "metadata", endpoint: "http://169.254.169.254/latest", wantErr: "never contacted"},
		{name: "token with newline", endpoint: "https://app.example", token: "hunter2\n", wantErr: "line break"},
		{name: "token with umlaut", endpoint: "https://app.example", token: "hünter2", wantErr: "non-ASCII"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := scimclient.Config{Endpoint: tt.endpoint}
			if tt.token != "" {
				cfg.Credential = scimclient.Bearer(tt.token)
			}
			c, err := scimclient.New(cfg)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) || strings.Contains(err.Error(), "nter2") {
					t.Fatalf("error %v, want one with %q and without the secret", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Endpoint() != tt.want {
				t.Errorf("Endpoint() = %q, want %q", c.Endpoint(), tt.want)
			}
		})
	}
}

// TestRequestsOnTheWire looks at what each method sends.
func TestRequestsOnTheWire(t *testing.T) {
	const weird = `a/b?c#d %2e é"..`
	ctx := context.Background()
	tests := []struct {
		name string
		do   func(*scimclient.Client) error
		line string // method and request URI
		body string // JSON, "" for none
	}{
		{"create", func(c *scimclient.Client) error { _, err := c.Create(ctx, "/Users", user("ann")); return err },
			"POST /scim/v2/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann"}`},
		{"get", func(c *scimclient.Client) error { _, err := c.Get(ctx, "/Users", "42"); return err },
			"GET /scim/v2/Users/42", ""},
		{"get weird id", func(c *scimclient.Client) error { _, err := c.Get(ctx, "Users/", weird); return err },
			"GET /scim/v2/Users/a%2Fb%3Fc%23d%20%252e%20%C3%A9%22..", ""},
		{"replace", func(c *scimclient.Client) error { _, err := c.Replace(ctx, "/Users", "42", user("ann")); return err },
			"PUT /scim/v2/Users/42", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann"}`},
		{"patch", func(c *scimclient.Client) error { _, err := c.Patch(ctx, "/Users", "42", deactivate()); return err },
			"PATCH /scim/v2/Users/42",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`},
		{"delete", func(c *scimclient.Client) error { _, err := c.Delete(ctx, "/Groups", "42"); return err },
			"DELETE /scim/v2/Groups/42", ""},
		{"page", func(c *scimclient.Client) error {
			_, err := c.Page(ctx, "/Users", scimclient.Query{Filter: scimclient.Eq("userName", `o"b\c+d & é`), StartIndex: 3, Count: 2,
				Attributes: []string{"userName", "emails.value"}, SortBy: "userName", SortOrder: "descending"})
			return err
		}, `GET /scim/v2/Users?attributes=userName%2Cemails.value&count=2&filter=userName%20eq%20%22o%5C%22b%5C%5Cc%2Bd%20%26%20%C3%A9%22&sortBy=userName&sortOrder=descending&startIndex=3`, ""},
		{"page by cursor", func(c *scimclient.Client) error {
			_, err := c.Page(ctx, "/Groups", scimclient.Query{Cursor: "a b", StartIndex: 3, ExcludedAttributes: []string{"members"}})
			return err
		}, `GET /scim/v2/Groups?cursor=a%20b&excludedAttributes=members`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var line, body string
			var header http.Header
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				line, body, header = r.Method+" "+r.RequestURI, string(b), r.Header
				io.WriteString(w, `{"id":"42","Resources":[]}`)
			})
			if err := tt.do(c); err != nil {
				t.Fatal(err)
			}
			if line != tt.line {
				t.Errorf("sent %s\nwant %s", line, tt.line)
			}
			if !sameJSON(t, body, tt.body) {
				t.Errorf("sent body %s\nwant %s", body, tt.body)
			}
			want := map[string]string{
				"Authorization": "Bearer " + token,
				"Accept":        "application/scim+json",
				"User-Agent":    "scimwright/1.2 (+https://example.org)",
				"Content-Type":  "",
			}
			if tt.body != "" {
				want["Content-Type"] = "application/scim+json"
			}
			for name, v := range want {
				if header.Get(name) != v {
					t.Errorf("%s: %q, want %q", name, header.Get(name), v)
				}
			}
		})
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	if a == "" || b == "" {
		return a == b
	}
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

// TestNothingIsSentTo refuses calls that would land on another resource.
func TestNothingIsSentTo(t *testing.T) {
	var hits int
	c, _ := serve(t, func(http.ResponseWriter, *http.Request) { hits++ })
	for _, tt := range []struct{ endpoint, id string }{
		{"/Users", ""}, {"/Users", "."}, {"/Users", ".."},
		{"/Users/..", "1"}, {"/Users?x=", "1"}, {"/Users#", "1"}, {"/%2e%2e", "1"}, {"https://evil.example/Users", "1"}, {`/a\b`, "1"},
	} {
		_, err := c.Delete(context.Background(), tt.endpoint, tt.id)
		if e := failure(t, err); e.Status != 0 || e.Ambiguous {
			t.Errorf("Delete(%q, %q): %+v, want an error before sending", tt.endpoint, tt.id, e)
		}
	}
	if hits != 0 {
		t.Errorf("the server got %d requests, want none", hits)
	}
}

// TestTolerantReader holds answers that are not by the book but good enough.
func TestTolerantReader(t *testing.T) {
	ctx := context.Background()
	const scimJSON = "application/scim+json"
	create := func(c *scimclient.Client) (*scimclient.Response, error) { return c.Create(ctx, "/Users", user("ann")) }
	put := func(c *scimclient.Client) (*scimclient.Response, error) {
		return c.Replace(ctx, "/Users", "42", user("ann"))
	}
	patch := func(c *scimclient.Client) (*scimclient.Response, error) {
		return c.Patch(ctx, "/Users", "42", deactivate())
	}
	get := func(c *scimclient.Client) (*scimclient.Response, error) { return c.Get(ctx, "/Users", "42") }
	del := func(c *scimclient.Client) (*scimclient.Response, error) { return c.Delete(ctx, "/Users", "42") }
	tests := []struct {
		name              string
		do                func(*scimclient.Client) (*scimclient.Response, error)
		status            int
		contentType, body string
		location          string
		wantID            string
		wantResource      bool
	}{
		{"201", create, 201, scimJSON, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"42"}`, "", "42", true},
		{"200 for 201, no schemas", create, 200, "application/json", `{"id":"42"}`, "", "42", true},
		{"BOM, odd case, odd type", create, 201, "text/plain", "\ufeff\r\n {\"ID\":\"42\"} \n", "", "42", true},
		{"id that is a number", create, 201, scimJSON, `{"id":42}`, "", "42", true},
		{"body with id wins over Location", create, 201, scimJSON, `{"id":"42"}`, "/scim/v2/Users/7", "42", true},
		{"empty 201 with Location", create, 201, scimJSON, ``, "https://app.example/scim/v2/Users/a%2Fb", "a/b", false},
		{"relative Location", create, 201, scimJSON, ``, "Users/42", "42", false},
		{"Location elsewhere", create, 201, scimJSON, ``, "https://app.example/login", "", false},
		{"null body", create, 201, scimJSON, `null`, "", "", false},
		{"object without id", create, 201, scimJSON, `{"userName":"ann"}`, "", "", true},
		{"204 for PUT", put, 204, scimJSON, ``, "", "", false},
		{"200 without body", put, 200, scimJSON, ``, "", "", false},
		{"202 with text", patch, 202, "text/plain", `OK`, "", "", false},
		{"204 for PATCH", patch, 204, "", ``, "", "", false},
		{"GET", get, 200, scimJSON, `{"id":"42"}`, "", "42", true},
		{"200 for DELETE", del, 200, "text/plain", `deleted`, "", "", false},
		{"204 for DELETE", del, 204, "", ``, "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.location != "" {
					w.Header().Set("Location", tt.location)
				}
				w.Header().Set("Content-Type", tt.contentType)
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			got, err := tt.do(c)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != tt.status || got.ID() != tt.wantID || (got.Resource != nil) != tt.wantResource {
				t.Errorf("status %d, id %q, resource %v; want %d, %q, %v",
					got.Status, got.ID(), got.Resource != nil, tt.status, tt.wantID, tt.wantResource)
			}
		})
	}
}

func TestDiscover(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/scim/v2/ServiceProviderConfigs":
			io.WriteString(w, `{"patch":{"supported":true}}`)
		case "/scim/v2/ResourceTypes":
			io.WriteString(w, `{"totalResults":1,"Resources":[{"name":"User","endpoint":"/Users"}]}`)
		case "/scim/v2/Schemas":
			io.WriteString(w, `{"Resources":[{"id":"urn:a"},{"id":"urn:b"}]}`)
		default:
			http.NotFound(w, r)
		}
		if r.URL.RawQuery != "" {
			t.Errorf("%s was asked with a query", r.URL)
		}
	})
	ctx := context.Background()
	spc, err := c.Discover(ctx)
	if err != nil || !spc.Patch {
		t.Errorf("Discover = %+v, %v; want patch supported, from the plural endpoint", spc, err)
	}
	types, err := c.ResourceTypes(ctx)
	if err != nil || len(types) != 1 || types[0].String("endpoint") != "/Users" {
		t.Errorf("ResourceTypes = %v, %v", types, err)
	}
	schemas, err := c.Schemas(ctx)
	if err != nil || len(schemas) != 2 || schemas[1].ID() != "urn:b" {
		t.Errorf("Schemas = %v, %v", schemas, err)
	}
	for status, want := range map[int]int{http.StatusNotFound: 2, http.StatusForbidden: 1} {
		requests := 0
		none, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			requests++
			w.WriteHeader(status)
		})
		_, err = none.Discover(ctx)
		if e := failure(t, err); e.Status != status || !strings.HasSuffix(e.URL, "/ServiceProviderConfig") || requests != want {
			t.Errorf("Discover without a configuration: %v after %d requests, want the %d of the right endpoint after %d", err, requests, status, want)
		}
	}
}

// TestKeepAlive: sixteen requests at a time need about sixteen connections,
// however many rounds there are.
func TestKeepAlive(t *testing.T) {
	const parallel, rounds = 16, 10
	opened := make(chan struct{}, parallel*rounds)
	srv := httptest.NewUnstartedServer(answer(200, "application/scim+json", `{"id":"1"}`))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened <- struct{}{}
		}
	}
	srv.Start()
	defer srv.Close()
	c := connect(t, srv.URL)
	for range rounds {
		done := make(chan error, parallel)
		for range parallel {
			go func() { _, err := c.Get(context.Background(), "/Users", "1"); done <- err }()
		}
		for range parallel {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(opened); n > 2*parallel {
		t.Errorf("%d connections for %d rounds of %d requests", n, rounds, parallel)
	}
	c.CloseIdleConnections()
}
