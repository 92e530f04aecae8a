package provisioner_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
)

// A bell keeps the alerts that were raised.
type bell struct {
	mu     sync.Mutex
	alerts []provisioner.Alert
}

func (b *bell) ring(_ context.Context, a provisioner.Alert) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alerts = append(b.alerts, a)
}

// wantAlerts wants these alerts, by what each has in its text, since it was last asked.
func (r *rig) wantAlerts(b *bell, topic provisioner.Topic, texts ...string) {
	r.t.Helper()
	for range 3 { // once is enough, however often it is looked
		r.advance(10 * time.Second)
		r.tend()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.EqualFunc(b.alerts, texts, func(a provisioner.Alert, text string) bool {
		return a.App == "app" && a.Topic == topic && strings.Contains(a.Text, text)
	}) {
		r.t.Errorf("alerts %+v, want %q", b.alerts, texts)
	}
	b.alerts = nil
}

// TestR27_AlertsGrowLouder: that an app refuses its token is told once, and again after
// an hour, a day and a week; the next time is a new one.
func TestR27_AlertsGrowLouder(t *testing.T) {
	m, b := newMoody(t), &bell{}
	r := newRig(t, rigConfig{engine: provisioner.Config{Alert: b.ring}})
	r.connect("app", m, provisioner.Settings{})
	r.put(3, "a", nil)
	r.settle("app")
	r.wantAlerts(b, "")
	refuse := fault.Rule{Kind: fault.Status, Status: 401, Times: -1}
	m.fail(refuse)
	r.put(3, "b", nil)
	r.paused("app", provisioner.PauseAuth)
	r.wantAlerts(b, provisioner.TopicPaused, "refuses the token")
	r.advance(50 * time.Minute)
	r.wantAlerts(b, provisioner.TopicPaused)
	r.advance(10 * time.Minute)
	r.wantAlerts(b, provisioner.TopicPaused, "save a valid one")
	r.advance(23 * time.Hour)
	r.wantAlerts(b, provisioner.TopicPaused, "refuses the token")
	r.advance(6 * 24 * time.Hour)
	r.wantAlerts(b, provisioner.TopicPaused, "refuses the token")
	r.advance(60 * 24 * time.Hour)
	r.wantAlerts(b, provisioner.TopicPaused)

	m.fail()
	r.advance(15 * time.Minute)
	r.tend()
	r.advance(time.Second, "app")
	r.settle("app")
	r.wantAlerts(b, provisioner.TopicPaused)
	m.fail(refuse)
	r.put(3, "c", nil)
	r.paused("app", provisioner.PauseAuth)
	r.wantAlerts(b, provisioner.TopicPaused, "refuses the token")
}

// TestR27_TokenExpires: it is told in time that a token expires.
func TestR27_TokenExpires(t *testing.T) {
	m, b := newMoody(t), &bell{}
	r := newRig(t, rigConfig{engine: provisioner.Config{Alert: b.ring}})
	expires := r.clock.Now().Add(40 * 24 * time.Hour)
	notice := func() string {
		s, err := r.Status(t.Context(), "app")
		if err != nil {
			t.Fatal(err)
		}
		if expired := strings.Contains(s.Notice, "has expired"); s.Good() == expired {
			t.Errorf("good is %t while the status says %q", s.Good(), s.Notice)
		}
		return s.Notice
	}
	r.connect("app", m, provisioner.Settings{TokenExpires: expires})
	r.wantAlerts(b, "")
	if n := notice(); n != "" {
		t.Errorf("40 days ahead the status says %q", n)
	}
	on := "expires on " + expires.UTC().Format(time.DateOnly)
	for _, left := range []int{30, 7, 1} {
		r.advance(expires.Sub(r.clock.Now()) - time.Duration(left)*24*time.Hour)
		r.wantAlerts(b, provisioner.TopicToken, on)
		if n := notice(); !strings.Contains(n, on) {
			t.Errorf("%d days ahead the status says %q", left, n)
		}
	}
	r.advance(24 * time.Hour)
	r.wantAlerts(b, provisioner.TopicToken, "has expired")
	if n := notice(); !strings.Contains(n, "has expired on") {
		t.Errorf("on the day itself the status says %q", n)
	}
	r.connect("app", m, provisioner.Settings{TokenExpires: r.clock.Now().Add(5 * 24 * time.Hour)})
	r.wantAlerts(b, provisioner.TopicToken, "expires on")
	r.connect("app", m, provisioner.Settings{})
	r.wantAlerts(b, provisioner.TopicToken)
	if n := notice(); n != "" {
		t.Errorf("with another token the status says %q", n)
	}
}

// TestR3_HeldWorkIsTold: somebody is told that goodbyes wait for a person.
func TestR3_HeldWorkIsTold(t *testing.T) {
	m, b := newMoody(t), &bell{}
	r := newRig(t, rigConfig{engine: provisioner.Config{Alert: b.ring}})
	if err := r.PutApp(t.Context(), provisioner.App{Name: "app", Endpoint: m.URL(), Token: m.Token()}); err != nil {
		t.Fatal(err)
	}
	r.put(8, "a", nil)
	r.settle("app")
	r.put(8, "a", func(i int) bool { return i < 7 })
	r.until("all goodbyes are held", func() bool {
		p, err := r.Progress(t.Context(), "app")
		return err == nil && p.Held == 7
	})
	r.wantAlerts(b, provisioner.TopicHeld, "7 accounts and groups")
	r.advance(time.Hour)
	r.wantAlerts(b, provisioner.TopicHeld, "approve or reject")
	if _, err := r.Store.Approve(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	r.settle("app")
	r.wantAlerts(b, provisioner.TopicHeld)
}

// TestFailingAuditIsTold: an app that cannot be audited needs somebody, who is told so
// once and not for each day again, until it was audited.
func TestFailingAuditIsTold(t *testing.T) {
	m, b := newMoody(t), &bell{}
	r := newRig(t, rigConfig{engine: provisioner.Config{Alert: b.ring}})
	r.connect("app", m, provisioner.Settings{})
	r.put(10, "a", nil)
	if _, err := r.engine.Sync(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	r.settle("app")
	status := func() *provisioner.Status {
		s, err := r.Status(t.Context(), "app")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	// A day later the audit has an end that is not that of the one before.
	audited := func(failure string) {
		t.Helper()
		was := status()
		r.advance(25*time.Hour, "app")
		r.tend()
		r.until("the app was audited, and that says "+failure, func() bool {
			s := status()
			return (s.FoundAt.After(was.FoundAt) || s.AuditFailedAt.After(was.AuditFailedAt)) &&
				strings.HasPrefix(s.AuditFailure, failure) && s.Good() == (s.AuditFailure == "")
		})
	}
	m.fail(fault.Rule{Kind: fault.Status, Status: 500, Method: http.MethodGet, Times: -1})
	audited("the audit failed: the app could not be read: ")
	if f := status().AuditFailure; strings.ContainsAny(f, "\n\t") || !strings.Contains(f, "500") {
		t.Errorf("the status says %q", f)
	}
	r.wantAlerts(b, provisioner.TopicAudit, "could not be read")
	audited("the audit failed")
	r.wantAlerts(b, provisioner.TopicAudit, "could not be read") // it has lasted a day
	audited("the audit failed")
	r.wantAlerts(b, provisioner.TopicAudit)
	m.fail()
	audited("")
	if s := status(); !s.Good() {
		t.Errorf("the status is %+v", s)
	}
	r.wantAlerts(b, provisioner.TopicAudit)
}
