package steps

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/permiso/scimwright/conformance/lint"
)

// trialWords are the sentences that go through what the target publishes about
// users, attribute by attribute. What they find about each is a part of the result.
func (c *client) trialWords() []definition {
	return []definition{
		define(`a user is refused without each attribute that the schema requires`, `a user is refused without each attribute that the schema requires`,
			"Sends a create for each required attribute, complete but for that one, and demands 400.",
			c.tryRequired),
		define(`a value of another type is refused for each attribute`, `a value of another type is refused for each attribute`,
			"Sends a create for each writable attribute with a value of another JSON type, and demands 400. That it is ignored is a remark.",
			c.tryTypes),
		c.defineTrials(`each attribute`, `each attribute comes back as it was sent`,
			"Makes a user with a value for every writable attribute, then for each of them: compares it, asks for it alone, looks for the user by it, looks again with small and capital letters exchanged, patches it, removes it by a patch, or gives it to somebody else as well.",
			trials{
				"that is unique is refused to a second user":             c.tryUnique,
				"that is a number has the order of numbers":              c.tryNumbers,
				"that the service fills in finds the user that has it":   c.tryDefaults,
				"comes back as it was sent":                              c.tryRoundTrip,
				"comes alone when it is asked for":                       c.tryAlone,
				"finds the user that has it":                             c.tryFind,
				"is found in another letter case unless it is caseExact": c.tryCase,
				"can be patched":                                         c.tryPatch,
				"that is not required can be removed":                    c.tryRemove,
			}),
		c.defineTrials(`each attribute`, `each attribute that is never returned stays hidden`,
			"Makes such a user, then looks at each attribute with this definition: whether it is shown at all, shown although it is left out, shown only when it is asked for.",
			trials{
				"that is never returned stays hidden":                    c.tryNever,
				"that is always returned cannot be left out":             c.tryAlways,
				"that is returned on request comes when it is asked for": c.tryRequest,
			}),
		c.defineTrials(`each`, `each readOnly attribute that a create carries is ignored`,
			"Sends another value for each attribute with this definition, and demands that it keeps its own. That a patch or replacement of it is not refused is a remark.",
			trials{
				"readOnly attribute that a create carries is ignored":        c.tryReadOnly,
				"readOnly attribute cannot be patched":                       c.tryPatchReadOnly,
				"immutable attribute keeps its first value in a replacement": c.tryImmutable,
				"immutable attribute takes its first value in a replacement": c.tryFirstValue,
			}),
	}
}

// trials are what can be tried, by the end of the sentence.
type trials map[string]func(context.Context) error

// defineTrials defines a sentence with several ends.
func (c *client) defineTrials(beginning, example, meaning string, all trials) definition {
	ends := slices.Sorted(maps.Keys(all))
	return define(beginning+` (`+strings.Join(ends, "|")+`)`, example, meaning, func(ctx context.Context, end string) error {
		return all[end](ctx)
	})
}

// places returns the writable attributes of users, sub-attributes too, that keep
// returns true for; the scenario is skipped if there are none.
func (c *client) places(what string, keep func(lint.Place) bool) ([]lint.Place, error) {
	all := c.s.suite.config.Discovery.Published.Places(users)
	if all == nil {
		return nil, c.s.skip("not advertised: the target does not publish the schema of users")
	}
	all = slices.DeleteFunc(slices.Clone(all), func(p lint.Place) bool { return !keep(p) })
	if len(all) == 0 {
		return nil, c.s.skip("not advertised: the target's schema of users has no attribute that is %s", what)
	}
	return all, nil
}

// writable reports whether a run may write an attribute. It gives nobody rights.
func writable(p lint.Place) bool {
	if p.Parent == nil && givesRights(p.Name) || p.Parent != nil && givesRights(p.Parent.Name) {
		return false
	}
	return p.Mutability != "readOnly" && (p.Parent == nil || p.Parent.Mutability != "readOnly")
}

// part takes down what was found out about an attribute.
func (c *client) part(p lint.Place, err error) error {
	if err != nil && !IsFailure(err) {
		return err
	}
	if errors.Is(err, errMoot) {
		c.moot = true
		return nil
	}
	part := Part{Name: p.Path()}
	if err != nil {
		part.Failure = err.Error()
	}
	c.s.parts = append(c.s.parts, part)
	return nil
}

// verdict makes one failure of the parts that failed. Where the target supports no part
// there is none.
func (c *client) verdict() error {
	if c.moot && len(c.s.parts) == 0 {
		return c.s.skip("not supported: the target refuses each of these filters with invalidFilter, which is for it to decide")
	}
	var wrong []string
	for _, p := range c.s.parts {
		if p.Failure != "" {
			wrong = append(wrong, p.Name+": "+p.Failure)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return failf("%d of %d: %s", len(wrong), len(c.s.parts), clip(strings.Join(wrong, "; "), 600))
}

// put sets the value of an attribute in the body of a resource.
func put(body map[string]any, p lint.Place, v any) {
	at := body
	if p.Extension != "" {
		inner, _ := body[p.Extension].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
			body[p.Extension] = inner
			body["schemas"] = append(slices.Clone(body["schemas"].([]any)), p.Extension)
		}
		at = inner
	}
	if p.Parent == nil {
		at[p.Name] = v
		return
	}
	var inner map[string]any
	switch parent := at[p.Parent.Name].(type) {
	case map[string]any:
		inner = maps.Clone(parent)
	case []any:
		inner = maps.Clone(parent[0].(map[string]any))
	default:
		inner = map[string]any{}
	}
	if inner[p.Name] = v; v == nil {
		delete(inner, p.Name)
	}
	if at[p.Parent.Name] = any(inner); p.Parent.MultiValued {
		at[p.Parent.Name] = []any{inner}
	}
}

// tryCreate sends a create for a trial, under a name of its own.
func (c *client) tryCreate(ctx context.Context, nick string, change func(body map[string]any)) (*Answer, error) {
	body := c.base(users, nick)
	body["externalId"] = c.s.name(nick)
	change(body)
	c.complete(body, nick, used(body))
	return c.post(ctx, users, nick, body)
}

func (c *client) tryRequired(ctx context.Context) error {
	all, err := c.places("required", func(p lint.Place) bool {
		return p.Required && writable(p) && p.Extension == "" && (p.Parent == nil || p.Parent.Required)
	})
	if err != nil {
		return err
	}
	for _, p := range all {
		answer, err := c.tryCreate(ctx, nickOf(p), func(body map[string]any) {
			put(body, p, nil)
			if p.Parent == nil {
				delete(body, p.Name)
			}
		})
		if err == nil && answer.Status != http.StatusBadRequest {
			err = failf("without it a create answered %d and should answer 400%s", answer.Status, detail(answer))
		}
		if err := c.part(p, err); err != nil {
			return err
		}
	}
	return c.verdict()
}

// nickOf makes a nick of an attribute's path.
func nickOf(p lint.Place) string {
	path := p.Path()
	if p.Extension != "" {
		path = "x-" + strings.TrimPrefix(path, p.Extension)
	}
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(path)), "-")
}

// misfit returns a value of a JSON type that no value of the attribute has, in a form
// that no target takes for a value written another way.
func misfit(p lint.Place) any {
	switch {
	case p.Type != "complex":
		return map[string]any{"misfit": map[string]any{"of": "type"}}
	case p.MultiValued:
		return json.Number("7")
	default:
		return "not an object"
	}
}

func (c *client) tryTypes(ctx context.Context) error {
	all, err := c.places("writable", func(p lint.Place) bool { return writable(p) && !strings.EqualFold(p.Name, "userName") })
	if err != nil {
		return err
	}
	for _, p := range all {
		nick := nickOf(p)
		answer, err := c.tryCreate(ctx, nick, func(body map[string]any) { put(body, p, misfit(p)) })
		switch {
		case err != nil:
		case answer.Status >= 500 && answer.Status != http.StatusNotImplemented:
			err = failf("%s answered %d", brief(misfit(p)), answer.Status)
		case answer.OK() && identical(pick(map[string]any(answer.object()), p.Path()), misfit(p)):
			err = failf("%s is stored as it is", brief(misfit(p)))
		case answer.OK():
			c.s.remark("%s: %s is ignored, and a refusal would say that something is wrong", p.Path(), brief(misfit(p)))
		case answer.Status != http.StatusBadRequest:
			err = failf("%s answered %d and should answer 400%s", brief(misfit(p)), answer.Status, detail(answer))
		}
		if err := c.part(p, err); err != nil {
			return err
		}
	}
	return c.verdict()
}

func (c *client) tryReadOnly(ctx context.Context) error {
	all, err := c.places("readOnly", func(p lint.Place) bool {
		return p.Mutability == "readOnly" && (p.Parent == nil || p.Parent.Mutability != "readOnly" && !p.Parent.MultiValued)
	})
	if err != nil {
		return err
	}
	claimed := map[string]any{}
	answer, err := c.tryCreate(ctx, "claims", func(body map[string]any) {
		for _, p := range all {
			plain := p
			plain.Type, plain.SubAttributes = "string", nil
			claimed[p.Path()] = any(c.s.name("claimed-" + nickOf(p)))
			if p.Type == "complex" {
				claimed[p.Path()] = map[string]any{"value": c.s.name("claimed-" + nickOf(p))}
			}
			if p.MultiValued {
				claimed[p.Path()] = []any{claimed[p.Path()]}
			}
			put(body, p, claimed[p.Path()])
		}
	})
	if err != nil {
		return err
	}
	if !answer.OK() {
		return failf("a create with readOnly attributes answered %d, and they should be ignored%s", answer.Status, detail(answer))
	}
	r, err := c.read(ctx, c.named["claims"])
	if err != nil {
		return err
	}
	for _, p := range all {
		var err error
		if got := pick(map[string]any(r), p.Path()); !empty(got) && strings.Contains(brief(got), "claimed-"+nickOf(p)) {
			err = failf("the value of the client is stored")
		}
		if err := c.part(p, err); err != nil {
			return err
		}
	}
	return c.verdict()
}

// full adds a value for every writable attribute to a body and returns the
// attributes that have one. Password and active are left as they are.
func (c *client) full(body map[string]any, nick string) []lint.Place {
	var all []lint.Place
	for _, p := range c.s.suite.config.Discovery.Published.Places(users) {
		if p.Parent != nil || !writable(p) || p.Returned == "never" || p.Mutability == "writeOnly" || strings.EqualFold(p.Name, "active") {
			continue
		}
		if v := c.sample(p, nick); v != nil {
			put(body, p, v)
			all = append(all, p)
		}
	}
	return all
}

func (c *client) tryRoundTrip(ctx context.Context) error {
	if _, err := c.places("writable", writable); err != nil {
		return err
	}
	var all []lint.Place
	var body map[string]any
	answer, err := c.tryCreate(ctx, "full", func(b map[string]any) { body, all = b, c.full(b, "full") })
	if err != nil {
		return err
	}
	if !answer.OK() {
		return failf("a create with a value for each attribute answered %d%s", answer.Status, detail(answer))
	}
	r, err := c.read(ctx, c.named["full"])
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Returned == "request" {
			continue
		}
		want := pick(body, p.Path())
		var err error
		if got := pick(map[string]any(r), p.Path()); empty(got) {
			err = failf("it is not kept")
		} else if !agrees(got, want, false) {
			err = failf("%s became %s", brief(want), brief(got))
		}
		if err := c.part(p, err); err != nil {
			return err
		}
	}
	return c.verdict()
}

func (c *client) tryNever(ctx context.Context) error {
	all, err := c.places("never returned", func(p lint.Place) bool {
		return writable(p) && p.Parent == nil && (p.Returned == "never" || p.Mutability == "writeOnly")
	})
	if err != nil {
		return err
	}
	var names []string
	answer, err := c.tryCreate(ctx, "hidden", func(body map[string]any) {
		for _, p := range all {
			if v := c.sample(p, "hidden"); v != nil {
				put(body, p, v)
				names = append(names, p.Path())
			}
		}
	})
	if err != nil {
		return err
	}
	m, err := c.get("hidden")
	if err != nil {
		return failf("a create with %s answered %d%s", strings.Join(names, ", "), answer.Status, detail(answer))
	}
	shown := []*Answer{answer}
	for _, r := range []*Request{
		{Method: http.MethodGet, Path: m.path()},
		{Method: http.MethodGet, Path: m.path(), Query: url.Values{"attributes": {strings.Join(names, ",")}}},
		{Method: http.MethodGet, Path: []string{users}, Query: url.Values{"filter": {`userName eq "` + m.name + `"`}}},
	} {
		answer, err := c.do(ctx, r)
		if err != nil {
			return err
		}
		shown = append(shown, answer)
	}
	for _, p := range all {
		var err error
		for _, a := range shown {
			v, _ := parseJSON(a.Body)
			for _, r := range resourcesIn(v) {
				if got := pick(map[string]any(r), p.Path()); !empty(got) {
					err = failf("it is shown")
				}
			}
		}
		if err := c.part(p, err); err != nil {
			return err
		}
	}
	return c.verdict()
}

// tryUnique gives each value that may be there once to a second user (RFC 7643 section 7).
func (c *client) tryUnique(ctx context.Context) error {
	all, err := c.places("unique", func(p lint.Place) bool {
		return (p.Uniqueness == "server" || p.Uniqueness == "global") && p.Parent == nil && writable(p) && p.Type != "complex" && p.Mutability != "writeOnly" && c.sample(p, "x") != nil
	})
	if err != nil {
		return err
	}
	return c.tryEach(all, func(p lint.Place) error {
		value := c.unlike(p)
		for i, nick := range []string{"first", "second"} {
			answer, err := c.tryCreate(ctx, nickOf(p)+"-"+nick, func(body map[string]any) { put(body, p, value) })
			switch {
			case err != nil:
				return err
			case i == 0 && !answer.OK():
				return failf("a create with it answered %d%s", answer.Status, detail(answer))
			case i == 1 && answer.Status != http.StatusConflict:
				return failf("a second user with the same value answered %d and should answer 409%s", answer.Status, detail(answer))
			}
		}
		return nil
	})
}

// unlike returns a sample that nobody else in the target has, as far as its type allows.
func (c *client) unlike(p lint.Place) any {
	if text, isText := c.sample(p, nickOf(p)).(string); isText && len(p.CanonicalValues) == 0 && !strings.Contains(text, c.s.prefix) {
		return c.s.name(nickOf(p))
	}
	return c.sample(p, nickOf(p))
}
