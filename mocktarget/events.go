package mocktarget

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Event is something that happened to a tenant: an exchange, or what its keeper
// did beside the exchanges, such as a reset.
type Event struct {
	Mark Mark      `json:"mark"`
	Kind EventKind `json:"kind"`
	Time time.Time `json:"time"` // by the tenant's clock
	// Detail says more, such as the name of the state that was restored.
	Detail string `json:"detail,omitempty"`
	// Exchange is the entry of the journal; nil unless Kind is [EventExchange].
	Exchange *Entry `json:"exchange,omitempty"`
	// Violation is nil unless Kind is [EventViolation].
	Violation *Violation `json:"violation,omitempty"`
}

// An EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	EventExchange  EventKind = "exchange"
	EventViolation EventKind = "violation" // a write broke an invariant
	EventReset     EventKind = "reset"     // all resources were deleted
	EventSeed      EventKind = "seed"      // resources were added
	EventRestore   EventKind = "restore"   // an earlier state was put back
	EventSave      EventKind = "save"      // a state was kept under a name
	EventSettings  EventKind = "settings"  // it behaves differently from now on
	EventClock     EventKind = "clock"     // its clock was stopped, started or set
	EventForget    EventKind = "forget"    // the journal was emptied
)

// A Mark is a place in the events of a tenant: that of the exchange numbered Seq,
// or of the Nth event beside the exchanges that follows it. As text it is "17" or
// "17.2". The zero Mark is before everything.
type Mark struct {
	Seq uint64
	Nth int
}

// String returns the mark as text.
func (m Mark) String() string {
	if m.Nth == 0 {
		return strconv.FormatUint(m.Seq, 10)
	}
	return fmt.Sprintf("%d.%d", m.Seq, m.Nth)
}

// MarshalText returns the mark as text.
func (m Mark) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what [Mark.MarshalText] wrote.
func (m *Mark) UnmarshalText(text []byte) error {
	parsed, err := ParseMark(string(text))
	if err == nil {
		*m = parsed
	}
	return err
}

// ParseMark reads a mark from text.
func ParseMark(text string) (Mark, error) {
	seq, nth, more := strings.Cut(text, ".")
	var m Mark
	var err error
	if m.Seq, err = strconv.ParseUint(seq, 10, 64); err == nil && more {
		m.Nth, err = strconv.Atoi(nth)
	}
	if err != nil || m.Nth < 0 {
		return Mark{}, fmt.Errorf("%q is no mark: it looks like 17 or 17.2", clip(text))
	}
	return m, nil
}

// Compare returns which of two marks comes first, as [cmp.Compare] does.
func (m Mark) Compare(other Mark) int {
	return cmp.Or(cmp.Compare(m.Seq, other.Seq), cmp.Compare(m.Nth, other.Nth))
}

// mostEvents is how many events beside the exchanges are kept.
const mostEvents = 1000

// Events returns what happened to the tenant after a mark, oldest first, as far as
// it is kept, and a channel that is closed when more happens. A mark beyond the
// newest event, which must come from another life of the tenant, counts as zero.
func (t *Tenant) Events(after Mark) ([]Event, <-chan struct{}) {
	more := t.journal.added.wait()
	return t.journal.eventsAfter(after), more
}

// LastMark returns the place of the newest event.
func (t *Tenant) LastMark() Mark {
	t.journal.mu.Lock()
	defer t.journal.mu.Unlock()
	return t.journal.lastMark()
}

// happened notes an event beside the exchanges.
func (t *Tenant) happened(kind EventKind, detail string) {
	t.note(Event{Kind: kind, Detail: detail})
}

// note gives an event its place and its time.
func (t *Tenant) note(e Event) {
	j := t.journal
	e.Time = t.clock.Now()
	j.mu.Lock()
	e.Mark = j.lastMark()
	e.Mark.Nth++
	j.events = append(j.events, e)
	if len(j.events) > mostEvents {
		j.events = slices.Delete(j.events, 0, len(j.events)-mostEvents)
	}
	j.mu.Unlock()
	j.added.broadcast()
}

// lastMark is called with the lock held.
func (j *journal) lastMark() Mark {
	if n := len(j.events); n > 0 && j.events[n-1].Mark.Seq == j.next {
		return j.events[n-1].Mark
	}
	return Mark{Seq: j.next}
}

func (j *journal) eventsAfter(after Mark) []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	if after.Compare(j.lastMark()) > 0 {
		after = Mark{}
	}
	var list []Event
	for _, e := range j.newer(after.Seq) {
		list = append(list, Event{Mark: Mark{Seq: e.Seq}, Kind: EventExchange, Time: e.Time, Exchange: e})
	}
	for _, e := range j.events {
		if e.Mark.Compare(after) > 0 {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b Event) int { return a.Mark.Compare(b.Mark) })
	return list
}
