package mocktarget

import (
	"hash/maphash"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// Bounds on what lint remembers of a tenant. Whatever is forgotten is not judged.
const (
	mostCallers   = 16
	recentFacts   = 32
	mostSeen      = 4096
	recentCursors = 64
	recentNames   = 64
)

// A callerMemory is what lint remembers of the requests that came with one
// credential.
type callerMemory struct {
	recent    []fact // the newest last
	wait      fact   // the newest answer that asked to wait, if its seq is not 0
	until     time.Time
	conflicts []conflict
	runs      map[string]run // membership patches in a row, by group
	pages     map[string]pageFacts
	cursors   []issuedCursor
	sweep     sweep
	// known are the versions that answers have told.
	known map[ref]sight
	// wrote are the attributes that the caller has ever set.
	wrote map[*scim.Attribute]bool
}

// A fact is one exchange as later ones are compared with it.
type fact struct {
	seq        uint64
	method     string
	uri        uint64 // hash of the request target
	typ        *resourceType
	id         string
	status     int
	sum        uint64    // of all that makes a repetition, 0 unless it was refused
	generation uint64    // of the data
	at         time.Time // by the tenant's clock
	ended      time.Time
	shown      bool // the answer held the whole resource
}

// A sight is a state of a resource that an answer has told of.
type sight struct {
	to      ref
	version uint64
	whole   bool // all of it was shown
}

// A conflict is a create that was refused because the resource exists.
type conflict struct {
	typ *resourceType
	key uint64 // hash of what it is called
	seq uint64
}

// A run counts changes of one member each.
type run struct {
	count int
	at    time.Time
}

// A sweep follows a caller that lists a whole type before it writes.
type sweep struct {
	typ    *resourceType
	seen   int  // resources of the listing so far
	listed bool // everything, since the last write
	cycles int
	at     time.Time // of the last write
}

// An issuedCursor is a cursor with the parameters of the search it belongs to.
type issuedCursor struct {
	cursor string
	path   string
	values map[string][]string
}

// pageFacts are what an answer to a search came to.
type pageFacts struct {
	search     string // what is searched, without the place in it
	start      int    // 0 with cursors
	asked      int    // the count of the request, 0 if it has none
	returned   int
	total      int
	cursor     string
	next       string
	previous   string
	unfiltered bool
}

// memory returns what is remembered of the exchange's caller, nil if that is
// nobody. The state must be locked.
func (s *lintState) memory(x *exchange) *callerMemory {
	if x.caller.name == "" {
		return nil
	}
	m := s.callers[x.caller.name]
	if m == nil {
		if s.callers == nil || len(s.callers) >= mostCallers {
			s.callers = map[string]*callerMemory{}
		}
		m = &callerMemory{
			runs: map[string]run{}, pages: map[string]pageFacts{},
			known: map[ref]sight{}, wrote: map[*scim.Attribute]bool{},
		}
		s.callers[x.caller.name] = m
	}
	return m
}

// learn adds up the findings of an exchange and remembers it.
func (s *lintState) learn(x *exchange, a *answer, e *Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.add(e.Seq, e.Findings)
	m := s.memory(x)
	if m == nil || x.lost() {
		return // whoever has seen no answer knows nothing by it
	}
	f := newFact(x, a, e.Seq)
	m.recent = push(m.recent, f, recentFacts)
	m.learnWait(x, f)
	m.learnConflict(x, f)
	m.learnRun(x, f)
	m.learnPage(x, f)
	m.learnSights(x)
	if f.status < 300 && f.typ != nil {
		m.learnAttributes(x, f)
	}
}

// push appends to a list of bounded length.
func push[T any](list []T, v T, most int) []T {
	if len(list) >= most {
		copy(list, list[1:])
		list[len(list)-1] = v
		return list
	}
	return append(list, v)
}

func newFact(x *exchange, a *answer, seq uint64) fact {
	f := fact{
		seq: seq, method: x.r.Method, uri: x.tenant.model.fingerprint(x.r.RequestURI), typ: x.target.typ, id: x.target.id, status: a.status,
		generation: x.tenant.root.Load().generation, at: x.now(), ended: time.Now(),
	}
	if f.id == "" && f.method == http.MethodPost {
		f.id = x.parsed.ID
	}
	if len(x.noted.seen) == 1 {
		f.shown = x.noted.seen[0].whole
	}
	if isFutile(f) {
		f.sum = x.sum()
	}
	return f
}

// isFutile reports whether a request was refused for what it says, so that it
// cannot succeed until it or the data are changed. Reading what is not there yet
// is a way to wait.
func isFutile(f fact) bool {
	switch f.status {
	case http.StatusBadRequest:
		return true
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict,
		http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return f.method != http.MethodGet && f.method != http.MethodHead
	default:
		return false
	}
}

// sum returns a hash of all that makes one request the repetition of another.
func (x *exchange) sum() uint64 {
	var h maphash.Hash
	h.SetSeed(x.tenant.model.seed)
	for _, s := range []string{x.r.Method, x.r.RequestURI} {
		h.WriteString(s)
		h.WriteByte(0)
	}
	for _, name := range []string{"Content-Type", "Accept", "If-Match", "If-None-Match"} {
		for _, v := range x.r.Header.Values(name) {
			h.WriteString(v)
		}
		h.WriteByte(0)
	}
	h.Write(x.body)
	return h.Sum64()
}

func (m *callerMemory) learnWait(x *exchange, f fact) {
	if f.status != http.StatusTooManyRequests && f.status != http.StatusServiceUnavailable {
		return
	}
	if until, ok := retryAfter(x.w.Header().Get("Retry-After"), f.at); ok {
		m.wait, m.until = f, until
	}
}

// conflictKey returns a hash of what a create calls its resource.
func (m *model) conflictKey(o *scim.Object) uint64 {
	for _, name := range []string{"userName", "displayName", "externalId"} {
		if s := o.String(name); s != "" {
			return m.fingerprint(scim.Fold(s))
		}
	}
	return 0
}

func (m *callerMemory) learnConflict(x *exchange, f fact) {
	switch {
	case f.typ == nil:
		if x.noted.page != nil {
			m.conflicts = nil
		}
	case x.noted.page != nil || f.method == http.MethodGet:
		m.conflicts = slices.DeleteFunc(m.conflicts, func(c conflict) bool { return c.typ == f.typ })
	case f.method == http.MethodPost && f.status == http.StatusConflict && x.decoded != nil:
		m.conflicts = push(m.conflicts, conflict{f.typ, x.tenant.model.conflictKey(x.decoded), f.seq}, recentNames)
	}
}

func (m *callerMemory) learnRun(x *exchange, f fact) {
	if f.method == http.MethodGet || f.method == http.MethodHead || x.noted.page != nil {
		return
	}
	if f.status >= 300 || !oneMember(x) {
		clear(m.runs)
		return
	}
	if len(m.runs) >= recentNames {
		clear(m.runs)
	}
	r := m.runs[f.id]
	if r.count > 0 && f.at.Sub(r.at) > together {
		r.count = 0
	}
	m.runs[f.id] = run{r.count + 1, f.at}
}

func (m *callerMemory) learnPage(x *exchange, f fact) {
	if x.noted.page == nil {
		m.sweep.write(f)
		return
	}
	if len(m.pages) >= recentNames {
		clear(m.pages)
	}
	m.pages[x.noted.page.search] = *x.noted.page
	for _, c := range []string{x.noted.page.next, x.noted.page.previous} {
		if c != "" && x.noted.searched != nil {
			m.cursors = push(m.cursors, issuedCursor{c, x.r.URL.Path, x.noted.searched.known()}, recentCursors)
		}
	}
	m.sweep.list(f, x.noted.page)
}

// list follows the pages of a listing without a filter.
func (s *sweep) list(f fact, p *pageFacts) {
	switch {
	case !p.unfiltered:
		return
	case p.start == 1, p.start == 0 && p.cursor == "":
		s.seen = p.returned
	case p.start == 0, p.start == s.seen+1:
		s.seen += p.returned
	default:
		return
	}
	if s.typ != f.typ {
		s.cycles = 0
	}
	s.typ = f.typ
	s.listed = s.seen >= p.total && p.total >= fewResources
}

// write counts a write that a whole listing went before.
func (s *sweep) write(f fact) {
	switch {
	case f.method == http.MethodGet, f.method == http.MethodHead, f.typ == nil:
		return
	case f.typ != s.typ || !s.listed:
		s.cycles = 0
		return
	case s.cycles > 0 && f.at.Sub(s.at) > soon:
		s.cycles = 0
	}
	s.cycles++
	s.listed, s.at = false, f.at
}

func (m *callerMemory) learnSights(x *exchange) {
	if len(m.known)+len(x.noted.seen) > mostSeen {
		clear(m.known)
	}
	for _, s := range x.noted.seen[:min(len(x.noted.seen), mostSeen)] {
		m.known[s.to] = s
	}
}

// learnAttributes notes what the caller has set.
func (m *callerMemory) learnAttributes(x *exchange, f fact) {
	if x.decoded == nil {
		return
	}
	switch f.method {
	case http.MethodPatch:
		for _, element := range x.decoded.Array("Operations") {
			op, _ := element.(*scim.Object)
			if path := op.String("path"); path != "" {
				if parsed, err := scim.ParsePath(path); err == nil {
					m.learnAttribute(f.typ, parsed.AttributePath, op.Get("value"))
				}
				continue
			}
			value, _ := op.Get("value").(*scim.Object)
			m.learnObject(f.typ, value)
		}
	default:
		m.learnObject(f.typ, x.decoded)
	}
}

func (m *callerMemory) learnObject(typ *resourceType, o *scim.Object) {
	for name, v := range o.All() {
		if a := typ.Attribute(name); a != nil {
			m.wrote[a] = true
		} else if path, err := scim.ParsePath(name); err == nil {
			m.learnAttribute(typ, path.AttributePath, v)
		}
	}
}

func (m *callerMemory) learnAttribute(typ *resourceType, path scim.AttributePath, v any) {
	ref, err := typ.Resolve(path)
	switch {
	case err != nil:
	case ref.Attribute != nil:
		m.wrote[ref.Attribute] = true
	case ref.Extension != nil:
		container, _ := v.(*scim.Object)
		for name := range container.All() {
			if a := ref.Extension.Attribute(name); a != nil {
				m.wrote[a] = true
			}
		}
	}
}

// oneMember reports whether an exchange is a patch that adds or removes one member
// and does nothing else.
func oneMember(x *exchange) bool {
	typ := x.target.typ
	if x.r.Method != http.MethodPatch || typ == nil || typ.members == nil || len(x.parsed.Patch) != 1 {
		return false
	}
	step := x.parsed.Patch[0]
	path, err := scim.ParsePath(step.Path)
	if err != nil || step.Op == scim.OpReplace || !strings.EqualFold(path.AttributePath.AttributeName, typ.members.Name) {
		return false
	}
	if path.ValueExpression != nil {
		ids, plain := selectedIDs(path.ValueExpression)
		return plain && len(ids) == 1
	}
	for _, element := range x.decoded.Array("Operations") {
		op, _ := element.(*scim.Object)
		list, isList := op.Get("value").([]any)
		return isList && len(list) == 1 || !isList && op.Object("value") != nil
	}
	return false
}
