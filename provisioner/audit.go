package provisioner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// An Audit says how far what an app holds differs from what it was known to hold.
type Audit struct {
	// Checked counts the resources that were compared, Drifted those that others have
	// changed, Restored those that are set back, Missing those that the app does not
	// have any more, Repaired those that are made again, Foreign those that are
	// nobody's here. Foreign and missing ones are left alone.
	Checked  int `json:"checked"`
	Drifted  int `json:"drifted"`
	Restored int `json:"restored"`
	Missing  int `json:"missing"`
	Repaired int `json:"repaired"`
	Foreign  int `json:"foreign"`
	Requests int `json:"requests"`
	// Warning says what the app as a whole seems to have been through, "" if nothing:
	// then nothing is set back.
	Warning string `json:"warning,omitzero"`
	// Of very many the first are named.
	Drifts    []Drift           `json:"drifts,omitempty"`
	Vanished  []Drift           `json:"vanished,omitempty"`
	Strangers []ForeignResource `json:"strangers,omitempty"`
	// Notes say what could not be found out.
	Notes []string `json:"notes,omitempty"`
}

// Good reports whether the app holds what it was known to hold.
func (a *Audit) Good() bool { return a.Drifted == 0 && a.Missing == 0 && a.Warning == "" }

// A Drift is what differs about one resource.
type Drift struct {
	Kind     Kind   `json:"kind"`
	ID       string `json:"id"`
	Name     string `json:"name,omitzero"`
	RemoteID string `json:"remoteId"`
	// Fields have what the app was known to hold as Old and what it holds as New.
	Fields []FieldChange `json:"fields,omitempty"`
	// Joined and Left are the app's ids of members that others have put into a group
	// and taken out of it.
	Joined []string `json:"joined,omitempty"`
	Left   []string `json:"left,omitempty"`
	// Restore says that some of it is to be set back.
	Restore bool `json:"restore,omitzero"`

	amendment Amendment
}

// An Amendment corrects what an app is known to hold, so that the next attempt makes
// up for the difference.
type Amendment struct {
	Key
	Lane Lane
	// Want is the count of changes that the link had caught up with; one that has
	// moved on is left alone.
	Want  int64
	Acked *scim.Object
	// Members are those of a group in place of HadMembers, nil for no change.
	HadMembers, Members map[string]string
	// Doubt has the next attempt look at the resource before anything else.
	Doubt bool
}

// Audits is the part of the store that an audit needs.
type Audits interface {
	// Tied returns the works of the links that resources of an app are tied to.
	Tied(ctx context.Context, app string, kind Kind, remoteIDs []string) ([]*Work, error)
	// Amend corrects what an app is known to hold and makes an attempt due at once. It
	// returns how many links were amended.
	Amend(ctx context.Context, amendments []Amendment) (int, error)
	// Unaudited returns the apps that were pushed all and have had no audit since a
	// time, the one that has waited longest first.
	Unaudited(ctx context.Context, since time.Time) ([]string, error)
}

// maxNamed bounds what an audit names of each sort.
const maxNamed = 1000

// auditBatch is how many resources are compared at a time.
const auditBatch = 100

// StartAudit starts to compare what an app holds with what it is known to hold. Others'
// changes are reported, or set back where the settings say so; with repair, resources
// that the app does not have any more are made again.
//
// The error is [ErrNotFound] for an app that does not exist, and [ErrConflict] for one
// that is being removed.
func (e *Engine) StartAudit(ctx context.Context, name, by string, repair bool) (*Run, error) {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return nil, err
	}
	if app.State == AppRemoving {
		return nil, app.syncable()
	}
	now := e.config.Now()
	return e.config.Store.StartRun(ctx, &Run{App: name, Kind: RunAudit, By: by, State: RunRunning, Started: now, Until: now, Repair: repair})
}

// audit carries out an audit from beginning to end.
func (e *Engine) audit(ctx context.Context, run *Run) error {
	app, err := e.config.Store.App(ctx, run.App)
	if err != nil {
		return err
	}
	run.Marked = 0 // another process may have begun before
	a := &auditor{engine: e, app: app, run: run, result: &Audit{}}
	if a.client, err = e.client(app, LaneGroups, func(scimclient.Exchange) { a.result.Requests++ }); err == nil {
		err = a.do(ctx)
	}
	refused, isRefused := errors.AsType[*scimclient.Error](err)
	switch {
	case errors.Is(err, ErrCancelled):
		return nil
	case isRefused && ctx.Err() == nil:
		run.State, run.Error = RunFailed, "the app could not be read: "+refused.Error()
	case err != nil:
		return err
	default:
		run.State = RunDone
	}
	run.Finished, run.Audit, run.Ready = e.config.Now(), a.result, true
	if err := e.config.Store.SaveRun(ctx, run); !errors.Is(err, ErrCancelled) {
		return err
	}
	return nil
}

// An auditor makes one audit.
type auditor struct {
	engine *Engine
	app    *App
	client *scimclient.Client
	run    *Run
	result *Audit
	// accounts are the app's ids of all accounts that are ours.
	accounts map[string]bool

	// drifts are those that the settings have set back, lost the resources that are
	// missing.
	drifts, lost []*Drift
	// since and until tell a rollback: the oldest of our changes that is not there, and
	// the newest that is.
	since, until time.Time
}

func (a *auditor) do(ctx context.Context) (err error) {
	if a.accounts, err = a.engine.config.Store.RemoteIDs(ctx, a.app.Name, KindUser); err != nil {
		return err
	}
	for _, kind := range []Kind{KindUser, KindGroup} {
		if kind == KindGroup && (!a.app.WantsGroups() || a.app.NoGroups() != "") {
			continue
		}
		if err := a.kind(ctx, kind); err != nil {
			return err
		}
	}
	a.judge()
	slices.SortFunc(a.result.Drifts, compareDrifts)
	slices.SortFunc(a.result.Vanished, compareDrifts)
	return a.amend(ctx)
}

// compareDrifts puts users before groups.
func compareDrifts(a, b Drift) int {
	return cmp.Or(strings.Compare(string(b.Kind), string(a.Kind)), strings.Compare(a.ID, b.ID))
}

// kind compares all resources of a kind: those in the list, and by id those that are
// not.
func (a *auditor) kind(ctx context.Context, kind Kind) error {
	ours, err := a.engine.config.Store.RemoteIDs(ctx, a.app.Name, kind)
	if err != nil {
		return err
	}
	if err := a.list(ctx, kind, ours); err != nil {
		return err
	}
	rest := make([]string, 0, len(ours))
	for id := range ours {
		rest = append(rest, id)
	}
	slices.Sort(rest)
	for batch := range slices.Chunk(rest, auditBatch) {
		if err := a.compare(ctx, kind, batch, nil); err != nil {
			return err
		}
	}
	return nil
}

// list compares what is in the app's list, and takes it out of ours.
func (a *auditor) list(ctx context.Context, kind Kind, ours map[string]bool) error {
	capabilities := a.app.Capabilities()
	if capabilities.Is(List, ListNone) {
		return nil
	}
	var batch []string
	seen := map[string]*scim.Object{}
	query := scimclient.Query{Count: listPage, ByCursor: capabilities.Is(List, ListCursor)}
	for r, err := range a.client.List(ctx, kind.Endpoint(), query) {
		switch {
		case unlistable(err):
			a.result.Notes = append(a.result.Notes, fmt.Sprintf("the app's %ss cannot be listed, so that those of nobody here are not shown: %v", strings.ToLower(string(kind)), err))
			return nil
		case err != nil:
			return err
		case !ours[r.ID()]:
			a.stranger(kind, r)
			continue
		}
		batch = append(batch, r.ID())
		seen[r.ID()] = r
		delete(ours, r.ID())
		if len(batch) == auditBatch {
			if err := a.compare(ctx, kind, batch, seen); err != nil {
				return err
			}
			batch = batch[:0]
			clear(seen)
		}
	}
	return a.compare(ctx, kind, batch, seen)
}

func (a *auditor) stranger(kind Kind, r *scim.Object) {
	a.result.Foreign++
	if r.ID() != "" && len(a.result.Strangers) < maxNamed {
		a.result.Strangers = append(a.result.Strangers, ForeignResource{Kind: kind, RemoteID: r.ID(), Name: r.String(nameAttribute(kind)), ExternalID: r.ExternalID()})
	}
}

// compare compares a batch of resources with what is known of them. What was not seen
// in a list is read by id: that it is missing there proves nothing.
func (a *auditor) compare(ctx context.Context, kind Kind, ids []string, seen map[string]*scim.Object) error {
	if len(ids) == 0 {
		return nil
	}
	works, err := a.engine.config.Store.Tied(ctx, a.app.Name, kind, ids)
	if err != nil {
		return err
	}
	for _, w := range works {
		if w.Link.Behind() || w.Link.Acked == nil || w.Link.State == LinkIgnored {
			continue // what is known of it is about to change
		}
		resource := seen[w.Link.RemoteID]
		if _, members := resource.Lookup("members"); resource == nil || kind == KindGroup && !members {
			response, err := a.client.Get(ctx, kind.Endpoint(), w.Link.RemoteID)
			switch {
			case status(err) == http.StatusNotFound && saysSCIM(err):
				a.missing(w)
				continue
			case err != nil:
				return err
			}
			resource = response.Resource
		}
		a.one(w, resource)
	}
	a.run.Marked += len(works)
	return a.engine.config.Store.SaveRun(ctx, a.run)
}

func (a *auditor) missing(w *Work) {
	a.result.Checked++
	a.result.Missing++
	a.bad(w)
	d := drift(w)
	d.amendment.Acked, d.amendment.Doubt = w.Link.Acked, true
	if len(a.result.Vanished) < maxNamed {
		a.result.Vanished = append(a.result.Vanished, *d)
	}
	a.lost = append(a.lost, d)
}

func drift(w *Work) *Drift {
	return &Drift{
		Kind: w.Link.Kind, ID: w.Link.Subject, Name: w.Name(), RemoteID: w.Link.RemoteID,
		amendment: Amendment{Key: w.Link.Key, Lane: w.Lane(), Want: w.Link.Desired, HadMembers: w.AckedMembers},
	}
}

// bad and good take note of when a resource was written last that is not as it was
// left, or is.
func (a *auditor) bad(w *Work) {
	if a.since.IsZero() || w.Link.UpdatedAt.Before(a.since) {
		a.since = w.Link.UpdatedAt
	}
}

func (a *auditor) good(w *Work) {
	if w.Link.UpdatedAt.After(a.until) {
		a.until = w.Link.UpdatedAt
	}
}

// one compares a resource with what is known of it.
func (a *auditor) one(w *Work, resource *scim.Object) {
	a.result.Checked++
	d := drift(w)
	a.attributes(w, resource, d)
	a.memberships(w, resource, d)
	if len(d.Fields) == 0 && len(d.Joined) == 0 && len(d.Left) == 0 {
		a.good(w)
		return
	}
	a.bad(w)
	a.result.Drifted++
	if d.Restore {
		a.drifts = append(a.drifts, d)
	}
	if len(a.result.Drifts) < maxNamed {
		a.result.Drifts = append(a.result.Drifts, *d)
	}
}

// attributes compares attributes that are looked after. Those that the app is known
// not to show prove nothing.
func (a *auditor) attributes(w *Work, resource *scim.Object, d *Drift) {
	holds := held(w.Link.Acked, resource)
	amended := w.Link.Acked.Clone()
	changed := false
	was, is := flatten(w.Link.Acked), flatten(holds)
	for _, f := range was {
		value := is.value(f.path)
		policy := a.app.Settings.drift(f)
		if f.attribute == "schemas" || scim.Equal(f.value, value) || policy == DriftIgnore ||
			a.app.Learned.Unseen[string(w.Link.Kind)+"."+f.attribute] != "" {
			continue
		}
		d.Fields = append(d.Fields, fieldChange(f.path, f.value, value))
		if policy == DriftEnforce {
			changed = true
			adoptAttribute(amended, holds, f.attribute)
		}
	}
	d.amendment.Acked = amended
	d.Restore = d.Restore || changed
}

// adoptAttribute makes an attribute what it is in another resource.
func adoptAttribute(to, from *scim.Object, name string) {
	if value, there := from.Lookup(name); there {
		to.Set(name, value)
	} else {
		to.Delete(name)
	}
}

// memberships compares the members that a group was given. Of those that others have
// put in, only such count whose account is ours, unless the directory decides about
// all of them.
func (a *auditor) memberships(w *Work, resource *scim.Object, d *Drift) {
	policy := a.app.Settings.drift(flat{attribute: "members", path: "members"})
	if w.Link.Kind != KindGroup || policy == DriftIgnore || a.app.Capabilities().Is(MembersReturned, No) {
		return
	}
	present := memberIDs(resource)
	kept := map[string]string{}
	for subject, id := range w.AckedMembers {
		if present[id] {
			kept[subject] = id
		} else {
			d.Left = append(d.Left, id)
		}
		delete(present, id)
	}
	for _, m := range w.Members {
		delete(present, m.RemoteID)
	}
	for id := range present {
		if a.app.Settings.Authoritative || a.accounts[id] {
			d.Joined = append(d.Joined, id)
			kept[" "+id] = id // no directory id begins with a blank
		}
	}
	slices.Sort(d.Left)
	slices.Sort(d.Joined)
	if policy == DriftEnforce && len(d.Left)+len(d.Joined) > 0 {
		d.amendment.Members, d.Restore = kept, true
	}
}

// judge finds out whether it is the app as a whole that has changed.
func (a *auditor) judge() {
	r := a.result
	broken := r.Missing + r.Drifted
	limit := a.app.Settings.Guard.Limit(r.Checked)
	switch {
	case r.Missing > 1 && r.Missing == r.Checked:
		r.Warning = fmt.Sprintf("the app has lost all %d resources that it was given: it was emptied, or is another one", r.Missing)
	case broken > 1 && r.Checked > broken && a.since.After(a.until):
		r.Warning = fmt.Sprintf("the app has nothing of what it was given since %s and all from before: it was set back to an earlier state", a.since.UTC().Format("2006-01-02 15:04:05"))
	case r.Missing > limit:
		r.Warning = fmt.Sprintf("the app has lost %d of %d resources that it was given", r.Missing, r.Checked)
	}
	if r.Warning != "" && !a.run.Repair {
		r.Warning += ": nothing was set back; if the app is to have it again, repair it"
	}
}

// amend has differences made up for. After a warning that takes a person.
func (a *auditor) amend(ctx context.Context) error {
	var drifts, lost []Amendment
	if a.result.Warning == "" || a.run.Repair {
		for _, d := range a.drifts {
			drifts = append(drifts, d.amendment)
		}
	}
	if a.run.Repair {
		for _, d := range a.lost {
			lost = append(lost, d.amendment)
		}
	}
	var err error
	if a.result.Restored, err = a.engine.config.Store.Amend(ctx, drifts); err != nil {
		return err
	}
	a.result.Repaired, err = a.engine.config.Store.Amend(ctx, lost)
	return err
}

// drift returns what an audit does about an attribute: what the settings say of it, of
// what it is part of, or of all.
func (s *Settings) drift(f flat) DriftPolicy {
	for _, name := range []string{f.path, f.attribute} {
		for path, policy := range s.DriftOf {
			if strings.EqualFold(path, name) {
				return policy
			}
		}
	}
	if s.Drift == "" {
		return DriftReport
	}
	return s.Drift
}

// auditDue starts the audit that has been due longest, unless one is under way: audits
// take turns.
func (e *Engine) auditDue(ctx context.Context) error {
	names, err := e.config.Store.Unaudited(ctx, e.config.Now().Add(-auditEvery))
	if err != nil || len(names) == 0 {
		return err
	}
	_, err = e.StartAudit(ctx, names[0], "daily", false)
	return err
}

// auditEvery is how often an app is audited without being asked to.
const auditEvery = 24 * time.Hour
