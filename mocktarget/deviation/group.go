package deviation

import (
	"net/http"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// groups are departures in groups and their members (RFC 7643 sections 4.1.2 and 4.2).
func groups() []Deviation {
	members := func(change func(*Request, *scim.Operation)) func(*Request, *scim.Patch) {
		return operations(func(r *Request, op *scim.Operation) {
			if isGroup(r) && strings.EqualFold(attribute(op), "members") {
				change(r, op)
			}
		})
	}
	without := func(which func(*scim.Operation) bool) func(*Request, *scim.Patch) {
		return func(r *Request, p *scim.Patch) {
			dropOperations(p, func(op *scim.Operation) bool {
				return isGroup(r) && strings.EqualFold(attribute(op), "members") && which(op)
			})
		}
	}
	return []Deviation{
		{Name: "group-create-drops-members", Summary: "The members of a new group are passed over.", Requirements: ids("7644-3.3-R1", "7643-4.2-R5"),
			Decode: func(r *Request) {
				if r.Is(Create) && isGroup(r) {
					r.Edit(drop("members"))
				}
			}},
		{Name: "group-answers-500", Summary: "Creating a group makes the server fail.", Requirements: ids("7644-3.3-R6"),
			Route: func(r *Request) {
				if r.Is(Create) && isGroup(r) {
					r.Instead = refusal(scim.Status(500, "groups are out of order"))
				}
			}},
		{Name: "group-name-not-required", Summary: "A group without displayName is accepted.", Requirements: ids("7643-4.2-R1", "7643-7-R30"),
			Decode: func(r *Request) {
				if isGroup(r) {
					fillRequired(r)
				}
			}, Project: hideFilled},
		{Name: "group-without-location", Summary: "The 201 for a group does not say where it is.", Requirements: ids("7644-3.3-R8"), Respond: func(r *Request, p *Response) {
			if r.Is(Create) && isGroup(r) && p.OK() {
				p.Header.Del("Location")
				p.Edit(func(o *scim.Object) { o.Object("meta").Delete("location") })
			}
		}},
		{Name: "group-duplicate-answers-500", Summary: "A group of a name that is taken makes the server fail.", Requirements: ids("7643-4.2-R2", "7644-3.12-R7"), Decode: func(r *Request) {
			if name := r.Object().String("displayName"); r.Is(Create) && isGroup(r) && name != "" {
				if r.Memory.Get(name) != nil {
					r.Instead = refusal(scim.Status(500, "duplicate key"))
					r.Body = nil
				}
				r.Memory.Put(name, true)
			}
		}},
		{Name: "group-replace-keeps-members", Summary: "PUT of a group leaves its members as they were.", Requirements: ids("7644-3.5.1-R3"), Decode: func(r *Request) {
			if r.Is(Replace) && isGroup(r) && r.Current() != nil {
				r.Edit(set("members", r.Current().Array("members")))
			}
		}},
		{Name: "members-many-refused", Summary: "More than thirty members in one operation are refused.", Requirements: ids("7644-3.5.2.1-R5"), Decode: func(r *Request) {
			for _, op := range elements(r.Object(), "Operations") {
				if r.Is(Patch) && isGroup(r) && len(op.Array("value")) > 30 {
					r.Instead = refusal(scim.Status(http.StatusRequestEntityTooLarge, "too many members"))
				}
			}
		}},
		{Name: "group-rename-ignored", Summary: "PATCH of displayName of a group changes nothing.", Requirements: ids("7644-3.5.2.3-R3"),
			Plan: func(r *Request, p *scim.Patch) {
				dropOperations(p, func(op *scim.Operation) bool { return isGroup(r) && !strings.EqualFold(attribute(op), "members") })
			}},
		{Name: "member-add-ignored", Summary: "Adding a member changes nothing.", Requirements: ids("7644-3.5.2.1-R5"), Plan: without(func(op *scim.Operation) bool { return op.Op == scim.OpAdd })},
		{Name: "member-add-replaces", Summary: "Adding a member drops those that are there.", Requirements: ids("7644-3.5.2.1-R5"),
			Plan: members(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpAdd {
					op.Op = scim.OpReplace
				}
			})},
		{Name: "member-remove-ignored", Summary: "Removing one member changes nothing.", Requirements: ids("7644-3.5.2.2-R4"),
			Plan: without(func(op *scim.Operation) bool { return op.Op == scim.OpRemove && op.Path.ValueExpression != nil })},
		{Name: "member-remove-wipes", Summary: "Removing one member removes all.", Requirements: ids("7644-3.5.2.2-R4"),
			Plan: members(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpRemove && op.Path.ValueExpression != nil {
					repath(op, "members")
				}
			})},
		{Name: "members-remove-ignored", Summary: "Removing all members changes nothing.", Requirements: ids("7644-3.5.2.2-R3"),
			Plan: without(func(op *scim.Operation) bool { return op.Op == scim.OpRemove && op.Path.ValueExpression == nil })},
		{Name: "members-replace-adds", Summary: "Replacing the members keeps those that are there.", Requirements: ids("7644-3.5.2.3-R4"),
			Plan: members(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpReplace {
					op.Op = scim.OpAdd
				}
			})},
		{Name: "members-replace-refused", Summary: "Replacing the members is refused.", Requirements: ids("7644-3.5.2.3-R4"),
			Plan: members(func(r *Request, op *scim.Operation) {
				if op.Op == scim.OpReplace {
					r.Instead = refusal(scim.BadRequest("replace of members is not supported"))
					op.Op, op.Value = scim.OpAdd, []any{}
				}
			})},
		{Name: "member-absent-refused", Summary: "Removing somebody who is no member is refused.", Requirements: ids("7644-3.5.2.2-R8"),
			Plan: members(func(r *Request, op *scim.Operation) {
				if op.Op != scim.OpRemove || op.Path.ValueExpression == nil {
					return
				}
				t, ok := op.Path.ValueExpression.(*scim.AttributeExpression)
				if current := r.Current(); ok && current != nil && !slices.ContainsFunc(elements(current, "members"), func(m *scim.Object) bool { return m.Get("value") == t.CompareValue }) {
					r.Instead = refusal(scim.NoTarget("there is no such member"))
				}
			})},
		{Name: "member-twice", Summary: "A member that is added again is there twice.", Requirements: ids("7643-2.4-R9", "7644-3.5.2.1-R7"),
			Plan: members(func(r *Request, op *scim.Operation) {
				list, _ := op.Value.([]any)
				for _, v := range list {
					m, _ := v.(*scim.Object)
					if current := r.Current(); op.Op == scim.OpAdd && current != nil && m != nil && slices.ContainsFunc(elements(current, "members"), func(e *scim.Object) bool { return e.String("value") == m.String("value") }) {
						r.Memory.Put(r.ID(), true)
					}
				}
			}), Project: func(r *Request, o *scim.Object) {
				if list := o.Array("members"); r.Memory.Get(o.ID()) != nil && len(list) > 0 {
					o.Set("members", append(append([]any{}, list...), list[0]))
				}
			}},
		{Name: "member-again-refused", Summary: "Adding a member that is there is refused.", Requirements: ids("7644-3.5.2.1-R7"),
			Plan: members(func(r *Request, op *scim.Operation) {
				list, _ := op.Value.([]any)
				for _, v := range list {
					m, _ := v.(*scim.Object)
					if current := r.Current(); op.Op == scim.OpAdd && current != nil && m != nil && slices.ContainsFunc(elements(current, "members"), func(e *scim.Object) bool { return e.String("value") == m.String("value") }) {
						r.Instead = refusal(scim.Uniqueness("this member is there already"))
					}
				}
			})},
		{Name: "member-value-is-name", Summary: "The value of a member is a name, not an id.", Requirements: ids("7643-4.2-R5"), Project: eachElement("members", func(m *scim.Object) { m.Set("value", "somebody") })},
		{Name: "member-ref-dangling", Summary: "The $ref of a member leads to nothing.", Requirements: ids("7643-4.2-R6", "7643-2.3.7-R4"), Project: eachElement("members", func(m *scim.Object) { m.Set("$ref", m.String("$ref")+"-x") })},
		{Name: "member-ref-of-id", Summary: "The $ref of a member is its id, which is relative to nothing.", Requirements: ids("7643-2.3.7-R2", "7643-4.2-R6"), Project: eachElement("members", func(m *scim.Object) { m.Set("$ref", m.String("value")) })},
		{Name: "member-exchanged", Summary: "A patch of the value of a member puts somebody else in its place.", Requirements: ids("7643-4.2-R4"),
			Plan: members(func(_ *Request, op *scim.Operation) {
				if op.Op == scim.OpReplace && op.Path.ValueExpression != nil {
					op.Value = []any{scim.NewObject(scim.Field{Name: "value", Value: op.Value})}
					repath(op, "members")
				}
			})},
		{Name: "group-external-id-dropped", Summary: "Groups do not keep an externalId.", Requirements: ids("7643-3.1-R1"), Store: func(w *Write) {
			if w.Type.Schema.ID == scim.GroupSchema {
				w.After.Delete("externalId")
			}
		}},
		{Name: "group-replace-unsupported", Summary: "PUT of a group answers 405.", Requirements: ids("7644-3.2-R4"), Route: on(Replace, func(r *Request) {
			if isGroup(r) {
				r.Instead = refusal(scim.Status(http.StatusMethodNotAllowed, "groups are changed by PATCH"))
			}
		})},
		{Name: "user-groups-indirect", Summary: "Users are shown as indirect members of the groups they are in.", Requirements: ids("7643-4.1.2-R19"), Project: eachElement("groups", set("type", "indirect"))},
		{Name: "member-type-other", Summary: "The type of a member is that of no resource.", Requirements: ids("7643-4.2-R5"), Project: eachElement("members", set("type", "Robot"))},
		{Name: "members-never-returned", Summary: "Groups never show their members.", Requirements: ids("7644-3.4-R2", "7643-4.2-R5"), Project: resource(drop("members"))},
		{Name: "members-capped", Summary: "Groups show two members at most.", Requirements: ids("7644-3.4-R2"),
			Project: resource(func(o *scim.Object) {
				if list := o.Array("members"); len(list) > 2 {
					o.Set("members", list[:2])
				}
			})},
		{Name: "member-unknown-answers-500", Summary: "A member that there is not makes the server fail.", Requirements: ids("7644-3.12-R7"),
			Respond: func(r *Request, p *Response) {
				if isGroup(r) && p.Status == 400 && strings.Contains(string(r.Body), `"members"`) && strings.Contains(string(p.Body), `"invalidValue"`) {
					status(500)(p)
					scimType("")(p)
				}
			}},
		{Name: "nested-group-answers-500", Summary: "A group as a member makes the server fail.", Requirements: ids("7644-3.12-R7"),
			Respond: func(r *Request, p *Response) {
				if isGroup(r) && r.Is(Create, Patch, Replace) && p.OK() && strings.Contains(string(r.Body), `"Group"`) {
					p.Fail(scim.Status(500, "cannot cast Group to User"))
				}
			}},
		{Name: "user-groups-missing", Summary: "Users do not show their groups.", Requirements: ids("7643-4.1.2-R15"), Project: resource(drop("groups"))},
		{Name: "user-groups-stale", Summary: "Users show groups that they have left.", Requirements: ids("7643-4.1.2-R15", "7644-3.1-R6"),
			Project: func(r *Request, o *scim.Object) {
				if o.Object("meta").String("resourceType") != "User" {
					return
				}
				if now := o.Array("groups"); len(now) > 0 {
					r.Memory.Put(o.ID(), now)
				} else if then, was := r.Memory.Get(o.ID()).([]any); was {
					o.Set("groups", then)
				}
			}},
		{Name: "user-groups-by-name", Summary: "The value of a user's group is its name.", Requirements: ids("7643-4.1.2-R15"),
			Project: eachElement("groups", func(g *scim.Object) { g.Set("value", g.String("display")) })},
		{Name: "user-groups-ref-dangling", Summary: "The $ref of a user's group leads to nothing.", Requirements: ids("7643-4.1.2-R16"),
			Project: eachElement("groups", func(g *scim.Object) { g.Set("$ref", g.String("$ref")+"-x") })},
		{Name: "user-groups-written", Summary: "PUT of a user shows the groups that the client has given.", Requirements: ids("7643-4.1.2-R18"),
			Respond: echoOn(Replace, "groups")},
		{Name: "deleted-user-stays-member", Summary: "A user who is deleted stays a member.", Requirements: ids("7643-2.3.7-R4", "7644-3.6-R3"),
			Route: bury(Get, Replace, Patch, Delete), Tolerate: buried, Respond: hideBuried(List, Search)},
	}
}

// eachElement changes each value of a multi-valued attribute of every resource.
func eachElement(name string, change func(*scim.Object)) func(*Request, *scim.Object) {
	return func(_ *Request, o *scim.Object) {
		for _, e := range elements(o, name) {
			change(e)
		}
	}
}
