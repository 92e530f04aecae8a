package mocktarget

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Seed adds resources from a JSON object that has, for each resource type, an
// array under the name of its endpoint: {"Users": […], "Groups": […]}, in any
// letter case. Resources keep the id they give, so that members and managers can
// refer to it, and may leave "schemas" out. Either everything is added or, with an
// error that names every bad resource, nothing.
func (t *Tenant) Seed(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading the seed: %w", err)
	}
	o, err := scim.ParseObject(text)
	if err != nil {
		return fmt.Errorf("the seed is not a JSON object: %w", err)
	}
	return t.SeedObject(o)
}

// SeedObject does what [Tenant.Seed] does with an object that is parsed already.
func (t *Tenant) SeedObject(o *scim.Object) error {
	s := &seeding{ids: map[string]bool{}}
	for name, v := range o.All() {
		typ := t.model.byListName(name)
		list, ok := v.([]any)
		switch {
		case typ == nil:
			s.failf("%q is not a kind of resource; use %s", name, t.model.listNames())
		case !ok:
			s.failf("%s must be an array", name)
		default:
			for i, element := range list {
				s.add(typ, fmt.Sprintf("%s[%d]", name, i), element)
			}
		}
	}
	if err := s.problem(); err != nil {
		return err
	}
	if err := t.write(context.Background(), s.store); err != nil {
		return err
	}
	t.happened(EventSeed, fmt.Sprintf("%d resources", len(s.seeds)))
	return nil
}

// seeding collects the resources of a seed and what is wrong with them.
type seeding struct {
	ids      map[string]bool
	seeds    []seed
	problems []error
	more     int
}

type seed struct {
	where string
	typ   *resourceType
	id    string
	draft *draft
}

// mostProblems is how many problems a message lists.
const mostProblems = 20

func (s *seeding) failf(format string, args ...any) {
	if len(s.problems) == mostProblems {
		s.more++
		return
	}
	s.problems = append(s.problems, fmt.Errorf(format, args...))
}

func (s *seeding) problem() error {
	if len(s.problems) == 0 {
		return nil
	}
	err := errors.Join(s.problems...)
	if s.more > 0 {
		err = fmt.Errorf("%w\nand %d more problems", err, s.more)
	}
	return fmt.Errorf("the seed is not loaded:\n%w", err)
}

func (s *seeding) add(typ *resourceType, where string, element any) {
	o, ok := element.(*scim.Object)
	if !ok {
		s.failf("%s must be an object", where)
		return
	}
	id := o.ID()
	switch {
	case id != "" && s.ids[id]:
		s.failf("%s: the id %q occurs twice", where, id)
		return
	case o.Get("id") != nil && id == "":
		s.failf("%s: the id must be a string that is not empty", where)
		return
	case strings.Contains(strings.ToLower(id), "bulkid"):
		s.failf("%s: the id %q has the word bulkId, which stands for other operations of a bulk request", where, id)
		return
	}
	s.ids[id] = true
	d, err := typ.admit(typ.declare(o), nil)
	if err != nil {
		s.failf("%s: %s", where, reason(err))
		return
	}
	s.seeds = append(s.seeds, seed{where, typ, id, d})
}

// declare returns the resource with the "schemas" it should have if it has none.
func (typ *resourceType) declare(o *scim.Object) *scim.Object {
	if o.Get("schemas") != nil {
		return o
	}
	schemas := []any{typ.Schema.ID}
	for _, extension := range typ.Extensions {
		if o.Get(extension.Schema.ID) != nil {
			schemas = append(schemas, extension.Schema.ID)
		}
	}
	declared := scim.NewObject(scim.Field{Name: "schemas", Value: schemas})
	for name, v := range o.All() {
		if v != nil {
			declared.Set(name, v)
		}
	}
	return declared
}

// store writes the resources first and their members then, so that they may be in
// any order.
func (s *seeding) store(tx *transaction) error {
	for i := range s.seeds {
		seed := &s.seeds[i]
		if seed.id == "" {
			seed.id = tx.newID(seed.typ, 1)
		} else if _, _, taken := tx.root.locate(seed.typ.model, seed.id); taken != nil {
			s.failf("%s: there is a resource with the id %q already", seed.where, seed.id)
			continue
		}
		if _, err := tx.create(seed.typ, seed.id, &draft{document: seed.draft.document}); err != nil {
			s.failf("%s: %s", seed.where, reason(err))
		}
	}
	for _, seed := range s.seeds {
		if len(s.problems) > 0 && len(s.problems) == mostProblems {
			break
		}
		if len(seed.draft.members) == 0 {
			continue
		}
		slot, rec := tx.root.lookup(seed.typ, seed.id)
		if rec == nil {
			continue
		}
		members, _, err := tx.addMembers(seed.typ, slot, nil, seed.draft.members)
		if err != nil {
			s.failf("%s: %s", seed.where, reason(err))
			continue
		}
		rec.members = members // still this transaction's own
	}
	return s.problem()
}
