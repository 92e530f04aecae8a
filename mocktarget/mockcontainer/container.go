// Package mockcontainer runs the mock SCIM server in a container, through
// testcontainers-go, for tests that want a mock of another process:
//
//	mock, err := mockcontainer.Run(ctx, mockcontainer.WithSeedFile("people.json"))
//	// …
//	defer mock.Terminate(ctx)
//	// … let the client under test provision into mock.URL() with mock.Token()
//	users, err := mock.Resources(ctx, "User")
//
// A [Mock] is a [mocktarget.Target], as the mock of package mocktargettest is, so
// that the same code looks at either.
//
// Without [WithImage], the image is built on the spot: the Go command compiles
// scimwright as the caller's module has it, and Docker needs no network since the
// image starts from scratch. Nothing is pulled then but what testcontainers itself
// wants; TESTCONTAINERS_RYUK_DISABLED=true keeps it from wanting anything.
package mockcontainer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
)

// port is where the mock listens inside the container.
const port = "8080/tcp"

// A Mock is one tenant of a mock in a container.
type Mock struct {
	mocktarget.Target
	// Container is the container; terminating it removes an image that was built for
	// it as well.
	Container *testcontainers.DockerContainer
	origin    string
	token     string
}

// An Option changes what [Run] starts.
type Option func(*settings)

type settings struct {
	image  string
	tenant string
	seed   string
	flags  []string
}

// WithImage runs an image that is there already or can be pulled, instead of building
// one. Its entrypoint is scimwright.
func WithImage(name string) Option { return func(s *settings) { s.image = name } }

// WithTenant makes the target another tenant than the default one.
func WithTenant(name string) Option { return func(s *settings) { s.tenant = name } }

// WithSeedFile adds resources to the tenant before Run returns: a file with a JSON
// object such as {"Users": […], "Groups": […]}, see [mocktarget.Tenant.Seed].
func WithSeedFile(path string) Option { return func(s *settings) { s.seed = path } }

// WithFlags gives scimwright mock further flags, such as "--strict".
func WithFlags(flags ...string) Option {
	return func(s *settings) { s.flags = append(s.flags, flags...) }
}

// Run starts a container and returns its mock once it answers. The error of a mock
// that does not come up holds what it has printed. With an error, Run has removed the
// container.
func Run(ctx context.Context, options ...Option) (*Mock, error) {
	var s settings
	for _, option := range options {
		option(&s)
	}
	m := &Mock{token: rand.Text()}
	if err := m.start(ctx, s); err != nil {
		return nil, errors.Join(fmt.Errorf("mockcontainer: %w", err), m.Terminate(context.WithoutCancel(ctx)))
	}
	return m, nil
}

func (m *Mock) start(ctx context.Context, s settings) error {
	request := []testcontainers.ContainerCustomizer{
		testcontainers.WithLogger(log.NewNoopLogger()),
		testcontainers.WithEnv(map[string]string{"SCIMWRIGHT_CONTROL_TOKEN": m.token}),
		testcontainers.WithExposedPorts(port),
		testcontainers.WithCmd(append([]string{"mock", "--listen", "0.0.0.0:8080", "--control-token-env", "SCIMWRIGHT_CONTROL_TOKEN"}, s.flags...)...),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/readyz").WithPort(port)),
	}
	if s.image == "" {
		files, err := prepareImage(ctx)
		if err != nil {
			return err
		}
		defer os.RemoveAll(files)
		request = append(request, testcontainers.WithDockerfile(testcontainers.FromDockerfile{Context: files}))
	}
	var err error
	if m.Container, err = testcontainers.Run(ctx, s.image, request...); err != nil {
		return m.withOutput(ctx, err)
	}
	if m.origin, err = m.Container.PortEndpoint(ctx, port, "http"); err != nil {
		return err
	}
	m.Target, err = control.Dial(ctx, m.origin, control.DialConfig{ControlToken: m.token, Tenant: s.tenant, Origin: m.origin})
	if err != nil || s.seed == "" {
		return err
	}
	seed, err := os.Open(s.seed)
	if err != nil {
		return fmt.Errorf("the seed file cannot be read, check the path: %w", err)
	}
	defer seed.Close()
	if err := m.Seed(ctx, seed); err != nil {
		return fmt.Errorf("%s cannot be loaded: %w", s.seed, err)
	}
	return nil
}

// withOutput adds what the mock has printed to an error.
func (m *Mock) withOutput(ctx context.Context, err error) error {
	if m.Container == nil {
		return err
	}
	output, readErr := m.Output(context.WithoutCancel(ctx))
	if readErr != nil || output == "" {
		return err
	}
	return fmt.Errorf("%w\nthe mock says:\n%s", err, output)
}

// Origin returns scheme, host and port at which the mock is reached from here.
func (m *Mock) Origin() string { return m.origin }

// ControlToken returns the bearer token of the control API.
func (m *Mock) ControlToken() string { return m.token }

// Output returns what the mock has printed so far.
func (m *Mock) Output(ctx context.Context) (string, error) {
	logs, err := m.Container.Logs(ctx)
	if err != nil {
		return "", err
	}
	defer logs.Close()
	text, err := io.ReadAll(logs)
	return string(text), err
}

// Terminate stops the mock and removes its container, and the image if Run has built
// one.
func (m *Mock) Terminate(ctx context.Context) error {
	return m.Container.Terminate(ctx)
}
