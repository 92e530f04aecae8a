package control

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

// NewToken describes a bearer token to be issued.
type NewToken struct {
	mocktarget.TokenConfig
	Lifetime string `json:"lifetime,omitempty" doc:"How long it is valid from now on, instead of expires" example:"1h"`
}

// IssuedToken is a bearer token with what a client has to send, which is told this
// once.
type IssuedToken struct {
	mocktarget.Token
	Secret string `json:"secret"`
}

type newToken struct {
	TenantPath
	Body NewToken
}

type tokenPath struct {
	TenantPath
	ID string `path:"id" doc:"Id of the token, which is not what clients send"`
}

func (a *API) registerTokens(api huma.API) {
	const path = "/tenants/{tenant}/tokens"
	huma.Register(api, operation(http.MethodGet, path, "list-tokens", "List the bearer tokens a tenant has issued"),
		listing(a, func(t *mocktarget.Tenant, _ *TenantPath) []mocktarget.Token { return t.Tokens() }))
	huma.Register(api, conflicting(creating(path, "issue-token", "Issue a bearer token")), answer(a, issueToken))
	huma.Register(api, operation(http.MethodDelete, path+"/{id}", "revoke-token", "Make a token invalid"),
		acting(a, func(t *mocktarget.Tenant, in *tokenPath) error { return t.RevokeToken(in.ID) }))
	huma.Register(api, action(path+"/{id}/expire", "expire-token", "Let a token expire now"),
		acting(a, func(t *mocktarget.Tenant, in *tokenPath) error { return t.ExpireToken(in.ID) }))
}

func issueToken(t *mocktarget.Tenant, in *newToken) (IssuedToken, error) {
	config := in.Body.TokenConfig
	if text := in.Body.Lifetime; text != "" {
		var err error
		if config.Lifetime, err = time.ParseDuration(text); err != nil {
			return IssuedToken{}, huma.Error422UnprocessableEntity("body.lifetime is " + quote(text) + "; write a duration such as 1h")
		}
	}
	secret, token, err := t.IssueToken(config)
	return IssuedToken{Token: token, Secret: secret}, err
}
