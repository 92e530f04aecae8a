package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestCreateRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.3-R1+RFC7644-3.3-R6+RFC7644-3.3-R7+RFC7644-3.3-R8", createAnswers},
		{"RFC7644-3.3-R2+RFC7644-3.3.1-R1", createIgnores},
		{"RFC7644-3.3-R3", func(c *client) { // nothing is made up
			made := c.createUser("bare")
			equal(c.t, "the user", members(made.body), "id meta schemas userName")
			c.do("PUT", "/Users/"+made.id(), user("bare", `"active":null,"emails":[],"name":{}`)).want(200)
			equal(c.t, "the user", members(c.do("GET", "/Users/"+made.id(), "").body), "id meta schemas userName")
		}},
		{"RFC7644-3.3-R9+RFC7644-3.3-R10", createConflicts},
	}, ticking())
}

func createAnswers(c *client) {
	for endpoint, body := range map[string]string{"/Users": user("ann", details), "/Groups": group("staff")} {
		made := c.do("POST", endpoint, body).want(201)
		location := c.base + endpoint + "/" + made.id()
		equal(c.t, "Location", made.header.Get("Location"), location)
		equal(c.t, "meta.location", made.at("meta", "location"), location)
		equal(c.t, "GET", c.do("GET", location, "").want(200).raw, made.raw)
		equal(c.t, "times", made.at("meta", "created"), made.at("meta", "lastModified"))
		if made.id() == c.do("POST", endpoint, strings.Replace(body, "ann", "bob", 1)).want(201).id() {
			c.t.Error("two resources have one id")
		}
	}
	full := c.filter("/Users", `userName eq "ann"`).at("Resources", 0)
	equal(c.t, "what was sent", []any{at(full, "emails", 2, "value"), at(full, "name", "middleName"), at(full, enterpriseURN, "manager", "value")}, []any{"o@x.net", "M", "m1"})
}

func createIgnores(c *client) {
	sent := map[string]string{
		"/Users":  user("ann", `"id":"mine","meta":{"resourceType":"Group","created":"2001-01-01T00:00:00Z","lastModified":"2001-01-01T00:00:00Z","location":"https://x.org/","version":"W/\"9\""},"groups":[{"value":"g"}],"`+enterpriseURN+`":{"manager":{"value":"m","displayName":"Boss"}}`),
		"/Groups": group("staff", `"id":"mine","meta":{"resourceType":"User","location":"x"}`),
	}
	for endpoint, body := range sent {
		made := c.do("POST", endpoint, body).want(201)
		equal(c.t, "resourceType", made.at("meta", "resourceType"), map[string]string{"/Users": "User", "/Groups": "Group"}[endpoint])
		for _, adopted := range []string{`"mine"`, "2001-01-01", "x.org", `"9\"`, `"g"`, "Boss"} {
			if strings.Contains(made.raw, adopted) {
				c.t.Errorf("%s has been adopted: %s", adopted, made.raw)
			}
		}
		c.do("GET", endpoint+"/mine", "").wantError(404, "")
	}
}

func createConflicts(c *client) {
	made := c.createUser("ann")
	for _, name := range []string{"ann", "ANN"} {
		c.do("POST", "/Users", user(name, `"title":"second"`)).wantError(409, "uniqueness", "userName", made.id())
	}
	for _, bad := range []string{
		`{"schemas":["` + userURN + `"]}`, user("bob", `"active":"x"`), user("bob", `"nope":1`),
		user("bob", `"emails":[{"value":"a@x.org","primary":true},{"value":"b@x.org","primary":true}]`), user("bob") + "{}", `{"userName":"bob"}`, group("bob"),
	} {
		if r := c.do("POST", "/Users", bad); r.status != 400 {
			c.t.Errorf("%s answered %d: %s", bad, r.status, r.raw)
		}
	}
	c.do("POST", "/Groups", group("staff", `"members":[{"value":"`+made.id()+`"},{"value":"nobody"}]`)).wantError(400, "invalidValue", "nobody")
	equal(c.t, "resources", c.do("GET", "", "").names("id"), made.id())
	equal(c.t, "the first one", c.do("GET", "/Users/"+made.id(), "").raw, made.raw)
}

func TestReadRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.4.1-R1+RFC7644-3.4.1-R3", func(c *client) {
			made, staff := c.createUser("ann", details), c.createGroup("staff")
			for path, body := range map[string]map[string]any{"/Users/" + made.id(): made.body, "/Groups/" + staff.id(): staff.body} {
				r := c.do("GET", path, "").want(200)
				equal(c.t, path, r.body, body)
				equal(c.t, "ETag", r.header.Get("ETag"), r.at("meta", "version"))
				equal(c.t, "Content-Location", r.header.Get("Content-Location"), r.at("meta", "location"))
			}
			c.do("GET", "/Users/"+made.id()+"/", "").want(200)
			equal(c.t, "a schema", c.do("GET", "/Schemas/"+userURN, "").want(200).id(), userURN)
		}},
		{"RFC7644-3.4.1-R2+RFC7644-3.12-R10", func(c *client) {
			made, staff := c.createUser("ann"), c.createGroup("staff")
			for _, path := range []string{
				"/Users/00000000-0000-4000-8000-000000000000", "/Users/" + strings.ToUpper(made.id()), "/Users/" + made.id() + "x", "/Users/" + made.id()[1:], "/Users/" + staff.id(),
				"/Groups/" + made.id(), "/Users/%00", "/Users/..", "/Users/%2e%2e%2fGroups",
				"/Users/" + strings.Repeat("x", 5000), "/Users/" + made.id() + "/emails", "/users/" + made.id(), "/Nope", "/Nope/1", "/User", "/UsersX", "//Users",
				"/Schemas/urn:nope", "/ResourceTypes/Nope", "/ServiceProviderConfig/1",
			} {
				c.do("GET", path, "").wantError(404, "")
			}
		}},
		{"RFC7644-3.2-R4+RFC7644-3.5-R1", methodMatrix},
		{"RFC7644-3.1-R6", stateOfAnswers},
	}, ticking())
}

func methodMatrix(c *client) {
	for endpoint, body := range map[string]func(string) string{"/Users": func(name string) string { return user(name) }, "/Groups": func(name string) string { return group(name) }} {
		made := c.do("POST", endpoint, body("one")).want(201)
		path := endpoint + "/" + made.id()
		for method, want := range map[string][2]int{
			"GET": {200, 200}, "HEAD": {200, 200}, "PUT": {405, 200}, "PATCH": {405, 0}, "DELETE": {405, 0}, "TRACE": {405, 405}, "FOO": {405, 405},
		} {
			equal(c.t, method+" "+endpoint, c.do(method, endpoint, "").status, want[0])
			if want[1] != 0 {
				equal(c.t, method+" "+path, c.do(method, path, body("one")).status, want[1])
			}
		}
		c.do("POST", path, body("two")).wantError(405, "")
		equal(c.t, "Allow on "+endpoint, c.do("OPTIONS", endpoint, "").want(204).header.Get("Allow"), "GET, HEAD, OPTIONS, POST")
		equal(c.t, "Allow on "+path, c.do("OPTIONS", path, "").want(204).header.Get("Allow"), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
		get, head := c.do("GET", path, "").want(200), c.do("HEAD", path, "").want(200)
		for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Content-Location"} {
			equal(c.t, name+" for HEAD", head.header.Get(name), get.header.Get(name))
		}
		equal(c.t, "body for HEAD", head.raw, "")
		c.patch(path+"?attributes=id", `{"op":"add","path":"externalId","value":"e"}`).want(200)
		c.do("DELETE", path, "").want(204)
	}
}

// The other endpoints too tell what can be done with them.
func TestMethods(t *testing.T) {
	c := start(t)
	for path, allow := range map[string]string{
		"": "GET, HEAD, OPTIONS", "/ServiceProviderConfig": "GET, HEAD, OPTIONS", "/Schemas": "GET, HEAD, OPTIONS", "/Schemas/" + userURN: "GET, HEAD, OPTIONS",
		"/ResourceTypes": "GET, HEAD, OPTIONS", "/ResourceTypes/User": "GET, HEAD, OPTIONS",
		"/.search": "OPTIONS, POST", "/Users/.search": "OPTIONS, POST", "/Bulk": "OPTIONS, POST", "/Me": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
	} {
		r := c.do("PROPFIND", path, "")
		r.wantError(405, "", allow)
		equal(t, "Allow of "+path, r.header.Get("Allow"), allow)
		equal(t, "Allow in the answer to OPTIONS "+path, c.do("OPTIONS", path, "").want(204).header.Get("Allow"), allow)
	}
}

// stateOfAnswers: what a write answers is what a read shows afterwards.
func stateOfAnswers(c *client) {
	boss := c.createUser("boss", `"displayName":"The Boss"`).id()
	path := person(c)
	c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`)
	employee := user("ann", `"emails":[{"value":"A@X.ORG"},{"value":"a@x.org"}],"active":null,"`+enterpriseURN+`":{"manager":{"value":"`+boss+`"}}`)
	for method, body := range map[string]string{"PUT": employee, "PATCH": patchBody(`{"op":"add","path":"ims","value":[{"value":"An N"}]}`, `{"op":"add","path":"emails","value":[{"value":"A@X.ORG"},{"value":"a@x.org"}]}`,
		`{"op":"remove","path":"emails[type pr]"}`, `{"op":"add","path":"`+enterpriseURN+`:manager","value":{"value":"`+boss+`"}}`)} {
		r := c.do(method, path, body).want(200)
		equal(c.t, r.what, c.do("GET", path, "").raw, r.raw)
		equal(c.t, "the manager's name", r.at(enterpriseURN, "manager", "displayName"), "The Boss")
		equal(c.t, "groups", r.at("groups", 0, "display"), "staff")
		equal(c.t, "emails", r.values("emails", "value"), "A@x.org")
	}
}

func TestReplaceRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.2-R6+RFC7644-3.5.1-R1", func(c *client) {
			for _, path := range []string{"/Users/fresh", "/Users/00000000-0000-4000-8000-000000000000"} {
				c.do("PUT", path, user("new", `"id":"fresh"`)).wantError(404, "")
				c.do("GET", path, "").wantError(404, "")
			}
			c.do("PUT", "/Users", user("new")).wantError(405, "")
			c.do("PUT", "/Users/", user("new")).wantError(405, "")
			equal(c.t, "users", c.do("GET", "/Users", "").at("totalResults"), 0)
		}},
		{"RFC7644-3.5.1-R3+RFC7644-3.5.1-R4+RFC7644-3.5.1-R12", replaceWhole},
		{"RFC7644-3.5.1-R10", replaceIgnores},
		{"RFC7644-3.5.1-R13", func(c *client) {
			made, taken := c.createUser("ann", details), c.createUser("taken")
			for _, name := range []string{"taken", "TAKEN"} {
				c.do("PUT", "/Users/"+made.id(), user(name, `"title":"x"`)).wantError(409, "uniqueness", taken.id())
			}
			equal(c.t, "the user", c.do("GET", "/Users/"+made.id(), "").raw, made.raw)
			c.do("PUT", "/Users/"+made.id(), user("ANN")).want(200) // its own name
			c.do("PUT", "/Users/"+made.id(), user("anna")).want(200)
			c.createUser("ann") // free again
			c.do("POST", "/Users", user("Anna")).wantError(409, "uniqueness")
		}},
	}, ticking())
	prove(t, []proof{{"RFC7644-3.5.1-R7+RFC7644-3.5.1-R8+RFC7644-3.5.1-R9", replaceImmutable}}, serving(t, deviceSchema, `{"name":"Device","endpoint":"/Devices","schema":"urn:example:schemas:Device"}`))
}

func replaceWhole(c *client) {
	path := person(c)
	before := c.do("GET", path, "")
	r := c.do("PUT", path, user("Ann2", `"password":"new","title":"Chief","nickName":"N","name":{"familyName":"Elm"},"emails":[{"value":"n@x.org"},{"value":"h@x.org","type":"home"}]`)).want(200)
	equal(c.t, "GET", c.do("GET", path, "").raw, r.raw)
	equal(c.t, "the user", members(r.body), "emails id meta name nickName schemas title userName") // the rest is gone
	equal(c.t, "name", r.at("name"), map[string]any{"familyName": "Elm"})
	equal(c.t, "emails", r.values("emails", "value"), "n@x.org h@x.org")
	equal(c.t, "schemas", r.at("schemas"), []any{userURN})
	equal(c.t, "created", r.at("meta", "created"), before.at("meta", "created"))
	if r.at("meta", "lastModified") == before.at("meta", "lastModified") {
		c.t.Errorf("lastModified is still %v", r.at("meta", "lastModified"))
	}
	for password, found := range map[string]int{"new": 1, "s3cret": 0} {
		equal(c.t, "users with the password "+password, c.do("POST", "/Users/.search", search(`userName eq "ann2" and password eq "`+password+`"`)).at("totalResults"), found)
	}
	again := c.do("PUT", path, user("Ann2", `"title":"Chief","nickName":"N","name":{"familyName":"Elm"},"emails":[{"value":"n@x.org"},{"value":"h@x.org","type":"home"}]`)).want(200)
	equal(c.t, "the same once more", again.raw, r.raw)
}

func replaceIgnores(c *client) {
	made := c.createUser("ann")
	path := "/Users/" + made.id()
	staff := c.createGroup("staff", `"members":[{"value":"`+made.id()+`"}]`)
	r := c.do("PUT", path, user("ann", `"id":"other","meta":{"created":"2001-01-01T00:00:00Z","resourceType":"Group","version":"9","location":"x"},"groups":[]`)).want(200)
	equal(c.t, "the user", r.raw, c.do("GET", path, "").raw)
	equal(c.t, "id and meta", []any{r.at("id"), r.at("meta")}, []any{made.at("id"), made.at("meta")})
	equal(c.t, "groups", r.at("groups", 0, "value"), staff.id())
	c.do("GET", "/Users/other", "").wantError(404, "")
	r = c.do("PUT", path, user("ann", `"`+enterpriseURN+`":{"manager":{"value":"m","displayName":"Made Up"}}`)).want(200)
	equal(c.t, "manager", r.at(enterpriseURN, "manager"), map[string]any{"value": "m"})
}

func replaceImmutable(c *client) {
	made := c.do("POST", "/Devices", device("A1")).want(201)
	path := "/Devices/" + made.id()
	equal(c.t, "batch", c.do("PUT", path, device("A1", `"batch":"b1"`)).want(200).at("batch"), "b1")
	equal(c.t, "the same", c.do("PUT", path, device("A1", `"batch":"b1","ports":2`)).want(200).at("ports"), 2)
	before := c.do("GET", path, "").raw
	for _, other := range []string{`"b2"`, `"B1"`, `""`} {
		c.do("PUT", path, device("A1", `"batch":`+other)).wantError(400, "mutability", "batch")
	}
	equal(c.t, "the device", c.do("GET", path, "").raw, before)
	ann, bob := c.createUser("ann").id(), c.createUser("bob").id()
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+ann+`"}]`).id()
	equal(c.t, "other members", c.do("PUT", staff, group("staff", `"members":[{"value":"`+bob+`"}]`)).want(200).values("members", "value"), bob)
}

func TestDeleteRequirements(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.6-R2+RFC7644-3.6-R5+RFC7644-3.6-R6", func(c *client) {
			for endpoint, body := range map[string]string{"/Users": user("gone"), "/Groups": group("gone")} {
				path := endpoint + "/" + c.do("POST", endpoint, body).want(201).id()
				r := c.do("DELETE", path, "").want(204)
				equal(c.t, "body", r.raw, "")
				for _, after := range []reply{
					c.do("GET", path, ""), c.do("PUT", path, body), c.patch(path, `{"op":"add","path":"externalId","value":"x"}`), c.do("DELETE", path, ""),
					c.do("GET", path, "", "If-None-Match: *"), c.do("DELETE", path, "", `If-Match: W/"1"`),
				} {
					after.wantError(404, "")
				}
				c.do("HEAD", path, "").want(404)
				equal(c.t, "bulk", c.bulk("", on("DELETE", path, ""), on("PUT", path, body)).want(200).statuses(), "404 404")
			}
			c.do("DELETE", "/Users/never", "").wantError(404, "")
		}},
		{"RFC7644-3.6-R1+RFC7644-3.6-R3+RFC7644-3.6-R4", func(c *client) {
			made, kept := c.createUser("gone", details), c.createUser("kept").id()
			staff := c.createGroup("staff", `"members":[{"value":"`+made.id()+`"},{"value":"`+kept+`"}]`)
			c.do("DELETE", "/Users/"+made.id(), "").want(204)
			for _, filter := range []string{
				`id eq "` + made.id() + `"`, `userName eq "gone"`, `emails.value eq "w@x.org"`, `title co "oss"`, `groups.display eq "staff" and emails pr`,
				enterpriseURN + `:manager.value eq "m1"`,
			} {
				finds(c, "/Users", filter, "")
			}
			equal(c.t, "users", c.do("GET", "/Users", "").names("id"), kept)
			after := c.do("GET", "/Groups/"+staff.id(), "")
			equal(c.t, "members", after.values("members", "value"), kept)
			if after.at("meta", "version") == staff.at("meta", "version") || after.at("meta", "lastModified") == staff.at("meta", "lastModified") {
				c.t.Errorf("the group lost a member and is still at %v", after.at("meta"))
			}
			again := c.do("POST", "/Users", user("GONE", details)).want(201)
			equal(c.t, "groups of the new one", again.at("groups"), nil)
			if again.id() == made.id() {
				c.t.Errorf("the id %s is used again", made.id())
			}
		}},
	}, ticking())
}

func TestMessageSchemas(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.1-R2+RFC7644-8.2-R1", func(c *client) {
			id := c.createUser("ann").id()
			for message, r := range map[string]reply{
				"ListResponse": c.do("GET", "/Users", ""), "Error": c.do("GET", "/Users/none", ""), "BulkResponse": c.bulk("", on("DELETE", "/Users/none", "")),
			} {
				equal(c.t, message, r.at("schemas"), []any{"urn:ietf:params:scim:api:messages:2.0:" + message})
			}
			for _, other := range []string{"urn:ietf:params:scim:api:messages:2.0:Other", "urn:scim:schemas:core:1.0", userURN, ""} {
				c.do("PATCH", "/Users/"+id, strings.Replace(patchBody(`{"op":"add","path":"title","value":"x"}`), patchURN, other, 1)).wantError(400, "invalidSyntax", patchURN)
				c.do("POST", "/Users/.search", strings.Replace(search("id pr"), searchURN, other, 1)).wantError(400, "invalidSyntax", searchURN)
				c.do("POST", "/Bulk", strings.Replace(bulkBody("", on("DELETE", "/Users/"+id, "")), bulkURN, other, 1)).wantError(400, "invalidSyntax", bulkURN)
			}
			c.do("GET", "/Users/"+id, "").want(200)
		}},
		{"RFC7644-3.1-R4", func(c *client) {
			// What a client does not know it need not send; what the server does not know it names.
			equal(c.t, "unknown attribute", c.do("POST", "/Users", user("ann", `"shoeSize":44`)).want(400).at("detail"), "/shoeSize is not an attribute of User")
			made := c.do("POST", "/Users", fmt.Sprintf(`{"schemas":[%q,"urn:example:unknown"],"userName":"bob"}`, userURN)).want(201)
			equal(c.t, "schemas", made.at("schemas"), []any{userURN})
			c.do("POST", "/Users", fmt.Sprintf(`{"schemas":[%q,%q],"userName":"cyd"}`, userURN, enterpriseURN)).want(201)
			c.do("POST", "/Users", user("dan", `"`+enterpriseURN+`":{"department":"d"}`)).want(201) // not listed
		}},
	})
}
