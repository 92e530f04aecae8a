package report

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/requirement"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"statement": statement, "transcript": transcript, "seconds": seconds, "trim": strings.TrimSpace, "request": request,
}).Parse(page))

// request is what a check has sent that did not pass, without its body, "" if that is not
// known.
func request(c Check) string {
	x := c.sent()
	if x == nil {
		return ""
	}
	return strings.Join(append([]string{x.Method + " " + x.Path}, x.fields()...), "\n")
}

// A row is one requirement in the matrix of what was put to the test.
type row struct {
	ID, Level, Statement string
	Checks               []Check
	// Worst is the verdict that says most against the target, "" if nothing was
	// checked.
	Worst string
}

// A section is a section of an RFC with its requirements.
type section struct {
	Name            string
	Rows            []row
	Tested, Of, Bad int
}

// writeHTML writes one page that needs nothing but itself.
func writeHTML(w io.Writer, r *Results) error {
	type count struct {
		Verdict string
		N       int
	}
	var counts []count
	for _, v := range verdicts {
		counts = append(counts, count{string(v), *r.Summary.counter(v)})
	}
	return pageTemplate.Execute(w, map[string]any{
		"Results": r, "Counts": counts, "Areas": r.areas(), "Sections": r.matrix(), "Blocked": r.blockers(),
		"First": slices.Concat(r.with(conformance.Fail), r.with(conformance.Error), r.with(conformance.Warn)),
	})
}

// blockers maps each check to those that it is the reason of.
func (r *Results) blockers() map[string][]string {
	all := map[string][]string{}
	for _, c := range r.Checks {
		if c.BlockedBy != "" {
			all[c.BlockedBy] = append(all[c.BlockedBy], c.ID)
		}
	}
	return all
}

// matrix lists every testable requirement of a server with the checks about it.
func (r *Results) matrix() []*section {
	about := map[string][]Check{}
	for _, c := range r.Checks {
		for _, id := range c.Requirements {
			about[id] = append(about[id], c)
		}
	}
	var sections []*section
	for req := range requirement.All() {
		if !testable(req) {
			continue
		}
		name := req.RFC + " section " + req.Section
		at := slices.IndexFunc(sections, func(s *section) bool { return s.Name == name })
		if at < 0 {
			at, sections = len(sections), append(sections, &section{Name: name})
		}
		s := sections[at]
		line := row{ID: req.ID, Level: string(req.Level), Statement: req.Statement, Checks: about[req.ID]}
		for _, c := range line.Checks {
			if line.Worst == "" || worth[c.Verdict] < worth[line.Worst] {
				line.Worst = c.Verdict
			}
		}
		s.Of++
		if line.Worst != "" {
			s.Tested++
		}
		if line.Worst == "fail" || line.Worst == "error" {
			s.Bad++
		}
		s.Rows = append(s.Rows, line)
	}
	return sections
}
