package provisioner

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sync"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A BasicLogin is a user name and a password, sent by HTTP Basic (RFC 7617).
type BasicLogin struct {
	Username string `json:"username" doc:"Without a colon"`
	Password string `json:"password,omitempty" writeOnly:"true"`
}

// An OAuthClient fetches bearer tokens from a token endpoint with the OAuth 2.0 client
// credentials grant (RFC 6749 section 4.4).
type OAuthClient struct {
	TokenURL string `json:"tokenUrl" doc:"Address of the token endpoint" example:"https://login.example.com/oauth2/token"`
	ID       string `json:"clientId"`
	Secret   string `json:"clientSecret,omitempty" writeOnly:"true"`
	// Scopes are asked for. Default: the client's own.
	Scopes []string `json:"scopes,omitempty" doc:"What to ask for. Default: what the client has"`
	// Auth says where id and secret are sent. Default: [ClientBasic].
	Auth ClientAuth `json:"clientAuth,omitempty" enum:"basic,post" doc:"basic sends id and secret by HTTP Basic, post in the body. Default: basic"`
}

// A ClientAuth says where an OAuth client sends its id and secret (RFC 6749 section
// 2.3.1).
type ClientAuth string

// The ways to send them.
const (
	// ClientBasic sends them in the Authorization header (client_secret_basic).
	ClientBasic ClientAuth = "basic"
	// ClientPost sends them in the body (client_secret_post).
	ClientPost ClientAuth = "post"
)

// An AuthKind says what an app lets requests in by.
type AuthKind string

// The kinds.
const (
	AuthBearer AuthKind = "bearer"
	AuthBasic  AuthKind = "basic"
	AuthOAuth  AuthKind = "oauth"
)

// AuthKind returns what the app lets requests in by.
func (a *App) AuthKind() AuthKind {
	switch {
	case a.OAuth != nil:
		return AuthOAuth
	case a.Basic != nil:
		return AuthBasic
	default:
		return AuthBearer
	}
}

// credentialName is what people call that.
func (a *App) credentialName() string {
	switch a.AuthKind() {
	case AuthOAuth:
		return "OAuth client"
	case AuthBasic:
		return "login"
	default:
		return "token"
	}
}

// HeaderNames returns the names of [App.Headers], sorted.
func (a *App) HeaderNames() []string { return slices.Sorted(maps.Keys(a.Headers)) }

// secrets are what is sealed at rest of an app.
type secrets struct {
	Token   string            `json:"token,omitempty"`
	Basic   *BasicLogin       `json:"basic,omitempty"`
	OAuth   *OAuthClient      `json:"oauth,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

func (a *App) secrets() secrets { return secrets{a.Token, a.Basic, a.OAuth, a.Headers} }

// MarshalSecrets returns credential and headers of the app for a store to seal.
func (a *App) MarshalSecrets() ([]byte, error) { return json.Marshal(a.secrets()) }

// UnmarshalSecrets sets them to what MarshalSecrets has returned.
func (a *App) UnmarshalSecrets(data []byte) error {
	var s secrets
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	a.Token, a.Basic, a.OAuth, a.Headers = s.Token, s.Basic, s.OAuth, s.Headers
	return nil
}

// sameSecrets reports whether two apps have the same credential and headers.
func (a *App) sameSecrets(b *App) bool {
	return maps.Equal(a.Headers, b.Headers) &&
		reflect.DeepEqual(secrets{a.Token, a.Basic, a.OAuth, nil}, secrets{b.Token, b.Basic, b.OAuth, nil})
}

// Inherit gives an app that is saved anew the credential and the headers that it had, as
// far as they are left out; no headers are not headers that are left out. Another
// server is not given them: whoever may save the app could read them there.
func (a *App) Inherit(old *App) {
	if !scimclient.SameOrigin(a.Endpoint, old.Endpoint) {
		return
	}
	if a.hasNoCredential() {
		a.Token, a.Basic, a.OAuth = old.Token, old.Basic, old.OAuth
	}
	if a.Headers == nil {
		a.Headers = old.Headers
	}
}

func (a *App) hasNoCredential() bool { return a.Token == "" && a.Basic == nil && a.OAuth == nil }

// validateCredential returns an error that says what to change if the app has not
// exactly one credential.
func (a *App) validateCredential() error {
	if a.hasNoCredential() {
		return fmt.Errorf("app %q has no credential: make one in the app, such as a bearer token, and save it here; one that is saved stays as long as the app is on the same server", a.Name)
	}
	if a.Token != "" && a.Basic != nil || a.Token != "" && a.OAuth != nil || a.Basic != nil && a.OAuth != nil {
		return fmt.Errorf("app %q has several credentials: give it one of a bearer token, a user name with a password, and an OAuth client", a.Name)
	}
	if a.OAuth != nil {
		return oneOf("clientAuth", a.OAuth.Auth, "", ClientBasic, ClientPost)
	}
	return nil
}

// credential returns what requests to the app are let in by; cfg says how tokens are
// fetched.
func (a *App) credential(cfg scimclient.Config) (scimclient.Credential, error) {
	switch a.AuthKind() {
	case AuthOAuth:
		return scimclient.NewTokenSource(scimclient.OAuthClient{
			TokenURL: a.OAuth.TokenURL, ID: a.OAuth.ID, Secret: a.OAuth.Secret, Scopes: a.OAuth.Scopes, InBody: a.OAuth.Auth == ClientPost,
		}, cfg)
	case AuthBasic:
		return scimclient.Basic(a.Basic.Username, a.Basic.Password), nil
	default:
		return scimclient.Bearer(a.Token), nil
	}
}

// tokenSources hold where the tokens of apps come from, so that all requests to an app
// share them.
type tokenSources struct {
	// public and private carry the requests for tokens, as the engine's do those to apps.
	// They change nothing in an app, and are made for a plan too.
	public, private http.RoundTripper

	mu sync.Mutex
	of map[string]tokenSource // by app
}

// A tokenSource is that of one app, as long as its client stays what it is.
type tokenSource struct {
	client     OAuthClient
	private    bool // the token endpoint may be in a private network
	credential scimclient.Credential
}

// credential returns what requests to an app are let in by.
func (t *tokenSources) credential(app *App, cfg scimclient.Config) (scimclient.Credential, error) {
	if app.OAuth == nil {
		return app.credential(cfg)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.of[app.Name]; ok && s.private != cfg.DenyPrivate && reflect.DeepEqual(s.client, *app.OAuth) {
		return s.credential, nil
	}
	if cfg.Transport = t.private; cfg.DenyPrivate {
		cfg.Transport = t.public
	}
	credential, err := app.credential(cfg)
	if err != nil {
		return nil, err
	}
	if t.of == nil {
		t.of = map[string]tokenSource{}
	}
	t.of[app.Name] = tokenSource{client: *app.OAuth, private: !cfg.DenyPrivate, credential: credential}
	return credential, nil
}

// unauthorized reports whether an app does not let requests in, or no token is to be had
// with which it would.
func unauthorized(err error) bool {
	if noToken, ok := errors.AsType[*scimclient.TokenError](err); ok {
		return noToken.Refused()
	}
	return status(err) == http.StatusUnauthorized
}

// refusal is the pause of an app that does not let requests in.
func (a *App) refusal(err error) *Pause {
	if noToken, ok := errors.AsType[*scimclient.TokenError](err); ok {
		return &Pause{Cause: PauseAuth, Reason: noToken.Error() + ": save an OAuth client that is issued tokens, and sync"}
	}
	return &Pause{Cause: PauseAuth, Reason: fmt.Sprintf("the app refuses the %s (%d): save a valid one and sync", a.credentialName(), status(err))}
}
