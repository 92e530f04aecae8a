package provisioner_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/provisioner"
)

var quoted = regexp.MustCompile(`"[^"]*"`)

// shouting is an app that shows members' ids in capital letters, adds members by the ids
// of their accounts, and takes out only whom it is told as it shows them.
func shouting(d *door) keeper {
	show := d.edit(func(g map[string]any) {
		list, _ := g["members"].([]any)
		for _, v := range list {
			m := v.(map[string]any)
			m["value"] = strings.ToUpper(m["value"].(string))
		}
	})
	return on("", "/Groups", func(w http.ResponseWriter, r *http.Request) {
		body := bodyOf(r)
		ops, _ := body["Operations"].([]any)
		for _, v := range ops {
			op := v.(map[string]any)
			if op["op"] != "remove" {
				continue
			}
			if id := quoted.FindString(path(op)); id != strings.ToUpper(id) || removesByValue(op) {
				d.ignore(w, r)
				return
			}
			op["path"] = quoted.ReplaceAllStringFunc(path(op), strings.ToLower)
		}
		list, _ := body["members"].([]any)
		for _, v := range list {
			m := v.(map[string]any)
			m["value"] = strings.ToLower(m["value"].(string))
		}
		if body != nil {
			text, _ := json.Marshal(body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		}
		show(w, r)
	})
}

// TestMembersSpelledOtherwise: an app that shows members' ids in another letter case has
// them as members, and they are taken out of the group by the ids that it shows.
func TestMembersSpelledOtherwise(t *testing.T) {
	for name, settings := range map[string]provisioner.Settings{
		"by filter":                       {},
		"by PUT":                          {Capabilities: map[provisioner.Capability]string{provisioner.GroupUpdate: provisioner.FormPut}},
		"the directory decides about all": {Authoritative: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := mock(t, settings)
			b.app.answerWith(shouting(b.app))
			b.putUser(t, "u1", "ada", true)
			b.putUser(t, "u2", "bob", true)
			b.putGroup(t, "g1", "staff", "u1", "u2")
			b.sync(t, "app")
			b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
			for i := range 8 { // until each form is trusted, and after
				b.app.requests()
				b.putGroup(t, "g1", "staff", []string{"u1", "u2"}[i%2])
				b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
				if m, want := b.app.members(t, "staff"), []string{"ada", "bob"}[i%2]; !slices.Equal(m, []string{want}) {
					t.Fatalf("members %q after change %d, want %s", m, i, want)
				}
				b.app.requests()
			}
			if a := b.audit(t, false); a.Drifted > 0 || a.Foreign > 0 {
				t.Errorf("an audit finds %+v", a)
			}
			plan, err := b.engine.PlanSync(t.Context(), "app")
			if err != nil || len(plan.Changes) > 0 {
				t.Errorf("a plan has %+v, %v", plan, err)
			}
			if got := b.app.writes(); len(got) > 0 {
				t.Errorf("writes %q", got)
			}
		})
	}
}

// TestMembersSpelledOtherwiseAreAudited: an audit tells by their directory ids who was
// put in and taken out by others, and a repair takes out by the id that is shown.
func TestMembersSpelledOtherwiseAreAudited(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(shouting(b.app))
	b.app.regroup(t, b.path(t, group, "g1"), b.link(t, user, "u1").RemoteID)
	a := b.audit(t, true)
	if len(a.Drifts) != 1 || !slices.Equal(a.Drifts[0].Joined, []string{"u1"}) || !slices.Equal(a.Drifts[0].Left, []string{"u2"}) {
		t.Fatalf("an audit finds %+v", a)
	}
	b.settle(t, "app")
	b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"bob"}) {
		t.Errorf("members %q", m)
	}
}

// TestMemberSpelledOtherwiseAfterALostAnswer: somebody whose coming was not confirmed and
// who has left again before the group was looked at is taken out, however the app spells
// their id.
func TestMemberSpelledOtherwiseAfterALostAnswer(t *testing.T) {
	b := peopled(t)
	shout := shouting(b.app)
	var lost atomic.Bool
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || lost.Swap(true) {
			return shout(w, r)
		}
		shout(httptest.NewRecorder(), r)
		b.putGroup(t, "g1", "staff", "u2")
		panic(http.ErrAbortHandler)
	})
	b.putGroup(t, "g1", "staff", "u1", "u2")
	b.settle(t, "app")
	b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
	if m := b.app.members(t, "staff"); !lost.Load() || !slices.Equal(m, []string{"bob"}) {
		t.Errorf("members %q, an answer was lost: %t", m, lost.Load())
	}
}

// capital is an app that shows accounts by ids in capital letters and knows them by either
// way to write an id.
func capital(d *door) keeper {
	show := d.edit(func(u map[string]any) { u["id"] = strings.ToUpper(u["id"].(string)) })
	return on("", "/Users", func(w http.ResponseWriter, r *http.Request) {
		if id, ok := strings.CutPrefix(r.URL.Path, "/scim/v2/Users/"); ok {
			r.URL.Path = "/scim/v2/Users/" + strings.ToLower(id)
		}
		show(w, r)
	})
}

// TestAccountSpelledOtherwiseIsWhoseItIs: an account that is tied to somebody is nobody
// else's because the app spells its id in another way by now.
func TestAccountSpelledOtherwiseIsWhoseItIs(t *testing.T) { // R17
	t.Run("a create is answered with it", func(t *testing.T) {
		b := peopled(t)
		id := b.link(t, user, "u1").RemoteID
		b.app.answerWith(either(on("POST", "/Users", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/scim+json")
			w.WriteHeader(201)
			_ = json.NewEncoder(w).Encode(map[string]any{"id": strings.ToUpper(id), "userName": "cy", "active": true})
		}), capital(b.app)))
		create(t, b)
		b.wantLink(t, user, "u3", provisioner.LinkConflict, "already belongs to u1", 0)
		if l := b.link(t, user, "u3"); l.RemoteID != "" {
			t.Errorf("%s is tied to %s", l.Key, l.RemoteID)
		}
	})
	t.Run("it is found by name", func(t *testing.T) {
		b := peopled(t)
		b.app.patch(t, b.path(t, user, "u1"), "externalId", "")
		b.app.patch(t, b.path(t, user, "u1"), "userName", "cy")
		b.app.answerWith(capital(b.app))
		create(t, b)
		b.wantLink(t, user, "u3", provisioner.LinkConflict, "already belongs to u1", 0)
	})
	t.Run("a person chooses it", func(t *testing.T) {
		b := peopled(t)
		b.app.answerWith(either(on("POST", "/Users", refuse(409, "", "exists")), capital(b.app)))
		create(t, b)
		b.waitState(t, user, "u3", provisioner.LinkConflict)
		if err := b.resolve(t, "u3", provisioner.ChooseAdopt, b.link(t, user, "u1").RemoteID, "u1"); !errors.Is(err, provisioner.ErrConflict) || !strings.Contains(err.Error(), "is tied to u1") {
			t.Errorf("adopting what is somebody's: %v", err)
		}
		id := strings.ToUpper(b.link(t, user, "u1").RemoteID)
		if err := b.resolve(t, "u3", provisioner.ChooseAdopt, id, "u1"); !errors.Is(err, provisioner.ErrConflict) || !strings.Contains(err.Error(), "is tied to u1") {
			t.Errorf("adopting what is somebody's: %v", err)
		}
	})
	t.Run("it is not in its own way", func(t *testing.T) {
		b := peopled(t)
		stale := b.app.edit(func(u map[string]any) { u["userName"] = "ada" })
		b.app.answerWith(either(
			times(1, on("PATCH", "/Users", func(w http.ResponseWriter, r *http.Request) {
				b.app.inner(r)
				refuse(409, "", "busy")(w, r)
			})),
			times(1, on("GET", "/Users/", stale)),
			capital(b.app)))
		rename(t, b)
		b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	})
}

// TestIdsThatAreCaseExact: accounts whose ids are the same but for letter case are two in
// an app that has both.
func TestIdsThatAreCaseExact(t *testing.T) {
	b := peopled(t)
	id := strings.ToUpper(b.link(t, user, "u1").RemoteID)
	var real atomic.Value // what the mock calls the second one
	real.Store("")
	show := b.app.edit(func(u map[string]any) {
		if u["userName"] == "cy" {
			real.Store(u["id"])
			u["id"] = id
		}
	})
	b.app.answerWith(on("", "/Users", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/scim/v2/Users/"+id {
			r.URL.Path = "/scim/v2/Users/" + real.Load().(string)
		}
		show(w, r)
	}))
	create(t, b)
	b.wantLink(t, user, "u3", provisioner.LinkConverged, "", 0)
	if got := b.link(t, user, "u3").RemoteID; got != id {
		t.Errorf("the account is %q, want %q", got, id)
	}
	b.putUser(t, "u3", "cy", false)
	b.settle(t, "app")
	if b.app.user(t, "ada")["active"] != true || b.app.user(t, "cy")["active"] != false {
		t.Errorf("the app has %v", b.app.remote(t, "/Users"))
	}
}
