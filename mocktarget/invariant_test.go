package mocktarget_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func addInvariant(t *testing.T, tenant *mocktarget.Tenant, i mocktarget.Invariant) {
	t.Helper()
	if err := tenant.AddInvariant(i); err != nil {
		t.Fatal(err)
	}
}

// broken lists violations as "seq invariant: message".
func broken(list []mocktarget.Violation) string {
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintf(&b, "%d %s: %s\n", v.Seq, v.Invariant, v.Message)
	}
	return b.String()
}

func TestInvariants(t *testing.T) {
	const seed = `{"Users":[{"id":"u1","userName":"ann","externalId":"e1","active":true},{"id":"u2","userName":"bob","active":true},
		{"id":"u3","userName":"cy","externalId":"e3","active":false}],
		"Groups":[{"id":"g1","displayName":"Staff","members":[{"value":"u1"}]},{"id":"g2","displayName":"Empty"}]}`
	set := func(path, value string) string {
		return patchBody(fmt.Sprintf(`{"op":"replace","path":%q,"value":%s}`, path, value))
	}
	type request struct{ method, path, body string }
	for _, test := range []struct {
		name      string
		invariant mocktarget.Invariant
		requests  []request
		want      string
	}{
		{"no delete", mocktarget.Invariant{Kind: mocktarget.InvariantNoDelete, ResourceType: "user"}, []request{
			{"PATCH", "/Users/u1", set("active", "false")}, {"DELETE", "/Groups/g1", ""}, {"DELETE", "/Users/u1", ""}, {"DELETE", "/Users/nobody", ""},
		}, "3 rule: User u1 (ann) was deleted\n"},
		{"no delete of anything", mocktarget.Invariant{Kind: mocktarget.InvariantNoDelete}, []request{
			{"POST", "/Bulk", bulkBody("", post("/Users", "b", user("x")), `{"method":"DELETE","path":"/Groups/g2"}`)},
		}, "1 rule: Group g2 (Empty) was deleted\n"},
		{"no delete of some", mocktarget.Invariant{Kind: mocktarget.InvariantNoDelete, ResourceType: "User", Filter: "active eq true"}, []request{
			{"DELETE", "/Users/u3", ""}, {"DELETE", "/Users/u2", ""},
		}, "2 rule: User u2 (bob) was deleted\n"},
		{"no delete of members", mocktarget.Invariant{Kind: mocktarget.InvariantNoDelete, ResourceType: "User", Filter: `groups.display eq "Staff"`}, []request{
			{"DELETE", "/Users/u2", ""}, {"DELETE", "/Users/u1", ""},
		}, "2 rule: User u1 (ann) was deleted\n"},
		{"no delete of one", mocktarget.Invariant{Kind: mocktarget.InvariantNoDelete, ID: "u2"}, []request{
			{"DELETE", "/Users/u1", ""}, {"DELETE", "/Users/u2", ""},
		}, "2 rule: User u2 (bob) was deleted\n"},
		{"no writes", mocktarget.Invariant{Kind: mocktarget.InvariantNoWrites}, []request{
			{"GET", "/Users", ""}, {"PATCH", "/Users/u1", set("active", "true")}, {"PUT", "/Groups/g2", group("Empty")},
			{"PATCH", "/Users/u1", set("userName", "7")}, {"POST", "/Users", user("BOB")},
			{"PATCH", "/Groups/g2", patchBody(`{"op":"add","path":"members","value":[{"value":"u1"}]}`)},
		}, "6 rule: Group g2 (Empty) was written; nothing may be\n"},
		{"at most two writes", mocktarget.Invariant{Kind: mocktarget.InvariantMaxWrites, ResourceType: "User", Most: 2}, []request{
			{"PATCH", "/Users/u1", set("title", `"1"`)}, {"PATCH", "/Users/u1", set("title", `"1"`)}, {"DELETE", "/Groups/g1", ""},
			{"PATCH", "/Users/u1", set("title", `"2"`)}, {"PATCH", "/Users/u1", set("title", `"3"`)}, {"DELETE", "/Users/u2", ""},
		}, "5 rule: User u1 (ann) was changed by write number 3 of at most 2\n6 rule: User u2 (bob) was changed by write number 4 of at most 2\n"},
		{"unique", mocktarget.Invariant{Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "externalId", Filter: "active eq true"}, []request{
			{"PATCH", "/Users/u2", set("externalId", `"e3"`)}, {"PATCH", "/Users/u2", set("externalId", `"E1"`)}, {"PATCH", "/Users/u2", set("externalId", `"e1"`)},
			{"PATCH", "/Users/u2", set("title", `"still"`)}, {"POST", "/Users", user("dora", `"externalId":"e9"`)},
		}, "3 rule: User u2 (bob) has the externalId of User u1 (ann): \"e1\"\n"},
		{"unique once active", mocktarget.Invariant{Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "externalId", Filter: "active eq true"}, []request{
			{"PATCH", "/Users/u2", set("externalId", `"e3"`)}, {"PATCH", "/Users/u3", set("active", "true")},
		}, "2 rule: User u3 (cy) has the externalId of User u2 (bob): \"e3\"\n"},
		{"unique without an index", mocktarget.Invariant{Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "nickName"}, []request{
			{"PATCH", "/Users/u1", set("nickName", `"Al"`)}, {"PATCH", "/Users/u2", set("nickName", `"Bo"`)}, {"PATCH", "/Users/u3", set("nickName", `"aL"`)},
		}, "3 rule: User u3 (cy) has the nickName of User u1 (ann): \"al\"\n"},
		{"unique among members", mocktarget.Invariant{Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "title", Filter: `groups.value eq "g1"`}, []request{
			{"PATCH", "/Users/u1", set("title", `"Boss"`)}, {"PATCH", "/Users/u2", set("title", `"Boss"`)},
			{"PATCH", "/Groups/g1", patchBody(`{"op":"add","path":"members","value":[{"value":"u2"}]}`)},
		}, "3 rule: User u1 (ann) has the title of User u2 (bob): \"boss\"\n"},
		{"never empty", mocktarget.Invariant{Kind: mocktarget.InvariantNotEmpty, ResourceType: "Group", ID: "g1"}, []request{
			{"PATCH", "/Groups/g1", patchBody(`{"op":"add","path":"members","value":[{"value":"u2"}]}`)},
			{"PATCH", "/Groups/g1", patchBody(`{"op":"remove","path":"members[value eq \"u1\"]"}`)},
			{"DELETE", "/Users/u2", ""}, {"PATCH", "/Groups/g1", set("displayName", `"Crew"`)},
		}, "3 rule: Group g1 (Staff) has no members any more\n"},
		{"never empty and deleted", mocktarget.Invariant{Kind: mocktarget.InvariantNotEmpty, ResourceType: "Group"}, []request{
			{"DELETE", "/Groups/g2", ""}, {"POST", "/Groups", group("New")}, {"DELETE", "/Groups/g1", ""},
		}, "3 rule: Group g1 (Staff) has no members any more\n"},
		{"never without externalId", mocktarget.Invariant{Kind: mocktarget.InvariantNotEmpty, ResourceType: "User", Attribute: "externalId"}, []request{
			{"PATCH", "/Users/u1", set("externalId", `"new"`)}, {"PUT", "/Users/u2", user("bob")}, {"PUT", "/Users/u3", user("cy")},
		}, "3 rule: User u3 (cy) has no externalId any more\n"},
		{"all match", mocktarget.Invariant{Kind: mocktarget.InvariantMatches, ResourceType: "User", Filter: `userName pr and not (userName sw "x")`}, []request{
			{"POST", "/Users", user("ok")}, {"POST", "/Users", user("xx")}, {"PATCH", "/Users/u1", set("userName", `"Xann"`)}, {"PATCH", "/Users/u1", set("title", `"again"`)},
		}, "2 rule: User ID (xx) does not match userName pr and not (userName sw \"x\")\n3 rule: User u1 (Xann) does not match userName pr and not (userName sw \"x\")\n"},
		{"all match what depends on others", mocktarget.Invariant{Kind: mocktarget.InvariantMatches, ResourceType: "User", Filter: `active eq true or not (groups pr)`}, []request{
			{"PATCH", "/Groups/g2", patchBody(`{"op":"add","path":"members","value":[{"value":"u2"}]}`)},
			{"PATCH", "/Groups/g2", patchBody(`{"op":"add","path":"members","value":[{"value":"u3"}]}`)},
		}, "2 rule: User u3 (cy) does not match active eq true or not (groups pr)\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := start(t)
			tenant := c.tenant()
			c.target.Seed(seed)
			test.invariant.Name = "rule"
			addInvariant(t, tenant, test.invariant)
			equal(t, "invariants", fmt.Sprintf("%+v", tenant.Invariants()[0].Kind), test.invariant.Kind)
			for _, r := range test.requests {
				c.do(r.method, r.path, r.body)
			}
			got := broken(tenant.Violations())
			for _, v := range tenant.Violations() {
				if !strings.HasPrefix(v.ID, "u") && !strings.HasPrefix(v.ID, "g") {
					got = strings.ReplaceAll(got, v.ID, "ID")
				}
			}
			if got != test.want {
				t.Errorf("violations are\n%swant\n%s", got, test.want)
			}
			var ofEntries []mocktarget.Violation
			for _, e := range tenant.Journal() {
				ofEntries = append(ofEntries, e.Violations...)
			}
			equal(t, "violations of the entries", broken(ofEntries), broken(tenant.Violations()))
		})
	}
}

func TestInvariantsOfOtherWrites(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	tenant.Clock().Freeze()
	tenant.Clock().Set(noon)
	c.target.Seed(`{"Users":[{"userName":"ann"}]}`)
	before := tenant.Snapshot()
	addInvariant(t, tenant, mocktarget.Invariant{Name: "still", Kind: mocktarget.InvariantNoWrites})
	c.target.Reset()
	if err := tenant.Restore(before); err != nil {
		t.Fatal(err)
	}
	equal(t, "violations", broken(tenant.Violations()), "")
	c.target.Seed(`{"Users":[{"id":"u2","userName":"bob"}]}`)
	equal(t, "violations", broken(tenant.Violations()), "0 still: User u2 (bob) was written; nothing may be\n")
	equal(t, "time", tenant.Violations()[0].Time, noon)
	if err := tenant.RemoveInvariant("still"); err != nil {
		t.Fatal(err)
	}
	c.createUser("cy")
	equal(t, "violations", len(tenant.Violations()), 1)
	tenant.ClearViolations()
	equal(t, "violations", len(tenant.Violations()), 0)
	if err := tenant.RemoveInvariant("still"); err == nil {
		t.Error("an invariant is removed twice")
	}
}

func TestInvariantsWithoutJournal(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Off: true}}))
	made := c.createUser("ann")
	addInvariant(t, c.tenant(), mocktarget.Invariant{Name: "kept", Kind: mocktarget.InvariantNoDelete})
	c.do("DELETE", "/Users/"+made.id(), "").want(204)
	equal(t, "violations", broken(c.tenant().Violations()), "2 kept: User "+made.id()+" (ann) was deleted\n")
}

func TestInvariantsAreRefused(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	c.target.Seed(`{"Users":[{"userName":"ann","title":"Boss"},{"userName":"bob","title":"boss"}]}`)
	addInvariant(t, tenant, mocktarget.Invariant{Name: "taken", Kind: mocktarget.InvariantNoDelete})
	for word, i := range map[string]mocktarget.Invariant{
		"no name":       {Kind: mocktarget.InvariantNoDelete},
		"already":       {Name: "taken", Kind: mocktarget.InvariantNoDelete},
		"kind":          {Name: "x", Kind: "noFun"},
		"resource type": {Name: "x", Kind: mocktarget.InvariantNoDelete, ResourceType: "Robot"},
		"resourceType":  {Name: "x", Kind: mocktarget.InvariantNoDelete, Filter: "title pr"},
		"negative":      {Name: "x", Kind: mocktarget.InvariantMaxWrites, Most: -1},
		`"filter"`:      {Name: "x", Kind: mocktarget.InvariantMatches, ResourceType: "User"},
		`"attribute"`:   {Name: "x", Kind: mocktarget.InvariantUnique, ResourceType: "User"},
		"column":        {Name: "x", Kind: mocktarget.InvariantMatches, ResourceType: "User", Filter: "title eq"},
		"nickname":      {Name: "x", Kind: mocktarget.InvariantMatches, ResourceType: "User", Filter: "nicknames pr"},
		"secret":        {Name: "x", Kind: mocktarget.InvariantMatches, ResourceType: "User", Filter: "password pr"},
		"password":      {Name: "x", Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "password"},
		"groups":        {Name: "x", Kind: mocktarget.InvariantNotEmpty, ResourceType: "User", Attribute: "groups"},
		"complex":       {Name: "x", Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "emails"},
		"(bob)":         {Name: "x", Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "title"},
		"does not hold": {Name: "x", Kind: mocktarget.InvariantMatches, ResourceType: "User", Filter: "not (title pr)"},
		"hurt":          {Name: "x", Kind: mocktarget.InvariantUnique, ResourceType: "User", Attribute: "hurt"},
	} {
		if err := tenant.AddInvariant(i); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("the error of %+v is %v, want it to mention %s", i, err, word)
		}
	}
	equal(t, "invariants", len(tenant.Invariants()), 1)
}

func TestInvariantsAreSafe(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	addInvariant(t, tenant, mocktarget.Invariant{Name: "few", Kind: mocktarget.InvariantMaxWrites, Most: 100})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 25 {
				name := fmt.Sprintf("u%d-%d", i, n)
				if r, err := c.try("POST", "/Users", user(name)); err != nil || r.status != 201 {
					t.Errorf("POST: %d, %v", r.status, err)
				}
				if err := tenant.AddInvariant(mocktarget.Invariant{Name: name, Kind: mocktarget.InvariantNoDelete}); err != nil {
					t.Error(err)
				}
				if err := tenant.RemoveInvariant(name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	equal(t, "violations", len(tenant.Violations()), 100)
	seqs := map[uint64]bool{}
	for _, v := range tenant.Violations() {
		seqs[v.Seq] = true
	}
	equal(t, "exchanges with one", len(seqs), 100)
}
