package features_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// patience is how long a target may take to answer. A machine that has other work to do, or
// that stood still for a while, is no fault of the target.
const patience = 10 * time.Minute

var update = flag.Bool("update", false, "write the golden files")

// judge runs the protocol scenarios against a target whose clock shows another time
// after a tick, and checks that they leave nothing behind.
func judge(t *testing.T, target *mocktargettest.Target, tick time.Duration) *conformance.Report {
	t.Helper()
	before := len(target.Users()) + len(target.Groups())
	secure := secured(t, target.Handler(), nil)
	report, err := conformance.Run(t.Context(), conformance.Config{
		Endpoint: secure.URL + "/scim/v2", Token: target.Token(), Transport: secure.Client().Transport,
		Features: features.FS, Select: conformance.Selection{Tags: "@protocol"}, Write: true, Settle: 20 * time.Millisecond, Tick: tick, Timeout: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	if after := len(target.Users()) + len(target.Groups()); after != before || len(report.Leaks) > 0 {
		t.Errorf("%d resources before and %d after the run, leaks %v", before, after, report.Leaks)
	}
	requests := 0
	for _, r := range report.Results {
		requests += r.Requests
	}
	t.Logf("%d checks, %d requests, %s", len(report.Results), requests, report.Duration.Round(time.Millisecond))
	return report
}

// everything is a mock whose users have an attribute of every kind.
func everything(t testing.TB) *mocktargettest.Target {
	t.Helper()
	document, err := os.ReadFile("testdata/types.json")
	if err != nil {
		t.Fatal(err)
	}
	types, err := mocktarget.ParseResourceTypes(document)
	if err != nil {
		t.Fatal(err)
	}
	return mocktargettest.New(t, mocktargettest.WithJournalTail(0), mocktargettest.WithConfig(mocktarget.Config{ResourceTypes: types, Subject: "somebody"}),
		mocktargettest.WithSeed(`{"Users": [{"userName": "somebody"}]}`))
}

// The mock has no known fault: it passes every check, and none is left out but for
// what a test on loopback cannot have.
func TestProtocolAgainstTheMock(t *testing.T) {
	for _, r := range judge(t, everything(t), 2*time.Millisecond).Results {
		skips := slices.Contains(aboutBusy, r.ID) || slices.ContainsFunc(allowedSkips, func(tag string) bool { return slices.Contains(r.Tags, tag) })
		if r.Verdict != conformance.Pass && !(skips && r.Verdict == conformance.Skip) {
			t.Errorf("%s %s (%s): %s", r.Verdict, r.ID, r.Title, r.Reason)
		}
	}
}

// Without leave to write, a run only reads, and still judges a good deal.
func TestProtocolReadOnly(t *testing.T) {
	target := everything(t)
	report, err := conformance.Run(t.Context(), conformance.Config{
		Endpoint: target.URL(), Token: target.Token(), Features: features.FS, Select: conformance.Selection{Tags: "@protocol"}, Timeout: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if r.Verdict != conformance.Pass && r.Verdict != conformance.Skip {
			t.Errorf("%s %s: %s", r.Verdict, r.ID, r.Reason)
		}
	}
	if n := report.Count(conformance.Pass); n < 80 {
		t.Errorf("%d checks passed, want at least 80", n)
	}
	for _, e := range target.Journal() {
		if e.Request.Method != "GET" && !strings.HasSuffix(e.Request.URL, "/.search") {
			t.Errorf("it sent %s %s", e.Request.Method, e.Request.URL)
		}
	}
}

// allowedSkips are the tags of what the mock gives no reason to look at: it lacks
// nothing, its cursors are good for longer than anybody waits, it adds nothing to users by
// itself and has no extension that they must have.
var allowedSkips = []string{"@lacks-patch", "@lacks-bulk", "@needs-brief-cursors", "@FILT-53", "@CREATE-51"}

// aboutBusy are the checks about a target that asks to be left alone for a while, which
// none does here.
var aboutBusy = []string{"LINT-26", "LINT-27"}

// Whatever a server that we did not write is told, it is true: the list is read by
// people, with the requirement and the reason.
func TestProtocolAgainstElimity(t *testing.T) {
	target := mocktargettest.New(t, mocktargettest.WithJournalTail(0), mocktargettest.WithConfig(elimityserver.Configure(mocktarget.Config{})))
	var found strings.Builder
	for _, r := range judge(t, target, 1100*time.Millisecond).Results {
		switch r.Verdict {
		case conformance.Pass:
		case conformance.Skip:
			if !slices.Contains(aboutBusy, r.ID) && !strings.HasPrefix(r.Reason, "not ") && r.BlockedBy == "" && !strings.Contains(r.Reason, "schema") {
				t.Errorf("%s was skipped: %s", r.ID, r.Reason)
			}
		default:
			t.Logf("%s %s after %s: %s", r.Verdict, r.ID, r.Duration, r.Reason)
			fmt.Fprintf(&found, "%s %s %s\n", r.Verdict, r.ID, r.Title)
			for _, id := range r.Requirements {
				q, _ := requirement.Get(id)
				fmt.Fprintf(&found, "\t%s %s\n", id, q.Statement)
			}
		}
	}
	const golden = "testdata/elimity.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(found.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if found.String() != string(want) {
		t.Errorf("the findings differ from %s; run with -update if they are right:\n%s", golden, found.String())
	}
}
