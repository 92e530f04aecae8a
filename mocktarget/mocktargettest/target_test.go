package mocktargettest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

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
	r, err := http.NewRequest("GET", target.URL()+path, nil)
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
		r.finish(fails)
		if status := get(t, target, "/Users/u1"); status != 0 {
			t.Errorf("the server still answers %d after the test", status)
		}
		log := r.log.String()
		if !fails && log != "" {
			t.Errorf("a test that passed shows %q", log)
		}
		if shown := strings.Contains(log, "/Users/u3 → 404") && !strings.Contains(log, "#1 GET /scim/v2/"); fails && !shown {
			t.Errorf("a test that failed shows %q, want the last two exchanges", log)
		}
	}
}
