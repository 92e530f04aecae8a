package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MarshalJSON returns the object as JSON, its fields in their order.
func (o *Object) MarshalJSON() ([]byte, error) { return o.AppendJSON(nil), nil }

// AppendJSON appends the object as JSON to dst and returns the longer slice. A nil
// object is null. Characters that need no escape are written as they are.
func (o *Object) AppendJSON(dst []byte) []byte {
	if o == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for i, f := range o.fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, *f.name)
		dst = append(dst, ':')
		dst = AppendValue(dst, f.value)
	}
	return append(dst, '}')
}

// AppendValue appends one attribute value as JSON to dst, as [Object.AppendJSON]
// does. Go values that no [Object] should hold are written as encoding/json would.
func AppendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case *Object:
		return v.AppendJSON(dst)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendValue(dst, e)
		}
		return append(dst, ']')
	case json.Number:
		if n := numberLength(v); n > 0 && n == len(v) {
			return append(dst, v...)
		}
		return appendString(dst, string(v))
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return append(dst, "null"...)
		}
		return append(dst, b...)
	}
}

// appendString writes a JSON string, escaping no more than JSON asks for. What is
// not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = append(dst, "\ufffd"...)
			i++
			start = i
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Map returns the object as plain Go values, deeply: map[string]any, []any,
// string, bool, json.Number and nil.
func (o *Object) Map() map[string]any {
	m := make(map[string]any, o.Len())
	for name, v := range o.All() {
		m[name] = plain(v)
	}
	return m
}

func plain(v any) any {
	switch v := v.(type) {
	case *Object:
		return v.Map()
	case []any:
		p := make([]any, len(v))
		for i, e := range v {
			p[i] = plain(e)
		}
		return p
	default:
		return v
	}
}

// ObjectFromMap returns the object of plain Go values, deeply, with its fields in
// the order of their names. Numbers of any Go type become [json.Number]; a value
// of another type takes the form it has in JSON.
func ObjectFromMap(m map[string]any) *Object {
	o := newObject(len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		o.Set(name, rich(m[name]))
	}
	return o
}

func rich(v any) any {
	switch v := v.(type) {
	case nil, string, bool, json.Number, *Object:
		return v
	case map[string]any:
		return ObjectFromMap(v)
	case []any:
		r := make([]any, len(v))
		for i, e := range v {
			r[i] = rich(e)
		}
		return r
	case int:
		return json.Number(strconv.Itoa(v))
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	p := jsonParser{data: data, lenient: true}
	decoded, err := p.value()
	if err != nil {
		return nil
	}
	return decoded
}
