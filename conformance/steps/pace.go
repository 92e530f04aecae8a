package steps

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A pace spaces the requests of a run, waits for a target that asks for time, and
// notices when one has stopped taking part. All copies of a [Target] share one.
type pace struct {
	// every is the time between two requests, zero for none.
	every time.Duration

	mu sync.Mutex
	// next is when the next request may leave.
	next time.Time
	// refusals and failures count, in a row, the answers that the target cannot do it now
	// and the requests that had none.
	refusals, failures int
	// asked is how long the target wanted to be left alone when it was too long to wait
	// for, last the last failure.
	asked time.Duration
	last  error
}

const (
	// longestWait is how long a target is waited for.
	longestWait = 30 * time.Second
	// mostRefusals and mostFailures, in a row, are the end of a run.
	mostRefusals = 6
	mostFailures = 3
)

func newPace(perSecond float64) *pace {
	p := &pace{}
	if perSecond > 0 {
		p.every = time.Duration(float64(time.Second) / perSecond)
	}
	return p
}

// wait waits until n requests may leave.
func (p *pace) wait(ctx context.Context, n int) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(time.Duration(n) * p.every)
	p.mu.Unlock()
	if at.Equal(now) {
		return ctx.Err()
	}
	return sleep(ctx, at.Sub(now))
}

// heard takes down an answer. If it asks for time, nobody sends anything before that
// time is over (RFC 9110 section 10.2.3).
func (p *pace) heard(a *Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
	if !busy(a) {
		p.refusals, p.asked = 0, 0
		return
	}
	p.refusals++
	if !asksForTime(a) {
		return
	}
	wait := retryAfter(a, time.Second)
	if wait > longestWait {
		p.asked = wait
		return
	}
	if until := time.Now().Add(wait); until.After(p.next) {
		p.next = until
	}
}

// unheard takes down a request without an answer, unless the run itself has ended it.
func (p *pace) unheard(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures++
	p.last = err
}

// silence is why the last request had no answer, nil if it had one.
func (p *pace) silence() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == 0 {
		return nil
	}
	return p.last
}

// trouble says why there is no use in going on, nil if there is.
func (p *pace) trouble() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.asked > 0:
		return fmt.Errorf("the target wants to be left alone for %s: run again after that, or with a lower rate", p.asked.Round(time.Second))
	case p.refusals >= mostRefusals:
		return fmt.Errorf("the target has answered %d requests in a row with 429 or 503, however long it was waited for: run again later, or with a lower rate", p.refusals)
	case p.failures >= mostFailures:
		return fmt.Errorf("the target has not answered %d requests in a row: %w", p.failures, p.last)
	default:
		return nil
	}
}

// busy reports whether an answer says that the target cannot do it now.
func busy(a *Answer) bool {
	return a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable
}

// asksForTime reports whether an answer says to come back later.
func asksForTime(a *Answer) bool {
	return a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != ""
}

// retryAfter returns how long the answer asks to wait, otherwise the given time.
func retryAfter(a *Answer, otherwise time.Duration) time.Duration {
	wait := otherwise
	text := a.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return max(wait, 0)
}
