package provisioner_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// always is the jitter of a rig whose waits are as long as they can be.
func always() float64 { return 1 }

// TestR14_ThrottledAppIsLeftAlone has an app ask for fewer requests, in every way that
// apps do. Nothing is sent until it may be, nothing counts as a failure, fewer requests
// are in flight from then on, and in the end everything has arrived, once.
func TestR14_ThrottledAppIsLeftAlone(t *testing.T) {
	const users = 30
	for name, test := range map[string]struct {
		rule  fault.Rule
		waits time.Duration
	}{
		"seconds":                  {busy(429, "30"), 30 * time.Second},
		"a date":                   {busy(429, "+90s"), 90 * time.Second},
		"an absurd time":           {busy(429, "99999999999"), scimclient.MaxRetryAfter},
		"nonsense":                 {busy(429, "soon"), time.Second},
		"a time that is past":      {busy(429, "-5"), time.Second},
		"no time":                  {busy(429, ""), time.Second},
		"503 with a time":          {busy(503, "30"), 30 * time.Second},
		"500 that means 429":       {fault.Rule{Kind: fault.Status, Status: 500, RetryAfter: "30", Detail: "REQUEST_LIMIT_EXCEEDED", Method: http.MethodPatch}, 30 * time.Second},
		"403 that means 429":       {fault.Rule{Kind: fault.Status, Status: 403, Detail: "API rate limit exceeded", Method: http.MethodPatch}, time.Second},
		"after it was carried out": {fault.Rule{Kind: fault.Status, Status: 429, RetryAfter: "30", Method: http.MethodPatch, Applied: true}, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMoody(t)
			r := newRig(t, rigConfig{engine: provisioner.Config{Jitter: always}})
			r.connect("app", m, provisioner.Settings{})
			r.put(users, "a", nil)
			r.settle("app")
			m.tenant.ClearJournal()
			test.rule.Times = -1
			m.fail(test.rule)

			r.put(users, "b", nil)
			r.until("the app is on record as throttled", func() bool { return r.app("app").State == provisioner.AppThrottled })
			r.until("nothing is under way", func() bool { return r.claimed("app") == 0 })
			inFlight := len(m.requests())
			if inFlight > 4 {
				t.Errorf("%d requests were sent before the first answer, want 4 at the most", inFlight)
			}
			app := r.app("app")
			if got := app.Limit.PausedUntil.Sub(r.clock.Now()); got > test.waits+time.Second || got < test.waits-time.Second {
				t.Errorf("the app is left alone for %s, want %s", got, test.waits)
			}
			if app.Limit.Concurrency != 2 {
				t.Errorf("%d requests may be in flight, want half of 4", app.Limit.Concurrency)
			}
			entries, err := r.Log(t.Context(), provisioner.LogQuery{App: "app", Failed: true})
			if err != nil || len(entries) == 0 {
				t.Errorf("the log has %d attempts that were put off, %v", len(entries), err)
			}
			for _, e := range entries {
				if e.NextAttempt.Sub(app.Limit.PausedUntil).Abs() > time.Second {
					t.Errorf("the log says of %s that it is tried again at %s, and the app is left alone until %s", e.Key, e.NextAttempt, app.Limit.PausedUntil)
				}
			}
			r.advance(test.waits/2, "app")
			r.putUser(0, "c")
			if more := m.requests()[inFlight:]; len(more) > 0 {
				t.Errorf("the app was not left alone: %q", more)
			}
			for _, l := range r.links("app") {
				if l.Attempts > 0 || l.State.Failed() {
					t.Errorf("%s is %s after %d attempts: being throttled is no failure", l.Key, l.State, l.Attempts)
				}
			}
			m.fail()
			r.advance(test.waits/2+2*time.Second, "app")
			r.settle("app")
			r.putUser(0, "b")
			r.settle("app")
			m.wantUsers(users, "b", nil)
			if app := r.app("app"); app.State != provisioner.AppActive {
				t.Errorf("the app is %s: %s", app.State, app.Reason)
			}
		})
	}
}

// TestR14_NoWaitGrows: an app that asks for fewer requests again and again, without
// saying for how long, is left alone for twice as long each time, up to a minute.
func TestR14_NoWaitGrows(t *testing.T) {
	m := newMoody(t)
	r := newRig(t, rigConfig{engine: provisioner.Config{Jitter: always}})
	r.connect("app", m, provisioner.Settings{Concurrency: 1})
	r.put(1, "a", nil)
	r.settle("app")
	m.fail(fault.Rule{Kind: fault.Status, Status: 429, Method: http.MethodPatch, Times: -1})
	r.putUser(0, "b")
	var waits []time.Duration
	for range 8 {
		r.until("the app is left alone", func() bool { return r.app("app").Limit.PausedUntil.After(r.clock.Now()) })
		wait := r.app("app").Limit.PausedUntil.Sub(r.clock.Now())
		waits = append(waits, wait)
		r.advance(wait, "app")
	}
	want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}
	for i := range want {
		want[i] *= time.Second
	}
	if !slices.Equal(waits, want) {
		t.Errorf("the waits are %v, want %v", waits, want)
	}
}

// TestR14_ConcurrencyGrowsAndIsKept pushes many users into an app that watches how many
// requests it has at a time: never more than are allowed at that moment, more when all
// goes well, and never more than the settings say.
func TestR14_ConcurrencyGrowsAndIsKept(t *testing.T) {
	for _, most := range []int{0, 6} {
		t.Run(fmt.Sprint("settings say ", most), func(t *testing.T) {
			t.Parallel()
			m := newMoody(t, fault.Rule{Kind: fault.Latency, Milliseconds: 2, Times: -1})
			crowd := newCrowd(t, m)
			r := newRig(t, rigConfig{})
			r.connectTo("app", crowd.url, m.Token(), provisioner.Settings{Concurrency: most})
			r.put(800, "a", nil)
			r.settle("app")
			want := most
			if most == 0 {
				want = 16
			}
			if got := r.app("app").Limit.Concurrency; got != want {
				t.Errorf("%d requests may be in flight after 800 that went well, want %d", got, want)
			}
			if crowd.most() > want || crowd.most() < want/2 {
				t.Errorf("there were %d requests at a time, want up to %d", crowd.most(), want)
			}
			if first := crowd.mostOf(50); first > 4 {
				t.Errorf("there were %d of the first 50 requests at a time, want 4 at the most", first)
			}
		})
	}
}

// TestR14_AnotherEndpointIsAnotherApp: how many requests an app takes at a time says
// nothing of the one that is at another endpoint.
func TestR14_AnotherEndpointIsAnotherApp(t *testing.T) {
	old, m := newMoody(t), newMoody(t, fault.Rule{Kind: fault.Latency, Milliseconds: 2, Times: -1})
	crowd := newCrowd(t, m)
	r := newRig(t, rigConfig{})
	r.connect("app", old, provisioner.Settings{})
	must(t, r.UpdateApp(t.Context(), "app", func(a *provisioner.App) { a.Limit.Concurrency = 16 }))
	r.put(1, "a", nil)
	r.settle("app")
	r.connectTo("app", crowd.url, m.Token(), provisioner.Settings{})
	r.put(200, "a", nil)
	r.settle("app")
	if n := len(m.tenant.Resources("User")); n != 199 {
		t.Errorf("the app has %d users, want the 199 that are new", n)
	}
	if first := crowd.mostOf(50); first > 4 {
		t.Errorf("there were %d of the first 50 requests at a time, want 4 at the most", first)
	}
}

// TestR14_LimitHoldsAcrossProcesses has three processes push into one app: together
// they have no more requests in flight than one process would have.
func TestR14_LimitHoldsAcrossProcesses(t *testing.T) {
	database := storetest.Postgres(t)
	m := newMoody(t, fault.Rule{Kind: fault.Latency, Milliseconds: 5, Times: -1})
	crowd := newCrowd(t, m)
	var rigs []*rig
	for range 3 {
		rigs = append(rigs, newRig(t, rigConfig{database: database}))
	}
	rigs[0].connectTo("app", crowd.url, m.Token(), provisioner.Settings{Concurrency: 6})
	working := 0
	for round := 0; working < 2; round++ {
		// Who is new holds back until the others know of it.
		if round == 100 {
			t.Fatalf("%d of 3 processes have done something", working)
		}
		title := fmt.Sprint("round ", round)
		rigs[0].put(300, title, nil)
		rigs[0].settle("app")
		m.wantUsers(300, title, nil)
		working = 0
		for _, r := range rigs {
			if r.engine.Requests("app") > 0 {
				working++
			}
		}
	}
	if crowd.most() > 6 {
		t.Errorf("there were %d requests at a time, want 6 at the most", crowd.most())
	}
}

// TestR14_ThrottleHoldsAcrossProcesses: what an app asks of one process, the other one
// does too.
func TestR14_ThrottleHoldsAcrossProcesses(t *testing.T) {
	database := storetest.Postgres(t)
	m := newMoody(t)
	clock := &clock{now: time.Now().Truncate(time.Millisecond)}
	first := newRig(t, rigConfig{database: database, clock: clock})
	first.connect("app", m, provisioner.Settings{})
	first.put(2, "a", nil)
	first.settle("app")
	m.fail(fault.Rule{Kind: fault.Status, Status: 429, RetryAfter: "600", Method: http.MethodPatch, Times: 1})
	first.putUser(0, "b")
	first.until("the app is on record as throttled", func() bool { return first.app("app").State == provisioner.AppThrottled })
	first.stop()
	asked := len(m.requests())

	second := newRig(t, rigConfig{database: database, clock: clock})
	second.putUser(1, "b")
	second.until("the second process knows", func() bool { room, _ := second.engine.Room(t.Context(), "app"); return room == 0 })
	if got := m.requests()[asked:]; len(got) > 0 {
		t.Errorf("the app was asked %q while it wanted to be left alone", got)
	}
	second.advance(600*time.Second, "app")
	second.settle("app")
	m.wantUsers(2, "b", nil)
}

// TestRateAcrossProcesses: places in the row of requests are given out one each time
// the interval is over, whichever process asks.
func TestRateAcrossProcesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		const every = 100 * time.Millisecond
		first := storetest.Open(t, database)
		stores := []*store.Store{first}
		if strings.HasPrefix(database, "postgres") {
			stores = append(stores, storetest.Open(t, database))
		}
		if err := first.PutApp(t.Context(), provisioner.App{Name: "app", Endpoint: "https://app.example", Token: "t"}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for i := range 20 {
			wait, err := stores[i%len(stores)].Reserve(t.Context(), "app", every)
			if err != nil {
				t.Fatal(err)
			}
			// A turn is never earlier than its place in the row.
			if turn := time.Since(began) + wait; turn < time.Duration(i)*every {
				t.Errorf("turn %d comes after %s", i, turn)
			}
		}
	})
}

// TestRateIsKept pushes into an app whose settings allow few requests a second, and
// looks at when they arrive.
func TestRateIsKept(t *testing.T) {
	const rate, users = 100, 40
	m := newMoody(t)
	crowd := newCrowd(t, m)
	r := newRig(t, rigConfig{realTime: true})
	r.connectTo("app", crowd.url, m.Token(), provisioner.Settings{Rate: rate})
	r.put(users, "a", nil)
	r.settle("app")
	m.wantUsers(users, "a", nil)
	// Requests arrive late, and then close to the next ones: any ten intervals have
	// eleven requests, and some that were late.
	if took := crowd.times[len(crowd.times)-1].Sub(crowd.times[0]); took < (users-10)*time.Second/rate {
		t.Errorf("%d requests took %s, want %s at least", users, took, users*time.Second/rate)
	}
}

// TestGoodbyeOvertakes has a thousand changes wait at an app when somebody is disabled,
// and somebody taken out of a group: those requests are the first.
func TestGoodbyeOvertakes(t *testing.T) {
	m := newMoody(t)
	r := newRig(t, rigConfig{})
	r.connect("app", m, provisioner.Settings{Concurrency: 1})
	r.put(3, "a", nil)
	staff := provisioner.Group{ID: "g", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u1", "u2"}}
	if err := r.PutGroup(t.Context(), staff); err != nil {
		t.Fatal(err)
	}
	r.settle("app")
	if err := r.engine.Pause(t.Context(), "app", ""); err != nil {
		t.Fatal(err)
	}
	m.tenant.ClearJournal()
	waiting := &provisioner.Directory{Groups: []provisioner.Group{staff}}
	for i := range 1000 {
		waiting.Users = append(waiting.Users, titled(t, i, "b", true))
	}
	if err := r.ReplaceDirectory(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	if err := r.PutUser(t.Context(), titled(t, 2, "b", false)); err != nil {
		t.Fatal(err)
	}
	if err := r.RemoveMember(t.Context(), "g", "u1"); err != nil {
		t.Fatal(err)
	}
	if err := r.engine.Resume(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	r.until("some requests have been sent", func() bool { return len(m.requests()) >= 10 })
	journal := m.tenant.Journal()
	for _, want := range []string{`"active","value":false`, `"remove"`} {
		place := slices.IndexFunc(journal, func(e *mocktarget.Entry) bool { return strings.Contains(e.Request.Body, want) })
		// A group and a person take two requests, and twice as many attempts begin as
		// requests may be in flight.
		if place < 0 || place > 3 {
			t.Errorf("the request with %s has the place %d: %q", want, place+1, m.requests()[:10])
		}
	}
}

// TestSlowAppHoldsUpNobody: when an app hangs and has taken all the room there is, the
// others go on.
func TestSlowAppHoldsUpNobody(t *testing.T) {
	slow, quick := newMoody(t, fault.Rule{Kind: fault.Hang, Times: -1}), newMoody(t)
	r := newRig(t, rigConfig{queue: queue.Config{Total: 4}})
	r.connect("slow", slow, provisioner.Settings{})
	r.connect("quick", quick, provisioner.Settings{})
	if err := r.UpdateApp(t.Context(), "quick", func(a *provisioner.App) { a.Pause(provisioner.Pause{Cause: provisioner.PauseAdmin}) }); err != nil {
		t.Fatal(err)
	}
	r.put(50, "a", nil)
	r.until("the slow app is busy", func() bool { return r.claimed("slow") >= 4 })
	if err := r.engine.Resume(t.Context(), "quick"); err != nil {
		t.Fatal(err)
	}
	r.settle("quick")
	quick.wantUsers(50, "a", nil)
	if p, err := r.Progress(t.Context(), "slow"); err != nil || p.Settled > 0 {
		t.Errorf("the slow app has settled %d links (%v), although it hangs", p.Settled, err)
	}
}

// A crowd is a door to a mock at which the requests are counted that are inside.
type crowd struct {
	url string

	mu      sync.Mutex
	inside  int
	crowded []int // how many were inside, at each arrival
	times   []time.Time
}

func newCrowd(t *testing.T, m *moody) *crowd {
	t.Helper()
	c := &crowd{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.inside++
		c.crowded, c.times = append(c.crowded, c.inside), append(c.times, time.Now())
		c.mu.Unlock()
		m.Server().ServeHTTP(w, r)
		c.mu.Lock()
		c.inside--
		c.mu.Unlock()
	}))
	t.Cleanup(server.Close)
	c.url = server.URL + "/scim/v2"
	return c
}

// most returns how many requests were inside at a time at the most.
func (c *crowd) most() int { return c.mostOf(len(c.crowded)) }

// mostOf is most of the first n requests.
func (c *crowd) mostOf(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Max(c.crowded[:n])
}

// A watch notes how much time each request is given, by the kind of its resource.
type watch struct {
	mu    sync.Mutex
	given map[string]time.Duration
}

func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	if deadline, ok := r.Context().Deadline(); ok {
		w.mu.Lock()
		w.given[r.Method+" "+strings.Split(strings.TrimPrefix(r.URL.Path, "/scim/v2/"), "/")[0]] = time.Until(deadline).Round(10 * time.Second)
		w.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestTimeGiven: a request has half a minute, and one about a group, which may be large,
// a whole one.
func TestTimeGiven(t *testing.T) {
	m, w := newMoody(t), &watch{given: map[string]time.Duration{}}
	r := newRig(t, rigConfig{engine: provisioner.Config{Transport: w}})
	r.connect("app", m, provisioner.Settings{})
	r.put(1, "a", nil)
	if err := r.PutGroup(t.Context(), provisioner.Group{ID: "g", Attributes: attributes(t, `{"displayName": "staff"}`), Members: []string{"u0"}}); err != nil {
		t.Fatal(err)
	}
	r.settle("app")
	w.mu.Lock()
	defer w.mu.Unlock()
	for request, want := range map[string]time.Duration{"POST Users": 30 * time.Second, "POST Groups": time.Minute} {
		if got := w.given[request]; got != want {
			t.Errorf("%s is given %s, want %s: %v", request, got, want, w.given)
		}
	}
}
