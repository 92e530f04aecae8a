package provisioner

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/permiso/scimwright/provisioner/scim"
)

// How many members an app may refuse before it is taken to refuse the group.
const (
	maxRefused      = 20
	maxRefusedFirst = 5 // if it has taken none so far
)

// declinedMembers deals with a change of members that was refused. What the app has
// done all the same, or did before, counts as done; of the rest halves are tried
// until the members are found that it does not take.
func (a *attempt) declinedMembers(ctx context.Context, w Write, err error) error {
	if a.trial.refusal == nil {
		a.trial.refusal = err
	}
	progress, stays, lookErr := a.alreadyDone(ctx, w)
	if lookErr != nil || progress {
		return lookErr
	}
	if status(err) >= http.StatusInternalServerError && a.link.Attempts == 0 {
		return err // it may be better next time
	}
	if n := max(len(w.Add), len(w.Remove)); n > 1 && w.Verb == VerbPatch || len(w.Add) > 1 {
		a.trial.try(MaxMembersPerOp, strconv.Itoa((n+1)/2), "")
		return nil
	}
	a.trial.give(MaxMembersPerOp)
	if !a.trusted(w) && (aboutRequest(err) || stays) && a.nextForm(w, fmt.Sprintf("%s was answered %d", w.Form, status(err))) {
		return nil
	}
	return a.poisoned(w, stays, a.first(err))
}

// alreadyDone looks whether members are in the group, or out of it, as they should be:
// apps answer with an error if there is nothing to do. It returns whether some are, and
// whether some stay that should be out of it.
func (a *attempt) alreadyDone(ctx context.Context, w Write) (progress, stays bool, err error) {
	if a.capabilities().Is(MembersReturned, No) {
		return false, false, nil
	}
	response, err := a.read(ctx)
	if err != nil {
		return false, false, err
	}
	if _, shown := response.Resource.Lookup("members"); !shown && len(a.members) > 0 {
		return false, false, nil
	}
	spelled, err := a.spelled(ctx, response.Resource, w.Add, w.Remove)
	if err != nil {
		return false, false, err
	}
	for subject, id := range w.Add {
		if as, ok := spelled[id]; ok {
			a.members[subject] = as
			progress = true
		}
	}
	for subject, id := range w.Remove {
		as, there := spelled[id]
		switch {
		case there:
			stays = true
			progress = a.respell(subject, as) || progress
		case a.members[subject] == id:
			delete(a.members, subject)
			progress = true
		}
	}
	return progress, stays, nil
}

// poisoned leaves out the one member that a request was about. stays says that the app
// has shown one in the group that was to be taken out.
func (a *attempt) poisoned(w Write, stays bool, err error) error {
	a.trial.refusal = nil
	for _, subject := range slices.Sorted(maps.Keys(w.Add)) {
		a.refuse(subject, err.Error())
	}
	for subject, id := range w.Remove {
		if len(w.Add) > 0 {
			break // they are tried by themselves now
		}
		switch s := status(err); {
		case s == http.StatusConflict && scimType(err) != scim.TypeUniqueness:
			return &failure{state: LinkFailing, cause: err.Error()} // it may pass
		case stays, s != http.StatusNotFound && scimType(err) != scim.TypeNoTarget:
			return err
		}
		if a.members[subject] == id { // the app says that there is no such member
			delete(a.members, subject)
		}
	}
	if n := len(a.refused); n > maxRefused || n >= maxRefusedFirst && len(a.members) == 0 {
		return &failure{state: LinkRejected, cause: fmt.Sprintf("the app does not take %d of the group's members, and no more were tried: %s", n, err)}
	}
	return nil
}

// declinedCreate deals with a create that was not answered with success. It returns
// nil if another one may do.
func (a *attempt) declinedCreate(ctx context.Context, w Write, err error) error {
	why := fmt.Sprintf("%s was answered %d", w.Form, status(err))
	switch s := status(err); {
	case isThrottled(err):
		return err
	case len(w.Add) > 0 && s == http.StatusNotFound && saysSCIM(err):
		a.trial.set(CreateMembers, No) // it is a member that is missing
		return nil
	case unsupported(err), a.link.Kind == KindGroup && groupless(err):
		return a.cannotCreate(ctx, err)
	case s == http.StatusUnsupportedMediaType:
		return a.otherMediaType(err)
	case tooMany(err) && a.smaller(w, err):
		return nil
	case len(w.Add) > 0 && (aboutRequest(err) || s == http.StatusInternalServerError && a.link.Attempts > 0):
		a.trial.set(CreateMembers, No) // a group without members cannot be refused for one
		return nil
	case !aboutRequest(err):
		return err
	}
	if a.trial.refusal == nil {
		a.trial.refusal = err
	}
	if !a.trusted(w) && scimType(err) != scim.TypeUniqueness && a.nextForm(w, why) {
		return nil
	}
	err = a.first(err)
	name := blamed(err, w.Sets)
	if name == "" || name == nameAttribute(a.link.Kind) {
		return err
	}
	a.withhold(name, &failure{state: LinkRejected, cause: err.Error()})
	return nil
}

// cannotCreate deals with an app that has no way to make a resource.
func (a *attempt) cannotCreate(ctx context.Context, err error) error {
	if strayed(err) && a.link.Attempts < believeStrayed {
		return err
	}
	if a.link.Kind == KindUser {
		if err := a.endpointAnswers(ctx); err != nil {
			return err
		}
		a.observe(UserCreate, No, fmt.Sprintf("POST /Users answered %d", status(err)))
		return a.noUserCreate()
	}
	if _, none := count(ctx, a.client, KindGroup); none != nil {
		if !groupless(none) {
			return none
		}
		a.observe(Groups, GroupsNone, fmt.Sprintf("the app has no groups: /Groups answered %d", status(none)))
		return nil
	}
	a.observe(Groups, GroupsMembersOnly, fmt.Sprintf("POST /Groups answered %d", status(err)))
	return nil
}

func (a *attempt) noUserCreate() error {
	return &failure{state: LinkRefused, cause: fmt.Sprintf(
		"the app does not let accounts be made (%s): make the account there, and it is taken over", a.capabilities().Fact(UserCreate).Reason)}
}
