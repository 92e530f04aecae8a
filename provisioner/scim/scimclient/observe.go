package scimclient

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Redacted stands where a secret was.
const Redacted = "[redacted]"

// MaxObservedBody is how many bytes of a body an [Exchange] keeps.
const MaxObservedBody = 64 << 10

// An Exchange is what went over the wire in one call, for logs. Credentials, the values
// of further headers, cookies and passwords are replaced by "[redacted]".
type Exchange struct {
	Method string
	URL    string // with the query
	// RequestHeader is what the client set; the transport adds Host and such.
	RequestHeader  http.Header
	RequestBody    []byte // about MaxObservedBody at most, nil if none
	Status         int    // 0: no answer
	ResponseHeader http.Header
	ResponseBody   []byte // as far as it was read, about MaxObservedBody at most
	Start          time.Time
	Duration       time.Duration
	// Err is what the call found wrong with the exchange, nil if nothing.
	Err *Error
}

// exchange is an Exchange in the making, secrets and all.
type exchange struct {
	request  *http.Request
	body     []byte
	response *http.Response // nil: no answer
	answer   []byte
	err      *Error
}

func (c *Client) redact(x exchange, start time.Time, took time.Duration) Exchange {
	out := Exchange{
		Method:        x.request.Method,
		URL:           c.scrub(x.request.URL.String()),
		RequestHeader: c.redactHeader(x.request.Header),
		RequestBody:   c.redactBody(x.body),
		Start:         start,
		Duration:      took,
		Err:           x.err,
	}
	if x.response != nil {
		out.Status = x.response.StatusCode
		out.ResponseHeader = c.redactHeader(x.response.Header)
		out.ResponseBody = c.redactBody(x.answer)
	}
	return out
}

func (c *Client) redactHeader(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			_, further := c.header[name]
			switch {
			case name == "Authorization":
				scheme, _, _ := strings.Cut(v, " ")
				v = scheme + " " + Redacted
			case further, name == "Set-Cookie":
				v = Redacted
			default:
				v = c.scrub(v)
			}
			out[name] = append(out[name], v)
		}
	}
	return out
}

var (
	// passwordField is a field named password, bare or behind a schema URN,
	// with a string for a value, ended or cut off.
	passwordField = regexp.MustCompile(`(?i)("(?:[^"\\]*:)?password"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)`)
	// passwordPath tells that a PATCH operation addresses the password.
	passwordPath = regexp.MustCompile(`(?i)"path"\s*:\s*"(?:[^"\\]*:)?password"`)
	// valueField is the value of an operation, if it is a string.
	valueField = regexp.MustCompile(`(?i)("value"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)`)
	// passwordEnd is in whatever the first two match, in letters that have no other forms
	// than upper and lower case.
	passwordEnd = []byte(`word"`)
)

// redactBody works on text, since a body may be cut off or not be JSON at all.
// Where an operation addresses the password by its path, the string values of
// all operations go: too little in a log is better than a password.
func (c *Client) redactBody(body []byte) []byte {
	if body == nil {
		return nil
	}
	out := []byte(c.scrub(string(body)))
	out = out[:min(len(out), MaxObservedBody)]
	if !bytes.Contains(bytes.ToLower(body), passwordEnd) {
		return out // as nearly all: to look closer takes longer than the rest of the exchange
	}
	byPath := passwordPath.Match(body)
	out = passwordField.ReplaceAll(out, []byte(`$1"`+Redacted+`"`))
	if byPath {
		out = valueField.ReplaceAll(out, []byte(`$1"`+Redacted+`"`))
	}
	return out
}
