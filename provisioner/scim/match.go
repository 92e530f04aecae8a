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
	c := compiler{resolve: rt.Resolve}
	return c.compile(e)
}

// CompileValueFilter turns the filter in the brackets of a value path into a
// matcher for elements of the complex attribute. The error is as of
// [ResourceType.CompileFilter].
func CompileValueFilter(a *Attribute, e Expression) (Matcher, error) {
	c := compiler{inside: a, resolve: func(p AttributePath) (Ref, error) {
		sub := a.SubAttribute(p.AttributeName)
		if p.URIPrefix != nil || p.SubAttribute != nil || sub == nil {
			return Ref{}, InvalidPath("%q has no sub-attribute %q", a.Path(), FormatAttributePath(p))
		}
		return Ref{Attribute: sub}, nil
	}}
	return c.compile(e)
}

// A compiler turns expressions into closures. All that can be known beforehand,
// such as the folded form of a string, is worked out here and not per resource.
type compiler struct {
	resolve func(AttributePath) (Ref, error)
	inside  *Attribute // the attribute whose elements are tested, or nil
}

func (c *compiler) compile(e Expression) (Matcher, error) {
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
			return func(o *Object) bool { return left(o) && right(o) }, nil
		}
		return func(o *Object) bool { return left(o) || right(o) }, nil
	case *NotExpression:
		inner, err := c.compile(e.Expression)
		if err != nil {
			return nil, err
		}
		return func(o *Object) bool { return !inner(o) }, nil
	case *ValuePath:
		return c.valuePath(e)
	case *AttributeExpression:
		return c.comparison(e)
	default:
		return nil, InvalidFilter("the filter is empty")
	}
}

func (c *compiler) valuePath(e *ValuePath) (Matcher, error) {
	ref, err := c.find(e.AttributePath)
	if err != nil {
		return nil, err
	}
	if ref.Target().Type != TypeComplex || ref.Sub != nil || c.inside != nil {
		return nil, InvalidFilter("%q is not a complex attribute: it takes no filter in brackets", ref)
	}
	element, err := CompileValueFilter(ref.Attribute, e.ValueFilter)
	if err != nil {
		return nil, err
	}
	return func(o *Object) bool {
		switch v := ref.attribute(o).(type) {
		case *Object:
			return element(v)
		case []any:
			for i := range v {
				if x, ok := v[i].(*Object); ok && element(x) {
					return true
				}
			}
		}
		return false
	}, nil
}

// find resolves a path. What is an invalid path elsewhere is an invalid filter
// here.
func (c *compiler) find(p AttributePath) (Ref, error) {
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

func (c *compiler) comparison(e *AttributeExpression) (Matcher, error) {
	ref, err := c.find(e.AttributePath)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Operator == filter.PR, e.CompareValue == nil && e.Operator == filter.NE:
		return func(o *Object) bool { return ref.present(o) }, nil
	case e.CompareValue == nil && e.Operator == filter.EQ:
		return func(o *Object) bool { return !ref.present(o) }, nil
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
	if ref.Sub == nil && !ref.Attribute.MultiValued {
		a, x := ref.Attribute, ref.Extension
		if x == nil {
			return func(o *Object) bool { return test(assumed(a, o.get(&a.Name))) }, nil
		}
		return func(o *Object) bool { return test(part(o, x).get(&a.Name)) }, nil
	}
	return func(o *Object) bool { return ref.any(o, test) }, nil
}

func firstName(subs []*Attribute) string {
	if len(subs) == 0 {
		return "value"
	}
	return subs[0].Name
}

// A valueTest is a comparison with one value, nil for none.
type valueTest func(any) bool

// attribute returns the value of the attribute, sub-attribute aside.
func (r Ref) attribute(o *Object) any {
	if r.Extension != nil {
		o = part(o, r.Extension)
	}
	return o.get(&r.Attribute.Name)
}

// part returns the attributes of an extension, nil if there are none.
func part(o *Object, x *Schema) *Object {
	extension, _ := o.get(&x.ID).(*Object)
	return extension
}

// any reports whether a test holds for any value at the reference. An attribute
// without values is tested as nil.
func (r Ref) any(o *Object, test valueTest) bool {
	v := r.attribute(o)
	if r.Sub == nil {
		return anyElement(v, test)
	}
	switch v := v.(type) {
	case *Object:
		return anyElement(assumed(r.Sub, v.get(&r.Sub.Name)), test)
	case []any:
		for i := range v {
			element, _ := v[i].(*Object)
			if anyElement(assumed(r.Sub, element.get(&r.Sub.Name)), test) {
				return true
			}
		}
		return len(v) == 0 && test(nil)
	default:
		return test(nil)
	}
}

func anyElement(v any, test valueTest) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return test(v)
	}
	for i := range list {
		if test(list[i]) {
			return true
		}
	}
	return false
}

// assumed returns the value that a sub-attribute has in an element that lacks it:
// an element that does not say so is not primary (RFC 7643 section 2.4).
func assumed(a *Attribute, v any) any {
	if v == nil && a.Parent != nil && a.Type == TypeBoolean && a.Name == "primary" {
		return false
	}
	return v
}

func (r Ref) present(o *Object) bool {
	v := r.attribute(o)
	if r.Sub == nil {
		return Present(v)
	}
	switch v := v.(type) {
	case *Object:
		return Present(v.get(&r.Sub.Name))
	case []any:
		for i := range v {
			element, _ := v[i].(*Object)
			if Present(element.get(&r.Sub.Name)) {
				return true
			}
		}
	}
	return false
}

// Present reports whether an attribute has a value in the sense of the operator
// "pr": one that is not empty, or a complex one with something in it that is not
// (RFC 7644 section 3.4.2.2). False and 0 are values.
func Present(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		for i := range v {
			if Present(v[i]) {
				return true
			}
		}
		return false
	case *Object:
		for _, sub := range v.All() {
			if Present(sub) {
				return true
			}
		}
		return false
	default:
		return true
	}
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
			return func(v any) bool { return v == want }, nil
		case filter.NE:
			return func(v any) bool { return v != want }, nil
		}
		return nil, unfit(ref, op)
	case TypeInteger, TypeDecimal:
		want, ok := numberLiteral(literal)
		if !ok {
			return nil, mismatch(ref, "a number")
		}
		return orderTest(ref, op, func(v any) (int, bool) {
			n, ok := v.(json.Number)
			return CompareNumbers(n, want), ok
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
		return orderTest(ref, op, func(v any) (int, bool) {
			text, _ := v.(string)
			t, ok := parseInstant(text)
			return t.compare(want), ok
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
func orderTest(ref Ref, op CompareOperator, compare func(any) (int, bool)) (valueTest, error) {
	switch op {
	case filter.EQ:
		return func(v any) bool { c, ok := compare(v); return ok && c == 0 }, nil
	case filter.NE:
		return func(v any) bool { c, ok := compare(v); return !ok || c != 0 }, nil
	case filter.GT:
		return func(v any) bool { c, ok := compare(v); return ok && c > 0 }, nil
	case filter.GE:
		return func(v any) bool { c, ok := compare(v); return ok && c >= 0 }, nil
	case filter.LT:
		return func(v any) bool { c, ok := compare(v); return ok && c < 0 }, nil
	case filter.LE:
		return func(v any) bool { c, ok := compare(v); return ok && c <= 0 }, nil
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
		return func(v any) bool { s, ok := composedText(v); return ok && s == want }, nil
	case op == filter.EQ:
		return func(v any) bool { s, ok := v.(string); return ok && folded.equals(s) }, nil
	case op == filter.NE && exact:
		return func(v any) bool { s, ok := composedText(v); return !ok || s != want }, nil
	case op == filter.NE:
		return func(v any) bool { s, ok := v.(string); return !ok || !folded.equals(s) }, nil
	case exact:
		return orderTest(ref, op, func(v any) (int, bool) {
			s, ok := composedText(v)
			return strings.Compare(s, want), ok
		})
	}
	return orderTest(ref, op, func(v any) (int, bool) {
		s, ok := v.(string)
		return compareFold(prepare(s), folded.text), ok
	})
}

func substringTest(op CompareOperator, want string, exact bool) valueTest {
	if exact {
		want = Compose(want)
	}
	folded := newFoldedText(want)
	switch {
	case op == filter.CO && exact:
		return func(v any) bool { s, ok := composedText(v); return ok && strings.Contains(s, want) }
	case op == filter.CO:
		return func(v any) bool { s, ok := v.(string); return ok && folded.in(s) }
	case op == filter.SW && exact:
		return func(v any) bool { s, ok := composedText(v); return ok && strings.HasPrefix(s, want) }
	case op == filter.SW:
		return func(v any) bool { s, ok := v.(string); return ok && folded.prefixOf(s) }
	case exact:
		return func(v any) bool { s, ok := composedText(v); return ok && strings.HasSuffix(s, want) }
	default:
		return func(v any) bool { s, ok := v.(string); return ok && folded.suffixOf(s) }
	}
}
