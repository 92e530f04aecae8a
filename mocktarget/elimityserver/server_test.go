package elimityserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/permiso/scimwright/mocktarget/elimityserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "test-token"

// A target is a running server and how to talk to it: in raw HTTP and generic
// JSON, so that nothing of ours stands between the library and the test.
type target struct {
	t   *testing.T
	url string // SCIM base URL
}

func start(t *testing.T) *target {
	t.Helper()
	now, ids := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 0
	s, err := elimityserver.New(elimityserver.Config{
		Token:   token,
		MaxBody: 64 << 10,
		Now:     func() time.Time { now = now.Add(time.Second); return now }, // called under the server's lock
		NewID:   func() string { ids++; return "id-" + strconv.Itoa(ids) },
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		srv.Close()
	})
	return &target{t: t, url: srv.URL + "/scim/v2"}
}

type object = map[string]any

// send does a request and returns status, header and body; body is nil if the
// answer has none.
func (tg *target) send(method, path, body string, header ...string) (int, http.Header, object) {
	tg.t.Helper()
	status, h, out, err := tg.try(method, path, body, header...)
	if err != nil {
		tg.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, h, out
}

func (tg *target) try(method, path, body string, header ...string) (int, http.Header, object, error) {
	u := path
	if !strings.HasPrefix(u, "http") {
		u = tg.url + path
	}
	req, err := http.NewRequestWithContext(context.Background(), method, u, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || len(raw) == 0 {
		return resp.StatusCode, resp.Header, nil, err
	}
	if ct := resp.Header.Get("Content-Type"); ct != "application/scim+json" {
		return 0, nil, nil, fmt.Errorf("content type %q with body %s", ct, raw)
	}
	var out object
	if err := json.Unmarshal(raw, &out); err != nil {
		return 0, nil, nil, fmt.Errorf("%w in %s", err, raw)
	}
	return resp.StatusCode, resp.Header, out, nil
}

// create posts a resource and returns its id.
func (tg *target) create(path, body string) string {
	tg.t.Helper()
	status, _, out := tg.send("POST", path, body)
	id, _ := out["id"].(string)
	if status != 201 || id == "" {
		tg.t.Fatalf("POST %s %s: %d %v", path, body, status, out)
	}
	return id
}

func (tg *target) get(path string) object {
	tg.t.Helper()
	status, _, out := tg.send("GET", path, "")
	if status != 200 {
		tg.t.Fatalf("GET %s: %d %v", path, status, out)
	}
	return out
}

// refused checks for a SCIM error.
func (tg *target) refused(status int, scimType, method, path, body string, header ...string) {
	tg.t.Helper()
	got, _, out := tg.send(method, path, body, header...)
	kind, _ := out["scimType"].(string)
	if got != status || kind != scimType || out["status"] != strconv.Itoa(status) ||
		!reflect.DeepEqual(out["schemas"], []any{"urn:ietf:params:scim:api:messages:2.0:Error"}) {
		tg.t.Errorf("%s %.60s: %d %v, want a SCIM error %d %q", method, path, got, out, status, scimType)
	}
}

func user(name string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":` + strconv.Quote(name) + `}`
}

func patch(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

// list returns the userNames that a query on /Users finds, and totalResults.
func (tg *target) list(query string) ([]string, int) {
	tg.t.Helper()
	out := tg.get("/Users?" + query)
	names := []string{}
	for _, r := range out["Resources"].([]any) {
		names = append(names, r.(object)["userName"].(string))
	}
	return names, int(out["totalResults"].(float64))
}

func TestLifecycleOfAUser(t *testing.T) {
	tg := start(t)
	status, header, made := tg.send("POST", "/Users", `{
		"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"userName":"Zoë","externalId":"42","active":true,"password":"hunter2",
		"name":{"givenName":"Zoë","familyName":"O'Hara"},
		"emails":[{"value":"zoe@example.com","type":"work","primary":true}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"7"}}}`)
	where := tg.url + "/Users/id-1"
	if status != 201 || header.Get("Location") != where {
		t.Fatalf("POST: %d, Location %q, %v", status, header.Get("Location"), made)
	}
	want := object{
		"schemas": []any{
			"urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
		},
		"id": "id-1", "userName": "Zoë", "externalId": "42", "active": true,
		"name":   object{"givenName": "Zoë", "familyName": "O'Hara"},
		"emails": []any{object{"value": "zoe@example.com", "type": "work", "primary": true}},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": object{"department": "Sales", "manager": object{"value": "7"}},
		"meta": object{"resourceType": "User", "location": where, "created": "2026-03-01T12:00:01Z", "lastModified": "2026-03-01T12:00:01Z"},
	}
	if !reflect.DeepEqual(made, want) {
		t.Errorf("POST answered %v\nwant %v", made, want)
	}
	if got := tg.get("/Users/id-1"); !reflect.DeepEqual(got, want) {
		t.Errorf("GET answered %v\nwant %v", got, want)
	}

	status, _, put := tg.send("PUT", "/Users/id-1", user("zoe"))
	if _, left := put["emails"]; status != 200 || left || put["userName"] != "zoe" {
		t.Errorf("PUT: %d %v", status, put)
	}
	if meta := put["meta"].(object); meta["created"] != "2026-03-01T12:00:01Z" || meta["lastModified"] != "2026-03-01T12:00:02Z" {
		t.Errorf("PUT: meta %v", meta)
	}

	if status, _, _ := tg.send("DELETE", "/Users/id-1", ""); status != 204 {
		t.Errorf("DELETE: %d", status)
	}
	for _, method := range []string{"GET", "DELETE"} {
		tg.refused(404, "", method, "/Users/id-1", "")
	}
	tg.refused(404, "", "PUT", "/Users/id-1", user("zoe"))
	tg.refused(404, "", "PATCH", "/Users/id-1", patch(`{"op":"replace","path":"active","value":false}`))
}

func TestPatchUser(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	tests := []struct {
		name, operations string
		attribute        string // dotted; the enterprise extension as "enterprise"
		want             any    // nil: absent
	}{
		{"disable", `{"op":"replace","path":"active","value":false}`, "active", false},
		{"replace in a complex one", `{"op":"replace","path":"name.familyName","value":"Lee"}`, "name", object{"givenName": "Ann", "familyName": "Lee"}},
		{"remove", `{"op":"remove","path":"title"}`, "title", nil},
		{"value filter", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"new@example.com"}`, "emails",
			[]any{object{"value": "new@example.com", "type": "work"}, object{"value": "h@example.com", "type": "home"}}},
		{"value filter with a quote in it", `{"op":"remove","path":"emails[value eq \"say \\\"hi\\\"\"]"},{"op":"replace","path":"title","value":"x"}`, "title", "x"},
		{"remove by filter", `{"op":"remove","path":"emails[type eq \"home\"]"}`, "emails",
			[]any{object{"value": "w@example.com", "type": "work"}}},
		{"add a value", `{"op":"add","path":"emails","value":[{"value":"o@example.com","type":"other"}]}`, "emails",
			[]any{object{"value": "w@example.com", "type": "work"}, object{"value": "h@example.com", "type": "home"}, object{"value": "o@example.com", "type": "other"}}},
		{"extension by path", `{"op":"replace","path":"` + enterprise + `:department","value":"R&D"}`, "enterprise", object{"department": "R&D"}},
		{"no path", `{"op":"Replace","value":{"title":"Dr","nickName":"A"}}`, "title", "Dr"},
		{"no path, names as paths", `{"op":"replace","value":{"name.givenName":"Anna"}}`, "name", object{"givenName": "Anna", "familyName": "Hill"}},
		{"no path, extension", `{"op":"add","value":{"` + enterprise + `":{"department":"Ops"}}}`, "enterprise", object{"department": "Ops"}},
		{"in order", `{"op":"remove","path":"title"},{"op":"add","path":"title","value":"Sir"}`, "title", "Sir"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tg := start(t)
			id := tg.create("/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","active":true,"title":"Ms",
				"name":{"givenName":"Ann","familyName":"Hill"},
				"emails":[{"value":"w@example.com","type":"work"},{"value":"h@example.com","type":"home"}],
				"`+enterprise+`":{"department":"Sales"}}`)
			status, _, out := tg.send("PATCH", "/Users/"+id, patch(tt.operations))
			if status != 200 {
				t.Fatalf("%d %v", status, out)
			}
			for from, o := range map[string]object{"PATCH": out, "GET": tg.get("/Users/" + id)} {
				if got := o[strings.Replace(tt.attribute, "enterprise", enterprise, 1)]; !reflect.DeepEqual(got, tt.want) {
					t.Errorf("%s has %v, want %v", from, got, tt.want)
				}
			}
		})
	}
}

func TestPatchThatChangesNothing(t *testing.T) {
	tg := start(t)
	id := tg.create("/Users", user("ann"))
	before := tg.get("/Users/" + id)
	status, _, out := tg.send("PATCH", "/Users/"+id, patch(`{"op":"replace","path":"userName","value":"ann"}`))
	if status != 204 || out != nil {
		t.Errorf("%d %v, want 204", status, out)
	}
	if after := tg.get("/Users/" + id); !reflect.DeepEqual(after, before) {
		t.Errorf("changed from %v to %v", before, after)
	}
}

func TestPatchIsAtomic(t *testing.T) {
	tg := start(t)
	tg.create("/Users", user("bob"))
	id := tg.create("/Users", user("ann"))
	before := tg.get("/Users/" + id)
	tg.refused(400, "noTarget", "PATCH", "/Users/"+id, patch(`{"op":"add","path":"title","value":"Dr"},
		{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`))
	tg.refused(409, "uniqueness", "PATCH", "/Users/"+id, patch(`{"op":"add","path":"title","value":"Dr"},
		{"op":"replace","path":"userName","value":"BOB"}`))
	if after := tg.get("/Users/" + id); !reflect.DeepEqual(after, before) {
		t.Errorf("changed from %v to %v", before, after)
	}
}

func TestPasswordIsNeverReturned(t *testing.T) {
	tg := start(t)
	_, _, out := tg.send("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","Password":"hunter2"}`)
	answers := []object{out}
	status, _, out := tg.send("PATCH", "/Users/id-1", patch(`{"op":"replace","path":"password","value":"hunter2"},{"op":"add","path":"title","value":"Dr"}`))
	if status != 200 {
		t.Errorf("PATCH: %d %v", status, out)
	}
	_, _, put := tg.send("PUT", "/Users/id-1", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","password":"hunter2"}`)
	for _, a := range append(answers, out, put, tg.get("/Users/id-1"), tg.get("/Users")) {
		if text := fmt.Sprint(a); strings.Contains(text, "hunter2") || !strings.Contains(text, "ann") {
			t.Errorf("answer %s", text)
		}
	}
}

func TestUserNameIsUnique(t *testing.T) {
	tg := start(t)
	ann := tg.create("/Users", user("Ann@example.com"))
	bob := tg.create("/Users", user("bob"))
	tg.refused(409, "uniqueness", "POST", "/Users", user("ann@EXAMPLE.com"))
	tg.refused(409, "uniqueness", "PUT", "/Users/"+bob, user("ANN@example.com"))
	if status, _, out := tg.send("PUT", "/Users/"+ann, user("ann@example.com")); status != 200 {
		t.Errorf("a new case for one's own name: %d %v", status, out)
	}
	if status, _, _ := tg.send("PUT", "/Users/"+bob, user("rob")); status != 200 {
		t.Errorf("rename: %d", status)
	}
	tg.create("/Users", user("bob"))
	tg.send("DELETE", "/Users/"+ann, "")
	tg.create("/Users", user("ann@example.com"))
	group := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Same"}`
	tg.create("/Groups", group)
	tg.create("/Groups", group)
}

func TestListAndFilter(t *testing.T) {
	tg := start(t)
	for i := range 120 {
		tg.create("/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u%03d","externalId":"e\"%d","active":%v,
			"emails":[{"value":"u%d@example.com","type":"work"}]}`, i, i, i%2 == 0, i))
	}
	tests := []struct {
		query string
		want  string // userNames
		total int
	}{
		{"startIndex=119", "u118 u119", 120},
		{"startIndex=2&count=2", "u001 u002", 120},
		{"startIndex=500", "", 120},
		{"count=0", "", 120},
		{"filter=" + url.QueryEscape(`userName eq "U007"`), "u007", 1},
		{"filter=" + url.QueryEscape(`externalId eq "e\"7"`), "u007", 1},
		{"filter=" + url.QueryEscape(`id eq "id-8"`), "u007", 1},
		{"filter=" + url.QueryEscape(`userName sw "u00" and active eq false`) + "&startIndex=2&count=3", "u003 u005 u007", 5},
		{"filter=" + url.QueryEscape(`emails.value eq "u7@example.com"`), "u007", 1},
		{"filter=" + url.QueryEscape(`emails[type eq "work" and value eq "u7@example.com"]`), "u007", 1},
		{"filter=" + url.QueryEscape(`userName eq "nobody"`), "", 0},
		{"filter=" + url.QueryEscape(strings.Repeat("(", 60)+`userName eq "u007"`+strings.Repeat(")", 60)), "u007", 1},
		{"filter=" + url.QueryEscape(`userName eq "`+strings.Repeat("(", 100)+`"`), "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			tg.t = t
			names, total := tg.list(tt.query)
			if got := strings.Join(names, " "); got != tt.want || total != tt.total {
				t.Errorf("%q of %d, want %q of %d", got, total, tt.want, tt.total)
			}
		})
	}
	tg.t = t
	if names, total := tg.list(""); len(names) != 100 || total != 120 {
		t.Errorf("the first page has %d of %d", len(names), total)
	}
	tg.refused(400, "invalidFilter", "GET", "/Users?filter=userName", "")
	tg.refused(400, "invalidFilter", "GET", "/Users?filter="+url.QueryEscape(`nobody eq "x"`), "")
}

func TestGroups(t *testing.T) {
	tg := start(t)
	ann, bob := tg.create("/Users", user("ann")), tg.create("/Users", user("bob"))
	id := tg.create("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Staff","members":[{"value":"`+ann+`"}]}`)
	members := func() string {
		var values []string
		list, _ := tg.get("/Groups/" + id)["members"].([]any)
		for _, m := range list {
			values = append(values, m.(object)["value"].(string))
		}
		return strings.Join(values, " ")
	}
	steps := []struct{ operation, want string }{
		{`{"op":"add","path":"members","value":[{"value":"` + bob + `"}]}`, ann + " " + bob},
		{`{"op":"remove","path":"members[value eq \"` + ann + `\"]"}`, bob},
		{`{"op":"add","path":"members","value":{"value":"` + ann + `"}}`, bob + " " + ann},
	}
	for _, step := range steps {
		if status, _, out := tg.send("PATCH", "/Groups/"+id, patch(step.operation)); status != 200 || members() != step.want {
			t.Errorf("%s: %d %v; members %q, want %q", step.operation, status, out, members(), step.want)
		}
	}
	if status, _, _ := tg.send("DELETE", "/Users/"+bob, ""); status != 204 || members() != ann {
		t.Errorf("after bob is gone: %d, members %q", status, members())
	}
	out := tg.get("/Groups?filter=" + url.QueryEscape(`displayName eq "Staff" and members.value eq "`+ann+`"`))
	if out["totalResults"] != 1.0 {
		t.Errorf("by displayName and member: %v", out)
	}
	tg.refused(400, "invalidValue", "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}`)
}

func TestDiscovery(t *testing.T) {
	tg := start(t)
	spc := tg.get("/ServiceProviderConfig")
	for feature, want := range map[string]bool{"patch": true, "filter": true, "bulk": false, "etag": false, "sort": false} {
		if got := spc[feature].(object)["supported"]; got != want {
			t.Errorf("%s supported: %v, want %v", feature, got, want)
		}
	}
	if n := len(tg.get("/ResourceTypes")["Resources"].([]any)); n != 2 {
		t.Errorf("%d resource types, want 2", n)
	}
	if id := tg.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User")["id"]; id != "urn:ietf:params:scim:schemas:core:2.0:User" {
		t.Errorf("schema %v", id)
	}
}

func TestAuthorization(t *testing.T) {
	tg := start(t)
	for _, value := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + token, token} {
		for _, path := range []string{"/Users", "/ServiceProviderConfig"} {
			tg.refused(401, "", "GET", path, "", "Authorization", value)
			_, header, _ := tg.send("GET", path, "", "Authorization", value)
			if !strings.HasPrefix(header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("Authorization %q: no challenge in %v", value, header)
			}
		}
	}
	if status, _, _ := tg.send("GET", "/Users", "", "Authorization", "bearer "+token); status != 200 {
		t.Errorf("a scheme in lower case: %d", status)
	}
	made, err := elimityserver.New(elimityserver.Config{})
	if err != nil || len(made.Token()) < 20 {
		t.Errorf("made token %q, %v", made.Token(), err)
	}
}

func TestBasePaths(t *testing.T) {
	tg := start(t)
	id := tg.create("/Users", user("ann"))
	host := strings.TrimSuffix(tg.url, "/scim/v2")
	got := tg.get(host + "/v2/Users/" + id)
	if location := got["meta"].(object)["location"]; location != host+"/v2/Users/"+id {
		t.Errorf("location %v below /v2", location)
	}
	for _, path := range []string{"/Users", "/scim/Users", "/scim/v2x/Users", "/scim/v2Users", "/scim/v2/v2/Users", "/v2/v2/Users", "/"} {
		tg.refused(404, "", "GET", host+path, "")
	}
}

// TestHostileRequests sends what kills or crashes the library alone, and looks
// whether the server lives on.
func TestHostileRequests(t *testing.T) {
	parens := strings.Repeat("(", 100_000)
	nested := strings.Repeat("(", 65) + "a pr" + strings.Repeat(")", 65)
	deepJSON := strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000)
	tests := []struct {
		name               string
		method, path, body string
		status             int
		scimType           string
		guarded            bool // before the library saw it
	}{
		{"parentheses", "GET", "/Users?filter=" + parens, "", 400, "invalidFilter", true},
		{"parentheses on discovery", "GET", "/Schemas?filter=" + parens, "", 400, "invalidFilter", true},
		{"nested too deep", "GET", "/Users?filter=" + url.QueryEscape(nested), "", 400, "invalidFilter", true},
		{"long", "GET", "/Users?filter=" + url.QueryEscape(`userName eq "`+strings.Repeat("x", 8192)+`"`), "", 400, "invalidFilter", true},
		{"path", "PATCH", "/Users/id-1", patch(`{"op":"remove","path":"emails[` + parens[:60_000] + `"}`), 400, "invalidPath", true},
		{"nested path", "PATCH", "/Users/id-1", patch(`{"op":"remove","path":"emails[` + nested + `]"}`), 400, "invalidPath", true},
		{"path, odd spelling", "PATCH", "/Users/id-1", strings.NewReplacer("Operations", "oPERATIONS", "path", "PATH").Replace(patch(`{"op":"remove","path":"emails[` + nested + `]"}`)), 400, "invalidPath", true},
		{"name in a value", "PATCH", "/Users/id-1", patch(`{"op":"add","value":{"emails[` + nested + `]":1}}`), 400, "invalidPath", true},
		{"name in an extension", "PATCH", "/Users/id-1", patch(`{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"a[` + nested + `]":1}}}`), 400, "invalidPath", true},
		{"deep JSON", "POST", "/Users", deepJSON, 400, "invalidSyntax", false},
		{"garbage", "POST", "/Users", `{"userName":`, 400, "invalidSyntax", false},
		{"large body", "POST", "/Users", user(strings.Repeat("x", 65<<10)), 413, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tg := start(t)
			tg.create("/Users", user("ann"))
			tg.refused(tt.status, tt.scimType, tt.method, tt.path, tt.body)
			_, _, out := tg.send(tt.method, tt.path, tt.body)
			if ours := strings.Contains(out["detail"].(string), "nested deeper"); ours != tt.guarded {
				t.Errorf("refused by the guard: %v, want %v", ours, tt.guarded)
			}
			if names, _ := tg.list(""); len(names) != 1 {
				t.Errorf("users afterwards: %v", names)
			}
		})
	}
}

// TestPanicInTheLibrary: the library's own filter evaluation, which it uses on
// its schemas, panics at a comparison with a complex attribute.
func TestPanicInTheLibrary(t *testing.T) {
	tg := start(t)
	tg.refused(500, "", "GET", "/Schemas?filter="+url.QueryEscape(`attributes eq "x"`), "")
	if names, _ := tg.list(""); len(names) != 0 {
		t.Errorf("users afterwards: %v", names)
	}
}

// TestFiltersThatPanicInTheLibrary: ours evaluates them or refuses them.
func TestFiltersThatPanicInTheLibrary(t *testing.T) {
	tg := start(t)
	tg.create("/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","emails":{"value":"a@example.com"}}`)
	for _, f := range []string{`emails co "x"`, `name eq "x"`, `emails.value eq "a@example.com"`, `emails[foo eq 1]`} {
		status, _, out := tg.send("GET", "/Users?filter="+url.QueryEscape(f), "")
		if status != 200 && (status != 400 || out["scimType"] != "invalidFilter") {
			t.Errorf("%s: %d %v", f, status, out)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	tg := start(t)
	group := tg.create("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"All"}`)
	const workers, each = 8, 10
	errs := make(chan error, workers*each)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				errs <- tg.churn(group, fmt.Sprintf("u%d-%d", w, i), i%2 == 0)
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
	_, total := tg.list("count=0")
	members := tg.get("/Groups/" + group)["members"].([]any)
	if want := workers * each / 2; total != want || len(members) != want {
		t.Errorf("%d users and %d members left, want %d of each", total, len(members), want)
	}
}

// churn makes a user, lets it join the group, reads, and removes it again.
func (tg *target) churn(group, name string, stays bool) error {
	expect := func(status int, method, path, body string) (object, error) {
		got, _, out, err := tg.try(method, path, body)
		if err == nil && got != status {
			err = fmt.Errorf("%s %s: %d %v, want %d", method, path, got, out, status)
		}
		return out, err
	}
	made, err := expect(201, "POST", "/Users", user(name))
	if err != nil {
		return err
	}
	id := made["id"].(string)
	if _, err := expect(200, "PATCH", "/Groups/"+group, patch(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)); err != nil {
		return err
	}
	found, err := expect(200, "GET", "/Users?filter="+url.QueryEscape(`userName eq "`+name+`"`), "")
	if err != nil || found["totalResults"] != 1.0 || stays {
		return err
	}
	_, err = expect(204, "DELETE", "/Users/"+id, "")
	return err
}
