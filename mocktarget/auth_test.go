package mocktarget_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

func TestAuth(t *testing.T) {
	c := start(t, configured(mocktarget.Config{
		Auth: mocktarget.Auth{
			Tokens: []mocktarget.BearerToken{
				{Value: "reader", ReadOnly: true}, {Value: "acme-only", Tenant: "acme"},
			},
			Users: []mocktarget.BasicUser{{Name: "ann", Password: "p:w"}},
		},
	}))
	me := c.createUser("ann")
	as := func(authorization string) string { return "Authorization: " + authorization }

	t.Run("RFC7644-2-R7", func(t *testing.T) {
		for _, path := range []string{"/Users", "/Users/" + me.id(), "/Schemas", "/Nope", "/Bulk"} {
			r := c.do("GET", path, "", as(""))
			r.wantError(401, "")
			equal(t, "challenges", r.header.Values("WWW-Authenticate"), []string{`Bearer realm="scimwright"`, `Basic realm="scimwright", charset="UTF-8"`})
		}
	})
	t.Run("RFC7644-2-R4", func(t *testing.T) {
		token := c.token
		for _, wrong := range []string{"Bearer wrong", "Bearer " + token[1:], "Bearer " + token + "x", "Bearer", token, "Digest x", "Bearer " + strings.ToLower(token)} {
			r := c.do("GET", "/Users", "", as(wrong))
			r.wantError(401, "")
			if !strings.Contains(r.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
				t.Errorf("the challenge to %q is %s", wrong, r.header.Get("WWW-Authenticate"))
			}
			if strings.Contains(r.raw, token) {
				t.Error("the answer shows the token")
			}
		}
		c.do("GET", "/Users", "", as("bearer "+token)).want(200)
	})
	t.Run("RFC7643-5-R15", func(t *testing.T) {
		c.do("GET", "/ServiceProviderConfig", "", as("")).want(200)
		c.do("HEAD", "/ServiceProviderConfig", "", as("")).want(200)
		c.do("GET", "/ServiceProviderConfig", "", as("Bearer wrong")).wantError(401, "")
	})
	t.Run("RFC7644-2-R8", func(t *testing.T) {
		c.do("GET", "/Users", "", as("Bearer reader")).want(200)
		c.do("POST", "/Users/.search", search("title pr"), as("Bearer reader")).want(200)
		c.do("POST", "/Users", user("x"), as("Bearer reader")).wantError(403, "")
		c.do("DELETE", "/Users/"+me.id(), "", as("Bearer reader")).wantError(403, "")
	})
	t.Run("RFC7644-6.1-R3", func(t *testing.T) {
		c.do("GET", "/Users", "", as("Bearer acme-only")).wantError(401, "")
		c.do("GET", c.target.Origin()+"/t/acme/scim/v2/Users", "", as("Bearer acme-only")).want(200)
	})
	t.Run("basic", func(t *testing.T) {
		good := base64.StdEncoding.EncodeToString([]byte("ann:p:w"))
		equal(t, "userName", c.do("GET", "/Me", "", as("Basic "+good)).want(200).at("userName"), "ann")
		c.do("GET", "/Users", "", as("Basic "+base64.StdEncoding.EncodeToString([]byte("ann:pw")))).wantError(401, "")
		c.do("GET", "/Users", "", as("Basic !!!")).wantError(401, "")
	})
	t.Run("open", func(t *testing.T) {
		open := start(t, configured(mocktarget.Config{Auth: mocktarget.Auth{Open: true}}))
		open.do("POST", "/Users", user("anyone"), as("")).want(201)
		open.do("GET", "/Users", "", as("Bearer whatever")).want(200)
	})
	t.Run("strangers make no tenants", func(t *testing.T) {
		c.do("GET", c.target.Origin()+"/t/strange/scim/v2/ServiceProviderConfig", "", as("")).want(200)
		c.do("GET", c.target.Origin()+"/t/strange/scim/v2/Users", "", as("")).want(401)
		for _, tenant := range c.target.Server().Tenants() {
			if tenant.Name() == "strange" {
				t.Error("there is a tenant now")
			}
		}
	})
}

func TestIssuedTokens(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := start(t, configured(mocktarget.Config{
		Now: func() time.Time { return now },
		Auth: mocktarget.Auth{
			Tokens:  []mocktarget.BearerToken{{Value: "short-lived", Expires: now.Add(time.Minute)}},
			Clients: []mocktarget.OAuthClient{{ID: "app", Secret: "s3cret", Subject: "ann", Lifetime: time.Minute}},
		},
	}))
	c.createUser("ann")
	t.Run("RFC7644-7.4-R3", func(t *testing.T) {
		fetch := func(form string) reply {
			t.Helper()
			return c.do("POST", c.target.Origin()+"/oauth/token", form, "Authorization: ", "Content-Type: application/x-www-form-urlencoded")
		}
		equal(t, "error", fetch("grant_type=client_credentials&client_id=app&client_secret=wrong").want(401).at("error"), "invalid_client")
		equal(t, "error", fetch("grant_type=password&client_id=app&client_secret=s3cret").want(400).at("error"), "unsupported_grant_type")
		r := fetch("grant_type=client_credentials&client_id=app&client_secret=s3cret").want(200)
		equal(t, "expires_in", r.at("expires_in"), 60)
		token := "Bearer " + r.at("access_token").(string)
		equal(t, "userName", c.do("GET", "/Me", "", "Authorization: "+token).want(200).at("userName"), "ann")
		c.do("GET", c.target.Origin()+"/t/acme/scim/v2/Users", "", "Authorization: "+token).wantError(401, "")
		c.do("GET", "/Users", "", "Authorization: Bearer short-lived").want(200)
		now = now.Add(time.Minute)
		c.do("GET", "/Users", "", "Authorization: "+token).wantError(401, "", "expired")
		c.do("GET", "/Users", "", "Authorization: Bearer short-lived").wantError(401, "", "expired")
		journal := c.do("GET", c.target.Origin()+"/_mock/api/v1/tenants/default/journal", "").raw
		for _, secret := range []string{"s3cret", c.token, r.at("access_token").(string), "short-lived"} {
			if strings.Contains(journal, secret) {
				t.Errorf("the journal shows the secret %q", secret)
			}
		}
	})
}

func TestMe(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Subject: "ANN"}))
	c.do("GET", "/Me", "").wantError(404, "")
	made := c.createUser("ann")
	t.Run("RFC7644-3.11-R5", func(t *testing.T) {
		r := c.do("GET", "/Me", "").want(200)
		equal(t, "id", r.id(), made.id())
		equal(t, "Location", r.header.Get("Location"), c.base+"/Users/"+made.id())
		equal(t, "meta.location", r.at("meta", "location"), c.base+"/Users/"+made.id())
	})
	equal(t, "title", c.do("PATCH", "/Me", patchBody(`{"op":"add","path":"title","value":"x"}`)).want(200).at("title"), "x")
	equal(t, "title", c.do("PUT", "/Me", user("ann", `"title":"y"`)).want(200).at("title"), "y")
	equal(t, "projected", c.do("GET", "/Me?attributes=userName", "").want(200).at("title"), nil)
	c.do("POST", "/Me", user("again")).wantError(409, "uniqueness")
	c.do("DELETE", "/Me", "").want(204)
	c.do("GET", "/Me", "").wantError(404, "")
	t.Run("RFC7644-3.11-R6", func(t *testing.T) {
		r := c.do("POST", "/Me", user("self-made")).want(201)
		equal(t, "id", c.do("GET", "/Me", "").want(200).id(), r.id())
	})
	c.do("PROPFIND", "/Me", "").wantError(405, "")
}
