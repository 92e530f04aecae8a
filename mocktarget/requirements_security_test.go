package mocktarget_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

func TestTransportSecurity(t *testing.T) {
	target := mocktargettest.New(t)
	t.Run("RFC7644-7.2-R1+RFC7644-7.2-R2", func(t *testing.T) {
		for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
			server := httptest.NewUnstartedServer(target.Handler())
			server.TLS = &tls.Config{MinVersion: version, MaxVersion: version}
			server.StartTLS()
			t.Cleanup(server.Close)
			c := clientOf(t, target)
			c.base, c.http = server.URL+"/scim/v2", server.Client()
			made := c.createUser(name)
			equal(t, name+": Location", made.header.Get("Location"), server.URL+"/scim/v2/Users/"+made.id())
			equal(t, name+": meta.location", c.do("GET", "/Users/"+made.id(), "").want(200).at("meta", "location"), made.header.Get("Location"))
		}
	})
	t.Run("behind a proxy", func(t *testing.T) {
		c := start(t, configured(mocktarget.Config{BaseURL: "https://mock.example.com"}))
		made := c.createUser("ann")
		equal(t, "Location", made.header.Get("Location"), "https://mock.example.com/scim/v2/Users/"+made.id())
		equal(t, "$ref", c.createGroup("g", `"members":[{"value":"`+made.id()+`"}]`).at("members", 0, "$ref"), made.header.Get("Location"))
	})
}

func TestInjection(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-7.7-R1", func(c *client) {
			person(c)
			for _, attack := range []string{
				`' OR '1'='1`, `" or userName pr or userName eq "`, `") or (title pr`, `*)(uid=*`, `'; DROP TABLE users; --`, `<script>alert(1)</script>`, `../../etc/passwd`,
				`${jndi:ldap://x}`, `{{7*7}}`, "\x00", "a\r\nSet-Cookie: x=y", `%00%0d%0aX: y`, `\u0022`, `bulkId:x`, strings.Repeat("A", 4000),
			} {
				quoted := quote(attack)
				equal(c.t, "filter by "+attack, c.filter("/Users", `userName eq `+quoted+` or title eq `+quoted).want(200).at("totalResults"), 0)
				c.do("GET", "/Users/"+url.PathEscape(attack), "").want(404)
				c.do("GET", "/Users?sortBy="+url.QueryEscape(attack), "").want(200)
				if r := c.do("GET", "/Users?attributes="+url.QueryEscape(attack), ""); r.status != 200 && r.status != 400 {
					c.t.Errorf("attributes=%s answered %d", attack, r.status)
				}
				made := c.do("POST", "/Users", `{"schemas":["`+userURN+`"],"userName":`+quoted+`,"title":`+quoted+`}`).want(201)
				equal(c.t, "userName", made.at("userName"), attack)
				equal(c.t, "found", c.filter("/Users", `userName eq `+quoted).want(200).names("id"), made.id())
				r := c.patch("/Users/"+made.id(), `{"op":"add","path":`+quoted+`,"value":"x"}`)
				if r.status != 400 {
					c.t.Errorf("the path %s answered %d: %s", attack, r.status, r.raw)
				}
				equal(c.t, "Set-Cookie", r.header.Get("Set-Cookie"), "")
				c.do("DELETE", "/Users/"+made.id(), "").want(204)
			}
			equal(c.t, "users", c.do("GET", "/Users", "").names("userName"), "ann")
		}},
	})
}

func TestTenancy(t *testing.T) {
	target := mocktargettest.New(t, configured(mocktarget.Config{Auth: mocktarget.Auth{Tokens: []mocktarget.BearerToken{{Value: "a", Tenant: "a"}, {Value: "b", Tenant: "b"}}}}))
	a, b := clientOf(t, target.Tenant("a")), clientOf(t, target.Tenant("b"))
	a.token, b.token = "a", "b"
	t.Run("RFC7644-6.1-R2", func(t *testing.T) {
		made := a.createUser("ann")
		equal(t, "location", made.at("meta", "location"), target.Origin()+"/t/a/scim/v2/Users/"+made.id())
		b.do("GET", "/Users/"+made.id(), "").wantError(404, "")
		equal(t, "users of b", b.do("GET", "/Users", "").want(200).at("totalResults"), 0)
		b.do("POST", "/Groups", group("g", `"members":[{"value":"`+made.id()+`"}]`)).wantError(400, "invalidValue", made.id())
		for _, path := range []string{a.base + "/Users", a.base + "/Users/" + made.id(), a.base, a.base + "/Schemas"} {
			b.do("GET", path, "").wantError(401, "", "tenant")
		}
		b.do("DELETE", a.base+"/Users/"+made.id(), "").wantError(401, "", "tenant")
		a.do("DELETE", "/Users/"+made.id(), "").want(204)
	})
	t.Run("RFC7644-6.2-R1", func(t *testing.T) {
		for _, c := range []*client{a, b} {
			c.target.Seed(`{"Users":[{"id":"same","userName":"ann","externalId":"e"}]}`)
			c.patch("/Users/same", `{"op":"add","path":"title","value":"of `+c.token+`"}`).want(200)
		}
		for _, c := range []*client{a, b} {
			equal(t, "title", c.filter("/Users", `externalId eq "e" and userName eq "ann"`).want(200).names("title"), "of "+c.token)
		}
	})
}

// quote returns a string as JSON and filters write it.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}
