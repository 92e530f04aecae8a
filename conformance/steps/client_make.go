package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"github.com/permiso/scimwright/conformance/lint"
)

// makeWords are the sentences about what there is before anything is judged.
func (c *client) makeWords() []definition {
	return []definition{
		define(`an? (user|group) `+nick, `a user barbara`,
			"Makes a user or group of which the scenario demands nothing but that it is there.",
			func(ctx context.Context, kind, nick string) error { return c.given(ctx, collectionOf(kind), nick, nil) }),
		define(`an? (user|group) `+nick+` with:`, `a user barbara with:`,
			"The same with the members of a JSON object. Skips the scenario if the target does not publish one of the attributes.",
			func(ctx context.Context, kind, nick string, doc *godog.DocString) error {
				return c.given(ctx, collectionOf(kind), nick, doc)
			}),
		define(`([0-9]+) users `+nick+` with:`, `5 users u with:`,
			"Makes users u-1, u-2 and so on. In the JSON object {n} is the number of each.",
			c.givenMany),
		define(`there is somebody`, `there is somebody`,
			"Looks whether there is any user, and makes one if there is none. Skips the scenario if that is not allowed.",
			c.somebody),
		define(`the next request has the header "([^"]+)" "([^"]*)"`, `the next request has the header "If-Match" "{header ETag}"`,
			"Sets a header field of the next request; an empty value leaves it out, credentials too.",
			c.setHeader),
	}
}

// collectionOf returns the endpoint of users or groups, by one word or the other.
func collectionOf(kind string) string {
	if strings.HasPrefix(kind, "group") {
		return groups
	}
	return users
}

// base is the least that a user or group is made with, under a name of the run. What
// the target's schema requires beyond that is made up.
func (c *client) base(collection, nick string) map[string]any {
	if collection == groups {
		o := map[string]any{"schemas": []any{groupSchema}, "displayName": c.s.name(nick)}
		c.s.addExtra(groups, o)
		return o
	}
	o := map[string]any{"schemas": []any{userSchema}, "userName": c.s.address(nick), "active": false}
	published := c.s.suite.config.Discovery.Published
	if _, has := published.Place(users, "active"); !has && published.Places(users) != nil {
		delete(o, "active")
	}
	c.s.addExtra(users, o)
	for _, p := range published.Places(users) {
		if p.Required && p.Parent == nil && p.Extension == "" && p.Mutability != "readOnly" && resource(o).get(p.Name) == nil {
			o[p.Name] = c.sample(p, nick)
		}
	}
	if t := published.Type(users); t != nil {
		for _, e := range t.Extensions {
			c.complete(o, nick, func(p lint.Place) bool { return e.Required && p.Extension == e.Schema })
		}
	}
	return o
}

// complete adds to the body of a user what the target requires of extensions, of those
// places that want it.
func (c *client) complete(body map[string]any, nick string, wants func(lint.Place) bool) {
	for _, p := range c.s.suite.config.Discovery.Published.Places(users) {
		if p.Extension == "" || p.Parent != nil || !p.Required || p.Mutability == "readOnly" || !wants(p) {
			continue
		}
		if v := c.sample(p, nick); v != nil && resource(asObject(body[p.Extension])).get(p.Name) == nil {
			put(body, p, v)
		}
	}
}

// used wants the places of those extensions that a body has.
func used(body map[string]any) func(lint.Place) bool {
	return func(p lint.Place) bool { return body[p.Extension] != nil }
}

// compose returns the body that makes a resource: the base with the members of a
// JSON object; "schemas" names the extensions in use.
func (c *client) compose(collection, nick, doc string) (map[string]any, error) {
	o := c.base(collection, nick)
	if m, made := c.named[nick]; made {
		o[nameAttribute(collection)] = m.name
	}
	if doc != "" {
		text, err := c.expand(doc, true)
		if err != nil {
			return nil, err
		}
		v, err := parseJSON([]byte(text))
		more, ok := v.(map[string]any)
		if err != nil || !ok {
			return nil, fmt.Errorf("what follows the sentence is not a JSON object: %v", err)
		}
		for name := range more {
			maps.DeleteFunc(o, func(k string, _ any) bool { return strings.EqualFold(k, name) })
		}
		maps.Copy(o, more)
		if _, given := more["schemas"]; !given {
			for name := range more {
				if strings.HasPrefix(name, "urn:") {
					o["schemas"] = append(o["schemas"].([]any), name)
				}
			}
		}
		if collection == users {
			c.complete(o, nick, used(o))
		}
	}
	return o, nil
}

// unpublished returns the first attribute of a body that the target's schema does
// not have, "" if it has them all or says nothing.
func (c *client) unpublished(collection string, body map[string]any) string {
	published := c.s.suite.config.Discovery.Published
	t := published.Type(collection)
	if t == nil || published.Schema(t.Schema) == nil {
		return ""
	}
	for name, v := range body {
		switch strings.ToLower(name) {
		case "schemas", "id", "externalid", "meta":
			continue
		}
		if _, wanted := c.s.extra(collection)[name]; wanted {
			continue
		}
		if extension, ok := v.(map[string]any); ok && strings.HasPrefix(name, "urn:") {
			for sub := range extension {
				if _, ok := published.Place(collection, name+":"+sub); !ok {
					return name + ":" + sub
				}
			}
			continue
		}
		if _, ok := published.Place(collection, name); !ok {
			return name
		}
	}
	return ""
}

// given makes a resource that a scenario needs. Without it, nothing can be judged.
func (c *client) given(ctx context.Context, collection, nick string, doc *godog.DocString) error {
	body, err := c.compose(collection, nick, content(doc))
	if err != nil {
		return err
	}
	if name := c.unpublished(collection, body); name != "" {
		return c.s.skip("not advertised: the target's schema of %s has no %q", collection, name)
	}
	if why := c.unfitBody(collection, body, true); why != "" {
		return c.s.skip("%s", why)
	}
	answer, err := c.post(ctx, collection, nick, body)
	if err != nil {
		return err
	}
	if !answer.OK() || c.named[nick].id == "" {
		roots := []string{"CREATE-01", "CREATE-17"}
		if collection == groups {
			roots = []string{"GROUP-01"}
		}
		text := fmt.Sprintf("the scenario needs %s to be made first, and POST /%s answered %d%s", nick, collection, answer.Status, detail(answer))
		return &Failure{text: text, root: roots, unmet: true}
	}
	return nil
}

// somebody makes a user if the target has none.
func (c *client) somebody(ctx context.Context) error {
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: []string{users}, Query: url.Values{"count": {"1"}}})
	switch {
	case err != nil:
		return err
	case len(answer.object().objects("Resources")) > 0:
		return nil
	case c.s.guard.readOnly:
		return c.s.skip("nothing to look at: there are no users, and the run may not make one")
	}
	return c.given(ctx, users, "somebody", nil)
}

func content(doc *godog.DocString) string {
	if doc == nil {
		return ""
	}
	return doc.Content
}

// post sends the create of a resource and takes down what the target has made.
func (c *client) post(ctx context.Context, collection, nick string, body map[string]any) (*Answer, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r := &Request{Method: http.MethodPost, Path: []string{collection}, Body: data, Header: c.header}
	c.header = http.Header{}
	answer, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	c.wrote = true
	c.sent, c.atOnce = append(c.sent, sent{r, answer}), 1
	c.name(collection, nick, resource(body), answer)
	return answer, nil
}

// name takes down what a create has made.
func (c *client) name(collection, nick string, body resource, answer *Answer) {
	m := &made{nick: nick, collection: collection, name: body.text(nameAttribute(collection))}
	c.named[nick] = m
	if !answer.OK() {
		return
	}
	m.known = answer.object()
	if m.id = m.known.id(); m.id == "" {
		m.id = lastSegment(answer.Header.Get("Location"))
	}
	if !c.s.guard.ledger.owns(collection, m.id) {
		m.id = "" // the target speaks of something that the run did not make
	}
}

func (c *client) givenMany(ctx context.Context, number, nick string, doc *godog.DocString) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 50 {
		return fmt.Errorf("%s users are too many, or none", number)
	}
	for i := 1; i <= n; i++ {
		one := &godog.DocString{Content: strings.ReplaceAll(content(doc), "{n}", strconv.Itoa(i))}
		if err := c.given(ctx, users, nick+"-"+strconv.Itoa(i), one); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) setHeader(name, value string) error {
	value, err := c.expand(value, false)
	if err != nil {
		return err
	}
	c.header.Set(name, value)
	return nil
}
