package scimclient

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter reads the Retry-After header (RFC 9110 section 10.2.3): seconds,
// with or without a fraction, or a date. A date counts from the answer's own
// Date, so that a clock that is wrong on either side does not matter. What is
// negative, past or nonsense is 0.
func retryAfter(h http.Header, now func() time.Time) time.Duration {
	v := h.Get("Retry-After")
	// ParseFloat also reads inf, nan and hexadecimal, which are not seconds.
	if strings.Trim(v, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(v, 64)
		switch {
		case seconds >= MaxRetryAfter.Seconds(): // also out of range
			return MaxRetryAfter
		case err != nil:
			return 0
		}
		return time.Duration(seconds * float64(time.Second))
	}
	date, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		from = now()
	}
	return min(max(date.Sub(from), 0), MaxRetryAfter)
}
