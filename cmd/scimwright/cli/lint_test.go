package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/permiso/scimwright/cmd/scimwright/cli"
	"github.com/permiso/scimwright/mocktarget"
)

const acme = "../../../testdata/directory/acme.json"

// TestSyncIsLinted: our own client makes no mistake that the mock's lint knows.
func TestSyncIsLinted(t *testing.T) {
	for name, test := range map[string]struct {
		seed        string
		directories []string
	}{
		"an empty app":                {`{}`, []string{acme, changedAcme(t), acme, acme}},
		"accounts that were there":    {`{"Users":[{"userName":"ingrid.sorlie-aasen@acme.example","nickName":"Inga"},{"userName":"RAFAEL.ortizmunoz@acme.example"},{"userName":"stranger"}]}`, []string{acme, acme}},
		"a directory that is emptied": {`{}`, []string{acme, write(t, "few.json", people), acme}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t)
			tenant := a.mock.Tenant(mocktarget.DefaultTenant)
			if err := tenant.Seed(strings.NewReader(test.seed)); err != nil {
				t.Fatal(err)
			}
			database := filepath.Join(t.TempDir(), "state.db")
			for i, directory := range test.directories {
				code, stdout, stderr := run(t.Context(), a.sync(t, directory, database, "--app", "lint")...)
				if code == cli.ExitBad && strings.Contains(stderr, "held back") {
					if code, _, stderr := run(t.Context(), "approve", "lint", "--all", "--database", database); code != 0 {
						t.Fatalf("approving: %s", stderr)
					}
					code, stdout, stderr = run(t.Context(), a.sync(t, directory, database, "--app", "lint")...)
				}
				if code != 0 {
					t.Fatalf("run %d: exit code %d: %s %s", i+1, code, stdout, stderr)
				}
			}
			for _, f := range tenant.Findings() {
				if f.Severity != mocktarget.SeverityInfo {
					t.Errorf("%d × %s %s at %q: %s (exchange %d)", f.Count, f.Severity, f.Rule, f.Pointer, f.Message, f.First)
				}
			}
			if n := len(tenant.Journal()); n < 68 {
				t.Errorf("%d requests were judged", n)
			}
		})
	}
}

// changedAcme is the directory with some people renamed, some gone, and one group
// that has lost half of its members.
func changedAcme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(acme)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Users  []map[string]any `json:"users"`
		Groups []map[string]any `json:"groups"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	for i, u := range d.Users {
		if i%7 == 0 {
			u["title"] = "Changed"
			delete(u, "nickName")
		}
	}
	for i, g := range d.Groups {
		if members, _ := g["members"].([]any); i%2 == 0 {
			g["members"] = members[:len(members)/2]
		}
	}
	text, err = json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "changed.json", string(text))
}
