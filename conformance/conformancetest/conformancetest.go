// Package conformancetest lets a Go server judge itself in "go test": each check is a
// subtest.
//
//	func TestSCIM(t *testing.T) {
//		conformancetest.Run(t, conformance.Config{Handler: newServer(), Endpoint: "/scim/v2", Token: token, Write: true})
//	}
//
// A check that fails says what was demanded, sent, expected and found, and how to mend
// it. [conformance.Config] selects the checks, adds scenarios of one's own and waives
// known failures.
package conformancetest

import (
	"cmp"
	"testing"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/features"
)

// Run judges a target and reports each check as a subtest of its id, and the conclusion
// in the log of t. A subtest fails if the check did or could not be judged, and is skipped
// if it was left out; a warning is in its log. What the run left behind in the target
// fails t. It returns the report, for tests that want more of it.
//
// In config, no Features means those of package features, and no Write only reads. The
// checks are made before the subtests begin, whatever -run selects:
// [conformance.Config.Select] makes fewer of them.
func Run(t *testing.T, config conformance.Config) *conformance.Report {
	t.Helper()
	if config.Features == nil {
		config.Features = features.FS
	}
	found, err := conformance.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	results := report.New(found, "")
	for _, c := range results.Checks {
		t.Run(c.ID, func(t *testing.T) {
			switch conformance.Verdict(c.Verdict) {
			case conformance.Fail, conformance.Error:
				t.Error(results.Account(&c))
			case conformance.Skip:
				t.Skip(c.Reason)
			case conformance.Warn, conformance.Info:
				t.Log(results.Account(&c))
			}
		})
	}
	for _, leak := range found.Leaks {
		t.Errorf("left behind: %s", leak)
	}
	for _, s := range found.Summaries {
		t.Logf("%s: %s, %d of %d testable requirements exercised", cmp.Or(s.Profile, "this selection"), s.Conclusion, s.Exercised, s.Testable)
	}
	return found
}
