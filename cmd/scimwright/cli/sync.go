package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
)

type syncFlags struct {
	pushFlags
	plan, output string
	dryRun       bool
	wait         time.Duration
}

func newSync() *cobra.Command {
	var f syncFlags
	c := &cobra.Command{
		Use:   "sync --directory FILE (--endpoint URL (--token-env NAME | …) | --mock)",
		Short: "Push a directory file into an app, once",
		Long: `sync makes an app hold what a directory file says: it creates and updates accounts
and groups, and disables the accounts of people who are disabled.

The file is the whole directory. Somebody whom an earlier run pushed and who is
missing now has left: the account is disabled, never deleted. Accounts that nobody
here knows are left alone.

What was pushed is remembered in the database file, so that the next run writes only
what has changed and repeats what has failed. A run that is stopped finishes what is
under way and begins nothing more; the next one goes on.

What lets requests into the app is read from the environment: a bearer token, a user
name and password, or an OAuth client, and headers that the app wants as well.

--plan applies a plan that scimwright plan has made: exactly that, or nothing if
anything it depends on has changed meanwhile.`,
		Example: `  scimwright sync --directory people.json --mock
  APP_TOKEN=... scimwright sync --directory people.csv --endpoint https://app.example.com/scim/v2 --token-env APP_TOKEN`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return unable(runSync(cmd, &f))
		},
	}
	flags := c.Flags()
	f.add(flags)
	flags.StringVar(&f.plan, "plan", "", "apply the plan in this file, if it still holds")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be done and do nothing, as scimwright plan does")
	flags.StringVar(&f.output, "output", "text", "text or json")
	flags.DurationVar(&f.wait, "wait", time.Minute, "how long to repeat what fails")
	c.MarkFlagsMutuallyExclusive("plan", "dry-run")
	c.MarkFlagsMutuallyExclusive("plan", "mock")
	return c
}

func runSync(cmd *cobra.Command, f *syncFlags) error {
	switch err := f.check(); {
	case err != nil:
		return err
	case f.output != "text" && f.output != "json":
		return usagef("--output %q: use text or json", f.output)
	case f.wait < 0:
		return usagef("--wait %s: give a time that is not negative", f.wait)
	}
	if f.dryRun {
		return runPlan(cmd, &planFlags{pushFlags: f.pushFlags, output: f.output})
	}
	ctx := cmd.Context()
	var planned, now *provisioner.SyncPlan
	var err error
	if f.plan != "" {
		if planned, err = readPlan(f.plan); err != nil {
			return err
		}
	}
	p, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	if planned != nil {
		// What the plan says is found out aside, so that nothing is touched if it does
		// not hold.
		if now, err = f.preview(ctx, p); err != nil {
			return err
		}
		if moved := planned.Moved(now); len(moved) > 0 {
			return unablef("the plan %s was not applied, nothing was changed: %v", f.plan, &provisioner.MovedError{What: moved})
		}
	}
	database := f.database
	if database == "" {
		var remove func()
		if database, remove, err = temporary(); err != nil {
			return err
		}
		defer remove()
	}
	s, err := openService(ctx, serviceConfig{database: database, key: sealingKey(), idle: true, private: true})
	if err != nil {
		return err
	}
	err = s.syncOnce(cmd, f, p, func() (*provisioner.Run, error) {
		if planned != nil {
			return s.engine.StartPlanned(ctx, planned, now, "scimwright sync --plan", f.wait)
		}
		return s.engine.StartSync(ctx, p.app.Name, "scimwright sync", f.wait)
	})
	if ctx.Err() != nil {
		return errors.Join(err, s.closeWithin(interruptWithin))
	}
	return errors.Join(err, s.close())
}

// syncOnce pushes a directory into an app and reports what came of it. The queue
// starts last: what an earlier run has left undone is judged by this directory, and
// nothing is sent if the run cannot go on.
func (s *service) syncOnce(cmd *cobra.Command, f *syncFlags, p *push, start func() (*provisioner.Run, error)) error {
	ctx, started := cmd.Context(), time.Now()
	if err := s.adopt(ctx, p, f.mock); err != nil {
		return err
	}
	run, err := start()
	if err != nil {
		return syncError(p.app, err)
	}
	if run, err = s.await(cmd, f, run.ID); err != nil {
		return s.interrupt(cmd, run, err)
	}
	return f.finish(cmd.OutOrStdout(), summarize(p.app, run.Result, time.Since(started)), run)
}

// adopt saves the directory and the app, in this order: one that is new is a draft then,
// and a service on the same database sends it nothing by itself if this sync cannot begin.
func (s *service) adopt(ctx context.Context, p *push, fresh bool) error {
	if err := s.recall(ctx, p.app, fresh); err != nil {
		return err
	}
	if err := s.engine.Check(ctx, *p.app); err != nil {
		return err
	}
	if err := s.store.ReplaceDirectory(ctx, p.directory); err != nil {
		return unablef("saving the directory: %v", err)
	}
	return s.Connect(ctx, *p.app)
}

// await marks what the run has to do, starts the queue and waits until it is done.
func (s *service) await(cmd *cobra.Command, f *syncFlags, id int64) (*provisioner.Run, error) {
	ctx := cmd.Context()
	if err := s.engine.Advance(ctx, id); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	bar := newProgressBar(f.barTo(cmd))
	defer bar.close()
	return s.engine.AwaitRun(ctx, id, bar.show)
}

// interrupt cancels a run that somebody has stopped waiting for: what is under way is
// finished, what has not begun stays as it was.
func (s *service) interrupt(cmd *cobra.Command, run *provisioner.Run, cause error) error {
	if run == nil || cmd.Context().Err() == nil {
		return cause
	}
	ctx := context.WithoutCancel(cmd.Context())
	if _, err := s.engine.CancelRun(ctx, run.ID); err != nil {
		return errors.Join(cause, err)
	}
	if err := s.stop(interruptWithin); err != nil {
		return errors.Join(cause, err)
	}
	// What was under way counts as well.
	run, err := s.engine.CancelRun(ctx, run.ID)
	if err != nil {
		return errors.Join(cause, err)
	}
	u, g := run.Result.Users, run.Result.Groups
	fmt.Fprintf(cmd.ErrOrStderr(), "Cancelled: %s done, the rest is as it was. Run the same command again to go on.\n",
		count(u.Changed()+g.Changed(), "change"))
	return cause
}

func (f *syncFlags) barTo(cmd *cobra.Command) io.Writer {
	if f.output == "json" {
		return io.Discard
	}
	return cmd.ErrOrStderr()
}

// finish prints the summary and turns it into an exit code.
func (f *syncFlags) finish(w io.Writer, report *summary, run *provisioner.Run) error {
	if f.output == "json" {
		if err := report.writeJSON(w); err != nil {
			return err
		}
	} else {
		report.writeText(w)
	}
	failed, held := report.Users.Failed+report.Groups.Failed, report.Users.Held+report.Groups.Held
	switch {
	case run.State != provisioner.RunDone:
		return unablef("the run ended early: %s", run.Error)
	case failed > 0 && held > 0:
		return exitf(ExitBad, "%s failed%s; %s", count(failed, "subject"), f.keptNote(), f.heldNote(held))
	case failed > 0:
		return exitf(ExitBad, "%s failed%s", count(failed, "subject"), f.keptNote())
	case held > 0:
		return exitf(ExitBad, "%s", f.heldNote(held))
	default:
		return nil
	}
}

// heldNote says what to do about what is held back.
func (f *syncFlags) heldNote(n int) string {
	note := "held back instead of disabled or deleted: " + accountsOrGroups(n)
	if f.database == "" || f.dryRun {
		return note
	}
	return fmt.Sprintf("%s; see 'scimwright held %s --database %s', approve or reject it, and sync again", note, f.app, databaseName(f.database))
}

func (f *syncFlags) keptNote() string {
	if f.database == "" || f.dryRun {
		return ""
	}
	return fmt.Sprintf("; run the same command again to retry, %s remembers them", databaseName(f.database))
}

// syncError says in one line why a sync could not start.
func syncError(app *provisioner.App, err error) error {
	var probe *provisioner.ProbeError
	if errors.As(err, &probe) {
		return unablef("%s cannot be synced, nothing was sent: %v", app.Endpoint, err)
	}
	return err
}
