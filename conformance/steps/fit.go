package steps

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
)

// writables are the attributes that clients may write as the RFCs define users and groups
// (RFC 7643 sections 4.1 and 4.2). A target may have fewer, may keep some for itself and
// may demand more, if its schema says so: then a scenario that writes them proves nothing.
var writables = map[string][]string{
	users: strings.Fields(`username name name.formatted name.familyname name.givenname name.middlename
		name.honorificprefix name.honorificsuffix displayname nickname profileurl title usertype preferredlanguage
		locale timezone active password
		emails emails.value emails.type emails.primary phonenumbers phonenumbers.value phonenumbers.type phonenumbers.primary
		ims ims.value ims.type ims.primary photos photos.value photos.type photos.primary
		addresses addresses.formatted addresses.streetaddress addresses.locality addresses.region addresses.postalcode
		addresses.country addresses.type addresses.primary
		entitlements entitlements.value entitlements.type roles roles.value roles.type x509certificates x509certificates.value`),
	groups: strings.Fields(`displayname members members.value members.type`),
}

// unfit says by which words of its own schema the target may refuse an attribute that a
// scenario writes, "" if there are none. A path is that of the attribute or of a part of it.
func (c *client) unfit(collection, path string, value any, removed bool) string {
	known := slices.Contains(writables[collection], strings.ToLower(path))
	p, published := c.s.suite.config.Discovery.Published.Place(collection, path)
	switch {
	case !published && known && c.s.suite.config.Discovery.Published.Places(collection) != nil:
		return fmt.Sprintf("not advertised: the target's schema of %s has no %q", collection, path)
	case published && known && (p.Mutability == "readOnly" || p.Parent != nil && p.Parent.Mutability == "readOnly"):
		return fmt.Sprintf("not about this target: its schema of %s says that clients cannot write %q", collection, path)
	case removed && !strings.EqualFold(path, nameAttribute(collection)) && c.requires(collection, path, p):
		return fmt.Sprintf("not about this target: it requires %q", path)
	}
	if !published || p.Type != "complex" {
		return ""
	}
	for _, e := range elementsOf(value) {
		o, _ := e.(map[string]any)
		for name, v := range o {
			if why := c.unfit(collection, path+"."+name, v, false); why != "" {
				return why
			}
		}
	}
	return ""
}

// requires reports whether the target wants an attribute of everybody, by its schema or
// by what the run was told.
func (c *client) requires(collection, path string, p lint.Place) bool {
	return p.Required || pick(c.s.wanted(collection), path) != nil
}

// unfitBody says the same of the body of a resource. It is whole if nothing will be added
// to it by what the target has already.
func (c *client) unfitBody(collection string, body map[string]any, whole bool) string {
	for name, v := range body {
		switch {
		case slices.Contains([]string{"schemas", "id", "externalid", "meta"}, strings.ToLower(name)):
			continue
		case strings.HasPrefix(name, "urn:"):
			for sub, v := range resource(asObject(v)) {
				if why := c.unfit(collection, name+":"+sub, v, empty(v)); why != "" {
					return why
				}
			}
		default:
			if why := c.unfit(collection, name, v, empty(v)); why != "" {
				return why
			}
		}
	}
	if !whole {
		return ""
	}
	for _, p := range c.s.suite.config.Discovery.Published.Places(collection) {
		at := body
		if p.Extension != "" {
			at = asObject(resource(body).get(p.Extension))
		}
		if p.Parent == nil && (p.Extension == "" || at == nil) {
			continue // the base has the first, and an extension that is not there misses nothing
		}
		if p.Parent == nil {
			if c.requires(collection, p.Path(), p) && empty(resource(at).get(p.Name)) {
				return fmt.Sprintf("not about this target: it requires %q", p.Path())
			}
			continue
		}
		for _, e := range elementsOf(resource(at).get(p.Parent.Name)) {
			o := asObject(e)
			if len(o) > 0 && c.requires(collection, p.Path(), p) && empty(resource(o).get(p.Name)) {
				return fmt.Sprintf("not about this target: it requires %q", p.Path())
			}
		}
	}
	return ""
}

// pathOfOperation takes the attribute, and the part of it, out of the path of a PATCH.
var pathOfOperation = regexp.MustCompile(`^([^\[\]]+)(?:\[.*\])?(\.[A-Za-z$][\w$-]*)?$`)

// unfitOperation says the same of an operation of a PATCH.
func (c *client) unfitOperation(collection string, operation map[string]any) string {
	path, hasPath := operation["path"].(string)
	value := operation["value"]
	if !hasPath {
		return c.unfitBody(collection, asObject(value), false)
	}
	parts := pathOfOperation.FindStringSubmatch(path)
	if parts == nil {
		return ""
	}
	own := userSchema
	if collection == groups {
		own = groupSchema
	}
	if len(parts[1]) > len(own) && strings.EqualFold(parts[1][:len(own)+1], own+":") {
		parts[1] = parts[1][len(own)+1:]
	}
	op, _ := operation["op"].(string)
	_, hasValue := operation["value"]
	emptied := strings.EqualFold(op, "remove") && !strings.Contains(path, "[") || hasValue && empty(value)
	return c.unfit(collection, parts[1]+parts[2], value, emptied)
}

// unfitRequest says the same of a body that a scenario has written out. What it leaves out
// or empties, it does on purpose.
func (c *client) unfitRequest(r *Request) string {
	if len(r.Path) == 0 || len(r.Body) == 0 || writables[r.Path[0]] == nil {
		return ""
	}
	v, _ := parseJSON(r.Body)
	for name, v := range asObject(v) {
		if why := c.unfit(r.Path[0], name, v, false); why != "" {
			return why
		}
	}
	for _, o := range elementsOf(resource(asObject(v)).get("Operations")) {
		if why := c.unfitOperation(r.Path[0], asObject(o)); why != "" {
			return why
		}
	}
	return ""
}

func asObject(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

func elementsOf(v any) []any {
	if all, ok := v.([]any); ok {
		return all
	}
	return []any{v}
}
