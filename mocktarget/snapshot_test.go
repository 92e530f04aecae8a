package mocktarget_test

import (
	"fmt"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

func TestSnapshot(t *testing.T) {
	c := start(t)
	ann := c.createUser("ann").id()
	staff := c.createGroup("Staff", `"members":[{"value":"`+ann+`"}]`).id()
	for i := range 100 {
		c.createUser(fmt.Sprintf("user%d", i))
	}
	before := c.do("GET", "/Users?count=1000", "").raw
	snapshot := c.target.Snapshot()

	c.do("DELETE", "/Users/"+ann, "").want(204)
	c.do("PATCH", "/Groups/"+staff, patchBody(`{"op":"replace","path":"displayName","value":"Changed"}`)).want(204)
	c.createUser("later")

	t.Run("fork", func(t *testing.T) {
		fork := clientOf(t, c.target.Tenant("fork"))
		fork.target.Restore(snapshot)
		equal(t, "users", fork.do("GET", "/Users?count=0", "").at("totalResults"), 101)
		equal(t, "group", fork.do("GET", "/Users/"+ann, "").at("groups", 0, "display"), "Staff")
		fork.createUser("only in the fork")
		equal(t, "found in the original", c.filter("/Users", `userName sw "only"`).at("totalResults"), 0)
	})
	t.Run("restore", func(t *testing.T) {
		c.target.Restore(snapshot)
		equal(t, "users", c.do("GET", "/Users?count=1000", "").raw, before)
		equal(t, "later", c.filter("/Users", `userName eq "later"`).at("totalResults"), 0)
		equal(t, "member", c.do("GET", "/Groups/"+staff, "").at("members", 0, "value"), ann)
		c.createUser("later")
	})
	t.Run("reset", func(t *testing.T) {
		c.target.Reset()
		equal(t, "users", c.do("GET", "/Users", "").at("totalResults"), 0)
		c.do("GET", "/Groups/"+staff, "").want(404)
		if c.createUser("ann").id() == ann {
			t.Error("an id is used again")
		}
		equal(t, "users", c.do("GET", "/Users", "").names("userName"), "ann")
	})
	t.Run("a snapshot of another server", func(t *testing.T) {
		tenant := c.target.Server().Tenant("default")
		if err := tenant.Restore(mocktargettest.New(t).Snapshot()); err == nil {
			t.Error("it is restored")
		}
	})
}
