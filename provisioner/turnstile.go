package provisioner

import (
	"context"
	"slices"
	"sync"
)

// A turnstile lets a limited number of attempts through at a time, those of a lower
// lane first, and in a lane those that came first. The zero turnstile lets nobody
// through.
type turnstile struct {
	mu      sync.Mutex
	places  int
	taken   int
	waiting [Lanes][]chan struct{}
}

// enter waits for a place. The error is the cause for which ctx ended.
func (t *turnstile) enter(ctx context.Context, lane Lane) error {
	t.mu.Lock()
	if t.taken < t.places {
		t.taken++
		t.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	t.waiting[lane] = append(t.waiting[lane], turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting[lane], turn); i >= 0 {
		t.waiting[lane] = slices.Delete(t.waiting[lane], i, i+1)
	} else { // its turn came at the same moment
		t.taken--
		t.admit()
	}
	return context.Cause(ctx)
}

// leave gives a place back.
func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken--
	t.admit()
}

// widen sets how many places there are. Who is through already stays.
func (t *turnstile) widen(places int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.places = places
	t.admit()
}

func (t *turnstile) admit() {
	for lane := range t.waiting {
		for t.taken < t.places && len(t.waiting[lane]) > 0 {
			t.taken++
			close(t.waiting[lane][0])
			t.waiting[lane] = t.waiting[lane][1:]
		}
	}
}
