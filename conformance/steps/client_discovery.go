package steps

import (
	"context"
	"net/http"
	"strings"
)

// discoveryWords are the sentences about what the target says about itself.
func (c *client) discoveryWords() []definition {
	return []definition{
		define(`every schema that a resource type names is published`, `every schema that a resource type names is published`,
			"Looks in /Schemas for the schema and the extensions of each resource type.",
			c.tryPublished),
		define(`every schema and resource type is found under its id`, `every schema and resource type is found under its id`,
			"Reads each entry of /Schemas by its id, and each of /ResourceTypes by its id or its name.",
			c.tryByID),
	}
}

func (c *client) tryPublished() error {
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
