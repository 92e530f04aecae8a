package scim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
)

// Compare orders two values of an attribute for sorting, by its type (RFC 7644
// section 3.4.2.3): strings by Unicode code point with letter case aside unless the
// attribute is caseExact, numbers by value, dates by instant, false before true. A
// value that is missing, nil, comes after every other, so that it is last in
// ascending order and first in descending. It is a total order: values of no fitting
// type stand between the others and nil.
func Compare(a *Attribute, x, y any) int {
	kx, ky := sortKind(a, x), sortKind(a, y)
	if kx != ky || kx == sortMissing {
		return cmp.Compare(kx, ky)
	}
	if kx == sortOdd {
		return bytes.Compare(AppendValue(nil, x), AppendValue(nil, y))
	}
	switch x := x.(type) {
	case bool:
		switch {
		case x == y.(bool):
			return 0
		case x:
			return 1
		default:
			return -1
		}
	case json.Number:
		return CompareNumbers(x, y.(json.Number))
	}
	s, t := x.(string), y.(string)
	switch {
	case a.Type == TypeDateTime:
		u, _ := parseInstant(s)
		v, _ := parseInstant(t)
		return u.compare(v)
	case a.CaseExact:
		return strings.Compare(Compose(s), Compose(t))
	default:
		return compareFold(prepare(s), prepare(t))
	}
}

const (
	sortFits = iota
	sortOdd
	sortMissing
)

func sortKind(a *Attribute, v any) int {
	fits := false
	switch v := v.(type) {
	case nil:
		return sortMissing
	case bool:
		fits = a.Type == TypeBoolean
	case json.Number:
		fits = a.Type == TypeInteger || a.Type == TypeDecimal
	case string:
		switch a.Type {
		case TypeDateTime:
			_, fits = parseInstant(v)
		case TypeString, TypeReference, TypeBinary:
			fits = true
		}
	}
	if fits {
		return sortFits
	}
	return sortOdd
}

// SortRef returns what to sort by for a reference: for a complex attribute named as
// a whole its "value". ok is false if that leaves nothing that can be compared.
func (r Ref) SortRef() (sorted Ref, ok bool) {
	if r.Attribute == nil {
		return r, false
	}
	if r.Sub == nil && r.Attribute.Type == TypeComplex {
		r.Sub = r.Attribute.SubAttribute("value")
		return r, r.Sub != nil
	}
	return r, r.Target().Type != TypeComplex
}

// SortValue returns the value of a resource to sort by: of a multi-valued attribute
// that of the primary element, otherwise of the first (RFC 7644 section 3.4.2.3). It
// is nil if there is none. The reference is one that [Ref.SortRef] returned.
func (r Ref) SortValue(o *Object) any {
	v := r.attribute(o)
	if list, ok := v.([]any); ok {
		v = mainElement(list)
	}
	if r.Sub != nil {
		element, _ := v.(*Object)
		v = element.Get(r.Sub.Name)
		if list, ok := v.([]any); ok {
			v = mainElement(list)
		}
	}
	return v
}

func mainElement(list []any) any {
	for _, element := range list {
		if o, ok := element.(*Object); ok && o.Get("primary") == true {
			return element
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}
