package conformance

import (
	"bytes"
	"fmt"
	"strings"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/permiso/scimwright/conformance/steps"
)

// inOrder returns the selected scenarios in the order in which they run: each after those
// without which it means little, even by way of others that were not selected, and those
// about kinds of requests before those that make use of them. So the reason of a failure
// is judged before what fails for it, and before it can end the run. Otherwise they are in
// the order of the feature files.
func (r *run) inOrder() []*Check {
	byID := make(map[string]*Check, len(r.all))
	for i := range r.all {
		byID[r.all[i].ID] = &r.all[i]
	}
	order := make([]*Check, 0, r.scenarios)
	seen := make(map[string]bool, len(r.all))
	var add func(c *Check)
	add = func(c *Check) {
		if c == nil || seen[c.ID] {
			return
		}
		seen[c.ID] = true
		for _, id := range c.After {
			add(byID[id])
		}
		if _, selected := r.byID[c.ID]; selected && c.pickle != nil {
			order = append(order, c)
		}
	}
	for _, id := range steps.Basics() {
		add(byID[id])
	}
	for i := range r.all {
		add(&r.all[i])
	}
	return order
}

// script writes scenarios as one feature file that has them in this order, which godog
// keeps. It knows neither rules nor outlines: godog has resolved those. Tags that say what
// a check is about and comes after are left out: godog takes long to read each.
func script(checks []*Check) []byte {
	var b bytes.Buffer
	b.WriteString("Feature: Checks\n")
	for _, c := range checks {
		b.WriteString("\n")
		for _, tag := range c.pickle.Tags {
			if !requirementTag.MatchString(tag.Name) && !strings.HasPrefix(tag.Name, after) {
				fmt.Fprintf(&b, "%s ", tag.Name)
			}
		}
		fmt.Fprintf(&b, "\nScenario: %s\n", c.pickle.Name)
		for _, step := range c.pickle.Steps {
			fmt.Fprintf(&b, "%s %s\n", keyword(step.Type), step.Text)
			if step.Argument != nil {
				writeArgument(&b, step.Argument)
			}
		}
	}
	return b.Bytes()
}

// keyword returns one that stands for the type of a step: some sentences are only heard
// after one of it.
func keyword(t messages.PickleStepType) string {
	switch t {
	case messages.PickleStepType_CONTEXT:
		return "Given"
	case messages.PickleStepType_ACTION:
		return "When"
	case messages.PickleStepType_OUTCOME:
		return "Then"
	default:
		return "*"
	}
}

// writeArgument writes the text or table that follows a sentence.
func writeArgument(b *bytes.Buffer, argument *messages.PickleStepArgument) {
	if text := argument.DocString; text != nil {
		fence, escaped := `"""`, `\"\"\"`
		if strings.Contains(text.Content, fence) || strings.Contains(text.Content, escaped) {
			fence, escaped = "```", "\\`\\`\\`"
		}
		fmt.Fprintf(b, "%s%s\n%s\n%s\n", fence, text.MediaType, strings.ReplaceAll(text.Content, fence, escaped), fence)
	}
	if argument.DataTable == nil {
		return
	}
	escape := strings.NewReplacer(`\`, `\\`, "|", `\|`, "\n", `\n`)
	for _, row := range argument.DataTable.Rows {
		b.WriteString("|")
		for _, cell := range row.Cells {
			fmt.Fprintf(b, " %s |", escape.Replace(cell.Value))
		}
		b.WriteString("\n")
	}
}
