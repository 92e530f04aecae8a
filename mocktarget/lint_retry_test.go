package mocktarget

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A busyServer answers creates with a status and a Retry-After, as if it had too much
// to do.
func busyServer(t *testing.T, s *Server, status int, retryAfter string) *httptest.Server {
	t.Helper()
	table := operations()
	table[kindCollection][http.MethodPost] = func(x *exchange) (*answer, error) {
		return &answer{
			status: status, body: scim.EncodeError(scim.Status(status, "wait")), header: http.Header{"Retry-After": {retryAfter}},
		}, nil
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{server: s, w: w, r: r, operations: table, began: time.Now(), acceptable: true}
		if err := x.route("", strings.TrimPrefix(r.URL.EscapedPath(), "/scim")); err != nil {
			t.Error(err)
		}
		x.serve()
	}))
	t.Cleanup(h.Close)
	return h
}

// TestLintRetryAfter: whoever is asked to wait has to wait, by the tenant's clock.
func TestLintRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		status     int
		retryAfter string
		waits      time.Duration
		method     string
		guilty     bool
	}{
		"again at once":           {429, "30", 0, "POST", true},
		"again after some time":   {429, "30", 29 * time.Second, "POST", true},
		"again in time":           {429, "30", 30 * time.Second, "POST", false},
		"again before the date":   {503, now.Add(time.Minute).Format(http.TimeFormat), 59 * time.Second, "POST", true},
		"again at the date":       {503, now.Add(time.Minute).Format(http.TimeFormat), time.Minute, "POST", false},
		"without Retry-After":     {429, "", 0, "POST", false},
		"what was under way":      {429, "30", 0, "GET", false},
		"an answer of other kind": {500, "30", 0, "POST", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := New(Config{Token: "token", Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			h := busyServer(t, s, test.status, test.retryAfter)
			send := func(method string) {
				t.Helper()
				r, err := http.NewRequest(method, h.URL+"/scim/v2/Users", strings.NewReader(fmt.Sprintf(`{"schemas":[%q],"userName":"a"}`, scim.UserSchema)))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer token")
				response, err := h.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
			}
			tenant := s.Tenant(DefaultTenant)
			send("POST")
			tenant.Clock().Advance(test.waits)
			send(test.method)
			entries := tenant.Journal()
			found := slices.ContainsFunc(entries[1].Findings, func(f Finding) bool { return f.Rule == "retry-after-ignored" })
			if found != test.guilty {
				t.Errorf("the findings are %+v", entries[1].Findings)
			}
		})
	}
}
