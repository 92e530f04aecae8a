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
	"github.com/permiso/scimwright/features"
)

type verifyFlags struct {
	tokenEnv, tags string
	write          bool
}

func newVerify() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify URL --token-env NAME --write",
		Short: "Find out whether an endpoint takes provisioning as it should",
		Long: `verify runs scenarios against the SCIM service at URL. Some are about the protocol: requests
as the RFCs have them, good and bad, and what has to come back. Others are about a
lifecycle: people are added, changed, disabled and put into groups, and what the service
then holds is read back.

The scenarios make users and groups whose names begin with scimwright-, change
nothing but those, and remove them again. Because they write, they run only with
--write.`,
		Example: "  APP_TOKEN=... scimwright verify https://app.example.com/scim/v2 --token-env APP_TOKEN --write",
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
	c.Flags().StringVar(&f.tags, "tags", "", "run only the scenarios that a tag expression selects, such as @LIFE-01 or ~@needs-groups")
	return c
}

func runVerify(cmd *cobra.Command, endpoint string, f *verifyFlags) error {
	if !f.write {
		return usagef("no scenario was run: they make users and groups at %s and remove them again, add --write to allow that", endpoint)
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
	report, err := conformance.Run(cmd.Context(), config)
	if report != nil {
		writeVerdict(cmd.OutOrStdout(), report)
	}
	var nothing *conformance.NothingError
	code := conformance.ExitCode(report, err)
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

func writeVerdict(w io.Writer, report *conformance.Report) {
	fmt.Fprintf(w, "\n%s: %d passed, %d to know of, %d to be warned of, %d failed, %d could not be judged, %d skipped in %s\n", report.Endpoint,
		report.Count(conformance.Pass), report.Count(conformance.Info), report.Count(conformance.Warn), report.Count(conformance.Fail),
		report.Count(conformance.Error), report.Count(conformance.Skip), report.Duration.Round(time.Millisecond))
	for _, leak := range report.Leaks {
		fmt.Fprintf(w, "left behind, remove it by hand: %s\n", leak)
	}
}
