package mocktarget_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func TestETag(t *testing.T) {
	c := start(t)
	made := c.createUser("ann")
	path, old := "/Users/"+made.id(), made.header.Get("ETag")

	t.Run("RFC7644-3.14-R6", func(t *testing.T) {
		r := c.do("GET", path, "", "If-None-Match: "+old).want(304)
		equal(t, "body", r.raw, "")
		equal(t, "ETag", r.header.Get("ETag"), old)
		c.do("GET", path, "", `If-None-Match: W/"other", `+old).want(304)
		c.do("GET", path, "", `If-None-Match: W/"other"`).want(200)
	})
	t.Run("RFC7644-3.14-R9", func(t *testing.T) {
		r := c.do("PUT", path, user("ann", `"title":"x"`), "If-Match: "+old).want(200)
		t.Run("RFC7644-3.14-R4", func(t *testing.T) {
			if r.header.Get("ETag") == old {
				t.Error("the ETag has not changed")
			}
			c.do("GET", path, "", "If-None-Match: "+old).want(200)
		})
	})
	t.Run("RFC7644-3.14-R8", func(t *testing.T) {
		before := c.do("GET", path, "").raw
		c.do("PUT", path, user("ann", `"title":"y"`), "If-Match: "+old).wantError(412, "")
		c.do("PATCH", path, patchBody(`{"op":"remove","path":"title"}`), "If-Match: "+old).wantError(412, "")
		c.do("DELETE", path, "", "If-Match: "+old).wantError(412, "")
		c.do("PATCH", path, patchBody(`{"op":"remove","path":"title"}`), "If-None-Match: *").wantError(412, "")
		equal(t, "the user", c.do("GET", path, "").raw, before)
		c.do("PATCH", path, patchBody(`{"op":"remove","path":"title"}`), "If-Match: *").want(200)
	})
	t.Run("required", func(t *testing.T) {
		strict := start(t, configured(mocktarget.Config{Settings: mocktarget.Settings{RequireIfMatch: true}}))
		made := strict.createUser("ann")
		path := "/Users/" + made.id()
		strict.do("PUT", path, user("ann")).wantError(428, "")
		strict.do("DELETE", path, "").wantError(428, "")
		strict.do("DELETE", path, "", "If-Match: "+made.header.Get("ETag")).want(204)
	})
	t.Run("a restored state has a new version", func(t *testing.T) {
		made := c.createUser("restored")
		path := "/Users/" + made.id()
		snapshot := c.target.Snapshot()
		first := c.do("PATCH", path, patchBody(`{"op":"add","path":"title","value":"1"}`)).header.Get("ETag")
		c.target.Restore(snapshot)
		equal(t, "title", c.do("GET", path, "").at("title"), nil)
		if second := c.do("PATCH", path, patchBody(`{"op":"add","path":"title","value":"2"}`)).header.Get("ETag"); second == first {
			t.Errorf("two states have the version %s", first)
		}
	})
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
