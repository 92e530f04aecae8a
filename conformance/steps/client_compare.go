package steps

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"slices"
	"strings"
)

func (c *client) hasOneOf(ctx context.Context, subject, names, path string) error {
	allowed := unquote(list(names))
	return c.about(ctx, subject, func(v any) error {
		for _, got := range leaves(v, path) {
			text, isText := got.(string)
			if n, ok := got.(json.Number); ok {
				text, isText = n.String(), true
			}
			if got != nil && (!isText || !slices.Contains(allowed, text)) {
				return failf("%s has %s at %s and should have nothing but %s there", subject, c.show(subject, got), path, names)
			}
		}
		return nil
	})
}

func (c *client) mentions(ctx context.Context, text, path string) error {
	text, err := c.expand(text, false)
	if err != nil {
		return err
	}
	return c.about(ctx, "the answer", func(v any) error {
		if got, _ := pick(v, path).(string); !strings.Contains(got, text) {
			return failf("the answer has %s %s, which does not mention %s", path, c.show("the answer", pick(v, path)), text)
		}
		return nil
	})
}

func (c *client) sameAsBefore() error {
	if len(c.sent) < 2 {
		return failf("there are no two answers")
	}
	now, before := c.sent[len(c.sent)-1].answer, c.sent[len(c.sent)-2].answer
	a, errA := parseJSON(now.Body)
	b, errB := parseJSON(before.Body)
	switch {
	case now.Status != before.Status:
		return failf("%s answered %d, and %d before", c.asked(), now.Status, before.Status)
	case !bytes.Equal(now.Body, before.Body) && (errA != nil || errB != nil || !identical(a, b)):
		return failf("%s answered otherwise than before", c.asked())
	}
	return nil
}

func (c *client) cameOverTLS() error {
	last, err := c.last()
	if err != nil {
		return err
	}
	if s := last.answer.TLS; s == nil || s.Version < tls.VersionTLS12 {
		return failf("%s was not answered over TLS 1.2 or later", c.asked())
	}
	return nil
}
