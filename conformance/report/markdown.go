package report

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance"
)

// longestMarkdown is how many bytes a comment on a pull request may have, with some to
// spare.
const longestMarkdown = 60_000

// mostLeaks is how many things that were left behind it names.
const mostLeaks = 20

// writeMarkdown writes what fits a comment on a pull request: the conclusion, a table
// of areas, and every check that needs somebody, root causes first.
func writeMarkdown(w io.Writer, r *Results) error {
	var text strings.Builder
	s := r.Summary
	fmt.Fprintf(&text, "## SCIM 2.0: %s\n\n", s.Conclusion)
	fmt.Fprintf(&text, "`%s`, %s, %d requests, scimwright %s. %d of %d testable requirements exercised.\n\n", r.Endpoint, r.Mode, r.Requests, r.Tool.Version, s.Requirements.Exercised, s.Requirements.Testable)
	if r.BrokeOff != "" {
		fmt.Fprintf(&text, "**The run broke off, and the rest was not judged:** %s\n\n", inline(r.BrokeOff))
	}
	text.WriteString("| area | pass | fail | warn | info | error | skip |\n|---|--:|--:|--:|--:|--:|--:|\n")
	for _, area := range r.areas() {
		c := area.Summary
		fmt.Fprintf(&text, "| %s | %d | %d | %d | %d | %d | %d |\n", area.Name, c.Pass, c.Fail, c.Warn, c.Info, c.Error, c.Skip)
	}
	for _, leak := range r.Leaks[:min(len(r.Leaks), mostLeaks)] {
		fmt.Fprintf(&text, "\n**Left behind, remove it by hand:** %s `%s` %s\n", leak.Kind, strings.ReplaceAll(leak.ID, "`", "'"), inline(clip(leak.Reason, 300)))
	}
	if more := len(r.Leaks) - mostLeaks; more > 0 {
		fmt.Fprintf(&text, "\n**Left behind are %d more;** report.html lists them all.\n", more)
	}
	omitted := 0
	for _, v := range []conformance.Verdict{conformance.Fail, conformance.Error, conformance.Warn} {
		for i, c := range r.with(v) {
			var part strings.Builder
			if i == 0 {
				fmt.Fprintf(&part, "\n### %s\n", heading(v))
			}
			r.markdownCheck(&part, &c)
			if text.Len()+part.Len() > longestMarkdown {
				omitted++
				continue
			}
			text.WriteString(part.String())
		}
	}
	if omitted > 0 {
		fmt.Fprintf(&text, "\nThere are %d more; report.html has them all.\n", omitted)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func (r *Results) markdownCheck(text *strings.Builder, c *Check) {
	fmt.Fprintf(text, "\n<details><summary><b>%s</b> %s", c.ID, escapeHTML(c.Title))
	if blocked := r.blocked(c.ID); len(blocked) > 0 {
		fmt.Fprintf(text, " (the reason of %d more)", len(blocked))
	}
	text.WriteString("</summary>\n\n")
	for _, l := range account(c) {
		said := inline(l.text)
		if l.label == "Sent" || l.label == "Answer" {
			said = "`" + strings.NewReplacer("\n", " ", "`", "'").Replace(l.text) + "`"
		}
		fmt.Fprintf(text, "- **%s:** %s\n", inline(l.label), said)
	}
	if len(c.Exchanges) > 0 {
		shown := clip(strings.TrimSpace(transcript(c.telling())), 3000)
		fence := "```"
		for strings.Contains(shown, fence) {
			fence += "`"
		}
		fmt.Fprintf(text, "\n%s\n%s\n%s\n", fence, shown, fence)
	}
	text.WriteString("\n</details>\n")
}

// mostTelling is how many exchanges a text for people shows.
const mostTelling = 4

// telling returns the exchanges that say most about a check: from the one that it failed
// over, otherwise the last ones, each that was repeated only once.
func (c *Check) telling() []Exchange {
	first := max(0, len(c.Exchanges)-mostTelling)
	if c.Sent != nil {
		first = *c.Sent
	}
	told := slices.CompactFunc(slices.Clone(c.Exchanges[first:]), func(a, b Exchange) bool { return reflect.DeepEqual(a, b) })
	return told[:min(len(told), mostTelling)]
}

func heading(v conformance.Verdict) string {
	switch v {
	case conformance.Fail:
		return "Failed"
	case conformance.Error:
		return "Could not be judged"
	default:
		return "Warnings"
	}
}

// inline keeps a text on its line and from being read as markup.
func inline(text string) string {
	return strings.NewReplacer("\n", " ", "|", `\|`, "&", "&amp;", "<", "&lt;", "*", `\*`, "_", `\_`, "[", `\[`, "`", "'").Replace(text)
}

var escapeHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace

func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + " …"
}

// An area is a part of the checks with how they ended.
type area struct {
	Name    string
	Summary Summary
	Checks  []Check
}

// areas returns the areas in the order of their first check.
func (r *Results) areas() []*area {
	var all []*area
	byName := map[string]*area{}
	for _, c := range r.Checks {
		a := byName[c.Area]
		if a == nil {
			a = &area{Name: c.Area}
			byName[c.Area] = a
			all = append(all, a)
		}
		a.Checks = append(a.Checks, c)
	}
	for _, a := range all {
		a.Summary = tally(a.Checks)
	}
	return all
}
