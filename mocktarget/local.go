package mocktarget

import (
	"context"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A Local is a tenant in this process as a [Target]. It needs no context and returns
// the errors of [Tenant], which does the same with fewer words.
type Local struct {
	tenant *Tenant
	origin string
}

var _ Target = (*Local)(nil)

// NewLocal returns a tenant as a target. The origin, such as
// "http://127.0.0.1:8080", is where its server is served.
func NewLocal(t *Tenant, origin string) *Local {
	return &Local{tenant: t, origin: strings.TrimSuffix(origin, "/")}
}

// Name returns the name of the tenant.
func (l *Local) Name() string { return l.tenant.name }

// URL returns the base URL of the tenant's SCIM service.
func (l *Local) URL() string { return l.origin + l.tenant.Path() }

// Token returns the bearer token of the server.
func (l *Local) Token() string { return l.tenant.server.Token() }

// Tenant returns the tenant of a name, which is made if there is none.
func (l *Local) Tenant(_ context.Context, name string) (Target, error) {
	if !validTenant(name) {
		return nil, invalidName(name)
	}
	return NewLocal(l.tenant.server.Tenant(name), l.origin), nil
}

// CreateTenant makes a tenant, see [Server.CreateTenant].
func (l *Local) CreateTenant(_ context.Context, name string, config TenantConfig) (Target, error) {
	return l.made(l.tenant.server.CreateTenant(name, config))
}

func (l *Local) made(t *Tenant, err error) (Target, error) {
	if err != nil {
		return nil, err
	}
	return NewLocal(t, l.origin), nil
}

// DeleteTenant forgets a tenant, see [Server.DeleteTenant].
func (l *Local) DeleteTenant(_ context.Context, name string) error {
	return l.tenant.server.DeleteTenant(name)
}

// Seed adds resources, see [Tenant.Seed].
func (l *Local) Seed(_ context.Context, json io.Reader) error { return l.tenant.Seed(json) }

// Generate adds the staff of a plausible company, see [Tenant.Generate].
func (l *Local) Generate(_ context.Context, p Population) error { return l.tenant.Generate(p) }

// Reset deletes all resources.
func (l *Local) Reset(context.Context) error {
	l.tenant.Reset()
	return nil
}

// Resources returns the resources of a type, see [Tenant.Resources].
func (l *Local) Resources(_ context.Context, resourceType string) ([]*scim.Object, error) {
	if l.tenant.model.byName(resourceType) == nil {
		return nil, scim.Status(http.StatusNotFound, "tenant %s has no resource type %q", l.tenant.name, clip(resourceType))
	}
	return l.tenant.Resources(resourceType), nil
}

// Save keeps the present state under a name, see [Tenant.Save].
func (l *Local) Save(_ context.Context, name string) (SavedState, error) { return l.tenant.Save(name) }

// Saved returns the states that are kept.
func (l *Local) Saved(context.Context) ([]SavedState, error) { return l.tenant.Saved(), nil }

// RestoreSaved puts a state back, see [Tenant.RestoreSaved].
func (l *Local) RestoreSaved(_ context.Context, name string) error {
	return l.tenant.RestoreSaved(name)
}

// Forget drops a state, see [Tenant.Forget].
func (l *Local) Forget(_ context.Context, name string) error { return l.tenant.Forget(name) }

// Fork makes a tenant that holds what this one does, see [Server.Fork].
func (l *Local) Fork(_ context.Context, to string) (Target, error) {
	return l.made(l.tenant.server.Fork(l.tenant.name, to))
}

// Journal returns the kept exchanges numbered above since.
func (l *Local) Journal(_ context.Context, since uint64) ([]*Entry, error) {
	return l.tenant.journal.since(since), nil
}

// Findings returns what the requests numbered above since did wrong.
func (l *Local) Findings(_ context.Context, since uint64) ([]FindingSummary, error) {
	if since == 0 {
		return l.tenant.Findings(), nil
	}
	return l.tenant.FindingsSince(since), nil
}

// ClearJournal forgets the exchanges that are kept.
func (l *Local) ClearJournal(context.Context) error {
	l.tenant.ClearJournal()
	return nil
}

// Events returns what happens after a mark, see [Tenant.Events].
func (l *Local) Events(ctx context.Context, after Mark) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			events, more := l.tenant.Events(after)
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
				after = e.Mark
			}
			select {
			case <-more:
			case <-l.tenant.deleted:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// Settings returns how the tenant behaves now.
func (l *Local) Settings(context.Context) (Settings, error) { return l.tenant.Settings(), nil }

// Configure changes how the tenant behaves, see [Tenant.Configure].
func (l *Local) Configure(_ context.Context, change func(*Settings)) error {
	return l.tenant.Configure(change)
}

// ClockState returns what the tenant's clock shows.
func (l *Local) ClockState(context.Context) (ClockState, error) { return l.tenant.clock.State(), nil }

// FreezeClock stops the tenant's clock.
func (l *Local) FreezeClock(context.Context) error {
	l.tenant.clock.Freeze()
	return nil
}

// RunClock lets the tenant's clock go on.
func (l *Local) RunClock(context.Context) error {
	l.tenant.clock.Run()
	return nil
}

// SetClock puts the tenant's clock to a time.
func (l *Local) SetClock(_ context.Context, to time.Time) error {
	l.tenant.clock.Set(to)
	return nil
}

// AdvanceClock moves the tenant's clock.
func (l *Local) AdvanceClock(_ context.Context, by time.Duration) error {
	l.tenant.clock.Advance(by)
	return nil
}

// IssueToken makes a bearer token, see [Tenant.IssueToken].
func (l *Local) IssueToken(_ context.Context, config TokenConfig) (secret string, token Token, err error) {
	return l.tenant.IssueToken(config)
}

// Tokens returns the tokens that were issued.
func (l *Local) Tokens(context.Context) ([]Token, error) { return l.tenant.Tokens(), nil }

// RevokeToken makes a token invalid, see [Tenant.RevokeToken].
func (l *Local) RevokeToken(_ context.Context, id string) error { return l.tenant.RevokeToken(id) }

// ExpireToken lets a token expire now, see [Tenant.ExpireToken].
func (l *Local) ExpireToken(_ context.Context, id string) error { return l.tenant.ExpireToken(id) }

// AddInvariant makes a rule hold, see [Tenant.AddInvariant].
func (l *Local) AddInvariant(_ context.Context, i Invariant) error { return l.tenant.AddInvariant(i) }

// Invariants returns the rules that hold.
func (l *Local) Invariants(context.Context) ([]Invariant, error) { return l.tenant.Invariants(), nil }

// RemoveInvariant ends a rule, see [Tenant.RemoveInvariant].
func (l *Local) RemoveInvariant(_ context.Context, name string) error {
	return l.tenant.RemoveInvariant(name)
}

// Violations returns the writes that broke a rule.
func (l *Local) Violations(context.Context) ([]Violation, error) { return l.tenant.Violations(), nil }

// Verify tests a claim about the journal, see [Tenant.Verify].
func (l *Local) Verify(_ context.Context, v Verification) (Verdict, error) { return l.tenant.Verify(v) }

// Expect compares what the tenant holds with what it should hold, see
// [Tenant.Expect].
func (l *Local) Expect(_ context.Context, want Expectation) (Comparison, error) {
	return l.tenant.Expect(want)
}

// Await compares until there is no difference, see [Tenant.Await].
func (l *Local) Await(ctx context.Context, want Expectation) (Comparison, error) {
	return l.tenant.Await(ctx, want)
}
