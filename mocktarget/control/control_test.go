package control_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

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
	server := httptest.NewServer(mock)
	t.Cleanup(server.Close)
	return mock, server.URL + control.Path
}

func TestAccessWithoutToken(t *testing.T) {
	mock, api := serve(t, control.Config{Access: control.Access{Hosts: []string{"build.example"}}})
	for _, host := range []string{"localhost:8080", "LOCALHOST", "app.localhost:1", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "build.example:8080"} {
		ask(t, "GET", api+"/tenants", "", "Host: "+host).want(t, 200)
	}
	for _, host := range []string{"evil.example", "evil.example:8080", "10.0.0.1:8080", "localhost.evil.example", "127.0.0.1.evil.example"} {
		ask(t, "GET", api+"/tenants", "", "Host: "+host).wantProblem(t, 403, host, "localhost")
	}
	own := strings.TrimSuffix(api, control.Path)
	ask(t, "POST", api+"/tenants/default/reset", "", "Origin: "+own).want(t, 204)
	ask(t, "POST", api+"/tenants/default/reset", "", "Sec-Fetch-Site: same-origin").want(t, 204)
	for _, header := range []string{"Origin: https://evil.example", "Origin: http://127.0.0.1:1", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
		ask(t, "POST", api+"/tenants/default/reset", "", header).wantProblem(t, 403, "another origin")
		ask(t, "DELETE", api+"/tenants/default/journal", "", header).wantProblem(t, 403, "another origin")
	}

	// Over another address than loopback.
	for at, want := range map[string]int{"192.0.2.1": 403, "::1": 200, "127.0.0.1": 200, "::ffff:127.0.0.1": 200, "0.0.0.0": 403} {
		r := httptest.NewRequest("GET", "http://localhost"+control.Path+"/tenants", nil)
		local := &net.TCPAddr{IP: net.ParseIP(at), Port: 80}
		w := httptest.NewRecorder()
		mock.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local)))
		equal(t, "status at "+at, w.Code, want)
	}
}

func TestAccessWithToken(t *testing.T) {
	_, api := serve(t, control.Config{Access: control.Access{Token: "control-token"}})
	for _, authorization := range []string{"", "Bearer", "Bearer wrong", "Basic control-token", "Bearer scim-token", "Bearer control-token2"} {
		r := ask(t, "GET", api+"/tenants", "", "Authorization: "+authorization)
		r.wantProblem(t, 401, "control token")
		if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("WWW-Authenticate is %q", r.header.Get("WWW-Authenticate"))
		}
	}
	// Whoever has the token may come from anywhere.
	ask(t, "POST", api+"/tenants/default/reset", "", "Authorization: bearer control-token", "Host: mock.example", "Origin: https://tool.example").want(t, 204)
	ask(t, "GET", api+"/openapi.json", "").want(t, 200)
	ask(t, "GET", strings.TrimSuffix(api, control.Path)+"/healthz", "").want(t, 200, "ok")

	_, err := control.Dial(t.Context(), api, control.DialConfig{ControlToken: "wrong"})
	status(t, err, 401, "control token")
	remote, err := control.Dial(t.Context(), api, control.DialConfig{ControlToken: "control-token"})
	check(t, err)
	check(t, remote.Reset(t.Context()))
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
	ask(t, "GET", api+"x/tenants", "").want(t, 404, "SCIM endpoint")
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

func TestJournal(t *testing.T) {
	target := mocktargettest.New(t)
	api := target.Origin() + control.Path + "/tenants/default/journal"
	scimDo(t, target.Target(), "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","password":"p4ss-Word"}`, target.Token())
	for _, path := range []string{"/Users", "/Groups", "/Users/none?attributes=a%2Cb", "/Nope"} {
		scimGet(t, target.Target(), path)
	}
	read := func(query string) (seqs string, last uint64) {
		t.Helper()
		var journal control.Journal
		r := ask(t, "GET", api+query, "").want(t, 200)
		check(t, json.Unmarshal([]byte(r.raw), &journal))
		if strings.Contains(r.raw, "p4ss-Word") || strings.Contains(r.raw, target.Token()) {
			t.Errorf("%s shows a secret: %s", query, r.raw)
		}
		for _, e := range journal.Items {
			seqs += fmt.Sprint(e.Seq)
		}
		return seqs, journal.Last
	}
	for query, want := range map[string]string{
		"": "12345", "?since=3": "45", "?since=99": "", "?limit=2": "45", "?method=post": "1", "?status=404": "45",
		"?status=4xx": "45", "?status=2xx": "123", "?status=400": "", "?kind=list": "23", "?type=Group": "3", "?kind=list&type=User": "2",
		"?since=1&status=2xx&limit=1": "3", "?brief=true": "12345",
	} {
		seqs, last := read(query)
		equal(t, query, seqs, want)
		equal(t, "last", last, 5)
	}
	for query, word := range map[string]string{"?since=x": "since", "?limit=-1": "limit", "?status=9xx": "4xx", "?status=40": "4xx"} {
		ask(t, "GET", api+query, "").wantProblem(t, 422, word)
	}
	ask(t, "GET", api+"/2", "").want(t, 200, `"seq":2`, `"url":"/scim/v2/Users"`)
	ask(t, "GET", api+"/9", "").wantProblem(t, 404, "exchange 9")
	if brief := ask(t, "GET", api+"?brief=true", "").raw; strings.Contains(brief, "ann") || !strings.Contains(brief, `"size":`) {
		t.Errorf("the brief journal has bodies: %s", brief)
	}

	lines := ask(t, "GET", api+".jsonl?since=3", "").want(t, 200)
	equal(t, "Content-Disposition", lines.header.Get("Content-Disposition"), `attachment; filename="default.jsonl"`)
	equal(t, "lines", strings.Count(lines.raw, "\n"), 2)
	var archive struct {
		Log struct {
			Version string
			Entries []struct {
				Request struct {
					URL         string
					QueryString []struct{ Name, Value string }
				}
				Response struct{ Status int }
			}
		}
	}
	check(t, json.Unmarshal([]byte(ask(t, "GET", api+".har?kind=get", "").want(t, 200).raw), &archive))
	equal(t, "HAR", fmt.Sprintf("%+v", archive.Log), "{Version:1.2 Entries:[{Request:{URL:"+target.URL()+
		"/Users/none?attributes=a%2Cb QueryString:[{Name:attributes Value:a,b}]} Response:{Status:404}}]}")

	ask(t, "DELETE", api, "").want(t, 204)
	seqs, last := read("")
	equal(t, "after clearing", seqs, "")
	equal(t, "numbers go on", last, 5)
}

// A subscription is a stream of events that a test reads.
type subscription struct {
	t     *testing.T
	lines *bufio.Scanner
	end   func()
}

func subscribe(t *testing.T, url string, headers ...string) *subscription {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	check(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	equal(t, "Content-Type", response.Header.Get("Content-Type"), "text/event-stream")
	return &subscription{t: t, lines: bufio.NewScanner(response.Body), end: cancel}
}

// next returns id, name and data of the next event.
func (s *subscription) next() (id, name, data string) {
	s.t.Helper()
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			return id, name, data
		}
	}
	s.t.Fatalf("the stream has ended: %v", s.lines.Err())
	return
}

func (s *subscription) want(id, name string, words ...string) {
	s.t.Helper()
	gotID, gotName, data := s.next()
	if gotID != id || gotName != name {
		s.t.Fatalf("event %s %s, want %s %s: %s", gotID, gotName, id, name, data)
	}
	for _, word := range words {
		if !strings.Contains(data, word) {
			s.t.Errorf("event %s %s: %s does not mention %s", id, name, data, word)
		}
	}
}

func TestEvents(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithConfig(mocktarget.Config{Journal: mocktarget.JournalConfig{Entries: 3}}))
	api := target.Origin() + control.Path + "/tenants/default/events"
	scimGet(t, target.Target(), "/Users/one")
	s := subscribe(t, api)
	s.want("1", "hello", `"mark":"1"`, `"tenant":"default"`)
	scimGet(t, target.Target(), "/Users/two")
	s.want("2", "exchange", "/Users/two", `"body":"{`)
	target.Reset()
	s.want("2.1", "reset")
	check(t, target.Target().AdvanceClock(t.Context(), time.Hour))
	s.want("2.2", "clock", "detail")
	s.end()

	// A browser that comes back says which event it has seen last.
	scimGet(t, target.Target(), "/Users/three")
	s = subscribe(t, api+"?since=0&brief=true", "Last-Event-ID: 2.1")
	s.want("2.1", "hello", `"mark":"3"`)
	s.want("2.2", "clock")
	s.want("3", "exchange", "/Users/three", `"header":{}`)

	for range 3 {
		scimGet(t, target.Target(), "/Users/more")
	}
	s = subscribe(t, api+"?since=2.2")
	s.want("2.2", "hello", `"missed":1`)
	s.want("4", "exchange")
	subscribe(t, api, "Last-Event-ID: 99").want("99", "hello")

	ask(t, "GET", api, "", "Last-Event-ID: x").wantProblem(t, 422, "17.2")
	ask(t, "HEAD", api, "").want(t, 200)
}

// A connection that breaks costs a follower nothing but time.
func TestEventsOutliveConnections(t *testing.T) {
	mock, err := mocktarget.New(mocktarget.Config{})
	check(t, err)
	control.New(t.Context(), mock, control.Config{}).Mount()
	server := httptest.NewServer(mock)
	defer server.Close()
	remote, err := control.Dial(t.Context(), server.URL, control.DialConfig{})
	check(t, err)
	tenant := mock.Tenant(mocktarget.DefaultTenant)
	tenant.Reset()
	var seen []string
	for e, err := range remote.Events(t.Context(), mocktarget.Mark{}) {
		check(t, err)
		seen = append(seen, e.Mark.String()+" "+string(e.Kind))
		if len(seen) == 3 {
			break
		}
		server.CloseClientConnections()
		tenant.ClearJournal()
	}
	equal(t, "events", seen, "[0.1 reset 0.2 forget 0.3 forget]")

	server.Close()
	for _, err := range remote.Events(t.Context(), mocktarget.Mark{}) {
		if err == nil {
			t.Error("a mock that is gone tells events")
		}
	}
}

// What lasts longer than a server gives a request goes on, and ends with the API.
func TestLasting(t *testing.T) {
	mock, err := mocktarget.New(mocktarget.Config{})
	check(t, err)
	life, stop := context.WithCancel(t.Context())
	defer stop()
	control.New(life, mock, control.Config{}).Mount()
	server := httptest.NewUnstartedServer(mock)
	const limit = 50 * time.Millisecond
	server.Config.ReadTimeout, server.Config.WriteTimeout = limit, limit
	server.Start()
	defer server.Close()
	api := server.URL + control.Path + "/tenants/default"

	s := subscribe(t, api+"/events")
	s.want("0", "hello")
	time.Sleep(3 * limit)
	mock.Tenant(mocktarget.DefaultTenant).Reset()
	s.want("0.1", "reset")
	in := fmt.Sprintf(`{"resources":{"Users":[{"userName":"never"}]},"timeoutMs":%d}`, (3 * limit).Milliseconds())
	ask(t, "POST", api+"/await", in).want(t, 200, `"ok":false`, "never")

	time.AfterFunc(limit, stop)
	ask(t, "POST", api+"/await", `{"resources":{"Users":[{"userName":"never"}]},"timeoutMs":600000}`).wantProblem(t, 503, "stopped")
	if s.lines.Scan() {
		t.Errorf("the stream goes on with %q", s.lines.Text())
	}
}

func TestDial(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8080", "ftp://x", "http://"} {
		if _, err := control.Dial(t.Context(), address, control.DialConfig{}); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:8080") {
			t.Errorf("dialing %q: %v", address, err)
		}
	}
	mock, api := serve(t, control.Config{})
	remote, err := control.Dial(t.Context(), api, control.DialConfig{Tenant: "acme", Origin: "http://elsewhere:1/", Token: "mine"})
	check(t, err)
	equal(t, "URL", remote.URL(), "http://elsewhere:1/t/acme/scim/v2")
	equal(t, "token", remote.Token(), "mine")
	equal(t, "tokens issued", len(mock.Tenant("acme").Tokens()), 0)
	equal(t, "tenants", len(mock.Tenants()), 2)
	equal(t, "counts", fmt.Sprint(slices.Sorted(maps.Keys(mock.Tenant("acme").Counts()))), "[Group User]")
}
