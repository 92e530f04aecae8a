package mocktarget_test

import (
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

func TestTenants(t *testing.T) {
	c := start(t)
	c.createUser("same", `"externalId":"x1"`)
	other := clientOf(t, c.target.Tenant("acme"))
	equal(t, "URL", other.base, c.target.Origin()+"/t/acme/scim/v2")
	t.Run("RFC7643-9.3-R2", func(t *testing.T) {
		equal(t, "users", other.do("GET", "/Users", "").at("totalResults"), 0)
		made := other.createUser("same", `"externalId":"x1"`)
		equal(t, "location", made.header.Get("Location"), other.base+"/Users/"+made.id())
		c.do("GET", "/Users/"+made.id(), "").wantError(404, "")
	})
	t.Run("a tenant comes into being by use", func(t *testing.T) {
		fresh := *c
		fresh.base = c.target.Origin() + "/t/new.one/scim/v2"
		fresh.createUser("first")
		equal(t, "users", len(c.target.Tenant("new.one").Users()), 1)
	})
	for _, name := range []string{"a%20b", "..", "a%2Fb", strings.Repeat("x", 73)} {
		c.do("GET", c.target.Origin()+"/t/"+name+"/scim/v2/Users", "").wantError(404, "")
	}
	equal(t, "default tenant by name", clientOf(t, c.target.Tenant("default")).base, c.base)
}

func TestSeed(t *testing.T) {
	target := mocktargettest.New(t)
	tenant := target.Server().Tenant("seeded")
	good := `{"users":[{"id":"u1","userName":"ann"},{"id":"u2","userName":"bob"}],"groups":[{"id":"g1","displayName":"Staff","members":[{"value":"u1"},{"value":"g2"}]},{"id":"g2","displayName":"Inner"}]}`
	if err := tenant.Seed(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	equal(t, "users", tenant.Count("User"), 2)
	equal(t, "groups", tenant.Count("Group"), 2)
	equal(t, "members", len(tenant.Resources("Group")[0].Array("members")), 2)
	for name, test := range map[string]struct{ seed, want string }{
		"malformed":      {`{"Users":[`, "not a JSON object"},
		"unknown list":   {`{"Machines":[]}`, "Machines"},
		"no userName":    {`{"Users":[{"userName":"x"},{"title":"y"}]}`, "Users[1]: /userName is required"},
		"taken name":     {`{"Users":[{"userName":"x"},{"userName":"ANN"}]}`, `Users[1]: the userName "ANN"`},
		"taken id":       {`{"Users":[{"userName":"x","id":"u1"}]}`, "u1"},
		"doubled id":     {`{"Users":[{"userName":"x","id":"n"},{"userName":"y","id":"n"}]}`, "twice"},
		"unknown member": {`{"Groups":[{"displayName":"x","members":[{"value":"nobody"}]}]}`, "Groups[0]: members: there is no resource"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tenant.Seed(strings.NewReader(test.seed))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want it to mention %q", err, test.want)
			}
			equal(t, "users", tenant.Count("User"), 2)
			equal(t, "groups", tenant.Count("Group"), 2)
		})
	}
}
