package provisioner

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound is returned for an app, subject or link that does not exist.
var ErrNotFound = errors.New("not found")

// ErrConflict is returned for a change that the directory's rules forbid, such as
// a second user of one userName.
var ErrConflict = errors.New("conflict")

// ErrLost is returned for the outcome of an attempt that took so long that another
// worker has taken its link over.
var ErrLost = errors.New("somebody else has taken over")

// Work is everything that decides what one attempt at a link has to do, read at
// one moment.
type Work struct {
	App  App
	Link Link
	// User or Group is the subject as the directory has it now. Both are nil once
	// it has left.
	User  *User
	Group *Group
	// NoAccess says that the app's settings do not give it the subject, though it is
	// in the directory.
	NoAccess bool
	// ManagerRemoteID is the app's id of the user's manager, "" if it has none.
	ManagerRemoteID string
	// Members are the group's members now, AckedMembers those the app is known to
	// hold: directory id to id in the app.
	Members      []Member
	AckedMembers map[string]string
	// Blocked says that a resource this one refers to has not been tried yet.
	Blocked bool
	// Basis is a hash of all the above that decides what is desired. A settled link of
	// that basis has nothing to do.
	Basis string
}

// A Member is a member of a directory group, as one app knows it.
type Member struct {
	Subject string
	// RemoteID is the app's id, "" while the app does not have the account.
	RemoteID string
	// InUse says that the app has the account and has not disabled it.
	InUse bool
	// Gone says that the person has left the directory, Disabled that they are disabled
	// there, NoAccess that they have no access to the app.
	Gone, Disabled, NoAccess bool
}

// Presence says whether the app should have the member's account.
func (m *Member) Presence() Presence {
	switch {
	case m.Gone:
		return Left
	case m.NoAccess:
		return NoAccess
	case m.Disabled:
		return Disabled
	default:
		return Present
	}
}

// Desired returns what the app should hold for the work's subject.
func (w *Work) Desired() Desired {
	if w.App.State == AppRemoving {
		return w.removed()
	}
	if w.Link.Kind == KindGroup {
		return DesireGroup(w)
	}
	return DesireUser(w)
}

// Name returns what people call the subject, its userName or displayName, "" if
// neither the directory nor the app has one.
func (w *Work) Name() string {
	attributes := w.Link.Acked
	switch {
	case w.User != nil:
		attributes = w.User.Attributes
	case w.Group != nil:
		attributes = w.Group.Attributes
	}
	return attributes.String(nameAttribute(w.Link.Kind))
}

// Differs reports whether something else is to become of the subject than by an
// earlier work at it.
func (w *Work) Differs(before *Work) bool {
	was, is := before.Desired(), w.Desired()
	if !is.equal(&was) {
		return true
	}
	old, now := &before.App.Settings.Deprovision, &w.App.Settings.Deprovision
	kind := w.Link.Kind
	return is.Presence.Leaving() && (old.farewell(kind, is.Presence) != now.farewell(kind, is.Presence) || old.GraceDays != now.GraceDays)
}

// Gone reports whether the subject has left the directory.
func (w *Work) Gone() bool { return w.User == nil && w.Group == nil }

// Stale reports whether an attempt could have anything to do.
func (w *Work) Stale() bool {
	if !w.Link.State.Settled() {
		return true
	}
	d := w.Desired()
	if w.Link.State == LinkSkipped {
		return d.Create && (w.Link.Kind == KindUser || w.App.NoGroups() == "")
	}
	return len(Plan(d, w.Link.Acked, w.AckedMembers, w.App.Capabilities())) > 0
}

// Lane returns the lane of the next attempt.
func (w *Work) Lane() Lane {
	if d := w.Desired(); d.Presence != Present {
		return LaneGoodbye
	}
	return w.Link.Kind.Lane()
}

// An Outcome is what an attempt leaves behind.
type Outcome struct {
	// Link is the link as it is now.
	Link Link
	// Members are the members that the app is known to hold now, HadMembers those it
	// was known to hold when the attempt began.
	Members, HadMembers map[string]string
	// Want is the count of changes that the attempt knew of, Basis that of its work.
	Want  int64
	Basis string
	// Retry is how long to wait before the next attempt. It counts only if the
	// link has failed.
	Retry time.Duration
	// Forget removes the link: the app holds nothing of ours any more.
	Forget bool
	// Removing says that the app was being removed.
	Removing bool
	// Decided says that the decision about the link, as Link has it, is dealt with.
	Decided bool
	// Pause stops all work for the app, if not nil.
	Pause *Pause
	// Learn holds what the attempt found out about the app.
	Learn []func(*Learned)
	// Entry records the attempt; nil if nothing was tried.
	Entry *LogEntry
}

// Links is the part of the store that an attempt at one link needs.
type Links interface {
	// Load reads the work of a link. It returns [ErrNotFound] if there is no such
	// link.
	Load(ctx context.Context, key Key) (*Work, error)
	// Finish writes the outcome of an attempt that the worker has claimed in one
	// transaction and gives the claim back. It returns [ErrLost] if the claim has
	// passed to another worker.
	Finish(ctx context.Context, worker string, o *Outcome) error
	// Release gives a claim back without an attempt.
	Release(ctx context.Context, claim Claim) error
	// Referrers returns the links that name a user, whose link it is: of groups, and of
	// users whose manager it is.
	Referrers(ctx context.Context, key Key) ([]Key, error)
	// LinkOf returns the subject that a resource of the app is tied to and the id by
	// which it is, or [ErrNotFound]: that id is the one asked for, or else the only one
	// that is the same but for letter case.
	LinkOf(ctx context.Context, app string, kind Kind, remoteID string) (of Key, known string, err error)
}

// Syncs is the part of the store that a full pass over an app needs.
type Syncs interface {
	// App returns an app with its token, or [ErrNotFound].
	App(ctx context.Context, name string) (*App, error)
	// UpdateApp changes an app's state and what was learned of it.
	UpdateApp(ctx context.Context, name string, change func(*App)) error
	// Stale calls visit with the work of every subject that concerns the app and at
	// which an attempt could have something to do.
	Stale(ctx context.Context, app *App, visit func(*Work) error) error
	// Progress counts the app's links by state.
	Progress(ctx context.Context, app string) (Progress, error)
}

// Limits is the part of the store that keeps requests to the apps within bounds, for
// all processes together.
type Limits interface {
	// Reserve takes the next place in the row of requests to an app, one each time
	// that every is over, and returns how long it is until its turn.
	Reserve(ctx context.Context, app string, every time.Duration) (time.Duration, error)
	// Probe returns the apps that are paused until they answer and that it is time to
	// ask again: after tells how long to wait after so many times in vain. Of several
	// processes one gets each.
	Probe(ctx context.Context, after func(cause PauseCause, probes int) time.Duration) ([]string, error)
}

// A Store keeps directory, apps and links. Package store has one on SQLite and
// PostgreSQL.
type Store interface {
	Links
	Guards
	Resolutions
	Removals
	Syncs
	Limits
	Runs
	Marks
	Audits
	// Apps returns every app.
	Apps(ctx context.Context) ([]App, error)
	// LastLogID returns the id of the newest log entry, 0 if there is none.
	LastLogID(ctx context.Context) (int64, error)
}
