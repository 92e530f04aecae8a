package mocktarget_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestLists(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.2-R3", func(c *client) {
			crew(c)
			for _, unknown := range []string{"suiteUnknown=1", "a=b&c", "&&", "attribute=id"} {
				equal(c.t, unknown, c.do("GET", "/Users?"+unknown, "").want(200).raw, c.do("GET", "/Users", "").raw)
			}
		}},
		{"RFC7644-3.4.2-R4+RFC7644-3.4.2-R5+RFC7644-3.4.2-R6", func(c *client) {
			crew(c)
			for path, total := range map[string]int{
				"/Users": 5, "/Groups": 1, "": 6, "/Users?count=0": 5, "/Users?count=2": 5, "/Users?startIndex=9": 5, "/Users?filter=title%20pr": 3, "/Users?attributes=id": 5,
			} {
				r := c.do("GET", path, "").want(200)
				equal(c.t, path+": schemas", r.at("schemas"), []any{listURN})
				equal(c.t, path+": totalResults", r.at("totalResults"), total)
				if _, ok := r.at("Resources").([]any); !ok {
					c.t.Errorf("%s: Resources are %v", path, r.at("Resources"))
				}
			}
		}},
		{"RFC7644-3.4.2-R8", func(c *client) {
			crew(c)
			for _, path := range []string{
				"/Users?filter=" + url.QueryEscape(`userName eq "nobody"`), "/Groups?filter=" + url.QueryEscape("not (displayName pr)"), "?filter=" + url.QueryEscape(`id eq "none"`),
			} {
				r := c.do("GET", path, "").want(200)
				equal(c.t, path, []any{r.at("totalResults"), r.at("itemsPerPage"), r.at("startIndex"), r.at("Resources")}, []any{0, 0, 1, []any{}})
			}
			equal(c.t, "an empty directory", clientOf(c.t, c.target.Tenant("empty-directory")).do("GET", "/Users", "").want(200).at("totalResults"), 0)
		}},
		{"RFC7644-3.4.2-R9", func(c *client) {
			crew(c)
			for _, list := range []string{"/Users", "/Groups", "/Users?sortBy=userName", "/Users?filter=title%20pr"} {
				for _, v := range c.do("GET", list, "").want(200).resources() {
					equal(c.t, "a single read", c.do("GET", at(v, "meta", "location").(string), "").want(200).body, v)
				}
			}
			for _, v := range c.do("GET", "/Users?attributes=emails.value", "").resources() {
				equal(c.t, "a projected read", c.do("GET", "/Users/"+at(v, "id").(string)+"?attributes=emails.value", "").body, v)
			}
		}},
	})
}

// sorts wants a list in an order, ascending and, if they are all distinct, descending.
func sorts(c *client, endpoint, by, want string) {
	c.t.Helper()
	by = url.QueryEscape(by)
	for _, order := range []string{"", "&sortOrder=ascending", "&sortOrder=Ascending"} {
		equal(c.t, by+order, c.do("GET", endpoint+"?sortBy="+by+order, "").want(200).names("id"), want)
	}
}

func TestSortRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.2.3-R1+RFC7644-3.4.2.3-R3", sortPages},
		{"RFC7644-3.4.2.3-R4", sortMultiValued},
		{"RFC7644-3.4.2.3-R6", func(c *client) {
			c.target.Seed(`{"Users":[{"id":"1","userName":"d"},{"id":"2","userName":"a","title":"Z","locale":"de"},{"id":"3","userName":"c","emails":[]},{"id":"4","userName":"b","title":"a","emails":[{"value":"x@x.org"}]}]}`)
			for by, want := range map[string][2]string{
				"title": {"4 2 1 3", "3 1 2 4"}, "locale": {"2 1 3 4", "4 3 1 2"}, "emails.value": {"4 1 2 3", "3 2 1 4"}, "name.familyName": {"1 2 3 4", "4 3 2 1"},
				enterpriseURN + ":department": {"1 2 3 4", "4 3 2 1"},
			} {
				sorts(c, "/Users", by, want[0])
				equal(c.t, by+" descending", c.do("GET", "/Users?sortOrder=descending&sortBy="+by, "").names("id"), want[1])
			}
		}},
		{"RFC7644-3.4.2.3-R7+RFC7644-3.4.2.3-R8", func(c *client) {
			crew(c)
			sorts(c, "/Users", "userName", "U1 U2 U3 U4 U5")
			for _, order := range []string{"descending", "DESCENDING"} {
				equal(c.t, order, c.do("GET", "/Users?sortBy=userName&sortOrder="+order, "").want(200).names("id"), "U5 U4 U3 U2 U1")
			}
			for _, order := range []string{"sideways", "desc", "1"} {
				c.do("GET", "/Users?sortBy=userName&sortOrder="+order, "").wantError(400, "invalidValue", "sortOrder")
				c.do("POST", "/Users/.search", search("id pr", `"sortBy":"userName","sortOrder":"`+order+`"`)).wantError(400, "invalidValue", "sortOrder")
			}
			for _, by := range []string{"", "shoeSize", "name", "a..b", "password", "emails[type eq \"work\"]"} { // as if it were not there
				sorts(c, "/Users", by, "U1 U2 U3 U4 U5")
			}
		}},
		{"RFC7644-3.4.2.3-R9", sortByType},
	}, serving(t, gadgetSchema, gadgetType))
}

func sortPages(c *client) {
	equal(c.t, "sort", c.do("GET", "/ServiceProviderConfig", "").at("sort", "supported"), true)
	c.target.Seed(`{"Users":[{"id":"1","userName":"fay"},{"id":"2","userName":"Cyd"},{"id":"3","userName":"ann"},{"id":"4","userName":"eve","name":{"familyName":"a"}},{"id":"5","userName":"Bob"},{"id":"6","userName":"dan","name":{"familyName":"B"}}]}`)
	for by, want := range map[string]string{
		"userName": "3 5 2 6 4 1", "USERNAME": "3 5 2 6 4 1", userURN + ":userName": "3 5 2 6 4 1", "id": "1 2 3 4 5 6", "name.familyName": "4 6 1 2 3 5",
		"meta.created": "1 2 3 4 5 6",
	} {
		for _, order := range []string{"ascending", "descending"} {
			var walked []string
			for _, start := range []string{"1", "3", "5"} {
				walked = append(walked, strings.Fields(c.do("GET", "/Users?count=2&startIndex="+start+"&sortBy="+by+"&sortOrder="+order, "").want(200).names("id"))...)
			}
			if order == "descending" {
				walked = reversed(walked)
			}
			equal(c.t, by+" "+order, strings.Join(walked, " "), want)
		}
	}
	c.patch("/Users/3", `{"op":"replace","path":"userName","value":"zoe"}`).want(200)
	sorts(c, "/Users", "userName", "5 2 6 4 1 3")
}

func reversed(list []string) []string {
	back := make([]string, len(list))
	for i, s := range list {
		back[len(list)-1-i] = s
	}
	return back
}

func sortMultiValued(c *client) {
	c.target.Seed(`{"Users":[
		{"id":"1","userName":"1","emails":[{"value":"a@x.org"},{"value":"z@x.org","primary":true}]},
		{"id":"2","userName":"2","emails":[{"value":"m@x.org"},{"value":"b@x.org"}]},
		{"id":"3","userName":"3","emails":[{"value":"y@x.org"},{"value":"c@x.org","primary":true}]},
		{"id":"4","userName":"4","emails":[{"value":"N@x.org","primary":false}]}]}`)
	sorts(c, "/Users", "emails.value", "3 2 4 1")
	sorts(c, "/Users", "emails", "3 2 4 1") // a complex one stands for its value
	sorts(c, "/Users", "emails.primary", "4 1 3 2")
	c.patch("/Users/1", `{"op":"replace","path":"emails[value sw \"a\"].primary","value":true}`).want(200)
	sorts(c, "/Users", "emails.value", "1 3 2 4")
}

func sortByType(c *client) {
	gadgets(c)
	for by, want := range map[string]string{
		"label": "g2 g4 g1 g3", "size": "g1 g2 g3 g4", "weight": "g2 g3 g1 g4", "bought": "g3 g1 g2 g4", "broken": "g2 g1 g3 g4", "blob": "g1 g2 g3 g4", "link": "g1 g2 g3 g4",
		"tags": "g2 g1 g3 g4",
	} {
		sorts(c, "/Gadgets", by, want)
	}
	c.target.Seed(`{"Users":[{"id":"1","userName":"b","externalId":"b"},{"id":"2","userName":"A","externalId":"A"},{"id":"3","userName":"a2","externalId":"a"},{"id":"4","userName":"B2","externalId":"B"}]}`)
	sorts(c, "/Users", "userName", "2 3 1 4")
	sorts(c, "/Users", "externalId", "2 4 3 1")
	c.target.Seed(`{"Groups":[{"id":"g","displayName":"x","members":[{"value":"4"}]}]}`)
	sorts(c, "/Users", "groups.display", "4 1 2 3")
}

func TestSearchRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.3-R2+RFC7644-3.4.3-R9", searchEqualsList},
		{"RFC7644-3.4.3-R5+RFC7644-3.4.3-R6", searchProjects},
		{"RFC7644-3.4.3-R7", func(c *client) {
			crew(c)
			for _, filter := range []string{"", "userName", `userName xx "a"`, "shoeSize pr", "active gt true"} {
				for _, endpoint := range []string{"", "/Users", "/Groups"} {
					c.do("POST", endpoint+"/.search", search(filter)).wantError(400, "invalidFilter")
				}
			}
			for _, odd := range []string{"5", "true", `["userName pr"]`, "{}"} {
				c.do("POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"filter":`+odd+`}`).wantError(400, "invalidValue", "filter")
			}
		}},
		{"RFC7644-3.4.3-R8", func(c *client) {
			crew(c)
			for by, want := range map[string]string{
				"userName": "U5 U4 U3 U2 U1", userURN + ":userName": "U5 U4 U3 U2 U1", "emails.value": "U5 U4 U3 U2 U1", enterpriseURN + ":employeeNumber": "U5 U4 U2 U1 U3",
				"name.familyName": "U5 U4 U2 U1 U3",
			} {
				r := c.do("POST", "/Users/.search", search("id pr", `"sortBy":"`+by+`","sortOrder":"descending"`)).want(200)
				equal(c.t, by, r.names("id"), want)
			}
		}},
	})
}

func searchEqualsList(c *client) {
	crew(c)
	for _, endpoint := range []string{"", "/Users", "/Groups"} {
		for query, body := range map[string]string{
			"": `{"schemas":["` + searchURN + `"]}`, "?count=2&startIndex=2": `{"schemas":["` + searchURN + `"],"count":2,"startIndex":2}`,
			"?filter=" + url.QueryEscape(`id ew "1"`): search(`id ew "1"`), "?count=0": `{"schemas":["` + searchURN + `"],"count":0}`,
			"?count=-1&startIndex=-1":                                `{"schemas":["` + searchURN + `"],"count":-1,"startIndex":-1}`,
			"?sortBy=displayName&sortOrder=descending&attributes=id": `{"schemas":["` + searchURN + `"],"sortBy":"displayName","sortOrder":"descending","attributes":["id"]}`,
			"?excludedAttributes=emails,members&filter=" + "id%20pr": `{"SCHEMAS":["` + strings.ToUpper(searchURN) + `"],"Filter":"id pr","excludedattributes":["emails","members"],"sortBy":null,"unknown":[1]}`,
		} {
			r := c.do("POST", endpoint+"/.search", body).want(200)
			equal(c.t, endpoint+"/.search "+body, r.raw, c.do("GET", endpoint+query, "").want(200).raw)
			equal(c.t, "schemas", r.at("schemas"), []any{listURN})
		}
		c.do("POST", endpoint+"/.search", user("sneaky")).wantError(400, "invalidSyntax", searchURN)
		c.do("POST", endpoint+"/.search", `{"filter":"id pr"}`).wantError(400, "invalidSyntax", searchURN)
		equal(c.t, "Allow", c.do("GET", endpoint+"/.search", "").want(405).header.Get("Allow"), "OPTIONS, POST")
	}
	equal(c.t, "resources", c.do("GET", "", "").at("totalResults"), 6)
	for _, odd := range []string{`"count":"5"`, `"startIndex":"1"`, `"sortBy":5`, `"count":1.5`, `"sortOrder":true`} {
		c.do("POST", "/Users/.search", search("id pr", odd)).wantError(400, "invalidValue")
	}
	for _, nowhere := range []string{"/Nope/.search", "/Users/U1/.search"} {
		c.do("POST", nowhere, search("id pr")).wantError(404, "")
	}
}

func searchProjects(c *client) {
	crew(c)
	for query, body := range map[string]string{
		"attributes=userName,name.familyName":      `"attributes":["userName","name.familyName"]`,
		"attributes=userName,emails.value":         `"attributes":["userName,emails.value"]`,
		"attributes=" + enterpriseURN + ":manager": `"attributes":["` + enterpriseURN + `:manager"]`,
		"excludedAttributes=emails,title":          `"excludedAttributes":["emails","title"]`,
		"excludedAttributes=id,schemas":            `"excludedAttributes":["id","schemas"]`,
		"excludedAttributes=" + enterpriseURN:      `"excludedAttributes":["` + enterpriseURN + `"]`,
	} {
		r := c.do("POST", "/Users/.search", search("id pr", body)).want(200)
		equal(c.t, body, r.raw, c.do("GET", "/Users?"+query, "").want(200).raw)
		for _, v := range r.resources() {
			if at(v, "id") == nil || at(v, "schemas") == nil {
				c.t.Errorf("%s takes away what is always returned: %v", body, v)
			}
		}
	}
	for _, odd := range []string{
		`"attributes":"userName"`, `"attributes":[5]`, `"attributes":{}`, `"excludedAttributes":"title"`, `"attributes":["a..b"]`,
		`"attributes":["id"],"excludedAttributes":["title"]`,
	} {
		c.do("POST", "/Users/.search", search("id pr", odd)).wantError(400, "invalidValue")
	}
}
