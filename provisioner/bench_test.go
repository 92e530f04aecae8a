package provisioner_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/store"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// A course is a whole engine to measure, and apps: tenants of a mock, each at an
// address of its own as apps are.
type course struct {
	*store.Store
	engine  *provisioner.Engine
	workers []*provisioner.Engine // that one and the others on its database
	mock    *mocktarget.Server
	server  *http.Server
	bytes   atomic.Int64   // have gone over the wires, both ways
	writes  chan time.Time // when writes arrived at the mock; while it is full they are not noted
}

// newCourse starts an engine on a database, and a mock whose answers take a time.
func newCourse(b *testing.B, database string, latency time.Duration) *course {
	b.Helper()
	config := mocktarget.Config{
		Journal: mocktarget.JournalConfig{Off: true},
		Limits:  mocktarget.Limits{Tenants: 1000},
	}
	if latency > 0 {
		config.Settings.Faults = []fault.Rule{{Kind: fault.Latency, Milliseconds: int(latency.Milliseconds()), Times: -1}}
	}
	c := &course{writes: make(chan time.Time, 1000)}
	var err error
	if c.mock, err = mocktarget.New(config); err != nil {
		b.Fatal(err)
	}
	c.server = &http.Server{Handler: c, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)}
	b.Cleanup(func() { _ = c.server.Close() })
	c.Store, c.engine = c.work(b, database)
	return c
}

// work starts an engine on a database, as one of several processes does on PostgreSQL.
func (c *course) work(b *testing.B, database string) (*store.Store, *provisioner.Engine) {
	b.Helper()
	s := storetest.Open(b, database)
	engine := provisioner.New(provisioner.Config{Store: s})
	q, err := queue.Start(b.Context(), queue.Config{Store: s, Engine: engine})
	must(b, err)
	b.Cleanup(func() {
		if err := q.Stop(b.Context()); err != nil {
			b.Error(err)
		}
	})
	c.workers = append(c.workers, engine)
	return s, engine
}

// ServeHTTP passes requests on to the mock.
func (c *course) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		select {
		case c.writes <- time.Now():
		default:
		}
	}
	c.mock.ServeHTTP(w, r)
}

// A wire counts the bytes that go over it.
type wire struct {
	net.Conn
	bytes *atomic.Int64
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.bytes.Add(int64(n))
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.bytes.Add(int64(n))
	return n, err
}

// wires accepts wires.
type wires struct {
	net.Listener
	bytes *atomic.Int64
}

func (l wires) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wire{conn, l.bytes}, nil
}

// connect connects an app that is a tenant of the mock.
func (c *course) connect(b *testing.B, name string, settings provisioner.Settings) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	go func() { _ = c.server.Serve(wires{listener, &c.bytes}) }()
	settings.Guard.Off, settings.PrivateNetwork = true, true
	must(b, c.PutApp(b.Context(), provisioner.App{
		Name: name, Endpoint: fmt.Sprintf("http://%s/t/%s/scim/v2", listener.Addr(), name), Token: c.mock.Token(), Settings: settings,
	}))
}

// multiply connects further apps until there are n, which hold what an app holds.
func (c *course) multiply(b *testing.B, app string, n int) (names []string) {
	b.Helper()
	original, err := c.App(b.Context(), app)
	must(b, err)
	names = []string{app}
	for i := 1; i < n; i++ {
		name := fmt.Sprintf("%s-%d", app, i)
		names = append(names, name)
		_, err := c.mock.Fork(app, name)
		must(b, err)
		c.connect(b, name, original.Settings)
		must(b, c.UpdateApp(b.Context(), name, func(a *provisioner.App) {
			a.Learned, a.Limit, a.Synced, a.Started = original.Learned, original.Limit, original.Synced, true
			a.Resume()
		}))
	}
	// Rows are made in the order in which they are kept: two million take long enough.
	c.copyRows(b, "link", app, "link CROSS JOIN app a")
	c.copyRows(b, "holding", app, "app a CROSS JOIN holding")
	c.copyRows(b, "link_member", app, "app a CROSS JOIN link_member")
	return names
}

// copyRows copies the rows that a table has of an app to all others.
func (c *course) copyRows(b *testing.B, table, app, order string) {
	b.Helper()
	rows, err := c.DB().QueryContext(b.Context(), "SELECT * FROM "+table+" LIMIT 0")
	must(b, err)
	columns, err := rows.Columns()
	must(b, err)
	must(b, rows.Close())
	into := strings.Join(columns, ", ")
	for i, column := range columns {
		columns[i] = table + "." + column
	}
	columns[slices.Index(columns, table+".app")] = "a.name"
	_, err = c.DB().ExecContext(b.Context(), "INSERT INTO "+table+" ("+into+") SELECT "+strings.Join(columns, ", ")+" FROM "+order+" WHERE "+table+".app = $1 AND a.name <> $1", app)
	must(b, err)
}

// sync pushes everything to an app.
func (c *course) sync(b *testing.B, app string) {
	b.Helper()
	_, err := c.engine.Sync(b.Context(), app)
	must(b, err)
	c.settle(b, app)
}

// settle waits until apps hold everything.
func (c *course) settle(b *testing.B, apps ...string) {
	b.Helper()
	for _, app := range apps {
		for {
			p, err := c.Progress(b.Context(), app)
			must(b, err)
			if p.Total > 0 && p.Settled == p.Total {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// requests counts the requests that were made to apps.
func (c *course) requests(apps ...string) (n int) {
	for _, app := range apps {
		for _, engine := range c.workers {
			n += engine.Requests(app)
		}
	}
	return n
}

// forget drops the notes of writes that have arrived.
func (c *course) forget() {
	for len(c.writes) > 0 {
		<-c.writes
	}
}

// employee is a user with as many attributes as people have.
func employee(i int, title string) provisioner.User {
	id := fmt.Sprintf("u%06d", i)
	text := fmt.Sprintf(`{"userName": "%s@acme.example", "displayName": "Given Family%d", "title": %q, "active": true,
		"name": {"givenName": "Given", "familyName": "Family%d"}, "emails": [{"value": "%s@acme.example", "type": "work", "primary": true}],
		"%s": {"department": "Department %d", "employeeNumber": "%d", "manager": {"value": "u%06d"}}}`,
		id, i, title, i, id, scim.EnterpriseUserSchema, i%40, i, i/10)
	o, err := scim.ParseObject([]byte(text))
	if err != nil {
		panic(err)
	}
	return provisioner.User{ID: id, Attributes: o}
}

// company is a directory of users and of groups of a hundred of them.
func company(users, groups int) *provisioner.Directory {
	d := &provisioner.Directory{}
	for i := range users {
		d.Users = append(d.Users, employee(i, "Engineer"))
	}
	for g := range groups {
		group := provisioner.Group{ID: fmt.Sprintf("g%04d", g), Attributes: scim.NewObject(scim.Field{Name: "displayName", Value: fmt.Sprint("Group ", g)})}
		for i := range 100 {
			group.Members = append(group.Members, fmt.Sprintf("u%06d", (g*100+i)%users))
		}
		d.Groups = append(d.Groups, group)
	}
	return d
}

// percentile returns the time that a share of the times does not exceed.
func percentile(times []time.Duration, share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// cpuTime returns the processor time that the process has used, of engine, mock and
// measuring together, 0 where the system does not say. It suffers less than the clock
// from what else runs on a machine.
func cpuTime() time.Duration {
	text, _ := os.ReadFile("/proc/self/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * (time.Second / 100)
}
