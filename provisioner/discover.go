package provisioner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

const (
	// rediscoverAfter is how old what an app says about itself may get.
	rediscoverAfter = 24 * time.Hour
	// rediscoverEvery is how often it is looked whether that is so.
	rediscoverEvery = time.Hour
	// believeFor is how long it is believed what an app has shown. Apps get better.
	believeFor = 30 * 24 * time.Hour
)

// discovery is what an app says about itself (RFC 7644 section 4), as far as it does.
type discovery struct {
	facts Facts
	// config, types and schemas are why the documents could not be read, nil if they
	// could.
	config, types, schemas error
	// attributes are those of users, in lower case, nil if they are not known.
	attributes map[string]*scim.Object
}

// discover reads the discovery documents of an app. What it cannot read it leaves out:
// many apps have none of them.
func discover(ctx context.Context, client *scimclient.Client, at time.Time) *discovery {
	d := &discovery{facts: Facts{}}
	note := func(name Capability, value, reason string) {
		d.facts[name] = Fact{Value: value, Source: SourceDiscovery, Reason: reason, At: at}
	}
	var spc *scim.ServiceProviderConfig
	if spc, d.config = client.Discover(ctx); d.config == nil {
		readConfig(spc, note)
	}
	var types []*scim.Object
	if types, d.types = client.ResourceTypes(ctx); d.types == nil && len(types) > 0 && !slices.ContainsFunc(types, isGroupType) {
		note(Groups, GroupsNone, "its resource types do not include groups")
	}
	var schemas []*scim.Object
	if schemas, d.schemas = client.Schemas(ctx); d.schemas == nil {
		d.attributes = userAttributes(schemas)
	}
	return d
}

func readConfig(spc *scim.ServiceProviderConfig, note func(name Capability, value, reason string)) {
	const says = "its ServiceProviderConfig says so"
	if !spc.Patch {
		note(UserUpdate, FormPut, says)
		note(GroupUpdate, FormPut, says)
	}
	if !spc.Filter {
		for _, name := range []Capability{UserFilterExternalID, UserFilterUserName, GroupFilterExternalID, GroupFilterDisplayName} {
			note(name, No, says)
		}
	}
	if spc.ETag {
		note(ETag, Yes, says)
	}
	if p := spc.Pagination; p != nil && p.Cursor && !p.Index {
		note(List, ListCursor, says)
	}
}

func isGroupType(t *scim.Object) bool {
	return strings.EqualFold(t.String("name"), string(KindGroup)) || strings.EqualFold(strings.TrimSuffix(t.String("endpoint"), "/"), KindGroup.Endpoint()) ||
		strings.EqualFold(t.String("schema"), scim.GroupSchema)
}

// userAttributes returns the attributes of the core schema of users, nil if it is not
// among the schemas.
func userAttributes(schemas []*scim.Object) map[string]*scim.Object {
	for _, s := range schemas {
		if !strings.EqualFold(s.ID(), scim.UserSchema) {
			continue
		}
		attributes := map[string]*scim.Object{}
		for _, v := range s.Array("attributes") {
			if a, ok := v.(*scim.Object); ok {
				attributes[strings.ToLower(a.String("name"))] = a
			}
		}
		return attributes
	}
	return nil
}

// rediscoverAll reads again what apps say about themselves, once a day each, and
// forgets what they have shown a month ago. It may be called as often as one likes. An
// app that cannot be asked holds up no other.
func (e *Engine) rediscoverAll(ctx context.Context) error {
	now := e.config.Now()
	if !e.rediscovery.due(now, rediscoverEvery) {
		return nil
	}
	apps, err := e.config.Store.Apps(ctx)
	if err != nil {
		return err
	}
	for i := range apps {
		app := &apps[i]
		if app.State != AppActive || app.Learned.ProbedAt.IsZero() || now.Sub(app.Learned.DiscoveredAt) < rediscoverAfter {
			continue
		}
		err = errors.Join(err, e.rediscover(ctx, app))
	}
	return err
}

func (e *Engine) rediscover(ctx context.Context, app *App) error {
	client, err := e.client(app, LaneGroups, nil)
	if err != nil {
		return err
	}
	now := e.config.Now()
	d := discover(ctx, client, now)
	if _, err := client.Page(ctx, KindGroup.Endpoint(), scimclient.Query{Count: 1}); err == nil {
		delete(d.facts, Groups)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return e.config.Store.UpdateApp(ctx, app.Name, func(a *App) {
		e.logChanges(app.Name, a.Learned.Discovered, d.facts)
		a.Learned.Discovered, a.Learned.DiscoveredAt = d.facts, now
		a.Learned.forgetBefore(now.Add(-believeFor))
	})
}

// logChanges tells what an app says about itself that it did not say before.
func (e *Engine) logChanges(app string, was, is Facts) {
	for _, name := range slices.Sorted(maps.Keys(capabilityValues)) {
		if before, now := was[name].Value, is[name].Value; before != now {
			e.config.Log.Info("the app says something else about itself", "app", app, "capability", name, "before", before, "now", now)
		}
	}
}

// forgetBefore drops what was observed before a time.
func (l *Learned) forgetBefore(t time.Time) {
	var old []Capability
	for name, f := range l.Observed {
		if f.At.Before(t) {
			old = append(old, name)
		}
	}
	l.Forget(old...)
}

// describe says which documents the app has.
func (d *discovery) describe() string {
	var parts []string
	for _, doc := range []struct {
		name string
		err  error
	}{{"ServiceProviderConfig", d.config}, {"ResourceTypes", d.types}, {"Schemas", d.schemas}} {
		if doc.err != nil {
			parts = append(parts, fmt.Sprintf("no %s (%d)", doc.name, status(doc.err)))
		} else {
			parts = append(parts, doc.name)
		}
	}
	return strings.Join(parts, ", ")
}
