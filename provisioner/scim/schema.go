package scim

import (
	"embed"
	"sync"

	"github.com/elimity-com/scim/schema"
)

// The data types (RFC 7643 section 2.3).
const (
	TypeString    = "string"
	TypeBoolean   = "boolean"
	TypeDecimal   = "decimal"
	TypeInteger   = "integer"
	TypeDateTime  = "dateTime"
	TypeBinary    = "binary"
	TypeReference = "reference"
	TypeComplex   = "complex"
)

// The values of the characteristic "mutability" (RFC 7643 section 7).
const (
	ReadOnly  = "readOnly"
	ReadWrite = "readWrite"
	Immutable = "immutable"
	WriteOnly = "writeOnly"
)

// The values of the characteristic "returned" (RFC 7643 section 7).
const (
	ReturnedAlways  = "always"
	ReturnedNever   = "never"
	ReturnedDefault = "default"
	ReturnedRequest = "request"
)

// The values of the characteristic "uniqueness" (RFC 7643 section 7).
const (
	UniqueNone   = "none"
	UniqueServer = "server"
	UniqueGlobal = "global"
)

// An Attribute is an attribute definition (RFC 7643 sections 2 and 7) that knows
// its place in the schema. Attributes are shared and must not be changed.
type Attribute struct {
	Name        string
	Type        string // one of the Type constants
	MultiValued bool
	Required    bool
	// CaseExact says that letter case matters when values are compared. It is
	// always true for references and binary data (RFC 7643 sections 2.3.6, 2.3.7).
	CaseExact  bool
	Mutability string // ReadOnly, ReadWrite, Immutable or WriteOnly
	Returned   string // one of the Returned constants
	Uniqueness string // one of the Unique constants
	// CanonicalValues are suggested, or the only ones that the provider takes.
	CanonicalValues []string
	canonical       []any // CanonicalValues as attribute values, for all resources
	// ReferenceTypes are what a reference leads to: names of resource types, or
	// "external" or "uri".
	ReferenceTypes []string
	Description    string
	// Sub are the sub-attributes of a complex attribute.
	Sub []*Attribute
	// Parent is the attribute this is a sub-attribute of, or nil.
	Parent *Attribute
	// URN is the id of the schema the attribute belongs to, empty for the common
	// attributes that no schema lists: schemas, id, externalId and meta.
	URN string
}

// Path returns the attribute's name, behind its parent's if it has one: userName,
// name.givenName.
func (a *Attribute) Path() string {
	if a.Parent != nil {
		return a.Parent.Path() + "." + a.Name
	}
	return a.Name
}

// SubAttribute returns the sub-attribute of a name, whatever its letter case, or
// nil.
func (a *Attribute) SubAttribute(name string) *Attribute { return findAttribute(a.Sub, name) }

func findAttribute(attributes []*Attribute, name string) *Attribute {
	for _, a := range attributes {
		if sameName(a.Name, name) {
			return a
		}
	}
	return nil
}

// A Schema is a compiled schema definition (RFC 7643 section 7). Schemas are
// shared and must not be changed.
type Schema struct {
	ID, Name, Description string
	Attributes            []*Attribute
	id                    any // ID as an attribute value, one for all resources
	source                schema.Schema
}

// Attribute returns the attribute of a name, whatever its letter case, or nil.
func (s *Schema) Attribute(name string) *Attribute { return findAttribute(s.Attributes, name) }

// value returns the schema's id as an attribute value.
func (s *Schema) value() any {
	if s.id == nil {
		return s.ID // not compiled, but put together by hand
	}
	return s.id
}

// Source returns the schema as elimity-com/scim carries it. It lacks what that
// package does not know: complex attributes inside complex ones, and caseExact
// being true for references and binary data that do not say so.
func (s *Schema) Source() schema.Schema { return s.source }

// Object returns the schema as the Schemas endpoint shows it, without meta
// (RFC 7643 section 7).
func (s *Schema) Object() *Object {
	o := NewObject(Field{"schemas", []any{SchemaSchema}}, Field{"id", s.ID})
	if s.Name != "" {
		o.Set("name", s.Name)
	}
	if s.Description != "" {
		o.Set("description", s.Description)
	}
	o.Set("attributes", attributeObjects(s.Attributes))
	return o
}

func attributeObjects(attributes []*Attribute) []any {
	list := make([]any, len(attributes))
	for i, a := range attributes {
		o := NewObject(Field{"name", a.Name}, Field{"type", a.Type}, Field{"multiValued", a.MultiValued})
		if a.Description != "" {
			o.Set("description", a.Description)
		}
		o.Set("required", a.Required)
		if len(a.CanonicalValues) > 0 {
			o.Set("canonicalValues", stringValues(a.CanonicalValues))
		}
		// Letter case and uniqueness mean nothing to objects and booleans.
		plain := a.Type != TypeComplex && a.Type != TypeBoolean
		if plain {
			o.Set("caseExact", a.CaseExact)
		}
		o.Set("mutability", a.Mutability)
		o.Set("returned", a.Returned)
		if plain {
			o.Set("uniqueness", a.Uniqueness)
		}
		if len(a.ReferenceTypes) > 0 {
			o.Set("referenceTypes", stringValues(a.ReferenceTypes))
		}
		if a.Type == TypeComplex {
			o.Set("subAttributes", attributeObjects(a.Sub))
		}
		list[i] = o
	}
	return list
}

func stringValues(list []string) []any {
	values := make([]any, len(list))
	for i, s := range list {
		values[i] = s
	}
	return values
}

// ParseSchema reads a schema definition in the form of RFC 7643 section 8.7. What
// an attribute leaves out has the default of section 2.2: type string, readWrite,
// returned by default, unique nowhere. The error is an [Error] with a JSON pointer to
// what is wrong.
func ParseSchema(data []byte) (*Schema, error) {
	o, err := ParseObject(data)
	if err != nil {
		return nil, err
	}
	if p := checkDefinition(o); p != nil {
		return nil, p.err()
	}
	var s schema.Schema
	if err := s.UnmarshalJSON(o.AppendJSON(nil)); err != nil {
		return nil, InvalidValue("the schema %q: %v", clip(o.String("id")), err)
	}
	compiled, err := CompileSchema(s)
	if err != nil {
		return nil, err
	}
	return compiled, nestDeeper(compiled.ID, compiled.Attributes, o.Array("attributes"))
}

// nestDeeper adds the sub-attributes of complex sub-attributes. Only the schema of
// schemas has such (RFC 7643 section 8.7.2), and elimity-com/scim leaves them out.
func nestDeeper(id string, attributes []*Attribute, definitions []any) error {
	for i, a := range attributes {
		parts := definitions[i].(*Object).Array("subAttributes")
		for j, sub := range a.Sub {
			inner := parts[j].(*Object).Array("subAttributes")
			if sub.Type != TypeComplex || len(inner) == 0 {
				continue
			}
			var s schema.Schema
			whole := NewObject(Field{"id", id}, Field{"attributes", inner})
			if err := s.UnmarshalJSON(whole.AppendJSON(nil)); err != nil {
				return InvalidValue("the schema %q, attribute %s: %v", clip(id), sub.Path(), err)
			}
			compiled, err := compileAttributes(s.Attributes, sub, id)
			if err != nil {
				return err
			}
			sub.Sub = compiled
			if err := nestDeeper(id, compiled, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// CompileSchema works out the places of the attributes of a schema that
// elimity-com/scim carries. The error is an [Error]: a schema without an id, or two
// attributes whose names differ in letter case alone.
func CompileSchema(s schema.Schema) (*Schema, error) {
	if s.ID == "" {
		return nil, InvalidValue("the schema %q has no id", clip(s.Name.Value()))
	}
	compiled := &Schema{ID: s.ID, Name: s.Name.Value(), Description: s.Description.Value(), id: s.ID, source: s}
	var err error
	compiled.Attributes, err = compileAttributes(s.Attributes, nil, s.ID)
	return compiled, err
}

func compileAttributes(source schema.Attributes, parent *Attribute, urn string) ([]*Attribute, error) {
	attributes := make([]*Attribute, 0, len(source))
	for _, s := range source {
		a := &Attribute{
			Name: s.Name(), Type: s.AttributeType(), MultiValued: s.MultiValued(), Required: s.Required(),
			CaseExact: s.CaseExact(), Mutability: s.Mutability(), Returned: s.Returned(), Uniqueness: s.Uniqueness(),
			CanonicalValues: s.CanonicalValues(), canonical: stringValues(s.CanonicalValues()), Description: s.Description(), Parent: parent, URN: urn,
		}
		if findAttribute(attributes, a.Name) != nil {
			return nil, InvalidValue("the schema %q defines the attribute %q twice", clip(urn), a.Path())
		}
		a.CaseExact = a.CaseExact || a.Type == TypeReference || a.Type == TypeBinary
		if a.Mutability == WriteOnly {
			a.Returned = ReturnedNever // whatever the schema says of it (RFC 7643 section 7)
		}
		for _, t := range s.ReferenceTypes() {
			a.ReferenceTypes = append(a.ReferenceTypes, string(t))
		}
		var err error
		if a.Sub, err = compileAttributes(s.SubAttributes(), a, urn); err != nil {
			return nil, err
		}
		attributes = append(attributes, a)
	}
	return attributes, nil
}

//go:embed schemas/*.json
var definitions embed.FS

// The schemas of the RFC, read when first asked for.
var (
	userSchema                  = builtin("user")
	groupSchema                 = builtin("group")
	enterpriseUserSchema        = builtin("enterprise_user")
	serviceProviderConfigSchema = builtin("service_provider_config")
	resourceTypeSchema          = builtin("resource_type")
	schemaSchema                = builtin("schema")
)

func builtin(file string) func() *Schema {
	return sync.OnceValue(func() *Schema {
		data, err := definitions.ReadFile("schemas/" + file + ".json")
		if err != nil {
			panic(err) // the file is embedded above
		}
		s, err := ParseSchema(data)
		if err != nil {
			panic(err) // a test reads every one of them
		}
		return s
	})
}

// User returns the core User schema (RFC 7643 section 4.1).
func User() *Schema { return userSchema() }

// Group returns the core Group schema (RFC 7643 section 4.2). Its displayName is
// required (erratum 5368) and its members have a display (erratum 6011).
func Group() *Schema { return groupSchema() }

// EnterpriseUser returns the enterprise extension of User (RFC 7643 section 4.3).
func EnterpriseUser() *Schema { return enterpriseUserSchema() }

// DiscoverySchemas returns the schemas of the discovery documents themselves:
// ServiceProviderConfig, ResourceType and Schema (RFC 7643 section 8.7.2).
func DiscoverySchemas() []*Schema {
	return []*Schema{serviceProviderConfigSchema(), resourceTypeSchema(), schemaSchema()}
}
