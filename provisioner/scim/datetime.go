package scim

import (
	"strings"
	"time"
)

// An instant is a point in time of an xsd:dateTime. Its fraction keeps every
// digit, which time.Time cannot.
type instant struct {
	seconds  int64  // since 1970-01-01T00:00:00Z
	fraction string // the digits behind the point, without zeros at the end
}

func (t instant) compare(u instant) int {
	switch {
	case t.seconds < u.seconds:
		return -1
	case t.seconds > u.seconds:
		return 1
	default:
		return strings.Compare(t.fraction, u.fraction)
	}
}

// parseInstant reads an xsd:dateTime (RFC 7643 section 2.3.5): four or more digits
// of a year, a month, a day, "T", hours, minutes, seconds, any number of fraction
// digits, and a zone. Without a zone it is taken as UTC. It allocates nothing.
func parseInstant(s string) (instant, bool) {
	r := dateReader{s: s, ok: true}
	negative := r.take('-')
	digits := digitsLength(r.s)
	if digits < 4 || digits > 9 || digits > 4 && r.s[0] == '0' {
		return instant{}, false
	}
	year := r.number(digits)
	if negative {
		year = -year
	}
	r.expect('-')
	month := r.within(1, 12)
	r.expect('-')
	day := r.within(1, 31)
	r.expect('T')
	hour := r.within(0, 24)
	r.expect(':')
	minute := r.within(0, 59)
	r.expect(':')
	second := r.within(0, 60) // 60: a leap second
	var t instant
	if r.take('.') {
		n := digitsLength(r.s)
		r.ok = r.ok && n > 0
		t.fraction = strings.TrimRight(r.s[:n], "0")
		r.s = r.s[n:]
	}
	offset := r.zone()
	if !r.ok || r.s != "" || day > daysIn(year, month) || hour == 24 && (minute != 0 || second != 0 || t.fraction != "") {
		return instant{}, false
	}
	t.seconds = daysSinceEpoch(year, month, day)*86400 + hour*3600 + minute*60 + second - offset
	return t, true
}

// A dateReader cuts parts off the front of a text.
type dateReader struct {
	s  string
	ok bool
}

func (r *dateReader) take(c byte) bool {
	if r.s == "" || r.s[0] != c {
		return false
	}
	r.s = r.s[1:]
	return true
}

func (r *dateReader) expect(c byte) { r.ok = r.take(c) && r.ok }

func (r *dateReader) number(digits int) (n int64) {
	if digitsLength(r.s) < digits {
		r.ok = false
		return 0
	}
	for i := range digits {
		n = n*10 + int64(r.s[i]-'0')
	}
	r.s = r.s[digits:]
	return n
}

func (r *dateReader) within(least, most int64) int64 {
	n := r.number(2)
	r.ok = r.ok && least <= n && n <= most
	return n
}

// zone reads "", "Z" or an offset such as +02:00, in seconds.
func (r *dateReader) zone() int64 {
	if r.s == "" || r.take('Z') {
		return 0
	}
	negative := r.take('-')
	if !negative {
		r.expect('+')
	}
	hour := r.within(0, 14)
	r.expect(':')
	minute := r.within(0, 59)
	r.ok = r.ok && (hour < 14 || minute == 0)
	if negative {
		return -(hour*3600 + minute*60)
	}
	return hour*3600 + minute*60
}

func daysIn(year, month int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// daysSinceEpoch counts days in the proleptic Gregorian calendar. Years begin in
// March here, so that the leap day is their last.
func daysSinceEpoch(year, month, day int64) int64 {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146097 + dayOfEra - 719468
}

// ParseDateTime reads an xsd:dateTime (RFC 7643 section 2.3.5): any number of
// fraction digits, of which nine count here, and a zone, taken as UTC if missing.
func ParseDateTime(s string) (time.Time, bool) {
	t, ok := parseInstant(s)
	if !ok {
		return time.Time{}, false
	}
	nanoseconds := int64(0)
	for i := range 9 {
		nanoseconds *= 10
		if i < len(t.fraction) {
			nanoseconds += int64(t.fraction[i] - '0')
		}
	}
	return time.Unix(t.seconds, nanoseconds).UTC(), true
}
