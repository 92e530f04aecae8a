package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

const (
	crashRounds  = 6
	crashWriters = 4
	crashAPIKey  = "crash-test-key"
)

// writePoints are the moments that are worst for a program to die at: an app has a
// write before it and has not carried it out, or it has and the answer is on its way.
// The last is any other moment.
func writePoints() []hold {
	var points []hold
	for _, path := range []string{"/Users", "/Groups"} {
		for _, method := range []string{http.MethodPost, http.MethodPatch} {
			points = append(points, hold{method: method, path: path, before: true}, hold{method: method, path: path})
		}
	}
	return append(points, hold{})
}

// TestAcceptance14_KilledAtEveryWritePoint kills the real program at every write point, again and again, while changes
// come in. In the end the app holds exactly the directory, everything was made once,
// and no account ever went back to an older value.
func TestAcceptance14_KilledAtEveryWritePoint(t *testing.T) {
	app := newWatchedApp(t)
	d := newCrashingDaemon(t, buildProgram(t), filepath.Join(t.TempDir(), "crash.db"), crashAPIKey)
	d.start(t)
	stop := startWriters(t, app, d)
	kills := 0
	for range crashRounds {
		for _, point := range writePoints() {
			release := app.waitFor(t, point)
			d.kill(t)
			release()
			d.start(t)
			kills++
		}
		t.Logf("after %d kills the app has taken %d writes", kills, app.writes())
	}
	writers := stop()
	if t.Failed() {
		return
	}
	d.waitConverged(t)
	app.check(t, writers)
}

// TestCrashOfOneOfSeveral kills one of several processes that share a PostgreSQL
// database, again and again: the others go on with what the dead one was doing, nothing
// is done by two at a time, and nothing is lost.
func TestCrashOfOneOfSeveral(t *testing.T) {
	program := buildProgram(t)
	for _, processes := range []int{2, 4} {
		t.Run(fmt.Sprint(processes), func(t *testing.T) { testCrashOfOne(t, program, processes) })
	}
}

func testCrashOfOne(t *testing.T, program string, processes int) {
	database := storetest.Postgres(t)
	app := newWatchedApp(t)
	daemons := make([]*crashingDaemon, processes)
	for i := range daemons {
		daemons[i] = newCrashingDaemon(t, program, database, crashAPIKey)
		daemons[i].start(t)
	}
	stop := startWriters(t, app, daemons...)
	for i, point := range writePoints() {
		release := app.waitFor(t, point)
		dying := daemons[i%processes]
		dying.kill(t)
		release()
		dying.start(t)
	}
	// The last to die stays dead: what it was doing is not lost with it.
	release := app.waitFor(t, hold{method: http.MethodPatch, path: "/Users"})
	daemons[1].kill(t)
	release()
	writers := stop()
	if t.Failed() {
		return
	}
	daemons[0].waitConverged(t)
	app.check(t, writers)
	t.Logf("%d processes, %d kills: the app has taken %d writes", processes, len(writePoints())+1, app.writes())
}

// startWriters connects the app and has writers change the directory through the
// daemons until the function it returns is called.
func startWriters(t *testing.T, app *watchedApp, daemons ...*crashingDaemon) (stop func() []*crashWriter) {
	t.Helper()
	_, err := daemons[0].client.PutApp(t.Context(), "app", admin.AppInput{
		Endpoint: app.server.URL + "/scim/v2", Token: "token", Settings: &provisioner.Settings{Guard: provisioner.Guard{Off: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var clients []*admin.Client
	for _, d := range daemons {
		clients = append(clients, d.client)
	}
	writers := make([]*crashWriter, crashWriters)
	ended := make(chan struct{})
	var wg sync.WaitGroup
	for i := range writers {
		writers[i] = &crashWriter{clients: clients, n: i, random: rand.New(rand.NewPCG(uint64(i), 1))}
		wg.Go(func() { writers[i].run(t.Context(), t, ended) })
	}
	return func() []*crashWriter {
		close(ended)
		wg.Wait()
		return writers
	}
}
