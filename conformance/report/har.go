package report

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The parts of an HTTP archive. All of them have to be there.
type (
	harEntry struct {
		Started  string         `json:"startedDateTime"`
		Time     int            `json:"time"`
		Comment  string         `json:"comment"`
		Request  harRequest     `json:"request"`
		Response harResponse    `json:"response"`
		Cache    struct{}       `json:"cache"`
		Timings  map[string]int `json:"timings"`
	}
	harMessage struct {
		Version string    `json:"httpVersion"`
		Headers []harPair `json:"headers"`
		Cookies []harPair `json:"cookies"`
		// HeadersSize is -1, for unknown.
		HeadersSize int `json:"headersSize"`
		BodySize    int `json:"bodySize"`
	}
	harRequest struct {
		Method string    `json:"method"`
		URL    string    `json:"url"`
		Query  []harPair `json:"queryString"`
		harMessage
		Data *harData `json:"postData,omitempty"`
	}
	harResponse struct {
		Status int    `json:"status"`
		Text   string `json:"statusText"`
		harMessage
		RedirectURL string     `json:"redirectURL"`
		Content     harContent `json:"content"`
	}
	harData struct {
		Type string `json:"mimeType"`
		Text string `json:"text"`
	}
	harContent struct {
		Size int `json:"size"`
		harData
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// writeHAR writes the exchanges in the HTTP archive format 1.2, which browsers and
// debugging proxies read. Their time is that of the run: single exchanges are not
// timed.
func writeHAR(w io.Writer, r *Results) error {
	entries := []harEntry{}
	for _, c := range r.Checks {
		for _, x := range c.Exchanges {
			entries = append(entries, newHAREntry(r, &c, &x))
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"log": map[string]any{
		"version": "1.2", "creator": map[string]any{"name": r.Tool.Name, "version": r.Tool.Version}, "entries": entries,
	}})
}

func newHAREntry(r *Results, c *Check, x *Exchange) harEntry {
	address, query := harURL(r.Endpoint, x.Path)
	entry := harEntry{
		Started: r.Started.Format(time.RFC3339), Comment: c.ID,
		Request: harRequest{Method: x.Method, URL: address, Query: query, harMessage: newHARMessage(x.RequestHeaders, x.RequestBody)},
		Response: harResponse{
			Status: x.Status, Text: http.StatusText(x.Status), harMessage: newHARMessage(x.ResponseHeaders, x.ResponseBody),
			RedirectURL: x.ResponseHeaders["Location"],
			Content:     harContent{len(x.ResponseBody), harData{x.ResponseHeaders["Content-Type"], x.ResponseBody}},
		},
		Timings: map[string]int{"send": 0, "wait": 0, "receive": 0},
	}
	if x.RequestBody != "" {
		entry.Request.Data = &harData{Type: x.RequestHeaders["Content-Type"], Text: x.RequestBody}
	}
	return entry
}

func newHARMessage(headers map[string]string, body string) harMessage {
	m := harMessage{Version: "HTTP/1.1", Headers: []harPair{}, Cookies: []harPair{}, HeadersSize: -1, BodySize: len(body)}
	for _, name := range shownHeaders {
		if value, ok := headers[name]; ok {
			m.Headers = append(m.Headers, harPair{name, value})
		}
	}
	return m
}

// harURL returns the address that a path stands for, which people have written, and its
// query.
func harURL(endpoint, path string) (address string, query []harPair) {
	query = []harPair{}
	path, rest, _ := strings.Cut(path, "?")
	var encoded []string
	for pair := range strings.SplitSeq(rest, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			query = append(query, harPair{name, value})
			encoded = append(encoded, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
	}
	address = strings.TrimSuffix(endpoint, "/") + (&url.URL{Path: path}).EscapedPath()
	if len(encoded) > 0 {
		address += "?" + strings.ReplaceAll(strings.Join(encoded, "&"), "+", "%20")
	}
	return address, query
}
