package provisioner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A Limit is how fast an app may be asked, as all processes know it.
type Limit struct {
	// Concurrency is how many requests may be in flight, 0 if that is not known yet.
	Concurrency int
	// PausedUntil is until when nothing is sent, since the app has asked for that.
	PausedUntil time.Time
}

const (
	// firstConcurrency is how many requests are in flight at an app that is new.
	firstConcurrency = 4
	// mostConcurrency is how many there are at the most, unless the settings say so.
	mostConcurrency = 16
	// cleanAnswers is how many answers without trouble allow one more.
	cleanAnswers = 50
	// slowAnswer is how long answers have to take, on the average, before it means
	// anything that they take twice as long as they did.
	slowAnswer = 250 * time.Millisecond
	// haltedFor is how long nothing is sent at the most after the app was found to be one
	// to pause. It is paused before that.
	haltedFor = time.Minute
	// longestThrottle is the longest wait after the app has asked for fewer requests
	// without saying when to go on.
	longestThrottle = time.Minute
	// attemptsAhead is how many attempts are under way for each request that may be in
	// flight.
	attemptsAhead = 4
	// rateAhead is how far ahead of their requests attempts begin at an app whose
	// settings bound the rate.
	rateAhead = 5 * time.Second
)

// concurrency returns how many requests may be in flight at the most.
func (s *Settings) concurrency() int {
	if s.Concurrency == 0 {
		return mostConcurrency
	}
	return s.Concurrency
}

// A pace is how fast this process asks one app: it finds out how many requests at a
// time the app takes well, one more after some that went well, half as many after one
// that did not. What it finds out it shares with the other processes.
type pace struct {
	engine *Engine
	app    string
	// requests lets as many requests through as may be in flight; turn lets one
	// through at a time to wait until the settings' rate allows it.
	requests, turn turnstile

	mu          sync.Mutex
	endpoint    string // "" if the app was not asked yet
	concurrency int    // of all processes together
	most        int
	rate        float64 // requests a second, 0 for no bound
	workers     int     // processes
	slowed      bool    // the app is on record as throttled
	// until is when a pause ends. known is the end on record that it comes from: the
	// clock that it is written by may be set while the pause lasts.
	until, known time.Time
	revision     int64 // of the record that is known
	// halted is when the app refused the credential, or was found to be out of order, and
	// halting the one or the other: then nothing more is sent until the app was paused for
	// it and goes on, or has other secrets.
	halted    time.Time
	halting   string
	secrets   secrets
	throttles int       // times the app has asked for fewer requests, in a row
	halved    time.Time // requests that began before say nothing new
	clean     int       // answers since the concurrency changed
	took      time.Duration
	usual     time.Duration // what the average answer takes, 0 if not known
	outage    outage
}

// paceOf returns the pace of an app.
func (e *Engine) paceOf(app string) *pace {
	if p, ok := e.paces.Load(app); ok {
		return p.(*pace)
	}
	p := &pace{engine: e, app: app, workers: max(int(e.workers.Load()), 1), concurrency: firstConcurrency, most: mostConcurrency}
	p.turn.widen(1)
	p.requests.widen(p.share())
	actual, _ := e.paces.LoadOrStore(app, p)
	return actual.(*pace)
}

// follow takes over what is on record about an app.
func (p *pace) follow(app *App) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.endpoint != app.Endpoint && app.Revision >= p.revision {
		p.restart(app.Endpoint)
	}
	p.most, p.rate = app.Settings.concurrency(), app.Settings.Rate
	p.slowed = app.State == AppThrottled
	secrets := app.secrets()
	if goesOn := app.State != AppPaused && !app.StateSince.Before(fullMillis(p.halted)); goesOn || !reflect.DeepEqual(secrets, p.secrets) {
		p.halted = time.Time{}
	}
	p.secrets = secrets
	p.adopt(app)
}

// restart forgets what is known of an app that was at another endpoint, where there is
// another app now. The lock is held.
func (p *pace) restart(endpoint string) {
	p.endpoint, p.concurrency = endpoint, firstConcurrency
	p.halted, p.outage = time.Time{}, outage{}
	p.throttles, p.clean, p.took, p.usual = 0, 0, 0, 0
}

// adopt takes over the limit that is on record, unless a newer one is known. The lock
// is held.
func (p *pace) adopt(app *App) {
	if app.Revision < p.revision {
		return
	}
	p.revision = app.Revision
	l := app.Limit
	if l.Concurrency > 0 {
		p.concurrency = l.Concurrency
	}
	p.concurrency = max(min(p.concurrency, p.most), 1)
	p.requests.widen(p.share())
	if !l.PausedUntil.Equal(p.known) {
		now := p.engine.config.Now()
		p.known = l.PausedUntil
		p.until = now.Add(min(l.PausedUntil.Sub(now), scimclient.MaxRetryAfter))
	}
}

// share is the part of the concurrency that is this process's. The lock is held.
func (p *pace) share() int { return max(p.concurrency/p.workers, 1) }

// Share says how many processes make attempts.
func (e *Engine) Share(workers int) {
	e.workers.Store(int64(max(workers, 1)))
	for _, v := range e.paces.Range {
		p := v.(*pace)
		p.mu.Lock()
		p.workers = max(workers, 1)
		p.requests.widen(p.share())
		p.mu.Unlock()
	}
}

// Room returns how many attempts at an app may be under way in this process: four times
// as many as requests may be in flight, so that the next ones are ready while the
// outcomes of the last ones wait for the disk. It is 0 while the app is to be left alone,
// for wait.
func (e *Engine) Room(ctx context.Context, app string) (attempts int, wait time.Duration) {
	p := e.paceOf(app)
	if p.isPaused() {
		// It may be on record by now that it goes on.
		if a, err := e.config.Store.App(ctx, app); err == nil {
			p.follow(a)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait = p.paused(); wait > 0 {
		return 0, wait
	}
	attempts = attemptsAhead * p.share()
	if p.rate > 0 {
		attempts = min(attempts, max(int(p.rate*rateAhead.Seconds()), 1))
	}
	return attempts, 0
}

// ask lets an app be asked again to which nothing is sent: somebody wants to know what it
// says now.
func (p *pace) ask() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted = time.Time{}
}

func (p *pace) isPaused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paused() > 0
}

// paused returns how long nothing is to be sent. The lock is held.
func (p *pace) paused() time.Duration {
	now := p.engine.config.Now()
	wait := p.until.Sub(now)
	if !p.halted.IsZero() {
		wait = max(wait, p.halted.Add(haltedFor).Sub(now))
	}
	return wait
}

// next is when something may be sent again.
func (p *pace) next() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.engine.config.Now().Add(max(p.paused(), 0))
}

// stopped returns why nothing is to be sent, nil if something may be. The lock is
// held.
func (p *pace) stopped() error {
	switch {
	case p.paused() <= 0:
		return nil
	case !p.halted.IsZero():
		return &unsent{p.halting}
	default:
		return &unsent{"the app has asked for fewer requests: nothing is sent to it until " + p.until.UTC().Format("15:04:05 MST")}
	}
}

// An unsent is the error of a request that is not sent, since the app is to be left
// alone.
type unsent struct{ why string }

func (u *unsent) Error() string { return u.why }

// A gate is how the requests of one lane keep to a pace. It implements
// [scimclient.Gate].
type gate struct {
	*pace
	lane Lane
	// probing lets a request through that finds out whether the app is still to be
	// left alone.
	probing bool
}

// Enter waits until a request may be sent.
func (g gate) Enter(ctx context.Context) error {
	if err := g.requests.enter(ctx, g.lane); err != nil {
		return err
	}
	err := g.awaitRate(ctx)
	if err == nil && !g.probing {
		g.mu.Lock()
		err = g.stopped()
		g.mu.Unlock()
	}
	if err != nil {
		g.requests.leave()
	}
	return err
}

// awaitRate waits until the settings' rate allows another request.
func (g gate) awaitRate(ctx context.Context) error {
	g.mu.Lock()
	rate := g.rate
	g.mu.Unlock()
	if rate <= 0 {
		return nil
	}
	if err := g.turn.enter(ctx, g.lane); err != nil {
		return err
	}
	defer g.turn.leave()
	wait, err := g.engine.config.Store.Reserve(ctx, g.app, time.Duration(float64(time.Second)/rate))
	if err != nil || wait <= 0 {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Leave learns from how a request went.
func (g gate) Leave(ctx context.Context, began time.Time, took time.Duration, err *scimclient.Error) {
	// The place is given back last: who takes it has to know what this answer said.
	defer g.requests.leave()
	ctx = context.WithoutCancel(ctx) // what an answer says counts, whoever waits for it no more
	var failed error
	switch {
	case err != nil && err.Throttled():
		failed = g.throttle(ctx, began, err)
	case err != nil && unauthorized(err):
		g.mu.Lock()
		g.halt("the app does not let requests in")
		g.mu.Unlock()
	case err != nil && err.Status == http.StatusServiceUnavailable:
		failed = g.overload(ctx, began)
	case err != nil && (err.Status == 0 || err.Status >= 500):
		g.mu.Lock()
		g.clean, g.took = 0, 0
		g.mu.Unlock()
	default:
		failed = g.cleanly(ctx, began, took)
	}
	if failed != nil && !errors.Is(failed, ErrNotFound) {
		g.engine.config.Log.Warn("what is known of the pace of an app could not be saved", "app", g.app, "error", failed)
	}
}

// halt has nothing more sent until the app was paused for a reason and goes on. The lock
// is held.
func (p *pace) halt(why string) {
	p.halted, p.halting = p.engine.config.Now(), why
}

// throttle goes slower: half as many requests at a time, and none until the app wants
// some again.
func (p *pace) throttle(ctx context.Context, began time.Time, refused *scimclient.Error) error {
	p.mu.Lock()
	now := p.engine.config.Now()
	if !began.After(p.halved) && refused.RetryAfter <= p.paused() {
		p.mu.Unlock()
		return nil // it was under way when the app said so the first time
	}
	p.halved = now
	p.throttles++
	wait := refused.RetryAfter
	if wait <= 0 {
		wait = time.Duration(p.engine.config.Jitter() * float64(min(time.Second<<min(p.throttles-1, 10), longestThrottle)))
	}
	p.until = now.Add(wait)
	until := fullMillis(p.until)
	p.clean, p.took = 0, 0
	p.mu.Unlock()
	return p.save(ctx, func(a *App, l *Limit) {
		if !l.PausedUntil.After(now) {
			l.halve()
		}
		if until.After(l.PausedUntil) {
			l.PausedUntil = until
		}
		if a.State == AppActive || a.State == AppThrottled {
			a.State = AppThrottled
			a.Reason = fmt.Sprintf("the app has asked for fewer requests (%d): it goes on at %s", refused.Status, l.PausedUntil.UTC().Format("15:04:05 MST"))
		}
	})
}

// fullMillis is a time as it is on record.
func fullMillis(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()) }

// overload goes slower at an app that has too much to do and does not say for how
// long. Its links wait by themselves.
func (p *pace) overload(ctx context.Context, began time.Time) error {
	p.mu.Lock()
	p.clean, p.took = 0, 0
	stale := !began.After(p.halved)
	p.halved = p.engine.config.Now()
	p.mu.Unlock()
	if stale {
		return nil
	}
	return p.save(ctx, func(_ *App, l *Limit) { l.halve() })
}

// halve goes back to half of the concurrency.
func (l *Limit) halve() { l.Concurrency = max(l.known()/2, 1) }

// known is the concurrency, or what it is at an app that is new.
func (l *Limit) known() int {
	if l.Concurrency == 0 {
		return firstConcurrency
	}
	return l.Concurrency
}

// cleanly counts an answer without trouble. After some of them one more request may
// be in flight, unless answers have become slow.
func (p *pace) cleanly(ctx context.Context, began time.Time, took time.Duration) error {
	p.mu.Lock()
	now := p.engine.config.Now()
	if !began.After(p.halved) || p.paused() > 0 {
		p.mu.Unlock()
		return nil
	}
	p.throttles = 0
	recovered := p.slowed
	p.slowed = false
	p.clean++
	p.took += took
	slow, more := false, false
	if p.clean >= cleanAnswers {
		average := p.took / time.Duration(p.clean)
		slow = p.usual > 0 && average > 2*p.usual && average > slowAnswer
		more = !slow && p.concurrency < p.most
		if p.usual == 0 || average < p.usual {
			p.usual = average
		} else {
			p.usual += (average - p.usual) / 8
		}
		if slow {
			p.halved = now
		}
		p.clean, p.took = 0, 0
	}
	most := p.most
	p.mu.Unlock()
	if !recovered && !slow && !more {
		return nil
	}
	return p.save(ctx, func(a *App, l *Limit) {
		if recovered && a.State == AppThrottled {
			a.Resume()
		}
		switch {
		case slow:
			l.halve()
		case more:
			l.Concurrency = min(l.known()+1, most)
		}
	})
}

// save changes what is on record, for all processes, and takes it over.
func (p *pace) save(ctx context.Context, change func(*App, *Limit)) error {
	var saved *App
	err := p.engine.config.Store.UpdateApp(ctx, p.app, func(a *App) {
		change(a, &a.Limit)
		saved = a
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// The pause that is already known ends by this process's own clock.
	if saved.Limit.PausedUntil.Sub(p.until).Abs() < time.Second {
		p.known = saved.Limit.PausedUntil
	}
	p.adopt(saved)
	return nil
}

// isThrottled reports whether an attempt ended because of the app's pace, which is no
// failure.
func isThrottled(err error) bool {
	_, waits := errors.AsType[*unsent](err)
	refused, ok := asRefused(err)
	return waits || ok && refused.Throttled()
}
