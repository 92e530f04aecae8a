package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/permiso/scimwright/conformance"
)

// A Difference is what two runs differ in.
type Difference struct {
	// Worse and Better are checks with another verdict, Other those that still fail, for
	// another reason. Gone and New are those that only one of the runs has made.
	Worse, Better, Other []Change
	Gone, New            []Check
	// Unlike says what makes the runs hard to compare: another target, or another mode.
	Unlike []string
}

// A Change is a check with what it was before.
type Change struct {
	Check
	Was Check
}

// worth orders verdicts; one that was not reached is no better than a warning.
var worth = map[string]int{
	string(conformance.Pass): 5, string(conformance.Info): 4, string(conformance.Warn): 3,
	string(conformance.Skip): 2, string(conformance.Error): 1, string(conformance.Fail): 0,
}

// worth orders the checks of a run by their verdicts. One that is blocked is no better
// than what blocks it, and one that is waived has failed.
func (r *Results) worth(c *Check) int {
	waived := func(w Waiver) bool { return w.ID == c.ID && w.State == string(conformance.WaiverUsed) }
	switch {
	case slices.ContainsFunc(r.Waivers, waived):
		return worth[string(conformance.Fail)]
	case c.BlockedBy == "":
		return worth[c.Verdict]
	}
	for i := range r.Checks {
		if other := &r.Checks[i]; other.ID == c.BlockedBy && other.BlockedBy == "" {
			return min(worth[c.Verdict], worth[other.Verdict])
		}
	}
	return worth[c.Verdict]
}

// Compare returns what has changed from one run to a later one.
func Compare(was, now *Results) *Difference {
	d := &Difference{}
	for _, x := range []struct{ what, was, now string }{{"the target", was.Endpoint, now.Endpoint}, {"the mode", was.Mode, now.Mode}} {
		if x.was != x.now {
			d.Unlike = append(d.Unlike, fmt.Sprintf("%s was %s and is %s", x.what, x.was, x.now))
		}
	}
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
		case now.worth(&c) < was.worth(&old):
			d.Worse = append(d.Worse, Change{c, old})
		case now.worth(&c) > was.worth(&old):
			d.Better = append(d.Better, Change{c, old})
		case c.Verdict != old.Verdict, c.Verdict != string(conformance.Skip) && lasting(old.Reason) != lasting(c.Reason):
			d.Other = append(d.Other, Change{c, old})
		}
	}
	for _, c := range was.Checks {
		if !after[c.ID] {
			d.Gone = append(d.Gone, c)
		}
	}
	return d
}

// lasting returns the words of a reason but for those that may be others in each run, as
// ids, versions and times are: those with a digit, and longer than a status.
func lasting(reason string) string {
	words := strings.FieldsFunc(reason, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(`"',;:()/`, c) })
	for i, word := range words {
		if len(word) > 3 && strings.ContainsAny(word, "0123456789") {
			words[i] = "…"
		}
	}
	return strings.Join(words, " ")
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

// Write says for people what has changed, causes before what follows from them.
func (d *Difference) Write(w io.Writer) error {
	lines := slices.Clone(d.Unlike)
	for _, part := range []struct {
		word    string
		changes []Change
	}{{"worse", d.Worse}, {"better", d.Better}, {"other", d.Other}} {
		changes := slices.Clone(part.changes)
		slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(min(1, len(a.BlockedBy)), min(1, len(b.BlockedBy))) })
		for _, c := range changes {
			line := fmt.Sprintf("%-7s %-9s %s → %s  %s", part.word, c.ID, c.Was.Verdict, c.Verdict, c.Title)
			if c.Reason != "" {
				line += ": " + c.Reason
			}
			lines = append(lines, line)
		}
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
