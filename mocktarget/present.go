package mocktarget

import (
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A presenter turns records of one root into resources as clients see them. base
// is the URL of the SCIM service they asked.
type presenter struct {
	root *root
	base string
}

// location returns the URL of a resource.
func (p presenter) location(typ *resourceType, id string) string {
	return p.base + typ.Endpoint + "/" + url.PathEscape(id)
}

// etag returns the version of a record as an entity tag. It is weak: what is
// computed, such as the groups of a user, may differ between equal versions.
func etag(rec *record) string { return `W/"` + strconv.FormatUint(rec.version, 10) + `"` }

// present returns a resource with what the server computes, as far as the
// projection lets through.
func (p presenter) present(typ *resourceType, slot uint32, rec *record, projection scim.Projection) *scim.Object {
	const computed = 4
	return typ.ProjectFields(p.fields(typ, slot, rec, projection), rec.document.Len()+computed, projection)
}

// fields ranges over the attributes of a resource: what is stored and what the server
// computes, as far as the projection wants it.
func (p presenter) fields(typ *resourceType, slot uint32, rec *record, projection scim.Projection) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for name, v := range rec.document.All() {
			if extension, ok := v.(*scim.Object); ok && typ.manager != nil && name == typ.manager.URN {
				p.nameManager(typ, extension)
			}
			if !yield(name, v) || name == "schemas" && !yield("id", rec.id) {
				return
			}
		}
		if typ.members != nil && rec.members.len() > 0 && projection.Wants(typ.members) {
			if !yield(typ.members.Name, p.members(typ.model, rec)) {
				return
			}
		}
		if typ.groups != nil && projection.Wants(typ.groups) {
			if groups := p.groups(typ, slot); len(groups) > 0 && !yield(typ.groups.Name, groups) {
				return
			}
		}
		yield("meta", p.meta(typ, rec))
	}
}

func (p presenter) meta(typ *resourceType, rec *record) *scim.Object {
	return scim.NewObject(
		scim.Field{Name: "resourceType", Value: typ.Name},
		scim.Field{Name: "created", Value: stamp(rec.created)},
		scim.Field{Name: "lastModified", Value: stamp(rec.modified)},
		scim.Field{Name: "location", Value: p.location(typ, rec.id)},
		scim.Field{Name: "version", Value: etag(rec)},
	)
}

// members returns the members of a group as the elements of the attribute.
func (p presenter) members(m *model, rec *record) []any {
	list := make([]any, 0, rec.members.len())
	for _, held := range rec.members.list.all() {
		list = append(list, p.member(m, held))
	}
	return list
}

func (p presenter) member(model *model, m member) *scim.Object {
	typ, held := model.types[m.ref.place()], p.root.at(m.ref)
	element := scim.NewObject(
		scim.Field{Name: "value", Value: held.id},
		scim.Field{Name: "$ref", Value: p.location(typ, held.id)},
		scim.Field{Name: "type", Value: typ.Name},
	)
	for name, v := range m.rest.All() {
		element.Set(name, v)
	}
	return element
}

// groups returns the groups of a resource as the elements of the attribute.
func (p presenter) groups(typ *resourceType, slot uint32) []any {
	var list []any
	for _, m := range p.root.memberships(typ.model, makeRef(typ, slot)) {
		fields := append(make([]scim.Field, 0, 4),
			scim.Field{Name: "value", Value: m.record.id},
			scim.Field{Name: "$ref", Value: p.location(m.typ, m.record.id)},
		)
		if display := m.record.document.String("displayName"); display != "" {
			fields = append(fields, scim.Field{Name: "display", Value: display})
		}
		kind := "indirect"
		if m.direct {
			kind = "direct"
		}
		list = append(list, scim.NewObject(append(fields, scim.Field{Name: "type", Value: kind})...))
	}
	return list
}

// nameManager completes the manager in a user's enterprise extension with the link
// and the name of the user it refers to, if there is one (RFC 7643 section 4.3).
func (p presenter) nameManager(typ *resourceType, extension *scim.Object) {
	manager := extension.Object(typ.manager.Name)
	id := manager.String("value")
	if id == "" {
		return
	}
	_, rec := p.root.lookup(typ, id)
	if rec == nil {
		return
	}
	if manager.String("$ref") == "" {
		manager.Set("$ref", p.location(typ, id))
	}
	if display := rec.document.String("displayName"); display != "" {
		manager.Set("displayName", display)
	}
}

// lastSegment returns the unescaped last segment of a URL's path: the id in the
// location of a resource.
func lastSegment(location string) string {
	segment := location[strings.LastIndexByte(location, '/')+1:]
	if unescaped, err := url.PathUnescape(segment); err == nil {
		return unescaped
	}
	return segment
}
