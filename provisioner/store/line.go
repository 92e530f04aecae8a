package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// A line is where writes to a SQLite file queue up, since there is one writer at a
// time. Those that come while a transaction goes on share it, or the next one, and so
// the wait for the disk.
//
// Changes of the directory go ahead of what attempts have to record: whoever makes
// them waits for them, and an attempt that is late takes in several changes at once.
// The others have a quarter of the time all the same, and no more of that of a
// transaction that has a change in it.
type line struct {
	mu             sync.Mutex
	busy           bool // somebody runs a transaction
	ahead, waiting []*write
}

// A write waits for its turn, and is told what became of it, or that it is to run a
// transaction that others share.
type write struct {
	f     func(*sql.Tx) error
	ahead bool // whether it goes ahead of others
	err   error
	// panicked is what f has panicked with, "" if it has not.
	panicked string
	done     chan bool // whether it is to lead
}

// run runs the write. Whoever leads may not be whose write it is: a panic of it is an
// error here and goes on where it belongs, and the line moves on.
func (w *write) run(tx *sql.Tx) error {
	defer func() {
		if p := recover(); p != nil {
			w.panicked = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
			w.err = errors.New("a write to the database panicked")
		}
	}()
	w.err = w.f(tx)
	return w.err
}

// outcome returns what became of the write.
func (w *write) outcome() error {
	if w.panicked != "" {
		panic(w.panicked)
	}
	return w.err
}

// A transaction takes in no more writes after shareFor, or when it has mostShared: none
// of them is confirmed before all are. othersShare is the part of the time that those
// have who go ahead of nobody.
const (
	shareFor    = 10 * time.Millisecond
	othersShare = 4
	mostShared  = 64
)

// enter puts a write into the line and reports whether it is to lead at once.
func (l *line) enter(w *write) (lead bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.busy:
		l.busy = true
		return true
	case w.ahead:
		l.ahead = append(l.ahead, w)
	default:
		l.waiting = append(l.waiting, w)
	}
	return false
}

// next takes a write out of the line, nil if there is none.
func (l *line) next(ahead bool) *write {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.take(ahead)
}

// take is next for who has the lock.
func (l *line) take(ahead bool) (w *write) {
	from := &l.waiting
	if ahead && len(l.ahead) > 0 || len(l.waiting) == 0 {
		from = &l.ahead
	}
	if len(*from) > 0 {
		w, *from = (*from)[0], (*from)[1:]
	}
	return w
}

// pass has somebody else lead. One of those that go ahead of nobody does, so that they
// are never kept out.
func (l *line) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.take(false); w != nil {
		w.done <- true
		return
	}
	l.busy = false
}

func (l *line) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ahead)+len(l.waiting) == 0
}

// noneAhead reports whether nobody waits who goes ahead of others.
func (l *line) noneAhead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ahead) == 0
}

// writeInLine runs f in a transaction that other writes may share. If f fails, what it
// has written is undone, and what the others have is not.
func (s *Store) writeInLine(ctx context.Context, ahead bool, f func(*sql.Tx) error) error {
	w := &write{f: f, ahead: ahead, done: make(chan bool, 1)}
	if !s.line.enter(w) && !<-w.done {
		return w.outcome()
	}
	others, dues := s.lead(context.WithoutCancel(ctx), w)
	s.line.pass()
	for _, other := range others {
		other.done <- false
	}
	s.tellDue(dues) // while the next transaction goes on already
	return w.outcome()
}

// lead runs a write in a transaction together with others from the line, and notes what
// became of each. It returns those, and the links that all of them have made due.
func (s *Store) lead(ctx context.Context, w *write) (others []*write, dues []provisioner.Key) {
	began := time.Now()
	dues, err := s.tryTx(ctx, func(tx *sql.Tx) error {
		if s.line.empty() { // to undo it is to undo all
			if err := w.run(tx); err != nil {
				return err
			}
		} else if err := s.runPart(ctx, tx, w); err != nil {
			return err
		}
		return s.share(ctx, tx, w, began, &others)
	})
	if err != nil {
		w.err = err
		for _, other := range others {
			other.err = err
		}
	}
	return others, dues
}

// share runs others from the line in the transaction of a write that has begun it.
func (s *Store) share(ctx context.Context, tx *sql.Tx, w *write, began time.Time, others *[]*write) error {
	took := time.Since(began)
	var theirs time.Duration // who go ahead of nobody
	if !w.ahead {
		theirs = took
	}
	for len(*others) < mostShared-1 && took < shareFor {
		if theirs < took && theirs >= shareFor/othersShare && s.line.noneAhead() {
			break // somebody waits for the change that is in it
		}
		other := s.line.next(theirs >= took/othersShare)
		if other == nil {
			break
		}
		*others = append(*others, other)
		if err := s.runPart(ctx, tx, other); err != nil {
			return err
		}
		before := took
		if took = time.Since(began); !other.ahead {
			theirs += took - before
		}
	}
	return nil
}

// runPart runs one write of several. An error means that none of them can go on.
func (s *Store) runPart(ctx context.Context, tx *sql.Tx, w *write) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	dues := s.countDues(tx)
	if w.run(tx) != nil {
		s.forgetDues(tx, dues)
		s.settings.keep(nil)
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO part"); err != nil {
			return errors.Join(w.err, fmt.Errorf("undoing a part of a transaction: %w", err))
		}
	}
	_, err := tx.ExecContext(ctx, "RELEASE part")
	return err
}
