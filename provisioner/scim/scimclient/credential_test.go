package scimclient_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// TestBasic: name and password go out as RFC 7617 says, and neither the password nor
// the two together show in what is observed and said, however the server repeats them.
func TestBasic(t *testing.T) {
	const name, password = "ann", `pä:s"s w0rd&<`
	encoded := base64.StdEncoding.EncodeToString([]byte(name + ":" + password))
	var seen scimclient.Exchange
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n, p, ok := r.BasicAuth(); !ok || n != name || p != password {
			t.Errorf("the server got %q, %q", n, p)
		}
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.Header().Set("X-Echo-Form", url.QueryEscape(password)+" "+url.PathEscape(password))
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"detail": "no %s, %s, %s, %s"}`, encoded, `pä:s\"s w0rd&<`, `pä:s\"s w0rd\u0026\u003c`, `p\u00e4:s\"s w0rd&<`)
	}, func(cfg *scimclient.Config) {
		cfg.Credential = scimclient.Basic(name, password)
		cfg.Observe = func(x scimclient.Exchange) { seen = x }
	})
	_, err := c.Get(context.Background(), "/Users", "1")
	if e := failure(t, err); e.Status != 403 || e.Detail != `no [redacted], [redacted], [redacted], [redacted]` {
		t.Errorf("%v", err)
	}
	if got := seen.RequestHeader.Get("Authorization"); got != "Basic [redacted]" {
		t.Errorf("observed Authorization %q", got)
	}
	text := fmt.Sprintf("%+v %s %v", seen, seen.ResponseBody, err)
	for _, secret := range []string{encoded, "s w0rd", "s%20w0rd", "s+w0rd"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q shows in %s", secret, text)
		}
	}
}

// TestHeaders: further headers go out with every request, and their values are not to
// be seen.
func TestHeaders(t *testing.T) {
	const key = "gate-key" // of as few characters as a secret may have
	var seen scimclient.Exchange
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != key || r.Header.Get("X-Version") != "2" || r.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("the server got %v", r.Header)
		}
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprintf(w, "version 2 refuses %s", key)
	}, func(cfg *scimclient.Config) {
		cfg.Header = map[string]string{"x-api-key": key, "X-Version": "2"}
		cfg.Observe = func(x scimclient.Exchange) { seen = x }
	})
	_, err := c.Create(context.Background(), "/Users", user("ann"))
	if e := failure(t, err); e.Detail != "version 2 refuses [redacted]" {
		t.Errorf("%v", err)
	}
	for _, name := range []string{"X-Api-Key", "X-Version"} {
		if got := seen.RequestHeader.Get(name); got != "[redacted]" {
			t.Errorf("observed %s: %q", name, got)
		}
	}
	if text := fmt.Sprintf("%+v %s", seen, seen.ResponseBody); strings.Contains(text, key) {
		t.Errorf("the key shows in %s", text)
	}
}

// TestCredentialsThatCannotBeSent: what no request can carry is refused before one is
// made, in words that do not repeat it.
func TestCredentialsThatCannotBeSent(t *testing.T) {
	header := func(name, value string) scimclient.Config {
		return scimclient.Config{Header: map[string]string{name: value}}
	}
	many := map[string]string{}
	for i := range 21 {
		many[fmt.Sprint("X-", i)] = "v"
	}
	tests := map[string]struct {
		config scimclient.Config
		says   string // "" if it can be sent
	}{
		"no token":                {scimclient.Config{Credential: scimclient.Bearer("")}, "token: it is empty"},
		"no user name":            {scimclient.Config{Credential: scimclient.Basic("", "hunter2")}, "user name"},
		"colon in the user name":  {scimclient.Config{Credential: scimclient.Basic("a:b", "hunter2")}, "colon"},
		"no password":             {scimclient.Config{Credential: scimclient.Basic("ann", "")}, "password: it is empty"},
		"line break":              {scimclient.Config{Credential: scimclient.Basic("ann", "hunter2\n")}, "line break"},
		"not UTF-8":               {scimclient.Config{Credential: scimclient.Basic("ann", "hunter2\xff")}, "line break"},
		"colon in the password":   {scimclient.Config{Credential: scimclient.Basic("ann", "a:b")}, ""},
		"a header":                {header("X-Api-Key", "a b,c"), ""},
		"header name with a gap":  {header("X Key", "hunter2"), `"X Key"`},
		"header name for a shell": {header("X-`id`", "hunter2"), "use a name of letters"},
		"header without a name":   {header("", "hunter2"), "use a name of letters"},
		"header without a value":  {header("X-Key", ""), "is empty"},
		"header with a gap":       {header("X-Key", "hunter2 "), "ends with a space"},
		"header with line break":  {header("X-Key", "a\r\nHost: hunter2"), "line break"},
		"header with an umlaut":   {header("X-Key", "hünter2"), "non-ASCII"},
		"header twice":            {scimclient.Config{Header: map[string]string{"X-Key": "hunter2", "x-key": "hunter2"}}, "X-Key: it is there twice"},
		"many headers":            {scimclient.Config{Header: many}, "20 at the most"},
		"large headers":           {header("X-Key", strings.Repeat("x", 9<<10)), "8192 bytes"},
	}
	for _, name := range []string{
		"authorization", "HOST", "Content-Type", "content-length", "Content-Encoding", "Connection", "Keep-Alive", "Proxy-Authenticate",
		"Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Accept", "Accept-Encoding",
		"Expect", "Range", "If-Match", "If-None-Match", "User-Agent",
	} {
		tests[name] = struct {
			config scimclient.Config
			says   string
		}{header(name, "hunter2"), "cannot be set"}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.config.Endpoint, test.config.Transport = "https://app.example", http.DefaultTransport
			_, err := scimclient.New(test.config)
			if test.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "nter2") {
				t.Errorf("error %v, want one with %q and without the secret", err, test.says)
			}
		})
	}
}

func TestSameOrigin(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"https://a.example/scim", "https://A.example:443/v2/", true},
		{"http://a.example:80", " http://a.example/x ", true},
		{"https://a.example", "http://a.example", false},
		{"https://a.example", "https://a.example:8443", false},
		{"https://a.example:8443", "http://a.example:8443", false},
		{"https://a.example", "https://b.example", false},
		{"https://a.example", "https://[::1", false},
	} {
		if got := scimclient.SameOrigin(test.a, test.b); got != test.want {
			t.Errorf("%q and %q: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}
