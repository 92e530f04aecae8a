package provisioner

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A match is a resource of an app that may be the subject's.
type match struct {
	resource *scim.Object
	// hint says that it was seen in a list, some time ago.
	hint bool
}

// A finder returns the resources of an app whose attribute has a value.
type finder func(ctx context.Context, attribute, value string) (found []*scim.Object, hint bool, err error)

// search looks for the resource that a subject without a link may already have in
// the app, nil if there is none. With hint it trusts what a sync has just listed to
// say that there is nothing.
func (a *attempt) search(ctx context.Context, hint bool) (*match, error) {
	if x := a.engine.index(&a.work.App, a.link.Kind); hint && x != nil {
		m, err := a.pick(ctx, a.in(x))
		if m == nil && err == nil {
			a.suggest(x)
		}
		return m, err
	}
	return a.pick(ctx, a.ask)
}

// in finds resources in an index.
func (a *attempt) in(x *index) finder {
	return func(_ context.Context, attribute, value string) ([]*scim.Object, bool, error) {
		return x.find(a.link.Kind, attribute, value), true, nil
	}
}

// pick decides which of the app's resources is the subject's. It never guesses: what
// is ambiguous or belongs to somebody else is for a person to resolve.
//
// externalId decides; a resource of the same name counts only if it has no
// externalId or ours.
func (a *attempt) pick(ctx context.Context, find finder) (*match, error) {
	nameAttribute, name := a.name()
	externalID := a.externalID()
	found, hint, err := find(ctx, "externalId", externalID)
	switch {
	case err != nil:
		return nil, err
	case len(found) > 1:
		return nil, several(found, "externalId", externalID)
	case len(found) == 1:
		return &match{found[0], hint}, nil
	case name == "":
		return nil, nil
	}
	found, hint, err = find(ctx, nameAttribute, name)
	switch {
	case err != nil || len(found) == 0:
		return nil, err
	case len(found) > 1:
		return nil, several(found, nameAttribute, name)
	}
	switch other := found[0].ExternalID(); {
	case other == externalID:
	case other != "" && !a.isProvisioned():
		return nil, nil // whoever goes has no account of their own then
	case other != "":
		return nil, conflict("the app's resource %s has %s %q but belongs to externalId %q: adopt or rename it there", found[0].ID(), nameAttribute, name, other)
	case a.work.App.Settings.Adopt == AdoptReview:
		return nil, &failure{state: LinkNeedsReview, cause: fmt.Sprintf("the app already has %s %q, %s: adopt it if it is the same, or ignore it", nameAttribute, name, found[0].ID())}
	}
	return &match{found[0], hint}, nil
}

// isProvisioned reports whether the directory has the subject and gives it to the app, in
// use or not.
func (a *attempt) isProvisioned() bool {
	p := a.desired().Presence
	return p == Present || p == Disabled
}

func several(found []*scim.Object, attribute, value string) error {
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.ID()
	}
	return &failure{state: LinkAmbiguous, cause: fmt.Sprintf("the app has several resources with %s %q, such as %s: adopt one of them, or remove all but one", attribute, value, strings.Join(ids, " and "))}
}

// suggest takes note of another account with the subject's e-mail address. That is no
// reason to take it over: addresses are passed on, and anybody may claim one.
func (a *attempt) suggest(x *index) {
	for _, v := range a.desired().Payload.Array("emails") {
		email, _ := v.(*scim.Object)
		for _, other := range x.objects(x.byEmail[scim.Fold(email.String("value"))]) {
			a.suggestion = fmt.Sprintf("the app also has %s %q, %s, with the e-mail address %s: adopt it if it is the same person",
				nameAttribute(a.link.Kind), other.String(nameAttribute(a.link.Kind)), other.ID(), email.String("value"))
			return
		}
	}
}

// name returns the attribute that people know the subject by, and its value.
func (a *attempt) name() (attribute, value string) {
	attribute = nameAttribute(a.link.Kind)
	if d := a.desired(); d.Payload != nil {
		return attribute, d.Payload.String(attribute)
	}
	return attribute, ""
}

func nameAttribute(k Kind) string {
	if k == KindGroup {
		return "displayName"
	}
	return "userName"
}

// lookup asks the app for the resources whose attribute has the value.
func (a *attempt) lookup(ctx context.Context, attribute, value string) ([]*scim.Object, error) {
	found, _, err := a.ask(ctx, attribute, value)
	return found, err
}

// ask asks the app for the resources whose attribute has the value. The answer is
// checked, since some apps ignore a filter they do not know; an app that refuses the
// filter is listed instead, and so is one that finds nothing by a filter which has
// never found anything, if somebody else's account hangs on it.
func (a *attempt) ask(ctx context.Context, attribute, value string) (found []*scim.Object, hint bool, err error) {
	name := filterOf(a.link.Kind, attribute)
	if a.capabilities().Is(name, No) {
		return a.fromList(ctx, attribute, value)
	}
	form := string(a.link.Kind) + " filter " + attribute
	found, others, err := a.collect(ctx, scimclient.Query{Filter: scimclient.Eq(attribute, value)}, attribute, value)
	if notThere(err) && saysSCIM(err) {
		err = a.endpointAnswers(ctx) // to some, 404 stands for nobody
	}
	switch {
	case filterRefused(err):
		refusal := status(err)
		if found, hint, err = a.fromList(ctx, attribute, value); err == nil {
			a.observe(name, No, fmt.Sprintf("a filter for %s was answered %d", attribute, refusal))
		}
		return found, hint, err
	case err != nil:
		return nil, false, err
	case others > 1:
		a.observe(name, No, fmt.Sprintf("a filter for %s was answered with others too", attribute))
	case len(found) > 0 && a.work.App.Learned.Proved[form] == 0:
		a.learned(func(l *Learned) { l.Prove(form) })
	case len(found) == 0 && a.link.Ambiguous && a.work.App.Learned.Proved[form] == 0:
		return a.fromList(ctx, attribute, value)
	}
	return found, false, nil
}

// fromList finds resources in the app's list. After a request whose answer was lost
// only a list will do that is read now.
func (a *attempt) fromList(ctx context.Context, attribute, value string) ([]*scim.Object, bool, error) {
	since := a.engine.config.Now().Add(-probeTrust)
	if a.link.Ambiguous {
		since = a.start
	}
	x, err := a.engine.listed(ctx, a.client, &a.work.App, a.link.Kind, since)
	if err != nil {
		return nil, false, err
	}
	return x.find(a.link.Kind, attribute, value), true, nil
}

// filterRefused tells an app that cannot filter from one that cannot be asked.
func filterRefused(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotImplemented:
		return true
	default:
		return false
	}
}

// collect returns the first few resources of a list that have the value, and how many
// it passed over.
func (a *attempt) collect(ctx context.Context, q scimclient.Query, attribute, value string) (found []*scim.Object, others int, err error) {
	for r, err := range a.client.List(ctx, a.link.Kind.Endpoint(), q) {
		switch {
		case err != nil:
			return nil, others, err
		case r.ID() != "" && sameName(attribute, r.String(attribute), value):
			found = append(found, r)
		default:
			others++
		}
		if len(found) > 1 {
			break
		}
	}
	return found, others, nil
}

// sameName compares values of a matching attribute: userName ignores case and the
// ways to write a letter, externalId and displayName do not (RFC 7643 sections 3.1
// and 4.1.1, RFC 7644 section 5).
func sameName(attribute, a, b string) bool {
	if attribute == "userName" {
		return scim.Fold(a) == scim.Fold(b)
	}
	return a == b
}
