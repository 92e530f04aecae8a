package scimclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A call is one exchange to be had.
type call struct {
	method   string
	endpoint string       // such as "/Users"
	id       *string      // nil: the endpoint itself
	query    url.Values   // nil: none
	body     *scim.Object // nil: none
	ifMatch  string       // a version, "" for any
}

// An answer is a 2xx that was read to its end.
type answer struct {
	call   call
	url    string // without query
	status int
	header http.Header
	body   []byte // without BOM and white space around it
}

// do has one exchange. It returns an [*Error] unless the answer is a 2xx that
// came complete and does not itself say that it is an error.
func (c *Client) do(ctx context.Context, cl call) (*answer, error) {
	target, err := c.target(cl)
	if err != nil {
		return nil, &Error{Method: cl.method, URL: c.base.String() + cleanEndpoint(cl.endpoint), Detail: err.Error(), Err: err}
	}
	where := target.Scheme + "://" + target.Host + target.EscapedPath()
	if c.gate != nil {
		if err := c.gate.Enter(ctx); err != nil {
			detail := err.Error()
			if ctx.Err() != nil {
				detail = c.explain(ctx, err)
			}
			return nil, &Error{Method: cl.method, URL: where, Detail: c.clean(detail), Err: err}
		}
	}
	var failed *Error
	if c.gate != nil {
		began := c.now()
		defer func() { c.gate.Leave(ctx, began, c.now().Sub(began), failed) }()
	}
	var got *answer
	if got, failed = c.authorized(ctx, cl, target, where); failed != nil {
		return nil, failed
	}
	return got, nil
}

// authorized has the exchange of a call whose target is known, and has it again if the
// server has refused an authorization for which there is another one.
func (c *Client) authorized(ctx context.Context, cl call, target *url.URL, where string) (got *answer, failed *Error) {
	for _, last := range [...]bool{false, true} {
		authorization, err := c.credential.authorization(ctx)
		if err != nil {
			detail := err.Error()
			if ctx.Err() != nil {
				detail = c.explain(ctx, err)
			}
			return nil, &Error{Method: cl.method, URL: where, Detail: detail, Err: err}
		}
		got, failed = c.exchange(ctx, cl, target, where, authorization)
		if failed == nil || failed.Status != http.StatusUnauthorized || last || !c.credential.renew(authorization) {
			break
		}
	}
	return got, failed
}

// exchange has one exchange.
func (c *Client) exchange(ctx context.Context, cl call, target *url.URL, where, authorization string) (*answer, *Error) {
	var body []byte
	if cl.body != nil {
		body = cl.body.AppendJSON(nil)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	var progress progress
	req, err := c.request(httptrace.WithClientTrace(ctx, progress.trace()), cl, target, body)
	if err != nil {
		err = unwrapURL(err)
		return nil, &Error{Method: cl.method, URL: where, Detail: c.clean(err.Error()), Err: err}
	}

	if err := ctx.Err(); err != nil {
		return nil, &Error{Method: cl.method, URL: where, Detail: c.explain(ctx, err), Err: err}
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	start := c.now()
	began := time.Now()
	x := exchange{request: req, body: body}
	resp, err := c.http.Do(req)
	var got *answer
	if err != nil {
		x.err = c.noAnswer(ctx, cl.method, where, unwrapURL(err), &progress)
	} else {
		got, x.err = c.read(ctx, cl, where, resp, &x)
	}
	if c.observe != nil {
		c.observe(c.redact(x, start, time.Since(began)))
	}
	return got, x.err
}

// read takes in the body and tells answers from errors.
func (c *Client) read(ctx context.Context, cl call, where string, resp *http.Response, x *exchange) (*answer, *Error) {
	defer resp.Body.Close()
	x.response = resp
	limit := c.maxBody
	if resp.StatusCode/100 != 2 {
		limit = min(limit, maxErrorBody)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	whole := int64(len(body)) <= limit
	if !whole {
		body = body[:limit]
	}
	x.answer = body
	if resp.StatusCode/100 != 2 {
		return nil, c.refused(cl.method, where, resp, body)
	}
	a := &answer{call: cl, url: where, status: resp.StatusCode, header: resp.Header, body: trim(body)}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, a.unusable("the answer began but did not end: "+c.explain(ctx, err), err)
	case err != nil:
		return nil, a.unusable("the answer broke off in the middle of its body", err)
	case !whole:
		return nil, a.unusable(fmt.Sprintf("the answer is larger than the limit of %d bytes", limit), ErrTooLarge)
	case looksLikeHTML(resp.Header, a.body):
		return nil, a.unusable(c.htmlDetail(a.body), nil)
	}
	if bytes.Contains(a.body, []byte(scim.ErrorSchema)) {
		if scimErr, ok := scim.ParseError(a.body); ok {
			scimErr.Detail = c.clean(scimErr.Detail)
			e := a.unusable("the body is an error: "+scimErr.Detail, nil)
			e.SCIM, e.IsSCIM = &scimErr, true
			return nil, e
		}
	}
	return a, nil
}

// resource returns the body as a resource: nil if it holds no JSON object and
// the call was a write, whose success the status has told already.
func (a *answer) resource() (*scim.Object, error) {
	if bytes.HasPrefix(a.body, []byte("{")) {
		o, err := scim.ParseObjectLenient(a.body)
		if err != nil {
			return nil, a.unusable("the body is not JSON", err)
		}
		return tolerate(o), nil
	}
	if a.call.method == http.MethodGet {
		return nil, a.unusable("the body holds no resource", nil)
	}
	return nil, nil
}

// unusable returns the error for a 2xx that cannot be taken at its word.
func (a *answer) unusable(detail string, err error) *Error {
	return &Error{
		Method: a.call.method, URL: a.url, Status: a.status,
		Detail: detail, Err: err, Ambiguous: a.call.method != http.MethodGet,
	}
}

// target returns the URL of a call. An id is one path segment whatever it
// holds; ids that would name another resource are refused.
func (c *Client) target(cl call) (*url.URL, error) {
	path := cleanEndpoint(cl.endpoint)
	if strings.ContainsAny(path, "?#%\\") || strings.Contains(path, "//") || strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../") {
		return nil, fmt.Errorf("%q is not a resource endpoint such as /Users", cl.endpoint)
	}
	raw := c.base.String() + (&url.URL{Path: path}).EscapedPath()
	if cl.id != nil {
		if *cl.id == "" || isDots(*cl.id) {
			return nil, fmt.Errorf("%q cannot be the id of a resource", *cl.id)
		}
		raw += "/" + url.PathEscape(*cl.id)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%q is not a resource endpoint such as /Users", cl.endpoint)
	}
	// Not every server reads "+" as a space; all read "%20".
	u.RawQuery = strings.ReplaceAll(cl.query.Encode(), "+", "%20")
	return u, nil
}

func trim(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff")))
}

func cleanEndpoint(endpoint string) string { return "/" + strings.Trim(endpoint, "/") }

func (c *Client) request(ctx context.Context, cl call, target *url.URL, body []byte) (*http.Request, error) {
	var reader io.Reader // stays nil without a body, so that no Content-Length is sent
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, cl.method, target.String(), reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", c.mediaType)
	req.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		req.Header.Set("Content-Type", c.mediaType)
	}
	if cl.ifMatch != "" {
		req.Header.Set("If-Match", cl.ifMatch)
	}
	return req, nil
}

// progress records how far a request came. The transport's goroutines write it.
type progress struct {
	sought, got atomic.Bool
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// A second GetConn within one call means that the transport knows
		// nothing of the request left on the first connection.
		GetConn: func(string) { p.sought.Store(true); p.got.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { p.got.Store(true) },
	}
}

// maybeSent reports whether bytes of the request may have reached the server.
// Holding a connection counts: how much of the request the kernel delivered
// before the failure cannot be known. So does a transport that tells nothing.
func (p *progress) maybeSent(err error) bool {
	if notDialled(err) {
		return false
	}
	return p.got.Load() || !p.sought.Load()
}

// unwrapURL drops net/http's "Post \"https://…\":" and keeps what is inside.
func unwrapURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
