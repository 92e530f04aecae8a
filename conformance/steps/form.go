package steps

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scimNames begins the names that are registered for SCIM.
const scimNames = "urn:ietf:params:scim:"

var (
	attributeName = regexp.MustCompile(`^[A-Za-z$][-$_A-Za-z0-9]*$`)
	schemaName    = regexp.MustCompile(`^(?i:` + scimNames + `(?:schemas|api)):[^:]+(?::.+)?$`)
)

// eachHas reports the same of each element of an array, unless that is the form.
func eachHas(v any, form string) bool {
	all, isArray := v.([]any)
	if !isArray || form == "array" {
		return hasForm(v, form)
	}
	return len(all) > 0 && !slices.ContainsFunc(all, func(e any) bool { return !hasForm(e, form) })
}

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
		case "schema name": // RFC 7643 section 10.2.1
			return hasForm(v, "URI") && (!strings.HasPrefix(strings.ToLower(v), scimNames) || schemaName.MatchString(v))
		case "certificate": // RFC 7643 section 4.1.2
			der, err := base64.StdEncoding.DecodeString(v)
			all, errParse := x509.ParseCertificates(der)
			return err == nil && errParse == nil && len(all) == 1
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
