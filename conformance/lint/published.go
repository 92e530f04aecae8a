package lint

import (
	"encoding/json"
	"strings"
)

// Published is what a target says about its resources at /ResourceTypes and
// /Schemas (RFC 7643 sections 6 and 7). What it does not say, or says in a form that
// cannot be read, is missing.
type Published struct {
	Types   []ResourceType
	Schemas []Schema
}

// A ResourceType is an entry of /ResourceTypes.
type ResourceType struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Endpoint   string      `json:"endpoint"`
	Schema     string      `json:"schema"`
	Extensions []Extension `json:"schemaExtensions"`
}

// An Extension is a schema that resources of a type may carry beside their own.
type Extension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// A Schema is an entry of /Schemas.
type Schema struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Attributes []Attribute `json:"attributes"`
}

// An Attribute is the definition of an attribute or sub-attribute. A characteristic
// that the target leaves out has the value RFC 7643 section 2.2 gives it.
type Attribute struct {
	Name            string
	Type            string
	MultiValued     bool
	Required        bool
	CaseExact       bool
	Mutability      string
	Returned        string
	Uniqueness      string
	CanonicalValues []string
	ReferenceTypes  []string
	SubAttributes   []Attribute
}

// UnmarshalJSON fills in the defaults.
func (a *Attribute) UnmarshalJSON(data []byte) error {
	type plain Attribute
	p := plain{Type: "string", Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	*a = Attribute(p)
	return nil
}

// Publish reads the bodies of GET /ResourceTypes and GET /Schemas, either of which
// may be nil. An entry that is not of the right form is left out.
func Publish(resourceTypes, schemas []byte) *Published {
	return &Published{Types: entries[ResourceType](resourceTypes), Schemas: entries[Schema](schemas)}
}

func entries[T any](body []byte) []T {
	var list struct{ Resources []json.RawMessage }
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	var all []T
	for _, raw := range list.Resources {
		var entry T
		if json.Unmarshal(raw, &entry) == nil {
			all = append(all, entry)
		}
	}
	return all
}

// Schema returns the schema of a URN, nil if there is none.
func (p *Published) Schema(urn string) *Schema {
	for i := range p.Schemas {
		if strings.EqualFold(p.Schemas[i].ID, urn) {
			return &p.Schemas[i]
		}
	}
	return nil
}

// Type returns the resource type that is served at an endpoint such as "Users", nil
// if there is none.
func (p *Published) Type(endpoint string) *ResourceType {
	for i := range p.Types {
		at := strings.Trim(p.Types[i].Endpoint, "/")
		if strings.EqualFold(at[strings.LastIndexByte(at, '/')+1:], endpoint) {
			return &p.Types[i]
		}
	}
	return nil
}

// A Place is an attribute and where it stands in a resource.
type Place struct {
	Attribute
	// Extension is the URN of the extension that defines the attribute, "" for one
	// of the type's own schema.
	Extension string
	// Parent is the attribute of which it is a sub-attribute, nil for none.
	Parent *Attribute
}

// Path returns the attribute's notation of RFC 7644 section 3.10, such as
// "name.givenName".
func (p Place) Path() string {
	path := p.Name
	if p.Parent != nil {
		path = p.Parent.Name + "." + path
	}
	if p.Extension != "" {
		path = p.Extension + ":" + path
	}
	return path
}

// Places returns every attribute and sub-attribute of the resources at an endpoint,
// the ones of extensions after the type's own, parents before their sub-attributes.
// It is nil if the target does not publish the type or its schema. The common
// attributes of RFC 7643 section 3.1 are left out.
func (p *Published) Places(endpoint string) []Place {
	t := p.Type(endpoint)
	if t == nil {
		return nil
	}
	var all []Place
	add := func(urn, extension string) {
		s := p.Schema(urn)
		if s == nil {
			return
		}
		for i := range s.Attributes {
			a := &s.Attributes[i]
			if extension == "" && common(a.Name) {
				continue
			}
			all = append(all, Place{Attribute: *a, Extension: extension})
			for _, sub := range a.SubAttributes {
				all = append(all, Place{Attribute: sub, Extension: extension, Parent: a})
			}
		}
	}
	add(t.Schema, "")
	for _, e := range t.Extensions {
		add(e.Schema, e.Schema)
	}
	return all
}

func common(name string) bool {
	switch strings.ToLower(name) {
	case "id", "externalid", "meta", "schemas":
		return true
	}
	return false
}

// Place returns the attribute of a path such as "name.givenName" or
// "urn:…:User:department", and whether it is published.
func (p *Published) Place(endpoint, path string) (Place, bool) {
	for _, place := range p.Places(endpoint) {
		if strings.EqualFold(place.Path(), path) {
			return place, true
		}
	}
	return Place{}, false
}
