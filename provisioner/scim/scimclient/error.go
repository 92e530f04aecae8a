package scimclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

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

// isProblem reports an RFC 9457 problem document. Web frameworks send it for
// paths they do not know, so it must not pass for SCIM's word on a resource,
// although its fields have the same names.
func isProblem(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "application/problem+json")
}

// A redactedError is an error whose text is free of the token; what it wraps
// can still be asked for by type.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }
