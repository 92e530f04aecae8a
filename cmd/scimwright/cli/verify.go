package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
)

func newVerify() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify URL --token-env NAME [--write]",
		Short: "Find out whether an endpoint takes provisioning as it should",
		Long: `verify runs scenarios against the SCIM service at URL: requests as the RFCs have them,
good and bad, and what has to come back. --profile lifecycle has people added, changed,
disabled and put into groups, and reads back what the service then holds.

Without --write it only reads. With it, it makes users and groups whose names begin with
scimwright-, changes nothing but those, and removes them again, however it ends; what it
makes is written down in a ledger first, so that verify cleanup can do that for a run that
was killed. --plan prints what would be sent, and sends nothing of it.

Five requests a second are sent, and a service that answers Retry-After is left alone that
long. --rate 0 lifts the limit, for a service that nobody else uses.

What is judged is said by --profile:

` + profileList() + `
--report writes what was found into a folder: results.json for programs, junit.xml for
build servers, report.html and report.md for people, badge.svg, and exchanges.har if
--format asks for it. None of them holds the token, or values of what was in the
service before.

Every flag can also stand in the environment, as in SCIMWRIGHT_VERIFY_TOKEN_ENV, or under
its name in the YAML file that --config names, with the URL as target.

Exit codes: 0 nothing is wrong, 1 something is, 2 usage or nothing to run, 3 the service
cannot be judged, 4 something was left behind, 130 interrupted after cleaning up.`,
		Example: `  APP_TOKEN=... scimwright verify https://app.example.com/scim/v2 --token-env APP_TOKEN --write --report out
  APP_TOKEN=... scimwright verify https://app.example.com/scim/v2 --token-env APP_TOKEN --only PATCH,7644/3.4.2.2 --skip FILT-15`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("give one SCIM base URL to verify, and nothing else beside flags")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return unable(runVerify(cmd, args, &f))
		},
	}
	f.register(c.Flags())
	c.AddCommand(newVerifyList(), newVerifyExplain(), newVerifySteps(), newVerifyDiff(), newVerifyCleanup())
	return c
}

// profileList tells of each profile what it is about.
func profileList() string {
	var text strings.Builder
	for _, p := range conformance.Profiles() {
		fmt.Fprintf(&text, "  %-11s %s\n", p.Name, p.Title)
	}
	return text.String()
}

func runVerify(cmd *cobra.Command, args []string, f *verifyFlags) error {
	if err := f.fill(cmd.Flags(), args, os.LookupEnv); err != nil {
		return err
	}
	formats, err := f.reportFormats()
	if err != nil {
		return err
	}
	config, err := f.config()
	if err != nil {
		return err
	}
	config.Provisioner = NewEngineDriver
	if f.plan {
		return planVerify(cmd, config)
	}
	if f.report != "" {
		if err := report.Prepare(f.report); err != nil {
			return usagef("%v", err)
		}
	}
	w := cmd.OutOrStdout()
	told := !config.Write
	config.OnResult = func(r conformance.Result) {
		if !told {
			told = true
			fmt.Fprintf(cmd.ErrOrStderr(), "What the run makes is written down in %s until it is removed.\n", config.Ledger)
		}
		writeResult(w, r)
	}
	if config.Write {
		defer whenStopped(cmd, config.Ledger)()
	}
	result, err := conformance.Run(cmd.Context(), config)
	code := conformance.ExitCode(result, err)
	if result != nil {
		if unwritten := writeFindings(w, f, result, formats); err == nil {
			err = unwritten
		}
	}
	switch {
	case code == conformance.ExitGood:
		return err
	case err == nil:
		return &exitError{code: code} // the report has said it
	default:
		return verifyError(code, err)
	}
}

// whenStopped has the user told what happens when the run is interrupted. The function
// that it returns ends that.
func whenStopped(cmd *cobra.Command, ledger string) func() {
	done := make(chan struct{})
	stop := context.AfterFunc(cmd.Context(), func() {
		defer close(done)
		fmt.Fprintf(cmd.ErrOrStderr(), "Stopping, and removing what the run has made. Interrupted again, it stops at once; then run scimwright verify cleanup --ledger %s\n", ledger)
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// writeFindings writes what the run has found out, on the terminal and into the folder
// for the report.
func writeFindings(w io.Writer, f *verifyFlags, result *conformance.Report, formats []report.Format) error {
	var told strings.Builder
	err := report.New(result, version()).WriteFailures(&told)
	writeVerdict(&told, result, f.write)
	_, _ = io.WriteString(w, visible(told.String())) // the report is written, whoever reads this
	return errors.Join(err, writeReport(w, f.report, result, formats))
}

// verifyError ends a command of verify that could not do what it was asked to.
func verifyError(code int, err error) error {
	var nothing *conformance.NothingError
	switch {
	case code == conformance.ExitInterrupted:
		return context.Canceled
	case errors.As(err, &nothing) && nothing.ReadOnly:
		return exitf(code, "no scenario was run: %v; they make users and groups, add --write to allow that", err)
	default:
		return exitf(code, "%v", err)
	}
}

func writeResult(w io.Writer, r conformance.Result) {
	fmt.Fprintf(w, "%-5s %-8s %s (%s)\n", strings.ToUpper(string(r.Verdict)), r.ID, r.Title, r.Duration.Round(time.Millisecond))
	if r.Reason != "" {
		fmt.Fprintf(w, "      %s\n", visible(r.Reason))
	}
}

func writeReport(w io.Writer, dir string, result *conformance.Report, formats []report.Format) error {
	if dir == "" {
		return nil
	}
	files, err := report.Write(dir, result, version(), formats...)
	for _, name := range files {
		fmt.Fprintln(w, "wrote", name)
	}
	return err
}

func writeVerdict(w io.Writer, report *conformance.Report, write bool) {
	fmt.Fprintf(w, "\n%s: %d passed, %d to know of, %d to be warned of, %d failed, %d could not be judged, %d skipped in %s, with %d requests\n", report.Endpoint,
		report.Count(conformance.Pass), report.Count(conformance.Info), report.Count(conformance.Warn), report.Count(conformance.Fail),
		report.Count(conformance.Error), report.Count(conformance.Skip), report.Duration.Round(time.Millisecond), report.Requests)
	if !write {
		fmt.Fprintln(w, "The run only read. Most scenarios make users and groups and remove them again: add --write to allow that.")
	}
	if report.BrokeOff != "" {
		fmt.Fprintf(w, "The run broke off, and the rest was not judged: %s\n", report.BrokeOff)
	}
	for _, s := range report.Summaries {
		fmt.Fprintln(w, conclusion(s))
	}
	for _, use := range report.Waivers {
		fmt.Fprintln(w, use)
	}
	for _, leak := range report.Leaks {
		fmt.Fprintf(w, "left behind: %s\n", leak)
	}
	if report.Ledger != "" {
		fmt.Fprintf(w, "To try again: scimwright verify cleanup --ledger %s --token-env NAME\n", report.Ledger)
	}
}

// conclusion says how the target did by one profile.
func conclusion(s conformance.Summary) string {
	text := "this selection: "
	if s.Profile != "" {
		text = "profile " + s.Profile + ": "
	}
	text += string(s.Conclusion)
	var why []string
	for _, w := range []struct {
		n    int
		text string
	}{{s.Failed, "failed"}, {s.Unchecked, "of what binds could not be checked"}, {s.NotSelected, "of what binds were not selected"}} {
		if w.n > 0 {
			why = append(why, fmt.Sprintf("%d %s", w.n, w.text))
		}
	}
	if len(why) > 0 {
		text += " (" + strings.Join(why, ", ") + ")"
	}
	if s.Testable > 0 {
		text += fmt.Sprintf("; %d of %d testable requirements exercised", s.Exercised, s.Testable)
	}
	return text
}
