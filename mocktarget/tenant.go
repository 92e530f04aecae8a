package mocktarget

import (
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Tenant is one SCIM service with data, credentials, a clock and a journal of its
// own. Its methods may be called from any goroutine.
type Tenant struct {
	name    string
	server  *Server
	model   *model
	clock   *Clock
	newIDs  func(tenant, resourceType string, n int) string
	root    rootPointer
	writing sync.Mutex // one write at a time; readers take the root without it
	packing []byte     // room for the write that is going on
	changed signal     // a write has been stored
	deleted chan struct{}
	journal *journal
	lint    *lintState
	self    subjects
	tokens  tokens
	saved   savedStates

	rules      []*rule // replaced as a whole, by writers
	violations violations

	configuring sync.Mutex // one change of the settings at a time
	settings    atomic.Pointer[activeSettings]
}

// newTenant returns an empty tenant that behaves as the server is configured.
func newTenant(s *Server, name string, m *model) *Tenant {
	t := &Tenant{
		name: name, server: s, model: m, newIDs: s.config.IDs,
		journal: newJournal(s.config.Journal), lint: newLintState(), deleted: make(chan struct{}),
	}
	t.clock = newClock(s.config.Now, func() { t.happened(EventClock, t.clock.State().String()) })
	t.root.Store(newRoot(m))
	t.behave(s.config.Settings)
	return t
}

// A TenantConfig describes a tenant to be created. The zero TenantConfig is what a
// tenant gets that comes into being by its first use.
type TenantConfig struct {
	// ResourceTypes are the types the tenant serves. nil means the server's.
	ResourceTypes []*scim.ResourceType
	// Token is a bearer token that this tenant alone accepts, beside the server's.
	// "" means none.
	Token string
	// Settings are how the tenant behaves at first. nil means the server's.
	Settings *Settings
	// Sequential gives resources ids that are the same in each run, see
	// [SequentialIDs]. Without it they are as [Config].IDs makes them.
	Sequential bool
	// Clock is what the tenant's clock shows at first. The zero ClockState is the
	// server's clock, running.
	Clock ClockState
	// Seed is what the tenant holds at first, see [Tenant.Seed]. nil means nothing.
	Seed io.Reader
	// Population is who the tenant holds beside that, see [Tenant.Generate].
	Population Population
}

// CreateTenant makes a tenant. The error is a 409 if there is one of the name
// already, and otherwise says what of the configuration cannot work; then there is
// no tenant. The limit on tenants does not count here.
func (s *Server) CreateTenant(name string, config TenantConfig) (*Tenant, error) {
	if !validTenant(name) {
		return nil, invalidName(name)
	}
	m := s.model
	if config.ResourceTypes != nil {
		var err error
		if m, err = newModel(config.ResourceTypes, maphash.MakeSeed()); err != nil {
			return nil, scim.InvalidValue("%s", reason(err))
		}
	}
	t := newTenant(s, name, m)
	if err := t.prepare(config); err != nil {
		return nil, err
	}
	return t, s.enroll(t)
}

// prepare brings a new tenant into the state its configuration asks for.
func (t *Tenant) prepare(config TenantConfig) error {
	if config.Sequential {
		t.newIDs = SequentialIDs
	}
	if config.Settings != nil {
		if err := t.Configure(func(s *Settings) { *s = *config.Settings }); err != nil {
			return err
		}
	}
	if config.Clock.Frozen {
		t.clock.Freeze()
	}
	if !config.Clock.Now.IsZero() {
		t.clock.Set(config.Clock.Now)
	}
	if config.Token != "" {
		if _, _, err := t.IssueToken(TokenConfig{Name: "of the tenant", Secret: config.Token}); err != nil {
			return err
		}
	}
	if config.Seed != nil {
		if err := t.Seed(config.Seed); err != nil {
			return err
		}
	}
	if config.Population.Users == 0 && config.Population.Groups == 0 {
		return nil
	}
	return t.Generate(config.Population)
}

// enroll puts a tenant where requests find it, unless its name is taken.
func (s *Server) enroll(t *Tenant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tenants[t.name] != nil {
		return scim.Conflict("there is a tenant %q already; delete it first or choose another name", t.name)
	}
	s.tenants[t.name] = t
	return nil
}

// DeleteTenant forgets a tenant with all that belongs to it. Whoever waits for
// something to happen in it is told so; a request to it brings an empty one into
// being. The default tenant stays: [Tenant.Reset] empties it.
func (s *Server) DeleteTenant(name string) error {
	if name == DefaultTenant {
		return scim.Conflict("the tenant %q cannot be deleted; reset it to empty it", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tenants[name]
	if t == nil {
		return noTenant(name)
	}
	delete(s.tenants, name)
	close(t.deleted)
	return nil
}

// Lookup returns the tenant of a name, which is not made if there is none: 404.
func (s *Server) Lookup(name string) (*Tenant, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if t := s.tenants[name]; t != nil {
		return t, nil
	}
	return nil, noTenant(name)
}

func noTenant(name string) error {
	return scim.Status(http.StatusNotFound, "there is no tenant %q; it comes into being when it is first used", clip(name))
}

func invalidName(name string) error {
	return scim.InvalidValue("%q cannot be a name here: use one to six dozen letters, digits, \".\", \"-\" and \"_\"", clip(name))
}

// Deleted returns a channel that is closed when the tenant is deleted.
func (t *Tenant) Deleted() <-chan struct{} { return t.deleted }

// Clock returns the tenant's clock.
func (t *Tenant) Clock() *Clock { return t.clock }

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
func (t *Tenant) Counts() map[string]int { return t.counts(t.root.Load()) }

// validTenant reports whether a name can be that of a tenant or of a saved state: it
// stands in paths.
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
		id := tx.tenant.newIDs(tx.tenant.name, typ.Name, n)
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
