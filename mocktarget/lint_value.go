package mocktarget

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// value judges the value of an attribute, an array if it is multi-valued.
func (l *linter) value(a *scim.Attribute, v any, at *place) {
	if v == nil {
		return
	}
	list, isList := v.([]any)
	switch {
	case !a.MultiValued && isList:
		l.report(ruleWrongType, at, "%s has one value and is an array; send the value itself", a.Name)
	case !a.MultiValued:
		l.one(a, v, at)
	case !isList:
		l.report(ruleArrayExpected, at, "%s is multi-valued and is %s; send an array, of one element too", a.Name, kindOf(v))
		l.one(a, v, at)
	default:
		primaries := 0
		for i, element := range list {
			here := at.element(i)
			l.one(a, element, &here)
			if o, ok := element.(*scim.Object); ok && o.Get("primary") == true {
				primaries++
			}
		}
		if primaries > 1 {
			l.report(ruleTwoPrimaries, at, "%s has %d primary values; mark one", a.Name, primaries)
		}
	}
}

// one judges one value.
func (l *linter) one(a *scim.Attribute, v any, at *place) {
	if v == nil {
		return
	}
	switch a.Type {
	case scim.TypeComplex:
		l.complex(a, v, at)
	case scim.TypeBoolean:
		if _, ok := v.(bool); ok {
			return
		}
		if s, ok := v.(string); ok && (strings.EqualFold(s, "true") || strings.EqualFold(s, "false")) {
			l.report(ruleBooleanAsString, at, "%s is the string %s; send %s without quotation marks", a.Name, l.quote(a, s), strings.ToLower(s))
			return
		}
		l.report(ruleWrongType, at, "%s is %s; send true or false", a.Name, kindOf(v))
	case scim.TypeInteger, scim.TypeDecimal:
		number, ok := v.(json.Number)
		switch {
		case !ok:
			l.report(ruleWrongType, at, "%s is %s; send a number", a.Name, kindOf(v))
		case a.Type == scim.TypeInteger && strings.Trim(number.String(), "-0123456789") != "":
			l.report(ruleIntegerForm, at, "%s is %s; send an integer without fraction or exponent", a.Name, clip(number.String()))
		}
	default:
		s, ok := v.(string)
		if !ok {
			l.report(ruleWrongType, at, "%s is %s; send a string", a.Name, kindOf(v))
			return
		}
		l.text(a, s, at)
	}
}

// complex judges an object of sub-attributes.
func (l *linter) complex(a *scim.Attribute, v any, at *place) {
	o, ok := v.(*scim.Object)
	if !ok {
		l.report(ruleWrongType, at, "%s is %s; send an object of its sub-attributes", a.Name, kindOf(v))
		return
	}
	for name, inner := range o.All() {
		here := at.member(name)
		if sub := a.SubAttribute(name); sub != nil {
			l.value(sub, inner, &here)
			continue
		}
		l.report(ruleAttributeUnknown, &here, "%s has no sub-attribute %s; /Schemas lists those there are", a.Path(), quoted(name))
	}
	l.reference(o, at)
}

// reference compares the two names that an element gives a resource.
func (l *linter) reference(o *scim.Object, at *place) {
	value, target := o.String("value"), o.String("$ref")
	if value == "" || target == "" {
		return
	}
	if id := lastSegment(target); id != "" && id != value {
		here := at.member("$ref")
		l.report(ruleReferenceMismatch, &here, "value is %s and $ref ends in %s; let both name one resource", quoted(value), quoted(id))
	}
}

// text judges the types that are strings on the wire, and the strings whose syntax
// the User schema tells.
func (l *linter) text(a *scim.Attribute, s string, at *place) {
	if s == "" {
		l.report(ruleEmptyString, at, `%s is ""; to clear it send null or leave it out of a PUT`, a.Name)
		return
	}
	if s[0] == '{' && json.Valid([]byte(s)) {
		l.report(ruleJSONInString, at, "%s is a JSON object inside of a string; send its parts as the attributes they are", a.Name)
	}
	switch a.Type {
	case scim.TypeDateTime:
		if _, ok := scim.ParseDateTime(s); !ok {
			l.report(ruleDateTimeForm, at, `%s is %s; send a date and time such as "2026-01-02T15:04:05Z"`, a.Name, l.quote(a, s))
		}
	case scim.TypeBinary:
		if _, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "=")); err != nil {
			l.report(ruleBinaryForm, at, "%s is not base64; encode the bytes with the standard alphabet", a.Name)
			return
		}
	case scim.TypeReference:
		u, err := url.Parse(s)
		if _, bad := unencoded(s); bad || err != nil {
			l.report(ruleReferenceForm, at, "%s is %s; send a URI", a.Name, l.quote(a, s))
			return
		}
		if u.User != nil && strings.HasPrefix(u.Scheme, "http") {
			l.report(ruleURLUserinfo, at, "%s has a user name in front of the host; leave it out", a.Name)
		}
	}
	if a.URN == scim.UserSchema {
		l.userText(a, s, at)
	}
}
