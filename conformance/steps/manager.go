package steps

import "context"

// enterpriseSchema is the extension that names a manager (RFC 7643 section 4.3).
const enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// managerWords are the sentences about who reports to whom.
func (s *scenario) managerWords() []definition {
	return []definition{
		define(nick+` reports to `+nick, `barbara reports to carla`,
			"Names a manager in the directory, who need not be in it yet.",
			s.reportsTo),
		define(nick+` has no manager any more`, `barbara has no manager any more`,
			"Takes the manager away in the directory.",
			s.losesManager),
		define(nick+`'s account names `+nick+`'s as the manager's`, `barbara's account names carla's as the manager's`,
			"Compares the manager of the one account with the id of the other. Skips the scenario if the app accepts a manager and does not keep one.",
			s.accountNamesManager),
		define(nick+`'s account names no manager`, `barbara's account names no manager`,
			"Demands that the account has no manager.",
			s.accountNamesNoManager),
	}
}

func (s *scenario) reportsTo(ctx context.Context, nick, manager string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	p.attributes[enterpriseSchema] = map[string]any{"manager": map[string]any{"value": s.person(manager).id}}
	return s.put(ctx, p)
}

func (s *scenario) losesManager(ctx context.Context, nick string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	delete(p.attributes, enterpriseSchema)
	return s.put(ctx, p)
}

// managerOf returns the id of an account's manager, "" if it names none.
func managerOf(r resource) string {
	return r.object(enterpriseSchema).object("manager").text("value")
}

func (s *scenario) accountNamesManager(ctx context.Context, nick, manager string) error {
	m, err := s.known(manager)
	if err != nil {
		return err
	}
	if err := s.exactlyOneAccount(ctx, manager); err != nil {
		return err
	}
	err = s.theAccount(ctx, nick, func(r resource) error {
		if got := managerOf(r); got != m.account {
			return failf("%s's account names the manager %q, and %s's account is %s", nick, got, manager, m.account)
		}
		return nil
	})
	if IsFailure(err) && s.sent(m.account) && s.showsNoManager(ctx, nick) {
		return s.skip("the app accepts a manager and does not keep one")
	}
	return err
}

// showsNoManager reports whether an account has no manager at all.
func (s *scenario) showsNoManager(ctx context.Context, nick string) bool {
	p, err := s.known(nick)
	if err != nil {
		return false
	}
	r, err := s.account(ctx, p)
	return err == nil && managerOf(r) == ""
}

func (s *scenario) accountNamesNoManager(ctx context.Context, nick string) error {
	return s.theAccount(ctx, nick, func(r resource) error {
		if got := managerOf(r); got != "" {
			return failf("%s's account still names the manager %s", nick, got)
		}
		return nil
	})
}
