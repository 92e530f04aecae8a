package features_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// secured serves a handler over some versions of TLS, as something does that ends TLS for
// it: it wants clients to stay with that. It says nothing of those that it refuses.
func secured(t *testing.T, handler http.Handler, versions *tls.Config) *httptest.Server {
	return securedBy(t, handler, versions, "max-age=31536000; includeSubDomains")
}

func securedBy(t *testing.T, handler http.Handler, versions *tls.Config, policy string) *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if policy != "" {
			w.Header().Set("Strict-Transport-Security", policy)
		}
		handler.ServeHTTP(w, r)
	}))
	server.TLS, server.Config.ErrorLog = versions, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// A service is judged by the versions of TLS that it agrees to.
func TestVersionsOfTLS(t *testing.T) {
	target := mocktargettest.New(t)
	for name, test := range map[string]struct {
		versions *tls.Config
		found    map[string]conformance.Verdict // what is not passed
	}{
		"1.2 and later": {&tls.Config{MinVersion: tls.VersionTLS12}, nil},
		"1.2 alone":     {&tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}, nil},
		"1.3 alone":     {&tls.Config{MinVersion: tls.VersionTLS13}, map[string]conformance.Verdict{"TLS-02": conformance.Warn}},
		"1.1 and later": {&tls.Config{MinVersion: tls.VersionTLS11}, map[string]conformance.Verdict{"TLS-03": conformance.Fail}},
		"1.0 too":       {&tls.Config{MinVersion: tls.VersionTLS10}, map[string]conformance.Verdict{"TLS-03": conformance.Fail}},
	} {
		t.Run(name, func(t *testing.T) {
			server := secured(t, target.Handler(), test.versions)
			judgeTLS(t, conformance.Config{Endpoint: server.URL + "/scim/v2", Transport: server.Client().Transport}, target, func(r conformance.Result) {
				want := conformance.Pass
				if v, other := test.found[r.ID]; other {
					want = v
				}
				if r.Verdict != want {
					t.Errorf("%s %s (%s), want %s", r.Verdict, r.ID, r.Reason, want)
				}
			})
		})
	}
}

// What an answer says about staying with TLS is read as RFC 6797 has it.
func TestPolicyOfTLS(t *testing.T) {
	target := mocktargettest.New(t)
	for policy, want := range map[string]conformance.Verdict{
		"":                                     conformance.Info,
		"max-age=0":                            conformance.Info,
		"includeSubDomains":                    conformance.Info,
		"max-age=ever":                         conformance.Info,
		"max-age=300":                          conformance.Pass,
		`includeSubDomains ; Max-Age = "300";`: conformance.Pass,
	} {
		server := securedBy(t, target.Handler(), nil, policy)
		judgeTLS(t, conformance.Config{Endpoint: server.URL + "/scim/v2", Transport: server.Client().Transport}, target, func(r conformance.Result) {
			if r.ID == "TLS-04" && r.Verdict != want {
				t.Errorf("with the policy %q %s (%s), want %s", policy, r.Verdict, r.Reason, want)
			}
		})
	}
}

// Where there is no TLS of the target's own, nothing is said about it.
func TestNoTLS(t *testing.T) {
	target := mocktargettest.New(t)
	judgeTLS(t, conformance.Config{Endpoint: target.URL()}, target, func(r conformance.Result) {
		if r.Verdict != conformance.Skip || !strings.Contains(r.Reason, "plain http") {
			t.Errorf("%s %s (%s), want it left out since there is no TLS", r.Verdict, r.ID, r.Reason)
		}
	})
	judgeTLS(t, conformance.Config{Endpoint: "https://scim.example.com/scim/v2", Transport: inTheWay{target.Handler()}}, target, func(r conformance.Result) {
		switch {
		case r.ID == "TLS-01":
		case r.Verdict == conformance.Skip && (r.BlockedBy == "TLS-01" || strings.Contains(r.Reason, "something else")):
		default:
			t.Errorf("%s %s (%s), want it left out since something is in the way", r.Verdict, r.ID, r.Reason)
		}
	})
}

// inTheWay carries requests to a handler as something in the way does that ends TLS.
type inTheWay struct{ handler http.Handler }

func (w inTheWay) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, in)
	return recorder.Result(), nil
}

func judgeTLS(t *testing.T, config conformance.Config, target *mocktargettest.Target, see func(conformance.Result)) {
	t.Helper()
	config.Token, config.Features, config.Timeout = target.Token(), features.FS, patience
	config.Select = conformance.Selection{Only: []string{"TLS", "DISC-01"}}
	report, err := conformance.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, r := range report.Results {
		if r.Area == "TLS" {
			seen++
			see(r)
		}
	}
	if seen != 4 {
		t.Errorf("%d checks of TLS, want 4", seen)
	}
}
