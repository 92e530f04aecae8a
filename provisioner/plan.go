package provisioner

import (
	"maps"
	"slices"

	"github.com/permiso/scimwright/provisioner/scim"
)

// memberChunk is how many members one request adds or removes. Some apps refuse
// more than a hundred.
const memberChunk = 100

// A Verb is the kind of request a [Write] makes.
type Verb string

// The verbs.
const (
	VerbCreate  Verb = "POST"
	VerbPatch   Verb = "PATCH"
	VerbReplace Verb = "PUT"
	VerbDelete  Verb = "DELETE"
)

// A Write is one request that brings an app closer to what is desired, and what
// the app is known to hold once it has answered.
type Write struct {
	Verb   Verb
	Action Action
	// Payload is the body of a create, without members. For a replace it is what
	// is laid over the resource that the app holds.
	Payload *scim.Object
	// Cleared names the attributes that a replace takes away.
	Cleared []string
	// Operations are the body of a patch.
	Operations []scim.Operation
	// Add and Remove are the members that the request adds and removes: directory
	// id to id in the app.
	Add, Remove map[string]string
	// Acked is what the app is known to hold after the request.
	Acked *scim.Object
}

// Plan returns the smallest list of writes that takes an app from what it is
// known to hold to what is desired. It depends on its arguments alone. acked is
// nil for a resource that has to be created; c says how the app takes changes
// (RFC 7644 sections 3.5.1 and 3.5.2).
func Plan(d Desired, acked *scim.Object, ackedMembers map[string]string, c Capabilities) []Write {
	if d.Payload == nil {
		return nil
	}
	if acked == nil {
		return planCreate(d)
	}
	add, remove := memberDiff(d.Members, ackedMembers)
	kind := KindUser
	if d.Members != nil {
		kind = KindGroup
	}
	if c.Is(updateOf(kind), FormPut) {
		return planReplace(d, acked, add, remove)
	}
	return append(planAttributes(d.Payload, acked), planMembers(d.Payload, add, remove)...)
}

func planCreate(d Desired) []Write {
	first, rest := splitMembers(d.Members)
	create := Write{Verb: VerbCreate, Action: ActionCreate, Payload: d.Payload, Add: first, Acked: d.Payload}
	return append([]Write{create}, planMembers(d.Payload, rest, nil)...)
}

func planReplace(d Desired, acked *scim.Object, add, remove map[string]string) []Write {
	if scim.Equal(d.Payload, acked) && len(add) == 0 && len(remove) == 0 {
		return nil
	}
	w := Write{Verb: VerbReplace, Action: updateAction(d.Payload, acked), Payload: d.Payload, Add: add, Remove: remove, Acked: d.Payload}
	for name := range acked.All() {
		if _, kept := d.Payload.Lookup(name); !kept {
			w.Cleared = append(w.Cleared, name)
		}
	}
	return []Write{w}
}

// planAttributes patches what differs. The switch "active" goes in a request of
// its own: ahead of everything else to lock an account, last to open it.
func planAttributes(desired, acked *scim.Object) []Write {
	profile := acked.Clone()
	var ops []scim.Operation
	for name, want := range desired.All() {
		have := acked.Get(name)
		if name == "schemas" || name == "active" || scim.Equal(want, have) {
			continue
		}
		ops = append(ops, replaceOps(name, separator(name), want, have)...)
		profile.Set(name, want)
	}
	for name, have := range acked.All() {
		if _, kept := desired.Lookup(name); kept {
			continue
		}
		ops = append(ops, removeOps(name, have)...)
		profile.Delete(name)
	}
	profile.Set("schemas", desired.Get("schemas"))

	var writes []Write
	if len(ops) > 0 {
		writes = append(writes, Write{Verb: VerbPatch, Action: ActionUpdate, Operations: ops, Acked: profile})
	}
	active, hasActive := desired.Bool("active")
	if !hasActive || scim.Equal(desired.Get("active"), acked.Get("active")) {
		return writes
	}
	flip := Write{
		Verb: VerbPatch, Action: updateAction(desired, acked),
		Operations: []scim.Operation{operation("replace", "active", active)},
		Acked:      desired,
	}
	if active {
		return append(writes, flip)
	}
	flip.Acked = acked.Clone()
	flip.Acked.Set("active", active)
	for i := range writes {
		writes[i].Acked = desired
	}
	return append([]Write{flip}, writes...)
}

// updateAction tells taking somebody's access away from any other update.
func updateAction(desired, acked *scim.Object) Action {
	wants, ok := desired.Bool("active")
	if has, known := acked.Bool("active"); ok && !wants && (has || !known) {
		return ActionDisable
	}
	return ActionUpdate
}

// replaceOps sets one attribute. The parts of a complex value and of an extension
// get a path each, so that what others keep beside them survives.
func replaceOps(path, separator string, want, have any) []scim.Operation {
	wantObject, complexWanted := want.(*scim.Object)
	haveObject, complexHeld := have.(*scim.Object)
	if !complexWanted || have != nil && !complexHeld || isReference(wantObject) {
		return []scim.Operation{operation("replace", path, want)}
	}
	var ops []scim.Operation
	for sub, value := range wantObject.All() {
		if held := haveObject.Get(sub); !scim.Equal(value, held) {
			ops = append(ops, replaceOps(path+separator+sub, ".", value, held)...)
		}
	}
	return append(ops, removeMissing(path+separator, wantObject, haveObject)...)
}

func removeOps(name string, have any) []scim.Operation {
	if extension, ok := have.(*scim.Object); ok && isURN(name) {
		return removeMissing(name+":", nil, extension)
	}
	return []scim.Operation{operation("remove", name, nil)}
}

// removeMissing clears what is held but no longer wanted.
func removeMissing(prefix string, want, have *scim.Object) []scim.Operation {
	var ops []scim.Operation
	for sub := range have.All() {
		if _, kept := want.Lookup(sub); !kept {
			ops = append(ops, operation("remove", prefix+sub, nil))
		}
	}
	return ops
}

// isReference tells a complex value that points at another resource, such as a
// manager: it is replaced as one.
func isReference(o *scim.Object) bool {
	_, ok := o.Lookup("value")
	return ok
}

// separator stands between an attribute and its sub-attribute, or an extension and
// its attribute (RFC 7644 section 3.10).
func separator(name string) string {
	if isURN(name) {
		return ":"
	}
	return "."
}

func operation(op, path string, value any) scim.Operation {
	return scim.Operation{Op: op, PathText: path, Value: value, HasValue: op != "remove"}
}

// planMembers changes members in chunks, each request small enough for the apps
// that bound them.
func planMembers(acked *scim.Object, add, remove map[string]string) []Write {
	var writes []Write
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(add)), memberChunk) {
		w := Write{Verb: VerbPatch, Action: ActionUpdate, Add: pick(add, chunk), Acked: acked}
		w.Operations = []scim.Operation{operation("add", "members", memberValues(w.Add))}
		writes = append(writes, w)
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(remove)), memberChunk) {
		w := Write{Verb: VerbPatch, Action: ActionUpdate, Remove: pick(remove, chunk), Acked: acked}
		for _, subject := range chunk {
			path := "members[value eq " + scim.QuoteFilter(remove[subject]) + "]"
			w.Operations = append(w.Operations, operation("remove", path, nil))
		}
		writes = append(writes, w)
	}
	return writes
}

// memberDiff compares by directory id and by the app's id: an account that was
// made again has to join its groups again.
func memberDiff(desired, acked map[string]string) (add, remove map[string]string) {
	add, remove = map[string]string{}, map[string]string{}
	for subject, id := range desired {
		if acked[subject] != id {
			add[subject] = id
		}
	}
	for subject, id := range acked {
		if desired[subject] != id {
			remove[subject] = id
		}
	}
	return add, remove
}

func splitMembers(members map[string]string) (first, rest map[string]string) {
	subjects := slices.Sorted(maps.Keys(members))
	if len(subjects) <= memberChunk {
		return members, nil
	}
	return pick(members, subjects[:memberChunk]), pick(members, subjects[memberChunk:])
}

func pick(members map[string]string, subjects []string) map[string]string {
	picked := make(map[string]string, len(subjects))
	for _, s := range subjects {
		picked[s] = members[s]
	}
	return picked
}

// memberValues returns the members as SCIM values in a fixed order.
func memberValues(members map[string]string) []any {
	values := make([]any, 0, len(members))
	for _, subject := range slices.Sorted(maps.Keys(members)) {
		values = append(values, scim.NewObject(scim.Field{Name: "value", Value: members[subject]}))
	}
	return values
}
