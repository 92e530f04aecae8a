package mocktarget_test

import "strings"

func groupCases() []deviationCase {
	const (
		users = bare + "\n" + `POST /Users {"userName":"b"}` + "\n" + `POST /Users {"userName":"c"}` + "\n"
		made  = users + `POST /Groups {"displayName":"g","members":[{"value":"{1}"},{"value":"{2}"}]}`
		get   = "\nGET /Groups/{4}"
		count = "members/#"
		names = "members/*/value"
	)
	patch := func(op string) string { return made + "\nPATCH /Groups/{4} [" + op + "]" + get }
	answer := func(op string) string { return made + "\nPATCH /Groups/{4} [" + op + "]" }
	const (
		addC    = `{"op":"add","path":"members","value":[{"value":"{3}"}]}`
		addA    = `{"op":"add","path":"members","value":[{"value":"{1}"}]}`
		removeA = `{"op":"remove","path":"members[value eq \"{1}\"]"}`
	)
	return []deviationCase{
		{"member-ref-of-id", made, "members/0/$ref", "BASE/Users/{1}", "{1}"},
		{"member-exchanged", answer(`{"op":"replace","path":"members[value eq \"{1}\"].value","value":"{3}"}`), "status", "400", "204"},
		{"group-external-id-dropped", `POST /Groups {"displayName":"g","externalId":"x"}`, "externalId", "x", "-"},
		{"group-replace-unsupported", made + "\n" + `PUT /Groups/{4} {"displayName":"g"}`, "status", "200", "405"},
		{"user-groups-indirect", made + "\nGET /Users/{1}", "groups/0/type", "direct", "indirect"},
		{"group-create-drops-members", made + get, count, "2", "-"},
		{"group-answers-500", made, "status", "201", "500"},
		{"group-name-not-required", `POST /Groups {"externalId":"x"}`, "status", "400", "201"},
		{"group-without-location", made, "header Location", "BASE/Groups/{4}", "-"},
		{"group-duplicate-answers-500", made + "\n" + `POST /Groups {"displayName":"g"}`, "status", "201", "500"},
		{"group-replace-keeps-members", made + "\n" + `PUT /Groups/{4} {"displayName":"g"}` + get, count, "-", "2"},
		{"members-many-refused", answer(`{"op":"add","path":"members","value":[` + strings.Repeat(`{"value":"{1}"},`, 30) + `{"value":"{2}"}]}`), "status", "204", "413"},
		{"group-rename-ignored", patch(`{"op":"replace","path":"displayName","value":"h"}`), "displayName", "h", "g"},
		{"member-add-ignored", patch(addC), count, "3", "2"},
		{"member-add-replaces", patch(addC), names, "{1} {2} {3}", "{3}"},
		{"member-remove-ignored", patch(removeA), names, "{2}", "{1} {2}"},
		{"member-remove-wipes", patch(removeA), names, "{2}", "-"},
		{"members-remove-ignored", patch(`{"op":"remove","path":"members"}`), count, "-", "2"},
		{"members-replace-adds", patch(`{"op":"replace","path":"members","value":[{"value":"{3}"}]}`), names, "{3}", "{1} {2} {3}"},
		{"members-replace-refused", answer(`{"op":"replace","path":"members","value":[{"value":"{3}"}]}`), "status", "204", "400"},
		{"member-absent-refused", answer(`{"op":"remove","path":"members[value eq \"{3}\"]"}`), "status", "204", "400"},
		{"member-twice", patch(addA), count, "2", "3"},
		{"member-again-refused", answer(addA), "status", "204", "409"},
		{"member-value-is-name", made, "members/0/value", "{1}", "somebody"},
		{"member-ref-dangling", made, "members/0/$ref", "BASE/Users/{1}", "BASE/Users/{1}-x"},
		{"member-type-other", made, "members/0/type", "User", "Robot"},
		{"members-never-returned", made + get, count, "2", "-"},
		{"members-capped", patch(addC), count, "3", "2"},
		{"member-unknown-answers-500", `POST /Groups {"displayName":"g","members":[{"value":"nobody"}]}`, "status", "400", "500"},
		{"nested-group-answers-500", made + "\n" + `POST /Groups {"displayName":"h","members":[{"value":"{4}","type":"Group"}]}`, "status", "201", "500"},
		{"user-groups-missing", made + "\nGET /Users/{1}", "groups/#", "1", "-"},
		{"user-groups-stale", made + "\nGET /Users/{1}\nPATCH /Groups/{4} [" + removeA + "]\nGET /Users/{1}", "groups/#", "-", "1"},
		{"user-groups-by-name", made + "\nGET /Users/{1}", "groups/0/value", "{4}", "g"},
		{"user-groups-ref-dangling", made + "\nGET /Users/{1}", "groups/0/$ref", "BASE/Groups/{4}", "BASE/Groups/{4}-x"},
		{"user-groups-written", bare + "\n" + `PUT /Users/{1} {"userName":"a","groups":[{"value":"g"}]}`, "groups/0/value", "-", "g"},
		{"deleted-user-stays-member", made + "\nDELETE /Users/{1}" + get, count, "1", "2"},
		{"deleted-group-takes-members", made + "\nDELETE /Groups/{4}\nGET /Users/{1}", "status", "200", "404"},
	}
}

func versionCases() []deviationCase {
	const (
		tag   = "header ETag"
		put   = `PUT /Users/{1} {"userName":"a","title":"t"}`
		stale = bare + "\n" + put + "\n"
	)
	return []deviationCase{
		{"version-any-case", readBack, tag, `W/"1"`, `W/"v1"`},
		{"version-any-case", readBack + `
GET /Users/{1} | If-None-Match: W/"V1"`, "status", "200", "304"},
		{"etag-missing", readBack, tag, `W/"1"`, "-"},
		{"etag-missing-on-create", bare, tag, `W/"1"`, "-"},
		{"etag-differs-from-version", readBack, tag, `W/"1"`, `W/"other"`},
		{"version-missing", readBack, "meta/version", `W/"1"`, "-"},
		{"version-constant", stale + "GET /Users/{1}", "meta/version", `W/"2"`, `W/"1"`},
		{"version-changes-on-read", readBack + "\nGET /Users/{1}", tag, `W/"1"`, `W/"read-1"`},
		{"version-without-quotes", readBack, tag, `W/"1"`, "1"},
		{"version-weak-in-small-letter", readBack, "meta/version", `W/"1"`, `w/"1"`},
		{"if-match-ignored-on-replace", stale + put + " | If-Match: {1v}", "status", "412", "200"},
		{"if-match-ignored-on-patch", stale + `PATCH /Users/{1} [{"op":"remove","path":"title"}] | If-Match: {1v}`, "status", "412", "200"},
		{"if-match-ignored-on-delete", stale + "DELETE /Users/{1} | If-Match: {1v}", "status", "412", "204"},
		{"stale-write-carried-out", stale + `PUT /Users/{1} {"userName":"a","title":"u"} | If-Match: {1v}` + "\nGET /Users/{1}", "title", "t", "u"},
		{"stale-write-carried-out", stale + put + " | If-Match: {1v}", "status", "412", "412"},
		{"stale-write-answers-400", stale + put + " | If-Match: {1v}", "status", "412", "400"},
		{"if-match-always-fails", bare + "\n" + put + " | If-Match: {1v}", "status", "200", "412"},
		{"if-match-star-fails", bare + "\n" + put + " | If-Match: *", "status", "200", "412"},
		{"if-none-match-ignored", bare + "\nGET /Users/{1} | If-None-Match: {1v}", "status", "304", "200"},
		{"if-none-match-always-304", stale + "GET /Users/{1} | If-None-Match: {1v}", "status", "200", "304"},
	}
}

func selfCases() []deviationCase {
	const mine = `POST /Me {"userName":"a"}` + "\nGET /Me"
	return []deviationCase{
		{"me-answers-500", mine, "status", "200", "500"},
		{"me-as-page", mine, "header Content-Type", "application/scim+json", "text/html; charset=utf-8"},
		{"me-answers-empty", mine, "userName", "a", "-"},
		{"me-without-location", mine, "header Location", "BASE/Users/{1}", "-"},
		{"me-location-is-me", mine, "header Location", "BASE/Users/{1}", "BASE/Me"},
		{"me-location-by-name", mine, "header Location", "BASE/Users/{1}", "BASE/Users/a"},
		{"me-location-by-name", mine, "meta/location", "BASE/Users/{1}", "BASE/Users/a"},
	}
}
