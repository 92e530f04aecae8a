package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/mocktarget"
)

// Awaited is an expectation to wait for.
type Awaited struct {
	mocktarget.Expectation
	TimeoutMs int64 `json:"timeoutMs,omitempty" minimum:"0" maximum:"600000" default:"10000" doc:"How long to wait at most, in milliseconds of real time"`
}

func (a *API) registerJudge(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/findings", "list-findings", "List what clients did wrong, by rule, the worst first"), a.listFindings)
	huma.Register(api, operation(http.MethodPost, "/tenants/{tenant}/verify", "verify", "Test a claim about what was asked"), a.verify)
	huma.Register(api, operation(http.MethodPost, "/tenants/{tenant}/expect", "expect", "Compare what a tenant holds with what it should hold"), a.expect)
	await := lasting(operation(http.MethodPost, "/tenants/{tenant}/await", "await", "Wait until a tenant holds what it should hold"))
	await.Description = `Answers as soon as there is no difference, or, when the time is up, with those that are left and "ok": false.`
	await.Errors = append(await.Errors, http.StatusGone, http.StatusServiceUnavailable)
	huma.Register(api, await, a.await)
}

func (a *API) listFindings(_ context.Context, in *struct {
	TenantPath
	Since uint64 `query:"since" doc:"Only in exchanges numbered above it"`
}) (*body[list[mocktarget.FindingSummary]], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	if in.Since == 0 {
		return listed(t.Findings()), nil
	}
	return listed(t.FindingsSince(in.Since)), nil
}

func (a *API) verify(_ context.Context, in *struct {
	TenantPath
	Body mocktarget.Verification
}) (*body[mocktarget.Verdict], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	verdict, err := t.Verify(in.Body)
	if err != nil {
		return nil, problem(err)
	}
	return &body[mocktarget.Verdict]{Body: verdict}, nil
}

func (a *API) expect(_ context.Context, in *struct {
	TenantPath
	Body mocktarget.Expectation
}) (*body[mocktarget.Comparison], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	comparison, err := t.Expect(in.Body)
	if err != nil {
		return nil, problem(err)
	}
	return &body[mocktarget.Comparison]{Body: comparison}, nil
}

func (a *API) await(ctx context.Context, in *struct {
	TenantPath
	Body Awaited
}) (*body[mocktarget.Comparison], error) {
	t, err := a.tenant(in.TenantPath)
	if err != nil {
		return nil, err
	}
	withoutLimits(ctx)
	waiting, stop := context.WithTimeout(ctx, time.Duration(in.Body.TimeoutMs)*time.Millisecond)
	defer stop()
	defer context.AfterFunc(a.life, stop)()
	comparison, err := t.Await(waiting, in.Body.Expectation)
	switch {
	case err == nil, errors.Is(err, context.DeadlineExceeded): // which the comparison says
		return &body[mocktarget.Comparison]{Body: comparison}, nil
	case errors.Is(err, context.Canceled):
		return nil, huma.Error503ServiceUnavailable("the mock is being stopped")
	case isClosed(t.Deleted()):
		return nil, huma.Error410Gone(err.Error())
	default:
		return nil, problem(err)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
