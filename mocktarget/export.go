package mocktarget

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// WriteJSONL writes entries of a journal as JSON, one to a line.
func WriteJSONL(w io.Writer, entries []*Entry) error {
	out := bufio.NewWriter(w)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, e := range entries {
		if err := encoder.Encode(e); err != nil {
			return fmt.Errorf("writing exchange %d: %w", e.Seq, err)
		}
	}
	return out.Flush()
}

// WriteHAR writes entries of a journal as an HTTP Archive 1.2, which browsers and
// proxies open. What the format has no place for is in fields that begin with an
// underscore, the whole entry's operation, changes and violations among them.
func WriteHAR(w io.Writer, entries []*Entry) error {
	out := bufio.NewWriter(w)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	fmt.Fprint(out, `{"log":{"version":"1.2","creator":{"name":"scimwright mock","version":"1"},"entries":[`)
	for i, e := range entries {
		if i > 0 {
			fmt.Fprint(out, ",")
		}
		fmt.Fprint(out, "\n")
		if err := encoder.Encode(newHAREntry(e)); err != nil {
			return fmt.Errorf("writing exchange %d: %w", e.Seq, err)
		}
	}
	fmt.Fprint(out, "]}}\n")
	return out.Flush() // tells of any write that failed
}

// A harEntry is an exchange in an HTTP Archive. Sizes that are not known are -1.
type harEntry struct {
	StartedDateTime time.Time   `json:"startedDateTime"`
	Time            float64     `json:"time"` // milliseconds
	Request         harRequest  `json:"request"`
	Response        harResponse `json:"response"`
	Cache           struct{}    `json:"cache"`
	Timings         harTimings  `json:"timings"`
	Seq             uint64      `json:"_seq"`
	Tenant          string      `json:"_tenant"`
	Caller          string      `json:"_caller,omitempty"`
	Run             string      `json:"_run,omitempty"`
	Operation       Operation   `json:"_operation"`
	Changes         []Change    `json:"_changes,omitempty"`
	Violations      []Violation `json:"_violations,omitempty"`
}

type harRequest struct {
	Method      string       `json:"method"`
	URL         string       `json:"url"`
	HTTPVersion string       `json:"httpVersion"`
	Cookies     []harPair    `json:"cookies"`
	Headers     []harPair    `json:"headers"`
	QueryString []harPair    `json:"queryString"`
	PostData    *harPostData `json:"postData,omitempty"`
	HeadersSize int          `json:"headersSize"`
	BodySize    int          `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harPostData struct {
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
	Comment  string `json:"comment,omitempty"`
}

type harContent struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

type harTimings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

func newHAREntry(e *Entry) harEntry {
	milliseconds := float64(e.Microseconds) / 1000
	h := harEntry{
		StartedDateTime: e.Wall, Time: milliseconds, Timings: harTimings{Wait: milliseconds},
		Seq: e.Seq, Tenant: e.Tenant, Caller: e.Caller, Run: e.Run,
		Operation: e.Operation, Changes: e.Changes, Violations: e.Violations,
		Request: harRequest{
			Method: e.Request.Method, URL: e.Origin + e.Request.URL, HTTPVersion: e.Request.Protocol,
			Cookies: []harPair{}, Headers: harHeaders(e.Request.Header), QueryString: harQuery(e.Request.URL),
			HeadersSize: -1, BodySize: e.Request.Size,
		},
		Response: harResponse{
			Status: e.Response.Status, StatusText: http.StatusText(e.Response.Status), HTTPVersion: e.Request.Protocol,
			Cookies: []harPair{}, Headers: harHeaders(e.Response.Header), HeadersSize: -1, BodySize: e.Response.Size,
			Content: harContent{
				Size: e.Response.Size, MimeType: e.Response.Header.Get("Content-Type"), Text: e.Response.Body, Comment: cutShort(e.Response),
			},
		},
	}
	if e.Request.Body != "" {
		h.Request.PostData = &harPostData{
			MimeType: e.Request.Header.Get("Content-Type"), Text: e.Request.Body, Comment: cutShort(e.Request),
		}
	}
	return h
}

func cutShort(m Message) string {
	if !m.Truncated {
		return ""
	}
	return "the journal kept only the beginning of the body"
}

// harHeaders lists header fields by name.
func harHeaders(h http.Header) []harPair {
	list := []harPair{}
	for name, values := range h {
		for _, value := range values {
			list = append(list, harPair{name, value})
		}
	}
	slices.SortStableFunc(list, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// harQuery lists the parameters of a URL in their order.
func harQuery(address string) []harPair {
	list := []harPair{}
	_, query, _ := strings.Cut(address, "?")
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		list = append(list, harPair{unescapeQuery(name), unescapeQuery(value)})
	}
	return list
}

func unescapeQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
