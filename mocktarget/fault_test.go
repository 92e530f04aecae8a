package mocktarget_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/permiso/scimwright/mocktarget"
	"github.com/permiso/scimwright/mocktarget/fault"
)

// faulty starts a mock that follows rules.
func faulty(t *testing.T, rules ...fault.Rule) *client {
	t.Helper()
	return start(t, configured(mocktarget.Config{Settings: mocktarget.Settings{Faults: rules}}))
}

// TestFaults has each kind of fault hit one create before and one after it was
// carried out, and looks at what the client gets, what the mock holds and what the
// journal says. The request after it goes well.
func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		rule   fault.Rule
		status int // what the client gets; 0 is no answer
		header string
		body   string
		cause  error // what the client sees in place of an answer
		held   int   // users after the request
		noted  int   // status in the journal
	}{
		"status":           {rule: fault.Rule{Kind: fault.Status}, status: 503, body: `"status":"503"`, noted: 503},
		"status after":     {rule: fault.Rule{Kind: fault.Status, Status: 500, Applied: true, Detail: "REQUEST_LIMIT_EXCEEDED"}, status: 500, body: "REQUEST_LIMIT_EXCEEDED", held: 1, noted: 500},
		"seconds":          {rule: fault.Rule{Kind: fault.Status, Status: 429, RetryAfter: "30"}, status: 429, header: "Retry-After: 30", noted: 429},
		"absurd wait":      {rule: fault.Rule{Kind: fault.Status, Status: 429, RetryAfter: "soon"}, status: 429, header: "Retry-After: soon", noted: 429},
		"refused token":    {rule: fault.Rule{Kind: fault.Status, Status: 401}, status: 401, header: `WWW-Authenticate: Bearer error="invalid_token"`, noted: 401},
		"page":             {rule: fault.Rule{Kind: fault.HTML, Detail: "Bad <gateway>"}, status: 502, header: "Content-Type: text/html; charset=utf-8", body: "<title>Bad &lt;gateway&gt;</title>", noted: 502},
		"redirect":         {rule: fault.Rule{Kind: fault.Redirect, Location: "https://other.example"}, status: 307, header: "Location: https://other.example/scim/v2/Users?a=b", noted: 307},
		"late":             {rule: fault.Rule{Kind: fault.Latency, Milliseconds: 1}, status: 201, held: 1, noted: 201},
		"late after":       {rule: fault.Rule{Kind: fault.Latency, Milliseconds: 1, Applied: true}, status: 201, held: 1, noted: 201},
		"hang":             {rule: fault.Rule{Kind: fault.Hang}, cause: context.DeadlineExceeded},
		"hang after":       {rule: fault.Rule{Kind: fault.Hang, Applied: true}, cause: context.DeadlineExceeded, held: 1, noted: 201},
		"hang for a while": {rule: fault.Rule{Kind: fault.Hang, Milliseconds: 1}, cause: io.EOF},
		"reset":            {rule: fault.Rule{Kind: fault.Reset}, cause: syscall.ECONNRESET},
		"reset after":      {rule: fault.Rule{Kind: fault.Reset, Applied: true}, cause: syscall.ECONNRESET, held: 1, noted: 201},
		"drop":             {rule: fault.Rule{Kind: fault.Drop}, cause: io.EOF},
		"drop after":       {rule: fault.Rule{Kind: fault.Drop, Applied: true}, cause: io.EOF, held: 1, noted: 201},
		"truncate":         {rule: fault.Rule{Kind: fault.Truncate}, cause: io.ErrUnexpectedEOF, held: 1, noted: 201},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t, test.rule)
			c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			if test.cause == context.DeadlineExceeded {
				c.http.Timeout = 100 * time.Millisecond
			}
			r, err := c.try("POST", "/Users?a=b", user("a"))
			switch {
			case test.cause == nil && err != nil:
				t.Fatal(err)
			case test.cause != nil && !errors.Is(err, test.cause):
				t.Fatalf("the client gets %v (status %d), want %v", err, r.status, test.cause)
			case test.cause == nil:
				equal(t, "status", r.status, test.status)
				equal(t, "X-Mock-Fault", r.header.Get("X-Mock-Fault"), string(test.rule.Kind))
				if !strings.Contains(r.raw, test.body) {
					t.Errorf("the body is %s, want %s in it", r.raw, test.body)
				}
				if field, value, _ := strings.Cut(test.header, ": "); r.header.Get(field) != value {
					t.Errorf("%s is %q, want %q", field, r.header.Get(field), value)
				}
			}
			equal(t, "users", c.tenant().Count("User"), test.held)
			entry := c.tenant().Journal()[0]
			equal(t, "fault in the journal", entry.Fault, string(test.rule.Kind))
			equal(t, "status in the journal", entry.Response.Status, test.noted)
			c.http.Timeout = 0
			c.do("POST", "/Users", user("b")).want(201)
			equal(t, "fault of a request that goes well", c.tenant().Journal()[1].Fault, "")
		})
	}
}

// TestFaultRetryAfterDate: the date counts from the tenant's clock.
func TestFaultRetryAfterDate(t *testing.T) {
	c := faulty(t, fault.Rule{Kind: fault.Status, RetryAfter: "+90s"})
	c.tenant().Clock().Set(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	c.tenant().Clock().Freeze()
	equal(t, "Retry-After", c.do("GET", "/Users", "").want(503).header.Get("Retry-After"), "Fri, 02 Jan 2026 03:05:35 GMT")
}

// TestFaultMatch: a rule hits what it names, the nth time, as often as it may; the
// first of several that hits has the request.
func TestFaultMatch(t *testing.T) {
	c := faulty(t,
		fault.Rule{Name: "second create", Kind: fault.Status, Status: 500, Method: "post", Path: "/Users", Skip: 1},
		fault.Rule{Name: "two reads by id", Kind: fault.Status, Status: 502, Method: "GET", Path: "/Users/*", Times: 2},
		fault.Rule{Name: "groups", Kind: fault.Status, Status: 504, Path: "/Groups/", Times: -1})
	for _, request := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/Users", user("a"), 201},
		{"POST", "/Users", user("b"), 500},
		{"POST", "/Users", user("b"), 201},
		{"GET", "/Users", "", 200},
		{"GET", "/Users/x", "", 502},
		{"PATCH", "/Users/x", patchBody(`{"op":"add","path":"title","value":"t"}`), 404},
		{"GET", "/Users/x?attributes=id", "", 502},
		{"GET", "/Users/x", "", 404},
		{"GET", "/Groups", "", 504},
		{"GET", "/Groups", "", 504},
	} {
		if got := c.do(request.method, request.path, request.body).status; got != request.status {
			t.Errorf("%s %s: status %d, want %d", request.method, request.path, got, request.status)
		}
	}
	// A change of the settings counts from anew.
	if err := c.tenant().Configure(func(*mocktarget.Settings) {}); err != nil {
		t.Fatal(err)
	}
	c.do("GET", "/Users/x", "").want(502)
}

// TestFaultProbability: chance hits about its share, the same requests in each run,
// and others with another seed.
func TestFaultProbability(t *testing.T) {
	const requests = 200
	run := func(seed uint64) string {
		in := fault.New([]fault.Rule{{Kind: fault.Status, Probability: 0.2, Seed: seed, Times: -1}})
		var hits strings.Builder
		for range requests {
			if in.Next("GET", "/Users") != nil {
				hits.WriteByte('x')
			} else {
				hits.WriteByte('.')
			}
		}
		return hits.String()
	}
	first := run(1)
	if n := strings.Count(first, "x"); n < requests/10 || n > requests*3/10 {
		t.Errorf("%d of %d requests are hit, want about a fifth", n, requests)
	}
	if run(1) != first {
		t.Error("two runs with one seed differ")
	}
	if run(2) == first {
		t.Error("two seeds hit the same requests")
	}
}

// TestFaultCheck: what cannot be followed is refused with what to change, over HTTP
// too, and nothing changes.
func TestFaultCheck(t *testing.T) {
	c := start(t)
	for want, rule := range map[string]fault.Rule{
		"one of":       {Kind: "tsunami"},
		"0 to 1":       {Kind: fault.Status, Probability: 2},
		"begin with /": {Kind: fault.Status, Path: "Users"},
		"200 to 599":   {Kind: fault.Status, Status: 99},
		"no status":    {Kind: fault.Reset, Status: 500},
		"how late":     {Kind: fault.Latency},
		"+90s":         {Kind: fault.Status, RetryAfter: "+soon"},
		"an origin":    {Kind: fault.Redirect, Location: "/x"},
		"negative":     {Kind: fault.Reset, Skip: -1},
	} {
		err := c.tenant().Configure(func(s *mocktarget.Settings) { s.Faults = []fault.Rule{rule} })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: the error is %v, want %q in it", rule, err, want)
		}
	}
	settings, asJSON := c.target.Origin()+"/_mock/api/v1/tenants/default/settings", "Content-Type: application/json"
	c.do("PATCH", settings, `{"faults":[{"kind":"latency"}]}`, asJSON).want(400)
	c.do("GET", "/Users", "").want(200)
	r := c.do("PATCH", settings, `{"faults":[{"kind":"status","status":500}]}`, asJSON).want(200)
	equal(t, "faults", len(r.at("faults").([]any)), 1)
	c.do("GET", "/Users", "").want(500)
	c.do("GET", "/Users", "").want(200)
}
