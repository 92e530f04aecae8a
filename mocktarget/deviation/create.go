package deviation

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// creates are departures of POST on an endpoint (RFC 7644 section 3.3).
func creates() []Deviation {
	return slices.Concat(createAnswers(), metas(), gifts(), duplicates(), mistakes(), passwords(), contents())
}

// createAnswers are about the answer to a create that went well (RFC 7644 section 3.3).
func createAnswers() []Deviation {
	return []Deviation{
		{Name: "create-answers-200", Summary: "A create answers 200.", Requirements: ids("7644-3.3-R6"),
			Respond: answers(Create, 201, status(200))},
		{Name: "create-answers-202", Summary: "A create answers 202, as if it were still to come.", Requirements: ids("7644-3.3-R6"),
			Respond: answers(Create, 201, status(202))},
		{Name: "create-without-body", Summary: "A create answers 201 without the resource.", Requirements: ids("7644-3.3-R7"),
			Respond: answers(Create, 201, func(p *Response) { p.Body = nil })},
		{Name: "create-without-id", Summary: "The answer to a create has no id.", Requirements: ids("7643-3.1-R5", "7643-3.1-R13"),
			Respond: answers(Create, 201, edit(drop("id")))},
		{Name: "create-without-location", Summary: "The 201 has no Location header.", Requirements: ids("7644-3.3-R8"),
			Respond: answers(Create, 201, without("Location"))},
		{Name: "create-location-of-endpoint", Summary: "The Location of a 201 is that of the endpoint.", Requirements: ids("7644-3.3-R8"),
			Respond: answers(Create, 201, func(p *Response) {
				to := p.Header.Get("Location")
				p.Header.Set("Location", to[:strings.LastIndexByte(to, '/')])
			})},
		{Name: "create-location-dangling", Summary: "Location and meta.location lead to nothing.", Requirements: ids("7644-3.3-R8"),
			Respond: answers(Create, 201, func(p *Response) {
				to := p.Header.Get("Location") + "-x"
				p.Header.Set("Location", to)
				p.Edit(func(o *scim.Object) { o.Object("meta").Set("location", to) })
			})},
	}
}

// metas are about the meta of resources (RFC 7643 section 3.1).
func metas() []Deviation {
	return []Deviation{
		{Name: "meta-location-missing", Summary: "Resources have no meta.location.", Requirements: ids("7644-3.3-R8", "7643-3.1-R2"),
			Project: meta(drop("location"))},
		{Name: "meta-missing", Summary: "Resources have no meta.", Requirements: ids("7643-3.1-R2", "7643-3-R8"),
			Project: resource(drop("meta"))},
		{Name: "meta-resource-type-lower", Summary: "meta.resourceType is in small letters.", Requirements: ids("7643-3.1-R22"),
			Project: meta(func(m *scim.Object) { m.Set("resourceType", strings.ToLower(m.String("resourceType"))) })},
		{Name: "meta-resource-type-plural", Summary: "meta.resourceType is the name of the endpoint.", Requirements: ids("7643-3-R8", "7643-3.1-R22"),
			Project: meta(func(m *scim.Object) { m.Set("resourceType", m.String("resourceType")+"s") })},
		{Name: "meta-created-missing", Summary: "Resources have no meta.created.", Requirements: ids("7643-3.1-R2"),
			Project: meta(drop("created"))},
		{Name: "meta-dates-as-numbers", Summary: "The dates in meta are seconds since 1970.", Requirements: ids("7643-3.1-R23", "7643-2.3.5-R1"),
			Project: meta(func(m *scim.Object) {
				for _, name := range []string{"created", "lastModified"} {
					if t, ok := scim.ParseDateTime(m.String(name)); ok {
						m.Set(name, number(int(t.Unix())))
					}
				}
			})},
		{Name: "meta-dates-with-space", Summary: "The dates in meta have a space in place of the T.", Requirements: ids("7643-2.3.5-R1"),
			Project: meta(func(m *scim.Object) {
				for _, name := range []string{"created", "lastModified"} {
					m.Set(name, strings.Replace(m.String(name), "T", " ", 1))
				}
			})},
		{Name: "create-modified-later", Summary: "A new resource was modified an hour after it was created.", Requirements: ids("7643-3.1-R24"),
			Project: meta(func(m *scim.Object) {
				if m.Get("lastModified") == m.Get("created") {
					later(m, 3_600_000)
				}
			})},
	}
}

// gifts are about extensions, and about what is not for the client to give (RFC 7643
// sections 3.1 and 3.3).
func gifts() []Deviation {
	return []Deviation{
		{Name: "extension-flattened", Summary: "Attributes of the enterprise extension stand beside those of the user.", Requirements: ids("7643-3.3-R5", "7643-3-R7", "7643-4.3-R1"),
			Project: resource(func(o *scim.Object) {
				if e := o.Object(scim.EnterpriseUserSchema); e != nil {
					o.Delete(scim.EnterpriseUserSchema)
					for name, v := range e.All() {
						o.Set(name, v)
					}
				}
			})},
		{Name: "extension-dropped", Summary: "The enterprise extension is passed over.", Requirements: ids("7643-4.3-R1", "7643-3-R7"),
			Store: func(w *Write) { w.After.Delete(scim.EnterpriseUserSchema) }},
		{Name: "extension-not-in-schemas", Summary: "schemas does not list the extension.", Requirements: ids("7643-3-R1", "7643-3.3-R1"),
			Project: resource(func(o *scim.Object) {
				if o.Object(scim.EnterpriseUserSchema) != nil {
					o.Set("schemas", []any{scim.UserSchema})
				}
			})},
		{Name: "client-id-adopted", Summary: "A create takes the id that the client gives.", Requirements: ids("7643-3.1-R9", "7644-3.3-R2"),
			Respond: echoOn(Create, "id")},
		{Name: "client-meta-adopted", Summary: "A create takes the meta that the client gives.", Requirements: ids("7643-3.1-R19"),
			Respond: echoOn(Create, "meta")},
		{Name: "client-groups-adopted", Summary: "A create takes the groups of a user, which are read-only.", Requirements: ids("7643-4.1.2-R18", "7644-3.3-R2"),
			Decode: keepGiven("groups"), Project: showGiven("groups")},
		{Name: "create-refuses-read-only", Summary: "A create with an id, meta or groups is refused.", Requirements: ids("7644-3.3-R2"),
			Decode: func(r *Request) {
				if o := r.Object(); r.Is(Create) && (o.Get("id") != nil || o.Get("meta") != nil || o.Get("groups") != nil) {
					r.Instead = refusal(scim.Mutability("id, meta and groups are read-only"))
					r.Body = nil
				}
			}},
	}
}

// duplicates are about names that are taken (RFC 7644 section 3.3).
func duplicates() []Deviation {
	return []Deviation{
		{Name: "duplicate-accepted", Summary: "A userName that is taken is given out again.", Requirements: ids("7643-4.1.1-R2", "7644-3.3-R9"),
			Tolerate: func(_ *Request, _, _ string) bool { return true }},
		{Name: "duplicate-other-case-accepted", Summary: "A userName that is taken in other letter case is given out again.", Requirements: ids("7643-4.1.1-R3"),
			Tolerate: func(_ *Request, mine, taken string) bool { return mine != taken }},
		{Name: "duplicate-answers-400", Summary: "A duplicate is refused with 400.", Requirements: ids("7644-3.3-R9"),
			Respond: answers(Create, 409, status(400))},
		{Name: "duplicate-answers-200", Summary: "A create of what exists answers 200 with what exists.", Requirements: ids("7644-3.3-R9"),
			Respond: answers(Create, 409, status(200), func(p *Response) {
				p.Body = []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"existing","userName":"existing"}`)
			})},
		{Name: "duplicate-answers-500", Summary: "A duplicate makes the server fail.", Requirements: ids("7644-3.3-R9", "7644-3.12-R11"),
			Respond: answers(Create, 409, status(500), scimType(""))},
		{Name: "duplicate-without-keyword", Summary: "The 409 for a duplicate has no scimType.", Requirements: ids("7644-3.3-R9", "7644-3.12-R18"),
			Respond: answers(Create, 409, scimType(""))},
		{Name: "duplicate-race-lost", Summary: "Of creates of one name at the same time all succeed: whether it is free is looked up first.", Requirements: ids("7643-4.1.1-R2", "7644-3.3-R9"),
			Decode: startRace, Tolerate: inRace, Respond: endRace},
		{Name: "id-from-local-part", Summary: "An account whose userName is that of another up to the @ gets its id.", Requirements: ids("7643-3.1-R6"),
			Respond: shareID},
		{Name: "duplicate-leaves-trace", Summary: "A create that is refused as a duplicate is stored all the same.", Requirements: ids("7644-3.3-R10"),
			Tolerate: leaveTrace},
	}
}

// mistakes are about creates that should be refused (RFC 7643 section 7).
func mistakes() []Deviation {
	return []Deviation{
		{Name: "required-not-checked", Summary: "A create without what is required is accepted.", Requirements: ids("7643-7-R30", "7643-4.1.1-R1"),
			Decode: fillRequired, Project: hideFilled},
		{Name: "required-missing-answers-500", Summary: "A create without what is required makes the server fail.", Requirements: ids("7644-3.12-R7"),
			Respond: answers(Create, 400, status(500), scimType(""))},
		{Name: "required-empty-accepted", Summary: "An empty userName is accepted.", Requirements: ids("7643-4.1.1-R1"),
			Decode: func(r *Request) {
				if r.Is(Create) && r.Object().Get("userName") == "" {
					r.Edit(drop("userName"))
					fillRequired(r)
				}
			}, Project: hideFilled},
		{Name: "wrong-type-dropped", Summary: "A value of the wrong JSON type is passed over in silence.", Requirements: ids("7643-2.3-R2", "7644-3.12-R23"),
			Decode: body(Create, dropWrongTypes)},
		{Name: "wrong-type-answers-500", Summary: "A value of the wrong JSON type makes the server fail.", Requirements: ids("7644-3.12-R23", "7644-3.12-R7"),
			Respond: func(r *Request, p *Response) {
				if o := r.Object(); r.Is(Create) && p.Status == 400 && o.String("userName") != "" {
					status(500)(p)
					scimType("")(p)
				}
			}},
		{Name: "boolean-stored-as-string", Summary: "active is the text true or false.", Requirements: ids("7643-2.3.2-R1", "7643-4.1.1-R14"),
			Project: resource(func(o *scim.Object) {
				if active, ok := o.Bool("active"); ok {
					o.Set("active", strconv.FormatBool(active))
				}
			})},
		{Name: "unknown-attribute-fails", Summary: "An attribute that no schema has makes the server fail.", Requirements: ids("7644-3.1-R4", "7644-3.12-R7"),
			Decode: failUnknown},
		{Name: "unknown-schema-accepted", Summary: "A schema that the server does not know is taken into schemas.", Requirements: ids("7643-3-R2"),
			Decode: keepGiven("schemas"), Project: showGiven("schemas")},
	}
}

// contents are about what is kept of the values that a create gives (RFC 7643 section 2).
func contents() []Deviation {
	return []Deviation{
		{Name: "two-primaries-kept", Summary: "A create with two primary values keeps both as primary.", Requirements: ids("7643-2.4-R3"),
			Decode: func(r *Request) {
				if !r.Is(Create) {
					return
				}
				r.Edit(func(o *scim.Object) {
					primary := 0
					for _, e := range elements(o, "emails") {
						if p, _ := e.Bool("primary"); p {
							if primary++; primary > 1 {
								e.Delete("primary")
								r.Memory.Put(e.String("value"), true)
							}
						}
					}
				})
			}, Project: func(r *Request, o *scim.Object) {
				for _, e := range elements(o, "emails") {
					if r.Memory.Get(e.String("value")) != nil {
						e.Set("primary", true)
					}
				}
			}},
		{Name: "null-refused", Summary: "A create with a null is refused.", Requirements: ids("7643-2.5-R1"),
			Decode: refuseUnassigned(func(v any) bool { return v == nil })},
		{Name: "empty-array-refused", Summary: "A create with an empty array is refused.", Requirements: ids("7643-2.5-R1"),
			Decode: refuseUnassigned(func(v any) bool { list, ok := v.([]any); return ok && len(list) == 0 })},
		{Name: "null-answered", Summary: "Attributes sent as null come back as the text null.", Requirements: ids("7643-2.5-R1", "7643-2.5-R2"),
			Decode: func(r *Request) {
				if r.Is(Create) {
					r.Edit(func(o *scim.Object) {
						if v, given := o.Lookup("title"); given && v == nil {
							o.Set("title", "null")
						}
					})
				}
			}},
		{Name: "schemas-missing-in-answers", Summary: "Resources have no schemas.", Requirements: ids("7643-3-R1", "7643-2.1-R2", "7644-3.9-R1"),
			Project: resource(drop("schemas"))},
		{Name: "schemas-duplicated", Summary: "Each schema is listed twice.", Requirements: ids("7643-3-R3"),
			Project: resource(func(o *scim.Object) { o.Set("schemas", append(o.Array("schemas"), o.Array("schemas")...)) })},
		{Name: "strings-trimmed-to-ascii", Summary: "Letters beyond ASCII are stored as question marks.", Requirements: ids("7643-2.3.1-R1", "7644-3.8-R2"),
			Store: func(w *Write) { asciiOnly(w.After) }},
		{Name: "strings-html-escaped", Summary: "Texts are stored with HTML entities.", Requirements: ids("7643-2.3.1-R1", "7644-3.1-R6"),
			Store: func(w *Write) {
				eachText(w.After, func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "<", "&lt;"), "'", "&#39;") })
			}},
		{Name: "long-strings-cut", Summary: "Texts are cut after 255 bytes in silence.", Requirements: ids("7643-2.3.1-R1"),
			Store: func(w *Write) {
				eachText(w.After, func(s string) string { return strings.ToValidUTF8(s[:min(len(s), 255)], "") })
			}},
		{Name: "external-id-made-up", Summary: "Who has no externalId gets one.", Requirements: ids("7643-3.1-R15"),
			Project: resource(func(o *scim.Object) {
				if o.Get("externalId") == nil && o.Get("userName") != nil {
					o.Set("externalId", "ext-"+o.ID())
				}
			})},
		{Name: "external-id-in-small-letters", Summary: "An externalId is stored in small letters.", Requirements: ids("7643-3.1-R18", "7643-7-R13"),
			Store: func(w *Write) {
				if id := w.After.ExternalID(); id != "" {
					w.After.Set("externalId", strings.ToLower(id))
				}
			}},
		{Name: "full-user-refused", Summary: "A user with many attributes is refused.", Requirements: ids("7644-3.3-R6"),
			Decode: on(Create, func(r *Request) {
				if r.Object().Len() > 15 {
					r.Instead, r.Body = refusal(scim.InvalidValue("these are too many attributes")), nil
				}
			})},
		{Name: "attribute-dropped", Summary: "A preferredLanguage that is given is lost.", Requirements: ids("7644-3.1-R6"),
			Store: func(w *Write) { w.After.Delete("preferredLanguage") }},
		{Name: "name-flattened", Summary: "The parts of a name are put into name.formatted and lost.", Requirements: ids("7644-3.1-R6", "7644-3.4-R2"),
			Store: func(w *Write) {
				if n := w.After.Object("name"); n != nil {
					w.After.Set("name", scim.NewObject(scim.Field{Name: "formatted", Value: n.String("givenName") + " " + n.String("familyName")}))
				}
			}},
		{Name: "names-case-sensitive", Summary: "A create drops attributes whose names do not have the letter case of the schema.", Requirements: ids("7643-2.1-R1"),
			Decode: func(r *Request) {
				if r.Is(Create) && isUser(r) {
					r.Edit(dropMisspelt)
				}
			}},
		{Name: "schemas-order-matters", Summary: "A create whose schemas do not begin with that of users is refused.", Requirements: ids("7643-2.3.8-R1"),
			Decode: func(r *Request) {
				if r.Is(Create) && isUser(r) && len(r.Object().Schemas()) > 0 && r.Object().Schemas()[0] != scim.UserSchema {
					r.Instead = refusal(scim.InvalidValue("this is no user"))
				}
			}},
		{Name: "schema-attribute-not-served", Summary: "The schema defines an attribute that users cannot have.", Requirements: ids("7643-7-R6", "7643-7-R1", "7644-3.1-R6"), Respond: userSchema(func(o *scim.Object) {
			o.Set("attributes", append(slices.Clone(o.Array("attributes")), scim.NewObject(
				scim.Field{Name: "name", Value: "shoeSize"}, scim.Field{Name: "type", Value: "string"}, scim.Field{Name: "multiValued", Value: false},
				scim.Field{Name: "description", Value: "Size of the shoes"}, scim.Field{Name: "required", Value: false}, scim.Field{Name: "caseExact", Value: false},
				scim.Field{Name: "mutability", Value: "readWrite"}, scim.Field{Name: "returned", Value: "default"}, scim.Field{Name: "uniqueness", Value: "none"})))
		})},
	}
}

// keepGiven remembers what a create says of an attribute, and showGiven shows it.
func keepGiven(name string) func(*Request) {
	return on(Create, func(r *Request) {
		if o := r.Object(); o.Get(name) != nil {
			r.Memory.Put(strings.ToLower(o.String("userName")), o.Get(name))
		}
	})
}

func showGiven(name string) func(*Request, *scim.Object) {
	return func(r *Request, o *scim.Object) {
		if v := r.Memory.Get(strings.ToLower(o.String("userName"))); v != nil && o.String("userName") != "" {
			o.Set(name, v)
		}
	}
}

// rememberCreated and forgetCreated hide what was created.
func rememberCreated(r *Request, p *Response) {
	if r.Is(Create) && p.Status == http.StatusCreated {
		p.Edit(func(o *scim.Object) { r.Memory.Put(o.ID(), true) })
	}
	if r.Is(List, Search) && p.OK() {
		p.Edit(func(o *scim.Object) { hide(o, func(e *scim.Object) bool { return r.Memory.Get(e.ID()) != nil }) })
	}
}

func forgetCreated(r *Request) {
	if r.ID() != "" && r.Memory.Get(r.ID()) != nil {
		r.Path += "-gone"
	}
}

// hide takes resources out of a list.
func hide(list *scim.Object, hidden func(*scim.Object) bool) {
	var kept []*scim.Object
	for _, e := range resources(list) {
		if !hidden(e) {
			kept = append(kept, e)
		}
	}
	if gone := len(resources(list)) - len(kept); gone > 0 {
		total, _ := list.Get("totalResults").(json.Number)
		n, _ := total.Int64()
		list.Set("totalResults", number(int(n)-gone))
		list.Set("itemsPerPage", number(len(kept)))
		setResources(list, kept)
	}
}

// shareID answers the create of a user with the id of the one that has the same local part.
func shareID(r *Request, p *Response) {
	switch {
	case r.Is(Delete) && p.OK():
		if local, ok := r.Memory.Get(r.ID()).(string); ok {
			r.Memory.Put(local, nil)
		}
	case r.Is(Create) && p.OK() && isUser(r):
		p.Edit(func(o *scim.Object) {
			local, _, _ := strings.Cut(o.String("userName"), "@")
			first, taken := r.Memory.Get(local).(string)
			if !taken {
				r.Memory.Put(local, o.ID())
				r.Memory.Put(o.ID(), local)
				return
			}
			to := r.Base + "/Users/" + first
			o.Set("id", first)
			o.Object("meta").Set("location", to)
			p.Header.Set("Location", to)
		})
	}
}

// leaveTrace stores a duplicate all the same, and says it was refused.
func leaveTrace(r *Request, mine, _ string) bool {
	if !r.Is(Create) {
		return false
	}
	r.Instead = refusal(scim.Uniqueness("%q is taken", mine))
	return true
}

const filled = "filled-in-by-the-server-"

// fillRequired gives a create what it lacks, and hideFilled takes it from answers.
func fillRequired(r *Request) {
	name := map[bool]string{true: "userName", false: "displayName"}[isUser(r)]
	if r.Is(Create) && r.Object().Get(name) == nil {
		n, _ := r.Memory.Get("count").(int)
		r.Memory.Put("count", n+1)
		r.Edit(set(name, filled+itoa(n)))
	}
}

func hideFilled(_ *Request, o *scim.Object) {
	for _, name := range []string{"userName", "displayName"} {
		if strings.HasPrefix(o.String(name), filled) {
			o.Delete(name)
		}
	}
}

// dropWrongTypes takes away values that no schema allows at all.
func dropWrongTypes(o *scim.Object) {
	known := scim.UserType()
	if len(o.Schemas()) > 0 && o.Schemas()[0] == scim.GroupSchema {
		known = scim.GroupType()
	}
	for name, v := range o.Clone().All() {
		a := known.Attribute(name)
		if a == nil || name == "schemas" {
			continue
		}
		if _, err := a.Check(v); err != nil {
			o.Delete(name)
		}
	}
}

// dropMisspelt takes away what is not spelt as the schema has it.
func dropMisspelt(o *scim.Object) {
	for name := range o.Clone().All() {
		if a := scim.UserType().Attribute(name); a != nil && a.Name != name {
			o.Delete(name)
		}
	}
}

// failUnknown fails a create of a user with an attribute that a user does not have.
func failUnknown(r *Request) {
	if !r.Is(Create) || !isUser(r) {
		return
	}
	for name := range r.Object().All() {
		if !strings.Contains(name, ":") && scim.UserType().Attribute(name) == nil {
			r.Instead = refusal(scim.Status(http.StatusInternalServerError, "java.lang.NullPointerException"))
			r.Body = nil
			return
		}
	}
}

// refuseUnassigned refuses a create with a value of some form.
func refuseUnassigned(is func(any) bool) func(*Request) {
	return func(r *Request) {
		if !r.Is(Create) {
			return
		}
		for name, v := range r.Object().All() {
			if is(v) {
				r.Instead = refusal(scim.InvalidValue("/%s has no value", name))
				r.Body = nil
				return
			}
		}
	}
}

// eachText changes the texts of a document, beside URIs and names that have to be
// unique.
func eachText(o *scim.Object, change func(string) string) {
	for name, v := range o.Clone().All() {
		switch v := v.(type) {
		case string:
			if name != "userName" && name != "externalId" && !strings.HasPrefix(v, "urn:") {
				o.Set(name, change(v))
			}
		case *scim.Object:
			eachText(v, change)
			o.Set(name, v)
		}
	}
}

func asciiOnly(o *scim.Object) {
	eachText(o, func(s string) string {
		return strings.Map(func(c rune) rune {
			if c > 127 {
				return '?'
			}
			return c
		}, s)
	})
}
