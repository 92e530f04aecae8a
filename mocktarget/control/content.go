package control

import (
	"bytes"
	"context"
	"math"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// A Resource is a SCIM resource as a client of the tenant would read it (RFC 7643
// section 3).
type Resource struct{ *scim.Object }

// UnmarshalJSON reads a resource.
func (r *Resource) UnmarshalJSON(text []byte) error {
	r.Object = new(scim.Object)
	return r.Object.UnmarshalJSON(text)
}

// Schema describes a resource in the OpenAPI document.
func (Resource) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "A SCIM resource (RFC 7643 section 3)"}
}

// Page is a part of a list of resources.
type Page struct {
	Total int        `json:"total" doc:"How many there are in all"`
	Items []Resource `json:"items" nullable:"false"`
}

type resourcesQuery struct {
	TenantPath
	Type       string `path:"type" doc:"Name of the type, such as User"`
	Filter     string `query:"filter" doc:"Only those that a filter selects (RFC 7644 section 3.4.2.2)" example:"userName sw \"a\""`
	StartIndex int    `query:"startIndex" minimum:"1" default:"1" doc:"The first one, counted from 1"`
	Count      int    `query:"count" minimum:"0" doc:"At most so many; 0 is no limit"`
}

type resourcePath struct {
	TenantPath
	Type string `path:"type" doc:"Name of the type, such as User"`
	ID   string `path:"id" doc:"Id of the resource"`
}

type generateRequest struct {
	TenantPath
	Body mocktarget.Population
}

// seedSchema describes what [mocktarget.Tenant.Seed] takes.
func seedSchema() *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "For each type of resource an array under the name of its endpoint; ids may be given for others to refer to",
		Examples:    []any{map[string]any{"Users": []any{map[string]any{"id": "u1", "userName": "ann"}}}},
	}
}

func (a *API) registerContent(api huma.API) {
	huma.Register(api, action("/tenants/{tenant}/reset", "reset", "Delete all resources"),
		acting(a, func(t *mocktarget.Tenant, _ *TenantPath) error { t.Reset(); return nil }))
	seed := accepting(action("/tenants/{tenant}/seed", "seed", "Add resources: all or, if one is bad, none"), seedSchema())
	seed.MaxBodyBytes = maxSeed
	huma.Register(api, seed,
		acting(a, func(t *mocktarget.Tenant, in *rawRequest) error { return t.Seed(bytes.NewReader(in.RawBody)) }))
	generate := action("/tenants/{tenant}/generate", "generate", "Add the staff of a plausible company")
	generate.Middlewares = huma.Middlewares{patient}
	huma.Register(api, generate,
		acting(a, func(t *mocktarget.Tenant, in *generateRequest) error { return t.Generate(in.Body) }))
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/resources/{type}", "list-resources", "List the resources of a type"),
		answer(a, listResources))
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/resources/{type}/{id}", "get-resource", "Read a resource"),
		answer(a, getResource))
}

// listResources returns what is asked for, however many pages of the tenant's it
// takes.
func listResources(t *mocktarget.Tenant, in *resourcesQuery) (Page, error) {
	out := Page{Items: []Resource{}}
	for {
		left := in.Count - len(out.Items)
		if in.Count == 0 {
			left = math.MaxInt
		}
		page, err := t.Data().List(context.Background(), in.Type, mocktarget.Query{
			Filter: in.Filter, StartIndex: in.StartIndex + len(out.Items), Count: left,
		})
		if err != nil {
			return out, err
		}
		out.Total = page.TotalResults
		for _, o := range page.Resources {
			out.Items = append(out.Items, Resource{o})
		}
		if page.ItemsPerPage == 0 || page.ItemsPerPage == left || in.StartIndex+len(out.Items) > out.Total {
			return out, nil
		}
	}
}

func getResource(t *mocktarget.Tenant, in *resourcePath) (Resource, error) {
	o, err := t.Data().Get(context.Background(), in.Type, in.ID)
	return Resource{o}, err
}
