package mocktarget_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

func TestCreateTenant(t *testing.T) {
	c := start(t)
	server := c.target.Server()
	tenant, err := server.CreateTenant("acme", mocktarget.TenantConfig{
		Token: "acme-only", Sequential: true,
		Settings: &mocktarget.Settings{RequireIfMatch: true},
		Clock:    mocktarget.ClockState{Now: noon, Frozen: true},
		Seed:     strings.NewReader(`{"Users":[{"id":"u1","userName":"ann"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	acme := c.on(tenant)
	acme.token = "acme-only"
	equal(t, "created", acme.do("GET", "/Users/u1", "").want(200).at("meta", "created"), "2026-03-04T12:00:00.000Z")
	equal(t, "id", acme.createUser("bob").id(), mocktarget.SequentialIDs("acme", "User", 2))
	acme.do("DELETE", "/Users/u1", "").wantError(428, "")
	c.do("GET", "/Users", "", "Authorization: Bearer acme-only").wantError(401, "")
	c.on(tenant).do("GET", "/Users", "").want(200)

	for name, config := range map[string]mocktarget.TenantConfig{
		"acme": {}, "default": {}, "": {}, "a/b": {}, strings.Repeat("x", 73): {},
		"unseeded":    {Seed: strings.NewReader(`{"Users":[{"title":"x"}]}`)},
		"misbehaving": {Settings: &mocktarget.Settings{Engine: "steam"}},
		"untyped":     {ResourceTypes: []*scim.ResourceType{{Name: "Thing"}}},
	} {
		if _, err := server.CreateTenant(name, config); err == nil {
			t.Errorf("the tenant %q is created", name)
		}
	}
	for _, name := range []string{"unseeded", "misbehaving", "untyped"} {
		if _, err := server.Lookup(name); err == nil {
			t.Errorf("the tenant %q is there", name)
		}
	}
}

func TestTenantWithTypesOfItsOwn(t *testing.T) {
	types, err := mocktarget.ParseResourceTypes([]byte(deviceTypes))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t)
	tenant, err := c.target.Server().CreateTenant("things", mocktarget.TenantConfig{ResourceTypes: types})
	if err != nil {
		t.Fatal(err)
	}
	things := c.on(tenant)
	made := things.do("POST", "/Devices", `{"schemas":["urn:example:Device"],"serial":"s-1"}`).want(201)
	equal(t, "serial", things.do("GET", "/Devices/"+made.id(), "").want(200).at("serial"), "s-1")
	equal(t, "types", things.do("GET", "/ResourceTypes", "").want(200).at("totalResults"), 3)
	c.do("GET", "/Devices", "").wantError(404, "")
	equal(t, "types of another", c.do("GET", "/ResourceTypes", "").want(200).at("totalResults"), 2)

	if err := c.tenant().Restore(tenant.Snapshot()); err == nil {
		t.Error("a state with other types is restored")
	}
	fork, err := c.target.Server().Fork("things", "fork")
	if err != nil {
		t.Fatal(err)
	}
	c.on(fork).do("GET", "/Devices/"+made.id(), "").want(200)
	if err := fork.Restore(tenant.Snapshot()); err != nil {
		t.Errorf("a state with the same types is refused: %v", err)
	}
}

// deviceTypes is a schema and a resource type.
const deviceTypes = `[
	{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"urn:example:Device","name":"Device","attributes":[
		{"name":"serial","type":"string","required":true,"uniqueness":"server","caseExact":true},
		{"name":"pin","type":"string","mutability":"writeOnly","returned":"never"},
		{"name":"code","type":"string","returned":"never"},
		{"name":"lent","type":"dateTime"},
		{"name":"ports","type":"integer","multiValued":true}]},
	{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"Device","name":"Device","endpoint":"/Devices","schema":"urn:example:Device"}]`

func TestDeleteTenant(t *testing.T) {
	c := start(t)
	server := c.target.Server()
	acme := c.on(server.Tenant("acme"))
	acme.createUser("ann")
	if err := server.DeleteTenant("acme"); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Lookup("acme"); err == nil {
		t.Error("the tenant is still there")
	}
	for _, name := range []string{"acme", "default"} {
		if err := server.DeleteTenant(name); err == nil {
			t.Errorf("%q is deleted", name)
		}
	}
	equal(t, "users of a new one", acme.do("GET", "/Users", "").want(200).at("totalResults"), 0)
	equal(t, "journal of a new one", len(server.Tenant("acme").Journal()), 1)
}

func TestFork(t *testing.T) {
	c := start(t)
	server := c.target.Server()
	ann := c.createUser("ann").id()
	staff := c.createGroup("Staff", `"members":[{"value":"`+ann+`"}]`).id()
	original := c.tenant()
	original.Clock().Freeze()
	original.Clock().Set(noon)
	if err := original.Configure(func(s *mocktarget.Settings) { s.RequireIfMatch = true }); err != nil {
		t.Fatal(err)
	}
	tenant, err := server.Fork("default", "what-if")
	if err != nil {
		t.Fatal(err)
	}
	fork := c.on(tenant)
	equal(t, "time", tenant.Clock().State(), mocktarget.ClockState{Now: noon, Frozen: true})
	equal(t, "settings", tenant.Settings(), mocktarget.Settings{RequireIfMatch: true})
	equal(t, "journal", len(tenant.Journal()), 0)
	equal(t, "member", fork.do("GET", "/Groups/"+staff, "").want(200).at("members", 0, "value"), ann)

	fork.do("DELETE", "/Users/"+ann, "", "If-Match: *").want(204)
	tenant.Clock().Advance(time.Hour)
	c.createUser("bob")
	equal(t, "users of the original", c.do("GET", "/Users", "").names("userName"), "ann bob")
	equal(t, "users of the fork", fork.do("GET", "/Users", "").names("userName"), "")
	equal(t, "time of the original", original.Clock().Now(), noon)
	equal(t, "exchanges of the fork", len(tenant.Journal()), 3)

	for _, names := range [][2]string{{"nobody", "x"}, {"default", "what-if"}, {"default", "a/b"}} {
		if _, err := server.Fork(names[0], names[1]); err == nil {
			t.Errorf("%s is forked into %q", names[0], names[1])
		}
	}
}

// A request that is on its way when its tenant is created, with types that other
// tenants do not have, is one for that tenant.
func TestTenantCreatedMeanwhile(t *testing.T) {
	types, err := mocktarget.ParseResourceTypes([]byte(deviceTypes))
	if err != nil {
		t.Fatal(err)
	}
	var armed atomic.Bool
	made := make(chan error, 1)
	var server *mocktarget.Server
	c := start(t, configured(mocktarget.Config{Now: func() time.Time { // asked when the token is checked
		if armed.CompareAndSwap(true, false) {
			_, err := server.CreateTenant("things", mocktarget.TenantConfig{
				ResourceTypes: types[2:], Seed: strings.NewReader(`{"Devices":[{"serial":"s-1"}]}`),
			})
			made <- err
		}
		return noon
	}}))
	server = c.target.Server()
	armed.Store(true)
	users := c.target.Origin() + "/t/things/scim/v2/Users"
	c.do("GET", users, "").wantError(404, "")
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	equal(t, "devices", c.do("GET", strings.Replace(users, "Users", "Devices", 1), "").want(200).at("totalResults"), 1)
}

// A tenant that is created while requests for it come in is one tenant to all.
func TestTenantsComeAndGo(t *testing.T) {
	types, err := mocktarget.ParseResourceTypes([]byte(deviceTypes))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t)
	server := c.target.Server()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 25 {
				name := fmt.Sprintf("t%d", n)
				path := c.target.Origin() + "/t/" + name + "/scim/v2/Groups"
				r, err := c.try("POST", path, group(fmt.Sprintf("%d-%d", i, n)))
				if err != nil || r.status != 201 {
					t.Errorf("POST: %d, %v", r.status, err)
				}
			}
		})
		all.Go(func() {
			for n := range 25 {
				name := fmt.Sprintf("t%d", n)
				if _, err := server.CreateTenant(name, mocktarget.TenantConfig{ResourceTypes: types}); err == nil {
					_, _ = server.Fork(name, name+"-fork")
				}
				_ = server.DeleteTenant(name)
			}
		})
	}
	all.Wait()
}
