package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

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
	input := admin.AppInput{Endpoint: target.URL, Token: "tkn", Settings: &provisioner.Settings{ReviewFirst: true, Preset: "aws-identity-center"}}
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
