package provisioner_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

const day = 24 * time.Hour

// A calendar is a clock that can be turned forward.
type calendar struct{ ahead atomic.Int64 }

func (c *calendar) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// pass turns the clock forward and lets the app be looked at.
func (b *bundle) pass(t *testing.T, c *calendar, d time.Duration) {
	t.Helper()
	c.ahead.Add(int64(d))
	app, err := b.App(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.PutApp(t.Context(), *app); err != nil {
		t.Fatal(err)
	}
}

// aged is a bundle with a clock and an app of these settings.
func aged(t *testing.T, settings provisioner.Settings) (*bundle, *calendar) {
	t.Helper()
	c := &calendar{}
	b, stop := startAt(t, t.TempDir()+"/test.db", c.now)
	t.Cleanup(stop)
	b.app = newDoor(t)
	b.connectWith(t, "app", b.app, settings)
	return b, c
}

// tamper changes a resource in the app behind the engine's back.
func (d *door) tamper(t *testing.T, method, path, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	d.Handler.ServeHTTP(w, r)
	if w.Code >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

func (d *door) user(t *testing.T, name string) map[string]any {
	t.Helper()
	for _, u := range d.remote(t, "/Users") {
		if u["userName"] == name {
			return u
		}
	}
	return nil
}

// members returns the names of a group's members in the app, nil if there is no group.
func (d *door) members(t *testing.T, group string) []string {
	t.Helper()
	names := map[any]string{}
	for _, u := range d.remote(t, "/Users") {
		names[u["id"]] = u["userName"].(string)
	}
	for _, g := range d.remote(t, "/Groups") {
		if g["displayName"] != group {
			continue
		}
		members := []string{}
		list, _ := g["members"].([]any)
		for _, m := range list {
			members = append(members, names[m.(map[string]any)["value"]])
		}
		slices.Sort(members)
		return members
	}
	return nil
}

func (b *bundle) link(t *testing.T, kind provisioner.Kind, id string) *provisioner.Link {
	t.Helper()
	links, err := b.AppLinks(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	for i := range links {
		if links[i].Kind == kind && links[i].Subject == id {
			return &links[i]
		}
	}
	return nil
}

func (b *bundle) waitState(t *testing.T, kind provisioner.Kind, id string, state provisioner.LinkState) *provisioner.Link {
	t.Helper()
	var l *provisioner.Link
	waitFor(t, func() bool {
		l = b.link(t, kind, id)
		return l != nil && l.State == state
	})
	return l
}

func (b *bundle) deleteUser(t *testing.T, id string) {
	t.Helper()
	if err := b.DeleteUser(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

// TestR2_DisableIsTheDefault lets people go in each way there is: no account is
// deleted, however long it takes.
func TestR2_DisableIsTheDefault(t *testing.T) {
	b, c := aged(t, provisioner.Settings{})
	b.replace(t, people(t, 4, nil, nil))
	b.sync(t, "app")
	b.app.requests()
	b.putUser(t, "u0", "n0", false)
	b.deleteUser(t, "u1")
	b.settle(t, "app")
	b.pass(t, c, 100*day)
	b.sync(t, "app")
	w := b.app.writes()
	if len(w) != 2 || slices.ContainsFunc(w, func(s string) bool { return !strings.HasPrefix(s, "PATCH /Users/") }) {
		t.Errorf("writes %q, want two PATCH", w)
	}
	b.app.wantActive(t, 4, func(i int) bool { return i > 1 })
}

// TestR33_DeleteFollowsDisable lets somebody leave an app that deletes after 30 days:
// the account is disabled at once and deleted then, not earlier, and also if the app is
// down when the day comes and the process starts anew.
func TestR33_DeleteFollowsDisable(t *testing.T) { // R7, too
	c := &calendar{}
	file := t.TempDir() + "/test.db"
	b, stop := startAt(t, file, c.now)
	app := newDoor(t)
	b.app = app
	b.connectWith(t, "app", app, provisioner.Settings{Deprovision: provisioner.Deprovision{Deleted: provisioner.FarewellDelete}})
	b.replace(t, people(t, 3, nil, nil))
	b.sync(t, "app")
	app.requests()
	b.deleteUser(t, "u0")
	b.settle(t, "app")
	if w := app.writes(); len(w) != 1 || app.user(t, "n0")["active"] != false {
		t.Errorf("writes %q, account %v; want it disabled", w, app.user(t, "n0"))
	}
	b.pass(t, c, 29*day)
	b.sync(t, "app")
	if w := app.writes(); len(w) != 0 {
		t.Errorf("within the 30 days: writes %q", w)
	}
	stop()

	app.answerWith(func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return true
	})
	c.ahead.Add(int64(2 * day))
	b, stop = startAt(t, file, c.now)
	defer stop()
	b.app = app
	b.waitState(t, provisioner.KindUser, "u0", provisioner.LinkFailing)
	app.open()
	waitFor(t, func() bool { return b.link(t, provisioner.KindUser, "u0") == nil })
	if app.user(t, "n0") != nil || len(app.remote(t, "/Users")) != 2 {
		t.Errorf("the app holds %v", app.remote(t, "/Users"))
	}
}

// TestR33_ComesBackInTime lets somebody come back within the 30 days: the same account
// is enabled again, is in its groups, and is not deleted when the day comes.
func TestR33_ComesBackInTime(t *testing.T) {
	b, c := aged(t, provisioner.Settings{Deprovision: provisioner.Deprovision{Deleted: provisioner.FarewellDelete}})
	d := people(t, 3, nil, nil)
	d.Groups = []provisioner.Group{{ID: "g1", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u0", "u1"}}}
	b.replace(t, d)
	b.sync(t, "app")
	id := b.app.user(t, "n0")["id"]
	b.deleteUser(t, "u0")
	b.settle(t, "app")
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"n1"}) {
		t.Errorf("members while away: %q", m)
	}
	b.pass(t, c, 10*day)
	b.replace(t, d)
	b.settle(t, "app")
	u := b.app.user(t, "n0")
	if u["id"] != id || u["active"] != true {
		t.Errorf("the account is %v, want the same one, active", u)
	}
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"n0", "n1"}) {
		t.Errorf("members after coming back: %q", m)
	}
	b.app.requests()
	b.pass(t, c, 100*day)
	b.sync(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("writes %q when the day had come", w)
	}
}

// TestDeleteAtOnce deletes without a grace period, after a look at the account and
// with another one, since it is the first time.
func TestDeleteAtOnce(t *testing.T) {
	b, _ := aged(t, provisioner.Settings{Deprovision: provisioner.Deprovision{Deleted: provisioner.FarewellDelete, GraceDays: -1}})
	b.replace(t, people(t, 3, nil, nil))
	b.sync(t, "app")
	id := b.app.user(t, "n0")["id"]
	b.app.requests()
	b.deleteUser(t, "u0")
	b.settle(t, "app")
	wantRequests(t, b.app, fmt.Sprint("GET /Users/", id), fmt.Sprint("DELETE /Users/", id), fmt.Sprint("GET /Users/", id))
	if b.link(t, provisioner.KindUser, "u0") != nil {
		t.Error("the link is still there")
	}
}

// TestDeleteOnlyWhatIsStillOurs gives an account to somebody else before it is to be
// deleted.
func TestDeleteOnlyWhatIsStillOurs(t *testing.T) { // R1
	for name, change := range map[string]string{
		"externalId": `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"n0","externalId":"somebody-else"}`,
		"userName":   `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"somebody-else"}`,
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := aged(t, provisioner.Settings{Deprovision: provisioner.Deprovision{Deleted: provisioner.FarewellDelete, GraceDays: -1}})
			b.replace(t, people(t, 3, nil, nil))
			b.sync(t, "app")
			b.app.tamper(t, http.MethodPut, fmt.Sprint("/Users/", b.app.user(t, "n0")["id"]), change)
			b.app.requests()
			b.deleteUser(t, "u0")
			l := b.waitState(t, provisioner.KindUser, "u0", provisioner.LinkNeedsDecision)
			if w := b.app.writes(); len(w) > 0 || !strings.Contains(l.LastError, "somebody-else") {
				t.Errorf("writes %q, reason %q", w, l.LastError)
			}
		})
	}
}

// TestUnlinkLeavesTheAccountAlone lets somebody go from an app whose accounts are to be
// left, and forgets them.
func TestUnlinkLeavesTheAccountAlone(t *testing.T) {
	b, _ := aged(t, provisioner.Settings{Deprovision: provisioner.Deprovision{Disabled: provisioner.FarewellUnlink, Deleted: provisioner.FarewellUnlink}})
	d := people(t, 3, nil, nil)
	d.Groups = []provisioner.Group{{ID: "g1", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u0", "u1", "u2"}}}
	b.replace(t, d)
	b.sync(t, "app")
	b.app.requests()
	b.deleteUser(t, "u0")
	b.putUser(t, "u1", "n1", false)
	b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 || len(b.app.members(t, "staff")) != 3 {
		t.Errorf("writes %q, members %q", w, b.app.members(t, "staff"))
	}
	if l := b.link(t, provisioner.KindUser, "u0"); l != nil {
		t.Errorf("the link of somebody who has left is still there: %+v", l)
	}
	b.putUser(t, "u1", "n1", true)
	b.settle(t, "app")
	b.app.wantActive(t, 3, func(int) bool { return true })
	if n := len(b.app.remote(t, "/Users")); n != 3 {
		t.Errorf("%d accounts, want the same three", n)
	}
}

// TestReleaseTakesTheExternalIDOff lets somebody go whose account is to be nobody's from
// then on, and gives it back.
func TestReleaseTakesTheExternalIDOff(t *testing.T) {
	for _, form := range []string{provisioner.FormPatch, provisioner.FormPut} {
		t.Run(form, func(t *testing.T) {
			b, _ := aged(t, provisioner.Settings{
				Deprovision:  provisioner.Deprovision{Deleted: provisioner.FarewellRelease},
				Capabilities: map[provisioner.Capability]string{provisioner.UserUpdate: form},
			})
			b.replace(t, people(t, 2, nil, nil))
			b.sync(t, "app")
			b.app.requests()
			b.deleteUser(t, "u0")
			b.settle(t, "app")
			if w := b.app.writes(); len(w) != 1 {
				t.Errorf("writes %q, want one", w)
			}
			if u := b.app.user(t, "n0"); u["externalId"] != nil || u["active"] != true || u["displayName"] == "" {
				t.Errorf("the app has %v, want the account without an externalId", u)
			}
			if l := b.link(t, provisioner.KindUser, "u0"); l != nil {
				t.Errorf("the link is still there: %+v", l)
			}
			b.replace(t, people(t, 2, nil, nil))
			b.sync(t, "app")
			if u := b.app.user(t, "n0"); u["externalId"] != "u0" || len(b.app.remote(t, "/Users")) != 2 {
				t.Errorf("the app has %v, want the same account", b.app.remote(t, "/Users"))
			}
		})
	}
}

// TestR34_PinnedAccounts checks that pinned people keep their account, and that what an
// app refuses to do to its last administrator is not tried without end.
func TestR34_PinnedAccounts(t *testing.T) {
	b, _ := aged(t, provisioner.Settings{Pins: []string{"u0", "u1"}})
	b.replace(t, people(t, 4, nil, nil))
	b.sync(t, "app")
	b.app.requests()
	b.deleteUser(t, "u0")
	b.putUser(t, "u1", "n1", false)
	b.settle(t, "app")
	b.sync(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("writes %q", w)
	}
	for _, id := range []string{"u0", "u1"} {
		if l := b.link(t, provisioner.KindUser, id); l.State != provisioner.LinkKept || !strings.Contains(l.LastError, "is pinned") {
			t.Errorf("%s is %s: %q", id, l.State, l.LastError)
		}
	}
}

// TestR34_LastAdministrator disables somebody whom the app does not let go: that is
// said, and not tried again and again.
func TestR34_LastAdministrator(t *testing.T) {
	for name, answer := range map[string]string{
		"403":            `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"403","detail":"the last administrator"}`,
		"409 mutability": `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"mutability","detail":"the last administrator"}`,
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := aged(t, provisioner.Settings{})
			b.replace(t, people(t, 3, nil, nil))
			b.sync(t, "app")
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet {
					return false
				}
				var status int
				fmt.Sscan(name, &status)
				w.Header().Set("Content-Type", "application/scim+json")
				w.WriteHeader(status)
				fmt.Fprint(w, answer)
				return true
			})
			b.app.requests()
			b.putUser(t, "u0", "n0", false)
			l := b.waitState(t, provisioner.KindUser, "u0", provisioner.LinkRefused)
			if w := b.app.writes(); len(w) > 2 || !strings.Contains(l.LastError, "the last administrator") || l.NextAttempt.Before(time.Now().Add(50*time.Minute)) {
				t.Errorf("writes %q, reason %q, next attempt %s", w, l.LastError, l.NextAttempt)
			}
			if state, _ := b.state(t, "app"); state != provisioner.AppActive {
				t.Errorf("the app is %s", state)
			}
		})
	}
}

// TestDisableIsImpossible asks a person what to do in apps that cannot disable an
// account, and never deletes one instead.
func TestDisableIsImpossible(t *testing.T) {
	for name, capabilities := range map[string]map[provisioner.Capability]string{
		"no active":               {provisioner.ActiveType: provisioner.ActiveNone},
		"disabling means to lose": {provisioner.HardDeleteOnDisable: provisioner.Yes},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := aged(t, provisioner.Settings{Capabilities: capabilities})
			b.replace(t, people(t, 4, nil, nil))
			b.sync(t, "app")
			b.app.requests()
			b.deleteUser(t, "u0")
			l := b.waitState(t, provisioner.KindUser, "u0", provisioner.LinkNeedsDecision)
			if w := b.app.writes(); len(w) > 0 || !strings.Contains(l.LastError, "say what is done instead") {
				t.Errorf("writes %q, reason %q", w, l.LastError)
			}
		})
	}
}

// TestGroupsSayGoodbye lets a group go that was there before, and one that is to stay.
func TestGroupsSayGoodbye(t *testing.T) {
	for name, settings := range map[string]provisioner.Settings{
		"adopted": {},
		"unlink":  {Deprovision: provisioner.Deprovision{Groups: provisioner.FarewellUnlink}},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := aged(t, settings)
			b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"root"}`)
			root := b.app.user(t, "root")["id"]
			b.app.post(t, "/Groups", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"staff","members":[{"value":%q}]}`, root))
			d := people(t, 3, nil, nil)
			d.Groups = []provisioner.Group{{ID: "g1", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u0", "u1"}}}
			b.replace(t, d)
			b.sync(t, "app")
			if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"n0", "n1", "root"}) {
				t.Fatalf("members %q", m)
			}
			if err := b.DeleteGroup(t.Context(), "g1"); err != nil {
				t.Fatal(err)
			}
			b.settle(t, "app")
			want := []string{"root"}
			if name == "unlink" {
				want = []string{"n0", "n1", "root"}
			}
			if m := b.app.members(t, "staff"); !slices.Equal(m, want) {
				t.Errorf("members %q, want %q", m, want)
			}
			if b.link(t, provisioner.KindGroup, "g1") != nil {
				t.Error("the link is still there")
			}
		})
	}
}

// TestR33_DeleteIsNotForgottenOverATrifle disables somebody whose new name the app does
// not take: the account is deleted when its day comes all the same.
func TestR33_DeleteIsNotForgottenOverATrifle(t *testing.T) {
	b, c := aged(t, provisioner.Settings{Deprovision: provisioner.Deprovision{Disabled: provisioner.FarewellDelete}})
	b.replace(t, people(t, 3, nil, nil))
	b.sync(t, "app")
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("renamed")) {
			return false
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"no such name"}`)
		return true
	})
	b.putUser(t, "u0", "renamed", false)
	l := b.waitState(t, provisioner.KindUser, "u0", provisioner.LinkRejected)
	if b.app.user(t, "n0")["active"] != false || l.DeleteAt.IsZero() {
		t.Fatalf("the account is %v, link %+v", b.app.user(t, "n0"), l)
	}
	b.pass(t, c, 31*day)
	waitFor(t, func() bool { return b.app.user(t, "n0") == nil })
}
