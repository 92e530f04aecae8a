package steps

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// wireBase is where the wire serves, so that its URL looks like any app's.
const wireBase = "/scim/v2"

// A Condition is what the wire makes an app look like.
type Condition string

// The conditions of an app, and of its groups.
const (
	// Up: requests go through.
	Up Condition = "up"
	// Down: every request is answered with 503.
	Down Condition = "down"
	// Cut: every connection is closed without an answer.
	Cut Condition = "cut"
	// Hidden: the app has no groups at all.
	Hidden Condition = "hidden"
	// Broken: every request for groups is answered with 500.
	Broken Condition = "broken"
)

// A Wire stands between a provisioner and the target, on loopback. It passes
// requests on through a [Guard], records them, and can play an app that is down.
// The provisioner is given a token that is good for the wire alone: the target's
// own never leaves the guard, so there is no way around it.
type Wire struct {
	guard  *Guard
	tape   *Tape
	token  string
	listen net.Listener
	server *http.Server
	// stop ends the requests to the target that outlast Close.
	stop context.CancelFunc
	ctx  context.Context

	underWay sync.WaitGroup

	mu             sync.Mutex
	closed         bool
	app, groups    Condition
	loseNextCreate bool
}

// StartWire starts a wire in front of the guard's target. Close it after use.
func StartWire(guard *Guard, tape *Tape) (*Wire, error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening on loopback for the provisioner: %w", err)
	}
	w := &Wire{guard: guard, tape: tape, token: rand.Text(), listen: listen, app: Up, groups: Up}
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.server = &http.Server{Handler: http.HandlerFunc(w.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.server.Serve(listen) }()
	return w, nil
}

// Endpoint returns the SCIM base URL that the wire serves.
func (w *Wire) Endpoint() string { return "http://" + w.listen.Addr().String() + wireBase }

// Token returns the bearer token that the wire accepts.
func (w *Wire) Token() string { return w.token }

// Close stops the wire. After it returns nothing more reaches the target: requests
// under way get five seconds to end.
func (w *Wire) Close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	grace := time.AfterFunc(5*time.Second, func() {
		w.stop()
		_ = w.server.Close()
	})
	w.underWay.Wait()
	grace.Stop()
	w.stop()
	return w.server.Close()
}

// begin lets a request in, unless the wire is closed.
func (w *Wire) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.underWay.Add(1)
	}
	return !w.closed
}

// setApp makes the app look up, down or cut off.
func (w *Wire) setApp(c Condition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.app = c
}

// setGroups makes the app's groups look up, hidden or broken.
func (w *Wire) setGroups(c Condition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groups = c
}

// loseCreate keeps the answer to the next create back.
func (w *Wire) loseCreate() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loseNextCreate = true
}

// healthy reports whether every request goes through.
func (w *Wire) healthy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.app == Up && w.groups == Up
}

func (w *Wire) condition() (app, groups Condition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.app, w.groups
}

func (w *Wire) losesAnswer(r *Request) bool {
	if r.Method != http.MethodPost || !r.writes() {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	lost := w.loseNextCreate
	w.loseNextCreate = false
	return lost
}

func (w *Wire) serve(rw http.ResponseWriter, hr *http.Request) {
	if !w.begin() {
		panic(http.ErrAbortHandler)
	}
	defer w.underWay.Done()
	r, err := readRequest(hr)
	if err != nil {
		problem(http.StatusBadRequest, err.Error()).send(rw)
		return
	}
	if subtle.ConstantTimeCompare([]byte(hr.Header.Get("Authorization")), []byte("Bearer "+w.token)) != 1 {
		answer := problem(http.StatusUnauthorized, "the token is not the one that was given")
		answer.Header.Set("WWW-Authenticate", "Bearer")
		w.tape.record(Exchange{*r, FateUnauthorized, answer})
		answer.send(rw)
		return
	}
	fate, answer := w.play(r)
	if fate == "" {
		fate, answer = w.pass(r)
	}
	w.tape.record(Exchange{*r, fate, answer})
	if answer == nil || fate == FateLost {
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	answer.send(rw)
}

// play answers in the app's place if the scenario has it down, or without groups.
func (w *Wire) play(r *Request) (Fate, *Answer) {
	app, groupsAre := w.condition()
	switch {
	case app == Cut:
		return FateTurnedAway, nil
	case app == Down:
		return FateTurnedAway, problem(http.StatusServiceUnavailable, "the app is down for this scenario")
	case !aboutGroups(r):
		return "", nil
	case groupsAre == Hidden:
		return FateHidden, problem(http.StatusNotFound, "the app has no groups in this scenario")
	case groupsAre == Broken:
		return FateTurnedAway, problem(http.StatusInternalServerError, "the app's groups are broken in this scenario")
	default:
		return "", nil
	}
}

// pass sends a request on to the target.
func (w *Wire) pass(r *Request) (Fate, *Answer) {
	// The provisioner may give up on a request; what becomes of it at the target
	// has to be known all the same.
	answer, err := w.guard.Do(w.ctx, r)
	var violation *Violation
	switch {
	case errors.As(err, &violation):
		return FateRefused, problem(http.StatusForbidden, violation.Error())
	case err != nil:
		return FateUnanswered, problem(http.StatusBadGateway, "the target gave no answer: "+err.Error())
	}
	answer = w.translate(answer)
	if _, groupsAre := w.condition(); groupsAre == Hidden && len(r.Path) == 1 && (r.Path[0] == "ResourceTypes" || r.Path[0] == "Schemas") {
		answer.Body = withoutGroups(answer.Body)
	}
	if w.losesAnswer(r) {
		return FateLost, answer
	}
	return FateForwarded, answer
}

// hopByHop are headers that concern one connection (RFC 9110 section 7.6.1), and
// headers that must not travel through the wire: the credentials are the guard's
// business, and a method override would hide a write from it.
var hopByHop = [...]string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Content-Length", "Accept-Encoding", "Content-Encoding", "Authorization", "Cookie",
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
	"X-Forwarded-Proto", "X-Original-Url", "X-Rewrite-Url",
}

func readRequest(hr *http.Request) (*Request, error) {
	rest, ok := strings.CutPrefix(hr.URL.EscapedPath(), wireBase)
	if !ok || rest != "" && rest[0] != '/' {
		return nil, fmt.Errorf("nothing is served outside %s", wireBase)
	}
	r := &Request{Method: hr.Method, Query: hr.URL.Query(), Header: hr.Header.Clone()}
	if rest = strings.Trim(rest, "/"); rest != "" {
		for segment := range strings.SplitSeq(rest, "/") {
			plain, err := url.PathUnescape(segment)
			if err != nil {
				return nil, fmt.Errorf("the path cannot be read: %w", err)
			}
			r.Path = append(r.Path, plain)
		}
	}
	for _, name := range hopByHop {
		r.Header.Del(name)
	}
	body, err := io.ReadAll(io.LimitReader(hr.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the request is longer than %d MiB", maxBody>>20)
	}
	r.Body = body
	return r, nil
}

func aboutGroups(r *Request) bool {
	if len(r.Path) == 0 {
		return false
	}
	return r.Path[0] == groups || len(r.Path) == 2 && r.Path[0] == "ResourceTypes" && r.Path[1] == string(KindGroup)
}

// translate makes an answer of the target one of the wire: its Location points
// back at the wire, and a redirect that leads elsewhere is not passed on.
func (w *Wire) translate(answer *Answer) *Answer {
	out := &Answer{Status: answer.Status, Header: answer.Header.Clone(), Body: answer.Body}
	for _, name := range hopByHop {
		out.Header.Del(name)
	}
	out.Header.Del("Set-Cookie")
	base := w.guard.target.Endpoint()
	inside := false
	for _, name := range []string{"Location", "Content-Location"} {
		if rest, ok := strings.CutPrefix(out.Header.Get(name), base); ok {
			out.Header.Set(name, w.Endpoint()+rest)
			inside = inside || name == "Location"
		}
	}
	if out.Status >= 300 && out.Status < 400 && out.Status != http.StatusNotModified && !inside {
		return problem(http.StatusBadGateway, fmt.Sprintf("the target answered %d, a redirect away from its base URL", out.Status))
	}
	return out
}

// withoutGroups takes the group resource type and schema out of a discovery list.
func withoutGroups(body []byte) []byte {
	list := (&Answer{Body: body}).object()
	all, ok := list.get("Resources").([]any)
	if !ok {
		return body
	}
	kept := []any{}
	for _, e := range all {
		o, _ := e.(map[string]any)
		r := resource(o)
		if strings.EqualFold(r.text("name"), string(KindGroup)) || strings.EqualFold(r.id(), string(KindGroup)) {
			continue
		}
		kept = append(kept, e)
	}
	for name := range list {
		switch strings.ToLower(name) {
		case "resources":
			list[name] = kept
		case "totalresults", "itemsperpage":
			list[name] = len(kept)
		}
	}
	out, err := json.Marshal(map[string]any(list))
	if err != nil {
		return body
	}
	return out
}

// problem makes an answer with a SCIM error as its body (RFC 7644 section 3.12).
func problem(status int, detail string) *Answer {
	body, err := json.Marshal(map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"},
		"status":  strconv.Itoa(status),
		"detail":  detail,
	})
	if err != nil {
		panic(err) // strings always marshal
	}
	return &Answer{Status: status, Header: http.Header{"Content-Type": {mediaType}}, Body: body}
}

func (a *Answer) send(rw http.ResponseWriter) {
	for name, values := range a.Header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(a.Status)
	_, _ = rw.Write(a.Body)
}
