package mocktarget

import (
	"context"
	"fmt"
	"math"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Population is what [Tenant.Generate] adds to a tenant.
type Population struct {
	// Users is how many users are added, at most ten million at once.
	Users int `json:"users" required:"false" doc:"How many users are added"`
	// Groups is how many groups of these users are added, at most as many: one of
	// everybody, one for each department beginning with the largest, divisions that
	// hold departments, and teams.
	Groups int `json:"groups" required:"false" doc:"How many groups of these users are added, at most"`
	// MembersPerGroup is how many members a group gets at most. Zero means 100,000, so
	// that an answer with a group in it stays below 20 MB.
	MembersPerGroup int `json:"membersPerGroup" required:"false" doc:"How many members a group gets at most; 0 is 100,000"`
	// Seed decides who comes out. Two tenants that hold nothing get the same users and
	// groups, with the same ids, from the same seed on any machine; only the times are
	// those of the tenant's clock.
	Seed uint64 `json:"seed" required:"false" doc:"Decides who comes out: the same from the same seed"`
}

// mostGenerated bounds what one call adds: about 8 GB.
const mostGenerated = 10_000_000

// Generate adds the staff of a plausible company to the tenant: people of several
// cultures with work and home addresses, some of them inactive, in departments of
// unequal size, each but one with a manager among the others; and groups of them. It
// does not go through HTTP, but what is unique stays so. Either everything is added
// or, with an error, nothing. Other writes to the tenant wait meanwhile.
func (t *Tenant) Generate(p Population) error {
	set(&p.MembersPerGroup, 100_000)
	for _, n := range []int{p.Users, p.Groups, p.MembersPerGroup} {
		if n < 0 || n > mostGenerated {
			return fmt.Errorf("%d users, %d groups, %d members in a group: each must be between 0 and %d", p.Users, p.Groups, p.MembersPerGroup, mostGenerated)
		}
	}
	users, groups := t.model.bySchema(scim.UserSchema), t.model.bySchema(scim.GroupSchema)
	switch {
	case users == nil && p.Users > 0:
		return fmt.Errorf("the tenant has no resource type with the schema %s", scim.UserSchema)
	case (groups == nil || groups.members == nil) && p.Groups > 0:
		return fmt.Errorf("the tenant has no resource type with the schema %s", scim.GroupSchema)
	}
	err := t.write(context.Background(), func(tx *transaction) error {
		company := newCompany(p, users, tx.tenant.root.Load())
		if err := tx.hire(company); err != nil {
			return err
		}
		return (&gathering{tx: tx, company: company, typ: groups, left: p.Groups}).run()
	})
	if err == nil {
		t.happened(EventSeed, fmt.Sprintf("%d generated users", p.Users))
	}
	return err
}

// hire adds the people of a company. They are made at the same time as they are
// stored, by one goroutine each.
func (tx *transaction) hire(c *company) error {
	if c.population.Users > 0 && uint64(c.first)+uint64(c.population.Users) > math.MaxUint32 {
		return fmt.Errorf("there is no room for %d more users", c.population.Users)
	}
	const batch = 1000
	batches, stop := make(chan []*record, 2), make(chan struct{})
	defer close(stop)
	go func() {
		defer close(batches)
		for i := 0; i < c.population.Users; i += batch {
			people := make([]*record, min(batch, c.population.Users-i))
			for k := range people {
				people[k] = c.person(i + k)
			}
			select {
			case batches <- people:
			case <-stop:
				return
			}
		}
	}()
	checked := false
	for people := range batches {
		if !checked {
			if _, err := c.typ.Validate(people[0].document.Object(), nil); err != nil {
				return fmt.Errorf("the tenant's schemas do not take a generated user: %s", reason(err))
			}
			checked = true
		}
		for _, rec := range people {
			if _, err := tx.insert(c.typ, rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// A gathering adds the groups of a company.
type gathering struct {
	tx      *transaction
	company *company
	typ     *resourceType
	left    int // groups to be added yet
}

func (g *gathering) run() error {
	c := g.company
	everybody := make([]ref, min(c.population.Users, c.population.MembersPerGroup))
	for i := range everybody {
		everybody[i] = makeRef(c.typ, c.first+uint32(i))
	}
	if _, err := g.add("Everybody", everybody); err != nil {
		return err
	}
	var divisions []string
	parts := map[string][]ref{}
	for i, d := range c.departments {
		made, err := g.add(d.name, c.staff[i])
		if err != nil {
			return err
		}
		if parts[d.division] == nil {
			divisions = append(divisions, d.division)
		}
		parts[d.division] = append(parts[d.division], made)
	}
	for _, name := range divisions {
		if _, err := g.add(name, parts[name]); err != nil {
			return err
		}
	}
	return g.teams()
}

// teams divides the departments into as many teams as there are groups left, more of
// them where more people are.
func (g *gathering) teams() error {
	c := g.company
	if g.left == 0 {
		return nil
	}
	_, d := c.lot(makeRef(g.typ, math.MaxUint32))
	teams := make([]int, len(c.departments))
	for range g.left {
		teams[weighted(&d, 1000, c.departments, departmentShare)]++
	}
	for i, n := range teams {
		people := c.staff[i]
		for k := range n {
			name := fmt.Sprintf("%s Team %d", c.departments[i].name, k+1)
			if _, err := g.add(name, people[len(people)*k/n:len(people)*(k+1)/n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds a group with as many of the members as it may have, unless there are
// enough groups.
func (g *gathering) add(name string, members []ref) (ref, error) {
	if g.left == 0 {
		return 0, nil
	}
	g.left--
	slot := g.tx.root.table(g.typ).records.next
	if slot == math.MaxUint32 {
		return 0, fmt.Errorf("there is no room for more groups")
	}
	made := makeRef(g.typ, slot)
	id, _ := g.company.lot(made)
	group, err := g.tx.create(g.typ, id, &draft{document: scim.NewObject(
		scim.Field{Name: "schemas", Value: []any{scim.GroupSchema}},
		scim.Field{Name: "displayName", Value: name},
	)})
	if err != nil {
		return 0, err
	}
	for _, m := range members[:min(len(members), g.company.population.MembersPerGroup)] {
		group.rec.members, _ = g.tx.addMember(g.typ, slot, group.rec.members, member{ref: m})
	}
	return made, nil
}
