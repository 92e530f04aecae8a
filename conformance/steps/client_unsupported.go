package steps

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// unsupported says which comparison in the filter of the last request the target does not
// support, "" if it supports each or has not said so. A service may: it then answers 400
// "invalidFilter" (RFC 7644 section 3.12, table 9). One that makes the same comparison of a
// plain text supports it, and has misunderstood the filter.
func (c *client) unsupported(ctx context.Context) string {
	last, err := c.last()
	if err != nil || !refusesFilter(last.answer) {
		return ""
	}
	path, filter := last.request.Path, last.request.Query.Get("filter")
	if at := slices.Index(path, ".search"); at >= 0 {
		body, _ := parseJSON(last.request.Body)
		path = path[:at]
		filter, _ = pick(body, "filter").(string)
	}
	for _, one := range comparisons(filter) {
		if slices.Contains(indispensable, one.what) {
			continue
		}
		answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: path, Query: url.Values{"filter": {one.plain}, "count": {"1"}}})
		if err != nil {
			return ""
		}
		if refusesFilter(answer) {
			return "not supported: the target refuses to look for " + one.what + " with invalidFilter, which is for it to decide"
		}
	}
	return ""
}

func refusesFilter(a *Answer) bool {
	return a != nil && a.Status == http.StatusBadRequest && a.object().text("scimType") == "invalidFilter"
}

// indispensable are the comparisons that every client makes before it creates something.
// A service that has filters and not these can be provisioned by nobody.
var indispensable = []string{"userName eq", "displayName eq"}

// A comparison is one condition of a filter.
type comparison struct {
	// what is attribute and operator, plain a whole filter that compares in this way and
	// cannot be misunderstood.
	what, plain string
}

var (
	condition = regexp.MustCompile(`([\w:.$-]+)(\[[^\]]*\](?:\.[\w$]+)?)?(?: (eq|ne|co|sw|ew|gt|ge|lt|le) ("(?:[^"\\]|\\.)*"|[^\s()\]]+)| (pr))?`)
	textValue = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	harmless  = regexp.MustCompile(`^"[\w.:@+/=-]*"$`)
)

// comparisons takes a filter apart. A condition in brackets stays whole.
func comparisons(filter string) []comparison {
	var all []comparison
	for len(filter) > 0 {
		at := condition.FindStringSubmatchIndex(filter)
		if at == nil {
			break
		}
		group := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return filter[at[2*i]:at[2*i+1]]
		}
		if operator := group(3) + group(5); operator != "" || group(2) != "" {
			text := textValue.ReplaceAllStringFunc(group(0), func(value string) string {
				if harmless.MatchString(value) {
					return value
				}
				return `"scimwright"`
			})
			what := group(1)
			if group(2) != "" {
				what += "[…]"
			}
			all = append(all, comparison{what: strings.TrimSpace(what + " " + operator), plain: text})
		}
		filter = filter[at[1]:]
	}
	return all
}
