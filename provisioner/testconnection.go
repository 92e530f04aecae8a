package provisioner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A Connection is what a test of an app's connection has found.
type Connection struct {
	// OK says that the app can be provisioned.
	OK bool
	// Checks tell what was looked at, in that order.
	Checks []ConnectionCheck
	// Endpoint is the address at which the app answers if it is not the one that it
	// was connected with, "" if that is right or none was found.
	Endpoint string
}

// A ConnectionCheck is one thing that a test of a connection has looked at.
type ConnectionCheck struct {
	Name string
	OK   bool
	// Detail says what was found and, unless it is fine, what to do.
	Detail string
}

func (c *Connection) add(name string, ok bool, format string, args ...any) {
	c.Checks = append(c.Checks, ConnectionCheck{name, ok, fmt.Sprintf(format, args...)})
}

// TestConnection finds out what an app is like: whether it answers and takes the
// token, what it says about itself (RFC 7644 section 4), whether it has groups and
// finds users by filter. With write it also makes a user and a group with names that
// nobody has, changes and deletes them. What is found is remembered; an app that was
// paused for its token or its endpoint goes on if they are fine now. The error is
// [ErrNotFound] for an app that does not exist.
func (e *Engine) TestConnection(ctx context.Context, name string, write bool) (c *Connection, err error) {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return nil, err
	}
	end, err := e.beginTest(ctx, app)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	c = &Connection{}
	t := &connectionTest{Connection: c, engine: e, app: app}
	e.paceOf(name).ask()
	if t.client, err = e.client(app, LaneUsers, nil); err != nil {
		c.add("endpoint", false, "%s", err)
		return c, nil
	}
	if !t.users(ctx) {
		return c, nil
	}
	c.OK = true
	now := e.config.Now()
	d := discover(ctx, t.client, now)
	c.add("discovery", true, "%s", d.describe())
	t.attributes(d)
	if t.groups(ctx) {
		delete(d.facts, Groups) // it has them, whatever it says
	}
	t.filters(ctx)
	if write {
		t.write(ctx)
	}
	return c, e.config.Store.UpdateApp(ctx, name, func(a *App) {
		e.logChanges(name, a.Learned.Discovered, d.facts)
		a.Learned.Discovered, a.Learned.DiscoveredAt = d.facts, now
		for _, learn := range t.learn {
			learn(&a.Learned)
		}
		if a.waitsForAnswer() {
			a.Resume()
		}
	})
}

// A connectionTest is a test of a connection under way.
type connectionTest struct {
	*Connection
	engine *Engine
	app    *App
	client *scimclient.Client
	learn  []func(*Learned)
}

// observe records what the app has shown.
func (t *connectionTest) observe(name Capability, value, reason string) {
	now := t.engine.config.Now()
	t.keep(func(l *Learned) { l.Observe(name, value, reason, now) })
}

// keep records what was found out, for the rest of the test and for later.
func (t *connectionTest) keep(learn func(*Learned)) {
	learn(&t.app.Learned)
	t.learn = append(t.learn, learn)
}

// users looks whether the app can be asked for its users, and if not, whether it can
// at another address.
func (t *connectionTest) users(ctx context.Context) bool {
	page, err := t.client.Page(ctx, KindUser.Endpoint(), scimclient.Query{Count: 1})
	switch s := status(err); {
	case err == nil:
		t.add("users", true, "the app says that it has %d", page.TotalResults)
		return true
	case s == http.StatusUnauthorized:
		t.add("users", false, "the app is there and refuses the %s (401): make a new one in the app and save it", t.app.credentialName())
	case unauthorized(err):
		t.add("users", false, "%s", t.app.refusal(err).Reason)
	case s == http.StatusForbidden:
		t.add("users", false, "the app is there and does not let this %s read users (403): give it more rights, or save another one", t.app.credentialName())
	case s == 0:
		t.add("users", false, "%s: correct the address, or see to it that it can be reached from here", err)
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed || s/100 == 3 || s/100 == 2:
		if t.Endpoint = t.elsewhere(ctx); t.Endpoint != "" {
			t.add("users", false, "nothing is at %s (%d), but %s answers: save that as the endpoint", t.client.Endpoint(), s, t.Endpoint)
		} else {
			t.add("users", false, "nothing is at %s%s (%s): look up the base URL of its SCIM service in the app", t.client.Endpoint(), KindUser.Endpoint(), err)
		}
	default:
		t.add("users", false, "the app is there and does not answer: %s", err)
	}
	return false
}

// elsewhere tries the addresses that people mean when they leave out, or copy, a part
// too many.
func (t *connectionTest) elsewhere(ctx context.Context) string {
	base := t.client.Endpoint()
	candidates := []string{base + "/v2", base + "/scim/v2", base + "/scim"}
	for _, suffix := range []string{"/v2", "/Users", "/scim/v2", "/scim"} {
		if short, ok := strings.CutSuffix(base, suffix); ok {
			candidates = append(candidates, short)
		}
	}
	for _, endpoint := range candidates {
		app := *t.app
		app.Endpoint = endpoint
		client, err := t.engine.client(&app, LaneUsers, nil)
		if err != nil {
			continue
		}
		if _, err := client.Page(ctx, KindUser.Endpoint(), scimclient.Query{Count: 1}); err == nil || status(err) == http.StatusUnauthorized && saysSCIM(err) {
			return client.Endpoint()
		}
	}
	return ""
}

// attributes looks whether users have what provisioning lives by.
func (t *connectionTest) attributes(d *discovery) {
	if d.attributes == nil {
		return
	}
	if d.attributes["active"] == nil {
		t.add("disabling", false, "its schema of users has no \"active\": if the app cannot disable an account, set the capability %s to %s", ActiveType, ActiveNone)
	}
	if name := d.attributes["username"]; name != nil && (name.String("mutability") == "immutable" || name.String("mutability") == "readOnly") {
		t.add("renaming", false, "its schema says that a userName cannot be changed: people who get another name will have to be renamed in the app")
	}
}

// groups looks whether the app has groups.
func (t *connectionTest) groups(ctx context.Context) bool {
	if !t.app.WantsGroups() {
		return false
	}
	page, err := t.client.Page(ctx, KindGroup.Endpoint(), scimclient.Query{Count: 1})
	switch {
	case err == nil:
		if t.app.NoGroups() != "" {
			t.keep(func(l *Learned) { l.Forget(Groups) })
		}
		t.add("groups", true, "the app says that it has %d", page.TotalResults)
	case groupless(err):
		t.observe(Groups, GroupsNone, fmt.Sprintf("the app has no groups: /Groups answered %d", status(err)))
		t.add("groups", true, "the app has none (%d): users are provisioned without", status(err))
	default:
		t.add("groups", false, "%s: users are provisioned all the same", err)
	}
	return err == nil
}

// filters looks whether the app finds users by the attributes that they are matched
// by. It asks for somebody who does not exist.
func (t *connectionTest) filters(ctx context.Context) {
	for _, attribute := range []string{"externalId", "userName"} {
		query := scimclient.Query{Filter: scimclient.Eq(attribute, "scimwright-"+strings.ToLower(rand.Text())), Count: 2}
		page, err := t.client.Page(ctx, KindUser.Endpoint(), query)
		name := filterOf(KindUser, attribute)
		t.keep(func(l *Learned) { l.Forget(name) })
		switch {
		case filterRefused(err):
			t.observe(name, No, fmt.Sprintf("a filter for %s was answered %d", attribute, status(err)))
			t.add("filter by "+attribute, true, "the app has none (%d): its list is read instead", status(err))
		case err != nil && status(err) == http.StatusNotFound && saysSCIM(err):
			t.add("filter by "+attribute, true, "404 stands for nobody")
		case err != nil:
			t.add("filter by "+attribute, false, "%s", err)
		case len(page.Resources) > 0:
			t.observe(name, No, fmt.Sprintf("a filter for %s was answered with others", attribute))
			t.add("filter by "+attribute, true, "the app ignores it: its list is read instead")
		default:
			t.add("filter by "+attribute, true, "finds nobody where there is nobody")
		}
	}
}

// write makes a user and a group, changes them as provisioning does, and deletes them.
func (t *connectionTest) write(ctx context.Context) {
	name := "scimwright-test-" + strings.ToLower(rand.Text()[:8])
	person := scim.NewObject(
		scim.Field{Name: "schemas", Value: []any{scim.UserSchema}}, scim.Field{Name: "externalId", Value: name},
		scim.Field{Name: "userName", Value: name + "@example.com"}, scim.Field{Name: "active", Value: true},
		scim.Field{Name: "name", Value: scim.NewObject(scim.Field{Name: "givenName", Value: "Test"}, scim.Field{Name: "familyName", Value: "Test"})},
		scim.Field{Name: "displayName", Value: "Test of the connection"},
		scim.Field{Name: "emails", Value: []any{scim.NewObject(scim.Field{Name: "value", Value: name + "@example.com"}, scim.Field{Name: "type", Value: "work"}, scim.Field{Name: "primary", Value: true})}},
	)
	user := t.make(ctx, KindUser, Desired{Payload: person})
	if user == nil {
		return
	}
	if t.app.WantsGroups() && t.app.NoGroups() == "" {
		t.writeGroup(ctx, name, user.link.RemoteID)
	}
	changed := person.Clone()
	changed.Set("displayName", "Test of a change")
	changed.Set("active", false)
	t.change(ctx, user, Desired{Payload: changed})
	t.tidy(ctx, user)
}

func (t *connectionTest) writeGroup(ctx context.Context, name, member string) {
	team := scim.NewObject(scim.Field{Name: "schemas", Value: []any{scim.GroupSchema}}, scim.Field{Name: "displayName", Value: name})
	group := t.make(ctx, KindGroup, Desired{Payload: team, Members: map[string]string{}})
	if group == nil {
		return
	}
	t.change(ctx, group, Desired{Payload: team, Members: map[string]string{name: member}})
	t.change(ctx, group, Desired{Payload: team, Members: map[string]string{}})
	t.tidy(ctx, group)
}

// make makes a resource in the way that an attempt does. It returns nil if that did
// not work out.
func (t *connectionTest) make(ctx context.Context, kind Kind, d Desired) *attempt {
	a := &attempt{engine: t.engine, work: &Work{App: *t.app}, client: t.client, members: map[string]string{}, start: t.engine.config.Now()}
	a.link.Key = Key{App: t.app.Name, Kind: kind}
	err := a.create(ctx, d)
	made := a.link.RemoteID != ""
	t.step("create a ", a, err, made, "made and read back")
	if !made {
		return nil
	}
	return a
}

func (t *connectionTest) change(ctx context.Context, a *attempt, d Desired) {
	t.step("change a ", a, a.carryOut(ctx, d), true, "changed and read back")
}

// tidy deletes what the test has made.
func (t *connectionTest) tidy(ctx context.Context, a *attempt) {
	t.step("delete a ", a, a.delete(ctx), true, "deleted")
}

// step records what came of a step and what the app has shown in it.
func (t *connectionTest) step(doing string, a *attempt, err error, ok bool, said string) {
	switch {
	case err != nil:
		ok, said = false, err.Error()
	case !ok:
		said = a.link.LastError
	}
	t.add(doing+strings.ToLower(string(a.link.Kind)), ok, "%s", said)
	for _, learn := range a.learn {
		t.keep(learn)
	}
	a.learn = nil
}
