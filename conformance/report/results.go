package report

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/requirement"
)

// Version is the version of the form of results.json. Fields are added without a new
// one; it counts up when a field changes its meaning or goes.
const Version = 1

//go:embed results.schema.json
var schema string

// Schema returns the JSON Schema (draft 2020-12) of results.json, which says what each
// field means.
func Schema() string { return schema }

// Results are what results.json holds; [Schema] describes it for other programs. Checks are in the order in which they stand in
// the feature files, whatever order they ran in.
type Results struct {
	Version int  `json:"version"`
	Tool    Tool `json:"tool"`
	// Endpoint is the base URL of the target, Run the mark in the names of all that the
	// run made in it.
	Endpoint string `json:"endpoint"`
	Run      string `json:"run"`
	// Mode is "write", or "read-only" for a run that made nothing.
	Mode    string    `json:"mode"`
	Started time.Time `json:"started"`
	// DurationMS is in milliseconds.
	DurationMS int64 `json:"durationMs"`
	// Requests is how many were sent, those included that find out what the target offers.
	Requests int `json:"requests"`
	// BrokeOff is why the run ended before all checks were made, "" if it did not.
	BrokeOff string  `json:"brokeOff,omitempty"`
	Summary  Summary `json:"summary"`
	Checks   []Check `json:"checks"`
	// Profiles say how the target did by each profile that the run was about, Waivers
	// which failures are put up with.
	Profiles []Profile `json:"profiles"`
	Waivers  []Waiver  `json:"waivers"`
	// Leaks are resources that the run made and could not remove.
	Leaks []Leak `json:"leaks"`
}

// Tool is what made the results.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Summary says how the target did.
type Summary struct {
	// Conclusion is the worst of those by profile.
	Conclusion string `json:"conclusion"`
	Pass       int    `json:"pass"`
	Fail       int    `json:"fail"`
	Warn       int    `json:"warn"`
	Info       int    `json:"info"`
	Skip       int    `json:"skip"`
	Error      int    `json:"error"`
	// Requirements counts statements of the RFCs: those that a check of the run put to
	// the test, and all that can be tested over HTTP.
	Requirements Coverage `json:"requirements"`
}

// Coverage counts requirements.
type Coverage struct {
	Exercised int `json:"exercised"`
	Testable  int `json:"testable"`
}

// A Profile says how the target did by one profile.
type Profile struct {
	// Name is "" for a selection of checks that is no profile.
	Name string `json:"name"`
	// Conclusion is conformant, partial or non-conformant: see [conformance.Conclusion].
	Conclusion string `json:"conclusion"`
	// Failed, Unchecked and NotSelected count the checks of what binds that stand in
	// the way of conformant.
	Failed       int      `json:"failed"`
	Unchecked    int      `json:"unchecked"`
	NotSelected  int      `json:"notSelected"`
	Requirements Coverage `json:"requirements"`
}

// A Waiver is a failure that is put up with for a while.
type Waiver struct {
	ID string `json:"id"`
	// Until is its last day, such as 2027-03-01.
	Until  string `json:"until"`
	Reason string `json:"reason"`
	// State is what became of it in this run: see [conformance.WaiverState].
	State string `json:"state"`
}

// A Check is one check and how it ended.
type Check struct {
	ID    string `json:"id"`
	Area  string `json:"area"`
	Level string `json:"level"`
	// Verdict is pass, fail, warn, info, skip or error.
	Verdict string `json:"verdict"`
	// Requirements are ids of the catalogue, such as RFC7644-3.5.2-R17.
	Requirements []string `json:"requirements"`
	Title        string   `json:"title"`
	// Rule says what is demanded, in one sentence; Why what goes wrong in the field
	// where that is not so, and Fix what the service's developer can do about it.
	Rule string `json:"rule"`
	Why  string `json:"why,omitempty"`
	Fix  string `json:"fix,omitempty"`
	// Reason says what was wrong, or why the check was left out; "" for pass.
	Reason string `json:"reason"`
	// Expected is the sentence of the scenario that did not come true, "" if none was in
	// the way. Sent is the exchange, in Exchanges, whose request it is about; it is
	// missing if there is none.
	Expected string `json:"expected,omitempty"`
	Sent     *int   `json:"sent,omitempty"`
	// BlockedBy is the check whose failure is the reason of this one.
	BlockedBy string `json:"blockedBy"`
	// Parts are the attributes that a check of many looked at.
	Parts      []Part `json:"parts,omitempty"`
	DurationMS int64  `json:"durationMs"`
	// Requests is how many the check has sent, what removes what it has made included;
	// a rule about every answer sends none. Exchanges may hold fewer.
	Requests  int        `json:"requests"`
	Exchanges []Exchange `json:"exchanges"`
}

// A Part is what was found out about one attribute.
type Part struct {
	Name string `json:"name"`
	// Failure says what is wrong, "" if nothing is.
	Failure string `json:"failure"`
}

// A Leak is a resource that the run made and could not remove.
type Leak struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// New returns the results of a report. tool is the version of the program.
func New(report *conformance.Report, tool string) *Results {
	r := &Results{
		Version: Version, Tool: Tool{Name: "scimwright", Version: tool},
		Endpoint: report.Endpoint, Run: report.Run, Mode: "read-only",
		Started: report.Started.UTC(), DurationMS: report.Duration.Milliseconds(), Requests: report.Requests, BrokeOff: report.BrokeOff,
		Checks: []Check{}, Profiles: []Profile{}, Waivers: []Waiver{}, Leaks: []Leak{},
	}
	if report.Write {
		r.Mode = "write"
	}
	mask := newMask(report)
	for i := range report.Results {
		r.Checks = append(r.Checks, newCheck(&report.Results[i], mask))
	}
	for _, p := range report.Summaries {
		r.Profiles = append(r.Profiles, Profile{
			Name: p.Profile, Conclusion: string(p.Conclusion), Failed: p.Failed, Unchecked: p.Unchecked, NotSelected: p.NotSelected,
			Requirements: Coverage{Exercised: p.Exercised, Testable: p.Testable},
		})
	}
	for _, w := range report.Waivers {
		r.Waivers = append(r.Waivers, Waiver{ID: w.ID, Until: w.Until.Format(time.DateOnly), Reason: w.Reason, State: string(w.State)})
	}
	for _, l := range report.Leaks {
		r.Leaks = append(r.Leaks, Leak{Kind: string(l.Kind), ID: l.ID, Name: l.Name, Reason: l.Reason})
	}
	r.Summary = summarize(r.Checks)
	r.Summary.Conclusion = string(report.Conclusion())
	return r
}

func newCheck(result *conformance.Result, mask *mask) Check {
	c := Check{
		ID: result.ID, Area: result.Area, Level: string(result.Level), Verdict: string(result.Verdict),
		Requirements: append([]string{}, result.Requirements...), Title: result.Title, Rule: result.Rule,
		Why: result.Why, Fix: result.Fix, Reason: result.Reason, Expected: result.Expected, BlockedBy: result.BlockedBy,
		DurationMS: result.Duration.Milliseconds(), Requests: result.Requests, Exchanges: mask.exchanges(result.Exchanges),
	}
	// Of many exchanges the last ones are shown.
	if sent := result.Sent - (len(result.Exchanges) - len(c.Exchanges)); result.Expected != "" && result.Sent >= 0 && sent >= 0 && sent < len(c.Exchanges) {
		c.Sent = &sent
	}
	for _, p := range result.Parts {
		c.Parts = append(c.Parts, Part{Name: p.Name, Failure: p.Failure})
	}
	return c
}

// summarize counts the checks, and the requirements that they have put to the test.
func summarize(checks []Check) Summary {
	s := tally(checks)
	exercised := map[string]bool{}
	for _, c := range checks {
		if c.Verdict != string(conformance.Skip) && c.Verdict != string(conformance.Error) {
			for _, id := range c.Requirements {
				exercised[id] = true
			}
		}
	}
	for row := range requirement.All() {
		if !testable(row) {
			continue
		}
		s.Requirements.Testable++
		if exercised[row.ID] {
			s.Requirements.Exercised++
		}
	}
	return s
}

// tally counts the checks by verdict.
func tally(checks []Check) Summary {
	var s Summary
	for _, c := range checks {
		*s.counter(conformance.Verdict(c.Verdict))++
	}
	return s
}

// testable reports whether a requirement binds servers and can be put to the test over
// HTTP.
func testable(r requirement.Requirement) bool {
	return r.Normative() && r.Subject.Binds(requirement.Server) && r.Testable != "no"
}

func writeJSON(w io.Writer, r *Results) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Read reads results.json. The error says so if it was made by a later version.
func Read(text []byte) (*Results, error) {
	var r Results
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("this is not a results.json: %w", err)
	}
	if r.Version < 1 || r.Version > Version {
		return nil, fmt.Errorf("the results have version %d, this program knows %d: use a newer one", r.Version, Version)
	}
	return &r, nil
}

// verdicts are the verdicts, those that need somebody first.
var verdicts = []conformance.Verdict{
	conformance.Fail, conformance.Error, conformance.Warn, conformance.Info, conformance.Pass, conformance.Skip,
}

func (s *Summary) counter(v conformance.Verdict) *int {
	switch v {
	case conformance.Pass:
		return &s.Pass
	case conformance.Fail:
		return &s.Fail
	case conformance.Warn:
		return &s.Warn
	case conformance.Info:
		return &s.Info
	case conformance.Skip:
		return &s.Skip
	default:
		return &s.Error
	}
}

// blocked returns the ids of the checks that a check is the reason of.
func (r *Results) blocked(id string) []string {
	var ids []string
	for _, c := range r.Checks {
		if c.BlockedBy == id {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// with returns the checks that ended with a verdict, those first that most others fail
// for.
func (r *Results) with(v conformance.Verdict) []Check {
	var checks []Check
	for _, c := range r.Checks {
		if c.Verdict == string(v) {
			checks = append(checks, c)
		}
	}
	slices.SortStableFunc(checks, func(a, b Check) int { return cmp.Compare(len(r.blocked(b.ID)), len(r.blocked(a.ID))) })
	return checks
}

// statement returns what a requirement says and where, "" if the catalogue has none of
// the id.
func statement(id string) string {
	row, ok := requirement.Get(id)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s (%s)", row.Statement, row)
}
