package main

import (
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/admin"
)

// TestTermination asks the program to end while a request to an app is under way.
func TestTermination(t *testing.T) {
	binary := buildProgram(t)
	t.Run("the app answers", func(t *testing.T) {
		app, d, release := midRequest(t, binary)
		d.terminate(t)
		d.waitDeaf(t)
		release()
		d.waitEnded(t)
		// What has come of the request is on record: nobody asks again.
		writes := app.writes()
		d.start(t)
		d.waitConverged(t)
		if n := app.writes() - writes; n != 0 {
			t.Errorf("%d writes were repeated", n)
		}
		wantTitle(t, app, "b")
	})
	t.Run("the app does not answer", func(t *testing.T) {
		app, d, release := midRequest(t, binary)
		d.terminate(t)
		d.waitEnded(t)
		release()
		d.start(t)
		d.waitConverged(t)
		wantTitle(t, app, "b")
		for _, p := range app.problems {
			t.Error(p)
		}
	})
}

// midRequest starts the program, connects an app and waits until the app has carried
// out a request that it has not answered.
func midRequest(t *testing.T, binary string) (app *watchedApp, d *crashingDaemon, release func()) {
	t.Helper()
	app = newWatchedApp(t)
	d = newCrashingDaemon(t, binary, filepath.Join(t.TempDir(), "end.db"), crashAPIKey)
	d.start(t)
	put := func(title string) {
		t.Helper()
		if err := d.client.PutUser(t.Context(), "u", asResource(map[string]any{"userName": "u", "title": title})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.client.PutApp(t.Context(), "app", admin.AppInput{Endpoint: app.server.URL + "/scim/v2", Token: "token"}); err != nil {
		t.Fatal(err)
	}
	put("a")
	d.waitConverged(t)
	wait := app.expect(t, hold{method: http.MethodPatch, path: "/Users"})
	put("b")
	return app, d, wait()
}

func (d *crashingDaemon) terminate(t *testing.T) {
	t.Helper()
	if err := d.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// waitDeaf waits until the program takes no more requests.
func (d *crashingDaemon) waitDeaf(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", d.address)
		if err != nil {
			return
		}
		_ = conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the program goes on to take requests")
		}
	}
}

// waitEnded waits until the program has ended well, long before it would give up a
// request.
func (d *crashingDaemon) waitEnded(t *testing.T) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- d.command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the program has ended with %v\n%s", err, d.output)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("the program does not end\n%s", d.output)
	}
}

func wantTitle(t *testing.T, app *watchedApp, want string) {
	t.Helper()
	users := app.mock.Tenant("default").Resources("User")
	if len(users) != 1 || users[0].String("title") != want {
		t.Errorf("the app has %v, want one account with the title %q", users, want)
	}
}
