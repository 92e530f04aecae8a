package provisioner_test

import (
	"cmp"
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

const (
	user  = provisioner.KindUser
	group = provisioner.KindGroup
)

// An answerCase is an answer that an app gives, and what becomes of the link.
type answerCase struct {
	name string
	// bundle makes the app, peopled if nil; keeper is how it answers from then on.
	bundle func(*testing.T) *bundle
	keeper func(*testing.T, *door) keeper
	change func(*testing.T, *bundle)
	kind   provisioner.Kind // user if ""
	id     string           // u1 if ""
	state  provisioner.LinkState
	reason string
	wait   time.Duration
	// requests are those that the change leads to, with ID for an id, nil for any.
	requests []string
}

// answers goes through answers that an app can give, one subtest for each.
func answers(t *testing.T, cases []answerCase) {
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if test.bundle == nil {
				test.bundle = peopled
			}
			b := test.bundle(t)
			if test.keeper != nil {
				b.app.answerWith(test.keeper(t, b.app))
			}
			test.change(t, b)
			b.wantLink(t, cmp.Or(test.kind, user), cmp.Or(test.id, "u1"), test.state, test.reason, test.wait)
			if got := anonymous(b.app.requests()); test.requests != nil && !slices.Equal(got, test.requests) {
				t.Errorf("requests %q, want %q", got, test.requests)
			}
		})
	}
}

// TestSuccesses: what an app says that it has done is seen to.
func TestSuccesses(t *testing.T) {
	answers(t, []answerCase{
		{
			name: "2xx with the resource", change: rename, state: provisioner.LinkConverged,
			requests: []string{"PATCH /Users/ID"},
		},
		{
			name: "2xx without a body, the form is new: read back", change: rename, state: provisioner.LinkConverged,
			keeper:   func(_ *testing.T, d *door) keeper { return on("PATCH", "/", d.bodiless(204)) },
			requests: []string{"PATCH /Users/ID", "GET /Users/ID"},
		},
		{
			name: "2xx without a body, the form is trusted", bundle: trusting, change: rename, state: provisioner.LinkConverged,
			keeper:   func(_ *testing.T, d *door) keeper { return on("PATCH", "/", d.bodiless(204)) },
			requests: []string{"PATCH /Users/ID"},
		},
		{
			name: "2xx without a body to a disable: always read back", bundle: trusting, state: provisioner.LinkConverged,
			keeper:   func(_ *testing.T, d *door) keeper { return on("PATCH", "/", d.bodiless(204)) },
			change:   func(t *testing.T, b *bundle) { b.putUser(t, "u1", "ada", false) },
			requests: []string{"PATCH /Users/ID", "GET /Users/ID"},
		},
		{
			name: "201 with no more than a Location", change: create, id: "u3", state: provisioner.LinkConverged,
			keeper:   func(_ *testing.T, d *door) keeper { return on("POST", "/", d.bodiless(201)) },
			requests: []string{"POST /Users", "GET /Users/ID"},
		},
		{
			name: "200 without an id: looked up", change: create, id: "u3", state: provisioner.LinkConverged,
			keeper: func(_ *testing.T, d *door) keeper {
				return on("POST", "/", func(w http.ResponseWriter, r *http.Request) {
					d.inner(r)
					w.WriteHeader(200)
				})
			},
			requests: []string{"POST /Users", "GET /Users"},
		},
		{
			name: "200 to a change that was not made", change: rename,
			keeper: func(_ *testing.T, d *door) keeper {
				return either(on("PATCH", "/", d.ignore), on("PUT", "/", d.ignore))
			},
			state: provisioner.LinkNotHonoured, reason: "userName", wait: time.Hour,
		},
	})
}

// TestRefusals: what an app calls wrong, or will not do.
func TestRefusals(t *testing.T) {
	answers(t, []answerCase{
		{
			name: "400 to a trusted form", bundle: trusting, change: rename,
			keeper: func(*testing.T, *door) keeper {
				return on("PATCH", "/", refuse(400, scim.TypeInvalidValue, "userName is an e-mail address here"))
			},
			state: provisioner.LinkRejected, reason: "e-mail address here", wait: time.Hour, requests: []string{"PATCH /Users/ID"},
		},
		{
			name: "400 to a new form: the next one is tried, once", change: rename,
			keeper: func(*testing.T, *door) keeper {
				return on("PATCH", "/", refuse(400, scim.TypeInvalidPath, "no paths, please"))
			},
			state: provisioner.LinkConverged, requests: []string{"PATCH /Users/ID", "PATCH /Users/ID", "GET /Users/ID", "PUT /Users/ID"},
		},
		{
			name: "400 to all forms", change: rename,
			keeper: func(*testing.T, *door) keeper {
				return either(on("PATCH", "/", refuse(400, scim.TypeInvalidValue, "not so")), on("PUT", "/", refuse(400, scim.TypeInvalidValue, "nor so")))
			},
			state: provisioner.LinkRejected, reason: "not so", wait: time.Hour,
		},
		{
			name: "400 that names two attributes: neither is known to be the one", bundle: trusting,
			change: func(t *testing.T, b *bundle) { b.putTitled(t, "u1", "ada") },
			keeper: func(*testing.T, *door) keeper {
				return on("PATCH", "/", refuse(400, scim.TypeInvalidValue, "title and nickName do not go together"))
			},
			state: provisioner.LinkRejected, reason: "do not go together", wait: time.Hour, requests: []string{"PATCH /Users/ID"},
		},
		{
			name: "400 to a create that blames one attribute: it is made without it", id: "u3",
			change: func(t *testing.T, b *bundle) {
				b.putTitled(t, "u3", "cy")
				waitFor(t, func() bool { return b.app.user(t, "cy")["nickName"] == "C." })
			},
			keeper: func(*testing.T, *door) keeper {
				return func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPost || bodyOf(r)["title"] == nil {
						return false
					}
					refuse(400, scim.TypeInvalidValue, "title must be a known one")(w, r)
					return true
				}
			},
			state: provisioner.LinkRejected, reason: "title must be", wait: time.Hour, requests: []string{"POST /Users", "POST /Users"},
		},
		{
			name: "400 to a create that blames the name: nobody is made without one", id: "u3", change: create,
			keeper: func(*testing.T, *door) keeper {
				return on("POST", "/", refuse(400, scim.TypeInvalidValue, "userName is an e-mail address here"))
			},
			state: provisioner.LinkRejected, reason: "e-mail address here", wait: time.Hour, requests: []string{"POST /Users"},
		},
		{
			name: "400 uniqueness to a create in a new form: it is not the form", id: "u3", change: create,
			bundle: func(t *testing.T) *bundle {
				b := mock(t, provisioner.Settings{})
				b.sync(t, "app")
				b.app.requests()
				return b
			},
			keeper: func(*testing.T, *door) keeper { return on("POST", "/", refuse(400, scim.TypeUniqueness, "taken")) },
			state:  provisioner.LinkRejected, reason: "taken", wait: time.Hour, requests: []string{"POST /Users"},
		},
		{
			name: "400 that blames one attribute: the rest lands", bundle: trusting,
			change: func(t *testing.T, b *bundle) {
				text := `{"userName": "ada2", "title": "Countess", "name": {"givenName": "Given", "familyName": "Family"},
					"emails": [{"value": "ada@acme.example", "type": "work", "primary": true}], "active": true}`
				if err := b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, "%s", text)}); err != nil {
					t.Fatal(err)
				}
				waitFor(t, func() bool { return b.app.user(t, "ada2") != nil })
			},
			keeper: func(*testing.T, *door) keeper {
				return patching("title", refuse(400, scim.TypeInvalidValue, "title must be a known one"))
			},
			state: provisioner.LinkRejected, reason: "title must be", wait: time.Hour, requests: []string{"PATCH /Users/ID", "PATCH /Users/ID"},
		},
		{
			name: "400 to a title: whoever comes back is let in (R6)", bundle: trusting,
			change: func(t *testing.T, b *bundle) {
				b.putUser(t, "u1", "ada", false)
				b.settle(t, "app")
				b.app.requests()
				text := strings.Replace(fmt.Sprintf(userText, "ada", true), "{", `{"title": "Countess", `, 1)
				must(t, b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, "%s", text)}))
				b.waitState(t, user, "u1", provisioner.LinkRejected)
				if u := b.app.user(t, "ada"); u["active"] != true || u["title"] != nil {
					t.Errorf("the app has %v", u)
				}
			},
			keeper: func(*testing.T, *door) keeper { return patching("title", refuse(400, scim.TypeInvalidValue, "no")) },
			state:  provisioner.LinkRejected, reason: "no", wait: time.Hour, requests: []string{"PATCH /Users/ID", "PATCH /Users/ID"},
		},
		{
			name: "400 to the name of a group: whoever leaves it is let go (R6)", kind: group, id: "g1",
			bundle: func(t *testing.T) *bundle {
				b := trusting(t)
				b.putGroup(t, "g1", "people", "u2")
				b.settle(t, "app")
				b.app.requests()
				return b
			},
			change: func(t *testing.T, b *bundle) {
				b.putGroup(t, "g1", "crew", "u1")
				b.waitState(t, group, "g1", provisioner.LinkRejected)
				if m := b.app.members(t, "people"); !slices.Equal(m, []string{"ada"}) {
					t.Errorf("members %q", m)
				}
			},
			keeper: func(*testing.T, *door) keeper {
				return patching("displayName", refuse(400, scim.TypeInvalidValue, "no"))
			},
			state: provisioner.LinkRejected, reason: "no", wait: time.Hour,
			requests: []string{"PATCH /Groups/ID", "PATCH /Groups/ID", "PATCH /Groups/ID"},
		},
		{
			name: "400 noTarget to an attribute without a value: the next form is tried", bundle: trusting,
			change: func(t *testing.T, b *bundle) {
				text := strings.Replace(fmt.Sprintf(userText, "ada", true), "{", `{"title": "Countess", `, 1)
				must(t, b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, "%s", text)}))
			},
			keeper: func(*testing.T, *door) keeper {
				return patching("title", refuse(400, scim.TypeNoTarget, "there is no title to replace"))
			},
			state: provisioner.LinkConverged, requests: []string{"PATCH /Users/ID", "PATCH /Users/ID"},
		},
		{
			name: "403 to one subject", change: rename,
			keeper:   func(*testing.T, *door) keeper { return on("PATCH", "/", refuse(403, "", "not the owner")) },
			state:    provisioner.LinkRefused,
			reason:   "not the owner",
			wait:     time.Hour,
			requests: []string{"PATCH /Users/ID", "GET /Users"},
		},
		{
			name: "400 mutability to a rename (R18)", change: rename,
			keeper: func(*testing.T, *door) keeper {
				return on("PATCH", "/", refuse(400, scim.TypeMutability, "read only"))
			},
			state: provisioner.LinkRefused, reason: "does not let userName be changed", wait: time.Hour, requests: []string{"PATCH /Users/ID"},
		},
		{
			name: "400 mutability to a rename and more: the rest lands", bundle: trusting,
			change: func(t *testing.T, b *bundle) {
				b.putTitled(t, "u1", "ada.l")
				waitFor(t, func() bool { return b.app.user(t, "ada")["nickName"] == "C." })
			},
			keeper: func(*testing.T, *door) keeper {
				return patching("userName", refuse(400, scim.TypeMutability, "read only"))
			},
			state: provisioner.LinkRefused, reason: "does not let userName be changed", wait: time.Hour, requests: []string{"PATCH /Users/ID", "PATCH /Users/ID"},
		},
		{
			name: "409 mutability to a disable (R34)",
			keeper: func(*testing.T, *door) keeper {
				return on("PATCH", "/", refuse(409, scim.TypeMutability, "the last administrator"))
			},
			change: func(t *testing.T, b *bundle) { b.putUser(t, "u1", "ada", false) },
			state:  provisioner.LinkRefused, reason: "does not let active be changed", wait: time.Hour, requests: []string{"PATCH /Users/ID"},
		},
	})
}

// TestMissingRoutes: verbs and routes that are not there.
func TestMissingRoutes(t *testing.T) {
	answers(t, []answerCase{
		{
			name: "405 to PATCH", change: rename,
			keeper: func(*testing.T, *door) keeper { return on("PATCH", "/", bare(405)) },
			state:  provisioner.LinkConverged, requests: []string{"PATCH /Users/ID", "GET /Users/ID", "PUT /Users/ID"},
		},
		{
			name: "501 to PATCH and 405 to PUT", change: rename,
			keeper: func(*testing.T, *door) keeper { return either(on("PATCH", "/", bare(501)), on("PUT", "/", bare(405))) },
			state:  provisioner.LinkRejected, reason: "has no way to change it", wait: time.Hour,
		},
		{
			name: "404 page to PATCH of what is there", change: rename,
			keeper: func(*testing.T, *door) keeper { return on("PATCH", "/", page(404)) },
			state:  provisioner.LinkConverged, requests: []string{"PATCH /Users/ID", "GET /Users/ID", "GET /Users/ID", "PUT /Users/ID"},
		},
		{
			name: "405 to the create of an account", change: create, id: "u3",
			keeper: func(*testing.T, *door) keeper { return on("POST", "/", bare(405)) },
			state:  provisioner.LinkRefused, reason: "make the account there", wait: time.Hour,
		},
		{
			name: "404 page to the create of an account: not believed at once", change: create, id: "u3",
			keeper: func(*testing.T, *door) keeper { return on("POST", "/", page(404)) },
			state:  provisioner.LinkFailing, reason: "404",
		},
		{
			name: "405 to the create of an account where users cannot be found either", change: create, id: "u3",
			keeper: func(*testing.T, *door) keeper {
				return either(on("POST", "/", bare(405)), on("GET", "/Users", page(404)))
			},
			state: provisioner.LinkFailing, reason: "404", requests: []string{"POST /Users", "GET /Users"},
		},
		{
			name: "405 to the create of a group where groups are in trouble", kind: group, id: "g2",
			keeper: func(*testing.T, *door) keeper {
				return either(on("POST", "/Groups", bare(405)), on("GET", "/Groups", refuse(500, "", "oops")))
			},
			change: func(t *testing.T, b *bundle) { b.putGroup(t, "g2", "crew", "u1") },
			state:  provisioner.LinkFailing, reason: "oops",
		},
		{
			name: "405 to the create of a group: its members are looked after", kind: group, id: "g2",
			keeper: func(*testing.T, *door) keeper { return on("POST", "/Groups", bare(405)) },
			change: func(t *testing.T, b *bundle) { b.putGroup(t, "g2", "crew", "u1") },
			state:  provisioner.LinkSkipped, reason: `make a group "crew" there`,
		},
		{
			name: "404 to all of /Groups", kind: group,
			keeper: func(*testing.T, *door) keeper { return on("", "/Groups", page(404)) },
			id:     "g2",
			change: func(t *testing.T, b *bundle) { b.putGroup(t, "g2", "crew", "u1") },
			state:  provisioner.LinkSkipped, reason: "/Groups answered 404",
		},
	})
}

// TestConflictsAndFailures: what is in the way, and what passes.
func TestConflictsAndFailures(t *testing.T) {
	answers(t, []answerCase{
		{
			name: "409 to a rename: the holder is named",
			change: func(t *testing.T, b *bundle) {
				b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"countess","externalId":"x9"}`)
				b.putUser(t, "u1", "countess", true)
			},
			state: provisioner.LinkConflict, reason: `whose externalId is "x9"`, wait: 24 * time.Hour,
		},
		{
			name: "409 that passes", change: rename,
			keeper: func(*testing.T, *door) keeper { return times(1, on("PATCH", "/", refuse(409, "", "busy"))) },
			state:  provisioner.LinkConverged,
		},
		{
			name: "409 to what is as it should be", change: rename,
			keeper: func(_ *testing.T, d *door) keeper {
				return on("PATCH", "/", func(w http.ResponseWriter, r *http.Request) {
					d.inner(r)
					refuse(409, "", "no change")(w, r)
				})
			},
			state: provisioner.LinkConverged, requests: []string{"PATCH /Users/ID", "GET /Users/ID"},
		},
		{
			name: "500 that passes", change: rename,
			keeper: func(*testing.T, *door) keeper { return times(2, on("PATCH", "/", refuse(500, "", "oops"))) },
			state:  provisioner.LinkConverged,
		},
		{
			name: "500 that stays", change: rename,
			keeper: func(*testing.T, *door) keeper { return on("PATCH", "/", refuse(500, "", "oops")) },
			state:  provisioner.LinkFailing, reason: "oops",
		},
		{
			name: "500 to every PATCH that asks for attributes", kind: group, id: "g1", state: provisioner.LinkConverged,
			keeper: func(*testing.T, *door) keeper {
				return func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPatch || r.URL.RawQuery == "" {
						return false
					}
					refuse(500, "", "unexpected parameter")(w, r)
					return true
				}
			},
			change: func(t *testing.T, b *bundle) { b.putGroup(t, "g1", "staff", "u1", "u2") },
		},
		{
			name: "409 to a create: adopted by a fresh look", change: create, id: "u3", state: provisioner.LinkConverged,
			keeper: func(t *testing.T, d *door) keeper {
				return times(1, on("POST", "/Users", func(w http.ResponseWriter, r *http.Request) {
					d.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"cy"}`)
					d.Handler.ServeHTTP(w, r)
				}))
			},
		},
		{
			name: "409 to a create of what no query finds (R16)", change: create, id: "u3",
			keeper: func(*testing.T, *door) keeper { return on("POST", "/Users", refuse(409, "", "exists")) },
			state:  provisioner.LinkConflict, reason: "one that it does not show", wait: 24 * time.Hour,
		},
		{
			name: "409 to a create that nothing is in the way of: made again, once", change: create, id: "u3", state: provisioner.LinkConverged,
			keeper: func(*testing.T, *door) keeper {
				return times(1, on("POST", "/Users", refuse(409, "", "changed concurrently")))
			},
		},
		{
			name: "409 uniqueness to a create: not made again", change: create, id: "u3", state: provisioner.LinkConflict, reason: "taken", wait: 24 * time.Hour,
			keeper: func(*testing.T, *door) keeper {
				return times(1, on("POST", "/Users", refuse(409, scim.TypeUniqueness, "taken")))
			},
		},
	})
}

func rename(t *testing.T, b *bundle) { b.rename(t, "ada.l") }

// rename gives ada another userName and changes nothing else.
func (b *bundle) rename(t *testing.T, name string) {
	t.Helper()
	text := strings.Replace(fmt.Sprintf(userText, "ada", true), `"ada"`, fmt.Sprintf("%q", name), 1)
	if err := b.PutUser(t.Context(), provisioner.User{ID: "u1", Attributes: attributes(t, "%s", text)}); err != nil {
		t.Fatal(err)
	}
}
func create(t *testing.T, b *bundle) { b.putUser(t, "u3", "cy", true) }

// putTitled gives somebody a title and a nickname.
func (b *bundle) putTitled(t *testing.T, id, name string) {
	t.Helper()
	text := strings.Replace(fmt.Sprintf(userText, name, true), "{", `{"title": "Countess", "nickName": "C.", `, 1)
	must(t, b.PutUser(t.Context(), provisioner.User{ID: id, Attributes: attributes(t, "%s", text)}))
}

// anonymous puts ID in place of ids.
func anonymous(requests []string) []string {
	for i, s := range requests {
		if parts := strings.Split(s, "/"); len(parts) == 3 {
			requests[i] = parts[0] + "/" + parts[1] + "/ID"
		}
	}
	return requests
}

// TestRejectedBacksOff: what an app calls wrong is tried again after 1 h, 6 h and then
// daily, and at once when it is changed.
func TestRejectedBacksOff(t *testing.T) {
	b := trusting(t)
	var wrong atomic.Bool
	wrong.Store(true)
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		return wrong.Load() && on("PATCH", "/", refuse(400, scim.TypeInvalidValue, "no"))(w, r)
	})
	rename(t, b)
	for _, wait := range []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		b.wantLink(t, user, "u1", provisioner.LinkRejected, "no", wait)
		if err := b.Touch(t.Context(), map[provisioner.Lane][]provisioner.Key{provisioner.LaneUsers: keys(user, "u1")}); err != nil {
			t.Fatal(err)
		}
	}
	wrong.Store(false)
	b.rename(t, "ada.m")
	if l := b.waitState(t, user, "u1", provisioner.LinkConverged); l.Attempts != 0 || l.LastError != "" {
		t.Errorf("the link remembers %d attempts and %q", l.Attempts, l.LastError)
	}
}

// TestAuthPauses: 401 to anything, and 403 to everything, stop the app at once.
func TestAuthPauses(t *testing.T) { // R27
	for _, status := range []int{401, 403} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			b := peopled(t)
			b.app.answerWith(on("", "/", refuse(status, "", "who are you")))
			rename(t, b)
			waitFor(t, func() bool {
				state, cause := b.state(t, "app")
				return state == provisioner.AppPaused && cause == provisioner.PauseAuth
			})
			b.app.open()
			if err := b.engine.Resume(t.Context(), "app"); err != nil {
				t.Fatal(err)
			}
			b.waitState(t, user, "u1", provisioner.LinkConverged)
			if b.app.user(t, "ada.l") == nil {
				t.Error("the change was lost")
			}
		})
	}
}
