package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/admin"
)

// TestCredentials: each kind of credential can be saved, with headers, and nothing that
// is secret about it comes back.
func TestCredentials(t *testing.T) {
	address, client := newServer(t)
	const path = "/api/v1/apps/wiki"
	put := func(body string) string {
		t.Helper()
		resp, text := call(t, http.MethodPut, address+path, apiKey, `{"endpoint": "https://wiki.example/scim", `+body+`}`)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", body, resp.StatusCode, text)
		}
		return text
	}
	for _, test := range []struct{ body, shows string }{ // all of it from "auth" to "groups"
		{`"token": "tkn-1", "headers": {"X-Key": "tkn-2", "A-Key": "tkn-3"}`, `"auth":"bearer","headers":["A-Key","X-Key"],"groups"`},
		{`"groups": "off"`, `"auth":"bearer","headers":["A-Key","X-Key"],"groups"`},
		{`"basic": {"username": "ann", "password": "tkn-4"}`, `"auth":"basic","username":"ann","headers":["A-Key","X-Key"],"groups"`},
		{`"oauth": {"tokenUrl": "https://login.example/t", "clientId": "me", "clientSecret": "tkn-5", "scopes": ["scim"], "clientAuth": "post"}, "headers": {}`,
			`"auth":"oauth","oauth":{"tokenUrl":"https://login.example/t","clientId":"me","scopes":["scim"],"clientAuth":"post"},"groups"`},
		{`"groups": "auto"`, `"auth":"oauth","oauth":{"tokenUrl":`},
	} {
		put(test.body)
		for _, read := range []string{path, "/api/v1/apps", "/api/v1/status"} {
			_, text := call(t, http.MethodGet, address+read, apiKey, "")
			if strings.Contains(text, "tkn-") || !strings.Contains(text, test.shows) && read != "/api/v1/status" {
				t.Errorf("after %s GET %s answers %s, want %s", test.body, read, text, test.shows)
			}
		}
	}
	for body, says := range map[string]string{
		`{"endpoint": "https://wiki.example/scim", "token": "tkn-1", "basic": {"username": "a", "password": "tkn-2"}}`:                                            "several credentials",
		`{"endpoint": "https://wiki.example/scim", "basic": {"username": "a:b", "password": "tkn-2"}}`:                                                            "colon",
		`{"endpoint": "https://wiki.example/scim", "basic": {"password": "tkn-2"}}`:                                                                               "username",
		`{"endpoint": "https://wiki.example/scim", "oauth": {"tokenUrl": "https://login.example/t", "clientId": "me"}}`:                                           "no id or no secret",
		`{"endpoint": "https://wiki.example/scim", "oauth": {"tokenUrl": "https://login.example/t", "clientId": "me", "clientSecret": "tkn", "clientAuth": "x"}}`: "clientAuth",
		`{"endpoint": "https://wiki.example/scim", "headers": {"Authorization": "tkn-1"}}`:                                                                        "cannot be set",
		`{"endpoint": "https://elsewhere.example/scim"}`:                                                                                                          "on the same server",
	} {
		resp, text := call(t, http.MethodPut, address+path, apiKey, body)
		if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, says) || strings.Contains(text, "tkn") {
			t.Errorf("%s: %d %s, want a 422 with %q and without a secret", body, resp.StatusCode, text, says)
		}
	}
	// The Go client tells headers that are left out from none.
	in := admin.AppInput{Endpoint: "https://wiki.example/scim", Token: "tkn-6", Headers: map[string]string{"X-Key": "tkn-7"}}
	for _, test := range []struct {
		change func()
		left   int
	}{{func() {}, 1}, {func() { in.Headers = nil }, 1}, {func() { in.Headers = map[string]string{} }, 0}} {
		test.change()
		if app, err := client.PutApp(t.Context(), "wiki", in); err != nil || len(app.Headers) != test.left {
			t.Errorf("headers %v leave %+v, %v; want %d", in.Headers, app, err, test.left)
		}
	}
}
