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

func removesByFilter(op map[string]any) bool {
	return op["op"] == "remove" && strings.HasPrefix(path(op), "members[")
}

func removesByValue(op map[string]any) bool { return op["op"] == "remove" && path(op) == "members" }

// TestR12_RemovalIgnored: a removal that is answered with success and not made is
// noticed, and made in the way that works.
func TestR12_RemovalIgnored(t *testing.T) {
	for name, test := range map[string]struct {
		keeper func(d *door) keeper
		form   string
		reason string
	}{
		"by filter: the value does": {
			func(d *door) keeper { return having(removesByFilter, d.ignore) }, provisioner.FormValueArray, "was answered with success and did not change",
		},
		"by filter and by value: PUT does": {
			func(d *door) keeper {
				return either(having(removesByFilter, d.ignore), having(removesByValue, d.ignore))
			}, provisioner.FormPut, "was answered with success and did not change",
		},
		"refused by filter, ignored by value": {
			func(d *door) keeper {
				return either(having(removesByFilter, refuse(400, scim.TypeInvalidPath, "no filters")), having(removesByValue, d.ignore))
			}, provisioner.FormPut, "answered 400",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := peopled(t)
			b.putGroup(t, "g1", "staff", "u1", "u2")
			b.settle(t, "app")
			b.app.answerWith(test.keeper(b.app))
			b.putGroup(t, "g1", "staff", "u1")
			b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
			if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada"}) {
				t.Errorf("members %q", m)
			}
			b.wantFact(t, provisioner.MemberRemove, test.form, test.reason)
		})
	}
	t.Run("in every form", func(t *testing.T) {
		b := peopled(t)
		b.app.answerWith(either(on("PATCH", "/Groups", b.app.ignore), on("PUT", "/Groups", b.app.ignore)))
		b.putGroup(t, "g1", "staff")
		b.wantLink(t, group, "g1", provisioner.LinkNotHonoured, "u2", time.Hour)
		n := len(b.app.requests())
		if n > 12 {
			t.Errorf("%d requests, want no more than each form and a look or two", n)
		}
		if l := b.link(t, group, "g1"); l.State != provisioner.LinkNotHonoured || len(b.app.requests()) > 0 {
			t.Errorf("it goes on: %+v", l)
		}
	})
}

// TestR12_RemovalTakesEverybody: where removing one member by value removes all of
// them, it is noticed, the others are put back, and it is not done that way again.
func TestR12_RemovalTakesEverybody(t *testing.T) {
	b := peopled(t)
	b.putUser(t, "u3", "cy", true)
	b.putGroup(t, "g1", "staff", "u1", "u2", "u3")
	b.sync(t, "app")
	b.app.answerWith(either(
		having(removesByFilter, refuse(400, scim.TypeInvalidPath, "no filters")),
		having(removesByValue, b.app.rewrite(func(body map[string]any) {
			body["Operations"] = []any{map[string]any{"op": "remove", "path": "members"}}
		})),
	))
	b.putGroup(t, "g1", "staff", "u1", "u2")
	b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada", "bob"}) {
		t.Errorf("members %q, want those put back who were to stay", m)
	}
	b.wantFact(t, provisioner.MemberRemove, provisioner.FormPut, "taken all members out")
	b.putGroup(t, "g1", "staff", "u1")
	b.settle(t, "app")
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada"}) {
		t.Errorf("members %q", m)
	}
}

// TestR12_AlreadyDone: "is already a member" and "is no member" are what was wanted.
func TestR12_AlreadyDone(t *testing.T) {
	b := peopled(t)
	staff := b.app.id(t, "/Groups", "staff")
	patch := func(ops string) {
		b.app.tamper(t, "PATCH", "/Groups/"+staff, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+ops+`]}`)
	}
	patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, b.app.id(t, "/Users", "ada")))
	for _, status := range []int{409, 500, 400} {
		b.app.answerWith(on("PATCH", "/Groups", refuse(status, "", "already a member")))
		b.putGroup(t, "g1", "staff", "u1", "u2")
		b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
		b.app.open()
		b.putGroup(t, "g1", "staff", "u2") // as the directory has it; the app is set back
		b.settle(t, "app")
		patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, b.app.id(t, "/Users", "ada")))
	}
	patch(fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, b.app.id(t, "/Users", "bob")))
	b.app.answerWith(on("PATCH", "/Groups", refuse(404, "", "no such member")))
	b.putGroup(t, "g1", "staff")
	b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
}

// TestR13_ChunksShrink: an app that takes fewer members at a time is given fewer, and
// it is remembered how many.
func TestR13_ChunksShrink(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"413":          bare(413),
		"400 tooMany":  refuse(400, scim.TypeTooMany, "not so"),
		"400 too many": refuse(400, scim.TypeInvalidValue, "no more than 30 members in one request"),
	} {
		t.Run(name, func(t *testing.T) {
			b := mock(t, provisioner.Settings{})
			var ids []string
			for i := range 80 {
				ids = append(ids, fmt.Sprint("u", i))
				b.putUser(t, ids[i], fmt.Sprint("n", i), true)
			}
			b.sync(t, "app")
			var most atomic.Int32
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/Groups") || r.Method == http.MethodGet {
					return false
				}
				n := members(bodyOf(r))
				if n > 30 {
					answer(w, r)
					return true
				}
				most.Store(max(most.Load(), int32(n)))
				return false
			})
			b.putGroup(t, "g1", "all", ids...)
			b.settle(t, "app")
			b.putGroup(t, "g1", "all")
			b.settle(t, "app")
			if m := b.app.members(t, "all"); len(m) != 0 {
				t.Errorf("%d members left", len(m))
			}
			b.wantFact(t, provisioner.MaxMembersPerOp, "20", "40 members in one request")
			if most.Load() != 20 {
				t.Errorf("at most %d members in one request, want 20", most.Load())
			}
		})
	}
}

// members counts the members that the body of a request names.
func members(body map[string]any) int {
	n := 0
	if list, ok := body["members"].([]any); ok {
		n = len(list)
	}
	ops, _ := body["Operations"].([]any)
	for _, v := range ops {
		op := v.(map[string]any)
		if list, ok := op["value"].([]any); ok {
			n += len(list)
		} else if removesByFilter(op) {
			n++
		}
	}
	return n
}

// TestR5_PoisonedMembers: members that the app does not take are found and left out;
// the others land, and the group says who is missing.
func TestR5_PoisonedMembers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"400": refuse(400, scim.TypeInvalidValue, "unknown member"),
		"404": refuse(404, "", "unknown member"),
		"500": refuse(500, "", "unknown member"),
	} {
		t.Run(name, func(t *testing.T) {
			b := mock(t, provisioner.Settings{})
			var ids []string
			for i := range 50 {
				ids = append(ids, fmt.Sprintf("u%02d", i))
				b.putUser(t, ids[i], fmt.Sprintf("n%02d", i), true)
			}
			b.putGroup(t, "g0", "other", "u01")
			b.sync(t, "app")
			poison := b.app.id(t, "/Users", "n17")
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/Groups") || r.Method == http.MethodGet || !strings.Contains(fmt.Sprint(bodyOf(r)), poison) {
					return false
				}
				answer(w, r)
				return true
			})
			b.app.requests()
			b.putGroup(t, "g1", "all", ids...)
			b.wantLink(t, group, "g1", provisioner.LinkPartial, "does not take u17 as a member", 0)
			if l := b.link(t, group, "g1"); l.NextAttempt.IsZero() {
				t.Error("nobody tries again")
			}
			if m := b.app.members(t, "all"); len(m) != 49 || slices.Contains(m, "n17") {
				t.Errorf("%d members: %q", len(m), m)
			}
			if n := len(b.app.requests()); n > 45 {
				t.Errorf("%d requests to find one of fifty", n)
			}
			b.app.open()
			b.putGroup(t, "g1", "everybody", ids...)
			b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
			if m := b.app.members(t, "everybody"); len(m) != 50 {
				t.Errorf("%d members once the app takes them all", len(m))
			}
		})
	}
}

// TestR5_PoisonedMemberOfAPut: a member that the app does not take keeps nobody else from
// joining or leaving where a group is replaced as a whole.
func TestR5_PoisonedMemberOfAPut(t *testing.T) {
	b := mock(t, provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.GroupUpdate: provisioner.FormPut}})
	for i, name := range []string{"ada", "bob", "cy", "dan"} {
		b.putUser(t, fmt.Sprint("u", i), name, true)
	}
	b.putGroup(t, "g1", "staff", "u0", "u1")
	b.sync(t, "app")
	b.learn(t, func(l *provisioner.Learned) { l.Prove("Group put") })
	poison := b.app.id(t, "/Users", "cy")
	b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !strings.Contains(fmt.Sprint(bodyOf(r)), poison) {
			return false
		}
		refuse(400, scim.TypeInvalidValue, "unknown member")(w, r)
		return true
	})
	b.app.requests()
	b.putGroup(t, "g1", "staff", "u1", "u2", "u3")
	b.wantLink(t, group, "g1", provisioner.LinkPartial, "does not take u2 as a member", time.Hour)
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"bob", "dan"}) {
		t.Errorf("members %q", m)
	}
	if w := b.app.writes(); len(w) > 4 {
		t.Errorf("writes %q", w)
	}
}

// TestR5_GroupOfWhomFewAreTaken: an app that takes hardly anybody into a group is not asked
// about everybody.
func TestR5_GroupOfWhomFewAreTaken(t *testing.T) {
	for taken, says := range map[int]string{0: "does not take 5 of", 3: "does not take 21 of"} {
		t.Run(fmt.Sprint(taken), func(t *testing.T) {
			b := mock(t, provisioner.Settings{})
			b.replace(t, people(t, 40, nil, nil))
			b.sync(t, "app")
			ids, refused := []string{}, []string{}
			for i := range 40 {
				ids = append(ids, fmt.Sprint("u", i))
			}
			slices.Sort(ids)
			for _, id := range ids[taken:] {
				refused = append(refused, b.link(t, user, id).RemoteID)
			}
			b.app.answerWith(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet || !strings.Contains(r.URL.Path, "/Groups") {
					return false
				}
				text := fmt.Sprint(bodyOf(r))
				if !slices.ContainsFunc(refused, func(id string) bool { return strings.Contains(text, id) }) {
					return false
				}
				refuse(400, scim.TypeInvalidValue, "unknown member")(w, r)
				return true
			})
			b.putGroup(t, "g1", "all", ids...)
			b.wantLink(t, group, "g1", provisioner.LinkRejected, says, 0)
			if m := b.app.members(t, "all"); len(m) != taken {
				t.Errorf("members %q", m)
			}
		})
	}
}

// TestR5_MemberWithoutAccount: a group is made without those whose account the app has
// refused, and gets them once it has one.
func TestR5_MemberWithoutAccount(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(on("POST", "/Users", refuse(400, scim.TypeInvalidValue, "not him")))
	b.putUser(t, "u3", "cy", true)
	b.putGroup(t, "g2", "crew", "u1", "u3")
	b.wantLink(t, group, "g2", provisioner.LinkPartial, "members who have no account in the app yet: 1", 0)
	if m := b.app.members(t, "crew"); !slices.Equal(m, []string{"ada"}) {
		t.Errorf("members %q", m)
	}
	b.app.open()
	b.putUser(t, "u3", "cyrus", true)
	b.wantLink(t, group, "g2", provisioner.LinkConverged, "", 0)
	if m := b.app.members(t, "crew"); !slices.Equal(m, []string{"ada", "cyrus"}) {
		t.Errorf("members %q", m)
	}
}

// TestMembersNotShown: an app that shows no members is believed, after a look at
// others, and is then told each change once.
func TestMembersNotShown(t *testing.T) {
	b := mock(t, provisioner.Settings{})
	b.app.answerWith(on("", "/Groups", b.app.edit(func(g map[string]any) { delete(g, "members") })))
	b.putUser(t, "u1", "ada", true)
	b.putUser(t, "u2", "bob", true)
	b.putGroup(t, "g1", "staff", "u2")
	b.sync(t, "app")
	b.wantLink(t, group, "g1", provisioner.LinkConverged, "", 0)
	b.wantFact(t, provisioner.MembersReturned, provisioner.No, "no group shows any")
	if w := b.app.writes(); slices.ContainsFunc(w, func(s string) bool { return strings.HasPrefix(s, "PUT ") }) {
		t.Errorf("writes %q, want none that takes out who is only not shown", w)
	}
	b.putGroup(t, "g1", "staff", "u1")
	b.settle(t, "app")
	if got := anonymous(b.app.writes()); !slices.Equal(got, []string{"PATCH /Groups/ID", "PATCH /Groups/ID"}) {
		t.Errorf("writes %q", got)
	}
	if m := b.app.members(t, "staff"); !slices.Equal(m, []string{"ada"}) {
		t.Errorf("members %q", m)
	}
}

// TestMembersInCreateLeftOut: an app that makes groups without the members in the
// request is sent them afterwards, and from the next group on only then.
func TestMembersInCreateLeftOut(t *testing.T) {
	b := peopled(t)
	b.app.answerWith(on("POST", "/Groups", b.app.rewrite(func(g map[string]any) { delete(g, "members") })))
	b.putGroup(t, "g2", "crew", "u1", "u2")
	b.wantLink(t, group, "g2", provisioner.LinkConverged, "", 0)
	b.wantFact(t, provisioner.CreateMembers, provisioner.No, "made without the members")
	if m := b.app.members(t, "crew"); !slices.Equal(m, []string{"ada", "bob"}) {
		t.Errorf("members %q", m)
	}
	b.app.requests()
	b.putGroup(t, "g3", "band", "u1")
	b.wantLink(t, group, "g3", provisioner.LinkConverged, "", 0)
	if got := anonymous(b.app.writes()); !slices.Equal(got, []string{"POST /Groups", "PATCH /Groups/ID"}) {
		t.Errorf("writes %q", got)
	}
}
