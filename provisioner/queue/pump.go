package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// A pump has the attempts at one app made.
type pump struct {
	queue  *Queue
	app    string
	wake   chan struct{}
	failed int // times in a row that nothing could be claimed
	// unrecorded counts attempts in a row that could not be recorded.
	unrecorded atomic.Int64
	running    int  // attempts under way; the queue's lock guards it and what follows
	waiting    bool // other apps have taken all the room there is
}

// look makes the pump look for attempts that are due.
func (p *pump) look() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pump) run() {
	timer := time.NewTimer(lookAgain)
	defer timer.Stop()
	for {
		select {
		case <-p.queue.claiming.Done():
			return
		case <-p.wake:
		case <-timer.C:
		}
		wait, err := p.fill()
		if errors.Is(err, provisioner.ErrNotFound) && p.queue.forget(p) {
			return
		}
		timer.Reset(wait)
	}
}

// fill starts as many attempts as may run. It returns when to look again at the
// latest.
func (p *pump) fill() (time.Duration, error) {
	room, wait := p.reserve()
	if room == 0 {
		return wait, nil
	}
	claims, wait, err := p.queue.config.Store.Claim(p.queue.claiming, p.queue.worker, p.app, room)
	p.release(room - len(claims))
	for _, claim := range claims {
		p.queue.running.Go(func() { p.attempt(claim) })
	}
	switch {
	case err != nil && !errors.Is(err, provisioner.ErrNotFound):
		p.queue.warn("claiming attempts at "+p.app, err)
		p.failed++
		return min(time.Second<<min(p.failed, 4), lookAgain), err
	case wait <= 0 || wait > lookAgain:
		wait = lookAgain
	}
	p.failed = 0
	return wait, err
}

// reserve takes the room there is for further attempts. If there is none, wait is when
// to look again at the latest.
func (p *pump) reserve() (room int, wait time.Duration) {
	q := p.queue
	room, wait = q.config.Engine.Room(q.claiming, p.app)
	if wait <= 0 || wait > lookAgain {
		wait = lookAgain
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	room -= p.running
	if free := max(q.config.Total-q.total, 0); room > free {
		room = free
		if p.running == 0 {
			room = max(room, 1) // whatever the others do
		}
		p.waiting = true
	}
	if q.silent || room < 0 {
		room = 0
	}
	p.running += room
	q.total += room
	return room, wait
}

func (p *pump) release(n int) {
	q := p.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	p.running -= n
	q.total -= n
	if n == 0 || q.total >= q.config.Total {
		return
	}
	for _, other := range q.pumps {
		if other.waiting && other != p {
			other.waiting = false
			other.look()
		}
	}
}

// attempt has one attempt made.
func (p *pump) attempt(claim provisioner.Claim) {
	q := p.queue
	q.mu.Lock()
	base := q.attempts
	q.mu.Unlock()
	ctx, cancel := context.WithTimeout(base, q.config.Timeout)
	err := guarded(func() error { return q.config.Engine.Reconcile(ctx, claim) })
	cancel()
	_, broken := errors.AsType[*panicError](err)
	switch {
	case err == nil, errors.Is(err, provisioner.ErrNotFound):
	case errors.Is(err, provisioner.ErrLost):
		q.config.Log.Warn("an attempt took so long that somebody else has taken it over", "link", claim.Key.String())
	case broken:
		q.config.Log.Error("an attempt panicked, which is a defect of this program", "link", claim.Key.String(), "error", err)
		p.abandon(claim, longAgain)
	default:
		q.config.Log.Error("an attempt could not be recorded", "link", claim.Key.String(), "error", err)
		p.abandon(claim, p.unrecorded.Add(1))
	}
	if err == nil {
		p.unrecorded.Store(0)
	}
	p.release(1)
	if p.roomy() {
		p.look()
	}
}

// roomy reports whether there is room for several attempts, which are claimed together
// at the cost of one.
func (p *pump) roomy() bool {
	room, _ := p.queue.config.Engine.Room(p.queue.claiming, p.app)
	p.queue.mu.Lock()
	defer p.queue.mu.Unlock()
	return p.running <= room-max(room/4, 1)
}

// longestAbandon bounds the wait before a claim is given back whose attempt could not be
// recorded, and longAgain is after how many in a row it is as long as that.
const (
	longestAbandon = 30 * time.Second
	longAgain      = 6
)

// abandon gives a claim back whose attempt could not be recorded, as the n-th of the app
// in a row. Since the next one will hardly fare better it waits first, the longer the
// more there were, or else an app would be asked the same again and again while the
// disk is full. If the queue stops meanwhile, the claim is taken over like those of a
// process that has died.
func (p *pump) abandon(claim provisioner.Claim, n int64) {
	for ; ; n++ {
		select {
		case <-p.queue.claiming.Done():
			return
		case <-time.After(min(time.Second<<min(n-1, 10), longestAbandon)):
		}
		if p.queue.config.Store.Abandon(p.queue.claiming, claim) == nil {
			return
		}
	}
}
