package steps

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
)

// comparable returns the attributes of a user that can be looked for by a value: those
// that were sent when it was made, and are shown.
func (c *client) comparable(whole resource) ([]lint.Place, error) {
	made, err := c.last()
	if err != nil {
		return nil, err
	}
	sent := (&Answer{Body: made.request.Body}).object()
	return c.places("comparable", func(p lint.Place) bool {
		return c.valueOf(sent, p) != nil && p.Type != "complex" && p.Type != "binary" && p.Returned != "never" && p.Mutability != "writeOnly" && c.valueOf(whole, p) != nil
	})
}

// valueOf returns one value that a resource has in an attribute.
func (c *client) valueOf(r resource, p lint.Place) any {
	v := pick(map[string]any(r), p.Path())
	for {
		all, ok := v.([]any)
		if !ok || len(all) == 0 {
			return v
		}
		v = all[0]
	}
}

// matches asks whether a user is found by a condition.
func (c *client) matches(ctx context.Context, m *made, condition string) (bool, error) {
	filter := `userName eq ` + strconv.Quote(m.name) + ` and ` + condition
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: []string{users}, Query: url.Values{"filter": {filter}}})
	if err != nil {
		return false, err
	}
	if !answer.OK() {
		return false, failf("the filter %s answered %d%s", condition, answer.Status, detail(answer))
	}
	return len(answer.object().objects("Resources")) > 0, nil
}

func (c *client) tryFind(ctx context.Context) error {
	m, whole, err := c.fullUser(ctx, "full")
	if err != nil {
		return err
	}
	all, err := c.comparable(whole)
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		condition := p.Path() + " eq " + literal(c.valueOf(whole, p))
		found, err := c.matches(ctx, m, condition)
		if err == nil && !found {
			err = failf("the user is not found by %s", condition)
		}
		return err
	})
}

// literal writes a value as a filter has it.
func literal(v any) string {
	if s, ok := v.(string); ok {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return brief(v)
}

// swapCase turns small letters into capital ones and the other way round.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

func (c *client) tryCase(ctx context.Context) error {
	m, whole, err := c.fullUser(ctx, "full")
	if err != nil {
		return err
	}
	all, err := c.comparable(whole)
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		text, ok := c.valueOf(whole, p).(string)
		if !ok || p.Type != "string" || swapCase(text) == text {
			return nil // nothing with letters to try
		}
		condition := p.Path() + " eq " + literal(swapCase(text))
		switch found, err := c.matches(ctx, m, condition); {
		case err != nil:
			return err
		case found && p.CaseExact:
			return failf("it is caseExact, and %s finds the user", condition)
		case !found && !p.CaseExact:
			return failf("it is not caseExact, and %s does not find the user", condition)
		}
		return nil
	})
}

// tryNumbers compares nine with ten, which as texts have another order (RFC 7644 section
// 3.4.2.2).
func (c *client) tryNumbers(ctx context.Context) error {
	all, err := c.places("a number", func(p lint.Place) bool {
		return (p.Type == "integer" || p.Type == "decimal") && writable(p) && (p.Parent == nil || !p.Parent.MultiValued) && p.Returned != "never" && p.Mutability != "writeOnly"
	})
	if err != nil {
		return err
	}
	nine := map[string]json.Number{"integer": "9", "decimal": "9.5"}
	if _, err := c.tryCreate(ctx, "nine", func(body map[string]any) {
		for _, p := range all {
			if p.MultiValued {
				put(body, p, []any{nine[p.Type]})
			} else {
				put(body, p, nine[p.Type])
			}
		}
	}); err != nil {
		return err
	}
	m, err := c.get("nine")
	if err != nil {
		return rooted(err, "CREATE-17")
	}
	return c.tryEach(all, func(p lint.Place) error {
		less, err := c.matches(ctx, m, p.Path()+" lt 10")
		if err != nil {
			return err
		}
		greater, err := c.matches(ctx, m, p.Path()+" gt 10")
		if err == nil && (!less || greater) {
			err = failf("a user with %s is found by lt 10: %t, by gt 10: %t", nine[p.Type], less, greater)
		}
		return err
	})
}

// tryDefaults makes a user of its name alone and looks for it by what the service has
// added (RFC 7644 section 3.4.2.2).
func (c *client) tryDefaults(ctx context.Context) error {
	var sent map[string]any
	answer, err := c.tryCreate(ctx, "bare", func(body map[string]any) {
		delete(body, "active")
		sent = body
	})
	if err != nil {
		return err
	}
	m, err := c.get("bare")
	if err != nil {
		return rooted(err, "CREATE-01")
	}
	shown := map[string]any(answer.object())
	all, err := c.places("filled in by the service", func(p lint.Place) bool {
		return writable(p) && p.Type != "complex" && p.Type != "binary" && pick(sent, p.Path()) == nil && c.valueOf(shown, p) != nil
	})
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		condition := p.Path() + " eq " + literal(c.valueOf(shown, p))
		found, err := c.matches(ctx, m, condition)
		if err == nil && !found {
			err = failf("the user is shown with it, and not found by %s", condition)
		}
		return err
	})
}
