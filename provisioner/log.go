package provisioner

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A LogEntry records one attempt.
type LogEntry struct {
	ID int64
	At time.Time
	Key
	// Name is what people call the subject: a userName or displayName, "" if it is
	// not known.
	Name   string
	Action Action
	// OK says whether the app now holds what was desired.
	OK bool
	// Requests is how many HTTP requests the attempt made.
	Requests int
	// Status is the HTTP status of the last answer, 0 if there was none.
	Status int
	// Cause says in one sentence what went wrong, "" if nothing did.
	Cause string
	// NextAttempt is when a failed attempt is repeated, zero if it is not.
	NextAttempt time.Time
	Duration    time.Duration
	// Exchanges are the requests and what was answered. Of very many the middle ones
	// are left out. Lists of entries come without them.
	Exchanges []Exchange
}

// A LogQuery selects entries of an app's log.
type LogQuery struct {
	// App is the app whose log is read. Required.
	App string
	// Kind and Subject select one kind and one subject, "" all of them.
	Kind    Kind
	Subject string
	// Failed selects the attempts that failed.
	Failed bool
	// Before and After select entries with ids below and above, 0 all of them.
	Before, After int64
	// Limit is how many entries are returned at the most. Zero means 100.
	Limit int
}

// An Exchange is one request of an attempt and its answer, as the log keeps them:
// without token, cookies and passwords.
type Exchange struct {
	At       time.Time     `json:"at"`
	Method   string        `json:"method"`
	URL      string        `json:"url"`
	Request  Message       `json:"request,omitzero"`
	Status   int           `json:"status,omitzero"` // 0: no answer
	Response Message       `json:"response,omitzero"`
	Duration time.Duration `json:"duration"` // in nanoseconds
	// Error is what was wrong with the answer, "" if nothing.
	Error string `json:"error,omitzero"`
}

// A Message is one side of an exchange.
type Message struct {
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitzero"`
	// Cut says that the body was longer than what is kept of it.
	Cut bool `json:"cut,omitzero"`
}

// What the log keeps of one attempt at the most.
const (
	keptBody      = 16 << 10 // bytes
	keptExchanges = 16       // half from the beginning and half from the end
)

// logged returns an exchange as the log keeps it.
func logged(x scimclient.Exchange) Exchange {
	e := Exchange{
		At: x.Start, Method: x.Method, URL: x.URL, Status: x.Status, Duration: x.Duration,
		Request:  message(x.RequestHeader, x.RequestBody),
		Response: message(x.ResponseHeader, x.ResponseBody),
	}
	if x.Err != nil {
		e.Error = x.Err.Error()
	}
	return e
}

func message(header http.Header, body []byte) Message {
	m := Message{Header: header, Cut: len(body) > keptBody}
	m.Body = strings.ToValidUTF8(string(body[:min(len(body), keptBody)]), "\uFFFD")
	return m
}

// keepExchange adds an exchange to those of an attempt.
func keepExchange(kept []Exchange, x Exchange) []Exchange {
	if len(kept) == keptExchanges {
		kept = slices.Delete(kept, keptExchanges/2, keptExchanges/2+1)
	}
	return append(kept, x)
}

// Curl returns a shell command that sends the request again, with $TOKEN in place
// of the token, $LOGIN in place of a user name and password with a colon between them,
// and a variable of its name in place of the value of a further header.
func (x *Exchange) Curl() string {
	var b strings.Builder
	if x.Request.Cut {
		fmt.Fprintf(&b, "# The log keeps the first %d bytes of this body.\n", len(x.Request.Body))
	}
	fmt.Fprintf(&b, "curl -i -X %s %s", x.Method, quoteShell(x.URL))
	for _, name := range slices.Sorted(maps.Keys(x.Request.Header)) {
		for _, value := range x.Request.Header[name] {
			b.WriteString(" \\\n  ")
			scheme, _, _ := strings.Cut(value, " ")
			switch {
			case name == "Authorization" && scheme == "Basic":
				b.WriteString(`-u "$LOGIN"`)
			case name == "Authorization":
				fmt.Fprintf(&b, `-H "Authorization: %s $TOKEN"`, scheme)
			case value == scimclient.Redacted:
				fmt.Fprintf(&b, `-H "%s: $%s"`, name, notInVariable.ReplaceAllString(strings.ToUpper(name), "_"))
			default:
				fmt.Fprintf(&b, "-H %s", quoteShell(name+": "+value))
			}
		}
	}
	if x.Request.Body != "" {
		fmt.Fprintf(&b, " \\\n  --data-raw %s", quoteShell(x.Request.Body))
	}
	return b.String()
}

var notInVariable = regexp.MustCompile(`[^A-Z0-9]`)

func quoteShell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
