package report

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// writeHAR writes the exchanges in the HTTP archive format 1.2, which browsers and
// debugging proxies read. Times are those of the checks: single exchanges are not
// timed.
func writeHAR(w io.Writer, r *Results) error {
	type pair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	pairs := func(headers map[string]string) []pair {
		list := []pair{}
		for _, name := range shownHeaders {
			if value, ok := headers[name]; ok {
				list = append(list, pair{name, value})
			}
		}
		return list
	}
	entries := []any{}
	for _, c := range r.Checks {
		for _, x := range c.Exchanges {
			request := map[string]any{
				"method": x.Method, "url": strings.TrimSuffix(r.Endpoint, "/") + x.Path, "httpVersion": "HTTP/1.1",
				"headers": pairs(x.RequestHeaders), "queryString": []any{}, "cookies": []any{}, "headersSize": -1, "bodySize": len(x.RequestBody),
			}
			if x.RequestBody != "" {
				request["postData"] = map[string]any{"mimeType": x.RequestHeaders["Content-Type"], "text": x.RequestBody}
			}
			entries = append(entries, map[string]any{
				"startedDateTime": r.Started.Format(time.RFC3339), "time": 0, "comment": c.ID, "request": request,
				"response": map[string]any{
					"status": x.Status, "statusText": http.StatusText(x.Status), "httpVersion": "HTTP/1.1",
					"headers": pairs(x.ResponseHeaders), "cookies": []any{}, "redirectURL": x.ResponseHeaders["Location"], "headersSize": -1, "bodySize": len(x.ResponseBody),
					"content": map[string]any{"size": len(x.ResponseBody), "mimeType": x.ResponseHeaders["Content-Type"], "text": x.ResponseBody},
				},
				"cache": map[string]any{}, "timings": map[string]any{"send": 0, "wait": 0, "receive": 0},
			})
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"log": map[string]any{
		"version": "1.2", "creator": map[string]any{"name": r.Tool.Name, "version": r.Tool.Version}, "entries": entries,
	}})
}
