package scim

import (
	"encoding/json"
	"strings"

	filter "github.com/scim2/filter-parser/v2"
)

// A Matcher reports whether a resource, or an element of a multi-valued attribute,
// fits a filter. It allocates nothing, save for text that has to be composed, and
// may be used from any number of goroutines.
type Matcher func(*Object) bool

// A PackedMatcher is a [Matcher] for resources that a [Packing] keeps.
type PackedMatcher func(Packed) bool

// CompileFilter turns a filter into a matcher for resources of the type (RFC 7644
// section 3.4.2.2). Values are compared by the attribute's type: strings by its
// caseExact, numbers exactly, dates as instants. A comparison with a multi-valued
// attribute holds if it does for any element; brackets bind one element. "ne"
// holds for an attribute without a value; "eq null" means the same as not pr.
//
// The error is an [Error]: invalidFilter for an attribute that does not exist, or
// an operator or value that does not go with its type, and 403 sensitive for an
// attribute that is never returned, since answering would reveal it.
func (rt *ResourceType) CompileFilter(e Expression) (Matcher, error) {
	return compiler[*Object]{resolve: rt.Resolve}.compile(e)
}

// CompilePacked is [ResourceType.CompileFilter] for packed resources of the type.
func (rt *ResourceType) CompilePacked(e Expression) (PackedMatcher, error) {
	return compiler[Packed]{resolve: rt.Resolve}.compile(e)
}

// CompileValueFilter turns the filter in the brackets of a value path into a
// matcher for elements of the complex attribute. The error is as of
// [ResourceType.CompileFilter].
func CompileValueFilter(a *Attribute, e Expression) (Matcher, error) {
	return elementCompiler[*Object](a).compile(e)
}

func elementCompiler[H holder[H]](a *Attribute) compiler[H] {
	return compiler[H]{inside: a, resolve: func(p AttributePath) (Ref, error) {
		sub := a.SubAttribute(p.AttributeName)
		if p.URIPrefix != nil || p.SubAttribute != nil || sub == nil {
			return Ref{}, InvalidPath("%q has no sub-attribute %q", a.Path(), FormatAttributePath(p))
		}
		return Ref{Attribute: sub}, nil
	}}
}

// A holder is what filters are tested on: an object in one form or another.
type holder[H any] interface {
	// any reports whether a test holds for any value at a reference. An attribute
	// without values is tested as one that is absent.
	any(Ref, valueTest) bool
	// anyElement reports whether any element of a complex attribute fits.
	anyElement(Ref, func(H) bool) bool
	// present reports whether there is a value in the sense of the operator "pr".
	present(Ref) bool
}

// A compiler turns expressions into closures. All that can be known beforehand,
// such as the folded form of a string, is worked out here and not per resource.
type compiler[H holder[H]] struct {
	resolve func(AttributePath) (Ref, error)
	inside  *Attribute // the attribute whose elements are tested, or nil
}

func (c compiler[H]) compile(e Expression) (func(H) bool, error) {
	switch e := e.(type) {
	case *LogicalExpression:
		left, err := c.compile(e.Left)
		if err != nil {
			return nil, err
		}
		right, err := c.compile(e.Right)
		if err != nil {
			return nil, err
		}
		if e.Operator == filter.AND {
			return func(h H) bool { return left(h) && right(h) }, nil
		}
		return func(h H) bool { return left(h) || right(h) }, nil
	case *NotExpression:
		inner, err := c.compile(e.Expression)
		if err != nil {
			return nil, err
		}
		return func(h H) bool { return !inner(h) }, nil
	case *ValuePath:
		return c.valuePath(e)
	case *AttributeExpression:
		return c.comparison(e)
	default:
		return nil, InvalidFilter("the filter is empty")
	}
}

func (c compiler[H]) valuePath(e *ValuePath) (func(H) bool, error) {
	ref, err := c.find(e.AttributePath)
	if err != nil {
		return nil, err
	}
	if ref.Target().Type != TypeComplex || ref.Sub != nil || c.inside != nil {
		return nil, InvalidFilter("%q is not a complex attribute: it takes no filter in brackets", ref)
	}
	element, err := elementCompiler[H](ref.Attribute).compile(e.ValueFilter)
	if err != nil {
		return nil, err
	}
	return func(h H) bool { return h.anyElement(ref, element) }, nil
}

// find resolves a path. What is an invalid path elsewhere is an invalid filter
// here.
func (c compiler[H]) find(p AttributePath) (Ref, error) {
	ref, err := c.resolve(p)
	if err != nil {
		return Ref{}, InvalidFilter("%s", detailOf(err))
	}
	if ref.Attribute == nil {
		return Ref{}, InvalidFilter("%q is a schema, not an attribute", FormatAttributePath(p))
	}
	if ref.Attribute.Returned == ReturnedNever || ref.Target().Returned == ReturnedNever {
		return Ref{}, Sensitive("%q is never returned, so it cannot be searched", ref)
	}
	return ref, nil
}

func (c compiler[H]) comparison(e *AttributeExpression) (func(H) bool, error) {
	ref, err := c.find(e.AttributePath)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Operator == filter.PR, e.CompareValue == nil && e.Operator == filter.NE:
		return func(h H) bool { return h.present(ref) }, nil
	case e.CompareValue == nil && e.Operator == filter.EQ:
		return func(h H) bool { return !h.present(ref) }, nil
	case e.CompareValue == nil:
		return nil, InvalidFilter("%q: null is compared with eq or ne, not with %s", ref, e.Operator)
	}
	if a := ref.Target(); a.Type == TypeComplex {
		// A multi-valued complex attribute stands for its values: emails co "x", as
		// an example of RFC 7644 section 3.4.2.2 has it.
		value := a.SubAttribute("value")
		if !a.MultiValued || value == nil || ref.Sub != nil {
			return nil, InvalidFilter("%q is complex: compare one of its sub-attributes, such as %s.%s", ref, ref, firstName(a.Sub))
		}
		ref.Sub = value
	}
	if ref.Sub != nil && ref.Sub.Returned == ReturnedNever {
		return nil, Sensitive("%q is never returned, so it cannot be searched", ref)
	}
	test, err := newValueTest(ref, e.Operator, e.CompareValue)
	if err != nil {
		return nil, err
	}
	return func(h H) bool { return h.any(ref, test) }, nil
}

func firstName(subs []*Attribute) string {
	if len(subs) == 0 {
		return "value"
	}
	return subs[0].Name
}

// newValueTest returns the test of one value against a literal that is not null.
func newValueTest(ref Ref, op CompareOperator, literal any) (valueTest, error) {
	a := ref.Target()
	switch a.Type {
	case TypeBoolean:
		want, ok := literal.(bool)
		if !ok {
			return nil, mismatch(ref, "true or false")
		}
		switch op {
		case filter.EQ:
			return func(v scalar) bool { return v == truth(want) }, nil
		case filter.NE:
			return func(v scalar) bool { return v != truth(want) }, nil
		}
		return nil, unfit(ref, op)
	case TypeInteger, TypeDecimal:
		want, ok := numberLiteral(literal)
		if !ok {
			return nil, mismatch(ref, "a number")
		}
		return orderTest(ref, op, func(v scalar) (int, bool) {
			return CompareNumbers(json.Number(v.text), want), v.kind == scalarNumber
		})
	}
	want, ok := literal.(string)
	if !ok {
		return nil, mismatch(ref, "a string in double quotes")
	}
	switch op {
	case filter.CO, filter.SW, filter.EW:
		return substringTest(op, want, a.CaseExact), nil
	}
	if a.Type == TypeDateTime {
		want, ok := parseInstant(want)
		if !ok {
			return nil, mismatch(ref, `a date and time such as "2026-01-02T15:04:05Z"`)
		}
		return orderTest(ref, op, func(v scalar) (int, bool) {
			t, ok := parseInstant(v.text)
			return t.compare(want), ok && v.kind == scalarString
		})
	}
	if a.Type == TypeBinary && op != filter.EQ && op != filter.NE {
		return nil, unfit(ref, op)
	}
	return stringTest(ref, op, want)
}

func mismatch(ref Ref, kind string) error {
	return InvalidFilter("%q is of type %s: compare it with %s", ref, ref.Target().Type, kind)
}

func unfit(ref Ref, op CompareOperator) error {
	return InvalidFilter("%q is of type %s: the operator %s does not apply to it", ref, ref.Target().Type, op)
}

// numberLiteral accepts the numbers of expressions that other parsers made.
func numberLiteral(v any) (json.Number, bool) {
	switch v.(type) {
	case json.Number, int, int64, float64:
		n, ok := rich(v).(json.Number)
		return n, ok
	}
	return "", false
}

// orderTest makes a test of a comparison that returns less, equal or greater, and
// whether there is a value to compare.
func orderTest(ref Ref, op CompareOperator, compare func(scalar) (int, bool)) (valueTest, error) {
	switch op {
	case filter.EQ:
		return func(v scalar) bool { c, ok := compare(v); return ok && c == 0 }, nil
	case filter.NE:
		return func(v scalar) bool { c, ok := compare(v); return !ok || c != 0 }, nil
	case filter.GT:
		return func(v scalar) bool { c, ok := compare(v); return ok && c > 0 }, nil
	case filter.GE:
		return func(v scalar) bool { c, ok := compare(v); return ok && c >= 0 }, nil
	case filter.LT:
		return func(v scalar) bool { c, ok := compare(v); return ok && c < 0 }, nil
	case filter.LE:
		return func(v scalar) bool { c, ok := compare(v); return ok && c <= 0 }, nil
	default:
		return nil, unfit(ref, op)
	}
}

func stringTest(ref Ref, op CompareOperator, want string) (valueTest, error) {
	exact := ref.Target().CaseExact
	if exact {
		want = Compose(want)
	}
	folded := newFoldedText(want)
	switch {
	case op == filter.EQ && exact:
		return func(v scalar) bool { return v.kind == scalarString && Compose(v.text) == want }, nil
	case op == filter.EQ:
		return func(v scalar) bool { return v.kind == scalarString && folded.equals(v.text) }, nil
	case op == filter.NE && exact:
		return func(v scalar) bool { return v.kind != scalarString || Compose(v.text) != want }, nil
	case op == filter.NE:
		return func(v scalar) bool { return v.kind != scalarString || !folded.equals(v.text) }, nil
	case exact:
		return orderTest(ref, op, func(v scalar) (int, bool) {
			return strings.Compare(Compose(v.text), want), v.kind == scalarString
		})
	}
	return orderTest(ref, op, func(v scalar) (int, bool) {
		return compareFold(prepare(v.text), folded.text), v.kind == scalarString
	})
}

func substringTest(op CompareOperator, want string, exact bool) valueTest {
	if exact {
		want = Compose(want)
	}
	folded := newFoldedText(want)
	switch {
	case op == filter.CO && exact:
		return func(v scalar) bool { return v.kind == scalarString && strings.Contains(Compose(v.text), want) }
	case op == filter.CO:
		return func(v scalar) bool { return v.kind == scalarString && folded.in(v.text) }
	case op == filter.SW && exact:
		return func(v scalar) bool { return v.kind == scalarString && strings.HasPrefix(Compose(v.text), want) }
	case op == filter.SW:
		return func(v scalar) bool { return v.kind == scalarString && folded.prefixOf(v.text) }
	case exact:
		return func(v scalar) bool { return v.kind == scalarString && strings.HasSuffix(Compose(v.text), want) }
	default:
		return func(v scalar) bool { return v.kind == scalarString && folded.suffixOf(v.text) }
	}
}
