package mocktarget_test

import (
	"testing"

	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/mocktarget"
)

// Why a requirement for clients has no rule: the reasons that several share.
const (
	permission = "a permission: to use it and not to use it are both right"
	reading    = "about how a client reads answers, which is not seen from its requests"
	comparing  = "about how values are compared, which the server does here"
	transport  = "about TLS, which ends in front of the mock or is left out on loopback"
	redirect   = "about redirections, which the mock does not send"
)

// unobserved are the requirements for clients that no rule looks after, each with
// the reason.
var unobserved = map[string]string{
	"RFC7643-2.1-R1":      reading + "; a request may spell names as it likes",
	"RFC7643-2.2-R1":      "about how a client reads schemas, which is not seen from its requests",
	"RFC7643-2.3.6-R3":    permission,
	"RFC7643-2.3.6-R4":    comparing,
	"RFC7643-2.3.7-R3":    comparing,
	"RFC7643-2.3.8-R1":    reading + "; a request may have any order",
	"RFC7643-2.4-R4":      reading,
	"RFC7643-2.5-R1":      reading + "; a request may have any of the three",
	"RFC7643-3-R4":        reading + "; a request may have any order",
	"RFC7643-3.1-R4":      "about how a client reads schemas, which is not seen from its requests",
	"RFC7643-3.1-R14":     permission,
	"RFC7643-4.1.2-R4":    permission,
	"RFC7643-4.1.2-R13":   permission,
	"RFC7643-4.1.2-R22":   permission,
	"RFC7643-4.2-R3":      permission,
	"RFC7643-6-R10":       permission,
	"RFC7644-1.3-R2":      permission,
	"RFC7644-1.3-R3":      permission,
	"RFC7644-2-R2":        permission,
	"RFC7644-2.1-R1":      "about what a server grants for a token; a client does not see the mapping",
	"RFC7644-3.1-R1":      permission,
	"RFC7644-3.1-R4":      reading + "; attributes the server does not have are found by attribute-unknown",
	"RFC7644-3.3-R5":      permission,
	"RFC7644-3.4-R1":      permission,
	"RFC7644-3.4.2.1-R1":  permission,
	"RFC7644-3.4.2.1-R3":  permission,
	"RFC7644-3.4.2.2-R2":  permission,
	"RFC7644-3.4.2.2-R3":  permission,
	"RFC7644-3.4.2.2-R7":  permission,
	"RFC7644-3.4.2.2-R20": permission,
	"RFC7644-3.4.2.2-R24": permission,
	"RFC7644-3.4.2.2-R35": permission,
	"RFC7644-3.4.2.3-R2":  permission,
	"RFC7644-3.4.2.5-R2":  permission,
	"RFC7644-3.4.3-R1":    permission,
	"RFC7644-3.4.3-R3":    permission,
	"RFC7644-3.5.1-R2":    permission,
	"RFC7644-3.5.1-R6":    permission,
	"RFC7644-3.5.2-R6":    permission,
	"RFC7644-3.5.2-R12":   permission,
	"RFC7644-3.5.2-R15":   permission,
	"RFC7644-3.7-R3":      permission,
	"RFC7644-3.7-R8":      permission,
	"RFC7644-3.7-R17":     permission,
	"RFC7644-3.7-R18":     permission,
	"RFC7644-3.8-R5":      permission,
	"RFC7644-3.9-R2":      permission,
	"RFC7644-3.10-R2":     permission,
	"RFC7644-3.11-R1":     permission,
	"RFC7644-3.11-R4":     redirect,
	"RFC7644-3.12-R5":     redirect,
	"RFC7644-3.12-R6":     redirect,
	"RFC7644-3.13-R1":     permission,
	"RFC7644-3.14-R5":     permission,
	"RFC7644-4-R1":        permission,
	"RFC7644-7.2-R1":      transport,
	"RFC7644-7.2-R4":      transport + "; whether a client checks the certificate shows only against a wrong one",
	"RFC7644-7.4-R2":      transport,
	"RFC9865-2-R13":       permission,
	"RFC9865-4-R8":        "about what a client concludes from values that are missing; the mock announces all of them",
}

// TestLintCoverage: each requirement that binds clients and can be judged over HTTP
// has a rule, or a reason why it has none. -v prints the table.
func TestLintCoverage(t *testing.T) {
	rules := map[string]string{}
	for _, r := range mocktarget.LintRules() {
		for _, id := range append(r.Also, r.Requirement) {
			rules[id] += " " + r.Rule
		}
	}
	left := map[string]string{}
	for id, reason := range unobserved {
		left[id] = reason
	}
	for r := range requirement.All() {
		if !r.Subject.Binds(requirement.Client) || r.Testable == "no" || r.RFC != "RFC7643" && r.RFC != "RFC7644" && r.RFC != "RFC9865" {
			continue
		}
		reason, excused := left[r.ID]
		delete(left, r.ID)
		switch rule := rules[r.ID]; {
		case rule != "" && excused:
			t.Errorf("%s has the rules%s and a reason why it has none", r.ID, rule)
		case rule != "":
			t.Logf("%-10s %-22s%s", r.Level, r.ID, rule)
		case excused && (reason != permission || r.Level == requirement.May):
			t.Logf("%-10s %-22s – %s", r.Level, r.ID, reason)
		case excused:
			t.Errorf("%s is %s, not a permission: %s", r.ID, r.Level, r.Statement)
		default:
			t.Errorf("%s (%s) has neither a rule nor a reason: %s How: %s", r.ID, r.Level, r.Statement, r.How)
		}
	}
	for id := range left {
		t.Errorf("%s is no requirement that needs a reason", id)
	}
}
