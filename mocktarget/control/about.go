package control

import (
	"context"

	"github.com/permiso/scimwright/mocktarget"
)

// TenantPath is the part of a request that names a tenant.
type TenantPath struct {
	Tenant string `path:"tenant" maxLength:"72" doc:"Name of the tenant; default is the one at /scim/v2"`
}

func (p *TenantPath) tenantName() string { return p.Tenant }

// about is a request about a tenant.
type about[I any] interface {
	*I
	tenantName() string
}

// body carries an answer.
type body[T any] struct{ Body T }

// list is the shape of every list.
type list[T any] struct {
	Items []T `json:"items" nullable:"false"`
}

// answer makes an operation that reads or steers a tenant and answers with a value.
func answer[I, O any, P about[I]](a *API, do func(*mocktarget.Tenant, *I) (O, error)) func(context.Context, *I) (*body[O], error) {
	return func(_ context.Context, in *I) (*body[O], error) {
		t, err := a.server.Lookup(P(in).tenantName())
		if err != nil {
			return nil, problem(err)
		}
		out, err := do(t, in)
		if err != nil {
			return nil, problem(err)
		}
		return &body[O]{Body: out}, nil
	}
}

// listing makes an operation that answers with a list of what belongs to a tenant.
func listing[I, O any, P about[I]](a *API, do func(*mocktarget.Tenant, *I) []O) func(context.Context, *I) (*body[list[O]], error) {
	return answer[I, list[O], P](a, func(t *mocktarget.Tenant, in *I) (list[O], error) {
		return listed(do(t, in)), nil
	})
}

// acting makes an operation that changes a tenant and has nothing to answer.
func acting[I any, P about[I]](a *API, do func(*mocktarget.Tenant, *I) error) func(context.Context, *I) (*struct{}, error) {
	return func(_ context.Context, in *I) (*struct{}, error) {
		t, err := a.server.Lookup(P(in).tenantName())
		if err == nil {
			err = do(t, in)
		}
		return nil, problem(err)
	}
}

func listed[T any](items []T) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{Items: items}
}
