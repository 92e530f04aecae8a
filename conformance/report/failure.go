package report

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/requirement"
)

const (
	// columns is how wide the text for a terminal is, labels included.
	columns = 100
	// maxTold is how many bytes of a body a text for people shows.
	maxTold = 700
)

// A line is a part of what there is to say about a check, with what it is.
type line struct{ label, text string }

// account says of a check that did not pass what was demanded, sent, expected and found,
// and what can be done about it.
func account(c *Check) []line {
	var lines []line
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, line{label, text})
		}
	}
	for _, id := range c.Requirements {
		if row, ok := requirement.Get(id); ok {
			add("Required", fmt.Sprintf("%s (%s, %s): %s", id, c.Level, row, row.Statement))
		}
	}
	if len(c.Requirements) == 0 {
		add("Required", c.Rule)
	}
	x := c.sent()
	if x != nil {
		sent := append([]string{x.Method + " " + x.Path}, x.fields()...)
		add("Sent", strings.TrimSpace(strings.Join(append(sent, clip(x.RequestBody, maxTold)), "\n")))
	}
	add("Expected", c.Expected)
	add("Got", c.Reason)
	if x != nil && x.Status != 0 {
		add("Answer", strings.TrimSpace(fmt.Sprintf("%d %s\n%s", x.Status, http.StatusText(x.Status), clip(x.ResponseBody, maxTold))))
	}
	for _, p := range c.Parts {
		if p.Failure != "" {
			add(p.Name, p.Failure)
		}
	}
	add("Fix", c.Fix)
	return lines
}

// sent returns the exchange that the failure is about, nil if there is none.
func (c *Check) sent() *Exchange {
	if c.Sent == nil || *c.Sent < 0 || *c.Sent >= len(c.Exchanges) {
		return nil
	}
	return &c.Exchanges[*c.Sent]
}

// WriteFailures tells, for a terminal, of every check that failed, could not be judged
// or ended with a warning: what was demanded, sent, expected and found, and how to mend
// it. Those that most others fail for come first.
func (r *Results) WriteFailures(w io.Writer) error {
	for _, v := range []conformance.Verdict{conformance.Fail, conformance.Error, conformance.Warn} {
		for _, c := range r.with(v) {
			if _, err := fmt.Fprintf(w, "\n%s\n", r.Account(&c)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Account tells of a check what [Results.WriteFailures] does, without a line end after the
// last.
func (r *Results) Account(c *Check) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: %s\n", strings.ToUpper(c.Verdict), c.ID, c.Title)
	lines := account(c)
	if blocked := r.blocked(c.ID); len(blocked) > 0 {
		lines = append([]line{{"Also", fmt.Sprintf("the reason of %d more: %s", len(blocked), strings.Join(blocked, ", "))}}, lines...)
	}
	const indent = "            "
	for _, l := range lines {
		label := "  " + l.label
		if len(label) >= len(indent) { // the path of an attribute
			fmt.Fprintln(&text, label)
			label = ""
		}
		for _, part := range wrap(l.text, columns-len(indent)) {
			fmt.Fprintf(&text, "%-*s%s\n", len(indent), label, part)
			label = ""
		}
	}
	return strings.TrimRight(text.String(), "\n")
}

// Fold breaks a text into lines of at most 100 columns that begin with an indent, without
// a line end after the last. A word that is longer stays whole.
func Fold(text, indent string) string {
	return indent + strings.Join(wrap(text, columns-len(indent)), "\n"+indent)
}

// wrap breaks a text into lines between words. A word that is longer stays whole, and so
// does JSON, which somebody may want to copy.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(paragraph, "{") {
			lines = append(lines, paragraph)
			continue
		}
		current := ""
		for _, word := range strings.Fields(paragraph) {
			if current != "" && len([]rune(current))+1+len([]rune(word)) > width {
				lines, current = append(lines, current), ""
			}
			current = strings.TrimPrefix(current+" "+word, " ")
		}
		lines = append(lines, current)
	}
	return lines
}
