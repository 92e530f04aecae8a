package deviation

import (
	"slices"
	"strings"
	"time"
)

// A race is what is known of the creates of one name that are under way.
type race struct {
	runners []*Request // also those that have ended, until all have
	running int
	joined  chan struct{} // closed when there are two
}

// headStart is how long a create waits for another one of its name, between looking
// whether the name is free and taking it.
const headStart = 30 * time.Millisecond

// startRace takes a create down, and has the first one of a name wait for a second.
func startRace(r *Request) {
	name := strings.ToLower(r.Object().String("userName"))
	if !r.Is(Create) || name == "" {
		return
	}
	first := make(chan struct{})
	v := r.Memory.Change(name, func(v any) any {
		run, _ := v.(race)
		if run.runners == nil {
			run.joined = first
		} else if len(run.runners) == 1 {
			close(run.joined)
		}
		return race{append(slices.Clone(run.runners), r), run.running + 1, run.joined}
	})
	if v.(race).joined == first {
		select {
		case <-first:
		case <-time.After(headStart):
		}
	}
}

// inRace reports whether a name was free when its create looked, since the one that holds
// it was under way as well.
func inRace(r *Request, mine, _ string) bool {
	run, _ := r.Memory.Get(strings.ToLower(mine)).(race)
	return len(run.runners) > 1 && slices.Contains(run.runners, r)
}

// endRace takes down that a create has ended.
func endRace(r *Request, _ *Response) {
	r.Memory.Change(strings.ToLower(r.Object().String("userName")), func(v any) any {
		run, _ := v.(race)
		if run.running--; run.running <= 0 || !slices.Contains(run.runners, r) {
			return nil
		}
		return run
	})
}
