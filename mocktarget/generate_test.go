package mocktarget_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/scim"
)

// generate starts a server with a population.
func generate(t *testing.T, p mocktarget.Population, options ...mocktargettest.Option) *client {
	t.Helper()
	c := start(t, options...)
	if err := tenantOf(c).Generate(p); err != nil {
		t.Fatal(err)
	}
	return c
}

func tenantOf(c *client) *mocktarget.Tenant {
	return c.target.Server().Tenant(mocktarget.DefaultTenant)
}

func TestGenerate(t *testing.T) {
	const users, groups = 1500, 40
	c := generate(t, mocktarget.Population{Users: users, Groups: groups, Seed: 7})

	t.Run("users are valid and different", func(t *testing.T) {
		rt := scim.UserType()
		strict := scim.ValidateOptions{RefuseUnlisted: true, RefuseNonCanonical: true}
		names, inactive, accented := map[string]bool{}, 0, 0
		for _, u := range c.target.Users() {
			for _, computed := range []string{"id", "meta", "groups"} {
				u.Delete(computed)
			}
			valid, err := rt.ValidateWith(u, nil, strict)
			if err != nil {
				t.Fatalf("%v: %s", err, u.AppendJSON(nil))
			}
			if manager := u.Object(scim.EnterpriseUserSchema).Object("manager"); manager != nil {
				manager.Delete("displayName") // what the server computes
				valid.Object(scim.EnterpriseUserSchema).Object("manager").Delete("displayName")
			}
			if !scim.Equal(valid, u) {
				t.Fatalf("validation changes a user\n%s\nto\n%s", u.AppendJSON(nil), valid.AppendJSON(nil))
			}
			names[scim.Fold(u.String("userName"))] = true
			if active, _ := u.Bool("active"); !active {
				inactive++
			}
			if strings.ContainsFunc(u.String("displayName"), func(r rune) bool { return r > 127 }) {
				accented++
			}
			if local, _, _ := strings.Cut(u.String("userName"), "@"); strings.Trim(local, "abcdefghijklmnopqrstuvwxyz.-0123456789") != "" {
				t.Errorf("userName %q has letters that few systems take", u.String("userName"))
			}
		}
		equal(t, "different userNames", len(names), users)
		if inactive < users/100 || inactive > users/10 || accented < users/20 {
			t.Errorf("%d of %d users are inactive and %d have an accent in their names", inactive, users, accented)
		}
	})

	t.Run("managers are a tree", func(t *testing.T) {
		managers := map[string]string{}
		for _, u := range c.target.Users() {
			managers[u.ID()] = u.Object(scim.EnterpriseUserSchema).Object("manager").String("value")
		}
		tops, deepest := 0, 0
		for id := range managers {
			depth := 0
			for at := id; at != ""; depth++ {
				manager, known := managers[at]
				if !known || depth > 20 {
					t.Fatalf("the managers of %s lead to %q in %d steps", id, at, depth)
				}
				if manager == "" && depth == 0 {
					tops++
				}
				at = manager
			}
			deepest = max(deepest, depth)
		}
		equal(t, "users without a manager", tops, 1)
		if deepest < 4 {
			t.Errorf("the tree is %d levels deep", deepest)
		}
	})

	t.Run("indexes and groups answer over the wire", func(t *testing.T) {
		equal(t, "users", c.do("GET", "/Users?count=0", "").want(200).at("totalResults"), users)
		equal(t, "groups", c.do("GET", "/Groups?count=0", "").want(200).at("totalResults"), groups)
		someone := c.target.Users()[users/2]
		for _, filter := range []string{
			fmt.Sprintf("userName eq %q", strings.ToUpper(someone.String("userName"))),
			fmt.Sprintf("emails.value eq %q", someone.String("userName")),
			fmt.Sprintf("externalId eq %q", someone.ExternalID()),
			fmt.Sprintf("%s:employeeNumber eq %q", enterpriseURN, someone.Object(scim.EnterpriseUserSchema).String("employeeNumber")),
		} {
			equal(t, filter, c.filter("/Users", filter).want(200).names("id"), someone.ID())
		}
		everybody := c.filter("/Groups", `displayName eq "Everybody"`).want(200)
		equal(t, "members of everybody", len(everybody.at("Resources", 0, "members").([]any)), users)
		sizes := map[string]int{}
		for _, g := range c.target.Groups() {
			sizes[g.String("displayName")] = len(g.Array("members"))
		}
		if sizes["Engineering"] <= sizes["Sales"] || sizes["Sales"] <= sizes["Legal"] || sizes["Legal"] == 0 {
			t.Errorf("departments are not of unequal size: %v", sizes)
		}
		equal(t, "departments of a division", sizes["Product & Technology"], 5)
		boss := c.filter("/Users", fmt.Sprintf("groups.value eq %q", c.filter("/Groups", `displayName eq "Corporate"`).at("Resources", 0, "id"))).want(200)
		if n := boss.at("totalResults"); fmt.Sprint(n) == "0" {
			t.Error("nobody is in a division through a department")
		}
		c.do("POST", "/Users", user(strings.ToUpper(someone.String("userName")))).wantError(409, "uniqueness")
	})
}

// The same seed brings the same people and groups into being, here and on any other
// machine.
func TestGenerateIsDeterministic(t *testing.T) {
	p := mocktarget.Population{Users: 300, Groups: 30, Seed: 42}
	digest := func(p mocktarget.Population) string {
		c := generate(t, p)
		hash := sha256.New()
		for _, o := range append(c.target.Users(), c.target.Groups()...) {
			o.Delete("meta")
			hash.Write(o.AppendJSON(nil))
		}
		return fmt.Sprintf("%x", hash.Sum(nil))[:16]
	}
	first := digest(p)
	equal(t, "digest of the second run", digest(p), first)
	equal(t, "digest", first, "ba36eca4138ab980")
	p.Seed++
	if digest(p) == first {
		t.Error("another seed makes the same population")
	}
}

func TestGenerateMore(t *testing.T) {
	c := generate(t, mocktarget.Population{Users: 200, Groups: 5, Seed: 1})
	taken := c.target.Users()[7].String("userName")
	c.target.Reset()
	c.createUser(taken)
	for range 2 { // the same seed again
		if err := tenantOf(c).Generate(mocktarget.Population{Users: 200, Groups: 5, MembersPerGroup: 50, Seed: 1}); err != nil {
			t.Fatal(err)
		}
	}
	names, ids := map[string]bool{}, map[string]bool{}
	for _, u := range c.target.Users() {
		names[u.String("userName")], ids[u.ID()] = true, true
	}
	equal(t, "userNames", len(names), 401)
	equal(t, "ids", len(ids), 401)
	for _, g := range c.target.Groups() {
		if n := len(g.Array("members")); n > 50 {
			t.Errorf("%s has %d members", g.String("displayName"), n)
		}
	}
	equal(t, "groups", len(c.target.Groups()), 10)
}

func TestGenerateRefuses(t *testing.T) {
	c := start(t)
	for _, p := range []mocktarget.Population{
		{Users: -1}, {Groups: -1}, {Users: 1, MembersPerGroup: -1}, {Users: 1 << 40}, {Groups: 1 << 40},
	} {
		if err := tenantOf(c).Generate(p); err == nil || !strings.Contains(err.Error(), "between 0 and") {
			t.Errorf("%+v: error %v", p, err)
		}
	}
	if err := tenantOf(c).Generate(mocktarget.Population{}); err != nil {
		t.Errorf("nobody: %v", err)
	}
	equal(t, "users", len(c.target.Users()), 0)

	groupsOnly := start(t, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{scim.GroupType()}}))
	if err := tenantOf(groupsOnly).Generate(mocktarget.Population{Users: 1}); err == nil || !strings.Contains(err.Error(), userURN) {
		t.Errorf("users without a type of users: %v", err)
	}
	if err := tenantOf(groupsOnly).Generate(mocktarget.Population{Groups: 2}); err != nil {
		t.Errorf("groups of nobody: %v", err)
	}
	usersOnly := start(t, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{scim.UserType()}}))
	if err := tenantOf(usersOnly).Generate(mocktarget.Population{Users: 5, Groups: 1}); err == nil || !strings.Contains(err.Error(), groupURN) {
		t.Errorf("groups without a type of groups: %v", err)
	}
	equal(t, "users of a population that was refused", len(usersOnly.target.Users()), 0)

	required, err := scim.ParseSchema([]byte(`{"id":"urn:example:badge","name":"Badge","attributes":[{"name":"color","type":"string","multiValued":false,"required":true}]}`))
	if err != nil {
		t.Fatal(err)
	}
	users := scim.UserType()
	users.Extensions = []scim.Extension{{Schema: required, Required: true}}
	badges := start(t, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{users}}))
	if err := tenantOf(badges).Generate(mocktarget.Population{Users: 5}); err == nil || !strings.Contains(err.Error(), "urn:example:badge") {
		t.Errorf("users that the schemas do not take: %v", err)
	}
	equal(t, "users that the schemas do not take", len(badges.target.Users()), 0)
	users = scim.UserType()
	users.Extensions = nil
	plain := start(t, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{users}}))
	if err := tenantOf(plain).Generate(mocktarget.Population{Users: 5}); err != nil {
		t.Errorf("users without an extension: %v", err)
	}
	equal(t, "users without an extension", len(plain.target.Users()), 5)
}
