package provisioner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// An auditor makes one audit.
type auditor struct {
	engine *Engine
	app    *App
	client *scimclient.Client
	run    *Run
	result *Audit
	// accounts are the app's ids of all accounts that are ours.
	accounts map[string]bool

	// drifts are those that are to be set back, lost the resources that are missing.
	drifts, lost []*Drift
	// behind counts the resources that were left out.
	behind int
	// unread counts those that the app did not show, unreadable is why the last of them.
	unread     int
	unreadable error
	// traces tell whether the app was set back.
	traces []trace
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
	if a.behind > 0 {
		a.result.Notes = append(a.result.Notes, fmt.Sprintf("users and groups not compared, since a change of them is on its way to the app, or fails: %d", a.behind))
	}
	if a.unread > 0 {
		a.result.Notes = append(a.result.Notes, fmt.Sprintf("%d users and groups could not be read, and were not compared: %v", a.unread, a.unreadable))
	}
	a.judge()
	byKey := func(x, y Drift) int { return usersFirst(x.amendment.Key, y.amendment.Key) }
	slices.SortFunc(a.result.Drifts, byKey)
	slices.SortFunc(a.result.Vanished, byKey)
	return a.amend(ctx)
}

// usersFirst orders subjects for people to read: users before groups, each by id.
func usersFirst(a, b Key) int {
	return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(a.Subject, b.Subject))
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
		if err := a.compare(ctx, kind, batch, map[string]*scim.Object{}); err != nil {
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
	seen, known := map[string]*scim.Object{}, newIDSet(ours)
	query := scimclient.Query{Count: listPage, ByCursor: capabilities.Is(List, ListCursor)}
	for r, err := range a.client.List(ctx, kind.Endpoint(), query) {
		switch {
		case unlistable(err):
			a.result.Notes = append(a.result.Notes, fmt.Sprintf("the app's %ss cannot be listed, so that those of nobody here are not shown: %v", strings.ToLower(string(kind)), err))
			return a.compare(ctx, kind, batch, seen)
		case err != nil:
			return err
		case known.find(r.ID()) == "":
			a.stranger(kind, r)
			continue
		case !ours[r.ID()]:
			continue // the id is spelled otherwise: it is read by the one that is known
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
	works = slices.DeleteFunc(works, a.leaveOut)
	gone, err := a.read(ctx, kind, works, seen)
	if err != nil {
		return err
	}
	for _, w := range works {
		resource := seen[w.Link.RemoteID]
		if resource == nil {
			if gone[w.Link.RemoteID] {
				a.missing(w)
			}
			continue
		}
		if err := a.one(ctx, w, resource); err != nil {
			return err
		}
	}
	a.run.Marked += len(works)
	return a.engine.config.Store.SaveRun(ctx, a.run)
}

// leaveOut reports whether nothing is to be compared of a work: it is nobody's business,
// or what is known of it is about to change. What a person has repaired does not count
// as vanishing again and again.
func (a *auditor) leaveOut(w *Work) bool {
	switch {
	case w.Link.State == LinkIgnored || w.Link.Acked == nil:
		return true
	case w.Link.Behind() && !(a.run.Repair && w.Link.State == LinkFlapping):
		a.behind++
		return true
	}
	return false
}

// maxUnread is how many resources an app may fail to show before an audit gives up.
const maxUnread = 5

// read reads by id what a list has not shown, or has shown without its members, several
// at a time. What is missing then is really missing, and is in gone. That the app fails
// to show a few is no reason to look at none (R6).
func (a *auditor) read(ctx context.Context, kind Kind, works []*Work, seen map[string]*scim.Object) (gone map[string]bool, err error) {
	var ids []string
	for _, w := range works {
		id := w.Link.RemoteID
		if _, members := seen[id].Lookup("members"); seen[id] == nil || kind == KindGroup && !members {
			ids = append(ids, id)
		}
	}
	gone = map[string]bool{}
	var mu sync.Mutex
	err = abreast(ctx, a.app.Settings.concurrency(), ids, func(ctx context.Context, id string) error {
		response, err := a.client.Get(ctx, kind.Endpoint(), id)
		mu.Lock()
		defer mu.Unlock()
		delete(seen, id)
		switch {
		case err == nil:
			seen[id] = response.Resource
		case notThere(err) && saysSCIM(err):
			gone[id] = true
		case aboutOne(err) && a.unread < maxUnread:
			a.unread, a.unreadable = a.unread+1, err
		default:
			return err
		}
		return nil
	})
	return gone, err
}

// aboutOne reports whether an answer may be about the one resource that was asked for,
// and not about the app or whoever asks.
func aboutOne(err error) bool {
	s := status(err)
	return s != 0 && s != http.StatusUnauthorized && !isThrottled(err)
}

func (a *auditor) missing(w *Work) {
	a.result.Checked++
	a.result.Missing++
	a.traces = append(a.traces, trace{w.Link.AckedAt, true})
	d := drift(w)
	d.amendment.Gone, d.amendment.Members = true, map[string]string{}
	d.Restore = a.run.Repair && w.Desired().Create
	if len(a.result.Vanished) < maxNamed {
		a.result.Vanished = append(a.result.Vanished, *d)
	}
	a.lost = append(a.lost, d)
}

func drift(w *Work) *Drift {
	return &Drift{
		Kind: w.Link.Kind, ID: w.Link.Subject, Name: w.Name(), RemoteID: w.Link.RemoteID,
		amendment: Amendment{Key: w.Link.Key, Lane: w.Lane(), Want: w.Link.Desired, Had: w.Link.Applied, HadMembers: w.AckedMembers},
	}
}

// one compares a resource with what is known of it.
func (a *auditor) one(ctx context.Context, w *Work, resource *scim.Object) error {
	a.result.Checked++
	d := drift(w)
	a.attributes(w, resource, d)
	if err := a.memberships(ctx, w, resource, d); err != nil {
		return err
	}
	differs := len(d.Fields)+len(d.Joined)+len(d.Left) > 0
	a.traces = append(a.traces, trace{w.Link.AckedAt, differs})
	if !differs {
		return nil
	}
	a.result.Drifted++
	if d.Restore {
		a.drifts = append(a.drifts, d)
	}
	if len(a.result.Drifts) < maxNamed {
		a.result.Drifts = append(a.result.Drifts, *d)
	}
	return nil
}

// enforced reports whether changes by others are set back, of what a policy is for that
// does not ignore them.
func (a *auditor) enforced(p DriftPolicy) bool {
	return p == DriftEnforce || a.run.Repair
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
		if !a.enforced(policy) {
			d.partly = true
			continue
		}
		changed = true
		adoptAttribute(amended, holds, f.attribute)
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
func (a *auditor) memberships(ctx context.Context, w *Work, resource *scim.Object, d *Drift) error {
	policy := a.app.Settings.drift(flat{attribute: "members", path: "members"})
	if w.Link.Kind != KindGroup || policy == DriftIgnore || a.app.Capabilities().Is(MembersReturned, No) {
		return nil
	}
	present := memberIDs(resource)
	kept := map[string]string{}
	spelled := a.spelled(present, w.AckedMembers)
	for subject, id := range w.AckedMembers {
		if as, ok := spelled[id]; ok {
			kept[subject] = as
			delete(present, as)
		} else {
			d.Left = append(d.Left, subject)
		}
	}
	wanted := make(map[string]string, len(w.Members))
	for _, m := range w.Members {
		wanted[m.Subject] = m.RemoteID
	}
	for _, as := range a.spelled(present, wanted) {
		delete(present, as)
	}
	for id := range present {
		subject, err := a.whose(ctx, id)
		if err != nil {
			return err
		}
		if subject == "" || kept[subject] != "" {
			if !a.app.Settings.Authoritative {
				continue
			}
			subject = " " + id // no directory id begins with a blank
		}
		d.Joined = append(d.Joined, subject)
		kept[subject] = id
	}
	slices.Sort(d.Left)
	slices.Sort(d.Joined)
	switch changed := len(d.Left)+len(d.Joined) > 0; {
	case changed && a.enforced(policy):
		d.amendment.Members, d.Restore = kept, true
	case changed:
		d.partly = true
	}
	return nil
}

// spelled returns how the app spells those of the members that are among the shown ids.
func (a *auditor) spelled(shown map[string]bool, members map[string]string) map[string]string {
	spelled, _ := spellings(shown, idsOf(members), func(id string) (bool, error) { return a.accounts[id], nil })
	return spelled
}

// whose returns the directory id of the person who has the account that a group shows,
// "" if nobody has.
func (a *auditor) whose(ctx context.Context, id string) (string, error) {
	user, _, err := a.engine.config.Store.LinkOf(ctx, a.app.Name, KindUser, id)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return user.Subject, err
}

// judge finds out whether it is the app as a whole that has changed.
func (a *auditor) judge() {
	r := a.result
	switch back := setBack(a.traces); {
	case r.Missing > 1 && r.Missing == r.Checked:
		r.Warning = fmt.Sprintf("the app has lost all %d resources that it was given: it was emptied, or is another one", r.Missing)
	case back != "":
		r.Warning = "the app has nothing of what it was given " + back + ", and what is from before: it was set back to an earlier state"
	case r.Missing > a.app.Settings.Guard.Limit(r.Checked):
		r.Warning = fmt.Sprintf("the app has lost %d of %d resources that it was given", r.Missing, r.Checked)
	}
	if r.Warning != "" && !a.run.Repair {
		r.Warning += ": nothing was set back"
	}
}

// A trace is when an app was last given something of a resource, and whether it has lost
// that.
type trace struct {
	at   time.Time
	lost bool
}

// setBack says from when to when all that an app was given is lost, as it is if the app
// was restored from a backup, "" if that is not so. Others may have changed a few older
// ones, and newer ones may have arrived since.
func setBack(traces []trace) string {
	slices.SortFunc(traces, func(a, b trace) int {
		if a.lost != b.lost && a.at.Equal(b.at) {
			if a.lost {
				return -1
			}
			return 1
		}
		return a.at.Compare(b.at)
	})
	lost, last := 0, -1
	for i, t := range traces {
		if t.lost {
			lost, last = lost+1, i
		}
	}
	first := last
	for first > 0 && traces[first-1].lost {
		first--
	}
	const layout = "2006-01-02 15:04:05"
	inRow, newer := last-first+1, len(traces)-1-last
	// places is how many rows of that length there are to be hit by chance.
	places := float64(newer + 1)
	switch {
	case lost < 3 || lost == len(traces) || inRow*5 < lost*4 || choices(len(traces), inRow) < 1000*places:
		return "" // it may be by chance that the newest were hit
	case newer > 0 && traces[last+1].at.Equal(traces[last].at):
		return "" // what arrived with it is there
	case newer == 0:
		return "since " + traces[first].at.UTC().Format(layout)
	}
	return "from " + traces[first].at.UTC().Format(layout) + " to " + traces[last].at.UTC().Format(layout)
}

// choices returns in how many ways k of n can be chosen.
func choices(n, k int) float64 {
	ways := 1.0
	for i := range min(k, n-k) {
		ways *= float64(n-i) / float64(i+1)
	}
	return ways
}

// amend has differences made up for. After a warning that takes a person.
func (a *auditor) amend(ctx context.Context) error {
	r := a.result
	var drifts, lost, over []Amendment
	if r.Warning == "" || a.run.Repair {
		for _, d := range a.drifts {
			drifts = append(drifts, d.amendment)
			if d.partly {
				r.Open++
			}
		}
	}
	store := a.engine.config.Store
	if a.run.Repair && len(a.lost) > 0 {
		for _, d := range a.lost {
			if d.Restore {
				lost = append(lost, d.amendment)
			} else {
				over = append(over, d.amendment)
			}
		}
		// How much the app has is another number than it was.
		err := store.UpdateApp(ctx, a.app.Name, func(app *App) { app.Learned.ProbedAt = time.Time{} })
		if err != nil {
			return err
		}
	}
	// What is made again has another id, which groups need to know.
	var err error
	if r.Repaired, err = store.Amend(ctx, lost); err != nil {
		return err
	}
	if r.LetGo, err = store.Amend(ctx, over); err != nil {
		return err
	}
	r.Restored, err = store.Amend(ctx, drifts)
	r.Open += r.Drifted - r.Restored + r.Missing - r.Repaired - r.LetGo
	return err
}
