package mocktarget_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

func TestDiscovery(t *testing.T) {
	c := start(t)
	t.Run("RFC7644-4-R2", func(t *testing.T) {
		r := c.do("GET", "/ServiceProviderConfig", "").want(200)
		equal(t, "schemas", r.at("schemas"), []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"})
		for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
			equal(t, feature, r.at(feature, "supported"), true)
		}
		equal(t, "maxOperations", r.at("bulk", "maxOperations"), 1000)
		equal(t, "maxPayloadSize", r.at("bulk", "maxPayloadSize"), 1<<20)
		equal(t, "maxResults", r.at("filter", "maxResults"), 1000)
		equal(t, "cursor", r.at("pagination", "cursor"), true)
		equal(t, "cursorTimeout", r.at("pagination", "cursorTimeout"), 600)
		equal(t, "scheme", r.at("authenticationSchemes", 0, "type"), "oauthbearertoken")
		equal(t, "meta.location", r.at("meta", "location"), c.base+"/ServiceProviderConfig")
	})
	t.Run("RFC7644-4-R5", func(t *testing.T) {
		r := c.do("GET", "/ResourceTypes", "").want(200)
		equal(t, "names", r.names("name"), "User Group")
		for _, v := range r.resources() {
			single := c.do("GET", "/ResourceTypes/"+fmt.Sprint(at(v, "name")), "").want(200)
			equal(t, "the single one", single.body, v)
			c.do("GET", fmt.Sprint(at(v, "endpoint")), "").want(200)
			c.do("GET", "/Schemas/"+fmt.Sprint(at(v, "schema")), "").want(200)
		}
		equal(t, "extension", at(r.resources()[0], "schemaExtensions", 0, "schema"), enterpriseURN)
	})
	t.Run("RFC7644-4-R3", func(t *testing.T) {
		r := c.do("GET", "/Schemas", "").want(200)
		equal(t, "totalResults", r.at("totalResults"), len(r.resources()))
		for _, v := range r.resources() {
			equal(t, "the single one", c.do("GET", "/Schemas/"+fmt.Sprint(at(v, "id")), "").want(200).body, v)
			equal(t, "schemas", at(v, "schemas"), []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"})
			equal(t, "meta.location", at(v, "meta", "location"), c.base+"/Schemas/"+fmt.Sprint(at(v, "id")))
		}
		for _, urn := range []string{userURN, groupURN, enterpriseURN} {
			if !strings.Contains(r.names("id"), urn) {
				t.Errorf("%s is missing", urn)
			}
		}
	})
	t.Run("RFC7644-3.1-R3", func(t *testing.T) { c.do("GET", "/Schemas/"+listURN, "").wantError(404, "") })
	t.Run("RFC7644-4-R6", func(t *testing.T) {
		for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
			equal(t, path, c.do("GET", path+"?count=1&startIndex=2&sortBy=name", "").raw, c.do("GET", path, "").raw)
		}
	})
	t.Run("RFC7644-4-R7", func(t *testing.T) {
		for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Schemas/" + userURN} {
			c.do("GET", path+"?filter="+url.QueryEscape(`name eq "User"`), "").wantError(403, "")
		}
	})
	c.do("GET", "/ResourceTypes/Nope", "").wantError(404, "")
}

const deviceSchema = `{
	"id":"urn:example:schemas:Device","name":"Device","description":"A machine.",
	"attributes":[
		{"name":"serial","type":"string","required":true,"caseExact":true,"uniqueness":"server","description":"Its number."},
		{"name":"ports","type":"integer","description":"How many."},
		{"name":"weight","type":"decimal","description":"In kilograms."},
		{"name":"bought","type":"dateTime","description":"When."},
		{"name":"batch","type":"string","mutability":"immutable","description":"Set once."},
		{"name":"note","type":"string","returned":"request","description":"On request."},
		{"name":"label","type":"string","returned":"always","description":"Always."},
		{"name":"pin","type":"string","mutability":"writeOnly","returned":"never","description":"Secret."},
		{"name":"state","type":"string","mutability":"readOnly","description":"Ours."}]}`

func TestCustomResourceType(t *testing.T) {
	schema, err := scim.ParseSchema([]byte(deviceSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, configured(mocktarget.Config{ResourceTypes: []*scim.ResourceType{
		scim.UserType(), scim.GroupType(), {ID: "Device", Name: "Device", Endpoint: "/Devices", Schema: schema},
	}}))
	device := func(serial, more string) string {
		return fmt.Sprintf(`{"schemas":["urn:example:schemas:Device"],"serial":%q%s}`, serial, more)
	}
	made := c.do("POST", "/Devices", device("A1", `,"ports":10,"weight":1.50,"bought":"2026-01-02T03:04:05+01:00"`)).want(201)
	c.do("POST", "/Devices", device("A2", `,"ports":9,"bought":"2026-01-02T03:04:05Z"`)).want(201)

	t.Run("RFC7643-3.2-R1", func(t *testing.T) {
		equal(t, "endpoint", c.do("GET", "/ResourceTypes/Device", "").want(200).at("endpoint"), "/Devices")
		c.do("GET", "/Schemas/urn:example:schemas:Device", "").want(200)
		equal(t, "resourceType", made.at("meta", "resourceType"), "Device")
	})
	t.Run("RFC7644-3.4.2.2-R16", func(t *testing.T) {
		equal(t, "ports", c.filter("/Devices", "ports gt 9").names("serial"), "A1")
		equal(t, "order", c.do("GET", "/Devices?sortBy=ports", "").names("serial"), "A2 A1")
		equal(t, "order of dates", c.do("GET", "/Devices?sortBy=bought", "").names("serial"), "A1 A2")
		equal(t, "weight", c.filter("/Devices", "weight eq 1.5").names("serial"), "A1")
	})
	t.Run("a device in a group", func(t *testing.T) {
		g := c.createGroup("mixed", `"members":[{"value":"`+made.id()+`"}]`)
		equal(t, "type", g.at("members", 0, "type"), "Device")
	})
	t.Run("RFC7644-3.4.2.1-R2", func(t *testing.T) {
		equal(t, "root query", c.do("GET", "?filter="+url.QueryEscape("ports gt 9"), "").names("serial"), "A1")
	})
	for name, types := range map[string][]*scim.ResourceType{
		"no schema":          {{Name: "X", Endpoint: "/Xs"}},
		"a deep endpoint":    {{Name: "X", Endpoint: "/a/b", Schema: schema}},
		"a taken endpoint":   {scim.UserType(), {Name: "X", Endpoint: "/Users", Schema: schema}},
		"a protocol's place": {{Name: "X", Endpoint: "/Bulk", Schema: schema}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := mocktarget.New(mocktarget.Config{ResourceTypes: types}); err == nil {
				t.Error("the types are accepted")
			}
		})
	}
}
