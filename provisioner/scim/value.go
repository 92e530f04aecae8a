package scim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A problem is what is wrong with a value. Its pointer grows on the way up, so
// that values that are right cost nothing.
type problem struct {
	pointer    string
	detail     string
	mutability bool
}

func problemf(format string, args ...any) *problem {
	return &problem{detail: fmt.Sprintf(format, args...)}
}

func unknown(name, where string) *problem {
	return problemf("is not an attribute of %s", where).under(clip(name))
}

// under says that the problem is inside a member. A nil problem stays nil.
func (p *problem) under(name string) *problem {
	if p != nil {
		p.pointer = pointer(name) + p.pointer
	}
	return p
}

func (p *problem) err() error {
	if p.mutability {
		return Mutability("%s %s", p.pointer, p.detail)
	}
	return InvalidValue("%s %s", p.pointer, p.detail)
}

// pointer returns a member's name as a step of a JSON pointer (RFC 6901).
func pointer(name string) string {
	if strings.ContainsAny(name, "~/") {
		name = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	return "/" + name
}

func itoa(i int) string { return strconv.Itoa(i) }

// Check validates a value that a client gave for the attribute and returns it the
// way it is kept; of a multi-valued attribute its elements, each once. A single
// value counts as an array of one, as PATCH allows. Parts that are readOnly are
// left out. The error is an [Error] of type invalidValue with a JSON pointer.
func (a *Attribute) Check(v any) ([]any, error) {
	list, ok := v.([]any)
	if !ok || !a.MultiValued {
		list = []any{v}
	}
	elements, p := checker{}.elements(a, list)
	if p != nil {
		return nil, p.under(a.Name).err()
	}
	return elements, nil
}

// A checker validates values.
type checker struct {
	options ValidateOptions
}

// absent reports whether a value that a client gave means that the attribute has
// none: null, or an empty array if it is multi-valued (RFC 7643 section 2.5). For
// other attributes an empty array is a value of the wrong type.
func (a *Attribute) absent(v any) bool {
	list, isList := v.([]any)
	return v == nil || isList && a.MultiValued && len(list) == 0
}

// set checks a value and adds it to an object that does not have the attribute.
func (v checker) set(out *Object, a *Attribute, value any) *problem {
	valid, p := v.value(a, value)
	if p != nil {
		return p.under(a.Name)
	}
	if !Unassigned(valid) {
		out.put(&a.Name, valid)
	}
	return nil
}

func (v checker) value(a *Attribute, value any) (any, *problem) {
	if !a.MultiValued {
		return v.one(a, value)
	}
	list, ok := value.([]any)
	if !ok {
		return nil, problemf("is multi-valued: give an array")
	}
	elements, p := v.elements(a, list)
	return elements, p
}

// elements checks the elements of a multi-valued attribute, leaves out empty ones
// and makes one of those that are repeated (RFC 7643 section 2.4).
func (v checker) elements(a *Attribute, list []any) ([]any, *problem) {
	kept := newElementList(a, make([]any, 0, len(list)))
	primaries := 0
	for i, element := range list {
		if element == nil {
			continue
		}
		valid, p := v.one(a, element)
		if p != nil {
			return nil, p.under(itoa(i))
		}
		if Unassigned(valid) {
			continue
		}
		at := kept.same(valid)
		if at < 0 {
			kept.add(valid)
			primaries += primaryCount(valid)
			continue
		}
		held := kept.values[at]
		primaries -= primaryCount(held)
		if err := kept.refine(held, valid); err != nil {
			return nil, problemf("%s", detailOf(err)).under(itoa(i))
		}
		primaries += primaryCount(held)
	}
	if primaries > 1 {
		return nil, problemf("has %d primary values: at most one may be", primaries)
	}
	return kept.values, nil
}

// primaryCount returns 1 for an element that is primary and 0 for any other.
func primaryCount(v any) int {
	if o, ok := v.(*Object); ok && o.Get("primary") == true {
		return 1
	}
	return 0
}

// one checks one value.
func (v checker) one(a *Attribute, value any) (any, *problem) {
	switch a.Type {
	case TypeComplex:
		o, ok := value.(*Object)
		if !ok {
			return nil, problemf("must be an object")
		}
		return v.complex(a, o)
	case TypeBoolean:
		if _, ok := value.(bool); !ok {
			return nil, problemf("must be true or false, without quotes")
		}
		return value, nil
	case TypeInteger:
		if n, ok := value.(json.Number); !ok || !isInteger(n) {
			return nil, problemf("must be an integer, without fraction or exponent")
		}
		return value, nil
	case TypeDecimal:
		n, ok := value.(json.Number)
		if !ok {
			return nil, problemf("must be a number")
		}
		return withPoint(n), nil
	}
	s, ok := value.(string)
	if !ok {
		return nil, problemf("must be a string")
	}
	if p := checkText(a, s); p != nil {
		return nil, p
	}
	for i, canonical := range a.canonical {
		if s == a.CanonicalValues[i] {
			return canonical, nil // one copy for all resources
		}
	}
	if v.options.RefuseNonCanonical && len(a.CanonicalValues) > 0 && !slices.ContainsFunc(a.CanonicalValues, func(c string) bool {
		return !a.CaseExact && strings.EqualFold(c, s)
	}) {
		return nil, problemf("is %q, which is none of the canonical values %s", clip(s), strings.Join(a.CanonicalValues, ", "))
	}
	return value, nil
}

// checkText checks the types that are strings on the wire.
func checkText(a *Attribute, s string) *problem {
	switch a.Type {
	case TypeDateTime:
		if _, ok := parseInstant(s); !ok {
			return problemf(`must be a date and time such as "2026-01-02T15:04:05Z"`)
		}
	case TypeBinary:
		encoding := base64.StdEncoding
		if !strings.HasSuffix(s, "=") {
			encoding = base64.RawStdEncoding // padding may be left out (RFC 7643 section 2.3.6)
		}
		if _, err := encoding.DecodeString(s); err != nil || strings.ContainsAny(s, "\r\n") {
			return problemf("must be base64 text")
		}
	case TypeReference:
		return checkReference(a, s)
	}
	return nil
}

// checkReference wants a URI, or a reference to be resolved against the base URL
// (RFC 7643 section 2.3.7). What is outside of the service needs a whole URL.
func checkReference(a *Attribute, s string) *problem {
	u, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, " <>\"{}|\\^`") {
		return problemf("must be a URI")
	}
	if len(a.ReferenceTypes) == 1 && a.ReferenceTypes[0] == "external" && !u.IsAbs() {
		return problemf("must be an absolute URL such as https://example.com/")
	}
	return nil
}

func (v checker) complex(a *Attribute, in *Object) (*Object, *problem) {
	out := newObject(in.Len())
	for name, value := range in.All() {
		sub := a.SubAttribute(name)
		switch {
		case sub == nil && !v.options.IgnoreUnknown:
			return nil, unknown(name, a.Path())
		case sub == nil, sub.Mutability == ReadOnly, sub.absent(value):
			continue
		}
		if p := v.set(out, sub, value); p != nil {
			return nil, p
		}
	}
	if p := missingPart(a, out); p != nil && out.Len() > 0 {
		return nil, p
	}
	return out, nil
}

// missingPart reports a required sub-attribute that a complex value lacks.
func missingPart(a *Attribute, o *Object) *problem {
	for _, sub := range a.Sub {
		if sub.isMissing(o) {
			return problemf("is required: give it a value").under(sub.Name)
		}
	}
	return nil
}
