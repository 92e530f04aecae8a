package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/admin"
)

// TestResolve finds an account that is in the way, looks at it, and takes it over.
func TestResolve(t *testing.T) {
	_, client := newServer(t)
	ctx := t.Context()
	target := mocktargettest.New(t)
	if _, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: target.URL(), Token: target.Token()}); err != nil {
		t.Fatal(err)
	}
	resp, body := call(t, http.MethodPost, target.URL()+"/Users", target.Token(),
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"zoe","externalId":"old-9","active":true}`)
	if resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status, body)
	}
	must(t, client.PutUser(ctx, "u9", raw(`{"userName": "zoe"}`)))
	subject := admin.Subject{Kind: "User", ID: "u9"}
	state := func(want string) func() bool {
		return func() bool {
			links, err := client.Links(ctx, "wiki")
			return err != nil || len(links) == 1 && links[0].State == want
		}
	}
	waitFor(t, state("conflict"))

	foreign, err := client.Foreign(ctx, "wiki", "User")
	if err != nil || len(foreign) != 1 || foreign[0].Name != "zoe" || foreign[0].ExternalID != "old-9" || foreign[0].Active == nil {
		t.Fatalf("foreign accounts: %+v, %v", foreign, err)
	}
	remote, err := client.Remote(ctx, "wiki", "User", foreign[0].ID)
	if err != nil || remote.Subject != "" || !strings.Contains(string(remote.Resource), `"userName"`) {
		t.Errorf("the account: %+v, %v", remote, err)
	}
	wantStatus(t, client.Resolve(ctx, "wiki", subject, admin.ResolutionInput{Choice: "adopt", RemoteID: remote.ID}), 409, "old-9", "confirm")
	wantStatus(t, client.Resolve(ctx, "wiki", subject, admin.ResolutionInput{Choice: "adopt", RemoteID: "nowhere"}), 404, "nowhere")
	wantStatus(t, client.Resolve(ctx, "wiki", subject, admin.ResolutionInput{Choice: "sell"}), 422)
	wantStatus(t, client.Resolve(ctx, "wiki", admin.Subject{Kind: "User", ID: "u8"}, admin.ResolutionInput{Choice: "ignore"}), 404, `there is no user "u8"`, "check the id")
	must(t, client.Resolve(ctx, "wiki", subject, admin.ResolutionInput{Choice: "adopt", RemoteID: remote.ID, TakeOver: "old-9"}))
	waitFor(t, state("converged"))
	if remote, err = client.Remote(ctx, "wiki", "User", remote.ID); err != nil || remote.Subject != "u9" || remote.ExternalID != "u9" {
		t.Errorf("after the adoption: %+v, %v", remote, err)
	}
	_, err = client.Remote(ctx, "nobody", "User", "1")
	wantStatus(t, err, 404, "nobody")
}
