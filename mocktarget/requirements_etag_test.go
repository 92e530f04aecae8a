package mocktarget_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func TestVersionTags(t *testing.T) {
	title := func(value string) string {
		return patchBody(`{"op":"replace","path":"title","value":"` + value + `"}`)
	}
	prove(t, []proof{
		{"RFC7644-3.14-R1+RFC7644-3.14-R2+RFC7644-3.14-R3", func(c *client) {
			equal(c.t, "etag.supported", c.do("GET", "/ServiceProviderConfig", "").at("etag", "supported"), true)
			made := c.createUser("ann")
			path := "/Users/" + made.id()
			for _, r := range []reply{
				made, c.do("GET", path, ""), c.do("PUT", path, user("ann", `"title":"a"`)).want(200), c.do("PATCH", path, title("b")).want(200),
			} {
				tag := r.header.Get("ETag")
				if !strings.HasPrefix(tag, `W/"`) || !strings.HasSuffix(tag, `"`) {
					c.t.Errorf("%s: the ETag is %s, want a weak one", r.what, tag)
				}
				equal(c.t, r.what+": meta.version", r.at("meta", "version"), tag)
			}
			equal(c.t, "HEAD", c.do("HEAD", path, "").header.Get("ETag"), c.do("GET", path, "").header.Get("ETag"))
			staff := c.createGroup("staff")
			r := c.do("PATCH", "/Groups/"+staff.id(), patchBody(`{"op":"replace","path":"displayName","value":"Staff"}`)).want(204)
			equal(c.t, "after a 204", c.do("GET", "/Groups/"+staff.id(), "").at("meta", "version"), r.header.Get("ETag"))
			equal(c.t, "in a list", c.do("GET", "/Users", "").at("Resources", 0, "meta", "version"), c.do("GET", path, "").header.Get("ETag"))
		}},
		{"RFC7644-3.14-R4", func(c *client) {
			made := c.createUser("ann")
			path := "/Users/" + made.id()
			seen := map[string]bool{made.header.Get("ETag"): true}
			for _, change := range []func() reply{
				func() reply { return c.do("PATCH", path, title("a")) },
				func() reply { return c.do("PATCH", path, title("b")) },
				func() reply { return c.do("PATCH", path, title("a")) }, // back to what it was
				func() reply { return c.do("PUT", path, user("ann")) },
				func() reply { return c.do("PATCH", path, patchBody(`{"op":"add","path":"password","value":"new"}`)) },
			} {
				r := change().want(200)
				if tag := r.header.Get("ETag"); seen[tag] {
					c.t.Errorf("%s: the ETag %s has been there before", r.what, tag)
				}
				seen[r.header.Get("ETag")] = true
			}
			last := c.do("GET", path, "").header.Get("ETag")
			equal(c.t, "a PUT that changes nothing", c.do("PUT", path, user("ann")).want(200).header.Get("ETag"), last)
		}},
		{"RFC7644-3.14-R6", func(c *client) {
			made := c.createUser("ann")
			path, tag := "/Users/"+made.id(), made.header.Get("ETag")
			for _, list := range []string{tag, "*", `W/"x", ` + tag, strings.TrimPrefix(tag, "W/")} {
				for _, method := range []string{"GET", "HEAD"} {
					r := c.do(method, path, "", "If-None-Match: "+list).want(304)
					equal(c.t, "body", r.raw, "")
					equal(c.t, "ETag", r.header.Get("ETag"), tag)
					equal(c.t, "Content-Location", r.header.Get("Content-Location"), c.base+path)
				}
			}
			c.do("GET", path, "", `If-None-Match: W/"x"`).want(200)
			c.do("PATCH", path, title("b")).want(200)
			c.do("GET", path, "", "If-None-Match: "+tag).want(200)
			c.do("GET", "/Users/nobody", "", "If-None-Match: *").wantError(404, "")
		}},
		{"RFC7644-3.14-R8+RFC7644-3.12-R12", func(c *client) {
			made := c.createUser("ann")
			path, stale := "/Users/"+made.id(), "If-Match: "+made.header.Get("ETag")
			before := c.do("PATCH", path, title("b")).want(200)
			for _, refused := range []reply{
				c.do("PUT", path, user("ann", `"title":"c"`), stale), c.do("PATCH", path, title("c"), stale), c.do("DELETE", path, "", stale),
				c.do("PUT", path, user("ann"), `If-Match: W/"x", W/"y"`), c.do("DELETE", path, "", "If-None-Match: *"),
				c.do("PATCH", path, title("c"), "If-None-Match: "+before.header.Get("ETag")), c.do("GET", path, "", stale),
			} {
				refused.wantError(412, "", before.header.Get("ETag"))
			}
			equal(c.t, "the user", c.do("GET", path, "").raw, before.raw)
		}},
		{"RFC7644-3.14-R9", func(c *client) {
			tag := c.createUser("ann").header.Get("ETag")
			path := "/Users/" + c.filter("/Users", `userName eq "ann"`).at("Resources", 0, "id").(string)
			for _, list := range []string{tag, "*", `W/"x", %`, "%"} {
				r := c.do("PUT", path, user("ann", `"title":"for `+strings.NewReplacer(`"`, `'`).Replace(list)+`"`), "If-Match: "+strings.ReplaceAll(list, "%", tag)).want(200)
				tag = r.header.Get("ETag")
			}
			tag = c.do("PATCH", path, title("p"), "If-Match: "+tag).want(200).header.Get("ETag")
			c.do("DELETE", path, "", "If-Match: "+tag).want(204)
		}},
	})
}

// RFC 6585 section 3 lets a server insist on conditions.
func TestRequiredConditions(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Settings: mocktarget.Settings{RequireIfMatch: true}}))
	made := c.createUser("ann")
	path := "/Users/" + made.id()
	del := `{"method":"DELETE","path":"` + path + `"`
	for _, r := range []reply{
		c.do("PUT", path, user("ann")), c.do("DELETE", path, ""), c.do("PATCH", path, patchBody(`{"op":"add","path":"title","value":"x"}`)),
	} {
		r.wantError(428, "", "If-Match", made.header.Get("ETag"))
	}
	equal(t, "bulk without version", c.do("POST", "/Bulk", bulkBody("", del+"}")).want(200).statuses(), "428")
	equal(t, "the user", c.do("GET", path, "").want(200).raw, made.raw)
	equal(t, "bulk with version", c.do("POST", "/Bulk", bulkBody("", del+`,"version":`+strconv.Quote(made.header.Get("ETag"))+"}")).want(200).statuses(), "204")
}
