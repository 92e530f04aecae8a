package features_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
)

// A target on which one kind of request breaks fails one check, the one about that kind,
// and every other check that needs such requests says that this is the reason.
func TestOneCauseIsOneFailure(t *testing.T) {
	for _, c := range []struct {
		name   string
		breaks func(*http.Request) bool
		fails  string
		blocks int // at least
	}{
		{"create", func(r *http.Request) bool { return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/Users") }, "CREATE-01", 200},
		{"patch", func(r *http.Request) bool { return r.Method == "PATCH" }, "PATCH-01", 50},
		{"filter", func(r *http.Request) bool {
			return r.URL.Query().Has("filter") && !strings.HasSuffix(r.URL.Path, "/Schemas")
		}, "FILT-01", 60},
		{"search", func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/.search") }, "SRCH-01", 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := everything(t)
			report, err := conformance.Run(t.Context(), conformance.Config{
				Endpoint: target.URL(), Token: target.Token(), Features: features.FS, Write: true,
				Handler: breaking(target.Handler(), c.breaks), Settle: 5 * time.Millisecond, Tick: 2 * time.Millisecond, Timeout: patience,
			})
			if err != nil {
				t.Fatal(err)
			}
			blocked := 0
			for _, r := range report.Results {
				switch {
				case r.BlockedBy == c.fails:
					blocked++
				case r.BlockedBy != "":
					t.Errorf("%s is blocked by %s", r.ID, r.BlockedBy)
				case (r.ID == c.fails) != (r.Verdict == conformance.Fail), r.Verdict == conformance.Error:
					t.Errorf("%s %s: %s", r.Verdict, r.ID, r.Reason)
				case r.Verdict == conformance.Warn && r.ID != "LINT-08": // which counts failures of the service
					t.Errorf("%s %s: %s", r.Verdict, r.ID, r.Reason)
				}
			}
			if blocked < c.blocks {
				t.Errorf("%s blocks %d checks, want at least %d", c.fails, blocked, c.blocks)
			}
		})
	}
}

// breaking answers some requests with a failure of the service.
func breaking(next http.Handler, breaks func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !breaks(r) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500","detail":"it broke"}`))
	})
}
