package mocktarget

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// What counts as one thing after the other, by the tenant's clock.
const (
	// soon is how long ago an exchange may be for the next one to follow from it.
	soon = time.Minute
	// together is how far apart changes may be that could have been one.
	together = 10 * time.Second
	// inFlight is how long after an answer requests may come that were under way.
	inFlight = time.Second
	// fewMembers is from how many requests on changes should have been one.
	fewMembers = 3
	// fewCycles is from how many times on listing before each write is a habit.
	fewCycles = 3
	// fewResources is how many resources a directory has at least for listing it to
	// cost something.
	fewResources = 3
	// recentWrites is how many exchanges ago a write is still recent.
	recentWrites = 16
)

// sequence judges an exchange by those before it that came with the same
// credential.
func (l *linter) sequence() {
	s := l.x.tenant.lint
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.memory(l.x)
	if m == nil {
		return
	}
	l.waiting(m)
	l.repetition(m)
	l.conflict(m)
	l.chatter(m)
	l.memberships(m)
	l.paging(m)
	l.walking(m)
	l.sweeping(m)
	l.effect(m)
}

// retryAfter returns the time that a Retry-After header names (RFC 9110 section
// 10.2.3).
func retryAfter(value string, now time.Time) (until time.Time, ok bool) {
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return now.Add(time.Duration(seconds) * time.Second), true
	}
	until, err := http.ParseTime(value)
	return until, err == nil
}

// waiting finds requests before the time the server has asked to wait for.
func (l *linter) waiting(m *callerMemory) {
	if m.wait.seq == 0 || !l.x.start.Before(m.until) {
		return
	}
	grace := inFlight
	if m.wait.method == l.x.r.Method && m.wait.uri == l.m.hash(l.x.r.RequestURI) {
		grace = 0 // a repetition comes after the answer
	}
	if l.x.began.After(m.wait.ended.Add(grace)) {
		l.report(ruleRetryAfterIgnored, nil, "exchange %d was answered with %d and Retry-After, and this one comes %s too early; wait as long as the server asks",
			m.wait.seq, m.wait.status, m.until.Sub(l.x.start).Round(time.Second))
	}
}

// repetition finds a request that is repeated as it was although it cannot succeed.
func (l *linter) repetition(m *callerMemory) {
	x := l.x
	uri := l.m.hash(x.r.RequestURI)
	var sum uint64
	for _, f := range m.recent {
		if f.sum == 0 || f.method != x.r.Method || f.uri != uri || f.generation != l.state.generation ||
			f.status != l.a.status || x.now().Sub(f.at) > soon || x.isCreate() && f.status == http.StatusConflict {
			continue
		}
		if sum == 0 {
			sum = x.sum()
		}
		if f.sum == sum {
			l.report(ruleRefusedAgain, nil, "the same request was refused with %d in exchange %d and nothing has changed since; change the request or give up", f.status, f.seq)
			return
		}
	}
}

func (x *exchange) isCreate() bool {
	return x.r.Method == http.MethodPost && x.target.kind == kindCollection
}

// conflict finds a create that is tried again although the resource exists, without
// a look at what is there.
func (l *linter) conflict(m *callerMemory) {
	x := l.x
	if !x.isCreate() || l.a.status != http.StatusConflict || l.body == nil {
		return
	}
	key := l.m.conflictKey(l.body)
	for _, c := range m.conflicts {
		if c.typ == x.target.typ && c.key == key {
			l.report(ruleCreateAfterConflict, nil, "a create of the same name was answered with 409 in exchange %d; look the resource up with a filter and go on with its id", c.seq)
			return
		}
	}
}

// chatter finds a GET of what the answer to a write has just shown.
func (l *linter) chatter(m *callerMemory) {
	x := l.x
	if x.r.Method != http.MethodGet || x.target.kind != kindResource || len(x.noted.seen) != 1 || !x.noted.seen[0].whole {
		return
	}
	for i, f := range slices.Backward(m.recent) {
		if len(m.recent)-i > recentWrites {
			return
		}
		if f.typ != x.target.typ || f.id != x.target.id {
			continue
		}
		if f.shown && f.method != http.MethodGet && x.now().Sub(f.at) <= soon {
			l.report(ruleReadAfterWrite, nil, "the answer to the %s in exchange %d has shown this resource already; use that one", f.method, f.seq)
		}
		return
	}
}

// memberships finds changes of members one request each that one request could
// have made.
func (l *linter) memberships(m *callerMemory) {
	x := l.x
	if l.a.status >= 300 || !oneMember(x) {
		return
	}
	r := m.runs[x.target.id]
	if r.count+1 >= fewMembers && x.now().Sub(r.at) <= together {
		l.report(ruleMembershipOneByOne, nil, "this is the %s patch in a row that changes one member of the group; one patch can change many", ordinal(r.count+1))
	}
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// paging finds a walk that goes on behind what it asked for instead of behind what
// came.
func (l *linter) paging(m *callerMemory) {
	p := l.x.noted.page
	if p == nil || p.start <= 1 {
		return
	}
	before, ok := m.pages[p.search]
	next := before.start + before.returned
	if !ok || before.start == 0 || before.returned == 0 || before.returned >= before.asked || next > before.total || p.start != before.start+before.asked {
		return
	}
	at := l.x.noted.searched.place("startIndex")
	l.report(rulePagingByCount, &at, "the page before had %d of the %d resources asked for and this one begins at %d; go on at %d, or %d are missed",
		before.returned, before.asked, p.start, next, p.start-next)
}

// walking judges a cursor by those that were given out (RFC 9865 section 2).
func (l *linter) walking(m *callerMemory) {
	q := l.x.noted.searched
	if q == nil {
		return
	}
	cursor, _ := q.get("cursor")
	if cursor == "" {
		return
	}
	at := q.place("cursor")
	path := l.x.r.URL.Path
	here := false
	for _, c := range m.cursors {
		here = here || c.path == path
		if c.cursor == cursor {
			if name, differs := differentParameter(c, path, q.known()); differs {
				l.report(ruleCursorParametersChanged, &at, "the cursor was given out with another %s; repeat all parameters but cursor as they were", name)
			}
			return
		}
	}
	if _, genuine := l.x.server.cursors.open(cursor); genuine {
		return // given out longer ago than is remembered
	}
	if !here {
		l.report(ruleCursorAtStart, &at, "no cursor was given out here, and the request has one; begin with an empty cursor")
		return
	}
	l.report(ruleCursorInvented, &at, "the cursor is not one that was given out; send back nextCursor as it came")
}

// differentParameter returns the name of a parameter that differs from those a
// cursor was given out with.
func differentParameter(c issuedCursor, path string, values map[string][]string) (name string, differs bool) {
	if c.path != path {
		return "endpoint", true
	}
	names := slices.Sorted(maps.Keys(c.values))
	names = slices.AppendSeq(names, maps.Keys(values))
	for _, name := range names {
		if name != "cursor" && strings.Join(c.values[name], ",") != strings.Join(values[name], ",") {
			return name, true
		}
	}
	return "", false
}

// sweeping finds the habit of listing everything before each write.
func (l *linter) sweeping(m *callerMemory) {
	x := l.x
	if x.noted.page != nil || !m.sweep.listed || m.sweep.typ != x.target.typ || x.target.typ == nil ||
		x.r.Method == http.MethodGet || x.r.Method == http.MethodHead {
		return
	}
	if m.sweep.cycles+1 >= fewCycles && x.now().Sub(m.sweep.at) <= soon {
		l.report(ruleListBeforeWrite, nil, "this is the %s write in a row that a listing of all of %s goes before; look one resource up with a filter, or list once for all writes",
			ordinal(m.sweep.cycles+1), x.target.typ.Endpoint)
	}
}

// effect judges a PUT or PATCH by what it did to a state the client knew.
func (l *linter) effect(m *callerMemory) {
	x := l.x
	typ := x.target.typ
	if x.target.kind != kindResource || l.a.status >= 300 || x.r.Method != http.MethodPut && x.r.Method != http.MethodPatch {
		return
	}
	state := l.state
	if len(x.trail.steps) > 0 {
		state = x.trail.steps[0].before // nobody else can have written in between
	}
	slot, before := state.lookup(typ, x.target.id)
	if before == nil {
		return
	}
	known, ok := m.known[makeRef(typ, slot)]
	if !ok || known.version != before.version {
		return
	}
	if l.a.etag == etag(before) {
		l.report(ruleWriteWithoutChange, nil, "the %s changes nothing: the resource was in that state already, which the client has been told; compare first", x.r.Method)
		return
	}
	if x.r.Method == http.MethodPut && known.whole && l.body != nil {
		l.dropped(m, typ, before)
	}
}

// dropped finds attributes that a PUT clears by leaving them out, that the client
// was shown and that it has never set anywhere: those it does not manage.
func (l *linter) dropped(m *callerMemory, typ *resourceType, before *record) {
	var names []string
	note := func(a *scim.Attribute, given bool, name string) {
		if a != nil && !given && a.Mutability == scim.ReadWrite && a.Returned == scim.ReturnedDefault && !m.wrote[a] {
			names = append(names, name)
		}
	}
	for name, v := range before.document.All() {
		_, given := l.body.Lookup(name)
		if a := typ.Attribute(name); a != nil {
			note(a, given, name)
			continue
		}
		x := typ.Extension(name)
		held, _ := v.(*scim.Object)
		if x == nil || given && l.body.Object(name) == nil {
			continue // null clears the extension on purpose
		}
		for inner := range held.All() {
			_, given := l.body.Object(name).Lookup(inner)
			note(x.Attribute(inner), given, name+":"+inner)
		}
	}
	if typ.members != nil && before.members.len() > 0 {
		_, given := l.body.Lookup(typ.members.Name)
		note(typ.members, given, typ.members.Name)
	}
	if len(names) > 0 {
		l.report(rulePutDropsAttributes, nil, "the PUT leaves out and so clears what the client was shown and has never set: %s; send it back, send null to clear it on purpose, or use PATCH",
			strings.Join(names, ", "))
	}
}
