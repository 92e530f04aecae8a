package provisioner_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

// people is a directory of n users, u0 with the name n0 and so on, of whom those that
// gone names have left and those that disabled names are disabled.
func people(t *testing.T, n int, gone, disabled func(i int) bool) *provisioner.Directory {
	t.Helper()
	d := &provisioner.Directory{}
	for i := range n {
		if gone != nil && gone(i) {
			continue
		}
		active := disabled == nil || !disabled(i)
		d.Users = append(d.Users, provisioner.User{ID: fmt.Sprint("u", i), Attributes: attributes(t, userText, fmt.Sprint("n", i), active)})
	}
	return d
}

func below(n int) func(int) bool { return func(i int) bool { return i < n } }

func (b *bundle) replace(t *testing.T, d *provisioner.Directory) {
	t.Helper()
	if err := b.ReplaceDirectory(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// held returns the names of those whose goodbye is held back, in order.
func (b *bundle) held(t *testing.T, app string) (names []string) {
	t.Helper()
	list, err := b.Held(t.Context(), app, provisioner.Key{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range list {
		names = append(names, h.Name)
	}
	slices.Sort(names)
	return names
}

func numbered(from, to int) (names []string) {
	for i := from; i < to; i++ {
		names = append(names, fmt.Sprint("n", i))
	}
	slices.Sort(names)
	return names
}

func keys(kind provisioner.Kind, ids ...string) (keys []provisioner.Key) {
	for _, id := range ids {
		keys = append(keys, provisioner.Key{App: "app", Kind: kind, Subject: id})
	}
	return keys
}

// wantActive checks which of the users n0, n1 … are active in the app.
func (d *door) wantActive(t *testing.T, n int, active func(i int) bool) {
	t.Helper()
	is := map[string]any{}
	for _, u := range d.remote(t, "/Users") {
		is[u["userName"].(string)] = u["active"]
	}
	for i := range n {
		if got := is[fmt.Sprint("n", i)]; got != active(i) {
			t.Errorf("n%d is active: %v in the app, want %t", i, got, active(i))
		}
	}
}

// TestR3_MassDisableIsHeld lets 12 of 80 people be disabled at once, which is more
// than 10 %, and decides about them.
func TestR3_MassDisableIsHeld(t *testing.T) {
	b := setup(t)
	b.replace(t, people(t, 80, nil, nil))
	b.sync(t, "app")
	b.app.requests()

	b.replace(t, people(t, 80, nil, below(12)))
	r := b.settle(t, "app")
	wantRequests(t, b.app)
	if r.Users.Held != 12 || len(r.Held) != 12 || !strings.Contains(r.Held[0].Reason, "more than 8 ") {
		t.Errorf("result %+v", r)
	}
	if got, want := b.held(t, "app"), numbered(0, 12); !slices.Equal(got, want) {
		t.Errorf("held %q, want %q", got, want)
	}

	b.sync(t, "app") // does not change anybody's mind
	if w := b.app.writes(); len(w) > 0 || len(b.held(t, "app")) != 12 {
		t.Errorf("a sync wrote %q, %d are held", w, len(b.held(t, "app")))
	}

	b.putUser(t, "u50", "n50", false) // a single goodbye is not held up by the others
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 1 {
		t.Errorf("one disabled: writes %q, want one", w)
	}

	if n, err := b.Approve(t.Context(), "app", keys(provisioner.KindUser, "u0", "u1")...); n != 2 || err != nil {
		t.Errorf("approved %d, %v", n, err)
	}
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 2 {
		t.Errorf("two approved: writes %q", w)
	}
	if _, err := b.Approve(t.Context(), "app", keys(provisioner.KindUser, "u2", "u60")...); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("approving somebody who is not held: %v", err)
	}
	if n, err := b.Reject(t.Context(), "app"); n != 10 || err != nil {
		t.Errorf("rejected %d, %v", n, err)
	}
	b.settle(t, "app")
	b.sync(t, "app")
	if w := b.app.writes(); len(w) > 0 || len(b.held(t, "app")) > 0 {
		t.Errorf("after the rejection: writes %q, held %q", w, b.held(t, "app"))
	}
	b.app.wantActive(t, 80, func(i int) bool { return i > 1 && i != 50 })

	// What is rejected is kept until something else is wanted.
	b.putUser(t, "u5", "n5", true)
	b.settle(t, "app")
	b.putUser(t, "u5", "n5", false)
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 1 {
		t.Errorf("enabled and disabled again: writes %q, want one", w)
	}
	if err := b.DeleteUser(t.Context(), "u6"); err != nil { // was kept though disabled
		t.Fatal(err)
	}
	b.settle(t, "app")
	b.app.wantActive(t, 80, func(i int) bool { return i > 1 && i != 50 && i != 5 && i != 6 })
}

// TestR3_LimitHoldsUnderConcurrency disables 16 of 20 people one by one from as many
// goroutines.
func TestR3_LimitHoldsUnderConcurrency(t *testing.T) {
	b := setup(t)
	b.replace(t, people(t, 20, nil, nil))
	b.sync(t, "app")
	b.app.requests()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			u := provisioner.User{ID: fmt.Sprint("u", i), Attributes: attributes(t, userText, fmt.Sprint("n", i), false)}
			if err := b.PutUser(t.Context(), u); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	r := b.settle(t, "app")
	disabled := 0
	for _, u := range b.app.remote(t, "/Users") {
		if u["active"] == false {
			disabled++
		}
	}
	if disabled > 5 || disabled+r.Users.Held != 16 {
		t.Errorf("%d were disabled and %d are held, want at most 5, and 16 together", disabled, r.Users.Held)
	}
}

// TestR3_WithinTheLimit checks that the limit itself passes, and what comes within the
// hour does not.
func TestR3_WithinTheLimit(t *testing.T) {
	b := setup(t)
	b.replace(t, people(t, 20, nil, nil))
	b.sync(t, "app")
	b.replace(t, people(t, 20, nil, below(5)))
	if r := b.settle(t, "app"); r.Users.Held != 0 {
		t.Errorf("5 of 20: %+v", r)
	}
	b.app.requests()
	b.putUser(t, "u7", "n7", false)
	if r := b.settle(t, "app"); r.Users.Held != 1 {
		t.Errorf("the sixth: %+v", r)
	}
	wantRequests(t, b.app)
}

// TestR3_NobodyLeft empties the directory: that is held though it concerns few.
func TestR3_NobodyLeft(t *testing.T) {
	b := setup(t)
	d := people(t, 3, nil, nil)
	d.Groups = []provisioner.Group{{ID: "g1", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u0", "u1", "u2"}}}
	b.replace(t, d)
	b.sync(t, "app")
	b.app.requests()
	b.replace(t, &provisioner.Directory{})
	r := b.settle(t, "app")
	wantRequests(t, b.app)
	if r.Users.Held != 3 || r.Groups.Held != 1 {
		t.Errorf("result %+v, want all held", r)
	}
	b.replace(t, d) // it was a mistake
	if r := b.settle(t, "app"); len(r.Held) > 0 || len(r.Failures) > 0 || len(b.held(t, "app")) > 0 {
		t.Errorf("after everybody came back: %+v", r)
	}
	wantRequests(t, b.app)
}

// TestR3_OnlyPersonLeft tells a directory that is emptied from somebody who leaves,
// where there was only one.
func TestR3_OnlyPersonLeft(t *testing.T) {
	b := setup(t)
	b.replace(t, people(t, 1, nil, nil))
	b.sync(t, "app")
	b.app.requests()
	b.replace(t, &provisioner.Directory{})
	if r := b.settle(t, "app"); r.Users.Held != 1 {
		t.Errorf("the directory is emptied: %+v", r)
	}
	wantRequests(t, b.app)
	b.replace(t, people(t, 1, nil, nil))
	b.settle(t, "app")
	wantRequests(t, b.app)
	b.deleteUser(t, "u0")
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 1 {
		t.Errorf("the only person leaves: writes %q", w)
	}
}

// TestR3_GroupsCount deletes more groups than may go, and keeps the members of a group
// whose goodbye is held.
func TestR3_GroupsCount(t *testing.T) {
	b := setup(t)
	d := people(t, 3, nil, nil)
	for i := range 6 {
		d.Groups = append(d.Groups, provisioner.Group{ID: fmt.Sprint("g", i), Attributes: attributes(t, `{"displayName": "d%d"}`, i), Members: []string{"u0"}})
	}
	b.replace(t, d)
	b.sync(t, "app")
	b.app.requests()
	b.replace(t, people(t, 3, nil, nil))
	if r := b.settle(t, "app"); r.Groups.Held != 6 {
		t.Errorf("result %+v, want six held", r)
	}
	wantRequests(t, b.app)
	if _, err := b.Approve(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	if r := b.settle(t, "app"); len(r.Held) > 0 || len(b.app.remote(t, "/Groups")) != 0 {
		t.Errorf("after the approval: %+v", r)
	}
}

// TestR3_DistrustedDirectory holds back even one goodbye while the source of the
// directory has failed, and nothing else.
func TestR3_DistrustedDirectory(t *testing.T) {
	b := setup(t)
	b.replace(t, people(t, 20, nil, nil))
	b.sync(t, "app")
	if err := b.Distrust(t.Context(), "the LDAP server did not answer"); err != nil {
		t.Fatal(err)
	}
	b.app.requests()
	b.putUser(t, "u0", "n0", false)
	b.putUser(t, "u1", "ada", true)
	r := b.settle(t, "app")
	if w := b.app.writes(); len(w) != 1 || len(r.Held) != 1 || !strings.Contains(r.Held[0].Reason, "LDAP") {
		t.Errorf("writes %q, held %v", w, r.Held)
	}
	if err := b.Distrust(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	b.putUser(t, "u2", "n2", false)
	r = b.settle(t, "app")
	if w := b.app.writes(); len(w) != 2 || len(r.Held) > 0 {
		t.Errorf("trusted again: writes %q, held %v; want what was held and the new one", w, r.Held)
	}
}

// TestR3_MembersOfThoseWhoAreHeld checks that nobody whose goodbye is held back loses
// their groups meanwhile.
func TestR3_MembersOfThoseWhoAreHeld(t *testing.T) {
	b := setup(t)
	group := func(members ...string) []provisioner.Group {
		return []provisioner.Group{{ID: "g1", Attributes: attributes(t, `{"displayName": "staff"}`), Members: members}}
	}
	d := people(t, 20, nil, nil)
	d.Groups = group("u0", "u1", "u19")
	b.replace(t, d)
	b.sync(t, "app")
	b.app.requests()
	left := people(t, 20, below(10), nil)
	left.Groups = group("u19")
	b.replace(t, left)
	if r := b.settle(t, "app"); r.Users.Held != 10 {
		t.Errorf("result %+v", r)
	}
	wantRequests(t, b.app)
	if _, err := b.Approve(t.Context(), "app", keys(provisioner.KindUser, "u0")...); err != nil {
		t.Fatal(err)
	}
	b.settle(t, "app")
	if w := b.app.writes(); len(w) != 2 || !strings.HasPrefix(w[0], "PATCH /Users/") || !strings.HasPrefix(w[1], "PATCH /Groups/") {
		t.Errorf("writes %q, want the account disabled and then taken out of its group", w)
	}
	if members := b.app.remote(t, "/Groups")[0]["members"].([]any); len(members) != 2 {
		t.Errorf("%d members, want 2", len(members))
	}
}

// TestR3_AccessListEmptied takes access to an app away from everybody by mistake:
// nothing is written, not even to the groups, until somebody decides or the mistake is
// made good.
func TestR3_AccessListEmptied(t *testing.T) {
	for name, scope := range map[string]provisioner.Scope{
		"nobody":         {Nobody: true},
		"an empty group": {Groups: []string{"none"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			d := people(t, 30, nil, nil)
			d.Groups = []provisioner.Group{
				{ID: "staff", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u0", "u1", "u2"}},
				{ID: "none", Attributes: attributes(t, `{"displayName": "none"}`)},
			}
			b.replace(t, d)
			b.sync(t, "app")
			b.app.requests()
			b.connectWith(t, "app", b.app, provisioner.Settings{Scope: scope})
			r := b.settle(t, "app")
			if w := b.app.writes(); len(w) > 0 || r.Users.Held != 30 || len(b.held(t, "app")) != 30 {
				t.Fatalf("writes %q, %d held", w, r.Users.Held)
			}
			b.connect(t, "app", b.app)
			if r := b.settle(t, "app"); len(r.Held) > 0 || len(b.held(t, "app")) > 0 {
				t.Errorf("after the mistake was made good: held %v", r.Held)
			}
			if w := b.app.writes(); len(w) > 0 {
				t.Errorf("after the mistake was made good: writes %q", w)
			}

			b.connectWith(t, "app", b.app, provisioner.Settings{Scope: scope})
			b.settle(t, "app")
			if n, err := b.Approve(t.Context(), "app"); n != 30 || err != nil {
				t.Fatalf("approved %d, %v", n, err)
			}
			b.settle(t, "app")
			b.app.wantActive(t, 30, func(int) bool { return false })
			if m := b.app.members(t, "staff"); len(m) > 0 {
				t.Errorf("members left: %q", m)
			}
		})
	}
}

// TestR3_LargerLimit lets through what is held when the settings allow it.
func TestR3_LargerLimit(t *testing.T) {
	b := setup(t)
	b.replace(t, people(t, 20, nil, nil))
	b.sync(t, "app")
	b.replace(t, people(t, 20, nil, below(8)))
	if r := b.settle(t, "app"); r.Users.Held != 8 {
		t.Fatalf("result %+v", r)
	}
	b.connectWith(t, "app", b.app, provisioner.Settings{Guard: provisioner.Guard{Max: 8}})
	b.settle(t, "app")
	b.app.wantActive(t, 20, func(i int) bool { return i >= 8 })
}
