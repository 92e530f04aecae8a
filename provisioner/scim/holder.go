package scim

import "encoding/json"

// A scalar is a value without parts, on its way into a test. The zero scalar is what
// is absent, or has parts.
type scalar struct {
	kind scalarKind
	text string // of a string or number
}

type scalarKind int

const (
	scalarNone scalarKind = iota
	scalarFalse
	scalarTrue
	scalarNumber
	scalarString
)

func truth(v bool) scalar {
	if v {
		return scalar{kind: scalarTrue}
	}
	return scalar{kind: scalarFalse}
}

// A valueTest is a comparison with one value.
type valueTest func(scalar) bool

// assumed returns the value that a sub-attribute has in an element that lacks it:
// an element that does not say so is not primary (RFC 7643 section 2.4).
func assumed(a *Attribute, v scalar) scalar {
	if v.kind == scalarNone && a.Parent != nil && a.Type == TypeBoolean && a.Name == "primary" {
		return truth(false)
	}
	return v
}

// attribute returns the value of the attribute, sub-attribute aside.
func (r Ref) attribute(o *Object) any {
	if r.Extension != nil {
		o, _ = o.get(&r.Extension.ID).(*Object)
	}
	return o.get(&r.Attribute.Name)
}

func (o *Object) any(r Ref, test valueTest) bool {
	v := r.attribute(o)
	if r.Sub == nil {
		return anyScalar(r.Attribute, v, test)
	}
	switch v := v.(type) {
	case *Object:
		return anyScalar(r.Sub, v.get(&r.Sub.Name), test)
	case []any:
		for i := range v {
			element, _ := v[i].(*Object)
			if anyScalar(r.Sub, element.get(&r.Sub.Name), test) {
				return true
			}
		}
		return len(v) == 0 && test(scalar{})
	default:
		return test(scalar{})
	}
}

// anyScalar tests a value, or the elements of an array if there are some.
func anyScalar(a *Attribute, v any, test valueTest) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return test(assumed(a, scalarOf(v)))
	}
	for i := range list {
		if test(scalarOf(list[i])) {
			return true
		}
	}
	return false
}

func scalarOf(v any) scalar {
	switch v := v.(type) {
	case string:
		return scalar{scalarString, v}
	case json.Number:
		return scalar{scalarNumber, string(v)}
	case bool:
		return truth(v)
	default:
		return scalar{}
	}
}

func (o *Object) anyElement(r Ref, fits func(*Object) bool) bool {
	switch v := r.attribute(o).(type) {
	case *Object:
		return fits(v)
	case []any:
		for i := range v {
			if element, ok := v[i].(*Object); ok && fits(element) {
				return true
			}
		}
	}
	return false
}

func (o *Object) present(r Ref) bool {
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

// The same for packed objects.

func (p Packed) attribute(r Ref) packedValue {
	if r.Extension != nil {
		p = p.Part(r.Extension.ID)
	}
	return p.find(r.Attribute.Name)
}

func (p Packed) any(r Ref, test valueTest) bool {
	v := p.attribute(r)
	if r.Sub == nil {
		return v.any(r.Attribute, test)
	}
	if v.kind != packedArray || v.text == "" {
		if v.kind != packedObject {
			return test(scalar{})
		}
		return v.object().find(r.Sub.Name).any(r.Sub, test)
	}
	for elements := v.reader(); elements.more(); {
		if elements.next().object().find(r.Sub.Name).any(r.Sub, test) {
			return true
		}
	}
	return false
}

func (v packedValue) any(a *Attribute, test valueTest) bool {
	if v.kind != packedArray || v.text == "" {
		return test(assumed(a, v.scalar()))
	}
	for elements := v.reader(); elements.more(); {
		if test(elements.next().scalar()) {
			return true
		}
	}
	return false
}

func (v packedValue) scalar() scalar {
	switch v.kind {
	case packedLiteral:
		if v.number == packedNull {
			return scalar{}
		}
		return truth(v.number == packedTrue)
	case packedNumber:
		return scalar{scalarNumber, v.text}
	case packedWord, packedString:
		return scalar{scalarString, v.text}
	default:
		return scalar{}
	}
}

func (p Packed) anyElement(r Ref, fits func(Packed) bool) bool {
	v := p.attribute(r)
	if v.kind != packedArray {
		return v.kind == packedObject && fits(v.object())
	}
	for elements := v.reader(); elements.more(); {
		if element := elements.next(); element.kind == packedObject && fits(element.object()) {
			return true
		}
	}
	return false
}

func (p Packed) present(r Ref) bool {
	v := p.attribute(r)
	if r.Sub == nil {
		return v.present()
	}
	if v.kind != packedArray {
		return v.object().find(r.Sub.Name).present()
	}
	for elements := v.reader(); elements.more(); {
		if elements.next().object().find(r.Sub.Name).present() {
			return true
		}
	}
	return false
}

func (v packedValue) present() bool {
	switch v.kind {
	case packedLiteral:
		return v.number != packedNull
	case packedWord, packedString:
		return v.text != ""
	case packedArray:
		for r := v.reader(); r.more(); {
			if r.next().present() {
				return true
			}
		}
		return false
	case packedObject:
		for r := v.reader(); r.more(); {
			r.name()
			if r.next().present() {
				return true
			}
		}
		return false
	default:
		return true
	}
}
