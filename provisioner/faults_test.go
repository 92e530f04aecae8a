package provisioner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
)

// quick are the waits of tests in which much goes wrong, by the real clock.
func quick() provisioner.Config {
	return provisioner.Config{
		Backoff: provisioner.Backoff{Base: 2 * time.Millisecond, Max: 20 * time.Millisecond},
		Jitter:  func() float64 { return 0.01 },
	}
}

// TestFaultsInBetween: the app goes wrong, in one way after the other, with a part of
// the requests, or with all of them for a while.
func TestFaultsInBetween(t *testing.T) {
	for name, rules := range map[string][]fault.Rule{
		"429":                     {{Kind: fault.Status, Status: 429}},
		"503":                     {{Kind: fault.Status, Status: 503}},
		"503 in a burst":          {{Kind: fault.Status, Status: 503, Times: 25}, {Kind: fault.Status, Status: 503, Skip: 40, Times: 25}},
		"500":                     {{Kind: fault.Status, Status: 500}},
		"500 after":               {{Kind: fault.Status, Status: 500, Applied: true}},
		"no answer":               {{Kind: fault.Hang}},
		"no answer after":         {{Kind: fault.Hang, Applied: true}},
		"reset":                   {{Kind: fault.Reset}},
		"reset after":             {{Kind: fault.Reset, Applied: true}},
		"lost reply":              {{Kind: fault.Drop, Applied: true}},
		"half of an answer":       {{Kind: fault.Truncate}},
		"a page of a proxy":       {{Kind: fault.HTML}},
		"a page after":            {{Kind: fault.HTML, Applied: true}},
		"a page that says 200":    {{Kind: fault.HTML, Status: 200}},
		"a page that says 404":    {{Kind: fault.HTML, Status: 404, Method: "POST"}, {Kind: fault.HTML, Status: 404, Method: "PATCH"}},
		"redirect":                {{Kind: fault.Redirect, Location: "http://127.0.0.1:1"}},
		"a gateway that was late": {{Kind: fault.Status, Status: 504, Applied: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMoody(t)
			for i := range rules {
				if rules[i].Times == 0 {
					rules[i].Probability, rules[i].Seed, rules[i].Times = 0.2, uint64(i), -1
				}
			}
			endure(t, m, m.URL(), func() { m.fail(rules...) }, func() { m.fail() })
		})
	}
}

// endure pushes a directory and its changes into an app while something is wrong with
// it, or with the way to it. In the end the app holds exactly the directory, everything
// was made once, somebody else's account is as it was, and the requests stay within
// bounds.
func endure(t *testing.T, m *moody, url string, hurt, heal func()) {
	t.Helper()
	const users = 25
	m.seedForeign()
	config := quick()
	config.Timeout = 250 * time.Millisecond
	r := newRig(t, rigConfig{engine: config, realTime: true})
	hurt()
	r.connectTo("app", url, m.Token(), provisioner.Settings{})
	r.put(users, "a", nil)
	r.putGroup("g1", 0, users/2)
	r.putGroup("g2", users/2, users)
	r.patiently()
	r.change(users, "b", func(i int) bool { return i%5 == 0 })
	r.putGroup("g1", 5, users)
	r.patiently()
	heal()
	r.patiently()

	m.wantUsers(users, "b", func(i int) bool { return i%5 != 0 })
	m.wantMembers("g1", 5, users)
	m.wantMembers("g2", users/2, users)
	for id, n := range m.made() {
		if n > 1 {
			t.Errorf("%s was made %d times", id, n)
		}
	}
	// Without faults it takes about 3 requests for each user and each group. Where the app
	// asks for fewer, whatever is under way begins anew.
	if n := r.engine.Requests("app"); n > 20*users {
		t.Errorf("it took %d requests", n)
	}
}

// patiently waits until all is settled, and has a paused app looked after at once.
func (r *rig) patiently() {
	r.t.Helper()
	r.until("all links of the app are settled", func() bool {
		app := r.app("app")
		if app.State == provisioner.AppPaused {
			if app.Cause != provisioner.PauseEndpoint && app.Cause != provisioner.PauseAuth {
				r.t.Fatalf("the app is paused (%s): %s", app.Cause, app.Reason)
			}
			if err := r.engine.Resume(r.t.Context(), "app"); err != nil {
				r.t.Fatal(err)
			}
		}
		p, err := r.Progress(r.t.Context(), "app")
		return err == nil && p.Total > 0 && p.Settled == p.Total
	})
}

// change gives users u0, u1 … a title one after the other.
func (r *rig) change(n int, title string, disabled func(i int) bool) {
	r.t.Helper()
	for i := range n {
		if err := r.PutUser(r.t.Context(), titled(r.t, i, title, !disabled(i))); err != nil {
			r.t.Fatal(err)
		}
	}
}

// putGroup makes a group of the users from one number up to another.
func (r *rig) putGroup(id string, from, to int) {
	r.t.Helper()
	g := provisioner.Group{ID: id, Attributes: attributes(r.t, `{"displayName": %q}`, id)}
	for i := from; i < to; i++ {
		g.Members = append(g.Members, fmt.Sprint("u", i))
	}
	if err := r.PutGroup(r.t.Context(), g); err != nil {
		r.t.Fatal(err)
	}
}
