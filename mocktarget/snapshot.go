package mocktarget

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
// states of a resource. It panics on a snapshot of another server.
func (t *Tenant) Restore(s Snapshot) {
	if s.model != t.model {
		panic("mocktarget: the snapshot is from another server")
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	before := t.root.Load()
	t.root.Store(&root{generation: max(before.generation, s.root.generation) + 1, tables: s.root.tables})
	t.changed.broadcast()
	t.happened(EventRestore, "")
}
