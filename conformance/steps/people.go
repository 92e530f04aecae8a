package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The schemas of the resources that steps make by hand (RFC 7643 section 8.7).
const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// A person is somebody whom a scenario names. In the target they go by a user name
// that nobody else has.
type person struct {
	nick string
	// id is the directory's id of the person.
	id string
	// attributes are what the directory has of the person, nil while it does not
	// have them.
	attributes map[string]any
	// userNames are all they ever had, the present one last.
	userNames []string
	// account is the id of their account when it was first seen, "" before.
	account string
}

// A group is a group that a scenario names.
type group struct {
	nick, id     string
	attributes   map[string]any
	displayNames []string
	// members are the nicks of the directory group's members.
	members []string
	// resource is the id of the group in the app when it was first seen.
	resource string
}

func (p *person) userName() string       { return p.userNames[len(p.userNames)-1] }
func (g *group) displayName() string     { return g.displayNames[len(g.displayNames)-1] }
func (s *scenario) name(n string) string { return s.prefix + n }

// address turns a nick into a mail address that cannot receive mail, unless the
// run was given a domain that can.
func (s *scenario) address(nick string) string {
	return s.name(nick) + "@" + s.suite.config.MailDomain
}

// person returns the person of a nick and makes them up if the scenario has not
// named them before.
func (s *scenario) person(nick string) *person {
	p, ok := s.people[nick]
	if !ok {
		p = &person{nick: nick, id: s.name(nick), userNames: []string{s.address(nick)}}
		s.people[nick] = p
	}
	return p
}

// known returns a person whom an earlier step has named.
func (s *scenario) known(nick string) (*person, error) {
	p, ok := s.people[nick]
	if !ok {
		return nil, fmt.Errorf("no earlier step has said who %s is", nick)
	}
	return p, nil
}

func (s *scenario) group(nick string) *group {
	g, ok := s.groups[nick]
	if !ok {
		g = &group{nick: nick, id: s.name(nick), displayNames: []string{s.name(nick)}}
		s.groups[nick] = g
	}
	return g
}

func (s *scenario) knownGroup(nick string) (*group, error) {
	g, ok := s.groups[nick]
	if !ok {
		return nil, fmt.Errorf("no earlier step has said what the group %s is", nick)
	}
	return g, nil
}

// profile returns the attributes of somebody about whom a scenario says nothing
// more than the name.
func (s *scenario) profile(p *person) map[string]any {
	given := capital(p.nick)
	profile := map[string]any{
		"userName":    p.userName(),
		"displayName": given + " Example",
		"name":        map[string]any{"givenName": given, "familyName": "Example"},
		"emails":      []any{map[string]any{"value": s.address(p.nick), "type": "work", "primary": true}},
		"active":      true,
	}
	s.addExtra(users, profile)
	return profile
}

func capital(nick string) string { return strings.ToUpper(nick[:1]) + nick[1:] }

// set gives an attribute a value that a scenario has named. What has to be unique
// in the app is made so: user names and mail addresses stand for nicks.
func (s *scenario) set(attributes map[string]any, path, value string) {
	switch {
	case path == "email":
		attributes["emails"] = []any{map[string]any{"value": s.address(value), "type": "work", "primary": true}}
	case path == "active":
		attributes[path] = value == "true"
	default:
		parent, leaf, nested := strings.Cut(path, ".")
		if !nested {
			attributes[path] = s.expected(path, value)
			return
		}
		inner, _ := attributes[parent].(map[string]any)
		inner = maps.Clone(inner)
		if inner == nil {
			inner = map[string]any{}
		}
		inner[leaf] = value
		attributes[parent] = inner
	}
}

// expected returns what a value of a scenario stands for.
func (s *scenario) expected(path, value string) string {
	switch path {
	case "userName", "email":
		return s.address(value)
	case "externalId":
		return s.name(value)
	default:
		return value
	}
}

// clear takes an attribute away.
func clearAttribute(attributes map[string]any, path string) error {
	key := path
	if path == "email" {
		key = "emails"
	}
	if parent, leaf, nested := strings.Cut(path, "."); nested {
		inner, ok := attributes[parent].(map[string]any)
		if !ok || inner[leaf] == nil {
			return fmt.Errorf("the directory has no %q to clear", path)
		}
		inner = maps.Clone(inner)
		delete(inner, leaf)
		attributes[parent] = inner
		return nil
	}
	if attributes[key] == nil {
		return fmt.Errorf("the directory has no %q to clear", path)
	}
	delete(attributes, key)
	return nil
}

// send makes one change to the directory.
func (s *scenario) send(ctx context.Context, change Change) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.stir()
	s.last = change
	if err := s.driver.Send(ctx, change); err != nil {
		return fmt.Errorf("the directory refuses the change (%s %s %s): %w", change.Op, change.Kind, change.ID, err)
	}
	return nil
}

// stir notes that something happens. What is written from here on is the work of
// the events since.
func (s *scenario) stir() {
	if !s.restless {
		s.mark = s.tape.len()
	}
	s.restless = true
}

// put sends all that the directory has of a person.
func (s *scenario) put(ctx context.Context, p *person) error {
	body, err := json.Marshal(p.attributes)
	if err != nil {
		return err
	}
	return s.send(ctx, Change{Kind: KindUser, Op: OpPut, ID: p.id, Attributes: body})
}

// putGroup sends all that the directory has of a group.
func (s *scenario) putGroup(ctx context.Context, g *group) error {
	attributes := maps.Clone(g.attributes)
	members := []any{}
	for _, nick := range g.members {
		members = append(members, map[string]any{"value": s.person(nick).id})
	}
	attributes["members"] = members
	body, err := json.Marshal(attributes)
	if err != nil {
		return err
	}
	return s.send(ctx, Change{Kind: KindGroup, Op: OpPut, ID: g.id, Attributes: body})
}

// nicks reads the members of a sentence: "no members", "the member barbara", "the
// members barbara, carla and dan".
func nicks(text string) ([]string, error) {
	if text == "no members" {
		return nil, nil
	}
	text = strings.TrimPrefix(text, "the ")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "members "), "member ")
	text = strings.ReplaceAll(text, " and ", ", ")
	var out []string
	for n := range strings.SplitSeq(text, ",") {
		n = strings.TrimSpace(n)
		if !nickForm.MatchString(n) || slices.Contains(out, n) {
			return nil, fmt.Errorf(`%q is not a list of names: write "the members barbara and carla" or "no members"`, text)
		}
		out = append(out, n)
	}
	return out, nil
}

var errNothingBefore = errors.New("there is nothing to compare with: an earlier step has to make it")
