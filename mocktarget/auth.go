package mocktarget

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// An Auth lists ways to be let in beside [Config].Token.
type Auth struct {
	// Open lets everybody in, with or without credentials.
	Open bool
	// Tokens are further bearer tokens.
	Tokens []BearerToken
	// Users may use HTTP Basic.
	Users []BasicUser
	// Clients may fetch bearer tokens from /oauth/token (or /t/{tenant}/oauth/token)
	// with the OAuth 2.0 client credentials grant.
	Clients []OAuthClient
}

// A BearerToken is a credential of RFC 6750.
type BearerToken struct {
	Value string
	// Subject is the id or userName of the user the token stands for at /Me. ""
	// means nobody.
	Subject string
	// Tenant is the only tenant that takes the token. "" means any.
	Tenant string
	// ReadOnly refuses writes: 403.
	ReadOnly bool
	// Expires is when the token stops being valid. The zero time means never.
	Expires time.Time
}

// A BasicUser is a name and a password of HTTP Basic (RFC 7617). The name is the
// subject at /Me.
type BasicUser struct{ Name, Password string }

// An OAuthClient may fetch tokens (RFC 6749 section 4.4).
type OAuthClient struct {
	ID, Secret string
	// Subject is the id or userName its tokens stand for at /Me. "" means nobody.
	Subject string
	// ReadOnly refuses writes with its tokens: 403.
	ReadOnly bool
	// Lifetime of its tokens. Zero means one hour.
	Lifetime time.Duration
}

// A caller is who sent a request.
type caller struct {
	name     string // of the credential, never a secret
	subject  string
	readOnly bool
}

// anonymous is the name of a caller without credentials.
const anonymous = "anonymous"

type authenticator struct {
	auth   Auth
	tokens []hashedToken
	users  []hashedToken
	sealer *sealer
}

// A hashedToken is compared by its hash, so that neither the time nor the length
// of a comparison tells about the secret.
type hashedToken struct {
	sum   [sha256.Size]byte
	name  string
	token BearerToken
}

func newAuthenticator(config Config) (*authenticator, error) {
	sealer, err := newSealer("access token")
	if err != nil {
		return nil, err
	}
	a := &authenticator{auth: config.Auth, sealer: sealer}
	for i, token := range append([]BearerToken{{Value: config.Token, Subject: config.Subject}}, config.Auth.Tokens...) {
		if token.Value == "" {
			return nil, errors.New("a bearer token has no value")
		}
		a.tokens = append(a.tokens, hashedToken{sha256.Sum256([]byte(token.Value)), fmt.Sprintf("token %d", i+1), token})
	}
	for _, user := range config.Auth.Users {
		if user.Name == "" || strings.Contains(user.Name, ":") {
			return nil, errors.New("the name of a Basic user is empty or has a colon")
		}
		a.users = append(a.users, hashedToken{
			sha256.Sum256([]byte(user.Name + ":" + user.Password)), "user " + user.Name, BearerToken{Subject: user.Name},
		})
	}
	for _, client := range config.Auth.Clients {
		if client.ID == "" || client.Secret == "" {
			return nil, errors.New("an OAuth client has no id or no secret")
		}
	}
	return a, nil
}

// match returns the credential with a secret. It looks at all of them always.
func match(list []hashedToken, secret string) (hashedToken, bool) {
	sum := sha256.Sum256([]byte(secret))
	found := -1
	for i := range list {
		if subtle.ConstantTimeCompare(sum[:], list[i].sum[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return hashedToken{}, false
	}
	return list[found], true
}

// authenticate is the second phase: who is asking? The ServiceProviderConfig, which
// says how to authenticate, is shown to everybody who claims no identity, and the
// token endpoint looks at the client's credentials itself.
func (x *exchange) authenticate() error {
	a := x.server.auth
	header := x.r.Header.Get("Authorization")
	mayBeAnonymous := a.auth.Open || x.target.kind == kindToken || x.target.kind == kindConfig && header == "" && x.reads()
	if mayBeAnonymous {
		x.caller = caller{name: anonymous}
		if header == "" || x.target.kind == kindToken {
			return nil
		}
	}
	caller, problem := a.identify(x, header)
	if problem == "" {
		x.caller = caller
		return nil
	}
	if a.auth.Open {
		return nil
	}
	x.challenge(header, problem)
	return scim.Status(http.StatusUnauthorized, "%s", problem)
}

// identify returns who a header stands for, or what is wrong with it.
func (a *authenticator) identify(x *exchange, header string) (who caller, problem string) {
	if header == "" {
		return caller{}, "the request has no Authorization header; send \"Authorization: Bearer TOKEN\""
	}
	scheme, credentials, _ := strings.Cut(header, " ")
	credentials = strings.TrimSpace(credentials)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return a.bearer(x, credentials)
	case strings.EqualFold(scheme, "Basic") && len(a.users) > 0:
		if name, password, ok := x.r.BasicAuth(); ok {
			if known, ok := match(a.users, name+":"+password); ok {
				return caller{name: known.name, subject: known.token.Subject}, ""
			}
		}
		return caller{}, "the user name or the password is wrong"
	default:
		return caller{}, "this authorization scheme is not accepted"
	}
}

func (a *authenticator) bearer(x *exchange, secret string) (caller, string) {
	now := x.now()
	if known, ok := match(a.tokens, secret); ok {
		switch token := known.token; {
		case token.Tenant != "" && token.Tenant != x.tenantName:
			return caller{}, "the bearer token is not valid for this tenant"
		case !token.Expires.IsZero() && !now.Before(token.Expires):
			return caller{}, "the bearer token has expired"
		}
		return caller{name: known.name, subject: known.token.Subject, readOnly: known.token.ReadOnly}, ""
	}
	if x.tenant != nil {
		if who, problem, known := x.tenant.tokens.identify(secret, now); known {
			return who, problem
		}
	}
	if len(a.auth.Clients) > 0 {
		var issued issuedToken
		if text, ok := a.sealer.open(secret); ok && json.Unmarshal(text, &issued) == nil {
			switch {
			case issued.Tenant != x.tenantName:
				return caller{}, "the bearer token is not valid for this tenant"
			case now.Unix() >= issued.Expires:
				return caller{}, "the bearer token has expired; fetch another one"
			}
			return caller{name: "client " + issued.Client, subject: issued.Subject, readOnly: issued.ReadOnly}, ""
		}
	}
	return caller{}, "the bearer token is not valid"
}

// challenge says how to authenticate (RFC 6750 section 3, RFC 7617 section 2).
func (x *exchange) challenge(header, problem string) {
	bearer := `Bearer realm="scimwright"`
	if header != "" {
		bearer += `, error="invalid_token", error_description="` + strings.ReplaceAll(problem, `"`, "'") + `"`
	}
	x.w.Header().Add("WWW-Authenticate", bearer)
	if len(x.server.auth.users) > 0 {
		x.w.Header().Add("WWW-Authenticate", `Basic realm="scimwright", charset="UTF-8"`)
	}
}

// authorize refuses writes of those who may only read.
func (x *exchange) authorize() error {
	searching := x.target.kind == kindTypeSearch || x.target.kind == kindRootSearch
	if x.caller.readOnly && !x.reads() && x.r.Method != http.MethodOptions && !searching {
		return scim.Status(http.StatusForbidden, "this credential may only read")
	}
	return nil
}

// An issuedToken is what a token of the token endpoint says, sealed.
type issuedToken struct {
	Tenant   string `json:"t"`
	Client   string `json:"c"`
	Subject  string `json:"s,omitempty"`
	ReadOnly bool   `json:"r,omitempty"`
	Expires  int64  `json:"e"` // seconds of the Unix epoch
}

// issueToken is the token endpoint (RFC 6749 sections 4.4 and 5). Its errors are
// OAuth's, not SCIM's.
func (x *exchange) issueToken() (*answer, error) {
	x.did("token", nil, "")
	if len(x.server.auth.auth.Clients) == 0 {
		return nil, scim.Status(http.StatusNotFound, "this mock has no OAuth clients")
	}
	if err := x.read(64<<10, "a token request's limit"); err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(x.body))
	if err != nil || !strings.HasPrefix(x.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return oauthError(http.StatusBadRequest, "invalid_request", "send a form: grant_type=client_credentials"), nil
	}
	client, ok := x.server.auth.client(x.clientCredentials(form))
	if !ok {
		refusal := oauthError(http.StatusUnauthorized, "invalid_client", "the client id or the secret is wrong")
		refusal.header.Set("WWW-Authenticate", `Basic realm="scimwright"`)
		return refusal, nil
	}
	switch form.Get("grant_type") {
	case "client_credentials":
	case "":
		return oauthError(http.StatusBadRequest, "invalid_request", "grant_type is missing; send grant_type=client_credentials"), nil
	default:
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "only client_credentials is supported"), nil
	}
	lifetime := client.Lifetime
	if lifetime == 0 {
		lifetime = time.Hour
	}
	text, err := json.Marshal(issuedToken{
		Tenant: x.tenantName, Client: client.ID, Subject: client.Subject, ReadOnly: client.ReadOnly,
		Expires: x.now().Add(lifetime).Unix(),
	})
	if err != nil {
		return nil, err
	}
	return oauthAnswer(http.StatusOK, map[string]any{
		"access_token": x.server.auth.sealer.seal(text), "token_type": "Bearer", "expires_in": int(lifetime / time.Second),
	}), nil
}

// clientCredentials returns id and secret of a token request: from the header, where
// each is encoded as in a form, or else from the form (RFC 6749 section 2.3.1).
func (x *exchange) clientCredentials(form url.Values) (id, secret string) {
	id, secret, ok := x.r.BasicAuth()
	if !ok {
		return form.Get("client_id"), form.Get("client_secret")
	}
	plainID, idErr := url.QueryUnescape(id)
	plainSecret, secretErr := url.QueryUnescape(secret)
	if idErr != nil || secretErr != nil {
		return id, secret // many clients do not encode them
	}
	return plainID, plainSecret
}

// client returns the client with an id and a secret. It looks at all of them
// always.
func (a *authenticator) client(id, secret string) (OAuthClient, bool) {
	given := sha256.Sum256([]byte(id + "\x00" + secret))
	var found OAuthClient
	ok := false
	for _, client := range a.auth.Clients {
		sum := sha256.Sum256([]byte(client.ID + "\x00" + client.Secret))
		if subtle.ConstantTimeCompare(given[:], sum[:]) == 1 {
			found, ok = client, true
		}
	}
	return found, ok
}

func oauthError(status int, code, description string) *answer {
	return oauthAnswer(status, map[string]any{"error": code, "error_description": description})
}

func oauthAnswer(status int, body map[string]any) *answer {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return &answer{status: status, body: text, header: http.Header{
		"Content-Type": {"application/json"}, "Cache-Control": {"no-store"},
	}}
}

// now returns the time on the tenant's clock.
func (x *exchange) now() time.Time {
	if x.tenant != nil {
		return x.tenant.clock.Now()
	}
	return x.server.config.Now()
}

// schemes describes the ways in for the ServiceProviderConfig (RFC 7643 section
// 5).
func (a *authenticator) schemes() []scim.AuthenticationScheme {
	list := []scim.AuthenticationScheme{{
		Type: "oauthbearertoken", Name: "OAuth Bearer Token", Primary: true,
		Description: "A bearer token in the Authorization header",
		SpecURI:     "https://www.rfc-editor.org/info/rfc6750",
	}}
	if len(a.users) > 0 {
		list = append(list, scim.AuthenticationScheme{
			Type: "httpbasic", Name: "HTTP Basic", Description: "User name and password in the Authorization header",
			SpecURI: "https://www.rfc-editor.org/info/rfc7617",
		})
	}
	if len(a.auth.Clients) > 0 {
		list = append(list, scim.AuthenticationScheme{
			Type: "oauth2", Name: "OAuth 2.0 client credentials", Description: "Tokens from the endpoint /oauth/token beside /scim",
			SpecURI: "https://www.rfc-editor.org/info/rfc6749",
		})
	}
	return list
}
