package control

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

type newInvariant struct {
	TenantPath
	Body mocktarget.Invariant
}

type invariantPath struct {
	TenantPath
	Name string `path:"name" doc:"Name of the invariant"`
}

func (a *API) registerInvariants(api huma.API) {
	const path = "/tenants/{tenant}/invariants"
	huma.Register(api, operation(http.MethodGet, path, "list-invariants", "List the rules that writes have to keep"),
		listing(a, func(t *mocktarget.Tenant, _ *TenantPath) []mocktarget.Invariant { return t.Invariants() }))
	huma.Register(api, conflicting(action(path, "add-invariant", "Make a rule hold from now on")),
		acting(a, func(t *mocktarget.Tenant, in *newInvariant) error { return t.AddInvariant(in.Body) }))
	huma.Register(api, operation(http.MethodDelete, path+"/{name}", "remove-invariant", "End a rule; what broke it stays known"),
		acting(a, func(t *mocktarget.Tenant, in *invariantPath) error { return t.RemoveInvariant(in.Name) }))
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/violations", "list-violations", "List the writes that broke a rule, oldest first"),
		listing(a, func(t *mocktarget.Tenant, _ *TenantPath) []mocktarget.Violation { return t.Violations() }))
}
