package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/admin"
	"github.com/permiso/scimwright/provisioner/admin/console"
	"github.com/permiso/scimwright/provisioner/queue"
	"github.com/permiso/scimwright/provisioner/store"
)

// keyEnv is the environment variable that holds the secret which seals tokens in
// the database.
const keyEnv = "SCIMWRIGHT_KEY"

func sealingKey() []byte { return []byte(os.Getenv(keyEnv)) }

// stopWithin is how long requests and attempts under way may take when the program ends:
// service managers kill what has not ended 10 s after they asked for it. interruptWithin
// is how long when somebody waits for it to end.
const (
	stopWithin      = 8 * time.Second
	interruptWithin = 2 * time.Second
)

type serviceConfig struct {
	// database is the SQLite file, or the URL of a PostgreSQL database.
	database string
	// key is the secret that seals tokens in it. Empty means one in a file beside it.
	key []byte
	// forgetSecrets drops what the key does not open.
	forgetSecrets bool
	// backoff bounds the waits between retries. Zero means the engine's own.
	backoff provisioner.Backoff
	// transport carries requests to apps. Nil means the engine's own.
	transport http.RoundTripper
	// idle leaves the queue out until start is called: changes are stored, nothing is
	// sent by itself.
	idle bool
	// reading lets a database file be in use by another process; nothing is written.
	reading bool
	// private lets apps be in private networks and on this machine.
	private bool
	// log receives what goes wrong inside. Nil means nowhere.
	log *slog.Logger
}

// A service is the engine with all it needs, at work on a database.
type service struct {
	store  *store.Store
	queue  *queue.Queue // nil unless it is at work
	log    *slog.Logger
	engine *provisioner.Engine
}

// openService opens the database and starts to work on what it holds. Its owner
// has to close it.
func openService(ctx context.Context, config serviceConfig) (_ *service, err error) {
	if config.log == nil {
		config.log = slog.New(slog.DiscardHandler)
	}
	s := &service{log: config.log}
	if s.store, err = store.Open(ctx, store.Config{Database: config.database, Key: config.key, Reading: config.reading, ForgetSecrets: config.forgetSecrets}); err != nil {
		return nil, databaseError(config.database, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	s.engine = provisioner.New(provisioner.Config{
		Store: s.store, UserAgent: userAgent(), Backoff: config.backoff, Transport: config.transport,
		PrivateNetwork: config.private, Log: config.log,
	})
	if config.idle {
		return s, nil
	}
	return s, s.start(ctx)
}

// start sets the queue to work on what the database holds.
func (s *service) start(ctx context.Context) error {
	var err error
	s.queue, err = queue.Start(ctx, queue.Config{Store: s.store, Engine: s.engine, Log: s.log})
	return err
}

func databaseError(name string, err error) error {
	if errors.Is(err, store.ErrLocked) {
		return &exitError{code: ExitUnable, cause: err, text: fmt.Sprintf("another scimwright is at work on %s: stop it, or use another --database", name)}
	}
	text := fmt.Sprintf("the database %s cannot be used: %v", databaseName(name), err)
	if _, ok := errors.AsType[*store.KeyError](err); ok {
		text += "; if it is lost, see scimwright lost-key --help"
	}
	return &exitError{code: ExitUnable, cause: err, text: text}
}

// databaseName returns a database as messages name it: a URL without the password, also
// one that makes no sense.
func databaseName(database string) string {
	if u, err := url.Parse(database); err == nil && u.User != nil {
		return u.Redacted()
	}
	return inURL.ReplaceAllString(database, "://***@")
}

// inURL is a user name with a password in a URL.
var inURL = regexp.MustCompile(`://.*@`)

// Connect saves an app, unless requests could not be sent to it.
func (s *service) Connect(ctx context.Context, app provisioner.App) error {
	if err := s.engine.Check(ctx, app); err != nil {
		return err
	}
	return s.store.PutApp(ctx, app)
}

// close lets the attempts under way finish and closes the database. No service needs
// no closing.
func (s *service) close() error {
	if s == nil {
		return nil
	}
	return s.closeWithin(stopWithin)
}

// closeWithin gives the attempts under way some time before it cuts them off. One
// that is cut off costs a look at the app later, and nothing else.
func (s *service) closeWithin(patience time.Duration) error {
	return errors.Join(s.stop(patience), s.store.Close())
}

// stop ends the queue and keeps the database open.
func (s *service) stop(patience time.Duration) error {
	if s.queue == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	queue := s.queue
	s.queue = nil
	return queue.Stop(ctx)
}

// A daemon is a service with its admin API and its page on a listener.
type daemon struct {
	service *service
	cancel  context.CancelCauseFunc
	done    chan error
}

// startDaemon serves the admin API, and the page for people, until it is stopped. It takes over the listener.
func startDaemon(ctx context.Context, listener net.Listener, apiKey string, config serviceConfig) (*daemon, error) {
	s, err := openService(ctx, config)
	if err != nil {
		return nil, err
	}
	handler, err := admin.New(admin.Config{Store: s.store, Steward: s.engine, Runner: s.engine, Tester: s.engine, APIKey: apiKey, Version: version(), Log: config.log})
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	// It ends when it is told to by stop, not when whoever started it does.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	d := &daemon{service: s, cancel: cancel, done: make(chan error, 1)}
	go func() { d.done <- serveHTTP(ctx, listener, console.New(handler)) }()
	return d, nil
}

// stop gives requests and attempts under way the same time to finish, and closes the
// service.
func (d *daemon) stop() error {
	d.cancel(nil)
	err := d.service.stop(stopWithin)
	return errors.Join(<-d.done, err, d.service.store.Close())
}

// serveHTTP answers requests until ctx ends.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if server.Shutdown(grace) != nil {
		return server.Close() // whoever is left has had the time
	}
	return nil
}

// snapshot copies a database to a file for a run that must not change it. A file
// that does not exist yet is copied by doing nothing.
func snapshot(ctx context.Context, from, to string) error {
	if !exists(from) {
		return nil
	}
	s, err := openService(ctx, serviceConfig{database: from, key: sealingKey(), idle: true})
	if err != nil {
		return err
	}
	if err := errors.Join(s.store.Snapshot(ctx, to), s.close()); err != nil {
		return fmt.Errorf("copying the database %s: %w", databaseName(from), err)
	}
	// Tokens in the copy open with the same key.
	key, err := os.ReadFile(from + ".key")
	if errors.Is(err, os.ErrNotExist) {
		return nil // it comes from the environment
	}
	if err != nil {
		return fmt.Errorf("copying the key of the database %s: %w", filepath.Base(from), err)
	}
	return os.WriteFile(to+".key", key, 0o600)
}
