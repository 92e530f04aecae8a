package steps

import (
	"context"
	"encoding/json"
)

// A Provisioner pushes a directory into an app. The lifecycle scenarios drive one
// through this interface and know nothing else about it. Each scenario gets a
// provisioner of its own, with an empty directory and no app.
type Provisioner interface {
	// Connect saves the one app of the scenario: its SCIM base URL and the bearer
	// token to send there. It is called once, before anything else.
	Connect(ctx context.Context, endpoint, token string) error
	// Send makes one change to the directory and returns as soon as the change is
	// safe. It does not wait for the app.
	Send(ctx context.Context, change Change) error
	// Sync asks for a full pass: every subject of the directory is looked at again,
	// whatever has been delivered before and whatever waits for a later retry.
	Sync(ctx context.Context) error
	// Settle waits until nothing is under way: every subject has been delivered or
	// was tried and failed. It returns one Subject for each that the directory has
	// or that the app still owes a goodbye. A subject that waits for its next retry
	// does not hold Settle up. Settle may be called again and again.
	Settle(ctx context.Context) ([]Subject, error)
	// Close stops the provisioner. After it returns, no request is made.
	Close() error
}

// A Kind says what a subject is, by the name of its SCIM resource type.
type Kind string

// The kinds of subject.
const (
	KindUser  Kind = "User"
	KindGroup Kind = "Group"
)

// An Op says what happens to a subject in the directory.
type Op string

// The operations.
const (
	// OpPut adds the subject, or replaces all that the directory has of it.
	OpPut Op = "put"
	// OpDelete takes the subject out of the directory.
	OpDelete Op = "delete"
	// OpAddMember and OpRemoveMember change one membership of a group.
	OpAddMember    Op = "add-member"
	OpRemoveMember Op = "remove-member"
)

// A Change is one change to the directory.
type Change struct {
	Kind Kind
	Op   Op
	// ID is the directory's own id of the subject.
	ID string
	// Attributes is, for [OpPut], a JSON object of SCIM core attributes without
	// "id", "schemas" and "meta". For a group it carries the whole membership as
	// "members": [{"value": "directory id of a user"}], also when that is empty.
	Attributes json.RawMessage
	// Member is, for [OpAddMember] and [OpRemoveMember], the user's directory id.
	Member string
}

// A Subject says how far the app is with one user or group.
type Subject struct {
	Kind Kind
	// ID is the directory's own id.
	ID string
	// State is "pending" or "waiting" while work is under way; "converged",
	// "partial", "skipped", "kept", "ignored" or "gone" when there is nothing left to
	// do; "held" while a goodbye waits for a person; anything else, such as "failing",
	// "rejected" or "conflict", means not delivered.
	State string
	// Reason says in one sentence why the subject is not delivered.
	Reason string
}

func (s Subject) underWay() bool { return s.State == "pending" || s.State == "waiting" }

func (s Subject) delivered() bool {
	switch s.State {
	case "converged", "partial", "skipped", "kept", "ignored", "gone":
		return true
	default:
		return false
	}
}
