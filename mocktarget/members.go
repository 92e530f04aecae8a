package mocktarget

import (
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A member is one element of a group's members: the resource it stands for and
// what the client sent beside value, type and $ref, such as display.
type member struct {
	ref  ref
	rest *scim.Object // nil: nothing
}

// A memberSet holds the members of one group outside its document, in the order
// they were added: adding, removing and testing for one member costs the same
// for ten members and for a million.
type memberSet struct {
	list  vector[member]
	index hashset // member → slot in list
}

func (s *memberSet) len() int {
	if s == nil {
		return 0
	}
	return s.list.live()
}

// find returns the slot of a member and whether the set holds it.
func (s *memberSet) find(to ref) (uint32, bool) {
	if s == nil {
		return 0, false
	}
	for _, slot := range s.index.find(nil, to.hash()) { // one for each type at most
		if m, ok := s.list.get(slot); ok && m.ref == to {
			return slot, true
		}
	}
	return 0, false
}

// add returns the set with a member; one that is there already takes the new
// display, and changed tells whether anything became different.
func (s *memberSet) add(e *edit, m member) (after *memberSet, changed bool) {
	if s == nil {
		s = new(memberSet)
	}
	if slot, ok := s.find(m.ref); ok {
		before, _ := s.list.get(slot)
		if m.rest == nil || scim.Equal(before.rest, m.rest) {
			return s, false
		}
		return &memberSet{list: s.list.set(e, slot, m), index: s.index}, true
	}
	list, slot := s.list.append(e, m)
	return &memberSet{list: list, index: s.index.add(e, m.ref.hash(), slot)}, true
}

// remove returns the set without a member.
func (s *memberSet) remove(e *edit, gone ref) (after *memberSet, changed bool) {
	slot, ok := s.find(gone)
	if !ok {
		return s, false
	}
	return &memberSet{
		list:  s.list.remove(e, slot),
		index: s.index.remove(e, gone.hash(), slot),
	}, true
}

// hold notes that a group of the table holds a member.
func (t *table) hold(e *edit, m ref, group uint32) {
	s := &t.memberOf[m.place()]
	*s = s.add(e, m.hash(), group)
}

// release notes that a group of the table holds a member no more.
func (t *table) release(e *edit, m ref, group uint32) {
	s := &t.memberOf[m.place()]
	*s = s.remove(e, m.hash(), group)
}

// holders returns the slots of the groups in the table that hold a member.
func (t *table) holders(m ref) []uint32 { return t.memberOf[m.place()].find(nil, m.hash()) }

// memberships returns how many members all groups of the table have together.
func (t *table) memberships() int {
	n := 0
	for i := range t.memberOf {
		n += t.memberOf[i].size
	}
	return n
}

// membersOf returns how many members some groups of the table have together.
func (t *table) membersOf(slots []uint32) int {
	n := 0
	for _, slot := range slots {
		if rec, ok := t.records.get(slot); ok {
			n += rec.members.len()
		}
	}
	return n
}

// resolveMember reads one element of members from a request: value names the
// resource, "$ref" stands in for it when value is missing, and type, if given,
// has to agree (RFC 7643 section 4.2).
func (tx *transaction) resolveMember(typ *resourceType, element any) (member, error) {
	id, rest, err := readMember(element)
	if err != nil {
		return member{}, err
	}
	held, slot, rec := tx.root.locate(typ.model, id)
	if rec == nil {
		return member{}, scim.InvalidValue("members: there is no resource with the id %q; create it first", clip(id))
	}
	if said := element.(*scim.Object).String("type"); said != "" && !strings.EqualFold(said, held.Name) {
		return member{}, scim.InvalidValue("members: %s is a %s, not a %s", id, held.Name, clip(said))
	}
	return member{ref: makeRef(held, slot), rest: rest}, nil
}

// readMember splits an element of members into the id it names and the
// sub-attributes the server does not compute.
func readMember(element any) (id string, rest *scim.Object, err error) {
	o, ok := element.(*scim.Object)
	if !ok {
		return "", nil, scim.InvalidValue("members: each element is an object such as {\"value\": \"id\"}")
	}
	if id = o.String("value"); id == "" {
		id = lastSegment(o.String("$ref"))
	}
	if id == "" {
		return "", nil, scim.InvalidValue("members: an element has no value; give the id of the member")
	}
	for name, v := range o.All() {
		if strings.EqualFold(name, "value") || strings.EqualFold(name, "$ref") || strings.EqualFold(name, "type") || scim.Unassigned(v) {
			continue
		}
		if rest == nil {
			rest = scim.NewObject()
		}
		rest.Set(name, v)
	}
	return id, rest, nil
}

// addMembers returns the members of a group with more elements, and keeps the
// reverse index. Nothing of the group's record is changed.
func (tx *transaction) addMembers(typ *resourceType, slot uint32, held *memberSet, elements []any) (*memberSet, bool, error) {
	changed := false
	for _, element := range elements {
		m, err := tx.resolveMember(typ, element)
		if err != nil {
			return nil, false, err
		}
		var added bool
		held, added = tx.addMember(typ, slot, held, m)
		changed = changed || added
	}
	return held, changed, nil
}

// addMember returns the members of a group with one more.
func (tx *transaction) addMember(typ *resourceType, slot uint32, held *memberSet, m member) (after *memberSet, changed bool) {
	held, changed = held.add(tx.edit, m)
	if changed {
		tx.table(typ).hold(tx.edit, m.ref, slot)
		tx.touchMember(typ, slot, m.ref)
	}
	return held, changed
}

// removeMember returns the members of a group without one.
func (tx *transaction) removeMember(typ *resourceType, slot uint32, held *memberSet, gone ref) (*memberSet, bool) {
	held, changed := held.remove(tx.edit, gone)
	if changed {
		t := tx.table(typ)
		t.release(tx.edit, gone, slot)
		tx.touchMember(typ, slot, gone)
	}
	return held, changed
}

// replaceMembers returns a group's members as exactly the elements. Members
// that stay keep their place, so sending the same list again changes nothing.
func (tx *transaction) replaceMembers(typ *resourceType, slot uint32, held *memberSet, elements []any) (*memberSet, bool, error) {
	wanted := make(map[ref]bool, len(elements))
	for _, element := range elements {
		m, err := tx.resolveMember(typ, element)
		if err != nil {
			return nil, false, err
		}
		wanted[m.ref] = true
	}
	after, removed := held, false
	if held != nil {
		for _, m := range held.list.all() {
			if !wanted[m.ref] {
				after, _ = tx.removeMember(typ, slot, after, m.ref)
				removed = true
			}
		}
	}
	after, added, err := tx.addMembers(typ, slot, after, elements)
	return after, removed || added, err
}

// dropMember takes a deleted resource out of a group, which counts as a change
// of that group.
func (tx *transaction) dropMember(typ *resourceType, slot uint32, gone ref) {
	t := tx.table(typ)
	before, ok := t.records.get(slot)
	if !ok {
		return
	}
	after := *before
	after.members, _ = tx.removeMember(typ, slot, before.members, gone)
	after.modified, after.version = tx.now, tx.root.generation
	t.records = t.records.set(tx.edit, slot, &after)
	tx.touch(typ, slot)
}

// A membership is one group that holds a resource, directly or through other
// groups.
type membership struct {
	typ    *resourceType
	ref    ref
	record *record
	direct bool
}

// memberships returns the groups of a resource, the direct ones first. Groups
// that contain each other are visited once (RFC 7643 section 4.1.2, "groups").
func (r *root) memberships(m *model, of ref) []membership {
	found := r.holders(m, of)
	if len(found) == 0 {
		return nil
	}
	seen := map[ref]bool{of: true}
	for i := range found {
		found[i].direct = true
		seen[found[i].ref] = true
	}
	for i := 0; i < len(found); i++ {
		for _, outer := range r.holders(m, found[i].ref) {
			if !seen[outer.ref] {
				seen[outer.ref] = true
				found = append(found, outer)
			}
		}
	}
	return found
}

// holders returns the groups that hold a resource directly.
func (r *root) holders(m *model, of ref) []membership {
	var found []membership
	for _, typ := range m.types {
		if typ.members == nil {
			continue
		}
		for _, slot := range r.table(typ).holders(of) {
			group := makeRef(typ, slot)
			found = append(found, membership{typ: typ, ref: group, record: r.at(group)})
		}
	}
	return found
}
