package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// TestNoneIsClaimedUnaware ends the attempt at a member of a group that is due. Until that
// is on record the group cannot be claimed, since it would be loaded without the member's
// account, and nobody would tell it later.
func TestNoneIsClaimedUnaware(t *testing.T) {
	ctx := t.Context()
	s := storetest.Open(t, storetest.Postgres(t))
	report, err := scim.ParseObject([]byte(`{"userName": "bob", "` + scim.EnterpriseUserSchema + `": {"manager": {"value": "ann"}}}`))
	must(t, err)
	must(t, s.PutApp(ctx, provisioner.App{Name: "app", Endpoint: "https://app.example", Token: "t", Synced: true}))
	must(t, s.ReplaceDirectory(ctx, &provisioner.Directory{
		Users: []provisioner.User{
			{ID: "ann", Attributes: scim.NewObject(scim.Field{Name: "userName", Value: "ann"})},
			{ID: "bob", Attributes: report},
		},
		Groups: []provisioner.Group{{ID: "g", Attributes: scim.NewObject(scim.Field{Name: "displayName", Value: "G"}), Members: []string{"ann"}}},
	}))
	claimed, _, err := s.Claim(ctx, "w", "app", 2)
	must(t, err)
	finish := func(subject, remoteID string, state provisioner.LinkState) error {
		i := slices.IndexFunc(claimed, func(c provisioner.Claim) bool { return c.Subject == subject })
		w, err := s.Load(ctx, claimed[i].Key)
		if err != nil {
			return err
		}
		w.Link.RemoteID, w.Link.State = remoteID, state
		return s.Finish(ctx, "w", &provisioner.Outcome{Link: w.Link, Want: w.Link.Desired})
	}
	must(t, finish("bob", "", provisioner.LinkWaiting))
	// The attempt at ann ends, and cannot go on when it comes to bob, who waits for her.
	tx, err := s.DB().BeginTx(ctx, nil)
	must(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(ctx, "SELECT 1 FROM link WHERE subject = 'bob' FOR UPDATE")
	must(t, err)
	ended := make(chan error)
	go func() { ended <- finish("ann", "1", provisioner.LinkConverged) }()
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		must(t, s.DB().QueryRowContext(ctx, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting))
	}
	early, _, err := s.Claim(ctx, "w", "app", 2)
	must(t, err)
	if len(early) > 0 {
		t.Errorf("%v can be claimed before ann's account is on record", early)
	}
	must(t, tx.Rollback())
	must(t, <-ended)
	claimed, _, err = s.Claim(ctx, "w", "app", 2)
	must(t, err)
	if len(claimed) != 2 || claimed[0].Subject != "bob" || claimed[1].Subject != "g" {
		t.Fatalf("%v can be claimed, want bob and the group", claimed)
	}
	w, err := s.Load(ctx, claimed[1].Key)
	must(t, err)
	if len(w.Members) != 1 || w.Members[0].RemoteID != "1" {
		t.Errorf("the group has the members %+v, want ann with her account", w.Members)
	}
}
