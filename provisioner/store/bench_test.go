package store_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// employee is a user with as many attributes as people have.
func employee(i int) provisioner.User {
	id := fmt.Sprintf("u%06d", i)
	text := fmt.Sprintf(`{"userName": "%s@acme.example", "displayName": "Given Family%d", "title": "Engineer", "active": true,
		"name": {"givenName": "Given", "familyName": "Family%d"}, "emails": [{"value": "%s@acme.example", "type": "work", "primary": true}],
		"%s": {"department": "Department %d", "employeeNumber": "%d", "manager": {"value": "u%06d"}}}`,
		id, i, i, id, scim.EnterpriseUserSchema, i%40, i, i/10)
	o, err := scim.ParseObject([]byte(text))
	if err != nil {
		panic(err)
	}
	return provisioner.User{ID: id, Attributes: o}
}

// settledStore has an app that holds all of a directory of n users and n/100 groups.
func settledStore(b *testing.B, n int) *store.Store {
	b.Helper()
	ctx := b.Context()
	s := storetest.Open(b, storetest.SQLite(b))
	d := &provisioner.Directory{}
	for i := range n {
		d.Users = append(d.Users, employee(i))
		if i%100 == 0 {
			g := provisioner.Group{ID: fmt.Sprintf("g%04d", i/100), Attributes: scim.NewObject(scim.Field{Name: "displayName", Value: fmt.Sprint("Group ", i/100)})}
			for member := range 100 {
				g.Members = append(g.Members, fmt.Sprintf("u%06d", i+member))
			}
			d.Groups = append(d.Groups, g)
		}
	}
	check(b, s.ReplaceDirectory(ctx, d))
	check(b, s.PutApp(ctx, provisioner.App{Name: "app", Endpoint: "https://app.example", Token: "t"}))
	app, err := s.App(ctx, "app")
	check(b, err)
	// Users first: the groups name their accounts.
	for _, kind := range []provisioner.Kind{provisioner.KindUser, provisioner.KindGroup} {
		var works []*provisioner.Work
		check(b, s.Stale(ctx, app, func(w *provisioner.Work) error {
			if w.Link.Kind == kind {
				works = append(works, w)
			}
			return nil
		}))
		tx, err := s.DB().BeginTx(ctx, nil)
		check(b, err)
		for _, w := range works {
			if w.User != nil && w.User.Manager() != w.User.ID {
				w.ManagerRemoteID = "r-" + w.User.Manager()
			}
			d := w.Desired()
			_, err := tx.ExecContext(ctx, "INSERT INTO link (app, kind, subject, remote_id, origin, state, acked, applied, in_use) VALUES ('app', $1, $2, $3, 'created', 'converged', $4, 1, 1)",
				kind, w.Link.Subject, "r-"+w.Link.Subject, string(d.Payload.AppendJSON(nil)))
			check(b, err)
			for user, id := range d.Members {
				_, err := tx.ExecContext(ctx, "INSERT INTO link_member (app, group_id, user_id, remote_id) VALUES ('app', $1, $2, $3)", w.Link.Subject, user, id)
				check(b, err)
			}
		}
		check(b, tx.Commit())
	}
	return s
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkNoop finds out that there is nothing to do for so many links. No request is
// made to anybody; what is kept in memory does not grow with the number of links.
func BenchmarkNoop(b *testing.B) {
	for _, users := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			s := settledStore(b, users)
			app, err := s.App(b.Context(), "app")
			check(b, err)
			noop := func() {
				check(b, s.Stale(b.Context(), app, func(w *provisioner.Work) error {
					return fmt.Errorf("%s is stale", w.Link.Key)
				}))
			}
			noop() // what the links are settled by goes on record
			runtime.GC()
			stop, peak := watchHeap()
			for b.Loop() {
				noop()
			}
			stop()
			b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MB")
		})
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
