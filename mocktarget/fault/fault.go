// Package fault makes requests to a server go wrong on purpose: a status out of
// nowhere, a connection that breaks before or after the request was carried out, an
// answer that never comes or is cut short.
//
// A [Rule] says which requests it is about, which of those it hits, and what happens
// to them. An [Injector] decides, request by request; the same rules hit the same
// requests in each run. Nothing goes wrong without a rule, and a rule hits once
// unless it says otherwise.
//
//	faults := fault.New([]fault.Rule{
//		{Kind: fault.Status, Status: 429, RetryAfter: "30", Method: "PATCH", Path: "/Users/*", Times: 2},
//		{Kind: fault.Reset, Applied: true, Method: "POST", Path: "/Users", Skip: 10},
//	})
//	if rule := faults.Next("POST", "/Users"); rule != nil { … }
package fault

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Kind is a way to go wrong.
type Kind string

// The kinds of faults.
const (
	// Status answers with a status that says nothing about the request.
	Status Kind = "status"
	// HTML answers with a web page, as a proxy in between does.
	HTML Kind = "html"
	// Redirect sends the client somewhere else.
	Redirect Kind = "redirect"
	// Latency answers late.
	Latency Kind = "latency"
	// Hang never answers: the client has to give up.
	Hang Kind = "hang"
	// Reset breaks the connection with a TCP reset.
	Reset Kind = "reset"
	// Drop closes the connection without an answer.
	Drop Kind = "drop"
	// Truncate sends half of the answer and closes the connection.
	Truncate Kind = "truncate"
)

// kinds lists what each kind does.
func kinds() map[Kind]effect {
	return map[Kind]effect{
		Status:   {answers: true, defaultStatus: http.StatusServiceUnavailable},
		HTML:     {answers: true, defaultStatus: http.StatusBadGateway},
		Redirect: {answers: true, defaultStatus: http.StatusTemporaryRedirect},
		Latency:  {delays: true},
		Hang:     {loses: true},
		Reset:    {loses: true},
		Drop:     {loses: true},
		Truncate: {loses: true, applies: true},
	}
}

// An effect is what a kind does to an exchange.
type effect struct {
	answers       bool // it has an answer of its own
	defaultStatus int
	delays        bool // the answer comes, later
	loses         bool // no whole answer arrives
	applies       bool // it is about the answer, so the request is carried out always
}

// A Rule makes requests go wrong.
type Rule struct {
	// Name is what the journal calls it. Empty means its kind.
	Name string `json:"name,omitempty" doc:"What the journal calls it; its kind if left out"`
	Kind Kind   `json:"kind" enum:"status,html,redirect,latency,hang,reset,drop,truncate" doc:"What goes wrong"`

	// Method and Path say which requests the rule is about. Empty means all. A * in
	// the path, which is below the SCIM service, stands for one segment.
	Method string `json:"method,omitempty" doc:"Only requests with this method" example:"POST"`
	Path   string `json:"path,omitempty" doc:"Only requests to this path below the SCIM service; * stands for a segment" example:"/Users/*"`

	// Skip lets so many of those requests pass first.
	Skip int `json:"skip,omitempty" minimum:"0" doc:"Let so many pass first"`
	// Times is how many the rule hits. Zero means one; less than zero, no end.
	Times int `json:"times,omitempty" doc:"How many to hit; one if left out, no end if negative"`
	// Probability is the share of requests that are hit. Zero means all. Which ones
	// depends on Seed alone.
	Probability float64 `json:"probability,omitempty" minimum:"0" maximum:"1" doc:"Share of requests to hit; all if left out"`
	Seed        uint64  `json:"seed,omitempty" doc:"Picks which ones the probability hits"`

	// Applied has the request carried out first: only its answer goes wrong.
	Applied bool `json:"applied,omitempty" doc:"Carry the request out; only its answer goes wrong"`

	// Status is that of the answer. Zero means 503, 502 for a page and 307 for a
	// redirect.
	Status int `json:"status,omitempty" minimum:"200" maximum:"599" doc:"Status of the answer; 503, 502 for a page and 307 for a redirect if left out"`
	// RetryAfter is the Retry-After of the answer, word for word. With a + before it,
	// such as "+90s", it is the date so long from now. Empty means none.
	RetryAfter string `json:"retryAfter,omitempty" doc:"Retry-After, word for word; with a plus, such as +90s, the date so long from now" example:"30"`
	// Detail is what the error or the page says.
	Detail string `json:"detail,omitempty" doc:"What the error or the page says"`
	// Location is where a redirect goes: the origin to go to; path and query stay.
	Location string `json:"location,omitempty" doc:"Where a redirect goes: an origin; path and query stay" example:"http://127.0.0.1:9"`
	// Milliseconds is how late an answer comes, and how long the server hangs before
	// it breaks the connection; zero means until the client gives up.
	Milliseconds int `json:"milliseconds,omitempty" minimum:"0" doc:"How late the answer comes; how long to hang, for ever if left out"`
}

// String returns the rule's name.
func (r *Rule) String() string {
	if r.Name == "" {
		return string(r.Kind)
	}
	return r.Name
}

// Check returns an error that says what to change if a rule cannot be followed.
func (r *Rule) Check() error {
	known := kinds()
	effect, ok := known[r.Kind]
	switch {
	case !ok:
		return fmt.Errorf("the fault kind %q is not known: use one of %q", r.Kind, names(known))
	case r.Skip < 0 || r.Milliseconds < 0:
		return fmt.Errorf("fault %q: skip and milliseconds must not be negative", r)
	case r.Probability < 0 || r.Probability > 1:
		return fmt.Errorf("fault %q: probability is %v, it must be from 0 to 1", r, r.Probability)
	case r.Path != "" && !strings.HasPrefix(r.Path, "/"):
		return fmt.Errorf("fault %q: the path %q must begin with /, as in /Users/*", r, r.Path)
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("fault %q: the status is %d, it must be from 200 to 599", r, r.Status)
	case r.Status != 0 && !effect.answers:
		return fmt.Errorf("fault %q: a fault of kind %q has no status of its own", r, r.Kind)
	case r.Kind == Latency && r.Milliseconds == 0:
		return fmt.Errorf("fault %q: say in milliseconds how late the answer comes", r)
	}
	if after, dated := strings.CutPrefix(r.RetryAfter, "+"); dated {
		if _, err := time.ParseDuration(after); err != nil {
			return fmt.Errorf("fault %q: retryAfter %q must be + and a time, as in +90s", r, r.RetryAfter)
		}
	}
	if r.Kind == Redirect {
		if u, err := url.Parse(r.Location); err != nil || u.Host == "" {
			return fmt.Errorf("fault %q: location must be an origin to go to, such as http://127.0.0.1:9", r)
		}
	}
	return nil
}

func names(known map[Kind]effect) []string {
	var list []string
	for k := range known {
		list = append(list, string(k))
	}
	slices.Sort(list)
	return list
}

// Applies reports whether the request is carried out.
func (r *Rule) Applies() bool {
	e := kinds()[r.Kind]
	return r.Applied || e.applies || e.delays
}

// Loses reports whether the client gets no whole answer.
func (r *Rule) Loses() bool { return kinds()[r.Kind].loses }

// Answers reports whether the rule has an answer of its own, see [Rule.Answer].
func (r *Rule) Answers() bool { return kinds()[r.Kind].answers }
