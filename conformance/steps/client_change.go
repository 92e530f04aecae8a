package steps

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
)

// operate sends one PATCH operation about a user.
func (c *client) operate(ctx context.Context, m *made, op string, path string, value any) (*Answer, error) {
	return c.patchBy(ctx, m, operation(op, path, value))
}

func operation(op, path string, value any) map[string]any {
	o := map[string]any{"op": op, "path": path}
	if value != nil {
		o["value"] = value
	}
	return o
}

// patchBy patches a resource by some operations (RFC 7644 section 3.5.2).
func (c *client) patchBy(ctx context.Context, m *made, operations ...map[string]any) (*Answer, error) {
	body, err := json.Marshal(map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations,
	})
	if err != nil {
		return nil, err
	}
	return c.do(ctx, &Request{Method: http.MethodPatch, Path: m.path(), Body: body})
}

// together patches many attributes by one request, and reports whether it has done to
// each what check demands, so that none has to be tried by itself.
func (c *client) together(ctx context.Context, m *made, all []lint.Place, operate func(lint.Place) map[string]any, check func(resource, lint.Place) error) (bool, error) {
	var operations []map[string]any
	for _, p := range all {
		operations = append(operations, operate(p))
	}
	answer, err := c.patchBy(ctx, m, operations...)
	if err != nil || !answer.OK() {
		return false, err
	}
	now, err := c.read(ctx, m)
	switch {
	case IsFailure(err):
		return false, nil
	case err != nil:
		return false, err
	case slices.ContainsFunc(all, func(p lint.Place) bool { return check(now, p) != nil }):
		return false, nil
	}
	for _, p := range all {
		c.s.parts = append(c.s.parts, Part{Name: p.Path()})
	}
	return true, nil
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
	return kept(now, p, want)
}

func kept(now resource, p lint.Place, want any) error {
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
	m, whole, err := c.fullUser(ctx, "full")
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
	done, err := c.together(ctx, m, all,
		func(p lint.Place) map[string]any { return operation("replace", p.Path(), c.sample(p, "barbara")) },
		func(now resource, p lint.Place) error { return kept(now, p, c.sample(p, "barbara")) })
	if done || err != nil {
		return err
	}
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
	m, whole, err := c.fullUser(ctx, "full")
	if err != nil {
		return err
	}
	all, err := c.places("not required", func(p lint.Place) bool {
		return p.Mutability == "readWrite" && !c.requires(users, p.Path(), p) && p.Parent == nil && !strings.EqualFold(p.Name, "active") &&
			!empty(pick(map[string]any(whole), p.Path()))
	})
	if err != nil {
		return err
	}
	// A default may take the place of what was there.
	removed := func(now resource, p lint.Place) error {
		if got := pick(map[string]any(now), p.Path()); !empty(got) && identical(got, pick(map[string]any(whole), p.Path())) {
			return failf("it is still %s", brief(got))
		}
		return nil
	}
	done, err := c.together(ctx, m, all, func(p lint.Place) map[string]any { return operation("remove", p.Path(), nil) }, removed)
	if done || err != nil {
		return err
	}
	// Whatever that has left of the user is not to be judged by.
	if m, whole, err = c.fullUser(ctx, "whole"); err != nil {
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
		return removed(now, p)
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
		c.complete(body, "barbara", used(body))
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
