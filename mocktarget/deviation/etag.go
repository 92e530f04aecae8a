package deviation

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// versions are departures of conditional requests (RFC 7644 section 3.14).
func versions() []Deviation {
	ifMatch := func(kinds ...Kind) func(*Request) {
		return func(r *Request) {
			if r.Is(kinds...) {
				r.Header.Del("If-Match")
			}
		}
	}
	return []Deviation{
		{Name: "version-any-case", Summary: "Versions have letters, whose case means nothing.", Requirements: ids("7643-3.1-R30"),
			Route: func(r *Request) {
				for _, name := range []string{"If-Match", "If-None-Match"} {
					if sent := r.Header.Get(name); sent != "" {
						r.Header.Set(name, strings.Replace(strings.ToUpper(sent), `"V`, `"`, 1))
					}
				}
			}, Respond: reversion(func(v string) string { return strings.Replace(v, `"`, `"v`, 1) })},
		{Name: "etag-missing", Summary: "Answers have no ETag, although versions are advertised.", Requirements: ids("7644-3.14-R2", "7643-5-R16"),
			Respond: func(_ *Request, p *Response) { p.Header.Del("ETag") }},
		{Name: "etag-missing-on-create", Summary: "The answer to a create has no ETag and no version.", Requirements: ids("7644-3.14-R2", "7644-3.14-R3"),
			Respond: answers(Create, 201, without("ETag"), edit(func(o *scim.Object) { o.Object("meta").Delete("version") }))},
		{Name: "etag-differs-from-version", Summary: "The ETag is not meta.version.", Requirements: ids("7643-3.1-R27"),
			Respond: func(_ *Request, p *Response) {
				if p.Header.Get("ETag") != "" {
					p.Header.Set("ETag", `W/"other"`)
				}
			}},
		{Name: "version-missing", Summary: "Resources have no meta.version.", Requirements: ids("7644-3.14-R3", "7643-3.1-R27"), Project: meta(drop("version"))},
		{Name: "version-constant", Summary: "The version never changes.", Requirements: ids("7644-3.14-R4"),
			Project: meta(set("version", `W/"1"`)), Respond: func(_ *Request, p *Response) {
				if p.Header.Get("ETag") != "" {
					p.Header.Set("ETag", `W/"1"`)
				}
			}},
		{Name: "version-changes-on-read", Summary: "Each read shows another version.", Requirements: ids("7644-3.14-R2"),
			Respond: func(r *Request, p *Response) {
				if r.Is(Get) && p.Status == http.StatusOK {
					n, _ := r.Memory.Get("reads").(int)
					r.Memory.Put("reads", n+1)
					p.Header.Set("ETag", `W/"read-`+itoa(n)+`"`)
					p.Edit(func(o *scim.Object) {
						if m := o.Object("meta"); m != nil {
							m.Set("version", `W/"read-`+itoa(n)+`"`)
						}
					})
				}
			}},
		{Name: "version-without-quotes", Summary: "Versions have no quotes.", Requirements: ids("7643-3.1-R29"), Respond: reversion(func(v string) string { return strings.Trim(strings.TrimPrefix(v, "W/"), `"`) })},
		{Name: "version-weak-in-small-letter", Summary: "Weak versions begin with a small w.", Requirements: ids("7643-3.1-R29"), Respond: reversion(func(v string) string { return strings.Replace(v, "W/", "w/", 1) })},
		{Name: "if-match-ignored-on-replace", Summary: "PUT passes over If-Match.", Requirements: ids("7644-3.14-R8"), Route: ifMatch(Replace)},
		{Name: "if-match-ignored-on-patch", Summary: "PATCH passes over If-Match.", Requirements: ids("7644-3.14-R8"), Route: ifMatch(Patch)},
		{Name: "if-match-ignored-on-delete", Summary: "DELETE passes over If-Match.", Requirements: ids("7644-3.14-R8"), Route: ifMatch(Delete)},
		{Name: "stale-write-carried-out", Summary: "A write that is out of date answers 412 and is carried out.", Requirements: ids("7644-3.14-R8"),
			Route: func(r *Request) {
				if tag := r.Header.Get("If-Match"); r.Is(Replace, Patch) && tag != "" && tag != "*" && r.Current() != nil && r.Current().Object("meta").String("version") != tag {
					r.Header.Del("If-Match")
					r.Header.Set("X-Stale", "1")
				}
			}, Respond: func(r *Request, p *Response) {
				if r.Header.Get("X-Stale") != "" && p.OK() {
					p.Fail(scim.PreconditionFailed("the version is out of date"))
				}
			}},
		{Name: "stale-write-answers-400", Summary: "A write that is out of date answers 400.", Requirements: ids("7644-3.12-R12"), Respond: func(_ *Request, p *Response) {
			if p.Status == http.StatusPreconditionFailed {
				status(400)(p)
			}
		}},
		{Name: "if-match-always-fails", Summary: "A write with the present version answers 412.", Requirements: ids("7644-3.14-R9"), Route: func(r *Request) {
			if tag := r.Header.Get("If-Match"); tag != "" && tag != "*" {
				r.Header.Set("If-Match", `"never"`)
			}
		}},
		{Name: "if-match-star-fails", Summary: "If-Match: * answers 412.", Requirements: ids("7644-3.14-R9"), Route: func(r *Request) {
			if r.Header.Get("If-Match") == "*" {
				r.Header.Set("If-Match", `"star"`)
			}
		}},
		{Name: "if-none-match-ignored", Summary: "A read passes over If-None-Match.", Requirements: ids("7644-3.14-R6"), Route: func(r *Request) { r.Header.Del("If-None-Match") }},
		{Name: "if-none-match-always-304", Summary: "A read with If-None-Match always answers 304.", Requirements: ids("7644-3.14-R6"), Route: func(r *Request) {
			if r.Is(Get) && r.Header.Get("If-None-Match") != "" {
				r.Header.Set("If-None-Match", "*")
			}
		}},
	}
}

// reversion changes the form of versions, in the header and in the body.
func reversion(change func(string) string) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		if tag := p.Header.Get("ETag"); tag != "" {
			p.Header.Set("ETag", change(tag))
		}
		if p.OK() && r.Kind() != Bulk {
			projectAll(p, func(o *scim.Object) {
				meta(func(m *scim.Object) { m.Set("version", change(m.String("version"))) })(r, o)
			})
		}
	}
}

// selves are departures of /Me (RFC 7644 section 3.11).
func selves() []Deviation {
	return []Deviation{
		{Name: "me-answers-500", Summary: "/Me makes the server fail.", Requirements: ids("7644-3.11-R2"), Route: instead(Me, 500, "no subject")},
		{Name: "me-as-page", Summary: "/Me answers with a web page.", Requirements: ids("7644-3.11-R2", "7644-3.2-R8"), Route: on(Me, func(r *Request) {
			r.Instead = page(200)
		})},
		{Name: "me-answers-empty", Summary: "/Me answers 200 without a user.", Requirements: ids("7644-3.4.1-R1"), Route: on(Me, func(r *Request) {
			r.Instead = &Response{Status: 200, Header: header("Content-Type", "application/scim+json"), Body: []byte(`{}`)}
		})},
		{Name: "me-without-location", Summary: "/Me does not say where the user is.", Requirements: ids("7644-3.11-R5"), Respond: answers(Me, 200, without("Location"), without("Content-Location"))},
		{Name: "me-location-is-me", Summary: "The location of /Me is /Me.", Requirements: ids("7644-3.11-R5"), Respond: func(r *Request, p *Response) {
			if r.Is(Me) && p.OK() && p.Header.Get("Location") != "" {
				to := r.Base + "/Me"
				p.Header.Set("Location", to)
				p.Header.Set("Content-Location", to)
				p.Edit(func(o *scim.Object) { o.Object("meta").Set("location", to) })
			}
		}},
		{Name: "me-location-by-name", Summary: "The location of /Me has the userName in the place of the id.", Requirements: ids("7644-3.11-R5", "7643-3.1-R6"), Respond: answers(Me, 200, func(p *Response) {
			p.Edit(func(o *scim.Object) {
				at := o.Object("meta").String("location")
				to := at[:strings.LastIndexByte(at, '/')+1] + url.PathEscape(o.String("userName"))
				o.Object("meta").Set("location", to)
				p.Header.Set("Location", to)
				p.Header.Set("Content-Location", to)
			})
		})},
	}
}
