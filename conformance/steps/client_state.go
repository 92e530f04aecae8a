package steps

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (c *client) wholeOrEmpty(ctx context.Context, nick string) error {
	last, err := c.last()
	if err != nil {
		return err
	}
	if last.answer.Status == http.StatusNoContent {
		return c.hasNoBody(ctx, "")
	}
	shown := last.answer.object()
	return c.about(ctx, nick, func(v any) error {
		if names := differences(shown, v.(map[string]any)); len(names) > 0 {
			return failf("the answer should show the whole of %s and differs from it in %s", nick, strings.Join(names, ", "))
		}
		return nil
	})
}

func (c *client) unchanged(ctx context.Context, nick string) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	return c.about(ctx, nick, func(v any) error {
		if names := differences(m.known, v.(map[string]any)); len(names) > 0 {
			return failf("%s should be as before and differs in %s", nick, strings.Join(names, ", "))
		}
		return nil
	})
}

func (c *client) later(ctx context.Context, nick, path string) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	before, _ := pick(map[string]any(m.known), path).(string)
	return c.about(ctx, nick, func(v any) error {
		now, _ := pick(v, path).(string)
		then, okThen := instant(before)
		at, okNow := instant(now)
		if !okThen || !okNow || !at.After(then) {
			return failf("%s has %s %q, which is not later than %q before", nick, path, now, before)
		}
		return nil
	})
}

func (c *client) gone(ctx context.Context, nick string) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	return c.holds(ctx, func() error {
		answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: m.path()})
		if err != nil {
			return err
		}
		if answer.Status != http.StatusNotFound {
			return failf("reading %s answered %d and should answer 404", nick, answer.Status)
		}
		return nil
	})
}

func (c *client) nobody(ctx context.Context, kind, nick string) error {
	collection, name := users, c.s.address(nick)
	if kind == "group" {
		collection, name = groups, c.s.name(nick)
	}
	if m, ok := c.named[nick]; ok && m.name != "" {
		name = m.name
	}
	return c.holds(ctx, func() error {
		found, err := c.s.guard.find(ctx, collection, nameAttribute(collection), name)
		if err == nil && len(found) > 0 {
			err = failf("there is a %s %s, and there should be none", kind, nick)
		}
		return err
	})
}

func (c *client) inNoAnswer(text string) error {
	text, err := c.expand(text, false)
	if err != nil {
		return err
	}
	for _, x := range c.s.exchanges {
		if strings.Contains(string(x.Answer.Body), text) {
			return failf("%s %s answered with it in the body", x.Request.Method, x.Request.path())
		}
		for name, values := range x.Answer.Header {
			if strings.Contains(strings.Join(values, " "), text) {
				return failf("%s %s answered with it in the header %s", x.Request.Method, x.Request.path(), name)
			}
		}
	}
	return nil
}

// atOnceAnswers are the answers to what was sent at once.
func (c *client) atOnceAnswers() []sent { return c.sent[len(c.sent)-min(c.atOnce, len(c.sent)):] }

func (c *client) eachHasStatus(want string) error {
	for _, x := range c.atOnceAnswers() {
		if !slices.Contains(list(want), strconv.Itoa(x.answer.Status)) {
			return failf("one of %d answers at the same time has status %d and should have %s", c.atOnce, x.answer.Status, want)
		}
	}
	return nil
}

func (c *client) exactlyOne(one, others string) error {
	answers := c.atOnceAnswers()
	n := 0
	for _, x := range answers {
		status := strconv.Itoa(x.answer.Status)
		switch {
		case slices.Contains(list(one), status):
			n++
		case !slices.Contains(list(others), status):
			return failf("one of %d answers at the same time has status %s, which is neither %s nor %s", len(answers), status, one, others)
		}
	}
	if n != 1 {
		return failf("%d of %d answers at the same time have status %s, and one should", n, len(answers), one)
	}
	return nil
}

// keepsClosed looks for what is to come where an answer says that it will be (RFC 9967
// section 5), as somebody whom nobody knows.
func (c *client) keepsClosed(ctx context.Context) error {
	last, err := c.last()
	if err != nil {
		return err
	}
	location := last.answer.Header.Get("Location")
	if last.answer.Status != http.StatusAccepted || location == "" {
		return nil
	}
	path, err := c.below(location)
	if err != nil {
		return c.s.skip("not tried: what was announced is to be at another place than below the base URL, where a run sends nothing")
	}
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: path, Header: http.Header{"Authorization": {""}}})
	if err != nil {
		return err
	}
	switch answer.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return nil
	}
	return failf("the Location of the 202, read without credentials, answered %d and should answer 401, 403 or 404", answer.Status)
}
