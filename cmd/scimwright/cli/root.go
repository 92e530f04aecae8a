// Package cli holds the commands of scimwright, one file each, and the only wiring
// of its parts: service.go.
//
// A command prints what it found on stdout and what went wrong on stderr: what
// happened and what to do. See [ExitGood] and its neighbours for the exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Run runs one command line, without the program's name, and returns its exit
// code. Cancel ctx to stop it early; it cleans up first.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(&output{stdout, cancel})
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	return exitCode(ctx, stderr, command.CommandPath(), err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "scimwright",
		Short: "Provision users and groups over SCIM 2.0, mock an app, verify one",
		Long: `scimwright speaks SCIM 2.0 (RFC 7643, RFC 7644) from all three sides:

  sync, serve   push a directory of users and groups into apps
  plan          say what a sync would do
  status, log   see how apps are doing, and what was tried
  audit         see what others have changed in an app
  mock          a SCIM server to test a client against
  verify        find out whether an endpoint takes provisioning as it should

Exit codes: 0 done and good, 1 judged not good, 2 usage, 3 could not run, 4 verify
left something behind, 130 interrupted after cleaning up.`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usagef("%v", wrongValue(err)) })
	root.AddCommand(newSync(), newPlan(), newAudit(), newServe(), newStatus(), newLog(), newMock(), newVerify(),
		newHeld(), newApprove(), newReject(), newResolve(), newForeign(), newPause(), newResume(), newRemove(), newLostKey(), newPresets())
	return root
}

// wrongValue says of a flag whose value cannot be read what would be one; any other error
// is returned as it is.
func wrongValue(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	wanted := map[string]string{
		"float64": "a number, such as 5", "int": "a whole number, such as 5", "int64": "a whole number, such as 5", "duration": "a time with its unit, such as 10s or 2m", "bool": "true or false",
	}[invalid.GetFlag().Value.Type()]
	if wanted == "" {
		return err
	}
	return fmt.Errorf("invalid argument %q for --%s: give %s", invalid.GetValue(), invalid.GetFlag().Name, wanted)
}

// noArgs refuses anything beside flags.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unexpected %q: this command takes flags only", args[0])
	}
	return nil
}
