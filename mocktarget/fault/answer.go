package fault

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Answer returns what a client gets in place of the server's answer. now is the time
// that a date in it counts from.
func (r *Rule) Answer(request *http.Request, now time.Time) (status int, header http.Header, body []byte) {
	status = r.Status
	if status == 0 {
		status = kinds()[r.Kind].defaultStatus
	}
	header = http.Header{}
	if r.RetryAfter != "" {
		header.Set("Retry-After", r.retryAfter(now))
	}
	detail := r.Detail
	if detail == "" {
		detail = http.StatusText(status)
	}
	switch r.Kind {
	case HTML:
		header.Set("Content-Type", "text/html; charset=utf-8")
		return status, header, fmt.Appendf(nil, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%[1]s</h1></body></html>\n", html.EscapeString(detail))
	case Redirect:
		header.Set("Location", r.target(request.URL))
		return status, header, nil
	}
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	return status, header, scimError(status, detail)
}

func (r *Rule) retryAfter(now time.Time) string {
	after, dated := strings.CutPrefix(r.RetryAfter, "+")
	if wait, err := time.ParseDuration(after); dated && err == nil {
		return now.Add(wait).UTC().Format(http.TimeFormat)
	}
	return r.RetryAfter
}

// target returns where a request is sent to: the same place at another origin.
func (r *Rule) target(asked *url.URL) string {
	u, err := url.Parse(r.Location)
	if err != nil {
		return r.Location
	}
	to := *asked
	to.Scheme, to.Host = u.Scheme, u.Host
	return to.String()
}

// scimError returns an error document (RFC 7644 section 3.12).
func scimError(status int, detail string) []byte {
	body, err := json.Marshal(map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(status), "detail": detail,
	})
	if err != nil {
		panic(err) // strings always encode
	}
	return body
}

// Wait makes the request late if that is what the rule does, or hangs until the
// client gives up.
func (r *Rule) Wait(ctx context.Context) {
	if r.Kind != Latency && r.Kind != Hang {
		return
	}
	var over <-chan time.Time
	if r.Milliseconds > 0 {
		timer := time.NewTimer(time.Duration(r.Milliseconds) * time.Millisecond)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// Lose ends an exchange whose answer the client shall not have whole. The header
// fields of w are those of the answer.
func (r *Rule) Lose(w http.ResponseWriter, request *http.Request, status int, body []byte) {
	if r.Kind == Truncate && len(body) > 1 {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	// The server sees that a client has left only when it has read what it sent.
	_, _ = io.Copy(io.Discard, request.Body)
	r.Wait(request.Context())
	if r.Kind == Reset {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			reset(conn)
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// reset breaks a connection off.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
