package control_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// A reply is an answer of the control API that has been read.
type reply struct {
	what   string
	status int
	header http.Header
	raw    string
}

// ask sends a raw request to an address. Headers come as "Name: value"; Host sets
// that of the request.
func ask(t testing.TB, method, url, body string, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	check(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(t, err)
	return reply{method + " " + url, response.StatusCode, response.Header, string(text)}
}

// want checks the status and what the answer mentions.
func (r reply) want(t testing.TB, status int, words ...string) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("%s: %d, want %d: %s", r.what, r.status, status, r.raw)
	}
	for _, word := range words {
		if !strings.Contains(r.raw, word) {
			t.Errorf("%s: %q does not mention %q", r.what, r.raw, word)
		}
	}
	return r
}

// wantProblem checks that the answer is problem details that say what was wrong.
func (r reply) wantProblem(t testing.TB, status int, words ...string) {
	t.Helper()
	r.want(t, status)
	var problem struct {
		Status int
		Detail string
	}
	if err := json.Unmarshal([]byte(r.raw), &problem); err != nil || problem.Status != status ||
		r.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %s %q are no problem details", r.what, r.header.Get("Content-Type"), r.raw)
	}
	for _, word := range words {
		if !strings.Contains(problem.Detail, word) {
			t.Errorf("%s: the detail %q does not mention %q", r.what, problem.Detail, word)
		}
	}
}

// serve serves a mock with its control API and returns the address of the API.
func serve(t testing.TB, config control.Config) (*mocktarget.Server, string) {
	t.Helper()
	mock, err := mocktarget.New(mocktarget.Config{Token: "scim-token"})
	check(t, err)
	control.New(t.Context(), mock, config).Mount()
	server := httptest.NewServer(promised(t, mock))
	t.Cleanup(server.Close)
	return mock, server.URL + control.Path
}

func TestHealth(t *testing.T) {
	_, api := serve(t, control.Config{})
	origin := strings.TrimSuffix(api, control.Path)
	for _, path := range []string{"/healthz", "/readyz"} {
		ask(t, "GET", origin+path, "", "Host: 10.1.2.3:8080").want(t, 200, "ok")
		ask(t, "POST", origin+path, "").wantProblem(t, 405, "GET")
	}
}

func TestRouting(t *testing.T) {
	_, api := serve(t, control.Config{})
	ask(t, "GET", api+"/nope", "").wantProblem(t, 404, "/nope", "openapi.json")
	ask(t, "GET", api, "").wantProblem(t, 404, "openapi.json")
	ask(t, "GET", strings.TrimSuffix(api, control.Path)+"/_mockery", "").want(t, 404, "SCIM endpoint")
	r := ask(t, "PUT", api+"/tenants/default/clock", "{}")
	r.wantProblem(t, 405, "GET, HEAD, POST")
	equal(t, "Allow", r.header.Get("Allow"), "GET, HEAD, POST")
	equal(t, "HEAD", ask(t, "HEAD", api+"/tenants", "").want(t, 200).raw, "")
	ask(t, "GET", api+"/tenants/none", "").wantProblem(t, 404, `"none"`, "comes into being")
	ask(t, "GET", api+"/tenants/default/journal?limti=1", "").wantProblem(t, 422, "limti", "unknown query parameter")
	ask(t, "POST", api+"/tenants/default/clock", `{"action":"jump"}`).wantProblem(t, 422, "body.action", "freeze")
	ask(t, "POST", api+"/tenants/default/clock", `{"action":"advance","by":"soon"}`).wantProblem(t, 422, "body.by", "soon", "1h30m")
	ask(t, "POST", api+"/tenants/default/clock", `{"action":"set"}`).wantProblem(t, 422, "body.time", "2026-")
	ask(t, "POST", api+"/tenants/default/clock", `{"action":`).wantProblem(t, 400, "JSON")
	ask(t, "POST", api+"/tenants/default/clock", `{"action":"set","time":"9999-12-31T23:59:59Z"}`).wantProblem(t, 422, "9998")
	for range 2 { // each of them is as far as a duration goes
		ask(t, "POST", api+"/tenants/default/clock", `{"action":"advance","by":"2562047h"}`).want(t, 200, `"now":"2`)
	}
	ask(t, "POST", api+"/tenants/default/clock", `{"action":"set","time":"9998-01-01T00:00:00Z"}`).want(t, 200, "9998-01-01")
	ask(t, "POST", api+"/tenants/default/clock", `{"action":"advance","by":"17520h"}`).wantProblem(t, 422, "9998")
	ask(t, "POST", api+"/tenants/default/clock", `{"action":"`+strings.Repeat("x", 17<<20)+`"}`).wantProblem(t, 413)
	ask(t, "POST", api+"/tenants/default/clock", `action`, "Content-Type: text/plain").wantProblem(t, 415, "text/plain")
	ask(t, "GET", api+"/tenants/default/resources/User?filter=nonsense", "").wantProblem(t, 400, "column")
	for _, below := range []string{"verify", "expect", "await", "snapshots", "fork", "generate", "seed", "invariants", "tokens"} {
		if r := ask(t, "POST", api+"/tenants/default/"+below, `{`); r.status != 400 && r.status != 422 {
			t.Errorf("%s: %d %s", r.what, r.status, r.raw)
		}
	}
	ask(t, "POST", api+"/tenants/default/tokens", `{"lifetime":"soon"}`).wantProblem(t, 422, "body.lifetime", "1h")
	ask(t, "PATCH", api+"/tenants/default/settings", `{"strict":true,"requireIfMatch":1}`).wantProblem(t, 422, "requireIfMatch")
	ask(t, "PATCH", api+"/tenants/default/settings", `{"nope":1}`).wantProblem(t, 422, "nope")
	ask(t, "GET", api+"/tenants/default/settings", "").want(t, 200, `"strict":false`)
	ask(t, "PATCH", api+"/tenants/default/settings", `{"strict":true}`).want(t, 200, `"strict":true`, `"requireIfMatch":false`)

	// A secret that could not be read is not told to anybody.
	echoed := ask(t, "POST", api+"/tenants/default/tokens", `{"secret":{"v":"s3cret"},"name":5}`)
	echoed.wantProblem(t, 422, "body.secret")
	if strings.Contains(echoed.raw, "s3cret") {
		t.Errorf("the answer shows what was sent: %s", echoed.raw)
	}

	// curl --data calls every body a form.
	ask(t, "POST", api+"/tenants", `{"name":"acme"}`, "Content-Type: application/x-www-form-urlencoded").want(t, 201, "/t/acme/scim/v2")
	ask(t, "POST", api+"/tenants", `{"name":"acme"}`, "Content-Type: text/plain").wantProblem(t, 415)
	equal(t, "Location", ask(t, "POST", api+"/tenants", `{"name":"other"}`).want(t, 201).header.Get("Location"), control.Path+"/tenants/other")
}

func TestOpenAPI(t *testing.T) {
	mock, api := serve(t, control.Config{Version: "1.2.3"})
	var document struct {
		OpenAPI string
		Info    struct{ Version string }
		Paths   map[string]map[string]struct {
			Summary, OperationID string
			Responses            map[string]any
		}
	}
	text := ask(t, "GET", api+"/openapi.json", "").want(t, 200).raw
	check(t, json.Unmarshal([]byte(text), &document))
	equal(t, "version", document.Info.Version, "1.2.3")
	if !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Errorf("it is OpenAPI %s", document.OpenAPI)
	}
	if strings.Contains(text, "mocktarget.") || strings.Contains(text, "github.com") {
		t.Error("the document names Go packages")
	}
	var operations []string
	for path, methods := range document.Paths {
		for method, o := range methods {
			below, ok := strings.CutPrefix(path, control.Path+"/")
			if !ok || o.Summary == "" || o.OperationID == "" || len(o.Responses) < 2 {
				t.Errorf("%s %s is described badly: %+v", method, path, o)
			}
			operations = append(operations, strings.ToUpper(method)+" "+below)
		}
	}
	slices.Sort(operations)
	equal(t, "operations", strings.Join(operations, "\n"), strings.Join(wantOperations, "\n"))

	// Each is there: it answers about the tenant, not about the path.
	mock.Tenant("acme")
	for _, operation := range operations {
		method, path, _ := strings.Cut(operation, " ")
		r := ask(t, method, api+"/"+strings.NewReplacer("{tenant}", "none", "{seq}", "1").Replace(path), "{}")
		if r.status == 405 || strings.Contains(r.raw, "there is nothing at") {
			t.Errorf("%s: %d %s", operation, r.status, r.raw)
		}
	}
}

var wantOperations = []string{
	"DELETE tenants/{tenant}",
	"DELETE tenants/{tenant}/invariants/{name}",
	"DELETE tenants/{tenant}/journal",
	"DELETE tenants/{tenant}/snapshots/{name}",
	"DELETE tenants/{tenant}/tokens/{id}",
	"GET deviations",
	"GET tenants",
	"GET tenants/{tenant}",
	"GET tenants/{tenant}/clock",
	"GET tenants/{tenant}/events",
	"GET tenants/{tenant}/findings",
	"GET tenants/{tenant}/invariants",
	"GET tenants/{tenant}/journal",
	"GET tenants/{tenant}/journal.har",
	"GET tenants/{tenant}/journal.jsonl",
	"GET tenants/{tenant}/journal/{seq}",
	"GET tenants/{tenant}/resources/{type}",
	"GET tenants/{tenant}/resources/{type}/{id}",
	"GET tenants/{tenant}/settings",
	"GET tenants/{tenant}/snapshots",
	"GET tenants/{tenant}/tokens",
	"GET tenants/{tenant}/violations",
	"PATCH tenants/{tenant}/settings",
	"POST tenants",
	"POST tenants/{tenant}/await",
	"POST tenants/{tenant}/clock",
	"POST tenants/{tenant}/expect",
	"POST tenants/{tenant}/fork",
	"POST tenants/{tenant}/generate",
	"POST tenants/{tenant}/invariants",
	"POST tenants/{tenant}/reset",
	"POST tenants/{tenant}/seed",
	"POST tenants/{tenant}/snapshots",
	"POST tenants/{tenant}/snapshots/{name}/restore",
	"POST tenants/{tenant}/tokens",
	"POST tenants/{tenant}/tokens/{id}/expire",
	"POST tenants/{tenant}/verify",
}

func TestTenantIsMadeWhole(t *testing.T) {
	mock, api := serve(t, control.Config{})
	ask(t, "POST", api+"/tenants", `{"name":"acme","resourceTypes":[{"name":"Thing","endpoint":"/Things","schema":"urn:nope"}]}`).
		wantProblem(t, 422, "resourceTypes", "urn:nope")
	ask(t, "POST", api+"/tenants", `{"name":"acme","settings":{"engine":"nope"}}`).wantProblem(t, 400, "nope")
	ask(t, "POST", api+"/tenants", `{"name":"acme","seed":{"Users":[{"userName":"a"},{"userName":"a"}]}}`).wantProblem(t, 422, "Users[1]")
	if _, err := mock.Lookup("acme"); err == nil {
		t.Error("a request that was refused has made the tenant")
	}
	// The origin is that of the request, unless the API has a listener of its own.
	ask(t, "GET", api+"/tenants/default", "", "Host: localhost:99").want(t, 200, `"endpoint":"http://localhost:99/scim/v2"`)
	_, api = serve(t, control.Config{Origin: "http://:8080"})
	ask(t, "GET", api+"/tenants/default", "", "Host: [::1]:99").want(t, 200, `"endpoint":"http://[::1]:8080/scim/v2"`)
	_, api = serve(t, control.Config{Origin: "https://mock.example"})
	ask(t, "GET", api+"/tenants", "").want(t, 200, `"endpoint":"https://mock.example/scim/v2"`)
}

func TestResources(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithConfig(mocktarget.Config{Limits: mocktarget.Limits{PageMax: 2}}),
		mocktargettest.WithSeed(`{"Users":[{"id":"a/1","userName":"ann"},{"userName":"ben"},{"userName":"cid"},{"userName":"dan"},{"userName":"eva","title":"x"}]}`))
	api := target.Origin() + control.Path + "/tenants/default/resources"
	for query, want := range map[string]string{
		"": "5 ann ben cid dan eva", "?count=3": "5 ann ben cid", "?startIndex=4": "5 dan eva", "?startIndex=2&count=2": "5 ben cid", "?startIndex=9": "5",
		"?filter=" + url.QueryEscape(`userName gt "b" and not (title pr)`): "3 ben cid dan", "?filter=title+pr&count=9": "1 eva",
	} {
		var page control.Page
		check(t, json.Unmarshal([]byte(ask(t, "GET", api+"/User"+query, "").want(t, 200).raw), &page))
		got := fmt.Sprint(page.Total)
		for _, o := range page.Items {
			got += " " + o.String("userName")
		}
		equal(t, query, got, want)
	}
	ask(t, "GET", api+"/User/a%2F1", "").want(t, 200, `"userName":"ann"`, `"location":"/scim/v2/Users/a%2F1"`)
	ask(t, "GET", api+"/User/none", "").wantProblem(t, 404, "none")
	ask(t, "GET", api+"/Nope", "").wantProblem(t, 404, "Nope")
	ask(t, "GET", api+"/User?filter=nope", "").wantProblem(t, 400, "filter")
	ask(t, "GET", api+"/User?startIndex=0", "").wantProblem(t, 422, "startIndex")
	equal(t, "exchanges", len(target.Journal()), 0)
}
