package conformance_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/steps"
)

// A scenario that wants to touch what the run did not make ends the run, and touches
// nothing: neither by what it says outright nor by what it hides.
func TestScenariosThatReachForOthers(t *testing.T) {
	for name, sentences := range map[string]string{
		"delete":             `When the client sends DELETE /Users/somebody`,
		"delete everybody":   `When the client sends DELETE /Users`,
		"me":                 "When the client sends PATCH /Me with:\n" + doc(`{"Operations": [{"op": "replace", "path": "active", "value": false}]}`),
		"another endpoint":   "When the client sends POST /Entitlements with:\n" + doc(`{"displayName": "{run}x"}`),
		"the configuration":  "When the client sends PUT /ServiceProviderConfig with:\n" + doc(`{}`),
		"no marker":          "When the client sends POST /Users with:\n" + doc(`{"userName": "somebody"}`),
		"bulk":               "When the client sends POST /Bulk with:\n" + doc(`{"Operations": [{"method": "DELETE", "path": "/Users/somebody"}]}`),
		"bulk with two":      "When the client sends POST /Bulk with:\n" + doc(`{"Operations": [{"method": "DELETE", "path": "/Users/somebody", "path": "/Users/{unknown}"}]}`),
		"a member":           "When the client creates a group engineers with:\n" + doc(`{"members": [{"value": "somebody"}]}`),
		"rights":             "When the client creates a user barbara with:\n" + doc(`{"roles": [{"value": "admin"}]}`),
		"another name":       "Given a user barbara\n When the client replaces barbara with:\n" + doc(`{"userName": "somebody"}`),
		"rights by a URN":    "When the client creates a user barbara with:\n" + doc(`{"urn:ietf:params:scim:schemas:core:2.0:User:roles": [{"value": "somebody"}]}`),
		"rights under a URN": "When the client creates a user barbara with:\n" + doc(`{"urn:ietf:params:scim:schemas:core:2.0:User": {"Roles": [{"value": "somebody"}]}}`),
		"rights by a filter": "Given a user barbara\n When the client sends PATCH /Users/{barbara.id} with:\n" + doc(`{"Operations": [{"op": "add", "path": "roles[type eq \"a:b\"].value", "value": "somebody"}]}`),
		"rights in a list":   "Given a user barbara\n When the client sends PATCH /Users/{barbara.id} with:\n" + doc(`{"Operations": [{"op": "add", "value": [{"roles": [{"value": "somebody"}]}]}]}`),
		"a name by a URN":    "Given a user barbara\n When the client sends PATCH /Users/{barbara.id} with:\n" + doc(`{"Operations": [{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:userName", "value": "somebody"}]}`),
		"a name under a URN": "Given a user barbara\n When the client replaces barbara with:\n" + doc(`{"urn:ietf:params:scim:schemas:core:2.0:User": {"externalId": "somebody"}}`),
		"a member by a link": "When the client creates a group engineers with:\n" + doc(`{"members": [{"$ref": "/scim/v2/Users/somebody"}]}`),
		"a member by number": "When the client creates a group engineers with:\n" + doc(`{"members": [{"value": 4711, "display": "somebody"}]}`),
		"a put in bulk":      "When the client sends POST /Bulk with:\n" + doc(`{"Operations": [{"method": "PUT", "path": "/Users/{unknown}", "data": {"userName": "somebody"}}]}`),
		"dots in bulk":       "When the client sends POST /Bulk with:\n" + doc(`{"Operations": [{"method": "DELETE", "path": "/Users/{run}x%2F..%2Fsomebody"}]}`),
		"an odd header": `When the next request has the header "X_HTTP_Method_Override" "DELETE"
			And the client sends GET /Users/somebody`,
		"a hidden method": `When the next request has the header "X-HTTP-Method-Override" "DELETE"
			And the client sends GET /Users/somebody`,
		"a hidden path": `When the next request has the header "X-Original-URL" "/Users/somebody"
			And the client sends DELETE /Users/{unknown}`,
		"a method in the query": `When the client sends GET /Users/somebody?_method=DELETE`,
		"a path with dots":      `When the client sends DELETE /Users/{unknown}/../somebody`,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			var reached atomic.Bool
			endpoint := server(t, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					r.Body = io.NopCloser(bytes.NewReader(body))
					about := r.URL.RequestURI() + string(body) + r.Header.Get("X-Original-Url")
					overridden := r.Header.Get("X-Http-Method-Override") + r.Header.Get("X_http_method_override") + r.URL.Query().Get("_method")
					if r.Method != http.MethodGet && strings.Contains(about, "somebody") || overridden != "" {
						reached.Store(true)
					}
					next.ServeHTTP(w, r)
				})
			})
			c := config(endpoint, `
  @write
  Rule: r
    @MADE-70 @must
    Scenario: Somebody else is touched
      `+sentences+`
      Then the answer has status 204
    @MADE-71 @must
    Scenario: This comes afterwards
      Given a user barbara
`)
			report, err := conformance.Run(t.Context(), c)
			var violation *steps.Violation
			if !errors.As(err, &violation) || conformance.ExitCode(report, err) != conformance.ExitCouldNotRun {
				t.Fatalf("exit %d, error %v", conformance.ExitCode(report, err), err)
			}
			if reached.Load() {
				t.Error("it reached the target")
			}
			if report.Results[0].Verdict != conformance.Error || report.Results[1].Verdict != conformance.Skip || len(report.Leaks) > 0 || users(t, endpoint) > 0 {
				t.Errorf("results %s, %s; leaks %v, %d users", report.Results[0].Verdict, report.Results[1].Verdict, report.Leaks, users(t, endpoint))
			}
		})
	}
}

func doc(text string) string { return "        \"\"\"\n        " + text + "\n        \"\"\"\n" }

// Wherever a target sends a client, the run does not go, and its token does not either.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	away := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", other.URL+r.URL.Path)
		w.WriteHeader(http.StatusPermanentRedirect)
	}
	endpoint := server(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut || strings.Contains(r.URL.Path, "/away") {
				away(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	report, err := conformance.Run(t.Context(), config(endpoint, `
  @write
  Rule: r
    @MADE-72 @must
    Scenario: A write that is sent away
      Given a user barbara
      When the client replaces barbara with:
        """
        {"title": "Guide"}
        """
      Then the answer has status 200
    @MADE-73 @must
    Scenario: A link that leads away
      When the client sends GET /Users/away
      And the client follows "{header Location}"
      Then the answer has status 200
`))
	if err != nil || elsewhere.Load() > 0 || users(t, endpoint) > 0 {
		t.Errorf("error %v, %d requests went elsewhere", err, elsewhere.Load())
	}
	for i, says := range []string{"308", "not below the base URL"} {
		if r := report.Results[i]; r.Verdict != conformance.Fail || !strings.Contains(r.Reason, says) {
			t.Errorf("%s ended %s: %s", r.ID, r.Verdict, r.Reason)
		}
	}
}
