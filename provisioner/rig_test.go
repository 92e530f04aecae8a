package provisioner_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// A rig is a whole engine against mocks that go wrong as they are told, with a clock
// that stands until it is moved.
type rig struct {
	*store.Store
	t      *testing.T
	engine *provisioner.Engine
	queue  *queue.Queue
	clock  *clock
}

// A clock goes on only by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// A rigConfig says how a rig differs from the usual one.
type rigConfig struct {
	database string  // empty means a new file
	db       *sql.DB // in place of it, one that is open
	clock    *clock  // nil means a new one
	realTime bool    // it goes on by itself
	// publicOnly leaves it to the apps' settings whether they may be on this machine.
	publicOnly bool
	engine     provisioner.Config
	queue      queue.Config
	// wrap returns the store as the engine is to see it. Nil means as it is.
	wrap func(provisioner.Store) provisioner.Store
}

func newRig(t *testing.T, config rigConfig) *rig {
	t.Helper()
	if config.database == "" {
		config.database = storetest.SQLite(t)
	}
	if config.clock == nil {
		config.clock = &clock{now: time.Now().Truncate(time.Millisecond)}
	}
	r := &rig{t: t, clock: config.clock}
	now := r.clock.Now
	if config.realTime {
		now = time.Now
	}
	var err error
	opened := store.Config{Database: config.database, DB: config.db, Key: []byte(storetest.Key), Now: now}
	if config.db != nil {
		opened.Database = ""
	}
	r.Store, err = store.Open(t.Context(), opened)
	if err != nil {
		t.Fatal(err)
	}
	config.engine.Store, config.engine.Now = r.Store, now
	if config.wrap != nil {
		config.engine.Store = config.wrap(r.Store)
	}
	config.engine.PrivateNetwork = !config.publicOnly
	r.engine = provisioner.New(config.engine)
	config.queue.Store, config.queue.Engine = r.Store, r.engine
	if r.queue, err = queue.Start(t.Context(), config.queue); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stop)
	return r
}

// stop ends the engine as a process does that is told to.
func (r *rig) stop() {
	if r.queue == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.t.Context()), time.Second)
	defer cancel()
	if err := r.queue.Stop(ctx); err != nil {
		r.t.Error(err)
	}
	if err := r.Close(); err != nil {
		r.t.Error(err)
	}
	r.queue = nil
}

// advance moves the clock on and has the app looked at again.
func (r *rig) advance(d time.Duration, apps ...string) {
	r.t.Helper()
	r.clock.mu.Lock()
	r.clock.now = r.clock.now.Add(d)
	r.clock.mu.Unlock()
	for _, app := range apps {
		if err := r.UpdateApp(r.t.Context(), app, func(*provisioner.App) {}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// connect connects an app that was not connected before.
func (r *rig) connect(name string, m *moody, settings provisioner.Settings) {
	r.t.Helper()
	r.connectTo(name, m.URL(), m.Token(), settings)
}

func (r *rig) connectTo(name, url, token string, settings provisioner.Settings) {
	r.t.Helper()
	settings.Guard.Off = true
	if err := r.PutApp(r.t.Context(), provisioner.App{Name: name, Endpoint: url, Token: token, Settings: settings}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) links(app string) []provisioner.Link {
	r.t.Helper()
	links, err := r.AppLinks(r.t.Context(), app)
	if err != nil {
		r.t.Fatal(err)
	}
	return links
}

// link returns the app's link to a user.
func (r *rig) link(subject string) *provisioner.Link {
	r.t.Helper()
	w, err := r.Load(r.t.Context(), provisioner.Key{App: "app", Kind: provisioner.KindUser, Subject: subject})
	if err != nil {
		r.t.Fatal(err)
	}
	return &w.Link
}

// claimed counts the app's attempts that are under way.
func (r *rig) claimed(app string) (n int) {
	r.t.Helper()
	if err := r.DB().QueryRowContext(r.t.Context(), "SELECT COUNT(*) FROM link WHERE app = $1 AND worker <> ''", app).Scan(&n); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// putUser gives one user a title.
func (r *rig) putUser(i int, title string) {
	r.t.Helper()
	if err := r.PutUser(r.t.Context(), titled(r.t, i, title, true)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) app(name string) *provisioner.App {
	r.t.Helper()
	app, err := r.Store.App(r.t.Context(), name)
	if err != nil {
		r.t.Fatal(err)
	}
	return app
}

// put puts users u0, u1 … of a title into the directory, all at a time.
func (r *rig) put(n int, title string, disabled func(i int) bool) {
	r.t.Helper()
	d := &provisioner.Directory{}
	for i := range n {
		d.Users = append(d.Users, titled(r.t, i, title, disabled == nil || !disabled(i)))
	}
	if err := r.ReplaceDirectory(r.t.Context(), d); err != nil {
		r.t.Fatal(err)
	}
}

func titled(t *testing.T, i int, title string, active bool) provisioner.User {
	t.Helper()
	return provisioner.User{ID: fmt.Sprint("u", i), Attributes: attributes(t, `{"userName": "n%d", "title": %q, "active": %t}`, i, title, active)}
}

// settle waits until all links of the app are settled.
func (r *rig) settle(app string) {
	r.t.Helper()
	r.until("all links of "+app+" are settled", func() bool {
		p, err := r.Progress(r.t.Context(), app)
		return err == nil && p.Total > 0 && p.Settled == p.Total
	})
}

// until waits for a condition, and tells how the links are if it does not come true.
func (r *rig) until(what string, condition func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().Before(deadline) {
			continue
		}
		apps, _ := r.Apps(r.t.Context())
		for _, app := range apps {
			r.t.Logf("app %s is %s %q, limit %+v", app.Name, app.State, app.Reason, app.Limit)
			links, _ := r.AppLinks(r.t.Context(), app.Name)
			links = slices.DeleteFunc(links, func(l provisioner.Link) bool { return l.State.Settled() })
			for _, l := range links[:min(len(links), 20)] {
				r.t.Logf("  %s is %s after %d attempts, %q", l.Key, l.State, l.Attempts, l.LastError)
			}
		}
		r.t.Fatalf("it does not come true that %s", what)
	}
}

// A moody is an app that goes wrong as it is told.
type moody struct {
	*mocktargettest.Target
	t      *testing.T
	tenant *mocktarget.Tenant
	// foreign is an account of somebody else's, nil if there is none.
	foreign *scim.Object
}

// seedForeign makes an account that nobody in the directory knows of.
func (m *moody) seedForeign() {
	m.t.Helper()
	m.Seed(`{"Users": [{"userName": "somebody.else", "externalId": "x", "title": "not ours", "active": true}]}`)
	m.foreign = m.tenant.Resources("User")[0]
}

func newMoody(t *testing.T, rules ...fault.Rule) *moody {
	t.Helper()
	target := mocktargettest.New(t, mocktargettest.WithConfig(mocktarget.Config{Settings: mocktarget.Settings{Faults: rules}}),
		mocktargettest.WithJournalTail(0))
	return &moody{Target: target, t: t, tenant: target.Server().Tenant(mocktarget.DefaultTenant)}
}

// fail makes the mock go wrong from now on; without rules all goes well again.
func (m *moody) fail(rules ...fault.Rule) {
	m.t.Helper()
	if err := m.tenant.Configure(func(s *mocktarget.Settings) { s.Faults = rules }); err != nil {
		m.t.Fatal(err)
	}
}

// requests returns what the mock was asked since the journal was last cleared.
func (m *moody) requests() (list []string) {
	for _, e := range m.tenant.Journal() {
		list = append(list, strings.TrimSpace(e.Request.Method+" "+strings.TrimPrefix(e.Request.URL, "/scim/v2")))
	}
	return list
}

// made counts how often the mock has made each resource, by externalId.
func (m *moody) made() map[string]int {
	made := map[string]int{}
	for _, e := range m.tenant.Journal() {
		for _, c := range e.Changes {
			var after struct{ ExternalID string }
			if c.Before == nil && json.Unmarshal(c.After, &after) == nil {
				made[after.ExternalID]++
			}
		}
	}
	return made
}

// wantUsers checks that the mock holds exactly the users u0, u1 … of a title, each
// once.
func (m *moody) wantUsers(n int, title string, active func(i int) bool) {
	m.t.Helper()
	held := map[string][]string{}
	foreign := m.foreign == nil
	for _, u := range m.tenant.Resources("User") {
		if m.foreign != nil && u.ID() == m.foreign.ID() {
			foreign = scim.Equal(u, m.foreign)
			continue
		}
		is, _ := u.Bool("active")
		held[u.ExternalID()] = append(held[u.ExternalID()], fmt.Sprintf("%s %s %t", u.String("userName"), u.String("title"), is))
	}
	for i := range n {
		id := fmt.Sprint("u", i)
		want := fmt.Sprintf("n%d %s %t", i, title, active == nil || active(i))
		if got := held[id]; !slices.Equal(got, []string{want}) {
			m.t.Errorf("the app holds %q for %s, want %q once", got, id, want)
		}
		delete(held, id)
	}
	if len(held) > 0 {
		m.t.Errorf("the app also holds %v", held)
	}
	if !foreign {
		m.t.Error("somebody else's account is not what it was")
	}
}

// wantMembers checks that a group has exactly the users from one number up to another.
func (m *moody) wantMembers(group string, from, to int) {
	m.t.Helper()
	names := map[string]string{}
	for _, u := range m.tenant.Resources("User") {
		names[u.ID()] = u.ExternalID()
	}
	var got, want []string
	for _, g := range m.tenant.Resources("Group") {
		if g.ExternalID() != group {
			continue
		}
		for _, v := range g.Array("members") {
			got = append(got, names[v.(*scim.Object).String("value")])
		}
	}
	for i := from; i < to; i++ {
		want = append(want, fmt.Sprint("u", i))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		m.t.Errorf("group %s has %q, want u%d to u%d", group, got, from, to-1)
	}
}

func busy(status int, retryAfter string) fault.Rule {
	return fault.Rule{Kind: fault.Status, Status: status, RetryAfter: retryAfter, Method: http.MethodPatch}
}
