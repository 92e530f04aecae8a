package steps

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// groupWords are the sentences about what must be so for a group in the app.
func (s *scenario) groupWords() []definition {
	return []definition{
		define(`the app has exactly one group `+nick, `the app has exactly one group engineers`,
			"Looks under every name and directory id the group ever had; the one group has the present name.",
			s.exactlyOneGroup),
		define(`the app has no group `+nick, `the app has no group engineers`,
			"Looks in the same way, and demands that nothing is found.",
			s.noGroup),
		define(`in the app the group `+nick+` has exactly `+members, `in the app the group engineers has exactly the members barbara and dan`,
			"Compares the group's members with the accounts of these people.",
			s.groupHasExactly),
		define(`the group `+nick+` is still the same one`, `the group engineers is still the same one`,
			"Compares the group's id with the one it had before.",
			s.sameGroup),
	}
}

func (s *scenario) exactlyOneGroup(ctx context.Context, nick string) error {
	return s.theGroup(ctx, nick, func(g *group, r resource) error {
		if got := r.text("displayName"); got != g.displayName() {
			return failf("the group %s has the name %q, not %q", nick, got, g.displayName())
		}
		if g.resource == "" {
			g.resource = r.id()
		}
		return nil
	})
}

// theGroup waits until the one group of a nick passes a check.
func (s *scenario) theGroup(ctx context.Context, nick string, check func(*group, resource) error) error {
	g, err := s.knownGroup(nick)
	if err != nil {
		return err
	}
	return s.holds(ctx, func() error {
		r, err := s.appGroup(ctx, g)
		if err != nil {
			return err
		}
		return check(g, r)
	})
}

func (s *scenario) noGroup(ctx context.Context, nick string) error {
	g, err := s.knownGroup(nick)
	if err != nil {
		return err
	}
	return s.holds(ctx, func() error {
		found, err := s.resources(ctx, groups, g.id, g.displayNames)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return failf("the app has the group %s, %s, and should not", nick, found[0].id())
		}
		return nil
	})
}

func (s *scenario) groupHasExactly(ctx context.Context, nick, list string) error {
	people, err := nicks(list)
	if err != nil {
		return err
	}
	want := map[string]string{} // account id → nick
	if err := s.holds(ctx, func() error {
		clear(want)
		for _, n := range people {
			p, err := s.known(n)
			if err != nil {
				return err
			}
			r, err := s.account(ctx, p)
			if err != nil {
				return err
			}
			want[r.id()] = n
		}
		return nil
	}); err != nil {
		return err
	}
	return s.theGroup(ctx, nick, func(_ *group, r resource) error {
		missing := maps.Clone(want)
		extra := 0
		for _, m := range r.objects("members") {
			if _, wanted := want[m.text("value")]; !wanted {
				extra++
			}
			delete(missing, m.text("value"))
		}
		if len(missing) > 0 {
			return failf("in the app the group %s lacks %s", nick, strings.Join(slices.Sorted(maps.Values(missing)), " and "))
		}
		if extra > 0 {
			return failf("in the app the group %s has members that it should not: %d", nick, extra)
		}
		return nil
	})
}

func (s *scenario) sameGroup(ctx context.Context, nick string) error {
	return s.theGroup(ctx, nick, func(g *group, r resource) error {
		switch g.resource {
		case "":
			return errNothingBefore
		case r.id():
			return nil
		}
		return failf("the group %s was %s and is now another one, %s", nick, g.resource, r.id())
	})
}
