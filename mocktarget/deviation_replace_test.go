package mocktarget_test

func replaceCases() []deviationCase {
	const (
		put = full + "\n" + `PUT /Users/{1} {"userName":"a","title":"u"}`
		get = put + "\nGET /Users/{1}"
	)
	return []deviationCase{
		{"replace-first-value-dropped", full + "\n" + `PUT /Users/{1} {"userName":"a","nickName":"n"}`, "nickName", "n", "-"},
		{"replace-answers-201", put, "status", "200", "201"},
		{"replace-answers-204", put, "status", "200", "204"},
		{"replace-without-body", put, "title", "u", "-"},
		{"replace-unsupported", put, "status", "200", "405"},
		{"replace-html-404", put, "header Content-Type", "application/scim+json", "text/html; charset=utf-8"},
		{"replace-not-stored", put, "title", "u", "u"},
		{"replace-not-stored", get, "title", "u", "t"},
		{"replace-active-only", get, "title", "u", "t"},
		{"replace-merges", get, "name/givenName", "-", "G"},
		{"replace-appends", full + "\n" + `PUT /Users/{1} {"userName":"a","emails":[{"value":"n@x.example"}]}`, "emails/#", "1", "3"},
		{"replace-refuses-read-only", full + "\n" + `PUT /Users/{1} {"userName":"a","id":"{1}"}`, "status", "200", "400"},
		{"replace-keeps-user-name", full + "\n" + `PUT /Users/{1} {"userName":"b"}`, "userName", "b", "a"},
		{"replace-moves", put, "meta/location", "BASE/Users/{1}", "BASE/Users/{1}-new"},
		{"replace-adopts-id", full + "\n" + `PUT /Users/{1} {"userName":"a","id":"mine"}`, "id", "{1}", "mine"},
		{"replace-adopts-meta", full + "\n" + `PUT /Users/{1} {"userName":"a","meta":{"resourceType":"Robot"}}`, "meta/resourceType", "User", "Robot"},
		{"replace-adopts-groups", full + "\n" + `PUT /Users/{1} {"userName":"a","groups":[{"value":"g"}]}`, "groups/0/value", "-", "g"},
		{"replace-required-not-checked", full + "\n" + `PUT /Users/{1} {"title":"u"}`, "status", "400", "200"},
		{"replace-creates", `PUT /Users/nobody {"userName":"a"}`, "status", "404", "201"},
		{"replace-unknown-answers-500", `PUT /Users/nobody {"userName":"a"}`, "status", "404", "500"},
		{"replace-duplicate-accepted", bare + "\n" + `POST /Users {"userName":"b"}` + "\n" + `PUT /Users/{2} {"userName":"a"}`, "status", "409", "200"},
		{"replace-duplicate-answers-500", bare + "\n" + `POST /Users {"userName":"b"}` + "\n" + `PUT /Users/{2} {"userName":"a"}`, "status", "409", "500"},
		{"replace-immutable-accepted", "GET /Schemas/" + userURN, "attributes/3/mutability", "readWrite", "immutable"},
		{"replace-moves-created", full + "\nwait\n" + `PUT /Users/{1} {"userName":"a"}`, "meta/created", "2026-01-02T03:04:05.000Z", "2026-01-02T03:05:05.000Z"},
		{"replace-keeps-modified", full + "\nwait\n" + `PUT /Users/{1} {"userName":"a"}`, "meta/lastModified", "2026-01-02T03:05:05.000Z", "2026-01-02T03:04:05.000Z"},
		{"replace-wrong-type-dropped", full + "\n" + `PUT /Users/{1} {"userName":"a","active":"yes"}`, "status", "400", "200"},
	}
}

func deleteCases() []deviationCase {
	const (
		gone = bare + "\nDELETE /Users/{1}"
		read = gone + "\nGET /Users/{1}"
		list = gone + "\nGET /Users"
	)
	return []deviationCase{
		{"delete-answers-200", gone, "status", "204", "200"},
		{"delete-answers-202", gone, "status", "204", "202"},
		{"delete-does-nothing", read, "status", "404", "200"},
		{"delete-deactivates", read, "body", `~"404"`, `~"active":false`},
		{"delete-unknown-answers-204", "DELETE /Users/nobody", "status", "404", "204"},
		{"delete-unknown-answers-500", "DELETE /Users/nobody", "status", "404", "500"},
		{"deleted-still-listed", read, "status", "404", "404"},
		{"deleted-still-listed", list, "totalResults", "0", "1"},
		{"deleted-still-listed", gone + "\n" + bare, "status", "201", "201"},
		{"deleted-still-searched", gone + "\nPOST /Users/.search {}", "totalResults", "0", "1"},
		{"deleted-still-searched", list, "totalResults", "0", "0"},
		{"deleted-still-readable", read, "status", "404", "200"},
		{"deleted-still-replaceable", gone + "\n" + `PUT /Users/{1} {"userName":"a"}`, "status", "404", "200"},
		{"deleted-still-patchable", gone + "\n" + `PATCH /Users/{1} [{"op":"add","path":"title","value":"t"}]`, "status", "404", "200"},
		{"deleted-twice", gone + "\nDELETE /Users/{1}", "status", "404", "204"},
		{"deleted-name-stays-taken", gone + "\n" + bare, "status", "201", "409"},
		{"deleted-name-stays-taken", list, "totalResults", "0", "0"},
	}
}
