package deviation

import (
	"net/http"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// reads are departures of GET of one resource (RFC 7644 section 3.4.1).
func reads() []Deviation {
	return []Deviation{
		{Name: "read-answers-404", Summary: "A resource is not found under its id.", Requirements: ids("7644-3.4.1-R1"),
			Route: instead(Get, 404, "not found")},
		{Name: "read-unknown-answers-200", Summary: "A read of an unknown id answers 200 with an empty object.", Requirements: ids("7644-3.4.1-R2"),
			Respond: answers(Get, 404, func(p *Response) { p.Status, p.Body = 200, []byte(`{}`) })},
		{Name: "read-unknown-answers-204", Summary: "A read of an unknown id answers 204.", Requirements: ids("7644-3.4.1-R2"),
			Respond: answers(Get, 404, empty)},
		{Name: "read-unknown-answers-500", Summary: "A read of an unknown id makes the server fail.", Requirements: ids("7644-3.4.1-R2", "7644-3.12-R10"),
			Respond: answers(Get, 404, status(500))},
		{Name: "read-as-list", Summary: "A read by id answers a list of one.", Requirements: ids("7644-3.4.1-R1"),
			Respond: answers(Get, 200, func(p *Response) {
				if o, err := scim.ParseObject(p.Body); err == nil {
					page := scim.ListResponse{TotalResults: 1, StartIndex: 1, ItemsPerPage: 1, Resources: []*scim.Object{o}}
					p.Body = page.AppendJSON(nil)
				}
			})},
		{Name: "read-other-id", Summary: "A read shows another id than the one it was asked for.", Requirements: ids("7643-3.1-R7"),
			Respond: answers(Get, 200, edit(func(o *scim.Object) { o.Set("id", o.ID()+"-r") }))},
		{Name: "create-not-stored", Summary: "A create answers 201 and stores nothing.", Requirements: ids("7644-3.3-R1", "7644-3.4.1-R1"),
			Route: forgetCreated, Respond: rememberCreated},
		{Name: "read-without-id", Summary: "A read shows no id.", Requirements: ids("7643-3.1-R5", "7643-3.1-R13"),
			Respond: answers(Get, 200, edit(drop("id")))},
		{Name: "read-id-as-number", Summary: "A read shows the id as a number.", Requirements: ids("7643-2.3-R2", "7643-3.1-R5"),
			Respond: answers(Get, 200, edit(set("id", number(42))))},
		{Name: "read-moves-modified", Summary: "Each read moves meta.lastModified.", Requirements: ids("7643-3.1-R25"),
			Project: func(r *Request, o *scim.Object) {
				m := o.Object("meta")
				if !r.Is(Get) || m == nil {
					return
				}
				n, _ := r.Memory.Get(o.ID()).(int)
				r.Memory.Put(o.ID(), n+1)
				later(m, n+1)
			}},
		{Name: "read-drops-attributes", Summary: "A read lacks the name that the create has shown.", Requirements: ids("7644-3.4-R2", "7644-3.9-R1"),
			Project: func(r *Request, o *scim.Object) {
				if r.Is(Get) {
					o.Delete("name")
				}
			}},
		{Name: "read-of-other-type", Summary: "A user is also found among the groups.", Requirements: ids("7644-3.4.1-R2"),
			Route: func(r *Request) {
				if r.Is(Get) && isGroup(r) && r.Current() == nil {
					r.Path = "/Users/" + r.ID()
				}
			}},
		{Name: "read-id-any-case", Summary: "A resource is found whatever the letter case of its id.", Requirements: ids("7643-3.1-R11"),
			Route: func(r *Request) {
				if r.Is(Get) {
					r.Path = r.Endpoint() + "/" + strings.ToLower(r.ID())
				}
			}},
	}
}

// later moves meta.lastModified by some milliseconds.
func later(m *scim.Object, by int) {
	if t, ok := scim.ParseDateTime(m.String("lastModified")); ok {
		m.Set("lastModified", t.UTC().Add(ms(by)).Format("2006-01-02T15:04:05.000Z"))
	}
}

// projections are departures in what is left of a resource (RFC 7644 section 3.9).
func projections() []Deviation {
	return slices.Concat(selections(), exclusions(), views())
}

// selections are about the parameter attributes.
func selections() []Deviation {
	return []Deviation{
		{Name: "meta-always-returned", Summary: "meta cannot be left out.", Requirements: ids("7643-3.1-R21"),
			Route: named("excludedAttributes", func(name string) string {
				if strings.EqualFold(name, "meta") {
					return ""
				}
				return name
			})},
		{Name: "id-defined-again", Summary: "The schema of users says that the id is returned by default only, and it can be left out.", Requirements: ids("7643-3.1-R4", "7643-3.1-R13", "7643-3.1-R5"),
			Respond: userSchema(func(o *scim.Object) {
				o.Set("attributes", append(slices.Clone(o.Array("attributes")), scim.NewObject(
					scim.Field{Name: "name", Value: "id"}, scim.Field{Name: "type", Value: "string"}, scim.Field{Name: "multiValued", Value: false},
					scim.Field{Name: "description", Value: "The id"}, scim.Field{Name: "caseExact", Value: true}, scim.Field{Name: "mutability", Value: "readOnly"})))
			}), Project: func(r *Request, o *scim.Object) {
				if strings.Contains(r.Query.Get("excludedAttributes"), "id") {
					o.Delete("id")
				}
			}},
		{Name: "attributes-ignored", Summary: "attributes is passed over when one resource is read.", Requirements: ids("7644-3.4.2.5-R1", "7644-3.9-R4"),
			Route: on(Get, ignore("attributes"))},
		{Name: "attributes-ignored-in-lists", Summary: "attributes is passed over in lists.", Requirements: ids("7644-3.4.2.5-R1", "7644-3.9-R4"),
			Route: on(List, ignore("attributes"))},
		{Name: "attributes-drop-id", Summary: "With attributes the id is gone unless it is named.", Requirements: ids("7643-3.1-R13", "7643-7-R19"),
			Project: func(r *Request, o *scim.Object) {
				if a := r.Query.Get("attributes"); a != "" && !strings.Contains(a, "id") {
					o.Delete("id")
				}
			}},
		{Name: "attributes-add-defaults", Summary: "With attributes emails are returned although nobody asked.", Requirements: ids("7644-3.9-R4", "7644-3.4.2.5-R3"),
			Route: named("attributes", func(n string) string { return n + ",emails" })},
		{Name: "attributes-case-sensitive", Summary: "Names in attributes must have the letter case of the schema.", Requirements: ids("7643-2.1-R1", "7644-3.10-R4"),
			Route: named("attributes", onlyExact)},
		{Name: "attributes-urn-unknown", Summary: "Names with a schema in attributes select nothing.", Requirements: ids("7644-3.10-R1"),
			Route: named("attributes", func(n string) string {
				if strings.HasPrefix(strings.ToLower(n), "urn:") {
					return "id"
				}
				return n
			})},
		{Name: "attributes-sub-whole", Summary: "A sub-attribute in attributes returns the whole attribute.", Requirements: ids("7644-3.10-R1", "7644-3.9-R4"),
			Route: named("attributes", func(n string) string {
				if strings.HasPrefix(n, "urn:") {
					return n
				}
				first, _, _ := strings.Cut(n, ".")
				return first
			})},
		{Name: "attributes-sub-nothing", Summary: "A sub-attribute in attributes returns nothing.", Requirements: ids("7644-3.10-R1", "7644-3.9-R4"),
			Route: named("attributes", func(n string) string {
				if strings.Contains(n, ".") && !strings.HasPrefix(n, "urn:") {
					return "id"
				}
				return n
			})},
		{Name: "attributes-first-only", Summary: "Of several names in attributes only the first counts.", Requirements: ids("7644-3.9-R5"),
			Route: func(r *Request) {
				if a := r.Query.Get("attributes"); a != "" {
					first, _, _ := strings.Cut(a, ",")
					r.Query.Set("attributes", first)
				}
			}},
	}
}

// exclusions are about the parameter excludedAttributes.
func exclusions() []Deviation {
	return []Deviation{
		{Name: "excluded-ignored", Summary: "excludedAttributes is passed over when one resource is read.", Requirements: ids("7644-3.4.2.5-R1", "7644-3.9-R6"),
			Route: on(Get, ignore("excludedAttributes"))},
		{Name: "excluded-ignored-in-lists", Summary: "excludedAttributes is passed over in lists.", Requirements: ids("7644-3.4.2.5-R1", "7644-3.9-R6"),
			Route: on(List, ignore("excludedAttributes"))},
		{Name: "excluded-drops-id", Summary: "excludedAttributes takes away the id, which is returned always.", Requirements: ids("7644-3.4.2.5-R6", "7643-7-R19"),
			Project: func(r *Request, o *scim.Object) {
				for name := range strings.SplitSeq(r.Query.Get("excludedAttributes"), ",") {
					if strings.TrimSpace(name) == "id" {
						o.Delete("id")
					}
				}
			}},
		{Name: "excluded-as-attributes", Summary: "excludedAttributes returns what it should leave out.", Requirements: ids("7644-3.4.2.5-R5"),
			Route: func(r *Request) {
				if r.Query.Has("excludedAttributes") {
					r.Query.Set("attributes", r.Query.Get("excludedAttributes"))
					r.Query.Del("excludedAttributes")
				}
			}},
		{Name: "excluded-case-sensitive", Summary: "Names in excludedAttributes must have the letter case of the schema.", Requirements: ids("7643-2.1-R1", "7644-3.10-R4"),
			Route: named("excludedAttributes", onlyExact)},
		{Name: "excluded-sub-ignored", Summary: "Sub-attributes in excludedAttributes are passed over.", Requirements: ids("7644-3.10-R1", "7644-3.9-R6"),
			Route: named("excludedAttributes", func(n string) string {
				if strings.Contains(n, ".") && !strings.HasPrefix(n, "urn:") {
					return "nickName"
				}
				return n
			})},
	}
}

// views are about both, and about where they hold.
func views() []Deviation {
	return []Deviation{
		{Name: "projection-ignored-on-create", Summary: "attributes is passed over by POST.", Requirements: ids("7644-3.9-R4"),
			Route: on(Create, ignore("attributes", "excludedAttributes"))},
		{Name: "projection-ignored-on-replace", Summary: "attributes is passed over by PUT.", Requirements: ids("7644-3.9-R4"),
			Route: on(Replace, ignore("attributes", "excludedAttributes"))},
		{Name: "projection-ignored-on-patch", Summary: "attributes is passed over by PATCH.", Requirements: ids("7644-3.9-R4", "7644-3.5.2-R21"),
			Route: on(Patch, ignore("attributes", "excludedAttributes"))},
		{Name: "members-always-returned", Summary: "Groups show their members although they are excluded.", Requirements: ids("7644-3.9-R6", "7644-3.4.2.5-R5"),
			Route: named("excludedAttributes", func(n string) string {
				if strings.EqualFold(n, "members") {
					return ""
				}
				return n
			})},
		{Name: "patch-204-despite-attributes", Summary: "PATCH with attributes answers 204.", Requirements: ids("7644-3.5.2-R21"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Patch) && p.OK() && r.Query.Has("attributes") {
					empty(p)
				}
			}},
		{Name: "attributes-unknown-bring-all", Summary: "attributes with a name that there is not is passed over.", Requirements: ids("7644-3.9-R4"),
			Route: on(Get, func(r *Request) {
				if name := r.Query.Get("attributes"); name == "shoeSize" {
					r.Query.Del("attributes")
				}
			})},
		{Name: "excluded-drops-extension", Summary: "An attribute of an extension in excludedAttributes takes the whole extension away.", Requirements: ids("7643-7-R19", "7644-3.9-R6"),
			Project: func(r *Request, o *scim.Object) {
				name := r.Query.Get("excludedAttributes")
				if at := strings.LastIndexByte(name, ':'); at > 0 {
					o.Delete(name[:at])
				}
			}},
		{Name: "both-projections-answer-500", Summary: "attributes and excludedAttributes together make the server fail.", Requirements: ids("7644-3.9-R3"),
			Route: on(Get, func(r *Request) {
				if r.Query.Has("attributes") && r.Query.Has("excludedAttributes") {
					r.Instead = refusal(scim.Status(500, "ambiguous projection"))
				}
			})},
		{Name: "projection-answers-500", Summary: "attributes makes the server fail.", Requirements: ids("7644-3.4.2.5-R1"),
			Route: func(r *Request) {
				if r.Query.Has("attributes") {
					r.Instead = refusal(scim.Status(http.StatusInternalServerError, "unexpected parameter"))
				}
			}},
		{Name: "request-attribute-by-default", Summary: "The schema says that nickName is returned on request; it is returned always.", Requirements: ids("7643-7-R22"),
			Respond: characteristic("nickName", "returned", "request")},
	}
}

// on limits a hook to requests of one kind.
func on(kind Kind, hook func(*Request)) func(*Request) {
	return func(r *Request) {
		if r.Kind() == kind {
			hook(r)
		}
	}
}

// named changes each name in a parameter that lists names.
func named(parameter string, change func(string) string) func(*Request) {
	return func(r *Request) {
		if !r.Query.Has(parameter) {
			return
		}
		var names []string
		for name := range strings.SplitSeq(r.Query.Get(parameter), ",") {
			if name = change(strings.TrimSpace(name)); name != "" {
				names = append(names, name)
			}
		}
		r.Query.Set(parameter, strings.Join(names, ","))
	}
}

// onlyExact makes a name that is not spelled as in a schema one that selects nothing.
func onlyExact(name string) string {
	first, _, _ := strings.Cut(name, ".")
	for _, typ := range []*scim.ResourceType{scim.UserType(), scim.GroupType()} {
		if a := typ.Attribute(first); a != nil && a.Name != first {
			return "profileUrl"
		}
	}
	return name
}

// characteristic has the schemas say something else about an attribute than what the
// server goes by.
func characteristic(attribute, name string, value any) func(*Request, *Response) {
	return definition(func(a *scim.Object) {
		if a.String("name") == attribute {
			a.Set(name, value)
		}
	})
}

// definition changes the definition of each attribute in answers of /Schemas.
func definition(change func(*scim.Object)) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if !r.Is(Schemas, Schema) || !p.OK() {
			return
		}
		p.Edit(func(o *scim.Object) {
			for _, s := range append(resources(o), o) {
				for _, a := range elements(s, "attributes") {
					change(a)
				}
			}
		})
	}
}
