package provisioner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A ProbeError says that a sync could not start: the app was not reached, refuses
// the token, or is not a SCIM service. Nothing was changed anywhere.
type ProbeError struct {
	App string
	Err error
}

func (e *ProbeError) Error() string { return e.Err.Error() }
func (e *ProbeError) Unwrap() error { return e.Err }

// stale lists the links that an attempt could bring closer by lane, and counts by
// kind those that are not tied to a resource yet.
func (e *Engine) stale(ctx context.Context, app *App) (keys map[Lane][]Key, unlinked map[Kind]int, err error) {
	keys, unlinked = map[Lane][]Key{}, map[Kind]int{}
	err = e.config.Store.Stale(ctx, app, func(w *Work) error {
		keys[w.Lane()] = append(keys[w.Lane()], w.Link.Key)
		if w.Link.RemoteID == "" {
			unlinked[w.Link.Kind]++
		}
		return nil
	})
	return keys, unlinked, err
}

// A foresight is what is known of a run before it begins.
type foresight struct {
	// work says that there is something to do, probe that the app has to be looked at
	// before.
	work, probe bool
}

// foresee looks at what a run is about without a word to the app.
func (e *Engine) foresee(ctx context.Context, app *App, run *Run) (foresight, error) {
	if app.Learned.ProbedAt.IsZero() || !app.Started || app.State == AppPaused || app.lostGroups() {
		return foresight{work: true, probe: true}, nil
	}
	if run.Only != nil {
		_, unlinked, err := e.about(ctx, app, run)
		return foresight{work: len(run.Only) > 0, probe: len(unlinked) > 0}, err
	}
	var ahead foresight
	err := e.config.Store.Stale(ctx, app, func(w *Work) error {
		ahead.work = true
		if w.Link.RemoteID == "" { // how many the app has decides how it is looked for
			ahead.probe = true
			return errSeenEnough
		}
		return nil
	})
	if errors.Is(err, errSeenEnough) {
		err = nil
	}
	return ahead, err
}

// errSeenEnough ends a walk early.
var errSeenEnough = errors.New("seen enough")

// lostGroups reports whether the app is given no groups only because it has shown that
// it has none. It may have them by now.
func (a *App) lostGroups() bool {
	if !a.WantsGroups() || a.NoGroups() == "" {
		return false
	}
	told := *a
	told.Learned.Forget(Groups)
	return told.NoGroups() == ""
}

func (e *Engine) list(ctx context.Context, app *App, kind Kind, observe func(scimclient.Exchange)) error {
	client, err := e.client(app, LaneUsers, observe)
	if err != nil {
		return err
	}
	_, err = e.listed(ctx, client, app, kind, e.config.Now())
	if unlistable(err) {
		return nil
	}
	return err
}

// probeFresh is how long a sync and the first attempts share one probe.
const probeFresh = 2 * time.Second

// A probing is when an engine last probed an app, and the lock to do it again.
type probing struct {
	sync.Mutex
	at time.Time
}

// firstProbe probes an app about which nothing is known and records what comes of
// it. Of several that find an app unknown one asks, the others wait. observe, if not
// nil, sees the requests.
func (e *Engine) firstProbe(ctx context.Context, app *App, observe func(scimclient.Exchange)) error {
	if !app.Learned.ProbedAt.IsZero() {
		return nil
	}
	v, _ := e.probes.LoadOrStore(app.Name, new(probing))
	p := v.(*probing)
	p.Lock()
	defer p.Unlock()
	saved, err := e.config.Store.App(ctx, app.Name)
	if err != nil {
		return err
	}
	known := !saved.Learned.ProbedAt.IsZero() && saved.State != AppPaused
	if known && e.config.Now().Sub(p.at) < probeFresh {
		app.Learned = saved.Learned
		return nil
	}
	learn, err := e.probe(ctx, app, observe)
	if err != nil {
		return err
	}
	app.Learned = saved.Learned
	learn(&app.Learned)
	p.at = app.Learned.ProbedAt
	return e.config.Store.UpdateApp(ctx, app.Name, func(a *App) { learn(&a.Learned) })
}

// probe asks the app for one user and one group. It tells whether the app can be
// worked with at all, how much it has, and whether it has groups; what it returns
// records that beside what attempts find out meanwhile.
func (e *Engine) probe(ctx context.Context, app *App, observe func(scimclient.Exchange)) (learn func(*Learned), err error) {
	client, err := e.client(app, LaneUsers, observe)
	if err != nil {
		return nil, err
	}
	now := e.config.Now()
	users, err := count(ctx, client, KindUser)
	if err != nil {
		switch s := status(err); {
		case s == http.StatusTooManyRequests, s >= 500:
			// The app is there and has trouble: the attempts will find out.
		default:
			return nil, err
		}
	}
	groups := -1
	if app.WantsGroups() {
		groups, err = count(ctx, client, KindGroup) // in trouble they are no reason to stop users
	}
	return func(l *Learned) {
		l.ProbedAt, l.Users, l.Groups = now, users, groups
		switch {
		case groups >= 0 && l.Observed[Groups].Value == GroupsNone:
			l.Forget(Groups)
		case app.WantsGroups() && groupless(err):
			l.Observe(Groups, GroupsNone, fmt.Sprintf("the app has no groups: /Groups answered %d", status(err)), now)
		}
	}, nil
}

// count asks the app how many resources of a kind it has. With an error it is -1.
func count(ctx context.Context, client *scimclient.Client, kind Kind) (int, error) {
	page, err := client.Page(ctx, kind.Endpoint(), scimclient.Query{Count: 1})
	if err != nil {
		return -1, err
	}
	return max(page.TotalResults, len(page.Resources)), nil
}

// Progress counts an app's links.
type Progress struct {
	// Total counts all links, Settled those with nothing left to do, Failed those
	// whose last attempt failed, Held those that the guard holds back.
	Total, Settled, Failed, Held int
	// NextAttempt is when the first of the failed links is tried again.
	NextAttempt time.Time
}

// Active counts the links with an attempt ahead that is not a repetition.
func (p Progress) Active() int { return p.Total - p.Settled - p.Failed - p.Held }

// Await waits until no link of the app has work ahead, and tells what was done
// since the log entry with id since. Attempts that fail are waited for as long as
// they are due within wait of now. report, if not nil, sees the progress.
func (e *Engine) Await(ctx context.Context, app string, since int64, wait time.Duration, report func(Progress)) (*Result, error) {
	deadline := time.Now().Add(wait)
	ticker := time.NewTicker(awaitEvery)
	defer ticker.Stop()
	for {
		p, err := e.config.Store.Progress(ctx, app)
		if err != nil {
			return nil, err
		}
		if report != nil {
			report(p)
		}
		a, err := e.config.Store.App(ctx, app)
		if err != nil {
			return nil, err
		}
		late := time.Now().After(deadline)
		hopeless := p.Failed == 0 || p.NextAttempt.After(deadline)
		waits := a.State == AppPaused || a.State == AppDraft
		halted := waits || a.Limit.PausedUntil.After(deadline)
		if halted || p.Active() == 0 && (hopeless || late) {
			r, err := e.config.Store.Outcome(ctx, app, since)
			if err == nil && (waits || a.State == AppThrottled) {
				r.Paused = a.Reason
			}
			return r, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// awaitEvery is how often progress is looked at.
const awaitEvery = 50 * time.Millisecond
