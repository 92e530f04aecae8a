package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

const (
	// outageFailures failures in a row, at outageSubjects subjects or more, pause an
	// app: it is not one subject that is the trouble.
	outageFailures = 10
	outageSubjects = 3

	// authProbe is how often an app that refuses the token is asked again, endpointProbe
	// and longestProbe how soon, and at last how often, one that does not answer.
	authProbe     = 15 * time.Minute
	endpointProbe = 30 * time.Second
	longestProbe  = 15 * time.Minute
)

// An outage counts the attempts in a row that an app has not dealt with.
type outage struct {
	failures int
	subjects map[Key]bool
}

// attempted counts an attempt: one that failed for a reason that lies with the app as
// a whole, or one that did not. It returns a pause if it is time for one, and sends
// nothing more then: many attempts may be ready that know nothing of it.
func (p *pace) attempted(key Key, failed bool, cause string) *Pause {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !failed {
		p.outage = outage{}
		return nil
	}
	if p.outage.subjects == nil {
		p.outage.subjects = map[Key]bool{}
	}
	p.outage.failures++
	p.outage.subjects[key] = true
	if p.outage.failures < outageFailures || len(p.outage.subjects) < outageSubjects {
		return nil
	}
	reason := fmt.Sprintf("%d attempts in a row have failed: %s. It goes on by itself once the app answers", p.outage.failures, cause)
	p.outage = outage{}
	p.halt("attempts at the app have failed one after the other: nothing is sent to it until it answers")
	return &Pause{Cause: PauseEndpoint, Reason: reason}
}

// isOutage reports whether a request failed for a reason that lies with the app as a
// whole: it was not reached, broke down, sent the request elsewhere, has moved or gave
// an answer that makes no sense.
func isOutage(err error) bool {
	refused, ok := asRefused(err)
	return ok && (refused.Status < 400 || refused.Status >= 500) || strayed(err)
}

// probeAfter tells how long to wait before a paused app is asked again.
func probeAfter(cause PauseCause, probes int) time.Duration {
	if cause == PauseAuth {
		return authProbe
	}
	return min(endpointProbe<<min(probes, 10), longestProbe)
}

// Tend asks apps that are paused until they answer, whenever it is time, and lets
// those go on that do. It also reads again what apps say about themselves and audits
// them, once a day each, and raises alerts. It is to be called every few seconds.
func (e *Engine) Tend(ctx context.Context) error {
	e.forgetIndexes()
	names, err := e.config.Store.Probe(ctx, probeAfter)
	for _, name := range names {
		err = errors.Join(err, e.tend(ctx, name))
	}
	return errors.Join(err, e.rediscoverAll(ctx), e.auditDue(ctx), e.alertAll(ctx), e.forgetApps(ctx))
}

// tend asks one paused app for one user.
func (e *Engine) tend(ctx context.Context, name string) error {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return err
	}
	client, err := e.client(app, LaneUsers, nil)
	if err != nil {
		return err
	}
	_, err = client.Page(ctx, KindUser.Endpoint(), scimclient.Query{Count: 1})
	if err != nil && !isThrottled(err) && !unlisted(err) {
		return e.stillPaused(ctx, name, err)
	}
	return e.config.Store.UpdateApp(ctx, name, func(a *App) {
		if a.waitsForAnswer() {
			a.Resume()
			a.Limit.Concurrency = min(a.Limit.known(), firstConcurrency)
		}
	})
}

// stillPaused records what a paused app answers now.
func (e *Engine) stillPaused(ctx context.Context, name string, refused error) error {
	return e.config.Store.UpdateApp(ctx, name, func(a *App) {
		f := a.answer(refused)
		if a.Cause == PauseEndpoint && a.waitsForAnswer() && f.pause != nil {
			a.Resume()
			a.Pause(*f.pause)
		}
	})
}

// waitsForAnswer reports whether an app is paused until it answers.
func (a *App) waitsForAnswer() bool {
	return a.State == AppPaused && (a.Cause == PauseAuth || a.Cause == PauseEndpoint)
}
