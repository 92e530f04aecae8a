package queue

import (
	"context"
	"database/sql"
	"errors"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/permiso/scimwright/provisioner"
)

// reconcileArgs are the arguments of the one kind of job there is.
type reconcileArgs struct {
	Key provisioner.Key `json:"key" river:"unique"`
}

// Kind names the job.
func (reconcileArgs) Kind() string { return "reconcile" }

type worker struct {
	river.WorkerDefaults[reconcileArgs]
	reconciler Reconciler
	queue      *Queue
}

// maxReruns bounds how often a job follows a directory that moves on before others
// get their turn.
const maxReruns = 5

// Work makes one attempt. It returns nil only for a job that was completed in the
// transaction of the attempt's outcome.
func (w *worker) Work(ctx context.Context, job *river.Job[reconcileArgs]) error {
	complete := func(ctx context.Context, tx *sql.Tx) error {
		_, err := river.JobCompleteTx[*riversqlite.Driver](ctx, tx, job)
		return err
	}
	// A second attempt of a job means that the first one died: what it sent is not
	// known.
	cutOff := job.Attempt > 1
	for range maxReruns {
		verdict, err := w.reconciler.Reconcile(ctx, job.Args.Key, cutOff, complete)
		switch {
		case errors.Is(err, provisioner.ErrNotFound):
			return river.JobCancel(err) // the app was removed
		case err != nil:
			return err
		case verdict.Done:
			return nil
		case verdict.After > 0 || ctx.Err() != nil:
			w.queue.slept(job.Args.Key, verdict.After)
			return river.JobSnooze(verdict.After)
		}
		cutOff = false // the outcome is on record
	}
	w.queue.slept(job.Args.Key, 0)
	return river.JobSnooze(0)
}
