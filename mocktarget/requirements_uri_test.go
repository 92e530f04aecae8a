package mocktarget_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/scim"
)

func TestURIs(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-1.2-R1", func(c *client) {
			c.target.Seed(`{"Users":[{"id":"a/b ö?#%","userName":"a+b; \"c\" & d=é/100%"}]}`)
			wild := `userName eq "a+b; \"c\" & d=é/100%"`
			encodings := []string{
				url.QueryEscape(wild), // a space is "+"
				strings.ReplaceAll(url.QueryEscape(wild), "+", "%20"),
				"userName%20eq%20%22a%2bb;%20%5c%22c%5c%22%20%26%20d=%c3%a9/100%25%22", // as little as RFC 3986 wants
			}
			for _, encoded := range encodings {
				r := c.do("GET", "/Users?count=1&filter="+encoded, "").want(200)
				equal(c.t, encoded, r.names("id"), "a/b ö?#%")
			}
			r := c.do("GET", "/Users/a%2Fb%20%C3%B6%3F%23%25", "").want(200)
			equal(c.t, "meta.location", r.at("meta", "location"), c.base+"/Users/a%2Fb%20%C3%B6%3F%23%25")
			c.do("GET", r.at("meta", "location").(string), "").want(200)
		}},
		{"RFC7644-1.3-R1", func(c *client) {
			made := c.createUser("u")
			holder := c.createGroup("g", `"members":[{"value":"`+made.id()+`"}]`)
			query := "?attributes=meta,members,groups"
			for _, r := range []reply{c.do("GET", "/Users/"+made.id()+query, ""), c.do("GET", "/Groups/"+holder.id()+query, "")} {
				for _, link := range []any{r.at("meta", "location"), r.header.Get("Content-Location"), r.at("members", 0, "$ref"), r.at("groups", 0, "$ref")} {
					if text, ok := link.(string); ok && (!strings.HasPrefix(text, c.base+"/") || strings.Contains(text, "?")) {
						c.t.Errorf("the link %s is not below %s, or has a query", text, c.base)
					}
				}
			}
		}},
		{"RFC7644-3.2-R1", func(c *client) {
			for path, name := range map[string]string{"/Users": "User", "/Groups": "Group"} {
				c.do("GET", path, "").want(200)
				equal(c.t, "endpoint", c.do("GET", "/ResourceTypes/"+name, "").at("endpoint"), path)
			}
		}},
		{"RFC7644-3.10-R1+RFC7644-3.10-R4", func(c *client) {
			made := c.createUser("ann", `"name":{"givenName":"Ann"},"`+enterpriseURN+`":{"department":"Sales","manager":{"value":"m1"}}`)
			c.createUser("bob")
			for _, change := range []func(string) string{strings.Clone, strings.ToUpper, strings.ToLower} {
				given, department, manager := change(userURN+":name.givenName"), change(enterpriseURN+":department"), change(enterpriseURN+":manager.value")
				for _, filter := range []string{given + ` eq "Ann"`, department + ` eq "Sales"`, manager + ` eq "m1"`, change("name.givenName") + ` pr`} {
					equal(c.t, filter, c.filter("/Users", filter).want(200).names("userName"), "ann")
				}
				r := c.do("GET", "/Users/"+made.id()+"?attributes="+given+","+manager, "").want(200)
				equal(c.t, given, r.at("name", "givenName"), "Ann")
				equal(c.t, manager, r.at(enterpriseURN, "manager", "value"), "m1")
				equal(c.t, "not asked for", r.at(enterpriseURN, "department"), nil)
				equal(c.t, "sortBy="+department, c.do("GET", "/Users?sortOrder=descending&sortBy="+department, "").names("userName"), "bob ann")
				value := "Sales by " + department
				r = c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"replace","path":"`+department+`","value":"`+value+`"}`)).want(200)
				equal(c.t, "path "+department, r.at(enterpriseURN, "department"), value)
				c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"replace","value":{"`+department+`":"Sales"}}`)).want(200)
			}
		}},
	})
}

func TestExtendedEndpoints(t *testing.T) {
	schema, err := scim.ParseSchema([]byte(deviceSchema))
	if err != nil {
		t.Fatal(err)
	}
	types := []*scim.ResourceType{scim.UserType(), {Name: "Device", Endpoint: "/Devices", Schema: schema}}
	prove(t, []proof{
		{"RFC7644-3.2-R2", func(c *client) {
			for _, v := range c.do("GET", "/ResourceTypes", "").want(200).resources() {
				equal(c.t, "endpoint", at(v, "endpoint"), "/"+at(v, "name").(string)+"s")
			}
			made := c.do("POST", "/Devices", `{"schemas":["urn:example:schemas:Device"],"serial":"1"}`).want(201)
			equal(c.t, "Location", made.header.Get("Location"), c.base+"/Devices/"+made.id())
		}},
	}, configured(mocktarget.Config{ResourceTypes: types}))
}

func TestVersions(t *testing.T) {
	target := mocktargettest.New(t)
	c := clientOf(t, target)
	origin := target.Origin()
	made := c.createUser("ann")
	t.Run("RFC7644-3.13-R1+RFC7644-3.13-R2", func(t *testing.T) {
		for _, base := range []string{origin + "/scim/v2", origin + "/t/default/scim/v2"} {
			r := c.do("GET", base+"/Users", "").want(200)
			equal(t, "location", at(r.resources()[0], "meta", "location"), base+"/Users/"+made.id())
		}
		c.do("GET", origin+"/v2/scim/Users", "").wantError(404, "")
		c.do("GET", origin+"/scim/Users/v2", "").wantError(404, "") // an id
		c.do("GET", origin+"/scim/v2/v2/Users", "").wantError(404, "")
	})
	t.Run("RFC7644-3.13-R3+RFC7644-3.12-R24", func(t *testing.T) {
		for _, version := range []string{"v1", "v3", "v9", "v20", "v02", "v0"} {
			for _, path := range []string{"/Users", "/Users/" + made.id(), "/ServiceProviderConfig", ""} {
				c.do("GET", origin+"/scim/"+version+path, "").wantError(400, "invalidVers", version)
			}
			c.do("POST", origin+"/scim/"+version+"/Users", user("bob")).wantError(400, "invalidVers", version)
		}
		equal(t, "users", len(target.Users()), 1)
	})
	t.Run("RFC7644-3.13-R4", func(t *testing.T) {
		latest, v2 := c.do("GET", origin+"/scim/Users", "").want(200), c.do("GET", origin+"/scim/v2/Users", "").want(200)
		equal(t, "without version", strings.ReplaceAll(latest.raw, origin+"/scim/", origin+"/scim/v2/"), v2.raw)
	})
}
