package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// TestSyncIsLinted: our own client makes no mistake that the mock's lint knows, in a
// first run, in one that changes things and in one that changes nothing.
func TestSyncIsLinted(t *testing.T) {
	a := newApp(t)
	database := filepath.Join(t.TempDir(), "state.db")
	tenant := a.mock.Tenant(mocktarget.DefaultTenant)
	for _, directory := range []string{"../../../testdata/directory/acme.json", changedAcme(t), "../../../testdata/directory/acme.json", "../../../testdata/directory/acme.json"} {
		if code, stdout, stderr := run(t.Context(), a.sync(t, directory, database)...); code != 0 {
			t.Fatalf("exit code %d: %s %s", code, stdout, stderr)
		}
	}
	t.Logf("%d requests", len(tenant.Journal()))
	for _, f := range tenant.Findings() {
		t.Logf("%d × %s %s at %q: %s (exchange %d)", f.Count, f.Severity, f.Rule, f.Pointer, f.Message, f.First)
		if f.Severity != mocktarget.SeverityInfo {
			t.Errorf("%s %s", f.Severity, f.Rule)
		}
	}
	if len(tenant.Journal()) < 68 {
		t.Errorf("%d requests were judged", len(tenant.Journal()))
	}
}

// changedAcme is the directory with some people renamed, some gone, and one group
// that has lost half of its members.
func changedAcme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../testdata/directory/acme.json")
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
