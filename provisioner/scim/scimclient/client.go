// Package scimclient speaks SCIM 2.0 (RFC 7644) to somebody else's server over
// HTTP: create, get, list, replace, patch, delete and discover.
//
// Start with [New]. A [Client] is for one endpoint and one [Credential] and is safe
// for concurrent use. What it promises:
//
//   - One call is one exchange. Nothing is sent a second time after a failure;
//     when to try again is the caller's decision, and [Error] carries what that
//     decision needs: the status, the SCIM error, Retry-After, and whether the
//     request may have been applied although no usable answer came back. (A
//     request that met a pooled connection which the server had already closed,
//     so that not one byte left, goes out on a fresh connection. One whose token
//     was refused with a 401 goes out once more if a [TokenSource] has another.)
//   - Credential and further headers go to the endpoint's origin and nowhere else.
//     Redirects of writes are never followed, redirects of reads only inside the
//     origin.
//   - Unspecified, link-local and cloud metadata addresses are refused when a
//     connection is made, after DNS; private ones too if [Config].DenyPrivate says
//     so. TLS is verified, 1.2 or newer.
//   - Answers are read tolerantly, since real servers leave out schemas, answer
//     200 for 201, 204 for PUT and HTML for errors; but never without a limit on
//     time and size.
//   - No secret shows up in an error or in an [Exchange].
package scimclient

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Defaults of [Config], and limits that no setting moves.
const (
	DefaultTimeout = 30 * time.Second // a whole exchange
	DefaultMaxBody = 8 << 20          // bytes of an answer
	MaxRetryAfter  = time.Hour        // the longest [Error].RetryAfter

	connectTimeout = 5 * time.Second // TCP, and TLS once more
	maxErrorBody   = 64 << 10        // bytes read of an answer that is an error
	maxRedirects   = 5
)

// MediaType is what requests carry and ask for (RFC 7644 section 3.1).
const MediaType = "application/scim+json"

// Config says whom a [Client] talks to, and how.
type Config struct {
	// Endpoint is the base URL that resource endpoints such as /Users hang on,
	// for example "https://app.example/scim/v2". Required.
	Endpoint string
	// Credential is what lets the requests in. Nil sends no Authorization.
	Credential Credential
	// Header are sent with every request beside those of the protocol, by name. Their
	// values are secrets.
	Header map[string]string
	// UserAgent names the program, for example "scimwright/1.4 (+https://…)".
	// Empty means "scimwright".
	UserAgent string
	// Timeout bounds a whole exchange, from dialling to the last byte of the
	// body. Zero means [DefaultTimeout]. Connecting may take 5 s of it.
	Timeout time.Duration
	// MediaType is what requests carry and ask for, for apps that do not know the
	// RFC's own. Empty means [MediaType].
	MediaType string
	// MaxBody is how many bytes of an answer are accepted, after decompression.
	// Zero means [DefaultMaxBody].
	MaxBody int64
	// DenyPrivate also refuses loopback, private and shared address ranges.
	// Zero allows them: people who host apps themselves need that.
	DenyPrivate bool
	// RootCAs are the certificate authorities to trust. Nil means the system's.
	RootCAs *x509.CertPool
	// Proxy picks a proxy as [http.Transport].Proxy does. Nil means none. What
	// a proxy connects to on our behalf is beyond the address rules above.
	Proxy func(*http.Request) (*url.URL, error)
	// Transport replaces the whole transport; DenyPrivate, RootCAs, Proxy and
	// the address rules at dial time are then its business. Nil means our own.
	Transport http.RoundTripper
	// Gate, if not nil, says when each exchange may begin. Nil means at once.
	Gate Gate
	// Observe, if not nil, sees every exchange once it is over, secrets
	// replaced. It is called on the caller's goroutine, so possibly from
	// several at once.
	Observe func(Exchange)
	// Now tells the time against which a Retry-After date is read when the
	// answer has no Date. Nil means [time.Now].
	Now func() time.Time
}

// A Gate says when exchanges may begin. Its methods may be called from several
// goroutines at once.
type Gate interface {
	// Enter waits until an exchange may begin. An error ends the call before
	// anything is sent; it is inside the call's [Error].
	Enter(ctx context.Context) error
	// Leave is told how an exchange went: when it began, how long it took, and what
	// was wrong with it, nil if nothing. It follows each Enter that let one begin.
	Leave(ctx context.Context, began time.Time, took time.Duration, err *Error)
}

// A Client talks to one SCIM endpoint. Make one with [New].
type Client struct {
	narrator
	base       *url.URL // no trailing slash, query, fragment or user info
	credential Credential
	header     map[string]string // by canonical name
	userAgent  string
	maxBody    int64
	mediaType  string
	http       *http.Client
	gate       Gate           // may be nil
	observe    func(Exchange) // may be nil
	now        func() time.Time
}

// New checks the configuration and returns a client; it does no I/O. Spaces
// around the endpoint and slashes at its end are dropped.
func New(cfg Config) (*Client, error) {
	base, err := parseEndpoint(cfg.Endpoint, cfg.DenyPrivate)
	if err != nil {
		return nil, err
	}
	if cfg.Credential == nil {
		cfg.Credential = fixed{}
	}
	if err := cfg.Credential.check(); err != nil {
		return nil, err
	}
	if !isVisible(strings.ReplaceAll(cfg.UserAgent, " ", "")) {
		return nil, fmt.Errorf("user agent: %q holds a control or a non-ASCII character", cfg.UserAgent)
	}
	header, err := canonicalHeaders(cfg.Header)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Client{
		narrator:   narrator{timeout: cfg.Timeout},
		base:       base,
		credential: cfg.Credential,
		header:     header,
		userAgent:  cfg.UserAgent,
		maxBody:    cfg.MaxBody,
		mediaType:  cfg.MediaType,
		http:       &http.Client{Transport: cfg.Transport, CheckRedirect: checkRedirect},
		gate:       cfg.Gate,
		observe:    cfg.Observe,
		now:        cfg.Now,
	}
	var values []string
	for _, value := range header {
		values = append(values, spellings(value, leastHeader)...)
	}
	c.narrator.secrets = func() []string { return slices.Concat(c.credential.secrets(), values) }
	return c, nil
}

// withDefaults returns the configuration with what zero means in its place.
func (cfg Config) withDefaults() Config {
	if cfg.UserAgent == "" {
		cfg.UserAgent = "scimwright"
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.MediaType == "" {
		cfg.MediaType = MediaType
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Transport == nil {
		cfg.Transport = NewTransport(cfg)
	}
	return cfg
}

// Endpoint returns the base URL in the form the client uses.
func (c *Client) Endpoint() string { return c.base.String() }

// CloseIdleConnections closes pooled connections that are not in use. The
// client stays usable.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// A Response is a 2xx answer.
type Response struct {
	Status int
	Header http.Header
	// Resource is the body, nil if there was none or none that is a JSON object.
	Resource *scim.Object

	endpoint string
}

// ID returns the id the answer gives the resource: the body's "id", else the
// last part of the Location header if that lies under the endpoint asked, else
// "" (RFC 7644 section 3.3 wants both).
func (r *Response) ID() string {
	if id := r.Resource.ID(); id != "" {
		return id
	}
	location, err := url.Parse(r.Header.Get("Location"))
	if err != nil {
		return ""
	}
	head, last, found := cutLast(location.EscapedPath(), "/")
	if !found || !strings.HasSuffix("/"+head, r.endpoint) {
		return ""
	}
	id, err := url.PathUnescape(last)
	if err != nil {
		return ""
	}
	return id
}

// Version returns the version that the answer gives the resource: the ETag header,
// else "meta.version", else "" (RFC 7644 section 3.14).
func (r *Response) Version() string {
	if v := r.Header.Get("ETag"); v != "" {
		return v
	}
	return r.Resource.Object("meta").String("version")
}

// An Option adds something to a call.
type Option func(*call)

// IfMatch makes a change depend on the version that the resource has (RFC 7644
// section 3.14). Nothing is added for "".
func IfMatch(version string) Option {
	return func(cl *call) { cl.ifMatch = version }
}

// Returning asks for an answer that holds these attributes, also from a server that
// would otherwise answer a PATCH without a body (RFC 7644 section 3.5.2).
func Returning(attributes ...string) Option {
	return func(cl *call) { cl.query = Query{Attributes: attributes}.values() }
}

// Create posts a new resource to an endpoint such as "/Users" (RFC 7644 section
// 3.3). The error is an [*Error].
func (c *Client) Create(ctx context.Context, endpoint string, r *scim.Object) (*Response, error) {
	return c.resource(ctx, call{method: http.MethodPost, endpoint: endpoint, body: r})
}

// Get reads one resource (RFC 7644 section 3.4.1). An answer without a JSON
// object is an error. The error is an [*Error].
func (c *Client) Get(ctx context.Context, endpoint, id string) (*Response, error) {
	return c.resource(ctx, call{method: http.MethodGet, endpoint: endpoint, id: &id})
}

// Replace puts a resource in place of the one with that id (RFC 7644 section
// 3.5.1). The error is an [*Error].
func (c *Client) Replace(ctx context.Context, endpoint, id string, r *scim.Object, options ...Option) (*Response, error) {
	return c.resource(ctx, call{method: http.MethodPut, endpoint: endpoint, id: &id, body: r}, options...)
}

// Patch applies operations to the resource with that id (RFC 7644 section
// 3.5.2). The error is an [*Error].
func (c *Client) Patch(ctx context.Context, endpoint, id string, p *scim.Patch, options ...Option) (*Response, error) {
	return c.resource(ctx, call{method: http.MethodPatch, endpoint: endpoint, id: &id, body: p.Object()}, options...)
}

// Delete removes the resource with that id (RFC 7644 section 3.6). The error is
// an [*Error]; a 404 is one too, since only the caller can tell a resource that
// is gone from an endpoint that moved.
func (c *Client) Delete(ctx context.Context, endpoint, id string) (*Response, error) {
	return c.resource(ctx, call{method: http.MethodDelete, endpoint: endpoint, id: &id})
}

// resource does a call whose answer is one resource.
func (c *Client) resource(ctx context.Context, cl call, options ...Option) (*Response, error) {
	for _, option := range options {
		option(&cl)
	}
	a, err := c.do(ctx, cl)
	if err != nil {
		return nil, err
	}
	r := &Response{Status: a.status, Header: a.header, endpoint: cleanEndpoint(cl.endpoint)}
	if r.Resource, err = a.resource(); err != nil {
		return nil, err
	}
	return r, nil
}

// NormalEndpoint returns a base URL in the form the client uses, which is the same for
// all ways to write an address: letter case of scheme and host, the default port, and
// slashes at the end make no other one (RFC 3986 section 6.2). What is no base URL is
// returned as it is.
func NormalEndpoint(raw string) string {
	u, err := parseEndpoint(raw, false)
	if err != nil {
		return raw
	}
	return u.String()
}

// parseEndpoint checks and normalises the base URL. Its errors do not repeat
// the URL, in which people leave passwords and tokens.
func parseEndpoint(raw string, denyPrivate bool) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, fmt.Errorf("endpoint: no URL given; it looks like https://app.example/scim/v2")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("endpoint: not a URL; it looks like https://app.example/scim/v2")
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("endpoint: the URL must not hold a user name or password; give them separately")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("endpoint: the URL must start with https:// or http://")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, fmt.Errorf("endpoint: the URL names no host")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return nil, fmt.Errorf("endpoint: the URL must not have a query or fragment; end it with the path that /Users hangs on")
	case slices.ContainsFunc(strings.Split(u.Path, "/"), isDots):
		return nil, fmt.Errorf("endpoint: the URL's path must not hold a . or .. segment")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return nil, fmt.Errorf("endpoint: port %s does not exist", p)
		}
	}
	if err := checkHost(u.Hostname(), denyPrivate); err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), ":"+defaultPort(u.Scheme))
	clean, err := url.Parse(u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"))
	if err != nil {
		return nil, fmt.Errorf("endpoint: not a URL; it looks like https://app.example/scim/v2")
	}
	return clean, nil
}

// isVisible reports whether a text is made of visible ASCII characters only.
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func isDots(segment string) bool { return segment == "." || segment == ".." }

// cutLast is [strings.Cut] at the last occurrence.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
