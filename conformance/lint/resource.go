package lint

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

func (a *answer) hasResources() bool { return len(a.resources) > 0 }
func (a *answer) hasWhole() bool     { return a.hasResources() && !a.projected() }
func (a *answer) hasOne() bool       { return len(a.resources) == 1 && !a.isList() }

// hasTyped reports whether there are resources whose type and schema are published.
func (a *answer) hasTyped() bool {
	return slices.ContainsFunc(a.resources, func(f found) bool { return f.typ != nil && a.published.Schema(f.typ.Schema) != nil })
}

// each makes a rule about answers of one about resources.
func each(look func(*Published, found) string) func(*answer) string {
	return func(a *answer) string {
		for _, f := range a.resources {
			if detail := look(a.published, f); detail != "" {
				return detail
			}
		}
		return ""
	}
}

func hasID(_ *Published, f found) string {
	switch id := get(f.object, "id"); {
	case text(id) == "":
		return "the id is missing, or no text"
	case strings.Contains(text(id), "bulkId"):
		return `the id has the reserved word "bulkId" in it`
	}
	return ""
}

func schemasOf(f found) []string {
	list, _ := get(f.object, "schemas").([]any)
	var all []string
	for _, s := range list {
		all = append(all, text(s))
	}
	return all
}

func namesSchemas(_ *Published, f found) string {
	all := schemasOf(f)
	switch {
	case len(all) == 0:
		return "schemas is missing, empty or no array"
	case slices.ContainsFunc(all, func(s string) bool { return !strings.Contains(s, ":") }):
		return "schemas has something that is no URI"
	case f.typ != nil && f.typ.Schema != "" && !contains(all, f.typ.Schema):
		return fmt.Sprintf("schemas lacks %s", f.typ.Schema)
	}
	return ""
}

func contains(all []string, urn string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(s, urn) })
}

func schemasTwice(_ *Published, f found) string {
	seen := map[string]bool{}
	for _, s := range schemasOf(f) {
		if key := strings.ToLower(s); seen[key] {
			return fmt.Sprintf("schemas has %s twice", s)
		} else {
			seen[key] = true
		}
	}
	return ""
}

func schemasForeign(_ *Published, f found) string {
	if f.typ == nil {
		return ""
	}
	for _, s := range schemasOf(f) {
		if !strings.EqualFold(s, f.typ.Schema) && !slices.ContainsFunc(f.typ.Extensions, func(e Extension) bool { return strings.EqualFold(e.Schema, s) }) {
			return fmt.Sprintf("schemas has %s, which /ResourceTypes does not have for %s", s, f.typ.Name)
		}
	}
	return ""
}

func schemasMissing(_ *Published, f found) string {
	all := schemasOf(f)
	for name, v := range inOrder(f.object) {
		if inner, ok := v.(map[string]any); ok && len(inner) > 0 && strings.HasPrefix(strings.ToLower(name), "urn:") && !contains(all, name) {
			return fmt.Sprintf("the extension %s is there, and not in schemas", name)
		}
	}
	return ""
}

func meta(_ *Published, f found) string {
	m, ok := get(f.object, "meta").(map[string]any)
	if !ok {
		return "" // a projection may leave it out; a check looks for it where it has to be
	}
	if name := text(get(m, "resourceType")); f.typ != nil && get(m, "resourceType") != nil && name != f.typ.Name {
		return fmt.Sprintf("meta.resourceType is not %s", f.typ.Name)
	}
	var dates [2]time.Time
	for i, name := range []string{"created", "lastModified"} {
		if v := get(m, name); v != nil {
			if dates[i], ok = dateTime(v); !ok {
				return fmt.Sprintf("meta.%s is no dateTime", name)
			}
		}
	}
	if !dates[1].IsZero() && dates[1].Before(dates[0]) {
		return "meta.lastModified is before meta.created"
	}
	return ""
}

func dateTime(v any) (time.Time, bool) {
	s, _ := v.(string)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func location(a *answer) string {
	want := text(get(get(a.resources[0].object, "meta"), "location"))
	if want == "" {
		return ""
	}
	for _, name := range []string{"Location", "Content-Location"} {
		if got := a.Header.Get(name); got != "" && got != want {
			return name + " is not meta.location"
		}
	}
	return ""
}

func version(a *answer) string {
	want, tag := text(get(get(a.resources[0].object, "meta"), "version")), a.Header.Get("ETag")
	if want != "" && tag != "" && want != tag {
		return "ETag is not meta.version"
	}
	return ""
}

// inOrder goes through an object by the names of its members, so that of several
// findings it is always the same that is told.
func inOrder(o map[string]any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if !yield(name, o[name]) {
				return
			}
		}
	}
}

// values calls visit with each attribute of a resource that has a definition, and
// with a nil one for each that has none, until visit returns something.
func values(p *Published, f found, visit func(path string, a *Attribute, v any) string) string {
	l := p.layout(f.endpoint)
	if len(l.core) == 0 {
		return ""
	}
	for name, v := range inOrder(f.object) {
		if common(name) || v == nil {
			continue
		}
		if attributes, ok := l.extensions[strings.ToLower(name)]; ok {
			inner, isObject := v.(map[string]any)
			if !isObject {
				return visit(name, &Attribute{Type: "complex"}, v)
			}
			for sub, w := range inOrder(inner) {
				if detail := visitOne(name+":"+sub, attributes, sub, w, visit); detail != "" {
					return detail
				}
			}
			continue
		}
		if detail := visitOne(name, l.core, name, v, visit); detail != "" {
			return detail
		}
	}
	return ""
}

func visitOne(path string, attributes map[string]*Attribute, name string, v any, visit func(string, *Attribute, any) string) string {
	if v == nil {
		return ""
	}
	return visit(path, attributes[strings.ToLower(name)], v)
}

func types(p *Published, f found) string {
	return values(p, f, func(path string, a *Attribute, v any) string {
		if a == nil {
			return ""
		}
		return misfit(path, a, v)
	})
}

// misfit says how a value does not fit its attribute, "" if it does.
func misfit(path string, a *Attribute, v any) string {
	if a.MultiValued {
		list, ok := v.([]any)
		if !ok {
			return path + " has many values and is no array"
		}
		one := *a
		one.MultiValued = false
		for _, e := range list {
			if detail := misfit(path, &one, e); detail != "" {
				return detail
			}
		}
		return ""
	}
	if a.Type == "complex" {
		o, ok := v.(map[string]any)
		if !ok {
			return path + " is complex and no object"
		}
		for _, sub := range a.SubAttributes {
			if w := get(o, sub.Name); w != nil {
				if detail := misfit(path+"."+sub.Name, &sub, w); detail != "" {
					return detail
				}
			}
		}
		return ""
	}
	if !fits(a.Type, v) {
		return fmt.Sprintf("%s is of type %s and is shown as %s", path, a.Type, kind(v))
	}
	return ""
}

func fits(kind string, v any) bool {
	switch kind {
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "integer":
		n, ok := v.(json.Number)
		return ok && !strings.ContainsAny(n.String(), ".eE")
	case "decimal":
		_, ok := v.(json.Number)
		return ok
	case "dateTime":
		_, ok := dateTime(v)
		return ok
	default:
		_, ok := v.(string)
		return ok
	}
}

func kind(v any) string {
	switch v.(type) {
	case string:
		return "a text"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}

func unknown(p *Published, f found) string {
	return values(p, f, func(path string, a *Attribute, v any) string {
		if a == nil {
			return fmt.Sprintf("%q is in no schema of the type", path)
		}
		return ""
	})
}

func never(p *Published, f found) string {
	if v := get(f.object, "password"); v != nil {
		return "it shows password"
	}
	return values(p, f, func(path string, a *Attribute, _ any) string {
		if a != nil && (a.Returned == "never" || a.Mutability == "writeOnly") {
			return "it shows " + path
		}
		return ""
	})
}

// many calls visit with the elements of each attribute that has many values.
func many(f found, visit func(name string, elements []map[string]any) string) string {
	for name, v := range inOrder(f.object) {
		list, _ := v.([]any)
		var elements []map[string]any
		for _, e := range list {
			if o, ok := e.(map[string]any); ok {
				elements = append(elements, o)
			}
		}
		if detail := visit(name, elements); detail != "" {
			return detail
		}
	}
	return ""
}

func primaries(_ *Published, f found) string {
	return many(f, func(name string, elements []map[string]any) string {
		n := 0
		for _, e := range elements {
			if get(e, "primary") == true {
				n++
			}
		}
		if n > 1 {
			return fmt.Sprintf("%s has %d primary values", name, n)
		}
		return ""
	})
}

func twice(_ *Published, f found) string {
	return many(f, func(name string, elements []map[string]any) string {
		seen := map[string]bool{}
		for _, e := range elements {
			v := text(get(e, "value"))
			key := text(get(e, "type")) + "\x00" + v
			if v != "" && seen[key] {
				return name + " has a value twice"
			}
			seen[key] = true
		}
		return ""
	})
}
