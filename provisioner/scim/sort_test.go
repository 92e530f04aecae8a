package scim_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
	"pgregory.net/rapid"
)

func TestCompare(t *testing.T) {
	thing := thingType(t)
	for name, ordered := range map[string][]any{
		"name":  {"", "_", "a", "B", "c", "É", nil},
		"code":  {"", "B", "_", "a", "É", nil},
		"count": {json.Number("-1"), json.Number("9"), json.Number("10"), json.Number("9007199254740992"), json.Number("9007199254740993"), "10", nil},
		"at":    {"2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34.05Z", "2011-05-13T04:42:34.3Z", "yesterday", nil},
		"flag":  {false, true, nil},
		"data":  {"AA", "aa", nil},
		"link":  {"urn:A", "urn:a", nil},
	} {
		a := thing.Attribute(name)
		for i, x := range ordered {
			for j, y := range ordered {
				if got, want := scim.Compare(a, x, y), sign(i-j); got != want {
					t.Errorf("%s: %v against %v is %d, want %d", name, x, y, got, want)
				}
			}
		}
	}
	if scim.Compare(thing.Attribute("name"), "ABC", "abc") != 0 || scim.Compare(thing.Attribute("at"), "2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34") != 0 {
		t.Error("values that are equal by their type are told apart")
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// TestCompareIsATotalOrder draws values of any kind for attributes of any type.
func TestCompareIsATotalOrder(t *testing.T) {
	thing := thingType(t)
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.SampledFrom([]string{"2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34Z", "2011-05-13T04:42:34.3Z", "a", "A", "b"}), func(s string) any { return s }),
		rapid.Map(rapid.SampledFrom([]json.Number{"1", "1.0", "-2", "1e3", "999"}), func(n json.Number) any { return n }),
		rapid.Just[any](scim.NewObject()), rapid.Just[any]([]any{"x"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		a := thing.Attribute(rapid.SampledFrom([]string{"name", "code", "count", "ratio", "at", "flag", "data", "box"}).Draw(t, "attribute"))
		values := rapid.SliceOfN(value, 3, 12).Draw(t, "values")
		slices.SortStableFunc(values, func(x, y any) int { return scim.Compare(a, x, y) })
		for i, x := range values {
			for j, y := range values {
				got := scim.Compare(a, x, y)
				if got != -scim.Compare(a, y, x) || i < j && got > 0 || i > j && got < 0 || i == j && got != 0 {
					t.Fatalf("%s: %#v at %d against %#v at %d is %d", a.Name, x, i, y, j, got)
				}
			}
		}
	})
}

func TestSortValue(t *testing.T) {
	user := object(t, `{"userName": "u", "name": {"familyName": "F"}, "emails": [{"value": "a"}, {"value": "b", "primary": true}], "phoneNumbers": [{"value": "1"}, {"value": "2"}], "ims": [],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "m"}}}`)
	for path, want := range map[string]any{
		"userName": "u", "name.familyName": "F", "name.givenName": nil, "emails": "b", "emails.value": "b", "emails.type": nil, "phoneNumbers.value": "1", "ims.value": nil, "title": nil,
		scim.EnterpriseUserSchema + ":manager": "m", scim.EnterpriseUserSchema + ":department": nil,
	} {
		p, err := scim.ParseAttributePath(path)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := scim.UserType().Resolve(p)
		if err != nil {
			t.Fatal(err)
		}
		sorted, ok := ref.SortRef()
		if !ok || sorted.SortValue(user) != want {
			t.Errorf("%s: %v, %v, want %v", path, sorted.SortValue(user), ok, want)
		}
	}
	for _, path := range []string{"name", "addresses", scim.EnterpriseUserSchema} {
		p, err := scim.ParseAttributePath(path)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := scim.UserType().Resolve(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ref.SortRef(); ok {
			t.Errorf("%s can be sorted by", path)
		}
	}
	counts := scim.Ref{Attribute: thingType(t).Attribute("counts")}
	if got := counts.SortValue(object(t, `{"counts": [3, 1]}`)); got != json.Number("3") {
		t.Errorf("the first of several numbers: %v", got)
	}
}
