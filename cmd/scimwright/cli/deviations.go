package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/mocktarget/deviation"
)

func newDeviations() *cobra.Command {
	var legal bool
	var areas []string
	c := &cobra.Command{
		Use:   "deviations",
		Short: "List the ways in which a mock can depart from the RFCs",
		Long: `deviations lists what --deviation of mock takes, the control API too: one departure
from the RFCs each, with the requirements it breaks. With --legal it lists variations
that the RFCs allow, which a client should cope with.`,
		Example: `  scimwright mock deviations --area PATCH,GROUP`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			found := false
			for _, d := range deviation.All() {
				if d.Legal != legal || len(areas) > 0 && !slices.ContainsFunc(areas, func(a string) bool { return strings.EqualFold(a, d.Area) }) {
					continue
				}
				found = true
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Area, d.Name, d.Summary, strings.Join(d.Requirements, " "))
			}
			if !found {
				return usagef("--area %s: there is no such area; leave it out to see all", strings.Join(areas, ","))
			}
			return w.Flush()
		},
	}
	c.Flags().StringSliceVar(&areas, "area", nil, "only those of these areas, such as PATCH")
	c.Flags().BoolVar(&legal, "legal", false, "list legal variations instead")
	return c
}
