package control

import (
	"context"
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

func (a *API) registerTokens(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/tokens", "list-tokens", "List the bearer tokens a tenant has issued"), a.listTokens)
	issue := operation(http.MethodPost, "/tenants/{tenant}/tokens", "issue-token", "Issue a bearer token")
	issue.DefaultStatus = http.StatusCreated
	issue.Errors = append(issue.Errors, http.StatusConflict)
	huma.Register(api, issue, a.issueToken)
	huma.Register(api, operation(http.MethodDelete, "/tenants/{tenant}/tokens/{id}", "revoke-token", "Make a token invalid"), a.revokeToken)
	expire := operation(http.MethodPost, "/tenants/{tenant}/tokens/{id}/expire", "expire-token", "Let a token expire now")
	expire.DefaultStatus = http.StatusNoContent
	huma.Register(api, expire, a.expireToken)
}

func (a *API) listTokens(_ context.Context, in *TenantPath) (*body[list[mocktarget.Token]], error) {
	t, err := a.tenant(*in)
	if err != nil {
		return nil, err
	}
	return listed(t.Tokens()), nil
}

func (a *API) issueToken(_ context.Context, in *struct {
	TenantPath
	Body NewToken
}) (*body[IssuedToken], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	config := in.Body.TokenConfig
	if text := in.Body.Lifetime; text != "" {
		if config.Lifetime, err = time.ParseDuration(text); err != nil {
			return nil, huma.Error422UnprocessableEntity("body.lifetime is " + quote(text) + "; write a duration such as 1h")
		}
	}
	secret, token, err := t.IssueToken(config)
	if err != nil {
		return nil, problem(err)
	}
	return &body[IssuedToken]{Body: IssuedToken{Token: token, Secret: secret}}, nil
}

type tokenPath struct {
	TenantPath
	ID string `path:"id" doc:"Id of the token, which is not what clients send"`
}

func (a *API) revokeToken(_ context.Context, in *tokenPath) (*struct{}, error) {
	t, err := a.tenant(in.TenantPath)
	if err == nil {
		err = problem(t.RevokeToken(in.ID))
	}
	return nil, err
}

func (a *API) expireToken(_ context.Context, in *tokenPath) (*struct{}, error) {
	t, err := a.tenant(in.TenantPath)
	if err == nil {
		err = problem(t.ExpireToken(in.ID))
	}
	return nil, err
}
