package provisioner_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// furnish connects an app that has an account and a group from before, and gives it the
// directory of people with groups.
func furnish(t *testing.T, b *bundle) {
	t.Helper()
	b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"n0","active":true}`)
	b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"root","active":true}`)
	b.app.post(t, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"before"}`)
	d := people(t, 12, nil, nil)
	for _, name := range []string{"before", "made"} {
		d.Groups = append(d.Groups, provisioner.Group{ID: name, Attributes: attributes(t, `{"displayName": %q}`, name), Members: []string{"u0", "u1"}})
	}
	b.replace(t, d)
	b.sync(t, "app")
	b.putUser(t, "u2", "n2", false)
	b.settle(t, "app")
	b.app.requests()
}

func (b *bundle) remove(t *testing.T, accounts provisioner.Parting, adopted bool) {
	t.Helper()
	if _, err := b.engine.Remove(t.Context(), "app", accounts, adopted); err != nil {
		t.Fatal(err)
	}
}

// waitRemoved waits until the app is gone and returns how that went.
func (b *bundle) waitRemoved(t *testing.T) *provisioner.Removal {
	t.Helper()
	waitFor(t, func() bool {
		_, err := b.App(t.Context(), "app")
		return errors.Is(err, provisioner.ErrNotFound)
	})
	r, err := b.Removal(t.Context(), "app")
	if err != nil || r.Ended.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	if links, err := b.AppLinks(t.Context(), "app"); err != nil || len(links) > 0 {
		t.Errorf("%d links are left, %v", len(links), err)
	}
	return r
}

func (d *door) names(t *testing.T, endpoint string, active any) (names []string) {
	t.Helper()
	for _, r := range d.remote(t, endpoint) {
		if active == nil || r["active"] == active {
			names = append(names, fmt.Sprint(r["userName"], r["displayName"]))
		}
	}
	slices.Sort(names)
	return names
}

// TestR35_RemovingAsks counts before an app is removed, and does as it is told.
func TestR35_RemovingAsks(t *testing.T) {
	b := setup(t)
	furnish(t, b)
	h, err := b.Holdings(t.Context(), "app")
	if want := (provisioner.Holdings{Accounts: 11, AdoptedAccounts: 1, InUse: 11, Groups: 1, AdoptedGroups: 1}); err != nil || *h != want {
		t.Errorf("holdings %+v, %v; want %+v", h, err, want)
	}
	for _, accounts := range []provisioner.Parting{"", "sell"} {
		if _, err := b.engine.Remove(t.Context(), "app", accounts, false); !errors.Is(err, provisioner.ErrConflict) {
			t.Errorf("removing with %q: %v", accounts, err)
		}
	}
	if _, err := b.engine.Remove(t.Context(), "nobody", provisioner.PartLeave, false); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("removing an app that does not exist: %v", err)
	}
	b.remove(t, provisioner.PartLeave, false)
	b.waitRemoved(t)
	wantRequests(t, b.app)
	b.connect(t, "app", b.app)
	if _, err := b.Removal(t.Context(), "app"); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("the removal of an earlier app of the name: %v", err)
	}
}

func TestR35_RemovingDisables(t *testing.T) {
	b := setup(t)
	furnish(t, b)
	b.remove(t, provisioner.PartDisable, false)
	r := b.waitRemoved(t)
	if r.Disabled != 11 || r.Deleted != 0 || len(r.Left) > 0 {
		t.Errorf("%+v", r)
	}
	if w := b.app.writes(); len(w) != 11 {
		t.Errorf("writes %q", w)
	}
	if got := b.app.names(t, "/Users", true); !slices.Equal(got, []string{"root<nil>"}) {
		t.Errorf("in use: %q", got)
	}
	if got := b.app.names(t, "/Groups", nil); len(got) != 2 {
		t.Errorf("groups %q", got)
	}
}

func TestR35_RemovingDeletes(t *testing.T) {
	for _, adopted := range []bool{false, true} {
		t.Run(fmt.Sprint("adopted ", adopted), func(t *testing.T) {
			b := setup(t)
			furnish(t, b)
			b.remove(t, provisioner.PartDelete, adopted)
			r := b.waitRemoved(t)
			users, groups, deleted := []string{"n0<nil>", "root<nil>"}, []string{"<nil>before"}, 12
			if adopted {
				users, groups, deleted = []string{"root<nil>"}, nil, 14
			}
			if r.Deleted != deleted || r.Disabled != 0 || len(r.Left) > 0 {
				t.Errorf("%+v, want %d deleted", r, deleted)
			}
			if got := b.app.names(t, "/Users", nil); !slices.Equal(got, users) {
				t.Errorf("users %q, want %q", got, users)
			}
			if got := b.app.names(t, "/Groups", nil); !slices.Equal(got, groups) {
				t.Errorf("groups %q, want %q", got, groups)
			}
		})
	}
}

// TestR35_RemovingListsWhatIsLeft removes an app that refuses to lose one account, and
// in which another is pinned and a third is ignored.
func TestR35_RemovingListsWhatIsLeft(t *testing.T) {
	b := setup(t)
	furnish(t, b)
	b.connectWith(t, "app", b.app, provisioner.Settings{Pins: []string{"u4"}})
	must(t, b.resolve(t, "u5", provisioner.ChooseIgnore))
	b.waitState(t, user, "u5", provisioner.LinkIgnored)
	last := fmt.Sprint("/Users/", b.app.user(t, "n3")["id"])
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || !strings.HasSuffix(r.URL.Path, last) {
			return false
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"403","detail":"the last administrator"}`)
		return true
	})
	b.remove(t, provisioner.PartDisable, false)
	r := b.waitRemoved(t)
	if r.Disabled != 8 || len(r.Left) != 3 {
		t.Fatalf("%+v", r)
	}
	if l := r.Left[0]; l.Subject != "u3" || l.Name != "n3" || !strings.Contains(l.Reason, "the last administrator") {
		t.Errorf("the first that is left: %+v", l)
	}
	if l := r.Left[1]; l.Subject != "u4" || !strings.Contains(l.Reason, "is pinned") {
		t.Errorf("the second that is left: %+v", l)
	}
	if l := r.Left[2]; l.Subject != "u5" || !strings.Contains(l.Reason, "is never touched") {
		t.Errorf("the third that is left: %+v", l)
	}
}

// TestR35_RemovingGoesOn ends the process in the middle of a removal; the next one
// brings it to its end, whatever changes in the directory meanwhile.
func TestR35_RemovingGoesOn(t *testing.T) {
	file := t.TempDir() + "/test.db"
	b, stop := startAt(t, file, time.Now)
	app := newDoor(t)
	b.app = app
	b.connect(t, "app", app)
	furnish(t, b)
	var patches atomic.Int32
	app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch && patches.Add(1) > 4 {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	b.remove(t, provisioner.PartDisable, false)
	waitFor(t, func() bool { return patches.Load() > 6 })
	if _, err := b.engine.Sync(t.Context(), "app"); !errors.Is(err, provisioner.ErrConflict) {
		t.Errorf("sync of an app that is being removed: %v", err)
	}
	if state, _ := b.state(t, "app"); state != provisioner.AppRemoving {
		t.Errorf("the app is %s", state)
	}
	b.putUser(t, "u5", "renamed", true)
	b.putUser(t, "new", "new", true)
	stop()
	app.open()
	b, stop = startAt(t, file, time.Now)
	defer stop()
	b.app = app
	r := b.waitRemoved(t)
	if r.Disabled != 11 || len(r.Left) > 0 {
		t.Errorf("%+v", r)
	}
	if got := app.names(t, "/Users", true); !slices.Equal(got, []string{"root<nil>"}) {
		t.Errorf("in use: %q", got)
	}
	if got := app.names(t, "/Users", nil); len(got) != 13 {
		t.Errorf("users %q", got)
	}
}

// TestR35_RemovingWhileTheReplyWasLost: an account that was made, which the app did not
// come to say, goes with the others.
func TestR35_RemovingWhileTheReplyWasLost(t *testing.T) {
	b := setup(t)
	b.sync(t, "app")
	var made atomic.Bool
	b.app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && !made.Swap(true) {
			b.app.inner(r)
		}
		panic(http.ErrAbortHandler)
	})
	b.putUser(t, "u1", "ada", true)
	waitFor(t, func() bool { l := b.link(t, user, "u1"); return l != nil && l.Ambiguous })
	b.app.open()
	b.remove(t, provisioner.PartDelete, false)
	if r := b.waitRemoved(t); r.Deleted != 1 || len(b.app.remote(t, "/Users")) > 0 {
		t.Errorf("%+v, the app has %v", r, b.app.remote(t, "/Users"))
	}
}
