// Package scim holds the words of SCIM 2.0 (RFC 7643, RFC 7644): resources,
// schemas, paths, filters, patches, lists, errors and the discovery documents. It
// does no I/O; servers and clients are built from it.
//
// Start with [ParseObject] for a body, [UserType] and [GroupType] for the kinds of
// resource, [ParseFilter] and [ResourceType.CompileFilter] for queries,
// [ParsePatch] and [ResourceType.Apply] for changes. Whatever is wrong with a
// request comes back as an [Error], which is also what goes over the wire.
package scim

import (
	"encoding/json"
	"iter"
	"slices"
)

// An Object is a JSON object as SCIM reads it: attribute names match whatever
// their letter case (RFC 7643 section 2.1) and keep the order and spelling they
// came in. A resource is the outermost Object of a document, a complex value is
// an Object inside one.
//
// Values are nil, bool, string, [json.Number], *Object or []any of these; numbers
// stay text so that no digit is lost. The zero Object is empty and ready to use.
// Objects may be shared between goroutines as long as nobody changes them.
type Object struct {
	fields []slot
}

// A slot is a field as an Object keeps it. Resources that were validated share
// their names with the schema, so that a million of them have no names of their
// own.
type slot struct {
	name  *string
	value any
}

// A Field is one name and value of an [Object].
type Field struct {
	Name  string
	Value any
}

// NewObject returns an object of the given fields. A later field replaces an
// earlier one of the same name.
func NewObject(fields ...Field) *Object {
	o := newObject(len(fields))
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		o.set(&names[i], f.Value)
	}
	return o
}

// Len returns the number of fields.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.fields)
}

// All ranges over the fields in their order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for _, f := range o.fields {
			if !yield(*f.name, f.value) {
				return
			}
		}
	}
}

// Lookup returns the value of the named field and whether there is one.
func (o *Object) Lookup(name string) (any, bool) {
	if i := o.index(name); i >= 0 {
		return o.fields[i].value, true
	}
	return nil, false
}

// Get returns the value of the named field, nil if there is none.
func (o *Object) Get(name string) any {
	v, _ := o.Lookup(name)
	return v
}

// String returns the named field if it is a string, otherwise "".
func (o *Object) String(name string) string {
	s, _ := o.Get(name).(string)
	return s
}

// Bool returns the named field if it is a boolean; ok is false otherwise.
func (o *Object) Bool(name string) (value, ok bool) {
	value, ok = o.Get(name).(bool)
	return value, ok
}

// Object returns the named field if it is an object, otherwise nil. A nil
// *Object answers every reading method as an empty one does.
func (o *Object) Object(name string) *Object {
	v, _ := o.Get(name).(*Object)
	return v
}

// Array returns the named field if it is an array, otherwise nil.
func (o *Object) Array(name string) []any {
	v, _ := o.Get(name).([]any)
	return v
}

// Set gives the named field a value. A field that exists keeps its place and
// takes the new spelling of the name.
func (o *Object) Set(name string, value any) {
	if i := o.index(name); i >= 0 && *o.fields[i].name == name {
		o.fields[i].value = value
		return
	}
	o.set(&name, value)
}

// set is Set with a name that is shared.
func (o *Object) set(name *string, value any) {
	if i := o.index(*name); i >= 0 {
		o.fields[i] = slot{name, value}
		return
	}
	o.put(name, value)
}

// Delete removes the named field and reports whether it was there.
func (o *Object) Delete(name string) bool {
	i := o.index(name)
	if i < 0 {
		return false
	}
	o.fields = slices.Delete(o.fields, i, i+1)
	return true
}

// Clone returns a deep copy.
func (o *Object) Clone() *Object {
	if o == nil {
		return nil
	}
	c := newObject(len(o.fields))
	for _, f := range o.fields {
		c.put(f.name, CloneValue(f.value))
	}
	return c
}

// ID returns the "id" attribute, "" if there is none (RFC 7643 section 3.1).
func (o *Object) ID() string { return o.String("id") }

// ExternalID returns the "externalId" attribute, "" if there is none.
func (o *Object) ExternalID() string { return o.String("externalId") }

// Schemas returns the URIs in the "schemas" attribute; values that are not
// strings are left out.
func (o *Object) Schemas() []string {
	var uris []string
	for _, v := range o.Array("schemas") {
		if s, ok := v.(string); ok {
			uris = append(uris, s)
		}
	}
	return uris
}

func (o *Object) index(name string) int {
	if o == nil {
		return -1
	}
	for i := range o.fields {
		if sameName(*o.fields[i].name, name) {
			return i
		}
	}
	return -1
}

// get returns the value of the field whose name is the given string, or one that
// differs in letter case.
func (o *Object) get(name *string) any {
	if o == nil {
		return nil
	}
	for i := range o.fields {
		if f := &o.fields[i]; f.name == name || sameName(*f.name, *name) {
			return f.value
		}
	}
	return nil
}

// put adds a field that is not there yet. The name is shared.
func (o *Object) put(name *string, value any) {
	o.fields = append(o.fields, slot{name, value})
}

// CloneValue returns a deep copy of an attribute value.
func CloneValue(v any) any {
	switch v := v.(type) {
	case *Object:
		return v.Clone()
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = CloneValue(v[i])
		}
		return c
	default:
		return v
	}
}

// Unassigned reports whether an attribute value counts as absent: nil, an empty
// array or an object with nothing assigned in it (RFC 7643 section 2.5).
func Unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case *Object:
		for _, f := range v.All() {
			if !Unassigned(f) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Equal reports whether two attribute values are the same: names match whatever
// their case, the order of an object's fields does not matter, the order of an
// array's elements does, and an unassigned field equals an absent one.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case *Object:
		b, ok := b.(*Object)
		return ok && a.covers(b) && b.covers(a)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && CompareNumbers(a, b) == 0
	default:
		return a == b
	}
}

// covers reports whether every assigned field of o has its equal in other.
func (o *Object) covers(other *Object) bool {
	for name, v := range o.All() {
		if !Unassigned(v) && !Equal(v, other.Get(name)) {
			return false
		}
	}
	return true
}
