package mocktarget_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// A refusal is a request that fails, and how.
type refusal struct {
	method, path, body string
	header             string
	status             int
	scimType           string
}

// refusals are requests that fail in each way a server with the user ANN and her
// password s3cret has.
func refusals(path string) []refusal {
	patch := func(operation string) refusal {
		return refusal{method: "PATCH", path: path, body: patchBody(operation), status: 400}
	}
	typed := func(r refusal, scimType string) refusal { r.scimType = scimType; return r }
	return []refusal{
		{"POST", "/Users", "{", "", 400, "invalidSyntax"}, {"PUT", path, `{"a":}`, "", 400, "invalidSyntax"}, {"PATCH", path, "[]", "", 400, "invalidSyntax"},
		{"POST", "/.search", "x", "", 400, "invalidSyntax"},
		{"POST", "/Users/.search", "", "", 400, "invalidSyntax"}, {"POST", "/Bulk", "{}", "", 400, "invalidSyntax"}, {"POST", "/Groups", "", "", 400, "invalidSyntax"},
		{"POST", "/Users", user("x") + "}", "", 400, "invalidSyntax"},
		{"POST", "/Users", "{}", "", 400, "invalidValue"}, {"POST", "/Users", user(""), "", 400, "invalidValue"},
		{"PUT", path, user("x", `"active":"yes"`), "", 400, "invalidValue"}, {"GET", "/Users?count=x", "", "", 400, "invalidValue"},
		{"POST", "/Users", group("x"), "", 400, "invalidValue"}, {"POST", "/Groups", group("x", `"members":[{"value":"none"}]`), "", 400, "invalidValue"},
		{"GET", path + "?attributes=a..b", "", "", 400, "invalidValue"}, {"POST", "/Users", user("x", `"name":"y"`), "", 400, "invalidValue"},
		{"GET", "/Users?filter=x", "", "", 400, "invalidFilter"}, {"POST", "/.search", search("x"), "", 400, "invalidFilter"},
		{"GET", "/Users?filter=active%20gt%20true", "", "", 400, "invalidFilter"},
		typed(patch(`{"op":"add","path":"a b","value":"x"}`), "invalidPath"), typed(patch(`{"op":"remove"}`), "noTarget"),
		typed(patch(`{"op":"replace","path":"emails[type eq \"x\"].value","value":"x"}`), "noTarget"),
		typed(patch(`{"op":"remove","path":"userName"}`), "mutability"), typed(patch(`{"op":"remove","path":"emails[primary gt true]"}`), "invalidFilter"),
		typed(patch(`{"op":"add","path":"active","value":"x"}`), "invalidValue"), typed(patch(`{"op":"x"}`), "invalidSyntax"),
		{"GET", "/Users?cursor=x", "", "", 400, "invalidCursor"}, {"GET", "/Users?cursor&count=x", "", "", 400, "invalidCount"},
		{"GET", "/Users?filter=password%20eq%20%22s3cret%22", "", "", 403, "sensitive"}, {"GET", "/Schemas?filter=id%20pr", "", "", 403, ""},
		{"GET", "/Users", "", "Authorization: ", 401, ""}, {"GET", "/Users", "", "Authorization: Bearer x", 401, ""}, {"GET", "/Users/none", "", "", 404, ""},
		{"GET", "/Nope", "", "", 404, ""}, {"GET", "/Users/a/b/c", "", "", 404, ""}, {"DELETE", "/Groups/none", "", "", 404, ""},
		{"PUT", "/Users", user("x"), "", 405, ""}, {"GET", "/Bulk", "", "", 405, ""}, {"GET", "/Users", "", "Accept: text/html", 406, ""},
		{"POST", "/Users", user("ann"), "", 409, "uniqueness"}, {"DELETE", path, "", `If-Match: W/"0"`, 412, ""},
		{"POST", "/Users", user("x", `"title":"`+strings.Repeat("x", 1<<20)+`"`), "", 413, ""}, {"POST", "/Users", "x", "Content-Type: text/plain", 415, ""},
		{"GET", "/Users", "", "X-Large: " + strings.Repeat("x", 70_000), 431, ""},
	}
}

func TestErrors(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.12-R1+RFC7644-3.12-R2+RFC7644-3.2-R7+RFC7644-3.12-R3+RFC7644-3.12-R4", func(c *client) {
			path := person(c)
			before := c.do("GET", "", "").raw
			registered := []string{"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount"}
			for _, want := range refusals(path) {
				headers := []string{want.header}
				if want.header == "" {
					headers = nil
				}
				r := c.do(want.method, want.path, want.body, headers...)
				r.wantError(want.status, want.scimType)
				if scimType, given := r.at("scimType").(string); given && !slices.Contains(registered, scimType) {
					c.t.Errorf("%s: the scimType %q is not registered", r.what, scimType)
				}
				if detail, _ := r.at("detail").(string); len(detail) < 10 || strings.Contains(detail, "s3cret") {
					c.t.Errorf("%s: the detail is %q", r.what, detail)
				}
				wantMembers(c, r.what, r.body, "schemas status detail ?scimType")
				equal(c.t, r.what+": Content-Type", r.header.Get("Content-Type"), "application/scim+json")
			}
			equal(c.t, "all resources", c.do("GET", "", "").raw, before)
		}},
		{"RFC7644-3.12-R7+RFC7644-3.12-R20", func(c *client) {
			path := person(c)
			for _, body := range []string{
				"{", "null", "[]", `"x"`, "5", user("x") + "x", `{"userName":"a","username":"b"}`, `{"a":01}`, `{'a':1}`, `{"a":"\ud800"}`, "\xff", `{"a":1,}`, "",
			} {
				for target, method := range map[string]string{"/Users": "POST", path: "PUT", "/Users/.search": "POST", "/.search": "POST", "/Bulk": "POST", path + "?": "PATCH"} {
					c.do(method, target, body).wantError(400, "invalidSyntax")
				}
			}
		}},
		{"RFC7644-3.12-R11", func(c *client) {
			path := person(c)
			other := c.createUser("other").id()
			for _, r := range []reply{
				c.do("POST", "/Users", user("ANN")), c.do("PUT", "/Users/"+other, user("ann")), c.patch("/Users/"+other, `{"op":"replace","path":"userName","value":"ann"}`),
			} {
				r.wantError(409, "uniqueness", lastSegmentOf(path))
			}
		}},
		{"RFC7644-3.12-R18+RFC7644-3.12-R23", func(c *client) {
			path := person(c)
			for pointer, member := range map[string]string{
				"/active": `"active":"x"`, "/emails/1/value": `"emails":[{"value":"a"},{"value":5}]`, "/name/givenName": `"name":{"givenName":true}`,
				"/name/shoe": `"name":{"shoe":1}`, "/userName": `"title":"x"`, "/" + enterpriseURN + "/department": `"` + enterpriseURN + `":{"department":[]}`,
				"/emails": `"emails":"a@x.org"`, "/nope": `"nope":null,"nope2":1`,
			} {
				body := user("new", member)
				if pointer == "/userName" {
					body = `{"schemas":["` + userURN + `"],` + member + `}`
				}
				c.do("POST", "/Users", body).wantError(400, "invalidValue", pointer)
				c.do("PUT", path, body).wantError(400, "invalidValue", pointer)
			}
		}},
		{"RFC7644-3.12-R25+RFC7644-7.5.2-R2+RFC7644-7.5.2-R3", func(c *client) {
			person(c)
			for _, filter := range []string{
				`password eq "s3cret"`, `userName eq "ann" and password eq "s3cret"`, `not (PASSWORD pr)`, userURN + `:password co "s"`, `title pr or password sw "s3"`,
			} {
				for _, endpoint := range []string{"/Users", ""} {
					r := c.filter(endpoint, filter)
					r.wantError(403, "sensitive", "POST")
				}
			}
			finds := func(filter string) any {
				return c.do("POST", "/Users/.search", search(filter)).want(200).at("totalResults")
			}
			equal(c.t, "by POST", []any{finds(`userName eq "ann" and password eq "s3cret"`), finds(`userName eq "ann" and password eq "other"`)}, []any{1, 0})
			c.do("POST", "/Users/.search", search(`password co "s"`)).wantError(400, "invalidFilter")
			for _, e := range c.target.Journal() {
				if strings.Contains(e.Request.URL+e.Request.Body+e.Response.Body, "s3cret") {
					c.t.Errorf("the journal shows the password: %s %s", e.Request.URL, e.Request.Body)
				}
			}
		}},
	})
}

// A defect of the server is its own affair: it says so, and goes on.
func TestInternalErrors(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.12-R14", func(c *client) {
			r := c.do("POST", "/Groups", group("staff"))
			r.wantError(500, "", "defect")
			if strings.Contains(r.raw, "out of ids") {
				c.t.Errorf("the answer shows the inside: %s", r.raw)
			}
			c.createUser("ann")
			equal(c.t, "in bulk", c.bulk("", post("/Users", "b", user("bob"))).want(200).statuses(), "201")
			equal(c.t, "resources", c.do("GET", "", "").at("totalResults"), 2)
		}},
	}, configured(mocktarget.Config{IDs: func(tenant, resourceType string, n int) string {
		if resourceType == "Group" {
			panic("out of ids")
		}
		return mocktarget.SequentialIDs(tenant, resourceType, n)
	}}))
}

// Limits are refused with the status that names the kind, and by name and number.
func TestLimits(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{
		Body: 2000, BulkBody: 3000, BulkOperations: 3, PatchOperations: 2, FilterLength: 100, HeaderBytes: 5000, PageMax: 2,
	}}))
	path := "/Users/" + c.createUser("ann").id()
	padded := func(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }
	change := `{"op":"add","path":"title","value":"x"}`
	for what, test := range map[string]struct {
		fits, refused reply
		status        int
		scimType      string
		words         []string
	}{
		"body":             {c.do("PUT", path, padded(user("ann"), 2000)), c.do("PUT", path, padded(user("ann"), 2001)), 413, "", []string{"2000"}},
		"search body":      {c.do("POST", "/Users/.search", padded(search("id pr"), 2000)), c.do("POST", "/.search", padded(search("id pr"), 2001)), 413, "", []string{"2000"}},
		"bulk body":        {c.do("POST", "/Bulk", padded(bulkBody("", on("PUT", path, user("ann"))), 3000)), c.do("POST", "/Bulk", padded(bulkBody("", on("PUT", path, user("ann"))), 3001)), 413, "", []string{"maxPayloadSize", "3000"}},
		"bulk operations":  {c.bulk("", on("DELETE", "/Users/a", ""), on("DELETE", "/Users/a", ""), on("DELETE", "/Users/a", "")), c.bulk("", on("DELETE", path, ""), on("DELETE", path, ""), on("DELETE", path, ""), on("DELETE", path, "")), 413, "", []string{"maxOperations", "3"}},
		"patch operations": {c.patch(path, change, change), c.patch(path, change, change, change), 413, "", []string{"2"}},
		"filter length":    {c.filter("/Users", padded("id pr", 100)), c.filter("/Users", padded("id pr", 101)), 400, "invalidFilter", []string{"100"}},
		"filter depth":     {c.filter("/Users", strings.Repeat("(", 45)+"id pr"+strings.Repeat(")", 45)), start(t).filter("/Users", strings.Repeat("(", 65)+"id pr"+strings.Repeat(")", 65)), 400, "invalidFilter", []string{"64"}},
		"header":           {c.do("GET", path, "", "X-Large: "+strings.Repeat("x", 4000)), c.do("GET", path, "", "X-Large: "+strings.Repeat("x", 5000)), 431, "", []string{"5000"}},
	} {
		t.Run(what, func(t *testing.T) {
			if test.fits.status != 200 {
				t.Errorf("what is just within answered %d: %s", test.fits.status, test.fits.raw)
			}
			test.refused.wantError(test.status, test.scimType, test.words...)
		})
	}
	equal(t, "a PATCH in bulk", c.bulk("", on("PATCH", path, patchBody(change, change, change))).want(200).statuses(), "413")
	c.createUser("bob")
	c.createUser("cyd")
	equal(t, "page", len(c.do("GET", "/Users?count=100", "").want(200).resources()), 2)
	equal(t, "announced", []any{c.do("GET", "/ServiceProviderConfig", "").at("bulk", "maxPayloadSize"), c.do("GET", "/ServiceProviderConfig", "").at("filter", "maxResults")}, []any{3000, 2})
}
