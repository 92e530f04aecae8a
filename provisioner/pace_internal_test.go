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
