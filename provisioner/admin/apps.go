package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/permiso/scimwright/provisioner"
)

type appPath struct {
	App string `path:"app" maxLength:"60" doc:"Name of the app"`
}

func (s *server) registerApps(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/apps", "list-apps", "List the apps"), s.listApps)
	huma.Register(api, operation(http.MethodGet, "/apps/{app}", "get-app", "Read an app"), s.getApp)
	huma.Register(api, operation(http.MethodPut, "/apps/{app}", "put-app", "Connect an app, or change its connection"), s.putApp)
	huma.Register(api, operation(http.MethodGet, "/apps/{app}/links", "list-links", "Read how far an app has come"), s.listLinks)
}

func (s *server) listApps(ctx context.Context, _ *struct{}) (*body[list[App]], error) {
	apps, err := s.config.Store.Apps(ctx)
	if err != nil {
		return nil, s.problem(err, "the list of apps")
	}
	out := list[App]{Items: make([]App, 0, len(apps))}
	for i := range apps {
		out.Items = append(out.Items, wireApp(&apps[i]))
	}
	return &body[list[App]]{Body: out}, nil
}

func (s *server) getApp(ctx context.Context, in *appPath) (*body[App], error) {
	app, err := s.config.Store.App(ctx, in.App)
	if err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	return &body[App]{Body: wireApp(app)}, nil
}

type putApp struct {
	App  string `path:"app" maxLength:"60" doc:"Name of the app"`
	Body AppInput
}

func (s *server) putApp(ctx context.Context, in *putApp) (*body[App], error) {
	app := provisioner.App{Name: in.App, Endpoint: in.Body.Endpoint, Token: in.Body.Token, Basic: in.Body.Basic, OAuth: in.Body.OAuth, Headers: in.Body.Headers}
	if in.Body.Settings != nil {
		app.Settings = *in.Body.Settings
	}
	if in.Body.Groups != "" {
		app.Settings.Groups = provisioner.GroupPolicy(in.Body.Groups)
	}
	if err := s.check(ctx, app); err != nil {
		return nil, err
	}
	if err := s.config.Tester.Check(ctx, app); err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	if err := s.config.Store.PutApp(ctx, app); err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	return s.getApp(ctx, &appPath{App: in.App})
}

// check says what is wrong with an app. A credential may be left out if one is saved.
func (s *server) check(ctx context.Context, app provisioner.App) error {
	saved, err := s.config.Store.App(ctx, app.Name)
	if err != nil && !errors.Is(err, provisioner.ErrNotFound) {
		return s.problem(err, "app "+app.Name)
	}
	if err == nil {
		app.Inherit(saved)
	}
	if err := app.Validate(); err != nil {
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return nil
}

type linksQuery struct {
	App    string `path:"app" maxLength:"60" doc:"Name of the app"`
	Kind   string `query:"kind" enum:"User,Group" doc:"Only users, or only groups"`
	State  string `query:"state" doc:"Only links in this state"`
	ID     string `query:"id" doc:"Only the user or group of this directory id"`
	Failed bool   `query:"failed" doc:"Only links whose last attempt failed, or that need a person"`
	Page
}

// Page is a part of a list that is in the order of kind and id, users first.
type Page struct {
	After string `query:"after" pattern:"^(User|Group)/.+$" doc:"Only what comes behind this one, kind and id of the last one of the page before" example:"User/u17"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" doc:"How many at the most. Default: all"`
}

// after returns what the page comes behind, the zero Key for the first one.
func (p *Page) after(app string) provisioner.Key {
	kind, id, found := strings.Cut(p.After, "/")
	if !found {
		return provisioner.Key{}
	}
	return Subject{Kind: kind, ID: id}.key(app)
}

func (s *server) listLinks(ctx context.Context, in *linksQuery) (*body[list[Link]], error) {
	if _, err := s.config.Store.App(ctx, in.App); err != nil {
		return nil, s.problem(err, "app "+in.App)
	}
	links, err := s.config.Store.Links(ctx, provisioner.LinkQuery{
		App: in.App, Kind: provisioner.Kind(in.Kind), State: provisioner.LinkState(in.State), Subject: in.ID, Failed: in.Failed,
		After: in.after(in.App), Limit: in.Limit,
	})
	if err != nil {
		return nil, s.problem(err, "the links of "+in.App)
	}
	out := list[Link]{Items: make([]Link, 0, len(links))}
	for i := range links {
		out.Items = append(out.Items, wireLink(&links[i]))
	}
	return &body[list[Link]]{Body: out}, nil
}

func wireApp(a *provisioner.App) App {
	groups := a.Settings.Groups
	if groups == "" {
		groups = provisioner.GroupsAuto
	}
	app := App{
		Name: a.Name, Endpoint: a.Endpoint, Auth: string(a.AuthKind()), Headers: a.HeaderNames(), Groups: string(groups), Settings: a.Settings,
		State: string(a.State), Cause: string(a.Cause), Reason: a.Reason, Since: moment(a.StateSince),
	}
	switch a.AuthKind() {
	case provisioner.AuthBasic:
		app.Username = a.Basic.Username
	case provisioner.AuthOAuth:
		client := *a.OAuth
		client.Secret = ""
		app.OAuth = &client
	}
	return app
}

func wireLink(l *provisioner.NamedLink) Link {
	return Link{
		Kind: string(l.Kind), ID: l.Subject, Name: l.Name, RemoteID: l.RemoteID, Origin: string(l.Origin),
		State: string(l.State), Reason: l.LastError, Attempts: l.Attempts, NextAttempt: moment(l.NextAttempt),
		DisabledAt: moment(l.DisabledAt), DeleteAt: moment(l.DeleteAt),
	}
}
