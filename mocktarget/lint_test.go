package mocktarget_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/mocktarget"
)

// An ask is one request of a lint case.
type ask struct {
	method, path, body string
	headers            []string
	raw                string        // instead of all others: what is sent over the connection
	wait               time.Duration // instead of all others: so much time passes
}

// send is a request: method and path, the body, and header fields.
func send(line string, more ...string) ask {
	method, path, _ := strings.Cut(line, " ")
	a := ask{method: method, path: path}
	if len(more) > 0 {
		a.body, a.headers = more[0], more[1:]
	}
	return a
}

// A lintCase holds a rule to one conversation that provokes it with its last request
// and one that must not.
type lintCase struct {
	rule     string
	pointer  string
	bad      []ask
	innocent []ask
}

func asks(list ...ask) []ask { return list }

// wait lets time pass on the tenant's clock.
func wait(d time.Duration) ask { return ask{wait: d} }

const badgeURN, gadgetURN = "urn:example:schemas:Badge", "urn:example:schemas:Device"

// lintTypes are User and Group, and devices that need a badge.
func lintTypes(t *testing.T) mocktarget.Config {
	t.Helper()
	badge := `{"id":"` + badgeURN + `","name":"Badge","attributes":[{"name":"color","type":"string","required":true},{"name":"chip","type":"binary"},{"name":"code","type":"dateTime","returned":"never"}]}`
	types, err := mocktarget.ParseResourceTypes([]byte(deviceSchema), []byte(`[`+badge+`,
		{"name":"Device","endpoint":"Devices","schema":"`+gadgetURN+`","schemaExtensions":[{"schema":"`+badgeURN+`","required":true}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	return mocktarget.Config{ResourceTypes: types, Subject: "ann", Auth: mocktarget.Auth{Tokens: []mocktarget.BearerToken{{Value: "somebody-else"}}}, Limits: mocktarget.Limits{PageMax: 3, BulkOperations: 4}}
}

const lintSeed = `{"Users":[
	{"id":"ann","userName":"ann@example.com","externalId":"x-ann","nickName":"Annie","title":"Boss","emails":[{"value":"ann@example.com","type":"work","display":"Ann"}],
	 "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","employeeNumber":"7"}},
	{"id":"ben","userName":"ben"},{"id":"cyd","userName":"cyd"},{"id":"dan","userName":"dan"},{"id":"eve","userName":"eve"}],
	"Groups":[{"id":"staff","displayName":"Staff","members":[{"value":"ann"}]},{"id":"crowd","displayName":"Crowd"}],
	"Devices":[{"id":"pad","serial":"S1","batch":"b1","urn:example:schemas:Badge":{"color":"red"}}]}`

// lintTenant returns a client of a tenant of its own that holds the seed.
func lintTenant(c *client, name string) *client {
	c.t.Helper()
	target := c.target.Tenant(name)
	target.Seed(lintSeed)
	other := *c
	other.target, other.base = target, target.URL()
	return &other
}

// say sends the requests of a conversation and returns the findings about the last
// one, and about all.
func (c *client) say(t *testing.T, requests []ask) (last, all []mocktarget.Finding) {
	t.Helper()
	cursor := ""
	for _, a := range requests {
		switch {
		case a.raw != "":
			c.sayRaw(t, a.raw)
			continue
		case a.wait > 0:
			name, _, _ := strings.Cut(c.base[strings.Index(c.base, "/t/")+3:], "/")
			c.target.Server().Tenant(name).Clock().Advance(a.wait)
			continue
		}
		r, err := c.try(a.method, strings.Replace(a.path, "NEXT", cursor, 1), a.body, a.headers...)
		if err != nil {
			t.Fatalf("%s %s: %v", a.method, a.path, err)
		}
		cursor, _ = r.at("nextCursor").(string)
	}
	entries := c.target.Journal()
	for _, e := range entries {
		all = append(all, e.Findings...)
	}
	return entries[len(entries)-1].Findings, all
}

// sayRaw sends a request as it is written, the names in capitals replaced.
func (c *client) sayRaw(t *testing.T, text string) {
	t.Helper()
	address := strings.TrimPrefix(c.target.Origin(), "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	text = strings.NewReplacer("TOKEN", c.token, "HOST", address, "BASE", strings.TrimPrefix(c.base, c.target.Origin()), "ROOT", strings.TrimSuffix(strings.TrimPrefix(c.base, c.target.Origin()), "/v2")).Replace(text)
	if _, err := io.WriteString(conn, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
}

func ruleIn(findings []mocktarget.Finding, rule string) *mocktarget.Finding {
	i := slices.IndexFunc(findings, func(f mocktarget.Finding) bool { return f.Rule == rule })
	if i < 0 {
		return nil
	}
	return &findings[i]
}

func lintCases() []lintCase {
	return slices.Concat(lintRequestCases(), lintQueryCases(), lintResourceCases(), lintValueCases(), lintPatchCases(), lintBulkCases(), lintSequenceCases())
}

// TestLint holds each rule to its cases.
func TestLint(t *testing.T) {
	config := lintTypes(t)
	for _, test := range lintCases() {
		t.Run(test.rule, func(t *testing.T) {
			c := start(t, configured(config))
			last, _ := lintTenant(c, "bad").say(t, test.bad)
			switch f := ruleIn(last, test.rule); {
			case f == nil:
				t.Errorf("the provoking request has the findings %+v", last)
			case f.Pointer != test.pointer:
				t.Errorf("the finding is at %q, want %q: %s", f.Pointer, test.pointer, f.Message)
			}
			_, all := lintTenant(c, "good").say(t, test.innocent)
			if f := ruleIn(all, test.rule); f != nil {
				t.Errorf("an innocent request is found guilty at %q: %s", f.Pointer, f.Message)
			}
		})
	}
}

// TestLintRules: each rule has cases, cites what binds clients and is explained.
func TestLintRules(t *testing.T) {
	practices := map[string]bool{}
	for _, p := range mocktarget.LintPractices() {
		practices[p.Name] = p.Text != ""
	}
	tested := map[string]bool{"retry-after-ignored": true} // see TestLintRetryAfter
	for _, test := range lintCases() {
		tested[test.rule] = len(test.bad) > 0 && len(test.innocent) > 0
	}
	names, cited := map[string]bool{}, map[string]bool{}
	for _, r := range mocktarget.LintRules() {
		if names[r.Rule] || r.Rule == "" || strings.Trim(r.Rule, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("the id %q is there twice, or is none", r.Rule)
		}
		names[r.Rule] = true
		if (r.Requirement == "") == (r.Practice == "") || r.Practice != "" && !practices[r.Practice] || r.About == "" {
			t.Errorf("%s cites requirement %q and practice %q, about %q", r.Rule, r.Requirement, r.Practice, r.About)
		}
		for _, id := range append(r.Also, r.Requirement) {
			if id == "" {
				continue
			}
			if req, ok := requirement.Get(id); !ok || !req.Subject.Binds(requirement.Client) || !req.Normative() {
				t.Errorf("%s cites %s, which is not a requirement for clients", r.Rule, id)
			}
		}
		if !tested[r.Rule] {
			t.Errorf("%s has no case", r.Rule)
		}
		cited[r.Practice] = true
		delete(tested, r.Rule)
	}
	if len(tested) > 0 {
		t.Errorf("there are cases of no rule: %v", tested)
	}
	for name := range practices {
		if !cited[name] {
			t.Errorf("no rule cites the practice %s", name)
		}
	}
}

// TestLintChangesNoAnswer: what is judged is answered as it is without a judge.
func TestLintChangesNoAnswer(t *testing.T) {
	config := lintTypes(t)
	config.Token, config.BaseURL, config.IDs = "token", "http://mock.example", mocktarget.SequentialIDs
	config.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	judged := start(t, configured(config))
	config.Journal.Off = true
	unjudged := start(t, configured(config))
	for i, test := range lintCases() {
		name := fmt.Sprintf("case-%d", i)
		one, other := lintTenant(judged, name), lintTenant(unjudged, name)
		for _, a := range test.bad {
			if a.path == "" || strings.Contains(a.path, "cursor") {
				continue // cursors are different on each server
			}
			got, err := one.try(a.method, a.path, a.body, a.headers...)
			if err != nil {
				t.Fatal(err)
			}
			want, err := other.try(a.method, a.path, a.body, a.headers...)
			if err != nil {
				t.Fatal(err)
			}
			if got.status != want.status || got.raw != want.raw || got.header.Get("ETag") != want.header.Get("ETag") {
				t.Errorf("%s %s is answered with %d %s, and unjudged with %d %s", a.method, a.path, got.status, got.raw, want.status, want.raw)
			}
		}
	}
}

// TestLintStrict: a strict tenant refuses what has a finding of severity error, and
// nothing else, and stores nothing.
func TestLintStrict(t *testing.T) {
	config := lintTypes(t)
	config.Settings.Strict = true
	c := start(t, configured(config))
	for i, test := range []struct {
		ask      ask
		scimType string
		words    []string
	}{
		{send("POST /Users", user("x", `"active":"true"`)), "invalidValue", []string{"/active", "boolean-as-string", "RFC7643-2.3.2-R1"}},
		{send("POST /Users", `{"userName":"x"}`), "invalidSyntax", []string{"schemas-missing", "RFC7643-2.1-R2"}},
		{send("POST /Users", user("x", `"id":"mine"`)), "invalidValue", []string{"id-chosen", "RFC7643-3.1-R8"}},
		{send("PATCH /Groups/staff", patchBody(`{"op":"remove","path":"members","value":[{"value":"ann"}]}`)), "invalidValue", []string{"patch-remove-value", "remove-by-filter"}},
		{send("PATCH /Users/ann", patchBody(`{"op":"add","path":"title","value":"new"}`, `{"op":"replace","path":"groups","value":[]}`)), "mutability", []string{"user-groups-written"}},
		{send("PUT /Users/ann", user("ann@example.com", `"name.givenName":"Ann"`)), "invalidValue", []string{"dotted-name"}},
		{send("POST /Bulk", bulkBody("", post("/Users", "a", user("good")), post("/Users", "b", user("x", `"active":"true"`)))), "invalidValue", []string{"/Operations/1/data/active", "boolean-as-string"}},
		{send("GET /Users?attributes=userName&excludedAttributes=title"), "invalidValue", []string{"?excludedAttributes", "attributes-both"}},
		{send("GET /Users?access_token=x"), "invalidSyntax", []string{"token-in-url"}},
		{send("GET /Users?filter=name%20eq%20%22x%22"), "invalidFilter", []string{"filter-complex"}},
	} {
		t.Run(test.words[0], func(t *testing.T) {
			c := lintTenant(c, fmt.Sprintf("strict-%d", i))
			before := holdings(c)
			c.do(test.ask.method, test.ask.path, test.ask.body, test.ask.headers...).wantError(400, test.scimType, test.words...)
			equal(t, "what is stored", holdings(c), before)
		})
	}
	t.Run("as before", func(t *testing.T) {
		c := lintTenant(c, "strict-good")
		c.do("POST", "/Users", user("x", `"phoneNumbers":[{"value":"555"}]`)).want(201)                 // a warning
		c.do("PATCH", "/Groups/staff", patchBody(`{"op":"Add","path":"members","value":[]}`)).want(204) // a warning
		c.do("GET", "/Users", "").want(200)
		c.do("POST", "/Users", `{`).wantError(400, "invalidSyntax")
		c.do("POST", "/Users", user("x")).want(409)
		c.do("GET", "/Users/nobody", "").want(404)
	})
	t.Run("switched off and on", func(t *testing.T) {
		c := lintTenant(c, "strict-switched")
		strict := func(on bool) {
			t.Helper()
			if err := c.target.Server().Tenant("strict-switched").Configure(func(s *mocktarget.Settings) { s.Strict = on }); err != nil {
				t.Fatal(err)
			}
		}
		strict(false)
		patch := patchBody(`{"op":"remove","path":"members","value":[{"value":"ann"}]}`)
		c.do("PATCH", "/Groups/staff", patch).want(204)
		strict(true)
		c.do("PATCH", "/Groups/staff", patch).want(400)
	})
	t.Run("without a journal", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Settings: mocktarget.Settings{Strict: true}, Journal: mocktarget.JournalConfig{Off: true}}))
		c.do("POST", "/Users", user("x", `"id":"mine"`)).want(400)
	})
}

// holdings returns all that a tenant holds.
func holdings(c *client) string {
	var b strings.Builder
	for _, name := range []string{"User", "Group", "Device"} {
		for _, o := range c.target.Resources(name) {
			b.Write(o.AppendJSON(nil))
		}
	}
	return b.String()
}

// TestLintFindings: findings are in the journal and added up by rule.
func TestLintFindings(t *testing.T) {
	c := start(t)
	server := c.target.Server()
	tenant := server.Tenant(mocktarget.DefaultTenant)
	c.do("POST", "/Users", user("a"), "Accept: application/scim+json").want(201)
	c.do("POST", "/Users", user("b", `"id":"mine"`), "Accept: application/scim+json").want(201)
	c.do("POST", "/Users", user("c", `"id":"mine"`, `"phoneNumbers":[{"value":"1"},{"value":"2"}]`)).want(201)
	summary := func(list []mocktarget.FindingSummary) string {
		var lines []string
		for _, s := range list {
			lines = append(lines, fmt.Sprintf("%s %s %d %d-%d", s.Severity, s.Rule, s.Count, s.First, s.Last))
		}
		return strings.Join(lines, "; ")
	}
	equal(t, "findings", summary(tenant.Findings()), "error id-chosen 2 2-3; warning phone-syntax 2 3-3; info accept-missing 1 3-3")
	equal(t, "findings since 2", summary(tenant.FindingsSince(2)), "error id-chosen 1 3-3; warning phone-syntax 2 3-3; info accept-missing 1 3-3")
	equal(t, "findings since 3", summary(tenant.FindingsSince(3)), "")
	first := tenant.Findings()[0]
	if first.Pointer != "/id" || first.Requirement != "RFC7643-3.1-R8" || first.Practice != "" || !strings.Contains(first.Message, "externalId") {
		t.Errorf("the example is %+v", first)
	}
	equal(t, "findings of the first exchange", len(tenant.Journal()[0].Findings), 0)
	tenant.ClearJournal()
	equal(t, "findings after the journal was cleared", summary(tenant.Findings()), "")

	t.Run("off", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Off: true}}))
		c.do("POST", "/Users", user("x", `"id":"mine"`)).want(201)
		equal(t, "findings", len(c.target.Server().Tenant(mocktarget.DefaultTenant).Findings()), 0)
	})
}

// TestLintIsBrief: however much is wrong, and however long it is, the findings are
// short.
func TestLintIsBrief(t *testing.T) {
	c := start(t)
	n := strings.Repeat("n", 200_000)
	many := strings.TrimSuffix(strings.Repeat(`{"value":5,"type":"x","primary":"yes","unknown":1},`, 500), ",")
	for _, a := range asks(
		send("POST /Users", user("a", `"emails":[`+many+`]`)),
		send("POST /Users", user("a", `"`+n+`":1`, `"emails":[{"value":"`+n+`","`+n+`":2}]`, `"locale":"`+n+`"`)),
		send("POST /Users", `{"schemas":["\"`+n+`\""],"`+n+`":1,"`+n+`":2}`),
		send("PATCH /Users/x", patchBody(`{"op":"`+n+`","path":"title"}`, `{"op":"add","path":"`+n+`"}`, `{"op":"add","value":{"`+n+`":1}}`)),
		send("POST /Bulk", bulkBody(`,"failOnErrors":1`+strings.Repeat("0", 200_000)+`.5`, post(n, n, group("g", `"members":[{"value":"`+n+`"}]`)), `{"method":"`+n+`","path":"bulkid:`+n+`"}`)),
		send("GET /Users?"+n+"=1&filter="+n+"&sortBy='"+n+"'&attributes="+n+"&count="+n+"&cursor=!"+n, "", "Accept: "+n[:50_000]),
	) {
		if _, err := c.try(a.method, a.path, a.body, a.headers...); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range c.target.Journal() {
		if found := len(e.Findings); found == 0 || found > 32 {
			t.Errorf("exchange %d has %d findings", e.Seq, found)
		}
		for _, f := range e.Findings {
			if size := len(fmt.Sprintf("%+v", f)); size > 1500 {
				t.Errorf("exchange %d: %d bytes on %s", e.Seq, size, f.Rule)
			}
		}
	}
}

// TestLintShowsNoSecrets: whatever is wrong with it, a secret is not in a message.
func TestLintShowsNoSecrets(t *testing.T) {
	config := lintTypes(t)
	config.Auth = mocktarget.Auth{Users: []mocktarget.BasicUser{{Name: "u", Password: "s3cret-Word"}}}
	c := start(t, configured(config))
	c.target.Seed(lintSeed)
	const w = "s3cret-Word"
	for _, a := range asks(
		send("POST /Users", user("a", `"password":{"`+w+`":1}`)),
		send("POST /Users", user("a", `"password":["`+w+`"]`)),
		send("POST /Users", user("a", `"password":"{\"a\":\"`+w+`\"}"`)),
		send("POST /Users", `{"schemas":["`+userURN+`"],"password":"`+w+`" "x"}`),
		send("POST /Users", `{"password" "`+w+`"}`),
		send("POST /Users", `{"password":"`+w+`","`+w+`"}`),
		send("POST /Users", `{"password":"`+w+`","PASSWORD":"`+w+`"}`),
		send("POST /Devices", `{"schemas":["`+gadgetURN+`"],"`+badgeURN+`":{"color":"red","code":"`+w+`"}}`),
		send("POST /Devices", `{"schemas":["`+gadgetURN+`"],"pin":"`+w+`","PIN":"`+w+`"}`),
		send("PATCH /Users/ann", patchBody(`{"op":"`+"Replace"+`","path":"password eq \"`+w+`\"","value":"`+w+`"}`)),
		send("PATCH /Users/ann", patchBody(`{"op":"add","path":"password[x eq \"`+w+`\"]","value":"`+w+`"}`)),
		send("PATCH /Users/ann", patchBody(`{"op":"add","path":"password[x eq '`+w+`']","value":"`+w+`"}`)),
		send("PATCH /Users/ann", patchBody(`{"op":"add","path":"password","value":["`+w+`"]}`)),
		send("PATCH /Users/ann", patchBody(`{"op":"add","value":{"password":["`+w+`"],"PassWord.x":"`+w+`"}}`)),
		send("GET /Users?filter=password%20eq%20%22"+w+"%22"),
		send("GET /Users?filter=password%20eq%20"+w),
		send("GET /Users?filter=password%20eq%20%22"+w+"%22%20and%20active%20eq%20%22true%22"),
		send("GET /Users?access_token="+w),
		send("GET /Users?client_secret="+w),
		send("POST /Users/.search", search(`password eq '`+w+`'`)),
		send("POST /Bulk", bulkBody("", post("/Users", "a", user("a", `"password":"bulkId:`+w+`"`)))),
		send("POST /Bulk", bulkBody("", post("/Users", "a", user("a", `"password":"BULKID:`+w+`"`)))),
		send("GET /Users", "", "Authorization: "+w),
		send("GET /Users", "", "Authorization: Basic "+w),
	) {
		if _, err := c.try(a.method, a.path, a.body, a.headers...); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for _, e := range c.target.Journal() {
		for _, f := range e.Findings {
			found++
			if text := fmt.Sprintf("%+v", f); strings.Contains(text, w) || strings.Contains(text, c.token) {
				t.Errorf("%s %s: %s", e.Request.Method, e.Request.URL, text)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d findings were looked at", found)
	}
}

// FuzzLint: lint bears whatever it is sent.
func FuzzLint(f *testing.F) {
	for _, test := range lintCases() {
		for _, a := range test.bad {
			if a.raw == "" {
				f.Add(a.method, a.path, a.body)
			}
		}
	}
	var log bytes.Buffer
	server, err := mocktarget.New(mocktarget.Config{Auth: mocktarget.Auth{Open: true}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		f.Fatal(err)
	}
	tenant := server.Tenant(mocktarget.DefaultTenant)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://mock.example/scim/v2"+path, strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") {
			t.Skip("no client can send this")
		}
		r.RequestURI = r.URL.RequestURI()
		server.ServeHTTP(httptest.NewRecorder(), r)
		if log.Len() > 0 {
			t.Fatal(log.String())
		}
		for _, s := range tenant.Findings() {
			if s.Message == "" {
				t.Errorf("a finding of %s says nothing", s.Rule)
			}
		}
	})
}
