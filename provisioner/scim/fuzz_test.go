package scim_test

import (
	"encoding/json"
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

// The ways in which the two parsers may differ over an input.
type difference int

const (
	oursAlone   difference = iota // we read what they refuse
	theirsAlone                   // they read what we refuse
	otherwise                     // both read it, and not the same
)

// The known differences between the two parsers. Each says for which inputs it
// applies and in which way; a difference that none explains is a bug of ours.
var knownDifferences = []struct {
	name string
	way  difference
	is   func(s string) bool
	// A filter that shows it, so that one that goes away there goes from this list.
	example string
}{
	{"spaces around a filter are passed over", oursAlone, func(s string) bool { return strings.Trim(s, " ") != s }, ` a pr`},
	{"a name may hold a dollar sign", oursAlone, regexp.MustCompile(`\$`).MatchString, `a$ pr`},
	{"$ref is the one name that begins with a dollar sign", theirsAlone, regexp.MustCompile(`\$`).MatchString, `$x pr`},
	{"B13: small hexadecimal digits are digits", oursAlone, regexp.MustCompile(`\\u[0-9A-Fa-f]{0,3}[a-f]`).MatchString, `a eq "\u00e9"`},
	{"B15: brackets hold any logical expression", oursAlone, regexp.MustCompile(`\[`).MatchString, `a[b pr and c pr and d pr]`},
	{"B16: a URI has other characters, and empty parts", oursAlone, regexp.MustCompile(`:`).MatchString, `urn:x:a_b:c pr`},
	{"in brackets, \"and\" and \"or\" stand between spaces", theirsAlone, regexp.MustCompile(`(?i)\[.*(\S(and|or)|(and|or)\S)`).MatchString, `a[b eq 0andc eq 0]`},
	{"half a surrogate pair is refused", theirsAlone, regexp.MustCompile(`(?i)\\ud[89a-f]`).MatchString, `a eq "\uD800"`},
	{"what is not UTF-8 is refused", theirsAlone, func(s string) bool { return !utf8.ValidString(s) }, "a eq \"\xff\""},
	{"B1: nesting and length are bounded", theirsAlone, func(s string) bool {
		return strings.Count(s, "(") > scim.MaxFilterDepth || len(s) > scim.MaxFilterLength
	},
		strings.Repeat("(", scim.MaxFilterDepth+1) + "a pr" + strings.Repeat(")", scim.MaxFilterDepth+1)},
}

func explained(s string, way difference) bool {
	for _, d := range knownDifferences {
		if d.way == way && d.is(s) {
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
		switch way, differ := compared(ours, err, theirs, ok); {
		case !differ || explained(s, way):
		case way == otherwise:
			t.Errorf("%q: we read %s, they %s", s, scim.FormatFilter(ours), scim.FormatFilter(theirs))
		default:
			t.Errorf("%q: we say %v, they accept it: %v", s, err, ok)
		}
	})
}

// compared tells whether the two parsers differ over a filter, and how.
func compared(ours scim.Expression, err error, theirs scim.Expression, ok bool) (way difference, differ bool) {
	switch {
	case err == nil && !ok:
		return oursAlone, true
	case err != nil && ok:
		return theirsAlone, true
	default:
		return otherwise, err == nil && !same(ours, theirs)
	}
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

// TestKnownDifferences shows that each difference is there.
func TestKnownDifferences(t *testing.T) {
	for _, d := range knownDifferences {
		ours, err := scim.ParseFilter(d.example)
		theirs, ok := oracle(d.example)
		if way, differ := compared(ours, err, theirs, ok); !differ || way != d.way {
			t.Errorf("%s: %s: we say %v, they accept it: %v", d.name, d.example, err, ok)
		}
		if !d.is(d.example) {
			t.Errorf("%s does not explain %s", d.name, d.example)
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

// FuzzSchema reads a schema, prints it and reads it again.
func FuzzSchema(f *testing.F) {
	for _, s := range append(scim.DiscoverySchemas(), scim.User(), scim.Group(), scim.EnterpriseUser(), thingType(f).Schema) {
		f.Add(s.Object().AppendJSON(nil))
	}
	f.Add([]byte(`{"id": "urn:x", "attributes": [{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "canonicalValues": ["c"]}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scim.ParseSchema(data)
		if err != nil {
			checkError(t, err, 400, string(err.(scim.Error).ScimType), "")
			return
		}
		again, err := scim.ParseSchema(s.Object().AppendJSON(nil))
		if err != nil || text(again.Object()) != text(s.Object()) {
			t.Fatalf("%s\nis read again as\n%v (%v)", text(s.Object()), again, err)
		}
	})
}
