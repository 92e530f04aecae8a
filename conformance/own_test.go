package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget"
)

// own are scenarios of somebody's own: with sentences of this project, with one of
// theirs, and with one that nobody has defined.
const own = `
Feature: What Acme wants
  Rule: Everybody has a badge
    Why: The doors at Acme ask for it.
    Fix: Make one.

    @ACME-01 @must @write
    Scenario: A user is found by its nickname
      Given a user barbara with:
        """
        {"nickName": "{run}babs"}
        """
      When the client looks for users where nickName eq "{run}babs"
      Then the answer finds exactly barbara

    @ACME-02 @must @write
    Scenario: Badges are printed
      Given a user barbara
      When barbara's badge is printed
      Then the answer has status 404

    @ACME-03 @must @write
    Scenario: Badges are lost
      Given a user barbara
      When somebody steals the badge
      Then the answer has status 404
`

func handler(t *testing.T) http.Handler {
	t.Helper()
	server, err := mocktarget.New(mocktarget.Config{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return server.Handler()
}

// badges defines a sentence that sends something of its own.
func badges(sc *godog.ScenarioContext) {
	sc.Step(`^(\w+)'s badge is printed$`, func(ctx context.Context, nick string) error {
		id, err := steps.Expand(ctx, "{"+nick+".id}", false)
		if err != nil {
			return err
		}
		answer, err := steps.Send(ctx, &steps.Request{Method: http.MethodGet, Path: []string{"Badges", id}})
		if err == nil && answer.Status == http.StatusOK {
			return steps.Failf("there is a badge")
		}
		return err
	})
}

func TestScenariosOfOnesOwn(t *testing.T) {
	var found []conformance.Result
	report, err := conformance.Run(t.Context(), conformance.Config{
		Handler: handler(t), Endpoint: "/scim/v2", Token: token, Write: true, Sentences: badges,
		Features: conformance.Join(features.FS, "acme", fstest.MapFS{"badges/badge.feature": {Data: []byte(own)}}),
		Select:   conformance.Selection{Only: []string{"ACME", "READ-01"}}, Settle: 5 * time.Millisecond,
		OnResult: func(r conformance.Result) { found = append(found, r) },
	})
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]conformance.Result{}
	for _, r := range report.Results {
		verdicts[r.ID] = r
	}
	for id, want := range map[string]conformance.Verdict{"ACME-01": conformance.Pass, "ACME-02": conformance.Pass, "ACME-03": conformance.Error, "READ-01": conformance.Pass} {
		if r := verdicts[id]; r.Verdict != want {
			t.Errorf("%s ended with %s (%s), want %s", id, r.Verdict, r.Reason, want)
		}
	}
	if c := verdicts["ACME-01"]; c.File != "acme/badges/badge.feature" || c.Why != "The doors at Acme ask for it." || c.Fix != "Make one." {
		t.Errorf("the check is %+v", c.Check)
	}
	if reason := verdicts["ACME-03"].Reason; !strings.Contains(reason, `somebody steals the badge`) || !strings.Contains(reason, "verify steps") {
		t.Errorf("of a sentence that nobody knows it says %q", reason)
	}
	if len(found) != len(report.Results) || len(report.Leaks) > 0 {
		t.Errorf("%d results were told of %d, leaks %v", len(found), len(report.Results), report.Leaks)
	}
}

func TestIdsAreUnique(t *testing.T) {
	taken := strings.ReplaceAll(own, "@ACME-01", "@PATCH-08")
	_, err := conformance.Run(t.Context(), conformance.Config{
		Handler: handler(t), Endpoint: "/scim/v2", Token: token,
		Features: conformance.Join(features.FS, "own", fstest.MapFS{"x.feature": {Data: []byte(taken)}}),
	})
	var wrong *conformance.ConfigError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "PATCH-08") || !strings.Contains(err.Error(), "own/x.feature") {
		t.Errorf("a scenario with the id of another one gives %v", err)
	}
}

// A project's own godog suite speaks of SCIM in the sentences of this one, and leaves
// nothing behind.
func TestInitializer(t *testing.T) {
	scim := handler(t)
	config := conformance.Config{Handler: scim, Endpoint: "/scim/v2", Token: token, Write: true, Settle: 5 * time.Millisecond}
	initialize, err := conformance.Initializer(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	status := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) { initialize(sc); badges(sc) },
		Options: &godog.Options{
			Format: "progress", Output: &out, NoColors: true, Strict: true, DefaultContext: t.Context(), Tags: "~@ACME-03",
			FeatureContents: []godog.Feature{{Name: "acme.feature", Contents: []byte(own + `
    @ACME-04 @write @lacks-bulk
    Scenario: What the target lacks is left out
      Given a user barbara
`)}},
		},
	}.Run()
	if status != 0 || !strings.Contains(out.String(), "7 steps (6 passed, 1 skipped)") {
		t.Errorf("status %d:\n%s", status, out.String())
	}
	config.Token = "wrong"
	var target *conformance.TargetError
	if _, err := conformance.Initializer(t.Context(), config); !errors.As(err, &target) || !target.Refused {
		t.Errorf("a wrong token gives %v", err)
	}
	if report, err := conformance.Run(t.Context(), conformance.Config{Handler: scim, Endpoint: "/scim/v2", Token: token, Features: features.FS, Select: conformance.Selection{Only: []string{"LIST-01"}}}); err != nil || !strings.Contains(string(report.Results[0].Exchanges[0].Answer.Body), `"totalResults":0`) {
		t.Errorf("something is left: %v", err)
	}
}

// Whatever a handler does, a run over it ends as over a network.
func TestHandlers(t *testing.T) {
	scim := handler(t)
	only := conformance.Selection{Only: []string{"READ-01", "READ-03"}}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"panics": {func(http.ResponseWriter, *http.Request) { panic("out of milk") }, "out of milk"},
		"hangs":  {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within"},
		"streams": {func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "{}")
		}, ""},
		"reads the body": {func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil || r.Host != "localhost" || r.RequestURI == "" {
				panic(fmt.Sprint(err, r.Host, r.RequestURI))
			}
			scim.ServeHTTP(w, r)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := conformance.Run(t.Context(), conformance.Config{
				Handler: c.handler, Endpoint: "/scim/v2", Token: token, Features: features.FS, Select: only, Timeout: 200 * time.Millisecond,
			})
			switch {
			case c.want == "" && err != nil:
				t.Errorf("it ended with %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("it ended with %v, want a word about %q", err, c.want)
			}
		})
	}
	both := conformance.Config{Handler: scim, Transport: http.DefaultTransport, Endpoint: "/scim/v2", Features: features.FS}
	if _, err := conformance.Run(t.Context(), both); err == nil || !strings.Contains(err.Error(), "leave out one") {
		t.Errorf("a handler and a transport give %v", err)
	}
}
