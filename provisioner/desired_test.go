package provisioner_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// newMock stands a mock with all it can do behind a door.
func newMock(t *testing.T) *door {
	t.Helper()
	server, err := mocktarget.New(mocktarget.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Handler: server, token: server.Token()}
	listener := httptest.NewServer(d)
	t.Cleanup(listener.Close)
	d.url = listener.URL + "/scim/v2"
	return d
}

// given starts an engine with an app that is given what the settings say, after a
// first sync of what setup puts into the directory.
func given(t *testing.T, settings provisioner.Settings, setup func(*bundle)) *bundle {
	t.Helper()
	b := start(t, t.TempDir()+"/test.db")
	b.app = newMock(t)
	settings.Guard.Off = true
	b.connectWith(t, "app", b.app, settings)
	setup(b)
	b.sync(t, "app")
	b.app.requests()
	return b
}

// groups returns the userNames in each group of the app, by displayName.
func (d *door) groups(t *testing.T) map[string][]string {
	t.Helper()
	groups := map[string][]string{}
	for _, g := range d.remote(t, "/Groups") {
		name := g["displayName"].(string)
		groups[name] = d.members(t, name)
	}
	return groups
}

func wantMembers(t *testing.T, d *door, want map[string][]string) {
	t.Helper()
	if got := d.groups(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the app has the groups %v, want %v", got, want)
	}
}

// shape replaces ids in requests by what they are of.
func (d *door) shape(t *testing.T) (requests []string) {
	t.Helper()
	seen := d.requests()
	for _, list := range []struct{ endpoint, name string }{{"/Users", "userName"}, {"/Groups", "displayName"}} {
		for _, r := range d.remote(t, list.endpoint) {
			for i := range seen {
				seen[i] = strings.ReplaceAll(seen[i], r["id"].(string), r[list.name].(string))
			}
		}
	}
	return seen
}

func wantShape(t *testing.T, d *door, want ...string) {
	t.Helper()
	if got := d.shape(t); !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

// TestR20_LosingTheGroupThatGivesAccess gives an app to a group and the groups in it.
// Whoever comes in gets an account, whoever leaves loses it, and nobody else is
// touched.
func TestR20_LosingTheGroupThatGivesAccess(t *testing.T) {
	ctx := t.Context()
	b := given(t, provisioner.Settings{Scope: provisioner.Scope{Groups: []string{"staff"}}}, func(b *bundle) {
		for _, name := range []string{"ada", "bob", "eve"} {
			b.putUser(t, name, name, true)
		}
		b.putGroup(t, "crew", "Crew", "bob")
		b.putGroup(t, "team", "Team", "ada", "bob")
		must(t, b.PutGroup(ctx, provisioner.Group{ID: "staff", Attributes: attributes(t, `{"displayName": "Staff"}`), Groups: []string{"crew"}}))
	})
	if len(b.app.remote(t, "/Users")) != 1 || b.app.user(t, "bob") == nil {
		t.Fatalf("the app has the users %v, want bob alone", b.app.remote(t, "/Users"))
	}
	wantMembers(t, b.app, map[string][]string{"Crew": {"bob"}, "Staff": {"bob"}, "Team": {"bob"}})

	must(t, b.AddMember(ctx, "crew", "ada"))
	b.settle(t, "app")
	got := b.app.shape(t)
	slices.Sort(got)
	if !slices.Equal(got, []string{"PATCH /Groups/Crew", "PATCH /Groups/Staff", "PATCH /Groups/Team", "POST /Users"}) {
		t.Errorf("ada, who has gained access, costs %q; want POST and a PATCH for each of her groups", got)
	}
	wantMembers(t, b.app, map[string][]string{"Crew": {"ada", "bob"}, "Staff": {"ada", "bob"}, "Team": {"ada", "bob"}})

	must(t, b.RemoveSubgroup(ctx, "staff", "crew"))
	b.settle(t, "app")
	for _, name := range []string{"ada", "bob"} {
		if u := b.app.user(t, name); u["active"] != false {
			t.Errorf("%s, who has lost access, is %v", name, u["active"])
		}
	}
	wantMembers(t, b.app, map[string][]string{"Crew": {}, "Staff": {}, "Team": {}})
	got = b.app.shape(t)
	slices.Sort(got)
	if want := []string{"PATCH /Groups/Crew", "PATCH /Groups/Staff", "PATCH /Groups/Team", "PATCH /Users/ada", "PATCH /Users/bob"}; !slices.Equal(slices.Compact(got), want) {
		t.Errorf("the loss of access costs %q, want %q", got, want)
	}

	// What is no business of the app's any more does not reach it.
	b.putUser(t, "ada", "countess", true)
	b.settle(t, "app")
	wantShape(t, b.app)

	must(t, b.AddMember(ctx, "staff", "ada"))
	b.settle(t, "app")
	if u := b.app.user(t, "countess"); u == nil || u["active"] != true {
		t.Errorf("ada, who is back, is %v", u)
	}
	wantMembers(t, b.app, map[string][]string{"Crew": {"countess"}, "Staff": {"countess"}, "Team": {"countess"}})
}

// TestScopeOfAnAppIsEdited gives an app to others, and to nobody.
func TestScopeOfAnAppIsEdited(t *testing.T) { // R20
	b := given(t, provisioner.Settings{Groups: provisioner.GroupsOff}, func(b *bundle) {
		for _, name := range []string{"ada", "bob", "eve"} {
			b.putUser(t, name, name, true)
		}
		b.putGroup(t, "staff", "Staff", "ada")
	})
	b.connectWith(t, "app", b.app, provisioner.Settings{Groups: provisioner.GroupsOff, Guard: provisioner.Guard{Off: true}, Scope: provisioner.Scope{Groups: []string{"staff"}}})
	b.settle(t, "app")
	got := b.app.shape(t)
	slices.Sort(got)
	if !slices.Equal(got, []string{"PATCH /Users/bob", "PATCH /Users/eve"}) {
		t.Errorf("a scope without bob and eve costs %q", got)
	}
	b.connectWith(t, "app", b.app, provisioner.Settings{Groups: provisioner.GroupsOff, Guard: provisioner.Guard{Off: true}, Scope: provisioner.Scope{Nobody: true}})
	b.settle(t, "app")
	wantShape(t, b.app, "PATCH /Users/ada")
	for _, u := range b.app.remote(t, "/Users") {
		if u["active"] != false {
			t.Errorf("%s is %v in an app that nobody has", u["userName"], u["active"])
		}
	}
}

func TestSelectedGroups(t *testing.T) {
	settings := provisioner.Settings{Groups: provisioner.GroupsSelected, SelectedGroups: []string{"g1"}, Guard: provisioner.Guard{Off: true}}
	b := given(t, settings, func(b *bundle) {
		b.putUser(t, "ada", "ada", true)
		b.putGroup(t, "g1", "One", "ada")
		b.putGroup(t, "g2", "Two", "ada")
	})
	wantMembers(t, b.app, map[string][]string{"One": {"ada"}})
	must(t, b.RemoveMember(t.Context(), "g2", "ada"))
	b.putGroup(t, "g2", "Second", "ada")
	b.settle(t, "app")
	wantShape(t, b.app)

	settings.SelectedGroups = []string{"g2"}
	b.connectWith(t, "app", b.app, settings)
	b.settle(t, "app")
	wantMembers(t, b.app, map[string][]string{"Second": {"ada"}})
	b.app.requests()
	b.putGroup(t, "g1", "First", "ada")
	b.settle(t, "app")
	wantShape(t, b.app)
}

// TestNestedGroupsAreFlattened counts who is in a group in a group as a member of
// both, and changes each by one request.
func TestNestedGroupsAreFlattened(t *testing.T) {
	ctx := t.Context()
	b := given(t, provisioner.Settings{}, func(b *bundle) {
		for _, name := range []string{"ada", "bob", "eve"} {
			b.putUser(t, name, name, true)
		}
		b.putGroup(t, "c", "C", "eve")
		for _, g := range []struct {
			id, name, member, group string
		}{{"b", "B", "bob", "c"}, {"a", "A", "ada", "b"}} {
			must(t, b.PutGroup(ctx, provisioner.Group{ID: g.id, Attributes: attributes(t, `{"displayName": %q}`, g.name), Members: []string{g.member}, Groups: []string{g.group}}))
		}
		must(t, b.AddSubgroup(ctx, "c", "a")) // a circle does no harm
		must(t, b.RemoveSubgroup(ctx, "c", "a"))
	})
	wantMembers(t, b.app, map[string][]string{"A": {"ada", "bob", "eve"}, "B": {"bob", "eve"}, "C": {"eve"}})
	must(t, b.RemoveMember(ctx, "c", "eve"))
	b.settle(t, "app")
	got := b.app.shape(t)
	slices.Sort(got)
	if !slices.Equal(got, []string{"PATCH /Groups/A", "PATCH /Groups/B", "PATCH /Groups/C"}) {
		t.Errorf("one member less of the innermost group costs %q, want one PATCH for each group", got)
	}
	wantMembers(t, b.app, map[string][]string{"A": {"ada", "bob"}, "B": {"bob"}, "C": {}})
	must(t, b.AddSubgroup(ctx, "c", "a"))
	b.settle(t, "app")
	wantMembers(t, b.app, map[string][]string{"A": {"ada", "bob"}, "B": {"ada", "bob"}, "C": {"ada", "bob"}})
}

// TestR36_NobodyIsCreatedDisabled makes no accounts for people who are disabled, unless
// the settings ask for it.
func TestR36_NobodyIsCreatedDisabled(t *testing.T) {
	for _, create := range []bool{false, true} {
		t.Run(fmt.Sprint("createDisabled ", create), func(t *testing.T) {
			b := given(t, provisioner.Settings{CreateDisabled: create}, func(b *bundle) {
				b.putUser(t, "ada", "ada", true)
				b.putUser(t, "bob", "bob", false)
			})
			bob := b.app.user(t, "bob")
			if (bob != nil) != create || bob != nil && bob["active"] != false {
				t.Errorf("bob, who is disabled, is %v in the app", bob)
			}
			b.putUser(t, "eve", "eve", false)
			b.settle(t, "app")
			if eve := b.app.user(t, "eve"); (eve != nil) != create {
				t.Errorf("eve, who comes disabled, is %v in the app", eve)
			}
			b.putUser(t, "bob", "bob", true)
			b.settle(t, "app")
			if bob := b.app.user(t, "bob"); bob == nil || bob["active"] != true {
				t.Errorf("bob, who is enabled, is %v in the app", bob)
			}
		})
	}
}

// TestR32_WhatIsCleared takes attributes away from somebody: the app does not keep
// them, however it takes changes.
func TestR32_WhatIsCleared(t *testing.T) {
	for _, form := range []string{provisioner.FormPatch, provisioner.FormPathless, provisioner.FormPut} {
		t.Run(form, func(t *testing.T) {
			settings := provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.UserUpdate: form}}
			b := given(t, settings, func(b *bundle) {
				full := `{"userName": "ada", "title": "Countess", "active": true, "name": {"givenName": "Ada", "middleName": "King", "familyName": "Lovelace"},
					"emails": [{"value": "ada@work.example", "type": "work"}, {"value": "ada@home.example", "type": "home"}], "phoneNumbers": [{"value": "+44 1"}],
					"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines", "costCenter": "1"}}`
				must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, "%s", full)}))
			})
			for _, less := range []string{
				`{"userName": "ada", "active": true, "name": {"givenName": "Ada", "familyName": "Lovelace"}, "emails": [{"value": "ada@work.example", "type": "work"}],
					"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines"}}`,
				`{"userName": "ada", "active": true}`,
			} {
				want := attributes(t, "%s", less)
				must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: want}))
				b.settle(t, "app")
				have := b.app.user(t, "ada")
				for _, name := range []string{"title", "name", "emails", "phoneNumbers", scim.EnterpriseUserSchema} {
					w := fmt.Sprint(plain(want.Get(name)))
					if h := fmt.Sprint(have[name]); h != w && !(have[name] == nil && want.Get(name) == nil) {
						t.Errorf("%s is %v in the app, want %v", name, h, w)
					}
				}
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCreateOnlyAttributesStay gives attributes to a new account and never touches them
// again, however the app takes changes.
func TestCreateOnlyAttributesStay(t *testing.T) {
	for _, form := range []string{provisioner.FormPatch, provisioner.FormPathless, provisioner.FormPut} {
		t.Run(form, func(t *testing.T) {
			settings := provisioner.Settings{
				Capabilities: map[provisioner.Capability]string{provisioner.UserUpdate: form},
				Mapping: []provisioner.MappingRule{
					{To: "*", From: "*"},
					{To: "title", From: "title", CreateOnly: true},
					{To: "name.givenName", From: "name.givenName"},
					{To: "name.middleName", From: "name.middleName", CreateOnly: true},
				},
			}
			b := given(t, settings, func(b *bundle) {
				must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t,
					`{"userName": "ada", "title": "Lady", "nickName": "a", "name": {"givenName": "Ada", "middleName": "King", "familyName": "Lovelace"}}`)}))
			})
			must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, `{"userName": "ada", "title": "Countess", "nickName": "a", "name": {"givenName": "Ada", "middleName": "None"}}`)}))
			b.settle(t, "app")
			wantShape(t, b.app)
			must(t, b.PutUser(t.Context(), provisioner.User{ID: "ada", Attributes: attributes(t, `{"userName": "ada", "name": {"givenName": "Augusta"}}`)}))
			b.settle(t, "app")
			u := b.app.user(t, "ada")
			name, _ := u["name"].(map[string]any)
			if u["title"] != "Lady" || name["middleName"] != "King" || name["givenName"] != "Augusta" || u["nickName"] != nil {
				t.Errorf("the app has %v, want what was given at first and the rest as it is now", u)
			}
		})
	}
}

// plain turns an attribute value into what encoding/json makes of its JSON.
func plain(v any) any {
	switch v := v.(type) {
	case *scim.Object:
		m := map[string]any{}
		for name, value := range v.All() {
			m[name] = plain(value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	default:
		return v
	}
}

// TestR31_NamesAreEscaped has people whose names are hard to write into a filter, and
// who are in the app already: each is found, and none is made twice.
func TestR31_NamesAreEscaped(t *testing.T) {
	b := given(t, provisioner.Settings{}, func(b *bundle) {
		b.app.post(t, "/Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "somebody"}`)
	})
	hard := rapid.StringOfN(rapid.OneOf(rapid.RuneFrom([]rune("\"'\\ &+#?%/;=()[]{}<>é字\u2028😀\t\n\x01eq and")), rapid.Rune()), 1, 12, 40)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		// What differs only in letter case is one name, and blanks around it are none.
		name := fmt.Sprintf("%d-%s-x", n, strings.ToValidUTF8(hard.Draw(rt, "name"), "?"))
		byExternalID := rapid.Bool().Draw(rt, "by externalId")
		u := scim.NewObject(scim.Field{Name: "userName", Value: name}, scim.Field{Name: "active", Value: true})
		there := u.Clone()
		there.Set("schemas", []any{scim.UserSchema})
		if byExternalID {
			u.Set("externalId", name)
			there.Set("externalId", name)
			there.Set("userName", fmt.Sprint("other-", n))
		}
		id := b.app.post(t, "/Users", string(there.AppendJSON(nil)))
		b.app.requests()
		if err := b.PutUser(rt.Context(), provisioner.User{ID: fmt.Sprint("u", n), Attributes: u}); err != nil {
			rt.Fatal(err)
		}
		b.settle(t, "app")
		for _, w := range b.app.writes() {
			if w != "PATCH /Users/"+id {
				rt.Errorf("%q: %s", name, w)
			}
		}
		w, err := b.Load(rt.Context(), provisioner.Key{App: "app", Kind: provisioner.KindUser, Subject: fmt.Sprint("u", n)})
		if err != nil || w.Link.RemoteID != id || w.Link.State != provisioner.LinkConverged {
			rt.Errorf("%q is tied to %q (%s, %s), want %q; %v", name, w.Link.RemoteID, w.Link.State, w.Link.LastError, id, err)
		}
	})
}

// TestExternalIDIsTheSubject gives accounts the id that the app sees over OIDC.
func TestExternalIDIsTheSubject(t *testing.T) {
	b := given(t, provisioner.Settings{}, func(b *bundle) {
		b.putUser(t, "u1", "ada", true)
		must(t, b.PutUser(t.Context(), provisioner.User{ID: "u2", Attributes: attributes(t, `{"userName": "bob", "externalId": "pairwise-7"}`)}))
	})
	if a, b := b.app.user(t, "ada")["externalId"], b.app.user(t, "bob")["externalId"]; a != "u1" || b != "pairwise-7" {
		t.Errorf("externalIds %v and %v, want u1 and pairwise-7", a, b)
	}
}

// TestKnownRefusalsAreNotSent keeps what an app is known to refuse from it, and says so.
func TestKnownRefusalsAreNotSent(t *testing.T) {
	b := given(t, provisioner.Settings{Preset: "slack"}, func(b *bundle) { b.putUser(t, "ada", "ada", true) })
	b.putUser(t, "bob", "bob-with-a-name-that-is-too-long", true)
	b.settle(t, "app")
	wantShape(t, b.app)
	w, err := b.Load(t.Context(), provisioner.Key{App: "app", Kind: provisioner.KindUser, Subject: "bob"})
	if err != nil || w.Link.State != provisioner.LinkRejected || !strings.Contains(w.Link.LastError, "more than 20 characters") {
		t.Errorf("bob is %s: %q, %v", w.Link.State, w.Link.LastError, err)
	}
	b.putUser(t, "bob", "bob", true)
	b.settle(t, "app")
	if b.app.user(t, "bob") == nil {
		t.Error("bob, whose name is short now, has no account")
	}
}
