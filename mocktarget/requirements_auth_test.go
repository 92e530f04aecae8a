package mocktarget_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// as sends a request with an Authorization of its own, "" for none.
func (c *client) as(authorization, method, path, body string) reply {
	c.t.Helper()
	return c.do(method, path, body, "Authorization: "+authorization)
}

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// token asks the token endpoint of the client's tenant.
func (c *client) fetch(authorization, form string) reply {
	c.t.Helper()
	endpoint := strings.TrimSuffix(c.base, "/scim/v2") + "/oauth/token"
	return c.do("POST", endpoint, form, "Authorization: "+authorization, "Content-Type: application/x-www-form-urlencoded")
}

func TestAuthRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-2-R2+RFC7644-2-R4+RFC7644-3.12-R8", func(c *client) {
			c.as("Bearer "+c.token, "GET", "/Users", "").want(200)
			altered := []byte(c.token)
			altered[len(altered)-1] ^= 1
			for _, wrong := range []string{
				"", "Bearer", "Bearer ", "Bearer random", "Bearer " + string(altered), "Bearer " + c.token[:len(c.token)-1], "Bearer " + c.token + c.token, c.token,
				"Basic " + c.token, basic("reader", "x"),
			} {
				for _, r := range []reply{c.as(wrong, "GET", "/Users", ""), c.as(wrong, "POST", "/Users", user("eve")), c.as(wrong, "GET", "/Nope", "")} {
					r.wantError(401, "")
				}
			}
			equal(c.t, "users", len(c.target.Users()), 0)
		}},
		{"RFC7644-2-R7", func(c *client) {
			for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS"} {
				challenges := c.as("", method, "/Users", "").want(401).header.Values("WWW-Authenticate")
				equal(c.t, "challenges to "+method, challenges, []string{`Bearer realm="scimwright"`, `Basic realm="scimwright", charset="UTF-8"`})
			}
			wrong := c.as("Bearer random", "GET", "/Users", "").header.Get("WWW-Authenticate")
			if !strings.Contains(wrong, `error="invalid_token"`) { // RFC 6750 section 3.1
				c.t.Errorf("the challenge to a wrong token is %s", wrong)
			}
		}},
		{"RFC7644-2-R8+RFC7644-2.1-R1+RFC7644-3.12-R9", func(c *client) {
			made := c.createUser("ann")
			path := "/Users/" + made.id()
			for _, reader := range []string{
				"Bearer reader", "Bearer " + c.fetch("", "grant_type=client_credentials&client_id=report&client_secret=r").want(200).at("access_token").(string),
			} {
				for _, read := range []string{path, "/Users", "", "/Schemas"} {
					c.as(reader, "GET", read, "").want(200)
				}
				c.as(reader, "POST", "/Users/.search", search("userName pr")).want(200)
				for method, target := range map[string]string{"POST": "/Users", "PUT": path, "PATCH": path, "DELETE": path} {
					c.as(reader, method, target, user("eve")).wantError(403, "")
				}
				c.as(reader, "POST", "/Bulk", bulkBody("", on("DELETE", path, ""))).wantError(403, "")
				c.as(reader, "POST", "/Me", user("eve")).wantError(403, "")
			}
			equal(c.t, "the user", c.do("GET", path, "").want(200).raw, made.raw)
		}},
		{"RFC7644-2-R10+RFC7644-6.1-R3", func(c *client) {
			made := c.createUser("ann")
			c.as("Bearer elsewhere", "GET", "/Users/"+made.id(), "").wantError(401, "", "tenant")
			c.as("Bearer elsewhere", "DELETE", "/Users/"+made.id(), "").wantError(401, "", "tenant")
			elsewhere := c.target.Origin() + "/t/elsewhere/scim/v2"
			c.as("Bearer elsewhere", "GET", elsewhere+"/Users", "").want(200)
			c.as("Bearer elsewhere", "GET", elsewhere+"/Users/"+made.id(), "").wantError(404, "")
			issued := "Bearer " + c.fetch("", "grant_type=client_credentials&client_id=report&client_secret=r").want(200).at("access_token").(string)
			c.as(issued, "GET", "/Users", "").want(200)
			c.as(issued, "GET", elsewhere+"/Users", "").wantError(401, "", "tenant")
			c.do("GET", "/Users/"+made.id(), "").want(200)
		}},
		{"RFC7644-7.7-R3", func(c *client) {
			// A person's credential has an own record at /Me, an application's has none.
			made := c.createUser("ann")
			equal(c.t, "/Me of a person", c.as(basic("ann", "p:w"), "GET", "/Me", "").want(200).id(), made.id())
			equal(c.t, "/Me of a token for a person", c.as("Bearer ann's", "GET", "/Me", "").want(200).id(), made.id())
			c.as("Bearer reader", "GET", "/Me", "").wantError(404, "")
		}},
		{"RFC7644-7.4-R5", func(c *client) {
			for _, r := range []reply{c.createUser("ann"), c.do("GET", "/Me", ""), c.as("", "GET", "/Users", ""), c.as(basic("ann", "p:w"), "GET", "/Users", ""),
				c.fetch("", "grant_type=client_credentials&client_id=report&client_secret=r").want(200), c.do("GET", c.target.Origin()+"/_mock/api/v1/tenants/default/journal", "")} {
				equal(c.t, r.what+": Set-Cookie", r.header.Values("Set-Cookie"), []string{})
			}
		}},
	}, configured(mocktarget.Config{Auth: mocktarget.Auth{
		Tokens:  []mocktarget.BearerToken{{Value: "reader", ReadOnly: true}, {Value: "elsewhere", Tenant: "elsewhere"}, {Value: "ann's", Subject: "ann"}},
		Users:   []mocktarget.BasicUser{{Name: "ann", Password: "p:w"}},
		Clients: []mocktarget.OAuthClient{{ID: "report", Secret: "r", ReadOnly: true}},
	}}))
}

func TestAnonymousRequests(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-2.2-R1", func(c *client) {
			made := c.as("", "POST", "/Users", user("newcomer")).want(201)
			c.as("", "GET", "/Users/"+made.id(), "").want(200)
			c.as("Bearer whatever", "DELETE", "/Users/"+made.id(), "").want(204)
			c.as("", "GET", "/Me", "").wantError(404, "")
		}},
	}, configured(mocktarget.Config{Auth: mocktarget.Auth{Open: true}}))
}

// The token endpoint as RFC 6749 sections 2.3.1, 4.4 and 5 have it.
func TestTokenEndpoint(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := start(t, configured(mocktarget.Config{
		Now: func() time.Time { return now },
		Auth: mocktarget.Auth{
			Tokens:  []mocktarget.BearerToken{{Value: "short-lived", Expires: now.Add(time.Minute)}},
			Clients: []mocktarget.OAuthClient{{ID: "a:b", Secret: "p+w /x%", Lifetime: time.Minute}, {ID: "plain", Secret: "100%"}},
		},
	}))
	const grant = "grant_type=client_credentials"
	good := "client_id=" + url.QueryEscape("a:b") + "&client_secret=" + url.QueryEscape("p+w /x%")
	encoded := basic(url.QueryEscape("a:b"), url.QueryEscape("p+w /x%"))
	t.Run("RFC7644-2.1-R1", func(t *testing.T) {
		for _, r := range []reply{c.fetch("", grant+"&"+good), c.fetch(encoded, grant), c.fetch(basic("plain", "100%"), grant)} {
			token := r.want(200).at("access_token").(string)
			equal(t, "token_type", r.at("token_type"), "Bearer")
			equal(t, "Cache-Control", r.header.Get("Cache-Control"), "no-store")
			c.as("Bearer "+token, "GET", "/Users", "").want(200)
			c.as("Bearer "+token[1:], "GET", "/Users", "").wantError(401, "")
		}
		equal(t, "expires_in", c.fetch(encoded, grant).at("expires_in"), 60)
	})
	t.Run("refusals", func(t *testing.T) {
		for form, want := range map[string]string{
			good: "invalid_request", "grant_type=password&" + good: "unsupported_grant_type", "grant_type=&" + good: "invalid_request",
		} {
			equal(t, form, c.fetch("", form).want(400).at("error"), want)
		}
		for _, r := range []reply{c.fetch("", grant), c.fetch("", grant+"&client_id=plain"), c.fetch(basic("plain", "wrong"), grant), c.fetch(basic("plain", ""), grant+"&"+good)} {
			equal(t, r.what, r.want(401).at("error"), "invalid_client")
			equal(t, "challenge", r.header.Get("WWW-Authenticate"), `Basic realm="scimwright"`)
		}
		c.do("GET", c.target.Origin()+"/oauth/token", "").wantError(405, "")
		equal(t, "as JSON", c.do("POST", c.target.Origin()+"/oauth/token", "{}").want(400).at("error"), "invalid_request")
		start(t).fetch("", grant).wantError(404, "")
	})
	t.Run("RFC7644-7.4-R3", func(t *testing.T) {
		token := "Bearer " + c.fetch(encoded, grant).want(200).at("access_token").(string)
		now = now.Add(time.Minute - time.Second)
		c.as(token, "GET", "/Users", "").want(200)
		c.as("Bearer short-lived", "GET", "/Users", "").want(200)
		now = now.Add(time.Second)
		for _, expired := range []string{token, "Bearer short-lived"} {
			r := c.as(expired, "GET", "/Users", "")
			r.wantError(401, "", "expired")
			if challenge := r.header.Get("WWW-Authenticate"); !strings.Contains(challenge, "invalid_token") {
				t.Errorf("the challenge is %s", challenge)
			}
		}
	})
}
