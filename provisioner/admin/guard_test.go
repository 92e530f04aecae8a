package admin_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/admin"
)

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited 20 s in vain")
		}
	}
}

// TestHeld holds back more deletions than may go, and decides about them over the API.
func TestHeld(t *testing.T) {
	_, client := newServer(t)
	ctx := t.Context()
	target := mocktargettest.New(t)
	if _, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: target.URL(), Token: target.Token()}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if err := client.PutUser(ctx, fmt.Sprint("u", i), raw(fmt.Sprintf(`{"userName": "n%d"}`, i))); err != nil {
			t.Fatal(err)
		}
	}
	waitConverged(t, client, "wiki", 4)
	if err := client.Distrust(ctx, "the HR system is being moved"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := client.DeleteUser(ctx, fmt.Sprint("u", i)); err != nil {
			t.Fatal(err)
		}
	}
	var held []admin.Held
	waitFor(t, func() bool {
		var err error
		held, err = client.Held(ctx, "wiki")
		return err != nil || len(held) == 3
	})
	if h := held[0]; h.Kind != "User" || h.ID != "u0" || h.Name != "n0" || h.Action != "disable" || h.Why != "left" || h.RemoteID == "" || h.Since == nil {
		t.Errorf("held: %+v", h)
	}
	if page, err := client.HeldPage(ctx, "wiki", held[0].Subject, 1); err != nil || len(page) != 1 || page[0].ID != "u1" {
		t.Errorf("the page of one behind %s: %+v, %v", held[0].ID, page, err)
	}
	if page, err := client.HeldPage(ctx, "wiki", held[2].Subject, 10); err != nil || len(page) != 0 {
		t.Errorf("the page behind the last: %+v, %v", page, err)
	}

	_, err := client.Approve(ctx, "wiki", admin.Chosen{})
	wantStatus(t, err, 422, "either items, or all")
	_, err = client.Approve(ctx, "wiki", admin.Chosen{Items: []admin.Subject{{Kind: "User", ID: "u3"}}})
	wantStatus(t, err, 404, "u3 is not held")
	if n, err := client.Approve(ctx, "wiki", admin.Chosen{Items: []admin.Subject{{Kind: "User", ID: "u1"}}}); n != 1 || err != nil {
		t.Errorf("approved %d, %v", n, err)
	}
	if n, err := client.Reject(ctx, "wiki", admin.Chosen{All: true}); n != 2 || err != nil {
		t.Errorf("rejected %d, %v", n, err)
	}
	waitFor(t, func() bool {
		links, err := client.Links(ctx, "wiki")
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, l := range links {
			states[l.ID] = l.State
		}
		return states["u0"] == "kept" && states["u1"] == "gone" && states["u2"] == "kept" && states["u3"] == "converged"
	})
	if err := client.Distrust(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if err := client.DeleteUser(ctx, "u3"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		links, err := client.Links(ctx, "wiki")
		return err != nil || !slices.ContainsFunc(links, func(l admin.Link) bool { return l.ID == "u3" && l.State != "gone" })
	})
}
