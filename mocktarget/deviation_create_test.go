package mocktarget_test

import "strings"

func createCases() []deviationCase {
	const (
		bare   = `POST /Users {"userName":"a"}`
		read   = bare + "\nGET /Users/{1}"
		twice  = bare + "\n" + bare
		secret = `POST /Users {"userName":"a","password":"t0p-Secret"}`
		mails  = `POST /Users {"userName":"a","emails":[{"value":"a@x.example","primary":true},{"value":"b@x.example","primary":true}]}`
	)
	return []deviationCase{
		{"create-answers-200", bare, "status", "201", "200"},
		{"create-answers-202", bare, "status", "201", "202"},
		{"create-without-body", bare, "userName", "a", "-"},
		{"create-without-id", bare, "id", "{1}", "-"},
		{"create-not-stored", read, "status", "200", "404"},
		{"create-not-stored", bare + "\nGET /Users", "totalResults", "1", "0"},
		{"create-without-location", bare, "header Location", "BASE/Users/{1}", "-"},
		{"create-location-of-endpoint", bare, "header Location", "BASE/Users/{1}", "BASE/Users"},
		{"create-location-dangling", bare, "meta/location", "BASE/Users/{1}", "BASE/Users/{1}-x"},
		{"meta-location-missing", read, "meta/location", "BASE/Users/{1}", "-"},
		{"meta-missing", read, "meta/resourceType", "User", "-"},
		{"meta-resource-type-lower", bare, "meta/resourceType", "User", "user"},
		{"meta-resource-type-plural", bare, "meta/resourceType", "User", "Users"},
		{"meta-created-missing", bare, "meta/created", "2026-01-02T03:04:05.000Z", "-"},
		{"meta-dates-as-numbers", bare, "meta/created", "2026-01-02T03:04:05.000Z", "1767323045"},
		{"meta-dates-with-space", bare, "meta/created", "2026-01-02T03:04:05.000Z", "2026-01-02 03:04:05.000Z"},
		{"create-modified-later", bare, "meta/lastModified", "2026-01-02T03:04:05.000Z", "2199-01-01T00:00:00Z"},
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
		{"null-answered", `POST /Users {"userName":"a","nickName":null}`, "nickName", "-", "null"},
		{"schemas-missing-in-answers", read, "schemas/0", userURN, "-"},
		{"schemas-duplicated", read, "schemas/#", "1", "2"},
		{"strings-trimmed-to-ascii", `POST /Users {"userName":"a","displayName":"Zoë"}`, "displayName", "Zoë", "Zo?"},
		{"strings-html-escaped", `POST /Users {"userName":"a","displayName":"<b>O'x"}`, "displayName", "<b>O'x", "&lt;b>O&#39;x"},
		{"long-strings-cut", `POST /Users {"userName":"a","displayName":"` + strings.Repeat("x", 300) + `y"}`, "displayName", "~xy", strings.Repeat("x", 255)},
		{"attribute-dropped", `POST /Users {"userName":"a","title":"t"}`, "title", "t", "-"},
		{"name-flattened", `POST /Users {"userName":"a","name":{"givenName":"G","familyName":"F"}}`, "name/givenName", "G", "-"},
	}
}
