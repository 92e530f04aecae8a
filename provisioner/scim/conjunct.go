package scim

import filter "github.com/scim2/filter-parser/v2"

// An Equality is a comparison of a string with eq that every match of a filter
// satisfies. An index on the attribute can answer it: by [Compose] of Value where
// Ref.Target().CaseExact, otherwise by [Fold] of it.
type Equality struct {
	Ref   Ref
	Value string
}

// Equalities returns comparisons that every match of a filter satisfies, so that
// an index can narrow the search before the matcher decides. Those inside brackets
// count too: emails[type eq "work" and value eq "x"] has two. It may return none.
func (rt *ResourceType) Equalities(e Expression) []Equality {
	switch e := e.(type) {
	case *LogicalExpression:
		if e.Operator == filter.AND {
			return append(rt.Equalities(e.Left), rt.Equalities(e.Right)...)
		}
	case *ValuePath:
		ref, err := rt.Resolve(e.AttributePath)
		if err == nil && ref.Attribute != nil && ref.Sub == nil {
			return elementEqualities(ref, e.ValueFilter)
		}
	case *AttributeExpression:
		ref, err := rt.Resolve(e.AttributePath)
		if err == nil && ref.Attribute != nil {
			return equality(ref, e)
		}
	}
	return nil
}

func elementEqualities(ref Ref, e Expression) []Equality {
	switch e := e.(type) {
	case *LogicalExpression:
		if e.Operator == filter.AND {
			return append(elementEqualities(ref, e.Left), elementEqualities(ref, e.Right)...)
		}
	case *AttributeExpression:
		if ref.Sub = ref.Attribute.SubAttribute(e.AttributePath.AttributeName); ref.Sub != nil && e.AttributePath.SubAttribute == nil {
			return equality(ref, e)
		}
	}
	return nil
}

func equality(ref Ref, e *AttributeExpression) []Equality {
	value, ok := e.CompareValue.(string)
	if !ok || e.Operator != filter.EQ {
		return nil
	}
	if a := ref.Target(); a.Type == TypeComplex && a.MultiValued && ref.Sub == nil {
		if ref.Sub = a.SubAttribute("value"); ref.Sub == nil {
			return nil
		}
	}
	switch ref.Target().Type {
	case TypeString, TypeReference, TypeBinary:
		return []Equality{{Ref: ref, Value: value}}
	}
	return nil
}

// SensitiveRef returns the first attribute of a filter that is never returned,
// such as a password, and whether there is one. A filter like that does not belong
// in a URL: it is answered with [Sensitive] (RFC 7644 section 7.5.2).
func (rt *ResourceType) SensitiveRef(e Expression) (ref Ref, found bool) {
	switch e := e.(type) {
	case *LogicalExpression:
		if ref, found = rt.SensitiveRef(e.Left); found {
			return ref, true
		}
		return rt.SensitiveRef(e.Right)
	case *NotExpression:
		return rt.SensitiveRef(e.Expression)
	case *ValuePath:
		ref, err := rt.Resolve(e.AttributePath)
		if err != nil || ref.Attribute == nil {
			return Ref{}, false
		}
		return sensitiveElement(ref, e.ValueFilter)
	case *AttributeExpression:
		ref, err := rt.Resolve(e.AttributePath)
		return ref, err == nil && ref.Attribute != nil && ref.sensitive()
	}
	return Ref{}, false
}

func sensitiveElement(ref Ref, e Expression) (Ref, bool) {
	switch e := e.(type) {
	case *LogicalExpression:
		if found, ok := sensitiveElement(ref, e.Left); ok {
			return found, true
		}
		return sensitiveElement(ref, e.Right)
	case *NotExpression:
		return sensitiveElement(ref, e.Expression)
	case *AttributeExpression:
		ref.Sub = ref.Attribute.SubAttribute(e.AttributePath.AttributeName)
	}
	return ref, ref.sensitive()
}

func (r Ref) sensitive() bool {
	return r.Attribute.Returned == ReturnedNever || r.Target().Returned == ReturnedNever
}
