package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/conformance/report"
)

func newVerifyDiff() *cobra.Command {
	return &cobra.Command{
		Use:     "diff OLD NEW",
		Short:   "Say what has changed between two results.json",
		Long:    "diff compares the results.json of two runs. It ends with 1 if something has become worse.",
		Example: "  scimwright verify diff last/results.json report/results.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("give two results.json: the older one, then the newer one")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var results [2]*report.Results
			for i, name := range args {
				text, err := os.ReadFile(name)
				if err != nil {
					return unablef("%v", err)
				}
				if results[i], err = report.Read(text); err != nil {
					return usagef("%s: %v", name, err)
				}
			}
			d := report.Compare(results[0], results[1])
			if err := d.Write(cmd.OutOrStdout()); err != nil {
				return err
			}
			if d.Regressed() {
				return &exitError{code: ExitBad}
			}
			return nil
		},
	}
}
