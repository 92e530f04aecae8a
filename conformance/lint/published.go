package lint

import (
	"encoding/json"
	"slices"
	"strings"
)

// Published is what a target says about its resources at /ResourceTypes and
// /Schemas (RFC 7643 sections 6 and 7). What it does not say, or says in a form that
// cannot be read, is missing.
type Published struct {
	Types   []ResourceType
	Schemas []Schema

	// laid holds the attributes of each type, by its endpoint in small letters.
	laid map[string]*layout
}

// A layout is where the attributes of a resource type stand.
type layout struct {
	places []Place
	byPath map[string]int
	// core and extensions are the attributes that are part of no other, those of
	// extensions under their URN; all names are in small letters.
	core       map[string]*Attribute
	extensions map[string]map[string]*Attribute
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
	p := &Published{Types: entries[ResourceType](resourceTypes), Schemas: entries[Schema](schemas), laid: map[string]*layout{}}
	for _, t := range p.Types {
		if name := strings.ToLower(t.lastSegment()); p.laid[name] == nil {
			p.laid[name] = p.layOut(t)
		}
	}
	return p
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
		if strings.EqualFold(p.Types[i].lastSegment(), endpoint) {
			return &p.Types[i]
		}
	}
	return nil
}

func (t *ResourceType) lastSegment() string {
	at := strings.Trim(t.Endpoint, "/")
	return at[strings.LastIndexByte(at, '/')+1:]
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
// attributes of RFC 7643 section 3.1 are left out. It must not be changed.
func (p *Published) Places(endpoint string) []Place { return slices.Clip(p.layout(endpoint).places) }

// layout returns where the attributes of the resources at an endpoint stand, an empty
// one if that is not published.
func (p *Published) layout(endpoint string) *layout {
	if l := p.laid[strings.ToLower(endpoint)]; l != nil {
		return l
	}
	return &layout{}
}

func (p *Published) layOut(t ResourceType) *layout {
	l := &layout{byPath: map[string]int{}, core: map[string]*Attribute{}, extensions: map[string]map[string]*Attribute{}}
	add := func(place Place) {
		if path := strings.ToLower(place.Path()); l.byPath[path] == 0 {
			l.byPath[path] = len(l.places) + 1
		}
		l.places = append(l.places, place)
	}
	lay := func(urn, extension string) {
		s := p.Schema(urn)
		if s == nil {
			return
		}
		all := l.core
		if extension != "" {
			all = map[string]*Attribute{}
			l.extensions[strings.ToLower(extension)] = all
		}
		for i := range s.Attributes {
			a := &s.Attributes[i]
			if extension == "" && common(a.Name) {
				continue
			}
			all[strings.ToLower(a.Name)] = a
			add(Place{Attribute: *a, Extension: extension})
			for _, sub := range a.SubAttributes {
				add(Place{Attribute: sub, Extension: extension, Parent: a})
			}
		}
	}
	lay(t.Schema, "")
	for _, e := range t.Extensions {
		lay(e.Schema, e.Schema)
	}
	return l
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
	l := p.layout(endpoint)
	at := l.byPath[strings.ToLower(path)]
	if at == 0 {
		return Place{}, false
	}
	return l.places[at-1], true
}
