package provisioner

import (
	"testing"
	"time"
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
