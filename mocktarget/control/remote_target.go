package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner/scim"
)

// Name returns the name of the tenant.
func (r *Remote) Name() string { return r.name }

// URL returns the base URL of the tenant's SCIM service.
func (r *Remote) URL() string { return r.endpoint }

// Token returns a bearer token that the SCIM service takes.
func (r *Remote) Token() string { return r.token }

// Tenant returns the tenant of a name, which is made if there is none.
func (r *Remote) Tenant(ctx context.Context, name string) (mocktarget.Target, error) {
	return r.api.reach(ctx, name)
}

// CreateTenant makes a tenant.
func (r *Remote) CreateTenant(ctx context.Context, name string, config mocktarget.TenantConfig) (mocktarget.Target, error) {
	body := NewTenant{
		Name: name, Token: config.Token, Settings: config.Settings, Sequential: config.Sequential, Clock: config.Clock,
	}
	for _, typ := range config.ResourceTypes {
		body.ResourceTypes = append(body.ResourceTypes, typ.Object().AppendJSON(nil), typ.Schema.Object().AppendJSON(nil))
		for _, extension := range typ.Extensions {
			body.ResourceTypes = append(body.ResourceTypes, extension.Schema.Object().AppendJSON(nil))
		}
	}
	if config.Population != (mocktarget.Population{}) {
		body.Generate = &config.Population
	}
	if config.Seed != nil {
		var err error
		if body.Seed, err = io.ReadAll(config.Seed); err != nil {
			return nil, err
		}
	}
	return r.made(ctx, body, "tenants")
}

// Fork makes a tenant that holds what this one does.
func (r *Remote) Fork(ctx context.Context, to string) (mocktarget.Target, error) {
	return r.made(ctx, map[string]string{"to": to}, "tenants", r.name, "fork")
}

func (r *Remote) made(ctx context.Context, in any, path ...string) (mocktarget.Target, error) {
	var t Tenant
	if err := r.api.do(ctx, http.MethodPost, in, &t, path...); err != nil {
		return nil, err
	}
	return r.api.remote(ctx, t)
}

// DeleteTenant forgets a tenant.
func (r *Remote) DeleteTenant(ctx context.Context, name string) error {
	return r.api.do(ctx, http.MethodDelete, nil, nil, "tenants", name)
}

// Seed adds resources from a JSON object.
func (r *Remote) Seed(ctx context.Context, json io.Reader) error {
	return r.do(ctx, http.MethodPost, json, nil, "seed")
}

// Generate adds the staff of a plausible company.
func (r *Remote) Generate(ctx context.Context, p mocktarget.Population) error {
	return r.do(ctx, http.MethodPost, p, nil, "generate")
}

// Reset deletes all resources.
func (r *Remote) Reset(ctx context.Context) error {
	return r.do(ctx, http.MethodPost, nil, nil, "reset")
}

// Resources returns the resources of a type.
func (r *Remote) Resources(ctx context.Context, resourceType string) ([]*scim.Object, error) {
	return items[*scim.Object](ctx, r, nil, "resources", resourceType)
}

// Save keeps the present state under a name.
func (r *Remote) Save(ctx context.Context, name string) (mocktarget.SavedState, error) {
	var saved mocktarget.SavedState
	err := r.do(ctx, http.MethodPost, map[string]string{"name": name}, &saved, "snapshots")
	return saved, err
}

// Saved returns the states that are kept, oldest first.
func (r *Remote) Saved(ctx context.Context) ([]mocktarget.SavedState, error) {
	return items[mocktarget.SavedState](ctx, r, nil, "snapshots")
}

// RestoreSaved puts a state back.
func (r *Remote) RestoreSaved(ctx context.Context, name string) error {
	return r.do(ctx, http.MethodPost, nil, nil, "snapshots", name, "restore")
}

// Forget drops a state.
func (r *Remote) Forget(ctx context.Context, name string) error {
	return r.do(ctx, http.MethodDelete, nil, nil, "snapshots", name)
}

// Journal returns the kept exchanges numbered above since, oldest first.
func (r *Remote) Journal(ctx context.Context, since uint64) ([]*mocktarget.Entry, error) {
	return items[*mocktarget.Entry](ctx, r, sinceQuery(since), "journal")
}

// Findings returns what the requests numbered above since did wrong.
func (r *Remote) Findings(ctx context.Context, since uint64) ([]mocktarget.FindingSummary, error) {
	return items[mocktarget.FindingSummary](ctx, r, sinceQuery(since), "findings")
}

// ClearJournal forgets the exchanges that are kept.
func (r *Remote) ClearJournal(ctx context.Context) error {
	return r.do(ctx, http.MethodDelete, nil, nil, "journal")
}

// Settings returns how the tenant behaves now.
func (r *Remote) Settings(ctx context.Context) (mocktarget.Settings, error) {
	var s mocktarget.Settings
	err := r.do(ctx, http.MethodGet, nil, &s, "settings")
	return s, err
}

// Configure changes how the tenant behaves. Of two changes at the same time, one may
// be lost.
func (r *Remote) Configure(ctx context.Context, change func(*mocktarget.Settings)) error {
	s, err := r.Settings(ctx)
	if err != nil {
		return err
	}
	change(&s)
	return r.do(ctx, http.MethodPatch, s, nil, "settings")
}

// ClockState returns what the tenant's clock shows.
func (r *Remote) ClockState(ctx context.Context) (mocktarget.ClockState, error) {
	var s mocktarget.ClockState
	err := r.do(ctx, http.MethodGet, nil, &s, "clock")
	return s, err
}

// FreezeClock stops the tenant's clock.
func (r *Remote) FreezeClock(ctx context.Context) error {
	return r.do(ctx, http.MethodPost, ClockChange{Action: "freeze"}, nil, "clock")
}

// RunClock lets the tenant's clock go on.
func (r *Remote) RunClock(ctx context.Context) error {
	return r.do(ctx, http.MethodPost, ClockChange{Action: "run"}, nil, "clock")
}

// SetClock puts the tenant's clock to a time.
func (r *Remote) SetClock(ctx context.Context, to time.Time) error {
	return r.do(ctx, http.MethodPost, ClockChange{Action: "set", Time: to}, nil, "clock")
}

// AdvanceClock moves the tenant's clock.
func (r *Remote) AdvanceClock(ctx context.Context, by time.Duration) error {
	return r.do(ctx, http.MethodPost, ClockChange{Action: "advance", By: by.String()}, nil, "clock")
}

// IssueToken makes a bearer token and returns what a client has to send.
func (r *Remote) IssueToken(ctx context.Context, config mocktarget.TokenConfig) (secret string, token mocktarget.Token, err error) {
	in := NewToken{TokenConfig: config}
	if config.Lifetime != 0 {
		in.Lifetime = config.Lifetime.String()
	}
	var issued IssuedToken
	err = r.do(ctx, http.MethodPost, in, &issued, "tokens")
	return issued.Secret, issued.Token, err
}

// Tokens returns the tokens that were issued, oldest first.
func (r *Remote) Tokens(ctx context.Context) ([]mocktarget.Token, error) {
	return items[mocktarget.Token](ctx, r, nil, "tokens")
}

// RevokeToken makes a token invalid.
func (r *Remote) RevokeToken(ctx context.Context, id string) error {
	return r.do(ctx, http.MethodDelete, nil, nil, "tokens", id)
}

// ExpireToken lets a token expire now.
func (r *Remote) ExpireToken(ctx context.Context, id string) error {
	return r.do(ctx, http.MethodPost, nil, nil, "tokens", id, "expire")
}

// AddInvariant makes a rule hold.
func (r *Remote) AddInvariant(ctx context.Context, i mocktarget.Invariant) error {
	return r.do(ctx, http.MethodPost, i, nil, "invariants")
}

// Invariants returns the rules that hold.
func (r *Remote) Invariants(ctx context.Context) ([]mocktarget.Invariant, error) {
	return items[mocktarget.Invariant](ctx, r, nil, "invariants")
}

// RemoveInvariant ends a rule.
func (r *Remote) RemoveInvariant(ctx context.Context, name string) error {
	return r.do(ctx, http.MethodDelete, nil, nil, "invariants", name)
}

// Violations returns the writes that broke a rule, oldest first.
func (r *Remote) Violations(ctx context.Context) ([]mocktarget.Violation, error) {
	return items[mocktarget.Violation](ctx, r, nil, "violations")
}

// Verify tests a claim about the journal.
func (r *Remote) Verify(ctx context.Context, v mocktarget.Verification) (mocktarget.Verdict, error) {
	var verdict mocktarget.Verdict
	err := r.do(ctx, http.MethodPost, v, &verdict, "verify")
	return verdict, err
}

// Expect compares what the tenant holds with what it should hold.
func (r *Remote) Expect(ctx context.Context, want mocktarget.Expectation) (mocktarget.Comparison, error) {
	var c mocktarget.Comparison
	err := r.do(ctx, http.MethodPost, want, &c, "expect")
	return c, err
}

// Await compares until there is no difference. If ctx ends before, the error says
// what is different still, as does the comparison.
func (r *Remote) Await(ctx context.Context, want mocktarget.Expectation) (mocktarget.Comparison, error) {
	for ctx.Err() == nil {
		var c mocktarget.Comparison
		err := r.do(ctx, http.MethodPost, Awaited{Expectation: want, TimeoutMs: pollFor.Milliseconds()}, &c, "await")
		if err != nil && ctx.Err() == nil || c.OK {
			return c, err
		}
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	last, err := r.Expect(within, want)
	if err != nil || last.OK {
		return last, err
	}
	return last, fmt.Errorf("control: %w; tenant %s does not hold what is expected:\n%s", context.Cause(ctx), r.name, last.Message)
}

// pollFor is how long one request of [Remote.Await] waits, and lastWord how long it
// may take after the end to learn what is different still.
const (
	pollFor  = 30 * time.Second
	lastWord = 5 * time.Second
)
