package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
	"github.com/permiso/scimwright/conformance/steps"
)

// lintChecks returns the rules about every answer as checks.
func lintChecks() []Check {
	var checks []Check
	for _, rule := range lint.Rules() {
		c := Check{
			ID: rule.ID, Area: "LINT", Level: Level(rule.Level), Title: rule.Title, Rule: rule.Demand,
			Feature: "Every answer of the run", Why: rule.Why, Fix: rule.Fix, Requirements: rule.Requirements, After: rule.After,
			Tags: []string{"@" + rule.ID, "@" + rule.Level, "@lint", "@protocol"},
		}
		for _, id := range rule.Requirements {
			c.Tags = append(c.Tags, "@"+id)
		}
		checks = append(checks, c)
	}
	return checks
}

// selects reports whether a tag expression selects a check, as godog reads it: "&&"
// between what must all hold, a comma between what may, "~" for what must not.
func selects(expression string, tags []string) bool {
	for clause := range strings.SplitSeq(expression, "&&") {
		clause = strings.TrimSpace(clause)
		if clause == "" {
			continue
		}
		holds := false
		for part := range strings.SplitSeq(clause, ",") {
			tag, without := strings.CutPrefix(strings.TrimSpace(part), "~")
			holds = holds || slices.Contains(tags, "@"+strings.TrimPrefix(tag, "@")) != without
		}
		if !holds {
			return false
		}
	}
	return true
}

// lookAt shows exchanges to the linter.
func (r *run) lookAt(exchanges []steps.Exchange, during string) {
	r.seen = append(r.seen, exchanges...)
	for _, x := range exchanges {
		r.during = append(r.during, during)
		accept := strings.Join(x.Request.Headers()["Accept"], ",")
		r.linter.Look(lint.Exchange{
			Method: x.Request.Method, Path: x.Request.Path, Query: x.Request.Query, Accept: accept, Sent: x.Request.Body,
			Status: x.Answer.Status, Header: x.Answer.Header, Body: x.Answer.Body,
		})
	}
}

// shownFindings is how many findings of one rule are told in words.
const shownFindings = 3

// lintResults turns what the linter has found into results.
func (r *run) lintResults() {
	for i := r.scenarios; i < len(r.checks); i++ {
		c := r.checks[i]
		result := Result{Check: c, Verdict: Pass, Sent: -1}
		findings := r.linter.Findings(c.ID)
		switch looked := r.linter.Looked(c.ID); {
		case looked == 0:
			result.Verdict, result.Reason = Skip, "nothing to look at: no answer of the run was of this kind"
		case len(findings) > 0:
			result.Verdict, result.failed = failing(c.Level), true
			result.Reason = fmt.Sprintf("%d of %d answers: %s", len(findings), looked, tell(findings))
			result.Expected, result.Sent = c.Title, 0
			for _, f := range findings[:min(len(findings), shownFindings)] {
				result.Exchanges = append(result.Exchanges, r.seen[f.Look])
			}
		}
		h := held{index: i, result: result}
		if result.failed {
			h.roots = slices.Concat(c.After, r.foundDuring(findings))
		}
		r.held = append(r.held, h)
	}
	r.settle(true)
}

// foundDuring returns checks that have failed on answers in which a rule has found
// something, if they are all that it has found: they are no news then.
func (r *run) foundDuring(findings []lint.Finding) []string {
	var during []string
	explained := map[lint.Finding]bool{}
	same := func(f lint.Finding) lint.Finding { return lint.Finding{Exchange: f.Exchange, Detail: f.Detail} }
	for _, f := range findings {
		id := r.during[f.Look]
		if at, known := r.byID[id]; known && r.results[at].failed {
			explained[same(f)] = true
			during = append(during, id)
		}
	}
	if slices.ContainsFunc(findings, func(f lint.Finding) bool { return !explained[same(f)] }) {
		return nil
	}
	return during
}

// tell writes the first findings that differ.
func tell(findings []lint.Finding) string {
	var all []string
	for _, f := range findings {
		if text := f.Exchange + ": " + f.Detail; !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if more := len(all) - shownFindings; more > 0 {
		all = append(all[:shownFindings], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}
