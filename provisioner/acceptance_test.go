package provisioner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// The acceptance tests are what provisioning has to survive in other people's apps. The
// fourteenth, which kills the program at every write, is with the command.

// everybody is a directory of n people, n0 to …, and a group of all of them.
func everybody(t *testing.T, n int) *provisioner.Directory {
	t.Helper()
	d := people(t, n, nil, nil)
	all := provisioner.Group{ID: "all", Attributes: attributes(t, `{"displayName": "everybody"}`)}
	for _, u := range d.Users {
		all.Members = append(all.Members, u.ID)
	}
	d.Groups = []provisioner.Group{all}
	return d
}

// forgetful is an engine without memory over the directory of another and its app.
func forgetful(t *testing.T, app *door, d *provisioner.Directory) *bundle {
	t.Helper()
	b := start(t, t.TempDir()+"/other.db")
	b.app = app
	b.replace(t, d)
	b.connect(t, "app", app)
	return b
}

// TestAcceptance01_ForeignAccountsSurvive: nothing is written to accounts and groups
// that were there before and are nobody's in the directory.
func TestAcceptance01_ForeignAccountsSurvive(t *testing.T) {
	b := unconnected(t)
	before := map[string]string{}
	for _, text := range []string{`"userName":"root"`, `"userName":"svc","externalId":"another-directory","active":true`, `"userName":"n0.old","externalId":"u0-old"`} {
		before[b.app.post(t, "/Users", account(text))] = ""
	}
	before[b.app.post(t, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"admins"}`)] = ""
	version := func(r map[string]any) string { return fmt.Sprint(r["meta"].(map[string]any)["version"]) }
	each := func(visit func(id string, r map[string]any)) {
		for _, r := range append(b.app.remote(t, "/Users"), b.app.remote(t, "/Groups")...) {
			if _, foreign := before[r["id"].(string)]; foreign {
				visit(r["id"].(string), r)
			}
		}
	}
	each(func(id string, r map[string]any) { before[id] = version(r) })
	b.replace(t, everybody(t, 5))
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	b.replace(t, everybody(t, 4))
	b.sync(t, "app")
	left := 0
	each(func(id string, r map[string]any) {
		left++
		if version(r) != before[id] {
			t.Errorf("changed: %v", r)
		}
	})
	if left != len(before) {
		t.Errorf("%d of %d foreign resources are left", left, len(before))
	}
}

// TestAcceptance02_NoEcho: an app that neither keeps nor shows externalId gets each
// account once, and is left alone from then on.
func TestAcceptance02_NoEcho(t *testing.T) {
	b := unconnected(t)
	d := everybody(t, 20)
	b.replace(t, d)
	b.app.answerWith(on("POST", "/", b.app.rewrite(func(r map[string]any) { delete(r, "externalId") })))
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	w := b.app.writes()
	if n := len(slices.DeleteFunc(slices.Clone(w), func(s string) bool { return s != "POST /Users" })); n != 20 || len(w) != 21 {
		t.Errorf("%d creates of accounts in %d writes: %q", n, len(w), w)
	}
	b.sync(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("the second sync wrote %q", w)
	}
}

// meagre answers lists as one app does: 50 at a time, whatever was asked for, always
// the first ones, and their number as that of all.
func meagre(d *door) keeper {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Query().Get("filter") != "" || strings.Count(r.URL.Path, "/") > 3 {
			return false
		}
		r.URL.RawQuery = "count=50"
		got := d.inner(r)
		var list map[string]any
		if json.Unmarshal(got.Body.Bytes(), &list) != nil {
			return false
		}
		resources, _ := list["Resources"].([]any)
		list["totalResults"], list["itemsPerPage"], list["startIndex"] = len(resources), len(resources), 1
		got.Body.Reset()
		_ = json.NewEncoder(got.Body).Encode(list)
		send(w, got)
		return true
	}
}

// TestAcceptance03_MeagreLists: people who are not on the first page are neither made
// again nor forgotten.
func TestAcceptance03_MeagreLists(t *testing.T) { // R15
	b := unconnected(t)
	b.replace(t, everybody(t, 120))
	b.app.answerWith(meagre(b.app))
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	if n := len(b.app.remote(t, "/Users")); n != 120 {
		t.Fatalf("%d accounts, want 120", n)
	}
	b.app.requests()
	b.sync(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("the second sync wrote %q", w)
	}
	b.deleteUser(t, "u119")
	b.settle(t, "app")
	id := b.app.id(t, "/Users", "n119")
	if w := b.app.writes(); len(w) == 0 || w[0] != "PATCH /Users/"+id || len(b.app.remote(t, "/Users")) != 120 {
		t.Errorf("writes %q, want a disable of %s first, and no delete", w, id)
	}
	if u := b.app.user(t, "n119"); u["active"] != false {
		t.Errorf("the app holds %v", u)
	}
	// Without its memory, the engine makes nobody twice either.
	other := forgetful(t, b.app, everybody(t, 119))
	b.app.requests()
	other.sync(t, "app")
	if n := len(b.app.remote(t, "/Users")); n != 120 {
		t.Errorf("%d accounts, want 120", n)
	}
}

// TestAcceptance04_TouchedInTheApp: a change lands although the app has touched the
// account later, by a clock that is ahead.
func TestAcceptance04_TouchedInTheApp(t *testing.T) { // R8
	b := peopled(t)
	b.app.answerWith(on("", "/", b.app.edit(func(r map[string]any) {
		if meta, ok := r["meta"].(map[string]any); ok {
			meta["lastModified"] = "2099-01-01T00:00:00Z"
		}
	})))
	id := b.app.id(t, "/Users", "ada")
	b.app.tamper(t, "PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"nickName","value":"x"}]}`)
	b.rename(t, "ada.l")
	b.settle(t, "app")
	wantRequests(t, b.app, "PATCH /Users/"+id)
	if b.app.user(t, "ada.l") == nil {
		t.Error("the change is lost")
	}
}

// TestAcceptance05_LastMember: the last member leaves, also where a group without the
// attribute stays as it is, and where there is no PATCH.
func TestAcceptance05_LastMember(t *testing.T) { // R11
	for _, patch := range []bool{true, false} {
		t.Run(fmt.Sprint("PATCH ", patch), func(t *testing.T) {
			b := peopled(t)
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch && !patch {
					w.WriteHeader(405)
					return true
				}
				_, explicit := bodyOf(r)["members"]
				if r.Method == http.MethodPut && !explicit {
					b.app.ignore(w, r)
					return true
				}
				return false
			})
			b.putGroup(t, "g1", "staff")
			b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
			if m := b.app.members(t, "staff"); len(m) != 0 {
				t.Errorf("members left: %q", m)
			}
		})
	}
}

// TestAcceptance06_NoGroups: all users land in an app whose groups are not there, or
// broken.
func TestAcceptance06_NoGroups(t *testing.T) { // R4
	for _, status := range []int{404, 405, 500, 501} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			b := unconnected(t)
			b.app.answerWith(on("", "/Groups", page(status)))
			b.replace(t, everybody(t, 20))
			b.connect(t, "app", b.app)
			if _, err := b.engine.Sync(t.Context(), "app"); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { return len(b.app.remote(t, "/Users")) == 20 })
			state := provisioner.LinkSkipped
			if status == 500 {
				state = provisioner.LinkFailing
			}
			b.waitState(t, group, "all", state)
		})
	}
}

// TestGroupsAreNoResourceType: an app may also say in words that it has no groups.
func TestGroupsAreNoResourceType(t *testing.T) { // R4
	b := mock(t, provisioner.Settings{})
	b.app.answerWith(on("", "/Groups", refuse(400, scim.TypeInvalidValue, "The resource type Group is not valid.")))
	b.putUser(t, "u1", "ada", true)
	b.putGroup(t, "g1", "staff", "u1")
	r := b.sync(t, "app")
	if r.Users.Created != 1 || r.Groups != (provisioner.Tally{Skipped: 1}) {
		t.Errorf("users %+v, groups %+v, want one created and one skipped", r.Users, r.Groups)
	}
	b.wantFact(t, provisioner.Groups, provisioner.GroupsNone, "/Groups answered 400")
}

// TestAcceptance07_PoisonedMember: 49 of 50 members land.
func TestAcceptance07_PoisonedMember(t *testing.T) { // R5
	b := unconnected(t)
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || !strings.Contains(r.URL.Path, "/Groups") {
			return false
		}
		if users := b.app.user(t, "n7"); users == nil || !strings.Contains(fmt.Sprint(bodyOf(r)), users["id"].(string)) {
			return false
		}
		refuse(400, scim.TypeInvalidValue, "no such member")(w, r)
		return true
	})
	b.replace(t, everybody(t, 50))
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	b.wantLink(t, group, "all", provisioner.LinkPartial, "does not take u7", 0)
	if m := b.app.members(t, "everybody"); len(m) != 49 {
		t.Errorf("%d members, want 49", len(m))
	}
}

// TestAcceptance08_AccessListEmptied: nothing is written when nobody is to have access
// any more, until a person says that this is meant.
func TestAcceptance08_AccessListEmptied(t *testing.T) { // R3
	b := unconnected(t)
	b.replace(t, everybody(t, 30))
	scoped := provisioner.Settings{Scope: provisioner.Scope{Groups: []string{"all"}}, Groups: provisioner.GroupsOff}
	b.connectWith(t, "app", b.app, scoped)
	b.sync(t, "app")
	b.app.requests()
	if err := b.PutGroup(t.Context(), provisioner.Group{ID: "all", Attributes: attributes(t, `{"displayName": "everybody"}`)}); err != nil {
		t.Fatal(err)
	}
	r := b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 || len(b.held(t, "app")) != 30 {
		t.Errorf("writes %q, held %d: %+v", w, len(b.held(t, "app")), r)
	}
}

// TestAcceptance09_NoPut: an app without PUT, whose web server answers it with a page,
// gets its updates and keeps its links.
func TestAcceptance09_NoPut(t *testing.T) { // R9
	b := unconnected(t)
	b.app.answerWith(on("PUT", "/", page(404)))
	b.replace(t, everybody(t, 5))
	// Somebody has it that the app takes nothing but PUT.
	b.connectWith(t, "app", b.app, provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.UserUpdate: provisioner.FormPut, provisioner.GroupUpdate: provisioner.FormPut}})
	b.sync(t, "app")
	id := b.app.id(t, "/Users", "n0")
	b.app.requests()
	b.putUser(t, "u0", "n0.new", true)
	b.putGroup(t, "all", "everybody", "u0")
	b.settle(t, "app")
	if w := b.app.writes(); slices.ContainsFunc(w, func(s string) bool { return strings.HasPrefix(s, "POST") || strings.HasPrefix(s, "DELETE") }) {
		t.Errorf("writes %q", w)
	}
	if u := b.app.user(t, "n0.new"); u["id"] != id || !slices.Equal(b.app.members(t, "everybody"), []string{"n0.new"}) {
		t.Errorf("the app holds %v and %v", u, b.app.members(t, "everybody"))
	}
	b.wantFact(t, provisioner.UserUpdate, provisioner.FormPatch, "PUT answered 404")
	b.wantFact(t, provisioner.GroupUpdate, provisioner.FormPatch, "PUT answered 404")
}

// TestAcceptance10_DeletedWhileTheAppIsDown: somebody who is deleted while the app
// cannot be reached is disabled there as soon as it can, although the directory has
// forgotten them.
func TestAcceptance10_DeletedWhileTheAppIsDown(t *testing.T) { // R7
	b := unconnected(t)
	b.replace(t, everybody(t, 12))
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	b.app.answerWith(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
	b.deleteUser(t, "u3")
	b.waitState(t, user, "u3", provisioner.LinkFailing)
	if _, err := b.User(t.Context(), "u3"); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("the directory still has the user: %v", err)
	}
	b.app.open()
	b.settle(t, "app")
	if u := b.app.user(t, "n3"); u == nil || u["active"] != false {
		t.Errorf("the app holds %v, want a disabled account", u)
	}
	if m := b.app.members(t, "everybody"); len(m) != 11 {
		t.Errorf("%d members are left, want 11", len(m))
	}
}

// TestAcceptance11_PoisonedUser: 999 of 1000 people land although the app refuses one.
func TestAcceptance11_PoisonedUser(t *testing.T) { // R6
	b := unconnected(t)
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || bodyOf(r)["userName"] != "n500" {
			return false
		}
		refuse(400, scim.TypeInvalidValue, "not this one")(w, r)
		return true
	})
	b.replace(t, people(t, 1000, nil, nil))
	b.connect(t, "app", b.app)
	r := b.sync(t, "app")
	if r.Users.Created != 999 || r.Users.Failed != 1 || len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Reason, "not this one") {
		t.Errorf("result %+v with %d failures", r.Users, len(r.Failures))
	}
	b.wantLink(t, user, "u500", provisioner.LinkRejected, "not this one", time.Hour)
}

// TestAcceptance12_LosesTheGroupThatGivesAccess: who is taken out of the group that gives access
// loses it at once: the clock stands, so that nothing comes that waits.
func TestAcceptance12_LosesTheGroupThatGivesAccess(t *testing.T) { // R20
	m := newMoody(t)
	r := newRig(t, rigConfig{})
	r.connect("app", m, provisioner.Settings{Scope: provisioner.Scope{Groups: []string{"g"}}})
	r.put(3, "a", nil)
	r.putGroup("g", 0, 3)
	r.settle("app")
	m.tenant.ClearJournal()
	if err := r.RemoveMember(t.Context(), "g", "u1"); err != nil {
		t.Fatal(err)
	}
	r.settle("app")
	m.wantUsers(3, "a", func(i int) bool { return i != 1 })
	disables := func(e *mocktarget.Entry) bool { return strings.Contains(e.Request.Body, `"active","value":false`) }
	if i := slices.IndexFunc(m.tenant.Journal(), disables); i < 0 || i > 1 {
		t.Errorf("the request that disables the account comes behind %d others: %q", i, m.requests())
	}
}

// TestAcceptance13_AnswerLost: an account whose create was never answered exists once.
func TestAcceptance13_AnswerLost(t *testing.T) { // R24
	b := unconnected(t)
	var lost atomic.Int32
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || lost.Add(1)%3 != 1 {
			return false
		}
		b.app.inner(r)
		panic(http.ErrAbortHandler)
	})
	b.replace(t, everybody(t, 12))
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	names := map[string]int{}
	for _, u := range b.app.remote(t, "/Users") {
		names[u["userName"].(string)]++
	}
	if len(names) != 12 || len(b.app.remote(t, "/Users")) != 12 || len(b.app.remote(t, "/Groups")) != 1 {
		t.Errorf("accounts %v, %d groups", names, len(b.app.remote(t, "/Groups")))
	}
	if m := b.app.members(t, "everybody"); len(m) != 12 {
		t.Errorf("%d members", len(m))
	}
}

// TestAcceptance15_RequestBudget: nothing costs more requests than it has to, once the
// app has shown how it wants them.
func TestAcceptance15_RequestBudget(t *testing.T) {
	const users, members = 30, 250
	b := unconnected(t)
	other := newDoor(t)
	b.replace(t, everybody(t, members))
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	// Empty app: 2 to look, one for each user, one for the group and each further chunk.
	if n := len(b.app.requests()); n != 2+members+1+2 {
		t.Errorf("the first sync took %d requests, want %d", n, 2+members+1+2)
	}
	b.sync(t, "app")
	wantRequests(t, b.app)
	// Each form is proved the first three times.
	for i := range 3 {
		b.putUser(t, "u0", fmt.Sprint("n0.", i), true)
		b.settle(t, "app")
		b.putUser(t, "u0", fmt.Sprint("n0.", i), false)
		b.settle(t, "app")
		for _, change := range []func(context.Context, string, string) error{b.RemoveMember, b.AddMember} {
			if err := change(t.Context(), "all", "u0"); err != nil {
				t.Fatal(err)
			}
			b.settle(t, "app")
		}
		b.putUser(t, "u0", fmt.Sprint("n0.", i), true)
		b.settle(t, "app")
	}
	// The other app is given nobody who changes from here on.
	b.putGroup(t, "few", "few", "u29")
	b.connectWith(t, "other", other, provisioner.Settings{Scope: provisioner.Scope{Groups: []string{"few"}}, Groups: provisioner.GroupsOff})
	b.sync(t, "other")
	b.settle(t, "app")
	b.app.requests()
	other.requests()
	for name, change := range map[string]func() error{
		"a user changes": func() error {
			return b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, userText, "other", true)})
		},
		"a user is disabled": func() error {
			return b.PutUser(t.Context(), provisioner.User{ID: "u2", Attributes: attributes(t, userText, "n2", false)})
		},
		"a user leaves": func() error { return b.RemoveMember(t.Context(), "all", "u3") },
		"a user joins":  func() error { return b.AddMember(t.Context(), "few", "u4") },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		b.settle(t, "app")
		if got := b.app.requests(); len(got) != 1 {
			t.Errorf("when %s the app is asked %q, want one request", name, got)
		}
	}
}
