package cli

import (
	"strings"
	"testing"
)

// TestSummaryNamesAThousand: a result names a thousand of those that failed and counts
// them all, and what is printed says how many it leaves out.
func TestSummaryNamesAThousand(t *testing.T) {
	s := &summary{Users: userCounts{Failed: 1200, Held: 1}, Groups: groupCounts{Failed: 1}, Held: []failure{{Kind: "User", ID: "u0"}}}
	for range 1000 {
		s.Failures = append(s.Failures, failure{Kind: "User", ID: "u1", Reason: "refused"})
	}
	var b strings.Builder
	s.writeText(&b)
	if failed, held, _ := strings.Cut(b.String(), "Held:"); !strings.Contains(failed, "\n  and 201 more\n") || strings.Contains(held, "more") {
		t.Errorf("1201 have failed, of whom 1000 are named, and one is held:\n%s", b.String())
	}
}
