package scim_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/permiso/scimwright/provisioner/scim"
	filter "github.com/scim2/filter-parser/v2"
)

// oracle reads a filter with scim2/filter-parser and brings the outcome into our
// form. ok is false where it refuses.
func oracle(s string) (e scim.Expression, ok bool) {
	e, err := filter.ParseFilterNumber([]byte(s))
	if err != nil {
		return nil, false
	}
	return decoded(e), true
}

// decoded is B13 put right: that parser leaves the escapes of strings as they are.
func decoded(e scim.Expression) scim.Expression {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		return &scim.LogicalExpression{Left: decoded(e.Left), Right: decoded(e.Right), Operator: e.Operator}
	case *scim.NotExpression:
		return &scim.NotExpression{Expression: decoded(e.Expression)}
	case *scim.ValuePath:
		return &scim.ValuePath{AttributePath: e.AttributePath, ValueFilter: decoded(e.ValueFilter)}
	case *scim.AttributeExpression:
		if raw, ok := e.CompareValue.(string); ok {
			c := *e
			var s string
			if json.Unmarshal([]byte(`"`+raw+`"`), &s) == nil {
				c.CompareValue = s
			}
			return &c
		}
	}
	return e
}

// The known differences between the two parsers. Each says for which inputs it
// applies; a difference that none explains is a bug of ours.
var knownDifferences = []struct {
	name string
	is   func(s string) bool
}{
	{"spaces around a filter are passed over", func(s string) bool { return strings.Trim(s, " ") != s }},
	{"B13: small hexadecimal digits are digits", func(s string) bool { return regexp.MustCompile(`\\u[0-9A-Fa-f]{0,3}[a-f]`).MatchString(s) }},
	{"half a surrogate pair is refused", func(s string) bool { return regexp.MustCompile(`(?i)\\ud[89a-f]`).MatchString(s) }},
	{"what is not UTF-8 is refused", func(s string) bool { return !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) }},
	{"B15: brackets hold any logical expression", func(s string) bool { return strings.Contains(s, "[") }},
	{"B16: a URI has other characters, and empty parts", func(s string) bool { return regexp.MustCompile(`[^\s()\[\]"]*:[^\s()\[\]"]*`).MatchString(s) }},
	{"a name may hold a dollar sign", func(s string) bool { return strings.Contains(s, "$") }},
	{"B1: nesting and length are bounded", func(s string) bool { return strings.Count(s, "(") > 32 || len(s) > scim.MaxFilterLength }},
}

func explained(s string) bool {
	for _, d := range knownDifferences {
		if d.is(s) {
			return true
		}
	}
	return false
}

func addFilters(f *testing.F) {
	var vectors []parseVector
	load(f, "filter/parse.json", &vectors)
	for _, v := range vectors {
		f.Add(v.Filter)
	}
}

// FuzzFilterAgainstOracle compares our parser with scim2/filter-parser, which
// takes the grammar of RFC 7644 at its word.
func FuzzFilterAgainstOracle(f *testing.F) {
	addFilters(f)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 400 || strings.Count(s, "(")+strings.Count(s, "[") > 40 {
			return // that parser takes long, and much stack
		}
		ours, err := scim.ParseFilter(s)
		theirs, ok := oracle(s)
		switch {
		case err == nil && ok:
			if !same(ours, theirs) && !explained(s) {
				t.Errorf("%q: we read %s, they %s", s, scim.FormatFilter(ours), scim.FormatFilter(theirs))
			}
		case (err == nil) != ok && !explained(s):
			t.Errorf("%q: we say %v, they accept it: %v", s, err, ok)
		}
	})
}

// same compares expressions, numbers by value: that parser spells them anew.
func same(a, b scim.Expression) bool {
	switch a := a.(type) {
	case *scim.LogicalExpression:
		b, ok := b.(*scim.LogicalExpression)
		return ok && a.Operator == b.Operator && same(a.Left, b.Left) && same(a.Right, b.Right)
	case *scim.NotExpression:
		b, ok := b.(*scim.NotExpression)
		return ok && same(a.Expression, b.Expression)
	case *scim.ValuePath:
		b, ok := b.(*scim.ValuePath)
		return ok && reflect.DeepEqual(a.AttributePath, b.AttributePath) && same(a.ValueFilter, b.ValueFilter)
	case *scim.AttributeExpression:
		b, ok := b.(*scim.AttributeExpression)
		return ok && reflect.DeepEqual(a.AttributePath, b.AttributePath) && a.Operator == b.Operator && scim.Equal(a.CompareValue, b.CompareValue)
	}
	return false
}

// TestKnownDifferences shows that each difference is there: one that goes away
// upstream should go from the list.
func TestKnownDifferences(t *testing.T) {
	for name, tt := range map[string]struct {
		filter string
		ours   bool
	}{
		"spaces around a filter are passed over":           {` a pr`, true},
		"B13: small hexadecimal digits are digits":         {`a eq "\u00e9"`, true},
		"half a surrogate pair is refused":                 {`a eq "\uD800"`, false},
		"what is not UTF-8 is refused":                     {"a eq \"\xff\"", false},
		"B15: brackets hold any logical expression":        {`a[b pr and c pr and d pr]`, true},
		"B16: a URI has other characters, and empty parts": {`urn:x:a_b:c pr`, true},
		"a name may hold a dollar sign":                    {`a$ pr`, true},
	} {
		_, err := scim.ParseFilter(tt.filter)
		if _, theirs := oracle(tt.filter); (err == nil) != tt.ours || theirs == tt.ours {
			t.Errorf("%s: %s: we say %v, they accept it: %v", name, tt.filter, err, theirs)
		}
		if !explained(tt.filter) {
			t.Errorf("%s: %s is not explained", name, tt.filter)
		}
	}
}

// FuzzFilter reads, prints, reads again, compiles and evaluates.
func FuzzFilter(f *testing.F) {
	addFilters(f)
	var matches []matchVector
	load(f, "filter/match.json", &matches)
	for _, v := range matches {
		f.Add(v.Filter)
	}
	var resources map[string]map[string]*scim.Object
	load(f, "filter/resources.json", &resources)
	types := types(f)
	f.Fuzz(func(t *testing.T, s string) {
		e, err := scim.ParseFilter(s)
		if err != nil {
			checkError(t, err, 400, "invalidFilter", "")
			return
		}
		printed := scim.FormatFilter(e)
		again, err := scim.ParseFilter(printed)
		if len(printed) <= scim.MaxFilterLength && (err != nil || !reflect.DeepEqual(again, e)) {
			t.Fatalf("%q printed is %q: %v", s, printed, err)
		}
		for name, rt := range types {
			m, err := rt.CompileFilter(e)
			mp, errPacked := rt.CompilePacked(e)
			if fmt.Sprint(err) != fmt.Sprint(errPacked) {
				t.Fatalf("%q: %v, but packed %v", s, err, errPacked)
			}
			_, secret := rt.SensitiveRef(e)
			if secret && err == nil {
				t.Fatalf("%q compiles, and reveals what is never returned", s)
			}
			negated, err2 := rt.CompileFilter(&scim.NotExpression{Expression: e})
			if (err == nil) != (err2 == nil) {
				t.Fatalf("%q: %v, negated %v", s, err, err2)
			}
			for _, r := range resources[name] {
				if err == nil && m(r) == negated(r) {
					t.Fatalf("%q and its negation agree on %s", s, text(r))
				}
				if err == nil && m(r) != mp(packed(rt, r)) {
					t.Fatalf("%q: %v, but packed not, of %s", s, m(r), text(r))
				}
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	var vectors []parseVector
	load(f, "path/parse.json", &vectors)
	for _, v := range vectors {
		f.Add(v.Path)
	}
	types := types(f)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := scim.ParsePath(s)
		if err != nil {
			checkError(t, err, 400, "invalidPath", "")
			return
		}
		printed := scim.FormatPath(p)
		again, err := scim.ParsePath(printed)
		if len(printed) <= scim.MaxFilterLength && (err != nil || !reflect.DeepEqual(again, p)) {
			t.Fatalf("%q printed is %q: %v", s, printed, err)
		}
		for _, rt := range types {
			if ref, err := rt.Resolve(p.AttributePath); err == nil && ref.Attribute != nil {
				found, err := scim.ParseAttributePath(ref.String())
				if err != nil {
					t.Fatal(err)
				}
				if again, err := rt.Resolve(found); err != nil || again != ref {
					t.Fatalf("%q is %s, which is %s (%v)", s, ref, again, err)
				}
			}
		}
	})
}

// FuzzPatch applies any body to any base: it fails with a SCIM error, or leaves a
// resource that is valid, and the base is as it was.
func FuzzPatch(f *testing.F) {
	bases, vectors := loadPatches(f)
	for _, v := range vectors {
		f.Add(v.Base, []byte(v.Operations))
	}
	types := types(f)
	f.Fuzz(func(t *testing.T, name string, operations []byte) {
		base, ok := bases[name]
		if !ok {
			return
		}
		body, err := scim.ParseObject([]byte(`{"schemas":["` + scim.PatchOpSchema + `"],"Operations":` + string(operations) + `}`))
		if err != nil {
			return
		}
		before := text(base.Resource)
		p, err := scim.ParsePatch(body)
		if err != nil {
			checkError(t, err, 400, string(err.(scim.Error).ScimType), "")
			return
		}
		next, changed, err := types[base.Type].Apply(p, base.Resource)
		if text(base.Resource) != before {
			t.Fatal("the resource was changed in place")
		}
		if err != nil {
			e := err.(scim.Error)
			if e.ScimType == "" || e.Detail == "" {
				t.Fatalf("an error without keyword or detail: %v", e)
			}
			return
		}
		if changed == scim.Equal(next, base.Resource) {
			t.Fatalf("changed is %v for %s", changed, text(next))
		}
		valid, err := types[base.Type].Validate(next, next)
		if err != nil {
			t.Fatalf("an invalid resource is left: %v\n%s", err, text(next))
		}
		if !scim.Equal(valid, next) {
			t.Fatalf("validation changes the outcome\n%s\nto\n%s", text(next), text(valid))
		}
	})
}
