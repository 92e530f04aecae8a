package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// putApp saves an app with settings, and has it taken for one that was synced.
func putApp(t *testing.T, s *store.Store, name, settings string) {
	t.Helper()
	app := provisioner.App{Name: name, Endpoint: "https://" + name + ".example", Token: "t"}
	must(t, json.Unmarshal([]byte(settings), &app.Settings))
	must(t, s.PutApp(t.Context(), app))
	must(t, s.UpdateApp(t.Context(), name, func(a *provisioner.App) { a.State, a.Synced = provisioner.AppActive, true }))
}

// tie gives an app the account of a user, or the group.
func tie(t *testing.T, s *store.Store, app string, kind provisioner.Kind, ids ...string) {
	t.Helper()
	for _, id := range ids {
		key := provisioner.Key{App: app, Kind: kind, Subject: id}
		must(t, s.Touch(t.Context(), map[provisioner.Lane][]provisioner.Key{kind.Lane(): {key}}))
		w, err := s.Load(t.Context(), key)
		must(t, err)
		link, d := w.Link, w.Desired()
		link.RemoteID, link.Origin, link.State, link.Acked = "r-"+id, provisioner.OriginCreated, provisioner.LinkConverged, d.Payload
		must(t, s.Finish(t.Context(), "", &provisioner.Outcome{Link: link, Want: w.Link.Desired, Basis: w.Basis, HadMembers: w.AckedMembers, Members: d.Members}))
	}
}

// take returns the links that have become due, without those of whole apps.
func taken(r *recorder) string {
	var keys []string
	for key := range strings.FieldsSeq(r.take()) {
		if !strings.HasSuffix(key, "/s/") {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, " ")
}

// TestR20_AccessByGroup follows somebody in and out of an app that is given to the
// members of a group, and of the groups in it.
func TestR20_AccessByGroup(t *testing.T) { storetest.Each(t, testAccessByGroup) }

func testAccessByGroup(t *testing.T, database string) {
	s, r := open(t, database)
	ctx := t.Context()
	putApp(t, s, "mail", `{"scope": {"nobody": true}, "groups": "off"}`)
	putApp(t, s, "wiki", `{"scope": {"groups": ["staff"]}}`)
	want := func(what, keys string) {
		t.Helper()
		if got := taken(r); got != keys {
			t.Errorf("%s touches %q, want %q", what, got, keys)
		}
	}
	access := func(user string) bool {
		t.Helper()
		w, err := s.Load(ctx, provisioner.Key{App: "wiki", Kind: provisioner.KindUser, Subject: user})
		must(t, err)
		return !w.NoAccess
	}
	must(t, s.PutUser(ctx, user(t, "u1", "ada")))
	must(t, s.PutUser(ctx, user(t, "u2", "bob")))
	want("users without access", "")
	for _, id := range []string{"staff", "team", "crew"} {
		must(t, s.PutGroup(ctx, group(id)))
	}
	want("groups", "wiki/groups/staff wiki/groups/team wiki/groups/crew")
	tie(t, s, "wiki", provisioner.KindGroup, "staff", "team", "crew")
	r.take()

	must(t, s.AddMember(ctx, "crew", "u1"))
	want("a member without access", "")
	must(t, s.AddSubgroup(ctx, "team", "crew"))
	want("a group in a group of people without access", "")
	must(t, s.AddSubgroup(ctx, "staff", "team"))
	want("a group in the group that gives access", "wiki/users/u1 wiki/groups/crew wiki/groups/staff wiki/groups/team")
	if !access("u1") || access("u2") {
		t.Errorf("u1 has access: %t, u2: %t; want u1 alone", access("u1"), access("u2"))
	}
	tie(t, s, "wiki", provisioner.KindUser, "u1")
	r.take()
	must(t, s.AddMember(ctx, "staff", "u1"))
	want("a second way to have access", "")
	must(t, s.RemoveSubgroup(ctx, "team", "crew"))
	want("one way less", "wiki/groups/team")
	tie(t, s, "wiki", provisioner.KindGroup, "crew", "staff", "team")
	r.take()
	must(t, s.RemoveMember(ctx, "staff", "u1"))
	want("the last way", "wiki/users/u1 wiki/groups/crew wiki/groups/staff")
	if access("u1") {
		t.Error("u1 still has access")
	}

	// Cycles do no harm.
	must(t, s.AddSubgroup(ctx, "team", "crew"))
	must(t, s.AddSubgroup(ctx, "crew", "staff"))
	want("a circle", "wiki/users/u1 wiki/groups/crew wiki/groups/staff wiki/groups/team")
	if w, err := s.Load(ctx, provisioner.Key{App: "wiki", Kind: provisioner.KindGroup, Subject: "staff"}); err != nil || len(w.Members) != 1 {
		t.Errorf("in a circle staff has the members %v, %v", w.Members, err)
	}
	must(t, s.DeleteGroup(ctx, "team"))
	want("the way goes with a group", "wiki/users/u1 wiki/groups/crew wiki/groups/staff wiki/groups/team")
	if access("u1") {
		t.Error("u1 still has access")
	}
}

// TestR20_SettingsTouch changes an app's settings: each change touches the links for
// which something else is desired, and no other.
func TestR20_SettingsTouch(t *testing.T) { storetest.Each(t, testSettingsTouch) }

func testSettingsTouch(t *testing.T, database string) {
	s, r := open(t, database)
	ctx := t.Context()
	titled := user(t, "u1", "ada")
	titled.Attributes.Set("title", "Countess")
	disabled := user(t, "u3", "eve")
	disabled.Attributes.Set("active", false)
	must(t, s.ReplaceDirectory(ctx, &provisioner.Directory{
		Users:  []provisioner.User{titled, user(t, "u2", "bob"), disabled},
		Groups: []provisioner.Group{group("g1", "u1"), group("g2", "u2")},
	}))
	putApp(t, s, "chat", `{}`)
	putApp(t, s, "wiki", `{}`)
	for _, app := range []string{"chat", "wiki"} {
		tie(t, s, app, provisioner.KindUser, "u1", "u2")
		tie(t, s, app, provisioner.KindGroup, "g1", "g2")
	}
	for _, test := range []struct{ what, settings, keys string }{
		{"what touches nothing", `{"guard": {"max": 9}, "drift": "enforce", "rate": 3}`, ""},
		{"a mapping that says the same", `{"mapping": [{"to": "*", "from": "*"}]}`, ""},
		{"a mapping without title", `{"mapping": [{"to": "userName", "from": "userName"}]}`, "wiki/users/u1"},
		{"a scope", `{"mapping": [{"to": "userName", "from": "userName"}], "scope": {"groups": ["g2"]}}`, "wiki/users/u1"},
		{"nobody", `{"mapping": [{"to": "userName", "from": "userName"}], "scope": {"nobody": true}}`, "wiki/users/u2"},
		{"everybody", `{}`, "wiki/users/u3 wiki/users/u1 wiki/users/u2"},
		{"accounts for the disabled", `{"createDisabled": true}`, "wiki/users/u3"},
		{"selected groups", `{"createDisabled": true, "groups": "selected", "selectedGroups": ["g1", "g9"]}`, "wiki/groups/g2"},
		{"other selected groups", `{"createDisabled": true, "groups": "selected", "selectedGroups": ["g2"]}`, "wiki/groups/g1 wiki/groups/g2"},
		{"no groups", `{"createDisabled": true, "groups": "off"}`, "wiki/groups/g1 wiki/groups/g2"},
		{"a preset", `{"createDisabled": true, "groups": "off", "preset": "slack"}`, "wiki/users/u1 wiki/users/u2"},
	} {
		r.take()
		app := provisioner.App{Name: "wiki", Endpoint: "https://wiki.example"}
		must(t, json.Unmarshal([]byte(test.settings), &app.Settings))
		must(t, s.PutApp(ctx, app))
		got := strings.Fields(taken(r))
		if strings.Join(got, " ") != test.keys {
			t.Errorf("%s touches %q, want %q", test.what, got, test.keys)
		}
	}
	// An app that was never synced waits for that.
	must(t, s.PutApp(ctx, provisioner.App{Name: "mail", Endpoint: "https://mail.example", Token: "t", Settings: provisioner.Settings{Scope: provisioner.Scope{Nobody: true}}}))
	must(t, s.PutApp(ctx, provisioner.App{Name: "mail", Endpoint: "https://mail.example"}))
	if got := taken(r); got != "" {
		t.Errorf("a scope of an app that was never synced touches %q", got)
	}
}

// TestMappedAttributesTouch changes attributes of a user that only some apps are given.
func TestMappedAttributesTouch(t *testing.T) { storetest.Each(t, testMappedAttributesTouch) }

func testMappedAttributesTouch(t *testing.T, database string) {
	s, r := open(t, database)
	putApp(t, s, "all", `{}`)
	putApp(t, s, "name", `{"mapping": [{"to": "userName", "from": "userName"}]}`)
	putApp(t, s, "title", `{"mapping": [{"to": "userName", "from": "userName"}, {"to": "displayName", "template": "{title} {userName}"}]}`)
	u := user(t, "u1", "ada")
	must(t, s.PutUser(t.Context(), u))
	for _, test := range []struct {
		attribute string
		value     any
		keys      string
	}{
		{"nickName", "countess", "all/users/u1"},
		{"title", "Countess", "all/users/u1 title/users/u1"},
		{"userName", "ada.l", "all/users/u1 name/users/u1 title/users/u1"},
		{"active", false, "all/users/u1 name/users/u1 title/users/u1"},
		{"nickName", "nobody", "all/users/u1"},
	} {
		r.take()
		u.Attributes = u.Attributes.Clone()
		u.Attributes.Set(test.attribute, test.value)
		must(t, s.PutUser(t.Context(), u))
		if got := taken(r); got != test.keys {
			t.Errorf("%s touches %q, want %q", test.attribute, got, test.keys)
		}
	}
}

// TestR22_NoAppNoWork changes a directory that no app is given, and then one user many
// times: there is never more to do than users and groups times apps.
func TestR22_NoAppNoWork(t *testing.T) { storetest.Each(t, testNoAppNoWork) }

func testNoAppNoWork(t *testing.T, database string) {
	s, r := open(t, database)
	ctx := t.Context()
	count := func() (n int) {
		t.Helper()
		must(t, s.DB().QueryRowContext(ctx, "SELECT COUNT(*) FROM link").Scan(&n))
		return n
	}
	for _, id := range []string{"u1", "u2", "u3"} {
		must(t, s.PutUser(ctx, user(t, id, id)))
	}
	must(t, s.PutGroup(ctx, group("g1", "u1")))
	if got := r.take(); got != "" || count() != 0 {
		t.Errorf("without an app %q is due and there are %d links", got, count())
	}
	putApp(t, s, "chat", `{}`)
	putApp(t, s, "wiki", `{"scope": {"groups": ["g1"]}, "groups": "off"}`)
	for i := range 40 {
		u := user(t, "u1", "ada")
		u.Attributes.Set("title", strings.Repeat("x", i))
		must(t, s.PutUser(ctx, u))
		must(t, s.AddMember(ctx, "g1", "u2"))
		must(t, s.RemoveMember(ctx, "g1", "u2"))
	}
	if n := count(); n != 4 { // u1 and g1 in chat, u1 and u2 in wiki
		t.Errorf("120 changes make %d links, want 4", n)
	}
}

// TestR21_Sweep changes the directory behind everybody's back. A sweep finds what
// differs, and is content with the rest.
func TestR21_Sweep(t *testing.T) { storetest.Each(t, testSweep) }

func testSweep(t *testing.T, database string) {
	s, r := open(t, database)
	ctx := t.Context()
	putApp(t, s, "chat", `{"scope": {"groups": ["staff"]}}`)
	must(t, s.ReplaceDirectory(ctx, &provisioner.Directory{
		Users: []provisioner.User{user(t, "u1", "ada"), user(t, "u2", "bob"), user(t, "u3", "eve"), user(t, "u4", "kim")},
		Groups: []provisioner.Group{
			{ID: "staff", Attributes: scim.NewObject(scim.Field{Name: "displayName", Value: "staff"}), Members: []string{"u4"}, Groups: []string{"team"}},
			group("team", "u1", "u2", "u3"),
		},
	}))
	tie(t, s, "chat", provisioner.KindUser, "u1", "u2", "u3", "u4")
	tie(t, s, "chat", provisioner.KindGroup, "staff", "team")
	tie(t, s, "chat", provisioner.KindGroup, "staff", "team") // now with members
	r.take()
	must(t, s.Sweep(ctx))
	if got := r.take(); got != "" {
		t.Errorf("when all is settled a sweep touches %q", got)
	}
	for _, statement := range []string{
		`UPDATE subject SET attributes = '{"userName":"bobby"}' WHERE id = 'u2'`,
		"DELETE FROM member WHERE group_id = 'team' AND user_id = 'u3'",
		"DELETE FROM subject WHERE id = 'u4'",
		"UPDATE subject SET attributes = '{\"displayName\":\"Team\"}' WHERE id = 'team'",
		"INSERT INTO subject (kind, id, name, manager, attributes, updated_at) VALUES ('User', 'u5', 'joe', '', '{\"userName\":\"joe\"}', 0)",
		"INSERT INTO member (group_id, user_id) VALUES ('team', 'u5')",
	} {
		_, err := s.DB().ExecContext(ctx, statement)
		must(t, err)
	}
	must(t, s.Sweep(ctx))
	got := map[string]bool{}
	for key := range strings.FieldsSeq(r.take()) {
		got[key] = true
	}
	for _, key := range []string{"chat/users/u2", "chat/users/u3", "chat/users/u4", "chat/users/u5", "chat/groups/staff", "chat/groups/team"} {
		if !got[key] {
			t.Errorf("the sweep does not touch %s", key)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("the sweep touches %v, too", got)
	}
	// It is not forgotten by a change of program that settles things otherwise.
	tie(t, s, "chat", provisioner.KindUser, "u1", "u2")
	_, err := s.DB().ExecContext(ctx, "UPDATE link SET basis = ''")
	must(t, err)
	r.take()
	must(t, s.Sweep(ctx))
	if got := r.take(); strings.Contains(got, "u1") || strings.Contains(got, "u2") {
		t.Errorf("a sweep without a memory touches %q", got)
	}
	var n int
	must(t, s.DB().QueryRowContext(ctx, "SELECT COUNT(*) FROM link WHERE subject IN ('u1', 'u2') AND basis <> ''").Scan(&n))
	if n != 2 {
		t.Errorf("after the sweep %d of 2 links have a basis", n)
	}
}

// TestSweepOfOneHoldsUpNoOther: an app that cannot be swept is no reason to leave out the
// others, and all that cannot are told.
func TestSweepOfOneHoldsUpNoOther(t *testing.T) { storetest.Each(t, testSweepOfOne) }

func testSweepOfOne(t *testing.T, database string) {
	s, r := open(t, database)
	ctx := t.Context()
	apps := []string{"chat", "mail", "wiki"}
	for _, app := range apps {
		putApp(t, s, app, `{}`)
	}
	must(t, s.PutUser(ctx, user(t, "u1", "ada")))
	for _, app := range apps {
		tie(t, s, app, provisioner.KindUser, "u1")
	}
	for _, statement := range []string{
		`UPDATE subject SET attributes = '{"userName":"lovelace"}' WHERE id = 'u1'`,
		"UPDATE holding SET acked = '{' WHERE app <> 'mail'",
	} {
		_, err := s.DB().ExecContext(ctx, statement)
		must(t, err)
	}
	r.take()
	err := s.Sweep(ctx)
	if err == nil || !strings.Contains(err.Error(), `sweeping app "chat"`) || !strings.Contains(err.Error(), `sweeping app "wiki"`) {
		t.Errorf("the sweep says %v", err)
	}
	if got := r.take(); got != "mail/users/u1" {
		t.Errorf("the sweep touches %q", got)
	}
}

// TestHotLinks changes somebody whose attempt is ahead, under way and over: a change
// counts once somebody may have read what was there before it.
func TestHotLinks(t *testing.T) { storetest.Each(t, testHotLinks) }

func testHotLinks(t *testing.T, database string) {
	s, _ := open(t, database)
	ctx := t.Context()
	putApp(t, s, "app", `{}`)
	key := provisioner.Key{App: "app", Kind: provisioner.KindUser, Subject: "u1"}
	change := func(name string) *provisioner.Link {
		t.Helper()
		must(t, s.PutUser(ctx, user(t, "u1", name)))
		w, err := s.Load(ctx, key)
		must(t, err)
		return &w.Link
	}
	is := change("ada")
	if again := change("ida"); again.Desired != is.Desired {
		t.Errorf("a change before the attempt makes %d of %d", again.Desired, is.Desired)
	}
	claims, _, err := s.Claim(ctx, "w", "app", 1)
	if must(t, err); len(claims) != 1 {
		t.Fatalf("there are %d attempts, want 1", len(claims))
	}
	w, err := s.Load(ctx, key)
	must(t, err)
	if during := change("eda"); during.Desired != is.Desired+1 {
		t.Errorf("a change during the attempt makes %d of %d", during.Desired, is.Desired)
	}
	done := w.Link
	done.State = provisioner.LinkConverged
	must(t, s.Finish(ctx, "w", &provisioner.Outcome{Link: done, Want: w.Link.Desired}))
	if claims, _, err = s.Claim(ctx, "w", "app", 1); err != nil || len(claims) != 1 {
		t.Fatalf("the change during the attempt makes %d others due: %v", len(claims), err)
	}
	// Nor is anybody forgotten who has come back during the attempt that says goodbye.
	w, err = s.Load(ctx, key)
	must(t, err)
	change("ina")
	done = w.Link
	done.State = provisioner.LinkGone
	must(t, s.Finish(ctx, "w", &provisioner.Outcome{Link: done, Want: w.Link.Desired, Forget: true}))
	if claims, _, err = s.Claim(ctx, "w", "app", 1); err != nil || len(claims) != 1 {
		t.Errorf("who has come back makes %d others due: %v", len(claims), err)
	}
}

// TestWaitingLinksComeFirst lets somebody's manager have an account: then it is the
// turn of those who waited for it, before others who may wait for them.
func TestWaitingLinksComeFirst(t *testing.T) { storetest.Each(t, testWaitingLinksComeFirst) }

func testWaitingLinksComeFirst(t *testing.T, database string) {
	s, _ := open(t, database)
	ctx := t.Context()
	putApp(t, s, "app", `{}`)
	reports := func(id, manager string) provisioner.User {
		u := user(t, id, id)
		u.Attributes.Set(scim.EnterpriseUserSchema, scim.NewObject(scim.Field{Name: "manager", Value: scim.NewObject(scim.Field{Name: "value", Value: manager})}))
		return u
	}
	must(t, s.PutUser(ctx, user(t, "u1", "u1")))
	must(t, s.PutUser(ctx, reports("u2", "u1")))
	next := func() provisioner.Claim {
		t.Helper()
		claims, _, err := s.Claim(ctx, "w", "app", 1)
		if must(t, err); len(claims) != 1 {
			t.Fatalf("there are %d attempts, want 1", len(claims))
		}
		return claims[0]
	}
	finish := func(c provisioner.Claim, state provisioner.LinkState) {
		t.Helper()
		w, err := s.Load(ctx, c.Key)
		must(t, err)
		done := w.Link
		if done.State = state; state.Settled() {
			done.RemoteID, done.Origin = "r-"+c.Subject, provisioner.OriginCreated
		}
		must(t, s.Finish(ctx, "w", &provisioner.Outcome{Link: done, Want: w.Link.Desired}))
	}
	first, second := next(), next()
	finish(second, provisioner.LinkWaiting)
	for i := range 3 {
		must(t, s.PutUser(ctx, reports(fmt.Sprint("u", 3+i), "u2")))
	}
	finish(first, provisioner.LinkConverged)
	if is := next(); is.Subject != "u2" {
		t.Errorf("the next one is %s, want u2, who has waited for u1", is.Subject)
	}
}
