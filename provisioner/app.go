package provisioner

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// An App is a connected application: an OIDC client with a SCIM endpoint.
type App struct {
	// Name identifies the app; see [App.Validate] for its form.
	Name string
	// Endpoint is the base URL of the app's SCIM service, such as
	// https://app.example.com/scim/v2.
	Endpoint string
	// Token is the bearer token that lets requests in, unless Basic or OAuth does: an app
	// has one of the three. They are sealed at rest and never printed.
	Token string
	Basic *BasicLogin
	OAuth *OAuthClient
	// Headers are sent with each request beside those of the protocol, by name. They are
	// sealed at rest and never printed either, but for the names.
	Headers map[string]string
	// Settings say how the app is provisioned.
	Settings Settings
	// State says whether work for the app goes on. Cause and Reason say why it does
	// not, in a word and in a sentence, and StateSince since when. Started says that it
	// is no draft any more: what its first sync has found was begun to be done, or there
	// was nothing to find.
	State      AppState
	Cause      PauseCause
	Reason     string
	StateSince time.Time
	Started    bool
	// Removal says how the app is removed, nil if it is not.
	Removal *Removal
	// Synced says that all of the directory was pushed to the app once. From then on
	// it is given what it lacks; before that, what changes.
	Synced bool
	// Limit is how fast the app may be asked.
	Limit Limit
	// Revision grows with every change of what is on record of the app.
	Revision int64
	// Alerts are those that were raised about the app and still hold, by topic.
	Alerts map[Topic]Raised
	// Learned is what the app has shown about itself so far.
	Learned Learned

	read *blueprint // nil unless Prepare was called
}

// Normalise gives the endpoint the form in which two ways to write an address are equal.
func (a *App) Normalise() { a.Endpoint = scimclient.NormalEndpoint(a.Endpoint) }

// IsAt reports whether an address is that of the app.
func (a *App) IsAt(endpoint string) bool {
	return scimclient.NormalEndpoint(a.Endpoint) == scimclient.NormalEndpoint(endpoint)
}

// Prepare reads the settings once for all uses of the app to come, which then do not
// see changes of them. The error says what is wrong with them.
func (a *App) Prepare() (err error) {
	a.read, err = a.Settings.blueprint()
	return err
}

// PrepareAs makes use of what was read of the settings of an app that has the same.
func (a *App) PrepareAs(other *App) { a.read = other.read }

// Redesired reports whether the app can want anything else than by earlier settings.
func (a *App) Redesired(old *App) bool {
	is, was := &a.Settings, &old.Settings
	return a.Print() != old.Print() || !reflect.DeepEqual(is.Scope, was.Scope) ||
		is.groups() != was.groups() || !slices.Equal(is.SelectedGroups, was.SelectedGroups)
}

func (a *App) blueprint() (*blueprint, error) {
	if a.read != nil {
		return a.read, nil
	}
	return a.Settings.blueprint()
}

// Gives reports whether the app is given a group of the directory.
func (a *App) Gives(group string) bool {
	b, err := a.blueprint()
	return err == nil && b.gives(group)
}

// KeepsMember reports whether the account of somebody stays in its groups.
func (a *App) KeepsMember(p Presence) bool { return a.Settings.Deprovision.keepsMember(p) }

// Reads reports whether a change of a user's attributes makes a difference to what
// the app is given of somebody who has access.
func (a *App) Reads(before, after *scim.Object) bool {
	b, err := a.blueprint()
	return err != nil || b.mapping.differs(before, after)
}

// Print is a hash of the settings that decide what is desired.
func (a *App) Print() string {
	b, err := a.blueprint()
	if err != nil {
		return ""
	}
	return b.print
}

// WantsGroups reports whether groups are pushed to the app at all.
func (a *App) WantsGroups() bool { return a.Settings.groups() != GroupsOff }

// NoGroups returns why the app is taken to have no groups, "" if it has them.
func (a *App) NoGroups() string {
	if f := a.Capabilities().Fact(Groups); f.Value == GroupsNone {
		return f.Reason
	}
	return ""
}

var appName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$`)

// Validate returns an error that says what to change if the app cannot be
// saved: the name must be 1 to 60 letters, digits, "-" or "_" and start with a
// letter or digit, the endpoint an absolute http or https URL without user
// information, query or fragment, one credential is there and can be sent, and the
// headers are none that a request has anyhow.
func (a *App) Validate() error {
	if !appName.MatchString(a.Name) {
		return fmt.Errorf("app name %q: use 1 to 60 letters, digits, '-' or '_', starting with a letter or digit", a.Name)
	}
	if err := a.validateCredential(); err != nil {
		return err
	}
	// Errors about the endpoint do not repeat it: people leave passwords in URLs.
	cfg := scimclient.Config{Endpoint: a.Endpoint, Header: a.Headers, Transport: http.DefaultTransport}
	var err error
	if cfg.Credential, err = a.credential(cfg); err == nil {
		_, err = scimclient.New(cfg)
	}
	if err != nil {
		return fmt.Errorf("app %q: %w", a.Name, err)
	}
	if err := a.Settings.Validate(); err != nil {
		return fmt.Errorf("settings of app %q: %w", a.Name, err)
	}
	return nil
}
