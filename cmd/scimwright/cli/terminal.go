package cli

import (
	"strings"
	"unicode"
)

// oneLine makes a text fit for one line of a terminal, see [visible].
func oneLine(s string) string { return visible(strings.Join(strings.Fields(s), " ")) }

// visible takes out of a text what a terminal would act on, but for tabs and line
// breaks: an app may have anything in a name, and in a page instead of an answer.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
