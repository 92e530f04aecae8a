package mocktarget

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Clock tells the time of one tenant: timestamps of resources, the expiry of
// cursors and tokens and the times in the journal go by it. It begins as the
// server's clock, [Config].Now; from then on it can be stopped, set and moved
// without touching any other tenant. How long a request takes and how long
// [Tenant.Await] waits is real time.
type Clock struct {
	base     func() time.Time
	setting  sync.Mutex // one change at a time; reading takes no lock
	state    atomic.Pointer[clockState]
	adjusted func()
}

// A clockState says how to read a clock: a frozen one stands at a time, a running one
// has ticked on from it since. The zero clockState shows the base.
type clockState struct {
	frozen bool
	at     time.Time
	since  time.Time // by the base
}

// ClockState is what a [Clock] shows.
type ClockState struct {
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"`
}

// String returns the state for people.
func (s ClockState) String() string {
	text := s.Now.Format(time.RFC3339Nano)
	if s.Frozen {
		text += ", frozen"
	}
	return text
}

// newClock returns a clock that tells of each change.
func newClock(base func() time.Time, adjusted func()) *Clock {
	c := &Clock{base: base, adjusted: adjusted}
	c.state.Store(new(clockState))
	return c
}

// Now returns the time, in UTC.
func (c *Clock) Now() time.Time { return c.state.Load().now(c.base) }

func (s *clockState) now(base func() time.Time) time.Time {
	if s.frozen {
		return s.at
	}
	now := base()
	if !s.since.IsZero() {
		now = s.at.Add(now.Sub(s.since))
	}
	return now.Round(0).UTC() // to be compared with times that were set
}

// State returns the time and whether it stands still.
func (c *Clock) State() ClockState {
	s := c.state.Load()
	return ClockState{Now: s.now(c.base), Frozen: s.frozen}
}

// Freeze stops the clock where it is.
func (c *Clock) Freeze() {
	c.adjust(func(now time.Time, _ bool) (time.Time, bool) { return now, true })
}

// Run lets a frozen clock tick again from where it stands.
func (c *Clock) Run() {
	c.adjust(func(now time.Time, _ bool) (time.Time, bool) { return now, false })
}

// Set puts the clock to a time, which may be an earlier one. It goes on running, or
// standing, as before.
func (c *Clock) Set(to time.Time) {
	c.adjust(func(_ time.Time, frozen bool) (time.Time, bool) { return to, frozen })
}

// Advance moves the clock forward, or back if by is negative. It goes on running,
// or standing, as before.
func (c *Clock) Advance(by time.Duration) {
	c.adjust(func(now time.Time, frozen bool) (time.Time, bool) { return now.Add(by), frozen })
}

// adjust replaces the state by one that shows another time.
func (c *Clock) adjust(change func(now time.Time, frozen bool) (time.Time, bool)) {
	c.setting.Lock()
	defer c.setting.Unlock()
	base := c.base()
	before := c.state.Load()
	at, frozen := change(before.now(func() time.Time { return base }), before.frozen)
	c.state.Store(&clockState{frozen: frozen, at: at.UTC(), since: base})
	c.adjusted()
}
