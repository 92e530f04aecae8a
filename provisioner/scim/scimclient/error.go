package scimclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/permiso/scimwright/provisioner/scim"
)

// ErrTooLarge is inside the [Error] of an answer that is larger than
// [Config].MaxBody.
var ErrTooLarge = errors.New("answer too large")

// errTimeout is the cause of a context that ended because an exchange took
// longer than [Config].Timeout, as opposed to what the caller's context allows.
var errTimeout = errors.New("exchange timed out")

// An Error is an exchange that did not end in a usable 2xx.
type Error struct {
	Method string
	URL    string // without the query, which may hold personal data
	Status int    // 0: no answer, or the request was never sent
	// SCIM is the error document of the answer (RFC 7644 section 3.12), nil if
	// it had none. Its own status is what the document claims.
	SCIM *scim.Error
	// Detail is the cause in plain words: the server's, shortened to one line,
	// or ours.
	Detail string
	// RetryAfter is what the answer asks for, from seconds or a date (RFC 9110
	// section 10.2.3), at most [MaxRetryAfter]. 0 means at once, or not said.
	RetryAfter time.Duration
	IsSCIM     bool // the body is a SCIM error document
	// Err is the transport's error, nil if there was an answer that could be
	// read.
	Err error
	// Ambiguous tells that a write may have been applied all the same: it went
	// out and no answer came back, or the answer was cut off or makes no sense,
	// or a gateway gave up on it.
	Ambiguous bool
}

// Error returns one sentence without line breaks, token or query.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Method, e.URL)
	switch {
	case e.Status == 0:
		b.WriteString(": ")
	case e.SCIM != nil && e.SCIM.ScimType != "":
		fmt.Fprintf(&b, " answered %d (%s): ", e.Status, e.SCIM.ScimType)
	default:
		fmt.Fprintf(&b, " answered %d: ", e.Status)
	}
	b.WriteString(e.Detail)
	if e.Ambiguous {
		b.WriteString("; the request may have been applied")
	}
	return b.String()
}

// Throttled reports whether the server asks for fewer requests: by 429 (RFC 6585
// section 4), by 503 with the time to come back, or in words that servers dress as an
// error of another kind.
func (e *Error) Throttled() bool {
	switch {
	case e.Status == http.StatusTooManyRequests:
		return true
	case e.Status == http.StatusServiceUnavailable:
		return e.RetryAfter > 0
	case e.Status == http.StatusForbidden || e.Status >= 500:
		return throttleWords.MatchString(e.Detail)
	default:
		return false
	}
}

// throttleWords are how servers say that there were too many requests.
var throttleWords = regexp.MustCompile(`(?i)request_limit_exceeded|rate.?limit|too.?many.?requests|throttl`)

// Unwrap returns the transport's error and the SCIM error, as far as there are
// any, for [errors.Is] and [errors.As].
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	if e.SCIM != nil {
		errs = append(errs, *e.SCIM)
	}
	return errs
}

// noAnswer returns the error of an exchange in which no answer came.
func (c *Client) noAnswer(ctx context.Context, method, where string, err error, p *progress) *Error {
	return &Error{
		Method: method, URL: where,
		Detail:    c.explain(ctx, err),
		Err:       &redactedError{text: c.scrub(err.Error()), err: err},
		Ambiguous: method != http.MethodGet && p.maybeSent(err),
	}
}

// refused returns the error of an answer that is not a 2xx.
func (c *Client) refused(method, where string, resp *http.Response, body []byte) *Error {
	e := &Error{
		Method: method, URL: where, Status: resp.StatusCode,
		RetryAfter: retryAfter(resp.Header, c.now),
	}
	if scimErr, ok := scim.ParseError(body); ok && !isProblem(resp.Header) {
		scimErr.Detail = c.clean(scimErr.Detail)
		e.SCIM, e.IsSCIM, e.Detail = &scimErr, true, scimErr.Detail
	}
	switch {
	case resp.StatusCode/100 == 3:
		e.Detail = c.redirectDetail(resp)
	case e.Detail != "":
	case looksLikeHTML(resp.Header, body):
		e.Detail = c.htmlDetail(body)
	default:
		e.Detail = c.textDetail(body)
	}
	if e.Detail == "" {
		e.Detail = "no reason given"
		if text := http.StatusText(resp.StatusCode); text != "" {
			e.Detail = text
		}
	}
	e.Ambiguous = method != http.MethodGet && mayHaveApplied(resp.StatusCode, e.RetryAfter)
	return e
}

// mayHaveApplied reports error statuses behind which a write may have happened: a
// gateway has lost the app's answer, or the app broke down on the way, perhaps after
// the write. An app that says when to come back has not begun.
func mayHaveApplied(status int, retryAfter time.Duration) bool {
	switch status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	case http.StatusServiceUnavailable:
		return retryAfter == 0
	default:
		return status >= 500
	}
}

func (c *Client) redirectDetail(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return "the endpoint redirects without saying where to"
	}
	to.RawQuery, to.Fragment, to.User = "", "", nil
	if resp.Request.Method != http.MethodGet {
		return c.clean("the endpoint redirects to " + to.String() + ", and writes do not follow redirects; if that is the right place, make it the endpoint")
	}
	if sameOrigin(to, resp.Request.URL) {
		return c.clean("the endpoint redirects again and again, lastly to " + to.String())
	}
	return c.clean("the endpoint redirects to " + to.String() + ", which is another origin and does not get the token; if that is the right place, make it the endpoint")
}

// explain says in plain words why no answer came.
func (c *Client) explain(ctx context.Context, err error) string {
	var (
		refused *RefusedAddressError
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		op      *net.OpError
	)
	isOp := errors.As(err, &op)
	timeout := isTimeout(err)
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.Is(context.Cause(ctx), errTimeout):
		return fmt.Sprintf("no answer within %s", c.timeout)
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "no answer in the time left for it"
	case ctx.Err() != nil:
		return "the request was cancelled"
	case errors.As(err, &dns) && dns.IsNotFound:
		return c.clean(fmt.Sprintf("the host %s does not exist", dns.Name))
	case errors.As(err, &dns):
		return c.clean(fmt.Sprintf("the name of the host %s could not be resolved", dns.Name))
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused; nothing listens there"
	case isOp && op.Op == "dial" && timeout:
		return fmt.Sprintf("no connection within %s", connectTimeout)
	case errors.As(err, &cert):
		return c.clean("its TLS certificate is not trusted: " + cert.Err.Error())
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "it does not speak TLS; is the endpoint http:// rather than https://?"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "what came back is not HTTP"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection broke off before an answer came"
	default:
		return c.clean(err.Error())
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// notDialled reports errors that arise before there is a connection.
func notDialled(err error) bool {
	var (
		op      *net.OpError
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		refused *RefusedAddressError
	)
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") ||
		errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &record) || errors.As(err, &refused)
}

var (
	titlePattern = regexp.MustCompile(`(?is)<(title|h1)[^>]*>(.*?)</(title|h1)>`)
	tagPattern   = regexp.MustCompile(`<[^>]*>`)
)

// isProblem reports an RFC 9457 problem document. Web frameworks send it for
// paths they do not know, so it must not pass for SCIM's word on a resource,
// although its fields have the same names.
func isProblem(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "application/problem+json")
}

func looksLikeHTML(h http.Header, body []byte) bool {
	if strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "text/html") && len(body) > 0 {
		return true
	}
	return bytes.HasPrefix(trim(body), []byte("<"))
}

func (c *Client) htmlDetail(body []byte) string {
	const hint = "an HTML page instead of SCIM; is the endpoint URL right, or did a proxy answer?"
	if m := titlePattern.FindSubmatch(body); m != nil {
		if title := c.clean(tagPattern.ReplaceAllString(string(m[2]), " ")); title != "" {
			return fmt.Sprintf("%s (its title: %q)", hint, title)
		}
	}
	return hint
}

// textDetail finds the reason in a body that is not SCIM: a usual JSON field,
// else the first line.
func (c *Client) textDetail(body []byte) string {
	if o, err := scim.ParseObjectLenient(body); err == nil {
		for _, name := range []string{"detail", "message", "error_description", "error", "title", "reason"} {
			switch v := o.Get(name).(type) {
			case string:
				if s := c.clean(v); s != "" {
					return s
				}
			case *scim.Object:
				if s := c.clean(v.String("message")); s != "" {
					return s
				}
			}
		}
		return ""
	}
	if body = trim(body); len(body) == 0 || strings.ContainsRune(`{["`, rune(body[0])) {
		return "" // broken or unexpected JSON, which tells nobody anything
	}
	line, _, _ := strings.Cut(string(body), "\n")
	return c.clean(line)
}

// clean makes text from outside fit for a log line and a terminal: no token,
// valid UTF-8, one line, no control characters, at most 300 characters.
func (c *Client) clean(s string) string {
	const most = 300
	s = c.scrub(strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}

// scrub takes the token out of a text that a server wrote, which may repeat it.
// A token of fewer than four characters is no secret, and stays.
func (c *Client) scrub(s string) string {
	if len(c.token) < 4 {
		return s
	}
	return strings.ReplaceAll(s, c.token, redacted)
}

// A redactedError is an error whose text is free of the token; what it wraps
// can still be asked for by type.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }
