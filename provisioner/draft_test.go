package provisioner_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// drafted is a rig whose app was connected to a directory of n people.
func drafted(t *testing.T, n int, settings provisioner.Settings) (*rig, *moody) {
	t.Helper()
	r, m := newRig(t, rigConfig{}), newMoody(t)
	r.put(n, "a", nil)
	r.connect("app", m, settings)
	return r, m
}

// firstSync makes the first sync of a draft, and waits until it has ended.
func (r *rig) firstSync() *provisioner.Run {
	r.t.Helper()
	run, err := r.engine.StartSync(r.t.Context(), "app", "test", time.Minute)
	must(r.t, err)
	run, err = r.engine.AwaitRun(r.t.Context(), run.ID, nil)
	must(r.t, err)
	return run
}

func (r *rig) wantState(state provisioner.AppState, cause provisioner.PauseCause, reason string) {
	r.t.Helper()
	if a := r.app("app"); a.State != state || a.Cause != cause || !strings.Contains(a.Reason, reason) {
		r.t.Errorf("the app is %s %q, %q; want %s %q, %q", a.State, a.Cause, a.Reason, state, cause, reason)
	}
}

// TestDraftIsSentNothing: an app that is connected to a directory with people is asked
// nothing, whatever happens, until its first sync. That gives it everything, and what
// changes from then on reaches it by itself.
func TestDraftIsSentNothing(t *testing.T) {
	r, m := drafted(t, 3, provisioner.Settings{})
	r.wantState(provisioner.AppDraft, "", "look at the plan, then sync")
	r.putUser(1, "b")
	r.put(6, "b", nil)
	must(t, r.DeleteUser(t.Context(), "u5"))
	r.putGroup("g", 0, 2)
	r.connect("app", m, provisioner.Settings{Rate: 1000})
	must(t, r.Sweep(t.Context()))
	for range 3 {
		r.advance(13*time.Hour, "app")
		r.tend()
	}
	if got := m.requests(); len(got) > 0 {
		t.Errorf("a draft was asked %q", got)
	}
	if s, err := r.Status(t.Context(), "app"); err != nil || s.Good() || !strings.Contains(s.Unsynced, "is to give it 5 of the directory's users") {
		t.Errorf("the status of a draft with people to give: %+v, %v", s, err)
	}
	if alerts := r.app("app").Alerts; len(alerts) > 0 {
		t.Errorf("alerts about a draft: %v", alerts)
	}
	if run := r.firstSync(); run.State != provisioner.RunDone || run.Result.Users.Created != 5 || run.Result.Groups.Created != 1 {
		t.Errorf("the first sync: %+v %+v", run, run.Result)
	}
	r.wantState(provisioner.AppActive, "", "")
	r.putUser(4, "c")
	r.putUser(4, "b")
	r.settle("app")
	m.wantUsers(5, "b", nil)
	m.wantMembers("g", 0, 2)
	if s, err := r.Status(t.Context(), "app"); err != nil || !s.Good() {
		t.Errorf("the status afterwards: %+v, %v", s, err)
	}
}

// TestStart: when changes begin to reach a new app by themselves, by its settings and by
// whether there is somebody for it when it is connected.
func TestStart(t *testing.T) {
	nobody := provisioner.Scope{Groups: []string{"g"}}
	for _, test := range []struct {
		name   string
		people int
		scope  provisioner.Scope
		start  provisioner.StartPolicy
		want   provisioner.AppState
		good   bool
	}{
		{"nobody is there", 0, provisioner.Scope{}, "", provisioner.AppActive, true},
		{"nobody has access", 2, nobody, "", provisioner.AppActive, true},
		{"somebody has access", 2, provisioner.Scope{}, "", provisioner.AppDraft, false},
		{"somebody has access, by name of the default", 2, provisioner.Scope{}, provisioner.StartAuto, provisioner.AppDraft, false},
		{"nobody is there, and it is to be reviewed", 0, provisioner.Scope{}, provisioner.StartReview, provisioner.AppDraft, true},
		{"somebody has access, and it is to be reviewed", 2, provisioner.Scope{}, provisioner.StartReview, provisioner.AppDraft, false},
		{"somebody has access, and it is to start at once", 2, provisioner.Scope{}, provisioner.StartAtOnce, provisioner.AppActive, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, m := newRig(t, rigConfig{}), newMoody(t)
			r.put(test.people, "a", nil)
			r.putGroup("g", 0, 0)
			r.connect("app", m, provisioner.Settings{Start: test.start, Scope: test.scope})
			if got := r.app("app").State; got != test.want {
				t.Errorf("it is %s, want %s", got, test.want)
			}
			if s, err := r.Status(t.Context(), "app"); err != nil || s.Good() != test.good {
				t.Errorf("good is %t, want %t: %+v, %v", s.Good(), test.good, s, err)
			}
			r.putUser(9, "a")
			must(t, r.AddMember(t.Context(), "g", "u9"))
			if test.want == provisioner.AppDraft {
				r.firstSync()
				r.putUser(9, "b")
			}
			r.until("who comes reaches the app", func() bool { return m.made()["u9"] == 1 })
		})
	}
	settings := provisioner.Settings{Start: "later"}
	if err := settings.Validate(); err == nil || !strings.Contains(err.Error(), `start is "later"`) {
		t.Errorf("a policy that there is not: %v", err)
	}
}

// A reading is what a first sync asks of an app before it writes anything.
type reading struct {
	come, answered chan struct{}
}

// keep has the app keep its answer to requests for so many users until let go.
func (d *door) keep(count string) *reading {
	k := &reading{come: make(chan struct{}, 100), answered: make(chan struct{})}
	d.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("count") == count {
			k.come <- struct{}{}
			<-k.answered
		}
		return false
	})
	return k
}

const oneResource, aPage = "1", "100"

// brownfield is a draft for twenty people, of an app that has three accounts of others.
func brownfield(t *testing.T) *bundle {
	t.Helper()
	b := start(t, t.TempDir()+"/test.db")
	b.people(t, 20)
	b.app = newDoor(t)
	for i := range 3 {
		b.app.post(t, "/Users", fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "other%d"}`, i))
	}
	b.connect(t, "app", b.app)
	return b
}

// A firstSync is one under way, of an app that has accounts already.
type firstSync struct {
	*bundle
	run  chan *provisioner.Run // nil if it could not begin
	kept *reading
}

// inFirstSync begins the first sync of a draft and has it stop where the app is asked for
// so many users.
func inFirstSync(t *testing.T, count string) *firstSync {
	t.Helper()
	b := brownfield(t)
	s := &firstSync{bundle: b, run: make(chan *provisioner.Run, 1), kept: b.app.keep(count)}
	go func() {
		run, _ := b.engine.StartSync(t.Context(), "app", "test", time.Minute)
		s.run <- run
	}()
	<-s.kept.come
	b.app.requests()
	return s
}

// goOn lets the sync go on, and returns the run, nil if it could not begin.
func (s *firstSync) goOn(t *testing.T) *provisioner.Run {
	t.Helper()
	s.app.open()
	close(s.kept.answered)
	run := <-s.run
	if run == nil {
		return nil
	}
	run, err := s.engine.AwaitRun(t.Context(), run.ID, nil)
	if errors.Is(err, provisioner.ErrNotFound) {
		return nil // went with its app
	}
	must(t, err)
	return run
}

// TestFirstSyncTells: an app is testing while its first sync finds out how it answers,
// planning while that reads what it has, and active once that begins to write.
func TestFirstSyncTells(t *testing.T) {
	for count, want := range map[string]provisioner.AppState{oneResource: provisioner.AppTesting, aPage: provisioner.AppPlanning} {
		t.Run(string(want), func(t *testing.T) {
			s := inFirstSync(t, count)
			if state, _ := s.state(t, "app"); state != want {
				t.Errorf("the app is %s, want %s", state, want)
			}
			s.putUser(t, "late", "late", true)
			if w := s.app.writes(); len(w) > 0 {
				t.Errorf("%s, the app was written to: %q", want, w)
			}
			if run := s.goOn(t); run == nil || run.State != provisioner.RunDone {
				t.Errorf("the run ends as %+v", run)
			}
			if state, _ := s.state(t, "app"); state != provisioner.AppActive {
				t.Errorf("afterwards the app is %s", state)
			}
			s.settle(t, "app")
			if n := len(s.app.remote(t, "/Users")); n != 24 {
				t.Errorf("the app has %d users, want 3 of its own and 21", n)
			}
		})
	}
}

// TestDoneToADraft: what somebody does to an app that waits for its first sync, or is in
// it, does something sensible in each of the states, and writes nothing to the app.
func TestDoneToADraft(t *testing.T) {
	type states struct{ draft, testing, planning provisioner.AppState }
	const (
		draft, tested, planned = provisioner.AppDraft, provisioner.AppTesting, provisioner.AppPlanning
		active, paused         = provisioner.AppActive, provisioner.AppPaused
	)
	stays := states{draft, tested, planned}
	for _, test := range []struct {
		name string
		do   func(t *testing.T, b *bundle)
		// then is the state right afterwards, ends the one when a sync that was under way
		// has ended.
		then, ends states
	}{
		{"plan", func(t *testing.T, b *bundle) {
			if plan := b.plan(t); len(plan.Changes) != 20 {
				t.Errorf("the plan has %d changes, want 20", len(plan.Changes))
			}
		}, stays, states{draft, active, active}},
		{"test", func(t *testing.T, b *bundle) {
			if c, err := b.engine.TestConnection(t.Context(), "app", false); err != nil || !c.OK {
				t.Errorf("%+v, %v", c, err)
			}
		}, states{draft, draft, planned}, states{draft, active, active}},
		{"audit", func(t *testing.T, b *bundle) {
			run, err := b.engine.StartAudit(t.Context(), "app", "test", false)
			must(t, err)
			run, err = b.engine.AwaitRun(t.Context(), run.ID, nil)
			if err != nil || run.State != provisioner.RunDone || run.Audit.Foreign != 3 {
				t.Errorf("%+v, %v", run, err)
			}
		}, stays, states{draft, active, active}},
		{"approve", func(t *testing.T, b *bundle) {
			if n, err := b.Approve(t.Context(), "app"); err != nil || n != 0 {
				t.Errorf("%d goodbyes were approved, %v", n, err)
			}
		}, stays, states{draft, active, active}},
		{"pause", func(t *testing.T, b *bundle) { must(t, b.engine.Pause(t.Context(), "app", "")) },
			states{paused, paused, paused}, states{paused, paused, paused}},
		{"pause and resume", func(t *testing.T, b *bundle) {
			must(t, b.engine.Pause(t.Context(), "app", ""))
			must(t, b.engine.Resume(t.Context(), "app"))
		}, states{draft, draft, draft}, states{draft, active, active}},
		{"resume", func(t *testing.T, b *bundle) { must(t, b.engine.Resume(t.Context(), "app")) },
			stays, states{draft, active, active}},
		{"connect again", func(t *testing.T, b *bundle) { b.connect(t, "app", b.app) },
			stays, states{draft, active, active}},
		{"connect elsewhere", func(t *testing.T, b *bundle) {
			b.app.url = strings.Replace(b.app.url, "127.0.0.1", "localhost", 1)
			b.connect(t, "app", b.app)
		}, stays, states{draft, active, active}},
		{"give it to nobody", func(t *testing.T, b *bundle) {
			b.connectWith(t, "app", b.app, provisioner.Settings{Scope: provisioner.Scope{Nobody: true}})
		}, stays, states{draft, active, active}},
		{"start at once", func(t *testing.T, b *bundle) {
			b.connectWith(t, "app", b.app, provisioner.Settings{Start: provisioner.StartAtOnce})
		}, states{active, active, active}, states{active, active, active}},
		{"cancel", func(t *testing.T, b *bundle) {
			runs, err := b.Runs(t.Context(), provisioner.RunQuery{App: "app", Kind: provisioner.RunSync})
			must(t, err)
			for _, run := range runs {
				_, err := b.engine.CancelRun(t.Context(), run.ID)
				must(t, err)
			}
		}, states{draft, tested, draft}, states{draft, active, draft}},
		{"remove", func(t *testing.T, b *bundle) {
			_, err := b.engine.Remove(t.Context(), "app", provisioner.PartDelete, false)
			must(t, err)
		}, states{"gone", "gone", "gone"}, states{"gone", "gone", "gone"}},
	} {
		state := func(t *testing.T, b *bundle) provisioner.AppState {
			t.Helper()
			app, err := b.App(t.Context(), "app")
			if errors.Is(err, provisioner.ErrNotFound) {
				return "gone"
			}
			must(t, err)
			return app.State
		}
		while := func(count string, then, ends provisioner.AppState) func(*testing.T) {
			return func(t *testing.T) {
				s := inFirstSync(t, count)
				s.app.open() // for what is asked from now on
				test.do(t, s.bundle)
				if got := state(t, s.bundle); got != then {
					t.Errorf("it is %s, want %s", got, then)
				}
				if w := s.app.writes(); len(w) > 0 && then != active {
					t.Errorf("the app was written to: %q", w)
				}
				s.goOn(t)
				if got := state(t, s.bundle); got != ends {
					t.Errorf("in the end it is %s, want %s", got, ends)
				}
				if n := len(s.app.remote(t, "/Users")); n != 3 && (ends == draft || ends == paused || ends == "gone") {
					t.Errorf("the app has %d users, want its own 3", n)
				}
			}
		}
		t.Run(test.name+"/draft", func(t *testing.T) {
			b := brownfield(t)
			test.do(t, b)
			if got := state(t, b); got != test.then.draft {
				t.Errorf("it is %s, want %s", got, test.then.draft)
			}
			if w := b.app.writes(); len(w) > 0 {
				t.Errorf("the app was written to: %q", w)
			}
		})
		t.Run(test.name+"/testing", while(oneResource, test.then.testing, test.ends.testing))
		t.Run(test.name+"/planning", while(aPage, test.then.planning, test.ends.planning))
	}
}

// TestFirstSyncThatCannotBegin: an app whose first sync does not come to doing anything
// is a draft afterwards and says why, also once it goes on that it was paused for that;
// the next one does everything.
func TestFirstSyncThatCannotBegin(t *testing.T) {
	begin := func(r *rig) error {
		run, err := r.engine.StartSync(r.t.Context(), "app", "test", time.Minute)
		if err == nil {
			_, err = r.engine.AwaitRun(r.t.Context(), run.ID, nil)
		}
		return err
	}
	for _, test := range []struct {
		name   string
		rule   fault.Rule
		state  provisioner.AppState
		cause  provisioner.PauseCause
		reason string
	}{
		{"the app does not let it read", fault.Rule{Kind: fault.Status, Status: 403, Path: "/Users", Detail: "not you"}, provisioner.AppDraft, "", "its first sync could not begin: "},
		{"the app is not there", fault.Rule{Kind: fault.Reset}, provisioner.AppDraft, "", "its first sync could not begin: "},
		{"the token is refused", fault.Rule{Kind: fault.Status, Status: 401}, provisioner.AppPaused, provisioner.PauseAuth, "refuses the token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, m := drafted(t, 3, provisioner.Settings{})
			test.rule.Times = -1
			m.fail(test.rule)
			if err := begin(r); !errors.As(err, new(*provisioner.ProbeError)) {
				t.Errorf("the sync: %v", err)
			}
			r.wantState(test.state, test.cause, test.reason)
			if s, err := r.Status(t.Context(), "app"); err != nil || s.Good() || !strings.Contains(s.Unsynced, "the last sync could not begin: ") {
				t.Errorf("%+v, %v", s, err)
			}
			m.fail()
			r.advance(20*time.Minute, "app")
			r.tend()
			r.putUser(1, "b")
			r.wantState(provisioner.AppDraft, "", "")
			if made := m.made(); len(made) > 0 {
				t.Errorf("the app was given %v", made)
			}
			r.firstSync()
			r.putUser(1, "a")
			r.settle("app")
			m.wantUsers(3, "a", nil)
		})
	}
	t.Run("what the app has cannot be read", func(t *testing.T) {
		b := brownfield(t)
		b.app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("count") == aPage {
				panic(http.ErrAbortHandler)
			}
			return false
		})
		run, err := b.engine.StartSync(t.Context(), "app", "test", 0)
		must(t, err)
		if run, err = b.engine.AwaitRun(t.Context(), run.ID, nil); err != nil || run.State != provisioner.RunFailed || run.Ready {
			t.Errorf("%+v, %v", run, err)
		}
		if a, err := b.App(t.Context(), "app"); err != nil || a.State != provisioner.AppDraft || !strings.Contains(a.Reason, "its first sync could not begin: ") {
			t.Errorf("the app is %s %q, %v", a.State, a.Reason, err)
		}
		b.app.open()
		if r := b.sync(t, "app"); r.Users.Created != 20 {
			t.Errorf("the next sync: %+v", r)
		}
	})
	t.Run("whoever wants it goes away", func(t *testing.T) {
		b := brownfield(t)
		kept := b.app.keep(oneResource)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := b.engine.StartSync(ctx, "app", "somebody", 0)
			ended <- err
		}()
		<-kept.come
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		close(kept.answered)
		if state, _ := b.state(t, "app"); state != provisioner.AppDraft {
			t.Errorf("the app is %s", state)
		}
		if r := b.sync(t, "app"); r.Users.Created != 20 {
			t.Errorf("the next sync: %+v", r)
		}
	})
}

// TestFirstSyncOfAProcessThatDied: no app stays in a state that nobody leaves. A first
// sync that was found to be able to begin is taken up; one that was not is to be wanted
// again.
func TestFirstSyncOfAProcessThatDied(t *testing.T) {
	r, m := drafted(t, 3, provisioner.Settings{})
	file := storetest.SQLite(t)
	must(t, r.Snapshot(t.Context(), file))
	r.stop()
	idle := storetest.Open(t, file)
	engine := provisioner.New(provisioner.Config{Store: idle, PrivateNetwork: true})
	run, err := engine.StartSync(t.Context(), "app", "test", time.Minute)
	must(t, err)
	if a, err := idle.App(t.Context(), "app"); err != nil || a.State != provisioner.AppPlanning {
		t.Errorf("the app is %+v, %v", a, err)
	}
	must(t, idle.Close())
	r = newRig(t, rigConfig{database: file, realTime: true})
	run, err = r.engine.AwaitRun(t.Context(), run.ID, nil)
	if err != nil || run.State != provisioner.RunDone || run.Result.Users.Created != 3 {
		t.Errorf("%+v, %v", run, err)
	}
	r.wantState(provisioner.AppActive, "", "")
	m.wantUsers(3, "a", nil)

	r, m = drafted(t, 3, provisioner.Settings{})
	must(t, r.UpdateApp(t.Context(), "app", func(a *provisioner.App) { a.State = provisioner.AppTesting }))
	r.advance(time.Minute)
	r.wantState(provisioner.AppTesting, "", "")
	r.advance(5 * time.Minute)
	r.wantState(provisioner.AppDraft, "", "look at the plan, then sync")
	must(t, r.UpdateApp(t.Context(), "app", func(a *provisioner.App) { a.State = provisioner.AppTesting }))
	r.advance(-time.Hour) // the clock was ahead
	r.wantState(provisioner.AppDraft, "", "look at the plan, then sync")
	if got := m.requests(); len(got) > 0 {
		t.Errorf("the app was asked %q", got)
	}
	r.firstSync()
	m.wantUsers(3, "a", nil)
}

// TestR14_ThrottledForNothing: an app that has asked for fewer requests, and of which
// there is nothing to ask, is active again some time after the pause that it has asked
// for, and is not asked for that.
func TestR14_ThrottledForNothing(t *testing.T) {
	r, m := newRig(t, rigConfig{}), newMoody(t)
	r.connect("app", m, provisioner.Settings{})
	r.put(1, "a", nil)
	r.settle("app")
	m.fail(fault.Rule{Kind: fault.Status, Status: 429, RetryAfter: "30", Times: -1})
	if _, err := r.engine.Remote(t.Context(), "app", provisioner.KindUser, r.link("u0").RemoteID); err == nil {
		t.Error("the app was not throttled")
	}
	m.fail()
	m.tenant.ClearJournal()
	r.wantState(provisioner.AppThrottled, "", "asked for fewer requests (429)")
	r.advance(5*time.Minute, "app")
	r.tend()
	r.wantState(provisioner.AppThrottled, "", "")
	r.advance(time.Minute, "app")
	r.tend()
	r.wantState(provisioner.AppActive, "", "")
	if got := m.requests(); len(got) > 0 {
		t.Errorf("the app was asked %q", got)
	}
	r.putUser(0, "b")
	r.settle("app")
	m.wantUsers(1, "b", nil)
}
