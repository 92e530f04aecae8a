package steps

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
)

const (
	// subjectOf is what a claim is about: the last answer, or a resource as it can
	// be read now.
	subjectOf = `(the answer|[a-z][a-z0-9-]*)`
	statuses  = `([1-5][0-9]{2}(?:(?:, | or )[1-5][0-9]{2})*)`
	quoted    = `"([^"]+)"`
	forms     = `(text|word|attribute name|schema name|entity tag|certificate|boolean|integer|number|object|array|URI|date)`
	// ifStatus limits a claim to answers of one status, ifAny to those that have what
	// it is about.
	ifStatus = `(?: if its status is (\d{3}))?`
	ifAny    = `(, if there is one)?`
)

// answerWords are the claims about the last answer and about resources.
func (c *client) answerWords() []definition {
	return []definition{
		c.claim(`the answer has status `+statuses, `the answer has status 200 or 204`,
			"Demands one of these status codes.",
			c.hasStatus),
		c.claim(`the answer is a SCIM error with status `+statuses+`(?: and scimType ("[^"]+"(?:(?:, | or )"[^"]+")*))?`,
			`the answer is a SCIM error with status 400 and scimType "invalidValue" or "invalidSyntax"`,
			"Demands one of these status codes, that the body is an error that says so, and one of these scimTypes if there are any.",
			c.isError),
		c.claim(`the answer has the header `+quoted+`(?: "(.*)")?`+ifStatus, `the answer has the header "Location" "{base}/Users/{barbara.id}"`,
			"Demands a header field, with this value if there is one, or only of an answer with this status.",
			c.hasHeader),
		c.claim(`the answer is JSON`, `the answer is JSON`,
			"Demands that the body is one JSON value and nothing else.",
			c.isJSON),
		c.claim(`the answer has no body`+ifStatus, `the answer has no body if its status is 202`,
			"Demands an empty body, or only of an answer with this status.",
			c.hasNoBody),
		c.claim(subjectOf+` has `+quoted+` (.+)`, `barbara has "name.familyName" "Jensen"`,
			"Compares what a path selects with a JSON value. Members and elements may come in any order, texts in another letter case unless the attribute is caseExact.",
			c.has),
		c.claim(subjectOf+` has:`, `the answer has:`,
			"The same for a table of paths and values.",
			c.hasRows),
		c.claim(subjectOf+` has no `+quoted, `barbara has no "title"`,
			"Demands that a path selects nothing, null or an empty array.",
			c.hasNo),
		c.claim(subjectOf+` has another `+quoted+` than "(.*)"`, `the answer has another "id" than "{barbara.id}"`,
			"Demands a text that differs.",
			c.hasAnother),
		c.claim(subjectOf+` has at most one value at `+quoted, `barbara has at most one value at "emails[primary=true]"`,
			"Demands that a path selects one value, or nothing.",
			c.hasAtMostOne),
		c.claim(`each `+quoted+` of the answer has an? `+forms+` at `+quoted, `each "Resources.schemaExtensions" of the answer has a boolean at "required"`,
			"Demands a value of this form in each object that a path selects, of which there may be none.",
			c.eachHasForm),
		c.claim(subjectOf+` has an? `+forms+` at `+quoted+ifAny, `the answer has a date at "meta.created"`,
			"Demands a value of this form, and in an array that each is.",
			c.hasForm),
		c.claim(`any URL at `+quoted+` of the answer leads to `+nick, `any URL at "members.$ref" of the answer leads to barbara`,
			"Reads what the URLs that a path selects lead to, if there are any, and demands this resource.",
			c.leadsTo),
		c.claim(subjectOf+` has nothing but ("[^"]+"(?:(?:, | and )"[^"]+")*)`, `the answer has nothing but "schemas", "id", "meta" and "userName"`,
			"Demands that a resource, or each resource of a list, has no other members than these and what the target publishes as always returned; it need not have all of them.",
			c.hasNothingBut),
		c.claim(subjectOf+` has nothing but ("[^"]+"(?:(?:, | and )"[^"]+")*) at `+quoted, `the answer has nothing but "server" and "global" at "attributes.uniqueness"`,
			"Demands that whatever texts or numbers a path selects are among these; there may be none.",
			c.hasOneOf),
		c.claim(`the answer mentions "(.+)" at `+quoted+ifAny, `the answer mentions "{config.bulk.maxOperations}" at "detail"`,
			"Demands a text that contains this.",
			c.mentions),
		c.claim(`the answer is (the same as the one before|a page of the default kind, as the one before)`, `the answer is the same as the one before`,
			"Compares the bodies of the last two answers, or whether both are pages by cursor or by index, as the default of the configuration is.",
			c.likeBefore),
		c.claim(`the (answer came over TLS 1\.2 or later|answer asks for TLS from now on|service can be reached over TLS 1\.2|service refuses what is older than TLS 1\.2|place where the answer says that its result will be is closed to strangers)`, `the answer came over TLS 1.2 or later`,
			"Looks at the connection of the last answer, or at its Strict-Transport-Security, or opens others of these versions and closes them; or reads, without credentials, the Location of a 202 that is below the base URL, and demands 401, 403 or 404.",
			c.secure),
		c.claim(`the answer is the whole of `+nick+` or empty`, `the answer is the whole of barbara or empty`,
			"Demands an empty body with status 204, otherwise the resource as a read shows it.",
			c.wholeOrEmpty),
		c.claim(nick+` is unchanged`, `barbara is unchanged`,
			"Reads the resource and compares all of it with what it was when it was made, or last read.",
			c.unchanged),
		c.claim(nick+` has a later `+quoted+` than before`, `barbara has a later "meta.lastModified" than before`,
			"Compares an instant with what it was when the resource was made, or last read.",
			c.later),
		c.claim(nick+` is gone`, `barbara is gone`,
			"Demands that reading the resource answers 404.",
			c.gone),
		c.claim(`there is no (user|group) `+nick, `there is no user barbara`,
			"Looks for the name, and demands that nothing is found.",
			c.nobody),
		c.claim(`"([^"]+)" is in no answer`, `"{run}hidden" is in no answer`,
			"Demands that a text is in none of the bodies and header fields of the scenario so far.",
			c.inNoAnswer),
		c.claim(`each of the answers has status `+statuses, `each of the answers has status 200 or 409`,
			"Looks at the answers to what was sent at once.",
			c.eachHasStatus),
		c.claim(`exactly one of the answers has status `+statuses+` and the others have `+statuses, `exactly one of the answers has status 201 and the others have 409`,
			"Counts the answers to what was sent at once.",
			c.exactlyOne),
	}
}

// list splits "a, b or c".
func list(text string) []string {
	return strings.FieldsFunc(strings.NewReplacer(" or ", ",", " and ", ",", ", ", ",").Replace(text), func(r rune) bool { return r == ',' })
}

func unquote(all []string) []string {
	for i, s := range all {
		all[i] = strings.Trim(s, `"`)
	}
	return all
}

func (c *client) hasStatus(ctx context.Context, want string) error {
	return c.again(ctx, func(a *Answer) error {
		if !slices.Contains(list(want), strconv.Itoa(a.Status)) {
			return failf("%s answered %d and should answer %s%s", c.asked(), a.Status, want, detail(a))
		}
		return nil
	})
}

// asked names the last request.
func (c *client) asked() string {
	last, err := c.last()
	if err != nil {
		return "nothing"
	}
	return last.request.Method + " " + last.request.path()
}

func (c *client) isError(ctx context.Context, status, types string) error {
	if err := c.hasStatus(ctx, status); err != nil {
		return err
	}
	return c.again(ctx, func(a *Answer) error {
		o := a.object()
		if o == nil {
			err := rooted(failf("%s answered %d without a SCIM error in the body", c.asked(), a.Status), "ERR-01")
			if types == "" {
				return c.blemish(err)
			}
			return err
		}
		if types != "" && !slices.Contains(unquote(list(types)), o.text("scimType")) {
			return failf("%s answered %d with the scimType %s and should have %s", c.asked(), a.Status, brief(o.get("scimType")), types)
		}
		if o.text("status") != strconv.Itoa(a.Status) {
			return c.blemish(rooted(failf("%s answered %d, and the body has the status %s", c.asked(), a.Status, brief(o.get("status"))), "ERR-02"))
		}
		return nil
	})
}

func (c *client) hasHeader(ctx context.Context, name, want, status string) error {
	want, err := c.expand(want, false)
	if err != nil {
		return err
	}
	return c.again(ctx, func(a *Answer) error {
		got := a.Header.Get(name)
		switch {
		case status != "" && status != strconv.Itoa(a.Status):
			return nil
		case got == "":
			return failf("%s answered without the header %s", c.asked(), name)
		case want != "" && got != want && !strings.HasPrefix(got, want+";") && !sameAddress(got, want):
			return failf("%s answered with %s: %s and should have %s", c.asked(), name, got, want)
		}
		return nil
	})
}

// sameAddress reports whether a URL is one that is written without escapes.
func sameAddress(link, plain string) bool {
	text, err := url.PathUnescape(link)
	return err == nil && text == plain && !strings.ContainsAny(link, "?#")
}

func (c *client) isJSON(ctx context.Context) error {
	return c.about(ctx, "the answer", func(any) error { return nil })
}

func (c *client) hasNoBody(ctx context.Context, status string) error {
	return c.again(ctx, func(a *Answer) error {
		if len(a.Body) > 0 && (status == "" || status == strconv.Itoa(a.Status)) {
			return failf("%s answered %d with a body of %d bytes and should have none", c.asked(), a.Status, len(a.Body))
		}
		return nil
	})
}

// about calls check with the last answer, or with a resource as it can be read now,
// until it succeeds.
func (c *client) about(ctx context.Context, subject string, check func(got any) error) error {
	if subject == "the answer" {
		return c.again(ctx, func(a *Answer) error {
			v, err := parseJSON(a.Body)
			if err != nil {
				return failf("%s answered %d, and the body is not JSON", c.asked(), a.Status)
			}
			return check(v)
		})
	}
	m, err := c.get(subject)
	if err != nil {
		return err
	}
	return c.holds(ctx, func() error {
		r, err := c.read(ctx, m)
		if err != nil {
			return err
		}
		return check(map[string]any(r))
	})
}

func (c *client) has(ctx context.Context, subject, path, value string) error {
	value, err := c.expand(value, true)
	if err != nil {
		return err
	}
	want, err := parseJSON([]byte(value))
	if err != nil {
		return fmt.Errorf("the value %s is not JSON: %w", value, err)
	}
	if path, err = c.expand(path, false); err != nil {
		return err
	}
	return c.about(ctx, subject, func(v any) error {
		if got := pick(v, path); !agrees(got, want, c.caseExact(path)) {
			return failf("%s has %s at %s and should have %s there", subject, c.show(subject, got), path, brief(want))
		}
		return nil
	})
}

// caseExact reports whether the letter case of an attribute matters.
func (c *client) caseExact(path string) bool {
	for _, known := range []string{"id", "externalId", "meta", "schemas", "$ref", "Operations"} {
		if strings.EqualFold(path, known) || strings.HasPrefix(path, known+".") || strings.HasSuffix(path, "."+known) {
			return true
		}
	}
	for _, collection := range []string{users, groups} {
		if p, ok := c.s.suite.config.Discovery.Published.Place(collection, path); ok {
			return p.CaseExact
		}
	}
	return false
}

// show writes a value for a message. What may belong to a resource that the run did
// not make is not told.
func (c *client) show(subject string, v any) string {
	if subject != "the answer" {
		return brief(v)
	}
	last, err := c.last()
	if err != nil || last.request.writes() || len(last.request.Path) == 0 {
		return brief(v)
	}
	switch path := last.request.Path; {
	case path[0] != users && path[0] != groups && path[0] != "Me" && path[0] != ".search",
		len(path) > 1 && c.s.guard.ledger.owns(path[0], path[1]):
		return brief(v)
	}
	switch v := v.(type) {
	case string:
		if !c.s.guard.marked(v) && !strings.HasPrefix(v, "urn:") {
			return "a text"
		}
	case map[string]any:
		return "an object"
	case []any:
		if len(v) == 1 {
			return "one value"
		}
		return fmt.Sprintf("%d values", len(v))
	}
	return brief(v)
}

func (c *client) hasRows(ctx context.Context, subject string, table *godog.Table) error {
	rows, err := pairs(table)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := c.has(ctx, subject, row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) hasNo(ctx context.Context, subject, path string) error {
	path, err := c.expand(path, false)
	if err != nil {
		return err
	}
	return c.about(ctx, subject, func(v any) error {
		if got := pick(v, path); !empty(got) {
			return failf("%s has %s at %s and should have none", subject, c.show(subject, got), path)
		}
		return nil
	})
}

func (c *client) hasAnother(ctx context.Context, subject, path, other string) error {
	other, err := c.expand(other, false)
	if err != nil {
		return err
	}
	return c.about(ctx, subject, func(v any) error {
		if got, ok := pick(v, path).(string); !ok || got == "" || got == other {
			return failf("%s has %s at %s and should have another one", subject, c.show(subject, pick(v, path)), path)
		}
		return nil
	})
}

func (c *client) hasAtMostOne(ctx context.Context, subject, path string) error {
	return c.about(ctx, subject, func(v any) error {
		if all, ok := pick(v, path).([]any); ok && len(all) > 1 {
			return failf("%s has %d values at %s and should have at most one", subject, len(all), path)
		}
		return nil
	})
}

func (c *client) hasForm(ctx context.Context, subject, form, path, ifAny string) error {
	return c.about(ctx, subject, func(v any) error {
		all := leaves(v, path)
		if ifAny != "" {
			all = slices.DeleteFunc(all, empty)
		}
		for _, got := range all {
			if !eachHas(got, form) {
				return failf("%s has %s at %s and should have %s there", subject, c.show(subject, got), path, article(form))
			}
		}
		if len(all) == 0 && ifAny == "" {
			return failf("%s has nothing at %s and should have %s there", subject, path, article(form))
		}
		return nil
	})
}

func (c *client) eachHasForm(ctx context.Context, path, form, inner string) error {
	return c.about(ctx, "the answer", func(v any) error {
		for _, group := range leaves(v, path) {
			elements, _ := group.([]any)
			for _, e := range elements {
				if got := pick(e, inner); !hasForm(got, form) {
					return failf("among %s there is one with %s at %s, and each should have %s there", path, c.show("the answer", got), inner, article(form))
				}
			}
		}
		return nil
	})
}

func article(form string) string {
	if strings.ContainsRune("aeiou", rune(form[0])) {
		return "an " + form
	}
	return "a " + form
}

func (c *client) leadsTo(ctx context.Context, path, nick string) error {
	m, err := c.get(nick)
	if err != nil {
		return err
	}
	last, err := c.last()
	if err != nil {
		return err
	}
	links, _ := pick(map[string]any(last.answer.object()), path).([]any)
	for _, link := range links {
		text, _ := link.(string)
		to, err := c.below(text)
		if err != nil {
			return err
		}
		answer, err := c.do(ctx, &Request{Method: http.MethodGet, Path: to})
		if err != nil {
			return err
		}
		if got := answer.object().id(); got != m.id {
			return failf("the URL %q leads to something else than %s: reading it answered %d", text, nick, answer.Status)
		}
	}
	return nil
}

func (c *client) hasNothingBut(ctx context.Context, subject, names string) error {
	allowed := unquote(list(names))
	return c.about(ctx, subject, func(v any) error {
		for _, r := range resourcesIn(v) {
			for name, value := range r {
				if !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, name) }) && !empty(value) && !c.stays(name, value) {
					return failf("%s has %q and should have nothing but %s", subject, name, names)
				}
			}
		}
		return nil
	})
}

// resourcesIn returns the resources of a list, or the one resource itself.
func resourcesIn(v any) []resource {
	o, _ := v.(map[string]any)
	if resource(o).get("Resources") != nil {
		return resource(o).objects("Resources")
	}
	return []resource{o}
}
