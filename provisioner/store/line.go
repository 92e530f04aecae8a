package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// A line is where writes to a SQLite file queue up, since there is one writer at a
// time. Those that have come while the last transaction was committed share the next
// one, and so the wait for the disk.
type line struct {
	mu      sync.Mutex
	busy    bool // somebody runs a transaction
	waiting []*write
}

// A write waits for its turn, and is told what became of it, or that it is to run the
// transaction of all that wait.
type write struct {
	f    func(*sql.Tx) error
	err  error
	done chan bool // whether it is to lead
}

// mostShared bounds how many writes share a transaction: none of them is confirmed
// before all are.
const mostShared = 64

// writeInLine runs f in a transaction that other writes may share. If f fails, what it
// has written is undone, and what the others have is not.
func (s *Store) writeInLine(ctx context.Context, f func(*sql.Tx) error) error {
	w := &write{f: f, done: make(chan bool, 1)}
	s.line.mu.Lock()
	s.line.waiting = append(s.line.waiting, w)
	lead := !s.line.busy
	s.line.busy = true
	s.line.mu.Unlock()
	if !lead && !<-w.done {
		return w.err
	}
	s.line.mu.Lock()
	n := min(len(s.line.waiting), mostShared)
	share := s.line.waiting[:n:n]
	s.line.waiting = s.line.waiting[n:]
	s.line.mu.Unlock()
	s.runShared(context.WithoutCancel(ctx), share)
	for _, other := range share {
		if other != w {
			other.done <- false
		}
	}
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	if s.line.busy = len(s.line.waiting) > 0; s.line.busy {
		s.line.waiting[0].done <- true
	}
	return w.err
}

// runShared runs writes in one transaction and notes what became of each.
func (s *Store) runShared(ctx context.Context, share []*write) {
	err := s.tryTx(ctx, func(tx *sql.Tx) error {
		if len(share) == 1 {
			return share[0].f(tx)
		}
		for _, w := range share {
			if err := s.runPart(ctx, tx, w); err != nil {
				return err
			}
		}
		return nil
	})
	for _, w := range share {
		if err != nil {
			w.err = err
		}
	}
}

// runPart runs one write of several. An error means that none of them can go on.
func (s *Store) runPart(ctx context.Context, tx *sql.Tx, w *write) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	dues := s.countDues(tx)
	if w.err = w.f(tx); w.err != nil {
		s.forgetDues(tx, dues)
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO part"); err != nil {
			return errors.Join(w.err, fmt.Errorf("undoing a part of a transaction: %w", err))
		}
	}
	_, err := tx.ExecContext(ctx, "RELEASE part")
	return err
}
