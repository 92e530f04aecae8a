package steps

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A removals holds what the scenarios of a run have deleted and the target has not been
// asked about since: one search tells of many whether they are gone, where one read each
// would be a request in six. A resource is among them only if searching by the names of
// the run has shown its collection before, and a read has shown that what the target
// says is deleted is so.
type removals struct {
	mu sync.Mutex
	// waiting are those that have to be asked about.
	waiting []removal
	// found says of which collections a search has shown something that was there, vain
	// how often it has not; gone of which a read has shown nothing more after a delete.
	found, gone map[string]bool
	vain        map[string]int
}

// A removal is an entry of a guard's ledger.
type removal struct {
	guard *Guard
	entry entry
}

const (
	// mostRemovals wait at a time, so that what a target keeps is noticed soon.
	mostRemovals = 30
	// mostVain searches, in a collection, that show nothing are enough.
	mostVain = 3
	// worthSearching is how many reads one search has to save.
	worthSearching = 2
)

func newRemovals() *removals {
	return &removals{found: map[string]bool{}, gone: map[string]bool{}, vain: map[string]int{}}
}

// take takes over the question whether what was deleted is gone, and reports whether it
// has done so.
func (r *removals) take(g *Guard, e entry) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.found[e.collection] || !r.gone[e.collection] || e.attribute != nameAttribute(e.collection) || !g.begins(e.name) {
		return false
	}
	r.waiting = append(r.waiting, removal{g, e})
	return true
}

// learn notes what a read has shown of something deleted. A target that keeps one is
// not believed about others.
func (r *removals) learn(collection string, gone bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone[collection] = gone
}

// searched notes whether a search has shown what was there.
func (r *removals) searched(collection string, found bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[collection] = found
	if !found {
		r.vain[collection]++
	}
}

// curious reports whether it is still to be found out what a search shows.
func (r *removals) curious(collection string) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.found[collection] && r.vain[collection] < mostVain
}

// hopeless reports whether searches have shown nothing too often.
func (r *removals) hopeless(collection string) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.vain[collection] >= mostVain
}

// many reports whether as much waits as should at a time.
func (r *removals) many() bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting) >= mostRemovals
}

// next returns what waits, which then no longer does.
func (r *removals) next() []removal {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.waiting
	r.waiting = nil
	return all
}

// begins reports whether a name begins with the marker, letter for letter: a search of a
// target that minds the case finds it.
func (g *Guard) begins(name string) bool {
	return len(name) >= len(g.marker) && name[:len(g.marker)] == g.marker
}

// recognize proves what several resources are by one search for the names of the run, and
// finds out in passing whether such a search shows what is there. What it does not show
// is for others to prove.
func (g *Guard) recognize(ctx context.Context, collection string) {
	if g.doubtful || g.removals.hopeless(collection) {
		return
	}
	open := slices.DeleteFunc(g.ledger.open(collection), func(e entry) bool { return e.id == "" || !g.begins(e.name) })
	unproven := 0
	for _, e := range open {
		if !e.proven {
			unproven++
		}
	}
	if len(open) == 0 || unproven < worthSearching && !g.removals.curious(collection) {
		return
	}
	there, err := g.search(ctx, collection)
	if err != nil {
		g.removals.searched(collection, false)
		return
	}
	all := true
	for _, e := range open {
		_, shown := there[e.id]
		if shown {
			g.ledger.prove(collection, e.id)
		}
		all = all && shown
	}
	g.removals.searched(collection, all)
}

// search returns all that the target lists under names of the run: by id, their names.
func (g *Guard) search(ctx context.Context, collection string) (map[string]string, error) {
	attribute := nameAttribute(collection)
	seen := map[string]string{}
	for {
		query := url.Values{"filter": {attribute + " sw " + strconv.Quote(g.marker)}, "count": {"100"}}
		if len(seen) > 0 {
			query.Set("startIndex", strconv.Itoa(len(seen)+1))
		}
		answer, err := g.target.Get(ctx, query, collection)
		if err != nil {
			return nil, err
		}
		if answer.Status != http.StatusOK || answer.object() == nil {
			return nil, fmt.Errorf("searching /%s by the beginning of %s answered %d", collection, attribute, answer.Status)
		}
		before := len(seen)
		for _, r := range answer.object().objects("Resources") {
			name := r.text(attribute)
			if !g.marked(name) {
				return nil, fmt.Errorf("searching /%s by the beginning of %s finds something else", collection, attribute)
			}
			seen[r.id()] = name
		}
		if len(seen) == before || fmt.Sprint(answer.object().get("totalResults")) == strconv.Itoa(len(seen)) {
			return seen, nil
		}
	}
}

// shows reports whether a search for the names of the run shows what there is.
func (r *removals) shows(collection string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.found[collection]
}

// strays removes what carries the run's marker although no answer has told of it, such as
// the second one of what was made twice. It returns what is left of that; what is left
// already is not tried again.
func (r *removals) strays(ctx context.Context, g *Guard, left []Leak, settle time.Duration) []Leak {
	for _, collection := range []string{groups, users} {
		if !r.shows(collection) {
			continue
		}
		there, err := g.search(ctx, collection)
		if err != nil {
			continue
		}
		for id, name := range there {
			known := slices.ContainsFunc(left, func(l Leak) bool { return l.Kind == kindOf(collection) && l.ID == id })
			if !known && g.whose(ctx, collection, id) == ours {
				g.ledger.adopt(collection, id, entry{attribute: nameAttribute(collection), name: name})
			}
		}
	}
	return g.Cleanup(ctx, settle)
}

// confirm asks the target about everything that waits, for as long as it may take to
// show it, and returns what is left. One search asks about all of a collection; if it
// fails or finds one of them, each is asked about by itself.
func (r *removals) confirm(ctx context.Context, g *Guard, settle time.Duration) []Leak {
	var leaks []Leak
	waiting := r.next()
	for _, collection := range []string{groups, users} {
		these := slices.DeleteFunc(slices.Clone(waiting), func(d removal) bool { return d.entry.collection != collection })
		if len(these) == 0 {
			continue
		}
		err := poll(ctx, settle, func() error {
			there, err := g.search(ctx, collection)
			if err == nil && slices.ContainsFunc(these, func(d removal) bool { _, still := there[d.entry.id]; return still }) {
				err = failf("a search still finds it")
			}
			return err
		})
		for _, d := range these {
			why := ""
			switch silence := g.target.pace.silence(); {
			case err == nil:
			case silence != nil:
				why = "it was deleted, and nobody knows whether it is gone: " + silence.Error()
			default:
				why = g.confirmGone(ctx, d.entry, settle)
			}
			if why == "" {
				d.guard.ledger.vanished(collection, d.entry.id)
				continue
			}
			leaks = append(leaks, Leak{Kind: kindOf(collection), ID: d.entry.id, Name: d.entry.name, Reason: why})
		}
	}
	return leaks
}
