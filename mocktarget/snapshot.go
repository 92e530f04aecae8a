package mocktarget

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Snapshot is the state of a tenant at one moment. Taking one costs nothing, and
// keeping it only what is changed afterwards.
type Snapshot struct {
	model *model
	root  *root
}

// Snapshot returns the tenant's state.
func (t *Tenant) Snapshot() Snapshot { return Snapshot{t.model, t.root.Load()} }

// Restore puts a state back that was taken from this tenant or from another one of
// the same server. Versions go on from where they are, so that none stands for two
// states of a resource. It refuses a state of a tenant with other resource types
// and of another server.
func (t *Tenant) Restore(s Snapshot) error {
	if s.model != t.model {
		return scim.Conflict("the state is of a tenant with other resource types, or of another server; it cannot be restored here")
	}
	t.restore(s.root, "")
	return nil
}

func (t *Tenant) restore(state *root, name string) {
	t.substitute(func(before *root) *root {
		return &root{generation: max(before.generation, state.generation) + 1, tables: state.tables}
	})
	t.happened(EventRestore, name)
}

// Reset deletes all resources. Ids go on from where they were; settings, clock,
// tokens, saved states and the journal stay.
func (t *Tenant) Reset() {
	t.substitute(func(before *root) *root {
		after := newRoot(t.model)
		after.generation = before.generation + 1
		for i, table := range before.tables {
			after.tables[i].records.next = table.records.next
		}
		return after
	})
	t.happened(EventReset, "")
}

// substitute replaces the whole state.
func (t *Tenant) substitute(next func(before *root) *root) {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.root.Store(next(t.root.Load()))
	t.lint.forget()
	t.changed.broadcast()
}

// Fork makes a tenant that holds what another one does. It takes no time however
// much that is: both share it until one of them changes it. Settings and the time
// are the same at first; journal, tokens, saved states and invariants are not taken
// over. The error is a 404 if there is no tenant to fork and a 409 if there is one
// of the new name.
func (s *Server) Fork(from, to string) (*Tenant, error) {
	if !validTenant(to) {
		return nil, invalidName(to)
	}
	original, err := s.Lookup(from)
	if err != nil {
		return nil, err
	}
	t := newTenant(s, to, original.model)
	t.newIDs = original.newIDs
	t.behave(original.Settings())
	t.clock.state.Store(original.clock.state.Load())
	t.root.Store(original.root.Load())
	return t, s.enroll(t)
}

// A SavedState tells about a state that a tenant keeps under a name.
type SavedState struct {
	Name string    `json:"name"`
	Time time.Time `json:"time"` // on the tenant's clock
	// Counts are the numbers of resources by the name of their type.
	Counts map[string]int `json:"counts"`
}

// savedStates are the named states of a tenant, in the order they were saved.
type savedStates struct {
	mu   sync.Mutex
	list []savedState
}

type savedState struct {
	SavedState
	root *root
}

// Save keeps the tenant's state under a name, in place of what was kept under it
// before. Names are like those of tenants. It refuses more states than [Limits] allows:
// each holds on to what has changed since.
func (t *Tenant) Save(name string) (SavedState, error) {
	if !validTenant(name) {
		return SavedState{}, invalidName(name)
	}
	root := t.root.Load()
	state := savedState{SavedState{Name: name, Time: t.clock.Now(), Counts: t.counts(root)}, root}
	t.saved.mu.Lock()
	defer t.saved.mu.Unlock()
	if i := t.saved.find(name); i >= 0 {
		t.saved.list = slices.Delete(t.saved.list, i, i+1)
	}
	if most := t.server.config.Limits.SavedStates; len(t.saved.list) >= most {
		return SavedState{}, scim.Conflict("tenant %s keeps %d states, which is the most it does; forget one first", t.name, most)
	}
	t.saved.list = append(t.saved.list, state)
	t.happened(EventSave, name)
	return state.SavedState, nil
}

// Saved returns the states that are kept, oldest first.
func (t *Tenant) Saved() []SavedState {
	t.saved.mu.Lock()
	defer t.saved.mu.Unlock()
	list := make([]SavedState, len(t.saved.list))
	for i := range t.saved.list {
		list[i] = t.saved.list[i].SavedState
	}
	return list
}

// RestoreSaved puts a state back, as [Tenant.Restore] does; it stays kept. The error
// is a 404 if there is none of the name.
func (t *Tenant) RestoreSaved(name string) error {
	t.saved.mu.Lock()
	i := t.saved.find(name)
	if i < 0 {
		t.saved.mu.Unlock()
		return t.noState(name)
	}
	state := t.saved.list[i].root
	t.saved.mu.Unlock()
	t.restore(state, name)
	return nil
}

// Forget drops a state that is kept. The error is a 404 if there is none of the
// name.
func (t *Tenant) Forget(name string) error {
	t.saved.mu.Lock()
	defer t.saved.mu.Unlock()
	i := t.saved.find(name)
	if i < 0 {
		return t.noState(name)
	}
	t.saved.list = slices.Delete(t.saved.list, i, i+1) // which lets go of the state
	return nil
}

func (t *Tenant) noState(name string) error {
	return scim.Status(http.StatusNotFound, "tenant %s has no saved state %q", t.name, clip(name))
}

// find returns the place of a state in the list, -1 if there is none.
func (s *savedStates) find(name string) int {
	for i := range s.list {
		if s.list[i].Name == name {
			return i
		}
	}
	return -1
}

// counts returns how many resources of each type a state has.
func (t *Tenant) counts(r *root) map[string]int {
	counts := map[string]int{}
	for _, typ := range t.model.types {
		counts[typ.Name] = r.table(typ).records.live()
	}
	return counts
}
