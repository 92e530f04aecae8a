package mocktarget_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
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
	changed := c.do("PATCH", "/Groups/"+staff, patchBody(`{"op":"replace","path":"displayName","value":"Changed"}`)).want(204)
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
		again := c.do("PATCH", "/Groups/"+staff, patchBody(`{"op":"replace","path":"displayName","value":"Else"}`)).want(204)
		if version := again.header.Get("ETag"); version == changed.header.Get("ETag") {
			t.Errorf("the version %s stands for two states", version)
		}
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

func TestSavedStates(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	tenant.Clock().Freeze()
	tenant.Clock().Set(noon)
	ann := c.createUser("ann").id()
	save := func(name string) mocktarget.SavedState {
		t.Helper()
		state, err := tenant.Save(name)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	one := save("one")
	equal(t, "state", one, mocktarget.SavedState{Name: "one", Time: noon, Counts: map[string]int{"User": 1, "Group": 0}})
	c.createUser("bob")
	save("two")
	c.do("DELETE", "/Users/"+ann, "").want(204)
	restore := func(name string) error { return tenant.RestoreSaved(name) }
	for _, step := range []struct{ state, users string }{{"one", "ann"}, {"two", "ann bob"}, {"one", "ann"}} {
		if err := restore(step.state); err != nil {
			t.Fatal(err)
		}
		equal(t, "users", c.do("GET", "/Users", "").names("userName"), step.users)
	}
	c.createUser("bob")
	tenant.Clock().Advance(time.Hour)
	save("one")
	equal(t, "states", fmt.Sprint(tenant.Saved()[0].Name, tenant.Saved()[1].Name, tenant.Saved()[1].Time), fmt.Sprint("two", "one", noon.Add(time.Hour)))
	if err := restore("one"); err != nil {
		t.Fatal(err)
	}
	equal(t, "users", c.do("GET", "/Users", "").names("userName"), "ann bob")
	if err := tenant.Forget("one"); err != nil {
		t.Fatal(err)
	}
	equal(t, "states", len(tenant.Saved()), 1)
	for _, err := range []error{tenant.Forget("one"), restore("one"), func() error { _, err := tenant.Save("a/b"); return err }()} {
		if err == nil {
			t.Error("a state that is not there, or cannot be, is accepted")
		}
	}
}

func TestSavedStatesAreBounded(t *testing.T) {
	c := start(t, configured(mocktarget.Config{Limits: mocktarget.Limits{SavedStates: 2}}))
	save := func(name string) error { _, err := c.tenant().Save(name); return err }
	for _, name := range []string{"one", "two", "one"} {
		if err := save(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := save("three"); statusOf(err) != 409 {
		t.Errorf("a third state of two: %v", err)
	}
	equal(t, "states", len(c.tenant().Saved()), 2)
	if err := c.tenant().Forget("two"); err != nil {
		t.Fatal(err)
	}
	if err := save("three"); err != nil {
		t.Error(err)
	}
}

func TestSavedStatesAreSafe(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 25 {
				if r, err := c.try("POST", "/Users", user(fmt.Sprintf("u%d-%d", i, n))); err != nil || r.status != 201 && r.status != 409 {
					t.Errorf("POST: %d, %v", r.status, err)
				}
			}
		})
		all.Go(func() {
			name := fmt.Sprintf("s%d", i)
			for range 25 {
				if _, err := tenant.Save(name); err != nil {
					t.Error(err)
				}
				if err := tenant.RestoreSaved(name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	users := c.do("GET", "/Users?count=1000", "").want(200)
	equal(t, "users", len(users.resources()), tenant.Count("User"))
	equal(t, "states", len(tenant.Saved()), 4)
}
