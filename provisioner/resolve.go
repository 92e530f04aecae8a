package provisioner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/permiso/scimwright/provisioner/scim"
	"github.com/permiso/scimwright/provisioner/scim/scimclient"
)

// A Choice is what a person says about a link, see [Engine.Resolve].
type Choice string

// The choices.
const (
	// ChooseAdopt ties the subject to a resource that the app has.
	ChooseAdopt Choice = "adopt"
	// ChooseIgnore never touches the app's resource, whatever the directory wants.
	ChooseIgnore Choice = "ignore"
	// ChoosePin never disables or deletes the person's account, see [Settings.Pins].
	ChoosePin Choice = "pin"
	// ChooseDelete deletes an account that the app cannot disable.
	ChooseDelete Choice = "delete"
	// ChooseRetry forgets what was decided and tries again at once.
	ChooseRetry Choice = "retry"
)

// The decisions that a choice leaves behind; they are carried out by the next attempt.
const (
	DecisionAdopt  Decision = "adopt"
	DecisionIgnore Decision = "ignore"
	DecisionDelete Decision = "delete"
)

// A Resolution is what is to become of a link that a person has to decide about.
type Resolution struct {
	Key
	Choice Choice
	// RemoteID is the app's id of what is adopted.
	RemoteID string
	// TakeOver has to be the externalId of what is adopted if that is another one than
	// the subject's: the resource belongs to somebody else, who will lose it.
	TakeOver string
}

// Resolutions is the part of the store that carries what people decide.
type Resolutions interface {
	// Decide records a decision about a link, "" for none, and makes an attempt due at
	// once. confirmed is the externalId whose resource is taken over, "" if none is. It
	// returns [ErrNotFound] if there is no such link.
	Decide(ctx context.Context, key Key, decision Decision, about, confirmed string) error
	// Confirmed returns what was confirmed with the decision about a link.
	Confirmed(ctx context.Context, key Key) (string, error)
	// RemoteIDs returns the app's ids of all its resources of a kind that links are
	// tied to.
	RemoteIDs(ctx context.Context, app string, kind Kind) (map[string]bool, error)
}

// Resolve does what a person has decided about a link. Nothing is guessed: the error
// is [ErrConflict] if what is to be adopted belongs to somebody else, and that was not
// confirmed, or if the choice does not fit the state of the link; [ErrNotFound] if
// there is no such link or resource; a [*ProbeError] if the app does not tell.
func (e *Engine) Resolve(ctx context.Context, r Resolution) error {
	w, err := e.config.Store.Load(ctx, r.Key)
	if err != nil {
		return err
	}
	if err := w.undecidable(); err != nil {
		return err
	}
	switch r.Choice {
	case ChooseAdopt:
		id, err := e.adoptable(ctx, w, r)
		if err != nil {
			return err
		}
		return e.config.Store.Decide(ctx, r.Key, DecisionAdopt, id, r.TakeOver)
	case ChooseIgnore:
		return e.config.Store.Decide(ctx, r.Key, DecisionIgnore, "", "")
	case ChoosePin:
		return e.pin(ctx, r.Key)
	case ChooseDelete:
		if w.Link.State != LinkNeedsDecision || !w.Desired().Presence.Leaving() {
			return fmt.Errorf("%s is %s: only what the app cannot disable is deleted this way: %w", r.Key, w.Link.State, ErrConflict)
		}
		return e.config.Store.Decide(ctx, r.Key, DecisionDelete, "", "")
	case ChooseRetry:
		return e.config.Store.Decide(ctx, r.Key, "", "", "")
	default:
		return fmt.Errorf("choice %q: use %q, %q, %q, %q or %q: %w", r.Choice, ChooseAdopt, ChooseIgnore, ChoosePin, ChooseDelete, ChooseRetry, ErrConflict)
	}
}

// undecidable returns an [ErrNotFound] that says what to do if there is no link to decide
// about.
func (w *Work) undecidable() error {
	switch l := &w.Link; {
	case l.Desired > 0:
		return nil
	case w.Gone():
		return fmt.Errorf("%w: there is no %s %q, neither in the directory nor in what app %q was given: check the id, which is the directory's and not the app's",
			ErrNotFound, strings.ToLower(string(l.Kind)), l.Subject, l.App)
	default:
		return fmt.Errorf("%w: nothing was tried yet for %s %q in app %q, so that there is nothing to decide: sync the app first",
			ErrNotFound, strings.ToLower(string(l.Kind)), l.Subject, l.App)
	}
}

// adoptable checks that a person may tie a link to a resource. It returns its id as the
// app spells it.
func (e *Engine) adoptable(ctx context.Context, w *Work, r Resolution) (id string, err error) {
	if r.RemoteID == "" {
		return "", fmt.Errorf("adopting for %s: say which resource of the app, by its id there: %w", r.Key, ErrConflict)
	}
	if w.Link.RemoteID != "" && w.Link.RemoteID != r.RemoteID && !w.Link.State.Unresolved() {
		return "", fmt.Errorf("%s is tied to %s and %s: there is nothing to adopt: %w", r.Key, w.Link.RemoteID, w.Link.State, ErrConflict)
	}
	remote, err := e.Remote(ctx, r.App, r.Kind, r.RemoteID)
	if err != nil {
		return "", err
	}
	if remote.Subject != "" && remote.Subject != r.Subject {
		return "", fmt.Errorf("%s is tied to %s: ignore or remove that one first: %w", r.RemoteID, remote.Subject, ErrConflict)
	}
	other, ours := remote.Resource.ExternalID(), w.Desired().Payload.ExternalID()
	if other != "" && other != ours && other != r.Subject && other != r.TakeOver {
		return "", fmt.Errorf("%s belongs to externalId %q, who will lose it: confirm that by giving this externalId: %w", r.RemoteID, other, ErrConflict)
	}
	return cmp.Or(remote.Resource.ID(), r.RemoteID), nil
}

// pin adds a person to those whose account stays.
func (e *Engine) pin(ctx context.Context, key Key) error {
	if key.Kind != KindUser {
		return fmt.Errorf("%s is a group, and only accounts can be pinned: ignore it instead: %w", key, ErrConflict)
	}
	err := e.config.Store.UpdateApp(ctx, key.App, func(a *App) {
		if !slices.Contains(a.Settings.Pins, key.Subject) {
			a.Settings.Pins = append(slices.Clone(a.Settings.Pins), key.Subject)
		}
	})
	if err != nil {
		return err
	}
	return e.config.Store.Decide(ctx, key, "", "", "")
}

// A Remote is a resource as its app holds it.
type Remote struct {
	Kind     Kind
	Resource *scim.Object
	// Subject is the directory's id of whose resource it is, "" if it is nobody's here.
	Subject string
}

// Remote reads a resource of an app. The error is [ErrNotFound] for an app that does
// not exist or that does not have it, and a [*ProbeError] if the app does not tell.
func (e *Engine) Remote(ctx context.Context, name string, kind Kind, id string) (*Remote, error) {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return nil, err
	}
	client, err := e.client(app, kind.Lane(), nil)
	if err != nil {
		return nil, &ProbeError{App: name, Err: err}
	}
	response, err := client.Get(ctx, kind.Endpoint(), id)
	switch {
	case notThere(err):
		return nil, fmt.Errorf("app %q has no resource %s/%s: %w", name, kind.Endpoint(), id, ErrNotFound)
	case err != nil:
		return nil, &ProbeError{App: name, Err: err}
	}
	remote := &Remote{Kind: kind, Resource: response.Resource}
	key, err := e.owner(ctx, client, Key{App: name, Kind: kind}, cmp.Or(response.Resource.ID(), id), response.Resource)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if err == nil {
		remote.Subject = key.Subject
	}
	return remote, nil
}

// Foreign calls visit with every resource of a kind that an app has and no link is
// tied to: accounts that others have made, and that are never written. It reads the
// app's whole list; the error is a [*ProbeError] if that breaks off.
func (e *Engine) Foreign(ctx context.Context, name string, kind Kind, visit func(*scim.Object) error) error {
	app, err := e.config.Store.App(ctx, name)
	if err != nil {
		return err
	}
	ours, err := e.config.Store.RemoteIDs(ctx, name, kind)
	if err != nil {
		return err
	}
	client, err := e.client(app, kind.Lane(), nil)
	if err != nil {
		return &ProbeError{App: name, Err: err}
	}
	query, known := scimclient.Query{Count: listPage}, newIDSet(ours)
	if kind == KindGroup {
		query.ExcludedAttributes = []string{"members"}
	}
	for resource, err := range client.List(ctx, kind.Endpoint(), query) {
		if err != nil {
			return &ProbeError{App: name, Err: err}
		}
		if known.find(resource.ID()) != "" {
			continue
		}
		if err := visit(resource); err != nil {
			return err
		}
	}
	return nil
}

// ignored ends an attempt at a link that a person has said is never to be touched.
func (a *attempt) ignored() error {
	a.settle(LinkIgnored, "somebody has decided that the app's resource is never touched")
	return nil
}

// adoptChosen ties the subject to the resource that a person has chosen.
func (a *attempt) adoptChosen(ctx context.Context) error {
	id := a.link.DecisionAbout
	if a.link.Decision != DecisionAdopt || a.link.RemoteID == id {
		return nil
	}
	response, err := a.client.Get(ctx, a.link.Kind.Endpoint(), id)
	if notThere(err) {
		return conflict("the resource %s that was to be adopted is not in the app any more: choose another one", id)
	}
	if err == nil {
		err = a.untied(ctx, cmp.Or(response.Resource.ID(), id), response.Resource)
	}
	if err == nil {
		err = a.mayTakeOver(ctx, response.Resource)
	}
	if err != nil {
		return err
	}
	a.unlink()
	a.action = ActionAdopt
	a.own(id, OriginAdopted)
	return a.tie(ctx, response.Resource)
}

// mayTakeOver checks that a resource that a person has chosen still is whose it was then.
func (a *attempt) mayTakeOver(ctx context.Context, chosen *scim.Object) error {
	other := chosen.ExternalID()
	if other == "" || other == a.externalID() || other == a.link.Subject {
		return nil
	}
	confirmed, err := a.engine.config.Store.Confirmed(ctx, a.link.Key)
	if err == nil && other != confirmed {
		err = conflict("the app's resource %s belongs to externalId %q by now, who would lose it: adopt it again and confirm that, or choose another one", chosen.ID(), other)
	}
	return err
}
