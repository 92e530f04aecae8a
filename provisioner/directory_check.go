package provisioner

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A directoryReader turns resources into a directory and collects what is wrong
// with them.
type directoryReader struct {
	directory Directory
	problems  []Problem

	userType, groupType *scim.ResourceType
	// userIDs, groupIDs and userNames say where each first stood.
	userIDs, groupIDs, userNames map[string]place
	// members holds the members of each group and where they stood: members may come
	// before the users and groups that they name.
	members [][]namedMember
}

// A namedMember is a member as a file names it.
type namedMember struct {
	id   string
	kind Kind // "" if the file does not say
	at   place
}

func newDirectoryReader() *directoryReader {
	return &directoryReader{
		userType: scim.UserType(), groupType: scim.GroupType(),
		userIDs: map[string]place{}, groupIDs: map[string]place{}, userNames: map[string]place{},
	}
}

func (d *directoryReader) problem(at place, format string, args ...any) {
	d.problems = append(d.problems, Problem{Where: at.String(), What: fmt.Sprintf(format, args...)})
}

func (d *directoryReader) addUser(at place, o *scim.Object) {
	id := d.id(at, o, d.userIDs)
	attributes := d.resource(at, d.userType, o)
	if name := d.required(at, attributes, "userName"); name != "" {
		folded := strings.ToLower(name)
		if first, taken := d.userNames[folded]; taken {
			d.problem(at.at("userName"), "%q is also the userName of %s: give each user another one; letter case does not tell them apart", name, first)
		} else {
			d.userNames[folded] = at
		}
	}
	d.directory.Users = append(d.directory.Users, User{ID: id, Attributes: attributes})
}

func (d *directoryReader) addGroup(at place, o *scim.Object) {
	id := d.id(at, o, d.groupIDs)
	attributes := d.resource(at, d.groupType, o)
	d.required(at, attributes, "displayName")
	d.directory.Groups = append(d.directory.Groups, Group{ID: id, Attributes: attributes})
	d.members = append(d.members, d.readMembers(at.at("members"), o.Get("members")))
}

// id returns the directory's id of a resource. It travels in URLs and log lines,
// so it has no control characters and no blanks around it.
func (d *directoryReader) id(at place, o *scim.Object, taken map[string]place) string {
	v, found := o.Lookup("id")
	id, isText := v.(string)
	switch {
	case !found:
		d.problem(at, `has no "id": give it one that never changes`)
	case !isText:
		d.problem(at.at("id"), "is %s, not a string", describe(v))
	case id == "" || id == "." || id == ".." || strings.TrimSpace(id) != id || strings.ContainsFunc(id, unicode.IsControl):
		d.problem(at.at("id"), "%q will not do: an id is not empty, has no blanks around it, and no control characters; . and .. are none", id)
	default:
		if first, ok := taken[id]; ok {
			d.problem(at.at("id"), "%q is also the id of %s", id, first)
		} else {
			taken[id] = at
		}
	}
	return id
}

// required returns a text that every resource of the kind has.
func (d *directoryReader) required(at place, attributes *scim.Object, name string) string {
	v, found := attributes.Lookup(name)
	text, isText := v.(string)
	switch {
	case !found:
		d.problem(at, "has no %q", name)
	case isText && strings.TrimSpace(text) == "":
		d.problem(at.at(name), "is empty")
		return ""
	}
	return text
}

// readMembers returns the members that a group names.
func (d *directoryReader) readMembers(at place, v any) (members []namedMember) {
	if scim.Unassigned(v) {
		return nil
	}
	d.readArray(at, v, func(at place, o *scim.Object) {
		for name := range o.All() {
			if d.groupType.Schema.Attribute("members").SubAttribute(name) == nil {
				d.problem(at.at(name), "is not an attribute of a member")
			}
		}
		m := namedMember{at: at}
		var isText bool
		m.id, isText = o.Get("value").(string)
		switch kind := o.String("type"); {
		case strings.EqualFold(kind, string(KindGroup)):
			m.kind = KindGroup
		case strings.EqualFold(kind, string(KindUser)):
			m.kind = KindUser
		case kind != "":
			d.problem(at.at("type"), "is %q: use User or Group", kind)
		}
		if !isText || m.id == "" {
			d.problem(at, `has no "value": give the id of a user or a group`)
			return
		}
		members = append(members, m)
	})
	return members
}

// checkMembers runs last: a member may stand before what it names.
func (d *directoryReader) checkMembers() {
	for i := range d.directory.Groups {
		d.putMembers(i, func(m namedMember) (Kind, bool) {
			_, isUser := d.userIDs[m.id]
			_, isGroup := d.groupIDs[m.id]
			if isGroup && (m.kind == KindGroup || m.kind == "" && !isUser) {
				return KindGroup, true
			}
			return KindUser, isUser && m.kind != KindGroup
		})
	}
}

// putMembers puts the members of a group into it, each once, those that cannot be told
// left out.
func (d *directoryReader) putMembers(i int, tell func(namedMember) (kind Kind, ok bool)) {
	g := &d.directory.Groups[i]
	users, groups := map[string]bool{}, map[string]bool{}
	for _, m := range d.members[i] {
		kind, ok := tell(m)
		switch {
		case !ok && m.kind == KindGroup:
			d.problem(m.at, "there is no group with the id %q", m.id)
		case !ok:
			d.problem(m.at, "there is no user with the id %q", m.id)
		case kind == KindGroup && !groups[m.id]:
			groups[m.id] = true
			g.Groups = append(g.Groups, m.id)
		case kind == KindUser && !users[m.id]:
			users[m.id] = true
			g.Members = append(g.Members, m.id)
		}
	}
}

// resource returns the attributes of a resource that the directory keeps.
func (d *directoryReader) resource(at place, rt *scim.ResourceType, o *scim.Object) *scim.Object {
	out := scim.NewObject()
	for name, v := range o.All() {
		if ext := rt.Extension(name); ext != nil {
			d.extension(at.at(name), out, ext, v)
			continue
		}
		attr := rt.Attribute(name)
		switch {
		case strings.EqualFold(name, "schemas"), strings.EqualFold(name, "resourceType"):
			// They say what the resource is, not who.
		case attr == nil:
			d.problem(at.at(name), "%s", unknown(rt, name))
		case rt == d.groupType && attr.Name == "members":
			// Kept apart, see readMembers.
		default:
			d.attribute(at.at(name), out, attr, v)
		}
	}
	return out
}

func (d *directoryReader) extension(at place, out *scim.Object, schema *scim.Schema, v any) {
	if v == nil {
		return
	}
	o, ok := v.(*scim.Object)
	if !ok {
		d.problem(at, "is %s, not an object", describe(v))
		return
	}
	values := scim.NewObject()
	for name, v := range o.All() {
		if attr := schema.Attribute(name); attr != nil {
			d.attribute(at.at(name), values, attr, v)
		} else {
			d.problem(at.at(name), "%q is not an attribute of %s", name, schema.ID)
		}
	}
	if !scim.Unassigned(values) {
		out.Set(schema.ID, values)
	}
}

// unknown says that a type has no such attribute, and where it is meant to go if
// an extension has one.
func unknown(rt *scim.ResourceType, name string) string {
	for _, e := range rt.Extensions {
		if a := e.Schema.Attribute(name); a != nil {
			return fmt.Sprintf("%q belongs to an extension: put it inside %q", a.Name, e.Schema.ID)
		}
	}
	return fmt.Sprintf("%q is not an attribute of a %s (RFC 7643)", name, strings.ToLower(rt.Name))
}

// attribute checks a value against its definition and keeps it in out.
func (d *directoryReader) attribute(at place, out *scim.Object, attr *scim.Attribute, v any) {
	switch {
	case scim.Unassigned(v), attr.Mutability == scim.ReadOnly:
		return
	case attr.Mutability == scim.WriteOnly:
		d.problem(at, "is a secret that apps are never given: remove it from the directory")
		return
	case !attr.MultiValued:
		if v, ok := d.value(at, attr, v); ok {
			out.Set(attr.Name, v)
		}
		return
	}
	elements, ok := v.([]any)
	if !ok {
		d.problem(at, "is %s, not an array", describe(v))
		return
	}
	var kept []any
	primary := 0
	for i, e := range elements {
		e, ok := d.value(at.index(i), attr, e)
		if !ok {
			continue
		}
		kept = append(kept, e)
		if o, isObject := e.(*scim.Object); isObject && o.Get("primary") == true {
			primary++
		}
	}
	if primary > 1 {
		d.problem(at, "has %d primary values: mark one", primary)
	}
	if len(kept) > 0 {
		out.Set(attr.Name, kept)
	}
}

// value checks one value. It returns false for a value that is not kept.
func (d *directoryReader) value(at place, attr *scim.Attribute, v any) (any, bool) {
	if attr.Type != scim.TypeComplex {
		if !hasType(v, attr.Type) {
			d.problem(at, "is %s, not %s", describe(v), article(attr.Type))
			return nil, false
		}
		return v, true
	}
	o, ok := v.(*scim.Object)
	if !ok {
		d.problem(at, "is %s, not an object", describe(v))
		return nil, false
	}
	out := scim.NewObject()
	for name, v := range o.All() {
		sub := attr.SubAttribute(name)
		if sub == nil {
			d.problem(at.at(name), "%q is not an attribute of %s", name, attr.Name)
			continue
		}
		d.attribute(at.at(name), out, sub, v)
	}
	return out, !scim.Unassigned(out)
}

// hasType tells whether a JSON value can stand for a type of RFC 7643 section 2.3.
func hasType(v any, typ string) bool {
	switch typ {
	case scim.TypeBoolean:
		_, ok := v.(bool)
		return ok
	case scim.TypeInteger:
		n, ok := v.(json.Number)
		return ok && !strings.ContainsAny(n.String(), ".eE")
	case scim.TypeDecimal:
		_, ok := v.(json.Number)
		return ok
	default:
		_, ok := v.(string)
		return ok
	}
}

func article(typ string) string {
	switch typ {
	case scim.TypeInteger:
		return "an integer"
	case scim.TypeDecimal:
		return "a number"
	case scim.TypeBoolean:
		return "a boolean (true or false, without quotes)"
	default:
		return "a string"
	}
}

func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprintf("the boolean %t", v)
	case string:
		return "a string"
	case json.Number:
		return "the number " + v.String()
	case []any:
		return "an array"
	default:
		return "an object"
	}
}
