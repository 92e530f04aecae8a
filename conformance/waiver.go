package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Waiver says that the failure of a check is known and does not count for a while.
type Waiver struct {
	// ID is the id of the check.
	ID string
	// Until is the last day on which it does not count, in UTC.
	Until time.Time
	// Reason says why it is put up with, for those who read the report.
	Reason string
}

// A WaiverState is what became of a waiver in a run.
type WaiverState string

// The states of waivers.
const (
	// WaiverUsed: the check failed, and that did not count.
	WaiverUsed WaiverState = "used"
	// WaiverExpired: its last day is past, so that it changed nothing.
	WaiverExpired WaiverState = "expired"
	// WaiverNeedless: the check passed.
	WaiverNeedless WaiverState = "needless"
	// WaiverIdle: the check was not made.
	WaiverIdle WaiverState = "idle"
)

// A WaiverUse is a waiver and what became of it.
type WaiverUse struct {
	Waiver
	State WaiverState
}

func (u WaiverUse) String() string {
	day := u.Until.Format(time.DateOnly)
	switch u.State {
	case WaiverExpired:
		return fmt.Sprintf("the waiver of %s has expired on %s and counts no more (%s)", u.ID, day, u.Reason)
	case WaiverNeedless:
		return fmt.Sprintf("%s passes: its waiver (%s) can go", u.ID, u.Reason)
	case WaiverIdle:
		return fmt.Sprintf("%s was not made, so that nothing was waived (%s)", u.ID, u.Reason)
	default:
		return fmt.Sprintf("%s fails and is waived until %s (%s)", u.ID, day, u.Reason)
	}
}

// ParseWaivers reads a list of waivers in YAML:
//
//   - id: SORT-02
//     until: 2027-03-01
//     reason: our search index cannot do it; ticket 4711
//
// Each has all three. The error says which one is wrong, and how.
func ParseWaivers(text []byte) ([]Waiver, error) {
	var rows []struct {
		ID     string `yaml:"id"`
		Until  string `yaml:"until"`
		Reason string `yaml:"reason"`
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&rows); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("waivers are a list of id, until and reason: %w", err)
	}
	var all []Waiver
	for i, r := range rows {
		until, err := time.Parse(time.DateOnly, strings.TrimSpace(r.Until))
		switch {
		case r.ID == "":
			return nil, fmt.Errorf("waiver %d has no id: name the check", i+1)
		case err != nil:
			return nil, fmt.Errorf("the waiver of %s has no day on which it ends: write until: 2027-03-01", r.ID)
		case strings.TrimSpace(r.Reason) == "":
			return nil, fmt.Errorf("the waiver of %s has no reason: say why the failure is put up with", r.ID)
		}
		all = append(all, Waiver{ID: strings.ToUpper(strings.TrimSpace(r.ID)), Until: until, Reason: strings.TrimSpace(r.Reason)})
	}
	return all, nil
}

// checkWaivers refuses waivers of checks that there are not, and two of one check.
func checkWaivers(waivers []Waiver, checks []Check) error {
	for i, w := range waivers {
		if !slices.ContainsFunc(checks, func(c Check) bool { return c.ID == w.ID }) {
			return fmt.Errorf("there is a waiver of %q, and there is no such check", w.ID)
		}
		if slices.ContainsFunc(waivers[:i], func(other Waiver) bool { return other.ID == w.ID }) {
			return fmt.Errorf("there are two waivers of %s: leave one", w.ID)
		}
	}
	return nil
}

// expired reports whether the last day of a waiver is past.
func (w Waiver) expired(now time.Time) bool { return !now.Before(w.Until.AddDate(0, 0, 1)) }

// waive turns the failure of a check into one that does not count, if it is waived.
func (r *run) waive(result *Result) {
	at := slices.IndexFunc(r.config.Waivers, func(w Waiver) bool { return w.ID == result.ID })
	if at < 0 || !countsAgainst(result.Verdict) {
		return
	}
	if w := r.config.Waivers[at]; !w.expired(r.started) {
		result.Verdict, result.waived = Skip, true
		result.Reason = fmt.Sprintf("waived until %s (%s): %s", w.Until.Format(time.DateOnly), w.Reason, result.Reason)
	}
}

// countsAgainst reports whether a verdict says that something is not as it should be.
func countsAgainst(v Verdict) bool { return v == Fail || v == Warn || v == Error }

// waiverUses says what became of each waiver.
func (r *run) waiverUses() []WaiverUse {
	var uses []WaiverUse
	for _, w := range r.config.Waivers {
		use := WaiverUse{Waiver: w, State: WaiverIdle}
		at := slices.IndexFunc(r.results, func(result Result) bool { return result.ID == w.ID })
		switch {
		case at < 0:
		case r.results[at].waived:
			use.State = WaiverUsed
		case w.expired(r.started):
			use.State = WaiverExpired
		case r.results[at].Verdict == Pass || r.results[at].Verdict == Info:
			use.State = WaiverNeedless
		}
		uses = append(uses, use)
	}
	return uses
}
