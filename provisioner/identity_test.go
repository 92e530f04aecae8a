package provisioner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// handOut answers a create with an account that the app has, as apps do that find people
// by something of their own.
func (d *door) handOut(t *testing.T, id string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, u := range d.remote(t, "/Users") {
			if u["id"] == id {
				w.Header().Set("Content-Type", "application/scim+json")
				w.WriteHeader(http.StatusCreated)
				_ = json.NewEncoder(w).Encode(u)
			}
		}
	}
}

// TestR17_CreateThatHandsOutAnAccount: whose account it is that a create is answered with
// decides, as if it had been found. One of somebody else's is not written.
func TestR17_CreateThatHandsOutAnAccount(t *testing.T) {
	t.Run("of somebody here", func(t *testing.T) {
		b := peopled(t)
		bob := b.app.id(t, "/Users", "bob")
		b.app.answerWith(on("POST", "/Users", b.app.handOut(t, bob)))
		create(t, b)
		b.wantLink(t, user, "u3", provisioner.LinkConflict, "belongs to u2", 24*time.Hour)
		if w := b.app.writes(); !slices.Equal(w, []string{"POST /Users"}) {
			t.Errorf("writes %q, want the create and no more", w)
		}
		if l := b.link(t, user, "u2"); l.RemoteID != bob || l.State != provisioner.LinkConverged {
			t.Errorf("bob's link is %+v", l)
		}
	})
	t.Run("of somebody else", func(t *testing.T) {
		b := peopled(t)
		id := b.app.post(t, "/Users", account(`"userName":"countess","externalId":"x1","active":true`))
		b.app.requests()
		b.app.answerWith(on("POST", "/Users", b.app.handOut(t, id)))
		create(t, b)
		b.wantLink(t, user, "u3", provisioner.LinkConflict, `belongs to externalId "x1"`, 24*time.Hour)
		b.putUser(t, "u3", "cy", false)
		b.settle(t, "app")
		must(t, b.DeleteUser(t.Context(), "u3"))
		b.settle(t, "app")
		if w := b.app.writes(); !slices.Equal(w, []string{"POST /Users"}) {
			t.Errorf("writes %q, want the create and no more", w)
		}
		if u := b.app.user(t, "countess"); u["externalId"] != "x1" || u["active"] != true {
			t.Errorf("the account is %v", u)
		}
	})
	t.Run("of somebody else, and a person says that it is the same", func(t *testing.T) {
		b := peopled(t)
		id := b.app.post(t, "/Users", account(`"userName":"countess","externalId":"x1"`))
		b.app.answerWith(on("POST", "/Users", b.app.handOut(t, id)))
		create(t, b)
		b.waitState(t, user, "u3", provisioner.LinkConflict)
		must(t, b.resolve(t, "u3", provisioner.ChooseAdopt, id, "x1"))
		b.waitState(t, user, "u3", provisioner.LinkConverged)
		if u := b.app.user(t, "cy"); u["id"] != id || u["externalId"] != "u3" {
			t.Errorf("the account is %v", u)
		}
	})
}

var quotedID = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f-]{27}"`)

// numbering is an app whose ids are numbers, in its answers as in its tables.
func numbering(d *door) keeper {
	var mu sync.Mutex
	numbers, ids := map[string]string{}, []string{}
	return func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		for i, id := range ids {
			number := fmt.Sprint(1000 + i)
			r.URL.Path = strings.Replace(r.URL.Path, "/"+number, "/"+id, 1)
			body = bytes.ReplaceAll(body, []byte(`"`+number+`"`), []byte(`"`+id+`"`))
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		got := d.inner(r)
		got.Header().Del("Location")
		got.Body = bytes.NewBuffer(quotedID.ReplaceAllFunc(got.Body.Bytes(), func(id []byte) []byte {
			if numbers[string(id)] == "" {
				numbers[string(id)] = fmt.Sprint(1000 + len(ids))
				ids = append(ids, strings.Trim(string(id), `"`))
			}
			return []byte(numbers[string(id)])
		}))
		send(w, got)
		return true
	}
}

// TestR29_IDsThatAreNumbers takes people and a group through their lives in an app whose
// ids are numbers.
func TestR29_IDsThatAreNumbers(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	b.app.post(t, "/Users", account(`"userName":"bob"`))
	b.app.answerWith(numbering(b.app))
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u1", "u2")
	b.sync(t, "app")
	if l := b.link(t, user, "u2"); l.Origin != provisioner.OriginAdopted {
		t.Errorf("bob's link is %+v", l)
	}
	rename(t, b)
	b.putGroup(t, "g1", "staff", "u1")
	b.settle(t, "app")
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada.l"}) || len(b.app.remote(t, "/Users")) != 2 {
		t.Errorf("members %q, users %v", m, b.app.remote(t, "/Users"))
	}
	if a := b.audit(t, false); !a.Good() || a.Checked != 3 || a.Foreign > 0 {
		t.Errorf("audit %+v", a)
	}
	must(t, b.DeleteUser(t.Context(), "u1"))
	b.settle(t, "app")
	if u := b.app.user(t, "ada.l"); u["active"] != false {
		t.Errorf("the app has %v", u)
	}
}

// TestLostCreateBesideAnAccount: what is found after a create whose answer was lost is
// only ours if it says so. One that somebody else has made under the name was there
// before, and is not deleted with the app.
func TestLostCreateBesideAnAccount(t *testing.T) {
	b := peopled(t)
	id := b.app.post(t, "/Users", account(`"userName":"cy","active":true`))
	b.app.answerWith(times(1, on("POST", "/Users", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
	create(t, b)
	if l := b.waitState(t, user, "u3", provisioner.LinkConverged); l.RemoteID != id || l.Origin != provisioner.OriginAdopted {
		t.Errorf("the link is %+v", l)
	}
	b.remove(t, provisioner.PartDelete, false)
	b.waitRemoved(t)
	if got := b.app.names(t, "/Users", nil); !slices.Equal(got, []string{"cy<nil>"}) {
		t.Errorf("the app has %q", got)
	}
}

// TestGone: an app that remembers what it had answers 410, which means no less than 404.
func TestGone(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{"in SCIM's words": refuse(http.StatusGone, "", "was deleted"), "bare": bare(http.StatusGone)} {
		vanished := func(t *testing.T) *bundle {
			t.Helper()
			b := peopled(t)
			ada := "/Users/" + b.app.id(t, "/Users", "ada")
			b.app.erase(t, ada)
			b.app.answerWith(on("", ada, answer))
			return b
		}
		t.Run(name+": made again", func(t *testing.T) {
			b := vanished(t)
			rename(t, b)
			b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
			if b.app.user(t, "ada.l") == nil {
				t.Error("she was not made again")
			}
		})
		t.Run(name+": the goodbye is said", func(t *testing.T) {
			b := vanished(t)
			must(t, b.DeleteUser(t.Context(), "u1"))
			waitFor(t, func() bool { return b.link(t, user, "u1") == nil })
		})
		t.Run(name+": deleted meanwhile", func(t *testing.T) {
			b := peopled(t)
			b.connectWith(t, "app", b.app, provisioner.Settings{Deprovision: provisioner.Deprovision{Deleted: provisioner.FarewellDelete, GraceDays: -1}})
			b.app.answerWith(on("DELETE", "/Users", func(w http.ResponseWriter, r *http.Request) {
				b.app.inner(r) // somebody else was faster
				answer(w, r)
			}))
			must(t, b.DeleteUser(t.Context(), "u1"))
			waitFor(t, func() bool { return b.link(t, user, "u1") == nil })
		})
	}
	t.Run("missed by an audit", func(t *testing.T) {
		b := peopled(t)
		ada := "/Users/" + b.app.id(t, "/Users", "ada")
		b.app.erase(t, ada)
		b.app.answerWith(on("", ada, refuse(http.StatusGone, "", "was deleted")))
		if a := b.audit(t, false); a.Missing != 1 || len(a.Notes) > 0 {
			t.Errorf("audit %+v", a)
		}
	})
}

// renumbering is an app that gives an account another id when it is changed for the first
// time, and knows nothing of the old one from then on.
func renumbering(d *door) keeper {
	var renamed atomic.Pointer[string]
	return func(w http.ResponseWriter, r *http.Request) bool {
		id := strings.TrimPrefix(r.URL.Path, "/scim/v2/Users/")
		if was := renamed.Load(); was != nil && id == *was {
			refuse(http.StatusNotFound, "", "no such user")(w, r)
			return true
		} else if was != nil && id == "new-"+*was {
			r.URL.Path = "/scim/v2/Users/" + *was
		}
		got := d.inner(r)
		if r.Method == http.MethodPatch && renamed.Load() == nil {
			renamed.Store(&id)
		}
		if was := renamed.Load(); was != nil {
			got.Body = bytes.NewBuffer(bytes.ReplaceAll(got.Body.Bytes(), []byte(*was), []byte("new-"+*was)))
		}
		send(w, got)
		return true
	}
}

// TestIDsThatChange: somebody who goes is disabled also in an app that has given the
// account another id meanwhile, and for a rename nobody is made a second time.
func TestIDsThatChange(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(renumbering(b.app))
	rename(t, b)
	b.settle(t, "app")
	must(t, b.DeleteUser(t.Context(), "u1"))
	b.settle(t, "app")
	if u := b.app.user(t, "ada.l"); u["active"] != false || len(b.app.remote(t, "/Users")) != 2 {
		t.Errorf("the app has %v", b.app.remote(t, "/Users"))
	}
	if l := b.link(t, user, "u1"); l == nil || !strings.HasPrefix(l.RemoteID, "new-") || l.Origin != provisioner.OriginCreated {
		t.Errorf("the link is %+v", l)
	}
}

// TestListOfAnotherPlace: what was seen in the list of an app says nothing about another
// one that is connected under its name.
func TestListOfAnotherPlace(t *testing.T) {
	b := unconnected(t)
	ada := account(`"userName":"ada","externalId":"u1","name":{"givenName":"Given","familyName":"Family"},"emails":[{"value":"ada@acme.example","type":"work","primary":true}],"active":true`)
	b.app.post(t, "/Users", ada)
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	b.remove(t, provisioner.PartLeave, false)
	b.waitRemoved(t)
	must(t, b.DeleteUser(t.Context(), "u1"))

	b.app = newMock(t)
	b.app.post(t, "/Users", account(`"userName":"zoe"`))
	b.connectWith(t, "app", b.app, provisioner.Settings{Start: provisioner.StartAtOnce})
	b.putUser(t, "u1", "ada", true)
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if b.app.user(t, "ada") == nil {
		t.Errorf("the app does not have her, and the link is %+v", b.link(t, user, "u1"))
	}
}
