package scim

import "strings"

// A Projection says which attributes of a resource an answer carries (RFC 7644
// section 3.9). The zero Projection is what a request without parameters gets.
type Projection struct {
	only     []Ref
	excluded []Ref
	asked    bool
	core     string // the id of the core schema
	// Written is the resource that the request wrote, nil for a request that only
	// reads. Attributes that are returned on request come back where they were
	// written (RFC 7643 section 7, "returned"). What a complex attribute with one
	// value was given may be an array of such values.
	Written *Object
}

// ParseProjection reads the parameters attributes and excludedAttributes; each
// element may itself be a list with commas. Names that the type does not have are
// passed over, since another type of the same search may have them. Giving both
// parameters, or a name that is none, is an [Error] of type invalidValue.
func (rt *ResourceType) ParseProjection(attributes, excluded []string) (Projection, error) {
	p := Projection{core: rt.Schema.ID}
	var excludes bool
	var err error
	if p.only, p.asked, err = rt.refs(attributes); err != nil {
		return Projection{}, err
	}
	if p.excluded, excludes, err = rt.refs(excluded); err != nil {
		return Projection{}, err
	}
	if p.asked && excludes {
		return Projection{}, InvalidValue("attributes and excludedAttributes exclude each other: give one of them")
	}
	return p, nil
}

func (rt *ResourceType) refs(lists []string) (refs []Ref, given bool, err error) {
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.Trim(name, " ")
			if name == "" {
				continue
			}
			given = true
			path, err := ParseAttributePath(name)
			if err != nil {
				return nil, true, InvalidValue("attribute name %q: %s", clip(name), detailOf(err))
			}
			if ref, err := rt.Resolve(path); err == nil {
				refs = append(refs, ref)
			}
		}
	}
	return refs, given, nil
}

// Asked reports whether the request named the attributes it wants.
func (p Projection) Asked() bool { return p.asked }

// Wants reports whether an answer with this projection could carry the attribute,
// as a whole or in part: what is costly to fetch need not be fetched otherwise.
func (p Projection) Wants(a *Attribute) bool {
	return p.selection(a, p.Written.Get(a.Name)) != nothing
}

// A selection is how much of an attribute an answer carries.
type selection int

const (
	nothing selection = iota
	parts             // sub-attributes decide for themselves
	everything
)

// Project returns the resource as an answer carries it: always what is always
// returned, never what never is, the rest as asked (RFC 7643 section 7,
// "returned"). Names are in the schema's spelling; what the type does not define is
// left out. Values are shared with o.
func (rt *ResourceType) Project(o *Object, p Projection) *Object {
	out := newObject(o.Len())
	for name, v := range o.All() {
		if a := rt.Attribute(name); a != nil {
			p.copyAttribute(out, a, v, p.Written)
			continue
		}
		x := rt.Extension(name)
		extension, ok := v.(*Object)
		if x == nil || !ok {
			continue
		}
		part := newObject(extension.Len())
		for sub, v := range extension.All() {
			if a := x.Attribute(sub); a != nil {
				p.copyAttribute(part, a, v, p.Written.Object(x.ID))
			}
		}
		if part.Len() > 0 {
			out.put(&x.ID, part)
		}
	}
	return out
}

func (p Projection) copyAttribute(out *Object, a *Attribute, v any, written *Object) {
	selected := p.selection(a, written.Get(a.Name))
	if selected == parts {
		v = p.copyParts(a, v, writtenParts(written.Get(a.Name)))
	}
	if selected != nothing && v != nil {
		out.put(&a.Name, v)
	}
}

// copyParts returns what is left of a complex value, nil for nothing.
func (p Projection) copyParts(a *Attribute, v any, written *Object) any {
	switch v := v.(type) {
	case *Object:
		part := newObject(v.Len())
		for name, value := range v.All() {
			if sub := a.SubAttribute(name); sub != nil && p.selectsPart(sub, written.Get(name)) {
				part.put(&sub.Name, value)
			}
		}
		if part.Len() > 0 {
			return part
		}
	case []any:
		list := make([]any, 0, len(v))
		for _, element := range v {
			if part := p.copyParts(a, element, written); part != nil {
				list = append(list, part)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// writtenParts returns the parts of a complex value that a request wrote; of many
// values those that it wrote of any.
func writtenParts(written any) *Object {
	list, isList := written.([]any)
	if !isList {
		o, _ := written.(*Object)
		return o
	}
	all := &Object{}
	for _, element := range list {
		o, _ := element.(*Object)
		for name, v := range o.All() {
			if v != nil {
				all.Set(name, v)
			}
		}
	}
	return all
}

// selection decides about an attribute of the resource or of an extension.
func (p Projection) selection(a *Attribute, written any) selection {
	if a.Returned == ReturnedNever {
		return nothing
	}
	chosen := nothing
	switch {
	case p.asked:
		for _, ref := range p.only {
			switch {
			case p.covers(ref, a) && a.Returned != ReturnedRequest, ref.Attribute == a && ref.Sub == nil:
				chosen = everything
			case ref.Attribute == a:
				chosen = max(chosen, parts)
			}
		}
	case a.Returned != ReturnedRequest && !p.excludes(a), a.Returned == ReturnedRequest && written != nil:
		chosen = everything
	}
	if a.Returned == ReturnedAlways {
		chosen = everything
	}
	if chosen == everything && p.narrows(a) {
		return parts
	}
	return chosen
}

// covers reports whether a reference names the attribute's schema as a whole.
func (p Projection) covers(ref Ref, a *Attribute) bool {
	switch {
	case ref.Attribute != nil:
		return false
	case ref.Extension != nil:
		return a.URN == ref.Extension.ID
	default:
		return a.URN == p.core
	}
}

func (p Projection) excludes(a *Attribute) bool {
	for _, ref := range p.excluded {
		if p.covers(ref, a) || ref.Attribute == a && ref.Sub == nil {
			return true
		}
	}
	return false
}

// narrows reports whether an attribute that is selected as a whole may lose parts.
func (p Projection) narrows(a *Attribute) bool {
	for _, sub := range a.Sub {
		if sub.Returned == ReturnedNever || sub.Returned == ReturnedRequest {
			return true
		}
	}
	for _, ref := range p.excluded {
		if ref.Attribute == a && ref.Sub != nil {
			return true
		}
	}
	return false
}

// selectsPart decides about a sub-attribute of an attribute that is selected at
// least in part.
func (p Projection) selectsPart(sub *Attribute, written any) bool {
	switch sub.Returned {
	case ReturnedNever:
		return false
	case ReturnedAlways:
		return true
	}
	wholly := !p.asked
	for _, ref := range p.only {
		if ref.Sub == sub {
			return true
		}
		wholly = wholly || ref.Sub == nil && (ref.Attribute == sub.Parent || p.covers(ref, sub))
	}
	for _, ref := range p.excluded {
		if ref.Sub == sub {
			return false
		}
	}
	return wholly && (sub.Returned != ReturnedRequest || written != nil)
}
