package mocktarget_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// crew seeds five users that differ in everything the queries ask for.
func crew(c *client) {
	c.target.Seed(`{"Users":[
		{"id":"U1","userName":"Ann","externalId":"Ex-1","title":"Boss","active":true,"name":{"familyName":"Oak"},
		 "emails":[{"value":"ann@work.example","type":"work","primary":true},{"value":"z@home.example","type":"home"}]},
		{"id":"U2","userName":"bob","externalId":"ex-1","title":"boss","active":false,
		 "emails":[{"value":"bob@home.example","type":"home"}]},
		{"id":"U3","userName":"Cyd","title":"Clerk","active":true,"name":{"familyName":"elm"},
		 "emails":[{"value":"cyd@work.example","type":"work"}],
		 "` + enterpriseURN + `":{"employeeNumber":"007","manager":{"value":"U1"}}},
		{"id":"U4","userName":"dan \"the\" man","active":true},
		{"id":"U5","userName":"Eve","displayName":"Évé","active":true,"x509Certificates":[{"value":"AQID"}]}],
		"Groups":[{"id":"G1","displayName":"Ann","members":[{"value":"U1"}]}]}`)
}

// However much of a filter an index answers, the outcome is the same.
func TestFilterPlans(t *testing.T) {
	c := start(t)
	crew(c)
	for filter, want := range map[string]string{
		`userName eq "bob" or userName eq "eve" or id eq "U1"`: "U1 U2 U5", `userName eq "bob" or title co "ler"`: "U2 U3", `active eq true and userName eq "bob"`: "",
		`active eq false and userName eq "bob"`:   "U2",
		`userName eq "bob" and userName eq "eve"`: "", `not (userName eq "bob") and id ge "U4"`: "U4 U5", `id sw "U" and id gt "U3"`: "U4 U5",
		`userName eq "bob" or userName eq "BOB"`: "U2", `emails[type eq "home" and value eq "BOB@home.example"]`: "U2",
		`emails[type eq "work" and value eq "bob@home.example"]`: "", `emails.value eq "z@home.example" and emails.value eq "ann@work.example"`: "U1",
		`(userName eq "ann" or userName eq "bob") and (id eq "U2" or id eq "U3")`: "U2",
	} {
		finds(c, "/Users", filter, want)
	}
}

// Filters on dates agree with the dates that are shown, to the millisecond and
// finer than that.
// A filter that would make more comparisons than allowed is refused, unless an index
// leaves few resources to look at.
func TestFilterWork(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{FilterWork: 100}}))
	if err := tenantOf(c).Generate(mocktarget.Population{Users: 60, Groups: 2, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	someone := c.target.Users()[5].String("userName")
	for _, tt := range []struct {
		endpoint, filter string
		refused          bool
	}{
		{"/Users", `title co "a"`, false},
		{"/Users", `title co "a" or title co "b"`, true},
		{"/Users", `not (title co "a" and nickName pr)`, true},
		{"/Users", `emails[type eq "work" and value co "b"]`, true},
		{"/Users", `userName eq "` + someone + `" and (title co "a" or title co "b" or nickName pr)`, false},
		{"/Users", `userName eq "` + someone + `" or title co "b"`, true},
		{"/Groups", `displayName co "a" or displayName co "b"`, false},
		{"/Groups", `members.value co "a"`, false},
		{"/Groups", `members[value co "a" or value co "b"]`, true},
		{"/Groups", `displayName eq "Everybody" and members[value co "a" or display pr]`, true},
		{"/Groups", `displayName eq "Nobody" and members[value co "a" or display pr]`, false},
	} {
		if r := c.filter(tt.endpoint, tt.filter); tt.refused {
			r.wantError(400, "tooMany", "100", "index")
		} else {
			r.want(200)
		}
	}
	c.do("POST", "/Users/.search", search(`title co "a" or title co "b"`)).wantError(400, "tooMany")
	c.filter("", `title co "a" or title co "b"`).wantError(400, "tooMany")
}

func TestFilterOnMeta(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC) // shown as .678
	c := start(t, configured(mocktarget.Config{Now: func() time.Time { return now }}))
	made := c.createUser("dated")
	equal(t, "lastModified", made.at("meta", "lastModified"), "2026-01-02T03:04:05.678Z")
	for date, want := range map[string]string{ // eq ne gt ge lt le
		"2026-01-02T03:04:05.678Z":       "eq ge le",
		"2026-01-02T04:04:05.678+01:00":  "eq ge le",
		"2026-01-02T03:04:05.6780Z":      "eq ge le",
		"2026-01-02T03:04:05.6780001Z":   "ne lt le",
		"2026-01-02T03:04:05.6779999Z":   "ne gt ge",
		"2026-01-02T03:04:05.679Z":       "ne lt le",
		"2026-01-02T03:04:05.677Z":       "ne gt ge",
		"2026-01-02T03:04:05Z":           "ne gt ge",
		"1969-12-31T23:59:59.9999Z":      "ne gt ge",
		"2026-01-02T03:04:05.678000001Z": "ne lt le",
	} {
		var found []string
		for _, operator := range []string{"eq", "ne", "gt", "ge", "lt", "le"} {
			for _, name := range []string{"created", "lastModified"} {
				r := c.filter("/Users", fmt.Sprintf(`meta.%s %s "%s"`, name, operator, date)).want(200)
				if name == "created" && r.names("userName") == "dated" {
					found = append(found, operator)
				}
			}
		}
		equal(t, date, strings.Join(found, " "), want)
	}
	equal(t, "co", c.filter("/Users", `meta.lastModified co "2026"`).names("userName"), "dated")
}

func TestCursorPaging(t *testing.T) {
	c := start(t)
	crew(c)
	next := func(query, cursor string) reply {
		t.Helper()
		return c.do("GET", "/Users?"+query+"&cursor="+url.QueryEscape(cursor), "")
	}
	for _, query := range []string{
		"count=2", "count=2&sortBy=userName", "count=2&sortBy=userName&sortOrder=descending",
		"count=2&sortBy=title&sortOrder=descending", "count=1&filter=" + url.QueryEscape("active eq true"),
		"count=2&sortBy=active", "count=5", "count=2&filter=" + url.QueryEscape(`title pr`) + "&sortBy=name.familyName",
	} {
		t.Run("RFC9865-2-R16 "+query, func(t *testing.T) {
			want := c.do("GET", "/Users?"+strings.ReplaceAll(strings.ReplaceAll(query, "count=2", ""), "count=1", ""), "").names("id")
			var found, back []string
			r := next(query, "")
			equal(t, "previousCursor of the first page", r.at("previousCursor"), nil)
			for pages := 0; ; pages++ {
				r.want(200)
				if pages > 10 {
					t.Fatal("the walk does not end")
				}
				found = append(found, strings.Fields(r.names("id"))...)
				cursor, more := r.body["nextCursor"].(string)
				if !more {
					break
				}
				r = next(query, cursor)
			}
			equal(t, "the walk", strings.Join(found, " "), want)
			for back = strings.Fields(r.names("id")); r.at("previousCursor") != nil; {
				r = next(query, r.at("previousCursor").(string)).want(200)
				back = append(strings.Fields(r.names("id")), back...)
			}
			equal(t, "the walk back", strings.Join(back, " "), want)
		})
	}
	cursor := next("count=2", "").want(200).at("nextCursor").(string)
	t.Run("resources come and go during a walk", func(t *testing.T) {
		c.do("DELETE", "/Users/U2", "").want(204)
		c.createUser("new")
		equal(t, "second page", next("count=2", cursor).names("id"), "U3 U4")
	})
}

// A walk by cursor may go over the border between two types.
func TestRootCursor(t *testing.T) {
	c := start(t)
	crew(c)
	const query = "?count=4&sortBy=displayName&sortOrder=descending&cursor="
	r := c.do("GET", query, "").want(200)
	found := strings.Fields(r.names("id"))
	for r.at("nextCursor") != nil {
		r = c.do("GET", query+r.at("nextCursor").(string), "").want(200)
		found = append(found, strings.Fields(r.names("id"))...)
	}
	equal(t, "walk", strings.Join(found, " "), "U4 U3 U2 U1 U5 G1")
}

// Sorting by any attribute puts resources in the order that their values have.
func TestSortOfMany(t *testing.T) {
	c := generate(t, mocktarget.Population{Users: 400, Seed: 3})
	c.createUser("maria.garcia") // the beginning of longer ones
	c.createUser("Zz\u00fc", `"displayName":"\u00c5ngstr\u00f6m"`)
	rt := scim.UserType()
	for _, by := range []string{
		"userName", "displayName", "title", "name.familyName", "nickName", "active", "emails", "phoneNumbers.value", "addresses.locality",
		enterpriseURN + ":employeeNumber", enterpriseURN + ":department", "meta.created", "id",
	} {
		path, err := scim.ParseAttributePath(by)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := rt.Resolve(path)
		if err != nil {
			t.Fatal(err)
		}
		ref, _ = ref.SortRef()
		var orders [2][]string
		for i, order := range []string{"ascending", "descending"} {
			r := c.do("GET", "/Users?count=1000&sortOrder="+order+"&sortBy="+url.QueryEscape(by), "").want(200)
			page, err := scim.ParseObject([]byte(r.raw))
			if err != nil {
				t.Fatal(err)
			}
			var before *scim.Object
			for _, v := range page.Array("Resources") {
				u := v.(*scim.Object)
				orders[i] = append(orders[i], u.ID())
				if before != nil && i == 0 && scim.Compare(ref.Target(), ref.SortValue(before), ref.SortValue(u)) > 0 {
					t.Errorf("by %s, %s stands before %s", by, before.AppendJSON(nil), u.AppendJSON(nil))
				}
				before = u
			}
		}
		slices.Reverse(orders[1])
		equal(t, "users sorted by "+by, len(orders[0]), 402)
		equal(t, "descending order by "+by, slices.Equal(orders[0], orders[1]), true)
	}
}
