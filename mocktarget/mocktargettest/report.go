package mocktargettest

import (
	"fmt"
	"strings"

	"github.com/permiso/scimwright/mocktarget"
)

// report describes for a failed test what a tenant was asked: the last exchanges,
// the writes that broke an invariant, and what lint found wrong.
func report(tenant *mocktarget.Tenant, most int) string {
	entries := tenant.Journal()
	skipped := max(0, len(entries)-most)
	var b strings.Builder
	fmt.Fprintf(&b, "mock tenant %s: %d exchanges", tenant.Name(), len(entries))
	if skipped > 0 {
		fmt.Fprintf(&b, ", the last %d of them", most)
	}
	for _, e := range entries[skipped:] {
		fmt.Fprintf(&b, "\n#%d %s %s → %d", e.Seq, e.Request.Method, e.Request.URL, e.Response.Status)
		for _, part := range []struct{ mark, body string }{{">", e.Request.Body}, {"<", e.Response.Body}} {
			if part.body != "" {
				fmt.Fprintf(&b, "\n  %s %s", part.mark, short(part.body))
			}
		}
	}
	for _, v := range tenant.Violations() {
		fmt.Fprintf(&b, "\ninvariant %s broken by #%d: %s", v.Invariant, v.Seq, v.Message)
	}
	for _, f := range tenant.Findings() {
		if f.Severity != mocktarget.SeverityInfo {
			fmt.Fprintf(&b, "\n%s %s (#%d, %d in all): %s", f.Severity, f.Rule, f.First, f.Count, f.Message)
		}
	}
	return b.String()
}

// short cuts a body for the log.
func short(body string) string {
	const most = 2000
	if len(body) <= most {
		return body
	}
	return strings.ToValidUTF8(body[:most], "") + "…"
}
