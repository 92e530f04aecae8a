package mocktarget

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Query is a search for resources (RFC 7644 section 3.4.2, RFC 9865 section 2).
// The zero Query is the first page of all, in the order of their creation.
type Query struct {
	// Filter selects resources. "" selects all.
	Filter string
	// SortBy is the attribute the resources are ordered by, such as "name.familyName".
	// "", or one that no type has, leaves them in the order of their creation.
	SortBy     string
	Descending bool
	// StartIndex is the place of the page's first resource, counted from 1. Less
	// counts as 1.
	StartIndex int
	// Count is how many resources the page has at most, up to [Limits].PageMax. 0
	// means [Limits].PageSize, less than 0 means none: only the total is wanted.
	Count int
	// ByCursor pages by cursors: from the start if Cursor is "", otherwise where a
	// cursor points that an earlier page has given out.
	ByCursor bool
	Cursor   string
	// Attributes and ExcludedAttributes say what is left of each resource (RFC 7644
	// section 3.9).
	Attributes, ExcludedAttributes []string
}

// readQuery reads the parameters of a search as HTTP carries them.
func readQuery(values url.Values) (Query, error) {
	q := Query{
		Filter: values.Get("filter"), SortBy: values.Get("sortBy"), ByCursor: values.Has("cursor"), Cursor: values.Get("cursor"),
		Attributes: values["attributes"], ExcludedAttributes: values["excludedAttributes"],
	}
	if values.Has("filter") && q.Filter == "" {
		return Query{}, scim.InvalidFilter("the filter is empty; leave it out to select everything")
	}
	switch order := values.Get("sortOrder"); {
	case order == "", strings.EqualFold(order, "ascending"):
	case strings.EqualFold(order, "descending"):
		q.Descending = true
	default:
		return Query{}, scim.InvalidValue("sortOrder is %q; it must be ascending or descending", clip(order))
	}
	if text := values.Get("count"); text != "" {
		n, ok := integer(text)
		switch {
		case !ok && q.ByCursor:
			return Query{}, scim.InvalidCount("count is %q; it must be an integer", clip(text))
		case !ok:
			return Query{}, scim.InvalidValue("count is %q; it must be an integer", clip(text))
		case n <= 0: // a negative one counts as 0
			n = -1
		}
		q.Count = n
	}
	if text := values.Get("startIndex"); text != "" {
		n, ok := integer(text)
		if !ok {
			return Query{}, scim.InvalidValue("startIndex is %q; it must be an integer", clip(text))
		}
		q.StartIndex = max(n, 1)
	}
	return q, nil
}

// integer reads an integer. One that does not fit into an int becomes the largest
// or the smallest that does: no resource is as far away as that.
func integer(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// A query is a [Query] that has been understood.
type query struct {
	types       []*resourceType
	filter      scim.Expression // nil: everything
	filterText  string          // canonical
	sortBy      *scim.AttributePath
	sortText    string
	descending  bool
	start       int // 1-based
	count       int
	asked       int // [Query].Count
	countGiven  bool
	cursor      string
	byCursor    bool
	projections []scim.Projection // one for each type
	base        string            // URL of the service, which locations begin with
	work        int               // most comparisons the filter may make
}

// list answers GET on an endpoint or on the base.
func (x *exchange) list() (*answer, error) {
	x.did("list", x.target.typ, "")
	values, err := x.query()
	if err != nil {
		return nil, err
	}
	q, err := x.planQuery(values)
	if err != nil {
		return nil, err
	}
	if err := q.refuseSensitive(); err != nil {
		return nil, err
	}
	return x.run(q)
}

// planQuery is the phase that parses the parameters of a search.
func (x *exchange) planQuery(values url.Values) (*query, error) {
	x.deviant.Search(values)
	wanted, err := readQuery(values)
	if err != nil {
		return nil, err
	}
	return x.data().plan(x.r.Context(), x.target.typ, wanted)
}

// run finds the matches of a query, takes the page and encodes it.
func (x *exchange) run(q *query) (*answer, error) {
	page, err := x.data().page(x.r.Context(), q)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, body: page.AppendJSON(make([]byte, 0, 512+2048*len(page.Resources)))}, nil
}

// plan understands a query for resources of a type, or of all types if typ is nil.
func (d Data) plan(ctx context.Context, typ *resourceType, wanted Query) (*query, error) {
	limits := d.tenant.server.config.Limits
	q := &query{
		types: d.tenant.model.types, base: d.base, descending: wanted.Descending,
		start: max(wanted.StartIndex, 1), count: limits.PageSize, asked: wanted.Count, countGiven: wanted.Count != 0,
		byCursor: wanted.ByCursor, cursor: wanted.Cursor, work: limits.FilterWork,
	}
	if typ != nil {
		q.types = []*resourceType{typ}
	}
	if wanted.Filter != "" {
		if err := q.parseFilter(wanted.Filter, limits.FilterLength); err != nil {
			return nil, err
		}
		d.parsed(ctx).Filter = q.filterText
	}
	q.parseSort(wanted.SortBy)
	if q.countGiven {
		q.count = max(wanted.Count, 0)
	}
	q.count = min(q.count, limits.PageMax)
	if q.byCursor && wanted.StartIndex != 0 {
		return nil, scim.InvalidCursor("startIndex and cursor are two ways to page; give one of them")
	}
	for _, typ := range q.types {
		projection, err := typ.ParseProjection(wanted.Attributes, wanted.ExcludedAttributes)
		if err != nil {
			return nil, err
		}
		q.projections = append(q.projections, projection)
	}
	return q, nil
}

func (q *query) parseFilter(text string, most int) error {
	if len(text) > most {
		return scim.InvalidFilter("the filter has %d bytes, at most %d are read", len(text), most)
	}
	var err error
	if q.filter, err = scim.ParseFilter(text); err != nil {
		return err
	}
	q.filterText = scim.FormatFilter(q.filter)
	return nil
}

// parseSort reads sortBy. One that no type has is passed over.
func (q *query) parseSort(by string) {
	path, err := scim.ParseAttributePath(by)
	if by == "" || err != nil {
		return
	}
	for _, typ := range q.types {
		if _, ok := typ.sortColumn(path); ok {
			q.sortBy = &path
			q.sortText = strings.ToLower(scim.FormatAttributePath(path))
			return
		}
	}
}

// refuseSensitive refuses a filter that puts a secret into the URL (RFC 7644
// section 7.5.2).
func (q *query) refuseSensitive() error {
	for _, typ := range q.types {
		if ref, found := typ.SensitiveRef(q.filter); found {
			return scim.Sensitive("%q must not be in a URL; send the filter by POST to %s/.search", ref, typ.Endpoint)
		}
	}
	return nil
}

// page finds the matches of a query and takes the page.
func (d Data) page(ctx context.Context, q *query) (*scim.ListResponse, error) {
	root := d.tenant.root.Load()
	found, err := q.find(root)
	if err != nil {
		return nil, err
	}
	page := &scim.ListResponse{TotalResults: found.len()}
	var from, to int
	if q.byCursor {
		from, to, err = d.cursorPage(q, root, found, page)
	} else {
		page.StartIndex = q.start
		from = min(q.start-1, found.len())
		to = min(from+q.count, found.len())
	}
	if err != nil {
		return nil, err
	}
	x := d.tenant.exchangeIn(ctx)
	view := presenter{root: root, base: d.base}
	page.Resources = make([]*scim.Object, 0, to-from)
	for i := from; i < to; i++ {
		to := found.at(i)
		typ, rec := d.tenant.model.types[to.place()], root.at(to)
		projection := q.projection(typ)
		x.saw(typ, to.slot(), rec, !projection.Asked())
		page.Resources = append(page.Resources, view.present(typ, to.slot(), rec, projection))
	}
	page.ItemsPerPage = len(page.Resources)
	x.sawPage(q, page)
	return page, nil
}

func (q *query) projection(typ *resourceType) scim.Projection {
	for i := range q.types {
		if q.types[i] == typ {
			return q.projections[i]
		}
	}
	return scim.Projection{}
}

// find returns the matches of a query in their order.
func (q *query) find(root *root) (matches, error) {
	if len(q.types) == 1 {
		typ := q.types[0]
		hits, err := q.filterType(root, typ, false)
		if err != nil {
			return matches{}, err
		}
		return q.order(root, typ, hits), nil
	}
	return q.findAcross(root)
}

// findAcross finds matches among all types. An attribute that a type does not have
// counts as one without a value there (RFC 7644 section 3.4.2.1).
func (q *query) findAcross(root *root) (matches, error) {
	const most = 100_000 // to be sorted together
	if err := q.checkKnown(q.filter); err != nil {
		return matches{}, err
	}
	var all matches
	for _, typ := range q.types {
		hits, err := q.filterType(root, typ, true)
		if err != nil {
			return matches{}, err
		}
		all.parts = append(all.parts, q.order(root, typ, hits).parts...)
	}
	if q.sortBy != nil && len(all.parts) > 1 {
		if all.len() > most {
			return matches{}, scim.TooMany("%d resources of several types match; at most %d can be sorted together", all.len(), most)
		}
		return q.merge(root, all), nil
	}
	return all, nil
}

// checkKnown refuses a filter on an attribute that no type has.
func (q *query) checkKnown(e scim.Expression) error {
	switch e := e.(type) {
	case nil:
		return nil
	case *scim.LogicalExpression:
		if err := q.checkKnown(e.Left); err != nil {
			return err
		}
		return q.checkKnown(e.Right)
	case *scim.NotExpression:
		return q.checkKnown(e.Expression)
	}
	path, _ := termPath(e)
	for _, typ := range q.types {
		if _, err := typ.Resolve(path); err == nil {
			return nil
		}
	}
	return scim.InvalidFilter("no resource type has an attribute %q", scim.FormatAttributePath(path))
}

// matches are the resources a query found, in their order: parts that follow one
// another.
type matches struct {
	parts []matchesPart
}

// A matchesPart is a list of slots of one type, or all of a table.
type matchesPart struct {
	typ      *resourceType
	slots    []uint32
	reversed bool
	all      *vector[*record] // instead of slots
	mixed    []ref            // instead of typ and slots
}

func (m matches) len() int {
	n := 0
	for _, part := range m.parts {
		n += part.len()
	}
	return n
}

// at returns the i-th match.
func (m matches) at(i int) ref {
	for _, part := range m.parts {
		if i < part.len() {
			return part.at(i)
		}
		i -= part.len()
	}
	panic("mocktarget: no such match")
}

func (p matchesPart) len() int {
	switch {
	case p.mixed != nil:
		return len(p.mixed)
	case p.all != nil:
		return p.all.live()
	default:
		return len(p.slots)
	}
}

func (p matchesPart) at(i int) ref {
	if p.reversed {
		i = p.len() - 1 - i
	}
	switch {
	case p.mixed != nil:
		return p.mixed[i]
	case p.all != nil:
		slot, _ := p.all.nth(i)
		return makeRef(p.typ, slot)
	default:
		return makeRef(p.typ, p.slots[i])
	}
}
