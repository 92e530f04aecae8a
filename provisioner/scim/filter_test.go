package scim_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
	"pgregory.net/rapid"
)

type parseVector struct {
	Filter, Path, Want, Error, Ref string
	Column                         int
}

// at returns what a message says of a column, "" for none.
func (v parseVector) at() string {
	if v.Column == 0 {
		return ""
	}
	return "column " + strconv.Itoa(v.Column) + ":"
}

func TestParseFilterVectors(t *testing.T) {
	var vectors []parseVector
	load(t, "filter/parse.json", &vectors)
	for _, v := range vectors {
		t.Run(v.Filter, func(t *testing.T) {
			e, err := scim.ParseFilter(v.Filter)
			if v.Error != "" {
				checkError(t, err, 400, "invalidFilter", v.Error)
				checkError(t, err, 400, "invalidFilter", v.at())
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := scim.FormatFilter(e); got != v.Want {
				t.Errorf("printed %s, want %s", got, v.Want)
			}
			again, err := scim.ParseFilter(scim.FormatFilter(e))
			if err != nil || !reflect.DeepEqual(again, e) {
				t.Errorf("printed and read again: %#v (%v), want %#v", again, err, e)
			}
		})
	}
}

func TestParseFilterTree(t *testing.T) {
	e, err := scim.ParseFilter(`a eq "x" or not (urn:x:y:b.c gt -1.50) and d[e pr]`)
	if err != nil {
		t.Fatal(err)
	}
	uri, sub := "urn:x:y", "c"
	want := &scim.LogicalExpression{
		Left: &scim.AttributeExpression{AttributePath: scim.AttributePath{AttributeName: "a"}, Operator: "eq", CompareValue: "x"},
		Right: &scim.LogicalExpression{
			Left: &scim.NotExpression{Expression: &scim.AttributeExpression{
				AttributePath: scim.AttributePath{URIPrefix: &uri, AttributeName: "b", SubAttribute: &sub}, Operator: "gt", CompareValue: json.Number("-1.50"),
			}},
			Right: &scim.ValuePath{
				AttributePath: scim.AttributePath{AttributeName: "d"},
				ValueFilter:   &scim.AttributeExpression{AttributePath: scim.AttributePath{AttributeName: "e"}, Operator: "pr"},
			},
			Operator: "and",
		},
		Operator: "or",
	}
	if !reflect.DeepEqual(e, scim.Expression(want)) {
		t.Errorf("got %s", scim.FormatFilter(e))
	}
}

// TestHostileFilters gives the parser what would exhaust the stack or the time of
// a careless one.
func TestHostileFilters(t *testing.T) {
	for name, f := range map[string]string{
		"100,000 parentheses":          strings.Repeat("(", 100_000),
		"100,000 closed parentheses":   strings.Repeat("(", 100_000) + "a pr" + strings.Repeat(")", 100_000),
		"100,000 nots":                 strings.Repeat("not (", 100_000),
		"100,000 brackets":             strings.Repeat("a[", 100_000),
		"1 MB of one string":           `a eq "` + strings.Repeat("x", 1<<20) + `"`,
		"1 MB of terms":                strings.Repeat("a pr or ", 1<<17) + "a pr",
		"1 MB of spaces":               strings.Repeat(" ", 1<<20),
		"65 parentheses":               strings.Repeat("(", 65) + "a pr" + strings.Repeat(")", 65),
		"65 nots":                      strings.Repeat("not (", 65) + "a pr" + strings.Repeat(")", 65),
		"64 parentheses, then bracket": strings.Repeat("(", 64) + "a[b pr]" + strings.Repeat(")", 64),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scim.ParseFilter(f)
			checkError(t, err, 400, "invalidFilter", "")
			if len(err.Error()) > 300 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
			_, err = scim.ParsePath("a[" + f + "]")
			checkError(t, err, 400, "invalidPath", "")
		})
	}
	for name, f := range map[string]string{
		"64 parentheses":    strings.Repeat("(", 64) + "a pr" + strings.Repeat(")", 64),
		"1,000 terms":       strings.Repeat("a pr or ", 1000) + "a pr",
		"8 KiB of a string": `a eq "` + strings.Repeat("x", scim.MaxFilterLength-7) + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			e, err := scim.ParseFilter(f)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := scim.ParseFilter(scim.FormatFilter(e)); err != nil || !reflect.DeepEqual(again, e) {
				t.Errorf("does not survive printing: %v", err)
			}
		})
	}
	_, err := scim.ParseFilter("a eq \"\xff\"")
	checkError(t, err, 400, "invalidFilter", "0xFF")
	_, err = scim.ParseFilter("\xff pr")
	checkError(t, err, 400, "invalidFilter", "0xFF")
}

func TestQuoteFilter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		e, err := scim.ParseFilter("a eq " + scim.QuoteFilter(s))
		if err != nil {
			t.Fatal(err)
		}
		if got := e.(*scim.AttributeExpression).CompareValue; got != s {
			t.Fatalf("quoted %s, read as %q", scim.QuoteFilter(s), got)
		}
	})
}

// names are drawn so that they meet the keywords.
func name() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"not", "and", "or", "pr", "eq", "true", "null", "$ref", "userName", "emails", "a"}),
		rapid.StringMatching(`[A-Za-z][A-Za-z0-9$_-]{0,8}`),
	)
}

func attributePath() *rapid.Generator[scim.AttributePath] {
	return rapid.Custom(func(t *rapid.T) scim.AttributePath {
		p := scim.AttributePath{AttributeName: name().Draw(t, "name")}
		if rapid.IntRange(0, 3).Draw(t, "sub?") == 0 {
			sub := name().Draw(t, "sub")
			p.SubAttribute = &sub
		}
		if rapid.IntRange(0, 3).Draw(t, "uri?") == 0 {
			uri := rapid.StringMatching(`(urn|http):[A-Za-z0-9._~%/:+-]{0,20}[A-Za-z0-9]`).Draw(t, "uri")
			p.URIPrefix = &uri
		}
		return p
	})
}

func comparison() *rapid.Generator[scim.Expression] {
	return rapid.Custom(func(t *rapid.T) scim.Expression {
		e := &scim.AttributeExpression{AttributePath: attributePath().Draw(t, "path"), Operator: "pr"}
		if rapid.IntRange(0, 4).Draw(t, "pr?") == 0 {
			return e
		}
		e.Operator = rapid.SampledFrom([]scim.CompareOperator{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}).Draw(t, "op")
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			e.CompareValue = rapid.Bool().Draw(t, "bool")
		case 1:
			e.CompareValue = nil
		case 2:
			e.CompareValue = json.Number(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "number"))
		default:
			e.CompareValue = rapid.String().Draw(t, "string")
		}
		return e
	})
}

// expression draws filters up to a depth; brackets do not nest.
func expression(depth int, brackets bool) *rapid.Generator[scim.Expression] {
	if depth == 0 {
		return comparison()
	}
	return rapid.Custom(func(t *rapid.T) scim.Expression {
		inner := expression(depth-1, brackets)
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0, 1:
			op := rapid.SampledFrom([]string{"and", "or"}).Draw(t, "op")
			e := &scim.LogicalExpression{Left: inner.Draw(t, "left"), Right: inner.Draw(t, "right")}
			if e.Operator = "or"; op == "and" {
				e.Operator = "and"
			}
			return e
		case 2:
			return &scim.NotExpression{Expression: inner.Draw(t, "negated")}
		case 3:
			if brackets {
				return &scim.ValuePath{
					AttributePath: attributePath().Draw(t, "path"),
					ValueFilter:   expression(depth-1, false).Draw(t, "inside"),
				}
			}
		}
		return comparison().Draw(t, "comparison")
	})
}

func TestFilterSurvivesPrinting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := expression(4, true).Draw(t, "e")
		printed := scim.FormatFilter(e)
		if len(printed) > scim.MaxFilterLength {
			return
		}
		again, err := scim.ParseFilter(printed)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%s\nread as %s (%v)", printed, scim.FormatFilter(again), err)
		}
	})
}

func TestPathSurvivesPrinting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := scim.Path{AttributePath: attributePath().Draw(t, "path")}
		if rapid.Bool().Draw(t, "filter?") {
			p.ValueExpression = expression(3, false).Draw(t, "filter")
			if rapid.Bool().Draw(t, "sub?") {
				sub := name().Draw(t, "sub")
				p.SubAttribute = &sub
			}
		}
		printed := scim.FormatPath(p)
		if len(printed) > scim.MaxFilterLength {
			return
		}
		again, err := scim.ParsePath(printed)
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("%s\nread as %s (%v)", printed, scim.FormatPath(again), err)
		}
	})
}

func TestParsePathVectors(t *testing.T) {
	var vectors []parseVector
	load(t, "path/parse.json", &vectors)
	for _, v := range vectors {
		t.Run(v.Path, func(t *testing.T) {
			p, err := scim.ParsePath(v.Path)
			if v.Error != "" {
				checkError(t, err, 400, "invalidPath", v.Error)
				checkError(t, err, 400, "invalidPath", v.at())
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := scim.FormatPath(p); got != v.Want {
				t.Errorf("printed %s, want %s", got, v.Want)
			}
			if again, err := scim.ParsePath(scim.FormatPath(p)); err != nil || !reflect.DeepEqual(again, p) {
				t.Errorf("printed and read again: %#v (%v), want %#v", again, err, p)
			}
			if p.ValueExpression != nil {
				return
			}
			if a, err := scim.ParseAttributePath(v.Path); err != nil || !reflect.DeepEqual(a, p.AttributePath) {
				t.Errorf("as an attribute path: %#v, %v", a, err)
			}
		})
	}
	_, err := scim.ParseAttributePath("emails[type pr]")
	checkError(t, err, 400, "invalidPath", "column 7")
}

func TestResolveVectors(t *testing.T) {
	var vectors []struct{ Type, Path, Want, Error string }
	load(t, "path/resolve.json", &vectors)
	types := types(t)
	for _, v := range vectors {
		t.Run(v.Type+" "+v.Path, func(t *testing.T) {
			p, err := scim.ParseAttributePath(v.Path)
			if err != nil {
				t.Fatal(err)
			}
			ref, err := types[v.Type].Resolve(p)
			if v.Error != "" {
				checkError(t, err, 400, "invalidPath", v.Error)
				return
			}
			if err != nil || ref.String() != v.Want {
				t.Errorf("found %s, %v", ref, err)
			}
		})
	}
}

// TestResolveLongestURI has two extensions of which one's URI is the other's with
// a name behind it.
func TestResolveLongestURI(t *testing.T) {
	schema := func(id string, attribute string) scim.Extension {
		s, err := scim.ParseSchema(fmt.Appendf(nil, `{"id": %q, "attributes": [{"name": %q}]}`, id, attribute))
		if err != nil {
			t.Fatal(err)
		}
		return scim.Extension{Schema: s}
	}
	rt := &scim.ResourceType{Name: "T", Schema: scim.Group(), Extensions: []scim.Extension{schema("urn:x:a", "b"), schema("urn:x:a:b", "c")}}
	for path, want := range map[string]string{"urn:x:a": "urn:x:a", "urn:x:a:b": "urn:x:a:b", "urn:x:a:b:c": "urn:x:a:b:c"} {
		p, err := scim.ParseAttributePath(path)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := rt.Resolve(p)
		if err != nil || ref.String() != want || path != "urn:x:a:b:c" && ref.Attribute != nil {
			t.Errorf("%s is %s, %v", path, ref, err)
		}
	}
}
