package queue_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
)

// fakeEngine stands for engine and apps: it brings a link to the generation it has
// loaded after a while, sometimes fails, and notices if a link is worked on twice
// at a time.
type fakeEngine struct {
	store *store.Store
	rand  func(n int) int

	mu       sync.Mutex
	busy     map[provisioner.Key]bool
	titles   map[provisioner.Key]string // what the app of each link holds
	overlaps int
	calls    int
}

func (e *fakeEngine) Reconcile(ctx context.Context, key provisioner.Key, _ bool, complete func(context.Context, *sql.Tx) error) (provisioner.Verdict, error) {
	e.mu.Lock()
	if e.busy[key] {
		e.overlaps++
	}
	e.busy[key] = true
	e.calls++
	pause, fails := time.Duration(e.rand(4))*time.Millisecond, e.rand(20) == 0
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.busy[key] = false
	}()
	w, err := e.store.Load(ctx, key)
	if err != nil {
		return provisioner.Verdict{}, err
	}
	time.Sleep(pause) // the request to the app
	o := &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired}
	if fails {
		o.Link.State, o.Retry = provisioner.LinkFailing, 30*time.Millisecond
	} else {
		o.Link.State = provisioner.LinkConverged
		e.mu.Lock()
		e.titles[key] = w.User.Attributes.String("title")
		e.mu.Unlock()
	}
	return e.store.Finish(ctx, o, complete)
}

// TestNothingIsLostAndNothingOverlaps changes users from several sides while jobs
// run, fail and sleep. In the end every app holds the last value, and no link was
// ever worked on twice at a time.
func TestNothingIsLostAndNothingOverlaps(t *testing.T) {
	const (
		writers = 4
		users   = 20
		changes = 100 // of each writer
	)
	ctx := t.Context()
	s, err := store.Open(ctx, store.Config{Database: filepath.Join(t.TempDir(), "test.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	q, err := queue.New(ctx, s.DB(), queue.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.UseScheduler(q)
	for _, app := range []string{"a", "b", "c"} {
		if err := s.PutApp(ctx, provisioner.App{Name: app, Endpoint: "https://app.example", Token: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	e := &fakeEngine{store: s, rand: random.IntN, busy: map[provisioner.Key]bool{}, titles: map[provisioner.Key]string{}}
	if err := q.Start(ctx, e, s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})

	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range changes {
				id := fmt.Sprintf("u%d-%d", w, (i*7)%users)
				u := provisioner.User{ID: id, Attributes: scim.NewObject(
					scim.Field{Name: "userName", Value: id}, scim.Field{Name: "title", Value: fmt.Sprint(i)})}
				if err := s.PutUser(ctx, u); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()

	deadline := time.Now().Add(60 * time.Second)
	for {
		behind := 0
		for _, app := range []string{"a", "b", "c"} {
			p, err := s.Progress(ctx, app)
			if err != nil {
				t.Fatal(err)
			}
			behind += p.Total - p.Settled
		}
		if behind == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d links are behind after a minute", behind)
		}
		time.Sleep(10 * time.Millisecond)
	}
	directory, err := s.Users(ctx)
	if err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, u := range directory {
		for _, app := range []string{"a", "b", "c"} {
			key := provisioner.Key{App: app, Kind: provisioner.KindUser, Subject: u.ID}
			if got, want := e.titles[key], u.Attributes.String("title"); got != want {
				t.Errorf("%s holds %q, want %q", key, got, want)
			}
		}
	}
	if e.overlaps > 0 {
		t.Errorf("%d attempts overlapped another at the same link", e.overlaps)
	}
	t.Logf("%d changes of %d links took %d attempts", writers*changes*3, len(directory)*3, e.calls)
}
