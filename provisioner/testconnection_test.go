package provisioner_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

// check returns what a test of the connection says of one thing.
func check(t *testing.T, b *bundle, name string) (*provisioner.Connection, provisioner.ConnectionCheck) {
	t.Helper()
	c, err := b.engine.TestConnection(t.Context(), "app", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range c.Checks {
		if check.Name == name {
			return c, check
		}
	}
	return c, provisioner.ConnectionCheck{}
}

// TestR30_BasePath connects an app at an address with a part too many or too few: the
// test of the connection says which one is right.
func TestR30_BasePath(t *testing.T) {
	for path, right := range map[string]string{
		"/scim/v2/":      "", // a slash too many is nothing to speak of
		"/scim":          "/scim/v2",
		"":               "/scim/v2",
		"/scim/v2/v2":    "/scim/v2",
		"/scim/v2/Users": "/scim/v2",
	} {
		t.Run(path, func(t *testing.T) {
			b := mock(t, provisioner.Settings{})
			origin := strings.TrimSuffix(b.app.url, "/scim/v2")
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				return !strings.HasPrefix(r.URL.Path, "/scim/v2/") && on("", "", page(404))(w, r)
			})
			b.app.url = origin + path
			b.connect(t, "app", b.app)
			c, users := check(t, b, "users")
			if right == "" {
				if !c.OK || c.Endpoint != "" {
					t.Errorf("%+v, want it to be fine", c)
				}
				return
			}
			if c.OK || users.OK || c.Endpoint != origin+right || !strings.Contains(users.Detail, origin+right+" answers") {
				t.Errorf("%+v, want it to name %s", c, origin+right)
			}
		})
	}
}

func TestConnectionTellsWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		keeper func(d *door) keeper
		check  string
		ok     bool
		detail string
	}{
		"token":           {func(*door) keeper { return on("", "/", refuse(401, "", "no")) }, "users", false, "refuses the token"},
		"rights":          {func(*door) keeper { return on("", "/", refuse(403, "", "no")) }, "users", false, "more rights"},
		"another site":    {func(*door) keeper { return on("", "/", page(404)) }, "users", false, "look up the base URL"},
		"a login page":    {func(*door) keeper { return on("", "/", page(200)) }, "users", false, "look up the base URL"},
		"no groups":       {func(*door) keeper { return on("", "/Groups", bare(501)) }, "groups", true, "provisioned without"},
		"broken groups":   {func(*door) keeper { return on("", "/Groups", bare(500)) }, "groups", false, "all the same"},
		"no discovery":    {func(*door) keeper { return on("", "/S", bare(404)) }, "discovery", true, "no ServiceProviderConfig (404), ResourceTypes, no Schemas (404)"},
		"without active":  {func(d *door) keeper { return on("", "/Schemas", d.edit(withoutActive)) }, "disabling", false, "active_type"},
		"plural document": {plural, "discovery", true, "ServiceProviderConfig, ResourceTypes, Schemas"},
	} {
		t.Run(name, func(t *testing.T) {
			b := mock(t, provisioner.Settings{})
			b.app.answerWith(test.keeper(b.app))
			_, got := check(t, b, test.check)
			if got.OK != test.ok || !strings.Contains(got.Detail, test.detail) {
				t.Errorf("%s: %+v, want %v with %q", test.check, got, test.ok, test.detail)
			}
		})
	}
	b := mock(t, provisioner.Settings{})
	b.app.url = "http://127.0.0.1:1/scim"
	b.connect(t, "app", b.app)
	if _, got := check(t, b, "users"); got.OK || !strings.Contains(got.Detail, "nothing listens there") {
		t.Errorf("nobody there: %+v", got)
	}
}

func withoutActive(schema map[string]any) {
	attributes, _ := schema["attributes"].([]any)
	for _, v := range attributes {
		if a := v.(map[string]any); a["name"] == "active" {
			a["name"] = "enabled"
		}
	}
}

// plural answers at /ServiceProviderConfigs only.
func plural(d *door) keeper {
	return func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/scim/v2/ServiceProviderConfigs":
			r.URL.Path = "/scim/v2/ServiceProviderConfig"
			d.Handler.ServeHTTP(w, r)
		case "/scim/v2/ServiceProviderConfig":
			w.WriteHeader(404)
		default:
			return false
		}
		return true
	}
}

// TestDiscoveryIsBelievedLast: what an app says about itself counts where nothing else
// is known, and no longer than until it shows something else.
func TestDiscoveryIsBelievedLast(t *testing.T) {
	says := func(d *door) keeper {
		return on("", "/ServiceProviderConfig", d.edit(func(config map[string]any) {
			for _, name := range []string{"patch", "filter"} {
				config[name] = map[string]any{"supported": false}
			}
			config["pagination"] = map[string]any{"cursor": true, "index": false}
		}))
	}
	for name, test := range map[string]struct {
		settings provisioner.Settings
		want     provisioner.Source
		write    string
	}{
		"nothing else known": {provisioner.Settings{}, provisioner.SourceDiscovery, "PUT"},
		"preset":             {provisioner.Settings{Preset: "generic-strict"}, provisioner.SourcePreset, "PATCH"},
		"admin":              {provisioner.Settings{Preset: "vcenter", Capabilities: map[provisioner.Capability]string{provisioner.UserUpdate: "patch"}}, provisioner.SourceAdmin, "PATCH"},
	} {
		t.Run(name, func(t *testing.T) {
			b := mock(t, test.settings)
			b.putUser(t, "u1", "ada", true)
			b.sync(t, "app")
			b.app.answerWith(says(b.app))
			if _, err := b.engine.TestConnection(t.Context(), "app", false); err != nil {
				t.Fatal(err)
			}
			if f := b.fact(t, provisioner.UserUpdate); f.Source != test.want {
				t.Errorf("user_update is %+v, want it from %s", f, test.want)
			}
			b.app.requests()
			b.rename(t, "ada.l")
			b.settle(t, "app")
			if w := b.app.writes(); len(w) != 1 || !strings.HasPrefix(w[0], test.write+" ") {
				t.Errorf("writes %q, want one %s", w, test.write)
			}
			if list := b.fact(t, provisioner.List); list.Value != provisioner.ListCursor {
				t.Errorf("list is %+v", list)
			}
		})
	}
	// An app that says PUT and means PATCH.
	b := mock(t, provisioner.Settings{})
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	b.app.answerWith(either(says(b.app), on("PUT", "/", page(404))))
	if _, err := b.engine.TestConnection(t.Context(), "app", false); err != nil {
		t.Fatal(err)
	}
	b.rename(t, "ada.l")
	b.settle(t, "app")
	b.wantFact(t, provisioner.UserUpdate, provisioner.FormPatch, "PUT answered 404")
	if b.app.user(t, "ada.l") == nil {
		t.Error("the change did not arrive")
	}
}

// TestRediscovery reads the discovery documents once a day, and says what has changed.
func TestRediscovery(t *testing.T) {
	b, c := aged(t, provisioner.Settings{})
	b.app = newMock(t)
	b.connect(t, "app", b.app)
	b.putUser(t, "u1", "ada", true)
	b.settle(t, "app") // without a sync: after one it would also be time for an audit
	b.app.requests()
	tend := func() []string {
		t.Helper()
		if err := b.engine.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		return b.app.requests()
	}
	if got := tend(); len(got) > 0 {
		t.Errorf("requests %q at once, want none", got)
	}
	c.ahead.Add(int64(2 * day))
	want := []string{"GET /ServiceProviderConfig", "GET /ResourceTypes", "GET /Schemas", "GET /Groups"}
	if got := tend(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("requests %q, want %q", got, want)
	}
	if got := tend(); len(got) > 0 {
		t.Errorf("requests %q again, want none", got)
	}
	if f := b.fact(t, provisioner.ETag); f.Value != provisioner.Yes || f.Source != provisioner.SourceDiscovery {
		t.Errorf("etag is %+v", f)
	}
}
