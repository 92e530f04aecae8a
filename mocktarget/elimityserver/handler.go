package elimityserver

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	elimity "github.com/elimity-com/scim"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A handler is what the library asks for the resources of one type.
type handler struct {
	memory *memory
	table  *table
}

var _ elimity.ResourceHandler = (*handler)(nil)

// Create stores a new resource.
func (h *handler) Create(_ *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	created := h.memory.now().UTC().Format(time.RFC3339)
	meta := scim.NewObject(
		scim.Field{Name: "resourceType", Value: h.table.rt.Name},
		scim.Field{Name: "created", Value: created},
		scim.Field{Name: "lastModified", Value: created},
	)
	o := h.object(attributes, h.memory.newID(), meta)
	if err := h.table.put(o); err != nil {
		return elimity.Resource{}, err
	}
	return resource(o)
}

// Get returns the resource with that id.
func (h *handler) Get(_ *http.Request, id string) (elimity.Resource, error) {
	h.memory.mu.RLock()
	defer h.memory.mu.RUnlock()
	o, err := h.table.get(id)
	if err != nil {
		return elimity.Resource{}, err
	}
	return resource(o)
}

// GetAll returns a page of the resources that match the request's filter, in
// the order of their creation. The library has validated the filter; its text
// is read again because the library's form of it has undecoded strings.
func (h *handler) GetAll(r *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	matches := func(*scim.Object) bool { return true }
	if text := strings.TrimSpace(r.URL.Query().Get("filter")); text != "" {
		expression, err := scim.ParseFilter(text)
		if err != nil {
			return elimity.Page{}, err
		}
		if matches, err = h.table.rt.CompileFilter(expression); err != nil {
			return elimity.Page{}, err
		}
	}
	h.memory.mu.RLock()
	rows := slices.Clone(h.table.rows)
	h.memory.mu.RUnlock()
	page := elimity.Page{Resources: []elimity.Resource{}}
	for _, o := range rows {
		if !matches(o) {
			continue
		}
		page.TotalResults++
		if page.TotalResults < params.StartIndex || len(page.Resources) == params.Count {
			continue
		}
		res, err := resource(o)
		if err != nil {
			return elimity.Page{}, err
		}
		page.Resources = append(page.Resources, res)
	}
	return page, nil
}

// Replace puts new attributes in place of all old ones.
func (h *handler) Replace(_ *http.Request, id string, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	old, err := h.table.get(id)
	if err != nil {
		return elimity.Resource{}, err
	}
	o := h.object(attributes, id, old.Object("meta"))
	h.memory.stamp(o)
	if err := h.table.put(o); err != nil {
		return elimity.Resource{}, err
	}
	return resource(o)
}

// Delete removes the resource with that id, also from the members of groups.
func (h *handler) Delete(_ *http.Request, id string) error {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	if err := h.table.delete(id); err != nil {
		return err
	}
	return h.memory.forget(id)
}

// Patch applies operations that the library has validated. Where they change
// nothing it returns no attributes, which the library turns into a 204.
func (h *handler) Patch(r *http.Request, id string, ops []elimity.PatchOperation) (elimity.Resource, error) {
	patch, err := h.translate(r, ops)
	if err != nil {
		return elimity.Resource{}, err
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	old, err := h.table.get(id)
	if err != nil {
		return elimity.Resource{}, err
	}
	next, changed, err := h.table.rt.Apply(patch, old)
	if err != nil || !changed {
		return elimity.Resource{}, err
	}
	next = next.Clone()
	next.Delete("password")
	h.memory.stamp(next)
	if err := h.table.put(next); err != nil {
		return elimity.Resource{}, err
	}
	return resource(next)
}

// object returns the resource to store: the attributes that the library let
// through, without the password.
func (h *handler) object(attributes elimity.ResourceAttributes, id string, meta *scim.Object) *scim.Object {
	o := scim.ObjectFromMap(attributes)
	o.Delete("password")
	schemas := []any{h.table.rt.Schema.ID}
	for _, ext := range h.table.rt.Extensions {
		if _, ok := o.Lookup(ext.Schema.ID); ok {
			schemas = append(schemas, ext.Schema.ID)
		}
	}
	o.Set("schemas", schemas)
	o.Set("id", id)
	o.Set("meta", meta)
	return o
}

// resource returns a stored resource in the library's form; the library adds
// schemas, id and meta itself.
func resource(o *scim.Object) (elimity.Resource, error) {
	created, err := time.Parse(time.RFC3339, o.Object("meta").String("created"))
	if err != nil {
		return elimity.Resource{}, err
	}
	modified, err := time.Parse(time.RFC3339, o.Object("meta").String("lastModified"))
	if err != nil {
		return elimity.Resource{}, err
	}
	attributes := o.Map()
	for _, name := range []string{"schemas", "id", "meta"} {
		delete(attributes, name)
	}
	return elimity.Resource{
		ID:         o.ID(),
		Attributes: attributes,
		Meta:       elimity.Meta{Created: &created, LastModified: &modified},
	}, nil
}

// translate turns the library's operations into ours. Values are the library's;
// paths are read again from the body, which the library leaves in place,
// because its form of them has undecoded strings.
func (h *handler) translate(r *http.Request, ops []elimity.PatchOperation) (*scim.Patch, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	raw := operations(body)
	patch := &scim.Patch{}
	for i, op := range ops {
		value := fromLibrary(op.Value)
		if raw[i].Path != "" {
			one, err := pathOperation(op.Op, raw[i].Path, value)
			if err != nil {
				return nil, err
			}
			patch.Operations = append(patch.Operations, one)
			continue
		}
		attributes, _ := value.(*scim.Object) // the library lets nothing else through
		for name, v := range attributes.All() {
			if h.isSchema(name) { // the value holds attributes of that schema
				container := scim.NewObject(scim.Field{Name: name, Value: v})
				patch.Operations = append(patch.Operations, scim.Operation{Op: op.Op, Value: container, HasValue: true})
				continue
			}
			one, err := pathOperation(op.Op, name, v)
			if err != nil {
				return nil, err
			}
			patch.Operations = append(patch.Operations, one)
		}
	}
	return patch, nil
}

func (h *handler) isSchema(name string) bool {
	return strings.EqualFold(name, h.table.rt.Schema.ID) ||
		slices.ContainsFunc(h.table.rt.Extensions, func(ext scim.Extension) bool { return strings.EqualFold(name, ext.Schema.ID) })
}

func pathOperation(op, text string, value any) (scim.Operation, error) {
	path, err := scim.ParsePath(text)
	if err != nil {
		return scim.Operation{}, err
	}
	return scim.Operation{Op: op, Path: &path, PathText: text, Value: value, HasValue: value != nil}, nil
}

// fromLibrary returns a value in the forms that [scim.Object] holds.
func fromLibrary(v any) any {
	return scim.ObjectFromMap(map[string]any{"v": v}).Get("v")
}
