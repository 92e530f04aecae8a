package steps

import (
	"slices"
	"strings"
	"sync"
)

// The collections that scenarios may write to (RFC 7644 section 3.2).
const (
	users  = "Users"
	groups = "Groups"
)

// nameAttribute returns the attribute that carries the run's marker.
func nameAttribute(collection string) string {
	if collection == groups {
		return "displayName"
	}
	return "userName"
}

// A Ledger holds what a run has made in the target. What is not in it is never
// changed.
type Ledger struct {
	// file holds the same on disk, nil for nowhere.
	file *LedgerFile

	mu      sync.Mutex
	entries []*entry
}

// An entry is one resource, or the intent to make one: it is written before the
// create is sent and has no id until the answer has told it.
type entry struct {
	// number is that of the entry in the file, 0 if it is in none.
	number         int
	collection, id string
	// attribute and name are how it can be found without its id.
	attribute, name string
	// proven says that what the target has under the id carried the run's marker.
	proven bool
	// impostor is an id that the target gave for it, and that is of something else.
	impostor string
	// gone says that the target has confirmed that the resource is no more.
	gone bool
}

// intend notes what is about to be made. If it fails, nothing may be sent.
func (l *Ledger) intend(collection, attribute, name string) (*entry, error) {
	e := &entry{collection: collection, attribute: attribute, name: name}
	if err := l.file.intend(e); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	return e, nil
}

// drop forgets an intent that the target has clearly refused.
func (l *Ledger) drop(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(e)
}

func (l *Ledger) remove(e *entry) {
	l.entries = slices.DeleteFunc(l.entries, func(other *entry) bool { return other == e })
	l.file.note(e, stateDropped)
}

// made settles an intent. A target that answers two creates with one resource has
// made one.
func (l *Ledger) made(e *entry, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entry(e.collection, id) != nil {
		l.remove(e)
		return
	}
	e.id = id
	l.file.note(e, stateMade)
}

// adopt adds a resource that an earlier entry, or none, has led to.
func (l *Ledger) adopt(collection, id string, by entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entry(collection, id) != nil {
		return
	}
	e := &entry{collection: collection, id: id, attribute: by.attribute, name: by.name}
	_ = l.file.intend(e) // it is there already, written down or not
	l.entries = append(l.entries, e)
}

// copy returns a ledger with the same entries, which no file follows.
func (l *Ledger) copy() *Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	other := &Ledger{}
	for _, e := range l.entries {
		same := *e
		other.entries = append(other.entries, &same)
	}
	return other
}

// entry returns the entry of an id, nil if there is none. The caller holds the lock.
func (l *Ledger) entry(collection, id string) *entry {
	at := slices.IndexFunc(l.entries, func(e *entry) bool { return e.collection == collection && e.id == id && id != "" })
	if at < 0 {
		return nil
	}
	return l.entries[at]
}

// owns reports whether the run has made a resource, as far as the target has told.
func (l *Ledger) owns(collection, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entry(collection, id) != nil
}

// proven reports whether the target has shown that a resource is the run's own.
func (l *Ledger) proven(collection, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(collection, id)
	return e != nil && e.proven
}

// prove notes that a resource is the run's own.
func (l *Ledger) prove(collection, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entry(collection, id); e != nil && !e.proven {
		e.proven = true
		l.file.note(e, stateProven)
	}
}

// disown notes that an id which the target has given is that of something else. What
// was made, if anything, has to be found by its name.
func (l *Ledger) disown(collection, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entry(collection, id); e != nil {
		e.impostor, e.id = id, ""
		l.file.note(e, stateOpen)
	}
}

// given returns copies of the entries for which the target has given an id, right or
// not.
func (l *Ledger) given() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []entry
	for _, e := range l.entries {
		if e.id != "" || e.impostor != "" {
			all = append(all, *e)
		}
	}
	return all
}

// find returns a copy of the entry of an id, and whether there is one.
func (l *Ledger) find(collection, id string) (entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entry(collection, id); e != nil {
		return *e, true
	}
	return entry{}, false
}

// vanished notes that the target no longer has a resource.
func (l *Ledger) vanished(collection, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.collection == collection && e.id == id {
			e.gone = true
			l.file.note(e, stateGone)
		}
	}
}

// ids returns the ids of a collection that the target may still have, oldest
// first.
func (l *Ledger) ids(collection string) []string {
	var ids []string
	for _, e := range l.open(collection) {
		if e.id != "" {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// unsettled returns the creates of which it is not known whether they made anything,
// one for each name.
func (l *Ledger) unsettled(collection string) []entry {
	var all []entry
	for _, e := range l.open(collection) {
		if e.id == "" && !slices.ContainsFunc(all, func(o entry) bool { return strings.EqualFold(o.name, e.name) }) {
			all = append(all, e)
		}
	}
	return all
}

// open returns copies of a collection's entries that are not gone.
func (l *Ledger) open(collection string) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var open []entry
	for _, e := range l.entries {
		if e.collection == collection && !e.gone {
			open = append(open, *e)
		}
	}
	return open
}
