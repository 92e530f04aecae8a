package steps_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
)

const (
	testRun = "0123abcd"
	mine    = "scimwright-0123abcd-test-01-"
)

// A line is a wire in front of an app, and what a test needs to talk through it.
type line struct {
	t     *testing.T
	app   *app
	guard *steps.Guard
	tape  *steps.Tape
	wire  *steps.Wire
}

func newLine(t *testing.T, a *app) *line {
	t.Helper()
	l := &line{t: t, app: a, guard: steps.NewGuard(a.target(t), testRun), tape: &steps.Tape{}}
	wire, err := steps.StartWire(l.guard, l.tape)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wire.Close() })
	l.wire = wire
	return l
}

func (l *line) send(method, path, body string, headers ...string) (status int, answer string) {
	l.t.Helper()
	request, err := http.NewRequestWithContext(l.t.Context(), method, l.wire.Endpoint()+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+l.wire.Token())
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

func (l *line) create(collection, body string) string {
	l.t.Helper()
	status, text := l.send("POST", "/"+collection, body)
	if status != 201 {
		l.t.Fatalf("POST /%s answered %d: %s", collection, status, text)
	}
	_, rest, _ := strings.Cut(text, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func TestWireRefusesWhatTheRunDidNotMake(t *testing.T) {
	a := newApp(t)
	ceo := a.seed("Users", map[string]any{"userName": "ceo@example.com"})
	l := newLine(t, a)
	payroll := a.seed("Groups", map[string]any{"displayName": "Payroll"})
	own := l.create("Groups", `{"displayName":"`+mine+`team"}`)
	user := l.create("Users", `{"userName":"`+mine+`barbara"}`)
	patch := func(op string) string { return `{"Operations":[` + op + `]}` }
	for name, r := range map[string][3]string{
		"delete":                   {"DELETE", "/Users/" + ceo, ""},
		"put":                      {"PUT", "/Users/" + ceo, `{"userName":"` + mine + `x"}`},
		"patch":                    {"PATCH", "/Users/" + ceo, patch(`{"op":"replace","path":"active","value":false}`)},
		"no marker":                {"POST", "/Users", `{"userName":"barbara"}`},
		"marker elsewhere":         {"POST", "/Users", `{"userName":"barbara","displayName":"` + mine + `x"}`},
		"another run's marker":     {"POST", "/Users", `{"userName":"scimwright-ffffffff-x"}`},
		"no JSON":                  {"POST", "/Users", `<user/>`},
		"bulk":                     {"POST", "/Bulk", `{"Operations":[{"method":"DELETE","path":"/Users/` + ceo + `"}]}`},
		"me":                       {"PATCH", "/Me", patch(`{"op":"replace","path":"active","value":false}`)},
		"root":                     {"DELETE", "", ""},
		"whole collection":         {"DELETE", "/Users", ""},
		"below a resource":         {"DELETE", "/Groups/" + own + "/members", ""},
		"post below":               {"POST", "/Users/" + ceo, `{"userName":"` + mine + `x"}`},
		"dots":                     {"DELETE", "/Groups/" + own + "/../../Users/" + ceo, ""},
		"encoded dots":             {"DELETE", "/Groups/%2e%2e/Users/" + ceo, ""},
		"encoded slash":            {"DELETE", "/Groups/..%2fUsers%2f" + ceo, ""},
		"other case":               {"DELETE", "/users/" + ceo, ""},
		"odd method":               {"MERGE", "/Groups/" + own, "{}"},
		"schema":                   {"PUT", "/Schemas/x", "{}"},
		"member at create":         {"POST", "/Groups", `{"displayName":"` + mine + `x","members":[{"value":"` + ceo + `"}]}`},
		"member by put":            {"PUT", "/Groups/" + own, `{"displayName":"` + mine + `x","Members":[{"Value":"` + ceo + `"}]}`},
		"member by patch path":     {"PATCH", "/Groups/" + own, patch(`{"op":"add","path":"members","value":[{"value":"` + ceo + `"}]}`)},
		"member by bare value":     {"PATCH", "/Groups/" + own, patch(`{"op":"Replace","path":"Members.value","value":"` + ceo + `"}`)},
		"member without a path":    {"PATCH", "/Groups/" + own, patch(`{"op":"add","value":{"members":{"value":"` + ceo + `"}}}`)},
		"member by urn":            {"PATCH", "/Groups/" + own, patch(`{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":{"value":"` + ceo + `"}}`)},
		"read with a method":       {"GET", "/Users/" + ceo, `{"_method":"DELETE"}`},
		"id in a bulk":             {"POST", "/Bulk", `{"operations":[],"Operations":[{"method":"PUT","path":"/Users/` + ceo + `","data":{"userName":"` + mine + `x"}}]}`},
		"other spelling in bulk":   {"POST", "/Bulk", `{"Operations":[],"OPERATIONS":[{"Method":"delete","Path":"Users/` + ceo + `"}]}`},
		"foreign bulk member":      {"POST", "/Bulk", `{"Operations":[{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"` + mine + `x","members":[{"value":"` + ceo + `"}]}}]}`},
		"bulk id of a stranger":    {"POST", "/Bulk", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"` + ceo + `","data":{"userName":"` + mine + `x"}},{"method":"DELETE","path":"/Users/` + ceo + `"}]}`},
		"bulk without a marker":    {"POST", "/Bulk", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"barbara"}}]}`},
		"bulk at /Me":              {"POST", "/Bulk", `{"Operations":[{"method":"PATCH","path":"/Me","data":{}}]}`},
		"bulk of nothing":          {"POST", "/Bulk", `{"Operations":`},
		"a schema by post":         {"POST", "/Schemas", `{"id":"urn:x"}`},
		"the configuration":        {"PUT", "/ServiceProviderConfig", "{}"},
		"put of an unknown id":     {"PUT", "/Users/" + mine + "nobody", `{"userName":"barbara"}`},
		"an id of one's choice":    {"POST", "/Users", `{"userName":"` + mine + `x","id":"` + ceo + `"}`},
		"a foreign externalId":     {"POST", "/Users", `{"userName":"` + mine + `x","externalId":"ceo"}`},
		"rights":                   {"POST", "/Users", `{"userName":"` + mine + `x","roles":[{"value":"admin"}]}`},
		"rights by patch":          {"PATCH", "/Users/" + user, patch(`{"op":"add","path":"Entitlements[type eq \"x\"].value","value":"all"}`)},
		"rights without a path":    {"PATCH", "/Users/" + user, patch(`{"op":"add","value":{"roles":["admin"]}}`)},
		"a name that is not ours":  {"PUT", "/Users/" + user, `{"userName":"ceo@example.com"}`},
		"the same by patch":        {"PATCH", "/Users/" + user, patch(`{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:userName","value":"ceo2@example.com"}`)},
		"a group of others":        {"PUT", "/Users/" + user, `{"userName":"` + mine + `x","groups":[{"value":"` + payroll + `"}]}`},
		"a group of others, patch": {"PATCH", "/Users/" + user, patch(`{"op":"add","path":"groups","value":[{"value":"` + payroll + `"}]}`)},
		"two names":                {"POST", "/Users", `{"userName":"ceo","userName":"` + mine + `x"}`},
		"two lists of members":     {"PUT", "/Groups/" + own, `{"displayName":"` + mine + `x","members":[{"value":"` + ceo + `"}],"Members":[]}`},
		"two paths in bulk":        {"POST", "/Bulk", `{"Operations":[{"method":"DELETE","path":"/Users/` + ceo + `","path":"/Users/` + user + `"}]}`},
		"two lists of operations":  {"POST", "/Bulk", `{"Operations":[{"method":"DELETE","path":"/Users/` + ceo + `"}],"Operations":[]}`},
		"two methods in bulk":      {"POST", "/Bulk", `{"Operations":[{"method":"DELETE","Method":"POST","path":"/Users","data":{"userName":"` + mine + `x"}}]}`},
		"members in broken JSON":   {"PUT", "/Groups/" + own, `{"displayName":"` + mine + `x","members":[{"value":"` + ceo + `"},]}`},
		"rights in bulk":           {"POST", "/Bulk", `{"Operations":[{"method":"POST","path":"/Users","data":{"userName":"` + mine + `x","roles":["admin"]}}]}`},
		"a whole URL in bulk":      {"POST", "/Bulk", `{"Operations":[{"method":"DELETE","path":"` + a.url + `/Users/` + ceo + `"}]}`},
		"dots in bulk":             {"POST", "/Bulk", `{"Operations":[{"method":"DELETE","path":"/Users/` + user + `/../` + ceo + `"}]}`},
		"a bulk that looks read":   {"POST", "/Bulk/.search", `{"Operations":[{"method":"DELETE","path":"/Users/` + ceo + `"}]}`},
		"a write that looks read":  {"POST", "/Users/" + ceo + "/.search", `{"active":false}`},
		"a method in the query":    {"POST", "/Users/.search?_method=DELETE", `{}`},
		"the wrong kind":           {"DELETE", "/Groups/" + user, ""},
		"search is not the path":   {"DELETE", "/Users/" + ceo + "/.search", ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			before := len(a.written())
			if status, body := l.send(r[0], r[1], r[2]); status != 403 {
				t.Errorf("%s %s answered %d %s, want 403", r[0], r[1], status, body)
			}
			if after := a.written(); len(after) != before {
				t.Errorf("the app got %s", after[before:])
			}
		})
	}
}

func TestWireLetsTheRunsOwnThrough(t *testing.T) {
	a := newApp(t)
	ceo := a.seed("Users", map[string]any{"userName": "ceo@example.com"})
	l := newLine(t, a)
	user := l.create("Users", `{"userName":"`+strings.ToUpper(mine)+`barbara"}`)
	group := l.create("Groups", `{"displayName":"`+mine+`team","members":[{"value":"`+user+`"}]}`)
	for _, r := range [][3]string{
		{"GET", "/Users/" + ceo, ""},
		{"GET", "/Users?filter=userName%20eq%20%22ceo@example.com%22", ""},
		{"PUT", "/Groups/" + group, `{"displayName":"` + mine + `team","members":[]}`},
		{"DELETE", "/Groups/" + group, ""},
		{"DELETE", "/Users/" + user, ""},
	} {
		if status, body := l.send(r[0], r[1], r[2]); status >= 300 {
			t.Errorf("%s %s answered %d %s", r[0], r[1], status, body)
		}
	}
}

func TestWireKeepsTheTokenAndTheMethodToItself(t *testing.T) {
	var got http.Header
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.Header().Set("Location", "http://"+r.Host+"/base/Users/1")
		w.Header().Set("Set-Cookie", "session=secret")
		if r.URL.Path == "/base/away" {
			w.Header().Set("Location", "http://elsewhere.invalid/Users/1")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}))
	defer upstream.Close()
	target, err := steps.NewTarget(steps.TargetConfig{Endpoint: upstream.URL + "/base", Token: "real"})
	if err != nil {
		t.Fatal(err)
	}
	wire, err := steps.StartWire(steps.NewGuard(target, testRun), &steps.Tape{})
	if err != nil {
		t.Fatal(err)
	}
	defer wire.Close()
	get := func(path, token string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, wire.Endpoint()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("X-Http-Method-Override", "DELETE")
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response
	}
	if response := get("/Users", "real"); response.StatusCode != 401 || got != nil {
		t.Errorf("the target's own token opens the wire: %d", response.StatusCode)
	}
	response := get("/Users", wire.Token())
	if want := "Bearer real"; got.Get("Authorization") != want || got.Get("X-Http-Method-Override") != "" {
		t.Errorf("the target got %v", got)
	}
	if location := response.Header.Get("Location"); location != wire.Endpoint()+"/Users/1" {
		t.Errorf("Location leads around the wire: %s", location)
	}
	if response.Header.Get("Set-Cookie") != "" {
		t.Error("the target's cookie is passed on")
	}
	if response := get("/away", wire.Token()); response.StatusCode != 502 || response.Header.Get("Location") != "" {
		t.Errorf("a redirect away is passed on: %d %s", response.StatusCode, response.Header.Get("Location"))
	}
}

func TestCreateAnsweredWithSomebodyElse(t *testing.T) {
	a := newApp(t)
	ceo := a.seed("Users", map[string]any{"userName": "ceo@example.com"})
	a.impostor = ceo
	l := newLine(t, a)
	if id := l.create("Users", `{"userName":"`+mine+`barbara"}`); id != ceo {
		t.Fatalf("the app answered with %s", id)
	}
	if status, _ := l.send("DELETE", "/Users/"+ceo, ""); status != 403 {
		t.Errorf("the account of somebody else could be deleted: %d", status)
	}
	l.guard.Cleanup(t.Context(), 0)
	if a.left("Users") != 1 {
		t.Error("cleanup deleted the account of somebody else")
	}
}

// A target that shows what was sent under the id of somebody else is not believed.
func TestCreateAnsweredWithTheIDOfSomebodyElse(t *testing.T) {
	a := newApp(t)
	ceo := a.seed("Users", map[string]any{"userName": "ceo@example.com"})
	l := newLine(t, a)
	own := l.create("Groups", `{"displayName":"`+mine+`team"}`)
	a.impostor, a.echo = ceo, true
	for name, r := range map[string][3]string{
		"delete": {"DELETE", "/Users/" + ceo, ""},
		"put":    {"PUT", "/Users/" + ceo, `{"userName":"` + mine + `x"}`},
		"patch":  {"PATCH", "/Users/" + ceo, `{"Operations":[{"op":"replace","path":"active","value":false}]}`},
		"member": {"PUT", "/Groups/" + own, `{"displayName":"` + mine + `x","members":[{"value":"` + ceo + `"}]}`},
		"bulk":   {"POST", "/Bulk", `{"Operations":[{"method":"DELETE","path":"/Users/` + ceo + `"}]}`},
	} {
		if id := l.create("Users", `{"userName":"`+mine+name+`"}`); id != ceo {
			t.Fatalf("the app answered with %s", id)
		}
		before := len(a.written())
		if status, body := l.send(r[0], r[1], r[2]); status < 400 || len(a.written()) != before {
			t.Errorf("%s: %d %s, %v", name, status, body, a.written()[before:])
		}
	}
	l.guard.Cleanup(t.Context(), 0)
	if a.left("Users") != 1 {
		t.Error("cleanup deleted the account of somebody else")
	}
}

func TestCreateWhoseAnswerGotLostIsOwned(t *testing.T) {
	a := newApp(t)
	a.loseCreates = 1
	ceo := a.seed("Users", map[string]any{"userName": "ceo@example.com"})
	l := newLine(t, a)
	if status, _ := l.send("POST", "/Users", `{"userName":"`+mine+`barbara"}`); status != 500 {
		t.Fatalf("the create answered %d", status)
	}
	if status, _ := l.send("PUT", "/Users/"+ceo, "{}"); status != 403 {
		t.Errorf("a lost answer opens the accounts of others: %d", status)
	}
	if status, _ := l.send("PUT", "/Users/id-2", `{"userName":"`+mine+`barbara","active":false}`); status != 200 {
		t.Errorf("the run's own account is refused: %d", status)
	}
	if leaks := l.guard.Cleanup(t.Context(), time.Second); len(leaks) > 0 || a.left("Users") != 1 {
		t.Errorf("cleanup left %v, %d users", leaks, a.left("Users"))
	}
}

func TestCleanup(t *testing.T) {
	for name, c := range map[string]struct {
		quirk func(*app)
		users int    // that are left
		leak  string // what is said about it
	}{
		"plain":                          {func(*app) {}, 0, ""},
		"busy":                           {func(a *app) { a.failDeletes = 3 }, 0, ""},
		"busy for ever":                  {func(a *app) { a.failDeletes = 1000 }, 2, "DELETE answered 503"},
		"no delete":                      {func(a *app) { a.noDelete = true }, 2, "DELETE answered 405"},
		"soft delete":                    {func(a *app) { a.softDelete = true }, 2, "still answers 200"},
		"no filter, one found":           {func(a *app) { a.noFilter, a.pageCap, a.loseCreates = true, 1, 1 }, 0, ""},
		"lost answer":                    {func(a *app) { a.loseCreates = 1 }, 0, ""},
		"no body":                        {func(a *app) { a.noEcho = true }, 0, ""},
		"reads are broken":               {func(a *app) { a.readsAnswer = 500 }, 0, ""},
		"reads find nobody":              {func(a *app) { a.readsAnswer = 404 }, 0, ""},
		"reads show nothing":             {func(a *app) { a.readsAnswer = 200 }, 0, ""},
		"reads find nobody, soft delete": {func(a *app) { a.readsAnswer, a.softDelete = 404, true }, 2, "a search still finds it"},
		"reads are broken, soft delete":  {func(a *app) { a.readsAnswer, a.softDelete, a.noFilter = 500, true, true }, 2, "a search still finds it"},
		"reads and lists are broken":     {func(a *app) { a.readsAnswer, a.listsAnswer = 500, 500 }, 2, "nothing can be read that tells whose it is"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			a := newApp(t)
			for range 3 {
				a.seed("Groups", map[string]any{"displayName": "Payroll"})
				a.seed("Users", map[string]any{"userName": "ceo"})
			}
			l := newLine(t, a)
			c.quirk(a)
			for _, nick := range []string{"barbara", "carla"} {
				l.send("POST", "/Users", `{"userName":"`+mine+nick+`"}`)
			}
			settle := time.Hour // waited for by nobody who has been told all there is to know
			if a.softDelete {
				settle = 20 * time.Millisecond
			}
			leaks := l.guard.Cleanup(t.Context(), settle)
			wanted := 0
			if c.leak != "" {
				wanted = 2
			}
			if got := a.left("Users") - 3; got != c.users || len(leaks) != wanted {
				t.Fatalf("%d users are left and %d leaks reported, want %d and %d: %v", got, len(leaks), c.users, wanted, leaks)
			}
			for _, leak := range leaks {
				if !strings.Contains(leak.Reason, c.leak) || leak.ID == "" || !strings.HasPrefix(leak.Name, mine) || leak.Kind != steps.KindUser {
					t.Errorf("the leak reads %s, want it to say %q", leak, c.leak)
				}
			}
		})
	}
}

func TestCleanupTakesGroupsFirst(t *testing.T) {
	a := newApp(t)
	l := newLine(t, a)
	user := l.create("Users", `{"userName":"`+mine+`barbara"}`)
	group := l.create("Groups", `{"displayName":"`+mine+`team","members":[{"value":"`+user+`"}]}`)
	if leaks := l.guard.Cleanup(t.Context(), time.Second); len(leaks) > 0 {
		t.Fatal(leaks)
	}
	want := []string{"DELETE /Groups/" + group, "DELETE /Users/" + user}
	if got := a.written()[2:]; !slices.Equal(got, want) {
		t.Errorf("cleanup sent %v, want %v", got, want)
	}
}
