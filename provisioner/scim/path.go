package scim

import (
	"strings"

	filter "github.com/scim2/filter-parser/v2"
)

type (
	// A Path is the target of a PATCH operation (RFC 7644 section 3.5.2).
	Path = filter.Path
	// An AttributePath names an attribute: a schema URI if it is qualified, a name,
	// and a sub-attribute if there is one (RFC 7644 section 3.10).
	AttributePath = filter.AttributePath
)

// ParsePath reads the path of a PATCH operation: an attribute, a sub-attribute, or
// a value path such as emails[type eq "work"] with an optional sub-attribute behind
// it. The URI of an extension alone is a path too. Where such a URI ends in what
// could be an attribute it is read as one, and otherwise it is all in URIPrefix
// with no AttributeName: [ResourceType.Resolve] tells which it is.
//
// The error is an [Error] of type invalidPath that names the column; for what is
// wrong between the brackets as well.
func ParsePath(s string) (Path, error) {
	p := filterParser{text: s, what: "path"}
	if err := p.checkLength(); err != nil {
		return Path{}, err
	}
	attribute, err := p.attributePath()
	if err != nil {
		return Path{}, err
	}
	path := Path{AttributePath: attribute}
	if p.peek() == '[' {
		if path.ValueExpression, err = p.bracketed(); err != nil {
			return Path{}, err
		}
		if p.peek() == '.' {
			p.pos++
			sub, err := p.name()
			if err != nil {
				return Path{}, err
			}
			path.SubAttribute = &sub
		}
	}
	if p.pos < len(s) {
		return Path{}, p.expected("the end")
	}
	return path, nil
}

// ParseAttributePath reads an attribute as the parameters attributes,
// excludedAttributes and sortBy name it (RFC 7644 section 3.10). A URI alone is
// read as [ParsePath] reads it. The error is an [Error] of type invalidPath that
// names the column.
func ParseAttributePath(s string) (AttributePath, error) {
	p := filterParser{text: s, what: "attribute"}
	if err := p.checkLength(); err != nil {
		return AttributePath{}, err
	}
	path, err := p.attributePath()
	if err != nil {
		return AttributePath{}, err
	}
	if p.pos < len(s) {
		return AttributePath{}, p.expected("the end")
	}
	return path, nil
}

// attributePath reads [URI ":"] name ["." sub-attribute]. A URI holds dots and
// colons of its own: its last colon ends it.
func (p *filterParser) attributePath() (AttributePath, error) {
	end, colon := p.pos, -1
	for end < len(p.text) && isPathByte(p.text[end]) {
		if p.text[end] == ':' {
			colon = end
		}
		end++
	}
	if colon < 0 {
		return p.plainPath()
	}
	if colon == p.pos {
		return AttributePath{}, p.expected("an attribute name")
	}
	uri := p.text[p.pos:colon]
	if p.what != "filter" && !p.brackets && colon+1 < end && !isPlainPath(p.text[colon+1:end]) {
		whole := p.text[p.pos:end]
		p.pos = end
		return AttributePath{URIPrefix: &whole}, nil
	}
	p.pos = colon + 1
	path, err := p.plainPath()
	path.URIPrefix = &uri
	return path, err
}

// isPlainPath reports whether the tail of a URI could be name["." sub-attribute].
func isPlainPath(tail string) bool {
	p := filterParser{text: tail}
	_, err := p.plainPath()
	return err == nil && p.pos == len(tail)
}

func (p *filterParser) plainPath() (AttributePath, error) {
	name, err := p.name()
	if err != nil {
		return AttributePath{}, err
	}
	path := AttributePath{AttributeName: name}
	if p.peek() != '.' {
		return path, nil
	}
	p.pos++
	sub, err := p.name()
	if err != nil {
		return AttributePath{}, err
	}
	path.SubAttribute = &sub
	if p.peek() == '.' {
		return AttributePath{}, p.problem("a sub-attribute has no parts of its own: %s.%s is as deep as a path goes", name, sub)
	}
	return path, nil
}

// name reads an attribute name. "$ref" is the one name that does not begin with a
// letter (RFC 7643 section 2.4).
func (p *filterParser) name() (string, error) {
	start := p.pos
	for p.pos < len(p.text) && isNameByte(p.text[p.pos]) {
		p.pos++
	}
	name := p.text[start:p.pos]
	if name == "" || !isAlpha(name[0]) && !sameName(name, "$ref") {
		p.pos = start
		return "", p.expected("an attribute name")
	}
	return name, nil
}

// FormatFilter returns the text of a filter, with no more parentheses than it
// takes: parsing it again gives the same expression.
func FormatFilter(e Expression) string { return string(appendExpression(nil, e, bindsLoosest)) }

// How tightly an expression binds, for the parentheses that printing needs.
const (
	bindsLoosest = iota
	bindsOr
	bindsAnd
	bindsTightest
)

func appendExpression(dst []byte, e Expression, around int) []byte {
	switch e := e.(type) {
	case *AttributeExpression:
		dst = append(dst, FormatAttributePath(e.AttributePath)...)
		dst = append(dst, ' ')
		dst = append(dst, e.Operator...)
		if e.Operator != filter.PR {
			dst = AppendValue(append(dst, ' '), e.CompareValue)
		}
	case *ValuePath:
		dst = append(dst, FormatAttributePath(e.AttributePath)...)
		dst = append(appendExpression(append(dst, '['), e.ValueFilter, bindsLoosest), ']')
	case *NotExpression:
		dst = append(appendExpression(append(dst, "not ("...), e.Expression, bindsLoosest), ')')
	case *LogicalExpression:
		own := bindsOr
		if e.Operator == filter.AND {
			own = bindsAnd
		}
		if around > own {
			dst = append(dst, '(')
		}
		dst = appendExpression(dst, e.Left, own)
		dst = append(dst, ' ')
		dst = append(dst, e.Operator...)
		dst = append(dst, ' ')
		dst = appendExpression(dst, e.Right, own+1)
		if around > own {
			dst = append(dst, ')')
		}
	}
	return dst
}

// FormatPath returns the text of a path: parsing it again gives the same path.
func FormatPath(path Path) string {
	s := FormatAttributePath(path.AttributePath)
	if path.ValueExpression != nil {
		s += "[" + FormatFilter(path.ValueExpression) + "]"
	}
	if path.SubAttribute != nil {
		s += "." + *path.SubAttribute
	}
	return s
}

// FormatAttributePath returns the text of an attribute path: parsing it again
// gives the same path.
func FormatAttributePath(path AttributePath) string {
	if path.URIPrefix == nil && path.SubAttribute == nil {
		return path.AttributeName
	}
	var b strings.Builder
	if path.URIPrefix != nil {
		b.WriteString(*path.URIPrefix)
		if path.AttributeName != "" {
			b.WriteByte(':')
		}
	}
	b.WriteString(path.AttributeName)
	if path.SubAttribute != nil {
		b.WriteByte('.')
		b.WriteString(*path.SubAttribute)
	}
	return b.String()
}
