package provisioner_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

// able is a mock of whose app somebody has said what it can do.
func able(t *testing.T, name provisioner.Capability, value string) *bundle {
	t.Helper()
	return mock(t, provisioner.Settings{
		Capabilities: map[provisioner.Capability]string{name: value},
		Deprovision:  provisioner.Deprovision{Deleted: provisioner.FarewellDelete, GraceDays: -1},
		Guard:        provisioner.Guard{Off: true},
	})
}

// TestSoManyValues: an app that takes one value of an attribute is given the primary one,
// at first and when it changes.
func TestSoManyValues(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	b := able(t, provisioner.MultiValuedLimit, "1")
	put := func(primary string) {
		t.Helper()
		must(t, b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t,
			`{"userName": "ada", "active": true, "emails": [{"value": "old@x.example", "type": "home"}, {"value": %q, "type": "work", "primary": true}],
			%q: {"department": "Engines"}}`, primary, enterprise)}))
	}
	emails := func() (values []any) {
		list, _ := b.app.user(t, "ada")["emails"].([]any)
		for _, v := range list {
			values = append(values, v.(map[string]any)["value"])
		}
		return values
	}
	put("ada@x.example")
	b.sync(t, "app")
	u := b.app.user(t, "ada")
	if got := emails(); !slices.Equal(got, []any{"ada@x.example"}) || fmt.Sprint(u[enterprise]) != "map[department:Engines]" {
		t.Errorf("the app was given %v, %v", got, u)
	}
	put("lovelace@x.example")
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if got := emails(); !slices.Equal(got, []any{"lovelace@x.example"}) {
		t.Errorf("after a change the app has %v", got)
	}
}

// TestAnswersWithoutBody: an app that is known to answer a change without the resource is
// not asked for it, and read afterwards; another one is asked.
func TestAnswersWithoutBody(t *testing.T) {
	for value, requests := range map[string][]string{
		provisioner.No:  {"PATCH /Groups/ID", "GET /Groups/ID"},
		provisioner.Yes: {"PATCH /Groups/ID"},
	} {
		b := able(t, provisioner.SendsBody, value)
		b.putUser(t, "u1", "ada", true)
		b.putGroup(t, "g1", "staff")
		b.sync(t, "app")
		var asked atomic.Bool
		b.app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPatch && r.URL.Query().Has("attributes") {
				asked.Store(true)
			}
			return false
		})
		b.app.requests()
		b.putGroup(t, "g1", "staff", "u1")
		b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
		if got := anonymous(b.app.requests()); !slices.Equal(got, requests) || asked.Load() != (value == provisioner.Yes) {
			t.Errorf("sends_body=%s: requests %q, asked for the group: %t", value, got, asked.Load())
		}
	}
}

// TestUndeletable: in an app that is known not to let accounts or groups be deleted none
// is tried to be: an account is disabled, a group emptied, and a person is told.
func TestUndeletable(t *testing.T) {
	const told = "does not let it be deleted"
	none := func(b *bundle, endpoint string) {
		t.Helper()
		if w := b.app.writes(); slices.ContainsFunc(w, func(s string) bool { return strings.HasPrefix(s, "DELETE "+endpoint) }) {
			t.Errorf("writes %q", w)
		}
	}
	b := able(t, provisioner.UserDelete, provisioner.No)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff")
	b.sync(t, "app")
	b.app.requests()
	must(t, b.DeleteUser(t.Context(), "u1"))
	must(t, b.DeleteGroup(t.Context(), "g1"))
	b.settle(t, "app")
	b.wantLink(t, user, "u1", provisioner.LinkNeedsDecision, told, 0)
	none(b, "/Users")
	if u := b.app.user(t, "ada"); u == nil || u["active"] != false {
		t.Errorf("the account is %v", u)
	}
	if b.link(t, group, "g1") != nil {
		t.Error("the group was not deleted, which can be")
	}

	b = able(t, provisioner.GroupDelete, provisioner.No)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u2")
	b.sync(t, "app")
	b.app.requests()
	must(t, b.DeleteGroup(t.Context(), "g1"))
	must(t, b.DeleteUser(t.Context(), "u1"))
	b.wantLink(t, group, "g1", provisioner.LinkNeedsDecision, told, 0)
	b.settle(t, "app")
	none(b, "/Groups")
	if m := b.app.members(t, "staff"); m == nil || len(m) > 0 {
		t.Errorf("the group has %q", m)
	}
	if b.app.user(t, "ada") != nil {
		t.Error("the account was not deleted, which can be")
	}
}
