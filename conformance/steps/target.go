package steps

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// mediaType is what requests send and ask for (RFC 7644 section 3.1).
const mediaType = "application/scim+json"

// maxBody bounds what is read of one request or answer.
const maxBody = 8 << 20

// tokenMark stands for the token in the Authorization field of a [Request], so that
// the token itself is in nothing that is kept.
const tokenMark = "‹token›"

// TargetConfig says how a SCIM service is reached.
type TargetConfig struct {
	// Endpoint is the base URL, such as https://app.example.com/scim/v2, with or
	// without a trailing slash. Required.
	Endpoint string
	// Token is the bearer token. Empty sends no credentials.
	Token string
	// Transport carries the requests. Nil means one that verifies TLS and takes
	// its proxy from the environment. Redirects are never followed.
	Transport http.RoundTripper
	// Timeout bounds one exchange. Zero means 30 s.
	Timeout time.Duration
}

// A Target is the SCIM service under test. Its methods may be called from any
// number of goroutines.
type Target struct {
	base      *url.URL
	token     string
	transport http.RoundTripper
	timeout   time.Duration
	// seen is told of every exchange; nil for nobody.
	seen func(*Request, *Answer)
}

// Watch returns the same target with somebody who sees every exchange.
func (t *Target) Watch(seen func(*Request, *Answer)) *Target {
	other := *t
	other.seen = seen
	return &other
}

// NewTarget checks the endpoint and returns the target behind it. The error says
// what to change about the URL.
func NewTarget(config TargetConfig) (*Target, error) {
	text := strings.TrimSpace(config.Endpoint)
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, errors.New("no endpoint: give the SCIM base URL, such as https://app.example.com/scim/v2")
	case err != nil:
		return nil, fmt.Errorf("the endpoint is not a URL: %w", err)
	case u.User != nil:
		return nil, errors.New("the endpoint holds credentials: remove them and pass the token on its own")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("the endpoint %q is not an absolute http or https URL: write it like https://app.example.com/scim/v2", text)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the endpoint %q has a query or a fragment: remove it", text)
	}
	t := &Target{
		base:      &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")},
		token:     config.Token,
		transport: config.Transport,
		timeout:   config.Timeout,
	}
	if t.transport == nil {
		t.transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if t.timeout <= 0 {
		t.timeout = 30 * time.Second
	}
	return t, nil
}

// Endpoint returns the base URL without a trailing slash.
func (t *Target) Endpoint() string { return t.base.String() }

// A Request is one request to a target. What is checked is what is sent: the path
// is kept as segments and put together once.
type Request struct {
	Method string
	// Path holds the unescaped segments below the base URL, such as
	// {"Users", "2819c223"}.
	// An empty last segment ends the path with a slash.
	Path  []string
	Query url.Values
	// Header overrides what is sent otherwise, credentials and media types
	// included. A field with an empty value is not sent.
	Header http.Header
	Body   []byte
}

// path returns the request's path below the base URL, for people to read.
func (r *Request) path() string { return "/" + strings.Join(r.Path, "/") }

// writes reports whether the request may change anything. A search is a read,
// although it is a POST (RFC 7644 section 3.4.3).
func (r *Request) writes() bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return false
	case http.MethodPost:
		return len(r.Path) == 0 || r.Path[len(r.Path)-1] != ".search"
	default:
		return true
	}
}

// An Answer is what a target said to a [Request].
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// TLS is nil for an answer that came over plain HTTP.
	TLS *tls.ConnectionState
}

// OK reports whether the status is a success.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// object returns the body as a JSON object, nil if it is none.
func (a *Answer) object() resource {
	var o map[string]any
	d := json.NewDecoder(bytes.NewReader(a.Body))
	d.UseNumber()
	if d.Decode(&o) != nil {
		return nil
	}
	return o
}

// Get reads a path below the base URL. An answer of 429 or 503 is waited for, as
// long as it asks to (RFC 9110 section 10.2.3) but not longer than ten seconds,
// and tried again twice.
func (t *Target) Get(ctx context.Context, query url.Values, path ...string) (*Answer, error) {
	request := &Request{Method: http.MethodGet, Path: path, Query: query}
	for try := 1; ; try++ {
		answer, err := t.do(ctx, request)
		if err != nil || try == 3 || !busy(answer) {
			return answer, err
		}
		if err := sleep(ctx, retryAfter(answer, time.Second)); err != nil {
			return nil, err
		}
	}
}

func busy(a *Answer) bool {
	return a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable
}

// retryAfter returns how long the answer asks to wait, otherwise the given time;
// never more than ten seconds.
func retryAfter(a *Answer, otherwise time.Duration) time.Duration {
	wait := otherwise
	text := a.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), 10*time.Second)
}

// do makes one exchange. Nobody but [Guard] and [Target.Get] calls it.
func (t *Target) do(ctx context.Context, r *Request) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	request, err := t.request(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := t.transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.path(), err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("%s %s: the answer broke off: %w", r.Method, r.path(), err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("%s %s: the answer is longer than %d MiB", r.Method, r.path(), maxBody>>20)
	}
	answer := &Answer{Status: response.StatusCode, Header: response.Header, Body: body, TLS: response.TLS}
	if t.seen != nil {
		t.seen(r, answer)
	}
	return answer, nil
}

// request puts a request together.
func (t *Target) request(ctx context.Context, r *Request) (*http.Request, error) {
	u := t.base.JoinPath(escape(r.Path)...)
	if n := len(r.Path); n > 0 && r.Path[n-1] == "" {
		*u = *u.JoinPath("/")
	}
	u.RawQuery = strings.ReplaceAll(r.Query.Encode(), "+", "%20") // not everybody reads + as a space
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	header := http.Header{"Accept": {mediaType}, "User-Agent": {"scimwright-verify"}}
	if len(r.Body) > 0 {
		header.Set("Content-Type", mediaType)
	}
	if t.token != "" {
		header.Set("Authorization", "Bearer "+t.token)
	}
	for name, values := range r.Header {
		header[name] = values
		if name == "Authorization" && len(values) > 0 {
			header.Set(name, strings.ReplaceAll(values[0], tokenMark, t.token))
		}
		if len(values) == 0 || values[0] == "" {
			header.Del(name)
		}
	}
	request.Header = header
	return request, nil
}

func escape(segments []string) []string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	return escaped
}

// sleep waits for d, or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
