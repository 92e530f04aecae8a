package steps

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
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

// errMoot says that the target does not support a comparison, so that it proves nothing.
var errMoot error = &Failure{text: "the target refuses to compare it, with invalidFilter"}

// matches asks whether a user is found by a condition. It returns [errMoot] if the target
// does not support that.
func (c *client) matches(ctx context.Context, m *made, condition string) (bool, error) {
	filter := `userName eq ` + strconv.Quote(m.name) + ` and ` + condition
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: []string{users}, Query: url.Values{"filter": {filter}}})
	if err != nil {
		return false, err
	}
	if refusesFilter(answer) {
		return false, errMoot
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
	return c.tryTogether(all, func(some []lint.Place) error {
		condition := join(some, " and ", func(p lint.Place) string { return p.Path() + " eq " + literal(c.valueOf(whole, p)) })
		found, err := c.matches(ctx, m, condition)
		if err == nil && !found {
			err = failf("the user is not found by %s", condition)
		}
		return err
	})
}

// mostConditions stand in one filter, so that its URL is not too long for anybody.
const mostConditions = 8

// tryTogether calls try for several places at a time and, where that fails, for half of
// them, so that in the end each failure is that of one place.
func (c *client) tryTogether(all []lint.Place, try func([]lint.Place) error) error {
	for some := range slices.Chunk(all, mostConditions) {
		if err := c.bisect(some, try); err != nil {
			return err
		}
	}
	return c.verdict()
}

func (c *client) bisect(some []lint.Place, try func([]lint.Place) error) error {
	err := try(some)
	if len(some) == 1 {
		return c.part(some[0], err)
	}
	if err == nil {
		for _, p := range some {
			c.s.parts = append(c.s.parts, Part{Name: p.Path()})
		}
		return nil
	}
	if !IsFailure(err) {
		return err
	}
	half := len(some) / 2
	if err := c.bisect(some[:half], try); err != nil {
		return err
	}
	return c.bisect(some[half:], try)
}

// join writes a condition for each place.
func join(some []lint.Place, by string, condition func(lint.Place) string) string {
	all := make([]string, len(some))
	for i, p := range some {
		all[i] = condition(p)
	}
	return strings.Join(all, by)
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
	swapped := func(p lint.Place) string {
		text, _ := c.valueOf(whole, p).(string)
		return p.Path() + " eq " + literal(swapCase(text))
	}
	var exact, others []lint.Place
	for _, p := range all {
		switch text, ok := c.valueOf(whole, p).(string); {
		case !ok || p.Type != "string" || swapCase(text) == text: // nothing with letters to try
		case p.CaseExact:
			exact = append(exact, p)
		default:
			others = append(others, p)
		}
	}
	if err := c.tryTogether(exact, func(some []lint.Place) error {
		condition := join(some, " or ", swapped)
		if len(some) > 1 {
			condition = "(" + condition + ")"
		}
		found, err := c.matches(ctx, m, condition)
		if err == nil && found {
			err = failf("it is caseExact, and %s finds the user", condition)
		}
		return err
	}); err != nil && !IsFailure(err) {
		return err
	}
	return c.tryTogether(others, func(some []lint.Place) error {
		condition := join(some, " and ", swapped)
		found, err := c.matches(ctx, m, condition)
		if err == nil && !found {
			err = failf("it is not caseExact, and %s does not find the user", condition)
		}
		return err
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
