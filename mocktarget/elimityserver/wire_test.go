package elimityserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// token is the bearer token of every mock here.
const token = "a-token"

// A client speaks raw HTTP with a tenant and reads answers with encoding/json, so
// that nothing of ours stands between the library and the test.
type client struct {
	t     testing.TB
	base  string // URL of the tenant's SCIM service
	token string
}

// A reply is a response that has been read.
type reply struct {
	status int
	header http.Header
	raw    string
	body   any // decoded, nil if there is none
}

// do sends a request. Headers come as "Name: value"; one without a value is not sent.
func (c *client) do(method, path, body string, header ...string) reply {
	c.t.Helper()
	r, err := c.try(method, path, body, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (c *client) try(method, path, body string, header ...string) (reply, error) {
	request, err := http.NewRequestWithContext(context.Background(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/scim+json")
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ":")
		request.Header.Del(name)
		if value = strings.TrimSpace(value); value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{status: response.StatusCode, header: response.Header, raw: string(raw)}
	if len(raw) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&r.body); err != nil {
			return r, fmt.Errorf("the body is not JSON: %w\n%s", err, raw)
		}
	}
	return r, nil
}

// at returns the value at a path of names and indexes, nil if there is none.
func (r reply) at(path ...any) any {
	v := r.body
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
