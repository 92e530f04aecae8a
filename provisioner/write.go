package provisioner

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// carryOut makes the writes that lead to what is desired. What the app does not take
// of it is no reason to leave out the rest; it is the failure that is returned in the
// end.
func (a *attempt) carryOut(ctx context.Context, d Desired) error {
	for {
		writes := Plan(a.attainable(d), a.link.Acked, a.members, a.capabilities())
		if len(writes) == 0 {
			return a.shortfall(d)
		}
		for _, w := range writes {
			a.note(w.Action)
			done, err := a.perform(ctx, w)
			if err != nil {
				return err
			}
			if !done {
				break // what follows may have to be done in another way
			}
		}
	}
}

// note keeps the action that says most about an attempt of several requests.
func (a *attempt) note(action Action) {
	if a.action == ActionNone || a.action == ActionAdopt || a.action == ActionUpdate {
		a.action = action
	}
}

// perform makes a write and finds out what came of it. It returns false if something
// was learned that leads to another plan.
func (a *attempt) perform(ctx context.Context, w Write) (done bool, err error) {
	if a.rehearse(w) {
		a.acknowledge(w)
		return true, nil
	}
	proving := a.needsProof(w)
	response, err := a.send(ctx, w, proving)
	if err != nil {
		a.link.Ambiguous = ambiguous(err)
		if err = a.declined(ctx, w, err); err != nil && a.link.Ambiguous {
			a.mayHold(w)
		}
		return false, err
	}
	a.fitted(w)
	return a.confirm(ctx, w, response, proving)
}

// mayHold counts what a write has added among what the app holds, since its answer was
// lost: the next attempt finds out whether it does, also of what is not wanted any more.
func (a *attempt) mayHold(w Write) {
	sent := w.Acked.Clone()
	sent.Delete("active") // which is as it was until the app says otherwise
	a.link.Acked = merge(sent, a.link.Acked)
}

// send makes the request of an update.
func (a *attempt) send(ctx context.Context, w Write, proving bool) (*scimclient.Response, error) {
	if w.Verb == VerbReplace {
		return a.replace(ctx, w)
	}
	endpoint, id, patch := a.link.Kind.Endpoint(), a.link.RemoteID, &scim.Patch{Operations: w.Operations}
	match := scimclient.IfMatch(a.version())
	// Servers mostly answer a change of a user with the user, and that of a group, which
	// may be large, with nothing unless they are asked to (RFC 7644 section 3.5.2).
	if !proving || a.link.Kind != KindGroup || !a.capabilities().Is(SendsBody, Yes) {
		return a.client.Patch(ctx, endpoint, id, patch, match)
	}
	response, err := a.client.Patch(ctx, endpoint, id, patch, match, scimclient.Returning(returned(w)...))
	switch {
	case err == nil && response.Resource == nil:
		a.observe(SendsBody, No, fmt.Sprintf("a PATCH that asked for an answer was answered %d without one", response.Status))
	case status(err) == http.StatusBadRequest && !aboutContent(err), status(err) == http.StatusInternalServerError && a.link.Attempts > 0:
		// It may be the question that is refused, or that the app stumbles over.
		if response, err = a.client.Patch(ctx, endpoint, id, patch, match); err == nil {
			a.observe(SendsBody, No, "a PATCH that asked for an answer was refused, and taken without the question")
		}
	}
	return response, err
}

// returned names the attributes that show whether a write has worked.
func returned(w Write) []string {
	if len(w.Add) > 0 || len(w.Remove) > 0 {
		return append(slices.Clone(w.Sets), "members")
	}
	return w.Sets
}

// version is the version that a change is meant for, "" for any.
func (a *attempt) version() string {
	if a.capabilities().Is(ETag, Yes) {
		return a.link.Version
	}
	return ""
}

// replace lays the payload over what the app holds, since a PUT that carries only
// our attributes would take away everybody else's (RFC 7644 section 3.5.1).
func (a *attempt) replace(ctx context.Context, w Write) (*scimclient.Response, error) {
	current, err := a.read(ctx)
	if err != nil {
		return nil, err
	}
	others := current.Resource.Clone()
	for _, name := range [...]string{"id", "meta", "groups", "password"} {
		others.Delete(name)
	}
	body := merge(others, w.Payload)
	forgetFormatted(body, others, w.Payload)
	if a.capabilities().Is(IDInBody, Yes) {
		body.Set("id", a.link.RemoteID)
	}
	body.Set("schemas", union(current.Resource.Array("schemas"), w.Payload.Array("schemas")))
	if a.link.Kind == KindGroup {
		members, err := a.mergedMembers(ctx, current.Resource, w)
		if err != nil {
			return nil, err
		}
		body.Set("members", members)
	}
	return a.client.Replace(ctx, a.link.Kind.Endpoint(), a.link.RemoteID, body, scimclient.IfMatch(a.version()))
}

// merge returns the attributes and parts of attributes of both, those of b where both
// have one.
func merge(a, b *scim.Object) *scim.Object {
	merged := scim.NewObject()
	for name, value := range a.All() {
		merged.Set(name, value)
	}
	for name, value := range b.All() {
		mine, complexMine := merged.Get(name).(*scim.Object)
		if other, complexOther := value.(*scim.Object); complexMine && complexOther && !isReference(other) {
			value = merge(mine, other)
		}
		merged.Set(name, value)
	}
	return merged
}

// forgetFormatted leaves out what an app has made of the parts of a name where some of
// them are about to change, for the app to make it again.
func forgetFormatted(body, held, want *scim.Object) {
	const formatted = "formatted"
	for name, value := range want.All() {
		parts, ok := value.(*scim.Object)
		if _, wanted := parts.Lookup(formatted); ok && !wanted && !satisfied(parts, held.Get(name)) {
			body.Object(name).Delete(formatted)
		}
	}
}

// union is the first list and what the second has beside it.
func union(first, second []any) []any {
	list := slices.Clone(first)
	for _, v := range second {
		if !slices.ContainsFunc(list, func(other any) bool { return scim.Equal(v, other) }) {
			list = append(list, v)
		}
	}
	return list
}

// mergedMembers are the members the app holds, less those we take away, plus those
// we add: members that others put there stay. Of an app that shows none it can only
// be said which ones we have put there.
func (a *attempt) mergedMembers(ctx context.Context, current *scim.Object, w Write) ([]any, error) {
	spelled, err := a.spelled(ctx, current, w.Add, w.Remove)
	if err != nil {
		return nil, err
	}
	merged := map[string]bool{}
	if a.capabilities().Is(MembersReturned, No) {
		for _, id := range a.members {
			merged[id] = true
		}
	}
	maps.Copy(merged, memberIDs(current))
	for _, id := range w.Remove {
		delete(merged, id)
		delete(merged, spelled[id])
	}
	for _, id := range w.Add {
		if spelled[id] == "" {
			merged[id] = true
		}
	}
	values := []any{}
	for _, id := range slices.Sorted(maps.Keys(merged)) {
		values = append(values, scim.NewObject(scim.Field{Name: "value", Value: id}))
	}
	return values, nil
}

// read reads the link's resource and takes note of its version. The error is a
// [*missing] if the app says that it does not have it.
func (a *attempt) read(ctx context.Context) (*scimclient.Response, error) {
	response, err := a.client.Get(ctx, a.link.Kind.Endpoint(), a.link.RemoteID)
	if notThere(err) {
		return nil, &missing{answered: err, read: err}
	}
	if err == nil {
		a.link.Version = response.Version()
	}
	return response, err
}

// withhold leaves an attribute as the app has it, for the rest of the attempt and for
// this reason.
func (a *attempt) withhold(attribute string, f *failure) {
	if a.withheld == nil {
		a.withheld = map[string]*failure{}
	}
	a.withheld[attribute] = f
}

// refuse leaves a member out, or in, for the rest of the attempt and for this reason.
func (a *attempt) refuse(subject, cause string) {
	if a.refused == nil {
		a.refused = map[string]string{}
	}
	a.refused[subject] = cause
}

// attainable is what is desired, less what the app has been found not to take.
func (a *attempt) attainable(d Desired) Desired {
	if len(a.withheld) > 0 && d.Payload != nil {
		d.Payload = d.Payload.Clone()
		for name := range a.withheld {
			if value, held := a.link.Acked.Lookup(name); held && a.link.RemoteID != "" {
				d.Payload.Set(name, value)
			} else {
				d.Payload.Delete(name)
			}
			if d.Initial != nil {
				d.Initial = d.Initial.Clone()
				d.Initial.Delete(name)
			}
		}
	}
	if len(a.refused) > 0 && d.Members != nil {
		d.Members = maps.Clone(d.Members)
		for subject := range a.refused {
			if id, held := a.members[subject]; held {
				d.Members[subject] = id
			} else {
				delete(d.Members, subject)
			}
		}
	}
	return d
}

// shortfall returns the failure that what the app did not take amounts to, nil if it
// took everything. Members that it does not take in are not one: the group is partial.
func (a *attempt) shortfall(d Desired) error {
	for _, name := range slices.Sorted(maps.Keys(a.withheld)) {
		return a.withheld[name]
	}
	for _, subject := range slices.Sorted(maps.Keys(a.refused)) {
		if _, stays := d.Members[subject]; !stays {
			return &failure{state: LinkNotHonoured, cause: a.refused[subject]}
		}
	}
	return nil
}

// missingMembers says which of a group's members the app does not have, "" if it has
// them all.
func (a *attempt) missingMembers(d Desired) string {
	var parts []string
	if d.Missing > 0 {
		parts = append(parts, fmt.Sprintf("members who have no account in the app yet: %d", d.Missing))
	}
	if n := len(a.refused); n > 0 {
		subject := slices.Sorted(maps.Keys(a.refused))[0]
		text := fmt.Sprintf("the app does not take %s as a member: %s", subject, a.refused[subject])
		if n > 1 {
			text += fmt.Sprintf(", nor %d others", n-1)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
