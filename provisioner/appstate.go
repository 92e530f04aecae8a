package provisioner

import (
	"context"
	"fmt"
	"time"
)

// An AppState says whether work for an app goes on.
type AppState string

// The states of an app, in the order in which it has them. Work that the guard holds
// back does not stop an app: links are held, see [LinkHeld], and everything else goes on.
const (
	// AppDraft waits for its first sync: nothing is sent to the app by itself, and what
	// changes meanwhile is kept.
	AppDraft AppState = "draft"
	// AppTesting is a draft of which is found out how it answers, by its first sync or a
	// test of the connection.
	AppTesting AppState = "testing"
	// AppPlanning is a draft whose first sync reads, and finds out what there is to do.
	AppPlanning AppState = "planning"
	// AppActive is given what changes by itself.
	AppActive AppState = "active"
	// AppThrottled is too, slowly: the app asked for fewer requests.
	AppThrottled AppState = "throttled"
	// AppPaused keeps all work; the [PauseCause] says until when.
	AppPaused AppState = "paused"
	// AppRemoving says goodbye to the app's accounts, and then forgets the app.
	AppRemoving AppState = "removing"
)

// Sends reports whether attempts are made at an app in this state.
func (s AppState) Sends() bool { return s == AppActive || s == AppThrottled || s == AppRemoving }

// Drafted reports whether an app in this state waits for its first sync, or is in it.
func (s AppState) Drafted() bool { return s == AppDraft || s == AppTesting || s == AppPlanning }

// A PauseCause says why an app is paused, and thereby what makes it go on.
type PauseCause string

// The causes of a pause.
const (
	// PauseAuth: the app refuses the token. It goes on once the token is accepted.
	PauseAuth PauseCause = "auth"
	// PauseEndpoint: the app cannot be reached, or is not where it was. It goes on
	// once it answers.
	PauseEndpoint PauseCause = "endpoint"
	// PauseAdmin: somebody paused it. It goes on when somebody resumes it, and in no
	// other way.
	PauseAdmin PauseCause = "admin"
)

// A Pause stops all work for an app.
type Pause struct {
	Cause PauseCause
	// Reason says in one sentence what happened and what to do.
	Reason string
}

// Pause stops all work for the app. Whoever paused it first is to say when it goes
// on, but for an administrator, who always is.
func (a *App) Pause(p Pause) {
	if a.State == AppRemoving || a.State == AppPaused && p.Cause != PauseAdmin {
		return
	}
	a.State, a.Cause, a.Reason = AppPaused, p.Cause, p.Reason
}

// Resume lets the app go on as what it is: one whose first sync is still to come is a
// draft again, and stays what it is while that is under way.
func (a *App) Resume() {
	switch {
	case a.Started:
		a.State, a.Cause, a.Reason = AppActive, "", ""
	case a.State != AppTesting && a.State != AppPlanning:
		a.draft(draftReason)
	}
}

const draftReason = "waits for its first sync: look at the plan, then sync"

func (a *App) draft(reason string) { a.State, a.Cause, a.Reason = AppDraft, "", reason }

// Connect gives an app that is saved its state; old is how it was saved before, nil if
// it is new. Then anybody says whether the directory has somebody whom it is to be given.
//
// A new connection is what an app waits for that refuses its token or is not reached, and
// no reason for one to go on that somebody has paused. An app that is being removed, or
// in its first sync, stays so.
func (a *App) Connect(old *App, anybody bool) {
	if old == nil {
		a.Started = a.Settings.starts(anybody)
		a.Resume()
		return
	}
	a.Started = old.Started || a.Settings.Start == StartAtOnce
	a.State, a.Cause, a.Reason, a.Removal = old.State, old.Cause, old.Reason, old.Removal
	if a.State != AppRemoving && a.Cause != PauseAdmin {
		a.Resume()
	}
}

// test notes that it is found out how a draft answers.
func (a *App) test() {
	if a.State == AppDraft {
		a.State, a.Reason = AppTesting, "it is found out how it answers"
	}
}

// tested ends what test began.
func (a *App) tested() {
	if a.State == AppTesting {
		a.draft(draftReason)
	}
}

// Plan notes that the first sync of a draft finds out what there is to do.
func (a *App) Plan() {
	if a.State.Drafted() {
		a.State, a.Reason = AppPlanning, "its first sync finds out what there is to do: nothing is changed in it yet"
	}
}

// Start lets what the first sync has found be done, and all that changes from then on.
// The error says why not.
func (a *App) Start() error {
	switch {
	case a.Started:
	case a.State.Drafted():
		a.Started = true
		a.State, a.Cause, a.Reason = AppActive, "", ""
	default:
		return &ProbeError{App: a.Name, Err: fmt.Errorf("the app was %s meanwhile: %s", a.State, a.Reason)}
	}
	return nil
}

// Shelve makes an app a draft again whose first sync has ended before anything was done.
func (a *App) Shelve(run *Run) {
	switch {
	case !a.State.Drafted():
	case run.State == RunCancelled:
		a.draft("its first sync was cancelled: look at the plan, then sync")
	default:
		a.draft(fmt.Sprintf("its first sync could not begin: %s", run.Error))
	}
}

const (
	// testFor is longer than it takes to find out how an app answers: who began that is
	// no more.
	testFor = 5 * time.Minute
	// throttledFor is how long an app may be asked nothing after the pause that it has
	// asked for before it is taken not to mind.
	throttledFor = 5 * time.Minute
)

// Lapse ends states that time ends, if nothing else has: a test that nobody carries on,
// and that the app asked for fewer requests when there is nothing to ask of it.
func (a *App) Lapse(now time.Time) {
	switch {
	case a.State == AppTesting && now.Sub(a.StateSince).Abs() > testFor:
		a.tested()
	case a.State == AppThrottled && now.Sub(a.Limit.PausedUntil) > throttledFor:
		a.Resume()
	}
}

// syncable returns an error that says what to do if a sync is not to start.
func (a *App) syncable() error {
	switch {
	case a.State == AppRemoving:
		return fmt.Errorf("app %q is being removed: %w", a.Name, ErrConflict)
	case a.Cause == PauseAdmin:
		return fmt.Errorf("app %q was paused by an administrator: resume it first: %w", a.Name, ErrConflict)
	default:
		return nil
	}
}

// Pause stops all work for an app until [Engine.Resume]. What changes meanwhile is
// kept. A reason may be given for others to read.
func (e *Engine) Pause(ctx context.Context, name, reason string) error {
	if reason == "" {
		reason = "was paused by an administrator: resume it to go on"
	}
	return e.setState(ctx, name, func(a *App) { a.Pause(Pause{Cause: PauseAdmin, Reason: reason}) })
}

// Resume lets work for a paused app go on, whatever paused it, and does what it has
// missed.
func (e *Engine) Resume(ctx context.Context, name string) error {
	return e.setState(ctx, name, (*App).Resume)
}

func (e *Engine) setState(ctx context.Context, name string, change func(*App)) error {
	removing := false
	err := e.config.Store.UpdateApp(ctx, name, func(a *App) {
		if removing = a.State == AppRemoving; !removing {
			change(a)
		}
	})
	if removing {
		return fmt.Errorf("app %q is being removed: %w", name, ErrConflict)
	}
	return err
}
