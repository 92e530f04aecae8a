package provisioner_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

// A write is a change of the directory that leads to one kind of request.
type write struct {
	name, method, endpoint string
	// capabilities and parting are the settings of the apps.
	capabilities map[provisioner.Capability]string
	parting      provisioner.Farewell
	change       func(*rig)
	id           string // of what is changed
}

// kind is the kind of what is changed.
func (w *write) kind() provisioner.Kind {
	if w.endpoint == group.Endpoint() {
		return group
	}
	return user
}

// writes are those that the table of answers is about. There are users u0 to u4, of whom
// u0 to u2 are in the group g1.
func writes() []write {
	put := map[provisioner.Capability]string{provisioner.UserUpdate: provisioner.FormPut, provisioner.GroupUpdate: provisioner.FormPut}
	members := func(from, to int) func(*rig) { return func(r *rig) { r.putGroup("g1", from, to) } }
	rename := func(r *rig) {
		g := provisioner.Group{ID: "g1", Attributes: attributes(r.t, `{"displayName": "crew"}`), Members: []string{"u0", "u1", "u2"}}
		must(r.t, r.PutGroup(r.t.Context(), g))
	}
	disable := func(r *rig) { must(r.t, r.PutUser(r.t.Context(), titled(r.t, 3, "a", false))) }
	return []write{
		{name: "user-create", method: "POST", endpoint: "/Users", id: "u5", change: func(r *rig) { r.putUser(5, "a") }},
		{name: "user-patch", method: "PATCH", endpoint: "/Users", id: "u3", change: func(r *rig) { r.putUser(3, "b") }},
		{name: "user-put", method: "PUT", endpoint: "/Users", id: "u3", capabilities: put, change: func(r *rig) { r.putUser(3, "b") }},
		{name: "user-disable", method: "PATCH", endpoint: "/Users", id: "u3", change: disable},
		{name: "user-disable-put", method: "PUT", endpoint: "/Users", id: "u3", capabilities: put, change: disable},
		{name: "user-delete", method: "DELETE", endpoint: "/Users", id: "u3", parting: provisioner.FarewellDelete, change: func(r *rig) { must(r.t, r.DeleteUser(r.t.Context(), "u3")) }},
		{name: "group-create", method: "POST", endpoint: "/Groups", id: "g2", change: func(r *rig) { r.putGroup("g2", 0, 3) }},
		{name: "group-rename", method: "PATCH", endpoint: "/Groups", id: "g1", change: rename},
		{name: "group-rename-put", method: "PUT", endpoint: "/Groups", id: "g1", capabilities: put, change: rename},
		{name: "members-add", method: "PATCH", endpoint: "/Groups", id: "g1", change: members(0, 5)},
		{name: "members-remove", method: "PATCH", endpoint: "/Groups", id: "g1", change: members(0, 1)},
		{name: "members-put", method: "PUT", endpoint: "/Groups", id: "g1", capabilities: put, change: members(2, 5)},
		{name: "group-delete", method: "DELETE", endpoint: "/Groups", id: "g1", change: func(r *rig) { must(r.t, r.DeleteGroup(r.t.Context(), "g1")) }},
	}
}

// A reply is what an app answers from some time on.
type reply struct {
	name string
	// wide says what it is answered to: to the write only, to all writes of its
	// endpoint, or to everything.
	wide   int
	answer http.HandlerFunc
	// applied has the write carried out.
	applied bool
	// fresh leaves it to the write to find out whether its form works.
	fresh bool
}

const (
	toTheWrite = iota
	toWrites
	toEverything
)

// replies are the rows of the table of answers; the first one is an app without fault.
func replies() []reply {
	after := func(seconds string, answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", seconds)
			answer(w, r)
		}
	}
	list := []reply{{name: "success", fresh: true}}
	for _, t := range []scim.ScimType{scim.TypeInvalidValue, scim.TypeInvalidPath, scim.TypeInvalidSyntax} {
		answer := refuse(400, t, "not so")
		list = append(list,
			reply{name: fmt.Sprintf("400 %s", t), answer: answer},
			reply{name: fmt.Sprintf("400 %s to a new form", t), answer: answer, fresh: true},
			reply{name: fmt.Sprintf("400 %s to all forms", t), answer: answer, fresh: true, wide: toWrites})
	}
	return append(list, []reply{
		{name: "401 to everything", answer: refuse(401, "", "who are you"), wide: toEverything},
		{name: "401 to the write", answer: refuse(401, "", "who are you")},
		{name: "403", answer: refuse(403, "", "not that one")},
		{name: "403 to everything", answer: refuse(403, "", "not you"), wide: toEverything},
		{name: "404", answer: refuse(404, "", "no such thing")},
		{name: "404 page", answer: page(404)},
		{name: "404 page to everything", answer: page(404), wide: toEverything},
		{name: "405", answer: bare(405)},
		{name: "405 to all writes", answer: bare(405), wide: toWrites},
		{name: "501", answer: refuse(501, "", "not yet")},
		{name: "409", answer: refuse(409, "", "in use")},
		{name: "409 uniqueness", answer: refuse(409, scim.TypeUniqueness, "taken")},
		{name: "412", answer: refuse(412, "", "too late")},
		{name: "413", answer: bare(413)},
		{name: "413 to all writes", answer: bare(413), wide: toWrites},
		{name: "429", answer: after("30", bare(429)), wide: toEverything},
		{name: "503 with a time", answer: after("30", bare(503)), wide: toEverything},
		{name: "503", answer: bare(503)},
		{name: "500 REQUEST_LIMIT_EXCEEDED", answer: refuse(500, "", "REQUEST_LIMIT_EXCEEDED")},
		{name: "500 rate limit", answer: refuse(500, "", "Rate limit reached")},
		{name: "500 too many requests", answer: refuse(500, "", "Too many requests, slow down")},
		{name: "500", answer: refuse(500, "", "oops")},
		{name: "500 to everything", answer: refuse(500, "", "oops"), wide: toEverything},
		{name: "502 page after the write", answer: page(502), applied: true},
		{name: "204 without a body", answer: bare(204), applied: true, fresh: true},
		{name: "204 that did nothing", answer: bare(204), fresh: true},
		{name: "204 that did nothing, in no form", answer: bare(204), fresh: true, wide: toWrites},
	}...)
}

// keeper answers the write so.
func (p *reply) keeper(d *door, w *write) keeper {
	return func(rw http.ResponseWriter, r *http.Request) bool {
		path := strings.TrimPrefix(r.URL.Path, "/scim/v2")
		there := strings.HasPrefix(path, w.endpoint)
		switch {
		case p.wide == toEverything:
		case p.wide == toWrites && there && r.Method != http.MethodGet:
		case p.wide == toTheWrite && there && r.Method == w.method:
		default:
			return false
		}
		if p.applied {
			d.inner(r)
		}
		p.answer(rw, r)
		return true
	}
}

// TestAnswerTable makes each kind of write at apps that answer it in each way, and writes
// down what becomes of it: the state of the link and when it is tried again, the state of
// the app, what was learned, and the requests. Then all apps go well again: each comes to
// hold what the directory says, by the requests behind "then".
func TestAnswerTable(t *testing.T) {
	for _, w := range writes() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("testdata", "answers", w.name+".txt")
			got := w.table(t)
			if *update {
				must(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			text, err := os.ReadFile(file)
			must(t, err)
			want := strings.Split(string(text), "\n")
			for i, line := range strings.Split(got, "\n") {
				if i >= len(want) || line != want[i] {
					t.Fatalf("%s:%d: got %q, want %q", file, i+1, line, want[min(i, len(want)-1)])
				}
			}
		})
	}
}

// table makes the write at an app for each reply and returns what becomes of it, one
// paragraph for each.
func (w *write) table(t *testing.T) string {
	r := newRig(t, rigConfig{engine: provisioner.Config{
		Backoff: provisioner.Backoff{Base: time.Millisecond, Max: time.Hour}, Jitter: always,
	}})
	r.put(5, "a", nil)
	r.putGroup("g1", 0, 3)
	replies := replies()
	doors := make([]*door, len(replies))
	names := make([]string, len(replies))
	for i := range replies {
		doors[i], names[i] = newMock(t), fmt.Sprintf("app%02d", i)
		doors[i].post(t, "/Users", fmt.Sprintf(foreignUser, "root", "nobody's"))
		settings := provisioner.Settings{Capabilities: w.capabilities}
		settings.Deprovision = provisioner.Deprovision{Deleted: w.parting, GraceDays: -1}
		r.connectTo(names[i], doors[i].url, doors[i].token, settings)
		run, err := r.engine.StartSync(t.Context(), names[i], "test", time.Minute)
		must(t, err)
		_, err = r.engine.AwaitRun(t.Context(), run.ID, nil)
		must(t, err)
		if !replies[i].fresh {
			r.trust(names[i])
		}
		doors[i].requests()
		if replies[i].answer != nil {
			doors[i].answerWith(replies[i].keeper(doors[i], w))
		}
	}
	w.change(r)
	outcomes := make([]string, len(replies))
	for i := range replies {
		r.quiet(names[i])
		outcomes[i] = fmt.Sprintf("%s\t%s\n", r.outcome(names[i], w), strings.Join(anonymous(doors[i].requests()), ", "))
		doors[i].open()
	}
	want := doors[0].holds(t)
	r.mend(names, func(i int) bool { return slices.Equal(doors[i].holds(t), want) })
	titles := map[string][]string{}
	var order []string
	for i, p := range replies {
		outcomes[i] += fmt.Sprintf("\tthen %s\n", cmp.Or(strings.Join(anonymous(doors[i].writes()), ", "), "nothing"))
		if titles[outcomes[i]] == nil {
			order = append(order, outcomes[i])
		}
		titles[outcomes[i]] = append(titles[outcomes[i]], p.name)
	}
	var b strings.Builder
	for _, outcome := range order {
		fmt.Fprintf(&b, "%s\n%s", strings.Join(titles[outcome], "; "), outcome)
	}
	return b.String()
}

const notAsked = "is not asked for here"

// trust has every form of write trusted, as it is once it was used a few times.
func (r *rig) trust(app string) {
	r.t.Helper()
	must(r.t, r.UpdateApp(r.t.Context(), app, func(a *provisioner.App) {
		for _, form := range []string{
			"User create", "User patch", "User patch active bool", "User put", "User delete",
			"Group create", "Group patch", "Group patch add members", "Group remove members filter_path", "Group put", "Group delete",
		} {
			for range 3 {
				a.Learned.Prove(form)
			}
		}
		// One change in a hundred is read back all the same, and a group asked for with it.
		a.Learned.Observe(provisioner.SendsBody, provisioner.No, notAsked, r.clock.Now())
	}))
}

// quiet waits until nothing is under way at an app, and nothing is due that may be sent.
func (r *rig) quiet(app string) {
	r.t.Helper()
	r.until("nothing is to be done at "+app, func() bool {
		a := r.app(app)
		due := "worker <> ''"
		if a.State != provisioner.AppPaused && !a.Limit.PausedUntil.After(r.clock.Now()) {
			due = "(worker <> '' OR due <> 0 AND due <= $2)"
		}
		var n int
		must(r.t, r.DB().QueryRowContext(r.t.Context(), "SELECT COUNT(*) FROM link WHERE app = $1 AND $2 <> 0 AND "+due, app, r.clock.Now().UnixMilli()).Scan(&n))
		return n == 0
	})
}

// outcome says what has become of a write at an app.
func (r *rig) outcome(app string, w *write) string {
	r.t.Helper()
	a := r.app(app)
	text := "\tno link"
	if l := r.linkOf(app, w.kind(), w.id); l != nil {
		text = fmt.Sprintf("\t%s", l.State)
		if l.State.Failed() {
			text += fmt.Sprintf(" (%s), again after %s", l.LastError, max(l.NextAttempt.Sub(r.clock.Now()), time.Second))
		} else if l.LastError != "" {
			text += fmt.Sprintf(" (%s)", l.LastError)
		}
		text = strings.ReplaceAll(strings.ReplaceAll(text, a.Endpoint, ""), cmp.Or(l.RemoteID, "no id"), "ID")
	}
	text += "\n"
	if a.State != provisioner.AppActive {
		text += fmt.Sprintf("\tthe app is %s", a.State)
		if a.Cause != "" {
			text += fmt.Sprintf(" (%s)", a.Cause)
		}
		if wait := a.Limit.PausedUntil.Sub(r.clock.Now()); wait > 0 {
			text += fmt.Sprintf(", for %s", wait.Round(time.Second))
		}
		text += "\n"
	}
	for name, f := range a.Capabilities().All() {
		if f.Source == provisioner.SourceObserved && f.Reason != notAsked {
			text += fmt.Sprintf("\tlearned %s %s: %s\n", name, f.Value, f.Reason)
		}
	}
	return text
}

// linkOf returns an app's link to a subject, nil if there is none.
func (r *rig) linkOf(app string, kind provisioner.Kind, id string) *provisioner.Link {
	r.t.Helper()
	for _, l := range r.links(app) {
		if l.Kind == kind && l.Subject == id {
			return &l
		}
	}
	return nil
}

// mend lets days pass until all that apps have to be given has arrived, as done tells of
// the i-th: some of what was learned of them is believed for a month.
func (r *rig) mend(names []string, done func(i int) bool) {
	r.t.Helper()
	var left []string
	for _, days := range []time.Duration{1, 31, 1, 1, 1, 1} {
		r.advance(days*25*time.Hour, names...)
		r.tend()
		must(r.t, r.Sweep(r.t.Context()))
		left = nil
		for i, name := range names {
			r.quiet(name)
			p, err := r.Progress(r.t.Context(), name)
			must(r.t, err)
			if a := r.app(name); p.Settled < p.Total || a.State != provisioner.AppActive || !done(i) {
				left = append(left, fmt.Sprintf("%s is %s: %s, %+v", name, a.State, a.Reason, p))
			}
		}
		if len(left) == 0 {
			return
		}
	}
	r.t.Errorf("not all is well in the end: %q", left)
}

// holds says in lines what an app has.
func (d *door) holds(t *testing.T) (lines []string) {
	t.Helper()
	for _, u := range d.remote(t, "/Users") {
		lines = append(lines, fmt.Sprintf("%v %v %v %v", u["externalId"], u["userName"], u["title"], u["active"]))
	}
	for name, members := range d.groups(t) {
		lines = append(lines, fmt.Sprintf("%s %q", name, members))
	}
	slices.Sort(lines)
	return lines
}
