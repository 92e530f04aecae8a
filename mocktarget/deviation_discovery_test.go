package mocktarget_test

import "strings"

func discoveryCases() []deviationCase {
	const (
		config = "GET /ServiceProviderConfig"
		types  = "GET /ResourceTypes"
		user   = "GET /ResourceTypes/User"
	)
	list := []deviationCase{
		{"discovery-missing", types, "status", "200", "404"},
		{"config-missing", config, "status", "200", "404"},
		{"config-plural", "GET /ServiceProviderConfigs", "status", "404", "200"},
		{"config-as-list", config, "Resources/#", "-", "1"},
		{"config-without-schemas", config, "schemas/#", "1", "-"},
		{"config-without-schemes", config, "authenticationSchemes/#", "1", "-"},
		{"config-scheme-unknown", config, "authenticationSchemes/0/type", "oauthbearertoken", "magic"},
		{"config-scheme-incomplete", config, "authenticationSchemes/0/name", "OAuth Bearer Token", "-"},
		{"config-booleans-as-text", config, "patch", `{"supported":true}`, `{"supported":"true"}`},
		{"config-limits-as-text", config, "bulk", `~"maxOperations":1000`, `~"maxOperations":"1000"`},
		{"config-limits-missing", config, "bulk/maxPayloadSize", "1048576", "-"},
		{"config-filter-limit-missing", config, "filter/maxResults", "1000", "-"},
		{"resource-types-missing", types, "status", "200", "404"},
		{"resource-types-as-array", types, "body", `~"totalResults"`, `~[{`},
		{"resource-type-by-id-missing", user, "status", "200", "404"},
		{"resource-type-without-endpoint", user, "endpoint", "/Users", "-"},
		{"resource-type-endpoint-elsewhere", user, "endpoint", "/Users", "/Users-old"},
		{"resource-type-schema-unknown", user, "schema", userURN, "urn:example:schemas:Nothing"},
		{"resource-type-extension-unknown", user, "schemaExtensions/0/schema", enterpriseURN, "urn:example:schemas:Nothing"},
		{"resource-type-without-name", user, "name", "User", "-"},
		{"resource-type-extension-incomplete", user, "schemaExtensions/0/required", "false", "-"},
		{"discovery-unknown-answers-200", "GET /Schemas/urn:none", "status", "404", "200"},
		{"discovery-filter-fails", types + "?filter=name_pr", "status", "403", "500"},
		{"discovery-paged", types + "?count=1", "Resources/#", "2", "1"},
		{"discovery-parameters-refused", types + "?count=1", "status", "200", "400"},
		{"discovery-needs-credentials", config + " | Authorization: ", "status", "200", "401"},
		{"patch-unadvertised-500", bare + "\nPATCH /Users/{1} []", "status", "400", "500"},
		{"patch-unadvertised-500", config, "patch/supported", "true", "false"},
		{"bulk-unadvertised-500", "POST /Bulk []", "status", "400", "500"},
		{"bulk-unadvertised-500", config, "bulk/supported", "true", "false"},
		{"resource-type-not-plural", types, "Resources/#", "2", "3"},
		{"patch-unadvertised", config, "patch/supported", "true", "false"},
		{"patch-unadvertised", bare + "\nPATCH /Users/{1} []", "status", "400", "501"},
		{"patch-unadvertised-405", bare + "\nPATCH /Users/{1} []", "status", "400", "405"},
		{"async-without-number", bare + " | Prefer: respond-async", "header Preference-Applied", "-", "respond-async"},
		{"async-without-preference", bare + " | Prefer: respond-async", "header Set-Txn", "-", "42"},
		{"async-without-location", bare + " | Prefer: respond-async", "header Location", "BASE/Users/{1}", "-"},
		{"async-result-open", bare + " | Prefer: respond-async\nGET /Users/{1} | Authorization: none", "status", "401", "200"},
		{"async-events-as-text", config, "securityEvents/eventUris", "-", "urn:ietf:params:scim:event:prov:create:notice"},
		{"async-request-unknown", config, "securityEvents/asyncRequest", "-", "sometimes"},
		{"async-with-body", bare + " | Prefer: respond-async", "status", "201", "202"},
		{"discovery-writable", "POST /ResourceTypes {}", "status", "405", "200"},
	}
	for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
		list = append(list, deviationCase{"config-without-" + strings.ToLower(feature), config, feature + "/supported", "true", "-"})
	}
	return list
}

func schemaCases() []deviationCase {
	const (
		all   = "GET /Schemas"
		user  = "GET /Schemas/" + userURN
		title = "attributes/5/"
	)
	return []deviationCase{
		{"schemas-missing", all, "status", "200", "404"},
		{"schemas-as-array", all, "body", `~"totalResults"`, `~[{`},
		{"schema-constant-in-quotes", user, title + "returned", "default", `"default"`},
		{"schema-user-name-silent", user, "attributes/0/required", "true", "-"},
		{"schema-complex-unique", user, "attributes/1/uniqueness", "-", "server"},
		{"schema-primary-as-text", user, "attributes/15/subAttributes/*/type", "reference string string boolean", "reference string string string"},
		{"schema-kinds-other", user, "attributes/14/subAttributes/2/canonicalValues/1", "gtalk", "pigeon"},
		{"schema-name-unregistered", all, "Resources/#", "6", "7"},
		{"extension-defines-again", all, "body", `~"Resources"`, "~Title within the company"},
		{"schema-by-id-missing", user, "status", "200", "404"},
		{"schemas-without-user", all, "Resources/#", "6", "5"},
		{"schemas-with-messages", all, "Resources/#", "6", "7"},
		{"schema-without-id", user, "id", userURN, "-"},
		{"schema-without-name", user, "name", "User", "-"},
		{"schema-without-schemas", user, "schemas/#", "1", "-"},
		{"schema-without-attributes", user, "attributes/0/name", "userName", "-"},
		{"schema-attribute-without-type", user, title + "type", "string", "-"},
		{"schema-type-unknown", user, title + "type", "string", "text"},
		{"schema-mutability-unknown", user, title + "mutability", "readWrite", "sometimes"},
		{"schema-returned-unknown", user, title + "returned", "default", "maybe"},
		{"schema-uniqueness-unknown", user, title + "uniqueness", "none", "somewhat"},
		{"schema-name-bad", user, title + "name", "title", "job title"},
		{"schema-complex-in-complex", user, "attributes/1/subAttributes/0/type", "string", "complex"},
		{"schema-complex-without-parts", user, "attributes/1/subAttributes/0/type", "string", "-"},
		{"schema-flag-as-text", user, title + "multiValued", "false", "false"},
		{"schema-reference-types-on-text", user, title + "referenceTypes/0", "-", "User"},
		{"schema-user-name-optional", user, "attributes/0/required", "true", "false"},
		{"schema-password-returned", user, "body", `~"returned":"never"`, `~"userName"`},
		{"schema-groups-writable", user, "body", `~"mutability":"readOnly"`, `~"userName"`},
		{"schema-attribute-not-served", user, "body", `~"x509Certificates"`, `~"shoeSize"`},
		{"schema-attribute-not-defined", user, "attributes/2/name", "displayName", "nickName"},
	}
}

func authCases() []deviationCase {
	const (
		nobody  = "GET /Users | Authorization: "
		wrong   = "GET /Users | Authorization: Bearer wrong"
		refusal = "detail"
	)
	return []deviationCase{
		{"auth-not-needed", nobody, "status", "401", "200"},
		{"auth-not-checked", wrong, "status", "401", "200"},
		{"auth-empty-token", "GET /Users | Authorization: Bearer", "status", "401", "200"},
		{"auth-token-in-query", "GET /Users?access_token=x | Authorization: ", "status", "401", "200"},
		{"auth-reads-open", nobody, "status", "401", "200"},
		{"auth-creates-open", bare + " | Authorization: ", "status", "401", "201"},
		{"auth-deletes-open", bare + "\nDELETE /Users/{1} | Authorization: ", "status", "401", "204"},
		{"auth-answers-403", nobody, "status", "401", "403"},
		{"auth-answers-404", nobody, "status", "401", "404"},
		{"auth-answers-500", nobody, "status", "401", "500"},
		{"auth-redirects", nobody, "status", "401", "302"},
		{"auth-without-challenge", nobody, "header WWW-Authenticate", `Bearer realm="scimwright"`, "-"},
		{"auth-without-body", nobody, refusal, "~Authorization", "-"},
		{"auth-body-of-vendor", nobody, "error", "-", "unauthorized"},
		{"auth-scheme-case-sensitive", "GET /Users | Authorization: bearer {token}", "status", "200", "401"},
		{"auth-echoes-token", wrong, refusal, "the bearer token is not valid", "unknown token wrong"},
	}
}
