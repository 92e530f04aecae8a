package mocktarget_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

var update = flag.Bool("update", false, "rewrite COVERAGE.md")

// A proof shows over the wire that the mock keeps requirements. Their ids, joined
// by "+", name the test.
type proof struct {
	ids  string
	show func(c *client)
}

// prove runs proofs in parallel, each in a tenant of its own of one server. A
// failure does not show the journals: they would be of all proofs.
func prove(t *testing.T, proofs []proof, options ...mocktargettest.Option) {
	t.Helper()
	target := mocktargettest.New(t, append(options, mocktargettest.WithJournalTail(0))...)
	for i, p := range proofs {
		t.Run(p.ids, func(t *testing.T) {
			t.Parallel()
			p.show(clientOf(t, target.Tenant(fmt.Sprintf("proof%d", i))))
		})
	}
}

// TestCoverage holds the tests of this package against the catalogue: each row that
// binds servers is shown with the tests that are named after it, or with the reason
// why none is. COVERAGE.md keeps the table; -update rewrites it.
func TestCoverage(t *testing.T) {
	tests := testsByID(t)
	for _, id := range slices.Sorted(maps.Keys(tests)) {
		if _, ok := requirement.Get(id); !ok {
			t.Errorf("%s names %s, which is not in the catalogue", strings.Join(tests[id], ", "), id)
		}
	}
	reasons := reasons()
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		r, ok := requirement.Get(id)
		switch {
		case !ok || !r.Subject.Binds(requirement.Server):
			t.Errorf("the reason for %s is of no row that binds servers", id)
		case tests[id] != nil:
			t.Errorf("%s has both a reason why there is no test and a test, in %s", id, strings.Join(tests[id], ", "))
		}
	}
	var rows []coverage
	for r := range requirement.All() {
		if !r.Subject.Binds(requirement.Server) {
			continue
		}
		row := coverage{Requirement: r, tests: tests[r.ID], reason: reasons[r.ID]}
		if row.reason == "" && len(row.tests) == 0 {
			row.reason = generalReason(r)
		}
		if row.missing() {
			t.Errorf("%s (%s) has neither a test nor a reason: %s\n\t%s", r.ID, r.Level, r.Statement, r.How)
		}
		rows = append(rows, row)
	}
	got := table(rows)
	if testing.Verbose() {
		t.Logf("\n%s", got)
	}
	const file = "COVERAGE.md"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the tests say (%v): go test ./mocktarget -run TestCoverage -update", file, err)
	}
}

// coverage is a row of the table.
type coverage struct {
	requirement.Requirement
	tests  []string
	reason string
}

// missing reports whether the row asks for a test and has neither one nor a reason.
func (c coverage) missing() bool {
	return len(c.tests) == 0 && c.reason == "" && c.Level != requirement.May
}

// generalReason returns why rows of a kind have no test, "" if they should have.
func generalReason(r requirement.Requirement) string {
	switch {
	case r.Testable == "no":
		return "Cannot be seen over HTTP. " + r.How + "."
	case strings.HasPrefix(r.RFC, "I-D"):
		return "Of a draft profile that narrows RFC 7644 and contradicts it in places."
	case r.RFC == "RFC9967":
		return "The mock has neither event streams nor asynchronous requests."
	}
	return ""
}

// table returns the contents of COVERAGE.md.
func table(rows []coverage) []byte {
	var b, body bytes.Buffer
	type counts struct{ rows, tested, reasoned, missing, optional int }
	of := map[string]*counts{}
	var documents []string
	for _, r := range rows {
		n := of[r.RFC]
		if n == nil {
			n = &counts{}
			of[r.RFC] = n
			documents = append(documents, r.RFC)
			fmt.Fprintf(&body, "\n## %s\n\n| id | level | statement | test, or why there is none |\n|---|---|---|---|\n", r.RFC)
		}
		n.rows++
		shown := r.reason
		switch {
		case len(r.tests) > 0:
			n.tested++
			shown = "`" + strings.Join(r.tests, "`, `") + "`"
		case r.reason != "":
			n.reasoned++
		case r.missing():
			n.missing++
			shown = "**missing**"
		default:
			n.optional++
			shown = "–"
		}
		fmt.Fprintf(&body, "| %s | %s | %s | %s |\n", r.ID, r.Level, cell(r.Statement), cell(shown))
	}
	b.WriteString("# What the tests of the mock cover\n\n" +
		"Each row of the catalogue (`conformance/requirement`) that binds servers, with the tests named after it.\n" +
		"`go test ./mocktarget -run /ID` runs those of one row. Written by `go test ./mocktarget -run TestCoverage -update`.\n\n" +
		"| document | rows | tested | with a reason | missing | optional without either |\n|---|---|---|---|---|---|\n")
	for _, d := range documents {
		n := of[d]
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", d, n.rows, n.tested, n.reasoned, n.missing, n.optional)
	}
	b.Write(body.Bytes())
	return b.Bytes()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// testsByID returns which test functions of this directory have a test named after
// a requirement: a string literal that begins with its id.
func testsByID(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no tests to read: %v", err)
	}
	named := regexp.MustCompile(`^(RFC\d+|IDINTEROP)-[\w.-]+-R\d+\b`)
	tests := map[string][]string{}
	for _, file := range files {
		if strings.HasPrefix(file, "reasons") || strings.HasPrefix(file, "lint") {
			continue // these cite rows without testing them
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Test") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, _ := strconv.Unquote(literal.Value)
				for part := range strings.SplitSeq(text, "+") {
					if id := named.FindString(part); id != "" && !slices.Contains(tests[id], f.Name.Name) {
						tests[id] = append(tests[id], f.Name.Name)
					}
				}
				return true
			})
		}
	}
	return tests
}
