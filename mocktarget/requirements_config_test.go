package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
)

func TestServiceProviderConfig(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-5-R1+RFC7643-5-R3+RFC7643-5-R4", configDocument},
		{"RFC7643-5-R2+RFC7643-6-R1+RFC7643-7-R2", discoveryIsReadOnly},
		{"RFC7643-5-R5+RFC7643-5-R6+RFC7643-5-R7+RFC7643-5-R9+RFC7643-5-R10+RFC7643-5-R11+RFC7643-2.3.4-R1", configTypes},
		{"RFC7643-5-R12+RFC7643-5-R13+RFC7643-5-R14", configSchemes},
		{"RFC7643-5-R16", configIsTrue},
		{"RFC9865-4-R1+RFC9865-4-R2+RFC9865-4-R3+RFC9865-4-R4+RFC9865-4-R5", configPagination},
	}, configured(mocktarget.Config{
		Auth: mocktarget.Auth{
			Users:   []mocktarget.BasicUser{{Name: "ann", Password: "pw"}},
			Clients: []mocktarget.OAuthClient{{ID: "app", Secret: "s"}},
		},
		Limits: mocktarget.Limits{PageSize: 7, PageMax: 20, CursorTimeout: 90 * time.Second, BulkOperations: 3, BulkBody: 4096},
	}))
}

func configDocument(c *client) {
	r := c.do("GET", "/ServiceProviderConfig", "").want(200)
	equal(c.t, "schemas", r.at("schemas"), []any{configURN})
	equal(c.t, "id", r.at("id"), nil)
	equal(c.t, "meta", r.at("meta"), map[string]any{"resourceType": "ServiceProviderConfig", "location": c.base + "/ServiceProviderConfig"})
	if documentation, ok := r.body["documentationUri"]; ok {
		wantURL(c, documentation)
	}
}

func wantURL(c *client, v any) {
	c.t.Helper()
	text, _ := v.(string)
	if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		c.t.Errorf("%v is not the URL of a web page", v)
	}
}

func discoveryIsReadOnly(c *client) {
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Schemas/" + userURN} {
		before := c.do("GET", path, "").want(200).raw
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			c.do(method, path, `{"schemas":["`+configURN+`"],"sort":{"supported":false}}`).wantError(405, "")
		}
		equal(c.t, path, c.do("GET", path, "").raw, before)
	}
	for _, v := range c.do("GET", "/ResourceTypes", "").resources() {
		equal(c.t, "schemas", at(v, "schemas"), []any{resourceTypeURN})
	}
}

// configTypes: what has to be there is there, with the right type; integers have
// neither fraction nor exponent.
func configTypes(c *client) {
	r := c.do("GET", "/ServiceProviderConfig", "").want(200)
	for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
		if _, ok := r.at(feature, "supported").(bool); !ok {
			c.t.Errorf("%s.supported is %v", feature, r.at(feature, "supported"))
		}
	}
	list := c.do("GET", "/Users", "").want(200)
	for what, v := range map[string]any{
		"bulk.maxOperations": r.at("bulk", "maxOperations"), "bulk.maxPayloadSize": r.at("bulk", "maxPayloadSize"),
		"filter.maxResults": r.at("filter", "maxResults"), "totalResults": list.at("totalResults"),
		"itemsPerPage": list.at("itemsPerPage"), "startIndex": list.at("startIndex"),
	} {
		if n, ok := v.(json.Number); !ok || !regexp.MustCompile(`^-?[0-9]+$`).MatchString(n.String()) {
			c.t.Errorf("%s is %v, want an integer", what, v)
		}
	}
}

func configSchemes(c *client) {
	schemes, _ := c.do("GET", "/ServiceProviderConfig", "").want(200).at("authenticationSchemes").([]any)
	var types []string
	for _, s := range schemes {
		types = append(types, fmt.Sprint(at(s, "type")))
		for _, name := range []string{"name", "description"} {
			if text, _ := at(s, name).(string); text == "" {
				c.t.Errorf("%s is missing: %v", name, s)
			}
		}
		for _, name := range []string{"specUri", "documentationUri"} {
			if v := at(s, name); v != nil {
				wantURL(c, v)
			}
		}
	}
	slices.Sort(types)
	equal(c.t, "types", types, []string{"httpbasic", "oauth2", "oauthbearertoken"})
}

// configIsTrue: each feature that is announced works, up to the limits that are.
func configIsTrue(c *client) {
	r := c.do("GET", "/ServiceProviderConfig", "").want(200)
	for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
		equal(c.t, feature, r.at(feature, "supported"), true)
	}
	made := c.createUser("ann", `"password":"first-Secret-1"`)
	path := "/Users/" + made.id()
	c.createUser("zoe")
	equal(c.t, "sorted", c.do("GET", "/Users?sortBy=userName&sortOrder=descending", "").names("userName"), "zoe ann")
	equal(c.t, "filtered", c.filter("/Users", `userName eq "ann"`).names("userName"), "ann")
	patched := c.do("PATCH", path, patchBody(`{"op":"replace","path":"password","value":"other-Secret-2"}`), "If-Match: "+made.header.Get("ETag")).want(200)
	equal(c.t, "the new password", c.do("POST", "/Users/.search", search(`userName eq "ann" and password eq "other-Secret-2"`)).at("totalResults"), 1)
	equal(c.t, "the old password", c.do("POST", "/Users/.search", search(`userName eq "ann" and password eq "first-Secret-1"`)).at("totalResults"), 0)
	c.do("GET", path, "", "If-None-Match: "+patched.header.Get("ETag")).want(304)

	operation := func(i int) string {
		return fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%d","data":%s}`, i, user(fmt.Sprint("bulk", i)))
	}
	bulk := func(operations string) reply {
		return c.do("POST", "/Bulk", fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, "urn:ietf:params:scim:api:messages:2.0:BulkRequest", operations))
	}
	bulk(operation(1) + "," + operation(2) + "," + operation(3)).want(200)
	bulk(operation(4)+","+operation(5)+","+operation(6)+","+operation(7)).wantError(413, "", "3")
	bulk(operation(8)+strings.Repeat(" ", 4096)).wantError(413, "", "4096")
	c.target.Seed(`{"Users":[` + strings.TrimSuffix(strings.Join(userSeeds("many", 30), ","), ",") + `]}`)
	equal(c.t, "the largest page", len(c.do("GET", "/Users?count=1000", "").resources()), r.at("filter", "maxResults"))
}

// userSeeds returns n users for a seed, named by number.
func userSeeds(prefix string, n int) []string {
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf(`{"id":"%s%02d","userName":"%s%02d"}`, prefix, i, prefix, i)
	}
	return users
}

func configPagination(c *client) {
	r := c.do("GET", "/ServiceProviderConfig", "").want(200)
	equal(c.t, "pagination", r.at("pagination"), map[string]any{
		"cursor": true, "index": true, "defaultPaginationMethod": "index",
		"defaultPageSize": json.Number("7"), "maxPageSize": json.Number("20"), "cursorTimeout": json.Number("90"),
	})
}

func TestResourceTypes(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-6-R2+RFC7643-6-R4+RFC7643-6-R7", resourceTypeDocuments},
		{"RFC7643-6-R3+RFC7643-3-R8+RFC7643-3.1-R22", resourceTypeNames},
		{"RFC7643-6-R5+RFC7643-6-R6+RFC7643-6-R8", resourceTypeAddresses},
		{"RFC7643-6-R10+RFC7643-3.3-R2", resourceTypeOptionalExtension},
	}, serving(t, deviceSchema, `{"name":"Device","description":"A machine.","endpoint":"/Devices","schema":"urn:example:schemas:Device"}`))
}

func resourceTypeDocuments(c *client) {
	r := c.do("GET", "/ResourceTypes", "").want(200)
	equal(c.t, "types", r.names("name"), "User Group Device")
	for _, v := range r.resources() {
		single := c.do("GET", "/ResourceTypes/"+url.PathEscape(fmt.Sprint(at(v, "id"))), "").want(200)
		equal(c.t, "the type by its id", single.body, v)
		equal(c.t, "meta.location", single.at("meta", "location"), single.header.Get("Content-Location"))
		if text, _ := at(v, "description").(string); text == "" {
			c.t.Errorf("%v has no description", at(v, "name"))
		}
		if extensions, ok := v.(map[string]any)["schemaExtensions"]; ok {
			if list, ok := extensions.([]any); !ok || len(list) == 0 {
				c.t.Errorf("schemaExtensions is %v", extensions)
			}
		}
	}
}

func resourceTypeNames(c *client) {
	resources := map[string]string{"User": user("u"), "Group": group("g"), "Device": `{"schemas":["urn:example:schemas:Device"],"serial":"1"}`}
	for _, v := range c.do("GET", "/ResourceTypes", "").want(200).resources() {
		name := fmt.Sprint(at(v, "name"))
		made := c.do("POST", fmt.Sprint(at(v, "endpoint")), resources[name]).want(201)
		equal(c.t, "meta.resourceType", made.at("meta", "resourceType"), name)
		equal(c.t, "schemas", made.at("schemas"), []any{at(v, "schema")})
		equal(c.t, "in another case", c.filter(fmt.Sprint(at(v, "endpoint")), `meta.resourceType eq "`+strings.ToLower(name)+`"`).at("totalResults"), 0)
		equal(c.t, "by type", c.filter(fmt.Sprint(at(v, "endpoint")), `meta.resourceType eq "`+name+`"`).at("totalResults"), 1)
	}
}

func resourceTypeAddresses(c *client) {
	for _, v := range c.do("GET", "/ResourceTypes", "").want(200).resources() {
		endpoint := fmt.Sprint(at(v, "endpoint"))
		if !strings.HasPrefix(endpoint, "/") {
			c.t.Errorf("the endpoint %s is not relative to the base", endpoint)
		}
		c.do("GET", endpoint, "").want(200)
		schema := at(v, "schema")
		equal(c.t, "schema", c.do("GET", "/Schemas/"+fmt.Sprint(schema), "").want(200).at("id"), schema)
		extensions, _ := at(v, "schemaExtensions").([]any)
		equal(c.t, "extensions of "+endpoint, len(extensions), map[string]int{"/Users": 1}[endpoint])
		for _, x := range extensions {
			schema := at(x, "schema")
			equal(c.t, "extension", c.do("GET", "/Schemas/"+fmt.Sprint(schema), "").want(200).at("id"), schema)
			if _, ok := at(x, "required").(bool); !ok {
				c.t.Errorf("required is %v", at(x, "required"))
			}
		}
	}
}

func resourceTypeOptionalExtension(c *client) {
	equal(c.t, "schemas without", c.createUser("bare").at("schemas"), []any{userURN})
	with := c.do("POST", "/Users", `{"schemas":["`+userURN+`","`+enterpriseURN+`"],"userName":"rich","`+enterpriseURN+`":{"division":"x"}}`).want(201)
	equal(c.t, "schemas with", with.at("schemas"), []any{userURN, enterpriseURN})
}
