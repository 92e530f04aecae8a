package mocktarget_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

// TestLintOfKnownClients: what lint says of conversations in the manner of clients
// that are in wide use, and no more than that. Findings of severity info are left
// aside.
func TestLintOfKnownClients(t *testing.T) {
	const scimJSON, okta = "Accept: application/scim+json", "Content-Type: application/scim+json; charset=utf-8"
	lookup := func(name string) ask {
		return send("GET /Users?filter=userName%20eq%20%22"+name+"%22&startIndex=1&count=100", "", scimJSON)
	}
	for name, test := range map[string]struct {
		requests []ask
		want     string
	}{
		"Entra ID": {asks(
			send("GET /Users?filter=externalId+eq+%22e9a8d5c1%22"),
			send("POST /Users", `{"schemas":["`+userURN+`","`+enterpriseURN+`"],"externalId":"zoe","userName":"zoe@example.com","active":true,
				"addresses":null,"emails":[{"primary":true,"type":"work","value":"zoe@example.com"}],"meta":{"resourceType":"User"},
				"name":{"formatted":"Zoe","familyName":"Z","givenName":"Zoe"},"roles":[],"title":null,"`+enterpriseURN+`":{"department":"Sales"}}`),
			send("PATCH /Users/ann", patchBody(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ann@new.example"}`,
				`{"op":"Replace","path":"name.familyName","value":"New"}`, `{"op":"Replace","path":"`+enterpriseURN+`:employeeNumber","value":"8"}`)),
			send("PATCH /Users/ann", patchBody(`{"op":"Add","path":"`+enterpriseURN+`:manager","value":"ben"}`)),
			send("PATCH /Users/ann", patchBody(`{"op":"Replace","path":"active","value":"False"}`)),
			send("GET /Groups?excludedAttributes=members&filter=displayName%20eq%20%22Crew%22"),
			send("POST /Groups", `{"schemas":["`+groupURN+`","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"g","displayName":"Crew","meta":{"resourceType":"Group"}}`),
			send("PATCH /Groups/staff", patchBody(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"ben"}]}`)),
			send("PATCH /Groups/staff", patchBody(`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"ben"}]}`)),
		), "error boolean-as-string, error patch-complex-value, error patch-remove-value, warning patch-op-case, warning schemas-unknown"},
		"Entra ID with aadOptscim062020": {asks(
			send("GET /Users?aadOptscim062020&filter=userName%20eq%20%22zoe%22"),
			send("PATCH /Users/ann?aadOptscim062020", patchBody(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"ann@new.example"}`,
				`{"op":"replace","value":{"displayName":"B","name.givenName":"K","name.familyName":"U","`+enterpriseURN+`:employeeNumber":"A"}}`)),
			send("PATCH /Users/ann?aadOptscim062020", patchBody(`{"op":"replace","path":"active","value":false}`)),
			send("PATCH /Groups/staff?aadOptscim062020", patchBody(`{"op":"remove","path":"members[value eq \"ann\"]"}`)),
		), "warning patch-dotted-key"},
		"Okta, catalogue app": {asks(
			send("GET /Users?startIndex=1&count=2", "", scimJSON),
			lookup("zoe%40example.com"),
			send("POST /Users", user("zoe@example.com", `"name":{"givenName":"Zoe","familyName":"Z"}`, `"emails":[{"primary":true,"value":"zoe@example.com","type":"work"}]`,
				`"displayName":"Zoe Z"`, `"locale":"en-US"`, `"externalId":"00u1"`, `"groups":[]`, `"password":"1mz050nq"`, `"active":true`), okta, scimJSON),
			send("PATCH /Users/ann", patchBody(`{"op":"replace","value":{"active":false}}`), okta, scimJSON),
			lookup("ann%40example.com"),
			send("PATCH /Users/ann", patchBody(`{"op":"replace","value":{"active":true}}`), okta, scimJSON),
			send("GET /Groups?filter=displayName%20eq%20%22Crew%22&startIndex=1&count=100", "", scimJSON),
			send("POST /Groups", group("Crew", `"members":[]`), okta, scimJSON),
			send("PATCH /Groups/staff", patchBody(`{"op":"replace","value":{"id":"staff","displayName":"Staff 2"}}`), okta, scimJSON),
			send("PATCH /Groups/staff", patchBody(`{"op":"remove","path":"members[value eq \"ann\"]"}`, `{"op":"add","path":"members","value":[{"value":"ben","display":"ben"}]}`), okta, scimJSON),
			send("PATCH /Groups/staff", patchBody(`{"op":"replace","path":"members","value":[]}`), okta, scimJSON),
		), ""},
		"Okta, own app": {asks(
			lookup("ann%40example.com"),
			send("GET /Users/ann", "", scimJSON),
			send("PUT /Users/ann", `{"schemas":["`+userURN+`","`+enterpriseURN+`"],"id":"ann","externalId":"x-ann","userName":"ann@example.com","nickName":"Annie","title":"Boss","active":false,
				"emails":[{"value":"ann@example.com","type":"work","display":"Ann"}],"groups":[{"value":"staff","display":"Staff"}],
				"meta":{"resourceType":"User","location":"https://mock.example/Users/ann"},"`+enterpriseURN+`":{"department":"Sales","employeeNumber":"7"}}`, okta, scimJSON),
		), ""},
		"OneLogin": {asks(
			send("POST /Users", user("zoe@example.com", `"emails":{"value":"zoe@example.com"}`), scimJSON),
		), "error array-expected"},
		"authentik": {asks(
			send("GET /ServiceProviderConfig"),
			send("POST /Groups", group("Crew", `"externalId":"g"`)),
			send("PATCH /Groups/staff", patchBody(`{"op":"replace","value":{"schemas":["`+groupURN+`"],"id":"staff","displayName":"Crowd of staff"}}`)),
			send("GET /Groups/staff"),
			send("PATCH /Groups/staff", patchBody(`{"op":"add","path":"members","value":[{"value":"ben"}]}`, `{"op":"add","path":"members","value":[{"value":"cyd"}]}`, `{"op":"remove","path":"members","value":[{"value":"ann"}]}`)),
		), "error patch-remove-value"},
		"Keycloak plugin": {asks(
			send("POST /Users", user("zoe", `"externalId":"k"`, `"id":null`, `"emails":[{"value":"zoe@example.com"}]`, `"active":true`)),
			send("PATCH /Users/ann", patchBody(`{"op":"replace","path":"active","value":"false"}`)),
			send("PATCH /Groups/staff", patchBody(`{"op":"remove","path":"members"}`)),
		), "error boolean-as-string"},
		"Pocket ID": {asks(
			send("GET /Users?startIndex=1&count=3", "", scimJSON), send("GET /Users?startIndex=4&count=3", "", scimJSON),
			send("PUT /Users/ann", user("ann@example.com", `"externalId":"x-ann"`, `"active":true`), scimJSON),
			send("POST /Users", user("zoe", `"externalId":"z"`), scimJSON),
			send("DELETE /Users/eve", "", scimJSON),
		), "warning put-drops-attributes"},
		"Nextcloud": {asks(
			send("GET /Users?filter=externalId%20eq%20%22z%22%20or%20userName%20eq%20%22z%22"),
			send("POST /Bulk", bulkBody("", post("/Users", "u1", user("z", `"externalId":"z"`, `"emails":[{"value":"z@example.com"}]`)),
				`{"method":"PATCH","path":"/Groups/staff","data":`+patchBody(`{"op":"add","path":"members","value":[{"value":"bulkId:u1"}]}`)+`}`)),
		), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, configured(lintTypes(t)))
			_, all := lintTenant(c, "app").say(t, test.requests)
			var found []string
			for _, f := range all {
				if line := string(f.Severity) + " " + f.Rule; f.Severity != mocktarget.SeverityInfo && !slices.Contains(found, line) {
					found = append(found, line)
				}
			}
			slices.Sort(found)
			equal(t, "findings", strings.Join(found, ", "), test.want)
		})
	}
}
