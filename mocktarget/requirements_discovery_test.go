package mocktarget_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestDiscoveryEndpoints(t *testing.T) {
	prove(t, []proof{
		{"RFC7644-4-R2", func(c *client) {
			r := c.do("GET", "/ServiceProviderConfig", "").want(200)
			equal(c.t, "schemas", r.at("schemas"), []any{configURN})
			equal(c.t, "Resources and totalResults", []any{r.at("Resources"), r.at("totalResults")}, []any{nil, nil})
			equal(c.t, "meta", r.at("meta"), map[string]any{"resourceType": "ServiceProviderConfig", "location": c.base + "/ServiceProviderConfig"})
		}},
		{"RFC7644-4-R3+RFC7644-4-R4", func(c *client) {
			r := c.do("GET", "/Schemas", "").want(200)
			wantWholeList(c, r)
			known := strings.Fields(r.names("id"))
			for _, v := range r.resources() {
				for _, urn := range []string{at(v, "id").(string), strings.ToUpper(at(v, "id").(string)), url.PathEscape(at(v, "id").(string))} {
					equal(c.t, urn, c.do("GET", "/Schemas/"+urn, "").want(200).body, v)
				}
				equal(c.t, "meta.location", at(v, "meta", "location"), c.base+"/Schemas/"+at(v, "id").(string))
			}
			for _, v := range c.do("GET", "/ResourceTypes", "").resources() {
				used := []any{at(v, "schema")}
				extensions, _ := at(v, "schemaExtensions").([]any)
				for _, x := range extensions {
					used = append(used, at(x, "schema"))
				}
				for _, urn := range used {
					if !slices.Contains(known, urn.(string)) {
						c.t.Errorf("%v uses the schema %v, which is not listed", at(v, "name"), urn)
					}
				}
			}
			for _, unknown := range []string{"urn:nope", userURN + ":userName", "User", "%20"} {
				c.do("GET", "/Schemas/"+unknown, "").wantError(404, "")
			}
		}},
		{"RFC7644-3.1-R3", func(c *client) {
			if all := c.do("GET", "/Schemas", "").names("id"); strings.Contains(strings.ToLower(all), ":api:") {
				c.t.Errorf("message schemas are among %s", all)
			}
			for _, message := range []string{"ListResponse", "SearchRequest", "PatchOp", "BulkRequest", "BulkResponse", "Error"} {
				c.do("GET", "/Schemas/urn:ietf:params:scim:api:messages:2.0:"+message, "").wantError(404, "")
			}
		}},
		{"RFC7644-4-R5", func(c *client) {
			r := c.do("GET", "/ResourceTypes", "").want(200)
			wantWholeList(c, r)
			equal(c.t, "names", r.names("name"), "User Group")
			for _, v := range r.resources() {
				single := c.do("GET", "/ResourceTypes/"+at(v, "name").(string), "").want(200)
				equal(c.t, "the single one", single.body, v)
				equal(c.t, "meta.location", single.at("meta", "location"), c.base+"/ResourceTypes/"+at(v, "name").(string))
				c.do("GET", at(v, "endpoint").(string), "").want(200)
			}
			c.do("GET", "/ResourceTypes/Nope", "").wantError(404, "")
		}},
		{"RFC7644-4-R6", func(c *client) {
			for _, path := range discoveryPaths() {
				for _, query := range []string{
					"count=1&startIndex=2", "sortBy=name&sortOrder=descending", "sortOrder=sideways", "count=ten", "attributes=id", "excludedAttributes=name",
					"attributes=a&excludedAttributes=b", "cursor=nope", "unknown=1",
				} {
					equal(c.t, path+"?"+query, c.do("GET", path+"?"+query, "").want(200).raw, c.do("GET", path, "").raw)
				}
			}
		}},
		{"RFC7644-4-R7", func(c *client) {
			for _, path := range discoveryPaths() {
				for _, filter := range []string{`name eq "User"`, "id pr", "nonsense", ""} {
					r := c.filter(path, filter)
					r.wantError(403, "", "filter")
					equal(c.t, "Resources", r.at("Resources"), nil)
				}
			}
		}},
	})
}

func discoveryPaths() []string {
	return []string{"/ServiceProviderConfig", "/Schemas", "/Schemas/" + userURN, "/ResourceTypes", "/ResourceTypes/User"}
}

// wantWholeList wants a list response of one page.
func wantWholeList(c *client, r reply) {
	c.t.Helper()
	n := len(r.resources())
	equal(c.t, "the list", []any{r.at("schemas"), r.at("totalResults"), r.at("itemsPerPage"), r.at("startIndex")}, []any{[]any{listURN}, n, n, 1})
	if n == 0 {
		c.t.Errorf("%s is empty", r.what)
	}
}
