package mocktarget

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/permiso/scimwright/mocktarget/deviation"
	"github.com/permiso/scimwright/provisioner/scim"
)

// A record is one stored resource. It is never changed once it is in a root: a
// write stores another one in its slot.
//
// What the server computes is not in the document: id, meta, the members of a
// group, the groups of a user and secrets. They are put in when a resource is
// presented, so that a group of 100,000 members is not one large value and no
// response can carry a password.
type record struct {
	id       string
	document scim.Packed
	created  int64 // milliseconds of the Unix epoch
	modified int64
	version  uint64     // generation of the write that made this state
	members  *memberSet // nil but for types with members
	secrets  []secret   // hashed write-only values
}

// A ref names a resource inside a tenant: the place of its type in the model
// and its slot in that type's table.
type ref uint64

func makeRef(typ *resourceType, slot uint32) ref { return ref(typ.place)<<32 | ref(slot) }
func (r ref) place() int                         { return int(r >> 32) }
func (r ref) slot() uint32                       { return uint32(r) }
func (r ref) hash() uint32                       { return mix(r.slot()) } // one for each slot

// A root is the whole state of a tenant at one moment. Readers take the current
// one and need no lock; a write builds the next one, which shares all that it
// leaves alone. Keeping a root is therefore a snapshot, and a tenant that starts
// from another's root is a fork of it.
type root struct {
	generation uint64 // counts the writes; never goes back, even by a restore
	tables     []*table
}

// A table holds the resources of one type.
type table struct {
	records  vector[*record]
	indexes  []hashset // one for each index of the type; [0] is of the id
	memberOf []hashset // by the place of the member's type: member → slots of the groups in this table that hold it
	derived  *derived  // what queries computed from this state
}

func newRoot(m *model) *root {
	r := &root{tables: make([]*table, len(m.types))}
	for i, typ := range m.types {
		r.tables[i] = &table{
			indexes: make([]hashset, len(typ.indexes)), memberOf: make([]hashset, len(m.types)), derived: new(derived),
		}
	}
	return r
}

// table returns the table of a type.
func (r *root) table(typ *resourceType) *table { return r.tables[typ.place] }

// lookup returns the slot and the record of the resource with an id.
func (r *root) lookup(typ *resourceType, id string) (uint32, *record) {
	t := r.table(typ)
	var room [2]uint32
	for _, slot := range t.indexes[0].find(room[:0], typ.model.hash(id)) {
		if rec, ok := t.records.get(slot); ok && rec.id == id {
			return slot, rec
		}
	}
	return 0, nil
}

// locate returns the resource with an id whatever its type.
func (r *root) locate(m *model, id string) (*resourceType, uint32, *record) {
	for _, typ := range m.types {
		if slot, rec := r.lookup(typ, id); rec != nil {
			return typ, slot, rec
		}
	}
	return nil, 0, nil
}

// at returns the record a ref names, nil if it is gone.
func (r *root) at(to ref) *record {
	rec, _ := r.tables[to.place()].records.get(to.slot())
	return rec
}

// A transaction is one write: it changes a root of its own, which becomes the
// tenant's when the write succeeds and is forgotten when it fails.
type transaction struct {
	tenant  *Tenant
	edit    *edit
	root    *root
	owned   []bool // which tables are already copies
	now     int64
	dirty   bool
	watch   *watch             // nil: nobody wants to know what is touched
	deviant *deviation.Request // of the exchange, nil mostly
}

// write runs one transaction. Writes of a tenant follow one another; readers
// see all of one or nothing. A context that belongs to an exchange gets what was
// changed into the exchange's journal entry.
func (t *Tenant) write(ctx context.Context, change func(*transaction) error) error {
	x := t.exchangeIn(ctx)
	recording := x != nil && !t.server.config.Journal.Off
	t.writing.Lock()
	defer t.writing.Unlock()
	before := t.root.Load()
	tx := &transaction{
		tenant: t,
		edit:   new(edit),
		root:   &root{generation: before.generation + 1, tables: append([]*table(nil), before.tables...)},
		owned:  make([]bool, len(before.tables)),
		now:    t.clock.Now().UnixMilli(),
	}
	if recording || len(t.rules) > 0 {
		tx.watch = new(watch)
	}
	if x != nil {
		tx.deviant = x.deviant
	}
	if err := change(tx); err != nil {
		return err
	}
	if !tx.dirty {
		return nil
	}
	if len(t.rules) > 0 {
		t.report(x, tx.judge(before))
	}
	if recording {
		x.trail.steps = append(x.trail.steps, step{before, tx.root, tx.watch})
	}
	t.root.Store(tx.root)
	t.changed.broadcast()
	return nil
}

// table returns the table of a type for changing it.
func (tx *transaction) table(typ *resourceType) *table {
	if t := tx.root.tables[typ.place]; tx.owned[typ.place] {
		return t
	}
	before := tx.root.tables[typ.place]
	t := &table{
		records:  before.records,
		indexes:  append([]hashset(nil), before.indexes...),
		memberOf: append([]hashset(nil), before.memberOf...),
		derived:  new(derived),
	}
	tx.root.tables[typ.place] = t
	tx.owned[typ.place] = true
	tx.dirty = true
	return t
}

// keep gives a record its id and document, which become one piece of memory. It
// works in room and returns it for the next time.
func (rec *record) keep(typ *resourceType, room []byte, id string, document *scim.Object) []byte {
	room = typ.packing.Append(append(room[:0], id...), document)
	text := string(room)
	rec.id, rec.document = text[:len(id)], typ.packing.Packed(text[len(id):])
	return room
}

// insert stores a new resource. The id is unique by the caller's care; other
// unique attributes are checked here and answered with 409 uniqueness.
func (tx *transaction) insert(typ *resourceType, rec *record) (uint32, error) {
	if err := tx.checkUnique(typ, rec, nil); err != nil {
		return 0, err
	}
	t := tx.table(typ)
	rec.created, rec.modified, rec.version = tx.now, tx.now, tx.root.generation
	var slot uint32
	t.records, slot = t.records.append(tx.edit, rec)
	tx.touch(typ, slot)
	for i, index := range typ.indexes {
		for key := range index.keys(rec) {
			t.indexes[i] = t.indexes[i].add(tx.edit, typ.model.hash(key), slot)
		}
	}
	return slot, nil
}

// replace stores the next state of a resource.
func (tx *transaction) replace(typ *resourceType, slot uint32, before, after *record) error {
	if err := tx.checkUnique(typ, after, before); err != nil {
		return err
	}
	t := tx.table(typ)
	after.created = before.created
	after.modified, after.version = tx.now, tx.root.generation
	t.records = t.records.set(tx.edit, slot, after)
	tx.touch(typ, slot)
	if after.document == before.document {
		return nil // no key can have moved
	}
	for i, index := range typ.indexes {
		if index.same(before, after) {
			continue
		}
		for key := range index.keys(before) {
			t.indexes[i] = t.indexes[i].remove(tx.edit, typ.model.hash(key), slot)
		}
		for key := range index.keys(after) {
			t.indexes[i] = t.indexes[i].add(tx.edit, typ.model.hash(key), slot)
		}
	}
	return nil
}

// remove deletes a resource, and with it its memberships.
func (tx *transaction) remove(typ *resourceType, slot uint32, rec *record) {
	t := tx.table(typ)
	gone := makeRef(typ, slot)
	if rec.members != nil {
		for _, m := range rec.members.list.all() {
			t.release(tx.edit, m.ref, slot)
		}
	}
	for _, holder := range typ.model.types {
		if holder.members == nil {
			continue
		}
		for _, at := range tx.root.table(holder).holders(gone) {
			tx.dropMember(holder, at, gone)
		}
	}
	for i, index := range typ.indexes {
		for key := range index.keys(rec) {
			t.indexes[i] = t.indexes[i].remove(tx.edit, typ.model.hash(key), slot)
		}
	}
	t.records = t.records.remove(tx.edit, slot)
	tx.touch(typ, slot)
}

// checkUnique refuses a record that holds a unique value of another resource of
// its type. The state before the change is no rival.
func (tx *transaction) checkUnique(typ *resourceType, rec, before *record) error {
	t := tx.root.table(typ)
	for i, index := range typ.indexes {
		if !index.unique || before != nil && index.same(before, rec) {
			continue
		}
		for key := range index.keys(rec) {
			for _, slot := range t.indexes[i].find(nil, typ.model.hash(key)) {
				rival, _ := t.records.get(slot)
				if rival == nil || before != nil && rival.id == before.id {
					continue
				}
				for taken := range index.keys(rival) {
					if taken == key && !tx.deviant.Tolerates(index.shown(rec, key), index.shown(rival, key)) {
						return scim.Uniqueness("the %s %q is taken by %s %s; choose another one or update that resource",
							index.name, index.shown(rec, key), typ.Name, rival.id)
					}
				}
			}
		}
	}
	return nil
}

// stamp returns milliseconds of the epoch as a SCIM dateTime in UTC.
func stamp(milliseconds int64) string {
	return time.UnixMilli(milliseconds).UTC().Format("2006-01-02T15:04:05.000Z")
}

// rootPointer holds the current root of a tenant.
type rootPointer = atomic.Pointer[root]
