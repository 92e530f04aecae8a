package mocktarget

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// JournalConfig bounds the journal of each tenant.
type JournalConfig struct {
	// Off keeps no journal, for load tests.
	Off bool
	// Entries is how many exchanges are kept. Zero means 5000.
	Entries int
	// Bytes is how many bytes the kept bodies, URLs and header fields may have
	// together. Zero means 64 MiB.
	Bytes int
	// BodyBytes is how much of each body is kept. Zero means 256 KiB.
	BodyBytes int
	// ChangeBytes is about how many bytes the changes of one exchange may have; when
	// they are used up, further changed resources are only counted. Zero means 1 MiB.
	ChangeBytes int
}

func (c JournalConfig) withDefaults() JournalConfig {
	set(&c.Entries, 5000)
	set(&c.Bytes, 64<<20)
	set(&c.BodyBytes, 256<<10)
	set(&c.ChangeBytes, 1<<20)
	return c
}

// An Entry is one exchange as the journal keeps it. Secrets are masked in it.
// Entries are shared and must not be changed.
type Entry struct {
	// Seq counts the exchanges of the tenant from 1.
	Seq    uint64    `json:"seq"`
	Tenant string    `json:"tenant"`
	Time   time.Time `json:"time"` // by the tenant's clock
	Wall   time.Time `json:"wall"` // by the machine's clock
	// Microseconds is how long the answer took, without sending it.
	Microseconds int64 `json:"microseconds"`
	// Caller is the kind of credential the request came with, such as "token".
	Caller string `json:"caller,omitempty"`
	// Run is what the client calls the run or task that the request is part of: the
	// header field X-Run-Id.
	Run string `json:"run,omitempty"`
	// Origin is scheme and host of the server as the client saw them.
	Origin    string    `json:"origin"`
	Request   Message   `json:"request"`
	Operation Operation `json:"operation"`
	// Response is what was answered, or, of an exchange whose answer a fault has lost,
	// what would have been; its status is 0 if the request was not carried out.
	Response Message `json:"response"`
	// Fault is the name of the fault that has hit the exchange.
	Fault string `json:"fault,omitempty"`
	// Deviations are the names of the deviations that made a difference to it.
	Deviations []string `json:"deviations,omitempty"`
	// Changes are what the request did to resources, in the order they were first
	// written.
	Changes []Change `json:"changes,omitempty"`
	// ChangesOmitted is how many further resources it changed.
	ChangesOmitted int `json:"changesOmitted,omitempty"`
	// Findings are what lint has to say about the request.
	Findings []Finding `json:"findings,omitempty"`
	// Violations are the invariants that the request broke.
	Violations []Violation `json:"violations,omitempty"`
}

// size is about how many bytes of memory the entry takes.
func (e *Entry) size() int {
	n := len(e.Request.URL) + len(e.Request.Body) + len(e.Response.Body) + headerSize(e.Request.Header) + headerSize(e.Response.Header)
	for i := range e.Changes {
		n += e.Changes[i].size()
	}
	for i := range e.Findings {
		n += len(e.Findings[i].Message) + len(e.Findings[i].Pointer)
	}
	for i := range e.Violations {
		n += len(e.Violations[i].Message)
	}
	return n + e.Operation.size()
}

// A Message is a request or a response.
type Message struct {
	Method string `json:"method,omitempty"` // of a request
	URL    string `json:"url,omitempty"`    // of a request: path and query
	// Protocol is that of a request, such as HTTP/1.1.
	Protocol string      `json:"protocol,omitempty"`
	Status   int         `json:"status,omitempty"` // of a response
	Header   http.Header `json:"header"`
	Body     string      `json:"body,omitempty"`
	// Size is the whole body's length in bytes; Body is shorter if Truncated.
	Size      int  `json:"size"`
	Truncated bool `json:"truncated,omitempty"`
}

// An Operation is what the server understood a request to be.
type Operation struct {
	// Kind is create, get, list, search, replace, patch, delete, bulk, discovery or
	// token, and "" for what was refused before it was understood.
	Kind         string `json:"kind,omitempty"`
	ResourceType string `json:"resourceType,omitempty"`
	ID           string `json:"id,omitempty"`
	// Filter is the filter in canonical form.
	Filter string `json:"filter,omitempty"`
	// Patch are the operations of a PATCH.
	Patch []PatchStep `json:"patch,omitempty"`
	// Bulk are the operations of a bulk request, in the order they were sent.
	Bulk []Operation `json:"bulk,omitempty"`
	// Status is the result of an operation in Bulk, 0 if it was not carried out.
	Status int `json:"status,omitempty"`
}

// size is about how many bytes of memory the operation takes.
func (o *Operation) size() int {
	const bare = 200 // an operation with nothing in it
	n := bare + len(o.ID) + len(o.Filter)
	for i := range o.Patch {
		n += len(o.Patch[i].Path) + len(o.Patch[i].Value)
	}
	for i := range o.Bulk {
		n += o.Bulk[i].size()
	}
	return n
}

// operationKinds lists what an [Operation].Kind can be.
func operationKinds() []string {
	return []string{"create", "get", "list", "search", "replace", "patch", "delete", "bulk", "discovery", "token"}
}

// A PatchStep is one operation of a PATCH.
type PatchStep struct {
	Op    string          `json:"op"`
	Path  string          `json:"path,omitempty"` // canonical
	Value json.RawMessage `json:"value,omitempty"`
}

// did notes what an exchange turned out to be.
func (x *exchange) did(kind string, typ *resourceType, id string) {
	if x.parsed.Kind != "" {
		return // /Me has said it
	}
	x.parsed.Kind, x.parsed.ID = kind, id
	if typ != nil {
		x.parsed.ResourceType = typ.Name
	}
}

// describePatch returns a patch for the journal.
func describePatch(typ *resourceType, p *scim.Patch) []PatchStep {
	steps := make([]PatchStep, len(p.Operations))
	for i, op := range p.Operations {
		steps[i].Op = op.Op
		if op.Path != nil {
			if path := scim.FormatPath(*op.Path); !typ.model.quotesSecret(path) {
				steps[i].Path = path
			} else {
				steps[i].Path = maskText
			}
		}
		if op.HasValue {
			text := scim.AppendValue(nil, op.Value)
			if typ.model.maskFilter(op.PathText) != op.PathText {
				text = []byte(mask)
			}
			steps[i].Value = json.RawMessage(typ.model.maskJSON(text))
		}
	}
	return steps
}

// A journal is a ring of entries, bounded in number and bytes.
type journal struct {
	config  JournalConfig
	mu      sync.Mutex
	entries []*Entry
	sizes   []int
	bytes   int
	next    uint64
	lost    uint64  // number of the newest entry that had to make room
	events  []Event // beside the exchanges
	added   signal  // an entry or an event
}

func newJournal(config JournalConfig) *journal { return &journal{config: config} }

// skip counts an exchange that is not kept.
func (j *journal) skip() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next++
	return j.next
}

// add gives an entry its number and keeps it, in the place of the oldest ones if
// need be.
func (j *journal) add(e *Entry) {
	size := e.size()
	j.mu.Lock()
	j.next++
	e.Seq = j.next
	for i := range e.Violations {
		e.Violations[i].Seq = e.Seq
	}
	j.entries, j.sizes = append(j.entries, e), append(j.sizes, size)
	j.bytes += size
	drop := 0
	for len(j.entries)-drop > j.config.Entries || j.bytes > j.config.Bytes && len(j.entries)-drop > 1 {
		j.bytes -= j.sizes[drop]
		j.lost = j.entries[drop].Seq
		j.entries[drop] = nil
		drop++
	}
	j.entries, j.sizes = j.entries[drop:], j.sizes[drop:]
	j.mu.Unlock()
	j.added.broadcast()
}

func headerSize(h http.Header) int {
	n := 0
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

// since returns the entries with a number above seq, oldest first.
func (j *journal) since(seq uint64) []*Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newer(seq)
}

// after returns the entries with a number above seq, and the number of the newest
// one that had to make room for others since the journal was last cleared.
func (j *journal) after(seq uint64) (entries []*Entry, lost uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newer(seq), j.lost
}

// newer is since with the lock held.
func (j *journal) newer(seq uint64) []*Entry {
	first := j.next - uint64(len(j.entries)) // number of the entry before the oldest
	skip := 0
	if seq > first {
		skip = int(min(seq-first, uint64(len(j.entries))))
	}
	return append([]*Entry(nil), j.entries[skip:]...) // the ring reuses its places
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.sizes, j.bytes, j.lost = nil, nil, 0, 0
}

// Journal returns the exchanges that are kept, oldest first.
func (t *Tenant) Journal() []*Entry { return t.journal.since(0) }

// JournalSince returns the kept exchanges numbered above seq, oldest first, and a
// channel that is closed when the next one is added.
func (t *Tenant) JournalSince(seq uint64) ([]*Entry, <-chan struct{}) {
	more := t.journal.added.wait()
	return t.journal.since(seq), more
}

// ClearJournal forgets the exchanges that are kept and what lint found. Numbers go
// on.
func (t *Tenant) ClearJournal() {
	t.journal.clear()
	t.lint.clear()
	t.happened(EventForget, "")
}

// record puts the exchange into the journal, and what it broke where that is kept.
func (x *exchange) record(a *answer) {
	t, broken := x.tenant, x.trail.violations
	switch {
	case t == nil:
		return
	case x.server.config.Journal.Off:
		seq := t.journal.skip()
		for i := range broken {
			broken[i].Seq = seq
		}
	default:
		findings := x.lint(a)
		e := x.entry(a)
		e.Findings = findings
		t.journal.add(e)
		x.remember(a, e)
	}
	if len(broken) > 0 {
		t.violated(broken)
	}
}

// entry describes the exchange and its answer, secrets masked.
func (x *exchange) entry(a *answer) *Entry {
	m := x.tenant.model
	config := x.server.config.Journal
	requestBody := m.maskBody(x.body, x.r.Header.Get("Content-Type"))
	responseBody := a.body
	if x.target.kind == kindToken {
		responseBody = m.maskJSON(responseBody) // no other answer holds a secret
	}
	e := &Entry{
		Tenant: x.tenant.name, Time: x.start, Wall: x.began.UTC(), Microseconds: time.Since(x.began).Microseconds(),
		Caller: x.caller.name, Run: clip(x.r.Header.Get("X-Run-Id")), Origin: x.origin(), Operation: x.parsed,
		Request: Message{
			Method: x.r.Method, URL: m.maskURL(x.r.URL), Protocol: x.r.Proto, Header: maskHeader(x.r.Header), Size: len(x.body),
		},
		Response:   Message{Status: a.status, Header: maskHeader(x.w.Header()), Size: len(a.body)},
		Violations: x.trail.violations,
	}
	if x.fault != nil {
		e.Fault = x.fault.String()
	}
	e.Deviations = x.deviant.Changed()
	e.Operation.Filter = m.maskFilter(x.parsed.Filter)
	e.Request.Body, e.Request.Truncated = keep(requestBody, config.BodyBytes)
	e.Response.Body, e.Response.Truncated = keep(responseBody, config.BodyBytes)
	e.Changes, e.ChangesOmitted = x.trail.changes(m, x.base, config.ChangeBytes)
	return e
}

// keep returns a body as text, cut at a length.
func keep(body []byte, most int) (text string, truncated bool) {
	if len(body) > most {
		return string(body[:most]), true
	}
	return string(body), false
}
