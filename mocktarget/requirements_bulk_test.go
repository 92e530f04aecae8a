package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"
)

// bulkBody returns the body of a bulk request with operations written as JSON.
func bulkBody(more string, operations ...string) string {
	return fmt.Sprintf(`{"schemas":[%q]%s,"Operations":[%s]}`, bulkURN, more, strings.Join(operations, ","))
}

func post(path, bulkID, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, path, bulkID, data)
}

// statuses returns the status of each result.
func (r reply) statuses() string {
	var all []string
	list, _ := r.body["Operations"].([]any)
	for _, op := range list {
		all = append(all, fmt.Sprint(at(op, "status")))
	}
	return strings.Join(all, " ")
}

func (c *client) bulk(more string, operations ...string) reply {
	c.t.Helper()
	return c.do("POST", "/Bulk", bulkBody(more, operations...))
}

// on returns a bulk operation on a resource; data is "" for none.
func on(method, path, data string) string {
	if data != "" {
		data = `,"data":` + data
	}
	return fmt.Sprintf(`{"method":%q,"path":%q%s}`, method, path, data)
}

func addMember(id string) string {
	return patchBody(`{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`)
}

func TestBulkMessages(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.2-R5+RFC7644-3.7-R1+RFC7644-3.7.4-R1", func(c *client) {
			config := c.do("GET", "/ServiceProviderConfig", "")
			equal(c.t, "bulk", config.at("bulk"), map[string]any{"supported": true, "maxOperations": 1000, "maxPayloadSize": 1 << 20})
			equal(c.t, "statuses", c.bulk("", post("/Users", "a", user("ann"))).want(200).statuses(), "201")
		}},
		{"RFC7644-3.7-R2+RFC7644-3.7-R4+RFC7644-3.7-R5", func(c *client) {
			r := c.bulk(`,"failOnErrors":3`, post("/Users", "a", user("ann"))).want(200)
			equal(c.t, "schemas", r.at("schemas"), []any{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"})
			equal(c.t, "failOnErrors", r.at("failOnErrors"), nil)
			equal(c.t, "members of the answer", len(r.body), 2) // schemas and Operations
			one := post("/Users", "b", user("bob"))
			for _, body := range []string{
				`{"Operations":[` + one + `]}`, `{"schemas":["` + searchURN + `"],"Operations":[` + one + `]}`, `{"schemas":["` + bulkURN + `"]}`,
				`{"schemas":["` + bulkURN + `"],"Operations":` + one + `}`, `{"schemas":["` + bulkURN + `"],"Operations":[]}`,
				`{"schemas":["` + bulkURN + `"],"Operations":["POST"]}`, `{"schemas":["` + bulkURN + `"],"Operations":[` + one,
			} {
				c.do("POST", "/Bulk", body).wantError(400, "invalidSyntax")
			}
			for _, failOn := range []string{`"1"`, "-1", "1.5", "true"} {
				c.bulk(`,"failOnErrors":`+failOn, one).wantError(400, "invalidValue", "failOnErrors")
			}
			equal(c.t, "users", len(c.target.Users()), 1)
		}},
		{"RFC7644-3.7-R6", func(c *client) {
			id := c.createUser("ann").id()
			r := c.bulk("", on("GET", "/Users/"+id, ""), `{"path":"/Users/`+id+`"}`, on("put", "/Users/"+id, user("Ann")), on("OPTIONS", "/Users", "")).want(200)
			equal(c.t, "statuses", r.statuses(), "400 400 200 400")
			for i, method := range []string{"GET", "", "PUT", "OPTIONS"} {
				equal(c.t, "method", r.at("Operations", i, "method"), method)
			}
		}},
		{"RFC7644-3.7-R19", func(c *client) {
			c.createUser("ann")
			r := c.bulk("", post("/Users", "good", user("bob")), post("/Users", "bad", user("ANN")), post("/Nope", "lost", "{}")).want(200)
			equal(c.t, "statuses", r.statuses(), "201 409 400")
			for i, id := range []string{"good", "bad", "lost"} {
				equal(c.t, "bulkId", r.at("Operations", i, "bulkId"), id)
			}
			missing := c.bulk("", `{"method":"POST","path":"/Users","data":`+user("cyd")+`}`, post("/Users", "x", user("dan")), post("/Users", "x", user("eve"))).want(200)
			equal(c.t, "statuses of a missing bulkId and of one there twice", missing.statuses(), "400 201 400")
			equal(c.t, "users", c.do("GET", "/Users", "").names("userName"), "ann bob dan")
		}},
		{"RFC7644-3.7.4-R3+RFC7644-3.7.4-R4+RFC7644-3.12-R13", func(c *client) {
			operations := make([]string, 1001)
			for i := range operations {
				operations[i] = on("DELETE", "/Users/none", "")
			}
			c.bulk("", operations...).wantError(413, "", "maxOperations", "1000")
			equal(c.t, "results", len(strings.Fields(c.bulk("", operations[1:]...).want(200).statuses())), 1000)
			large := bulkBody("", post("/Users", "a", user("ann")))
			large += strings.Repeat(" ", 1<<20-len(large))
			c.do("POST", "/Bulk", large+" ").wantError(413, "", "maxPayloadSize", fmt.Sprint(1<<20))
			equal(c.t, "users", len(c.target.Users()), 0)
			equal(c.t, "as large as allowed", c.do("POST", "/Bulk", large).want(200).statuses(), "201")
		}},
	})
}

func TestBulkResults(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.7-R11+RFC7644-3.7.3-R1+RFC7644-3.7.3-R2+RFC7644-3.7-R13", func(c *client) {
			kept, gone := c.createUser("kept").id(), c.createUser("gone").id()
			r := c.bulk("", post("/Users", "new", user("new")), on("PUT", "/Users/"+kept, user("Kept")), on("PATCH", "/Users/"+kept, patchBody(`{"op":"remove","path":"title"}`)),
				on("DELETE", "/Users/"+gone, ""), on("DELETE", "/Users/none", ""), post("/Users", "taken", user("kept")),
				on("PATCH", "/Users/bulkId:new", patchBody(`{"op":"add","path":"title","value":"t"}`)), on("PUT", "/Users/bulkId:new", user("kept")), on("DELETE", "/Users/bulkId:new", "")).want(200)
			equal(c.t, "statuses", r.statuses(), "201 200 200 204 404 409 200 409 204")
			made := c.base + "/Users/" + lastSegmentOf(r.at("Operations", 0, "location"))
			for i, want := range []any{made, c.base + "/Users/" + kept, c.base + "/Users/" + kept, c.base + "/Users/" + gone, c.base + "/Users/none", nil, made, made, made} {
				equal(c.t, fmt.Sprint("location of ", i), r.at("Operations", i, "location"), want)
				if i < 4 {
					equal(c.t, fmt.Sprint("response of ", i), r.at("Operations", i, "response"), nil)
				}
			}
			equal(c.t, "version", r.at("Operations", 1, "version"), c.do("GET", "/Users/"+kept, "").header.Get("ETag"))
		}},
		{"RFC7644-3.7-R12+RFC7644-3.7-R14+RFC7644-3.7.3-R4+RFC7644-3.12-R26", func(c *client) {
			id := c.createUser("ann").id()
			r := c.bulk("", post("/Users", "a", user("ann")), post("/Users", "b", `{"schemas":["`+userURN+`"]}`), on("PATCH", "/Users/"+id, patchBody(`{"op":"remove"}`)),
				on("PATCH", "/Users/"+id, patchBody(`{"op":"replace","path":"id","value":"x"}`)), on("PUT", "/Users/"+id, ""), on("DELETE", "/Users/none", "")).want(200)
			equal(c.t, "statuses", r.statuses(), "409 400 400 400 400 404")
			for i, scimType := range []any{"uniqueness", "invalidValue", "noTarget", "mutability", "invalidSyntax", nil} {
				response := r.at("Operations", i, "response")
				equal(c.t, "schemas", at(response, "schemas"), []any{errorURN})
				equal(c.t, "status", at(response, "status"), r.at("Operations", i, "status"))
				equal(c.t, "scimType", at(response, "scimType"), scimType)
				if detail, _ := at(response, "detail").(string); detail == "" {
					c.t.Errorf("result %d does not explain itself: %s", i, r.raw)
				}
			}
		}},
		{"RFC7644-3.7-R15+RFC7644-3.7-R16", func(c *client) {
			bad := on("DELETE", "/Users/none", "")
			equal(c.t, "mixed", c.bulk("", bad, post("/Users", "a", user("ann")), bad, post("/Users", "b", user("bob"))).want(200).statuses(), "404 201 404 201")
			equal(c.t, "all fail", c.bulk("", bad, bad, bad).want(200).statuses(), "404 404 404")
			equal(c.t, "0 is no limit", c.bulk(`,"failOnErrors":0`, bad, bad, bad).want(200).statuses(), "404 404 404")
			equal(c.t, "users", c.do("GET", "/Users", "").names("userName"), "ann bob")
			for n, want := range []string{1: "201 404", 2: "201 404 201 404", 3: "201 404 201 404 201"} {
				if n == 0 {
					continue
				}
				operations := []string{}
				for i := range 3 {
					operations = append(operations, post("/Users", fmt.Sprint(i), user(fmt.Sprint("n", n, "-", i))), bad)
				}
				equal(c.t, fmt.Sprint("failOnErrors ", n), c.bulk(fmt.Sprintf(`,"failOnErrors":%d`, n), operations[:5]...).want(200).statuses(), want)
			}
			equal(c.t, "users made behind the last error allowed", c.filter("/Users", `userName sw "n1-" or userName sw "n2-"`).names("userName"), "n1-0 n2-0 n2-1")
		}},
		{"RFC7644-3.7.3-R3", func(c *client) {
			id := c.createUser("ann").id()
			path := "/Users/" + id
			for _, single := range []struct{ method, path, data string }{
				{"POST", "/Users", user("bob")}, {"POST", "/Users", user("ann")}, {"POST", "/Users", `{}`}, {"POST", "/Groups", group("g")},
				{"PUT", path, user("ann", `"title":"t"`)}, {"PUT", path, user("bob")}, {"PUT", "/Users/none", user("x")},
				{"PATCH", path, patchBody(`{"op":"remove","path":"title"}`)}, {"PATCH", path, patchBody(`{"op":"remove","path":"id"}`)}, {"DELETE", "/Users/none", ""}, {"DELETE", path, ""},
			} {
				state := c.target.Snapshot()
				alone := c.do(single.method, single.path, single.data)
				c.target.Restore(state)
				operation := on(single.method, single.path, single.data)
				if single.method == "POST" {
					operation = post(single.path, "x", single.data)
				}
				r := c.bulk("", operation).want(200)
				equal(c.t, single.method+" "+single.path+" "+single.data, r.at("Operations", 0, "status"), fmt.Sprint(alone.status))
				if alone.status >= 400 {
					equal(c.t, "the error", r.at("Operations", 0, "response"), alone.body)
				}
			}
		}},
	})
}

// lastSegmentOf returns the id at the end of a location.
func lastSegmentOf(location any) string {
	text, _ := location.(string)
	return text[strings.LastIndex(text, "/")+1:]
}

func TestBulkReferenceRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.7-R20+RFC7644-3.7-R21", func(c *client) {
			old, staff := c.createUser("old").id(), c.createGroup("staff")
			r := c.bulk("", on("PATCH", "/Groups/"+staff.id(), addMember("bulkId:n")), on("DELETE", "/Users/"+old, ""), on("PATCH", "/Users/bulkId:n", patchBody(`{"op":"add","path":"title","value":"1"}`)),
				post("/Users", "n", user("new")), on("PATCH", "/Users/bulkId:n", patchBody(`{"op":"add","path":"title","value":"2"}`))).want(200)
			equal(c.t, "statuses in the order of the request", r.statuses(), "200 204 200 201 200")
			made := lastSegmentOf(r.at("Operations", 3, "location"))
			equal(c.t, "member", c.do("GET", "/Groups/"+staff.id(), "").at("members", 0, "value"), made)
			equal(c.t, "users", c.do("GET", "/Users", "").names("userName"), "new")
			equal(c.t, "title", c.do("GET", "/Users/"+made, "").at("title"), "2")
		}},
		{"RFC7644-3.7.2-R2+RFC7644-3.7.2-R3+RFC7644-3.7.2-R5", func(c *client) {
			employee := fmt.Sprintf(`{"schemas":[%q,%q],"userName":"clerk",%q:{"manager":{"value":"bulkId:boss","$ref":"../Users/bulkId:boss"}}}`, userURN, enterpriseURN, enterpriseURN)
			r := c.bulk("", post("/Groups", "late", group("Late", `"members":[{"value":"bulkId:boss","$ref":"../Users/bulkId:boss"},{"value":"bulkId:clerk"}]`)),
				post("/Users", "clerk", employee), post("/Users", "boss", user("boss")), post("/Groups", "early", group("Early", `"members":[{"value":"bulkId:late"}]`))).want(200)
			equal(c.t, "statuses", r.statuses(), "201 201 201 201")
			ids := make([]string, 4)
			for i := range ids {
				ids[i] = lastSegmentOf(r.at("Operations", i, "location"))
			}
			late := c.do("GET", "/Groups/"+ids[0], "").want(200)
			equal(c.t, "members", []any{late.at("members", 0, "value"), late.at("members", 1, "value")}, []any{ids[2], ids[1]})
			equal(c.t, "$ref", late.at("members", 0, "$ref"), c.base+"/Users/"+ids[2])
			equal(c.t, "manager", c.do("GET", "/Users/"+ids[1], "").at(enterpriseURN, "manager", "value"), ids[2])
			equal(c.t, "the manager's $ref", c.do("GET", "/Users/"+ids[1], "").at(enterpriseURN, "manager", "$ref"), "../Users/"+ids[2])
			equal(c.t, "a group", c.do("GET", "/Groups/"+ids[3], "").at("members", 0, "value"), ids[0])
			left := c.bulk("", post("/Users", "in", user("in")), on("PATCH", "/Groups/"+ids[0], addMember("bulkId:in")), on("PATCH", "/Groups/"+ids[0], patchBody(`{"op":"remove","path":"members[value eq \"bulkId:in\"]"}`))).want(200)
			equal(c.t, "statuses of a member that comes and goes", left.statuses(), "201 200 200")
			equal(c.t, "members", c.do("GET", "/Groups/"+ids[0], "").values("members", "value"), ids[2]+" "+ids[1])
			if strings.Contains(c.do("GET", "", "").raw, "bulkId:") {
				c.t.Error("a reference is left")
			}
		}},
		{"RFC7644-3.7.1-R1+RFC7644-3.7.1-R2", func(c *client) {
			circle := func(names ...string) (operations []string) {
				for i, name := range names {
					operations = append(operations, post("/Groups", name, group(name, `"members":[{"value":"bulkId:`+names[(i+1)%len(names)]+`"}]`)))
				}
				return operations
			}
			r := c.bulk("", circle("a", "b", "c")...).want(200)
			equal(c.t, "statuses", r.statuses(), "201 201 201")
			for i := range 3 {
				held := c.do("GET", "/Groups/"+lastSegmentOf(r.at("Operations", i, "location")), "").want(200)
				equal(c.t, "member", held.at("members", 0, "value"), lastSegmentOf(r.at("Operations", (i+1)%3, "location")))
			}
			self := c.bulk("", circle("self")...).want(200)
			equal(c.t, "a group in itself", c.do("GET", "/Groups/"+lastSegmentOf(self.at("Operations", 0, "location")), "").values("members", "display"), "<nil>")
			failing := append(circle("x", "y"), post("/Groups", "z", group("z")))
			failing[1] = strings.Replace(failing[1], `"displayName":"y"`, `"displayName":7`, 1)
			r = c.bulk("", failing...).want(200)
			equal(c.t, "statuses of a circle that cannot be made", r.statuses(), "409 400 201")
			equal(c.t, "groups", c.do("GET", "/Groups?sortBy=displayName", "").names("displayName"), "a b c self z")
		}},
		{"RFC7644-3.7.2-R6", func(c *client) {
			staff := c.createGroup("staff")
			r := c.bulk("", post("/Groups", "g", group("g", `"members":[{"value":"bulkId:none"}]`)), on("PATCH", "/Groups/"+staff.id(), addMember("bulkId:bad")),
				post("/Users", "bad", "{}"), on("DELETE", "/Users/bulkId:bad", ""), post("/Users", "good", user("good"))).want(200)
			equal(c.t, "statuses", r.statuses(), "400 400 400 400 201")
			for _, i := range []int{0, 1, 3} {
				equal(c.t, "scimType", r.at("Operations", i, "response", "scimType"), "invalidValue")
			}
			equal(c.t, "the group", c.do("GET", "/Groups/"+staff.id(), "").raw, staff.raw)
		}},
	})
}

// Per-operation versions work as If-Match does.
func TestBulkVersions(t *testing.T) {
	c := start(t)
	made := c.createUser("ann")
	path, old := "/Users/"+made.id(), fmt.Sprintf(`,"version":%q}`, made.header.Get("ETag"))
	versioned := func(operation string) string { return strings.TrimSuffix(operation, "}") + old }
	r := c.bulk("", versioned(on("PUT", path, user("ann", `"title":"x"`))), versioned(on("PATCH", path, patchBody(`{"op":"remove","path":"title"}`))),
		versioned(on("DELETE", path, "")), versioned(on("PUT", path, user("bob")))).want(200)
	equal(t, "statuses", r.statuses(), "200 412 412 412")
	equal(t, "title", c.do("GET", path, "").at("title"), "x")
	equal(t, "version", r.at("Operations", 0, "version"), c.do("GET", path, "").header.Get("ETag"))
}
