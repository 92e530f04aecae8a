// Package queue has the engine make the attempts that are due.
//
// What is due is written in the links themselves, in the transaction of the change
// that calls for it, so that nothing can be lost between the two. A queue claims
// links, a few at a time for each app, has the engine make an attempt at each, and
// looks again. A claim keeps every other worker away from its link; the outcome of the
// attempt gives it back, together with the decision whether another attempt is due.
//
// Every app is looked after by itself, so that a slow one holds up nobody else. In an
// app, goodbyes come before everything else.
//
// Any number of processes may share a PostgreSQL database. Each shows every few
// seconds that it lives; the others take over what a dead one was doing.
package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// An Engine makes attempts and takes runs further. [provisioner.Engine] is one.
type Engine interface {
	// Reconcile makes one attempt at a link that is claimed.
	Reconcile(ctx context.Context, claim provisioner.Claim) error
	// Room returns how many attempts at an app may be under way in this process. If
	// it is 0, wait is how long that lasts.
	Room(ctx context.Context, app string) (attempts int, wait time.Duration)
	// Share says how many processes make attempts.
	Share(workers int)
	// Tend looks after apps that are paused until they answer.
	Tend(ctx context.Context) error
	// Advance takes a run one step further.
	Advance(ctx context.Context, run int64) error
}

// A Store knows which attempts are due. Package store has one.
type Store interface {
	Claims
	// OnDue has due called with the links that attempts become due at; a key without
	// a subject stands for all links of its app. Listen also tells of what other
	// processes do, and of every app at first, until ctx ends.
	OnDue(due func([]provisioner.Key))
	Listen(ctx context.Context) error
	// Tidy removes what is kept no longer, and makes due what should be and is not. It
	// is called at the start and then every minute.
	Tidy(ctx context.Context) error
}

// Claims give links to workers.
type Claims interface {
	// Claim gives a worker up to n attempts at an app that are due, and says how long
	// it is until the next one, 0 if there is none. The error is
	// [provisioner.ErrNotFound] for an app that does not exist.
	Claim(ctx context.Context, worker, app string, n int) ([]provisioner.Claim, time.Duration, error)
	// ClaimRuns returns the runs that the worker is to advance.
	ClaimRuns(ctx context.Context, worker string) ([]int64, error)
	// Abandon gives a claim back whose attempt could not be recorded.
	Abandon(ctx context.Context, claim provisioner.Claim) error
	// Beat shows that a worker lives and takes over the claims of those that do not.
	// It returns how many live.
	Beat(ctx context.Context, worker string) (alive int, err error)
	// Leave ends a worker.
	Leave(ctx context.Context, worker string) error
}

// Config says what a queue works with.
type Config struct {
	// Store and Engine are required.
	Store  Store
	Engine Engine
	// Total is how many attempts at all apps run at a time; an app with none under
	// way may always have one. Zero means 256.
	Total int
	// Timeout bounds one attempt; one that is cut off goes on where it was. Zero means
	// 1 minute.
	Timeout time.Duration
	// Log receives what goes wrong. Nil means none.
	Log *slog.Logger
}

const (
	// lookAgain is how often an app is looked at without a reason to.
	lookAgain = 10 * time.Second
	// beatEvery is how often a worker shows that it lives. When it could not for
	// giveUpAfter it ends what it does, before others take that over.
	beatEvery   = 2 * time.Second
	giveUpAfter = 8 * time.Second
	// tendEvery is how often paused apps are looked after, tidyEvery how often what is
	// old is removed.
	tendEvery = 5 * time.Second
	tidyEvery = time.Minute
	// endWithin is how long attempts may take that are cut off when the queue stops.
	endWithin = 5 * time.Second
)

// A Queue has attempts made until it is stopped.
type Queue struct {
	config Config
	worker string

	// claiming ends when the queue stops to claim, living when it has stopped.
	claiming, living    context.Context
	stopClaiming, leave context.CancelFunc
	running             sync.WaitGroup // attempts
	claimers            sync.WaitGroup // pumps and what tells them to look
	beating             sync.WaitGroup

	mu       sync.Mutex
	pumps    map[string]*pump
	runs     chan struct{} // tells to look for runs
	total    int           // attempts under way
	attempts context.Context
	cutOff   context.CancelFunc // ends attempts
	silent   bool               // others may not know that the worker lives
}

// Start returns a queue that is at work.
func Start(ctx context.Context, config Config) (*Queue, error) {
	if config.Store == nil || config.Engine == nil {
		return nil, errors.New("queue: Config needs a store and an engine")
	}
	if config.Total <= 0 {
		config.Total = 256
	}
	if config.Timeout <= 0 {
		config.Timeout = time.Minute
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{config: config, worker: rand.Text(), pumps: map[string]*pump{}, runs: make(chan struct{}, 1)}
	alive, err := config.Store.Beat(ctx, q.worker)
	if err != nil {
		return nil, err
	}
	config.Engine.Share(alive)
	// The others go slower for the newcomer, as soon as they know of it.
	q.silent = alive > 1
	// Stop decides when all of it ends, not the context that starts it.
	q.living, q.leave = context.WithCancel(context.WithoutCancel(ctx))
	q.claiming, q.stopClaiming = context.WithCancel(q.living)
	q.attempts, q.cutOff = context.WithCancel(q.living)
	config.Store.OnDue(q.due)
	q.claimers.Go(func() { q.warn("listening for what is due", config.Store.Listen(q.claiming)) })
	q.claimers.Go(func() {
		every(q.claiming, tendEvery, func() {
			q.warn("looking after paused apps", guarded(func() error { return config.Engine.Tend(q.claiming) }))
		})
	})
	q.claimers.Go(func() {
		tidy := func() { q.warn("tidying up", config.Store.Tidy(q.claiming)) }
		tidy()
		every(q.claiming, tidyEvery, tidy)
	})
	q.claimers.Go(q.advance)
	q.beating.Go(q.beat)
	return q, nil
}

// Stop claims nothing more, lets attempts under way finish for as long as ctx allows,
// and then cuts them off. One that is cut off costs a look at the app later.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	q.stopClaiming()
	q.mu.Unlock()
	q.claimers.Wait()
	done := make(chan struct{})
	go func() {
		q.running.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		q.mu.Lock()
		q.cutOff()
		q.mu.Unlock()
		select {
		case <-done:
		case <-time.After(endWithin):
			err = errors.New("attempts at apps do not end although they were cut off")
		}
	}
	q.leave()
	q.beating.Wait()
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	return errors.Join(err, q.config.Store.Leave(leaving, q.worker))
}

// due has the apps looked at whose links have attempts due.
func (q *Queue) due(keys []provisioner.Key) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.claiming.Err() != nil {
		return
	}
	for _, key := range keys {
		if key.Subject == "" {
			q.lookForRuns()
		}
		p := q.pumps[key.App]
		if p == nil {
			p = &pump{queue: q, app: key.App, wake: make(chan struct{}, 1)}
			q.pumps[key.App] = p
			q.claimers.Go(p.run)
		}
		p.look()
	}
}

// forget drops the pump of an app that is no more, unless the pump was told to look
// again since it has found that out: there may be an app of that name again.
func (q *Queue) forget(p *pump) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(p.wake) > 0 {
		return false
	}
	delete(q.pumps, p.app)
	return true
}

// beat shows the other processes that this one lives. If that fails for too long, they
// will take over what it does, so that it has to end that itself.
func (q *Queue) beat() {
	last := time.Now()
	every(q.living, beatEvery, func() {
		began := time.Now()
		ctx, cancel := context.WithTimeout(q.living, beatEvery)
		defer cancel()
		alive, err := q.config.Store.Beat(ctx, q.worker)
		q.warn("showing that this process lives", err)
		if err == nil {
			last = began
			q.config.Engine.Share(alive)
		}
		q.speak(time.Since(last) <= giveUpAfter)
	})
}

// speak notes whether the others know that the worker lives.
func (q *Queue) speak(heard bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := q.silent
	q.silent = !heard
	switch {
	case q.silent:
		q.cutOff()
		q.attempts, q.cutOff = context.WithCancel(q.living)
	case was:
		for _, p := range q.pumps {
			p.look()
		}
	}
}

// every calls f again and again until ctx ends.
func every(ctx context.Context, pause time.Duration, f func()) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f()
		}
	}
}

func (q *Queue) warn(doing string, err error) {
	if err != nil && q.claiming.Err() == nil {
		q.config.Log.Warn(doing+" failed", "error", err)
	}
}
