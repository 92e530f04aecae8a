package mocktarget

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Severity says how much a finding matters.
type Severity string

// The severities.
const (
	// SeverityError is for what breaks a MUST, or cannot work.
	SeverityError Severity = "error"
	// SeverityWarning is for what breaks a SHOULD, or works with some servers only.
	SeverityWarning Severity = "warning"
	// SeverityInfo is for what is allowed and could be better.
	SeverityInfo Severity = "info"
)

// rank orders severities, the worst first.
func (s Severity) rank() int {
	return slices.Index([]Severity{SeverityError, SeverityWarning, SeverityInfo}, s)
}

// A Finding is what a client did wrong, or could do better, in one request. It is
// about the client alone: a request may have been answered well in spite of it.
type Finding struct {
	// Rule is the stable id of the rule, such as "patch-op-case"; see [LintRules].
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Requirement is the id of a statement of the catalogue in package requirement
	// that binds clients, such as "RFC7644-3.5.2-R5". Without one, Practice is set.
	Requirement string `json:"requirement,omitempty"`
	// Practice is the name of one of [LintPractices].
	Practice string `json:"practice,omitempty"`
	// Message says what was sent and what to send instead. It shows no secrets.
	Message string `json:"message"`
	// Pointer is where: a JSON pointer into the body (RFC 6901), "?name" for a
	// parameter of the URL, "" for the request as a whole.
	Pointer string `json:"pointer,omitempty"`
}

// A FindingSummary is what the findings of one rule come to.
type FindingSummary struct {
	// Finding is the first one, as an example.
	Finding
	// Count is how many there are.
	Count int `json:"count"`
	// First and Last are the numbers of the exchanges with the first and the last
	// one, see [Entry].
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// Findings returns what lint found in the tenant's requests since the tenant came
// into being or [Tenant.ClearJournal] was called, one summary for each rule, the
// worst rules first.
func (t *Tenant) Findings() []FindingSummary {
	t.lint.mu.Lock()
	defer t.lint.mu.Unlock()
	return t.lint.totals.sorted()
}

// FindingsSince does what [Tenant.Findings] does for the exchanges numbered above
// seq that the journal still keeps.
func (t *Tenant) FindingsSince(seq uint64) []FindingSummary {
	totals := findingTotals{}
	for _, e := range t.journal.since(seq) {
		totals.add(e.Seq, e.Findings)
	}
	return totals.sorted()
}

// A lintState is what lint keeps of a tenant: what it found, and what it remembers
// of earlier requests to judge later ones by.
type lintState struct {
	mu      sync.Mutex
	totals  findingTotals
	callers map[string]*callerMemory
}

func newLintState() *lintState { return &lintState{totals: findingTotals{}} }

// clear forgets what was found.
func (s *lintState) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals = findingTotals{}
}

// forget drops the memory of requests. It is for moments at which somebody else
// than a client changes the data or the rules: what was refused before may be right
// now.
func (s *lintState) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers = nil
}

// findingTotals are summaries by rule.
type findingTotals map[string]*FindingSummary

func (f findingTotals) add(seq uint64, findings []Finding) {
	for _, finding := range findings {
		sum := f[finding.Rule]
		if sum == nil {
			sum = &FindingSummary{Finding: finding, First: seq}
			f[finding.Rule] = sum
		}
		sum.Count++
		// Exchanges may be counted out of their order.
		sum.First, sum.Last = min(sum.First, seq), max(sum.Last, seq)
	}
}

func (f findingTotals) sorted() []FindingSummary {
	list := make([]FindingSummary, 0, len(f))
	for _, sum := range f {
		list = append(list, *sum)
	}
	slices.SortFunc(list, func(a, b FindingSummary) int {
		if a.Severity != b.Severity {
			return a.Severity.rank() - b.Severity.rank()
		}
		return strings.Compare(a.Rule, b.Rule)
	})
	return list
}

// An observation is what lint wants to know of an exchange beside the request and
// the answer.
type observation struct {
	before   *root         // the data when the request came
	seen     []sight       // the resources in the answer
	page     *pageFacts    // of an answer to a search
	searched *lintQuery    // the parameters of a search
	refusal  scim.ScimType // the keyword it was refused with
	judged   bool          // the request itself
	findings []Finding     // about the request itself
}

// isTold reports whether what the data give an exchange is what its answer tells. An
// engine may look at more.
func (x *exchange) isTold() bool {
	return x != nil && x.engine() == nil && !x.server.config.Journal.Off
}

// saw notes that the answer tells of a resource, the whole of it or not.
func (x *exchange) saw(typ *resourceType, slot uint32, rec *record, whole bool) {
	if x.isTold() {
		x.noted.seen = append(x.noted.seen, sight{makeRef(typ, slot), rec.version, whole})
	}
}

// sawPage notes what the answer to a search came to.
func (x *exchange) sawPage(q *query, page *scim.ListResponse) {
	if x.isTold() {
		x.noted.page = &pageFacts{
			search: q.identity(), start: page.StartIndex, asked: q.asked, returned: page.ItemsPerPage, total: page.TotalResults,
			cursor: q.cursor, next: page.NextCursor, previous: page.PreviousCursor, unfiltered: q.filter == nil,
		}
	}
}

// A linter judges one exchange.
type linter struct {
	x        *exchange
	a        *answer // nil before there is one
	m        *model
	state    *root        // when the request came
	body     *scim.Object // nil if there is none or it cannot be read
	findings []Finding
}

// refuseFindings is the phase of a strict tenant: a request with a finding of
// severity error is refused before anything is done.
func (x *exchange) refuseFindings() error {
	if !x.settings.Strict || x.target.kind == kindToken {
		return nil
	}
	x.lookAhead()
	for _, f := range x.lintRequest() {
		if f.Severity == SeverityError {
			where := f.Pointer
			if where != "" {
				where += ": "
			}
			return scim.NewError(http.StatusBadRequest, lintRuleNamed(f.Rule).scimType,
				"%s%s (lint rule %s, %s)", where, f.Message, f.Rule, f.Requirement+f.Practice)
		}
	}
	return nil
}

// lookAhead reads the body before the operation does. What is wrong with it as a
// whole the operation reports.
func (x *exchange) lookAhead() {
	switch x.r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		limit, name := x.server.config.Limits.Body, "the limit"
		if x.target.kind == kindBulk {
			limit, name = x.server.config.Limits.BulkBody, "bulk.maxPayloadSize"
		}
		if x.read(limit, name) == nil {
			_, _ = x.decode()
		}
	}
}

// lookBack reads the body of a request that was refused before it was read, if the
// client has sent it anyway and it is small enough.
func (x *exchange) lookBack() {
	n := x.r.ContentLength
	if x.body == nil && x.caller.name != "" && n > 0 && n <= x.server.config.Limits.Body && x.r.Header.Get("Expect") == "" {
		x.lookAhead()
	}
}

// lintRequest returns the findings about the request itself. They are worked out
// once, before the operation or behind it.
func (x *exchange) lintRequest() []Finding {
	if !x.noted.judged {
		x.noted.judged = true
		l := x.newLinter(nil)
		x.guardLint(l.request)
		x.noted.findings = l.findings
	}
	return x.noted.findings
}

// lint returns all findings about an exchange.
func (x *exchange) lint(a *answer) []Finding {
	if x.target.kind == kindToken {
		return nil // that is OAuth, not SCIM
	}
	x.lookBack()
	findings := x.lintRequest()
	l := x.newLinter(a)
	l.findings = slices.Clip(findings)
	if !x.lost() {
		x.guardLint(l.outcome)
	}
	return l.findings
}

// remember adds an exchange that is in the journal to what lint knows.
func (x *exchange) remember(a *answer, e *Entry) {
	if x.target.kind != kindToken {
		x.guardLint(func() { x.tenant.lint.learn(x, a, e) })
	}
}

func (x *exchange) newLinter(a *answer) *linter {
	return &linter{x: x, a: a, m: x.tenant.model, state: x.noted.before, body: x.decoded}
}

// guardLint runs a part of lint. A defect in it must not spoil the exchange.
func (x *exchange) guardLint(judge func()) {
	defer func() {
		if p := recover(); p != nil {
			x.server.log.Error("lint failed on a request", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	judge()
}

// Bounds on the findings about one exchange: a body of a thousand wrong values does
// not need a thousand messages.
const (
	mostFindings  = 32
	mostOfOneRule = 4
)

// report adds a finding.
func (l *linter) report(id ruleID, at *place, format string, args ...any) {
	r := &lintRules[id]
	same := 0
	for i := range l.findings {
		if l.findings[i].Rule == r.Rule {
			same++
		}
	}
	if same >= mostOfOneRule || len(l.findings) >= mostFindings {
		return
	}
	l.findings = append(l.findings, Finding{
		Rule: r.Rule, Severity: r.Severity, Requirement: r.Requirement, Practice: r.Practice,
		Message: fmt.Sprintf(format, args...), Pointer: at.String(),
	})
}

// quote returns a value of an attribute as messages show it.
func (l *linter) quote(a *scim.Attribute, s string) string {
	if a != nil && (a.Returned == scim.ReturnedNever || a.Parent != nil && a.Parent.Returned == scim.ReturnedNever) {
		return mask
	}
	return quoted(s)
}

// quoted returns text a client sent as messages show it.
func quoted(s string) string { return strconv.Quote(clip(s)) }

// kindOf names the JSON type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "an array"
	case *scim.Object:
		return "an object"
	default:
		return "a number"
	}
}

// A place is where in a request something stands. It is written out only if there
// is something to say about it; nil is the request as a whole.
type place struct {
	up    *place
	name  string // of a member
	index int    // of an element of an array
	kind  placeKind
}

type placeKind int

const (
	placeMember placeKind = iota
	placeElement
	placeParameter // of the URL
)

func (p *place) member(name string) place { return place{up: p, name: name} }
func (p *place) element(i int) place      { return place{up: p, index: i, kind: placeElement} }

// String returns the pointer of a [Finding].
func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.kind == placeParameter:
		return "?" + shortName(p.name)
	case p.kind == placeElement:
		return p.up.String() + "/" + strconv.Itoa(p.index)
	default:
		return p.up.String() + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(shortName(p.name))
	}
}

// shortName shortens a name that no attribute has.
func shortName(name string) string {
	const most = 256
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
