package mocktarget_test

import "strings"

// three makes users a, b and c.
const three = `POST /Users {"userName":"a","displayName":"Zoë","name":{"familyName":"F"},"active":true,"externalId":"x","emails":[{"value":"w@x.example","type":"work"},{"value":"h@x.example","type":"home"}]}
wait
POST /Users {"userName":"bab","active":false,"title":"T","emails":[{"value":"z@x.example"},{"value":"b@x.example","primary":true}]}
wait
POST /Users {"userName":"Cab","displayName":"x \"q\" + O'y"}
`

func listCases() []deviationCase {
	get := func(query string) string { return three + "GET /Users?" + query }
	const (
		all   = three + "GET /Users"
		names = "Resources/*/userName"
	)
	return []deviationCase{
		{"too-many-unnamed", all, "scimType", "-", "-"},
		{"too-many-unnamed", all, "status", "200", "400"},
		{"list-without-schemas", all, "schemas/0", listURN, "-"},
		{"list-schemas-other", all, "schemas/0", listURN, "urn:scim:schemas:core:1.0"},
		{"list-as-array", all, "body", `~"totalResults"`, `~[{"schemas"`},
		{"list-total-missing", all, "totalResults", "3", "-"},
		{"list-total-as-text", all, "body", `~"totalResults":3`, `~"totalResults":"3"`},
		{"list-total-of-page", get("count=1"), "totalResults", "3", "1"},
		{"list-total-one-less", all, "totalResults", "3", "2"},
		{"list-total-without-filter", get("filter=userName_eq_\"a\""), "totalResults", "1", "8"},
		{"list-resources-missing", all, "Resources/#", "3", "-"},
		{"list-one-as-object", get("filter=userName_eq_\"a\""), "Resources/userName", "-", "a"},
		{"list-items-brief", all, "Resources/0/displayName", "Zoë", "-"},
		{"list-start-missing", all, "startIndex", "1", "-"},
		{"list-start-is-one", get("startIndex=2"), "startIndex", "2", "1"},
		{"list-length-missing", all, "itemsPerPage", "3", "-"},
		{"list-length-too-large", all, "itemsPerPage", "3", "1001"},
		{"count-ignored", get("count=1"), "Resources/#", "1", "3"},
		{"count-plus-one", get("count=1"), "Resources/#", "1", "2"},
		{"count-zero-ignored", get("count=0"), "Resources/#", "0", "3"},
		{"count-zero-refused", get("count=0"), "status", "200", "400"},
		{"count-negative-refused", get("count=-1"), "status", "200", "400"},
		{"count-negative-ignored", get("count=-1"), "Resources/#", "0", "3"},
		{"start-from-zero", get("startIndex=1"), names, "a bab Cab", "bab Cab"},
		{"start-ignored", get("startIndex=2"), names, "bab Cab", "a bab Cab"},
		{"start-below-one-refused", get("startIndex=0"), "status", "200", "400"},
		{"start-past-end-answers-404", get("startIndex=9"), "status", "200", "404"},
		{"start-past-end-total-zero", get("startIndex=9"), "totalResults", "3", "0"},
		{"pages-overlap", get("startIndex=3"), names, "Cab", "bab Cab"},
		{"pages-without-filter", get("startIndex=2&filter=userName_co_\"b\""), "totalResults", "2", "3"},
		{"pages-above-limit", "GET /ServiceProviderConfig", "filter/maxResults", "1000", "1"},
		{"root-query-users-only", three + `POST /Groups {"displayName":"g"}` + "\nGET /", "totalResults", "4", "3"},
		{"bad-count-answers-500", "GET /Users?count=many", "status", "400", "500"},
		{"groups-list-without-total", "GET /Groups", "totalResults", "0", "-"},
		{"root-query-strict", three + "GET /?filter=userName_eq_\"a\"", "status", "200", "400"},
		{"groups-endpoint-missing", "GET /Groups", "status", "200", "404"},
	}
}

func filterCases() []deviationCase {
	const names = "Resources/*/userName"
	find := func(filter string) string { return three + "GET /Users?filter=" + strings.ReplaceAll(filter, " ", "_") }
	return []deviationCase{
		{"filter-ignored", find(`userName eq "a"`), names, "a", "a bab Cab"},
		{"filter-eq-finds-nothing", find(`userName eq "a"`), names, "a", "-"},
		{"filter-eq-as-contains", find(`userName eq "bab"`), names, "bab", "bab Cab"},
		{"filter-ne-as-eq", find(`userName ne "a"`), names, "bab Cab", "a"},
		{"filter-co-as-sw", find(`userName co "ab"`), names, "bab Cab", "-"},
		{"filter-parentheses-in-text", find(`title eq "x) or (y"`), "status", "200", "400"},
		{"filter-shows-passwords", `POST /Users {"userName":"a","password":"t0p-Secret"}` + "\nGET /Users?filter=userName_eq_\"a\"_and_password_pr", "Resources/0/password", "-", "t0p-Secret"},
		{"filter-sw-as-co", find(`userName sw "a"`), names, "a", "a bab Cab"},
		{"filter-ew-as-co", find(`userName ew "a"`), names, "a", "a bab Cab"},
		{"filter-sw-as-eq", find(`userName sw "ba"`), names, "bab", "-"},
		{"filter-sw-not-equal", find(`userName sw "a"`), names, "a", "-"},
		{"filter-pr-finds-all", find(`title pr`), names, "bab", "a bab Cab"},
		{"filter-pr-on-complex-finds-nothing", find(`name pr`), names, "a", "-"},
		{"filter-pr-of-false-finds-nothing", find(`active pr`), names, "a bab", "a"},
		{"filter-gt-as-ge", find(`userName gt "bab"`), names, "Cab", "bab Cab"},
		{"filter-ge-as-gt", find(`userName ge "bab"`), names, "bab Cab", "Cab"},
		{"filter-lt-as-gt", find(`userName lt "bab"`), names, "a", "Cab"},
		{"filter-le-as-lt", find(`userName le "bab"`), names, "a bab", "a"},
		{"filter-numbers-as-text", find(`shoeSize lt 10`), "status", "400", "200"},
		{"filter-binary-any-case", `POST /Users {"userName":"a","x509Certificates":[{"value":"AAAB"}]}` + "\n" + `GET /Users?filter=x509Certificates.value_eq_"aaab"`, "totalResults", "0", "1"},
		{"filter-primary-by-default", full + "\n" + `GET /Users?filter=emails.primary_eq_true`, "totalResults", "0", "1"},
		{"filter-blind-to-defaults", bare, "active", "-", "true"},
		{"filter-dates-as-text", find(`meta.created ge "2026-01-02T05:05:05+02:00"`), names, "bab Cab", "-"},
		{"filter-names-case-sensitive", find(`USERNAME eq "a"`), names, "a", "-"},
		{"filter-operators-case-sensitive", find(`userName EQ "a"`), "status", "200", "400"},
		{"filter-user-name-case-sensitive", find(`userName eq "A"`), names, "a", "-"},
		{"filter-external-id-any-case", find(`externalId eq "X"`), names, "-", "a"},
		{"filter-id-unsupported", find(`id eq "{1}"`), names, "a", "-"},
		{"filter-external-id-unsupported", find(`externalId eq "x"`), names, "a", "-"},
		{"filter-active-unsupported", find(`active eq true`), names, "a", "-"},
		{"filter-meta-unsupported", find(`meta.resourceType eq "User"`), names, "a bab Cab", "-"},
		{"filter-groups-unsupported", three + `POST /Groups {"displayName":"g","members":[{"value":"{1}"}]}` + "\n" + `GET /Users?filter=groups.value_eq_"{4}"`, names, "a", "-"},
		{"filter-sub-attributes-unsupported", find(`name.familyName eq "F"`), names, "a", "-"},
		{"filter-emails-unsupported", find(`emails.value eq "w@x.example"`), names, "a", "-"},
		{"filter-first-value-only", find(`emails.value eq "h@x.example"`), names, "a", "-"},
		{"filter-urn-unsupported", find(userURN + `:userName eq "a"`), names, "a", "-"},
		{"filter-extension-unsupported", `POST /Users {"userName":"a","` + enterpriseURN + `":{"department":"d"}}` + "\n" + `GET /Users?filter=` + enterpriseURN + `:department_eq_"d"`, names, "a", "-"},
		{"filter-only-eq", find(`userName co "a"`), "status", "200", "400"},
		{"filter-and-as-or", find(`userName eq "a" and title pr`), names, "-", "a bab"},
		{"filter-or-as-and", find(`userName eq "a" or title pr`), names, "a bab", "-"},
		{"filter-not-ignored", find(`not (userName eq "a")`), names, "bab Cab", "a"},
		{"filter-not-binds-loosest", find(`not (userName eq "a") and title pr`), names, "bab", "a bab Cab"},
		{"filter-or-binds-closer", find(`userName eq "a" or title pr and active eq true`), names, "a", "a"},
		{"filter-or-binds-closer", find(`userName eq "a" or title pr and userName eq "Cab"`), names, "a", "-"},
		{"filter-parentheses-ignored", find(`(userName eq "a" or title pr) and userName eq "Cab"`), names, "-", "a"},
		{"filter-brackets-across-values", find(`emails[type eq "work" and value sw "h"]`), names, "-", "a"},
		{"filter-booleans-unmatched", find(`active eq true`), names, "a", "-"},
		{"filter-null-answers-500", find(`title eq null`), "status", "200", "500"},
		{"filter-escapes-raw", find(`displayName eq "x \"q\" + O'y"`), names, "Cab", "-"},
		{"filter-plus-as-space", find(`displayName co " + "`), names, "Cab", "-"},
		{"filter-apostrophe-answers-500", find(`displayName co "O'"`), "status", "200", "500"},
		{"filter-non-ascii-unmatched", find(`displayName eq "Zoë"`), names, "a", "-"},
		{"filter-no-match-answers-404", find(`userName eq "nobody"`), "status", "200", "404"},
		{"filter-bad-ignored", find(`userName eq`), "status", "400", "200"},
		{"filter-bad-finds-nothing", find(`userName eq`), "totalResults", "-", "0"},
		{"filter-bad-answers-500", find(`userName eq`), "status", "400", "500"},
		{"filter-bad-without-keyword", find(`userName eq`), "scimType", "invalidFilter", "-"},
		{"filter-unknown-operator-ignored", find(`userName is "a"`), "status", "400", "200"},
		{"filter-unknown-attribute-finds-all", find(`shoeSize eq "42"`), "totalResults", "-", "3"},
		{"filter-boolean-order-accepted", find(`active gt true`), "status", "400", "200"},
		{"filter-binary-order-accepted", find(`x509Certificates.value gt "AA=="`), "status", "400", "200"},
		{"filter-deep-answers-500", find(strings.Repeat("(", 30) + "title pr" + strings.Repeat(")", 30)), "status", "200", "500"},
	}
}

func cursorCases() []deviationCase {
	get := func(query string) string { return three + "GET /Users?" + query }
	const names = "Resources/*/userName"
	return []deviationCase{
		{"cursor-next-missing", get("cursor&count=2"), "body", `~"nextCursor":`, `~"totalResults":3,"itemsPerPage":2,"Resources"`},
		{"cursor-next-on-last", get("cursor"), "nextCursor", "-", "more"},
		{"cursor-previous-on-first", get("cursor"), "previousCursor", "-", "before"},
		{"cursor-bad-ignored", get("cursor=none"), "status", "400", "200"},
		{"cursor-bad-answers-500", get("cursor=none"), "status", "400", "500"},
		{"cursor-bad-without-keyword", get("cursor=none"), "scimType", "invalidCursor", "-"},
		{"cursor-with-reserved-characters", get("cursor&count=2"), "body", `~"nextCursor":"`, `~"nextCursor":"a+b/`},
		{"cursor-page-too-long", get("cursor&count=1"), "Resources/#", "1", "2"},
		{"cursor-repeats-first", get("cursor&count=2") + "\nGET /Users?cursor={next}", names, "Cab", "a bab Cab"},
		{"cursor-skips", get("cursor&count=1") + "\nGET /Users?cursor={next}", names, "bab", "-"},
		{"cursor-count-zero-ignored", get("cursor&count=0"), "Resources/#", "0", "3"},
		{"cursor-count-negative-refused", get("cursor&count=-1"), "status", "200", "400"},
		{"cursor-bad-count-answers-500", "GET /Users?cursor&count=many", "status", "400", "500"},
		{"cursor-without-credentials", three + "GET /Users?cursor&count=1\nGET /Users?cursor={next} | Authorization: ", "status", "401", "200"},
		{"cursor-total-wrong", get("cursor&count=2") + "\nGET /Users?cursor={next}", "totalResults", "3", "1"},
		{"cursor-ignored-in-search", three + `POST /Users/.search {"cursor":"","count":2}`, "startIndex", "-", "1"},
		{"cursor-unsorted", get("cursor&sortBy=userName&sortOrder=descending"), names, "Cab bab a", "a bab Cab"},
		{"pagination-incomplete", "GET /ServiceProviderConfig", "pagination/index", "true", "-"},
		{"pagination-default-otherwise", "GET /ServiceProviderConfig", "pagination/defaultPaginationMethod", "index", "cursor"},
		{"pagination-longer-than-said", "GET /ServiceProviderConfig", "pagination/maxPageSize", "1000", "2"},
		{"cursor-expires-early", get("cursor&count=2") + "\nwait\nGET /Users?cursor={next}", "status", "200", "400"},
		{"cursor-expired-answers-500", get("cursor&count=2") + "\nwait\nGET /Users?cursor={next}", "status", "200", "500"},
		{"pagination-as-text", "GET /ServiceProviderConfig", "body", `~"cursor":true`, `~"cursor":"true"`},
	}
}

func sortCases() []deviationCase {
	get := func(query string) string { return three + "GET /Users?" + query }
	const names = "Resources/*/userName"
	return []deviationCase{
		{"sort-ignored", get("sortBy=displayName"), names, "Cab a bab", "a bab Cab"},
		{"sort-descending-ignored", get("sortBy=userName&sortOrder=descending"), names, "Cab bab a", "a bab Cab"},
		{"sort-descending-by-default", get("sortBy=userName"), names, "a bab Cab", "Cab bab a"},
		{"sort-case-sensitive", get("sortBy=userName"), names, "a bab Cab", "Cab a bab"},
		{"sort-missing-first", get("sortBy=title"), names, "bab a Cab", "a Cab bab"},
		{"sort-missing-last-descending", get("sortBy=title&sortOrder=descending"), names, "Cab a bab", "bab Cab a"},
		{"sort-by-parts-ignored", get("sortBy=name.familyName&sortOrder=descending"), names, "Cab bab a", "a bab Cab"},
		{"sort-by-first-value", get("sortBy=emails.value"), names, "bab a Cab", "a bab Cab"},
		{"sort-by-meta-ignored", get("sortBy=meta.created&sortOrder=descending"), names, "Cab bab a", "a bab Cab"},
		{"sort-lost-on-second-page", get("sortBy=displayName&startIndex=2"), names, "a bab", "bab Cab"},
		{"sort-unknown-answers-500", get("sortBy=shoeSize"), "status", "200", "500"},
	}
}

func searchCases() []deviationCase {
	find := func(body string) string { return three + "POST /Users/.search " + body }
	const names = "Resources/*/userName"
	return []deviationCase{
		{"search-answers-201", find("{}"), "status", "200", "201"},
		{"search-answers-501", find("{}"), "status", "200", "501"},
		{"search-without-schemas", find("{}"), "schemas/0", listURN, "-"},
		{"search-filter-ignored", find(`{"filter":"userName eq \"a\""}`), names, "a", "a bab Cab"},
		{"search-attributes-ignored", find(`{"attributes":["userName"]}`), "Resources/0/displayName", "-", "Zoë"},
		{"search-excluded-ignored", find(`{"excludedAttributes":["displayName"]}`), "Resources/0/displayName", "-", "Zoë"},
		{"search-paging-ignored", find(`{"startIndex":2,"count":1}`), names, "bab", "a bab Cab"},
		{"search-sort-ignored", find(`{"sortBy":"displayName"}`), names, "Cab a bab", "a bab Cab"},
		{"search-count-zero-ignored", find(`{"count":0}`), "Resources/#", "0", "3"},
		{"search-bad-filter-ignored", find(`{"filter":"userName eq"}`), "status", "400", "200"},
		{"search-at-base-users-only", three + `POST /Groups {"displayName":"g"}` + "\nPOST /.search {}", "totalResults", "4", "3"},
		{"search-message-unchecked-fails", find(`{"schemas":["urn:example"]}`), "status", "400", "500"},
	}
}
