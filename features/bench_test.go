package features_test

import (
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
)

// BenchmarkProtocol runs all of the profile rfc against the mock in the same process,
// without a limit to the rate. It reports how many requests were sent, how many by the
// check that sent most, and how many checks there are.
func BenchmarkProtocol(b *testing.B) {
	target := everything(b)
	b.ReportAllocs()
	var report *conformance.Report
	for b.Loop() {
		var err error
		report, err = conformance.Run(b.Context(), conformance.Config{
			Handler: target.Handler(), Endpoint: "/scim/v2", Token: target.Token(),
			Features: features.FS, Write: true, Settle: 20 * time.Millisecond, Tick: 2 * time.Millisecond, Timeout: patience,
		})
		if err != nil || !report.Good() {
			b.Fatalf("error %v, %d checks failed", err, report.Count(conformance.Fail))
		}
	}
	most := 0
	for _, r := range report.Results {
		most = max(most, r.Requests)
	}
	b.ReportMetric(float64(report.Requests), "requests")
	b.ReportMetric(float64(most), "requests-most")
	b.ReportMetric(float64(len(report.Results)), "checks")
}
