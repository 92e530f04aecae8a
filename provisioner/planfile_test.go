package provisioner_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// still returns an engine whose app is paused, so that what is changed stays ahead, and
// that has pushed three people and a group before.
func still(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	for _, name := range []string{"ada", "bob", "cid"} {
		b.putUser(t, "u-"+name, name, true)
	}
	b.putGroup(t, "g1", "staff", "u-ada", "u-bob")
	b.sync(t, "app")
	b.pause(t)
	b.app.requests()
	return b
}

func (b *bundle) pause(t *testing.T) {
	t.Helper()
	if err := b.engine.Pause(t.Context(), "app", "for a plan"); err != nil {
		t.Fatal(err)
	}
}

// plan makes a plan, and checks that nothing was changed by that.
func (b *bundle) plan(t *testing.T) *provisioner.SyncPlan {
	t.Helper()
	before := b.contents(t)
	b.app.requests()
	plan, err := b.engine.PlanSync(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("the plan has written to the app: %q", w)
	}
	for i, after := range b.contents(t) {
		if i >= len(before) || after != before[i] {
			t.Errorf("the plan has changed the database: %.300s", after)
		}
	}
	return plan
}

// contents is all that the database holds, but for what tells that its process lives.
func (b *bundle) contents(t *testing.T) (all []string) {
	t.Helper()
	for _, table := range []string{"app", "subject", "member", "link", "link_member", "log", "run", "goodbye"} {
		rows, err := b.DB().QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1, 2, 3")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, places := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				places[i] = &values[i]
			}
			if err := rows.Scan(places...); err != nil {
				t.Fatal(err)
			}
			row := table
			for i, column := range columns {
				if column != "basis" { // what has been found out once need not be again
					row += fmt.Sprintf(" %s=%v", column, values[i])
				}
			}
			all = append(all, row)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// lines writes a plan as one line for each change.
func lines(p *provisioner.SyncPlan) (list []string) {
	for _, c := range p.Changes {
		line := fmt.Sprintf("%s %s", c.Action, c.ID)
		for _, f := range c.Fields {
			line += fmt.Sprintf(" %s:%s→%s", f.Path, f.Old, f.New)
		}
		if len(c.Joins) > 0 {
			line += " +" + strings.Join(c.Joins, "+")
		}
		if len(c.Leaves) > 0 {
			line += " -" + strings.Join(c.Leaves, "-")
		}
		list = append(list, line)
	}
	return list
}

func wantLines(t *testing.T, p *provisioner.SyncPlan, want ...string) {
	t.Helper()
	if got := lines(p); !slices.Equal(got, want) {
		t.Errorf("the plan says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPlanOfAFirstSync plans a company into an empty app, and counts its requests.
func TestPlanOfAFirstSync(t *testing.T) {
	b := start(t, t.TempDir()+"/test.db")
	b.app = newDoor(t)
	if err := b.ReplaceDirectory(t.Context(), acme(t)); err != nil {
		t.Fatal(err)
	}
	b.connect(t, "app", b.app)
	p := b.plan(t)
	users, held, stuck := p.Counts(provisioner.KindUser)
	groups, _, _ := p.Counts(provisioner.KindGroup)
	if !maps.Equal(users, map[provisioner.Action]int{provisioner.ActionCreate: 60}) || !maps.Equal(groups, map[provisioner.Action]int{provisioner.ActionCreate: 8}) ||
		held+stuck > 0 || p.Requests != 2+60+8 || p.Estimate <= 0 || len(p.Foreign) > 0 {
		t.Errorf("users %v, groups %v, %d held, %d stuck, %d requests, %d ms", users, groups, held, stuck, p.Requests, p.Estimate)
	}
	for _, c := range p.Changes {
		if c.Requests != 1 || len(c.Fields) == 0 {
			t.Errorf("change %+v", c)
		}
	}
	run, err := b.engine.StartPlanned(t.Context(), p, nil, "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = b.engine.AwaitRun(t.Context(), run.ID, nil); err != nil || run.Result.Users.Created != 60 || run.Result.Groups.Created != 8 {
		t.Errorf("applied: %+v, %v", run, err)
	}
}

// TestPlannedRunIntoAFullApp applies a plan as a sync would do it, by one list, and also
// goes through those who are due and need nothing.
func TestPlannedRunIntoAFullApp(t *testing.T) {
	b := start(t, t.TempDir()+"/test.db")
	b.people(t, 6)
	b.putUser(t, "off", "off", false)
	b.app = newDoor(t)
	for i := range 5 {
		b.app.post(t, "/Users", fmt.Sprintf(foreignUser, fmt.Sprint("other", i), ""))
	}
	b.connect(t, "app", b.app)
	p := b.plan(t)
	run, err := b.engine.StartPlanned(t.Context(), p, p, "", time.Minute)
	must(t, err)
	run, err = b.engine.AwaitRun(t.Context(), run.ID, nil)
	must(t, err)
	requests := b.app.requests()
	lists := slices.DeleteFunc(slices.Clone(requests), func(s string) bool { return s != "GET /Users" })
	if len(p.Changes) != 6 || run.Marked != 7 || run.Result.Requests != len(requests) || len(lists) != 2 {
		t.Errorf("%d changes, %d marked, %+v; requests %q, want one probe and one list of users", len(p.Changes), run.Marked, run.Result, requests)
	}
}

// TestPlanFieldByField plans one change of every sort.
func TestPlanFieldByField(t *testing.T) {
	b := still(t)
	b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"eve","title":"Queen"}`)
	b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"fay","externalId":"somebody"}`)
	root := b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"root"}`)
	put := func(id, text string, args ...any) {
		t.Helper()
		if err := b.PutUser(t.Context(), provisioner.User{ID: id, Attributes: attributes(t, text, args...)}); err != nil {
			t.Fatal(err)
		}
	}
	put("u-ada", `{"userName": "ada", "name": {"givenName": "Ada"}, "title": "Dr."}`)
	b.putUser(t, "u-bob", "bob", false)
	put("u-dan", `{"userName": "dan", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "u-eve"}}}`)
	put("u-eve", `{"userName": "eve", "title": "Queen"}`)
	put("u-fay", `{"userName": "fay"}`)
	if err := b.DeleteUser(t.Context(), "u-cid"); err != nil {
		t.Fatal(err)
	}
	b.putGroup(t, "g1", "crew", "u-ada", "u-dan", "u-eve")
	b.putGroup(t, "g2", "new")
	p := b.plan(t)
	eve := b.app.user(t, "eve")["id"]
	wantLines(t, p,
		`update u-ada name.givenName:"Given"→"Ada" title:→"Dr." name.familyName:"Family"→ emails:[{"value":"ada@acme.example","type":"work","primary":true}]→`,
		`disable u-bob active:true→false`,
		`disable u-cid active:true→false`,
		fmt.Sprintf(`create u-dan externalId:→"u-dan" userName:→"dan" urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value:→%q active:→true`, eve),
		`adopt u-eve externalId:→"u-eve" active:→true`,
		`none u-fay`,
		`update g1 displayName:"staff"→"crew" +u-dan+u-eve -u-bob`,
		`create g2 externalId:→"g2" displayName:→"new"`,
	)
	for _, c := range p.Changes {
		switch {
		case c.ID == "u-fay" && !strings.Contains(c.Problem, `belongs to externalId "somebody"`),
			c.ID == "u-cid" && !strings.Contains(c.Reason, "has left"),
			c.ID == "u-eve" && c.RemoteID != eve:
			t.Errorf("change %+v", c)
		}
	}
	fay := b.app.user(t, "fay")["id"]
	if len(p.Foreign) != 2 || !slices.ContainsFunc(p.Foreign, func(f provisioner.ForeignResource) bool { return f.RemoteID == root && f.Name == "root" }) ||
		!slices.ContainsFunc(p.Foreign, func(f provisioner.ForeignResource) bool { return f.RemoteID == fay && f.ExternalID == "somebody" }) {
		t.Errorf("foreign %+v, want root and fay", p.Foreign)
	}
}

// TestPlanSaysWhatIsTrueOfTheApp shows the app's own value as the old one, whatever is
// on record.
func TestPlanSaysWhatIsTrueOfTheApp(t *testing.T) {
	b := still(t)
	b.app.patch(t, "/Users/"+b.link(t, provisioner.KindUser, "u-ada").RemoteID, "userName", "adele")
	user, err := b.User(t.Context(), "u-ada")
	if err != nil {
		t.Fatal(err)
	}
	user.Attributes.Set("userName", "ada.l")
	if err := b.PutUser(t.Context(), *user); err != nil {
		t.Fatal(err)
	}
	p := b.plan(t)
	wantLines(t, p, `update u-ada userName:"adele"→"ada.l"`)
	if len(p.Foreign) > 0 {
		t.Errorf("%+v are said to be nobody's", p.Foreign)
	}
}

// patch changes an attribute behind the engine's back.
func (d *door) patch(t *testing.T, path, attribute, value string) {
	t.Helper()
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":%q,"value":%q}]}`, attribute, value)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, d.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/scim+json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatalf("PATCH %s: %d", path, resp.StatusCode)
	}
	d.requests()
}

// TestPlanWhatTheGuardHolds plans more goodbyes than may be said at a time: they are
// named as held, and the group keeps whom it would lose.
func TestPlanWhatTheGuardHolds(t *testing.T) { // R3
	b := setup(t)
	b.replace(t, people(t, 8, nil, nil))
	b.putGroup(t, "g1", "staff", "u0", "u7")
	b.sync(t, "app")
	b.pause(t)
	for i := range 7 {
		if err := b.DeleteUser(t.Context(), fmt.Sprint("u", i)); err != nil {
			t.Fatal(err)
		}
	}
	p := b.plan(t)
	done, held, _ := p.Counts(provisioner.KindUser)
	if held != 7 || len(done) > 0 || p.Requests > 4 {
		t.Errorf("%v done, %d held, %d requests; want all seven held", done, held, p.Requests)
	}
	for _, c := range p.Changes {
		if c.Kind == provisioner.KindGroup {
			t.Errorf("the group is to change while its member is held: %+v", c)
		} else if c.Action != provisioner.ActionDisable || !strings.Contains(c.Held, "more than 5") {
			t.Errorf("change %+v", c)
		}
	}
}

// TestPlanRefusesWhenTheWorldHasMoved changes one thing after another that a plan
// depends on.
func TestPlanRefusesWhenTheWorldHasMoved(t *testing.T) {
	moves := map[string]struct {
		move func(t *testing.T, b *bundle)
		want string
	}{
		"nothing": {func(*testing.T, *bundle) {}, ""},
		"the directory": {func(t *testing.T, b *bundle) { b.putUser(t, "u-ada", "ada.m", true) },
			"the directory has changed about user u-ada"},
		"the directory, back to what it was": {func(t *testing.T, b *bundle) { b.putUser(t, "u-ada", "ada", true) },
			"user u-ada (ada.l) is not to change any more"},
		"somebody new": {func(t *testing.T, b *bundle) { b.putUser(t, "u-dan", "dan", true) },
			"user u-dan (dan) is to change and is not in the plan"},
		"the app's account": {func(t *testing.T, b *bundle) {
			b.app.patch(t, "/Users/"+b.link(t, provisioner.KindUser, "u-ada").RemoteID, "name.familyName", "Lovelace")
		}, "user u-ada (ada.l) was changed in the app"},
		"the settings": {func(t *testing.T, b *bundle) {
			b.connectWith(t, "app", b.app, provisioner.Settings{Concurrency: 7})
			b.pause(t)
		}, "the settings of the app have changed"},
		"another sync": {func(t *testing.T, b *bundle) {
			if err := b.engine.Resume(t.Context(), "app"); err != nil {
				t.Fatal(err)
			}
			b.settle(t, "app")
			b.pause(t)
			b.putUser(t, "u-ada", "ada.x", true)
			b.putUser(t, "u-ada", "ada.l", false)
		}, "user u-ada"},
	}
	for name, m := range moves {
		t.Run(name, func(t *testing.T) {
			b := still(t)
			b.putUser(t, "u-ada", "ada.l", true)
			text, err := json.MarshalIndent(b.plan(t), "", "  ") // as a file holds it
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), b.app.token) {
				t.Error("the plan holds the token")
			}
			plan, err := provisioner.ReadPlan(text)
			if err != nil {
				t.Fatal(err)
			}
			m.move(t, b)
			b.app.requests()
			_, err = b.engine.StartPlanned(t.Context(), plan, nil, "", time.Minute)
			var moved *provisioner.MovedError
			switch {
			case m.want == "" && !errors.Is(err, provisioner.ErrConflict): // since it is paused
				t.Errorf("with nothing moved: %v", err)
			case m.want == "":
				if _, err = b.engine.StartPlanned(t.Context(), plan, b.plan(t), "", time.Minute); !errors.Is(err, provisioner.ErrConflict) {
					t.Errorf("with a plan of now: %v", err)
				}
				wantRequests(t, b.app) // it is not made again
			case m.want != "" && (!errors.As(err, &moved) || !strings.Contains(err.Error(), m.want)):
				t.Errorf("error %v, want %q", err, m.want)
			}
			if w := b.app.writes(); len(w) > 0 {
				t.Errorf("a plan that was refused has written %q", w)
			}
		})
	}
}

// TestPlanIsCounted tells what would be done from what would be held and what cannot be
// done, whatever else there is to say.
func TestPlanIsCounted(t *testing.T) {
	p := provisioner.SyncPlan{Changes: []provisioner.Change{
		{Kind: user, Action: provisioner.ActionUpdate, Requests: 1, Problem: "the app does not have r1 any more"},
		{Kind: user, Action: provisioner.ActionNone, Problem: "belongs to somebody else"},
		{Kind: user, Action: provisioner.ActionDisable, Requests: 1, Held: "too many"},
		{Kind: group, Action: provisioner.ActionCreate, Requests: 1},
	}}
	if done, held, stuck := p.Counts(user); !maps.Equal(done, map[provisioner.Action]int{provisioner.ActionUpdate: 1}) || held != 1 || stuck != 1 {
		t.Errorf("%v, %d held, %d stuck", done, held, stuck)
	}
	moved := provisioner.MovedError{What: strings.Split("abcdefghijkl", "")}
	if text := moved.Error(); !strings.HasSuffix(text, "; j; and 2 more") {
		t.Errorf("of many it is said that %s", text)
	}
}

func TestReadPlan(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                       "not a plan",
		`{"users":[]}`:             "scimwright plan",
		`{"version":1}`:            "scimwright plan",
		`{"version":9,"app":"a"}`:  "version 9",
		`{"version":1,"app":"a"}x`: "not a plan",
	} {
		if _, err := provisioner.ReadPlan([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that says %q", text, err, want)
		}
	}
}

// TestPlannedRunWaitsItsTurn does not join a run that is under way.
func TestPlannedRunWaitsItsTurn(t *testing.T) {
	b := start(t, t.TempDir()+"/test.db")
	b.people(t, 3)
	b.app = newDoor(t)
	b.connect(t, "app", b.app)
	plan := b.plan(t)
	g := b.app.gate()
	defer close(g.opened)
	if _, err := b.engine.StartSync(t.Context(), "app", "", time.Minute); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return g.arrived.Load() > 0 })
	if _, err := b.engine.StartPlanned(t.Context(), plan, plan, "", time.Minute); !errors.Is(err, provisioner.ErrConflict) {
		t.Errorf("beside another run: %v, want ErrConflict", err)
	}
}

// TestMoved changes one thing after the other in a plan that is made again. What has no
// part in what is done is none of them.
func TestMoved(t *testing.T) {
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	plan := func() *provisioner.SyncPlan {
		return &provisioner.SyncPlan{
			Version: provisioner.PlanVersion, App: "app", Endpoint: "https://app.example/scim", Settings: "s",
			Changes: []provisioner.Change{{
				Kind: provisioner.KindGroup, ID: "g1", Name: "staff", Action: provisioner.ActionUpdate, RemoteID: "r1", Requests: 1,
				Fields: []provisioner.FieldChange{{Path: "displayName", Old: raw(`"a"`), New: raw(`"b"`)}}, Joins: []string{"u1"}, Leaves: []string{"u2"},
				Basis: provisioner.Basis{Desired: "d", Acked: "a", Remote: "r"},
			}},
		}
	}
	const other = "something else is to be done about group g1 (staff)"
	for name, test := range map[string]struct {
		move func(p *provisioner.SyncPlan, c *provisioner.Change)
		want string
	}{
		"nothing":            {func(*provisioner.SyncPlan, *provisioner.Change) {}, ""},
		"the time":           {func(p *provisioner.SyncPlan, _ *provisioner.Change) { p.Made, p.Estimate = time.Now(), 7 }, ""},
		"a slash":            {func(p *provisioner.SyncPlan, _ *provisioner.Change) { p.Endpoint += "/" }, ""},
		"a port":             {func(p *provisioner.SyncPlan, _ *provisioner.Change) { p.Endpoint = "https://App.example:443/scim" }, ""},
		"the words":          {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Reason = "has left" }, ""},
		"the app":            {func(p *provisioner.SyncPlan, _ *provisioner.Change) { p.App = "wiki" }, `not for "wiki"`},
		"the endpoint":       {func(p *provisioner.SyncPlan, _ *provisioner.Change) { p.Endpoint = "https://b.example" }, "not for"},
		"the settings":       {func(p *provisioner.SyncPlan, _ *provisioner.Change) { p.Settings = "t" }, "settings"},
		"what is desired":    {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Basis.Desired = "x" }, "the directory has changed about group g1"},
		"what is known":      {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Basis.Acked = "x" }, "another sync has changed group g1"},
		"what is there":      {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Basis.Remote = "x" }, "was changed in the app"},
		"the action":         {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Action = provisioner.ActionDelete }, other},
		"the resource":       {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.RemoteID = "r2" }, other},
		"held back":          {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Held = "too many" }, other},
		"stuck":              {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Problem = "in the way" }, other},
		"who joins":          {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Joins = []string{"u3"} }, other},
		"who leaves":         {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Leaves = nil }, other},
		"which attribute":    {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Fields[0].Path = "title" }, other},
		"the old value":      {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Fields[0].Old = raw(`"x"`) }, other},
		"the new value":      {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Fields[0].New = raw(`"x"`) }, other},
		"one attribute more": {func(_ *provisioner.SyncPlan, c *provisioner.Change) { c.Fields = append(c.Fields, c.Fields[0]) }, other},
		"no change any more": {func(p *provisioner.SyncPlan, _ *provisioner.Change) { p.Changes = nil }, "is not to change any more"},
		"one change more": {func(p *provisioner.SyncPlan, c *provisioner.Change) {
			p.Changes = append(p.Changes, provisioner.Change{Kind: provisioner.KindUser, ID: "u9"})
		}, "user u9 is to change and is not in the plan"},
	} {
		now := plan()
		test.move(now, &now.Changes[0])
		moved := plan().Moved(now)
		if test.want == "" && len(moved) > 0 || test.want != "" && (len(moved) != 1 || !strings.Contains(moved[0], test.want)) {
			t.Errorf("%s: %q, want %q", name, moved, test.want)
		}
	}
}
