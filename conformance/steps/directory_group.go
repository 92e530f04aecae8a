package steps

import (
	"context"
	"fmt"
	"slices"
)

// groupDirectoryWords are the sentences about groups in the directory.
func (s *scenario) groupDirectoryWords() []definition {
	return []definition{
		define(`the group `+nick+` is in the app with `+members, `the group engineers is in the app with the members barbara and carla`,
			"Adds the people who are not in the directory yet, then the group, and waits until the app has all of it.",
			s.groupInApp),
		define(`the group `+nick+` is added to the directory with `+members, `the group engineers is added to the directory with the members barbara and carla`,
			"Adds a group of people who are in the directory.",
			s.groupAdded),
		define(nick+` (joins|leaves) the group `+nick, `barbara joins the group engineers`,
			"Changes one membership in the directory.",
			s.membershipChanges),
		define(`the group `+nick+` is renamed to "`+nick+`"`, `the group engineers is renamed to "builders"`,
			"Changes the group's display name in the directory; the new one is made unique.",
			s.groupRenamed),
		define(`the group `+nick+` leaves the directory`, `the group engineers leaves the directory`,
			"Deletes the group in the directory.",
			s.groupLeaves),
	}
}

func (s *scenario) groupInApp(ctx context.Context, nick, list string) error {
	people, err := nicks(list)
	if err != nil {
		return err
	}
	for _, n := range people {
		if s.person(n).attributes != nil {
			continue
		}
		if err := s.hasAccount(ctx, n); err != nil {
			return err
		}
	}
	if err := s.groupAdded(ctx, nick, list); err != nil {
		return err
	}
	if err := s.exactlyOneGroup(ctx, nick); err != nil {
		return err
	}
	return s.groupHasExactly(ctx, nick, list)
}

func (s *scenario) groupAdded(ctx context.Context, nick, list string) error {
	people, err := nicks(list)
	if err != nil {
		return err
	}
	for _, n := range people {
		if _, err := s.inDirectory(n); err != nil {
			return err
		}
	}
	g := s.group(nick)
	if g.attributes != nil {
		return fmt.Errorf("the group %s is in the directory already", nick)
	}
	g.attributes = map[string]any{"displayName": g.displayName()}
	g.members = people
	return s.putGroup(ctx, g)
}

// groupInDirectory returns a group that the directory has now.
func (s *scenario) groupInDirectory(nick string) (*group, error) {
	g, err := s.knownGroup(nick)
	if err == nil && g.attributes == nil {
		err = fmt.Errorf("the group %s is not in the directory", nick)
	}
	return g, err
}

func (s *scenario) membershipChanges(ctx context.Context, nick, what, groupNick string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	g, err := s.groupInDirectory(groupNick)
	if err != nil {
		return err
	}
	change := Change{Kind: KindGroup, Op: OpAddMember, ID: g.id, Member: p.id}
	if what == "leaves" {
		change.Op = OpRemoveMember
		g.members = without(g.members, nick)
	} else if !slices.Contains(g.members, nick) {
		g.members = append(g.members, nick)
	}
	return s.send(ctx, change)
}

func without(list []string, nick string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return n == nick })
}

func (s *scenario) groupRenamed(ctx context.Context, nick, to string) error {
	g, err := s.groupInDirectory(nick)
	if err != nil {
		return err
	}
	g.displayNames = append(g.displayNames, s.name(to))
	g.attributes["displayName"] = g.displayName()
	return s.putGroup(ctx, g)
}

func (s *scenario) groupLeaves(ctx context.Context, nick string) error {
	g, err := s.groupInDirectory(nick)
	if err != nil {
		return err
	}
	g.attributes = nil
	return s.send(ctx, Change{Kind: KindGroup, Op: OpDelete, ID: g.id})
}
