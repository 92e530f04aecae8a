package mocktarget_test

import (
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

func TestCreate(t *testing.T) {
	c := start(t)
	made := c.do("POST", "/Users", user("bjensen", `"id":"mine"`, `"externalId":"Ex1"`,
		`"meta":{"resourceType":"Nonsense","created":"2001-01-01T00:00:00Z"}`, `"groups":[{"value":"g"}]`,
		`"password":"t0p-Secret"`, `"emails":[{"value":"b@EXAMPLE.com","type":"work"}]`))

	t.Run("RFC7644-3.3-R6", func(t *testing.T) { made.want(201) })
	t.Run("RFC7644-3.3-R8", func(t *testing.T) {
		location := made.header.Get("Location")
		equal(t, "Location", location, c.base+"/Users/"+made.id())
		equal(t, "meta.location", made.at("meta", "location"), location)
		c.do("GET", location, "").want(200)
	})
	t.Run("RFC7644-3.3.1-R1", func(t *testing.T) { equal(t, "meta.resourceType", made.at("meta", "resourceType"), "User") })
	t.Run("RFC7644-3.3-R2", func(t *testing.T) { equal(t, "groups", made.at("groups"), nil) })
	t.Run("RFC7644-3.1-R6", func(t *testing.T) {
		equal(t, "GET", c.do("GET", "/Users/"+made.id(), "").raw, made.raw)
	})

	t.Run("RFC7644-3.3-R9", func(t *testing.T) {
		c.do("POST", "/Users", user("BJENSEN")).wantError(409, "uniqueness", "userName")
	})
	t.Run("RFC7644-3.3-R10", func(t *testing.T) {
		c.do("POST", "/Users", user("refused", `"active":"yes"`)).wantError(400, "invalidValue", "active")
		equal(t, "totalResults", c.filter("/Users", `userName eq "refused"`).at("totalResults"), 0)
	})
}

func TestReplace(t *testing.T) {
	c := start(t)
	made := c.createUser("ann", `"title":"Boss"`, `"emails":[{"value":"a@x.org","type":"work"}]`, `"password":"s3cret-word"`)
	path := "/Users/" + made.id()

	t.Run("RFC7644-3.5.1-R3", func(t *testing.T) {
		r := c.do("PUT", path, user("ann", `"displayName":"Ann"`, `"emails":[{"value":"b@x.org"}]`)).want(200)
		equal(t, "displayName", r.at("displayName"), "Ann")
		equal(t, "title", r.at("title"), nil)
		equal(t, "emails", len(r.at("emails").([]any)), 1)
		equal(t, "Content-Location", r.header.Get("Content-Location"), c.base+path)
		equal(t, "GET", c.do("GET", path, "").raw, r.raw)
		equal(t, "found by the old address", c.filter("/Users", `emails.value eq "a@x.org"`).at("totalResults"), 0)
		equal(t, "found by the new address", c.filter("/Users", `emails.value eq "b@x.org"`).at("totalResults"), 1)
	})
	t.Run("RFC7644-3.5.1-R10", func(t *testing.T) {
		r := c.do("PUT", path, user("ann", `"id":"other"`, `"meta":{"created":"2001-01-01T00:00:00Z"}`)).want(200)
		equal(t, "id", r.id(), made.id())
		equal(t, "created", r.at("meta", "created"), made.at("meta", "created"))
	})
	t.Run("unchanged content keeps the version", func(t *testing.T) {
		body := user("ann", `"nickName":"A"`)
		first := c.do("PUT", path, body).want(200)
		equal(t, "the second answer", c.do("PUT", path, body).want(200).raw, first.raw)
	})
	t.Run("RFC7644-3.5.1-R13", func(t *testing.T) {
		c.createUser("bob")
		before := c.do("GET", path, "").raw
		c.do("PUT", path, user("BOB")).wantError(409, "uniqueness")
		equal(t, "the user", c.do("GET", path, "").raw, before)
	})
	t.Run("RFC7644-3.5.1-R1", func(t *testing.T) {
		c.do("PUT", "/Users/nobody", user("nobody")).wantError(404, "", "nobody")
		equal(t, "created", c.filter("/Users", `userName eq "nobody"`).at("totalResults"), 0)
	})
	t.Run("a rename frees the old name", func(t *testing.T) {
		c.do("PUT", path, user("anna")).want(200)
		c.createUser("ann")
		c.do("POST", "/Users", user("Anna")).wantError(409, "uniqueness")
	})
}

func TestDelete(t *testing.T) {
	c := start(t)
	made := c.createUser("gone")
	path := "/Users/" + made.id()
	inGroup := c.createGroup("holders", `"members":[{"value":"`+made.id()+`"}]`)

	t.Run("RFC7644-3.6-R5", func(t *testing.T) {
		if r := c.do("DELETE", path, "").want(204); r.raw != "" {
			t.Errorf("DELETE has a body: %s", r.raw)
		}
	})
	t.Run("RFC7644-3.6-R2", func(t *testing.T) {
		for _, method := range []string{"GET", "DELETE"} {
			c.do(method, path, "").wantError(404, "")
		}
		c.do("PUT", path, user("gone")).wantError(404, "")
		c.do("PATCH", path, patchBody(`{"op":"add","path":"title","value":"x"}`)).wantError(404, "")
	})
	t.Run("RFC7644-3.6-R3", func(t *testing.T) {
		equal(t, "by id", c.filter("/Users", `id eq "`+made.id()+`"`).at("totalResults"), 0)
		equal(t, "by name", c.filter("/Users", `userName eq "gone"`).at("totalResults"), 0)
		equal(t, "all", c.do("GET", "/Users", "").at("totalResults"), 0)
	})
	t.Run("the group loses the member", func(t *testing.T) {
		after := c.do("GET", "/Groups/"+inGroup.id(), "").want(200)
		equal(t, "members", after.at("members"), nil)
		if after.header.Get("ETag") == inGroup.header.Get("ETag") {
			t.Error("the group's version has not changed")
		}
	})
	t.Run("RFC7644-3.6-R4", func(t *testing.T) {
		if c.createUser("gone").id() == made.id() {
			t.Error("the id was used again")
		}
	})
	t.Run("RFC7644-3.6-R6", func(t *testing.T) { c.do("DELETE", "/Users/nobody", "").wantError(404, "") })
}

func TestMethods(t *testing.T) {
	c := start(t)
	id := c.createUser("m").id()
	for path, allow := range map[string]string{
		"/Users":                 "GET, HEAD, OPTIONS, POST",
		"/Users/" + id:           "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
		"/ServiceProviderConfig": "GET, HEAD, OPTIONS",
		"/Schemas":               "GET, HEAD, OPTIONS",
		"/Users/.search":         "OPTIONS, POST",
		"/Bulk":                  "OPTIONS, POST",
	} {
		r := c.do("PROPFIND", path, "")
		r.wantError(405, "")
		equal(t, "Allow of "+path, r.header.Get("Allow"), allow)
		equal(t, "Allow in the answer to OPTIONS "+path, c.do("OPTIONS", path, "").want(204).header.Get("Allow"), allow)
	}
	t.Run("HEAD", func(t *testing.T) {
		get := c.do("GET", "/Users/"+id, "").want(200)
		head := c.do("HEAD", "/Users/"+id, "").want(200)
		for _, name := range []string{"Content-Type", "Content-Length", "Etag", "Content-Location"} {
			equal(t, name, head.header.Get(name), get.header.Get(name))
		}
		equal(t, "body", head.raw, "")
	})
	t.Run("RFC7644-3.12-R10", func(t *testing.T) {
		for _, path := range []string{"/Nope", "/users", "/Users/a/b", "/Users/" + strings.ToUpper(id)} {
			c.do("GET", path, "").wantError(404, "")
		}
	})
	t.Run("RFC7644-3.13-R3", func(t *testing.T) {
		c.do("GET", c.target.Origin()+"/scim/v9/Users", "").wantError(400, "invalidVers", "v9")
		c.do("GET", c.target.Origin()+"/scim/v1/Users", "").wantError(400, "invalidVers")
	})
	t.Run("RFC7644-3.13-R4", func(t *testing.T) {
		r := c.do("GET", c.target.Origin()+"/scim/Users/"+id, "").want(200)
		equal(t, "location", r.at("meta", "location"), c.target.Origin()+"/scim/Users/"+id)
	})
	t.Run("an id with a slash", func(t *testing.T) {
		c.target.Seed(`{"Users":[{"id":"a/b c","userName":"slash"}]}`)
		r := c.do("GET", "/Users/a%2Fb%20c", "").want(200)
		equal(t, "userName", r.at("userName"), "slash")
		equal(t, "location", r.at("meta", "location"), c.base+"/Users/a%2Fb%20c")
	})
}

func TestMediaTypes(t *testing.T) {
	c := start(t)
	t.Run("RFC7644-3.8-R1", func(t *testing.T) {
		c.do("POST", "/Users", user("a"), "Content-Type: application/json; charset=utf-8").want(201)
		c.do("POST", "/Users", user("b"), "Content-Type: application/scim+json; charset=UTF-8").want(201)
	})
	t.Run("RFC7644-3.8-R8", func(t *testing.T) {
		for _, accept := range []string{"Accept: ", "Accept: */*", "Accept: application/scim+json"} {
			equal(t, accept, c.do("GET", "/Users", "", accept).want(200).header.Get("Content-Type"), "application/scim+json")
		}
	})
	t.Run("RFC7644-3.8-R7", func(t *testing.T) {
		equal(t, "type", c.do("GET", "/Users", "", "Accept: application/json").want(200).header.Get("Content-Type"), "application/json")
	})
	c.do("GET", "/Users", "", "Accept: text/html").wantError(406, "")
	c.do("POST", "/Users", user("c"), "Content-Type: text/plain").wantError(415, "")
	c.do("POST", "/Users", user("c"), "Content-Type: application/json; charset=latin1").wantError(415, "")
}

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
		"no userName":    {`{"Users":[{"userName":"x"},{"title":"y"}]}`, "Users[1]"},
		"taken name":     {`{"Users":[{"userName":"x"},{"userName":"ANN"}]}`, "ANN"},
		"taken id":       {`{"Users":[{"userName":"x","id":"u1"}]}`, "u1"},
		"doubled id":     {`{"Users":[{"userName":"x","id":"n"},{"userName":"y","id":"n"}]}`, "twice"},
		"unknown member": {`{"Groups":[{"displayName":"x","members":[{"value":"nobody"}]}]}`, "nobody"},
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
