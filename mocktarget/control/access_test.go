package control_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/control"
)

func TestAccessWithoutToken(t *testing.T) {
	mock, api := serve(t, control.Config{Access: control.Access{Hosts: []string{"build.example"}}})
	for _, host := range []string{"localhost:8080", "LOCALHOST", "app.localhost:1", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "build.example:8080"} {
		ask(t, "GET", api+"/tenants", "", "Host: "+host).want(t, 200)
	}
	for _, host := range []string{"evil.example", "evil.example:8080", "10.0.0.1:8080", "localhost.evil.example", "127.0.0.1.evil.example"} {
		ask(t, "GET", api+"/tenants", "", "Host: "+host).wantProblem(t, 403, host, "localhost")
	}
	own := strings.TrimSuffix(api, control.Path)
	ask(t, "POST", api+"/tenants/default/reset", "", "Origin: "+own).want(t, 204)
	ask(t, "POST", api+"/tenants/default/reset", "", "Sec-Fetch-Site: same-origin").want(t, 204)
	for _, header := range []string{"Origin: https://evil.example", "Origin: http://127.0.0.1:1", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
		ask(t, "POST", api+"/tenants/default/reset", "", header).wantProblem(t, 403, "another origin")
		ask(t, "DELETE", api+"/tenants/default/journal", "", header).wantProblem(t, 403, "another origin")
	}

	// Over another address than loopback.
	for at, want := range map[string]int{"192.0.2.1": 403, "::1": 200, "127.0.0.1": 200, "::ffff:127.0.0.1": 200, "0.0.0.0": 403} {
		r := httptest.NewRequest("GET", "http://localhost"+control.Path+"/tenants", nil)
		local := &net.TCPAddr{IP: net.ParseIP(at), Port: 80}
		w := httptest.NewRecorder()
		mock.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local)))
		equal(t, "status at "+at, w.Code, want)
	}
}

func TestAccessWithToken(t *testing.T) {
	_, api := serve(t, control.Config{Access: control.Access{Token: "control-token"}})
	for _, authorization := range []string{"", "Bearer", "Bearer wrong", "Basic control-token", "Bearer scim-token", "Bearer control-token2"} {
		r := ask(t, "GET", api+"/tenants", "", "Authorization: "+authorization)
		r.wantProblem(t, 401, "control token")
		if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("WWW-Authenticate is %q", r.header.Get("WWW-Authenticate"))
		}
	}
	// Whoever has the token may come from anywhere.
	ask(t, "POST", api+"/tenants/default/reset", "", "Authorization: bearer control-token", "Host: mock.example", "Origin: https://tool.example").want(t, 204)
	ask(t, "GET", api+"/openapi.json", "").want(t, 200)
	ask(t, "GET", strings.TrimSuffix(api, control.Path)+"/healthz", "").want(t, 200, "ok")

	_, err := control.Dial(t.Context(), api, control.DialConfig{ControlToken: "wrong"})
	status(t, err, 401, "control token")
	remote, err := control.Dial(t.Context(), api, control.DialConfig{ControlToken: "control-token"})
	check(t, err)
	check(t, remote.Reset(t.Context()))
}
