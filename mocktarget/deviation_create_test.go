package mocktarget_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

func createCases() []deviationCase {
	const (
		secret = `POST /Users {"userName":"a","password":"t0p-Secret"}`
		mails  = `POST /Users {"userName":"a","emails":[{"value":"a@x.example","primary":true},{"value":"b@x.example","primary":true}]}`
	)
	return []deviationCase{
		{"create-answers-200", bare, "status", "201", "200"},
		{"create-answers-202", bare, "status", "201", "202"},
		{"create-without-body", bare, "userName", "a", "-"},
		{"create-without-id", bare, "id", "{1}", "-"},
		{"create-not-stored", readBack, "status", "200", "404"},
		{"create-not-stored", bare + "\nGET /Users", "totalResults", "1", "0"},
		{"create-without-location", bare, "header Location", "BASE/Users/{1}", "-"},
		{"create-location-of-endpoint", bare, "header Location", "BASE/Users/{1}", "BASE/Users"},
		{"create-location-dangling", bare, "meta/location", "BASE/Users/{1}", "BASE/Users/{1}-x"},
		{"meta-location-missing", readBack, "meta/location", "BASE/Users/{1}", "-"},
		{"meta-missing", readBack, "meta/resourceType", "User", "-"},
		{"meta-resource-type-lower", bare, "meta/resourceType", "User", "user"},
		{"meta-resource-type-plural", bare, "meta/resourceType", "User", "Users"},
		{"meta-created-missing", bare, "meta/created", "2026-01-02T03:04:05.000Z", "-"},
		{"meta-dates-as-numbers", bare, "meta/created", "2026-01-02T03:04:05.000Z", "1767323045"},
		{"meta-dates-with-space", bare, "meta/created", "2026-01-02T03:04:05.000Z", "2026-01-02 03:04:05.000Z"},
		{"create-modified-later", bare, "meta/lastModified", "2026-01-02T03:04:05.000Z", "2026-01-02T04:04:05.000Z"},
		{"client-id-adopted", `POST /Users {"userName":"a","id":"mine"}`, "id", "{1}", "mine"},
		{"client-meta-adopted", `POST /Users {"userName":"a","meta":{"resourceType":"Robot"}}`, "meta/resourceType", "User", "Robot"},
		{"client-groups-adopted", `POST /Users {"userName":"a","groups":[{"value":"g"}]}`, "groups/0/value", "-", "g"},
		{"create-refuses-read-only", `POST /Users {"userName":"a","id":"mine"}`, "status", "201", "400"},
		{"duplicate-accepted", twice, "status", "409", "201"},
		{"duplicate-other-case-accepted", bare + "\n" + `POST /Users {"userName":"A"}`, "status", "409", "201"},
		{"duplicate-answers-400", twice, "status", "409", "400"},
		{"duplicate-answers-200", twice, "status", "409", "200"},
		{"duplicate-answers-500", twice, "status", "409", "500"},
		{"duplicate-without-keyword", twice, "scimType", "uniqueness", "-"},
		{"id-from-local-part", `POST /Users {"userName":"a@one.example"}` + "\n" + `POST /Users {"userName":"a@two.example"}`, "id", "{2}", "{1}"},
		{"duplicate-leaves-trace", twice + "\nGET /Users", "totalResults", "1", "2"},
		{"duplicate-leaves-trace", twice, "status", "409", "409"},
		{"required-not-checked", `POST /Users {"displayName":"a"}`, "status", "400", "201"},
		{"required-missing-answers-500", `POST /Users {"displayName":"a"}`, "status", "400", "500"},
		{"required-empty-accepted", `POST /Users {"userName":""}`, "status", "400", "201"},
		{"wrong-type-dropped", `POST /Users {"userName":"a","active":"yes"}`, "status", "400", "201"},
		{"wrong-type-answers-500", `POST /Users {"userName":"a","active":"yes"}`, "status", "400", "500"},
		{"boolean-stored-as-string", `POST /Users {"userName":"a","active":true}`, "body", `~"active":true`, `~"active":"true"`},
		{"unknown-attribute-fails", `POST /Users {"userName":"a","shoeSize":"42"}`, "status", "400", "500"},
		{"unknown-schema-accepted", `POST /Users {"schemas":["` + userURN + `","urn:example:none"],"userName":"a"}`, "schemas/1", "-", "urn:example:none"},
		{"password-in-create", secret, "password", "-", "t0p-Secret"},
		{"password-in-read", secret + "\nGET /Users/{1}", "password", "-", "t0p-Secret"},
		{"password-in-list", secret + "\nGET /Users", "Resources/0/password", "-", "t0p-Secret"},
		{"password-in-search", secret + "\nPOST /Users/.search {}", "Resources/0/password", "-", "t0p-Secret"},
		{"password-in-replace", secret + "\n" + `PUT /Users/{1} {"userName":"a","password":"n3w"}`, "password", "-", "n3w"},
		{"password-in-patch", secret + "\n" + `PATCH /Users/{1} [{"op":"replace","path":"password","value":"n3w"}]`, "password", "-", "n3w"},
		{"password-on-request", secret + "\nGET /Users/{1}?attributes=password", "password", "-", "t0p-Secret"},
		{"password-hash-in-read", secret + "\nGET /Users/{1}", "password", "-", "$2a$10$1234567890123456789012"},
		{"two-primaries-kept", mails + "\nGET /Users/{1}", "emails/1/primary", "-", "true"},
		{"null-refused", `POST /Users {"userName":"a","title":null}`, "status", "201", "400"},
		{"empty-array-refused", `POST /Users {"userName":"a","emails":[]}`, "status", "201", "400"},
		{"null-answered", `POST /Users {"userName":"a","title":null}`, "title", "-", "null"},
		{"schemas-missing-in-answers", readBack, "schemas/0", userURN, "-"},
		{"schemas-duplicated", readBack, "schemas/#", "1", "2"},
		{"strings-trimmed-to-ascii", `POST /Users {"userName":"a","displayName":"Zoë"}`, "displayName", "Zoë", "Zo?"},
		{"strings-html-escaped", `POST /Users {"userName":"a","displayName":"<b>O'x"}`, "displayName", "<b>O'x", "&lt;b>O&#39;x"},
		{"long-strings-cut", `POST /Users {"userName":"a","displayName":"` + strings.Repeat("x", 300) + `y"}`, "displayName", "~xy", strings.Repeat("x", 255)},
		{"external-id-made-up", bare, "externalId", "-", "ext-{1}"},
		{"external-id-in-small-letters", `POST /Users {"userName":"a","externalId":"X"}`, "externalId", "X", "x"},
		{"full-user-refused", `POST /Users {"userName":"a","a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1}`, "detail", "~not an attribute", "~too many"},
		{"attribute-dropped", `POST /Users {"userName":"a","preferredLanguage":"nl"}`, "preferredLanguage", "nl", "-"},
		{"names-case-sensitive", `POST /Users {"userName":"a","DISPLAYNAME":"A"}`, "displayName", "A", "-"},
		{"schemas-order-matters", `POST /Users {"schemas":["` + enterpriseURN + `","` + userURN + `"],"userName":"a","` + enterpriseURN + `":{"department":"D"}}`, "status", "201", "400"},
		{"name-flattened", `POST /Users {"userName":"a","name":{"givenName":"G","familyName":"F"}}`, "name/givenName", "G", "-"},
	}
}

// TestRaceIsLost: two creates of one name at the same time both succeed, as soon as they
// really are at the same time; one after the other they do not.
func TestRaceIsLost(t *testing.T) {
	c := clientOf(t, mocktargettest.New(t)).scripted(t, "racing", "duplicate-race-lost")
	for attempt := range 50 {
		body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"racer %d"}`, attempt)
		var made atomic.Int64
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if r, err := c.try("POST", "/Users", body); err == nil && r.status == 201 {
					made.Add(1)
				}
			})
		}
		both.Wait()
		if r, err := c.try("POST", "/Users", body); err != nil || r.status != 409 {
			t.Fatalf("afterwards the name is given out again: %d, %v", r.status, err)
		}
		if made.Load() == 2 {
			return
		}
	}
	t.Error("of two creates at the same time one was refused each time")
}
