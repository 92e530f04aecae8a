package provisioner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// recreateOnce is how often a resource that vanished from an app is made again.
const recreateOnce = 24 * time.Hour

// A missing error says that an app answered a request by saying that it does not have
// the resource, and what a read of it came to.
type missing struct{ answered, read error }

func (m *missing) Error() string { return m.answered.Error() }
func (m *missing) Unwrap() error { return m.answered }

// vanished deals with an app that says it does not have a linked resource. It is
// believed when it answers for its users, and says so in SCIM's own words or finds the
// resource in no other way: a moved base URL, or a tenant that was renamed, must not look
// like a finished goodbye, or make every account again.
func (a *attempt) vanished(ctx context.Context, m *missing) error {
	if err := a.endpointAnswers(ctx); err != nil {
		return err
	}
	d := a.desired()
	// Whoever goes may have the account under another id: nobody comes back to it.
	if !saysSCIM(m.read) || !d.Create {
		found, err := a.lookup(ctx, "externalId", a.externalID())
		switch {
		case err != nil:
			return err
		case len(found) == 1 && found[0].ID() != a.link.RemoteID:
			a.unlink()
			a.link.Ambiguous = true // it is ours under another id
			return a.converted(ctx, a.adopt(ctx, match{resource: found[0]}))
		case len(found) > 0:
			return &failure{state: LinkFailing, cause: m.Error()}
		}
	}
	if !d.Create {
		a.letGo(d, "has vanished")
		return nil
	}
	now := a.engine.config.Now()
	if !a.link.RecreatedAt.IsZero() && now.Sub(a.link.RecreatedAt) < recreateOnce {
		return &failure{state: LinkFlapping, cause: fmt.Sprintf("vanished from the app again after it was made again on %s: find out who or what deletes it there", a.link.RecreatedAt.UTC().Format("2006-01-02 15:04"))}
	}
	a.unlink()
	a.link.RecreatedAt = now
	a.link.Ambiguous = true // look for it under another id first
	return a.converted(ctx, a.establish(ctx))
}

// converted goes on with an update once the resource is tied to the subject anew.
func (a *attempt) converted(ctx context.Context, err error) error {
	if err != nil || a.link.RemoteID == "" {
		return err
	}
	return a.update(ctx)
}

// endpointAnswers asks for one user, to tell a resource or a route that is missing
// from an endpoint that is not where it was.
func (a *attempt) endpointAnswers(ctx context.Context) error {
	_, err := a.client.Page(ctx, KindUser.Endpoint(), scimclient.Query{Count: 1})
	switch s := status(err); {
	case unlisted(err), saysSCIM(err) && s == http.StatusForbidden:
		return nil // it is there
	case notThere(err), s == http.StatusMethodNotAllowed, s/100 == 3, s/100 == 2:
		return &failure{state: LinkFailing, cause: err.Error(), pause: &Pause{
			Cause:  PauseEndpoint,
			Reason: fmt.Sprintf("the endpoint does not answer for its users any more (%d): if it has moved, save its new address", s),
		}}
	}
	return err
}

// unlisted reports whether an app answers for its users by saying that it does not list
// them.
func unlisted(err error) bool {
	s := status(err)
	return saysSCIM(err) && (s == http.StatusBadRequest || s == http.StatusMethodNotAllowed || s == http.StatusNotImplemented)
}

// deletes names the capability of an app to delete resources of a kind.
func (k Kind) deletes() Capability {
	if k == KindGroup {
		return GroupDelete
	}
	return UserDelete
}

// remove deletes the link's resource in the app, unless that is known not to let it be
// deleted.
func (a *attempt) remove(ctx context.Context) error {
	if f := a.capabilities().Fact(a.link.Kind.deletes()); f.Value == No {
		return undeletable(f.Reason)
	}
	return a.delete(ctx)
}

// delete deletes the link's resource whatever is known. It returns nil once the app does
// not have it any more, or only as an account that is disabled, which is what deleting
// means to some.
func (a *attempt) delete(ctx context.Context) error {
	w := Write{Verb: VerbDelete, Action: ActionDelete, Form: string(a.link.Kind) + " delete"}
	if a.rehearse(w) {
		return nil
	}
	_, err := a.client.Delete(ctx, a.link.Kind.Endpoint(), a.link.RemoteID)
	switch s := status(err); {
	case err == nil:
		return a.confirmRemoved(ctx, w)
	case notThere(err):
		return a.absentNow(ctx, err)
	case s == http.StatusMethodNotAllowed, s == http.StatusNotImplemented:
		a.observe(a.link.Kind.deletes(), No, fmt.Sprintf("DELETE answered %d", s))
		return undeletable(err.Error())
	case s == http.StatusForbidden:
		return a.forbidden(ctx, err)
	}
	a.link.Ambiguous = ambiguous(err)
	return err
}

// absentNow checks that a resource is gone of which a DELETE was told that it is not
// there: that may also be what the app says where it has no DELETE.
func (a *attempt) absentNow(ctx context.Context, refused error) error {
	_, err := a.read(ctx)
	if _, gone := errors.AsType[*missing](err); gone {
		return a.endpointAnswers(ctx)
	}
	if err == nil {
		err = undeletable(refused.Error())
	}
	return err
}

func undeletable(why string) error {
	return &failure{state: LinkNeedsDecision, cause: fmt.Sprintf("the app does not let it be deleted (%s): delete it there, or ignore it", why)}
}

func (a *attempt) confirmRemoved(ctx context.Context, w Write) error {
	if !a.needsProof(w) {
		return nil
	}
	response, err := a.client.Get(ctx, a.link.Kind.Endpoint(), a.link.RemoteID)
	if err == nil {
		if active, known := response.Resource.Bool("active"); !known || active {
			return &failure{state: LinkNotHonoured, cause: "the app answers the delete with success and still has it: delete it there"}
		}
	}
	if err == nil || notThere(err) {
		a.learned(func(l *Learned) { l.Prove(w.Form) })
	}
	return nil
}
