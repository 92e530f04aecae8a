package provisioner

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A preview finds out what a sync would do to an app: it has every attempt made that
// the sync would make, by an engine that can only read, and keeps what comes of them
// beside the store.
type preview struct {
	engine *Engine
	store  *aside
	app    *App
	plan   *SyncPlan

	mu      sync.Mutex
	changes map[Key]*planned
	// renewed are users whose account is another one afterwards, or whose use of it
	// changes: what refers to them changes too.
	renewed []Key
	// moving counts links that are to change and had nothing to do, same those that
	// seem to have something to do and have not.
	moving, same int
	reads        atomic.Int64
	took         atomic.Int64 // all reads together, in nanoseconds
}

// PlanSync returns what a sync of an app would do, and changes nothing anywhere. It
// reads the app: the lists of users and groups, and what is not in them.
//
// The error is a [*ProbeError] if the app shows that nothing can be done, and
// [ErrNotFound] for an app that does not exist.
func (e *Engine) PlanSync(ctx context.Context, name string) (*SyncPlan, error) {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(app.Settings)
	if err != nil {
		return nil, err
	}
	p := &preview{app: app, changes: map[Key]*planned{}, store: newAside(e.config.Store, app)}
	p.plan = &SyncPlan{
		Version: PlanVersion, App: app.Name, Endpoint: app.Endpoint, Made: e.config.Now().UTC(), Changes: []Change{}, Foreign: []ForeignResource{},
		Settings: fingerprint(scimclient.NormalEndpoint(app.Endpoint), json.RawMessage(settings)),
	}
	config := e.config
	config.Store, config.Log = p.store, nil
	p.engine = New(config)
	p.engine.public, p.engine.private = readOnly{e.public}, readOnly{e.private}
	p.engine.paces, p.engine.tokens = e.paces, e.tokens
	if err := p.make(ctx); err != nil {
		return nil, err
	}
	return p.plan, nil
}

func (p *preview) make(ctx context.Context) error {
	ahead, err := p.engine.foresee(ctx, p.app, &Run{})
	if err != nil {
		return err
	}
	p.app.Learned.ProbedAt = time.Time{} // whatever is on record, look again
	if err := p.engine.firstProbe(ctx, p.app, p.observe); err != nil {
		return &ProbeError{App: p.app.Name, Err: err}
	}
	extra := int64(0)
	if !ahead.probe {
		extra = p.reads.Load() // a sync would not look
	}
	users, groups, err := p.find(ctx)
	if err != nil {
		return err
	}
	for _, wave := range users {
		if err := p.tryAll(ctx, wave); err != nil {
			return err
		}
	}
	// What refers to an account that is new, or not used any more, changes with it.
	more, err := p.referrers(ctx)
	if err != nil {
		return err
	}
	for _, key := range more {
		if key.Kind == KindGroup && !slices.Contains(groups, key) {
			groups = append(groups, key)
		}
	}
	if err := p.tryAll(ctx, slices.DeleteFunc(more, func(k Key) bool { return k.Kind == KindGroup })); err != nil {
		return err
	}
	if err := p.tryAll(ctx, groups); err != nil {
		return err
	}
	if err := p.guard(ctx, groups); err != nil {
		return err
	}
	// What follows is not what a sync would read.
	p.plan.Requests = int(p.reads.Load() - extra)
	if err := p.survey(ctx); err != nil {
		return err
	}
	return p.finish(ctx)
}

func (p *preview) observe(x scimclient.Exchange) {
	p.reads.Add(1)
	p.took.Add(int64(x.Duration))
}

// find lists what the sync would mark: users in waves, each of which needs the ones
// before it, and groups. It lists the app where a sync would.
func (p *preview) find(ctx context.Context) (users [][]Key, groups []Key, err error) {
	managers := map[string]string{}
	unlinked := map[Kind]int{}
	var all []Key
	err = p.store.Stale(ctx, p.app, func(w *Work) error {
		if w.Link.RemoteID == "" {
			unlinked[w.Link.Kind]++
		}
		if w.Link.Kind == KindGroup {
			groups = append(groups, w.Link.Key)
			return nil
		}
		all = append(all, w.Link.Key)
		managers[w.Link.Subject] = ""
		if w.User != nil {
			managers[w.Link.Subject] = w.User.Manager()
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for kind, n := range unlinked {
		if n > 1 && !p.app.Learned.Empty(kind) && (kind == KindUser || p.app.NoGroups() == "") {
			if err := p.engine.list(ctx, p.app, kind, p.observe); err != nil {
				return nil, nil, &ProbeError{App: p.app.Name, Err: err}
			}
		}
	}
	for _, key := range all {
		depth := rank(managers, key.Subject)
		for len(users) <= depth {
			users = append(users, nil)
		}
		users[depth] = append(users[depth], key)
	}
	return users, groups, nil
}

// rank is how many managers somebody has that come first. Managers who report to each
// other do not.
func rank(managers map[string]string, subject string) int {
	n := 0
	for at := managers[subject]; at != ""; n++ {
		next, stale := managers[at]
		if !stale {
			return n
		}
		if at == subject || n > len(managers) {
			return 0
		}
		at = next
	}
	return n
}

// tryAll has attempts made, as many at a time as the app takes.
func (p *preview) tryAll(ctx context.Context, keys []Key) error {
	return abreast(ctx, p.app.Settings.concurrency(), keys, p.try)
}

// try has an attempt made, or the one before it continued.
func (p *preview) try(ctx context.Context, key Key) error {
	w, err := p.store.Load(ctx, key)
	if err != nil {
		return err
	}
	was := w.Link
	a := p.engine.newAttempt(w, w.Lane())
	a.rehearsal = &rehearsal{}
	outcome := a.try(ctx)
	p.reads.Add(int64(a.requests))
	for _, x := range a.exchanges {
		p.took.Add(int64(x.Duration))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p.store.keep(outcome)
	p.mu.Lock()
	defer p.mu.Unlock()
	if was.RemoteID != outcome.Link.RemoteID || was.InUse() != outcome.Link.InUse() {
		p.renewed = append(p.renewed, key)
	}
	p.note(w, &was, outcome, a)
	return nil
}

// note adds what an attempt would do to the change of its subject.
func (p *preview) note(w *Work, was *Link, o *Outcome, a *attempt) {
	r := a.rehearsal
	adopted := was.RemoteID == "" && o.Link.RemoteID != "" && o.Link.Origin == OriginAdopted
	stuck := o.Link.State.Failed()
	c := p.changes[was.Key]
	if c == nil {
		if len(r.writes) == 0 && !adopted && !stuck && o.Link.State != LinkHeld {
			if o.Link.State.holds() && !was.State.holds() {
				p.same++
			}
			return
		}
		if was.State.holds() {
			p.moving++
		}
		c = &planned{before: r.before, Change: Change{Kind: was.Kind, ID: was.Subject, Name: w.Name(), Action: a.action}}
		c.Basis.Acked = fingerprint(was.RemoteID, was.Acked, w.AckedMembers)
		p.changes[was.Key] = c
	}
	c.writes = append(c.writes, r.writes...)
	c.after = o.Link.Acked
	for _, id := range []string{was.RemoteID, o.Link.RemoteID} {
		if c.RemoteID == "" && !isUnmade(id) {
			c.RemoteID = id
		}
	}
	c.goodbye = r.goodbye
	d := w.Desired()
	c.Reason = d.Reason
	switch {
	case adopted:
		c.Action = ActionAdopt
	case a.action == ActionHold, o.Link.State == LinkHeld:
		c.Action = w.Parting(*r.goodbye)
	}
	if stuck {
		c.Problem = o.Link.LastError
	}
	if o.Link.State == LinkHeld {
		c.Held = o.Link.LastError
	}
	c.Basis.Desired = fingerprint(d.Presence, d.Payload, d.Initial, d.Members)
}

// referrers returns what refers to the users whose account is renewed.
func (p *preview) referrers(ctx context.Context) ([]Key, error) {
	seen := map[Key]bool{}
	var keys []Key
	for _, user := range p.renewed {
		of, err := p.store.Referrers(ctx, user)
		if err != nil {
			return nil, err
		}
		for _, key := range of {
			if !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

// finish turns what was found into the plan.
func (p *preview) finish(ctx context.Context) error {
	for _, c := range p.changes {
		c.describe()
		p.plan.Changes = append(p.plan.Changes, c.Change)
		if c.Held == "" {
			p.plan.Requests += c.Requests
		}
	}
	slices.SortFunc(p.plan.Changes, func(a, b Change) int { return usersFirst(a.Key(p.app.Name), b.Key(p.app.Name)) })
	last, err := p.store.LastLogID(ctx)
	if err != nil {
		return err
	}
	now, err := p.store.Outcome(ctx, p.app.Name, last)
	if err != nil {
		return err
	}
	p.plan.Unchanged = now.Users.Unchanged + now.Groups.Unchanged - p.moving + p.same
	p.plan.Estimate = p.estimate().Milliseconds()
	return nil
}

// guard finds out what the guard would hold back. Groups keep the members whose
// goodbye it holds, so that they are looked at once more.
func (p *preview) guard(ctx context.Context, groups []Key) error {
	losses, err := p.store.Losses(ctx, p.app.Name)
	if err != nil {
		return err
	}
	asking := func() (list []*planned) {
		for _, c := range p.changes {
			if c.goodbye != nil && c.Held == "" {
				list = append(list, c)
			}
		}
		return list
	}
	losses.Going = len(asking())
	held := p.app.Hold(losses)
	if losses.Going == 0 || held == "" {
		return nil
	}
	for _, c := range asking() {
		c.Held, c.writes = held, nil
		if c.Kind == KindUser {
			p.store.forget(c.Key(p.app.Name))
		}
	}
	for _, key := range groups {
		if c := p.changes[key]; c != nil && c.Held == "" {
			delete(p.changes, key)
			p.store.forget(key)
		}
	}
	if err := p.tryAll(ctx, slices.DeleteFunc(groups, func(k Key) bool { return p.changes[k] != nil })); err != nil {
		return err
	}
	for _, c := range asking() {
		c.Held, c.writes = held, nil
	}
	return nil
}

// estimate is how long the requests of the plan would take: as long as those made for
// it, as many at a time as the app is known to take, and no more than its settings
// allow.
func (p *preview) estimate() time.Duration {
	n := p.reads.Load()
	if n == 0 || p.plan.Requests == 0 {
		return 0
	}
	each := time.Duration(p.took.Load() / n)
	atATime := min(p.app.Limit.known(), p.app.Settings.concurrency())
	total := each * time.Duration(p.plan.Requests) / time.Duration(atATime)
	if rate := p.app.Settings.Rate; rate > 0 {
		total = max(total, time.Duration(float64(p.plan.Requests)/rate*float64(time.Second)))
	}
	return total
}
