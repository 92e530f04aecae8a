package deviation

import (
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// legalSchemas are what a service may want of a user, or keep for itself, as long as its
// schemas say so (RFC 7643 sections 2.2 and 7).
func legalSchemas() []Deviation {
	return []Deviation{
		{Name: "names-required", Summary: "The schema says that name, with both names, and emails are required, and they are.", Requirements: ids("7643-7-R30", "7643-2.2-R1"),
			Respond: definition(func(a *scim.Object) {
				name := a.String("name")
				if name == "name" || name == "emails" {
					a.Set("required", true)
				}
				for _, sub := range elements(a, "subAttributes") {
					if slices.Contains(demanded[name], sub.String("name")) {
						sub.Set("required", true)
					}
				}
			}),
			Decode: func(r *Request) {
				if r.Is(Create, Replace) && isUser(r) && r.Object().Len() > 0 && lacksName(r.Object()) {
					r.Instead, r.Body = refusal(scim.InvalidValue("name.givenName, name.familyName and emails are required")), nil
				}
			},
			Plan: refused(scim.Mutability("it is required"), func(op *scim.Operation) bool {
				name := strings.ToLower(attribute(op))
				return op.Op == scim.OpRemove && !strings.Contains(op.PathText, "[") && slices.Contains([]string{"name", "emails"}, name)
			})},
		{Name: "display-name-of-the-service", Summary: "The schema says that displayName is read-only, and the service makes it itself.", Requirements: ids("7643-7-R15", "7643-2.2-R1"),
			Respond: characteristic("displayName", "mutability", "readOnly"),
			Store: func(w *Write) {
				if w.Type.Schema.ID == scim.UserSchema {
					w.After.Set("displayName", "Member "+w.After.String("userName"))
				}
			},
			Plan: refused(scim.Mutability("it is made by the service"), of("displayName"))},
		{Name: "titles-unknown", Summary: "The schema of users has no title and no nickName, nor have users.", Requirements: ids("7643-8.7.1-R1", "7644-3.1-R4"),
			Respond: func(r *Request, p *Response) {
				if !r.Is(Schemas, Schema) || !p.OK() {
					return
				}
				p.Edit(func(o *scim.Object) {
					for _, s := range append(resources(o), o) {
						if s.String("id") == scim.UserSchema {
							s.Set("attributes", slices.DeleteFunc(s.Array("attributes"), func(v any) bool {
								a, _ := v.(*scim.Object)
								return a != nil && isTitle(a.String("name"))
							}))
						}
					}
				})
			},
			Decode: func(r *Request) {
				if r.Is(Create, Replace) && isUser(r) {
					r.Edit(func(o *scim.Object) {
						for name := range o.Clone().All() {
							if isTitle(name) {
								o.Delete(name)
							}
						}
					})
				}
			},
			Plan: refused(scim.InvalidPath("there is no such attribute"), of("title", "nickName"))},
		{Name: "mail-unique", Summary: "The schema says that mail addresses are unique, and they are.", Requirements: ids("7643-7-R26"),
			Respond: definition(func(a *scim.Object) {
				if a.String("name") == "emails" {
					for _, sub := range elements(a, "subAttributes") {
						if sub.String("name") == "value" {
							sub.Set("uniqueness", "server")
						}
					}
				}
			}),
			Decode: func(r *Request) {
				if !r.Is(Create) || !isUser(r) {
					return
				}
				for _, e := range elements(r.Object(), "emails") {
					mail := strings.ToLower(e.String("value"))
					if mail != "" && r.Memory.Get(mail) != nil {
						r.Instead, r.Body = refusal(scim.Uniqueness("somebody has the address %s", mail)), nil
					}
					r.Memory.Put(mail, true)
				}
			}},
		{Name: "members-on-request", Summary: "The schema says that members of groups are returned on request, and so they are.", Requirements: ids("7643-7-R23"),
			Respond: characteristic("members", "returned", "request"),
			Project: func(r *Request, o *scim.Object) {
				asked := r.Query.Get("attributes")
				if r.Is(Search) {
					for _, name := range r.Object().Array("attributes") {
						text, _ := name.(string)
						asked += "," + text
					}
				}
				if !strings.Contains(strings.ToLower(asked), "members") {
					o.Delete("members")
				}
			}},
	}
}

// demanded are the parts of attributes that users must have under names-required.
var demanded = map[string][]string{"name": {"givenName", "familyName"}, "emails": {"value"}}

// lacksName reports whether a user lacks one of those.
func lacksName(o *scim.Object) bool {
	n := o.Object("name")
	return n == nil || n.String("givenName") == "" || n.String("familyName") == "" ||
		len(o.Array("emails")) == 0 || slices.ContainsFunc(elements(o, "emails"), func(e *scim.Object) bool { return e.String("value") == "" })
}

func isTitle(name string) bool {
	return strings.EqualFold(name, "title") || strings.EqualFold(name, "nickName")
}

// of picks the operations on some attributes.
func of(names ...string) func(*scim.Operation) bool {
	return func(op *scim.Operation) bool {
		values, _ := op.Value.(*scim.Object)
		return slices.ContainsFunc(names, func(name string) bool {
			return strings.EqualFold(attribute(op), name) || op.Path == nil && values != nil && values.Get(name) != nil
		})
	}
}

// refused answers patches of users that have a certain operation with an error.
func refused(err scim.Error, picks func(*scim.Operation) bool) func(*Request, *scim.Patch) {
	return func(r *Request, p *scim.Patch) {
		if !isUser(r) {
			return
		}
		for i := range p.Operations {
			if picks(&p.Operations[i]) {
				r.Instead, p.Operations = refusal(err), nil
				return
			}
		}
	}
}
