package mocktarget_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
	"github.com/permiso/scimwright/provisioner/scim"
)

const (
	schemaURN       = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	resourceTypeURN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	configURN       = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
)

// serving configures a server with the resource types of JSON documents.
func serving(t testing.TB, documents ...string) mocktargettest.Option {
	t.Helper()
	texts := make([][]byte, len(documents))
	for i, d := range documents {
		texts[i] = []byte(d)
	}
	types, err := mocktarget.ParseResourceTypes(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return configured(mocktarget.Config{ResourceTypes: types})
}

func TestSchemaDocuments(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-8.7.1-R1+RFC7643-2.4-R10+RFC7643-7-R11", schemasOfTheRFC},
		{"RFC7643-1.2-R1+RFC7643-2.3-R1+RFC7643-2.3.8-R2+RFC7643-2.3.8-R3+RFC7643-7-R7+RFC7643-7-R8+RFC7643-7-R29", schemaTypes},
		{"RFC7643-2.1-R3+RFC7643-7-R5+RFC7643-7-R6+RFC7643-7-R9", schemaNames},
		{"RFC7643-7-R10+RFC7643-7-R28+RFC7643-7-R32+RFC7643-1.1-R1", schemaKeywords},
		{"RFC7643-2.4-R2", schemaParts},
		{"RFC7643-7-R1+RFC7643-7-R3+RFC7643-7-R4+RFC7643-10.2.1-R1", schemaResources},
		{"RFC7643-7-R31", schemaReturned},
		{"RFC7643-3.3-R3", schemaExtensionsAddNames},
		{"RFC7643-3.1-R3+RFC7643-3.1-R4", schemaOfOldCommonAttributes},
	}, serving(t, deviceSchema, legacySchema,
		`{"name":"Device","endpoint":"/Devices","schema":"urn:example:schemas:Device"}`,
		`{"name":"Legacy","endpoint":"/Legacies","schema":"urn:example:schemas:Legacy"}`))
}

// legacySchema lists the common attributes with characteristics that RFC 7643
// section 3.1 overrides, as schemas older than it do.
const legacySchema = `{"id":"urn:example:schemas:Legacy","name":"Legacy","description":"Old.","attributes":[
	{"name":"id","type":"string","returned":"request","mutability":"readWrite","required":true,"description":"Old."},
	{"name":"externalId","type":"string","caseExact":false,"mutability":"immutable","description":"Old."},
	{"name":"meta","type":"complex","returned":"never","description":"Old.","subAttributes":[{"name":"created","type":"string","description":"Old."}]},
	{"name":"label","description":"Its name."}]}`

// A definition is one attribute of /Schemas.
type definition struct {
	urn, path string
	depth     int // 0 for attributes, 1 for sub-attributes
	body      map[string]any
}

// definitions returns all attribute definitions that a server shows, the names in
// the order of the documents.
func definitions(c *client) []definition {
	c.t.Helper()
	var all []definition
	var walk func(urn, prefix string, depth int, list any)
	walk = func(urn, prefix string, depth int, list any) {
		attributes, _ := list.([]any)
		for _, v := range attributes {
			body, ok := v.(map[string]any)
			if !ok {
				c.t.Fatalf("%s: a definition below %q is no object: %v", urn, prefix, v)
			}
			path := prefix + fmt.Sprint(body["name"])
			all = append(all, definition{urn, path, depth, body})
			walk(urn, path+".", depth+1, body["subAttributes"])
		}
	}
	for _, v := range c.do("GET", "/Schemas", "").want(200).resources() {
		walk(fmt.Sprint(at(v, "id")), "", 0, at(v, "attributes"))
	}
	if len(all) < 100 {
		c.t.Fatalf("only %d definitions are shown", len(all))
	}
	return all
}

func (d definition) String() string { return d.urn + ":" + d.path }

func (d definition) text(name string) string { s, _ := d.body[name].(string); return s }

// characteristics writes a definition the way testdata/schemas.txt does.
func (d definition) characteristics() string {
	words := []string{d.path}
	add := func(unless bool, word string) {
		if !unless {
			words = append(words, word)
		}
	}
	add(d.text("type") == "string", d.text("type"))
	add(d.body["multiValued"] == false, "many")
	add(d.body["caseExact"] != true, "exact")
	add(d.body["required"] == false, "required")
	add(d.text("mutability") == "readWrite", d.text("mutability"))
	add(d.text("returned") == "default", d.text("returned"))
	add(d.body["uniqueness"] == nil || d.text("uniqueness") == "none", "unique="+d.text("uniqueness"))
	for name, word := range map[string]string{"canonicalValues": "canonical=", "referenceTypes": "refers="} {
		list, _ := d.body[name].([]any)
		add(list == nil, word+strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ","))
	}
	return strings.Join(words, " ")
}

func schemasOfTheRFC(c *client) {
	text, err := os.ReadFile("testdata/schemas.txt")
	if err != nil {
		c.t.Fatal(err)
	}
	want := map[string]string{}
	urn := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch path, _, _ := strings.Cut(line, " "); {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "urn:"):
			urn = line
		default:
			want[urn+":"+path] = line
		}
	}
	shown := 0
	for _, d := range definitions(c) {
		if !strings.HasPrefix(d.urn, "urn:ietf:") {
			continue
		}
		shown++
		sorted := func(s string) []string { words := strings.Fields(s); slices.Sort(words); return words }
		equal(c.t, d.String(), sorted(d.characteristics()), sorted(want[d.String()]))
		delete(want, d.String())
	}
	for _, missing := range slices.Sorted(maps.Keys(want)) {
		c.t.Errorf("%s is not shown", missing)
	}
	if shown < 140 {
		c.t.Errorf("only %d attributes were compared", shown)
	}
}

// schemaTypes: sub-attributes belong to complex attributes and are simple, but for
// the schema of schemas; letter case and uniqueness mean nothing to complex ones.
func schemaTypes(c *client) {
	types := []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}
	for _, d := range definitions(c) {
		if !slices.Contains(types, d.text("type")) {
			c.t.Errorf("%s is of type %v", d, d.body["type"])
		}
		parts, _ := d.body["subAttributes"].([]any)
		if complex := d.text("type") == "complex"; complex != (len(parts) > 0) {
			c.t.Errorf("%s is %s and has %d sub-attributes", d, d.text("type"), len(parts))
		} else if complex && (d.body["caseExact"] == true || d.body["uniqueness"] != nil && d.body["uniqueness"] != "none") {
			c.t.Errorf("%s is complex, yet caseExact is %v and uniqueness %v", d, d.body["caseExact"], d.body["uniqueness"])
		} else if complex && d.depth > 0 && d.urn != schemaURN {
			c.t.Errorf("%s is complex inside of a complex attribute", d)
		}
	}
	equal(c.t, "the nested part of the schema of schemas",
		slices.ContainsFunc(definitions(c), func(d definition) bool { return d.String() == schemaURN+":attributes.subAttributes.name" }), true)
}

func schemaNames(c *client) {
	grammar := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_$-]*$`)
	for _, d := range definitions(c) {
		name := d.text("name")
		if !grammar.MatchString(name) && name != "$ref" {
			c.t.Errorf("%s: the name is %q", d, name)
		}
		if d.text("description") == "" {
			c.t.Errorf("%s has no description", d)
		}
		if _, ok := d.body["multiValued"].(bool); !ok {
			c.t.Errorf("%s: multiValued is %v", d, d.body["multiValued"])
		}
	}
	for _, v := range c.do("GET", "/Schemas", "").resources() {
		for _, name := range []string{"name", "description"} {
			if s, _ := at(v, name).(string); s == "" {
				c.t.Errorf("%v has no %s", at(v, "id"), name)
			}
		}
	}
	for _, bad := range []string{"1st", "_x", "a b", "a.b", "é", ""} {
		if _, err := scim.ParseSchema([]byte(`{"id":"urn:x","attributes":[{"name":"` + bad + `"}]}`)); err == nil {
			c.t.Errorf("an attribute may be called %q", bad)
		}
	}
}

func schemaKeywords(c *client) {
	keywords := map[string][]string{
		"mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
		"returned":   {"always", "never", "default", "request"},
		"uniqueness": {"none", "server", "global"},
	}
	referrable := append(strings.Fields(c.do("GET", "/ResourceTypes", "").want(200).names("name")), "external", "uri")
	for _, d := range definitions(c) {
		for name, values := range keywords {
			if v := d.body[name]; v != nil && !slices.Contains(values, fmt.Sprint(v)) || v == nil && name != "uniqueness" {
				c.t.Errorf("%s: %s is %v", d, name, v)
			}
		}
		refers, _ := d.body["referenceTypes"].([]any)
		if isReference := d.text("type") == "reference"; isReference != (len(refers) > 0) {
			c.t.Errorf("%s is of type %s with referenceTypes %v", d, d.text("type"), refers)
		}
		for _, v := range refers {
			if !slices.Contains(referrable, fmt.Sprint(v)) {
				c.t.Errorf("%s refers to %v, which is no resource type", d, v)
			}
		}
	}
}

// schemaParts: the sub-attributes that section 2.4 names are of its types.
func schemaParts(c *client) {
	for _, d := range definitions(c) {
		if d.depth != 1 || !strings.Contains(d.urn, ":core:2.0:User") {
			continue
		}
		want, ok := map[string]string{"type": "string", "primary": "boolean", "display": "string", "$ref": "reference"}[d.text("name")]
		if ok && d.text("type") != want {
			c.t.Errorf("%s is of type %s, want %s", d, d.text("type"), want)
		}
	}
}

func schemaResources(c *client) {
	c.createUser("ann", `"`+enterpriseURN+`":{"department":"x"}`)
	c.createGroup("staff")
	c.do("POST", "/Devices", `{"schemas":["urn:example:schemas:Device"],"serial":"1"}`).want(201)
	registered := regexp.MustCompile(`^urn:ietf:params:scim:(schemas|api)(:[A-Za-z0-9.]+)+$`)
	seen := map[string]bool{}
	for _, list := range []string{"?", "/Schemas", "/ResourceTypes"} {
		r := c.do("GET", list, "").want(200)
		resources := append(r.resources(), r.body, c.do("GET", "/ServiceProviderConfig", "").body)
		for _, v := range resources {
			for _, urn := range at(v, "schemas").([]any) {
				seen[fmt.Sprint(urn)] = true
			}
		}
	}
	equal(c.t, "the schemas in use", len(seen), 8)
	for urn := range seen {
		if strings.HasPrefix(urn, "urn:ietf:") && !registered.MatchString(urn) {
			c.t.Errorf("%s has not the shape of a registered URN", urn)
		}
		if urn == listURN {
			continue // messages are not resources
		}
		r := c.do("GET", "/Schemas/"+urn, "").want(200)
		equal(c.t, "id", r.at("id"), urn)
		equal(c.t, "schemas", r.at("schemas"), []any{schemaURN})
	}
}

// schemaReturned: discovery ignores projection, and id is always there.
func schemaReturned(c *client) {
	whole := c.do("GET", "/Schemas/"+userURN, "").want(200)
	for _, query := range []string{"?attributes=name", "?excludedAttributes=id,name"} {
		equal(c.t, query, c.do("GET", "/Schemas/"+userURN+query, "").want(200).raw, whole.raw)
	}
	for _, name := range []string{"id", "name", "description", "attributes", "meta"} {
		if whole.at(name) == nil {
			c.t.Errorf("%s is missing", name)
		}
	}
}

// schemaExtensionsAddNames: no extension repeats a name of its core schema or a
// common one.
func schemaExtensionsAddNames(c *client) {
	core := map[string]bool{"schemas": true, "id": true, "externalid": true, "meta": true}
	var extension []definition
	for _, d := range definitions(c) {
		switch {
		case d.depth > 0:
		case d.urn == userURN:
			core[strings.ToLower(d.path)] = true
		case d.urn == enterpriseURN:
			extension = append(extension, d)
		}
	}
	equal(c.t, "attributes of the extension", len(extension), 6)
	for _, d := range extension {
		if core[strings.ToLower(d.path)] {
			c.t.Errorf("%s redefines an attribute", d)
		}
	}
}

func schemaOfOldCommonAttributes(c *client) {
	const body = `{"schemas":["urn:example:schemas:Legacy"],"id":"mine","externalId":"Ex","label":"x","meta":{"created":"y"}}`
	made := c.do("POST", "/Legacies", body).want(201)
	if made.id() == "mine" {
		c.t.Error("the client's id was adopted")
	}
	path := "/Legacies/" + made.id()
	for _, query := range []string{"", "?attributes=label", "?excludedAttributes=id"} {
		equal(c.t, "id with "+query, c.do("GET", path+query, "").want(200).at("id"), made.id())
	}
	equal(c.t, "meta.resourceType", c.do("GET", path, "").at("meta", "resourceType"), "Legacy")
	equal(c.t, "externalId in another case", c.filter("/Legacies", `externalId eq "ex"`).at("totalResults"), 0)
	r := c.do("PATCH", path, patchBody(`{"op":"replace","path":"externalId","value":"other"}`)).want(200)
	equal(c.t, "externalId", r.at("externalId"), "other")
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"id","value":"other"}`)).wantError(400, "mutability", "id")
}
