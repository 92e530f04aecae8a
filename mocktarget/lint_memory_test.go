package mocktarget

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestLintMemoryIsBounded: however much a tenant is asked, by however many, lint
// remembers little of it.
func TestLintMemoryIsBounded(t *testing.T) {
	const tokens, searches, patches = mostCallers + 5, recentNames + 40, recentFacts + 10
	const addMember = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"id1"}]}]}`
	config := Config{Token: "token", Auth: Auth{}}
	for i := range tokens {
		config.Auth.Tokens = append(config.Auth.Tokens, BearerToken{Value: fmt.Sprintf("token-%d", i)})
	}
	server, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	tenant := server.Tenant(DefaultTenant)
	populate(t, tenant, mostSeen+500)
	var groups []string
	for i := range searches {
		groups = append(groups, fmt.Sprintf(`{"id":"group%d","displayName":"Group %d"}`, i, i))
	}
	if err := tenant.Seed(strings.NewReader(`{"Groups":[` + strings.Join(groups, ",") + `]}`)); err != nil {
		t.Fatal(err)
	}
	ask := func(token, method, path, body string) {
		t.Helper()
		r := benchRequest(method, path, body)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Fatal(w.Body)
		}
	}
	check := func() {
		t.Helper()
		if n := len(tenant.lint.callers); n > mostCallers {
			t.Errorf("%d callers are remembered", n)
		}
		for name, m := range tenant.lint.callers {
			if len(m.recent) > recentFacts || len(m.conflicts) > recentNames || len(m.runs) > recentNames ||
				len(m.pages) > recentNames || len(m.cursors) > recentCursors || len(m.known) > mostSeen {
				t.Errorf("of %s are remembered %d exchanges, %d conflicts, %d runs, %d searches, %d cursors, %d resources",
					name, len(m.recent), len(m.conflicts), len(m.runs), len(m.pages), len(m.cursors), len(m.known))
			}
		}
	}
	for start := 1; start < mostSeen+500; start += 1000 {
		ask("token", "GET", fmt.Sprintf("/Users?count=1000&startIndex=%d", start), "")
		check()
	}
	for i := range searches {
		ask("token", "GET", fmt.Sprintf("/Users?count=1&cursor=&filter=title%%20ne%%20%%22%d%%22", i), "")
		ask("token", "POST", "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"user%d@example.com"}`, i))
		ask("token", "PATCH", fmt.Sprintf("/Groups/everybody?n=%d", i), addMember)
		check()
	}
	for i := range searches {
		ask("token", "PATCH", fmt.Sprintf("/Groups/group%d", i), addMember)
		check()
	}
	for i := range patches {
		ask("token", "DELETE", fmt.Sprintf("/Users/id%d", i), "")
		check()
	}
	for i := range tokens {
		ask(fmt.Sprintf("token-%d", i), "GET", "/Users?count=1", "")
		check()
	}
}
