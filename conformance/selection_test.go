package conformance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
)

const mixed = `
  Rule: r
    @AA-01 @must @RFC7644-3.5.2-R17
    Scenario: one
      Given a user barbara
    @AA-02 @should @RFC7644-3.5.2.1-R1 @write
    Scenario: two
      Given a user barbara
    @BB-01 @may @RFC9865-2-R1 @edge
    Scenario: three
      Given a user barbara
    @BB-02 @must @RFC7644-3.5.20-R1
    Scenario: four
      Given a user barbara
    @LL-01 @must @lifecycle @write
    Scenario: five
      Given a user barbara
    @SS-01 @must @stress @RFC7644-3.7.1-R1
    Scenario: six
      Given a user barbara
    @II-01 @must @interop @IDINTEROP-protocol-R6
    Scenario: seven
      Given a user barbara
`

func TestSelection(t *testing.T) {
	for name, c := range map[string]struct {
		conformance.Selection
		want string
	}{
		"default":          {conformance.Selection{}, "AA-01 AA-02 BB-01 BB-02"},
		"rfc-strict":       {conformance.Selection{Profiles: []string{"rfc-strict"}}, "AA-01 AA-02 BB-01 BB-02"},
		"readonly":         {conformance.Selection{Profiles: []string{"readonly"}}, "AA-01 BB-01 BB-02"},
		"lifecycle":        {conformance.Selection{Profiles: []string{"lifecycle"}}, "LL-01"},
		"cursor":           {conformance.Selection{Profiles: []string{"cursor"}}, "BB-01"},
		"stress":           {conformance.Selection{Profiles: []string{"stress"}}, "SS-01"},
		"interop":          {conformance.Selection{Profiles: []string{"interop"}}, "II-01"},
		"two profiles":     {conformance.Selection{Profiles: []string{"stress", "cursor"}}, "BB-01 SS-01"},
		"id":               {conformance.Selection{Only: []string{"aa-02"}}, "AA-02"},
		"area":             {conformance.Selection{Only: []string{"AA"}}, "AA-01 AA-02"},
		"section":          {conformance.Selection{Only: []string{"7644/3.5.2"}}, "AA-01 AA-02"},
		"document":         {conformance.Selection{Only: []string{"RFC9865"}}, "BB-01"},
		"level":            {conformance.Selection{Only: []string{"may,should"}}, "AA-02 BB-01"},
		"requirement":      {conformance.Selection{Only: []string{"rfc7644-3.5.2-r17"}}, "AA-01"},
		"tag":              {conformance.Selection{Only: []string{"@edge"}}, "BB-01"},
		"union":            {conformance.Selection{Only: []string{"BB", "7644/3.5.2.1"}}, "AA-02 BB-01 BB-02"},
		"skip":             {conformance.Selection{Skip: []string{"AA-01", "9865"}}, "AA-02 BB-02"},
		"only and skip":    {conformance.Selection{Only: []string{"AA"}, Skip: []string{"should"}}, "AA-01"},
		"named elsewhere":  {conformance.Selection{Only: []string{"LL-01", "SS"}}, "LL-01 SS-01"},
		"not by a level":   {conformance.Selection{Only: []string{"must"}}, "AA-01 BB-02"},
		"not by a section": {conformance.Selection{Only: []string{"7644/3.7,AA-01"}}, "AA-01"},
		"within a profile": {conformance.Selection{Profiles: []string{"readonly"}, Only: []string{"AA"}}, "AA-01"},
		"tags alone":       {conformance.Selection{Tags: "@must && ~@edge"}, "AA-01 BB-02 LL-01 SS-01 II-01"},
		"tags and profile": {conformance.Selection{Profiles: []string{"rfc"}, Tags: "@must"}, "AA-01 BB-02"},
		"nothing":          {conformance.Selection{Only: []string{"AA"}, Skip: []string{"AA"}}, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			checks, err := conformance.Select(scenarios(mixed), c.Selection)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, check := range checks {
				if check.Area != "LINT" {
					ids = append(ids, check.ID)
				}
			}
			if got := strings.Join(ids, " "); got != c.want {
				t.Errorf("selects %q, want %q", got, c.want)
			}
		})
	}
}

func TestSelectionNamesTheMistake(t *testing.T) {
	for says, s := range map[string]conformance.Selection{
		`"AA-99"`:           {Only: []string{"AA-01", "AA-99"}},
		`"PATHC"`:           {Skip: []string{"PATHC"}},
		`"7644/9"`:          {Only: []string{"7644/9"}},
		`"fast": use one`:   {Profiles: []string{"fast"}},
		`"" is not a tag`:   {Tags: "@a &&"},
		`only names ""`:     {Only: []string{"AA,"}},
		`skip names "@nil"`: {Skip: []string{"@nil"}},
	} {
		c := config(server(t, nil), mixed)
		c.Select = s
		report, err := conformance.Run(t.Context(), c)
		var wrong *conformance.ConfigError
		if !errors.As(err, &wrong) || conformance.ExitCode(report, err) != conformance.ExitUsage || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want an error that says %s", s, err, says)
		}
	}
}

// Selecting nothing, whichever way, is never good.
func TestNothingSelected(t *testing.T) {
	for says, change := range map[string]func(*conformance.Config){
		"no scenario matches": func(c *conformance.Config) {
			c.Select = conformance.Selection{Only: []string{"AA"}, Skip: []string{"AA"}}
		},
		"rules about every answer": func(c *conformance.Config) { c.Select = conformance.Selection{Only: []string{"LINT"}} },
		"read-only":                func(c *conformance.Config) { c.Select, c.Write = conformance.Selection{Only: []string{"AA-02"}}, false },
		"no scenario matches the sel": func(c *conformance.Config) {
			c.Select = conformance.Selection{Profiles: []string{"bulk"}, Skip: []string{"LINT"}}
		},
		"readonly never writes": func(c *conformance.Config) { c.Select = conformance.Selection{Profiles: []string{"readonly"}} },
	} {
		c := config(server(t, nil), mixed)
		change(&c)
		report, err := conformance.Run(t.Context(), c)
		if err == nil || conformance.ExitCode(report, err) != conformance.ExitUsage || !strings.Contains(err.Error(), says) {
			t.Errorf("exit %d, %v, want an error that says %q", conformance.ExitCode(report, err), err, says)
		}
	}
}

// A scenario that was not selected is not run, and has no result.
func TestRunMakesTheSelectedChecksOnly(t *testing.T) {
	c := config(server(t, nil), good+bad+grouped)
	c.Select = conformance.Selection{Only: []string{"MADE-01", "MADE-03"}}
	report, err := conformance.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != 2 || report.Count(conformance.Pass) != 2 {
		t.Errorf("results %+v", report.Results)
	}
	if s := report.Summaries; len(s) != 1 || s[0].Profile != "" || s[0].Conclusion != conformance.Conformant {
		t.Errorf("summaries %+v", s)
	}
}

func TestSummaries(t *testing.T) {
	plain := conformance.Selection{Tags: "~@lint"}
	rfc := conformance.Selection{Profiles: []string{"rfc"}, Skip: []string{"LINT"}}
	strict := conformance.Selection{Profiles: []string{"rfc-strict"}, Skip: []string{"LINT"}}
	rules := rulesThatBind(t) // which these runs do not look at
	for name, c := range map[string]struct {
		text    string
		selects conformance.Selection
		want    conformance.Summary
	}{
		"all is well":    {good, plain, conformance.Summary{Conclusion: conformance.Conformant}},
		"a failure":      {good + bad, plain, conformance.Summary{Conclusion: conformance.NonConformant, Failed: 1}},
		"not judged":     {good + unjudged, plain, conformance.Summary{Conclusion: conformance.Partial, Unchecked: 1}},
		"not advertised": {good + unadvertised, plain, conformance.Summary{Conclusion: conformance.Conformant}},
		"a warning":      {good + late, plain, conformance.Summary{Conclusion: conformance.Conformant}},
		"a selection":    {good + bad, conformance.Selection{Only: []string{"MADE-01"}}, conformance.Summary{Conclusion: conformance.Conformant}},
		"not all made":   {good + bad, conformance.Selection{Skip: []string{"LINT", "MADE-02"}}, conformance.Summary{Profile: "rfc", Conclusion: conformance.Partial, NotSelected: rules + 1}},
		"a profile":      {good + late, rfc, conformance.Summary{Profile: "rfc", Conclusion: conformance.Partial, NotSelected: rules}},
		"a strict one":   {good + late, strict, conformance.Summary{Profile: "rfc-strict", Conclusion: conformance.NonConformant, Failed: 1, NotSelected: rules}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			run := config(server(t, nil), c.text)
			run.Select = c.selects
			report, err := conformance.Run(t.Context(), run)
			if err != nil || len(report.Summaries) != 1 {
				t.Fatalf("error %v, report %+v", err, report)
			}
			got := report.Summaries[0]
			if got.Exercised > got.Testable || (got.Testable > 100) != (got.Profile != "") {
				t.Errorf("exercised %d of %d", got.Exercised, got.Testable)
			}
			got.Exercised, got.Testable = 0, 0
			if got != c.want || report.Conclusion() != c.want.Conclusion {
				t.Errorf("summary %+v, want %+v", got, c.want)
			}
		})
	}
}

// What a profile is about is counted, and what of it the run has put to the test.
func TestSummaryCountsRequirements(t *testing.T) {
	c := config(server(t, nil), `
  @write
  Rule: r
    @MADE-40 @must @RFC7644-3.3-R1 @RFC7644-3.3-R2
    Scenario: made
      Given a user barbara
    @MADE-41 @must @RFC7644-3.3-R1 @RFC7644-3.3-R10 @needs-bulk
    Scenario: not made
      Given a user barbara
`)
	report, err := conformance.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if s := report.Summaries[0]; s.Exercised != 2 || s.Testable != 3 {
		t.Errorf("exercised %d of %d, want 2 of 3", s.Exercised, s.Testable)
	}
}

const unadvertised = `
    @MADE-30 @must @needs-bulk
    Scenario: What is not offered is left out
      Given a user barbara
`

const late = `
    @MADE-31 @should
    Scenario: What should be is not
      Given a user barbara
      Then barbara has "planet" "Mars"
`

func rulesThatBind(t *testing.T) int {
	t.Helper()
	checks, err := conformance.Select(scenarios(good), conformance.Selection{Only: []string{"LINT"}, Skip: []string{"should", "may"}})
	if err != nil {
		t.Fatal(err)
	}
	return len(checks)
}

func TestWaivers(t *testing.T) {
	day := func(n int) time.Time { return time.Unix(1700000000, 0).UTC().Truncate(24*time.Hour).AddDate(0, 0, n) }
	c := config(server(t, nil), good+bad+"  @write\n  Rule: more\n"+broken+soft)
	c.Waivers = []conformance.Waiver{
		{ID: "MADE-02", Until: day(0), Reason: "known"},
		{ID: "ROOT-01", Until: day(-1), Reason: "was known"},
		{ID: "MADE-01", Until: day(1), Reason: "mended since"},
		{ID: "MADE-12", Until: day(1), Reason: "not there"},
	}
	report, err := conformance.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]conformance.Result{}
	for _, r := range report.Results {
		verdicts[r.ID] = r
	}
	if r := verdicts["MADE-02"]; r.Verdict != conformance.Skip || !strings.HasPrefix(r.Reason, "waived until 2023-11-14 (known): ") || !strings.Contains(r.Reason, "Queen Victoria") {
		t.Errorf("what is waived ended %s: %s", r.Verdict, r.Reason)
	}
	if r := verdicts["ROOT-01"]; r.Verdict != conformance.Fail {
		t.Errorf("what was waived until yesterday ended %s: %s", r.Verdict, r.Reason)
	}
	var states []string
	for _, u := range report.Waivers {
		states = append(states, u.ID+" "+string(u.State))
	}
	if want := []string{"MADE-02 used", "ROOT-01 expired", "MADE-01 needless", "MADE-12 idle"}; !slices.Equal(states, want) {
		t.Errorf("waivers %v, want %v", states, want)
	}
}

func TestParseWaivers(t *testing.T) {
	waivers, err := conformance.ParseWaivers([]byte("- {id: sort-02, until: 2027-03-01, reason: ticket 4711}\n"))
	if err != nil || len(waivers) != 1 || waivers[0] != (conformance.Waiver{ID: "SORT-02", Until: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC), Reason: "ticket 4711"}) {
		t.Errorf("%+v, %v", waivers, err)
	}
	for text, says := range map[string]string{
		"- {until: 2027-03-01, reason: x}":           "no id",
		"- {id: A-1, reason: x}":                     "no day",
		"- {id: A-1, until: soon, reason: x}":        "no day",
		"- {id: A-1, until: 2027-03-01}":             "no reason",
		"- {id: A-1, until: 2027-03-01, because: x}": "because",
		"id: A-1": "a list of",
	} {
		if _, err := conformance.ParseWaivers([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want an error that says %q", text, err, says)
		}
	}
	for says, waivers := range map[string][]conformance.Waiver{
		"no such check": {{ID: "MADE-99"}},
		"two waivers":   {{ID: "MADE-01"}, {ID: "MADE-01"}},
	} {
		c := config(server(t, nil), good)
		c.Waivers = waivers
		report, err := conformance.Run(t.Context(), c)
		if conformance.ExitCode(report, err) != conformance.ExitUsage || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want an error that says %q", err, says)
		}
	}
}
