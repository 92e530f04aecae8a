package provisioner

import (
	"maps"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

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
	// Form names the way in which the change is expressed, such as "User patch
	// active". A form is trusted once it has been seen to work.
	Form string
	// Payload is the body of a create, without members. For a replace it is what
	// is laid over the resource that the app holds.
	Payload *scim.Object
	// Sets names the attributes that the request changes or takes away.
	Sets []string
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
	p := planner{kind: KindUser, capabilities: c}
	if d.Members != nil {
		p.kind = KindGroup
	}
	desired := p.shape(d.Payload)
	if acked == nil {
		return p.create(p.shape(d.initial()), desired, d.Members)
	}
	acked = p.shape(d.managed(acked))
	add, remove := memberDiff(d.Members, ackedMembers)
	switch {
	case p.membersOnly():
		desired = acked
	case c.Is(updateOf(p.kind), FormPut):
		return p.replace(desired, acked, add, remove)
	}
	return append(p.attributes(desired, acked), p.members(desired, add, remove)...)
}

// A planner plans writes for one app's resources of a kind.
type planner struct {
	kind         Kind
	capabilities Capabilities
}

// membersOnly tells groups of which only the members are ours to change.
func (p *planner) membersOnly() bool {
	return p.kind == KindGroup && p.capabilities.Is(Groups, GroupsMembersOnly)
}

// shape leaves out of a resource what the app cannot hold.
func (p *planner) shape(o *scim.Object) *scim.Object {
	noActive, limit := p.capabilities.Is(ActiveType, ActiveNone), p.capabilities.Number(MultiValuedLimit)
	if p.kind == KindGroup || !noActive && limit == 0 {
		return o
	}
	o = o.Clone()
	if noActive {
		o.Delete("active")
	}
	for name, value := range o.All() {
		if list, ok := value.([]any); ok && limit > 0 && len(list) > limit && name != "schemas" {
			o.Set(name, primaryFirst(list)[:limit])
		}
	}
	return o
}

// primaryFirst returns the values with the primary one ahead (RFC 7643 section 2.4).
func primaryFirst(list []any) []any {
	isPrimary := func(v any) bool {
		o, ok := v.(*scim.Object)
		primary, _ := o.Bool("primary")
		return ok && primary
	}
	if i := slices.IndexFunc(list, isPrimary); i > 0 {
		list = slices.Concat(list[i:i+1], list[:i], list[i+1:])
	}
	return list
}

func (p *planner) form(words ...string) string {
	return string(p.kind) + " " + strings.Join(words, " ")
}

// create makes the resource with what it has at first, some of which is not looked
// after any further.
func (p *planner) create(initial, desired *scim.Object, members map[string]string) []Write {
	if p.membersOnly() {
		return nil
	}
	first, rest := map[string]string{}, members
	if p.capabilities.Is(CreateMembers, Yes) {
		first, rest = p.firstMembers(members)
	}
	w := Write{
		Verb: VerbCreate, Action: ActionCreate, Form: p.form("create"),
		Payload: p.typed(initial), Sets: names(desired), Add: first, Acked: desired,
	}
	return append([]Write{w}, p.members(desired, rest, nil)...)
}

// firstMembers splits members into those that go out with a request for the whole
// group, no more than one request takes, and the rest.
func (p *planner) firstMembers(members map[string]string) (first, rest map[string]string) {
	subjects := slices.Sorted(maps.Keys(members))
	n := min(len(subjects), p.chunk())
	return pick(members, subjects[:n]), pick(members, subjects[n:])
}

// chunk is how many members go into one request.
func (p *planner) chunk() int {
	if n := p.capabilities.Number(MaxMembersPerOp); n > 0 {
		return n
	}
	return maxChunk
}

// maxChunk bounds a request to an app that takes any number of members.
const maxChunk = 10_000

func (p *planner) replace(desired, acked *scim.Object, add, remove map[string]string) []Write {
	sets, cleared := changes(desired, acked)
	if len(sets) == 0 && scim.Equal(desired.Get("active"), acked.Get("active")) && len(add) == 0 && len(remove) == 0 {
		return nil
	}
	first, rest := p.firstMembers(add)
	w := Write{
		Verb: VerbReplace, Action: updateAction(desired, acked), Form: p.form(FormPut),
		Payload: explicit(p.typed(desired), acked), Sets: append(names(desired), cleared...), Add: first, Remove: remove, Acked: desired,
	}
	return append([]Write{w}, p.putMembers(desired, rest, nil)...)
}

// explicit returns what is wanted with a null, or an empty list, in place of everything
// that is held and not wanted: some apps keep what a PUT does not mention, as they may
// (RFC 7644 section 3.5.1).
func explicit(want, held *scim.Object) *scim.Object {
	out := scim.NewObject()
	for name, value := range want.All() {
		if w, ok := value.(*scim.Object); ok && !isReference(w) {
			value = explicit(w, held.Object(name))
		}
		out.Set(name, value)
	}
	for name, value := range held.All() {
		if _, wanted := want.Lookup(name); wanted {
			continue
		}
		parts, ok := value.(*scim.Object)
		switch _, isList := value.([]any); {
		case ok && !isReference(parts):
			out.Set(name, explicit(nil, parts))
		case isList:
			out.Set(name, []any{})
		default:
			out.Set(name, nil)
		}
	}
	return out
}

// attributes patches what differs. The switch "active" goes in a request of its
// own: ahead of everything else to lock an account, last to open it.
func (p *planner) attributes(desired, acked *scim.Object) []Write {
	var writes []Write
	sets, _ := changes(desired, acked)
	if len(sets) > 0 {
		profile := desired.Clone()
		profile.Set("active", acked.Get("active"))
		if acked.Get("active") == nil {
			profile.Delete("active")
		}
		writes = append(writes, Write{
			Verb: VerbPatch, Action: ActionUpdate, Form: p.form(p.update()),
			Operations: p.operations(desired, acked, sets), Sets: sets, Acked: profile,
		})
	}
	active, hasActive := desired.Bool("active")
	if !hasActive || scim.Equal(desired.Get("active"), acked.Get("active")) {
		return writes
	}
	flip := Write{
		Verb: VerbPatch, Action: updateAction(desired, acked), Form: p.form(p.update(), "active", p.capabilities.Fact(ActiveType).Value),
		Operations: []scim.Operation{p.replaceOperation("active", p.active(active))},
		Sets:       []string{"active"}, Acked: desired,
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

// update is the form in which resources of the planner's kind are changed.
func (p *planner) update() string { return p.capabilities.Fact(updateOf(p.kind)).Value }

// active returns the switch in the type that the app reads.
func (p *planner) active(on bool) any {
	switch {
	case !p.capabilities.Is(ActiveType, ActiveString):
		return on
	case on:
		return "True"
	default:
		return "False"
	}
}

// typed returns the body for a resource.
func (p *planner) typed(o *scim.Object) *scim.Object {
	on, ok := o.Bool("active")
	if !ok || p.capabilities.Is(ActiveType, ActiveBool) {
		return o
	}
	o = o.Clone()
	o.Set("active", p.active(on))
	return o
}

// replaceOperation sets one attribute in the form that the app takes.
func (p *planner) replaceOperation(name string, value any) scim.Operation {
	if p.update() == FormPathless {
		return scim.Operation{Op: scim.OpReplace, Value: scim.NewObject(scim.Field{Name: name, Value: value}), HasValue: true}
	}
	return operation(scim.OpReplace, name, value)
}

// operations changes the named attributes.
func (p *planner) operations(desired, acked *scim.Object, sets []string) []scim.Operation {
	if p.update() == FormPathless {
		return []scim.Operation{{Op: scim.OpReplace, Value: pathlessValue(desired, acked, sets), HasValue: true}}
	}
	var ops []scim.Operation
	for _, name := range sets {
		if want, kept := desired.Lookup(name); kept {
			ops = append(ops, replaceOps(name, separator(name), want, acked.Get(name))...)
		} else {
			ops = append(ops, removeOps(name, acked.Get(name))...)
		}
	}
	return ops
}

// pathlessValue is the value of an operation without a path: the attributes as they
// should be, null for those that should go, and for parts that should: it is not said
// whether the others of a complex value stay (RFC 7644 section 3.5.2.3).
func pathlessValue(desired, acked *scim.Object, sets []string) *scim.Object {
	value, all := scim.NewObject(), explicit(desired, acked)
	for _, name := range sets {
		value.Set(name, all.Get(name))
	}
	return value
}

// changes names the attributes in which two resources differ, but for schemas and
// the switch "active", and those among them that go.
func changes(desired, acked *scim.Object) (sets, cleared []string) {
	for name, want := range desired.All() {
		if own := strings.EqualFold(name, "schemas") || strings.EqualFold(name, "active"); !own && !scim.Equal(want, acked.Get(name)) {
			sets = append(sets, name)
		}
	}
	for name := range acked.All() {
		if _, kept := desired.Lookup(name); !kept && !strings.EqualFold(name, "schemas") {
			cleared = append(cleared, name)
		}
	}
	return append(sets, cleared...), cleared
}

// names lists the attributes of a resource.
func names(o *scim.Object) []string {
	list := make([]string, 0, o.Len())
	for name := range o.All() {
		if name != "schemas" {
			list = append(list, name)
		}
	}
	return list
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
		return []scim.Operation{operation(scim.OpReplace, path, want)}
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
	if parts, ok := have.(*scim.Object); ok && !isReference(parts) {
		return removeMissing(name+separator(name), nil, parts)
	}
	return []scim.Operation{operation(scim.OpRemove, name, nil)}
}

// removeMissing clears what is held but no longer wanted.
func removeMissing(prefix string, want, have *scim.Object) []scim.Operation {
	var ops []scim.Operation
	for sub := range have.All() {
		if _, kept := want.Lookup(sub); !kept {
			ops = append(ops, operation(scim.OpRemove, prefix+sub, nil))
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
	return scim.Operation{Op: op, PathText: path, Value: value, HasValue: op != scim.OpRemove}
}
