package provisioner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// search looks for the resource that a subject without a link may already have in
// the app, nil if there is none. It never guesses: what is ambiguous or belongs to
// somebody else is a conflict. With hint it trusts what a sync has just listed to
// say that there is nothing.
//
// externalId decides; a resource of the same name counts only if it has no
// externalId or ours.
func (a *attempt) search(ctx context.Context, hint bool) (*scim.Object, error) {
	nameAttribute, name := a.name()
	externalID := a.externalID()
	find := a.lookup
	if x := a.engine.index(a.link.App, a.link.Kind); hint && x != nil {
		find = func(_ context.Context, attribute, value string) ([]*scim.Object, error) {
			return x.find(attribute, value), nil
		}
	}
	found, err := find(ctx, "externalId", externalID)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		return nil, conflict("the app has %d resources with externalId %q: remove all but one", len(found), externalID)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if name == "" {
		return nil, nil
	}
	found, err = find(ctx, nameAttribute, name)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > 1 {
		return nil, conflict("the app has %d resources with %s %q: remove or rename all but one", len(found), nameAttribute, name)
	}
	if other := found[0].ExternalID(); other != "" && other != externalID {
		return nil, conflict("the app's resource %s has %s %q but belongs to externalId %q: adopt or rename it there", found[0].ID(), nameAttribute, name, other)
	}
	return found[0], nil
}

// name returns the attribute that people know the subject by, and its value.
func (a *attempt) name() (attribute, value string) {
	attribute = nameAttribute(a.link.Kind)
	if d := a.desired(); d.Payload != nil {
		return attribute, d.Payload.String(attribute)
	}
	return attribute, ""
}

func nameAttribute(k Kind) string {
	if k == KindGroup {
		return "displayName"
	}
	return "userName"
}

// lookup asks the app for the resources whose attribute has the value. The answer
// is checked, since some apps ignore a filter they do not know; an app that
// refuses the filter is listed instead.
func (a *attempt) lookup(ctx context.Context, attribute, value string) ([]*scim.Object, error) {
	found, err := a.collect(ctx, scimclient.Query{Filter: attribute + " eq " + scim.QuoteFilter(value)}, attribute, value)
	if !filterRefused(err) {
		return found, err
	}
	return a.collect(ctx, scimclient.Query{}, attribute, value)
}

// filterRefused tells an app that cannot filter from one that cannot be asked.
func filterRefused(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotImplemented:
		return true
	default:
		return false
	}
}

func (a *attempt) collect(ctx context.Context, q scimclient.Query, attribute, value string) ([]*scim.Object, error) {
	var found []*scim.Object
	for r, err := range a.client.List(ctx, a.link.Kind.Endpoint(), q) {
		if err != nil {
			return nil, err
		}
		if sameName(attribute, r.String(attribute), value) && r.ID() != "" {
			found = append(found, r)
		}
		if len(found) > 1 {
			break
		}
	}
	return found, nil
}

// sameName compares values of a matching attribute: userName ignores case and the
// ways to write a letter, externalId and displayName do not (RFC 7643 sections 3.1
// and 4.1.1, RFC 7644 section 5).
func sameName(attribute, a, b string) bool {
	if attribute == "userName" {
		return scim.Fold(a) == scim.Fold(b)
	}
	return a == b
}

// An index holds what a walk over an app's list has seen. It is a hint: that a
// resource is missing from it is checked again where a mistake would do harm.
type index struct {
	at         time.Time
	byExternal map[string][]*scim.Object
	byName     map[string][]*scim.Object
}

type indexKey struct {
	app  string
	kind Kind
}

func (e *Engine) index(app string, kind Kind) *index {
	v, ok := e.indexes.Load(indexKey{app, kind})
	if !ok {
		return nil
	}
	x := v.(*index)
	if e.config.Now().Sub(x.at) > probeTrust {
		e.indexes.CompareAndDelete(indexKey{app, kind}, v)
		return nil
	}
	return x
}

func (x *index) find(attribute, value string) []*scim.Object {
	if attribute == "externalId" {
		return x.byExternal[value]
	}
	if attribute == "userName" {
		value = scim.Fold(value)
	}
	return x.byName[value]
}

// walk lists the app's resources of a kind into an index that later attempts use
// as a hint, in place of the one before. A list that breaks off leaves no index.
func (e *Engine) walk(ctx context.Context, client *scimclient.Client, app string, kind Kind) error {
	key := indexKey{app, kind}
	e.indexes.Delete(key)
	x := &index{at: e.config.Now(), byExternal: map[string][]*scim.Object{}, byName: map[string][]*scim.Object{}}
	for r, err := range client.List(ctx, kind.Endpoint(), scimclient.Query{Count: listPage}) {
		if err != nil {
			var refused *scimclient.Error
			if errors.As(err, &refused) && refused.Status != 0 {
				return nil // an app that cannot be listed can still be asked
			}
			return fmt.Errorf("listing the %ss of app %q: %w", strings.ToLower(string(kind)), app, err)
		}
		if id := r.ExternalID(); id != "" {
			x.byExternal[id] = append(x.byExternal[id], r)
		}
		if name := r.String(nameAttribute(kind)); name != "" {
			if kind == KindUser {
				name = scim.Fold(name)
			}
			x.byName[name] = append(x.byName[name], r)
		}
	}
	e.indexes.Store(key, x)
	return nil
}

// listPage is how many resources one request of a walk asks for.
const listPage = 100
