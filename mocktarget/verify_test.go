package mocktarget_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func verify(t *testing.T, tenant *mocktarget.Tenant, v mocktarget.Verification) mocktarget.Verdict {
	t.Helper()
	verdict, err := tenant.Verify(v)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func TestVerify(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	c.target.Seed(`{"Users":[{"id":"u1","userName":"ann"},{"id":"u2","userName":"bob"}],"Groups":[{"id":"g1","displayName":"Staff"}]}`)
	c.filter("/Users", `userName  EQ "ann"`).want(200)                                                         // 1
	c.do("POST", "/Users", user("cy", `"password":"p4ss-Word"`), "X-Run-Id: run-7").want(201)                  // 2
	c.do("PATCH", "/Users/u1", patchBody(`{"op":"replace","path":"active","value":false}`)).want(200)          // 3
	c.do("PATCH", "/Users/u2", patchBody(`{"op":"Replace","value":{"active":false,"title":"x"}}`)).want(200)   // 4
	c.do("PUT", "/Users/u1", user("ann")).want(200)                                                            // 5
	c.do("GET", "/Users/u9", "").want(404)                                                                     // 6
	c.do("PATCH", "/Groups/g1", patchBody(`{"op":"add","path":"members","value":[{"value":"u1"}]}`)).want(204) // 7
	c.do("POST", "/Bulk", bulkBody("", post("/Users", "a", user("dora")), post("/Users", "b", user("ann")),
		`{"method":"DELETE","path":"/Users/u2"}`)).want(200) // 8
	c.do("POST", "/Users/.search", search(`title pr`)).want(200) // 9

	for _, test := range []struct {
		name   string
		claim  mocktarget.Verification
		counts string
		words  []string // in the message; none: it holds
	}{
		{"a kind", mocktarget.Verification{Patterns: []mocktarget.Pattern{{Kind: "replace"}}}, "[1]", nil},
		{"kinds within bulk", mocktarget.Verification{Patterns: []mocktarget.Pattern{
			{Kind: "create", ResourceType: "user", Times: new(3)}, {Kind: "create", Status: 201, Times: new(2)}, {Kind: "create", Status: 409},
			{Kind: "delete", Path: "/Users/u2", Method: "DELETE"}, {Kind: "bulk", Times: new(1)}}}, "[3 2 1 1 1]", nil},
		{"methods outside of bulk", mocktarget.Verification{Patterns: []mocktarget.Pattern{{Method: "POST", Times: new(3)}, {Method: "delete", Times: new(0)}}}, "[3 0]", nil},
		{"paths", mocktarget.Verification{Patterns: []mocktarget.Pattern{
			{Path: "/Users/*", Times: new(5)}, {Path: "/Users/u*", Times: new(4)}, {Path: "/Users"}, {Path: "/**/u1", Times: new(2)}, {Path: "**", Times: new(9)},
			{Path: "/Users/**", Times: new(7)}, {Path: "/Users/u", Times: new(0)}, {Path: "/users", Times: new(0)}}}, "[5 4 2 2 9 7 0 0]", nil},
		{"filters", mocktarget.Verification{Patterns: []mocktarget.Pattern{{Filter: `userName eq "ann"`, Times: new(1)}, {Filter: "title  PR", Kind: "search"}}}, "[1 1]", nil},
		{"patches", mocktarget.Verification{Patterns: []mocktarget.Pattern{
			{PatchPath: "Active", Times: new(2)}, {PatchOp: "replace", PatchPath: "active", ID: "u1"}, {PatchOp: "add", PatchPath: "active", Times: new(0)},
			{PatchPath: "mem*"}, {PatchOp: "add", Times: new(1)}}}, "[2 1 0 1 1]", nil},
		{"bodies and runs", mocktarget.Verification{Patterns: []mocktarget.Pattern{{BodyContains: `"cy"`, Run: "run-7"}, {BodyContains: "p4ss-Word", Times: new(0)}}}, "[1 0]", nil},
		{"bounds", mocktarget.Verification{Patterns: []mocktarget.Pattern{{Kind: "patch", AtLeast: new(3), AtMost: new(3)}, {Kind: "get", AtMost: new(1)}, {Kind: "get", AtLeast: new(0)}}}, "[3 1 1]", nil},
		{"order", mocktarget.Verification{Ordered: true, Patterns: []mocktarget.Pattern{{Kind: "list"}, {Kind: "create", Times: new(3)}, {Kind: "delete"}, {Kind: "search"}}}, "[1 3 1 1]", nil},
		{"nothing of that", mocktarget.Verification{None: true, Patterns: []mocktarget.Pattern{{Method: "DELETE"}, {Path: "/Groups"}}}, "[0 0]", nil},
		{"nothing else", mocktarget.Verification{Only: true, Since: 7, Patterns: []mocktarget.Pattern{{Kind: "create"}, {Kind: "delete"}, {Kind: "search"}}}, "[2 1 1]", nil},
		{"nothing at all", mocktarget.Verification{None: true, Since: 9}, "[]", nil},
		{"only nothing", mocktarget.Verification{Only: true, Since: 9}, "[]", nil},

		{"too few", mocktarget.Verification{Patterns: []mocktarget.Pattern{{Method: "PATCH", Path: "/Users/u1", PatchPath: "title"}}}, "[0]", []string{
			"pattern 0 (method PATCH, path /Users/u1, patchPath title): want at least 1, found 0",
			`nearest: #3 PATCH /Users/u1 → 200: patchPath: want "title", got "replace active"`,
			`#4 PATCH /Users/u2 → 200: path: want "/Users/u1", got "/Users/u2"`}},
		{"too many", mocktarget.Verification{Patterns: []mocktarget.Pattern{{Kind: "patch", Times: new(2)}}}, "[3]", []string{"want exactly 2, found 3", "#3 PATCH /Users/u1 → 200", "#7 PATCH"}},
		{"wrong order", mocktarget.Verification{Ordered: true, Patterns: []mocktarget.Pattern{{Kind: "search"}, {Kind: "list"}}}, "[1 1]", []string{"pattern 1 (kind list) fits too few exchanges after #9, which fits pattern 0"}},
		{"not in order often enough", mocktarget.Verification{Ordered: true, Patterns: []mocktarget.Pattern{{Kind: "replace"}, {Kind: "patch", AtLeast: new(2)}}}, "[1 3]", []string{"too few exchanges after #5"}},
		{"some of that", mocktarget.Verification{None: true, Patterns: []mocktarget.Pattern{{Kind: "delete"}}}, "[1]", []string{"want no exchange, found 1", "#8 DELETE /Users/u2 → 204 in bulk"}},
		{"something else", mocktarget.Verification{Only: true, Since: 7, Patterns: []mocktarget.Pattern{{Kind: "create"}, {Kind: "search"}}}, "[2 1]", []string{"no pattern fits 1 of the exchanges", "#8 POST /Bulk → 200"}},
		{"something at all", mocktarget.Verification{None: true, Since: 8}, "[]", []string{"want no exchange at all, found 1", "#9 POST /Users/.search → 200"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			verdict := verify(t, tenant, test.claim)
			equal(t, "counts", fmt.Sprint(verdict.Counts), test.counts)
			if verdict.OK != (test.words == nil) || verdict.OK != (verdict.Message == "") {
				t.Errorf("the verdict is %v: %s", verdict.OK, verdict.Message)
			}
			for _, words := range test.words {
				if !strings.Contains(verdict.Message, words) {
					t.Errorf("the message is\n%s\nwant it to say %s", verdict.Message, words)
				}
			}
		})
	}

	t.Run("near misses", func(t *testing.T) {
		verdict := verify(t, tenant, mocktarget.Verification{Patterns: []mocktarget.Pattern{{Kind: "list"}, {Method: "GET", Path: "/Users/u9", Status: 200}}})
		if len(verdict.Nearest) != 3 {
			t.Fatalf("near misses are %+v, want 3", verdict.Nearest)
		}
		equal(t, "nearest", fmt.Sprintf("%+v", verdict.Nearest[0]), `{Pattern:1 Seq:6 Exchange:GET /Users/u9 → 404 Matched:[method path] Differences:[status: want "200", got "404"]}`)
	})
	t.Run("offending exchanges", func(t *testing.T) {
		verdict := verify(t, tenant, mocktarget.Verification{Patterns: []mocktarget.Pattern{{Kind: "create", Times: new(0)}, {Kind: "patch", AtMost: new(1)}}})
		equal(t, "offending", verdict.Offending, "[2 3 4 7 8]")
	})
	t.Run("refused", func(t *testing.T) {
		for word, p := range map[string]mocktarget.Pattern{
			"kind": {Kind: "crate"}, "times": {Times: new(1), AtMost: new(2)}, "-1": {AtLeast: new(-1)}, "column": {Filter: "title eq"},
		} {
			if _, err := tenant.Verify(mocktarget.Verification{Patterns: []mocktarget.Pattern{p}}); err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("the error of %+v is %v, want it to mention %s", p, err, word)
			}
		}
	})
	t.Run("nothing claimed", func(t *testing.T) {
		if _, err := tenant.Verify(mocktarget.Verification{Ordered: true}); err == nil {
			t.Error("it holds")
		}
	})
	t.Run("another tenant", func(t *testing.T) {
		acme := c.on(c.target.Server().Tenant("acme"))
		acme.do("GET", "/Users?count=1", "").want(200)
		acme.do("GET", "/Groups/a%20b", "").want(404)
		acme.do("POST", strings.TrimSuffix(acme.base, "/scim/v2")+"/oauth/token", "").want(404)
		claim := mocktarget.Verification{Only: true, Patterns: []mocktarget.Pattern{{Path: "/Users"}, {Path: "/Groups/a b"}, {Path: "/oauth/token", Kind: "token"}}}
		if verdict := verify(t, c.target.Server().Tenant("acme"), claim); !verdict.OK {
			t.Error(verdict.Message)
		}
	})
}

func TestVerifyWhatIsLost(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Entries: 2}}))
	for range 3 {
		c.do("GET", "/Users", "").want(200)
	}
	none := mocktarget.Verification{None: true, Patterns: []mocktarget.Pattern{{Kind: "create"}}}
	if _, err := c.tenant().Verify(none); err == nil || !strings.Contains(err.Error(), "number 1") {
		t.Errorf("the error is %v", err)
	}
	none.Since = 1
	if verdict := verify(t, c.tenant(), none); !verdict.OK {
		t.Error(verdict.Message)
	}
	c.target.ClearJournal()
	if verdict := verify(t, c.tenant(), mocktarget.Verification{None: true}); !verdict.OK {
		t.Error(verdict.Message)
	}
	off := start(t, configured(mocktarget.Config{Journal: mocktarget.JournalConfig{Off: true}}))
	if _, err := off.tenant().Verify(mocktarget.Verification{None: true}); err == nil {
		t.Error("a journal that is off verifies something")
	}
}

// What a client has the answer to is in the journal.
func TestVerifyAtOnce(t *testing.T) {
	c := start(t)
	c.createUser("ann", `"title":"`+strings.Repeat("x", 100_000)+`"`)
	for i := range 50 {
		c.do("GET", "/Users", "").want(200)
		if verdict := verify(t, c.tenant(), mocktarget.Verification{Patterns: []mocktarget.Pattern{{Kind: "list", Times: new(i + 1)}}}); !verdict.OK {
			t.Fatal(verdict.Message)
		}
	}
}
