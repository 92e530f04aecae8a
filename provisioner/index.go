package provisioner

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// listPage is how many resources one request of a walk asks for.
const listPage = 100

// An index holds what a walk over an app's list has seen. It is a hint: what is found
// in it is read again before it is changed, and that something is missing from it
// proves nothing.
type index struct {
	at time.Time
	// endpoint is where the app was.
	endpoint                    string
	resources                   []scim.Packed
	byExternal, byName, byEmail map[string][]int
}

type indexKey struct {
	app  string
	kind Kind
}

// A listing is an app's index of a kind, and the lock to make it anew.
type listing struct {
	sync.Mutex
	index *index // nil if there is none
}

func (e *Engine) listing(app string, kind Kind) *listing {
	v, _ := e.indexes.LoadOrStore(indexKey{app, kind}, new(listing))
	return v.(*listing)
}

// index returns what has lately been seen of the app's list, nil if that is nothing.
func (e *Engine) index(app *App, kind Kind) *index {
	l := e.listing(app.Name, kind)
	l.Lock()
	defer l.Unlock()
	if l.index != nil && (l.index.endpoint != app.Endpoint || e.config.Now().Sub(l.index.at) > probeTrust) {
		l.index = nil
	}
	return l.index
}

// forgetIndex drops an app's index of a kind, which was found to be out of date.
func (e *Engine) forgetIndex(app string, kind Kind) {
	l := e.listing(app, kind)
	l.Lock()
	defer l.Unlock()
	l.index = nil
}

// forgetIndexes drops indexes that are too old to be of use: each holds all that an app
// has of a kind, and nobody may ask for it again.
func (e *Engine) forgetIndexes() {
	for _, v := range e.indexes.Range {
		l := v.(*listing)
		if !l.TryLock() {
			continue // it is being made anew
		}
		if l.index != nil && e.config.Now().Sub(l.index.at) > probeTrust {
			l.index = nil
		}
		l.Unlock()
	}
}

// listed returns what there is in the app's list, walked over since a time. Of
// several that want to know at a time one walks and the others wait.
func (e *Engine) listed(ctx context.Context, client *scimclient.Client, app *App, kind Kind, since time.Time) (*index, error) {
	l := e.listing(app.Name, kind)
	l.Lock()
	defer l.Unlock()
	if l.index != nil && l.index.endpoint == app.Endpoint && !l.index.at.Before(since) {
		return l.index, nil
	}
	x, err := e.walk(ctx, client, app, kind)
	if err == nil {
		l.index = x
	}
	return x, err
}

// worthListing reports whether a walk over the app's list is the cheaper way to find
// out which of n subjects it has: an app that has many, and is asked for few, is better
// asked for each.
func (a *App) worthListing(kind Kind, n int) bool {
	if n < 2 || a.Learned.Empty(kind) || kind == KindGroup && a.NoGroups() != "" {
		return false
	}
	return (a.Learned.Count(kind)+listPage-1)/listPage <= n
}

// walk lists the app's resources of a kind. A list that breaks off leaves no index.
func (e *Engine) walk(ctx context.Context, client *scimclient.Client, app *App, kind Kind) (*index, error) {
	x := &index{at: e.config.Now(), endpoint: app.Endpoint, byExternal: map[string][]int{}, byName: map[string][]int{}, byEmail: map[string][]int{}}
	capabilities := app.Capabilities()
	if capabilities.Is(List, ListNone) {
		return x, nil
	}
	typ := scim.UserType()
	if kind == KindGroup {
		typ = scim.GroupType()
	}
	packing := scim.NewPacking(typ)
	query := scimclient.Query{Count: listPage, ByCursor: capabilities.Is(List, ListCursor)}
	for r, err := range client.List(ctx, kind.Endpoint(), query) {
		if err != nil {
			return nil, fmt.Errorf("listing the %ss of app %q: %w", strings.ToLower(string(kind)), app.Name, err)
		}
		if r.ID() != "" {
			x.add(kind, r, packing)
		}
	}
	return x, nil
}

func (x *index) add(kind Kind, r *scim.Object, packing *scim.Packing) {
	i := len(x.resources)
	if id := r.ExternalID(); id != "" {
		x.byExternal[id] = append(x.byExternal[id], i)
	}
	if name := r.String(nameAttribute(kind)); name != "" {
		x.byName[nameKey(kind, name)] = append(x.byName[nameKey(kind, name)], i)
	}
	for _, v := range r.Array("emails") {
		if email, ok := v.(*scim.Object); ok && email.String("value") != "" {
			key := scim.Fold(email.String("value"))
			x.byEmail[key] = append(x.byEmail[key], i)
		}
	}
	r.Delete("meta")
	r.Delete("groups")
	x.resources = append(x.resources, packing.Packed(string(packing.Append(nil, r))))
}

// nameKey is the form of a name in which two that are the same are equal.
func nameKey(kind Kind, name string) string {
	if kind == KindUser {
		return scim.Fold(name)
	}
	return name
}

// find returns the resources that have a value of a matching attribute.
func (x *index) find(kind Kind, attribute, value string) []*scim.Object {
	places := x.byName[nameKey(kind, value)]
	if attribute == "externalId" {
		places = x.byExternal[value]
	}
	return x.objects(places)
}

func (x *index) objects(places []int) []*scim.Object {
	var found []*scim.Object
	for _, i := range places {
		found = append(found, x.resources[i].Object())
	}
	return found
}

// unlistable reports whether an app answered a walk in a way that says that its list
// is not to be had, while it can still be asked for single resources.
func unlistable(err error) bool {
	refused, ok := asRefused(err)
	return ok && refused.Status != 0 && !unauthorized(err)
}
