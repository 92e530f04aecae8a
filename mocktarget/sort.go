package mocktarget

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A sortColumn tells by what resources of a type are ordered.
type sortColumn struct {
	ref     scim.Ref
	part    func(uint32, *record) *scim.Object // of computed attributes
	foreign bool                               // looks at other tables
	text    bool                               // keys are strings that compare byte by byte
	fold    bool
}

// sortColumn finds what sortBy names; ok is false for what cannot be sorted by.
func (typ *resourceType) sortColumn(path scim.AttributePath) (sortColumn, bool) {
	ref, err := typ.Resolve(path)
	if err != nil {
		return sortColumn{}, false
	}
	ref, ok := ref.SortRef()
	if !ok || ref.Target().Returned == scim.ReturnedNever {
		return sortColumn{}, false
	}
	c := sortColumn{ref: ref}
	switch leaf := ref.Target(); leaf.Type {
	case scim.TypeString, scim.TypeReference, scim.TypeBinary:
		c.text, c.fold = true, !leaf.CaseExact
	case scim.TypeDateTime:
		c.text = isMeta(ref) // we write these ourselves, in one form
	}
	return c, true
}

func isMeta(ref scim.Ref) bool {
	return ref.Extension == nil && strings.EqualFold(ref.Attribute.Name, "meta")
}

// column returns how a query sorts a type; ok is false if it does not.
func (q *query) column(root *root, typ *resourceType) (sortColumn, bool) {
	if q.sortBy == nil {
		return sortColumn{}, false
	}
	c, ok := typ.sortColumn(*q.sortBy)
	if ok {
		compiler := &filterCompiler{typ: typ, root: root, view: presenter{root: root, base: q.base}}
		c.part = compiler.part(c.ref)
		c.foreign = compiler.foreign
	}
	return c, ok
}

// key returns the value a record is ordered by, nil if it has none.
func (c sortColumn) key(slot uint32, rec *record) any {
	var document *scim.Object
	if c.part != nil {
		document = c.part(slot, rec)
	} else {
		document = rec.document.Only(c.ref)
	}
	value := c.ref.SortValue(document)
	if s, ok := value.(string); ok && c.fold {
		return scim.Fold(s)
	}
	return value
}

// compare orders keys ascending; what is missing comes last.
func (c sortColumn) compare(a, b any) int {
	if c.text {
		if s, ok := a.(string); ok {
			if t, ok := b.(string); ok {
				return strings.Compare(s, t)
			}
		}
	}
	return scim.Compare(c.ref.Target(), a, b)
}

// prefix returns a number that orders text as far as it goes: most comparisons need
// not fetch the texts then. What is missing comes last.
func (c sortColumn) prefix(key any) (n uint64) {
	if !c.text {
		return 0
	}
	text, ok := key.(string)
	if !ok {
		return math.MaxUint64 // no text begins with such bytes
	}
	for i := range 8 {
		n <<= 8
		if i < len(text) {
			n |= uint64(text[i])
		}
	}
	return n
}

// order puts the hits of a type in the query's order: that of creation, or that of
// the sort key and creation. Descending is ascending reversed, so that what is
// missing comes first.
func (q *query) order(root *root, typ *resourceType, found hits) matches {
	table := root.table(typ)
	column, sorting := q.column(root, typ)
	switch {
	case !sorting && found.all:
		return matches{[]matchesPart{{typ: typ, all: &table.records}}}
	case !sorting:
		return matches{[]matchesPart{{typ: typ, slots: found.slots}}}
	}
	build := func() []uint32 {
		if found.all {
			slots := make([]uint32, 0, table.records.live())
			for slot := range table.records.all() {
				slots = append(slots, slot)
			}
			return column.sort(table, slots)
		}
		return column.sort(table, slices.Clone(found.slots))
	}
	var slots []uint32
	if found.own && !column.foreign {
		key := q.base + " " + q.sortText
		if !found.all {
			key += " " + q.filterText
		}
		slots = table.derived.remember(&table.derived.orders, key, build)
	} else {
		slots = build()
	}
	return matches{[]matchesPart{{typ: typ, slots: slots, reversed: q.descending}}}
}

// sort orders slots by the column.
func (c sortColumn) sort(t *table, slots []uint32) []uint32 {
	type row struct {
		prefix uint64
		key    any
		slot   uint32
	}
	rows := make([]row, len(slots))
	for i, slot := range slots {
		rec, _ := t.records.get(slot)
		key := c.key(slot, rec)
		rows[i] = row{c.prefix(key), key, slot}
	}
	slices.SortFunc(rows, func(a, b row) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if order := c.compare(a.key, b.key); order != 0 {
			return order
		}
		return cmp.Compare(a.slot, b.slot)
	})
	for i := range rows {
		slots[i] = rows[i].slot
	}
	return slots
}

// merge orders matches of several types together. Types that do not have the
// attribute count as having no value.
func (q *query) merge(root *root, all matches) matches {
	type row struct {
		key any
		ref ref
	}
	column, columns := q.columns(root)
	rows := make([]row, all.len())
	for i := range rows {
		to := all.at(i)
		rows[i].ref = to
		if c, ok := columns[to.place()]; ok {
			rows[i].key = c.key(to.slot(), root.at(to))
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(column.compare(a.key, b.key), cmp.Compare(a.ref, b.ref))
	})
	refs := make([]ref, len(rows))
	for i := range rows {
		refs[i] = rows[i].ref
	}
	return matches{[]matchesPart{{mixed: refs, reversed: q.descending}}}
}

// columns returns the sort columns of the query's types by their place, and one of
// them, by which keys are compared.
func (q *query) columns(root *root) (one sortColumn, all map[int]sortColumn) {
	all = map[int]sortColumn{}
	for _, typ := range q.types {
		if c, ok := q.column(root, typ); ok {
			one, all[typ.place] = c, c
		}
	}
	return one, all
}
