package scim_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

type matchVector struct {
	Type, Filter, Error, Detail, Ref string
	Matches                          []string
}

func TestMatchVectors(t *testing.T) {
	var vectors []matchVector
	load(t, "filter/match.json", &vectors)
	var resources map[string]map[string]*scim.Object
	load(t, "filter/resources.json", &resources)
	types := types(t)
	for _, v := range vectors {
		t.Run(v.Filter, func(t *testing.T) {
			e, err := scim.ParseFilter(v.Filter)
			if err != nil {
				t.Fatal(err)
			}
			matches, err := types[v.Type].CompileFilter(e)
			if v.Error != "" {
				checkError(t, err, statusOf(v.Error), v.Error, v.Detail)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			matchesPacked, err := types[v.Type].CompilePacked(e)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, name := range slices.Sorted(maps.Keys(resources[v.Type])) {
				fits := matches(resources[v.Type][name])
				if fits {
					got = append(got, name)
				}
				if matchesPacked(packed(types[v.Type], resources[v.Type][name])) != fits {
					t.Errorf("%s matches: %v, packed it does not agree", name, fits)
				}
			}
			slices.Sort(v.Matches)
			if !slices.Equal(got, v.Matches) {
				t.Errorf("matches %v, want %v", got, v.Matches)
			}
			checkEqualities(t, types[v.Type], e, resources[v.Type], got)
		})
	}
}

// checkEqualities wants every match to satisfy the comparisons an index would use.
func checkEqualities(t *testing.T, rt *scim.ResourceType, e scim.Expression, resources map[string]*scim.Object, matched []string) {
	t.Helper()
	for _, equality := range rt.Equalities(e) {
		for _, name := range matched {
			found := false
			values, many := equality.Ref.Value(resources[name]).([]any)
			if !many {
				values = []any{equality.Ref.Value(resources[name])}
			}
			for _, v := range values {
				s, ok := v.(string)
				found = found || ok && (s == equality.Value || !equality.Ref.Target().CaseExact && scim.Fold(s) == scim.Fold(equality.Value))
			}
			if !found {
				t.Errorf("%s matches without %s being %q", name, equality.Ref, equality.Value)
			}
		}
	}
}

func TestEqualities(t *testing.T) {
	for filter, want := range map[string]string{
		`userName eq "a"`:                                    "userName=a",
		`userName eq "a" and title pr`:                       "userName=a",
		`(id eq "1" and userName eq "a") and active eq true`: "id=1 userName=a",
		`userName eq "a" or id eq "1"`:                       "",
		`not (userName eq "a")`:                              "",
		`userName ne "a"`:                                    "",
		`emails eq "a"`:                                      "emails.value=a",
		`emails.value eq "a"`:                                "emails.value=a",
		`emails[type eq "work" and value eq "a"]`:            "emails.type=work emails.value=a",
		`emails[type eq "work" or value eq "a"]`:             "",
		`meta.created eq "2026-01-01T00:00:00Z"`:             "",
		`active eq true`:                                     "",
		scim.EnterpriseUserSchema + `:employeeNumber eq "7"`: scim.EnterpriseUserSchema + ":employeeNumber=7",
	} {
		e, err := scim.ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, q := range scim.UserType().Equalities(e) {
			got = append(got, q.Ref.String()+"="+q.Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
}

func TestSensitiveRef(t *testing.T) {
	types := types(t)
	for _, tt := range []struct{ typ, filter, want string }{
		{"User", `userName eq "a"`, ""},
		{"User", `password eq "a"`, "password"},
		{"User", `userName eq "a" and not (PASSWORD pr)`, "password"},
		{"User", scim.UserSchema + `:password eq "a"`, "password"},
		{"User", `nosuch eq "a"`, ""},
		{"Thing", `name pr or parts[value eq "1" and pin eq "2"]`, "parts.pin"},
		{"Thing", `parts.pin eq "2"`, "parts.pin"},
		{"Thing", `parts[value eq "1"]`, ""},
	} {
		e, err := scim.ParseFilter(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		ref, found := types[tt.typ].SensitiveRef(e)
		if found != (tt.want != "") || found && ref.String() != tt.want {
			t.Errorf("%s: %v, %v, want %q", tt.filter, ref, found, tt.want)
		}
	}
}

// TestMatchersOfOtherParsers compiles expressions whose numbers are Go numbers, as
// scim2/filter-parser makes them.
func TestMatchersOfOtherParsers(t *testing.T) {
	thing := object(t, `{"count": 5, "ratio": 1.5}`)
	for _, e := range []*scim.AttributeExpression{
		{AttributePath: scim.AttributePath{AttributeName: "count"}, Operator: "eq", CompareValue: 5},
		{AttributePath: scim.AttributePath{AttributeName: "count"}, Operator: "lt", CompareValue: int64(6)},
		{AttributePath: scim.AttributePath{AttributeName: "ratio"}, Operator: "eq", CompareValue: 1.5},
	} {
		matches, err := thingType(t).CompileFilter(e)
		if err != nil || !matches(thing) {
			t.Errorf("%s: %v", scim.FormatFilter(e), err)
		}
	}
	_, err := thingType(t).CompileFilter(nil)
	checkError(t, err, 400, "invalidFilter", "empty")
}

// TestMatcherAllocates keeps scans of a million resources free of garbage.
func TestMatcherAllocates(t *testing.T) {
	user := object(t, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "BJensen", "name": {"familyName": "O'Mallé"},
		"emails": [{"value": "a@x.org", "type": "work"}], "meta": {"created": "2026-01-01T00:00:00.5+01:00"}, "active": true}`)
	for _, filter := range []string{
		`userName eq "bjensen"`, `userName ne "bjensen"`, `userName co "JENS"`, `userName sw "bj"`, `userName ew "SEN"`, `userName gt "a"`,
		`name.familyName co "mall"`, `name.familyName ew "LÉ"`, `emails.value eq "A@x.org"`, `emails[type eq "work" and value co "@X"]`,
		`meta.created gt "2025-01-01T00:00:00Z"`, `active eq true`, `title pr`, `not (title pr) and emails pr`,
		scim.EnterpriseUserSchema + `:employeeNumber eq "x"`,
	} {
		e, err := scim.ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		matches, err := scim.UserType().CompileFilter(e)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { matches(user) }); n != 0 {
			t.Errorf("%s: %v allocations for each resource", filter, n)
		}
	}
}
