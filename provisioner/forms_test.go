package provisioner_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// ignore answers a change with success, and with the resource as it is.
func (d *door) ignore(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	d.Handler.ServeHTTP(w, newGet(r))
}

// having applies a keeper to patches with an operation that fits.
func having(fits func(op map[string]any) bool, answer http.HandlerFunc) keeper {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || !slices.ContainsFunc(operations(r), fits) {
			return false
		}
		answer(w, r)
		return true
	}
}

func path(op map[string]any) string {
	p, _ := op["path"].(string)
	return p
}

// TestR9_VerbByResourceType: an app that takes no PATCH of users and no PUT of groups
// is given what it takes, from the second time on without asking.
func TestR9_VerbByResourceType(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(either(on("PATCH", "/Users", bare(405)), on("PUT", "/Groups", bare(501))))
	b.rename(t, "ada.l")
	b.putGroup(t, "g1", "staff", "u1", "u2")
	b.settle(t, "app")
	b.wantFact(t, provisioner.UserUpdate, provisioner.FormPut, "PATCH answered 405")
	if f := b.fact(t, provisioner.GroupUpdate); f.Value != provisioner.FormPatch {
		t.Errorf("group_update is %+v", f)
	}
	b.app.requests()
	b.rename(t, "ada.m")
	b.putGroup(t, "g1", "staff", "u1")
	b.settle(t, "app")
	w := anonymous(b.app.writes())
	slices.Sort(w)
	if want := []string{"PATCH /Groups/ID", "PUT /Users/ID"}; !slices.Equal(w, want) {
		t.Errorf("writes %q, want %q", w, want)
	}
	if b.app.user(t, "ada.m") == nil || !slices.Equal(b.app.members(t, "staff"), []string{"ada.m"}) {
		t.Error("the app holds something else")
	}
}

// TestR10_IDInBody: the id is left out of a PUT, and put in where an app asks for it.
func TestR10_IDInBody(t *testing.T) {
	for _, demands := range []bool{false, true} {
		t.Run(fmt.Sprint("demanded ", demands), func(t *testing.T) {
			b := peopled(t)
			b.app.answerWith(either(on("PATCH", "/", bare(405)), func(w http.ResponseWriter, r *http.Request) bool {
				if _, given := bodyOf(r)["id"]; r.Method != http.MethodPut || given == demands {
					return false
				}
				refuse(400, scim.TypeInvalidValue, "the id is not as it should be")(w, r)
				return true
			}))
			b.rename(t, "ada.l")
			b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
			if demands {
				b.wantFact(t, provisioner.IDInBody, provisioner.Yes, "answered 400")
			}
			b.app.requests()
			b.rename(t, "ada.m")
			b.settle(t, "app")
			if w := b.app.writes(); len(w) != 1 {
				t.Errorf("writes %q, want one", w)
			}
		})
	}
}

// TestR11_PutIsExplicit: a PUT always says who is active and who the members are, also
// nobody, and keeps what others have put there.
func TestR11_PutIsExplicit(t *testing.T) {
	b := peopled(t)
	b.app.tamper(t, "PATCH", "/Users/"+b.app.id(t, "/Users", "ada"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"nickName","value":"countess"}]}`)
	var bodies []map[string]any
	b.app.answerWith(either(on("PATCH", "/", bare(405)), func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			bodies = append(bodies, bodyOf(r))
		}
		return false
	}))
	b.rename(t, "ada.l")
	b.settle(t, "app")
	b.putGroup(t, "g1", "staff")
	b.settle(t, "app")
	if len(bodies) != 2 || bodies[0]["active"] != true || bodies[0]["nickName"] != "countess" || fmt.Sprint(bodies[1]["members"]) != "[]" {
		t.Errorf("bodies %v", bodies)
	}
	if m := b.app.members(t, "staff"); len(m) != 0 {
		t.Errorf("members left: %q", m)
	}
}

// TestR12_TrustedAfterThree: an app that answers without a body is read after the first
// three uses of a form, and not any more then.
func TestR12_TrustedAfterThree(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(on("PATCH", "/", b.app.bodiless(204)))
	for i := range 6 {
		b.rename(t, fmt.Sprint("ada", i))
		b.settle(t, "app")
		want := []string{"PATCH /Users/ID", "GET /Users/ID"}
		if i >= 3 {
			want = want[:1]
		}
		if got := anonymous(b.app.requests()); !slices.Equal(got, want) {
			t.Errorf("use %d: requests %q, want %q", i+1, got, want)
		}
	}
}

// TestR12_PathsIgnored: where attributes with a path are answered with success and not
// changed, the object without one is tried, and then kept to.
func TestR12_PathsIgnored(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(having(func(op map[string]any) bool { return path(op) != "" && !strings.HasPrefix(path(op), "members") }, b.app.ignore))
	b.rename(t, "ada.l")
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if b.app.user(t, "ada.l") == nil {
		t.Error("the change did not arrive")
	}
	b.wantFact(t, provisioner.UserUpdate, provisioner.FormPathless, "did not change userName")
	b.app.requests()
	b.putUser(t, "u2", "bob", false)
	b.settle(t, "app")
	if got := anonymous(b.app.requests()); !slices.Equal(got, []string{"PATCH /Users/ID"}) {
		t.Errorf("requests %q", got)
	}
}

// TestR12_DisableAsText: an app that reads only the text "False" is told so.
func TestR12_DisableAsText(t *testing.T) {
	b := peopled(t)
	text := func(v any) bool { s, ok := v.(string); return ok && s != "" }
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPut && text(bodyOf(r)["active"]):
			b.app.rewrite(func(body map[string]any) { body["active"] = body["active"] == "True" })(w, r)
		case r.Method == http.MethodPut:
			b.app.rewrite(func(body map[string]any) { body["active"] = true })(w, r)
		case having(func(op map[string]any) bool { return path(op) == "active" && text(op["value"]) }, b.app.rewrite(func(body map[string]any) {
			op := body["Operations"].([]any)[0].(map[string]any)
			op["value"] = op["value"] == "True"
		}))(w, r):
		case having(func(op map[string]any) bool { return path(op) == "active" || path(op) == "" }, b.app.ignore)(w, r):
		default:
			return false
		}
		return true
	})
	b.putUser(t, "u1", "ada", false)
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if u := b.app.user(t, "ada"); u["active"] != false {
		t.Errorf("the app holds %v", u)
	}
	b.wantFact(t, provisioner.ActiveType, provisioner.ActiveString, "did not change active")
}

// TestR12_DisableNotHonoured: a disable that no form brings about is a failure that
// says so, and is tried again rarely.
func TestR12_DisableNotHonoured(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(either(on("PATCH", "/Users", b.app.ignore), on("PUT", "/Users", b.app.ignore)))
	b.putUser(t, "u1", "ada", false)
	b.wantLink(t, user, "u1", provisioner.LinkNotHonoured, "still active", time.Hour)
	if l := b.link(t, user, "u1"); !l.State.Failed() {
		t.Error("that is no failure")
	}
	if active, _ := b.link(t, user, "u1").Acked.Bool("active"); !active {
		t.Error("the account is on record as disabled")
	}
}

// TestR12_AttributeNotKept: an attribute that the app leaves as it was, in every form,
// is named; what the app holds is on record; the search is not repeated for others.
func TestR12_AttributeNotKept(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(either(
		having(func(op map[string]any) bool { return path(op) == "userName" || path(op) == "" }, b.app.ignore),
		on("PUT", "/Users", b.app.ignore)))
	b.rename(t, "ada.l")
	b.wantLink(t, user, "u1", provisioner.LinkNotHonoured, "userName", time.Hour)
	if name := b.link(t, user, "u1").Acked.String("userName"); name != "ada" {
		t.Errorf("on record is %q, want what the app has", name)
	}
	app, err := b.App(t.Context(), "app")
	if err != nil || app.Learned.Unkept["User.userName"] == "" {
		t.Errorf("remembered is %v (%v)", app.Learned.Unkept, err)
	}
	if f := b.fact(t, provisioner.UserUpdate); f.Source != provisioner.SourceDefault {
		t.Errorf("user_update is %+v, want it as before", f)
	}
	b.app.requests()
	text := strings.Replace(fmt.Sprintf(userText, "bob", true), `"bob"`, `"bobby"`, 1)
	if err := b.PutUser(t.Context(), provisioner.User{ID: "u2", Attributes: attributes(t, "%s", text)}); err != nil {
		t.Fatal(err)
	}
	b.wantLink(t, user, "u2", provisioner.LinkNotHonoured, "userName", time.Hour)
	if got := anonymous(b.app.requests()); !slices.Equal(got, []string{"PATCH /Users/ID"}) {
		t.Errorf("requests for another one %q, want one", got)
	}
}

// TestR12_AnsweredTooEarly: an app that answers before it is done is asked again before
// it is said to do nothing.
func TestR12_AnsweredTooEarly(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(times(1, on("PATCH", "/Users", func(w http.ResponseWriter, r *http.Request) {
		before := b.app.inner(newGet(r))
		b.app.inner(r)
		send(w, before)
	})))
	b.rename(t, "ada.l")
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if got := anonymous(b.app.requests()); !slices.Equal(got, []string{"PATCH /Users/ID", "GET /Users/ID"}) {
		t.Errorf("requests %q", got)
	}
}

func newGet(r *http.Request) *http.Request {
	get := r.Clone(r.Context())
	get.Method, get.Body, get.ContentLength = http.MethodGet, http.NoBody, 0
	return get
}

// TestETag: once the app has said that it has versions, a change names the one it is
// meant for; one that is out of date is looked up, once.
func TestETag(t *testing.T) {
	b := peopled(t)
	if _, err := b.engine.TestConnection(t.Context(), "app", false); err != nil {
		t.Fatal(err)
	}
	var matches []string
	watch := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			matches = append(matches, r.Header.Get("If-Match"))
		}
		return false
	}
	b.app.answerWith(watch)
	b.rename(t, "ada.l")
	b.settle(t, "app")
	b.app.tamper(t, "PATCH", "/Users/"+b.app.id(t, "/Users", "ada.l"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"nickName","value":"countess"}]}`)
	version := b.app.user(t, "ada.l")["meta"].(map[string]any)["version"]
	b.app.requests()
	b.rename(t, "ada.m")
	b.settle(t, "app")
	if got := anonymous(b.app.requests()); !slices.Equal(got, []string{"PATCH /Users/ID", "GET /Users/ID", "PATCH /Users/ID"}) {
		t.Errorf("requests %q", got)
	}
	if len(matches) != 3 || matches[0] == "" || matches[1] == matches[0] || matches[1] == version || matches[2] != version {
		t.Errorf("If-Match %q, want the version of the create, the one after the rename, and %s", matches, version)
	}
	b.app.answerWith(on("PATCH", "/", refuse(412, "", "too late")))
	b.rename(t, "ada.n")
	b.waitState(t, user, "u1", provisioner.LinkFailing)
	b.app.open()
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
}

// TestMediaType: an app that does not know the media type of SCIM is sent JSON.
func TestMediaType(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || r.Header.Get("Content-Type") == "application/json" {
			return false
		}
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return true
	})
	b.putUser(t, "u1", "ada", true)
	b.putGroup(t, "g1", "staff", "u1")
	b.sync(t, "app")
	if len(b.app.remote(t, "/Users")) != 1 || len(b.app.remote(t, "/Groups")) != 1 {
		t.Error("the app does not have them")
	}
	b.wantFact(t, provisioner.ContentType, provisioner.ContentJSON, "answered 415")
}

// TestHardDeleteOnDisable: an app that deletes whom it is told to disable is found out
// at the first time.
func TestHardDeleteOnDisable(t *testing.T) { // R2
	vanish := func(b *bundle) keeper {
		return having(func(op map[string]any) bool { return path(op) == "active" }, func(w http.ResponseWriter, r *http.Request) {
			gone := r.Clone(r.Context())
			gone.Method, gone.Body, gone.ContentLength = http.MethodDelete, http.NoBody, 0
			b.app.inner(gone)
			w.WriteHeader(204)
		})
	}
	t.Run("deleted", func(t *testing.T) {
		b := peopled(t)
		b.app.answerWith(vanish(b))
		b.putUser(t, "u1", "ada", false)
		b.settle(t, "app")
		b.wantFact(t, provisioner.HardDeleteOnDisable, provisioner.Yes, "not there any more")
		b.putUser(t, "u2", "bob", false)
		b.wantLink(t, user, "u2", provisioner.LinkNeedsDecision, "deletes an account that is disabled", 0)
	})
	t.Run("hidden, as an administrator says", func(t *testing.T) {
		b := able(t, provisioner.HardDeleteOnDisable, provisioner.No)
		b.putUser(t, "u1", "ada", true)
		b.sync(t, "app")
		b.app.answerWith(vanish(b))
		b.putUser(t, "u1", "ada", false)
		b.settle(t, "app")
		if f := b.fact(t, provisioner.HardDeleteOnDisable); f.Value != provisioner.No || f.Source != provisioner.SourceAdmin {
			t.Errorf("it is known that %+v", f)
		}
	})
	t.Run("not found by a web server", func(t *testing.T) {
		b := peopled(t)
		b.app.answerWith(either(on("PATCH", "/", b.app.bodiless(204)), on("GET", b.path(t, user, "u1"), page(404))))
		b.putUser(t, "u1", "ada", false)
		b.wantLink(t, user, "u1", provisioner.LinkFailing, "404", 0)
		if f := b.fact(t, provisioner.HardDeleteOnDisable); f.Source != provisioner.SourceDefault {
			t.Errorf("it is known that %+v", f)
		}
	})
}

// TestR12_Samples: of the changes in a trusted form that are answered without a body,
// about one in a hundred is read back.
func TestR12_Samples(t *testing.T) {
	const n = 300
	b := unconnected(t)
	d := people(t, n, nil, nil)
	b.replace(t, d)
	b.connectWith(t, "app", b.app, provisioner.Settings{Groups: provisioner.GroupsOff})
	b.sync(t, "app")
	for _, name := range []string{"a", "b", "c"} {
		b.putUser(t, "u0", name, true) // until the form is trusted
		b.settle(t, "app")
	}
	b.app.answerWith(on("PATCH", "/", b.app.bodiless(204)))
	b.app.requests()
	for i := range d.Users {
		d.Users[i].Attributes.Set("title", "Dr")
	}
	b.replace(t, d)
	b.settle(t, "app")
	patches, reads := 0, 0
	for _, r := range b.app.requests() {
		if strings.HasPrefix(r, "PATCH ") {
			patches++
		} else {
			reads++
		}
	}
	if patches != n || reads < 1 || reads > n/20 {
		t.Errorf("%d changes, %d of them read back, want %d and about one in a hundred", patches, reads, n)
	}
}

// TestR12_AdditionIgnored: an attribute that accounts are made with, and that is not
// there after it was to be added to one, was not added, whatever the app says.
func TestR12_AdditionIgnored(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	put := func(id, more string) {
		t.Helper()
		must(t, b.PutUser(t.Context(), provisioner.User{ID: id, Attributes: attributes(t, `{"userName": %q, "active": true%s}`, id, more)}))
	}
	put("u1", `, "title": "Countess"`)
	put("u2", "")
	b.sync(t, "app")
	b.app.answerWith(either(on("PATCH", "/Users", b.app.ignore), on("PUT", "/Users", b.app.ignore)))
	put("u2", `, "title": "Bishop"`)
	b.wantLink(t, user, "u2", provisioner.LinkNotHonoured, "title with success and has none", time.Hour)
}
