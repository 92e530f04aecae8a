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
	mu      sync.Mutex
	entries []*entry
}

// An entry is one resource, or the intent to make one: it is written before the
// create is sent and has no id until the answer has told it.
type entry struct {
	collection, id string
	// attribute and name are how it can be found without its id.
	attribute, name string
	// gone says that the target has confirmed that the resource is no more.
	gone bool
}

func (l *Ledger) intend(collection, attribute, name string) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &entry{collection: collection, attribute: attribute, name: name}
	l.entries = append(l.entries, e)
	return e
}

// drop forgets an intent that the target has clearly refused.
func (l *Ledger) drop(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = slices.DeleteFunc(l.entries, func(other *entry) bool { return other == e })
}

// made settles an intent. A target that answers two creates with one resource has
// made one.
func (l *Ledger) made(e *entry, id string) {
	known := l.owns(e.collection, id)
	l.mu.Lock()
	defer l.mu.Unlock()
	if known {
		l.entries = slices.DeleteFunc(l.entries, func(other *entry) bool { return other == e })
		return
	}
	e.id = id
}

// adopt adds a resource that carries the run's marker, found by an earlier entry or
// by none.
func (l *Ledger) adopt(collection, id string, by entry) {
	if l.owns(collection, id) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, &entry{collection: collection, id: id, attribute: by.attribute, name: by.name})
}

// copy returns a ledger with the same entries.
func (l *Ledger) copy() *Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &Ledger{entries: slices.Clone(l.entries)}
}

func (l *Ledger) owns(collection, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.entries, func(e *entry) bool {
		return e.collection == collection && e.id == id && id != ""
	})
}

// vanished notes that the target no longer has a resource.
func (l *Ledger) vanished(collection, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.collection == collection && e.id == id {
			e.gone = true
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
