package steps

import (
	"encoding/json"
	"net/url"
	"strings"
)

// hasForm reports whether a value has one of the forms that claims name.
func hasForm(v any, form string) bool {
	switch v := v.(type) {
	case string:
		switch form {
		case "text":
			return strings.TrimSpace(v) != ""
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
