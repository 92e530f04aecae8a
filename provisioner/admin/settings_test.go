package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

func TestPresets(t *testing.T) {
	address, client := newServer(t)
	presets, err := client.Presets(t.Context())
	if err != nil || len(presets) != len(provisioner.Presets()) {
		t.Fatalf("%d presets, %v", len(presets), err)
	}
	for _, p := range presets {
		if p.Name == "passbolt" && (p.Title != "Passbolt" || p.Groups != provisioner.GroupsOff || len(p.Notes) == 0 || p.Capabilities[provisioner.Groups] != provisioner.GroupsNone) {
			t.Errorf("passbolt is %+v", p)
		}
		input := admin.AppInput{Endpoint: "https://app.example", Token: "tkn", Settings: &provisioner.Settings{Preset: p.Name}}
		app, err := client.PutApp(t.Context(), "app", input)
		if err != nil || app.Settings.Preset != p.Name {
			t.Errorf("an app of the preset %s: %+v, %v", p.Name, app, err)
		}
	}
	resp, body := call(t, http.MethodPut, address+"/api/v1/apps/app", apiKey, `{"endpoint": "https://app.example", "settings": {"preset": "acme"}}`)
	if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "passbolt") {
		t.Errorf("an app of an unknown preset: %d %s, want the names of those that there are", resp.StatusCode, body)
	}
}

// TestMappingIsChecked saves mappings over the wire, where constants are any JSON.
func TestMappingIsChecked(t *testing.T) {
	address, client := newServer(t)
	put := func(mapping string) (*http.Response, string) {
		return call(t, http.MethodPut, address+"/api/v1/apps/app", apiKey, `{"endpoint": "https://app.example", "token": "tkn", "settings": {"mapping": `+mapping+`}}`)
	}
	resp, body := put(`[{"to": "userName", "from": "userName"}, {"to": "roles", "constant": [{"value": "a"}]}, {"to": "urn:x:2.0:User:seats", "constant": 3}]`)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	app, err := client.App(t.Context(), "app")
	if err != nil || string(app.Settings.Mapping[1].Constant) != `[{"value":"a"}]` || string(app.Settings.Mapping[2].Constant) != "3" {
		t.Errorf("the mapping comes back as %+v, %v", app.Settings.Mapping, err)
	}
	resp, body = put(`[{"to": "userName", "from": "nick"}, {"to": "emails", "constant": "a@b.example"}]`)
	if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "mapping rule 1") || !strings.Contains(body, "mapping rule 2") {
		t.Errorf("two rules that make no sense: %d %s", resp.StatusCode, body)
	}
}

// TestR19_Preview shows what an app would get of somebody, by settings that are saved
// and by others, and asks the app nothing.
func TestR19_Preview(t *testing.T) {
	var requests atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer target.Close()
	_, client := newServer(t)
	ctx := t.Context()
	for id, text := range map[string]string{
		"u1": `{"userName": "ada", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "emails": [{"value": "ada@acme.example", "type": "work"}]}`,
		"u2": `{"userName": "bob", "active": false}`,
	} {
		must(t, client.PutUser(ctx, id, raw(text)))
	}
	must(t, client.PutGroup(ctx, "staff", raw(`{"displayName": "Staff", "members": [{"value": "u2"}]}`)))
	input := admin.AppInput{Endpoint: target.URL, Token: "tkn", Settings: &provisioner.Settings{Start: provisioner.StartReview, Preset: "aws-identity-center"}}
	if _, err := client.PutApp(ctx, "aws", input); err != nil {
		t.Fatal(err)
	}
	preview := func(in admin.PreviewInput) (p *admin.Preview, create map[string]any) {
		t.Helper()
		p, err := client.Preview(ctx, "aws", in)
		if err != nil {
			t.Fatal(err)
		}
		if p.Create != nil {
			if err := json.Unmarshal(p.Create, &create); err != nil {
				t.Fatal(err)
			}
		}
		return p, create
	}
	p, create := preview(admin.PreviewInput{User: "u1"})
	if p.Presence != "present" || p.Problem != "" || create["userName"] != "ada@acme.example" || create["displayName"] != "Ada Lovelace" || create["externalId"] != "u1" {
		t.Errorf("ada gets %+v %v", p, create)
	}
	p, create = preview(admin.PreviewInput{User: "u2"})
	if p.Presence != "disabled" || create != nil || !strings.Contains(string(p.Account), `"active":false`) {
		t.Errorf("bob, who is disabled, gets %+v", p)
	}
	other := &provisioner.Settings{Scope: provisioner.Scope{Groups: []string{"staff"}}, Preset: "slack", CreateDisabled: true}
	if p, _ = preview(admin.PreviewInput{User: "u1", Settings: other}); p.Presence != "absent" || p.Create != nil || !strings.Contains(p.Reason, "no access") {
		t.Errorf("ada, who is not on the staff, gets %+v", p)
	}
	if p, create = preview(admin.PreviewInput{User: "u2", Settings: other}); p.Presence != "disabled" || create["userName"] != "bob" {
		t.Errorf("bob of the staff gets %+v %v", p, create)
	}
	must(t, client.PutUser(ctx, "u3", raw(`{"userName": "a-name-that-is-much-too-long"}`)))
	if p, _ = preview(admin.PreviewInput{User: "u3", Settings: &provisioner.Settings{Preset: "slack"}}); !strings.Contains(p.Problem, "userName of more than 20 characters") || !strings.Contains(p.Problem, "no emails.value") {
		t.Errorf("a long name has the problem %q", p.Problem)
	}
	_, err := client.Preview(ctx, "aws", admin.PreviewInput{User: "u9"})
	wantStatus(t, err, http.StatusNotFound, "u9")
	_, err = client.Preview(ctx, "none", admin.PreviewInput{User: "u1"})
	wantStatus(t, err, http.StatusNotFound, "none")
	_, err = client.Preview(ctx, "aws", admin.PreviewInput{User: "u1", Settings: &provisioner.Settings{Preset: "x"}})
	wantStatus(t, err, http.StatusUnprocessableEntity, "generic-strict")
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests were made to the app", n)
	}
}

// TestImpact counts what other settings would do before they are saved, and checks the
// counts by saving them.
func TestImpact(t *testing.T) {
	target := mocktargettest.New(t)
	_, client := newServer(t)
	ctx := t.Context()
	for i := range 8 {
		must(t, client.PutUser(ctx, fmt.Sprint("u", i), raw(fmt.Sprintf(`{"userName": "name%d", "title": "Dr."}`, i))))
	}
	must(t, client.PutUser(ctx, "u8", raw(`{"userName": "name8", "active": false}`)))
	must(t, client.PutGroup(ctx, "staff", raw(`{"displayName": "Staff", "members": [{"value": "u0"}, {"value": "u1"}]}`)))
	must(t, client.PutGroup(ctx, "all", raw(`{"displayName": "All", "members": [{"value": "u0"}, {"value": "u7"}]}`)))
	input := admin.AppInput{Endpoint: target.URL(), Token: target.Token(), Settings: &provisioner.Settings{}}
	if _, err := client.PutApp(ctx, "wiki", input); err != nil {
		t.Fatal(err)
	}
	if _, err := client.StartRun(ctx, "wiki", admin.RunInput{}); err != nil {
		t.Fatal(err)
	}
	waitConverged(t, client, "wiki", 11)
	impact := func(s provisioner.Settings) *admin.Impact {
		t.Helper()
		i, err := client.Impact(ctx, "wiki", admin.ImpactInput{Settings: s})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	before := len(target.Journal())
	if i := impact(provisioner.Settings{Guard: provisioner.Guard{Max: 3}}); i.Users != (admin.Counts{Unchanged: 8}) || i.Groups != (admin.Counts{Unchanged: 2}) || len(i.Losing) != 0 || i.Held != "" {
		t.Errorf("settings of no consequence: %+v", i)
	}
	i := impact(provisioner.Settings{Mapping: []provisioner.MappingRule{{To: "userName", From: "userName"}}, CreateDisabled: true})
	if i.Users != (admin.Counts{Create: 1, Update: 8}) {
		t.Errorf("a mapping without title, and accounts for the disabled: %+v", i)
	}
	if i = impact(provisioner.Settings{Groups: provisioner.GroupsSelected, SelectedGroups: []string{"staff"}}); i.Groups != (admin.Counts{Delete: 1, Unchanged: 1}) || i.Losing[0].Name != "All" {
		t.Errorf("one group less: %+v", i)
	}
	scope := provisioner.Settings{Scope: provisioner.Scope{Groups: []string{"staff"}}}
	i = impact(scope)
	if i.Users != (admin.Counts{Disable: 6, Unchanged: 2}) || len(i.Losing) != 6 || i.Losing[0] != (admin.Losing{Kind: "User", ID: "u2", Name: "name2", Why: "no access"}) || !strings.Contains(i.Held, "more than 5") {
		t.Errorf("a scope of two: %+v", i)
	}
	if i := impact(provisioner.Settings{Scope: provisioner.Scope{Nobody: true}}); i.Users.Disable != 8 || !strings.Contains(i.Held, "nobody would be left") {
		t.Errorf("nobody: %+v", i)
	}
	if n := len(target.Journal()); n != before {
		t.Errorf("%d requests were made to the app", n-before)
	}
	_, err := client.Impact(ctx, "none", admin.ImpactInput{})
	wantStatus(t, err, http.StatusNotFound, "none")
	_, err = client.Impact(ctx, "wiki", admin.ImpactInput{Settings: provisioner.Settings{Groups: "some"}})
	wantStatus(t, err, http.StatusUnprocessableEntity, "groups")

	scope.Guard.Off = true
	input.Settings = &scope
	if _, err := client.PutApp(ctx, "wiki", input); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for disabled := 0; disabled != 6; {
		disabled = 0
		for _, u := range target.Users() {
			if active, _ := u.Bool("active"); !active {
				disabled++
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d accounts are disabled, and 6 were to be", disabled)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
