package admin_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

// TestLinkPages reads links a few at a time, and those that a person should look at.
func TestLinkPages(t *testing.T) {
	address, client := newServer(t)
	ctx := t.Context()
	target := mocktargettest.New(t)
	_, err := client.PutApp(ctx, "wiki", admin.AppInput{Endpoint: target.URL(), Token: target.Token()})
	must(t, err)
	resp, text := call(t, http.MethodPost, target.URL()+"/Users", target.Token(),
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Eve","externalId":"old-9"}`)
	if resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status, text)
	}
	for _, id := range []string{"a/1", "b", "c"} {
		must(t, client.PutUser(ctx, id, raw(`{"userName": "N-`+id+`"}`)))
		must(t, client.PutGroup(ctx, id, raw(`{"displayName": "G-`+id+`"}`)))
	}
	must(t, client.PutUser(ctx, "d", raw(`{"userName": "Eve"}`)))
	failed := provisioner.LinkQuery{App: "wiki", Failed: true, Limit: 10}
	var stuck []admin.Link
	waitFor(t, func() bool {
		stuck, err = client.LinkPage(ctx, failed)
		status, statusErr := client.Status(ctx, "wiki")
		return err != nil || statusErr != nil || len(stuck) == 1 && status.Pending == 0
	})
	must(t, err)
	if l := stuck[0]; l.ID != "d" || l.State != "conflict" || l.Reason == "" || l.Name != "eve" {
		t.Errorf("in need of a person: %+v", l)
	}
	query := provisioner.LinkQuery{App: "wiki", Limit: 2}
	var got []string
	for range 5 {
		page, err := client.LinkPage(ctx, query)
		must(t, err)
		if len(page) > query.Limit {
			t.Fatalf("a page of %d", len(page))
		}
		for _, l := range page {
			got = append(got, l.Kind+" "+l.ID+" "+l.Name)
			query.After = provisioner.Key{Kind: provisioner.Kind(l.Kind), Subject: l.ID}
		}
	}
	want := []string{"User a/1 N-a/1", "User b N-b", "User c N-c", "User d eve", "Group a/1 G-a/1", "Group b G-b", "Group c G-c"}
	if !slices.Equal(got, want) {
		t.Errorf("the pages hold %q, want %q", got, want)
	}
	for _, q := range []provisioner.LinkQuery{
		{App: "wiki", Kind: provisioner.KindGroup, Subject: "b"},
		{App: "wiki", Kind: provisioner.KindGroup, State: provisioner.LinkConverged, After: provisioner.Key{Kind: provisioner.KindGroup, Subject: "a/1"}, Limit: 1},
	} {
		if page, err := client.LinkPage(ctx, q); err != nil || len(page) != 1 || page[0].Name != "G-b" {
			t.Errorf("%+v: %+v, %v", q, page, err)
		}
	}
	if resp, text := call(t, http.MethodGet, address+"/api/v1/apps/wiki/links?after=u1", apiKey, ""); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a page behind nothing known: %d %s", resp.StatusCode, text)
	}
}
