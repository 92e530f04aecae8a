package conformance

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
)

// A Verdict is how one check ended.
type Verdict string

// The verdicts.
const (
	// Pass: the target does what is demanded.
	Pass Verdict = "pass"
	// Fail: it does not, and it must.
	Fail Verdict = "fail"
	// Warn: it does not, and it should; or what it does is allowed and causes
	// trouble.
	Warn Verdict = "warn"
	// Info: it does not, and it need not.
	Info Verdict = "info"
	// Skip: the check was left out; the reason says why.
	Skip Verdict = "skip"
	// Error: the check could not be judged.
	Error Verdict = "error"
)

// A Result is a check and how it ended.
type Result struct {
	Check
	Verdict Verdict
	// Reason says what was wrong, or why the check was left out. It is "" for a
	// check that passed.
	Reason string
	// BlockedBy is, for a check that was skipped since another one has failed, the id
	// of that one.
	BlockedBy string
	// Parts are what was found out about each of several attributes.
	Parts []steps.Part
	// Exchanges are all that went over the wire, cleanup included.
	Exchanges []steps.Exchange
	Duration  time.Duration
}

// A Report is what a run found out.
type Report struct {
	// Endpoint is the base URL of the target.
	Endpoint string
	// Run identifies the run; everything it made was called scimwright-<Run>-….
	Run      string
	Started  time.Time
	Duration time.Duration
	// Results are in the order of [Checks].
	Results []Result
	// Leaks lists what the run made in the target and could not remove.
	Leaks []steps.Leak
}

// Count returns how many checks ended with a verdict.
func (r *Report) Count(v Verdict) int {
	n := 0
	for _, result := range r.Results {
		if result.Verdict == v {
			n++
		}
	}
	return n
}

// Good reports whether nothing was found wrong and every check that ran was
// judged.
func (r *Report) Good() bool { return r.Count(Fail) == 0 && r.Count(Error) == 0 }

func (r *Report) ran() bool { return r.Count(Skip) < len(r.Results) }

func (r *run) report() *Report {
	return &Report{
		Endpoint: r.target.Endpoint(), Run: r.config.Run, Started: r.started,
		Duration: r.config.Now().Sub(r.started), Results: r.results, Leaks: r.leaks,
	}
}

// outcome turns the end of a scenario into a result.
func (r *run) outcome(o steps.Outcome) {
	i, known := r.byScenario[o.Scenario]
	if !known {
		return
	}
	result := Result{Check: r.checks[i], Parts: o.Parts, Exchanges: o.Exchanges}
	result.Verdict, result.Reason, result.BlockedBy = r.verdict(r.checks[i], o)
	now := r.config.Now()
	result.Duration, r.begun = now.Sub(r.begun), now
	r.leaks = append(r.leaks, o.Leaks...)
	r.record(i, result)
}

// verdict decides how a check ended, why, and which other check is the reason.
func (r *run) verdict(c Check, o steps.Outcome) (v Verdict, reason, blockedBy string) {
	switch {
	case o.Err != nil && steps.IsFailure(o.Err):
		if root := r.rootOf(c, o.Err); root != "" {
			return Skip, "blocked by " + root + ": " + sentence(o.Err), root
		}
		if steps.IsUnmet(o.Err) {
			return Error, sentence(o.Err), ""
		}
		return failing(c.Level), sentence(o.Err), ""
	case o.Err != nil:
		return Error, sentence(o.Err), ""
	case o.Skipped != "":
		return Skip, o.Skipped, ""
	case len(o.Remarks) > 0 && c.Level == May:
		return Info, strings.Join(o.Remarks, "; "), ""
	case len(o.Remarks) > 0:
		return Warn, strings.Join(o.Remarks, "; "), ""
	default:
		return Pass, "", ""
	}
}

// failing is the verdict on a target that does not do what a demand of a level is.
func failing(l Level) Verdict {
	switch l {
	case Should:
		return Warn
	case May:
		return Info
	default:
		return Fail
	}
}

// rootOf returns the check that has failed already and is the reason of a failure,
// "" if there is none.
func (r *run) rootOf(c Check, err error) string {
	for _, id := range slices.Concat(steps.Roots(err), c.After) {
		i := slices.IndexFunc(r.checks, func(other Check) bool { return other.ID == id })
		if i < 0 || id == c.ID || !r.done[i] {
			continue
		}
		switch root := r.results[i]; {
		case root.BlockedBy != "":
			return root.BlockedBy
		case root.Verdict == Fail, root.Verdict == Error:
			return id
		}
	}
	return ""
}

// sentence joins the errors of a scenario into one line.
func sentence(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

func (r *run) record(i int, result Result) {
	r.results[i], r.done[i] = result, true
	if r.config.OnResult != nil {
		r.config.OnResult(result)
	}
}

func (r *run) skipResult(i int) Result {
	return Result{Check: r.checks[i], Verdict: Skip, Reason: r.skip(r.checks[i].Tags)}
}

// The status of a command that runs a verification.
const (
	ExitGood        = 0
	ExitNotGood     = 1
	ExitUsage       = 2
	ExitCouldNotRun = 3
	ExitLeaked      = 4
	ExitInterrupted = 130
)

// ExitCode returns the status of a command for what [Run] returned: 0 if all is
// good, 1 if a check failed or could not be judged, 2 if the configuration is
// wrong or nothing was left to run, 3 if the target could not be judged at all, 4
// if something was left behind in it, whatever else happened, and 130 if the run
// was interrupted.
func ExitCode(report *Report, err error) int {
	var config *ConfigError
	var nothing *NothingError
	var target *TargetError
	switch {
	case report != nil && len(report.Leaks) > 0:
		return ExitLeaked
	case errors.As(err, &config), errors.As(err, &nothing):
		return ExitUsage
	case errors.As(err, &target):
		return ExitCouldNotRun // also when it was a timeout that said so
	case interrupted(err):
		return ExitInterrupted
	case err != nil:
		return ExitCouldNotRun
	case !report.Good():
		return ExitNotGood
	default:
		return ExitGood
	}
}
