package steps

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A client is the one who speaks SCIM to the target in the scenarios about the
// protocol.
type client struct {
	s *scenario
	// named are the users and groups that the scenario has named, by nick.
	named map[string]*made
	// header are the fields of the next request.
	header http.Header
	// sent are the exchanges of sentences that send, in their order; those before
	// the mark were sent at the same time as the last ones.
	sent []sent
	// atOnce is how many of the last exchanges were made at the same time.
	atOnce int
	// step is the sentence under way.
	step string
	// wrote says that something was written, so that a read may have to wait.
	wrote bool
	// moot says that the target has refused to compare an attribute.
	moot bool
	// walk is what the last walk through a list has brought, nil before.
	walk *walk
}

// A sent is a request and its answer.
type sent struct {
	request *Request
	answer  *Answer
}

// A made is a user or group that a scenario has named.
type made struct {
	nick, collection string
	// name is its userName or displayName.
	name string
	// id is "" until the target has told it.
	id string
	// known is how the target showed it when it was made, or when the client last
	// read it in so many words.
	known resource
}

func (m *made) path() []string { return []string{m.collection, m.id} }

func newClient(s *scenario) *client {
	return &client{s: s, named: map[string]*made{}, header: http.Header{}}
}

// do sends a request as a busy target wants it.
func (c *client) do(ctx context.Context, r *Request) (*Answer, error) {
	return c.s.guard.Persist(ctx, r)
}

// send sends what a sentence says and keeps the answer for the sentences after it.
func (c *client) send(ctx context.Context, r *Request) error {
	r.Header, c.header = c.header, http.Header{}
	answer, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	c.wrote = c.wrote || r.writes()
	c.sent, c.atOnce = append(c.sent, sent{r, answer}), 1
	return nil
}

// sentence is the sentence under way, with what stands for its placeholders unless that
// is a secret.
func (c *client) sentence() string {
	if strings.HasSuffix(c.step, " is in no answer") || strings.Contains(c.step, "{token}") {
		return c.step
	}
	if text, err := c.expand(c.step, false); err == nil {
		return text
	}
	return c.step
}

func (c *client) last() (sent, error) {
	if len(c.sent) == 0 {
		return sent{}, fmt.Errorf("no earlier sentence has sent anything")
	}
	return c.sent[len(c.sent)-1], nil
}

// get returns what a nick stands for.
func (c *client) get(nick string) (*made, error) {
	m, ok := c.named[nick]
	switch {
	case !ok:
		return nil, fmt.Errorf("no earlier sentence has said who %s is", nick)
	case m.id == "":
		return nil, notMade(nick)
	}
	return m, nil
}

// blemish keeps a failure that does not stand in the way of the sentences to come. It is
// what the scenario ends with if they all come true.
func (c *client) blemish(err error) error {
	if c.s.blemish == nil {
		c.s.blemish, c.s.blemished = err, c.sentence()
	}
	return nil
}

// notMade says that the target has not made what it was asked to, or speaks of
// something else.
func notMade(nick string) error {
	return rooted(failf("%s was not made", nick), "CREATE-01", "GROUP-01")
}

// read reads a named resource. A target from which it cannot be read fails READ-01.
func (c *client) read(ctx context.Context, m *made) (resource, error) {
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: m.path()})
	if err != nil {
		return nil, err
	}
	if !answer.OK() {
		return nil, rooted(failf("reading %s answered %d%s", m.nick, answer.Status, detail(answer)), "READ-01", "CREATE-01")
	}
	r := answer.object()
	if r == nil {
		return nil, rooted(failf("reading %s did not answer with a JSON object", m.nick), "READ-01")
	}
	return r, c.readMore(ctx, m, r)
}

// readMore adds to what a read has shown what the target shows on request alone.
func (c *client) readMore(ctx context.Context, m *made, r resource) error {
	names := slices.DeleteFunc(c.onRequest(m.collection), func(name string) bool { return r.get(name) != nil })
	if len(names) == 0 {
		return nil
	}
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: m.path(), Query: url.Values{"attributes": {strings.Join(names, ",")}}})
	if err != nil {
		return err
	}
	for _, name := range names {
		if v := answer.object().get(name); v != nil {
			r[name] = v
		}
	}
	return nil
}

// onRequest are the attributes that a target shows on request alone by its schema (RFC
// 7643 section 7), although everybody else shows them anyway.
func (c *client) onRequest(collection string) []string {
	var names []string
	for _, p := range c.s.suite.config.Discovery.Published.Places(collection) {
		if p.Parent == nil && p.Extension == "" && p.Returned == "request" && slices.Contains(writables[collection], strings.ToLower(p.Name)) {
			names = append(names, p.Name)
		}
	}
	return names
}

// detail is what an error says about itself, for the end of a message.
func detail(a *Answer) string {
	if text := a.object().text("detail"); text != "" && !a.OK() {
		return ": " + clip(text, 160)
	}
	return ""
}

// holds repeats a check until it succeeds, for as long as the target may take to
// show what it has accepted. A late success is a remark.
func (c *client) holds(ctx context.Context, check func() error) error {
	begun := time.Now()
	first := check()
	if !IsFailure(first) || !c.wrote {
		return first
	}
	err := poll(ctx, c.s.suite.config.Settle, check)
	if err == nil {
		c.s.remark("what was written showed only after %s: at first %s", time.Since(begun).Round(10*time.Millisecond), first)
	}
	return err
}

// again repeats a check of the last answer, sending the request again if it was a
// read.
func (c *client) again(ctx context.Context, check func(*Answer) error) error {
	last, err := c.last()
	if err != nil {
		return err
	}
	answer := last.answer
	if last.request.writes() || c.atOnce > 1 {
		return check(answer)
	}
	repeat := false
	return c.holds(ctx, func() error {
		if repeat {
			if answer, err = c.do(ctx, last.request); err != nil {
				return err
			}
			c.sent[len(c.sent)-1].answer = answer
		}
		repeat = true
		return check(answer)
	})
}

// The conditions that may stand before a claim, each once, in this order.
const (
	ifAccepted = "if it is accepted, "
	ifRefused  = "if it is refused, "
	ideally    = "ideally "
)

const conditions = `(?:if it is accepted, |if it is refused, )?(?:ideally )?`

// claim defines a sentence about what must be so. It may begin with a condition
// about the answer before, and with "ideally" for what is better but not demanded.
func (c *client) claim(pattern, example, meaning string, handler any) definition {
	d := define(pattern, example, meaning, handler)
	d.Claim = true
	return d
}

// conditional wraps a handler so that it heeds the conditions of its sentence.
func (c *client) conditional(handler any) any {
	inner := reflect.ValueOf(handler)
	return reflect.MakeFunc(inner.Type(), func(args []reflect.Value) []reflect.Value {
		none := []reflect.Value{reflect.Zero(inner.Type().Out(0))}
		accepted := len(c.sent) > 0 && c.sent[len(c.sent)-1].answer.OK()
		text := c.step
		if rest, ok := strings.CutPrefix(text, ifAccepted); ok {
			if text = rest; !accepted {
				return none
			}
		} else if rest, ok := strings.CutPrefix(text, ifRefused); ok {
			if text = rest; accepted {
				return none
			}
		}
		out := inner.Call(args)
		err, _ := out[0].Interface().(error)
		if strings.HasPrefix(text, ideally) && IsFailure(err) && rootsOf(err) == nil {
			c.s.remark("%s", err)
			if c.s.regretted == "" {
				c.s.regretted, c.s.regrets = c.sentence(), c.s.lastSent()
			}
			return none
		}
		return out
	}).Interface()
}
