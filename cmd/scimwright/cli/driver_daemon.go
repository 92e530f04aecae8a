package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
)

// A daemonDriver drives the service through its admin API.
type daemonDriver struct {
	client *admin.Client
	stop   func() error
}

// NewDaemonDriver returns a provisioner for one scenario: what the command serve
// runs, on a free port of this machine and over a database of its own, spoken to
// through its API alone.
func NewDaemonDriver(ctx context.Context) (steps.Provisioner, error) {
	dir, err := os.MkdirTemp("", "scimwright-scenario-")
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	const key = "scenario"
	d, err := startDaemon(ctx, listener, key, serviceConfig{database: filepath.Join(dir, "scenario.db"), backoff: scenarioBackoff(), private: true})
	if err != nil {
		return nil, errors.Join(err, listener.Close(), os.RemoveAll(dir))
	}
	return &daemonDriver{
		client: admin.NewClient(baseURL(listener), key, nil),
		stop:   func() error { return errors.Join(d.stop(), os.RemoveAll(dir)) },
	}, nil
}

func (d *daemonDriver) Connect(ctx context.Context, endpoint, token string) error {
	_, err := d.client.PutApp(ctx, scenarioApp, admin.AppInput{Endpoint: endpoint, Token: token})
	return err
}

func (d *daemonDriver) Send(ctx context.Context, c steps.Change) error {
	switch {
	case c.Op == steps.OpAddMember:
		return d.client.AddMember(ctx, c.ID, c.Member)
	case c.Op == steps.OpRemoveMember:
		return d.client.RemoveMember(ctx, c.ID, c.Member)
	case c.Op == steps.OpDelete && c.Kind == steps.KindGroup:
		return d.client.DeleteGroup(ctx, c.ID)
	case c.Op == steps.OpDelete:
		return d.client.DeleteUser(ctx, c.ID)
	case c.Op == steps.OpPut && c.Kind == steps.KindGroup:
		return d.client.PutGroup(ctx, c.ID, admin.Resource{RawMessage: c.Attributes})
	case c.Op == steps.OpPut:
		return d.client.PutUser(ctx, c.ID, admin.Resource{RawMessage: c.Attributes})
	default:
		return fmt.Errorf("unknown change %q", c.Op)
	}
}

// Configure changes the settings of the scenario's app.
func (d *daemonDriver) Configure(ctx context.Context, settings steps.Settings) error {
	app, err := d.client.App(ctx, scenarioApp)
	if err != nil {
		return err
	}
	out := scenarioSettings(settings)
	_, err = d.client.PutApp(ctx, scenarioApp, admin.AppInput{Endpoint: app.Endpoint, Settings: &out})
	return err
}

// Decide does what a person decides about a user.
func (d *daemonDriver) Decide(ctx context.Context, decision steps.Decision) error {
	subject := admin.Subject{Kind: string(provisioner.KindUser), ID: decision.ID}
	chosen := admin.Chosen{Items: []admin.Subject{subject}}
	var n int
	var err error
	switch decision.Verdict {
	case steps.VerdictAdopt:
		return d.client.Resolve(ctx, scenarioApp, subject, admin.ResolutionInput{Choice: string(provisioner.ChooseAdopt), RemoteID: decision.Resource})
	case steps.VerdictApprove:
		n, err = d.client.Approve(ctx, scenarioApp, chosen)
	case steps.VerdictReject:
		n, err = d.client.Reject(ctx, scenarioApp, chosen)
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("%d decisions were taken, and there was one to take", n)
	}
	return err
}

func (d *daemonDriver) Sync(ctx context.Context) error {
	run, err := d.client.StartRun(ctx, scenarioApp, admin.RunInput{By: "scenario"})
	for err == nil && !run.Progress.Ready && run.State == string(provisioner.RunRunning) {
		// What it is going to do shows only once it has been found.
		if err = pause(ctx, scenarioPoll); err == nil {
			run, err = d.client.Run(ctx, scenarioApp, run.ID)
		}
	}
	return err
}

// scenarioPoll is how often a scenario looks how far things are.
const scenarioPoll = 10 * time.Millisecond

// pause waits, or returns why ctx has ended.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

func (d *daemonDriver) Settle(ctx context.Context) ([]steps.Subject, error) {
	return settle(ctx, func() (paused string, subjects []steps.Subject, err error) {
		app, err := d.client.App(ctx, scenarioApp)
		if err != nil {
			return "", nil, err
		}
		if halted(provisioner.AppState(app.State)) {
			paused = app.Reason
		}
		links, err := d.client.Links(ctx, scenarioApp)
		for _, l := range links {
			subjects = append(subjects, steps.Subject{Kind: steps.Kind(l.Kind), ID: l.ID, State: l.State, Reason: l.Reason})
		}
		return paused, subjects, err
	})
}

func (d *daemonDriver) Close() error { return d.stop() }
