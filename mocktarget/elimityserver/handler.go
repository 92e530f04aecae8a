package elimityserver

import (
	"net/http"
	"time"

	elimity "github.com/elimity-com/scim"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// A handler is what the library asks for the resources of one type.
type handler struct {
	data mocktarget.Data
	rt   *scim.ResourceType
}

var (
	_ elimity.ResourceHandler  = handler{}
	_ elimity.ResourceSearcher = handler{}
)

// Create stores a new resource.
func (h handler) Create(r *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	return resource(h.data.Create(r.Context(), h.rt.Name, scim.ObjectFromMap(attributes)))
}

// Get returns the resource with an id.
func (h handler) Get(r *http.Request, id string) (elimity.Resource, error) {
	return resource(h.data.Get(r.Context(), h.rt.Name, id))
}

// GetAll returns a page of the resources that match a filter.
func (h handler) GetAll(r *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	q := mocktarget.Query{StartIndex: params.StartIndex, Count: count(params.Count)}
	if params.FilterValidator != nil {
		q.Filter = scim.FormatFilter(params.FilterValidator.GetFilter())
	}
	return page(h.data.List(r.Context(), h.rt.Name, q))
}

// Search does what GetAll does with the parameters of a search request.
func (h handler) Search(r *http.Request, params elimity.SearchParams) (elimity.Page, error) {
	q := query(params)
	if params.FilterValidator != nil {
		q.Filter = scim.FormatFilter(params.FilterValidator.GetFilter())
	}
	return page(h.data.List(r.Context(), h.rt.Name, q))
}

// Replace puts new attributes in the place of all old ones.
func (h handler) Replace(r *http.Request, id string, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	return resource(h.data.Replace(r.Context(), h.rt.Name, id, scim.ObjectFromMap(attributes)))
}

// Delete removes the resource with an id.
func (h handler) Delete(r *http.Request, id string) error {
	return h.data.Delete(r.Context(), h.rt.Name, id)
}

// Patch applies operations that the library has validated.
func (h handler) Patch(r *http.Request, id string, operations []elimity.PatchOperation) (elimity.Resource, error) {
	patch := &scim.Patch{}
	for _, op := range operations {
		value := scim.ObjectFromMap(map[string]any{"value": op.Value}).Get("value")
		patch.Operations = append(patch.Operations, scim.Operation{Op: op.Op, Path: op.Path, Value: value, HasValue: value != nil})
	}
	return resource(h.data.Patch(r.Context(), h.rt.Name, id, patch))
}

// A root is what the library asks for the resources of all types.
type root struct{ data mocktarget.Data }

var (
	_ elimity.RootQueryHandler = root{}
	_ elimity.ResourceSearcher = root{}
)

// GetAll returns a page of the resources that match the filter in the URL, which
// the library does not read.
func (h root) GetAll(r *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	q := mocktarget.Query{StartIndex: params.StartIndex, Count: count(params.Count), Filter: r.URL.Query().Get("filter")}
	return rootPage(h.data.List(r.Context(), "", q))
}

// Search does what GetAll does with the parameters of a search request.
func (h root) Search(r *http.Request, params elimity.SearchParams) (elimity.Page, error) {
	return rootPage(h.data.List(r.Context(), "", query(params)))
}

// query returns the parameters of a search in our form, with the filter as the
// client wrote it.
func query(params elimity.SearchParams) mocktarget.Query {
	return mocktarget.Query{
		Filter: params.Filter, SortBy: params.SortBy, Descending: params.SortOrder == "descending",
		StartIndex: params.StartIndex, Count: count(params.Count),
		Attributes: params.Attributes, ExcludedAttributes: params.ExcludedAttributes,
	}
}

// count returns the size of a page in our form, where none is not the same as 0.
func count(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// resource returns a resource in the library's form, which adds schemas, id and meta
// itself.
func resource(o *scim.Object, err error) (elimity.Resource, error) {
	if err != nil {
		return elimity.Resource{}, err
	}
	meta, attributes := o.Object("meta"), o.Map()
	for _, name := range []string{"schemas", "id", "meta"} {
		delete(attributes, name)
	}
	return elimity.Resource{
		ID: o.ID(), Attributes: attributes,
		Meta: elimity.Meta{
			Created: moment(meta.String("created")), LastModified: moment(meta.String("lastModified")), Version: meta.String("version"),
		},
	}, nil
}

// moment returns a time of ours, nil for one that a projection has left out.
func moment(text string) *time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return &at
}

func page(list *scim.ListResponse, err error) (elimity.Page, error) {
	if err != nil {
		return elimity.Page{}, err
	}
	p := elimity.Page{TotalResults: list.TotalResults, Resources: []elimity.Resource{}}
	for _, o := range list.Resources {
		r, err := resource(o, nil)
		if err != nil {
			return elimity.Page{}, err
		}
		p.Resources = append(p.Resources, r)
	}
	return p, nil
}

// rootPage is page for resources of several types, of which the library wants schemas
// and meta from us.
func rootPage(list *scim.ListResponse, err error) (elimity.Page, error) {
	if err != nil {
		return elimity.Page{}, err
	}
	p := elimity.Page{TotalResults: list.TotalResults, Resources: []elimity.Resource{}}
	for _, o := range list.Resources {
		p.Resources = append(p.Resources, elimity.Resource{ID: o.ID(), Attributes: o.Map()})
	}
	return p, nil
}
