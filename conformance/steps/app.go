package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cucumber/godog"
)

// appWords are the sentences about what the app has already, and what state it is
// in.
func (s *scenario) appWords() []definition {
	return []definition{
		define(`the app already has an account for `+nick, `the app already has an account for barbara`,
			"Makes, without the provisioner, an account with the user name that the person has in the directory.",
			s.foreignAccount),
		define(`the app already has an account for `+nick+` with:`, `the app already has an account for barbara with:`,
			"The same, with a table of attribute paths and values. Skips the scenario if the app does not keep one of them.",
			s.foreignAccountWith),
		define(`the app already has a group `+nick+` with `+members, `the app already has a group engineers with the member dan`,
			"Makes, without the provisioner, a group of that name, and accounts for the members that have none.",
			s.foreignGroup),
		define(nick+`'s account is deleted in the app`, `barbara's account is deleted in the app`,
			"Deletes the account behind the provisioner's back.",
			s.accountDeletedInApp),
		define(`the app goes down`, `the app goes down`,
			"From here on the app answers every request with 503.",
			s.appCondition(Down)),
		define(`the app cuts every connection`, `the app cuts every connection`,
			"From here on the app closes connections without an answer.",
			s.appCondition(Cut)),
		define(`the app comes back`, `the app comes back`,
			"From here on the app answers again.",
			s.appCondition(Up)),
		define(`the app has turned a request away`, `the app has turned a request away`,
			"Waits until the app that is down has been tried.",
			s.turnedAway),
		define(`the app has no groups`, `the app has no groups`,
			"The app answers everything about groups with 404.",
			s.groupsCondition(Hidden)),
		define(`the app's groups are broken`, `the app's groups are broken`,
			"The app answers everything about groups with 500.",
			s.groupsCondition(Broken)),
		define(`the app's answer to the next create gets lost`, `the app's answer to the next create gets lost`,
			"The app carries the next create out and the connection breaks before it can say so.",
			s.answerLost),
	}
}

func (s *scenario) foreignAccount(ctx context.Context, nick string) error {
	return s.foreignAccountWith(ctx, nick, nil)
}

func (s *scenario) foreignAccountWith(ctx context.Context, nick string, table *godog.Table) error {
	p := s.person(nick)
	attributes := s.profile(p)
	attributes["schemas"] = []any{userSchema}
	attributes["displayName"] = "Made in the app"
	rows, err := pairs(table)
	if err != nil {
		return err
	}
	for _, row := range rows {
		s.set(attributes, row[0], row[1])
	}
	id, err := s.make(ctx, users, attributes)
	if err != nil {
		return err
	}
	p.account = id
	kept, err := s.read(ctx, users, id)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if got, _ := kept.at(row[0]); got != s.expected(row[0], row[1]) {
			return s.skip("the app does not keep %q of an account", row[0])
		}
	}
	return nil
}

func (s *scenario) foreignGroup(ctx context.Context, nick, list string) error {
	people, err := nicks(list)
	if err != nil {
		return err
	}
	values := []any{}
	for _, n := range people {
		p := s.person(n)
		if p.account == "" {
			if err := s.foreignAccount(ctx, n); err != nil {
				return err
			}
		}
		values = append(values, map[string]any{"value": p.account})
	}
	g := s.group(nick)
	id, err := s.make(ctx, groups, map[string]any{"schemas": []any{groupSchema}, "displayName": g.displayName(), "members": values})
	if err != nil {
		return err
	}
	g.resource = id
	return nil
}

// make creates a resource at the target without the provisioner.
func (s *scenario) make(ctx context.Context, collection string, attributes map[string]any) (string, error) {
	s.addExtra(collection, attributes)
	body, err := json.Marshal(attributes)
	if err != nil {
		return "", err
	}
	answer, err := s.guard.Do(ctx, &Request{Method: http.MethodPost, Path: []string{collection}, Body: body})
	if err != nil {
		return "", err
	}
	id := answer.object().id()
	if id == "" {
		id = lastSegment(answer.Header.Get("Location"))
	}
	if !answer.OK() || id == "" {
		return "", fmt.Errorf("the scenario needs %q to exist in the app first, and POST /%s answered %d", attributes[nameAttribute(collection)], collection, answer.Status)
	}
	return id, nil
}

func (s *scenario) accountDeletedInApp(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	if p.account == "" {
		return errNothingBefore
	}
	s.stir()
	if why := s.guard.remove(ctx, entry{collection: users, id: p.account}, s.suite.config.Settle); why != "" {
		return s.skip("the app does not delete accounts: %s", why)
	}
	s.guard.ledger.vanished(users, p.account)
	return nil
}

func (s *scenario) appCondition(c Condition) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.connect(ctx); err != nil {
			return err
		}
		s.stir()
		s.wire.setApp(c)
		return nil
	}
}

func (s *scenario) groupsCondition(c Condition) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.connect(ctx); err != nil {
			return err
		}
		s.stir()
		s.wire.setGroups(c)
		return nil
	}
}

func (s *scenario) answerLost(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.stir()
	s.wire.loseCreate()
	return nil
}

func (s *scenario) turnedAway(ctx context.Context) error {
	return poll(ctx, s.suite.config.Patience, func() error {
		tried := s.tape.since(s.mark, func(x *Exchange) bool { return x.Fate == FateTurnedAway })
		if len(tried) == 0 {
			return failf("the app was not tried while it was down")
		}
		return nil
	})
}
