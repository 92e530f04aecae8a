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
	impact := operation(http.MethodPost, "/apps/{app}/impact", "settings-impact", "Count what other settings would change of what an app holds, and change nothing")
	impact.Errors = append(impact.Errors, http.StatusUnprocessableEntity)
	huma.Register(api, impact, s.impact)
}

// ImpactInput holds the settings of an app that are not saved yet.
type ImpactInput struct {
	Settings provisioner.Settings `json:"settings" doc:"All of the settings, as they would be saved"`
}

// Impact is what other settings would change of what an app holds.
type Impact struct {
	Users  Counts   `json:"users"`
	Groups Counts   `json:"groups"`
	Losing []Losing `json:"losing" nullable:"false" doc:"Who would lose something, a hundred of them at the most"`
	Held   string   `json:"held,omitempty" doc:"Why the guard would hold them back"`
}

// Counts are how many subjects something would become of.
type Counts struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Disable   int `json:"disable"`
	Delete    int `json:"delete"`
	Unchanged int `json:"unchanged"`
}

// Losing is somebody who would lose something.
type Losing struct {
	Kind string `json:"kind" enum:"User,Group"`
	ID   string `json:"id" doc:"The directory's id"`
	Name string `json:"name,omitempty"`
	Why  string `json:"why" doc:"The presence they would have, such as no access"`
}

type impactInput struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body ImpactInput
}

func (s *server) impact(ctx context.Context, in *impactInput) (*body[Impact], error) {
	if err := in.Body.Settings.Validate(); err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	i, err := s.config.Store.Impact(ctx, in.App, in.Body.Settings)
	if err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	out := Impact{Users: counts(i.Users), Groups: counts(i.Groups), Losing: make([]Losing, len(i.Losing)), Held: i.Held}
	for n, l := range i.Losing {
		out.Losing[n] = Losing{Kind: string(l.Kind), ID: l.Subject, Name: l.Name, Why: string(l.Why)}
	}
	return &body[Impact]{Body: out}, nil
}

func counts(t provisioner.Tally) Counts {
	return Counts{Create: t.Created, Update: t.Updated, Disable: t.Disabled, Delete: t.Deleted, Unchanged: t.Unchanged}
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
