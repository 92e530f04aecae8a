package deviation

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// failures are departures in the form of errors (RFC 7644 section 3.12).
func failures() []Deviation {
	return []Deviation{
		{Name: "error-status-as-number", Summary: "The status in errors is a number.", Requirements: ids("7644-3.12-R2"),
			Respond: func(_ *Request, p *Response) {
				if p.Status >= 400 {
					p.Edit(set("status", number(p.Status)))
				}
			}},
		{Name: "error-status-missing", Summary: "Errors have no status in the body.", Requirements: ids("7644-3.12-R2"),
			Respond: errors(edit(drop("status")))},
		{Name: "error-status-differs", Summary: "The status in errors is not that of HTTP.", Requirements: ids("7644-3.12-R2", "7644-3.2-R7"),
			Respond: errors(edit(set("status", "499")))},
		{Name: "error-schemas-missing", Summary: "Errors have no schemas.", Requirements: ids("7644-3.12-R1", "7644-3.1-R2"),
			Respond: errors(edit(drop("schemas")))},
		{Name: "error-schemas-other", Summary: "Errors have the URN of SCIM 1.1.", Requirements: ids("7644-3.12-R1", "7644-8.2-R1"),
			Respond: errors(edit(set("schemas", []any{"urn:scim:schemas:core:1.0"})))},
		{Name: "error-schemas-as-text", Summary: "schemas of errors is text.", Requirements: ids("7644-3.12-R1", "7644-3.1-R2"),
			Respond: errors(edit(set("schemas", `["`+scim.ErrorSchema+`"]`)))},
		{Name: "error-without-body", Summary: "Errors have no body.", Requirements: ids("7644-3.12-R1"),
			Respond: errors(func(p *Response) { p.Body = nil; p.Header.Del("Content-Type") })},
		{Name: "error-as-page", Summary: "Errors are web pages.", Requirements: ids("7644-3.12-R1", "7644-3.2-R8"),
			Respond: errors(func(p *Response) {
				p.Body = page(p.Status).Body
				p.Header.Set("Content-Type", "text/html; charset=utf-8")
			})},
		{Name: "error-as-text", Summary: "Errors are plain text.", Requirements: ids("7644-3.12-R1", "7644-3.2-R8"),
			Respond: errors(func(p *Response) {
				p.Body = []byte(http.StatusText(p.Status) + "\n")
				p.Header.Set("Content-Type", "text/plain; charset=utf-8")
			})},
		{Name: "error-of-vendor", Summary: "Errors have a form of the vendor's own.", Requirements: ids("7644-3.12-R1", "7644-3.12-R2"),
			Respond: errors(func(p *Response) {
				p.Body = []byte(`{"code":` + itoa(p.Status) + `,"message":"` + http.StatusText(p.Status) + `"}`)
			})},
		{Name: "error-keyword-unknown", Summary: "Errors have a scimType that there is not.", Requirements: ids("7644-3.12-R23", "7644-3.12-R3"),
			Respond: errors(scimType("badThings"))},
		{Name: "error-with-stack-trace", Summary: "Errors show where in the program they came up.", Requirements: ids("9865-5.2-R5", "7644-3.12-R14", "7644-3.7.4-R4"),
			Respond: errors(edit(set("detail", "java.lang.IllegalStateException: at com.example.scim.UserService.create(UserService.java:42)\n\tat java.base/java.lang.Thread.run(Thread.java:840)")))},
		{Name: "error-with-secret", Summary: "Errors repeat the password.", Requirements: ids("7643-4.1.1-R15"),
			Decode: func(r *Request) {
				if password := r.Object().String("password"); password != "" {
					r.Memory.Put("password", password)
				}
			}, Respond: func(r *Request, p *Response) {
				if password, ok := r.Memory.Get("password").(string); ok && p.Status >= 400 {
					p.Edit(set("detail", "cannot process password="+password))
				}
			}},
		{Name: "error-without-detail", Summary: "Errors do not say what was wrong.", Requirements: ids("7644-3.2-R7", "7644-3.7.4-R4"), Respond: errors(edit(drop("detail")))},
		{Name: "error-as-json", Summary: "Errors are called application/json.", Requirements: ids("7644-3.12-R1", "7644-3.8-R6"),
			Respond: errors(func(p *Response) { p.Header.Set("Content-Type", "application/json") })},
		{Name: "error-of-odd-id", Summary: "A replacement at an id that is no UUID makes the server fail.", Requirements: ids("7644-3.12-R10"),
			Route: on(Replace, func(r *Request) {
				if len(r.ID()) != len("00000000-0000-0000-0000-000000000000") {
					r.Instead = refusal(scim.Status(500, "invalid UUID"))
				}
			})},
		{Name: "error-answers-200", Summary: "Errors answer 200.", Requirements: ids("7644-3.2-R7", "7644-3.5.2-R19"),
			Respond: errors(func(p *Response) { p.Status = 200 })},
		{Name: "read-unknown-without-body", Summary: "The 404 for an unknown id has no body.", Requirements: ids("7644-3.4.1-R2", "7644-3.12-R1"),
			Respond: answers(Get, 404, func(p *Response) { p.Body = nil })},
		{Name: "error-with-200-body", Summary: "Errors have an empty JSON object as body.", Requirements: ids("7644-3.12-R1", "7644-3.12-R2"),
			Respond: errors(func(p *Response) { p.Body = []byte(`{}`) })},
	}
}

// transport are departures in HTTP (RFC 7644 sections 3.2, 3.8 and 8.1).
func transport() []Deviation {
	media := func(to string) func(*Request, *Response) {
		return func(_ *Request, p *Response) {
			if len(p.Body) > 0 && strings.HasPrefix(p.Header.Get("Content-Type"), "application/scim+json") {
				p.Header.Set("Content-Type", to)
			}
		}
	}
	refuse := func(code int, when func(*Request) bool) func(*Request) {
		return func(r *Request) {
			if when(r) {
				r.Instead = refusal(scim.Status(code, "this media type is not supported"))
			}
		}
	}
	return []Deviation{
		{Name: "cookie-for-a-year", Summary: "Answers set a cookie that outlives the session.", Requirements: ids("7644-7.4-R5"),
			Respond: func(_ *Request, p *Response) { p.Header.Set("Set-Cookie", "session=1; Max-Age=31536000") }},
		{Name: "answers-as-json", Summary: "Answers are application/json although nobody asked for it.", Requirements: ids("7644-3.8-R8", "7644-3.8-R6"),
			Respond: media("application/json")},
		{Name: "answers-as-text-json", Summary: "Answers are text/json.", Requirements: ids("7644-3.8-R8", "7644-8.1-R1"),
			Respond: media("text/json")},
		{Name: "answers-as-json-scim", Summary: "Answers are application/json+scim.", Requirements: ids("7644-3.8-R8", "7644-8.1-R1"),
			Respond: media("application/json+scim")},
		{Name: "answers-as-html", Summary: "Answers are called text/html.", Requirements: ids("7644-3.8-R8", "7644-3.2-R8"),
			Respond: media("text/html")},
		{Name: "answers-without-type", Summary: "Answers have no Content-Type.", Requirements: ids("7644-3.8-R8"),
			Respond: func(_ *Request, p *Response) { p.Header["Content-Type"] = nil }},
		{Name: "answers-in-latin1", Summary: "Answers are in Latin-1.", Requirements: ids("7644-3.8-R1", "7644-3.8-R2"),
			Respond: func(_ *Request, p *Response) { p.Body = latin1(p.Body) }},
		{Name: "answers-with-bom", Summary: "Answers begin with a byte order mark.", Requirements: ids("7644-3.2-R8"),
			Respond: func(_ *Request, p *Response) {
				if len(p.Body) > 0 {
					p.Body = append([]byte("\ufeff"), p.Body...)
				}
			}},
		{Name: "answers-cut-short", Summary: "Answers of lists end too early.", Requirements: ids("7644-3.2-R8"),
			Respond: answers(List, 200, func(p *Response) { p.Body = p.Body[:len(p.Body)-1] })},
		{Name: "accept-json-refused", Summary: "Accept: application/json is answered with 406.", Requirements: ids("7644-3.8-R7"),
			Route: refuse(406, func(r *Request) bool { return strings.HasPrefix(r.Header.Get("Accept"), "application/json") })},
		{Name: "accept-parameter-refused", Summary: "Accept with a parameter is answered with 406.", Requirements: ids("7644-3.8-R6"),
			Route: refuse(406, func(r *Request) bool { return strings.Contains(r.Header.Get("Accept"), ";") })},
		{Name: "json-refused", Summary: "Requests with application/json are answered with 415.", Requirements: ids("7644-3.8-R1"),
			Route: refuse(415, func(r *Request) bool { return strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") })},
		{Name: "charset-refused", Summary: "Requests with a charset are answered with 415.", Requirements: ids("7644-3.8-R1", "7644-3.8-R2"),
			Route: refuse(415, func(r *Request) bool { return strings.Contains(r.Header.Get("Content-Type"), "charset") })},
		{Name: "xml-accepted", Summary: "Requests that are called XML are read as JSON.", Requirements: ids("7644-3.8-R1"),
			Route: func(r *Request) {
				if strings.Contains(r.Header.Get("Content-Type"), "xml") {
					r.Header.Set("Content-Type", "application/scim+json")
				}
			}},
		{Name: "malformed-json-answers-500", Summary: "A body that is no JSON makes the server fail.", Requirements: ids("7644-3.12-R7", "7644-3.12-R20"),
			Respond: onMalformed(func(p *Response) { status(500)(p); scimType("")(p) })},
		{Name: "malformed-json-accepted", Summary: "What is readable of a body that is no JSON is taken.", Requirements: ids("7644-3.12-R20", "7644-3.12-R7"),
			Decode: func(r *Request) {
				if _, err := scim.ParseObject(r.Body); err == nil || !r.Is(Create) {
					return
				}
				n, _ := r.Memory.Get("count").(int)
				r.Memory.Put("count", n+1)
				r.Body = []byte(`{"schemas":["` + scim.UserSchema + `"],"userName":"scimwright-malformed-` + itoa(n) + `"}`)
			}},
		{Name: "malformed-json-without-keyword", Summary: "The 400 for a body that is no JSON has no scimType.", Requirements: ids("7644-3.12-R20"),
			Respond: onMalformed(scimType(""))},
		{Name: "trailing-data-accepted", Summary: "What comes behind the JSON of a body is passed over.", Requirements: ids("7644-3.12-R20"),
			Decode: func(r *Request) {
				if i := bytes.LastIndexByte(r.Body, '}'); i >= 0 {
					if _, err := scim.ParseObject(r.Body[:i+1]); err == nil {
						r.Body = r.Body[:i+1]
					}
				}
			}},
		{Name: "unknown-parameter-refused", Summary: "A parameter of the URL that means nothing is refused.", Requirements: ids("7644-3.4.2-R3"),
			Route: func(r *Request) {
				for name := range r.Query {
					if !strings.Contains(" filter sortBy sortOrder startIndex count cursor attributes excludedAttributes ", " "+name+" ") {
						r.Instead = refusal(scim.BadRequest("there is no parameter %s", name))
					}
				}
			}},
		{Name: "slash-at-end-not-found", Summary: "A slash at the end of a path makes it another one.", Requirements: ids("7644-3.12-R10"), Route: func(r *Request) {
			if len(r.Path) > 1 && strings.HasSuffix(r.Path, "/") {
				r.Instead = refusal(scim.NotFound("endpoint", r.Path))
			}
		}},
		{Name: "head-not-found", Summary: "HEAD answers 404.", Requirements: ids("7644-3.4.1-R1"), Route: func(r *Request) {
			if r.Method == http.MethodHead {
				r.Instead = refusal(scim.NotFound("resource", r.ID()))
			}
		}},
		{Name: "unknown-path-answers-200", Summary: "A path that there is not answers 200.", Requirements: ids("7644-3.12-R10"),
			Respond: func(r *Request, p *Response) {
				if unknownEndpoint(r) && p.Status == 404 {
					p.Status, p.Body = 200, []byte(`{}`)
				}
			}},
		{Name: "unknown-path-as-page", Summary: "A path that there is not answers with a web page.", Requirements: ids("7644-3.12-R1", "7644-3.12-R10"),
			Respond: func(r *Request, p *Response) {
				if unknownEndpoint(r) && p.Status == 404 {
					p.Body = page(404).Body
					p.Header.Set("Content-Type", "text/html; charset=utf-8")
				}
			}},
		{Name: "unknown-path-answers-500", Summary: "A path that there is not makes the server fail.", Requirements: ids("7644-3.12-R10"),
			Respond: func(r *Request, p *Response) {
				if unknownEndpoint(r) && p.Status == 404 {
					status(500)(p)
				}
			}},
	}
}

// onMalformed changes the refusal of a body that is no JSON.
func onMalformed(change func(*Response)) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if _, err := scim.ParseObject(r.Body); err != nil && len(r.Body) > 0 && p.Status == 400 {
			change(p)
		}
	}
}

// unknownEndpoint reports whether nothing is at the path of a request.
func unknownEndpoint(r *Request) bool {
	switch r.Kind() {
	case List, Create, Get, Elsewhere:
		return !isUser(r) && !isGroup(r) && r.Endpoint() != "/" && r.Endpoint() != "/.search"
	}
	return false
}

// latin1 encodes text in Latin-1, with question marks for what that has not.
func latin1(text []byte) []byte {
	var out []byte
	for _, c := range string(text) {
		switch {
		case c < 256:
			out = append(out, byte(c))
		default:
			out = append(out, '?')
		}
	}
	return out
}
