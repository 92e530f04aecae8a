package mocktarget_test

import (
	"fmt"
	"testing"
)

func TestPatchReplace(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.5.2.3-R1", replaceWithoutPath},
		{"RFC7644-3.5.2.3-R2", func(c *client) {
			path := person(c)
			for _, target := range []string{`,"path":"title"`, `,"path":"emails"`, `,"path":"emails[type eq \"work\"]"`, ""} {
				refusePatch(c, path, 400, "invalidValue", `{"op":"replace"`+target+`}`)
			}
			r := c.patch(path, `{"op":"replace","path":"title","value":null}`, `{"op":"replace","path":"emails","value":null}`, `{"op":"replace","path":"addresses","value":[]}`, `{"op":"replace","value":{"name":null}}`).want(200)
			for _, cleared := range []string{"title", "emails", "addresses", "name"} {
				equal(c.t, cleared, r.at(cleared), nil)
			}
		}},
		{"RFC7644-3.5.2.3-R3+RFC7644-3.5.2.3-R5", replaceSingle},
		{"RFC7644-3.5.2.3-R4", replaceAll},
		{"RFC7644-3.5.2.3-R6", func(c *client) {
			r := c.patch(person(c), `{"op":"replace","path":"name","value":{"familyName":"Elm","middleName":null}}`).want(200)
			equal(c.t, "name", r.at("name"), map[string]any{"givenName": "Ann", "familyName": "Elm"})
		}},
		{"RFC7644-3.5.2.3-R7", replaceSelected},
		{"RFC7644-3.5.2.3-R8", replaceParts},
		{"RFC7644-3.5.2.3-R9+RFC7644-3.12-R22", replaceNothing},
	}, ticking())
}

func replaceWithoutPath(c *client) {
	r := c.patch(person(c), `{"op":"replace","value":{"displayName":"Annie","emails":[{"value":"n@x.org"}],"name":{"familyName":"Elm"},"`+enterpriseURN+`":{"department":"HR"},"`+enterpriseURN+`:costCenter":"7"}}`).want(200)
	equal(c.t, "displayName", r.at("displayName"), "Annie")
	equal(c.t, "emails", r.values("emails", "value"), "n@x.org")
	equal(c.t, "name", r.at("name"), map[string]any{"givenName": "Ann", "familyName": "Elm", "middleName": "M"})
	equal(c.t, "the extension", r.at(enterpriseURN), map[string]any{"department": "HR", "costCenter": "7", "manager": map[string]any{"value": "m1"}})
	equal(c.t, "title", r.at("title"), "Boss")
	equal(c.t, "addresses", r.values("addresses", "locality"), "Ulm Bonn")
}

func replaceSingle(c *client) {
	for name, path := range map[string]string{"assigned": person(c), "unassigned": "/Users/" + c.createUser("bare").id()} {
		for target, where := range map[string][]any{
			"title": {"title"}, "nickName": {"nickName"}, "name.givenName": {"name", "givenName"}, enterpriseURN + ":department": {enterpriseURN, "department"},
			enterpriseURN + ":manager.value": {enterpriseURN, "manager", "value"},
		} {
			r := c.patch(path, fmt.Sprintf(`{"op":"replace","path":%q,"value":"new"}`, target)).want(200)
			equal(c.t, name+" "+target, r.at(where...), "new")
		}
		r := c.patch(path, `{"op":"replace","path":"active","value":false}`, `{"op":"replace","path":"phoneNumbers","value":[{"value":"1"}]}`, `{"op":"replace","path":"`+enterpriseURN+`:manager","value":{"value":"m2"}}`).want(200)
		equal(c.t, name+" active", r.at("active"), false)
		equal(c.t, name+" phoneNumbers", r.values("phoneNumbers", "value"), "1")
		equal(c.t, name+" manager", r.at(enterpriseURN, "manager", "value"), "m2")
	}
}

func replaceAll(c *client) {
	path := person(c)
	for _, value := range []string{`[{"value":"only@x.org","type":"home"}]`, `{"value":"only@x.org","type":"home"}`} {
		r := c.patch(path, `{"op":"replace","path":"emails","value":`+value+`}`).want(200)
		equal(c.t, "emails", r.at("emails"), []any{map[string]any{"value": "only@x.org", "type": "home"}})
	}
	a, b := c.createUser("a").id(), c.createUser("b").id()
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+a+`"}]`).id()
	c.patch(staff, `{"op":"replace","path":"members","value":[{"value":"`+b+`"}]`+"}").want(204)
	equal(c.t, "members", c.do("GET", staff, "").values("members", "value"), b)
	equal(c.t, "groups", []any{c.do("GET", "/Users/"+a, "").at("groups"), c.do("GET", "/Users/"+b, "").at("groups", 0, "display")}, []any{nil, "staff"})
}

func replaceSelected(c *client) {
	path := person(c)
	r := c.patch(path, `{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"1 Way","locality":"Kiel"}}`).want(200)
	equal(c.t, "addresses", r.at("addresses"), []any{map[string]any{"type": "work", "streetAddress": "1 Way", "locality": "Kiel"}, map[string]any{"type": "home", "locality": "Bonn", "country": "DE"}})
	r = c.patch(path, `{"op":"replace","path":"emails[value ew \".org\" and not (primary eq true)]","value":{"value":"new@x.org","type":"home"}}`).want(200)
	equal(c.t, "emails", r.values("emails", "value"), "w@x.org new@x.org o@x.net")
	r = c.patch(path, `{"op":"replace","path":"emails[type eq \"other\"]","value":null}`).want(200)
	equal(c.t, "emails", r.values("emails", "value"), "w@x.org new@x.org")
}

func replaceParts(c *client) {
	path := person(c)
	r := c.patch(path, `{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1 Way"}`).want(200)
	equal(c.t, "the address", r.at("addresses", 0), map[string]any{"type": "work", "locality": "Ulm", "country": "DE", "streetAddress": "1 Way"})
	r = c.patch(path, `{"op":"replace","path":"emails[value ew \".org\"].display","value":"Org"}`).want(200)
	equal(c.t, "every match", r.values("emails", "display"), "Org Org <nil>")
	r = c.patch(path, `{"op":"replace","path":"addresses.country","value":"FR"}`).want(200)
	equal(c.t, "every element", r.values("addresses", "country"), "FR FR")
	r = c.patch(path, `{"op":"replace","path":"`+userURN+`:emails[type eq \"other\"].value","value":"other@x.net"}`).want(200)
	equal(c.t, "the value", r.values("emails", "value"), "w@x.org h@x.org other@x.net")
}

func replaceNothing(c *client) {
	path := person(c)
	for _, target := range []string{
		`emails[type eq \"nope\"].value`, `emails[type eq \"nope\"]`, `emails[type eq \"work\" and value ew \".net\"].value`, `photos[type eq \"photo\"].value`,
		`name[givenName eq \"x\"].familyName`,
	} {
		for _, first := range [][]string{nil, {`{"op":"replace","path":"title","value":"first"}`}} {
			refusePatch(c, path, 400, "noTarget", append(first, `{"op":"replace","path":"`+target+`","value":{"value":"x"}}`)...)
			refusePatch(c, path, 400, "noTarget", append(first, `{"op":"replace","path":"`+target+`","value":"x"}`)...)
		}
	}
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`).id()
	refusePatch(c, staff, 400, "noTarget", `{"op":"replace","path":"members[value eq \"nobody\"].display","value":"x"}`)
}

func TestPatchAsAWhole(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.5.2-R14", patchSchemas},
		{"RFC7644-3.5.2-R16", patchIsSequential},
		{"RFC7644-3.5.2-R17", patchPrimary},
		{"RFC7644-3.5.2-R18+RFC7644-3.5.2-R19", patchIsAtomic},
		{"RFC7644-3.5.2-R23+RFC7644-3.12-R18", func(c *client) {
			path := person(c)
			taken := c.createUser("taken")
			for _, operation := range []string{
				`{"op":"replace","path":"userName","value":"TAKEN"}`, `{"op":"add","value":{"userName":"taken"}}`, `{"op":"add","path":"` + userURN + `:userName","value":"Taken"}`,
			} {
				refusePatch(c, path, 409, "uniqueness", `{"op":"replace","path":"title","value":"first"}`, operation)
			}
			equal(c.t, "the other one", c.do("GET", "/Users/"+taken.id(), "").raw, taken.raw)
			c.patch(path, `{"op":"replace","path":"userName","value":"ANN"}`).want(200) // its own
		}},
	}, ticking())
}

func patchSchemas(c *client) {
	path := "/Users/" + c.createUser("bare").id()
	department := `{"op":"add","path":"` + enterpriseURN + `:department","value":"D"}`
	listed := `{"op":"add","path":"schemas","value":["` + enterpriseURN + `"]}`
	both := []any{userURN, enterpriseURN}
	for _, operations := range [][]string{
		{listed, department}, {department, listed}, {department}, {`{"op":"replace","path":"schemas","value":["` + userURN + `","` + enterpriseURN + `"]}`, department},
	} {
		r := c.patch(path, operations...).want(200)
		equal(c.t, "schemas", r.at("schemas"), both)
		equal(c.t, "department", r.at(enterpriseURN, "department"), "D")
		r = c.patch(path, `{"op":"remove","path":"`+enterpriseURN+`"}`, department, `{"op":"add","path":"title","value":"x"}`).want(200)
		equal(c.t, "schemas after remove and add", r.at("schemas"), both)
		equal(c.t, "schemas after remove", c.patch(path, `{"op":"remove","path":"`+enterpriseURN+`:department"}`).want(200).at("schemas"), []any{userURN})
	}
	equal(c.t, "schemas list what is there", c.patch(path, listed).want(200).at("schemas"), []any{userURN})
}

func patchIsSequential(c *client) {
	path := person(c)
	r := c.patch(path, `{"op":"add","path":"title","value":"A"}`, `{"op":"replace","path":"title","value":"B"}`, `{"op":"add","path":"nickName","value":"N"}`, `{"op":"remove","path":"nickName"}`).want(200)
	equal(c.t, "title", r.at("title"), "B")
	equal(c.t, "nickName", r.at("nickName"), nil)
	r = c.patch(path, `{"op":"remove","path":"emails"}`, `{"op":"add","path":"emails","value":[{"value":"x@x.org","type":"x"}]}`, `{"op":"replace","path":"emails[type eq \"x\"].display","value":"X"}`).want(200)
	equal(c.t, "emails", r.at("emails"), []any{map[string]any{"value": "x@x.org", "type": "x", "display": "X"}})
	a, b := c.createUser("a").id(), c.createUser("b").id()
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+a+`"}]`).id()
	for _, test := range []struct {
		operations []string
		want       string
	}{
		{[]string{`{"op":"remove","path":"members"}`, `{"op":"add","path":"members","value":[{"value":"` + b + `"}]}`}, b},
		{[]string{`{"op":"add","path":"members","value":[{"value":"` + a + `"}]}`, `{"op":"remove","path":"members[value eq \"` + b + `\"]"}`}, a},
		{[]string{`{"op":"add","path":"members","value":[{"value":"` + b + `","display":"B"}]}`, `{"op":"remove","path":"members[display eq \"B\"]"}`, `{"op":"add","path":"externalId","value":"e"}`}, a},
		{[]string{`{"op":"replace","path":"members","value":[{"value":"` + b + `"}]}`, `{"op":"remove","path":"members"}`}, ""},
	} {
		c.patch(staff, test.operations...).want(204)
		equal(c.t, fmt.Sprint(test.operations), c.do("GET", staff, "").values("members", "value"), test.want)
	}
}

func patchPrimary(c *client) {
	path := person(c)
	for _, step := range []struct{ operation, primary string }{
		{`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, "h@x.org"},
		{`{"op":"add","path":"emails","value":[{"value":"n@x.org","primary":true}]}`, "n@x.org"},
		{`{"op":"replace","path":"emails[value eq \"o@x.net\"]","value":{"value":"o@x.net","type":"other","primary":true}}`, "o@x.net"},
		{`{"op":"add","value":{"emails":{"value":"w@x.org","type":"work","primary":true}}}`, "w@x.org"},
		{`{"op":"add","path":"emails[type eq \"home\"]","value":{"primary":true}}`, "h@x.org"},
		{`{"op":"replace","path":"emails","value":[{"value":"a@x.org"},{"value":"b@x.org","primary":true}]}`, "b@x.org"},
		{`{"op":"replace","path":"emails[primary eq true].primary","value":false}`, ""},
	} {
		r := c.patch(path, step.operation).want(200)
		found := ""
		for i := range len(r.at("emails").([]any)) {
			if r.at("emails", i, "primary") == true {
				found += fmt.Sprint(r.at("emails", i, "value"))
			}
		}
		equal(c.t, "primary after "+step.operation, found, step.primary)
	}
	refusePatch(c, path, 400, "invalidValue", `{"op":"add","path":"emails","value":[{"value":"p@x.org","primary":true},{"value":"q@x.org","primary":true}]}`)
	refusePatch(c, path, 400, "invalidValue", `{"op":"replace","path":"emails.primary","value":true}`)
}

func patchIsAtomic(c *client) {
	path := person(c)
	outsider := c.createUser("outsider").id()
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`).id()
	good := []string{
		`{"op":"replace","path":"displayName","value":"X"}`, `{"op":"remove","path":"emails"}`, `{"op":"add","path":"password","value":"other"}`,
		`{"op":"add","path":"` + enterpriseURN + `:division","value":"D"}`,
	}
	for _, bad := range []struct {
		status              int
		scimType, operation string
	}{
		{400, "mutability", `{"op":"remove","path":"userName"}`}, {400, "invalidValue", `{"op":"add","path":"active","value":"x"}`},
		{400, "invalidPath", `{"op":"add","path":"nope","value":"x"}`},
		{400, "noTarget", `{"op":"replace","path":"photos[type pr].value","value":"x"}`}, {400, "invalidSyntax", `{"op":"nope"}`},
		{409, "uniqueness", `{"op":"replace","path":"userName","value":"outsider"}`},
	} {
		refusePatch(c, path, bad.status, bad.scimType, append(good, bad.operation)...)
		refusePatch(c, path, bad.status, bad.scimType, append([]string{bad.operation}, good...)...)
	}
	equal(c.t, "the password", c.do("POST", "/Users/.search", search(`userName eq "ann" and password eq "s3cret"`)).at("totalResults"), 1)
	joins := `{"op":"add","path":"members","value":[{"value":"` + outsider + `"}]}`
	refusePatch(c, staff, 400, "mutability", joins, `{"op":"remove","path":"displayName"}`)
	refusePatch(c, staff, 400, "invalidValue", joins, `{"op":"add","path":"members","value":[{"value":"nobody"}]}`)
	refusePatch(c, staff, 400, "mutability", `{"op":"remove","path":"members"}`, `{"op":"remove","path":"id"}`)
	equal(c.t, "groups of who nearly joined", c.do("GET", "/Users/"+outsider, "").at("groups"), nil)
}
