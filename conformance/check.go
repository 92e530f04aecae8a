package conformance

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/permiso/scimwright/conformance/steps"
)

// A Check is one scenario.
type Check struct {
	// ID names the check for ever, such as "LIFE-21". It is the title of a scenario
	// that has none.
	ID string
	// Area is the part of the id before the number, such as "LIFE".
	Area string
	// Level is how binding the demand is.
	Level Level
	// Title is the scenario's title, Rule what it demands, Feature the title of the
	// feature.
	Title, Rule, Feature string
	// Why says what goes wrong in the field where a target fails the check, and Fix
	// what its developer can do about it. They are the paragraphs that begin with
	// "Why:" and "Fix:" in the text below the scenario's title or, for what is not
	// said there, below the title of its rule.
	Why, Fix string
	// Tags are the scenario's tags, those of its feature and rule included, each
	// with its @.
	Tags []string
	// Requirements are the ids of what the check is about, in package requirement.
	Requirements []string
	// After are the checks without which this one means little: if it fails and one
	// of them has failed, that one is the reason.
	After []string
	// File and Line say where the scenario stands.
	File string
	Line int

	// pickle is the scenario as godog reads it, nil for a rule about every answer; step is
	// the line of its first step.
	pickle *messages.Pickle
	step   int
}

// A Level is how binding a demand is, by the keywords of RFC 2119.
type Level string

// The levels. Their tags are the same words with an @.
const (
	Must   Level = "must"
	Should Level = "should"
	May    Level = "may"
)

var (
	tagForm        = regexp.MustCompile(`^@?[A-Za-z0-9][A-Za-z0-9._:-]*$`)
	requirementTag = regexp.MustCompile(`^@(?:RFC[0-9]+|IDINTEROP)-`)
)

// after begins the tags that name the checks without which one means little.
const after = "@after-"

// Checks reads the scenarios of the feature files that a godog tag expression
// selects, in a fixed order: by file name, then as they stand there.
func Checks(features fs.FS, tags string) ([]Check, error) {
	if err := checkExpression(tags); err != nil {
		return nil, err
	}
	options := &godog.Options{FS: features, Paths: []string{"."}, Tags: tags, Output: io.Discard}
	documents, err := godog.TestSuite{Options: options}.RetrieveFeatures()
	if err != nil {
		return nil, fmt.Errorf("reading the feature files: %w", err)
	}
	var checks []Check
	for _, d := range documents {
		places := locate(d.GherkinDocument)
		for _, pickle := range d.Pickles {
			checks = append(checks, newCheck(d.GherkinDocument, pickle, places))
		}
	}
	return checks, nil
}

// Text returns the scenario as it stands in the feature files that the check was read
// from, without its tags and indentation, and without what [Check.Why] and [Check.Fix]
// say.
func (c *Check) Text(features fs.FS) (string, error) {
	text, err := fs.ReadFile(features, c.File)
	if err != nil {
		return "", fmt.Errorf("reading the scenario of %s: %w", c.ID, err)
	}
	lines := strings.Split(string(text), "\n")
	if c.Line < 1 || c.Line > len(lines) {
		return "", fmt.Errorf("%s has no line %d, where %s should stand", c.File, c.Line, c.ID)
	}
	first := lines[c.Line-1]
	indent := first[:len(first)-len(strings.TrimLeft(first, " \t"))]
	scenario := []string{strings.TrimSpace(first)}
	for _, line := range lines[max(c.Line, min(c.step-1, len(lines))):] {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, indent+" ") && !strings.HasPrefix(line, indent+"\t") {
			break // another scenario, or its tags
		}
		scenario = append(scenario, strings.TrimRight(strings.TrimPrefix(line, indent), " \t"))
	}
	return strings.TrimRight(strings.Join(scenario, "\n"), "\n"), nil
}

// checkExpression refuses what godog would read wrongly, or not at all.
func checkExpression(tags string) error {
	if tags == "" {
		return nil
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(tags, "&&", ","), ",") {
		if tag := strings.TrimPrefix(strings.TrimSpace(part), "~"); !tagForm.MatchString(tag) {
			return fmt.Errorf("the tag expression %q: %q is not a tag; write it like %q, with a comma for or", tags, tag, "@lifecycle && ~@needs-groups")
		}
	}
	return nil
}

// A place is where a scenario stands, and what is said there.
type place struct {
	rule       string
	line, step int
	why, fix   string
}

// locate maps the id of each scenario's syntax node to its place.
func locate(d *messages.GherkinDocument) map[string]place {
	places := map[string]place{}
	if d.Feature == nil {
		return places
	}
	add := func(s *messages.Scenario, p place) {
		if s == nil {
			return
		}
		p.line = int(s.Location.Line)
		if len(s.Steps) > 0 {
			p.step = int(s.Steps[0].Location.Line)
		}
		p.why = cmp.Or(paragraph(s.Description, "Why:"), p.why)
		p.fix = cmp.Or(paragraph(s.Description, "Fix:"), p.fix)
		places[s.Id] = p
	}
	for _, child := range d.Feature.Children {
		add(child.Scenario, place{})
		if child.Rule == nil {
			continue
		}
		rule := place{
			rule: child.Rule.Name,
			why:  paragraph(child.Rule.Description, "Why:"), fix: paragraph(child.Rule.Description, "Fix:"),
		}
		for _, inner := range child.Rule.Children {
			add(inner.Scenario, rule)
		}
	}
	return places
}

// paragraph returns the text after a label at the beginning of a line, up to the next
// label or an empty line, in one line. It is "" if there is none.
func paragraph(description, label string) string {
	var words []string
	inside := false
	for line := range strings.Lines(description) {
		line = strings.TrimSpace(line)
		rest, begins := strings.CutPrefix(line, label)
		switch {
		case begins:
			inside, line = true, rest
		case line == "" || strings.HasPrefix(line, "Why:") || strings.HasPrefix(line, "Fix:"):
			inside = false
		}
		if inside {
			words = append(words, strings.Fields(line)...)
		}
	}
	return strings.Join(words, " ")
}

func newCheck(d *messages.GherkinDocument, pickle *messages.Pickle, places map[string]place) Check {
	c := Check{Title: pickle.Name, File: pickle.Uri, pickle: pickle, Level: Must}
	if d.Feature != nil {
		c.Feature = d.Feature.Name
	}
	if len(pickle.AstNodeIds) > 0 {
		at := places[pickle.AstNodeIds[0]]
		c.Rule, c.Line, c.step, c.Why, c.Fix = at.rule, at.line, at.step, at.why, at.fix
	}
	for _, t := range pickle.Tags {
		c.Tags = append(c.Tags, t.Name)
		switch {
		case requirementTag.MatchString(t.Name):
			c.Requirements = append(c.Requirements, t.Name[1:])
		case strings.HasPrefix(t.Name, after):
			c.After = append(c.After, strings.TrimPrefix(t.Name, after))
		}
		switch level := Level(strings.TrimPrefix(t.Name, "@")); level {
		case Must, Should, May:
			c.Level = level
		}
	}
	c.ID = steps.ID(c.Title, c.Tags)
	c.Area, _, _ = strings.Cut(c.ID, "-")
	return c
}
