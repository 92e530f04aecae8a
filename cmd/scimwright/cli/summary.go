package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// A summary is what sync reports. Its JSON form is documented: fields are added,
// never changed.
type summary struct {
	App      string      `json:"app"`
	Endpoint string      `json:"endpoint"`
	Users    userCounts  `json:"users"`
	Groups   groupCounts `json:"groups"`
	Requests int         `json:"requests"`
	Duration int64       `json:"duration_ms"`
	Failures []failure   `json:"failures"`
	Held     []failure   `json:"held"`
}

type userCounts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Disabled  int `json:"disabled"`
	Deleted   int `json:"deleted"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
	Held      int `json:"held"`
}

type groupCounts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Deleted   int `json:"deleted"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
	Held      int `json:"held"`
}

type failure struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

func summarize(app *provisioner.App, r *provisioner.Result, took time.Duration) *summary {
	u, g := r.Users, r.Groups
	s := &summary{
		App: app.Name, Endpoint: app.Endpoint, Requests: r.Requests, Duration: took.Milliseconds(),
		Users:    userCounts{Created: u.Created, Updated: u.Updated, Disabled: u.Disabled, Deleted: u.Deleted, Unchanged: u.Unchanged, Skipped: u.Skipped, Failed: u.Failed, Held: u.Held},
		Groups:   groupCounts{Created: g.Created, Updated: g.Updated, Deleted: g.Deleted, Unchanged: g.Unchanged, Skipped: g.Skipped, Failed: g.Failed, Held: g.Held},
		Failures: subjects(r.Failures), Held: subjects(r.Held),
	}
	return s
}

func subjects(list []provisioner.Failure) []failure {
	out := make([]failure, 0, len(list))
	for _, f := range list {
		out = append(out, failure{Kind: string(f.Kind), ID: f.ID, Reason: f.Reason})
	}
	return out
}

// writeJSON prints the summary as one JSON document.
func (s *summary) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// writeText prints the summary for a person.
func (s *summary) writeText(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n\n", s.App, s.Endpoint)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...any) {
		for _, c := range cells {
			fmt.Fprintf(t, "%v\t", c)
		}
		fmt.Fprintln(t)
	}
	u, g := s.Users, s.Groups
	titles := []any{"", "created", "updated", "disabled", "deleted", "unchanged", "skipped", "failed"}
	users := []any{"users", u.Created, u.Updated, u.Disabled, u.Deleted, u.Unchanged, u.Skipped, u.Failed}
	groups := []any{"groups", g.Created, g.Updated, "-", g.Deleted, g.Unchanged, g.Skipped, g.Failed}
	if len(s.Held) > 0 {
		titles, users, groups = append(titles, "held"), append(users, u.Held), append(groups, g.Held)
	}
	row(titles...)
	row(users...)
	row(groups...)
	t.Flush()
	took := time.Duration(s.Duration) * time.Millisecond
	fmt.Fprintf(w, "\n%s in %s\n", count(s.Requests, "request"), took)
	writeSubjects(w, "Failed", s.Failures, u.Failed+g.Failed)
	writeSubjects(w, "Held", s.Held, u.Held+g.Held)
}

// writeSubjects lists users and groups, of whom there are n; a result names no more than
// a thousand.
func writeSubjects(w io.Writer, title string, list []failure, n int) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	for _, f := range list {
		fmt.Fprintf(w, "  %s %s: %s\n", f.Kind, f.ID, oneLine(f.Reason))
	}
	if more := n - len(list); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}

// count writes a number and a noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
