package mocktarget_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
)

// certificates returns so many certificates, one behind the other, in base64.
func certificates(n int) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(der), n)))
}

// lintRequestCases are about what carries a request.
func lintRequestCases() []lintCase {
	body := user("zoe")
	return []lintCase{
		{"content-type-missing", "", asks(send("POST /Users", body, "Content-Type: ")), asks(send("POST /Users", body), send("GET /Users"))},
		{"content-type-json", "", asks(send("POST /Users", body, "Content-Type: application/json")), asks(send("POST /Users", body, "Content-Type: application/scim+json; charset=utf-8"))},
		{"content-type-wrong", "", asks(send("POST /Users", body, "Content-Type: text/plain")), asks(send("POST /Users", body, "Content-Type: application/json"))},
		{"content-type-wrong", "", asks(send("POST /Users", body, "Content-Type: /")), asks(send("POST /Users", body))},
		{"charset-not-utf8", "", asks(send("POST /Users", body, "Content-Type: application/scim+json; charset=latin1")), asks(send("POST /Users", body, "Content-Type: application/scim+json; charset=UTF-8"))},
		{"accept-missing", "", asks(send("GET /Users")), asks(send("GET /Users", "", "Accept: */*"), send("DELETE /Users/ann"))},
		{"accept-json", "", asks(send("GET /Users", "", "Accept: application/json")), asks(send("GET /Users", "", "Accept: application/json, application/scim+json"))},
		{"accept-excludes-scim", "", asks(send("GET /Users", "", "Accept: text/html")), asks(send("GET /Users", "", "Accept: text/html, application/scim+json"))},
		{"authorization-scheme", "", asks(send("GET /Users", "", "Authorization: abc")), asks(send("GET /Users"), send("GET /Users", "", "Authorization: Bearer wrong"))},
		{"body-unexpected", "", asks(send("DELETE /Users/ann", "{}")), asks(send("DELETE /Users/ann"), send("POST /Users", body))},
		{"entity-tag-form", "", asks(send("PUT /Users/ann", user("ann"), "If-Match: 1")), asks(send("PUT /Users/ann", user("ann"), `If-Match: W/"1", "2"`), send("GET /Users/ann", "", "If-None-Match: *"))},
		{"if-match-absent", "", asks(send("PATCH /Users/ann", patchBody(`{"op":"remove","path":"title"}`))), asks(send("PATCH /Users/ann", patchBody(`{"op":"remove","path":"title"}`), "If-Match: *"), send("DELETE /Users/ann"))},
		{"undeclared-encoding", "", asks(send("POST /Users", strings.Replace(user("zoX"), "X", "\xe9", 1))), asks(send("POST /Users", user("zoé")))},
		{"json-malformed", "", asks(send("POST /Users", `{"userName":`)), asks(send("POST /Users", body))},
		{"json-malformed", "", asks(send("POST /Users", `{"userName":`, "Content-Type: text/plain")), asks(send("POST /Nowhere", body))},
		{"json-malformed", "", asks(send("POST /Users", `[`+body+`]`)), asks(send("POST /Users", body+"\n"))},
		{"json-malformed", "", asks(send("POST /Users", body+body)), asks(send("GET /Users"))},
		{"json-malformed", "", asks(send("POST /Users", "")), asks(send("DELETE /Users/ann"))},
		{"json-malformed", "", asks(send("POST /Devices", `{"weight":.5}`)), asks(send("POST /Devices", `{"weight":0.5}`))},
		{"json-duplicate-name", "/userName", asks(send("POST /Users", user("a", `"userName":"b"`))), asks(send("POST /Users", user("a", `"nickName":"b","name":{"formatted":"a"},"emails":[{"value":"a@b"},{"value":"c@d"}]`)))},
		{"json-duplicate-name", "/emails/1/VALUE", asks(send("POST /Users", user("a", `"emails":[{"value":"a@b"},{"value":"c@d","VALUE":"e@f"}]`))), asks(send("POST /Users", user("a", `"emails":[{"value":"a@b"}]`)))},
		{"json-byte-order-mark", "", asks(send("POST /Users", "\ufeff"+body)), asks(send("POST /Users", body))},
		{"json-in-string", "/roles/0/value", asks(send("POST /Users", user("a", `"roles":[{"value":"{\"id\":\"1\"}"}]`))), asks(send("POST /Users", user("a", `"roles":[{"value":"{curly}"}]`)))},

		{"url-encoding", "", asks(send(`GET /Users?filter=userName%20eq%20"ann"`)), asks(send(`GET /Users?filter=userName%20eq%20%22ann%22`), send("GET /Users?filter=userName+eq+%22ann%22&attributes=urn:x:y,emails.value"))},
		{"url-encoding", "", asks(send(`GET /Users?filter=emails[type%20eq%20%22work%22]`)), asks(send(`GET /Users?filter=emails%5Btype%20eq%20%22work%22%5D`))},
		{"url-encoding", "", asks(send(`GET /Users?filter=title%20eq%20%22100%%22`)), asks(send(`GET /Users?filter=title%20eq%20%22100%25%22`))},
		{"url-plus", "?filter", asks(send(`GET /Users?filter=userName%20eq%20%22ann+tag@example.com%22`)), asks(send(`GET /Users?filter=userName+eq+%22ann%2Btag@example.com%22`), send(`GET /Users?filter=userName%20eq%20%22ann%2Btag@example.com%22`))},
		{"url-userinfo", "", asks(ask{raw: "GET http://user:pass@HOSTBASE/Users HTTP/1.1\nHost: HOST\nAuthorization: Bearer TOKEN\nConnection: close\n\n"}), asks(ask{raw: "GET http://HOSTBASE/Users HTTP/1.1\nHost: HOST\nAuthorization: Bearer TOKEN\nConnection: close\n\n"})},
		{"url-userinfo", "/profileUrl", asks(send("POST /Users", user("a", `"profileUrl":"https://u:p@example.com/a"`))), asks(send("POST /Users", user("a", `"profileUrl":"https://example.com/a"`, `"photos":[{"value":"mailto:a@b"}]`)))},
		{"trailing-slash", "", asks(send("GET /Users/")), asks(send("GET /Users"), send("GET "), send("GET /"))},
		{"double-slash", "", asks(send("GET //Users")), asks(send("GET /Users"))},
		{"version-segment", "", asks(ask{raw: "GET ROOT/v3/Users HTTP/1.1\nHost: HOST\nAuthorization: Bearer TOKEN\nConnection: close\n\n"}), asks(send("GET /Users"))},
		{"version-segment", "", asks(send("GET /v2/Users")), asks(send("GET /Users/v2"))},
		{"unknown-endpoint", "", asks(send("GET /users")), asks(send("GET /Users"), send("GET /Schemas"), send("GET /Users/nobody"))},
		{"unknown-endpoint", "", asks(send("GET /ServiceProviderConfigs")), asks(send("GET /ServiceProviderConfig"))},
		{"parameter-case", "?startindex", asks(send("GET /Users?startindex=2")), asks(send("GET /Users?startIndex=2"))},
		{"parameter-unknown", "?aadOptscim062020", asks(send("GET /Users?aadOptscim062020")), asks(send("GET /Users?count=1&sortBy=userName&sortOrder=descending&attributes=userName"))},
		{"parameter-repeated", "?count", asks(send("GET /Users?count=1&count=2")), asks(send("GET /Users?attributes=userName&attributes=title"))},
		{"token-in-url", "?access_token", asks(send("GET /Users?access_token=abc")), asks(send("GET /Users?tokens=abc"))},
		{"personal-data-in-url", "?filter", asks(send("GET /Users?filter=userName%20eq%20%22ann%22")), asks(send("POST /Users/.search", search(`userName eq "ann"`)), send("GET /Groups?filter=displayName%20eq%20%22Staff%22"), send("GET /Users?filter=externalId%20eq%20%22x%22%20or%20emails%20pr"))},
		{"personal-data-in-url", "?filter", asks(send("GET /Users?filter=active%20eq%20true%20and%20not%20%28emails%5Bvalue%20eq%20%22a%22%5D%29")), asks(send("GET /Users?filter=active%20eq%20true"))},
		{"secret-in-url", "?filter", asks(send("GET /Users?filter=password%20eq%20%22x%22")), asks(send("POST /Users/.search", search(`password eq "x"`)), send("GET /Users?filter=title%20eq%20%22x%22"))},
	}
}

// lintQueryCases are about searches.
func lintQueryCases() []lintCase {
	filter := func(f string) ask {
		return send("GET /Users?filter=" + strings.NewReplacer(" ", "%20", `"`, "%22", "[", "%5B", "]", "%5D", `\`, "%5C", "%", "%25").Replace(f))
	}
	list := func(more string) ask { return send("GET /Users?" + more) }
	find := func(more string) ask { return send("POST /Users/.search", `{"schemas":["`+searchURN+`"],`+more+`}`) }
	return []lintCase{
		{"attributes-both", "?excludedAttributes", asks(list("attributes=userName&excludedAttributes=title")), asks(list("attributes=userName"), list("excludedAttributes=title"))},
		{"attributes-both", "/excludedAttributes", asks(find(`"attributes":["userName"],"excludedAttributes":["title"]`)), asks(find(`"attributes":["userName"]`))},
		{"attributes-both", "?excludedAttributes", asks(send("PUT /Users/ann?attributes=userName&excludedAttributes=title", user("ann"))), asks(send("PUT /Users/ann?attributes=userName", user("ann")))},
		{"attributes-notation", "?attributes", asks(list("attributes=name/givenName")), asks(list("attributes=name.givenName,emails.value," + enterpriseURN + ":manager.value"))},
		{"attribute-unknown", "?attributes", asks(list("attributes=firstName")), asks(list("attributes=userName,meta.created," + enterpriseURN))},
		{"attribute-unknown", "?filter", asks(filter(`firstName eq "a"`)), asks(filter(`name.givenName eq "a" or schemas eq "x" or meta.created gt "2020-01-01T00:00:00Z"`))},
		{"attribute-unknown", "?sortBy", asks(list("sortBy=email")), asks(list("sortBy=emails.value"))},
		{"attribute-unknown", "/firstName", asks(send("POST /Users", user("a", `"firstName":"a"`))), asks(send("POST /Users", user("a", `"USERTYPE":"a"`)))},
		{"attribute-unqualified", "?filter", asks(filter(`employeeNumber eq "7"`)), asks(filter(enterpriseURN + `:employeeNumber eq "7"`))},
		{"attribute-unqualified", "?attributes", asks(list("attributes=manager.value")), asks(list("attributes=" + enterpriseURN + ":manager.value"))},
		{"attribute-unqualified", "/Operations/0/path", asks(send("PATCH /Users/ann", patchBody(`{"op":"replace","path":"department","value":"x"}`))), asks(send("PATCH /Users/ann", patchBody(`{"op":"replace","path":"`+enterpriseURN+`:department","value":"x"}`)))},
		{"filter-incomplete", "?filter", asks(filter(`userName`)), asks(filter(`userName pr`))},
		{"filter-incomplete", "?filter", asks(filter(`userName eq`)), asks(filter(`userName eq "x"`))},
		{"filter-incomplete", "?filter", asks(list("filter=")), asks(list("count=1"))},
		{"filter-syntax", "?filter", asks(filter(`(userName eq "x"`)), asks(filter(`(userName eq "x")`))},
		{"filter-syntax", "/filter", asks(find(`"filter":"userName eq \"x\" nor title pr"`)), asks(find(`"filter":"userName eq \"x\" or title pr"`))},
		{"filter-literal", "?filter", asks(filter(`userName eq bjensen`)), asks(filter(`active eq true or userName eq "bjensen"`))},
		{"filter-literal", "?filter", asks(filter(`userName eq 'bjensen'`)), asks(filter(`userName eq "'"`))},
		{"filter-literal", "/Operations/0/path", asks(send("PATCH /Users/ann", patchBody(`{"op":"add","path":"emails[type eq work].value","value":"x@y"}`))), asks(send("PATCH /Users/ann", patchBody(`{"op":"add","path":"emails[type eq \"work\"].value","value":"x@y"}`)))},
		{"filter-unescaped", "?filter", asks(filter(`userName eq "dan "the" man"`)), asks(filter(`userName eq "dan \"the\" man"`))},
		{"filter-unescaped", "?filter", asks(filter(`userName eq "ACME\dan"`)), asks(filter(`userName eq "ACME\\dan"`))},
		{"filter-value-path", "?filter", asks(filter(`emails[userName eq "x"]`)), asks(filter(`emails[type eq "work" and not (value co "x")]`))},
		{"filter-unescaped", "?filter", asks(filter(`userName eq "dan`)), asks(filter(`userName eq "d\"\\n"`))},
		{"filter-literal", "?filter", asks(filter(`active eq true and userName eq dan`)), asks(filter(`active eq True`))},
		{"filter-value-path", "?filter", asks(filter(`title[value eq "x"]`)), asks(filter(`emails[value eq "x"]`))},
		{"filter-complex", "?filter", asks(filter(`name eq "Ann"`)), asks(filter(`name.formatted eq "Ann" or name pr or emails co "x"`))},
		{"boolean-as-string", "?filter", asks(filter(`active eq "true"`)), asks(filter(`active eq true`))},
		{"wrong-type", "?filter", asks(filter(`userName eq 5`)), asks(filter(`userName eq "5" or title eq null`))},
		{"wrong-type", "?filter", asks(send("GET /Devices?filter=ports%20gt%20%225%22")), asks(send("GET /Devices?filter=ports%20gt%205"))},
		{"sort-complex", "?sortBy", asks(list("sortBy=name")), asks(list("sortBy=name.familyName"))},
		{"sort-complex", "/sortBy", asks(find(`"sortBy":"emails"`)), asks(find(`"sortBy":"emails.value"`))},
		{"sort-order", "?sortOrder", asks(list("sortBy=userName&sortOrder=desc")), asks(list("sortBy=userName&sortOrder=descending"))},
		{"page-bounds", "?startIndex", asks(list("startIndex=0")), asks(list("startIndex=1&count=0"))},
		{"page-bounds", "/count", asks(find(`"count":-1`)), asks(find(`"count":1`))},
		{"integer-form", "?count", asks(list("count=10.0")), asks(list("count=10"))},
		{"integer-form", "/count", asks(find(`"count":1e1`)), asks(find(`"count":10`))},
		{"wrong-type", "/count", asks(find(`"count":"10"`)), asks(find(`"count":10`))},
		{"wrong-type", "/filter", asks(find(`"filter":5`)), asks(find(`"filter":null`))},
		{"array-expected", "/attributes", asks(find(`"attributes":"userName"`)), asks(find(`"attributes":["userName"]`))},
		{"wrong-type", "/attributes/1", asks(find(`"attributes":["userName",5]`)), asks(find(`"attributes":["userName"]`))},
		{"quoted-literal", "?sortOrder", asks(list("sortBy=userName&sortOrder=%22ascending%22")), asks(list("sortBy=userName&sortOrder=ascending"))},
		{"quoted-literal", "?attributes", asks(list("attributes=%22userName%22")), asks(list("attributes=userName"))},
		{"search-schemas", "/schemas", asks(send("POST /Users/.search", `{"count":1}`)), asks(find(`"count":1`))},
		{"search-schemas", "/schemas", asks(send("POST /.search", `{"schemas":["`+userURN+`"]}`)), asks(send("POST /.search", `{"schemas":["`+searchURN+`"]}`))},
		{"message-urn", "/schemas/0", asks(send("POST /Users/.search", `{"schemas":["`+strings.ToLower(searchURN)+`"]}`)), asks(find(`"count":1`))},
		{"message-urn", "/schemas/0", asks(send("POST /Users/.search", `{"schemas":["`+searchURN+`s"]}`)), asks(find(`"count":1`))},
		{"cursor-characters", "?cursor", asks(list("cursor=a/b")), asks(list("cursor="), list("cursor=aZ09-._~"))},
		{"cursor-and-start-index", "?cursor", asks(list("cursor=&startIndex=1")), asks(list("cursor=&count=1"), list("startIndex=1"))},
	}
}

// lintResourceCases are about resources as a whole.
func lintResourceCases() []lintCase {
	create := func(more ...string) ask { return send("POST /Users", user("zoe", more...)) }
	schemas := func(list string, more ...string) ask {
		return send("POST /Users", `{"schemas":`+list+`,"userName":"zoe"`+comma(more)+`}`)
	}
	enterprise := `"` + enterpriseURN + `":{"department":"x"}`
	put := func(more ...string) ask { return send("PUT /Users/ann", user("ann@example.com", more...)) }
	return []lintCase{
		{"schemas-missing", "/schemas", asks(send("POST /Users", `{"userName":"zoe"}`)), asks(create())},
		{"schemas-missing", "/schemas", asks(schemas(`[]`)), asks(schemas(`["` + strings.ToLower(userURN) + `"]`))},
		{"schemas-missing", "/Operations/0/data/schemas", asks(send("POST /Bulk", bulkBody("", post("/Users", "a", `{"userName":"zoe"}`)))), asks(send("POST /Bulk", bulkBody("", post("/Users", "a", user("zoe")))))},
		{"schemas-base-missing", "/schemas", asks(schemas(`["`+enterpriseURN+`"]`, enterprise)), asks(schemas(`["`+enterpriseURN+`","`+userURN+`"]`, enterprise))},
		{"schemas-duplicate", "/schemas/1", asks(schemas(`["` + userURN + `","` + userURN + `"]`)), asks(create())},
		{"schemas-unlisted", "/schemas", asks(create(enterprise)), asks(schemas(`["`+userURN+`","`+enterpriseURN+`"]`, enterprise), create(`"`+enterpriseURN+`":null`))},
		{"schemas-unknown", "/schemas/1", asks(schemas(`["` + userURN + `","http://schemas.example.com/2006/Group"]`)), asks(create())},
		{"wrong-type", "/schemas/1", asks(schemas(`["` + userURN + `",5]`)), asks(create())},
		{"wrong-type", "/" + enterpriseURN, asks(create(`"` + enterpriseURN + `":"x"`)), asks(create(`"` + enterpriseURN + `":null`))},
		{"attribute-unknown", "/" + enterpriseURN + "/badge", asks(create(`"` + enterpriseURN + `":{"badge":"x"}`)), asks(create(`"` + enterpriseURN + `":{"DEPARTMENT":"x"}`))},
		{"attribute-unknown", "/first name", asks(create(`"first name":"x"`)), asks(create())},
		{"extension-misplaced", "/" + userURN + ":title", asks(create(`"` + userURN + `:title":"x"`)), asks(create())},
		{"schemas-unknown", "/urn:example:Other", asks(create(`"urn:example:Other":{"a":1}`)), asks(create())},
		{"schemas-unused", "/schemas/1", asks(schemas(`["` + userURN + `","` + enterpriseURN + `"]`)), asks(schemas(`["`+userURN+`","`+enterpriseURN+`"]`, enterprise))},
		{"urn-malformed", "/schemas/0", asks(schemas(`["urn:ietf:params:scim:core:2.0:User"]`)), asks(create())},
		{"urn-malformed", "/schemas/0", asks(schemas(`["` + userURN + ` "]`)), asks(create())},
		{"quoted-literal", "/schemas/0", asks(schemas(`["\"` + userURN + `\""]`)), asks(create())},
		{"array-expected", "/schemas", asks(schemas(`"` + userURN + `"`)), asks(create())},
		{"id-chosen", "/id", asks(create(`"id":"mine"`)), asks(create(`"id":null`), put(`"id":"ann"`))},
		{"id-differs", "/id", asks(put(`"id":"other"`)), asks(put(`"id":"ann"`), create(`"id":"mine"`))},
		{"server-attribute-sent", "/meta", asks(create(`"meta":{"resourceType":"User"}`)), asks(create(), put(`"meta":{"resourceType":"User"}`))},
		{"user-groups-written", "/groups", asks(create(`"groups":[{"value":"staff"}]`)), asks(create(`"groups":[]`), put(`"groups":[{"value":"staff"}]`))},
		{"user-groups-written", "/groups/1", asks(put(`"groups":[{"value":"staff"},{"value":"crowd"}]`)), asks(put(`"groups":[]`))},
		{"user-groups-written", "/Operations/0/path", asks(send("PATCH /Users/ann", patchBody(`{"op":"add","path":"groups","value":[{"value":"crowd"}]}`))), asks(send("PATCH /Groups/crowd", patchBody(`{"op":"add","path":"members","value":[{"value":"ann"}]}`)))},
		{"required-missing", "/userName", asks(send("PUT /Users/ann", `{"schemas":["`+userURN+`"],"title":"x"}`)), asks(put())},
		{"required-missing", "/urn:example:schemas:Badge/color", asks(send("POST /Devices", `{"schemas":["`+gadgetURN+`","`+badgeURN+`"],"serial":"1","`+badgeURN+`":{"chip":"AQID"}}`)), asks(send("POST /Devices", `{"schemas":["`+gadgetURN+`","`+badgeURN+`"],"serial":"1","`+badgeURN+`":{"color":"red"}}`))},
		{"extension-required", "/urn:example:schemas:Badge", asks(send("POST /Devices", `{"schemas":["`+gadgetURN+`"],"serial":"1"}`)), asks(send("POST /Devices", `{"schemas":["`+gadgetURN+`","`+badgeURN+`"],"serial":"1","`+badgeURN+`":{"color":"red"}}`), create())},
		{"extension-misplaced", "/employeeNumber", asks(create(`"employeeNumber":"7"`)), asks(schemas(`["`+userURN+`","`+enterpriseURN+`"]`, enterprise))},
		{"extension-misplaced", "/" + enterpriseURN + ":department", asks(create(`"` + enterpriseURN + `:department":"x"`)), asks(create())},
		{"extension-misplaced", "/" + userURN, asks(create(`"` + userURN + `":{"title":"x"}`)), asks(create(`"title":"x"`))},
		{"dotted-name", "/name.givenName", asks(create(`"name.givenName":"Zoe"`)), asks(create(`"name":{"givenName":"Zoe"}`))},
		{"nickname-is-user-name", "/nickName", asks(create(`"nickName":"Zoe"`)), asks(create(`"nickName":"Zo"`))},
		{"put-to-create", "", asks(send("PUT /Users/zoe", user("zoe"))), asks(send("PUT /Users/2819c223", user("zoe")))},
		{"put-to-create", "", asks(send("PUT /Users/2819c223", user("zoe"), "If-None-Match: *")), asks(send("PUT /Users/2819c223", user("zoe")))},
		{"member-not-id", "/members/1", asks(send("POST /Groups", group("g", `"members":[{"value":"ben"},{"value":"ann@example.com"}]`))), asks(send("POST /Groups", group("g", `"members":[{"value":"ben"},{"value":"2819c223"}]`)))},
		{"member-not-id", "/Operations/0/value/0", asks(send("PATCH /Groups/staff", patchBody(`{"op":"add","path":"members","value":[{"value":"x-ann"}]}`))), asks(send("PATCH /Groups/staff", patchBody(`{"op":"add","path":"members","value":[{"value":"ben"}]}`)))},
		{"member-not-id", "/Operations/0/value/members/0", asks(send("PATCH /Groups/staff", patchBody(`{"op":"add","value":{"members":[{"value":"x-ann"}]}}`))), asks(send("PATCH /Groups/staff", patchBody(`{"op":"add","value":{"members":[{"value":"ben"}]}}`)))},
	}
}

// lintValueCases are about the values of attributes.
func lintValueCases() []lintCase {
	create := func(more ...string) ask { return send("POST /Users", user("zoe", more...)) }
	device := func(more string) ask {
		return send("POST /Devices", `{"schemas":["`+gadgetURN+`","`+badgeURN+`"],"serial":"1","`+badgeURN+`":{"color":"red","chip":"AQID"}`+comma([]string{more})+`}`)
	}
	one := func(rule, pointer, bad, good string) lintCase {
		return lintCase{rule, pointer, asks(create(bad)), asks(create(good))}
	}
	return []lintCase{
		one("wrong-type", "/title", `"title":5`, `"title":"5"`),
		one("wrong-type", "/title", `"title":["5"]`, `"title":null`),
		one("wrong-type", "/name", `"name":"Zoe"`, `"name":{"formatted":"Zoe"}`),
		one("wrong-type", "/active", `"active":1`, `"active":true`),
		{"wrong-type", "/weight", asks(device(`"weight":"5"`)), asks(device(`"weight":5.5`))},
		one("boolean-as-string", "/active", `"active":"True"`, `"active":false`),
		one("boolean-as-string", "/emails/0/primary", `"emails":[{"value":"a@b.example","primary":"true"}]`, `"emails":[{"value":"a@b.example","primary":true}]`),
		one("array-expected", "/emails", `"emails":{"value":"a@b.example"}`, `"emails":[{"value":"a@b.example"}]`),
		{"integer-form", "/ports", asks(device(`"ports":5.0`)), asks(device(`"ports":5,"weight":5.0`))},
		{"datetime-form", "/bought", asks(device(`"bought":"2026-01-02"`)), asks(device(`"bought":"2026-01-02T03:04:05.5+01:00"`))},
		{"binary-form", "/urn:example:schemas:Badge/chip", asks(send("POST /Devices", `{"schemas":["`+gadgetURN+`","`+badgeURN+`"],"serial":"1","`+badgeURN+`":{"color":"red","chip":"??"}}`)), asks(device(`"ports":1`))},
		one("reference-form", "/profileUrl", `"profileUrl":"https://example.com/zoë"`, `"profileUrl":"https://example.com/zo%C3%AB"`),
		{"reference-mismatch", "/members/0/$ref", asks(send("POST /Groups", group("g", `"members":[{"value":"ann","$ref":"../Users/ben"}]`))), asks(send("POST /Groups", group("g", `"members":[{"value":"ann","$ref":"https://mock.example/scim/Users/ann"},{"value":"ben","$ref":null}]`)))},
		one("two-primaries", "/emails", `"emails":[{"value":"a@b.example","primary":true},{"value":"c@d.example","primary":true}]`, `"emails":[{"value":"a@b.example","primary":true},{"value":"c@d.example","primary":false}]`),
		one("empty-string", "/title", `"title":""`, `"title":null`),
		one("profile-url", "/profileUrl", `"profileUrl":"example.com/zoe"`, `"profileUrl":"https://example.com/zoe"`),
		one("preferred-language", "/preferredLanguage", `"preferredLanguage":"en_US"`, `"preferredLanguage":"da, en-gb;q=0.8, *;q=0.1"`),
		one("locale", "/locale", `"locale":"en_US"`, `"locale":"zh-Hant-TW"`),
		one("timezone", "/timezone", `"timezone":"Rome Standard Time"`, `"timezone":"Europe/Rome"`),
		one("email-syntax", "/emails/0/value", `"emails":[{"value":"Zoe <zoe@example.com>"}]`, `"emails":[{"value":"zoe.o'neil+tag@example.com"}]`),
		one("phone-syntax", "/phoneNumbers/0/value", `"phoneNumbers":[{"value":"555-1234"}]`, `"phoneNumbers":[{"value":"tel:+1-201-555-0123;ext=5"},{"value":"tel:7042;phone-context=example.com"}]`),
		one("ims-type", "/ims/0/type", `"ims":[{"value":"zoe","type":"pager"}]`, `"ims":[{"value":"zoe","type":"xmpp"}]`),
		one("photo-not-image", "/photos/0/value", `"photos":[{"value":"https://example.com/zoe.html"}]`, `"photos":[{"value":"https://example.com/zoe.jpg"},{"value":"https://example.com/photo?id=1"}]`),
		one("country-code", "/addresses/0/country", `"addresses":[{"country":"Italy"}]`, `"addresses":[{"country":"IT"}]`),
		one("certificate-form", "/x509Certificates/0/value", `"x509Certificates":[{"value":"AQID"}]`, `"x509Certificates":[{"value":"`+certificates(1)+`"}]`),
		one("certificate-bundle", "/x509Certificates/0/value", `"x509Certificates":[{"value":"`+certificates(2)+`"}]`, `"x509Certificates":[{"value":"`+certificates(1)+`"}]`),
	}
}
