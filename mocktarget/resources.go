package mocktarget

import (
	"context"
	"net/http"

	"github.com/permiso/scimwright/provisioner/scim"
)

// A stored resource is where a request left it: its slot and record in a root.
type stored struct {
	typ  *resourceType
	slot uint32
	rec  *record
	root *root
}

// create answers POST on an endpoint (RFC 7644 section 3.3).
func (x *exchange) create() (*answer, error) {
	x.did("create", x.target.typ, "")
	body, err := x.decode()
	if err != nil {
		return nil, err
	}
	projection, err := x.projection(x.target.typ)
	if err != nil {
		return nil, err
	}
	made, err := x.tenant.create(x.r.Context(), x.target.typ, body)
	if err != nil {
		return nil, err
	}
	x.parsed.ID = made.rec.id
	projection.Written = body
	a := x.show(made, projection, http.StatusCreated)
	a.location = a.contentLocation
	return a, nil
}

// get answers GET of one resource (RFC 7644 section 3.4.1).
func (x *exchange) get() (*answer, error) {
	x.did("get", x.target.typ, x.target.id)
	projection, err := x.projection(x.target.typ)
	if err != nil {
		return nil, err
	}
	held, err := x.tenant.lookup(x.target.typ, x.target.id)
	if err != nil {
		return nil, err
	}
	if err := x.conditions().check(held.typ, held.rec); err != nil {
		if wire, ok := err.(scim.Error); ok && wire.Status == http.StatusNotModified {
			view := presenter{root: held.root, base: x.base}
			return &answer{status: http.StatusNotModified, contentLocation: view.location(held.typ, held.rec.id), etag: etag(held.rec)}, nil
		}
		return nil, err
	}
	return x.show(held, projection, http.StatusOK), nil
}

// replace answers PUT (RFC 7644 section 3.5.1).
func (x *exchange) replace() (*answer, error) {
	x.did("replace", x.target.typ, x.target.id)
	body, err := x.decode()
	if err != nil {
		return nil, err
	}
	projection, err := x.projection(x.target.typ)
	if err != nil {
		return nil, err
	}
	after, err := x.tenant.replace(x.r.Context(), x.target.typ, x.target.id, body, x.conditions())
	if err != nil {
		return nil, err
	}
	projection.Written = body
	return x.show(after, projection, http.StatusOK), nil
}

// delete answers DELETE (RFC 7644 section 3.6).
func (x *exchange) delete() (*answer, error) {
	x.did("delete", x.target.typ, x.target.id)
	if err := x.tenant.delete(x.r.Context(), x.target.typ, x.target.id, x.conditions()); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}

// show is the phase that projects and encodes a resource.
func (x *exchange) show(s stored, projection scim.Projection, status int) *answer {
	x.saw(s.typ, s.slot, s.rec, !projection.Asked())
	view := presenter{root: s.root, base: x.base}
	return &answer{
		status:          status,
		body:            view.present(s.typ, s.slot, s.rec, projection).AppendJSON(make([]byte, 0, 2048)),
		contentLocation: view.location(s.typ, s.rec.id),
		etag:            etag(s.rec),
	}
}

// create stores a resource that a client sent, under a new id.
func (t *Tenant) create(ctx context.Context, typ *resourceType, body *scim.Object) (made stored, err error) {
	d, err := typ.admit(body, nil)
	if err != nil {
		return stored{}, err
	}
	err = t.write(ctx, func(tx *transaction) error {
		made, err = tx.create(typ, tx.newID(typ, 1), d)
		return err
	})
	return made, err
}

// lookup returns the resource with an id.
func (t *Tenant) lookup(typ *resourceType, id string) (stored, error) {
	root := t.root.Load()
	slot, rec := root.lookup(typ, id)
	if rec == nil {
		return stored{}, scim.NotFound(typ.Name, id)
	}
	return stored{typ, slot, rec, root}, nil
}

// replace stores what a client sent in the place of a resource.
func (t *Tenant) replace(ctx context.Context, typ *resourceType, id string, body *scim.Object, when conditions) (after stored, err error) {
	err = t.write(ctx, func(tx *transaction) error {
		after, err = tx.put(typ, id, body, when)
		return err
	})
	return after, err
}

// patch carries out a patch on a resource.
func (t *Tenant) patch(ctx context.Context, typ *resourceType, id string, plan *patchPlan, when conditions) (after stored, err error) {
	err = t.write(ctx, func(tx *transaction) error {
		after, err = tx.patch(typ, id, plan, when)
		return err
	})
	return after, err
}

// delete removes a resource.
func (t *Tenant) delete(ctx context.Context, typ *resourceType, id string, when conditions) error {
	return t.write(ctx, func(tx *transaction) error { return tx.delete(typ, id, when) })
}

// A draft is a resource from a request that has passed validation, taken apart the
// way it is stored.
type draft struct {
	document *scim.Object
	members  []any
}

// admit validates a resource against its type and takes it apart. before is the
// document it replaces, nil for a create. Write-only values are still in the
// document.
func (typ *resourceType) admit(body, before *scim.Object) (*draft, error) {
	d := &draft{}
	var members any
	if typ.members != nil {
		body, members = without(body, typ.members.Name)
	}
	var err error
	if d.document, err = typ.Validate(body, before); err != nil {
		return nil, err
	}
	list, isList := members.([]any)
	if members != nil && !isList {
		return nil, scim.InvalidValue("/%s is multi-valued: give an array", typ.members.Name)
	}
	if len(list) > 0 {
		if d.members, err = typ.checkMembers(members); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"id", "meta"} {
		d.document.Delete(name)
	}
	canonicalize(typ, d.document)
	return d, nil
}

// without returns an object that lacks one field, and the field's value. The
// object itself stays as it is.
func without(o *scim.Object, name string) (rest *scim.Object, value any) {
	value, ok := o.Lookup(name)
	if !ok {
		return o, nil
	}
	rest = scim.NewObject()
	for other, v := range o.All() {
		rest.Set(other, v)
	}
	rest.Delete(name)
	return rest, value
}

// create stores a new resource under an id.
func (tx *transaction) create(typ *resourceType, id string, d *draft) (stored, error) {
	rec := &record{}
	rec.secrets, _ = typ.takeSecrets(d.document, nil, true)
	tx.deviant.Store(typ.ResourceType, nil, d.document)
	tx.tenant.packing = rec.keep(typ, tx.tenant.packing, id, d.document)
	slot, err := tx.insert(typ, rec)
	if err != nil {
		return stored{}, err
	}
	if len(d.members) > 0 {
		if rec.members, _, err = tx.addMembers(typ, slot, nil, d.members); err != nil {
			return stored{}, err
		}
	}
	return stored{typ, slot, rec, tx.root}, nil
}

// find returns the resource a write is about, if the conditions hold.
func (tx *transaction) find(typ *resourceType, id string, when conditions) (uint32, *record, error) {
	slot, rec := tx.root.lookup(typ, id)
	if rec == nil {
		return 0, nil, scim.NotFound(typ.Name, id)
	}
	return slot, rec, when.check(typ, rec)
}

// put replaces a resource. A body that says what is stored already changes
// nothing, not even the version.
func (tx *transaction) put(typ *resourceType, id string, body *scim.Object, when conditions) (stored, error) {
	slot, before, err := tx.find(typ, id, when)
	if err != nil {
		return stored{}, err
	}
	d, err := typ.admit(body, before.document.Object())
	if err != nil {
		return stored{}, err
	}
	after := &record{}
	var secretsChanged, membersChanged bool
	after.secrets, secretsChanged = typ.takeSecrets(d.document, before.secrets, false)
	if typ.members != nil {
		after.members, membersChanged, err = tx.replaceMembers(typ, slot, before.members, d.members)
		if err != nil {
			return stored{}, err
		}
	}
	return tx.settle(typ, slot, before, after, d.document, secretsChanged || membersChanged)
}

// settle stores the outcome of a write if anything is different: the document, nil
// for one that is as it was, or what is changed beside it.
func (tx *transaction) settle(typ *resourceType, slot uint32, before, after *record, document *scim.Object, changed bool) (stored, error) {
	if document != nil && tx.deviant != nil {
		tx.deviant.Store(typ.ResourceType, before.document.Object(), document)
	}
	switch {
	case document != nil && !scim.Equal(document, before.document.Object()):
		tx.tenant.packing = after.keep(typ, tx.tenant.packing, before.id, document)
	case changed:
		after.id, after.document = before.id, before.document
	default:
		return stored{typ, slot, before, tx.root}, nil
	}
	if err := tx.replace(typ, slot, before, after); err != nil {
		return stored{}, err
	}
	return stored{typ, slot, after, tx.root}, nil
}

// delete removes a resource.
func (tx *transaction) delete(typ *resourceType, id string, when conditions) error {
	slot, rec, err := tx.find(typ, id, when)
	if err != nil {
		return err
	}
	tx.remove(typ, slot, rec)
	return nil
}
