package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/cucumber/godog"
)

// directoryWords are the sentences about people in the directory.
func (s *scenario) directoryWords() []definition {
	return []definition{
		define(nick+` has an account in the app`, `barbara has an account in the app`,
			"Adds the person to the directory and waits until the app has exactly one account for them.",
			s.hasAccount),
		define(nick+` has an account in the app with:`, `barbara has an account in the app with:`,
			"The same, with a table of attribute paths and values.",
			s.hasAccountWith),
		define(nick+` is added to the directory`, `barbara is added to the directory`,
			"Adds a person with a name, a display name and one work e-mail.",
			s.personAdded),
		define(nick+` is added to the directory with:`, `barbara is added to the directory with:`,
			"The same, with a table of attribute paths and values.",
			s.personAddedWith),
		define(nick+` is added to the directory already disabled`, `barbara is added to the directory already disabled`,
			"Adds a person who may not use any app.",
			s.personAddedDisabled),
		define(nick+`'s "([^"]+)" becomes "([^"]*)"`, `barbara's "title" becomes "Director"`,
			`Changes one attribute in the directory. The values of "userName" and "email" are nicks, which stand for unique ones.`,
			s.attributeBecomes),
		define(nick+`'s "([^"]+)" is cleared`, `barbara's "title" is cleared`,
			"Takes one attribute away in the directory.",
			s.attributeCleared),
		define(nick+` is (disabled|enabled) in the directory`, `barbara is disabled in the directory`,
			"Takes away, or gives back, the right to use apps.",
			s.personSwitched),
		define(nick+` leaves the directory`, `barbara leaves the directory`,
			"Deletes the person in the directory.",
			s.personLeaves),
		define(nick+` returns to the directory`, `barbara returns to the directory`,
			"Adds a person who has left again, under the same directory id.",
			s.personReturns),
		define(`the same change arrives again`, `the same change arrives again`,
			"Sends the last change to the directory once more.",
			s.sameChangeAgain),
		define(`everything is synced`, `everything is synced`,
			"Asks for a full pass over everybody and every group.",
			s.everythingSynced),
	}
}

func (s *scenario) hasAccount(ctx context.Context, nick string) error {
	return s.hasAccountWith(ctx, nick, nil)
}

func (s *scenario) hasAccountWith(ctx context.Context, nick string, table *godog.Table) error {
	if err := s.personAddedWith(ctx, nick, table); err != nil {
		return err
	}
	return s.exactlyOneAccount(ctx, nick)
}

func (s *scenario) personAdded(ctx context.Context, nick string) error {
	return s.personAddedWith(ctx, nick, nil)
}

func (s *scenario) personAddedWith(ctx context.Context, nick string, table *godog.Table) error {
	p := s.person(nick)
	if p.attributes != nil {
		return fmt.Errorf("%s is in the directory already", nick)
	}
	p.attributes = s.profile(p)
	if err := s.setRows(p, table); err != nil {
		return err
	}
	return s.put(ctx, p)
}

// setRows gives a person the attributes of a table of paths and values.
func (s *scenario) setRows(p *person, table *godog.Table) error {
	rows, err := pairs(table)
	if err != nil {
		return err
	}
	for _, row := range rows {
		s.set(p.attributes, row[0], row[1])
		if row[0] == "userName" {
			p.userNames = append(p.userNames, s.address(row[1]))
		}
	}
	return nil
}

// pairs reads a table of two columns. A nil table has no rows.
func pairs(table *godog.Table) ([][2]string, error) {
	if table == nil {
		return nil, nil
	}
	var rows [][2]string
	for _, r := range table.Rows {
		if len(r.Cells) != 2 {
			return nil, errors.New("the table needs two columns: an attribute path and its value")
		}
		rows = append(rows, [2]string{r.Cells[0].Value, r.Cells[1].Value})
	}
	return rows, nil
}

func (s *scenario) personAddedDisabled(ctx context.Context, nick string) error {
	p := s.person(nick)
	p.attributes = s.profile(p)
	p.attributes["active"] = false
	return s.put(ctx, p)
}

// inDirectory returns a person whom the directory has now.
func (s *scenario) inDirectory(nick string) (*person, error) {
	p, err := s.known(nick)
	if err == nil && p.attributes == nil {
		err = fmt.Errorf("%s is not in the directory", nick)
	}
	return p, err
}

func (s *scenario) attributeBecomes(ctx context.Context, nick, path, value string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	s.set(p.attributes, path, value)
	if path == "userName" {
		p.userNames = append(p.userNames, s.address(value))
	}
	return s.put(ctx, p)
}

func (s *scenario) attributeCleared(ctx context.Context, nick, path string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	if err := clearAttribute(p.attributes, path); err != nil {
		return err
	}
	return s.put(ctx, p)
}

func (s *scenario) personSwitched(ctx context.Context, nick, to string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	p.attributes["active"] = to == "enabled"
	return s.put(ctx, p)
}

func (s *scenario) personLeaves(ctx context.Context, nick string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	p.attributes = nil
	for _, g := range s.groups {
		g.members = without(g.members, nick)
	}
	return s.send(ctx, Change{Kind: KindUser, Op: OpDelete, ID: p.id})
}

func (s *scenario) personReturns(ctx context.Context, nick string) error {
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	if p.attributes != nil {
		return fmt.Errorf("%s has not left the directory", nick)
	}
	p.attributes = s.profile(p)
	return s.put(ctx, p)
}

func (s *scenario) sameChangeAgain(ctx context.Context) error {
	if s.last.Op == "" {
		return errors.New("nothing has been sent to the directory yet")
	}
	return s.send(ctx, s.last)
}

func (s *scenario) everythingSynced(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.stir()
	if err := s.driver.Sync(ctx); err != nil {
		return fmt.Errorf("the full sync could not be started: %w", err)
	}
	return nil
}
