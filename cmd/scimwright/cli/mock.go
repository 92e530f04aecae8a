package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
	"github.com/permiso/scimwright/mocktarget/elimityserver"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim"
)

type mockFlags struct {
	listen, token, seed, engine  string
	adminListen, controlTokenEnv string
	controlToken                 string // the one in that variable
	types, deviations            []string
	imitate                      string
	basic, clients               []string
	strict, open                 bool
	generate                     int
}

func newMock() *cobra.Command {
	var f mockFlags
	c := &cobra.Command{
		Use:   "mock",
		Short: "Serve a SCIM endpoint to test a client against",
		Long: `mock serves SCIM 2.0 over a directory in memory until it is stopped.

The default tenant is at /scim/v2. Each path /t/NAME/scim/v2 is a tenant of its own
that comes into being when it is first used. The control API at ` + control.Path + `
tells what a tenant was asked and answered, seeds, resets and steers it;
` + control.Path + `/openapi.json describes it.

The control API is open, but to this machine alone. If --listen can be reached from
elsewhere, it wants the token in the environment variable that --control-token-env
names, or one that is made and printed; --admin-listen moves it to an address of its
own.`,
		Example: `  scimwright mock --seed people.json
  scimwright mock --deviation password-in-read,patch-not-atomic
  scimwright mock --imitate slack
  scimwright mock --listen 0.0.0.0:8080 --token secret --admin-listen 127.0.0.1:8081`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return unable(runMock(cmd, &f))
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "address to serve on; port 0 takes a free one")
	flags.StringVar(&f.token, "token", "", "bearer token clients have to send (default: a random one, printed)")
	flags.StringArrayVar(&f.basic, "basic", nil, "NAME:PASSWORD that clients may send by HTTP Basic as well; may be given again")
	flags.StringArrayVar(&f.clients, "oauth-client", nil, "ID:SECRET with which clients may fetch tokens from /oauth/token (client credentials) as well; may be given again")
	flags.BoolVar(&f.open, "open", false, "let everybody in, with or without credentials")
	flags.StringVar(&f.seed, "seed", "", "JSON file of users and groups that the default tenant starts with")
	flags.IntVar(&f.generate, "generate", 0, "number of plausible users, in groups, that the default tenant starts with beside the seed")
	flags.StringArrayVar(&f.types, "types", nil, "JSON file of further schemas and resource types: one as /Schemas and /ResourceTypes show it, or an array of them; may be given again")
	flags.StringVar(&f.engine, "engine", mocktarget.OwnEngine, "who answers: rfc goes by the RFCs, elimity is the Go library elimity-com/scim on the same data")
	flags.BoolVar(&f.strict, "strict", false, "refuse requests that break a requirement of the protocol, even where they could be answered")
	flags.StringSliceVar(&f.deviations, "deviation", nil, "depart from the RFCs like this, names with commas between them; \"scimwright mock deviations\" lists them")
	flags.StringVar(&f.imitate, "imitate", "", "behave like apps of this make, such as slack; \"scimwright mock imitations\" lists them")
	flags.StringVar(&f.adminListen, "admin-listen", "", "address for the control API alone (default: it is on --listen)")
	flags.StringVar(&f.controlTokenEnv, "control-token-env", "", "environment variable with the bearer token that the control API wants")
	c.AddCommand(newDeviations(), newImitations())
	return c
}

func runMock(cmd *cobra.Command, f *mockFlags) error {
	if f.controlTokenEnv != "" {
		var err error
		if f.controlToken, err = tokenFrom(f.controlTokenEnv); err != nil {
			return err
		}
	}
	mock, err := newMockServer(f)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if err := fillMock(ctx, mock, f); err != nil {
		return err
	}
	listener, err := listen(ctx, "--listen", f.listen)
	if err != nil {
		return err
	}
	api, err := startControl(ctx, mock, f, listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	running := startMock(ctx, mock, listener)
	defer running.stop()
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "SCIM endpoint: %s\n", running.endpoint)
	if f.token == "" {
		fmt.Fprintf(out, "Bearer token: %s\n", mock.Token())
	}
	if len(f.clients) > 0 {
		fmt.Fprintf(out, "OAuth tokens: %s\n", strings.TrimSuffix(running.endpoint, "/scim/v2")+"/oauth/token")
	}
	fmt.Fprintf(out, "Control API: %s\n", api.address)
	fmt.Fprintf(out, "Inspector: %s\n", api.page())
	if api.made != "" {
		fmt.Fprintf(out, "Control token: %s\n", api.made)
	}
	select {
	case err := <-api.failed:
		return err
	case err := <-running.failed:
		return err
	case <-ctx.Done():
		return stopped(ctx)
	}
}

// newMockServer makes an empty mock, with the types that files hold.
func newMockServer(f *mockFlags) (*mocktarget.Server, error) {
	config := elimityserver.Configure(mocktarget.Config{Token: f.token, Settings: mocktarget.Settings{Strict: f.strict, Imitate: f.imitate, Deviations: f.deviations}})
	if _, known := config.Engines[f.engine]; !known && f.engine != mocktarget.OwnEngine && f.engine != "" {
		return nil, usagef("--engine %q: use %s or %s", f.engine, mocktarget.OwnEngine, elimityserver.Name)
	}
	config.Settings.Engine = f.engine
	var err error
	if config.Auth, err = f.auth(); err != nil {
		return nil, err
	}
	if config.ResourceTypes, err = readTypes(f.types); err != nil {
		return nil, err
	}
	mock, err := mocktarget.New(config)
	if err != nil {
		return nil, usagef("the mock cannot be set up like this: %v", err)
	}
	return mock, nil
}

// auth returns the ways to be let in beside the token.
func (f *mockFlags) auth() (mocktarget.Auth, error) {
	auth := mocktarget.Auth{Open: f.open}
	for _, text := range f.basic {
		name, password, ok := strings.Cut(text, ":")
		if !ok || name == "" {
			return auth, usagef("--basic: write NAME:PASSWORD")
		}
		auth.Users = append(auth.Users, mocktarget.BasicUser{Name: name, Password: password})
	}
	for _, text := range f.clients {
		id, secret, ok := strings.Cut(text, ":")
		if !ok || id == "" || secret == "" {
			return auth, usagef("--oauth-client: write ID:SECRET")
		}
		auth.Clients = append(auth.Clients, mocktarget.OAuthClient{ID: id, Secret: secret})
	}
	return auth, nil
}

// fillMock adds what the default tenant starts with. Being interrupted, it leaves the
// rest undone.
func fillMock(ctx context.Context, mock *mocktarget.Server, f *mockFlags) error {
	filled := make(chan error, 1)
	go func() { filled <- f.fill(mock.Tenant(mocktarget.DefaultTenant)) }()
	select {
	case err := <-filled:
		return err
	case <-ctx.Done():
		return stopped(ctx)
	}
}

// usersPerGroup is how many generated users there are for each generated group.
const usersPerGroup = 50

func (f *mockFlags) fill(tenant *mocktarget.Tenant) error {
	if f.seed != "" {
		seed, err := os.Open(f.seed)
		if err != nil {
			return unablef("the seed file cannot be read, check the path: %v", err)
		}
		defer seed.Close()
		if err := tenant.Seed(seed); err != nil {
			return usagef("%s cannot be loaded: %v", f.seed, err)
		}
	}
	if f.generate == 0 {
		return nil
	}
	population := mocktarget.Population{Users: f.generate, Groups: (f.generate + usersPerGroup - 1) / usersPerGroup}
	if err := tenant.Generate(population); err != nil {
		return usagef("--generate %d: %v", f.generate, err)
	}
	return nil
}

// readTypes reads files of schemas and resource types. Without files it returns nil,
// which stands for the built-in ones.
func readTypes(names []string) ([]*scim.ResourceType, error) {
	var documents [][]byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, unablef("the file of resource types cannot be read, check the path: %v", err)
		}
		documents = append(documents, text)
	}
	if documents == nil {
		return nil, nil
	}
	types, err := mocktarget.ParseResourceTypes(documents...)
	if err != nil {
		return nil, usagef("the resource types in %s cannot be used: %v", strings.Join(names, ", "), err)
	}
	return types, nil
}

// A runningMock is a mock server on a listener.
type runningMock struct {
	endpoint string
	cancel   context.CancelFunc
	failed   chan error
	ended    chan struct{}
}

// startMock serves a mock on a listener. Its owner has to stop it.
func startMock(ctx context.Context, server *mocktarget.Server, listener net.Listener) *runningMock {
	// The mock outlives an interruption until its owner has let go of it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &runningMock{endpoint: baseURL(listener) + "/scim/v2", cancel: cancel, failed: make(chan error, 1), ended: make(chan struct{})}
	go func() {
		defer close(m.ended)
		if err := server.Serve(ctx, listener); err != nil {
			m.failed <- err
		}
	}()
	return m
}

func (m *runningMock) stop() {
	m.cancel()
	<-m.ended
}

// readDirectory reads a directory file. What is wrong with the file is a matter of
// usage; that it cannot be opened is not.
func readDirectory(name string) (*provisioner.Directory, error) {
	format, err := provisioner.FormatOf(name)
	if err != nil {
		return nil, usagef("%v", err)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, unablef("the directory file cannot be read, check the path: %v", err)
	}
	defer file.Close()
	d, err := provisioner.ReadDirectory(file, format)
	if err != nil {
		return nil, usagef("%s cannot be used, nothing was changed:\n%v", name, err)
	}
	return d, nil
}

// listen opens a listener at the address that a flag gives.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, usagef("%s %q: write HOST:PORT, such as 127.0.0.1:8080", flag, address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, unablef("cannot serve on %s: %v; choose another address with %s", address, err, flag)
	}
	return listener, nil
}

// baseURL is the address of a listener as somebody on this machine reaches it.
func baseURL(l net.Listener) string {
	address := l.Addr().(*net.TCPAddr)
	if address.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", address.Port)
	}
	return "http://" + address.String()
}
