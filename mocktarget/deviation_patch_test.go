package mocktarget_test

func patchCases() []deviationCase {
	op := func(operations string) string { return full + "\nPATCH /Users/{1} [" + operations + "]" }
	get := "\nGET /Users/{1}"
	title := `{"op":"replace","path":"title","value":"u"}`
	noMatch := `{"op":"replace","path":"emails[type eq \"x\"].value","value":"n@x.example"}`
	mail := `{"op":"add","path":"emails","value":[{"value":"n@x.example"}]}`
	enterprise := `{"op":"add","path":"` + enterpriseURN + `:department","value":"d"}`
	department := enterpriseURN + "/department"
	return []deviationCase{
		{"patch-schemas-refused", op(`{"op":"add","path":"schemas","value":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]},{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"d"}`), "status", "200", "400"},
		{"patch-mutability-unnamed", op(`{"op":"replace","path":"id","value":"x"}`), "scimType", "mutability", "invalidValue"},
		{"patch-not-atomic", op(title + "," + noMatch), "scimType", "noTarget", "noTarget"},
		{"patch-not-atomic", op(title+","+noMatch) + get, "title", "t", "u"},
		{"patch-ignored", op(title), "title", "u", "t"},
		{"patch-add-ignored", op(mail), "emails/#", "3", "2"},
		{"patch-replace-ignored", op(title), "title", "u", "t"},
		{"patch-remove-ignored", op(`{"op":"remove","path":"title"}`), "title", "-", "t"},
		{"patch-first-operation-only", op(title + "," + mail), "emails/#", "3", "2"},
		{"patch-reversed", op(title + `,{"op":"replace","path":"title","value":"v"}`), "title", "v", "u"},
		{"patch-active-only", op(title), "title", "u", "t"},
		{"patch-active-refused", op(`{"op":"replace","path":"active","value":false}`), "status", "200", "400"},
		{"patch-parts-ignored", op(`{"op":"replace","path":"name","value":{"givenName":"H"}}`), "name/givenName", "H", "G"},
		{"patch-element-replace-ignored", op(`{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n@x.example"}}`), "emails/0/value", "n@x.example", "w@x.example"},
		{"patch-primary-ignored", op(`{"op":"replace","path":"emails[type eq \"work\"].primary","value":true}`), "emails/0/primary", "true", "-"},
		{"patch-unsupported", op(title), "status", "200", "501"},
		{"patch-answers-201", op(title), "status", "200", "201"},
		{"patch-200-without-body", op(title), "title", "u", "-"},
		{"patch-204-despite-attributes", full + "\nPATCH /Users/{1}?attributes=title [" + title + "]", "status", "200", "204"},
		{"patch-answers-old", op(title), "title", "u", "t"},
		{"patch-unknown-answers-204", "PATCH /Users/nobody [" + title + "]", "status", "404", "204"},
		{"patch-unknown-answers-500", "PATCH /Users/nobody [" + title + "]", "status", "404", "500"},
		{"patch-duplicate-accepted", op(title) + "\n" + `POST /Users {"userName":"b"}` + "\n" + `PATCH /Users/{3} [{"op":"replace","path":"userName","value":"a"}]`, "status", "409", "200"},
		{"patch-noop-moves-modified", op(`{"op":"add","path":"title","value":"t"}`) + get, "meta/lastModified", "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:06.000Z"},
		{"patch-add-overwrites", op(mail), "emails/#", "3", "1"},
		{"patch-add-duplicates", op(`{"op":"add","path":"emails","value":[{"value":"w@x.example","type":"work"}]}`), "emails/#", "2", "4"},
		{"patch-pathless-ignored", op(`{"op":"add","value":{"title":"u"}}`), "title", "u", "t"},
		{"patch-pathless-refused", op(`{"op":"add","value":{"title":"u"}}`), "status", "200", "400"},
		{"patch-sub-attribute-wipes", op(`{"op":"replace","path":"name.givenName","value":"H"}`), "name/familyName", "F", "-"},
		{"patch-sub-attribute-flattens", op(`{"op":"replace","path":"name.givenName","value":"H"}`) + get, "name", `~{"familyName"`, "H"},
		{"patch-remove-sub-attribute-wipes", op(`{"op":"remove","path":"name.givenName"}`), "name/familyName", "F", "-"},
		{"patch-replace-appends", op(`{"op":"replace","path":"emails","value":[{"value":"n@x.example"}]}`), "emails/#", "1", "3"},
		{"patch-replace-absent-refused", op(`{"op":"replace","path":"nickName","value":"n"}`), "status", "200", "400"},
		{"patch-null-ignored", op(`{"op":"replace","path":"title","value":null}`), "title", "-", "t"},
		{"patch-filter-replaces-all", op(`{"op":"replace","path":"emails[type eq \"work\"].display","value":"D"}`), "emails/1/display", "-", "D"},
		{"patch-filter-removes-all", op(`{"op":"remove","path":"emails[type eq \"work\"]"}`), "emails/#", "1", "-"},
		{"patch-filter-removes-element", op(`{"op":"remove","path":"emails[type eq \"work\"].type"}`), "emails/#", "2", "1"},
		{"patch-filter-no-match-succeeds", op(noMatch), "status", "400", "200"},
		{"patch-filter-no-match-adds", op(noMatch), "emails/2/value", "-", "n@x.example"},
		{"patch-filter-no-match-flattens", op(noMatch) + get, "emails", `~[{`, "someone@example.com"},
		{"patch-primary-kept", op(`{"op":"replace","path":"emails[type eq \"work\"].primary","value":true}`) + "\n" +
			`PATCH /Users/{1} [{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]`, "emails/*/primary", "false true", "true true"},
		{"patch-extension-ignored", op(enterprise), department, "d", "-"},
		{"patch-extension-refused", op(enterprise), "status", "200", "400"},
		{"patch-path-case-sensitive", op(`{"op":"replace","path":"TITLE","value":"u"}`), "status", "200", "400"},
		{"patch-read-only-accepted", op(`{"op":"replace","path":"meta.resourceType","value":"Robot"}`), "status", "400", "200"},
		{"patch-read-only-changed", op(`{"op":"replace","path":"groups","value":[{"value":"g"}]}`), "groups/0/value", "-", "g"},
		{"patch-required-removed", op(`{"op":"remove","path":"userName"}`) + get, "userName", "a", "-"},
		{"patch-remove-without-path-succeeds", op(`{"op":"remove"}`), "status", "400", "200"},
		{"patch-unknown-op-accepted", op(`{"op":"move","path":"title","value":"u"}`), "status", "400", "200"},
		{"patch-missing-op-accepted", op(`{"path":"title","value":"u"}`), "status", "400", "200"},
		{"patch-without-operations-accepted", op(``), "status", "400", "200"},
		{"patch-bad-path-accepted", op(`{"op":"replace","path":"title[","value":"u"}`), "status", "400", "200"},
		{"patch-bad-path-answers-500", op(`{"op":"replace","path":"title[","value":"u"}`), "status", "400", "500"},
		{"patch-wrong-type-accepted", op(`{"op":"replace","path":"active","value":"yes"}`), "status", "400", "200"},
		{"patch-without-value-accepted", op(`{"op":"add","path":"title"}`), "status", "400", "200"},
		{"patch-errors-answer-500", op(noMatch), "status", "400", "500"},
		{"patch-errors-without-keyword", op(noMatch), "scimType", "noTarget", "-"},
	}
}
