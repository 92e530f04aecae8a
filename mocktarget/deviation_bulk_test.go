package mocktarget_test

import (
	"fmt"
	"strings"
)

func bulkCases() []deviationCase {
	post := func(id, name string) string {
		return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Users","data":{"schemas":[%q],"userName":%q}}`, id, userURN, name)
	}
	team := func(id string, members ...string) string {
		list := make([]string, len(members))
		for i, m := range members {
			list[i] = fmt.Sprintf(`{"value":"bulkId:%s"}`, m)
		}
		return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Groups","data":{"schemas":[%q],"displayName":%q,"members":[%s]}}`, id, groupURN, id, strings.Join(list, ","))
	}
	job := func(operations ...string) string { return "POST /Bulk [" + strings.Join(operations, ",") + "]" }
	failOnErrors := func(operations ...string) string {
		return `POST /Bulk {"schemas":["` + bulkURN + `"],"failOnErrors":1,"Operations":[` + strings.Join(operations, ",") + "]}"
	}
	one := job(post("1", "a"))
	two := job(post("1", "a"), post("2", "a"), post("3", "c"))
	report := `{"method":"POST","bulkId":"2","path":"/Users","data":{"schemas":["` + userURN + `","` + enterpriseURN + `"],"userName":"b","` + enterpriseURN + `":{"manager":{"value":"bulkId:1"}}}}`
	const statuses = "Operations/*/status"
	groups := "\nGET /Groups"
	return []deviationCase{
		{"bulk-without-operations-accepted", `POST /Bulk {"failOnErrors":1}`, "status", "400", "200"},
		{"bulk-unsupported", one, "status", "200", "501"},
		{"bulk-answers-201", one, "status", "200", "201"},
		{"bulk-schemas-other", one, "schemas/0", "urn:ietf:params:scim:api:messages:2.0:BulkResponse", bulkURN},
		{"bulk-status-as-number", one, "body", `~"status":"201"`, `~"status":201`},
		{"bulk-status-missing", one, statuses, "201", "-"},
		{"bulk-status-always-200", two, statuses, "201 409 201", "200 200 200"},
		{"bulk-location-missing", one, "Operations/0/location", "~BASE/Users/", "-"},
		{"bulk-location-dangling", one, "Operations/0/location", "~BASE/Users/", "~-x"},
		{"bulk-id-missing", one, "Operations/0/bulkId", "1", "-"},
		{"bulk-method-missing", one, "Operations/0/method", "POST", "-"},
		{"bulk-response-missing", two, "Operations/1/response/status", "409", "-"},
		{"bulk-response-without-schemas", two, "Operations/1/response/schemas/0", errorURN, "-"},
		{"bulk-location-of-failure", two, "Operations/1/location", "-", "https://example.com/Users/none"},
		{"bulk-failures-without-result", two, statuses, "201 409 201", "201 201"},
		{"bulk-repeats-fail-on-errors", one, "failOnErrors", "-", "1"},
		{"bulk-stops-at-first-failure", two, statuses, "201 409 201", "201 409"},
		{"bulk-fail-on-errors-ignored", failOnErrors(post("1", "a"), post("2", "a"), post("3", "c")), statuses, "201 409", "201 409 201"},
		{"bulk-first-operation-only", two, statuses, "201 409 201", "201"},
		{"bulk-deletes-ignored", bare + "\n" + job(`{"method":"DELETE","path":"/Users/{1}"}`, post("1", "b")), statuses, "204 201", "201"},
		{"bulk-unknown-method-ignored", job(`{"method":"COPY","path":"/Users"}`), statuses, "400", "200"},
		{"bulk-references-ignored", job(post("1", "a"), team("g", "1")) + groups, "Resources/0/members/#", "1", "-"},
		{"bulk-forward-references-refused", job(team("g", "1"), post("1", "a")), statuses, "201 201", "400 201"},
		{"bulk-circles-dropped", job(team("g", "h"), team("h", "g")) + groups, "Resources/*/members/#", "1 1", " 1"},
		{"bulk-references-in-extensions-ignored", job(post("1", "a"), report) + "\nGET /Users", "body", "~manager", `~"userName":"b"`},
		{"bulk-unknown-references-accepted", job(team("g", "none")), statuses, "400", "201"},
		{"bulk-limit-ignored", "GET /ServiceProviderConfig", "bulk/maxOperations", "1000", "2"},
		{"bulk-size-ignored", "GET /ServiceProviderConfig", "bulk/maxPayloadSize", "1048576", "2000"},
		{"bulk-limit-answers-400", job(strings.Repeat(post("1", "a")+",", 1000) + post("1", "a")), "status", "413", "400"},
		{"bulk-limit-unnamed", job(strings.Repeat(post("1", "a")+",", 1000) + post("1", "a")), "detail", "~maxOperations", "too much"},
	}
}

func extensionCases() []deviationCase {
	employee := `POST /Users {"schemas":["` + userURN + `","` + enterpriseURN + `"],"userName":"a","` + enterpriseURN + `":{"department":"d"}}`
	const department = enterpriseURN + "/department"
	return []deviationCase{
		{"extension-kept-on-replace", employee + "\n" + `PUT /Users/{1} {"userName":"a","` + enterpriseURN + `":{"department":"e"}}`, department, "e", "d"},
		{"extension-ignored-without-path", employee + "\n" + `PATCH /Users/{1} [{"op":"add","value":{"` + enterpriseURN + `":{"department":"e"}}}]`, department, "e", "d"},
		{"extension-value-not-removed", employee + "\n" + `PATCH /Users/{1} [{"op":"remove","path":"` + enterpriseURN + `:department"}]`, department, "-", "d"},
		{"extension-manager-renamed", bare + "\n" + `POST /Users {"userName":"b","` + enterpriseURN + `":{"manager":{"value":"{1}","displayName":"Boss"}}}`, enterpriseURN + "/manager/displayName", "-", "Boss"},
		{"extension-manager-without-id", bare + "\n" + `POST /Users {"userName":"b","` + enterpriseURN + `":{"manager":{"value":"{1}"}}}`, enterpriseURN + "/manager/value", "{1}", "-"},
		{"extension-name-case-sensitive", `POST /Users {"userName":"a","` + strings.ToUpper(enterpriseURN) + `":{"department":"d"}}`, department, "d", "-"},
		{"extension-not-projected", employee + "\nGET /Users/{1}?attributes=" + enterpriseURN, department, "d", "-"},
		{"extension-unknown-attribute-fails", `POST /Users {"userName":"a","` + enterpriseURN + `":{"shoeSize":"42"}}`, "status", "400", "500"},
		{"extension-flattened", employee, "department", "-", "d"},
		{"extension-not-in-schemas", employee, "schemas/#", "2", "1"},
		{"extension-dropped", employee, department, "d", "-"},
	}
}

func robustnessCases() []deviationCase {
	looks := strings.Repeat("GET /Users\n", 20)
	deep := `POST /Users {"userName":"a","title":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}"
	return []deviationCase{
		{"deep-json-fails", deep, "status", "400", "500"},
		{"long-id-fails", "GET /Users/" + strings.Repeat("x", 600), "status", "404", "500"},
		{"odd-id-fails", "GET /Users/a'b", "status", "404", "500"},
		{"large-count-fails", "GET /Users?count=1000000000", "status", "200", "500"},
		{"large-number-fails", "GET /Users?count=100000000000000000000", "status", "200", "500"},
		{"repeated-attribute-fails", `POST /Users {"userName":"a","title":"t","title":"u"}`, "status", "400", "500"},
		{"empty-value-fails", `POST /Users {"userName":"a","emails":[{"value":"a@x.example"},{}]}`, "status", "201", "500"},
		{"busy-for-how-long", looks, "status", "200", "429"},
		{"busy-until-soon", looks, "header Retry-After", "-", "soon"},
		{"busy-in-words-of-its-own", looks, "message", "-", "slow down"},
		{"concurrent-writes-lost", bare + strings.Repeat("\n"+`PUT /Users/{1} {"userName":"a"}`, 4), "status", "200", "503"},
	}
}
