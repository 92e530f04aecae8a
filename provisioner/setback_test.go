package provisioner_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// audit has the app audited and returns what was found.
func (r *rig) audit(repair bool) *provisioner.Audit {
	r.t.Helper()
	run, err := r.engine.StartAudit(r.t.Context(), "app", "test", repair)
	if err != nil {
		r.t.Fatal(err)
	}
	if run, err = r.engine.AwaitRun(r.t.Context(), run.ID, nil); err != nil || run.State != provisioner.RunDone {
		r.t.Fatalf("%+v, %v", run, err)
	}
	return run.Audit
}

// TestAppThatWasRestoredFromABackup tells an app that was set back to an earlier state
// from one in which others have changed something, whatever has happened before and
// since.
func TestAppThatWasRestoredFromABackup(t *testing.T) {
	const setBack = "it was set back to an earlier state"
	for _, test := range []struct {
		name string
		// people is how many there are, 0 for 20, and changed how many of them change
		// after the backup. disturbed says that others have changed one before, later how
		// many change after the app was set back.
		people    int
		changed   int
		disturbed bool
		later     int
		restore   bool
		want      string
	}{
		{name: "the newest are lost", changed: 3, restore: true, want: "since 2026-01-02 01:00:00, and what is from before: " + setBack},
		{name: "and others have changed one before", changed: 6, disturbed: true, restore: true, want: "since 2026-01-02 01:00:00"},
		{name: "and some have arrived since", changed: 6, later: 2, restore: true, want: "from 2026-01-02 01:00:00 to 2026-01-02 01:00:00"},
		{name: "too few to tell", changed: 1, restore: true},
		{name: "most of a few, by chance perhaps", people: 6, changed: 4, restore: true},
		{name: "one was changed", changed: 6, disturbed: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMoody(t)
			r := newRig(t, rigConfig{clock: &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}})
			r.connect("app", m, provisioner.Settings{Drift: provisioner.DriftEnforce})
			people := cmp.Or(test.people, 20)
			r.put(people, "a", nil)
			r.putGroup("g1", 0, people)
			r.settle("app")
			backup := m.tenant.Snapshot()
			r.advance(25*time.Hour, "app")
			for i := range test.changed {
				// One is disabled: the group is looked at, and keeps its member.
				if err := r.PutUser(t.Context(), titled(t, i, "b", i > 0)); err != nil {
					t.Fatal(err)
				}
			}
			r.settle("app")
			if test.restore {
				if err := m.tenant.Restore(backup); err != nil {
					t.Fatal(err)
				}
			}
			if test.disturbed {
				app := &door{url: m.URL(), token: m.Token()}
				app.patch(t, "/Users/"+r.link("u19").RemoteID, "title", "changed by others")
			}
			r.advance(time.Hour, "app")
			for i := range test.later {
				r.putUser(10+i, "c")
			}
			r.settle("app")
			a := r.audit(false)
			if test.want == "" {
				if a.Warning != "" || a.Restored != a.Drifted {
					t.Errorf("the audit warns: %+v", a)
				}
				return
			}
			if !strings.Contains(a.Warning, test.want) || a.Restored > 0 {
				t.Errorf("the audit is %+v, want a warning of %q and nothing set back", a, test.want)
			}
			if a := r.audit(true); a.Restored != a.Drifted || !a.Good() {
				t.Errorf("repairing: %+v", a)
			}
			r.settle("app")
			if a := r.audit(false); !a.Good() || a.Drifted > 0 {
				t.Errorf("after it: %+v", a)
			}
		})
	}
}
