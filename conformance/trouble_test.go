package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/steps"
)

const reading = `
  Rule: What is there can be read
    @READ-90 @must
    Scenario: A list
      When the client sends GET /Users?count=1
      Then the answer has status 200
    @READ-91 @must
    Scenario: The same list
      When the client sends GET /Users?count=1
      Then the answer has status 200
    @READ-92 @must
    Scenario: And again
      When the client sends GET /Users?count=1
      Then the answer has status 200
    @READ-93 @must
    Scenario: Once more
      When the client sends GET /Users?count=1
      Then the answer has status 200
    @READ-94 @must
    Scenario: The last time
      When the client sends GET /Users?count=1
      Then the answer has status 200
`

// turning serves a SCIM service until the checks begin, and from then on something
// else.
func turning(t *testing.T, other http.HandlerFunc) conformance.Config {
	var turned atomic.Bool
	c := config(server(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if turned.Load() {
				other(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}), reading)
	c.Timeout, c.Write = 2*time.Second, false
	seen := 0
	c.Transport = counting{func() {
		if seen++; seen == 4 { // Users, and three documents of discovery
			turned.Store(true)
		}
	}}
	return c
}

type counting struct{ after func() }

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	defer c.after()
	return http.DefaultTransport.RoundTrip(r)
}

// A target that stops taking part ends the run, and the rest of it is skipped.
func TestTargetThatStopsTakingPart(t *testing.T) {
	for says, c := range map[string]struct {
		other http.HandlerFunc
		made  int // checks that came to an end of their own
	}{
		"no answer within 2s":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 3},
		"has not answered 3":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3},
		"6 requests in a row":    {tooMany("0"), 2},
		"left alone for 24h0m0s": {tooMany("86400"), 1},
		"":                       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 5},
	} {
		t.Run(strings.ReplaceAll(says, " ", "_"), func(t *testing.T) {
			report, err := conformance.Run(t.Context(), turning(t, c.other))
			var target *conformance.TargetError
			if says == "" {
				if err != nil || conformance.ExitCode(report, err) != conformance.ExitNotGood || report.Count(conformance.Fail) != 5 {
					t.Errorf("error %v, report %+v", err, report)
				}
				return
			}
			if !errors.As(err, &target) || conformance.ExitCode(report, err) != conformance.ExitCouldNotRun || !strings.Contains(err.Error(), says) {
				t.Errorf("exit %d, error %v, want it to say %q", conformance.ExitCode(report, err), err, says)
			}
			if !strings.Contains(report.BrokeOff, says) || report.Conclusion() == conformance.Conformant {
				t.Errorf("the report says that it is %s and broke off since %q", report.Conclusion(), report.BrokeOff)
			}
			if skipped := report.Count(conformance.Skip); skipped != 5-c.made {
				t.Errorf("%d checks were skipped, want %d: %+v", skipped, 5-c.made, report.Results)
			}
		})
	}
}

func tooMany(retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

func TestRunThatTakesTooLong(t *testing.T) {
	c := config(server(t, nil), strings.ReplaceAll(good+bad, "@must", "@should")) // of which nothing binds
	c.Limit = time.Nanosecond
	report, err := conformance.Run(t.Context(), c)
	var limit *conformance.LimitError
	if !errors.As(err, &limit) || conformance.ExitCode(report, err) != conformance.ExitCouldNotRun || report.Count(conformance.Skip) != 2 || report.Conclusion() != conformance.Partial {
		t.Errorf("exit %d, error %v, report %+v", conformance.ExitCode(report, err), err, report)
	}
}

// The ledger of a run that left nothing is gone; that of one which did says what, and
// a cleanup finishes the job as soon as the target lets it.
func TestLedger(t *testing.T) {
	var forbidden atomic.Bool
	forbidden.Store(true)
	endpoint := server(t, answering(403, "application/scim+json", "{}", func(r *http.Request) bool {
		return r.Method == http.MethodDelete && forbidden.Load()
	}))
	c := config(endpoint, good)
	c.Ledger = filepath.Join(t.TempDir(), "run.ledger")
	report, err := conformance.Run(t.Context(), c)
	if err != nil || conformance.ExitCode(report, err) != conformance.ExitLeaked || report.Ledger != c.Ledger {
		t.Fatalf("exit %d, error %v, ledger %q", conformance.ExitCode(report, err), err, report.Ledger)
	}
	if _, err := conformance.Run(t.Context(), c); conformance.ExitCode(nil, err) != conformance.ExitUsage || !strings.Contains(err.Error(), "already") {
		t.Errorf("the ledger of another run was no obstacle: %v", err)
	}
	clean := conformance.CleanupConfig{Ledger: c.Ledger, Token: token, Settle: 50 * time.Millisecond}
	cleaned, err := conformance.Cleanup(t.Context(), clean)
	if err != nil || cleaned.Open != 1 || len(cleaned.Leaks) != 1 || cleaned.Endpoint != endpoint {
		t.Errorf("while deletes are forbidden: %+v, %v", cleaned, err)
	}
	wrong := clean
	wrong.Token = "wrong"
	if _, err := conformance.Cleanup(t.Context(), wrong); conformance.ExitCode(nil, err) != conformance.ExitCouldNotRun {
		t.Errorf("with a wrong token: %v", err)
	}
	forbidden.Store(false)
	cleaned, err = conformance.Cleanup(t.Context(), clean)
	if err != nil || len(cleaned.Leaks) != 0 || users(t, endpoint) != 0 {
		t.Errorf("at last: %+v, %v, %d users", cleaned, err, users(t, endpoint))
	}
	if _, err := os.Stat(c.Ledger); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the ledger is still there: %v", err)
	}
	if _, err := conformance.Cleanup(t.Context(), clean); conformance.ExitCode(nil, err) != conformance.ExitUsage {
		t.Errorf("without a ledger: %v", err)
	}
	if report, err = conformance.Run(t.Context(), c); err != nil || !report.Good() {
		t.Errorf("a run that leaves nothing: %v", err)
	}
	if _, err := os.Stat(c.Ledger); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its ledger is still there: %v", err)
	}
}

// users returns how many users a target has.
func users(t *testing.T, endpoint string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/Users", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var list struct{ TotalResults int }
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list.TotalResults
}

// A panic in the middle of a scenario is its end and not that of the run, and what was
// made is removed.
func TestPanicCleansUp(t *testing.T) {
	c := config(server(t, nil), `
  @write
  Rule: r
    @MADE-60 @must
    Scenario: The provisioner has a bug
      Given the app already has an account for barbara
      When carla is added to the directory
    @MADE-61 @must
    Scenario: Life goes on
      Given the app already has an account for barbara
      Then the app has exactly one account for barbara
`)
	held := 0
	c.Provisioner = func(context.Context) (steps.Provisioner, error) {
		held = users(t, c.Endpoint)
		panic("nobody has thought of this")
	}
	report, err := conformance.Run(t.Context(), c)
	if err != nil || held != 1 || users(t, c.Endpoint) != 0 || len(report.Leaks) > 0 {
		t.Errorf("error %v, %d users before and %d after, leaks %v", err, held, users(t, c.Endpoint), report.Leaks)
	}
	if a, b := report.Results[0], report.Results[1]; a.Verdict != conformance.Error || !strings.Contains(a.Reason, "nobody has thought of this") || b.Verdict != conformance.Pass {
		t.Errorf("results %s %q, %s", a.Verdict, a.Reason, b.Verdict)
	}
	if code := conformance.ExitCode(report, err); code != conformance.ExitNotGood {
		t.Errorf("exit %d", code)
	}
}
