package store

import "testing"

// TestLine looks at who is let in: changes ahead of outcomes, and an outcome all the
// same whenever a transaction begins.
func TestLine(t *testing.T) {
	var l line
	name := map[*write]string{}
	enter := func(what string, ahead bool) (lead bool) {
		w := &write{ahead: ahead, done: make(chan bool, 1)}
		name[w] = what
		return l.enter(w)
	}
	if !enter("first", false) {
		t.Fatal("the first does not lead")
	}
	for what, ahead := range map[string]bool{"change": true, "outcome": false} {
		for range 2 {
			if enter(what, ahead) {
				t.Fatalf("a second %s leads as well", what)
			}
		}
	}
	wants := func(ahead bool, want string) {
		t.Helper()
		if w := l.next(ahead); name[w] != want {
			t.Errorf("the next one is a %q, want a %q", name[w], want)
		}
	}
	wants(true, "change")
	wants(false, "outcome")
	outcome := l.waiting[0]
	l.pass()
	if len(outcome.done) == 0 || !<-outcome.done {
		t.Error("the outcome that waits does not lead next")
	}
	wants(false, "change")
	wants(true, "")
	if !l.busy {
		t.Error("nobody leads")
	}
	if l.pass(); l.busy {
		t.Error("somebody leads and nobody is there")
	}
}
