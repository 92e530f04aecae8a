package mocktarget_test

import (
	"strings"
	"testing"
)

// The two ways to write é.
const (
	composed   = "\u00e9"
	decomposed = "e\u0301"
)

func TestUnicode(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-5-R1", func(c *client) {
			made := c.createUser("caf"+composed, `"password":"na`+composed+`f 1"`)
			for _, twin := range []string{"caf" + decomposed, "CAF\u00c9", "CAFE\u0301"} {
				c.do("POST", "/Users", user(twin)).wantError(409, "uniqueness", made.id())
			}
			other := c.createUser("cafe").id()
			c.do("PUT", "/Users/"+other, user("Caf"+decomposed)).wantError(409, "uniqueness")
			c.do("PATCH", "/Users/"+other, patchBody(`{"op":"replace","path":"userName","value":"caf`+decomposed+`"}`)).wantError(409, "uniqueness")
			for password, found := range map[string]int{ // U+00A0 is a space too
				"na" + composed + "f 1": 1, "na" + decomposed + "f\u00a01": 1, "NA" + composed + "F 1": 0, "naef 1": 0,
			} {
				r := c.do("POST", "/Users/.search", search(`userName eq "CAFE`+"\u0301"+`" and password eq "`+password+`"`)).want(200)
				equal(c.t, "users with the password "+password, r.at("totalResults"), found)
			}
			tag := c.do("GET", "/Users/"+made.id(), "").header.Get("ETag")
			same := c.do("PATCH", "/Users/"+made.id(), patchBody(`{"op":"replace","path":"password","value":"na`+decomposed+`f 1"}`)).want(200)
			equal(c.t, "the version after the same password", same.header.Get("ETag"), tag)
		}},
		{"RFC7644-7.8-R1", func(c *client) {
			made := c.createUser("u", `"title":"Cr`+decomposed+`me","externalId":"`+decomposed+`","emails":[{"value":"`+composed+`@x.org"}]`)
			equal(c.t, "title as it was written", made.at("title"), "Cr"+decomposed+"me")
			for _, e := range []string{composed, decomposed} {
				for _, filter := range []string{
					`title eq "cr%me"`, `title co "R%M"`, `title sw "cr%"`, `title ew "%me"`, `title ge "cr%me" and title le "cr%me"`, `not (title ne "cr%me")`,
					`externalId eq "%"`, `externalId co "%"`, `emails.value eq "%@x.org"`, `emails[value sw "%"]`,
				} {
					filter = strings.ReplaceAll(filter, "%", e)
					equal(c.t, filter, c.filter("/Users", filter).want(200).names("userName"), "u")
				}
				equal(c.t, "exact", c.filter("/Users", `externalId eq "`+strings.ToUpper(e)+`"`).want(200).at("totalResults"), 0)
			}
			path := "/Users/" + made.id()
			for _, operation := range []string{ // all find the one address
				`{"op":"add","path":"emails","value":[{"value":"` + decomposed + `@x.org"}]}`, `{"op":"remove","path":"emails[value eq \"none` + decomposed + `\"]"}`,
			} {
				equal(c.t, operation, c.do("PATCH", path, patchBody(operation)).want(200).raw, made.raw)
			}
			c.do("PATCH", path, patchBody(`{"op":"remove","path":"emails[value eq \"`+decomposed+`@x.org\"]"}`)).want(200)
			equal(c.t, "emails", c.do("GET", path, "").at("emails"), nil)
		}},
	})
}
