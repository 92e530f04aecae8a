package provisioner_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// TestSourcesInOrder: a capability is taken from the best source that knows it.
func TestSourcesInOrder(t *testing.T) {
	const name = provisioner.UserUpdate
	app := provisioner.App{Settings: provisioner.Settings{Preset: "vcenter"}}
	want := func(value string, source provisioner.Source) {
		t.Helper()
		if f := app.Capabilities().Fact(name); f.Value != value || f.Source != source || f.Reason == "" && source != provisioner.SourceDefault {
			t.Errorf("%s is %+v, want %s from %s", name, f, value, source)
		}
	}
	app.Learned.Discovered = provisioner.Facts{name: {Value: "patch", Source: provisioner.SourceDiscovery, Reason: "it says so"}}
	want("put", provisioner.SourcePreset)
	app.Settings.Capabilities = map[provisioner.Capability]string{name: "patch_nopath"}
	want("patch_nopath", provisioner.SourceAdmin)
	app.Learned.Observe(name, "put", "PATCH answered 405", time.Now())
	want("put", provisioner.SourceObserved)
	app.Learned.Forget(name)
	app.Settings = provisioner.Settings{}
	want("patch", provisioner.SourceDiscovery)
	app.Learned = provisioner.Learned{}
	want("patch", provisioner.SourceDefault)
}

func TestCapabilityCheck(t *testing.T) {
	for _, test := range []struct{ name, value, problem string }{
		{"user_update", "put", ""},
		{"user_update", "post", "patch_nopath"},
		{"max_members_per_op", "50", ""},
		{"max_members_per_op", "many", "a number from 0"},
		{"max_members_per_op", "-1", "a number from 0"},
		{"telepathy", "yes", "does not exist"},
	} {
		settings := provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.Capability(test.name): test.value}}
		err := settings.Validate()
		if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s=%s: %v, want %q", test.name, test.value, err, test.problem)
		}
	}
	for name, f := range (provisioner.Capabilities{}).All() {
		if err := name.Check(f.Value); err != nil {
			t.Errorf("the default of %s: %v", name, err)
		}
	}
}

// TestRemembered: what is known of an app outlives changes that have nothing to do
// with it.
func TestRemembered(t *testing.T) {
	old := provisioner.App{Endpoint: "https://a.example/scim", Token: "t", Learned: provisioner.Learned{ProbedAt: time.Now()}}
	old.Learned.Observe(provisioner.UserUpdate, "put", "PATCH answered 405", time.Now())
	old.Learned.Prove("User put")
	for name, test := range map[string]struct {
		change           func(*provisioner.App)
		probed, observed bool
	}{
		"nothing":       {func(*provisioner.App) {}, true, true},
		"token":         {func(a *provisioner.App) { a.Token = "u" }, false, true},
		"pins":          {func(a *provisioner.App) { a.Settings.Pins = []string{"u1"} }, true, true},
		"groups":        {func(a *provisioner.App) { a.Settings.Groups = provisioner.GroupsOff }, false, true},
		"preset":        {func(a *provisioner.App) { a.Settings.Preset = "slack" }, false, false},
		"capabilities":  {func(a *provisioner.App) { a.Settings.Capabilities = map[provisioner.Capability]string{"etag": "yes"} }, false, false},
		"spelling":      {func(a *provisioner.App) { a.Endpoint = "HTTPS://A.example:443/scim/" }, true, true},
		"path":          {func(a *provisioner.App) { a.Endpoint = "https://a.example/SCIM" }, false, false},
		"endpoint":      {func(a *provisioner.App) { a.Endpoint = "https://b.example/scim" }, false, false},
		"first of name": {nil, false, false},
	} {
		now := old
		before := &old
		if test.change == nil {
			before = nil
		} else {
			test.change(&now)
		}
		l := now.Remembered(before)
		if l.ProbedAt.IsZero() == test.probed || (len(l.Observed) > 0) != test.observed || (len(l.Proved) > 0) != test.observed {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// TestAttributeNotKeptAtCreate: what an app is known not to keep costs no request with
// those who come later.
func TestAttributeNotKeptAtCreate(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	override := b.app.rewrite(func(body map[string]any) { body["displayName"] = "Mx" })
	b.app.answerWith(either(on("POST", "/Users", override), on("PUT", "/Users", override), on("PATCH", "/Users", b.app.ignore)))
	put := func(id string) {
		t.Helper()
		u := provisioner.User{ID: id, Attributes: attributes(t, `{"userName": %q, "displayName": %[1]q, "active": true}`, id)}
		if err := b.PutUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	put("u1")
	b.sync(t, "app")
	b.wantLink(t, user, "u1", provisioner.LinkNotHonoured, "displayName", 0)
	b.app.requests()
	put("u2")
	b.wantLink(t, user, "u2", provisioner.LinkNotHonoured, "displayName", time.Hour)
	if got := b.app.requests(); !slices.Equal(got, []string{"POST /Users"}) {
		t.Errorf("requests %q, want the create alone", got)
	}
	app, err := b.App(t.Context(), "app")
	if err != nil || !slices.Equal(slices.Collect(maps.Keys(app.Learned.Unkept)), []string{"User.displayName"}) {
		t.Errorf("not kept: %v (%v)", app.Learned.Unkept, err)
	}
}
