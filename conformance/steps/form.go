package steps

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

var attributeName = regexp.MustCompile(`^[A-Za-z$][-$_A-Za-z0-9]*$`)

// hasForm reports whether a value has one of the forms that claims name.
func hasForm(v any, form string) bool {
	switch v := v.(type) {
	case string:
		switch form {
		case "text":
			return strings.TrimSpace(v) != ""
		case "word": // unreserved characters (RFC 3986 section 2.3)
			return v != "" && strings.IndexFunc(v, func(r rune) bool {
				return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
			}) < 0
		case "attribute name": // RFC 7643 section 2.1; "$ref" is in the RFC's own schemas
			return attributeName.MatchString(v)
		case "entity tag": // RFC 9110 section 8.8.3
			quoted := strings.TrimPrefix(v, "W/")
			return len(quoted) > 2 && quoted[0] == '"' && strings.Index(quoted[1:], `"`) == len(quoted)-2
		case "URI":
			u, err := url.Parse(v)
			return err == nil && v != "" && u.String() != ""
		case "date":
			_, ok := instant(v)
			return ok
		}
		return false
	case bool:
		return form == "boolean"
	case json.Number:
		return form == "number" || form == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case map[string]any:
		return form == "object"
	case []any:
		return form == "array"
	default:
		return false
	}
}
