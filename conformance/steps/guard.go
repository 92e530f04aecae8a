package steps

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Violation is a request that would have touched something that the run did not
// make. It was not sent.
type Violation struct{ Method, Path, Why string }

func (v *Violation) Error() string {
	return fmt.Sprintf("%s %s was not sent: %s", v.Method, v.Path, v.Why)
}

// A Guard is the only way to a target. It lets reads through, lets creates through
// that carry the run's marker, and lets changes through to what the run has made and
// to what cannot exist; everything else is refused with a [Violation]. It may be used
// from any number of goroutines.
type Guard struct {
	target *Target
	ledger *Ledger
	// marker begins the userName of every user and the displayName of every group
	// that the run makes. It is in lower case.
	marker string
	// unknown is an id in the form of a UUID that no resource has.
	unknown string
	// readOnly refuses every write.
	readOnly bool
	// doubtful says that time has gone by since the ledger was written, so that what it
	// says is proven has to be so again.
	doubtful bool
	// removals has what is deleted confirmed later, nil at once.
	removals *removals
}

// NewGuard returns a guard with an empty ledger for a run.
func NewGuard(target *Target, run string) *Guard {
	return &Guard{target: target, ledger: &Ledger{}, marker: marker(run), unknown: newUUID()}
}

// Resume returns a guard for what is left of a run, which goes on with its ledger.
func Resume(target *Target, saved *SavedLedger, file *LedgerFile) *Guard {
	g := NewGuard(target, saved.Run)
	g.ledger.file, g.ledger.entries, g.doubtful = file, saved.entries, true
	return g
}

// Keep has the guard write its ledger down in a file too. Nil means nowhere.
func (g *Guard) Keep(file *LedgerFile) { g.ledger.file = file }

// marker begins every name that a run gives to anything in the target.
func marker(run string) string { return "scimwright-" + run + "-" }

// newUUID returns a random UUID (RFC 9562 section 5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Do checks a request and sends it. A resource that it creates is entered in the
// ledger before it is sent, and its id before the answer is returned.
func (g *Guard) Do(ctx context.Context, r *Request) (*Answer, error) {
	if why := g.refuse(ctx, r); why != "" {
		return nil, g.refusal(r, why)
	}
	switch {
	case !r.writes():
		return g.read(ctx, r)
	case r.Path[0] == bulk:
		return g.bulk(ctx, r)
	case creates(r) || r.Method == http.MethodPut && !g.ledger.owns(r.Path[0], r.Path[1]):
		return g.create(ctx, r)
	default:
		return g.target.do(ctx, r)
	}
}

// Persist is [Guard.Do], again for a target that is busy, as often and as late as it wants
// within bounds.
func (g *Guard) Persist(ctx context.Context, r *Request) (*Answer, error) {
	for try := 1; ; try++ {
		answer, err := g.Do(ctx, r)
		if err != nil || try == 3 || !asksForTime(answer) || g.target.Trouble() != nil {
			return answer, err
		}
		r.paid = false
	}
}

// refusal is the error for a request that is not sent. If it is about an id that the
// target itself has given for what the run made, the target is to blame.
func (g *Guard) refusal(r *Request, why string) error {
	for _, e := range g.ledger.given() {
		id := cmp.Or(e.impostor, e.id)
		if len(r.Path) == 2 && r.Path[1] == id && r.Path[0] != e.collection {
			continue // what has it is of the other kind
		}
		if !slices.Contains(r.Path, id) && !bytes.Contains(r.Body, []byte(strconv.Quote(id))) {
			continue
		}
		fault, root := "", []string{"CREATE-01", "GROUP-01"}
		switch silence := g.target.pace.silence(); {
		case e.impostor != "":
			fault = "which is that of something else"
		case !plain(e.id):
			fault = "which cannot stand in a path without being taken for another one"
		case !strings.HasSuffix(why, unmade), e.proven && !g.doubtful:
			continue
		case silence != nil:
			return fmt.Errorf("%s %s was not sent, since nobody knows what is there: %w", r.Method, r.path(), silence)
		default:
			fault, root = "and under it nothing can be read that tells whose it is", []string{"READ-01", "CREATE-01", "GROUP-01"}
		}
		return rooted(failf("the target answered a create with the id %q, %s: %s %s was not sent", id, fault, r.Method, r.path()), root...)
	}
	return &Violation{Method: r.Method, Path: r.path(), Why: why}
}

// unmade ends why a request is refused that is about what the run did not make.
const unmade = "was not made by this run"

// read sends a read, and learns from it whether a resource is the run's own.
func (g *Guard) read(ctx context.Context, r *Request) (*Answer, error) {
	answer, err := g.target.do(ctx, r)
	if err == nil && answer.OK() && len(r.Path) == 2 && g.ledger.owns(r.Path[0], r.Path[1]) && g.marks(answer.object()) {
		g.target.shown.add(r.Path[0])
		g.ledger.prove(r.Path[0], r.Path[1])
	}
	return answer, err
}

// creates reports whether a request that was let through makes a resource.
func creates(r *Request) bool {
	return r.Method == http.MethodPost && (r.Path[0] == users || r.Path[0] == groups)
}

// create notes the intent before the request leaves, so that a resource whose
// answer got lost is found again.
func (g *Guard) create(ctx context.Context, r *Request) (*Answer, error) {
	intent, err := g.intend(r.Path[0], r.Body)
	if err != nil {
		return nil, err
	}
	answer, err := g.target.do(ctx, r)
	switch {
	case uncertain(answer, err):
		return answer, err
	case !answer.OK():
		g.ledger.drop(intent)
		return answer, nil
	}
	made := answer.object()
	id := made.id()
	if id == "" {
		id = lastSegment(answer.Header.Get("Location"))
	}
	// A target may answer with a resource that was there before. Only the marker
	// says that it is ours.
	if id != "" && (g.marks(made) || g.whose(ctx, r.Path[0], id) == ours) {
		g.ledger.made(intent, id)
	}
	return answer, nil
}

// uncertain reports whether a write may have been carried out, although the target
// has not said so.
func uncertain(answer *Answer, err error) bool {
	return err != nil || answer.Status >= 500 || answer.Status == http.StatusRequestTimeout
}

func (g *Guard) intend(collection string, body []byte) (*entry, error) {
	attribute, name := g.identity(collection, body)
	return g.ledger.intend(collection, attribute, name)
}

// identity returns the attribute by which a resource that a body makes can be found
// again, and its value. A body that is no JSON object has none; what a careless
// target makes of it can only go by the marked word in it.
func (g *Guard) identity(collection string, body []byte) (attribute, value string) {
	o := (&Answer{Body: body}).object()
	for _, name := range identities(collection) {
		if text := o.text(name); g.marked(text) {
			return name, text
		}
	}
	word := g.markedWord(string(body))
	if o != nil {
		word = ""
	}
	return nameAttribute(collection), word
}

// identities are the attributes that may carry the marker, the best one first.
func identities(collection string) []string {
	return []string{nameAttribute(collection), "externalId", "displayName"}
}

// markedWord returns the first word of a text that begins with the marker.
func (g *Guard) markedWord(text string) string {
	at := strings.Index(strings.ToLower(text), g.marker)
	if at < 0 {
		return ""
	}
	end := strings.IndexFunc(text[at:], notOfWord)
	if end < 0 {
		return text[at:]
	}
	return text[at : at+end]
}

// notOfWord reports whether a character ends a name that the run gives.
func notOfWord(c rune) bool {
	return c != '-' && c != '@' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

func lastSegment(location string) string {
	location = strings.TrimRight(location, "/")
	return location[strings.LastIndexByte(location, '/')+1:]
}

func (g *Guard) marked(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), g.marker)
}

// marks reports whether a resource carries the run's marker.
func (g *Guard) marks(r resource) bool {
	return slices.ContainsFunc([]string{"userName", "displayName", "externalId"}, func(name string) bool { return g.marked(r.text(name)) })
}

// An owner says whose a resource is.
type owner int

const (
	nobody  owner = iota // there is nothing
	ours                 // it carries the run's marker
	foreign              // it has another name
	hidden               // it cannot be read, or shows no name at all
)

// whose reads a resource and says whose it is.
func (g *Guard) whose(ctx context.Context, collection, id string) owner {
	if !plain(id) {
		return hidden
	}
	answer, err := g.target.Get(ctx, nil, collection, id)
	switch {
	case err != nil:
		return hidden
	case answer.Status == http.StatusNotFound, answer.Status == http.StatusGone:
		return nobody
	}
	r := answer.object()
	switch {
	case answer.OK() && g.marks(r):
		g.target.shown.add(collection)
		return ours
	case !answer.OK(), r.text("userName")+r.text("displayName")+r.text("externalId") == "":
		return hidden
	default:
		return foreign
	}
}

// listed returns what the target lists under the id of an entry, nil if nothing: it is
// looked for by its name and, since that may be another one by now, by its id.
func (g *Guard) listed(ctx context.Context, e entry) (resource, error) {
	for _, by := range []struct{ attribute, value string }{{e.attribute, e.name}, {"id", e.id}} {
		if by.value == "" {
			continue
		}
		found, err := g.find(ctx, e.collection, by.attribute, by.value)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(found, func(r resource) bool { return r.id() == e.id }); at >= 0 {
			return found[at], nil
		}
	}
	return nil, nil
}

// owns reports whether the run has made a resource. The target's word on its id is
// not enough: what can be read under the id has to carry the run's marker or, where that
// shows nothing, be found by it. Where there is nothing, nothing can be harmed. One that
// is not in the ledger may be the work of a create whose answer got lost: then its name
// tells.
func (g *Guard) owns(ctx context.Context, collection, id string) bool {
	known := g.ledger.owns(collection, id)
	switch {
	case g.ledger.proven(collection, id) && !g.doubtful:
		return true
	case !known && len(g.ledger.unsettled(collection)) == 0:
		return false
	}
	switch g.whose(ctx, collection, id) {
	case ours:
		g.ledger.adopt(collection, id, entry{})
		g.ledger.prove(collection, id)
		return true
	case foreign:
		g.ledger.disown(collection, id)
		return false
	case hidden:
		e, known := g.ledger.find(collection, id)
		if !known {
			return false
		}
		if r, err := g.listed(ctx, e); err != nil || !g.marks(r) {
			return false
		}
		g.ledger.prove(collection, id)
		return true
	default:
		return known
	}
}

// invented reports whether an id is one that the run made up and that no resource
// has.
func (g *Guard) invented(id string) bool {
	id = strings.TrimPrefix(id, "bulkId:")
	return id == g.unknown || g.marked(id) && !strings.ContainsFunc(id, notOfWord)
}

// plain reports whether a target that reads carelessly takes a segment of a path for
// nothing else.
func plain(segment string) bool {
	return segment != "" && segment != "." && segment != ".." && !strings.ContainsAny(segment, "/\\") &&
		!strings.ContainsFunc(segment, unicode.IsControl)
}

// refuse returns why a request must not be sent, "" if it may.
func (g *Guard) refuse(ctx context.Context, r *Request) string {
	for i, segment := range r.Path {
		last := i == len(r.Path)-1 && i > 0
		if !plain(segment) && !(segment == "" && last && !r.writes()) {
			return "the path is not a plain one"
		}
	}
	if why := disguised(r); why != "" {
		return why
	}
	if !r.writes() {
		if r.Method != http.MethodPost && len(r.Body) > 0 {
			return "a read carries a body"
		}
		return ""
	}
	switch {
	case g.readOnly:
		return "the run may not write"
	case len(r.Path) == 0:
		return elsewhere
	}
	switch r.Path[0] {
	case users, groups:
		return g.refuseWrite(ctx, r)
	case bulk:
		return g.refuseBulk(ctx, r)
	case "ServiceProviderConfig", "ResourceTypes", "Schemas":
		return g.refuseDiscovery(r)
	default:
		return elsewhere
	}
}

// disguised returns why a request may be another one to the target than it looks, ""
// if it may not.
func disguised(r *Request) string {
	for name := range r.Header {
		if overrides(name) {
			return "the header " + name + " can make another request of it"
		}
	}
	for name := range r.Query {
		if strings.EqualFold(name, "_method") || overrides(name) {
			return "the parameter " + name + " can make another request of it"
		}
	}
	return ""
}

// overrides reports whether a header is one by which some services take another method
// or path than that of the request line. Behind some gateways "_" is the same as "-".
func overrides(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return name == "forwarded" || strings.HasPrefix(name, "x-forwarded-") || slices.Contains(overriding[:], name)
}

var overriding = [...]string{
	"x-http-method-override", "x-http-method", "x-method-override", "x-original-method", "x-original-url",
	"x-original-uri", "x-rewrite-url",
}

const elsewhere = "the run writes to /Users and /Groups only"

func (g *Guard) refuseWrite(ctx context.Context, r *Request) string {
	switch r.Method {
	case http.MethodPost:
		if len(r.Path) != 1 {
			return "a create goes to the collection"
		}
		return g.refuseCreate(ctx, r)
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		if len(r.Path) != 2 {
			return "a change needs the id of one resource"
		}
		if g.invented(r.Path[1]) {
			if r.Method == http.MethodPut {
				return g.refuseCreate(ctx, r) // a careless target would make it
			}
			return ""
		}
		if !g.owns(ctx, r.Path[0], r.Path[1]) {
			return "the resource " + unmade
		}
		return g.refuseBody(ctx, r)
	default:
		return "the method is not part of SCIM"
	}
}

// refuseDiscovery lets through what even a target that took it could not be harmed
// by.
func (g *Guard) refuseDiscovery(r *Request) string {
	switch {
	case r.Method == http.MethodPost && len(r.Path) == 1 && string(r.Body) == "{}":
		return ""
	case r.Method != http.MethodPost && len(r.Path) == 2 && g.invented(r.Path[1]):
		return ""
	default:
		return "the run does not change what the target says about itself"
	}
}
