package mocktarget

import (
	"encoding/json"
	"slices"

	"github.com/permiso/scimwright/provisioner/scim"
)

// mostListed is how many differences of each sort a comparison lists.
const mostListed = 1000

// compare lists where a state differs from what is expected.
func (e *expectation) compare(state *root) Comparison {
	var c Comparison
	s := &stateComparer{expectation: e, state: state}
	for _, expected := range e.types {
		matched := map[uint32]bool{}
		for i := range expected.resources {
			slot, mismatches, ok := s.find(expected, i)
			if !ok {
				c.missing(ComparedObject{ResourceType: expected.typ.Name, Key: expected.resources[i].key})
				continue
			}
			matched[slot] = true
			c.different(mismatches)
		}
		for slot, rec := range state.table(expected.typ).records.all() {
			if !e.only {
				break
			}
			if !matched[slot] {
				c.unexpected(expected.object(rec))
			}
		}
	}
	c.OK = len(c.Missing)+len(c.Unexpected)+len(c.Different) == 0
	c.Message = c.message()
	return c
}

func (c *Comparison) missing(o ComparedObject) {
	if len(c.Missing) == mostListed {
		c.More++
		return
	}
	c.Missing = append(c.Missing, o)
}

func (c *Comparison) unexpected(o ComparedObject) {
	if len(c.Unexpected) == mostListed {
		c.More++
		return
	}
	c.Unexpected = append(c.Unexpected, o)
}

func (c *Comparison) different(list []Mismatch) {
	room := min(len(list), mostListed-len(c.Different))
	c.Different = append(c.Different, list[:room]...)
	c.More += len(list) - room
}

// holds reports whether a state is as expected. It begins where the one before
// found a difference, so that asking again after each write of a long run costs
// little until that difference is gone.
func (e *expectation) holds(state *root) bool {
	all := 0
	for _, expected := range e.types {
		all += len(expected.resources)
		if e.only && state.table(expected.typ).records.live() != len(expected.resources) {
			return false // each key is expected once
		}
	}
	s := &stateComparer{expectation: e, state: state, quick: true}
	for range all {
		place := e.next % all
		for _, expected := range e.types {
			if place >= len(expected.resources) {
				place -= len(expected.resources)
				continue
			}
			if _, mismatches, ok := s.find(expected, place); !ok || len(mismatches) > 0 {
				return false
			}
			break
		}
		e.next++
	}
	return true
}

// A stateComparer compares one state with an expectation.
type stateComparer struct {
	*expectation
	state *root
	quick bool // to know that something differs is enough
	byKey map[keyColumn]map[string][]uint32
}

// A keyColumn is an attribute of a type that no index has.
type keyColumn struct {
	typ *resourceType
	ref scim.Ref
}

// find returns the resource that is meant by an expected one, and where it differs.
// Of several with the same key it is one that does not differ, if there is one.
func (s *stateComparer) find(expected *expectedType, i int) (slot uint32, mismatches []Mismatch, ok bool) {
	want := expected.resources[i]
	for _, at := range s.holders(expected.typ, expected.key, want.value) {
		rec, _ := s.state.table(expected.typ).records.get(at)
		c := &resourceComparer{s: s, typ: expected.typ, slot: at, rec: rec, object: expected.object(rec)}
		c.resource(want.want)
		if !ok || len(c.found) == 0 {
			slot, mismatches, ok = at, c.found, true
		}
		if len(c.found) == 0 {
			break
		}
	}
	return slot, mismatches, ok
}

// holders returns the resources that have a value of an attribute, in the order of
// creation.
func (s *stateComparer) holders(typ *resourceType, ref scim.Ref, value any) []uint32 {
	reader := &index{ref: ref, exact: ref.Target().CaseExact}
	key, _ := reader.key(value)
	table := s.state.table(typ)
	for i, index := range typ.indexes {
		if !index.is(ref) {
			continue
		}
		var found []uint32
		for _, slot := range table.indexes[i].find(nil, typ.model.hash(key)) {
			if rec, ok := table.records.get(slot); ok && slices.Contains(slices.Collect(index.keys(rec)), key) {
				found = append(found, slot)
			}
		}
		slices.Sort(found)
		return found
	}
	column := keyColumn{typ, ref}
	held, ok := s.byKey[column]
	if !ok {
		held = map[string][]uint32{}
		for slot, rec := range table.records.all() {
			if key, ok := reader.key(ref.Value(rec.document.Only(ref))); ok {
				held[key] = append(held[key], slot)
			}
		}
		if s.byKey == nil {
			s.byKey = map[keyColumn]map[string][]uint32{}
		}
		s.byKey[column] = held
	}
	return held[key]
}

// object names a resource the tenant holds.
func (e *expectedType) object(rec *record) ComparedObject {
	return ComparedObject{ResourceType: e.typ.Name, Key: shownKey(e.key, rec), ID: rec.id}
}

// shownKey returns the key of a resource, or for one without its id.
func shownKey(ref scim.Ref, rec *record) string {
	if value := ref.Value(rec.document.Only(ref)); value != nil {
		return keyText(value)
	}
	return rec.id
}

// A resourceComparer compares one resource with an expected one.
type resourceComparer struct {
	s      *stateComparer
	typ    *resourceType
	slot   uint32
	rec    *record
	object ComparedObject
	found  []Mismatch
}

func (c *resourceComparer) add(path string, want, got any) {
	c.found = append(c.found, Mismatch{ComparedObject: c.object, Path: path, Want: c.text(path, want), Got: c.text(path, got)})
}

// text returns a value as JSON, nil for none, secrets masked.
func (c *resourceComparer) text(path string, v any) json.RawMessage {
	if c.s.quick {
		return nil
	}
	return (&differences{typ: c.typ}).text(path, v)
}

// resource compares the attributes that are expected.
func (c *resourceComparer) resource(want *scim.Object) {
	for name, value := range want.All() {
		a, extension := c.typ.Attribute(name), c.typ.Extension(name)
		switch {
		case extension != nil:
			c.extension(extension, value)
		case a.Name == "schemas":
		case a == c.typ.members:
			c.members(value)
		case slices.Contains(c.typ.hashed, a):
			c.secret(a, value)
		default:
			c.value(a.Name, a, value, c.held(a))
		}
	}
}

// held returns a core attribute of the resource, also one that is computed.
func (c *resourceComparer) held(a *scim.Attribute) any {
	view := presenter{root: c.s.state}
	switch {
	case a.Name == "id":
		return c.rec.id
	case a.Name == "meta":
		return view.meta(c.typ, c.rec)
	case a == c.typ.groups:
		return view.groups(c.typ, c.slot)
	default:
		return c.rec.document.Get(a.Name)
	}
}

func (c *resourceComparer) extension(s *scim.Schema, want any) {
	got, _ := c.rec.document.Get(s.ID).(*scim.Object)
	if c.typ.manager != nil && c.typ.manager.URN == s.ID {
		presenter{root: c.s.state}.nameManager(c.typ, got)
	}
	o, ok := want.(*scim.Object)
	if !ok {
		if want != nil || !scim.Unassigned(got) {
			c.add(s.ID, want, got)
		}
		return
	}
	for name, value := range o.All() {
		a := s.Attribute(name)
		c.value(s.ID+":"+a.Name, a, value, got.Get(a.Name))
	}
}

// secret compares a value with what was hashed.
func (c *resourceComparer) secret(a *scim.Attribute, want any) {
	held, has := c.rec.secretOf(a.Name)
	value, wanted := want.(string)
	switch {
	case wanted && has && held.matches(value), want == nil && !has:
	case has:
		c.add(a.Name, want, maskText)
	default:
		c.add(a.Name, want, nil)
	}
}

// value compares one attribute or sub-attribute.
func (c *resourceComparer) value(path string, a *scim.Attribute, want, got any) {
	wanted, isObject := want.(*scim.Object)
	switch {
	case scim.Unassigned(want):
		if !scim.Unassigned(got) {
			c.add(path, nil, got)
		}
	case a.MultiValued:
		wants, gots := unpaired(elements(want), elements(got), func(w, g any) bool { return fits(a, w, g) })
		if len(wants)+len(gots) > 0 {
			c.add(path, wants, gots)
		}
	case isObject && a.Type == scim.TypeComplex:
		held, _ := got.(*scim.Object)
		for name, value := range wanted.All() {
			sub := a.SubAttribute(name)
			c.value(path+"."+sub.Name, sub, value, held.Get(sub.Name))
		}
	case !fits(a, want, got):
		c.add(path, want, got)
	}
}

func elements(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// fits reports whether a value is as expected: of an object in what is expected of
// it, and of one that is expected as text in its value or display.
func fits(a *scim.Attribute, want, got any) bool {
	if scim.Unassigned(want) {
		return scim.Unassigned(got)
	}
	held, isObject := got.(*scim.Object)
	if !isObject {
		return same(a, want, got)
	}
	wanted, ok := want.(*scim.Object)
	if !ok {
		for _, name := range []string{"value", "display"} {
			if sub := a.SubAttribute(name); sub != nil && same(sub, want, held.Get(name)) {
				return true
			}
		}
		return false
	}
	for name, value := range wanted.All() {
		sub := a.SubAttribute(name)
		if sub.MultiValued {
			wants, gots := unpaired(elements(value), elements(held.Get(name)), func(w, g any) bool { return fits(sub, w, g) })
			if len(wants)+len(gots) > 0 {
				return false
			}
		} else if !fits(sub, value, held.Get(name)) {
			return false
		}
	}
	return true
}

// same compares two values that are not complex: numbers and dates by what they
// stand for, text to the letter.
func same(a *scim.Attribute, want, got any) bool {
	switch want := want.(type) {
	case json.Number:
		number, ok := got.(json.Number)
		return ok && scim.CompareNumbers(want, number) == 0
	case string:
		text, ok := got.(string)
		if ok && a.Type == scim.TypeDateTime {
			at, one := scim.ParseDateTime(want)
			other, two := scim.ParseDateTime(text)
			return one && two && at.Equal(other)
		}
		return ok && text == want
	default:
		return want == got
	}
}

// unpaired finds as many pairs as there are of an expected element and one that fits
// it, and returns the elements left over. An element that fits several expected ones
// moves on to another if that makes room.
func unpaired(wants, gots []any, fits func(want, got any) bool) (missing, extra []any) {
	owner := make([]int, len(gots)) // 1 + the place of the expected element, 0: none
	var seat func(want int, tried []bool) bool
	seat = func(want int, tried []bool) bool {
		for i, got := range gots {
			if owner[i] == 0 && fits(wants[want], got) {
				owner[i] = want + 1
				return true
			}
		}
		if tried == nil {
			tried = make([]bool, len(gots))
		}
		for i, got := range gots {
			if tried[i] || !fits(wants[want], got) {
				continue
			}
			tried[i] = true
			if seat(owner[i]-1, tried) {
				owner[i] = want + 1
				return true
			}
		}
		return false
	}
	for i := range wants {
		if !seat(i, nil) {
			missing = append(missing, wants[i])
		}
	}
	for i := range gots {
		if owner[i] == 0 {
			extra = append(extra, gots[i])
		}
	}
	return missing, extra
}

// members compares the members of a group: each is expected by id or by name.
func (c *resourceComparer) members(want any) {
	wanted := elements(want)
	if c.s.quick && len(wanted) != c.rec.members.len() {
		c.add(c.typ.members.Name, nil, nil)
		return
	}
	used := map[ref]bool{}
	var missing, extra []any
	for _, element := range wanted {
		if to, ok := c.member(element, used); ok {
			used[to] = true
		} else {
			missing = append(missing, element)
		}
	}
	if len(used) < c.rec.members.len() {
		for _, m := range c.rec.members.list.all() {
			if len(extra) < mostListed && !used[m.ref] {
				extra = append(extra, c.s.nameOf(m.ref))
			}
		}
	}
	if len(missing)+len(extra) > 0 {
		c.add(c.typ.members.Name, missing[:min(len(missing), mostListed)], extra)
	}
}

// member returns the member that an expected one names, none of those used already.
func (c *resourceComparer) member(element any, used map[ref]bool) (ref, bool) {
	text, _ := element.(string)
	if o, ok := element.(*scim.Object); ok {
		text = o.String("value")
	}
	for _, to := range c.s.called(text) {
		if _, ok := c.rec.members.find(to); ok && !used[to] {
			return to, true
		}
	}
	return 0, false
}

// called returns the resources that a text may mean: by id, or by name.
func (s *stateComparer) called(text string) []ref {
	var list []ref
	if typ, slot, rec := s.state.locate(s.model, text); rec != nil {
		list = append(list, makeRef(typ, slot))
	}
	for _, typ := range s.model.types {
		if name, err := typ.keyRef(""); err == nil {
			for _, slot := range s.holders(typ, name, text) {
				list = append(list, makeRef(typ, slot))
			}
		}
	}
	return list
}

// nameOf returns the name of a resource, or its id if it has none.
func (s *stateComparer) nameOf(to ref) string {
	typ, rec := s.model.types[to.place()], s.state.at(to)
	name, err := typ.keyRef("")
	if err != nil {
		return rec.id
	}
	return shownKey(name, rec)
}
