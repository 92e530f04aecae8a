package mocktarget_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// lintPatchCases are about PATCH.
func lintPatchCases() []lintCase {
	patch := func(operations ...string) ask { return send("PATCH /Users/ann", patchBody(operations...)) }
	team := func(operations ...string) ask { return send("PATCH /Groups/staff", patchBody(operations...)) }
	one := func(rule, pointer, bad, good string) lintCase {
		return lintCase{rule, pointer, asks(patch(bad)), asks(patch(good))}
	}
	title := `{"op":"add","path":"title","value":"x"}`
	return []lintCase{
		{"patch-schemas", "/schemas", asks(send("PATCH /Users/ann", `{"Operations":[`+title+`]}`)), asks(patch(title))},
		{"message-urn", "/schemas/0", asks(send("PATCH /Users/ann", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOP"],"Operations":[`+title+`]}`)), asks(patch(title))},
		{"patch-operations", "/Operations", asks(send("PATCH /Users/ann", `{"schemas":["`+patchURN+`"],"Operations":[]}`)), asks(patch(title))},
		{"patch-operations", "/Operations", asks(send("PATCH /Users/ann", user("ann"))), asks(send("PATCH /Users/ann", `{"schemas":["`+patchURN+`"],"operations":[`+title+`]}`))},
		{"array-expected", "/schemas", asks(send("PATCH /Users/ann", `{"schemas":"`+patchURN+`","Operations":[`+title+`]}`)), asks(patch(title))},
		{"quoted-literal", "/schemas/0", asks(send("PATCH /Users/ann", `{"schemas":["'`+patchURN+`'"],"Operations":[`+title+`]}`)), asks(patch(title))},
		{"boolean-as-string", "/Operations/0/value", asks(send("PATCH /Me", patchBody(`{"op":"add","path":"active","value":"true"}`))), asks(send("PATCH /Me", patchBody(`{"op":"add","path":"active","value":true}`)))},
		{"patch-operations", "/Operations/0", asks(patch(`"add"`)), asks(patch(title))},
		one("patch-op", "/Operations/0", `{"path":"title","value":"x"}`, title),
		one("patch-op", "/Operations/0/op", `{"op":1,"path":"title","value":"x"}`, title),
		one("patch-op", "/Operations/0/op", `{"op":"set","path":"title","value":"x"}`, `{"op":"replace","path":"title","value":"x"}`),
		one("patch-op-case", "/Operations/0/op", `{"op":"Replace","path":"title","value":"x"}`, `{"op":"replace","path":"Title","value":"x"}`),
		one("patch-json-patch", "/Operations/0/op", `{"op":"move","from":"title","path":"nickName"}`, title),
		one("patch-json-patch", "/Operations/0/path", `{"op":"replace","path":"/title","value":"x"}`, title),
		one("patch-json-patch", "/Operations/0/path", `{"op":"replace","path":"emails[0].value","value":"x@y"}`, `{"op":"replace","path":"emails[type eq \"0\"].value","value":"x@y"}`),
		one("patch-path", "/Operations/0/path", `{"op":"add","path":"emails[","value":"x"}`, title),
		one("patch-path", "/Operations/0/path", `{"op":"add","path":5,"value":"x"}`, `{"op":"add","path":null,"value":{"title":"x"}}`),
		one("patch-path", "/Operations/0/path", `{"op":"add","path":"first name","value":"x"}`, `{"op":"add","path":"name.givenName","value":"x"}`),
		one("patch-unknown-attribute", "/Operations/0/path", `{"op":"add","path":"firstName","value":"x"}`, `{"op":"add","path":"`+userURN+`:title","value":"x"}`),
		one("patch-unknown-attribute", "/Operations/0/path", `{"op":"add","path":"emails[type eq \"work\"].address","value":"x"}`, `{"op":"add","path":"emails[type eq \"work\"].value","value":"x@y"}`),
		one("patch-unknown-attribute", "/Operations/0/value/firstName", `{"op":"add","value":{"firstName":"x"}}`, `{"op":"add","value":{"title":"x","`+enterpriseURN+`":{"division":"x"}}}`),
		one("patch-path", "/Operations/0/path", `{"op":"remove","path":"emails[type[x eq \"x\"]]"}`, `{"op":"remove","path":"emails[type eq \"x\" and not (value pr)]"}`),
		one("filter-value-path", "/Operations/0/path", `{"op":"remove","path":"emails[userName eq \"x\"]"}`, `{"op":"remove","path":"emails[type eq \"x\"]"}`),
		one("patch-read-only", "/Operations/0/path", `{"op":"replace","path":"meta.created","value":"x"}`, title),
		one("patch-read-only", "/Operations/0/value/id", `{"op":"replace","value":{"id":"other","title":"x"}}`, `{"op":"replace","value":{"id":"ann","title":"x"}}`),
		{"patch-immutable", "/Operations/0/path", asks(team(`{"op":"replace","path":"members[value eq \"ann\"].value","value":"ben"}`)), asks(team(`{"op":"remove","path":"members[value eq \"ann\"]"}`, `{"op":"add","path":"members","value":[{"value":"ben"}]}`))},
		{"patch-immutable", "/Operations/0/path", asks(send("PATCH /Devices/pad", patchBody(`{"op":"replace","path":"batch","value":"b2"}`))), asks(send("PATCH /Devices/pad", patchBody(`{"op":"replace","path":"batch","value":"b1"}`)))},
		{"patch-immutable", "/Operations/0/value/batch", asks(send("PATCH /Devices/pad", patchBody(`{"op":"replace","value":{"label":"x","batch":"b2"}}`))), asks(send("PATCH /Devices/pad", patchBody(`{"op":"replace","path":"label","value":"b2"}`)))},
		one("patch-required-removed", "/Operations/0/path", `{"op":"remove","path":"userName"}`, `{"op":"remove","path":"title"}`),
		one("patch-remove-path", "/Operations/0", `{"op":"remove","value":{"title":"x"}}`, `{"op":"remove","path":"title"}`),
		{"patch-remove-value", "/Operations/0/value", asks(team(`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"ann"}]}`)), asks(team(`{"op":"remove","path":"members[value eq \"ann\"]"}`), team(`{"op":"remove","path":"members"}`))},
		one("patch-add-value", "/Operations/0", `{"op":"add","path":"title"}`, title),
		one("patch-add-value", "/Operations/0", `{"op":"add"}`, title),
		one("patch-replace-value", "/Operations/0", `{"op":"replace","path":"title"}`, `{"op":"replace","path":"title","value":null}`),
		one("patch-complex-value", "/Operations/0/value", `{"op":"add","path":"`+enterpriseURN+`:manager","value":"ben"}`, `{"op":"add","path":"`+enterpriseURN+`:manager","value":{"value":"ben"}}`),
		one("patch-complex-value", "/Operations/0/value", `{"op":"add","path":"name","value":"Ann"}`, `{"op":"add","path":"name","value":{"givenName":"Ann"}}`),
		one("patch-pathless-value", "/Operations/0/value", `{"op":"replace","value":"x"}`, `{"op":"replace","value":{"title":"x"}}`),
		one("patch-pathless-value", "/Operations/0/value", `{"op":"replace","value":{}}`, `{"op":"replace","value":{"title":"x"}}`),
		one("patch-dotted-key", "/Operations/0/value/name.givenName", `{"op":"replace","value":{"name.givenName":"Ann"}}`, `{"op":"replace","value":{"name":{"givenName":"Ann"}}}`),
		one("patch-dotted-key", "/Operations/0/value/"+enterpriseURN+":department", `{"op":"replace","value":{"`+enterpriseURN+`:department":"x"}}`, `{"op":"replace","value":{"`+enterpriseURN+`":{"department":"x"}}}`),
		one("patch-display", "/Operations/0", `{"op":"replace","path":"emails[type eq \"work\"].display","value":"x"}`, `{"op":"replace","path":"displayName","value":"x"}`),
		one("boolean-as-string", "/Operations/0/value", `{"op":"replace","path":"active","value":"False"}`, `{"op":"replace","path":"active","value":false}`),
		one("array-expected", "/Operations/0/value", `{"op":"add","path":"emails","value":{"value":"x@y"}}`, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"x@y"}}`),
		one("wrong-type", "/Operations/0/value", `{"op":"add","path":"`+enterpriseURN+`:manager","value":[{"value":"ben"}]}`, `{"op":"add","path":"`+enterpriseURN+`","value":{"manager":{"value":"ben"}}}`),
		{"operations-one-by-one", "/Operations", asks(team(`{"op":"add","path":"members","value":[{"value":"ben"}]}`, `{"op":"add","path":"members","value":[{"value":"cyd"}]}`, `{"op":"add","path":"members","value":[{"value":"dan"}]}`)), asks(team(`{"op":"add","path":"members","value":[{"value":"ben"},{"value":"cyd"}]}`, `{"op":"add","path":"members","value":[{"value":"dan"}]}`, `{"op":"remove","path":"members[value eq \"ann\"]"}`))},
	}
}

// lintBulkCases are about bulk requests.
func lintBulkCases() []lintCase {
	bulk := func(operations ...string) ask { return send("POST /Bulk", bulkBody("", operations...)) }
	good := bulk(post("/Users", "a", user("zoe")), post("/Groups", "b", group("g", `"members":[{"value":"bulkId:a"}]`)), `{"method":"DELETE","path":"/Users/ben"}`)
	one := func(rule, pointer string, bad ...string) lintCase {
		return lintCase{rule, pointer, asks(bulk(bad...)), asks(good)}
	}
	return []lintCase{
		{"bulk-schemas", "/schemas", asks(send("POST /Bulk", `{"Operations":[{"method":"DELETE","path":"/Users/ben"}]}`)), asks(good)},
		{"bulk-operations", "/Operations", asks(send("POST /Bulk", `{"schemas":["`+bulkURN+`"]}`)), asks(good)},
		one("bulk-operations", "/Operations/0", `5`),
		one("bulk-method", "/Operations/0/method", `{"method":"GET","path":"/Users/ann"}`),
		one("bulk-method", "/Operations/0/method", `{"path":"/Users/ann"}`),
		one("bulk-id-missing", "/Operations/0/bulkId", `{"method":"POST","path":"/Users","data":`+user("zoe")+`}`),
		one("bulk-id-duplicate", "/Operations/1/bulkId", post("/Users", "a", user("x")), post("/Users", "a", user("y"))),
		one("bulk-path", "/Operations/0/path", post("/Users/ann", "a", user("x"))),
		one("bulk-path", "/Operations/0/path", `{"method":"DELETE","path":"/Users"}`),
		one("bulk-data", "/Operations/0/data", `{"method":"POST","path":"/Users","bulkId":"a"}`),
		one("patch-schemas", "/Operations/0/data/schemas", `{"method":"PATCH","path":"/Users/ann","data":{"Operations":[{"op":"remove","path":"title"}]}}`),
		one("bulk-reference", "/Operations/1/data/members/0/value", post("/Users", "a", user("x")), post("/Groups", "b", group("g", `"members":[{"value":"a"}]`))),
		one("bulk-reference", "/Operations/1/data/members/0/value", post("/Users", "a", user("x")), post("/Groups", "b", group("g", `"members":[{"value":"bulkid:a"}]`))),
		one("bulk-reference", "/Operations/0/data/members/0/value", post("/Groups", "b", group("g", `"members":[{"value":"bulkId:nobody"}]`))),
		one("bulk-reference", "/Operations/1/data/Operations/0/value/0/value", post("/Users", "a", user("x")), `{"method":"PATCH","path":"/Groups/staff","data":`+patchBody(`{"op":"add","path":"members","value":[{"value":"a"}]}`)+`}`),
		one("bulk-reference", "/Operations/0/path", `{"method":"DELETE","path":"/Users/bulkId:nobody"}`),
		{"wrong-type", "/failOnErrors", asks(send("POST /Bulk", bulkBody(`,"failOnErrors":"1"`, post("/Users", "a", user("zoe"))))), asks(send("POST /Bulk", bulkBody(`,"failOnErrors":1`, post("/Users", "a", user("zoe")))))},
		{"integer-form", "/failOnErrors", asks(send("POST /Bulk", bulkBody(`,"failOnErrors":1.5`, post("/Users", "a", user("zoe"))))), asks(send("POST /Bulk", bulkBody(`,"failOnErrors":1`, post("/Users", "a", user("zoe")))))},
		{"bulk-too-large", "", asks(bulk(strings.Split(strings.Repeat(`{"method":"DELETE","path":"/Users/ben"};`, 5), ";")[:5]...)), asks(good)},
	}
}

// lintSequenceCases are about requests that follow one another.
func lintSequenceCases() []lintCase {
	member := func(op, id string) ask {
		return send("PATCH /Groups/staff", patchBody(fmt.Sprintf(`{"op":%q,"path":"members","value":[{"value":%q}]}`, op, id)))
	}
	list := func(more string) ask { return send("GET /Users?" + more) }
	create := func(name string) ask { return send("POST /Users", user(name)) }
	ann, rename := send("GET /Users/ann"), send("PATCH /Users/ann", patchBody(`{"op":"replace","path":"title","value":"Chief"}`))
	put := func(more ...string) ask { return send("PUT /Users/ann", user("ann@example.com", more...)) }
	kept := []string{`"externalId":"x-ann"`, `"emails":[{"value":"ann@example.com"}]`, `"` + enterpriseURN + `":{"department":"Sales","employeeNumber":"7"}`}
	lookup := list("filter=userName%20eq%20%22zoe%22")
	sweep := asks(list("count=3"), list("startIndex=4"), list("startIndex=7"))
	walk := asks(list("cursor=&count=3"), list("cursor=NEXT&count=3"))
	day := wait(24 * time.Hour)
	broken := send("POST /Users", `{"schemas":["`+userURN+`"]}`)
	return []lintCase{
		{"read-after-write", "", asks(rename, ann), asks(ann, ann, rename, day, ann)},
		{"read-after-write", "", asks(rename, create("zoe"), list("count=1"), ann), asks(send("PATCH /Users/ann?attributes=title", patchBody(`{"op":"remove","path":"title"}`)), ann)},
		{"read-after-write", "", asks(put(), ann), asks(member("add", "ben"), send("GET /Groups/staff"), rename, send("GET /Users/ann?attributes=groups"))},
		{"membership-one-by-one", "", asks(member("add", "ben"), ann, member("add", "cyd"), member("add", "dan")), asks(member("add", "ben"), member("add", "cyd"), rename, member("add", "dan"))},
		{"membership-one-by-one", "", asks(member("add", "ben"), wait(time.Minute), member("add", "cyd"), member("add", "dan"), member("add", "eve")), asks(member("add", "ben"), wait(time.Minute), member("add", "cyd"), member("add", "dan"), wait(time.Minute), member("add", "eve"))},
		{"membership-one-by-one", "", asks(member("add", "ben"), member("add", "cyd"), send("PATCH /Groups/staff", patchBody(`{"op":"remove","path":"members[value eq \"ben\"]"}`))), asks(member("add", "ben"), member("add", "cyd"), send("PATCH /Groups/staff", patchBody(`{"op":"add","path":"members","value":[{"value":"dan"},{"value":"eve"}]}`)), send("PATCH /Groups/crowd", patchBody(`{"op":"add","path":"members","value":[{"value":"dan"}]}`)))},
		{"refused-again", "", asks(broken, broken), asks(broken, create("zoe"), broken, day, broken)},
		{"refused-again", "", asks(send("DELETE /Users/nobody"), send("DELETE /Users/nobody")), asks(send("GET /Users/nobody"), send("GET /Users/nobody"), send("GET /Users", "", "Authorization: Bearer wrong"), send("GET /Users", "", "Authorization: Bearer wrong"))},
		{"refused-again", "", asks(list("filter=x"), list("filter=x")), asks(list("filter=x"), list("filter=y"), put(), put())},
		{"refused-again", "", asks(send("PUT /Users/ann", user("ann"), `If-Match: W/"99"`), send("PUT /Users/ann", user("ann"), `If-Match: W/"99"`)), asks(send("PUT /Users/ann", user("ann"), `If-Match: W/"99"`), send("PUT /Users/ann", user("ann"), `If-Match: W/"98"`))},
		{"create-after-conflict", "", asks(create("ben"), send("POST /Users", user("BEN", `"title":"x"`))), asks(create("ben"), list("filter=userName%20eq%20%22ben%22"), create("ben"))},
		{"create-after-conflict", "", asks(create("ben"), create("zoe"), create("ben")), asks(create("ben"), create("cyd"))},
		{"paging-by-count", "?startIndex", asks(list("startIndex=1&count=4"), list("startIndex=5&count=4")), asks(list("startIndex=1&count=4"), list("startIndex=4&count=4"))},
		{"paging-by-count", "/startIndex", asks(send("POST /Users/.search", `{"schemas":["`+searchURN+`"],"count":4}`), send("POST /Users/.search", `{"schemas":["`+searchURN+`"],"startIndex":5,"count":4}`)), asks(list("startIndex=1&count=2"), list("startIndex=3&count=2"), list("startIndex=5&count=2"))},
		{"list-before-write", "", slices.Concat(sweep, asks(create("zoe")), sweep, asks(create("yan")), sweep, asks(rename)), slices.Concat(sweep, asks(create("zoe"), create("yan"), create("xia"), rename, day), sweep, asks(rename, day), sweep, asks(create("wim"), day), sweep, asks(create("vic")))},
		{"list-before-write", "", slices.Concat(walk, asks(create("zoe")), walk, asks(rename), walk, asks(send("DELETE /Users/ben"))), asks(lookup, create("zoe"), lookup, create("yan"), lookup, create("xia"))},
		{"put-drops-attributes", "", asks(ann, put(kept...)), asks(ann, put(append(kept, `"title":"Boss"`, `"nickName":null`)...))},
		{"put-drops-attributes", "", asks(list("count=3"), put(kept[:2]...)), asks(put(kept[:2]...))},
		{"put-drops-attributes", "", asks(send("GET /Groups/staff"), send("PUT /Groups/staff", group("Staff"))), asks(send("GET /Groups/staff"), send("PUT /Groups/staff", group("Staff", `"members":[]`)))},
		{"put-drops-attributes", "", asks(ann, put(append(kept, `"title":"Boss"`)...)), asks(send("PUT /Users/ben", user("ben", append(kept[1:], `"title":"x"`, `"nickName":"x"`, `"externalId":"x-ben"`)...)), ann, put())},
		{"write-without-change", "", asks(rename, rename), asks(rename, send("PATCH /Users/ann", patchBody(`{"op":"replace","path":"title","value":"Boss"}`)))},
		{"write-without-change", "", asks(member("add", "ben"), member("add", "ben")), asks(member("add", "ann"), member("add", "ben"))},
		{"write-without-change", "", asks(put(), put()), asks(put())},
		{"cursor-at-start", "?cursor", asks(list("cursor=abc")), asks(list("cursor="), list("count=1"))},
		{"cursor-invented", "?cursor", asks(list("cursor=&count=2"), list("cursor=abc&count=2")), asks(list("cursor=&count=2"), list("cursor=NEXT&count=2"))},
		{"cursor-parameters-changed", "?cursor", asks(list("cursor=&count=2"), list("cursor=NEXT&count=3")), asks(list("cursor=&count=2"), list("count=2&cursor=NEXT"))},
		{"cursor-parameters-changed", "?cursor", asks(list("cursor=&count=2&sortBy=userName"), list("cursor=NEXT&count=2")), asks(list("cursor=&count=2&sortBy=userName"), list("sortBy=userName&cursor=NEXT&count=2"))},
		{"cursor-parameters-changed", "?cursor", asks(list("cursor=&count=2"), send("GET /?cursor=NEXT&count=2")), asks(send("GET /?cursor=&count=2"), send("GET /?cursor=NEXT&count=2"))},
	}
}
