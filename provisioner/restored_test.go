package provisioner_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// staffed connects an app and gives it users with the title a, and a group of the first
// half of them.
func staffed(t *testing.T, users int, settings provisioner.Settings) (*rig, *moody) {
	t.Helper()
	m := newMoody(t)
	m.seedForeign()
	r := newRig(t, rigConfig{})
	r.connect("app", m, settings)
	r.put(users, "a", nil)
	r.putGroup("g", 0, users/2)
	r.settle("app")
	return r, m
}

// repair has the app audited, and what it lacks made again.
func (r *rig) repair() {
	r.t.Helper()
	run, err := r.engine.StartAudit(r.t.Context(), "app", "test", true)
	if err != nil {
		r.t.Fatal(err)
	}
	if run, err = r.engine.AwaitRun(r.t.Context(), run.ID, nil); err != nil || run.State != provisioner.RunDone {
		r.t.Fatalf("%+v, %v", run, err)
	}
	r.settle("app")
}

// TestFaultTargetWiped: an app that has lost everything gets each account again that is
// changed, once, and the rest when a person asks for it.
func TestFaultTargetWiped(t *testing.T) {
	const users = 20
	r, m := staffed(t, users, provisioner.Settings{})
	m.tenant.Reset()
	m.tenant.ClearJournal()
	m.foreign = nil
	r.change(users/2, "a", func(i int) bool { return i == 3 }) // one leaves
	for i := range 5 {
		r.putUser(i+10, "b")
	}
	r.settle("app")
	if n := len(m.tenant.Resources("User")); n != 5 {
		t.Errorf("the app has %d accounts, want those of the five who have changed and are active", n)
	}
	r.repair()
	for i := range 5 {
		r.putUser(i+10, "a")
	}
	r.settle("app")
	r.putUser(3, "a") // comes back
	r.settle("app")
	m.wantUsers(users, "a", nil)
	m.wantMembers("g", 0, users/2)
	for id, n := range m.made() {
		if n != 1 {
			t.Errorf("%s was made %d times", id, n)
		}
	}
}

// TestFaultTargetSetBack: an app is restored from yesterday's backup. What has changed
// since is made up for when a person asks for it and the settings do not say otherwise.
func TestFaultTargetSetBack(t *testing.T) {
	const users = 20
	r, m := staffed(t, users, provisioner.Settings{Drift: provisioner.DriftEnforce})
	yesterday := m.tenant.Snapshot()
	r.advance(24*time.Hour, "app")
	r.change(users+5, "b", func(i int) bool { return i == 2 }) // five are new
	r.putGroup("g", 5, users)
	r.settle("app")
	if err := m.tenant.Restore(yesterday); err != nil {
		t.Fatal(err)
	}
	m.tenant.ClearJournal()
	r.repair()
	m.wantUsers(users+5, "b", func(i int) bool { return i != 2 })
	m.wantMembers("g", 5, users)
	for id, n := range m.made() {
		if n != 1 {
			t.Errorf("%s was made %d times", id, n)
		}
	}
}

// TestFaultTargetRenamed: the app is not where it was, and whoever answers there knows
// neither users nor groups. Nobody's goodbye is taken to have arrived, nothing is made
// again, and all goes on when the new address is saved.
func TestFaultTargetRenamed(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a web server":   page(http.StatusNotFound),
		"a SCIM server":  refuse(http.StatusNotFound, "", "no such tenant"),
		"nothing at all": bare(http.StatusNotFound),
		"an API gateway": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"message":"no Route matched"}`, http.StatusNotFound)
		},
		"a login page": page(http.StatusOK),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const users = 20
			m := newMoody(t)
			m.seedForeign()
			var renamed atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if is := strings.HasPrefix(r.URL.Path, "/new"); is != renamed.Load() {
					answer(w, r)
					return
				}
				r.URL.Path = strings.TrimPrefix(r.URL.Path, "/new")
				m.Server().ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			r := newRig(t, rigConfig{})
			r.connectTo("app", server.URL+"/scim/v2", m.Token(), provisioner.Settings{})
			r.put(users, "a", nil)
			r.putGroup("g", 0, users/2)
			r.settle("app")
			r.putUser(3, "b")
			r.settle("app")
			m.tenant.ClearJournal()
			renamed.Store(true)
			must(t, r.DeleteUser(t.Context(), "u3"))
			for i := range users {
				if i != 3 {
					must(t, r.PutUser(t.Context(), titled(t, i, "b", i != 1)))
				}
			}
			r.paused("app", provisioner.PauseEndpoint)
			if got := m.requests(); len(got) > 0 {
				t.Errorf("the app was asked %q although it is somewhere else", got)
			}
			r.connectTo("app", server.URL+"/new/scim/v2", m.Token(), provisioner.Settings{})
			r.settle("app")
			for i := range users {
				if l := r.link(fmt.Sprint("u", i)); l.Origin != provisioner.OriginCreated {
					t.Errorf("%s has the origin %q", l.Key, l.Origin)
				}
			}
			m.wantUsers(users, "b", func(i int) bool { return i != 1 && i != 3 })
		})
	}
}
