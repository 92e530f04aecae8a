package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestMediaTypeRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.8-R6+RFC7644-3.8-R8+RFC7644-8.1-R1", func(c *client) {
			made := c.createUser("ann")
			for _, accept := range []string{"", " ", "*/*", "application/*", "application/scim+json", "application/json;q=0.5, application/scim+json", "text/html, */*;q=0.1"} {
				for _, path := range []string{"/Users", "/Users/" + made.id(), "/Schemas", "/Nope", "/Users/nobody"} {
					r := c.do("GET", path, "", "Accept: "+accept)
					equal(c.t, path+" for "+accept, r.header.Get("Content-Type"), "application/scim+json")
				}
			}
		}},
		{"RFC7644-3.8-R7", func(c *client) {
			made := c.createUser("ann")
			for _, accept := range []string{"application/json", "application/json; charset=utf-8", "application/json, application/scim+json;q=0.9", "application/scim+json;q=0, */*"} {
				as := "Accept: " + accept
				for _, r := range []reply{
					c.do("GET", "/Users/"+made.id(), "", as).want(200), c.do("GET", "/Users", "", as).want(200),
					c.do("POST", "/Users", "{", as).want(400), c.do("GET", "/Nope", "", as).want(404), c.do("PUT", "/Users", "{}", as).want(405),
					c.do("GET", "/Users", "", as, "Authorization: Bearer wrong").want(401),
				} {
					equal(c.t, r.what, r.header.Get("Content-Type"), "application/json")
				}
			}
			for _, accept := range []string{"text/html", "application/xml, text/*", "application/scim+json;q=0", "application/*, application/json;q=0, application/scim+json;q=0"} {
				c.do("GET", "/Users", "", "Accept: "+accept).wantError(406, "")
				c.do("POST", "/Users", user("bob"), "Accept: "+accept).wantError(406, "")
			}
			equal(c.t, "users", len(c.target.Users()), 1)
		}},
		{"RFC7644-3.8-R1+RFC7644-3.8-R2", func(c *client) {
			for i, contentType := range []string{
				"application/scim+json", "application/scim+json; charset=utf-8", `application/scim+json; charset="UTF-8"`,
				"application/json", "Application/JSON;charset=Utf-8", "",
			} {
				name := fmt.Sprintf("Zoë Ďurčík 木村 😀 %d", i)
				r := c.do("POST", "/Users", user(name), "Content-Type: "+contentType).want(201)
				equal(c.t, "userName as "+contentType, r.at("userName"), name)
				if !strings.Contains(r.raw, name) {
					c.t.Errorf("the answer is not UTF-8: %s", r.raw)
				}
			}
			for _, contentType := range []string{"text/plain", "application/xml", "application/scim+json; charset=iso-8859-1", "application/x-www-form-urlencoded", "json"} {
				c.do("POST", "/Users", user("bob"), "Content-Type: "+contentType).wantError(415, "")
			}
			packed := c.do("POST", "/Users", user("bob"), "Content-Encoding: gzip")
			packed.wantError(415, "", "Content-Encoding", "gzip")
			equal(c.t, "Accept-Encoding", packed.header.Get("Accept-Encoding"), "identity")
			equal(c.t, "users", len(c.target.Users()), 6)
		}},
		{"RFC7644-3.2-R8", func(c *client) {
			made := c.createUser("ann")
			for _, r := range []reply{ // a body that is not JSON fails the client
				made, c.do("GET", "", ""), c.do("GET", "/Users", ""), c.do("GET", "/Users/none", ""), c.do("PROPFIND", "/Users", ""),
				c.do("GET", "/Schemas", ""), c.do("POST", "/Bulk", "x"), c.do("GET", "/Users", "", "Authorization: "), c.do("GET", "/Users?filter=%zz", ""),
			} {
				if !json.Valid([]byte(r.raw)) || len(r.body) == 0 {
					c.t.Errorf("%s: the body is not a JSON object: %q", r.what, r.raw)
				}
			}
			equal(c.t, "no body", c.do("DELETE", "/Users/"+made.id(), "").want(204).raw, "")
		}},
		{"RFC7644-3.8-R9", func(c *client) {
			made := c.createUser("ann", `"name":{"givenName":"A"},"active":true,"emails":[{"value":"a@x.org"}],"roles":[{"value":"r"}],
				"`+enterpriseURN+`":{"department":"d","manager":{"value":"m"}}`)
			c.createGroup("g", `"members":[{"value":"`+made.id()+`"}]`)
			read := c.do("GET", "/Users/"+made.id(), "").want(200)
			for _, urn := range []string{userURN, enterpriseURN} {
				held := read.body
				if urn != userURN {
					held = read.at(urn).(map[string]any)
				}
				checkShapes(c, held, c.do("GET", "/Schemas/"+url.PathEscape(urn), "").want(200).at("attributes"))
			}
		}},
	})
}

// checkShapes compares the form of the values of an object with what a schema says
// of its attributes, and looks into complex ones.
func checkShapes(c *client, held map[string]any, attributes any) {
	c.t.Helper()
	for _, a := range attributes.([]any) {
		name := at(a, "name").(string)
		value, ok := held[name]
		if !ok {
			continue
		}
		elements := []any{value}
		if at(a, "multiValued") == true {
			if elements, ok = value.([]any); !ok {
				c.t.Errorf("%s is multi-valued and comes as %T", name, value)
			}
		}
		for _, element := range elements {
			switch got := element.(type) {
			case map[string]any:
				equal(c.t, "the type of the object "+name, at(a, "type"), "complex")
				checkShapes(c, got, at(a, "subAttributes"))
			case bool:
				equal(c.t, "the type of true and false in "+name, at(a, "type"), "boolean")
			case string:
				if typ := at(a, "type"); typ == "complex" || typ == "boolean" || typ == "integer" || typ == "decimal" {
					c.t.Errorf("%s is of type %v and comes as a string", name, typ)
				}
			default:
				c.t.Errorf("%s comes as %T", name, got)
			}
		}
	}
}
