package provisioner_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget/fault"
	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// TestFaultsOfReaching: the app is there, and requests do not come to it. It is paused
// for a reason that says what is wrong, asked now and then, and gets what it has missed
// once it can be reached.
func TestFaultsOfReaching(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*testing.T, *moody) *trouble
		reason  string
	}{
		"the name does not exist":     {func(t *testing.T, m *moody) *trouble { return nameless(t, m, 3) }, "the host app.test does not exist"},
		"the name server breaks down": {func(t *testing.T, m *moody) *trouble { return nameless(t, m, 2) }, "the name of the host app.test could not be resolved"},
		"TLS of another name":         {mistaken, "certificate is not trusted"},
		"redirect to another host":    {sentAway, "redirect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Ten failures in a row are an outage, and up to sixteen more attempts are under
			// way before the tenth is known.
			const users, vain = 40, 10 + 16
			m := newMoody(t)
			m.seedForeign()
			trouble := test.prepare(t, m)
			r := newRig(t, rigConfig{engine: provisioner.Config{Transport: trouble.transport}})
			r.connectTo("app", trouble.url, m.Token(), provisioner.Settings{})
			r.put(users, "a", nil)
			r.settle("app")
			asked := r.engine.Requests("app")
			trouble.on(true)
			r.put(users, "b", func(i int) bool { return i == 7 })
			r.paused("app", provisioner.PauseEndpoint)
			if app := r.app("app"); !strings.Contains(app.Reason, test.reason) {
				t.Errorf("the app is paused since %q, want %q in it", app.Reason, test.reason)
			}
			r.advance(30*time.Second, "app")
			r.tend()
			r.paused("app", provisioner.PauseEndpoint)
			if n := r.engine.Requests("app") - asked; n > vain {
				t.Errorf("%d requests were tried in vain, want %d at the most", n, vain)
			}
			m.wantUsers(users, "a", nil)
			trouble.on(false)
			r.advance(time.Minute, "app")
			r.tend()
			r.settle("app")
			m.wantUsers(users, "b", func(i int) bool { return i != 7 })
		})
	}
}

// Trouble is something that keeps requests from an app while it is on.
type trouble struct {
	url       string
	transport http.RoundTripper
	on        func(bool)
}

// nameless has a name server answer with an error code (RFC 1035 section 4.1.1) instead
// of the app's address.
func nameless(t *testing.T, m *moody, code byte) *trouble {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var failing atomic.Bool
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			rcode := byte(0)
			if failing.Load() {
				rcode = code
			}
			_, _ = conn.WriteTo(resolve(query[:n], rcode), from)
		}
	}()
	dialer := &net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}}
	return &trouble{
		url: strings.Replace(m.URL(), "127.0.0.1", "app.test", 1),
		// Each request looks the name up.
		transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		on:        failing.Store,
	}
}

// resolve answers a query for an address (RFC 1035 section 4): it is 127.0.0.1, and
// there is none in IPv6, unless there is an error code.
func resolve(query []byte, rcode byte) []byte {
	end := 12 + bytes.IndexByte(query[12:], 0) + 5 // header, name, type and class
	answer := bytes.Clone(query[:end])
	answer[2] |= 0x80 // it is an answer
	answer[3] = 0x80 | rcode
	copy(answer[4:12], []byte{0, 1, 0, 0, 0, 0, 0, 0}) // one question, and nothing else
	if isA := query[end-3] == 1; isA && rcode == 0 {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return answer
}

// mistaken puts a server before the app whose certificate is for another name.
func mistaken(t *testing.T, m *moody) *trouble {
	t.Helper()
	right, other := certificate(t, "localhost"), certificate(t, "elsewhere.test")
	var failing atomic.Bool
	server := httptest.NewUnstartedServer(m.Server())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if failing.Load() {
			return other, nil
		}
		return right, nil
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(right.Leaf)
	roots.AddCert(other.Leaf)
	return &trouble{
		url:       strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/scim/v2",
		transport: scimclient.NewTransport(scimclient.Config{RootCAs: roots}),
		on: func(is bool) {
			failing.Store(is)
			server.CloseClientConnections()
		},
	}
}

// certificate makes a certificate for a name.
func certificate(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// sentAway has the app send every request to another host, which must see none.
func sentAway(t *testing.T, m *moody) *trouble {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked %s %s with the token %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	return &trouble{url: m.URL(), on: func(is bool) {
		if is {
			m.fail(fault.Rule{Kind: fault.Redirect, Location: elsewhere.URL, Times: -1})
		} else {
			m.fail()
		}
	}}
}
