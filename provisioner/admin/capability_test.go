package admin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

// TestCapabilities reads what is known of an app before and after its connection is
// tested.
func TestCapabilities(t *testing.T) {
	address, client := newServer(t)
	ctx := t.Context()
	target := mocktargettest.New(t)
	in := admin.AppInput{Endpoint: target.URL(), Token: target.Token(), Settings: &provisioner.Settings{
		Preset: "slack", Capabilities: map[provisioner.Capability]string{provisioner.MaxMembersPerOp: "7"},
	}}
	if _, err := client.PutApp(ctx, "wiki", in); err != nil {
		t.Fatal(err)
	}
	known := func(name provisioner.Capability) admin.Capability {
		t.Helper()
		c, err := client.Capabilities(ctx, "wiki")
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(c.Items, func(c admin.Capability) bool { return c.Name == string(name) })
		if i < 0 {
			t.Fatalf("no %s in %+v", name, c.Items)
		}
		return c.Items[i]
	}
	for name, want := range map[provisioner.Capability]admin.Capability{
		provisioner.MaxMembersPerOp: {Value: "7", Source: "admin"},
		provisioner.ContentType:     {Value: "json", Source: "preset"},
		provisioner.UserUpdate:      {Value: "patch", Source: "default"},
		provisioner.ETag:            {Value: "no", Source: "default"},
	} {
		if got := known(name); got.Value != want.Value || got.Source != want.Source {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}

	tested, err := client.TestConnection(ctx, "wiki", admin.ConnectionTest{Write: true})
	if err != nil || !tested.OK {
		t.Fatalf("test: %+v, %v", tested, err)
	}
	var names []string
	for _, c := range tested.Checks {
		names = append(names, c.Name)
		if !c.OK || c.Detail == "" {
			t.Errorf("check %+v", c)
		}
	}
	if want := []string{
		"users", "discovery", "groups", "filter by externalId", "filter by userName",
		"create a user", "create a group", "change a group", "change a group", "delete a group", "change a user", "delete a user",
	}; !slices.Equal(names, want) {
		t.Errorf("checks %q, want %q", names, want)
	}
	if u, g := len(target.Users()), len(target.Groups()); u+g > 0 {
		t.Errorf("the test left %d users and %d groups behind", u, g)
	}
	if etag := known(provisioner.ETag); etag.Value != "yes" || etag.Source != "discovery" || !strings.Contains(etag.Reason, "ServiceProviderConfig") || etag.At == nil {
		t.Errorf("etag after the test: %+v", etag)
	}

	_, err = client.TestConnection(ctx, "nobody", admin.ConnectionTest{})
	wantStatus(t, err, 404, "nobody")
	in.Settings.Capabilities = map[provisioner.Capability]string{provisioner.UserUpdate: "telepathy"}
	_, err = client.PutApp(ctx, "wiki", in)
	wantStatus(t, err, 422, "user_update", "telepathy", "patch_nopath")
	if resp, _ := call(t, "POST", address+"/api/v1/apps/wiki/test", apiKey, ""); resp.StatusCode != 200 {
		t.Errorf("a test without a body: %d", resp.StatusCode)
	}
}
