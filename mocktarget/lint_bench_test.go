package mocktarget

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

// BenchmarkJournaled measures whole requests that are recorded and judged, without a
// network.
func BenchmarkJournaled(b *testing.B) {
	create := func(i int, _ string) *http.Request { return benchRequest("POST", "/Users", benchUser(i)) }
	get := func(_ int, id string) *http.Request { return benchRequest("GET", "/Users/"+id, "") }
	for _, bench := range []struct {
		name    string
		request func(i int, id string) *http.Request
	}{{"create", create}, {"get", get}} {
		b.Run(bench.name, func(b *testing.B) {
			server, err := New(Config{Token: "token"})
			if err != nil {
				b.Fatal(err)
			}
			id := populate(b, server.Tenant(DefaultTenant))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				w := httptest.NewRecorder()
				server.ServeHTTP(w, bench.request(i, id))
				if w.Code >= 300 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

// populate fills a tenant with a thousand users and returns the id of the second.
func populate(b *testing.B, t *Tenant) string {
	b.Helper()
	if err := t.Generate(Population{Users: 1000, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	return t.root.Load().at(makeRef(t.model.byName("User"), 1)).id
}

func benchRequest(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Accept", scim.MediaType)
	if body != "" {
		r.Header.Set("Content-Type", scim.MediaType)
	}
	return r
}

func benchUser(i int) string {
	return fmt.Sprintf(`{"schemas":[%q,%q],"userName":"new%d@example.com","externalId":"new-%d","active":true,
		"name":{"givenName":"Given","familyName":"Family","formatted":"Given Family"},"displayName":"Given Family","title":"Engineer",
		"emails":[{"value":"new%d@example.com","type":"work","primary":true},{"value":"new%d@home.example","type":"home"}],
		"phoneNumbers":[{"value":"tel:+1-555-0100","type":"work"}],"locale":"en-US","timezone":"Europe/Berlin",
		%q:{"employeeNumber":"E1","department":"Sales"}}`, scim.UserSchema, scim.EnterpriseUserSchema, i, i, i, i, scim.EnterpriseUserSchema)
}

// BenchmarkLint measures what lint adds to such a request.
func BenchmarkLint(b *testing.B) {
	server, err := New(Config{Token: "token"})
	if err != nil {
		b.Fatal(err)
	}
	tenant := server.Tenant(DefaultTenant)
	id := populate(b, tenant)
	typ := tenant.model.byName("User")
	body, err := scim.ParseObject([]byte(benchUser(1)))
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name string
		x    exchange
		a    answer
	}{
		{"create", exchange{r: benchRequest("POST", "/Users", benchUser(1)), body: []byte(benchUser(1)), decoded: body, target: target{kind: kindCollection, typ: typ}}, answer{status: 201}},
		{"get", exchange{r: benchRequest("GET", "/Users/"+id, ""), target: target{kind: kindResource, typ: typ, id: id}}, answer{status: 200}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x := bench.x
				x.server, x.tenant, x.w, x.caller.name = server, tenant, httptest.NewRecorder(), "token 1"
				x.saw(typ, 1, tenant.root.Load().at(makeRef(typ, 1)), true)
				e := &Entry{Findings: x.lint(&bench.a)}
				x.remember(&bench.a, e)
			}
		})
	}
}
