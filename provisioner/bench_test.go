package provisioner_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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

// A course is a whole engine and a mock to measure.
type course struct {
	*store.Store
	engine *provisioner.Engine
	mock   *mocktarget.Server
	url    string
}

// newCourse starts an engine on a database, and a mock whose answers take a time.
func newCourse(b *testing.B, database string, latency time.Duration) *course {
	b.Helper()
	config := mocktarget.Config{Journal: mocktarget.JournalConfig{Off: true}}
	if latency > 0 {
		config.Settings.Faults = []fault.Rule{{Kind: fault.Latency, Milliseconds: int(latency.Milliseconds()), Times: -1}}
	}
	c := &course{}
	var err error
	if c.mock, err = mocktarget.New(config); err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: c.mock, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	c.url = "http://" + listener.Addr().String()
	c.Store = storetest.Open(b, database)
	c.engine = provisioner.New(provisioner.Config{Store: c.Store, PrivateNetwork: true})
	q, err := queue.Start(b.Context(), queue.Config{Store: c.Store, Engine: c.engine})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := q.Stop(b.Context()); err != nil {
			b.Error(err)
		}
	})
	return c
}

// connect connects apps, each a tenant of the mock.
func (c *course) connect(b *testing.B, n int, settings provisioner.Settings) (names []string) {
	b.Helper()
	settings.Guard.Off = true
	for i := range n {
		app := provisioner.App{
			Name: fmt.Sprintf("app%03d", i), Endpoint: fmt.Sprintf("%s/t/app%03d/scim/v2", c.url, i),
			Token: c.mock.Token(), Settings: settings,
		}
		if err := c.PutApp(b.Context(), app); err != nil {
			b.Fatal(err)
		}
		names = append(names, app.Name)
	}
	return names
}

// employee is a user as directories have them.
func employee(i int, title string) provisioner.User {
	name := fmt.Sprintf("user%06d", i)
	return provisioner.User{ID: fmt.Sprintf("u%06d", i), Attributes: scim.ObjectFromMap(map[string]any{
		"userName": name, "displayName": "Given " + name, "title": title, "active": true,
		"name":   map[string]any{"givenName": "Given", "familyName": name},
		"emails": []any{map[string]any{"value": name + "@acme.example", "type": "work", "primary": true}},
	})}
}

// company is a directory of users and of groups of a hundred of them.
func company(users, groups int) *provisioner.Directory {
	d := &provisioner.Directory{}
	for i := range users {
		d.Users = append(d.Users, employee(i, "Engineer"))
	}
	for g := range groups {
		group := provisioner.Group{ID: fmt.Sprintf("g%03d", g), Attributes: scim.ObjectFromMap(map[string]any{"displayName": fmt.Sprintf("Group %d", g)})}
		for i := range 100 {
			group.Members = append(group.Members, fmt.Sprintf("u%06d", (g*100+i)%users))
		}
		d.Groups = append(d.Groups, group)
	}
	return d
}

// settle waits until an app holds everything.
func (c *course) settle(b *testing.B, app string) {
	b.Helper()
	for {
		p, err := c.Progress(b.Context(), app)
		if err != nil {
			b.Fatal(err)
		}
		if p.Total > 0 && p.Settled == p.Total {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// BenchmarkFirstSync pushes a directory into an empty app whose answers take 20 ms.
// It reports the time by what it would be if nothing but the answers took any, with as
// many requests at a time as there may be.
func BenchmarkFirstSync(b *testing.B) {
	const users, groups, latency = 10_000, 100, 20 * time.Millisecond
	for _, concurrency := range []int{16} {
		b.Run(fmt.Sprint("concurrency=", concurrency), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				c := newCourse(b, storetest.SQLite(b), latency)
				if err := c.ReplaceDirectory(b.Context(), company(users, groups)); err != nil {
					b.Fatal(err)
				}
				app := c.connect(b, 1, provisioner.Settings{Concurrency: concurrency})[0]
				b.StartTimer()
				began := time.Now()
				if _, err := c.engine.Sync(b.Context(), app); err != nil {
					b.Fatal(err)
				}
				c.settle(b, app)
				took := time.Since(began)
				requests := c.engine.Requests(app)
				ideal := time.Duration(requests) * latency / time.Duration(concurrency)
				b.ReportMetric(took.Seconds()/ideal.Seconds(), "×ideal")
				b.ReportMetric(float64(requests), "requests")
				b.ReportMetric(float64(requests)/took.Seconds(), "requests/s")
			}
		})
	}
}
