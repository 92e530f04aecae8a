package steps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"
)

// parseJSON reads one JSON value and nothing after it, numbers as [json.Number].
func parseJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("there is something after the JSON value")
	}
	return v, nil
}

// pick returns what a path selects in a JSON value, nil for nothing. A path is made
// of names with dots between them, "urn:…:User:department" for what stands under an
// extension. On the way through an array it selects in each element; "[2]" takes
// the second element, "[type=work]" those elements in which an attribute has a
// value, "[type!=work]" the others, and of one such element that element itself.
func pick(v any, path string) any {
	if path == "" {
		return v
	}
	if rest, ok := strings.CutPrefix(path, "["); ok {
		selector, rest, _ := strings.Cut(rest, "]")
		return pick(selectElements(v, selector), strings.TrimPrefix(rest, "."))
	}
	switch v := v.(type) {
	case []any:
		var all []any
		for _, e := range v {
			if got := pick(e, path); got != nil {
				all = append(all, got)
			}
		}
		if all == nil {
			return nil
		}
		return all
	case map[string]any:
		name, rest := head(v, path)
		return pick(resource(v).get(name), rest)
	default:
		return nil
	}
}

// leaves returns what a path selects, each value on its own, and nil for where the
// last name of the path is missing. An array counts as its elements, except at the
// end of a path that leads through no other.
func leaves(v any, path string) []any {
	var all []any
	collect(v, path, &all)
	return all
}

func collect(v any, path string, all *[]any) {
	if list, ok := v.([]any); ok && path != "" && path[0] != '[' {
		for _, e := range list {
			collect(e, path, all)
		}
		return
	}
	step, rest := path, ""
	switch {
	case path == "":
		*all = append(*all, v)
		return
	case path[0] == '[':
		var selector string
		selector, rest, _ = strings.Cut(path[1:], "]")
		rest = strings.TrimPrefix(rest, ".")
		v = selectElements(v, selector)
	default:
		o, _ := v.(map[string]any)
		step, rest = head(o, path)
		v = resource(o).get(step)
	}
	if v != nil || rest == "" {
		collect(v, rest, all)
	}
}

// head splits the first name off a path. A URN ends where a member of the object
// does, since it has dots and colons of its own.
func head(o map[string]any, path string) (name, rest string) {
	if strings.HasPrefix(strings.ToLower(path), "urn:") {
		for member := range maps.Keys(o) {
			if len(path) >= len(member) && strings.EqualFold(path[:len(member)], member) {
				return member, strings.TrimLeft(path[len(member):], ":.")
			}
		}
		return path, ""
	}
	if at := strings.IndexAny(path, ".["); at >= 0 {
		return path[:at], strings.TrimPrefix(path[at:], ".")
	}
	return path, ""
}

func selectElements(v any, selector string) any {
	all, ok := v.([]any)
	if !ok {
		return nil
	}
	attribute, want, byValue := strings.Cut(selector, "=")
	attribute, others := strings.CutSuffix(attribute, "!")
	if !byValue {
		var n int
		if _, err := fmt.Sscanf(selector, "%d", &n); err != nil || n < 1 || n > len(all) {
			return nil
		}
		return all[n-1]
	}
	var found []any
	for _, e := range all {
		if strings.EqualFold(fmt.Sprint(pick(e, attribute)), want) != others {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0]
	default:
		return found
	}
}

// empty reports whether a value is no value: RFC 7643 section 2.5 makes no
// difference between null, an empty array and nothing at all.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}

// agrees reports whether a target shows what was wanted, with the liberties that the
// RFCs leave it: more members in an object, another order in an array, another way
// to write an instant or a number, and another letter case unless exact.
func agrees(got, want any, exact bool) bool {
	if empty(got) || empty(want) {
		return empty(got) && empty(want)
	}
	switch want := want.(type) {
	case string:
		s, ok := got.(string)
		return ok && sameText(s, want, exact)
	case bool:
		return got == want
	case json.Number:
		n, ok := got.(json.Number)
		return ok && sameNumber(n, want)
	case map[string]any:
		o, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for name, v := range want {
			if !agrees(resource(o).get(name), v, exact) {
				return false
			}
		}
		return true
	case []any:
		all, ok := got.([]any)
		return ok && len(all) == len(want) && oneToOne(all, want, func(g, w any) bool { return agrees(g, w, exact) })
	default:
		return false
	}
}

// oneToOne reports whether each wanted element has an element of its own among
// those that are there.
func oneToOne(got, want []any, same func(g, w any) bool) bool {
	left := slices.Clone(got)
	for _, w := range want {
		at := slices.IndexFunc(left, func(g any) bool { return same(g, w) })
		if at < 0 {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return true
}

func sameText(got, want string, exact bool) bool {
	if got == want || !exact && strings.EqualFold(got, want) {
		return true
	}
	g, okG := instant(got)
	w, okW := instant(want)
	return okG && okW && g.Equal(w)
}

// instant reads an xsd:dateTime, whose zone may be missing (RFC 7643 section 2.3.5).
func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func sameNumber(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	return okX && okY && x.Cmp(y) == 0
}

// identical reports whether two values are the same but for the order of arrays and
// of members, and for values that are no values.
func identical(a, b any) bool {
	if empty(a) || empty(b) {
		return empty(a) && empty(b)
	}
	switch a := a.(type) {
	case map[string]any:
		o, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for name := range union(a, o) {
			if !identical(a[name], o[name]) {
				return false
			}
		}
		return true
	case []any:
		all, ok := b.([]any)
		return ok && len(a) == len(all) && oneToOne(a, all, identical)
	default:
		return a == b
	}
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// differences names the members in which two resources differ, sorted; those of a complex
// value one by one.
func differences(a, b resource) []string {
	var names []string
	for name := range union(a, b) {
		if identical(a[name], b[name]) {
			continue
		}
		was, whole := a[name].(map[string]any)
		is, also := b[name].(map[string]any)
		if !whole || !also {
			names = append(names, name)
			continue
		}
		separator := "."
		if strings.Contains(name, ":") {
			separator = ":" // after the URN of an extension
		}
		for _, part := range differences(was, is) {
			names = append(names, name+separator+part)
		}
	}
	slices.Sort(names)
	return names
}

// brief writes a value for a message: short, and on one line.
func brief(v any) string {
	if v == nil {
		return "nothing"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return clip(string(text), 200)
}

func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
