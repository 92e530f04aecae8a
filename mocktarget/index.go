package mocktarget

import (
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// An index finds the resources that hold a value of one attribute. The first
// index of a type is of the id.
type index struct {
	name   string // as shown to people, such as "emails.value"
	ref    scim.Ref
	unique bool
	exact  bool // letter case counts
}

// indexedPaths are attributes that clients look resources up by, beside those
// whose uniqueness is declared.
func indexedPaths() []string {
	return []string{
		"displayName", "emails.value", "phoneNumbers.value",
		scim.EnterpriseUserSchema + ":employeeNumber", scim.EnterpriseUserSchema + ":manager.value",
	}
}

func newIndexes(typ *resourceType) []*index {
	indexes := []*index{
		{name: "id", ref: scim.Ref{Attribute: typ.Attribute("id")}, exact: true},
		{name: "externalId", ref: scim.Ref{Attribute: typ.Attribute("externalId")}, exact: true},
	}
	add := func(s, extension *scim.Schema) {
		for _, a := range s.Attributes {
			for _, ref := range simpleRefs(extension, a) {
				leaf := ref.Target()
				if leaf.Returned == scim.ReturnedNever {
					continue // to find a secret taken would be to know somebody's
				}
				name := ref.String()
				if name == "displayName" && typ.members == nil {
					continue // people look for groups by it
				}
				unique := leaf.Uniqueness == scim.UniqueServer || leaf.Uniqueness == scim.UniqueGlobal
				if a == typ.members || a == typ.groups || !unique && !slices.Contains(indexedPaths(), name) {
					continue
				}
				if slices.Contains([]string{"id", "externalid", "meta"}, strings.ToLower(name)) {
					continue // older schemas list the common attributes again
				}
				indexes = append(indexes, &index{name: name, ref: ref, unique: unique, exact: leaf.CaseExact})
			}
		}
	}
	add(typ.Schema, nil)
	for _, extension := range typ.Extensions {
		add(extension.Schema, extension.Schema)
	}
	return indexes
}

// simpleRefs returns references to an attribute, or to its sub-attributes, as far as
// they have no parts.
func simpleRefs(extension *scim.Schema, a *scim.Attribute) []scim.Ref {
	if a.Type != scim.TypeComplex {
		return []scim.Ref{{Extension: extension, Attribute: a}}
	}
	var refs []scim.Ref
	for _, sub := range a.Sub {
		if sub.Type != scim.TypeComplex {
			refs = append(refs, scim.Ref{Extension: extension, Attribute: a, Sub: sub})
		}
	}
	return refs
}

// texts calls visit with the values a record has of the indexed attribute, as the
// client wrote them, until it returns false.
func (x *index) texts(rec *record, visit func(string) bool) {
	if x.name == "id" {
		visit(rec.id)
		return
	}
	rec.document.Texts(x.ref, visit)
}

// keys ranges over the keys a record has in the index.
func (x *index) keys(rec *record) iter.Seq[string] {
	return func(yield func(string) bool) {
		x.texts(rec, func(text string) bool { return yield(x.fold(text)) })
	}
}

// is reports whether the index is of what a reference names.
func (x *index) is(ref scim.Ref) bool { return x.ref == ref }

// key returns the text under which a value is filed; values that a filter finds
// equal have the same one.
func (x *index) key(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return x.fold(v), true
	case json.Number:
		return x.fold(v.String()), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

// fold returns the key of a value that is written as a text.
func (x *index) fold(text string) string {
	switch x.ref.Target().Type {
	case scim.TypeInteger, scim.TypeDecimal:
		return scim.NumberKey(json.Number(text))
	case scim.TypeDateTime:
		if t, ok := scim.ParseDateTime(text); ok {
			return t.Format(time.RFC3339Nano)
		}
	}
	switch {
	case x.name == "id":
		return text // the server's own, which nobody composes anew
	case x.exact:
		return scim.Compose(text)
	default:
		return scim.Fold(text)
	}
}

// eachElement visits a value, or each element if it is an array.
func eachElement(v any, visit func(any) bool) bool {
	if list, ok := v.([]any); ok {
		for _, element := range list {
			if !visit(element) {
				return false
			}
		}
		return true
	}
	return v == nil || visit(v)
}

// shown returns the value of a record that has a key, as the client wrote it.
func (x *index) shown(rec *record, key string) string {
	shown := key
	x.texts(rec, func(text string) bool {
		if x.fold(text) != key {
			return true
		}
		shown = text
		return false
	})
	return shown
}

// same reports whether two records have the same keys in the same order.
func (x *index) same(a, b *record) bool {
	return a.document == b.document || slices.Equal(slices.Collect(x.keys(a)), slices.Collect(x.keys(b)))
}
