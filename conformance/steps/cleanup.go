package steps

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Leak is something that a run made and could not remove.
type Leak struct {
	// Kind is the resource type.
	Kind Kind
	// ID is the target's id, "" if the answer to the create never came.
	ID string
	// Name is the userName or displayName, as far as it is known.
	Name string
	// Reason says why it is still there.
	Reason string
}

func (l Leak) String() string {
	return fmt.Sprintf("%s %s %q: %s", l.Kind, l.ID, l.Name, l.Reason)
}

// Cleanup removes everything in the ledger, groups first, then users, newest
// first, and checks that it is gone, for as long as the target may take to show
// it; in a suite with ConfirmLater it may leave the check to [Suite.Confirm]. It
// returns what is left. It takes as long as it takes; end ctx to bound that.
func (g *Guard) Cleanup(ctx context.Context, settle time.Duration) []Leak {
	var leaks []Leak
	for _, collection := range []string{groups, users} {
		g.recognize(ctx, collection)
		leaks = append(leaks, g.doubt(ctx, collection)...)
		g.findUnsettled(ctx, collection, &leaks)
		open := g.ledger.open(collection)
		for _, e := range slices.Backward(open) {
			if e.id == "" {
				continue
			}
			why := g.delete(ctx, e)
			if why == "" && g.removals.take(g, e) {
				continue
			}
			if why == "" {
				why = g.confirmGone(ctx, e, settle)
			}
			if why != "" {
				leaks = append(leaks, Leak{Kind: kindOf(collection), ID: e.id, Name: e.name, Reason: why})
				continue
			}
			g.ledger.vanished(collection, e.id)
		}
	}
	return leaks
}

// doubt takes the ids out of the ledger under which the target has something else. If
// the run has had it in hand under that id, it has to be looked at by somebody.
func (g *Guard) doubt(ctx context.Context, collection string) []Leak {
	var leaks []Leak
	for _, e := range g.ledger.open(collection) {
		if e.id == "" || g.owns(ctx, collection, e.id) || !e.proven {
			continue
		}
		if _, still := g.ledger.find(collection, e.id); !still {
			leaks = append(leaks, Leak{
				Kind: kindOf(collection), ID: e.id, Name: e.name,
				Reason: "what is there now does not carry the name that the run gave it: look at it, and remove it if it is of the run",
			})
		}
	}
	return leaks
}

// timeFor bounds a cleanup by what there is to remove, at the pace of the run.
func (g *Guard) timeFor() time.Duration {
	n := len(g.ledger.open(users)) + len(g.ledger.open(groups))
	return cleanupTime + time.Duration(4*n)*g.target.pace.every
}

func kindOf(collection string) Kind {
	if collection == groups {
		return KindGroup
	}
	return KindUser
}

// findUnsettled looks for what creates without an answer may have made, by the
// unique name they carried.
func (g *Guard) findUnsettled(ctx context.Context, collection string, leaks *[]Leak) {
	for _, e := range g.ledger.unsettled(collection) {
		found, err := g.find(ctx, collection, e.attribute, e.name)
		if err != nil {
			*leaks = append(*leaks, Leak{Kind: kindOf(collection), Name: e.name, Reason: "a create got no answer, and looking for what it made failed: " + err.Error()})
			continue
		}
		for _, r := range found {
			if g.marks(r) {
				g.ledger.adopt(collection, r.id(), e)
			}
		}
	}
}

// find returns the resources that have a value in an attribute, by filter, or by
// walking the list of a target that cannot filter. The answer is checked: some
// targets ignore a filter.
func (g *Guard) find(ctx context.Context, collection, attribute, value string) ([]resource, error) {
	query := url.Values{"filter": {attribute + " eq " + strconv.Quote(value)}}
	answer, err := g.target.Get(ctx, query, collection)
	if err != nil {
		return nil, err
	}
	if !answer.OK() {
		return g.walk(ctx, collection, attribute, value)
	}
	return named(answer.object().objects("Resources"), attribute, value), nil
}

func named(all []resource, attribute, name string) []resource {
	return slices.DeleteFunc(all, func(r resource) bool {
		return !strings.EqualFold(r.text(attribute), name) || r.id() == ""
	})
}

// walkLimit bounds how much of a list is read in search of one name.
const walkLimit = 10_000

// walk reads a list page by page (RFC 7644 section 3.4.2.4). It goes on by what it
// has received, not by what the target says about it.
func (g *Guard) walk(ctx context.Context, collection, attribute, name string) ([]resource, error) {
	seen := map[string]bool{}
	var found []resource
	for len(seen) < walkLimit {
		query := url.Values{"startIndex": {strconv.Itoa(len(seen) + 1)}, "count": {"100"}}
		answer, err := g.target.Get(ctx, query, collection)
		if err != nil {
			return nil, err
		}
		if !answer.OK() {
			return nil, fmt.Errorf("listing /%s answered %d", collection, answer.Status)
		}
		before := len(seen)
		for _, r := range answer.object().objects("Resources") {
			if r.id() != "" && !seen[r.id()] {
				seen[r.id()] = true
				found = append(found, named([]resource{r}, attribute, name)...)
			}
		}
		if len(seen) == before {
			return found, nil
		}
	}
	return nil, fmt.Errorf("/%s has more than %d resources and cannot be filtered by %s", collection, walkLimit, attribute)
}

// removeTries is how often a refused delete is repeated.
const removeTries = 5

// remove deletes one resource and waits until the target says that it is gone. It
// returns why it is not, "" if it is.
func (g *Guard) remove(ctx context.Context, e entry, settle time.Duration) string {
	if why := g.delete(ctx, e); why != "" {
		return why
	}
	return g.confirmGone(ctx, e, settle)
}

// delete has the target delete one resource. It returns why it has not, "" if it says
// that it has.
func (g *Guard) delete(ctx context.Context, e entry) string {
	wait := 100 * time.Millisecond
	header := http.Header{}
	for try := 1; ; try++ {
		answer, err := g.Do(ctx, &Request{Method: http.MethodDelete, Path: []string{e.collection, e.id}, Header: header.Clone()})
		why := ""
		switch {
		case IsFailure(err):
			return err.Error() // it was not sent, and would not be
		case err != nil:
			why = err.Error()
		case answer.OK(), answer.Status == http.StatusNotFound:
			return ""
		default:
			why = fmt.Sprintf("DELETE answered %d", answer.Status)
			if wantsVersion := answer.Status == http.StatusPreconditionRequired || answer.Status == http.StatusPreconditionFailed; wantsVersion && header.Get("If-Match") == "" {
				header.Set("If-Match", "*") // whichever it is (RFC 9110 section 13.1.1)
				continue
			}
			if !busy(answer) && answer.Status < 500 || answer.Status == http.StatusNotImplemented {
				return why
			}
		}
		if try == removeTries {
			return why
		}
		if answer != nil && asksForTime(answer) {
			continue // the next request waits for it
		}
		if sleep(ctx, wait) != nil {
			return why + "; there was no time left to try again"
		}
		wait *= 2
	}
}

// confirmGone waits until the target no longer has what was deleted. It returns what
// says that it has, "" if nothing does.
func (g *Guard) confirmGone(ctx context.Context, e entry, settle time.Duration) string {
	err := poll(ctx, settle, func() error { return g.absent(ctx, e) })
	g.removals.learn(e.collection, err == nil)
	if err == nil {
		return ""
	}
	return "it was deleted, and " + err.Error()
}

// absent returns nil if a resource is gone, a [Failure] if the target still has it, and
// another error if there is no telling. That nothing is read under its id is enough where
// reads have shown what there is; otherwise the list has to tell.
func (g *Guard) absent(ctx context.Context, e entry) error {
	answer, err := g.target.Get(ctx, nil, e.collection, e.id)
	if err != nil {
		return fmt.Errorf("reading it failed: %w", err)
	}
	unread := answer.Status == http.StatusNotFound || answer.Status == http.StatusGone
	switch {
	case unread && g.target.shown.has(e.collection):
		return nil
	case answer.OK() && g.marks(answer.object()):
		return failf("reading it still answers %d", answer.Status)
	}
	listed, err := g.listed(ctx, e)
	switch {
	case listed != nil:
		return failf("a search still finds it")
	case err != nil && !unread:
		return fmt.Errorf("reading it answers %d, so that nothing says that it is gone: looking for it failed: %w", answer.Status, err)
	default:
		return nil
	}
}

// poll calls check until it succeeds, fails other than by a [Failure], or the time
// is up. It returns the last error.
func poll(ctx context.Context, limit time.Duration, check func() error) error {
	deadline := time.Now().Add(limit)
	wait := 10 * time.Millisecond
	for {
		err := check()
		if err == nil || !IsFailure(err) || !time.Now().Add(wait).Before(deadline) {
			return err
		}
		if sleep(ctx, wait) != nil {
			return err
		}
		wait = min(2*wait, 250*time.Millisecond)
	}
}
