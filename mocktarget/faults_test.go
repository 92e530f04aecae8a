package mocktarget_test

import (
	"os"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// TestKnownFaults asks over the wire what ended, panicked or misled the libraries that
// filters were tried with; package scim says of each what it was. A refusal has the
// type invalidFilter.
func TestKnownFaults(t *testing.T) {
	definition, err := os.ReadFile("../testdata/vectors/thing.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := scim.ParseSchema(definition)
	if err != nil {
		t.Fatal(err)
	}
	thing := &scim.ResourceType{ID: "Thing", Name: "Thing", Endpoint: "/Things", Schema: schema}
	c := start(t, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{scim.UserType(), scim.GroupType(), thing}}))
	c.target.Seed(`{
		"Users": [{"id": "u1", "userName": "x", "title": "x\"é", "active": true, "emails": [{"value": "a@x", "type": "home"}, {"value": "b@x", "type": "work"}],
			"` + enterpriseURN + `": {"employeeNumber": "701984"}}],
		"Groups": [{"id": "g1", "displayName": "G", "members": [{"value": "u1"}]}],
		"Things": [{"id": "t1", "name": "n", "count": 9007199254740993, "ratio": 5.0, "at": "2011-05-13T04:42:00.05Z", "parts": [{"value": "a", "type": "b", "size": 3}]}]
	}`)
	const refused = -1
	for _, tt := range []struct {
		fault, endpoint, filter string
		hits                    int
	}{
		{"B1", "/Users", strings.Repeat("(", 100_000), refused},
		{"B1", "/Users", strings.Repeat("(", 75_000) + "a pr", refused},
		{"B2", "/Users", `emails co "x"`, 1},
		{"B2", "/Users", `emails eq "a@x"`, 1},
		{"B2", "/Users", `emails.value eq "a@x"`, 1},
		{"B2", "/Users", `name eq "x"`, refused},
		{"B2", "/Groups", `members eq "u1"`, 1},
		{"B3", "/Things", `count eq 5`, 0},
		{"B4", "/Things", `ratio eq 5`, 1},
		{"B6", "/Users", `emails.value eq "b@x"`, 1},
		{"B6", "/Users", `emails.type eq "work"`, 1},
		{"B6", "/Groups", `members.value eq "u1"`, 1},
		{"B7", "/Users", enterpriseURN + `:employeeNumber eq "701984"`, 1},
		{"B8", "/Users", `userName eq "x" and ` + enterpriseURN + `:employeeNumber eq "701984"`, 1},
		{"B9", "/Users", `emails[foo eq 1]`, refused},
		{"B9", "/Users", `foo[bar eq 1]`, refused},
		{"B9", "/Users", `phoneNumbers pr or name pr or nickName pr`, 0},
		{"B10", "/Users", strings.ToUpper(userURN) + `:userName eq "x"`, 1},
		{"B11", "/Users", `active eq "true"`, refused},
		{"B11", "/Users", `userName eq 5`, refused},
		{"B11", "/Users", `meta.lastModified gt "2011-05-13"`, refused},
		{"B12", "/Things", `at lt "2011-05-13T04:42:00.3Z"`, 1},
		{"B13", "/Users", `title eq "x\"\u00E9"`, 1},
		{"B13", "/Users", `title eq "x\"\u00e9"`, 1},
		{"B14", "/Things", `count eq 9007199254740993`, 1},
		{"B14", "/Things", `count eq 9007199254740992`, 0},
		{"B14", "/Things", `count lt 9223372036854775807`, 1},
		{"B15", "/Things", `parts[value eq "a" and type eq "b" and size eq 3]`, 1},
		{"B15", "/Things", `parts[(value eq "a")]`, 1},
		{"B15", "/Things", `parts[not (value eq "x") and size eq 3]`, 1},
		{"B16", "/Users", "urn:x:a~b/c%20_d:e pr", refused}, // it can be read, but names nothing
	} {
		t.Run(tt.fault, func(t *testing.T) {
			r := c.filter(tt.endpoint, tt.filter)
			if tt.hits == refused {
				r.wantError(400, "invalidFilter")
				return
			}
			equal(t, tt.filter, r.want(200).at("totalResults"), tt.hits)
		})
	}
	t.Run("B5", func(t *testing.T) {
		c.do("POST", "/Users", user("y", `"emails":{"value":"a@x"}`)).wantError(400, "invalidValue", "/emails")
		equal(t, "users", c.filter("/Users", `emails.value eq "a@x"`).want(200).at("totalResults"), 1)
	})
	t.Run("B17", func(t *testing.T) {
		r := c.do("PATCH", "/Users/u1", patchBody(`{"op":"replace","path":"`+enterpriseURN+`","value":{"department":"d"}}`)).want(200)
		equal(t, "department", r.at(enterpriseURN, "department"), "d")
		equal(t, "employeeNumber", r.at(enterpriseURN, "employeeNumber"), "701984")
	})
	t.Run("B19", func(t *testing.T) {
		c.filter("/Users", `userName eq "x" and title regex "y"`).wantError(400, "invalidFilter", "column 27", "expected an operator")
	})
}
