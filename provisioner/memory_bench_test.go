package provisioner_test

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// pretend gives an app everything without a request, and records that it was given it.
// Its groups have no members.
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
		var held []any
		tx, err := c.DB().BeginTx(ctx, nil)
		must(b, err)
		for _, w := range works {
			if w.User != nil && w.User.Manager() != w.User.ID {
				w.ManagerRemoteID = "r-" + w.User.Manager()
			}
			d, account := w.Desired(), scim.NewObject(scim.Field{Name: "id", Value: "r-" + w.Link.Subject})
			for name, value := range d.Payload.All() {
				account.Set(name, value)
			}
			held = append(held, account)
			_, err := tx.ExecContext(ctx, "INSERT INTO link (app, kind, subject, remote_id, origin, state, applied, in_use) VALUES ($1, $2, $3, $4, 'created', 'converged', 1, 1)",
				name, kind, w.Link.Subject, "r-"+w.Link.Subject)
			must(b, err)
			_, err = tx.ExecContext(ctx, "INSERT INTO holding (app, kind, subject, version, acked) VALUES ($1, $2, $3, '', $4)", name, kind, w.Link.Subject, string(d.Payload.AppendJSON(nil)))
			must(b, err)
			for user, id := range d.Members {
				_, err := tx.ExecContext(ctx, "INSERT INTO link_member (app, group_id, user_id, remote_id) VALUES ($1, $2, $3, $4)", name, w.Link.Subject, user, id)
				must(b, err)
			}
		}
		must(b, tx.Commit())
		must(b, c.mock.Tenant(name).SeedObject(scim.NewObject(scim.Field{Name: string(kind) + "s", Value: held})))
	}
	must(b, c.UpdateApp(ctx, name, func(a *provisioner.App) { // it is no draft any more
		a.Started = true
		a.Resume()
	}))
}

// watchHeap keeps by how many bytes the heap's objects have come to take more than at
// first, at the most, until it is stopped.
func watchHeap() (stop func(), grown *atomic.Uint64) {
	grown = new(atomic.Uint64)
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	first := sample[0].Value.Uint64()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			metrics.Read(sample)
			grown.Store(max(grown.Load(), max(sample[0].Value.Uint64(), first)-first))
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	return func() { close(done); wg.Wait() }, grown
}

// BenchmarkMemory keeps 100,000 people in 20 apps, two million links, and takes the most
// memory that the process has resident, with the database's and the mock's, while it
// sweeps over them and while a tenth of the people change and are pushed.
func BenchmarkMemory(b *testing.B) {
	const users, apps, changed = 100_000, 20, 10_000
	for b.Loop() {
		b.StopTimer()
		c := newCourse(b, storetest.SQLite(b), 20*time.Millisecond)
		must(b, c.ReplaceDirectory(b.Context(), company(users, 0)))
		c.connect(b, "app", provisioner.Settings{})
		c.pretend(b, "app")
		must(b, c.Sweep(b.Context())) // what the links are settled by goes on record
		names := c.multiply(b, "app", apps)
		debug.FreeOSMemory()
		b.ReportMetric(resident(b, "VmRSS"), "MB-idle")
		b.StartTimer()
		b.ReportMetric(c.peak(b, func() { must(b, c.Sweep(b.Context())) }), "MB-sweep")
		before := c.requests(names...)
		b.ReportMetric(c.peak(b, func() {
			began := time.Now()
			for i := range changed {
				must(b, c.PutUser(b.Context(), employee(i, "Director")))
			}
			b.ReportMetric(changed/time.Since(began).Seconds(), "changes/s")
		}), "MB-changes")
		b.ReportMetric(float64(c.requests(names...)-before), "requests")
	}
}

// peak returns the most memory that the process has had resident while f ran.
func (c *course) peak(b *testing.B, f func()) float64 {
	b.Helper()
	debug.FreeOSMemory()
	// Linux counts the peak from here on.
	must(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
	f()
	return resident(b, "VmHWM")
}

// resident returns a line of Linux's account of the process, in MB.
func resident(b *testing.B, name string) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("only Linux says how much memory a process has had resident")
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, _ := strconv.Atoi(strings.Fields(value)[0])
			return float64(kilobytes) / 1024
		}
	}
	b.Fatalf("there is no line %s in /proc/self/status", name)
	return 0
}
