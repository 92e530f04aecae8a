package deviation

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// legal are variations that the RFCs allow. A client should cope with each, and a
// verifier should not mind.
func legal() []Deviation {
	rows := slices.Concat(
		area("CREATE", legalCreates()), area("LIST", legalLists()), area("FILT", legalFilters()), area("PATCH", legalPatches()),
		area("GROUP", legalGroups()), area("DISC", legalDiscovery()), area("HTTP", legalTransport()), area("BULK", legalBulks()), area("SCHEMA", legalSchemas()),
	)
	for i := range rows {
		rows[i].Legal = true
	}
	return rows
}

func legalCreates() []Deviation {
	return []Deviation{
		{Name: "keys-in-other-order", Summary: "The attributes of resources come in reverse order.", Requirements: ids("7643-2.3.8-R1"),
			Project: func(_ *Request, o *scim.Object) {
				fields := slices.Collect(func(yield func(scim.Field) bool) {
					for name, v := range o.All() {
						if !yield(scim.Field{Name: name, Value: v}) {
							return
						}
					}
				})
				slices.Reverse(fields)
				*o = *scim.NewObject(fields...)
			}},
		{Name: "extra-attribute", Summary: "Resources have an attribute that nobody asked for.", Requirements: ids("7644-3.1-R4"), Project: func(r *Request, o *scim.Object) {
			if !r.Query.Has("attributes") && !r.Is(Search) {
				o.Set("legacyId", "7")
			}
		}},
		{Name: "null-for-unassigned", Summary: "What has no value is null.", Requirements: ids("7643-2.5-R1", "7643-2.5-R3"), Project: unassigned(nil)},
		{Name: "empty-array-for-unassigned", Summary: "Multi-valued attributes without a value are empty arrays.", Requirements: ids("7643-2.5-R1", "7643-2.5-R3"), Project: unassigned([]any{})},
		{Name: "unknown-attribute-ignored", Summary: "Attributes that no schema has are passed over.", Requirements: ids("7644-3.1-R4"), Decode: func(r *Request) {
			if r.Is(Create, Replace) && isUser(r) {
				r.Edit(func(o *scim.Object) {
					for name := range o.Clone().All() {
						if !strings.Contains(name, ":") && scim.UserType().Attribute(name) == nil && slices.Contains([]string{"shoeSize", "favouriteColour"}, name) {
							o.Delete(name)
						}
					}
				})
			}
		}},
		{Name: "schemas-repaired", Summary: "A create without schemas is taken.", Requirements: ids("7643-3.3-R1"), Decode: func(r *Request) {
			if o := r.Object(); r.Is(Create, Replace) && isUser(r) && o.Len() > 0 && o.Get("schemas") == nil {
				r.Edit(set("schemas", []any{scim.UserSchema}))
			}
		}},
		{Name: "mail-in-small-letters", Summary: "Mail addresses are stored in small letters.", Requirements: ids("7643-4.1.2-R2"), Store: func(w *Write) {
			for _, e := range elements(w.After, "emails") {
				e.Set("value", strings.ToLower(e.String("value")))
			}
		}},
		{Name: "user-name-in-small-letters", Summary: "A userName is stored in small letters.", Requirements: ids("7643-7-R14"), Store: func(w *Write) {
			if name := w.After.String("userName"); name != "" {
				w.After.Set("userName", strings.ToLower(name))
			}
		}},
		{Name: "active-by-default", Summary: "Who is not said to be active or not is active.", Requirements: ids("7644-3.3-R3"), Store: func(w *Write) {
			if w.Type.Schema.ID == scim.UserSchema && w.After.Get("active") == nil && w.Before == nil {
				w.After.Set("active", true)
			}
		}},
		{Name: "display-name-by-default", Summary: "Who is made without a displayName gets the userName as one.", Requirements: ids("7643-4.1.1-R6"), Store: func(w *Write) {
			if w.Type.Schema.ID == scim.UserSchema && w.After.Get("displayName") == nil && w.Before == nil {
				w.After.Set("displayName", w.After.String("userName"))
			}
		}},
		{Name: "full-name-added", Summary: "A name gets name.formatted.", Requirements: ids("7643-4.1.1-R4"), Project: resource(func(o *scim.Object) {
			if n := o.Object("name"); n != nil && n.Get("formatted") == nil && n.Get("givenName") != nil && n.Get("familyName") != nil {
				n.Set("formatted", n.String("givenName")+" "+n.String("familyName"))
			}
		})},
		{Name: "mail-display-added", Summary: "Mail addresses get a display.", Requirements: ids("7643-4.1.2-R3"), Project: eachElement("emails", func(e *scim.Object) {
			if e.Get("display") == nil && e.Get("value") != nil {
				e.Set("display", e.String("value"))
			}
		})},
		{Name: "primary-false-shown", Summary: "Values that are not primary say so.", Requirements: ids("7643-2.4-R4"), Project: eachElement("emails", func(e *scim.Object) {
			if e.Get("primary") == nil && e.Get("value") != nil {
				e.Set("primary", false)
			}
		})},
		{Name: "text-booleans-accepted", Summary: "The texts true and false are taken for booleans.", Requirements: ids("7643-2.3.2-R1"), Decode: func(r *Request) {
			if r.Is(Create, Replace) {
				r.Edit(func(o *scim.Object) {
					if v, err := strconv.ParseBool(strings.ToLower(o.String("active"))); err == nil {
						o.Set("active", v)
					}
				})
			}
		}},
		{Name: "dates-with-offset", Summary: "Dates have the offset +00:00 in place of Z.", Requirements: ids("7643-2.3.5-R1"), Project: redate(func(s string) string { return strings.TrimSuffix(s, "Z") + "+00:00" })},
		{Name: "dates-with-long-fraction", Summary: "Dates have nine digits behind the second.", Requirements: ids("7643-2.3.5-R1"), Project: redate(func(s string) string { return strings.TrimSuffix(s, "Z") + "000000Z" })},
		{Name: "two-primaries-settled", Summary: "Of two primary values the first stays primary.", Requirements: ids("7643-2.4-R3"), Decode: func(r *Request) {
			if r.Is(Create, Replace) {
				r.Edit(func(o *scim.Object) {
					found := false
					for _, e := range elements(o, "emails") {
						if primary, _ := e.Bool("primary"); primary && found {
							e.Set("primary", false)
						} else if primary {
							found = true
						}
					}
				})
			}
		}},
		{Name: "content-location-missing", Summary: "Answers have no Content-Location.", Requirements: ids("7643-3.1-R26"), Respond: func(_ *Request, p *Response) { p.Header.Del("Content-Location") }},
		{Name: "location-on-reads", Summary: "Reads have a Location too.", Requirements: ids("7644-3.4.1-R3"), Respond: func(r *Request, p *Response) {
			if r.Is(Get) && p.Status == 200 && p.Header.Get("Content-Location") != "" {
				p.Header.Set("Location", p.Header.Get("Content-Location"))
			}
		}},
		{Name: "write-keyword-swapped", Summary: "A body that does not follow the schema is refused with invalidValue.", Requirements: ids("7644-3.12-R20"), Respond: func(r *Request, p *Response) {
			if r.Is(Create, Replace) && p.Status == 400 && strings.Contains(string(p.Body), `"invalidSyntax"`) {
				scimType("invalidValue")(p)
			}
		}},
		{Name: "strong-versions", Summary: "Versions are strong ones.", Requirements: ids("7644-3.14-R1"), Respond: reversion(func(v string) string { return strings.TrimPrefix(v, "W/") })},
		{Name: "stale-write-answers-409", Summary: "A write that is out of date answers 409.", Requirements: ids("7644-3.12-R11"), Respond: func(_ *Request, p *Response) {
			if p.Status == 412 {
				status(409)(p)
			}
		}},
	}
}

// unassigned gives attributes without a value one that means none.
func unassigned(v any) func(*Request, *scim.Object) {
	return func(r *Request, o *scim.Object) {
		if r.Query.Has("attributes") || r.Query.Has("excludedAttributes") || r.Is(Search) {
			return
		}
		names := []string{"nickName", "profileUrl"}
		if _, isArray := v.([]any); isArray {
			names = []string{"ims", "photos"}
		}
		for _, name := range names {
			if o.Get(name) == nil && o.Object("meta").String("resourceType") == "User" {
				o.Set(name, v)
			}
		}
	}
}

// redate changes the form of the dates in meta.
func redate(change func(string) string) func(*Request, *scim.Object) {
	return meta(func(m *scim.Object) {
		for _, name := range []string{"created", "lastModified"} {
			if s := m.String(name); s != "" {
				m.Set(name, change(s))
			}
		}
	})
}

func legalLists() []Deviation {
	empty := func(change func(*scim.Object)) func(*Request, *Response) {
		return listed(plainly(func(o *scim.Object) {
			if len(resources(o)) == 0 {
				change(o)
			}
		}))
	}
	whole := func(change func(*scim.Object)) func(*Request, *Response) {
		return listed(plainly(func(o *scim.Object) {
			if count(o, "totalResults") == len(resources(o)) {
				change(o)
			}
		}))
	}
	root := func(code int) func(*Request) {
		return func(r *Request) {
			if first, _ := r.segments(); (first == "" || first == ".search") && r.Is(List, Search) {
				r.Instead = refusal(scim.Status(code, "ask for a type of resource"))
			}
		}
	}
	return []Deviation{
		{Name: "no-resources-when-empty", Summary: "Lists of nothing have no Resources.", Requirements: ids("7644-3.4.2-R6"), Respond: empty(drop("Resources"))},
		{Name: "length-of-request", Summary: "itemsPerPage of the last page is what was asked for.", Requirements: ids("7644-3.4.2.4-R10"), Respond: listed(func(r *Request, o *scim.Object) {
			if n := atoi(r.Query.Get("count")); n > 0 && o.Get("startIndex") != nil {
				o.Set("itemsPerPage", number(n))
			}
		})},
		{Name: "pages-capped", Summary: "A page has three resources at most, whatever was asked for.", Requirements: ids("7644-3.4.2.4-R8", "7644-3.4.2.4-R9"), Search: func(_ *Request, v url.Values) {
			if n, err := strconv.Atoi(v.Get("count")); (err != nil || n > 3) && !v.Has("cursor") && (v.Has("filter") || n > 3) {
				v.Set("count", "3")
			}
		}},
		{Name: "pages-shorter", Summary: "A page has one resource less than was asked for.", Requirements: ids("7644-3.4.2.4-R8"), Search: integer("count", func(n int) int {
			if n > 1 && n < 100 {
				return n - 1
			}
			return n
		})},
		{Name: "no-start-when-whole", Summary: "A list that is complete has no startIndex.", Requirements: ids("7644-3.4.2-R7"), Respond: whole(drop("startIndex"))},
		{Name: "no-length-when-whole", Summary: "A list that is complete has no itemsPerPage.", Requirements: ids("7644-3.4.2-R7"), Respond: whole(drop("itemsPerPage"))},
		{Name: "extra-list-member", Summary: "Lists have a member that nobody asked for.", Requirements: ids("7644-3.1-R4"), Respond: listed(plainly(set("took", number(3))))},
		{Name: "page-in-other-order", Summary: "Without sortBy each page is in reverse order.", Requirements: ids("7644-3.4.2.4-R2"), Respond: func(r *Request, p *Response) {
			if r.Is(List) && p.OK() && !r.Query.Has("sortBy") && !r.Query.Has("cursor") {
				p.Edit(func(o *scim.Object) {
					list := resources(o)
					slices.Reverse(list)
					setResources(o, list)
				})
			}
		}},
		{Name: "root-query-answers-404", Summary: "There are no queries at the base URL: 404.", Requirements: ids("7644-3.4.2-R1"), Route: root(404)},
		{Name: "root-query-answers-403", Summary: "There are no queries at the base URL: 403.", Requirements: ids("7644-3.4.2-R1"), Route: root(403)},
		{Name: "root-query-answers-501", Summary: "There are no queries at the base URL: 501.", Requirements: ids("7644-3.4.2-R1"), Route: root(501)},
		{Name: "bad-count-ignored", Summary: "A count that is no number is passed over.", Requirements: ids("7644-3.4.2-R3"), Search: func(_ *Request, v url.Values) {
			if _, err := strconv.Atoi(v.Get("count")); err != nil && v.Get("count") != "" && len(v.Get("count")) < 10 {
				v.Del("count")
			}
		}},
		{Name: "sort-unknown-refused", Summary: "sortBy an attribute that there is not is refused.", Requirements: ids("7644-3.4.2.3-R3"), Search: func(r *Request, v url.Values) {
			if path, err := scim.ParseAttributePath(v.Get("sortBy")); err == nil && v.Has("sortBy") && path.URIPrefix == nil {
				_, userErr := scim.UserType().Resolve(path)
				if _, groupErr := scim.GroupType().Resolve(path); userErr != nil && groupErr != nil {
					r.Instead = refusal(scim.InvalidPath("there is no attribute to sort by"))
				}
			}
		}},
		{Name: "projection-unknown-refused", Summary: "A name in attributes that there is not is refused.", Requirements: ids("7644-3.9-R4"), Route: func(r *Request) {
			for name := range strings.SplitSeq(r.Query.Get("attributes"), ",") {
				if path, err := scim.ParseAttributePath(strings.TrimSpace(name)); err == nil && path.URIPrefix == nil && slices.Contains([]string{"shoeSize", "doesNotExist", "noSuchAttribute"}, path.AttributeName) {
					r.Instead = refusal(scim.InvalidValue("there is no attribute %s", name))
				}
			}
		}},
		{Name: "both-projections-one-wins", Summary: "Of attributes and excludedAttributes together the first wins.", Requirements: ids("7644-3.9-R3"), Route: func(r *Request) {
			if r.Query.Has("attributes") {
				r.Query.Del("excludedAttributes")
			}
		}},
		{Name: "schemas-not-projected", Summary: "With attributes, schemas is left out.", Requirements: ids("7644-3.9-R4"), Project: func(r *Request, o *scim.Object) {
			if r.Query.Has("attributes") && !strings.Contains(strings.ToLower(r.Query.Get("attributes")), "schemas") {
				o.Delete("schemas")
			}
		}},
		{Name: "too-many-refused", Summary: "A list of all users is refused as too many.", Requirements: ids("7644-3.4.2.1-R4"), Search: func(r *Request, _ url.Values) {
			if isUser(r) && r.Is(List) && len(r.Query) == 0 {
				r.Instead = refusal(scim.TooMany("ask for a page"))
			}
		}},
		{Name: "previous-cursor-missing", Summary: "No page names the one before.", Requirements: ids("9865-2-R11"), Respond: listed(plainly(drop("previousCursor")))},
		{Name: "cursor-total-missing", Summary: "Pages by cursor do not say how many there are.", Requirements: ids("9865-2-R18"), Respond: func(r *Request, p *Response) {
			if r.Is(List) && p.OK() && r.Query.Has("cursor") && r.Query.Get("count") != "0" && !strings.HasPrefix(r.Query.Get("count"), "-") {
				p.Edit(drop("totalResults"))
			}
		}},
	}
}

func legalPatches() []Deviation {
	return []Deviation{
		{Name: "patch-answers-204", Summary: "PATCH of a user answers 204 unless attributes are asked for.", Requirements: ids("7644-3.5.2-R20"), Respond: func(r *Request, p *Response) {
			if r.Is(Patch) && p.Status == 200 && !r.Query.Has("attributes") && !r.Query.Has("excludedAttributes") {
				empty(p)
			}
		}},
		{Name: "patch-group-answers-200", Summary: "PATCH of a group answers 200 with the group.", Requirements: ids("7644-3.5.2-R20"), Respond: func(r *Request, p *Response) {
			if r.Is(Patch) && isGroup(r) && p.Status == 204 {
				succeed(r, p)
				p.Header.Set("Content-Type", "application/scim+json")
			}
		}},
		{Name: "patch-capital-op-refused", Summary: "An operation in capital letters is refused.", Requirements: ids("7644-3.5.2-R5"), Decode: func(r *Request) {
			for _, op := range elements(r.Object(), "Operations") {
				if name := op.String("op"); r.Is(Patch) && name != strings.ToLower(name) {
					r.Instead, r.Body = refusal(scim.InvalidSyntax("op is %q", name)), nil
					return
				}
			}
		}},
		{Name: "patch-one-operation-as-object", Summary: "Operations may be one object.", Requirements: ids("7644-3.5.2-R4"), Decode: body(Patch, func(o *scim.Object) {
			if op := o.Object("Operations"); op != nil {
				o.Set("Operations", []any{op})
			}
		})},
		{Name: "patch-message-unchecked", Summary: "A patch need not say that it is one.", Requirements: ids("7644-3.1-R2"), Decode: body(Patch, func(o *scim.Object) {
			if o.Get("Operations") != nil {
				o.Set("schemas", []any{scim.PatchOpSchema})
			}
		})},
		{Name: "patch-remove-no-match-refused", Summary: "remove with a filter that selects nothing is refused.", Requirements: ids("7644-3.5.2.2-R4"), Plan: operations(func(r *Request, op *scim.Operation) {
			if op.Path == nil {
				return
			}
			current := r.Current()
			t, ok := op.Path.ValueExpression.(*scim.AttributeExpression)
			if ok && op.Op == scim.OpRemove && isUser(r) && current != nil && t.Operator == "eq" &&
				!slices.ContainsFunc(elements(current, attribute(op)), func(e *scim.Object) bool { return e.Get(t.AttributePath.AttributeName) == t.CompareValue }) {
				r.Instead = refusal(scim.NoTarget("nothing is selected"))
			}
		})},
		{Name: "patch-keyword-swapped", Summary: "A patch that does not follow its schema is refused with invalidValue.", Requirements: ids("7644-3.12-R20"), Respond: func(r *Request, p *Response) {
			if r.Is(Patch) && p.Status == 400 && strings.Contains(string(p.Body), `"invalidSyntax"`) {
				scimType("invalidValue")(p)
			}
		}},
		{Name: "patch-duplicate-answers-400", Summary: "PATCH with a userName that is taken answers 400.", Requirements: ids("7643-7-R24"), Respond: answers(Patch, 409, status(400))},
		{Name: "replace-duplicate-answers-400", Summary: "PUT with a userName that is taken answers 400.", Requirements: ids("7643-7-R24"), Respond: answers(Replace, 409, status(400))},
	}
}

func legalGroups() []Deviation {
	return []Deviation{
		{Name: "group-name-unique", Summary: "A group of a name that is taken is refused.", Requirements: ids("7643-4.2-R2"), Decode: func(r *Request) {
			if name := strings.ToLower(r.Object().String("displayName")); r.Is(Create) && isGroup(r) && name != "" {
				if r.Memory.Get(name) != nil {
					r.Instead, r.Body = refusal(scim.Uniqueness("there is a group %q", name)), nil
				}
				r.Memory.Put(name, true)
			}
		}},
		{Name: "member-ref-missing", Summary: "Members have no $ref.", Requirements: ids("7643-2.3.7-R6"), Project: eachElement("members", drop("$ref"))},
		{Name: "member-type-missing", Summary: "Members have no type.", Requirements: ids("7643-2.4-R2"), Project: eachElement("members", drop("type"))},
		{Name: "member-display-added", Summary: "Members have a display.", Requirements: ids("7643-2.4-R2"), Project: eachElement("members", set("display", "Somebody"))},
		{Name: "user-group-type-missing", Summary: "The groups of users have no type.", Requirements: ids("7643-4.1.2-R19"), Project: eachElement("groups", drop("type"))},
		{Name: "user-group-display-missing", Summary: "The groups of users have no display.", Requirements: ids("7643-2.4-R2"), Project: eachElement("groups", drop("display"))},
		{Name: "member-ref-relative", Summary: "The $ref of a member is relative to the base URL.", Requirements: ids("7643-2.3.7-R2"), Project: func(r *Request, o *scim.Object) {
			for _, m := range elements(o, "members") {
				m.Set("$ref", strings.TrimPrefix(m.String("$ref"), r.Base+"/"))
			}
		}},
		{Name: "member-unknown-left-out", Summary: "A member that there is not is left out.", Requirements: ids("7643-2.3.7-R5"), Respond: func(r *Request, p *Response) {
			if isGroup(r) && r.Is(Patch) && p.Status == 400 && strings.Contains(string(p.Body), `"invalidValue"`) && strings.Contains(string(r.Body), `"members"`) {
				empty(p)
			}
		}},
	}
}

func legalDiscovery() []Deviation {
	lacks := func(feature string) func(*Request, *Response) {
		return configured(func(o *scim.Object) { o.Object(feature).Set("supported", false) })
	}
	self := func(code int) func(*Request) { return instead(Me, code, "/Me is not supported") }
	return []Deviation{
		{Name: "bulk-unadvertised", Summary: "There is no bulk, and the configuration says so.", Requirements: ids("7644-3.7-R1"), Respond: lacks("bulk"), Route: instead(Bulk, 501, "bulk is not supported")},
		{Name: "bulk-unadvertised-404", Summary: "There is no bulk endpoint, and the configuration says so.", Requirements: ids("7644-3.7-R1"), Respond: lacks("bulk"), Route: instead(Bulk, 404, "there is no endpoint /Bulk")},
		{Name: "bulk-works-unadvertised", Summary: "There is bulk, and the configuration says that there is not.", Requirements: ids("7644-3.7-R1"), Respond: lacks("bulk")},
		{Name: "sort-unadvertised", Summary: "There is no sorting, and the configuration says so.", Requirements: ids("7644-3.4.2.3-R1"), Respond: lacks("sort"), Search: func(_ *Request, v url.Values) { v.Del("sortBy") }},
		{Name: "filter-unadvertised", Summary: "There are filters, and the configuration says that there are none.", Requirements: ids("7644-3.4.2.2-R1"), Respond: lacks("filter")},
		{Name: "etag-unadvertised", Summary: "There are no versions, and the configuration says so.", Requirements: ids("7643-3.1-R28"), Route: func(r *Request) {
			for _, name := range []string{"If-Match", "If-None-Match"} {
				r.Header.Del(name)
			}
		}, Project: meta(drop("version")), Respond: func(r *Request, p *Response) {
			lacks("etag")(r, p)
			p.Header.Del("ETag")
		}},
		{Name: "password-change-unadvertised", Summary: "The configuration says that passwords cannot be changed.", Requirements: ids("7643-5-R9"), Respond: lacks("changePassword")},
		{Name: "pagination-unadvertised", Summary: "The configuration does not speak of pages.", Requirements: ids("9865-4-R2"), Respond: configured(drop("pagination"))},
		{Name: "pagination-brief", Summary: "The configuration says of pages no more than it has to.", Requirements: ids("9865-4-R4", "9865-4-R5"), Respond: configured(func(o *scim.Object) {
			for _, name := range []string{"defaultPaginationMethod", "defaultPageSize", "maxPageSize", "cursorTimeout"} {
				o.Object("pagination").Delete(name)
			}
		})},
		{Name: "me-answers-501", Summary: "There is no /Me: 501.", Requirements: ids("7644-3.11-R2"), Route: self(501)},
		{Name: "me-answers-404", Summary: "There is no /Me: 404.", Requirements: ids("7644-3.11-R2"), Route: self(404)},
		{Name: "me-answers-403", Summary: "There is no /Me: 403.", Requirements: ids("7644-3.11-R2"), Route: self(403)},
		{Name: "config-without-meta", Summary: "The configuration has no meta.", Requirements: ids("7643-5-R3"), Respond: configured(drop("meta"))},
		{Name: "config-without-spec-uri", Summary: "Authentication schemes do not say where they are described.", Requirements: ids("7643-5-R14"), Respond: configured(func(o *scim.Object) {
			for _, s := range elements(o, "authenticationSchemes") {
				s.Delete("specUri")
			}
		})},
		{Name: "resource-type-without-description", Summary: "Resource types are not described.", Requirements: ids("7643-6-R4"), Respond: func(r *Request, p *Response) {
			if r.Is(Types, Type) && p.OK() {
				p.Edit(func(o *scim.Object) {
					for _, t := range append(resources(o), o) {
						t.Delete("description")
					}
				})
			}
		}},
		{Name: "discovery-filter-ignored", Summary: "A filter on discovery is passed over.", Requirements: ids("7644-4-R6"), Route: func(r *Request) {
			if r.Is(Types, Type, Schemas, Schema, Config) {
				r.Query.Del("filter")
			}
		}},
		{Name: "schema-defaults-left-out", Summary: "Definitions of attributes leave out what is the default.", Requirements: ids("7643-2.2-R1"), Respond: definition(func(a *scim.Object) {
			for name, value := range map[string]any{"required": false, "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none"} {
				if a.Get(name) == value {
					a.Delete(name)
				}
			}
		})},
		{Name: "creates-come-later", Summary: "A create that may come later answers 202 and says where the user will be.", Requirements: ids("9967-2.5.1.1-R4"), Respond: announced("Set-Txn", "Preference-Applied")},
		{Name: "results-elsewhere", Summary: "A create that may come later answers 202 and says where on another host its result will be.", Requirements: ids("9967-2.5.1.1-R7"),
			Respond: func(r *Request, p *Response) {
				if announced("Set-Txn", "Preference-Applied")(r, p); p.Status == http.StatusAccepted {
					p.Header.Set("Location", "https://events.example.com/results/42")
				}
			}},
		{Name: "extra-schema-characteristic", Summary: "Definitions of attributes have a member that nobody asked for.", Requirements: ids("7644-3.1-R4"), Respond: definition(set("since", "1.0"))},
	}
}

func legalTransport() []Deviation {
	unsupported := func(code int) func(*Request, *Response) {
		return func(_ *Request, p *Response) {
			if p.Status == 405 {
				status(code)(p)
			}
		}
	}
	return []Deviation{
		{Name: "charset-in-answers", Summary: "Answers name their charset.", Requirements: ids("7644-3.8-R2"), Respond: func(_ *Request, p *Response) {
			if kind := p.Header.Get("Content-Type"); kind == "application/scim+json" || kind == "application/json" {
				p.Header.Set("Content-Type", kind+"; charset=utf-8")
			}
		}},
		{Name: "extra-header-fields", Summary: "Answers have header fields that nobody asked for.", Requirements: ids("7644-3.4.1-R3"), Respond: func(_ *Request, p *Response) {
			p.Header.Set("X-Request-Id", "42")
			p.Header.Set("Strict-Transport-Security", "max-age=31536000")
		}},
		{Name: "answers-with-line-breaks", Summary: "Answers end in a line break.", Requirements: ids("7644-3.2-R8"), Respond: func(_ *Request, p *Response) {
			if len(p.Body) > 0 {
				p.Body = append(slices.Clip(p.Body), '\n')
			}
		}},
		{Name: "busy-for-a-moment", Summary: "Each tenth request is too much and may be sent again at once.", Requirements: ids("7644-3.2-R7"), Route: busy(func(n int) bool { return n%10 == 0 }, func(p *Response) {
			p.Header.Set("Retry-After", "0")
		})},
		{Name: "busy-until-a-date", Summary: "Each tenth request is too much and may be sent again after a date, which has come.", Requirements: ids("7644-3.2-R7"), Route: busy(func(n int) bool { return n%10 == 0 }, func(p *Response) {
			p.Header.Set("Retry-After", "Fri, 02 Jan 2026 03:04:05 GMT")
		})},
		{Name: "gateway-busy", Summary: "A gateway says now and then, with a page and not with an error of SCIM, that the server is not there for the moment.", Requirements: ids("7644-3.2-R7"), Route: busy(func(n int) bool { return n%10 == 0 }, func(p *Response) {
			*p = *page(http.StatusServiceUnavailable)
			p.Header.Set("Retry-After", "0")
		})},
		{Name: "method-answers-501", Summary: "A method that there is not answers 501.", Requirements: ids("7644-3.12-R15"), Respond: unsupported(501)},
		{Name: "method-answers-404", Summary: "A method that there is not answers 404.", Requirements: ids("7644-3.12-R10"), Respond: unsupported(404)},
		{Name: "odd-id-answers-400", Summary: "An id that is not in the server's form answers 400.", Requirements: ids("7644-3.12-R7"), Route: func(r *Request) {
			if r.Is(Get) && (isUser(r) || isGroup(r)) && strings.ContainsAny(r.ID(), `'"<>;%& /!`) {
				r.Instead = refusal(scim.InvalidValue("this is no id"))
			}
		}},
	}
}

func legalBulks() []Deviation {
	return []Deviation{
		{Name: "bulk-status-as-object", Summary: "The status of results is an object with a code.", Requirements: ids("7644-3.7.3-R3"), Respond: answers(Bulk, 200, edit(func(o *scim.Object) {
			for _, op := range elements(o, "Operations") {
				op.Set("status", scim.NewObject(scim.Field{Name: "code", Value: op.String("status")}))
			}
		}))},
		{Name: "bulk-id-of-creates-only", Summary: "Only the results of creates have a bulkId.", Requirements: ids("7644-3.7-R19"), Respond: answers(Bulk, 200, edit(func(o *scim.Object) {
			for _, op := range elements(o, "Operations") {
				if op.String("method") != "POST" {
					op.Delete("bulkId")
				}
			}
		}))},
		{Name: "bulk-results-in-other-order", Summary: "Results come in reverse order.", Requirements: ids("7644-3.7-R20"), Respond: answers(Bulk, 200, edit(func(o *scim.Object) { slices.Reverse(o.Array("Operations")) }))},
	}
}
