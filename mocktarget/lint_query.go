package mocktarget

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A lintQuery is the parameters of a search, from a URL or from a body.
type lintQuery struct {
	types  []*resourceType
	values map[string][]string
	inURL  bool
}

// place returns where a parameter stands.
func (q *lintQuery) place(name string) place {
	if q.inURL {
		return parameter(name)
	}
	return place{name: name}
}

func (q *lintQuery) get(name string) (value string, given bool) {
	list := q.values[name]
	if len(list) == 0 {
		return "", false
	}
	return list[0], true
}

// known returns the parameters that SCIM has.
func (q *lintQuery) known() map[string][]string {
	known := map[string][]string{}
	for _, name := range queryParameters {
		if values, given := q.values[name]; given {
			known[name] = values
		}
	}
	return known
}

// parameters returns the parameters of the URL.
func (l *linter) parameters() *lintQuery {
	q := &lintQuery{types: l.m.types, values: l.x.r.URL.Query(), inURL: true}
	if typ := l.target(); typ != nil {
		q.types = []*resourceType{typ}
	}
	return q
}

// reading judges GET.
func (l *linter) reading() {
	if l.x.r.URL.RawQuery == "" {
		return
	}
	switch l.x.target.kind {
	case kindCollection, kindRoot:
		q := l.parameters()
		l.query(q)
		l.exposure(q)
	case kindResource, kindMe:
		l.projection(l.parameters())
	}
}

// search judges the body of POST /.search.
func (l *linter) search() {
	l.message(scim.SearchRequestSchema, ruleSearchSchemas)
	q := &lintQuery{types: l.m.types, values: map[string][]string{}}
	if typ := l.target(); typ != nil {
		q.types = []*resourceType{typ}
	}
	for name, v := range l.body.All() {
		known := slices.IndexFunc(queryParameters, func(known string) bool { return strings.EqualFold(known, name) })
		if known < 0 || v == nil {
			continue
		}
		at := place{name: name}
		if values, ok := l.searchParameter(queryParameters[known], v, &at); ok {
			q.values[queryParameters[known]] = values
		}
	}
	l.query(q)
}

// searchParameter returns a parameter from a body as the texts it would be in a URL.
func (l *linter) searchParameter(name string, v any, at *place) (values []string, ok bool) {
	switch name {
	case "attributes", "excludedAttributes":
		list, isList := v.([]any)
		if !isList {
			l.report(ruleArrayExpected, at, "%s is %s; send an array of attribute names", name, kindOf(v))
			return nil, false
		}
		for i, element := range list {
			text, isText := element.(string)
			if !isText {
				inner := at.element(i)
				l.report(ruleWrongType, &inner, "the attribute name is %s; send a string", kindOf(element))
				continue
			}
			values = append(values, text)
		}
		return values, true
	case "startIndex", "count":
		number, isNumber := v.(json.Number)
		if !isNumber {
			l.report(ruleWrongType, at, "%s is %s; send an integer", name, kindOf(v))
			return nil, false
		}
		return []string{number.String()}, true
	default:
		text, isText := v.(string)
		if !isText {
			l.report(ruleWrongType, at, "%s is %s; send a string", name, kindOf(v))
			return nil, false
		}
		return []string{text}, true
	}
}

// query judges the parameters of a search.
func (l *linter) query(q *lintQuery) {
	l.x.noted.searched = q
	l.projection(q)
	if text, given := q.get("filter"); given {
		at := q.place("filter")
		l.filter(q.types, text, &at)
	}
	l.sorting(q)
	l.page(q)
}

// projection judges attributes and excludedAttributes (RFC 7644 section 3.9).
func (l *linter) projection(q *lintQuery) {
	if len(q.values["attributes"]) > 0 && len(q.values["excludedAttributes"]) > 0 {
		at := q.place("excludedAttributes")
		l.report(ruleAttributesBoth, &at, "attributes and excludedAttributes come together; send one of them")
	}
	for _, name := range []string{"attributes", "excludedAttributes"} {
		at := q.place(name)
		for _, list := range q.values[name] {
			for part := range strings.SplitSeq(list, ",") {
				if part = strings.TrimSpace(part); part != "" {
					l.attributeName(q.types, part, &at)
				}
			}
		}
	}
}

// attributeName judges an attribute named by a parameter, and returns it if one of
// the types has it.
func (l *linter) attributeName(types []*resourceType, name string, at *place) (ref scim.Ref, ok bool) {
	if unwrapped, wrapped := unquote(name); wrapped {
		l.report(ruleQuotedLiteral, at, "%s is in quotation marks; send %s", quoted(name), clip(unwrapped))
		return scim.Ref{}, false
	}
	path, err := scim.ParseAttributePath(name)
	if err != nil {
		l.report(ruleAttributesNotation, at, "%s is not an attribute name; write it as name, name.sub or URN:name", quoted(name))
		return scim.Ref{}, false
	}
	return l.resolve(types, path, at, ruleAttributeUnknown)
}

// resolve finds the attribute of a path in one of the types. What no type has is
// reported: by the rule given, or as unqualified if an extension has it.
func (l *linter) resolve(types []*resourceType, path scim.AttributePath, at *place, unknown ruleID) (ref scim.Ref, ok bool) {
	for _, typ := range types {
		if ref, err := typ.Resolve(path); err == nil {
			return ref, true
		}
	}
	for _, typ := range types {
		if full, found := qualified(typ, path); found {
			l.report(ruleAttributeUnqualified, at, "%s belongs to an extension; write %s", quoted(scim.FormatAttributePath(path)), full)
			return scim.Ref{}, false
		}
	}
	l.report(unknown, at, "there is no attribute %s; /Schemas lists those there are", quoted(scim.FormatAttributePath(path)))
	return scim.Ref{}, false
}

// qualified returns the full name of an attribute that an extension of the type
// has and that is named without the extension's URN.
func qualified(typ *resourceType, path scim.AttributePath) (full string, found bool) {
	if path.URIPrefix != nil {
		return "", false
	}
	for _, x := range typ.Extensions {
		uri := x.Schema.ID
		path.URIPrefix = &uri
		if ref, err := typ.Resolve(path); err == nil && ref.Attribute != nil {
			return ref.String(), true
		}
	}
	return "", false
}

// sorting judges sortBy and sortOrder (RFC 7644 section 3.4.2.3).
func (l *linter) sorting(q *lintQuery) {
	if by, given := q.get("sortBy"); given && by != "" {
		at := q.place("sortBy")
		ref, ok := l.attributeName(q.types, by, &at)
		if ok && ref.Attribute != nil && ref.Sub == nil && ref.Attribute.Type == scim.TypeComplex {
			l.report(ruleSortComplex, &at, "%s is complex; name one of its sub-attributes: %s", quoted(by), subNames(ref))
		}
	}
	order, given := q.get("sortOrder")
	if !given || order == "" || strings.EqualFold(order, "ascending") || strings.EqualFold(order, "descending") {
		return
	}
	at := q.place("sortOrder")
	if unwrapped, wrapped := unquote(order); wrapped {
		l.report(ruleQuotedLiteral, &at, "%s is in quotation marks; send %s", quoted(order), clip(unwrapped))
		return
	}
	l.report(ruleSortOrder, &at, `sortOrder is %s; send "ascending" or "descending"`, quoted(order))
}

// subNames lists the sub-attributes of a complex attribute as paths.
func subNames(ref scim.Ref) string {
	names := make([]string, len(ref.Attribute.Sub))
	for i, sub := range ref.Attribute.Sub {
		names[i] = scim.Ref{Extension: ref.Extension, Attribute: ref.Attribute, Sub: sub}.String()
	}
	return strings.Join(names, ", ")
}

// unquote returns a text without the quotation marks around it, if there are any.
func unquote(s string) (unwrapped string, wrapped bool) {
	for _, mark := range []string{`"`, "'"} {
		if len(s) > 1 && strings.HasPrefix(s, mark) && strings.HasSuffix(s, mark) {
			return s[1 : len(s)-1], true
		}
	}
	return s, false
}

// page judges startIndex, count and cursor (RFC 7644 section 3.4.2.4, RFC 9865).
func (l *linter) page(q *lintQuery) {
	for _, bound := range []struct {
		name  string
		least int
	}{{"startIndex", 1}, {"count", 0}} {
		text, given := q.get(bound.name)
		if !given {
			continue
		}
		at := q.place(bound.name)
		n, err := strconv.Atoi(text)
		switch {
		case err != nil:
			l.report(ruleIntegerForm, &at, "%s is %s; send an integer in plain digits", bound.name, quoted(text))
		case n < bound.least:
			l.report(rulePageBounds, &at, "%s is %d and counts as %d; send %d or more", bound.name, n, bound.least, bound.least)
		}
	}
	cursor, walks := q.get("cursor")
	if _, indexed := q.get("startIndex"); walks && indexed {
		at := q.place("cursor")
		l.report(ruleCursorAndStartIndex, &at, "cursor and startIndex are two ways to page; send one of them")
	}
	if strings.ContainsFunc(cursor, func(c rune) bool { return !isUnreserved(c) }) {
		at := q.place("cursor")
		l.report(ruleCursorCharacters, &at, "the cursor has characters other than letters, digits, \"-\", \".\", \"_\" and \"~\"; send back nextCursor as it came")
	}
}

// isUnreserved reports whether a character is an unreserved one of RFC 3986.
func isUnreserved(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~", c)
}
