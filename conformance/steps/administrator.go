package steps

import (
	"context"
	"fmt"
)

// An Administrator is a [Provisioner] that takes settings, and decisions of people.
// Scenarios that need one are skipped for a provisioner that is none.
type Administrator interface {
	// Configure says how the app is provisioned from now on, in place of what was said
	// before.
	Configure(ctx context.Context, settings Settings) error
	// Decide does what a person has decided.
	Decide(ctx context.Context, decision Decision) error
}

// Settings say how an app is provisioned. The zero Settings are a provisioner's own.
type Settings struct {
	// OnlyGroups are the directory's ids of the groups whose members have access to the
	// app; nobody else has. Empty means everybody.
	OnlyGroups []string
	// AskBeforeAdopting leaves accounts that the app already has to a person.
	AskBeforeAdopting bool
	// DeleteLeavers deletes the account of somebody who leaves the directory, at once.
	DeleteLeavers bool
	// MostGoodbyes is how many people may lose access within an hour before the rest is
	// held back. Zero means the provisioner's own limit.
	MostGoodbyes int
}

// A Decision is what a person says about one user of the directory.
type Decision struct {
	// ID is the directory's id of the user.
	ID string
	// Verdict is what is decided.
	Verdict Verdict
	// Resource is, for [VerdictAdopt], the app's id of the account that is theirs.
	Resource string
}

// A Verdict is what a person decides.
type Verdict string

// The verdicts.
const (
	// VerdictApprove lets a goodbye through that was held back, VerdictReject does not.
	VerdictApprove Verdict = "approve"
	VerdictReject  Verdict = "reject"
	// VerdictAdopt gives the user an account that the app already has.
	VerdictAdopt Verdict = "adopt"
)

// administratorWords are the sentences about settings, and about what people decide.
func (s *scenario) administratorWords() []definition {
	return []definition{
		define(`only the members of the group `+nick+` may use the app`, `only the members of the group engineers may use the app`,
			"Takes access away from everybody who is not in the group.",
			s.onlyGroup),
		define(`an account that is there already is taken over only when somebody says so`, `an account that is there already is taken over only when somebody says so`,
			"Leaves accounts that the app already has to a person.",
			s.askBeforeAdopting),
		define(`the account of somebody who leaves is deleted`, `the account of somebody who leaves is deleted`,
			"Deletes accounts, at once, of people who leave the directory.",
			s.deleteLeavers),
		define(`at most (one person|two people) may lose access at a time`, `at most one person may lose access at a time`,
			"Holds back every further goodbye until somebody has approved it.",
			s.mostGoodbyes),
		define(`somebody (approves|rejects) `+nick+`'s goodbye`, `somebody approves barbara's goodbye`,
			"Decides about a goodbye that was held back.",
			s.goodbyeDecided),
		define(`somebody says that the account is `+nick+`'s`, `somebody says that the account is barbara's`,
			"Gives the person the account that was made for them in the app.",
			s.accountChosen),
	}
}

// configure changes the settings of the scenario's app.
func (s *scenario) configure(ctx context.Context, change func(*Settings)) error {
	administrator, err := s.administrator(ctx)
	if err != nil {
		return err
	}
	change(&s.settings)
	s.stir()
	if err := administrator.Configure(ctx, s.settings); err != nil {
		return fmt.Errorf("the provisioner refuses the settings: %w", err)
	}
	return nil
}

func (s *scenario) administrator(ctx context.Context) (Administrator, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	administrator, ok := s.driver.(Administrator)
	if !ok {
		return nil, s.skip("the provisioner takes neither settings nor decisions")
	}
	return administrator, nil
}

func (s *scenario) onlyGroup(ctx context.Context, nick string) error {
	id := s.group(nick).id
	return s.configure(ctx, func(settings *Settings) { settings.OnlyGroups = []string{id} })
}

func (s *scenario) askBeforeAdopting(ctx context.Context) error {
	return s.configure(ctx, func(settings *Settings) { settings.AskBeforeAdopting = true })
}

func (s *scenario) deleteLeavers(ctx context.Context) error {
	return s.configure(ctx, func(settings *Settings) { settings.DeleteLeavers = true })
}

func (s *scenario) mostGoodbyes(ctx context.Context, most string) error {
	return s.configure(ctx, func(settings *Settings) {
		settings.MostGoodbyes = 1
		if most == "two people" {
			settings.MostGoodbyes = 2
		}
	})
}

func (s *scenario) goodbyeDecided(ctx context.Context, verb, nick string) error {
	verdict := VerdictApprove
	if verb == "rejects" {
		verdict = VerdictReject
	}
	p, err := s.known(nick)
	if err != nil {
		return err
	}
	return s.decide(ctx, Decision{ID: p.id, Verdict: verdict})
}

func (s *scenario) accountChosen(ctx context.Context, nick string) error {
	p, err := s.inDirectory(nick)
	if err != nil {
		return err
	}
	if p.account == "" {
		return errNothingBefore
	}
	return s.decide(ctx, Decision{ID: p.id, Verdict: VerdictAdopt, Resource: p.account})
}

// decide lets a person decide once everything is quiet: before that there may be
// nothing to decide about yet.
func (s *scenario) decide(ctx context.Context, decision Decision) error {
	administrator, err := s.administrator(ctx)
	if err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	s.stir()
	if err := administrator.Decide(ctx, decision); err != nil {
		return fmt.Errorf("the provisioner refuses the decision to %s %s: %w", decision.Verdict, decision.ID, err)
	}
	return nil
}
