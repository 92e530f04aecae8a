package mocktarget

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/permiso/scimwright/provisioner/scim"
)

// derived is what queries worked out from one state of a table. It is forgotten
// with that state, so nothing in it is ever out of date.
type derived struct {
	mu      sync.Mutex
	matches []cachedSlots // of filters
	orders  []cachedSlots // of sort keys
}

type cachedSlots struct {
	key   string
	slots []uint32
}

// cachedLists is how many lists of each kind a state keeps: enough for clients
// that page through a few searches at once.
const cachedLists = 4

// remember returns the cached list of a key, or computes it.
func (d *derived) remember(list *[]cachedSlots, key string, compute func() []uint32) []uint32 {
	d.mu.Lock()
	for _, c := range *list {
		if c.key == key {
			d.mu.Unlock()
			return c.slots
		}
	}
	d.mu.Unlock()
	slots := compute()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(*list) >= cachedLists {
		*list = slices.Delete(*list, 0, 1)
	}
	*list = append(*list, cachedSlots{key, slots})
	return slots
}

// hits are the matches of a filter in a table: all of it, or some slots in
// ascending order.
type hits struct {
	all   bool
	slots []uint32
	own   bool // depends on nothing but the table itself
}

// filterType returns the resources of a type that match the query's filter. With
// lenient, attributes the type does not have count as unassigned.
func (q *query) filterType(root *root, typ *resourceType, lenient bool) (hits, error) {
	if q.filter == nil {
		return hits{all: true, own: true}, nil
	}
	c := &filterCompiler{typ: typ, root: root, lenient: lenient, view: presenter{root: root, base: q.base}}
	matcher, err := c.compile(q.filter)
	if err != nil {
		return hits{}, err
	}
	table := root.table(typ)
	if slots, ok := c.candidates(q.filter); ok {
		slices.Sort(slots)
		slots = slices.Compact(slots)
		if err := q.afford(c.work(q.filter, len(slots), table.membersOf(slots))); err != nil {
			return hits{}, err
		}
		found := make([]uint32, 0, len(slots))
		for _, slot := range slots {
			if rec, ok := table.records.get(slot); ok && matcher(slot, rec) {
				found = append(found, slot)
			}
		}
		return hits{slots: found}, c.problem()
	}
	if err := q.afford(c.work(q.filter, table.records.live(), table.memberships())); err != nil {
		return hits{}, err
	}
	if c.foreign {
		return hits{slots: scan(table, matcher)}, c.problem()
	}
	return hits{own: true, slots: table.derived.remember(&table.derived.matches, q.base+" "+q.filterText, func() []uint32 {
		return scan(table, matcher)
	})}, nil
}

// afford refuses a filter that makes too many comparisons.
func (q *query) afford(work int) error {
	if work <= q.work {
		return nil
	}
	return scim.TooMany("the filter makes %d comparisons, at most %d are made; "+
		"use fewer terms, or narrow it with one that an index answers, such as userName eq", work, q.work)
}

// work returns how many comparisons an expression makes, all in all, on so many
// resources that have so many members.
func (c *filterCompiler) work(e scim.Expression, resources, members int) int {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		return c.work(e.Left, resources, members) + c.work(e.Right, resources, members)
	case *scim.NotExpression:
		return c.work(e.Expression, resources, members)
	}
	path, _ := termPath(e)
	if ref, err := c.typ.Resolve(path); err == nil && ref.Attribute != nil && ref.Attribute == c.typ.members {
		resources += members
	}
	return countTerms(e) * resources
}

// countTerms returns how many comparisons an expression consists of.
func countTerms(e scim.Expression) int {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		return countTerms(e.Left) + countTerms(e.Right)
	case *scim.NotExpression:
		return countTerms(e.Expression)
	case *scim.ValuePath:
		return countTerms(e.ValueFilter)
	default:
		return 1
	}
}

// scan tests each resource of a table, a large table on all processors.
func scan(t *table, matches recordMatcher) []uint32 {
	const small = 10_000
	next := t.records.next
	workers := uint32(runtime.GOMAXPROCS(0))
	if t.records.live() < small || workers < 2 {
		return scanSpan(t, 0, next, matches)
	}
	// More pieces than workers, so that none waits long for the others.
	pieces := workers * 4
	size := next/pieces + 1
	found := make([][]uint32, pieces)
	todo := make(chan uint32, pieces)
	for i := range pieces {
		todo <- i
	}
	close(todo)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range todo {
				found[i] = scanSpan(t, i*size, (i+1)*size, matches)
			}
		})
	}
	wg.Wait()
	return slices.Concat(found...)
}

// scanSpan tests the resources between two slots. It looks at the beginning of some
// before it tests them, so that the processor fetches all of these from memory at the
// same time and need not wait for one after the other.
func scanSpan(t *table, low, high uint32, matches recordMatcher) []uint32 {
	var found []uint32
	var slots [32]uint32
	var records [len(slots)]*record
	n := 0
	test := func() {
		var fetched byte
		for _, rec := range records[:n] {
			fetched ^= rec.id[0]
		}
		runtime.KeepAlive(fetched)
		for i, rec := range records[:n] {
			if matches(slots[i], rec) {
				found = append(found, slots[i])
			}
		}
		n = 0
	}
	for slot, rec := range t.records.span(low, high) {
		slots[n], records[n] = slot, rec
		if n++; n == len(slots) {
			test()
		}
	}
	test()
	return found
}

// A recordMatcher tells whether a record fits a filter. It may be called from
// several goroutines.
type recordMatcher func(slot uint32, rec *record) bool

// A filterCompiler turns a filter into a matcher of records. What a document holds
// is left to package scim; what the server computes is put into a document of its
// own first, as little of it as the term needs.
type filterCompiler struct {
	typ     *resourceType
	root    *root
	view    presenter
	lenient bool
	foreign bool // the filter looks at other tables
	around  bool // the filter looks at other resources
	hashing *hashBudget
}

func (c *filterCompiler) compile(e scim.Expression) (recordMatcher, error) {
	if !c.lenient && !c.computed(e) {
		return c.compileStored(e)
	}
	switch e := e.(type) {
	case *scim.LogicalExpression:
		left, err := c.compile(e.Left)
		if err != nil {
			return nil, err
		}
		right, err := c.compile(e.Right)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(string(e.Operator), "and") {
			return func(slot uint32, rec *record) bool { return left(slot, rec) && right(slot, rec) }, nil
		}
		return func(slot uint32, rec *record) bool { return left(slot, rec) || right(slot, rec) }, nil
	case *scim.NotExpression:
		inner, err := c.compile(e.Expression)
		if err != nil {
			return nil, err
		}
		return func(slot uint32, rec *record) bool { return !inner(slot, rec) }, nil
	default:
		return c.compileTerm(e)
	}
}

// compileTerm compiles a term without and, or, not outside of brackets.
func (c *filterCompiler) compileTerm(e scim.Expression) (recordMatcher, error) {
	path, _ := termPath(e)
	ref, err := c.typ.Resolve(path)
	if err != nil && c.lenient {
		absent := matchesAbsent(e)
		return func(uint32, *record) bool { return absent }, nil
	}
	if err == nil {
		if m, ok, err := c.compileSecret(e, ref); ok || err != nil {
			return m, err
		}
	}
	part := c.part(ref)
	if part == nil {
		return c.compileStored(e)
	}
	m, err := c.typ.CompileFilter(e)
	if err != nil {
		return nil, err
	}
	if quick, ok := compileTime(e, ref, m); ok {
		return quick, nil
	}
	return func(slot uint32, rec *record) bool { return m(part(slot, rec)) }, nil
}

// compileStored compiles an expression that looks at nothing but the document.
func (c *filterCompiler) compileStored(e scim.Expression) (recordMatcher, error) {
	m, err := c.typ.CompilePacked(e)
	if err != nil {
		return nil, err
	}
	return func(_ uint32, rec *record) bool { return m(rec.document) }, nil
}

// matchesAbsent reports what a term says of a resource without the attribute.
func matchesAbsent(e scim.Expression) bool {
	comparison, ok := e.(*scim.AttributeExpression)
	if !ok {
		return false
	}
	if strings.EqualFold(string(comparison.Operator), "ne") {
		return comparison.CompareValue != nil
	}
	return strings.EqualFold(string(comparison.Operator), "eq") && comparison.CompareValue == nil
}

func termPath(e scim.Expression) (scim.AttributePath, bool) {
	switch e := e.(type) {
	case *scim.AttributeExpression:
		return e.AttributePath, true
	case *scim.ValuePath:
		return e.AttributePath, true
	default:
		return scim.AttributePath{}, false
	}
}

// computed reports whether an expression looks at what documents do not hold.
func (c *filterCompiler) computed(e scim.Expression) bool {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		return c.computed(e.Left) || c.computed(e.Right)
	case *scim.NotExpression:
		return c.computed(e.Expression)
	}
	path, ok := termPath(e)
	if !ok {
		return false
	}
	ref, err := c.typ.Resolve(path)
	return err == nil && (c.part(ref) != nil || c.isSecret(ref))
}

// part returns what makes the document a term on a computed attribute is tested
// on, nil for attributes that are in the stored document.
func (c *filterCompiler) part(ref scim.Ref) func(uint32, *record) *scim.Object {
	a := ref.Attribute
	switch {
	case a == nil:
		return nil
	case ref.Extension == nil && a == c.typ.members:
		c.foreign, c.around = true, true
		return func(_ uint32, rec *record) *scim.Object {
			return scim.NewObject(scim.Field{Name: a.Name, Value: c.view.members(c.typ.model, rec)})
		}
	case ref.Extension == nil && a == c.typ.groups:
		c.foreign, c.around = true, true
		return func(slot uint32, _ *record) *scim.Object {
			return scim.NewObject(scim.Field{Name: a.Name, Value: c.view.groups(c.typ, slot)})
		}
	case a == c.typ.manager && (ref.Sub == nil || !strings.EqualFold(ref.Sub.Name, "value")):
		c.around = true
		return func(_ uint32, rec *record) *scim.Object {
			whole := rec.document.Only(scim.Ref{Extension: ref.Extension, Attribute: a})
			c.view.nameManager(c.typ, whole.Object(a.URN))
			return whole
		}
	case ref.Extension == nil && strings.EqualFold(a.Name, "id"):
		return func(_ uint32, rec *record) *scim.Object {
			return scim.NewObject(scim.Field{Name: "id", Value: rec.id})
		}
	case ref.Extension == nil && strings.EqualFold(a.Name, "meta"):
		return func(_ uint32, rec *record) *scim.Object {
			return scim.NewObject(scim.Field{Name: "meta", Value: c.view.meta(c.typ, rec)})
		}
	default:
		return nil
	}
}
