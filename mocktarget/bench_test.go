package mocktarget

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// benchSizes are the numbers of users that the benchmarks run with. A million take
// 2 GB and some time, so they are asked for: MOCKTARGET_BENCH_USERS=1000000.
func benchSizes(b *testing.B) []int {
	text := os.Getenv("MOCKTARGET_BENCH_USERS")
	if text == "" {
		return []int{10_000, 100_000}
	}
	var sizes []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil {
			b.Fatalf("MOCKTARGET_BENCH_USERS is %q; give numbers with commas", text)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// populate fills a tenant with n users and a group of the first 100,000.
func populate(b testing.TB, t *Tenant, n int) {
	typ := t.model.byName("User")
	err := t.write(b.Context(), func(tx *transaction) error {
		for i := range n {
			o, err := scim.ParseObject(fmt.Appendf(nil, `{"schemas":[%q,%q],"userName":"user%d@example.com","externalId":"ext-%d","active":true,
				"name":{"givenName":"Given%d","familyName":"Family%d","formatted":"Given%d Family%d"},"displayName":"Given%d Family%d","title":"Engineer %d",
				"emails":[{"value":"user%d@example.com","type":"work","primary":true},{"value":"user%d@home.example","type":"home"}],
				"phoneNumbers":[{"value":"+1-555-%07d","type":"work"}],"locale":"en-US","timezone":"Europe/Berlin",
				%q:{"employeeNumber":"E%d","department":"Department %d","manager":{"value":"id%d"}}}`,
				scim.UserSchema, scim.EnterpriseUserSchema, i, i, i%997, i%9973, i%997, i%9973, i%997, i%9973, i%50, i, i, i,
				scim.EnterpriseUserSchema, i, i%100, i/10))
			if err != nil {
				return err
			}
			d, err := typ.admit(o, nil)
			if err != nil {
				return err
			}
			if _, err := tx.create(typ, fmt.Sprintf("id%d", i), d); err != nil {
				return err
			}
		}
		group := t.model.byName("Group")
		members := make([]any, min(n, 100_000))
		for i := range members {
			members[i] = scim.NewObject(scim.Field{Name: "value", Value: fmt.Sprintf("id%d", i)})
		}
		_, err := tx.create(group, "everybody", &draft{
			document: scim.NewObject(
				scim.Field{Name: "schemas", Value: []any{scim.GroupSchema}}, scim.Field{Name: "displayName", Value: "Everybody"},
			),
			members: members,
		})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// A bench is a populated server on loopback.
type bench struct {
	server *Server
	tenant *Tenant
	url    string
	client *http.Client
}

func newBench(b *testing.B, n int) *bench {
	server, err := New(Config{Journal: JournalConfig{Off: true}, Limits: Limits{PageMax: 1000}})
	if err != nil {
		b.Fatal(err)
	}
	before := residentBytes()
	start := time.Now()
	populate(b, server.Tenant(DefaultTenant), n)
	took := time.Since(start)
	runtime.GC()
	b.Logf("%d users: filled in %v, heap %d MB (%d bytes a user)", n, took.Round(time.Millisecond),
		residentBytes()>>20, (residentBytes()-before)/uint64(n))
	listener := httptest.NewServer(server)
	b.Cleanup(listener.Close)
	return &bench{
		server: server, tenant: server.Tenant(DefaultTenant), url: listener.URL + "/scim/v2",
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
}

func residentBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (n *bench) do(b *testing.B, method, path, body string, status int) {
	r, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+n.server.Token())
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	response, err := n.client.Do(r)
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
		b.Errorf("%s %s answered %d: %s", method, path, response.StatusCode, answer.String())
	}
}

func BenchmarkServer(b *testing.B) {
	for _, n := range benchSizes(b) {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) {
			s := newBench(b, n)
			var counter atomic.Int64
			parallel := func(name string, request func(*testing.B, int)) {
				b.Run(name, func(b *testing.B) {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							request(b, int(counter.Add(1)))
						}
					})
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
				})
			}
			filter := func(b *testing.B, text string) {
				s.do(b, "GET", "/Users?count=10&filter="+url.QueryEscape(text), "", 200)
			}
			parallel("get", func(b *testing.B, i int) { s.do(b, "GET", fmt.Sprintf("/Users/id%d", i*7919%n), "", 200) })
			parallel("userName eq", func(b *testing.B, i int) { filter(b, fmt.Sprintf(`userName eq "USER%d@example.com"`, i*7919%n)) })
			parallel("emails.value eq", func(b *testing.B, i int) { filter(b, fmt.Sprintf(`emails.value eq "user%d@home.example"`, i*7919%n)) })
			parallel("sorted page", func(b *testing.B, i int) { s.do(b, "GET", "/Users?sortBy=userName&count=10&startIndex=5", "", 200) })
			parallel("deep page", func(b *testing.B, i int) {
				s.do(b, "GET", fmt.Sprintf("/Users?count=10&startIndex=%d", n-100), "", 200)
			})
			b.Run("unindexed co", func(b *testing.B) {
				for i := range b.N {
					filter(b, fmt.Sprintf(`title co "neer %d"`, i))
				}
			})
			b.Run("unindexed co, absent attribute", func(b *testing.B) {
				for i := range b.N {
					filter(b, fmt.Sprintf(`nickName co "neer %d"`, i))
				}
			})
			b.Run("meta.lastModified gt", func(b *testing.B) {
				for i := range b.N {
					filter(b, fmt.Sprintf(`meta.lastModified gt "2099-01-02T15:04:05.%09dZ"`, i))
				}
			})
			b.Run("snapshot", func(b *testing.B) {
				for range b.N {
					if err := s.tenant.Restore(s.tenant.Snapshot()); err != nil {
						b.Fatal(err)
					}
				}
			})
			parallel("add and remove a member of 100k", func(b *testing.B, i int) {
				op := `{"op":"add","path":"members","value":[{"value":"id%d"}]}`
				if i%2 == 0 {
					op = `{"op":"remove","path":"members[value eq \"id%d\"]"}`
				}
				s.do(b, "PATCH", "/Groups/everybody", fmt.Sprintf(`{"schemas":[%q],"Operations":[`+op+`]}`, scim.PatchOpSchema, i/2%n), 204)
			})
			parallel("patch", func(b *testing.B, i int) {
				s.do(b, "PATCH", fmt.Sprintf("/Users/id%d", i*7919%n), fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":"title","value":"t%d"}]}`, scim.PatchOpSchema, i), 200)
			})
			run := time.Now().UnixNano()
			parallel("post", func(b *testing.B, i int) {
				body, _ := json.Marshal(map[string]any{
					"schemas": []string{scim.UserSchema}, "userName": fmt.Sprintf("new%d-%d@example.com", run, i),
					"name":   map[string]string{"givenName": "New", "familyName": "User"},
					"emails": []any{map[string]any{"value": fmt.Sprintf("new%d-%d@example.com", run, i), "type": "work"}},
				})
				s.do(b, "POST", "/Users", string(body), 201)
			})
		})
	}
}

// BenchmarkJournal shows what the journal and invariants add to a write, without the
// network.
func BenchmarkJournal(b *testing.B) {
	for _, mode := range []string{"off", "on", "on, with invariants"} {
		server, err := New(Config{Journal: JournalConfig{Off: mode == "off"}})
		if err != nil {
			b.Fatal(err)
		}
		tenant := server.Tenant(DefaultTenant)
		populate(b, tenant, 100_000)
		if strings.Contains(mode, "invariants") {
			for _, i := range []Invariant{
				{Name: "1", Kind: InvariantNoDelete},
				{Name: "2", Kind: InvariantUnique, ResourceType: "User", Attribute: "externalId", Filter: "active eq true"},
				{Name: "3", Kind: InvariantNotEmpty, ResourceType: "Group"},
			} {
				if err := tenant.AddInvariant(i); err != nil {
					b.Fatal(err)
				}
			}
		}
		send := func(b *testing.B, path, body string) {
			r := httptest.NewRequest("PATCH", "/scim/v2"+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+server.Token())
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if w.Code >= 300 {
				b.Fatalf("%d: %s", w.Code, w.Body)
			}
		}
		b.Run(mode+"/patch", func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				send(b, fmt.Sprintf("/Users/id%d", i%100_000), fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":"title","value":"t%d"}]}`, scim.PatchOpSchema, i))
			}
		})
		b.Run(mode+"/member of 100k", func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				op := `{"op":"remove","path":"members[value eq \"id%d\"]"}`
				if i%2 == 1 {
					op = `{"op":"add","path":"members","value":[{"value":"id%d"}]}`
				}
				send(b, "/Groups/everybody", fmt.Sprintf(`{"schemas":[%q],"Operations":[`+op+`]}`, scim.PatchOpSchema, i/2%100_000))
			}
		})
	}
}
