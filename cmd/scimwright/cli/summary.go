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
}

type userCounts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Disabled  int `json:"disabled"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
}

type groupCounts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Deleted   int `json:"deleted"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
}

type failure struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

func summarize(app *provisioner.App, r *provisioner.Result, requests int, took time.Duration) *summary {
	u, g := r.Users, r.Groups
	s := &summary{
		App: app.Name, Endpoint: app.Endpoint, Requests: requests, Duration: took.Milliseconds(),
		Users:    userCounts{Created: u.Created, Updated: u.Updated, Disabled: u.Disabled, Unchanged: u.Unchanged, Skipped: u.Skipped, Failed: u.Failed},
		Groups:   groupCounts{Created: g.Created, Updated: g.Updated, Deleted: g.Deleted, Unchanged: g.Unchanged, Skipped: g.Skipped, Failed: g.Failed},
		Failures: make([]failure, 0, len(r.Failures)),
	}
	for _, f := range r.Failures {
		s.Failures = append(s.Failures, failure{Kind: string(f.Kind), ID: f.ID, Reason: f.Reason})
	}
	return s
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
	row("", "created", "updated", "disabled", "deleted", "unchanged", "skipped", "failed")
	u, g := s.Users, s.Groups
	row("users", u.Created, u.Updated, u.Disabled, "-", u.Unchanged, u.Skipped, u.Failed)
	row("groups", g.Created, g.Updated, "-", g.Deleted, g.Unchanged, g.Skipped, g.Failed)
	t.Flush()
	took := time.Duration(s.Duration) * time.Millisecond
	fmt.Fprintf(w, "\n%s in %s\n", count(s.Requests, "request"), took)
	if len(s.Failures) == 0 {
		return
	}
	fmt.Fprintf(w, "\nFailed:\n")
	for _, f := range s.Failures {
		fmt.Fprintf(w, "  %s %s: %s\n", f.Kind, f.ID, f.Reason)
	}
}

// count writes a number and a noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
