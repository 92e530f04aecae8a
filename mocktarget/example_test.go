package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

// newExample starts a server with the users ann and bob for the examples.
func newExample() (server *httptest.Server, tenant *mocktarget.Tenant, send func(method, path, body string)) {
	mock, err := mocktarget.New(mocktarget.Config{Token: "secret", Auth: mocktarget.Auth{Open: true}})
	if err != nil {
		log.Fatal(err)
	}
	server = httptest.NewServer(mock)
	tenant = mock.Tenant(mocktarget.DefaultTenant)
	seed := `{"Users":[{"id":"1","userName":"ann","active":true},{"id":"2","userName":"bob","active":true}]}`
	if err := tenant.Seed(strings.NewReader(seed)); err != nil {
		log.Fatal(err)
	}
	return server, tenant, func(method, path, body string) {
		r, err := http.NewRequest(method, server.URL+tenant.Path()+path, strings.NewReader(body))
		if err != nil {
			log.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/scim+json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			log.Fatal(err)
		}
		_ = response.Body.Close()
	}
}

// A test says what the client should have asked. A claim that fails shows what came
// nearest.
func ExampleTenant_Verify() {
	server, tenant, send := newExample()
	defer server.Close()
	send("PATCH", "/Users/1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations":[{"op":"replace","path":"active","value":false}]}`)

	once := mocktarget.Pattern{Kind: "patch", ResourceType: "User", PatchPath: "active", Times: new(1)}
	verdict, err := tenant.Verify(mocktarget.Verification{Patterns: []mocktarget.Pattern{once}, Only: true})
	fmt.Println(verdict.OK, err)

	deleted := mocktarget.Pattern{Method: "DELETE", Path: "/Users/1"}
	verdict, err = tenant.Verify(mocktarget.Verification{Patterns: []mocktarget.Pattern{deleted}})
	fmt.Println(verdict.OK, err)
	fmt.Println(verdict.Message)
	// Output:
	// true <nil>
	// false <nil>
	// pattern 0 (method DELETE, path /Users/1): want at least 1, found 0
	//   nearest: #1 PATCH /Users/1 → 200: method: want "DELETE", got "PATCH"
}

// A test says what the app should hold, attribute by attribute.
func ExampleTenant_Expect() {
	server, tenant, _ := newExample()
	defer server.Close()
	var want mocktarget.Expectation
	err := json.Unmarshal([]byte(`{"only": true, "resources": {"Users": [
		{"userName": "ann", "active": false},
		{"userName": "cy"}
	]}}`), &want)
	if err != nil {
		log.Fatal(err)
	}
	comparison, err := tenant.Expect(want)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(comparison.Message)
	// Output:
	// missing: User cy
	// unexpected: User bob (id 2)
	// different: User ann (id 1): active: want false, got true
}

// An invariant finds the request that breaks it.
func ExampleTenant_AddInvariant() {
	server, tenant, send := newExample()
	defer server.Close()
	err := tenant.AddInvariant(mocktarget.Invariant{
		Name: "deactivate first", Kind: mocktarget.InvariantNoDelete, ResourceType: "User", Filter: "active eq true",
	})
	if err != nil {
		log.Fatal(err)
	}
	send("GET", "/Users", "")
	send("DELETE", "/Users/2", "")
	for _, v := range tenant.Violations() {
		fmt.Printf("request %d: %s\n", v.Seq, v.Message)
	}
	// Output:
	// request 2: User 2 (bob) was deleted
}

// The journal tells what each request changed.
func ExampleTenant_Journal() {
	server, tenant, send := newExample()
	defer server.Close()
	send("PUT", "/Users/1", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","title":"CEO"}`)
	for _, e := range tenant.Journal() {
		for _, c := range e.Changes {
			for _, d := range c.Differences {
				fmt.Printf("%s %s: %s was %q and is %q\n", c.ResourceType, c.ID, d.Path, d.Before, d.After)
			}
		}
	}
	// Output:
	// User 1: active was "true" and is ""
	// User 1: title was "" and is "\"CEO\""
}

// A state is kept under a name, tried something with, and put back.
func ExampleTenant_RestoreSaved() {
	server, tenant, send := newExample()
	defer server.Close()
	if _, err := tenant.Save("before"); err != nil {
		log.Fatal(err)
	}
	send("DELETE", "/Users/1", "")
	fmt.Println(tenant.Count("User"))
	if err := tenant.RestoreSaved("before"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(tenant.Count("User"))
	// Output:
	// 1
	// 2
}

// A tenant's time passes as a test wants it.
func ExampleClock() {
	server, tenant, send := newExample()
	defer server.Close()
	tenant.Clock().Freeze()
	tenant.Clock().Set(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	tenant.Clock().Advance(90 * 24 * time.Hour)
	send("PUT", "/Users/1", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann"}`)
	fmt.Println(tenant.Resources("User")[0].Object("meta").String("lastModified"))
	// Output:
	// 2026-04-01T00:00:00.000Z
}
