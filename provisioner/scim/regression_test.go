package scim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

// TestKnownFaults holds the faults B1 to B19 that elimity-com/scim and
// scim2/filter-parser showed when they were tried, so that they do not come in
// with a new version of the types we share with them, or of our own.
func TestKnownFaults(t *testing.T) {
	const enterprise = scim.EnterpriseUserSchema
	tests := []struct {
		fault, what string
		typ, filter string
		resource    string
		matches     bool
		scimType    string // of the error
		detail      string
	}{
		{"B1", "100,000 parentheses end the process", "User", strings.Repeat("(", 100_000), `{}`, false, "invalidFilter", "bytes"},
		{"B1", "75,000 parentheses within one length", "User", strings.Repeat("(", 8000), `{}`, false, "invalidFilter", "deeper than 64"},
		{"B2", "a bare complex attribute panics", "User", `emails co "x"`, `{"emails": [{"value": "a@x"}]}`, true, "", ""},
		{"B2", "a bare complex attribute panics", "User", `emails eq "a@x"`, `{"emails": [{"value": "a@x"}]}`, true, "", ""},
		{"B2", "a sub-attribute of a stored object panics", "User", `emails.value eq "a@x"`, `{"emails": {"value": "a@x"}}`, true, "", ""},
		{"B2", "a single complex attribute panics", "User", `name eq "x"`, `{"name": {"givenName": "x"}}`, false, "invalidFilter", "complex"},
		{"B2", "members panic", "Group", `members eq "u1"`, `{"members": [{"value": "u1"}]}`, true, "", ""},
		{"B3", "an integer attribute panics", "Thing", `count eq 5`, `{"count": 5}`, true, "", ""},
		{"B4", "an integer literal never matches a decimal", "Thing", `ratio eq 5`, `{"ratio": 5.0}`, true, "", ""},
		{"B5", "an object in the place of an array panics", "User", `emails.value eq "a@x"`, `{"emails": {"value": "b@x"}}`, false, "", ""},
		{"B5", "a string in the place of an array panics", "User", `emails[type eq "work"]`, `{"emails": "a@x"}`, false, "", ""},
		{"B6", "sub-attributes of arrays never match", "User", `emails.type eq "work"`, `{"emails": [{"type": "home"}, {"type": "work"}]}`, true, "", ""},
		{"B6", "sub-attributes of arrays never match", "Group", `members.value eq "u2"`, `{"members": [{"value": "u1"}, {"value": "u2"}]}`, true, "", ""},
		{"B7", "extension attributes never match", "User", enterprise + `:employeeNumber eq "701984"`, `{"` + enterprise + `": {"employeeNumber": "701984"}}`, true, "", ""},
		{"B8", "core and extension cannot be combined", "User", `userName eq "x" and ` + enterprise + `:employeeNumber eq "1"`, `{"userName": "X", "` + enterprise + `": {"employeeNumber": "1"}}`, true, "", ""},
		{"B9", "an unknown part matches nothing instead of being refused", "User", `emails[foo eq 1]`, `{}`, false, "invalidFilter", "foo"},
		{"B9", "an unknown attribute matches nothing instead of being refused", "User", `foo[bar eq 1]`, `{}`, false, "invalidFilter", "foo"},
		{"B9", "an empty array is present", "User", `emails pr`, `{"emails": []}`, false, "", ""},
		{"B9", "an empty object is present", "User", `name pr`, `{"name": {}}`, false, "", ""},
		{"B9", "an empty string is present", "User", `title pr`, `{"title": ""}`, false, "", ""},
		{"B10", "a URI in capitals is refused", "User", strings.ToUpper(scim.UserSchema) + `:userName eq "x"`, `{"userName": "x"}`, true, "", ""},
		{"B11", "a boolean compares with a string", "User", `active eq "true"`, `{"active": true}`, false, "invalidFilter", "true or false"},
		{"B11", "a string compares with a number", "User", `userName eq 5`, `{"userName": "5"}`, false, "invalidFilter", "string"},
		{"B11", "a date and time compares with a date", "User", `meta.lastModified gt "2011-05-13"`, `{"meta": {"lastModified": "2012-01-01T00:00:00Z"}}`, false, "invalidFilter", "date and time"},
		{"B12", ".05 is read as .5", "Thing", `at lt "2011-05-13T04:42:00.3Z"`, `{"at": "2011-05-13T04:42:00.05Z"}`, true, "", ""},
		{"B13", "an escaped quote never matches", "User", `title eq "x\"y"`, `{"title": "x\"y"}`, true, "", ""},
		{"B13", "an escaped letter never matches", "User", `title eq "\u00E9"`, `{"title": "é"}`, true, "", ""},
		{"B13", "small hexadecimal digits are refused", "User", `title eq "\u00e9"`, `{"title": "é"}`, true, "", ""},
		{"B14", "integers lose their last digit", "Thing", `count eq 9007199254740993`, `{"count": 9007199254740993}`, true, "", ""},
		{"B14", "integers lose their last digit", "Thing", `count eq 9007199254740993`, `{"count": 9007199254740992}`, false, "", ""},
		{"B14", "the largest integer turns negative", "Thing", `count lt 9223372036854775807`, `{"count": 5}`, true, "", ""},
		{"B14", "the largest integer turns negative", "Thing", `count lt 9223372036854775808`, `{"count": 9223372036854775807}`, true, "", ""},
		{"B15", "three terms in brackets are refused", "Thing", `parts[value eq "a" and type eq "b" and size eq 3]`, `{"parts": [{"value": "a", "type": "b", "size": 3}]}`, true, "", ""},
		{"B15", "parentheses in brackets are refused", "Thing", `parts[(value eq "a")]`, `{"parts": [{"value": "a"}]}`, true, "", ""},
		{"B15", "not in brackets is refused", "Thing", `parts[not (value eq "a") and size eq 3]`, `{"parts": [{"value": "b", "size": 3}]}`, true, "", ""},
		{"B16", "an underscore in a URI is refused", "Thing", `urn:example:params:scim:schemas:test:my_ext:1.0:level eq 1`, `{"urn:example:params:scim:schemas:test:my_ext:1.0": {"level": 1}}`, true, "", ""},
	}
	types := types(t)
	for _, tt := range tests {
		t.Run(tt.fault+" "+tt.what, func(t *testing.T) {
			var matches scim.Matcher
			e, err := scim.ParseFilter(tt.filter)
			if err == nil {
				matches, err = types[tt.typ].CompileFilter(e)
			}
			if tt.scimType != "" {
				checkError(t, err, 400, tt.scimType, tt.detail)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := matches(object(t, tt.resource)); got != tt.matches {
				t.Errorf("%s of %s is %v", tt.filter, tt.resource, got)
			}
		})
	}
	t.Run("B5 an object in the place of an array is accepted", func(t *testing.T) {
		_, err := types["User"].Validate(object(t, `{"schemas": ["`+scim.UserSchema+`"], "userName": "u", "emails": {"value": "a@x"}}`), nil)
		checkError(t, err, 400, "invalidValue", "/emails")
	})
	t.Run("B16 other characters of URIs are refused", func(t *testing.T) {
		for _, f := range []string{"urn:x:a~b:c pr", "urn:x:a/b:c pr", "urn:x:a%20b:c pr", "http://example.com/x:c pr"} {
			if _, err := scim.ParseFilter(f); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
	})
	t.Run("B17 the URI of an extension is cut in two", func(t *testing.T) {
		p, err := scim.ParsePath(enterprise)
		if err != nil {
			t.Fatal(err)
		}
		if ref, err := types["User"].Resolve(p.AttributePath); err != nil || ref.Attribute != nil || ref.Extension != scim.EnterpriseUser() {
			t.Errorf("found %s, %v", ref, err)
		}
	})
	t.Run("B18 what is printed cannot be read", func(t *testing.T) {
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
	})
	t.Run("B19 errors do not say where", func(t *testing.T) {
		_, err := scim.ParseFilter(`userName eq "x" and title regex "y"`)
		checkError(t, err, 400, "invalidFilter", `column 27: expected an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr, found "r"`)
	})
	t.Run("B14 numbers stay as they are written", func(t *testing.T) {
		e, err := scim.ParseFilter("a eq 9223372036854775808.10")
		if err != nil || e.(*scim.AttributeExpression).CompareValue != json.Number("9223372036854775808.10") {
			t.Errorf("%v, %v", e, err)
		}
	})
}
