package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// issue issues a token and returns its header field beside it.
func issue(t *testing.T, tenant *mocktarget.Tenant, config mocktarget.TokenConfig) (header string, token mocktarget.Token) {
	t.Helper()
	secret, token, err := tenant.IssueToken(config)
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + secret, token
}

func TestTokens(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	tenant.Clock().Freeze()
	tenant.Clock().Set(noon)
	ann := c.createUser("ann")
	as, token := issue(t, tenant, mocktarget.TokenConfig{Name: "ci", Subject: "Ann", Lifetime: time.Hour})
	equal(t, "token", token, mocktarget.Token{
		ID: "1", Name: "ci", Subject: "Ann", Issued: noon, Expires: noon.Add(time.Hour), State: mocktarget.TokenValid,
	})
	invalid := func(r reply, words ...string) {
		t.Helper()
		r.wantError(401, "", words...)
		if challenge := r.header.Get("WWW-Authenticate"); !strings.Contains(challenge, `error="invalid_token"`) || !strings.Contains(challenge, words[0]) {
			t.Errorf("the challenge is %s", challenge)
		}
	}
	state := func() string { t.Helper(); return tenant.Tokens()[0].State }

	t.Run("lets in", func(t *testing.T) {
		equal(t, "id at /Me", c.do("GET", "/Me", "", as).want(200).id(), ann.id())
		equal(t, "caller", tenant.Journal()[len(tenant.Journal())-1].Caller, "tenant token 1")
		other := c.on(c.target.Server().Tenant("other"))
		invalid(other.do("GET", "/Users", "", as), "not valid")
		c.do("GET", "/Users", "").want(200) // the server's own token goes on
	})
	t.Run("expires on the tenant's clock", func(t *testing.T) {
		tenant.Clock().Advance(time.Hour - time.Millisecond)
		c.do("GET", "/Users", "", as).want(200)
		tenant.Clock().Advance(time.Millisecond)
		invalid(c.do("GET", "/Users", "", as), "expired")
		equal(t, "state", state(), mocktarget.TokenExpired)
		tenant.Clock().Set(noon)
		c.do("GET", "/Users", "", as).want(200)
		equal(t, "state", state(), mocktarget.TokenValid)
	})
	t.Run("expires at once", func(t *testing.T) {
		if err := tenant.ExpireToken(token.ID); err != nil {
			t.Fatal(err)
		}
		invalid(c.do("GET", "/Users", "", as), "expired")
		equal(t, "expiry", tenant.Tokens()[0].Expires, noon)
	})
	t.Run("is revoked", func(t *testing.T) {
		as, token := issue(t, tenant, mocktarget.TokenConfig{})
		c.do("GET", "/Me", "", as).wantError(404, "")
		if err := tenant.RevokeToken(token.ID); err != nil {
			t.Fatal(err)
		}
		invalid(c.do("GET", "/Users", "", as), "revoked")
		equal(t, "state", tenant.Tokens()[1].State, mocktarget.TokenRevoked)
	})
	t.Run("only reads", func(t *testing.T) {
		as, _ := issue(t, tenant, mocktarget.TokenConfig{ReadOnly: true})
		c.do("GET", "/Users", "", as).want(200)
		c.do("POST", "/Users", user("x"), as).wantError(403, "")
	})
	t.Run("is chosen", func(t *testing.T) {
		as, _ := issue(t, tenant, mocktarget.TokenConfig{Secret: "ch0sen-Word"})
		equal(t, "header", as, "Authorization: Bearer ch0sen-Word")
		c.do("GET", "/Users", "", as).want(200)
		if _, _, err := tenant.IssueToken(mocktarget.TokenConfig{Secret: "ch0sen-Word"}); err == nil {
			t.Error("one secret is issued twice")
		}
		text, err := json.Marshal([]any{tenant.Tokens(), tenant.Journal()})
		if err != nil || strings.Contains(string(text), "ch0sen") {
			t.Errorf("tokens or journal show the secret, %v", err)
		}
	})
	t.Run("is unknown", func(t *testing.T) {
		for _, err := range []error{tenant.RevokeToken("99"), tenant.ExpireToken("")} {
			if err == nil || !strings.Contains(err.Error(), "404") {
				t.Errorf("the error is %v", err)
			}
		}
	})
	t.Run("has its own user at Me", func(t *testing.T) {
		first, _ := issue(t, tenant, mocktarget.TokenConfig{})
		second, _ := issue(t, tenant, mocktarget.TokenConfig{})
		made := c.do("POST", "/Me", user("self"), first).want(201)
		equal(t, "id", c.do("GET", "/Me", "", first).want(200).id(), made.id())
		c.do("GET", "/Me", "", second).wantError(404, "")
	})
}

// TestTokensOfNoUse asks for tokens that no client could use, or that would not do what
// they say.
func TestTokensOfNoUse(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{Tokens: 1}, Auth: mocktarget.Auth{Tokens: []mocktarget.BearerToken{{Value: "further"}}}}))
	status := func(secret string) int {
		_, _, err := c.tenant().IssueToken(mocktarget.TokenConfig{Secret: secret})
		return statusOf(err)
	}
	for _, test := range []struct {
		secret string
		status int
	}{{"two words", 400}, {"line\nbreak", 400}, {"ünicode", 400}, {c.token, 409}, {"further", 409}, {"mine", 0}, {"one too many", 400}, {"more", 409}} {
		equal(t, "status of "+test.secret, status(test.secret), test.status)
	}
	equal(t, "tokens", len(c.tenant().Tokens()), 1)
}

func TestTokensAreSafe(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				secret, token, err := tenant.IssueToken(mocktarget.TokenConfig{})
				if err != nil {
					t.Error(err)
					return
				}
				for _, want := range []int{200, 401} {
					r, err := c.try("GET", "/Users", "", "Authorization: Bearer "+secret)
					if err != nil || r.status != want {
						t.Errorf("token %s: %d, %v, want %d", token.ID, r.status, err, want)
					}
					if err := tenant.RevokeToken(token.ID); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	ids := map[string]bool{}
	for _, token := range tenant.Tokens() {
		ids[token.ID] = true
	}
	equal(t, "tokens", len(ids), fmt.Sprint(160))
}
