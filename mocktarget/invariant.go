package mocktarget

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// An Invariant is a rule that each write has to keep. A write that breaks it is
// carried out and answered as ever; it is recorded as a [Violation], in its entry of
// the journal too.
//
// Writes are creates, replaces, patches and deletes, by whomever; [Tenant.Reset] and
// restoring a state are not.
type Invariant struct {
	// Name tells the invariant from others.
	Name string `json:"name" doc:"Tells the invariant from others"`
	// Kind says what must not happen: one of the Invariant constants.
	Kind string `json:"kind" doc:"noDelete, noWrites, maxWrites, unique, notEmpty or matches"`
	// ResourceType is the type it is about. "" means any where no Filter and no
	// Attribute is given.
	ResourceType string `json:"resourceType,omitempty" doc:"The type it is about; without it any" example:"User"`
	// ID is the only resource it is about. "" means any.
	ID string `json:"id,omitempty" doc:"The only resource it is about"`
	// Filter selects the resources it is about, or, of InvariantMatches, says what
	// holds for them. "" means all.
	Filter string `json:"filter,omitempty" doc:"Selects the resources it is about; of matches, what holds for them"`
	// Attribute is what InvariantUnique and InvariantNotEmpty are about. Of the
	// latter "" means members.
	Attribute string `json:"attribute,omitempty" doc:"What unique and notEmpty are about; of notEmpty, members if left out"`
	// Most is how many writes InvariantMaxWrites allows from now on.
	Most int `json:"most,omitempty" doc:"How many writes maxWrites allows from now on"`
}

// The kinds of an [Invariant].
const (
	// InvariantNoDelete: no resource is deleted.
	InvariantNoDelete = "noDelete"
	// InvariantNoWrites: nothing is changed from now on. A request that leaves
	// everything as it is changes nothing.
	InvariantNoWrites = "noWrites"
	// InvariantMaxWrites: at most so many writes change something from now on.
	InvariantMaxWrites = "maxWrites"
	// InvariantUnique: no two resources have the same value of the attribute, letter
	// case aside unless it is caseExact.
	InvariantUnique = "unique"
	// InvariantNotEmpty: what has a value of the attribute, such as members, keeps
	// one. Being deleted counts as losing it, never having had one does not.
	InvariantNotEmpty = "notEmpty"
	// InvariantMatches: each resource matches the filter.
	InvariantMatches = "matches"
)

// A Violation is a write that an invariant forbids.
type Violation struct {
	// Invariant is the name of the invariant.
	Invariant string `json:"invariant"`
	// Seq is the number of the exchange in the journal, 0 for a write that did not
	// come over HTTP.
	Seq  uint64    `json:"seq"`
	Time time.Time `json:"time"` // on the tenant's clock
	// ResourceType and ID are of the resource that was written.
	ResourceType string `json:"resourceType,omitempty"`
	ID           string `json:"id,omitempty"`
	Message      string `json:"message"`
}

// mostViolations is how many violations a tenant keeps: the first ones.
const mostViolations = 1000

// violations are what a tenant's invariants have found.
type violations struct {
	mu   sync.Mutex
	list []Violation
}

// report records violations: with those of an exchange once it gets its number.
func (t *Tenant) report(x *exchange, found []Violation) {
	if x != nil {
		x.trail.violations = append(x.trail.violations, found...)
		return
	}
	t.violated(found)
}

// violated keeps violations and tells of them.
func (t *Tenant) violated(found []Violation) {
	t.violations.add(found)
	for i := range found {
		t.note(Event{Kind: EventViolation, Detail: found[i].Message, Violation: &found[i]})
	}
}

func (v *violations) add(found []Violation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list = append(v.list, found[:min(len(found), mostViolations-len(v.list))]...)
}

// AddInvariant makes a rule hold from now on. The error says what is wrong with the
// rule, or that it does not hold as things are.
func (t *Tenant) AddInvariant(i Invariant) error {
	r, err := t.rule(i)
	if err != nil {
		return err
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	for _, known := range t.rules {
		if known.Name == i.Name {
			return scim.Conflict("there is an invariant %q already; remove it first or choose another name", clip(i.Name))
		}
	}
	if broken, ok := r.brokenIn(t.root.Load()); ok {
		return scim.Conflict("the invariant %q does not hold as things are: %s", clip(i.Name), broken.Message)
	}
	t.rules = append(slices.Clone(t.rules), r)
	return nil
}

// Invariants returns the rules that hold, in the order they were added.
func (t *Tenant) Invariants() []Invariant {
	t.writing.Lock()
	defer t.writing.Unlock()
	list := make([]Invariant, len(t.rules))
	for i, r := range t.rules {
		list[i] = r.Invariant
	}
	return list
}

// RemoveInvariant ends a rule; violations of it stay. The error is a 404 if there is
// none of the name.
func (t *Tenant) RemoveInvariant(name string) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	for i, r := range t.rules {
		if r.Name == name {
			t.rules = slices.Concat(t.rules[:i], t.rules[i+1:])
			return nil
		}
	}
	return scim.Status(http.StatusNotFound, "tenant %s has no invariant %q", t.name, clip(name))
}

// Violations returns the writes that broke an invariant, oldest first; of more than
// a thousand the first.
func (t *Tenant) Violations() []Violation {
	t.violations.mu.Lock()
	defer t.violations.mu.Unlock()
	return append([]Violation{}, t.violations.list...)
}

// ClearViolations forgets the violations so far.
func (t *Tenant) ClearViolations() {
	t.violations.mu.Lock()
	defer t.violations.mu.Unlock()
	t.violations.list = nil
}

// rule makes a rule of an invariant.
func (t *Tenant) rule(i Invariant) (*rule, error) {
	r := &rule{Invariant: i, model: t.model, typ: t.model.byName(i.ResourceType)}
	if i.Name == "" {
		return nil, scim.BadRequest("the invariant has no name")
	}
	if r.typ == nil && i.ResourceType != "" {
		return nil, scim.BadRequest("there is no resource type %q", clip(i.ResourceType))
	}
	if r.Kind == InvariantNotEmpty && r.Attribute == "" {
		r.Attribute = "members"
	}
	switch r.Kind {
	case InvariantNoDelete, InvariantNoWrites:
		return r, r.parse("")
	case InvariantMaxWrites:
		if r.Most < 0 {
			return nil, scim.BadRequest("most is %d; it must not be negative", r.Most)
		}
		return r, r.parse("")
	case InvariantUnique, InvariantNotEmpty:
		return r, r.parse("attribute")
	case InvariantMatches:
		return r, r.parse("filter")
	default:
		return nil, scim.BadRequest("there is no kind of invariant %q; use %s", clip(i.Kind), strings.Join([]string{
			InvariantNoDelete, InvariantNoWrites, InvariantMaxWrites, InvariantUnique, InvariantNotEmpty, InvariantMatches,
		}, ", "))
	}
}

// parse reads filter and attribute, one of which the kind may need.
func (r *rule) parse(needs string) error {
	switch {
	case r.Filter == "" && r.Attribute == "" && needs == "":
		return nil
	case r.typ == nil:
		return scim.BadRequest("an invariant of kind %s with a filter or an attribute needs a resourceType", r.Kind)
	case needs == "filter" && r.Filter == "", needs == "attribute" && r.Attribute == "":
		return scim.BadRequest("an invariant of kind %s needs the field %q", r.Kind, needs)
	}
	if r.Filter != "" {
		if err := r.parseFilter(); err != nil {
			return err
		}
	}
	if needs != "attribute" {
		return nil
	}
	return r.parseAttribute()
}

func (r *rule) parseFilter() error {
	var err error
	if r.filter, err = scim.ParseFilter(r.Filter); err != nil {
		return err
	}
	if secret, found := r.typ.SensitiveRef(r.filter); found {
		return scim.BadRequest("%q is secret; an invariant cannot look at it", secret)
	}
	c := &filterCompiler{typ: r.typ, root: newRoot(r.model)}
	_, err = c.compile(r.filter)
	r.around = c.around
	return err
}

func (r *rule) parseAttribute() error {
	path, err := scim.ParseAttributePath(r.Attribute)
	if err != nil {
		return err
	}
	if r.attribute, err = r.typ.Resolve(path); err != nil {
		return err
	}
	switch a := r.attribute.Attribute; {
	case a == nil, a == r.typ.groups, a == r.typ.members && r.Kind == InvariantUnique, r.attribute.Target().Returned == scim.ReturnedNever:
		return scim.BadRequest("an invariant of kind %s cannot be about %q", r.Kind, clip(r.Attribute))
	case r.Kind == InvariantUnique && r.attribute.Target().Type == scim.TypeComplex:
		return scim.BadRequest("%q is complex; name one of its sub-attributes", clip(r.Attribute))
	}
	return nil
}
