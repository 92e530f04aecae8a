package queue

import (
	"fmt"
	"runtime/debug"
)

// guarded calls f and returns a panic of it as a [*panicError]. What one app answers may
// be the end of an attempt at it, and must not be that of all work for all others, again
// and again after each start.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	return f()
}

// A panicError is what a call has panicked with, and where.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n\n%s", e.value, e.stack) }
