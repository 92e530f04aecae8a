package provisioner

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A failure says what an attempt that did not succeed means for the link and the
// app. It is an error so that it can end an attempt from anywhere.
type failure struct {
	state LinkState
	cause string
	// retry is the wait before the next attempt, 0 to let the number of attempts
	// decide.
	retry time.Duration
	// pause is why the whole app stops, nil if it goes on.
	pause *Pause
}

func (f *failure) Error() string { return f.cause }

func conflict(format string, args ...any) *failure {
	return &failure{state: LinkConflict, cause: fmt.Sprintf(format, args...)}
}

// answer reads an error of the client as a failure of the attempt.
func answer(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var refused *scimclient.Error
	if !errors.As(err, &refused) {
		return &failure{state: LinkFailing, cause: err.Error()}
	}
	cause := refused.Error()
	switch status := refused.Status; {
	case status == http.StatusUnauthorized:
		return &failure{state: LinkFailing, cause: cause, pause: &Pause{
			Cause: PauseAuth, Reason: "the app refuses the token (401): save a valid one and sync",
		}}
	case status == http.StatusTooManyRequests:
		return &failure{state: LinkFailing, cause: cause, retry: refused.RetryAfter}
	case status == http.StatusConflict:
		return &failure{state: LinkConflict, cause: cause}
	case status == http.StatusRequestTimeout, status == http.StatusPreconditionFailed:
		return &failure{state: LinkFailing, cause: cause}
	case status >= 500:
		return &failure{state: LinkFailing, cause: cause, retry: refused.RetryAfter}
	case status >= 400:
		return &failure{state: LinkRejected, cause: cause}
	default:
		return &failure{state: LinkFailing, cause: cause}
	}
}

// status returns the HTTP status of a client's error, 0 if it has none.
func status(err error) int {
	var refused *scimclient.Error
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

// unsupported reports whether an answer says that a route or a verb is not there.
func unsupported(err error) bool {
	switch status(err) {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	default:
		return false
	}
}

// Backoff bounds the waits between failed attempts at one link.
type Backoff struct {
	// Base is the wait after the first failure, doubled after each further one.
	// Zero means 1 s.
	Base time.Duration
	// Max bounds the wait. Zero means 1 h.
	Max time.Duration
}

// rejectedAfter are the waits for what an app refuses: time alone seldom helps.
var rejectedAfter = [...]time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour}

// after returns the wait before the next attempt. jitter, from 0 up to 1, spreads
// the waits of links that failed together over the upper half of the range.
func (b Backoff) after(f *failure, attempts int, jitter float64) time.Duration {
	base, limit := b.Base, b.Max
	if base <= 0 {
		base = time.Second
	}
	if limit <= 0 {
		limit = time.Hour
	}
	switch {
	case f.retry > 0:
		return min(f.retry, limit)
	case f.state == LinkRejected, f.state == LinkRefused:
		return rejectedAfter[min(max(attempts, 1), len(rejectedAfter))-1]
	case f.state.Unresolved():
		return 24 * time.Hour
	}
	wait := limit
	if shift := max(attempts, 1) - 1; shift < 32 && base<<shift > 0 {
		wait = min(base<<shift, limit)
	}
	return wait/2 + time.Duration(jitter*float64(wait/2))
}
