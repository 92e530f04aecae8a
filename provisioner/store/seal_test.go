package store_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// TestSecretsAreSealedAtRest: of none of an app's secrets the database says more than
// that it is there, and all of them come back.
func TestSecretsAreSealedAtRest(t *testing.T) { storetest.Each(t, testSecretsAreSealedAtRest) }

func testSecretsAreSealedAtRest(t *testing.T, database string) {
	s := storetest.Open(t, database)
	ctx := t.Context()
	headers := map[string]string{"X-Api-Key": "hunter2-key"}
	apps := map[string]provisioner.App{
		"token": {Token: "hunter2-token", Headers: headers},
		"basic": {Basic: &provisioner.BasicLogin{Username: "ann", Password: "hunter2-password"}},
		"oauth": {Headers: headers, OAuth: &provisioner.OAuthClient{
			TokenURL: "https://login.example/token", ID: "id", Secret: "hunter2-secret", Scopes: []string{"scim"}, Auth: provisioner.ClientPost}},
	}
	for name, app := range apps {
		app.Name, app.Endpoint = name, "https://a.example"
		must(t, s.PutApp(ctx, app))
		var row string
		must(t, s.DB().QueryRowContext(ctx, "SELECT secrets || settings || learned || reason FROM app WHERE name = $1", name).Scan(&row))
		if strings.Contains(row, "hunter2") || !strings.HasPrefix(row, "v1:") {
			t.Errorf("%s is kept as %s", name, row)
		}
		got, err := s.App(ctx, name)
		if err != nil || got.Token != app.Token || !reflect.DeepEqual(got.Basic, app.Basic) || !reflect.DeepEqual(got.OAuth, app.OAuth) || !maps.Equal(got.Headers, app.Headers) {
			t.Errorf("%s comes back as %+v, %v", name, got, err)
		}
	}
	sealed := func(sealed string) (*provisioner.App, error) {
		t.Helper()
		_, err := s.DB().ExecContext(ctx, "UPDATE app SET secrets = $1, name = 'chat' WHERE name IN ('token', 'chat')", sealed)
		must(t, err)
		return s.App(ctx, "chat")
	}
	var others string
	must(t, s.DB().QueryRowContext(ctx, "SELECT secrets FROM app WHERE name = 'basic'").Scan(&others))
	const unknown, damaged, wrong = "in a way this program does not know", "is damaged", "cannot be opened"
	for text, says := range map[string]string{
		"v2:AAAA": unknown, "v1": unknown, "": unknown, "v1:not base64": damaged, "v1:AAAA": wrong, others: wrong,
	} {
		if got, err := sealed(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is opened as %+v: %v, want an error that says %q", text, got, err, says)
		}
	}
}

// TestWhatIsLeftOutStays as long as the app is on the same server: another one is not
// given the credential of this one.
func TestWhatIsLeftOutStays(t *testing.T) { storetest.Each(t, testWhatIsLeftOutStays) }

func testWhatIsLeftOutStays(t *testing.T, database string) {
	s := storetest.Open(t, database)
	put := func(change func(*provisioner.App)) (*provisioner.App, error) {
		app := provisioner.App{Name: "a", Endpoint: "https://a.example/scim"}
		change(&app)
		if err := s.PutApp(t.Context(), app); err != nil {
			return nil, err
		}
		return s.App(t.Context(), "a")
	}
	want := func(got *provisioner.App, err error, kind provisioner.AuthKind, secret string, headers ...string) {
		t.Helper()
		must(t, err)
		has := got.Token
		if got.Basic != nil {
			has += got.Basic.Password
		}
		if got.AuthKind() != kind || has != secret || !slices.Equal(got.HeaderNames(), headers) {
			t.Errorf("the app has %s %q and the headers %q, want %s %q and %q", got.AuthKind(), has, got.HeaderNames(), kind, secret, headers)
		}
	}
	got, err := put(func(a *provisioner.App) { a.Token, a.Headers = "first", map[string]string{"X-Key": "k"} })
	want(got, err, provisioner.AuthBearer, "first", "X-Key")
	got, err = put(func(a *provisioner.App) { a.Endpoint = "https://A.example:443/scim/v2" })
	want(got, err, provisioner.AuthBearer, "first", "X-Key")
	got, err = put(func(a *provisioner.App) { a.Basic = &provisioner.BasicLogin{Username: "ann", Password: "second"} })
	want(got, err, provisioner.AuthBasic, "second", "X-Key")
	got, err = put(func(a *provisioner.App) { a.Headers = map[string]string{} })
	want(got, err, provisioner.AuthBasic, "second")
	for _, elsewhere := range []string{"https://b.example/scim", "http://a.example/scim", "https://a.example:8443/scim"} {
		if _, err := put(func(a *provisioner.App) { a.Endpoint = elsewhere }); err == nil || !strings.Contains(err.Error(), "no credential") {
			t.Errorf("%s is given the credential of another server: %v", elsewhere, err)
		}
	}
	got, err = put(func(a *provisioner.App) { a.Endpoint, a.Token = "https://b.example/scim", "third" })
	want(got, err, provisioner.AuthBearer, "third")
	for name, change := range map[string]func(*provisioner.App){
		"two credentials": func(a *provisioner.App) {
			a.Token, a.Basic = "t", &provisioner.BasicLogin{Username: "ann", Password: "p"}
		},
		"clientAuth": func(a *provisioner.App) {
			a.OAuth = &provisioner.OAuthClient{TokenURL: "https://a.example", ID: "i", Secret: "s", Auth: "digest"}
		},
		"Content-Type": func(a *provisioner.App) { a.Token, a.Headers = "t", map[string]string{"Content-Type": "x"} },
		"OAuth token endpoint": func(a *provisioner.App) {
			a.OAuth = &provisioner.OAuthClient{TokenURL: "login.example", ID: "i", Secret: "s"}
		},
	} {
		if _, err := put(change); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "several", "two"), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
