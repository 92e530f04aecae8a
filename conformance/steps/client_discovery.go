package steps

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// discoveryWords are the sentences about what the target says about itself.
func (c *client) discoveryWords() []definition {
	return []definition{
		c.defineTrials(`every`, `every schema that a resource type names is published`,
			"Looks in /Schemas for the schema and the extensions of each resource type; reads each entry of /Schemas and /ResourceTypes by its id; asks for a list at the endpoint of each resource type; compares this with its name; looks for attributes of extensions that have the name of another one; sends creates of users without each extension that is required.",
			trials{
				"schema that a resource type names is published":       c.tryPublished,
				"schema and resource type is found under its id":       c.tryByID,
				"resource type is served at the endpoint that it says": c.tryEndpoints,
				"resource type has the endpoint of its name":           c.tryPlurals,
				"extension has names of its own":                       c.tryOwnNames,
				"extension that is required is demanded":               c.tryRequiredExtensions,
			}),
	}
}

// tryEndpoints asks for a list of no resources at each endpoint (RFC 7643 section 6).
func (c *client) tryEndpoints(ctx context.Context) error {
	for _, t := range c.s.suite.config.Discovery.Published.Types {
		path, err := c.below(t.Endpoint)
		if err != nil {
			return err
		}
		answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: path, Query: url.Values{"count": {"0"}}})
		if err != nil {
			return err
		}
		part := Part{Name: t.Name}
		if answer.Status == http.StatusNotFound {
			part.Failure = failf("GET %s answered 404", t.Endpoint).Error()
		}
		c.s.parts = append(c.s.parts, part)
	}
	return c.verdict()
}

func (c *client) tryPublished(context.Context) error {
	published := c.s.suite.config.Discovery.Published
	for _, t := range published.Types {
		names := []string{t.Schema}
		for _, e := range t.Extensions {
			names = append(names, e.Schema)
		}
		for _, name := range names {
			part := Part{Name: t.Name + " " + name}
			if published.Schema(name) == nil {
				part.Failure = "the schema is not in /Schemas"
			}
			c.s.parts = append(c.s.parts, part)
		}
	}
	return c.verdict()
}

func (c *client) tryByID(ctx context.Context) error {
	published := c.s.suite.config.Discovery.Published
	for _, s := range published.Schemas {
		if err := c.findEntry(ctx, "Schemas", s.ID, s.ID); err != nil {
			return err
		}
	}
	for _, t := range published.Types {
		if err := c.findEntry(ctx, "ResourceTypes", t.ID, t.Name); err != nil {
			return err
		}
	}
	return c.verdict()
}

// findEntry reads an entry of a list by its id or, if it has none, its name.
func (c *client) findEntry(ctx context.Context, list, id, name string) error {
	if id == "" {
		id = name
	}
	answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: []string{list, id}})
	if err != nil {
		return err
	}
	part := Part{Name: list + "/" + id}
	o := answer.object()
	switch {
	case !answer.OK():
		part.Failure = failf("reading it answered %d%s", answer.Status, detail(answer)).Error()
	case !strings.EqualFold(o.text("id"), id) && !strings.EqualFold(o.text("name"), name):
		part.Failure = "something else is there"
	}
	c.s.parts = append(c.s.parts, part)
	return nil
}

// tryPlurals compares endpoints with names: "/Users" is that of the type "User" (RFC 7644
// section 3.2).
func (c *client) tryPlurals(context.Context) error {
	for _, t := range c.s.suite.config.Discovery.Published.Types {
		part := Part{Name: t.Name}
		if want := t.Name + "s"; !strings.EqualFold(strings.Trim(t.Endpoint, "/"), want) {
			part.Failure = failf("its endpoint is %q and should be %q", t.Endpoint, "/"+want).Error()
		}
		c.s.parts = append(c.s.parts, part)
	}
	return c.verdict()
}

// tryOwnNames looks for attributes of extensions that the schema of the type, or what all
// resources have, defines as well (RFC 7643 section 3.3).
func (c *client) tryOwnNames(context.Context) error {
	published := c.s.suite.config.Discovery.Published
	for _, t := range published.Types {
		taken := []string{"id", "externalId", "meta", "schemas"}
		if core := published.Schema(t.Schema); core != nil {
			for _, a := range core.Attributes {
				taken = append(taken, a.Name)
			}
		}
		for _, e := range t.Extensions {
			schema := published.Schema(e.Schema)
			if schema == nil {
				continue // a check says so
			}
			part := Part{Name: t.Name + " " + e.Schema}
			for _, a := range schema.Attributes {
				if slices.ContainsFunc(taken, func(name string) bool { return strings.EqualFold(name, a.Name) }) {
					part.Failure = failf("it defines %s, which resources of this type have already", a.Name).Error()
				}
			}
			c.s.parts = append(c.s.parts, part)
		}
	}
	if len(c.s.parts) == 0 {
		return c.s.skip("not advertised: no resource type has an extension")
	}
	return c.verdict()
}

// tryRequiredExtensions sends creates of users that lack one extension each (RFC 7643
// section 6).
func (c *client) tryRequiredExtensions(ctx context.Context) error {
	if t := c.s.suite.config.Discovery.Published.Type(users); t != nil {
		for i, e := range t.Extensions {
			if !e.Required {
				continue
			}
			answer, err := c.tryCreate(ctx, "without-"+strconv.Itoa(i+1), func(body map[string]any) {
				delete(body, e.Schema)
				all, _ := body["schemas"].([]any)
				body["schemas"] = slices.DeleteFunc(slices.Clone(all), func(name any) bool { return name == e.Schema })
			})
			if err != nil {
				return err
			}
			part := Part{Name: e.Schema}
			if answer.Status != http.StatusBadRequest {
				part.Failure = failf("without it a create answered %d and should answer 400%s", answer.Status, detail(answer)).Error()
			}
			c.s.parts = append(c.s.parts, part)
		}
	}
	if len(c.s.parts) == 0 {
		return c.s.skip("not about this target: no extension of its users is required")
	}
	return c.verdict()
}
