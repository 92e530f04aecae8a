package scim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxJSONDepth is how deep objects and arrays may be nested in a document.
const MaxJSONDepth = 64

// ParseObject reads a JSON object strictly, as a server reads a request: UTF-8
// only, no byte order mark, no name twice in one object whatever its letter case,
// nothing after the closing brace, at most [MaxJSONDepth] levels. What is wrong is
// an [Error] with status 400 and keyword invalidSyntax that names the line and
// column.
func ParseObject(data []byte) (*Object, error) {
	p := jsonParser{data: data}
	return p.document()
}

// ParseObjectLenient reads a JSON object as a client reads an answer: a leading
// byte order mark is skipped, the last of two members with one name counts, bytes
// that are not UTF-8 become U+FFFD. Everything else is as in [ParseObject].
func ParseObjectLenient(data []byte) (*Object, error) {
	p := jsonParser{data: data, lenient: true}
	if strings.HasPrefix(string(data[:min(len(data), 3)]), "\ufeff") {
		p.pos = 3
	}
	return p.document()
}

// UnmarshalJSON reads the object as [ParseObjectLenient] does.
func (o *Object) UnmarshalJSON(data []byte) error {
	parsed, err := ParseObjectLenient(data)
	if err != nil {
		return err
	}
	*o = *parsed
	return nil
}

// A jsonParser is a recursive descent over one document. The depth limit is what
// keeps the recursion short.
type jsonParser struct {
	data    []byte
	pos     int
	depth   int
	lenient bool
	names   []string
}

// intern returns a name as an object keeps it. Names lie together in pieces, for
// fewer allocations.
func (p *jsonParser) intern(name string) *string {
	if len(p.names) == cap(p.names) {
		p.names = make([]string, 0, 16)
	}
	p.names = append(p.names, name)
	return &p.names[len(p.names)-1]
}

func (p *jsonParser) document() (*Object, error) {
	p.space()
	if p.pos == len(p.data) {
		return nil, InvalidSyntax("the body is empty: a JSON object is expected")
	}
	if p.data[p.pos] != '{' {
		return nil, p.errorf("expected a JSON object, found %s", p.found())
	}
	o, err := p.object()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(p.data) {
		return nil, p.errorf("expected nothing after the object, found %s", p.found())
	}
	return o, nil
}

func (p *jsonParser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *jsonParser) value() (any, error) {
	if p.pos == len(p.data) {
		return nil, p.errorf("expected a value, found %s", p.found())
	}
	switch c := p.data[p.pos]; c {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		return p.str()
	case 't':
		return true, p.literal("true")
	case 'f':
		return false, p.literal("false")
	case 'n':
		return nil, p.literal("null")
	default:
		if n := numberLength(p.data[p.pos:]); n > 0 {
			text := string(p.data[p.pos : p.pos+n])
			p.pos += n
			return json.Number(text), nil
		}
		return nil, p.errorf("expected a value, found %s", p.found())
	}
}

func (p *jsonParser) literal(word string) error {
	if !strings.HasPrefix(string(p.data[p.pos:min(len(p.data), p.pos+len(word))]), word) {
		return p.errorf("expected a value, found %s", p.found())
	}
	p.pos += len(word)
	return nil
}

func (p *jsonParser) enter() error {
	if p.depth++; p.depth > MaxJSONDepth {
		return p.errorf("nested deeper than %d levels", MaxJSONDepth)
	}
	return nil
}

// fieldScan is the number of members up to which looking through all of them for
// a duplicate is cheaper than keeping a map.
const fieldScan = 24

func (p *jsonParser) object() (*Object, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	p.pos++ // {
	o := &Object{}
	var seen map[string]int
	for p.space(); ; p.space() {
		if p.peek() == '}' && len(o.fields) == 0 {
			break
		}
		if p.peek() != '"' {
			return nil, p.errorf(`expected a member name in quotes or "}", found %s`, p.found())
		}
		at := p.pos
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		if p.space(); p.peek() != ':' {
			return nil, p.errorf(`expected ":" after the member name %q, found %s`, clip(name), p.found())
		}
		p.pos++
		p.space()
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		earlier, duplicate := -1, false
		if len(o.fields) < fieldScan {
			earlier = o.index(name)
			duplicate = earlier >= 0
		} else {
			if seen == nil {
				seen = indexFields(o.fields)
			}
			earlier, duplicate = seen[foldName(name)]
			if !duplicate {
				seen[foldName(name)] = len(o.fields)
			}
		}
		switch {
		case !duplicate:
			o.put(p.intern(name), v)
		case p.lenient:
			o.fields[earlier] = slot{p.intern(name), v}
		default:
			p.pos = at
			return nil, p.errorf("%s is given twice in one object; letter case does not tell names apart", strings.Trim(strconv.Quote(clip(name)), `"`))
		}
		if p.space(); p.peek() == ',' {
			p.pos++
			if p.space(); p.peek() == '}' {
				return nil, p.errorf(`expected another member after ",", found %s`, p.found())
			}
			continue
		}
		if p.peek() == '}' {
			break
		}
		return nil, p.errorf(`expected "," or "}" after the member %q, found %s`, clip(name), p.found())
	}
	p.pos++
	p.depth--
	o.fields = slices.Clip(o.fields)
	return o, nil
}

func indexFields(fields []slot) map[string]int {
	m := make(map[string]int, 2*len(fields))
	for i, f := range fields {
		m[foldName(*f.name)] = i
	}
	return m
}

func (p *jsonParser) array() ([]any, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	p.pos++ // [
	values := []any{}
	for p.space(); ; p.space() {
		if p.peek() == ']' && len(values) == 0 {
			break
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if p.space(); p.peek() == ',' {
			p.pos++
			continue
		}
		if p.peek() == ']' {
			break
		}
		return nil, p.errorf(`expected "," or "]" after an array element, found %s`, p.found())
	}
	p.pos++
	p.depth--
	return slices.Clip(values), nil
}

// peek returns the byte at the cursor, 0 at the end.
func (p *jsonParser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

// str reads a string at the cursor, decoding its escapes.
func (p *jsonParser) str() (string, error) {
	start := p.pos + 1
	ascii := true
	for i := start; i < len(p.data); i++ {
		switch c := p.data[i]; {
		case c == '"':
			raw := p.data[start:i]
			if !ascii && !utf8.Valid(raw) {
				break
			}
			p.pos = i + 1
			return string(raw), nil
		case c >= utf8.RuneSelf:
			ascii = false
			continue
		case c != '\\' && c >= ' ':
			continue
		}
		break
	}
	return p.strSlow()
}

func (p *jsonParser) strSlow() (string, error) {
	opening := p.pos
	p.pos++
	var b []byte
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '"':
			p.pos++
			return string(b), nil
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
		case c < ' ':
			return "", p.errorf("a string may not hold the control character U+%04X: write it as an escape", c)
		case c < utf8.RuneSelf:
			b = append(b, c)
			p.pos++
		default:
			r, size := utf8.DecodeRune(p.data[p.pos:])
			if r == utf8.RuneError && size == 1 && !p.lenient {
				return "", p.errorf("the byte 0x%02X is not UTF-8", c)
			}
			b = utf8.AppendRune(b, r)
			p.pos += size
		}
	}
	p.pos = opening
	return "", p.errorf("a string is not closed")
}

func (p *jsonParser) escape() (rune, error) {
	r, n, problem := decodeEscape(p.data[p.pos:])
	if problem != "" && !(p.lenient && n > 0) {
		return 0, p.errorf("%s", problem)
	}
	p.pos += n
	return r, nil
}

// decodeEscape reads the escape sequence that b begins with, such as \n or \u00e9,
// and returns its rune and length. The problem, if any, is a sentence; for half a
// surrogate pair the length is given and the rune is U+FFFD.
func decodeEscape[T []byte | string](b T) (r rune, n int, problem string) {
	if len(b) < 2 {
		return 0, 0, "a string is not closed"
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2, ""
	case 'b':
		return '\b', 2, ""
	case 'f':
		return '\f', 2, ""
	case 'n':
		return '\n', 2, ""
	case 'r':
		return '\r', 2, ""
	case 't':
		return '\t', 2, ""
	case 'u':
		first, ok := hexRune(b)
		if !ok {
			return 0, 0, `\u needs four hexadecimal digits`
		}
		if !utf16.IsSurrogate(first) {
			return first, 6, ""
		}
		if second, ok := hexRune(b[6:]); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, 12, ""
			}
		}
		return utf8.RuneError, 6, fmt.Sprintf(`\u%04x is half of a surrogate pair and the other half is missing`, first)
	default:
		return 0, 0, fmt.Sprintf(`\%s is not an escape of JSON`, printable(rune(b[1])))
	}
}

// hexRune reads \uXXXX.
func hexRune[T []byte | string](b T) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 32)
	return rune(n), err == nil && b[2] != '+'
}

// errorf reports what is wrong at the cursor.
func (p *jsonParser) errorf(format string, args ...any) error {
	before := p.data[:min(p.pos, len(p.data))]
	line, start := 1, 0
	for i, c := range before {
		if c == '\n' {
			line, start = line+1, i+1
		}
	}
	column := utf8.RuneCount(before[start:]) + 1
	return InvalidSyntax("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

// found describes what is at the cursor.
func (p *jsonParser) found() string {
	if p.pos >= len(p.data) {
		return "the end"
	}
	r, size := utf8.DecodeRune(p.data[p.pos:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("the byte 0x%02X", p.data[p.pos])
	}
	if r == '\ufeff' {
		return "a byte order mark"
	}
	return `"` + printable(r) + `"`
}

// printable returns a rune as it may stand in a message.
func printable(r rune) string {
	if r == '"' {
		return `\"`
	}
	q := strconv.QuoteRune(r)
	return q[1 : len(q)-1]
}

// clip shortens what a message quotes from a document.
func clip(s string) string {
	const most = 128
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
