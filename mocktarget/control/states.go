package control

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

// NewState names the state to be kept.
type NewState struct {
	Name string `json:"name" maxLength:"72" doc:"Like the name of a tenant. A state that is kept under it is replaced"`
}

type newState struct {
	TenantPath
	Body NewState
}

type statePath struct {
	TenantPath
	Name string `path:"name" maxLength:"72" doc:"Name of the state"`
}

func (a *API) registerStates(api huma.API) {
	const path = "/tenants/{tenant}/snapshots"
	huma.Register(api, operation(http.MethodGet, path, "list-snapshots", "List the states that are kept, oldest first"),
		listing(a, func(t *mocktarget.Tenant, _ *TenantPath) []mocktarget.SavedState { return t.Saved() }))
	huma.Register(api, conflicting(creating(path, "take-snapshot", "Keep the present state under a name")),
		answer(a, func(t *mocktarget.Tenant, in *newState) (mocktarget.SavedState, error) { return t.Save(in.Body.Name) }))
	huma.Register(api, action(path+"/{name}/restore", "restore-snapshot", "Put a state back; it stays kept"),
		acting(a, func(t *mocktarget.Tenant, in *statePath) error { return t.RestoreSaved(in.Name) }))
	huma.Register(api, operation(http.MethodDelete, path+"/{name}", "drop-snapshot", "Keep a state no longer"),
		acting(a, func(t *mocktarget.Tenant, in *statePath) error { return t.Forget(in.Name) }))
}
