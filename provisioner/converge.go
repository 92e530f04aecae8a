package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// converge brings a resource that the app has to what is desired.
func (a *attempt) converge(ctx context.Context) error {
	err := a.refresh(ctx)
	if err == nil {
		err = a.update(ctx)
	}
	if status(err) == http.StatusNotFound {
		err = a.vanished(ctx, err)
	}
	return err
}

// refresh reads what the app holds after a request whose answer was lost. What is
// on record may be older: an attempt that was cut off may have changed the app, and
// the directory may have gone back to what it was before.
func (a *attempt) refresh(ctx context.Context) error {
	if !a.link.Ambiguous {
		return nil
	}
	response, err := a.client.Get(ctx, a.link.Kind.Endpoint(), a.link.RemoteID)
	if err != nil {
		return err
	}
	d, was := a.desired(), a.link.Acked
	managed := scim.NewObject()
	for _, source := range []*scim.Object{was, d.Payload} {
		for name, value := range source.All() {
			managed.Set(name, value)
		}
	}
	a.link.Acked = held(managed, response.Resource)
	a.link.Acked.Set("schemas", managed.Get("schemas"))
	a.link.Ambiguous = false
	return a.refreshMembers(ctx, response.Resource)
}

// refreshMembers takes for ours every member whose account we look after: the lost
// request may have added somebody who has left the group again.
func (a *attempt) refreshMembers(ctx context.Context, group *scim.Object) error {
	clear(a.members)
	for id := range memberIDs(group) {
		user, err := a.engine.config.Store.LinkOf(ctx, a.link.App, KindUser, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		a.members[user.Subject] = id
	}
	return nil
}

func (a *attempt) update(ctx context.Context) error {
	d := a.desired()
	if d.Presence.Leaving() {
		return a.farewell(ctx, d)
	}
	if err := a.carryOut(ctx, d); err != nil {
		return err
	}
	a.link.DisabledAt, a.link.DeleteAt = time.Time{}, time.Time{}
	if d.Missing > 0 {
		a.settle(LinkPartial, fmt.Sprintf("%d members have no account in the app yet", d.Missing))
	} else {
		a.settle(LinkConverged, "")
	}
	return nil
}

// carryOut makes the writes that lead to what is desired.
func (a *attempt) carryOut(ctx context.Context, d Desired) error {
	for _, w := range Plan(d, a.link.Acked, a.members, a.work.App.Capabilities()) {
		a.note(w.Action)
		if err := a.write(ctx, w); err != nil {
			a.link.Ambiguous = ambiguous(err)
			if w.Verb == VerbPatch && a.learnNoPatch(ctx, err) {
				return a.carryOut(ctx, d)
			}
			return err
		}
		a.acknowledge(w)
	}
	return nil
}

// note keeps the action that says most about an attempt of several requests.
func (a *attempt) note(action Action) {
	if a.action == ActionNone || a.action == ActionAdopt || a.action == ActionUpdate {
		a.action = action
	}
}

// acknowledge records at once what a write achieved, so that an attempt that fails
// half way does not repeat what it has done.
func (a *attempt) acknowledge(w Write) {
	a.link.Acked = w.Acked
	for subject := range w.Remove {
		if a.members[subject] == w.Remove[subject] {
			delete(a.members, subject)
		}
	}
	maps.Copy(a.members, w.Add)
}

func (a *attempt) write(ctx context.Context, w Write) error {
	if w.Verb == VerbReplace {
		return a.replace(ctx, w)
	}
	_, err := a.client.Patch(ctx, a.link.Kind.Endpoint(), a.link.RemoteID, &scim.Patch{Operations: w.Operations})
	return err
}

// replace lays the payload over what the app holds, since a PUT that carries only
// our attributes would take away everybody else's (RFC 7644 section 3.5.1).
func (a *attempt) replace(ctx context.Context, w Write) error {
	current, err := a.client.Get(ctx, a.link.Kind.Endpoint(), a.link.RemoteID)
	if err != nil {
		return err
	}
	body := scim.NewObject()
	for name, value := range current.Resource.All() {
		switch strings.ToLower(name) {
		case "id", "meta", "groups", "password":
		default:
			body.Set(name, value)
		}
	}
	for name, value := range w.Payload.All() {
		body.Set(name, value)
	}
	if a.link.Kind == KindGroup {
		body.Set("members", a.mergedMembers(current.Resource, w))
	}
	_, err = a.client.Replace(ctx, a.link.Kind.Endpoint(), a.link.RemoteID, body)
	return err
}

// mergedMembers are the members the app holds, less those we take away, plus those
// we add: members that others put there stay.
func (a *attempt) mergedMembers(current *scim.Object, w Write) []any {
	removed := map[string]bool{}
	for _, id := range w.Remove {
		removed[id] = true
	}
	merged := []any{}
	for _, m := range current.Array("members") {
		if o, ok := m.(*scim.Object); ok && !removed[o.String("value")] {
			merged = append(merged, scim.NewObject(scim.Field{Name: "value", Value: o.String("value")}))
		}
	}
	present := memberIDs(current)
	for _, v := range memberValues(w.Add) {
		if !present[v.(*scim.Object).String("value")] {
			merged = append(merged, v)
		}
	}
	return merged
}

// learnNoPatch finds out whether a refused PATCH means that the app has none, and
// remembers it.
func (a *attempt) learnNoPatch(ctx context.Context, err error) bool {
	if !unsupported(err) {
		return false
	}
	if status(err) == http.StatusNotFound {
		// Only a resource that is there tells a missing verb from a missing resource.
		if _, gone := a.client.Get(ctx, a.link.Kind.Endpoint(), a.link.RemoteID); gone != nil {
			return false
		}
	}
	a.observe(updateOf(a.link.Kind), FormPut, fmt.Sprintf("PATCH answered %d", status(err)))
	return true
}

func (a *attempt) unlink() {
	a.link.RemoteID, a.link.Origin, a.link.Acked, a.link.Ambiguous = "", "", nil, false
	a.link.DisabledAt, a.link.DeleteAt = time.Time{}, time.Time{}
	clear(a.members)
}

// vanished deals with an app that says it does not have a linked resource. It is
// believed only when a read by id says so in SCIM's own words: a moved base URL
// must not look like a finished goodbye, or make every account again.
func (a *attempt) vanished(ctx context.Context, answered error) error {
	_, err := a.client.Get(ctx, a.link.Kind.Endpoint(), a.link.RemoteID)
	var refused *scimclient.Error
	if err == nil || !errors.As(err, &refused) || refused.Status != http.StatusNotFound || !refused.IsSCIM {
		return &failure{state: LinkFailing, cause: answered.Error()}
	}
	d := a.desired()
	if !d.Create {
		a.letGo(d, "has vanished")
		return nil
	}
	now := a.engine.config.Now()
	if !a.link.RecreatedAt.IsZero() && now.Sub(a.link.RecreatedAt) < recreateOnce {
		return &failure{state: LinkConflict, cause: fmt.Sprintf("the resource vanished from the app twice since %s: somebody there deletes it", a.link.RecreatedAt.UTC().Format("2006-01-02 15:04"))}
	}
	a.unlink()
	a.link.RecreatedAt = now
	a.link.Ambiguous = true // look for it under another id first
	if err := a.establish(ctx); err != nil || a.link.RemoteID == "" {
		return err
	}
	return a.update(ctx)
}

// held returns how far the app already holds what is wanted: wanted values that it
// has, its own value where it has another one.
func held(want, have *scim.Object) *scim.Object {
	acked := scim.NewObject()
	for name, value := range want.All() {
		other := have.Get(name)
		wantObject, complexWanted := value.(*scim.Object)
		haveObject, complexHeld := other.(*scim.Object)
		switch {
		case satisfied(value, other):
			acked.Set(name, value)
		case complexWanted && complexHeld && !isReference(wantObject):
			acked.Set(name, held(wantObject, haveObject))
		case !scim.Unassigned(other):
			acked.Set(name, other)
		}
	}
	return acked
}

// satisfied reports whether an app's value says what is wanted. Apps add
// sub-attributes of their own and keep values in an order of their own.
func satisfied(want, have any) bool {
	switch want := want.(type) {
	case *scim.Object:
		have, ok := have.(*scim.Object)
		if !ok {
			return false
		}
		for name, value := range want.All() {
			other, known := have.Lookup(name)
			if value == false && !known {
				continue // "primary": false and no primary at all say the same
			}
			if !satisfied(value, other) {
				return false
			}
		}
		return true
	case []any:
		have, ok := have.([]any)
		if !ok || len(have) != len(want) {
			return false
		}
		taken := make([]bool, len(have))
		for _, w := range want {
			if !takeSatisfied(w, have, taken) {
				return false
			}
		}
		return true
	default:
		return scim.Equal(want, have)
	}
}

func takeSatisfied(want any, have []any, taken []bool) bool {
	for i := range have {
		if !taken[i] && satisfied(want, have[i]) {
			taken[i] = true
			return true
		}
	}
	return false
}
