package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

func (a *API) registerStates(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/snapshots", "list-snapshots", "List the states that are kept, oldest first"), a.listStates)
	save := operation(http.MethodPost, "/tenants/{tenant}/snapshots", "take-snapshot", "Keep the present state under a name")
	save.DefaultStatus = http.StatusCreated
	huma.Register(api, save, a.saveState)
	restore := operation(http.MethodPost, "/tenants/{tenant}/snapshots/{name}/restore", "restore-snapshot", "Put a state back; it stays kept")
	restore.DefaultStatus = http.StatusNoContent
	huma.Register(api, restore, a.restoreState)
	huma.Register(api, operation(http.MethodDelete, "/tenants/{tenant}/snapshots/{name}", "drop-snapshot", "Keep a state no longer"), a.dropState)
}

func (a *API) listStates(_ context.Context, in *TenantPath) (*body[list[mocktarget.SavedState]], error) {
	t, err := a.tenant(*in)
	if err != nil {
		return nil, err
	}
	return listed(t.Saved()), nil
}

func (a *API) saveState(_ context.Context, in *struct {
	TenantPath
	Body struct {
		Name string `json:"name" maxLength:"72" doc:"Like the name of a tenant. A state that is kept under it is replaced"`
	}
}) (*body[mocktarget.SavedState], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	saved, err := t.Save(in.Body.Name)
	if err != nil {
		return nil, problem(err)
	}
	return &body[mocktarget.SavedState]{Body: saved}, nil
}

type statePath struct {
	TenantPath
	Name string `path:"name" maxLength:"72" doc:"Name of the state"`
}

func (a *API) restoreState(_ context.Context, in *statePath) (*struct{}, error) {
	t, err := a.tenant(in.TenantPath)
	if err == nil {
		err = problem(t.RestoreSaved(in.Name))
	}
	return nil, err
}

func (a *API) dropState(_ context.Context, in *statePath) (*struct{}, error) {
	t, err := a.tenant(in.TenantPath)
	if err == nil {
		err = problem(t.Forget(in.Name))
	}
	return nil, err
}
