package mocktarget_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/fault"
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

// TestImitations: a tenant behaves like a make of apps, with what else it was told on top
// of that, until it is told otherwise.
func TestImitations(t *testing.T) {
	c := start(t)
	tenant := c.tenant()
	for _, i := range mocktarget.Imitations() {
		if err := tenant.Configure(func(s *mocktarget.Settings) { s.Imitate = i.Name }); err != nil {
			t.Errorf("%s: %v", i.Name, err)
		}
	}
	err := tenant.Configure(func(s *mocktarget.Settings) { *s = mocktarget.Settings{Imitate: "lotus"} })
	if err == nil || !strings.Contains(err.Error(), `"lotus"`) || !strings.Contains(err.Error(), `"salesforce"`) {
		t.Errorf("one that there is not: %v, want the names of those that there are", err)
	}
	configure := func(s mocktarget.Settings) {
		t.Helper()
		if err := tenant.Configure(func(is *mocktarget.Settings) { *is = s }); err != nil {
			t.Fatal(err)
		}
		equal(t, "settings", tenant.Settings(), s)
	}
	configure(mocktarget.Settings{
		Imitate: "salesforce", Deviations: []string{"meta-missing", "config-plural"},
		Faults: []fault.Rule{{Kind: fault.Status, Status: 418, Method: "GET", Path: "/Users", Times: 1}},
	})
	c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g"}`).want(405)
	c.do("GET", "/Users", "").want(418)
	c.do("GET", "/ServiceProviderConfigs", "").want(200)
	if made := c.createUser("ann"); strings.Contains(made.raw, `"meta"`) {
		t.Errorf("its own deviations are lost: %s", made.raw)
	}
	configure(mocktarget.Settings{})
	c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g"}`).want(201)
}
