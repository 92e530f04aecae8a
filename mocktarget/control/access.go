package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Access says who may use the control API.
//
// With a Token it is whoever sends it, from anywhere. Without one, it is whoever
// connects to a loopback address of this machine and, since web pages of strangers
// can do that too through the browser of somebody here, only if
//   - the Host header names this machine, so that a stranger's name that has come to
//     resolve to a loopback address (DNS rebinding) is of no use, and
//   - a request that changes something does not come from another origin's page.
type Access struct {
	// Token is what each request has to carry as a bearer token. "" leaves the API
	// open to this machine.
	Token string
	// Hosts are names of this machine, beside localhost and the loopback addresses,
	// that the Host header may have without a Token.
	Hosts []string
}

// Guard returns a handler that passes on the requests that are let in.
func (a Access) Guard(next http.Handler) http.Handler {
	if a.Token != "" {
		return a.guardByToken(sha256.Sum256([]byte(a.Token)), next)
	}
	pages := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !overLoopback(r):
			writeProblem(w, http.StatusForbidden, "the control API is open to this machine alone; for others, start the mock with a control token")
		case !a.local(r.Host):
			writeProblem(w, http.StatusForbidden, "the Host "+quote(r.Host)+" is not this machine; without a control token, use localhost or 127.0.0.1")
		case pages.Check(r) != nil:
			writeProblem(w, http.StatusForbidden, "a page of another origin may not change the mock; without a control token, send no Origin, or this one")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (a Access) guardByToken(want [sha256.Size]byte, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.known(r) {
			next.ServeHTTP(w, r)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		// Hashing makes both sides one length, so that the comparison takes one time.
		given := sha256.Sum256([]byte(strings.TrimSpace(token)))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="scimwright mock"`)
			writeProblem(w, http.StatusUnauthorized, "send the control token of the mock: Authorization: Bearer TOKEN")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// overLoopback reports whether a request came in at a loopback address. One that
// came over no connection at all is this program's own.
func overLoopback(r *http.Request) bool {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	if address.Network() == "unix" {
		return true
	}
	at, err := netip.ParseAddrPort(address.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// local reports whether a Host header names this machine.
func (a Access) local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return address.Unmap().IsLoopback()
	}
	return host != "" && slices.ContainsFunc(a.Hosts, func(name string) bool { return strings.EqualFold(name, host) })
}
