package scim_test

import (
	"fmt"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim"
)

const benchUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"701984-%d","userName":"bjensen%d@example.com",` +
	`"name":{"formatted":"Ms. Barbara J Jensen %d","familyName":"Jensen%d","givenName":"Barbara"},"displayName":"Babs Jensen","title":"Tour Guide","userType":"Employee","preferredLanguage":"en-US","locale":"en-US","timezone":"America/Los_Angeles","active":true,` +
	`"emails":[{"value":"bjensen%d@example.com","type":"work","primary":true},{"value":"babs%d@jensen.org","type":"home"}],"phoneNumbers":[{"value":"tel:+1-555-555-%d","type":"work"}],` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"%d","costCenter":"4130","department":"Tour Operations","manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`

func benchUsers(b *testing.B, n int) []*scim.Object {
	b.Helper()
	users := make([]*scim.Object, n)
	for i := range users {
		o := object(b, fmt.Sprintf(benchUser, i, i, i, i, i, i, i, i))
		user, err := scim.UserType().Validate(o, nil)
		if err != nil {
			b.Fatal(err)
		}
		users[i] = user
	}
	return users
}

var benchFilters = []struct{ name, text string }{
	{"eq", `userName eq "bjensen17@example.com"`},
	{"co", `name.familyName co "x"`},
	{"absent", `nickName co "x"`},
	{"multi", `emails.value co "@jensen.net"`},
	{"brackets", `emails[type eq "home" and value ew ".net"]`},
	{"extension", scim.EnterpriseUserSchema + `:department eq "x"`},
	{"four terms", `active eq true and userType eq "Employee" and (name.familyName sw "K" or emails[type eq "work" and value co "@example.net"])`},
}

func BenchmarkParseFilter(b *testing.B) {
	for _, f := range benchFilters {
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := scim.ParseFilter(f.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkScan evaluates a filter on 100,000 users, one goroutine; ns/user is what
// an unindexed search costs for each of them, kept as objects and packed.
func BenchmarkScan(b *testing.B) {
	rt := scim.UserType()
	packing := scim.NewPacking(rt)
	users := benchUsers(b, 100_000)
	packed := make([]scim.Packed, len(users))
	bytes := 0
	for i, u := range users {
		text := string(packing.Append(nil, u))
		packed[i], bytes = packing.Packed(text), bytes+len(text)
	}
	for _, f := range benchFilters {
		e, err := scim.ParseFilter(f.text)
		if err != nil {
			b.Fatal(err)
		}
		matches, err := rt.CompileFilter(e)
		if err != nil {
			b.Fatal(err)
		}
		matchesPacked, err := rt.CompilePacked(e)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.name, func(b *testing.B) { scan(b, users, matches) })
		b.Run(f.name+", packed", func(b *testing.B) {
			scan(b, packed, matchesPacked)
			b.ReportMetric(float64(bytes)/float64(len(users)), "bytes/user")
		})
	}
}

func scan[T any, M ~func(T) bool](b *testing.B, users []T, matches M) {
	b.ReportAllocs()
	found := 0
	for b.Loop() {
		for _, u := range users {
			if matches(u) {
				found++
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(users)), "ns/user")
}

func BenchmarkResource(b *testing.B) {
	rt := scim.UserType()
	data := fmt.Appendf(nil, benchUser, 1, 1, 1, 1, 1, 1, 1, 1)
	user := benchUsers(b, 1)[0]
	packing := scim.NewPacking(rt)
	packed := packing.Packed(string(packing.Append(nil, user)))
	projection, err := rt.ParseProjection([]string{"userName,emails.value"}, nil)
	if err != nil {
		b.Fatal(err)
	}
	patch := &scim.Patch{Operations: []scim.Operation{{Op: "replace", PathText: `emails[type eq "work"].value`, Value: "new@example.com", HasValue: true}}}
	buffer := make([]byte, 0, 4096)
	for _, tt := range []struct {
		name string
		do   func() error
	}{
		{"ParseObject", func() error { _, err := scim.ParseObject(data); return err }},
		{"AppendJSON", func() error { buffer = user.AppendJSON(buffer[:0]); return nil }},
		{"Validate", func() error { _, err := rt.Validate(user, nil); return err }},
		{"Apply", func() error { _, _, err := rt.Apply(patch, user); return err }},
		{"Append", func() error { buffer = packing.Append(buffer[:0], user); return nil }},
		{"Packed.Object", func() error { packed.Object(); return nil }},
		{"Packed.Get", func() error { packed.Get("displayName"); return nil }},
		{"Project", func() error { rt.Project(user, scim.Projection{}); return nil }},
		{"Project some", func() error { rt.Project(user, projection); return nil }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := tt.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
