package provisioner_test

import (
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// pretend records that an app holds everything, under ids that it knows nothing of.
func (c *course) pretend(b *testing.B, name string) {
	b.Helper()
	ctx := b.Context()
	app, err := c.App(ctx, name)
	must(b, err)
	// Users first: the groups name their accounts.
	for _, kind := range []provisioner.Kind{provisioner.KindUser, provisioner.KindGroup} {
		var works []*provisioner.Work
		must(b, c.Stale(ctx, app, func(w *provisioner.Work) error {
			if w.Link.Kind == kind {
				works = append(works, w)
			}
			return nil
		}))
		tx, err := c.DB().BeginTx(ctx, nil)
		must(b, err)
		for _, w := range works {
			if w.User != nil && w.User.Manager() != w.User.ID {
				w.ManagerRemoteID = "r-" + w.User.Manager()
			}
			d := w.Desired()
			_, err := tx.ExecContext(ctx, "INSERT INTO link (app, kind, subject, remote_id, origin, state, acked, applied, in_use) VALUES ($1, $2, $3, $4, 'created', 'converged', $5, 1, 1)",
				name, kind, w.Link.Subject, "r-"+w.Link.Subject, string(d.Payload.AppendJSON(nil)))
			must(b, err)
			for user, id := range d.Members {
				_, err := tx.ExecContext(ctx, "INSERT INTO link_member (app, group_id, user_id, remote_id) VALUES ($1, $2, $3, $4)", name, w.Link.Subject, user, id)
				must(b, err)
			}
		}
		must(b, tx.Commit())
	}
}

// watchHeap keeps the most that the heap's objects take, until it is stopped.
func watchHeap() (stop func(), peak *atomic.Uint64) {
	peak = new(atomic.Uint64)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			peak.Store(max(peak.Load(), sample[0].Value.Uint64()))
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	return func() { close(done); wg.Wait() }, peak
}
