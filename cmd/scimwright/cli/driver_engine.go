package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/provisioner"
)

// scenarioApp is the name of the one app of a scenario.
const scenarioApp = "app"

// scenarioBackoff keeps retries short: a scenario waits for them.
func scenarioBackoff() provisioner.Backoff {
	return provisioner.Backoff{Base: 100 * time.Millisecond, Max: time.Second}
}

// An engineDriver drives the engine in this process.
type engineDriver struct {
	service *service
	remove  func()
}

// NewEngineDriver returns a provisioner for one scenario: the engine in this
// process over a database of its own.
func NewEngineDriver(ctx context.Context) (steps.Provisioner, error) {
	dir, err := os.MkdirTemp("", "scimwright-scenario-")
	if err != nil {
		return nil, err
	}
	remove := func() { _ = os.RemoveAll(dir) }
	s, err := openService(ctx, serviceConfig{database: filepath.Join(dir, "scenario.db"), backoff: scenarioBackoff(), private: true})
	if err != nil {
		remove()
		return nil, err
	}
	return &engineDriver{service: s, remove: remove}, nil
}

func (d *engineDriver) Connect(ctx context.Context, endpoint, token string) error {
	return d.service.Connect(ctx, provisioner.App{Name: scenarioApp, Endpoint: endpoint, Token: token})
}

func (d *engineDriver) Send(ctx context.Context, c steps.Change) error {
	store := d.service.store
	switch {
	case c.Op == steps.OpAddMember:
		return store.AddMember(ctx, c.ID, c.Member)
	case c.Op == steps.OpRemoveMember:
		return store.RemoveMember(ctx, c.ID, c.Member)
	case c.Op == steps.OpDelete && c.Kind == steps.KindGroup:
		return store.DeleteGroup(ctx, c.ID)
	case c.Op == steps.OpDelete:
		return store.DeleteUser(ctx, c.ID)
	case c.Op == steps.OpPut && c.Kind == steps.KindGroup:
		group, err := provisioner.ParseGroup(c.ID, c.Attributes)
		if err != nil {
			return err
		}
		return store.PutGroup(ctx, group)
	case c.Op == steps.OpPut:
		user, err := provisioner.ParseUser(c.ID, c.Attributes)
		if err != nil {
			return err
		}
		return store.PutUser(ctx, user)
	default:
		return fmt.Errorf("unknown change %q", c.Op)
	}
}

// Configure changes the settings of the scenario's app.
func (d *engineDriver) Configure(ctx context.Context, settings steps.Settings) error {
	app, err := d.service.store.App(ctx, scenarioApp)
	if err != nil {
		return err
	}
	app.Settings = scenarioSettings(settings)
	return d.service.Connect(ctx, *app)
}

// scenarioSettings says in our words what a scenario says in its own.
func scenarioSettings(s steps.Settings) provisioner.Settings {
	settings := provisioner.Settings{Scope: provisioner.Scope{Groups: s.OnlyGroups}}
	if s.AskBeforeAdopting {
		settings.Adopt = provisioner.AdoptReview
	}
	if s.DeleteLeavers {
		settings.Deprovision.Deleted, settings.Deprovision.GraceDays = provisioner.FarewellDelete, -1
	}
	if s.MostGoodbyes > 0 {
		settings.Guard = provisioner.Guard{Max: s.MostGoodbyes, Percent: 1}
	}
	return settings
}

// Decide does what a person decides about a user.
func (d *engineDriver) Decide(ctx context.Context, decision steps.Decision) error {
	key := provisioner.Key{App: scenarioApp, Kind: provisioner.KindUser, Subject: decision.ID}
	var n int
	var err error
	switch decision.Verdict {
	case steps.VerdictAdopt:
		return d.service.engine.Resolve(ctx, provisioner.Resolution{Key: key, Choice: provisioner.ChooseAdopt, RemoteID: decision.Resource})
	case steps.VerdictApprove:
		n, err = d.service.store.Approve(ctx, scenarioApp, key)
	case steps.VerdictReject:
		n, err = d.service.store.Reject(ctx, scenarioApp, key)
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("%d decisions were taken, and there was one to take", n)
	}
	return err
}

func (d *engineDriver) Sync(ctx context.Context) error {
	_, err := d.service.engine.Sync(ctx, scenarioApp)
	return err
}

func (d *engineDriver) Settle(ctx context.Context) ([]steps.Subject, error) {
	return settle(ctx, func() (paused string, subjects []steps.Subject, err error) {
		app, err := d.service.store.App(ctx, scenarioApp)
		if err != nil {
			return "", nil, err
		}
		if halted(app.State) {
			paused = app.Reason
		}
		links, err := d.service.store.AppLinks(ctx, scenarioApp)
		for _, l := range links {
			subjects = append(subjects, steps.Subject{Kind: steps.Kind(l.Kind), ID: l.Subject, State: string(l.State), Reason: l.LastError})
		}
		return paused, subjects, err
	})
}

// halted reports whether nothing is under way in an app, whatever it is to be given.
func halted(state provisioner.AppState) bool {
	return state == provisioner.AppPaused || state == provisioner.AppDraft
}

func (d *engineDriver) Close() error {
	defer d.remove()
	return d.service.close()
}

// settle looks again and again until nothing is under way, or ctx ends. In a
// paused app nothing is: what it has not been given has failed.
func settle(ctx context.Context, look func() (paused string, subjects []steps.Subject, err error)) ([]steps.Subject, error) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		paused, subjects, err := look()
		if err != nil {
			return nil, err
		}
		underWay := 0
		for i := range subjects {
			s := &subjects[i]
			switch {
			case s.State != string(provisioner.LinkPending) && s.State != string(provisioner.LinkWaiting):
			case paused != "":
				s.State, s.Reason = string(provisioner.LinkFailing), "the app is sent nothing: "+paused
			default:
				underWay++
			}
		}
		if underWay == 0 {
			return subjects, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s under way: %w", count(underWay, "subject"), context.Cause(ctx))
		case <-ticker.C:
		}
	}
}
