package provisioner_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

func TestReplyLostAfterCreate(t *testing.T) { // R24
	b := setup(t)
	b.sync(t, "app")
	var lost atomic.Int32
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || lost.Add(1) > 2 {
			return false
		}
		b.app.Handler.ServeHTTP(discard{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	})
	b.putUser(t, "u1", "ada", true)
	b.settle(t, "app")
	b.putGroup(t, "g1", "staff", "u1")
	r := b.settle(t, "app")
	if r.Users.Created != 1 || r.Groups.Created != 1 {
		t.Errorf("result %+v", r)
	}
	if u, g := b.app.remote(t, "/Users"), b.app.remote(t, "/Groups"); len(u) != 1 || len(g) != 1 {
		t.Errorf("the app has %d users and %d groups, want one of each", len(u), len(g))
	}
}

// TestLeftWhileTheReplyWasLost checks that an account which nobody has heard of
// since its create was sent is disabled, and never deleted, when its person leaves: also
// in an app that does not keep whose it is, and not if somebody else has the name.
func TestLeftWhileTheReplyWasLost(t *testing.T) { // R2, R24, R28
	for name, test := range map[string]struct {
		externalID any  // of the account that is made
		active     bool // it stays so
	}{
		"known by externalId": {externalID: "u1"},
		"known by name":       {},
		"somebody else's":     {externalID: "x1", active: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.sync(t, "app")
			b.app.loseCreate(func(u map[string]any) { u["externalId"] = test.externalID })
			b.putUser(t, "u1", "ada", true)
			b.waitLost(t)
			if err := b.DeleteUser(t.Context(), "u1"); err != nil {
				t.Fatal(err)
			}
			b.app.open()
			b.settle(t, "app")
			if users := b.app.remote(t, "/Users"); len(users) != 1 || users[0]["active"] != test.active {
				t.Errorf("the app holds %v, want one account, active %t", users, test.active)
			}
		})
	}
}

// TestClearedWhileTheReplyWasLost checks that what a create has given to an account is
// taken away again if the directory does not have it any more once the account is found.
func TestClearedWhileTheReplyWasLost(t *testing.T) { // R24, R32
	b := setup(t)
	b.sync(t, "app")
	b.app.loseCreate(func(u map[string]any) { u["locale"] = "de" }) // which the app gives to everybody
	put := func(text string) {
		t.Helper()
		if err := b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, "%s", text)}); err != nil {
			t.Fatal(err)
		}
	}
	put(`{"userName": "ada", "active": true, "title": "Countess", "name": {"givenName": "Ada", "familyName": "King"}}`)
	b.waitLost(t)
	put(`{"userName": "ada", "active": true, "name": {"givenName": "Ada"}}`)
	b.app.open()
	b.settle(t, "app")
	users := b.app.remote(t, "/Users")
	if len(users) != 1 || users[0]["title"] != nil || users[0]["locale"] != "de" || fmt.Sprint(users[0]["name"]) != "map[givenName:Ada]" {
		t.Errorf("the app holds %v, want one account without title and familyName", users)
	}
}

// TestAddedAndClearedWhileTheReplyWasLost checks the same of an attribute that a change
// has given to an account, in each form.
func TestAddedAndClearedWhileTheReplyWasLost(t *testing.T) { // R24, R32
	for _, form := range []string{provisioner.FormPatch, provisioner.FormPut} {
		t.Run(form, func(t *testing.T) {
			b := mock(t, provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.UserUpdate: form}})
			put := func(more string) {
				t.Helper()
				must(t, b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, `{"userName": "ada", "active": true%s}`, more)}))
			}
			put("")
			b.settle(t, "app")
			var writes atomic.Int32
			b.app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet && writes.Load() == 0 {
					return false
				}
				if r.Method != http.MethodGet && writes.Add(1) == 1 {
					b.app.inner(r)
				}
				panic(http.ErrAbortHandler)
			})
			put(`, "title": "Countess", "name": {"givenName": "Ada"}`)
			b.waitLost(t)
			put("")
			b.app.open()
			b.settle(t, "app")
			if u := b.app.user(t, "ada"); writes.Load() == 0 || u["title"] != nil || u["name"] != nil {
				t.Errorf("the app holds %v after %d writes, want neither title nor name", u, writes.Load())
			}
		})
	}
}

// loseCreate has the app carry out one create, of something else than was sent, and
// answer nothing any more.
func (d *door) loseCreate(change func(map[string]any)) {
	var posts atomic.Int32
	d.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && posts.Add(1) == 1 {
			d.rewrite(change)(discard{header: http.Header{}}, r)
		}
		panic(http.ErrAbortHandler) // the create is done, and the app is gone
	})
}

// waitLost waits until the answer to the create of the only account is missing.
func (b *bundle) waitLost(t *testing.T) {
	t.Helper()
	waitFor(t, func() bool {
		links, err := b.AppLinks(t.Context(), "app")
		return err == nil && len(links) == 1 && links[0].State == provisioner.LinkFailing && links[0].Ambiguous
	})
}

// TestBackToWhatItWasWhileTheReplyWasLost disables a user whose app does so and
// does not say so, and enables them again: the app must not stay as it is only
// because nothing seems to have changed.
func TestBackToWhatItWasWhileTheReplyWasLost(t *testing.T) {
	b := setup(t)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u1")
	b.sync(t, "app")
	var done atomic.Int32
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch && done.Add(1) <= 2 {
			b.app.Handler.ServeHTTP(discard{header: http.Header{}}, r)
		}
		panic(http.ErrAbortHandler)
	})
	b.putUser(t, "u1", "ada", false)
	b.putGroup(t, "g1", "staff", "u1", "u2")
	waitFor(t, func() bool {
		links, err := b.AppLinks(t.Context(), "app")
		failing := 0
		for _, l := range links {
			if l.State == provisioner.LinkFailing {
				failing++
			}
		}
		return err == nil && failing == 2 && done.Load() >= 2
	})
	b.putUser(t, "u1", "ada", true)
	b.putGroup(t, "g1", "staff", "u1")
	b.app.open()
	b.settle(t, "app")
	for _, u := range b.app.remote(t, "/Users") {
		if u["active"] != true {
			t.Errorf("the app holds %v", u)
		}
	}
	if members, _ := b.app.remote(t, "/Groups")[0]["members"].([]any); len(members) != 1 {
		t.Errorf("the group has %v", members)
	}
}
