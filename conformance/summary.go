package conformance

import (
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/requirement"
)

// A Conclusion is how a target did, all in all.
type Conclusion string

// The conclusions.
const (
	// Conformant: everything that binds was checked and nothing was wrong, except
	// where the target says that it does not offer what is checked.
	Conformant Conclusion = "conformant"
	// Partial: nothing was wrong in what was checked, and something that binds was not.
	Partial Conclusion = "partial"
	// NonConformant: something that binds is not so.
	NonConformant Conclusion = "non-conformant"
)

// A Summary says how the target did by one profile.
type Summary struct {
	// Profile is the name of the profile, "" for a selection without one.
	Profile    string
	Conclusion Conclusion
	// Failed, Unchecked and NotSelected count checks of what binds: those that failed,
	// those that could not be made or judged, and those of the profile that were not
	// selected.
	Failed, Unchecked, NotSelected int
	// Exercised counts the requirements that a check put to the test, Testable those
	// that the profile is about and that can be tested over HTTP.
	Exercised, Testable int
}

// Conclusion is the worst of the summaries.
func (r *Report) Conclusion() Conclusion {
	worst := Conformant
	for _, s := range r.Summaries {
		if s.Conclusion == NonConformant || worst == Conformant {
			worst = s.Conclusion
		}
	}
	return worst
}

// summaries sums up the results by profile.
func (r *run) summaries() []Summary {
	var all []Summary
	for _, p := range r.profiles() {
		all = append(all, r.summarize(p))
	}
	return all
}

// profiles are those that the run is about. A selection that names its checks without
// a profile has one of its own, which holds nothing else.
func (r *run) profiles() []Profile {
	switch {
	case len(r.chosen.profiles) > 0:
		return r.chosen.profiles
	case r.chosen.tags != "" || len(r.chosen.only) > 0:
		return []Profile{{selects: r.chosen.has}}
	default:
		return Profiles()[:1]
	}
}

func (r *run) summarize(p Profile) Summary {
	s := Summary{Profile: p.Name}
	cited, exercised := map[string]bool{}, map[string]bool{}
	for i := range r.results {
		result := &r.results[i]
		if !p.selects(&result.Check) {
			continue
		}
		s.count(result)
		for _, id := range result.Requirements {
			cited[id] = true
			exercised[id] = exercised[id] || result.judged()
		}
	}
	for i := range r.all {
		if c := &r.all[i]; c.Level == Must && p.selects(c) && !r.chosen.has(c) {
			s.NotSelected++
		}
	}
	for row := range requirement.All() {
		if p.about != nil && !p.about(row) || p.about == nil && !(cited[row.ID] && testable(row)) {
			continue
		}
		s.Testable++
		if exercised[row.ID] {
			s.Exercised++
		}
	}
	switch {
	case s.Failed > 0:
		s.Conclusion = NonConformant
	case s.Unchecked+s.NotSelected > 0:
		s.Conclusion = Partial
	default:
		s.Conclusion = Conformant
	}
	return s
}

// count adds a result to what counts.
func (s *Summary) count(result *Result) {
	switch {
	case result.Verdict == Fail:
		s.Failed++
	case result.Verdict == Error, result.Verdict == Skip && result.Level == Must && !result.excused():
		s.Unchecked++
	}
}

// judged reports whether a check came to a verdict on the target.
func (r *Result) judged() bool {
	return r.Verdict != Error && (r.Verdict != Skip || r.waived)
}

// excuses begin the reasons of checks that were left out since they are not about what
// the target offers.
var excuses = [...]string{"not advertised:", "not offered:", "not about this target:", "nothing to look at:"}

// excused reports whether a check was left out since it is not about this target.
func (r *Result) excused() bool {
	return slices.ContainsFunc(excuses[:], func(excuse string) bool { return strings.HasPrefix(r.Reason, excuse) })
}
