package mocktarget_test

import (
	"sync"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func TestSettings(t *testing.T) {
	c := start(t)
	made := c.createUser("ann")
	tenant := c.tenant()
	equal(t, "settings", tenant.Settings(), mocktarget.Settings{})
	require := func(on bool) func(*mocktarget.Settings) {
		return func(s *mocktarget.Settings) { s.RequireIfMatch = on }
	}
	if err := tenant.Configure(require(true)); err != nil {
		t.Fatal(err)
	}
	c.do("DELETE", "/Users/"+made.id(), "").wantError(428, "")
	bulk := bulkBody("", `{"method":"DELETE","path":"/Users/`+made.id()+`"}`)
	equal(t, "status in bulk", c.do("POST", "/Bulk", bulk).want(200).at("Operations", 0, "status"), "428")
	other := c.on(c.target.Server().Tenant("other"))
	other.do("DELETE", "/Users/"+other.createUser("bob").id(), "").want(204)

	err := tenant.Configure(func(s *mocktarget.Settings) { s.RequireIfMatch, s.Engine = false, "steam" })
	if err == nil {
		t.Error("an engine that there is not is accepted")
	}
	equal(t, "settings after a refusal", tenant.Settings(), mocktarget.Settings{RequireIfMatch: true})
	if err := tenant.Configure(require(false)); err != nil {
		t.Fatal(err)
	}
	c.do("DELETE", "/Users/"+made.id(), "").want(204)
	if _, err := mocktarget.New(mocktarget.Config{Settings: mocktarget.Settings{Engine: "steam"}}); err == nil {
		t.Error("a server with an engine that there is not is made")
	}
}

func TestSettingsAreSafe(t *testing.T) {
	c := start(t)
	made := c.createUser("ann")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				_ = c.tenant().Configure(func(s *mocktarget.Settings) { s.RequireIfMatch = !s.RequireIfMatch })
			}
		})
		all.Go(func() {
			for range 50 {
				if r, err := c.try("PUT", "/Users/"+made.id(), user("ann")); err != nil || r.status != 200 && r.status != 428 {
					t.Errorf("PUT answered %d, %v", r.status, err)
				}
			}
		})
	}
	all.Wait()
	equal(t, "settings after 200 flips", c.tenant().Settings(), mocktarget.Settings{})
}
