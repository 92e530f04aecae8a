package control

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

// Tenant describes a tenant.
type Tenant struct {
	Name     string         `json:"name"`
	Endpoint string         `json:"endpoint" doc:"Base URL of its SCIM service" example:"http://127.0.0.1:8080/t/acme/scim/v2"`
	Counts   map[string]int `json:"counts" doc:"How many resources it holds of each type"`
	Last     uint64         `json:"last" doc:"Number of its newest exchange"`
}

func (a *API) registerTenants(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants", "list-tenants", "List the tenants"), a.listTenants)
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}", "get-tenant", "Read what a tenant is"), a.getTenant)
}

// ReachedAt is the part of a request that tells at which origin it has reached the
// API.
type ReachedAt struct{ scheme, host string }

// Resolve reads it from the request.
func (o *ReachedAt) Resolve(ctx huma.Context) []error {
	o.scheme, o.host = "http", ctx.Host()
	if ctx.TLS() != nil {
		o.scheme = "https"
	}
	return nil
}

// endpoint returns the base URL of a tenant's SCIM service.
func (a *API) endpoint(t *mocktarget.Tenant, reached ReachedAt) string {
	origin := a.config.Origin
	if origin == "" {
		origin = reached.scheme + "://" + reached.host
	} else if scheme, port, ok := strings.Cut(origin, "://:"); ok {
		host := reached.host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		origin = scheme + "://" + net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	return origin + t.Path()
}

func (a *API) describe(t *mocktarget.Tenant, reached ReachedAt) Tenant {
	return Tenant{Name: t.Name(), Endpoint: a.endpoint(t, reached), Counts: t.Counts(), Last: t.LastMark().Seq}
}

func (a *API) listTenants(_ context.Context, in *struct{ ReachedAt }) (*body[list[Tenant]], error) {
	var items []Tenant
	for _, t := range a.server.Tenants() {
		items = append(items, a.describe(t, in.ReachedAt))
	}
	return listed(items), nil
}

type tenantRequest struct {
	TenantPath
	ReachedAt
}

func (a *API) getTenant(_ context.Context, in *tenantRequest) (*body[Tenant], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	return &body[Tenant]{Body: a.describe(t, in.ReachedAt)}, nil
}
