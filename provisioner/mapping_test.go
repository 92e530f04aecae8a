package provisioner_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// ada is a user with one of everything that a mapping may meet.
const ada = `{
	"userName": "ada", "title": "Countess", "active": true,
	"name": {"givenName": "Ada", "familyName": "Lovelace"},
	"emails": [{"value": "ada@home.example", "type": "home"}, {"value": "ada@work.example", "type": "work", "primary": true}],
	"phoneNumbers": [{"value": "+44 1", "type": "home"}, {"value": "+44 2", "type": "work"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines", "manager": {"value": "u2"}}}`

// desiredOf returns what an app with the settings should hold for ada.
func desiredOf(t *testing.T, settings string) provisioner.Desired {
	t.Helper()
	var s provisioner.Settings
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatalf("%s: %v", settings, err)
	}
	w := provisioner.Work{
		App:             provisioner.App{Settings: s},
		Link:            provisioner.Link{Key: provisioner.Key{Kind: provisioner.KindUser, Subject: "u1"}},
		User:            &provisioner.User{ID: "u1", Attributes: attributes(t, "%s", ada)},
		ManagerRemoteID: "r2",
	}
	return w.Desired()
}

func TestMapping(t *testing.T) {
	const core = `"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": "u1", "active": true`
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	tests := []struct{ name, rules, want string }{
		{"direct", `{"to": "name.familyName", "from": "name.familyName"}`, `"name": {"familyName": "Lovelace"}`},
		{"direct into another attribute", `{"to": "nickName", "from": "name.givenName"}`, `"nickName": "Ada"`},
		{"a text into a reference", `{"to": "profileUrl", "from": "title"}`, `"profileUrl": "Countess"`},
		{"without a value", `{"to": "nickName", "from": "displayName"}`, ``},
		{"whole", `{"to": "emails", "from": "emails"}`,
			`"emails": [{"value": "ada@home.example", "type": "home"}, {"value": "ada@work.example", "type": "work", "primary": true}]`},
		{"elements", `{"to": "emails", "from": "emails[type eq \"home\"]"}`, `"emails": [{"value": "ada@home.example", "type": "home"}]`},
		{"into an element", `{"to": "emails[type eq \"other\" and primary eq true].value", "from": "emails[type eq \"HOME\"].value"}`,
			`"emails": [{"type": "other", "primary": true, "value": "ada@home.example"}]`},
		{"the primary value", `{"to": "nickName", "from": "emails.value"}`, `"nickName": "ada@work.example"`},
		{"the first value if none is primary", `{"to": "nickName", "from": "phoneNumbers.value"}`, `"nickName": "+44 1"`},
		{"no such element", `{"to": "nickName", "from": "phoneNumbers[type eq \"fax\"].value"}`, ``},
		{"constant", `{"to": "userType", "constant": "Employee"}`, `"userType": "Employee"`},
		{"constant list", `{"to": "roles", "constant": [{"value": "member"}]}`, `"roles": [{"value": "member"}]`},
		{"constant part", `{"to": "phoneNumbers[type eq \"work\"].value", "from": "phoneNumbers[type eq \"work\"].value"},
			{"to": "phoneNumbers[type eq \"work\"].display", "constant": "desk"}`, `"phoneNumbers": [{"type": "work", "value": "+44 2", "display": "desk"}]`},
		{"constant part of nothing", `{"to": "phoneNumbers[type eq \"fax\"].value", "from": "phoneNumbers[type eq \"fax\"].value"},
			{"to": "phoneNumbers[type eq \"fax\"].display", "constant": "desk"}`, ``},
		{"template", `{"to": "displayName", "template": "{name.familyName}, {name.givenName} {{{id}}}"}`, `"displayName": "Lovelace, Ada {u1}"`},
		{"template with a gap", `{"to": "displayName", "template": "{name.givenName} {name.middleName} {name.familyName}"}`, `"displayName": "Ada Lovelace"`},
		{"template without values", `{"to": "displayName", "template": "Mr {nickName}"}`, ``},
		{"an empty text is no value", `{"to": "nickName", "constant": ""}, {"to": "nickName", "from": "title"}`, `"nickName": "Countess"`},
		{"the first rule that has a value", `{"to": "displayName", "from": "displayName"}, {"to": "displayName", "from": "title"}, {"to": "displayName", "constant": "x"}`, `"displayName": "Countess"`},
		{"directory id", `{"to": "nickName", "from": "id"}`, `"nickName": "u1"`},
		{"externalId", `{"to": "externalId", "template": "acme-{id}"}`, `"externalId": "acme-u1"`},
		{"extension", `{"to": "` + enterprise + `:costCenter", "from": "` + enterprise + `:department"}`,
			`"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "` + enterprise + `"], "` + enterprise + `": {"costCenter": "Engines"}`},
		{"manager is the app's account", `{"to": "` + enterprise + `:manager", "from": "` + enterprise + `:manager"}`,
			`"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "` + enterprise + `"], "` + enterprise + `": {"manager": {"value": "r2"}}`},
		{"schema of the app's own", `{"to": "urn:chat:2.0:User:desk.room", "constant": 4}, {"to": "urn:chat:2.0:User:tags[kind eq \"a\"].value", "from": "title"}`,
			`"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:chat:2.0:User"], "urn:chat:2.0:User": {"desk": {"room": 4}, "tags": [{"kind": "a", "value": "Countess"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := desiredOf(t, `{"mapping": [{"to": "userName", "from": "userName"}, `+tt.rules+`]}`)
			want := parse(t, `{`+core+`, "userName": "ada"}`)
			if tt.want != "" {
				for name, value := range parse(t, "{"+tt.want+"}").All() {
					want.Set(name, value)
				}
			}
			if !scim.Equal(d.Payload, want) {
				t.Errorf("payload %s\nwant    %s", d.Payload.AppendJSON(nil), want.AppendJSON(nil))
			}
		})
	}
}

func TestMappingOfTheRest(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	all := desiredOf(t, `{}`).Payload
	same := desiredOf(t, `{"mapping": [{"to": "*", "from": "*"}]}`).Payload
	if !scim.Equal(all, same) {
		t.Errorf("everything is %s without a mapping and %s with one", all.AppendJSON(nil), same.AppendJSON(nil))
	}
	d := desiredOf(t, `{"mapping": [{"to": "*", "from": "*"}, {"to": "emails[type eq \"work\"].value", "from": "emails.value"},
		{"to": "`+enterprise+`:department", "constant": "None"}]}`)
	want := all.Clone()
	want.Set("emails", parse(t, `{"v": [{"type": "work", "value": "ada@work.example"}]}`).Get("v"))
	want.Object(enterprise).Set("department", "None")
	if !scim.Equal(d.Payload, want) {
		t.Errorf("payload %s\nwant    %s", d.Payload.AppendJSON(nil), want.AppendJSON(nil))
	}
}

// TestMappingProblems checks what is said about mappings that make no sense.
func TestMappingProblems(t *testing.T) {
	tests := []struct{ rules, says string }{
		{`{"to": "nickName", "from": "title"}`, "makes no userName"},
		{`{"to": "shoeSize", "constant": 1}`, `"shoeSize" is not an attribute of a user`},
		{`{"to": "department", "constant": "x"}`, "belongs to an extension"},
		{`{"to": "name.nick", "constant": "x"}`, "nick"},
		{`{"to": "emails[type ne \"x\"].value", "constant": "x"}`, "take comparisons with eq"},
		{`{"to": "emails[", "constant": "x"}`, "column"},
		{`{"to": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "constant": "x"}`, "whole schema"},
		{`{"to": "active", "constant": true}`, "state and access"},
		{`{"to": "password", "constant": "x"}`, "passwords"},
		{`{"to": "id", "from": "id"}`, "set by the app alone"},
		{`{"to": "groups", "constant": [{"value": "g"}]}`, "set by the app alone"},
		{`{"to": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName", "from": "title"}`, "set by the app alone"},
		{`{"to": "nickName"}`, "one of from, constant and template"},
		{`{"to": "nickName", "from": "title", "constant": "x"}`, "one of from, constant and template"},
		{`{"to": "nickName", "from": "nick"}`, `"nick" is not an attribute`},
		{`{"to": "nickName", "from": "urn:a:b:nick"}`, "the directory has no schema urn:a:b"},
		{`{"to": "nickName", "from": "password"}`, "not an attribute of the directory"},
		{`{"to": "nickName", "from": "active"}`, "a string"},
		{`{"to": "nickName", "from": "name"}`, "rule of its own"},
		{`{"to": "nickName", "from": "emails"}`, "choose one"},
		{`{"to": "emails", "from": "nickName"}`, "holds several values"},
		{`{"to": "emails[type eq \"work\"]", "constant": {"value": "x"}}`, "name a part"},
		{`{"to": "nickName", "constant": 4}`, "constant 4"},
		{`{"to": "roles", "constant": "admin"}`, "not an array"},
		{`{"to": "nickName", "constant": null}`, "is no value"},
		{`{"to": "nickName", "template": "{title"}`, "without a }"},
		{`{"to": "nickName", "template": "title}"}`, "without a {"},
		{`{"to": "nickName", "template": "title"}`, "use constant"},
		{`{"to": "nickName", "template": "{emails}"}`, "is not one value"},
		{`{"to": "nickName", "template": "Mr {name}"}`, "is not one value"},
		{`{"to": "emails[type eq \"a\"].primary", "template": "{title}"}`, "not one text"},
		{`{"to": "*", "from": "*", "createOnly": true}`, "expected an attribute name"},
		{`{"to": "emails", "from": "emails"}, {"to": "emails[type eq \"work\"].value", "from": "title"}`, "not both"},
		{`{"to": "title", "from": "title", "createOnly": true}, {"to": "title", "constant": "x"}`, "createOnly"},
		{`{"to": "emails[type eq \"a\"].value", "from": "title", "createOnly": true}, {"to": "emails[type eq \"b\"].value", "from": "title"}`, "as a whole, or not"},
	}
	for _, tt := range tests {
		rules := tt.rules
		if !strings.Contains(tt.says, "userName") {
			rules = `{"to": "userName", "from": "userName"}, ` + rules
		}
		var s provisioner.Settings
		err := json.Unmarshal([]byte(`{"mapping": [`+rules+`]}`), &s)
		if err == nil {
			err = s.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want an error that says %q", tt.rules, err, tt.says)
		}
	}
	// All of them at once, each by its place.
	s := provisioner.Settings{Mapping: []provisioner.MappingRule{{To: "userName", From: "x"}, {To: "y", From: "title"}}}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "rule 1") || !strings.Contains(err.Error(), "rule 2") {
		t.Errorf("two problems give %v", err)
	}
}

func TestPresets(t *testing.T) {
	presets := provisioner.Presets()
	if len(presets) < 10 {
		t.Errorf("%d presets", len(presets))
	}
	for _, p := range presets {
		s := provisioner.Settings{Preset: p.Name}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if p.Title == "" {
			t.Errorf("%s has no title", p.Name)
		}
		app := provisioner.App{Settings: s}
		for name, value := range p.Capabilities {
			if err := name.Check(value); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
			if f := app.Capabilities().Fact(name); f.Value != value || f.Source != provisioner.SourcePreset || !strings.Contains(f.Reason, p.Title) {
				t.Errorf("%s: %s is %+v, want %s", p.Name, name, f, value)
			}
		}
	}
	s := provisioner.Settings{Preset: "aws"}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), `"aws-identity-center"`) {
		t.Errorf("a preset that does not exist gives %v, want the list of those that do", err)
	}
	passbolt := provisioner.App{Settings: provisioner.Settings{Preset: "passbolt"}}
	if passbolt.WantsGroups() {
		t.Error("passbolt is given groups")
	}
	passbolt.Settings.Groups = provisioner.GroupsAuto
	if !passbolt.WantsGroups() {
		t.Error("the app's own settings do not come before the preset")
	}
}

// TestR19 makes the user that AWS wants: its userName is the e-mail address, and of
// each list it takes one value, the primary one.
func TestR19_PresetMapping(t *testing.T) {
	d := desiredOf(t, `{"preset": "aws-identity-center"}`)
	want := parse(t, `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"externalId": "u1", "userName": "ada@work.example", "displayName": "Ada Lovelace", "title": "Countess",
		"name": {"givenName": "Ada", "familyName": "Lovelace"},
		"emails": [{"type": "work", "primary": true, "value": "ada@work.example"}],
		"phoneNumbers": [{"type": "work", "value": "+44 1"}], "active": true,
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines", "manager": {"value": "r2"}}}`)
	if !scim.Equal(d.Payload, want) || d.Problem != "" {
		t.Errorf("payload %s, %q\nwant    %s", d.Payload.AppendJSON(nil), d.Problem, want.AppendJSON(nil))
	}
	// What the app would refuse is told without asking it.
	if d := desiredOf(t, `{"preset": "salesforce"}`); !strings.Contains(d.Problem, "entitlements") {
		t.Errorf("a user without a profile has the problem %q", d.Problem)
	}
	d = desiredOf(t, `{"preset": "salesforce", "mapping": [{"to": "*", "from": "*"}, {"to": "entitlements[primary eq true].value", "constant": "00e1"}]}`)
	if d.Problem != "" {
		t.Errorf("a user with a profile has the problem %q", d.Problem)
	}
}

func TestCreateOnly(t *testing.T) {
	settings := `{"mapping": [{"to": "*", "from": "*"}, {"to": "title", "from": "title", "createOnly": true},
		{"to": "name.givenName", "from": "name.givenName"}, {"to": "name.middleName", "constant": "King", "createOnly": true},
		{"to": "urn:chat:2.0:User:theme", "constant": "dark", "createOnly": true}]}`
	d := desiredOf(t, settings)
	create := provisioner.Plan(d, nil, nil, provisioner.Capabilities{})
	if len(create) != 1 || create[0].Payload.String("title") != "Countess" || create[0].Payload.Object("name").String("middleName") != "King" ||
		create[0].Payload.Object("urn:chat:2.0:User").String("theme") != "dark" || len(create[0].Payload.Schemas()) != 3 {
		t.Fatalf("the create is %s", create[0].Payload.AppendJSON(nil))
	}
	if len(provisioner.Plan(d, create[0].Acked, nil, provisioner.Capabilities{})) != 0 {
		t.Error("a new account differs from what is desired")
	}
	// Whatever is on record of them, they are not updated, not cleared, and no difference.
	acked := create[0].Payload.Clone()
	acked.Set("title", "Lady")
	acked.Object("name").Set("middleName", "Byron")
	for _, form := range []string{provisioner.FormPatch, provisioner.FormPut} {
		c := provisioner.Capabilities{}.With(provisioner.UserUpdate, form)
		if writes := provisioner.Plan(d, acked, nil, c); len(writes) != 0 {
			t.Errorf("an account with other values of attributes for creating only gets %v", describe(writes))
		}
	}
	acked.Set("displayName", "old")
	if got := describe(provisioner.Plan(d, acked, nil, provisioner.Capabilities{})); strings.Count(got, "op") != 1 || !strings.Contains(got, `{"op":"remove","path":"displayName"}`) {
		t.Errorf("an account with one attribute too many gets\n%s", got)
	}
}
