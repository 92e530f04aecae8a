package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

func startRun(t *testing.T, s *store.Store, app string) *provisioner.Run {
	t.Helper()
	now := time.Now()
	run, err := s.StartRun(t.Context(), &provisioner.Run{App: app, Kind: provisioner.RunSync, State: provisioner.RunRunning, Started: now, Until: now.Add(time.Minute)})
	must(t, err)
	return run
}

func TestOneRunAtATime(t *testing.T) { storetest.Each(t, testOneRunAtATime) }

func testOneRunAtATime(t *testing.T, database string) {
	s, _ := setup(t, database)
	first, other := startRun(t, s, "chat"), startRun(t, s, "wiki")
	if again := startRun(t, s, "chat"); again.ID != first.ID || other.ID == first.ID {
		t.Errorf("runs %d, %d and %d, want the first again", first.ID, other.ID, again.ID)
	}
	must(t, s.CancelRun(t.Context(), first.ID))
	next := startRun(t, s, "chat")
	if next.ID == first.ID {
		t.Error("a cancelled run started again")
	}
	must(t, s.CancelRun(t.Context(), first.ID)) // ended already
	if _, err := s.Run(t.Context(), 1); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("a run nobody knows: %v", err)
	}
	// What has ended in one way does not end in another.
	first.State = provisioner.RunDone
	if err := s.SaveRun(t.Context(), first); !errors.Is(err, provisioner.ErrCancelled) {
		t.Errorf("saving a cancelled run as done: %v", err)
	}
	if err := s.Mark(t.Context(), first, users(chatUser("u1"))); !errors.Is(err, provisioner.ErrCancelled) {
		t.Errorf("marking for a cancelled run: %v", err)
	}
	if err := s.Begin(t.Context(), first); !errors.Is(err, provisioner.ErrCancelled) {
		t.Errorf("beginning a cancelled run: %v", err)
	}
	synced := func() string {
		chat, err := s.App(t.Context(), "chat")
		must(t, err)
		wiki, err := s.App(t.Context(), "wiki")
		must(t, err)
		return fmt.Sprint(chat.Synced, wiki.Synced)
	}
	if is := synced(); is != "false false" {
		t.Errorf("synced: %s, and no sync has come to its end", is)
	}
	next.State = provisioner.RunDone
	must(t, s.SaveRun(t.Context(), next))
	if is := synced(); is != "true false" {
		t.Errorf("synced: %s, and that of chat has come to its end", is)
	}
	runs, err := s.Runs(t.Context(), provisioner.RunQuery{App: "chat"})
	if err != nil || len(runs) != 2 || runs[1].State != provisioner.RunCancelled {
		t.Errorf("runs %+v, %v", runs, err)
	}
}

// TestCancelRestoresLinks marks links in every state there is, and takes it back.
func TestCancelRestoresLinks(t *testing.T) { storetest.Each(t, testCancelRestoresLinks) }

func testCancelRestoresLinks(t *testing.T, database string) {
	s, r := setup(t, database)
	states := []provisioner.LinkState{
		provisioner.LinkConverged, provisioner.LinkPartial, provisioner.LinkSkipped, provisioner.LinkGone,
		provisioner.LinkFailing, provisioner.LinkPending,
	}
	var keys []provisioner.Key
	for i, state := range states {
		id := fmt.Sprint("u", i)
		must(t, s.PutUser(t.Context(), user(t, id, id)))
		if state != provisioner.LinkPending {
			finish(t, s, chatUser(id), state, provisioner.LogEntry{})
		}
		keys = append(keys, chatUser(id))
	}
	keys = append(keys, chatUser("new"), chatUser("tried"))
	run := startRun(t, s, "chat")
	r.take()
	must(t, s.Mark(t.Context(), run, users(keys...)))
	if got := r.take(); got != "" {
		t.Errorf("marking has scheduled %s", got)
	}
	must(t, s.Begin(t.Context(), run))
	if run.Marked != len(keys) || !run.Ready || r.take() != (provisioner.Key{App: "chat"}).String() {
		t.Errorf("run %+v, want %d marked, and the app looked at", run, len(keys))
	}
	p, err := s.RunProgress(t.Context(), run)
	if err != nil || p.Active != len(keys) || p.Done() != 0 {
		t.Errorf("progress %+v, %v", p, err)
	}
	finish(t, s, chatUser("tried"), provisioner.LinkConverged, provisioner.LogEntry{Action: provisioner.ActionCreate})
	if p, err = s.RunProgress(t.Context(), run); err != nil || p.Done() != 1 {
		t.Errorf("progress after one attempt %+v, %v", p, err)
	}
	must(t, s.CancelRun(t.Context(), run.ID))
	if got, _, err := s.Claim(t.Context(), "worker", "chat", 100); err != nil || len(got) != 2 {
		t.Errorf("%+v are due after the run was cancelled, %v; want the two that had work ahead", got, err)
	}
	links, err := s.AppLinks(t.Context(), "chat")
	must(t, err)
	got := map[string]provisioner.Link{}
	for _, l := range links {
		got[l.Subject] = l
	}
	if _, there := got["new"]; there || len(got) != len(states)+1 {
		t.Errorf("%d links, the new one among them: %t", len(got), there)
	}
	for i, state := range states {
		l := got[fmt.Sprint("u", i)]
		switch ahead := state == provisioner.LinkFailing || state == provisioner.LinkPending; {
		case ahead && (!l.Behind() || l.State != provisioner.LinkPending):
			t.Errorf("a link that was %s is %s and behind: %t, want its work ahead", state, l.State, l.Behind())
		case !ahead && (l.Behind() || l.State != state):
			t.Errorf("a link that was %s is %s and behind: %t", state, l.State, l.Behind())
		}
	}
	result, err := s.Outcome(t.Context(), "chat", run.Since)
	if err != nil || result.Users.Created != 1 {
		t.Errorf("result %+v, %v", result, err)
	}
}

// TestCancelBeforeTheBeginning takes back the marks on links that were held or waited.
func TestCancelBeforeTheBeginning(t *testing.T) { storetest.Each(t, testCancelBeforeTheBeginning) }

func testCancelBeforeTheBeginning(t *testing.T, database string) {
	s, r := setup(t, database)
	var keys []provisioner.Key
	for i, state := range []provisioner.LinkState{provisioner.LinkHeld, provisioner.LinkWaiting, provisioner.LinkFailing, provisioner.LinkConverged} {
		id := fmt.Sprint("u", i)
		must(t, s.PutUser(t.Context(), user(t, id, id)))
		finish(t, s, chatUser(id), state, provisioner.LogEntry{})
		keys = append(keys, chatUser(id))
	}
	run := startRun(t, s, "chat")
	must(t, s.Mark(t.Context(), run, users(keys...)))
	r.take()
	must(t, s.CancelRun(t.Context(), run.ID))
	if got := r.take(); got != (provisioner.Key{App: "chat"}).String() {
		t.Errorf("cancelling has scheduled %q", got)
	}
	claims, _, err := s.Claim(t.Context(), "worker", "chat", 100)
	if err != nil || len(claims) != 3 {
		t.Errorf("%+v are due after the run was cancelled, %v; want the three that were not converged", claims, err)
	}
}

// users puts keys into the lane that they are in by nature.
func users(keys ...provisioner.Key) map[provisioner.Lane][]provisioner.Key {
	return map[provisioner.Lane][]provisioner.Key{provisioner.LaneUsers: keys}
}

// TestCancelLetsAttemptsEnd cancels a run while a worker is at links, one of which the run
// has made.
func TestCancelLetsAttemptsEnd(t *testing.T) { storetest.Each(t, testCancelLetsAttemptsEnd) }

func testCancelLetsAttemptsEnd(t *testing.T, database string) {
	s, _ := setup(t, database)
	must(t, s.PutUser(t.Context(), user(t, "u0", "u0")))
	finish(t, s, chatUser("u0"), provisioner.LinkConverged, provisioner.LogEntry{})
	run := startRun(t, s, "chat")
	must(t, s.Mark(t.Context(), run, users(chatUser("u0"), chatUser("u1"))))
	if claims, _, err := s.Claim(t.Context(), "worker", "chat", 1); err != nil || len(claims) != 0 {
		t.Fatalf("%+v are due before the run has begun, %v", claims, err)
	}
	must(t, s.Begin(t.Context(), run))
	claims, _, err := s.Claim(t.Context(), "worker", "chat", 2)
	if err != nil || len(claims) != 2 {
		t.Fatalf("claims %+v, %v", claims, err)
	}
	must(t, s.CancelRun(t.Context(), run.ID))
	for _, c := range claims {
		w, err := s.Load(t.Context(), c.Key)
		must(t, err)
		if !w.Link.Behind() {
			t.Errorf("%s is as it was while its attempt is under way", c.Key)
		}
		w.Link.State, w.Link.RemoteID, w.Link.Origin = provisioner.LinkConverged, "r-"+c.Subject, provisioner.OriginCreated
		must(t, s.Finish(t.Context(), "worker", &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired}))
	}
	links, err := s.AppLinks(t.Context(), "chat")
	must(t, err)
	for _, l := range links {
		if l.RemoteID != "r-"+l.Subject || l.Behind() {
			t.Errorf("%+v, want it as its attempt has left it", l)
		}
	}
	if len(links) != 2 {
		t.Errorf("there are %d links, want those whose attempts were under way", len(links))
	}
}

// TestRunsHaveOneWorker gives each run to one of several workers, and to another one
// when that leaves.
func TestRunsHaveOneWorker(t *testing.T) { storetest.Each(t, testRunsHaveOneWorker) }

func testRunsHaveOneWorker(t *testing.T, database string) {
	s, _ := setup(t, database)
	run := startRun(t, s, "chat")
	want := func(worker string, want ...int64) {
		t.Helper()
		if got, err := s.ClaimRuns(t.Context(), worker); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s looks after %v, %v; want %v", worker, got, err, want)
		}
	}
	want("first", run.ID)
	want("second")
	want("first", run.ID)
	must(t, s.Leave(t.Context(), "first"))
	want("second", run.ID)
	if !strings.HasPrefix(database, "postgres") { // whoever else is known to a file has died
		_, err := s.Beat(t.Context(), "third")
		must(t, err)
		want("third", run.ID)
	}
	must(t, s.CancelRun(t.Context(), run.ID))
	want("second")
}

// TestFailedAuditHidesNothing: what the last complete audit has found stays on record,
// beside why those after it have failed, however long ago that was.
func TestFailedAuditHidesNothing(t *testing.T) { storetest.Each(t, testFailedAuditHidesNothing) }

func testFailedAuditHidesNothing(t *testing.T, database string) {
	const day = 24 * time.Hour
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := store.Open(t.Context(), store.Config{Database: database, Key: []byte(storetest.Key), KeepLog: 10 * day, Now: func() time.Time { return now }})
	must(t, err)
	defer s.Close()
	for _, app := range []string{"chat", "wiki"} {
		must(t, s.PutApp(t.Context(), provisioner.App{Name: app, Endpoint: "https://" + app + ".example", Token: "t"}))
	}
	audit := func(app string, found *provisioner.Audit) {
		t.Helper()
		now = now.Add(day)
		run, err := s.StartRun(t.Context(), &provisioner.Run{App: app, Kind: provisioner.RunAudit, State: provisioner.RunRunning, Started: now, Until: now})
		must(t, err)
		if run.State, run.Audit, run.Finished = provisioner.RunDone, found, now; found == nil {
			run.State, run.Audit, run.Error = provisioner.RunFailed, &provisioner.Audit{}, "the app\ncould not be read"
		}
		must(t, s.SaveRun(t.Context(), run))
	}
	audit("chat", &provisioner.Audit{Checked: 7})
	audit("chat", &provisioner.Audit{Checked: 9, Drifted: 2, Missing: 1, Open: 3})
	found := now
	audit("chat", nil)
	audit("chat", nil)
	failed := now
	audit("wiki", &provisioner.Audit{Checked: 5})
	for _, later := range []time.Duration{0, 100 * day} {
		now = now.Add(later)
		must(t, s.Tidy(t.Context()))
		status, err := s.Status(t.Context(), "chat")
		must(t, err)
		if status.Finding != "of 9 users and groups in the app, others have changed 2 and removed 1" || !status.FoundAt.Equal(found) ||
			status.AuditFailure != "the audit failed: the app could not be read" || !status.AuditFailedAt.Equal(failed) || status.Good() {
			t.Errorf("after %s: status %+v", later, status)
		}
		done, err := s.Runs(t.Context(), provisioner.RunQuery{App: "chat", Kind: provisioner.RunAudit, State: provisioner.RunDone, Limit: 1})
		if err != nil || len(done) != 1 || done[0].Audit.Checked != 9 {
			t.Errorf("after %s: complete audits %+v, %v", later, done, err)
		}
	}
	if runs, err := s.Runs(t.Context(), provisioner.RunQuery{App: "chat"}); err != nil || len(runs) != 3 {
		t.Errorf("%d runs are left, %v, want the last that could be made and two that failed since", len(runs), err)
	}
	failing, err := s.FailingAudits(t.Context())
	if err != nil || len(failing) != 1 || !failing["chat"].Since.Equal(failed.Add(-day)) {
		t.Errorf("failing audits %+v, %v", failing, err)
	}
	// One that could be made has the last word.
	audit("chat", &provisioner.Audit{Checked: 9})
	if status, err := s.Status(t.Context(), "chat"); err != nil || !status.Good() || status.Finding+status.AuditFailure != "" {
		t.Errorf("status %+v, %v", status, err)
	}
}
