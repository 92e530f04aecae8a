package mocktarget

import (
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// patch answers PATCH (RFC 7644 section 3.5.2): 200 with the resource, but 204 for
// types with members unless the client asks for attributes; the members of a large
// group are not what somebody who adds one wants to be told.
func (x *exchange) patch() (*answer, error) {
	x.did("patch", x.target.typ, x.target.id)
	body, err := x.decode()
	if err != nil {
		return nil, err
	}
	plan, err := x.data().planPatch(x.target.typ, body, &x.parsed)
	if err != nil {
		return nil, err
	}
	projection, err := x.projection(x.target.typ)
	if err != nil {
		return nil, err
	}
	after, err := x.tenant.patch(x.r.Context(), x.target.typ, x.target.id, plan, x.conditions())
	if err != nil {
		return nil, err
	}
	values, err := x.query()
	if err != nil {
		return nil, err
	}
	if x.target.typ.members != nil && !values.Has("attributes") && !values.Has("excludedAttributes") {
		x.saw(after.typ, after.slot, after.rec, false)
		view := presenter{root: after.root, base: x.base}
		return &answer{
			status: http.StatusNoContent, contentLocation: view.location(after.typ, after.rec.id), etag: etag(after.rec),
		}, nil
	}
	projection.Written = after.typ.written(plan.whole)
	return x.show(after, projection, http.StatusOK), nil
}

// written returns what a patch gave, each attribute as an array of the values it was
// given, so that attributes returned on request are returned where they were
// written.
func (typ *resourceType) written(p *scim.Patch) *scim.Object {
	given := scim.NewObject()
	note := func(path scim.Path, value any) {
		ref, err := typ.Resolve(path.AttributePath)
		if err != nil {
			return
		}
		holder := given
		if ref.Extension != nil {
			if holder = given.Object(ref.Extension.ID); holder == nil {
				holder = scim.NewObject()
				given.Set(ref.Extension.ID, holder)
			}
		}
		part := path.SubAttribute
		if ref.Sub != nil {
			part = &ref.Sub.Name
		}
		if part != nil && value != nil {
			value = scim.NewObject(scim.Field{Name: *part, Value: value})
		}
		if ref.Attribute != nil {
			noteValues(holder, ref.Attribute.Name, value)
			return
		}
		attributes, _ := value.(*scim.Object)
		for name, v := range attributes.All() {
			noteValues(holder, name, v)
		}
	}
	for _, op := range p.Operations {
		if op.Path != nil {
			note(*op.Path, op.Value)
			continue
		}
		value, _ := op.Value.(*scim.Object)
		for name, v := range value.All() {
			if path, err := scim.ParsePath(name); err == nil {
				note(path, v)
			}
		}
	}
	return given
}

// noteValues adds a value, or each of several, to the ones noted for an attribute.
func noteValues(holder *scim.Object, name string, value any) {
	list, isList := value.([]any)
	if !isList && value != nil {
		list = []any{value}
	}
	if len(list) > 0 {
		holder.Set(name, append(holder.Array(name), list...))
	}
}

// A patchPlan is a patch taken apart: what it does to the document and what it
// does to the members, which are not in the document.
type patchPlan struct {
	whole    *scim.Patch
	document *scim.Patch
	members  []memberStep
	base     string // URL of the service, for $ref of members
	mixed    bool   // the members have to be put into the document to apply it
}

// A memberStep changes the members of a group.
type memberStep struct {
	op       string
	elements []any    // of add, and of replace
	ids      []string // of remove; nil: all
}

// planPatch is the phase that parses a patch, notes it for the journal and decides
// how to apply it.
func (d Data) planPatch(typ *resourceType, body *scim.Object, parsed *Operation) (*patchPlan, error) {
	if list, most := body.Array("Operations"), d.tenant.server.config.Limits.PatchOperations; len(list) > most {
		return nil, scim.Status(http.StatusRequestEntityTooLarge,
			"the patch has %d operations, at most %d are carried out", len(list), most)
	}
	p, err := scim.ParsePatch(body)
	if err != nil {
		return nil, err
	}
	parsed.Patch = describePatch(typ, p)
	d.deviant.Plan(p)
	plan, err := typ.plan(p)
	if err == nil {
		plan.base = d.base
	}
	return plan, err
}

// plan splits a patch. Operations on the members as a whole, on listed members and
// on members selected by value become steps; anything cleverer makes it mixed.
func (typ *resourceType) plan(p *scim.Patch) (*patchPlan, error) {
	plan := &patchPlan{whole: p, document: &scim.Patch{}}
	if typ.members == nil {
		plan.document = p
		return plan, nil
	}
	for _, op := range p.Operations {
		rest, step, ok, err := typ.split(op)
		if err != nil {
			return nil, err
		}
		if !ok {
			return &patchPlan{whole: p, mixed: true}, nil // steps found so far would be carried out twice
		}
		if rest != nil {
			plan.document.Operations = append(plan.document.Operations, *rest)
		}
		if step != nil {
			plan.members = append(plan.members, *step)
		}
	}
	return plan, nil
}

// split divides one operation into what it does to the document and what it does
// to the members. ok is false for one that only the general way can do.
func (typ *resourceType) split(op scim.Operation) (rest *scim.Operation, step *memberStep, ok bool, err error) {
	if op.Path != nil {
		ref, err := typ.Resolve(op.Path.AttributePath)
		if err != nil || ref.Attribute != typ.members {
			return &op, nil, true, nil // an unknown attribute is refused when it is applied
		}
		step, ok, err := typ.memberStep(op)
		return nil, step, ok, err
	}
	value, isObject := op.Value.(*scim.Object)
	if !isObject {
		return &op, nil, true, nil
	}
	kept := scim.NewObject()
	for name, v := range value.All() {
		path, err := scim.ParsePath(name)
		if err != nil {
			return &op, nil, true, nil // refused when it is applied
		}
		ref, err := typ.Resolve(path.AttributePath)
		if err != nil || ref.Attribute != typ.members {
			kept.Set(name, v)
			continue
		}
		if step != nil {
			return nil, nil, false, nil // "members" and its long name in one object
		}
		step, ok, err = typ.memberStep(scim.Operation{Op: op.Op, Path: &path, Value: v, HasValue: true})
		if err != nil || !ok {
			return nil, nil, ok, err
		}
	}
	if step == nil {
		return &op, nil, true, nil
	}
	if kept.Len() > 0 {
		op.Value = kept
		rest = &op
	}
	return rest, step, true, nil
}

// memberStep turns an operation on the members into a step, if it is a plain one.
func (typ *resourceType) memberStep(op scim.Operation) (step *memberStep, ok bool, err error) {
	if op.Path.SubAttribute != nil || op.Path.AttributePath.SubAttribute != nil {
		return nil, false, nil
	}
	if op.Path.ValueExpression != nil {
		ids, plain := selectedIDs(op.Path.ValueExpression)
		if op.Op != scim.OpRemove || !plain {
			return nil, false, nil
		}
		return &memberStep{op: scim.OpRemove, ids: ids}, true, nil
	}
	step = &memberStep{op: op.Op}
	if op.Op == scim.OpRemove {
		if !op.HasValue || scim.Unassigned(op.Value) {
			return step, true, nil
		}
		return typ.removeListed(op.Value)
	}
	if step.elements, err = typ.checkMembers(op.Value); err != nil {
		return nil, false, err
	}
	return step, true, nil
}

// removeListed is a remove with a list of members as its value, as some clients
// send it. It is plain if the members are named by value alone.
func (typ *resourceType) removeListed(value any) (step *memberStep, ok bool, err error) {
	elements, err := typ.checkMembers(value)
	if err != nil {
		return nil, false, err
	}
	ids := make([]string, 0, len(elements))
	for _, element := range elements {
		id, _, err := readMember(element)
		if err != nil {
			return nil, false, err
		}
		ids = append(ids, id)
	}
	return &memberStep{op: scim.OpRemove, ids: ids}, true, nil
}

// selectedIDs returns the ids of an expression that says no more than
// value eq "id", or several of these with or.
func selectedIDs(e scim.Expression) (ids []string, plain bool) {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		if !strings.EqualFold(string(e.Operator), "or") {
			return nil, false
		}
		left, ok := selectedIDs(e.Left)
		right, also := selectedIDs(e.Right)
		return append(left, right...), ok && also
	case *scim.AttributeExpression:
		id, ok := e.CompareValue.(string)
		plain = ok && e.AttributePath.URIPrefix == nil && e.AttributePath.SubAttribute == nil &&
			strings.EqualFold(e.AttributePath.AttributeName, "value") && strings.EqualFold(string(e.Operator), "eq")
		return []string{id}, plain
	default:
		return nil, false
	}
}

// checkMembers validates elements for members and returns them as an array of
// canonical ones. A single object counts as an array of one.
func (typ *resourceType) checkMembers(value any) ([]any, error) {
	list, ok := value.([]any)
	if !ok {
		if scim.Unassigned(value) {
			return nil, nil
		}
		list = []any{value}
	}
	checked, err := typ.membersOnly.Validate(scim.NewObject(
		scim.Field{Name: "schemas", Value: []any{typ.Schema.ID}},
		scim.Field{Name: typ.members.Name, Value: list},
	), nil)
	return checked.Array(typ.members.Name), err
}

// patch carries out a patch. Nothing is stored unless all of it succeeds.
func (tx *transaction) patch(typ *resourceType, id string, plan *patchPlan, when conditions) (stored, error) {
	slot, before, err := tx.find(typ, id, when)
	if err != nil {
		return stored{}, err
	}
	after := &record{members: before.members, secrets: before.secrets}
	var document *scim.Object // nil: as before
	patch := plan.document
	if plan.mixed {
		patch = plan.whole
	}
	changed := false
	if len(patch.Operations) > 0 {
		current := typ.complete(presenter{root: tx.root, base: plan.base}, before, plan.mixed)
		next, _, err := typ.Apply(patch, current)
		if err != nil {
			return stored{}, err
		}
		after.secrets, changed = typ.takeSecrets(next, before.secrets, true)
		next.Delete("id")
		if plan.mixed {
			var elements []any
			var replaced bool
			next, elements = takeMembers(typ, next)
			if after.members, replaced, err = tx.replaceMembers(typ, slot, before.members, elements); err != nil {
				return stored{}, err
			}
			changed = changed || replaced
		}
		canonicalize(typ, next)
		document = next
	}
	for _, step := range plan.members {
		var stepped bool
		if after.members, stepped, err = tx.takeStep(typ, slot, after.members, step); err != nil {
			return stored{}, err
		}
		changed = changed || stepped
	}
	return tx.settle(typ, slot, before, after, document, changed)
}

// complete returns the document with what a patch may refer to: the id, which clients
// repeat, markers for the secrets and, if asked, the members.
func (typ *resourceType) complete(view presenter, rec *record, members bool) *scim.Object {
	fields := make([]scim.Field, 0, rec.document.Len()+2)
	for name, v := range rec.document.All() {
		fields = append(fields, scim.Field{Name: name, Value: v})
	}
	fields = append(fields, scim.Field{Name: "id", Value: rec.id})
	for _, s := range rec.secrets {
		fields = append(fields, scim.Field{Name: s.attribute, Value: s.marker()})
	}
	if members && rec.members.len() > 0 {
		fields = append(fields, scim.Field{Name: typ.members.Name, Value: view.members(typ.model, rec)})
	}
	return scim.NewObject(fields...)
}

func takeMembers(typ *resourceType, document *scim.Object) (*scim.Object, []any) {
	rest, members := without(document, typ.members.Name)
	elements, _ := members.([]any)
	return rest, elements
}

// takeStep returns the members after one step. Removing a member that is not there
// changes nothing and succeeds (RFC 7644 section 3.5.2.2).
func (tx *transaction) takeStep(typ *resourceType, slot uint32, held *memberSet, step memberStep) (*memberSet, bool, error) {
	switch {
	case step.op == scim.OpAdd:
		return tx.addMembers(typ, slot, held, step.elements)
	case step.op == scim.OpReplace, step.ids == nil:
		return tx.replaceMembers(typ, slot, held, step.elements)
	}
	changed := false
	for _, id := range step.ids {
		memberType, at, rec := tx.root.locate(typ.model, id)
		if rec == nil {
			continue
		}
		var removed bool
		held, removed = tx.removeMember(typ, slot, held, makeRef(memberType, at))
		changed = changed || removed
	}
	return held, changed, nil
}
