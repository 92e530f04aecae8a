package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/provisioner"
)

type syncFlags struct {
	directory, endpoint, tokenEnv, app, database, output string
	mock, dryRun                                         bool
	wait                                                 time.Duration
}

func newSync() *cobra.Command {
	var f syncFlags
	c := &cobra.Command{
		Use:   "sync --directory FILE (--endpoint URL --token-env NAME | --mock)",
		Short: "Push a directory file into an app, once",
		Long: `sync makes an app hold what a directory file says: it creates and updates accounts
and groups, and disables the accounts of people who are disabled.

The file is the whole directory. Somebody whom an earlier run pushed and who is
missing now has left: the account is disabled, never deleted. Accounts that nobody
here knows are left alone.

What was pushed is remembered in the database file, so that the next run writes only
what has changed and repeats what has failed.`,
		Example: `  scimwright sync --directory people.json --mock
  APP_TOKEN=... scimwright sync --directory people.csv --endpoint https://app.example.com/scim/v2 --token-env APP_TOKEN`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return unable(runSync(cmd, &f))
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.directory, "directory", "", "directory file: .json, .ndjson or .csv (required)")
	flags.StringVar(&f.endpoint, "endpoint", "", "base URL of the app's SCIM service")
	flags.StringVar(&f.tokenEnv, "token-env", "", "environment variable that holds the bearer token")
	flags.BoolVar(&f.mock, "mock", false, "push into a mock that lives as long as the run")
	flags.StringVar(&f.app, "app", "", "name of the app (default: the endpoint's host, or mock)")
	flags.StringVar(&f.database, "database", "", "file, or postgres:// URL, that remembers what was pushed (default: scimwright.db; with --mock none)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be done and do nothing")
	flags.StringVar(&f.output, "output", "text", "text or json")
	flags.DurationVar(&f.wait, "wait", time.Minute, "how long to repeat what fails")
	return c
}

// check finds what is wrong with the flags and fills in defaults.
func (f *syncFlags) check() error {
	switch {
	case f.directory == "":
		return usagef("--directory is missing: name the file to push")
	case f.mock && (f.endpoint != "" || f.tokenEnv != ""):
		return usagef("--mock brings its own endpoint and token: leave --endpoint and --token-env out")
	case !f.mock && f.endpoint == "":
		return usagef("--endpoint is missing: give the app's SCIM base URL, or --mock to try it without an app")
	case !f.mock && f.tokenEnv == "":
		return usagef("--token-env is missing: put the bearer token into an environment variable and name it here")
	case f.output != "text" && f.output != "json":
		return usagef("--output %q: use text or json", f.output)
	case f.wait < 0:
		return usagef("--wait %s: give a time that is not negative", f.wait)
	}
	switch {
	case f.app != "":
	case f.mock:
		f.app = "mock"
	default:
		f.app = appName(f.endpoint)
	}
	if f.database == "" && !f.mock {
		f.database = "scimwright.db"
	}
	return nil
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// appName makes a name of an endpoint's host. Whether the endpoint is any good is
// for others to say.
func appName(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return "app"
	}
	name := strings.Trim(notInName.ReplaceAllString(u.Host, "-"), "-")
	return name[:min(len(name), 60)]
}

func runSync(cmd *cobra.Command, f *syncFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	directory, err := readDirectory(f.directory)
	if err != nil {
		return err
	}
	app := &provisioner.App{Name: f.app, Endpoint: f.endpoint}
	ctx := cmd.Context()
	if f.mock {
		mock, err := newMockServer(&mockFlags{})
		if err != nil {
			return err
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return unablef("the mock finds no port to serve on: %v", err)
		}
		running := startMock(ctx, mock, listener)
		defer running.stop()
		app.Endpoint, app.Token = running.endpoint, mock.Token()
	} else if app.Token, err = tokenFrom(f.tokenEnv); err != nil {
		return err
	}
	if err := app.Validate(); err != nil {
		return usagef("%v", err)
	}
	database, remove, err := f.workingDatabase()
	if err != nil {
		return err
	}
	defer remove()
	config := serviceConfig{database: database, key: sealingKey(), idle: true}
	if f.dryRun {
		if err := f.copyDatabase(ctx, database); err != nil {
			return err
		}
		config.transport, config.trust = newRehearsal(), true
	}
	s, err := openService(ctx, config)
	if err != nil {
		return err
	}
	err = s.syncOnce(cmd, f, app, directory)
	if ctx.Err() != nil {
		return errors.Join(err, s.closeWithin(interruptWithin))
	}
	return errors.Join(err, s.close())
}

// workingDatabase returns the file to work on and how to clean up: the one that
// was asked for, a copy of it for a dry run, or one for this run alone.
func (f *syncFlags) workingDatabase() (name string, remove func(), err error) {
	if f.database != "" && !f.dryRun {
		return f.database, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "scimwright-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "scimwright.db"), func() { os.RemoveAll(dir) }, nil
}

// copyDatabase gives a dry run what earlier runs have left.
func (f *syncFlags) copyDatabase(ctx context.Context, to string) error {
	if f.database == "" {
		return nil
	}
	return snapshot(ctx, f.database, to)
}

// tokenFrom reads a bearer token from the environment.
func tokenFrom(name string) (string, error) {
	token := strings.TrimSpace(os.Getenv(name))
	if token == "" {
		return "", usagef("the environment variable %s holds no token: set it, as in %s=... scimwright ...", name, name)
	}
	return token, nil
}

// syncOnce pushes a directory into an app and reports what came of it. The queue
// starts last: what an earlier run has left undone is judged by this directory, and
// nothing is sent if the run cannot go on.
func (s *service) syncOnce(cmd *cobra.Command, f *syncFlags, app *provisioner.App, directory *provisioner.Directory) error {
	ctx, started := cmd.Context(), time.Now()
	if err := s.connect(ctx, app, f.mock); err != nil {
		return err
	}
	if err := s.store.ReplaceDirectory(ctx, directory); err != nil {
		return unablef("saving the directory: %v", err)
	}
	run, err := s.engine.StartSync(ctx, app.Name, "scimwright sync", f.wait)
	if err != nil {
		return syncError(app, err)
	}
	if run, err = s.await(cmd, f, run.ID); err != nil {
		return s.interrupt(cmd, run, err)
	}
	if f.dryRun && f.output == "text" {
		if err := s.writeRehearsed(ctx, cmd.OutOrStdout(), app.Name, run.Since); err != nil {
			return err
		}
	}
	return f.finish(cmd.OutOrStdout(), summarize(app, run.Result, time.Since(started)), run)
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

// connect saves the app's connection. Links to one endpoint mean nothing at
// another, so a database keeps an app to its endpoint.
func (s *service) connect(ctx context.Context, app *provisioner.App, fresh bool) error {
	saved, err := s.store.App(ctx, app.Name)
	switch {
	case errors.Is(err, provisioner.ErrNotFound):
	case err != nil:
		return err
	case fresh:
		if err := s.store.DeleteApp(ctx, app.Name); err != nil {
			return err
		}
	case strings.TrimRight(saved.Endpoint, "/") != strings.TrimRight(app.Endpoint, "/"):
		return usagef("the database knows the app %q at %s, not at %s: give the new one another name with --app, or use another --database", app.Name, saved.Endpoint, app.Endpoint)
	}
	if saved != nil {
		app.Settings = saved.Settings
	}
	return s.Connect(ctx, *app)
}

// syncError says in one line why a sync could not start.
func syncError(app *provisioner.App, err error) error {
	var probe *provisioner.ProbeError
	if errors.As(err, &probe) {
		return unablef("%s cannot be synced, nothing was sent: %v", app.Endpoint, err)
	}
	return err
}
