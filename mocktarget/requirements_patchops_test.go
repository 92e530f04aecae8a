package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestPatchAdd(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.5.2.1-R1", func(c *client) {
			path := person(c)
			for _, operation := range []string{`{"op":"add","path":"nickName"}`, `{"op":"add"}`, `{"op":"add","path":"emails"}`, `{"op":"add","path":"emails[type eq \"work\"].display"}`} {
				refusePatch(c, path, 400, "invalidValue", operation)
			}
		}},
		{"RFC7644-3.5.2.1-R2", addWithoutPath},
		{"RFC7644-3.5.2.1-R3+RFC7644-3.5.2.1-R6", addSetsOrReplaces},
		{"RFC7644-3.5.2.1-R4", addMerges},
		{"RFC7644-3.5.2.1-R5", addAppends},
		{"RFC7644-3.5.2.1-R7+RFC7644-3.5.2.1-R8", addAgain},
	}, ticking())
}

func addWithoutPath(c *client) {
	path := person(c)
	r := c.patch(path, `{"op":"add","value":{"nickName":"Annie","emails":[{"value":"n@x.org","type":"work"}],"name":{"honorificPrefix":"Dr"},
		"`+enterpriseURN+`":{"costCenter":"9"},"`+userURN+`:locale":"de","name.givenName":"Anna"}}`).want(200)
	for what, got := range map[string]any{"Annie": r.at("nickName"), "Dr": r.at("name", "honorificPrefix"), "Anna": r.at("name", "givenName"), "Oak": r.at("name", "familyName"), "de": r.at("locale"),
		"9": r.at(enterpriseURN, "costCenter"), "Sales": r.at(enterpriseURN, "department"), "Boss": r.at("title"), "w@x.org h@x.org o@x.net n@x.org": r.values("emails", "value")} {
		equal(c.t, "what was added or was there", got, what)
	}
	equal(c.t, "GET", c.do("GET", path, "").raw, r.raw)
}

func addSetsOrReplaces(c *client) {
	path := "/Users/" + c.createUser("bare").id()
	for _, value := range []string{"first", "second"} {
		r := c.patch(path, `{"op":"add","path":"title","value":"`+value+`"}`, `{"op":"add","path":"name.givenName","value":"`+value+`"}`,
			`{"op":"add","path":"`+enterpriseURN+`:department","value":"`+value+`"}`, `{"op":"add","path":"`+enterpriseURN+`:manager","value":{"value":"`+value+`"}}`).want(200)
		for _, at := range [][]any{{"title"}, {"name", "givenName"}, {enterpriseURN, "department"}, {enterpriseURN, "manager", "value"}} {
			equal(c.t, fmt.Sprint(at), r.at(at...), value)
		}
		equal(c.t, "schemas", r.at("schemas"), []any{userURN, enterpriseURN})
	}
	r := c.patch(path, `{"op":"add","path":"active","value":false}`, `{"op":"add","path":"emails","value":[{"value":"a@x.org"}]}`).want(200)
	equal(c.t, "active", r.at("active"), false)
	equal(c.t, "emails", r.values("emails", "value"), "a@x.org")
}

func addMerges(c *client) {
	path := person(c)
	r := c.patch(path, `{"op":"add","path":"name","value":{"middleName":"New","honorificSuffix":"III"}}`).want(200)
	equal(c.t, "name", r.at("name"), map[string]any{"givenName": "Ann", "familyName": "Oak", "middleName": "New", "honorificSuffix": "III"})
	r = c.patch(path, `{"op":"add","path":"emails[type eq \"home\"]","value":{"display":"Home"}}`).want(200)
	equal(c.t, "the element", r.at("emails", 1), map[string]any{"value": "h@x.org", "type": "home", "display": "Home"})
	r = c.patch(path, `{"op":"add","path":"`+enterpriseURN+`","value":{"division":"D"}}`).want(200)
	equal(c.t, "department", r.at(enterpriseURN, "department"), "Sales")
	equal(c.t, "division", r.at(enterpriseURN, "division"), "D")
	refusePatch(c, path, 400, "noTarget", `{"op":"add","path":"emails[type eq \"nope\"]","value":{"display":"x"}}`)
}

func addAppends(c *client) {
	path := person(c)
	want := "w@x.org h@x.org o@x.net"
	for i, value := range []string{`[{"value":"%"}]`, `{"value":"%"}`, `[{"value":"%","type":"work"},{"value":"second.%"}]`} {
		address := fmt.Sprintf("n%d@x.org", i)
		r := c.patch(path, `{"op":"add","path":"emails","value":`+strings.ReplaceAll(value, "%", address)+`}`).want(200)
		if want += " " + address; i == 2 {
			want += " second." + address
		}
		equal(c.t, "emails", r.values("emails", "value"), want)
		equal(c.t, "the first one", r.at("emails", 0, "primary"), true)
	}
	r := c.patch(path, `{"op":"add","path":"emails","value":[]}`, `{"op":"add","path":"emails","value":{"value":"h@x.org","type":"work"}}`).want(200)
	equal(c.t, "the same value of another type", r.values("emails", "value"), want+" h@x.org")
}

func addAgain(c *client) {
	path := person(c)
	id := lastSegmentOf(path)
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+id+`","display":"Ann"}]`).id()
	for _, at := range []struct{ path, operation string }{
		{path, `{"op":"add","path":"title","value":"Boss"}`}, {path, `{"op":"add","path":"active","value":true}`}, {path, `{"op":"add","path":"name","value":{"givenName":"Ann"}}`},
		{path, `{"op":"add","path":"emails","value":[{"value":"h@x.org","type":"home"}]}`}, {path, `{"op":"add","path":"emails","value":{"value":"H@X.ORG","type":"home"}}`},
		{path, `{"op":"add","value":{"title":"Boss","emails":[{"value":"w@x.org","type":"work","primary":true}],"` + enterpriseURN + `":{"department":"Sales"}}}`},
		{path, `{"op":"add","path":"` + enterpriseURN + `:manager","value":{"value":"m1"}}`},
		{path, `{"op":"add","path":"addresses","value":[{"type":"work","locality":"Ulm","country":"DE"}]}`},
		{path, `{"op":"add","path":"password","value":"s3cret"}`}, {path, `{"op":"replace","path":"title","value":"Boss"}`}, {path, `{"op":"remove","path":"nickName"}`},
		{path, `{"op":"add","path":"title","value":"x"},{"op":"replace","path":"title","value":"Boss"}`},
		{staff, `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`}, {staff, `{"op":"add","path":"members","value":{"value":"` + id + `","type":"User"}}`},
		{staff, `{"op":"add","value":{"members":[{"value":"` + id + `"}]}}`},
	} {
		before := c.do("GET", at.path, "")
		r := c.patch(at.path, at.operation)
		if r.status != 200 && r.status != 204 {
			c.t.Errorf("%s answered %d: %s", at.operation, r.status, r.raw)
		}
		equal(c.t, "after "+at.operation, c.do("GET", at.path, "").raw, before.raw) // meta included
		equal(c.t, "the ETag", r.header.Get("ETag"), before.header.Get("ETag"))
	}
}

func TestPatchRemove(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.5.2.2-R1", func(c *client) {
			path := person(c)
			for _, operation := range []string{`{"op":"remove"}`, `{"op":"remove","value":{"title":"Boss"}}`, `{"op":"remove","path":null}`} {
				refusePatch(c, path, 400, "noTarget", operation)
			}
		}},
		{"RFC7644-3.5.2.2-R2+RFC7644-3.5.2.2-R6", removeSingle},
		{"RFC7644-3.5.2.2-R3", removeAll},
		{"RFC7644-3.5.2.2-R4", removeSelected},
		{"RFC7644-3.5.2.2-R5", removeParts},
		{"RFC7644-3.5.2.2-R8", removeNothing},
	}, ticking())
}

func removeSingle(c *client) {
	path := person(c)
	for target, where := range map[string][]any{
		"title": {"title"}, "name.middleName": {"name", "middleName"}, enterpriseURN + ":department": {enterpriseURN, "department"},
		enterpriseURN + ":manager.value": {enterpriseURN, "manager"}, "active": {"active"},
	} {
		equal(c.t, target, c.patch(path, `{"op":"remove","path":"`+target+`"}`).want(200).at(where...), nil)
		equal(c.t, target+" pr", c.filter("/Users", target+" pr").want(200).at("totalResults"), 0)
	}
	r := c.do("GET", path, "")
	equal(c.t, "name", r.at("name"), map[string]any{"givenName": "Ann", "familyName": "Oak"})
	equal(c.t, "schemas", r.at("schemas"), []any{userURN})
	equal(c.t, "name", c.patch(path, `{"op":"remove","path":"name"}`).want(200).at("name"), nil)
}

func removeAll(c *client) {
	path := person(c)
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`).id()
	equal(c.t, "emails", c.patch(path, `{"op":"remove","path":"emails"}`).want(200).at("emails"), nil)
	equal(c.t, "addresses", c.patch(path, `{"op":"remove","path":"`+userURN+`:addresses"}`).want(200).at("addresses"), nil)
	equal(c.t, "the extension", c.patch(path, `{"op":"remove","path":"`+enterpriseURN+`"}`).want(200).at(enterpriseURN), nil)
	c.patch(staff, `{"op":"remove","path":"members"}`).want(204)
	equal(c.t, "members", c.do("GET", staff, "").at("members"), nil)
	for endpoint, filter := range map[string]string{"/Users": "emails pr or addresses pr or groups pr or " + enterpriseURN + ":department pr", "/Groups": "members pr"} {
		equal(c.t, filter, c.filter(endpoint, filter).want(200).at("totalResults"), 0)
	}
}

func removeSelected(c *client) {
	for i, test := range []struct{ filter, left string }{
		{`type eq \"work\"`, "h@x.org o@x.net"}, {`type eq \"work\" and value ew \"net\"`, "w@x.org h@x.org o@x.net"}, {`value ew \".org\"`, "o@x.net"},
		{`primary eq true`, "h@x.org o@x.net"},
		{`type eq \"work\" or type eq \"home\" and value sw \"h\"`, "o@x.net"}, {`not (type eq \"work\")`, "w@x.org"},
		{`(type eq \"work\" or type eq \"home\") and not (display pr)`, "w@x.org o@x.net"},
		{`value ne \"w@x.org\"`, "w@x.org"}, {`TYPE EQ \"HOME\"`, "w@x.org o@x.net"}, {`type pr`, ""}, {`display pr and primary eq false or value gt \"p\"`, "h@x.org o@x.net"},
	} {
		path := "/Users/" + c.createUser(fmt.Sprint("u", i), `"emails":[{"value":"w@x.org","type":"work","display":"Work","primary":true},{"value":"h@x.org","type":"home"},{"value":"o@x.net","type":"other"}]`).id()
		r := c.patch(path, `{"op":"remove","path":"emails[`+test.filter+`]"}`).want(200)
		equal(c.t, test.filter, r.values("emails", "value"), test.left)
		if test.left == "" {
			equal(c.t, "emails", r.at("emails"), nil)
		}
	}
	a, b := c.createUser("a").id(), c.createUser("b").id()
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+a+`"},{"value":"`+b+`"}]`).id()
	for _, step := range []struct{ selected, left string }{
		{`value eq \"` + a + `\" and value eq \"` + b + `\"`, a + " " + b},
		{`value eq \"` + a + `\"`, b},
		{`type eq \"User\" and value eq \"` + b + `\"`, ""},
	} {
		c.patch(staff, `{"op":"remove","path":"members[`+step.selected+`]"}`).want(204)
		equal(c.t, step.selected, c.do("GET", staff, "").values("members", "value"), step.left)
	}
	equal(c.t, "groups of a member", c.do("GET", "/Users/"+a, "").at("groups"), nil)
}

func removeParts(c *client) {
	path := person(c)
	r := c.patch(path, `{"op":"remove","path":"emails[type eq \"work\"].display"}`).want(200)
	equal(c.t, "the element", r.at("emails", 0), map[string]any{"value": "w@x.org", "type": "work", "primary": true})
	r = c.patch(path, `{"op":"remove","path":"addresses[country eq \"DE\"].country"}`).want(200) // two elements
	equal(c.t, "addresses", r.at("addresses"), []any{map[string]any{"type": "work", "locality": "Ulm"}, map[string]any{"type": "home", "locality": "Bonn"}})
	r = c.patch(path, `{"op":"remove","path":"emails.type"}`).want(200)
	equal(c.t, "types", r.values("emails", "type"), "<nil> <nil> <nil>")
	equal(c.t, "values", r.values("emails", "value"), "w@x.org h@x.org o@x.net")
}

func removeNothing(c *client) {
	path := person(c)
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`).id()
	outsider := c.createUser("outsider").id()
	for _, member := range []string{outsider, "nobody"} {
		before := c.do("GET", staff, "").raw
		r := c.patch(staff, `{"op":"remove","path":"members[value eq \"`+member+`\"]"}`).want(204)
		equal(c.t, "the ETag", r.header.Get("ETag"), c.do("GET", staff, "").header.Get("ETag"))
		equal(c.t, "the group", c.do("GET", staff, "").raw, before)
	}
	before := c.do("GET", path, "").raw
	for _, target := range []string{
		`emails[type eq \"nope\"]`, `emails[type eq \"nope\"].display`, "nickName", "name.honorificPrefix", "photos", enterpriseURN + ":division", `photos[value pr]`,
	} {
		equal(c.t, target, c.patch(path, `{"op":"remove","path":"`+target+`"}`).want(200).raw, before)
	}
}
