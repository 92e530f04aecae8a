package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"
)

// A Topic is what an [Alert] is about.
type Topic string

// The topics.
const (
	// TopicPaused: the app refuses the token or does not answer.
	TopicPaused Topic = "paused"
	// TopicHeld: the guard holds back goodbyes until somebody decides.
	TopicHeld Topic = "held"
	// TopicAudit: the app could not be audited, and nobody knows what others change in it.
	TopicAudit Topic = "audit"
	// TopicToken: the token expires, see [Settings.TokenExpires].
	TopicToken Topic = "token"
)

// An Alert is something about an app that a person has to see to. It is raised once,
// and again after an hour, a day and a week if it is still so; that a token expires is
// told 30, 7 and 1 days ahead, and once it has.
type Alert struct {
	App   string
	Topic Topic
	// Since is when it began, or of a token when it expires.
	Since time.Time
	// Text says in one sentence what it is and what to do.
	Text string
}

// Raised tells how often an alert was raised about what began at a time.
type Raised struct {
	Since time.Time `json:"since"`
	Times int       `json:"times"`
}

const day = 24 * time.Hour

var (
	// alertAfter is how long something has lasted when it is told.
	alertAfter = [...]time.Duration{0, time.Hour, day, 7 * day}
	// alertBefore is how long ahead of the time it is told that a token expires.
	alertBefore = [...]time.Duration{30 * day, 7 * day, day, 0}
)

// alertEvery is how often it is looked for something to raise an alert about.
const alertEvery = 10 * time.Second

// A pulse is something that is done every so often.
type pulse struct{ next atomic.Pointer[time.Time] }

// due reports whether it is time, and sets when it is next.
func (p *pulse) due(now time.Time, every time.Duration) bool {
	next := p.next.Load()
	return (next == nil || !now.Before(*next)) && p.next.CompareAndSwap(next, new(now.Add(every)))
}

// alertAll raises alerts. It may be called as often as one likes; of several processes
// one raises each.
func (e *Engine) alertAll(ctx context.Context) error {
	now := e.config.Now()
	if !e.alerts.due(now, alertEvery) {
		return nil
	}
	apps, err := e.config.Store.Apps(ctx)
	if err != nil {
		return err
	}
	held, err := e.config.Store.Holding(ctx)
	if err != nil {
		return err
	}
	audits, err := e.config.Store.FailingAudits(ctx)
	if err != nil {
		return err
	}
	for i := range apps {
		app := &apps[i]
		was := maps.Clone(app.Alerts)
		if app.raise(now, held[app.Name], audits[app.Name]); maps.Equal(was, app.Alerts) {
			continue
		}
		var raised []Alert
		updated := e.config.Store.UpdateApp(ctx, app.Name, func(a *App) { raised = a.raise(now, held[a.Name], audits[a.Name]) })
		if updated != nil {
			err = errors.Join(err, updated)
			continue
		}
		for _, alert := range raised {
			e.alert(ctx, alert)
		}
	}
	return err
}

func (e *Engine) alert(ctx context.Context, alert Alert) {
	e.config.Log.Error("an app needs somebody", "app", alert.App, "about", alert.Topic, "since", alert.Since, "what", alert.Text)
	if e.config.Alert != nil {
		e.config.Alert(ctx, alert)
	}
}

// raise notes the alerts about the app that are due and returns them. held counts the
// goodbyes that the guard holds back, audit is the zero value if the newest one was good.
func (a *App) raise(now time.Time, held int, audit FailingAudit) (raised []Alert) {
	a.Alerts = maps.Clone(a.Alerts)
	if a.Alerts == nil {
		a.Alerts = map[Topic]Raised{}
	}
	note := func(topic Topic, so bool, since time.Time, times int, text string) {
		if !so {
			delete(a.Alerts, topic)
			return
		}
		was := a.Alerts[topic]
		if !was.Since.Equal(since) {
			was = Raised{Since: since}
		}
		if times > was.Times {
			was.Times = times
			raised = append(raised, Alert{App: a.Name, Topic: topic, Since: since, Text: text})
		}
		a.Alerts[topic] = was
	}
	lasted := func(since time.Time) (times int) {
		for _, after := range alertAfter {
			if now.Sub(since) >= after {
				times++
			}
		}
		return times
	}
	note(TopicPaused, a.waitsForAnswer(), a.StateSince, max(lasted(a.StateSince), 1), a.Reason)

	heldSince := a.Alerts[TopicHeld].Since
	if heldSince.IsZero() {
		heldSince = now
	}
	note(TopicHeld, held > 0, heldSince, lasted(heldSince), fmt.Sprintf("the guard holds back the goodbye of %d accounts and groups: approve or reject it", held))

	// One that is paused is not audited, and it is told why it is paused.
	failing := !audit.Since.IsZero() && (a.State == AppActive || a.State == AppThrottled)
	note(TopicAudit, failing, audit.Since, lasted(audit.Since), audit.Failure)

	left := a.Settings.TokenExpires.Sub(now)
	times := 0
	for _, before := range alertBefore {
		if left <= before {
			times++
		}
	}
	note(TopicToken, !a.Settings.TokenExpires.IsZero(), a.Settings.TokenExpires, times, a.Notice(now))
	return raised
}

// Notice says what somebody should see to in time: that the token expires within a
// month, or has expired. It is "" if there is nothing.
func (a *App) Notice(now time.Time) string {
	expires := a.Settings.TokenExpires
	switch {
	case expires.IsZero() || expires.Sub(now) > alertBefore[0]:
		return ""
	case !a.Settings.Expired(now):
		return fmt.Sprintf("the token expires on %s: make a new one in the app and save it here with its date", expires.UTC().Format(time.DateOnly))
	default:
		return fmt.Sprintf("the token has expired on %s: make a new one in the app and save it here with its date", expires.UTC().Format(time.DateOnly))
	}
}
