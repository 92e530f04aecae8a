package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// employ connects an app that has an account in use for each of n users.
func employ(t *testing.T, database string, n int) *store.Store {
	t.Helper()
	s, _ := open(t, database)
	must(t, s.PutApp(t.Context(), provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "t"}))
	for i := range n {
		id := fmt.Sprint("u", i)
		must(t, s.PutUser(t.Context(), user(t, id, "n"+id)))
		w, err := s.Load(t.Context(), provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: id})
		must(t, err)
		l := w.Link
		l.RemoteID, l.Origin, l.State = "r"+id, provisioner.OriginCreated, provisioner.LinkConverged
		l.Acked = scim.NewObject(scim.Field{Name: "userName", Value: "n" + id}, scim.Field{Name: "active", Value: true})
		must(t, s.Finish(t.Context(), "", &provisioner.Outcome{Link: l, Want: l.Desired}))
	}
	return s
}

// TestDepartureIsOneStep lets many ask at the same time for what they are to lose:
// never more pass than may.
func TestDepartureIsOneStep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		const asking = 16
		s := employ(t, database, asking)
		var wg sync.WaitGroup
		var passed, held atomic.Int32
		for i := range asking {
			wg.Go(func() {
				key := provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: fmt.Sprint("u", i)}
				why, err := s.Depart(t.Context(), provisioner.Goodbye{Key: key, Why: provisioner.Disabled})
				switch {
				case err != nil:
					t.Error(err)
				case why == "":
					passed.Add(1)
				default:
					held.Add(1)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 5 || held.Load() != asking-5 {
			t.Errorf("%d passed and %d are held, want 5 and %d", passed.Load(), held.Load(), asking-5)
		}
	})
}

// TestDepartureIsRepeated checks that who has been let through is let through again,
// and counts once.
func TestDepartureIsRepeated(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := employ(t, database, 10)
		for i := range 10 {
			key := provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: fmt.Sprint("u", i%5)}
			if why, err := s.Depart(t.Context(), provisioner.Goodbye{Key: key, Why: provisioner.Disabled}); why != "" || err != nil {
				t.Errorf("goodbye %d to %s: held %q, %v", i, key, why, err)
			}
		}
	})
}

// TestHoldingTakesAllAlong checks that what is held back is so for all that have left
// together, and that a decision reaches the right ones.
func TestHoldingTakesAllAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := employ(t, database, 20)
		r := &recorder{}
		s.OnDue(r.due)
		d := &provisioner.Directory{}
		for i := 12; i < 20; i++ {
			d.Users = append(d.Users, user(t, fmt.Sprint("u", i), fmt.Sprint("nu", i)))
		}
		must(t, s.ReplaceDirectory(t.Context(), d))
		key := func(i int) provisioner.Key {
			return provisioner.Key{App: "chat", Kind: provisioner.KindUser, Subject: fmt.Sprint("u", i)}
		}
		why, err := s.Depart(t.Context(), provisioner.Goodbye{Key: key(0), Why: provisioner.Left})
		if why == "" || err != nil {
			t.Fatalf("held %q, %v", why, err)
		}
		held, err := s.Held(t.Context(), "chat", provisioner.Key{}, 0)
		if err != nil || len(held) != 12 {
			t.Fatalf("%d are held, want 12 (%v)", len(held), err)
		}
		if h := held[0]; h.Name != "nu0" || h.RemoteID != "ru0" || h.Reason != why || h.Since.IsZero() || h.Why != provisioner.Left {
			t.Errorf("the first that is held: %+v", h)
		}
		r.take()
		if n, err := s.Approve(t.Context(), "chat", key(3), key(5)); n != 2 || err != nil {
			t.Errorf("approved %d, %v", n, err)
		}
		if got := r.take(); got != "chat/users/u3 chat/users/u5" {
			t.Errorf("scheduled %q", got)
		}
		for i, want := range map[int]provisioner.Decision{3: provisioner.DecisionApprove, 4: provisioner.DecisionHold, 12: ""} {
			if w, err := s.Load(t.Context(), key(i)); err != nil || w.Link.Decision != want {
				t.Errorf("the decision about u%d is %q, want %q (%v)", i, w.Link.Decision, want, err)
			}
		}
		// What was approved is a goodbye for a reason, not whatever else may be done.
		for i := 12; i < 17; i++ {
			why, err := s.Depart(t.Context(), provisioner.Goodbye{Key: key(i), Why: provisioner.Disabled})
			if why != "" || err != nil {
				t.Errorf("within the limit: held %q, %v", why, err)
			}
		}
		for _, reason := range []provisioner.Presence{provisioner.Left, provisioner.Disabled} {
			if why, err := s.Depart(t.Context(), provisioner.Goodbye{Key: key(3), Why: reason}); (why == "") != (reason == provisioner.Left) || err != nil {
				t.Errorf("that u3 has left is approved; %s is held %q, %v", reason, why, err)
			}
		}
	})
}

// TestGoodbyesCountForATime: tidying up forgets the goodbyes that count no longer, and
// none that does.
func TestGoodbyesCountForATime(t *testing.T) { storetest.Each(t, testGoodbyesCountForATime) }

func testGoodbyesCountForATime(t *testing.T, database string) {
	s := employ(t, database, 10)
	depart := func(from, to int) (held string) {
		t.Helper()
		for i := from; i < to; i++ {
			why, err := s.Depart(t.Context(), provisioner.Goodbye{Key: chatUser(fmt.Sprint("u", i)), Why: provisioner.Disabled})
			must(t, err)
			held += why
		}
		return held
	}
	if held := depart(0, 5); held != "" {
		t.Errorf("within the limit: %s", held)
	}
	must(t, s.Tidy(t.Context()))
	if held := depart(5, 6); held == "" {
		t.Error("the limit is forgotten when it is tidied up")
	}
	_, err := s.DB().ExecContext(t.Context(), "UPDATE goodbye SET at = $1", time.Now().Add(-provisioner.GuardWindow-time.Second).UnixMilli())
	must(t, err)
	must(t, s.Tidy(t.Context()))
	var n int
	must(t, s.DB().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM goodbye").Scan(&n))
	if n != 0 {
		t.Errorf("%d goodbyes are kept that count no longer", n)
	}
}
