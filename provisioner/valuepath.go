package provisioner

import (
	"errors"
	"fmt"
	"strings"

	filter "github.com/scim2/filter-parser/v2"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A valuePath leads to one value of a user, the way columns of a directory file and
// rules of a mapping name it: userName, name.givenName,
// emails[type eq "work"].value or
// urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department.
type valuePath struct {
	text string
	// ref is the attribute that is led to; its Sub is nil for a whole one.
	ref scim.Ref
	// match are the values that tell elements of a multi-valued attribute apart.
	match []scim.Field
}

// parseValuePath reads a path into a user. An attribute of a schema that is not
// among the user's is taken for one of no known type.
func parseValuePath(rt *scim.ResourceType, text string) (valuePath, error) {
	p := valuePath{text: text}
	path, err := scim.ParsePath(text)
	if err != nil {
		return p, errors.New(detail(err))
	}
	if p.ref, err = resolveOrInvent(rt, path.AttributePath); err != nil {
		return p, err
	}
	attr := p.ref.Attribute
	if attr == nil {
		return p, errors.New("is a whole schema: name one attribute of it behind a colon")
	}
	if path.SubAttribute != nil {
		if p.ref.Sub = part(attr, *path.SubAttribute); p.ref.Sub == nil {
			return p, fmt.Errorf("%s has no part %q", attr.Name, *path.SubAttribute)
		}
	}
	if path.ValueExpression != nil {
		p.match, err = matches(attr, path.ValueExpression)
	}
	return p, err
}

func resolveOrInvent(rt *scim.ResourceType, path scim.AttributePath) (scim.Ref, error) {
	ref, err := rt.Resolve(path)
	switch {
	case err == nil:
		return ref, nil
	case path.URIPrefix == nil && rt.Attribute(path.AttributeName) == nil:
		return ref, errors.New(unknown(rt, path.AttributeName))
	case path.URIPrefix == nil, rt.Extension(*path.URIPrefix) != nil, path.AttributeName == "",
		strings.EqualFold(*path.URIPrefix, rt.Schema.ID):
		return ref, errors.New(detail(err))
	}
	ref = scim.Ref{
		Extension: &scim.Schema{ID: *path.URIPrefix},
		Attribute: &scim.Attribute{Name: path.AttributeName, URN: *path.URIPrefix},
	}
	if path.SubAttribute != nil {
		ref.Sub = part(ref.Attribute, *path.SubAttribute)
	}
	return ref, nil
}

// invented reports whether nothing is known of the attribute but its name.
func (p *valuePath) invented() bool { return p.ref.Attribute.Type == "" }

// part returns a sub-attribute, or nil if the attribute is known not to have it.
func part(attr *scim.Attribute, name string) *scim.Attribute {
	if attr.Type == "" {
		return &scim.Attribute{Name: name, Parent: attr, URN: attr.URN}
	}
	return attr.SubAttribute(name)
}

// matches returns the values that a filter such as type eq "work" asks for.
func matches(attr *scim.Attribute, e scim.Expression) ([]scim.Field, error) {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		if e.Operator != filter.AND {
			return nil, errFilter
		}
		left, err := matches(attr, e.Left)
		if err != nil {
			return nil, err
		}
		right, err := matches(attr, e.Right)
		return append(left, right...), err
	case *filter.AttributeExpression:
		sub := part(attr, e.AttributePath.AttributeName)
		if sub == nil || e.Operator != filter.EQ {
			return nil, errFilter
		}
		return []scim.Field{{Name: sub.Name, Value: e.CompareValue}}, nil
	default:
		return nil, errFilter
	}
}

var errFilter = errors.New(`brackets take comparisons with eq, such as [type eq "work"], joined by and`)

// list reports whether the path leads to several values at a time.
func (p *valuePath) list() bool { return p.ref.Attribute.MultiValued && p.ref.Sub == nil }

// inElement reports whether the path leads into an element of a list.
func (p *valuePath) inElement() bool {
	return p.ref.Sub != nil && (p.ref.Attribute.MultiValued || len(p.match) > 0)
}

// key tells paths apart.
func (p *valuePath) key() string {
	key := p.elementKey()
	if p.ref.Sub != nil {
		key += "." + p.ref.Sub.Name
	}
	return strings.ToLower(key)
}

// elementKey tells apart the elements of multi-valued attributes that paths lead
// into.
func (p *valuePath) elementKey() string {
	key := p.attribute()
	for _, m := range p.match {
		key += fmt.Sprintf("[%s=%v]", m.Name, m.Value)
	}
	return key
}

// attribute names the attribute without its parts.
func (p *valuePath) attribute() string {
	return scim.Ref{Extension: p.ref.Extension, Attribute: p.ref.Attribute}.String()
}

// set puts a value where the path leads. elements are those that other paths of the
// same user have made.
func (p *valuePath) set(user *scim.Object, elements map[string]*scim.Object, value any) {
	home := user
	if p.ref.Extension != nil {
		home = child(user, p.ref.Extension.ID)
	}
	name := p.ref.Attribute.Name
	switch {
	case p.ref.Sub == nil:
		home.Set(name, value)
	case p.inElement():
		element := elements[p.elementKey()]
		if element == nil {
			element = scim.NewObject(p.match...)
			elements[p.elementKey()] = element
			home.Set(name, append(home.Array(name), element))
		}
		element.Set(p.ref.Sub.Name, value)
	default:
		child(home, name).Set(p.ref.Sub.Name, value)
	}
}

// clear takes away what set has put, of a list all of it.
func (p *valuePath) clear(user *scim.Object) {
	home := user
	if p.ref.Extension != nil {
		home = user.Object(p.ref.Extension.ID)
	}
	name := p.ref.Attribute.Name
	if complex := home.Object(name); complex != nil && p.ref.Sub != nil && !p.inElement() {
		complex.Delete(p.ref.Sub.Name)
		if complex.Len() > 0 {
			return
		}
	}
	if home != nil {
		home.Delete(name)
	}
	if p.ref.Extension != nil && home.Len() == 0 {
		user.Delete(p.ref.Extension.ID)
	}
}

func child(o *scim.Object, name string) *scim.Object {
	if o.Object(name) == nil {
		o.Set(name, scim.NewObject())
	}
	return o.Object(name)
}

// get returns what a user has where the path leads, nil if that is nothing. A path
// with brackets but no part leads to all elements that match; a part of a
// multi-valued attribute is that of the first element that matches, or without
// brackets of the primary one if there is one.
func (p *valuePath) get(user *scim.Object) any {
	home := user
	if p.ref.Extension != nil {
		home = user.Object(p.ref.Extension.ID)
	}
	value := home.Get(p.ref.Attribute.Name)
	elements, isArray := value.([]any)
	if !isArray {
		return p.part(value)
	}
	if p.ref.Sub == nil && p.match == nil {
		return value
	}
	var found []any
	for _, e := range elements {
		if o, ok := e.(*scim.Object); ok && p.matches(o) {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 0:
		return nil
	case p.ref.Sub == nil:
		return found
	}
	if p.match == nil {
		for _, e := range found {
			if e.(*scim.Object).Get("primary") == true {
				return p.part(e)
			}
		}
	}
	return p.part(found[0])
}

func (p *valuePath) part(value any) any {
	if p.ref.Sub == nil {
		return value
	}
	o, _ := value.(*scim.Object)
	return o.Get(p.ref.Sub.Name)
}

// matches reports whether an element has the values in the brackets. A boolean that
// is missing counts as false.
func (p *valuePath) matches(element *scim.Object) bool {
	for _, m := range p.match {
		have := element.Get(m.Name)
		text, isText := m.Value.(string)
		switch {
		case isText:
			if other, ok := have.(string); !ok || !strings.EqualFold(text, other) {
				return false
			}
		case m.Value == false && have == nil:
		case !scim.Equal(m.Value, have):
			return false
		}
	}
	return true
}
