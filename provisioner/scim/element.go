package scim

import "strings"

// An elementList is the elements of a multi-valued attribute with a way to find
// one again. Elements with a "value" are the same if value and type are; others if
// all but "primary" is (RFC 7643 section 2.4).
type elementList struct {
	a      *Attribute
	value  *Attribute // the sub-attribute "value", nil if there is none
	typ    *Attribute // the sub-attribute "type", nil if there is none
	values []any
	keys   map[string][]int // made once there are too many to look through
}

// elementScan is the number of elements up to which looking through them is
// cheaper than keeping a map.
const elementScan = 8

func newElementList(a *Attribute, values []any) *elementList {
	return &elementList{a: a, value: a.SubAttribute("value"), typ: a.SubAttribute("type"), values: values}
}

func (l *elementList) add(element any) {
	if l.keys != nil {
		key := l.key(element)
		l.keys[key] = append(l.keys[key], len(l.values))
	}
	l.values = append(l.values, element)
}

// same returns the index of the element that is the same, -1 if there is none.
func (l *elementList) same(element any) int {
	return l.find(element, func(held any) bool { return l.compareTypes(held, element) == typesEqual })
}

// sameOrLoose is same, but takes an element that does not give its type for one of
// any type.
func (l *elementList) sameOrLoose(element any) int {
	if at := l.same(element); at >= 0 {
		return at
	}
	return l.find(element, func(held any) bool { return l.compareTypes(held, element) == typeNotGiven })
}

// sameValue returns the index of an element with the same value, of the same type
// if possible.
func (l *elementList) sameValue(element any) int {
	if at := l.same(element); at >= 0 {
		return at
	}
	return l.find(element, func(any) bool { return true })
}

func (l *elementList) find(element any, fits func(any) bool) int {
	key := l.key(element)
	if len(l.values) <= elementScan {
		for i, held := range l.values {
			if l.key(held) == key && fits(held) {
				return i
			}
		}
		return -1
	}
	if l.keys == nil {
		l.keys = make(map[string][]int, 2*len(l.values))
		for i, held := range l.values {
			k := l.key(held)
			l.keys[k] = append(l.keys[k], i)
		}
	}
	for _, i := range l.keys[key] {
		if fits(l.values[i]) {
			return i
		}
	}
	return -1
}

// key returns what elements must agree on, type aside.
func (l *elementList) key(element any) string {
	o, ok := element.(*Object)
	if !ok {
		return elementKey(l.a, element)
	}
	if l.value != nil {
		if v := o.Get(l.value.Name); v != nil {
			return elementKey(l.value, v)
		}
	}
	// Without a value all parts count that a client can set, in the schema's order.
	key := []byte{0}
	for _, sub := range l.a.Sub {
		if v := o.Get(sub.Name); v != nil && sub != l.typ && sub.Name != "primary" && sub.Mutability != ReadOnly {
			key = append(append(append(key, sub.Name...), 0), elementKey(sub, v)...)
			key = append(key, 0)
		}
	}
	return string(key)
}

func elementKey(a *Attribute, v any) string {
	s, ok := v.(string)
	switch {
	case !ok:
		return string(AppendValue(nil, v))
	case a.CaseExact:
		return s
	default:
		return Fold(s)
	}
}

const (
	typesEqual = iota
	typeNotGiven
	typesDiffer
)

func (l *elementList) compareTypes(held, element any) int {
	h, ok := held.(*Object)
	if !ok || l.typ == nil {
		return typesEqual
	}
	e, _ := element.(*Object)
	have, want := h.String(l.typ.Name), e.String(l.typ.Name)
	switch {
	case have == want, !l.typ.CaseExact && strings.EqualFold(have, want):
		return typesEqual
	case want == "":
		return typeNotGiven
	default:
		return typesDiffer
	}
}

// refine lays what an add says of an element over the same element as it is held.
// Value and type stay as they are, and what may be set only once if it is.
func (l *elementList) refine(held, element any) error {
	o, ok := held.(*Object)
	if !ok {
		return nil
	}
	for name, v := range element.(*Object).All() {
		sub := l.a.SubAttribute(name)
		if sub == l.value || sub == l.typ || sub.Mutability == Immutable && !Unassigned(o.Get(name)) {
			continue
		}
		if err := assign(o, sub, OpAdd, v); err != nil {
			return err
		}
	}
	return nil
}
