package mocktarget_test

import (
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

func TestMeRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.11-R5", func(c *client) {
			made := c.createUser("ann")
			path := "/Users/" + made.id()
			for _, r := range []reply{
				c.do("GET", "/Me", "").want(200), c.do("PUT", "/Me", user("Ann", `"title":"x"`)).want(200),
				c.do("PATCH", "/Me", patchBody(`{"op":"replace","path":"title","value":"y"}`)).want(200), c.do("GET", "/Me?attributes=meta", "").want(200),
			} {
				equal(c.t, r.what+": Location", r.header.Get("Location"), c.base+path)
				equal(c.t, r.what+": meta.location", r.at("meta", "location"), c.base+path)
				equal(c.t, r.what+": ETag", r.header.Get("ETag"), r.at("meta", "version"))
			}
			equal(c.t, "the user", c.do("GET", "/Me", "").raw, c.do("GET", path, "").raw)
			stale := "If-Match: " + made.header.Get("ETag")
			c.do("DELETE", "/Me", "", stale).wantError(412, "")
			c.do("DELETE", "/Me", "").want(204)
			c.do("GET", path, "").wantError(404, "")
			c.do("GET", "/Me", "").wantError(404, "")
		}},
		{"RFC7644-3.11-R6", func(c *client) {
			r := c.do("POST", "/Me", user("self", `"password":"s3cret"`)).want(201)
			equal(c.t, "resourceType", r.at("meta", "resourceType"), "User")
			equal(c.t, "Location", r.header.Get("Location"), c.base+"/Users/"+r.id())
			equal(c.t, "GET", c.do("GET", "/Me", "").want(200).id(), r.id())
			if strings.Contains(r.raw, "s3cret") {
				c.t.Error("the password comes back")
			}
			c.do("POST", "/Me", user("second")).wantError(409, "uniqueness")
			equal(c.t, "users", len(c.target.Users()), 1)
		}},
	}, configured(mocktarget.Config{Subject: "ann"}))
}

func TestServiceWithoutUsers(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.11-R2+RFC7644-3.12-R15", func(c *client) {
			for method, body := range map[string]string{"GET": "", "PUT": user("a"), "PATCH": patchBody(`{"op":"remove","path":"title"}`), "DELETE": "", "POST": user("a")} {
				c.do(method, "/Me", body).wantError(501, "")
			}
			c.do("GET", "/Users", "").wantError(404, "")
		}},
	}, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{scim.GroupType()}}))
}
