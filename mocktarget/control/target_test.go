package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/scim"
)

// TestTarget runs one suite over the mock in this process and over the one behind
// its control API: code that takes a target cannot tell them apart.
func TestTarget(t *testing.T) {
	kinds := map[string]func(*testing.T) mocktarget.Target{
		"local": func(t *testing.T) mocktarget.Target { return mocktargettest.New(t).Target() },
		"remote": func(t *testing.T) mocktarget.Target {
			remote, err := control.Dial(t.Context(), mocktargettest.New(t).Origin(), control.DialConfig{})
			check(t, err)
			return remote
		},
	}
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, test := range targetTests {
				t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
			}
		})
	}
}

var targetTests = []struct {
	name string
	run  func(*testing.T, mocktarget.Target)
}{
	{"content", testContent},
	{"tenants", testTenants},
	{"states", testStates},
	{"record", testRecord},
	{"events", testEvents},
	{"judge", testJudge},
	{"await", testAwait},
	{"invariants", testInvariants},
	{"conduct", testConduct},
	{"clock", testClock},
	{"credentials", testCredentials},
}

func testContent(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	check(t, target.Seed(ctx, strings.NewReader(`{"Users":[{"id":"u/1","userName":"ann"},{"userName":"ben"}],
		"Groups":[{"id":"g1","displayName":"Readers","members":[{"value":"u/1"}]}]}`)))
	users, err := target.Resources(ctx, "User")
	check(t, err)
	equal(t, "users", names(users, "userName"), "ann ben")
	equal(t, "id", users[0].ID(), "u/1")
	equal(t, "groups of ann", len(users[0].Array("groups")), 1)
	equal(t, "over SCIM", scimGet(t, target, "/Users/u%2F1"), 200)

	refused(t, target.Seed(ctx, strings.NewReader(`{"Users":[{"userName":"cid"},{"userName":"ANN"}]}`)), "Users[1]", "ANN")
	refused(t, target.Seed(ctx, strings.NewReader(`{"Users":`)), "JSON")
	users, err = target.Resources(ctx, "User")
	check(t, err)
	equal(t, "users after bad seeds", names(users, "userName"), "ann ben")
	_, err = target.Resources(ctx, "Nope")
	status(t, err, 404, "Nope")

	check(t, target.Generate(ctx, mocktarget.Population{Users: 20, Groups: 3, Seed: 7}))
	users, err = target.Resources(ctx, "User")
	check(t, err)
	equal(t, "users with those generated", len(users), 22)
	refused(t, target.Generate(ctx, mocktarget.Population{Users: -1}), "-1 users")

	check(t, target.Reset(ctx))
	users, err = target.Resources(ctx, "User")
	check(t, err)
	equal(t, "users after the reset", len(users), 0)
}

func testTenants(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	types, err := mocktarget.ParseResourceTypes([]byte(`[
		{"id":"urn:example:Device","name":"Device","attributes":[{"name":"serial","type":"string","required":true,"uniqueness":"server"}]},
		{"name":"Device","endpoint":"/Devices","schema":"urn:example:Device"}]`))
	check(t, err)
	acme, err := target.CreateTenant(ctx, "acme", mocktarget.TenantConfig{
		ResourceTypes: types, Token: "acme-token", Sequential: true, Settings: &mocktarget.Settings{RequireIfMatch: true},
		Clock: mocktarget.ClockState{Now: newYear, Frozen: true}, Seed: strings.NewReader(`{"Devices":[{"serial":"s1"}]}`),
	})
	check(t, err)
	equal(t, "name", acme.Name(), "acme")
	if !strings.HasSuffix(acme.URL(), "/t/acme/scim/v2") {
		t.Errorf("the URL is %s", acme.URL())
	}
	devices, err := acme.Resources(ctx, "Device")
	check(t, err)
	equal(t, "devices", names(devices, "serial"), "s1")
	equal(t, "id", devices[0].ID(), mocktarget.SequentialIDs("acme", "Device", 1))
	equal(t, "created", devices[0].Object("meta").String("created"), "2030-01-01T00:00:00.000Z")
	equal(t, "its own token", scimDo(t, acme, "GET", "/Devices", "", "acme-token").StatusCode, 200)
	equal(t, "its token elsewhere", scimDo(t, target, "GET", "/Users", "", "acme-token").StatusCode, 401)
	equal(t, "without If-Match", scimDo(t, acme, "DELETE", "/Devices/"+devices[0].ID(), "", acme.Token()).StatusCode, 428)

	staffed, err := target.CreateTenant(ctx, "staffed", mocktarget.TenantConfig{
		Seed: strings.NewReader(`{"Users":[{"userName":"ann"}]}`), Population: mocktarget.Population{Users: 2},
	})
	check(t, err)
	staff, err := staffed.Resources(ctx, "User")
	check(t, err)
	equal(t, "users seeded and generated", len(staff), 3)

	_, err = target.CreateTenant(ctx, "acme", mocktarget.TenantConfig{})
	status(t, err, 409, "acme")
	_, err = target.CreateTenant(ctx, "a/b", mocktarget.TenantConfig{})
	status(t, err, 400, "a/b")
	_, err = target.CreateTenant(ctx, "bad", mocktarget.TenantConfig{Seed: strings.NewReader(`{"Nopes":[]}`)})
	refused(t, err, "Nopes")

	same, err := target.Tenant(ctx, "acme")
	check(t, err)
	devices, err = same.Resources(ctx, "Device")
	check(t, err)
	equal(t, "devices of the same tenant", len(devices), 1)
	other, err := target.Tenant(ctx, "other")
	check(t, err)
	equal(t, "a tenant of its own", scimGet(t, other, "/Devices"), 404)
	_, err = target.Tenant(ctx, "a b")
	status(t, err, 400, "a b")

	check(t, target.DeleteTenant(ctx, "acme"))
	status(t, target.DeleteTenant(ctx, "acme"), 404, "acme")
	status(t, target.DeleteTenant(ctx, mocktarget.DefaultTenant), 409, "reset")
}

func testStates(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	check(t, target.Seed(ctx, strings.NewReader(`{"Users":[{"userName":"ann"}]}`)))
	saved, err := target.Save(ctx, "one")
	check(t, err)
	equal(t, "saved", fmt.Sprintln(saved.Name, saved.Counts), "one map[Group:0 User:1]\n")
	fork, err := target.Fork(ctx, "fork")
	check(t, err)
	check(t, target.Reset(ctx))
	users, err := fork.Resources(ctx, "User")
	check(t, err)
	equal(t, "users of the fork", names(users, "userName"), "ann")
	equal(t, "fork over SCIM", scimGet(t, fork, "/Users/"+users[0].ID()), 200)
	_, err = target.Fork(ctx, "fork")
	status(t, err, 409, "fork")

	check(t, target.RestoreSaved(ctx, "one"))
	users, err = target.Resources(ctx, "User")
	check(t, err)
	equal(t, "users restored", names(users, "userName"), "ann")
	status(t, target.RestoreSaved(ctx, "two"), 404, "two")
	_, err = target.Save(ctx, "no/name")
	status(t, err, 400, "no/name")
	list, err := target.Saved(ctx)
	check(t, err)
	equal(t, "states", len(list), 1)
	check(t, target.Forget(ctx, "one"))
	status(t, target.Forget(ctx, "one"), 404, "one")
}

func testRecord(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	scimDo(t, target, "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","id":"mine"}`, target.Token())
	scimGet(t, target, "/Users/nobody")
	entries, err := target.Journal(ctx, 0)
	check(t, err)
	equal(t, "entries", len(entries), 2)
	equal(t, "kind", entries[0].Operation.Kind, "create")
	equal(t, "type", entries[0].Operation.ResourceType, "User")
	equal(t, "change", entries[0].Changes[0].ID, entries[0].Operation.ID)
	equal(t, "header", entries[0].Request.Header.Get("Content-Type"), "application/scim+json")
	equal(t, "status", entries[1].Response.Status, 404)
	entries, err = target.Journal(ctx, 1)
	check(t, err)
	equal(t, "after the first", entries[0].Seq, 2)
	findings, err := target.Findings(ctx, 0)
	check(t, err)
	later, err := target.Findings(ctx, 1)
	check(t, err)
	if len(findings) == 0 || findings[0].Rule == "" || len(later) >= len(findings) {
		t.Errorf("the findings are %+v, of the second exchange %+v", findings, later)
	}
	check(t, target.ClearJournal(ctx))
	entries, err = target.Journal(ctx, 0)
	check(t, err)
	equal(t, "after clearing", len(entries), 0)
}

func testEvents(t *testing.T, target mocktarget.Target) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	scimGet(t, target, "/Users/first")
	check(t, target.Reset(ctx))
	var seen []string
	for e, err := range target.Events(ctx, mocktarget.Mark{}) {
		check(t, err)
		text := e.Mark.String() + " " + string(e.Kind)
		if e.Exchange != nil {
			text += " " + e.Exchange.Request.URL[strings.LastIndex(e.Exchange.Request.URL, "/"):]
		}
		seen = append(seen, strings.TrimSpace(text+" "+e.Detail))
		switch len(seen) {
		case 2: // the others come while somebody listens
			_, err := target.Save(ctx, "here")
			check(t, err)
			check(t, target.RestoreSaved(ctx, "here"))
			scimGet(t, target, "/Users/second")
		case 5:
			cancel()
		}
	}
	equal(t, "events", strings.Join(seen, ", "), "1 exchange /first, 1.1 reset, 1.2 save here, 1.3 restore here, 2 exchange /second")

	for e, err := range target.Events(t.Context(), mocktarget.Mark{Seq: 1, Nth: 2}) {
		check(t, err)
		equal(t, "resumed", e.Mark, "1.3")
		break
	}
	other, err := target.Tenant(t.Context(), "other")
	check(t, err)
	check(t, other.Reset(t.Context()))
	ended := 0
	for e, err := range other.Events(t.Context(), mocktarget.Mark{Seq: 99}) { // of an earlier life
		check(t, err)
		equal(t, "event", e.Kind, "reset")
		check(t, target.DeleteTenant(t.Context(), "other"))
		ended++
	}
	equal(t, "events until the tenant was deleted", ended, 1)
}

func testJudge(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	scimGet(t, target, "/Users/a")
	scimGet(t, target, "/Users/b")
	verdict, err := target.Verify(ctx, mocktarget.Verification{Patterns: []mocktarget.Pattern{{Method: "GET", Path: "/Users/*", Times: new(2)}}})
	check(t, err)
	equal(t, "verdict", fmt.Sprintln(verdict.OK, verdict.Counts), "true [2]\n")
	verdict, err = target.Verify(ctx, mocktarget.Verification{Patterns: []mocktarget.Pattern{{Method: "POST", Path: "/Users"}}})
	check(t, err)
	if verdict.OK || !strings.Contains(verdict.Message, "POST") {
		t.Errorf("the verdict on a request that was not made is %+v", verdict)
	}
	_, err = target.Verify(ctx, mocktarget.Verification{Patterns: []mocktarget.Pattern{{Filter: "userName eq"}}})
	refused(t, err, "column 12")

	check(t, target.Seed(ctx, strings.NewReader(`{"Users":[{"userName":"ann","active":true},{"userName":"odd"}]}`)))
	c, err := target.Expect(ctx, expectation(true, `{"userName":"ann","active":false}`, `{"userName":"ben"}`))
	check(t, err)
	equal(t, "missing, unexpected, different", fmt.Sprintln(c.OK, c.Missing[0].Key, c.Unexpected[0].Key, c.Different[0].Path), "false ben odd active\n")
	_, err = target.Expect(ctx, expectation(false, `{"active":true}`))
	refused(t, err, "userName")
}

func testAwait(t *testing.T, target mocktarget.Target) {
	want := expectation(false, `{"userName":"late"}`)
	type outcome struct {
		c   mocktarget.Comparison
		err error
	}
	done := make(chan outcome)
	go func() {
		c, err := target.Await(t.Context(), want)
		done <- outcome{c, err}
	}()
	check(t, target.Seed(t.Context(), strings.NewReader(`{"Users":[{"userName":"early"}]}`)))
	check(t, target.Seed(t.Context(), strings.NewReader(`{"Users":[{"userName":"late"}]}`)))
	got := <-done
	check(t, got.err)
	equal(t, "holds", got.c.OK, true)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	c, err := target.Await(ctx, expectation(false, `{"userName":"never"}`))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "never") || len(c.Missing) != 1 {
		t.Errorf("waiting in vain: %+v, %v", c, err)
	}
	_, err = target.Await(t.Context(), expectation(false, `{}`))
	refused(t, err, "userName")
}

func testInvariants(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	check(t, target.Seed(ctx, strings.NewReader(`{"Users":[{"id":"u1","userName":"ann"}]}`)))
	check(t, target.AddInvariant(ctx, mocktarget.Invariant{Name: "keep", Kind: mocktarget.InvariantNoDelete}))
	status(t, target.AddInvariant(ctx, mocktarget.Invariant{Name: "keep", Kind: mocktarget.InvariantNoDelete}), 409, "keep")
	refused(t, target.AddInvariant(ctx, mocktarget.Invariant{Name: "odd", Kind: "odd"}), "odd")
	rules, err := target.Invariants(ctx)
	check(t, err)
	equal(t, "rules", fmt.Sprintln(len(rules), rules[0].Kind), "1 noDelete\n")

	scimDo(t, target, "DELETE", "/Users/u1", "", target.Token())
	broken, err := target.Violations(ctx)
	check(t, err)
	equal(t, "violations", fmt.Sprintln(len(broken), broken[0].Invariant, broken[0].Seq), "1 keep 1\n")
	for e, err := range target.Events(ctx, mocktarget.Mark{Seq: 1}) {
		check(t, err)
		equal(t, "event", fmt.Sprintln(e.Kind, e.Violation.Invariant), "violation keep\n")
		break
	}
	check(t, target.RemoveInvariant(ctx, "keep"))
	status(t, target.RemoveInvariant(ctx, "keep"), 404, "keep")
}

func testConduct(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	check(t, target.Configure(ctx, func(s *mocktarget.Settings) { s.RequireIfMatch = true }))
	check(t, target.Seed(ctx, strings.NewReader(`{"Users":[{"id":"u1","userName":"ann"}]}`)))
	equal(t, "without If-Match", scimDo(t, target, "DELETE", "/Users/u1", "", target.Token()).StatusCode, 428)
	refused(t, target.Configure(ctx, func(s *mocktarget.Settings) { s.Engine, s.RequireIfMatch = "nope", false }), "nope")
	settings, err := target.Settings(ctx)
	check(t, err)
	equal(t, "settings", settings.RequireIfMatch, true)
	check(t, target.Configure(ctx, func(s *mocktarget.Settings) { s.RequireIfMatch = false }))
	equal(t, "as before", scimDo(t, target, "DELETE", "/Users/u1", "", target.Token()).StatusCode, 204)
}

var newYear = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func testClock(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	check(t, target.SetClock(ctx, newYear))
	check(t, target.FreezeClock(ctx))
	check(t, target.SetClock(ctx, newYear))
	check(t, target.AdvanceClock(ctx, 90*time.Minute))
	state, err := target.ClockState(ctx)
	check(t, err)
	if !state.Frozen || !state.Now.Equal(newYear.Add(90*time.Minute)) {
		t.Errorf("the clock shows %v", state)
	}
	check(t, target.RunClock(ctx))
	state, err = target.ClockState(ctx)
	check(t, err)
	if state.Frozen || state.Now.Before(newYear) {
		t.Errorf("the clock shows %v", state)
	}
}

func testCredentials(t *testing.T, target mocktarget.Target) {
	ctx := t.Context()
	use := func(secret string) int { return scimDo(t, target, "GET", "/Users", "", secret).StatusCode }
	before, err := target.Tokens(ctx)
	check(t, err)
	secret, token, err := target.IssueToken(ctx, mocktarget.TokenConfig{Name: "short", Lifetime: time.Hour})
	check(t, err)
	equal(t, "a new token", use(secret), 200)
	check(t, target.AdvanceClock(ctx, time.Hour))
	equal(t, "an hour later", use(secret), 401)
	secret, token, err = target.IssueToken(ctx, mocktarget.TokenConfig{Secret: "chosen", ReadOnly: true})
	check(t, err)
	equal(t, "the secret", secret, "chosen")
	_, _, err = target.IssueToken(ctx, mocktarget.TokenConfig{Secret: "chosen"})
	status(t, err, 409, "secret")
	check(t, target.ExpireToken(ctx, token.ID))
	equal(t, "expired", use("chosen"), 401)
	_, token, err = target.IssueToken(ctx, mocktarget.TokenConfig{Secret: "other", Expires: newYear.AddDate(100, 0, 0)})
	check(t, err)
	check(t, target.RevokeToken(ctx, token.ID))
	equal(t, "revoked", use("other"), 401)
	list, err := target.Tokens(ctx)
	check(t, err)
	var states []string
	for _, token := range list[len(before):] {
		states = append(states, token.State)
	}
	equal(t, "states", states, "[expired expired revoked]")
	status(t, target.RevokeToken(ctx, "99"), 404, "99")
	equal(t, "the target's own token", use(target.Token()), 200)
}

func expectation(only bool, users ...string) mocktarget.Expectation {
	want := mocktarget.Expectation{Resources: map[string][]json.RawMessage{"Users": {}}, Only: only}
	for _, user := range users {
		want.Resources["Users"] = append(want.Resources["Users"], json.RawMessage(user))
	}
	return want
}

func scimGet(t *testing.T, target mocktarget.Target, path string) int {
	t.Helper()
	return scimDo(t, target, "GET", path, "", target.Token()).StatusCode
}

// scimDo sends a request to the target's SCIM service.
func scimDo(t *testing.T, target mocktarget.Target, method, path, body, token string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, target.URL()+path, strings.NewReader(body))
	check(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/scim+json")
	}
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response
}

func names(list []*scim.Object, attribute string) string {
	var all []string
	for _, o := range list {
		all = append(all, o.String(attribute))
	}
	return strings.Join(all, " ")
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// refused checks that an error says what was wrong.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error %q does not mention %q", err, word)
		}
	}
}

// status checks that an error is an answer of a status that says what was wrong.
func status(t *testing.T, err error, want int, words ...string) {
	t.Helper()
	refused(t, err, words...)
	var wire scim.Error
	if !errors.As(err, &wire) || wire.Status != want {
		t.Errorf("the error is %v, want status %d", err, want)
	}
}
