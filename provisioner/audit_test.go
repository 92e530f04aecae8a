package provisioner_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// audit has an app audited and returns what was found.
func (b *bundle) audit(t *testing.T, repair bool) *provisioner.Audit {
	t.Helper()
	run, err := b.engine.StartAudit(t.Context(), "app", "test", repair)
	if err != nil {
		t.Fatal(err)
	}
	run, err = b.engine.AwaitRun(t.Context(), run.ID, nil)
	if err != nil || run.State != provisioner.RunDone || run.Audit == nil {
		t.Fatalf("%+v, %v", run, err)
	}
	return run.Audit
}

// erase deletes a resource behind the engine's back.
func (d *door) erase(t *testing.T, path string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodDelete, "/scim/v2"+path, nil)
	r.Header.Set("Authorization", "Bearer "+d.token)
	w := httptest.NewRecorder()
	d.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		t.Fatalf("DELETE %s: %d %s", path, w.Code, w.Body)
	}
}

// pushed returns an engine that has pushed people u0 to u5 and a group of the first two.
func pushed(t *testing.T, settings provisioner.Settings) *bundle {
	t.Helper()
	b := start(t, t.TempDir()+"/test.db")
	b.app = newDoor(t)
	b.connectWith(t, "app", b.app, settings)
	b.replace(t, people(t, 6, nil, nil))
	b.putGroup(t, "g1", "staff", "u0", "u1")
	b.sync(t, "app")
	b.app.requests()
	return b
}

func (b *bundle) path(t *testing.T, kind provisioner.Kind, id string) string {
	t.Helper()
	return kind.Endpoint() + "/" + b.link(t, kind, id).RemoteID
}

// meddle changes the app in every way that others can.
func (b *bundle) meddle(t *testing.T) {
	t.Helper()
	b.app.patch(t, b.path(t, provisioner.KindUser, "u0"), "name.familyName", "Meddled")
	b.app.patch(t, b.path(t, provisioner.KindUser, "u1"), "userName", "somebody")
	b.app.patch(t, b.path(t, provisioner.KindUser, "u1"), "nickName", "is not ours to look after")
	b.app.erase(t, b.path(t, provisioner.KindUser, "u5"))
	b.app.post(t, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"root"}`)
	b.app.regroup(t, b.path(t, provisioner.KindGroup, "g1"), b.link(t, provisioner.KindUser, "u1").RemoteID, b.link(t, provisioner.KindUser, "u2").RemoteID)
	b.app.requests()
}

// regroup gives a group other members.
func (d *door) regroup(t *testing.T, path string, ids ...string) {
	t.Helper()
	members := []map[string]string{}
	for _, id := range ids {
		members = append(members, map[string]string{"value": id})
	}
	value, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPatch, "/scim/v2"+path, strings.NewReader(
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"members","value":`+string(value)+`}]}`))
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	d.Handler.ServeHTTP(w, r)
	if w.Code >= 300 {
		t.Fatalf("PATCH %s: %d %s", path, w.Code, w.Body)
	}
}

// drifts writes what an audit names as one line each.
func drifts(a *provisioner.Audit) (list []string) {
	for _, d := range a.Drifts {
		line := d.ID
		for _, f := range d.Fields {
			line += fmt.Sprintf(" %s:%s→%s", f.Path, f.Old, f.New)
		}
		line += strings.Repeat(" +", len(d.Joined)) + strings.Repeat(" -", len(d.Left))
		if d.Restore {
			line += " restore"
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}

func TestR26_AuditReportsWhatOthersChanged(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	b.meddle(t)
	a := b.audit(t, false)
	want := []string{`g1 + -`, `u0 name.familyName:"Family"→"Meddled"`, `u1 userName:"n1"→"somebody"`}
	if got := drifts(a); !slices.Equal(got, want) {
		t.Errorf("drifts %q, want %q", got, want)
	}
	for _, d := range a.Drifts {
		if d.ID == "g1" && (!slices.Equal(d.Joined, []string{"u2"}) || !slices.Equal(d.Left, []string{"u0"})) {
			t.Errorf("%q have joined, %q have left", d.Joined, d.Left)
		}
	}
	if a.Checked != 7 || a.Drifted != 3 || a.Missing != 1 || a.Foreign != 1 || a.Restored+a.Repaired > 0 || a.Warning != "" || a.Good() {
		t.Errorf("audit %+v", a)
	}
	if len(a.Vanished) != 1 || a.Vanished[0].ID != "u5" || len(a.Strangers) != 1 || a.Strangers[0].Name != "root" {
		t.Errorf("vanished %+v, strangers %+v", a.Vanished, a.Strangers)
	}
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("a report has written %q", w)
	}
}

func TestAuditSetsBackWhatTheSettingsSay(t *testing.T) {
	b := pushed(t, provisioner.Settings{
		Drift:   provisioner.DriftEnforce,
		DriftOf: map[string]provisioner.DriftPolicy{"name": provisioner.DriftReport, "userName": provisioner.DriftEnforce},
	})
	b.meddle(t)
	a := b.audit(t, false)
	want := []string{`g1 + - restore`, `u0 name.familyName:"Family"→"Meddled"`, `u1 userName:"n1"→"somebody" restore`}
	if got := drifts(a); !slices.Equal(got, want) || a.Restored != 2 || a.Repaired != 0 {
		t.Errorf("drifts %q, %d restored, %d repaired, want %q", got, a.Restored, a.Repaired, want)
	}
	b.settle(t, "app")
	if u := b.app.user(t, "n1"); u == nil || u["nickName"] == nil {
		t.Errorf("u1 is %v: want the name back and what is not ours kept", u)
	}
	if !slices.Equal(b.app.members(t, "staff"), []string{"n0", "n1"}) {
		t.Errorf("members %q", b.app.members(t, "staff"))
	}
	if users := b.app.remote(t, "/Users"); len(users) != 6 {
		t.Errorf("%d users, want five and root: what is missing is not made again by itself", len(users))
	}
	for _, u := range b.app.remote(t, "/Users") {
		if name, _ := u["name"].(map[string]any); u["externalId"] == "u0" && name["familyName"] != "Meddled" {
			t.Errorf("u0 is %v: its name was to be reported only", u)
		}
	}
	// All is well now, but for what is only reported.
	if a := b.audit(t, false); a.Drifted != 1 || a.Restored != 0 {
		t.Errorf("the audit after it: %+v", a)
	}
}

func TestAuditLeavesIgnoredAttributesAlone(t *testing.T) {
	b := pushed(t, provisioner.Settings{DriftOf: map[string]provisioner.DriftPolicy{
		"name.familyName": provisioner.DriftIgnore, "userName": provisioner.DriftIgnore, "members": provisioner.DriftIgnore,
	}})
	b.meddle(t)
	if a := b.audit(t, false); a.Drifted != 0 || a.Missing != 1 {
		t.Errorf("audit %+v", a)
	}
	must(t, b.resolve(t, "u5", provisioner.ChooseIgnore))
	b.waitState(t, user, "u5", provisioner.LinkIgnored)
	if a := b.audit(t, true); a.Checked != 6 || a.Missing+a.Repaired != 0 {
		t.Errorf("with one ignored: %+v", a)
	}
}

// TestAuditOfAnAppThatWasEmptied does not fill it again without being asked to.
func TestAuditOfAnAppThatWasEmptied(t *testing.T) {
	b := pushed(t, provisioner.Settings{Drift: provisioner.DriftEnforce})
	for _, u := range b.app.remote(t, "/Users") {
		b.app.erase(t, "/Users/"+u["id"].(string))
	}
	b.app.erase(t, b.path(t, provisioner.KindGroup, "g1"))
	b.app.requests()
	a := b.audit(t, false)
	if a.Missing != 7 || !strings.Contains(a.Warning, "lost all 7 resources") {
		t.Errorf("audit %+v", a)
	}
	b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("an audit alone has led to %q", w)
	}
	b.app.requests()
	if a = b.audit(t, true); a.Repaired != 7 || !a.Good() {
		t.Errorf("repairing: %+v", a)
	}
	b.settle(t, "app")
	if got := len(b.app.requests()) - a.Requests; got != 2+6+1 {
		t.Errorf("filling it again took %d requests, want two looks and one for each", got)
	}
	if n := len(b.app.remote(t, "/Users")); n != 6 || !slices.Equal(b.app.members(t, "staff"), []string{"n0", "n1"}) {
		t.Errorf("%d users, members %q", n, b.app.members(t, "staff"))
	}
}

// TestAuditOfAnAppThatWasSetBack recognizes an app that was restored from yesterday's
// backup: all that it was given since is not there, and nothing else.
func TestAuditOfAnAppThatWasSetBack(t *testing.T) {
	b, c := aged(t, provisioner.Settings{Drift: provisioner.DriftEnforce})
	b.replace(t, people(t, 30, nil, nil))
	b.sync(t, "app")
	yesterday := b.app.remote(t, "/Users")
	b.pass(t, c, 25*time.Hour)
	b.putUser(t, "u0", "renamed", true)
	b.putUser(t, "new1", "n31", true)
	b.putUser(t, "new2", "n32", true)
	b.settle(t, "app")
	b.app.patch(t, b.path(t, provisioner.KindUser, "u0"), "userName", "n0")
	b.app.patch(t, b.path(t, provisioner.KindUser, "u0"), `emails[type eq "work"].value`, "n0@acme.example")
	b.app.erase(t, b.path(t, provisioner.KindUser, "new1"))
	b.app.erase(t, b.path(t, provisioner.KindUser, "new2"))
	if len(b.app.remote(t, "/Users")) != len(yesterday) {
		t.Fatal("the app was not set back")
	}
	b.app.requests()
	a := b.audit(t, false)
	if a.Missing != 2 || a.Drifted != 1 || a.Restored != 0 || !strings.Contains(a.Warning, "set back to an earlier state") {
		t.Errorf("audit %+v", a)
	}
	b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("the audit has led to %q", w)
	}
	if a := b.audit(t, true); a.Restored != 1 || a.Repaired != 2 {
		t.Errorf("repairing: %+v", a)
	}
	b.settle(t, "app")
	if b.app.user(t, "renamed") == nil || b.app.user(t, "n31") == nil || b.app.user(t, "n32") == nil {
		t.Errorf("the app has %v", b.app.remote(t, "/Users"))
	}
}

// TestRepairMakesNothingForWhoeverIsNotToHaveIt: that the account of somebody is missing
// who is disabled, or whose group is no more, is made up for by nothing, and all is well
// then.
func TestRepairMakesNothingForWhoeverIsNotToHaveIt(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	b.putUser(t, "u4", "n4", false)
	b.settle(t, "app")
	b.app.erase(t, b.path(t, provisioner.KindUser, "u4"))
	b.app.erase(t, b.path(t, provisioner.KindUser, "u5"))
	b.app.requests()
	a := b.audit(t, true)
	if a.Missing != 2 || a.Repaired != 1 || a.LetGo != 1 || !a.Good() {
		t.Errorf("repairing: %+v", a)
	}
	for _, d := range a.Vanished {
		if d.Restore != (d.ID == "u5") {
			t.Errorf("%s is to be made again: %t", d.ID, d.Restore)
		}
	}
	b.waitState(t, user, "u4", provisioner.LinkSkipped)
	b.waitState(t, user, "u5", provisioner.LinkConverged)
	if w := b.app.writes(); !slices.Equal(w, []string{"POST /Users"}) {
		t.Errorf("writes %q", w)
	}
	if a := b.audit(t, false); !a.Good() || a.Checked != 6 {
		t.Errorf("after it: %+v", a)
	}
}

// TestAuditSetsBackInPart: of one account some is set back and some only told.
func TestAuditSetsBackInPart(t *testing.T) {
	b := pushed(t, provisioner.Settings{Drift: provisioner.DriftEnforce, DriftOf: map[string]provisioner.DriftPolicy{"UserName": provisioner.DriftReport}})
	b.app.patch(t, b.path(t, user, "u1"), "userName", "somebody")
	b.app.patch(t, b.path(t, user, "u1"), "name.familyName", "Else")
	if a := b.audit(t, false); a.Drifted != 1 || a.Restored != 1 || a.Open != 1 || a.Good() {
		t.Errorf("%+v", a)
	}
	b.settle(t, "app")
	if u := b.app.user(t, "somebody"); fmt.Sprint(u["name"]) != "map[familyName:Family givenName:Given]" {
		t.Errorf("the app has %v", u)
	}
}

// TestAuditOfAnAppThatLetsNobodyIn: what says nothing about the one that was asked for
// ends an audit.
func TestAuditOfAnAppThatLetsNobodyIn(t *testing.T) { // R6
	for name, answer := range map[string]http.HandlerFunc{
		"401":       bare(http.StatusUnauthorized),
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		b := pushed(t, provisioner.Settings{Capabilities: map[provisioner.Capability]string{provisioner.List: provisioner.ListNone}})
		b.app.answerWith(on("GET", b.path(t, user, "u5"), answer))
		run, err := b.engine.StartAudit(t.Context(), "app", "", false)
		must(t, err)
		if run, err = b.engine.AwaitRun(t.Context(), run.ID, nil); err != nil || run.State != provisioner.RunFailed {
			t.Errorf("%s: %+v, %v", name, run, err)
		}
	}
}

// TestRepair sets everything back that others have changed, for this once, but for what
// the settings ignore.
func TestRepair(t *testing.T) {
	b := pushed(t, provisioner.Settings{DriftOf: map[string]provisioner.DriftPolicy{"userName": provisioner.DriftIgnore}})
	b.meddle(t)
	if a := b.audit(t, false); a.Open != 3 || a.Finding() != "of 7 users and groups in the app, others have changed 2 and removed 1" {
		t.Errorf("before: %+v, %q", a, a.Finding())
	}
	s, err := b.Status(t.Context(), "app")
	if err != nil || s.Good() || s.Finding == "" || s.FoundAt.IsZero() {
		t.Errorf("the status does not show it: %+v, %v", s, err)
	}
	a := b.audit(t, true)
	if a.Restored != 2 || a.Repaired != 1 || !a.Good() {
		t.Errorf("repairing: %+v", a)
	}
	b.settle(t, "app")
	if a := b.audit(t, false); !a.Good() || a.Missing+a.Drifted != 0 || a.Checked != 7 {
		t.Errorf("after it: %+v", a)
	}
	if b.app.user(t, "somebody") == nil {
		t.Error("the name that was to be ignored was set back")
	}
	if s, err := b.Status(t.Context(), "app"); err != nil || !s.Good() {
		t.Errorf("the status after it: %+v, %v", s, err)
	}
}

// TestRepairOfWhatVanishesAgain makes an account again that vanished twice in a day: a
// person has said so.
func TestRepairOfWhatVanishesAgain(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	for _, name := range []string{"first", "second"} {
		b.app.erase(t, b.path(t, provisioner.KindUser, "u5"))
		b.putUser(t, "u5", name, true)
		b.settle(t, "app")
	}
	b.waitState(t, provisioner.KindUser, "u5", provisioner.LinkFlapping)
	if a := b.audit(t, false); a.Missing != 0 || len(a.Notes) != 1 {
		t.Errorf("audit %+v", a)
	}
	if a := b.audit(t, true); a.Missing != 1 || a.Repaired != 1 {
		t.Errorf("repairing: %+v", a)
	}
	b.settle(t, "app")
	if b.app.user(t, "second") == nil {
		t.Errorf("the app has %v", b.app.remote(t, "/Users"))
	}
}

// TestAuditIsDueOnceADay has the engine look after what is due, a day after a sync.
func TestAuditIsDueOnceADay(t *testing.T) {
	b, c := aged(t, provisioner.Settings{})
	b.putUser(t, "u1", "ada", true)
	b.sync(t, "app")
	audits := func() int {
		t.Helper()
		if err := b.engine.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		runs, err := b.Runs(t.Context(), provisioner.RunQuery{App: "app", Kind: provisioner.RunAudit})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if _, err := b.engine.AwaitRun(t.Context(), r.ID, nil); err != nil {
				t.Fatal(err)
			}
		}
		return len(runs)
	}
	if n := audits(); n != 0 {
		t.Errorf("%d audits right after the first sync", n)
	}
	b.pass(t, c, 25*time.Hour)
	if n := audits(); n != 1 {
		t.Errorf("%d audits after a day, want one", n)
	}
	if n := audits(); n != 1 {
		t.Errorf("%d audits when looked at again, want one", n)
	}
	b.pass(t, c, 25*time.Hour)
	if n := audits(); n != 2 {
		t.Errorf("%d audits after two days, want two", n)
	}
}

func TestAuditThatCannotGoOn(t *testing.T) {
	b := pushed(t, provisioner.Settings{})
	b.app.answerWith(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusInternalServerError)
		return true
	})
	run, err := b.engine.StartAudit(t.Context(), "app", "", false)
	if err != nil {
		t.Fatal(err)
	}
	run, err = b.engine.AwaitRun(t.Context(), run.ID, nil)
	if err != nil || run.State != provisioner.RunFailed || !strings.Contains(run.Error, "500") {
		t.Errorf("%+v, %v", run, err)
	}
}

// TestAuditIsCancelled stops an audit between two requests.
func TestAuditIsCancelled(t *testing.T) {
	b := pushed(t, provisioner.Settings{Drift: provisioner.DriftEnforce})
	b.meddle(t)
	arrived, opened := make(chan struct{}, 10), make(chan struct{})
	b.app.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		arrived <- struct{}{}
		<-opened
		return false
	})
	run, err := b.engine.StartAudit(t.Context(), "app", "", false)
	if err != nil {
		t.Fatal(err)
	}
	<-arrived
	if run, err = b.engine.CancelRun(t.Context(), run.ID); err != nil || run.State != provisioner.RunCancelled {
		t.Fatalf("%+v, %v", run, err)
	}
	close(opened)
	time.Sleep(10 * time.Millisecond)
	b.settle(t, "app")
	if w := b.app.writes(); len(w) > 0 {
		t.Errorf("a cancelled audit has led to %q", w)
	}
}

// TestMovedAppIsAudited: whether an app that is saved with another address has what it was
// given, or is another one, is found out at once and not at the end of the day.
func TestMovedAppIsAudited(t *testing.T) {
	t.Parallel()
	b := pushed(t, provisioner.Settings{})
	audits := func() []provisioner.Run {
		t.Helper()
		runs, err := b.Runs(t.Context(), provisioner.RunQuery{App: "app", Kind: provisioner.RunAudit})
		if err != nil {
			t.Fatal(err)
		}
		return runs
	}
	if b.connect(t, "app", b.app); len(audits()) != 0 {
		t.Errorf("an app that is where it was is audited: %+v", audits())
	}
	b.connect(t, "app", newDoor(t))
	runs := audits()
	if len(runs) != 1 {
		t.Fatalf("an app that has moved has the audits %+v", runs)
	}
	run, err := b.engine.AwaitRun(t.Context(), runs[0].ID, nil)
	if err != nil || run.State != provisioner.RunDone || run.Audit.Missing != 7 || !strings.Contains(run.Audit.Warning, "is another one") {
		t.Fatalf("the audit of an app that has lost all found %+v, %v", run.Audit, err)
	}
	status, err := b.Status(t.Context(), "app")
	if err != nil || status.Good() || !strings.Contains(status.Finding, "is another one") {
		t.Errorf("its status is %+v, %v", status, err)
	}
}
