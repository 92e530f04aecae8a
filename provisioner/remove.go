package provisioner

import (
	"context"
	"fmt"
	"time"
)

// A Parting says what becomes of the accounts in an app that is removed.
type Parting string

// The partings.
const (
	// PartLeave leaves everything in the app as it is.
	PartLeave Parting = "leave"
	// PartDisable disables the accounts that are ours, and leaves groups as they are.
	PartDisable Parting = "disable"
	// PartDelete deletes the accounts and groups that were made for the directory, and
	// leaves those that the app had before.
	PartDelete Parting = "delete"
)

// A Removal says how an app is removed, and how far that is.
type Removal struct {
	App      string  `json:"app"`
	Accounts Parting `json:"accounts"`
	// Adopted also deletes what the app had before it was connected.
	Adopted bool      `json:"adopted,omitzero"`
	Started time.Time `json:"started"`
	// Ended is when the app was forgotten, zero before.
	Ended time.Time `json:"ended,omitzero"`
	// Disabled and Deleted count accounts and groups.
	Disabled int `json:"disabled"`
	Deleted  int `json:"deleted"`
	// Left are the accounts and groups that should have been disabled or deleted and
	// were not, and why; known once the removal has ended.
	Left []Leftover `json:"left,omitempty"`
}

// A Leftover is an account or a group that a removal has not disabled or deleted.
type Leftover struct {
	Kind     Kind   `json:"kind"`
	Subject  string `json:"subject"`
	Name     string `json:"name,omitzero"`
	RemoteID string `json:"remoteId"`
	Reason   string `json:"reason"`
}

// Holdings count what an app has of ours, for somebody who is about to remove it.
type Holdings struct {
	// Accounts were made for the directory, AdoptedAccounts were there before. InUse
	// counts those of both that are not disabled, Pinned those of both that are never
	// disabled or deleted.
	Accounts        int `json:"accounts"`
	AdoptedAccounts int `json:"adoptedAccounts"`
	InUse           int `json:"inUse"`
	Pinned          int `json:"pinned"`
	// Groups were made for the directory, AdoptedGroups were there before.
	Groups        int `json:"groups"`
	AdoptedGroups int `json:"adoptedGroups"`
}

// None reports whether there is nothing to decide about.
func (h *Holdings) None() bool {
	return h.Accounts+h.AdoptedAccounts+h.Groups+h.AdoptedGroups == 0
}

// String says what each parting would do.
func (h *Holdings) String() string {
	return fmt.Sprintf("leave everything: %d accounts and %d groups; disable %d accounts that are in use; "+
		"delete %d accounts and %d groups that were made there, and leave %d accounts and %d groups that were there before",
		h.Accounts+h.AdoptedAccounts, h.Groups+h.AdoptedGroups, h.InUse, h.Accounts, h.Groups, h.AdoptedAccounts, h.AdoptedGroups)
}

// Removals is the part of the store that removes apps.
type Removals interface {
	// BeginRemoval puts an app into the state [AppRemoving] and makes attempts due at
	// all that it has of ours; once there is nothing left to try, the app is forgotten,
	// see [Removal.Left]. An app that has nothing of ours, or whose accounts are left,
	// is forgotten at once. Beginning again may change how it is removed.
	BeginRemoval(ctx context.Context, r Removal) error
	// Removal returns how the removal of an app is going, or has ended, or
	// [ErrNotFound] if there was none.
	Removal(ctx context.Context, app string) (*Removal, error)
}

// Remove begins to remove an app. What it has of ours is disabled, deleted or left, as
// its accounts are to be, by the same attempts that do all other work; then the app is
// forgotten. That goes on after a restart. Pinned and ignored accounts are left in any
// case. The guard is not asked: whoever removes an app has seen the counts, see
// [Holdings].
func (e *Engine) Remove(ctx context.Context, app string, accounts Parting, adopted bool) (*Removal, error) {
	if err := oneOf("accounts", accounts, "", PartLeave, PartDisable, PartDelete); err != nil || accounts == "" {
		return nil, fmt.Errorf("removing app %q: say what becomes of its accounts: %q, %q or %q: %w", app, PartLeave, PartDisable, PartDelete, ErrConflict)
	}
	err := e.config.Store.BeginRemoval(ctx, Removal{App: app, Accounts: accounts, Adopted: adopted, Started: e.config.Now()})
	if err != nil {
		return nil, err
	}
	return e.config.Store.Removal(ctx, app)
}

// removed is what an app should hold that is being removed: nothing.
func (w *Work) removed() Desired {
	d := Desired{Presence: Removed, Reason: "the app is removed"}
	if !w.mayExist() {
		d.Presence = Absent
		return d
	}
	if w.Link.Kind == KindGroup {
		d.Members = map[string]string{}
	} else if w.Link.Acked != nil {
		d.Payload = w.Link.Acked.Clone()
		d.Payload.Set("active", false)
	}
	return d
}

// farewell returns what becomes of a resource of an origin, "" as long as it is not known:
// what was made without the app coming to say so has to be looked for.
func (r *Removal) farewell(kind Kind, origin Origin) Farewell {
	switch {
	case r.Accounts == PartDelete && (origin != OriginAdopted || r.Adopted):
		return FarewellDelete
	case r.Accounts == PartDisable && kind == KindUser:
		return FarewellDisable
	default:
		return FarewellUnlink
	}
}
