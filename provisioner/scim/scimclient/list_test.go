package scimclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A shelf is a server's list and how it lies about it.
type shelf struct {
	size         int
	cap          int  // page cap; 0: none
	pageTotal    bool // totalResults is the length of the page
	total        int  // a fixed totalResults; 0: the true one
	bare         bool // nothing but Resources
	wrongPerPage bool // itemsPerPage is what was asked for
	deaf         bool // startIndex is ignored
	overlap      int  // each page begins that many resources too early
	anonymous    bool // resources have no id
	endless      bool // every page is full of new ids
	cursor       bool // pages are reached by cursor only
	loop         bool // cursors lead in a circle
	astray       bool // every page is the first, with one more cursor
	fat          int  // bytes of padding in a resource
}

func (s shelf) serve(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("startIndex"))
	count, _ := strconv.Atoi(q.Get("count"))
	if s.cap > 0 {
		count = min(count, s.cap)
	}
	from := max(start-1, 0)
	cursor, _ := strconv.Atoi(q.Get("cursor"))
	if s.cursor {
		from = cursor
	}
	if s.deaf {
		from = 0
	}
	if from > 0 {
		from = max(from-s.overlap, 0)
	}
	to := min(from+count, s.size)
	if s.endless {
		to = from + count
	}
	var rs []any
	for i := from; i < to; i++ {
		r := map[string]any{"userName": "u" + strconv.Itoa(i), "title": strings.Repeat("x", s.fat)}
		if !s.anonymous {
			r["id"] = strconv.Itoa(i)
		}
		rs = append(rs, r)
	}
	out := map[string]any{"Resources": rs}
	if !s.bare {
		out["totalResults"], out["itemsPerPage"], out["startIndex"] = s.size, len(rs), from+1
	}
	if s.pageTotal {
		out["totalResults"] = len(rs)
	}
	if s.total != 0 {
		out["totalResults"] = s.total
	}
	if s.wrongPerPage {
		out["itemsPerPage"] = count + 17
	}
	if s.cursor && to < s.size {
		out["nextCursor"] = strconv.Itoa(to)
		if s.loop && from > 0 {
			out["nextCursor"] = strconv.Itoa(from)
		}
	}
	if s.astray {
		out["nextCursor"] = strconv.Itoa(cursor + 1)
	}
	json.NewEncoder(w).Encode(out)
}

func TestListPages(t *testing.T) {
	tests := []struct {
		name     string
		shelf    shelf
		query    scimclient.Query
		want     int // resources, ids 0…want-1
		requests int
	}{
		{"empty", shelf{}, scimclient.Query{}, 0, 1},
		{"one page", shelf{size: 7}, scimclient.Query{}, 7, 1},
		{"page cap", shelf{size: 123, cap: 50}, scimclient.Query{}, 123, 3},
		{"cap divides size", shelf{size: 100, cap: 50}, scimclient.Query{}, 100, 2},
		{"count divides size", shelf{size: 6}, scimclient.Query{Count: 3}, 6, 2},
		{"from the middle", shelf{size: 10}, scimclient.Query{StartIndex: 8}, 3, 1},
		{"total is the page's, capped", shelf{size: 120, cap: 50, pageTotal: true}, scimclient.Query{}, 120, 4},
		{"total is the page's, by count", shelf{size: 9, pageTotal: true}, scimclient.Query{Count: 3}, 9, 4},
		{"round size looks like a lie", shelf{size: 100}, scimclient.Query{}, 100, 2},
		{"round size, trusted", shelf{size: 100}, scimclient.Query{TrustTotal: true}, 100, 1},
		{"total too large", shelf{size: 67, total: 136, cap: 40}, scimclient.Query{}, 67, 3},
		{"itemsPerPage wrong", shelf{size: 30, cap: 10, wrongPerPage: true}, scimclient.Query{}, 30, 3},
		{"only Resources", shelf{size: 30, cap: 20, bare: true}, scimclient.Query{}, 30, 3},
		{"startIndex ignored", shelf{size: 300, cap: 50, deaf: true}, scimclient.Query{}, 50, 2},
		{"pages overlap", shelf{size: 60, cap: 20, overlap: 3, bare: true}, scimclient.Query{}, 60, 5},
		{"no ids", shelf{size: 30, cap: 20, anonymous: true}, scimclient.Query{}, 20, 1},
		{"cursor", shelf{size: 45, cap: 20, cursor: true}, scimclient.Query{}, 45, 3},
		{"cursor in a circle", shelf{size: 100, cap: 20, cursor: true, loop: true}, scimclient.Query{}, 40, 2},
		{"cursors that lead nowhere", shelf{size: 5, astray: true}, scimclient.Query{}, 5, 101},
		{"too large for the body limit", shelf{size: 40, fat: 1000}, scimclient.Query{Count: 40}, 40, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			requests := 0
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { requests++; tt.shelf.serve(w, r) },
				func(cfg *scimclient.Config) { cfg.MaxBody = 12_000 })
			var names []string
			for r, err := range c.List(context.Background(), "/Users", tt.query) {
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, r.String("userName"))
			}
			first := max(tt.query.StartIndex-1, 0)
			want := make([]string, tt.want)
			for i := range want {
				want[i] = "u" + strconv.Itoa(first+i)
			}
			if !slices.Equal(names, want) {
				t.Errorf("got %d: %v\nwant %d", len(names), names, len(want))
			}
			if requests != tt.requests {
				t.Errorf("%d requests, want %d", requests, tt.requests)
			}
		})
	}
}

func TestListEndsAtTheCap(t *testing.T) {
	c, _ := serve(t, shelf{endless: true}.serve)
	n, last := 0, error(nil)
	for _, err := range c.List(context.Background(), "/Users", scimclient.Query{Count: 10, Max: 35}) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 35 || last == nil || !strings.Contains(failure(t, last).Detail, "after 35 resources") {
		t.Errorf("%d resources, then %v; want 35 and an error", n, last)
	}
}

func TestListStopsWithItsReader(t *testing.T) {
	requests := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { requests++; shelf{endless: true}.serve(w, r) })
	for range c.List(context.Background(), "/Users", scimclient.Query{Count: 10}) {
		break
	}
	if requests != 1 {
		t.Errorf("%d requests, want 1", requests)
	}
}

func TestListYieldsTheErrorLast(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"error":       answer(500, "application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500","detail":"boom"}`),
		"not a list":  answer(200, "application/json", `"hello"`),
		"broken JSON": answer(200, "application/json", `{"Resources":[{`),
		"HTML":        answer(200, "text/html", `<!doctype html><title>Sign in</title>`),
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if requests++; requests > 1 {
					h(w, r)
					return
				}
				io.WriteString(w, `{"totalResults":3,"Resources":[{"id":"1"},{"id":"2"}]}`)
			})
			var got []string
			for r, err := range c.List(context.Background(), "/Users", scimclient.Query{}) {
				if err != nil {
					got = append(got, fmt.Sprint("status ", failure(t, err).Status))
					continue
				}
				got = append(got, r.ID())
			}
			if len(got) != 3 || !strings.HasPrefix(got[2], "status ") {
				t.Errorf("yielded %v, want two resources and one error", got)
			}
		})
	}
}
