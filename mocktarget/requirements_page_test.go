package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// seven seeds the users u1 to u7 and a group.
func seven(c *client) {
	var users []string
	for i := 1; i <= 7; i++ {
		users = append(users, fmt.Sprintf(`{"id":"u%d","userName":"name%d"}`, i, i))
	}
	c.target.Seed(`{"Users":[` + strings.Join(users, ",") + `],"Groups":[{"id":"g1","displayName":"All"}]}`)
}

// indexPage lists users and checks what the answer says of itself.
func indexPage(c *client, query string, start int, want string) reply {
	c.t.Helper()
	r := c.do("GET", "/Users?"+query, "").want(200)
	equal(c.t, query+": Resources", r.names("id"), want)
	equal(c.t, query+": startIndex", r.at("startIndex"), start)
	equal(c.t, query+": itemsPerPage", r.at("itemsPerPage"), len(strings.Fields(want)))
	equal(c.t, query+": totalResults", r.at("totalResults"), 7)
	return r
}

func TestPaging(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.2-R7+RFC7644-3.4.2.4-R12", func(c *client) {
			seven(c)
			r := indexPage(c, "startIndex=3&count=2", 3, "u3 u4")
			for _, name := range []string{"startIndex", "itemsPerPage", "totalResults"} {
				if got := fmt.Sprintf("%T", r.at(name)); got != "json.Number" {
					c.t.Errorf("%s is a %s, want a number: %s", name, got, r.raw)
				}
			}
		}},
		{"RFC7644-3.4.2.4-R3+RFC7644-3.4.2.4-R9", func(c *client) {
			seven(c)
			indexPage(c, "", 1, "u1 u2 u3") // the server's own page size
			indexPage(c, "startIndex=1", 1, "u1 u2 u3")
			indexPage(c, "startIndex=2", 2, "u2 u3 u4")
		}},
		{"RFC7644-3.4.2.4-R4", func(c *client) {
			seven(c)
			for _, below := range []string{"0", "-1", "-5", "-99999999999999999999"} {
				indexPage(c, "count=2&startIndex="+below, 1, "u1 u2")
			}
		}},
		{"RFC7644-3.4.2.4-R5+RFC7644-3.4.2.4-R6", func(c *client) {
			seven(c)
			for _, none := range []string{"0", "-1", "-99999999999999999999"} {
				indexPage(c, "count="+none, 1, "")
			}
		}},
		{"RFC7644-3.4.2.4-R7+RFC7644-3.4.2.4-R8+RFC7644-3.4.2.4-R10+RFC7643-5-R8", func(c *client) {
			seven(c)
			indexPage(c, "count=1", 1, "u1")
			indexPage(c, "count=2", 1, "u1 u2")
			indexPage(c, "count=2&startIndex=7", 7, "u7")
			for _, many := range []string{"5", "1000", "9223372036854775807", "99999999999999999999"} {
				indexPage(c, "count="+many, 1, "u1 u2 u3 u4") // the largest page there is
			}
		}},
		{"RFC7644-3.4.2.4-R14", func(c *client) {
			seven(c)
			indexPage(c, "startIndex=8", 8, "")
			indexPage(c, "startIndex=9223372036854775807", 9223372036854775807, "")
			indexPage(c, "startIndex=99999999999999999999", 9223372036854775807, "")
		}},
		{"RFC7644-3.4.2.4-R11+RFC7644-3.4.2.4-R13", func(c *client) {
			seven(c)
			for _, order := range []string{"", "&sortBy=userName&sortOrder=descending"} {
				var walked []string
				for at := 1; at <= 7; {
					r := c.do("GET", fmt.Sprintf("/Users?count=3&startIndex=%d%s", at, order), "").want(200)
					equal(c.t, "totalResults", r.at("totalResults"), 7)
					walked = append(walked, strings.Fields(r.names("id"))...)
					at += len(r.resources())
				}
				want := "u1 u2 u3 u4 u5 u6 u7"
				if order != "" {
					want = "u7 u6 u5 u4 u3 u2 u1"
				}
				equal(c.t, "the walk"+order, strings.Join(walked, " "), want)
			}
		}},
		{"RFC7644-3.4.2.4-R2", func(c *client) { // the page is of what there is now
			seven(c)
			c.do("DELETE", "/Users/u1", "").want(204)
			r := c.do("GET", "/Users?count=2", "").want(200)
			equal(c.t, "Resources", r.names("id"), "u2 u3")
			equal(c.t, "totalResults", r.at("totalResults"), 6)
		}},
	}, configured(mocktarget.Config{Limits: mocktarget.Limits{PageSize: 3, PageMax: 4}}))
}
