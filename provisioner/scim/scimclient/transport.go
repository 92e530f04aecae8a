package scimclient

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// NewTransport returns the transport that [New] makes when [Config].Transport is
// nil, to be shared by several clients. It verifies TLS, keeps enough connections
// for a few dozen requests at once, and refuses addresses by cfg.
func NewTransport(cfg Config) http.RoundTripper {
	dialer := &net.Dialer{
		Timeout:   connectTimeout,
		KeepAlive: 30 * time.Second,
		// Control runs after name resolution with the address that is about to
		// be dialled, so a name that resolves differently from one moment to
		// the next cannot slip past it.
		Control: func(_, address string, _ syscall.RawConn) error {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return err
			}
			return checkHost(host, cfg.DenyPrivate)
		},
	}
	return &http.Transport{
		Proxy:                  cfg.Proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// A RefusedAddressError says that a host is, or resolved to, an address which
// the client never connects to.
type RefusedAddressError struct {
	Address netip.Addr
	// Private tells that the address is refused only because of
	// [Config].DenyPrivate.
	Private bool
}

// Error says which address was refused and why.
func (e *RefusedAddressError) Error() string {
	if e.Private {
		return fmt.Sprintf("%s is a private address, and only public ones are allowed", e.Address)
	}
	return fmt.Sprintf("%s is an unspecified, link-local, multicast or cloud metadata address, which is never contacted", e.Address)
}

// checkHost refuses an IP address by our rules; a name passes, its addresses
// are checked when it is dialled.
func checkHost(host string, denyPrivate bool) error {
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return nil
	}
	routes := []netip.Addr{addr.Unmap().WithZone(""), embedded(addr)}
	if slices.ContainsFunc(routes, forbidden) {
		return &RefusedAddressError{Address: addr}
	}
	if denyPrivate && slices.ContainsFunc(routes, private) {
		return &RefusedAddressError{Address: addr, Private: true}
	}
	return nil
}

// forbidden reports addresses that no app lives at: link-local ones, among them
// 169.254.169.254 where most clouds serve their machines' credentials, other
// clouds' metadata services, multicast, broadcast, and the unspecified address, which
// means this machine.
func forbidden(a netip.Addr) bool {
	switch a.String() {
	case "100.100.100.200", // Alibaba
		"168.63.129.16", // Azure
		"192.0.0.192",   // Oracle
		"fd00:ec2::254", // AWS
		"fd20:ce::254",  // Google
		"fd00:42::42",   // Scaleway
		"255.255.255.255":
		return true
	}
	return a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast()
}

// private reports addresses that are not part of the public internet.
func private(a netip.Addr) bool {
	if a.IsLoopback() || a.IsPrivate() {
		return true
	}
	if a.Is4() {
		b := a.As4()
		switch {
		case b[0] == 0, b[0] >= 240, // "this network", reserved
			b[0] == 100 && b[1]&0xc0 == 64,            // shared by carriers
			b[0] == 192 && b[1] == 0 && b[2] == 0,     // protocol assignments
			b[0] == 198 && (b[1] == 18 || b[1] == 19): // benchmarks
			return true
		}
		return false
	}
	b := a.As16()
	return b[0] == 0xfe && b[1]&0xc0 == 0xc0 || // the old site-local range
		slices.Equal(b[:6], []byte{0, 0x64, 0xff, 0x9b, 0, 1}) // NAT64 inside a network
}

// embedded returns the IPv4 address that an IPv6 address is a route to (NAT64, 6to4,
// Teredo, IPv4-compatible), otherwise the zero Addr.
func embedded(a netip.Addr) netip.Addr {
	if !a.Is6() || a.Is4In6() {
		return netip.Addr{}
	}
	b := a.As16()
	switch {
	case slices.Equal(b[:12], []byte{0, 0x64, 0xff, 0x9b, 11: 0}), slices.Equal(b[:6], []byte{0, 0x64, 0xff, 0x9b, 0, 1}):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case slices.Equal(b[:4], []byte{0x20, 0x01, 0, 0}):
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	case slices.Equal(b[:12], make([]byte, 12)):
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
	return netip.Addr{}
}

// checkRedirect lets a read follow a redirect inside the origin it was sent to.
// Everything else stays where it is, and do turns the 3xx answer into an error.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || !sameOrigin(req.URL, first.URL) || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// SameOrigin reports whether two URLs are of one server: scheme, host and port are the
// same. It is false for what is no URL.
func SameOrigin(a, b string) bool {
	left, errLeft := url.Parse(strings.TrimSpace(a))
	right, errRight := url.Parse(strings.TrimSpace(b))
	return errLeft == nil && errRight == nil && sameOrigin(left, right)
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return defaultPort(u.Scheme)
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}
