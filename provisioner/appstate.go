package provisioner

import (
	"context"
	"fmt"
)

// An AppState says whether work for an app goes on.
type AppState string

// The states of an app. Work that the guard holds back does not stop an app: links
// are held, see [LinkHeld], and everything else goes on.
const (
	AppActive AppState = "active"
	// AppThrottled goes on slowly: the app asked for fewer requests.
	AppThrottled AppState = "throttled"
	// AppPaused keeps all work; the [PauseCause] says until when.
	AppPaused AppState = "paused"
	// AppRemoving says goodbye to the app's accounts, and then forgets the app.
	AppRemoving AppState = "removing"
)

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
	// PauseFirst: the app is new and was connected with [Settings.ReviewFirst]. It
	// goes on with its first sync.
	PauseFirst PauseCause = "first"
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

// Resume lets work for the app go on.
func (a *App) Resume() { a.State, a.Cause, a.Reason = AppActive, "", "" }

// Connect gives an app that is saved its state; old is how it was saved before, nil
// if it is new. A new connection is what an app waits for that refuses its token or
// is not reached, and no reason for one to go on that somebody has paused. An app that
// is being removed stays so.
func (a *App) Connect(old *App) {
	a.Resume()
	switch {
	case old == nil && a.Settings.ReviewFirst, old != nil && old.Cause == PauseFirst && a.Settings.ReviewFirst:
		a.Pause(Pause{Cause: PauseFirst, Reason: "waits for its first sync: look at the plan, then sync"})
	case old != nil && (old.State == AppRemoving || old.Cause == PauseAdmin):
		a.State, a.Cause, a.Reason, a.Removal = old.State, old.Cause, old.Reason, old.Removal
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
