package mocktarget_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

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
