package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// recreateOnce is how often a resource that vanished from an app is made again.
const recreateOnce = 24 * time.Hour

// probeTrust is how long it is believed what a sync has seen of an app's groups.
const probeTrust = time.Hour

// An attempt is one try at bringing an app to what is desired for one subject. It
// talks to the app only; what it changes of the link goes out as an [Outcome].
type attempt struct {
	engine *Engine
	work   *Work
	client *scimclient.Client

	link    Link
	members map[string]string
	learn   []func(*Learned)
	action  Action

	requests  int
	status    int
	exchanges []Exchange
}

// attempt makes one try and returns what it leaves behind.
func (e *Engine) attempt(ctx context.Context, w *Work) *Outcome {
	start := e.config.Now()
	a := &attempt{engine: e, work: w, link: w.Link, members: maps.Clone(w.AckedMembers), action: ActionNone}
	if a.members == nil {
		a.members = map[string]string{}
	}

	err := a.run(ctx)
	o := &Outcome{Want: w.Link.Desired, Basis: w.Basis, Learn: a.learn, Members: a.members, HadMembers: w.AckedMembers}
	if err == nil {
		a.link.Attempts, a.link.NextAttempt = 0, time.Time{}
		o.Forget = a.forgettable()
		o.Decided = a.decided()
	} else {
		a.fail(o, answer(err))
	}
	if a.requests > 0 || a.action != ActionNone {
		o.Entry = &LogEntry{
			At: start, Key: w.Link.Key, Name: w.Name(), Action: a.action, OK: err == nil && a.link.State != LinkHeld,
			Requests: a.requests, Status: a.status, Exchanges: a.exchanges,
			NextAttempt: a.link.NextAttempt, Duration: e.config.Now().Sub(start),
		}
		if !o.Entry.OK {
			o.Entry.Cause = a.link.LastError
		}
	}
	o.Link = a.link
	return o
}

// forgettable reports whether the app holds nothing of the subject and is to be
// given nothing, so that there is nothing to remember.
func (a *attempt) forgettable() bool {
	return a.link.RemoteID == "" && !a.link.Ambiguous && a.desired().Presence == Absent
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
	client, err := a.engine.client(&a.work.App, a.exchanged)
	if err != nil {
		return &failure{state: LinkRejected, cause: err.Error()}
	}
	a.client = client
	if err := a.engine.firstProbe(ctx, &a.work.App, a.exchanged); err != nil {
		return err
	}
	if a.link.Kind == KindGroup && (!a.work.App.WantsGroups() || a.work.App.NoGroups() != "") {
		return a.skipGroups()
	}
	if problem := a.desired().Problem; problem != "" {
		return &failure{state: LinkRejected, cause: problem}
	}
	if a.link.RemoteID == "" {
		if err := a.establish(ctx); err != nil || a.link.RemoteID == "" {
			return err
		}
	}
	return a.converge(ctx)
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

// observe records what the app has shown about itself, for this attempt and for all
// after it.
func (a *attempt) observe(name Capability, value, reason string) {
	now := a.engine.config.Now()
	learn := func(l *Learned) { l.Observe(name, value, reason, now) }
	learn(&a.work.App.Learned)
	a.learn = append(a.learn, learn)
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

// establish finds the subject's resource in the app or creates it. It leaves the
// link without a remote id if the app should hold nothing.
func (a *attempt) establish(ctx context.Context) error {
	d := a.desired()
	if a.work.Blocked {
		a.settle(LinkWaiting, "waits for the accounts it refers to")
		return nil
	}
	if d.Presence == Absent {
		return a.absent(d.Reason + " and has nothing in the app")
	}
	if a.link.Ambiguous || !a.knownEmpty() {
		found, err := a.search(ctx, !a.link.Ambiguous)
		if err != nil {
			return a.noGroups(err)
		}
		if found != nil {
			return a.adopt(ctx, found)
		}
	}
	if !d.Create {
		return a.absent(d.Reason + " and has nothing in the app")
	}
	return a.create(ctx, d)
}

// knownEmpty reports whether the app had nothing that could be the subject's when
// it was last probed. Apps refuse a second user of a name, so that this may be old
// news for users; a second group of a name they mostly accept.
func (a *attempt) knownEmpty() bool {
	l := &a.work.App.Learned
	recent := a.engine.config.Now().Sub(l.ProbedAt) < probeTrust
	return l.Empty(a.link.Kind) && (a.link.Kind == KindUser || recent)
}

// absent settles a subject that the app does not have and should not get.
func (a *attempt) absent(reason string) error {
	a.link.Ambiguous = false
	a.action = ActionSkip
	a.settle(LinkSkipped, reason)
	return nil
}

// noGroups turns the answer of an app without groups into a skip; any other error
// passes through.
func (a *attempt) noGroups(err error) error {
	if a.link.Kind != KindGroup || !unsupported(err) {
		return err
	}
	reason := fmt.Sprintf("the app has no groups: /Groups answered %d", status(err))
	a.observe(Groups, GroupsNone, reason)
	return a.skipGroups()
}

// create makes the resource. An account that is in the way is looked up and
// adopted; an answer that got lost makes the next attempt look first.
func (a *attempt) create(ctx context.Context, d Desired) error {
	a.action = ActionCreate
	w := Plan(d, nil, nil, a.work.App.Capabilities())[0]
	body := w.Payload.Clone()
	if len(w.Add) > 0 {
		body.Set("members", memberValues(w.Add))
	}
	response, err := a.client.Create(ctx, a.link.Kind.Endpoint(), body)
	if status(err) == http.StatusConflict {
		return a.resolveConflict(ctx, err)
	}
	if err != nil {
		a.link.Ambiguous = ambiguous(err)
		return a.noGroups(err)
	}
	if response.ID() == "" {
		// The answer does not say which resource was made: find it.
		a.link.Ambiguous = true
		found, err := a.search(ctx, false)
		if err != nil {
			return err
		}
		if found == nil {
			return &failure{state: LinkFailing, cause: fmt.Sprintf("the app answered %d to the create without an id, and the resource cannot be found", response.Status)}
		}
		a.own(found.ID(), OriginCreated)
	} else {
		a.own(response.ID(), OriginCreated)
	}
	a.link.Acked = w.Acked
	maps.Copy(a.members, w.Add)
	return nil
}

func (a *attempt) resolveConflict(ctx context.Context, refused error) error {
	found, err := a.search(ctx, false)
	if err != nil {
		return a.noGroups(err)
	}
	if found == nil {
		return conflict("%s, and no resource of that name or externalId can be found", refused)
	}
	return a.adopt(ctx, found)
}

func (a *attempt) own(remoteID string, origin Origin) {
	a.link.RemoteID, a.link.Origin, a.link.Ambiguous = remoteID, origin, false
}

// adopt ties the subject to a resource that the app already has.
func (a *attempt) adopt(ctx context.Context, found *scim.Object) error {
	other, err := a.engine.config.Store.LinkOf(ctx, a.link.App, a.link.Kind, found.ID())
	if err == nil && other != a.link.Key {
		return conflict("the app's resource %s already belongs to %s: rename one of the two", found.ID(), other.Subject)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if a.link.Kind == KindGroup {
		if _, ok := found.Lookup("members"); !ok {
			// Lists may leave members out; the resource itself may not.
			response, err := a.client.Get(ctx, a.link.Kind.Endpoint(), found.ID())
			if err != nil {
				return err
			}
			if response.Resource != nil {
				found = response.Resource
			}
		}
	}
	origin := OriginAdopted
	if a.link.Ambiguous && found.ExternalID() == a.externalID() {
		origin = OriginCreated
		a.action = ActionCreate
	} else {
		a.action = ActionAdopt
	}
	a.own(found.ID(), origin)
	d := a.desired()
	if d.Payload == nil {
		a.link.Acked = scim.NewObject(scim.Field{Name: "externalId", Value: found.ExternalID()}, scim.Field{Name: "active", Value: true})
		return nil
	}
	a.link.Acked = held(d.Payload, found)
	a.link.Acked.Set("schemas", d.Payload.Get("schemas"))
	present := memberIDs(found)
	for subject, id := range d.Members {
		if present[id] {
			a.members[subject] = id
		}
	}
	return nil
}

func (a *attempt) externalID() string {
	if d := a.desired(); d.Payload != nil {
		return d.Payload.ExternalID()
	}
	return a.link.Subject
}

// memberIDs returns the ids of a group's members.
func memberIDs(group *scim.Object) map[string]bool {
	ids := map[string]bool{}
	for _, m := range group.Array("members") {
		if o, ok := m.(*scim.Object); ok {
			ids[o.String("value")] = true
		}
	}
	return ids
}

// ambiguous reports whether a failed request may have been carried out.
func ambiguous(err error) bool {
	var refused *scimclient.Error
	return errors.As(err, &refused) && refused.Ambiguous
}
