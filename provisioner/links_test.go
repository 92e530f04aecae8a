package provisioner_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// TestR18_Rename: another userName is an update of the same account, by its id.
func TestR18_Rename(t *testing.T) {
	b := peopled(t)
	id := b.app.id(t, "/Users", "ada")
	b.rename(t, "countess")
	b.settle(t, "app")
	wantRequests(t, b.app, "PATCH /Users/"+id)
	if u := b.app.user(t, "countess"); u["id"] != id {
		t.Errorf("the app holds %v", u)
	}
}

// TestR18_NobodyStaysLockedOut over an attribute that the app does not let be changed,
// whether it says which or not.
func TestR18_NobodyStaysLockedOut(t *testing.T) {
	for _, detail := range []string{"title is made by the service", "it is made by the service"} {
		t.Run(detail, func(t *testing.T) {
			b := peopled(t)
			put := func(title string, active bool) {
				t.Helper()
				must(t, b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t,
					`{"userName": "ada", "title": %[1]q, "nickName": %[1]q, "active": %[2]t}`, title, active)}))
			}
			put("a", false)
			b.settle(t, "app")
			b.app.answerWith(patching("title", refuse(http.StatusBadRequest, scim.TypeMutability, detail)))
			put("b", true)
			b.wantLink(t, user, "u1", provisioner.LinkRefused, "the app does not let", time.Hour)
			if u := b.app.user(t, "ada"); u["active"] != true {
				t.Errorf("the app has %v, want the account enabled", u)
			}
		})
	}
}

// TestR23_OneWriterForALink: however fast somebody changes, and whoever else asks for
// attempts, an app never has two requests about them at a time.
func TestR23_OneWriterForALink(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	b.sync(t, "app")
	var mu sync.Mutex
	under, overlaps, creates := map[string]int{}, 0, 0
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		key := r.URL.Path
		if r.Method == http.MethodPost {
			key = fmt.Sprint(bodyOf(r)["externalId"])
		}
		mu.Lock()
		if under[key]++; under[key] > 1 {
			overlaps++
		}
		if r.Method == http.MethodPost {
			creates++
		}
		mu.Unlock()
		b.app.Handler.ServeHTTP(w, r)
		time.Sleep(5 * time.Millisecond)
		mu.Lock()
		under[key]--
		mu.Unlock()
		return true
	})
	var wait sync.WaitGroup
	for id := range 4 {
		for range 3 {
			wait.Go(func() {
				for i := range 8 {
					b.putUser(t, fmt.Sprint("u", id), fmt.Sprintf("n%d-%d", id, i), true)
					if _, err := b.engine.Sync(t.Context(), "app"); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wait.Wait()
	b.settle(t, "app")
	if overlaps > 0 || creates != 4 {
		t.Errorf("%d overlaps and %d creates, want none and 4", overlaps, creates)
	}
	for _, u := range b.app.remote(t, "/Users") {
		if !strings.HasSuffix(u["userName"].(string), "-7") {
			t.Errorf("the app holds %v", u["userName"])
		}
	}
}

// TestR24_NoFilterNoSecondAccount: after an answer that got lost, an app whose filters
// find nothing is listed before anything is made again.
func TestR24_NoFilterNoSecondAccount(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	b.sync(t, "app")
	var posts atomic.Int32
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.URL.Query().Get("filter") != "":
			fmt.Fprint(w, `{"totalResults":0,"Resources":[]}`)
		case r.Method == http.MethodPost && posts.Add(1) == 1:
			b.app.rewrite(func(u map[string]any) {})(discard{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	})
	b.putUser(t, "u1", "ada", true)
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if n := len(b.app.remote(t, "/Users")); n != 1 || posts.Load() != 1 {
		t.Errorf("%d users after %d creates", n, posts.Load())
	}
	if l := b.link(t, user, "u1"); l.Origin != provisioner.OriginCreated {
		t.Errorf("the account counts as %s", l.Origin)
	}
}

// TestR26_VanishedBehindAWebServer: an app whose 404 is not SCIM's is believed if it
// answers for the rest and finds the account in no other way.
func TestR26_VanishedBehindAWebServer(t *testing.T) {
	b := peopled(t)
	id := b.app.id(t, "/Users", "ada")
	b.app.tamper(t, "DELETE", "/Users/"+id, "")
	b.app.answerWith(on("", "/Users/"+id, page(404)))
	b.rename(t, "ada.l")
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if u := b.app.user(t, "ada.l"); u["externalId"] != "u1" || u["id"] == id {
		t.Errorf("the app holds %v", u)
	}
	// One that is found under another id has been moved, not deleted.
	moved := b.app.id(t, "/Users", "bob")
	b.app.tamper(t, "DELETE", "/Users/"+moved, "")
	again := b.app.post(t, "/Users", account(`"userName":"bob","externalId":"u2","active":true`))
	b.app.answerWith(on("", "/Users/"+moved, page(404)))
	b.app.requests()
	b.putUser(t, "u2", "bob", false)
	b.wantLink(t, user, "u2", provisioner.LinkConverged, "", 0)
	if l := b.link(t, user, "u2"); l.RemoteID != again || slices.Contains(b.app.requests(), "POST /Users") {
		t.Errorf("tied to %s, want %s", l.RemoteID, again)
	}
	if u := b.app.user(t, "bob"); u["active"] != false {
		t.Errorf("the app holds %v", u)
	}
	// One that is found under its own id is there.
	b.settle(t, "app")
	there := b.link(t, user, "u1").RemoteID
	b.app.answerWith(on("", "/Users/"+there, page(404)))
	b.app.requests()
	b.rename(t, "ada.k")
	b.wantLink(t, user, "u1", provisioner.LinkFailing, "404", 0)
	if got := anonymous(b.app.requests()[:4]); !slices.Equal(got, []string{"PATCH /Users/ID", "GET /Users/ID", "GET /Users", "GET /Users"}) || b.link(t, user, "u1").RemoteID != there {
		t.Errorf("requests %q, link %+v", got, b.link(t, user, "u1"))
	}
}

// TestVanishedFromAnAppThatListsNobody: that an app does not list its users is no reason
// not to believe it about one.
func TestVanishedFromAnAppThatListsNobody(t *testing.T) { // R26
	b := peopled(t)
	b.learn(t, func(l *provisioner.Learned) { // it has found somebody by each
		l.Prove("User filter externalId")
		l.Prove("User filter userName")
	})
	b.app.tamper(t, "DELETE", b.path(t, user, "u1"), "")
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/Users") || r.URL.Query().Has("filter") {
			return false
		}
		refuse(403, "", "nobody may list users")(w, r)
		return true
	})
	b.rename(t, "ada.l")
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if u := b.app.user(t, "ada.l"); u["externalId"] != "u1" {
		t.Errorf("the app holds %v", u)
	}
}

// TestDeletedWhileTheReplyWasLost: somebody comes back whose account was deleted, which
// the app did not come to say.
func TestDeletedWhileTheReplyWasLost(t *testing.T) { // R24
	b := deleting(t, nil)
	var deleted atomic.Bool
	b.app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete && !deleted.Swap(true) {
			b.app.inner(r)
		}
		if deleted.Load() {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	b.putUser(t, "u1", "ada", false)
	b.waitState(t, user, "u1", provisioner.LinkFailing)
	b.putUser(t, "u1", "ada", true)
	b.app.open()
	b.settle(t, "app")
	if u := b.app.user(t, "ada"); u["active"] != true {
		t.Errorf("the app holds %v", u)
	}
}

// TestR28_ExternalIDDropped: an app that drops externalId is looked after all the same.
func TestR28_ExternalIDDropped(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	b.app.answerWith(either(
		on("POST", "/", b.app.rewrite(func(r map[string]any) { delete(r, "externalId") })),
		on("PATCH", "/Groups", b.app.edit(func(map[string]any) {})),
	))
	b.putUser(t, "u1", "ada", true)
	b.putGroup(t, "g1", "staff", "u1")
	b.sync(t, "app")
	for range 2 {
		b.app.requests()
		b.sync(t, "app")
		if w := b.app.writes(); len(w) > 0 {
			t.Errorf("writes %q with nothing to do", w)
		}
	}
	b.rename(t, "ada.l")
	b.deleteUser(t, "u1")
	b.settle(t, "app")
	if u := b.app.remote(t, "/Users"); len(u) != 1 || u[0]["active"] != false {
		t.Errorf("the app holds %v", u)
	}
	app, err := b.App(t.Context(), "app")
	if err != nil || app.Learned.Unseen["User.externalId"] == "" {
		t.Errorf("noticed: %v (%v)", app.Learned.Unseen, err)
	}
}

// TestR29_OddAnswers: what apps leave out of their answers, or put in.
func TestR29_OddAnswers(t *testing.T) {
	strip := func(names ...string) func(map[string]any) {
		return func(r map[string]any) {
			for _, name := range names {
				delete(r, name)
			}
		}
	}
	for name, odd := range map[string]func(d *door) keeper{
		"no schemas, no meta": func(d *door) keeper { return on("", "/", d.edit(strip("schemas", "meta"))) },
		"no startIndex":       func(d *door) keeper { return on("GET", "/", d.edit(strip("startIndex", "itemsPerPage", "schemas"))) },
		"200 for 201":         func(d *door) keeper { return on("POST", "/", withStatus(d, 200)) },
		"202 for 200":         func(d *door) keeper { return on("PATCH", "/", withStatus(d, 202)) },
		"204 for everything": func(d *door) keeper {
			return either(on("PATCH", "/", d.bodiless(204)), on("PUT", "/", d.bodiless(204)))
		},
		"201 without a body": func(d *door) keeper { return on("POST", "/", d.bodiless(201)) },
		"elsewhere than it says": func(d *door) keeper {
			strip := strip("id")
			return on("POST", "/", func(w http.ResponseWriter, r *http.Request) {
				d.edit(strip)(misplaced{w}, r)
			})
		},
		"active as text":        func(d *door) keeper { return on("", "/Users", d.edit(activeAsText)) },
		"an empty object":       func(d *door) keeper { return on("PATCH", "/", emptied(d)) },
		"e-mails without types": func(d *door) keeper { return on("", "/Users", d.edit(withoutTypes)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := mock(t, provisioner.Settings{})
			b.app.answerWith(odd(b.app))
			b.putUser(t, "u1", "ada", true)
			b.putUser(t, "u2", "bob", true)
			b.putGroup(t, "g1", "staff", "u1")
			b.sync(t, "app")
			if u, g := len(b.app.remote(t, "/Users")), len(b.app.remote(t, "/Groups")); u != 2 || g != 1 {
				t.Errorf("the app has %d users and %d groups", u, g)
			}
			if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada"}) {
				t.Errorf("the group has %q", m)
			}
			b.rename(t, "ada.l")
			b.putUser(t, "u2", "bob", false)
			b.putGroup(t, "g1", "crew", "u1", "u2")
			b.settle(t, "app")
			for _, l := range []provisioner.Key{{App: "app", Kind: user, Subject: "u1"}, {App: "app", Kind: user, Subject: "u2"}, {App: "app", Kind: group, Subject: "g1"}} {
				b.wantLink(t, l.Kind, l.Subject, provisioner.LinkConverged, "", 0)
			}
			if u := b.app.user(t, "bob"); u["active"] != false || b.app.user(t, "ada.l") == nil || !slices.Equal(b.app.members(t, "crew"), []string{"ada.l", "bob"}) {
				t.Errorf("the app holds %v and %v", b.app.remote(t, "/Users"), b.app.remote(t, "/Groups"))
			}
			b.app.requests()
			b.sync(t, "app")
			if w := b.app.writes(); len(w) > 0 {
				t.Errorf("writes %q with nothing to do", w)
			}
		})
	}
}

// misplaced is an answer whose Location is of something that is not there.
type misplaced struct{ http.ResponseWriter }

func (m misplaced) WriteHeader(status int) {
	if location := m.Header().Get("Location"); location != "" {
		m.Header().Set("Location", location+"0")
	}
	m.ResponseWriter.WriteHeader(status)
}

func withStatus(d *door, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got := d.inner(r)
		if got.Code < 300 && got.Body.Len() > 0 {
			got.Code = status
		}
		send(w, got)
	}
}

func emptied(d *door) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d.inner(r)
		fmt.Fprint(w, "{}")
	}
}

func activeAsText(u map[string]any) {
	if active, ok := u["active"].(bool); ok {
		u["active"] = strings.ToUpper(fmt.Sprint(active))
	}
}

func withoutTypes(u map[string]any) {
	emails, _ := u["emails"].([]any)
	for _, v := range emails {
		delete(v.(map[string]any), "type")
		delete(v.(map[string]any), "primary")
	}
}
