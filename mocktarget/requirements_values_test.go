package mocktarget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestMultiValued(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-2.4-R3+RFC7643-2.4-R4", primaries},
		{"RFC7643-2.4-R5", memberDisplay},
		{"RFC7643-2.4-R7+RFC7643-2.4-R8+RFC7643-2.4-R9", repeatedValues},
		{"RFC7643-2.5-R1+RFC7643-2.5-R2+RFC7643-2.5-R3", unassigned},
	})
}

// primaries: however an element becomes primary, it is the only one; what does not
// say so is not primary.
func primaries(c *client) {
	email := func(name string, primary string) string {
		return `{"value":"` + name + `@x.org","type":"` + name + `"` + primary + `}`
	}
	const yes, no = `,"primary":true`, `,"primary":false`
	two := `"emails":[` + email("work", yes) + `,` + email("home", yes) + `]`
	c.do("POST", "/Users", user("bad", two)).wantError(400, "invalidValue", "emails", "primary")
	made := c.createUser("ann", `"emails":[`+email("work", yes)+`,`+email("home", "")+`,`+email("other", no)+`]`)
	path := "/Users/" + made.id()
	c.do("PUT", path, user("ann", two)).wantError(400, "invalidValue", "emails", "primary")
	for _, step := range []struct{ operation, want string }{
		{`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, "home"},
		{`{"op":"add","path":"emails","value":[` + email("new", yes) + `]}`, "new"},
		{`{"op":"add","path":"emails","value":[` + email("work", yes) + `]}`, "work"},
		{`{"op":"replace","path":"emails[value eq \"new@x.org\"]","value":` + email("new", yes) + `}`, "new"},
		{`{"op":"replace","path":"emails","value":[` + email("work", "") + `,` + email("home", yes) + `]}`, "home"},
		{`{"op":"replace","path":"emails.primary","value":false}`, ""},
	} {
		r := c.do("PATCH", path, patchBody(step.operation)).want(200)
		var found []string
		for _, v := range r.at("emails").([]any) {
			if at(v, "primary") == true {
				found = append(found, fmt.Sprint(at(v, "type")))
			}
		}
		equal(c.t, step.operation+": primary", strings.Join(found, " "), step.want)
	}
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"emails.primary","value":true}`)).wantError(400, "invalidValue", "primary")
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"emails","value":[`+email("work", yes)+`,`+email("home", yes)+`]}`)).wantError(400, "invalidValue", "primary")

	c.createUser("silent", `"emails":[`+email("s", "")+`]`)
	c.createUser("loud", `"emails":[`+email("l", yes)+`]`)
	c.createUser("none")
	for filter, want := range map[string]string{
		`emails[primary eq true]`: "loud", `emails[primary eq false]`: "ann silent", `emails.primary eq false`: "ann silent", `emails[primary ne true]`: "ann silent",
	} {
		equal(c.t, filter, c.filter("/Users", filter).want(200).names("userName"), want)
	}
}

// memberDisplay: display is immutable where the schema says so, which it does for
// members; section 8.7.1 has it readWrite for the attributes of users.
func memberDisplay(c *client) {
	id := c.createUser("ann", `"emails":[{"value":"a@x.org","display":"A"}]`).id()
	r := c.do("PATCH", "/Users/"+id, patchBody(`{"op":"replace","path":"emails[value eq \"a@x.org\"].display","value":"B"}`)).want(200)
	equal(c.t, "display of an email", r.at("emails", 0, "display"), "B")
	made := c.createGroup("staff", `"members":[{"value":"`+id+`","display":"Ann"}]`)
	path := "/Groups/" + made.id()
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"members[value eq \"`+id+`\"].display","value":"Bob"}`)).wantError(400, "mutability", "display")
	equal(c.t, "the group", c.do("GET", path, "").raw, made.raw)
}

// repeatedValues: one value may be there with different types, but not twice with
// the same one.
func repeatedValues(c *client) {
	const work, home = `{"value":"a@x.org","type":"work"}`, `{"value":"a@x.org","type":"home"}`
	made := c.createUser("ann", `"emails":[`+work+`,`+home+`,`+work+`,{"value":"A@x.org","type":"WORK"}]`)
	path := "/Users/" + made.id()
	want := []any{map[string]any{"value": "a@x.org", "type": "work"}, map[string]any{"value": "a@x.org", "type": "home"}}
	equal(c.t, "POST", made.at("emails"), want)
	equal(c.t, "PUT", c.do("PUT", path, user("ann", `"emails":[`+work+`,`+work+`,`+home+`]`)).want(200).at("emails"), want)
	equal(c.t, "PATCH add", c.do("PATCH", path, patchBody(`{"op":"add","path":"emails","value":[`+home+`,`+work+`]}`)).want(200).at("emails"), want)
	equal(c.t, "PATCH replace", c.do("PATCH", path, patchBody(`{"op":"replace","path":"emails","value":[`+work+`,`+home+`,`+home+`]}`)).want(200).at("emails"), want)
	for _, operation := range []string{
		`{"op":"replace","path":"emails[type eq \"home\"].type","value":"work"}`, `{"op":"replace","path":"emails[type eq \"home\"]","value":` + work + `}`,
	} {
		r := c.do("PATCH", path, patchBody(operation)).want(200)
		equal(c.t, operation, r.at("emails"), want[:1])
		c.do("PUT", path, user("ann", `"emails":[`+work+`,`+home+`]`)).want(200)
	}
}

// unassigned: absent, null and empty are one state, which is not shown, not present
// and the same however it comes about.
func unassigned(c *client) {
	const full = `"title":"x","name":{"givenName":"A"},"emails":[{"value":"a@x.org"}]`
	names := []string{"title", "name", "emails"}
	check := func(r reply) {
		c.t.Helper()
		for _, name := range names {
			if _, there := r.body[name]; there {
				c.t.Errorf("%s: %s is there: %s", r.what, name, r.raw)
			}
		}
		for _, filter := range []string{`title pr`, `name pr`, `emails pr`, `emails.value pr`, `not (title eq null)`} {
			equal(c.t, filter, c.filter("/Users", filter).want(200).names("userName"), "")
		}
	}
	bodies := []string{"", `"title":null,"name":null,"emails":null`, `"emails":[],"name":{}`, `"name":{"givenName":null},"emails":[null]`, `"emails":[{"value":null}]`}
	for i, more := range bodies {
		var members []string
		if more != "" {
			members = []string{more}
		}
		made := c.createUser(fmt.Sprint("user", i), members...)
		path := "/Users/" + made.id()
		check(made)
		c.do("PUT", path, user(fmt.Sprint("user", i), full)).want(200)
		check(c.do("PUT", path, user(fmt.Sprint("user", i), members...)).want(200))
	}
	path := "/Users/" + c.createUser("patched", full).id()
	for _, operations := range [][]string{
		{`{"op":"replace","path":"title","value":null}`, `{"op":"replace","path":"name","value":null}`, `{"op":"replace","path":"emails","value":[]}`},
		{`{"op":"remove","path":"title"}`, `{"op":"remove","path":"name.givenName"}`, `{"op":"remove","path":"emails[value eq \"a@x.org\"]"}`},
		{`{"op":"replace","value":{"title":null,"name":{"givenName":null},"emails":null}}`},
		{`{"op":"replace","path":"title","value":null}`, `{"op":"replace","path":"name.givenName","value":null}`, `{"op":"replace","path":"emails[value eq \"a@x.org\"].value","value":null}`},
	} {
		check(c.do("PATCH", path, patchBody(operations...)).want(200))
		c.do("PUT", path, user("patched", full)).want(200)
	}
}

func TestReferences(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-2.3.7-R2+RFC7643-2.3.7-R4+RFC7643-2.3.7-R6", references},
		{"RFC7643-2.3.7-R5", referentialIntegrity},
		{"RFC7643-2.4-R6", versionsOfReferences},
	})
}

// references: every link the server gives out leads to what it names.
func references(c *client) {
	boss := c.createUser("boss").id()
	ann := c.do("POST", "/Users", enterpriseUser("ann", `"manager":{"value":"`+boss+`"}`)).want(201).id()
	inner := c.createGroup("inner", `"members":[{"value":"`+ann+`"}]`).id()
	outer := c.createGroup("outer", `"members":[{"value":"`+inner+`"},{"value":"`+boss+`"}]`).id()
	user, group := c.do("GET", "/Users/"+ann, ""), c.do("GET", "/Groups/"+outer, "")
	links := map[string]any{
		"manager.$ref": user.at(enterpriseURN, "manager", "$ref"), "groups.$ref": user.at("groups", 0, "$ref"), "groups.$ref (indirect)": user.at("groups", 1, "$ref"),
		"members.$ref": group.at("members", 0, "$ref"), "members.$ref (user)": group.at("members", 1, "$ref"), "meta.location": user.at("meta", "location"),
	}
	ids := map[string]string{
		"manager.$ref": boss, "groups.$ref": inner, "groups.$ref (indirect)": outer, "members.$ref": inner, "members.$ref (user)": boss, "meta.location": ann,
	}
	base, err := url.Parse(c.base + "/")
	if err != nil {
		c.t.Fatal(err)
	}
	for what, link := range links {
		text, _ := link.(string)
		relative, err := url.Parse(text)
		if err != nil || text == "" {
			c.t.Errorf("%s is %v", what, link)
			continue
		}
		equal(c.t, "the id behind "+what, c.do("GET", base.ResolveReference(relative).String(), "").want(200).id(), ids[what])
	}
	// A member may be named by a reference relative to the base.
	for i, ref := range []string{"Users/" + ann, "../Users/" + ann, c.base + "/Users/" + ann} {
		made := c.createGroup(fmt.Sprint("by reference ", i), fmt.Sprintf(`"members":[{"$ref":%q}]`, ref))
		equal(c.t, ref, made.at("members"), []any{map[string]any{"value": ann, "$ref": c.base + "/Users/" + ann, "type": "User"}})
	}
}

// referentialIntegrity: a group has no members that do not exist, nor any that no
// longer do; a manager may be anybody.
func referentialIntegrity(c *client) {
	ann := c.createUser("ann").id()
	c.do("POST", "/Groups", group("bad", `"members":[{"value":"nobody"}]`)).wantError(400, "invalidValue", "nobody")
	staff := c.createGroup("staff", `"members":[{"value":"`+ann+`"}]`).id()
	c.do("PUT", "/Groups/"+staff, group("staff", `"members":[{"value":"`+ann+`"},{"value":"nobody"}]`)).wantError(400, "invalidValue", "nobody")
	c.do("POST", "/Groups", group("bad", `"members":[{"value":"`+ann+`","type":"Group"}]`)).wantError(400, "invalidValue", "Group")
	c.do("DELETE", "/Users/"+ann, "").want(204)
	equal(c.t, "members", c.do("GET", "/Groups/"+staff, "").want(200).at("members"), nil)
	r := c.do("POST", "/Users", enterpriseUser("bob", `"manager":{"value":"elsewhere"}`)).want(201)
	equal(c.t, "manager", r.at(enterpriseURN, "manager"), map[string]any{"value": "elsewhere"})
}

// versionsOfReferences: addresses with and without the version name one resource.
func versionsOfReferences(c *client) {
	made := c.createUser("ann")
	unversioned := strings.TrimSuffix(c.base, "/v2")
	r := c.do("GET", unversioned+"/Users/"+made.id(), "").want(200)
	equal(c.t, "id", r.id(), made.id())
	equal(c.t, "location", r.at("meta", "location"), unversioned+"/Users/"+made.id())
	equal(c.t, "ETag", r.header.Get("ETag"), made.header.Get("ETag"))
	staff := c.createGroup("staff", `"members":[{"$ref":"`+made.at("meta", "location").(string)+`"},{"$ref":"`+r.at("meta", "location").(string)+`"}]`)
	equal(c.t, "members", staff.at("members"), []any{map[string]any{"value": made.id(), "$ref": c.base + "/Users/" + made.id(), "type": "User"}})
}
