package provisioner_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

// TestR33_EnabledAgainInItsGroups has somebody who is disabled taken out of the groups,
// as the settings say, and enables them again.
func TestR33_EnabledAgainInItsGroups(t *testing.T) {
	b, _ := aged(t, provisioner.Settings{Deprovision: provisioner.Deprovision{Disabled: provisioner.FarewellStrip}})
	d := people(t, 3, nil, nil)
	d.Groups = []provisioner.Group{{ID: "g1", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u0", "u1"}}}
	b.replace(t, d)
	b.sync(t, "app")
	b.app.requests()
	b.putUser(t, "u0", "n0", false)
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 2 || !strings.HasPrefix(w[0], "PATCH /Users/") || !slices.Equal(b.app.members(t, "staff"), []string{"n1"}) {
		t.Errorf("writes %q, members %q; want the account disabled and then taken out", w, b.app.members(t, "staff"))
	}
	b.putUser(t, "u0", "n0", true)
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 2 || !slices.Equal(b.app.members(t, "staff"), []string{"n0", "n1"}) {
		t.Errorf("writes %q, members %q; want both back", w, b.app.members(t, "staff"))
	}
}

// TestR33_AppTakesTheDisabledOut: an app that takes whoever is disabled out of the groups
// by itself gives them back; one that does not is not asked any more after three times.
func TestR33_AppTakesTheDisabledOut(t *testing.T) {
	for _, shows := range []bool{true, false} {
		t.Run(fmt.Sprintf("users show their groups: %t", shows), func(t *testing.T) {
			b := peopled(t)
			hide := keeper(func(http.ResponseWriter, *http.Request) bool { return false })
			if !shows {
				hide = on("", "/Users", b.app.edit(func(u map[string]any) { delete(u, "groups") }))
			}
			b.app.answerWith(hide)
			again := func() []string {
				t.Helper()
				b.putUser(t, "u2", "bob", false)
				b.settle(t, "app")
				b.app.requests()
				b.putUser(t, "u2", "bob", true)
				b.settle(t, "app")
				if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"bob"}) {
					t.Errorf("members %q", m)
				}
				return anonymous(b.app.requests())
			}
			b.app.answerWith(either(b.app.takesOut(t), hide))
			for range provedOften {
				again()
			}
			b.app.answerWith(hide)
			for range provedOften {
				again()
			}
			if got := again(); !slices.Equal(got, []string{"PATCH /Users/ID"}) {
				t.Errorf("requests %q, want one", got)
			}
		})
	}
}

// takesOut has the app take everybody out of staff when it disables somebody.
func (d *door) takesOut(t *testing.T) keeper {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if active, ok := disables(r); ok && !active {
			d.tamper(t, "PATCH", "/Groups/"+d.id(t, "/Groups", "staff"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members"}]}`)
		}
		return false
	}
}

// TestR33_TakenOutMeanwhile: what an app has taken somebody out of is made up for also
// where the group is changed at the time, is no more, or is only planned.
func TestR33_TakenOutMeanwhile(t *testing.T) {
	disabled := func(t *testing.T) *bundle {
		b := peopled(t)
		b.app.answerWith(b.app.takesOut(t))
		b.putUser(t, "u2", "bob", false)
		b.settle(t, "app")
		return b
	}
	t.Run("the group is changed", func(t *testing.T) {
		b := disabled(t)
		var once sync.Once
		b.app.answerWith(either(on("GET", "/Groups/", func(w http.ResponseWriter, r *http.Request) {
			once.Do(func() { b.putGroup(t, "g1", "crew", "u2") })
			b.app.Handler.ServeHTTP(w, r)
		}), on("", "/Users", b.app.edit(func(u map[string]any) { delete(u, "groups") }))))
		b.putUser(t, "u2", "bob", true)
		waitFor(t, func() bool { return slices.Equal(b.app.members(t, "crew"), []string{"bob"}) })
	})
	t.Run("the group is no more", func(t *testing.T) {
		b := disabled(t)
		b.app.tamper(t, "DELETE", b.path(t, group, "g1"), "")
		b.putUser(t, "u2", "bob", true)
		b.wantLink(t, user, "u2", provisioner.LinkConverged, "", 0)
	})
	t.Run("in a plan", func(t *testing.T) {
		b := disabled(t)
		b.pause(t)
		b.putUser(t, "u2", "bob", true)
		wantLines(t, b.plan(t), "update u2 active:false→true")
	})
}

// provedOften is how often something is seen to before it is taken for granted.
const provedOften = 3

// disables returns what a PATCH sets active to.
func disables(r *http.Request) (active, ok bool) {
	if r.Method != http.MethodPatch {
		return false, false
	}
	for _, op := range operations(r) {
		if op["path"] == "active" {
			active, ok = op["value"].(bool)
		}
	}
	return active, ok
}
