package admin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

// Removal says how an app is removed, and how far that is.
type Removal = provisioner.Removal

// Holdings count what an app has of ours.
type Holdings = provisioner.Holdings

func (s *server) registerRemove(api huma.API) {
	remove := operation(http.MethodDelete, "/apps/{app}", "delete-app", "Remove an app, and say what becomes of its accounts")
	remove.Errors = append(remove.Errors, http.StatusConflict)
	remove.Description = "204 once the app is gone, 202 with how far it is while its accounts are disabled or deleted. Without accounts, an app that has any is not removed: the answer says how many it has."
	huma.Register(api, remove, s.removeApp)
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/holdings", "get-holdings", "Count what an app has of ours, before it is removed"), s.getHoldings)
	huma.Register(api, operation(http.MethodGet, "/removals/{app}", "get-removal", "Read how the removal of an app is going, or has ended"), s.getRemoval)
}

type removeApp struct {
	App      string `path:"app" maxLength:"60" doc:"Name of the app"`
	Accounts string `query:"accounts" enum:"leave,disable,delete" doc:"leave them, disable them, or delete those that were made for the directory"`
	Adopted  bool   `query:"adopted" doc:"Also delete accounts and groups that were there before"`
}

type removed struct {
	Status int
	Body   *Removal
}

func (s *server) removeApp(ctx context.Context, in *removeApp) (*removed, error) {
	accounts := provisioner.Parting(in.Accounts)
	if accounts == "" {
		holdings, err := s.config.Store.Holdings(ctx, in.App)
		if err != nil {
			return nil, s.problem(err, "app "+in.App)
		}
		if !holdings.None() {
			return nil, huma.Error409Conflict(fmt.Sprintf("say with accounts=leave, disable or delete what becomes of what %s has: %s", in.App, holdings))
		}
		accounts = provisioner.PartLeave
	}
	r, err := s.config.Steward.Remove(ctx, in.App, accounts, in.Adopted)
	if err != nil {
		return nil, s.problem(err, "removing "+in.App)
	}
	if r.Ended.IsZero() {
		return &removed{Status: http.StatusAccepted, Body: r}, nil
	}
	return &removed{Status: http.StatusNoContent}, nil
}

func (s *server) getHoldings(ctx context.Context, in *appPath) (*body[Holdings], error) {
	holdings, err := s.config.Store.Holdings(ctx, in.App)
	if err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	return &body[Holdings]{Body: *holdings}, nil
}

func (s *server) getRemoval(ctx context.Context, in *appPath) (*body[Removal], error) {
	r, err := s.config.Store.Removal(ctx, in.App)
	if err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	return &body[Removal]{Body: *r}, nil
}
