package scim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

const thingSchema = "urn:example:params:scim:schemas:test:1.0:Thing"

func TestValidate(t *testing.T) {
	const user = `"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u"`
	const thing = `"schemas": ["` + thingSchema + `"], "name": "n"`
	const wantUser, wantThing = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u"`, `{"schemas":["` + thingSchema + `"],"name":"n"`
	tests := []struct{ name, typ, in, want, detail string }{
		{"the least", "User", "{" + user + "}", wantUser + "}", ""},
		{"names in another letter case", "User", `{"SCHEMAS": ["URN:IETF:params:scim:schemas:core:2.0:user"], "USERNAME": "u", "NAME": {"GIVENNAME": "g"}, "EMAILS": [{"VALUE": "a@x"}], "externalID": "e"}`,
			wantUser + `,"name":{"givenName":"g"},"emails":[{"value":"a@x"}],"externalId":"e"}`, ""},
		{"null, [] and {} are absent", "User", "{" + user + `, "title": null, "emails": [], "name": {}, "ims": [null, {}], "photos": [{"value": null}], "addresses": null}`, wantUser + "}", ""},
		{"an empty string stays", "User", "{" + user + `, "title": ""}`, wantUser + `,"title":""}`, ""},
		{"readOnly is passed over", "User", "{" + user + `, "id": "x", "meta": {"version": "x"}, "groups": [{"value": "g"}]}`, wantUser + "}", ""},
		{"readOnly of any type is passed over", "User", "{" + user + `, "id": 5, "meta": "x", "groups": "y"}`, wantUser + "}", ""},
		{"a secret is kept", "User", "{" + user + `, "password": "p"}`, wantUser + `,"password":"p"}`, ""},
		{"a readOnly part is passed over", "Thing", "{" + thing + `, "box": {"label": "l", "area": 5}, "parts": [{"value": "v", "weight": 5}, {"weight": 6}]}`, wantThing + `,"box":{"label":"l"},"parts":[{"value":"v"}]}`, ""},
		{"all types", "Thing", "{" + thing + `, "code": "C", "count": -5, "ratio": 1.50, "at": "2026-01-02T03:04:05.6+01:00", "flag": false, "data": "QUI", "link": "../x", "tags": ["a"], "counts": [1]}`,
			wantThing + `,"code":"C","count":-5,"ratio":1.50,"at":"2026-01-02T03:04:05.6+01:00","flag":false,"data":"QUI","link":"../x","tags":["a"],"counts":[1]}`, ""},
		{"an extension", "User", `{"schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u", "URN:ietf:params:scim:schemas:extension:enterprise:2.0:USER": {"EmployeeNumber": "1", "manager": {"value": "m", "displayName": "x"}}}`,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"u","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"1","manager":{"value":"m"}}}`, ""},
		{"an extension that is listed but not there", "User", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "urn:other", "urn:other"], "userName": "u", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": null}}`, wantUser + "}", ""},
		{"an extension that is there but not listed", "User", "{" + user + `, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "d"}}`,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"u","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d"}}`, ""},
		{"elements twice", "User", "{" + user + `, "emails": [{"value": "a@x", "type": "work"}, {"value": "A@X", "type": "WORK", "primary": true}, {"value": "a@x", "type": "home"}]}`,
			wantUser + `,"emails":[{"value":"a@x","type":"work","primary":true},{"value":"a@x","type":"home"}]}`, ""},
		{"one primary twice", "User", "{" + user + `, "emails": [{"value": "a@x", "primary": true}, {"value": "A@x", "primary": true}]}`, wantUser + `,"emails":[{"value":"a@x","primary":true}]}`, ""},
		{"strings twice", "Thing", "{" + thing + `, "tags": ["a", "A", "b"], "codes": ["a", "A", "a"]}`, wantThing + `,"tags":["a","b"],"codes":["a","A"]}`, ""},
		{"a value that is not canonical", "User", "{" + user + `, "emails": [{"value": "a@x", "type": "castle"}]}`, wantUser + `,"emails":[{"value":"a@x","type":"castle"}]}`, ""},

		{"no schemas", "User", `{"userName": "u"}`, "", "/schemas is missing"},
		{"schemas is null", "User", `{"schemas": null, "userName": "u"}`, "", "/schemas is missing"},
		{"schemas is a string", "User", `{"schemas": "urn:ietf:params:scim:schemas:core:2.0:User", "userName": "u"}`, "", "/schemas must be an array"},
		{"schemas holds a number", "User", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", 5], "userName": "u"}`, "", "/schemas/1"},
		{"schemas without the core schema", "User", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "userName": "u"}`, "", `/schemas must list "urn:ietf:params:scim:schemas:core:2.0:User"`},
		{"no userName", "User", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}`, "", "/userName is required"},
		{"userName is null", "User", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": null}`, "", "/userName is required"},
		{"userName is empty", "User", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": ""}`, "", "/userName is required"},
		{"a group without displayName", "Group", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}`, "", "/displayName is required"},
		{"an element without its required part", "Thing", "{" + thing + `, "owners": [{"value": "a"}, {"role": "r"}]}`, "", "/owners/1/value is required"},
		{"an unknown attribute", "User", "{" + user + `, "nosuch": 1}`, "", "/nosuch is not an attribute of User"},
		{"an unknown extension", "User", "{" + user + `, "urn:x": {}, "urn:y": {"a": 1}}`, "", "/urn:y is not"},
		{"an unknown part", "User", "{" + user + `, "name": {"nosuch": 1}}`, "", "/name/nosuch"},
		{"an unknown attribute of an extension", "User", "{" + user + `, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"nosuch": 1}}`, "", "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/nosuch"},
		{"a pointer with special characters", "User", "{" + user + `, "a/b~c": 1}`, "", "/a~1b~0c is not"},
		{"an extension that is a string", "User", "{" + user + `, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": "x"}`, "", "2.0:User must be an object"},
		{"two primaries", "User", "{" + user + `, "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}`, "", "/emails has 2 primary values"},
		{"one object for an array", "User", "{" + user + `, "emails": {"value": "a"}}`, "", "/emails is multi-valued"},
		{"an array for one value", "User", "{" + user + `, "title": ["a"]}`, "", "/title must be a string"},
		{"a string for an object", "User", "{" + user + `, "name": "a"}`, "", "/name must be an object"},
		{"a string for an element", "User", "{" + user + `, "emails": [{"value": "a"}, "b"]}`, "", "/emails/1 must be an object"},
		{"a number for a string", "User", "{" + user + `, "name": {"givenName": 5}}`, "", "/name/givenName must be a string"},
		{"a string for a boolean", "User", "{" + user + `, "active": "true"}`, "", "/active must be true or false"},
		{"a string for a boolean in an element", "User", "{" + user + `, "emails": [{"value": "a", "primary": "True"}]}`, "", "/emails/0/primary must be true or false"},
		{"a fraction for an integer", "Thing", "{" + thing + `, "count": 5.0}`, "", "/count must be an integer"},
		{"an exponent for an integer", "Thing", "{" + thing + `, "counts": [1, 5e3]}`, "", "/counts/1 must be an integer"},
		{"a string for an integer", "Thing", "{" + thing + `, "count": "5"}`, "", "/count must be an integer"},
		{"a string for a decimal", "Thing", "{" + thing + `, "ratio": "5"}`, "", "/ratio must be a number"},
		{"a date for a date and time", "Thing", "{" + thing + `, "at": "2026-01-02"}`, "", "/at must be a date and time"},
		{"words for a date and time", "Thing", "{" + thing + `, "at": "yesterday"}`, "", "/at must be a date and time"},
		{"no base64", "Thing", "{" + thing + `, "data": "!"}`, "", "/data must be base64"},
		{"base64 for URLs", "Thing", "{" + thing + `, "data": "_-8="}`, "", "/data must be base64"},
		{"no URI", "Thing", "{" + thing + `, "link": "a b"}`, "", "/link must be a URI"},
		{"no URL", "User", "{" + user + `, "profileUrl": "::not a url"}`, "", "/profileUrl must be a URI"},
		{"a relative URL to the outside", "User", "{" + user + `, "profileUrl": "/bob"}`, "", "/profileUrl must be an absolute URL"},
	}
	types := types(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := object(t, tt.in)
			before := text(in)
			got, err := types[tt.typ].Validate(in, nil)
			if text(in) != before {
				t.Errorf("the input was changed: %s", text(in))
			}
			if tt.detail != "" {
				checkError(t, err, 400, "invalidValue", tt.detail)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if text(got) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", text(got), tt.want)
			}
			if again, err := types[tt.typ].Validate(got, nil); err != nil || text(again) != tt.want {
				t.Errorf("validated again: %s, %v", text(again), err)
			}
		})
	}
}

func TestValidateReplacement(t *testing.T) {
	const head = `"schemas": ["` + thingSchema + `"], "name": "n"`
	old := object(t, `{"schemas": ["`+thingSchema+`", "urn:example:params:scim:schemas:test:my_ext:1.0"], "id": "t1", "name": "one", "code": "c", "stamp": "s1", "grade": "A", "box": {"label": "l", "seal": "wax", "area": 5},
		"parts": [{"value": "p1", "type": "inner", "serial": "sn1", "weight": 7}, {"value": "p2", "weight": 8}], "meta": {"version": "1"},
		"urn:example:params:scim:schemas:test:my_ext:1.0": {"color": "red", "made": "here"}}`)
	for _, tt := range []struct{ name, in, want, scimType, detail string }{
		{"what is left out goes, but for what the server rules", "{" + head + "}",
			`{"schemas":["` + thingSchema + `","urn:example:params:scim:schemas:test:my_ext:1.0"],"id":"t1","name":"n","stamp":"s1","grade":"A","urn:example:params:scim:schemas:test:my_ext:1.0":{"made":"here"},"meta":{"version":"1"}}`, "", ""},
		{"readOnly stays as it was", "{" + head + `, "id": "x", "grade": "B", "meta": {"version": "9"}, "box": {"label": "m", "area": 9}, "parts": [{"value": "p2", "weight": 9}]}`,
			`{"schemas":["` + thingSchema + `","urn:example:params:scim:schemas:test:my_ext:1.0"],"id":"t1","name":"n","box":{"label":"m","seal":"wax","area":5},"parts":[{"value":"p2","weight":8}],"stamp":"s1","grade":"A","urn:example:params:scim:schemas:test:my_ext:1.0":{"made":"here"},"meta":{"version":"1"}}`, "", ""},
		{"immutable as it was", "{" + head + `, "stamp": "s1", "box": {"seal": "wax"}, "parts": [{"value": "p1", "type": "inner", "serial": "sn1"}]}`,
			`{"schemas":["` + thingSchema + `","urn:example:params:scim:schemas:test:my_ext:1.0"],"id":"t1","name":"n","stamp":"s1","box":{"seal":"wax","area":5},"parts":[{"value":"p1","type":"inner","serial":"sn1","weight":7}],"grade":"A","urn:example:params:scim:schemas:test:my_ext:1.0":{"made":"here"},"meta":{"version":"1"}}`, "", ""},
		{"immutable set for the first time", "{" + head + `, "parts": [{"value": "p2", "serial": "sn2"}]}`,
			`{"schemas":["` + thingSchema + `","urn:example:params:scim:schemas:test:my_ext:1.0"],"id":"t1","name":"n","parts":[{"value":"p2","serial":"sn2","weight":8}],"stamp":"s1","grade":"A","urn:example:params:scim:schemas:test:my_ext:1.0":{"made":"here"},"meta":{"version":"1"}}`, "", ""},
		{"immutable changed", "{" + head + `, "stamp": "s2"}`, "", "mutability", "/stamp is immutable"},
		{"immutable part changed", "{" + head + `, "box": {"seal": "clay"}}`, "", "mutability", "/box/seal is immutable"},
		{"immutable part of an element changed", "{" + head + `, "parts": [{"value": "new"}, {"value": "p1", "type": "inner", "serial": "x"}]}`, "", "mutability", "/parts/1/serial is immutable"},
		{"required left out", `{"schemas": ["` + thingSchema + `"]}`, "", "invalidValue", "/name is required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := text(old)
			got, err := thingType(t).Validate(object(t, tt.in), old)
			if text(old) != before {
				t.Errorf("the old resource was changed: %s", text(old))
			}
			if tt.scimType != "" {
				checkError(t, err, 400, tt.scimType, tt.detail)
				return
			}
			if err != nil || text(got) != tt.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, text(got), tt.want)
			}
		})
	}
}

func TestValidateOptions(t *testing.T) {
	const head = `"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u"`
	for _, tt := range []struct {
		in, want, detail string
		options          scim.ValidateOptions
	}{
		{"{" + head + `, "nosuch": 1, "urn:x": {"a": 1}, "name": {"nosuch": 1, "givenName": "g"}}`, `"name":{"givenName":"g"}`, "", scim.ValidateOptions{IgnoreUnknown: true}},
		{"{" + head + `, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "d"}}`, "", "/schemas does not list", scim.ValidateOptions{RefuseUnlisted: true}},
		{`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:x"], "userName": "u"}`, "", "/schemas/1", scim.ValidateOptions{RefuseUnlisted: true}},
		{"{" + head + `, "emails": [{"value": "a", "type": "castle"}]}`, "", "/emails/0/type", scim.ValidateOptions{RefuseNonCanonical: true}},
		{"{" + head + `, "emails": [{"value": "a", "type": "WORK"}]}`, `"type":"WORK"`, "", scim.ValidateOptions{RefuseNonCanonical: true}},
	} {
		got, err := scim.UserType().ValidateWith(object(t, tt.in), nil, tt.options)
		if tt.detail != "" {
			checkError(t, err, 400, "invalidValue", tt.detail)
		} else if err != nil || !strings.Contains(text(got), tt.want) {
			t.Errorf("%s: %s, %v", tt.in, text(got), err)
		}
	}
}

func TestRequiredExtension(t *testing.T) {
	rt := scim.UserType()
	rt.Extensions = []scim.Extension{{Schema: scim.EnterpriseUser(), Required: true}}
	in := object(t, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u"}`)
	_, err := rt.Validate(in, nil)
	checkError(t, err, 400, "invalidValue", scim.EnterpriseUserSchema+" is required")
	in.Set(scim.EnterpriseUserSchema, object(t, `{"department": "d"}`))
	valid, err := rt.Validate(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = rt.Apply(&scim.Patch{Operations: []scim.Operation{{Op: "remove", PathText: scim.EnterpriseUserSchema + ":department"}}}, valid)
	checkError(t, err, 400, "invalidValue", "is required")
}

func TestCheck(t *testing.T) {
	members := scim.Group().Attribute("members")
	got, err := members.Check([]any{object(t, `{"VALUE": "a"}`), nil, object(t, `{"value": "a"}`), object(t, `{"value": "b", "type": "User"}`)})
	if want := `{"value":"a"}{"value":"b","type":"User"}`; err != nil || len(got) != 2 || text(got[0].(*scim.Object))+text(got[1].(*scim.Object)) != want {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := members.Check(object(t, `{"value": "a"}`)); err != nil || len(got) != 1 {
		t.Errorf("one object: %v, %v", got, err)
	}
	_, err = members.Check([]any{object(t, `{"value": "a"}`), "b"})
	checkError(t, err, 400, "invalidValue", "/members/1 must be an object")
}

// TestValidateSharesNames keeps a million users small: names and canonical values
// are the schema's, not a copy for each resource.
func TestValidateSharesNames(t *testing.T) {
	var wide strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&wide, `, {"value": "m%d", "type": "User"}`, i)
	}
	in := object(t, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g", "members": [{"value": "m0", "type": "User"}`+wide.String()+`]}`)
	group, err := scim.GroupType().Validate(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(group.Array("members")); got != 5000 {
		t.Errorf("%d members, want 5000", got)
	}
	var first string
	for _, m := range group.Array("members") {
		kind := m.(*scim.Object).String("type")
		if first == "" {
			first = kind
		}
		if !sameMemory(kind, first) {
			t.Fatal("each member has its own copy of its type")
		}
	}
	for name := range group.All() {
		if name == "members" && !sameMemory(name, scim.Group().Attribute("members").Name) {
			t.Error("the resource has its own copy of an attribute's name")
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		e    scim.Error
		want string
	}{
		{scim.InvalidFilter("at %d", 5), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidFilter","detail":"at 5"}`},
		{scim.InvalidPath("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidPath","detail":"x"}`},
		{scim.InvalidSyntax("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidSyntax","detail":"x"}`},
		{scim.InvalidValue("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"x"}`},
		{scim.InvalidVersion("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidVers","detail":"x"}`},
		{scim.NoTarget("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"noTarget","detail":"x"}`},
		{scim.Mutability("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"mutability","detail":"x"}`},
		{scim.Uniqueness("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"x"}`},
		{scim.TooMany("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"tooMany","detail":"x"}`},
		{scim.Sensitive("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"403","scimType":"sensitive","detail":"x"}`},
		{scim.InvalidCursor("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidCursor","detail":"x"}`},
		{scim.ExpiredCursor("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"expiredCursor","detail":"x"}`},
		{scim.InvalidCount("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidCount","detail":"x"}`},
		{scim.BadRequest("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","detail":"x"}`},
		{scim.NotFound("User", `a"b`), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"User \"a\\\"b\" not found"}`},
		{scim.Conflict("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","detail":"x"}`},
		{scim.PreconditionFailed("x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"412","detail":"x"}`},
		{scim.Status(503, "x"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"503","detail":"x"}`},
	} {
		got := scim.EncodeError(tt.e)
		if string(got) != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if again, ok := scim.ParseError(got); !ok || again != tt.e {
			t.Errorf("%s is read as %+v, %v", got, again, ok)
		}
		var e scim.Error
		if wrapped := fmt.Errorf("context: %w", tt.e); !errors.As(wrapped, &e) || e != tt.e {
			t.Errorf("%v does not come out of a wrapped error", tt.e)
		}
	}
	for body, want := range map[string]scim.Error{
		`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": 404}`:                                    {Status: 404},
		`{"schemas": "urn:ietf:params:scim:api:messages:2.0:Error", "status": "409", "scimType": "mine", "detail": "d"}`: {Status: 409, ScimType: "mine", Detail: "d"},
		`{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "d"}`:                                    {Detail: "d"},
		`{"Status": "400", "Detail": "d"}`: {Status: 400, Detail: "d"},
		"\ufeff" + `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:error"], "status": "500"}`: {Status: 500},
	} {
		if got, ok := scim.ParseError([]byte(body)); !ok || got != want {
			t.Errorf("%s: %+v, %v", body, got, ok)
		}
	}
	for _, body := range []string{"", "<html>", "[]", `{"error": "x"}`, `{"status": "400"}`, `{"detail": "x"}`} {
		if got, ok := scim.ParseError([]byte(body)); ok {
			t.Errorf("%s is an error: %+v", body, got)
		}
	}
}
