package mocktarget_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const kindsURN = "urn:example:schemas:Kinds"

// kindsSchema has an attribute of each type, with one value and with many, and the
// same again inside of a complex attribute.
var kindsSchema = `{"id":"` + kindsURN + `","name":"Kinds","attributes":[` + kinds("") + `,` + kinds("many") + `,
	{"name":"box","type":"complex","subAttributes":[` + kinds("") + `]},
	{"name":"boxes","type":"complex","multiValued":true,"subAttributes":[` + kinds("") + `,
		{"name":"value"},{"name":"type","canonicalValues":["old","new"]},{"name":"display"},{"name":"primary","type":"boolean"}]}]}`

// kinds defines an attribute of each simple type.
func kinds(prefix string) string {
	var list []string
	for _, typ := range strings.Fields("string boolean decimal integer dateTime binary reference") {
		name := typ
		if prefix != "" {
			name = prefix + strings.ToUpper(typ[:1]) + typ[1:]
		}
		more := ""
		if typ == "reference" {
			more = `,"referenceTypes":["uri"]`
		}
		list = append(list, fmt.Sprintf(`{"name":%q,"type":%q,"multiValued":%v%s}`, name, typ, prefix != "", more))
	}
	return strings.Join(list, ",")
}

// kind returns the body of a resource of that schema.
func kind(members ...string) string { return `{"schemas":["` + kindsURN + `"]` + comma(members) + `}` }

// placed writes a value in each place that an attribute of a type has.
func placed(typ, value string) []string {
	upper := strings.ToUpper(typ[:1]) + typ[1:]
	return []string{
		fmt.Sprintf(`%q:%s`, typ, value), fmt.Sprintf(`"many%s":[%s]`, upper, value),
		fmt.Sprintf(`"box":{%q:%s}`, typ, value), fmt.Sprintf(`"boxes":[{%q:%s}]`, typ, value),
	}
}

// refuseKind wants a value to be refused in each place of a type's attributes.
func refuseKind(c *client, typ, value string) {
	c.t.Helper()
	for _, where := range placed(typ, value) {
		name, _, _ := strings.Cut(where[1:], `"`)
		c.do("POST", "/Kinds", kind(where)).wantError(400, "invalidValue", "/"+name)
	}
}

func TestTypes(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-2.3-R2+RFC7643-2.3.2-R1+RFC7643-2.4-R1", typesOfJSON},
		{"RFC7643-2.3.3-R1", typeDecimal},
		{"RFC7643-2.3.4-R1", typeInteger},
		{"RFC7643-2.3.5-R1+RFC7643-2.3.5-R2", typeDateTime},
		{"RFC7643-2.3.6-R1+RFC7643-2.3.6-R2+RFC7643-2.3.6-R3+RFC7643-2.3.6-R4", typeBinary},
		{"RFC7643-2.3.7-R1+RFC7643-2.3.7-R3", typeReference},
		{"RFC7643-2.3.1-R1", typeString},
		{"RFC7643-2.3.8-R1", memberOrder},
		{"RFC7643-2.1-R1", letterCaseOfNames},
		{"RFC7643-2.3.1-R3+RFC7643-7-R11+RFC7643-2.4-R7", canonicalValues},
	}, serving(t, kindsSchema, `{"name":"Kinds","endpoint":"/Kinds","schema":"`+kindsURN+`"}`))
}

// typesOfJSON: a value comes back as the JSON that its type maps to, and any other
// JSON is refused with the attribute named.
func typesOfJSON(c *client) {
	right := map[string]string{
		"string": `"x"`, "boolean": `true`, "decimal": `1.5`, "integer": `7`, "dateTime": `"2026-01-02T03:04:05Z"`,
		"binary": `"AQID"`, "reference": `"https://example.com/"`,
	}
	wrong := map[string][]string{
		"string": {`1`, `true`, `{"a":1}`, `{}`, `[]`}, "boolean": {`"true"`, `"True"`, `1`, `{}`, `[]`, `"yes"`}, "decimal": {`"1.5"`, `true`},
		"integer": {`"7"`, `7.5`, `false`}, "dateTime": {`1767323045`, `true`}, "binary": {`1`, `[1]`}, "reference": {`1`, `{"a":"b"}`},
	}
	for typ, value := range right {
		for _, where := range placed(typ, value) {
			name, _, _ := strings.Cut(where[1:], `"`)
			made := c.do("POST", "/Kinds", kind(where)).want(201)
			if text := `"` + name + `":` + where[strings.Index(where, ":")+1:]; !strings.Contains(made.raw, text) {
				c.t.Errorf("%s comes back otherwise: %s", where, made.raw)
			}
			var got any
			if err := json.Unmarshal([]byte(`{`+where+`}`), &got); err != nil {
				c.t.Fatal(err)
			}
			equal(c.t, where, fmt.Sprint(made.at(name)), fmt.Sprint(at(got, name)))
		}
		before := c.do("GET", "/Kinds?count=0", "").at("totalResults")
		for _, value := range wrong[typ] {
			refuseKind(c, typ, value)
		}
		equal(c.t, "resources after the refusals", c.do("GET", "/Kinds?count=0", "").at("totalResults"), before)
		many := "many" + strings.ToUpper(typ[:1]) + typ[1:]
		c.do("POST", "/Kinds", kind(fmt.Sprintf(`%q:%s`, many, value))).wantError(400, "invalidValue", many)
		c.do("POST", "/Kinds", kind(fmt.Sprintf(`%q:[%s]`, typ, value))).wantError(400, "invalidValue", typ)
	}
	c.do("POST", "/Kinds", kind(`"boxes":{"value":"x"}`)).wantError(400, "invalidValue", "boxes")
	c.do("POST", "/Kinds", kind(`"box":[{"string":"x"}]`)).wantError(400, "invalidValue", "box")
	c.do("POST", "/Kinds", kind(`"box":"x"`)).wantError(400, "invalidValue", "box")
	path := "/Kinds/" + c.do("POST", "/Kinds", kind()).want(201).id()
	r := c.do("PATCH", path, patchBody(`{"op":"add","path":"boxes","value":{"value":"x"}}`)).want(200)
	equal(c.t, "boxes after a single value", r.at("boxes"), []any{map[string]any{"value": "x"}})
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"boolean","value":"True"}`)).wantError(400, "invalidValue", "boolean")
}

// typeDecimal: no digit is lost, and there is a digit on either side of the point.
func typeDecimal(c *client) {
	lexical := regexp.MustCompile(`"decimal":-?[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?[,}]`)
	for sent, want := range map[string]string{
		"1.50": "1.50", "-0.001": "-0.001", "5": "5.0", "-3": "-3.0", "2e3": "2.0e3", "123456789.123456789123456789": "123456789.123456789123456789",
	} {
		made := c.do("POST", "/Kinds", kind(`"decimal":`+sent)).want(201)
		equal(c.t, "decimal", made.at("decimal"), want)
		if !lexical.MatchString(made.raw) {
			c.t.Errorf("%s comes back as %s", sent, made.raw)
		}
		equal(c.t, "found as it was sent", c.filter("/Kinds", "decimal eq "+sent).at("totalResults"), 1)
	}
}

func typeInteger(c *client) {
	for _, n := range []string{"0", "-1", "9007199254740993", "9223372036854775808", "123456789012345678901234567890"} {
		made := c.do("POST", "/Kinds", kind(`"integer":`+n)).want(201)
		equal(c.t, "integer", made.at("integer"), n)
		equal(c.t, "found", c.filter("/Kinds", "integer eq "+n).names("integer"), n)
	}
	equal(c.t, "its neighbour", c.filter("/Kinds", "integer eq 9007199254740992").at("totalResults"), 0)
	for _, n := range []string{"1.0", "1e3", "1E0", "0.5"} {
		refuseKind(c, "integer", n)
	}
	for _, n := range []string{"01", "+1", "1.", ".5", "0x10", "NaN", "--1"} {
		c.do("POST", "/Kinds", kind(`"integer":`+n)).wantError(400, "invalidSyntax")
	}
}

func typeDateTime(c *client) {
	for _, when := range []string{
		"2026-01-02T03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.123456789012Z", "2026-01-02T03:04:05+14:00",
		"2026-01-02T03:04:05-00:30", "2024-02-29T00:00:00Z", "2026-01-02T24:00:00Z", "-0044-03-15T12:00:00Z", "12026-01-02T03:04:05Z",
	} {
		made := c.do("POST", "/Kinds", kind(`"dateTime":"`+when+`"`)).want(201)
		equal(c.t, "dateTime", made.at("dateTime"), when)
	}
	for _, when := range []string{
		"yesterday", "2026-01-02", "03:04:05Z", "2026-01-02 03:04:05Z", "2026-01-02T03:04Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
		"2026-01-02T25:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+15:00", "2026-01-02T03:04:05z", "26-01-02T03:04:05Z", "",
	} {
		refuseKind(c, "dateTime", `"`+when+`"`)
	}
	path := "/Kinds/" + c.do("POST", "/Kinds", kind(`"string":"instant","dateTime":"2026-06-01T12:00:00+02:00"`)).want(201).id()
	before := c.do("GET", path, "").raw
	c.do("PATCH", path, patchBody(`{"op":"replace","path":"dateTime","value":"tomorrow"}`)).wantError(400, "invalidValue", "dateTime")
	equal(c.t, "the resource", c.do("GET", path, "").raw, before)
	equal(c.t, "the same instant", c.filter("/Kinds", `dateTime eq "2026-06-01T10:00:00.000Z"`).names("string"), "instant")
	equal(c.t, "created", c.filter("/Kinds", `meta.created gt "2001-01-01T00:00:00Z" and string pr`).names("string"), "instant")
	c.filter("/Kinds", `dateTime gt "2026-01-02"`).wantError(400, "invalidFilter", "dateTime")
}

func typeBinary(c *client) {
	standard := base64.StdEncoding.EncodeToString([]byte{0xfb, 0xff, 0xfe, 1})
	if !strings.ContainsAny(standard, "+/") {
		c.t.Fatalf("%s does not tell the alphabets apart", standard)
	}
	for _, text := range []string{standard, strings.TrimRight(standard, "="), "AQID", "AQ", "AQ=="} {
		made := c.do("POST", "/Kinds", kind(`"binary":"`+text+`"`)).want(201)
		equal(c.t, "binary", made.at("binary"), text)
	}
	// No definition here prescribes the URL-safe alphabet.
	for _, text := range []string{strings.NewReplacer("+", "-", "/", "_").Replace(standard), "AQI$", "A", "AQ=", "AQID====", `AQ\nID`, "AQ ID", "=AQI"} {
		refuseKind(c, "binary", `"`+text+`"`)
	}
	equal(c.t, "found", c.filter("/Kinds", `binary eq "AQID"`).at("totalResults"), 1)
	equal(c.t, "in another case", c.filter("/Kinds", `binary eq "aqid"`).at("totalResults"), 0)
}

func typeReference(c *client) {
	for _, uri := range []string{"https://example.com/a?b=c#d", "urn:ietf:params:scim:x", "Users/1", "../Groups/2", "/Users/3", "mailto:a@x.org"} {
		made := c.do("POST", "/Kinds", kind(`"reference":"`+uri+`"`)).want(201)
		equal(c.t, "reference", made.at("reference"), uri)
	}
	for _, text := range []string{"::no", "a b", "<x>", "http://[::1", "%zz"} {
		refuseKind(c, "reference", `"`+text+`"`)
	}
	equal(c.t, "found", c.filter("/Kinds", `reference eq "../Groups/2"`).at("totalResults"), 1)
	equal(c.t, "in another case", c.filter("/Kinds", `reference eq "../groups/2"`).at("totalResults"), 0)
	c.do("POST", "/Users", user("web", `"profileUrl":"/not/outside"`)).wantError(400, "invalidValue", "profileUrl")
}

func typeString(c *client) {
	for _, text := range []string{"Zoë 家 𝔘", "e\u0301", "tab\tand\nline", " both ends ", "\u2028", "👩‍👩‍👧", strings.Repeat("é", 5000), `quote " and \ back`} {
		sent, _ := json.Marshal(text)
		made := c.do("POST", "/Kinds", kind(`"string":`+string(sent), `"manyString":[`+string(sent)+`]`)).want(201)
		for _, r := range []reply{made, c.do("GET", "/Kinds/"+made.id(), "").want(200)} {
			equal(c.t, "string", r.at("string"), text)
			equal(c.t, "element", r.at("manyString", 0), text)
			equal(c.t, "charset", strings.Contains(r.header.Get("Content-Type"), "charset"), false)
		}
	}
	c.do("POST", "/Kinds", kind("\"string\":\"\xff\"")).wantError(400, "invalidSyntax", "UTF-8")
}

// memberOrder: the same members in another order are the same resource.
func memberOrder(c *client) {
	members := []string{`"userName":"order"`, `"name":{"givenName":"A","familyName":"B"}`, `"emails":[{"value":"a@x.org","type":"work"}]`, `"schemas":["` + userURN + `"]`}
	made := c.do("POST", "/Users", "{"+strings.Join(members, ",")+"}").want(201)
	slices.Reverse(members)
	members[2] = `"name":{"familyName":"B","givenName":"A"}`
	members[1] = `"emails":[{"type":"work","value":"a@x.org"}]`
	again := c.do("PUT", "/Users/"+made.id(), "{"+strings.Join(members, ",")+"}").want(200)
	equal(c.t, "the resource", again.body, made.body)
	c.do("PATCH", "/Users/"+made.id(), `{"Operations":[{"value":"x","path":"title","op":"add"}],"schemas":["`+patchURN+`"]}`).want(200)
}

func letterCaseOfNames(c *client) {
	made := c.do("POST", "/Kinds", `{"Schemas":["`+kindsURN+`"],"STRING":"a","BOX":{"String":"b"},"Boxes":[{"VALUE":"c","Primary":true}]}`).want(201)
	equal(c.t, "string", made.at("string"), "a")
	equal(c.t, "box", made.at("box"), map[string]any{"string": "b"})
	equal(c.t, "boxes", made.at("boxes"), []any{map[string]any{"value": "c", "primary": true}})
	path := "/Kinds/" + made.id()
	r := c.do("PUT", path, `{"schemas":["`+kindsURN+`"],"sTRING":"d","boxes":[{"vALUE":"e"}]}`).want(200)
	equal(c.t, "string", r.at("string"), "d")
	r = c.do("PATCH", path, patchBody(`{"op":"replace","path":"STRING","value":"f"}`, `{"OP":"add","PATH":"bOXES[VALUE eq \"e\"].DISPLAY","VALUE":"g"}`)).want(200)
	equal(c.t, "string", r.at("string"), "f")
	equal(c.t, "display", r.at("boxes", 0, "display"), "g")
	equal(c.t, "filter", c.filter("/Kinds", `BOXES.Value eq "e" and String eq "f"`).at("totalResults"), 1)
	equal(c.t, "projection", c.do("GET", path+"?attributes=BOXES.DISPLAY", "").at("boxes", 0), map[string]any{"display": "g"})
	c.do("POST", "/Kinds", `{"schemas":["`+kindsURN+`"],"string":"a","String":"b"}`).wantError(400, "invalidSyntax", "String")
}

// canonicalValues are suggestions: others are kept, and so is the type of an element.
func canonicalValues(c *client) {
	for _, typ := range []string{"old", "new", "never seen"} {
		made := c.do("POST", "/Kinds", kind(`"boxes":[{"value":"x","type":"`+typ+`"}]`)).want(201)
		equal(c.t, "type", made.at("boxes", 0, "type"), typ)
	}
}
