package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// DialConfig says how to reach a mock. The zero DialConfig reaches the default
// tenant of a mock on this machine.
type DialConfig struct {
	// ControlToken is the token of the control API. "" if it wants none.
	ControlToken string
	// Tenant is the name of the tenant, which is made if there is none. "" means
	// [mocktarget.DefaultTenant].
	Tenant string
	// Token is the bearer token for the SCIM services that [Remote.Token] returns. ""
	// issues one of each tenant's own.
	Token string
	// Origin is scheme, host and port at which the SCIM services are reached from
	// here, where that is not what the mock believes, as behind a published port of a
	// container. "" means what the mock says.
	Origin string
	// Client sends the requests. nil means a client of its own, without a time limit
	// but that of each call's context.
	Client *http.Client
}

// A Remote is a tenant of a mock elsewhere as a [mocktarget.Target]. Its methods may
// be called from any number of goroutines.
type Remote struct {
	api      *client
	name     string
	endpoint string
	token    string
}

var _ mocktarget.Target = (*Remote)(nil)

// Dial reaches the mock whose control API is at an address such as
// "http://127.0.0.1:8080".
func Dial(ctx context.Context, address string, config DialConfig) (*Remote, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return nil, fmt.Errorf("control: the address %q must look like http://127.0.0.1:8080", address)
	}
	c := &client{base: strings.TrimSuffix(strings.TrimSuffix(address, "/"), Path) + Path, config: config}
	if c.config.Client == nil {
		c.config.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	name := config.Tenant
	if name == "" {
		name = mocktarget.DefaultTenant
	}
	return c.reach(ctx, name)
}

// A client sends requests to a control API.
type client struct {
	base   string // ends with Path
	config DialConfig
}

// reach returns the tenant of a name, which is made if there is none.
func (c *client) reach(ctx context.Context, name string) (*Remote, error) {
	var t Tenant
	err := c.do(ctx, http.MethodGet, nil, &t, "tenants", name)
	if status(err) == http.StatusNotFound {
		err = c.do(ctx, http.MethodPost, NewTenant{Name: name}, &t, "tenants")
	}
	if status(err) == http.StatusConflict { // somebody else was faster
		err = c.do(ctx, http.MethodGet, nil, &t, "tenants", name)
	}
	if err != nil {
		return nil, err
	}
	return c.remote(ctx, t)
}

// remote returns a tenant that there is, with a token for it.
func (c *client) remote(ctx context.Context, t Tenant) (*Remote, error) {
	r := &Remote{api: c, name: t.Name, endpoint: t.Endpoint, token: c.config.Token}
	if c.config.Origin != "" {
		at, err := url.Parse(t.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("control: the endpoint of tenant %s: %w", t.Name, err)
		}
		r.endpoint = strings.TrimSuffix(c.config.Origin, "/") + at.Path
	}
	if r.token == "" {
		var err error
		if r.token, _, err = r.IssueToken(ctx, mocktarget.TokenConfig{Name: "remote target"}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// status returns the status a mock has answered with, 0 if that is not the error.
func status(err error) int {
	var wire scim.Error
	if errors.As(err, &wire) {
		return wire.Status
	}
	return 0
}

// do makes one request. in is the body: nil for none, an [io.Reader] for JSON text,
// or a value to be encoded. out receives the answer's, nil to drop it.
func (c *client) do(ctx context.Context, method string, in, out any, path ...string) error {
	return c.query(ctx, method, in, out, nil, path...)
}

func (c *client) query(ctx context.Context, method string, in, out any, query url.Values, path ...string) error {
	response, err := c.send(ctx, method, in, query, path...)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if out == nil {
		_, _ = io.Copy(io.Discard, response.Body) // so that the connection can be used again
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		return fmt.Errorf("control: reading the answer to %s %s: %w", method, response.Request.URL.Path, err)
	}
	return nil
}

// send makes one request and returns the answer, whose body is the caller's to close.
func (c *client) send(ctx context.Context, method string, in any, query url.Values, path ...string) (*http.Response, error) {
	target := c.base
	for _, segment := range path {
		target += "/" + url.PathEscape(segment)
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	reader, isReader := in.(io.Reader)
	if in != nil && !isReader {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("control: encoding the body of %s %s: %w", method, target, err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.config.ControlToken != "" {
		request.Header.Set("Authorization", "Bearer "+c.config.ControlToken)
	}
	response, err := c.config.Client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		defer response.Body.Close()
		return nil, fmt.Errorf("control: %s %s: %w", method, request.URL.Path, refusal(response))
	}
	return response, nil
}

// refusal returns the problem that an answer describes (RFC 9457).
func refusal(response *http.Response) scim.Error {
	var problem struct {
		Detail string `json:"detail"`
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil || json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		problem.Detail = http.StatusText(response.StatusCode)
	}
	return scim.Status(response.StatusCode, "%s", problem.Detail)
}

// do makes a request about the tenant.
func (r *Remote) do(ctx context.Context, method string, in, out any, path ...string) error {
	return r.api.do(ctx, method, in, out, append([]string{"tenants", r.name}, path...)...)
}

// items reads a list about a tenant.
func items[T any](ctx context.Context, r *Remote, query url.Values, path ...string) ([]T, error) {
	var l list[T]
	err := r.api.query(ctx, http.MethodGet, nil, &l, query, append([]string{"tenants", r.name}, path...)...)
	return l.Items, err
}

func sinceQuery(seq uint64) url.Values {
	return url.Values{"since": {strconv.FormatUint(seq, 10)}}
}
