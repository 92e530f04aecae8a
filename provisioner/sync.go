package provisioner

import (
	"context"
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

// Sync starts a full pass over an app: every subject whose link could be behind is
// marked and scheduled, also those that wait for their next attempt or whose app
// is paused. It returns how many; [Engine.Await] waits for them.
//
// If there is something to do, the app is probed first. The error is a
// [*ProbeError] if that shows that nothing can be done, [ErrNotFound] for an app
// that does not exist, and [ErrConflict] for one that an administrator has paused or
// that is being removed.
func (e *Engine) Sync(ctx context.Context, name string) (marked int, err error) {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return 0, err
	}
	if err := app.syncable(); err != nil {
		return 0, err
	}
	app.Learned.ProbedAt = time.Time{} // whatever is on record, look again
	if err := e.firstProbe(ctx, app, nil); err != nil {
		return 0, &ProbeError{App: name, Err: err}
	}
	learned := app.Learned
	keys, unlinked, err := e.stale(ctx, app)
	if err != nil {
		return 0, err
	}
	for kind, n := range unlinked {
		if n > 1 && !learned.Empty(kind) && (kind == KindUser || app.NoGroups() == "") {
			if err := e.list(ctx, app, kind); err != nil {
				return 0, &ProbeError{App: name, Err: err}
			}
		}
	}
	err = e.config.Store.UpdateApp(ctx, name, func(a *App) {
		a.Learned, a.Synced = learned, true
		if a.syncable() == nil {
			a.Resume()
		}
	})
	if err != nil {
		return 0, err
	}
	for _, of := range keys {
		marked += len(of)
	}
	return marked, e.config.Store.Touch(ctx, keys)
}

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

func (e *Engine) list(ctx context.Context, app *App, kind Kind) error {
	client, err := e.client(app, LaneUsers, nil)
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
	learned, err := e.probe(ctx, app, observe)
	if err != nil {
		return err
	}
	app.Learned, p.at = learned, learned.ProbedAt
	return e.config.Store.UpdateApp(ctx, app.Name, func(a *App) { a.Learned = learned })
}

// probe asks the app for one user and one group. It tells whether the app can be
// worked with at all, whether it is empty, and whether it has groups.
func (e *Engine) probe(ctx context.Context, app *App, observe func(scimclient.Exchange)) (Learned, error) {
	l := app.Learned
	client, err := e.client(app, LaneUsers, observe)
	if err != nil {
		return l, err
	}
	l.ProbedAt = e.config.Now()
	l.Forget(UserUpdate, GroupUpdate)
	if l.UsersEmpty, err = holdsNothing(ctx, client, KindUser); err != nil {
		switch s := status(err); {
		case s == http.StatusTooManyRequests, s >= 500:
			// The app is there and has trouble: the attempts will find out.
		default:
			return l, err
		}
	}
	if !app.WantsGroups() {
		return l, nil
	}
	l.Forget(Groups)
	l.GroupsEmpty, err = holdsNothing(ctx, client, KindGroup)
	if unsupported(err) {
		l.Observe(Groups, GroupsNone, fmt.Sprintf("the app has no groups: /Groups answered %d", status(err)), l.ProbedAt)
	}
	return l, nil // groups in trouble are no reason to stop users
}

// holdsNothing reports whether the app says that it has no resource of a kind at all.
func holdsNothing(ctx context.Context, client *scimclient.Client, kind Kind) (bool, error) {
	page, err := client.Page(ctx, kind.Endpoint(), scimclient.Query{Count: 1})
	if err != nil {
		return false, err
	}
	return page.TotalResults == 0 && len(page.Resources) == 0, nil
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

// A Tally counts subjects of one kind by what a pass did to them.
type Tally struct {
	Created, Updated, Disabled, Deleted, Unchanged, Skipped, Failed int
	// Held counts those whose goodbye the guard holds back.
	Held int
}

// A Failure is a subject that a pass could not bring to what is desired.
type Failure struct {
	Kind   Kind
	ID     string
	Reason string
}

// A Result says what a full pass over an app did.
type Result struct {
	Users, Groups Tally
	// Paused is why work for the app stopped, "" if it did not.
	Paused   string
	Failures []Failure
	// Held are the subjects whose goodbye the guard holds back, and why.
	Held []Failure
}

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
		halted := a.State == AppPaused || a.Limit.PausedUntil.After(deadline)
		if halted || p.Active() == 0 && (hopeless || late) {
			return e.result(ctx, a, since)
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

func (e *Engine) result(ctx context.Context, app *App, since int64) (*Result, error) {
	links, err := e.config.Store.AppLinks(ctx, app.Name)
	if err != nil {
		return nil, err
	}
	entries, err := e.config.Store.LogSince(ctx, app.Name, since)
	if err != nil {
		return nil, err
	}
	actions := map[Key]Action{}
	for _, entry := range entries {
		if entry.OK && weight(entry.Action) > weight(actions[entry.Key]) {
			actions[entry.Key] = entry.Action
		}
	}
	r := &Result{}
	if app.State == AppPaused || app.State == AppThrottled {
		r.Paused = app.Reason
	}
	seen := map[Key]bool{}
	for _, l := range links {
		seen[l.Key] = true
		tally := r.tally(l.Kind)
		switch {
		case l.State.Settled():
			tally.count(actions[l.Key], l.State)
		case l.State == LinkHeld:
			tally.Held++
			r.Held = append(r.Held, Failure{Kind: l.Kind, ID: l.Subject, Reason: l.LastError})
		default:
			tally.Failed++
			r.Failures = append(r.Failures, Failure{Kind: l.Kind, ID: l.Subject, Reason: failureReason(l)})
		}
	}
	for key, action := range actions {
		if !seen[key] { // deleted, and its link with it
			r.tally(key.Kind).count(action, LinkGone)
		}
	}
	return r, nil
}

func failureReason(l Link) string {
	if l.LastError == "" {
		return "not tried yet"
	}
	return l.LastError
}

func (r *Result) tally(k Kind) *Tally {
	if k == KindGroup {
		return &r.Groups
	}
	return &r.Users
}

func (t *Tally) count(action Action, state LinkState) {
	switch action {
	case ActionCreate:
		t.Created++
	case ActionDisable:
		t.Disabled++
	case ActionDelete:
		t.Deleted++
	case ActionUpdate:
		t.Updated++
	default:
		if state == LinkSkipped {
			t.Skipped++
		} else if state != LinkGone {
			t.Unchanged++
		}
	}
}

// weight orders actions by how much they say about a pass.
func weight(a Action) int {
	switch a {
	case ActionCreate:
		return 4
	case ActionDelete, ActionDisable:
		return 3
	case ActionUpdate:
		return 2
	case ActionAdopt, ActionSkip, ActionNone:
		return 1
	default:
		return 0
	}
}
