package admin

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// PreviewInput says of whom to show what an app would get.
type PreviewInput struct {
	User     string                `json:"user" minLength:"1" doc:"The directory's id of a user"`
	Settings *provisioner.Settings `json:"settings,omitempty" doc:"Settings to try. Default: those that are saved"`
}

// Preview is what an app would get of a user.
type Preview struct {
	Presence string `json:"presence" enum:"present,disabled,no access,left,absent" doc:"Whether the app should have the account in use, and if not, why not"`
	Reason   string `json:"reason,omitempty" doc:"Why the presence is not present, to be read behind a name"`
	Problem  string `json:"problem,omitempty" doc:"What the app is known to refuse of the account, and what to do"`
	// Create and Account are left out if the app would get no account, or keeps none.
	Create  json.RawMessage `json:"create,omitempty" doc:"The body that makes a new account"`
	Account json.RawMessage `json:"account,omitempty" doc:"What the account is kept at"`
}

func (s *server) registerSettings(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/presets", "list-presets", "List what is known of apps by their make"), s.listPresets)
	preview := operation(http.MethodPost, "/apps/{app}/preview", "preview-user", "Show what an app would get of a user, without asking the app anything")
	preview.Errors = append(preview.Errors, http.StatusUnprocessableEntity)
	huma.Register(api, preview, s.preview)
}

func (s *server) listPresets(context.Context, *struct{}) (*body[list[provisioner.Preset]], error) {
	return &body[list[provisioner.Preset]]{Body: list[provisioner.Preset]{Items: provisioner.Presets()}}, nil
}

type previewInput struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body PreviewInput
}

func (s *server) preview(ctx context.Context, in *previewInput) (*body[Preview], error) {
	if in.Body.Settings != nil {
		if err := in.Body.Settings.Validate(); err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
	}
	w, err := s.config.Store.Preview(ctx, in.App, in.Body.User, in.Body.Settings)
	if err != nil {
		return nil, s.problem(err, "user "+in.Body.User)
	}
	d := w.Desired()
	out := Preview{Presence: string(d.Presence), Reason: d.Reason, Problem: d.Problem, Account: raw(d.Payload)}
	if d.Create {
		out.Create = raw(d.Initial)
	}
	return &body[Preview]{Body: out}, nil
}

func raw(o *scim.Object) json.RawMessage {
	if o == nil {
		return nil
	}
	return o.AppendJSON(nil)
}
