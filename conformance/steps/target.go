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
	"strings"
	"sync"
	"time"
)

// mediaType is what requests send and ask for (RFC 7644 section 3.1).
const mediaType = "application/scim+json"

// maxBody bounds what is read of one request or answer.
const maxBody = 8 << 20

// tokenMark stands for the token in the Authorization field and in the query of a
// [Request], so that the token itself is in nothing that is kept.
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
	// Rate is how many requests are sent in a second, evenly spaced. Zero sets no
	// limit.
	Rate float64
}

// A Target is the SCIM service under test. Its methods may be called from any
// number of goroutines.
type Target struct {
	base      *url.URL
	token     string
	transport http.RoundTripper
	timeout   time.Duration
	pace      *pace
	shown     *shown
	// seen is told of every exchange; nil for nobody.
	seen func(*Request, *Answer)
}

// Watch returns the same target with somebody who sees every exchange.
func (t *Target) Watch(seen func(*Request, *Answer)) *Target {
	other := *t
	other.seen = seen
	return &other
}

// At returns a target under another base URL of the same host, at the same pace.
func (t *Target) At(endpoint string) (*Target, error) {
	other, err := NewTarget(TargetConfig{Endpoint: endpoint, Token: t.token, Transport: t.transport, Timeout: t.timeout})
	if err != nil {
		return nil, err
	}
	if other.base.Scheme != t.base.Scheme || other.base.Host != t.base.Host {
		return nil, fmt.Errorf("%s is another host than that of %s", endpoint, t.base)
	}
	other.pace = t.pace
	return other, nil
}

// Through returns a target under the same URL behind another transport, to which the
// rate does not apply.
func (t *Target) Through(transport http.RoundTripper) *Target {
	other := *t
	other.transport, other.pace = transport, newPace(0)
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
	case err != nil && !strings.Contains(text, "://"):
		return nil, fmt.Errorf("the endpoint %q is not an absolute URL: write it like https://%s", text, text)
	case err != nil:
		return nil, fmt.Errorf("the endpoint is not a URL: %w", err)
	case u.User != nil:
		return nil, errors.New("the endpoint holds credentials: remove them and pass the token on its own")
	case !strings.Contains(text, "://"):
		return nil, fmt.Errorf("the endpoint %q is not an absolute URL: write it like https://%s", text, strings.TrimLeft(text, "/"))
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("the endpoint %q is not an absolute http or https URL: write it like https://app.example.com/scim/v2", text)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the endpoint %q has a query or a fragment: remove it", text)
	case !(config.Rate >= 0): // NaN is not either
		return nil, fmt.Errorf("the rate %g is below zero, or no number: give the requests per second, or 0 for no limit", config.Rate)
	case config.Rate > 0 && config.Rate < slowest:
		return nil, fmt.Errorf("the rate %g is less than a request in a day: give the requests per second, or 0 for no limit", config.Rate)
	}
	t := &Target{
		base:      &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")},
		token:     config.Token,
		transport: config.Transport,
		timeout:   config.Timeout,
		pace:      newPace(config.Rate),
		shown:     &shown{},
	}
	if t.transport == nil {
		t.transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if t.timeout <= 0 {
		t.timeout = 30 * time.Second
	}
	return t, nil
}

// slowest is one request in a day.
const slowest = 1.0 / 86400

// shown holds the collections of which the target has shown a resource under its id. All
// copies of a [Target] share one.
type shown struct{ collections sync.Map }

func (s *shown) add(collection string) { s.collections.Store(collection, true) }

func (s *shown) has(collection string) bool {
	_, ok := s.collections.Load(collection)
	return ok
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

	// paid says that the rate was heeded for it already.
	paid bool
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
		n := len(r.Path)
		return n == 0 || n > 2 || r.Path[n-1] != ".search" || strings.EqualFold(r.Path[0], bulk) || strings.EqualFold(r.Path[0], "Me")
	default:
		return true
	}
}

// Writes reports whether the request may change anything in the target.
func (r *Request) Writes() bool { return r.writes() }

// Creates returns how many users and groups the request makes if all of it succeeds.
func (r *Request) Creates() (userCount, groupCount int) {
	count := func(one *Request) {
		switch {
		case !one.writes() || !creates(one):
		case one.Path[0] == users:
			userCount++
		default:
			groupCount++
		}
	}
	if len(r.Path) == 0 || r.Path[0] != bulk {
		if len(r.Path) == 1 {
			count(r)
		}
		return userCount, groupCount
	}
	operations, _ := bulkOperations(r.Body)
	for _, o := range operations {
		count(o.request())
	}
	return userCount, groupCount
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

// Get reads a path below the base URL. An answer of 429 or 503 is waited for and tried
// again twice.
func (t *Target) Get(ctx context.Context, query url.Values, path ...string) (*Answer, error) {
	request := &Request{Method: http.MethodGet, Path: path, Query: query}
	for try := 1; ; try++ {
		answer, err := t.do(ctx, request)
		if err != nil || try == 3 || !busy(answer) {
			return answer, err
		}
		if asksForTime(answer) {
			continue // the next request waits for it
		}
		if err := sleep(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// Trouble says why there is no use in sending anything more: the target has stopped
// answering, or wants to be left alone for longer than anybody waits. It is nil as long
// as the target takes part.
func (t *Target) Trouble() error { return t.pace.trouble() }

// do makes one exchange. Nobody but [Guard] and [Target.Get] calls it.
func (t *Target) do(ctx context.Context, r *Request) (*Answer, error) {
	if !r.paid {
		if err := t.pace.wait(ctx, 1); err != nil {
			return nil, err
		}
	}
	answer, err := t.exchange(ctx, r)
	if err != nil {
		t.pace.unheard(ctx, err)
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.path(), err)
	}
	t.pace.heard(answer)
	if t.seen != nil {
		t.seen(r, answer)
	}
	return answer, nil
}

func (t *Target) exchange(ctx context.Context, r *Request) (*Answer, error) {
	timed, cancel := context.WithTimeoutCause(ctx, t.timeout, fmt.Errorf("no answer within %s", t.timeout))
	defer cancel()
	request, err := t.request(timed, r)
	if err != nil {
		return nil, err
	}
	response, err := t.transport.RoundTrip(request)
	if err != nil {
		return nil, whyNot(timed, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("the answer broke off: %w", whyNot(timed, err))
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the answer is longer than %d MiB", maxBody>>20)
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: body, TLS: response.TLS}, nil
}

// whyNot names the reason why an exchange came to nothing in words that help.
func whyNot(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && context.Cause(ctx) != nil {
		return context.Cause(ctx)
	}
	return err
}

// request puts a request together.
func (t *Target) request(ctx context.Context, r *Request) (*http.Request, error) {
	u := t.base.JoinPath(escape(r.Path)...)
	if n := len(r.Path); n > 0 && r.Path[n-1] == "" {
		*u = *u.JoinPath("/")
	}
	query := strings.ReplaceAll(r.Query.Encode(), url.QueryEscape(tokenMark), url.QueryEscape(t.token))
	u.RawQuery = strings.ReplaceAll(query, "+", "%20") // not everybody reads + as a space
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Headers()
	if _, own := r.Header["User-Agent"]; !own {
		request.Header.Set("User-Agent", "scimwright-verify")
	}
	switch given, own := r.Header["Authorization"]; {
	case !own && t.token != "":
		request.Header.Set("Authorization", "Bearer "+t.token)
	case own && len(given) > 0 && given[0] != "":
		request.Header.Set("Authorization", strings.ReplaceAll(given[0], tokenMark, t.token))
	}
	return request, nil
}

// Headers returns what is sent as the header, but for what is sent with every request:
// the credentials and the name of this program.
func (r *Request) Headers() http.Header {
	header := http.Header{"Accept": {mediaType}}
	if len(r.Body) > 0 {
		header.Set("Content-Type", mediaType)
	}
	for name, values := range r.Header {
		if header[name] = values; len(values) == 0 || values[0] == "" {
			header.Del(name)
		}
	}
	return header
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
