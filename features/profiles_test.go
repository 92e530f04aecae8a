package features_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/conformance"
	"github.com/permiso/scimwright/conformance/requirement"
	"github.com/permiso/scimwright/features"
	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/mocktargettest"
)

// Every profile holds something, and of the checks that are there for one profile alone
// each cites what it is about.
func TestEveryProfileHoldsChecks(t *testing.T) {
	least := map[string]int{
		conformance.RFC: 350, conformance.RFCStrict: 350, conformance.ReadOnly: 100, conformance.Lifecycle: 20,
		conformance.Cursor: 10, conformance.Bulk: 15, conformance.Stress: 5, conformance.Interop: 10,
	}
	for _, p := range conformance.Profiles() {
		checks, err := conformance.Select(features.FS, conformance.Selection{Profiles: []string{p.Name}})
		if err != nil {
			t.Fatal(err)
		}
		if len(checks) < least[p.Name] || least[p.Name] == 0 {
			t.Errorf("the profile %s holds %d checks, want %d", p.Name, len(checks), least[p.Name])
		}
		for _, c := range checks {
			if p.Name == conformance.ReadOnly && slices.Contains(c.Tags, "@write") {
				t.Errorf("%s writes, and is in the profile %s", c.ID, p.Name)
			}
			if (p.Name == conformance.Stress || p.Name == conformance.Interop) && len(c.Requirements) == 0 {
				t.Errorf("%s cites no requirement", c.ID)
			}
			for _, id := range c.Requirements {
				if _, known := requirement.Get(id); !known {
					t.Errorf("%s cites %s, which there is not", c.ID, id)
				}
			}
		}
	}
}

// A trait is something in which a service differs from the mock: a deviation, or an
// answer of its own.
type trait struct {
	deviation string
	answer    func(next http.Handler) http.Handler
}

// judgeBy judges a mock with traits by a selection.
func judgeBy(t *testing.T, selection conformance.Selection, traits ...trait) map[string]conformance.Result {
	t.Helper()
	var settings mocktarget.Settings
	for _, tr := range traits {
		if tr.deviation != "" {
			settings.Deviations = append(settings.Deviations, tr.deviation)
		}
	}
	target := mocktargettest.New(t, mocktargettest.WithJournalTail(0), mocktargettest.WithConfig(mocktarget.Config{Settings: settings}))
	handler := target.Handler()
	for _, tr := range traits {
		if tr.answer != nil {
			handler = tr.answer(handler)
		}
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	report, err := conformance.Run(t.Context(), conformance.Config{
		Endpoint: server.URL + "/scim/v2", Token: target.Token(), Features: features.FS, Write: true,
		Select: selection, Settle: 5 * time.Millisecond, Tick: 2 * time.Millisecond, Timeout: patience,
	})
	if err != nil || len(report.Leaks) > 0 || len(target.Users())+len(target.Groups()) > 0 {
		t.Fatalf("error %v, leaks %v, %d users and %d groups left", err, report.Leaks, len(target.Users()), len(target.Groups()))
	}
	results := map[string]conformance.Result{}
	for _, r := range report.Results {
		results[r.ID] = r
	}
	return results
}

// rewriting changes the answers to requests that match.
func rewriting(match func(*http.Request) bool, change func(status int, body string) (int, string)) trait {
	return trait{answer: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !match(r) {
				next.ServeHTTP(w, r)
				return
			}
			a := httptest.NewRecorder()
			next.ServeHTTP(a, r)
			status, body := change(a.Code, a.Body.String())
			for name, values := range a.Header() {
				w.Header()[name] = values
			}
			w.Header().Del("Content-Length")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}}
}

func always(status int, text string) func(int, string) (int, string) {
	return func(int, string) (int, string) { return status, text }
}

// turning changes one status into another.
func turning(from, to int) func(int, string) (int, string) {
	return func(status int, body string) (int, string) {
		if status == from {
			return to, body
		}
		return status, body
	}
}

func to(method, path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.Contains(r.URL.Path, path) }
}

// third picks every third of the requests that match.
func third(match func(*http.Request) bool) func(*http.Request) bool {
	var n atomic.Int64
	return func(r *http.Request) bool { return match(r) && n.Add(1)%3 == 0 }
}

// The mock has no known fault under stress, and each check of it finds one that has.
func TestStress(t *testing.T) {
	for id, r := range judgeBy(t, conformance.Selection{Profiles: []string{conformance.Stress}}) {
		if r.Verdict != conformance.Pass {
			t.Errorf("%s %s: %s", id, r.Verdict, r.Reason)
		}
	}
	longFilter := func(r *http.Request) bool { return len(r.URL.Query().Get("filter")) > 4000 }
	wantFound(t, map[string]trait{
		"STRESS-01": rewriting(to("POST", "/Users"), turning(409, 500)),
		"STRESS-02": rewriting(third(to("PUT", "/Users/")), always(500, "{}")),
		"STRESS-03": rewriting(third(to("POST", "/.search")), always(503, "{}")),
		"STRESS-04": {deviation: "pages-overlap"},
		"STRESS-05": {deviation: "member-add-ignored"},
		"STRESS-06": {deviation: "long-strings-cut"},
		"STRESS-07": rewriting(longFilter, always(500, "{}")),
	})
}

// wantFound wants each check to fail a service that has all the traits.
func wantFound(t *testing.T, traits map[string]trait) {
	t.Helper()
	wantAll(t, traits, conformance.Fail)
}

func wantAll(t *testing.T, traits map[string]trait, want conformance.Verdict) {
	t.Helper()
	ids := slices.Sorted(maps.Keys(traits))
	results := judgeBy(t, conformance.Selection{Only: ids}, slices.Collect(maps.Values(traits))...)
	for _, id := range ids {
		if r := results[id]; r.Verdict != want {
			t.Errorf("%s ends %s, want %s: %s", id, r.Verdict, want, r.Reason)
		}
	}
}

// What a draft demands and the RFCs do not is judged for those who ask: the mock, which
// follows the RFCs, does not pass all of it. Each check tells services apart.
func TestInterop(t *testing.T) {
	follows := map[string]trait{
		"INTEROP-01": rewriting(to("GET", "/ServiceProviderConfig"), func(status int, body string) (int, string) {
			return status, strings.Replace(body, "{", `{"interopProfileConformant": true, `, 1)
		}),
		"INTEROP-05": rewriting(to("POST", "/Users"), func(status int, body string) (int, string) {
			return status, strings.Replace(body, "invalidValue", "invalidSyntax", 1)
		}),
		"INTEROP-11": {answer: func(next http.Handler) http.Handler {
			return rewriting(to("PATCH", "/Users/"), func(status int, body string) (int, string) {
				return status, strings.Replace(body, "invalidPath", "invalidSyntax", 1)
			}).answer(next)
		}, deviation: "patch-pathless-refused"},
		"INTEROP-12": {answer: removingFirst},
	}
	for id, r := range judgeBy(t, conformance.Selection{Profiles: []string{conformance.Interop}}) {
		_, beyond := follows[id]
		if want := map[bool]conformance.Verdict{true: conformance.Fail, false: conformance.Pass}[beyond]; r.Verdict != want {
			t.Errorf("%s %s, want %s: %s", id, r.Verdict, want, r.Reason)
		}
	}
	wantAll(t, follows, conformance.Pass)
	off := func(body, what string) string {
		before, after, _ := strings.Cut(body, what)
		return before + what + strings.Replace(after, "true", "false", 1)
	}
	undefined := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Query().Get("filter"), "planetOfBirth") }
	hundred := func(r *http.Request) bool { return r.URL.Query().Get("count") == "100" }
	wantFound(t, map[string]trait{
		"INTEROP-02": rewriting(to("GET", "/ResourceTypes/User"), func(status int, body string) (int, string) {
			return status, strings.Replace(body, `"id":"User"`, `"id":"users"`, 1)
		}),
		"INTEROP-03": rewriting(to("GET", "/Schemas/"), func(status int, body string) (int, string) {
			return status, strings.ReplaceAll(body, "canonicalValues", "suggestedValues")
		}),
		"INTEROP-06": {deviation: "duplicate-other-case-accepted"},
		"INTEROP-07": {deviation: "patch-duplicate-answers-400"},
		"INTEROP-08": {deviation: "filter-and-as-or"},
		"INTEROP-09": rewriting(undefined, always(200, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0}`)),
		"INTEROP-10": rewriting(hundred, always(400, `{}`)),
		"INTEROP-13": {deviation: "patch-ignored"},
	})
	wantFound(t, map[string]trait{
		"INTEROP-04": rewriting(to("GET", "/ServiceProviderConfig"), func(status int, body string) (int, string) { return status, off(body, `"patch"`) }),
		"INTEROP-14": {answer: oneUserOnly},
	})
}

// removingFirst takes the name away before a PATCH is carried out.
func removingFirst(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			first := r.Clone(r.Context())
			text := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"name"}]}`
			first.Body, first.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
			next.ServeHTTP(httptest.NewRecorder(), first)
		}
		next.ServeHTTP(w, r)
	})
}

// oneUserOnly refuses every user but the first, as a service does that keeps the name of
// who is deleted.
func oneUserOnly(next http.Handler) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to("POST", "/Users")(r) && n.Add(1) > 1 {
			w.WriteHeader(http.StatusConflict)
			return
		}
		next.ServeHTTP(w, r)
	})
}
