package provisioner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A gap is what an app should hold after a write and was seen not to.
type gap struct {
	attributes []string
	// absent were added and are not there, present were removed and are; both by
	// directory id.
	absent, present []string
	// hidden says that the app shows no members, so that nothing can be said of them.
	hidden bool
	// wiped says that a removal has taken everybody out.
	wiped bool
	// respelled says that a removal named members otherwise than the app does.
	respelled bool
}

func (g *gap) none() bool {
	return len(g.attributes) == 0 && len(g.absent) == 0 && len(g.present) == 0 && !g.hidden && !g.wiped && !g.respelled
}

// confirm compares what the app holds after a write with what it should. An answer
// that carries the resource is its own proof; without one the app is asked if the
// write needs proof. It returns false if something is amiss that another plan makes
// good.
func (a *attempt) confirm(ctx context.Context, w Write, response *scimclient.Response, proving bool) (done bool, err error) {
	a.link.Version = response.Version()
	seen := response.Resource
	if !a.shows(w, seen) {
		if !proving {
			a.acknowledge(w)
			return true, nil
		}
		if seen, err = a.readBack(ctx, w); seen == nil {
			return err == nil, err
		}
		a.unseen(w, seen)
	}
	was, members := a.link.Acked, maps.Clone(a.members)
	g, err := a.absorb(ctx, w, seen)
	if err != nil {
		return false, err
	}
	if w.Verb != VerbCreate && !g.none() && !a.notorious(g) {
		// Some apps answer before they are done.
		if err := a.pause(ctx); err != nil {
			return false, err
		}
		if seen, err = a.readBack(ctx, w); seen == nil {
			return err == nil, err
		}
		a.link.Acked, a.members = was, members
		if g, err = a.absorb(ctx, w, seen); err != nil {
			return false, err
		}
	}
	switch {
	case w.Verb == VerbCreate:
		// What is missing the next plan makes good.
		a.memberless = len(w.Add) > 0 && (g.hidden || len(g.absent) == len(w.Add))
		for _, name := range g.attributes {
			if a.work.App.Learned.Unkept[a.qualified(name)] != "" {
				a.notKept(name) // a change would not be either
			}
		}
		a.proved(w)
		return g.none(), nil
	case g.none():
		if len(w.Remove) == 0 || len(a.members) > 0 { // what takes out the last one might take out all
			a.proved(w)
		}
		if a.memberless && len(w.Add) > 0 {
			a.observe(CreateMembers, No, "a group was made without the members in the request, and took them afterwards")
		}
		return true, nil
	}
	return false, a.notHonoured(ctx, w, g)
}

// acknowledge records at once what a write has achieved, so that an attempt that
// fails half way does not repeat what it has done.
func (a *attempt) acknowledge(w Write) {
	a.link.Acked = w.Acked
	for subject := range w.Remove {
		if a.members[subject] == w.Remove[subject] {
			delete(a.members, subject)
		}
	}
	maps.Copy(a.members, w.Add)
}

// shows reports whether an answer holds enough to tell whether a write has worked.
func (a *attempt) shows(w Write, seen *scim.Object) bool {
	if seen == nil || w.Verb == VerbCreate && seen.ID() == "" {
		return false // where it is has only been said beside it
	}
	unseen := a.work.App.Learned.Unseen
	for _, name := range w.Sets {
		if !scim.Unassigned(w.Acked.Get(name)) && scim.Unassigned(seen.Get(name)) && unseen[a.qualified(name)] == "" {
			return false
		}
	}
	if len(w.Add) == 0 && len(w.Remove) == 0 || a.capabilities().Is(MembersReturned, No) {
		return true
	}
	_, shown := seen.Lookup("members")
	return shown || len(w.Add) == 0 && len(a.members) == len(w.Remove)
}

// qualified is how notices name an attribute of the link's kind.
func (a *attempt) qualified(name string) string { return string(a.link.Kind) + "." + name }

// readBack reads the resource after a write. It returns nil if there is nothing to
// compare, with the error if that is one.
func (a *attempt) readBack(ctx context.Context, w Write) (*scim.Object, error) {
	response, err := a.read(ctx)
	if err == nil {
		return response.Resource, nil
	}
	if w.Action == ActionDisable && notThere(err) && saysSCIM(err) {
		if a.capabilities().Fact(HardDeleteOnDisable).Source != SourceAdmin { // who may know that it is only hidden
			a.observe(HardDeleteOnDisable, Yes, "an account was not there any more once it was disabled")
		}
		a.acknowledge(w)
		return nil, nil
	}
	a.link.Ambiguous = true
	return nil, err
}

// unseen takes note of attributes that the app does not show although it was given
// them.
func (a *attempt) unseen(w Write, seen *scim.Object) {
	for _, name := range w.Sets {
		if scim.Unassigned(w.Acked.Get(name)) || !scim.Unassigned(seen.Get(name)) || a.isShown(name) {
			continue
		}
		attribute := a.qualified(name)
		a.learned(func(l *Learned) {
			l.Unseen = l.Unseen.with(attribute, "was sent, and is not in what the app shows of the resource")
		})
	}
}

// absorb records what the app was seen to hold after a write. Only what the write
// was to change is looked at: what others have changed beside it is for an audit.
func (a *attempt) absorb(ctx context.Context, w Write, seen *scim.Object) (g gap, err error) {
	spelled, err := a.spelled(ctx, seen, w.Add, w.Remove, a.members)
	if err != nil {
		a.link.Ambiguous = true
		return g, err
	}
	was := a.link.Acked
	a.groups = shownGroups(seen)
	a.link.Acked = w.Acked.Clone()
	for _, name := range w.Sets {
		want, have := w.Acked.Get(name), seen.Get(name)
		got, kept := compare(name, want, have, was.Get(name))
		switch missing := scim.Unassigned(have); {
		case !missing && kept:
			a.shown(name)
		case missing && !scim.Unassigned(want) && a.isShown(name):
			got, kept = nil, false
		}
		if scim.Unassigned(got) {
			a.link.Acked.Delete(name)
		} else {
			a.link.Acked.Set(name, got)
		}
		if !kept {
			g.attributes = append(g.attributes, name)
		}
	}
	if len(w.Add) > 0 || len(w.Remove) > 0 {
		a.absorbMembers(w, seen, spelled, &g)
	}
	return g, nil
}

// shown notes that the app shows an attribute of resources that have it, so that one
// without it is one that does not have it. externalId is exempt: an app may do without.
func (a *attempt) shown(name string) {
	if form := a.qualified(name) + " shown"; name != "externalId" && a.work.App.Learned.Proved[form] == 0 {
		a.learned(func(l *Learned) { l.Prove(form) })
	}
}

// isShown reports whether the app has shown an attribute of some resource.
func (a *attempt) isShown(name string) bool {
	return a.work.App.Learned.Proved[a.qualified(name)+" shown"] > 0
}

// formMembersShown counts that the app has shown members of a group, so that one
// without any is one that has none.
const formMembersShown = "Group members shown"

// absorbMembers does so of members; spelled is how the app spells those that it shows.
func (a *attempt) absorbMembers(w Write, seen *scim.Object, spelled map[string]string, g *gap) {
	ids := memberIDs(seen)
	survivors := len(a.members) - len(w.Remove)
	switch _, shown := seen.Lookup("members"); {
	case len(ids) > 0:
		if a.work.App.Learned.Proved[formMembersShown] == 0 {
			a.learned(func(l *Learned) { l.Prove(formMembersShown) })
		}
	case a.capabilities().Is(MembersReturned, No):
		a.acknowledge(Write{Add: w.Add, Remove: w.Remove, Acked: a.link.Acked})
		return
	case !shown && len(w.Add)+survivors > 0 && a.work.App.Learned.Proved[formMembersShown] == 0:
		g.hidden = true
		return
	}
	for subject, id := range w.Remove {
		as, there := spelled[id]
		switch {
		case there && a.respell(subject, as):
			g.respelled = true
		case there:
			g.present = append(g.present, subject)
		case a.members[subject] == id:
			delete(a.members, subject)
		}
	}
	lost := 0
	for _, id := range a.members {
		if spelled[id] == "" {
			lost++
		}
	}
	if len(w.Remove) > 0 && survivors > 0 && lost == len(a.members) {
		g.wiped = true
		clear(a.members)
	}
	for subject, id := range w.Add {
		if as, ok := spelled[id]; ok {
			a.members[subject] = as
		} else {
			g.absent = append(g.absent, subject)
		}
	}
	slices.Sort(g.present)
	slices.Sort(g.absent)
	a.addForeign(ids)
}

// notorious reports whether a gap is nothing new: the app is known not to keep any
// of it, or has yet to be found out about.
func (a *attempt) notorious(g gap) bool {
	if len(g.absent) > 0 || len(g.present) > 0 || g.wiped || g.respelled {
		return false
	}
	return !slices.ContainsFunc(g.attributes, func(name string) bool {
		return a.work.App.Learned.Unkept[a.qualified(name)] == ""
	})
}

// notHonoured deals with a success that was none: another form is tried once, and if
// no form works it is remembered what the app does not keep.
func (a *attempt) notHonoured(ctx context.Context, w Write, g gap) error {
	switch {
	case g.hidden:
		return a.hidden(ctx, w)
	case g.wiped:
		a.wiped(w)
		return nil
	case g.respelled:
		return nil // the next plan names them as the app does, and shows what else is amiss
	}
	what := append(slices.Clone(g.attributes), memberNames("the members", append(g.absent, g.present...))...)
	why := fmt.Sprintf("%s was answered with success and did not change %s", w.Form, strings.Join(what, ", "))
	some := len(g.absent) > 0 && len(g.absent) < len(w.Add) // the form works, but not for all
	if !some && !a.notorious(g) && a.nextForm(w, why) {
		return nil
	}
	for _, name := range g.attributes {
		a.notKept(name)
		if attribute := a.qualified(name); name != "active" && a.work.App.Learned.Unkept[attribute] == "" {
			a.learned(func(l *Learned) { l.Unkept = l.Unkept.with(attribute, why) })
		}
	}
	for _, subject := range g.absent {
		a.refuse(subject, "the app answers with success and does not list them")
	}
	for _, subject := range g.present {
		a.refuse(subject, fmt.Sprintf("the app answers the removal of member %s with success and keeps them: remove them there", subject))
	}
	return nil
}

// notKept leaves an attribute as the app has it.
func (a *attempt) notKept(name string) {
	holds := "has none"
	if value := a.link.Acked.Get(name); !scim.Unassigned(value) {
		holds = "has " + string(scim.AppendValue(nil, value))
	}
	cause := fmt.Sprintf("the app answers a change of %s with success and %s: change it in the app, or take it out of the mapping", name, holds)
	if active, _ := a.link.Acked.Bool("active"); name == "active" && active {
		cause = "the app answers with success to disabling the account, and it is still active: disable it there"
	}
	a.withhold(name, &failure{state: LinkNotHonoured, cause: cause})
}

func memberNames(what string, subjects []string) []string {
	if len(subjects) == 0 {
		return nil
	}
	return []string{what + " " + strings.Join(subjects[:min(len(subjects), 3)], " and ")}
}

// hidden deals with a group that shows no members after some were put in. That the
// app never shows any is believed if it does not show those of other groups either.
func (a *attempt) hidden(ctx context.Context, w Write) error {
	page, err := a.client.Page(ctx, KindGroup.Endpoint(), scimclient.Query{Count: listPage})
	if err != nil {
		return err
	}
	shown := slices.ContainsFunc(page.Resources, func(g *scim.Object) bool { return len(g.Array("members")) > 0 })
	why := w.Form + " was answered with success, and the group has no members"
	if !shown {
		a.rule(GroupUpdate, FormPut) // it would take out members that are only not shown
	}
	if a.nextForm(w, why) {
		return nil
	}
	if shown {
		for subject := range w.Add {
			a.refuse(subject, "the app answers with success and does not list them")
		}
		return nil
	}
	a.observe(MembersReturned, No, "members were added with success, and no group shows any")
	a.acknowledge(Write{Add: w.Add, Remove: w.Remove, Acked: a.link.Acked})
	return nil
}

// wiped deals with a removal that took everybody out: it is not made in that form
// again, and the others are put back by the next plan.
func (a *attempt) wiped(w Write) {
	why := w.Form + " has taken all members out of the group"
	if !a.nextForm(w, why) {
		return
	}
	if next := a.trial.forms[MemberRemove]; next != "" {
		a.observe(MemberRemove, next, why)
	}
}

// pause waits a little before an app is read again.
func (a *attempt) pause(ctx context.Context) error {
	timer := time.NewTimer(a.engine.config.Backoff.pause())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// compare returns what an app holds of one attribute after a change, and whether that
// is what is wanted. What it does not show it is taken to hold. was is what it held
// before.
func compare(path string, want, have, was any) (got any, kept bool) {
	if scim.Unassigned(have) {
		return want, true
	}
	wantObject, complexWanted := want.(*scim.Object)
	haveObject, complexHeld := have.(*scim.Object)
	wasObject, _ := was.(*scim.Object)
	switch {
	case complexHeld && (complexWanted && !isReference(wantObject) || want == nil && wasObject != nil):
		return compareParts(path, wantObject, haveObject, wasObject)
	case scim.Unassigned(want):
		return have, false
	case keeps(path, want, have):
		return want, true
	default:
		return have, false
	}
}

// compareParts compares the sub-attributes that are wanted, and those that were there
// before and should be gone. Others are none of our business.
func compareParts(path string, want, have, was *scim.Object) (got any, kept bool) {
	result, kept := want.Clone(), true
	if result == nil {
		result = scim.NewObject()
	}
	for sub, value := range want.All() {
		got, ok := compare(path+"."+sub, value, have.Get(sub), was.Get(sub))
		kept = kept && ok
		result.Set(sub, got)
	}
	for sub, before := range was.All() {
		if _, wanted := want.Lookup(sub); !wanted && scim.Equal(before, have.Get(sub)) {
			kept = false
			result.Set(sub, before)
		}
	}
	return result, kept
}

// keeps reports whether an app's value says what was sent. Apps add sub-attributes of
// their own, leave out some, keep values in an order of their own, write booleans as
// text, and change the case of what does not depend on it.
func keeps(path string, want, have any) bool {
	switch want := want.(type) {
	case *scim.Object:
		have, ok := have.(*scim.Object)
		if !ok {
			return false
		}
		for name, value := range want.All() {
			if other := have.Get(name); !scim.Unassigned(other) && !keeps(path+"."+name, value, other) {
				return false
			}
		}
		return true
	case []any:
		have, ok := have.([]any)
		return ok && keepsAll(path, want, have)
	case bool:
		text, isText := have.(string)
		return have == want || isText && strings.EqualFold(text, fmt.Sprint(want))
	case string:
		text, isText := have.(string)
		foldable := path == "userName" || strings.HasPrefix(path, "emails")
		return isText && (text == want || foldable && scim.Fold(text) == scim.Fold(want))
	default:
		return scim.Equal(want, have)
	}
}

// keepsAll reports whether an app's values are those that were sent, in any order.
func keepsAll(path string, want, have []any) bool {
	left := slices.Clone(have)
	for _, w := range want {
		i := slices.IndexFunc(left, func(h any) bool { return keeps(path, w, h) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return len(left) == 0
}
