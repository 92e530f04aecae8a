package mocktarget

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A model is what a tenant knows about its resource types. It is worked out once
// and never changed.
type model struct {
	types   []*resourceType
	schemas []*scim.Schema
	seed    maphash.Seed
	secret  map[string]bool // folded names of attributes that are never returned
}

// A resourceType is a type with what the store has to know about it.
type resourceType struct {
	*scim.ResourceType
	model   *model
	place   int // in model.types and root.tables
	packing *scim.Packing
	indexes []*index
	members *scim.Attribute // the attribute kept outside the document, nil if none
	// membersOnly is a type with no other attribute than members, to validate them.
	membersOnly *scim.ResourceType
	groups      *scim.Attribute // the attribute computed from memberships, nil if none
	manager     *scim.Attribute // the enterprise manager, whose names are computed, nil if none
	hashed      []*scim.Attribute
}

// newModel works out the types of a tenant. It refuses types that cannot be told
// apart by name, endpoint or id.
func newModel(types []*scim.ResourceType, seed maphash.Seed) (*model, error) {
	m := &model{seed: seed, secret: map[string]bool{}}
	for i, rt := range types {
		if rt == nil || rt.Schema == nil {
			return nil, fmt.Errorf("resource type %d has no schema", i+1)
		}
		if !strings.HasPrefix(rt.Endpoint, "/") || strings.Count(rt.Endpoint, "/") != 1 || len(rt.Endpoint) < 2 {
			return nil, fmt.Errorf("resource type %s: the endpoint %q must be one path segment such as \"/Users\"", rt.Name, rt.Endpoint)
		}
		if reservedEndpoint(rt.Endpoint) {
			return nil, fmt.Errorf("resource type %s: the endpoint %q is taken by the protocol", rt.Name, rt.Endpoint)
		}
		for _, other := range m.types {
			if other.Endpoint == rt.Endpoint || strings.EqualFold(other.Name, rt.Name) {
				return nil, fmt.Errorf("resource types %s and %s share a name or an endpoint", other.Name, rt.Name)
			}
		}
		m.types = append(m.types, newResourceType(m, i, rt))
	}
	m.schemas = slices.CompactFunc(m.schemas, func(a, b *scim.Schema) bool { return a.ID == b.ID })
	return m, nil
}

func newResourceType(m *model, place int, rt *scim.ResourceType) *resourceType {
	typ := &resourceType{ResourceType: rt, model: m, place: place, packing: scim.NewPacking(rt)}
	if a := rt.Schema.Attribute("members"); isReferenceList(a) && a.Mutability != scim.ReadOnly {
		typ.members = a
		typ.membersOnly = &scim.ResourceType{
			Name: rt.Name, Schema: &scim.Schema{ID: rt.Schema.ID, Attributes: []*scim.Attribute{a}},
		}
	}
	if a := rt.Schema.Attribute("groups"); isReferenceList(a) && a.Mutability == scim.ReadOnly {
		typ.groups = a
	}
	m.addSchema(rt.Schema)
	typ.addAttributes(rt.Schema, "")
	for _, extension := range rt.Extensions {
		m.addSchema(extension.Schema)
		typ.addAttributes(extension.Schema, extension.Schema.ID)
		if extension.Schema.ID == scim.EnterpriseUserSchema {
			typ.manager = extension.Schema.Attribute("manager")
		}
	}
	typ.indexes = newIndexes(typ)
	return typ
}

// isReferenceList reports whether an attribute lists other resources by id.
func isReferenceList(a *scim.Attribute) bool {
	return a != nil && a.MultiValued && a.Type == scim.TypeComplex && a.SubAttribute("value") != nil && a.SubAttribute("$ref") != nil
}

func (m *model) addSchema(s *scim.Schema) {
	if !slices.ContainsFunc(m.schemas, func(known *scim.Schema) bool { return known.ID == s.ID }) {
		m.schemas = append(m.schemas, s)
	}
}

// addAttributes notes which attributes of a schema need special care.
func (typ *resourceType) addAttributes(s *scim.Schema, extension string) {
	for _, a := range s.Attributes {
		for _, part := range append([]*scim.Attribute{a}, a.Sub...) {
			if part.Returned == scim.ReturnedNever {
				typ.model.secret[strings.ToLower(part.Name)] = true
			}
		}
		if extension == "" && a.Returned == scim.ReturnedNever && a.Mutability == scim.WriteOnly && a.Type == scim.TypeString && !a.MultiValued {
			typ.hashed = append(typ.hashed, a)
		}
	}
}

// byEndpoint returns the type at a path segment such as "Users".
func (m *model) byEndpoint(segment string) *resourceType {
	for _, typ := range m.types {
		if typ.Endpoint[1:] == segment {
			return typ
		}
	}
	return nil
}

// bySchema returns the type with a core schema.
func (m *model) bySchema(id string) *resourceType {
	for _, typ := range m.types {
		if typ.Schema.ID == id {
			return typ
		}
	}
	return nil
}

// byName returns the type of a name or id, whatever its letter case.
func (m *model) byName(name string) *resourceType {
	for _, typ := range m.types {
		if strings.EqualFold(typ.Name, name) {
			return typ
		}
	}
	return nil
}

// hash hashes a key of an index. The seed is random, so nobody can choose keys
// that collide.
func (m *model) hash(key string) uint32 { return uint32(m.fingerprint(key)) }

// fingerprint hashes a text so well that two with the same one can be taken for equal
// where a rare mistake does no harm.
func (m *model) fingerprint(text string) uint64 { return maphash.String(m.seed, text) }

// byListName returns the type of a list in a seed: its endpoint without the slash,
// whatever its letter case.
func (m *model) byListName(name string) *resourceType {
	for _, typ := range m.types {
		if strings.EqualFold(typ.Endpoint[1:], name) {
			return typ
		}
	}
	return nil
}

func (m *model) listNames() string {
	names := make([]string, len(m.types))
	for i, typ := range m.types {
		names[i] = strconv.Quote(typ.Endpoint[1:])
	}
	return strings.Join(names, ", ")
}
