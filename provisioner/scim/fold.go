package scim

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Fold returns a key under which strings are equal that an attribute which is not
// caseExact takes for the same: letter case aside, and prepared as RFC 7644 sections
// 5 and 7.8 ask. Indexes, uniqueness checks and sort keys of such attributes use it.
//
// Preparing follows the profile UsernameCaseMapped of RFC 8265 section 3.3: wide and
// narrow forms become the ordinary ones, and what can be written with or without
// combining marks is composed (NFC). Unlike the profile it refuses nothing, since it
// serves all strings. Letter case is that of [strings.EqualFold], which takes all
// sigmas for one. Where letter case counts, see [Compose].
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.Map(foldRune, prepare(s))
		}
	}
	return s
}

// firstMark is the first byte of U+0300 in UTF-8. What is below it, Latin letters
// with their accents, does not compose with anything.
const firstMark = 0xCC

// prepare returns a string in its ordinary width and composed, letter case aside.
// Strings of Latin letters come back as they are.
func prepare(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= firstMark || s[i] == dotted[0] && strings.HasPrefix(s[i:], dotted) {
			return prepareSlow(s)
		}
	}
	return s
}

// Compose returns the form in which strings are compared where letter case counts,
// Unicode NFC: an accented letter is the same whether a client writes it as one
// character or as two (RFC 7644 section 7.8). What is stored stays as it was written.
func Compose(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= firstMark {
			return norm.NFC.String(s)
		}
	}
	return s
}

// dotted is the one letter below the marks that its small form takes apart: i̇.
const dotted = "İ"

// prepareSlow folds what is decomposed, since a mark can have cases of its own, and
// composes what comes out (Unicode, canonical caseless matching).
func prepareSlow(s string) string {
	for _, r := range s {
		if r == 0x3000 || 0xFF00 <= r && r < 0xFFF0 { // the ideographic space; the wide and narrow forms
			s = width.Fold.String(s)
			break
		}
	}
	return norm.NFC.String(strings.Map(foldRune, norm.NFD.String(s)))
}

// foldRune returns one rune for all that differ in letter case alone: the first
// small letter among them.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	folded := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		if small := unicode.IsLower(next); small != unicode.IsLower(folded) {
			if small {
				folded = next
			}
		} else {
			folded = min(folded, next)
		}
	}
	return folded
}

// compareFold orders prepared strings by their runes, letter case aside.
func compareFold(a, b string) int {
	for a != "" && b != "" {
		var x, y rune
		x, a = nextFolded(a)
		y, b = nextFolded(b)
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// nextFolded cuts the first rune off a string and folds it.
func nextFolded(s string) (rune, string) {
	if c := s[0]; c < utf8.RuneSelf {
		return rune(lower(c)), s[1:]
	}
	r, size := utf8.DecodeRuneInString(s)
	return foldRune(r), s[size:]
}

// A foldedText is a text to compare others with, or to look for inside them, letter
// case aside and prepared. It is folded once; a comparison with a text that needs no
// preparing allocates nothing.
type foldedText struct {
	text  string // folded
	ascii bool
}

func newFoldedText(s string) foldedText {
	folded := Fold(s)
	return foldedText{text: folded, ascii: isASCII(folded)}
}

// equals reports whether s is the text. As long as both are ASCII the first
// difference decides: no mark behind it can mend it.
func (f foldedText) equals(s string) bool {
	n := min(len(s), len(f.text))
	for i := range n {
		a, b := f.text[i], s[i]
		if a|b >= utf8.RuneSelf {
			return strings.EqualFold(f.text, prepare(s))
		}
		if a != lower(b) {
			return false
		}
	}
	return len(s) == len(f.text) // preparing leaves no rune out
}

// prefixOf reports whether s begins with the text.
func (f foldedText) prefixOf(s string) bool {
	for i := 0; i < len(f.text); i++ {
		if i == len(s) {
			return false
		}
		a, b := f.text[i], s[i]
		if a|b >= utf8.RuneSelf {
			return f.before(prepare(s))
		}
		if a != lower(b) {
			return false
		}
	}
	if n := len(f.text); n < len(s) && s[n] >= firstMark {
		return f.before(prepare(s))
	}
	return true
}

// before is prefixOf for a prepared string, and any runes.
func (f foldedText) before(s string) bool {
	_, ok := f.cutFrom(s)
	return ok
}

// cutFrom returns what follows the text at the beginning of a prepared string.
func (f foldedText) cutFrom(s string) (rest string, ok bool) {
	want := f.text
	for want != "" {
		if s == "" {
			return "", false
		}
		w, size := utf8.DecodeRuneInString(want)
		var r rune
		if r, s = nextFolded(s); r != w {
			return "", false
		}
		want = want[size:]
	}
	return s, true
}

// longText is the length from which on trying the text at each place in turn could
// take too long: a value of a megabyte may be compared with a text of kilobytes.
const longText = 64

// in reports whether s contains the text.
func (f foldedText) in(s string) bool {
	if f.text == "" {
		return true
	}
	if len(f.text) > longText {
		return strings.Contains(Fold(s), f.text)
	}
	if f.ascii && isASCII(s) {
		return f.inASCII(s)
	}
	for s = prepare(s); s != ""; {
		if f.before(s) {
			return true
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return false
}

// inASCII is the loop of unindexed scans: two plain ASCII texts.
func (f foldedText) inASCII(s string) bool {
	text := f.text
	small := text[0]
	capital := small
	if 'a' <= small && small <= 'z' {
		capital -= 'a' - 'A'
	}
	for i := 0; i+len(text) <= len(s); i++ {
		if s[i] != small && s[i] != capital {
			continue
		}
		j := 1
		for j < len(text) && lower(s[i+j]) == text[j] {
			j++
		}
		if j == len(text) {
			return true
		}
	}
	return false
}

// suffixOf reports whether s ends with the text.
func (f foldedText) suffixOf(s string) bool {
	// A folded rune may be longer or shorter than its original, so the suffix is
	// found by counting runes, not bytes.
	s = prepare(s)
	start := len(s)
	for n := utf8.RuneCountInString(f.text); n > 0; n-- {
		if start == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	rest, ok := f.cutFrom(s[start:])
	return ok && rest == ""
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lower returns the small form of an ASCII letter and any other byte as it is.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// sameName compares attribute names and schema URIs, whose letter case never
// matters (RFC 7643 section 2.1, RFC 7644 section 3.10). They are ASCII.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	if a == b {
		return true
	}
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// foldName returns the key under which equal names are equal strings.
func foldName(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return string(b)
		}
	}
	return s
}
