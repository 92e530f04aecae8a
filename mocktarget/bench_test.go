package mocktarget_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
	"github.com/permiso/scimwright/provisioner/scim"
)

// benchSizes are the numbers of users that the benchmarks run with. A million take
// some time, so they are asked for: MOCKTARGET_BENCH_USERS=1000000.
func benchSizes(b *testing.B) []int {
	text := os.Getenv("MOCKTARGET_BENCH_USERS")
	if text == "" {
		return []int{10_000, 100_000}
	}
	var sizes []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 100 {
			b.Fatalf("MOCKTARGET_BENCH_USERS is %q; give numbers above 100 with commas", text)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// BenchmarkTarget measures, over loopback, the mock by itself, the mock with elimity's
// library in front of the same data, and a server that simply looks at everything.
// See BENCHMARKS.md.
func BenchmarkTarget(b *testing.B) {
	results := newResults()
	b.Run("empty/"+rowReady, func(b *testing.B) {
		for range b.N {
			newTarget(b, mocktarget.Config{}).stop()
		}
		results.time(b, 0, "mock", rowReady)
	})
	for _, n := range benchSizes(b) {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) { benchSize(b, n, results) })
	}
	results.print(b)
}

func benchSize(b *testing.B, n int, results *results) {
	debug.FreeOSMemory()
	resetPeak()
	config := elimityserver.Configure(mocktarget.Config{Journal: mocktarget.JournalConfig{Off: true}})
	config.Settings.Engine = mocktarget.OwnEngine
	var mock *benchTarget
	b.Run("mock/"+rowGenerate, func(b *testing.B) {
		for range b.N {
			if mock != nil {
				mock.stop()
			}
			b.StopTimer()
			mock = newTarget(b, config)
			b.StartTimer()
			if err := mock.tenant().Generate(mocktarget.Population{Users: n, Groups: 20, Seed: 1}); err != nil {
				b.Fatal(err)
			}
		}
		results.time(b, n, "mock", rowGenerate)
	})
	if mock == nil {
		b.Skip("nothing is generated")
	}
	defer mock.stop()
	results.add(n, "mock", rowPeak, 1, float64(status("VmHWM"))/1e6, "MB")
	debug.FreeOSMemory()
	results.add(n, "mock", rowResident, 1, float64(status("VmRSS"))/1e6, "MB")
	mock.learn(b, n)
	resetPeak()
	mock.bench(b, "mock", results)
	results.add(n, "mock", rowAnswering, 1, float64(status("VmHWM"))/1e6, "MB")
	b.Run("mock/"+rowSnapshot, func(b *testing.B) {
		for range b.N {
			if _, err := mock.tenant().Save("bench"); err != nil {
				b.Fatal(err)
			}
			if err := mock.tenant().RestoreSaved("bench"); err != nil {
				b.Fatal(err)
			}
		}
		results.time(b, n, "mock", rowSnapshot)
	})
	b.Run("mock/"+rowFork, func(b *testing.B) {
		for range b.N {
			if _, err := mock.server.Fork(mocktarget.DefaultTenant, "fork"); err != nil {
				b.Fatal(err)
			}
			if err := mock.server.DeleteTenant("fork"); err != nil {
				b.Fatal(err)
			}
		}
		results.time(b, n, "mock", rowFork)
	})

	if err := mock.tenant().Configure(func(s *mocktarget.Settings) { s.Engine = elimityserver.Name }); err != nil {
		b.Fatal(err)
	}
	mock.bench(b, "elimity", results)

	store := newPlainStore()
	for _, rt := range []*scim.ResourceType{scim.UserType(), scim.GroupType()} {
		for next, more := 1, true; more; {
			page, err := mock.tenant().Data().List(b.Context(), rt.Name, mocktarget.Query{StartIndex: next, Count: 1000})
			if err != nil {
				b.Fatal(err)
			}
			for _, o := range page.Resources {
				store.tables[rt.Endpoint].add(o)
			}
			next += len(page.Resources)
			more = len(page.Resources) > 0
		}
	}
	plain := *mock
	listener := httptest.NewServer(store)
	defer listener.Close()
	plain.url = listener.URL + "/scim/v2"
	plain.bench(b, "plain", results)
	b.Run("plain/"+rowSnapshot, func(b *testing.B) {
		for range b.N {
			store.clone()
		}
		results.time(b, n, "plain", rowSnapshot)
	})
}

// A benchTarget is a server on loopback and what is known about its content.
type benchTarget struct {
	server *mocktarget.Server
	url    string
	client *http.Client
	stop   func()

	users     int
	everybody string   // id of the largest group
	ids       []string // of some users
	names     []string // their userNames, which are also among their e-mail addresses
}

// newTarget starts a server and waits until it answers.
func newTarget(b *testing.B, config mocktarget.Config) *benchTarget {
	b.Helper()
	server, err := mocktarget.New(config)
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.WithoutCancel(b.Context()), listener) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t := &benchTarget{
		server: server, url: "http://" + listener.Addr().String() + "/scim/v2", client: &http.Client{Transport: transport},
		stop: func() {
			transport.CloseIdleConnections()
			if err := server.Close(); err != nil {
				b.Error(err)
			}
			<-done
		},
	}
	t.do(b, "GET", "/ServiceProviderConfig", "", 200)
	return t
}

func (t *benchTarget) tenant() *mocktarget.Tenant { return t.server.Tenant(mocktarget.DefaultTenant) }

// learn notes some users and the largest group.
func (t *benchTarget) learn(b *testing.B, n int) {
	b.Helper()
	t.users = n
	const pages, size = 10, 1000
	for page := range pages {
		list, err := t.tenant().Data().List(b.Context(), "User", mocktarget.Query{
			StartIndex: 1 + page*(n/pages), Count: min(size, n/pages), Attributes: []string{"userName"},
		})
		if err != nil {
			b.Fatal(err)
		}
		for _, u := range list.Resources {
			t.ids, t.names = append(t.ids, u.ID()), append(t.names, u.String("userName"))
		}
	}
	list, err := t.tenant().Data().List(b.Context(), "Group", mocktarget.Query{Filter: `displayName eq "Everybody"`, Attributes: []string{"displayName"}})
	if err != nil || len(list.Resources) != 1 {
		b.Fatalf("%d groups of everybody: %v", len(list.Resources), err)
	}
	t.everybody = list.Resources[0].ID()
}

func (t *benchTarget) do(b *testing.B, method, path, body string, status int) {
	b.Helper()
	r, err := http.NewRequest(method, t.url+path, strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+t.server.Token())
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	response, err := t.client.Do(r)
	if err != nil {
		b.Error(err)
		return
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		b.Error(err)
	}
	if response.StatusCode != status {
		b.Errorf("%s %s answered %d: %.300s", method, path, response.StatusCode, answer.String())
	}
}

// bench runs the requests of the table against the target.
func (t *benchTarget) bench(b *testing.B, subject string, results *results) {
	var counter atomic.Int64
	counter.Store(time.Now().UnixNano() % 1e15) // names that no run before has used
	list := func(b *testing.B, query string) { t.do(b, "GET", "/Users?count=10&"+query, "", 200) }
	filter := func(b *testing.B, format string, args ...any) {
		list(b, "filter="+url.QueryEscape(fmt.Sprintf(format, args...)))
	}
	parallel := func(row string, request func(*testing.B, int)) {
		b.Run(subject+"/"+row, func(b *testing.B) {
			request(b, int(counter.Add(1))) // what comes first is not what is measured
			b.ResetTimer()
			before := cpuTime()
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					request(b, int(counter.Add(1)))
				}
			})
			b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "cpu-µs/op")
			results.rate(b, t.users, subject, row)
		})
	}
	serial := func(row string, request func(*testing.B, int)) {
		b.Run(subject+"/"+row, func(b *testing.B) {
			for range b.N {
				request(b, int(counter.Add(1)))
			}
			results.time(b, t.users, subject, row)
		})
	}
	patch := func(operation string) string {
		return fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, scim.PatchOpSchema, operation)
	}
	retitle := func(b *testing.B, i int) {
		t.do(b, "PATCH", "/Users/"+t.ids[i*7919%len(t.ids)], patch(fmt.Sprintf(`{"op":"replace","path":"title","value":"t%d"}`, i)), 200)
	}
	parallel("GET by id", func(b *testing.B, i int) { t.do(b, "GET", "/Users/"+t.ids[i*7919%len(t.ids)], "", 200) })
	parallel("userName eq", func(b *testing.B, i int) { filter(b, "userName eq %q", t.names[i*7919%len(t.names)]) })
	parallel("emails.value eq", func(b *testing.B, i int) { filter(b, "emails.value eq %q", t.names[i*7919%len(t.names)]) })
	serial("unindexed title co", func(b *testing.B, i int) { filter(b, `title co "neer %d"`, i) })
	serial("unindexed emails.value co", func(b *testing.B, i int) { filter(b, `emails.value co "@%d"`, i) })
	if subject != "elimity" { // which does not sort
		parallel("sorted page", func(b *testing.B, i int) { list(b, "sortBy=userName&startIndex=50") })
		serial("sorted page after a write", func(b *testing.B, i int) {
			retitle(b, i)
			list(b, "sortBy=userName&startIndex=50")
		})
	}
	parallel("deep page", func(b *testing.B, i int) { list(b, fmt.Sprintf("startIndex=%d", t.users-100)) })
	parallel("PATCH title", retitle)
	parallel("add or remove a member", func(b *testing.B, i int) {
		operation := `{"op":"add","path":"members","value":[{"value":%q}]}`
		if i%2 == 0 {
			operation = `{"op":"remove","path":"members[value eq \"%s\"]"}`
		}
		t.member(b, patch(fmt.Sprintf(operation, t.ids[i/2*7919%len(t.ids)])), subject)
	})
	parallel("POST", func(b *testing.B, i int) {
		t.do(b, "POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"new%[2]d@example.com","name":{"givenName":"New","familyName":"User"},`+
			`"emails":[{"value":"new%[2]d@example.com","type":"work"}]}`, scim.UserSchema, i), 201)
	})
}

// member changes the members of the largest group. The library answers with the whole
// group.
func (t *benchTarget) member(b *testing.B, body, subject string) {
	status := http.StatusNoContent
	if subject == "elimity" {
		status = http.StatusOK
	}
	t.do(b, "PATCH", "/Groups/"+t.everybody, body, status)
}

// BenchmarkJournal shows what the journal, with lint, and invariants add to a request,
// without the network.
func BenchmarkJournal(b *testing.B) {
	for _, mode := range []string{"off", "on", "on, with invariants"} {
		t := newTarget(b, mocktarget.Config{Journal: mocktarget.JournalConfig{Off: mode == "off"}})
		if err := t.tenant().Generate(mocktarget.Population{Users: 100_000, Groups: 20, Seed: 1}); err != nil {
			b.Fatal(err)
		}
		t.learn(b, 100_000)
		if strings.Contains(mode, "invariants") {
			for _, i := range []mocktarget.Invariant{
				{Name: "1", Kind: mocktarget.InvariantNoDelete},
				{Name: "2", Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "externalId", Filter: "active eq true"},
				{Name: "3", Kind: mocktarget.InvariantNotEmpty, ResourceType: "Group"},
			} {
				if err := t.tenant().AddInvariant(i); err != nil {
					b.Fatal(err)
				}
			}
		}
		send := func(b *testing.B, method, path, operation string) {
			var body io.Reader
			if operation != "" {
				body = strings.NewReader(fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, scim.PatchOpSchema, operation))
			}
			r := httptest.NewRequest(method, "/scim/v2"+path, body)
			r.Header.Set("Authorization", "Bearer "+t.server.Token())
			r.Header.Set("Content-Type", "application/scim+json")
			w := httptest.NewRecorder()
			t.server.ServeHTTP(w, r)
			if w.Code >= 300 {
				b.Fatalf("%d: %.300s", w.Code, w.Body)
			}
		}
		run := func(name string, request func(*testing.B, int)) {
			b.Run(mode+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				before := cpuTime()
				for i := range b.N {
					request(b, i)
				}
				b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
			})
		}
		run("get", func(b *testing.B, i int) { send(b, "GET", "/Users/"+t.ids[i%len(t.ids)], "") })
		run("list", func(b *testing.B, i int) {
			send(b, "GET", "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", t.names[i%len(t.names)])), "")
		})
		run("patch", func(b *testing.B, i int) {
			send(b, "PATCH", "/Users/"+t.ids[i%len(t.ids)], fmt.Sprintf(`{"op":"replace","path":"title","value":"t%d"}`, i))
		})
		run("member of 100k", func(b *testing.B, i int) {
			operation := `{"op":"remove","path":"members[value eq \"%s\"]"}`
			if i%2 == 1 {
				operation = `{"op":"add","path":"members","value":[{"value":%q}]}`
			}
			send(b, "PATCH", "/Groups/"+t.everybody, fmt.Sprintf(operation, t.ids[i/2%len(t.ids)]))
		})
		t.stop()
	}
}
