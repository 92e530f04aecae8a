package provisioner_test

import (
	"bytes"
	"encoding/json"
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
