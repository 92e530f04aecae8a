package deviation

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// extensions are departures of schema extensions (RFC 7643 sections 3.3 and 4.3).
func extensions() []Deviation {
	enterprise := func(o *scim.Object) *scim.Object { return o.Object(scim.EnterpriseUserSchema) }
	return []Deviation{
		{Name: "extension-kept-on-replace", Summary: "PUT leaves the enterprise extension as it was.", Requirements: ids("7644-3.5.1-R3"),
			Store: storing(Replace, func(w *Write) {
				revert(w, func(name string) bool { return strings.EqualFold(name, scim.EnterpriseUserSchema) })
			})},
		{Name: "extension-ignored-without-path", Summary: "A patch without a path passes over the enterprise extension.", Requirements: ids("7644-3.5.2.1-R2"),
			Plan: operations(func(_ *Request, op *scim.Operation) {
				if value, ok := op.Value.(*scim.Object); ok && op.Path == nil {
					value.Delete(scim.EnterpriseUserSchema)
				}
			})},
		{Name: "extension-value-not-removed", Summary: "remove of an attribute of the enterprise extension changes nothing.", Requirements: ids("7644-3.5.2.2-R2"),
			Plan: func(_ *Request, p *scim.Patch) {
				dropOperations(p, func(op *scim.Operation) bool {
					return op.Op == scim.OpRemove && strings.HasPrefix(strings.ToLower(op.PathText), "urn:")
				})
			}},
		{Name: "extension-manager-renamed", Summary: "The name of a manager is the one that the client gives.", Requirements: ids("7643-4.3-R3", "7643-7-R15"),
			Decode: func(r *Request) {
				if name := enterprise(r.Object()).Object("manager").String("displayName"); name != "" {
					r.Memory.Put("name", name)
				}
			}, Project: func(r *Request, o *scim.Object) {
				if name, given := r.Memory.Get("name").(string); given && enterprise(o).Object("manager") != nil {
					enterprise(o).Object("manager").Set("displayName", name)
				}
			}},
		{Name: "extension-manager-without-id", Summary: "A manager has no value.", Requirements: ids("7643-4.3-R2"),
			Project: resource(func(o *scim.Object) {
				if m := enterprise(o).Object("manager"); m != nil {
					m.Delete("value")
				}
			})},
		{Name: "extension-name-case-sensitive", Summary: "The URN of an extension must have its own letter case.", Requirements: ids("7644-3.10-R4", "7643-2.1-R1"),
			Decode: func(r *Request) {
				if r.Is(Create, Replace) {
					r.Edit(func(o *scim.Object) {
						for name := range o.Clone().All() {
							if strings.EqualFold(name, scim.EnterpriseUserSchema) && name != scim.EnterpriseUserSchema {
								o.Delete(name)
							}
						}
					})
				}
			}},
		{Name: "extension-not-projected", Summary: "The URN of an extension in attributes selects nothing.", Requirements: ids("7644-3.10-R1", "7644-3.9-R4"),
			Route: named("attributes", func(n string) string {
				if strings.EqualFold(n, scim.EnterpriseUserSchema) {
					return "id"
				}
				return n
			})},
		{Name: "extension-unknown-attribute-fails", Summary: "An attribute that the extension does not have makes the server fail.", Requirements: ids("7644-3.1-R4", "7644-3.12-R7"),
			Decode: func(r *Request) {
				for name := range enterprise(r.Object()).All() {
					if r.Is(Create) && scim.EnterpriseUser().Attribute(name) == nil {
						r.Instead = refusal(scim.Status(500, "unexpected attribute"))
						r.Body = nil
						return
					}
				}
			}},
	}
}

// robustness are departures in what a server makes of the unusual.
func robustness() []Deviation {
	fail := func(when func(*Request) bool) func(*Request) {
		return func(r *Request) {
			if when(r) {
				r.Instead = refusal(scim.Status(500, "unexpected input"))
				r.Body = nil
			}
		}
	}
	return []Deviation{
		{Name: "deep-json-fails", Summary: "JSON that is nested deeply makes the server fail.", Requirements: ids("7644-3.12-R7"), Decode: fail(func(r *Request) bool {
			return strings.Count(string(r.Body), "[")+strings.Count(string(r.Body), "{") > 200 && !r.Is(Bulk)
		})},
		{Name: "long-id-fails", Summary: "A long id makes the server fail.", Requirements: ids("7644-3.12-R10"), Route: fail(func(r *Request) bool { return r.Is(Get) && len(r.ID()) > 500 })},
		{Name: "odd-id-fails", Summary: "An id with signs beyond letters and digits makes the server fail.", Requirements: ids("7644-3.12-R10"), Route: fail(func(r *Request) bool {
			return r.Is(Get) && strings.ContainsAny(r.ID(), `'"<>;%&`)
		})},
		{Name: "large-count-fails", Summary: "A large count makes the server fail.", Requirements: ids("7644-3.4.2.4-R7"), Search: func(r *Request, v url.Values) {
			if n, err := strconv.Atoi(v.Get("count")); err == nil && n > 1_000_000 {
				r.Instead = refusal(scim.Status(500, "out of memory"))
			}
		}},
		{Name: "large-number-fails", Summary: "A number that is larger than 64 bits makes the server fail.", Requirements: ids("7643-2.3.4-R1", "7644-3.12-R7"), Route: fail(func(r *Request) bool {
			return len(r.Query.Get("count")) > 18 || len(r.Query.Get("startIndex")) > 18
		})},
		{Name: "repeated-attribute-fails", Summary: "An attribute that comes twice makes the server fail.", Requirements: ids("7644-3.12-R7"), Decode: fail(func(r *Request) bool {
			_, strictly := scim.ParseObject(r.Body)
			_, leniently := scim.ParseObjectLenient(r.Body)
			return strictly != nil && leniently == nil
		})},
		{Name: "empty-value-fails", Summary: "An empty value among many makes the server fail.", Requirements: ids("7643-2.5-R1", "7644-3.12-R7"), Decode: fail(func(r *Request) bool {
			for _, v := range r.Object().Array("emails") {
				if e, ok := v.(*scim.Object); v == nil || ok && (e.Len() == 0 || e.Get("value") == "" || e.Get("value") == nil) {
					return r.Is(Create)
				}
			}
			return false
		})},
		{Name: "busy-for-how-long", Summary: "A request is too much, and the 429 does not say for how long.", Requirements: ids("7644-3.2-R7"), Route: busy(once, without("Retry-After"))},
		{Name: "busy-until-soon", Summary: "A request is too much, and the 429 says in a word for how long.", Requirements: ids("7644-3.2-R7"), Route: busy(once, func(p *Response) {
			p.Header.Set("Retry-After", "soon")
		})},
		{Name: "busy-in-words-of-its-own", Summary: "A request is too much, and the 429 is no error of SCIM.", Requirements: ids("7644-3.12-R1", "7644-3.12-R2"), Route: busy(once, func(p *Response) {
			p.Header.Set("Retry-After", "0")
			p.Body = []byte(`{"message": "slow down"}`)
		})},
		{Name: "concurrent-writes-lost", Summary: "Of replacements that come at the same time some are lost.", Requirements: ids("7644-3.3-R6", "7644-3.5.1-R12"), Route: func(r *Request) {
			if n, _ := r.Memory.Get(r.ID()).(int); r.Is(Replace) {
				r.Memory.Put(r.ID(), n+1)
				if n%4 == 3 {
					r.Instead = refusal(scim.Status(http.StatusServiceUnavailable, "database is locked"))
				}
			}
		}},
	}
}

// busy answers some requests, by the number of each, with 429.
func busy(when func(int) bool, change func(*Response)) func(*Request) {
	return func(r *Request) {
		n := r.Memory.Change("requests", func(v any) any {
			n, _ := v.(int)
			return n + 1
		})
		if when(n.(int)) {
			r.Instead = refusal(scim.Status(http.StatusTooManyRequests, "more requests than one client may send"))
			change(r.Instead)
		}
	}
}

// once is one request, after a client has looked around.
func once(n int) bool { return n == 20 }
