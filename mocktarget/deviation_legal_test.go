package mocktarget_test

import (
	"fmt"
	"strings"
)

func fieldCases() []deviationCase {
	const (
		people = `POST /Users {"userName":"a","title":"t","displayName":"A%C"}` + "\n" + `POST /Users {"userName":"b","title":"t, u","displayName":"ABC"}` + "\n"
		found  = "totalResults"
		team   = bare + "\n" + `POST /Groups {"displayName":"g","members":[{"value":"{1}"}]}` + "\n"
		mails  = `POST /Users {"userName":"a","emails":[{"value":"a@x.example","primary":true},{"value":"b@x.example"}]}` + "\n"
	)
	return []deviationCase{
		{"filter-third-condition-lost", people + `GET /Users?filter=title_pr_and_userName_pr_and_displayName_eq_"ABC"`, found, "1", "2"},
		{"filter-commas-in-text", people + `GET /Users?filter=title_eq_"t,_u"`, "Resources/0/userName", "b", "a"},
		{"filter-wildcards-in-text", people + `GET /Users?filter=displayName_eq_"A%C"`, found, "1", "2"},
		{"filter-primary-value-only", mails + `GET /Users?filter=emails.value_eq_"b@x.example"`, "Resources/#", "1", "0"},
		{"patch-not-in-lists", people + `PATCH /Users/{1} [{"op":"replace","path":"displayName","value":"N"}]` + "\n" + `GET /Users?filter=displayName_eq_"N"`, found, "1", "0"},
		{"patch-user-name-ignored", bare + "\n" + `PATCH /Users/{1} [{"op":"replace","path":"userName","value":"n"}]`, "userName", "n", "a"},
		{"patch-single-value-ignored", mails + `PATCH /Users/{1} [{"op":"add","path":"emails","value":{"value":"c@x.example"}}]`, "emails/#", "3", "2"},
		{"patch-extension-whole-ignored", bare + "\n" + `PATCH /Users/{1} [{"op":"replace","path":"` + enterpriseURN + `","value":{"department":"d"}}]`, "schemas/#", "2", "1"},
		{"members-without-path-ignored", team + `POST /Users {"userName":"b"}` + "\n" + `PATCH /Groups/{2} [{"op":"add","value":{"members":[{"value":"{3}"}]}}]` + "\nGET /Groups/{2}", "members/#", "2", "1"},
		{"member-unknown-wipes", team + `PATCH /Groups/{2} [{"op":"add","path":"members","value":[{"value":"nobody"}]}]` + "\nGET /Groups/{2}", "members/#", "1", "-"},
		{"group-keeps-modified", team + "wait\n" + `PUT /Groups/{2} {"displayName":"h"}`, "meta/lastModified", "2026-01-02T03:05:05.000Z", "2026-01-02T03:04:05.000Z"},
		{"group-replace-keeps-name", team + `PUT /Groups/{2} {"displayName":"h"}`, "displayName", "h", "g"},
		{"user-groups-first-only", team + `POST /Groups {"displayName":"h","members":[{"value":"{1}"}]}` + "\nGET /Users/{1}", "groups/#", "2", "1"},
		{"member-group-called-user", team + `POST /Groups {"displayName":"h","members":[{"value":"{2}"}]}`, "members/0/type", "Group", "User"},
		{"groups-unpaged", team + `POST /Groups {"displayName":"h"}` + "\nGET /Groups?count=1", "Resources/#", "1", "2"},
		{"list-without-extensions", `POST /Users {"userName":"a","` + enterpriseURN + `":{"department":"d"}}` + "\nGET /Users", "body", `~"department"`, `~"totalResults":1`},
		{"text-false-taken-for-true", `POST /Users {"userName":"a","active":"False"}`, "status", "400", "201"},
		{"auth-token-with-more", "GET /Users | Authorization: Bearer wrong\nGET /Users | Authorization: Bearer wrong2", "status", "401", "200"},
	}
}

func legalCases() []deviationCase {
	const (
		config = "GET /ServiceProviderConfig"
		list   = three + "GET /Users?"
		names  = "Resources/*/userName"
		count  = "Resources/#"
		empty  = "GET /Users"
		mailA  = `POST /Users {"userName":"A","emails":[{"value":"A@X.example"}]}`
		team   = bare + "\n" + `POST /Groups {"displayName":"g","members":[{"value":"{1}"}]}`
		stale  = bare + "\n" + `PUT /Users/{1} {"userName":"a","title":"t"}` + "\n" + `PUT /Users/{1} {"userName":"a"} | If-Match: {1v}`
		title  = full + "\n" + `PATCH /Users/{1} [{"op":"replace","path":"title","value":"u"}]`
		taken  = bare + "\n" + `POST /Users {"userName":"b"}` + "\n"
	)
	bulk := fmt.Sprintf(`POST /Bulk [{"method":"POST","bulkId":"1","path":"/Users","data":{"schemas":[%q],"userName":"a"}},{"method":"POST","bulkId":"2","path":"/Users","data":{"schemas":[%[1]q],"userName":"b"}}]`, userURN)
	cases := []deviationCase{
		{"keys-in-other-order", bare, "body", `~{"schemas"`, `~{"meta"`},
		{"extra-attribute", bare, "legacyId", "-", "7"},
		{"null-for-unassigned", bare, "body", `~"userName":"a"`, `~"nickName":null`},
		{"empty-array-for-unassigned", bare, "body", `~"userName":"a"`, `~"ims":[]`},
		{"unknown-attribute-ignored", `POST /Users {"userName":"a","shoeSize":"42"}`, "status", "400", "201"},
		{"schemas-repaired", `POST /Users { "userName":"a"}`, "status", "400", "201"},
		{"mail-in-small-letters", mailA, "emails/0/value", "A@x.example", "a@x.example"},
		{"user-name-in-small-letters", mailA, "userName", "A", "a"},
		{"active-by-default", bare, "active", "-", "true"},
		{"display-name-by-default", full, "displayName", "-", "a"},
		{"full-name-added", full, "name/formatted", "-", "G F"},
		{"mail-display-added", full, "emails/0/display", "-", "w@x.example"},
		{"primary-false-shown", full, "emails/0/primary", "-", "false"},
		{"text-booleans-accepted", `POST /Users {"userName":"a","active":"True"}`, "status", "400", "201"},
		{"dates-with-offset", bare, "meta/created", "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000+00:00"},
		{"dates-with-long-fraction", bare, "meta/created", "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000000000Z"},
		{"two-primaries-settled", `POST /Users {"userName":"a","emails":[{"value":"a@x.example","primary":true},{"value":"b@x.example","primary":true}]}`, "status", "400", "201"},
		{"content-location-missing", bare, "header Content-Location", "BASE/Users/{1}", "-"},
		{"location-on-reads", readBack, "header Location", "-", "BASE/Users/{1}"},
		{"write-keyword-swapped", `POST /Users {"userName":`, "scimType", "invalidSyntax", "invalidValue"},
		{"strong-versions", readBack, "header ETag", `W/"1"`, `"1"`},
		{"stale-write-answers-409", stale, "status", "412", "409"},
		{"no-resources-when-empty", empty, "body", `~"Resources":[]`, `~"totalResults":0`},
		{"length-of-request", list + "startIndex=3&count=2", "itemsPerPage", "1", "2"},
		{"pages-capped", three + `POST /Users {"userName":"d"}` + "\nGET /Users?count=10", count, "4", "3"},
		{"pages-shorter", list + "count=2", count, "2", "1"},
		{"no-start-when-whole", empty, "startIndex", "1", "-"},
		{"no-length-when-whole", empty, "itemsPerPage", "0", "-"},
		{"extra-list-member", empty, "took", "-", "3"},
		{"page-in-other-order", list + "count=9", names, "a bab Cab", "Cab bab a"},
		{"root-query-answers-404", "GET /", "status", "200", "404"},
		{"root-query-answers-403", "GET /", "status", "200", "403"},
		{"root-query-answers-501", "GET /", "status", "200", "501"},
		{"bad-count-ignored", "GET /Users?count=abc", "status", "400", "200"},
		{"sort-unknown-refused", "GET /Users?sortBy=shoeSize", "status", "200", "400"},
		{"projection-unknown-refused", readBack + "?attributes=shoeSize", "status", "200", "400"},
		{"both-projections-one-wins", readBack + "?attributes=userName&excludedAttributes=title", "status", "400", "200"},
		{"schemas-not-projected", readBack + "?attributes=userName", "schemas/#", "1", "-"},
		{"previous-cursor-missing", list + "cursor&count=2\nGET /Users?cursor={next}", "body", `~"previousCursor"`, `~"totalResults":3,"itemsPerPage":1,"Resources"`},
		{"cursor-total-missing", list + "cursor", "totalResults", "3", "-"},
		{"filter-unknown-finds-nothing", `GET /Users?filter=shoeSize_eq_"42"`, "status", "400", "200"},
		{"filter-brackets-refused", `GET /Users?filter=emails[type_eq_"work"]`, "status", "200", "400"},
		{"filter-secret-answers-400", `GET /Users?filter=password_eq_"x"`, "status", "403", "400"},
		{"patch-answers-204", title, "status", "200", "204"},
		{"patch-group-answers-200", team + "\n" + `PATCH /Groups/{2} [{"op":"replace","path":"displayName","value":"h"}]`, "status", "204", "200"},
		{"patch-capital-op-refused", full + "\n" + `PATCH /Users/{1} [{"op":"Replace","path":"title","value":"u"}]`, "status", "200", "400"},
		{"patch-one-operation-as-object", full + "\n" + `PATCH /Users/{1} {"schemas":["` + patchURN + `"],"Operations":{"op":"replace","path":"title","value":"u"}}`, "status", "400", "200"},
		{"patch-message-unchecked", full + "\n" + `PATCH /Users/{1} { "Operations":[{"op":"replace","path":"title","value":"u"}]}`, "status", "400", "200"},
		{"patch-remove-no-match-refused", full + "\n" + `PATCH /Users/{1} [{"op":"remove","path":"emails[type eq \"x\"]"}]`, "status", "200", "400"},
		{"patch-keyword-swapped", full + "\n" + `PATCH /Users/{1} [{"op":"move"}]`, "scimType", "invalidSyntax", "invalidValue"},
		{"patch-duplicate-answers-400", taken + `PATCH /Users/{2} [{"op":"replace","path":"userName","value":"a"}]`, "status", "409", "400"},
		{"replace-duplicate-answers-400", taken + `PUT /Users/{2} {"userName":"a"}`, "status", "409", "400"},
		{"group-name-unique", `POST /Groups {"displayName":"g"}` + "\n" + `POST /Groups {"displayName":"g"}`, "status", "201", "409"},
		{"member-ref-missing", team, "members/0/$ref", "BASE/Users/{1}", "-"},
		{"member-type-missing", team, "members/0/type", "User", "-"},
		{"member-display-added", team, "members/0/display", "-", "Somebody"},
		{"user-group-type-missing", team + "\nGET /Users/{1}", "groups/0/type", "direct", "-"},
		{"user-group-display-missing", team + "\nGET /Users/{1}", "groups/0/display", "g", "-"},
		{"names-required", bare, "status", "201", "400"},
		{"names-required", full + "\n" + `PATCH /Users/{1} [{"op":"remove","path":"name.givenName"}]`, "status", "200", "400"},
		{"display-name-of-the-service", bare, "displayName", "-", "Member a"},
		{"display-name-of-the-service", bare + "\n" + `PATCH /Users/{1} [{"op":"replace","path":"displayName","value":"b"}]`, "scimType", "-", "mutability"},
		{"titles-unknown", `POST /Users {"userName":"a","title":"t"}`, "title", "t", "-"},
		{"titles-unknown", "GET /Schemas/" + userURN, "attributes/3/name", "nickName", "profileUrl"},
		{"mail-unique", mailA + "\n" + `POST /Users {"userName":"b","emails":[{"value":"a@x.example"}]}`, "status", "201", "409"},
		{"members-on-request", team, "members/0/value", "{1}", "-"},
		{"members-on-request", team + "\nGET /Groups/{2}?attributes=members", "members/0/type", "User", "User"},
		{"member-unknown-left-out", team + "\n" + `PATCH /Groups/{2} [{"op":"add","path":"members","value":[{"value":"nobody"}]}]`, "status", "400", "204"},
		{"bulk-unadvertised", config, "bulk/supported", "true", "false"},
		{"bulk-unadvertised", bulk, "status", "200", "501"},
		{"bulk-unadvertised-404", bulk, "status", "200", "404"},
		{"bulk-works-unadvertised", config, "bulk/supported", "true", "false"},
		{"sort-unadvertised", list + "sortBy=displayName", names, "Cab a bab", "a bab Cab"},
		{"filter-unadvertised", config, "filter/supported", "true", "false"},
		{"etag-unadvertised", readBack, "header ETag", `W/"1"`, "-"},
		{"password-change-unadvertised", config, "changePassword/supported", "true", "false"},
		{"pagination-unadvertised", config, "pagination/cursor", "true", "-"},
		{"pagination-brief", config, "pagination/maxPageSize", "1000", "-"},
		{"me-answers-501", "GET /Me", "status", "404", "501"},
		{"me-answers-404", `POST /Me {"userName":"a"}`, "status", "201", "404"},
		{"me-answers-403", "GET /Me", "status", "404", "403"},
		{"config-without-meta", config, "meta/resourceType", "ServiceProviderConfig", "-"},
		{"config-without-spec-uri", config, "authenticationSchemes/0/specUri", "~rfc6750", "-"},
		{"resource-type-without-description", "GET /ResourceTypes/User", "body", `~"description"`, `~"endpoint"`},
		{"discovery-filter-ignored", "GET /Schemas?filter=id_pr", "status", "403", "200"},
		{"schema-defaults-left-out", "GET /Schemas/" + userURN, "attributes/0/mutability", "readWrite", "-"},
		{"results-elsewhere", bare + " | Prefer: respond-async", "header Location", "BASE/Users/{1}", "https://events.example.com/results/42"},
		{"busy-for-a-moment", strings.Repeat("GET /Users\n", 10), "header Retry-After", "-", "0"},
		{"busy-until-a-date", strings.Repeat("GET /Users\n", 10), "header Retry-After", "-", "Fri, 02 Jan 2026 03:04:05 GMT"},
		{"gateway-busy", strings.Repeat("GET /Users\n", 10), "status", "200", "503"},
		{"creates-come-later", bare + " | Prefer: respond-async", "status", "201", "202"},
		{"too-many-refused", empty, "scimType", "-", "tooMany"},
		{"member-ref-relative", team, "members/0/$ref", "BASE/Users/{1}", "Users/{1}"},
		{"extra-schema-characteristic", "GET /Schemas/" + userURN, "attributes/0/since", "-", "1.0"},
		{"charset-in-answers", empty, "header Content-Type", "application/scim+json", "application/scim+json; charset=utf-8"},
		{"extra-header-fields", empty, "header X-Request-Id", "-", "42"},
		{"answers-with-line-breaks", empty, "body", "~]}", "~]}\n"},
		{"method-answers-501", "DELETE /Users", "status", "405", "501"},
		{"method-answers-404", "DELETE /Users", "status", "405", "404"},
		{"odd-id-answers-400", "GET /Users/a'b", "status", "404", "400"},
		{"bulk-status-as-object", bulk, "Operations/0/status/code", "-", "201"},
		{"bulk-id-of-creates-only", `POST /Bulk [{"method":"DELETE","bulkId":"1","path":"/Users/none"}]`, "Operations/0/bulkId", "1", "-"},
		{"filter-few-comparisons", "GET /Users?filter=title_pr", "status", "200", "400"},
		{"bulk-results-in-other-order", bulk, "Operations/*/bulkId", "1 2", "2 1"},
	}
	return cases
}
