package mocktarget_test

func errorCases() []deviationCase {
	const bad = "GET /Users/nobody"
	return []deviationCase{
		{"error-status-as-number", bad, "body", `~"status":"404"`, `~"status":404`},
		{"error-status-missing", bad, "body", `~"status":"404"`, `~Error"],"detail"`},
		{"error-status-differs", bad, "body", `~"status":"404"`, `~"status":"499"`},
		{"error-schemas-missing", bad, "schemas/0", errorURN, "-"},
		{"error-schemas-other", bad, "schemas/0", errorURN, "urn:scim:schemas:core:1.0"},
		{"error-schemas-as-text", bad, "schemas", "~[", `["` + errorURN + `"]`},
		{"error-without-body", bad, "body", "~404", "-"},
		{"error-as-page", bad, "body", "~{", "~<html>"},
		{"error-as-text", bad, "body", "~{", "Not Found\n"},
		{"error-of-vendor", bad, "code", "-", "404"},
		{"error-keyword-unknown", bad, "scimType", "-", "badThings"},
		{"error-with-stack-trace", bad, "detail", "~nobody", "~UserService.java:42"},
		{"error-with-secret", `POST /Users {"userName":"a","password":"t0p-Secret"}` + "\n" + bad, "detail", "~nobody", "~t0p-Secret"},
		{"error-without-detail", bad, "detail", "~nobody", "-"},
		{"cookie-for-a-year", bad, "header Set-Cookie", "-", "session=1; Max-Age=31536000"},
		{"error-as-json", bad, "header Content-Type", "application/scim+json", "application/json"},
		{"error-of-odd-id", "PUT /Users/nobody {}", "status", "404", "500"},
		{"error-answers-200", bad, "status", "404", "200"},
		{"error-with-200-body", bad, "body", "~404", "{}"},
	}
}

func transportCases() []deviationCase {
	const kind = "header Content-Type"
	list := bare + "\nGET /Users"
	return []deviationCase{
		{"answers-as-json", list, kind, "application/scim+json", "application/json"},
		{"answers-as-text-json", list, kind, "application/scim+json", "text/json"},
		{"answers-as-json-scim", list, kind, "application/scim+json", "application/json+scim"},
		{"answers-as-html", list, kind, "application/scim+json", "text/html"},
		{"answers-without-type", list, kind, "application/scim+json", "-"},
		{"answers-in-latin1", `POST /Users {"userName":"a","displayName":"Zoë"}`, "body", "~Zoë", "~Zo\xeb"},
		{"answers-with-bom", list, "body", `~{"schemas"`, "~\ufeff{"},
		{"answers-cut-short", list, "totalResults", "1", "-"},
		{"accept-json-refused", "GET /Users | Accept: application/json", "status", "200", "406"},
		{"accept-parameter-refused", "GET /Users | Accept: application/scim+json;charset=utf-8", "status", "200", "406"},
		{"json-refused", bare + " | Content-Type: application/json", "status", "201", "415"},
		{"charset-refused", bare + " | Content-Type: application/scim+json; charset=utf-8", "status", "201", "415"},
		{"xml-accepted", bare + " | Content-Type: text/xml", "status", "415", "201"},
		{"malformed-json-answers-500", `POST /Users {"userName":`, "status", "400", "500"},
		{"malformed-json-accepted", `POST /Users {"userName":`, "status", "400", "201"},
		{"malformed-json-without-keyword", `POST /Users {"userName":`, "scimType", "invalidSyntax", "-"},
		{"trailing-data-accepted", bare + "x", "status", "400", "201"},
		{"unknown-parameter-refused", "GET /Users?verbose=1", "status", "200", "400"},
		{"slash-at-end-not-found", "GET /Users/", "status", "200", "404"},
		{"head-not-found", bare + "\nHEAD /Users/{1}", "status", "200", "404"},
		{"unknown-path-answers-200", "GET /Robots", "status", "404", "200"},
		{"unknown-path-as-page", "GET /Robots", kind, "application/scim+json", "text/html; charset=utf-8"},
		{"unknown-path-answers-500", "GET /Robots", "status", "404", "500"},
	}
}
