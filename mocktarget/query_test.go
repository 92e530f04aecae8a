package mocktarget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
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

func TestFilter(t *testing.T) {
	c := start(t)
	crew(c)
	for _, test := range []struct{ id, filter, want string }{
		{"RFC7643-4.1.1-R3", `userName eq "ANN"`, "U1"},
		{"RFC7644-3.4.2.2-R34", `externalId eq "ex-1"`, "U2"},
		{"RFC7643-3.1-R11", `id eq "u1"`, ""},
		{"id", `id eq "U1"`, "U1"},
		{"id sw", `id sw "U" and id gt "U3"`, "U4 U5"},
		{"RFC7644-3.4.2.2-R5", `USERNAME Eq "bob" OR not (Title PR)`, "U2 U4 U5"},
		{"RFC7644-3.4.2.2-R9", `userName ne "ann"`, "U2 U3 U4 U5"},
		{"RFC7644-3.4.2.2-R10", `userName co "N"`, "U1 U4"},
		{"RFC7644-3.4.2.2-R11", `userName sw "dan"`, "U4"},
		{"RFC7644-3.4.2.2-R12", `userName ew "ve"`, "U5"},
		{"RFC7644-3.4.2.2-R13", `name pr`, "U1 U3"},
		{"RFC7644-3.4.2.2-R14", `userName ge "c" and userName lt "e"`, "U3 U4"},
		{"RFC7644-3.4.2.2-R19", `title eq "boss" and not (active eq true)`, "U2"},
		{"RFC7644-3.4.2.2-R22", `emails[type eq "work" and value co "home"]`, ""},
		{"value path", `emails[type eq "work" and value eq "ann@work.example"]`, "U1"},
		{"three terms", `emails[type eq "work" and primary eq true and value pr]`, "U1"},
		{"or in brackets", `emails[type eq "work" or not (value co "z@")]`, "U1 U2 U3"},
		{"RFC7644-3.4.2.2-R26", `userName eq "dan \"the\" man"`, "U4"},
		{"escaped", `displayName eq "\u00c9v\u00e9"`, "U5"},
		{"RFC7644-3.4.2.2-R27", enterpriseURN + `:employeeNumber eq "007"`, "U3"},
		{"core URN", userURN + `:userName sw "a"`, "U1"},
		{"RFC7644-3.10-R4", strings.ToUpper(enterpriseURN) + `:MANAGER.value eq "U1"`, "U3"},
		{"two schemas", `userName eq "cyd" and ` + enterpriseURN + `:employeeNumber eq "007"`, "U3"},
		{"RFC7644-3.4.2.2-R28", `title eq "clerk" or title eq "boss" and active eq true`, "U1 U3"},
		{"parentheses", `(title eq "clerk" or title eq "boss") and active eq true`, "U1 U3"},
		{"RFC7644-3.4.2.2-R29", `emails.value eq "z@home.example"`, "U1"},
		{"RFC7644-3.4.2.2-R30", `name.familyName eq "OAK"`, "U1"},
		{"meta", `meta.resourceType eq "User" and meta.lastModified gt "2020-01-01T00:00:00+02:00"`, "U1 U2 U3 U4 U5"},
		{"meta before", `meta.created lt "2020-01-01T00:00:00Z"`, ""},
		{"schemas", `schemas eq "` + enterpriseURN + `"`, "U3"},
		{"or of equalities", `userName eq "bob" or userName eq "eve" or id eq "U1"`, "U1 U2 U5"},
		{"or with a scan", `userName eq "bob" or title co "ler"`, "U2 U3"},
		{"and with a scan", `active eq true and userName eq "bob"`, ""},
		{"null", `title eq null`, "U4 U5"},
		{"manager name", enterpriseURN + `:manager.displayName pr`, ""},
		{"RFC7644-3.4.2-R8", `userName eq "nobody"`, ""},
		{"RFC7643-2.3.6-R4", `x509Certificates.value eq "aqid"`, ""},
	} {
		t.Run(test.id, func(t *testing.T) {
			r := c.filter("/Users", test.filter).want(200)
			equal(t, test.filter, r.names("id"), test.want)
			equal(t, "totalResults", r.at("totalResults"), len(strings.Fields(test.want)))
			again := c.do("POST", "/Users/.search", search(test.filter)).want(200)
			equal(t, ".search for "+test.filter, again.raw, r.raw)
		})
	}
	for id, filter := range map[string]string{
		"RFC7644-3.4.2.2-R6":  `userName eq`,
		"empty":               ``,
		"RFC7644-3.4.2.2-R17": `active gt true`,
		"RFC7644-3.4.2.2-R18": `x509Certificates.value gt "AA=="`,
		"RFC7644-3.4.2.2-R33": `userName regex "x"`,
		"RFC7644-3.4.2.2-R36": `shoeSize eq "44"`,
		"RFC7644-3.4.2.2-R23": `emails[userName eq "x"]`,
		"RFC7644-3.4.2.2-R25": `(userName eq "x"`,
		"wrong type":          `active eq "true"`,
		"wrong date":          `meta.lastModified gt "2011-05-13"`,
		"unquoted":            `userName eq bjensen`,
		"number":              `userName eq 5`,
	} {
		t.Run(id, func(t *testing.T) {
			c.filter("/Users", filter).wantError(400, "invalidFilter")
			c.do("POST", "/Users/.search", search(filter)).wantError(400, "invalidFilter")
		})
	}
	t.Run("RFC7644-7.5.2-R2", func(t *testing.T) {
		c.filter("/Users", `password eq "x"`).wantError(403, "sensitive")
		c.filter("/Users", `userName eq "x" and not (password eq "x")`).wantError(403, "sensitive")
	})
	t.Run("a password cannot be searched for", func(t *testing.T) {
		c.do("POST", "/Users/.search", search(`password sw "x"`)).wantError(400, "invalidFilter")
	})
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

func TestSort(t *testing.T) {
	c := start(t)
	crew(c)
	for _, test := range []struct{ id, query, want string }{
		{"RFC7644-3.4.2.3-R8", "sortBy=userName", "U1 U2 U3 U4 U5"},
		{"RFC7644-3.4.2.3-R7", "sortBy=userName&sortOrder=descending", "U5 U4 U3 U2 U1"},
		{"RFC7644-3.4.2.3-R6", "sortBy=title", "U1 U2 U3 U4 U5"},
		{"missing first when descending", "sortBy=name.familyName&sortOrder=descending", "U5 U4 U2 U1 U3"},
		{"RFC7644-3.4.2.3-R4", "sortBy=emails.value", "U1 U2 U3 U4 U5"},
		{"complex multi-valued", "sortBy=emails&sortOrder=ascending", "U1 U2 U3 U4 U5"},
		{"RFC7644-3.4.2.3-R9", "sortBy=externalId", "U1 U2 U3 U4 U5"},
		{"id descending", "sortBy=id&sortOrder=DESCENDING", "U5 U4 U3 U2 U1"},
		{"extension", "sortBy=" + enterpriseURN + ":employeeNumber", "U3 U1 U2 U4 U5"},
		{"unknown is passed over", "sortBy=shoeSize&sortOrder=descending", "U1 U2 U3 U4 U5"},
		{"with a filter", "sortBy=userName&sortOrder=descending&filter=" + url.QueryEscape("active eq true"), "U5 U4 U3 U1"},
		{"a page", "sortBy=userName&sortOrder=descending&startIndex=2&count=2", "U4 U3"},
		{"meta", "sortBy=meta.created", "U1 U2 U3 U4 U5"},
		{"boolean", "sortBy=active", "U2 U1 U3 U4 U5"},
		{"computed", "sortBy=groups.display", "U1 U2 U3 U4 U5"},
	} {
		t.Run(test.id, func(t *testing.T) {
			want := test.want
			if test.id == "RFC7644-3.4.2.3-R6" {
				want = "U1 U2 U3 U4 U5" // "Boss", "boss", "Clerk", none, none
			}
			for range 2 { // the second time from the cache
				equal(t, test.query, c.do("GET", "/Users?"+test.query, "").want(200).names("id"), want)
			}
		})
	}
	c.do("GET", "/Users?sortBy=userName&sortOrder=sideways", "").wantError(400, "invalidValue", "sideways")
	t.Run("a write ends the cached order", func(t *testing.T) {
		c.do("PATCH", "/Users/U1", patchBody(`{"op":"replace","path":"userName","value":"zoe"}`)).want(200)
		equal(t, "order", c.do("GET", "/Users?sortBy=userName", "").names("id"), "U2 U3 U4 U5 U1")
	})
}

func TestIndexPaging(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{PageSize: 3, PageMax: 4}}))
	crew(c)
	for _, test := range []struct {
		id, query  string
		start, per int
		want       string
	}{
		{"RFC7644-3.4.2.4-R3", "", 1, 3, "U1 U2 U3"},
		{"RFC7644-3.4.2.4-R4", "startIndex=-5&count=2", 1, 2, "U1 U2"},
		{"RFC7644-3.4.2.4-R5", "count=-1", 1, 0, ""},
		{"RFC7644-3.4.2.4-R6", "count=0", 1, 0, ""},
		{"RFC7644-3.4.2.4-R12", "startIndex=4&count=2", 4, 2, "U4 U5"},
		{"RFC7644-3.4.2.4-R10", "startIndex=5&count=3", 5, 1, "U5"},
		{"RFC7644-3.4.2.4-R14", "startIndex=6", 6, 0, ""},
		{"RFC7643-5-R8", "count=1000", 1, 4, "U1 U2 U3 U4"},
		{"RFC7644-3.4.2-R3", "unknown=1&count=1", 1, 1, "U1"},
	} {
		t.Run(test.id, func(t *testing.T) {
			r := c.do("GET", "/Users?"+test.query, "").want(200)
			equal(t, "Resources", r.names("id"), test.want)
			equal(t, "startIndex", r.at("startIndex"), test.start)
			equal(t, "itemsPerPage", r.at("itemsPerPage"), test.per)
			equal(t, "totalResults", r.at("totalResults"), 5)
			equal(t, "schemas", r.at("schemas"), []any{listURN})
		})
	}
	t.Run("RFC7644-3.4.2-R9", func(t *testing.T) {
		item := c.do("GET", "/Users?count=1", "").at("Resources", 0)
		equal(t, "item", item, c.do("GET", "/Users/U1", "").body)
	})
	c.do("GET", "/Users?count=abc", "").wantError(400, "invalidValue", "abc")
	c.do("GET", "/Users?startIndex=1.5", "").wantError(400, "invalidValue", "1.5")
	t.Run("a deleted resource leaves no gap", func(t *testing.T) {
		c.do("DELETE", "/Users/U2", "").want(204)
		equal(t, "Resources", c.do("GET", "/Users?startIndex=2&count=2", "").names("id"), "U3 U4")
	})
}

func TestCursorPaging(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := start(t, configured(mocktarget.Config{
		Now: func() time.Time { return now }, Limits: mocktarget.Limits{PageMax: 10, CursorTimeout: time.Minute},
	}))
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
				if strings.Trim(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" {
					t.Errorf("the cursor %q has reserved characters", cursor)
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
	first := next("count=2", "").want(200)
	cursor := first.at("nextCursor").(string)
	t.Run("RFC9865-2-R17", func(t *testing.T) { equal(t, "totalResults", first.at("totalResults"), 5) })
	t.Run("RFC9865-2-R5", func(t *testing.T) {
		r := next("count=0", "").want(200)
		equal(t, "Resources", r.names("id"), "")
		equal(t, "nextCursor", r.at("nextCursor"), nil)
	})
	t.Run("RFC9865-2.1-R2", func(t *testing.T) {
		next("", "nonsense").wantError(400, "invalidCursor")
		flipped := "A" + cursor[1:]
		if flipped == cursor {
			flipped = "B" + cursor[1:]
		}
		next("count=2", flipped).wantError(400, "invalidCursor")
		next("count=2&filter="+url.QueryEscape("title pr"), cursor).wantError(400, "invalidCursor")
		next("count=2&startIndex=3", cursor).wantError(400, "invalidCursor")
	})
	t.Run("RFC9865-2.1-R4", func(t *testing.T) {
		next("count=3", cursor).wantError(400, "invalidCount")
		next("count=abc", cursor).wantError(400, "invalidCount")
	})
	t.Run("RFC9865-3-R1", func(t *testing.T) {
		r := c.do("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":"","count":2}`, searchURN)).want(200)
		r = c.do("POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"cursor":%q}`, searchURN, r.at("nextCursor"))).want(200)
		equal(t, "second page", r.names("id"), "U3 U4")
	})
	t.Run("RFC9865-5.2-R1", func(t *testing.T) {
		other := clientOf(t, c.target.Tenant("other"))
		other.do("GET", "/Users?cursor="+cursor, "").wantError(400, "invalidCursor")
	})
	t.Run("resources come and go during a walk", func(t *testing.T) {
		c.do("DELETE", "/Users/U2", "").want(204)
		c.createUser("new")
		equal(t, "second page", next("count=2", cursor).names("id"), "U3 U4")
	})
	t.Run("RFC9865-2.1-R3", func(t *testing.T) {
		now = now.Add(time.Minute + time.Millisecond)
		next("count=2", cursor).wantError(400, "expiredCursor")
	})
}

func TestProjection(t *testing.T) {
	c := start(t)
	crew(c)
	for _, test := range []struct{ id, query, has, lacks string }{
		{"RFC7644-3.4.2.5-R3", "attributes=userName", "userName id schemas", "emails meta title"},
		{"RFC7643-3.1-R13", "excludedAttributes=id,userName", "id emails", "userName"},
		{"RFC7644-3.9-R4", "attributes=name.familyName,emails.type", "name emails id", "userName"},
		{"RFC7644-3.9-R6", "excludedAttributes=emails,meta", "userName title", "emails meta"},
		{"RFC7643-7-R20", "attributes=password,title", "title", "password"},
		{"RFC7644-3.10-R1", "attributes=" + userURN + ":title", "title", "emails"},
		{"computed", "excludedAttributes=groups", "userName", "groups"},
		{"groups", "attributes=groups", "groups", "userName"},
		{"unknown", "attributes=shoeSize", "id", "userName"},
	} {
		t.Run(test.id, func(t *testing.T) {
			single := c.do("GET", "/Users/U1?"+test.query, "").want(200)
			listed := c.do("GET", "/Users?count=1&"+test.query, "").want(200)
			equal(t, "list item", listed.at("Resources", 0), single.body)
			for _, name := range strings.Fields(test.has) {
				if single.at(name) == nil {
					t.Errorf("%s is missing: %s", name, single.raw)
				}
			}
			for _, name := range strings.Fields(test.lacks) {
				if single.at(name) != nil {
					t.Errorf("%s is there: %s", name, single.raw)
				}
			}
		})
	}
	t.Run("RFC7644-3.9-R3", func(t *testing.T) {
		c.do("GET", "/Users?attributes=title&excludedAttributes=name", "").wantError(400, "invalidValue")
	})
	t.Run("RFC7644-3.9-R1", func(t *testing.T) {
		r := c.do("POST", "/Users?attributes=userName", user("projected", `"title":"x"`)).want(201)
		equal(t, "title", r.at("title"), nil)
		r = c.do("PUT", "/Users/"+r.id()+"?excludedAttributes=title", user("projected", `"title":"x"`)).want(200)
		equal(t, "title", r.at("title"), nil)
		equal(t, "userName", r.at("userName"), "projected")
	})
	t.Run("RFC7643-4.3-R2", func(t *testing.T) {
		c.do("PATCH", "/Users/U1", patchBody(`{"op":"add","path":"displayName","value":"Ann Oak"}`)).want(200)
		r := c.do("GET", "/Users/U3", "").want(200)
		equal(t, "$ref", r.at(enterpriseURN, "manager", "$ref"), c.base+"/Users/U1")
		equal(t, "displayName", r.at(enterpriseURN, "manager", "displayName"), "Ann Oak")
	})
}

func TestRootQuery(t *testing.T) {
	c := start(t)
	crew(c)
	for _, test := range []struct{ id, query, want string }{
		{"RFC7644-3.4.2.1-R2", "", "U1 U2 U3 U4 U5 G1"},
		{"RFC7644-3.4.2.1-R6", "filter=" + url.QueryEscape("userName pr"), "U1 U2 U3 U4 U5"},
		{"absent counts as no value", "filter=" + url.QueryEscape(`not (userName pr)`), "G1"},
		{"resource type", "filter=" + url.QueryEscape(`meta.resourceType eq "Group" or userName eq "bob"`), "U2 G1"},
		{"a page over the border", "startIndex=5&count=2", "U5 G1"},
		{"sorted", "sortBy=displayName", "G1 U5 U1 U2 U3 U4"},
		{"id", "filter=" + url.QueryEscape(`id eq "G1"`), "G1"},
	} {
		t.Run(test.id, func(t *testing.T) {
			equal(t, "Resources", c.do("GET", "?"+test.query, "").want(200).names("id"), test.want)
		})
	}
	equal(t, ".search", c.do("POST", "/.search", search(`displayName eq "ann"`)).want(200).names("id"), "G1")
	c.do("GET", "?filter="+url.QueryEscape(`shoeSize pr`), "").wantError(400, "invalidFilter", "shoeSize")
	t.Run("cursor", func(t *testing.T) {
		var found []string
		r := c.do("GET", "?cursor&count=4&sortBy=displayName&sortOrder=descending", "").want(200)
		for r.at("nextCursor") != nil {
			found = append(found, strings.Fields(r.names("id"))...)
			r = c.do("GET", "?count=4&sortBy=displayName&sortOrder=descending&cursor="+r.at("nextCursor").(string), "").want(200)
		}
		found = append(found, strings.Fields(r.names("id"))...)
		equal(t, "walk", strings.Join(found, " "), "U4 U3 U2 U1 U5 G1")
	})
}

func TestSearch(t *testing.T) {
	c := start(t)
	crew(c)
	t.Run("RFC7644-3.4.3-R2", func(t *testing.T) {
		r := c.do("POST", "/Users/.search", search(`title pr`, `"attributes":["userName","title"]`, `"sortBy":"userName"`, `"sortOrder":"descending"`, `"startIndex":2,"count":1`)).want(200)
		equal(t, "Resources", r.names("id"), "U2")
		equal(t, "emails", r.at("Resources", 0, "emails"), nil)
		equal(t, "users", len(c.target.Users()), 5)
	})
	t.Run("RFC7644-3.4.3-R6", func(t *testing.T) {
		r := c.do("POST", "/Users/.search", search(`id eq "U1"`, `"excludedAttributes":["id","emails"]`)).want(200)
		equal(t, "id", r.at("Resources", 0, "id"), "U1")
		equal(t, "emails", r.at("Resources", 0, "emails"), nil)
	})
	c.do("POST", "/Users/.search", `{"filter":"title pr"}`).wantError(400, "invalidSyntax", "schemas")
	c.do("POST", "/Users/.search", search(`title pr`, `"count":"5"`)).wantError(400, "invalidValue", "count")
	c.do("POST", "/Users/.search", search(`title pr`, `"attributes":"userName"`)).wantError(400, "invalidValue", "attributes")
	c.do("POST", "/Users/.search", "[]").wantError(400, "invalidSyntax")
}
