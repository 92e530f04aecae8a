package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

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

	busyMu   sync.Mutex
	busy     map[string]*http.Request // path → a write to it that has come and has no answer
	overlaps []string
}

// A hold keeps back the next write of a method to a kind of resource, before it is
// carried out, or else its answer. One without a method keeps back nothing.
type hold struct {
	method, path  string
	before        bool
	held, release chan struct{}
}

// catches reports whether it is this write that is kept back, now that it has been
// carried out or has not.
func (h *hold) catches(r *http.Request, before bool) bool {
	return h != nil && h.before == before && h.method == r.Method && strings.HasPrefix(strings.TrimPrefix(r.URL.Path, "/scim/v2"), h.path)
}

func newWatchedApp(t *testing.T) *watchedApp {
	t.Helper()
	mock, err := mocktarget.New(mocktarget.Config{Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	a := &watchedApp{mock: mock, newest: map[string]string{}, made: map[string]int{}, history: map[string][]string{}, busy: map[string]*http.Request{}}
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
	defer a.enter(r)()
	// Writes one at a time: the order they are noted in is the order they happen in.
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keepBack(r, true)
	if r.Context().Err() != nil {
		return // whoever asked is dead, and the connection broken
	}
	answer := httptest.NewRecorder()
	a.mock.ServeHTTP(answer, r)
	if answer.Code < 300 {
		a.note(r, body, answer)
		a.keepBack(r, false)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// enter notes that a write has come, and whether somebody who lives waits for another one
// to the same resource, until the function it returns is called.
func (a *watchedApp) enter(r *http.Request) (leave func()) {
	if r.Method == http.MethodPost {
		return func() {} // of what is made twice it is known from note
	}
	a.busyMu.Lock()
	defer a.busyMu.Unlock()
	if other := a.busy[r.URL.Path]; other != nil && other.Context().Err() == nil {
		a.overlaps = append(a.overlaps, fmt.Sprintf("%s %s came before another %s was answered", r.Method, r.URL.Path, other.Method))
	}
	a.busy[r.URL.Path] = r
	return func() {
		a.busyMu.Lock()
		defer a.busyMu.Unlock()
		if a.busy[r.URL.Path] == r {
			delete(a.busy, r.URL.Path)
		}
	}
}

// keepBack holds up a write that somebody waits for.
func (a *watchedApp) keepBack(r *http.Request, before bool) {
	if h := a.hold; h.catches(r, before) {
		a.hold = nil
		close(h.held)
		<-h.release
	}
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

// waitFor waits until the app has a write of a kind before it, or has carried one out,
// and keeps it back until the function it returns is called. Without a kind it waits
// for some writes.
func (a *watchedApp) waitFor(t *testing.T, point hold) (release func()) {
	t.Helper()
	if point.method == "" {
		a.waitForWrites(t, 1+rand.IntN(25))
		return func() {}
	}
	return a.expect(t, point)()
}

// expect has the next write of a kind kept back. The function it returns waits for it,
// and returns what lets it go on.
func (a *watchedApp) expect(t *testing.T, point hold) (wait func() (release func())) {
	h := &point
	h.held, h.release = make(chan struct{}), make(chan struct{})
	a.mu.Lock()
	a.hold = h
	a.mu.Unlock()
	return func() func() {
		t.Helper()
		select {
		case <-h.held:
		case <-time.After(60 * time.Second):
			t.Fatalf("the app has had no %s of %s for a minute", point.method, point.path)
		}
		return func() { close(h.release) }
	}
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
	for _, p := range slices.Concat(a.problems, a.overlaps) {
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
			members := []string{}
			for u := range want {
				if made[w.user(u)] {
					members = append(members, w.user(u))
				}
			}
			slices.Sort(members)
			if !there || !slices.Equal(has, members) {
				t.Errorf("%s has %v, want %v", w.group(i), has, members)
			}
		}
	}
	if len(accounts)+len(groups) > 0 {
		t.Errorf("the app also has %v and %v", accounts, groups)
	}
}
