package provisioner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A Run is a full pass over an app that goes on when the process that started it
// does not: what it has marked is in the store, and so is how far it came.
type Run struct {
	ID   int64
	App  string
	Kind RunKind
	// By says who asked for it, in words of their own.
	By    string
	State RunState
	// Started and Finished are when it began and ended; Finished is zero while it
	// runs.
	Started, Finished time.Time
	// Until is how long attempts that fail are waited for.
	Until time.Time
	// Since is the newest log entry from before the run.
	Since int64
	// Only are the links that the run is about, nil for all that could be behind.
	Only []Key
	// Ready says that everything the run is about has been found; Marked is how many
	// users and groups that were.
	Ready  bool
	Marked int
	// Probes counts the requests made to find out what there is to do.
	Probes int
	// Error says in one sentence why the run failed, "" if it did not.
	Error string
	// Repair has an audit make again what is missing.
	Repair bool
	// Result is what a sync did, Audit what an audit found; nil while it runs.
	Result *Result
	Audit  *Audit
}

// A RunKind says what a run does.
type RunKind string

// The kinds of run.
const (
	// RunSync makes the app hold what is desired.
	RunSync RunKind = "sync"
	// RunAudit compares what the app holds with what it is known to hold.
	RunAudit RunKind = "audit"
)

// A RunState says how far a run is.
type RunState string

// The states of a run.
const (
	RunRunning RunState = "running"
	// RunDone: everything was tried. What failed is in the result.
	RunDone RunState = "done"
	// RunCancelled: somebody stopped it before everything was tried.
	RunCancelled RunState = "cancelled"
	// RunFailed: it could not go on; the run's error says why.
	RunFailed RunState = "failed"
)

// A RunQuery selects runs of an app.
type RunQuery struct {
	// App is the app whose runs are read. Required.
	App string
	// Kind and State select those of one kind and in one state, "" all of them.
	Kind  RunKind
	State RunState
	// Limit is how many are returned at the most. Zero means 20.
	Limit int
}

// ErrCancelled is returned for work on a run that is no longer running.
var ErrCancelled = errors.New("the run was cancelled")

// A RunProgress counts what a run has marked.
type RunProgress struct {
	// Marked is how many users and groups the run is about, Active those with an
	// attempt ahead, Failed those whose last attempt failed, Held those that the
	// guard holds back. All others are done.
	Marked, Active, Failed, Held int
	// NextAttempt is when the first of the failed ones is tried again.
	NextAttempt time.Time
}

// Done counts what is done.
func (p RunProgress) Done() int { return max(p.Marked-p.Active-p.Failed-p.Held, 0) }

// Runs is the part of the store that keeps runs.
type Runs interface {
	// StartRun records a run; a queue takes it up. If one of its kind is running for the
	// app already, that one is returned and looks for all work once more; the error is
	// [ErrConflict] for a run that is about some links only. One that could not begin is
	// recorded as it is.
	StartRun(ctx context.Context, run *Run) (*Run, error)
	// Run returns a run, or [ErrNotFound].
	Run(ctx context.Context, id int64) (*Run, error)
	// SaveRun writes how a run has gone on, unless it has ended meanwhile: then the
	// error is [ErrCancelled].
	SaveRun(ctx context.Context, run *Run) error
	// CancelRun ends a run that is running and takes back every mark on a link that
	// no attempt has been made at.
	CancelRun(ctx context.Context, id int64) error
	// Outcome tells how an app's links are, and what was done to them since the log
	// entry with id since.
	Outcome(ctx context.Context, app string, since int64) (*Result, error)
}

// Marks is the part of the store that a run marks links with.
type Marks interface {
	// Mark marks links as work of a run, each in its lane. [Marks.Begin] makes them
	// start.
	Mark(ctx context.Context, run *Run, keys map[Lane][]Key) error
	// Begin makes an attempt at everything that the run has marked due at once, and
	// the run ready. The error is [ErrCancelled] if it has ended meanwhile.
	Begin(ctx context.Context, run *Run) error
	// RunProgress counts what the run has marked.
	RunProgress(ctx context.Context, run *Run) (RunProgress, error)
}

// StartSync starts a full pass over an app and returns as soon as it is on record:
// every subject whose link could be behind is marked and scheduled, also those that
// wait for their next attempt or whose app is paused. If a pass is under way, that
// one is returned and takes up what has changed.
//
// by says who asks. Attempts that fail are waited for as long as they are due within
// wait; later ones are made, but not counted.
//
// An app that is unknown, paused, or to be given somebody whom it may have already is
// probed first. The error is a [*ProbeError] if that shows that nothing can be done,
// [ErrNotFound] for an app that does not exist, and [ErrConflict] for one that an
// administrator has paused or that is being removed. A pass with nothing to do makes
// no request.
func (e *Engine) StartSync(ctx context.Context, name, by string, wait time.Duration) (*Run, error) {
	return e.start(ctx, name, &Run{By: by}, wait)
}

// StartPlanned starts a run that does what a plan says, and nothing else. now is a plan
// that was made just now; if it is nil, one is made. The error is a [*MovedError] if
// the two differ: then nothing is changed anywhere. It is [ErrConflict] while another
// run is under way; see [Engine.StartSync] for the others.
func (e *Engine) StartPlanned(ctx context.Context, plan, now *SyncPlan, by string, wait time.Duration) (*Run, error) {
	if now == nil {
		var err error
		if now, err = e.PlanSync(ctx, plan.App); err != nil {
			return nil, err
		}
	}
	if moved := plan.Moved(now); len(moved) > 0 {
		return nil, &MovedError{What: moved}
	}
	only, err := e.planned(ctx, now)
	if err != nil {
		return nil, err
	}
	return e.start(ctx, plan.App, &Run{By: by, Only: only}, wait)
}

// planned lists what a run is about that does what a plan says: what is to change, also
// what is going to be held back or stuck, and what an attempt is due at all the same,
// which is made anyway and comes to nothing.
func (e *Engine) planned(ctx context.Context, plan *SyncPlan) ([]Key, error) {
	app, err := e.config.Store.App(ctx, plan.App)
	if err != nil {
		return nil, err
	}
	due, _, err := e.stale(ctx, app)
	if err != nil {
		return nil, err
	}
	only := []Key{}
	seen := map[Key]bool{}
	add := func(key Key) {
		if !seen[key] {
			seen[key] = true
			only = append(only, key)
		}
	}
	for i := range plan.Changes {
		add(plan.Changes[i].Key(plan.App))
	}
	for lane := range Lanes {
		for _, key := range due[lane] {
			add(key)
		}
	}
	return only, nil
}

func (e *Engine) start(ctx context.Context, name string, run *Run, wait time.Duration) (*Run, error) {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := app.syncable(); err != nil {
		return nil, err
	}
	if run.Since, err = e.config.Store.LastLogID(ctx); err != nil {
		return nil, err
	}
	ahead, err := e.foresee(ctx, app, run)
	if err != nil {
		return nil, err
	}
	if ahead.probe {
		if err := e.look(ctx, app, run); err != nil {
			return nil, err
		}
	}
	var unsyncable error
	err = e.config.Store.UpdateApp(ctx, name, func(a *App) {
		if unsyncable = a.syncable(); unsyncable == nil {
			a.Resume()
		}
	})
	if err = cmp.Or(err, unsyncable); err != nil {
		return nil, err
	}
	run.App, run.Kind, run.State = name, RunSync, RunRunning
	run.Started = e.config.Now()
	run.Until = run.Started.Add(wait)
	run.Ready = !ahead.probe && !ahead.work
	return e.config.Store.StartRun(ctx, run)
}

// look finds out how an app answers before a run begins, and counts the requests.
func (e *Engine) look(ctx context.Context, app *App, run *Run) error {
	endTest, err := e.beginTest(ctx, app)
	if err != nil {
		return err
	}
	app.Learned.ProbedAt = time.Time{} // whatever is on record, look again
	e.paceOf(app.Name).ask()
	if err := e.firstProbe(ctx, app, func(scimclient.Exchange) { run.Probes++ }); err != nil {
		return errors.Join(e.unable(ctx, app, run, err), endTest())
	}
	return nil // StartRun goes on from here
}

// beginTest puts a draft into the state of one of which it is found out how it answers,
// and returns what ends that.
func (e *Engine) beginTest(ctx context.Context, app *App) (end func() error, err error) {
	update := func(ctx context.Context, change func(*App)) error {
		if app.Started {
			return nil
		}
		return e.config.Store.UpdateApp(ctx, app.Name, change)
	}
	return func() error { return update(context.WithoutCancel(ctx), (*App).tested) }, update(ctx, (*App).test)
}

// unable records that a run could not begin, for the app's status to tell until one does.
func (e *Engine) unable(ctx context.Context, app *App, run *Run, cause error) error {
	unable := &ProbeError{App: app.Name, Err: cause}
	if ctx.Err() != nil {
		return unable
	}
	run.App, run.Kind, run.State, run.Error = app.Name, RunSync, RunFailed, cause.Error()
	run.Started = e.config.Now()
	run.Until, run.Finished = run.Started, run.Started
	_, err := e.config.Store.StartRun(ctx, run)
	return errors.Join(unable, err, e.refusedBy(ctx, app, cause))
}

// refusedBy pauses an app if what went wrong is that it does not let requests in.
func (e *Engine) refusedBy(ctx context.Context, app *App, cause error) error {
	if !unauthorized(cause) {
		return nil
	}
	return e.config.Store.UpdateApp(ctx, app.Name, func(a *App) {
		if a.sameSecrets(app) {
			a.Pause(*a.refusal(cause))
		}
	})
}

// Sync is StartSync for a caller that wants everything to be marked when it returns,
// and repeats failures for a minute.
func (e *Engine) Sync(ctx context.Context, name string) (*Run, error) {
	run, err := e.StartSync(ctx, name, "", time.Minute)
	if err != nil {
		return nil, err
	}
	return run, e.prepare(ctx, run)
}

// Advance takes a run that a worker looks after one step further: what it has to do
// is marked, or it is ended because that is done.
func (e *Engine) Advance(ctx context.Context, id int64) error {
	run, err := e.config.Store.Run(ctx, id)
	if err != nil {
		return err
	}
	if err := e.prepare(ctx, run); err != nil {
		if _, unable := errors.AsType[*ProbeError](err); !unable { // the run says so itself
			return err
		}
	}
	_, _, err = e.Run(ctx, id)
	return err
}

// prepare finds what a run has to do and marks it, unless that is done. Of several
// in this process one does, the others wait. A run that ends meanwhile is no error.
func (e *Engine) prepare(ctx context.Context, run *Run) error {
	v, _ := e.preparing.LoadOrStore(run.ID, new(sync.Mutex))
	mu := v.(*sync.Mutex)
	mu.Lock()
	defer mu.Unlock()
	now, err := e.config.Store.Run(ctx, run.ID)
	if err != nil {
		return err
	}
	if *run = *now; !run.Ready && run.State == RunRunning {
		err = e.find(ctx, run)
	}
	if err == nil || run.State != RunRunning {
		e.preparing.Delete(run.ID) // nobody prepares it again
	}
	return err
}

// find finds what a run has to do, and marks it.
func (e *Engine) find(ctx context.Context, run *Run) error {
	if run.Kind == RunAudit {
		return e.audit(ctx, run)
	}
	err := e.mark(ctx, run)
	if err == nil {
		err = e.config.Store.Begin(ctx, run)
	}
	if errors.Is(err, ErrCancelled) {
		return nil
	}
	if _, unable := errors.AsType[*ProbeError](err); unable {
		return errors.Join(err, e.end(ctx, run, RunFailed, err.Error()))
	}
	return err
}

func (e *Engine) mark(ctx context.Context, run *Run) error {
	app, err := e.config.Store.App(ctx, run.App)
	if err != nil {
		return err
	}
	keys, unlinked, err := e.about(ctx, app, run)
	if err != nil {
		return err
	}
	for kind, n := range unlinked {
		if app.worthListing(kind, n) {
			if err := e.list(ctx, app, kind, func(scimclient.Exchange) { run.Probes++ }); err != nil {
				return errors.Join(&ProbeError{App: run.App, Err: err}, e.refusedBy(ctx, app, err))
			}
		}
	}
	return e.config.Store.Mark(ctx, run, keys)
}

// about lists what a run has to do.
func (e *Engine) about(ctx context.Context, app *App, run *Run) (keys map[Lane][]Key, unlinked map[Kind]int, err error) {
	if run.Only == nil {
		return e.stale(ctx, app)
	}
	keys, unlinked = map[Lane][]Key{}, map[Kind]int{}
	for _, key := range run.Only {
		w, err := e.config.Store.Load(ctx, key)
		if err != nil {
			return nil, nil, err
		}
		keys[w.Lane()] = append(keys[w.Lane()], key)
		if w.Link.RemoteID == "" {
			unlinked[key.Kind]++
		}
	}
	return keys, unlinked, nil
}

// Run returns a run and how far it is. One that has nothing ahead any more is ended
// by that.
func (e *Engine) Run(ctx context.Context, id int64) (*Run, RunProgress, error) {
	run, err := e.config.Store.Run(ctx, id)
	if err != nil {
		return nil, RunProgress{}, err
	}
	p, err := e.config.Store.RunProgress(ctx, run)
	if err != nil || run.State != RunRunning || !run.Ready || run.Kind != RunSync {
		return run, p, err
	}
	app, err := e.config.Store.App(ctx, run.App)
	if err != nil {
		return run, p, err
	}
	late := e.config.Now().After(run.Until)
	halted := app.State == AppPaused && (late || !app.Cause.heals()) || app.Limit.PausedUntil.After(run.Until)
	switch {
	case halted && p.Active+p.Failed > 0:
		err = e.end(ctx, run, RunFailed, "the app was paused: "+app.Reason)
	case p.Active == 0 && (p.Failed == 0 || late || p.NextAttempt.After(run.Until)):
		err = e.end(ctx, run, RunDone, "")
	}
	return run, p, err
}

// heals reports whether an app that is paused goes on by itself.
func (c PauseCause) heals() bool { return c == PauseEndpoint }

// end ends a run, unless something else has.
func (e *Engine) end(ctx context.Context, run *Run, state RunState, reason string) error {
	result, err := e.outcome(ctx, run)
	if err != nil {
		return err
	}
	run.State, run.Error, run.Result, run.Finished = state, reason, result, e.config.Now()
	if err := e.config.Store.SaveRun(ctx, run); !errors.Is(err, ErrCancelled) {
		return err
	}
	ended, err := e.config.Store.Run(ctx, run.ID)
	if err == nil {
		*run = *ended
	}
	return err
}

func (e *Engine) outcome(ctx context.Context, run *Run) (*Result, error) {
	result, err := e.config.Store.Outcome(ctx, run.App, run.Since)
	if err == nil {
		result.Requests += run.Probes
	}
	return result, err
}

// CancelRun stops a run: what it has marked and no attempt has been made at is as it
// was before. What is under way is finished. A run that has ended stays as it is.
func (e *Engine) CancelRun(ctx context.Context, id int64) (*Run, error) {
	if err := e.config.Store.CancelRun(ctx, id); err != nil {
		return nil, err
	}
	run, err := e.config.Store.Run(ctx, id)
	if err != nil || run.State != RunCancelled || run.Kind != RunSync {
		return run, err
	}
	// What was under way may have ended by now, and counts.
	if run.Result, err = e.outcome(ctx, run); err != nil {
		return nil, err
	}
	return run, e.config.Store.SaveRun(ctx, run)
}

// AwaitRun waits until a run has ended. report, if not nil, sees the progress.
func (e *Engine) AwaitRun(ctx context.Context, id int64, report func(RunProgress)) (*Run, error) {
	pause := awaitAtLeast
	for {
		run, p, err := e.Run(ctx, id)
		if err != nil {
			return nil, err
		}
		if report != nil {
			report(p)
		}
		if run.State != RunRunning {
			return run, nil
		}
		select {
		case <-ctx.Done():
			return run, fmt.Errorf("waiting for the run: %w", context.Cause(ctx))
		case <-time.After(pause):
			pause = min(pause+pause/4, awaitAtMost)
		}
	}
}

// Who waits looks often at first, and less often at what takes longer.
const (
	awaitAtLeast = 20 * time.Millisecond
	awaitAtMost  = 500 * time.Millisecond
)
