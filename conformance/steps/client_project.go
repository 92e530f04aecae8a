package steps

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
)

// fullUser makes a user with a value for every writable attribute, and returns how
// it reads.
func (c *client) fullUser(ctx context.Context, nick string) (*made, resource, error) {
	if err := c.createFull(ctx, nick); err != nil {
		return nil, nil, err
	}
	m, err := c.get(nick)
	if err != nil {
		return nil, nil, rooted(err, "CREATE-17")
	}
	r, err := c.read(ctx, m)
	return m, r, err
}

// project reads a user with a projection.
func (c *client) project(ctx context.Context, m *made, parameter, path string) (resource, error) {
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: m.path(), Query: url.Values{parameter: {path}}})
	if err != nil {
		return nil, err
	}
	if !answer.OK() {
		return nil, failf("%s=%s answered %d%s", parameter, path, answer.Status, detail(answer))
	}
	return answer.object(), nil
}

// stays reports whether a member of a resource comes whatever is asked for: "schemas",
// the id, and what the target publishes as always returned.
func (c *client) stays(name string, v any) bool {
	if strings.EqualFold(name, "schemas") || strings.EqualFold(name, "id") {
		return true
	}
	inner, _ := v.(map[string]any)
	inExtension := 0
	for _, collection := range []string{users, groups} {
		for _, p := range c.s.suite.config.Discovery.Published.Places(collection) {
			switch {
			case p.Returned != "always" || p.Parent != nil:
			case p.Extension == "" && strings.EqualFold(p.Name, name):
				return true
			case strings.EqualFold(p.Extension, name) && resource(inner).get(p.Name) != nil:
				inExtension++
			}
		}
	}
	return inExtension > 0 && inExtension == len(inner)
}

// tryEach calls try for each place and makes a verdict of the parts.
func (c *client) tryEach(all []lint.Place, try func(lint.Place) error) error {
	for _, p := range all {
		if err := c.part(p, try(p)); err != nil {
			return err
		}
	}
	return c.verdict()
}

func (c *client) tryAlone(ctx context.Context) error {
	all, err := c.places("returned by default", func(p lint.Place) bool { return p.Parent == nil && p.Returned == "default" })
	if err != nil {
		return err
	}
	m, whole, err := c.fullUser(ctx, "full")
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(p lint.Place) bool { return empty(pick(map[string]any(whole), p.Path())) }) // not kept, or nothing to show
	try := func(some ...lint.Place) error {
		r, err := c.project(ctx, m, "attributes", join(some, ",", lint.Place.Path))
		if err != nil {
			return err
		}
		return c.showsOnly(r, whole, some)
	}
	switch apart, err := c.inSplits(all, try); {
	case err != nil:
		return err
	case apart:
		return nil
	}
	return c.tryEach(all, func(p lint.Place) error { return try(p) })
}

// showsOnly demands of a projection that it has what was asked for, and nothing else.
func (c *client) showsOnly(r, whole resource, asked []lint.Place) error {
	for _, p := range asked {
		if !identical(pick(map[string]any(r), p.Path()), pick(map[string]any(whole), p.Path())) {
			return failf("it is asked for and not shown as in a plain read")
		}
	}
	for name, v := range r {
		inside := slices.ContainsFunc(asked, func(p lint.Place) bool {
			return strings.EqualFold(name, p.Name) || strings.EqualFold(name, p.Extension)
		})
		if !inside && !empty(v) && !strings.EqualFold(name, "meta") && !c.stays(name, v) {
			return failf("it is asked for, and %s comes too", name)
		}
	}
	return nil
}

// inSplits tries one half of the places and the other, split in so many ways that each of
// them is tried without each other one. It reports whether all went well, so that none has
// to be tried by itself.
func (c *client) inSplits(all []lint.Place, try func(...lint.Place) error) (bool, error) {
	for bit := 1; bit < len(all); bit <<= 1 {
		var halves [2][]lint.Place
		for i, p := range all {
			half := &halves[min(i&bit, 1)]
			*half = append(*half, p)
		}
		for _, half := range halves {
			switch err := try(half...); {
			case IsFailure(err):
				return false, nil
			case err != nil:
				return false, err
			}
		}
	}
	if len(all) < 2 {
		return false, nil
	}
	for _, p := range all {
		c.s.parts = append(c.s.parts, Part{Name: p.Path()})
	}
	return true, nil
}

func (c *client) tryAlways(ctx context.Context) error {
	all, err := c.places("always returned", func(p lint.Place) bool { return p.Returned == "always" && p.Parent == nil })
	if err != nil {
		return err
	}
	m, whole, err := c.fullUser(ctx, "full")
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		r, err := c.project(ctx, m, "excludedAttributes", p.Path())
		if err == nil && empty(pick(map[string]any(r), p.Path())) && !empty(pick(map[string]any(whole), p.Path())) {
			err = failf("it is left out")
		}
		return err
	})
}

func (c *client) tryRequest(ctx context.Context) error {
	all, err := c.places("returned on request", func(p lint.Place) bool { return p.Returned == "request" && p.Parent == nil && writable(p) })
	if err != nil {
		return err
	}
	m, whole, err := c.fullUser(ctx, "full")
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		if !empty(pick(map[string]any(whole), p.Path())) {
			return failf("it comes without being asked for")
		}
		r, err := c.project(ctx, m, "attributes", p.Path())
		if err == nil && empty(pick(map[string]any(r), p.Path())) {
			c.s.remark("%s: it does not come when it is asked for", p.Path())
		}
		return err
	})
}
