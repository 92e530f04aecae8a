package scimclient_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// TestTokenStaysInItsOrigin: whatever the redirect, no other server sees a
// request.
func TestTokenStaysInItsOrigin(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for method, do := range methods() {
			t.Run(http.StatusText(status)+"/"+method, func(t *testing.T) {
				requests := 0
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					requests++
					http.Redirect(w, r, strings.Replace(other.URL, "://", "://me:secret@", 1)+"/x?secret=1", status)
				})
				e := failure(t, do(context.Background(), c))
				if e.Status != status || e.Ambiguous || !strings.Contains(e.Detail, other.URL) || strings.Contains(e.Detail, "secret") {
					t.Errorf("%+v, want status %d naming %s", e, status, other.URL)
				}
				if requests != 1 {
					t.Errorf("%d requests, want 1", requests)
				}
			})
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("the other origin got %d requests", n)
	}
}

func TestRedirectsInsideTheOrigin(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for method, do := range methods() {
			t.Run(http.StatusText(status)+"/"+method, func(t *testing.T) {
				var moved []string
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if !strings.HasPrefix(r.URL.Path, "/new") {
						http.Redirect(w, r, "/new"+r.URL.Path, status)
						return
					}
					moved = append(moved, r.Method+" "+r.Header.Get("Authorization"))
					answer(200, "", `{"id":"42"}`)(w, r)
				})
				err := do(context.Background(), c)
				if method == "get" {
					if err != nil || len(moved) != 1 || moved[0] != "GET Bearer "+token {
						t.Errorf("%v, %v; want the read to follow with its token", err, moved)
					}
					return
				}
				if e := failure(t, err); e.Status != status || len(moved) != 0 || !strings.Contains(e.Detail, "writes do not follow redirects") {
					t.Errorf("%v, %v; want the write to stay", err, moved)
				}
			})
		}
	}
}

func TestRedirectLoop(t *testing.T) {
	requests := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	_, err := c.Get(context.Background(), "/Users", "1")
	if e := failure(t, err); requests > 6 || !strings.Contains(e.Detail, "again and again") {
		t.Errorf("%v after %d requests", err, requests)
	}
}

func TestRedirectToNowhere(t *testing.T) {
	c, _ := serve(t, answer(302, "", ""))
	_, err := c.Create(context.Background(), "/Users", user("ann"))
	if e := failure(t, err); e.Status != 302 || !strings.Contains(e.Detail, "without saying where to") {
		t.Errorf("got %v", err)
	}
}

// TestRefusedAddresses dials names and addresses that must not be contacted.
// A proxy setting stands in for DNS: it makes the transport dial an address
// which the endpoint's URL does not show.
func TestRefusedAddresses(t *testing.T) {
	tests := []struct {
		host          string
		always, never bool // refused with any setting, with none
	}{
		{"169.254.169.254", true, false},
		{"169.254.0.1", true, false},
		{"[fe80::1]", true, false},
		{"[fe80::1%25lo]", true, false},
		{"[::ffff:169.254.169.254]", true, false},
		{"[64:ff9b::a9fe:a9fe]", true, false},
		{"[2002:a9fe:a9fe::1]", true, false},
		{"[fd00:ec2::254]", true, false},
		{"[fd00:ec2::254%25lo]", true, false},
		{"[fd20:ce::254]", true, false},
		{"[fd00:42::42]", true, false},
		{"192.0.0.192", true, false},
		{"[::a9fe:a9fe]", true, false}, // IPv4-compatible
		{"100.100.100.200", true, false},
		{"168.63.129.16", true, false},
		{"224.0.0.1", true, false},
		{"255.255.255.255", true, false},
		{"0.0.0.0", true, false},
		{"[::]", true, false},
		{"[::ffff:0.0.0.0]", true, false},
		{"[64:ff9b:1::a9fe:a9fe]", true, false},
		{"[2001:0:4136:e378:8000:63bf:5601:5601]", true, false}, // Teredo to 169.254.169.254
		{"127.0.0.1", false, false},
		{"[::1]", false, false},
		{"10.1.2.3", false, false},
		{"172.31.0.1", false, false},
		{"192.168.1.1", false, false},
		{"100.64.0.1", false, false},
		{"100.127.0.1", false, false},
		{"198.18.0.1", false, false},
		{"198.19.0.1", false, false},
		{"192.0.0.8", false, false},
		{"0.1.2.3", false, false},
		{"[::a01:203]", false, false},
		{"240.0.0.1", false, false},
		{"[fd12::1]", false, false},
		{"[fec0::1]", false, false},
		{"[64:ff9b::a01:203]", false, false},
		{"[64:ff9b:1::808:808]", false, false},
		{"[2001:0:4136:e378:8000:63bf:f5fe:fdfc]", false, false}, // Teredo to 10.1.2.3
		{"8.8.8.8", false, true},
		{"172.32.0.1", false, true},
		{"100.128.0.1", false, true},
		{"[2001:4860:4860::8888]", false, true},
		{"[64:ff9b::808:808]", false, true},
		{"app.example", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			for _, deny := range []bool{false, true} {
				want := tt.always || deny && !tt.never
				_, err := scimclient.New(scimclient.Config{Endpoint: "http://" + tt.host + "/scim", DenyPrivate: deny})
				refused, is := errors.AsType[*scimclient.RefusedAddressError](err)
				if is != want {
					t.Errorf("DenyPrivate %v: %v, want refused %v", deny, err, want)
				}
				if is && refused.Private == tt.always {
					t.Errorf("Private %v for %s", refused.Private, tt.host)
				}
				if !want {
					continue // dialling it would leave the machine
				}
				proxy := &url.URL{Scheme: "http", Host: net.JoinHostPort(strings.ReplaceAll(strings.Trim(tt.host, "[]"), "%25", "%"), "1")}
				c := connect(t, "http://app.invalid/scim", func(cfg *scimclient.Config) {
					cfg.DenyPrivate, cfg.Proxy = deny, http.ProxyURL(proxy)
				})
				_, err = c.Create(context.Background(), "/Users", user("ann"))
				refused, is = errors.AsType[*scimclient.RefusedAddressError](err)
				if e := failure(t, err); !is || e.Ambiguous || e.Detail != refused.Error() {
					t.Errorf("DenyPrivate %v: dialled: %+v, want a RefusedAddressError", deny, e)
				}
			}
		})
	}
}

// TestNameOfPrivateAddress: a name is judged by what it resolves to.
func TestNameOfPrivateAddress(t *testing.T) {
	_, srv := serve(t, answer(200, "", `{"id":"1"}`))
	endpoint := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	if _, err := connect(t, endpoint).Get(context.Background(), "/Users", "1"); err != nil {
		t.Fatalf("localhost with the default settings: %v", err)
	}
	c := connect(t, endpoint, func(cfg *scimclient.Config) { cfg.DenyPrivate = true })
	_, err := c.Get(context.Background(), "/Users", "1")
	if refused, ok := errors.AsType[*scimclient.RefusedAddressError](err); !ok || !refused.Private {
		t.Errorf("localhost with DenyPrivate: %v", err)
	}
}

func TestTLSIsVerified(t *testing.T) {
	srv := httptest.NewUnstartedServer(answer(200, "", `{"id":"1"}`))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	trust := func(cfg *scimclient.Config) { cfg.RootCAs = roots }

	if _, err := connect(t, srv.URL, trust).Get(context.Background(), "/Users", "1"); err != nil {
		t.Errorf("a trusted certificate: %v", err)
	}
	wrongName := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	for name, c := range map[string]*scimclient.Client{
		"unknown authority": connect(t, srv.URL),
		"wrong name":        connect(t, wrongName, trust),
	} {
		_, err := c.Create(context.Background(), "/Users", user("ann"))
		if e := failure(t, err); e.Ambiguous || e.Status != 0 || !strings.Contains(e.Detail, "certificate is not trusted") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	srv := httptest.NewUnstartedServer(answer(200, "", `{"id":"1"}`))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	srv.StartTLS()
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	c := connect(t, srv.URL, func(cfg *scimclient.Config) { cfg.RootCAs = roots })
	_, err := c.Create(context.Background(), "/Users", user("ann"))
	if e := failure(t, err); e.Ambiguous || !strings.Contains(e.Detail, "protocol version") {
		t.Errorf("TLS 1.1: %+v", e)
	}
}

// TestForeignTransport: a transport that tells nothing of its progress leaves
// every failed write in doubt, except where the error itself says more.
func TestForeignTransport(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		want   bool
		detail string
	}{
		"unknown":     {errors.New("it went wrong with " + token), true, "it went wrong with [redacted]"},
		"dial":        {&net.OpError{Op: "dial", Err: errors.New("no route")}, false, "dial: no route"},
		"proxy":       {&net.OpError{Op: "proxyconnect", Err: errors.New("no route")}, false, "proxyconnect: no route"},
		"no such DNS": {&net.DNSError{Name: "app.example", IsNotFound: true}, false, "the host app.example does not exist"},
		"DNS is down": {&net.DNSError{Name: "app.example", IsTemporary: true}, false, "the name of the host app.example could not be resolved"},
		"certificate": {&tls.CertificateVerificationError{Err: errors.New("too old")}, false, "its TLS certificate is not trusted: too old"},
		"no TLS":      {tls.RecordHeaderError{Msg: "no record"}, false, "it does not speak TLS; is the endpoint http:// rather than https://?"},
		"address":     {&scimclient.RefusedAddressError{}, false, "invalid IP is an unspecified, link-local, multicast or cloud metadata address, which is never contacted"},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, "http://app.example", func(cfg *scimclient.Config) {
				cfg.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, tt.err })
			})
			_, err := c.Create(context.Background(), "/Users", user("ann"))
			e := failure(t, err)
			if e.Detail != tt.detail {
				t.Errorf("detail %q, want %q", e.Detail, tt.detail)
			}
			if e.Ambiguous != tt.want || !errors.Is(err, tt.err) || strings.Contains(e.Err.Error(), token) {
				t.Errorf("%+v, want Ambiguous %v", e, tt.want)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
