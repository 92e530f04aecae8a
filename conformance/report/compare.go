package report

import (
	"fmt"
	"io"

	"github.com/permiso/scimwright/conformance"
)

// A Difference is what two runs of one target differ in.
type Difference struct {
	// Worse and Better are checks with another verdict, Gone and New those that only
	// one of the runs has made.
	Worse, Better []Change
	Gone, New     []Check
}

// A Change is a check with two verdicts.
type Change struct {
	Check
	Was string
}

// worth orders verdicts; one that was not reached is no better than a warning.
var worth = map[string]int{
	string(conformance.Pass): 5, string(conformance.Info): 4, string(conformance.Warn): 3,
	string(conformance.Skip): 2, string(conformance.Error): 1, string(conformance.Fail): 0,
}

// Compare returns what has changed from one run to a later one.
func Compare(was, now *Results) *Difference {
	d := &Difference{}
	before := map[string]Check{}
	for _, c := range was.Checks {
		before[c.ID] = c
	}
	after := map[string]bool{}
	for _, c := range now.Checks {
		after[c.ID] = true
		old, known := before[c.ID]
		switch {
		case !known:
			d.New = append(d.New, c)
		case worth[c.Verdict] < worth[old.Verdict]:
			d.Worse = append(d.Worse, Change{c, old.Verdict})
		case worth[c.Verdict] > worth[old.Verdict]:
			d.Better = append(d.Better, Change{c, old.Verdict})
		}
	}
	for _, c := range was.Checks {
		if !after[c.ID] {
			d.Gone = append(d.Gone, c)
		}
	}
	return d
}

// Regressed reports whether something is worse: a check that ends worse than before,
// or a new one that fails.
func (d *Difference) Regressed() bool {
	for _, c := range d.New {
		if c.Verdict == string(conformance.Fail) || c.Verdict == string(conformance.Error) {
			return true
		}
	}
	return len(d.Worse) > 0
}

// Write says for people what has changed.
func (d *Difference) Write(w io.Writer) error {
	var lines []string
	for _, c := range d.Worse {
		lines = append(lines, fmt.Sprintf("worse   %-9s %s → %s  %s: %s", c.ID, c.Was, c.Verdict, c.Title, c.Reason))
	}
	for _, c := range d.Better {
		lines = append(lines, fmt.Sprintf("better  %-9s %s → %s  %s", c.ID, c.Was, c.Verdict, c.Title))
	}
	for _, c := range d.New {
		lines = append(lines, fmt.Sprintf("new     %-9s %s  %s", c.ID, c.Verdict, c.Title))
	}
	for _, c := range d.Gone {
		lines = append(lines, fmt.Sprintf("gone    %-9s was %s  %s", c.ID, c.Verdict, c.Title))
	}
	if len(lines) == 0 {
		lines = []string{"nothing has changed"}
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
