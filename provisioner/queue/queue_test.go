package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// An app stands for the apps: it holds what each link was last given, and notices if
// a link is worked on twice at a time or given something older than it has.
type app struct {
	mu       sync.Mutex
	busy     map[provisioner.Key]bool
	titles   map[provisioner.Key]string
	overlaps int
	older    int
	calls    int
}

func newApp() *app {
	return &app{busy: map[provisioner.Key]bool{}, titles: map[provisioner.Key]string{}}
}

func (a *app) enter(key provisioner.Key) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[key] {
		a.overlaps++
	}
	a.busy[key] = true
	a.calls++
}

func (a *app) leave(key provisioner.Key) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy[key] = false
}

func (a *app) take(key provisioner.Key, title string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	was, _ := strconv.Atoi(a.titles[key])
	if now, _ := strconv.Atoi(title); now < was {
		a.older++
	}
	a.titles[key] = title
}

// fakeEngine stands for the engine of one process: it brings a link to what it has
// loaded after a while and sometimes fails.
type fakeEngine struct {
	store *store.Store
	app   *app
	rand  func(n int) int
}

func (e *fakeEngine) Room(context.Context, string) (int, time.Duration) { return 8, 0 }
func (e *fakeEngine) Share(int)                                         {}
func (e *fakeEngine) Tend(context.Context) error                        { return nil }
func (e *fakeEngine) Advance(context.Context, int64) error              { return nil }

func (e *fakeEngine) Reconcile(ctx context.Context, claim provisioner.Claim) error {
	w, err := e.store.Load(ctx, claim.Key)
	if err != nil {
		return err
	}
	e.app.enter(claim.Key)
	time.Sleep(time.Duration(e.rand(9)) * time.Millisecond) // the request to the app
	e.app.leave(claim.Key)
	o := &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired}
	if e.rand(20) == 0 {
		o.Link.State, o.Retry = provisioner.LinkFailing, 300*time.Millisecond
	} else {
		o.Link.State = provisioner.LinkConverged
		e.app.take(claim.Key, w.User.Attributes.String("title"))
	}
	return e.store.Finish(ctx, claim.Worker, o)
}

// startProcess opens a database and runs its jobs against the app, as one process
// of several does.
func startProcess(t *testing.T, database string, a *app, seed uint64) (*store.Store, *queue.Queue) {
	t.Helper()
	ctx := t.Context()
	s := storetest.Open(t, database)
	for _, name := range apps {
		if err := s.PutApp(ctx, provisioner.App{Name: name, Endpoint: "https://app.example", Token: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 2))
	locked := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
	q, err := queue.Start(ctx, queue.Config{Store: s, Engine: &fakeEngine{store: s, app: a, rand: locked}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	return s, q
}

var apps = []string{"a", "b", "c", "d", "e"}

// TestNothingIsLostAndNothingOverlaps changes users from several sides while jobs
// run, fail and sleep, in one process and in several. In the end every app holds the
// last value; no link was ever worked on twice at a time, nor given an older value
// after a newer one.
func TestNothingIsLostAndNothingOverlaps(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testNothingIsLost(t, storetest.SQLite(t), 1) })
	for _, processes := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("postgres, %d processes", processes), func(t *testing.T) {
			testNothingIsLost(t, storetest.Postgres(t), processes)
		})
	}
}

func testNothingIsLost(t *testing.T, database string, processes int) {
	const (
		writers = 4
		users   = 10  // of each writer
		changes = 250 // of each writer
	)
	ctx := t.Context()
	a := newApp()
	stores := make([]*store.Store, processes)
	for i := range stores {
		stores[i], _ = startProcess(t, database, a, uint64(i))
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range changes {
				id := fmt.Sprintf("u%d-%d", w, (i*7)%users)
				u := provisioner.User{ID: id, Attributes: scim.NewObject(
					scim.Field{Name: "userName", Value: id}, scim.Field{Name: "title", Value: fmt.Sprint(i)})}
				if err := stores[(w+i)%processes].PutUser(ctx, u); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	awaitSettled(t, stores[0])
	checkHeld(t, stores[0], a)
	t.Logf("%d changes of %d links took %d attempts", writers*changes*len(apps), writers*users*len(apps), a.calls)
}

// A gap is a store in which an app is connected just after a queue has found that
// there is none.
type gap struct {
	*store.Store
	due     func([]provisioner.Key)
	connect func()
}

func (g *gap) OnDue(due func([]provisioner.Key)) {
	g.due = due
	g.Store.OnDue(due)
}

func (g *gap) Claim(ctx context.Context, worker, app string, n int) ([]provisioner.Claim, time.Duration, error) {
	claims, wait, err := g.Store.Claim(ctx, worker, app, n)
	if errors.Is(err, provisioner.ErrNotFound) {
		g.connect()
	}
	return claims, wait, err
}

// TestAppThatComesBack connects an app in the moment between a look that finds none of
// its name and the end of looking after it.
func TestAppThatComesBack(t *testing.T) {
	s, a := storetest.Open(t, storetest.SQLite(t)), newApp()
	g := &gap{Store: s}
	g.connect = sync.OnceFunc(func() {
		u := provisioner.User{ID: "u1", Attributes: scim.NewObject(scim.Field{Name: "userName", Value: "ada"}, scim.Field{Name: "title", Value: "1"})}
		if err := errors.Join(s.PutApp(t.Context(), provisioner.App{Name: "a", Endpoint: "https://app.example", Token: "t"}), s.PutUser(t.Context(), u)); err != nil {
			t.Error(err)
		}
	})
	q, err := queue.Start(t.Context(), queue.Config{Store: g, Engine: &fakeEngine{store: s, app: a, rand: func(int) int { return 1 }}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	g.due([]provisioner.Key{{App: "a"}})
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if p, err := s.Progress(t.Context(), "a"); err != nil && !errors.Is(err, provisioner.ErrNotFound) {
			t.Fatal(err)
		} else if p.Total == 1 && p.Settled == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody looks after the app")
		}
	}
}

// fragile stands for an engine with a defect that the answer of an app about one subject
// brings out.
type fragile struct {
	*fakeEngine
	panicked atomic.Int64
}

func (f *fragile) Reconcile(ctx context.Context, claim provisioner.Claim) error {
	if claim.Subject == "poison" {
		f.panicked.Add(1)
		panic("what nobody has thought of")
	}
	return f.fakeEngine.Reconcile(ctx, claim)
}

// TestPanicOfOneAttempt: an attempt that panics is the end of no other, and of nothing
// else; it is not made again and again without a pause.
func TestPanicOfOneAttempt(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	if err := s.PutApp(t.Context(), provisioner.App{Name: "a", Endpoint: "https://app.example", Token: "t"}); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	engine := &fragile{fakeEngine: &fakeEngine{store: s, app: newApp(), rand: func(int) int { return 1 }}}
	q, err := queue.Start(t.Context(), queue.Config{Store: s, Engine: engine, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"u1", "poison", "u2"} {
		u := provisioner.User{ID: id, Attributes: scim.NewObject(scim.Field{Name: "userName", Value: id}, scim.Field{Name: "title", Value: "1"})}
		if err := s.PutUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		p, err := s.Progress(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if p.Total == 3 && p.Settled == 2 && engine.panicked.Load() > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v after two minutes, want all settled but one", p)
		}
	}
	if err := q.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if n := engine.panicked.Load(); n != 1 {
		t.Errorf("the attempt was made %d times, want one and a pause", n)
	}
	if text := log.String(); !strings.Contains(text, "a/users/poison") || !strings.Contains(text, "what nobody has thought of") {
		t.Errorf("the log does not tell of it: %s", text)
	}
}

func awaitSettled(t *testing.T, s *store.Store) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		behind := 0
		for _, name := range apps {
			p, err := s.Progress(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			behind += p.Total - p.Settled
		}
		if behind == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d links are behind after two minutes", behind)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func checkHeld(t *testing.T, s *store.Store, a *app) {
	t.Helper()
	directory, err := s.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, u := range directory {
		for _, name := range apps {
			key := provisioner.Key{App: name, Kind: provisioner.KindUser, Subject: u.ID}
			if got, want := a.titles[key], u.Attributes.String("title"); got != want {
				t.Errorf("%s holds %q, want %q", key, got, want)
			}
		}
	}
	if a.overlaps > 0 {
		t.Errorf("%d attempts overlapped another at the same link", a.overlaps)
	}
	if a.older > 0 {
		t.Errorf("%d attempts gave an app something older than it had", a.older)
	}
}

// TestNothingToWorkWith: what is missing is said when a queue starts.
func TestNothingToWorkWith(t *testing.T) {
	if q, err := queue.Start(t.Context(), queue.Config{}); err == nil {
		t.Errorf("a queue starts without a store and an engine: %v", q)
	}
}
