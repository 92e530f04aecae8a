package provisioner

import (
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Link ties a subject to its resource in an app. It outlives the subject until
// the app has confirmed the goodbye.
type Link struct {
	Key
	// RemoteID is the app's id of the resource, "" while none is known.
	RemoteID string
	// Origin says how the link came about; empty while RemoteID is.
	Origin Origin
	State  LinkState
	// Acked is what the app is known to hold of what we manage, nil if nothing, AckedAt
	// when that, or the members of a group, changed last.
	Acked   *scim.Object
	AckedAt time.Time
	// Basis is the [Work.Basis] by which the link was last settled, "" if it never was.
	Basis string
	// Desired counts the changes that concern the link, Applied is the count the
	// app has caught up with.
	Desired, Applied int64
	// Attempts counts the failures since the last success.
	Attempts int
	// LastError says in one sentence why the last attempt failed, "" if it did not.
	LastError string
	// NextAttempt is when a failed link is tried again, or one that is partial for members
	// whom the app does not take.
	NextAttempt time.Time
	// Ambiguous says that a request was sent and its answer lost: the next attempt
	// has to look at the app before it writes.
	Ambiguous bool
	// RecreatedAt is when a resource that had vanished was last made again.
	RecreatedAt time.Time
	// Version is the resource's version in the app, "" if none is known (RFC 7644
	// section 3.14).
	Version string
	// DisabledFor is why the account should not be in use and is not, DisabledAt since
	// when for that reason, DeleteAt when the account is to be deleted. They are zero if
	// it is not.
	DisabledFor          Presence
	DisabledAt, DeleteAt time.Time
	// Decision is what the guard or a person has said about the link, "" if nothing,
	// DecisionAbout what that is about.
	Decision      Decision
	DecisionAbout string
	UpdatedAt     time.Time
}

// Name returns the userName or displayName that the app is known to hold, "" if none
// is.
func (l *Link) Name() string { return l.Acked.String(nameAttribute(l.Kind)) }

// Behind reports whether the app has not caught up with every change that concerns
// the link.
func (l *Link) Behind() bool { return l.Desired > l.Applied }

// A LinkQuery selects links of an app, users before groups, each in the order of the ids.
type LinkQuery struct {
	// App is the app whose links are read. Required.
	App string
	// Kind, State and Subject select one of each, "" all.
	Kind    Kind
	State   LinkState
	Subject string
	// Failed selects those whose last attempt failed, or that need a person.
	Failed bool
	// After selects the links behind that of a subject, the zero Key all.
	After Key
	// Limit is how many links are returned at the most. Zero means all.
	Limit int
}

// A NamedLink is a link with what people call its subject: a userName or displayName, as
// the app is known to hold it or else as names are compared, "" if it is not known.
type NamedLink struct {
	Link
	Name string
}

// An Origin says how a link came about. Only resources of a known origin are
// ever disabled or deleted.
type Origin string

// The origins.
const (
	OriginCreated Origin = "created"
	OriginAdopted Origin = "adopted"
)

// A LinkState says how far a link is from what is desired.
type LinkState string

// The states of a link.
const (
	// LinkPending: a change has not been tried yet.
	LinkPending LinkState = "pending"
	// LinkWaiting: the resource refers to others that come first.
	LinkWaiting LinkState = "waiting"
	// LinkConverged: the app holds what is desired.
	LinkConverged LinkState = "converged"
	// LinkPartial: the app holds all but members that it does not have yet, or does not
	// take; those are tried again rarely or on change.
	LinkPartial LinkState = "partial"
	// LinkFailing: the last attempt failed and is tried again.
	LinkFailing LinkState = "failing"
	// LinkRejected: the app says that the request is wrong; tried again rarely or on
	// change.
	LinkRejected LinkState = "rejected"
	// LinkRefused: the app will not do it, such as disable its last administrator;
	// tried again rarely or on change.
	LinkRefused LinkState = "refused"
	// LinkNotHonoured: the app answers with success and leaves things as they were;
	// tried again rarely or on change.
	LinkNotHonoured LinkState = "not_honoured"
	// LinkFlapping: the resource vanishes from the app again and again; tried again
	// once a day.
	LinkFlapping LinkState = "flapping"
	// LinkConflict: another resource in the app is in the way.
	LinkConflict LinkState = "conflict"
	// LinkAmbiguous: several resources in the app could be the subject's.
	LinkAmbiguous LinkState = "ambiguous"
	// LinkNeedsReview: the app has a resource that could be the subject's, and the
	// settings leave it to a person to say so.
	LinkNeedsReview LinkState = "needs_review"
	// LinkNeedsDecision: the app cannot do what the settings ask for, such as disable
	// an account; a person says what is done instead.
	LinkNeedsDecision LinkState = "needs_decision"
	// LinkHeld: the guard holds back a goodbye until a person approves or rejects it.
	LinkHeld LinkState = "held"
	// LinkKept: the directory wants the resource gone and it stays: it is pinned, or
	// a person has rejected the goodbye.
	LinkKept LinkState = "kept"
	// LinkIgnored: a person has said that the app's resource is never to be touched.
	LinkIgnored LinkState = "ignored"
	// LinkSkipped: there is nothing to do in the app, LastError says why.
	LinkSkipped LinkState = "skipped"
	// LinkGone: the subject has left the directory and the app has confirmed it.
	LinkGone LinkState = "gone"
)

// Settled reports whether the app holds what it should or never will need to.
func (s LinkState) Settled() bool {
	switch s {
	case LinkConverged, LinkPartial, LinkSkipped, LinkGone, LinkKept, LinkIgnored:
		return true
	default:
		return false
	}
}

// holds reports whether the app has something of the subject and nothing to do.
func (s LinkState) holds() bool { return s.Settled() && s != LinkSkipped && s != LinkGone }

// Failed reports whether the last attempt did not bring the app closer. It is made
// again, if only once a day.
func (s LinkState) Failed() bool {
	switch s {
	case LinkFailing, LinkRejected, LinkRefused, LinkNotHonoured, LinkFlapping:
		return true
	default:
		return s.Unresolved()
	}
}

// Unresolved reports whether a person has to say which resource of the app is the
// subject's, or what is done with it, see [Engine.Resolve].
func (s LinkState) Unresolved() bool {
	switch s {
	case LinkConflict, LinkAmbiguous, LinkNeedsReview, LinkNeedsDecision:
		return true
	default:
		return false
	}
}

// An Action is what an attempt did, or would do, to an app's resource.
type Action string

// The actions.
const (
	ActionNone    Action = "none"
	ActionAdopt   Action = "adopt"
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionDisable Action = "disable"
	ActionDelete  Action = "delete"
	ActionSkip    Action = "skip"
	// ActionLeave takes the members that we gave it out of a group that stays.
	ActionLeave Action = "leave"
	// ActionHold: the guard held back a goodbye.
	ActionHold Action = "hold"
)
