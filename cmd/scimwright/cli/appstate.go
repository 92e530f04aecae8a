package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
)

func newPause() *cobra.Command {
	var (
		api    apiFlags
		reason string
	)
	c := &cobra.Command{
		Use:     "pause APP",
		Short:   "Stop all work for an app",
		Long:    `pause keeps all that changes for an app until resume. Nothing else makes it go on.` + apiHelp,
		Example: `  scimwright pause chat --reason "moves house"`,
		Args:    appArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, closeClient, err := api.writing(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = closeClient() }()
			if err := client.Pause(cmd.Context(), args[0], reason); err != nil {
				return apiError(err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is paused.\n", args[0])
			return err
		},
	}
	api.add(c.Flags())
	c.Flags().StringVar(&reason, "reason", "", "why, for others to read")
	return c
}

func newResume() *cobra.Command {
	var api apiFlags
	c := &cobra.Command{
		Use:   "resume APP",
		Short: "Go on with an app that is paused",
		Long: `resume goes on with an app, whatever paused it. A service does at once what was missed,
or else the next sync does. An app whose first sync is still to come is a draft again.` + apiHelp,
		Example: "  scimwright resume chat",
		Args:    appArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, closeClient, err := api.writing(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = closeClient() }()
			app, err := client.Resume(cmd.Context(), args[0])
			if err != nil {
				return apiError(err)
			}
			if provisioner.AppState(app.State).Drafted() {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is a draft still: %s.\n", args[0], app.Reason)
			} else {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s goes on.\n", args[0])
			}
			return err
		},
	}
	api.add(c.Flags())
	return c
}
