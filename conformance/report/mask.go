package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/steps"
)

// An Exchange is one request of a check and its answer, as far as a report may show
// them.
type Exchange struct {
	Method string `json:"method"`
	// Path is relative to the endpoint, with the query.
	Path           string            `json:"path"`
	RequestHeaders map[string]string `json:"requestHeaders,omitempty"`
	// Without are header fields that requests have and this one was sent without, to see
	// what comes of it.
	Without         []string          `json:"without,omitempty"`
	RequestBody     string            `json:"requestBody,omitempty"`
	Status          int               `json:"status"` // 0 if there was no answer
	ResponseHeaders map[string]string `json:"responseHeaders,omitempty"`
	ResponseBody    string            `json:"responseBody,omitempty"`
	// Fate says what became of a request that did not just go through.
	Fate string `json:"fate,omitempty"`
}

const (
	// mediaType is what requests take and send unless they say so.
	mediaType = "application/scim+json"
	// mostExchanges are shown of one check, the last ones, and maxShown bytes of a body.
	mostExchanges = 60
	maxShown      = 4096
)

// shownHeaders are the headers that a report shows. Credentials and cookies are not
// among them.
var shownHeaders = []string{
	"Accept", "Allow", "Content-Location", "Content-Type", "Etag", "If-Match", "If-None-Match", "Location",
	"Prefer", "Retry-After", "Www-Authenticate",
}

// secrets are attributes whose values are never shown, without regard to case.
var secrets = []string{"password", "access_token", "refresh_token", "client_secret", "token", "secret"}

// fields returns what in the header of a request is not the same in all: a line for each
// field, and for each that is missing.
func (x *Exchange) fields() []string {
	lines := unusual(x.RequestHeaders)
	for _, name := range x.Without {
		lines = append(lines, "(without "+name+")")
	}
	return lines
}

// unusual returns a line for each field of a header, sorted, but for those that say no
// more than that a body is SCIM's.
func unusual(header map[string]string) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if value := header[name]; value != mediaType {
			lines = append(lines, spelling.Replace(name)+": "+value)
		}
	}
	return lines
}

// spelling turns names of fields from how Go spells them to how people do.
var spelling = strings.NewReplacer("Etag", "ETag", "Www-", "WWW-")

// A mask knows what the run has made in the target. All else was there before, and a
// report does not show it.
type mask struct {
	mark string // in the names of what the run made
	ids  map[string]bool
	// write says that whatever a request names was made by the run.
	write bool
}

func newMask(report *conformance.Report) *mask {
	m := &mask{mark: strings.ToLower("scimwright-" + report.Run), ids: map[string]bool{}, write: report.Write}
	for _, result := range report.Results {
		for _, x := range result.Exchanges {
			if x.Request.Method == http.MethodPost && x.Answer != nil && m.marked(string(x.Request.Body)) {
				m.learn(x.Answer)
			}
		}
	}
	for _, result := range report.Results {
		for _, x := range result.Exchanges {
			if x.Answer != nil && len(x.Request.Path) > 0 {
				m.doubt(&x.Request, x.Answer.Body)
			}
		}
	}
	return m
}

// doubt forgets the ids that the target has given for what the run made, and under which
// it shows somebody else.
func (m *mask) doubt(r *steps.Request, body []byte) {
	type named struct {
		ID                    any
		UserName, DisplayName any
	}
	var shown struct {
		named
		Resources []named
	}
	if json.Unmarshal(body, &shown) != nil {
		return
	}
	whole := r.Method == http.MethodGet && len(r.Path) == 2 && len(r.Query) == 0
	for _, one := range append(shown.Resources, shown.named) {
		name := one.UserName
		if r.Path[0] == "Groups" {
			name = one.DisplayName
		}
		if text, _ := name.(string); (text != "" || whole) && !m.marked(text) {
			delete(m.ids, fmt.Sprint(one.ID))
		}
	}
}

func (m *mask) marked(text string) bool { return strings.Contains(strings.ToLower(text), m.mark) }

// learn notes the ids of what a create, or creates in bulk, have made.
func (m *mask) learn(a *steps.Answer) {
	var made struct {
		ID         any `json:"id"`
		Operations []struct {
			Location string `json:"location"`
		} `json:"Operations"`
	}
	if !a.OK() || json.Unmarshal(a.Body, &made) != nil {
		return
	}
	if made.ID != nil {
		m.ids[fmt.Sprint(made.ID)] = true
	}
	for _, op := range made.Operations {
		m.ids[op.Location[strings.LastIndex(op.Location, "/")+1:]] = true
	}
}

func (m *mask) exchanges(all []steps.Exchange) []Exchange {
	shown := []Exchange{}
	for _, x := range all[max(0, len(all)-mostExchanges):] {
		e := Exchange{Method: x.Request.Method, Path: m.path(&x.Request), RequestHeaders: m.headers(x.Request.Headers())}
		m.credentials(&e, x.Request.Header)
		e.RequestBody = m.request(x.Request.Body)
		if x.Fate != steps.FateForwarded {
			e.Fate = string(x.Fate)
		}
		if x.Answer != nil {
			e.Status, e.ResponseHeaders = x.Answer.Status, m.headers(x.Answer.Header)
			e.ResponseBody = m.body(x.Answer.Body, describes(x.Request.Path))
		}
		shown = append(shown, e)
	}
	return shown
}

// describes reports whether what is at a path is about the service and not about
// anybody.
func describes(path []string) bool {
	return len(path) > 0 && slices.Contains([]string{"ServiceProviderConfig", "ServiceProviderConfigs", "ResourceTypes", "Schemas"}, path[0])
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// path shows the ids that the run made, and the values that it filtered by if they are
// its own.
func (m *mask) path(r *steps.Request) string {
	var text strings.Builder
	for i, segment := range r.Path {
		if i == 1 && !describes(r.Path) && !strings.HasPrefix(segment, ".") && !m.write && !m.ids[segment] {
			segment = "…"
		}
		text.WriteString("/" + segment)
	}
	separator := "?"
	for _, name := range sortedKeys(r.Query) {
		for _, value := range r.Query[name] {
			if !m.write {
				value = quoted.ReplaceAllStringFunc(value, func(literal string) string {
					if m.marked(literal) {
						return literal
					}
					return `"…"`
				})
			}
			text.WriteString(separator + name + "=" + value)
			separator = "&"
		}
	}
	return text.String()
}

func sortedKeys(q url.Values) []string {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (m *mask) headers(h http.Header) map[string]string {
	shown := map[string]string{}
	for _, name := range shownHeaders {
		value := h.Get(name)
		if value == "" {
			continue
		}
		if at := strings.LastIndex(value, "/"); strings.HasSuffix(name, "Location") && !m.ids[value[at+1:]] {
			value = value[:at+1] + "…"
		}
		shown[name] = value
	}
	return shown
}

// credentials shows of an Authorization field that a check has set itself the scheme, and
// which fields it has left out.
func (m *mask) credentials(e *Exchange, set http.Header) {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		switch value := set.Get(name); {
		case value == "":
			e.Without = append(e.Without, name)
		case name == "Authorization":
			scheme, token, _ := strings.Cut(value, " ")
			if token != "" {
				scheme += " …"
			}
			e.RequestHeaders[name] = scheme
		}
	}
}

// request shows what the run has sent: as it was, unless there may be a secret in it.
// What is wrong with a body on purpose cannot be seen in what a parser makes of it.
func (m *mask) request(text []byte) string {
	folded := strings.ToLower(string(text))
	hides := func(secret string) bool { return strings.Contains(folded, secret) }
	if !m.write || strings.Contains(folded, `\u`) || slices.ContainsFunc(secrets, hides) {
		return m.body(text, m.write)
	}
	shown := text
	var compact bytes.Buffer
	if json.Compact(&compact, text) == nil {
		shown = compact.Bytes()
	}
	return brief(string(shown), len(text))
}

// body shows a JSON body; all says that it holds nothing of what was there before. Of
// anything else only the size is shown.
func (m *mask) body(text []byte, all bool) string {
	if len(text) == 0 {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return fmt.Sprintf("(%d bytes that are not JSON)", len(text))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(m.show(value, all || isError(value))); err != nil {
		return fmt.Sprintf("(%d bytes)", len(text))
	}
	return brief(strings.TrimSuffix(out.String(), "\n"), len(text))
}

// brief cuts what is shown of a body of a size.
func brief(shown string, size int) string {
	if len(shown) > maxShown {
		return strings.ToValidUTF8(shown[:maxShown], "") + fmt.Sprintf("… (%d bytes)", size)
	}
	return strings.ToValidUTF8(shown, "�")
}

func isError(value any) bool {
	o, _ := value.(map[string]any)
	schemas, _ := o["schemas"].([]any)
	return slices.Contains(schemas, any("urn:ietf:params:scim:api:messages:2.0:Error"))
}

// show returns a value as a report may show it: whole where all is set or a resource
// is the run's own, and otherwise only its form.
func (m *mask) show(value any, all bool) any {
	switch value := value.(type) {
	case map[string]any:
		own := !all && m.own(value)
		shown := make(map[string]any, len(value))
		for name, v := range value {
			switch {
			case slices.ContainsFunc(secrets, func(s string) bool { return strings.EqualFold(s, name) }):
				shown[name] = "***"
			case open(name) && flat(v):
				shown[name] = v
			case own && (strings.EqualFold(name, "groups") || strings.EqualFold(name, "members")):
				shown[name] = m.references(v)
			default:
				shown[name] = m.show(v, all || own)
			}
		}
		return shown
	case []any:
		shown := make([]any, len(value))
		for i, v := range value {
			shown[i] = m.show(v, all)
		}
		return shown
	case string:
		if all || m.marked(value) {
			return value
		}
		return "…"
	case json.Number:
		if all {
			return value
		}
		return 0
	default:
		return value
	}
}

// references shows of the groups or members of the run's own what is its own too: a
// target may put everybody into a group that was there before.
func (m *mask) references(v any) any {
	list, _ := v.([]any)
	shown := []any{}
	for _, e := range list {
		o, _ := e.(map[string]any)
		shown = append(shown, m.show(e, m.ids[fmt.Sprint(o["value"])]))
	}
	if list == nil {
		return m.show(v, false)
	}
	return shown
}

// flat reports whether a value holds no object.
func flat(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return false
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !flat(e) })
	default:
		return true
	}
}

// own reports whether a resource was made by the run.
func (m *mask) own(resource map[string]any) bool {
	if id, ok := resource["id"]; ok && m.ids[fmt.Sprint(id)] {
		return true
	}
	for _, name := range []string{"userName", "displayName", "externalId"} {
		if text, _ := resource[name].(string); m.marked(text) {
			return true
		}
	}
	return false
}

// open reports whether the values of an attribute say nothing about anybody.
func open(name string) bool {
	switch strings.ToLower(name) {
	case "schemas", "totalresults", "itemsperpage", "startindex", "resourcetype", "type", "status", "method", "scimtype":
		return true
	default:
		return false
	}
}
