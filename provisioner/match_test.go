package provisioner_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// account is the body of a user that was in the app before.
func account(attributes string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],` + attributes + `}`
}

// unconnected is an engine and a mock that have not met, so that both can be filled
// before they do.
func unconnected(t *testing.T) *bundle {
	t.Helper()
	b := start(t, t.TempDir()+"/test.db")
	b.app = newMock(t)
	return b
}

// TestR17_Adoption: what becomes of an account that the app already has, by what it has
// in common with somebody in the directory.
func TestR17_Adoption(t *testing.T) {
	for _, test := range []struct {
		name    string
		account string
		adopt   provisioner.AdoptPolicy
		state   provisioner.LinkState
		reason  string
		users   int // in the app afterwards
	}{
		{"our externalId", `"userName":"somebody","externalId":"u1"`, "", provisioner.LinkConverged, "", 1},
		{"our externalId, review", `"userName":"ada","externalId":"u1"`, provisioner.AdoptReview, provisioner.LinkConverged, "", 1},
		{"our userName", `"userName":"ADA"`, "", provisioner.LinkConverged, "", 1},
		{"our userName, review", `"userName":"ada"`, provisioner.AdoptReview, provisioner.LinkNeedsReview, `has userName "ada"`, 1},
		{"our userName, another externalId", `"userName":"ada","externalId":"x1"`, "", provisioner.LinkConflict, `belongs to externalId "x1"`, 1},
		{"our e-mail", `"userName":"countess","emails":[{"value":"ADA@acme.example"}]`, "", provisioner.LinkConverged, `has userName "countess"`, 2},
		{"nothing", `"userName":"countess"`, "", provisioner.LinkConverged, "", 2},
	} {
		// With a list to look at first, and one by one.
		for _, listed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, listed %v", test.name, listed), func(t *testing.T) {
				b := unconnected(t)
				before := b.app.post(t, "/Users", account(test.account+`,"nickName":"hers"`))
				b.putUser(t, "u1", "ada", true)
				users, reason := test.users, test.reason
				if listed {
					b.putUser(t, "u2", "bob", true)
					users++
				} else if test.name == "our e-mail" {
					reason = "" // it takes a list to find that
				}
				b.connectWith(t, "app", b.app, provisioner.Settings{Adopt: test.adopt})
				b.sync(t, "app")
				b.wantLink(t, user, "u1", test.state, reason, 0)
				if l := b.link(t, user, "u1"); test.users == 1 && l.RemoteID != "" && l.Origin != provisioner.OriginAdopted {
					t.Errorf("the account is %s: it was there before", l.Origin)
				}
				all := b.app.remote(t, "/Users")
				if len(all) != users {
					t.Errorf("%d users in the app, want %d", len(all), users)
				}
				for _, u := range all {
					if u["id"] != before {
						continue
					}
					if u["nickName"] != "hers" {
						t.Errorf("the account is now %v", u)
					}
					if adopted := test.users == 1 && test.state == provisioner.LinkConverged; adopted != (u["externalId"] == "u1") || strings.Contains(test.account, "x1") && u["externalId"] != "x1" {
						t.Errorf("adopted %v: the account is now %v", adopted, u)
					}
				}
			})
		}
	}
}

// TestAmbiguous: of two accounts that could be meant none is taken.
func TestAmbiguous(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	for _, name := range []string{"one", "two"} {
		b.app.post(t, "/Users", account(fmt.Sprintf(`"userName":%q,"externalId":"u1"`, name)))
	}
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.sync(t, "app")
	b.wantLink(t, user, "u1", provisioner.LinkAmbiguous, "several resources", 24*time.Hour)
	if w := b.app.writes(); !slices.Equal(w, []string{"POST /Users"}) {
		t.Errorf("writes %q, want bob's create", w)
	}
}

// TestGroupAdoption: a group of the same name is taken over; the members that others
// have put there stay, unless the directory is to decide.
func TestGroupAdoption(t *testing.T) {
	for _, authoritative := range []bool{false, true} {
		t.Run(fmt.Sprint("authoritative ", authoritative), func(t *testing.T) {
			b := mock(t, provisioner.Settings{Authoritative: authoritative})
			eve := b.app.post(t, "/Users", account(`"userName":"eve"`))
			ada := b.app.post(t, "/Users", account(`"userName":"ada"`))
			b.app.post(t, "/Groups", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"staff","members":[{"value":%q},{"value":%q}]}`, eve, ada))
			b.putUser(t, "u1", "ada", true)
			b.putUser(t, "u2", "bob", true)
			b.putGroup(t, "g1", "staff", "u1", "u2")
			b.sync(t, "app")
			want := []string{"ada", "bob", "eve"}
			if authoritative {
				want = want[:2]
			}
			if m := b.app.members(t, "staff"); !slices.Equal(m, want) || len(b.app.remote(t, "/Groups")) != 1 {
				t.Errorf("members %q, want %q", m, want)
			}
			b.putGroup(t, "g1", "staff", "u2")
			b.settle(t, "app")
			want = slices.DeleteFunc(want, func(name string) bool { return name == "ada" })
			if m := b.app.members(t, "staff"); !slices.Equal(m, want) {
				t.Errorf("members %q, want %q", m, want)
			}
			// Somebody puts eve back.
			b.app.tamper(t, "PATCH", "/Groups/"+b.app.id(t, "/Groups", "staff"), fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}`, eve))
			b.putGroup(t, "g1", "staff", "u1", "u2")
			b.settle(t, "app")
			want = []string{"ada", "bob", "eve"}
			if authoritative {
				want = want[:2]
			}
			if m := b.app.members(t, "staff"); !slices.Equal(m, want) {
				t.Errorf("members %q, want %q", m, want)
			}
		})
	}
	t.Run("another letter case is another name", func(t *testing.T) {
		b := mock(t, provisioner.Settings{})
		b.app.post(t, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Staff"}`)
		b.putGroup(t, "g1", "staff")
		b.sync(t, "app")
		if n := len(b.app.remote(t, "/Groups")); n != 2 {
			t.Errorf("%d groups, want two", n)
		}
	})
}

// TestBrownfieldReadsBeforeItWrites: what a list has shown is read again by id before
// it is changed, and not at all if there is nothing to change.
func TestBrownfieldReadsBeforeItWrites(t *testing.T) {
	b := unconnected(t)
	same := b.app.post(t, "/Users", account(`"userName":"ada","externalId":"u1","name":{"givenName":"Given","familyName":"Family"},"emails":[{"value":"ada@acme.example","type":"work","primary":true}],"active":true`))
	other := b.app.post(t, "/Users", account(`"userName":"bob","externalId":"u2","active":true`))
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	got := b.app.requests()
	if slices.Contains(got, "GET /Users/"+same) {
		t.Errorf("requests %q: what is equal was read again", got)
	}
	read, written := slices.Index(got, "GET /Users/"+other), slices.Index(got, "PATCH /Users/"+other)
	if read < 0 || written < read {
		t.Errorf("requests %q, want a read of bob before the write", got)
	}
	// Between the list and the write, somebody else takes the account.
	b = unconnected(t)
	b.app.post(t, "/Users", account(`"userName":"ada"`))
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || len(strings.Split(strings.Trim(r.URL.Path, "/"), "/")) != 4 {
			return false
		}
		b.app.edit(func(u map[string]any) { u["externalId"] = "x1" })(w, r)
		return true
	})
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.connect(t, "app", b.app)
	b.sync(t, "app")
	b.wantLink(t, user, "u1", provisioner.LinkConflict, `belongs to externalId "x1" by now`, 24*time.Hour)
}

// TestListedAndGoneSince: an account that was listed and has been deleted since is in
// nobody's way, whether the app can be asked for it by a filter or has to be listed again.
func TestListedAndGoneSince(t *testing.T) {
	for _, filters := range []bool{true, false} {
		t.Run(fmt.Sprint("filters ", filters), func(t *testing.T) {
			b := unconnected(t)
			gone := b.app.post(t, "/Users", account(`"userName":"ada"`))
			b.putUser(t, "u2", "bob", true)
			b.putUser(t, "u3", "eve", true)
			if !filters {
				b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Query().Get("filter") == "" {
						return false
					}
					refuse(http.StatusBadRequest, scim.TypeInvalidFilter, "there are no filters")(w, r)
					return true
				})
			}
			b.connect(t, "app", b.app)
			b.sync(t, "app")
			b.app.erase(t, "/Users/"+gone)
			b.putUser(t, "u1", "ada", true)
			b.settle(t, "app")
			b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
			if n := len(b.app.remote(t, "/Users")); n != 3 {
				t.Errorf("%d accounts in the app, want three", n)
			}
		})
	}
}

// TestFewAreAskedForOneByOne: an app with a long list is not listed for two people.
func TestFewAreAskedForOneByOne(t *testing.T) {
	b := unconnected(t)
	for i := range 250 {
		b.app.post(t, "/Users", account(fmt.Sprintf(`"userName":"n%d","externalId":"x%d"`, i, i)))
	}
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.connectWith(t, "app", b.app, provisioner.Settings{Groups: provisioner.GroupsOff})
	b.sync(t, "app")
	got := b.app.requests()
	slices.Sort(got)
	if want := []string{"GET /Users", "GET /Users", "GET /Users", "GET /Users", "GET /Users", "POST /Users", "POST /Users"}; !slices.Equal(got, want) {
		t.Errorf("requests %q, want a probe, two searches for each, and two creates", got)
	}
}

// TestR16_FilterFindsNothing: where a filter finds nobody and the create says that there
// is somebody, the list decides, and is asked first from then on.
func TestR16_FilterFindsNothing(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	b.putUser(t, "u0", "zoe", true)
	b.sync(t, "app")
	b.app.post(t, "/Users", account(`"userName":"ada"`))
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Query().Get("filter") == "" {
			return false
		}
		w.Header().Set("Content-Type", "application/scim+json")
		fmt.Fprint(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`)
		return true
	})
	b.putUser(t, "u1", "ada", true)
	b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
	if n := len(b.app.remote(t, "/Users")); n != 2 {
		t.Errorf("%d users, want two", n)
	}
	b.wantFact(t, provisioner.UserFilterUserName, provisioner.No, "the list has it")
}

// TestFilterAnswered404: to some apps 404 stands for nobody, as long as the app is where
// it was.
func TestFilterAnswered404(t *testing.T) {
	b := peopled(t)
	b.learn(t, func(l *provisioner.Learned) { l.Users = 3 }) // it has others, and has to be asked
	nobody := refuse(http.StatusNotFound, "", "nobody found")
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Query().Get("filter") == "" {
			return false
		}
		nobody(w, r)
		return true
	})
	create(t, b)
	b.wantLink(t, user, "u3", provisioner.LinkConverged, "", 0)
	b.app.requests()
	b.app.answerWith(on("", "/", nobody))
	b.putUser(t, "u4", "dan", true)
	waitFor(t, func() bool {
		state, cause := b.state(t, "app")
		return state == provisioner.AppPaused && cause == provisioner.PauseEndpoint
	})
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("somewhere else was written %q", w)
	}
}

// TestFilterRefusedOrIgnored: an app that cannot filter is listed, once for many.
func TestFilterRefusedOrIgnored(t *testing.T) {
	for name, answer := range map[string]func(d *door) http.HandlerFunc{
		"refused":   func(*door) http.HandlerFunc { return refuse(400, scim.TypeInvalidFilter, "no filters") },
		"forbidden": func(*door) http.HandlerFunc { return refuse(403, "", "no filters for you") },
		"unknown":   func(*door) http.HandlerFunc { return bare(501) },
		"ignored": func(d *door) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = ""
				d.Handler.ServeHTTP(w, r)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := mock(t, provisioner.Settings{})
			for i := range 5 {
				b.app.post(t, "/Users", account(fmt.Sprintf(`"userName":"n%d"`, i)))
			}
			filtered := func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("filter") == "" {
					return false
				}
				answer(b.app)(w, r)
				return true
			}
			b.app.answerWith(filtered)
			b.putUser(t, "u1", "n3", true)
			b.wantLink(t, user, "u1", provisioner.LinkConverged, "", 0)
			if u := b.app.user(t, "n3"); u["externalId"] != "u1" || len(b.app.remote(t, "/Users")) != 5 {
				t.Errorf("adopted %v", u)
			}
			if f := b.fact(t, provisioner.UserFilterExternalID); f.Value != provisioner.No {
				t.Errorf("user_filter_externalId is %+v", f)
			}
			var asked atomic.Int32
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("filter") != "" {
					asked.Add(1)
				}
				return filtered(w, r)
			})
			b.putUser(t, "u2", "bob", true)
			b.wantLink(t, user, "u2", provisioner.LinkConverged, "", 0)
			if asked.Load() > 1 { // by the name, which has not been tried with the first
				t.Errorf("filters asked for again %d times", asked.Load())
			}
		})
	}
}
