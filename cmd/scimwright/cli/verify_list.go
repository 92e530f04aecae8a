package cli

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/conformance/steps"
)

func newVerifyList() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the checks",
		Example: "  scimwright verify list --only PATCH --skip should,may\n  scimwright verify list --profile lifecycle",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			selection := f.selection()
			if len(f.profiles)+len(f.only)+len(f.skip) == 0 && f.tags == "" {
				for _, p := range conformance.Profiles() {
					selection.Profiles = append(selection.Profiles, p.Name) // without a word, all there are
				}
			}
			scenarios, err := f.scenarios()
			if err != nil {
				return err
			}
			checks, err := conformance.Select(scenarios, selection)
			if err != nil {
				return usagef("%v", err)
			}
			if len(checks) == 0 {
				return usagef("no check matches the selection (%s)", selection)
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, c := range checks {
				fmt.Fprintf(t, "%s\t%s\t%s\n", c.ID, c.Level, c.Title)
			}
			return t.Flush()
		},
	}
	f.registerSelection(c.Flags())
	return c
}

func newVerifyExplain() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:     "explain ID",
		Short:   "Show what a check demands, where that is said, and what it does",
		Example: "  scimwright verify explain PATCH-08",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("give the id of one check; scimwright verify list has them all")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			scenarios, err := f.scenarios()
			if err != nil {
				return err
			}
			checks, err := conformance.AllChecks(scenarios)
			if err != nil {
				return usagef("%v", err)
			}
			for _, c := range checks {
				if strings.EqualFold(c.ID, args[0]) {
					return explain(cmd.OutOrStdout(), scenarios, c)
				}
			}
			return usagef("there is no check %q; scimwright verify list has them all", args[0])
		},
	}
	f.registerFeatures(c.Flags())
	return c
}

// explain writes what there is to know about a check before it is run.
func explain(w io.Writer, scenarios fs.FS, c conformance.Check) error {
	fmt.Fprintf(w, "%s (%s): %s\n\n%s\n", c.ID, c.Level, c.Title, c.Rule)
	for _, part := range []struct{ label, text string }{{"Why it matters", c.Why}, {"How to fix it", c.Fix}} {
		if part.text != "" {
			fmt.Fprintf(w, "\n%s:\n%s\n", part.label, report.Fold(part.text, "  "))
		}
	}
	for _, id := range c.Requirements {
		if r, ok := requirement.Get(id); ok {
			fmt.Fprintf(w, "\n%s, %s:\n%s\n%s\n", id, r, report.Fold(r.Statement, "  "), report.Fold("How it shows: "+r.How, "  "))
		}
	}
	if len(c.After) > 0 {
		fmt.Fprintf(w, "\nIf one of these fails, that is the reason: %s\n", strings.Join(c.After, ", "))
	}
	if c.File == "" {
		_, err := fmt.Fprintln(w, "\nEvery answer of a run is looked at.")
		return err
	}
	text, err := c.Text(scenarios)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s\n\n(%s, line %d)\n", text, c.File, c.Line)
	return err
}

func newVerifySteps() *cobra.Command {
	return &cobra.Command{
		Use:   "steps",
		Short: "List the sentences that scenarios are made of",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := cmd.OutOrStdout()
			heading := map[bool]string{true: "About the protocol", false: "About a provisioner"}
			for _, protocol := range []bool{true, false} {
				fmt.Fprintf(w, "%s:\n\n", heading[protocol])
				for _, d := range steps.Vocabulary() {
					if d.Protocol == protocol {
						fmt.Fprintf(w, "  %s\n      %s\n", strings.ReplaceAll(d.Example, "\n", "\n  "), d.Meaning)
					}
				}
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, `A sentence about what must be so may begin with "if it is accepted, ", "if it is refused, "`)
			fmt.Fprintln(w, `and "ideally ", which makes a warning of a failure. Sentences that end in ":" are followed by a`)
			fmt.Fprintln(w, "table or by JSON between lines of three quotation marks, as verify explain shows for every check.")
			fmt.Fprintf(w, "\nIn braces there may stand:\n\n")
			for _, p := range steps.Placeholders() {
				fmt.Fprintf(w, "  %-38s %s\n", p.Form, p.Meaning)
			}
			return nil
		},
	}
}
