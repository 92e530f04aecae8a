package admin

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// ResolutionInput is the body that decides about a link.
type ResolutionInput struct {
	Choice   string `json:"choice" enum:"adopt,ignore,pin,delete,retry" doc:"adopt ties the user or group to a resource of the app; ignore never touches the app's resource; pin never disables or deletes the account; delete deletes an account that the app cannot disable; retry forgets what was decided and tries again"`
	RemoteID string `json:"remoteId,omitempty" doc:"The app's id of what is adopted. Read it first"`
	TakeOver string `json:"takeOver,omitempty" doc:"The externalId of what is adopted, if it belongs to somebody else, who will lose it"`
}

// Remote is a resource as its app holds it.
type Remote struct {
	Kind       string          `json:"kind" enum:"User,Group"`
	ID         string          `json:"id" doc:"The app's id of it"`
	Name       string          `json:"name,omitempty" doc:"Its userName or displayName"`
	ExternalID string          `json:"externalId,omitempty"`
	Active     *bool           `json:"active,omitempty"`
	Subject    string          `json:"subject,omitempty" doc:"The directory's id of whose it is; left out if nobody's here"`
	Resource   json.RawMessage `json:"resource,omitempty" doc:"All of it; left out in lists"`
}

func (s *server) registerResolve(api huma.API) {
	resolve := operation(http.MethodPost, "/apps/{app}/links/{kind}/{id}/resolve", "resolve-link", "Decide about a link that needs a person")
	resolve.DefaultStatus = http.StatusAccepted
	resolve.Errors = append(resolve.Errors, http.StatusBadGateway)
	huma.Register(api, resolve, s.resolve)
	remote := operation(http.MethodGet, "/apps/{app}/resources/{kind}/{id}", "get-resource", "Read a resource as the app holds it")
	remote.Errors = append(remote.Errors, http.StatusBadGateway)
	huma.Register(api, remote, s.getRemote)
	foreign := operation(http.MethodGet, "/apps/{app}/foreign", "list-foreign", "List what the app has that is nobody's here; it is never written")
	foreign.Errors = append(foreign.Errors, http.StatusBadGateway)
	huma.Register(api, foreign, s.listForeign)
}

type resolveLink struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Kind string `path:"kind" enum:"User,Group"`
	ID   string `path:"id" doc:"The directory's id of the user or group"`
	Body ResolutionInput
}

func (s *server) resolve(ctx context.Context, in *resolveLink) (*struct{}, error) {
	err := s.config.Steward.Resolve(ctx, provisioner.Resolution{
		Key:    provisioner.Key{App: in.App, Kind: provisioner.Kind(in.Kind), Subject: in.ID},
		Choice: provisioner.Choice(in.Body.Choice), RemoteID: in.Body.RemoteID, TakeOver: in.Body.TakeOver,
	})
	if err != nil {
		return nil, s.problem(err, "the decision")
	}
	return nil, nil
}

type remotePath struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Kind string `path:"kind" enum:"User,Group"`
	ID   string `path:"id" doc:"The app's id of the resource"`
}

func (s *server) getRemote(ctx context.Context, in *remotePath) (*body[Remote], error) {
	r, err := s.config.Steward.Remote(ctx, in.App, provisioner.Kind(in.Kind), in.ID)
	if err != nil {
		return nil, s.problem(err, "reading "+in.ID)
	}
	out := wireRemote(provisioner.Kind(in.Kind), r.Resource)
	out.Subject, out.Resource = r.Subject, r.Resource.AppendJSON(nil)
	return &body[Remote]{Body: out}, nil
}

type foreignQuery struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Kind string `query:"kind" enum:"User,Group" default:"User"`
}

func (s *server) listForeign(ctx context.Context, in *foreignQuery) (*body[list[Remote]], error) {
	out := list[Remote]{Items: []Remote{}}
	kind := provisioner.Kind(in.Kind)
	err := s.config.Steward.Foreign(ctx, in.App, kind, func(r *scim.Object) error {
		out.Items = append(out.Items, wireRemote(kind, r))
		return nil
	})
	if err != nil {
		return nil, s.problem(err, "the list of "+in.App)
	}
	return &body[list[Remote]]{Body: out}, nil
}

func wireRemote(kind provisioner.Kind, r *scim.Object) Remote {
	out := Remote{Kind: string(kind), ID: r.ID(), ExternalID: r.ExternalID(), Name: r.String("userName")}
	if kind == provisioner.KindGroup {
		out.Name = r.String("displayName")
	}
	if active, ok := r.Bool("active"); ok {
		out.Active = &active
	}
	return out
}
