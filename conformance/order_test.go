package conformance_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/steps"
)

// Whatever the order of the feature files, a check runs after those that it means little
// without, even by way of one that is left out; the report is in the order of the files.
func TestChecksRunInTheOrderOfWhatTheyNeed(t *testing.T) {
	scenario := func(id, tags string) string {
		return fmt.Sprintf("    @%s @must %s\n    Scenario: %s\n      When the client sends GET /Users?count=1&startIndex=%s\n      Then the answer has status 200\n", id, tags, id, id[len(id)-1:])
	}
	c := config("", "  Rule: r\n"+scenario("MADE-1", "@after-MADE-4")+scenario("MADE-2", "")+
		scenario("MADE-3", "@after-MADE-2 @after-MADE-5")+scenario("MADE-4", "@after-MADE-6")+scenario("MADE-5", "")+scenario("MADE-6", "")+scenario("READ-01", ""))
	var asked []string
	c.Endpoint = server(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if at := r.URL.Query().Get("startIndex"); at != "" {
				asked = append(asked, at)
			}
			next.ServeHTTP(w, r)
		})
	})
	c.Select = conformance.Selection{Skip: []string{"MADE-4"}}
	report, err := conformance.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	// READ-01 is about reads as such, MADE-4 was left out.
	if want := []string{"1", "6", "1", "2", "5", "3"}; !slices.Equal(asked, want) {
		t.Errorf("asked in the order %v, want %v", asked, want)
	}
	var ids []string
	for _, r := range report.Results {
		if r.Area != "LINT" {
			ids = append(ids, r.ID)
		}
	}
	if want := []string{"MADE-1", "MADE-2", "MADE-3", "MADE-5", "MADE-6", "READ-01"}; !slices.Equal(ids, want) {
		t.Errorf("reported in the order %v, want %v", ids, want)
	}
}

// In another order a scenario is the same: what stands before it for all, what is filled
// in from examples, and what follows its sentences, letter by letter.
func TestScenariosStayWhatTheyAre(t *testing.T) {
	const text = `# language: en
@own
Feature: Tales
  Background:
    Given a beginning

  Rule: What is told is heard
    Background:
      Given a rule

    @MADE-1
    Scenario Outline: <who> tells
      When <who> tells:
        """json
          {"a": "\"\"\"", "b": "|\\"}

        """
      And tells a table:
        | a\|b | c\\n\\d |
        | x\ny |         |
      Then it was heard
      * it was <who>

      Examples:
        | who     |
        | Barbara |

    @MADE-2
    Scenario: A fence within
      When Carla tells:
        ` + "```" + `
        \"\"\" and """ but not \` + "`\\`\\`" + `
        ` + "```" + `
`
	var heard []string
	hear := func(format string, args ...any) error {
		heard = append(heard, fmt.Sprintf(format, args...))
		return nil
	}
	c := config(server(t, nil), "")
	c.Features = fstest.MapFS{"f.feature": {Data: []byte(text)}}
	c.Sentences = func(sc *godog.ScenarioContext) {
		sc.Given(`^a (beginning|rule)$`, func(what string) error { return hear("given %s", what) })
		sc.When(`^(\w+) tells:$`, func(who string, doc *godog.DocString) error {
			return hear("%s in %q: %q", who, doc.MediaType, doc.Content)
		})
		sc.When(`^tells a table:$`, func(table *godog.Table) error {
			for _, row := range table.Rows {
				for _, cell := range row.Cells {
					_ = hear("cell %q", cell.Value)
				}
			}
			return nil
		})
		sc.Then(`^it was (\w+)$`, func(what string) error { return hear("then %s", what) })
	}
	report, err := conformance.Run(t.Context(), c)
	if err != nil || report.Results[0].Verdict != conformance.Pass || report.Results[1].Verdict != conformance.Pass {
		t.Fatalf("error %v, results %+v", err, report)
	}
	want := []string{
		"given beginning", "given rule", `Barbara in "json": "  {\"a\": \"\"\"\"\", \"b\": \"|\\\\\"}\n"`,
		`cell "a|b"`, `cell "c\\n\\d"`, `cell "x\ny"`, `cell ""`, "then heard", "then Barbara",
		"given beginning", "given rule", "Carla in \"\": \"\\\\\\\"\\\\\\\"\\\\\\\" and \\\"\\\"\\\" but not ```\"",
	}
	if !slices.Equal(heard, want) {
		t.Errorf("heard\n%s\nwant\n%s", strings.Join(heard, "\n"), strings.Join(want, "\n"))
	}
	if r := report.Results[0]; r.Title != "Barbara tells" || r.Rule != "What is told is heard" || r.File != "f.feature" || r.Line == 0 {
		t.Errorf("the check is %+v", r.Check)
	}
}

// otherID shows users under another id than the one they were asked for by.
func otherID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, id, one := strings.Cut(r.URL.Path, "/Users/")
		if r.Method != http.MethodGet || !one {
			next.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(answer.Code)
		_, _ = io.Copy(w, bytes.NewReader(bytes.Replace(answer.Body.Bytes(), []byte(`"id":"`+id+`"`), []byte(`"id":"`+id+`-r"`), 1)))
	})
}

// A check that a target leads to somebody else ends the run, and the check that is about
// what led it there is the one that fails; the others say that it is the reason.
func TestWhatEndsTheRunHasARoot(t *testing.T) {
	c := config(server(t, otherID), `
  @write
  Rule: r
    @MADE-76 @must
    Scenario: A user is replaced under the id that it shows
      Given a user barbara
      When the client sends GET /Users/{barbara.id}
      And the client sends PUT /Users/{answer.id} with:
        """
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{barbara}"}
        """
      Then the answer has status 200
    @MADE-77 @must
    Scenario: This comes afterwards
      Given a user barbara
    @MADE-78 @must @needs-bulk
    Scenario: This would not have come anyway
      Given a user barbara
    @READ-01 @must
    Scenario: A user shows the id under which it is read
      Given a user barbara
      When the client sends GET /Users/{barbara.id}
      Then the answer has "id" "{barbara.id}"
`)
	report, err := conformance.Run(t.Context(), c)
	stopped, ok := errors.AsType[*conformance.StoppedError](err)
	if !ok || stopped.Check != "MADE-76" || stopped.Root != "READ-01" || conformance.ExitCode(report, err) != conformance.ExitCouldNotRun {
		t.Fatalf("exit %d, error %v", conformance.ExitCode(report, err), err)
	}
	if _, ok := errors.AsType[*steps.Violation](err); !ok || !strings.Contains(err.Error(), "READ-01 failed on") {
		t.Errorf("error %v", err)
	}
	for i, want := range []struct {
		verdict   conformance.Verdict
		blockedBy string
		reason    string
	}{
		{conformance.Skip, "READ-01", "blocked by READ-01: PUT /Users/"},
		{conformance.Skip, "READ-01", "blocked by READ-01: MADE-76 ended the run"},
		{conformance.Skip, "", "not advertised"},
		{conformance.Fail, "", "the answer has \""},
	} {
		r := report.Results[i]
		if r.Verdict != want.verdict || r.BlockedBy != want.blockedBy || !strings.HasPrefix(r.Reason, want.reason) {
			t.Errorf("%s ended %s, blocked by %q: %s", r.ID, r.Verdict, r.BlockedBy, r.Reason)
		}
	}
	if n := users(t, c.Endpoint); n != 0 || len(report.Leaks) > 0 {
		t.Errorf("%d users are left, leaks %v", n, report.Leaks)
	}
}
