package provisioner

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// TestR14_OldRecord: what was read of an app before it asked for fewer requests, and
// comes in after, does not end the pause.
func TestR14_OldRecord(t *testing.T) {
	now := time.Now()
	e := New(Config{Store: struct{ Store }{}, Now: func() time.Time { return now }})
	p := e.paceOf("app")
	old := &App{Name: "app", State: AppActive, Revision: 1}
	throttled := &App{Name: "app", State: AppThrottled, Revision: 2, Limit: Limit{Concurrency: 2, PausedUntil: now.Add(time.Minute)}}
	p.follow(throttled)
	p.follow(old)
	if !p.isPaused() || p.concurrency != 2 {
		t.Errorf("paused %t, %d requests may be in flight, want true and 2", p.isPaused(), p.concurrency)
	}
	p.follow(&App{Name: "app", State: AppActive, Revision: 3, Limit: Limit{Concurrency: 2}})
	if p.isPaused() {
		t.Error("the pause goes on although a newer record has ended it")
	}
	// Whoever wrote it may have had another clock.
	p.follow(&App{Name: "app", State: AppThrottled, Revision: 4, Limit: Limit{Concurrency: 2, PausedUntil: now.Add(1000 * time.Hour)}})
	if wait := p.next().Sub(now); wait != scimclient.MaxRetryAfter {
		t.Errorf("nothing is sent for %s, want %s at the most", wait, scimclient.MaxRetryAfter)
	}
}

// noApp is a store that knows no app.
type noApp struct{ Store }

func (noApp) UpdateApp(context.Context, string, func(*App)) error { return ErrNotFound }

// TestR14_NobodySlipsOut: whoever waits for the place of a request gets it once it is
// known what the answer to that said, and is not sent after a refusal.
func TestR14_NobodySlipsOut(t *testing.T) {
	var p *pace
	looked := false
	e := New(Config{Store: noApp{}, Jitter: func() float64 { return 1 }, Now: func() time.Time {
		if p != nil && !looked {
			looked = true
			p.requests.mu.Lock()
			defer p.requests.mu.Unlock()
			if waiting := len(p.requests.waiting[LaneUsers]); waiting != 1 {
				t.Errorf("%d requests wait while the answer is looked at, want 1", waiting)
			}
		}
		return time.Unix(1, 0)
	}})
	g := gate{pace: e.paceOf("app"), lane: LaneUsers}
	g.requests.widen(1)
	if err := g.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() { second <- g.Enter(t.Context()) }()
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		g.requests.mu.Lock()
		waiting = len(g.requests.waiting[LaneUsers])
		g.requests.mu.Unlock()
	}
	p = g.pace
	g.Leave(t.Context(), time.Unix(2, 0), time.Second, &scimclient.Error{Status: http.StatusTooManyRequests})
	if err := <-second; !isThrottled(err) || !looked {
		t.Errorf("the one that waited got %v, want that nothing is sent", err)
	}
}

// TestLanesAtTheLimit: where as many requests are in flight as may be, the next place is a
// goodbye's, however long the others have waited, and a user's before a group's.
func TestLanesAtTheLimit(t *testing.T) {
	var stile turnstile
	stile.widen(1)
	if err := stile.enter(t.Context(), LaneUsers); err != nil {
		t.Fatal(err)
	}
	through := make(chan string)
	come := func(who string, lane Lane) {
		t.Helper()
		waiting := func() int {
			stile.mu.Lock()
			defer stile.mu.Unlock()
			return len(stile.waiting[lane])
		}
		before := waiting()
		go func() {
			if err := stile.enter(t.Context(), lane); err == nil {
				through <- who
			}
		}()
		for waiting() == before {
			time.Sleep(time.Millisecond)
		}
	}
	come("a group", LaneGroups)
	come("a user", LaneUsers)
	come("another user", LaneUsers)
	come("a goodbye", LaneGoodbye)
	come("another goodbye", LaneGoodbye)
	for _, want := range []string{"a goodbye", "another goodbye", "a user", "another user", "a group"} {
		stile.leave()
		if got := <-through; got != want {
			t.Fatalf("%s is let through, want %s", got, want)
		}
	}
}

// oneApp is a store that knows one app.
type oneApp struct {
	Store
	app App
}

func (s *oneApp) UpdateApp(_ context.Context, _ string, change func(*App)) error {
	change(&s.app)
	s.app.Revision++
	return nil
}

// TestR14_SlowAnswers: an app whose answers take more than twice as long as they did, and
// not just a little while, is asked half as much at a time.
func TestR14_SlowAnswers(t *testing.T) {
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		usual, later time.Duration
		want         int
		// late is what is wanted once those have come in that were under way.
		late int
	}{
		"three times as long":                {200 * ms, 600 * ms, 4, 4},
		"twice as long":                      {200 * ms, 400 * ms, 10, 11},
		"four times as long, and still soon": {50 * ms, 200 * ms, 10, 11},
	} {
		store := &oneApp{app: App{Name: "app", State: AppActive, Limit: Limit{Concurrency: 8}}}
		now := time.Unix(1000, 0)
		e := New(Config{Store: store, Now: func() time.Time { return now }})
		p := e.paceOf("app")
		p.follow(&store.app)
		g := gate{pace: p, lane: LaneUsers}
		for _, took := range []time.Duration{test.usual, test.later} {
			for range cleanAnswers {
				if err := g.Enter(t.Context()); err != nil {
					t.Fatal(err)
				}
				began := now
				now = now.Add(took)
				g.Leave(t.Context(), began, took, nil)
			}
		}
		if got := store.app.Limit.Concurrency; got != test.want {
			t.Errorf("%s: %d requests may be in flight, want %d", name, got, test.want)
		}
		for range cleanAnswers {
			if err := g.Enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			g.Leave(t.Context(), now.Add(-ms), test.later, nil)
		}
		if got := store.app.Limit.Concurrency; got != test.late {
			t.Errorf("%s: %d requests may be in flight after late answers, want %d", name, got, test.late)
		}
	}
}
