package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cucumber/godog"
)

// pathForm is a path below the base URL, with its query.
const pathForm = `/(?:\{[^}]*\}|\S)*`

// sendWords are the sentences that send something to be judged.
func (c *client) sendWords() []definition {
	return []definition{
		define(`the client sends (GET|HEAD|POST|PUT|PATCH|DELETE) (`+pathForm+`|nothing but the base URL)`, `the client sends GET /Users/{barbara.id}?attributes=userName`,
			"Sends a request to a path below the base URL. The values of its query are written plainly and encoded on the way.",
			func(ctx context.Context, method, path string) error { return c.sendPlain(ctx, method, path, nil) }),
		define(`the client sends (GET|POST|PUT|PATCH|DELETE) (`+pathForm+`) with:`, `the client sends PUT /Users/{barbara.id} with:`,
			"Sends a request with exactly the body that follows, which need not be JSON.",
			c.sendPlain),
		define(`the client sends (POST|PUT|PATCH) (`+pathForm+`) ([0-9]+) times at once with:`, `the client sends POST /Users 5 times at once with:`,
			"Sends the same request several times without waiting for answers.",
			c.sendAtOnce),
		define(`the client asks for (`+pathForm+`) with:`, `the client asks for /Users with:`,
			"Sends a GET with a table of query parameters and their values.",
			c.ask),
		define(`the client looks for (users|groups) where (.+)`, `the client looks for users where userName eq "{barbara}"`,
			"Sends a GET of the list with this filter.",
			c.lookFor),
		define(`the client creates a (user|group) `+nick, `the client creates a user barbara`,
			"Sends the create of a user or group, and demands nothing.",
			func(ctx context.Context, kind, nick string) error { return c.create(ctx, kind, nick, nil) }),
		define(`the client creates a (user|group) `+nick+` with:`, `the client creates a user barbara with:`,
			"The same with the members of a JSON object; one that is null is sent as null.",
			c.create),
		define(`the client creates a user `+nick+` with every attribute`, `the client creates a user barbara with every attribute`,
			"Sends a create with a value for every writable attribute of the target's schema.",
			c.createFull),
		define(`the client follows "(.*)"`, `the client follows "{header Location}"`,
			"Sends a GET to a URL that the target has given. One that is not below the base URL is a failure.",
			c.follow),
		define(`the client replaces `+nick+` with:`, `the client replaces barbara with:`,
			"Sends a PUT with the members of a JSON object, to which the schemas and the present name are added.",
			c.replace),
		define(`the client patches `+nick+` with:`, `the client patches barbara with:`,
			"Sends a PATCH. The columns of the table are op, path and value; values are JSON, and an empty cell is left out.",
			c.patch),
		define(`(some time|half of the cursor timeout|the cursor timeout) goes by`, `some time goes by`,
			"Waits until the target's clock shows another time, if it counts seconds; or for as long as the configuration says that a cursor is good, or half of it. Skips the scenario if that is longer than a few seconds.",
			c.wait),
		define(`the client deletes `+nick, `the client deletes barbara`,
			"Sends a DELETE.",
			func(ctx context.Context, nick string) error { return c.sendNamed(ctx, http.MethodDelete, nick, nil) }),
		define(`the client reads `+nick, `the client reads barbara`,
			"Sends a GET of the resource and keeps it as the state that later sentences compare with.",
			c.readNamed),
	}
}

// request puts a request together from a path with a query as a scenario writes it.
func (c *client) request(method, path string, doc *godog.DocString) (*Request, error) {
	text, err := c.expand(path, false)
	if err != nil {
		return nil, err
	}
	text, query, _ := strings.Cut(text, "?")
	r := &Request{Method: method, Query: url.Values{}}
	if text = strings.TrimPrefix(text, "/"); text != "" {
		r.Path = strings.Split(text, "/")
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			r.Query.Add(name, value)
		}
	}
	if doc != nil {
		body, err := c.expand(doc.Content, true)
		if err != nil {
			return nil, err
		}
		r.Body = []byte(c.withExtra(body))
	}
	return r, nil
}

func (c *client) sendPlain(ctx context.Context, method, path string, doc *godog.DocString) error {
	if !strings.HasPrefix(path, "/") {
		path = ""
	}
	r, err := c.request(method, path, doc)
	if err != nil {
		return err
	}
	if why := c.unfitRequest(r); why != "" {
		return c.s.skip("%s", why)
	}
	return c.send(ctx, r)
}

func (c *client) sendAtOnce(ctx context.Context, method, path, number string, doc *godog.DocString) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 2 || n > 20 {
		return fmt.Errorf("a request is sent 2 to 20 times at once, not %s", number)
	}
	r, err := c.request(method, path, doc)
	if err != nil {
		return err
	}
	if why := c.unfitRequest(r); why != "" {
		return c.s.skip("%s", why)
	}
	r.Header, c.header = c.header, http.Header{}
	r.paid = true
	if err := c.s.guard.target.pace.wait(ctx, n); err != nil {
		return err
	}
	answers := make([]sent, n)
	failed := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			one := *r
			answer, err := c.do(ctx, &one)
			answers[i], failed[i] = sent{&one, answer}, err
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	c.wrote = true
	c.sent, c.atOnce = append(c.sent, answers...), n
	return nil
}

func (c *client) ask(ctx context.Context, path string, table *godog.Table) error {
	r, err := c.request(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	rows, err := pairs(table)
	if err != nil {
		return err
	}
	for _, row := range rows {
		value, err := c.expand(row[1], false)
		if err != nil {
			return err
		}
		r.Query.Add(row[0], value)
	}
	return c.send(ctx, r)
}

func (c *client) lookFor(ctx context.Context, kind, filter string) error {
	filter, err := c.expand(filter, false)
	if err != nil {
		return err
	}
	return c.send(ctx, c.shown(&Request{Method: http.MethodGet, Path: []string{collectionOf(kind)}, Query: url.Values{"filter": {filter}}}))
}

func (c *client) create(ctx context.Context, kind, nick string, doc *godog.DocString) error {
	collection := collectionOf(kind)
	body, err := c.compose(collection, nick, content(doc))
	if err != nil {
		return err
	}
	if why := c.unfitBody(collection, body, true); why != "" {
		return c.s.skip("%s", why)
	}
	_, err = c.post(ctx, collection, nick, body)
	return err
}

func (c *client) createFull(ctx context.Context, nick string) error {
	body := c.base(users, nick)
	body["externalId"] = c.s.name(nick)
	c.full(body, nick)
	_, err := c.post(ctx, users, nick, body)
	return err
}

// follow reads what a URL leads to.
func (c *client) follow(ctx context.Context, link string) error {
	link, err := c.expand(link, false)
	if err != nil {
		return err
	}
	path, err := c.below(link)
	if err != nil {
		return err
	}
	return c.send(ctx, c.shown(&Request{Method: http.MethodGet, Path: path, Query: url.Values{}}))
}

// shown has a read ask for what the target shows on request alone, and so for the rest
// by name too (RFC 7644 section 3.9).
func (c *client) shown(r *Request) *Request {
	if len(c.onRequest(r.Path[0])) == 0 {
		return r
	}
	names := []string{"externalId", "meta"}
	for _, p := range c.s.suite.config.Discovery.Published.Places(r.Path[0]) {
		if p.Parent == nil && p.Returned != "never" {
			names = append(names, p.Path())
		}
	}
	r.Query.Set("attributes", strings.Join(names, ","))
	return r
}

// below returns the path of a URL below the base URL. A relative one is resolved
// against the base URL, not against that of the request (RFC 7643 section 2.3.7).
// One that is elsewhere is not followed.
func (c *client) below(link string) ([]string, error) {
	base := c.s.suite.config.Target.base
	path, below := strings.CutPrefix(link, base.String()+"/")
	if u, err := url.Parse(link); !below && (link == "" || err != nil || u.IsAbs() || u.Host != "") {
		return nil, failf("the URL %q is not below the base URL %s", link, base)
	}
	if !below {
		path = strings.TrimLeft(strings.TrimPrefix(link, base.Path+"/"), "./")
	}
	path, err := url.PathUnescape(path)
	if err != nil {
		return nil, failf("the URL %q is not a URL", link)
	}
	return strings.Split(path, "/"), nil
}

func (c *client) replace(ctx context.Context, nick string, doc *godog.DocString) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	body, err := c.compose(m.collection, nick, content(doc))
	if err != nil {
		return err
	}
	if why := c.unfitBody(m.collection, body, true); why != "" {
		return c.s.skip("%s", why)
	}
	return c.sendNamed(ctx, http.MethodPut, nick, body)
}

func (c *client) patch(ctx context.Context, nick string, table *godog.Table) error {
	operations, err := c.operations(table)
	if err != nil {
		return err
	}
	if m := c.named[nick]; m != nil {
		for _, o := range operations {
			if why := c.unfitOperation(m.collection, o); why != "" {
				return c.s.skip("%s", why)
			}
		}
	}
	return c.sendNamed(ctx, http.MethodPatch, nick, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": operations,
	})
}

func (c *client) operations(table *godog.Table) ([]map[string]any, error) {
	if len(table.Rows) < 2 {
		return nil, fmt.Errorf("the table has no operations")
	}
	var all []map[string]any
	for _, row := range table.Rows[1:] {
		operation := map[string]any{}
		for i, cell := range row.Cells {
			column := table.Rows[0].Cells[i].Value
			if !slices.Contains([]string{"op", "path", "value"}, column) {
				return nil, fmt.Errorf("the column %q is not op, path or value", column)
			}
			if cell.Value == "" {
				continue
			}
			text, err := c.expand(cell.Value, column == "value")
			if err != nil {
				return nil, err
			}
			if operation[column] = any(text); column == "value" {
				if operation[column], err = parseJSON([]byte(text)); err != nil {
					return nil, fmt.Errorf("the value %s is not JSON: %w", cell.Value, err)
				}
			}
		}
		all = append(all, operation)
	}
	return all, nil
}

// sendNamed sends a request about a named resource; a body that is not nil is sent
// as JSON.
func (c *client) sendNamed(ctx context.Context, method, nick string, body map[string]any) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	r := &Request{Method: method, Path: m.path()}
	if body != nil {
		if r.Body, err = json.Marshal(body); err != nil {
			return err
		}
	}
	return c.send(ctx, r)
}

func (c *client) readNamed(ctx context.Context, nick string) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	if err := c.sendNamed(ctx, http.MethodGet, nick, nil); err != nil {
		return err
	}
	if answer := c.sent[len(c.sent)-1].answer; answer.OK() {
		m.known = answer.object()
		return c.readMore(ctx, m, m.known)
	}
	return nil
}
