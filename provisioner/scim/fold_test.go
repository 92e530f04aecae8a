package scim

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
	"pgregory.net/rapid"
)

// folding draws texts in which comparing is hard: letters with three cases, with
// cases of another length, ligatures, the dotless i; marks that compose with what
// stands before them, alone or in another order; wide and narrow letters, Hangul in
// parts.
func folding() *rapid.Generator[string] {
	letters := []rune("aAbBkKKsSſåÅÅµμΜßẞéÉiİıσςΣĀāDždžDŽ_- 'ö日😀\u0301\u0307\u0323\u030A\u0345ẛṡαᾳᾼιａＡ＠ｶﾞガ한\u1112\u1161\u11AB\u3000")
	return rapid.OneOf(
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(letters), 0, 6), func(r []rune) string { return string(r) }),
		rapid.String(),
	)
}

func TestFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := folding().Draw(t, "a"), folding().Draw(t, "b")
		if got, want := Fold(a) == Fold(b), strings.EqualFold(norm.NFD.String(width.Fold.String(a)), norm.NFD.String(width.Fold.String(b))); got != want {
			t.Fatalf("%+q and %+q: %v, want %v", a, b, got, want)
		}
		if x, y := prepare(a), prepare(b); (compareFold(x, y) == 0) != (Fold(a) == Fold(b)) || compareFold(x, y) != -compareFold(y, x) {
			t.Fatalf("%+q against %+q: %d and %d", x, y, compareFold(x, y), compareFold(y, x))
		}
		f := newFoldedText(b)
		if got, want := f.equals(a), Fold(a) == Fold(b); got != want {
			t.Fatalf("%+q is %+q: %v", b, a, got)
		}
		if got, want := f.in(a), strings.Contains(Fold(a), Fold(b)); got != want {
			t.Fatalf("%+q in %+q: %v", b, a, got)
		}
		if got := f.prefixOf(a); got != strings.HasPrefix(Fold(a), Fold(b)) {
			t.Fatalf("%+q before %+q: %v", b, a, got)
		}
		if got, want := f.suffixOf(a), strings.HasSuffix(Fold(a), Fold(b)); got != want {
			t.Fatalf("%+q behind %+q: %v", b, a, got)
		}
		if Fold(norm.NFD.String(a)) != Fold(norm.NFC.String(a)) {
			t.Fatalf("%+q: composing changes the key", a)
		}
		if Fold(Fold(a)) != Fold(a) {
			t.Fatalf("%+q: the key %+q has the key %+q", a, Fold(a), Fold(Fold(a)))
		}
	})
}

// TestFoldEveryRune takes no shortcut, so that none of those of Fold misses a rune.
func TestFoldEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		want := norm.NFC.String(strings.Map(foldRune, norm.NFD.String(width.Fold.String(s))))
		if got := Fold(s); got != want {
			t.Errorf("%U becomes %+q, want %+q", r, got, want)
		}
		if s[0] < firstMark && !norm.NFC.PropertiesString(s).BoundaryBefore() {
			t.Errorf("%U is below the first mark, and yet it composes", r)
		}
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			if foldRune(next) != foldRune(r) {
				t.Errorf("%U and %U differ in letter case alone, but become %U and %U", r, next, foldRune(r), foldRune(next))
			}
		}
	}
}

// TestFoldAsUsername compares with the profile of RFC 8265 where that one accepts
// a string: what it holds equal is equal here.
func TestFoldAsUsername(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := folding().Draw(t, "a"), folding().Draw(t, "b")
		for _, other := range []string{b, norm.NFD.String(a), strings.ToUpper(a), width.Widen.String(a)} {
			x, err1 := precis.UsernameCaseMapped.CompareKey(a)
			y, err2 := precis.UsernameCaseMapped.CompareKey(other)
			if err1 == nil && err2 == nil && x == y && Fold(a) != Fold(other) {
				t.Fatalf("%+q and %+q are one user name, but have the keys %+q and %+q", a, other, Fold(a), Fold(other))
			}
		}
	})
}

func TestSameName(t *testing.T) {
	ascii := rapid.StringMatching(`[a-cA-C$_0-9]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := ascii.Draw(t, "a"), ascii.Draw(t, "b")
		if sameName(a, b) != strings.EqualFold(a, b) || sameName(a, b) != (foldName(a) == foldName(b)) {
			t.Fatalf("%q and %q: %v", a, b, sameName(a, b))
		}
	})
}

func TestParseInstant(t *testing.T) {
	for _, s := range []string{
		"2011-05-13T04:42:34Z", "2011-05-13T04:42:34", "2011-05-13T04:42:34.1", "2011-05-13T04:42:34.123456789012345Z", "2011-05-13T04:42:34+14:00", "2011-05-13T04:42:34-00:30",
		"2020-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "12011-05-13T04:42:34Z", "2011-12-31T23:59:60Z", "2011-05-13T24:00:00Z", "2011-05-13T24:00:00.000Z",
	} {
		if _, ok := parseInstant(s); !ok {
			t.Errorf("%s is refused", s)
		}
	}
	for _, s := range []string{
		"", "2011", "2011-05-13", "04:42:34Z", "2011-05-13 04:42:34Z", "2011-05-13t04:42:34Z", "2011-05-13T04:42:34z", "2011-05-13T04:42Z", "2011-05-13T04:42:34.Z", "2011-05-13T04:42:34,5Z", "2011-5-13T04:42:34Z", "11-05-13T04:42:34Z",
		"2011-00-13T04:42:34Z", "2011-13-13T04:42:34Z", "2011-05-00T04:42:34Z", "2011-05-32T04:42:34Z", "2011-04-31T04:42:34Z", "2011-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2011-05-13T25:42:34Z", "2011-05-13T24:00:01Z", "2011-05-13T24:00:00.1Z",
		"2011-05-13T04:60:34Z", "2011-05-13T04:42:61Z", "2011-05-13T04:42:34+15:00", "2011-05-13T04:42:34+14:30", "2011-05-13T04:42:34+1400", "2011-05-13T04:42:34+02", "2011-05-13T04:42:34ZZ", "2011-05-13T04:42:34Z ", "02011-05-13T04:42:34Z", "+2011-05-13T04:42:34Z",
		"99999999999-01-01T00:00:00Z", "yesterday",
	} {
		if got, ok := parseInstant(s); ok {
			t.Errorf("%s is read as %v", s, got)
		}
		if _, ok := ParseDateTime(s); ok {
			t.Errorf("%s is read as a time", s)
		}
	}
	for _, order := range [][2]string{ // the first before the second
		{"2011-05-13T04:42:34.05Z", "2011-05-13T04:42:34.3Z"},
		{"2011-05-13T04:42:34Z", "2011-05-13T04:42:34.000000000000000000001Z"},
		{"2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34.1Z"},
		{"-0002-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z"},
	} {
		a, _ := parseInstant(order[0])
		b, _ := parseInstant(order[1])
		if a.compare(b) >= 0 || b.compare(a) <= 0 {
			t.Errorf("%s is not before %s", order[0], order[1])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		want = want.In(time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "offset")))
		if y := want.Year(); y < 1 || y > 9999 {
			return
		}
		got, ok := ParseDateTime(want.Format(time.RFC3339Nano))
		if !ok || !got.Equal(want) {
			t.Fatalf("%s is read as %s, %v", want.Format(time.RFC3339Nano), got, ok)
		}
	})
}
