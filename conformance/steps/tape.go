package steps

import (
	"slices"
	"sync"
)

// A Fate says what became of a request of the provisioner.
type Fate string

// The fates of a request.
const (
	// FateForwarded: the target answered.
	FateForwarded Fate = "forwarded"
	// FateUnanswered: the target was asked and gave no answer.
	FateUnanswered Fate = "unanswered"
	// FateLost: the target answered, and the scenario kept the answer back.
	FateLost Fate = "lost"
	// FateTurnedAway: the scenario plays an app that is down or broken.
	FateTurnedAway Fate = "turned away"
	// FateHidden: the scenario plays an app without groups.
	FateHidden Fate = "hidden"
	// FateRefused: the request would have broken a safety rule.
	FateRefused Fate = "refused"
	// FateUnauthorized: the request carried other credentials than it was given.
	FateUnauthorized Fate = "unauthorized"
)

// An Exchange is one request of the provisioner and what it was told.
type Exchange struct {
	Request Request
	Fate    Fate
	// Answer is what the provisioner was told, for [FateLost] what it would have
	// been told. It is nil if the connection was closed instead.
	Answer *Answer
}

// accepted reports whether the target carried the request out.
func (x *Exchange) accepted() bool {
	return (x.Fate == FateForwarded || x.Fate == FateLost) && x.Answer != nil && x.Answer.OK()
}

// A Tape records exchanges in the order in which they ended.
type Tape struct {
	mu        sync.Mutex
	exchanges []Exchange
}

func (t *Tape) record(x Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.exchanges = append(t.exchanges, x)
}

// len returns how many exchanges there are, as a mark to pass to since.
func (t *Tape) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.exchanges)
}

// since returns the exchanges after a mark for which keep returns true.
func (t *Tape) since(mark int, keep func(*Exchange) bool) []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(func(yield func(Exchange) bool) {
		for i := mark; i < len(t.exchanges); i++ {
			if keep(&t.exchanges[i]) && !yield(t.exchanges[i]) {
				return
			}
		}
	})
}
