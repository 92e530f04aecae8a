package provisioner

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// An attempt is one try at bringing an app to what is desired for one subject. It
// talks to the app only; what it changes of the link goes out as an [Outcome].
type attempt struct {
	engine *Engine
	work   *Work
	lane   Lane
	client *scimclient.Client

	link    Link
	members map[string]string
	learn   []func(*Learned)
	action  Action
	start   time.Time

	trial trial
	// withheld are attributes that the app does not take, refused members, with why.
	withheld map[string]*failure
	refused  map[string]string
	// respelled has how the app was found to spell ids of members, where that was known
	// otherwise.
	respelled map[string]string
	// retried says that a version was out of date once already, relisted that a list was,
	// memberless that a group was made without the members in the request.
	retried, relisted, memberless bool
	// groups are the app's ids of those that it says an account is in, nil if it does
	// not say.
	groups map[string]bool
	// suggestion is about another account that may be the subject's, "" if there is none.
	suggestion string

	requests  int
	status    int
	exchanges []Exchange

	// rehearsal takes what would be written, nil to write it.
	rehearsal *rehearsal
}

// attempt makes one try and returns what it leaves behind.
func (e *Engine) attempt(ctx context.Context, w *Work, lane Lane) *Outcome {
	return e.newAttempt(w, lane).try(ctx)
}

func (e *Engine) newAttempt(w *Work, lane Lane) *attempt {
	a := &attempt{engine: e, work: w, lane: lane, link: w.Link, members: maps.Clone(w.AckedMembers), action: ActionNone, start: e.config.Now()}
	if a.members == nil {
		a.members = map[string]string{}
	}
	return a
}

func (a *attempt) try(ctx context.Context) *Outcome {
	e, w := a.engine, a.work
	err := a.run(ctx)
	if status(err) == http.StatusForbidden && !isThrottled(err) {
		err = a.forbidden(ctx, err)
	}
	o := &Outcome{
		Want: w.Link.Desired, Basis: w.Basis, Learn: a.learn, Members: a.members, HadMembers: w.AckedMembers,
		Removing: w.App.State == AppRemoving,
	}
	if err == nil {
		a.succeed()
		o.Forget = a.forgettable()
		o.Decided = a.decided()
	} else if isThrottled(err) {
		a.link.LastError = err.Error()
	} else {
		a.fail(o, w.App.answer(err))
	}
	a.judgeApp(ctx, o, err)
	if _, noToken := errors.AsType[*scimclient.TokenError](err); noToken || a.requests > 0 || a.action != ActionNone {
		o.Entry = &LogEntry{
			At: a.start, Key: w.Link.Key, Name: w.Name(), Action: a.action, OK: err == nil && a.link.State != LinkHeld,
			Requests: a.requests, Status: a.status, Exchanges: a.exchanges,
			NextAttempt: a.link.NextAttempt, Duration: e.config.Now().Sub(a.start),
		}
		if !o.Entry.OK {
			o.Entry.Cause = a.link.LastError
		}
		if isThrottled(err) {
			o.Entry.NextAttempt = e.paceOf(w.App.Name).next()
		}
	}
	if a.link.RemoteID != w.Link.RemoteID || !scim.Equal(a.link.Acked, w.Link.Acked) || !maps.Equal(a.members, w.AckedMembers) {
		a.link.AckedAt = e.config.Now()
	}
	o.Link = a.link
	return o
}

// judgeApp finds out whether it is the app as a whole that is in trouble. One that is
// being removed is not paused for that.
func (a *attempt) judgeApp(ctx context.Context, o *Outcome, err error) {
	if ctx.Err() != nil || o.Removing || a.requests == 0 && err == nil || isThrottled(err) {
		return
	}
	pause := a.engine.paceOf(a.link.App).attempted(a.link.Key, isOutage(err), a.link.LastError)
	if o.Pause == nil {
		o.Pause = pause
	}
}

// forgettable reports whether the app holds nothing of the subject and is to be
// given nothing, so that there is nothing to remember.
func (a *attempt) forgettable() bool {
	return a.link.RemoteID == "" && !a.link.Ambiguous && a.link.Decision != DecisionIgnore && a.desired().Presence == Absent
}

// succeed records that there is nothing left to try, but for members of a group that the
// app does not take: like everything that it refuses they are tried again, seldom.
func (a *attempt) succeed() {
	l := &a.link
	if l.State != LinkPartial || len(a.refused) == 0 {
		l.Attempts, l.NextAttempt = 0, time.Time{}
		return
	}
	l.Attempts++
	l.NextAttempt = a.engine.config.Now().Add(a.engine.config.Backoff.after(&failure{state: LinkRejected}, l.Attempts, 0))
}

// fail records on link and outcome why the attempt did not succeed and when the
// next one is due.
func (a *attempt) fail(o *Outcome, f *failure) {
	e := a.engine
	a.link.State, a.link.LastError = f.state, f.cause
	a.link.Attempts++
	o.Retry = e.config.Backoff.after(f, a.link.Attempts, e.config.Jitter())
	o.Pause = f.pause
	a.link.NextAttempt = e.config.Now().Add(o.Retry)
	e.config.Log.Warn("attempt failed", "app", a.link.App, "kind", a.link.Kind, "subject", a.link.Subject,
		"action", a.action, "attempts", a.link.Attempts, "cause", f.cause, "retry", o.Retry)
}

func (a *attempt) run(ctx context.Context) error {
	if a.link.Decision == DecisionIgnore {
		return a.ignored()
	}
	if problem := a.desired().Problem; problem != "" {
		return &failure{state: LinkRejected, cause: problem}
	}
	if err := a.connect(); err != nil {
		return err
	}
	if err := a.engine.firstProbe(ctx, &a.work.App, a.exchanged); err != nil {
		return err
	}
	if a.link.Kind == KindGroup && (!a.work.App.WantsGroups() || a.work.App.NoGroups() != "") {
		return a.skipGroups()
	}
	if err := a.adoptChosen(ctx); err != nil {
		return err
	}
	if a.link.RemoteID == "" {
		if err := a.establish(ctx); err != nil || a.link.RemoteID == "" {
			return err
		}
	}
	return a.converge(ctx)
}

// connect makes the attempt's client.
func (a *attempt) connect() error {
	app := a.work.App
	if value := a.trial.forms[ContentType]; value != "" {
		app.Learned.Observe(ContentType, value, a.trial.reason[ContentType], a.start)
	}
	client, err := a.engine.client(&app, a.lane, a.exchanged)
	if err != nil {
		return &failure{state: LinkRejected, cause: err.Error()}
	}
	a.client = client
	return nil
}

// exchanged keeps an exchange of the attempt for the log.
func (a *attempt) exchanged(x scimclient.Exchange) {
	a.requests++
	a.status = x.Status
	a.exchanges = keepExchange(a.exchanges, logged(x))
}

// desired is what the app should hold, given what the attempt has found so far.
func (a *attempt) desired() Desired {
	w := *a.work
	w.Link = a.link
	return w.Desired()
}

// settle ends an attempt with nothing left to do.
func (a *attempt) settle(state LinkState, reason string) {
	a.link.State, a.link.LastError = state, reason
}

func (a *attempt) skipGroups() error {
	reason := "groups are switched off for the app"
	if a.work.App.WantsGroups() {
		reason = a.work.App.NoGroups()
	}
	a.action = ActionSkip
	a.settle(LinkSkipped, reason)
	return nil
}
