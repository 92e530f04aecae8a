package deviation

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// lists are departures of lists and of their pages (RFC 7644 section 3.4.2).
func lists() []Deviation {
	return slices.Concat(listAnswers(), pages())
}

// listAnswers are about the form of a list, whatever page of it.
func listAnswers() []Deviation {
	return []Deviation{
		{Name: "list-without-schemas", Summary: "Lists have no schemas.", Requirements: ids("7644-3.4.2-R4", "7644-3.1-R2"), Respond: listed(plainly(drop("schemas")))},
		{Name: "list-schemas-other", Summary: "Lists have the URN of SCIM 1.1.", Requirements: ids("7644-3.4.2-R4", "7644-8.2-R1"), Respond: listed(plainly(set("schemas", []any{"urn:scim:schemas:core:1.0"})))},
		{Name: "list-as-array", Summary: "Lists are bare arrays.", Requirements: ids("7644-3.4.2-R4"),
			Respond: func(r *Request, p *Response) {
				if o, err := scim.ParseObject(p.Body); err == nil && r.Is(List) && p.OK() {
					p.Body = scim.AppendValue(nil, o.Get("Resources"))
				}
			}},
		{Name: "list-total-missing", Summary: "Lists have no totalResults.", Requirements: ids("7644-3.4.2-R5"), Respond: listed(plainly(drop("totalResults")))},
		{Name: "list-total-as-text", Summary: "totalResults is text.", Requirements: ids("7644-3.4.2-R5", "7643-2.3-R2"),
			Respond: listed(plainly(func(o *scim.Object) { o.Set("totalResults", itoa(count(o, "totalResults"))) }))},
		{Name: "list-total-of-page", Summary: "totalResults is the number of resources in the page.", Requirements: ids("7644-3.4.2.4-R11"),
			Respond: listed(plainly(func(o *scim.Object) { o.Set("totalResults", number(len(resources(o)))) }))},
		{Name: "list-total-one-less", Summary: "totalResults does not count the last of several.", Requirements: ids("7644-3.4.2.4-R11"),
			Respond: listed(plainly(func(o *scim.Object) {
				if n := count(o, "totalResults"); n > 1 {
					o.Set("totalResults", number(n-1))
				}
			}))},
		{Name: "list-total-without-filter", Summary: "totalResults counts what the filter leaves out too.", Requirements: ids("7644-3.4.2.4-R11"),
			Respond: func(r *Request, p *Response) {
				if r.Is(List, Search) && p.OK() && r.Query.Has("filter") {
					p.Edit(func(o *scim.Object) { o.Set("totalResults", number(count(o, "totalResults")+7)) })
				}
			}},
		{Name: "list-resources-missing", Summary: "Lists have no Resources.", Requirements: ids("7644-3.4.2-R6"), Respond: listed(plainly(drop("Resources")))},
		{Name: "list-one-as-object", Summary: "The only resource of a list is an object, not an array.", Requirements: ids("7644-3.4.2-R6", "7643-2.4-R1"),
			Respond: listed(plainly(func(o *scim.Object) {
				if list := resources(o); len(list) == 1 {
					o.Set("Resources", list[0])
				}
			}))},
		{Name: "list-items-brief", Summary: "Lists show of each resource no more than its id and name.", Requirements: ids("7644-3.4.2-R9"),
			Project: func(r *Request, o *scim.Object) {
				if r.Is(List) {
					for name := range o.Clone().All() {
						if !strings.Contains(" id userName schemas meta ", " "+name+" ") {
							o.Delete(name)
						}
					}
				}
			}},
	}
}

// pages are about paging by index (RFC 7644 section 3.4.2.4).
func pages() []Deviation {
	return []Deviation{
		{Name: "list-start-missing", Summary: "Pages have no startIndex.", Requirements: ids("7644-3.4.2-R7"), Respond: listed(plainly(drop("startIndex")))},
		{Name: "list-start-is-one", Summary: "startIndex of every page is 1.", Requirements: ids("7644-3.4.2.4-R12"), Respond: listed(plainly(set("startIndex", number(1))))},
		{Name: "list-length-missing", Summary: "Pages have no itemsPerPage.", Requirements: ids("7644-3.4.2-R7"), Respond: listed(plainly(drop("itemsPerPage")))},
		{Name: "list-length-too-large", Summary: "itemsPerPage is one more than there are.", Requirements: ids("7644-3.4.2.4-R10"),
			Respond: listed(plainly(func(o *scim.Object) { o.Set("itemsPerPage", number(1001)) }))},
		{Name: "count-ignored", Summary: "count is passed over.", Requirements: ids("7644-3.4.2.4-R7"), Search: func(_ *Request, v url.Values) {
			if !v.Has("cursor") && v.Get("count") != "0" {
				v.Del("count")
			}
		}},
		{Name: "count-plus-one", Summary: "A page has one resource more than was asked for.", Requirements: ids("7644-3.4.2.4-R7"), Search: integer("count", func(n int) int {
			if n > 0 {
				return n + 1
			}
			return n
		})},
		{Name: "count-zero-ignored", Summary: "count=0 returns resources.", Requirements: ids("7644-3.4.2.4-R6"), Search: func(_ *Request, v url.Values) {
			if v.Get("count") == "0" {
				v.Del("count")
			}
		}},
		{Name: "count-zero-refused", Summary: "count=0 is refused.", Requirements: ids("7644-3.4.2.4-R6"), Search: refuseNumber("count", func(n int) bool { return n == 0 })},
		{Name: "count-negative-refused", Summary: "A negative count is refused.", Requirements: ids("7644-3.4.2.4-R5"), Search: refuseNumber("count", func(n int) bool { return n < 0 })},
		{Name: "count-negative-ignored", Summary: "A negative count returns resources.", Requirements: ids("7644-3.4.2.4-R5"), Search: func(_ *Request, v url.Values) {
			if strings.HasPrefix(v.Get("count"), "-") {
				v.Del("count")
			}
		}},
		{Name: "start-from-zero", Summary: "startIndex counts from 0.", Requirements: ids("7644-3.4.2.4-R3"), Search: integer("startIndex", func(n int) int { return n + 1 })},
		{Name: "start-ignored", Summary: "startIndex is passed over.", Requirements: ids("7644-3.4.2.4-R13", "7644-3.4.2.4-R3"), Search: func(_ *Request, v url.Values) { v.Del("startIndex") }},
		{Name: "start-below-one-refused", Summary: "A startIndex below 1 is refused.", Requirements: ids("7644-3.4.2.4-R4"), Search: refuseNumber("startIndex", func(n int) bool { return n < 1 })},
		{Name: "start-past-end-answers-404", Summary: "A startIndex behind the end answers 404.", Requirements: ids("7644-3.4.2-R8"),
			Respond: func(r *Request, p *Response) {
				if o, err := scim.ParseObject(p.Body); err == nil && r.Is(List) && p.OK() && len(resources(o)) == 0 && count(o, "startIndex") > 1 {
					p.Fail(scim.Status(404, "there is no such page"))
				}
			}},
		{Name: "start-past-end-total-zero", Summary: "Behind the end totalResults is 0.", Requirements: ids("7644-3.4.2.4-R11"),
			Respond: listed(func(_ *Request, o *scim.Object) {
				if len(resources(o)) == 0 && count(o, "startIndex") > 1 {
					o.Set("totalResults", number(0))
				}
			})},
		{Name: "pages-overlap", Summary: "Each page begins with the last resource of the one before.", Requirements: ids("7644-3.4.2.4-R13"),
			Search: integer("startIndex", func(n int) int { return max(n-1, 1) }),
			Respond: listed(func(_ *Request, o *scim.Object) {
				if n := count(o, "startIndex"); n > 1 {
					o.Set("startIndex", number(n+1))
				}
			})},
		{Name: "pages-without-filter", Summary: "The filter is lost on the second page.", Requirements: ids("7644-3.4.2.2-R4", "7644-3.4.2.4-R13"),
			Search: func(_ *Request, v url.Values) {
				if n, err := strconv.Atoi(v.Get("startIndex")); err == nil && n > 1 {
					v.Del("filter")
				}
			}},
		{Name: "pages-above-limit", Summary: "A page is longer than the configuration says pages can be.", Requirements: ids("7643-5-R8"),
			Respond: configured(func(o *scim.Object) { o.Object("filter").Set("maxResults", number(1)) })},
		{Name: "too-many-unnamed", Summary: "A list of all users is refused, and not as too many.", Requirements: ids("7644-3.4.2.1-R4"), Search: func(r *Request, _ url.Values) {
			if isUser(r) && r.Is(List) && len(r.Query) == 0 {
				r.Instead = refusal(scim.BadRequest("ask for a page"))
			}
		}},
		{Name: "root-query-users-only", Summary: "A query at the base URL finds users alone.", Requirements: ids("7644-3.4.2.1-R2"),
			Respond: listed(func(r *Request, o *scim.Object) {
				if first, _ := r.segments(); first == "" && r.Is(List) {
					hide(o, func(e *scim.Object) bool { return e.Object("meta").String("resourceType") != "User" })
				}
			})},
		{Name: "bad-count-answers-500", Summary: "A count that is no number makes the server fail.", Requirements: ids("7644-3.4.2.4-R7", "7644-3.12-R7"), Search: func(r *Request, v url.Values) {
			if _, err := strconv.Atoi(v.Get("count")); err != nil && v.Get("count") != "" {
				r.Instead = refusal(scim.Status(500, "invalid syntax"))
			}
		}},
		{Name: "groups-list-without-total", Summary: "The list of groups does not say how many there are.", Requirements: ids("7644-3.4.2-R5"), Respond: listed(func(r *Request, o *scim.Object) {
			if isGroup(r) {
				o.Delete("totalResults")
			}
		})},
		{Name: "root-query-strict", Summary: "A query at the base URL refuses attributes that not every type has.", Requirements: ids("7644-3.4.2.1-R6"),
			Search: func(r *Request, v url.Values) {
				if first, _ := r.segments(); first == "" && r.Is(List) && strings.Contains(v.Get("filter"), "userName") {
					r.Instead = refusal(scim.InvalidFilter("not every type has this attribute"))
				}
			}},
	}
}

// count returns a number in a list.
func count(o *scim.Object, name string) int {
	n, _ := o.Get(name).(json.Number)
	v, _ := n.Int64()
	return int(v)
}

// plainly is a change of a list that does not depend on the request.
func plainly(change func(*scim.Object)) func(*Request, *scim.Object) {
	return func(_ *Request, o *scim.Object) { change(o) }
}

// integer changes a parameter that is a number.
func integer(name string, change func(int) int) func(*Request, url.Values) {
	return func(_ *Request, v url.Values) {
		if n, err := strconv.Atoi(v.Get(name)); err == nil {
			v.Set(name, itoa(change(n)))
		}
	}
}

// refuseNumber refuses a parameter that is some number.
func refuseNumber(name string, which func(int) bool) func(*Request, url.Values) {
	return func(r *Request, v url.Values) {
		if n, err := strconv.Atoi(v.Get(name)); err == nil && which(n) {
			r.Instead = refusal(scim.InvalidValue("%s must not be %d", name, n))
		}
	}
}

// configured changes the ServiceProviderConfig.
func configured(change func(*scim.Object)) func(*Request, *Response) {
	return answers(Config, 200, edit(change))
}

// cursors are departures of paging by cursor (RFC 9865).
func cursors() []Deviation {
	bad := func(change func(*Request, url.Values)) func(*Request, url.Values) { // of a cursor that was made up
		return func(r *Request, v url.Values) {
			if c := v.Get("cursor"); c != "" && len(c) < 40 {
				change(r, v)
			}
		}
	}
	return []Deviation{
		{Name: "cursor-next-missing", Summary: "No page names the next one.", Requirements: ids("9865-2-R9"), Respond: listed(plainly(drop("nextCursor")))},
		{Name: "cursor-next-on-last", Summary: "The last page names a next one.", Requirements: ids("9865-2-R10"),
			Respond: listed(func(_ *Request, o *scim.Object) {
				if o.Get("nextCursor") == nil && o.Get("startIndex") == nil {
					o.Set("nextCursor", "more")
				}
			})},
		{Name: "cursor-previous-on-first", Summary: "The first page names one before it.", Requirements: ids("9865-2-R12"),
			Respond: func(r *Request, p *Response) {
				if r.Is(List) && p.OK() && r.Query.Has("cursor") && r.Query.Get("cursor") == "" {
					p.Edit(set("previousCursor", "before"))
				}
			}},
		{Name: "cursor-bad-ignored", Summary: "A cursor that was made up gives the first page.", Requirements: ids("9865-2.1-R2", "9865-5.2-R4"),
			Search: bad(func(_ *Request, v url.Values) { v.Set("cursor", "") })},
		{Name: "cursor-bad-answers-500", Summary: "A cursor that was made up makes the server fail.", Requirements: ids("9865-2.1-R1", "9865-2.1-R2"),
			Search: bad(func(r *Request, _ url.Values) { r.Instead = refusal(scim.Status(500, "cannot decode cursor")) })},
		{Name: "cursor-bad-without-keyword", Summary: "The 400 for a cursor has no scimType.", Requirements: ids("9865-2.1-R2"),
			Search: bad(func(r *Request, _ url.Values) { r.Instead = refusal(scim.BadRequest("this is no cursor")) })},
		{Name: "cursor-with-reserved-characters", Summary: "Cursors hold characters that mean something in URLs.", Requirements: ids("9865-2-R2"),
			Respond: listed(func(_ *Request, o *scim.Object) {
				if c := o.String("nextCursor"); c != "" {
					o.Set("nextCursor", "a+b/"+c+"==")
				}
			}), Search: func(_ *Request, v url.Values) {
				v2, ok := strings.CutPrefix(v.Get("cursor"), "a+b/")
				if v2 = strings.TrimSuffix(v2, "=="); ok {
					v.Set("cursor", v2)
				}
			}},
		{Name: "cursor-page-too-long", Summary: "A page has one resource more than was asked for.", Requirements: ids("9865-2-R6"),
			Search: func(_ *Request, v url.Values) {
				if n, err := strconv.Atoi(v.Get("count")); err == nil && n > 0 && v.Has("cursor") {
					v.Set("count", itoa(n+1))
				}
			}},
		{Name: "cursor-repeats-first", Summary: "Each cursor leads to the first page again.", Requirements: ids("9865-2-R16"),
			Search: func(_ *Request, v url.Values) {
				if v.Get("cursor") != "" {
					v.Set("cursor", "")
				}
			}},
		{Name: "cursor-skips", Summary: "The first resource of each further page is left out.", Requirements: ids("9865-2-R16"),
			Respond: func(r *Request, p *Response) {
				if r.Is(List) && p.OK() && r.Query.Get("cursor") != "" {
					p.Edit(func(o *scim.Object) {
						if list := resources(o); len(list) > 0 {
							setResources(o, list[1:])
						}
					})
				}
			}},
		{Name: "cursor-count-zero-ignored", Summary: "With a cursor count=0 returns resources.", Requirements: ids("9865-2-R5"),
			Search: func(_ *Request, v url.Values) {
				if v.Has("cursor") && v.Get("count") == "0" {
					v.Del("count")
				}
			}},
		{Name: "cursor-count-negative-refused", Summary: "With a cursor a negative count is refused.", Requirements: ids("9865-2-R4"),
			Search: func(r *Request, v url.Values) {
				if v.Has("cursor") && strings.HasPrefix(v.Get("count"), "-") {
					r.Instead = refusal(scim.InvalidCount("count must not be negative"))
				}
			}},
		{Name: "cursor-bad-count-answers-500", Summary: "With a cursor a count that is no number makes the server fail.", Requirements: ids("9865-2.1-R1", "9865-2.1-R4"),
			Search: func(r *Request, v url.Values) {
				if _, err := strconv.Atoi(v.Get("count")); err != nil && v.Has("cursor") && v.Has("count") {
					r.Instead = refusal(scim.Status(500, "invalid syntax"))
				}
			}},
		{Name: "cursor-without-credentials", Summary: "A cursor is as good as a token.", Requirements: ids("9865-5.2-R2"),
			Route: on(List, func(r *Request) { r.Admitted = r.Admitted || r.Query.Get("cursor") != "" })},
		{Name: "cursor-total-wrong", Summary: "totalResults counts what is left.", Requirements: ids("9865-2-R17"),
			Respond: func(r *Request, p *Response) {
				if r.Is(List) && p.OK() && r.Query.Get("cursor") != "" {
					p.Edit(func(o *scim.Object) { o.Set("totalResults", number(len(resources(o)))) })
				}
			}},
		{Name: "cursor-ignored-in-search", Summary: "A cursor in the body of a search is passed over.", Requirements: ids("9865-3-R1"),
			Search: func(r *Request, v url.Values) {
				if r.Is(Search) {
					v.Del("cursor")
				}
			}},
		{Name: "cursor-unsorted", Summary: "Pages by cursor are in no order.", Requirements: ids("9865-2.2-R1"),
			Search: func(_ *Request, v url.Values) {
				if v.Has("cursor") {
					v.Del("sortBy")
				}
			}},
		{Name: "pagination-default-otherwise", Summary: "The configuration says that pages go by cursor unless a client says otherwise, and they do not.", Requirements: ids("9865-2.4-R2"),
			Respond: configured(func(o *scim.Object) { o.Object("pagination").Set("defaultPaginationMethod", "cursor") })},
		{Name: "pagination-longer-than-said", Summary: "The configuration says that no page is longer than two, and they are.", Requirements: ids("9865-4-R6"),
			Respond: configured(func(o *scim.Object) { o.Object("pagination").Set("maxPageSize", number(2)) })},
		{Name: "cursor-expires-early", Summary: "The configuration says that a cursor is good for a second, and it is not.", Requirements: ids("9865-4-R7"),
			Search: aged(ms(200), scim.ExpiredCursor("the cursor has expired")), Respond: dated},
		{Name: "cursor-expired-answers-500", Summary: "A cursor that has expired, after a second, makes the server fail.", Requirements: ids("9865-2.1-R3", "7644-3.12-R14"),
			Search: aged(ms(1000), scim.Status(500, "no such cursor")), Respond: dated},
		{Name: "pagination-incomplete", Summary: "The configuration does not say whether pages go by index.", Requirements: ids("9865-4-R3"),
			Respond: configured(func(o *scim.Object) { o.Object("pagination").Delete("index") })},
		{Name: "pagination-as-text", Summary: "The configuration says with text that pages go by cursor.", Requirements: ids("9865-4-R3"),
			Respond: configured(func(o *scim.Object) { o.Object("pagination").Set("cursor", "true") })},
	}
}

// dated says that a cursor is good for a second and remembers when each was given out;
// aged refuses those that are older than it says.
func dated(r *Request, p *Response) {
	configured(func(o *scim.Object) { o.Object("pagination").Set("cursorTimeout", number(1)) })(r, p)
	listed(func(r *Request, o *scim.Object) { r.Memory.Put(o.String("nextCursor"), r.Now()) })(r, p)
}

func aged(limit time.Duration, refused scim.Error) func(*Request, url.Values) {
	return func(r *Request, v url.Values) {
		if given, known := r.Memory.Get(v.Get("cursor")).(time.Time); known && v.Get("cursor") != "" && r.Now().Sub(given) > limit {
			r.Instead = refusal(refused)
		}
	}
}

// sorts are departures of sorting (RFC 7644 section 3.4.2.3).
func sorts() []Deviation {
	by := func(change func(v url.Values, by string)) func(*Request, url.Values) {
		return func(_ *Request, v url.Values) {
			if by := v.Get("sortBy"); by != "" {
				change(v, by)
			}
		}
	}
	return []Deviation{
		{Name: "sort-ignored", Summary: "sortBy is passed over.", Requirements: ids("7644-3.4.2.3-R3", "7643-5-R16"), Search: by(func(v url.Values, _ string) { v.Del("sortBy") })},
		{Name: "sort-descending-ignored", Summary: "sortOrder is passed over.", Requirements: ids("7644-3.4.2.3-R7"), Search: by(func(v url.Values, _ string) { v.Del("sortOrder") })},
		{Name: "sort-descending-by-default", Summary: "Without sortOrder the order is descending.", Requirements: ids("7644-3.4.2.3-R8"),
			Search: by(func(v url.Values, _ string) {
				if !v.Has("sortOrder") {
					v.Set("sortOrder", "descending")
				}
			})},
		{Name: "sort-case-sensitive", Summary: "Capital letters come before small ones.", Requirements: ids("7644-3.4.2.3-R9"), Respond: resort(func(a, b string) int { return strings.Compare(a, b) })},
		{Name: "sort-missing-first", Summary: "In ascending order whoever has no value comes first.", Requirements: ids("7644-3.4.2.3-R6"), Respond: missing(false, true)},
		{Name: "sort-missing-last-descending", Summary: "In descending order whoever has no value comes last.", Requirements: ids("7644-3.4.2.3-R6"), Respond: missing(true, false)},
		{Name: "sort-by-parts-ignored", Summary: "sortBy a part of an attribute is passed over.", Requirements: ids("7644-3.4.2.3-R3"),
			Search: by(func(v url.Values, by string) {
				if strings.HasPrefix(by, "name.") {
					v.Del("sortBy")
				}
			})},
		{Name: "sort-by-first-value", Summary: "Of many values the first one counts, not the primary one.", Requirements: ids("7644-3.4.2.3-R4"),
			Respond: func(r *Request, p *Response) {
				if by := r.Query.Get("sortBy"); r.Is(List) && p.OK() && strings.HasPrefix(by, "emails") {
					p.Edit(func(o *scim.Object) {
						order(o, func(e *scim.Object) string {
							if list := elements(e, "emails"); len(list) > 0 {
								return list[0].String("value")
							}
							return "~"
						}, strings.Compare)
					})
				}
			}},
		{Name: "sort-by-meta-ignored", Summary: "sortBy a date in meta is passed over.", Requirements: ids("7644-3.4.2.3-R9"),
			Search: by(func(v url.Values, by string) {
				if strings.HasPrefix(by, "meta.") {
					v.Del("sortBy")
				}
			})},
		{Name: "sort-lost-on-second-page", Summary: "Further pages are in no order.", Requirements: ids("7644-3.4.2.4-R13", "7644-3.4.2.3-R3"),
			Search: by(func(v url.Values, _ string) {
				if n, err := strconv.Atoi(v.Get("startIndex")); err == nil && n > 1 {
					v.Del("sortBy")
				}
			})},
		{Name: "sort-unknown-answers-500", Summary: "sortBy an attribute that there is not makes the server fail.", Requirements: ids("7644-3.4.2.3-R3"),
			Search: func(r *Request, v url.Values) {
				if path, err := scim.ParseAttributePath(v.Get("sortBy")); err == nil && v.Has("sortBy") {
					if _, err := scim.UserType().Resolve(path); err != nil {
						r.Instead = refusal(scim.Status(500, "no such column"))
					}
				}
			}},
	}
}

// resort puts a page that is sorted by a text attribute in another order.
func resort(compare func(a, b string) int) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		by := r.Query.Get("sortBy")
		if !r.Is(List) || !p.OK() || by == "" || strings.Contains(by, ".") {
			return
		}
		p.Edit(func(o *scim.Object) { order(o, func(e *scim.Object) string { return e.String(by) }, compare) })
	}
}

// order sorts the resources of a list by a key.
func order(o *scim.Object, key func(*scim.Object) string, compare func(a, b string) int) {
	list := resources(o)
	slices.SortStableFunc(list, func(a, b *scim.Object) int { return compare(key(a), key(b)) })
	setResources(o, list)
}

// missing moves resources without a value to one end of a page.
func missing(descending, first bool) func(*Request, *Response) {
	return func(r *Request, p *Response) {
		by := r.Query.Get("sortBy")
		if !r.Is(List) || !p.OK() || by == "" || strings.EqualFold(r.Query.Get("sortOrder"), "descending") != descending {
			return
		}
		p.Edit(func(o *scim.Object) {
			var with, without []*scim.Object
			for _, e := range resources(o) {
				name, part, _ := strings.Cut(by, ".")
				if e.Get(name) == nil || part != "" && e.Object(name).Get(part) == nil && e.Array(name) == nil {
					without = append(without, e)
				} else {
					with = append(with, e)
				}
			}
			if first {
				with, without = without, with
			}
			setResources(o, append(with, without...))
		})
	}
}

// searches are departures of POST on .search (RFC 7644 section 3.4.3).
func searches() []Deviation {
	only := func(change func(url.Values)) func(*Request, url.Values) {
		return func(r *Request, v url.Values) {
			if r.Is(Search) {
				change(v)
			}
		}
	}
	return []Deviation{
		{Name: "search-answers-201", Summary: "A search answers 201.", Requirements: ids("7644-3.4.3-R9", "7644-3.4.3-R2"), Respond: answers(Search, 200, status(201))},
		{Name: "search-answers-501", Summary: "A search answers 501.", Requirements: ids("7644-3.4.3-R2"), Route: instead(Search, 501, "search is not supported")},
		{Name: "search-without-schemas", Summary: "The answer to a search has no schemas.", Requirements: ids("7644-3.4.3-R9"), Respond: answers(Search, 200, edit(drop("schemas")))},
		{Name: "search-filter-ignored", Summary: "A search passes over its filter.", Requirements: ids("7644-3.4.3-R7", "7644-3.4.2.2-R36"), Search: only(func(v url.Values) { v.Del("filter") })},
		{Name: "search-attributes-ignored", Summary: "A search passes over attributes.", Requirements: ids("7644-3.4.3-R5"), Search: only(func(v url.Values) { v.Del("attributes") })},
		{Name: "search-excluded-ignored", Summary: "A search passes over excludedAttributes.", Requirements: ids("7644-3.4.3-R5"), Search: only(func(v url.Values) { v.Del("excludedAttributes") })},
		{Name: "search-paging-ignored", Summary: "A search passes over count and startIndex.", Requirements: ids("7644-3.4.3-R9", "7644-3.4.2.4-R7"),
			Search: only(func(v url.Values) {
				if v.Get("count") != "0" {
					v.Del("count")
				}
				v.Del("startIndex")
			})},
		{Name: "search-sort-ignored", Summary: "A search passes over sortBy.", Requirements: ids("7644-3.4.3-R8"), Search: only(func(v url.Values) { v.Del("sortBy") })},
		{Name: "search-count-zero-ignored", Summary: "A search with count 0 returns resources.", Requirements: ids("7644-3.4.2.4-R6", "7644-3.4.3-R9"),
			Search: only(func(v url.Values) {
				if v.Get("count") == "0" {
					v.Del("count")
				}
			})},
		{Name: "search-bad-filter-ignored", Summary: "A search passes over a filter that cannot be read.", Requirements: ids("7644-3.4.3-R7", "7644-3.4.2.2-R36"),
			Search: only(func(v url.Values) {
				if _, err := scim.ParseFilter(v.Get("filter")); err != nil {
					v.Del("filter")
				}
			})},
		{Name: "search-at-base-users-only", Summary: "A search at the base URL finds users alone.", Requirements: ids("7644-3.4.3-R2", "7644-3.4.2.1-R2"),
			Respond: func(r *Request, p *Response) {
				if first, _ := r.segments(); first == ".search" && p.OK() {
					p.Edit(func(o *scim.Object) {
						hide(o, func(e *scim.Object) bool { return e.Object("meta").String("resourceType") != "User" })
					})
				}
			}},
		{Name: "search-message-unchecked-fails", Summary: "A search that does not say that it is one makes the server fail.", Requirements: ids("7644-3.1-R2", "7644-3.12-R7"),
			Respond: answers(Search, 400, func(p *Response) {
				if strings.Contains(string(p.Body), "SearchRequest") {
					status(500)(p)
					scimType("")(p)
				}
			})},
	}
}
