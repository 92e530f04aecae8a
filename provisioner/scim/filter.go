package scim

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	filter "github.com/scim2/filter-parser/v2"
)

// The parts of a parsed filter. They are the types of scim2/filter-parser; the
// parser is ours, because that one can be made to exhaust the stack, leaves strings
// encoded, rounds integers and refuses value paths that RFC 7644 allows.
type (
	// An Expression is a *[AttributeExpression], *[LogicalExpression],
	// *[NotExpression] or *[ValuePath].
	Expression = filter.Expression
	// An AttributeExpression compares an attribute: its CompareValue is a decoded
	// string, a json.Number, a bool or nil for null. For "pr" it is nil.
	AttributeExpression = filter.AttributeExpression
	// A LogicalExpression joins two expressions by "and" or "or".
	LogicalExpression = filter.LogicalExpression
	// A NotExpression negates an expression.
	NotExpression = filter.NotExpression
	// A ValuePath is a filter in brackets behind a multi-valued attribute.
	ValuePath = filter.ValuePath
	// A CompareOperator is "eq", "pr" and so on, in small letters.
	CompareOperator = filter.CompareOperator
)

// Bounds on a filter, and on the path of a PATCH operation. What is longer, in
// bytes, or nested deeper, in parentheses and brackets, is refused.
const (
	MaxFilterLength = 8 << 10
	MaxFilterDepth  = 64
)

// ParseFilter reads a filter (RFC 7644 section 3.4.2.2). Operators, "and", "or",
// "not", true, false and null may be in any letter case; "not" binds tightest,
// then "and", then "or". Brackets may hold any logical expression, but no other
// brackets. Strings are decoded, numbers keep all their digits.
//
// The error is an [Error] of type invalidFilter that names the column, counted in
// characters from 1, what is expected there and what was found.
func ParseFilter(s string) (Expression, error) {
	p := filterParser{text: s, what: "filter"}
	if err := p.checkLength(); err != nil {
		return nil, err
	}
	p.spaces()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.spaces()
	if p.pos < len(s) {
		return nil, p.expected(`"and", "or" or the end`)
	}
	return e, nil
}

// A filterParser is a recursive descent over a filter or path. Its depth is
// bounded, so that no input can exhaust the stack.
type filterParser struct {
	text     string
	pos      int
	depth    int
	what     string // "filter", "path" or "attribute": what the error speaks of
	brackets bool   // inside the brackets of a value path
}

func (p *filterParser) checkLength() error {
	if len(p.text) > MaxFilterLength {
		return p.fail("the %s has %d bytes, more than the %d that are read", p.what, len(p.text), MaxFilterLength)
	}
	return nil
}

func (p *filterParser) fail(format string, args ...any) error {
	if p.what == "filter" {
		return InvalidFilter(format, args...)
	}
	return InvalidPath(format, args...)
}

// expected reports what the cursor should have been at.
func (p *filterParser) expected(what string) error {
	found := "the end"
	if p.pos < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.pos:])
		if found = `"` + printable(r) + `"`; r == utf8.RuneError && size == 1 {
			found = fmt.Sprintf("the byte 0x%02X, which is not UTF-8", p.text[p.pos])
		}
	}
	return p.problem("expected %s, found %s", what, found)
}

func (p *filterParser) problem(format string, args ...any) error {
	column := utf8.RuneCountInString(p.text[:min(p.pos, len(p.text))]) + 1
	return p.fail("%s, column %d: %s", p.what, column, fmt.Sprintf(format, args...))
}

// spaces skips spaces and reports whether there were any.
func (p *filterParser) spaces() bool {
	start := p.pos
	for p.pos < len(p.text) && p.text[p.pos] == ' ' {
		p.pos++
	}
	return p.pos > start
}

// peek returns the byte at the cursor, 0 at the end.
func (p *filterParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// keyword takes a word in any letter case, unless it goes on into a longer one.
func (p *filterParser) keyword(word string) bool {
	end := p.pos + len(word)
	if end > len(p.text) || !sameName(p.text[p.pos:end], word) {
		return false
	}
	if end < len(p.text) && isPathByte(p.text[end]) {
		return false
	}
	p.pos = end
	return true
}

// joined takes " and " or " or " and reports whether it was there; if not, the
// cursor stays.
func (p *filterParser) joined(word string) (bool, error) {
	start := p.pos
	if !p.spaces() || !p.keyword(word) {
		p.pos = start
		return false, nil
	}
	if !p.spaces() {
		return false, p.expected(`a space after "` + word + `"`)
	}
	return true, nil
}

func (p *filterParser) or() (Expression, error) {
	left, err := p.and()
	for err == nil {
		var more bool
		if more, err = p.joined("or"); err != nil || !more {
			break
		}
		var right Expression
		right, err = p.and()
		left = &LogicalExpression{Left: left, Right: right, Operator: filter.OR}
	}
	return left, err
}

func (p *filterParser) and() (Expression, error) {
	left, err := p.term()
	for err == nil {
		var more bool
		if more, err = p.joined("and"); err != nil || !more {
			break
		}
		var right Expression
		right, err = p.term()
		left = &LogicalExpression{Left: left, Right: right, Operator: filter.AND}
	}
	return left, err
}

func (p *filterParser) term() (Expression, error) {
	start := p.pos
	if p.keyword("not") {
		p.spaces()
		if p.peek() == '(' {
			inner, err := p.enclosed(')')
			if err != nil {
				return nil, err
			}
			return &NotExpression{Expression: inner}, nil
		}
		p.pos = start // an attribute of that name
	}
	if p.peek() == '(' {
		return p.enclosed(')')
	}
	return p.comparison()
}

// enclosed reads what stands in parentheses or brackets.
func (p *filterParser) enclosed(closing byte) (Expression, error) {
	if p.depth++; p.depth > MaxFilterDepth {
		return nil, p.problem("nested deeper than %d levels", MaxFilterDepth)
	}
	p.pos++
	p.spaces()
	inner, err := p.or()
	if err != nil {
		return nil, err
	}
	p.spaces()
	if p.peek() != closing {
		return nil, p.expected(`"and", "or" or "` + string(closing) + `"`)
	}
	p.pos++
	p.depth--
	return inner, nil
}

// compareOperator takes an operator other than pr.
func (p *filterParser) compareOperator() (CompareOperator, bool) {
	for _, op := range [...]CompareOperator{
		filter.EQ, filter.NE, filter.CO, filter.SW, filter.EW, filter.GT, filter.GE, filter.LT, filter.LE,
	} {
		if p.keyword(string(op)) {
			return op, true
		}
	}
	return "", false
}

func (p *filterParser) comparison() (Expression, error) {
	path, err := p.attributePath()
	if err != nil {
		return nil, err
	}
	spaced := p.spaces()
	if p.peek() == '[' {
		return p.valuePath(path)
	}
	if !spaced {
		return nil, p.expected("a space and an operator after the attribute")
	}
	if p.keyword("pr") {
		return &AttributeExpression{AttributePath: path, Operator: filter.PR}, nil
	}
	op, ok := p.compareOperator()
	if !ok {
		return nil, p.expected("an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr")
	}
	if !p.spaces() {
		return nil, p.expected(`a space and a value after "` + string(op) + `"`)
	}
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	return &AttributeExpression{AttributePath: path, Operator: op, CompareValue: value}, nil
}

func (p *filterParser) valuePath(path AttributePath) (Expression, error) {
	inner, err := p.bracketed()
	if err != nil {
		return nil, err
	}
	if p.peek() == '.' {
		return nil, p.problem(`nothing may follow the brackets: write the comparison inside, such as %s[type eq "work" and value eq "x"]`,
			FormatAttributePath(path))
	}
	return &ValuePath{AttributePath: path, ValueFilter: inner}, nil
}

// bracketed reads the filter in brackets at the cursor.
func (p *filterParser) bracketed() (Expression, error) {
	if p.brackets {
		return nil, p.problem("brackets may not stand inside brackets")
	}
	p.brackets = true
	inner, err := p.enclosed(']')
	p.brackets = false
	return inner, err
}

func (p *filterParser) value() (any, error) {
	switch c := p.peek(); {
	case c == '"':
		return p.quoted()
	case c == '-' || isDigit(c):
		return p.number()
	case p.keyword("true"):
		return true, nil
	case p.keyword("false"):
		return false, nil
	case p.keyword("null"):
		return nil, nil
	default:
		return nil, p.expected("a value: a string in double quotes, a number, true, false or null")
	}
}

func (p *filterParser) number() (any, error) {
	start := p.pos
	p.pos += numberLength(p.text[p.pos:])
	if p.pos == start || p.pos < len(p.text) && !endsValue(p.text[p.pos]) {
		p.pos = start
		return nil, p.expected("a number as JSON writes it")
	}
	return json.Number(p.text[start:p.pos]), nil
}

func endsValue(c byte) bool { return c == ' ' || c == ')' || c == ']' }

// quoted reads a string as JSON writes it.
func (p *filterParser) quoted() (any, error) {
	start := p.pos
	for i := start + 1; i < len(p.text); i++ {
		c := p.text[i]
		if c == '"' {
			p.pos = i + 1
			return p.text[start+1 : i], p.valueEnds()
		}
		if c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			return p.quotedSlow()
		}
	}
	return p.unclosed(start)
}

func (p *filterParser) unclosed(start int) (any, error) {
	p.pos = start
	return nil, p.problem("the string that begins here is not closed")
}

func (p *filterParser) quotedSlow() (any, error) {
	start := p.pos
	p.pos++
	b := make([]byte, 0, 64)
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		switch {
		case c == '"':
			p.pos++
			return string(b), p.valueEnds()
		case c == '\\':
			r, n, problem := decodeEscape(p.text[p.pos:])
			if problem != "" {
				return nil, p.problem("%s", problem)
			}
			b = utf8.AppendRune(b, r)
			p.pos += n
		case c < ' ':
			return nil, p.problem("a string may not hold the control character U+%04X: write it as an escape", c)
		default:
			r, size := utf8.DecodeRuneInString(p.text[p.pos:])
			if r == utf8.RuneError && size == 1 {
				return nil, p.expected("UTF-8")
			}
			b = utf8.AppendRune(b, r)
			p.pos += size
		}
	}
	return p.unclosed(start)
}

// valueEnds checks that a string is not glued to what follows.
func (p *filterParser) valueEnds() error {
	if p.pos < len(p.text) && !endsValue(p.text[p.pos]) {
		return p.expected("a space or the end after the string")
	}
	return nil
}

// QuoteFilter returns a string as a literal to put into a filter or path: a JSON
// string, quotes included (RFC 7644 section 3.4.2.2).
func QuoteFilter(s string) string { return string(appendString(nil, s)) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isNameByte reports whether a byte may stand in an attribute name, behind the
// first (RFC 7643 section 2.1).
func isNameByte(c byte) bool {
	return isAlpha(c) || isDigit(c) || c == '-' || c == '_' || c == '$'
}

// isPathByte reports whether a byte may stand in an attribute path with a URI in
// front: name bytes and what URIs are made of, parentheses and quotes left out.
func isPathByte(c byte) bool {
	if isNameByte(c) {
		return true
	}
	switch c {
	case '.', ':', '/', '~', '%', '+', '@', '!', '*', ';', ',', '=', '#', '?', '&':
		return true
	}
	return false
}
