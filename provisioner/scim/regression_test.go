package scim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A knownFault is a fault that elimity-com/scim or scim2/filter-parser showed when
// they were tried: what goes wrong there, and what shows that it does not here.
type knownFault struct {
	fault, what string
	// A filter on one resource of a type matches or not, or is refused with a
	// keyword and a detail.
	typ, filter      string
	resource         string
	matches          bool
	scimType, detail string
	// check shows it where a filter cannot.
	check func(*testing.T)
}

func knownFaults() []knownFault {
	const enterprise = scim.EnterpriseUserSchema
	return []knownFault{
		{"B1", "100,000 parentheses end the process", "User", strings.Repeat("(", 100_000), `{}`, false, "invalidFilter", "bytes", nil},
		{"B1", "8,000 parentheses that are short enough", "User", strings.Repeat("(", 8000), `{}`, false, "invalidFilter", "deeper than 64", nil},
		{"B2", "a bare complex attribute panics", "User", `emails co "x"`, `{"emails": [{"value": "a@x"}]}`, true, "", "", nil},
		{"B2", "a bare complex attribute panics with eq", "User", `emails eq "a@x"`, `{"emails": [{"value": "a@x"}]}`, true, "", "", nil},
		{"B2", "a sub-attribute of a stored object panics", "User", `emails.value eq "a@x"`, `{"emails": {"value": "a@x"}}`, true, "", "", nil},
		{"B2", "a single complex attribute panics", "User", `name eq "x"`, `{"name": {"givenName": "x"}}`, false, "invalidFilter", "complex", nil},
		{"B2", "members panic", "Group", `members eq "u1"`, `{"members": [{"value": "u1"}]}`, true, "", "", nil},
		{"B3", "an integer attribute panics", "Thing", `count eq 5`, `{"count": 5}`, true, "", "", nil},
		{"B4", "an integer literal never matches a decimal", "Thing", `ratio eq 5`, `{"ratio": 5.0}`, true, "", "", nil},
		{"B5", "an object in the place of an array panics", "User", `emails.value eq "a@x"`, `{"emails": {"value": "b@x"}}`, false, "", "", nil},
		{"B5", "a string in the place of an array panics", "User", `emails[type eq "work"]`, `{"emails": "a@x"}`, false, "", "", nil},
		{"B6", "sub-attributes of arrays never match", "User", `emails.type eq "work"`, `{"emails": [{"type": "home"}, {"type": "work"}]}`, true, "", "", nil},
		{"B6", "values of members never match", "Group", `members.value eq "u2"`, `{"members": [{"value": "u1"}, {"value": "u2"}]}`, true, "", "", nil},
		{"B7", "extension attributes never match", "User", enterprise + `:employeeNumber eq "701984"`, `{"` + enterprise + `": {"employeeNumber": "701984"}}`, true, "", "", nil},
		{"B8", "core and extension cannot be combined", "User", `userName eq "x" and ` + enterprise + `:employeeNumber eq "1"`, `{"userName": "X", "` + enterprise + `": {"employeeNumber": "1"}}`, true, "", "", nil},
		{"B9", "an unknown part matches nothing instead of being refused", "User", `emails[foo eq 1]`, `{}`, false, "invalidFilter", "foo", nil},
		{"B9", "an unknown attribute matches nothing instead of being refused", "User", `foo[bar eq 1]`, `{}`, false, "invalidFilter", "foo", nil},
		{"B9", "an empty array is present", "User", `emails pr`, `{"emails": []}`, false, "", "", nil},
		{"B9", "an empty object is present", "User", `name pr`, `{"name": {}}`, false, "", "", nil},
		{"B9", "an empty string is present", "User", `title pr`, `{"title": ""}`, false, "", "", nil},
		{"B10", "a URI in capitals is refused", "User", strings.ToUpper(scim.UserSchema) + `:userName eq "x"`, `{"userName": "x"}`, true, "", "", nil},
		{"B11", "a boolean compares with a string", "User", `active eq "true"`, `{"active": true}`, false, "invalidFilter", "true or false", nil},
		{"B11", "a string compares with a number", "User", `userName eq 5`, `{"userName": "5"}`, false, "invalidFilter", "string", nil},
		{"B11", "a date and time compares with a date", "User", `meta.lastModified gt "2011-05-13"`, `{"meta": {"lastModified": "2012-01-01T00:00:00Z"}}`, false, "invalidFilter", "date and time", nil},
		{"B12", ".05 is read as .5", "Thing", `at lt "2011-05-13T04:42:00.3Z"`, `{"at": "2011-05-13T04:42:00.05Z"}`, true, "", "", nil},
		{"B13", "an escaped quote never matches", "User", `title eq "x\"y"`, `{"title": "x\"y"}`, true, "", "", nil},
		{"B13", "an escaped letter never matches", "User", `title eq "\u00E9"`, `{"title": "é"}`, true, "", "", nil},
		{"B13", "small hexadecimal digits are refused", "User", `title eq "\u00e9"`, `{"title": "é"}`, true, "", "", nil},
		{"B14", "integers lose their last digit", "Thing", `count eq 9007199254740993`, `{"count": 9007199254740993}`, true, "", "", nil},
		{"B14", "integers match their neighbour", "Thing", `count eq 9007199254740993`, `{"count": 9007199254740992}`, false, "", "", nil},
		{"B14", "the largest integer turns negative", "Thing", `count lt 9223372036854775807`, `{"count": 5}`, true, "", "", nil},
		{"B14", "what is larger turns negative", "Thing", `count lt 9223372036854775808`, `{"count": 9223372036854775807}`, true, "", "", nil},
		{"B15", "three terms in brackets are refused", "Thing", `parts[value eq "a" and type eq "b" and size eq 3]`, `{"parts": [{"value": "a", "type": "b", "size": 3}]}`, true, "", "", nil},
		{"B15", "parentheses in brackets are refused", "Thing", `parts[(value eq "a")]`, `{"parts": [{"value": "a"}]}`, true, "", "", nil},
		{"B15", "not in brackets is refused", "Thing", `parts[not (value eq "a") and size eq 3]`, `{"parts": [{"value": "b", "size": 3}]}`, true, "", "", nil},
		{"B16", "an underscore in a URI is refused", "Thing", `urn:example:params:scim:schemas:test:my_ext:1.0:level eq 1`, `{"urn:example:params:scim:schemas:test:my_ext:1.0": {"level": 1}}`, true, "", "", nil},
		{fault: "B5", what: "an object in the place of an array is accepted", check: func(t *testing.T) {
			_, err := scim.UserType().Validate(object(t, `{"schemas": ["`+scim.UserSchema+`"], "userName": "u", "emails": {"value": "a@x"}}`), nil)
			checkError(t, err, 400, "invalidValue", "/emails is multi-valued: give an array")
		}},
		{fault: "B14", what: "numbers are not what was written", check: func(t *testing.T) {
			e, err := scim.ParseFilter("a eq 9223372036854775808.10")
			if err != nil || e.(*scim.AttributeExpression).CompareValue != json.Number("9223372036854775808.10") {
				t.Errorf("%v, %v", e, err)
			}
		}},
		{fault: "B16", what: "other characters of URIs are refused", check: func(t *testing.T) {
			for _, f := range []string{"urn:x:a~b:c pr", "urn:x:a/b:c pr", "urn:x:a%20b:c pr", "http://example.com/x:c pr"} {
				if _, err := scim.ParseFilter(f); err != nil {
					t.Errorf("%s: %v", f, err)
				}
			}
		}},
		{fault: "B17", what: "the URI of an extension is cut in two", check: func(t *testing.T) {
			p, err := scim.ParsePath(enterprise)
			if err != nil {
				t.Fatal(err)
			}
			if ref, err := scim.UserType().Resolve(p.AttributePath); err != nil || ref.Attribute != nil || ref.Extension != scim.EnterpriseUser() {
				t.Errorf("found %s, %v", ref, err)
			}
		}},
		{fault: "B18", what: "what is printed cannot be read", check: func(t *testing.T) {
			for _, f := range []string{`a eq null`, `a eq "\u007f"`, `a eq "\""`, `a eq "\u0000"`} {
				e, err := scim.ParseFilter(f)
				if err != nil {
					t.Fatal(err)
				}
				again, err := scim.ParseFilter(scim.FormatFilter(e))
				if err != nil || again.(*scim.AttributeExpression).CompareValue != e.(*scim.AttributeExpression).CompareValue {
					t.Errorf("%s is printed as %s: %v", f, scim.FormatFilter(e), err)
				}
			}
		}},
		{fault: "B19", what: "errors do not say where", check: func(t *testing.T) {
			_, err := scim.ParseFilter(`userName eq "x" and title regex "y"`)
			checkError(t, err, 400, "invalidFilter", `column 27: expected an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr, found "r"`)
		}},
	}
}

// TestKnownFaults keeps the faults from coming in with a new version of the types
// that we share with those packages, or of our own.
func TestKnownFaults(t *testing.T) {
	types := types(t)
	shown := map[string]bool{}
	for _, f := range knownFaults() {
		shown[f.fault] = true
		t.Run(f.fault+" "+f.what, func(t *testing.T) {
			if f.check != nil {
				f.check(t)
				return
			}
			var matches scim.Matcher
			e, err := scim.ParseFilter(f.filter)
			if err == nil {
				matches, err = types[f.typ].CompileFilter(e)
			}
			if f.scimType != "" {
				checkError(t, err, 400, f.scimType, f.detail)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := matches(object(t, f.resource)); got != f.matches {
				t.Errorf("%s of %s is %v", f.filter, f.resource, got)
			}
		})
	}
	for i := 1; i <= 19; i++ {
		if fault := fmt.Sprintf("B%d", i); !shown[fault] {
			t.Errorf("no row shows %s", fault)
		}
	}
}
