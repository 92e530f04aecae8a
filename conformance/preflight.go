package conformance

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
)

// A ConfigError says that a run was asked for in a way that cannot work.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }
func (e *ConfigError) Unwrap() error { return e.Err }

// A NothingError says that no check was left to run. A run that judges nothing is
// not a good one.
type NothingError struct {
	// Reason is why the first selected check was left out, or that none was
	// selected.
	Reason string
	// ReadOnly says that it was left out since the run may not write.
	ReadOnly bool
}

func (e *NothingError) Error() string { return "nothing was judged: " + e.Reason }

// A TargetError says that there is nothing to judge behind an endpoint.
type TargetError struct {
	Endpoint string
	// Refused says that the target answers and refuses the credentials.
	Refused bool
	// Detail says what was found and what to do about it.
	Detail string
	// Err is why there was no answer, nil if there was one.
	Err error
}

func (e *TargetError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Endpoint, e.Detail, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Endpoint, e.Detail)
}

func (e *TargetError) Unwrap() error { return e.Err }

// A LimitError says that a run took longer than it may, and was ended.
type LimitError struct{ Limit time.Duration }

func (e *LimitError) Error() string {
	return fmt.Sprintf("the run was not done after %s: allow it more time, a higher rate or fewer checks", e.Limit)
}

// A StoppedError says that a check wanted to touch what the run did not make. That was not
// sent, and the run was ended: whatever has misled one check can mislead others.
type StoppedError struct {
	// Check is the id of the check, Root that of the one whose failure is the reason of
	// it, "" if none is known.
	Check, Root string
	// Err says what was not sent.
	Err *steps.Violation
}

func (e *StoppedError) Error() string {
	text := fmt.Sprintf("%s ended the run: %v", e.Check, e.Err)
	if e.Root != "" {
		text += fmt.Sprintf("; what led it there is what %s failed on: mend that first", e.Root)
	}
	return text
}

func (e *StoppedError) Unwrap() error { return e.Err }

// reason returns the check without which the rest would have been judged.
func (e *StoppedError) reason() string { return cmp.Or(e.Root, e.Check) }

func interrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// look reads from the target, before anything is judged, whether it is there, lets
// us in and speaks SCIM, and what it does not have.
func (r *run) look(ctx context.Context) error {
	answer, err := r.reach(ctx)
	if err != nil {
		return err
	}
	if r.discovery, err = steps.Discover(ctx, r.target); err != nil {
		return r.unreachable(ctx, err)
	}
	// One that publishes its users is a SCIM service, whatever its lists look like; a
	// check says what is wrong with them.
	if err := r.wantObject(ctx, answer); err != nil && r.discovery.Published.Type("Users") == nil {
		return err
	}
	r.missing = missing(r.discovery, r.config)
	return r.tryOut(ctx)
}

// reach asks for users, and returns an answer of a service that lets us in.
func (r *run) reach(ctx context.Context) (*steps.Answer, error) {
	answer, err := r.ask(ctx, "Users")
	if err != nil {
		return nil, err
	}
	switch status := answer.Status; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		detail := "the token is refused"
		if r.config.Token == "" {
			detail = "the target wants a token and none was given"
		}
		return nil, r.targetError(true, "%s (GET /Users answered %d): make one in the app that may read and write users, and give that", detail, status)
	case status == http.StatusNotFound:
		return nil, r.targetError(false, "GET /Users answered 404: %s", r.whereElse(ctx))
	case status >= 300 && status < 400:
		return nil, r.targetError(false, "GET /Users answered %d, a redirect to %s, which was not followed: give the URL it leads to", status, place3xx(answer.Header.Get("Location")))
	case status == http.StatusTooManyRequests:
		return nil, r.targetError(false, "GET /Users answered 429, too many requests, each time%s: run again later, or with a lower rate", asked(answer))
	case !answer.OK():
		return nil, r.targetError(false, "GET /Users answered %d: the service has to work before it can be judged", status)
	}
	return answer, nil
}

// whereElse looks for the service nearby, at places where such services are, and says
// where it is, or what to do.
func (r *run) whereElse(ctx context.Context) string {
	const check = "check the path of the URL, it often ends in /scim/v2"
	base := r.target.Endpoint()
	shorter := strings.TrimSuffix(strings.TrimSuffix(base, "/Users"), "/v2")
	for _, other := range []string{base + "/v2", base + "/scim/v2", base + "/scim", shorter, shorter + "/scim/v2"} {
		target, err := r.target.At(other)
		if err != nil || other == base {
			continue
		}
		answer, err := target.Get(ctx, url.Values{"count": {"1"}}, "Users")
		if err == nil && answer.OK() && bytes.Contains(answer.Body, []byte("urn:ietf:params:scim:api:messages:2.0:ListResponse")) {
			return "the service seems to be at " + other
		}
	}
	return check
}

// asked says what an answer wants to be waited for.
func asked(answer *steps.Answer) string {
	if text := answer.Header.Get("Retry-After"); text != "" {
		return fmt.Sprintf(" (Retry-After: %s)", text)
	}
	return ""
}

// unreachable says that there was no answer, unless that is because the run ends.
func (r *run) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	detail := "the target cannot be reached"
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &untrusted):
		detail = "the certificate of the target is not one that this machine trusts"
	case errors.As(err, &noTLS), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		detail = "the target does not speak TLS there: check the scheme and the port of the URL"
	}
	return &TargetError{Endpoint: r.target.Endpoint(), Detail: detail, Err: err}
}

func (r *run) ask(ctx context.Context, collection string) (*steps.Answer, error) {
	answer, err := r.target.Get(ctx, url.Values{"count": {"1"}}, collection)
	if err == nil {
		return answer, nil
	}
	return nil, r.unreachable(ctx, err)
}

func (r *run) targetError(refused bool, format string, args ...any) error {
	return &TargetError{Endpoint: r.target.Endpoint(), Refused: refused, Detail: fmt.Sprintf(format, args...)}
}

// wantObject refuses what does not answer in JSON; a web page at the URL is the
// common mistake.
func (r *run) wantObject(ctx context.Context, answer *steps.Answer) error {
	var object map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(answer.Body, []byte("\ufeff")), &object) == nil && object != nil {
		return nil
	}
	kind := answer.Header.Get("Content-Type")
	if body := bytes.TrimSpace(answer.Body); len(body) > 0 && body[0] == '<' {
		return r.targetError(false, "GET /Users answered with a web page (%s), not with SCIM: %s", kind, r.whereElse(ctx))
	}
	return r.targetError(false, "GET /Users did not answer with a JSON object (%s): this is no SCIM service", kind)
}

func place3xx(location string) string {
	if location == "" {
		return "nowhere"
	}
	u, err := url.Parse(location)
	if err != nil {
		return "a place that is no URL"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return u.String()
}
