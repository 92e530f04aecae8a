package scimclient

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Limits of [Client.List].
const (
	DefaultCount = 1000      // resources asked for a page
	DefaultMax   = 1_000_000 // resources given out
	maxPages     = 100_000
	maxIdlePages = 100 // pages in a row that bring nothing, by cursor
)

// A Query says which resources to list (RFC 7644 section 3.4.2). Zero fields
// are not sent, unless said otherwise.
type Query struct {
	Filter             string // see [Eq] and [scim.QuoteFilter]
	SortBy             string
	SortOrder          string   // "ascending" or "descending"
	Attributes         []string // return only these
	ExcludedAttributes []string // return all but these
	StartIndex         int      // 1-based
	Count              int      // page size; List takes 0 for DefaultCount
	Cursor             string   // RFC 9865; takes the place of StartIndex
	ByCursor           bool     // page by cursor from the first page on (RFC 9865)

	// Max is how many resources List gives out before it ends with an error.
	// Zero means DefaultMax. Page ignores it.
	Max int
	// TrustTotal makes List stop as soon as it has totalResults resources.
	// Otherwise it asks for one more page if all came on a first page whose
	// length is a usual page size: some servers put the page's length there.
	// Page ignores it.
	TrustTotal bool
}

// Eq returns the filter that an attribute has exactly this value, quoted.
func Eq(attribute, value string) string {
	return attribute + " eq " + scim.QuoteFilter(value)
}

func (q Query) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("filter", q.Filter)
	set("sortBy", q.SortBy)
	set("sortOrder", q.SortOrder)
	set("attributes", strings.Join(q.Attributes, ","))
	set("excludedAttributes", strings.Join(q.ExcludedAttributes, ","))
	if q.ByCursor || q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	} else if q.StartIndex > 0 {
		v.Set("startIndex", strconv.Itoa(q.StartIndex))
	}
	if q.Count > 0 {
		v.Set("count", strconv.Itoa(q.Count))
	}
	return v
}

// Page reads one page of a list, as the server tells it. The error is an
// [*Error].
func (c *Client) Page(ctx context.Context, endpoint string, q Query) (*scim.ListResponse, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, endpoint: endpoint, query: q.values()})
	if err != nil {
		return nil, err
	}
	list, err := scim.ParseListResponse(a.body)
	if err != nil {
		return nil, a.unusable("the body is not a list of resources", err)
	}
	for _, r := range list.Resources {
		tolerate(r)
	}
	return list, nil
}

// List ranges over the resources that match a query, page by page, each id
// once. It does not believe what a page says about itself: it goes on by the
// number of resources that came, and ends with a page that is empty or brings
// nothing new, or when totalResults have come and there is no reason to doubt
// that number. A page too large for [Config].MaxBody is asked for again at half
// the size.
//
// An error, an [*Error], is the last thing yielded. What a list does not hold
// may exist nevertheless: pages shift while they are read, and servers lie.
func (c *Client) List(ctx context.Context, endpoint string, q Query) iter.Seq2[*scim.Object, error] {
	return func(yield func(*scim.Object, error) bool) {
		w := newWalk(q)
		for range maxPages {
			page, err := c.Page(ctx, endpoint, w.query)
			if errors.Is(err, ErrTooLarge) && w.query.Count > 1 {
				w.query.Count /= 2
				continue
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for r := range w.fresh(page.Resources) {
				if w.given == w.most {
					yield(nil, c.endless(endpoint, w.given))
					return
				}
				w.given++
				if !yield(r, nil) {
					return
				}
			}
			if !w.next(page) {
				return
			}
		}
		yield(nil, c.endless(endpoint, w.given))
	}
}

func (c *Client) endless(endpoint string, given int) *Error {
	return &Error{
		Method: http.MethodGet, URL: c.base.String() + cleanEndpoint(endpoint),
		Detail: fmt.Sprintf("the list has not ended after %d resources; narrow it with a filter", given),
	}
}

// A walk is how far a list has been read.
type walk struct {
	query   Query
	most    int
	seen    map[string]bool // ids, and cursors behind a NUL
	given   int             // resources yielded
	brought int             // ids first seen on the current page
	idle    int             // pages in a row that brought none
	trust   bool
	lied    bool // totalResults was absent or too small before
}

func newWalk(q Query) *walk {
	q.StartIndex = max(q.StartIndex, 1)
	if q.Count <= 0 {
		q.Count = DefaultCount
	}
	w := &walk{query: q, most: q.Max, trust: q.TrustTotal, seen: map[string]bool{}}
	if w.most <= 0 {
		w.most = DefaultMax
	}
	return w
}

// fresh ranges over the resources of a page that were not seen before. One
// without an id cannot be told from another and is passed on, but is no
// progress.
func (w *walk) fresh(resources []*scim.Object) iter.Seq[*scim.Object] {
	w.brought = 0
	return func(yield func(*scim.Object) bool) {
		for _, r := range resources {
			if id := r.ID(); id != "" {
				if w.seen[id] {
					continue
				}
				w.seen[id] = true
				w.brought++
			}
			if !yield(r) {
				return
			}
		}
	}
}

// next moves to the page after this one and reports whether there may be one.
func (w *walk) next(page *scim.ListResponse) bool {
	n := len(page.Resources)
	w.idle++
	if w.brought > 0 {
		w.idle = 0
	}
	if page.NextCursor != "" {
		// An empty page with a cursor is allowed: the filter matched nothing
		// in it. A cursor that comes back is not.
		mark := "\x00" + page.NextCursor
		if w.seen[mark] || w.idle >= maxIdlePages {
			return false
		}
		w.seen[mark] = true
		w.query.Cursor = page.NextCursor
		return true
	}
	if w.query.Cursor != "" || n == 0 || w.brought == 0 {
		return false
	}
	if w.query.StartIndex > page.TotalResults {
		w.lied = true // there was more behind what it called the end
	}
	w.query.ByCursor = false // it was not understood
	w.query.StartIndex += n
	return w.lied || w.query.StartIndex <= page.TotalResults || w.doubtful(page)
}

// doubtful reports whether totalResults may be the length of the page rather
// than of the list.
func (w *walk) doubtful(page *scim.ListResponse) bool {
	n := len(page.Resources)
	if w.trust || page.TotalResults != n {
		return false
	}
	usual := []int{10, 20, 25, 50, 100, 200, 250, 500, 1000}
	return n >= w.query.Count || slices.Contains(usual, n)
}
