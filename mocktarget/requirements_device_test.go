package mocktarget_test

import (
	"os"
	"testing"
)

const (
	coreDeviceURN  = "urn:ietf:params:scim:schemas:core:2.0:Device"
	endpointAppURN = "urn:ietf:params:scim:schemas:core:2.0:EndpointApp"
)

// TestDevices serves the types of RFC 9944 from a file.
func TestDevices(t *testing.T) {
	text, err := os.ReadFile("testdata/devices.json")
	if err != nil {
		t.Fatal(err)
	}
	coreDevice := func(more string) string { return `{"schemas":["` + coreDeviceURN + `"]` + more + `}` }
	prove(t, []proof{
		{"RFC9944-2-R1+RFC9944-7-R1", func(c *client) {
			equal(c.t, "types", c.do("GET", "/ResourceTypes", "").want(200).names("name"), "User Group Device EndpointApp")
			typ := c.do("GET", "/ResourceTypes/Device", "").want(200)
			equal(c.t, "schema", typ.at("schema"), coreDeviceURN)
			equal(c.t, "schemaExtensions", typ.at("schemaExtensions"), nil)
			made := c.do("POST", "/Devices", coreDevice(`,"active":true,"externalId":"Ex"`)).want(201)
			equal(c.t, "externalId", made.at("externalId"), "Ex")
			equal(c.t, "resourceType", made.at("meta", "resourceType"), "Device")
			equal(c.t, "GET", c.do("GET", "/Devices/"+made.id(), "").want(200).raw, made.raw)
		}},
		{"RFC9944-3.1-R1", func(c *client) {
			for _, more := range []string{"", `,"active":null`, `,"active":"true"`} {
				c.do("POST", "/Devices", coreDevice(more)).wantError(400, "invalidValue", "active")
			}
			made := c.do("POST", "/Devices", coreDevice(`,"active":false`)).want(201)
			equal(c.t, "active", made.at("active"), false)
			c.do("PATCH", "/Devices/"+made.id(), patchBody(`{"op":"remove","path":"active"}`)).wantError(400, "mutability", "active")
		}},
		{"RFC9944-3.1-R2", func(c *client) {
			equal(c.t, "displayName", c.do("POST", "/Devices", coreDevice(`,"active":true`)).want(201).at("displayName"), nil)
			made := c.do("POST", "/Devices", coreDevice(`,"active":true,"displayName":"Lamp"`)).want(201)
			equal(c.t, "displayName", c.do("GET", "/Devices/"+made.id(), "").at("displayName"), "Lamp")
		}},
		{"RFC9944-3.1-R3", func(c *client) {
			made := c.do("POST", "/Devices", coreDevice(`,"active":true,"mudUrl":"https://example.com/Lamp","groups":[{"value":"x"}]`)).want(201)
			equal(c.t, "mudUrl", made.at("mudUrl"), "https://example.com/Lamp")
			equal(c.t, "groups", made.at("groups"), nil)
			equal(c.t, "in another case", c.filter("/Devices", `mudUrl eq "https://example.com/lamp"`).at("totalResults"), 0)
			equal(c.t, "as it is", c.filter("/Devices", `mudUrl eq "https://example.com/Lamp"`).at("totalResults"), 1)
			c.do("PATCH", "/Devices/"+made.id(), patchBody(`{"op":"add","path":"groups","value":[{"value":"x"}]}`)).wantError(400, "mutability", "groups")
		}},
		{"RFC9944-4-R1", func(c *client) {
			lamp := c.do("POST", "/Devices", coreDevice(`,"active":true`)).want(201).id()
			app := c.do("POST", "/EndpointApps", `{"schemas":["`+endpointAppURN+`"],"applicationType":"telemetry","applicationName":"A"}`).want(201).id()
			made := c.createGroup("things", `"members":[{"value":"`+lamp+`"},{"value":"`+app+`","type":"EndpointApp"}]`)
			for i, want := range []string{"Device", "EndpointApp"} {
				equal(c.t, "type", made.at("members", i, "type"), want)
				equal(c.t, "id behind $ref", c.do("GET", made.at("members", i, "$ref").(string), "").want(200).id(), made.at("members", i, "value"))
			}
			equal(c.t, "groups", c.do("GET", "/Devices/"+lamp, "").at("groups", 0, "value"), made.id())
			c.do("POST", "/Groups", group("bad", `"members":[{"value":"`+lamp+`","type":"EndpointApp"}]`)).wantError(400, "invalidValue", "Device")
		}},
		{"RFC9944-6.2-R1", func(c *client) {
			app := func(more string) string { return `{"schemas":["` + endpointAppURN + `"]` + more + `}` }
			c.do("POST", "/EndpointApps", app(`,"applicationName":"A"`)).wantError(400, "invalidValue", "applicationType")
			c.do("POST", "/EndpointApps", app(`,"applicationType":"telemetry"`)).wantError(400, "invalidValue", "applicationName")
			made := c.do("POST", "/EndpointApps", app(`,"applicationType":"deviceControl","applicationName":"A","clientToken":"mine"`)).want(201)
			equal(c.t, "clientToken", made.at("clientToken"), nil)
		}},
	}, serving(t, string(text)))
}
