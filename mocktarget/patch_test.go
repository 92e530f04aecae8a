package mocktarget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

func search(filter string, more ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"filter":%q%s}`, searchURN, filter, comma(more))
}

// A secret is changed by a patch that leaves the members as they are, also by one that
// selects members by more than their value.
func TestPatchSecretBesideMembers(t *testing.T) {
	schema, err := scim.ParseSchema([]byte(`{"id":"urn:example:Safe","name":"Safe","attributes":[
		{"name":"displayName","type":"string","uniqueness":"server"},
		{"name":"pin","type":"string","mutability":"writeOnly","returned":"never"},
		{"name":"members","type":"complex","multiValued":true,"subAttributes":[
			{"name":"value","type":"string","mutability":"immutable"},{"name":"display","type":"string"},
			{"name":"type","type":"string","mutability":"immutable"},{"name":"$ref","type":"reference","referenceTypes":["User"],"mutability":"immutable"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{
		scim.UserType(), {ID: "Safe", Name: "Safe", Endpoint: "/Safes", Schema: schema},
	}}))
	ann := c.createUser("ann").id()
	safe := "/Safes/" + c.do("POST", "/Safes", `{"schemas":["urn:example:Safe"],"displayName":"vault","pin":"1111","members":[{"value":"`+ann+`","display":"A"}]}`).want(201).id()
	for pin, more := range map[string]string{
		"2222": `{"op":"replace","path":"members[value eq \"` + ann + `\"].display","value":"A"}`,
		"3333": `{"op":"add","path":"members","value":[{"value":"` + ann + `"}]}`,
	} {
		c.patch(safe, `{"op":"replace","path":"pin","value":"`+pin+`"}`, more).want(204)
		got, err := c.tenant().Expect(expectation(t, `{"resources":{"Safes":[{"displayName":"vault","pin":"`+pin+`","members":["ann"]}]}}`))
		if err != nil || !got.OK {
			t.Errorf("after the pin %s: %s %v", pin, got.Message, err)
		}
	}
}

// A password is patched like other attributes, though nobody can read it.
func TestPatchPassword(t *testing.T) {
	c := start(t)
	path := "/Users/" + c.createUser("ann").id()
	for _, step := range []struct {
		operation string
		term      string
		found     int
		changes   bool
	}{
		{`{"op":"replace","path":"password","value":"new-1"}`, `eq "new-1"`, 1, true}, {`{"op":"add","path":"password","value":"new-1"}`, `eq "new-1"`, 1, false},
		{`{"op":"add","path":"title","value":"Dr"}`, `eq "new-1"`, 1, true},
		{`{"op":"add","value":{"password":"new-2"}}`, `eq "new-2"`, 1, true}, {`{"op":"remove","path":"password"}`, "pr", 0, true}, {`{"op":"remove","path":"password"}`, "pr", 0, false},
	} {
		before := c.do("GET", path, "").header.Get("ETag")
		r := c.patch(path, step.operation).want(200)
		if strings.Contains(r.raw, "new-") {
			t.Errorf("the password comes back: %s", r.raw)
		}
		equal(t, step.operation+" changes the version", r.header.Get("ETag") != before, step.changes)
		equal(t, "password "+step.term, c.do("POST", "/Users/.search", search(`userName eq "ann" and password `+step.term)).want(200).at("totalResults"), step.found)
	}
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
