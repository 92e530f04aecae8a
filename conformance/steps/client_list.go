package steps

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listWords are the sentences about lists and the pages of lists.
func (c *client) listWords() []definition {
	return []definition{
		define(`the client walks through (users|groups) where (.+), ([0-9]+) at a time(, by cursors)?`, `the client walks through users where userName sw "{run}", 2 at a time`,
			"Reads a filtered list page by page, by startIndex or by cursors (RFC 9865), until there is nothing more.",
			c.walkThrough),
		c.claim(`the answer finds exactly ([a-z].*)`, `the answer finds exactly barbara and carla`,
			`Demands that a list holds these resources and no other; "nobody" is none.`,
			func(ctx context.Context, nicks string) error { return c.finds(ctx, nicks, false) }),
		c.claim(`the answer finds, in this order, ([a-z].*)`, `the answer finds, in this order, carla and barbara`,
			"The same, in this order.",
			func(ctx context.Context, nicks string) error { return c.finds(ctx, nicks, true) }),
		c.claim(`the answer shows `+nick+` as a read does`, `the answer shows barbara as a read does`,
			"Compares the one resource of a list with what a read shows.",
			c.showsAsRead),
		c.claim(`the walk found each of ([a-z].*) once`, `the walk found each of u-1, u-2 and u-3 once`,
			"Demands that the pages of the walk together hold these resources, each once, and no other.",
			c.walkFound),
		c.claim(`no page of the walk was longer than ([0-9]+)`, `no page of the walk was longer than 2`,
			"Counts the resources of each page.",
			c.pagesNoLonger),
		c.claim(`the answer has no more resources than "([^"]+)" of the configuration`, `the answer has no more resources than "filter.maxResults" of the configuration`,
			"Compares the number of resources with what /ServiceProviderConfig says.",
			c.noMoreThan),
	}
}

// ids returns the ids of the named resources, "nobody" being none.
func (c *client) ids(nicks string) ([]string, error) {
	if nicks == "nobody" {
		return nil, nil
	}
	var all []string
	for _, nick := range list(nicks) {
		m, err := c.get(nick)
		if err != nil {
			return nil, err
		}
		all = append(all, m.id)
	}
	return all, nil
}

func idsOf(all []resource) []string {
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.id()
	}
	return ids
}

// called turns ids into nicks, for a message; an id that is nobody's is not told.
func (c *client) called(ids []string) string {
	if len(ids) == 0 {
		return "nobody"
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = "somebody else"
		for nick, m := range c.named {
			if m.id == id {
				names[i] = nick
			}
		}
	}
	return clip(strings.Join(names, ", "), 200)
}

func (c *client) finds(ctx context.Context, nicks string, inOrder bool) error {
	want, err := c.ids(nicks)
	if err != nil {
		return err
	}
	return c.about(ctx, "the answer", func(v any) error {
		o, _ := v.(map[string]any)
		got := idsOf(resource(o).objects("Resources"))
		same := slices.Equal(got, want)
		if !inOrder {
			same = slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
		}
		if !same {
			return failf("%s%s found %s and should find %s", c.asked(), c.condition(), c.called(got), nicks)
		}
		return nil
	})
}

// condition names the filter of the last request, for a message.
func (c *client) condition() string {
	last, err := c.last()
	if err != nil || last.request.Query.Get("filter") == "" {
		return ""
	}
	return " where " + clip(last.request.Query.Get("filter"), 200)
}

func (c *client) showsAsRead(ctx context.Context, nick string) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	whole, err := c.read(ctx, m)
	if err != nil {
		return err
	}
	return c.about(ctx, "the answer", func(v any) error {
		for _, r := range resourcesIn(v) {
			if r.id() != m.id {
				continue
			}
			if names := differences(r, whole); len(names) > 0 {
				return failf("the list shows %s otherwise than a read does, in %s", nick, strings.Join(names, ", "))
			}
			return nil
		}
		return failf("the list does not show %s", nick)
	})
}

// A walk is what reading a list page by page has brought.
type walk struct{ pages [][]string }

// walkLimitPages bounds a walk through what a scenario has made.
const walkLimitPages = 30

func (c *client) walkThrough(ctx context.Context, kind, filter, number, byCursors string) error {
	filter, err := c.expand(filter, false)
	if err != nil {
		return err
	}
	query := url.Values{"filter": {filter}, "count": {number}}
	if byCursors != "" {
		query.Set("cursor", "")
	}
	c.walk = &walk{}
	for received := 0; len(c.walk.pages) < walkLimitPages; {
		if byCursors == "" {
			query.Set("startIndex", strconv.Itoa(received+1))
		}
		request := &Request{Method: http.MethodGet, Path: []string{collectionOf(kind)}, Query: maps.Clone(query)}
		answer, err := c.do(ctx, request)
		if err != nil {
			return err
		}
		c.sent, c.atOnce = append(c.sent, sent{request, answer}), 1
		if !answer.OK() {
			return failf("page %d of the walk answered %d%s", len(c.walk.pages)+1, answer.Status, detail(answer))
		}
		page := answer.object()
		ids := idsOf(page.objects("Resources"))
		c.walk.pages = append(c.walk.pages, ids)
		received += len(ids)
		next := page.text("nextCursor")
		query.Set("cursor", next)
		if byCursors == "" {
			query.Del("cursor")
		}
		if total, ok := page.get("totalResults").(fmt.Stringer); byCursors == "" && (len(ids) == 0 || ok && total.String() == strconv.Itoa(received)) || byCursors != "" && next == "" {
			return nil
		}
	}
	return failf("the walk had not come to an end after %d pages", walkLimitPages)
}

func (c *client) walkFound(nicks string) error {
	want, err := c.ids(nicks)
	if err != nil {
		return err
	}
	if c.walk == nil {
		return fmt.Errorf("no earlier sentence has walked through a list")
	}
	got := slices.Concat(c.walk.pages...)
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		return failf("%d pages held %s and should hold each of %s once", len(c.walk.pages), c.called(got), nicks)
	}
	return nil
}

func (c *client) pagesNoLonger(number string) error {
	limit, err := strconv.Atoi(number)
	if err != nil || c.walk == nil {
		return fmt.Errorf("no earlier sentence has walked through a list")
	}
	for i, page := range c.walk.pages {
		if len(page) > limit {
			return failf("page %d held %d resources, and %d were asked for", i+1, len(page), limit)
		}
	}
	return nil
}

func (c *client) noMoreThan(ctx context.Context, path string) error {
	limit, ok := pick(c.s.suite.config.Discovery.Config, path).(fmt.Stringer)
	if !ok {
		return c.s.skip("not advertised: /ServiceProviderConfig has no %s", path)
	}
	most, err := strconv.Atoi(limit.String())
	if err != nil || most <= 0 {
		return c.s.skip("not advertised: /ServiceProviderConfig has a %s of %s", path, limit)
	}
	return c.about(ctx, "the answer", func(v any) error {
		o, _ := v.(map[string]any)
		if n := len(resource(o).objects("Resources")); n > most {
			return failf("the page has %d resources, and %s is %d", n, path, most)
		}
		return nil
	})
}

// wait lets time go by, for the target's clock or for its cursors.
func (c *client) wait(ctx context.Context, what string) error {
	if what == "some time" {
		return sleep(ctx, c.s.suite.config.Tick)
	}
	timeout, why := c.s.suite.config.Discovery.CursorTimeout()
	switch {
	case why != "":
		return c.s.skip("%s", why)
	case what == "half of the cursor timeout":
		return sleep(ctx, timeout/2)
	}
	return sleep(ctx, timeout+timeout/4)
}
