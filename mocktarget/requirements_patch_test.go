package mocktarget_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// ticking makes each look at the clock a second later than the one before: a write
// that leaves lastModified alone does so on purpose, not because it was quick.
func ticking() mocktargettest.Option {
	var seconds atomic.Int64
	epoch := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return configured(mocktarget.Config{Now: func() time.Time { return epoch.Add(time.Duration(seconds.Add(1)) * time.Second) }})
}

func (c *client) patch(path string, operations ...string) reply {
	c.t.Helper()
	return c.do("PATCH", path, patchBody(operations...))
}

// refusePatch wants a patch to fail and to leave everything as it was.
func refusePatch(c *client, path string, status int, scimType string, operations ...string) {
	c.t.Helper()
	before := c.do("GET", path, "").raw
	c.patch(path, operations...).wantError(status, scimType)
	equal(c.t, "after "+strings.Join(operations, ","), c.do("GET", path, "").raw, before)
}

// person makes a user who has some of everything and returns where it is.
func person(c *client) string {
	c.t.Helper()
	return "/Users/" + c.createUser("ann", details).id()
}

// details are some of everything a user may have.
const details = `"title":"Boss","active":true,"password":"s3cret","name":{"givenName":"Ann","familyName":"Oak","middleName":"M"},
	"emails":[{"value":"w@x.org","type":"work","display":"Work","primary":true},{"value":"h@x.org","type":"home"},{"value":"o@x.net","type":"other"}],
	"addresses":[{"type":"work","locality":"Ulm","country":"DE"},{"type":"home","locality":"Bonn","country":"DE"}],
	"` + enterpriseURN + `":{"department":"Sales","manager":{"value":"m1"}}`

// values returns one sub-attribute of each element.
func (r reply) values(attribute, part string) string {
	var all []string
	list, _ := r.at(attribute).([]any)
	for _, element := range list {
		all = append(all, fmt.Sprint(at(element, part)))
	}
	return strings.Join(all, " ")
}

func TestPatchMessages(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-3.5.2-R2", patchIsNoJSONPatch},
		{"RFC7644-3.5.2-R4", patchNeedsOperations},
		{"RFC7644-3.5.2-R5", patchNeedsOneOp},
		{"RFC7644-3.5.2-R8+RFC7644-3.12-R21", patchPaths},
		{"RFC7644-3.5.2-R9", patchPathsOfAnyCase},
		{"RFC7644-3.5.2-R10+RFC7644-3.5.2-R13", patchKeepsToTheSchema},
		{"RFC7644-3.5.2.2-R7+RFC7644-3.12-R19", patchKeepsToMutability},
		{"RFC7644-3.5.2-R20+RFC7644-3.5-R2+RFC7644-3.5.2-R1", patchAnswers},
		{"RFC7644-3.5.2-R21", patchAnswersProjected},
		{"RFC7644-3.5.2-R22", func(c *client) {
			for _, path := range []string{"/Users/none", "/Groups/none", "/Users/" + c.createGroup("g").id()} {
				c.patch(path, `{"op":"add","path":"displayName","value":"x"}`).wantError(404, "")
			}
		}},
	}, ticking())
}

func patchIsNoJSONPatch(c *client) {
	path := person(c)
	for _, target := range []string{"emails[0]", "emails[0].value", "emails/0", "/emails/0/value", "/title", "emails.0.value", "emails.-", "emails[-1]"} {
		refusePatch(c, path, 400, "invalidPath", `{"op":"replace","path":"`+target+`","value":"x@x.org"}`)
	}
	for _, op := range []string{"move", "copy", "test"} {
		refusePatch(c, path, 400, "invalidSyntax", `{"op":"`+op+`","from":"title","path":"nickName","value":"x"}`)
	}
}

func patchNeedsOperations(c *client) {
	path := person(c)
	before := c.do("GET", path, "").raw
	one := `{"op":"add","path":"title","value":"x"}`
	for _, body := range []string{
		`{"schemas":["` + patchURN + `"]}`, patchBody(), `{"schemas":["` + patchURN + `"],"Operations":null}`, `{"schemas":["` + patchURN + `"],"Operations":` + one + `}`,
		patchBody(`"add"`), patchBody("null"), patchBody("[]"), `{"Operations":[` + one + `]}`, `{"schemas":["` + userURN + `"],"Operations":[` + one + `]}`,
		`{"schemas":"` + patchURN + `","Operations":[` + one + `]}`, user("ann", `"title":"x"`), "[" + one + "]", patchBody(one) + "x",
	} {
		c.do("PATCH", path, body).wantError(400, "invalidSyntax")
	}
	equal(c.t, "the user", c.do("GET", path, "").raw, before)
}

func patchNeedsOneOp(c *client) {
	path := person(c)
	for _, op := range []string{"", `"op":null,`, `"op":"",`, `"op":"foo",`, `"op":5,`, `"op":["add"],`, `"op":"add","op":"remove",`, `"op":"add","OP":"add",`} {
		for _, before := range [][]string{nil, {`{"op":"replace","path":"title","value":"first"}`}} {
			refusePatch(c, path, 400, "invalidSyntax", append(before, `{`+op+`"path":"title","value":"x"}`)...)
		}
	}
	for _, op := range []string{"Add", "REPLACE", "replace"} { // as some clients write them
		equal(c.t, op, c.patch(path, `{"op":"`+op+`","path":"title","value":"`+op+`"}`).want(200).at("title"), op)
	}
}

func patchPaths(c *client) {
	path := person(c)
	for _, valid := range []string{
		"title", "name.givenName", "emails.display", `emails[type eq \"work\"].display`, `emails[type eq \"work\" and (value co \"x\" or not (primary pr))].display`,
		userURN + ":title", userURN + ":name.givenName", userURN + `:emails[type eq \"work\"].display`, enterpriseURN + ":department", enterpriseURN + ":manager.value",
		`name[familyName eq \"Oak\"].givenName`, "TITLE",
	} {
		c.patch(path, `{"op":"replace","path":"`+valid+`","value":"via `+valid+`"}`).want(200)
		if r := c.do("GET", path, ""); !strings.Contains(r.raw, `"via `+valid+`"`) {
			c.t.Errorf("the path %s changed nothing: %s", valid, r.raw)
		}
	}
	for _, invalid := range []string{
		"", " ", ".", "..", "a b", " title", "title ", "title.", ".title", "name..givenName", "name.givenName.x", "1title", "emails[", "emails]", "emails[]", "emails[type]",
		`emails[type eq]`, `emails[type eq \"work\"`, `emails[type eq \"work\"]x`, `emails[type eq \"work\"].`, `emails[type eq \"work\"].display.x`, `emails[emails[type pr]]`,
		`emails[type eq \"work\"][value pr]`, "title eq \\\"x\\\"", "urn:", ":title", "title,active", "emails[type xx \\\"work\\\"]", "titel", "name.given", "urn:nope:title",
		`title[value eq \"x\"]`, enterpriseURN + ":nope",
	} {
		refusePatch(c, path, 400, "invalidPath", `{"op":"replace","path":"`+invalid+`","value":"x"}`)
	}
	for _, element := range []string{`emails[userName eq \"x\"].value`, `emails[primary eq \"true\"].value`, `emails[primary gt true].value`} {
		refusePatch(c, path, 400, "invalidFilter", `{"op":"replace","path":"`+element+`","value":"x"}`)
	}
	refusePatch(c, path, 400, "invalidPath", `{"op":"replace","path":5,"value":"x"}`)
}

func patchPathsOfAnyCase(c *client) {
	path := person(c)
	for _, change := range []func(string) string{strings.ToUpper, strings.ToLower, strings.Clone} {
		for attribute, where := range map[string][]any{
			"userName": {"userName"}, "name.familyName": {"name", "familyName"}, userURN + ":nickName": {"nickName"}, userURN + ":name.givenName": {"name", "givenName"},
			enterpriseURN + ":department": {enterpriseURN, "department"}, enterpriseURN + ":manager.value": {enterpriseURN, "manager", "value"},
		} {
			value := "by " + change(attribute)
			r := c.patch(path, fmt.Sprintf(`{"op":"replace","path":%q,"value":%q}`, change(attribute), value)).want(200)
			equal(c.t, change(attribute), r.at(where...), value)
			value += " without a path"
			r = c.patch(path, fmt.Sprintf(`{"op":"replace","value":{%q:%q}}`, change(attribute), value)).want(200)
			equal(c.t, change(attribute), r.at(where...), value)
		}
		selected := change("emails") + `[` + change("type EQ") + ` \"WORK\"].` + change("display")
		equal(c.t, selected, c.patch(path, `{"op":"replace","path":"`+selected+`","value":"`+change("Any")+`"}`).want(200).at("emails", 0, "display"), change("Any"))
	}
}

func patchKeepsToTheSchema(c *client) {
	path := person(c)
	for _, operation := range []string{
		`"path":"active","value":"x"`, `"path":"active","value":"true"`, `"path":"active","value":1`, `"path":"title","value":5`, `"path":"title","value":["x"]`,
		`"path":"title","value":{"a":1}`,
		`"path":"emails","value":"str"`, `"path":"emails","value":["str"]`, `"path":"emails","value":[{"value":5}]`, `"path":"emails","value":[{"nope":"x"}]`,
		`"path":"emails.value","value":true`,
		`"path":"name","value":"x"`, `"path":"name","value":[{"givenName":"x"}]`, `"path":"name","value":{"nope":"x"}`, `"path":"name.givenName","value":{}`,
		`"path":"emails[type eq \"work\"]","value":"x"`, `"path":"emails[type eq \"work\"].primary","value":"x"`, `"path":"profileUrl","value":"not a url"`,
		`"path":"` + enterpriseURN + `","value":"x"`, `"path":"` + enterpriseURN + `:manager","value":"x"`, `"value":"x"`, `"value":[]`, `"value":null`, `"value":{"active":"x"}`,
		`"path":"userName","value":""`, `"path":"schemas","value":["urn:nope"]`,
	} {
		for _, op := range []string{"add", "replace"} {
			refusePatch(c, path, 400, "invalidValue", `{"op":"`+op+`",`+operation+`}`)
		}
	}
	for _, unknown := range []string{
		`{"nope":"x"}`, `{"name.nope":"x"}`, `{"urn:nope":{"a":"x"}}`, `{"` + enterpriseURN + `":{"nope":"x"}}`, `{"emails[type eq \"work\"].value":"x"}`,
	} {
		refusePatch(c, path, 400, "invalidPath", `{"op":"add","value":`+unknown+`}`)
	}
}

func patchKeepsToMutability(c *client) {
	path := person(c)
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`).id()
	for _, readOnly := range []string{
		"id", "meta", "meta.created", "meta.lastModified", "meta.version", "groups", "groups.value", `groups[value pr]`, userURN + ":groups",
		enterpriseURN + ":manager.displayName",
	} {
		refusePatch(c, path, 400, "mutability", fmt.Sprintf(`{"op":"remove","path":%q}`, readOnly))
		for _, op := range []string{"add", "replace"} {
			refusePatch(c, path, 400, "mutability", fmt.Sprintf(`{"op":%q,"path":%q,"value":"x"}`, op, readOnly))
		}
	}
	for _, operation := range []string{
		`{"op":"replace","value":{"id":"x"}}`, `{"op":"add","value":{"meta":{"created":"2001-01-01T00:00:00Z"}}}`, `{"op":"remove","path":"userName"}`,
		`{"op":"replace","path":"userName","value":null}`,
		`{"op":"remove","path":"schemas"}`, `{"op":"replace","path":"schemas","value":[]}`, `{"op":"remove","path":"` + userURN + `"}`,
	} {
		refusePatch(c, path, 400, "mutability", operation)
	}
	for _, operation := range []string{
		`{"op":"remove","path":"displayName"}`, `{"op":"replace","path":"members.value","value":"x"}`, `{"op":"replace","path":"members[value pr].value","value":"x"}`,
		`{"op":"remove","path":"members[value pr].value"}`,
	} {
		refusePatch(c, staff, 400, "mutability", operation)
	}
}

func patchAnswers(c *client) {
	equal(c.t, "patch", c.do("GET", "/ServiceProviderConfig", "").at("patch", "supported"), true)
	path := person(c)
	r := c.patch(path, `{"op":"replace","path":"title","value":"Chief"}`).want(200)
	equal(c.t, "GET", c.do("GET", path, "").raw, r.raw)
	equal(c.t, "Content-Location", r.header.Get("Content-Location"), c.base+path)
	staff := "/Groups/" + c.createGroup("staff").id()
	r = c.patch(staff, `{"op":"add","path":"members","value":[{"value":"`+lastSegmentOf(path)+`"}]}`).want(204)
	equal(c.t, "body", r.raw, "")
	equal(c.t, "ETag", r.header.Get("ETag"), c.do("GET", staff, "").at("meta", "version"))
	equal(c.t, "Content-Location", r.header.Get("Content-Location"), c.base+staff)
}

func patchAnswersProjected(c *client) {
	path := person(c)
	staff := "/Groups/" + c.createGroup("staff", `"members":[{"value":"`+lastSegmentOf(path)+`"}]`).id()
	for query, want := range map[string]string{
		path + "?attributes=userName,name.givenName":                   "id name schemas userName",
		path + "?excludedAttributes=emails,name,addresses,meta,groups": "active id schemas title " + enterpriseURN + " userName",
		staff + "?attributes=displayName":                              "displayName id schemas", staff + "?excludedAttributes=members,meta": "displayName id schemas",
		staff + "?attributes=members": "id members schemas", staff + "?attributes=nope": "id schemas",
	} {
		r := c.patch(query, `{"op":"add","path":"externalId","value":"e"}`, `{"op":"remove","path":"externalId"}`).want(200)
		equal(c.t, query, members(r.body), want)
	}
	before := c.do("GET", "", "").raw
	for _, bad := range []string{path + "?attributes=title&excludedAttributes=name", staff + "?attributes=a..b"} {
		c.patch(bad, `{"op":"replace","path":"displayName","value":"x"}`).wantError(400, "invalidValue")
	}
	equal(c.t, "all resources", c.do("GET", "", "").raw, before)
}

// members returns the names of an object's members, sorted.
func members(o map[string]any) string {
	return strings.Join(slices.Sorted(maps.Keys(o)), " ")
}
