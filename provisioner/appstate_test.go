package provisioner_test

import (
	"errors"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

// state reads an app's state and cause.
func (b *bundle) state(t *testing.T, app string) (provisioner.AppState, provisioner.PauseCause) {
	t.Helper()
	a, err := b.App(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	return a.State, a.Cause
}

// TestPauseByAdministrator checks that nothing but a person makes an app go on that a
// person has paused, and that nothing is lost meanwhile.
func TestPauseByAdministrator(t *testing.T) {
	b := setup(t)
	b.sync(t, "app")
	b.app.requests()
	if err := b.engine.Pause(t.Context(), "app", "maintenance"); err != nil {
		t.Fatal(err)
	}
	b.putUser(t, "u1", "ada", true)
	b.settle(t, "app")
	if _, err := b.engine.Sync(t.Context(), "app"); !errors.Is(err, provisioner.ErrConflict) {
		t.Errorf("sync of a paused app: %v", err)
	}
	b.connect(t, "app", b.app)
	if state, cause := b.state(t, "app"); state != provisioner.AppPaused || cause != provisioner.PauseAdmin {
		t.Errorf("after saving the connection the app is %s (%s)", state, cause)
	}
	wantRequests(t, b.app)
	if err := b.engine.Resume(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	b.settle(t, "app")
	wantRequests(t, b.app, "POST /Users")
	if err := b.engine.Pause(t.Context(), "nobody's", ""); !errors.Is(err, provisioner.ErrNotFound) {
		t.Errorf("pausing an app that does not exist: %v", err)
	}
}

// TestStartReview checks that an app so connected is sent nothing before its first
// sync, and takes part from then on.
func TestStartReview(t *testing.T) {
	b := setup(t)
	app := provisioner.App{Name: "second", Endpoint: b.app.url, Token: b.app.token, Settings: provisioner.Settings{Start: provisioner.StartReview}}
	for range 2 { // saving it again does not start it
		if err := b.PutApp(t.Context(), app); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.engine.Pause(t.Context(), "app", ""); err != nil {
		t.Fatal(err)
	}
	b.app.requests()
	b.putUser(t, "u1", "ada", true)
	b.settle(t, "second")
	wantRequests(t, b.app)
	if r := b.sync(t, "second"); r.Users.Created != 1 {
		t.Errorf("the first sync: %+v", r)
	}
	b.putUser(t, "u1", "ada.l", true)
	b.settle(t, "second")
	if w := b.app.writes(); len(w) != 2 {
		t.Errorf("writes %q, want the create and a change that came by itself", w)
	}
}
