package steps

import (
	"errors"
	"fmt"
)

// A Failure says that the judged side did not do what a scenario demands. Any
// other error of a step means that the scenario could not be judged.
type Failure struct {
	text string
	// root are the checks that are about what went wrong, if this one is not.
	root []string
	// unmet says that the scenario did not come to what it is about.
	unmet bool
}

func (f *Failure) Error() string { return f.text }

// IsFailure reports whether err holds a verdict against the judged side, as
// opposed to trouble in getting to one.
func IsFailure(err error) bool {
	var f *Failure
	return errors.As(err, &f)
}

// rootsOf returns the checks that are about what went wrong, the likeliest first, if
// err is a failure in something that the scenario only makes use of.
func rootsOf(err error) []string {
	var f *Failure
	if !errors.As(err, &f) {
		return nil
	}
	return f.root
}

// IsUnmet reports whether err is a failure in what a scenario needs before it comes
// to what it is about.
func IsUnmet(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.unmet
}

func failf(format string, args ...any) error {
	return &Failure{text: fmt.Sprintf(format, args...)}
}

// rooted adds to a failure the checks that are about it.
func rooted(err error, checks ...string) error {
	var f *Failure
	if errors.As(err, &f) {
		return &Failure{text: f.text, root: checks}
	}
	return err
}
