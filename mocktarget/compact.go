package mocktarget

import (
	"hash/maphash"
	"slices"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A compactor rewrites documents to take less room before they are stored: slices
// of the right size, and one copy of values that many resources share, such as
// "work" or the name of a department. It is used by one write at a time.
type compactor struct {
	seed    maphash.Seed
	recent  [4096]any // strings in boxes, each in the place its hash says
	schemas [][]any
}

// longestShared is the length up to which strings are worth sharing.
const longestShared = 64

// document returns a copy of a document, which must not be changed any more.
func (c *compactor) document(o *scim.Object) *scim.Object {
	fields := make([]scim.Field, 0, o.Len())
	for name, v := range o.All() {
		if list, ok := v.([]any); ok && name == "schemas" {
			v = c.schemaList(list)
		} else {
			v = c.value(v)
		}
		fields = append(fields, scim.Field{Name: name, Value: v})
	}
	return scim.NewObject(fields...)
}

func (c *compactor) value(boxed any) any {
	switch v := boxed.(type) {
	case string:
		if len(v) > longestShared {
			return boxed
		}
		place := &c.recent[maphash.String(c.seed, v)%uint64(len(c.recent))]
		if *place != boxed {
			*place = boxed
		}
		return *place
	case *scim.Object:
		return c.document(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = c.value(v[i])
		}
		return list
	default:
		return boxed
	}
}

// schemaList returns the one copy of a list of schemas.
func (c *compactor) schemaList(list []any) []any {
	for _, known := range c.schemas {
		if slices.Equal(known, list) {
			return known
		}
	}
	list = slices.Clone(list)
	c.schemas = append(c.schemas, list)
	return list
}
