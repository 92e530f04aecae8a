package conformance_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
)

const token = "f00dcafe-not-to-be-told"

// server serves a SCIM service that we did not write. wrap, if not nil, may answer
// in its place.
func server(t *testing.T, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	scim, err := mocktarget.New(elimityserver.Configure(mocktarget.Config{Token: token}))
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = scim
	if wrap != nil {
		handler = wrap(handler)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL + "/scim/v2"
}

// answering answers requests for which match returns true with a status and body.
func answering(status int, contentType, body string, match func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !match(r) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", contentType)
			if status >= 300 && status < 400 {
				w.Header().Set("Location", "https://login.example.com/?next=secret")
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
}

func all(*http.Request) bool { return true }

func about(collection string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/"+collection) }
}

// scenarios is a feature file that needs no provisioner.
func scenarios(text string) fs.FS {
	return fstest.MapFS{"area/f.feature": {Data: []byte("Feature: accounts\n" + text)}}
}

const (
	good = `
  @write
  Rule: What was made is there
    @MADE-01 @must
    Scenario: An account is found again
      Given the app already has an account for barbara
      Then the app has exactly one account for barbara
      And barbara's account is active
`
	bad = `
    @MADE-02 @must
    Scenario: An account has a name that nobody gave it
      Given the app already has an account for barbara
      Then barbara's account has "displayName" "Queen Victoria"
`
	grouped = `
    @MADE-03 @may @needs-groups
    Scenario: A group is found again
      Given the app already has a group engineers with the member barbara
      Then in the app the group engineers has exactly the member barbara
`
	unjudged = `
    @MADE-04 @must
    Scenario: A sentence nobody knows
      Given barbara sings
`
	// The rest is of the protocol.
	broken = `
    @ROOT-01 @must
    Scenario: Users are of another planet
      Given a user barbara
      When the client reads barbara
      Then the answer has "planet" "Mars"
`
	blocked = `
    @MADE-06 @must @after-ROOT-01
    Scenario: Users are of another planet's moon
      Given a user barbara
      Then barbara has "moon" "Phobos"
    @MADE-07 @must @after-MADE-06
    Scenario: Users are of a crater of that moon
      Given a user barbara
      Then barbara has "crater" "Stickney"
`
	soft = `
    @MADE-08 @must
    Scenario: What is better is a remark
      Given a user barbara
      Then barbara has "userName" "{barbara}"
      And ideally barbara has "planet" "Mars"
    @MADE-09 @should
    Scenario: What should be is a warning
      Given a user barbara
      Then barbara has "planet" "Mars"
    @MADE-10 @may
    Scenario: What may be is a piece of information
      Given a user barbara
      Then barbara has "planet" "Mars"
    @MADE-11 @must
    Scenario: What was refused is judged as refused
      When the client creates a user barbara with:
        """
        {"userName": "{run}barbara", "emails": "none"}
        """
      Then if it is accepted, barbara has "planet" "Mars"
      And if it is refused, the answer is a SCIM error with status 400 or 418
    @MADE-12 @must
    Scenario: What the target does not have is left out
      Given a user barbara with:
        """
        {"planet": "Mars"}
        """
      Then barbara has "planet" "Mars"
    @MADE-13 @must
    Scenario: What could not be made is no verdict
      Given a user barbara with:
        """
        {"emails": "none"}
        """
      Then barbara has "planet" "Mars"
`
	empty = `
    @MADE-05 @must
    Scenario: Nothing at all
`
)

func config(endpoint, text string) conformance.Config {
	return conformance.Config{
		Endpoint: endpoint, Token: token, Features: scenarios(text), Select: conformance.Selection{Tags: "~@lint"}, Write: true, Settle: 50 * time.Millisecond,
		Now: func() time.Time { return time.Unix(1700000000, 0) },
	}
}

func TestRunReportsEachCheck(t *testing.T) {
	c := config(server(t, nil)+"/", good+bad+grouped+unjudged+empty)
	var planned, live []string
	c.OnPlan = func(checks []conformance.Check) {
		for _, check := range checks {
			planned = append(planned, check.ID)
		}
	}
	c.OnResult = func(r conformance.Result) { live = append(live, r.ID) }
	report, err := conformance.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		id      string
		level   conformance.Level
		verdict conformance.Verdict
		reason  string
	}{
		{"MADE-01", conformance.Must, conformance.Pass, ""},
		{"MADE-02", conformance.Must, conformance.Fail, "Queen Victoria"},
		{"MADE-03", conformance.May, conformance.Pass, ""},
		{"MADE-04", conformance.Must, conformance.Error, "barbara sings"},
		{"MADE-05", conformance.Must, conformance.Error, "no steps"},
	}
	if len(report.Results) != len(want) {
		t.Fatalf("%d results, want %d", len(report.Results), len(want))
	}
	for i, w := range want {
		r := report.Results[i]
		if r.ID != w.id || r.Area != "MADE" || r.Level != w.level || r.Verdict != w.verdict || !strings.Contains(r.Reason, w.reason) || (r.Reason == "") != (w.reason == "") {
			t.Errorf("result %d is %s %s %s %q, want %+v", i, r.ID, r.Level, r.Verdict, r.Reason, w)
		}
	}
	if r := report.Results[0]; r.Title != "An account is found again" || r.Rule != "What was made is there" || r.Feature != "accounts" || r.File != "area/f.feature" || r.Line == 0 {
		t.Errorf("the first check is %+v", r.Check)
	}
	order := "MADE-01 MADE-02 MADE-03 MADE-04 MADE-05"
	if got := strings.Join(planned, " "); got != order {
		t.Errorf("planned %s, want %s", got, order)
	}
	if got := strings.Join(live, " "); got != order {
		t.Errorf("results came as %s, want %s", got, order)
	}
	if conformance.ExitCode(report, err) != conformance.ExitNotGood || len(report.Leaks) > 0 {
		t.Errorf("exit %d, leaks %v", conformance.ExitCode(report, err), report.Leaks)
	}
}

// Each level has its verdict, and a failure whose reason is another check says so,
// whichever of the two comes first.
func TestVerdicts(t *testing.T) {
	want := map[string]struct {
		verdict conformance.Verdict
		says    string
	}{
		"MADE-06": {conformance.Skip, "blocked by ROOT-01: barbara has nothing at moon"},
		"MADE-07": {conformance.Skip, "blocked by ROOT-01: barbara has nothing at crater"},
		"MADE-08": {conformance.Warn, "planet"},
		"MADE-09": {conformance.Warn, "planet"},
		"MADE-10": {conformance.Info, "planet"},
		"MADE-11": {conformance.Pass, ""},
		"MADE-12": {conformance.Skip, `not advertised: the target's schema of Users has no "planet"`},
		"MADE-13": {conformance.Error, "needs barbara to be made first"},
		"ROOT-01": {conformance.Fail, "planet"},
	}
	report, err := conformance.Run(t.Context(), config(server(t, nil), "  @write\n  Rule: r\n"+blocked+soft+broken))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != len(want) || len(report.Leaks) > 0 {
		t.Errorf("%d results, want %d; leaks %v", len(report.Results), len(want), report.Leaks)
	}
	for _, r := range report.Results {
		if w := want[r.ID]; r.Verdict != w.verdict || !strings.Contains(r.Reason, w.says) || (r.Reason == "") != (w.says == "") {
			t.Errorf("%s ended %s %q, want %s %q", r.ID, r.Verdict, r.Reason, w.verdict, w.says)
		}
		if blocked := r.ID == "MADE-06" || r.ID == "MADE-07"; (r.BlockedBy == "ROOT-01") != blocked {
			t.Errorf("%s is blocked by %q", r.ID, r.BlockedBy)
		}
		if len(r.Exchanges) == 0 && r.ID != "MADE-12" {
			t.Errorf("%s has no exchanges", r.ID)
		}
	}
}

func TestExitCodes(t *testing.T) {
	unreachable := httptest.NewServer(http.NotFoundHandler())
	unreachable.Close()
	hangs := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}
	resets := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	}
	huge := answering(200, "application/scim+json", `{"x":"`+strings.Repeat("x", 10<<20)+`"}`, all)
	for name, c := range map[string]struct {
		config func() conformance.Config
		code   int
		says   string
	}{
		"good":     {func() conformance.Config { return config(server(t, nil), good) }, conformance.ExitGood, ""},
		"bad":      {func() conformance.Config { return config(server(t, nil), good+bad) }, conformance.ExitNotGood, ""},
		"unjudged": {func() conformance.Config { return config(server(t, nil), good+unjudged) }, conformance.ExitNotGood, ""},
		"nothing selected": {func() conformance.Config {
			c := config(server(t, nil), good)
			c.Select.Tags = "@NONE-01"
			return c
		}, conformance.ExitUsage, "no scenario matches"},
		"read-only": {func() conformance.Config {
			c := config("http://127.0.0.1:1/", good)
			c.Write = false
			return c
		}, conformance.ExitUsage, "read-only"},
		"all skipped": {func() conformance.Config {
			return config(server(t, answering(404, "application/scim+json", "{}", about("Groups"))), "  @write\n  Rule: r\n"+grouped)
		}, conformance.ExitUsage, "GET /Groups answered 404"},
		"bad tags":     {func() conformance.Config { c := config(server(t, nil), good); c.Select.Tags = "@a &&"; return c }, conformance.ExitUsage, "tag expression"},
		"bad feature":  {func() conformance.Config { return config(server(t, nil), good+"    garbage after a step\n") }, conformance.ExitUsage, "feature files"},
		"no scenarios": {func() conformance.Config { c := config(server(t, nil), ""); c.Select.Tags = ""; return c }, conformance.ExitUsage, "hold no scenario"},
		"no features":  {func() conformance.Config { c := config(server(t, nil), good); c.Features = nil; return c }, conformance.ExitUsage, "Features"},
		"no scheme":    {func() conformance.Config { return config("app.example.com/scim", good) }, conformance.ExitUsage, "not an absolute"},
		"bad run":      {func() conformance.Config { c := config(server(t, nil), good); c.Run = "x"; return c }, conformance.ExitUsage, "eight letters"},
		"unreachable":  {func() conformance.Config { return config(unreachable.URL, good) }, conformance.ExitCouldNotRun, "cannot be reached"},
		"hangs": {func() conformance.Config {
			c := config(server(t, hangs), good)
			c.Timeout = 100 * time.Millisecond
			return c
		}, conformance.ExitCouldNotRun, "cannot be reached"},
		"resets":      {func() conformance.Config { return config(server(t, resets), good) }, conformance.ExitCouldNotRun, "cannot be reached"},
		"huge":        {func() conformance.Config { return config(server(t, huge), good) }, conformance.ExitCouldNotRun, "longer than"},
		"wrong token": {func() conformance.Config { c := config(server(t, nil), good); c.Token = "x"; return c }, conformance.ExitCouldNotRun, "token is refused"},
		"no token":    {func() conformance.Config { c := config(server(t, nil), good); c.Token = ""; return c }, conformance.ExitCouldNotRun, "none was given"},
		"wrong path":  {func() conformance.Config { return config(server(t, answering(404, "text/plain", "", all)), good) }, conformance.ExitCouldNotRun, "check the path"},
		"web page": {func() conformance.Config {
			return config(server(t, answering(200, "text/html", "<!doctype html><title>Hi</title>", all)), good)
		}, conformance.ExitCouldNotRun, "web page"},
		"no JSON":   {func() conformance.Config { return config(server(t, answering(200, "text/plain", "OK", all)), good) }, conformance.ExitCouldNotRun, "no SCIM service"},
		"redirect":  {func() conformance.Config { return config(server(t, answering(302, "text/html", "", all)), good) }, conformance.ExitCouldNotRun, "a redirect to https://login.example.com/, "},
		"500":       {func() conformance.Config { return config(server(t, answering(500, "text/html", "", all)), good) }, conformance.ExitCouldNotRun, "answered 500"},
		"wrong TLS": {func() conformance.Config { return config(tlsServer(t), good) }, conformance.ExitCouldNotRun, "certificate"},
		"leak": {func() conformance.Config {
			noDelete := func(r *http.Request) bool { return r.Method == http.MethodDelete }
			return config(server(t, answering(405, "application/scim+json", "{}", noDelete)), good)
		}, conformance.ExitLeaked, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			report, err := conformance.Run(t.Context(), c.config())
			if code := conformance.ExitCode(report, err); code != c.code {
				t.Errorf("exit %d, want %d (%v)", code, c.code, err)
			}
			if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want it to say %q", err, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("the error tells secrets: %v", err)
			}
		})
	}
}

func tlsServer(t *testing.T) string {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.Close)
	return s.URL
}

func TestSkippedChecksSayWhy(t *testing.T) {
	noGroups := answering(501, "application/scim+json", "{}", about("Groups"))
	report, err := conformance.Run(t.Context(), config(server(t, noGroups), good+grouped))
	if err != nil {
		t.Fatal(err)
	}
	if r := report.Results[1]; r.Verdict != conformance.Skip || !strings.Contains(r.Reason, "GET /Groups answered 501") {
		t.Errorf("the check that needs groups ended %s %q", r.Verdict, r.Reason)
	}
	if conformance.ExitCode(report, err) != conformance.ExitGood {
		t.Error("a skipped check makes the run bad")
	}
}

// A target that answers a create with somebody else fails the check, and nobody else
// is touched.
func TestCreateThatAnswersWithSomebodyElse(t *testing.T) {
	touched := false
	endpoint := server(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			touched = touched || strings.HasSuffix(r.URL.Path, "/ceo") && r.Method != http.MethodGet
			if r.Method == http.MethodPost {
				next = answering(201, "application/scim+json", `{"id":"ceo","userName":"ceo"}`, all)(next)
			}
			next.ServeHTTP(w, r)
		})
	})
	report, err := conformance.Run(t.Context(), config(endpoint, `
  @write
  Rule: r
    @MADE-22 @must
    Scenario: A user is changed
      When the client creates a user barbara
      And the client replaces barbara with:
        """
        {"title": "Guide"}
        """
      Then the answer has status 200
`))
	if err != nil || touched {
		t.Errorf("error %v, touched %t", err, touched)
	}
	if r := report.Results[0]; r.Verdict != conformance.Fail || !strings.Contains(r.Reason, "was not made") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

func TestReadOnlyRunDoesNotTouchTheTarget(t *testing.T) {
	touched := false
	c := config(server(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			touched = touched || r.Method != http.MethodGet
			next.ServeHTTP(w, r)
		})
	}), good)
	c.Write = false
	report, err := conformance.Run(t.Context(), c)
	var nothing *conformance.NothingError
	if !errors.As(err, &nothing) || touched || report == nil || report.Count(conformance.Skip) != 1 {
		t.Errorf("touched %t, error %v, report %+v", touched, err, report)
	}
}

func TestInterruptedRunReportsAndCleansUp(t *testing.T) {
	deleted := 0
	endpoint := server(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				deleted++
			}
			next.ServeHTTP(w, r)
		})
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := config(endpoint, good+bad+grouped)
	c.OnResult = func(r conformance.Result) {
		if r.ID == "MADE-01" {
			cancel()
		}
	}
	report, err := conformance.Run(ctx, c)
	if code := conformance.ExitCode(report, err); code != conformance.ExitInterrupted || !errors.Is(err, context.Canceled) {
		t.Errorf("exit %d, error %v", code, err)
	}
	if report.Count(conformance.Pass) != 1 || report.Count(conformance.Skip) != 2 || deleted != 1 || len(report.Leaks) > 0 {
		t.Errorf("%d passed, %d skipped, %d deleted, leaks %v", report.Count(conformance.Pass), report.Count(conformance.Skip), deleted, report.Leaks)
	}

	// Before the first check there is nothing to report.
	if report, err := conformance.Run(ctx, config(endpoint, good)); conformance.ExitCode(report, err) != conformance.ExitInterrupted {
		t.Errorf("a run that starts interrupted ends with %v", err)
	}
}

func TestTwoRunsAtOnce(t *testing.T) {
	endpoint := server(t, nil)
	for range 2 {
		t.Run("run", func(t *testing.T) {
			t.Parallel()
			report, err := conformance.Run(t.Context(), config(endpoint, good+grouped))
			if err != nil || !report.Good() {
				t.Errorf("error %v, results %+v", err, report)
			}
		})
	}
}
