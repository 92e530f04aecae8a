package elimityserver_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/permiso/scimwright/conformance/requirement"
)

// explanations are what is known about the differences: the sections of
// differences.txt, in their order.
type explanations []*explanation

// An explanation says why the engines differ and which one is right.
type explanation struct {
	title   string
	verdict string            // "rfc", "elimity" or "either", then ids of requirements
	lines   map[string]string // difference → where it occurs
}

const (
	explanationsFile = "testdata/differences.txt"
	unexplained      = "NOT EXPLAINED YET"
	placesMark       = "  <- "
)

func readExplanations(t *testing.T) explanations {
	t.Helper()
	text, err := os.ReadFile(explanationsFile)
	if err != nil {
		t.Fatal(err)
	}
	var known explanations
	for block := range strings.SplitSeq(string(text), "\n\n") {
		title, rest, _ := strings.Cut(strings.Trim(block, "\n"), "\n")
		var ok bool
		if title, ok = strings.CutPrefix(title, "== "); !ok {
			continue // the introduction
		}
		e := &explanation{title: title, lines: map[string]string{}}
		verdict, rest, _ := strings.Cut(rest, "\n")
		if e.verdict, ok = strings.CutPrefix(verdict, "right: "); !ok {
			t.Fatalf("%s: %q: there must be a line that says who is right", explanationsFile, title)
		}
		for line := range strings.Lines(rest) {
			difference, places, _ := strings.Cut(strings.TrimSuffix(line, "\n"), placesMark)
			e.lines[difference] = places
		}
		known = append(known, e)
	}
	return known
}

// places lists the exchanges where a difference occurs, unless it names the only one
// itself.
func places(difference string, names []string) string {
	const most = 3
	switch {
	case strings.HasPrefix(difference, outcomeMark):
		return ""
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], "; "), len(names)-most)
	default:
		return strings.Join(names, "; ")
	}
}

// line returns a line of the file.
func line(difference, places string) string {
	if places == "" {
		return difference
	}
	return difference + placesMark + places
}

// compare returns what is wrong with the explanations of the differences found.
func (known explanations) compare(found differences) []string {
	var problems []string
	seen := map[string]bool{}
	for _, e := range known {
		if e.title == unexplained || len(e.lines) == 0 {
			problems = append(problems, fmt.Sprintf("%q explains nothing", e.title))
		}
		problems = append(problems, e.checkVerdict()...)
		for difference, where := range e.lines {
			switch names, occurs := found[difference]; {
			case seen[difference]:
				problems = append(problems, fmt.Sprintf("explained twice: %s", difference))
			case !occurs:
				problems = append(problems, fmt.Sprintf("explained by %q, but does not occur: %s", e.title, difference))
			case places(difference, names) != where:
				problems = append(problems, fmt.Sprintf("%s: occurs in %s, the file says %s", difference, places(difference, names), where))
			}
			seen[difference] = true
		}
	}
	for _, difference := range slices.Sorted(maps.Keys(found)) {
		if !seen[difference] {
			problems = append(problems, "not explained: "+line(difference, places(difference, found[difference])))
		}
	}
	return problems
}

func (e *explanation) checkVerdict() []string {
	right, ids, _ := strings.Cut(e.verdict, " ")
	if !slices.Contains([]string{"rfc", "elimity", "either"}, right) || ids == "" {
		return []string{fmt.Sprintf("%q: %q must be rfc, elimity or either, and the requirements that say so", e.title, e.verdict)}
	}
	var problems []string
	for id := range strings.FieldsSeq(ids) {
		if _, ok := requirement.Get(id); !ok {
			problems = append(problems, fmt.Sprintf("%q: there is no requirement %s", e.title, id))
		}
	}
	return problems
}

// adopt makes the explanations those of the differences found. What is new comes
// under a title of its own, to be explained by somebody.
func (known *explanations) adopt(found differences) {
	open := maps.Clone(found)
	for _, e := range *known {
		for difference := range e.lines {
			names, occurs := found[difference]
			if !occurs {
				delete(e.lines, difference)
				continue
			}
			e.lines[difference] = places(difference, names)
			delete(open, difference)
		}
	}
	*known = slices.DeleteFunc(*known, func(e *explanation) bool { return len(e.lines) == 0 })
	if len(open) == 0 {
		return
	}
	last := &explanation{title: unexplained, verdict: "?", lines: map[string]string{}}
	for difference, names := range open {
		last.lines[difference] = places(difference, names)
	}
	*known = append(*known, last)
}

const introduction = `# Where the two engines differ, in their answers to the traffic of traffic.txt and of
# the project's test vectors and in what they store then. Each request finds the same
# data in both. A line shows what "rfc" says, what "elimity" says, and the requests it
# occurs in. Who is right: one of the two, or either, by the requirements named.
#
#   go test ./mocktarget/elimityserver -run TestDifferences -update
#
# brings the lines up to date; a new one has to be moved under an explanation by hand.
`

func (known explanations) write(t *testing.T) {
	t.Helper()
	var b strings.Builder
	b.WriteString(introduction)
	for _, e := range known {
		fmt.Fprintf(&b, "\n== %s\nright: %s\n", e.title, e.verdict)
		differences := slices.SortedFunc(maps.Keys(e.lines), func(a, b string) int {
			return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
		})
		for _, difference := range differences {
			b.WriteString(line(difference, e.lines[difference]) + "\n")
		}
	}
	if err := os.WriteFile(explanationsFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
