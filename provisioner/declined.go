package provisioner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// declined deals with an update that was not answered with success. It returns nil if
// another plan may do, and otherwise why the attempt ends.
func (a *attempt) declined(ctx context.Context, w Write, err error) error {
	members := len(w.Add) + len(w.Remove)
	switch s := status(err); {
	case isThrottled(err):
		return err
	case unsupported(err):
		return a.unrouted(ctx, w, err)
	case s == http.StatusPreconditionFailed:
		return a.outdated(ctx, w)
	case s == http.StatusUnsupportedMediaType:
		return a.otherMediaType(err)
	case tooMany(err) && a.smaller(w, err):
		return nil
	case members > 0 && (aboutRequest(err) || s == http.StatusConflict || s == http.StatusInternalServerError):
		return a.declinedMembers(ctx, w, err)
	case s == http.StatusConflict:
		return a.clash(ctx, w, err)
	case aboutRequest(err):
		return a.rejected(w, err)
	}
	return err
}

// unrouted deals with an answer that says that there is no such route or verb. Only a
// resource that is there tells a verb that is missing from a resource that is.
func (a *attempt) unrouted(ctx context.Context, w Write, err error) error {
	if notThere(err) {
		_, read := a.read(ctx)
		if m, ok := errors.AsType[*missing](read); ok {
			return &missing{answered: err, read: m.read}
		}
		if read != nil {
			return read
		}
		if len(w.Add)+len(w.Remove) > 0 && saysSCIM(err) {
			return a.declinedMembers(ctx, w, err) // it is a member that is missing
		}
	}
	if w.Verb == VerbPatch {
		update := updateOf(a.link.Kind)
		for _, form := range []string{FormPatch, FormPathless} {
			a.rule(update, form)
		}
		for _, form := range []string{FormFilterPath, FormValueArray} {
			a.rule(MemberRemove, form)
		}
	}
	if a.nextForm(w, fmt.Sprintf("%s answered %d", w.Verb, status(err))) {
		return nil
	}
	return &failure{state: LinkRejected, cause: fmt.Sprintf("the app has no way to change it that is known here: %s", a.first(err))}
}

// first returns the first refusal of an attempt that has tried several forms: it is
// about the form that should have worked.
func (a *attempt) first(err error) error {
	if a.trial.refusal != nil {
		return a.trial.refusal
	}
	return err
}

// outdated deals with a resource that has changed since its version was noted (RFC 7644
// section 3.14): it is looked at again, once.
func (a *attempt) outdated(ctx context.Context, w Write) error {
	if a.retried {
		return &failure{state: LinkFailing, cause: "the resource keeps changing in the app while it is being changed from here (412)"}
	}
	a.retried = true
	response, err := a.read(ctx)
	if err != nil {
		return err
	}
	before := a.link.Acked
	a.link.Acked = before.Clone()
	for _, name := range w.Sets {
		if value := response.Resource.Get(name); scim.Unassigned(value) {
			a.link.Acked.Delete(name)
		} else {
			a.link.Acked.Set(name, held(before, response.Resource).Get(name))
		}
	}
	return nil
}

// forbidden tells one subject that the app will not have touched from a credential that
// has lost its rights.
func (a *attempt) forbidden(ctx context.Context, err error) error {
	_, control := a.client.Page(ctx, KindUser.Endpoint(), scimclient.Query{Count: 1})
	app := &a.work.App
	switch {
	case status(control) == http.StatusForbidden:
		return &failure{state: LinkFailing, cause: err.Error(), pause: &Pause{
			Cause: PauseAuth, Reason: fmt.Sprintf("the app refuses everything with this %s (403): save one that may read and write users and groups", app.credentialName()),
		}}
	case unauthorized(control):
		return &failure{state: LinkFailing, cause: err.Error(), pause: app.refusal(control)}
	}
	return &failure{state: LinkRefused, cause: err.Error()}
}

// otherMediaType sends requests in another media type from here on.
func (a *attempt) otherMediaType(err error) error {
	if !a.tryNext(ContentType, fmt.Sprintf("a request of type %s was answered 415", scimclient.MediaType)) {
		return a.first(err)
	}
	return a.connect()
}

// clash deals with an update that the app says is in conflict with something.
func (a *attempt) clash(ctx context.Context, w Write, err error) error {
	if immutable(err) {
		return a.unchangeable(w, err)
	}
	response, readErr := a.read(ctx)
	if readErr != nil {
		return readErr
	}
	before := a.link.Acked
	if g, err := a.absorb(ctx, w, response.Resource); err != nil || g.none() {
		return err // nil if it is as it should be
	}
	a.link.Acked = before
	name := nameAttribute(a.link.Kind)
	if slices.Contains(w.Sets, name) {
		holder, err := a.holder(ctx, name, w.Acked.String(name))
		if err != nil {
			return err
		}
		if holder != "" {
			a.withhold(name, conflict("%s %q belongs to %s in the app: rename one of the two", name, w.Acked.String(name), holder))
			return nil
		}
	}
	if scimType(err) == scim.TypeUniqueness {
		return conflict("%s", err)
	}
	return &failure{state: LinkFailing, cause: err.Error()}
}

// holder names whoever else in the app has a name, "" if it cannot be found out.
func (a *attempt) holder(ctx context.Context, attribute, value string) (string, error) {
	found, err := a.lookup(ctx, attribute, value)
	if err != nil {
		return "", err
	}
	for _, r := range found {
		key, err := a.engine.owner(ctx, a.client, a.link.Key, r.ID(), r)
		switch {
		case err == nil && key == a.link.Key:
		case err == nil:
			return "the account of " + key.Subject, nil
		case !errors.Is(err, ErrNotFound):
			return "", err
		default:
			return fmt.Sprintf("%s, whose externalId is %q", r.ID(), r.ExternalID()), nil
		}
	}
	return "", nil
}

// rejected deals with an update of attributes that the app calls wrong: another form
// is tried if this one has never worked, or not where there was no value before; an
// attribute that is named is left out, or else all of them, and the rest goes on:
// nobody stays locked out, or in a group, over a title.
func (a *attempt) rejected(w Write, err error) error {
	if immutable(err) {
		return a.unchangeable(w, err)
	}
	if a.trial.refusal == nil {
		a.trial.refusal = err
	}
	if !a.trusted(w) && scimType(err) != scim.TypeUniqueness || scimType(err) == scim.TypeNoTarget {
		why := fmt.Sprintf("%s was answered %d", w.Form, status(err))
		if w.Verb == VerbReplace && a.tryNext(IDInBody, why) || a.nextForm(w, why) {
			return nil
		}
	}
	err = a.first(err)
	left := w.Sets
	if name := blamed(err, w.Sets); name != "" {
		left = []string{name}
	}
	for _, name := range left {
		a.withhold(name, &failure{state: LinkRejected, cause: err.Error()})
	}
	return nil
}

// unchangeable leaves the attribute that cannot be changed as it is, or all that were to
// be if it is not said which, and goes on with the others.
func (a *attempt) unchangeable(w Write, err error) error {
	name := blamed(err, w.Sets)
	if attribute := nameAttribute(a.link.Kind); name == "" && slices.Contains(w.Sets, attribute) {
		name = attribute
	}
	left, what := w.Sets, strings.Join(w.Sets, ", ")
	if name != "" {
		left, what = []string{name}, name
	}
	f := &failure{state: LinkRefused, cause: fmt.Sprintf(
		"the app does not let %s be changed: change it there, or set it back in the directory (%s)", what, err)}
	for _, name := range left {
		a.withhold(name, f)
	}
	return nil
}

// blamed returns the attribute that an error is about, "" if it names none or several.
func blamed(err error, attributes []string) string {
	refused, ok := asRefused(err)
	if !ok {
		return ""
	}
	words := strings.FieldsFunc(refused.Detail, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-')
	})
	name := ""
	for _, attribute := range attributes {
		last := attribute[strings.LastIndexByte(attribute, ':')+1:]
		if isURN(attribute) || !slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, last) }) {
			continue
		}
		if name != "" {
			return ""
		}
		name = attribute
	}
	return name
}

// smaller sets the attempt to make a request that is too large for the app a smaller one:
// with half of the members, or without those of a group who stay as they are. It returns
// false if it cannot be.
func (a *attempt) smaller(w Write, err error) bool {
	n := len(w.Add)
	if w.Verb == VerbPatch {
		n = max(n, len(w.Remove))
	}
	switch {
	case n > 1:
		a.trial.try(MaxMembersPerOp, strconv.Itoa(n/2), fmt.Sprintf("%d members in one request were answered %d", n, status(err)))
		return true
	case w.Verb == VerbReplace && a.link.Kind == KindGroup && (status(err) == http.StatusRequestEntityTooLarge || len(w.Add)+len(w.Remove) > 0):
		if a.trial.refusal == nil {
			a.trial.refusal = err
		}
		a.trial.give(MaxMembersPerOp) // it is not how many are new
		return a.nextForm(w, fmt.Sprintf("%s of the whole group was answered %d", w.Verb, status(err)))
	default:
		return false
	}
}

// fitted remembers how many members the app takes at a time, once it has taken a request
// after a larger one was too large.
func (a *attempt) fitted(w Write) {
	if why := a.trial.reason[MaxMembersPerOp]; why != "" && len(w.Add)+len(w.Remove) > 0 {
		a.observe(MaxMembersPerOp, a.trial.forms[MaxMembersPerOp], why)
		a.trial.give(MaxMembersPerOp)
	}
}

var tooManyWords = regexp.MustCompile(`(?i)too (many|large|long|big)|maximum|at most|no more than|not more than|exceed|limit`)

// tooMany reports whether a request was larger than the app takes.
func tooMany(err error) bool {
	refused, ok := asRefused(err)
	if !ok {
		return false
	}
	return refused.Status == http.StatusRequestEntityTooLarge ||
		refused.Status == http.StatusBadRequest && (scimType(err) == scim.TypeTooMany || tooManyWords.MatchString(refused.Detail))
}
