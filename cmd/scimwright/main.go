// Command scimwright provisions users and groups into apps over SCIM 2.0, stands in
// for such an app, and verifies one.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	// The image of the command holds no files but the binary: what the system has
	// elsewhere comes with it, and is used only where the system has none.
	_ "time/tzdata"

	_ "golang.org/x/crypto/x509roots/fallback"

	"github.com/permiso/scimwright/cmd/scimwright/cli"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Ignore(syscall.SIGPIPE) // an output that nobody reads is an error like others
	go func() {
		s := <-signals
		signal.Stop(signals) // a second signal ends the process at once
		cancel(cli.Stopped{Signal: s})
	}()
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
