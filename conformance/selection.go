package conformance

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// A Selection says which of the checks a run makes: those of its profiles that Only
// selects, if it says anything, that Skip does not, and that Tags selects.
//
// Each text in Only and Skip is one of:
//
//	PATCH-08               the check of an id
//	PATCH                  the checks of an area
//	7644/3.5.2             those about a section of an RFC, and the sections below
//	9865                   those about an RFC
//	RFC7644-3.5.2-R17      those about a requirement
//	must, should, may      those of a level
//	@core                  those with a tag
type Selection struct {
	// Profiles are names of [Profiles]. Empty means [RFC], and beyond it what Only
	// names by id or area; or any check at all, if Tags says anything.
	Profiles []string
	// Only and Skip are as above. Letter case means nothing.
	Only, Skip []string
	// Tags is a godog tag expression, such as "@patch && ~@needs-groups". Empty
	// selects all.
	Tags string
}

var (
	sectionForm = regexp.MustCompile(`^(?:RFC)?([0-9]{4,5})(?:/([0-9A-Z.]+))?$`)
)

// A selector is one text of a [Selection].
type selector struct {
	text string
	// named says that it names checks one by one or by their area.
	named   bool
	matches func(*Check) bool
}

func parseSelector(text string) selector {
	plain := strings.TrimSpace(text)
	upper := strings.ToUpper(plain)
	s := selector{text: plain}
	section := sectionForm.FindStringSubmatch(upper)
	switch {
	case strings.HasPrefix(plain, "@"):
		s.matches = func(c *Check) bool { return c.tagged(plain) }
	case section != nil:
		s.matches = func(c *Check) bool { return c.cites(section[1], section[2]) }
	case slices.Contains([]Level{Must, Should, May}, Level(strings.ToLower(plain))):
		s.matches = func(c *Check) bool { return c.Level == Level(strings.ToLower(plain)) }
	default:
		s.named = true
		s.matches = func(c *Check) bool {
			return strings.EqualFold(c.ID, plain) || strings.EqualFold(c.Area, plain) ||
				slices.ContainsFunc(c.Requirements, func(id string) bool { return strings.EqualFold(id, plain) })
		}
	}
	return s
}

// parseSelectors reads texts, each of which may hold several with commas between. One
// that selects none of the checks there are is a mistake.
func parseSelectors(where string, texts []string, checks []Check) ([]selector, error) {
	var all []selector
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			s := parseSelector(part)
			if !slices.ContainsFunc(checks, func(c Check) bool { return s.matches(&c) }) {
				return nil, fmt.Errorf("%s names %q, and there is no such check: use an id like PATCH-08, an area like PATCH, a section like 7644/3.5.2, must, should or may", where, s.text)
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// A chosen is a selection that has been checked against the checks there are.
type chosen struct {
	profiles   []Profile
	only, skip []selector
	tags       string
}

func (s *Selection) choose(checks []Check) (*chosen, error) {
	c := &chosen{tags: s.Tags}
	var err error
	if c.profiles, err = profilesOf(s.Profiles); err != nil {
		return nil, err
	}
	if c.only, err = parseSelectors("only", s.Only, checks); err != nil {
		return nil, err
	}
	if c.skip, err = parseSelectors("skip", s.Skip, checks); err != nil {
		return nil, err
	}
	return c, nil
}

// Select reads the checks of the feature files, and the rules about every answer, and
// returns those that a selection selects, in a fixed order.
func Select(features fs.FS, s Selection) ([]Check, error) {
	all, err := AllChecks(features)
	if err != nil {
		return nil, err
	}
	if err := checkExpression(s.Tags); err != nil {
		return nil, err
	}
	c, err := s.choose(all)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(check Check) bool { return !c.has(&check) }), nil
}

// AllChecks returns the scenarios of the feature files and then the rules about every
// answer.
func AllChecks(features fs.FS) ([]Check, error) {
	if p, ok := features.(*parsed); ok {
		return slices.Clone(p.checks), nil
	}
	checks, err := Checks(features, "")
	if err != nil {
		return nil, err
	}
	checks = append(checks, lintChecks()...)
	return checks, wantUnique(checks)
}

// has reports whether the selection selects a check.
func (c *chosen) has(check *Check) bool {
	matches := func(s selector) bool { return s.matches(check) }
	return c.inScope(check) && (len(c.only) == 0 || slices.ContainsFunc(c.only, matches)) &&
		!slices.ContainsFunc(c.skip, matches) && selects(c.tags, check.Tags)
}

// inScope reports whether a check is of one of the profiles, or of the default.
func (c *chosen) inScope(check *Check) bool {
	switch {
	case len(c.profiles) > 0:
		return slices.ContainsFunc(c.profiles, func(p Profile) bool { return p.selects(check) })
	case c.tags != "":
		return true
	default:
		return ofRFCs(check) || slices.ContainsFunc(c.only, func(s selector) bool { return s.named && s.matches(check) })
	}
}

// strict reports whether what should be so counts like what must be so.
func (c *chosen) strict() bool {
	return slices.ContainsFunc(c.profiles, func(p Profile) bool { return p.Strict })
}

// readOnly returns the name of a profile that never writes, "" if there is none.
func (c *chosen) readOnly() string {
	for _, p := range c.profiles {
		if p.ReadOnly {
			return p.Name
		}
	}
	return ""
}

// String says in words what was selected.
func (s Selection) String() string {
	var parts []string
	for _, p := range []struct{ word, text string }{
		{"profile", strings.Join(s.Profiles, ", ")}, {"only", strings.Join(s.Only, ", ")},
		{"skip", strings.Join(s.Skip, ", ")}, {"tags", s.Tags},
	} {
		if p.text != "" {
			parts = append(parts, p.word+" "+p.text)
		}
	}
	return strings.Join(parts, "; ")
}
