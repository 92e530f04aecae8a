package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/spf13/cobra"
)

// apiKeyEnv is the environment variable that holds the admin API's key.
const apiKeyEnv = "SCIMWRIGHT_API_KEY"

const privateFlag = "private-network"

type serveFlags struct {
	listen, database string
	private          bool
}

func newServe() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the provisioning service with its admin API",
		Long: `serve keeps apps in step with a directory that is changed through the admin API under
/api/v1, described at /openapi.json. A change reaches the apps by itself. At / is a page
at which people look after the apps with a browser; it asks for the API key.

Requests carry the API key from the environment variable ` + apiKeyEnv + ` as a bearer
token. Without the variable, a key is made and printed, but only if the service is
reachable from this machine alone.

Apps' credentials are sealed in the database with the secret in ` + keyEnv + `, or with one in
a file beside the database that is made on the first run.

Whoever may connect apps must not reach what only this machine does: apps are reached
on the public internet alone, unless --private-network or the settings of an app say
otherwise, or the service is for this machine alone. Link-local and cloud metadata
addresses are never contacted.

A database file is for one process. Any number of processes may serve one PostgreSQL
database; give all of them the same ` + keyEnv + `.`,
		Example: "  " + apiKeyEnv + "=... scimwright serve --listen 0.0.0.0:8088 --database /var/lib/scimwright.db",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return unable(runServe(cmd, &f))
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8088", "address to serve the admin API on; port 0 takes a free one")
	c.Flags().StringVar(&f.database, "database", defaultDatabase, databaseUsage)
	c.Flags().BoolVar(&f.private, privateFlag, false, "let every app be in a private network or on this machine (default: only if --listen is on loopback)")
	return c
}

func runServe(cmd *cobra.Command, f *serveFlags) error {
	ctx := cmd.Context()
	listener, err := listen(ctx, "--listen", f.listen)
	if err != nil {
		return err
	}
	alone := listener.Addr().(*net.TCPAddr).IP.IsLoopback()
	if !cmd.Flags().Changed(privateFlag) {
		f.private = alone
	}
	key := os.Getenv(apiKeyEnv)
	made := key == ""
	if made {
		if !alone {
			_ = listener.Close()
			return usagef("%s is not set, and %s can be reached from elsewhere: set it to a long random text, or listen on 127.0.0.1", apiKeyEnv, f.listen)
		}
		key = rand.Text()
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	d, err := startDaemon(ctx, listener, key, serviceConfig{database: f.database, key: sealingKey(), private: f.private, log: log})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "Admin API: %s/api/v1\nConsole:   %[1]s/\n", baseURL(listener))
	if made {
		fmt.Fprintf(out, "API key: %s\n", key)
	}
	return d.wait(ctx)
}

// wait blocks until the daemon fails or ctx ends, and stops it.
func (d *daemon) wait(ctx context.Context) error {
	select {
	case err := <-d.done:
		return errors.Join(err, d.service.close())
	case <-ctx.Done():
		if err := d.stop(); err != nil {
			return err
		}
		return stopped(ctx)
	}
}
