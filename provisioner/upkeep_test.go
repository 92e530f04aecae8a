package provisioner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// TestRediscoveryOfOneHoldsUpNoOther: an app that cannot be asked what it says about
// itself is no reason to ask no other.
func TestRediscoveryOfOneHoldsUpNoOther(t *testing.T) {
	r := newRig(t, rigConfig{publicOnly: true})
	names := []string{"a", "b", "c"}
	for _, name := range names {
		r.connect(name, newMoody(t), provisioner.Settings{PrivateNetwork: true})
	}
	r.put(2, "first", nil)
	for _, name := range names {
		r.settle(name)
	}
	if err := r.UpdateApp(t.Context(), "a", func(a *provisioner.App) { a.Settings.PrivateNetwork = false }); err != nil {
		t.Fatal(err)
	}
	r.advance(25 * time.Hour)
	if err := r.engine.Tend(t.Context()); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("of the app that may not be reached it is told %v", err)
	}
	for _, name := range names {
		if asked := !r.app(name).Learned.DiscoveredAt.IsZero(); asked != (name != "a") {
			t.Errorf("app %s was asked what it says about itself: %t", name, asked)
		}
	}
}

// TestEngineForgets: what the engine keeps in memory of runs and of apps' lists goes
// when nobody needs it any more.
func TestEngineForgets(t *testing.T) {
	r := newRig(t, rigConfig{})
	app := newMoody(t)
	app.seedForeign()
	r.put(3, "first", nil)
	r.connect("app", app, provisioner.Settings{Start: provisioner.StartReview})
	run, err := r.engine.StartSync(t.Context(), "app", "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = r.engine.AwaitRun(t.Context(), run.ID, nil); err != nil || run.State != provisioner.RunDone {
		t.Fatalf("%+v, %v", run, err)
	}
	if _, lists := r.engine.Kept(); lists != 1 {
		t.Fatalf("after a first sync %d lists are kept, want that of users", lists)
	}
	r.audit(false)
	r.until("no run is kept", func() bool { runs, _ := r.engine.Kept(); return runs == 0 })
	r.advance(2 * time.Hour)
	r.tend()
	if _, lists := r.engine.Kept(); lists != 0 {
		t.Errorf("two hours later %d lists are kept, want none", lists)
	}
}

// TestEngineForgetsApps: nothing of an app that was removed stays in memory, and no
// secret that an app does not have any more.
func TestEngineForgetsApps(t *testing.T) {
	m := newGuarded(t)
	m.seedForeign()
	r := newRig(t, rigConfig{})
	r.put(3, "a", nil)
	for _, name := range []string{"gone", "changed", "same"} {
		app := m.oauth("s3cret/+")
		app.Name = name
		r.save(app)
		run, err := r.engine.StartSync(t.Context(), name, "test", time.Minute)
		must(t, err)
		if run, err = r.engine.AwaitRun(t.Context(), run.ID, nil); err != nil || run.State != provisioner.RunDone {
			t.Fatalf("%+v, %v", run, err)
		}
	}
	all := "tokens pace requests probe list"
	for _, name := range []string{"gone", "changed", "same"} {
		if got := strings.Join(r.engine.KeptOf(name), " "); got != all {
			t.Errorf("of %s %q is kept, want %q", name, got, all)
		}
	}
	_, err := r.engine.Remove(t.Context(), "gone", provisioner.PartLeave, false)
	must(t, err)
	must(t, r.engine.Pause(t.Context(), "changed", "")) // nothing is sent to it
	r.save(provisioner.App{Name: "changed", Endpoint: m.URL(), Basic: &provisioner.BasicLogin{Username: "ann", Password: "pass:wörd"}})
	must(t, r.engine.Check(t.Context(), provisioner.App{Name: "unsaved", Endpoint: m.URL(), OAuth: m.oauth("s3cret/+").OAuth}))
	r.advance(time.Hour)
	r.tend()
	for name, want := range map[string]string{"gone": "", "changed": "pace requests probe list", "same": all, "unsaved": ""} {
		if got := strings.Join(r.engine.KeptOf(name), " "); got != want {
			t.Errorf("of %s %q is kept, want %q", name, got, want)
		}
	}
}
