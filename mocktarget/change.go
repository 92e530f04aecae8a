package mocktarget

import (
	"context"
	"encoding/json"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Change is what an exchange did to one resource. Secrets are masked in it.
type Change struct {
	ResourceType string `json:"resourceType"`
	ID           string `json:"id"`
	// Before and After are the resource as it was and as it is, without what the
	// server computes: members and groups. One of a resource that was not there, or
	// is gone, is nil.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Differences lists what is different between Before and After, and in any case
	// the members that came or went.
	Differences []Difference `json:"differences,omitempty"`
}

// A Difference is a changed attribute. Of a multi-valued one, Before holds the
// elements that went and After those that came.
type Difference struct {
	// Path is as in a PATCH, such as name.familyName.
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before,omitempty"` // nil: it had no value
	After  json.RawMessage `json:"after,omitempty"`  // nil: it has no value
	// More is how many further elements came or went.
	More int `json:"more,omitempty"`
}

// A watch notes what one transaction touches: places only, so that noting costs
// next to nothing while writers wait. What is different there is worked out later,
// from the states before and after.
type watch struct {
	touched []ref
	members []touchedMember
	more    int // members beyond mostMembersNoted
}

// A touchedMember is a membership that a transaction made, changed or ended.
type touchedMember struct{ group, member ref }

// mostMembersNoted bounds what one transaction notes of members.
const mostMembersNoted = 10_000

// touch notes that a transaction writes a resource.
func (tx *transaction) touch(typ *resourceType, slot uint32) {
	if tx.watch != nil {
		tx.watch.touched = append(tx.watch.touched, makeRef(typ, slot))
	}
}

// touchMember notes that a transaction writes a membership in a group.
func (tx *transaction) touchMember(typ *resourceType, slot uint32, member ref) {
	switch w := tx.watch; {
	case w == nil:
	case len(w.members) == mostMembersNoted:
		w.more++
	default:
		w.members = append(w.members, touchedMember{makeRef(typ, slot), member})
	}
}

// A trail is what an exchange did to the data of its tenant.
type trail struct {
	steps      []step
	violations []Violation
}

// A step is one transaction: the states before and after, and where they differ.
type step struct {
	before, after *root
	watch         *watch
}

// exchangeIn returns the exchange of this tenant that a context belongs to, nil if
// it belongs to none.
func (t *Tenant) exchangeIn(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil || x.tenant != t {
		return nil
	}
	return x
}

// A touched is a resource that an exchange wrote: how it found it and how it left
// it.
type touched struct {
	ref           ref
	was, is       *record // nil: not there
	before, after *root   // the states these are from
	members       []ref
	more          int
}

// touched returns the resources of a trail in the order they were first written.
// One that several transactions wrote is listed once, unless somebody else wrote it
// in between.
func (l *trail) touched() []*touched {
	var list []*touched
	latest := map[ref]*touched{}
	for _, s := range l.steps {
		for _, to := range s.watch.touched {
			was, is := s.before.at(to), s.after.at(to)
			switch known := latest[to]; {
			case known != nil && known.after == s.after: // twice in one transaction
			case known != nil && known.is == was:
				known.is, known.after = is, s.after
			default:
				latest[to] = &touched{ref: to, was: was, is: is, before: s.before, after: s.after}
				list = append(list, latest[to])
			}
		}
		for _, m := range s.watch.members {
			if group := latest[m.group]; group != nil {
				group.members = append(group.members, m.member)
			}
		}
		if last := len(s.watch.members) - 1; s.watch.more > 0 {
			if group := latest[s.watch.members[last].group]; group != nil {
				group.more += s.watch.more
			}
		}
	}
	return list
}

// changes describes what a trail changed, until so many bytes are used up, and how
// many changed resources were left out then.
func (l *trail) changes(m *model, base string, most int) (list []Change, omitted int) {
	for _, touched := range l.touched() {
		if touched.was == touched.is {
			continue // made and deleted again
		}
		if most <= 0 {
			omitted++
			continue
		}
		c, ok := touched.describe(m, base)
		if !ok {
			continue
		}
		list = append(list, c)
		most -= c.size()
	}
	return list, omitted
}

func (c *Change) size() int {
	n := len(c.ResourceType) + len(c.ID) + len(c.Before) + len(c.After)
	for _, d := range c.Differences {
		n += len(d.Path) + len(d.Before) + len(d.After)
	}
	return n
}

// describe returns the change of a resource; ok is false if there is none.
func (t *touched) describe(m *model, base string) (c Change, ok bool) {
	typ := m.types[t.ref.place()]
	c.ResourceType = typ.Name
	if t.was != nil {
		c.ID = t.was.id
		c.Before = presenter{t.before, base}.stored(typ, t.was)
	}
	if t.is != nil {
		c.ID = t.is.id
		c.After = presenter{t.after, base}.stored(typ, t.is)
	}
	if t.was != nil && t.is != nil {
		d := &differences{typ: typ}
		d.objects("", t.was.document, t.is.document)
		d.secrets(t.was, t.is)
		c.Differences = d.list
	}
	if typ.members != nil {
		if members, ok := t.differentMembers(m, base); ok {
			members.Path = typ.members.Name
			c.Differences = append(c.Differences, members)
		}
	}
	return c, t.was == nil || t.is == nil || len(c.Differences) > 0
}

// stored returns a resource as JSON without what is computed from other ones, its
// secrets masked.
func (p presenter) stored(typ *resourceType, rec *record) json.RawMessage {
	text := append(make([]byte, 0, 1024), `{"id":`...)
	text = scim.AppendValue(text, rec.id)
	for name, v := range rec.document.All() {
		text = append(scim.AppendValue(append(text, ','), name), ':')
		text = scim.AppendValue(text, v)
	}
	text = p.meta(typ, rec).AppendJSON(append(text, `,"meta":`...))
	return typ.model.maskJSON(append(text, '}'))
}

// mostMembersShown bounds how many members a difference lists.
const mostMembersShown = 1000

// differentMembers compares the memberships that were touched, and of a group that
// is gone those it had. It never looks at the other members, of whom there may be
// many.
func (t *touched) differentMembers(m *model, base string) (d Difference, ok bool) {
	var went, came []any
	d.More = t.more
	list := func(to *[]any, root *root, held member) {
		if len(went)+len(came) == mostMembersShown {
			d.More++
			return
		}
		*to = append(*to, presenter{root, base}.member(m, held))
	}
	if t.is == nil {
		for _, held := range t.was.members.first(mostMembersShown) {
			list(&went, t.before, held)
		}
		d.More = t.was.members.len() - len(went)
	} else {
		seen := map[ref]bool{}
		for _, to := range t.members {
			if seen[to] {
				continue
			}
			seen[to] = true
			was, had := t.was.member(to)
			is, has := t.is.member(to)
			if had && has && scim.Equal(was.rest, is.rest) {
				continue
			}
			if had {
				list(&went, t.before, was)
			}
			if has {
				list(&came, t.after, is)
			}
		}
	}
	if len(went) > 0 {
		d.Before = scim.AppendValue(nil, went)
	}
	if len(came) > 0 {
		d.After = scim.AppendValue(nil, came)
	}
	return d, len(went)+len(came)+d.More > 0
}

// member returns the membership of a resource in a group and whether there is one.
func (r *record) member(of ref) (member, bool) {
	if r == nil {
		return member{}, false
	}
	slot, ok := r.members.find(of)
	if !ok {
		return member{}, false
	}
	return r.members.list.get(slot)
}

// first returns up to so many members.
func (s *memberSet) first(most int) []member {
	if s == nil {
		return nil
	}
	var list []member
	for _, m := range s.list.all() {
		if len(list) == most {
			break
		}
		list = append(list, m)
	}
	return list
}

// differences collects where two states of a resource differ.
type differences struct {
	typ  *resourceType
	list []Difference
}

// objects compares two objects attribute by attribute. prefix is the path of the
// objects, empty or with the separator behind it.
func (d *differences) objects(prefix string, before, after *scim.Object) {
	for name, was := range before.All() {
		if name != "schemas" || prefix != "" {
			d.values(prefix+name, was, after.Get(name))
		}
	}
	for name, is := range after.All() {
		if before.Get(name) == nil {
			d.values(prefix+name, nil, is)
		}
	}
}

func (d *differences) values(path string, was, is any) {
	if scim.Equal(was, is) {
		return
	}
	before, wasObject := was.(*scim.Object)
	after, isObject := is.(*scim.Object)
	if wasObject && isObject {
		separator := "."
		if d.typ.Extension(path) != nil {
			separator = ":"
		}
		d.objects(path+separator, before, after)
		return
	}
	wasList, isList := listOf(was), listOf(is)
	if wasList != nil || isList != nil {
		d.lists(path, wasList, isList)
		return
	}
	d.add(path, d.text(path, was), d.text(path, is))
}

func listOf(v any) []any { list, _ := v.([]any); return list }

// lists compares the elements of a multi-valued attribute. If only their order is
// different, all of them are shown.
func (d *differences) lists(path string, was, is []any) {
	held := map[string]int{}
	for _, v := range was {
		held[string(scim.AppendValue(nil, v))]++
	}
	var went, came []any
	for _, v := range is {
		text := string(scim.AppendValue(nil, v))
		if held[text]--; held[text] < 0 {
			came = append(came, v)
		}
	}
	for i := len(was) - 1; i >= 0; i-- { // of equal elements the last ones went
		text := string(scim.AppendValue(nil, was[i]))
		if held[text] > 0 {
			held[text]--
			went = append([]any{was[i]}, went...)
		}
	}
	if len(went)+len(came) == 0 {
		went, came = was, is
	}
	d.add(path, d.text(path, went), d.text(path, came))
}

// text returns a value as JSON, nil for none, secrets masked.
func (d *differences) text(path string, v any) json.RawMessage {
	if scim.Unassigned(v) {
		return nil
	}
	if d.typ.model.namesSecret(path) {
		return json.RawMessage(mask)
	}
	return d.typ.model.maskJSON(scim.AppendValue(nil, v))
}

func (d *differences) add(path string, before, after json.RawMessage) {
	d.list = append(d.list, Difference{Path: path, Before: before, After: after})
}

// secrets notes which write-only values are different.
func (d *differences) secrets(was, is *record) {
	for _, a := range d.typ.hashed {
		before, had := was.secretOf(a.Name)
		after, has := is.secretOf(a.Name)
		if had == has && before == after {
			continue
		}
		var texts [2]json.RawMessage
		for i, there := range []bool{had, has} {
			if there {
				texts[i] = json.RawMessage(mask)
			}
		}
		d.add(a.Name, texts[0], texts[1])
	}
}
