// Package provisioner pushes a directory of users and groups into the apps that
// are connected to it, over SCIM 2.0 (RFC 7643, RFC 7644).
//
// The engine is level-triggered. A change of the directory only marks the links it
// concerns and schedules an attempt at each; an attempt reads what the app should
// hold now ([Work.Desired]), compares it with what the app is known to hold, plans
// the smallest list of writes ([Plan]), makes them, and records what the app has
// acknowledged. A crash at any point is followed by another attempt; nothing
// depends on an event being seen once, or on anybody's clock.
//
// Only resources that the engine created or adopted are ever disabled or deleted.
// That something is missing from a list proves nothing. What becomes of the account of
// somebody who goes is for the app's settings to say ([Deprovision]); a guard holds
// goodbyes back that are too many to be meant ([App.Hold]) until a person approves
// them, and what cannot be known is left to a person as well ([Engine.Resolve]).
//
// The parts: package store keeps directory, apps and links on SQLite or
// PostgreSQL, package queue has the attempts made that are due, package admin serves
// both over HTTP. They meet in the command, or in a program that embeds them:
//
//	store, err := store.Open(ctx, store.Config{Database: "directory.db"})
//	engine := provisioner.New(provisioner.Config{Store: store})
//	queue, err := queue.Start(ctx, queue.Config{Store: store, Engine: engine})
//	defer queue.Stop(ctx)
//
// Such a program may bring the database handle and the transport of the requests; see
// the example.
package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// Config says what an [Engine] works with.
type Config struct {
	// Store keeps directory, apps and links. Required.
	Store Store
	// Transport carries requests to apps. Nil means one that verifies TLS, refuses
	// link-local and metadata addresses, and private ones unless the next field or
	// an app's settings allow them.
	Transport http.RoundTripper
	// PrivateNetwork lets every app be in a private network or on this machine,
	// whatever its settings say. Zero leaves it to them: whoever may connect apps
	// could otherwise reach what only this machine does.
	PrivateNetwork bool
	// UserAgent is sent with every request. Empty means "scimwright".
	UserAgent string
	// Timeout bounds one request. Zero means 30 s, and twice that in [LaneGroups]: a
	// group can be large.
	Timeout time.Duration
	// Backoff bounds the waits between failed attempts.
	Backoff Backoff
	// Now is the clock. Nil means [time.Now].
	Now func() time.Time
	// Jitter returns a number from 0 up to 1 that spreads waits. Nil means a
	// random one.
	Jitter func() float64
	// Alert is called with what a person has to see to; it must return soon. It is logged
	// in any case. Nil means no more than that.
	Alert func(context.Context, Alert)
	// Log receives one line for each failed attempt and each [Alert]. Nil means none.
	Log *slog.Logger
}

// An Engine makes apps hold what the directory says. Its methods may be called
// from any number of goroutines.
type Engine struct {
	config Config
	// public carries requests to apps on the public internet, private those to others.
	public, private http.RoundTripper
	// tokens fetch those of apps that have an OAuth client.
	tokens *tokenSources
	// requests counts the requests made to each app.
	requests sync.Map // app name → *atomic.Int64
	// probes tell when each app was probed.
	probes sync.Map // app name → *probing
	// preparing locks runs whose work is being found.
	preparing sync.Map // run id → *sync.Mutex
	// indexes hold what a sync has seen of the accounts an app already has.
	indexes sync.Map // indexKey → *listing
	// paces hold how fast each app is asked; workers is how many processes do so.
	paces *sync.Map // app name → *pace
	// rediscovery, alerts and forgetting say when it is looked next which apps' discovery
	// documents are old, what somebody has to see to, and which apps are no more.
	rediscovery, alerts, forgetting pulse
	workers                         atomic.Int64
}

// New returns an engine. It panics if config has no store.
func New(config Config) *Engine {
	if config.Store == nil {
		panic("provisioner: Config.Store is nil")
	}
	if config.UserAgent == "" {
		config.UserAgent = "scimwright"
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Jitter == nil {
		config.Jitter = rand.Float64
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{config: config, paces: new(sync.Map), public: config.Transport, private: config.Transport}
	if config.Transport == nil {
		e.public = scimclient.NewTransport(scimclient.Config{DenyPrivate: true})
		e.private = scimclient.NewTransport(scimclient.Config{})
	}
	e.tokens = &tokenSources{public: e.public, private: e.private}
	e.rediscovery.due(config.Now(), rediscoverEvery) // not at once
	return e
}

// Requests returns how many HTTP requests the engine has made to an app since it was
// made, or the app connected.
func (e *Engine) Requests(app string) int {
	return int(e.counter(app).Load())
}

func (e *Engine) counter(app string) *atomic.Int64 {
	n, _ := e.requests.LoadOrStore(app, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// client returns a client for the app whose requests keep to the app's pace, in a
// lane, and which reports every exchange to observe.
func (e *Engine) client(app *App, lane Lane, observe func(scimclient.Exchange)) (*scimclient.Client, error) {
	pace := e.paceOf(app.Name)
	pace.follow(app)
	count := e.counter(app.Name)
	cfg := e.clientConfig(app, lane)
	cfg.Gate = gate{pace: pace, lane: lane, probing: app.State == AppPaused}
	cfg.Observe = func(x scimclient.Exchange) {
		count.Add(1)
		if observe != nil {
			observe(x)
		}
	}
	var err error
	if cfg.Credential, err = e.tokens.credential(app, cfg); err != nil {
		return nil, err
	}
	return scimclient.New(cfg)
}

// clientConfig says how the app is spoken to in a lane, but for its credential.
func (e *Engine) clientConfig(app *App, lane Lane) scimclient.Config {
	mediaType := scimclient.MediaType
	if app.Capabilities().Is(ContentType, ContentJSON) {
		mediaType = "application/json"
	}
	timeout := e.config.Timeout
	if timeout == 0 && lane == LaneGroups {
		timeout = 2 * scimclient.DefaultTimeout
	}
	transport, deny := e.public, true
	if e.config.PrivateNetwork || app.Settings.PrivateNetwork {
		transport, deny = e.private, false
	}
	return scimclient.Config{
		Endpoint:    app.Endpoint,
		Header:      app.Headers,
		UserAgent:   e.config.UserAgent,
		MediaType:   mediaType,
		Transport:   transport,
		DenyPrivate: deny,
		Timeout:     timeout,
		Now:         e.config.Now,
	}
}

// An EndpointError says why requests cannot be sent to an app, and what to do.
type EndpointError struct{ Err error }

func (e *EndpointError) Error() string { return e.Err.Error() + allowPrivate(e.Err) }
func (e *EndpointError) Unwrap() error { return e.Err }

// allowPrivate is what to do about a private address, to be read behind the error.
func allowPrivate(err error) string {
	if refused, ok := errors.AsType[*scimclient.RefusedAddressError](err); ok && refused.Private {
		return ": if the app is there, set privateNetwork in its settings, or allow it for all apps with --private-network"
	}
	return ""
}

// Check returns an [*EndpointError] if requests could not be sent to an app that is to be
// saved: its endpoint or that of its tokens makes no sense or is an address that is not
// allowed, or its credential holds what a header cannot. A name is judged when it is
// resolved, and a credential that is left out is the one the app has, see [App.Inherit].
func (e *Engine) Check(ctx context.Context, app App) error {
	saved, err := e.config.Store.App(ctx, app.Name)
	switch {
	case err == nil:
		app.Inherit(saved)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	// Nothing is kept of what may never be saved.
	cfg := e.clientConfig(&app, LaneUsers)
	if cfg.Credential, err = app.credential(cfg); err == nil {
		_, err = scimclient.New(cfg)
	}
	if err != nil {
		return &EndpointError{err}
	}
	return nil
}

// Reconcile makes one attempt at a link that a worker has claimed: it brings the app
// to what is desired now and records how far it came. What comes next is on record
// too; the claim is given back in any case but that of an error.
//
// The error is nil unless the store failed; what an app answers is part of the
// recorded outcome. It is [ErrNotFound] if the app does not exist any more, and
// [ErrLost] if the claim has passed to another worker.
func (e *Engine) Reconcile(ctx context.Context, claim Claim) error {
	w, err := e.config.Store.Load(ctx, claim.Key)
	if err != nil {
		return fmt.Errorf("loading %s: %w", claim.Key, err)
	}
	// What the app has acknowledged must not be lost to a shutdown.
	unhurried := context.WithoutCancel(ctx)
	if !w.App.State.Sends() {
		return e.config.Store.Release(unhurried, claim)
	}
	o := e.attempt(ctx, w, claim.Lane)
	if ctx.Err() != nil && o.Link.State == LinkFailing {
		// Being cut off is nobody's failure: leave the link as it was, but for what
		// the app has acknowledged.
		o.Link.State, o.Link.Attempts, o.Link.LastError = w.Link.State, w.Link.Attempts, w.Link.LastError
		o.Entry, o.Retry = nil, 0
	}
	if err := e.config.Store.Finish(unhurried, claim.Worker, o); err != nil {
		return fmt.Errorf("recording the attempt at %s: %w", claim.Key, err)
	}
	return nil
}
