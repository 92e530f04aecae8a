package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// openAt opens a store whose clock the test sets, with an app that was synced.
func openAt(t *testing.T, database string, now *time.Time) (*store.Store, *recorder) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: database, Key: []byte(storetest.Key), Now: func() time.Time { return *now }})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	r := &recorder{}
	s.OnDue(r.due)
	putApp(t, s, "chat", `{}`)
	return s, r
}

// claim has a worker claim up to n attempts and names their links.
func claim(t *testing.T, s *store.Store, worker string, n int) (claims []provisioner.Claim, names string, wait time.Duration) {
	t.Helper()
	claims, wait, err := s.Claim(t.Context(), worker, "chat", n)
	must(t, err)
	for _, c := range claims {
		names += c.Subject + " "
	}
	return claims, strings.TrimSpace(names), wait
}

// TestClaims: goodbyes come first, and everywhere who has waited longest, whatever for;
// nobody gets more than asked for, what is somebody else's, or what is not due.
func TestClaims(t *testing.T) { storetest.Each(t, testClaims) }

func testClaims(t *testing.T, database string) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, _ := openAt(t, database, &now)
	want := func(n int, want string, wantWait time.Duration) []provisioner.Claim {
		t.Helper()
		claims, names, wait := claim(t, s, "w1", n)
		if names != want || wait != wantWait {
			t.Errorf("%d claimed are %q, the next in %s; want %q and %s", n, names, wait, want, wantWait)
		}
		return claims
	}
	for _, id := range []string{"u4", "u3", "u2", "u1"} {
		must(t, s.PutUser(t.Context(), user(t, id, id)))
		now = now.Add(time.Second)
	}
	for _, id := range []string{"u0", "u1"} {
		must(t, s.Touch(t.Context(), map[provisioner.Lane][]provisioner.Key{provisioner.LaneGoodbye: {chatUser(id)}}))
		now = now.Add(time.Second)
	}
	must(t, s.UpdateApp(t.Context(), "chat", func(a *provisioner.App) { a.Pause(provisioner.Pause{Cause: provisioner.PauseAdmin}) }))
	want(9, "", 0)
	must(t, s.UpdateApp(t.Context(), "chat", (*provisioner.App).Resume))
	claims := want(3, "u1 u0 u4", 0)
	other := claims[2]
	other.Worker = "w2"
	must(t, s.Release(t.Context(), other))
	want(1, "u3", 0)
	must(t, s.Release(t.Context(), claims[2]))
	want(9, "u4 u2", 0)
	for id, retry := range map[string]time.Duration{"u0": 4 * time.Minute, "u2": 3 * time.Minute, "u3": time.Minute, "u4": 2 * time.Minute} {
		w, err := s.Load(t.Context(), chatUser(id))
		must(t, err)
		w.Link.State = provisioner.LinkFailing
		must(t, s.Finish(t.Context(), "w1", &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired, Retry: retry}))
	}
	want(9, "", time.Minute)
	now = now.Add(2 * time.Minute)
	want(9, "u3 u4", time.Minute)
}

// TestTakenOver: what a worker has left undone is done by another, who knows that it may
// have been done, and the first can record nothing any more.
func TestTakenOver(t *testing.T) { storetest.Each(t, testTakenOver) }

func testTakenOver(t *testing.T, database string) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, r := openAt(t, database, &now)
	ways := map[string]func(provisioner.Claim) error{
		"abandoned":         func(c provisioner.Claim) error { return s.Abandon(t.Context(), c) },
		"its worker leaves": func(c provisioner.Claim) error { return s.Leave(t.Context(), c.Worker) },
	}
	if !strings.HasPrefix(database, "postgres") {
		ways["its process has died"] = func(provisioner.Claim) error {
			_, err := s.Beat(t.Context(), "second")
			return err
		}
	}
	for name, end := range ways {
		must(t, s.PutUser(t.Context(), user(t, name, name)))
		claims, names, _ := claim(t, s, "first", 1)
		if names != name {
			t.Fatalf("claimed %q, want %q", names, name)
		}
		r.take()
		must(t, end(claims[0]))
		if got := r.take(); got != chatUser(name).String() {
			t.Errorf("%s: %q is due", name, got)
		}
		if _, names, _ := claim(t, s, "second", 1); names != name {
			t.Errorf("%s: another claims %q", name, names)
		}
		w, err := s.Load(t.Context(), chatUser(name))
		must(t, err)
		if !w.Link.Ambiguous {
			t.Errorf("%s: the next attempt does not know that there was one", name)
		}
		late := w.Link
		late.State, late.RemoteID = provisioner.LinkConverged, "r"
		if err := s.Finish(t.Context(), "first", &provisioner.Outcome{Link: late, Want: late.Desired}); !errors.Is(err, provisioner.ErrLost) {
			t.Errorf("%s: who has lost the claim records an outcome: %v", name, err)
		}
		if w, err = s.Load(t.Context(), chatUser(name)); err != nil || w.Link.RemoteID != "" {
			t.Errorf("%s: the link is now %+v, %v", name, w.Link, err)
		}
		late.RemoteID = "r-" + name
		must(t, s.Finish(t.Context(), "second", &provisioner.Outcome{Link: late, Want: late.Desired}))
	}
}

// TestLogIDsGrow also when the clock goes back while nobody works, and when several
// processes have one time.
func TestLogIDsGrow(t *testing.T) { storetest.Each(t, testLogIDsGrow) }

func testLogIDsGrow(t *testing.T, database string) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	first, _ := openAt(t, database, &now)
	second := first
	if strings.HasPrefix(database, "postgres") {
		second, _ = openAt(t, database, &now)
	}
	must(t, first.PutUser(t.Context(), user(t, "u1", "u1")))
	note := func(s *store.Store, cause string) {
		t.Helper()
		finish(t, s, chatUser("u1"), provisioner.LinkConverged, provisioner.LogEntry{Cause: cause})
	}
	note(first, "one")
	note(second, "two")
	must(t, first.Close())
	must(t, second.Close())
	now = now.Add(-time.Hour)
	third, _ := openAt(t, database, &now)
	note(third, "three")
	entries, err := third.Log(t.Context(), provisioner.LogQuery{App: "chat"})
	if err != nil || len(entries) != 3 || entries[0].Cause != "three" || entries[1].Cause != "two" || entries[2].Cause != "one" {
		t.Errorf("the log, newest first: %+v, %v", entries, err)
	}
}
