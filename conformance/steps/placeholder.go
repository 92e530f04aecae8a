package steps

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var placeholder = regexp.MustCompile(`\{(?:(CAPITAL|[+-]\d\d:\d\d) )?([a-z0-9][a-z0-9-]*)(?:[. ]([^{}\n"]+))?\}`)

// A Placeholder is what may stand in braces in a sentence.
type Placeholder struct{ Form, Meaning string }

// Placeholders lists what may stand in braces in the sentences about the protocol, for
// people who write scenarios. In JSON, text is escaped as it has to be there.
func Placeholders() []Placeholder {
	return []Placeholder{
		{"{barbara}", "the userName or displayName that barbara was given"},
		{"{barbara.id} {barbara.name.givenName}", "what the target has shown of her"},
		{"{answer.id} {header ETag}", "what is in the last answer"},
		{"{before.id}", "what is in the answer before that"},
		{"{token}", "the token of the run, in a header"},
		{"{config.bulk.maxOperations}", "what /ServiceProviderConfig says"},
		{"{run}", "the beginning of every name of this scenario"},
		{"{domain}", "the domain of mail addresses"},
		{"{unknown}", "an id that no resource has"},
		{"{base}", "the base URL"},
		{"{certificate}", "a certificate in base64, which is nobody's"},
		{"{CAPITAL barbara}", "the same in capital letters, of anything above"},
		{"{+02:00 barbara.meta.created}", "the same instant in another zone"},
		{"{members u 1-20}", "the users u-1 to u-20 as members of a group, in JSON"},
		{"{500 letters} {500 braces}", "a text of that length, or objects in objects so many levels deep"},
	}
}

// expand replaces what stands in braces: see [Placeholders].
func (c *client) expand(text string, inJSON bool) (string, error) {
	var failed error
	out := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		parts := placeholder.FindStringSubmatch(match)
		value, err := c.lookUp(parts[2], parts[3])
		if err != nil && failed == nil {
			failed = err
		}
		s, isText := value.(string)
		if parts[1] != "" {
			s = transform(parts[1], s)
			value = s
		}
		if isText && !inJSON {
			return s
		}
		quoted, _ := json.Marshal(value)
		if isText {
			return string(quoted[1 : len(quoted)-1])
		}
		return string(quoted)
	})
	return out, failed
}

// transform returns a text in capital letters, or an instant in another zone.
func transform(how, text string) string {
	if how == "CAPITAL" {
		return strings.ToUpper(text)
	}
	zone, _ := time.Parse("-07:00", how)
	if t, ok := instant(text); ok {
		return t.In(zone.Location()).Format(time.RFC3339Nano)
	}
	return text
}

func (c *client) lookUp(word, path string) (any, error) {
	switch word {
	case "run":
		return c.s.prefix, nil
	case "domain":
		return c.s.suite.config.MailDomain, nil
	case "unknown":
		return c.s.guard.unknown, nil
	case "certificate":
		return certificate, nil
	case "base":
		return c.s.suite.config.Target.Endpoint(), nil
	case "config":
		return pick(map[string]any(c.s.suite.config.Discovery.Config), path), nil
	case "token":
		return tokenMark, nil
	case "before":
		if len(c.sent) < 2 {
			return nil, fmt.Errorf("there is no answer before the last one")
		}
		v, _ := parseJSON(c.sent[len(c.sent)-2].answer.Body)
		return wanted(pick(v, path), "the answer before has no %q", path)
	case "answer", "header":
		last, err := c.last()
		if err != nil {
			return nil, err
		}
		if word == "header" {
			return last.answer.Header.Get(path), nil
		}
		v, _ := parseJSON(last.answer.Body)
		return wanted(pick(v, path), "the answer has no %q", path)
	}
	if word == "members" {
		return c.membersOf(path)
	}
	if n, err := strconv.Atoi(word); err == nil && path == "letters" {
		return strings.Repeat("x", n), nil
	} else if err == nil && path == "braces" {
		var nested any
		for range n {
			nested = map[string]any{"x": nested}
		}
		return nested, nil
	}
	m, named := c.named[word]
	switch {
	case !named && path == "":
		return c.s.name(word), nil
	case !named:
		return nil, fmt.Errorf("no earlier sentence has said who %s is", word)
	case path == "":
		return m.name, nil
	case path == "id" && m.id == "":
		return nil, notMade(word)
	case path == "id":
		return m.id, nil
	default:
		return wanted(pick(map[string]any(m.known), path), word+" has no %q", path)
	}
}

func wanted(v any, format string, args ...any) (any, error) {
	if v == nil {
		return nil, failf(format, args...)
	}
	return v, nil
}

// membersOf returns the members that "u 1-20" stands for.
func (c *client) membersOf(text string) (any, error) {
	var nick string
	var from, to int
	if _, err := fmt.Sscanf(strings.Replace(text, "-", " ", 1), "%s %d %d", &nick, &from, &to); err != nil {
		return nil, fmt.Errorf("%q are no members, write {members u 1-20}", text)
	}
	var all []any
	for i := from; i <= to; i++ {
		m, err := c.get(nick + "-" + strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		all = append(all, map[string]any{"value": m.id})
	}
	return all, nil
}
