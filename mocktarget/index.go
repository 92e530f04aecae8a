package mocktarget

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// An index finds the resources that hold a value of one attribute. The first
// index of a type is of the id.
type index struct {
	name      string          // as shown to people, such as "emails.value"
	attribute *scim.Attribute // nil for the common attributes id and externalId
	extension string          // the schema the attribute's container is named after, "" for core
	unique    bool
	exact     bool // letter case counts
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
	indexes := []*index{{name: "id", exact: true}, {name: "externalId", exact: true}}
	add := func(s *scim.Schema, extension string) {
		for _, a := range s.Attributes {
			for _, leaf := range append([]*scim.Attribute{a}, a.Sub...) {
				if leaf.Type == scim.TypeComplex || leaf.Returned == scim.ReturnedNever {
					continue // to find a secret taken would be to know somebody's
				}
				name := leaf.Path()
				if extension != "" {
					name = extension + ":" + name
				}
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
				indexes = append(indexes, &index{
					name: name, attribute: leaf, extension: extension, unique: unique, exact: leaf.CaseExact,
				})
			}
		}
	}
	add(typ.Schema, "")
	for _, extension := range typ.Extensions {
		add(extension.Schema, extension.Schema.ID)
	}
	return indexes
}

// keys ranges over the keys a record has in the index.
func (x *index) keys(rec *record) iter.Seq[string] {
	return func(yield func(string) bool) {
		if x.name == "id" {
			yield(rec.id)
			return
		}
		x.each(rec.document, func(v any) bool {
			key, ok := x.key(v)
			return !ok || yield(key)
		})
	}
}

// each calls visit with each value of the indexed attribute until it returns
// false.
func (x *index) each(document *scim.Object, visit func(any) bool) {
	if x.attribute == nil {
		if v := document.Get(x.name); v != nil {
			visit(v)
		}
		return
	}
	if x.extension != "" {
		document = document.Object(x.extension)
	}
	a := x.attribute
	if a.Parent == nil {
		eachElement(document.Get(a.Name), visit)
		return
	}
	eachElement(document.Get(a.Parent.Name), func(parent any) bool {
		o, ok := parent.(*scim.Object)
		return !ok || eachElement(o.Get(a.Name), visit)
	})
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

// key returns the text under which a value is filed; values that a filter finds
// equal have the same one.
func (x *index) key(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		switch {
		case x.name == "id":
			return v, true // the server's own text, which nobody composes anew
		case x.attribute != nil && x.attribute.Type == scim.TypeDateTime:
			t, ok := scim.ParseDateTime(v)
			return t.Format(time.RFC3339Nano), ok
		case x.exact:
			return scim.Compose(v), true
		default:
			return scim.Fold(v), true
		}
	case json.Number:
		return scim.NumberKey(v), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	default:
		return "", false
	}
}

// shown returns the value of a record that has a key, as the client wrote it.
func (x *index) shown(rec *record, key string) string {
	shown := key
	x.each(rec.document, func(v any) bool {
		if k, _ := x.key(v); k == key {
			if s, ok := v.(string); ok {
				shown = s
			}
			return false
		}
		return true
	})
	return shown
}

// same reports whether two records have the same keys in the same order.
func (x *index) same(a, b *record) bool {
	if a.document == b.document {
		return true
	}
	return slices.Equal(slices.Collect(x.keys(a)), slices.Collect(x.keys(b)))
}
