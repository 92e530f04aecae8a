package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestGroupAttributes(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-4.2-R1+RFC7643-4.2-R2", groupNames},
		{"RFC7643-4.2-R4+RFC7643-4.2-R8", groupMembersAreFixed},
		{"RFC7643-4.2-R5+RFC7643-4.2-R6+RFC7643-4.2-R7+RFC7643-4.1.2-R15+RFC7643-4.1.2-R16+RFC7643-4.1.2-R19", groupMembersAreResources},
	})
}

func groupNames(c *client) {
	made := c.createGroup("Staff")
	c.createGroup("Staff")
	equal(c.t, "groups", c.filter("/Groups", `displayName eq "staff"`).at("totalResults"), 2)
	path := "/Groups/" + made.id()
	for _, body := range []string{`{"schemas":["` + groupURN + `"]}`, group(""), `{"schemas":["` + groupURN + `"],"displayName":null}`} {
		c.do("POST", "/Groups", body).wantError(400, "invalidValue", "displayName")
		c.do("PUT", path, body).wantError(400, "invalidValue", "displayName")
	}
	c.do("PATCH", path, patchBody(`{"op":"remove","path":"displayName"}`)).wantError(400, "mutability", "displayName")
	equal(c.t, "the group", c.do("GET", path, "").raw, made.raw)
}

// groupMembersAreFixed: what a member is does not change; it can be taken out and
// another one put in.
func groupMembersAreFixed(c *client) {
	ann, bob := c.createUser("ann").id(), c.createUser("bob").id()
	made := c.createGroup("staff", `"members":[{"value":"`+ann+`"}]`)
	path := "/Groups/" + made.id()
	selected := `members[value eq \"` + ann + `\"]`
	for _, operation := range []string{
		`{"op":"replace","path":"` + selected + `.value","value":"` + bob + `"}`, `{"op":"replace","path":"` + selected + `.type","value":"Group"}`,
		`{"op":"replace","path":"` + selected + `.$ref","value":"` + c.base + `/Users/` + bob + `"}`, `{"op":"replace","path":"members.value","value":"` + bob + `"}`,
		`{"op":"replace","path":"` + selected + `","value":{"value":"` + bob + `"}}`, `{"op":"remove","path":"` + selected + `.value"}`,
	} {
		c.do("PATCH", path, patchBody(operation)).wantError(400, "mutability", "members")
		equal(c.t, "the group", c.do("GET", path, "").raw, made.raw)
	}
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"members","value":[{"value":"`+bob+`"}]}`)).want(204)
	equal(c.t, "members", c.do("GET", path, "").at("members", 0, "value"), bob)
	for _, members := range []string{`{}`, `""`, `{"value":"` + ann + `"}`} {
		c.do("POST", "/Groups", group("bad", `"members":`+members)).wantError(400, "invalidValue", "members")
	}
	for _, member := range []string{`{"type":"User"}`, `{"display":"x"}`, `"` + ann + `"`, `{"value":7}`, `{"value":""}`} {
		c.do("POST", "/Groups", group("bad", `"members":[`+member+`]`)).wantError(400, "invalidValue", "members")
		c.do("PATCH", path, patchBody(`{"op":"add","path":"members","value":[`+member+`]}`)).wantError(400, "invalidValue", "members")
	}
}

// groupMembersAreResources: members are users or groups, each named by its id, its
// type and its address; and users know the groups, direct or not.
func groupMembersAreResources(c *client) {
	ann := c.createUser("ann").id()
	inner := c.createGroup("inner", `"members":[{"value":"`+ann+`","type":"User"}]`).id()
	outer := c.createGroup("outer", `"members":[{"value":"`+inner+`"},{"value":"`+ann+`","display":"Ann"}]`)
	outermost := c.createGroup("outermost", `"members":[{"value":"`+outer.id()+`"}]`).id()
	member := func(typ, id string, more ...string) map[string]any {
		m := map[string]any{"value": id, "$ref": c.base + "/" + typ + "s/" + id, "type": typ}
		for _, display := range more {
			m["display"] = display
		}
		return m
	}
	equal(c.t, "members", outer.at("members"), []any{member("Group", inner), member("User", ann, "Ann")})
	for i := range 2 {
		equal(c.t, "id behind $ref", c.do("GET", outer.at("members", i, "$ref").(string), "").want(200).id(), outer.at("members", i, "value"))
	}
	var groups []string
	for _, v := range c.do("GET", "/Users/"+ann, "").at("groups").([]any) {
		groups = append(groups, fmt.Sprint(at(v, "value"), at(v, "display"), at(v, "type"), at(v, "$ref")))
	}
	in := func(id, name, typ string) string { return fmt.Sprint(id, name, typ, c.base+"/Groups/"+id) }
	equal(c.t, "groups", strings.Join(groups, " "), strings.Join([]string{
		in(inner, "inner", "direct"), in(outer.id(), "outer", "direct"), in(outermost, "outermost", "indirect"),
	}, " "))
	// Giving a member another display does not make the user a member twice.
	c.do("PATCH", "/Groups/"+inner, patchBody(`{"op":"add","path":"members","value":[{"value":"`+ann+`","display":"A"}]}`)).want(204)
	equal(c.t, "groups", len(c.do("GET", "/Users/"+ann, "").at("groups").([]any)), 3)
	// A client changes a direct group through the group; the indirect ones follow.
	c.do("PATCH", "/Groups/"+outer.id(), patchBody(`{"op":"remove","path":"members[value eq \"`+ann+`\"]"}`)).want(204)
	equal(c.t, "type of the group that is indirect now", c.do("GET", "/Users/"+ann, "").at("groups", 1, "type"), "indirect")
	c.do("PATCH", "/Groups/"+outer.id(), patchBody(`{"op":"remove","path":"members"}`)).want(204)
	equal(c.t, "groups", len(c.do("GET", "/Users/"+ann, "").at("groups").([]any)), 1)
}
