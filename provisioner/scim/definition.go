package scim

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// checkDefinition checks a schema in the form of RFC 7643 section 8.7 before
// elimity-com/scim reads it, which does not say where a mistake is. It writes down
// the type of attributes that leave it out, which that parser wants said.
func checkDefinition(o *Object) *problem {
	id, _ := o.Get("id").(string)
	if u, err := url.Parse(id); err != nil || !u.IsAbs() || strings.ContainsFunc(id, isOutsidePath) {
		return problemf("is %s: it must be a URI such as urn:example:schemas:1.0:Thing", given(o.Get("id"))).under("id")
	}
	for _, name := range []string{"name", "description"} {
		if _, ok := o.Get(name).(string); !ok && o.Get(name) != nil {
			return problemf("must be a string").under(name)
		}
	}
	return checkAttributes(o, "attributes")
}

// isOutsidePath reports whether no attribute path can hold a rune: a URI with it
// could not be written in front of an attribute.
func isOutsidePath(r rune) bool { return r >= utf8.RuneSelf || !isPathByte(byte(r)) }

// given returns what a message says of a value.
func given(v any) string {
	if v == nil {
		return "missing"
	}
	return clip(string(AppendValue(nil, v)))
}

// checkAttributes checks the definitions that an object lists under a name.
func checkAttributes(o *Object, name string) *problem {
	list, ok := o.Get(name).([]any)
	if !ok && o.Get(name) != nil {
		return problemf("must be an array of attribute definitions").under(name)
	}
	seen := make(map[string]bool, len(list))
	for i, v := range list {
		a, ok := v.(*Object)
		if !ok {
			return problemf("must be an object").under(itoa(i)).under(name)
		}
		p := checkAttribute(a)
		if key := foldName(a.String("name")); p == nil && seen[key] {
			p = problemf("is %s, which another attribute is called already", given(a.Get("name"))).under("name")
		} else {
			seen[key] = true
		}
		if p != nil {
			return p.under(itoa(i)).under(name)
		}
	}
	return nil
}

// keywords are the members of an attribute definition that take one of a few words.
var keywords = []struct {
	name  string
	words []string
}{
	{"type", []string{TypeString, TypeBoolean, TypeDecimal, TypeInteger, TypeDateTime, TypeBinary, TypeReference, TypeComplex}},
	{"mutability", []string{ReadOnly, ReadWrite, Immutable, WriteOnly}},
	{"returned", []string{ReturnedAlways, ReturnedNever, ReturnedDefault, ReturnedRequest}},
	{"uniqueness", []string{UniqueNone, UniqueServer, UniqueGlobal}},
}

func checkAttribute(a *Object) *problem {
	name, _ := a.Get("name").(string)
	p := filterParser{text: name, what: "attribute"}
	if _, err := p.name(); err != nil || p.pos < len(name) {
		return problemf(`is %s: a name is a letter, then letters, digits, "-", "_" or "$"`, given(a.Get("name"))).under("name")
	}
	if a.Get("type") == nil {
		a.Set("type", TypeString)
	}
	for _, k := range keywords {
		word, ok := a.Get(k.name).(string)
		if a.Get(k.name) != nil && (!ok || !slices.Contains(k.words, word)) {
			return problemf("is %s: it must be one of %s", given(a.Get(k.name)), strings.Join(k.words, ", ")).under(k.name)
		}
	}
	for _, name := range []string{"multiValued", "required", "caseExact"} {
		if _, ok := a.Get(name).(bool); !ok && a.Get(name) != nil {
			return problemf("must be true or false, without quotes").under(name)
		}
	}
	for _, name := range []string{"canonicalValues", "referenceTypes"} {
		list, ok := a.Get(name).([]any)
		if a.Get(name) != nil && (!ok || slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })) {
			return problemf("must be an array of strings").under(name)
		}
	}
	if _, ok := a.Get("description").(string); !ok && a.Get("description") != nil {
		return problemf("must be a string").under("description")
	}
	if p := checkAttributes(a, "subAttributes"); p != nil {
		return p
	}
	switch parts, complex := len(a.Array("subAttributes")), a.String("type") == TypeComplex; {
	case complex && parts == 0:
		return problemf("is missing: an attribute of type complex has at least one").under("subAttributes")
	case !complex && parts > 0:
		return problemf("belongs to an attribute of type complex, and this one is of type %s", a.String("type")).under("subAttributes")
	}
	return nil
}
