package provisioner

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/permiso/scimwright/provisioner/scim"
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

// answer reads an error of the client as a failure of an attempt at the app.
func (a *App) answer(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	refused, ok := asRefused(err)
	if !ok {
		return &failure{state: LinkFailing, cause: err.Error()}
	}
	f := &failure{state: LinkFailing, cause: refused.Error() + allowPrivate(err)}
	_, gone := errors.AsType[*missing](err)
	switch s := refused.Status; {
	case gone: // while it was looked at
	case unauthorized(err):
		f.pause = a.refusal(err)
	case s == http.StatusForbidden:
		f.state = LinkRefused
	case s == http.StatusConflict:
		f.state = LinkConflict
	case strayed(err):
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusPreconditionFailed:
	case s >= 500:
		f.retry = refused.RetryAfter
	case s >= 400:
		f.state = LinkRejected
	}
	return f
}

// asRefused returns what an error of the client says.
func asRefused(err error) (*scimclient.Error, bool) { return errors.AsType[*scimclient.Error](err) }

// scimType returns the SCIM keyword of an answer, "" if it has none.
func scimType(err error) scim.ScimType {
	refused, ok := asRefused(err)
	if !ok || refused.SCIM == nil {
		return ""
	}
	return refused.SCIM.ScimType
}

// saysSCIM reports whether an answer is in SCIM's own words, and not those of a web
// server in front of the app.
func saysSCIM(err error) bool {
	refused, ok := asRefused(err)
	return ok && refused.IsSCIM
}

// strayed reports whether an answer says that there is no such place, in the words of
// a web server or a proxy: the request may not have come to the app at all.
func strayed(err error) bool { return notThere(err) && !saysSCIM(err) }

// notThere reports whether an answer says that there is nothing in that place: 404, or
// 410 from an app that knows that there was (RFC 9110 section 15.5.11).
func notThere(err error) bool {
	s := status(err)
	return s == http.StatusNotFound || s == http.StatusGone
}

// believeStrayed is how many attempts have to stray before it is believed that the app
// has no such place.
const believeStrayed = 5

// aboutRequest reports whether an answer calls the request wrong.
func aboutRequest(err error) bool {
	s := status(err)
	return s == http.StatusBadRequest || s == http.StatusUnprocessableEntity
}

// aboutContent reports whether an answer calls wrong what was asked for, rather than
// how.
func aboutContent(err error) bool {
	switch scimType(err) {
	case scim.TypeMutability, scim.TypeUniqueness, scim.TypeSensitive, scim.TypeTooMany, scim.TypeInvalidValue:
		return true
	default:
		return false
	}
}

// immutable reports whether an answer says that something cannot be changed.
func immutable(err error) bool { return scimType(err) == scim.TypeMutability }

// status returns the HTTP status of a client's error, 0 if it has none.
func status(err error) int {
	if refused, ok := asRefused(err); ok {
		return refused.Status
	}
	return 0
}

// unsupported reports whether an answer says that a route or a verb is not there.
func unsupported(err error) bool {
	s := status(err)
	return notThere(err) || s == http.StatusMethodNotAllowed || s == http.StatusNotImplemented
}

var unknownTypeWords = regexp.MustCompile(`(?i)resource ?type.*(\bnot |\bin|\bun)(valid|supported|known|recogni[sz]ed|implemented)`)

// groupless reports whether an answer about /Groups says that the app has none.
func groupless(err error) bool {
	refused, ok := asRefused(err)
	return unsupported(err) || ok && aboutRequest(err) && unknownTypeWords.MatchString(refused.Detail)
}

// Backoff bounds the waits between failed attempts at one link.
type Backoff struct {
	// Base is the wait after the first failure, doubled after each further one.
	// Zero means 5 s.
	Base time.Duration
	// Max bounds the wait. Zero means 1 h.
	Max time.Duration
}

// rejectedAfter are the waits for what an app refuses: time alone seldom helps.
var rejectedAfter = [...]time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour}

// pause is how long an app is given to make up its mind.
func (b Backoff) pause() time.Duration {
	if b.Base <= 0 {
		return time.Second
	}
	return min(b.Base, time.Second)
}

// after returns the wait before the next attempt. jitter, from 0 up to 1, spreads
// the waits of links that failed together over the upper half of the range.
func (b Backoff) after(f *failure, attempts int, jitter float64) time.Duration {
	base, limit := b.Base, b.Max
	if base <= 0 {
		base = 5 * time.Second
	}
	if limit <= 0 {
		limit = time.Hour
	}
	switch {
	case f.retry > 0:
		return min(f.retry, limit)
	case f.state == LinkRejected, f.state == LinkRefused, f.state == LinkNotHonoured:
		return rejectedAfter[min(max(attempts, 1), len(rejectedAfter))-1]
	case f.state == LinkFlapping, f.state.Unresolved():
		return 24 * time.Hour
	}
	wait := limit
	if shift := max(attempts, 1) - 1; shift < 32 && base<<shift > 0 {
		wait = min(base<<shift, limit)
	}
	return wait/2 + time.Duration(jitter*float64(wait/2))
}
