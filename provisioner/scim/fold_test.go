package scim

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// folding draws texts in which letter case is hard: letters with three forms, with
// forms of another length, ligatures, the dotless i, accents of their own.
func folding() *rapid.Generator[string] {
	letters := []rune("aA\u0301\u030abBkKKsSſåÅÅµμΜßẞéÉiİıσςΣĀāDždžDŽ_- 'ö日😀")
	return rapid.OneOf(
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(letters), 0, 6), func(r []rune) string { return string(r) }),
		rapid.String(),
	)
}

func TestFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := folding().Draw(t, "a"), folding().Draw(t, "b")
		if Fold(a) != Fold(norm.NFD.String(a)) {
			t.Fatalf("%q and its decomposed form differ", a)
		}
		if got, want := equalFold(a, Prepare(b)), Fold(a) == Fold(b); got != want {
			t.Fatalf("%q and %q, prepared: %v, want %v", a, b, got, want)
		}
		a, b = Prepare(a), Prepare(b)
		if got, want := Fold(a) == Fold(b), strings.EqualFold(a, b); got != want {
			t.Fatalf("%q and %q: %v, want %v", a, b, got, want)
		}
		if (compareFold(a, b) == 0) != strings.EqualFold(a, b) || compareFold(a, b) != -compareFold(b, a) {
			t.Fatalf("%q against %q: %d and %d", a, b, compareFold(a, b), compareFold(b, a))
		}
		f := newFoldedText(b)
		if got, want := f.in(a), strings.Contains(Fold(a), Fold(b)); got != want {
			t.Fatalf("%q in %q: %v", b, a, got)
		}
		if _, got := f.prefixOf(a); got != strings.HasPrefix(Fold(a), Fold(b)) {
			t.Fatalf("%q before %q: %v", b, a, got)
		}
		if got, want := f.suffixOf(a), strings.HasSuffix(Fold(a), Fold(b)); got != want {
			t.Fatalf("%q behind %q: %v", b, a, got)
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
