package mocktarget

import (
	"bytes"
	"cmp"
	"encoding/json"
	"sort"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A cursor says where a page ends or begins (RFC 9865 section 2). It names the
// place by the resource there and its sort key, not by a number, so that a walk
// neither repeats nor misses resources while others come and go.
type cursor struct {
	Tenant  string          `json:"n"`
	Query   string          `json:"q"` // what is searched and how it is ordered
	Count   int             `json:"c"`
	Ref     uint64          `json:"r"`
	Key     json.RawMessage `json:"k,omitempty"` // nothing: no sort key
	Before  bool            `json:"b,omitempty"` // the page before the place, not behind it
	Expires int64           `json:"e"`           // milliseconds of the Unix epoch
}

// identity tells searches apart as far as cursors are concerned.
func (q *query) identity() string {
	id := q.filterText + "\x00" + q.sortText
	if q.descending {
		id += "\x00descending"
	}
	for _, typ := range q.types {
		id += "\x00" + typ.Name
	}
	return id
}

// cursorPage finds the page a cursor stands for, the first one if it is empty, and
// gives out the cursors of its neighbours.
func (d Data) cursorPage(q *query, root *root, found matches, page *scim.ListResponse) (from, to int, err error) {
	total := found.len()
	to = min(q.count, total)
	if q.cursor != "" {
		c, err := d.openCursor(q)
		if err != nil {
			return 0, 0, err
		}
		at := q.search(root, found, c)
		if c.Before {
			from, to = max(0, at-q.count), at
		} else {
			from, to = at, min(at+q.count, total)
		}
	}
	if q.count == 0 {
		return from, from, nil
	}
	if to < total {
		page.NextCursor = d.sealCursor(q, root, found, to-1, false)
	}
	if from > 0 && from < total {
		page.PreviousCursor = d.sealCursor(q, root, found, from, true)
	}
	return from, to, nil
}

func (d Data) sealCursor(q *query, root *root, found matches, i int, before bool) string {
	to := found.at(i)
	c := cursor{
		Tenant: d.tenant.name, Query: q.identity(), Count: q.count, Ref: uint64(to), Before: before,
		Expires: d.tenant.clock.Now().Add(d.tenant.server.config.Limits.CursorTimeout).UnixMilli(),
	}
	if q.sortBy != nil {
		_, columns := q.columns(root)
		var key any
		if column, ok := columns[to.place()]; ok {
			key = column.key(to.slot(), root.at(to))
		}
		c.Key = scim.AppendValue(nil, key)
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // text and numbers always encode
	}
	return d.tenant.server.cursors.seal(text)
}

func (d Data) openCursor(q *query) (cursor, error) {
	var c cursor
	text, ok := d.tenant.server.cursors.open(q.cursor)
	if !ok || json.Unmarshal(text, &c) != nil || c.Tenant != d.tenant.name {
		return c, scim.InvalidCursor("the cursor is not one that was given out here; start again without one")
	}
	if d.tenant.clock.Now().UnixMilli() > c.Expires {
		return c, scim.ExpiredCursor("the cursor has expired; start again without one")
	}
	if c.Query != q.identity() {
		return c, scim.InvalidCursor("the cursor belongs to another search; repeat filter, sortBy and sortOrder as they were")
	}
	if q.countGiven && q.count != c.Count {
		return c, scim.InvalidCount("count was %d when the cursor was given out and is %d now", c.Count, q.count)
	}
	q.count = c.Count
	return c, nil
}

// search returns the place in the matches of the first one behind the cursor's, or,
// of a cursor for the page before, of the first one not before it.
func (q *query) search(root *root, found matches, c cursor) int {
	column, columns := q.columns(root)
	want := keyValue(c.Key)
	return sort.Search(found.len(), func(i int) bool {
		to := found.at(i)
		order := 0
		if q.sortBy != nil {
			var key any
			if column, ok := columns[to.place()]; ok {
				key = column.key(to.slot(), root.at(to))
			}
			order = column.compare(key, want)
		}
		if order == 0 {
			order = cmp.Compare(uint64(to), c.Ref)
		}
		if q.descending && q.sortBy != nil {
			order = -order
		}
		if c.Before {
			return order >= 0
		}
		return order > 0
	})
}

// keyValue returns the sort key that a cursor holds.
func keyValue(text json.RawMessage) any {
	var value any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil // no key at all
	}
	return value
}
