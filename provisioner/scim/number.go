package scim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// CompareNumbers orders two JSON numbers by their exact decimal value: no digit is
// lost however long they are, and 1, 1.0 and 10e-1 are equal. Texts that are not
// numbers come before all numbers. Exponents beyond ±10^15 count as that.
func CompareNumbers(a, b json.Number) int {
	x, y := newDecimal(string(a)), newDecimal(string(b))
	if x.sign != y.sign {
		return cmp.Compare(x.sign, y.sign)
	}
	if x.sign == 0 || x.sign == notNumber {
		return 0
	}
	if x.magnitude != y.magnitude {
		return x.sign * cmp.Compare(x.magnitude, y.magnitude)
	}
	for {
		dx, okx := x.next()
		dy, oky := y.next()
		if !okx && !oky {
			return 0
		}
		if dx != dy {
			return x.sign * cmp.Compare(dx, dy)
		}
	}
}

// NumberKey returns a text that JSON numbers have in common exactly if
// [CompareNumbers] finds them equal.
func NumberKey(n json.Number) string {
	d := newDecimal(string(n))
	switch d.sign {
	case notNumber:
		return ""
	case 0:
		return "0"
	}
	key := make([]byte, 0, len(n)+8)
	if d.sign < 0 {
		key = append(key, '-')
	}
	for digit, ok := d.next(); ok; digit, ok = d.next() {
		key = append(key, digit)
	}
	return string(bytes.TrimRight(key, "0")) + "e" + strconv.FormatInt(d.magnitude, 10)
}

const notNumber = -2

// A decimal walks over the significant digits of a number without copying it.
type decimal struct {
	sign      int    // -1, 0, 1 or notNumber
	magnitude int64  // the power of ten of the first significant digit
	text      string // from the first significant digit on
	pos       int
}

func newDecimal(s string) decimal {
	if n := numberLength(s); n == 0 || n != len(s) {
		return decimal{sign: notNumber}
	}
	d := decimal{sign: 1, text: s}
	if s[0] == '-' {
		d.sign, d.text = -1, s[1:]
	}
	// point is the number of digits before the decimal point, first the index of
	// the first significant digit, both counted without the point itself.
	point, first, digits, start := -1, -1, 0, 0
	end := len(d.text)
	for i := 0; i < len(d.text); i++ {
		c := d.text[i]
		if c == 'e' || c == 'E' {
			end = i
			break
		}
		if c == '.' {
			point = digits
			continue
		}
		if c != '0' && first < 0 {
			first, start = digits, i
		}
		digits++
	}
	if point < 0 {
		point = digits
	}
	if first < 0 {
		return decimal{}
	}
	d.magnitude = int64(point-first) + exponent(d.text[end:])
	d.text = d.text[start:end]
	return d
}

// exponent reads "", "e5" or "E-07".
func exponent(s string) int64 {
	if s == "" {
		return 0
	}
	s = s[1:]
	negative := false
	if s[0] == '-' || s[0] == '+' {
		negative = s[0] == '-'
		s = s[1:]
	}
	var n int64
	for i := 0; i < len(s) && n < 1e15; i++ {
		n = n*10 + int64(s[i]-'0')
	}
	n = min(n, 1e15)
	if negative {
		return -n
	}
	return n
}

// next returns the next digit, '0' and false after the last.
func (d *decimal) next() (byte, bool) {
	if d.pos < len(d.text) && d.text[d.pos] == '.' {
		d.pos++
	}
	if d.pos >= len(d.text) {
		return '0', false
	}
	d.pos++
	return d.text[d.pos-1], true
}

// numberLength returns how many bytes of s are a JSON number, 0 if s does not
// begin with one.
func numberLength[T ~[]byte | ~string](s T) int {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	case i < len(s) && s[i] >= '1' && s[i] <= '9':
		i += digitsLength(s[i:])
	default:
		return 0
	}
	if i < len(s) && s[i] == '.' {
		n := digitsLength(s[i+1:])
		if n == 0 {
			return i
		}
		i += 1 + n
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '-' || s[j] == '+') {
			j++
		}
		n := digitsLength(s[j:])
		if n == 0 {
			return i
		}
		i = j + n
	}
	return i
}

func digitsLength[T ~[]byte | ~string](s T) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// isInteger reports whether a JSON number has neither fraction nor exponent (RFC
// 7643 section 2.3.4).
func isInteger(n json.Number) bool {
	s := string(n)
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	return s != "" && digitsLength(s) == len(s)
}

// withPoint writes a number the way decimals look, with a digit on either side of
// the point (RFC 7643 section 2.3.3).
func withPoint(n json.Number) json.Number {
	s := string(n)
	if strings.Contains(s, ".") {
		return n
	}
	if at := strings.IndexAny(s, "eE"); at >= 0 {
		return json.Number(s[:at] + ".0" + s[at:])
	}
	return json.Number(s + ".0")
}
