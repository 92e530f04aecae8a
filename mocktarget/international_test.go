package mocktarget_test

import (
	"net/url"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// The same name in several spellings: composed, decomposed, in capitals, wide.
const (
	composedJose   = "jos\u00e9"
	decomposedJose = "jose\u0301"
	capitals       = "JOSE\u0301"
	wide           = "\uff4a\uff4f\uff53\u00e9"
)

// Names that people cannot tell apart are one name, whichever way they are typed,
// and stay as their owner wrote them.
func TestPreparedNames(t *testing.T) {
	c := start(t)
	held := c.createUser(decomposedJose, `"displayName":"e\u0301","externalId":"e\u0301"`)
	equal(t, "userName as it is kept", held.at("userName"), decomposedJose)
	other := c.createUser("other")

	t.Run("RFC7644-5-R1", func(t *testing.T) {
		for _, name := range []string{composedJose, decomposedJose, capitals, wide} {
			c.do("POST", "/Users", user(name)).wantError(409, "uniqueness", "userName")
			c.do("PUT", "/Users/"+other.id(), user(name)).wantError(409, "uniqueness", "userName")
			c.do("PATCH", "/Users/"+other.id(), patchBody(`{"op":"replace","path":"userName","value":"`+name+`"}`)).wantError(409, "uniqueness", "userName")
		}
		equal(t, "users", c.do("GET", "/Users?count=0", "").at("totalResults"), 2)
		c.createUser("jose")
		r := c.do("PUT", "/Users/"+held.id(), user(wide)).want(200)
		equal(t, "userName spelt anew", r.at("userName"), wide)
		c.do("POST", "/Users", user(composedJose)).wantError(409, "uniqueness")
		c.do("PUT", "/Users/"+held.id(), user(decomposedJose, `"displayName":"e\u0301","externalId":"e\u0301"`)).want(200)
	})
	t.Run("RFC7644-7.8-R1", func(t *testing.T) {
		for _, filter := range []string{
			`userName eq "` + composedJose + `"`, `userName eq "` + capitals + `"`, `userName eq "` + wide + `"`, `userName sw "` + composedJose + `"`, `userName ew "\u00e9"`,
			`displayName eq "\u00c9"`, `displayName co "\u00e9"`, `externalId eq "\u00e9"`, `userName eq "` + composedJose + `" and displayName pr`,
		} {
			equal(t, filter, c.filter("/Users", filter).want(200).names("id"), held.id())
		}
		for _, filter := range []string{`displayName eq "e"`, `displayName sw "e"`, `externalId eq "\u00c9"`} {
			equal(t, filter, c.filter("/Users", filter).want(200).at("totalResults"), 0)
		}
		equal(t, "sorted", c.do("GET", "/Users?sortBy=userName&filter="+url.QueryEscape(`userName sw "jos"`), "").names("userName"), "jose "+decomposedJose)
	})
	t.Run("a password in another spelling", func(t *testing.T) {
		c.do("PATCH", "/Users/"+held.id(), patchBody(`{"op":"add","path":"password","value":"cafe\u0301\u3000au lait"}`)).want(200)
		for password, found := range map[string]int{`caf\u00e9 au lait`: 1, `cafe\u0301\u00a0au lait`: 1, `cafe au lait`: 0, `CAF\u00c9 au lait`: 0} {
			equal(t, password, c.do("POST", "/Users/.search", search(`password eq "`+password+`"`)).want(200).at("totalResults"), found)
		}
	})
}

// TestPreparedMe finds the user of a credential whose name is spelt otherwise.
func TestPreparedMe(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Subject: composedJose}))
	held := c.createUser(decomposedJose)
	equal(t, "id at /Me", c.do("GET", "/Me", "").want(200).id(), held.id())
}
