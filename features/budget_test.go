package features_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// What a run may send to a service, where a person who looks after it watches: at five
// requests in a second, as is usual, a hundred are twenty seconds.
const (
	mostOfRun   = 2070
	mostOfCheck = 16
)

// costly are the checks that may send more.
var costly = map[string]struct {
	most int
	why  string
}{
	"GROUP-25":  {95, "adds forty members, which have to be made and removed"},
	"CREATE-08": {72, "sends a create for each attribute: a refusal of several mistakes proves that one of them is noticed"},
}

// A run sends no more than it needs: not more than a service is to be burdened with, and
// no check more than others without a reason. The users of this mock have an attribute of
// every kind, so that elsewhere it is less.
func TestRunKeepsToItsBudget(t *testing.T) {
	report := judge(t, everything(t), 2*time.Millisecond)
	if report.Requests > mostOfRun {
		t.Errorf("the run has sent %d requests, and may %d", report.Requests, mostOfRun)
	}
	for _, r := range report.Results {
		most := mostOfCheck
		c, named := costly[r.ID]
		if named {
			most = c.most
		}
		if r.Requests > most {
			t.Errorf("%s has sent %d requests, and may %d", r.ID, r.Requests, most)
		}
		if named && r.Requests <= mostOfCheck {
			t.Errorf("%s has sent %d requests, and is no exception (%s)", r.ID, r.Requests, c.why)
		}
	}
}

// A service that does not delete is left with few of what a run makes, and the report
// says that deleting is the reason.
func TestLittleIsMadeThatCannotBeRemoved(t *testing.T) {
	for collection, reason := range map[string]string{"/Users/": "DEL-01", "/Groups/": "DEL-09"} {
		t.Run(reason, func(t *testing.T) {
			target := mocktargettest.New(t, mocktargettest.WithJournalTail(0))
			service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodDelete && strings.Contains(r.URL.Path, collection) {
					w.Header().Set("Content-Type", "application/scim+json")
					w.WriteHeader(http.StatusNotImplemented)
					_, _ = w.Write([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"501"}`))
					return
				}
				target.Handler().ServeHTTP(w, r)
			})
			report, err := conformance.Run(t.Context(), conformance.Config{
				Handler: service, Endpoint: "/scim/v2", Token: target.Token(),
				Features: features.FS, Write: true, Settle: 20 * time.Millisecond, Tick: 2 * time.Millisecond, Timeout: patience,
			})
			left := len(target.Users()) + len(target.Groups())
			if err != nil || conformance.ExitCode(report, err) != conformance.ExitLeaked || len(report.Leaks) != left || left < 3 || left > 10 {
				t.Errorf("error %v, exit %d, %d resources are left, leaks %v", err, conformance.ExitCode(report, err), left, report.Leaks)
			}
			blocked := 0
			for _, r := range report.Results {
				switch {
				case r.ID == reason && r.Verdict != conformance.Fail:
					t.Errorf("%s ended %s: %s", r.ID, r.Verdict, r.Reason)
				case strings.Contains(r.Reason, "could not be removed, so that it makes no more"):
					blocked++
					if r.Verdict != conformance.Skip || r.BlockedBy != reason {
						t.Errorf("%s ended %s, blocked by %q: %s", r.ID, r.Verdict, r.BlockedBy, r.Reason)
					}
				}
			}
			if blocked < 50 {
				t.Errorf("%d checks were left out for what is left behind", blocked)
			}
		})
	}
}
