package elimityserver

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A memory holds the resources. Objects in it are never changed, only replaced.
type memory struct {
	now   func() time.Time
	newID func() string

	mu     sync.RWMutex
	users  *table
	groups *table
}

// A table holds the resources of one type in the order of their creation.
type table struct {
	rt      *scim.ResourceType
	rows    []*scim.Object
	byID    map[string]*scim.Object
	unique  string            // attribute whose folded value is unique, "" for none
	byValue map[string]string // folded value of unique → id
}

func newMemory(now func() time.Time, newID func() string) *memory {
	return &memory{
		now:    now,
		newID:  newID,
		users:  newTable(scim.UserType(), "userName"),
		groups: newTable(scim.GroupType(), ""),
	}
}

func newTable(rt *scim.ResourceType, unique string) *table {
	return &table{rt: rt, byID: map[string]*scim.Object{}, unique: unique, byValue: map[string]string{}}
}

// put stores a resource in place of the one with its id, or as a new one. It
// fails with 409 if another one has the same unique value.
func (t *table) put(o *scim.Object) error {
	id := o.ID()
	value := t.uniqueValue(o)
	if value != "" {
		if owner, taken := t.byValue[value]; taken && owner != id {
			return scim.Uniqueness("another %s has the %s %q", t.rt.Name, t.unique, o.String(t.unique))
		}
	}
	if old, ok := t.byID[id]; ok {
		delete(t.byValue, t.uniqueValue(old))
		t.rows[slices.Index(t.rows, old)] = o
	} else {
		t.rows = append(t.rows, o)
	}
	t.byID[id] = o
	if value != "" {
		t.byValue[value] = id
	}
	return nil
}

func (t *table) get(id string) (*scim.Object, error) {
	o, ok := t.byID[id]
	if !ok {
		return nil, scim.NotFound(t.rt.Name, id)
	}
	return o, nil
}

func (t *table) delete(id string) error {
	o, err := t.get(id)
	if err != nil {
		return err
	}
	delete(t.byID, id)
	delete(t.byValue, t.uniqueValue(o))
	t.rows = slices.DeleteFunc(t.rows, func(r *scim.Object) bool { return r == o })
	return nil
}

func (t *table) uniqueValue(o *scim.Object) string {
	if t.unique == "" {
		return ""
	}
	return strings.ToLower(o.String(t.unique))
}

// forget takes a deleted resource out of the members of all groups.
func (m *memory) forget(id string) error {
	for _, group := range slices.Clone(m.groups.rows) {
		members := group.Array("members")
		isDeleted := func(member any) bool {
			o, ok := member.(*scim.Object)
			return ok && o.String("value") == id
		}
		if !slices.ContainsFunc(members, isDeleted) {
			continue
		}
		next := group.Clone()
		next.Set("members", slices.DeleteFunc(next.Array("members"), isDeleted))
		m.stamp(next)
		if err := m.groups.put(next); err != nil {
			return err
		}
	}
	return nil
}

// stamp notes the time of a change.
func (m *memory) stamp(o *scim.Object) {
	meta := o.Object("meta").Clone()
	meta.Set("lastModified", m.now().UTC().Format(time.RFC3339))
	o.Set("meta", meta)
}
