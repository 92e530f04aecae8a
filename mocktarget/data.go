package mocktarget

import (
	"context"
	"fmt"
	"net/http"

	"github.com/permiso/scimwright/mocktarget/deviation"
	"github.com/permiso/scimwright/provisioner/scim"
)

// A Data gives Go code the resources of a tenant as a client of its SCIM service
// has them: what is written passes the same validation, uniqueness, membership and
// cascades as what comes in over HTTP, all of it or nothing, and what is read is
// complete with all that the server computes. Errors are the [scim.Error] that the
// client would get, or that of a context that has ended.
//
// It does not change the objects that it is given. Those that it returns are shared
// and must not be changed; [scim.Object.Clone] makes one's own. Make a Data with
// [Tenant.Data].
type Data struct {
	tenant  *Tenant
	base    string
	deviant *deviation.Request // of the exchange, nil mostly
}

// Data returns the tenant's resources for Go code. Locations in what it returns
// are relative to the server: they begin with the tenant's path.
func (t *Tenant) Data() Data { return Data{tenant: t, base: t.Path()} }

// data returns the tenant's resources for answering the exchange.
func (x *exchange) data() Data { return Data{tenant: x.tenant, base: x.base, deviant: x.deviant} }

// Base returns what locations begin with: the URL of the SCIM service, or its path.
func (d Data) Base() string { return d.base }

// ResourceTypes returns the types of the resources, which must not be changed.
func (d Data) ResourceTypes() []*scim.ResourceType {
	types := make([]*scim.ResourceType, len(d.tenant.model.types))
	for i, typ := range d.tenant.model.types {
		types[i] = typ.ResourceType
	}
	return types
}

// Create stores a new resource of a type, such as "User", and returns it with its
// id. It may leave "schemas" out (RFC 7644 section 3.3).
func (d Data) Create(ctx context.Context, resourceType string, o *scim.Object) (*scim.Object, error) {
	typ, err := d.enter(ctx, "create", resourceType, "")
	if err != nil {
		return nil, err
	}
	o = typ.declare(o)
	made, err := d.tenant.create(ctx, typ, o)
	if err != nil {
		return nil, err
	}
	d.parsed(ctx).ID = made.rec.id
	return d.show(ctx, made, o), nil
}

// Get returns the resource with an id (RFC 7644 section 3.4.1).
func (d Data) Get(ctx context.Context, resourceType, id string) (*scim.Object, error) {
	typ, err := d.enter(ctx, "get", resourceType, id)
	if err != nil {
		return nil, err
	}
	held, err := d.tenant.lookup(typ, id)
	if err != nil {
		return nil, err
	}
	return d.show(ctx, held, nil), nil
}

// List returns a page of the resources of a type, or of all types if it is "" (RFC
// 7644 sections 3.4.2 and 3.4.2.1).
func (d Data) List(ctx context.Context, resourceType string, q Query) (*scim.ListResponse, error) {
	typ, err := d.enter(ctx, "list", resourceType, "")
	if err != nil {
		return nil, err
	}
	plan, err := d.plan(ctx, typ, q)
	if err != nil {
		return nil, err
	}
	return d.page(ctx, plan)
}

// Replace puts a resource in the place of the one with an id and returns it. It may
// leave "schemas" out (RFC 7644 section 3.5.1).
func (d Data) Replace(ctx context.Context, resourceType, id string, o *scim.Object) (*scim.Object, error) {
	typ, err := d.enter(ctx, "replace", resourceType, id)
	if err != nil {
		return nil, err
	}
	o = typ.declare(o)
	after, err := d.tenant.replace(ctx, typ, id, o, conditions{})
	if err != nil {
		return nil, err
	}
	return d.show(ctx, after, o), nil
}

// Patch carries out a patch on the resource with an id and returns what comes out
// (RFC 7644 section 3.5.2).
func (d Data) Patch(ctx context.Context, resourceType, id string, p *scim.Patch) (*scim.Object, error) {
	typ, err := d.enter(ctx, "patch", resourceType, id)
	if err != nil {
		return nil, err
	}
	plan, err := d.planPatch(typ, p.Object(), d.parsed(ctx))
	if err != nil {
		return nil, err
	}
	after, err := d.tenant.patch(ctx, typ, id, plan, conditions{})
	if err != nil {
		return nil, err
	}
	return d.show(ctx, after, typ.written(plan.whole)), nil
}

// Delete removes the resource with an id, also from the members of groups (RFC 7644
// section 3.6).
func (d Data) Delete(ctx context.Context, resourceType, id string) error {
	typ, err := d.enter(ctx, "delete", resourceType, id)
	if err != nil {
		return err
	}
	return d.tenant.delete(ctx, typ, id, conditions{})
}

// enter begins an operation: it finds the type, nil for a list of "", and notes what
// is done.
func (d Data) enter(ctx context.Context, kind, name, id string) (*resourceType, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("mocktarget: %s: %w", kind, err)
	}
	typ := d.tenant.model.byName(name)
	if typ == nil && (name != "" || kind != "list") {
		return nil, scim.Status(http.StatusNotFound, "there is no resource type %q; give the name of one, such as \"User\"", clip(name))
	}
	if x := d.tenant.exchangeIn(ctx); x != nil {
		x.did(kind, typ, id)
	}
	return typ, nil
}

// parsed is where to note what a request was understood to be.
func (d Data) parsed(ctx context.Context) *Operation {
	if x := d.tenant.exchangeIn(ctx); x != nil {
		return &x.parsed
	}
	return new(Operation) // nobody wants to know
}

// show returns a resource as the answer to a request that wrote something does, nil
// for one that wrote nothing.
func (d Data) show(ctx context.Context, s stored, written *scim.Object) *scim.Object {
	d.tenant.exchangeIn(ctx).saw(s.typ, s.slot, s.rec, true)
	return presenter{root: s.root, base: d.base}.present(s.typ, s.slot, s.rec, scim.Projection{Written: written})
}
