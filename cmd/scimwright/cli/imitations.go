package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/mocktarget"
)

func newImitations() *cobra.Command {
	return &cobra.Command{
		Use:   "imitations",
		Short: "List the makes of apps that a mock can behave like",
		Long: `imitations lists what --imitate of mock takes, the control API too: makes of apps, by
the names of the presets that a client has for them, each with what it does otherwise
than the RFCs say.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, i := range mocktarget.Imitations() {
				fmt.Fprintf(w, "%s\t%s\t%s\n", i.Name, i.Title, i.About)
			}
			return w.Flush()
		},
	}
}
