package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

func (a *API) registerInvariants(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/invariants", "list-invariants", "List the rules that writes have to keep"), a.listInvariants)
	add := operation(http.MethodPost, "/tenants/{tenant}/invariants", "add-invariant", "Make a rule hold from now on")
	add.DefaultStatus = http.StatusNoContent
	add.Errors = append(add.Errors, http.StatusConflict)
	huma.Register(api, add, a.addInvariant)
	huma.Register(api, operation(http.MethodDelete, "/tenants/{tenant}/invariants/{name}", "remove-invariant", "End a rule; what broke it stays known"), a.removeInvariant)
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/violations", "list-violations", "List the writes that broke a rule, oldest first"), a.listViolations)
}

func (a *API) listInvariants(_ context.Context, in *TenantPath) (*body[list[mocktarget.Invariant]], error) {
	t, err := a.tenant(*in)
	if err != nil {
		return nil, err
	}
	return listed(t.Invariants()), nil
}

func (a *API) addInvariant(_ context.Context, in *struct {
	TenantPath
	Body mocktarget.Invariant
}) (*struct{}, error) {
	t, err := a.tenant(in.TenantPath)
	if err == nil {
		err = problem(t.AddInvariant(in.Body))
	}
	return nil, err
}

func (a *API) removeInvariant(_ context.Context, in *struct {
	TenantPath
	Name string `path:"name" doc:"Name of the invariant"`
}) (*struct{}, error) {
	t, err := a.tenant(in.TenantPath)
	if err == nil {
		err = problem(t.RemoveInvariant(in.Name))
	}
	return nil, err
}

func (a *API) listViolations(_ context.Context, in *TenantPath) (*body[list[mocktarget.Violation]], error) {
	t, err := a.tenant(*in)
	if err != nil {
		return nil, err
	}
	return listed(t.Violations()), nil
}
