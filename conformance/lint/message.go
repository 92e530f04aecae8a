package lint

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func (a *answer) hasBody() bool { return len(a.Body) > 0 && a.Method != http.MethodHead }

// gateway reports whether the answer may be that of something in front of the
// service.
func (a *answer) gateway() bool {
	return a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden || a.Status >= 500
}

// unavailable reports whether the answer is that of something in front of the service, or
// of a service that does not work for the moment.
func (a *answer) unavailable() bool {
	return a.Status == http.StatusBadGateway || a.Status == http.StatusServiceUnavailable || a.Status == http.StatusGatewayTimeout
}

func (a *answer) isError() bool { return a.Status >= 400 && a.hasBody() && !a.gateway() }

func (a *answer) isList() bool {
	o, _ := a.body.(map[string]any)
	return a.Status == http.StatusOK && isMessage(o, "ListResponse")
}

func mediaType(a *answer) string {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/scim+json":
		return ""
	case err == nil && kind == "application/json" && strings.Contains(strings.ToLower(a.Accept), "application/json"):
		return ""
	}
	return fmt.Sprintf("the Content-Type is %q", a.Header.Get("Content-Type"))
}

func isJSON(a *answer) string {
	if _, ok := a.body.(map[string]any); !ok {
		return fmt.Sprintf("the body of the %d is not a JSON object", a.Status)
	}
	return ""
}

func isUTF8(a *answer) string {
	if !utf8.Valid(a.Body) {
		return "the body is not UTF-8"
	}
	return ""
}

func errorURN(a *answer) string {
	if o, _ := a.body.(map[string]any); !isMessage(o, "Error") {
		return fmt.Sprintf("the body of the %d does not have %sError in schemas", a.Status, messages)
	}
	return ""
}

func errorStatus(a *answer) string {
	if got := get(a.body, "status"); got != strconv.Itoa(a.Status) {
		return fmt.Sprintf("the status in the body of the %d is %s", a.Status, brief(got))
	}
	return ""
}

func brief(v any) string {
	b, _ := json.Marshal(v)
	if len(b) > 40 {
		return "something else"
	}
	return string(b)
}

// keywords are all values of scimType (RFC 7644 section 3.12, RFC 9865 section 2.1).
var keywords = []string{
	"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
	"invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount",
}

func scimType(a *answer) string {
	got := get(a.body, "scimType")
	if s, ok := got.(string); ok && (s == "" || slices.Contains(keywords, s)) {
		return ""
	}
	return "there is no scimType " + brief(got)
}

// traces are texts that come from the inside of a service.
var traces = []string{
	"\n\tat ", `\n\tat `, "Traceback (most recent call last)", "goroutine ", ".java:", ".cs:line", "System.NullReferenceException",
	"java.lang.", "SQLSTATE", "ORA-0", "SqlException", "node_modules/", "panic: ", "undefined method", "stack trace",
}

func stackTrace(a *answer) string {
	for _, t := range traces {
		if strings.Contains(string(a.Body), t) {
			return fmt.Sprintf("the body of the %d has %q in it", a.Status, t)
		}
	}
	return ""
}

func serverError(a *answer) string {
	if a.Status >= 500 && a.Status != http.StatusNotImplemented && a.Status != http.StatusServiceUnavailable {
		return fmt.Sprintf("it answered %d", a.Status)
	}
	return ""
}

func authenticate(a *answer) string {
	if a.Header.Get("WWW-Authenticate") == "" {
		return "the 401 has no WWW-Authenticate"
	}
	return ""
}

func saysWhen(a *answer) string {
	if a.Header.Get("Retry-After") == "" {
		return "the 429 has no Retry-After"
	}
	return ""
}

func when(a *answer) string {
	text := a.Header.Get("Retry-After")
	if strings.Trim(text, "0123456789") == "" {
		return ""
	}
	if _, err := http.ParseTime(text); err == nil {
		return ""
	}
	return fmt.Sprintf("Retry-After of the %d is %s, which is neither seconds nor a date", a.Status, brief(text))
}

func cookies(a *answer) string {
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if c.MaxAge > 0 || !c.Expires.IsZero() {
			return fmt.Sprintf("the cookie %q has a date of expiry", c.Name)
		}
	}
	return ""
}

func envelope(a *answer) string {
	total, ok := number(get(a.body, "totalResults"))
	resources, array := get(a.body, "Resources").([]any)
	switch {
	case !ok && !a.byCursor():
		return "totalResults is no number"
	case get(a.body, "Resources") != nil && !array:
		return "Resources is no array"
	}
	for _, r := range resources {
		if _, ok := r.(map[string]any); !ok {
			return "Resources has an element that is no object"
		}
	}
	for _, name := range []string{"startIndex", "itemsPerPage"} {
		if v := get(a.body, name); v != nil {
			if n, ok := number(v); !ok || n < 0 {
				return name + " is no number"
			}
		}
	}
	if total < 0 {
		return "totalResults is negative"
	}
	return ""
}

// byCursor reports whether the list is read by cursors, where the number of results may
// be missing (RFC 9865 section 2).
func (a *answer) byCursor() bool {
	return a.Query.Has("cursor") || strings.Contains(string(a.Sent), `"cursor"`) || get(a.body, "nextCursor") != nil || get(a.body, "previousCursor") != nil
}

func number(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}

func totals(a *answer) string {
	total, ok := number(get(a.body, "totalResults"))
	resources, _ := get(a.body, "Resources").([]any)
	if ok && len(resources) > total {
		return fmt.Sprintf("there are %d resources, and totalResults is %d", len(resources), total)
	}
	return ""
}
