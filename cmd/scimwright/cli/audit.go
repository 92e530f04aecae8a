package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

type auditFlags struct {
	api            apiFlags
	repair, asJSON bool
}

func newAudit() *cobra.Command {
	var f auditFlags
	c := &cobra.Command{
		Use:   "audit APP",
		Short: "Compare what an app holds with what it was given",
		Long: `audit reads an app and says what others have changed in it: attributes and memberships
that are not as they were left, accounts and groups that are missing, and those that
are nobody's here. What is missing or nobody's is left alone.

The app's settings say of each attribute whether a change by others is reported, set
back or ignored (drift, driftOf). If the app as a whole was emptied or set back to an
earlier state, that is said, and nothing is set back. --repair does so all the same, and
makes again what is missing.

It ends with 0 if the app holds what it was given, and with 1 if not.` + apiHelp,
		Example: "  scimwright audit chat\n  scimwright audit chat --server https://scimwright.example.com --repair",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name the app to audit, and nothing else beside flags")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return unable(runAudit(cmd, args[0], &f))
		},
	}
	f.api.add(c.Flags())
	c.Flags().BoolVar(&f.repair, "repair", false, "make again what is missing, and set back what the settings say whatever has happened to the app")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print one JSON document")
	return c
}

func runAudit(cmd *cobra.Command, app string, f *auditFlags) error {
	ctx := cmd.Context()
	client, s, err := f.api.open(ctx, serviceConfig{idle: true})
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	run, err := client.StartAudit(ctx, app, admin.AuditInput{By: "scimwright audit", Repair: f.repair})
	if err != nil {
		return apiError(err)
	}
	if run, err = awaitRun(ctx, client, s, run); err != nil {
		return err
	}
	if run.State != string(provisioner.RunDone) {
		return unablef("the audit ended early: %s", run.Error)
	}
	if f.asJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(run.Audit)
	} else {
		err = writeAudit(cmd.OutOrStdout(), run.Audit)
	}
	if err == nil && !run.Audit.Good() {
		err = &exitError{code: ExitBad} // the report has said it
	}
	return err
}

// awaitRun waits until a run has ended. s is the service that advances it, nil if that
// is in another process. If the command is stopped, so is the run.
func awaitRun(ctx context.Context, client *admin.Client, s *service, run *admin.Run) (*admin.Run, error) {
	for run.State == string(provisioner.RunRunning) {
		var err error
		if s != nil {
			err = s.engine.Advance(ctx, run.ID)
		} else {
			err = pause(ctx, awaitEvery)
		}
		if ctx.Err() != nil {
			if _, err := client.CancelRun(context.WithoutCancel(ctx), run.App, run.ID); err != nil {
				return nil, apiError(err)
			}
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		if run, err = client.Run(ctx, run.App, run.ID); err != nil {
			return nil, apiError(err)
		}
	}
	return run, nil
}

// awaitEvery is how often a service is asked how far a run is.
const awaitEvery = 200 * time.Millisecond

func writeAudit(w io.Writer, a *provisioner.Audit) error {
	var b strings.Builder
	for i := range a.Drifts {
		d := &a.Drifts[i]
		fmt.Fprintf(&b, "changed  %s", whoDrifted(d))
		if d.Restore && a.Restored > 0 {
			b.WriteString(", is set back")
		}
		b.WriteString("\n")
		for _, f := range d.Fields {
			fmt.Fprintf(&b, "           %s  %s → %s\n", f.Path, value(f.Old), value(f.New))
		}
		writeMembers(&b, "+", d.Joined)
		writeMembers(&b, "-", d.Left)
	}
	for i := range a.Vanished {
		fmt.Fprintf(&b, "missing  %s\n", whoDrifted(&a.Vanished[i]))
	}
	for _, f := range a.Strangers[:min(len(a.Strangers), shownForeign)] {
		fmt.Fprintf(&b, "foreign  %s %s %s\n", strings.ToLower(string(f.Kind)), f.RemoteID, f.Name)
	}
	if n := len(a.Strangers) - shownForeign; n > 0 {
		fmt.Fprintf(&b, "         and %d more\n", n)
	}
	for _, note := range a.Notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	if a.Warning != "" {
		fmt.Fprintf(&b, "Warning: %s\n", a.Warning)
	}
	fmt.Fprintf(&b, "%d checked, %d changed, %d set back, %d missing, %d made again, %d nobody's here, %s\n",
		a.Checked, a.Drifted, a.Restored, a.Missing, a.Repaired, a.Foreign, count(a.Requests, "request"))
	_, err := io.WriteString(w, b.String())
	return err
}

func whoDrifted(d *provisioner.Drift) string {
	who := strings.ToLower(string(d.Kind)) + " " + d.ID
	if d.Name != "" && d.Name != d.ID {
		who += " (" + d.Name + ")"
	}
	return who + ", " + d.RemoteID + " in the app"
}
