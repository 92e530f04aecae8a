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
)

// InUse reports whether there is something that a goodbye would take away: an account
// that is not disabled, or a group.
func (l *Link) InUse() bool {
	active, known := l.Acked.Bool("active")
	return l.RemoteID != "" && (l.Kind == KindGroup || active || !known)
}

// farewell returns what becomes of a resource that should not be there.
func (d Deprovision) farewell(kind Kind, why Presence) Farewell {
	switch {
	case kind == KindGroup:
		return cmp.Or(d.Groups, FarewellDelete)
	case why == Disabled:
		return cmp.Or(d.Disabled, FarewellDisable)
	case why == NoAccess:
		return cmp.Or(d.NoAccess, FarewellStrip)
	default:
		return cmp.Or(d.Deleted, FarewellDisable)
	}
}

// Goodbye returns what the work's app is to lose now, ok being false if that is
// nothing: the farewell has been said, or has none of it.
func (w *Work) Goodbye(now time.Time) (g Goodbye, ok bool) {
	d, l := w.Desired(), &w.Link
	if !d.Presence.Leaving() || l.RemoteID == "" || w.pinned() {
		return g, false
	}
	farewell := w.farewell(d.Presence)
	g = Goodbye{Key: l.Key, Why: d.Presence, Final: !l.InUse()}
	due := !l.DeleteAt.IsZero() && !now.Before(l.DeleteAt) || d.Presence == Removed
	return g, !farewell.leaves() && (!g.Final || farewell == FarewellDelete && due)
}

// farewell returns what becomes of the work's resource if it should not be there.
func (w *Work) farewell(why Presence) Farewell {
	if w.App.Removal != nil {
		return w.App.Removal.farewell(w.Link.Kind, w.Link.Origin)
	}
	return w.App.Settings.Deprovision.farewell(w.Link.Kind, why)
}

// Parting returns what a goodbye does in the app. An account that cannot be deleted is
// disabled before a person is asked to do that.
func (w *Work) Parting(g Goodbye) Action {
	atOnce := (g.Why == Removed || w.App.Settings.Deprovision.GraceDays < 0) && !w.App.Capabilities().Is(UserDelete, No)
	switch {
	case w.Link.Kind == KindGroup && w.Link.Origin != OriginCreated && g.Why != Removed:
		return ActionLeave
	case w.Link.Kind == KindGroup, g.Final, w.farewell(g.Why) == FarewellDelete && atOnce:
		return ActionDelete
	default:
		return ActionDisable
	}
}

// pinned reports whether the subject's account is never to be disabled or deleted.
func (w *Work) pinned() bool {
	return w.Link.Kind == KindUser && slices.Contains(w.App.Settings.Pins, w.Link.Subject)
}

// farewellAhead reports whether a member who is to lose the group is still to lose the
// account: that comes first, and if the guard holds it back the group waits with it.
func (w *Work) farewellAhead(m Member) bool {
	return m.InUse && m.RemoteID != "" && strings.EqualFold(w.AckedMembers[m.Subject], m.RemoteID)
}

// farewell says goodbye to a resource that the app has and should not have, as far as
// the settings, the guard and people let it.
func (a *attempt) farewell(ctx context.Context, d Desired) error {
	w := *a.work
	w.Link = a.link
	if w.pinned() {
		a.settle(LinkKept, "is pinned: "+d.Reason+", and the account stays as it is")
		return nil
	}
	farewell := w.farewell(d.Presence)
	if farewell.leaves() {
		return a.leaveAccount(ctx, d, farewell)
	}
	if g, due := w.Goodbye(a.engine.config.Now()); due {
		if a.link.Decision == DecisionReject && a.link.DecisionAbout == g.About() {
			a.settle(LinkKept, d.Reason+", and somebody has decided that the app's resource stays as it is")
			return nil
		}
		if a.link.Decision == DecisionDelete {
			return a.erase(ctx, d)
		}
		parting := w.Parting(g)
		if parting == ActionDisable {
			if err := a.canDisable(farewell); err != nil {
				return err
			}
		}
		if given, err := a.leave(ctx, g); !given {
			return err
		}
		switch parting {
		case ActionDelete:
			return a.erase(ctx, d)
		case ActionLeave:
			return a.leaveGroup(ctx, d)
		}
	}
	return a.disable(ctx, d, farewell)
}

// disable makes the account what it is for somebody who is not to use it, and sets
// the day on which it is deleted, if it ever is.
func (a *attempt) disable(ctx context.Context, d Desired, farewell Farewell) error {
	if d.Payload == nil { // nothing is known of what the app holds
		a.link.Ambiguous = true
		if err := a.refresh(ctx); err != nil {
			return err
		}
		d = a.desired()
	}
	err := a.carryOut(ctx, d)
	if !a.link.InUse() {
		// Whatever else the app does not take of it.
		a.disabled(d.Presence, farewell)
	}
	if err != nil {
		return err
	}
	if a.work.Gone() {
		a.settle(LinkGone, "")
	} else {
		a.settle(LinkConverged, "")
	}
	return nil
}

// disabled notes since when the account is disabled, and when it is to be deleted. A time
// that has not come yet is that of a clock that was ahead.
func (a *attempt) disabled(why Presence, farewell Farewell) {
	if now := a.engine.config.Now(); a.link.DisabledFor != why || a.link.DisabledAt.After(now) {
		a.link.DisabledFor, a.link.DisabledAt = why, now
	}
	a.link.DeleteAt = time.Time{}
	if farewell == FarewellDelete {
		a.link.DeleteAt = a.link.DisabledAt.Add(a.work.App.Settings.grace())
	}
}

// enabled forgets since when the account is disabled, and when it is to be deleted.
func (a *attempt) enabled() {
	a.link.DisabledFor, a.link.DisabledAt, a.link.DeleteAt = "", time.Time{}, time.Time{}
}

// canDisable returns a failure if the app cannot do what is asked for without doing
// more than that.
func (a *attempt) canDisable(farewell Farewell) error {
	capabilities := a.work.App.Capabilities()
	const choices = `say what is done instead: delete it, ignore it, or set what the app's settings say of leaving to "unlink" or "delete"`
	switch {
	case capabilities.Is(ActiveType, ActiveNone):
		return &failure{state: LinkNeedsDecision, cause: "the app cannot disable an account: " + choices}
	case capabilities.Is(HardDeleteOnDisable, Yes) && farewell != FarewellDelete:
		return &failure{state: LinkNeedsDecision, cause: "the app deletes an account that is disabled: " + choices}
	default:
		return nil
	}
}

// leaveAccount leaves an account to the app.
func (a *attempt) leaveAccount(ctx context.Context, d Desired, farewell Farewell) error {
	if farewell == FarewellRelease && a.link.Acked.ExternalID() != "" {
		released := a.link.Acked.Clone()
		released.Delete("externalId")
		if err := a.carryOut(ctx, Desired{Presence: d.Presence, Payload: released}); err != nil {
			return err
		}
	}
	a.letGo(d, "was left to the app")
	return nil
}

// letGo forgets a resource and leaves it to the app.
func (a *attempt) letGo(d Desired, how string) {
	a.unlink()
	if a.work.Gone() {
		a.settle(LinkGone, "")
		return
	}
	a.action = ActionSkip
	a.settle(LinkSkipped, d.Reason+"; what the app had "+how)
}

// erase deletes a resource, once it is certain that it is still the subject's.
func (a *attempt) erase(ctx context.Context, d Desired) error {
	response, err := a.read(ctx)
	if err != nil {
		return err
	}
	if err := a.stillOurs(response.Resource); err != nil {
		return err
	}
	a.action = ActionDelete
	if err := a.remove(ctx); err != nil {
		return a.spared(ctx, d, response.Resource, err)
	}
	a.letGo(d, "was deleted")
	a.action = ActionDelete
	return nil
}

// spared deals with a resource that an app has not deleted as it was told: nobody is to
// have access by it for as long as that takes another attempt or a person. found is what
// the app holds of it, refused why it is still there.
func (a *attempt) spared(ctx context.Context, d Desired, found *scim.Object, refused error) error {
	f := a.work.App.answer(refused)
	again := f.state == LinkFailing && (status(refused) < http.StatusInternalServerError || a.link.Attempts == 0)
	if again || f.pause != nil || isThrottled(refused) {
		return refused // soon, or when the app goes on
	}
	done, not := "the account is disabled", "the account could not be disabled"
	var err error
	if a.link.Kind == KindGroup {
		done, not = "it has no members", "its members could not be taken out"
		if f.state != LinkFailing {
			f.state = LinkNeedsDecision
		}
		err = a.vacate(ctx, d, found)
	} else {
		err = a.lock(ctx, d, found)
	}
	kept := &failure{state: f.state, retry: f.retry, cause: f.cause + "; until then " + done}
	if err == nil {
		return kept
	}
	if m, gone := errors.AsType[*missing](err); gone {
		if err := a.vanished(ctx, m); err != nil {
			return err
		}
		a.action = ActionDelete // by whatever it was asked for
		return nil
	}
	if why := a.work.App.answer(err); !isThrottled(err) && why.pause == nil && why.state != LinkFailing {
		kept.cause = fmt.Sprintf("%s; and %s either: %s", f.cause, not, why.cause)
		return kept
	}
	return err // that is more pressing
}

// lock disables an account that was to be deleted and is still there. It may be in use
// again: somebody may have enabled it in the app since it was disabled. The error is a
// [*missing] if the app has deleted it for that.
func (a *attempt) lock(ctx context.Context, d Desired, found *scim.Object) error {
	if value := found.Get("active"); a.link.Acked != nil && !scim.Unassigned(value) {
		a.link.Acked = a.link.Acked.Clone()
		a.link.Acked.Set("active", !keeps("active", false, value))
	}
	w := *a.work
	w.Link = a.link
	farewell := w.farewell(d.Presence)
	wasInUse := a.link.InUse()
	if wasInUse {
		if err := a.canDisable(farewell); err != nil {
			return err
		}
	}
	if err := a.disable(ctx, a.desired(), farewell); err != nil && a.link.InUse() {
		return err
	}
	if wasInUse && a.capabilities().Is(HardDeleteOnDisable, Yes) {
		_, err := a.read(ctx)
		return err
	}
	return nil
}

// vacate takes everybody out of a group that was to be deleted and is still there, also
// those whom others have put in.
func (a *attempt) vacate(ctx context.Context, d Desired, group *scim.Object) error {
	if _, shown := group.Lookup("members"); shown {
		if err := a.refreshMembers(ctx, group); err != nil {
			return err
		}
		a.addStrangers(memberIDs(group))
	}
	return a.carryOut(ctx, a.withoutMembers(d))
}

// stillOurs checks that a resource about to be deleted is what was linked: an app may
// have given its id to another one, or somebody the account to somebody else.
func (a *attempt) stillOurs(found *scim.Object) error {
	name := nameAttribute(a.link.Kind)
	switch id := found.ExternalID(); {
	case id != "" && id == a.link.Acked.ExternalID():
		return nil
	case id == "" && sameName(name, found.String(name), a.link.Acked.String(name)):
		return nil
	}
	return &failure{state: LinkNeedsDecision, cause: fmt.Sprintf(
		"the app's resource %s was to be deleted and is no longer what was linked: its externalId is %q and its %s %q. Delete it there, or ignore it",
		a.link.RemoteID, found.ExternalID(), name, found.String(name))}
}

// leaveGroup takes the members that we gave it out of a group that the app had before.
func (a *attempt) leaveGroup(ctx context.Context, d Desired) error {
	if err := a.carryOut(ctx, a.withoutMembers(d)); err != nil {
		return err
	}
	action := a.action
	a.letGo(d, "is left without the members it was given")
	a.action = action
	return nil
}

// withoutMembers is a group as the app has it, but for its members.
func (a *attempt) withoutMembers(d Desired) Desired {
	return Desired{Presence: d.Presence, Payload: a.link.Acked, Members: map[string]string{}}
}
