package scim

import (
	"encoding/json"
	"strconv"
)

// A ListResponse is a page of resources (RFC 7644 section 3.4.2, RFC 9865 section
// 2).
type ListResponse struct {
	// TotalResults counts all matches, -1 if the answer does not say.
	TotalResults int
	// StartIndex is the place of the first resource, counted from 1; 0 leaves it
	// out, as cursor paging does.
	StartIndex int
	// ItemsPerPage is how many resources the page holds.
	ItemsPerPage int
	Resources    []*Object
	// NextCursor and PreviousCursor are "" where there is no such page.
	NextCursor, PreviousCursor string
}

// AppendJSON appends the response's JSON text to dst and returns it.
func (l *ListResponse) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"schemas":["`+ListResponseSchema+`"]`...)
	member := func(name string, n int) {
		dst = append(dst, `,"`+name+`":`...)
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	if l.TotalResults >= 0 {
		member("totalResults", l.TotalResults)
	}
	member("itemsPerPage", l.ItemsPerPage)
	if l.StartIndex > 0 {
		member("startIndex", l.StartIndex)
	}
	cursor := func(name, value string) {
		if value != "" {
			dst = append(dst, `,"`+name+`":`...)
			dst = appendString(dst, value)
		}
	}
	cursor("previousCursor", l.PreviousCursor)
	cursor("nextCursor", l.NextCursor)
	dst = append(dst, `,"Resources":[`...)
	for i, r := range l.Resources {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.AppendJSON(dst)
	}
	return append(dst, "]}"...)
}

// ParseListResponse reads a page as servers send it: numbers as numbers or
// strings, members that are missing, Resources that is null or, at no results,
// absent. The error is an [Error] for a body that is not a list at all.
func ParseListResponse(body []byte) (*ListResponse, error) {
	o, err := ParseObjectLenient(body)
	if err != nil {
		return nil, err
	}
	resources, has := o.Lookup("Resources")
	total, counted := number(o.Get("totalResults"))
	if !has && !counted {
		return nil, InvalidSyntax("the answer is not a list: it has neither totalResults nor Resources")
	}
	if !counted {
		total = -1
	}
	l := &ListResponse{TotalResults: total, NextCursor: o.String("nextCursor"), PreviousCursor: o.String("previousCursor")}
	l.StartIndex, _ = number(o.Get("startIndex"))
	l.ItemsPerPage, _ = number(o.Get("itemsPerPage"))
	list, _ := resources.([]any)
	for _, v := range list {
		if r, ok := v.(*Object); ok {
			l.Resources = append(l.Resources, r)
		}
	}
	return l, nil
}

func number(v any) (int, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	default:
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
