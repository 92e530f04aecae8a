package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// holding records that an app holds a subject's resource.
func holding(t *testing.T, s *store.Store, key provisioner.Key, remoteID string, members map[string]string) {
	t.Helper()
	w, err := s.Load(t.Context(), key)
	must(t, err)
	w.Link.State, w.Link.RemoteID, w.Link.Origin = provisioner.LinkConverged, remoteID, provisioner.OriginCreated
	w.Link.Acked = scim.NewObject(scim.Field{Name: "userName", Value: "as it was"})
	must(t, s.Finish(t.Context(), "", &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired, Members: members}))
}

// TestAmend corrects what an app is known to hold, for links that have not moved on.
func TestAmend(t *testing.T) { storetest.Each(t, testAmend) }

func testAmend(t *testing.T, database string) {
	s, r := setup(t, database)
	ctx := t.Context()
	for _, id := range []string{"u1", "u2"} {
		must(t, s.PutUser(ctx, user(t, id, id)))
		holding(t, s, chatUser(id), "r-"+id, nil)
	}
	must(t, s.PutGroup(ctx, group("g1", "u1", "u2")))
	crew := provisioner.Key{App: "chat", Kind: provisioner.KindGroup, Subject: "g1"}
	holding(t, s, crew, "r-g1", map[string]string{"u1": "r-u1", "u2": "r-u2"})
	works, err := s.Tied(ctx, "chat", provisioner.KindUser, []string{"r-u2", "nobody's", "r-u1"})
	must(t, err)
	ids := []string{}
	for _, w := range works {
		ids = append(ids, w.Link.Subject)
	}
	if slices.Sort(ids); !slices.Equal(ids, []string{"u1", "u2"}) {
		t.Errorf("tied are %v", ids)
	}
	groups, err := s.Tied(ctx, "chat", provisioner.KindGroup, []string{"r-g1"})
	if err != nil || len(groups) != 1 || len(groups[0].AckedMembers) != 2 {
		t.Fatalf("groups %+v, %v", groups, err)
	}
	amend := func(w *provisioner.Work) provisioner.Amendment {
		return provisioner.Amendment{Key: w.Link.Key, Lane: provisioner.LaneUsers, Want: w.Link.Desired, Had: w.Link.Applied, Acked: scim.NewObject(scim.Field{Name: "userName", Value: "as it is"})}
	}
	for i := range works {
		if works[i].Link.Subject == "u2" {
			must(t, s.PutUser(ctx, user(t, "u2", "moved on")))
		}
	}
	amendments := []provisioner.Amendment{amend(works[0]), amend(works[1]), amend(groups[0])}
	amendments[2].HadMembers, amendments[2].Members = groups[0].AckedMembers, map[string]string{"u1": "r-u1", " r-x": "r-x"}
	r.take()
	n, err := s.Amend(ctx, amendments)
	if err != nil || n != 2 {
		t.Errorf("%d amended, %v; want the two that have not moved on", n, err)
	}
	if got := r.take(); got != "chat/users/u1 chat/groups/g1" {
		t.Errorf("%q became due", got)
	}
	for id, want := range map[string]string{"u1": "as it is", "u2": "as it was"} {
		w, err := s.Load(ctx, chatUser(id))
		if err != nil || w.Link.Acked.String("userName") != want || !w.Link.Behind() {
			t.Errorf("%s holds %v, %v; want %q", id, w.Link.Acked, err, want)
		}
	}
	w, err := s.Load(ctx, crew)
	if err != nil || w.Link.RemoteID != "r-g1" || len(w.AckedMembers) != 2 || w.AckedMembers[" r-x"] != "r-x" || w.AckedMembers["u1"] != "r-u1" {
		t.Errorf("the group is known to hold %v, %v", w.AckedMembers, err)
	}
	gone := provisioner.Amendment{Key: crew, Lane: provisioner.LaneGroups, Want: w.Link.Desired, Had: w.Link.Applied, Gone: true, HadMembers: w.AckedMembers, Members: map[string]string{}}
	n, err = s.Amend(ctx, []provisioner.Amendment{gone})
	must(t, err)
	w, err = s.Load(ctx, crew)
	if err != nil || n != 1 || w.Link.RemoteID != "" || w.Link.Origin != "" || w.Link.Acked != nil || len(w.AckedMembers) != 0 || !w.Link.Behind() {
		t.Errorf("what the app has lost is %+v with %v, %v", w.Link, w.AckedMembers, err)
	}
}

// TestUnaudited names apps in the order in which their audits are due.
func TestUnaudited(t *testing.T) { storetest.Each(t, testUnaudited) }

func testUnaudited(t *testing.T, database string) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := store.Open(t.Context(), store.Config{Database: database, Key: []byte(storetest.Key), Now: func() time.Time { return now }})
	must(t, err)
	defer s.Close()
	run := func(app string, kind provisioner.RunKind) {
		t.Helper()
		started, err := s.StartRun(t.Context(), &provisioner.Run{App: app, Kind: kind, State: provisioner.RunRunning, Started: now})
		must(t, err)
		started.State = provisioner.RunDone
		must(t, s.SaveRun(t.Context(), started))
	}
	want := func(want ...string) {
		t.Helper()
		if got, err := s.Unaudited(t.Context(), now.Add(-24*time.Hour)); err != nil || !slices.Equal(got, want) {
			t.Errorf("due are %v, %v; want %v", got, err, want)
		}
	}
	for _, app := range []string{"chat", "new", "paused", "wiki"} {
		must(t, s.PutApp(t.Context(), provisioner.App{Name: app, Endpoint: "https://" + app + ".example", Token: "t"}))
		run(app, provisioner.RunSync)
		must(t, s.UpdateApp(t.Context(), app, func(a *provisioner.App) {
			a.Synced = app != "new"
			if app == "paused" {
				a.Pause(provisioner.Pause{Cause: provisioner.PauseAdmin})
			}
		}))
	}
	want()
	now = now.Add(25 * time.Hour)
	want("chat", "wiki")
	run("chat", provisioner.RunAudit)
	want("wiki")
	now = now.Add(time.Hour)
	run("wiki", provisioner.RunAudit)
	want()
	now = now.Add(25 * time.Hour)
	want("chat", "wiki") // chat's was first
	failing, err := s.StartRun(t.Context(), &provisioner.Run{App: "chat", Kind: provisioner.RunAudit, State: provisioner.RunRunning, Started: now})
	must(t, err)
	want() // one at a time

	failing.State, failing.Error, failing.Finished = provisioner.RunFailed, "it is\n\tbroken", now
	must(t, s.SaveRun(t.Context(), failing))
	got, err := s.FailingAudits(t.Context())
	if f := got["chat"]; err != nil || len(got) != 1 || !f.Since.Equal(now) || f.Failure != "the audit failed: it is broken" {
		t.Errorf("failing are %v, %v; want chat", got, err)
	}
	now = now.Add(25 * time.Hour)
	run("chat", provisioner.RunAudit)
	if got, err := s.FailingAudits(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("failing are %v, %v after one that did not", got, err)
	}
}

// TestLinkOf finds whose a resource is by its id, however the app spells that, as long as
// it can only be one.
func TestLinkOf(t *testing.T) { storetest.Each(t, testLinkOf) }

func testLinkOf(t *testing.T, database string) {
	s, _ := setup(t, database)
	ids := map[string]string{"small": "ab-1", "capital": "CD-2", "mixed": "eF-3", "one": "gH-4", "other": "Gh-4", "low": "ij-5", "high": "IJ-5"}
	for subject, id := range ids {
		must(t, s.PutUser(t.Context(), user(t, subject, subject)))
		holding(t, s, provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: subject}, id, nil)
	}
	for id, want := range map[string]string{
		"ab-1": "small ab-1", "AB-1": "small ab-1", "aB-1": "small ab-1",
		"CD-2": "capital CD-2", "cd-2": "capital CD-2", "Cd-2": "capital CD-2",
		"eF-3": "mixed eF-3", "ef-3": "mixed eF-3", "EF-3": "mixed eF-3",
		"gH-4": "one gH-4", "Gh-4": "other Gh-4", "gh-4": "", "GH-4": "",
		"ij-5": "low ij-5", "IJ-5": "high IJ-5", "iJ-5": "",
		"": "", "k": "",
	} {
		key, known, err := s.LinkOf(t.Context(), "chat", provisioner.KindUser, id)
		if got := strings.TrimSpace(key.Subject + " " + known); got != want || errors.Is(err, provisioner.ErrNotFound) != (want == "") {
			t.Errorf("%q is %q, %v; want %q", id, got, err, want)
		}
	}
	for _, other := range []provisioner.Key{{App: "wiki", Kind: provisioner.KindUser}, {App: "chat", Kind: provisioner.KindGroup}} {
		if key, _, err := s.LinkOf(t.Context(), other.App, other.Kind, "CD-2"); !errors.Is(err, provisioner.ErrNotFound) {
			t.Errorf("a %s of %s: %v, %v", other.Kind, other.App, key, err)
		}
	}
}
