package admin_test

import (
	"fmt"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/admin"
)

// TestRemoveApp removes an app that has accounts: nothing happens before it is said
// what becomes of them.
func TestRemoveApp(t *testing.T) {
	_, client := newServer(t)
	ctx := t.Context()
	target := mocktargettest.New(t)
	if _, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: target.URL(), Token: target.Token()}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		must(t, client.PutUser(ctx, fmt.Sprint("u", i), raw(fmt.Sprintf(`{"userName": "n%d"}`, i))))
	}
	waitConverged(t, client, "wiki", 3)
	_, err := client.RemoveApp(ctx, "wiki", "", false)
	wantStatus(t, err, 409, "accounts=leave", "disable 3 accounts", "delete 3 accounts")
	_, err = client.RemoveApp(ctx, "wiki", "sell", false)
	wantStatus(t, err, 422)
	if h, err := client.Holdings(ctx, "wiki"); err != nil || h.Accounts != 3 || h.InUse != 3 {
		t.Errorf("holdings %+v, %v", h, err)
	}
	r, err := client.RemoveApp(ctx, "wiki", "delete", false)
	if err != nil || r == nil || r.Accounts != "delete" || !r.Ended.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	waitFor(t, func() bool {
		_, err := client.App(ctx, "wiki")
		return err != nil
	})
	if r, err = client.Removal(ctx, "wiki"); err != nil || r.Deleted != 3 || r.Ended.IsZero() || len(r.Left) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = client.Removal(ctx, "chat")
	wantStatus(t, err, 404)
}
