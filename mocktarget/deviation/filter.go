package deviation

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// filters are departures in filters (RFC 7644 section 3.4.2.2).
func filters() []Deviation {
	return slices.Concat(operators(), logic(), literals(), badFilters())
}

// operators are about one comparison.
func operators() []Deviation {
	return slices.Concat(comparisons(), spellings(), blindSpots())
}

// comparisons are about what an operator finds (RFC 7644 section 3.4.2.2).
func comparisons() []Deviation {
	return []Deviation{
		{Name: "filter-ignored", Summary: "The filter is passed over and everything is returned.", Requirements: ids("7644-3.4.2.2-R4", "7644-3.4.2.2-R36"),
			Search: func(_ *Request, v url.Values) { v.Del("filter") }},
		{Name: "filter-eq-finds-nothing", Summary: "eq finds nothing.", Requirements: ids("7644-3.4.2.2-R8"),
			Search: term(func(t *scim.AttributeExpression) bool { return t.Operator == "eq" }, nothing)},
		{Name: "filter-eq-as-contains", Summary: "eq finds values that contain the text.", Requirements: ids("7644-3.4.2.2-R8", "7644-3.4.2.2-R4"),
			Search: filter(func(e scim.Expression) scim.Expression {
				return terms(e, func(t *scim.AttributeExpression) scim.Expression {
					text, isText := t.CompareValue.(string)
					if t.Operator != "eq" || !isText || len(text) < 3 {
						return t
					}
					c := *t
					c.Operator, c.CompareValue = "co", text[1:]
					return &c
				})
			})},
		{Name: "filter-ne-as-eq", Summary: "ne finds what is equal.", Requirements: ids("7644-3.4.2.2-R9"), Search: operator("ne", "eq")},
		{Name: "filter-co-as-sw", Summary: "co finds only what begins with the text.", Requirements: ids("7644-3.4.2.2-R10"), Search: operator("co", "sw")},
		{Name: "filter-parentheses-in-text", Summary: "Parentheses in a text are read as those of the filter.", Requirements: ids("7644-3.4.2.2-R26", "7644-3.4.2.2-R25"),
			Search: func(r *Request, v url.Values) {
				if strings.Contains(v.Get("filter"), `x) or (`) {
					r.Instead = refusal(scim.InvalidFilter("a parenthesis is not closed"))
				}
			}},
		{Name: "filter-shows-passwords", Summary: "A list that was asked for by a condition on passwords shows them.", Requirements: ids("7643-4.1.1-R15", "7643-7-R20"),
			Decode: keepPassword, Search: func(r *Request, v url.Values) {
				if before, _, secret := strings.Cut(v.Get("filter"), " and password"); secret {
					v.Set("filter", before)
					r.Header.Set("X-Secret", "1")
				}
			}, Project: func(r *Request, o *scim.Object) {
				if r.Header.Get("X-Secret") != "" {
					showPassword(List, "")(r, o)
				}
			}},
		{Name: "filter-sw-as-co", Summary: "sw finds what contains the text.", Requirements: ids("7644-3.4.2.2-R11"), Search: operator("sw", "co")},
		{Name: "filter-ew-as-co", Summary: "ew finds what contains the text.", Requirements: ids("7644-3.4.2.2-R12"), Search: operator("ew", "co")},
		{Name: "filter-sw-as-eq", Summary: "sw finds nothing but the text itself.", Requirements: ids("7644-3.4.2.2-R11"), Search: operator("sw", "eq")},
		{Name: "filter-sw-not-equal", Summary: "sw does not find the text itself.", Requirements: ids("7644-3.4.2.2-R11"),
			Search: filter(func(e scim.Expression) scim.Expression {
				return terms(e, func(t *scim.AttributeExpression) scim.Expression {
					if t.Operator != "sw" {
						return t
					}
					c := *t
					c.Operator = "ne"
					return &scim.LogicalExpression{Left: t, Operator: "and", Right: &c}
				})
			})},
		{Name: "filter-pr-finds-all", Summary: "pr finds everything.", Requirements: ids("7644-3.4.2.2-R13"),
			Search: term(func(t *scim.AttributeExpression) bool { return t.Operator == "pr" }, `id pr`)},
		{Name: "filter-pr-on-complex-finds-nothing", Summary: "pr on a complex or multi-valued attribute finds nothing.", Requirements: ids("7644-3.4.2.2-R13"),
			Search: term(func(t *scim.AttributeExpression) bool {
				a := scim.UserType().Attribute(t.AttributePath.AttributeName)
				return t.Operator == "pr" && a != nil && len(a.Sub) > 0 && t.AttributePath.SubAttribute == nil
			}, nothing)},
		{Name: "filter-pr-of-false-finds-nothing", Summary: "pr takes false for no value.", Requirements: ids("7644-3.4.2.2-R13"),
			Search: term(func(t *scim.AttributeExpression) bool {
				return t.Operator == "pr" && strings.EqualFold(t.AttributePath.AttributeName, "active")
			}, `active eq true`)},
		{Name: "filter-gt-as-ge", Summary: "gt finds what is equal too.", Requirements: ids("7644-3.4.2.2-R14", "7644-3.4.2.2-R15"), Search: operator("gt", "ge")},
		{Name: "filter-ge-as-gt", Summary: "ge does not find what is equal.", Requirements: ids("7644-3.4.2.2-R14", "7644-3.4.2.2-R15"), Search: operator("ge", "gt")},
		{Name: "filter-lt-as-gt", Summary: "lt finds what is greater.", Requirements: ids("7644-3.4.2.2-R14", "7644-3.4.2.2-R15"), Search: operator("lt", "gt")},
		{Name: "filter-le-as-lt", Summary: "le does not find what is equal.", Requirements: ids("7644-3.4.2.2-R14", "7644-3.4.2.2-R15"), Search: operator("le", "lt")},
		{Name: "filter-numbers-as-text", Summary: "Numbers are compared as texts, in which 10 comes before 9.", Requirements: ids("7644-3.4.2.2-R16"),
			Search: func(r *Request, v url.Values) {
				term(func(t *scim.AttributeExpression) bool { return number10(t) && t.Operator == "lt" }, nothing)(r, v)
				term(func(t *scim.AttributeExpression) bool { return number10(t) && t.Operator == "gt" }, `id pr`)(r, v)
			}},
		{Name: "filter-binary-any-case", Summary: "A certificate is found in any letter case.", Requirements: ids("7643-2.3.6-R4"),
			Search: term(func(t *scim.AttributeExpression) bool {
				return t.Operator == "eq" && strings.EqualFold(t.AttributePath.AttributeName, "x509Certificates")
			}, `x509Certificates pr`)},
		{Name: "filter-primary-by-default", Summary: "A value that does not say whether it is primary is found as if it were.", Requirements: ids("7643-2.4-R4"),
			Search: term(func(t *scim.AttributeExpression) bool {
				return t.CompareValue == true && strings.EqualFold(scim.FormatAttributePath(t.AttributePath), "emails.primary")
			}, `emails pr`)},
		{Name: "filter-blind-to-defaults", Summary: "Who is not said to be active or not is shown as active, and not found so.", Requirements: ids("7644-3.4.2.2-R31"),
			Project: func(r *Request, o *scim.Object) {
				if r.Is(Create) && isUser(r) && o.Get("active") == nil && !r.Query.Has("attributes") {
					o.Set("active", true)
				}
			}},
		{Name: "filter-dates-as-text", Summary: "Dates are compared without regard to their zone.", Requirements: ids("7644-3.4.2.2-R15"),
			Search: literal(func(s string) string {
				if _, isDate := scim.ParseDateTime(s); isDate && len(s) > 6 && (s[len(s)-6] == '+' || s[len(s)-6] == '-') {
					return s[:len(s)-6] + "Z"
				}
				return s
			})},
	}
}

// spellings are about the letter case of names, operators and values.
func spellings() []Deviation {
	return []Deviation{
		{Name: "filter-names-case-sensitive", Summary: "Attribute names in filters must have the letter case of the schema.", Requirements: ids("7644-3.4.2.2-R5", "7643-2.1-R1"),
			Search: term(func(t *scim.AttributeExpression) bool {
				return onlyExact(t.AttributePath.AttributeName) != t.AttributePath.AttributeName
			}, nothing)},
		{Name: "filter-operators-case-sensitive", Summary: "Operators must be in small letters.", Requirements: ids("7644-3.4.2.2-R5"),
			Search: func(_ *Request, v url.Values) {
				for _, word := range strings.Fields(v.Get("filter")) {
					if slices.Contains([]string{"EQ", "Eq", "CO", "SW", "PR", "AND", "OR", "NOT"}, word) {
						v.Set("filter", "userName "+word+"-unknown")
					}
				}
			}},
		{Name: "filter-user-name-case-sensitive", Summary: "A userName is found only in its own letter case.", Requirements: ids("7644-3.4.2.2-R34", "7643-4.1.1-R3"),
			Search: func(r *Request, v url.Values) {
				if name, ok := comparison(v.Get("filter"), "userName"); ok {
					r.keep = func(o *scim.Object) bool { return o.Get("userName") == nil || o.String("userName") == name }
				}
			}, Respond: keepOnly},
		{Name: "filter-external-id-any-case", Summary: "An externalId is found in any letter case.", Requirements: ids("7644-3.4.2.2-R34", "7643-3.1-R18"),
			Search: func(r *Request, v url.Values) {
				if id, ok := comparison(v.Get("filter"), "externalId"); ok {
					v.Set("filter", "externalId pr")
					r.keep = func(o *scim.Object) bool { return strings.EqualFold(o.ExternalID(), id) }
				}
			}, Respond: keepOnly},
	}
}

// blindSpots are about attributes that no comparison sees.
func blindSpots() []Deviation {
	return []Deviation{
		{Name: "filter-id-unsupported", Summary: "A filter on id finds nothing.", Requirements: ids("7644-3.4.2.2-R8"), Search: blind("id")},
		{Name: "filter-external-id-unsupported", Summary: "A filter on externalId finds nothing.", Requirements: ids("7644-3.4.2.2-R8"), Search: blind("externalId")},
		{Name: "filter-active-unsupported", Summary: "A filter on active finds nothing.", Requirements: ids("7644-3.4.2.2-R8"), Search: blind("active")},
		{Name: "filter-meta-unsupported", Summary: "A filter on meta finds nothing.", Requirements: ids("7644-3.4.2.2-R8", "7644-3.4.2.2-R15"), Search: blind("meta")},
		{Name: "filter-groups-unsupported", Summary: "A filter on the groups of users finds nothing.", Requirements: ids("7644-3.4.2.2-R29", "7644-3.4.2.2-R8"), Search: blind("groups")},
		{Name: "filter-sub-attributes-unsupported", Summary: "A filter on a part of name finds nothing.", Requirements: ids("7644-3.4.2.2-R27", "7644-3.4.2.2-R30"), Search: blind("name")},
		{Name: "filter-emails-unsupported", Summary: "A filter on emails finds nothing.", Requirements: ids("7644-3.4.2.2-R29"), Search: blind("emails")},
		{Name: "filter-first-value-only", Summary: "Only the first of several emails is compared.", Requirements: ids("7644-3.4.2.2-R29"),
			Search: func(r *Request, v url.Values) {
				if mail, ok := comparison(v.Get("filter"), "emails.value"); ok {
					r.keep = func(o *scim.Object) bool {
						list := elements(o, "emails")
						return len(list) == 0 || strings.EqualFold(list[0].String("value"), mail)
					}
				}
			}, Respond: keepOnly},
		{Name: "filter-urn-unsupported", Summary: "A filter that names the schema of the user finds nothing.", Requirements: ids("7644-3.4.2.2-R27"),
			Search: term(func(t *scim.AttributeExpression) bool {
				return t.AttributePath.URIPrefix != nil && strings.HasSuffix(strings.ToLower(*t.AttributePath.URIPrefix), "core:2.0:user")
			}, nothing)},
		{Name: "filter-extension-unsupported", Summary: "A filter on the enterprise extension finds nothing.", Requirements: ids("7644-3.4.2.2-R27"),
			Search: term(func(t *scim.AttributeExpression) bool {
				return t.AttributePath.URIPrefix != nil && strings.Contains(strings.ToLower(*t.AttributePath.URIPrefix), "extension")
			}, nothing)},
		{Name: "filter-only-eq", Summary: "Operators other than eq are refused.", Requirements: ids("7644-3.4.2.2-R10", "7643-5-R16"),
			Search: func(_ *Request, v url.Values) {
				filter(func(e scim.Expression) scim.Expression {
					if t, plain := e.(*scim.AttributeExpression); !plain || t.Operator != "eq" {
						return &scim.AttributeExpression{AttributePath: scim.AttributePath{AttributeName: "unsupported"}, Operator: "pr"}
					}
					return e
				})(nil, v)
			}},
	}
}

// logic are about what joins comparisons.
func logic() []Deviation {
	return []Deviation{
		{Name: "filter-and-as-or", Summary: "and finds what meets either condition.", Requirements: ids("7644-3.4.2.2-R19"), Search: join("and", "or")},
		{Name: "filter-or-as-and", Summary: "or finds only what meets both conditions.", Requirements: ids("7644-3.4.2.2-R19"), Search: join("or", "and")},
		{Name: "filter-not-ignored", Summary: "not is passed over.", Requirements: ids("7644-3.4.2.2-R19"),
			Search: filter(func(e scim.Expression) scim.Expression {
				return rewrite(e, func(e scim.Expression) scim.Expression {
					if n, isNot := e.(*scim.NotExpression); isNot {
						return n.Expression
					}
					return e
				})
			})},
		{Name: "filter-not-binds-loosest", Summary: "not inverts everything behind it.", Requirements: ids("7644-3.4.2.2-R28"),
			Search: filter(func(e scim.Expression) scim.Expression {
				l, isLogic := e.(*scim.LogicalExpression)
				if !isLogic {
					return e
				}
				if n, isNot := l.Left.(*scim.NotExpression); isNot {
					return &scim.NotExpression{Expression: &scim.LogicalExpression{Left: n.Expression, Operator: l.Operator, Right: l.Right}}
				}
				return e
			})},
		{Name: "filter-or-binds-closer", Summary: "or binds closer than and.", Requirements: ids("7644-3.4.2.2-R28"),
			Search: filter(func(e scim.Expression) scim.Expression {
				l, isLogic := e.(*scim.LogicalExpression)
				if !isLogic || !strings.EqualFold(string(l.Operator), "or") {
					return e
				}
				if right, both := l.Right.(*scim.LogicalExpression); both && strings.EqualFold(string(right.Operator), "and") {
					return &scim.LogicalExpression{Operator: "and", Right: right.Right,
						Left: &scim.LogicalExpression{Left: l.Left, Operator: "or", Right: right.Left}}
				}
				return e
			})},
		{Name: "filter-parentheses-ignored", Summary: "Parentheses are passed over.", Requirements: ids("7644-3.4.2.2-R28"),
			Search: filter(func(e scim.Expression) scim.Expression {
				l, isLogic := e.(*scim.LogicalExpression)
				if !isLogic || !strings.EqualFold(string(l.Operator), "and") {
					return e
				}
				if right, both := l.Right.(*scim.LogicalExpression); both && strings.EqualFold(string(right.Operator), "or") {
					return &scim.LogicalExpression{Operator: "or", Right: right.Right,
						Left: &scim.LogicalExpression{Left: l.Left, Operator: "and", Right: right.Left}}
				}
				if left, both := l.Left.(*scim.LogicalExpression); both && strings.EqualFold(string(left.Operator), "or") {
					return &scim.LogicalExpression{Operator: "or", Left: left.Left,
						Right: &scim.LogicalExpression{Left: left.Right, Operator: "and", Right: l.Right}}
				}
				return e
			})},
		{Name: "filter-brackets-across-values", Summary: "Two conditions in brackets may be met by two values.", Requirements: ids("7644-3.4.2.2-R22"),
			Search: filter(func(e scim.Expression) scim.Expression {
				return rewrite(e, func(e scim.Expression) scim.Expression {
					if v, isPath := e.(*scim.ValuePath); isPath {
						return spread(v.AttributePath, v.ValueFilter)
					}
					return e
				})
			})},
	}
}

// literals are about the values that filters compare with.
func literals() []Deviation {
	return []Deviation{
		{Name: "filter-booleans-unmatched", Summary: "true and false match nothing.", Requirements: ids("7644-3.4.2.2-R26"),
			Search: term(func(t *scim.AttributeExpression) bool { _, is := t.CompareValue.(bool); return is }, nothing)},
		{Name: "filter-null-answers-500", Summary: "null in a filter makes the server fail.", Requirements: ids("7644-3.4.2.2-R26"),
			Search: func(r *Request, v url.Values) {
				if strings.HasSuffix(strings.TrimSpace(strings.ToLower(v.Get("filter"))), " null") {
					r.Instead = refusal(scim.Status(500, "unexpected null"))
				}
			}},
		{Name: "filter-escapes-raw", Summary: "Escaped characters in a text are not decoded.", Requirements: ids("7644-3.4.2.2-R26"),
			Search: literal(func(s string) string { return strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s) })},
		{Name: "filter-plus-as-space", Summary: "A plus in a text is taken for a space.", Requirements: ids("7644-3.4.2.2-R26", "7644-1.2-R1"),
			Search: literal(func(s string) string { return strings.ReplaceAll(s, "+", " ") })},
		{Name: "filter-apostrophe-answers-500", Summary: "An apostrophe in a filter makes the server fail.", Requirements: ids("7644-3.4.2.2-R26"),
			Search: func(r *Request, v url.Values) {
				if strings.Contains(v.Get("filter"), "'") {
					r.Instead = refusal(scim.Status(500, "unterminated string"))
				}
			}},
		{Name: "filter-non-ascii-unmatched", Summary: "Letters beyond ASCII match nothing.", Requirements: ids("7643-2.3.1-R1", "7644-3.4.2.2-R8"),
			Search: literal(func(s string) string {
				return strings.Map(func(c rune) rune {
					if c > 127 {
						return '?'
					}
					return c
				}, s)
			})},
	}
}

// badFilters are about filters that should be refused, and answers to filters.
func badFilters() []Deviation {
	refused := func(change ...func(*Response)) func(*Request, *Response) {
		return func(r *Request, p *Response) {
			if r.Is(List, Search) && p.Status == 400 && strings.Contains(string(p.Body), `"invalidFilter"`) {
				for _, c := range change {
					c(p)
				}
			}
		}
	}
	unreadable := func(v url.Values) bool {
		_, err := scim.ParseFilter(v.Get("filter"))
		return v.Has("filter") && err != nil
	}
	return []Deviation{
		{Name: "filter-no-match-answers-404", Summary: "A filter that finds nothing answers 404.", Requirements: ids("7644-3.4.2-R8"),
			Respond: func(r *Request, p *Response) {
				if r.Is(List, Search) && p.OK() && strings.Contains(string(p.Body), `"totalResults":0,`) && r.Query.Has("filter") {
					p.Fail(scim.Status(404, "nothing matches"))
				}
			}},
		{Name: "filter-bad-ignored", Summary: "A filter that cannot be read is passed over.", Requirements: ids("7644-3.4.2.2-R36"),
			Search: func(_ *Request, v url.Values) {
				if unreadable(v) {
					v.Del("filter")
				}
			}},
		{Name: "filter-bad-finds-nothing", Summary: "A filter that cannot be read finds nothing.", Requirements: ids("7644-3.4.2.2-R33", "7644-3.12-R16"),
			Search: func(_ *Request, v url.Values) {
				if unreadable(v) {
					v.Set("filter", nothing)
				}
			}},
		{Name: "filter-bad-answers-500", Summary: "A filter that cannot be read makes the server fail.", Requirements: ids("7644-3.12-R16"),
			Respond: refused(status(500), scimType(""))},
		{Name: "filter-bad-without-keyword", Summary: "The 400 for a filter has no scimType.", Requirements: ids("7644-3.12-R16", "7644-3.4.2.2-R33"),
			Respond: refused(scimType(""))},
		{Name: "filter-unknown-operator-ignored", Summary: "A comparison with an operator that there is not is met by everything.", Requirements: ids("7644-3.4.2.2-R33", "7644-3.4.2.2-R36"),
			Search: func(_ *Request, v url.Values) {
				if words := strings.Fields(v.Get("filter")); len(words) == 3 && unreadable(v) && !strings.ContainsAny(v.Get("filter"), "()[]") {
					v.Del("filter")
				}
			}},
		{Name: "filter-unknown-attribute-finds-all", Summary: "A comparison of an attribute that there is not is met by everything.", Requirements: ids("7644-3.4.2.2-R36", "7644-3.4.2.2-R4"),
			Search: term(func(t *scim.AttributeExpression) bool {
				_, userErr := scim.UserType().Resolve(t.AttributePath)
				_, groupErr := scim.GroupType().Resolve(t.AttributePath)
				return userErr != nil && groupErr != nil && t.AttributePath.URIPrefix == nil
			}, `id pr`)},
		{Name: "filter-boolean-order-accepted", Summary: "gt on a boolean finds nothing.", Requirements: ids("7644-3.4.2.2-R17"),
			Search: term(func(t *scim.AttributeExpression) bool { _, is := t.CompareValue.(bool); return is && ordering(t) }, nothing)},
		{Name: "filter-binary-order-accepted", Summary: "gt on a certificate finds nothing.", Requirements: ids("7644-3.4.2.2-R18"),
			Search: term(func(t *scim.AttributeExpression) bool {
				return ordering(t) && strings.EqualFold(t.AttributePath.AttributeName, "x509Certificates")
			}, nothing)},
		{Name: "filter-deep-answers-500", Summary: "A filter of many conditions makes the server fail.", Requirements: ids("7644-3.12-R16", "7644-3.12-R14"),
			Search: func(r *Request, v url.Values) {
				if f := v.Get("filter"); strings.Count(f, "(") > 20 || len(f) > 2000 {
					r.Instead = refusal(scim.Status(500, "stack overflow"))
				}
			}},
	}
}

// nothing is a filter that no resource meets.
const nothing = `id eq "no resource at all"`

// term replaces comparisons of some form by another expression, outside of brackets.
func term(which func(*scim.AttributeExpression) bool, by string) func(*Request, url.Values) {
	return filter(func(e scim.Expression) scim.Expression {
		return rewrite(e, func(e scim.Expression) scim.Expression {
			if t, ok := e.(*scim.AttributeExpression); ok && which(t) {
				replaced, err := scim.ParseFilter(by)
				if err != nil {
					panic(err) // written in a table
				}
				return replaced
			}
			return e
		})
	})
}

// blind has comparisons of an attribute find nothing.
func blind(attribute string) func(*Request, url.Values) {
	return filter(func(e scim.Expression) scim.Expression {
		return rewrite(e, func(e scim.Expression) scim.Expression {
			name := ""
			switch e := e.(type) {
			case *scim.AttributeExpression:
				name = e.AttributePath.AttributeName
			case *scim.ValuePath:
				name = e.AttributePath.AttributeName
			}
			if !strings.EqualFold(name, attribute) {
				return e
			}
			replaced, _ := scim.ParseFilter(nothing)
			return replaced
		})
	})
}

// literal changes the texts that filters compare with.
func literal(change func(string) string) func(*Request, url.Values) {
	return filter(func(e scim.Expression) scim.Expression {
		return terms(e, func(t *scim.AttributeExpression) scim.Expression {
			text, isText := t.CompareValue.(string)
			if !isText {
				return t
			}
			c := *t
			c.CompareValue = change(text)
			return &c
		})
	})
}

// rewrite changes an expression from the inside out, but not what is in brackets.
func rewrite(e scim.Expression, change func(scim.Expression) scim.Expression) scim.Expression {
	switch inner := e.(type) {
	case *scim.LogicalExpression:
		e = &scim.LogicalExpression{Left: rewrite(inner.Left, change), Right: rewrite(inner.Right, change), Operator: inner.Operator}
	case *scim.NotExpression:
		e = &scim.NotExpression{Expression: rewrite(inner.Expression, change)}
	}
	return change(e)
}

// join has one word that joins comparisons do the work of the other.
func join(from, to string) func(*Request, url.Values) {
	return filter(func(e scim.Expression) scim.Expression {
		return rewrite(e, func(e scim.Expression) scim.Expression {
			if l, isLogic := e.(*scim.LogicalExpression); isLogic && strings.EqualFold(string(l.Operator), from) {
				if to == "or" {
					return &scim.LogicalExpression{Left: l.Left, Operator: "or", Right: l.Right}
				}
				return &scim.LogicalExpression{Left: l.Left, Operator: "and", Right: l.Right}
			}
			return e
		})
	})
}

// spread takes the conditions in brackets apart.
func spread(path scim.AttributePath, e scim.Expression) scim.Expression {
	return terms(e, func(t *scim.AttributeExpression) scim.Expression {
		c := *t
		name := t.AttributePath.AttributeName
		c.AttributePath = scim.AttributePath{URIPrefix: path.URIPrefix, AttributeName: path.AttributeName, SubAttribute: &name}
		return &c
	})
}

// number10 reports whether something is compared with the number ten.
func number10(t *scim.AttributeExpression) bool { return fmt.Sprint(t.CompareValue) == "10" }

func ordering(t *scim.AttributeExpression) bool {
	return slices.Contains([]scim.CompareOperator{"gt", "ge", "lt", "le"}, t.Operator)
}

// comparison returns what a filter of one eq compares an attribute with.
func comparison(text, attribute string) (value string, ok bool) {
	e, err := scim.ParseFilter(text)
	t, plain := e.(*scim.AttributeExpression)
	if err != nil || !plain || t.Operator != "eq" || !strings.EqualFold(scim.FormatAttributePath(t.AttributePath), attribute) {
		return "", false
	}
	value, ok = t.CompareValue.(string)
	return value, ok
}

// keepOnly takes out of a list what a hook of the search does not want to keep.
func keepOnly(r *Request, p *Response) {
	if r.keep != nil && p.OK() {
		p.Edit(func(o *scim.Object) { hide(o, func(e *scim.Object) bool { return !r.keep(e) }) })
	}
}
