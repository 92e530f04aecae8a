package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner/store"
)

func newLostKey() *cobra.Command {
	var (
		database string
		yes      bool
	)
	c := &cobra.Command{
		Use:   "lost-key [--yes]",
		Short: "Go on after the key that seals credentials was lost",
		Long: `lost-key is for when the secret that was in ` + keyEnv + `, or the key file beside the
database, is lost for good: the credentials that were sealed with it cannot be opened any
more, and nothing works on the database.

It says which apps that concerns. With --yes their credentials and headers are forgotten,
and these apps are paused until somebody saves them again, through the admin API of serve
or by a sync. Everything else stays: what was pushed, settings, the log. What is sealed
from then on is sealed with the secret in ` + keyEnv + ` or, without one, in a new key file.`,
		Example: "  scimwright lost-key --database scimwright.db\n  scimwright lost-key --database scimwright.db --yes",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runLostKey(cmd, database, yes)
		},
	}
	c.Flags().StringVar(&database, "database", defaultDatabase, databaseUsage)
	c.Flags().BoolVar(&yes, "yes", false, "do it")
	return c
}

func runLostKey(cmd *cobra.Command, database string, yes bool) error {
	if !exists(database) {
		return unablef("there is no database %s: name one with --database", database)
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	config := serviceConfig{database: database, key: sealingKey(), idle: true}
	s, err := openService(ctx, config)
	wrong, ok := errors.AsType[*store.KeyError](err)
	if !ok {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "The key opens the credentials of all apps. Nothing was changed.")
		return s.close()
	}
	apps := strings.Join(wrong.Apps, ", ")
	if !yes {
		fmt.Fprintf(out, "The credentials of these apps cannot be opened: %s\nNothing was changed. Say --yes to forget them, and save new ones then.\n", apps)
		return nil
	}
	config.forgetSecrets = true
	if s, err = openService(ctx, config); err != nil {
		return err
	}
	fmt.Fprintf(out, "The credentials of these apps are forgotten, and they are paused until each has a new one: %s\n", apps)
	return s.close()
}
