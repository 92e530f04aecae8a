package inspector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// A details is one exchange in full.
type details struct {
	row
	Caller            string
	Curl              string
	Violations        []problem
	Findings          []problem
	Filter            *node
	Patch             []step
	Bulk              []bulkStep
	Changes           []change
	ChangesOmitted    int
	Request, Response message
}

// A message is a request or a response.
type message struct {
	Title     string
	Header    []field
	Body      string // indented if it is JSON
	Raw       string // as it was sent, "" if Body is that
	Size      int
	Truncated bool
}

type field struct{ Name, Value string }

// A step is one operation of a PATCH.
type step struct{ Op, Path, Value string }

// A bulkStep is one operation of a bulk request.
type bulkStep struct {
	Is, ID, Tone string
	Status       int // 0: not carried out
}

// A node is a part of a filter.
type node struct {
	Text string
	Kids []*node
}

// A change is what an exchange did to one resource.
type change struct {
	Title       string
	Differences []difference
	Was, Is     string // the whole resource, of one that was deleted or created
}

type difference struct{ Path, Before, After string }

// exchange renders one exchange.
func (i *inspector) exchange(r *http.Request) (string, any, error) {
	t, err := i.tenant(r)
	if err != nil {
		return "", nil, err
	}
	seq, err := strconv.ParseUint(variable(r, "seq"), 10, 64)
	if err != nil || seq == 0 {
		return "", nil, notice{http.StatusNotFound, "An exchange is named by its number."}
	}
	entries, _ := t.JournalSince(seq - 1)
	if len(entries) == 0 || entries[0].Seq != seq {
		return "", nil, notice{http.StatusNotFound, fmt.Sprintf("Exchange %d is not kept any more.", seq)}
	}
	e := entries[0]
	d := details{
		row: newRow(e), Caller: e.Caller, Curl: curl(e), ChangesOmitted: e.ChangesOmitted,
		Request: newMessage("Request", e.Request), Response: newMessage("Response", e.Response),
	}
	for _, f := range e.Findings {
		d.Findings = append(d.Findings, newFinding(f))
	}
	for _, v := range e.Violations {
		d.Violations = append(d.Violations, problem{Title: v.Invariant, Text: v.Message})
	}
	if e.Operation.Filter != "" {
		if expression, err := scim.ParseFilter(e.Operation.Filter); err == nil {
			d.Filter = tree(expression)
		}
	}
	for _, p := range e.Operation.Patch {
		d.Patch = append(d.Patch, step{p.Op, p.Path, string(p.Value)})
	}
	for i := range e.Operation.Bulk {
		o := &e.Operation.Bulk[i]
		d.Bulk = append(d.Bulk, bulkStep{understood(*o), o.ID, statusTone(o.Status), o.Status})
	}
	for _, c := range e.Changes {
		d.Changes = append(d.Changes, newChange(c))
	}
	return "exchange", d, nil
}

func newMessage(title string, m mocktarget.Message) message {
	shown := message{Title: title, Body: m.Body, Size: m.Size, Truncated: m.Truncated}
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		for _, value := range m.Header[name] {
			shown.Header = append(shown.Header, field{name, value})
		}
	}
	if pretty := indented([]byte(m.Body)); pretty != m.Body {
		shown.Body, shown.Raw = pretty, m.Body
	}
	return shown
}

// indented returns JSON for reading, and any other text as it is.
func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return string(text)
	}
	return b.String()
}

func newChange(c mocktarget.Change) change {
	var shown change
	verb := "changed"
	switch {
	case c.Before == nil:
		verb, shown.Is = "created", indented(c.After)
	case c.After == nil:
		verb, shown.Was = "deleted", indented(c.Before)
	}
	shown.Title = fmt.Sprintf("%s %s %s", c.ResourceType, c.ID, verb)
	for _, d := range c.Differences {
		shown.Differences = append(shown.Differences, difference{d.Path, string(d.Before), string(d.After)})
	}
	return shown
}

// tree returns a filter as a tree of its parts. A chain of one operator is one
// node.
func tree(e scim.Expression) *node {
	switch e := e.(type) {
	case *scim.LogicalExpression:
		n := &node{Text: strings.ToLower(string(e.Operator))}
		for _, side := range []scim.Expression{e.Left, e.Right} {
			kid := tree(side)
			if kid.Text == n.Text {
				n.Kids = append(n.Kids, kid.Kids...)
			} else {
				n.Kids = append(n.Kids, kid)
			}
		}
		return n
	case *scim.NotExpression:
		return &node{Text: "not", Kids: []*node{tree(e.Expression)}}
	case *scim.ValuePath:
		return &node{Text: scim.FormatAttributePath(e.AttributePath) + " has an element with", Kids: []*node{tree(e.ValueFilter)}}
	default:
		return &node{Text: scim.FormatFilter(e)}
	}
}

// curl returns a command that sends a request again, to where it was sent. Credentials
// are not kept, so it takes them from the environment.
func curl(e *mocktarget.Entry) string {
	parts := []string{"curl -sS"}
	if strings.ContainsAny(e.Request.URL, "[]{}") {
		parts = append(parts, "--globoff")
	}
	switch e.Request.Method {
	case http.MethodGet:
	case http.MethodHead:
		parts = append(parts, "--head") // with -X it would wait for a body
	default:
		parts = append(parts, "-X "+shellQuote(e.Request.Method))
	}
	parts = append(parts, shellQuote(e.Origin+e.Request.URL))
	for _, name := range slices.Sorted(maps.Keys(e.Request.Header)) {
		for _, value := range e.Request.Header[name] {
			if header := curlHeader(name, value); header != "" {
				parts = append(parts, "-H "+header)
			}
		}
	}
	for _, name := range []string{"Accept", "Content-Type"} { // which curl sends by itself otherwise
		if e.Request.Header[name] == nil && (name == "Accept" || e.Request.Body != "") {
			parts = append(parts, "-H "+shellQuote(name+":"))
		}
	}
	if e.Request.Body != "" {
		parts = append(parts, "--data-raw "+shellQuote(e.Request.Body))
	}
	return strings.Join(parts, " ")
}

// curlHeader returns a header field as an argument of curl, "" for one that curl makes
// itself.
func curlHeader(name, value string) string {
	switch name {
	case "Authorization":
		if scheme, _, _ := strings.Cut(value, " "); strings.EqualFold(scheme, "Basic") {
			return `"Authorization: Basic $CREDENTIALS"`
		}
		return `"Authorization: Bearer $TOKEN"`
	case "Content-Length", "User-Agent", "Accept-Encoding", "Connection", "Cookie", "Proxy-Authorization":
		return ""
	default:
		return shellQuote(name + ": " + value)
	}
}

// shellQuote quotes a word for a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// link is the path of an exchange's details.
func link(tenant string, seq uint64) string {
	return fmt.Sprintf("%s/exchanges/%d", url.PathEscape(tenant), seq)
}
