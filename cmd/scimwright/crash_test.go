package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
	"github.com/permiso/scimwright/provisioner/scim"
)

const (
	crashKills   = 15
	crashWriters = 4
	crashUsers   = 40 // of each writer
	crashGroups  = 10 // of each writer
	crashAPIKey  = "crash-test-key"
)

// TestCrash kills the real program again and again while changes come in, also at
// the worst moments: when the app has done what it was told and the answer is on
// its way. In the end the app holds exactly the directory, everything was made
// once, and no account ever went back to an older value.
func TestCrash(t *testing.T) {
	app := newWatchedApp(t)
	d := newCrashingDaemon(t)
	d.start(t)
	ctx := t.Context()
	if _, err := d.client.PutApp(ctx, "app", admin.AppInput{
		Endpoint: app.server.URL + "/scim/v2", Token: "token", Settings: &provisioner.Settings{Guard: provisioner.Guard{Off: true}},
	}); err != nil {
		t.Fatal(err)
	}

	writers := make([]*crashWriter, crashWriters)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range writers {
		writers[i] = newCrashWriter(d.client, i)
		wg.Go(func() { writers[i].run(ctx, t, stop) })
	}
	for kill := range crashKills {
		app.waitForWrites(t, 1+rand.IntN(25))
		release := func() {}
		switch kill % 3 {
		case 0:
			release = app.holdAnswer(t, http.MethodPost)
		case 1:
			release = app.holdAnswer(t, http.MethodPatch)
		}
		d.kill(t)
		release()
		d.start(t)
		t.Logf("kill %d: the app has taken %d writes", kill+1, app.writes())
	}
	close(stop)
	wg.Wait()
	if t.Failed() {
		return
	}
	d.waitConverged(t)
	app.check(t, writers)
}

// A crashingDaemon is the program as a process, on one port and one database.
type crashingDaemon struct {
	binary, database, address string
	client                    *admin.Client
	command                   *exec.Cmd
	output                    *bytes.Buffer
}

func newCrashingDaemon(t *testing.T) *crashingDaemon {
	t.Helper()
	dir := t.TempDir()
	d := &crashingDaemon{binary: filepath.Join(dir, "scimwright"), database: filepath.Join(dir, "crash.db")}
	if out, err := exec.Command("go", "build", "-o", d.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.address = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	d.client = admin.NewClient("http://"+d.address, crashAPIKey, &http.Client{Timeout: 10 * time.Second})
	t.Cleanup(func() {
		if d.command != nil {
			_ = d.command.Process.Kill()
			_ = d.command.Wait()
		}
	})
	return d
}

// start starts the process and waits until it answers.
func (d *crashingDaemon) start(t *testing.T) {
	t.Helper()
	d.output = new(bytes.Buffer)
	d.command = exec.Command(d.binary, "serve", "--listen", d.address, "--database", d.database)
	d.command.Env = append(os.Environ(), "SCIMWRIGHT_API_KEY="+crashAPIKey)
	d.command.Stdout, d.command.Stderr = d.output, d.output
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := d.client.Apps(t.Context()); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("the service does not answer: %v", err)
		}
	}
}

func (d *crashingDaemon) kill(t *testing.T) {
	t.Helper()
	if err := d.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = d.command.Wait() // it was killed: there is an error
	if s := d.command.ProcessState.String(); s != "signal: killed" {
		t.Fatalf("the service ended by itself: %s\n%s", s, d.output)
	}
}

func (d *crashingDaemon) waitConverged(t *testing.T) {
	t.Helper()
	var behind []string
	slow := time.Now().Add(15 * time.Second)
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if len(behind) > 0 && time.Now().After(slow) {
			t.Logf("still behind:\n%s", strings.Join(behind, "\n"))
			slow = deadline
		}
		links, err := d.client.Links(t.Context(), "app")
		if err != nil {
			t.Fatal(err)
		}
		behind = nil
		for _, l := range links {
			if !provisioner.LinkState(l.State).Settled() {
				behind = append(behind, fmt.Sprintf("%s %s is %s: %s", l.Kind, l.ID, l.State, l.Reason))
			}
		}
		if len(links) > 0 && len(behind) == 0 {
			return
		}
	}
	t.Fatalf("not converged:\n%s", strings.Join(behind, "\n"))
}

// A crashWriter changes its own users and its own groups. Every change is repeated
// until the service has taken it.
type crashWriter struct {
	client *admin.Client
	n      int
	users  [crashUsers]crashUser
	// groups hold members by the number of the user; nil for a group not made yet.
	groups [crashGroups]map[int]bool
	random *rand.Rand
}

// A crashUser is what the directory holds of a user. version counts up, also over
// a time in which the user is not there.
type crashUser struct {
	version         int
	present, active bool
}

func newCrashWriter(client *admin.Client, n int) *crashWriter {
	return &crashWriter{client: client, n: n, random: rand.New(rand.NewPCG(uint64(n), 1))}
}

func (w *crashWriter) user(i int) string  { return fmt.Sprintf("u%d-%d", w.n, i) }
func (w *crashWriter) group(i int) string { return fmt.Sprintf("g%d-%d", w.n, i) }

func (w *crashWriter) run(ctx context.Context, t *testing.T, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			w.change(ctx, t)
		}
	}
}

// change makes one change of a random kind.
func (w *crashWriter) change(ctx context.Context, t *testing.T) {
	i, g := w.random.IntN(crashUsers), w.random.IntN(crashGroups)
	user, group, p := &w.users[i], w.groups[g], w.random.IntN(20)
	switch {
	case group == nil:
		w.groups[g] = map[int]bool{}
		body := asResource(map[string]any{"displayName": w.group(g), "members": []any{}})
		w.insist(ctx, t, func() error { return w.client.PutGroup(ctx, w.group(g), body) })
	case !user.present || p < 12:
		user.version++
		user.present, user.active = true, w.random.IntN(5) > 0
		body := asResource(map[string]any{"userName": w.user(i), "title": version(user.version), "active": user.active})
		w.insist(ctx, t, func() error { return w.client.PutUser(ctx, w.user(i), body) })
	case p < 16:
		group[i] = true
		w.insist(ctx, t, func() error { return w.client.AddMember(ctx, w.group(g), w.user(i)) })
	case p < 18:
		delete(group, i)
		w.insist(ctx, t, func() error { return w.client.RemoveMember(ctx, w.group(g), w.user(i)) })
	default:
		user.present, user.active = false, false
		for _, members := range w.groups {
			delete(members, i)
		}
		w.insist(ctx, t, func() error {
			err := w.client.DeleteUser(ctx, w.user(i))
			var answer *admin.Error
			if errors.As(err, &answer) && answer.Status == http.StatusNotFound {
				return nil // the delete whose answer was lost
			}
			return err
		})
	}
}

// insist repeats a change while the service is down. An answer that refuses the
// change is a bug.
func (w *crashWriter) insist(ctx context.Context, t *testing.T, change func() error) {
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := change()
		var answer *admin.Error
		switch {
		case err == nil:
			return
		case errors.As(err, &answer):
			t.Errorf("the service refuses a change: %v", err)
			return
		case time.Now().After(deadline) || ctx.Err() != nil:
			t.Errorf("the service does not take a change: %v", err)
			return
		}
	}
}

func version(n int) string { return fmt.Sprintf("v%06d", n) }

func asResource(v any) admin.Resource {
	data, _ := json.Marshal(v)
	return admin.Resource{RawMessage: data}
}

// A watchedApp is a mock that remembers the order of the values it was given.
type watchedApp struct {
	mock   *mocktarget.Server
	server *httptest.Server

	mu       sync.Mutex
	count    int
	newest   map[string]string // resource id → newest title
	made     map[string]int    // externalId → creates that succeeded
	problems []string
	history  map[string][]string // externalId → what was done to it
	hold     *hold
}

// A hold keeps back the answer to the next write of a method.
type hold struct {
	method        string
	held, release chan struct{}
}

func newWatchedApp(t *testing.T) *watchedApp {
	t.Helper()
	mock, err := mocktarget.New(mocktarget.Config{Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	a := &watchedApp{mock: mock, newest: map[string]string{}, made: map[string]int{}, history: map[string][]string{}}
	a.server = httptest.NewServer(a)
	t.Cleanup(func() {
		a.server.Close()
		if err := mock.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func (a *watchedApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		a.mock.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client died while it sent the request
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	// Writes one at a time: the order they are noted in is the order they happen in.
	a.mu.Lock()
	defer a.mu.Unlock()
	answer := httptest.NewRecorder()
	a.mock.ServeHTTP(answer, r)
	if answer.Code < 300 {
		a.note(r, body, answer)
		if h := a.hold; h != nil && h.method == r.Method {
			a.hold = nil
			close(h.held)
			<-h.release
		}
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (a *watchedApp) note(r *http.Request, body []byte, answer *httptest.ResponseRecorder) {
	a.count++
	if r.Method == http.MethodDelete {
		a.problems = append(a.problems, "something was deleted: "+r.URL.Path)
	}
	if answer.Code == http.StatusNoContent {
		return // of a group, which has no versions
	}
	var resource struct{ ID, ExternalID, Title string }
	if err := json.Unmarshal(answer.Body.Bytes(), &resource); err != nil {
		a.problems = append(a.problems, fmt.Sprintf("%s %s: the answer has no resource: %v", r.Method, r.URL, err))
		return
	}
	did := fmt.Sprintf("\n\t%s %s %s", time.Now().Format("05.000"), r.Method, body)
	a.history[resource.ExternalID] = append(a.history[resource.ExternalID], did)
	if r.Method == http.MethodPost {
		if a.made[resource.ExternalID]++; a.made[resource.ExternalID] > 1 {
			a.problems = append(a.problems, resource.ExternalID+" was made twice")
		}
	}
	if resource.Title < a.newest[resource.ID] {
		a.problems = append(a.problems, fmt.Sprintf("%s went back from %s to %s by %s", resource.ExternalID, a.newest[resource.ID], resource.Title, body))
	}
	a.newest[resource.ID] = max(resource.Title, a.newest[resource.ID])
}

// holdAnswer waits until the app has done a write of a method, and keeps the
// answer back until the function it returns is called.
func (a *watchedApp) holdAnswer(t *testing.T, method string) (release func()) {
	t.Helper()
	h := &hold{method: method, held: make(chan struct{}), release: make(chan struct{})}
	a.mu.Lock()
	a.hold = h
	a.mu.Unlock()
	select {
	case <-h.held:
	case <-time.After(60 * time.Second):
		t.Fatalf("the app has had no %s for a minute", method)
	}
	return func() { close(h.release) }
}

func (a *watchedApp) writes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// waitForWrites waits until the app has taken n more writes.
func (a *watchedApp) waitForWrites(t *testing.T, n int) {
	t.Helper()
	for goal, deadline := a.writes()+n, time.Now().Add(60*time.Second); a.writes() < goal; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the app has taken %d writes, want %d", a.writes(), goal)
		}
	}
}

// check compares what the app holds with what the writers have put into the
// directory.
func (a *watchedApp) check(t *testing.T, writers []*crashWriter) {
	t.Helper()
	for _, p := range a.problems {
		t.Error(p)
	}
	type account struct {
		Title  string
		Active bool
	}
	tenant := a.mock.Tenant(mocktarget.DefaultTenant)
	accounts, names, made := map[string]account{}, map[string]string{}, map[string]bool{}
	for _, u := range tenant.Resources("User") {
		active, _ := u.Bool("active")
		if _, twice := accounts[u.ExternalID()]; twice {
			t.Errorf("%s has two accounts", u.ExternalID())
		}
		accounts[u.ExternalID()] = account{u.String("title"), active}
		names[u.ID()], made[u.ExternalID()] = u.ExternalID(), true
	}
	groups := map[string][]string{}
	for _, g := range tenant.Resources("Group") {
		if _, twice := groups[g.ExternalID()]; twice {
			t.Errorf("%s is there twice", g.ExternalID())
		}
		members := []string{}
		for _, m := range g.Array("members") {
			members = append(members, names[m.(*scim.Object).String("value")])
		}
		slices.Sort(members)
		groups[g.ExternalID()] = members
	}
	for _, w := range writers {
		for i, u := range w.users {
			has, there := accounts[w.user(i)]
			delete(accounts, w.user(i))
			switch {
			case u.present && (there || u.active) && has != (account{version(u.version), u.active}):
				t.Errorf("%s is %+v, want %s, active %t; it was told %s", w.user(i), has, version(u.version), u.active, a.history[w.user(i)])
			case !u.present && has.Active:
				t.Errorf("%s has left and is active", w.user(i))
			}
		}
		for i, want := range w.groups {
			has, there := groups[w.group(i)]
			delete(groups, w.group(i))
			var members []string
			for u := range want {
				if made[w.user(u)] {
					members = append(members, w.user(u))
				}
			}
			slices.Sort(members)
			if there != (want != nil) || !slices.Equal(has, members) {
				t.Errorf("%s has %v, want %v", w.group(i), has, members)
			}
		}
	}
	if len(accounts)+len(groups) > 0 {
		t.Errorf("the app also has %v and %v", accounts, groups)
	}
}
