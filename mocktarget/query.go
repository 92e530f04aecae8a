package mocktarget

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A query is a search for resources of one type, or of all (RFC 7644 section
// 3.4.2).
type query struct {
	types       []*resourceType
	filter      scim.Expression // nil: everything
	filterText  string          // canonical
	sortBy      *scim.AttributePath
	sortText    string
	descending  bool
	start       int // 1-based
	count       int
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
	q := &query{types: x.tenant.model.types, start: 1, count: x.server.config.Limits.PageSize, base: x.base, work: x.server.config.Limits.FilterWork}
	if x.target.typ != nil {
		q.types = []*resourceType{x.target.typ}
	}
	if values.Has("filter") {
		if err := q.parseFilter(values.Get("filter"), x.server.config.Limits.FilterLength); err != nil {
			return nil, err
		}
		x.parsed.Filter = q.filterText
	}
	if err := q.parseSort(values.Get("sortBy"), values.Get("sortOrder")); err != nil {
		return nil, err
	}
	if err := q.parsePage(values, x.server.config.Limits.PageMax); err != nil {
		return nil, err
	}
	for _, typ := range q.types {
		projection, err := typ.ParseProjection(values["attributes"], values["excludedAttributes"])
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

// parseSort reads sortBy and sortOrder. A sortBy that no type has is passed over.
func (q *query) parseSort(by, order string) error {
	switch {
	case order == "", strings.EqualFold(order, "ascending"):
	case strings.EqualFold(order, "descending"):
		q.descending = true
	default:
		return scim.InvalidValue("sortOrder is %q; it must be ascending or descending", clip(order))
	}
	path, err := scim.ParseAttributePath(by)
	if by == "" || err != nil {
		return nil
	}
	for _, typ := range q.types {
		if _, ok := typ.sortColumn(path); ok {
			q.sortBy = &path
			q.sortText = strings.ToLower(scim.FormatAttributePath(path))
			return nil
		}
	}
	return nil
}

// parsePage reads startIndex, count and cursor (RFC 7644 section 3.4.2.4, RFC 9865
// section 2): a startIndex below 1 is 1 and a count below 0 is 0.
func (q *query) parsePage(values url.Values, most int) error {
	q.byCursor = values.Has("cursor")
	q.cursor = values.Get("cursor")
	if text := values.Get("count"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil && q.byCursor {
			return scim.InvalidCount("count is %q; it must be an integer", clip(text))
		}
		if err != nil {
			return scim.InvalidValue("count is %q; it must be an integer", clip(text))
		}
		q.count, q.countGiven = max(n, 0), true
	}
	q.count = min(q.count, most)
	if text := values.Get("startIndex"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return scim.InvalidValue("startIndex is %q; it must be an integer", clip(text))
		}
		if q.byCursor {
			return scim.InvalidCursor("startIndex and cursor are two ways to page; give one of them")
		}
		q.start = max(n, 1)
	}
	return nil
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

// run finds the matches of a query, takes the page and encodes it.
func (x *exchange) run(q *query) (*answer, error) {
	root := x.tenant.root.Load()
	found, err := q.find(root)
	if err != nil {
		return nil, err
	}
	page := &scim.ListResponse{TotalResults: found.len()}
	var from, to int
	if q.byCursor {
		from, to, err = x.cursorPage(q, root, found, page)
	} else {
		page.StartIndex = q.start
		from = min(q.start-1, found.len())
		to = min(from+q.count, found.len())
	}
	if err != nil {
		return nil, err
	}
	view := presenter{root: root, base: x.base}
	page.Resources = make([]*scim.Object, 0, to-from)
	for i := from; i < to; i++ {
		to := found.at(i)
		typ := x.tenant.model.types[to.place()]
		page.Resources = append(page.Resources, view.present(typ, to.slot(), root.at(to), q.projection(typ)))
	}
	page.ItemsPerPage = len(page.Resources)
	return &answer{status: http.StatusOK, body: page.AppendJSON(make([]byte, 0, 512+1024*len(page.Resources)))}, nil
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
