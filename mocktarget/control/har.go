package control

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// An archive is a journal in the form of HTTP Archive 1.2, which browsers and
// debugging proxies read.
type archive struct {
	Log struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Entries []harEntry `json:"entries"`
	} `json:"log"`
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started  time.Time   `json:"startedDateTime"`
	Time     float64     `json:"time"` // milliseconds
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`
	Comment  string      `json:"comment,omitempty"`
}

type harTimings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

type harRequest struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []harPair `json:"cookies"`
	Headers     []harPair `json:"headers"`
	QueryString []harPair `json:"queryString"`
	PostData    *harBody  `json:"postData,omitempty"`
	HeadersSize int       `json:"headersSize"`
	BodySize    int       `json:"bodySize"`
}

type harResponse struct {
	Status      int       `json:"status"`
	StatusText  string    `json:"statusText"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []harPair `json:"cookies"`
	Headers     []harPair `json:"headers"`
	Content     harBody   `json:"content"`
	RedirectURL string    `json:"redirectURL"`
	HeadersSize int       `json:"headersSize"`
	BodySize    int       `json:"bodySize"`
}

type harBody struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
	Comment  string `json:"comment,omitempty"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// unknownSize stands for what was not measured.
const unknownSize = -1

// newArchive returns entries of a tenant as an archive. The journal has paths; the
// endpoint of the tenant, which ends with path, makes them URLs.
func newArchive(endpoint, path, version string, entries []*mocktarget.Entry) *archive {
	a := new(archive)
	a.Log.Version = "1.2"
	a.Log.Creator = harCreator{Name: "scimwright mock", Version: version}
	a.Log.Entries = make([]harEntry, len(entries))
	origin := strings.TrimSuffix(endpoint, path)
	for i, e := range entries {
		a.Log.Entries[i] = newHAREntry(origin, e)
	}
	return a
}

func newHAREntry(origin string, e *mocktarget.Entry) harEntry {
	milliseconds := float64(e.Microseconds) / 1000
	out := harEntry{
		Started: e.Time, Time: milliseconds, Timings: harTimings{Wait: milliseconds},
		Request: harRequest{
			Method: e.Request.Method, URL: origin + e.Request.URL, HTTPVersion: "HTTP/1.1",
			Cookies: []harPair{}, Headers: harHeaders(e.Request.Header), QueryString: harQuery(e.Request.URL),
			HeadersSize: unknownSize, BodySize: e.Request.Size,
		},
		Response: harResponse{
			Status: e.Response.Status, StatusText: http.StatusText(e.Response.Status), HTTPVersion: "HTTP/1.1",
			Cookies: []harPair{}, Headers: harHeaders(e.Response.Header), Content: newHARBody(&e.Response),
			HeadersSize: unknownSize, BodySize: e.Response.Size,
		},
		Comment: strings.TrimSpace(e.Operation.Kind + " " + e.Operation.ResourceType),
	}
	if e.Request.Size > 0 {
		sent := newHARBody(&e.Request)
		out.Request.PostData = &sent
	}
	return out
}

func newHARBody(m *mocktarget.Message) harBody {
	b := harBody{Size: m.Size, MimeType: m.Header.Get("Content-Type"), Text: m.Body}
	if m.Truncated {
		b.Comment = "the journal keeps the beginning only"
	}
	return b
}

func harHeaders(h http.Header) []harPair {
	pairs := []harPair{}
	for name, values := range h {
		for _, v := range values {
			pairs = append(pairs, harPair{name, v})
		}
	}
	sortPairs(pairs)
	return pairs
}

func harQuery(target string) []harPair {
	pairs := []harPair{}
	_, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return pairs // what was sent is no query; the URL shows it
	}
	for name, all := range values {
		for _, v := range all {
			pairs = append(pairs, harPair{name, v})
		}
	}
	sortPairs(pairs)
	return pairs
}

func sortPairs(pairs []harPair) {
	slices.SortStableFunc(pairs, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
}
