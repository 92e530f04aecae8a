package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestOwnerIsLookedUpByIndexes: who has an id is asked for each account that is made, and
// must not be read out of all links of the app. In a new file SQLite knows nothing of how
// much there is, as in one that was just filled.
func TestOwnerIsLookedUpByIndexes(t *testing.T) {
	s, err := Open(t.Context(), Config{Database: filepath.Join(t.TempDir(), "s.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	rows, err := s.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+linkOf, "app", "User", "Id", "id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var searches []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(step, "link") {
			searches = append(searches, step)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(searches) != 2 || !strings.Contains(searches[0], "link_remote (app=? AND kind=? AND remote_id=?)") ||
		!strings.Contains(searches[1], "link_remote_capital (app=? AND kind=? AND <expr>=?)") {
		t.Errorf("it is looked up by %q", searches)
	}
}
