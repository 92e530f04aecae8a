package steps

import (
	"context"
	"fmt"
	"strings"

	"github.com/cucumber/godog"
)

// accountWords are the sentences about what must be so for an account.
func (s *scenario) accountWords() []definition {
	return []definition{
		define(`the app has exactly one account for `+nick, `the app has exactly one account for barbara`,
			"Looks under every user name and directory id the person ever had; the one account has the present user name.",
			s.exactlyOneAccount),
		define(`the app has no account for `+nick, `the app has no account for barbara`,
			"Looks in the same way, and demands that nothing is found.",
			s.noAccount),
		define(nick+` cannot use the app`, `barbara cannot use the app`,
			"Demands that the person has no account, or only disabled ones.",
			s.cannotUse),
		define(nick+`'s account is (active|disabled)`, `barbara's account is disabled`,
			`Reads the account's "active".`,
			s.accountIs),
		define(nick+`'s account has "([^"]+)" "([^"]*)"`, `barbara's account has "title" "Director"`,
			`Reads one attribute of the account. "email" is the work e-mail; the values of "userName" and "email" are nicks.`,
			s.accountHas),
		define(nick+`'s account has:`, `barbara's account has:`,
			"The same for a table of attribute paths and values.",
			s.accountHasRows),
		define(nick+`'s account has no "([^"]+)"`, `barbara's account has no "title"`,
			"Demands that the account does not have the attribute any more.",
			s.accountHasNo),
		define(`the app keeps `+nick+`'s "([^"]+)"`, `the app keeps barbara's "title"`,
			"Demands that the provisioner has sent the attribute; skips the scenario if the app does not keep it.",
			s.appKeeps),
		define(nick+` still has the same account`, `barbara still has the same account`,
			"Compares the account's id with the one it had before.",
			s.sameAccount),
		define(nick+`'s account is left alone`, `barbara's account is left alone`,
			"Demands that no write went to the account since everything was quiet last.",
			s.accountLeftAlone),
	}
}

func (s *scenario) exactlyOneAccount(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	return s.holds(ctx, func() error {
		r, err := s.account(ctx, p)
		if err != nil {
			return err
		}
		if got := r.text("userName"); !strings.EqualFold(got, p.userName()) {
			return failf("%s's account has the user name %q, not %q", nick, got, p.userName())
		}
		if p.account == "" {
			p.account = r.id()
		}
		return nil
	})
}

func (s *scenario) noAccount(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	return s.holds(ctx, func() error {
		found, err := s.resources(ctx, users, p.id, p.userNames)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return failf("the app has an account for %s, %s, and should have none", nick, found[0].id())
		}
		return nil
	})
}

func (s *scenario) cannotUse(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	return s.holds(ctx, func() error {
		found, err := s.resources(ctx, users, p.id, p.userNames)
		if err != nil {
			return err
		}
		for _, r := range found {
			if active, known := r.active(); active || !known {
				return failf("%s can still use the account %s", nick, r.id())
			}
		}
		return nil
	})
}

// theAccount waits until the person's one account passes a check.
func (s *scenario) theAccount(ctx context.Context, nick string, check func(resource) error) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	return s.holds(ctx, func() error {
		r, err := s.account(ctx, p)
		if err != nil {
			return err
		}
		return check(r)
	})
}

func (s *scenario) accountIs(ctx context.Context, nick, want string) error {
	return s.theAccount(ctx, nick, func(r resource) error {
		active, known := r.active()
		switch {
		case !known && want == "disabled":
			return failf(`%s's account says nothing about "active" and should say false`, nick)
		case known && active != (want == "active"):
			return failf("%s's account is not %s", nick, want)
		}
		return nil
	})
}

func (s *scenario) accountHas(ctx context.Context, nick, path, value string) error {
	return s.theAccount(ctx, nick, func(r resource) error {
		return s.hasValue(nick, r, path, value)
	})
}

func (s *scenario) hasValue(nick string, r resource, path, value string) error {
	want := s.expected(path, value)
	got, found := r.at(path)
	switch {
	case !found:
		return failf("%s's account has no %q and should have %q", nick, path, want)
	case got != want && (path != "userName" && path != "email" || !strings.EqualFold(got, want)):
		return failf("%s's account has the %q %q and should have %q", nick, path, got, want)
	}
	return nil
}

func (s *scenario) accountHasRows(ctx context.Context, nick string, table *godog.Table) error {
	rows, err := pairs(table)
	if err != nil {
		return err
	}
	return s.theAccount(ctx, nick, func(r resource) error {
		for _, row := range rows {
			if err := s.hasValue(nick, r, row[0], row[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *scenario) accountHasNo(ctx context.Context, nick, path string) error {
	return s.theAccount(ctx, nick, func(r resource) error {
		if got, found := r.at(path); found {
			return failf("%s's account still has the %q %q", nick, path, got)
		}
		return nil
	})
}

func (s *scenario) appKeeps(ctx context.Context, nick, path string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	want, found := resource(p.attributes).at(path)
	if !found {
		return fmt.Errorf("the directory has no %q of %s", path, nick)
	}
	err = s.theAccount(ctx, nick, func(r resource) error {
		if got, _ := r.at(path); got != want {
			return failf("%s's account has the %q %q and should have %q", nick, path, got, want)
		}
		return nil
	})
	if IsFailure(err) && s.sent(want) {
		return s.skip("the app accepts %q and does not keep it", path)
	}
	return err
}

// sent reports whether the app has accepted a write that carries the text.
func (s *scenario) sent(text string) bool {
	return len(s.tape.since(0, func(x *Exchange) bool {
		return x.Request.writes() && x.accepted() && contains((&Answer{Body: x.Request.Body}).object(), text)
	})) > 0
}

// contains reports whether a JSON value has the text as one of its strings.
func contains(v any, text string) bool {
	switch v := v.(type) {
	case string:
		return v == text
	case []any:
		for _, e := range v {
			if contains(e, text) {
				return true
			}
		}
	case resource:
		return contains(map[string]any(v), text)
	case map[string]any:
		for _, e := range v {
			if contains(e, text) {
				return true
			}
		}
	}
	return false
}

func (s *scenario) sameAccount(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	if p.account == "" {
		return errNothingBefore
	}
	return s.theAccount(ctx, nick, func(r resource) error {
		if r.id() != p.account {
			return failf("%s's account was %s and is now another one, %s", nick, p.account, r.id())
		}
		return nil
	})
}

func (s *scenario) accountLeftAlone(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	if p.account == "" {
		return errNothingBefore
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	touched := s.tape.since(s.mark, func(x *Exchange) bool {
		return x.Request.writes() && len(x.Request.Path) > 1 && x.Request.Path[0] == users && x.Request.Path[1] == p.account
	})
	if len(touched) > 0 {
		return failf("%s's account was written to: %s", nick, explainWrite(touched[0]))
	}
	return nil
}
