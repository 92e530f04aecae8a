package control

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Resource is a SCIM resource as a client of the tenant would read it (RFC 7643
// section 3).
type Resource struct{ *scim.Object }

// Schema describes a resource in the OpenAPI document.
func (Resource) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "A SCIM resource (RFC 7643 section 3)"}
}

func (a *API) registerContent(api huma.API) {
	reset := operation(http.MethodPost, "/tenants/{tenant}/reset", "reset", "Delete all resources")
	reset.DefaultStatus = http.StatusNoContent
	huma.Register(api, reset, a.reset)
	seed := operation(http.MethodPost, "/tenants/{tenant}/seed", "seed", "Add resources: all or, if one is bad, none")
	seed.MaxBodyBytes = maxSeed
	seed.DefaultStatus = http.StatusNoContent
	seed.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "For each type of resource an array under the name of its endpoint; ids may be given for others to refer to",
		Examples:    []any{map[string]any{"Users": []any{map[string]any{"id": "u1", "userName": "ann"}}}},
	}}}}
	huma.Register(api, seed, a.seed)
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/resources/{type}", "list-resources", "List the resources of a type"), a.listResources)
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/resources/{type}/{id}", "get-resource", "Read a resource"), a.getResource)
}

func (a *API) reset(_ context.Context, in *TenantPath) (*struct{}, error) {
	t, err := a.tenant(*in)
	if err != nil {
		return nil, err
	}
	t.Reset()
	return nil, nil
}

type seedRequest struct {
	TenantPath
	RawBody []byte
}

func (a *API) seed(_ context.Context, in *seedRequest) (*struct{}, error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	if err := t.Seed(bytes.NewReader(in.RawBody)); err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	return nil, nil
}

type listRequest struct {
	TenantPath
	Type       string `path:"type" doc:"Name of the type, such as User"`
	Filter     string `query:"filter" doc:"Only those that a filter selects (RFC 7644 section 3.4.2.2)"`
	StartIndex int    `query:"startIndex" default:"1" minimum:"1" doc:"The first one, counted from 1"`
	Count      int    `query:"count" minimum:"0" doc:"At most so many"`
}

// Page is a part of a list of resources.
type Page struct {
	Total int        `json:"total" doc:"How many there are in all"`
	Items []Resource `json:"items" nullable:"false"`
}

func (a *API) listResources(_ context.Context, in *listRequest) (*body[Page], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	all := t.Resources(in.Type)
	out := Page{Total: len(all), Items: []Resource{}}
	for _, o := range all {
		out.Items = append(out.Items, Resource{o})
	}
	return &body[Page]{Body: out}, nil
}

func (a *API) getResource(_ context.Context, in *struct {
	TenantPath
	Type string `path:"type" doc:"Name of the type, such as User"`
	ID   string `path:"id" doc:"Id of the resource"`
}) (*body[Resource], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	for _, o := range t.Resources(in.Type) {
		if o.ID() == in.ID {
			return &body[Resource]{Body: Resource{o}}, nil
		}
	}
	return nil, huma.Error404NotFound("no")
}
