package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
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

func TestBulk(t *testing.T) {
	c := start(t)
	old := c.createUser("old").id()
	bulk := func(more string, operations ...string) reply {
		t.Helper()
		return c.do("POST", "/Bulk", bulkBody(more, operations...))
	}

	t.Run("all verbs", func(t *testing.T) {
		gone := c.createUser("gone").id()
		r := bulk("", post("/Users", "a", user("bulked")),
			`{"method":"PUT","path":"/Users/`+old+`","data":`+user("older")+`}`,
			`{"method":"PATCH","path":"/Users/`+old+`","data":`+patchBody(`{"op":"add","path":"title","value":"x"}`)+`}`,
			`{"method":"DELETE","path":"/Users/`+gone+`"}`).want(200)
		equal(t, "statuses", r.statuses(), "201 200 200 204")
		equal(t, "schemas", r.at("schemas"), []any{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"})
		t.Run("RFC7644-3.7-R19", func(t *testing.T) { equal(t, "bulkId", r.at("Operations", 0, "bulkId"), "a") })
		t.Run("RFC7644-3.7.3-R2", func(t *testing.T) {
			made := c.do("GET", r.at("Operations", 0, "location").(string), "").want(200)
			equal(t, "version", r.at("Operations", 0, "version"), made.header.Get("ETag"))
			equal(t, "location of DELETE", r.at("Operations", 3, "location"), c.base+"/Users/"+gone)
		})
		equal(t, "title", c.do("GET", "/Users/"+old, "").at("title"), "x")
		c.do("GET", "/Users/"+gone, "").want(404)
	})
	t.Run("RFC7644-3.7-R16", func(t *testing.T) {
		r := bulk("", post("/Users", "1", user("OLDER")), `{"method":"GET","path":"/Users/`+old+`"}`, `{"method":"DELETE","path":"/Users/none"}`, post("/Users", "2", user("after")))
		r.want(200)
		equal(t, "statuses", r.statuses(), "409 400 404 201")
		t.Run("RFC7644-3.7-R14", func(t *testing.T) {
			equal(t, "schemas", r.at("Operations", 0, "response", "schemas"), []any{errorURN})
			equal(t, "status", r.at("Operations", 0, "response", "status"), "409")
			equal(t, "scimType", r.at("Operations", 0, "response", "scimType"), "uniqueness")
			equal(t, "location of the failed POST", r.at("Operations", 0, "location"), nil)
			equal(t, "location of the failed DELETE", r.at("Operations", 2, "location"), c.base+"/Users/none")
		})
	})
	t.Run("failOnErrors", func(t *testing.T) {
		r := bulk(`,"failOnErrors":1`, post("/Users", "1", user("f1")), post("/Users", "2", user("f1")), post("/Users", "3", user("f3"))).want(200)
		equal(t, "statuses", r.statuses(), "201 409")
		equal(t, "f3", c.filter("/Users", `userName eq "f3"`).at("totalResults"), 0)
		equal(t, "failOnErrors in the answer", r.at("failOnErrors"), nil)
	})
	t.Run("version", func(t *testing.T) {
		r := bulk("", `{"method":"PUT","path":"/Users/`+old+`","version":"W/\"0\"","data":`+user("older")+`}`).want(200)
		equal(t, "statuses", r.statuses(), "412")
	})
	bulk("").wantError(400, "invalidSyntax")
	c.do("POST", "/Bulk", `{"Operations":[]}`).wantError(400, "invalidSyntax", "schemas")
	t.Run("RFC7644-3.7.4-R4", func(t *testing.T) {
		small := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{BulkOperations: 2, BulkBody: 2000}}))
		small.do("POST", "/Bulk", bulkBody("", post("/Users", "1", user("a")), post("/Users", "2", user("b")), post("/Users", "3", user("c")))).wantError(413, "", "maxOperations", "2")
		small.do("POST", "/Bulk", bulkBody("", post("/Users", "1", user(strings.Repeat("x", 2000))))).wantError(413, "", "maxPayloadSize", "2000")
		equal(t, "users", len(small.target.Users()), 0)
	})
}

func TestBulkReferences(t *testing.T) {
	c := start(t)
	bulk := func(more string, operations ...string) reply {
		t.Helper()
		return c.do("POST", "/Bulk", bulkBody(more, operations...))
	}
	t.Run("RFC7644-3.7.2-R3", func(t *testing.T) {
		r := bulk("", post("/Groups", "g", group("Forward", `"members":[{"value":"bulkId:late"}]`)), post("/Users", "late", user("late"))).want(200)
		equal(t, "statuses", r.statuses(), "201 201")
		made := c.do("GET", r.at("Operations", 0, "location").(string), "")
		equal(t, "member", made.at("members", 0, "$ref"), r.at("Operations", 1, "location"))
	})
	t.Run("RFC7644-3.7.2-R5", func(t *testing.T) {
		r := bulk("", post("/Users", "boss", user("boss")),
			post("/Users", "clerk", fmt.Sprintf(`{"schemas":[%q,%q],"userName":"clerk",%q:{"manager":{"value":"bulkId:boss","$ref":"../Users/bulkId:boss"}}}`, userURN, enterpriseURN, enterpriseURN))).want(200)
		boss := c.do("GET", r.at("Operations", 0, "location").(string), "").id()
		clerk := c.do("GET", r.at("Operations", 1, "location").(string), "")
		equal(t, "manager", clerk.at(enterpriseURN, "manager", "value"), boss)
		equal(t, "$ref", clerk.at(enterpriseURN, "manager", "$ref"), "../Users/"+boss)
	})
	t.Run("RFC7644-3.7.1-R1", func(t *testing.T) {
		r := bulk("", post("/Groups", "x", group("X", `"members":[{"value":"bulkId:y"}]`)), post("/Groups", "y", group("Y", `"members":[{"value":"bulkId:x"}]`)),
			post("/Groups", "self", group("Self", `"members":[{"value":"bulkId:self"}]`))).want(200)
		equal(t, "statuses", r.statuses(), "201 201 201")
		x, y := c.do("GET", r.at("Operations", 0, "location").(string), ""), c.do("GET", r.at("Operations", 1, "location").(string), "")
		equal(t, "member of X", x.at("members", 0, "value"), y.id())
		equal(t, "member of Y", y.at("members", 0, "value"), x.id())
		r = bulk("", post("/Groups", "p", group("P", `"members":[{"value":"bulkId:q"}]`)), post("/Groups", "q", group("Q", `"members":[{"value":"bulkId:p"},{"value":"nobody"}]`))).want(200)
		equal(t, "statuses of a circle that fails", r.statuses(), "409 400")
		equal(t, "groups left behind", c.filter("/Groups", `displayName eq "P" or displayName eq "Q"`).at("totalResults"), 0)
	})
	t.Run("a PATCH refers to a new user", func(t *testing.T) {
		made := c.createGroup("Patched")
		r := bulk("", `{"method":"PATCH","path":"/Groups/`+made.id()+`","data":`+patchBody(`{"op":"add","path":"members","value":[{"value":"bulkId:n"}]}`)+`}`,
			post("/Users", "n", user("patched-in")),
			`{"method":"PATCH","path":"/Users/bulkId:n","data":`+patchBody(`{"op":"add","path":"title","value":"t"}`)+`}`,
			`{"method":"PATCH","path":"/Groups/`+made.id()+`","data":`+patchBody(`{"op":"remove","path":"members[value eq \"bulkId:n\"]"}`)+`}`).want(200)
		equal(t, "statuses", r.statuses(), "200 201 200 200")
		equal(t, "members", c.do("GET", "/Groups/"+made.id(), "").at("members"), nil)
		equal(t, "title", c.filter("/Users", `userName eq "patched-in"`).at("Resources", 0, "title"), "t")
	})
	t.Run("RFC7644-3.7.2-R6", func(t *testing.T) {
		r := bulk("", post("/Groups", "g", group("Lost", `"members":[{"value":"bulkId:none"}]`)), post("/Users", "bad", `{"schemas":["`+userURN+`"]}`),
			post("/Groups", "h", group("Failed", `"members":[{"value":"bulkId:bad"}]`))).want(200)
		equal(t, "statuses", r.statuses(), "400 400 400")
	})
}
