package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// finish records an attempt at a link that ended in a state.
func finish(t *testing.T, s *store.Store, key provisioner.Key, state provisioner.LinkState, entry provisioner.LogEntry) {
	t.Helper()
	w, err := s.Load(t.Context(), key)
	must(t, err)
	link := w.Link
	link.State, link.LastError = state, entry.Cause
	entry.Key, entry.OK = key, !state.Failed()
	must(t, s.Finish(t.Context(), "", &provisioner.Outcome{Link: link, Want: w.Link.Desired, Entry: &entry}))
}

func chatUser(id string) provisioner.Key {
	return provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: id}
}

// TestLogIsPaged reads a log in pages, from both ends and in parts.
func TestLogIsPaged(t *testing.T) { storetest.Each(t, testLogIsPaged) }

func testLogIsPaged(t *testing.T, database string) {
	s, _ := setup(t, database)
	ctx := t.Context()
	for i := range 7 {
		id := fmt.Sprint("u", i)
		must(t, s.PutUser(ctx, user(t, id, id)))
		state, cause := provisioner.LinkConverged, ""
		if i%3 == 0 {
			state, cause = provisioner.LinkFailing, "it is "+id+"'s turn to fail"
		}
		finish(t, s, chatUser(id), state, provisioner.LogEntry{Name: "name of " + id, Action: provisioner.ActionCreate, Cause: cause})
	}
	read := func(q provisioner.LogQuery) (names string, entries []provisioner.LogEntry) {
		t.Helper()
		entries, err := s.Log(ctx, q)
		must(t, err)
		for _, e := range entries {
			names += e.Subject + " "
		}
		return strings.TrimSpace(names), entries
	}
	want := func(q provisioner.LogQuery, want string) []provisioner.LogEntry {
		t.Helper()
		names, entries := read(q)
		if names != want {
			t.Errorf("%+v reads %q, want %q", q, names, want)
		}
		return entries
	}
	page := want(provisioner.LogQuery{App: "chat", Limit: 3}, "u6 u5 u4")
	page = want(provisioner.LogQuery{App: "chat", Limit: 3, Before: page[2].ID}, "u3 u2 u1")
	want(provisioner.LogQuery{App: "chat", Limit: 3, Before: page[2].ID}, "u0")
	want(provisioner.LogQuery{App: "chat", Limit: 2, After: page[0].ID}, "u4 u5")
	failed := want(provisioner.LogQuery{App: "chat", Failed: true}, "u6 u3 u0")
	if e := failed[0]; e.OK || e.Cause != "it is u6's turn to fail" || e.Name != "name of u6" {
		t.Errorf("the entry reads %+v", e)
	}
	want(provisioner.LogQuery{App: "chat", Subject: "u2"}, "u2")
	want(provisioner.LogQuery{App: "chat", Subject: "u2", Kind: provisioner.KindGroup}, "")
	want(provisioner.LogQuery{App: "wiki"}, "")
}

// TestLogKeepsExchanges checks that an entry comes back whole, and only to those who
// name its app.
func TestLogKeepsExchanges(t *testing.T) { storetest.Each(t, testLogKeepsExchanges) }

func testLogKeepsExchanges(t *testing.T, database string) {
	s, _ := setup(t, database)
	must(t, s.PutUser(t.Context(), user(t, "u1", "ada")))
	sent := provisioner.Exchange{Method: "POST", URL: "https://chat.example/scim/Users", Request: provisioner.Message{Body: `{"userName":"ada"}`}, Status: 201, Duration: 20 * time.Millisecond}
	finish(t, s, chatUser("u1"), provisioner.LinkConverged, provisioner.LogEntry{Action: provisioner.ActionCreate, Exchanges: []provisioner.Exchange{sent}})
	list, err := s.Log(t.Context(), provisioner.LogQuery{App: "chat"})
	must(t, err)
	if len(list) != 1 || list[0].Exchanges != nil {
		t.Fatalf("the log lists %+v, want one entry without exchanges", list)
	}
	e, err := s.LogEntry(t.Context(), "chat", list[0].ID)
	must(t, err)
	if len(e.Exchanges) != 1 || e.Exchanges[0].URL != sent.URL || e.Exchanges[0].Request.Body != sent.Request.Body || e.Exchanges[0].Duration != sent.Duration {
		t.Errorf("the entry holds %+v, want %+v", e.Exchanges, sent)
	}
	if _, err := s.LogEntry(t.Context(), "wiki", list[0].ID); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("another app's log has the entry: %v", err)
	}
}

func TestStatus(t *testing.T) { storetest.Each(t, testStatus) }

func testStatus(t *testing.T, database string) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := store.Open(t.Context(), store.Config{Database: database, Key: []byte(storetest.Key), Now: func() time.Time { return now }})
	must(t, err)
	defer s.Close()
	for _, app := range []string{"chat", "wiki"} {
		must(t, s.PutApp(t.Context(), provisioner.App{Name: app, Endpoint: "https://" + app + ".example", Token: "t"}))
	}
	first := now
	for _, id := range []string{"u1", "u2", "u3"} {
		must(t, s.PutUser(t.Context(), user(t, id, id)))
		now = now.Add(time.Minute)
	}
	must(t, s.PutUser(t.Context(), user(t, "u1", "ada"))) // the older change counts
	finish(t, s, chatUser("u2"), provisioner.LinkConverged, provisioner.LogEntry{})
	finish(t, s, chatUser("u3"), provisioner.LinkFailing, provisioner.LogEntry{Cause: "out of seats"})
	statuses, err := s.Statuses(t.Context())
	must(t, err)
	if len(statuses) != 2 || statuses[1].App != "wiki" || statuses[1].Pending != 3 || !statuses[1].Good() {
		t.Fatalf("statuses %+v", statuses)
	}
	chat := statuses[0]
	if chat.Converged != 1 || chat.Pending != 1 || chat.Failing != 1 || chat.Good() || !chat.OldestPending.Equal(first) {
		t.Errorf("status %+v, want one of each, the oldest from %s", chat, first)
	}
	if e := chat.LastError; e == nil || e.Subject != "u3" || e.Reason != "out of seats" || !e.At.Equal(now) {
		t.Errorf("last error %+v", e)
	}
	finish(t, s, chatUser("u1"), provisioner.LinkConverged, provisioner.LogEntry{})
	finish(t, s, chatUser("u3"), provisioner.LinkConverged, provisioner.LogEntry{})
	status, err := s.Status(t.Context(), "chat")
	must(t, err)
	if !status.Good() || status.LastError != nil || !status.OldestPending.IsZero() {
		t.Errorf("when all is done: %+v", status)
	}
	// A change after that begins to wait when it comes.
	must(t, s.PutUser(t.Context(), user(t, "u2", "bob")))
	if status, err = s.Status(t.Context(), "chat"); err != nil || !status.OldestPending.Equal(now) {
		t.Errorf("after a new change: %+v, %v", status, err)
	}
	// Every failure is told.
	for _, state := range []provisioner.LinkState{
		provisioner.LinkFailing, provisioner.LinkRejected, provisioner.LinkRefused, provisioner.LinkNotHonoured, provisioner.LinkFlapping,
		provisioner.LinkConflict, provisioner.LinkAmbiguous, provisioner.LinkNeedsReview, provisioner.LinkNeedsDecision,
	} {
		must(t, s.PutUser(t.Context(), user(t, "u2", string(state))))
		finish(t, s, chatUser("u2"), state, provisioner.LogEntry{Cause: "is " + string(state)})
		if status, err = s.Status(t.Context(), "chat"); err != nil || status.Failing != 1 || status.LastError == nil || status.LastError.Reason != "is "+string(state) {
			t.Errorf("%s: %+v, last error %+v (%v)", state, status, status.LastError, err)
		}
	}
	if _, err := s.Status(t.Context(), "nobody"); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("the status of an app that is not there: %v", err)
	}
}

// TestReadingBesideAService looks into a file that another process works on.
func TestReadingBesideAService(t *testing.T) {
	file := storetest.SQLite(t)
	working := storetest.Open(t, file)
	config := store.Config{Database: file, Key: []byte(storetest.Key), Reading: true}
	reading, err := store.Open(t.Context(), config)
	must(t, err)
	defer reading.Close()
	must(t, working.PutApp(t.Context(), provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "t"}))
	if _, err := reading.Status(t.Context(), "chat"); err != nil {
		t.Errorf("reading what the other has written: %v", err)
	}
	tx, err := working.DB().BeginTx(t.Context(), nil) // which keeps other writers out
	must(t, err)
	if _, err := reading.Load(t.Context(), chatUser("u1")); err != nil {
		t.Errorf("reading while the other writes: %v", err)
	}
	must(t, tx.Rollback())
	if err := reading.DeleteApp(t.Context(), "chat"); err == nil {
		t.Error("a file in use by another process was written")
	}
	// Whoever reads keeps nobody out.
	must(t, working.Close())
	again, err := store.Open(t.Context(), config)
	must(t, err)
	defer again.Close()
	storetest.Open(t, file)
}
