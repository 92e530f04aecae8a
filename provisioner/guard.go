package provisioner

import (
	"context"
	"fmt"
	"time"
)

// GuardWindow is the time within which the guard counts goodbyes.
const GuardWindow = time.Hour

// A Decision is what the guard or a person has said about a link. It holds until it
// is carried out, or until what the directory wants is something else.
type Decision string

// The decisions.
const (
	// DecisionHold: the guard holds the goodbye back.
	DecisionHold Decision = "hold"
	// DecisionApprove: a person lets the goodbye through.
	DecisionApprove Decision = "approve"
	// DecisionReject: a person wants the resource to stay as it is.
	DecisionReject Decision = "reject"
)

// A Goodbye is something that an app is about to lose: an account that is disabled
// or deleted, a group that is deleted or loses the members that we gave it.
type Goodbye struct {
	Key
	// Why says why the app should not have it any more.
	Why Presence
	// Final says that the account is disabled already and now to be deleted.
	Final bool
}

// About names what a decision about the goodbye is about: one about disabling
// somebody who has no access says nothing about deleting them, or about disabling
// them because they have left.
func (g Goodbye) About() string {
	if g.Final {
		return string(g.Why) + ", for good"
	}
	return string(g.Why)
}

// Losses are what the guard judges a goodbye by.
type Losses struct {
	// Gone counts what has gone within [GuardWindow] and nobody has approved, Going
	// what is to go now, the goodbye in question included. Going need not be counted
	// beyond what decides.
	Gone, Going int
	// Managed counts the accounts that are ours and in use, those just gone included.
	Managed int
	// Nobody says that the app should have no account at all any more.
	Nobody bool
	// Distrust is why the directory is not to be trusted with goodbyes, "" if it is.
	Distrust string
}

// Limit is how many accounts and groups may go within [GuardWindow], given how many
// accounts are managed.
func (g Guard) Limit(managed int) int {
	most, percent := g.Max, g.Percent
	if most == 0 {
		most = 5
	}
	if percent == 0 {
		percent = 10
	}
	return max(most, managed*percent/100)
}

// Hold returns why a goodbye is held back, to be read by whoever decides about it,
// or "" if it is not. A single one passes even if it leaves nobody, unless the
// app's scope says in so many words that nobody is to have access.
func (a *App) Hold(l Losses) string {
	guard := a.Settings.Guard
	limit := guard.Limit(l.Managed)
	switch {
	case l.Distrust != "":
		return "the directory may be wrong (" + l.Distrust + "): approve it if the directory is right, reject it if not"
	case guard.Off:
		return ""
	case l.Nobody && (a.Settings.Scope.Nobody || l.Gone+l.Going > 1):
		return "nobody would be left in the app: approve it if that is meant, reject it if not"
	case l.Gone+l.Going > limit:
		return fmt.Sprintf("more than %d accounts and groups of the app would go within an hour: approve it if that is meant, reject it if not", limit)
	default:
		return ""
	}
}

// Guards is the part of the store that decides about goodbyes.
type Guards interface {
	// Depart asks for leave to say a goodbye. It returns why it is held back, "" if
	// it is not; then it counts as gone. If it is held, so is everything else that is
	// to go from the app at the time. All of this is one step, however many ask.
	Depart(ctx context.Context, g Goodbye) (held string, err error)
	// Holding counts the goodbyes that are held back by app, of those that have any.
	Holding(ctx context.Context) (map[string]int, error)
	// Losses returns what goodbyes of an app are judged by, without those to come.
	Losses(ctx context.Context, app string) (Losses, error)
}

// A Held is a goodbye that waits for a person.
type Held struct {
	Goodbye
	// Action is what would be done.
	Action Action
	// Name is the userName or displayName that the app knows.
	Name     string
	RemoteID string
	// Reason says why it is held back.
	Reason string
	Since  time.Time
}

// leave asks the guard for leave to say a goodbye. If it is not given, the attempt
// is over.
func (a *attempt) leave(ctx context.Context, g Goodbye) (given bool, err error) {
	if g.Why == Removed || a.link.Decision == DecisionApprove && a.link.DecisionAbout == g.About() {
		return true, nil
	}
	if a.rehearsal != nil {
		return a.rehearseLeave(g), nil
	}
	held, err := a.engine.config.Store.Depart(ctx, g)
	if err != nil || held == "" {
		return err == nil, err
	}
	if a.link.State != LinkHeld && a.link.Decision != DecisionHold {
		a.action = ActionHold
	}
	a.settle(LinkHeld, held)
	return false, nil
}

// decided reports whether the decision about the link has been carried out or is about
// something that is wanted no longer. What is held stays so while there is anything to
// hold back.
func (a *attempt) decided() bool {
	w := *a.work
	w.Link = a.link
	g, due := w.Goodbye(a.engine.config.Now())
	switch a.link.Decision {
	case DecisionHold:
		return !due
	case DecisionApprove, DecisionReject:
		return !due || a.link.DecisionAbout != g.About()
	case DecisionAdopt:
		return a.link.RemoteID == a.link.DecisionAbout
	case DecisionDelete:
		return !due
	default:
		return false
	}
}
