package mocktargettest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// A recorder is a testing.TB whose failure and clean-up the test controls.
type recorder struct {
	testing.TB
	failed  bool
	cleanup []func()
	log     strings.Builder
}

func (r *recorder) Helper()           {}
func (r *recorder) Failed() bool      { return r.failed }
func (r *recorder) Cleanup(f func())  { r.cleanup = append(r.cleanup, f) }
func (r *recorder) Log(args ...any)   { fmt.Fprintln(&r.log, args...) }
func (r *recorder) finish(fails bool) { r.failed = fails; r.cleanup[0]() }

func get(t *testing.T, target *mocktargettest.Target, path string) int {
	t.Helper()
	return request(t, target, "GET", path)
}

func request(t *testing.T, target *mocktargettest.Target, method, path string) int {
	t.Helper()
	r, err := http.NewRequest(method, target.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+target.Token())
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func TestNew(t *testing.T) {
	for _, fails := range []bool{false, true} {
		r := &recorder{TB: t}
		target := mocktargettest.New(r, mocktargettest.WithSeed(`{"Users":[{"id":"u1","userName":"ann"}]}`), mocktargettest.WithJournalTail(2))
		for _, path := range []string{"/Users/u1", "/Users/u2", "/Users/u3"} {
			get(t, target, path)
		}
		if got := len(target.Journal()); got != 3 {
			t.Errorf("the journal has %d entries, want 3", got)
		}
		if got := target.Users()[0].String("userName"); got != "ann" {
			t.Errorf("the user is %q, want ann", got)
		}
		if got := get(t, target.Tenant("other"), "/Users/u1"); got != 404 {
			t.Errorf("another tenant answers %d, want 404", got)
		}
		rule := mocktarget.Invariant{Name: "keep-all", Kind: mocktarget.InvariantNoDelete}
		if err := target.Target().AddInvariant(t.Context(), rule); err != nil {
			t.Fatal(err)
		}
		if got := request(t, target, "DELETE", "/users/u1"); got != 404 {
			t.Errorf("a path in another letter case answers %d, want 404", got)
		}
		if got := request(t, target, "DELETE", "/Users/u1"); got != 204 {
			t.Errorf("DELETE answers %d, want 204", got)
		}
		r.finish(fails)
		if status := get(t, target, "/Users/u1"); status != 0 {
			t.Errorf("the server still answers %d after the test", status)
		}
		log := r.log.String()
		if !fails && log != "" {
			t.Errorf("a test that passed shows %q", log)
		}
		if !fails {
			continue
		}
		for _, part := range []string{
			"5 exchanges, the last 2", "/users/u1 → 404", "/Users/u1 → 204", "invariant keep-all broken by #5: ", "warning unknown-endpoint (#4, 1 in all): ",
		} {
			if !strings.Contains(log, part) {
				t.Errorf("a test that failed shows %q, which lacks %q", log, part)
			}
		}
		if strings.Contains(log, "/Users/u3") {
			t.Errorf("a test that failed shows more than the last two exchanges: %q", log)
		}
	}
}
