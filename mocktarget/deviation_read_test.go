package mocktarget_test

const (
	bare     = `POST /Users {"userName":"a"}`
	readBack = bare + "\nGET /Users/{1}"
	twice    = bare + "\n" + bare
	full     = `POST /Users {"userName":"a","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"w@x.example","type":"work"},{"value":"h@x.example","type":"home"}],"title":"t","active":true}`
)

func readCases() []deviationCase {
	const unknown = "GET /Users/nobody"
	return []deviationCase{
		{"read-answers-404", readBack, "status", "200", "404"},
		{"read-unknown-answers-200", unknown, "status", "404", "200"},
		{"read-unknown-answers-204", unknown, "status", "404", "204"},
		{"read-unknown-answers-500", unknown, "status", "404", "500"},
		{"read-unknown-without-body", unknown, "status", "404", "404"},
		{"read-unknown-without-body", unknown, "detail", "~nobody", "-"},
		{"read-as-list", readBack, "Resources/0/userName", "-", "a"},
		{"read-other-id", readBack, "id", "{1}", "{1}-r"},
		{"read-without-id", readBack, "id", "{1}", "-"},
		{"read-id-as-number", readBack, "id", "{1}", "42"},
		{"read-moves-modified", readBack + "\nGET /Users/{1}", "meta/lastModified", "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.002Z"},
		{"read-drops-attributes", full + "\nGET /Users/{1}", "name/givenName", "G", "-"},
		{"read-of-other-type", bare + "\nGET /Groups/{1}", "status", "404", "200"},
		{"read-id-any-case", bare + "\nGET /Users/{1U}", "status", "404", "200"},
	}
}

func projectionCases() []deviationCase {
	const get = full + "\nGET /Users/{1}"
	return []deviationCase{
		{"meta-always-returned", readBack + "?excludedAttributes=meta", "meta/resourceType", "-", "User"},
		{"id-defined-again", readBack + "?excludedAttributes=id", "id", "{1}", "-"},
		{"attributes-ignored", get + "?attributes=title", "userName", "-", "a"},
		{"attributes-ignored-in-lists", full + "\nGET /Users?attributes=title", "Resources/0/userName", "-", "a"},
		{"attributes-drop-id", get + "?attributes=title", "id", "{1}", "-"},
		{"attributes-add-defaults", get + "?attributes=title", "emails/0/type", "-", "work"},
		{"attributes-case-sensitive", get + "?attributes=USERNAME", "userName", "a", "-"},
		{"attributes-urn-unknown", get + "?attributes=" + userURN + ":userName", "userName", "a", "-"},
		{"attributes-sub-whole", get + "?attributes=name.familyName", "name/givenName", "-", "G"},
		{"attributes-sub-nothing", get + "?attributes=name.familyName", "name/familyName", "F", "-"},
		{"attributes-first-only", get + "?attributes=title,userName", "userName", "a", "-"},
		{"excluded-ignored", get + "?excludedAttributes=title", "title", "-", "t"},
		{"excluded-ignored-in-lists", full + "\nGET /Users?excludedAttributes=title", "Resources/0/title", "-", "t"},
		{"excluded-drops-id", get + "?excludedAttributes=id", "id", "{1}", "-"},
		{"excluded-as-attributes", get + "?excludedAttributes=title", "title", "-", "t"},
		{"excluded-case-sensitive", get + "?excludedAttributes=TITLE", "title", "-", "t"},
		{"excluded-sub-ignored", get + "?excludedAttributes=name.familyName", "name/familyName", "-", "F"},
		{"projection-ignored-on-create", `POST /Users?attributes=title {"userName":"a"}`, "userName", "-", "a"},
		{"projection-ignored-on-replace", bare + "\n" + `PUT /Users/{1}?attributes=title {"userName":"a"}`, "userName", "-", "a"},
		{"projection-ignored-on-patch", bare + "\n" + `PATCH /Users/{1}?attributes=title [{"op":"add","path":"title","value":"t"}]`, "userName", "-", "a"},
		{"members-always-returned", bare + "\n" + `POST /Groups {"displayName":"g","members":[{"value":"{1}"}]}` + "\nGET /Groups/{2}?excludedAttributes=members", "members/#", "-", "1"},
		{"attributes-unknown-bring-all", get + "?attributes=shoeSize", "userName", "-", "a"},
		{"excluded-drops-extension", `POST /Users {"schemas":["` + userURN + `","` + enterpriseURN + `"],"userName":"a","` + enterpriseURN + `":{"department":"d","costCenter":"c"}}` +
			"\nGET /Users/{1}?excludedAttributes=" + enterpriseURN + ":department", enterpriseURN, `{"costCenter":"c"}`, "-"},
		{"both-projections-answer-500", get + "?attributes=title&excludedAttributes=emails", "status", "400", "500"},
		{"projection-answers-500", get + "?attributes=title", "status", "200", "500"},
		{"request-attribute-by-default", "GET /Schemas/" + userURN, "attributes/3/returned", "default", "request"},
	}
}
