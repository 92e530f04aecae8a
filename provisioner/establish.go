package provisioner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// probeTrust is how long it is believed what a sync has seen of an app's groups.
const probeTrust = time.Hour

// establish finds the subject's resource in the app or creates it. It leaves the
// link without a remote id if the app should hold nothing.
func (a *attempt) establish(ctx context.Context) error {
	d := a.desired()
	if a.work.Blocked {
		a.settle(LinkWaiting, "waits for the accounts it refers to")
		return nil
	}
	if d.Presence == Absent || d.Presence.Leaving() && a.work.farewell(d.Presence).leaves() {
		return a.absent(d.Reason + " and has nothing in the app")
	}
	if a.link.Ambiguous || !a.knownEmpty() {
		found, err := a.search(ctx, !a.link.Ambiguous)
		if err != nil {
			return a.noGroups(err)
		}
		if found != nil {
			err := a.adopt(ctx, *found)
			if _, gone := errors.AsType[*missing](err); !gone || !found.hint || a.relisted {
				return err
			}
			a.relisted = true // it was listed, and has gone since
			a.engine.forgetIndex(a.link.App, a.link.Kind)
			return a.establish(ctx)
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
	a.link.Ambiguous, a.link.Acked = false, nil
	a.action = ActionSkip
	a.settle(LinkSkipped, reason)
	return nil
}

// noGroups turns the answer of an app without groups into a skip; any other error
// passes through.
func (a *attempt) noGroups(err error) error {
	if a.link.Kind != KindGroup || !groupless(err) {
		return err
	}
	a.observe(Groups, GroupsNone, fmt.Sprintf("the app has no groups: /Groups answered %d", status(err)))
	return a.skipGroups()
}

// create makes the resource. An account that is in the way is looked up and
// adopted; an answer that got lost makes the next attempt look first.
func (a *attempt) create(ctx context.Context, d Desired) error {
	a.action = ActionCreate
	crossed := false // by a conflict with nothing
	for {
		capabilities := a.capabilities()
		switch {
		case a.link.Kind == KindUser && capabilities.Is(UserCreate, No):
			return a.noUserCreate()
		case a.link.Kind == KindGroup && capabilities.Is(Groups, GroupsNone):
			return a.skipGroups()
		case a.link.Kind == KindGroup && capabilities.Is(Groups, GroupsMembersOnly):
			return a.absent(fmt.Sprintf("is not in the app, which does not let groups be made: make a group %q there", d.Payload.String("displayName")))
		}
		w := Plan(a.attainable(d), nil, nil, capabilities)[0]
		if a.rehearseCreate(w) {
			return nil
		}
		body := w.Payload.Clone()
		if len(w.Add) > 0 {
			body.Set("members", memberValues(w.Add))
		}
		proving := a.needsProof(w)
		response, err := a.client.Create(ctx, a.link.Kind.Endpoint(), body)
		if status(err) == http.StatusConflict {
			if again, err := a.resolveConflict(ctx, err); !again || crossed {
				return err
			}
			crossed = true
			continue
		}
		if err != nil {
			if again, err := a.failedCreate(ctx, w, err); !again {
				return err
			}
			continue
		}
		if response.ID() == "" {
			return a.findCreated(ctx, response.Status)
		}
		if err := a.isNew(ctx, response.ID(), response.Resource); err != nil {
			return err
		}
		a.own(response.ID(), OriginCreated)
		a.link.Acked = w.Acked
		a.fitted(w)
		_, err = a.confirm(ctx, w, response, proving)
		if _, gone := errors.AsType[*missing](err); gone && response.Resource.ID() == "" {
			return a.findCreated(ctx, response.Status) // it is not where the app says
		}
		return err
	}
}

// isNew checks that what a create was answered with is nobody else's. Some apps hand out
// an account that they have, found by something of their own, and call that a success.
// After that the app is looked at before anything else is sent to it.
func (a *attempt) isNew(ctx context.Context, id string, shown *scim.Object) error {
	a.link.Ambiguous = true
	if err := a.untied(ctx, id, shown); err != nil {
		return err
	}
	other, ours := shown.ExternalID(), a.externalID()
	if other != "" && ours != "" && scim.Fold(other) != scim.Fold(ours) {
		return conflict("the app answered the create with the resource %s, which belongs to externalId %q: adopt it if it is the same, or remove it there", id, other)
	}
	return nil
}

// untied checks that a resource of the app is not tied to another subject. resource is
// what the app shows of it.
func (a *attempt) untied(ctx context.Context, id string, resource *scim.Object) error {
	other, err := a.engine.owner(ctx, a.client, a.link.Key, id, resource)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil && other != a.link.Key:
		return conflict("the app's resource %s already belongs to %s: rename one of the two", id, other.Subject)
	default:
		return err
	}
}

// failedCreate deals with a create that was not answered with success. It reports
// whether another one is to be made.
func (a *attempt) failedCreate(ctx context.Context, w Write, refused error) (again bool, err error) {
	a.link.Ambiguous = ambiguous(refused)
	if a.link.Ambiguous && !saysSCIM(refused) {
		a.link.Acked = merge(a.link.Acked, w.Acked) // if it was made, which the next attempt finds out
		return false, refused
	}
	if err := a.declinedCreate(ctx, w, refused); err != nil {
		return false, err
	}
	if !a.link.Ambiguous {
		return true, nil
	}
	found, err := a.search(ctx, false) // it may have been made all the same
	if err != nil || found == nil {
		return err == nil, err
	}
	return false, a.adopt(ctx, *found)
}

// findCreated ties the subject to what was made by a create whose answer does not say
// which resource that is.
func (a *attempt) findCreated(ctx context.Context, answered int) error {
	a.link.Ambiguous = true
	found, err := a.search(ctx, false)
	if err != nil {
		return err
	}
	if found == nil {
		return &failure{state: LinkFailing, cause: fmt.Sprintf("the app answered %d to the create without an id, and the resource cannot be found", answered)}
	}
	if err := a.untied(ctx, found.resource.ID(), found.resource); err != nil {
		return err
	}
	a.own(found.resource.ID(), OriginCreated)
	return a.tie(ctx, found.resource)
}

// resolveConflict finds the resource that is in the way of a create, by asking and
// then, since a filter may be one that finds nothing, in the list. It reports whether
// another create may succeed: apps refuse one of two requests that come at a time with
// 409 as well, and then nothing is in the way. The error is there for when it does not.
func (a *attempt) resolveConflict(ctx context.Context, refused error) (again bool, err error) {
	found, err := a.search(ctx, false)
	if err != nil {
		return false, a.noGroups(err)
	}
	if found != nil {
		return false, a.adopt(ctx, *found)
	}
	x, err := a.engine.listed(ctx, a.client, &a.work.App, a.link.Kind, a.start.Add(-time.Minute))
	if err != nil && !unlistable(err) {
		return false, err
	}
	if x != nil {
		if found, err = a.pick(ctx, a.in(x)); err != nil {
			return false, err
		}
		a.suggest(x)
	}
	if found == nil {
		hint := ""
		if a.suggestion != "" {
			hint = "; " + a.suggestion
		}
		return scimType(refused) != scim.TypeUniqueness, conflict("%s, and no resource of that name or externalId can be found: the app may have one that it does not show%s", refused, hint)
	}
	attribute, _ := a.name()
	if found.resource.ExternalID() == a.externalID() {
		attribute = "externalId"
	}
	a.observe(filterOf(a.link.Kind, attribute), No, fmt.Sprintf("a filter for %s found nothing, and the list has it", attribute))
	return false, a.adopt(ctx, *found)
}

func (a *attempt) own(remoteID string, origin Origin) {
	a.link.RemoteID, a.link.Origin, a.link.Ambiguous = remoteID, origin, false
}

// adopt ties the subject to a resource that the app already has.
func (a *attempt) adopt(ctx context.Context, m match) error {
	found := m.resource
	if err := a.untied(ctx, found.ID(), found); err != nil {
		return err
	}
	origin, inDoubt, sent := OriginAdopted, a.link.Ambiguous, a.link.Acked
	if a.link.Ambiguous && found.ExternalID() == a.externalID() {
		origin = OriginCreated
		a.action = ActionCreate
	} else {
		a.action = ActionAdopt
	}
	a.own(found.ID(), origin)
	_, showsMembers := found.Lookup("members")
	if err := a.tie(ctx, found); err != nil {
		a.unlink()
		a.link.Ambiguous, a.link.Acked = inDoubt, sent
		return err
	}
	// What a list has shown is good enough to leave a resource alone, and not to change
	// it. Lists may also leave members out.
	if (!m.hint || len(Plan(a.desired(), a.link.Acked, a.members, a.capabilities())) == 0) && (a.link.Kind == KindUser || showsMembers) {
		return nil
	}
	response, err := a.read(ctx)
	if err != nil {
		a.unlink()
		a.link.Ambiguous, a.link.Acked = inDoubt, sent
		return err
	}
	if got, want := response.Resource.ExternalID(), a.externalID(); got != "" && got != want {
		a.unlink()
		return conflict("the app's resource %s belongs to externalId %q by now: adopt or rename it there", found.ID(), got)
	}
	a.link.Acked = sent
	return a.tie(ctx, response.Resource)
}

// tie records what the app holds of a resource that becomes the subject's. What a create
// whose answer was lost has put there is ours to take away again.
func (a *attempt) tie(ctx context.Context, found *scim.Object) error {
	d := a.desired()
	if d.Payload == nil {
		a.link.Acked = scim.NewObject(scim.Field{Name: "externalId", Value: found.ExternalID()}, scim.Field{Name: "active", Value: true})
		return nil
	}
	managed := merge(a.link.Acked, d.Payload)
	a.link.Acked = held(managed, found)
	a.link.Acked.Set("schemas", managed.Get("schemas"))
	clear(a.members)
	if a.link.Kind != KindGroup {
		return nil
	}
	if a.link.Origin == OriginCreated {
		return a.refreshMembers(ctx, found) // whoever is in it was put there by us
	}
	spelled, err := a.spelled(ctx, found, d.Members)
	if err != nil {
		return err
	}
	for subject, id := range d.Members {
		if as, ok := spelled[id]; ok {
			a.members[subject] = as
		}
	}
	a.addForeign(memberIDs(found))
	return nil
}

// addForeign counts members that are not known to be ours as those that the group is
// to lose, if the directory decides about all of them.
func (a *attempt) addForeign(present map[string]bool) {
	if a.work.App.Settings.Authoritative {
		a.addStrangers(present)
	}
}

// addStrangers counts members that are not known to be ours as those that the group is
// to lose. They have keys that no directory id can be: those do not begin with a blank.
func (a *attempt) addStrangers(present map[string]bool) {
	known := idsOf(a.members)
	for id := range present {
		if !known[id] {
			a.members[" "+id] = id
		}
	}
}

func (a *attempt) externalID() string {
	if d := a.desired(); d.Payload != nil {
		return d.Payload.ExternalID()
	}
	return a.link.Subject
}

// ambiguous reports whether a failed request may have been carried out.
func ambiguous(err error) bool {
	f, ok := asRefused(err)
	return ok && f.Ambiguous
}
