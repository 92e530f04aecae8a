package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/permiso/scimwright/provisioner"
)

// The exit codes of every command.
const (
	// ExitGood: done, and all is good.
	ExitGood = 0
	// ExitBad: done, and judged not good: a subject failed, a check failed.
	ExitBad = 1
	// ExitUsage: the command line or a file it names has to be changed.
	ExitUsage = 2
	// ExitUnable: it could not run: unreachable, refused, no such file.
	ExitUnable = 3
	// ExitInterrupted: stopped by a signal, after cleaning up.
	ExitInterrupted = 130
)

// Stopped is the cause of a context that a signal has cancelled.
type Stopped struct{ Signal os.Signal }

func (s Stopped) Error() string { return "stopped by signal: " + s.Signal.String() }

// An output stops the command as soon as nobody reads it any more, as after "| head".
type output struct {
	io.Writer
	stop context.CancelCauseFunc
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		o.stop(Stopped{syscall.SIGPIPE})
	}
	return n, err
}

// An exitError ends a command with a code. Its text says what happened and what to
// do; "" prints nothing, for a command whose output has said it.
type exitError struct {
	code  int
	text  string
	cause error // nil if text is all there is to know
}

func (e *exitError) Error() string { return e.text }
func (e *exitError) Unwrap() error { return e.cause }

func exitf(code int, format string, args ...any) error {
	return &exitError{code: code, text: fmt.Sprintf(format, args...)}
}

func usagef(format string, args ...any) error { return exitf(ExitUsage, format, args...) }

func unablef(format string, args ...any) error { return exitf(ExitUnable, format, args...) }

// unable passes on an error that already has a code and gives others [ExitUnable].
// An interruption keeps its own.
func unable(err error) error {
	var e *exitError
	if err == nil || errors.As(err, &e) || interrupted(err) {
		return err
	}
	return unablef("%s", strings.TrimSuffix(err.Error(), ": "+provisioner.ErrConflict.Error()))
}

// stopped is how a server ends that was told to: well, if by the signal that asks
// a service to stop, interrupted if from the keyboard.
func stopped(ctx context.Context) error {
	var s Stopped
	if errors.As(context.Cause(ctx), &s) && s.Signal == syscall.SIGTERM {
		return &exitError{code: ExitGood}
	}
	return context.Canceled
}

// exitCode prints what went wrong and returns the exit code. What cobra itself
// finds wrong is the command line.
func exitCode(ctx context.Context, stderr io.Writer, command string, err error) int {
	var e *exitError
	switch {
	case err == nil:
		return ExitGood
	case errors.Is(err, syscall.EPIPE):
		return ExitInterrupted // whoever does not read on does not want to know
	case ctx.Err() != nil && (interrupted(err) || isUnable(err)):
		fmt.Fprintln(stderr, "scimwright: interrupted")
		return ExitInterrupted
	case !errors.As(err, &e):
		e = &exitError{code: ExitUsage, text: err.Error()}
	}
	if e.text != "" {
		fmt.Fprintf(stderr, "scimwright: %s\n", visible(e.text))
	}
	if e.code == ExitUsage {
		fmt.Fprintf(stderr, "Run '%s --help' for what it takes.\n", command)
	}
	return e.code
}

func interrupted(err error) bool {
	var s Stopped
	return errors.Is(err, context.Canceled) || errors.As(err, &s)
}

// isUnable tells errors that an interruption brings about from verdicts.
func isUnable(err error) bool {
	var e *exitError
	return errors.As(err, &e) && e.code == ExitUnable
}
