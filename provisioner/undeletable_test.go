package provisioner_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// deleting is a mock that is to delete whoever leaves at once, has ada and bob, and the
// group staff with bob and somebody else's account root.
func deleting(t *testing.T, capabilities map[provisioner.Capability]string) *bundle {
	t.Helper()
	b := mock(t, provisioner.Settings{
		Capabilities: capabilities,
		Deprovision:  provisioner.Deprovision{Disabled: provisioner.FarewellDelete, Deleted: provisioner.FarewellDelete, GraceDays: -1},
		Guard:        provisioner.Guard{Off: true},
	})
	b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"root","active":true}`)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u2")
	b.sync(t, "app")
	b.app.regroup(t, b.path(t, group, "g1"), b.link(t, user, "u2").RemoteID, b.app.user(t, "root")["id"].(string))
	b.app.requests()
	return b
}

// lastEntry is the newest entry of the log about a subject.
func (b *bundle) lastEntry(t *testing.T, kind provisioner.Kind, id string) provisioner.LogEntry {
	t.Helper()
	entries, err := b.Log(t.Context(), provisioner.LogQuery{App: "app", Kind: kind, Subject: id, Limit: 1})
	if err != nil || len(entries) != 1 {
		t.Fatalf("log: %+v, %v", entries, err)
	}
	return entries[0]
}

// undeleted are ways in which an app does not delete what it is told to.
var undeleted = map[string]struct {
	answer http.HandlerFunc
	// user is the state of an account then; a group waits for a decision in any case.
	user   provisioner.LinkState
	reason string
	wait   time.Duration
	learns bool
}{
	"405": {bare(405), provisioner.LinkNeedsDecision, "does not let it be deleted", 24 * time.Hour, true},
	"501": {refuse(501, "", "no deletes"), provisioner.LinkNeedsDecision, "does not let it be deleted", 24 * time.Hour, true},
	"403": {refuse(403, "", "not that one"), provisioner.LinkRefused, "not that one", time.Hour, false},
	"400": {refuse(400, scim.TypeInvalidValue, "has invoices"), provisioner.LinkRejected, "has invoices", time.Hour, false},
	"409": {refuse(409, "", "in use"), provisioner.LinkConflict, "in use", 24 * time.Hour, false},
	"204 that lies": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		provisioner.LinkNotHonoured, "and still has it", time.Hour, false},
}

// TestAccountThatIsNotDeletedIsDisabled: an account that the app does not let be deleted
// is disabled by the same attempt, and it is told why it is still there.
func TestAccountThatIsNotDeletedIsDisabled(t *testing.T) { // R2, R33
	for _, name := range slices.Sorted(maps.Keys(undeleted)) {
		t.Run(name, func(t *testing.T) {
			is := undeleted[name]
			b := deleting(t, nil)
			b.app.answerWith(on("DELETE", "/", is.answer))
			must(t, b.DeleteUser(t.Context(), "u1"))
			b.wantLink(t, user, "u1", is.user, is.reason, is.wait)
			if l := b.link(t, user, "u1"); !strings.Contains(l.LastError, "until then the account is disabled") || l.DeleteAt.IsZero() {
				t.Errorf("the link says %q, and deletes on %s", l.LastError, l.DeleteAt)
			}
			if u := b.app.user(t, "ada"); u["active"] != false {
				t.Errorf("the account is %v", u)
			}
			if w := anonymous(b.app.writes()); !slices.Equal(w, []string{"DELETE /Users/ID", "PATCH /Users/ID"}) {
				t.Errorf("writes %q", w)
			}
			if e := b.lastEntry(t, user, "u1"); e.OK || e.Action != provisioner.ActionDelete || !strings.Contains(e.Cause, is.reason) {
				t.Errorf("the log says %+v", e)
			}
			if s, err := b.Status(t.Context(), "app"); err != nil || s.LastError == nil || !strings.Contains(s.LastError.Reason, is.reason) {
				t.Errorf("the status says %+v, %v", s, err)
			}
			if f := b.fact(t, provisioner.UserDelete); (f.Value == provisioner.No) != is.learns || is.learns && !strings.Contains(f.Reason, name) {
				t.Errorf("it is known that %+v", f)
			}
		})
	}
}

// TestDeleteThatFailsIsADisable: an app that breaks down over deleting something is told
// to disable or empty it when it does so again, and to delete it as soon as it can.
func TestDeleteThatFailsIsADisable(t *testing.T) {
	for kind, id := range map[provisioner.Kind]string{user: "u1", group: "g1"} {
		b := deleting(t, nil)
		b.app.answerWith(times(3, on("DELETE", "/", refuse(500, "", "oops"))))
		path := kind.Endpoint() + "/ID"
		if kind == user {
			must(t, b.DeleteUser(t.Context(), id))
		} else {
			must(t, b.DeleteGroup(t.Context(), id))
		}
		waitFor(t, func() bool { return b.link(t, kind, id) == nil })
		w := anonymous(b.app.writes())
		want := []string{"DELETE " + path, "DELETE " + path, "PATCH " + path, "DELETE " + path, "DELETE " + path}
		if !slices.Equal(w, want) || kind == user && b.app.user(t, "ada") != nil || kind == group && b.app.members(t, "staff") != nil {
			t.Errorf("writes %q, want %q; the app has %v", w, want, b.app.remote(t, kind.Endpoint()))
		}
	}
}

// TestAccountEnabledByOthersIsDisabled: somebody has enabled an account in the app that
// is deleted now, and the app does not let it be deleted.
func TestAccountEnabledByOthersIsDisabled(t *testing.T) { // R33
	b, c := aged(t, provisioner.Settings{Deprovision: provisioner.Deprovision{Deleted: provisioner.FarewellDelete}})
	b.replace(t, people(t, 3, nil, nil))
	b.sync(t, "app")
	b.deleteUser(t, "u0")
	b.settle(t, "app")
	path := b.path(t, user, "u0")
	b.app.tamper(t, http.MethodPatch, path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}`)
	b.app.answerWith(on("DELETE", "/", bare(405)))
	b.pass(t, c, 31*day)
	b.wantLink(t, user, "u0", provisioner.LinkNeedsDecision, "until then the account is disabled", 24*time.Hour)
	if u := b.app.user(t, "n0"); u["active"] != false {
		t.Errorf("the account is %v", u)
	}
}

// TestAccountThatIsNeitherDeletedNorDisabled: an app that does neither is left to a
// person, and both are told.
func TestAccountThatIsNeitherDeletedNorDisabled(t *testing.T) {
	for name, test := range map[string]struct {
		capabilities map[provisioner.Capability]string
		patch        http.HandlerFunc
		reason       string
	}{
		"no active":        {map[provisioner.Capability]string{provisioner.ActiveType: provisioner.ActiveNone}, bare(500), "cannot disable an account"},
		"refuses both":     {nil, refuse(403, "", "the last administrator"), "the last administrator"},
		"does not take it": {nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "it is still active"},
	} {
		t.Run(name, func(t *testing.T) {
			b := deleting(t, test.capabilities)
			b.app.answerWith(either(on("DELETE", "/", bare(405)), on("PATCH", "/", test.patch), on("PUT", "/", test.patch)))
			must(t, b.DeleteUser(t.Context(), "u1"))
			b.wantLink(t, user, "u1", provisioner.LinkNeedsDecision, "does not let it be deleted", 24*time.Hour)
			l := b.link(t, user, "u1")
			if !strings.Contains(l.LastError, "could not be disabled either: ") || !strings.Contains(l.LastError, test.reason) {
				t.Errorf("the link says %q", l.LastError)
			}
		})
	}
}

// TestAccountThatIsDeletedByADisable: an app that does not let accounts be deleted and
// deletes those that are disabled has done what was asked for, and nobody is asked to.
func TestAccountThatIsDeletedByADisable(t *testing.T) { // R2
	for name, test := range map[string]struct {
		capabilities map[provisioner.Capability]string
		status       int
		requests     []string
	}{
		"found out": {nil, 204, []string{"GET /Users/ID", "DELETE /Users/ID", "PATCH /Users/ID", "GET /Users/ID", "GET /Users/ID", "GET /Users", "GET /Users"}},
		"known, and it says that it is disabled": {map[provisioner.Capability]string{provisioner.HardDeleteOnDisable: provisioner.Yes}, 200,
			[]string{"GET /Users/ID", "DELETE /Users/ID", "PATCH /Users/ID", "GET /Users/ID", "GET /Users", "GET /Users"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := deleting(t, test.capabilities)
			b.app.answerWith(either(on("DELETE", "/", bare(405)), on("PATCH", "/Users", func(w http.ResponseWriter, r *http.Request) {
				got := b.app.inner(r)
				gone := r.Clone(r.Context())
				gone.Method, gone.Body, gone.ContentLength = http.MethodDelete, http.NoBody, 0
				b.app.inner(gone)
				if got.Code = test.status; test.status == 204 {
					got.Body.Reset()
				}
				send(w, got)
			})))
			must(t, b.DeleteUser(t.Context(), "u1"))
			waitFor(t, func() bool { return b.link(t, user, "u1") == nil })
			if got := anonymous(b.app.requests()); !slices.Equal(got, test.requests) {
				t.Errorf("requests %q, want %q", got, test.requests)
			}
			if e := b.lastEntry(t, user, "u1"); !e.OK || e.Action != provisioner.ActionDelete {
				t.Errorf("the log says %+v", e)
			}
			if b.fact(t, provisioner.HardDeleteOnDisable).Value != provisioner.Yes || b.app.user(t, "ada") != nil {
				t.Errorf("it is not known what a disable does, or the app has %v", b.app.user(t, "ada"))
			}
			// Whoever is disabled, and stays in the directory, is let go as well.
			b.putUser(t, "u2", "bob", false)
			b.waitState(t, user, "u2", provisioner.LinkSkipped)
		})
	}
}

// TestDisableIsTriedAgain: what the app broke down over is not left to a person, and not
// to another day.
func TestDisableIsTriedAgain(t *testing.T) {
	b := deleting(t, nil)
	b.app.answerWith(either(on("DELETE", "/", bare(405)), times(2, on("PATCH", "/", refuse(502, "", "oops")))))
	must(t, b.DeleteUser(t.Context(), "u1"))
	b.wantLink(t, user, "u1", provisioner.LinkNeedsDecision, "does not let it be deleted", 24*time.Hour)
	if u := b.app.user(t, "ada"); u["active"] != false {
		t.Errorf("the account is %v", u)
	}
}

// TestGroupThatIsNotDeletedIsEmptied: nobody keeps access by a group that the app does
// not let be deleted, and a person decides what becomes of it.
func TestGroupThatIsNotDeletedIsEmptied(t *testing.T) {
	verbs := map[string]map[provisioner.Capability]string{
		"PATCH": nil,
		"PUT":   {provisioner.GroupUpdate: provisioner.FormPut},
	}
	for _, verb := range slices.Sorted(maps.Keys(verbs)) {
		for _, name := range slices.Sorted(maps.Keys(undeleted)) {
			t.Run(fmt.Sprint(name, " ", verb), func(t *testing.T) {
				is := undeleted[name]
				b := deleting(t, verbs[verb])
				b.app.answerWith(on("DELETE", "/", is.answer))
				must(t, b.DeleteGroup(t.Context(), "g1"))
				b.wantLink(t, group, "g1", provisioner.LinkNeedsDecision, is.reason, 24*time.Hour)
				if l := b.link(t, group, "g1"); !strings.Contains(l.LastError, "until then it has no members") {
					t.Errorf("the link says %q", l.LastError)
				}
				if m := b.app.members(t, "staff"); m == nil || len(m) > 0 {
					t.Errorf("the group has %q", m)
				}
				if w := anonymous(b.app.writes()); !slices.Equal(w, []string{"DELETE /Groups/ID", verb + " /Groups/ID"}) {
					t.Errorf("writes %q", w)
				}
				if f := b.fact(t, provisioner.GroupDelete); (f.Value == provisioner.No) != is.learns {
					t.Errorf("it is known that %+v", f)
				}
			})
		}
	}
}

// TestGroupThatIsNotDeletedComesBack: a group that the app has kept has its members again
// once the directory has it again.
func TestGroupThatIsNotDeletedComesBack(t *testing.T) {
	b := deleting(t, nil)
	b.app.answerWith(on("DELETE", "/", bare(405)))
	must(t, b.DeleteGroup(t.Context(), "g1"))
	b.waitState(t, group, "g1", provisioner.LinkNeedsDecision)
	b.putGroup(t, "g1", "staff", "u1", "u2")
	b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada", "bob"}) {
		t.Errorf("the group has %q", m)
	}
}
