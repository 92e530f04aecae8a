package cli

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/permiso/scimwright/provisioner"
)

// A pushFlags says what is pushed into which app.
type pushFlags struct {
	directory, endpoint, app, database string
	credential                         credentialFlags
	mock                               bool
}

func (f *pushFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.directory, "directory", "", "directory file: .json, .ndjson or .csv (required)")
	flags.StringVar(&f.endpoint, "endpoint", "", "base URL of the app's SCIM service")
	f.credential.add(flags)
	flags.BoolVar(&f.mock, "mock", false, "push into a mock that lives as long as the run")
	flags.StringVar(&f.app, "app", "", "name of the app (default: the endpoint's host, or mock)")
	flags.StringVar(&f.database, "database", "", "file, or postgres:// URL, that remembers what was pushed (default: scimwright.db; with --mock none)")
}

// A push is what [pushFlags] have named.
type push struct {
	app       *provisioner.App
	directory *provisioner.Directory
	stop      func() // ends the mock, if there is one
}

// open reads the directory and finds the app. stop has to be called.
func (f *pushFlags) open(ctx context.Context) (*push, error) {
	directory, err := readDirectory(f.directory)
	if err != nil {
		return nil, err
	}
	p := &push{app: &provisioner.App{Name: f.app, Endpoint: f.endpoint}, directory: directory, stop: func() {}}
	if f.mock {
		mock, err := newMockServer(&mockFlags{})
		if err != nil {
			return nil, err
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, unablef("the mock finds no port to serve on: %v", err)
		}
		running := startMock(ctx, mock, listener)
		p.stop = running.stop
		p.app.Endpoint, p.app.Token = running.endpoint, mock.Token()
	} else if err := f.credential.set(p.app); err != nil {
		return nil, err
	}
	if err := p.app.Validate(); err != nil {
		p.stop()
		return nil, usagef("%v", err)
	}
	return p, nil
}

// temporary returns the name of a database that is there for one command, and how to
// remove it.
func temporary() (name string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "scimwright-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "scimwright.db"), func() { os.RemoveAll(dir) }, nil
}

// check finds what is wrong with the flags and fills in defaults.
func (f *pushFlags) check() error {
	switch {
	case f.directory == "":
		return usagef("--directory is missing: name the file to push")
	case f.mock && (f.endpoint != "" || f.credential.given()):
		return usagef("--mock brings its own endpoint and token: leave --endpoint, --token-env and their like out")
	case !f.mock && f.endpoint == "":
		return usagef("--endpoint is missing: give the app's SCIM base URL, or --mock to try it without an app")
	case !f.mock:
		if err := f.credential.check(); err != nil {
			return err
		}
	}
	switch {
	case f.app != "":
	case f.mock:
		f.app = "mock"
	default:
		f.app = appName(f.endpoint)
	}
	if f.database == "" && !f.mock {
		f.database = "scimwright.db"
	}
	return nil
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// appName makes a name of an endpoint's host. Whether the endpoint is any good is
// for others to say.
func appName(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return "app"
	}
	name := strings.Trim(notInName.ReplaceAllString(u.Host, "-"), "-")
	return name[:min(len(name), 60)]
}

// recall gives an app the settings that the database has of it; fresh has it forgotten.
// Links to one endpoint mean nothing at another, so a database keeps an app to its
// endpoint.
func (s *service) recall(ctx context.Context, app *provisioner.App, fresh bool) error {
	saved, err := s.store.App(ctx, app.Name)
	switch {
	case errors.Is(err, provisioner.ErrNotFound):
	case err != nil:
		return err
	case fresh:
		if err := s.store.DeleteApp(ctx, app.Name); err != nil {
			return err
		}
	case !saved.IsAt(app.Endpoint):
		return usagef("the database knows the app %q at %s, not at %s: give the new one another name with --app, or use another --database", app.Name, saved.Endpoint, app.Endpoint)
	}
	if saved != nil {
		app.Settings = saved.Settings
	}
	return nil
}
