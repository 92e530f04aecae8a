package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// quiet waits until the provisioner has nothing under way. While the app is up, it
// also waits for the retry of what has failed, as far as patience goes.
func (s *scenario) quiet(ctx context.Context) error {
	if s.driver == nil {
		return nil
	}
	deadline := time.Now().Add(s.suite.config.Patience)
	wait := 10 * time.Millisecond
	for {
		subjects, err := s.settle(ctx, deadline)
		if err != nil {
			return err
		}
		s.subjects = subjects
		at := slices.IndexFunc(subjects, Subject.underWay)
		retries := s.wire.healthy() && !s.impatient && slices.ContainsFunc(subjects, func(x Subject) bool { return x.State == "failing" })
		switch {
		case at < 0 && !retries:
			s.restless = false
			return nil
		case time.Now().After(deadline) && at >= 0:
			x := subjects[at]
			return failf("after %s the %s %s is still %s", s.suite.config.Patience, strings.ToLower(string(x.Kind)), x.ID, x.State)
		case time.Now().After(deadline):
			s.impatient = true // what is failing now is for the next sentences to judge
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 250*time.Millisecond)
	}
}

// settle asks the provisioner for quiet until a deadline.
func (s *scenario) settle(ctx context.Context, deadline time.Time) ([]Subject, error) {
	// The last look comes after the deadline, so that it decides.
	patient, cancel := context.WithDeadline(ctx, deadline.Add(time.Second))
	defer cancel()
	subjects, err := s.driver.Settle(patient)
	switch {
	case err == nil:
		return subjects, nil
	case ctx.Err() == nil && patient.Err() != nil:
		return nil, failf("after %s the provisioner is not done: %v", s.suite.config.Patience, err)
	default:
		return nil, fmt.Errorf("waiting for the provisioner: %w", err)
	}
}

// holds waits for quiet and then, for as long as a target may take to show what it
// has accepted, until check succeeds.
func (s *scenario) holds(ctx context.Context, check func() error) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	err := poll(ctx, s.suite.config.Settle, check)
	if !IsFailure(err) {
		return err
	}
	if why := s.undelivered(); why != "" {
		return failf("%s; %s", err, why)
	}
	return err
}

// undelivered says what the provisioner reports as not delivered, "" if nothing.
func (s *scenario) undelivered() string {
	for _, x := range s.subjects {
		if !x.delivered() {
			return fmt.Sprintf("the provisioner reports %s %s as %s: %s", strings.ToLower(string(x.Kind)), x.ID, x.State, x.Reason)
		}
	}
	return ""
}

// read returns a resource as the target has it, nil if it has none of that id.
func (s *scenario) read(ctx context.Context, collection, id string) (resource, error) {
	answer, err := s.guard.target.Get(ctx, nil, collection, id)
	if err != nil {
		return nil, err
	}
	switch {
	case answer.Status == http.StatusNotFound, answer.Status == http.StatusGone:
		return nil, nil
	case !answer.OK():
		return nil, fmt.Errorf("reading /%s/%s answered %d", collection, id, answer.Status)
	}
	r := answer.object()
	if r == nil {
		return nil, fmt.Errorf("reading /%s/%s did not answer with a JSON object", collection, id)
	}
	return r, nil
}

// resources returns what the target has under one of the names, or with the
// directory's id as externalId: what this scenario has made, by id, and what else
// a search for the names finds.
func (s *scenario) resources(ctx context.Context, collection, id string, names []string) ([]resource, error) {
	var found []resource
	seen := map[string]bool{}
	for _, made := range s.guard.ledger.ids(collection) {
		r, err := s.read(ctx, collection, made)
		if err != nil {
			return nil, err
		}
		seen[made] = true
		if r != nil && matches(r, collection, id, names) {
			found = append(found, r)
		}
	}
	for _, name := range names {
		more, err := s.guard.find(ctx, collection, nameAttribute(collection), name)
		if err != nil {
			return nil, err
		}
		for _, r := range more {
			if seen[r.id()] {
				continue
			}
			seen[r.id()] = true
			// Lists may show less than the resource itself.
			full, err := s.read(ctx, collection, r.id())
			if err != nil {
				return nil, err
			}
			if full != nil {
				found = append(found, full)
			}
		}
	}
	return found, nil
}

func matches(r resource, collection, id string, names []string) bool {
	own := r.text(nameAttribute(collection))
	return r.text("externalId") == id || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, own) })
}

// account returns the one account of a person. More, or none, is a failure.
func (s *scenario) account(ctx context.Context, p *person) (resource, error) {
	found, err := s.resources(ctx, users, p.id, p.userNames)
	if err != nil {
		return nil, err
	}
	return one(found, "account", p.nick)
}

// appGroup returns the one group of a nick in the app.
func (s *scenario) appGroup(ctx context.Context, g *group) (resource, error) {
	found, err := s.resources(ctx, groups, g.id, g.displayNames)
	if err != nil {
		return nil, err
	}
	return one(found, "group", g.nick)
}

func one(found []resource, what, nick string) (resource, error) {
	switch len(found) {
	case 0:
		return nil, failf("the app has no %s for %s", what, nick)
	case 1:
		return found[0], nil
	default:
		ids := make([]string, len(found))
		for i, r := range found {
			ids[i] = r.id()
		}
		return nil, failf("the app has %d %ss for %s: %s", len(found), what, nick, strings.Join(ids, ", "))
	}
}
