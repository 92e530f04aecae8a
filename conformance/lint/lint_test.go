package lint_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/permiso/scimwright/conformance/lint"
	"github.com/permiso/scimwright/conformance/requirement"
)

const (
	userURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	badgeURN = "urn:example:schemas:Badge"
)

// published is a service with users that have a badge.
func published() *lint.Published {
	return lint.Publish([]byte(`{"Resources":[
		{"id":"User","name":"User","endpoint":"/Users","schema":"`+userURN+`","schemaExtensions":[{"schema":"`+badgeURN+`","required":false}]},
		"no resource type"
	]}`), []byte(`{"Resources":[
		{"id":"`+userURN+`","attributes":[
			{"name":"userName","type":"string"},{"name":"active","type":"boolean"},{"name":"age","type":"integer"},
			{"name":"hired","type":"dateTime"},{"name":"pin","returned":"never"},
			{"name":"name","type":"complex","subAttributes":[{"name":"familyName","type":"string"}]},
			{"name":"emails","type":"complex","multiValued":true,"subAttributes":[{"name":"value","type":"string"},{"name":"type"},{"name":"primary","type":"boolean"}]}
		]},
		{"id":"`+badgeURN+`","attributes":[{"name":"number","type":"decimal"},{"name":"secret","mutability":"writeOnly"}]}
	]}`))
}

// user is a faultless user with more members.
func user(more string) string {
	return `{"schemas":["` + userURN + `"],"id":"1","userName":"barbara","meta":{"resourceType":"User","created":"2020-01-02T03:04:05Z","lastModified":"2020-01-02T03:04:05Z","location":"https://x/Users/1","version":"W/\"1\""}` + more + `}`
}

func read(body string) lint.Exchange {
	return lint.Exchange{
		Method: "GET", Path: []string{"Users", "1"}, Accept: "application/scim+json", Status: 200,
		Header: http.Header{"Content-Type": {"application/scim+json;charset=utf-8"}, "Etag": {`W/"1"`}}, Body: []byte(body),
	}
}

func list(body string) lint.Exchange {
	x := read(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],` + body + `}`)
	x.Path, x.Header = []string{"Users"}, http.Header{"Content-Type": {"application/scim+json"}}
	return x
}

func failure(status int, body string) lint.Exchange {
	x := read(body)
	x.Status, x.Header = status, http.Header{"Content-Type": {"application/scim+json"}}
	return x
}

func with(x lint.Exchange, change func(*lint.Exchange)) lint.Exchange {
	change(&x)
	return x
}

func header(name, value string) func(*lint.Exchange) {
	return func(x *lint.Exchange) { x.Header.Set(name, value) }
}

const errorURN = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"`

// Each rule finds its own fault, and no other rule does but those named beside it.
func TestRulesFindTheirFault(t *testing.T) {
	for _, c := range []struct {
		rules string
		x     lint.Exchange
		says  string
	}{
		{"LINT-01", with(read(user("")), header("Content-Type", "text/plain")), "text/plain"},
		{"LINT-01", with(read(user("")), header("Content-Type", "application/json")), "application/json"},
		{"LINT-02 LINT-04 LINT-05", failure(404, `<html>`), "not a JSON object"},
		{"LINT-03", read(user(",\"name\":{\"familyName\":\"\xff\"}")), "UTF-8"},
		{"LINT-04", failure(404, `{"status":"404"}`), "Error in schemas"},
		{"LINT-05", failure(400, errorURN+`}`), "status in the body of the 400"},
		{"LINT-05", failure(404, strings.Replace(errorURN, `"404"`, `404`, 1)+`}`), "404"},
		{"LINT-06", failure(404, errorURN+`,"scimType":"notFound"}`), "notFound"},
		{"LINT-07", failure(404, errorURN+`,"detail":"SQLSTATE 42"}`), "SQLSTATE"},
		{"LINT-08", failure(500, `{}`), "500"},
		{"LINT-09", failure(401, `{}`), "WWW-Authenticate"},
		{"LINT-10", with(read(user("")), header("Set-Cookie", "session=1; Max-Age=86400")), `"session"`},
		{"LINT-11", list(`"totalResults":"1"`), "totalResults"},
		{"LINT-11", list(`"totalResults":1,"Resources":{}`), "no array"},
		{"LINT-11", list(`"totalResults":1,"startIndex":"1"`), "startIndex"},
		{"LINT-12", list(`"totalResults":0,"Resources":[` + user("") + `]`), "there are 1 resources"},
		{"LINT-13", read(strings.Replace(user(""), `"id":"1"`, `"id":1`, 1)), "no text"},
		{"LINT-13", list(`"totalResults":1,"Resources":[` + strings.Replace(user(""), `"id":"1"`, `"id":"bulkId:1"`, 1) + `]`), "bulkId"},
		{"LINT-14", read(strings.Replace(user(""), `["`+userURN+`"]`, `[]`, 1)), "empty"},
		{"LINT-14", read(strings.Replace(user(""), userURN, badgeURN, 1)), "lacks " + userURN},
		{"LINT-15", read(strings.Replace(user(""), `["`, `["`+userURN+`","`, 1)), "twice"},
		{"LINT-16", read(strings.Replace(user(""), `["`, `["urn:nothing","`, 1)), "urn:nothing"},
		{"LINT-17", read(user(`,"` + badgeURN + `":{"number":1}`)), badgeURN},
		{"LINT-18", read(strings.Replace(user(""), `"User"`, `"Users"`, 1)), "not User"},
		{"LINT-18", read(strings.Replace(user(""), `2020-01-02T`, `2020-01-02 `, 1)), "meta.created"},
		{"LINT-18", read(strings.Replace(user(""), `"lastModified":"2020`, `"lastModified":"2019`, 1)), "before"},
		{"LINT-19", with(read(user("")), header("Location", "https://x/Users/2")), "Location"},
		{"LINT-20", with(read(user("")), header("ETag", `W/"2"`)), "ETag"},
		{"LINT-21", read(user(`,"active":"true"`)), "active is of type boolean and is shown as a text"},
		{"LINT-21", read(user(`,"age":1.5`)), "age"},
		{"LINT-21", read(user(`,"hired":"yesterday"`)), "hired"},
		{"LINT-21", read(user(`,"name":"Barbara"`)), "complex"},
		{"LINT-21", read(user(`,"emails":{"value":"x"}`)), "no array"},
		{"LINT-21", read(user(`,"emails":[{"value":["x"]}]`)), "emails.value"},
		{"LINT-22", read(user(`,"shoeSize":42`)), "shoeSize"},
		{"LINT-23", read(user(`,"pin":"1234"`)), "pin"},
		{"LINT-23 LINT-22", read(user(`,"password":"x"`)), "password"},
		{"LINT-23", read(strings.Replace(user(`,"`+badgeURN+`":{"secret":"x"}`), `["`, `["`+badgeURN+`","`, 1)), "secret"},
		{"LINT-24", read(user(`,"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]`)), "2 primary"},
		{"LINT-25", read(user(`,"emails":[{"value":"a","type":"work"},{"value":"a","type":"work"}]`)), "twice"},
		{"LINT-26", failure(429, ""), "no Retry-After"},
		{"LINT-27", with(failure(429, ""), header("Retry-After", "soon")), "soon"},
		{"LINT-27", with(failure(503, ""), header("Retry-After", "-1")), "-1"},
		{"LINT-27", with(failure(503, ""), header("Retry-After", "2026-01-02T03:04:05Z")), "neither"},
	} {
		l := lint.New(published())
		l.Look(c.x)
		for _, rule := range lint.Rules() {
			found := l.Findings(rule.ID)
			if wanted := strings.Contains(c.rules, rule.ID); len(found) > 0 != wanted {
				t.Errorf("%s on %s: %v, wanted %t", rule.ID, c.x.Body, found, wanted)
			}
		}
		first, _, _ := strings.Cut(c.rules, " ")
		if found := l.Findings(first); len(found) > 0 && (!strings.Contains(found[0].Detail, c.says) || strings.Contains(found[0].Exchange, "/1")) {
			t.Errorf("%s says %q of %q, want %q and no id", first, found[0].Detail, found[0].Exchange, c.says)
		}
	}
}

func TestWhatIsAllowedIsNotFound(t *testing.T) {
	badge := strings.Replace(user(`,"`+badgeURN+`":{"number":1.5}`), `["`, `["`+badgeURN+`","`, 1)
	for _, x := range []lint.Exchange{
		read(user("")),
		read(badge),
		read(strings.Replace(user(""), `"userName"`, `"USERNAME"`, 1)),
		read(user(`,"emails":[],"active":null,"name":{"familyName":"Jensen"},"age":7,"hired":"2020-01-02T03:04:05.123+01:00"`)),
		read(user(`,"emails":[{"value":"a","type":"work","primary":true},{"value":"a","type":"home","primary":false}]`)),
		with(read(user("")), func(x *lint.Exchange) {
			x.Accept = "application/json"
			x.Header.Set("Content-Type", "application/json")
		}),
		with(read(`{"id":"1","userName":"barbara"}`), func(x *lint.Exchange) { x.Query = url.Values{"attributes": {"userName"}} }),
		with(read(""), func(x *lint.Exchange) { x.Status, x.Header = 204, http.Header{} }),
		list(`"totalResults":0`),
		list(`"totalResults":5,"startIndex":2,"itemsPerPage":1,"Resources":[` + user("") + `]`),
		list(`"nextCursor":"abc","Resources":[]`),
		failure(404, errorURN+`,"scimType":"noTarget","detail":"nothing is there"}`),
		failure(501, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"501"}`),
		with(failure(401, `<html>`), header("WWW-Authenticate", "Bearer")),
		with(read(user("")), header("Set-Cookie", "session=1; Secure")),
		with(failure(429, strings.Replace(errorURN, "404", "429", 1)+`}`), header("Retry-After", "0")),
		with(failure(429, ""), header("Retry-After", "Fri, 02 Jan 2026 03:05:35 GMT")),
		with(failure(429, ""), header("Retry-After", "Friday, 02-Jan-26 03:05:35 GMT")),
		with(failure(503, "<html>"), header("Content-Type", "text/html")),
	} {
		l := lint.New(published())
		l.Look(x)
		for _, rule := range lint.Rules() {
			if found := l.Findings(rule.ID); len(found) > 0 {
				t.Errorf("%s on %d %s: %v", rule.ID, x.Status, x.Body, found)
			}
		}
	}
}

// A service may publish nothing, or nonsense, and its answers are looked at all the
// same.
func TestNothingPublished(t *testing.T) {
	l := lint.New(lint.Publish(nil, []byte(`<html>`)))
	l.Look(read(user(`,"shoeSize":42,"active":"true"`)))
	l.Look(read(user(`,"password":"x"`)))
	if len(l.Findings("LINT-21")) > 0 || len(l.Findings("LINT-23")) != 1 || l.Looked("LINT-13") != 2 || l.Looked("LINT-22") != 0 {
		t.Errorf("findings %v %v, looked %d %d", l.Findings("LINT-21"), l.Findings("LINT-23"), l.Looked("LINT-13"), l.Looked("LINT-22"))
	}
}

func TestRulesCiteRequirements(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range lint.Rules() {
		if seen[r.ID] || !regexp.MustCompile(`^LINT-[0-9]{2}$`).MatchString(r.ID) || r.Title == "" || !strings.Contains(r.Demand, "RFC") {
			t.Errorf("%s: the id is no new one, or there is no title or no section", r.ID)
		}
		seen[r.ID] = true
		if r.Level != "must" && r.Level != "should" && r.Level != "may" {
			t.Errorf("%s has the level %q", r.ID, r.Level)
		}
		if len(r.Requirements) == 0 {
			t.Errorf("%s cites nothing", r.ID)
		}
		for _, id := range r.Requirements {
			if q, ok := requirement.Get(id); !ok || !q.Subject.Binds(requirement.Server) {
				t.Errorf("%s cites %s, which is no requirement on servers", r.ID, id)
			}
		}
	}
}

// Of several things that are wrong with an answer it is the same that is told each time.
func TestFindingsAreTheSameEachTime(t *testing.T) {
	told := map[string]bool{}
	for range 50 {
		linter := lint.New(published())
		linter.Look(read(user(`,"zebra":1,"yak":1,"xenops":1,"age":"old","active":"yes","hired":"once"`)))
		var all []string
		for _, rule := range lint.Rules() {
			for _, f := range linter.Findings(rule.ID) {
				all = append(all, rule.ID+" "+f.Detail)
			}
		}
		told[strings.Join(all, "; ")] = true
	}
	if len(told) != 1 {
		t.Errorf("fifty looks at one answer told %d things: %v", len(told), told)
	}
}
