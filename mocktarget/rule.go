package mocktarget

import (
	"fmt"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A rule is an invariant at work.
type rule struct {
	Invariant
	model     *model
	typ       *resourceType // nil: any
	filter    scim.Expression
	attribute scim.Ref
	around    bool // the filter looks at other resources than the one it is about
	writes    int  // so far, of those that count
}

// judge tests a write that is about to be stored against the tenant's rules. Writes
// follow one another, so the rules are asked by one at a time.
func (tx *transaction) judge(before *root) []Violation {
	seen := map[ref]bool{}
	var written []ref
	for _, to := range tx.watch.touched {
		if !seen[to] {
			written = append(written, to)
		}
		seen[to] = true
	}
	var found []Violation
	for _, r := range tx.tenant.rules {
		if v, broken := r.broken(before, tx.root, written); broken {
			v.Invariant, v.Time = r.Name, tx.tenant.clock.Now()
			found = append(found, v)
		}
	}
	return found
}

// broken returns the first resource with which a write breaks the rule. Resources
// that broke it before the write do not count. written are those the write changed;
// the cost depends on their number, unless the filter looks around.
func (r *rule) broken(before, after *root, written []ref) (Violation, bool) {
	if len(written) == 0 {
		return Violation{}, false
	}
	was, is := r.view(before), r.view(after)
	switch r.Kind {
	case InvariantNoDelete:
		return r.first(written, func(to ref) string {
			if was.selected(to) == nil || is.root.at(to) != nil {
				return ""
			}
			return "was deleted"
		}, was)
	case InvariantNotEmpty:
		return r.first(written, func(to ref) string {
			if rec := was.selected(to); rec == nil || !was.has(to, rec) || is.has(to, is.root.at(to)) {
				return ""
			}
			return "has no " + r.attribute.String() + " any more"
		}, was)
	case InvariantNoWrites, InvariantMaxWrites:
		return r.count(written, was, is)
	}
	if r.around {
		written = is.all()
	}
	if r.Kind == InvariantUnique {
		return r.first(written, func(to ref) string { return r.repeats(to, was, is) }, is)
	}
	return r.first(written, func(to ref) string {
		if rec := is.root.at(to); !r.about(to, rec) || is.matches(to, rec) || r.about(to, was.root.at(to)) && !was.matches(to, was.root.at(to)) {
			return ""
		}
		return "does not match " + r.Filter
	}, is)
}

// brokenIn returns a resource with which a state breaks the rule.
func (r *rule) brokenIn(state *root) (Violation, bool) {
	if r.Kind != InvariantUnique && r.Kind != InvariantMatches {
		return Violation{}, false // about writes alone
	}
	return r.broken(newRoot(r.model), state, r.view(state).all())
}

// first returns the violation of the first resource that something is wrong with.
// The view is one in which the resource is there.
func (r *rule) first(written []ref, wrong func(ref) string, in *ruleView) (Violation, bool) {
	for _, to := range written {
		if what := wrong(to); what != "" {
			return r.violation(to, in.root.at(to), what), true
		}
	}
	return Violation{}, false
}

func (r *rule) violation(to ref, rec *record, what string) Violation {
	typ := r.model.types[to.place()]
	return Violation{ResourceType: typ.Name, ID: rec.id, Message: fmt.Sprintf("%s %s %s", typ.Name, named(typ, rec), what)}
}

// named returns the id of a resource with the name people know it by.
func named(typ *resourceType, rec *record) string {
	for _, name := range []string{"userName", "displayName"} {
		if text := rec.document.String(name); text != "" {
			return fmt.Sprintf("%s (%s)", rec.id, clip(text))
		}
	}
	return rec.id
}

// count counts a write if it is about a resource the rule is about.
func (r *rule) count(written []ref, was, is *ruleView) (Violation, bool) {
	for _, to := range written {
		rec := is.selected(to)
		if rec == nil {
			rec = was.selected(to)
		}
		if rec == nil {
			continue
		}
		r.writes++
		if r.Kind == InvariantNoWrites {
			return r.violation(to, rec, "was written; nothing may be"), true
		}
		if r.writes > r.Most {
			return r.violation(to, rec, fmt.Sprintf("was changed by write number %d of at most %d", r.writes, r.Most)), true
		}
		return Violation{}, false
	}
	return Violation{}, false
}

// repeats says which value of a resource another one has too.
func (r *rule) repeats(to ref, was, is *ruleView) string {
	rec := is.selected(to)
	if rec == nil {
		return ""
	}
	for _, key := range is.keys(to, rec) {
		for _, rival := range is.holders(key) {
			if rival == to || was.holds(to, key) && was.holds(rival, key) {
				continue
			}
			return fmt.Sprintf("has the %s of %s %s: %q", r.attribute, r.typ.Name, named(r.typ, is.root.at(rival)), clip(key))
		}
	}
	return ""
}

// about reports whether the rule is about a resource, leaving the filter aside.
func (r *rule) about(to ref, rec *record) bool {
	return rec != nil && (r.typ == nil || r.typ.place == to.place()) && (r.ID == "" || r.ID == rec.id)
}

// A ruleView looks at one state the way a rule needs it.
type ruleView struct {
	rule    *rule
	root    *root
	matcher recordMatcher                      // nil: everything matches
	part    func(uint32, *record) *scim.Object // of the attribute, nil: the document
	byKey   map[string][]ref                   // of attributes without an index, made on first use
}

func (r *rule) view(state *root) *ruleView {
	v := &ruleView{rule: r, root: state}
	if r.typ == nil {
		return v
	}
	c := &filterCompiler{typ: r.typ, root: state, view: presenter{root: state}}
	if r.filter != nil {
		v.matcher, _ = c.compile(r.filter) // parse has seen that it compiles
	}
	if r.attribute.Attribute != nil {
		v.part = c.part(r.attribute)
	}
	return v
}

func (v *ruleView) matches(to ref, rec *record) bool {
	return v.matcher == nil || v.matcher(to.slot(), rec)
}

// selected returns a resource if it is there, and one that the rule is about.
func (v *ruleView) selected(to ref) *record {
	if rec := v.root.at(to); v.rule.about(to, rec) && v.matches(to, rec) {
		return rec
	}
	return nil
}

// all returns the resources of the rule's type.
func (v *ruleView) all() []ref {
	table := v.root.table(v.rule.typ)
	list := make([]ref, 0, table.records.live())
	for slot := range table.records.all() {
		list = append(list, makeRef(v.rule.typ, slot))
	}
	return list
}

// value returns what a resource has of the rule's attribute.
func (v *ruleView) value(to ref, rec *record) any {
	document := rec.document
	if v.part != nil {
		document = v.part(to.slot(), rec)
	}
	return v.rule.attribute.Value(document)
}

// has reports whether a resource is there and has a value of the attribute.
func (v *ruleView) has(to ref, rec *record) bool {
	if rec == nil {
		return false
	}
	if v.rule.attribute.Attribute == v.rule.typ.members {
		return rec.members.len() > 0
	}
	return scim.Present(v.value(to, rec))
}

// keys returns the values of the attribute, folded if letter case does not matter.
func (v *ruleView) keys(to ref, rec *record) []string {
	index := &index{exact: v.rule.attribute.Target().CaseExact}
	var keys []string
	eachElement(v.value(to, rec), func(value any) bool {
		if key, ok := index.key(value); ok && key != "" {
			keys = append(keys, key)
		}
		return true
	})
	return keys
}

// holds reports whether the rule is about a resource that has a value.
func (v *ruleView) holds(to ref, key string) bool {
	rec := v.selected(to)
	if rec == nil {
		return false
	}
	for _, held := range v.keys(to, rec) {
		if held == key {
			return true
		}
	}
	return false
}

// holders returns the resources the rule is about that have a value.
func (v *ruleView) holders(key string) []ref {
	var list []ref
	for i, index := range v.rule.typ.indexes {
		if !index.is(v.rule.attribute) {
			continue
		}
		for _, slot := range v.root.table(v.rule.typ).indexes[i].find(nil, v.rule.model.hash(key)) {
			if to := makeRef(v.rule.typ, slot); v.holds(to, key) {
				list = append(list, to)
			}
		}
		return list
	}
	if v.byKey == nil {
		v.byKey = map[string][]ref{}
		for _, to := range v.all() {
			rec := v.selected(to)
			if rec == nil {
				continue
			}
			for _, held := range v.keys(to, rec) {
				v.byKey[held] = append(v.byKey[held], to)
			}
		}
	}
	return v.byKey[key]
}
