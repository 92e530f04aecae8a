package mocktarget

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Target is one tenant of a mock, wherever the mock runs: in this process, see
// [NewLocal], or in another one, see package control. Code that takes only the part
// it needs works with either, and is easier to read.
//
// An error that the mock has answered with is a [scim.Error], whose Status and
// Detail say what was wrong and what to do.
type Target interface {
	// Name is the name of the tenant.
	Name() string
	// URL is the base URL of the tenant's SCIM service.
	URL() string
	// Token is a bearer token that the SCIM service takes.
	Token() string

	Tenants
	Content
	States
	Record
	Judge
	Invariants
	Conduct
	Timekeeping
	Credentials
}

// Tenants reaches the other tenants of the mock.
type Tenants interface {
	// Tenant returns the tenant of a name, which is made if there is none.
	Tenant(ctx context.Context, name string) (Target, error)
	// CreateTenant makes a tenant; a 409 if there is one of the name.
	CreateTenant(ctx context.Context, name string, config TenantConfig) (Target, error)
	// DeleteTenant forgets a tenant; a 404 if there is none of the name.
	DeleteTenant(ctx context.Context, name string) error
}

// Content is what a tenant holds.
type Content interface {
	// Seed adds resources from a JSON object, see [Tenant.Seed].
	Seed(ctx context.Context, json io.Reader) error
	// Generate adds the staff of a plausible company, see [Tenant.Generate].
	Generate(ctx context.Context, p Population) error
	// Reset deletes all resources.
	Reset(ctx context.Context) error
	// Resources returns the resources of a type, such as "User", see
	// [Tenant.Resources]; a 404 for a type there is not.
	Resources(ctx context.Context, resourceType string) ([]*scim.Object, error)
}

// States keeps what a tenant holds under names, and brings it back.
type States interface {
	// Save keeps the present state under a name.
	Save(ctx context.Context, name string) (SavedState, error)
	// Saved returns the states that are kept, oldest first.
	Saved(ctx context.Context) ([]SavedState, error)
	// RestoreSaved puts a state back; a 404 if there is none of the name.
	RestoreSaved(ctx context.Context, name string) error
	// Forget drops a state; a 404 if there is none of the name.
	Forget(ctx context.Context, name string) error
	// Fork makes a tenant that holds what this one does; a 409 if there is one of
	// the name.
	Fork(ctx context.Context, to string) (Target, error)
}

// Record is what happened to a tenant.
type Record interface {
	// Journal returns the kept exchanges numbered above since, oldest first.
	Journal(ctx context.Context, since uint64) ([]*Entry, error)
	// Findings returns what the requests numbered above since did wrong, a summary for
	// each rule, the worst first; see [Tenant.Findings] and [Tenant.FindingsSince].
	Findings(ctx context.Context, since uint64) ([]FindingSummary, error)
	// ClearJournal forgets the exchanges that are kept, and what they did wrong.
	ClearJournal(ctx context.Context) error
	// Events returns what happens after a mark, as it happens, until ctx ends or the
	// tenant is deleted. An error is the last element; the end of ctx is none.
	Events(ctx context.Context, after Mark) iter.Seq2[Event, error]
}

// Conduct is how a tenant behaves.
type Conduct interface {
	// Settings returns how it behaves now.
	Settings(ctx context.Context) (Settings, error)
	// Configure changes that from the next request on, see [Tenant.Configure].
	Configure(ctx context.Context, change func(*Settings)) error
}

// Timekeeping moves the clock of a tenant, see [Clock].
type Timekeeping interface {
	// ClockState returns what the clock shows.
	ClockState(ctx context.Context) (ClockState, error)
	// FreezeClock stops it.
	FreezeClock(ctx context.Context) error
	// RunClock lets it go on from where it stands.
	RunClock(ctx context.Context) error
	// SetClock puts it to a time.
	SetClock(ctx context.Context, to time.Time) error
	// AdvanceClock moves it forward.
	AdvanceClock(ctx context.Context, by time.Duration) error
}

// Credentials are the bearer tokens of a tenant.
type Credentials interface {
	// IssueToken makes a token and returns what a client has to send.
	IssueToken(ctx context.Context, config TokenConfig) (secret string, token Token, err error)
	// Tokens returns the tokens that were issued, oldest first.
	Tokens(ctx context.Context) ([]Token, error)
	// RevokeToken makes a token invalid; a 404 if there is none of the id.
	RevokeToken(ctx context.Context, id string) error
	// ExpireToken lets a token expire now; a 404 if there is none of the id.
	ExpireToken(ctx context.Context, id string) error
}

// Invariants are the rules that writes to a tenant have to keep.
type Invariants interface {
	// AddInvariant makes a rule hold, see [Tenant.AddInvariant].
	AddInvariant(ctx context.Context, i Invariant) error
	// Invariants returns the rules that hold.
	Invariants(ctx context.Context) ([]Invariant, error)
	// RemoveInvariant ends a rule; a 404 if there is none of the name.
	RemoveInvariant(ctx context.Context, name string) error
	// Violations returns the writes that broke a rule, oldest first.
	Violations(ctx context.Context) ([]Violation, error)
}

// Judge compares a tenant with what it should have been asked and should hold.
type Judge interface {
	// Verify tests a claim about the journal, see [Tenant.Verify].
	Verify(ctx context.Context, v Verification) (Verdict, error)
	// Expect compares what the tenant holds with what it should hold.
	Expect(ctx context.Context, want Expectation) (Comparison, error)
	// Await compares until there is no difference. If ctx ends before, the error says
	// what is different still, as does the comparison.
	Await(ctx context.Context, want Expectation) (Comparison, error)
}
