package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// shownForeign is how many resources of others a plan names for people.
const shownForeign = 20

// writePlanText prints a plan for a person.
func writePlanText(w io.Writer, plan *provisioner.SyncPlan) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s: %s\nNothing was changed. A sync would\n\n", plan.App, plan.Endpoint)
	for i := range plan.Changes {
		writeChange(b, &plan.Changes[i])
	}
	if len(plan.Changes) == 0 {
		fmt.Fprintln(b, "change nothing")
	}
	writePlanForeign(b, plan.Foreign)
	for _, note := range plan.Notes {
		fmt.Fprintf(b, "\nNote: %s\n", note)
	}
	fmt.Fprintln(b)
	writePlanCounts(b, plan)
	took := time.Duration(plan.Estimate) * time.Millisecond
	fmt.Fprintf(b, "\n%d users and groups stay as they are, about %s in %s\n", plan.Unchanged, count(plan.Requests, "request"), took)
	return b.Flush()
}

func writeChange(w io.Writer, c *provisioner.Change) {
	who := strings.ToLower(string(c.Kind)) + " " + c.ID
	if c.Name != "" && c.Name != c.ID {
		who += " (" + c.Name + ")"
	}
	who = oneLine(who)
	switch {
	case c.Held != "":
		fmt.Fprintf(w, "hold    %s: would %s, but %s\n", who, c.Action, oneLine(c.Held))
	case c.Problem != "" && c.Requests == 0:
		fmt.Fprintf(w, "stuck   %s: %s\n", who, oneLine(c.Problem))
	default:
		fmt.Fprintf(w, "%-7s %s", c.Action, who)
		if c.RemoteID != "" {
			fmt.Fprintf(w, ", %s in the app", oneLine(c.RemoteID))
		}
		for _, why := range []string{c.Reason, c.Problem} {
			if why != "" {
				fmt.Fprintf(w, "; %s", oneLine(why))
			}
		}
		fmt.Fprintln(w)
	}
	width := 0
	for _, f := range c.Fields {
		width = max(width, len(f.Path))
	}
	for _, f := range c.Fields {
		switch {
		case len(f.Old) == 0:
			fmt.Fprintf(w, "          %-*s  %s\n", width, f.Path, value(f.New))
		default:
			fmt.Fprintf(w, "          %-*s  %s → %s\n", width, f.Path, value(f.Old), value(f.New))
		}
	}
	writeMembers(w, "+", c.Joins)
	writeMembers(w, "-", c.Leaves)
}

func value(v json.RawMessage) string {
	if len(v) == 0 {
		return "(none)"
	}
	return visible(string(v))
}

func writeMembers(w io.Writer, sign string, members []string) {
	if len(members) > 0 {
		fmt.Fprintf(w, "          members %s %s\n", sign, oneLine(strings.Join(members, " ")))
	}
}

func writePlanForeign(w io.Writer, foreign []provisioner.ForeignResource) {
	if len(foreign) == 0 {
		return
	}
	fmt.Fprintf(w, "\nIn the app, nobody's here, and left alone (%d):\n", len(foreign))
	for _, f := range foreign[:min(len(foreign), shownForeign)] {
		fmt.Fprintf(w, "  %s %s %s\n", strings.ToLower(string(f.Kind)), oneLine(f.RemoteID), oneLine(f.Name))
	}
	if n := len(foreign) - shownForeign; n > 0 {
		fmt.Fprintf(w, "  and %d more\n", n)
	}
}

func writePlanCounts(w io.Writer, plan *provisioner.SyncPlan) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	actions := []provisioner.Action{provisioner.ActionCreate, provisioner.ActionAdopt, provisioner.ActionUpdate, provisioner.ActionDisable, provisioner.ActionDelete}
	fmt.Fprint(t, "\t")
	for _, a := range actions {
		fmt.Fprintf(t, "%s\t", a)
	}
	fmt.Fprintln(t, "hold\tstuck\t")
	for _, kind := range []provisioner.Kind{provisioner.KindUser, provisioner.KindGroup} {
		done, held, stuck := plan.Counts(kind)
		fmt.Fprintf(t, "%ss\t", strings.ToLower(string(kind)))
		for _, a := range actions {
			fmt.Fprintf(t, "%d\t", done[a])
		}
		fmt.Fprintf(t, "%d\t%d\t\n", held, stuck)
	}
	t.Flush()
}
