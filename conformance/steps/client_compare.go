package steps

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
)

func (c *client) hasOneOf(ctx context.Context, subject, names, path string) error {
	names, err := c.expand(names, false)
	if err != nil {
		return err
	}
	allowed := unquote(list(names))
	allows := func(v any) bool {
		if n, isNumber := v.(json.Number); isNumber {
			v = n.String()
		}
		text, isText := v.(string)
		return v == nil || isText && slices.Contains(allowed, text)
	}
	return c.about(ctx, subject, func(v any) error {
		for _, got := range leaves(v, path) {
			all, isArray := got.([]any)
			if !isArray {
				all = []any{got}
			}
			if slices.ContainsFunc(all, func(v any) bool { return !allows(v) }) {
				return failf("%s has %s at %s and should have nothing but %s there", subject, c.show(subject, got), path, names)
			}
		}
		return nil
	})
}

func (c *client) mentions(ctx context.Context, text, path, ifAny string) error {
	text, err := c.expand(text, false)
	if err != nil {
		return err
	}
	return c.about(ctx, "the answer", func(v any) error {
		if got, _ := pick(v, path).(string); !strings.Contains(got, text) && (got != "" || ifAny == "") {
			return failf("the answer has %s at %s, which does not mention %s", c.show("the answer", pick(v, path)), path, text)
		}
		return nil
	})
}

// likeBefore compares the last two answers.
func (c *client) likeBefore(how string) error {
	if len(c.sent) < 2 {
		return failf("there are no two answers")
	}
	now, before := c.sent[len(c.sent)-1].answer, c.sent[len(c.sent)-2].answer
	if now.Status != before.Status {
		return failf("%s answered %d, and %d before", c.asked(), now.Status, before.Status)
	}
	if strings.HasPrefix(how, "a page") {
		return c.pagedAlike(now, before)
	}
	a, errA := parseJSON(now.Body)
	b, errB := parseJSON(before.Body)
	if !bytes.Equal(now.Body, before.Body) && (errA != nil || errB != nil || !identical(a, b)) {
		return failf("%s answered otherwise than before", c.asked())
	}
	return nil
}

// pagedAlike demands of two pages that were asked for alike, neither by cursor nor by
// index, that they are of one kind, which the configuration may name (RFC 9865 section
// 2.4). They are no last pages.
func (c *client) pagedAlike(now, before *Answer) error {
	kind := func(a *Answer) string {
		if a.object().text("nextCursor") != "" {
			return "cursor"
		}
		return "index"
	}
	want, _ := pick(c.s.suite.config.Discovery.Config, "pagination.defaultPaginationMethod").(string)
	switch got := kind(now); {
	case got != kind(before):
		return failf("%s answered with a page by %s, and with one by %s before", c.asked(), got, kind(before))
	case want != "" && !strings.EqualFold(got, want):
		return failf("%s answered with a page by %s, and the configuration says that pages go by %s unless a client says otherwise", c.asked(), got, want)
	}
	return nil
}
