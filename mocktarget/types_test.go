package mocktarget_test

import (
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
)

func TestParseResourceTypes(t *testing.T) {
	badge := `{"id":"urn:example:schemas:Badge","name":"Badge","attributes":[{"name":"color","type":"string","required":true}]}`
	types, err := mocktarget.ParseResourceTypes([]byte(deviceSchema), []byte(`[`+badge+`,
		{"name":"Device","endpoint":"Devices","schema":"urn:example:schemas:Device"},
		{"id":"User","name":"User","endpoint":"/Users","schema":"`+userURN+`","schemaExtensions":[{"schema":"urn:example:schemas:Badge","required":true}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, configured(mocktarget.Config{ResourceTypes: types}))
	equal(t, "types", c.do("GET", "/ResourceTypes", "").names("name"), "User Group Device")
	c.do("POST", "/Devices", `{"schemas":["urn:example:schemas:Device"],"serial":"1"}`).want(201)
	t.Run("RFC7643-6-R9", func(t *testing.T) {
		c.do("POST", "/Users", user("bare")).wantError(400, "invalidValue", "urn:example:schemas:Badge")
		r := c.do("POST", "/Users", `{"schemas":["`+userURN+`","urn:example:schemas:Badge"],"userName":"x","urn:example:schemas:Badge":{"color":"red"}}`).want(201)
		equal(t, "schemas", r.at("schemas"), []any{userURN, "urn:example:schemas:Badge"})
		path := "/Users/" + r.id()
		c.do("PUT", path, user("x")).wantError(400, "invalidValue", "urn:example:schemas:Badge")
		c.do("POST", "/Users", user("y", `"urn:example:schemas:Badge":{}`)).wantError(400, "invalidValue", "urn:example:schemas:Badge")
		for _, path := range []string{"urn:example:schemas:Badge", "urn:example:schemas:Badge:color"} {
			c.do("PATCH", "/Users/"+r.id(), patchBody(`{"op":"remove","path":"`+path+`"}`)).want(400)
		}
		equal(t, "the user", c.do("GET", path, "").raw, r.raw)
	})
	for name, test := range map[string]struct{ document, want string }{
		"no JSON":           {`{`, "document 1"},
		"something else":    {`{"name":"x"}`, "neither"},
		"unknown schema":    {`{"name":"X","endpoint":"/Xs","schema":"urn:nope"}`, "urn:nope"},
		"unknown extension": {`{"name":"X","endpoint":"/Xs","schema":"` + userURN + `","schemaExtensions":[{"schema":"urn:nope"}]}`, "urn:nope"},
		"no name":           {`{"endpoint":"/Xs","schema":"` + userURN + `"}`, "/Xs"},
		"bad schema":        {`{"id":"urn:x","attributes":[{"name":"a","type":"nonsense"}]}`, "urn:x"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := mocktarget.ParseResourceTypes([]byte(test.document)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want it to mention %q", err, test.want)
			}
		})
	}
}
