package provisioner_test

import (
	"context"
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

// people puts n users into the directory before there is an app.
func (b *bundle) people(t *testing.T, n int) {
	t.Helper()
	d := &provisioner.Directory{}
	for i := range n {
		d.Users = append(d.Users, provisioner.User{ID: fmt.Sprint("u", i), Attributes: attributes(t, userText, fmt.Sprint("n", i), true)})
	}
	if err := b.ReplaceDirectory(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// A gate stops creates at the door of an app until it is opened.
type gate struct {
	arrived atomic.Int32
	opened  chan struct{}
}

func (d *door) gate() *gate {
	g := &gate{opened: make(chan struct{})}
	d.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			g.arrived.Add(1)
			<-g.opened
		}
		return false
	})
	return g
}

// TestRunIsOnRecord checks what a run tells while it runs and once it has ended.
func TestRunIsOnRecord(t *testing.T) { // R22
	b := start(t, t.TempDir()+"/test.db")
	b.people(t, 12)
	b.app = newDoor(t)
	b.connect(t, "app", b.app)
	g := b.app.gate()
	run, err := b.engine.StartSync(t.Context(), "app", "somebody", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return g.arrived.Load() > 0 })
	now, p, err := b.engine.Run(t.Context(), run.ID)
	if err != nil || now.State != provisioner.RunRunning || !now.Ready || now.Result != nil || p.Marked != 12 || p.Active != 12 || p.Done() != 0 {
		t.Errorf("while it runs: %+v %+v %v", now, p, err)
	}
	// Whoever asks for another one gets the one there is.
	if again, err := b.engine.StartSync(t.Context(), "app", "somebody else", time.Minute); err != nil || again.ID != run.ID {
		t.Errorf("a second run beside the first: %+v, %v", again, err)
	}
	waitFor(t, func() bool {
		now, _, err := b.engine.Run(t.Context(), run.ID)
		return err == nil && now.Ready
	})
	close(g.opened)
	var seen []provisioner.RunProgress
	ended, err := b.engine.AwaitRun(t.Context(), run.ID, func(p provisioner.RunProgress) { seen = append(seen, p) })
	if err != nil || ended.State != provisioner.RunDone || ended.By != "somebody" || ended.Finished.IsZero() {
		t.Fatalf("%+v, %v", ended, err)
	}
	if last := seen[len(seen)-1]; last.Done() != 12 || last.Active != 0 {
		t.Errorf("the last progress is %+v", last)
	}
	if want := (provisioner.Tally{Created: 12}); ended.Result.Users != want {
		t.Errorf("result %+v, want %+v", ended.Result.Users, want)
	}
	requests := b.app.requests()
	if ended.Result.Requests != len(requests) {
		t.Errorf("the result counts %d requests of %d", ended.Result.Requests, len(requests))
	}
	kept, err := b.Runs(t.Context(), provisioner.RunQuery{App: "app"})
	if err != nil || len(kept) != 1 || kept[0].Result.Users.Created != 12 {
		t.Errorf("on record: %+v, %v", kept, err)
	}
	// A run with nothing to do ends as soon as it has looked.
	if r := b.sync(t, "app"); r.Users.Unchanged != 12 || r.Requests != 0 {
		t.Errorf("a run with nothing to do: %+v", r)
	}
}

// TestCancelledRun stops a run with creates on their way: they are finished, and
// nothing else is ever begun until the next run, which does the rest.
func TestCancelledRun(t *testing.T) { // R22
	b := start(t, t.TempDir()+"/test.db")
	b.people(t, 30)
	b.app = newDoor(t)
	b.connect(t, "app", b.app)
	g := b.app.gate()
	run, err := b.engine.StartSync(t.Context(), "app", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return g.arrived.Load() >= 2 })
	if run, err = b.engine.CancelRun(t.Context(), run.ID); err != nil || run.State != provisioner.RunCancelled {
		t.Fatalf("%+v, %v", run, err)
	}
	close(g.opened)
	b.settle(t, "app")
	begun := int(g.arrived.Load())
	if n := len(b.app.remote(t, "/Users")); n != begun || begun > 16 {
		t.Errorf("%d accounts of %d creates, want the few that had begun", n, begun)
	}
	if run, err = b.engine.CancelRun(t.Context(), run.ID); err != nil || run.Result.Users.Created != begun {
		t.Errorf("result %+v, %v; want %d created", run.Result, err, begun)
	}
	// Nor is it later: to an app that was never pushed all, only changes go.
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Status(t.Context(), "app"); err != nil || s.Pending != 0 {
		t.Errorf("after a sweep: %+v, %v", s, err)
	}
	r := b.sync(t, "app")
	if r.Users.Created != 30-begun || r.Users.Unchanged != begun || len(b.app.remote(t, "/Users")) != 30 {
		t.Errorf("the run after it: %+v", r.Users)
	}
}

// TestCancelLeavesOtherWork checks that a run takes back its own marks only.
func TestCancelLeavesOtherWork(t *testing.T) {
	b := setup(t)
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return r.Method != http.MethodGet
	})
	b.putUser(t, "u1", "ada.l", true) // work of its own
	waitFor(t, func() bool {
		links, err := b.AppLinks(t.Context(), "app")
		return err == nil && links[0].State == provisioner.LinkFailing
	})
	run, err := b.engine.StartSync(t.Context(), "app", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.engine.CancelRun(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	b.app.open()
	b.settle(t, "app")
	if u := b.app.remote(t, "/Users"); u[0]["userName"] != "ada.l" {
		t.Errorf("the change was lost with the run: %v", u)
	}
}

// TestChangeDuringARunSurvivesItsEnd changes somebody whom a run has marked, and then
// cancels the run.
func TestChangeDuringARunSurvivesItsEnd(t *testing.T) {
	b := start(t, t.TempDir()+"/test.db")
	b.people(t, 20)
	b.app = newDoor(t)
	b.connect(t, "app", b.app)
	g := b.app.gate()
	run, err := b.engine.StartSync(t.Context(), "app", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return g.arrived.Load() >= 2 })
	b.putUser(t, "u19", "changed", true)
	if _, err := b.engine.CancelRun(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	close(g.opened)
	b.settle(t, "app")
	if !slices.ContainsFunc(b.app.remote(t, "/Users"), func(u map[string]any) bool { return u["userName"] == "changed" }) {
		t.Error("the change went with the run")
	}
}

// TestRunOutlivesItsProcess stops an engine in the middle of a run and starts another
// on the same database: it goes on with the run, to one result.
func TestRunOutlivesItsProcess(t *testing.T) { // R22
	file := t.TempDir() + "/test.db"
	first, stop := startAt(t, file, time.Now)
	defer stop()
	first.people(t, 40)
	app := newDoor(t)
	first.connect(t, "app", app)
	var creates atomic.Int32
	ctx, die := context.WithCancel(t.Context())
	app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && creates.Add(1) == 10 {
			die()
		}
		return false
	})
	run, err := first.engine.StartSync(t.Context(), "app", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.engine.AwaitRun(ctx, run.ID, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("waiting for the run: %v", err)
	}
	stop()
	app.open()
	if n := len(app.remote(t, "/Users")); n < 10 || n == 40 {
		t.Fatalf("%d accounts were made before the end, want some", n)
	}

	second := start(t, file)
	ended, err := second.engine.AwaitRun(t.Context(), run.ID, nil)
	if err != nil || ended.State != provisioner.RunDone || ended.Result.Users.Created != 40 {
		t.Errorf("the run in the next process: %+v, %v", ended, err)
	}
	if n := len(app.remote(t, "/Users")); n != 40 {
		t.Errorf("%d accounts, want 40", n)
	}
}

// TestSyncJoinsTheQueue syncs while changes arrive: nobody is ever worked on twice at
// a time, or made twice.
func TestSyncJoinsTheQueue(t *testing.T) { // R23
	b := setup(t)
	var working, overlaps atomic.Int32
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			if working.Add(1) > 1 {
				overlaps.Add(1)
			}
			b.app.Handler.ServeHTTP(w, r)
			time.Sleep(5 * time.Millisecond)
			working.Add(-1)
			return true
		}
		return false
	})
	for i := range 5 {
		b.putUser(t, "u1", fmt.Sprint("ada", i), true)
		if _, err := b.engine.StartSync(t.Context(), "app", "", time.Second); err != nil {
			t.Fatal(err)
		}
	}
	b.sync(t, "app")
	if u := b.app.remote(t, "/Users"); len(u) != 1 || u[0]["userName"] != "ada4" || overlaps.Load() > 0 {
		t.Errorf("the app holds %v, %d overlaps", u, overlaps.Load())
	}
}

// TestRunThatCannotGoOn looks at what is said of runs that fail.
func TestRunThatCannotGoOn(t *testing.T) {
	t.Run("the app is not there", func(t *testing.T) {
		b := setup(t)
		b.app.answerWith(func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusForbidden)
			return true
		})
		var probe *provisioner.ProbeError
		if _, err := b.engine.StartSync(t.Context(), "app", "", 0); !errors.As(err, &probe) {
			t.Errorf("%v, want a ProbeError", err)
		}
		runs, err := b.Runs(t.Context(), provisioner.RunQuery{App: "app"})
		if err != nil || len(runs) != 1 || runs[0].State != provisioner.RunFailed || runs[0].Finished.IsZero() || runs[0].Probes != 1 || !strings.Contains(runs[0].Error, "403") {
			t.Errorf("runs on record: %+v, %v", runs, err)
		}
		if s, err := b.Status(t.Context(), "app"); err != nil || s.Good() || !strings.Contains(s.Unsynced, "could not begin") || !strings.Contains(s.Unsynced, "403") {
			t.Errorf("after a sync that could not begin: %+v, %v", s, err)
		}
		b.app.open()
		b.sync(t, "app")
		if s, err := b.Status(t.Context(), "app"); err != nil || !s.Good() {
			t.Errorf("after one that could: %+v, %v", s, err)
		}
	})
	t.Run("the token is refused", func(t *testing.T) { // R27
		b := setup(t)
		b.putUser(t, "u1", "ada", true)
		b.sync(t, "app")
		good := b.app.token
		b.app.token = "withdrawn"
		b.connect(t, "app", b.app)
		if c, err := b.engine.TestConnection(t.Context(), "app", false); err != nil || c.OK {
			t.Errorf("a test with a token that is refused: %+v, %v", c, err)
		}
		var probe *provisioner.ProbeError
		if _, err := b.engine.StartSync(t.Context(), "app", "", 0); !errors.As(err, &probe) || !strings.Contains(err.Error(), "401") {
			t.Errorf("%v, want what the app says", err)
		}
		if s, err := b.Status(t.Context(), "app"); err != nil || s.State != provisioner.AppPaused || s.Good() {
			t.Errorf("%+v, %v, want an app that is paused", s, err)
		}
		// Another token is tried at once, also after one that only a test has shown to be
		// refused.
		if err := b.engine.Resume(t.Context(), "app"); err != nil {
			t.Fatal(err)
		}
		if c, err := b.engine.TestConnection(t.Context(), "app", false); err != nil || c.OK {
			t.Errorf("a second test: %+v, %v", c, err)
		}
		b.app.token = good
		b.connect(t, "app", b.app)
		b.putUser(t, "u1", "ann", true)
		b.settle(t, "app")
		if u := b.app.remote(t, "/Users"); len(u) != 1 || u[0]["userName"] != "ann" {
			t.Errorf("the app holds %v", u)
		}
	})
	t.Run("the token is refused while accounts are looked for", func(t *testing.T) { // R27
		b := start(t, t.TempDir()+"/test.db")
		b.people(t, 40)
		b.app = newDoor(t)
		for i := range 40 {
			b.app.post(t, "/Users", fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "other%d"}`, i))
		}
		b.connect(t, "app", b.app)
		b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("count") == "1" {
				return false
			}
			w.WriteHeader(http.StatusUnauthorized)
			return true
		})
		run, err := b.engine.StartSync(t.Context(), "app", "", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		run, err = b.engine.AwaitRun(t.Context(), run.ID, nil)
		if err != nil || run.State != provisioner.RunFailed || run.Ready {
			t.Errorf("%+v, %v", run, err)
		}
		if a, err := b.App(t.Context(), "app"); err != nil || a.Cause != provisioner.PauseAuth {
			t.Errorf("%s %s, %v", a.State, a.Cause, err)
		}
	})
	t.Run("a token is refused that is the app's no more", func(t *testing.T) { // R27
		b := setup(t)
		b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
			if err := b.PutApp(r.Context(), provisioner.App{Name: "app", Endpoint: b.app.url, Token: "another"}); err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusUnauthorized)
			return true
		})
		var probe *provisioner.ProbeError
		if _, err := b.engine.StartSync(t.Context(), "app", "", 0); !errors.As(err, &probe) {
			t.Errorf("%v, want a ProbeError", err)
		}
		if a, err := b.App(t.Context(), "app"); err != nil || a.State != provisioner.AppActive {
			t.Errorf("%s %s, %v, want an app that goes on with its other token", a.State, a.Reason, err)
		}
	})
	t.Run("the token is withdrawn on the way", func(t *testing.T) {
		b := start(t, t.TempDir()+"/test.db")
		b.people(t, 10)
		b.app = newDoor(t)
		b.connect(t, "app", b.app)
		var posts atomic.Int32
		b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost && posts.Add(1) > 3 {
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
			return false
		})
		run, err := b.engine.StartSync(t.Context(), "app", "", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		run, err = b.engine.AwaitRun(t.Context(), run.ID, nil)
		if err != nil || run.State != provisioner.RunFailed || !strings.Contains(run.Error, "401") || run.Result.Users.Created > 3 {
			t.Errorf("%+v %+v, %v", run, run.Result, err)
		}
	})
}

// TestWhatASyncAsks counts what a sync asks before it has anything to write: nothing,
// unless the app is not known well enough.
func TestWhatASyncAsks(t *testing.T) {
	probe := []string{"GET /Users", "GET /Groups"}
	converged := func(t *testing.T) *bundle {
		t.Helper()
		b, clock := aged(t, provisioner.Settings{})
		b.putUser(t, "u1", "ada", true)
		b.putGroup(t, "g1", "staff", "u1")
		b.sync(t, "app")
		clock.ahead.Add(int64(time.Minute)) // what was just seen is believed
		b.app.requests()
		return b
	}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, b *bundle)
		want   []string
	}{
		{"nothing to do", func(*testing.T, *bundle) {}, nil},
		{"new settings that make no difference", func(t *testing.T, b *bundle) {
			b.connectWith(t, "app", b.app, provisioner.Settings{Rate: 1000})
		}, nil},
		{"a new address", func(t *testing.T, b *bundle) {
			b.app.url = strings.Replace(b.app.url, "127.0.0.1", "localhost", 1)
			b.connect(t, "app", b.app)
			waitFor(t, func() bool { // an audit looks there first
				audits, err := b.Runs(t.Context(), provisioner.RunQuery{App: "app", Kind: provisioner.RunAudit})
				return err == nil && len(audits) == 1 && audits[0].State == provisioner.RunDone
			})
		}, probe},
		{"the same address, written otherwise", func(t *testing.T, b *bundle) {
			b.app.url += "/"
			b.connect(t, "app", b.app)
		}, nil},
		{"an app that is paused", func(t *testing.T, b *bundle) {
			err := b.UpdateApp(t.Context(), "app", func(a *provisioner.App) {
				a.Pause(provisioner.Pause{Cause: provisioner.PauseEndpoint, Reason: "was not there"})
			})
			if err != nil {
				t.Fatal(err)
			}
		}, probe},
		{"an app that has shown that it has no groups", func(t *testing.T, b *bundle) {
			b.learn(t, func(l *provisioner.Learned) {
				l.Observe(provisioner.Groups, provisioner.GroupsNone, "/Groups answered 404", time.Now())
			})
		}, probe},
		{"an app of which it was known beforehand", func(t *testing.T, b *bundle) {
			b.connectWith(t, "app", b.app, provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.Groups: provisioner.GroupsNone}})
			b.learn(t, func(l *provisioner.Learned) {
				l.ProbedAt = time.Now()
				l.Observe(provisioner.Groups, provisioner.GroupsNone, "/Groups answered 404", time.Now())
			})
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := converged(t)
			test.change(t, b)
			b.app.requests()
			r := b.sync(t, "app")
			wantRequests(t, b.app, test.want...)
			if r.Users.Unchanged != 1 || r.Requests != len(test.want) {
				t.Errorf("the result is %+v", r)
			}
			b.sync(t, "app")
			wantRequests(t, b.app) // it is known by now
		})
	}
}

func (b *bundle) learn(t *testing.T, learn func(*provisioner.Learned)) {
	t.Helper()
	if err := b.UpdateApp(t.Context(), "app", func(a *provisioner.App) { learn(&a.Learned) }); err != nil {
		t.Fatal(err)
	}
}
