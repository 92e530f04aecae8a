package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const (
	uniqueURN    = "urn:example:schemas:Unique"
	uniqueExtURN = "urn:example:schemas:UniqueExtension"
)

// A uniqueKind is a type whose values can be equal in more than one form.
type uniqueKind struct {
	name, definition string
	value, equal     string // as JSON: two forms of one value
	other            string // another value
}

func uniqueKinds() []uniqueKind {
	return []uniqueKind{
		{"folded", `"type":"string","caseExact":false`, `"Ab"`, `"aB"`, `"Ac"`},
		{"exact", `"type":"string","caseExact":true`, `"Ab"`, `"Ab"`, `"aB"`},
		{"integer", `"type":"integer"`, `9007199254740993`, `9007199254740993`, `9007199254740992`},
		{"decimal", `"type":"decimal"`, `1.5`, `150e-2`, `1.51`},
		{"dateTime", `"type":"dateTime"`, `"2026-01-02T03:04:05Z"`, `"2026-01-02T04:04:05.000+01:00"`, `"2026-01-02T03:04:05.1Z"`},
		{"reference", `"type":"reference","referenceTypes":["uri"]`, `"https://x.org/A"`, `"https://x.org/A"`, `"https://x.org/a"`},
		{"binary", `"type":"binary"`, `"AQID"`, `"AQID"`, `"aqid"`},
	}
}

// A uniqueAttribute is an attribute of such a type in one place, unique or not.
type uniqueAttribute struct {
	uniqueKind
	place, uniqueness string
}

func uniqueAttributes() []uniqueAttribute {
	var all []uniqueAttribute
	for _, place := range []string{"one", "many", "extension", "part", "element"} {
		for _, uniqueness := range []string{"none", "server", "global"} {
			for _, k := range uniqueKinds() {
				k.name = place + "_" + uniqueness + "_" + k.name
				all = append(all, uniqueAttribute{k, place, uniqueness})
			}
		}
	}
	return all
}

func uniqueSchemas() []string {
	attributes := map[string][]string{}
	for _, a := range uniqueAttributes() {
		attributes[a.place] = append(attributes[a.place],
			fmt.Sprintf(`{"name":%q,"multiValued":%v,"uniqueness":%q,%s}`, a.name, a.place == "many", a.uniqueness, a.definition))
	}
	list := func(place string) string { return strings.Join(attributes[place], ",") }
	return []string{
		`{"id":"` + uniqueURN + `","name":"Unique","attributes":[` + list("one") + `,` + list("many") + `,{"name":"label"},
			{"name":"box","type":"complex","subAttributes":[` + list("part") + `]},
			{"name":"boxes","type":"complex","multiValued":true,"subAttributes":[` + list("element") + `]}]}`,
		`{"id":"` + uniqueExtURN + `","name":"UniqueExtension","attributes":[` + list("extension") + `]}`,
		`{"name":"Unique","endpoint":"/Unique","schema":"` + uniqueURN + `","schemaExtensions":[{"schema":"` + uniqueExtURN + `","required":false}]}`,
	}
}

// body is a resource that has a value, and nothing else but a label.
func (a uniqueAttribute) body(value, label string) string {
	one := fmt.Sprintf("%q:%s", a.name, value)
	member := map[string]string{
		"one": one, "many": fmt.Sprintf("%q:[%s]", a.name, value), "extension": fmt.Sprintf("%q:{%s}", uniqueExtURN, one),
		"part": `"box":{` + one + `}`, "element": `"boxes":[{` + one + `}]`,
	}[a.place]
	return fmt.Sprintf(`{"schemas":[%q,%q],"label":%q,%s}`, uniqueURN, uniqueExtURN, label, member)
}

// path is how a filter names the attribute.
func (a uniqueAttribute) path() string {
	prefix := map[string]string{"extension": uniqueExtURN + ":", "part": "box.", "element": "boxes."}
	return prefix[a.place] + a.name
}

func TestUniqueness(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-7-R26+RFC7643-7-R27+RFC7643-7-R24", uniqueValues},
		{"RFC7643-7-R12+RFC7643-7-R13+RFC7643-7-R14", equalValues},
	}, serving(t, uniqueSchemas()...))
}

// uniqueValues: one resource may have a unique value, in any of its forms; a
// refused write changes nothing, and a deleted resource leaves its values behind.
func uniqueValues(c *client) {
	for _, a := range uniqueAttributes() {
		first := c.do("POST", "/Unique", a.body(a.value, "first")).want(201)
		second := c.do("POST", "/Unique", a.body(a.other, "second")).want(201)
		paths := []string{"/Unique/" + first.id(), "/Unique/" + second.id()}
		patch := fmt.Sprintf(`{"op":"replace","value":%s}`, a.body(a.equal, "second"))
		writes := []func() reply{
			func() reply { return c.do("POST", "/Unique", a.body(a.value, "third")) },
			func() reply { return c.do("POST", "/Unique", a.body(a.equal, "third")) },
			func() reply { return c.do("PUT", paths[1], a.body(a.equal, "second")) },
			func() reply { return c.do("PATCH", paths[1], patchBody(patch)) },
		}
		for _, write := range writes {
			r := write()
			if a.uniqueness == "none" {
				r.want(map[string]int{"POST": 201, "PUT/": 200, "PATC": 200}[strings.ReplaceAll(r.what[:4], " ", "/")])
				continue
			}
			r.wantError(409, "uniqueness", a.name)
			equal(c.t, "the second resource", c.do("GET", paths[1], "").raw, second.raw)
		}
		// One's own value, in another form, is no conflict.
		c.do("PUT", paths[0], a.body(a.equal, "first")).want(200)
		c.do("DELETE", paths[0], "").want(204)
		c.do("PUT", paths[1], a.body(a.value, "second")).want(200)
		for _, v := range c.do("GET", "/Unique", "").want(200).resources() {
			c.do("DELETE", "/Unique/"+at(v, "id").(string), "").want(204)
		}
	}
}

// equalValues: filters find the forms of a value that are equal and no others, in
// each place; what is stored is what was sent.
func equalValues(c *client) {
	for _, a := range uniqueAttributes() {
		made := c.do("POST", "/Unique", a.body(a.value, a.name)).want(201)
		if sent := fmt.Sprintf("%q:%s", a.name, a.value); a.place != "many" && !strings.Contains(made.raw, sent) {
			c.t.Errorf("%s comes back as %s", sent, made.raw)
		}
		for literal, want := range map[string]string{a.value: "1", a.equal: "1", a.other: "0"} {
			filter := fmt.Sprintf(`%s eq %s and label eq %q`, a.path(), literal, a.name)
			equal(c.t, filter, c.filter("/Unique", filter).want(200).at("totalResults"), json.Number(want))
		}
		if exact := strings.HasSuffix(a.name, "exact"); exact || strings.HasSuffix(a.name, "folded") {
			for _, operator := range []string{"co", "sw", "ew", "ge", "le"} {
				filter := fmt.Sprintf(`%s %s "aB" and label eq %q`, a.path(), operator, a.name)
				want := json.Number("1")
				if exact && operator != "le" { // in bytes, "Ab" comes before "aB"
					want = "0"
				}
				equal(c.t, filter, c.filter("/Unique", filter).want(200).at("totalResults"), want)
			}
		}
	}
}

// TestDefaultCharacteristics: what a schema leaves out is string, optional, of any
// letter case, readWrite, returned by default and unique nowhere.
func TestDefaultCharacteristics(t *testing.T) {
	prove(t, []proof{{"RFC7643-2.2-R1", func(c *client) {
		shown := c.do("GET", "/Schemas/urn:example:schemas:Plain", "").want(200).at("attributes", 0).(map[string]any)
		for name, want := range map[string]any{
			"type": "string", "multiValued": false, "required": false, "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none",
		} {
			equal(c.t, name, shown[name], want)
		}
		equal(c.t, "canonicalValues", shown["canonicalValues"], nil)
		plain := func(more string) string { return `{"schemas":["urn:example:schemas:Plain"]` + more + `}` }
		c.do("POST", "/Plains", plain("")).want(201)
		made := c.do("POST", "/Plains", plain(`,"plain":"Any Text"`)).want(201)
		c.do("POST", "/Plains", plain(`,"plain":"Any Text"`)).want(201)
		c.do("POST", "/Plains", plain(`,"plain":7`)).wantError(400, "invalidValue", "plain")
		equal(c.t, "letter case", c.filter("/Plains", `plain eq "any text"`).at("totalResults"), 2)
		path := "/Plains/" + made.id()
		equal(c.t, "returned", c.do("GET", path, "").at("plain"), "Any Text")
		equal(c.t, "not asked for", c.do("GET", path+"?attributes=id", "").at("plain"), nil)
		equal(c.t, "replaced", c.do("PUT", path, plain(`,"plain":"other"`)).want(200).at("plain"), "other")
		equal(c.t, "cleared", c.do("PUT", path, plain("")).want(200).at("plain"), nil)
	}}}, serving(t, `{"id":"urn:example:schemas:Plain","attributes":[{"name":"plain"}]}`,
		`{"name":"Plain","endpoint":"/Plains","schema":"urn:example:schemas:Plain"}`))
}
