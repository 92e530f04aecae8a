package mocktarget_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/fault"
)

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
		"again before the date":   {503, "+1m", 59 * time.Second, "POST", true},
		"again at the date":       {503, "+1m", time.Minute, "POST", false},
		"without Retry-After":     {429, "", 0, "POST", false},
		"what was under way":      {429, "30", 0, "GET", false},
		"an answer of other kind": {500, "30", 0, "POST", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t, fault.Rule{Kind: fault.Status, Status: test.status, RetryAfter: test.retryAfter, Method: http.MethodPost})
			c.tenant().Clock().Freeze()
			c.tenant().Clock().Set(now)
			c.do("POST", "/Users", user("a")).want(test.status)
			c.tenant().Clock().Advance(test.waits)
			c.do(test.method, "/Users", map[string]string{"POST": user("a")}[test.method])
			entries := c.tenant().Journal()
			found := slices.ContainsFunc(entries[1].Findings, func(f mocktarget.Finding) bool { return f.Rule == "retry-after-ignored" })
			if found != test.guilty {
				t.Errorf("the findings are %+v", entries[1].Findings)
			}
		})
	}
}

// TestLintLostAnswer: a client that has not seen an answer may repeat the request, and
// is not blamed for what the answer would have told.
func TestLintLostAnswer(t *testing.T) {
	const accept = "Accept: application/scim+json"
	for _, kind := range []fault.Kind{fault.Drop, fault.Truncate} {
		c := faulty(t, fault.Rule{Kind: kind, Applied: true})
		if _, err := c.try("POST", "/Users", user("a"), accept); err == nil {
			t.Fatal("an answer that was to be lost has arrived")
		}
		c.do("POST", "/Users", user("a"), accept).want(409)
		for _, e := range c.tenant().Journal() {
			if len(e.Findings) > 0 {
				t.Errorf("%s: exchange %d has the findings %+v", kind, e.Seq, e.Findings)
			}
		}
	}
}
