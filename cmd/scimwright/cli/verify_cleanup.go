package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/steps"
)

func newVerifyCleanup() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "cleanup --ledger FILE --token-env NAME",
		Short: "Remove what a run left behind that was killed or could not remove it",
		Long: `cleanup goes through the ledger of a run that did not come to its end: what it had made
in the service, and what it was about to make. Each of it is looked up, removed if it
carries the name that the run gave it, and looked up again. Nothing else is touched.
The ledger is removed when nothing is left; until then cleanup can be run again.`,
		Example: "  scimwright verify cleanup --ledger scimwright-1a2b3c4d.ledger --token-env APP_TOKEN",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return unable(runVerifyCleanup(cmd, &f))
		},
	}
	c.Flags().StringVar(&f.ledger, "ledger", "", "the ledger of the run")
	c.Flags().StringVar(&f.tokenEnv, "token-env", "", "environment variable that holds the bearer token")
	f.registerTarget(c.Flags())
	return c
}

func runVerifyCleanup(cmd *cobra.Command, f *verifyFlags) error {
	if f.ledger == "" {
		return usagef("name the ledger of the run with --ledger")
	}
	endpoint, err := steps.LedgerEndpoint(f.ledger)
	if err != nil {
		return usagef("%v", err)
	}
	if err := f.checkScheme(endpoint); err != nil {
		return err
	}
	config := conformance.CleanupConfig{Ledger: f.ledger, Rate: f.rate, Timeout: f.timeout}
	if f.tokenEnv != "" {
		if config.Token, err = tokenFrom(f.tokenEnv); err != nil {
			return err
		}
	}
	cleaned, err := conformance.Cleanup(cmd.Context(), config)
	if err != nil {
		return verifyError(conformance.ExitCode(nil, err), err)
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s: of run %s, %d of %d entries of the ledger are done with\n", cleaned.Endpoint, cleaned.Run, cleaned.Open-len(cleaned.Leaks), cleaned.Open)
	for _, leak := range cleaned.Leaks {
		fmt.Fprintf(w, "left behind: %s\n", visible(leak.String()))
	}
	if len(cleaned.Leaks) > 0 {
		return exitf(conformance.ExitLeaked, "%s still holds what is listed above: run this again, or remove it by hand", cleaned.Endpoint)
	}
	return nil
}
