package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/permiso/scimwright/conformance"
)

// The elements of JUnit's XML as build servers read it: a suite for each area, a case
// for each check. What JUnit has no word for, a warning, is output of a case that has
// passed.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []*junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Skipped   int         `xml:"skipped,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Time     string `xml:"time,attr"`

		ms int64
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitSkipped `xml:"skipped"`
		Error   *junitProblem `xml:"error"`
		Failure *junitProblem `xml:"failure"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

func writeJUnit(w io.Writer, r *Results) error {
	all := &junitSuites{Name: "scimwright verify " + r.Endpoint}
	byArea := map[string]*junitSuite{}
	for i := range r.Checks {
		c := &r.Checks[i]
		s := byArea[c.Area]
		if s == nil {
			s = &junitSuite{Name: c.Area, Timestamp: r.Started.Format("2006-01-02T15:04:05")}
			byArea[c.Area] = s
			all.Suites = append(all.Suites, s)
		}
		s.Cases = append(s.Cases, newJUnitCase(c))
		for _, counts := range []*junitCounts{&all.junitCounts, &s.junitCounts} {
			counts.add(c)
		}
		if c.Verdict == string(conformance.Skip) {
			s.Skipped++
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (counts *junitCounts) add(c *Check) {
	counts.Tests++
	counts.ms += c.DurationMS
	counts.Time = seconds(counts.ms)
	switch conformance.Verdict(c.Verdict) {
	case conformance.Fail:
		counts.Failures++
	case conformance.Error:
		counts.Errors++
	}
}

func newJUnitCase(c *Check) junitCase {
	out := junitCase{Name: printable(c.ID + " " + c.Title), Class: c.Area, Time: seconds(c.DurationMS)}
	reason := printable(c.Reason)
	switch conformance.Verdict(c.Verdict) {
	case conformance.Fail:
		out.Failure = &junitProblem{Message: reason, Type: c.Level, Text: printable(explain(c))}
	case conformance.Error:
		out.Error = &junitProblem{Message: reason, Type: "error", Text: printable(explain(c))}
	case conformance.Skip:
		out.Skipped = &junitSkipped{Message: reason}
	case conformance.Warn, conformance.Info:
		out.Output = printable(c.Verdict + ": " + explain(c))
	}
	return out
}

// explain says what was demanded and what was found, with what went over the wire.
func explain(c *Check) string {
	var text strings.Builder
	fmt.Fprintln(&text, c.Rule)
	for _, l := range account(c) {
		fmt.Fprintf(&text, "%s: %s\n", l.label, l.text)
	}
	text.WriteString(transcript(c.Exchanges))
	return text.String()
}

// transcript shows exchanges as people write them down.
func transcript(exchanges []Exchange) string {
	var text strings.Builder
	for _, x := range exchanges {
		fmt.Fprintf(&text, "\n> %s %s\n", x.Method, x.Path)
		for _, field := range x.fields() {
			fmt.Fprintf(&text, "> %s\n", field)
		}
		if x.RequestBody != "" {
			fmt.Fprintf(&text, "> %s\n", x.RequestBody)
		}
		if x.Fate != "" {
			fmt.Fprintf(&text, "< (%s)\n", x.Fate)
		}
		if x.Status != 0 {
			fmt.Fprintf(&text, "< %d\n", x.Status)
		}
		for _, field := range unusual(x.ResponseHeaders) {
			fmt.Fprintf(&text, "< %s\n", field)
		}
		if x.ResponseBody != "" {
			fmt.Fprintf(&text, "< %s\n", x.ResponseBody)
		}
	}
	return text.String()
}

func seconds(ms int64) string { return fmt.Sprintf("%d.%03d", ms/1000, ms%1000) }

// printable leaves out characters that XML 1.0 cannot carry.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= 0x20 && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "�"))
}
