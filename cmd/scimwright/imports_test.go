package main_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/permiso/scimwright"

var update = flag.Bool("update", false, "rewrite testdata/imports.golden")

// never lists arrows that must not exist between packages. A name stands for the
// package and all below it.
var never = []struct {
	from, to string
	but      []string
	why      string
}{
	{"mocktarget", "provisioner", []string{"provisioner/scim"}, "the mock shares the protocol's words with the engine, nothing else"},
	{"mocktarget", "provisioner/scim/scimclient", nil, "a server needs no client"},
	{"mocktarget", "conformance", []string{"conformance/requirement"}, "the mock and its judge meet in the catalogue alone"},
	{"conformance", "mocktarget", nil, "the judge knows no server"},
	{"conformance", "provisioner", nil, "a shared parser would hide a shared misreading"},
	{"provisioner/store", "provisioner/queue", nil, "the store knows no queue"},
	{"provisioner/queue", "provisioner/store", nil, "the queue knows no store"},
	{"provisioner/scim", "", []string{"provisioner/scim"}, "the protocol's words stand on their own"},
	{"conformance/requirement", "", nil, "a leaf"},
	{"mocktarget/fault", "", nil, "a leaf"},
	{"mocktarget/deviation", "", []string{"provisioner/scim"}, "departures know the protocol's words, no server"},
	{"features", "", nil, "a leaf"},
	{"provisioner", "cmd", nil, "commands are on top"},
	{"cmd", "mocktarget/mocktargettest", nil, "test kits stay out of the binary"},
	{"cmd", "mocktarget/mockcontainer", nil, "test kits stay out of the binary"},
}

// onlyImporter names the one package that may import a module.
var onlyImporter = map[string]string{
	"github.com/spf13/cobra":    "cmd/scimwright/cli",
	"github.com/testcontainers": "mocktarget/mockcontainer",
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

// TestImports compares the arrows between our packages with a file, so that a new
// one is seen in review. Run it with -update to accept what is.
func TestImports(t *testing.T) {
	packages := list(t, "./...")
	var b strings.Builder
	for _, p := range packages {
		var ours []string
		for _, i := range p.Imports {
			if name, ok := within(i); ok {
				ours = append(ours, name)
			}
		}
		name, _ := within(p.ImportPath)
		fmt.Fprintln(&b, strings.TrimSpace(name+" -> "+strings.Join(ours, " ")))
	}
	golden := filepath.Join(root(t), "testdata", "imports.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("the packages import\n%s\ntestdata/imports.golden says\n%s\nIf the new arrows are meant, run: go test ./cmd/scimwright -run TestImports -update", got, want)
	}
}

func TestForbiddenImports(t *testing.T) {
	for _, p := range list(t, "./...") {
		from, _ := within(p.ImportPath)
		for _, i := range p.Imports {
			to, ours := within(i)
			if !ours {
				checkOutside(t, from, i)
				continue
			}
			for _, n := range never {
				allowed := slices.ContainsFunc(n.but, func(b string) bool { return below(to, b) })
				if below(from, n.from) && below(to, n.to) && !allowed {
					t.Errorf("%s imports %s: %s", from, to, n.why)
				}
			}
		}
	}
}

func checkOutside(t *testing.T, from, imported string) {
	t.Helper()
	for prefix, importer := range onlyImporter {
		if strings.HasPrefix(imported, prefix) && from != importer {
			t.Errorf("%s imports %s, which is for %s alone", from, imported, importer)
		}
	}
}

// TestBinary looks at all that is linked into the command.
func TestBinary(t *testing.T) {
	linked := map[string]bool{}
	for _, p := range list(t, "-deps", "./cmd/scimwright") {
		linked[p.ImportPath] = true
		name, ours := within(p.ImportPath)
		if ours && slices.Contains(p.Imports, "testing") {
			t.Errorf("%s is part of the binary and imports testing", name)
		}
		if strings.HasPrefix(p.ImportPath, "github.com/testcontainers/") || strings.HasPrefix(p.ImportPath, "github.com/moby/") {
			t.Errorf("%s is part of the binary, but is for tests alone", p.ImportPath)
		}
	}
	for _, data := range []string{"time/tzdata", "golang.org/x/crypto/x509roots/fallback"} {
		if !linked[data] {
			t.Errorf("%s is not part of the binary, and its image has no files beside it", data)
		}
	}
}

// list runs go list and returns what it says of each package, test files aside.
func list(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Standard"}, args...)...)
	cmd.Dir = root(t)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// within returns a package's path inside the module.
func within(path string) (string, bool) { return strings.CutPrefix(path, module+"/") }

func below(path, prefix string) bool {
	return prefix == "" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
