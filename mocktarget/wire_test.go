package mocktarget_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/scim"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	searchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	bulkURN       = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// A client speaks raw HTTP with a target and reads answers with encoding/json, so
// that a mistake of the server's own codec cannot hide.
type client struct {
	t      testing.TB
	target *mocktargettest.Target
	base   string
	token  string
	http   *http.Client
}

func start(t testing.TB, options ...mocktargettest.Option) *client {
	t.Helper()
	return clientOf(t, mocktargettest.New(t, options...))
}

func clientOf(t testing.TB, target *mocktargettest.Target) *client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, target: target, base: target.URL(), token: target.Token(), http: &http.Client{Transport: transport}}
}

// tenant returns the tenant the client speaks to, for Go code to steer.
func (c *client) tenant() *mocktarget.Tenant {
	return c.target.Server().Tenant(mocktarget.DefaultTenant)
}

// on returns a client of another tenant of the same server.
func (c *client) on(tenant *mocktarget.Tenant) *client {
	other := *c
	other.base = c.target.Origin() + tenant.Path()
	return &other
}

func configured(config mocktarget.Config) mocktargettest.Option {
	return mocktargettest.WithConfig(config)
}

// A reply is a response that has been read.
type reply struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// do sends a request. Headers come as "Name: value".
func (c *client) do(method, path, body string, headers ...string) reply {
	c.t.Helper()
	r, err := c.try(method, path, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (c *client) try(method, path, body string, headers ...string) (reply, error) {
	target := path
	if !strings.HasPrefix(path, "http://") {
		target = c.base + path
	}
	request, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/scim+json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Del(name)
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{t: c.t, what: method + " " + path, status: response.StatusCode, header: response.Header, raw: string(raw)}
	if len(raw) > 0 && !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&r.body); err != nil {
			return r, fmt.Errorf("the body is not JSON: %v\n%s", err, raw)
		}
	}
	return r, nil
}

// statusOf returns the status of an error as a client would see it, 0 of none.
func statusOf(err error) int {
	wire, _ := errors.AsType[scim.Error](err)
	return wire.Status
}

// want checks the status and returns the reply.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s answered %d, want %d: %s", r.what, r.status, status, r.raw)
	}
	return r
}

// wantError checks that the reply is a SCIM error with a status, a scimType and a
// detail that mentions some words.
func (r reply) wantError(status int, scimType string, words ...string) {
	r.t.Helper()
	r.want(status)
	if got := fmt.Sprint(r.body["schemas"]); got != "["+errorURN+"]" {
		r.t.Errorf("%s: schemas are %s, want the Error URN: %s", r.what, got, r.raw)
	}
	if got, ok := r.body["status"].(string); !ok || got != fmt.Sprint(status) {
		r.t.Errorf("%s: the body says status %v, want the string %q", r.what, r.body["status"], fmt.Sprint(status))
	}
	if got, _ := r.body["scimType"].(string); got != scimType {
		r.t.Errorf("%s: scimType is %q, want %q: %s", r.what, got, scimType, r.raw)
	}
	detail, _ := r.body["detail"].(string)
	for _, word := range words {
		if !strings.Contains(detail, word) {
			r.t.Errorf("%s: detail is %q, want it to mention %q", r.what, detail, word)
		}
	}
}

// at returns the value at a path of names and indexes such as "emails.0.value",
// nil if there is none. A name in the path that holds dots is given as one of more.
func (r reply) at(path ...any) any { return at(r.body, path...) }

func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, _ := v.(map[string]any)
			v = o[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func (r reply) id() string {
	r.t.Helper()
	id, _ := r.body["id"].(string)
	if id == "" {
		r.t.Fatalf("%s: there is no id in %s", r.what, r.raw)
	}
	return id
}

// resources returns the Resources of a list.
func (r reply) resources() []any {
	list, _ := r.body["Resources"].([]any)
	return list
}

// names returns one attribute of each listed resource.
func (r reply) names(attribute string) string {
	var names []string
	for _, v := range r.resources() {
		names = append(names, fmt.Sprint(at(v, attribute)))
	}
	return strings.Join(names, " ")
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// user returns the body of a user, further members written as JSON behind it.
func user(name string, more ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"userName":%q%s}`, userURN, name, comma(more))
}

func group(name string, more ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"displayName":%q%s}`, groupURN, name, comma(more))
}

func comma(more []string) string {
	var b strings.Builder
	for _, m := range more {
		b.WriteString("," + m)
	}
	return b.String()
}

// patchBody returns the body of a PATCH with operations written as JSON.
func patchBody(operations ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, patchURN, strings.Join(operations, ","))
}

func (c *client) createUser(name string, more ...string) reply {
	c.t.Helper()
	return c.do("POST", "/Users", user(name, more...)).want(201)
}

func (c *client) createGroup(name string, more ...string) reply {
	c.t.Helper()
	return c.do("POST", "/Groups", group(name, more...)).want(201)
}

// filter lists an endpoint with a filter.
func (c *client) filter(endpoint, filter string) reply {
	c.t.Helper()
	return c.do("GET", endpoint+"?filter="+url.QueryEscape(filter), "")
}
