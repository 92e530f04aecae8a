package mocktarget

import (
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// candidates returns slots among which all matches of an expression are, if an
// index can tell. There may be too many, and the same one twice.
func (c *filterCompiler) candidates(e scim.Expression) ([]uint32, bool) {
	switch e := e.(type) {
	case *scim.NotExpression:
		return nil, false
	case *scim.LogicalExpression:
		left, leftOK := c.candidates(e.Left)
		right, rightOK := c.candidates(e.Right)
		if !strings.EqualFold(string(e.Operator), "and") {
			return append(left, right...), leftOK && rightOK
		}
		if leftOK && (!rightOK || len(left) <= len(right)) {
			return left, true
		}
		return right, rightOK
	default:
		var best []uint32
		found := false
		for _, equality := range c.typ.Equalities(e) {
			if slots, ok := c.equal(equality.Ref, equality.Value); ok && (!found || len(slots) < len(best)) {
				best, found = slots, true
			}
		}
		return best, found
	}
}

// equal returns the slots that an index has for a value.
func (c *filterCompiler) equal(ref scim.Ref, value string) ([]uint32, bool) {
	table := c.root.table(c.typ)
	isValue := ref.Sub != nil && strings.EqualFold(ref.Sub.Name, "value")
	switch {
	case ref.Extension == nil && ref.Attribute == c.typ.members && isValue:
		typ, slot, rec := c.root.locate(c.typ.model, value)
		if rec == nil {
			return nil, true
		}
		return table.holders(makeRef(typ, slot)), true
	case ref.Extension == nil && ref.Attribute == c.typ.groups && isValue:
		typ, slot, rec := c.root.locate(c.typ.model, value)
		if rec == nil {
			return nil, true
		}
		return c.root.membersWithin(c.typ, makeRef(typ, slot)), true
	}
	for i, index := range c.typ.indexes {
		if index.is(ref) {
			return table.indexes[i].find(nil, c.typ.model.hash(index.fold(value))), true
		}
	}
	return nil, false
}

// membersWithin returns the slots of the resources of a type that a group holds,
// directly or through other groups.
func (r *root) membersWithin(typ *resourceType, group ref) []uint32 {
	var slots []uint32
	seen := map[ref]bool{group: true}
	for todo := []ref{group}; len(todo) > 0; {
		rec := r.at(todo[0])
		todo = todo[1:]
		if rec == nil || rec.members == nil {
			continue
		}
		for _, m := range rec.members.list.all() {
			if m.ref.place() == typ.place {
				slots = append(slots, m.ref.slot())
			}
			if inner := r.at(m.ref); inner != nil && inner.members != nil && !seen[m.ref] {
				seen[m.ref] = true
				todo = append(todo, m.ref)
			}
		}
	}
	return slots
}
