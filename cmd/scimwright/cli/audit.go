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
	last           bool
}

func newAudit() *cobra.Command {
	var f auditFlags
	c := &cobra.Command{
		Use:   "audit APP",
		Short: "Compare what an app holds with what it was given",
		Long: `audit reads an app and says what others have changed in it: attributes and memberships
that are not as they were left, accounts and groups that are missing, and those that
are nobody's here, which are left alone. A sync does not look at any of that: it sends
what has changed here.

The app's settings say of each attribute whether a change by others is reported, set
back or ignored (drift, driftOf). What is missing is reported. If the app as a whole was
emptied or set back to an earlier state, that is said, and nothing is set back. --repair
sets back everything but what the settings ignore, and makes again what is missing, but
for what nobody is to have, such as the account of somebody who is disabled.

--last shows what the last audit has found that could be made, and reads nothing of the
app.

It ends with 0 if the app holds what it was given, or does so now, and with 1 if not.` + apiHelp,
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
	c.Flags().BoolVar(&f.repair, "repair", false, "set back what others have changed, and make again what is missing")
	c.Flags().BoolVar(&f.last, "last", false, "show what the last audit has found that could be made")
	c.MarkFlagsMutuallyExclusive("last", "repair")
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
	var run *admin.Run
	if f.last {
		run, err = lastAudit(ctx, client, app, cmd.ErrOrStderr())
	} else {
		run, err = f.audit(ctx, client, s, app)
	}
	if err != nil {
		return err
	}
	if f.asJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(run.Audit)
	} else {
		err = writeAudit(cmd.OutOrStdout(), run.Audit)
	}
	if err == nil && s != nil && !f.last && run.Audit.Restored+run.Audit.Repaired+run.Audit.LetGo > 0 {
		err = s.setBack(ctx, app)
	}
	if err == nil && !run.Audit.Good() {
		err = exitf(ExitBad, "%d of %d users and groups are not as the app was given them%s", run.Audit.Open, run.Audit.Checked, f.repairNote(app))
	}
	return err
}

// audit makes an audit, s being the service that does so, nil if that is in another
// process.
func (f *auditFlags) audit(ctx context.Context, client *admin.Client, s *service, app string) (*admin.Run, error) {
	run, err := client.StartAudit(ctx, app, admin.AuditInput{By: "scimwright audit", Repair: f.repair})
	if err != nil {
		return nil, apiError(err)
	}
	if run, err = awaitRun(ctx, client, s, run); err != nil {
		return nil, err
	}
	if run.State != string(provisioner.RunDone) {
		return nil, unablef("the audit ended early: %s; --last shows what the last one has found", run.Error)
	}
	return run, nil
}

// lastAudit returns the last complete audit of an app. It says on w when that was, and
// why the newest one failed.
func lastAudit(ctx context.Context, client *admin.Client, app string, w io.Writer) (*admin.Run, error) {
	status, err := client.Status(ctx, app)
	if err != nil {
		return nil, apiError(err)
	}
	if status.AuditFailure != "" {
		fmt.Fprintf(w, "scimwright: on %s %s\n", status.AuditFailedAt.UTC().Format(auditTime), oneLine(status.AuditFailure))
	}
	runs, err := client.Runs(ctx, provisioner.RunQuery{App: app, Kind: provisioner.RunAudit, State: provisioner.RunDone, Limit: 1})
	switch {
	case err != nil:
		return nil, apiError(err)
	case len(runs) == 0:
		return nil, unablef("no audit of %s could be made so far", app)
	}
	fmt.Fprintf(w, "scimwright: the audit of %s has found:\n", runs[0].Finished.UTC().Format(auditTime))
	return &runs[0], nil
}

const auditTime = "2006-01-02 15:04 MST"

func (f *auditFlags) repairNote(app string) string {
	switch {
	case f.repair:
		return ""
	case f.api.server != "":
		return fmt.Sprintf("; 'scimwright audit %s --server %s --repair' sets them back", app, f.api.server)
	default:
		return fmt.Sprintf("; 'scimwright audit %s --database %s --repair' sets them back", app, databaseName(f.api.database))
	}
}

// setBack sends what an audit has found to be set back, and waits until it is.
func (s *service) setBack(ctx context.Context, app string) error {
	since, err := s.store.LastLogID(ctx)
	if err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	result, err := s.engine.Await(ctx, app, since, time.Minute, nil)
	switch {
	case err != nil:
		return err
	case result.Paused != "":
		return unablef("not everything was set back: the app was paused: %s", result.Paused)
	case len(result.Failures) > 0:
		return exitf(ExitBad, "%s failed; see 'scimwright status %s'", count(len(result.Failures), "subject"), app)
	}
	return nil
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
		writeDrift(&b, "changed", &a.Drifts[i], a.Drifts[i].Restore && a.Restored > 0, "set back")
	}
	writeMore(&b, a.Drifted-len(a.Drifts))
	for i := range a.Vanished {
		how := "made again"
		if !a.Vanished[i].Restore {
			how = "let go, since nobody is to have it"
		}
		writeDrift(&b, "missing", &a.Vanished[i], a.Repaired+a.LetGo > 0, how)
	}
	writeMore(&b, a.Missing-len(a.Vanished))
	shown := a.Strangers[:min(len(a.Strangers), shownForeign)]
	for _, f := range shown {
		fmt.Fprintf(&b, "foreign  %s %s %s\n", strings.ToLower(string(f.Kind)), oneLine(f.RemoteID), oneLine(f.Name))
	}
	writeMore(&b, a.Foreign-len(shown))
	for _, note := range a.Notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	if a.Warning != "" {
		fmt.Fprintf(&b, "Warning: %s\n", a.Warning)
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%d checked, %d changed, %d set back, %d missing, %d made again, ", a.Checked, a.Drifted, a.Restored, a.Missing, a.Repaired)
	if a.LetGo > 0 {
		fmt.Fprintf(&b, "%d let go, ", a.LetGo)
	}
	fmt.Fprintf(&b, "%d nobody's here, %s\n", a.Foreign, count(a.Requests, "request"))
	_, err := io.WriteString(w, b.String())
	return err
}

func writeDrift(b *strings.Builder, what string, d *provisioner.Drift, mended bool, how string) {
	fmt.Fprintf(b, "%s  %s", what, whoDrifted(d))
	if mended {
		fmt.Fprintf(b, ", is %s", how)
	}
	b.WriteString("\n")
	for _, f := range d.Fields {
		fmt.Fprintf(b, "           %s  %s → %s\n", f.Path, value(f.Old), value(f.New))
	}
	writeMembers(b, "+", d.Joined)
	writeMembers(b, "-", d.Left)
}

func writeMore(b *strings.Builder, n int) {
	if n > 0 {
		fmt.Fprintf(b, "         and %d more\n", n)
	}
}

func whoDrifted(d *provisioner.Drift) string {
	who := strings.ToLower(string(d.Kind)) + " " + d.ID
	if d.Name != "" && d.Name != d.ID {
		who += " (" + d.Name + ")"
	}
	return oneLine(who + ", " + d.RemoteID + " in the app")
}
