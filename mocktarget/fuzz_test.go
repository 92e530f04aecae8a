package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/scim"
	"pgregory.net/rapid"
)

const bulkSeed = `{
	"Users": [{"id": "b7c14771", "userName": "ann", "displayName": "Ann"}, {"id": "u2", "userName": "bob", "nickName": "B"}],
	"Groups": [{"id": "g1", "displayName": "G", "members": [{"value": "u2"}]}]
}`

// addBulkBodies adds the operations of the bulk requests among the examples of the
// RFCs, and others that take roads of their own.
func addBulkBodies(f *testing.F) {
	data, err := os.ReadFile("../testdata/rfc/exchanges.json")
	if err != nil {
		f.Fatal(err)
	}
	var rows []rfcExchange
	if err := json.Unmarshal(data, &rows); err != nil {
		f.Fatal(err)
	}
	for _, row := range rows {
		for _, step := range row.Steps {
			var body struct{ Operations json.RawMessage }
			if step.Path == "/Bulk" && json.Unmarshal(step.Body, &body) == nil {
				f.Add(0, []byte(body.Operations))
			}
		}
	}
	for _, operations := range []string{
		`[{"method": "PATCH", "path": "/Groups/g1", "data": {"schemas": ["` + patchURN + `"], "Operations": [{"op": "remove", "path": "members[value eq \"bulkId:x\"]"}]}}, {"method": "POST", "path": "/Users", "bulkId": "x", "data": {"schemas": ["` + userURN + `"], "userName": "x"}}]`,
		`[{"method": "DELETE", "path": "/Users/u2"}, {"method": "PUT", "path": "/Users/u2", "data": {"schemas": ["` + userURN + `"], "userName": "bob"}}]`,
		`[{"method": "POST", "path": "/Groups", "bulkId": "x", "data": {"schemas": ["` + groupURN + `"], "displayName": "X", "members": [{"value": "bulkId:x"}, {"value": "u2"}]}}]`,
		`[{"method": "POST", "path": "/Users", "bulkId": "x"}, {"method": "GET", "path": "/Users"}, {"method": "POST", "path": "/Users/u2", "bulkId": "y", "data": {}}, 5]`,
		`[{"method": "DELETE", "path": "/Users/bulkId:x", "version": "W/\"1\""}, {"method": "POST", "path": "/Users", "bulkId": "x", "data": {"schemas": ["` + userURN + `"], "userName": "ANN"}}]`,
	} {
		f.Add(1, []byte(operations))
	}
}

// A bulkTrial is a tenant that bulk requests are sent to, and one beside it.
type bulkTrial struct {
	target, other *mocktargettest.Target
	before        mocktarget.Snapshot
	held, beside  string // what the two hold before
}

func newBulkTrial(t testing.TB) *bulkTrial {
	target := mocktargettest.New(t, configured(mocktarget.Config{Token: "t", IDs: mocktarget.SequentialIDs}), mocktargettest.WithSeed(bulkSeed))
	other := target.Tenant("other")
	other.Seed(bulkSeed)
	return &bulkTrial{target, other, target.Snapshot(), describe(target), describe(other)}
}

// send sends operations in bulk to the same two users and a group: the answer is a
// SCIM error, or has a result for each operation it came to; what is held then is
// valid, refers to nothing that is gone, and the other tenant has seen nothing of it.
func (b *bulkTrial) send(t failer, failOn int, operations string) {
	t.Helper()
	tenant := b.target.Server().Tenant(mocktarget.DefaultTenant)
	if err := tenant.Restore(b.before); err != nil {
		t.Fatalf("restoring what was held: %v", err)
	}
	tenant.ClearJournal()
	body := fmt.Sprintf(`{"schemas":[%q],"failOnErrors":%d,"Operations":%s}`, bulkURN, failOn, operations)
	request := httptest.NewRequest("POST", "/scim/v2/Bulk", strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer t")
	request.Header.Set("Content-Type", "application/scim+json")
	recorder := httptest.NewRecorder()
	b.target.Handler().ServeHTTP(recorder, request)
	answer := recorder.Body.Bytes()
	if recorder.Code != http.StatusOK {
		if e, ok := scim.ParseError(answer); !ok || e.Status != recorder.Code || e.Detail == "" || recorder.Code >= 500 {
			t.Fatalf("%s is answered with %d %s", body, recorder.Code, answer)
		}
		if got := describe(b.target); got != b.held {
			t.Fatalf("%s is refused, and yet it did something:\n%s", body, got)
		}
		return
	}
	checkBulkAnswer(t, body, answer, failOn)
	checkHeld(t, body, b.target)
	if got := describe(b.other); got != b.beside {
		t.Fatalf("%s reached another tenant:\n%s", body, got)
	}
}

// A failer is a test, or one trial of a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func FuzzBulk(f *testing.F) {
	trial := newBulkTrial(f)
	addBulkBodies(f)
	f.Fuzz(func(t *testing.T, failOn int, operations []byte) { trial.send(t, failOn, string(operations)) })
}

// TestBulkOperations draws operations that are nearly right.
func TestBulkOperations(t *testing.T) {
	trial := newBulkTrial(t)
	rapid.Check(t, func(t *rapid.T) {
		pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
		id := func() string { return pick("id", "b7c14771", "u2", "g1", "bulkId:x", "bulkId:y", "bulkId:z", "nobody") }
		members := func() string {
			return rapid.Custom(func(t *rapid.T) string {
				list := rapid.SliceOfN(rapid.SampledFrom([]string{"b7c14771", "u2", "g1", "bulkId:x", "bulkId:y", "bulkId:z", "nobody"}), 0, 3).Draw(t, "members")
				for i := range list {
					list[i] = fmt.Sprintf(`{"value":%q}`, list[i])
				}
				return "[" + strings.Join(list, ",") + "]"
			}).Draw(t, "members")
		}
		data := func() string {
			switch pick("data", "user", "group", "manager", "patch", "none") {
			case "user":
				return user(pick("userName", "ann", "ANN", "bob", "cy", "cy", "dee"))
			case "group":
				return group("H", `"members":`+members())
			case "manager":
				return fmt.Sprintf(`{"schemas":[%q,%q],"userName":%q,%q:{"manager":{"value":%q}}}`, userURN, enterpriseURN, pick("userName", "eve", "fay"), enterpriseURN, id())
			case "patch":
				return patchBody(pick("op",
					`{"op":"add","path":"members","value":`+members()+`}`, `{"op":"replace","path":"members","value":`+members()+`}`,
					fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, id()), `{"op":"replace","path":"userName","value":"ann"}`, `{"op":"add","path":"title","value":"t"}`))
			default:
				return "null"
			}
		}
		operations := make([]string, rapid.IntRange(1, 6).Draw(t, "n"))
		for i := range operations {
			path := pick("path", "/Users", "/Groups")
			method := pick("method", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE")
			if method != "POST" {
				path += "/" + id()
			}
			operations[i] = fmt.Sprintf(`{"method":%q,"path":%q,"bulkId":%q,"data":%s}`, method, path, pick("bulkId", "x", "y", "z", ""), data())
		}
		trial.send(t, rapid.IntRange(0, 2).Draw(t, "failOnErrors"), "["+strings.Join(operations, ",")+"]")
	})
}

// checkBulkAnswer wants a result for each operation, with the status of one.
func checkBulkAnswer(t failer, body string, answer []byte, failOn int) {
	t.Helper()
	sent, err := scim.ParseObject([]byte(body))
	if err != nil {
		t.Fatalf("a body that cannot be read is answered with 200: %s", body)
	}
	got, err := scim.ParseObject(answer)
	if err != nil {
		t.Fatalf("%s is answered with %s", body, answer)
	}
	results, failures := got.Array("Operations"), 0
	for _, v := range results {
		result := v.(*scim.Object)
		switch status := result.String("status"); {
		case slices.Contains([]string{"200", "201", "204"}, status):
			if result.String("location") == "" {
				t.Fatalf("%s: a success without location: %s", body, answer)
			}
		case len(status) == 3 && status[0] == '4':
			failures++
			if e, ok := scim.ParseError(result.Object("response").AppendJSON(nil)); !ok || fmt.Sprint(e.Status) != status || e.Detail == "" {
				t.Fatalf("%s: a failure without an error: %s", body, answer)
			}
		default:
			t.Fatalf("%s: the status %q: %s", body, status, answer)
		}
	}
	if all := len(sent.Array("Operations")); len(results) > all || len(results) < all && (failOn <= 0 || failures < failOn) {
		t.Fatalf("%s: %d results of %d operations, %d of them failures: %s", body, len(results), all, failures, answer)
	}
}

// checkHeld wants what a tenant holds to be valid, of unique names, and its members
// to be there.
func checkHeld(t failer, body string, target *mocktargettest.Target) {
	t.Helper()
	names, ids := map[string]bool{}, map[string]bool{}
	users, groups := target.Users(), target.Groups()
	for _, u := range users {
		if name := scim.Fold(u.String("userName")); names[name] {
			t.Fatalf("%s: two users are called %s", body, name)
		} else {
			names[name] = true
		}
	}
	for _, r := range slices.Concat(users, groups) {
		if ids[r.ID()] {
			t.Fatalf("%s: two resources have the id %s", body, r.ID())
		}
		ids[r.ID()] = true
	}
	for typ, list := range map[*scim.ResourceType][]*scim.Object{scim.UserType(): users, scim.GroupType(): groups} {
		for _, r := range list {
			if _, err := typ.Validate(r, r); err != nil {
				t.Fatalf("%s: an invalid resource is held: %v\n%s", body, err, r.AppendJSON(nil))
			}
		}
	}
	for _, g := range groups {
		for _, m := range g.Array("members") {
			if id := m.(*scim.Object).String("value"); !ids[id] {
				t.Fatalf("%s: the member %s is not there: %s", body, id, g.AppendJSON(nil))
			}
		}
	}
}

// describe returns what a tenant holds.
func describe(target *mocktargettest.Target) string {
	var b strings.Builder
	for _, r := range slices.Concat(target.Users(), target.Groups()) {
		fmt.Fprintf(&b, "%s\n", r.AppendJSON(nil))
	}
	return b.String()
}
