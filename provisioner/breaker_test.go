package provisioner_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
)

func (r *rig) tend() {
	r.t.Helper()
	if err := r.engine.Tend(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// paused waits until the app is paused for a cause and nothing is under way.
func (r *rig) paused(app string, cause provisioner.PauseCause) {
	r.t.Helper()
	r.until(fmt.Sprintf("%s is paused (%s)", app, cause), func() bool {
		a := r.app(app)
		return a.State == provisioner.AppPaused && a.Cause == cause && r.claimed(app) == 0
	})
}

// wantProbes moves the clock on in steps and checks when the app is asked whether it
// can go on: by one request each time, and by nothing else.
func (r *rig) wantProbes(m *moody, waits ...time.Duration) {
	r.t.Helper()
	for _, wait := range waits {
		m.tenant.ClearJournal()
		r.advance(wait-time.Second, "app")
		r.tend()
		if got := m.requests(); len(got) > 0 {
			r.t.Errorf("the app is asked %q a second before %s are over", got, wait)
		}
		r.advance(time.Second, "app")
		r.tend()
		r.tend()
		if got := m.requests(); len(got) != 1 || !strings.HasPrefix(got[0], "GET /Users?") {
			r.t.Errorf("after %s the app is asked %q, want one look at the users", wait, got)
		}
	}
}

// TestBreakerPausesAnAppThatIsDown: an app that fails whatever it is asked is paused
// after ten failures, asked again less and less often, and goes on by itself. Nothing
// is lost, and nothing is made twice.
func TestBreakerPausesAnAppThatIsDown(t *testing.T) {
	for name, rule := range map[string]fault.Rule{
		"500":               {Kind: fault.Status, Status: 500},
		"a page":            {Kind: fault.HTML, Status: 503},
		"reset":             {Kind: fault.Reset},
		"reset after":       {Kind: fault.Reset, Applied: true},
		"no answer":         {Kind: fault.Drop},
		"half of an answer": {Kind: fault.Truncate},
		"a redirect":        {Kind: fault.Redirect, Location: "http://127.0.0.1:1"},
		"a login page":      {Kind: fault.HTML, Status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const users = 20
			m := newMoody(t)
			r := newRig(t, rigConfig{})
			r.connect("app", m, provisioner.Settings{})
			r.put(1, "a", nil)
			r.settle("app")
			rule.Times = -1
			m.fail(rule)
			r.put(users, "b", nil)
			r.paused("app", provisioner.PauseEndpoint)
			// Ten failures, and what was in flight with the last of them.
			if n := len(m.requests()); n > 30 {
				t.Errorf("%d requests were sent to an app that is down", n)
			}
			r.wantProbes(m, 30*time.Second, time.Minute, 2*time.Minute, 4*time.Minute, 8*time.Minute, 15*time.Minute, 15*time.Minute)
			m.fail()
			r.advance(15*time.Minute, "app")
			r.tend()
			r.settle("app")
			m.wantUsers(users, "b", nil)
		})
	}
}

// TestBreakerEndsAtAnAppThatListsNobody: an app that was down goes on once it answers, also
// if what it answers is that it does not list its users.
func TestBreakerEndsAtAnAppThatListsNobody(t *testing.T) {
	const users = 12
	m := newMoody(t)
	r := newRig(t, rigConfig{})
	r.connect("app", m, provisioner.Settings{})
	r.put(users, "a", nil)
	r.settle("app")
	unlisted := fault.Rule{Kind: fault.Status, Status: 405, Method: "GET", Path: "/Users", Times: -1}
	m.fail(unlisted, fault.Rule{Kind: fault.Status, Status: 500, Method: "PATCH", Times: -1})
	r.put(users, "b", nil)
	r.paused("app", provisioner.PauseEndpoint)
	m.fail(unlisted)
	r.advance(30*time.Second, "app")
	r.tend()
	r.advance(time.Hour, "app")
	r.settle("app")
	m.wantUsers(users, "b", nil)
}

// TestBreakerSparesTheOthers: one subject that an app breaks down at is no reason to
// pause it, however often that is (R6). Acceptance test 11.
func TestBreakerSparesTheOthers(t *testing.T) {
	const users = 60
	m := newMoody(t)
	r := newRig(t, rigConfig{})
	r.connect("app", m, provisioner.Settings{})
	r.put(users, "a", nil)
	r.settle("app")
	poisoned := r.link("u7").RemoteID
	m.fail(fault.Rule{Kind: fault.Status, Status: 500, Method: "PATCH", Path: "/Users/" + poisoned, Times: -1})
	r.put(users, "b", nil)
	for tries := 1; tries <= 12; tries++ {
		r.until("all but one are settled", func() bool {
			p, err := r.Progress(t.Context(), "app")
			return err == nil && p.Settled == users-1 && r.link("u7").Attempts == tries
		})
		if tries < 12 {
			r.advance(2*time.Hour, "app")
		}
	}
	if app := r.app("app"); app.State != provisioner.AppActive {
		t.Errorf("the app is %s: %s", app.State, app.Reason)
	}
	m.fail()
	r.advance(2*time.Hour, "app")
	r.settle("app")
	m.wantUsers(users, "b", nil)
}

// TestR27_RefusedTokenInTheMiddle: an app that stops to accept the token is paused at
// the first 401, and goes on by itself once it accepts it again.
func TestR27_RefusedTokenInTheMiddle(t *testing.T) {
	const users = 40
	m := newMoody(t, fault.Rule{Kind: fault.Status, Status: 401, Method: "POST", Skip: 10, Times: -1}, fault.Rule{
		Kind: fault.Status, Status: 401, Method: "GET", Skip: 2, Times: 3})
	r := newRig(t, rigConfig{})
	r.connect("app", m, provisioner.Settings{})
	r.advance(time.Second)
	r.put(users, "a", nil)
	r.paused("app", provisioner.PauseAuth)
	refused := 0
	for _, e := range m.tenant.Journal() {
		if e.Response.Status == 401 {
			refused++
		}
	}
	if refused < 1 || refused > 4 {
		t.Errorf("%d requests were sent with a token that is refused, want those in flight: 4 at the most", refused)
	}
	r.wantProbes(m, 15*time.Minute, 15*time.Minute)
	if app := r.app("app"); app.Cause != provisioner.PauseAuth || !strings.Contains(app.Reason, "token") {
		t.Errorf("the app is %s (%s): %s", app.State, app.Cause, app.Reason)
	}
	m.fail()
	r.advance(15*time.Minute, "app")
	r.tend()
	r.settle("app")
	m.wantUsers(users, "a", nil)
}

// TestR27_NewToken: an app that refuses the token goes on at once when it is given
// another one.
func TestR27_NewToken(t *testing.T) {
	m := newMoody(t)
	r := newRig(t, rigConfig{})
	r.connectTo("app", m.URL(), "an-old-token", provisioner.Settings{})
	r.put(5, "a", nil)
	r.paused("app", provisioner.PauseAuth)
	r.advance(time.Second)
	r.connect("app", m, provisioner.Settings{})
	r.settle("app")
	m.wantUsers(5, "a", nil)
}

// TestDownAppThatRefusesTheToken: an app that comes back without accepting the token
// is paused for that reason from then on.
func TestDownAppThatRefusesTheToken(t *testing.T) {
	m := newMoody(t)
	r := newRig(t, rigConfig{})
	r.connect("app", m, provisioner.Settings{})
	r.put(20, "a", nil)
	r.settle("app")
	m.fail(fault.Rule{Kind: fault.Status, Status: 500, Times: -1})
	r.put(20, "b", nil)
	r.paused("app", provisioner.PauseEndpoint)
	m.fail(fault.Rule{Kind: fault.Status, Status: 401, Times: 1})
	r.wantProbes(m, 30*time.Second)
	r.paused("app", provisioner.PauseAuth)
	r.advance(15*time.Minute-time.Second, "app")
	m.tenant.ClearJournal()
	r.tend()
	if got := m.requests(); len(got) > 0 {
		t.Errorf("the app is asked %q a second too early", got)
	}
	r.advance(time.Second, "app")
	r.tend() // it goes on at once
	r.settle("app")
	m.wantUsers(20, "b", nil)
}
