package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"github.com/permiso/scimwright/mocktarget"
)

// Awaited is an expectation to wait for.
type Awaited struct {
	mocktarget.Expectation
	TimeoutMs int64 `json:"timeoutMs,omitempty" minimum:"1" maximum:"600000" default:"10000" doc:"How long to wait at most, in milliseconds of real time"`
}

type findingsQuery struct {
	TenantPath
	Since uint64 `query:"since" doc:"Only in exchanges numbered above it"`
}

type verifyRequest struct {
	TenantPath
	Body mocktarget.Verification
}

type expectRequest struct {
	TenantPath
	Body mocktarget.Expectation
}

type awaitRequest struct {
	TenantPath
	Body Awaited
}

func (a *API) registerJudge(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tenants/{tenant}/findings", "list-findings", "List what clients did wrong, by rule, the worst first"),
		listing(a, func(t *mocktarget.Tenant, in *findingsQuery) []mocktarget.FindingSummary {
			if in.Since == 0 {
				return t.Findings()
			}
			return t.FindingsSince(in.Since)
		}))
	huma.Register(api, operation(http.MethodPost, "/tenants/{tenant}/verify", "verify", "Test a claim about what was asked"),
		answer(a, func(t *mocktarget.Tenant, in *verifyRequest) (mocktarget.Verdict, error) { return t.Verify(in.Body) }))
	huma.Register(api, operation(http.MethodPost, "/tenants/{tenant}/expect", "expect", "Compare what a tenant holds with what it should hold"),
		answer(a, func(t *mocktarget.Tenant, in *expectRequest) (mocktarget.Comparison, error) { return t.Expect(in.Body) }))
	await := operation(http.MethodPost, "/tenants/{tenant}/await", "await", "Wait until a tenant holds what it should hold")
	await.Description = `Answers as soon as there is no difference, or, when the time is up, with those that are left and "ok": false.`
	await.Errors = append(await.Errors, http.StatusGone, http.StatusServiceUnavailable)
	await.Middlewares = huma.Middlewares{patient}
	huma.Register(api, await, a.await)
}

// longestWait is how long [API.await] may wait.
const longestWait = 10 * time.Minute

// patient gives a request more time than the server does.
func patient(ctx huma.Context, next func(huma.Context)) {
	_, w := humamux.Unwrap(ctx)
	// A writer that cannot do it has no limit either.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(longestWait + writeWithin))
	next(ctx)
}

func (a *API) await(ctx context.Context, in *awaitRequest) (*body[mocktarget.Comparison], error) {
	waiting, stop := context.WithTimeout(ctx, time.Duration(in.Body.TimeoutMs)*time.Millisecond)
	defer stop()
	defer context.AfterFunc(a.life, stop)()
	return answer(a, func(t *mocktarget.Tenant, in *awaitRequest) (mocktarget.Comparison, error) {
		comparison, err := t.Await(waiting, in.Body.Expectation)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return comparison, nil // it says so
		case errors.Is(err, context.Canceled):
			return comparison, huma.Error503ServiceUnavailable("the mock is being stopped")
		case isClosed(t.Deleted()):
			return comparison, huma.Error410Gone("tenant " + t.Name() + " has been deleted")
		}
		return comparison, err
	})(ctx, in)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
