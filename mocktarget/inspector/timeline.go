package inspector

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// mostRows is how many exchanges a timeline shows.
const mostRows = 500

// A row is an exchange in the timeline.
type row struct {
	Tenant       string
	Seq          uint64
	Time         string
	Method, URL  string
	Below        string // the URL without the path of the tenant's service
	Is           string // what it was understood as
	Status       int
	Tone         string
	Milliseconds string
	Badges       []badge
}

type badge struct{ Text, Title, Tone string }

// timeline renders the exchanges, the newest first; with since, only the rows of
// those that came after it.
func (i *inspector) timeline(r *http.Request) (string, any, error) {
	t, err := i.tenant(r)
	if err != nil {
		return "", nil, err
	}
	values := r.URL.Query()
	since, _ := strconv.ParseUint(values.Get("since"), 10, 64)
	entries, _ := t.JournalSince(since)
	text := strings.TrimSpace(values.Get("filter"))
	problem := ""
	matches, err := compileEntryFilter(text)
	if err != nil {
		problem, entries = err.Error(), nil
	}
	var rows []row
	for _, e := range slices.Backward(entries) {
		if len(rows) == mostRows {
			break
		}
		if matches(e) {
			rows = append(rows, newRow(e))
		}
	}
	if values.Has("since") {
		return "rows", rows, nil
	}
	return "timeline", map[string]any{
		"Tenant": t.Name(), "Path": t.Path(), "API": i.api, "Filter": text, "Problem": problem, "Rows": rows,
	}, nil
}

func newRow(e *mocktarget.Entry) row {
	return row{
		Tenant: url.PathEscape(e.Tenant), Seq: e.Seq, Time: e.Time.Format("15:04:05.000"), Method: e.Request.Method,
		URL: readable(e.Request.URL), Below: below(e), Is: understood(e.Operation), Status: e.Response.Status, Tone: statusTone(e.Response.Status),
		Milliseconds: fmt.Sprintf("%.1f", float64(e.Microseconds)/1000), Badges: badges(e),
	}
}

// readable returns a URL with its percent-encoding undone, for reading only.
func readable(u string) string {
	path, query, found := strings.Cut(u, "?")
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	if !found {
		return path
	}
	if plain, err := url.QueryUnescape(query); err == nil {
		query = plain
	}
	return path + "?" + query
}

// below returns the part of a URL that tells exchanges of one tenant apart.
func below(e *mocktarget.Entry) string {
	path := "/scim/v2"
	if e.Tenant != mocktarget.DefaultTenant {
		path = "/t/" + e.Tenant + path
	}
	u := readable(e.Request.URL)
	if rest, ok := strings.CutPrefix(u, path); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return u
}

// understood says what an exchange turned out to be.
func understood(o mocktarget.Operation) string {
	return strings.TrimSpace(o.Kind + " " + o.ResourceType)
}

func statusTone(status int) string {
	switch {
	case status >= 500:
		return "bad"
	case status >= 400:
		return "warn"
	default:
		return "good"
	}
}

// badges sums up the findings and broken invariants of an exchange, and the fault that
// hit it.
func badges(e *mocktarget.Entry) []badge {
	var list []badge
	if e.Fault != "" {
		list = append(list, badge{"fault", e.Fault, "warn"})
	}
	for _, name := range e.Deviations {
		list = append(list, badge{"deviation", name, "warn"})
	}
	if n := len(e.Violations); n > 0 {
		list = append(list, badge{"invariant", e.Violations[0].Message, "bad"})
	}
	for _, level := range []struct {
		severity mocktarget.Severity
		tone     string
	}{{mocktarget.SeverityError, "bad"}, {mocktarget.SeverityWarning, "warn"}, {mocktarget.SeverityInfo, ""}} {
		var rules []string
		for _, f := range e.Findings {
			if f.Severity == level.severity {
				rules = append(rules, f.Rule)
			}
		}
		if len(rules) > 0 {
			list = append(list, badge{counted(len(rules), level.severity), strings.Join(rules, ", "), level.tone})
		}
	}
	return list
}

// counted says how many findings there are of a severity.
func counted(n int, severity mocktarget.Severity) string {
	text := fmt.Sprintf("%d %s", n, severity)
	if n > 1 && severity != mocktarget.SeverityInfo {
		text += "s"
	}
	return text
}

// entrySchema is what a filter of the timeline is about: an exchange, in the grammar
// of RFC 7644 section 3.4.2.2.
const entrySchema = `{
	"id": "urn:scimwright:mock:Exchange", "name": "Exchange",
	"attributes": [
		{"name": "seq", "type": "integer"}, {"name": "method", "type": "string"}, {"name": "url", "type": "string"},
		{"name": "status", "type": "integer"}, {"name": "kind", "type": "string"}, {"name": "type", "type": "string"},
		{"name": "resource", "type": "string", "caseExact": true}, {"name": "milliseconds", "type": "decimal"},
		{"name": "request", "type": "string"}, {"name": "response", "type": "string"}, {"name": "fault", "type": "string"},
		{"name": "findings", "type": "complex", "multiValued": true, "subAttributes": [
			{"name": "value", "type": "string"}, {"name": "severity", "type": "string"}]}
	]}`

// compileEntryFilter returns what a filter of the timeline lets through. Text that
// is one word is looked for in the method and the URL.
func compileEntryFilter(text string) (func(*mocktarget.Entry) bool, error) {
	if text == "" {
		return func(*mocktarget.Entry) bool { return true }, nil
	}
	if !strings.Contains(text, " ") {
		word := strings.ToLower(text)
		return func(e *mocktarget.Entry) bool {
			return strings.Contains(strings.ToLower(e.Request.Method+" "+readable(e.Request.URL)), word)
		}, nil
	}
	schema, err := scim.ParseSchema([]byte(entrySchema))
	if err != nil {
		return nil, err
	}
	expression, err := scim.ParseFilter(text)
	if err != nil {
		return nil, err
	}
	matches, err := (&scim.ResourceType{Name: "Exchange", Schema: schema}).CompileFilter(expression)
	if err != nil {
		return nil, err
	}
	return func(e *mocktarget.Entry) bool { return matches(entryObject(e)) }, nil
}

func entryObject(e *mocktarget.Entry) *scim.Object {
	findings := make([]any, len(e.Findings))
	for i, f := range e.Findings {
		findings[i] = scim.NewObject(scim.Field{Name: "value", Value: f.Rule}, scim.Field{Name: "severity", Value: string(f.Severity)})
	}
	return scim.ObjectFromMap(map[string]any{
		"seq": int(e.Seq), "method": e.Request.Method, "url": readable(e.Request.URL), "status": e.Response.Status,
		"kind": e.Operation.Kind, "type": e.Operation.ResourceType, "resource": e.Operation.ID,
		"milliseconds": float64(e.Microseconds) / 1000, "request": e.Request.Body, "response": e.Response.Body, "findings": findings, "fault": e.Fault,
	})
}
