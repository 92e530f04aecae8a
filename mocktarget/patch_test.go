package mocktarget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func TestPatch(t *testing.T) {
	c := start(t)
	made := c.createUser("ann", `"title":"Boss"`, `"name":{"givenName":"Ann","familyName":"Oak","middleName":"M"}`,
		`"emails":[{"value":"w@x.org","type":"work","primary":true},{"value":"h@x.org","type":"home"}]`)
	path := "/Users/" + made.id()
	patch := func(operations ...string) reply {
		t.Helper()
		return c.do("PATCH", path, patchBody(operations...))
	}

	t.Run("RFC7644-3.5.2-R20", func(t *testing.T) {
		r := patch(`{"op":"replace","path":"title","value":"Chief"}`).want(200)
		equal(t, "title", r.at("title"), "Chief")
		equal(t, "GET", c.do("GET", path, "").raw, r.raw)
	})
	t.Run("RFC7644-3.5.2-R21", func(t *testing.T) {
		r := c.do("PATCH", path+"?attributes=userName", patchBody(`{"op":"add","path":"nickName","value":"Annie"}`)).want(200)
		equal(t, "nickName", r.at("nickName"), nil)
		equal(t, "userName", r.at("userName"), "ann")
	})
	t.Run("RFC7644-3.5.2-R16", func(t *testing.T) {
		r := patch(`{"op":"add","path":"title","value":"A"}`, `{"op":"replace","path":"title","value":"B"}`).want(200)
		equal(t, "title", r.at("title"), "B")
	})
	t.Run("RFC7644-3.5.2-R17", func(t *testing.T) {
		r := patch(`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`).want(200)
		for i := range 2 {
			want := r.at("emails", i, "type") == "home"
			if got := r.at("emails", i, "primary") == true; got != want {
				t.Errorf("%v is primary: %v, want %v", r.at("emails", i, "type"), got, want)
			}
		}
	})
	t.Run("RFC7644-3.5.2-R18", func(t *testing.T) {
		before := c.do("GET", path, "").raw
		patch(`{"op":"replace","path":"displayName","value":"X"}`, `{"op":"remove","path":"userName"}`).wantError(400, "mutability", "userName")
		equal(t, "the user", c.do("GET", path, "").raw, before)
	})
	t.Run("RFC7644-3.5.2.1-R8", func(t *testing.T) {
		before := c.do("GET", path, "")
		r := patch(`{"op":"add","path":"title","value":"B"}`, `{"op":"add","path":"emails","value":[{"value":"h@x.org","type":"home"}]}`).want(200)
		equal(t, "the user", r.raw, before.raw)
		equal(t, "ETag", r.header.Get("ETag"), before.header.Get("ETag"))
	})
	t.Run("RFC7644-3.5.2-R23", func(t *testing.T) {
		c.createUser("taken")
		before := c.do("GET", path, "").raw
		patch(`{"op":"replace","path":"userName","value":"TAKEN"}`).wantError(409, "uniqueness")
		equal(t, "the user", c.do("GET", path, "").raw, before)
	})
	t.Run("RFC7644-3.5.2-R9", func(t *testing.T) {
		r := patch(`{"op":"replace","path":"`+strings.ToUpper(userURN)+`:TITLE","value":"Upper"}`,
			`{"op":"add","path":"`+enterpriseURN+`:department","value":"R&D"}`).want(200)
		equal(t, "title", r.at("title"), "Upper")
		equal(t, "department", r.at(enterpriseURN, "department"), "R&D")
		equal(t, "schemas", r.at("schemas"), []any{userURN, enterpriseURN})
		r = patch(`{"op":"remove","path":"` + enterpriseURN + `:department"}`).want(200)
		equal(t, "schemas", r.at("schemas"), []any{userURN})
	})
	t.Run("the id again", func(t *testing.T) {
		r := patch(`{"op":"replace","value":{"id":"` + made.id() + `","title":"Same"}}`).want(200)
		equal(t, "title", r.at("title"), "Same")
		equal(t, "id", r.id(), made.id())
		patch(`{"op":"replace","value":{"id":"other","title":"Other"}}`).wantError(400, "mutability", "id")
	})
	t.Run("password", func(t *testing.T) {
		r := patch(`{"op":"replace","path":"password","value":"new-Secret-1"}`).want(200)
		if strings.Contains(r.raw, "new-Secret-1") {
			t.Error("the password comes back")
		}
		equal(t, "the same password again", patch(`{"op":"replace","path":"password","value":"new-Secret-1"}`).want(200).header.Get("ETag"), r.header.Get("ETag"))
		equal(t, "another attribute", c.do("POST", "/Users/.search", search(`userName eq "ann" and password eq "new-Secret-1"`)).at("totalResults"), 1)
		patch(`{"op":"add","path":"title","value":"Dr"}`).want(200)
		equal(t, "after another patch", c.do("POST", "/Users/.search", search(`userName eq "ann" and password eq "new-Secret-1"`)).at("totalResults"), 1)
		patch(`{"op":"remove","path":"password"}`).want(200)
		equal(t, "after its removal", c.do("POST", "/Users/.search", search(`userName eq "ann" and password pr`)).at("totalResults"), 0)
	})
}

func TestRefusedPatch(t *testing.T) {
	c := start(t)
	path := "/Users/" + c.createUser("ann", `"emails":[{"value":"w@x.org","type":"work"}]`).id()
	patch := func(operations ...string) reply {
		t.Helper()
		return c.do("PATCH", path, patchBody(operations...))
	}
	for id, test := range map[string]struct {
		operation string
		status    int
		scimType  string
	}{
		"RFC7644-3.5.2.2-R1": {`{"op":"remove"}`, 400, "noTarget"},
		"RFC7644-3.5.2.2-R7": {`{"op":"remove","path":"id"}`, 400, "mutability"},
		"RFC7644-3.5.2.3-R9": {`{"op":"replace","path":"emails[type eq \"nope\"].value","value":"x"}`, 400, "noTarget"},
		"RFC7644-3.5.2-R5":   {`{"op":"move","path":"title","value":"x"}`, 400, "invalidSyntax"},
		"RFC7644-3.5.2-R8":   {`{"op":"add","path":"emails[","value":"x"}`, 400, "invalidPath"},
		"RFC7644-3.5.2-R10":  {`{"op":"replace","path":"active","value":"maybe"}`, 400, "invalidValue"},
		"RFC7643-3.1-R20":    {`{"op":"replace","path":"meta.created","value":"2001-01-01T00:00:00Z"}`, 400, "mutability"},
		"RFC7643-4.1.2-R18":  {`{"op":"add","path":"groups","value":[{"value":"g"}]}`, 400, "mutability"},
		"RFC7643-3.1-R12":    {`{"op":"replace","path":"id","value":"other"}`, 400, "mutability"},
	} {
		t.Run(id, func(t *testing.T) {
			before := c.do("GET", path, "").raw
			patch(test.operation).wantError(test.status, test.scimType)
			equal(t, "the user", c.do("GET", path, "").raw, before)
		})
	}
	t.Run("RFC7644-3.5.2-R22", func(t *testing.T) {
		c.do("PATCH", "/Users/nobody", patchBody(`{"op":"add","path":"title","value":"x"}`)).wantError(404, "")
	})
	t.Run("RFC7644-3.5.2-R4", func(t *testing.T) {
		c.do("PATCH", path, patchBody()).want(400)
		c.do("PATCH", path, `{"Operations":[{"op":"add","path":"title","value":"x"}]}`).wantError(400, "invalidSyntax", "schemas")
	})
	t.Run("too many operations", func(t *testing.T) {
		operations := make([]string, 1001)
		for i := range operations {
			operations[i] = `{"op":"add","path":"title","value":"x"}`
		}
		patch(operations...).wantError(413, "", "1000")
	})
}

func search(filter string, more ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"filter":%q%s}`, searchURN, filter, comma(more))
}

func TestMembers(t *testing.T) {
	c := start(t)
	ids := make([]string, 4)
	for i := range ids {
		ids[i] = c.createUser(fmt.Sprintf("u%d", i)).id()
	}
	value := func(i int) string { return `{"value":"` + ids[i] + `"}` }
	made := c.createGroup("Staff", `"members":[`+value(0)+`]`)
	path := "/Groups/" + made.id()
	members := func() string {
		t.Helper()
		var found []string
		r := c.do("GET", path, "").want(200)
		list, _ := r.at("members").([]any)
		for _, m := range list {
			id := fmt.Sprint(at(m, "value"))
			for i := range ids {
				if ids[i] == id {
					found = append(found, fmt.Sprint(i))
				}
			}
		}
		return strings.Join(found, "")
	}
	patch := func(operations ...string) reply {
		t.Helper()
		return c.do("PATCH", path, patchBody(operations...))
	}

	t.Run("RFC7643-4.2-R6", func(t *testing.T) {
		equal(t, "$ref", made.at("members", 0, "$ref"), c.base+"/Users/"+ids[0])
		equal(t, "type", made.at("members", 0, "type"), "User")
		c.do("GET", made.at("members", 0, "$ref").(string), "").want(200)
	})
	for _, step := range []struct{ name, operation, want string }{
		{"add one", `{"op":"add","path":"members","value":[` + value(1) + `]}`, "01"},
		{"RFC7644-3.5.2.1-R7", `{"op":"add","path":"members","value":[` + value(1) + `,` + value(2) + `]}`, "012"},
		{"a single object", `{"op":"Add","path":"members","value":` + value(3) + `}`, "0123"},
		{"RFC7644-3.5.2.2-R4", `{"op":"remove","path":"members[value eq \"` + ids[0] + `\"]"}`, "123"},
		{"RFC7644-3.5.2.2-R8", `{"op":"remove","path":"members[value eq \"` + ids[0] + `\"]"}`, "123"},
		{"remove listed", `{"op":"remove","path":"members","value":[` + value(1) + `]}`, "23"},
		{"path-less add", `{"op":"add","value":{"members":[` + value(0) + `]}}`, "230"},
		{"URN path", `{"op":"add","path":"` + groupURN + `:members","value":[` + value(1) + `]}`, "2301"},
		{"remove by type", `{"op":"remove","path":"members[type eq \"User\" and not (value eq \"` + ids[2] + `\")]"}`, "2"},
		{"replace", `{"op":"replace","path":"members","value":[` + value(0) + `,` + value(1) + `]}`, "01"},
		{"replace path-less", `{"op":"replace","value":{"displayName":"Staff","members":[` + value(1) + `,` + value(3) + `]}}`, "13"},
		{"remove several", `{"op":"remove","path":"members[value eq \"` + ids[1] + `\" or value eq \"` + ids[3] + `\"]"}`, ""},
		{"add all", `{"op":"add","path":"members","value":[` + value(0) + `,` + value(1) + `]}`, "01"},
		{"RFC7644-3.5.2.2-R3", `{"op":"remove","path":"members"}`, ""},
	} {
		t.Run(step.name, func(t *testing.T) {
			before := members()
			old := c.do("GET", path, "").header.Get("ETag")
			r := patch(step.operation).want(204)
			equal(t, "members", members(), step.want)
			if unchanged := before == step.want; unchanged != (r.header.Get("ETag") == old) {
				t.Errorf("the version went from %s to %s", old, r.header.Get("ETag"))
			}
		})
	}
	t.Run("RFC7644-3.5.2-R21", func(t *testing.T) {
		r := c.do("PATCH", path+"?attributes=displayName", patchBody(`{"op":"add","path":"members","value":[`+value(0)+`]}`)).want(200)
		equal(t, "members", r.at("members"), nil)
		equal(t, "displayName", r.at("displayName"), "Staff")
	})
	t.Run("an unknown member", func(t *testing.T) {
		before := c.do("GET", path, "").raw
		patch(`{"op":"add","path":"members","value":[`+value(3)+`,{"value":"nobody"}]}`).wantError(400, "invalidValue", "nobody")
		equal(t, "the group", c.do("GET", path, "").raw, before)
		equal(t, "groups of the user", c.do("GET", "/Users/"+ids[3], "").at("groups"), nil)
	})
	t.Run("RFC7643-4.2-R4", func(t *testing.T) {
		patch(`{"op":"replace","path":"members[value eq \"`+ids[0]+`\"].value","value":"`+ids[1]+`"}`).wantError(400, "mutability")
	})
	t.Run("a failing operation after one on members", func(t *testing.T) {
		before := c.do("GET", path, "").raw
		patch(`{"op":"add","path":"members","value":[`+value(2)+`]}`, `{"op":"remove","path":"displayName"}`).wantError(400, "mutability")
		equal(t, "the group", c.do("GET", path, "").raw, before)
		equal(t, "groups of the user", c.do("GET", "/Users/"+ids[2], "").at("groups"), nil)
	})
}

func TestNestedGroups(t *testing.T) {
	c := start(t)
	user := c.createUser("deep").id()
	inner := c.createGroup("Inner", `"members":[{"value":"`+user+`"}]`).id()
	outer := c.createGroup("Outer", `"members":[{"value":"`+inner+`","type":"Group"}]`).id()
	// Groups that contain each other must not make the server run in circles.
	c.do("PATCH", "/Groups/"+inner, patchBody(`{"op":"add","path":"members","value":[{"value":"`+outer+`"}]}`)).want(204)

	r := c.do("GET", "/Users/"+user, "").want(200)
	t.Run("RFC7643-4.1.2-R15", func(t *testing.T) {
		equal(t, "first", r.at("groups", 0, "value"), inner)
		equal(t, "second", r.at("groups", 1, "value"), outer)
	})
	t.Run("RFC7643-4.1.2-R16", func(t *testing.T) {
		equal(t, "id behind $ref", c.do("GET", r.at("groups", 0, "$ref").(string), "").want(200).id(), inner)
	})
	t.Run("RFC7643-4.1.2-R19", func(t *testing.T) {
		equal(t, "type of the first", r.at("groups", 0, "type"), "direct")
		equal(t, "type of the second", r.at("groups", 1, "type"), "indirect")
		equal(t, "display", r.at("groups", 1, "display"), "Outer")
	})
	for filter, want := range map[string]string{
		`groups.value eq "` + outer + `"`:                 "deep",
		`groups.display eq "inner"`:                       "deep",
		`groups[type eq "direct"]`:                        "deep",
		`groups.value eq "nothing"`:                       "",
		`not (groups pr)`:                                 "",
		`groups.display co "ut" and id pr`:                "deep",
		`groups[display eq "Outer" and type eq "direct"]`: "",
	} {
		equal(t, filter, c.filter("/Users", filter).want(200).names("userName"), want)
	}
	equal(t, "members.value", c.filter("/Groups", `members.value eq "`+user+`"`).want(200).names("displayName"), "Inner")
	equal(t, "members[...]", c.filter("/Groups", `members[type eq "Group" and value eq "`+inner+`"]`).want(200).names("displayName"), "Outer")
	equal(t, "members pr", c.filter("/Groups", `members pr`).want(200).names("displayName"), "Inner Outer")

	c.do("DELETE", "/Groups/"+inner, "").want(204)
	equal(t, "groups after the deletion", c.do("GET", "/Users/"+user, "").at("groups"), nil)
	equal(t, "members after the deletion", c.do("GET", "/Groups/"+outer, "").at("members"), nil)
}

// The first user and the first group are kept in the same place of their tables. One
// going must not take the other along.
func TestMembersOfTwoTypes(t *testing.T) {
	c := start(t)
	user, inner := c.createUser("first").id(), c.createGroup("First").id()
	outer := c.createGroup("Outer", `"members":[{"value":"`+user+`"},{"value":"`+inner+`"}]`).id()
	equal(t, "members", len(c.do("GET", "/Groups/"+outer, "").at("members").([]any)), 2)
	c.do("PATCH", "/Groups/"+outer, patchBody(`{"op":"remove","path":"members[value eq \"`+user+`\"]"}`)).want(204)
	equal(t, "member that stays", c.do("GET", "/Groups/"+outer, "").at("members", 0, "value"), inner)
	equal(t, "group of the group", c.filter("/Groups", `members.value eq "`+inner+`"`).names("id"), outer)
	equal(t, "groups of the user", c.do("GET", "/Users/"+user, "").at("groups"), nil)
	c.do("PATCH", "/Groups/"+outer, patchBody(`{"op":"add","path":"members","value":[{"value":"`+user+`"}]}`)).want(204)
	c.do("DELETE", "/Groups/"+inner, "").want(204)
	equal(t, "member that stays", c.do("GET", "/Groups/"+outer, "").at("members", 0, "value"), user)
	equal(t, "group of the user", c.do("GET", "/Users/"+user, "").at("groups", 0, "value"), outer)
}

func TestLargeGroup(t *testing.T) {
	const many = 20_000
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{Body: 8 << 20}}))
	var users, members strings.Builder
	for i := range many {
		if i > 0 {
			users.WriteByte(',')
			members.WriteByte(',')
		}
		fmt.Fprintf(&users, `{"id":"u%d","userName":"user%d"}`, i, i)
		fmt.Fprintf(&members, `{"value":"u%d"}`, i)
	}
	c.target.Seed(`{"Users":[` + users.String() + `]}`)
	made := c.do("POST", "/Groups", group("all", `"members":[`+members.String()+`]`)).want(201)
	path := "/Groups/" + made.id()
	c.do("PATCH", path, patchBody(`{"op":"remove","path":"members[value eq \"u77\"]"}`)).want(204)
	equal(t, "members", len(c.do("GET", path, "").at("members").([]any)), many-1)
	equal(t, "excluded", c.do("GET", path+"?excludedAttributes=members", "").at("members"), nil)
	c.do("PUT", path, group("all", `"members":[`+members.String()+`]`)).want(200)
	equal(t, "members after PUT", len(c.target.Groups()[0].Array("members")), many)
	equal(t, "groups of a member", c.do("GET", "/Users/u77", "").at("groups", 0, "display"), "all")
	equal(t, "filter", c.filter("/Users", `groups.value eq "`+made.id()+`"&count=0`).status, 400)
	equal(t, "filter", c.do("GET", "/Users?count=0&filter="+url.QueryEscape(`groups.value eq "`+made.id()+`"`), "").at("totalResults"), many)
}
