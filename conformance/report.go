package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"

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
	// Exchanges are all that went over the wire, cleanup included. For a rule about
	// every answer they are the first ones that break it.
	Exchanges []steps.Exchange
	// Requests is how many the check has sent. A rule about every answer sends none.
	Requests int
	// Expected is the sentence of the scenario that did not come true, "" if none was
	// in the way. Sent is the exchange whose request it is about, -1 if there is none.
	Expected string
	Sent     int
	Duration time.Duration

	// failed says that the target did not do what the check demands, whatever the
	// level makes of it.
	failed bool
	// waived says that it failed and that this is put up with.
	waived bool
}

// A Report is what a run found out.
type Report struct {
	// Endpoint is the base URL of the target.
	Endpoint string
	// Run identifies the run; everything it made was called scimwright-<Run>-….
	Run string
	// Write says that the run was allowed to make resources.
	Write    bool
	Started  time.Time
	Duration time.Duration
	// BrokeOff is why the run ended before all checks were made, "" if it did not.
	BrokeOff string
	// Requests is how many were sent, those included that find out what the target offers.
	Requests int
	// Results are in the order of [Checks].
	Results []Result
	// Summaries says how the target did by each profile of the run.
	Summaries []Summary
	// Waivers says what became of each waiver.
	Waivers []WaiverUse
	// Leaks lists what the run made in the target and could not remove.
	Leaks []steps.Leak
	// Ledger names the file in which the same is written down for [Cleanup], "" if
	// there is none.
	Ledger string
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

// ran reports whether any scenario was judged.
func (r *run) ran() bool {
	return slices.ContainsFunc(r.results[:r.scenarios], func(result Result) bool { return result.Verdict != Skip })
}

func (r *run) report() *Report {
	report := &Report{
		Endpoint: r.target.Endpoint(), Run: r.config.Run, Write: r.config.Write, Started: r.started,
		Duration: r.config.Now().Sub(r.started), Requests: len(r.seen), Results: r.results,
		Summaries: r.summaries(), Waivers: r.waiverUses(), Leaks: r.leaks,
	}
	if r.ledger != nil && len(r.leaks) > 0 {
		report.Ledger = r.ledger.Name()
	}
	return report
}

// breakOff notes that the run ended early. What it did not come to may be anything.
func (r *Report) breakOff(err error) {
	r.BrokeOff = sentence(err)
	for i := range r.Summaries {
		if s := &r.Summaries[i]; s.Conclusion == Conformant {
			s.Conclusion = Partial
		}
	}
}

// outcome turns the end of a scenario into a result.
func (r *run) outcome(o steps.Outcome) {
	i, known := r.byID[o.ID]
	if !known {
		return
	}
	result := Result{
		Check: r.checks[i], Parts: o.Parts, Exchanges: o.Exchanges, Requests: len(o.Exchanges),
		Expected: o.Expected, Sent: o.Sent, failed: o.Err != nil,
	}
	result.Verdict, result.Reason = verdict(r.checks[i], o)
	now := r.config.Now()
	result.Duration, r.begun = now.Sub(r.begun), now
	r.leaks = append(r.leaks, o.Leaks...)
	r.lookAt(o.Exchanges, result.ID)
	h := held{index: i, result: result}
	violation, violated := errors.AsType[*steps.Violation](o.Err)
	switch {
	case o.Own:
	case o.Skipped != "" && o.Skipped == r.leaky():
		h.roots = deletions[:]
	case steps.IsFailure(o.Err), violated, len(o.Remarks) > 0:
		h.roots = slices.Concat(o.Roots, result.After)
	case o.Interrupted && r.stopped != nil:
		h.result.BlockedBy = r.stopped.reason()
		h.result.Reason = fmt.Sprintf("blocked by %s: %s ended the run", h.result.BlockedBy, r.stopped.Check)
	}
	if violated {
		root, _ := r.rootOf(h)
		r.stopped = &StoppedError{Check: result.ID, Root: root, Err: violation}
		r.stop(r.stopped)
	} else if err := r.target.Trouble(); err != nil {
		r.stop(&TargetError{Endpoint: r.target.Endpoint(), Detail: err.Error()})
	}
	r.held = append(r.held, h)
	r.settle(false)
}

// A held is a result that waits for those of the checks that may be the reason of it.
type held struct {
	index  int
	result Result
	roots  []string
}

// settle records the results that wait for nothing any more, all of them at the end.
func (r *run) settle(end bool) {
	for progress := true; progress; {
		progress = false
		for at, h := range r.held {
			root, known := r.rootOf(h)
			if !known && !end {
				continue
			}
			if root != "" {
				h.result.Verdict, h.result.BlockedBy = Skip, root
				h.result.Reason = "blocked by " + root + ": " + h.result.Reason
			}
			r.held = slices.Delete(r.held, at, at+1)
			r.record(h.index, h.result)
			progress = true
			break
		}
	}
}

// rootOf returns the check that is the reason of a failure, "" if there is none, and
// whether that is known already.
func (r *run) rootOf(h held) (root string, known bool) {
	known = true
	for _, id := range h.roots {
		i, selected := r.byID[id]
		switch {
		case !selected || i == h.index:
		case !r.done[i]:
			known = false
		case r.results[i].BlockedBy != "":
			return r.results[i].BlockedBy, true
		case r.results[i].failed:
			return id, true
		}
	}
	return "", known
}

// verdict decides how a check ended, and why.
func verdict(c Check, o steps.Outcome) (v Verdict, reason string) {
	switch {
	case errors.Is(o.Err, godog.ErrUndefined):
		return Error, strings.Replace(sentence(o.Err), godog.ErrUndefined.Error(), "nobody has defined a sentence like this one, and verify steps lists those there are", 1)
	case steps.IsUnmet(o.Err):
		return Error, sentence(o.Err)
	case o.Err != nil && steps.IsFailure(o.Err):
		return failing(c.Level), sentence(o.Err)
	case o.Err != nil:
		return Error, sentence(o.Err)
	case o.Skipped != "":
		return Skip, o.Skipped
	case len(o.Remarks) > 0 && c.Level == May:
		return Info, strings.Join(o.Remarks, "; ")
	case len(o.Remarks) > 0:
		return Warn, strings.Join(o.Remarks, "; ")
	default:
		return Pass, ""
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

// sentence joins the errors of a scenario into one line.
func sentence(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

func (r *run) record(i int, result Result) {
	if result.Verdict == Warn && r.chosen.strict() {
		result.Verdict = Fail
	}
	r.waive(&result)
	r.results[i], r.done[i] = result, true
	if r.config.OnResult != nil {
		r.config.OnResult(result)
	}
}

func (r *run) skipResult(i int) Result {
	reason := "nothing to look at: no check was run"
	if i < r.scenarios {
		reason = r.skip(r.checks[i].Tags)
	}
	return Result{Check: r.checks[i], Verdict: Skip, Reason: reason, Sent: -1}
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
