package deviation

import (
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// replaces are departures of PUT (RFC 7644 section 3.5.1).
func replaces() []Deviation {
	return []Deviation{
		{Name: "replace-answers-201", Summary: "PUT answers 201.", Requirements: ids("7644-3.5.1-R12"),
			Respond: answers(Replace, 200, status(201))},
		{Name: "replace-answers-204", Summary: "PUT answers 204.", Requirements: ids("7644-3.5.1-R12"),
			Respond: answers(Replace, 200, empty)},
		{Name: "replace-without-body", Summary: "PUT answers 200 without the resource.", Requirements: ids("7644-3.5.1-R12"),
			Respond: answers(Replace, 200, func(p *Response) { p.Body = nil })},
		{Name: "replace-unsupported", Summary: "PUT answers 405.", Requirements: ids("7644-3.5-R1", "7644-3.2-R4"),
			Route: instead(Replace, 405, "PUT is not supported")},
		{Name: "replace-html-404", Summary: "PUT answers 404 with a web page.", Requirements: ids("7644-3.5-R1"),
			Route: on(Replace, func(r *Request) { r.Instead = page(404) })},
		{Name: "replace-not-stored", Summary: "PUT answers with what was sent and stores nothing.", Requirements: ids("7644-3.5.1-R3"),
			Store: storing(Replace, func(w *Write) { revert(w, func(string) bool { return true }) }),
			Respond: func(r *Request, p *Response) {
				if r.Is(Replace) && p.OK() {
					p.Edit(func(o *scim.Object) {
						for name, v := range r.Object().All() {
							if name != "id" && name != "meta" && name != "password" {
								o.Set(name, v)
							}
						}
					})
				}
			}},
		{Name: "replace-active-only", Summary: "PUT changes active alone.", Requirements: ids("7644-3.5.1-R3"),
			Store: storing(Replace, func(w *Write) { revert(w, func(name string) bool { return name != "active" }) })},
		{Name: "replace-merges", Summary: "PUT keeps what it leaves out.", Requirements: ids("7644-3.5.1-R4"),
			Store: storing(Replace, func(w *Write) { revert(w, func(name string) bool { return scim.Unassigned(w.After.Get(name)) }) })},
		{Name: "replace-appends", Summary: "PUT adds values of emails to those that are there.", Requirements: ids("7644-3.5.1-R3"),
			Store: storing(Replace, func(w *Write) {
				if was := w.Before.Array("emails"); was != nil {
					w.After.Set("emails", append(append([]any{}, was...), w.After.Array("emails")...))
				}
			})},
		{Name: "replace-refuses-read-only", Summary: "PUT with id or meta is refused.", Requirements: ids("7644-3.5.1-R10"),
			Decode: func(r *Request) {
				if o := r.Object(); r.Is(Replace) && (o.Get("id") != nil || o.Get("meta") != nil) {
					r.Instead = refusal(scim.Mutability("id and meta are read-only"))
					r.Body = nil
				}
			}},
		{Name: "replace-keeps-user-name", Summary: "PUT leaves the userName as it was.", Requirements: ids("7644-3.5.1-R3"),
			Decode: func(r *Request) {
				if r.Is(Replace) && isUser(r) && r.Current() != nil && r.Object().Get("userName") != nil {
					r.Edit(set("userName", r.Current().String("userName")))
				}
			}},
		{Name: "replace-moves", Summary: "The answer to PUT says that the resource is elsewhere.", Requirements: ids("7644-3.5.1-R12", "7643-3.1-R26"),
			Respond: answers(Replace, 200, without("Content-Location"), edit(func(o *scim.Object) { o.Object("meta").Set("location", o.Object("meta").String("location")+"-new") }))},
		{Name: "replace-adopts-id", Summary: "PUT takes the id in the body.", Requirements: ids("7644-3.5.1-R10", "7643-3.1-R12"),
			Respond: echoOn(Replace, "id")},
		{Name: "replace-adopts-meta", Summary: "PUT takes the meta in the body.", Requirements: ids("7644-3.5.1-R10", "7643-3.1-R20"),
			Respond: echoOn(Replace, "meta")},
		{Name: "replace-adopts-groups", Summary: "PUT takes the groups of a user.", Requirements: ids("7644-3.5.1-R10", "7643-4.1.2-R18"),
			Respond: echoOn(Replace, "groups")},
		{Name: "replace-required-not-checked", Summary: "PUT without userName keeps it.", Requirements: ids("7643-7-R30"),
			Decode: on(Replace, func(r *Request) {
				if current := r.Current(); isUser(r) && current != nil && r.Object().Get("userName") == nil {
					r.Edit(set("userName", current.Get("userName")))
				}
			})},
		{Name: "replace-creates", Summary: "PUT on an unknown id creates a resource.", Requirements: ids("7644-3.5.1-R1", "7644-3.2-R6"),
			Route: on(Replace, func(r *Request) {
				if r.Current() == nil {
					r.Method, r.Path = http.MethodPost, r.Endpoint()
				}
			})},
		{Name: "replace-unknown-answers-500", Summary: "PUT on an unknown id makes the server fail.", Requirements: ids("7644-3.12-R10"),
			Respond: answers(Replace, 404, status(500))},
		{Name: "replace-duplicate-accepted", Summary: "PUT gives a user a userName that is taken.", Requirements: ids("7644-3.5.1-R13", "7643-4.1.1-R2"),
			Tolerate: func(r *Request, _, _ string) bool { return r.Is(Replace) }},
		{Name: "replace-duplicate-answers-500", Summary: "PUT with a userName that is taken makes the server fail.", Requirements: ids("7644-3.5.1-R13"),
			Respond: answers(Replace, 409, status(500), scimType(""))},
		{Name: "replace-immutable-accepted", Summary: "The schema says that nickName is immutable; PUT changes it.", Requirements: ids("7644-3.5.1-R7", "7643-7-R17"),
			Respond: characteristic("nickName", "mutability", "immutable")},
		{Name: "replace-first-value-dropped", Summary: "The schema says that nickName is immutable; PUT does not set it either.", Requirements: ids("7644-3.5.1-R9"),
			Respond: characteristic("nickName", "mutability", "immutable"),
			Store:   storing(Replace, func(w *Write) { revert(w, func(name string) bool { return name == "nickName" }) })},
		{Name: "replace-moves-created", Summary: "A change moves meta.created.", Requirements: ids("7643-3.1-R20", "7643-3.1-R23"),
			Project: meta(func(m *scim.Object) { m.Set("created", m.Get("lastModified")) })},
		{Name: "replace-keeps-modified", Summary: "A change does not move meta.lastModified.", Requirements: ids("7643-3.1-R25"),
			Project: meta(func(m *scim.Object) { m.Set("lastModified", m.Get("created")) })},
		{Name: "replace-wrong-type-dropped", Summary: "PUT passes over a value of the wrong JSON type.", Requirements: ids("7643-2.3-R2", "7644-3.12-R23"),
			Decode: body(Replace, dropWrongTypes)},
	}
}

// storing limits a hook of the store to requests of one kind.
func storing(kind Kind, hook func(*Write)) func(*Write) {
	return func(w *Write) {
		if w.Request.Kind() == kind && w.Before != nil {
			hook(w)
		}
	}
}

// revert gives some attributes of a document the values they had.
func revert(w *Write, which func(name string) bool) {
	names := map[string]bool{}
	for _, o := range []*scim.Object{w.Before, w.After} {
		for name := range o.All() {
			names[name] = true
		}
	}
	for name := range names {
		if !which(name) {
			continue
		}
		if v := w.Before.Get(name); v != nil {
			w.After.Set(name, v)
		} else {
			w.After.Delete(name)
		}
	}
}

// echoOn has the answer to a write repeat an attribute of the request.
func echoOn(kind Kind, name string) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if v, given := r.Object().Lookup(name); given && r.Is(kind) && p.OK() {
			p.Edit(set(name, v))
		}
	}
}

// page is an answer that a web server gives by itself.
func page(code int) *Response {
	title := strings.ToUpper(http.StatusText(code))
	return &Response{Status: code, Header: header("Content-Type", "text/html; charset=utf-8"), Body: []byte("<html><body><h1>" + title + "</h1></body></html>\n")}
}

// deletions are departures of DELETE (RFC 7644 section 3.6).
func deletions() []Deviation {
	return []Deviation{
		{Name: "delete-answers-200", Summary: "DELETE answers 200 with an object.", Requirements: ids("7644-3.6-R5"),
			Respond: answers(Delete, 204, func(p *Response) { p.Status, p.Body = 200, []byte(`{}`) })},
		{Name: "delete-answers-202", Summary: "DELETE answers 202.", Requirements: ids("7644-3.6-R5"),
			Respond: answers(Delete, 204, status(202))},
		{Name: "deleted-group-takes-members", Summary: "Deleting a group deletes its members.", Requirements: ids("7644-3.6-R2", "7644-3.1-R6"),
			Route: func(r *Request) {
				if isGroup(r) && deletes(r) {
					for _, m := range elements(r.Current(), "members") {
						r.Memory.Put(m.String("value"), true)
					}
				}
				if !r.Is(Delete) && r.ID() != "" && r.Memory.Get(r.ID()) != nil {
					r.Instead = refusal(scim.NotFound("User", r.ID()))
				}
			}},
		{Name: "delete-does-nothing", Summary: "DELETE answers 204 and deletes nothing.", Requirements: ids("7644-3.6-R2"),
			Route: on(Delete, func(r *Request) {
				if deletes(r) {
					r.Instead = &Response{Status: 204, Header: http.Header{}}
				}
			})},
		{Name: "delete-deactivates", Summary: "DELETE makes a user inactive.", Requirements: ids("7644-3.6-R2", "7644-3.6-R3"),
			Route: on(Delete, func(r *Request) {
				if isUser(r) && deletes(r) {
					r.Memory.Put(r.ID(), true)
					r.Instead = &Response{Status: 204, Header: http.Header{}}
				}
			}),
			Project: func(r *Request, o *scim.Object) {
				if r.Memory.Get(o.ID()) != nil {
					o.Set("active", false)
				}
			}},
		{Name: "delete-unknown-answers-204", Summary: "DELETE of what is not there answers 204.", Requirements: ids("7644-3.6-R6"),
			Respond: answers(Delete, 404, empty)},
		{Name: "delete-unknown-answers-500", Summary: "DELETE of what is not there makes the server fail.", Requirements: ids("7644-3.6-R6", "7644-3.12-R7"),
			Respond: answers(Delete, 404, status(500))},
		{Name: "deleted-still-listed", Summary: "A deleted resource is in lists.", Requirements: ids("7644-3.6-R3"),
			Route: bury(Get, Replace, Patch, Delete), Tolerate: buried, Respond: hideBuried(Search)},
		{Name: "deleted-still-searched", Summary: "A deleted resource is found by POST on .search.", Requirements: ids("7644-3.6-R3"),
			Route: bury(Get, Replace, Patch, Delete), Tolerate: buried, Respond: hideBuried(List)},
		{Name: "deleted-still-readable", Summary: "A deleted resource can be read by its id.", Requirements: ids("7644-3.6-R2"),
			Route: bury(Replace, Patch, Delete), Tolerate: buried, Respond: hideBuried(List, Search)},
		{Name: "deleted-still-replaceable", Summary: "PUT on a deleted resource succeeds.", Requirements: ids("7644-3.6-R2"),
			Route: bury(Get, Patch, Delete), Tolerate: buried, Respond: hideBuried(List, Search)},
		{Name: "deleted-still-patchable", Summary: "PATCH on a deleted resource succeeds.", Requirements: ids("7644-3.6-R2"),
			Route: bury(Get, Replace, Delete), Tolerate: buried, Respond: hideBuried(List, Search)},
		{Name: "deleted-twice", Summary: "DELETE of a deleted resource answers 204 again.", Requirements: ids("7644-3.6-R2", "7644-3.6-R6"),
			Route: bury(Get, Replace, Patch), Tolerate: buried, Respond: hideBuried(List, Search)},
		{Name: "deleted-name-stays-taken", Summary: "The userName of a deleted user stays taken.", Requirements: ids("7644-3.6-R4"),
			Route: bury(Get, Replace, Patch, Delete), Respond: hideBuried(List, Search)},
	}
}

// bury has DELETE keep the resource and note it as gone, and requests of some kinds
// not find it any more.
func bury(gone ...Kind) func(*Request) {
	return func(r *Request) {
		if id := r.ID(); r.Memory.Get(id) != nil {
			if r.Is(gone...) {
				r.Instead = refusal(scim.NotFound("resource", id))
				return
			}
		}
		if deletes(r) {
			r.Memory.Put(r.ID(), r.Current().String("userName"))
			if name := r.Current().String("userName"); name != "" {
				r.Memory.Put("name "+strings.ToLower(name), true)
			}
			r.Instead = &Response{Status: 204, Header: http.Header{}}
		}
	}
}

// deletes reports whether a request, carried out, deletes something: it has credentials
// and names no old version.
func deletes(r *Request) bool {
	if !r.Is(Delete) || r.Current() == nil || r.Header.Get("Authorization") == "" {
		return false
	}
	tag := r.Header.Get("If-Match")
	return tag == "" || tag == "*" || tag == r.Current().Object("meta").String("version")
}

// buried tolerates the name of a resource that is gone.
func buried(r *Request, _, taken string) bool {
	return r.Memory.Get("name "+strings.ToLower(taken)) != nil
}

// hideBuried keeps what is gone out of lists.
func hideBuried(kinds ...Kind) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if r.Is(kinds...) && p.OK() {
			p.Edit(func(o *scim.Object) { hide(o, func(e *scim.Object) bool { return r.Memory.Get(e.ID()) != nil }) })
		}
	}
}
