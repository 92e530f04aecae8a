package mocktarget

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// filter judges the text of a filter on resources of the types.
func (l *linter) filter(types []*resourceType, text string, at *place) {
	e, err := scim.ParseFilter(text)
	if err != nil {
		l.brokenFilter(faultOf(text), l.shownFilter(text), at)
		return
	}
	l.terms(types, e, at)
}

// shownFilter returns a filter, or a path with one in it, as messages show it.
func (l *linter) shownFilter(text string) string {
	if plain := unescaped(text); l.m.maskFilter(plain) != plain {
		return mask
	}
	return quoted(text)
}

// brokenFilter says why a filter cannot be read. The usual reasons have rules of
// their own.
func (l *linter) brokenFilter(f filterFault, shown string, at *place) {
	switch f {
	case faultIncomplete:
		l.report(ruleFilterIncomplete, at, `the filter in %s lacks a part; write attribute, operator and value, such as userName eq "x"`, shown)
	case faultLiteral:
		l.report(ruleFilterLiteral, at, "the filter in %s has a value that is not a JSON literal; write strings in double quotation marks", shown)
	case faultUnescaped:
		l.report(ruleFilterUnescaped, at, `the filter in %s has a string with a quotation mark or a backslash in it; write them as \" and \\`, shown)
	default:
		l.report(ruleFilterSyntax, at, "the filter %s does not follow the grammar of RFC 7644 section 3.4.2.2", shown)
	}
}

type filterFault int

const (
	faultOther filterFault = iota
	faultIncomplete
	faultLiteral
	faultUnescaped
)

// filterOperators are the operators that take a value.
var filterOperators = []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}

// faultOf looks for the usual reason why a filter cannot be read. It goes from
// operator to operator and looks at the value behind each.
func faultOf(text string) filterFault {
	rest := strings.TrimSpace(text)
	operators := 0
	for rest != "" {
		word := rest[:wordLength(rest)]
		rest = rest[max(1, len(word)):]
		switch {
		case strings.EqualFold(word, "pr"):
			operators++
		case slices.Contains(filterOperators, strings.ToLower(word)):
			operators++
			value := strings.TrimLeft(rest, " ")
			if value == "" || value[0] == ')' || value[0] == ']' {
				return faultIncomplete
			}
			length, f := literalLength(value)
			if f != faultOther {
				return f
			}
			rest = value[length:]
		}
	}
	if operators == 0 {
		return faultIncomplete
	}
	return faultOther
}

func wordLength(s string) int {
	for i, c := range []byte(s) {
		if strings.IndexByte(" ()[]\"'", c) >= 0 {
			return i
		}
	}
	return len(s)
}

// literalLength returns the length of the JSON literal that a text begins with, or
// what is wrong with it.
func literalLength(s string) (int, filterFault) {
	if s[0] != '"' {
		n := wordLength(s)
		if s[0] == '\'' || !json.Valid([]byte(strings.ToLower(s[:n]))) {
			return 0, faultLiteral
		}
		return n, faultOther
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 == len(s) || strings.IndexByte(`"\/bfnrtu`, s[i+1]) < 0 {
				return 0, faultUnescaped
			}
			i++
		case '"':
			if i+1 < len(s) && strings.IndexByte(" )]", s[i+1]) < 0 {
				return 0, faultUnescaped
			}
			return i + 1, faultOther
		}
	}
	return 0, faultUnescaped
}

// terms judges what a filter says about which attributes.
func (l *linter) terms(types []*resourceType, e scim.Expression, at *place) {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		l.terms(types, e.Left, at)
		l.terms(types, e.Right, at)
	case *scim.NotExpression:
		l.terms(types, e.Expression, at)
	case *scim.AttributeExpression:
		if ref, ok := l.resolve(types, e.AttributePath, at, ruleAttributeUnknown); ok {
			l.comparison(ref.Target(), e, at)
		}
	case *scim.ValuePath:
		if ref, ok := l.resolve(types, e.AttributePath, at, ruleAttributeUnknown); ok {
			l.valueFilter(ref.Target(), e.ValueFilter, at)
		}
	}
}

// comparison judges one term.
func (l *linter) comparison(a *scim.Attribute, e *scim.AttributeExpression, at *place) {
	if a == nil || strings.EqualFold(string(e.Operator), "pr") || e.CompareValue == nil {
		return
	}
	if a.Type == scim.TypeComplex {
		// The examples of RFC 7644 section 3.4.2.2 compare emails, meaning their values.
		if !a.MultiValued || a.SubAttribute("value") == nil {
			l.report(ruleFilterComplex, at, "the filter compares %s, which is complex; name one of its sub-attributes: %s", a.Path(), subNames(scim.Ref{Attribute: a}))
		}
		return
	}
	text, isText := e.CompareValue.(string)
	switch a.Type {
	case scim.TypeBoolean:
		if _, ok := e.CompareValue.(bool); !ok && isText {
			l.report(ruleBooleanAsString, at, "the filter compares %s with the string %s; write true or false without quotation marks", a.Path(), l.quote(a, text))
		}
	case scim.TypeInteger, scim.TypeDecimal:
		if isText {
			l.report(ruleWrongType, at, "the filter compares the number %s with a string; write the number without quotation marks", a.Path())
		}
	default:
		if !isText {
			l.report(ruleWrongType, at, "the filter compares %s with %s; write a string in double quotation marks", a.Path(), kindOf(e.CompareValue))
		}
	}
}

// valueFilter judges what stands in the brackets behind an attribute.
func (l *linter) valueFilter(a *scim.Attribute, e scim.Expression, at *place) {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		l.valueFilter(a, e.Left, at)
		l.valueFilter(a, e.Right, at)
	case *scim.NotExpression:
		l.valueFilter(a, e.Expression, at)
	case *scim.AttributeExpression:
		switch sub := a.SubAttribute(e.AttributePath.AttributeName); {
		case a.Type != scim.TypeComplex:
			if !strings.EqualFold(e.AttributePath.AttributeName, "value") || !a.MultiValued {
				l.report(ruleFilterValuePath, at, "%s has no sub-attributes to select by", a.Path())
			}
		case sub == nil || e.AttributePath.SubAttribute != nil:
			l.report(ruleFilterValuePath, at, "%s has no sub-attribute %s; the brackets hold a filter on its sub-attributes", a.Path(), quoted(scim.FormatAttributePath(e.AttributePath)))
		default:
			l.comparison(sub, e, at)
		}
	}
}

// personal are the attributes that tell who somebody is.
var personal = []string{
	"userName", "name", "displayName", "nickName", "profileUrl", "emails", "phoneNumbers", "ims", "photos", "addresses", "x509Certificates",
}

// exposure finds filters that put into the URL, and so into logs, what belongs to a
// person or is a secret (RFC 7644 section 7.5.2).
func (l *linter) exposure(q *lintQuery) {
	text, given := q.get("filter")
	if !given {
		return
	}
	at := q.place("filter")
	e, err := scim.ParseFilter(text)
	if err != nil {
		return
	}
	for _, typ := range q.types {
		if ref, found := typ.SensitiveRef(e); found {
			l.report(ruleSecretInURL, &at, "the filter has a value of %s in the URL; send it by POST to %s/.search", ref, typ.Endpoint)
			return
		}
		if typ.Schema.ID != scim.UserSchema {
			continue
		}
		if name, found := personalTerm(typ, e); found {
			l.report(rulePersonalDataInURL, &at, "the filter has a value of %s in the URL, which ends up in logs; servers that have it take the filter by POST to %s/.search", name, typ.Endpoint)
			return
		}
	}
}

// personalTerm returns the first attribute of a filter that tells who somebody is.
func personalTerm(typ *resourceType, e scim.Expression) (name string, found bool) {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		if name, found = personalTerm(typ, e.Left); found {
			return name, found
		}
		return personalTerm(typ, e.Right)
	case *scim.NotExpression:
		return personalTerm(typ, e.Expression)
	case *scim.AttributeExpression:
		if _, isText := e.CompareValue.(string); !isText {
			return "", false
		}
	}
	path, _ := termPath(e)
	ref, err := typ.Resolve(path)
	if err != nil || ref.Extension != nil || ref.Attribute == nil {
		return "", false
	}
	return ref.Attribute.Name, slices.Contains(personal, ref.Attribute.Name)
}
