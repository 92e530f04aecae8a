package scim

// ValidateOptions say how strict [ResourceType.ValidateWith] is where RFC 7643
// leaves room.
type ValidateOptions struct {
	// IgnoreUnknown passes over attributes that the type does not have. Otherwise
	// they are refused, so that a misspelt name does not go unnoticed.
	IgnoreUnknown bool
	// RefuseUnlisted refuses attributes of an extension that "schemas" does not
	// list, and schema URIs that the type does not have. Otherwise "schemas" is put
	// right.
	RefuseUnlisted bool
	// RefuseNonCanonical refuses values of attributes with canonical values that are
	// none of these. Otherwise they are suggestions (RFC 7643 section 7).
	RefuseNonCanonical bool
}

// Validate checks a resource that a client sent against its type and returns it
// the way it is kept: names in the schema's spelling, values of the right type,
// nothing unassigned, nothing that the service provider alone sets, no element of a
// multi-valued attribute twice, and "schemas" listing exactly what is there (RFC
// 7643 sections 2, 3 and 7, RFC 7644 sections 3.3 and 3.5.1). in is not changed.
//
// old is the resource that is replaced, nil for a create: what is readOnly is kept
// from it, what is immutable and assigned must not change. The error is an [Error]
// that names the attribute by a JSON pointer: invalidValue, or mutability for a
// change that is not allowed.
func (rt *ResourceType) Validate(in, old *Object) (*Object, error) {
	return rt.ValidateWith(in, old, ValidateOptions{})
}

// ValidateWith is [ResourceType.Validate] with options.
func (rt *ResourceType) ValidateWith(in, old *Object, options ValidateOptions) (*Object, error) {
	listed, err := rt.readSchemas(in, options)
	if err != nil {
		return nil, err
	}
	v := checker{options: options}
	out := newObject(in.Len() + 1)
	out.put(&rt.Attribute("schemas").Name, nil)
	if id := old.ID(); id != "" {
		out.put(&rt.Attribute("id").Name, id)
	}
	for name, value := range in.All() {
		if a := rt.Attribute(name); a != nil {
			if a.Mutability != ReadOnly && a.Name != "schemas" && !a.absent(value) {
				if p := v.set(out, a, value); p != nil {
					return nil, p.err()
				}
			}
			continue
		}
		x := rt.Extension(name)
		switch {
		case value == nil, x == nil && (options.IgnoreUnknown || Unassigned(value)):
			continue
		case x == nil:
			return nil, unknown(name, rt.Name).err()
		}
		extension, p := v.extension(x, value)
		if p != nil {
			return nil, p.under(x.ID).err()
		}
		if Unassigned(extension) {
			continue
		}
		if options.RefuseUnlisted && !listed[x] {
			return nil, InvalidValue("/schemas does not list %q, but the resource has attributes of it", x.ID)
		}
		out.put(&x.ID, extension)
	}
	if old != nil {
		// What is kept does not stand in for what has to be given.
		if err := rt.checkRequired(out); err != nil {
			return nil, err
		}
		if p := rt.keep(out, old); p != nil {
			return nil, p.err()
		}
	}
	out.fields[0].value = rt.presentSchemas(out)
	return out, rt.checkRequired(out)
}

// readSchemas wants "schemas" to name the core schema and returns the extensions
// that it lists (RFC 7643 section 3).
func (rt *ResourceType) readSchemas(in *Object, options ValidateOptions) (map[*Schema]bool, error) {
	v, ok := in.Lookup("schemas")
	if !ok || v == nil {
		return nil, InvalidValue("/schemas is missing: it must list %q", rt.Schema.ID)
	}
	list, ok := v.([]any)
	if !ok {
		return nil, InvalidValue("/schemas must be an array of schema URIs")
	}
	core := false
	var listed map[*Schema]bool
	for i, v := range list {
		uri, ok := v.(string)
		if !ok {
			return nil, InvalidValue("/schemas/%d must be a string", i)
		}
		if sameName(uri, rt.Schema.ID) {
			core = true
			continue
		}
		x := rt.Extension(uri)
		if x == nil {
			if options.RefuseUnlisted {
				return nil, InvalidValue("/schemas/%d: %q is not a schema of %s", i, clip(uri), rt.Name)
			}
			continue
		}
		if listed == nil {
			listed = make(map[*Schema]bool, len(rt.Extensions))
		}
		listed[x] = true
	}
	if !core {
		return nil, InvalidValue("/schemas must list %q", rt.Schema.ID)
	}
	return listed, nil
}

func (v checker) extension(x *Schema, value any) (*Object, *problem) {
	o, ok := value.(*Object)
	if !ok {
		return nil, problemf("must be an object")
	}
	out := newObject(o.Len())
	for name, value := range o.All() {
		a := x.Attribute(name)
		switch {
		case a == nil && !v.options.IgnoreUnknown:
			return nil, unknown(name, x.ID)
		case a == nil, a.Mutability == ReadOnly, a.absent(value):
			continue
		}
		if p := v.set(out, a, value); p != nil {
			return nil, p
		}
	}
	return out, nil
}

// presentSchemas lists exactly the schemas whose attributes are there (RFC 7643
// section 3).
func (rt *ResourceType) presentSchemas(o *Object) []any {
	schemas := make([]any, 1, 1+len(rt.Extensions))
	schemas[0] = rt.Schema.value()
	for _, x := range rt.Extensions {
		if o.Object(x.Schema.ID) != nil {
			schemas = append(schemas, x.Schema.value())
		}
	}
	return schemas
}

// checkRequired wants what is required to have a value that is not empty: of the
// core schema, of required extensions and of those that are there.
func (rt *ResourceType) checkRequired(o *Object) error {
	for _, a := range rt.Schema.Attributes {
		if a.isMissing(o) {
			return InvalidValue("%s is required: give it a value", pointer(a.Name))
		}
	}
	for _, x := range rt.Extensions {
		extension := o.Object(x.Schema.ID)
		if extension == nil {
			if x.Required {
				return InvalidValue("%s is required: every %s has attributes of this extension", pointer(x.Schema.ID), rt.Name)
			}
			continue
		}
		for _, a := range x.Schema.Attributes {
			if a.isMissing(extension) {
				return InvalidValue("%s%s is required: give it a value", pointer(x.Schema.ID), pointer(a.Name))
			}
		}
	}
	return nil
}

// isMissing reports whether a value that a client has to give is not there.
func (a *Attribute) isMissing(o *Object) bool {
	return a.Required && a.Mutability != ReadOnly && !Present(o.Get(a.Name)) && (a.Parent != nil || findAttribute(commonAttributes, a.Name) == nil)
}

// keep carries over from the resource that is replaced what a client cannot set,
// and refuses a change of what can be set once (RFC 7644 section 3.5.1).
func (rt *ResourceType) keep(out, old *Object) *problem {
	for _, a := range rt.Schema.Attributes {
		if p := keepAttribute(a, out, old); p != nil {
			return p
		}
	}
	for _, x := range rt.Extensions {
		was := old.Object(x.Schema.ID)
		if was == nil {
			continue
		}
		now := out.Object(x.Schema.ID)
		if now == nil {
			now = &Object{}
		}
		for _, a := range x.Schema.Attributes {
			if p := keepAttribute(a, now, was); p != nil {
				return p.under(x.Schema.ID)
			}
		}
		if now.Len() > 0 {
			out.set(&x.Schema.ID, now)
		}
	}
	if meta, ok := old.Lookup("meta"); ok {
		out.Set("meta", meta)
	}
	return nil
}

func keepAttribute(a *Attribute, out, old *Object) *problem {
	was, had := old.Lookup(a.Name)
	if !had || Unassigned(was) {
		return nil
	}
	now, given := out.Lookup(a.Name)
	switch {
	case a.Mutability == ReadOnly:
		out.set(&a.Name, was)
		return nil
	case a.Mutability == Immutable && given && !Equal(now, was):
		return (&problem{detail: "is immutable and has a value: it cannot be changed", mutability: true}).under(a.Name)
	case a.Mutability == Immutable:
		out.set(&a.Name, was)
		return nil
	case !given || !a.hasFixedParts():
		return nil
	}
	return keepParts(a, now, was).under(a.Name)
}

// hasFixedParts reports whether there are sub-attributes that a client may not
// set, or set only once.
func (a *Attribute) hasFixedParts() bool {
	for _, sub := range a.Sub {
		if sub.Mutability == ReadOnly || sub.Mutability == Immutable {
			return true
		}
	}
	return false
}

// keepParts does for the sub-attributes what keep does for attributes. Elements of
// a multi-valued attribute are the same if their "value" is.
func keepParts(a *Attribute, now, was any) *problem {
	switch now := now.(type) {
	case *Object:
		if was, ok := was.(*Object); ok {
			for _, sub := range a.Sub {
				if p := keepAttribute(sub, now, was); p != nil {
					return p
				}
			}
		}
	case []any:
		before, _ := was.([]any)
		list := newElementList(a, before)
		for i, element := range now {
			at := list.sameValue(element)
			if at < 0 {
				continue
			}
			if p := keepParts(a, element, before[at]); p != nil {
				return p.under(itoa(i))
			}
		}
	}
	return nil
}
