package steps

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// unique stands, in an attribute that a target wants of everybody, for a text that
// nobody else has.
const unique = "{unique}"

// wanted is the same as the run was told it, with what stands for a text that nobody
// else has.
func (s *scenario) wanted(collection string) map[string]any {
	if collection == groups {
		return s.suite.config.GroupAttributes
	}
	return s.suite.config.UserAttributes
}

// extra returns what the target wants of every resource of a collection, beyond what
// its schemas tell.
func (s *scenario) extra(collection string) map[string]any {
	wanted := s.wanted(collection)
	if len(wanted) == 0 {
		return nil
	}
	text, err := json.Marshal(wanted)
	if err != nil {
		return wanted
	}
	s.uniques++
	var out map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), unique, s.name(strconv.Itoa(s.uniques)))), &out); err != nil {
		return wanted
	}
	return out
}

// addExtra completes the body of a create with what the target wants of everybody. What
// the body has already stays.
func (s *scenario) addExtra(collection string, body map[string]any) {
	for name, v := range s.extra(collection) {
		if resource(body).get(name) == nil {
			body[name] = v
		}
		if all, ok := body["schemas"].([]any); ok && strings.HasPrefix(name, "urn:") && !slices.Contains(all, any(name)) {
			body["schemas"] = append(all, name)
		}
	}
}

var schemasMember = regexp.MustCompile(`"schemas":\s*\[[^\]]*\]`)

// demanded is what the target wants of every resource of a collection, by its schemas too,
// but for the name.
func (c *client) demanded(collection string) map[string]any {
	c.s.uniques++
	all := c.base(collection, strconv.Itoa(c.s.uniques))
	for _, name := range []string{"schemas", "active", nameAttribute(collection)} {
		delete(all, name)
	}
	return all
}

// withExtra completes a body that a scenario has written out with that: wherever its
// schemas say that it is a user or group. The rest stays as it is, letter by letter.
func (c *client) withExtra(text string) string {
	return schemasMember.ReplaceAllStringFunc(text, func(member string) string {
		var schemas []string
		_, list, _ := strings.Cut(member, ":")
		if json.Unmarshal([]byte(list), &schemas) != nil {
			return member
		}
		collection := ""
		switch {
		case slices.Contains(schemas, userSchema):
			collection = users
		case slices.Contains(schemas, groupSchema):
			collection = groups
		default:
			return member
		}
		more := c.demanded(collection)
		var added strings.Builder
		for _, name := range slices.Sorted(maps.Keys(more)) {
			if strings.Contains(text, strconv.Quote(name)+":") {
				continue
			}
			if strings.HasPrefix(name, "urn:") {
				schemas = append(schemas, name)
			}
			value, _ := json.Marshal(more[name]) // it was JSON before
			added.WriteString(", " + strconv.Quote(name) + ": " + string(value))
		}
		if added.Len() == 0 {
			return member
		}
		all, _ := json.Marshal(schemas)
		return `"schemas": ` + string(all) + added.String()
	})
}
