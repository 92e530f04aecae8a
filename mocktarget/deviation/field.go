package deviation

import (
	"net/url"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// What follows are faults that were seen in the field and that answer with success.

func fieldFilters() []Deviation {
	return []Deviation{
		{Name: "filter-third-condition-lost", Summary: "Of three conditions the last is passed over.", Requirements: ids("7644-3.4.2.2-R19", "7644-3.4.2.2-R4"),
			Search: filter(func(e scim.Expression) scim.Expression {
				if both, ok := e.(*scim.LogicalExpression); ok {
					if left, ok := both.Left.(*scim.LogicalExpression); ok && left.Operator == both.Operator {
						return left
					}
				}
				return e
			})},
		{Name: "filter-commas-in-text", Summary: "A text in a filter ends at its first comma.", Requirements: ids("7644-3.4.2.2-R26", "7644-3.4.2.2-R25"),
			Search: filter(func(e scim.Expression) scim.Expression {
				return terms(e, func(t *scim.AttributeExpression) scim.Expression {
					c := *t
					if text, ok := t.CompareValue.(string); ok {
						c.CompareValue, _, _ = strings.Cut(text, ",")
					}
					return &c
				})
			})},
		{Name: "filter-wildcards-in-text", Summary: "An underscore or a percent sign in a text stands for any sign.", Requirements: ids("7644-3.4.2.2-R8", "7644-3.4.2.2-R26"),
			Search: filter(func(e scim.Expression) scim.Expression {
				return terms(e, func(t *scim.AttributeExpression) scim.Expression {
					text, _ := t.CompareValue.(string)
					at := strings.IndexAny(text, "_%")
					if t.Operator != "eq" || at < 0 {
						return t
					}
					c := *t
					c.Operator, c.CompareValue = "sw", text[:at]
					return &c
				})
			})},
		{Name: "filter-primary-value-only", Summary: "Of several emails the primary one is compared.", Requirements: ids("7644-3.4.2.2-R29"),
			Search: func(r *Request, v url.Values) {
				if mail, ok := comparison(v.Get("filter"), "emails.value"); ok {
					r.keep = func(o *scim.Object) bool {
						return !slices.ContainsFunc(elements(o, "emails"), func(e *scim.Object) bool {
							return e.Get("primary") == true && !strings.EqualFold(e.String("value"), mail)
						})
					}
				}
			}, Respond: keepOnly},
	}
}

func fieldPatches() []Deviation {
	passedOver := func(drop func(*scim.Operation) bool) func(*Request, *scim.Patch) {
		return func(r *Request, p *scim.Patch) {
			dropOperations(p, func(op *scim.Operation) bool { return isUser(r) && drop(op) })
		}
	}
	return []Deviation{
		{Name: "patch-not-in-lists", Summary: "A user is not found by the displayName that a patch has given.", Requirements: ids("7644-3.5.2.3-R3", "7644-3.4.2.2-R8"),
			Plan: func(r *Request, p *scim.Patch) {
				for _, op := range p.Operations {
					if text, ok := op.Value.(string); ok && isUser(r) && strings.EqualFold(op.PathText, "displayName") {
						r.Memory.Put(text, true)
					}
				}
			},
			Search: func(r *Request, v url.Values) {
				if text, ok := comparison(v.Get("filter"), "displayName"); ok && r.Memory.Get(text) != nil {
					v.Set("filter", nothing)
				}
			}},
		{Name: "patch-user-name-ignored", Summary: "A patch of userName or externalId changes nothing.", Requirements: ids("7644-3.5.2.3-R3"), Plan: passedOver(of("userName", "externalId"))},
		{Name: "patch-single-value-ignored", Summary: "A value that is added to emails without an array is passed over.", Requirements: ids("7644-3.5.2.1-R5"),
			Plan: passedOver(func(op *scim.Operation) bool {
				_, one := op.Value.(*scim.Object)
				return one && op.Op == scim.OpAdd && strings.EqualFold(op.PathText, "emails")
			})},
		{Name: "patch-extension-whole-ignored", Summary: "A patch whose path is the URN of the enterprise extension changes nothing.", Requirements: ids("7644-3.5.2-R8"),
			Plan: passedOver(func(op *scim.Operation) bool { return strings.EqualFold(op.PathText, scim.EnterpriseUserSchema) })},
	}
}

func fieldGroups() []Deviation {
	return []Deviation{
		{Name: "members-without-path-ignored", Summary: "Members that a patch adds without a path are passed over.", Requirements: ids("7644-3.5.2.1-R4"),
			Plan: func(r *Request, p *scim.Patch) {
				dropOperations(p, func(op *scim.Operation) bool {
					o, _ := op.Value.(*scim.Object)
					return isGroup(r) && op.Path == nil && o != nil && o.Get("members") != nil
				})
			}},
		{Name: "member-unknown-wipes", Summary: "Adding somebody unknown takes all members out.", Requirements: ids("7644-3.5.2.1-R5"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Create) && p.OK() {
					o, err := scim.ParseObjectLenient(p.Body)
					if err == nil {
						r.Memory.Put(o.ID(), true)
					}
				}
			},
			Plan: func(r *Request, p *scim.Patch) {
				for i := range p.Operations {
					op := &p.Operations[i]
					list, _ := op.Value.([]any)
					if isGroup(r) && op.Op == scim.OpAdd && slices.ContainsFunc(list, func(v any) bool {
						m, ok := v.(*scim.Object)
						return ok && r.Memory.Get(m.String("value")) == nil
					}) {
						op.Op, op.Value = scim.OpReplace, []any{}
					}
				}
			}},
		{Name: "group-keeps-modified", Summary: "A change of a group does not move meta.lastModified.", Requirements: ids("7643-3.1-R25"),
			Project: func(_ *Request, o *scim.Object) {
				if m := o.Object("meta"); m != nil && m.String("resourceType") == "Group" {
					m.Set("lastModified", m.Get("created"))
				}
			}},
		{Name: "group-replace-keeps-name", Summary: "PUT of a group leaves its displayName as it was.", Requirements: ids("7644-3.5.1-R3"), Decode: func(r *Request) {
			if r.Is(Replace) && isGroup(r) && r.Current() != nil {
				r.Edit(set("displayName", r.Current().String("displayName")))
			}
		}},
		{Name: "user-groups-first-only", Summary: "Users show one of their groups.", Requirements: ids("7643-4.1.2-R15"), Project: resource(func(o *scim.Object) {
			if list := o.Array("groups"); len(list) > 1 {
				o.Set("groups", list[:1])
			}
		})},
		{Name: "member-group-called-user", Summary: "A group that is a member has the type User.", Requirements: ids("7643-4.2-R7"), Project: eachElement("members", func(m *scim.Object) {
			if m.String("type") == "Group" {
				m.Set("type", "User")
			}
		})},
	}
}

func fieldLists() []Deviation {
	return []Deviation{
		{Name: "groups-unpaged", Summary: "Lists of groups are returned whole.", Requirements: ids("7644-3.4.2.4-R7"), Search: func(r *Request, v url.Values) {
			if isGroup(r) {
				v.Del("count")
				v.Del("startIndex")
			}
		}},
		{Name: "list-without-extensions", Summary: "In lists users lack the enterprise extension.", Requirements: ids("7644-3.4.2-R9"), Respond: listed(func(_ *Request, o *scim.Object) {
			for _, u := range resources(o) {
				u.Delete(scim.EnterpriseUserSchema)
				u.Set("schemas", slices.DeleteFunc(slices.Clone(u.Array("schemas")), func(v any) bool { return v == scim.EnterpriseUserSchema }))
			}
		})},
	}
}

func fieldCreates() []Deviation {
	return []Deviation{
		{Name: "text-false-taken-for-true", Summary: "A create whose active is the text False makes somebody active.", Requirements: ids("7643-2.3.2-R1"), Decode: body(Create, func(o *scim.Object) {
			if text, ok := o.Get("active").(string); ok && text != "" {
				o.Set("active", true)
			}
		})},
	}
}
