package control_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
)

// TestPageWantsTheToken gives the control token as a person with a browser does.
func TestPageWantsTheToken(t *testing.T) {
	mock, err := mocktarget.New(mocktarget.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	control.New(ctx, mock, control.Config{Access: control.Access{Token: "let me in"}}).Mount()
	server := httptest.NewServer(mock)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(method, path, body, origin string) (status int, text string) {
		t.Helper()
		r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		response, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(data)
	}
	form := func(token string) string { return url.Values{"token": {token}}.Encode() }
	want := func(what string, status, wanted int, text, shows string) {
		t.Helper()
		if status != wanted || !strings.Contains(text, shows) {
			t.Errorf("%s answers %d, want %d with %q: %s", what, status, wanted, shows, text)
		}
	}
	status, text := ask("GET", "/_mock/", "", "")
	want("the page without a token", status, 401, text, "Control token")
	status, text = ask("GET", "/_mock/default/timeline", "", "")
	want("a view without a token", status, 401, text, "control token")
	status, text = ask("POST", "/_mock/login", form("guess"), "")
	want("a wrong token", status, 401, text, "not the control token")
	status, text = ask("POST", "/_mock/login", form("let me in"), "http://elsewhere.example")
	want("the token from another origin's page", status, 401, text, "Control token")
	status, text = ask("POST", "/_mock/login", form("let me in"), server.URL)
	want("the token", status, 200, text, "Timeline")
	for _, c := range jar.Cookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(server.URL, "http://"), Path: "/_mock/"}) {
		if strings.Contains(c.Value, "let me in") {
			t.Errorf("the cookie holds the token: %s", c.Value)
		}
	}
	status, text = ask("GET", "/_mock/api/v1/tenants", "", "")
	want("the API for a known browser", status, 200, text, "default")
	status, text = ask("POST", "/_mock/api/v1/tenants/default/reset", "", "http://elsewhere.example")
	want("a change from another origin's page", status, 401, text, "control token")
}
