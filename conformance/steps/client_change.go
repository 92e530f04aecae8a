package steps

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
)

// operate sends one PATCH operation about a user.
func (c *client) operate(ctx context.Context, m *made, op string, path string, value any) (*Answer, error) {
	operation := map[string]any{"op": op, "path": path}
	if value != nil {
		operation["value"] = value
	}
	body, err := json.Marshal(map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []any{operation},
	})
	if err != nil {
		return nil, err
	}
	return c.do(ctx, &Request{Method: http.MethodPatch, Path: m.path(), Body: body})
}

// another returns a value that differs from the sample of an attribute, nil if none
// can be made up.
func (c *client) another(p lint.Place) any {
	switch p.Type {
	case "boolean":
		return false
	case "integer":
		return json.Number("8")
	case "decimal":
		return json.Number("2.5")
	case "dateTime":
		return "2021-01-02T03:04:05Z"
	case "string":
		if len(p.CanonicalValues) > 1 {
			return p.CanonicalValues[1]
		}
		if len(p.CanonicalValues) == 0 {
			return "Another " + p.Name
		}
	}
	return nil
}

// keeps reads a user and demands the value that was accepted for an attribute.
func (c *client) keeps(ctx context.Context, m *made, p lint.Place, want any) error {
	now, err := c.read(ctx, m)
	if err != nil {
		return err
	}
	if got := pick(map[string]any(now), p.Path()); !agrees(got, want, p.CaseExact) {
		return failf("it is %s and should be %s", brief(got), brief(want))
	}
	return nil
}

func (c *client) tryImmutable(ctx context.Context) error {
	all, err := c.places("immutable", func(p lint.Place) bool {
		return p.Mutability == "immutable" && p.Parent == nil && !p.MultiValued && c.another(p) != nil
	})
	if err != nil {
		return err
	}
	m, whole, err := c.fullUser(ctx)
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		body := maps.Clone(map[string]any(whole))
		if inner, ok := body[p.Extension].(map[string]any); ok {
			body[p.Extension] = maps.Clone(inner)
		}
		put(body, p, c.another(p))
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		answer, err := c.do(ctx, &Request{Method: http.MethodPut, Path: m.path(), Body: text})
		if err != nil {
			return err
		}
		now, err := c.read(ctx, m)
		switch {
		case err != nil:
			return err
		case !identical(pick(map[string]any(now), p.Path()), pick(map[string]any(whole), p.Path())):
			return failf("it was changed")
		case answer.OK():
			c.s.remark("%s: another value is ignored, and a refusal would say that something is wrong", p.Path())
		case answer.Status != http.StatusBadRequest:
			return failf("another value answered %d and should answer 400%s", answer.Status, detail(answer))
		}
		return nil
	})
}

func (c *client) tryPatchReadOnly(ctx context.Context) error {
	all, err := c.places("readOnly", func(p lint.Place) bool { return p.Mutability == "readOnly" && p.Parent == nil })
	if err != nil {
		return err
	}
	if err := c.given(ctx, users, "barbara", nil); err != nil {
		return err
	}
	m := c.named["barbara"]
	return c.tryEach(all, func(p lint.Place) error {
		var value any = c.s.name("claimed-" + nickOf(p))
		if p.Type == "complex" {
			value = map[string]any{"value": value}
		}
		if p.MultiValued {
			value = []any{value}
		}
		answer, err := c.operate(ctx, m, "replace", p.Path(), value)
		if err != nil {
			return err
		}
		now, err := c.read(ctx, m)
		switch {
		case err != nil:
			return err
		case strings.Contains(brief(pick(map[string]any(now), p.Path())), "claimed-"):
			return failf("it was changed")
		case answer.OK():
			c.s.remark("%s: a patch of it is ignored, and a refusal would say that something is wrong", p.Path())
		case answer.Status != http.StatusBadRequest:
			return failf("a patch of it answered %d and should answer 400%s", answer.Status, detail(answer))
		}
		return nil
	})
}

func (c *client) tryPatch(ctx context.Context) error {
	all, err := c.places("writable", func(p lint.Place) bool {
		return p.Mutability == "readWrite" && writable(p) && p.Returned != "never" && p.Returned != "request" && (p.Parent == nil || !p.Parent.MultiValued) &&
			!strings.EqualFold(p.Name, "userName") && c.sample(p, "x") != nil
	})
	if err != nil {
		return err
	}
	if err := c.given(ctx, users, "barbara", nil); err != nil {
		return err
	}
	m := c.named["barbara"]
	return c.tryEach(all, func(p lint.Place) error {
		want := c.sample(p, "barbara")
		answer, err := c.operate(ctx, m, "replace", p.Path(), want)
		if err != nil {
			return err
		}
		if !answer.OK() {
			return failf("a patch of it answered %d%s", answer.Status, detail(answer))
		}
		return c.keeps(ctx, m, p, want)
	})
}

func (c *client) tryRemove(ctx context.Context) error {
	m, whole, err := c.fullUser(ctx)
	if err != nil {
		return err
	}
	all, err := c.places("not required", func(p lint.Place) bool {
		return p.Mutability == "readWrite" && !p.Required && p.Parent == nil && !strings.EqualFold(p.Name, "active") &&
			!empty(pick(map[string]any(whole), p.Path()))
	})
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		answer, err := c.operate(ctx, m, "remove", p.Path(), nil)
		if err != nil {
			return err
		}
		if !answer.OK() {
			return failf("its removal answered %d%s", answer.Status, detail(answer))
		}
		now, err := c.read(ctx, m)
		if err != nil {
			return err
		}
		// A default may take its place.
		if got := pick(map[string]any(now), p.Path()); !empty(got) && identical(got, pick(map[string]any(whole), p.Path())) {
			return failf("it is still %s", brief(got))
		}
		return nil
	})
}

// tryFirstValue gives each immutable attribute a value by a replacement of a user that
// has none (RFC 7644 section 3.5.1).
func (c *client) tryFirstValue(ctx context.Context) error {
	all, err := c.places("immutable", func(p lint.Place) bool {
		return p.Mutability == "immutable" && p.Parent == nil && !p.Required && p.Returned != "never" && p.Returned != "request" && c.sample(p, "x") != nil
	})
	if err != nil {
		return err
	}
	if err := c.given(ctx, users, "barbara", nil); err != nil {
		return err
	}
	m := c.named["barbara"]
	body := c.base(users, "barbara")
	return c.tryEach(all, func(p lint.Place) error {
		want := c.sample(p, "barbara")
		put(body, p, want)
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		answer, err := c.do(ctx, &Request{Method: http.MethodPut, Path: m.path(), Body: text})
		if err != nil {
			return err
		}
		if !answer.OK() {
			return failf("a replacement with a first value answered %d%s", answer.Status, detail(answer))
		}
		return c.keeps(ctx, m, p, want)
	})
}
