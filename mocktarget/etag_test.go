package mocktarget_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// A version is never used again, not even for a state that came back.
func TestRestoredVersions(t *testing.T) {
	c := start(t)
	made := c.createUser("restored")
	path := "/Users/" + made.id()
	snapshot := c.target.Snapshot()
	first := c.do("PATCH", path, patchBody(`{"op":"add","path":"title","value":"1"}`)).header.Get("ETag")
	c.target.Restore(snapshot)
	equal(t, "title", c.do("GET", path, "").at("title"), nil)
	if second := c.do("PATCH", path, patchBody(`{"op":"add","path":"title","value":"2"}`)).header.Get("ETag"); second == first {
		t.Errorf("two states have the version %s", first)
	}
}

// Of writers that all hold the same version exactly one may win, however many there
// are.
func TestConcurrentWritersWithOneETag(t *testing.T) {
	c := start(t)
	made := c.createUser("contested")
	path := "/Users/" + made.id()
	version := made.header.Get("ETag")
	for round := range 10 {
		var won, lost atomic.Int32
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				r, err := c.try("PATCH", path, patchBody(fmt.Sprintf(`{"op":"replace","path":"title","value":"%d-%d"}`, round, i)), "If-Match: "+version)
				switch {
				case err != nil:
					t.Error(err)
				case r.status == 200:
					won.Add(1)
				case r.status == 412:
					lost.Add(1)
				default:
					t.Errorf("the answer is %d: %s", r.status, r.raw)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || lost.Load() != 15 {
			t.Fatalf("%d writers won and %d lost, want 1 and 15", won.Load(), lost.Load())
		}
		version = c.do("GET", path, "").header.Get("ETag")
	}
}
