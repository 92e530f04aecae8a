// Package queue runs the engine's attempts as River jobs on the store's database.
//
// One job per link can exist at a time: its key is unique while it is available,
// running or scheduled, which makes the job the link's mutex. A change that comes
// while the job runs is therefore not given a job of its own; instead the attempt's
// outcome, the check whether the directory has moved, and the completion of the job
// are one transaction, and if it has moved the job runs again. A job is never
// completed in any other way.
//
// Every app has a queue, so that a slow app holds up nobody else.
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/permiso/scimwright/provisioner"
)

// A Reconciler makes one attempt at a link. [provisioner.Engine] is one.
type Reconciler interface {
	Reconcile(ctx context.Context, key provisioner.Key, cutOff bool, complete func(context.Context, *sql.Tx) error) (provisioner.Verdict, error)
}

// A Source tells the queue which apps there are and which links may have lost
// their job, and is told when there is time to tidy up. Package store has one.
type Source interface {
	Apps(ctx context.Context) ([]provisioner.App, error)
	Overdue(ctx context.Context, limit int) ([]provisioner.Key, error)
	Reschedule(ctx context.Context, keys []provisioner.Key) error
	Moved(ctx context.Context, key provisioner.Key) (bool, error)
	Tidy(ctx context.Context) error
}

// Config says how jobs are run.
type Config struct {
	// Workers is how many attempts at one app run at a time. Zero means 4.
	Workers int
	// JobTimeout bounds one attempt. Zero means 1 minute.
	JobTimeout time.Duration
	// SweepEvery is how often links that may have lost their job are looked for.
	// Zero means 1 minute.
	SweepEvery time.Duration
	// Listener tells of new jobs on PostgreSQL, whatever process made them. Nil means
	// that the database is a SQLite file that no other process uses.
	Listener *pgxpool.Pool
	// Log receives River's warnings and errors. Nil means none.
	Log *slog.Logger
}

const (
	// fetchCooldown bounds how often a queue is asked for jobs: a queue does not run
	// more than Workers jobs in that time.
	fetchCooldown = 10 * time.Millisecond
	// pollInterval is how often a queue is asked without having been woken.
	pollInterval = 2 * time.Second
	// wakeMargin is how long River may take to put a job to sleep: it writes the
	// outcomes of jobs in batches.
	wakeMargin = 200 * time.Millisecond
	// retention is how long finished jobs are kept; the log has its own history.
	retention = 10 * time.Minute
	// maxAttempts is out of reach: whether to go on is the engine's decision.
	maxAttempts = 30_000
	// sweepBatch bounds the links one sweep gives jobs to.
	sweepBatch = 1000
)

// A Queue schedules and runs attempts. It implements [provisioner.Scheduler].
type Queue struct {
	config Config
	db     *sql.DB
	worker *worker
	client *river.Client[*sql.Tx]

	mu   sync.Mutex
	apps map[string]bool
	stop context.CancelFunc // nil until Start
	done chan struct{}
	// running ends with the queue.
	running context.Context
	source  Source
}

// New brings the job tables up to date and returns a queue that can schedule.
// [Queue.Start] makes it run.
func New(ctx context.Context, db *sql.DB, config Config) (*Queue, error) {
	if config.Workers <= 0 {
		config.Workers = 4
	}
	if config.JobTimeout <= 0 {
		config.JobTimeout = time.Minute
	}
	if config.SweepEvery <= 0 {
		config.SweepEvery = time.Minute
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	driver := newDriver(db, config.Listener)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: config.Log})
	if err != nil {
		return nil, fmt.Errorf("job tables: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("updating the job tables: %w", err)
	}
	q := &Queue{config: config, db: db, worker: &worker{}, apps: map[string]bool{}}
	workers := river.NewWorkers()
	river.AddWorker(workers, q.worker)
	q.client, err = river.NewClient(driver, &river.Config{
		// River wants a queue to start with; it stays empty.
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1, FetchPollInterval: time.Minute}},
		Workers:                     workers,
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           pollInterval,
		JobTimeout:                  config.JobTimeout,
		RescueStuckJobsAfter:        2 * config.JobTimeout,
		MaxAttempts:                 maxAttempts,
		CompletedJobRetentionPeriod: retention,
		CancelledJobRetentionPeriod: retention,
		Logger:                      config.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return q, nil
}

func newDriver(db *sql.DB, listener *pgxpool.Pool) riverdriver.Driver[*sql.Tx] {
	if listener == nil {
		return riversqlite.New(db)
	}
	return riverdatabasesql.NewWithPgxListener(db, listener)
}

// Start runs jobs until [Queue.Stop]. Jobs that a process which died had under way
// run again: on SQLite at once, since nobody else can have them; on PostgreSQL when
// they have taken twice the time an attempt may take.
func (q *Queue) Start(ctx context.Context, reconciler Reconciler, source Source) error {
	q.worker.reconciler, q.worker.queue = reconciler, q
	if q.config.Listener == nil {
		_, err := q.db.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'")
		if err != nil {
			return fmt.Errorf("taking up the jobs of a process that died: %w", err)
		}
	}
	// Stop decides when running jobs end, not the context that starts them.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	q.mu.Lock()
	q.running, q.stop, q.done, q.source = running, stop, make(chan struct{}), source
	q.mu.Unlock()
	if err := q.client.Start(running); err != nil {
		stop()
		q.stop = nil
		return fmt.Errorf("starting the job queue: %w", err)
	}
	go q.sweep(running, source)
	if err := q.refresh(ctx, source); err != nil {
		return errors.Join(err, q.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// Stop lets running attempts finish, for as long as ctx allows, and then cuts them
// off.
func (q *Queue) Stop(ctx context.Context) error {
	if q.stop == nil {
		return nil
	}
	err := q.client.Stop(ctx)
	if err != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = q.client.StopAndCancel(hard)
	}
	q.stop()
	<-q.done
	return err
}

// AddApp makes a started queue run the app's jobs.
func (q *Queue) AddApp(name string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stop == nil || q.apps[name] {
		return nil
	}
	if err := q.client.Queues().Add(queueName(name), river.QueueConfig{MaxWorkers: q.config.Workers}); err != nil {
		return fmt.Errorf("job queue of app %q: %w", name, err)
	}
	q.apps[name] = true
	return nil
}

func (q *Queue) refresh(ctx context.Context, source Source) error {
	apps, err := source.Apps(ctx)
	if err != nil {
		return err
	}
	for _, app := range apps {
		if err := q.AddApp(app.Name); err != nil {
			return err
		}
	}
	return nil
}

// sweep gives a job to links that should have one: the queue can be late, but it
// can lose nothing.
func (q *Queue) sweep(ctx context.Context, source Source) {
	defer close(q.done)
	ticker := time.NewTicker(q.config.SweepEvery)
	defer ticker.Stop()
	for {
		keys, err := source.Overdue(ctx, sweepBatch)
		if err == nil && len(keys) > 0 {
			err = source.Reschedule(ctx, keys)
		}
		if err == nil {
			err = q.refresh(ctx, source)
		}
		q.warn("sweeping for lost jobs", err)
		q.warn("tidying up", source.Tidy(ctx))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func queueName(app string) string { return "app_" + app }

// Schedule asks for an attempt at each key. A key that has a job keeps it; with
// hasten, one that sleeps is woken.
func (q *Queue) Schedule(ctx context.Context, tx *sql.Tx, keys []provisioner.Key, hasten bool) error {
	params := make([]river.InsertManyParams, len(keys))
	for i, key := range keys {
		params[i] = river.InsertManyParams{Args: reconcileArgs{Key: key}, InsertOpts: insertOpts(key)}
	}
	results, err := q.client.InsertManyTx(ctx, tx, params)
	if err != nil {
		return fmt.Errorf("scheduling %d attempts: %w", len(keys), err)
	}
	if !hasten {
		return nil
	}
	asleep := map[string]bool{}
	for _, r := range results {
		if !r.UniqueSkippedAsDuplicate || r.Job.State == rivertype.JobStateRunning {
			continue
		}
		// A short sleep is kept as available from a later time on.
		if r.Job.State == rivertype.JobStateAvailable && !r.Job.ScheduledAt.After(time.Now()) {
			continue
		}
		if _, err := q.client.JobRetryTx(ctx, tx, r.Job.ID); err != nil {
			return fmt.Errorf("waking a job: %w", err)
		}
		asleep[r.Job.Queue] = true
	}
	return notify(ctx, q.client.Driver().UnwrapExecutor(tx), slices.Sorted(maps.Keys(asleep)))
}

// notify makes queues look for jobs at once. River does so for new jobs; jobs that
// are woken or have slept only a little would wait for the next poll.
func notify(ctx context.Context, executor riverdriver.Executor, queues []string) error {
	if len(queues) == 0 {
		return nil
	}
	payloads := make([]string, len(queues))
	for i, name := range queues {
		payloads[i] = fmt.Sprintf(`{"queue": %q}`, name)
	}
	return executor.NotifyMany(ctx, &riverdriver.NotifyManyParams{Topic: "river_insert", Payload: payloads})
}

// slept follows up a job that was put to sleep. River writes that down a little
// later than the attempt's outcome, so a change in between has found the job
// running: it is made good here. River's scheduler ends long sleeps and tells the
// queue; short ones the queue has to be told about.
func (q *Queue) slept(key provisioner.Key, wait time.Duration) {
	q.followUp(key, wakeMargin)
	if wait > pollInterval {
		return
	}
	time.AfterFunc(wait+wakeMargin, func() {
		q.warn("waking the job queue", notify(q.running, q.client.Driver().GetExecutor(), []string{queueName(key.App)}))
	})
}

// followUp wakes the job of a link that has changed, again and again with growing
// pauses until an attempt has seen the change; then it is the sweeper's.
func (q *Queue) followUp(key provisioner.Key, pause time.Duration) {
	if pause > q.config.SweepEvery {
		return
	}
	time.AfterFunc(pause, func() {
		moved, err := q.source.Moved(q.running, key)
		if err == nil && moved {
			err = q.source.Reschedule(q.running, []provisioner.Key{key})
			q.followUp(key, 2*pause)
		}
		q.warn("following up a job that sleeps", err)
	})
}

func (q *Queue) warn(doing string, err error) {
	if err != nil && q.running.Err() == nil {
		q.config.Log.Warn(doing+" failed", "error", err)
	}
}

func insertOpts(key provisioner.Key) *river.InsertOpts {
	priority := 2
	if key.Kind == provisioner.KindGroup {
		priority = 3 // groups refer to users
	}
	return &river.InsertOpts{
		Queue:    queueName(key.App),
		Priority: priority,
		UniqueOpts: river.UniqueOpts{
			ByArgs: true,
			ByState: []rivertype.JobState{
				rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
				rivertype.JobStateRetryable, rivertype.JobStateScheduled,
			},
		},
	}
}
