package provisioner

import (
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// planned is a change in the making.
type planned struct {
	Change
	writes []Write
	// before is what the app was known to hold before the first write.
	before  *scim.Object
	after   *scim.Object
	goodbye *Goodbye
}

// describe fills in what the writes of a change would do.
func (c *planned) describe() {
	c.Requests = len(c.writes)
	sets := map[string]bool{}
	for _, w := range c.writes {
		for _, name := range w.Sets {
			sets[strings.ToLower(name)] = true
		}
		for subject := range w.Add {
			c.Joins = append(c.Joins, subject)
		}
		for subject := range w.Remove {
			c.Leaves = append(c.Leaves, subject)
		}
		switch w.Verb {
		case VerbReplace:
			c.Requests++ // it is laid over what is read first
		case VerbCreate:
			c.before, c.after = nil, w.Payload
			for name := range w.Payload.All() {
				sets[strings.ToLower(name)] = true
			}
		case VerbDelete:
			return
		}
	}
	slices.Sort(c.Joins)
	slices.Sort(c.Leaves)
	before, after := flatten(c.before), flatten(c.after)
	for _, f := range after {
		c.field(f, before.value(f.path), f.value, sets)
	}
	for _, f := range before {
		if scim.Unassigned(after.value(f.path)) {
			c.field(f, f.value, nil, sets)
		}
	}
}

func (c *planned) field(f flat, was, is any, sets map[string]bool) {
	if f.path == "schemas" || !sets[strings.ToLower(f.attribute)] || scim.Equal(was, is) {
		return
	}
	if id, ok := is.(string); ok && isUnmade(id) {
		is = "the app's id of" + id
	}
	c.Fields = append(c.Fields, fieldChange(f.path, was, is))
}

func fieldChange(path string, was, is any) FieldChange {
	change := FieldChange{Path: path}
	if !scim.Unassigned(was) {
		change.Old = scim.AppendValue(nil, was)
	}
	if !scim.Unassigned(is) {
		change.New = scim.AppendValue(nil, is)
	}
	return change
}

// A flat is a value of a resource that has no parts, under its path (RFC 7644 section
// 3.10), and the attribute that it is part of.
type flat struct {
	attribute, path string
	value           any
}

type flats []flat

func (list flats) value(path string) any {
	for _, f := range list {
		if f.path == path {
			return f.value
		}
	}
	return nil
}

// flatten takes complex attributes and extensions apart. Values of multi-valued ones
// stay together.
func flatten(o *scim.Object) (list flats) {
	for name, value := range o.All() {
		part, complex := value.(*scim.Object)
		if !complex {
			list = append(list, flat{name, name, value})
			continue
		}
		for _, f := range flatten(part) {
			list = append(list, flat{name, name + separator(name) + f.path, f.value})
		}
	}
	return list
}
