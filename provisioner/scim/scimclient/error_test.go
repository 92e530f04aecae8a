package scimclient_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// methods are the five calls on one resource; only get is a read.
func methods() map[string]func(context.Context, *scimclient.Client) error {
	return map[string]func(context.Context, *scimclient.Client) error{
		"get": func(ctx context.Context, c *scimclient.Client) error {
			_, err := c.Get(ctx, "/Users", "42")
			return err
		},
		"create": func(ctx context.Context, c *scimclient.Client) error {
			_, err := c.Create(ctx, "/Users", user("ann"))
			return err
		},
		"replace": func(ctx context.Context, c *scimclient.Client) error {
			_, err := c.Replace(ctx, "/Users", "42", user("ann"))
			return err
		},
		"patch": func(ctx context.Context, c *scimclient.Client) error {
			_, err := c.Patch(ctx, "/Users", "42", deactivate())
			return err
		},
		"delete": func(ctx context.Context, c *scimclient.Client) error {
			_, err := c.Delete(ctx, "/Users", "42")
			return err
		},
	}
}

const scimError = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"uniqueness","detail":"userName is taken","status":%s}`

func TestErrorAnswers(t *testing.T) {
	tests := []struct {
		name              string
		status            int
		contentType, body string
		detail            string // part of Detail
		isSCIM            bool
		ambiguous         bool // for a write
	}{
		{"SCIM", 409, "application/scim+json", fmt.Sprintf(scimError, `"409"`), "userName is taken", true, false},
		{"status is a number", 409, "application/json", fmt.Sprintf(scimError, `409`), "userName is taken", true, false},
		{"status differs", 409, "application/json", fmt.Sprintf(scimError, `"400"`), "userName is taken", true, false},
		{"SCIM 500", 500, "application/scim+json", fmt.Sprintf(scimError, `"500"`), "userName is taken", true, true},
		{"empty body", 404, "", ``, "Not Found", false, false},
		{"HTML", 404, "text/html", "<html><head><title>404 &mdash; Not\nhere</title>", "404 &mdash; Not here", false, false},
		{"HTML unannounced", 502, "", "\n<html><h1>Bad <b>Gateway</b></h1>", "Bad Gateway", false, true},
		{"HTML without title", 405, "text/html", "<p>no", "HTML page", false, false},
		{"JSON message", 403, "application/json", `{"message":"no such scope"}`, "no such scope", false, false},
		{"JSON detail", 404, "application/json", `{"detail":"Not found."}`, "Not found.", false, false},
		{"problem document", 404, "application/problem+json", `{"title":"Not Found","status":404,"detail":"No endpoint GET /x"}`, "No endpoint GET /x", false, false},
		{"JSON error object", 400, "application/json", `{"error":{"code":7,"message":"bad thing"}}`, "bad thing", false, false},
		{"JSON of no use", 400, "application/json", `{"a":[1,2,3]}`, "Bad Request", false, false},
		{"broken JSON", 400, "application/json", `{"a":[1,2,`, "Bad Request", false, false},
		{"text", 401, "text/plain", "invalid token\nline two", "invalid token", false, false},
		{"not UTF-8", 400, "text/plain", "caf\xe9", "caf\ufffd", false, false},
		{"escape codes", 400, "text/plain", "\x1b[31mred\x1b[0m\u202e txet", "[31mred [0m txet", false, false},
		{"token echoed", 401, "text/plain", "bad token " + token, "bad token [redacted]", false, false},
		{"unknown status", 599, "", "", "no reason given", false, true},
		{"500 from a broken app", 500, "text/plain", "stack overflow", "stack overflow", false, true},
		{"501", 501, "", "", "Not Implemented", false, false},
		{"503", 503, "", "", "Service Unavailable", false, true},
		{"504", 504, "", "", "Gateway Timeout", false, true},
	}
	for _, tt := range tests {
		for method, do := range methods() {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				c, _ := serve(t, answer(tt.status, tt.contentType, tt.body))
				e := failure(t, do(context.Background(), c))
				if e.Status != tt.status || e.IsSCIM != tt.isSCIM || (e.SCIM != nil) != tt.isSCIM {
					t.Errorf("status %d, IsSCIM %v, SCIM %v", e.Status, e.IsSCIM, e.SCIM)
				}
				if !strings.Contains(e.Detail, tt.detail) {
					t.Errorf("detail %q, want part %q", e.Detail, tt.detail)
				}
				if want := tt.ambiguous && method != "get"; e.Ambiguous != want {
					t.Errorf("Ambiguous %v, want %v", e.Ambiguous, want)
				}
				wire, ok := errors.AsType[scim.Error](e)
				if ok != tt.isSCIM || ok && wire.ScimType != "uniqueness" {
					t.Errorf("as scim.Error: %v, %v", wire, ok)
				}
			})
		}
	}
}

func TestErrorIsOneSentence(t *testing.T) {
	c, srv := serve(t, answer(409, "application/scim+json", fmt.Sprintf(scimError, `"409"`)))
	_, err := c.Create(context.Background(), "/Users", user("ann"))
	want := "POST " + srv.URL + "/scim/v2/Users answered 409 (uniqueness): userName is taken"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	c, srv = serve(t, answer(504, "text/html", "<title>Gateway</title>"))
	_, err = c.Delete(context.Background(), "/Users", "a b")
	want = "DELETE " + srv.URL + `/scim/v2/Users/a%20b answered 504: an HTML page instead of SCIM; is the endpoint URL right, or did a proxy answer? (its title: "Gateway"); the request may have been applied`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = c.Page(context.Background(), "/Users", scimclient.Query{Filter: scimclient.Eq("userName", "ann")})
	if e := failure(t, err); strings.Contains(e.Error(), "ann") {
		t.Errorf("the filter, which may hold personal data, is in %q", e)
	}
	c, _ = serve(t, answer(400, "text/plain", strings.Repeat("é", 5000)))
	_, err = c.Get(context.Background(), "/Users", "1")
	if e := failure(t, err); len([]rune(e.Detail)) > 301 {
		t.Errorf("the detail has %d characters", len([]rune(e.Detail)))
	}
}

// TestUnusableSuccess: a 2xx that says nothing we can use is an error, and for
// a write an open question.
func TestUnusableSuccess(t *testing.T) {
	tests := []struct {
		name   string
		serve  http.HandlerFunc
		detail string
		scim   bool
	}{
		{"login page", answer(200, "text/html; charset=utf-8", "<!DOCTYPE html><title>Sign in</title>"), "Sign in", false},
		{"cut off JSON", answer(201, "application/scim+json", `{"id":"4`), "not JSON", false},
		{"error inside", answer(200, "application/scim+json", fmt.Sprintf(scimError, `"409"`)), "userName is taken", true},
		{"token in an error inside", answer(200, "application/scim+json", strings.Replace(fmt.Sprintf(scimError, `"409"`), "taken", token, 1)), "userName is [redacted]", true},
		{"too large", answer(200, "application/json", `{"id":"`+strings.Repeat("x", 5000)+`"}`), "larger than the limit of 4096 bytes", false},
		{"connection lost in the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"id":"42"`)
		}, "broke off", false},
		{"too slow in the body", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"id":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "did not end: no answer within 2s", false},
	}
	for _, tt := range tests {
		for method, do := range methods() {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				c, _ := serve(t, tt.serve, func(cfg *scimclient.Config) { cfg.MaxBody, cfg.Timeout = 4096, 2*time.Second })
				e := failure(t, do(context.Background(), c))
				if e.Status/100 != 2 || !strings.Contains(e.Detail, tt.detail) {
					t.Errorf("status %d, detail %q; want 2xx and %q", e.Status, e.Detail, tt.detail)
				}
				if e.Ambiguous != (method != "get") {
					t.Errorf("Ambiguous %v for %s", e.Ambiguous, method)
				}
				if e.IsSCIM != tt.scim || errors.Is(e, scimclient.ErrTooLarge) != (tt.name == "too large") {
					t.Errorf("IsSCIM %v, too large %v", e.IsSCIM, errors.Is(e, scimclient.ErrTooLarge))
				}
			})
		}
	}
}

// TestNoAnswer tells a request that may have been applied from one that was
// surely not sent.
func TestNoAnswer(t *testing.T) {
	hijack := func(after string, reset bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, after)
			if tcp := conn.(*net.TCPConn); reset {
				tcp.SetLinger(0)
			}
			conn.Close()
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	tests := []struct {
		name      string
		serve     http.HandlerFunc // nil: see endpoint
		endpoint  string
		detail    string
		ambiguous bool
	}{
		{"connection closed", hijack("", false), "", "broke off", true},
		{"connection reset", hijack("", true), "", "broke off", true},
		{"half a status line", hijack("HTTP/1.1 20", false), "", "not HTTP", true},
		{"endless headers", hijack("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20), false), "", "exceeded", true},
		{"not HTTP", hijack("220 mail.example ESMTP\r\n", false), "", "not HTTP", true},
		{"no answer in time", hang, "", "no answer within 300ms", true},
		{"refused", nil, "http://" + closedPort(t), "nothing listens", false},
		{"TLS to a plain server", answer(200, "", ""), "https", "does not speak TLS", false},
	}
	for _, tt := range tests {
		for method, do := range methods() {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				short := func(cfg *scimclient.Config) { cfg.Timeout = 300 * time.Millisecond }
				if tt.name != "no answer in time" {
					short = func(*scimclient.Config) {}
				}
				var c *scimclient.Client
				switch {
				case tt.serve == nil:
					c = connect(t, tt.endpoint)
				case tt.endpoint == "https":
					_, srv := serve(t, tt.serve)
					c = connect(t, strings.Replace(srv.URL, "http:", "https:", 1))
				default:
					c, _ = serve(t, tt.serve, short)
				}
				e := failure(t, do(context.Background(), c))
				if e.Status != 0 || !strings.Contains(e.Detail, tt.detail) || e.Err == nil {
					t.Errorf("status %d, detail %q, Err %v; want part %q", e.Status, e.Detail, e.Err, tt.detail)
				}
				if want := tt.ambiguous && method != "get"; e.Ambiguous != want {
					t.Errorf("Ambiguous %v, want %v", e.Ambiguous, want)
				}
			})
		}
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestCancelledByTheCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	_, err := c.Create(ctx, "/Users", user("ann"))
	if e := failure(t, err); !errors.Is(err, context.Canceled) || !e.Ambiguous || !strings.Contains(e.Detail, "cancelled") {
		t.Errorf("cancelled on the way: %+v", e)
	}
	_, err = c.Create(ctx, "/Users", user("ann"))
	if e := failure(t, err); !errors.Is(err, context.Canceled) || e.Ambiguous {
		t.Errorf("cancelled before: %+v", e)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	hang, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err = hang.Get(ctx, "/Users", "1")
	if e := failure(t, err); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(e.Detail, "time left") {
		t.Errorf("the caller's deadline: %+v", e)
	}
}

// TestOneExchangePerCall: a write that meets a connection which the server
// closed in the meantime is sent once or not at all, never twice.
func TestOneExchangePerCall(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	requests := make(chan string, 10)
	done := make(chan struct{})
	go func() { // a server that answers the first request of a connection and drops it at the second
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			for n := 0; ; n++ {
				req, err := http.ReadRequest(r)
				if err != nil {
					break
				}
				io.Copy(io.Discard, req.Body)
				requests <- req.Method
				if n > 0 {
					break
				}
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"id\":\"1\"}")
			}
			conn.Close()
		}
	}()
	c := connect(t, "http://"+l.Addr().String())
	if _, err := c.Get(context.Background(), "/Users", "1"); err != nil {
		t.Fatal(err)
	}
	_, err = c.Create(context.Background(), "/Users", user("ann"))
	if e := failure(t, err); !e.Ambiguous {
		t.Errorf("dropped after it was read: %+v, want Ambiguous", e)
	}
	c.CloseIdleConnections()
	l.Close()
	<-done
	close(requests)
	var got []string
	for m := range requests {
		got = append(got, m)
	}
	if strings.Join(got, " ") != "GET POST" {
		t.Errorf("the server read %v, want one GET and one POST", got)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := []struct {
		header, date string
		want         time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"17", "", 17 * time.Second},
		{" 1.5 ", "", 1500 * time.Millisecond},
		{"-5", "", 0},
		{"3600", "", time.Hour},
		{"86400", "", time.Hour},
		{"99999999999999999999999999", "", time.Hour},
		{strings.Repeat("9", 400), "", time.Hour},
		{"1e3", "", 0},
		{"inf", "", 0},
		{"NaN", "", 0},
		{"soon", "", 0},
		{date(30 * time.Second), "-", 30 * time.Second},
		{date(30 * time.Second), date(10 * time.Second), 20 * time.Second}, // by the server's clock
		{date(-time.Minute), "-", 0},
		{date(48 * time.Hour), "-", time.Hour},
		{"Sun Mar  1 12:00:05 2026", "-", 5 * time.Second}, // asctime
	}
	for _, tt := range tests {
		t.Run(tt.header+" at "+tt.date, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Date"] = nil // keep net/http from adding one
				if tt.date != "" && tt.date != "-" {
					w.Header().Set("Date", tt.date)
				}
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.WriteHeader(429)
			}, func(cfg *scimclient.Config) { cfg.Now = func() time.Time { return now } })
			_, err := c.Get(context.Background(), "/Users", "1")
			if e := failure(t, err); e.RetryAfter != tt.want || e.Status != 429 {
				t.Errorf("RetryAfter %v, want %v", e.RetryAfter, tt.want)
			}
		})
	}
}
