package cli

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/provisioner"
)

type mockFlags struct {
	listen, token, seed string
}

func newMock() *cobra.Command {
	var f mockFlags
	c := &cobra.Command{
		Use:   "mock",
		Short: "Serve a SCIM endpoint to test a client against",
		Long: `mock serves SCIM 2.0 over a directory in memory until it is stopped.

The default tenant is at /scim/v2. Each path /t/NAME/scim/v2 is a tenant of its own
that comes into being when it is first used. What a tenant was asked and answered is
at /_mock/api/v1/tenants/NAME/journal.`,
		Example: "  scimwright mock --listen 127.0.0.1:8080 --token secret --seed people.json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return unable(runMock(cmd, &f))
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address to serve on; port 0 takes a free one")
	c.Flags().StringVar(&f.token, "token", "", "bearer token clients have to send (default: a random one, printed)")
	c.Flags().StringVar(&f.seed, "seed", "", "JSON file of users and groups that the default tenant starts with")
	return c
}

func runMock(cmd *cobra.Command, f *mockFlags) error {
	mock, err := newMockServer(f)
	if err != nil {
		return err
	}
	running, err := startMock(cmd.Context(), mock, f.listen)
	if err != nil {
		return err
	}
	defer running.stop()
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "SCIM endpoint: %s\n", running.endpoint)
	if f.token == "" {
		fmt.Fprintf(out, "Bearer token: %s\n", mock.Token())
	}
	return running.wait(cmd.Context())
}

// newMockServer makes a mock, with what the seed file holds.
func newMockServer(f *mockFlags) (*mocktarget.Server, error) {
	mock, err := mocktarget.New(mocktarget.Config{Token: f.token})
	if err != nil || f.seed == "" {
		return mock, err
	}
	seed, err := os.Open(f.seed)
	if err != nil {
		return nil, unablef("the seed file cannot be read, check the path: %v", err)
	}
	defer seed.Close()
	if err := mock.Tenant(mocktarget.DefaultTenant).Seed(seed); err != nil {
		return nil, usagef("%s cannot be loaded: %v", f.seed, err)
	}
	return mock, nil
}

// A runningMock is a mock server on a listener.
type runningMock struct {
	endpoint string
	cancel   context.CancelFunc
	done     chan error
}

// startMock serves a mock on an address. Its owner has to stop it.
func startMock(ctx context.Context, server *mocktarget.Server, address string) (*runningMock, error) {
	listener, err := listen(ctx, address)
	if err != nil {
		return nil, err
	}
	// The mock outlives an interruption until its owner has let go of it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &runningMock{endpoint: baseURL(listener) + "/scim/v2", cancel: cancel, done: make(chan error, 1)}
	go func() { m.done <- server.Serve(ctx, listener) }()
	return m, nil
}

// wait blocks until the mock fails or ctx ends.
func (m *runningMock) wait(ctx context.Context) error {
	select {
	case err := <-m.done:
		m.done <- err
		return err
	case <-ctx.Done():
		return stopped(ctx)
	}
}

func (m *runningMock) stop() {
	m.cancel()
	<-m.done
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

func listen(ctx context.Context, address string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, usagef("--listen %q: write HOST:PORT, such as 127.0.0.1:8080", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, unablef("cannot serve on %s: %v; choose another address with --listen", address, err)
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
