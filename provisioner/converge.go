package provisioner

import (
	"context"
	"errors"

	"github.com/permiso/scimwright/provisioner/scim"
)

// converge brings a resource that the app has to what is desired.
func (a *attempt) converge(ctx context.Context) error {
	err := a.refresh(ctx)
	if err == nil {
		err = a.update(ctx)
	}
	if m, ok := errors.AsType[*missing](err); ok {
		err = a.vanished(ctx, m)
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
	response, err := a.read(ctx)
	if err != nil {
		return err
	}
	managed := merge(a.link.Acked, a.desired().Payload)
	a.link.Acked = held(managed, response.Resource)
	a.link.Acked.Set("schemas", managed.Get("schemas"))
	a.link.Ambiguous = false
	return a.refreshMembers(ctx, response.Resource)
}

// refreshMembers takes for ours every member whose account we look after: the lost
// request may have added somebody who has left the group again.
func (a *attempt) refreshMembers(ctx context.Context, group *scim.Object) error {
	if a.link.Kind != KindGroup || a.capabilities().Is(MembersReturned, No) {
		return nil
	}
	ids := memberIDs(group)
	clear(a.members)
	for id := range ids {
		user, account, err := a.engine.config.Store.LinkOf(ctx, a.link.App, KindUser, id)
		switch {
		case errors.Is(err, ErrNotFound), account != id && ids[account]:
			continue
		case err != nil:
			return err
		case account != id:
			a.noteSpelling()
		}
		a.members[user.Subject] = id
	}
	a.addForeign(ids)
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
	if err := a.regroup(ctx); err != nil {
		return err
	}
	a.enabled()
	if missing := a.missingMembers(d); missing != "" {
		a.settle(LinkPartial, missing)
	} else {
		a.settle(LinkConverged, a.suggestion)
	}
	return nil
}

func (a *attempt) unlink() {
	a.link.RemoteID, a.link.Origin, a.link.Acked, a.link.Ambiguous = "", "", nil, false
	a.enabled()
	clear(a.members)
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
