package store_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// The world of TestTouchesCoverDesired.
var (
	worldApps   = []string{"chat", "wiki", "mail"}
	worldUsers  = []string{"u1", "u2", "u3", "u4", "u5"}
	worldGroups = []string{"g1", "g2", "g3", "g4"}
)

func worldKeys() (keys []provisioner.Key) {
	for _, app := range worldApps {
		for _, id := range worldUsers {
			keys = append(keys, provisioner.Key{App: app, Kind: provisioner.KindUser, Subject: id})
		}
		for _, id := range worldGroups {
			keys = append(keys, provisioner.Key{App: app, Kind: provisioner.KindGroup, Subject: id})
		}
	}
	return keys
}

// A world is a directory with apps in which anything may happen.
type world struct {
	*rapid.T
	store *store.Store
	due   *recorder
	// only is the app whose settings the step at hand changes, "" for one that changes
	// the directory.
	only string
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) pick(from []string, label string) string {
	return rapid.SampledFrom(from).Draw(w.T, label)
}

// some draws a part of a list.
func (w *world) some(from []string, label string) []string {
	var part []string
	for _, s := range from {
		if rapid.IntRange(0, 2).Draw(w.T, label+" "+s) == 0 {
			part = append(part, s)
		}
	}
	return part
}

func (w *world) user(id string) provisioner.User {
	o := scim.NewObject(scim.Field{Name: "userName", Value: id})
	if title := w.pick([]string{"", "boss", "clerk"}, "title"); title != "" {
		o.Set("title", title)
	}
	if w.pick([]string{"yes", "yes", "no"}, "active") == "no" {
		o.Set("active", false)
	}
	if manager := w.pick(append([]string{""}, worldUsers...), "manager"); manager != "" {
		o.Set(scim.EnterpriseUserSchema, scim.NewObject(scim.Field{Name: "manager", Value: scim.NewObject(scim.Field{Name: "value", Value: manager})}))
	}
	return provisioner.User{ID: id, Attributes: o}
}

// group draws a group of those subjects that are in the directory.
func (w *world) group(id string, users, groups []string) provisioner.Group {
	g := group(id, w.some(users, "member")...)
	g.Attributes.Set("displayName", w.pick([]string{"red", "blue"}, "name"))
	g.Groups = w.some(groups, "group")
	return g
}

func (w *world) present() (users, groups []string) {
	us, err := w.store.Users(w.Context())
	w.ok(err)
	for _, u := range us {
		users = append(users, u.ID)
	}
	gs, err := w.store.Groups(w.Context())
	w.ok(err)
	for _, g := range gs {
		groups = append(groups, g.ID)
	}
	return users, groups
}

func (w *world) directory() *provisioner.Directory {
	d := &provisioner.Directory{}
	users, groups := w.some(worldUsers, "user"), w.some(worldGroups, "group")
	for _, id := range users {
		d.Users = append(d.Users, w.user(id))
	}
	for _, id := range groups {
		d.Groups = append(d.Groups, w.group(id, users, groups))
	}
	return d
}

func (w *world) settings() provisioner.Settings {
	parts := []string{
		w.pick([]string{`{}`, `{"scope": {"groups": ["g1"]}}`, `{"scope": {"groups": ["g1", "g2", "g9"]}}`, `{"scope": {"nobody": true}}`}, "scope"),
		w.pick([]string{`{}`, `{"mapping": [{"to": "userName", "from": "userName"}]}`, `{"mapping": [{"to": "*", "from": "*"}, {"to": "nickName", "from": "title"}]}`}, "mapping"),
		w.pick([]string{`{}`, `{"groups": "off"}`, `{"groups": "selected", "selectedGroups": ["g2", "g3"]}`}, "groups"),
		w.pick([]string{`{}`, `{"deprovision": {"disabled": "strip", "noAccess": "disable"}}`, `{"createDisabled": true}`}, "farewell"),
	}
	var s provisioner.Settings
	for _, part := range parts {
		w.ok(json.Unmarshal([]byte(part), &s))
	}
	return s
}

func (w *world) putApp(name string, s provisioner.Settings) {
	w.ok(w.store.PutApp(w.Context(), provisioner.App{Name: name, Endpoint: "https://" + name + ".example", Token: "t", Settings: s}))
}

func (w *world) load() map[provisioner.Key]*provisioner.Work {
	works := map[provisioner.Key]*provisioner.Work{}
	for _, key := range worldKeys() {
		work, err := w.store.Load(w.Context(), key)
		w.ok(err)
		works[key] = work
	}
	return works
}

// attempt brings a link to what is desired, as an attempt would that meets an app
// which does what it is told.
func (w *world) attempt(key provisioner.Key) {
	work, err := w.store.Load(w.Context(), key)
	w.ok(err)
	if work.Link.Desired == 0 {
		return
	}
	d, link := work.Desired(), work.Link
	o := &provisioner.Outcome{Want: work.Link.Desired, Basis: work.Basis, HadMembers: work.AckedMembers, Members: d.Members}
	link.State = provisioner.LinkConverged
	switch {
	case d.Presence == provisioner.Absent:
		link.State, o.Forget, o.Members = provisioner.LinkSkipped, link.RemoteID == "", work.AckedMembers
	case d.Payload == nil: // a group that leaves
		link.RemoteID, link.Acked, link.State = "", nil, provisioner.LinkSkipped
		if work.Gone() {
			link.State = provisioner.LinkGone
		}
	case link.RemoteID == "" && !d.Create:
		link.State = provisioner.LinkSkipped
	default:
		if link.RemoteID == "" {
			link.RemoteID, link.Origin = "r-"+key.Subject, provisioner.OriginCreated
		}
		link.Acked = d.Payload
		if work.Gone() {
			link.State = provisioner.LinkGone
		}
	}
	o.Link = link
	w.ok(w.store.Finish(w.Context(), "", o))
}

// check compares what has become due with what is desired otherwise than before.
func (w *world) check(before map[provisioner.Key]*provisioner.Work, step string) {
	touched := map[provisioner.Key]bool{}
	w.due.mu.Lock()
	for _, key := range w.due.keys {
		if key.Subject != "" {
			touched[key] = true
		}
	}
	w.due.keys = nil
	w.due.mu.Unlock()
	differs := map[string]bool{} // apps
	after := w.load()
	for key, is := range after {
		was := before[key]
		if !is.Differs(was) {
			continue
		}
		differs[key.App] = true
		known := was.Link.Desired > 0
		absent := is.Desired().Presence == provisioner.Absent
		waits := w.only != "" && !is.App.Synced
		if !touched[key] && (known || !absent && !waits) {
			w.Errorf("%s: %s was not touched, which was to be\n%+v\nand now\n%+v", step, key, was.Desired(), is.Desired())
		}
	}
	for key := range touched {
		was, is := before[key], after[key]
		// What a change of a subject comes to is seen at the attempt: a new manager may
		// have no account, somebody who leaves a group may have been out of it in the app.
		edited := was.Gone() != is.Gone() || is.User != nil && !scim.Equal(was.User.Attributes, is.User.Attributes) ||
			!slices.Equal(subjects(was.Members), subjects(is.Members))
		if !edited && (!differs[key.App] || w.only != "" && key.App != w.only) {
			w.Errorf("%s: %s was touched, and nothing is another one in that app", step, key)
		}
		if !edited && key.Kind == provisioner.KindUser && !is.Differs(was) {
			w.Errorf("%s: %s was touched, and is to be as before: %+v", step, key, is.Desired())
		}
	}
	w.ok(w.store.Sweep(w.Context()))
	if swept := w.due.take(); swept != "" {
		w.Errorf("%s: a sweep finds %s", step, swept)
	}
}

func subjects(members []provisioner.Member) (ids []string) {
	for _, m := range members {
		ids = append(ids, m.Subject)
	}
	return ids
}

func (w *world) step(name string, change func()) {
	if w.Failed() {
		return
	}
	before := w.load()
	w.due.take()
	w.only = ""
	change()
	w.check(before, name)
}

func (w *world) change() {
	ctx := w.Context()
	users, groups := w.present()
	id := w.pick(worldUsers, "user")
	switch kind := rapid.IntRange(0, 11).Draw(w.T, "kind of change"); {
	case kind == 0:
		w.step("replace", func() { w.ok(w.store.ReplaceDirectory(ctx, w.directory())) })
	case kind <= 2:
		w.step("put user", func() { w.ok(w.store.PutUser(ctx, w.user(id))) })
	case kind == 3 && slices.Contains(users, id):
		w.step("delete user", func() { w.ok(w.store.DeleteUser(ctx, id)) })
	case kind == 4:
		w.step("put group", func() { w.ok(w.store.PutGroup(ctx, w.group(w.pick(worldGroups, "group"), users, groups))) })
	case kind <= 6:
		w.step("put app", func() {
			w.only = w.pick(worldApps, "app")
			w.putApp(w.only, w.settings())
		})
	case len(groups) == 0:
	case kind == 7:
		w.step("delete group", func() { w.ok(w.store.DeleteGroup(ctx, w.pick(groups, "group"))) })
	case kind == 8 && slices.Contains(users, id):
		w.step("add member", func() { w.ok(w.store.AddMember(ctx, w.pick(groups, "group"), id)) })
	case kind == 9 && slices.Contains(users, id):
		w.step("remove member", func() { w.ok(w.store.RemoveMember(ctx, w.pick(groups, "group"), id)) })
	case kind == 10:
		w.step("add group", func() { w.ok(w.store.AddSubgroup(ctx, w.pick(groups, "group"), w.pick(groups, "child"))) })
	case kind == 11:
		w.step("remove group", func() { w.ok(w.store.RemoveSubgroup(ctx, w.pick(groups, "group"), w.pick(groups, "child"))) })
	}
}

// TestTouchesCoverDesired changes a directory and the settings of apps at random. Each
// change touches every link of which something else is desired than before, and
// none of an app for which nothing is. In the end what is desired depends on the
// directory and the settings alone, and not on how they have come about.
func TestTouchesCoverDesired(t *testing.T) { // R20, R21
	s, other := storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, storetest.SQLite(t))
	due := &recorder{}
	s.OnDue(due.due)
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{T: rt, store: s, due: due}
		w.clear(s)
		w.clear(other)
		for i, app := range worldApps {
			w.putApp(app, w.settings())
			w.ok(s.UpdateApp(rt.Context(), app, func(a *provisioner.App) { a.Synced = i > 0 }))
		}
		w.ok(s.ReplaceDirectory(rt.Context(), w.directory()))
		for range rapid.IntRange(1, 12).Draw(rt, "changes") {
			for _, key := range worldKeys() {
				if rapid.Bool().Draw(rt, "attempt") {
					w.attempt(key)
				}
			}
			w.change()
		}
		w.isPure(other)
	})
}

// clear makes a store what it was at first.
func (w *world) clear(s *store.Store) {
	apps, err := s.Apps(w.Context())
	w.ok(err)
	for _, app := range apps {
		w.ok(s.DeleteApp(w.Context(), app.Name))
	}
	w.ok(s.ReplaceDirectory(w.Context(), &provisioner.Directory{}))
}

// isPure makes the same directory and apps at one stroke, and compares.
func (w *world) isPure(other *store.Store) {
	ctx := w.Context()
	d := &provisioner.Directory{}
	var err error
	d.Users, err = w.store.Users(ctx)
	w.ok(err)
	d.Groups, err = w.store.Groups(ctx)
	w.ok(err)
	slices.Reverse(d.Users)
	slices.Reverse(d.Groups)
	w.ok(other.ReplaceDirectory(ctx, d))
	apps, err := w.store.Apps(ctx)
	w.ok(err)
	for _, app := range apps {
		w.ok(other.PutApp(ctx, app))
	}
	works := w.load()
	for _, key := range worldKeys() {
		is, err := other.Load(ctx, key)
		w.ok(err)
		// Who has which account is not a matter of the directory.
		was := works[key]
		is.Link, is.ManagerRemoteID, is.AckedMembers = was.Link, was.ManagerRemoteID, was.AckedMembers
		if !slices.EqualFunc(is.Members, slices.DeleteFunc(slices.Clone(was.Members), func(m provisioner.Member) bool { return m.Gone }),
			func(a, b provisioner.Member) bool { return a.Subject == b.Subject && a.Presence() == b.Presence() }) {
			w.Errorf("%s has the members %v at one stroke and %v step by step", key, is.Members, was.Members)
		}
		is.Members = was.Members
		if is.Differs(was) {
			w.Errorf("%s is to be %+v at one stroke and %+v step by step", key, is.Desired(), was.Desired())
		}
	}
}
