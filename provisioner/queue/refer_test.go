package queue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// A founder is an engine whose app takes everybody, and knows them by their directory id.
type founder struct {
	fakeEngine
}

func (e *founder) Reconcile(ctx context.Context, claim provisioner.Claim) error {
	w, err := e.store.Load(ctx, claim.Key)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(len(claim.Subject)) * time.Millisecond / 2) // the request to the app
	o := &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired, HadMembers: w.AckedMembers, Members: map[string]string{}}
	o.Link.RemoteID, o.Link.State = claim.Subject, provisioner.LinkConverged
	o.Link.Acked = scim.NewObject(scim.Field{Name: "active", Value: true}, scim.Field{Name: "manager", Value: w.ManagerRemoteID})
	for _, m := range w.Members {
		if m.RemoteID != "" {
			o.Members[m.Subject] = m.RemoteID
		}
	}
	return e.store.Finish(ctx, claim.Worker, o)
}

// TestNobodyIsLeftOut has accounts made, by attempts that end together, of people who are
// in the same groups and have the same manager. Whoever names an account learns of it, be
// its own attempt ahead, under way or over when the account is there.
func TestNobodyIsLeftOut(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testNobodyIsLeftOut(t, storetest.SQLite(t), 1) })
	for _, processes := range []int{1, 2} {
		t.Run(fmt.Sprintf("postgres, %d processes", processes), func(t *testing.T) {
			testNobodyIsLeftOut(t, storetest.Postgres(t), processes)
		})
	}
}

func testNobodyIsLeftOut(t *testing.T, database string, processes int) {
	const users, groups = 120, 3
	ctx := t.Context()
	var s *store.Store
	for range processes {
		s = storetest.Open(t, database)
		for _, name := range apps {
			if err := s.PutApp(ctx, provisioner.App{Name: name, Endpoint: "https://app.example", Token: "t", Synced: true}); err != nil {
				t.Fatal(err)
			}
		}
		q, err := queue.Start(ctx, queue.Config{Store: s, Engine: &founder{fakeEngine{store: s}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := q.Stop(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
		})
	}
	d := &provisioner.Directory{}
	for i := range users {
		attributes, err := scim.ParseObject(fmt.Appendf(nil, `{"userName": "n%d", "%s": {"manager": {"value": "u%d"}}}`, i, scim.EnterpriseUserSchema, i/40))
		if err != nil {
			t.Fatal(err)
		}
		d.Users = append(d.Users, provisioner.User{ID: fmt.Sprint("u", i), Attributes: attributes})
	}
	for g := range groups {
		group := provisioner.Group{ID: fmt.Sprint("g", g), Attributes: scim.NewObject(scim.Field{Name: "displayName", Value: fmt.Sprint("Group ", g)})}
		for i := range users {
			group.Members = append(group.Members, fmt.Sprint("u", i))
		}
		d.Groups = append(d.Groups, group)
	}
	if err := s.ReplaceDirectory(ctx, d); err != nil {
		t.Fatal(err)
	}
	awaitSettled(t, s)
	for _, name := range apps {
		links, err := s.AppLinks(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if len(links) != users+groups {
			t.Errorf("%s has %d links, want %d", name, len(links), users+groups)
		}
		for _, l := range links {
			w, err := s.Load(ctx, l.Key)
			if err != nil {
				t.Fatal(err)
			}
			if l.Kind == provisioner.KindGroup {
				if len(w.AckedMembers) != users {
					t.Errorf("%s holds %d members, want %d", l.Key, len(w.AckedMembers), users)
				}
				continue
			}
			if manager := w.User.Manager(); l.Subject != manager && l.Acked.String("manager") != manager {
				t.Errorf("%s holds the manager %q, want %q", l.Key, l.Acked.String("manager"), manager)
			}
		}
	}
}
