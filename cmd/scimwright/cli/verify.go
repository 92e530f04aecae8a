package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/report"
	"github.com/permiso/scimwright/features"
)

type verifyFlags struct {
	tokenEnv, tags, report string
	formats                []string
	write                  bool
}

func newVerify() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify URL --token-env NAME [--write]",
		Short: "Find out whether an endpoint takes provisioning as it should",
		Long: `verify runs scenarios against the SCIM service at URL. Some are about the protocol: requests
as the RFCs have them, good and bad, and what has to come back. Others are about a
lifecycle: people are added, changed, disabled and put into groups, and what the service
then holds is read back.

Most scenarios make users and groups whose names begin with scimwright-, change
nothing but those, and remove them again. They run only with --write; without it,
those run that only read.

--report writes what was found into a folder: results.json for programs, junit.xml for
build servers, report.html and report.md for people, badge.svg, and exchanges.har if
--format asks for it. None of them holds the token, or values of what was in the
service before.`,
		Example: "  APP_TOKEN=... scimwright verify https://app.example.com/scim/v2 --token-env APP_TOKEN --write --report out",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("give the SCIM base URL to verify, and nothing else beside flags")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return unable(runVerify(cmd, args[0], &f))
		},
	}
	c.Flags().StringVar(&f.tokenEnv, "token-env", "", "environment variable that holds the bearer token")
	c.Flags().BoolVar(&f.write, "write", false, "allow the run to make users and groups, and to remove them again")
	c.Flags().StringVar(&f.report, "report", "", "folder to write a report into")
	c.Flags().StringSliceVar(&f.formats, "format", nil, "what to write into it: json, junit, html, md, badge, har (default: all but har)")
	c.AddCommand(newVerifyList(), newVerifyExplain(), newVerifySteps(), newVerifyDiff())
	c.Flags().StringVar(&f.tags, "tags", "", "run only the scenarios that a tag expression selects, such as @LIFE-01 or ~@needs-groups")
	return c
}

func runVerify(cmd *cobra.Command, endpoint string, f *verifyFlags) error {
	formats, err := f.reportFormats()
	if err != nil {
		return err
	}
	config := conformance.Config{
		Endpoint: endpoint, Features: features.FS, Tags: f.tags, Write: f.write,
		Provisioner: NewEngineDriver,
		OnResult:    func(r conformance.Result) { writeResult(cmd.OutOrStdout(), r) },
	}
	if f.tokenEnv != "" {
		var err error
		if config.Token, err = tokenFrom(f.tokenEnv); err != nil {
			return err
		}
	}
	result, err := conformance.Run(cmd.Context(), config)
	if result != nil {
		writeVerdict(cmd.OutOrStdout(), result, f.write)
		if err := writeReport(cmd.OutOrStdout(), f.report, result, formats); err != nil {
			return err
		}
	}
	var nothing *conformance.NothingError
	code := conformance.ExitCode(result, err)
	switch {
	case code == conformance.ExitGood:
		return nil
	case code == conformance.ExitInterrupted:
		return context.Canceled
	case errors.As(err, &nothing) && !f.write:
		return exitf(code, "no scenario was run: %v; they make users and groups, add --write to allow that", err)
	case err != nil:
		return exitf(code, "%v", err)
	default:
		return &exitError{code: code} // the report has said it
	}
}

func writeResult(w io.Writer, r conformance.Result) {
	fmt.Fprintf(w, "%-5s %-8s %s (%s)\n", strings.ToUpper(string(r.Verdict)), r.ID, r.Title, r.Duration.Round(time.Millisecond))
	if r.Reason != "" {
		fmt.Fprintf(w, "      %s\n", r.Reason)
	}
}

// reportFormats returns the formats that --format names.
func (f *verifyFlags) reportFormats() ([]report.Format, error) {
	if f.report == "" && len(f.formats) > 0 {
		return nil, usagef("--format says what --report writes: name a folder with --report")
	}
	var formats []report.Format
	for _, name := range f.formats {
		format, err := report.ParseFormat(name)
		if err != nil {
			return nil, usagef("%v", err)
		}
		formats = append(formats, format)
	}
	return formats, nil
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
	fmt.Fprintf(w, "\n%s: %d passed, %d to know of, %d to be warned of, %d failed, %d could not be judged, %d skipped in %s\n", report.Endpoint,
		report.Count(conformance.Pass), report.Count(conformance.Info), report.Count(conformance.Warn), report.Count(conformance.Fail),
		report.Count(conformance.Error), report.Count(conformance.Skip), report.Duration.Round(time.Millisecond))
	if !write {
		fmt.Fprintln(w, "The run only read. Most scenarios make users and groups and remove them again: add --write to allow that.")
	}
	for _, leak := range report.Leaks {
		fmt.Fprintf(w, "left behind, remove it by hand: %s\n", leak)
	}
}
