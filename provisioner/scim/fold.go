package scim

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Prepare returns the form in which strings are compared, Unicode NFC: an accented
// letter is the same whether a client writes it as one character or as two (RFC
// 7644 section 7.8). What is stored and returned stays as it was written.
func Prepare(s string) string {
	if isASCII(s) {
		return s
	}
	return norm.NFC.String(s)
}

// Fold returns a key under which strings that differ in letter case alone are
// equal: Fold(a) == Fold(b) exactly if strings.EqualFold(Prepare(a), Prepare(b)).
// Indexes and uniqueness checks of attributes that are not caseExact use it.
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.Map(foldRune, Prepare(s))
		}
	}
	return s
}

// foldRune returns one rune for all that differ in letter case alone. ASCII
// letters become small ones, so that "_" sorts before them.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// equalFold compares a string with a prepared one, letter case aside. Most strings
// differ in an ASCII letter early on; one with an accent behind it may be another.
func equalFold(s, want string) bool {
	for i := 0; i < len(s) && i < len(want) && (s[i]|want[i]) < utf8.RuneSelf; i++ {
		if lower(s[i]) != lower(want[i]) && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			return false
		}
	}
	return strings.EqualFold(Prepare(s), want)
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

// A foldedText is a text to look for inside prepared others, letter case aside. It
// is folded once so that each search allocates nothing.
type foldedText struct {
	text  string // folded
	ascii bool
}

func newFoldedText(s string) foldedText {
	f := foldedText{text: Fold(s), ascii: true}
	for i := 0; i < len(f.text); i++ {
		f.ascii = f.ascii && f.text[i] < utf8.RuneSelf
	}
	return f
}

// prefixOf reports whether s begins with the text, and what follows.
func (f foldedText) prefixOf(s string) (rest string, ok bool) {
	want := f.text
	for want != "" {
		if s == "" {
			return "", false
		}
		if want[0] < utf8.RuneSelf && s[0] < utf8.RuneSelf {
			if lower(s[0]) != want[0] {
				return "", false
			}
			s, want = s[1:], want[1:]
			continue
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

// in reports whether the text is somewhere in s, which it prepares.
func (f foldedText) in(s string) bool {
	if f.text == "" {
		return true
	}
	if isASCII(s) {
		return f.ascii && f.inASCII(s) // what is folded is ASCII wherever it can be
	}
	s = norm.NFC.String(s)
	for {
		if _, ok := f.prefixOf(s); ok {
			return true
		}
		if s == "" {
			return false
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
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

func (f foldedText) suffixOf(s string) bool {
	// A folded rune may be longer or shorter than its original, so the suffix is
	// found by counting runes, not bytes.
	n := utf8.RuneCountInString(f.text)
	start := len(s)
	for ; n > 0; n-- {
		if start == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	rest, ok := f.prefixOf(s[start:])
	return ok && rest == ""
}

// isASCII looks at eight bytes at a time: scans ask it about every value they see.
func isASCII(s string) bool {
	for len(s) >= 8 {
		if (s[0]|s[1]|s[2]|s[3]|s[4]|s[5]|s[6]|s[7])&utf8.RuneSelf != 0 {
			return false
		}
		s = s[8:]
	}
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
