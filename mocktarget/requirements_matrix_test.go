package mocktarget_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// The matrix is a resource type with an attribute for each combination of
// mutability and returned, and of mutability and required, in each place that an
// attribute can have: with one value, with many, in an extension, as a part of a
// complex attribute, as a part of the elements of a multi-valued one, and as a
// complex attribute itself, with one value or many.
const (
	matrixURN    = "urn:example:schemas:Matrix"
	matrixExtURN = "urn:example:schemas:MatrixExtension"
)

// A trait is one of these attributes.
type trait struct {
	place, mutability, returned string
	required                    bool
}

func traits() []trait {
	var all []trait
	for _, place := range []string{"one", "many", "extension", "part", "element", "complex", "list"} {
		for _, mutability := range []string{"readOnly", "readWrite", "immutable", "writeOnly"} {
			plain := map[bool]string{true: "never", false: "default"}[mutability == "writeOnly"]
			for _, returned := range []string{"always", "never", "default", "request"} {
				all = append(all, trait{place, mutability, returned, false})
				if returned == plain {
					all = append(all, trait{place, mutability, returned, true})
				}
			}
		}
	}
	return all
}

func (a trait) name() string {
	name := a.place + "_" + a.mutability + "_" + a.returned
	if a.required {
		name += "_required"
	}
	return name
}

// path is how a PATCH, a filter or a projection names the attribute; element
// selects the element of a multi-valued attribute.
func (a trait) path(element string) string {
	switch a.place {
	case "extension":
		return matrixExtURN + ":" + a.name()
	case "part":
		return "box." + a.name()
	case "element":
		return "boxes" + element + "." + a.name()
	default:
		return a.name()
	}
}

const chosen = `[value eq \"v\"]`

// value writes a value of the attribute as JSON.
func (a trait) value(text string) string {
	form := map[string]string{"many": `[%q]`, "complex": `{"part":%q}`, "list": `[{"part":%q}]`}[a.place]
	if form == "" {
		form = `%q`
	}
	return fmt.Sprintf(form, text)
}

// definition is the attribute's definition in a schema.
func (a trait) definition() string {
	text := fmt.Sprintf(`{"name":%q,"multiValued":%v,"mutability":%q,"returned":%q,"required":%v`,
		a.name(), a.place == "many" || a.place == "list", a.mutability, a.returned, a.required)
	if a.place == "complex" || a.place == "list" {
		text += `,"type":"complex","subAttributes":[{"name":"part"}]`
	}
	return text + "}"
}

// in returns the value in a resource, nil if there is none.
func (a trait) in(resource any) any {
	var v any
	switch a.place {
	case "extension":
		v = at(resource, matrixExtURN, a.name())
	case "part":
		v = at(resource, "box", a.name())
	case "element":
		v = at(resource, "boxes", 0, a.name())
	case "complex":
		v = at(resource, a.name(), "part")
	case "list":
		v = at(resource, a.name(), 0, "part")
	default:
		v = at(resource, a.name())
	}
	if list, ok := v.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return v
}

// settable tells whether clients can give the attribute a value.
func (a trait) settable() bool { return a.mutability != "readOnly" }

// shown tells whether a value that was set is in an answer, to a write that gave it
// or a read that asked for it, and to one that did neither.
func (a trait) shown(asked bool) bool {
	return a.settable() && a.mutability != "writeOnly" && a.returned != "never" && (asked || a.returned != "request")
}

// matrixSchemas are the documents that define the type.
func matrixSchemas() []string {
	attributes := map[string][]string{}
	for _, a := range traits() {
		attributes[a.place] = append(attributes[a.place], a.definition())
	}
	list := func(place string) string { return strings.Join(attributes[place], ",") }
	return []string{
		`{"id":"` + matrixURN + `","name":"Matrix","attributes":[` + list("one") + `,` + list("many") + `,` + list("complex") + `,` + list("list") + `,
			{"name":"box","type":"complex","subAttributes":[` + list("part") + `]},
			{"name":"boxes","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},` + list("element") + `]}]}`,
		`{"id":"` + matrixExtURN + `","name":"MatrixExtension","attributes":[` + list("extension") + `]}`,
		`{"name":"Matrix","endpoint":"/Matrix","schema":"` + matrixURN + `","schemaExtensions":[{"schema":"` + matrixExtURN + `","required":false}]}`,
	}
}

// matrix returns the body of a resource; text gives each attribute a value, "" none.
func matrix(text func(trait) string) string {
	members := map[string][]string{"element": {`"value":"v"`}}
	for _, a := range traits() {
		if v := text(a); v != "" {
			members[a.place] = append(members[a.place], fmt.Sprintf("%q:%s", a.name(), a.value(v)))
		}
	}
	list := func(place string) string { return strings.Join(members[place], ",") }
	top := []string{fmt.Sprintf(`"schemas":[%q,%q]`, matrixURN, matrixExtURN)}
	for _, place := range []string{"one", "many", "complex", "list"} {
		top = append(top, members[place]...)
	}
	return fmt.Sprintf(`{%s,%q:{%s},"box":{%s},"boxes":[{%s}]}`, strings.Join(top, ","), matrixExtURN, list("extension"), list("part"), list("element"))
}

// first gives every attribute a value of its own.
func first(a trait) string { return "1-" + a.name() }

// usual is first without what need not be given and is slow to store: secrets.
func usual(a trait) string {
	if a.place == "one" && a.mutability == "writeOnly" && !a.required {
		return ""
	}
	return first(a)
}

// only gives one attribute another value than usual does; "" leaves it out.
func only(one trait, text string) func(trait) string {
	return func(a trait) string {
		if a == one {
			return text
		}
		return usual(a)
	}
}

func requiredOnly(a trait) string {
	if a.required {
		return first(a)
	}
	return ""
}

func TestCharacteristics(t *testing.T) {
	prove(t, []proof{
		{"RFC7643-7-R18+RFC7643-7-R19+RFC7643-7-R20+RFC7643-7-R21+RFC7643-7-R22", matrixReturned},
		{"RFC7643-7-R15+RFC7643-7-R16+RFC7643-7-R17", matrixReplaced},
		{"RFC7643-7-R30", matrixRequired},
		{"RFC7643-7-R15+RFC7643-7-R17+RFC7643-7-R22+RFC7643-7-R30", matrixPatched},
		{"RFC7643-7-R17", matrixSetOnce},
		{"RFC7643-7-R23", matrixFiltered},
	}, serving(t, matrixSchemas()...))
}

// wantShown checks which attributes a resource has, each with its first value.
func wantShown(c *client, what string, resource any, shown func(trait) bool) {
	c.t.Helper()
	for _, a := range traits() {
		want := any(nil)
		if shown(a) {
			want = first(a)
		}
		if got := a.in(resource); got != want {
			c.t.Errorf("%s: %s is %v, want %v", what, a.name(), got, want)
		}
	}
}

// matrixReturned: what an answer has follows from "returned" and the projection.
func matrixReturned(c *client) {
	made := c.do("POST", "/Matrix", matrix(first)).want(201)
	path := "/Matrix/" + made.id()
	whole := func(asked bool) func(trait) bool { return func(a trait) bool { return a.shown(asked) } }
	wantShown(c, "POST", made.body, whole(true))
	wantShown(c, "PUT", c.do("PUT", path, matrix(first)).want(200).body, whole(true))
	wantShown(c, "PATCH of something else", c.do("PATCH", path, patchBody(`{"op":"add","path":"externalId","value":"x"}`)).want(200).body, whole(false))

	var names, quoted []string
	for _, a := range traits() {
		names = append(names, a.path(""))
		quoted = append(quoted, `"`+a.path("")+`"`)
	}
	all := url.QueryEscape(strings.Join(names, ","))
	// Attributes that are always returned are so wherever they are; parts are if
	// anything of what they are parts of is.
	always := func(parts bool) func(trait) bool {
		return func(a trait) bool {
			return a.shown(true) && a.returned == "always" && (parts || a.place != "part" && a.place != "element")
		}
	}
	for _, test := range []struct {
		query string
		shown func(trait) bool
	}{
		{"", whole(false)},
		{"attributes=" + all, whole(true)},
		{"attributes=externalId", always(false)},
		{"attributes=box.part_readWrite_always,boxes.value", always(true)},
		{"excludedAttributes=" + all, always(true)},
		{"excludedAttributes=box,boxes," + all, always(false)},
	} {
		short := test.query[:min(len(test.query), 60)]
		wantShown(c, "GET "+short, c.do("GET", path+"?"+test.query, "").want(200).body, test.shown)
		wantShown(c, "list "+short, c.do("GET", "/Matrix?"+test.query, "").want(200).resources()[0], test.shown)
	}
	found := c.do("POST", "/Matrix/.search", search(`id pr`, `"attributes":[`+strings.Join(quoted, ",")+`]`)).want(200)
	wantShown(c, ".search", found.resources()[0], whole(true))
}

// matrixReplaced: PUT of another value is ignored, taken or refused as "mutability"
// says, and PUT of the same value is never refused.
func matrixReplaced(c *client) {
	path := "/Matrix/" + c.do("POST", "/Matrix", matrix(usual)).want(201).id()
	same := c.do("PUT", path, matrix(usual)).want(200)
	for _, a := range traits() {
		r := c.do("PUT", path, matrix(only(a, "2-"+a.name())))
		if a.mutability == "immutable" {
			r.wantError(400, "mutability", a.name())
			wantShown(c, "after a refused PUT", c.do("GET", path, "").body, func(a trait) bool { return a.shown(false) })
			continue
		}
		want := any(nil)
		if a.shown(true) {
			want = "2-" + a.name()
		}
		equal(c.t, "PUT of "+a.name(), a.in(r.want(200).body), want)
		if a.mutability == "readOnly" {
			equal(c.t, "version after PUT of "+a.name(), r.header.Get("ETag"), same.header.Get("ETag"))
		}
		same = c.do("PUT", path, matrix(usual)).want(200)
	}
}

// matrixRequired: what is required has to be given in POST and PUT, unless only the
// server sets it, and what is optional is cleared by leaving it out.
func matrixRequired(c *client) {
	path := "/Matrix/" + c.do("POST", "/Matrix", matrix(usual)).want(201).id()
	for _, a := range traits() {
		bodies := []string{matrix(only(a, ""))}
		if a.returned == "default" {
			bodies = append(bodies, strings.Replace(matrix(usual), a.value(first(a)), "null", 1))
		}
		for _, body := range bodies {
			posted, put := c.do("POST", "/Matrix", body), c.do("PUT", path, body)
			if a.required && a.settable() {
				posted.wantError(400, "invalidValue", a.name())
				put.wantError(400, "invalidValue", a.name())
				continue
			}
			equal(c.t, "POST without "+a.name(), a.in(posted.want(201).body), nil)
			want := any(nil)
			if a.mutability == "immutable" && a.shown(false) {
				want = first(a) // what was set once stays
			}
			put.want(200)
			equal(c.t, "PUT without "+a.name(), a.in(c.do("GET", path, "").body), want)
			c.do("PUT", path, matrix(usual)).want(200)
		}
	}
}

// matrixPatched: PATCH refuses readOnly attributes, other values of immutable ones
// and the removal of required ones; it returns on request what it was given.
func matrixPatched(c *client) {
	for _, a := range traits() {
		path := "/Matrix/" + c.do("POST", "/Matrix", matrix(usual)).want(201).id()
		patch := func(op, value string) reply {
			operation := fmt.Sprintf(`{"op":%q,"path":"%s"`, op, a.path(chosen))
			if value != "" {
				operation += `,"value":` + a.value(value)
			}
			return c.do("PATCH", path, patchBody(operation+`}`))
		}
		before := c.do("GET", path, "")
		if a.mutability == "readOnly" || a.mutability == "immutable" {
			patch("replace", "2").wantError(400, "mutability", a.name())
			patch("remove", "").wantError(400, "mutability", a.name())
			if a.mutability == "immutable" {
				equal(c.t, "version after the same value", patch("replace", first(a)).want(200).header.Get("ETag"), before.header.Get("ETag"))
			}
			equal(c.t, a.name(), c.do("GET", path, "").raw, before.raw)
			continue
		}
		replaced := patch("replace", "2").want(200)
		for _, other := range traits() {
			want := any(nil)
			switch {
			case other == a && a.shown(true):
				want = "2"
			case other != a && other.shown(false):
				want = first(other)
			}
			equal(c.t, "PATCH of "+a.name()+": "+other.name(), other.in(replaced.body), want)
		}
		if removed := patch("remove", ""); a.required {
			removed.wantError(400, "mutability", a.name())
		} else {
			removed.want(200)
			equal(c.t, "after its removal "+a.name(), a.in(c.do("GET", path+"?attributes="+url.QueryEscape(a.path("")), "").body), nil)
		}
	}
}

// matrixSetOnce: an immutable attribute that has no value can be given one, by PUT
// and by PATCH, and then no other.
func matrixSetOnce(c *client) {
	for _, a := range traits() {
		if a.mutability != "immutable" || a.required {
			continue
		}
		for _, method := range []string{"PUT", "PATCH"} {
			path := "/Matrix/" + c.do("POST", "/Matrix", matrix(requiredOnly)).want(201).id()
			set := func(value string) reply {
				if method == "PATCH" {
					return c.do("PATCH", path, patchBody(fmt.Sprintf(`{"op":"add","path":"%s","value":%s}`, a.path(chosen), a.value(value))))
				}
				return c.do("PUT", path, matrix(func(b trait) string {
					if b == a {
						return value
					}
					return requiredOnly(b)
				}))
			}
			want := any(nil)
			if a.shown(true) {
				want = "once"
			}
			equal(c.t, method+" of "+a.name(), a.in(set("once").want(200).body), want)
			if (a.place == "many" || a.place == "list") && method == "PATCH" {
				continue // adding another value is another question
			}
			set("twice").wantError(400, "mutability", a.name())
		}
	}
}

// matrixFiltered: what is never returned cannot be found out by filters in a URL,
// and the rest can be filtered by.
func matrixFiltered(c *client) {
	c.do("POST", "/Matrix", matrix(usual)).want(201)
	for _, a := range traits() {
		filter := fmt.Sprintf(`%s eq %q`, a.path(""), first(a))
		if a.place == "complex" || a.place == "list" {
			filter = fmt.Sprintf(`%s.part eq %q`, a.path(""), first(a))
		}
		r := c.filter("/Matrix", filter)
		if a.returned == "never" || a.mutability == "writeOnly" {
			r.wantError(403, "sensitive", a.name())
			continue
		}
		want := 0
		if a.settable() {
			want = 1
		}
		equal(c.t, filter, r.want(200).at("totalResults"), json.Number(fmt.Sprint(want)))
	}
}
