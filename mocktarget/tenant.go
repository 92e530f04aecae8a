package mocktarget

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Tenant is one SCIM service with data, credentials and a journal of its own.
type Tenant struct {
	name    string
	server  *Server
	model   *model
	now     func() time.Time
	root    rootPointer
	writing sync.Mutex // one write at a time; readers take the root without it
	compact compactor  // of the write that is going on
	changed signal     // a write has been stored
	journal *journal
	self    subjects
}

func newTenant(s *Server, name string) *Tenant {
	t := &Tenant{name: name, server: s, model: s.model, now: s.config.Now, journal: newJournal(s.config.Journal)}
	t.compact.seed = t.model.seed
	t.root.Store(newRoot(t.model))
	return t
}

// Name returns the tenant's name.
func (t *Tenant) Name() string { return t.name }

// Path returns the path of the tenant's SCIM service, such as "/t/acme/scim/v2".
func (t *Tenant) Path() string {
	if t.name == DefaultTenant {
		return "/scim/v2"
	}
	return "/t/" + t.name + "/scim/v2"
}

// Resources returns what the tenant holds of a resource type, such as "User", as
// a client would read it, in the order of creation; locations are relative to the
// tenant's path. It is nil for a type there is not.
func (t *Tenant) Resources(resourceType string) []*scim.Object {
	typ := t.model.byName(resourceType)
	if typ == nil {
		return nil
	}
	root := t.root.Load()
	view := presenter{root: root, base: t.Path()}
	var list []*scim.Object
	for slot, rec := range root.table(typ).records.all() {
		list = append(list, view.present(typ, slot, rec, scim.Projection{}))
	}
	return list
}

// Count returns how many resources of a type the tenant holds.
func (t *Tenant) Count(resourceType string) int {
	typ := t.model.byName(resourceType)
	if typ == nil {
		return 0
	}
	return t.root.Load().table(typ).records.live()
}

// Counts returns how many resources the tenant holds, by the name of their type.
func (t *Tenant) Counts() map[string]int {
	root := t.root.Load()
	counts := make(map[string]int, len(t.model.types))
	for _, typ := range t.model.types {
		counts[typ.Name] = root.table(typ).records.live()
	}
	return counts
}

// Reset deletes all resources. Ids go on from where they were.
func (t *Tenant) Reset() {
	t.writing.Lock()
	defer t.writing.Unlock()
	before := t.root.Load()
	after := newRoot(t.model)
	after.generation = before.generation + 1
	for i, table := range before.tables {
		after.tables[i].records.next = table.records.next
	}
	t.root.Store(after)
	t.changed.broadcast()
	t.happened(EventReset, "")
}

// validTenant reports whether a name can be that of a tenant: it stands in paths.
func validTenant(name string) bool {
	if name == "" || len(name) > 72 || name == "." || name == ".." {
		return false
	}
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}

// newID returns an id for the resource of a type that will be created next, or,
// with ahead above 1, so many after it.
func (tx *transaction) newID(typ *resourceType, ahead int) string {
	for n := int(tx.root.table(typ).records.next) + ahead; ; n++ {
		id := tx.tenant.server.config.IDs(tx.tenant.name, typ.Name, n)
		if _, _, taken := tx.root.locate(typ.model, id); taken == nil {
			return id
		}
	}
}

// SequentialIDs makes ids that depend on nothing but tenant, type and number, so
// that two runs of a test see the same ones: UUIDs made from a hash.
func SequentialIDs(tenant, resourceType string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", tenant, resourceType, n))
	return formatUUID([16]byte(sum[:16]), 8)
}

// A signal wakes up whoever waits for the next event.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed at the next broadcast.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) broadcast() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
