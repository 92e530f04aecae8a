package mocktarget

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// ServiceProviderConfig says what the service can do as this package serves it, and
// how callers authenticate (RFC 7643 section 5, RFC 9865 section 4).
func (d Data) ServiceProviderConfig() scim.ServiceProviderConfig {
	limits := d.tenant.server.config.Limits
	return scim.ServiceProviderConfig{
		Patch: true, Filter: true, FilterMaxResults: limits.PageMax, ChangePassword: true, Sort: true, ETag: true,
		Bulk: true, BulkMaxOperations: limits.BulkOperations, BulkMaxPayloadSize: int(limits.BulkBody),
		Pagination: &scim.Pagination{
			Cursor: true, Index: true, DefaultMethod: "index", DefaultPageSize: limits.PageSize, MaxPageSize: limits.PageMax,
			CursorTimeout: int(limits.CursorTimeout / time.Second),
		},
		AuthenticationSchemes: d.tenant.server.auth.schemes(),
	}
}

// serviceProviderConfig answers GET /ServiceProviderConfig.
func (x *exchange) serviceProviderConfig() (*answer, error) {
	x.did("discovery", nil, "")
	config := x.data().ServiceProviderConfig()
	return x.document(config.Object(), "ServiceProviderConfig", "/ServiceProviderConfig")
}

// document answers with one discovery document.
func (x *exchange) document(o *scim.Object, resourceType, path string) (*answer, error) {
	if err := x.refuseFilter(); err != nil {
		return nil, err
	}
	x.addMeta(o, resourceType, path)
	return &answer{status: http.StatusOK, body: o.AppendJSON(nil), contentLocation: x.base + path}, nil
}

func (x *exchange) addMeta(o *scim.Object, resourceType, path string) {
	o.Set("meta", scim.NewObject(
		scim.Field{Name: "resourceType", Value: resourceType},
		scim.Field{Name: "location", Value: x.base + path},
	))
}

// refuseFilter refuses a filter on discovery (RFC 7644 section 4); other
// parameters of lists are ignored there.
func (x *exchange) refuseFilter() error {
	values, err := x.query()
	if err != nil {
		return err
	}
	if values.Has("filter") {
		return scim.Status(http.StatusForbidden, "discovery cannot be filtered; leave filter out")
	}
	return nil
}

// documents answers with a list of discovery documents.
func (x *exchange) documents(list []*scim.Object) (*answer, error) {
	if err := x.refuseFilter(); err != nil {
		return nil, err
	}
	page := &scim.ListResponse{TotalResults: len(list), StartIndex: 1, ItemsPerPage: len(list), Resources: list}
	return &answer{status: http.StatusOK, body: page.AppendJSON(nil)}, nil
}

// resourceTypes answers GET /ResourceTypes (RFC 7643 section 6).
func (x *exchange) resourceTypes() (*answer, error) {
	x.did("discovery", nil, "")
	var list []*scim.Object
	for _, typ := range x.tenant.model.types {
		o := typ.Object()
		x.addMeta(o, "ResourceType", "/ResourceTypes/"+url.PathEscape(typ.ID))
		list = append(list, o)
	}
	return x.documents(list)
}

func (x *exchange) resourceType() (*answer, error) {
	x.did("discovery", nil, x.target.id)
	for _, typ := range x.tenant.model.types {
		if typ.ID == x.target.id || typ.Name == x.target.id {
			return x.document(typ.Object(), "ResourceType", "/ResourceTypes/"+url.PathEscape(typ.ID))
		}
	}
	return nil, scim.NotFound("ResourceType", clip(x.target.id))
}

// allSchemas are the schemas of the resources and of the discovery documents.
func (m *model) allSchemas() []*scim.Schema {
	return append(slices.Clip(m.schemas), scim.DiscoverySchemas()...)
}

// schemas answers GET /Schemas (RFC 7643 section 7).
func (x *exchange) schemas() (*answer, error) {
	x.did("discovery", nil, "")
	var list []*scim.Object
	for _, s := range x.tenant.model.allSchemas() {
		o := s.Object()
		x.addMeta(o, "Schema", "/Schemas/"+s.ID)
		list = append(list, o)
	}
	return x.documents(list)
}

func (x *exchange) schema() (*answer, error) {
	x.did("discovery", nil, x.target.id)
	for _, s := range x.tenant.model.allSchemas() {
		if strings.EqualFold(s.ID, x.target.id) {
			return x.document(s.Object(), "Schema", "/Schemas/"+s.ID)
		}
	}
	return nil, scim.NotFound("Schema", clip(x.target.id))
}
