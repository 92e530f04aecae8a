package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/control"
)

// A controlAPI is the control API of a mock where it is served.
type controlAPI struct {
	address string
	made    string     // the token, if one had to be made
	failed  chan error // of a listener of its own
}

// page is where people look at the mock with a browser.
func (c *controlAPI) page() string {
	return strings.TrimSuffix(c.address, control.Path) + control.PagePath
}

// startControl serves the control API until ctx ends: on the mock's listener, or on
// its own one if there is an address for that.
func startControl(ctx context.Context, mock *mocktarget.Server, f *mockFlags, listener net.Listener) (*controlAPI, error) {
	config := control.Config{Version: version()}
	at, address, own := listener, f.listen, f.adminListen != ""
	if own {
		var err error
		if at, err = listen(ctx, "--admin-listen", f.adminListen); err != nil {
			return nil, err
		}
		address, config.Origin = f.adminListen, originFor(listener)
	}
	api := &controlAPI{address: baseURL(at) + control.Path, failed: make(chan error, 1)}
	host, _, _ := net.SplitHostPort(address)
	config.Access.Hosts = []string{host}
	config.Access.Token = f.controlToken
	if f.controlToken == "" && !at.Addr().(*net.TCPAddr).IP.IsLoopback() {
		api.made = rand.Text()
		config.Access.Token = api.made
	}
	handler := control.New(ctx, mock, config)
	if !own {
		handler.Mount()
		return api, nil
	}
	handler.MountHealth()
	go func() {
		if err := serveHTTP(ctx, at, handler); err != nil {
			api.failed <- err
		}
	}()
	return api, nil
}

// originFor tells the control API on another listener where the SCIM services are.
func originFor(l net.Listener) string {
	if address := l.Addr().(*net.TCPAddr); address.IP.IsUnspecified() {
		return fmt.Sprintf("http://:%d", address.Port)
	}
	return baseURL(l)
}
