package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

type removeFlags struct {
	api          apiFlags
	accounts     string
	adopted, yes bool
	wait         time.Duration
}

func newRemove() *cobra.Command {
	var f removeFlags
	c := &cobra.Command{
		Use:   "remove APP [--accounts leave|disable|delete [--yes]]",
		Short: "Remove an app, and say what becomes of its accounts",
		Long: `remove forgets an app. First it says how many accounts and groups the app has of ours;
nothing is done before --yes. --accounts says what becomes of them:

  leave    everything in the app stays as it is
  disable  the accounts that are in use are disabled
  delete   accounts and groups that were made for the directory are deleted, and with
           --adopted those that were there before

Accounts that nobody here made, and those that are pinned or ignored, stay. A removal
that is interrupted goes on when the command is run again, or in a service. In the end
what could not be done is listed, and the exit code is 1.` + apiHelp,
		Example: "  scimwright remove chat\n  scimwright remove chat --accounts disable --yes",
		Args:    appArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRemove(cmd, &f, args[0])
		},
	}
	f.api.add(c.Flags())
	flags := c.Flags()
	flags.StringVar(&f.accounts, "accounts", "", "what becomes of the accounts: leave, disable or delete")
	flags.BoolVar(&f.adopted, "adopted", false, "delete also what was there before")
	flags.BoolVar(&f.yes, "yes", false, "do it")
	flags.DurationVar(&f.wait, "wait", 10*time.Minute, "how long to wait until it is done")
	return c
}

func (f *removeFlags) check() error {
	switch f.accounts {
	case "leave", "disable", "delete":
	case "":
		if f.yes {
			return usagef("--accounts is missing: say leave, disable or delete")
		}
	default:
		return usagef("--accounts %q: use leave, disable or delete", f.accounts)
	}
	if f.adopted && f.accounts != "delete" {
		return usagef("--adopted goes with --accounts delete")
	}
	return nil
}

func runRemove(cmd *cobra.Command, f *removeFlags, app string) error {
	if err := f.check(); err != nil {
		return err
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	open := f.api.reading
	if f.yes {
		open = f.api.working
	}
	client, closeClient, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = closeClient() }()
	holdings, err := client.Holdings(ctx, app)
	if err != nil {
		return apiError(err)
	}
	f.announce(out, app, holdings)
	if !f.yes {
		return nil
	}
	if _, err := client.RemoveApp(ctx, app, f.accounts, f.adopted); err != nil {
		return apiError(err)
	}
	removal, err := awaitRemoval(ctx, client, app, f.wait)
	if err != nil {
		return err
	}
	return reportRemoval(out, removal)
}

// announce says what the removal does, or would do.
func (f *removeFlags) announce(w io.Writer, app string, h *admin.Holdings) {
	fmt.Fprintf(w, "%s has %s that were made for the directory, and %s that were there before; %s in use.\n", app,
		accountsAndGroups(h.Accounts, h.Groups), accountsAndGroups(h.AdoptedAccounts, h.AdoptedGroups), areInUse(h.InUse))
	if h.Pinned > 0 {
		fmt.Fprintf(w, "%s pinned and stay as they are.\n", areInUse(h.Pinned))
	}
	switch {
	case f.accounts == "":
		fmt.Fprintln(w, "Nothing was changed. Say with --accounts what becomes of them: leave, disable or delete.")
		return
	case f.accounts == "leave":
		fmt.Fprintln(w, "All of that stays as it is.")
	case f.accounts == "disable":
		fmt.Fprintf(w, "%s to be disabled; groups stay as they are.\n", areInUse(h.InUse))
	case f.adopted:
		fmt.Fprintf(w, "%s are to be deleted.\n", accountsAndGroups(h.Accounts+h.AdoptedAccounts, h.Groups+h.AdoptedGroups))
	default:
		fmt.Fprintf(w, "%s are to be deleted; what was there before stays as it is.\n", accountsAndGroups(h.Accounts, h.Groups))
	}
	if !f.yes {
		fmt.Fprintln(w, "Nothing was changed. Add --yes to do it.")
	}
}

func accountsAndGroups(accounts, groups int) string {
	return count(accounts, "account") + " and " + count(groups, "group")
}

func accountsOrGroups(n int) string {
	if n == 1 {
		return "1 account or group"
	}
	return fmt.Sprintf("%d accounts or groups", n)
}

func areInUse(n int) string {
	if n == 1 {
		return "1 account is"
	}
	return fmt.Sprintf("%d accounts are", n)
}

// awaitRemoval waits until an app is gone.
func awaitRemoval(ctx context.Context, client *admin.Client, app string, wait time.Duration) (*admin.Removal, error) {
	late := time.After(wait)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := client.App(ctx, app)
		var answer *admin.Error
		switch {
		case errors.As(err, &answer) && answer.Status == http.StatusNotFound:
			removal, err := client.Removal(ctx, app)
			if err != nil {
				return nil, apiError(err)
			}
			return removal, nil
		case err != nil:
			return nil, apiError(err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-late:
			return nil, unablef("%s is not done yet: run the command again to go on, or let a service do so; 'scimwright log %s --failed' tells what keeps it", app, app)
		case <-ticker.C:
		}
	}
}

func reportRemoval(w io.Writer, r *admin.Removal) error {
	fmt.Fprintf(w, "%s is removed: %d disabled, %d deleted.\n", r.App, r.Disabled, r.Deleted)
	if len(r.Left) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\nLeft in the app:\n")
	for _, l := range r.Left {
		fmt.Fprintf(w, "  %s %s %s (%s): %s\n", strings.ToLower(string(l.Kind)), l.Subject, oneLine(l.Name), oneLine(l.RemoteID), oneLine(l.Reason))
	}
	what := "disabled"
	if r.Accounts == provisioner.PartDelete {
		what = "deleted"
	}
	return exitf(ExitBad, "%s could not be %s: see to what is left in the app", accountsOrGroups(len(r.Left)), what)
}
