package admin

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

// Capabilities are what is known of an app.
type Capabilities struct {
	Items []Capability `json:"items" nullable:"false"`
	// Attributes are those about which the app has shown something.
	Attributes   []AttributeNotice `json:"attributes" nullable:"false" doc:"Attributes that the app does not keep or does not show"`
	DiscoveredAt *time.Time        `json:"discoveredAt,omitempty" doc:"When the app's discovery documents were last read"`
}

// Capability is one thing that apps do differently.
type Capability struct {
	Name   string     `json:"name"`
	Value  string     `json:"value"`
	Source string     `json:"source" enum:"observed,admin,preset,discovery,default" doc:"Where it is known from; the first in this order is believed"`
	Reason string     `json:"reason,omitempty" doc:"Why it is believed"`
	At     *time.Time `json:"at,omitempty" doc:"When it was found out"`
}

// AttributeNotice says what became of an attribute that the app was sent.
type AttributeNotice struct {
	Attribute string `json:"attribute" example:"User.title"`
	Notice    string `json:"notice" enum:"not_kept,not_shown" doc:"not_kept: the app answers a change with success and leaves the attribute as it was; not_shown: it is not in what the app shows"`
	Reason    string `json:"reason"`
}

// ConnectionTest is the body that tests a connection.
type ConnectionTest struct {
	Write bool `json:"write,omitempty" doc:"Also make a user and a group with names that nobody has, change them and delete them"`
}

// Connection is what a test of a connection has found.
type Connection struct {
	OK       bool              `json:"ok" doc:"The app can be provisioned"`
	Endpoint string            `json:"endpoint,omitempty" doc:"The address at which the app answers, if it is another one"`
	Checks   []ConnectionCheck `json:"checks" nullable:"false"`
}

// ConnectionCheck is one thing that a test of a connection has looked at.
type ConnectionCheck struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail" doc:"What was found and, unless it is fine, what to do"`
}

func (s *server) registerCapabilities(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/capabilities", "get-capabilities", "Read what is known of an app, and why"), s.getCapabilities)
	huma.Register(api, operation(http.MethodPost, "/apps/{app}/test", "test-connection", "Find out whether an app answers, and what it can do"), s.testConnection)
}

func (s *server) getCapabilities(ctx context.Context, in *appPath) (*body[Capabilities], error) {
	app, err := s.config.Store.App(ctx, in.App)
	if err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	out := Capabilities{Items: []Capability{}, Attributes: []AttributeNotice{}, DiscoveredAt: moment(app.Learned.DiscoveredAt)}
	for name, f := range app.Capabilities().All() {
		out.Items = append(out.Items, Capability{Name: string(name), Value: f.Value, Source: string(f.Source), Reason: f.Reason, At: moment(f.At)})
	}
	for _, n := range []struct {
		notice  string
		notices provisioner.Notices
	}{{"not_kept", app.Learned.Unkept}, {"not_shown", app.Learned.Unseen}} {
		for _, attribute := range slices.Sorted(maps.Keys(n.notices)) {
			out.Attributes = append(out.Attributes, AttributeNotice{Attribute: attribute, Notice: n.notice, Reason: n.notices[attribute]})
		}
	}
	return &body[Capabilities]{Body: out}, nil
}

type testConnection struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body *ConnectionTest
}

func (s *server) testConnection(ctx context.Context, in *testConnection) (*body[Connection], error) {
	c, err := s.config.Tester.TestConnection(ctx, in.App, in.Body != nil && in.Body.Write)
	if err != nil {
		return nil, s.problem(err, "the test of "+in.App)
	}
	out := Connection{OK: c.OK, Endpoint: c.Endpoint, Checks: []ConnectionCheck{}}
	for _, check := range c.Checks {
		out.Checks = append(out.Checks, ConnectionCheck(check))
	}
	return &body[Connection]{Body: out}, nil
}
