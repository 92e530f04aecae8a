package control

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

// Tenant describes a tenant.
type Tenant struct {
	Name     string                `json:"name"`
	Endpoint string                `json:"endpoint" doc:"Base URL of its SCIM service" example:"http://127.0.0.1:8080/t/acme/scim/v2"`
	Counts   map[string]int        `json:"counts" doc:"How many resources it holds of each type"`
	Last     uint64                `json:"last" doc:"Number of its newest exchange"`
	Settings mocktarget.Settings   `json:"settings"`
	Clock    mocktarget.ClockState `json:"clock"`
}

// NewTenant describes a tenant to be made. What is left out is as in a tenant that
// comes into being by its first use.
type NewTenant struct {
	Name          string                 `json:"name" maxLength:"72" doc:"One to six dozen letters, digits, dots, dashes and underscores" example:"acme"`
	Token         string                 `json:"token,omitempty" writeOnly:"true" doc:"A bearer token that this tenant alone accepts, beside the mock's"`
	ResourceTypes []json.RawMessage      `json:"resourceTypes,omitempty" doc:"Schemas and resource types (RFC 7643 sections 6 and 7) beside User and Group"`
	Settings      *mocktarget.Settings   `json:"settings,omitempty"`
	Sequential    bool                   `json:"sequential,omitempty" doc:"Give resources ids that are the same in each run"`
	Clock         mocktarget.ClockState  `json:"clock,omitzero" doc:"What its clock shows at first"`
	Seed          json.RawMessage        `json:"seed,omitempty" doc:"What it holds at first, see the operation seed"`
	Generate      *mocktarget.Population `json:"generate,omitempty" doc:"Who it holds at first, see the operation generate"`
}

type tenantRequest struct {
	TenantPath
	ReachedAt
}

type newTenant struct {
	ReachedAt
	Body NewTenant
}

// NewFork names the tenant to be made of another one.
type NewFork struct {
	To string `json:"to" maxLength:"72" doc:"Name of the new tenant"`
}

type newFork struct {
	TenantPath
	ReachedAt
	Body NewFork
}

// made is the answer to a request that made a tenant.
type made struct {
	Location string `header:"Location"`
	Body     Tenant
}

type rawRequest struct {
	TenantPath
	RawBody []byte
}

func (a *API) registerTenants(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants", "list-tenants", "List the tenants"), a.listTenants)
	create := conflicting(creating("/tenants", "create-tenant", "Make a tenant"))
	create.MaxBodyBytes = maxSeed
	create.Middlewares = huma.Middlewares{patient}
	huma.Register(api, create, a.createTenant)
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}", "get-tenant", "Read what a tenant is"),
		answer(a, func(t *mocktarget.Tenant, in *tenantRequest) (Tenant, error) { return a.describe(t, in.ReachedAt), nil }))
	huma.Register(api, conflicting(operation(http.MethodDelete, "/tenants/{tenant}", "delete-tenant", "Delete a tenant; default can only be reset")),
		acting(a, func(t *mocktarget.Tenant, _ *TenantPath) error { return a.server.DeleteTenant(t.Name()) }))
	huma.Register(api, conflicting(creating("/tenants/{tenant}/fork", "fork-tenant", "Make a tenant that holds what this one does")), a.forkTenant)
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/settings", "get-settings", "Read how a tenant behaves"),
		answer(a, func(t *mocktarget.Tenant, _ *TenantPath) (mocktarget.Settings, error) { return t.Settings(), nil }))
	huma.Register(api, accepting(operation(http.MethodPatch, "/tenants/{tenant}/settings", "change-settings", "Change how a tenant behaves; what is left out stays"),
		schemaOf[mocktarget.Settings](api)), answer(a, changeSettings))
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
	return Tenant{
		Name: t.Name(), Endpoint: a.endpoint(t, reached), Counts: t.Counts(), Last: t.LastMark().Seq,
		Settings: t.Settings(), Clock: t.Clock().State(),
	}
}

func (a *API) listTenants(_ context.Context, in *struct{ ReachedAt }) (*body[list[Tenant]], error) {
	var items []Tenant
	for _, t := range a.server.Tenants() {
		items = append(items, a.describe(t, in.ReachedAt))
	}
	return &body[list[Tenant]]{Body: listed(items)}, nil
}

func (a *API) createTenant(_ context.Context, in *newTenant) (*made, error) {
	config := mocktarget.TenantConfig{
		Token: in.Body.Token, Settings: in.Body.Settings, Sequential: in.Body.Sequential, Clock: in.Body.Clock,
	}
	if len(in.Body.ResourceTypes) > 0 {
		documents := make([][]byte, len(in.Body.ResourceTypes))
		for i, d := range in.Body.ResourceTypes {
			documents[i] = d
		}
		var err error
		if config.ResourceTypes, err = mocktarget.ParseResourceTypes(documents...); err != nil {
			return nil, huma.Error422UnprocessableEntity("body.resourceTypes: " + err.Error())
		}
	}
	if in.Body.Generate != nil {
		config.Population = *in.Body.Generate
	}
	if len(in.Body.Seed) > 0 {
		config.Seed = bytes.NewReader(in.Body.Seed)
	}
	return a.made(in.ReachedAt)(a.server.CreateTenant(in.Body.Name, config))
}

func (a *API) forkTenant(_ context.Context, in *newFork) (*made, error) {
	return a.made(in.ReachedAt)(a.server.Fork(in.Tenant, in.Body.To))
}

// made answers with a new tenant, or says why there is none.
func (a *API) made(reached ReachedAt) func(*mocktarget.Tenant, error) (*made, error) {
	return func(t *mocktarget.Tenant, err error) (*made, error) {
		if err != nil {
			return nil, problem(err)
		}
		return &made{Location: Path + "/tenants/" + t.Name(), Body: a.describe(t, reached)}, nil
	}
}

// changeSettings reads the body over the present settings.
func changeSettings(t *mocktarget.Tenant, in *rawRequest) (mocktarget.Settings, error) {
	var unread error
	err := t.Configure(func(s *mocktarget.Settings) {
		before := *s
		d := json.NewDecoder(bytes.NewReader(in.RawBody))
		d.DisallowUnknownFields()
		if unread = d.Decode(s); unread != nil {
			*s = before
		}
	})
	if unread != nil {
		err = huma.Error422UnprocessableEntity("body: " + unread.Error())
	}
	return t.Settings(), err
}
