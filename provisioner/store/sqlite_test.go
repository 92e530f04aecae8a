package store_test

import (
	"os"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/store"
)

// TestDatabaseThatIsNone is refused without leaving anything behind.
func TestDatabaseThatIsNone(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, want := range map[string]string{"": "none is named", ":memory:": "in memory", "file::memory:?cache=shared": "in memory"} {
		if s, err := store.Open(t.Context(), store.Config{Database: name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want an error with %q", name, s, err, want)
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("left is %v, %v", left, err)
	}
}
