// Package admin serves directory, apps and links over HTTP, described by an OpenAPI
// document at /openapi.json, and has the client for it.
//
// A change answers as soon as it is stored, together with the work that follows
// from it; it reaches the apps by itself. Read an app's links to see how far it
// has come.
//
// Every request carries the API key as a bearer token. Errors are problem details
// (RFC 9457) that say what to do. An app's credential and the values of its headers can
// be written and never read.
//
// A program that embeds the engine serves it beside what it serves itself:
//
//	handler, err := admin.New(admin.Config{Store: store, Steward: engine, Runner: engine, Tester: engine, APIKey: key})
//	mux.Handle("/provisioning/", http.StripPrefix("/provisioning", handler))
package admin

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

// AppInput is the body that saves an app.
type AppInput struct {
	Endpoint string `json:"endpoint" doc:"Base URL of the app's SCIM service" example:"https://app.example.com/scim/v2"`
	// An app has one of token, basic and oauth.
	Token   string                   `json:"token,omitempty" writeOnly:"true" doc:"Bearer token for the endpoint. Leave it, basic and oauth out to keep the credential that is saved, if the endpoint is on the same server as before"`
	Basic   *provisioner.BasicLogin  `json:"basic,omitempty" doc:"User name and password for the endpoint, sent by HTTP Basic, in place of a token"`
	OAuth   *provisioner.OAuthClient `json:"oauth,omitempty" doc:"OAuth 2.0 client that fetches tokens for the endpoint (client credentials grant), in place of a token"`
	Headers map[string]string        `json:"headers,omitzero" writeOnly:"true" doc:"Headers that each request to the endpoint carries as well, by name. Leave them out to keep those that are saved, as with the token; an empty object drops them"`
	Groups  string                   `json:"groups,omitempty" enum:"auto,off,selected" doc:"auto pushes groups if the app has them, off never does, selected those of settings.selectedGroups. Default: auto"`
	// Settings replace all that are saved; groups beside them wins over groups in them.
	Settings *provisioner.Settings `json:"settings,omitempty" doc:"How the app is provisioned. Default: the defaults of each"`
}

// App is an app without its secrets.
type App struct {
	Name     string                   `json:"name"`
	Endpoint string                   `json:"endpoint"`
	Auth     string                   `json:"auth" enum:"bearer,basic,oauth" doc:"What lets requests in: a bearer token, a user name with a password, the tokens of an OAuth client"`
	Username string                   `json:"username,omitempty" doc:"That of basic"`
	OAuth    *provisioner.OAuthClient `json:"oauth,omitempty" doc:"The client, without its secret"`
	Headers  []string                 `json:"headers,omitempty" doc:"Names of the headers that each request carries as well"`
	Groups   string                   `json:"groups"`
	Settings provisioner.Settings     `json:"settings"`
	State    string                   `json:"state" enum:"draft,testing,planning,active,throttled,paused,removing" doc:"draft waits for its first sync, testing finds out how it answers and planning what that sync has to do; none of the three is sent changes, which are kept. active is given what changes, throttled too, slowly; paused keeps all work, removing says goodbye to the accounts"`
	Cause    string                   `json:"cause,omitempty" enum:"auth,endpoint,admin" doc:"What a paused app waits for: a token that is accepted, an app that answers, somebody to resume it"`
	Reason   string                   `json:"reason,omitempty" doc:"Why changes do not reach the app, or not as fast as they could, and what to do"`
	Since    *time.Time               `json:"since,omitempty" doc:"Since when it has its state"`
}

// Link is the state of one subject in one app.
type Link struct {
	Kind        string     `json:"kind" enum:"User,Group"`
	ID          string     `json:"id" doc:"The directory's id of the user or group"`
	Name        string     `json:"name,omitempty" doc:"What people call it: the userName or displayName"`
	RemoteID    string     `json:"remoteId,omitempty" doc:"The app's id of it"`
	Origin      string     `json:"origin,omitempty" doc:"created by us, or adopted: it was there before"`
	State       string     `json:"state" doc:"pending, waiting, converged, partial, failing, rejected, refused, not_honoured, flapping, conflict, ambiguous, needs_review, needs_decision, held, kept, ignored, skipped or gone"`
	Reason      string     `json:"reason,omitempty" doc:"Why the state is not converged"`
	Attempts    int        `json:"attempts,omitempty" doc:"Failures since the last success"`
	NextAttempt *time.Time `json:"nextAttempt,omitempty"`
	DisabledAt  *time.Time `json:"disabledAt,omitempty" doc:"When the account was disabled because the app should not have it"`
	DeleteAt    *time.Time `json:"deleteAt,omitempty" doc:"When the account will be deleted"`
}

// A Resource is a user or a group as a directory file holds it: SCIM attributes
// (RFC 7643 section 4) and an id, the members of a group as a list of
// {"value": "id of a user"} and {"value": "id of a group", "type": "Group"}.
type Resource struct{ json.RawMessage }

// Schema describes a resource in the OpenAPI document.
func (Resource) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:                 huma.TypeObject,
		AdditionalProperties: true,
		Description:          "SCIM attributes (RFC 7643 section 4) without meta and groups; a manager is named by directory id",
		Examples:             []any{map[string]any{"userName": "zoe@acme.example", "name": map[string]any{"givenName": "Zoë", "familyName": "O'Hara"}, "active": true}},
	}
}
