package steps

import (
	"fmt"
	"strings"
)

// A resource is a JSON object as it came, read by attribute names without regard
// to letter case (RFC 7643 section 2.1).
type resource map[string]any

func (r resource) get(name string) any {
	if v, ok := r[name]; ok {
		return v
	}
	for k, v := range r {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

func (r resource) text(name string) string {
	s, _ := r.get(name).(string)
	return s
}

func (r resource) id() string { return r.text("id") }

func (r resource) object(name string) resource {
	o, _ := r.get(name).(map[string]any)
	return o
}

// objects returns the objects of a multi-valued attribute. One object that stands
// there without an array counts as one value.
func (r resource) objects(name string) []resource {
	var out []resource
	switch v := r.get(name).(type) {
	case []any:
		for _, e := range v {
			if o, ok := e.(map[string]any); ok {
				out = append(out, o)
			}
		}
	case map[string]any:
		out = append(out, v)
	}
	return out
}

// at returns what a path of the scenarios' language stands for, as text, and
// whether it is there: "title", "name.familyName", or "email" for the address of
// type work, or else the only one.
func (r resource) at(path string) (string, bool) {
	if path == "email" {
		return r.email()
	}
	parent, leaf, nested := strings.Cut(path, ".")
	v := r.get(parent)
	if nested {
		v = r.object(parent).get(leaf)
	}
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, v != ""
	case []any:
		return fmt.Sprint(v...), len(v) > 0
	default:
		return fmt.Sprint(v), true
	}
}

func (r resource) email() (string, bool) {
	all := r.objects("emails")
	for _, e := range all {
		if strings.EqualFold(e.text("type"), "work") {
			return e.text("value"), true
		}
	}
	if len(all) == 1 {
		return all[0].text("value"), true
	}
	return "", false
}

// active reads the switch as apps write it; some send the boolean as text.
func (r resource) active() (value, known bool) {
	switch v := r.get("active").(type) {
	case bool:
		return v, true
	case string:
		return strings.EqualFold(v, "true"), strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
	default:
		return false, false
	}
}
