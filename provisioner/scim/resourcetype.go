package scim

// A ResourceType is a kind of resource: its endpoint, its core schema and the
// extensions that its resources may carry (RFC 7643 section 6). Resource types are
// shared and must not be changed.
type ResourceType struct {
	// ID and Name are usually the same, such as "User".
	ID, Name, Description string
	// Endpoint is below the base URL, such as "/Users".
	Endpoint   string
	Schema     *Schema
	Extensions []Extension
}

// An Extension is a schema that adds attributes to a resource type.
type Extension struct {
	Schema *Schema
	// Required says that every resource must carry it.
	Required bool
}

// UserType returns the User resource type with the enterprise extension (RFC 7643
// section 8.6).
func UserType() *ResourceType {
	return &ResourceType{
		ID: "User", Name: "User", Description: "An account of a person.", Endpoint: "/Users",
		Schema: User(), Extensions: []Extension{{Schema: EnterpriseUser()}},
	}
}

// GroupType returns the Group resource type (RFC 7643 section 8.6).
func GroupType() *ResourceType {
	return &ResourceType{
		ID: "Group", Name: "Group", Description: "A group of users and other groups.", Endpoint: "/Groups", Schema: Group(),
	}
}

// Object returns the resource type as the ResourceTypes endpoint shows it, without
// meta (RFC 7643 section 6).
func (rt *ResourceType) Object() *Object {
	o := NewObject(Field{"schemas", []any{ResourceTypeSchema}})
	if rt.ID != "" {
		o.Set("id", rt.ID)
	}
	o.Set("name", rt.Name)
	if rt.Description != "" {
		o.Set("description", rt.Description)
	}
	o.Set("endpoint", rt.Endpoint)
	o.Set("schema", rt.Schema.ID)
	extensions := make([]any, len(rt.Extensions))
	for i, x := range rt.Extensions {
		extensions[i] = NewObject(Field{"schema", x.Schema.ID}, Field{"required", x.Required})
	}
	if len(extensions) > 0 {
		o.Set("schemaExtensions", extensions)
	}
	return o
}

// Extension returns the extension of a URI, whatever its letter case, or nil.
func (rt *ResourceType) Extension(uri string) *Schema {
	for _, x := range rt.Extensions {
		if sameName(x.Schema.ID, uri) {
			return x.Schema
		}
	}
	return nil
}

// Attribute returns the core or common attribute of a name, whatever its letter
// case, or nil. A common attribute that the schema lists again stays what RFC 7643
// section 3.1 says of it.
func (rt *ResourceType) Attribute(name string) *Attribute {
	if a := findAttribute(commonAttributes, name); a != nil {
		return a
	}
	return rt.Schema.Attribute(name)
}

// commonAttributes are what every resource has (RFC 7643 sections 3 and 3.1).
var commonAttributes = newCommonAttributes()

func newCommonAttributes() []*Attribute {
	simple := func(name, typ, mutability, returned string, exact bool) *Attribute {
		return &Attribute{
			Name: name, Type: typ, Mutability: mutability, Returned: returned, CaseExact: exact, Uniqueness: UniqueNone,
		}
	}
	// The letter case of a URN does not matter where it names a schema (RFC 7644
	// section 3.10), hence not where schemas are listed either.
	schemas := simple("schemas", TypeReference, ReadWrite, ReturnedAlways, false)
	schemas.MultiValued, schemas.Required, schemas.ReferenceTypes = true, true, []string{"uri"}
	id := simple("id", TypeString, ReadOnly, ReturnedAlways, true)
	id.Uniqueness = UniqueServer
	meta := simple("meta", TypeComplex, ReadOnly, ReturnedDefault, false)
	meta.Sub = []*Attribute{
		simple("resourceType", TypeString, ReadOnly, ReturnedDefault, true),
		simple("created", TypeDateTime, ReadOnly, ReturnedDefault, false),
		simple("lastModified", TypeDateTime, ReadOnly, ReturnedDefault, false),
		simple("location", TypeReference, ReadOnly, ReturnedDefault, true),
		simple("version", TypeString, ReadOnly, ReturnedDefault, true),
	}
	for _, sub := range meta.Sub {
		sub.Parent = meta
	}
	return []*Attribute{schemas, id, simple("externalId", TypeString, ReadWrite, ReturnedDefault, true), meta}
}

// A Ref is an attribute path found in a resource type.
type Ref struct {
	// Extension is the schema extension that the attribute belongs to, nil for a
	// core or common one.
	Extension *Schema
	// Attribute is the attribute, nil if the path names a schema as a whole.
	Attribute *Attribute
	// Sub is the sub-attribute, nil if the path names none.
	Sub *Attribute
}

// Target returns the sub-attribute if there is one, otherwise the attribute.
func (r Ref) Target() *Attribute {
	if r.Sub != nil {
		return r.Sub
	}
	return r.Attribute
}

// String returns the path in the schema's own spelling.
func (r Ref) String() string {
	switch {
	case r.Extension == nil && r.Attribute == nil:
		return "the core schema"
	case r.Extension == nil:
		return r.Target().Path()
	case r.Attribute == nil:
		return r.Extension.ID
	default:
		return r.Extension.ID + ":" + r.Target().Path()
	}
}

// Resolve finds what an attribute path names. Names and URIs match whatever their
// letter case; an attribute of an extension needs its URI in front (RFC 7644
// section 3.10). Where a path could be read in two ways, the longest schema URI
// wins. The error is an [Error] of type invalidPath that names the attribute.
func (rt *ResourceType) Resolve(p AttributePath) (Ref, error) {
	if p.URIPrefix == nil {
		return rt.refine(Ref{Attribute: rt.Attribute(p.AttributeName)}, p)
	}
	whole := FormatAttributePath(p)
	if x := rt.Extension(whole); x != nil {
		return Ref{Extension: x}, nil
	}
	if sameName(whole, rt.Schema.ID) {
		return Ref{}, nil
	}
	if sameName(*p.URIPrefix, rt.Schema.ID) {
		return rt.refine(Ref{Attribute: rt.Attribute(p.AttributeName)}, p)
	}
	if x := rt.Extension(*p.URIPrefix); x != nil {
		return rt.refine(Ref{Extension: x, Attribute: x.Attribute(p.AttributeName)}, p)
	}
	return Ref{}, InvalidPath("%q: %q is not a schema of %s", clip(whole), clip(*p.URIPrefix), rt.Name)
}

func (rt *ResourceType) refine(ref Ref, p AttributePath) (Ref, error) {
	if ref.Attribute == nil {
		for _, x := range rt.Extensions {
			if a := x.Schema.Attribute(p.AttributeName); a != nil && ref.Extension == nil {
				return Ref{}, InvalidPath("%s has no attribute %q: write %s:%s for the one of that extension",
					rt.Name, FormatAttributePath(p), x.Schema.ID, a.Name)
			}
		}
		return Ref{}, InvalidPath("%s has no attribute %q", rt.Name, clip(FormatAttributePath(p)))
	}
	if p.SubAttribute == nil {
		return ref, nil
	}
	ref.Sub = ref.Attribute.SubAttribute(*p.SubAttribute)
	if ref.Sub == nil {
		return Ref{}, InvalidPath("%q has no sub-attribute %q", ref.Attribute.Path(), clip(*p.SubAttribute))
	}
	return ref, nil
}

// Value returns what a resource holds at the reference: the attribute's value, or
// for a sub-attribute of a multi-valued attribute the values of all elements that
// have one. A reference to a schema has the extension's object or the resource.
func (r Ref) Value(o *Object) any {
	if r.Attribute == nil {
		if r.Extension == nil {
			return o
		}
		return o.Get(r.Extension.ID)
	}
	v := r.attribute(o)
	if r.Sub == nil {
		return v
	}
	switch v := v.(type) {
	case *Object:
		return v.Get(r.Sub.Name)
	case []any:
		var values []any
		for _, element := range v {
			if e, ok := element.(*Object); ok && e.Get(r.Sub.Name) != nil {
				values = append(values, e.Get(r.Sub.Name))
			}
		}
		return values
	default:
		return nil
	}
}
