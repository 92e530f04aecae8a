package scim

// An elementList is the elements of a multi-valued attribute with a way to find
// one again. Elements with a "value" are the same if value and type are; others if
// all but "primary" is (RFC 7643 section 2.4).
type elementList struct {
	a      *Attribute
	value  *Attribute // the sub-attribute "value", nil if there is none
	typ    *Attribute // the sub-attribute "type", nil if there is none
	values []any
	// Made once there are too many elements to look through.
	byType map[elementID]int
	byKey  map[string]int // the first of any type
}

// An elementID is what tells elements apart.
type elementID struct{ key, typ string }

// elementScan is the number of elements up to which looking through them is
// cheaper than keeping a map.
const elementScan = 8

func newElementList(a *Attribute, values []any) *elementList {
	return &elementList{a: a, value: a.SubAttribute("value"), typ: a.SubAttribute("type"), values: values}
}

func (l *elementList) add(element any) {
	l.values = append(l.values, element)
	if l.byType != nil {
		l.index(len(l.values) - 1)
	}
}

func (l *elementList) index(i int) {
	id := l.id(l.values[i])
	if _, there := l.byType[id]; !there {
		l.byType[id] = i
	}
	if _, there := l.byKey[id.key]; !there {
		l.byKey[id.key] = i
	}
}

// same returns the index of the element that is the same, -1 if there is none.
func (l *elementList) same(element any) int { return l.find(l.id(element), false) }

// sameOrLoose is same, but takes an element that does not give its type for one of
// any type.
func (l *elementList) sameOrLoose(element any) int {
	id := l.id(element)
	if at := l.find(id, false); at >= 0 || id.typ != "" {
		return at
	}
	return l.find(id, true)
}

// sameValue returns the index of an element with the same value, of the same type
// if possible.
func (l *elementList) sameValue(element any) int {
	id := l.id(element)
	if at := l.find(id, false); at >= 0 {
		return at
	}
	return l.find(id, true)
}

// names reports whether the list has the element, or one like it without a type.
func (l *elementList) names(element any) bool {
	id := l.id(element)
	return l.find(id, false) >= 0 || l.find(elementID{key: id.key}, false) >= 0
}

func (l *elementList) find(id elementID, anyType bool) int {
	if len(l.values) <= elementScan {
		for i, held := range l.values {
			if have := l.id(held); have == id || anyType && have.key == id.key {
				return i
			}
		}
		return -1
	}
	if l.byType == nil {
		l.byType, l.byKey = make(map[elementID]int, len(l.values)), make(map[string]int, len(l.values))
		for i := range l.values {
			l.index(i)
		}
	}
	at, ok := l.byType[id]
	if anyType {
		at, ok = l.byKey[id.key]
	}
	if !ok {
		return -1
	}
	return at
}

func (l *elementList) id(element any) elementID {
	id := elementID{key: l.key(element)}
	if o, ok := element.(*Object); ok && l.typ != nil {
		if typ := o.Get(l.typ.Name); typ != nil {
			id.typ = elementKey(l.typ, typ)
		}
	}
	return id
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
		return Compose(s)
	default:
		return Fold(s)
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
